"""How right and how fast dates are read, on the project's own corpora, beside other libraries.

usage: python tests/bench/bench_dates.py [--seconds S] [--wrong NAME]

Accuracy is that on the wordings of ../corpora/dates.txt, each read alone: every library tells an
interval of days, which must be that of the meaning. What others cannot be told or do not tell is
left out for all: wordings with a date told before them, with a clause's tense, of fiscal years, and
vague ones. In their favour, an interval inside the meaning's counts where the words name a part of
it (年底) or a distance (三个月前); of several readings one that is right is enough; and what stands
beside the found words is not looked at. Our own parser is also held against all wordings, exactly.

Speed is that on the wordings and on the sentences of ../corpora/dates_context.txt. Where a library
does not parse but only search or the reverse, its one way is timed. ``--wrong zhdeals`` lists what
a library gets wrong.
"""

from __future__ import annotations

import argparse
import datetime
import importlib
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench_amounts import timed

from extract.dates import find_dates, parse_date

CORPORA = Path(__file__).resolve().parents[1] / "corpora"
Days = tuple[datetime.date, datetime.date]
Read = Callable[[str, datetime.date], "Iterable[Days]"]
Find = Callable[[str, datetime.date], object]


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
        first, _, last = self.words[0].partition("..")
        return interval(first)[0], interval(last or first)[1]


@dataclass(frozen=True, slots=True)
class Library:
    """How a library reads one wording, and how it finds the dates of a sentence."""

    name: str
    read: Read
    find: Find


# --------------------------------------------------------------------------------------------
# the corpora


def interval(value: str) -> Days:
    """The days of a value of the records: 2025, 2025-H1, 2025-Q3, 2025-12, 2025-12-17."""
    year, _, rest = value.partition("-")
    if len(value) == 10:
        day = datetime.date.fromisoformat(value)
        return day, day
    length = {"": 12, "H": 6, "Q": 3}.get(rest[:1], 1)
    number = int(rest.lstrip("HQ") or 1)
    return months(int(year), (number - 1) * length + 1, length)


def months(year: int, month: int, length: int) -> Days:
    """The days of so many months from one on."""
    after = year * 12 + month - 1 + length
    end = datetime.date(after // 12, after % 12 + 1, 1) - datetime.timedelta(days=1)
    return datetime.date(year, month, 1), end


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


def sentences() -> list[str]:
    """The sentences of the corpus, whatever their day of publication."""
    found = lines("dates_context.txt")
    return [line for line in found if not line.startswith(("= ", "published="))]


# --------------------------------------------------------------------------------------------
# the libraries


def zhdeals() -> Library:
    """The project's own parser."""

    def read(text: str, day: datetime.date) -> Iterable[Days]:
        mention = parse_date(text, published=day)
        if mention and mention.value:
            yield interval(mention.value)[0], interval(mention.end_value or mention.value)[1]

    return Library("zhdeals", read, lambda text, day: find_dates(text, published=day))


def dateparser() -> Library:
    """The library dateparser, told that the text is Chinese or English."""
    parser = importlib.import_module("dateparser.date").DateDataParser
    search = importlib.import_module("dateparser.search").search_dates
    cached: dict[datetime.date, Any] = {}

    def settings(day: datetime.date) -> dict[str, Any]:
        base = datetime.datetime.combine(day, datetime.time(12))
        return {"RELATIVE_BASE": base, "PREFER_DATES_FROM": "past"}

    def read(text: str, day: datetime.date) -> Iterable[Days]:
        if day not in cached:
            cached[day] = parser(languages=["zh", "en"], settings=settings(day))
        found = cached[day].get_date_data(text)
        if found.date_obj:
            value = found.date_obj.date().isoformat()
            yield interval(value[: {"year": 4, "month": 7}.get(found.period, 10)])

    return Library(
        "dateparser",
        read,
        lambda text, day: search(text, languages=["zh", "en"], settings=settings(day)),
    )


def jionlp() -> Library:
    """The library JioNLP."""
    library = importlib.import_module("jionlp")

    def base(day: datetime.date) -> float:
        return datetime.datetime.combine(day, datetime.time(12)).timestamp()

    def read(text: str, day: datetime.date) -> Iterable[Days]:
        times = library.parse_time(text, time_base=base(day)).get("time")
        if isinstance(times, list):
            first, last = (datetime.date.fromisoformat(time[:10]) for time in times)
            yield first, last

    return Library(
        "jionlp", read, lambda text, day: library.ner.extract_time(text, time_base=base(day))
    )


def recognizers() -> Library:
    """The library Recognizers-Text; the ends of its ranges lie behind them."""
    recognize = importlib.import_module("recognizers_date_time").recognize_datetime
    chinese = importlib.import_module("recognizers_text").Culture.Chinese

    def find(text: str, day: datetime.date) -> Any:
        reference = datetime.datetime.combine(day, datetime.time(12))
        return recognize(text, chinese, reference=reference)

    def read(text: str, day: datetime.date) -> Iterable[Days]:
        for result in find(text, day):
            for value in (result.resolution or {}).get("values") or ():
                if "start" in value and "end" in value:
                    last = datetime.date.fromisoformat(value["end"][:10])
                    back = datetime.timedelta(days=1 if value["type"] == "daterange" else 0)
                    yield datetime.date.fromisoformat(value["start"][:10]), last - back
                elif value["type"] in ("date", "datetime"):
                    told = datetime.date.fromisoformat(value["value"][:10])
                    yield told, told

    return Library("recognizers_text", read, find)


def libraries() -> Iterator[Library]:
    """All that can be imported, with a word on what cannot."""
    for build in (zhdeals, dateparser, jionlp, recognizers):
        try:
            library = build()
        except ImportError:
            print(f"  {build.__name__:18s} not installed, left out")
        else:
            yield library


# --------------------------------------------------------------------------------------------
# the comparison


_PART = re.compile("[初底末中旬内春夏秋冬早晚周前后後週初度]|星期|礼拜|禮拜")


def is_right(library: Library, wording: Wording) -> bool:
    """Whether a reading has the days of the meaning; a string it cannot read is wrong."""
    first, last = wording.days
    partly = first != last and _PART.search(wording.text) is not None
    try:
        found = list(library.read(wording.text, wording.published))
    except Exception:  # the libraries raise all kinds of errors on what they do not know
        return False
    return any(
        days == (first, last) or (partly and first <= days[0] <= days[1] <= last) for days in found
    )


def tolerant(work: Find) -> Find:
    """The same work, with errors passed over."""

    def tried(text: str, day: datetime.date) -> object:
        try:
            return work(text, day)
        except Exception:  # as above
            return None

    return tried


def speed(work: Find, texts: list[str], seconds: float) -> float:
    """Microseconds for one text."""
    day, safe = datetime.date(2026, 5, 20), tolerant(work)
    return timed(lambda text: safe(text, day), texts, seconds) / len(texts) * 1e6


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
    fair, texts = [w for w in corpus if w.fair], sentences()
    exact = sum(map(exactly, corpus))
    print(f"zhdeals, exactly, all {len(corpus)} wordings: {exact / len(corpus):.1%}")
    print(f"{len(fair)} wordings that need no context, {len(texts)} sentences:")
    for library in libraries():
        wrong = [w for w in fair if not is_right(library, w)]
        alone = speed(
            lambda t, d, read=library.read: list(read(t, d)),
            [w.text for w in fair],
            options.seconds,
        )  # type: ignore[misc]
        within = speed(library.find, texts, options.seconds)
        print(
            f"  {library.name:18s} {1 - len(wrong) / len(fair):7.1%} right {alone:10.1f} µs a wording "
            f"{within:10.1f} µs a sentence"
        )
        for wording in wrong if options.wrong == library.name else ():
            print(f"    {wording.text} [{wording.published}] {wording.words[0]}")


if __name__ == "__main__":
    main()
