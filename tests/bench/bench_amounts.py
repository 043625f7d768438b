"""Amounts of money beside other libraries: what is read rightly, and how long it takes.

usage: python tests/bench/bench_amounts.py [TEXT ...] [--seconds S] [--errors]

Without arguments the wordings of ../corpora/amounts.txt and the sentences of
../corpora/amounts_context.txt are read, as the tests read them, by everything that can be imported:
zhdeals, JioNLP, Recognizers-Text, cn2an. What cannot be imported is named. The last table shows
whether time grows with the length alone: lines of a million characters beside ordinary sentences.
With arguments the given text files are timed whole, to see the speed on ordinary news.

What counts as right is the least that all of them promise: the currency, and the bounds that were
told (both of a range or a vague amount, else the one). Hedges, parts, prices and places in the text
are not asked for. A bare 元 may be the currency of mainland China, Taiwan or Hong Kong. Amounts whose
currency does not stand in the words at all are left out, and so is cn2an on sentences: it turns
numbers into digits, knows no currencies, and is right where the digits of the amount come out.
Where a library has two ways to read a wording, one that is right is enough, and the first is timed.
In a sentence all amounts must be right, and nothing else may be called money. The news are the
sentences of the project's own articles, timed only.
"""

from __future__ import annotations

import argparse
import importlib
import json
import re
import sys
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from extract.amounts import HOME, find_money, find_quantities, parse_money
from extract.text import fold

TESTS = Path(__file__).resolve().parents[1]
MILLION = 1_000_000
LONG = {
    "digits": "7" * MILLION,
    "亿": "亿" * MILLION,
    "nested brackets": "（" * (MILLION // 2) + "）" * (MILLION // 2),
    "nested conversions": "（约合1亿" * (MILLION // 5),
    "a list of amounts": "1亿、" * (MILLION // 3),
    "a list of dates": "9月1日、" * (MILLION // 5),
}

Bounds = tuple[str, frozenset[Decimal]]
"""A currency, and the bounds that were told."""
ANY_CURRENCY = "*"  # of what reads numbers alone


@dataclass(frozen=True, slots=True)
class Case:
    """A text with the amounts that it tells; ``bare``: its 元 is that of the region."""

    text: str
    amounts: tuple[Bounds, ...]
    bare: bool


@dataclass(frozen=True, slots=True)
class Reader:
    """A library: what it makes of a wording and of a sentence, as amounts, or None where it cannot."""

    name: str
    wording: Callable[[str], list[Bounds]]
    sentence: Callable[[str], list[Bounds]] | None
    other: Callable[[str], list[Bounds]] | None = None  # a second way to read a wording


# --------------------------------------------------------------------------------------------
# the corpora


def told(currency: str, bounds: Iterable[Decimal | None]) -> Bounds:
    return currency, frozenset(bound for bound in bounds if bound is not None)


def corpora() -> tuple[list[Case], list[Case]]:
    """The wordings and the sentences of money, as the tests read them."""
    sys.path.insert(0, str(TESTS))
    tests = importlib.import_module("test_amounts")
    names = re.compile(r"[元块圆钱刀]|[A-Z$¥￥€£₩]|美|币|yuan|dollar|[镑卢盾铢郎迪令克]")
    wordings = [
        Case(w.text, (told(w.meaning.unit, (w.meaning.min, w.meaning.max)),), w.meaning.inferred)
        for w in tests.WORDINGS
        if w.meaning.kind == "money" and not w.hint and names.search(fold(w.text))
    ]
    sentences = []
    for sentence in tests.SENTENCES:
        money = [(words, m) for words, m in sentence.quantities if m.kind == "money"]
        if all(names.search(fold(words)) for words, _ in money):
            amounts = tuple(told(m.unit, (m.min, m.max)) for _, m in money)
            sentences.append(Case(sentence.text, amounts, any(m.inferred for _, m in money)))
    return wordings, sentences


def news() -> list[str]:
    """The sentences of the project's own articles."""
    articles = (TESTS.parent / "corpus" / "articles.jsonl").read_text(encoding="utf-8").splitlines()
    texts = [json.loads(article)["text"] for article in articles]
    return [sentence for text in texts for sentence in re.findall(r"[^。！？\n]+[。！？]?", text)]


def is_right(case: Case, found: Sequence[Bounds]) -> bool:
    """Whether the amounts are those of the case, one to one and in order."""
    return len(found) == len(case.amounts) and all(
        wanted[1] <= got[1] and same_currency(wanted[0], got[0], bare=case.bare)
        for wanted, got in zip(case.amounts, found, strict=True)
    )


def same_currency(wanted: str, got: str, *, bare: bool) -> bool:
    return got in {wanted, ANY_CURRENCY} or (bare and {wanted, got} <= set(HOME.values()))


# --------------------------------------------------------------------------------------------
# the libraries


def readers() -> Iterator[Reader]:
    """What can be imported, warmed up, with a word on what cannot."""
    builders = {
        "zhdeals": zhdeals,
        "JioNLP": jionlp,
        "Recognizers-Text": recognizers,
        "cn2an": cn2an,
    }
    for name, build in builders.items():
        try:
            reader = build()
        except ImportError as error:
            print(f"{name} cannot be imported ({error}), left out")
            continue
        reader.wording("3亿元")
        yield reader


def zhdeals() -> Reader:
    def wording(text: str) -> list[Bounds]:
        quantity = parse_money(text)
        return [told(quantity.unit, (quantity.min, quantity.max))] if quantity else []

    def sentence(text: str) -> list[Bounds]:
        return [told(quantity.unit, (quantity.min, quantity.max)) for quantity in find_money(text)]

    return Reader("zhdeals", wording, sentence)


def jionlp() -> Reader:
    library = importlib.import_module("jionlp")

    def amount(parsed: dict[str, Any]) -> Bounds:
        numbers = parsed["num"] if isinstance(parsed["num"], list) else [parsed["num"]]
        return iso(parsed["case"]), frozenset(map(number, filter(None, numbers)))

    def sentence(text: str) -> list[Bounds]:
        found = library.ner.extract_money(text, with_parsing=True)
        return [amount(entity["detail"]) for entity in found]

    return Reader("JioNLP", lambda text: [amount(library.parse_money(text))], sentence, sentence)


def recognizers() -> Reader:
    library = importlib.import_module("recognizers_number_with_unit")
    culture = importlib.import_module("recognizers_text").Culture.Chinese
    model = library.NumberWithUnitRecognizer(culture).get_currency_model()

    def sentence(text: str) -> list[Bounds]:
        found = [entity.resolution or {} for entity in model.parse(text)]
        return [
            (value.get("isoCurrency") or iso(value.get("unit") or ""), values(value.get("value")))
            for value in found
        ]

    return Reader("Recognizers-Text", sentence, sentence)


def cn2an() -> Reader:
    library = importlib.import_module("cn2an")
    numeral = re.compile("[0-9.,点零〇一二两三四五六七八九十百千万亿]+")

    def number_by_number(text: str) -> list[Bounds]:
        """Each number alone, as a mixture of digits and characters (3千5百万)."""
        numbers = [found.replace(",", "") for found in numeral.findall(fold(text))]
        read = {Decimal(str(library.cn2an(found, "smart"))) for found in numbers}
        return [(ANY_CURRENCY, frozenset(read))]

    def transformed(text: str) -> list[Bounds]:
        """The whole string, with digits in place of characters."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            digits = re.findall(r"\d+(?:\.\d+)?", library.transform(fold(text), "cn2an"))
        return [(ANY_CURRENCY, frozenset(map(Decimal, digits)))]

    return Reader("cn2an", number_by_number, None, transformed)


UNITS = {
    "chinese yuan": "CNY", "united states dollar": "USD", "dollar": "USD", "hong kong dollar": "HKD",
    "new taiwan dollar": "TWD", "japanese yen": "JPY", "south korean won": "KRW", "euro": "EUR",
    "british pound": "GBP", "pound": "GBP", "bitcoin": "BTC",
}  # fmt: skip


def iso(name: str) -> str:
    """The ISO code of a currency as a library calls it."""
    quantity = parse_money(f"1{name}")
    return UNITS.get(name.lower()) or (quantity.unit if quantity else name)


def number(text: str) -> Decimal:
    value = Decimal(text)
    return value.quantize(Decimal(1)) if value == value.to_integral_value() else value


def values(text: str | None) -> frozenset[Decimal]:
    try:
        return frozenset({number(text)}) if text else frozenset()
    except InvalidOperation:
        return frozenset()


# --------------------------------------------------------------------------------------------
# measuring


def outcome(work: Callable[[str], list[Bounds]], case: Case) -> str:
    try:
        found = work(case.text)
    except Exception as error:
        # Whatever a library raises on a text is its answer to it.
        return f"raised {type(error).__name__}"
    return "right" if is_right(case, found) else "wrong"


def timed(work: Callable[[str], object], texts: Sequence[str], seconds: float) -> float:
    """Seconds of processor time per pass over all texts: the best of the passes that fit."""
    best, until = float("inf"), time.perf_counter() + seconds
    while time.perf_counter() < until or best == float("inf"):
        start = time.process_time()
        for text in texts:
            silent(work, text)
        best = min(best, time.process_time() - start)
    return best


def silent(work: Callable[[str], object], text: str) -> None:
    try:
        work(text)
    except Exception:
        return


def compare(
    title: str, cases: Sequence[Case], libraries: Sequence[Reader], *, seconds: float, errors: bool
) -> None:
    """One table: accuracy and time of every library on the same texts."""
    print(f"\n{title}: {len(cases)} texts, {sum(len(case.amounts) for case in cases)} amounts")
    for reader in libraries:
        work = reader.wording if title == "wordings" else reader.sentence
        if work is None:
            print(f"  {reader.name:18s} finds nothing in sentences")
            continue
        outcomes = {case.text: outcome(work, case) for case in cases}
        if reader.other and title == "wordings":
            again = {case.text: outcome(reader.other, case) for case in cases}
            outcomes |= {text: result for text, result in again.items() if result == "right"}
        counts = Counter(outcomes.values())
        took = timed(work, [case.text for case in cases], seconds) / len(cases) * 1e6
        raised = sum(count for name, count in counts.items() if name.startswith("raised"))
        share = counts["right"] / len(outcomes)
        print(
            f"  {reader.name:18s} right {counts['right']:5d} = {share:6.1%}"
            f"  raised {raised:4d}  {took:10.1f} µs a text"
        )
        for text, result in outcomes.items():
            if errors and result != "right":
                print(f"    {result}: {text!r}")


def compare_speed(texts: Sequence[str], libraries: Sequence[Reader], seconds: float) -> None:
    """The time of every library on the sentences of articles."""
    characters = sum(map(len, texts))
    print(f"\nnews: {len(texts)} sentences of {characters / len(texts):.0f} characters")
    for reader in libraries:
        if reader.sentence:
            took = timed(reader.sentence, texts, seconds) / len(texts) * 1e6
            print(f"  {reader.name:18s} {took:10.1f} µs a sentence")


def lengths(work: Callable[[str], object], sentences: Sequence[str], seconds: float) -> None:
    """Nanoseconds per character of sentences and of lines of a million characters."""
    print("\nlengths")
    texts = {"sentences": sentences} | {name: [line] for name, line in LONG.items()}
    for name, found in texts.items():
        characters = sum(map(len, found))
        each = timed(work, found, seconds) / characters * 1e9
        print(f"  {name:18s} {characters:9d} characters {each:8.1f} ns each")


def files(paths: Sequence[Path], seconds: float) -> None:
    """The speed on whole files, with the folding and without, as the pipeline folds once for all."""
    texts = [path.read_text(encoding="utf-8") for path in paths]
    folded = {text: fold(text) for text in texts}
    works: dict[str, Callable[[str], object]] = {
        "find": find_quantities,
        "find, folded": lambda text: find_quantities(text, folded=folded[text]),
    }
    for name, work in works.items():
        speed = sum(map(len, texts)) / timed(work, texts, seconds)
        print(f"{name:14s} {speed:14,.0f} characters/s")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("texts", nargs="*", type=Path)
    parser.add_argument("--seconds", type=float, default=2.0, help="for each figure")
    parser.add_argument("--errors", action="store_true", help="print what was read wrongly")
    options = parser.parse_args()
    if options.texts:
        files(options.texts, options.seconds)
        return
    wordings, sentences = corpora()
    libraries = list(readers())
    for title, cases in (("wordings", wordings), ("sentences", sentences)):
        compare(title, cases, libraries, seconds=options.seconds, errors=options.errors)
    compare_speed(news(), libraries, options.seconds)
    lengths(find_quantities, [case.text for case in sentences], options.seconds)


if __name__ == "__main__":
    main()
