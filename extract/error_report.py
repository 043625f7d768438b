"""The error report: one HTML page with every record in its text, gold and output side by side.

The page holds all it needs and asks for nothing: it opens from a disk without a network.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from extract.errors import UsageError
from extract.evaluate import GATED, KINDS, ArticleScore, Counts, Outcome, Report, shown
from extract.gold import SLOTS, GoldArticle, ScoredDeal, ScoredMoney
from extract.html import Markup, escape, join, page, tag
from extract.pairing import Row, lined_up
from extract.records import DEAL_TYPES
from extract.report_assets import SCRIPT, STYLE
from extract.scores import script
from extract.show import money_line

_SHOWN_AT_FIRST: Final = frozenset({"wrong", "missed", "extra"})
_SAID: Final = {
    "wrong": "a value is wrong",
    "missed": "the output lacks it",
    "extra": "gold lacks it",
    "right": "all values are right",
    "optional": "neither required nor an error",
}


def write_report(report: Report, path: Path, *, title: str) -> None:
    """Write the page to a file; raises UsageError where that cannot be done."""
    try:
        path.write_text(report_page(report, title=title), encoding="utf-8", newline="\n")
    except OSError as error:
        raise UsageError(f"cannot be written: {error.strerror}", file=str(path)) from error


def report_page(report: Report, *, title: str) -> str:
    """The page. ``title`` says what was scored, such as the name of the gold file."""
    told = [article for article in report.scored if article.outcomes]
    return page(
        f"{title}: errors",
        tag("header", tag("h1", title), _summary(report), _scores(report)),
        _filters(report),
        tag("main", *map(_article, told), tag("p", "No record fits the filters.", class_="none")),
        style=STYLE,
        script=SCRIPT,
        lang="en",
    )


# --- head --------------------------------------------------------------------------------------


def _summary(report: Report) -> Markup:
    output = sum(outcome.pred is not None for outcome in report.outcomes)
    return join(
        tag(
            "p",
            f"{report.articles} articles, {report.gold_deals} required records in gold, "
            f"{output} records in the output. Choose a record to see its words in the text.",
        ),
        tag(
            "p",
            "Evidence: ",
            tag("mark", "of gold", class_="g"),
            ", ",
            tag("mark", "of the output", class_="p"),
            ", ",
            tag("mark", "of both", class_="g p"),
            ".",
            class_="legend",
        ),
    )


def _scores(report: Report) -> Markup:
    names = ("", "", "F1", "P", "R", "right", "false", "missed")
    head = tag("thead", tag("tr", *(tag("th", name) for name in names)))
    body = tag("tbody", *(_score(name, counts) for name, counts in report.rows()))
    return tag(
        "details", tag("summary", "Scores"), tag("table", head, body, class_="scores"), open=True
    )


def _score(name: str, counts: Counts) -> Markup:
    told = (shown(counts.f1), shown(counts.precision), shown(counts.recall))
    numbers = (*told[1:], counts.tp, counts.fp, counts.fn)
    return tag(
        "tr",
        tag("th", name.removeprefix("slot:"), scope="row"),
        tag("td", _bar(counts.f1 or 0.0)),
        tag("td", told[0]),
        *(tag("td", number) for number in numbers),
        class_="main" if name in GATED else None,
    )


def _bar(share: float) -> Markup:
    part = tag("rect", class_="part", width=round(100 * share, 1), height=8)
    return tag(
        "svg",
        tag("rect", class_="all", width=100, height=8),
        part,
        class_="bar",
        viewbox="0 0 100 8",
        preserveaspectratio="none",
        aria_hidden="true",
    )


# --- filters -----------------------------------------------------------------------------------


def _filters(report: Report) -> Markup:
    kinds = Counter(outcome.kind for outcome in report.outcomes)
    types = Counter(_type(outcome) for outcome in report.outcomes)
    fields = Counter(slot for outcome in report.outcomes for slot in _fields(outcome))
    chips = (
        _chip(kind, kinds[kind], checked=kind in _SHOWN_AT_FIRST) for kind in KINDS if kinds[kind]
    )
    controls = tag(
        "div",
        *chips,
        _select("field", "every field", [(slot, fields[slot]) for slot in SLOTS]),
        _select("type", "every type", [(name, types[name]) for name in DEAL_TYPES]),
        tag("input", type="search", name="query", placeholder="Search", aria_label="Search"),
        tag("button", "Reset", type="reset"),
        tag("output", class_="counts"),
    )
    return tag("form", controls, aria_label="Filters", autocomplete="off")


def _chip(kind: str, count: int, *, checked: bool) -> Markup:
    box = tag("input", type="checkbox", name="kind", value=kind, checked=checked)
    return tag("label", box, kind, tag("small", count), class_="chip", title=_SAID[kind])


def _select(name: str, all_of_them: str, choices: list[tuple[str, int]]) -> Markup:
    options = (
        tag("option", f"{choice} ({count})", value=choice) for choice, count in choices if count
    )
    return tag("select", tag("option", all_of_them, value=""), *options, name=name, aria_label=name)


# --- articles ----------------------------------------------------------------------------------


def _article(scored: ArticleScore) -> Markup:
    article = scored.article
    language = "zh-Hant" if script(article) == "hant" else "zh-Hans"
    head = (
        tag("b", article.article_id),
        " ".join(filter(None, (article.published, article.outlet))),
    )
    records = (_record(number, outcome) for number, outcome in enumerate(scored.outcomes, 1))
    return tag(
        "section",
        tag("h2", *head),
        tag("div", tag("div", _text(article, scored.outcomes)), class_="text", lang=language),
        tag("ol", *records, class_="records", lang=language),
        class_="article",
    )


def _type(outcome: Outcome) -> str:
    deal = outcome.gold or outcome.pred
    return deal.type if deal else ""


def _fields(outcome: Outcome) -> tuple[str, ...]:
    """The slots that are wrong; all that are told where the whole record is, or nothing is."""
    if outcome.kind == "wrong":
        return outcome.wrong
    told = {row.slot for row in lined_up(outcome.pred, outcome.gold)}
    return tuple(slot for slot in SLOTS if slot in told)


def _record(number: int, outcome: Outcome) -> Markup:
    rows = list(lined_up(outcome.pred, outcome.gold))
    button = tag(
        "button",
        tag("span", outcome.kind, class_="kind", title=_SAID[outcome.kind]),
        tag("b", _type(outcome)),
        tag("small", ", ".join(outcome.wrong)),
        type="button",
        class_="pick",
        aria_pressed="false",
    )
    head = tag("thead", tag("tr", tag("th"), tag("th", "output"), tag("th", "gold")))
    body = tag("tbody", *_rows(rows, alone=outcome.kind in {"missed", "extra", "optional"}))
    return tag(
        "li",
        button,
        tag("table", head, body, _evidence(outcome)),
        class_=f"record {outcome.kind}",
        data_number=number,
        data_kind=outcome.kind,
        data_type=_type(outcome),
        data_fields=" ".join(_fields(outcome)),
    )


def _rows(rows: list[Row], *, alone: bool) -> Iterator[Markup]:
    """A row for each value; the name of a slot stands once."""
    before = ""
    for row in rows:
        yield tag(
            "tr",
            tag("th", row.slot if row.slot != before else "", scope="row"),
            tag("td", _value(row.slot, row.pred)),
            tag("td", _value(row.slot, row.gold)),
            class_="alone" if alone else row.way,
        )
        before = row.slot


def _evidence(outcome: Outcome) -> Markup:
    said = [(deal.evidence or "–") if deal else "" for deal in (outcome.pred, outcome.gold)]
    cells = (tag("td", tag("small", words)) for words in said)
    return tag("tfoot", tag("tr", tag("th", "evidence", scope="row"), *cells))


def _value(slot: str, value: Any) -> Markup:
    """A value as a reader would write it, with the words it was read from."""
    if value is None:
        return escape("")
    if isinstance(value, ScoredMoney):
        return join(money_line(value), tag("small", value.text))
    if slot in {"investor", "target"}:
        others = "、".join(name for name in value.names if name != value.name)
        return join(value.name, tag("small", " · ".join(filter(None, (value.role, others)))))
    if slot == "condition":
        return join(value.kind, tag("small", value.text))
    if slot == "hardware":
        return join(value.name, tag("small", value.quantity or ""))
    return escape(f"{value:g}%" if slot == "stake" else value)


# --- marks in the text -------------------------------------------------------------------------


@dataclass(slots=True)
class _Marks:
    """Where the words of the records stand: stretches with the numbers of those they belong to."""

    text: str
    spans: list[tuple[int, int, str, int]] = field(default_factory=list)

    def add(self, number: int, way: str, deal: ScoredDeal) -> None:
        """Mark a record's evidence, and the words of its values, near the evidence where they can."""
        start = self.text.find(deal.evidence) if deal.evidence else -1
        end = start + len(deal.evidence or "")
        if start >= 0:
            self.spans.append((start, end, way, number))
        for words in _words(deal):
            place = self.text.find(words, max(start, 0), end if start >= 0 else None)
            place = self.text.find(words) if place < 0 else place
            if place >= 0:
                self.spans.append((place, place + len(words), "value", number))

    def pieces(self) -> Iterator[tuple[str, dict[str, str]]]:
        """The text in stretches that are marked alike, with the numbers for each kind of mark."""
        edges = {0, len(self.text)} | {edge for span in self.spans for edge in span[:2]}
        title = self.text.find("\n")
        ordered = sorted(edges | ({title} if title >= 0 else set()))
        for start, end in pairwise(ordered):
            over = [span for span in self.spans if span[0] <= start and end <= span[1]]
            told = {
                way: _numbers(number for _, _, kind, number in over if kind == way)
                for way in ("gold", "pred", "value")
            }
            told["of"] = _numbers(number for *_, number in over)
            yield self.text[start:end], {way: numbers for way, numbers in told.items() if numbers}


def _numbers(found: Iterator[int]) -> str:
    return " ".join(map(str, sorted(set(found))))


def _words(deal: ScoredDeal) -> Iterator[str]:
    yield from (party.name for party in (*deal.investor, *deal.target))
    yield from (money.text for money in (deal.amount, deal.valuation) if money and money.text)
    yield from (condition.text for condition in deal.conditions)
    yield from (item.name for item in deal.hardware)


def _text(article: GoldArticle, outcomes: tuple[Outcome, ...]) -> Markup:
    """The text with its marks; the first line, which is the title, is strong."""
    if not article.text:
        return tag("p", "The gold file does not hold the text of this article.")
    marks = _Marks(article.text)
    for number, outcome in enumerate(outcomes, 1):
        if outcome.gold is not None:
            marks.add(number, "gold", outcome.gold)
        if outcome.pred is not None:
            marks.add(number, "pred", outcome.pred)
    title: list[Markup] = []
    body: list[Markup] = []
    place = 0
    first = article.text.find("\n")
    for words, told in marks.pieces():
        (title if place < first else body).append(_mark(words, told))
        place += len(words)
    return join(tag("strong", *title) if title else "", *body)


def _mark(words: str, told: dict[str, str]) -> Markup:
    if not told:
        return escape(words)
    ways = " ".join(way[0] for way in ("gold", "pred") if way in told)
    data = {f"data_{way}": numbers for way, numbers in told.items()}
    return tag("mark", words, class_=ways or None, **data)
