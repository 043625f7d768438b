"""Articles, records and scores for the eye, on a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Context, Decimal
from itertools import zip_longest
from typing import TYPE_CHECKING, Final

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from extract.conversion import to_usd

if TYPE_CHECKING:
    from extract.amounts import Quantity
    from extract.dates import DateMention
    from extract.evaluate import Counts, Mistake, Report, ScoredDeal, ScoredMoney
    from extract.records import ArticleDeals, Cite, DealRecord, Money, Party

STYLES: Final = {
    "party": "bold cyan",
    "hardware": "bold magenta",
    "amount": "bold green",
    "valuation": "green",
    "stake": "yellow",
    "round": "bright_blue",
    "date": "blue",
    "condition": "italic magenta",
    "status": "underline",
    "type": "bold red",
}
"""The colour of each kind of citation; where two overlap, the one named first wins."""

_FIGURES: Final = Context(prec=3)
_SCALES: Final = ((Decimal(10**12), "T"), (Decimal(10**9), "B"), (Decimal(10**6), "M"))


# --- articles and records ----------------------------------------------------------------------


def article_view(text: str, found: ArticleDeals) -> RenderableType:
    """The text with its citations coloured, then each record as a card."""
    cards: list[RenderableType] = [
        deal_card(deal, number) for number, deal in enumerate(found.deals, start=1)
    ]
    head = Text(found.article_id, style="bold")
    if found.published:
        head.append(f"  {found.published}", style="dim")
    nothing = Text("no deals", style="dim")
    return Group(head, coloured(text, found.deals), "", *(cards or [nothing]))


def coloured(text: str, deals: Iterable[DealRecord]) -> Text:
    """The text with the words that the records cite in the colours of ``STYLES``."""
    spans = [(kind, cite) for deal in deals for kind, cite in cites(deal)]
    rank = list(STYLES)
    shown = Text(text)
    # Of two styles on one stretch rich lets the later one win.
    for kind, cite in sorted(spans, key=lambda span: -rank.index(span[0])):
        shown.stylize(STYLES[kind], cite.start, cite.end)
    return shown


def cites(deal: DealRecord) -> Iterator[tuple[str, Cite]]:
    """Every citation of a record with its kind; the evidence, which spans them all, left out."""
    for party in (*deal.investor, *deal.target):
        yield from (("party", cite) for cite in party.mentions)
    for item in deal.hardware:
        yield from (("hardware", cite) for cite in item.mentions)
    for kind, money in (("amount", deal.amount), ("valuation", deal.valuation)):
        if money is not None:
            yield kind, money
    yield from (("condition", condition) for condition in deal.conditions)
    for kind, sources in deal.sources.items():
        if kind in STYLES:
            yield from ((kind, cite) for cite in sources)


def deal_card(deal: DealRecord, number: int) -> Panel:
    """A record as a card: field, value, the words it comes from."""
    table = Table.grid(padding=(0, 2))
    for _ in range(3):
        table.add_column(overflow="fold")
    for name, value, words in _fields(deal):
        table.add_row(Text(name, style="dim"), Text(value), Text(words, style="dim"))
    title = f"{number}  {deal.type}  {deal.status}"
    return Panel(table, title=title, title_align="left", subtitle=f"{deal.confidence:.2f}")


def _fields(deal: DealRecord) -> Iterator[tuple[str, str, str]]:
    for side in ("investor", "target"):
        for party in getattr(deal, side):
            yield side, f"{party.name} ({party.role})", _other_names(party)
    for name, money in (("amount", deal.amount), ("valuation", deal.valuation)):
        if money is not None:
            yield name, money_line(money), money.text
    for name in ("stake", "round", "status", "date"):
        value = getattr(deal, name)
        if value is not None:
            told = f"{value}%" if name == "stake" else str(value)
            yield name, told, _words_of(deal.sources.get(name, ()))
    for condition in deal.conditions:
        yield "condition", condition.kind, condition.text
    for item in deal.hardware:
        yield "hardware", " ".join(filter(None, (item.vendor, item.name))), item.quantity or ""
    yield "evidence", "", deal.evidence


def _other_names(party: Party) -> str:
    return "、".join(name for name in party.names if name != party.name)


def _words_of(sources: Iterable[Cite]) -> str:
    return " … ".join(cite.text for cite in sources)


def money_line(money: Money | ScoredMoney) -> str:
    """An amount in a line: ``5,000,000,000.. USD at_least``."""
    parts = [_interval(money.min, money.max), money.currency, money.modifier]
    return " ".join(part for part in parts if part and part != "exact")


def _interval(low: Decimal | float | None, high: Decimal | float | None) -> str:
    """One number, or two bounds of which one may be open: ``300,000,000..``."""
    return _number(low) if low == high else f"{_number(low)}..{_number(high)}"


# --- scores ------------------------------------------------------------------------------------


def report_view(report: Report, *, mistakes: int = 0) -> RenderableType:
    """The scores as a table, and that many mistakes."""
    head = f"{report.articles} articles, {report.gold_deals} deals in gold"
    shown = [mistake_view(mistake) for mistake in report.mistakes[:mistakes]]
    return Group(head, score_table(report), *shown)


def score_table(report: Report) -> Table:
    """Precision, recall, F1 and the counts of every score; – where gold has nothing to score."""
    table = Table(box=None, header_style="dim")
    table.add_column("")
    for name in ("P", "R", "F1", "tp", "fp", "fn"):
        table.add_column(name, justify="right")
    for name, counts in report.rows():
        table.add_row(name, *_scores(counts), str(counts.tp), str(counts.fp), str(counts.fn))
    return table


def _scores(counts: Counts) -> Iterator[str]:
    for score in (counts.precision, counts.recall, counts.f1):
        yield "–" if score is None else f"{score:.3f}"


def mistake_view(mistake: Mistake) -> Panel:
    """A mistake as its sentence, with the records of output and gold side by side."""
    table = Table(box=None, header_style="dim")
    for name in ("", "output", "gold"):
        table.add_column(name, overflow="fold")
    for name, told, wanted in _compared(mistake.pred, mistake.gold):
        style = "bold red" if name in mistake.slots else ""
        table.add_row(name, Text(told, style=style), Text(wanted, style=style))
    title = Text(f"{mistake.article_id}  {mistake.kind}  {' '.join(mistake.slots)}".rstrip())
    return Panel(Group(Text(mistake.sentence), "", table), title=title, title_align="left")


def _compared(pred: ScoredDeal | None, gold: ScoredDeal | None) -> Iterator[tuple[str, str, str]]:
    one, other = _values(pred), _values(gold)
    for name in _SHOWN:
        for told, wanted in zip_longest(one.get(name, []), other.get(name, []), fillvalue=""):
            yield name, told, wanted


_SHOWN: Final = (
    "type", "investor", "target", "amount", "stake", "valuation", "round", "status", "date",
    "condition", "hardware", "optional",
)  # fmt: skip


def _values(deal: ScoredDeal | None) -> dict[str, list[str]]:
    """The fields of a record that are told, each as lines."""
    if deal is None:
        return {}
    plain = {name: getattr(deal, name) for name in ("type", "stake", "round", "status", "date")}
    told = {name: [str(value)] for name, value in plain.items() if value is not None}
    for name in ("investor", "target"):
        told[name] = [party.name for party in getattr(deal, name)]
    for name, money in (("amount", deal.amount), ("valuation", deal.valuation)):
        told[name] = [money_line(money)] if money else []
    told["condition"] = [f"{condition.kind} {condition.text}" for condition in deal.conditions]
    told["hardware"] = [item.name for item in deal.hardware]
    told["optional"] = ["yes"] if deal.optional else []
    return told


# --- quantities and dates ----------------------------------------------------------------------


def quantity_table(text: str, found: Sequence[Quantity], *, year: int | None = None) -> Table:
    """The quantities of a text, with the words they come from; money also in dollars of a year."""
    table = _table("words", "offsets", "kind", "value", "≈ USD", "modifier", "marks")
    for quantity in found:
        table.add_row(
            Text(text[quantity.start : quantity.end]),
            f"{quantity.start}:{quantity.end}",
            quantity.kind,
            f"{_interval(quantity.min, quantity.max)} {quantity.unit}",
            _in_dollars(quantity, year),
            quantity.modifier,
            " ".join(_marks(quantity)),
        )
    return table


def _in_dollars(quantity: Quantity, year: int | None) -> str:
    """About what an amount in another currency is in dollars: yearly averages bear three figures."""
    dollars = to_usd(quantity, year) if quantity.unit != "USD" else None
    if dollars is None:
        return ""
    low, high = _rounded(dollars.min), _rounded(dollars.max)
    return low if low == high else f"{low}..{high}"


def _rounded(value: Decimal | None) -> str:
    """A number in three figures: ``158M``, ``39,000``, ``0.47``."""
    if value is None:
        return ""
    scale, letter = next((s for s in _SCALES if value >= s[0]), (Decimal(1), ""))
    return _number(_FIGURES.divide(value, scale)) + letter


def _marks(quantity: Quantity) -> Iterator[str]:
    if quantity.inferred:
        yield "inferred"
    if quantity.per:
        yield f"per {quantity.per}"
    if quantity.part:
        yield quantity.part
    if quantity.converted_from:
        yield "conversion"


def _number(value: Decimal | float | None) -> str:
    """A number with all its digits and none more: ``1,500,000,000``, ``12.5``."""
    return "" if value is None else f"{Decimal(str(value)).normalize():,f}"


def date_table(text: str, found: Sequence[DateMention]) -> Table:
    """The dates of a text, with the words they come from."""
    table = _table("words", "offsets", "value", "to", "precision", "kind", "role")
    for mention in found:
        table.add_row(
            Text(text[mention.start : mention.end]),
            f"{mention.start}:{mention.end}",
            mention.value or "–",
            mention.end_value or "",
            mention.precision,
            mention.kind,
            mention.role,
        )
    return table


def _table(*names: str) -> Table:
    table = Table(box=None, header_style="dim")
    for name in names:
        # Words and remarks may be folded, a number must not.
        table.add_column(name, overflow="fold", no_wrap=name not in {"words", "marks"})
    return table
