"""How fast amounts are found, on the project's own sentences, beside other libraries where installed.

usage: python tests/bench/bench_amounts.py [TEXT ...] [--seconds S]

Without arguments the sentences of ../corpora/amounts_context.txt and the wordings of
../corpora/amounts.txt are read; with arguments the given text files, as they are, whole (to see
the speed on ordinary news, where few characters belong to a number). Folding is counted in ``find``
and left out in ``find, folded``, as the pipeline folds once for all its readers.

JioNLP, cn2an and Recognizers-Text are timed on the same lines if they can be imported. They do not
do the same work: cn2an turns one number into another form and finds nothing, JioNLP's
``extract_money`` finds and normalises money alone, Recognizers-Text finds currencies.
"""

from __future__ import annotations

import argparse
import importlib
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from extract.amounts import find_quantities, parse_quantity
from extract.text import fold

CORPORA = Path(__file__).resolve().parents[1] / "corpora"


def lines(name: str) -> list[str]:
    text = (CORPORA / name).read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and line[0] not in "#=[" and "=" not in line]


def timed(work: Callable[[str], object], texts: Sequence[str], seconds: float) -> float:
    """Seconds per pass over all texts: the best of as many passes as fit in the time."""
    best, until = float("inf"), time.perf_counter() + seconds
    while time.perf_counter() < until or best == float("inf"):
        start = time.perf_counter()
        for text in texts:
            work(text)
        best = min(best, time.perf_counter() - start)
    return best


def report(name: str, work: Callable[[str], object], texts: Sequence[str], seconds: float) -> None:
    took = timed(work, texts, seconds)
    each, speed = took / len(texts) * 1e6, sum(map(len, texts)) / took
    print(f"  {name:28s} {each:12.1f} µs a text {speed:14,.0f} characters/s")


def others() -> Iterator[tuple[str, Callable[[str], object]]]:
    """What else can be imported, warmed up, with a word on what cannot."""
    for name, build in (("jionlp", jionlp), ("cn2an", cn2an), ("recognizers_number", recognizers)):
        try:
            work = build()
            work("公司获得3亿元融资")
        except ImportError:
            print(f"  {name}: not installed, skipped")
        else:
            yield name, work


def jionlp() -> Callable[[str], object]:
    library = importlib.import_module("jionlp")
    work: Callable[[str], object] = library.extract_money
    return work


def cn2an() -> Callable[[str], object]:
    library = importlib.import_module("cn2an")
    return lambda text: library.transform(text, "cn2an")


def recognizers() -> Callable[[str], object]:
    library = importlib.import_module("recognizers_number_with_unit")
    culture = importlib.import_module("recognizers_text").Culture
    return lambda text: library.recognize_currency(text, culture.Chinese)


def compare(title: str, texts: Sequence[str], seconds: float) -> None:
    found = sum(len(find_quantities(text)) for text in texts)
    characters = sum(map(len, texts))
    print(f"{title}: {len(texts)} texts, {characters} characters, {found} quantities")
    report("find", find_quantities, texts, seconds)
    folded = {text: fold(text) for text in texts}
    report("find, folded", lambda t: find_quantities(t, folded=folded[t]), texts, seconds)
    if characters / len(texts) < 40:
        report("parse", parse_quantity, texts, seconds)
    for name, work in others():
        report(name, work, texts, seconds)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("texts", nargs="*", type=Path)
    parser.add_argument("--seconds", type=float, default=2.0, help="for each figure")
    options = parser.parse_args()
    if options.texts:
        texts = [path.read_text(encoding="utf-8") for path in options.texts]
        compare("files", texts, options.seconds)
        return
    compare("sentences", lines("amounts_context.txt"), options.seconds)
    compare("wordings", lines("amounts.txt"), options.seconds)


if __name__ == "__main__":
    main()
