"""How right and how fast dates are read, on the project's own corpora, beside other libraries.

usage: python tests/bench/bench_dates.py [--seconds S] [--wrong NAME]

Accuracy is that on the wordings of ../corpora/dates.txt, each read alone, and on the sentences of
../corpora/dates_context.txt: every library tells intervals of days, which must be those of the
meanings. What others cannot be told or do not tell is left out for all: wordings with a date told
before them, with a clause's tense, of fiscal years, and vague ones; sentences of no known day of
publication, and those with such dates. In favour of others, an interval inside the meaning's counts
where the words name a part of it (年底) or a distance (三个月前); of several readings one that is
right is enough; what stands beside the found words is not looked at; and where a library can both
parse and search, a wording may be read either way. In a sentence all dates must be found, in their
order, and what else is found is not held against a library. Our own parser is also held against all
wordings, exactly.

Speed is that on the same wordings (the first way alone is timed) and sentences, and on the sentences
of the project's own articles. The last table shows whether time grows with the length alone.
``--wrong zhdeals`` lists what a library gets wrong.
"""

from __future__ import annotations

import argparse
import datetime
import importlib
import logging
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench_amounts import lengths, news, timed

from extract.dates import DateMention, find_dates, parse_date
from extract.tellings import span_of

CORPORA = Path(__file__).resolve().parents[1] / "corpora"
Days = tuple[datetime.date, datetime.date]
Read = Callable[[str, datetime.date], "Iterable[Days]"]
Find = Callable[[str, datetime.date], "list[list[Days]]"]
"""The dates of a sentence in their order, each with all its readings."""


@dataclass(frozen=True, slots=True)
class Wording:
    """A line of the corpus with the words of its block's header."""

    text: str
    published: datetime.date
    words: tuple[str, ...]

    @property
    def fair(self) -> bool:
        """Whether the words alone, with the day of publication, say the meaning."""
        asked = {"future", "past", "fiscal"} | {w for w in self.words if w.startswith("anchor=")}
        return self.words[0] != "none" and not asked & set(self.words)

    @property
    def days(self) -> Days:
        """The first and the last day of the meaning."""
        return between(self.words[0])


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of the corpus with the words and the value of each of its dates."""

    text: str
    published: datetime.date
    dates: tuple[tuple[str, Days], ...]


@dataclass(frozen=True, slots=True)
class Library:
    """How a library reads one wording, and how it finds the dates of a sentence."""

    name: str
    read: Read
    find: Find


# --------------------------------------------------------------------------------------------
# the corpora


def between(value: str) -> Days:
    """The days of a value or of a range of values."""
    first, _, last = value.partition("..")
    return span_of(first)[0], span_of(last or first)[1]


def lines(name: str) -> list[str]:
    """The lines of a corpus without comments."""
    text = (CORPORA / name).read_text(encoding="utf-8")
    return [line.replace("\\n", "\n") for line in text.splitlines() if line and line[0] != "#"]


def wordings() -> Iterator[Wording]:
    """The wordings of the corpus."""
    day, words = datetime.date.min, ()
    for line in lines("dates.txt"):
        if line[0] == "[":
            told, _, rest = line[1:].partition("] ")
            day, words = datetime.date.fromisoformat(told), tuple(rest.split(" "))
        else:
            yield Wording(line, day, words)


def sentences() -> Iterator[Sentence]:
    """The sentences of the corpus whose dates all have a value that others can be asked for."""
    published, text, told = "-", "", list[tuple[str, list[str]]]()
    for line in [*lines("dates_context.txt"), "published=-"]:
        if line.startswith("= "):
            words, _, meaning = line[2:].rpartition(" | ")
            told.append((words, meaning.split(" ")))
            continue
        fair = not any("none" in meaning or "fiscal" in meaning for _, meaning in told)
        if text and told and fair and len(published) == len("2026-05-20"):
            day = datetime.date.fromisoformat(published)
            yield Sentence(text, day, tuple((words, between(m[0])) for words, m in told))
        text, told = line, []
        if line.startswith("published="):
            published, text = line.removeprefix("published="), ""


# --------------------------------------------------------------------------------------------
# the libraries


def zhdeals() -> Library:
    """The project's own parser."""

    def readings(mention: DateMention | None) -> list[Days]:
        if mention is None or mention.value is None:
            return []
        return [(span_of(mention.value)[0], span_of(mention.end_value or mention.value)[1])]

    return Library(
        "zhdeals",
        lambda text, day: readings(parse_date(text, published=day)),
        lambda text, day: [readings(found) for found in find_dates(text, published=day)],
    )


def dateparser() -> Library:
    """The library dateparser, told that the text is Chinese or English."""
    parser = importlib.import_module("dateparser.date").DateDataParser
    search = importlib.import_module("dateparser.search").search_dates
    languages, cached = ["zh", "zh-Hant", "en"], dict[datetime.date, Any]()

    def settings(day: datetime.date) -> dict[str, Any]:
        base = datetime.datetime.combine(day, datetime.time(12))
        return {"RELATIVE_BASE": base, "PREFER_DATES_FROM": "past"}

    def read(text: str, day: datetime.date) -> Iterable[Days]:
        if day not in cached:
            cached[day] = parser(languages=languages, settings=settings(day))
        found = cached[day].get_date_data(text)
        if found.date_obj:
            value = found.date_obj.date().isoformat()
            yield span_of(value[: {"year": 4, "month": 7}.get(found.period, 10)])

    def find(text: str, day: datetime.date) -> list[list[Days]]:
        # What is found has words and a moment; only to parse the words again tells how exact it is.
        found = search(text, languages=languages, settings=settings(day))
        return [list(read(words, day)) for words, _ in found or ()]

    return Library("dateparser", read, find)


def jionlp() -> Library:
    """The library JioNLP; an end that it leaves open is that of the date told."""
    library = importlib.import_module("jionlp")
    logging.disable(logging.CRITICAL)  # it logs what it cannot parse, at length

    def base(day: datetime.date) -> float:
        return datetime.datetime.combine(day, datetime.time(12)).timestamp()

    def readings(times: object) -> Iterator[Days]:
        if isinstance(times, list):
            ends = [
                None if "inf" in time else datetime.date.fromisoformat(time[:10]) for time in times
            ]
            first, last = ends[0] or ends[1], ends[1] or ends[0]
            if first and last:
                yield first, last

    def read(text: str, day: datetime.date) -> Iterable[Days]:
        return readings(library.parse_time(text, time_base=base(day)).get("time"))

    def find(text: str, day: datetime.date) -> list[list[Days]]:
        found = library.ner.extract_time(text, time_base=base(day), with_parsing=True)
        return [list(readings(entity["detail"].get("time"))) for entity in found]

    return Library("jionlp", read, find)


def recognizers() -> Library:
    """The library Recognizers-Text; the ends of its ranges lie behind them."""
    recognizer = importlib.import_module("recognizers_date_time").DateTimeRecognizer
    chinese = importlib.import_module("recognizers_text").Culture.Chinese
    model = recognizer(chinese).get_datetime_model()

    def readings(resolution: dict[str, Any]) -> Iterator[Days]:
        for value in resolution.get("values") or ():
            if "start" in value and "end" in value:
                last = datetime.date.fromisoformat(value["end"][:10])
                back = datetime.timedelta(days=1 if value["type"] == "daterange" else 0)
                yield datetime.date.fromisoformat(value["start"][:10]), last - back
            elif value["type"] in ("date", "datetime"):
                told = datetime.date.fromisoformat(value["value"][:10])
                yield told, told

    def find(text: str, day: datetime.date) -> list[list[Days]]:
        found = model.parse(text, datetime.datetime.combine(day, datetime.time(12)))
        return [list(readings(result.resolution or {})) for result in found]

    def read(text: str, day: datetime.date) -> Iterable[Days]:
        return (reading for date in find(text, day) for reading in date)

    return Library("recognizers_text", read, find)


def libraries() -> Iterator[Library]:
    """All that can be imported, with a word on what cannot."""
    for build in (zhdeals, dateparser, jionlp, recognizers):
        try:
            library = build()
        except ImportError as error:
            print(f"  {build.__name__:18s} cannot be imported ({error}), left out")
        else:
            yield library


# --------------------------------------------------------------------------------------------
# the comparison


_PART = re.compile("[初底末中旬内春夏秋冬早晚周前后後週初度]|星期|礼拜|禮拜")


def tried(work: Callable[[str, datetime.date], Any], text: str, day: datetime.date) -> list[Any]:
    """What a library makes of a text; nothing where it cannot read it."""
    try:
        return list(work(text, day))
    except Exception:  # the libraries raise all kinds of errors on what they do not know
        return []


def is_meant(words: str, days: Days, readings: Iterable[Days]) -> bool:
    """Whether a reading has the days of the meaning."""
    first, last = days
    partly = first != last and _PART.search(words) is not None
    return any(
        reading == days or (partly and first <= reading[0] <= reading[1] <= last)
        for reading in readings
    )


def is_right(library: Library, wording: Wording) -> bool:
    """Whether a wording is read rightly, parsed or searched."""
    text, day = wording.text, wording.published
    return is_meant(text, wording.days, tried(library.read, text, day)) or any(
        is_meant(text, wording.days, found) for found in tried(library.find, text, day)
    )


def are_found(library: Library, sentence: Sentence) -> bool:
    """Whether all dates of a sentence are found, in their order; others may stand between them."""
    found = iter(tried(library.find, sentence.text, sentence.published))
    return all(
        any(is_meant(words, days, readings) for readings in found) for words, days in sentence.dates
    )


def speed(work: Callable[[str, datetime.date], Any], texts: Sequence[str], seconds: float) -> float:
    """Microseconds for one text."""
    day = datetime.date(2026, 5, 20)
    return timed(lambda text: tried(work, text, day), texts, seconds) / len(texts) * 1e6


def exactly(wording: Wording) -> bool:
    """Whether our parser tells all of the meaning: value, precision, kind, role, fiscal."""
    anchors = [word.removeprefix("anchor=") for word in wording.words if "anchor=" in word]
    sides = [word == "future" for word in wording.words if word in ("future", "past")]
    mention = parse_date(
        wording.text,
        published=wording.published,
        anchor=next(iter(anchors), None),
        future=next(iter(sides), None),
    )
    if mention is None:
        return False
    value = "..".join(filter(None, (mention.value or "none", mention.end_value)))
    role = [mention.role] if mention.role != "point" else []
    told = [value, mention.precision, mention.kind, *role, *["fiscal"] * mention.fiscal]
    asked = [w for w in wording.words if w not in ("future", "past") and "anchor=" not in w]
    return told == asked


def main() -> None:
    """Compare and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=2.0, help="for each figure")
    parser.add_argument("--wrong", metavar="NAME", help="list what this library gets wrong")
    options = parser.parse_args()
    corpus = list(wordings())
    exact = sum(map(exactly, corpus))
    print(f"zhdeals, exactly, all {len(corpus)} wordings: {exact / len(corpus):.1%}")
    compare(
        [wording for wording in corpus if wording.fair],
        list(sentences()),
        seconds=options.seconds,
        wrong=options.wrong,
    )
    day, texts = datetime.date(2026, 5, 20), [sentence.text for sentence in sentences()]
    lengths(lambda text: find_dates(text, published=day), texts, options.seconds)


def compare(
    fair: Sequence[Wording], within: Sequence[Sentence], *, seconds: float, wrong: str | None
) -> None:
    """One line for every library."""
    texts, told = [sentence.text for sentence in within], news()
    print(f"{len(fair)} wordings, {len(within)} sentences; µs each, and for {len(told)} of news:")
    for library in libraries():
        missed = [wording for wording in fair if not is_right(library, wording)]
        unfound = [sentence for sentence in within if not are_found(library, sentence)]
        print(
            f"  {library.name:18s} wordings {1 - len(missed) / len(fair):6.1%} right"
            f" {speed(library.read, [w.text for w in fair], seconds):8.1f} µs"
            f"   sentences {1 - len(unfound) / len(within):6.1%} right"
            f" {speed(library.find, texts, seconds):8.1f} µs"
            f"   news {speed(library.find, told, seconds):8.1f} µs"
        )
        if wrong == library.name:
            for wording in missed:
                print(f"    {wording.text} [{wording.published}] {wording.words[0]}")
            for sentence in unfound:
                print(f"    {sentence.text}")


if __name__ == "__main__":
    main()
