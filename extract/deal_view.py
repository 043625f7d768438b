"""Deals for a page: the words of an article marked, values as a reader would write them.

What the report and the page of the service share. All of it is markup of `extract.html`, so that
whatever stands in an article or a record is text on the page and nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Context, Decimal
from itertools import pairwise
from typing import Final, Literal, get_args

from extract.conversion import rate_of
from extract.html import Markup, escape, join, tag
from extract.linked import LinkedDeal, told_number
from extract.records import Cite, DealRecord, Money
from extract.show import cites
from extract.tellings import Sum, Telling
from extract.text import fold, region_of

# --- values ------------------------------------------------------------------------------------

_SIGNS: Final[Mapping[str, str]] = {
    "USD": "US$", "CNY": "CN¥", "HKD": "HK$", "TWD": "NT$", "EUR": "€", "GBP": "£", "JPY": "JP¥",
    "KRW": "₩",
}  # fmt: skip
_HEDGES: Final[Mapping[str, str]] = {
    "exact": "", "range": "", "approx": "≈ ", "at_least": "≥ ", "at_most": "≤ ", "vague": "~ ",
}  # fmt: skip
_SCALES: Final = ((Decimal(10**12), "T"), (Decimal(10**9), "B"), (Decimal(10**6), "M"))
_FIGURES: Final = Context(prec=4)


def brief(money: Sum | Money) -> str:
    """An amount at a glance: ``≥ US$10B``, ``CN¥300M–500M``."""
    bounds = [scaled(bound) for bound in (money.min, money.max) if bound is not None]
    sign = _SIGNS.get(money.currency, f"{money.currency} ")
    return f"{_HEDGES[money.modifier]}{sign}{'–'.join(dict.fromkeys(bounds))}"


def scaled(value: Decimal) -> str:
    """A number in up to four figures: ``6.5B``, ``22.36B``, ``950,000``."""
    scale, letter = next((s for s in _SCALES if value >= s[0]), (Decimal(1), ""))
    figures = _FIGURES.divide(value, scale) if letter else value
    return f"{figures.normalize():,f}{letter}"


def dollars(money: Sum | Money | None, day: str | None = None) -> Decimal | None:
    """About how many US dollars an amount is, by the number that was told and the year's rate."""
    if money is None:
        return None
    rate = rate_of(money.currency, int(day[:4]) if day else None)
    return told_number(money) / rate.per_usd if rate else None


def language(text: str) -> Literal["zh-Hans", "zh-Hant"]:
    """The script that a text is set in."""
    return "zh-Hans" if region_of(text, fold(text)) == "CN" else "zh-Hant"


def kind_tag(name: str, value: str) -> Markup:
    """A type or a status as a small label: ``<span class="status talks">``."""
    return tag("span", value, class_=f"{name} {value}")


def chooser(
    name: str, choices: Iterable[str], chosen: str | None = None, *, empty: str | None = None
) -> Markup:
    """A list to choose from; ``empty`` is what stands for no choice."""
    options = [tag("option", empty, value="")] if empty is not None else []
    options += [tag("option", one, value=one, selected=one == chosen) for one in choices]
    return tag("select", *options, name=name, aria_label=name)


# --- marks -------------------------------------------------------------------------------------

Kind = Literal[
    "evidence", "party", "hardware", "amount", "valuation", "stake", "round", "date", "condition",
    "status", "type",
]  # fmt: skip
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
_KEYED: Final = ("evidence", "party", "amount", "hardware", "condition", "date")
_CLIP: Final = 60


@dataclass(frozen=True, slots=True, order=True)
class Mark:
    """A stretch of a text that a deal cites, and as what; ``number`` is that of the deal."""

    start: int
    end: int
    kind: Kind
    number: int


def record_marks(record: DealRecord, number: int) -> Iterator[Mark]:
    """All that a record cites."""
    for cite in record.sources.get("evidence", ()):
        yield Mark(cite.start, cite.end, "evidence", number)
    for kind, cite in cites(record):
        yield Mark(cite.start, cite.end, kind, number)  # type: ignore[arg-type]


def telling_marks(text: str, telling: Telling, number: int) -> Iterator[Mark]:
    """What a record without offsets cites: its words, in its evidence where they stand there."""
    start = text.find(telling.evidence) if telling.evidence else -1
    end = start + len(telling.evidence)
    if start >= 0:
        yield Mark(start, end, "evidence", number)
    for kind, words in _words(telling):
        at = text.find(words, start, end) if start >= 0 else -1
        at = text.find(words) if at < 0 else at
        if at >= 0:
            yield Mark(at, at + len(words), kind, number)


def _words(telling: Telling) -> Iterator[tuple[Kind, str]]:
    told: list[tuple[Kind, str]] = [("party", party.name) for party in telling.parties]
    told += [("hardware", chip.name) for chip in telling.hardware]
    if telling.amount:
        told.append(("amount", telling.amount.text))
    if telling.valuation:
        told.append(("valuation", telling.valuation.text))
    told += [("condition", tie.text) for tie in telling.conditions]
    yield from ((kind, words) for kind, words in told if words)


def marked_text(text: str, marks: Iterable[Mark], *, first_line: bool = True) -> Markup:
    """A text with its marks; its first line, which is the title, is strong.

    A mark says in ``data-evidence`` and ``data-value`` for which deals it is one.
    """
    ordered = sorted({m for m in marks if 0 <= m.start < m.end <= len(text)})
    at = text.find("\n") if first_line else -1
    title: list[Markup] = []
    body: list[Markup] = []
    for start, end, over in _stretches(ordered, len(text), at):
        (title if start < at else body).append(_mark(text[start:end], over))
    return join(tag("strong", *title) if title else "", *body)


def _stretches(
    ordered: Sequence[Mark], length: int, title: int
) -> Iterator[tuple[int, int, list[Mark]]]:
    """Stretches of a text that are marked alike, in order."""
    edges = {0, length, *(m.start for m in ordered), *(m.end for m in ordered)}
    places = sorted(edges | ({title} if title >= 0 else set()))
    over: list[Mark] = []
    coming = 0
    for start, end in pairwise(places):
        over = [mark for mark in over if mark.end > start]
        while coming < len(ordered) and ordered[coming].start <= start:
            over.append(ordered[coming])
            coming += 1
        yield start, end, over


def _mark(words: str, over: Sequence[Mark]) -> Markup:
    if not over:
        return escape(words)
    kinds = [kind for kind in KINDS if any(mark.kind == kind for mark in over)]
    evidence = _numbers(mark for mark in over if mark.kind == "evidence")
    value = _numbers(mark for mark in over if mark.kind != "evidence")
    told = ", ".join(kind for kind in kinds if kind != "evidence")
    return tag(
        "mark",
        words,
        class_=" ".join(kinds),
        data_evidence=evidence or None,
        data_value=value or None,
        title=told or None,
    )


def _numbers(marks: Iterable[Mark]) -> str:
    return " ".join(map(str, sorted({mark.number for mark in marks})))


def legend() -> Markup:
    """What the colours of the marks mean."""
    return tag("p", "Marked: ", *_legend(), class_="legend")


def _legend() -> Iterator[Markup]:
    for kind in _KEYED:
        yield join(tag("mark", kind, class_=f"{kind} on"), " ")


def clip(text: str, most: int = _CLIP) -> str:
    """A text in one line, cut at its end where it is long."""
    line = re.sub(r"\s+", " ", text).strip()
    return line if len(line) <= most else f"{line[: most - 1]}…"


# --- rows of values ----------------------------------------------------------------------------

Row = tuple[str, object, object]
"""A field, its value, and the words or reasons behind it."""


def value_table(rows: Iterable[Row]) -> Markup:
    """Fields with their values; the name of a field stands once."""
    made: list[Markup] = []
    before = ""
    for name, value, behind in rows:
        shown = name if name != before else ""
        cell = join(tag("span", value, class_="value"), tag("small", behind) if behind else "")
        made.append(tag("tr", tag("th", shown, scope="row"), tag("td", cell), class_=name))
        before = name
    return tag("table", tag("tbody", *made), class_="values")


def record_rows(record: DealRecord) -> Iterator[Row]:
    """The values of a record with the words that they were read from."""
    yield from party_rows(record)
    for name, money in (("amount", record.amount), ("valuation", record.valuation)):
        if money is not None:
            yield name, brief(money), money.text
    for name, value in (
        ("stake", f"{record.stake:f}%" if record.stake is not None else None),
        ("round", record.round),
        ("date", record.date),
    ):
        if value is not None:
            yield name, value, _cited(record.sources.get(name, ()))
    yield from tie_rows(record)
    for warning in record.warnings:
        yield "warning", warning, ""


def party_rows(deal: DealRecord | LinkedDeal) -> Iterator[Row]:
    """Who pays and who is paid, with roles and other names."""
    for side, parties in (("pays", deal.investor), ("is paid", deal.target)):
        for party in parties:
            others = "、".join(name for name in party.names if name != party.name)
            yield side, party.name, " · ".join(filter(None, (party.role, others)))


def tie_rows(deal: DealRecord | LinkedDeal) -> Iterator[Row]:
    """Conditions and hardware."""
    for condition in deal.conditions:
        yield "condition", condition.kind, condition.text
    for item in deal.hardware:
        yield "hardware", item.name, " · ".join(filter(None, (item.vendor, item.quantity)))


def _cited(sources: Iterable[Cite]) -> str:
    return " … ".join(dict.fromkeys(cite.text for cite in sources))
