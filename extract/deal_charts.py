"""Charts of deals: money and number by month and type, who pays whom; SVG and tables, no library."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from extract.deal_view import dollars, scaled
from extract.graph import ENDED
from extract.html import Markup, join, tag
from extract.lexicon import orgs
from extract.linked import LinkedDeal
from extract.records import DEAL_TYPES
from extract.tellings import Who

_MOST_MONTHS: Final = 24
_MOST_PARTIES: Final = 10


def day_of(deal: LinkedDeal) -> str | None:
    """The day of a deal: its own where it is told, else that of the first article."""
    return deal.date.value if deal.date else deal.first_seen


def usd(deal: LinkedDeal) -> Decimal | None:
    """About how many US dollars a deal is worth."""
    return dollars(deal.amount.value, day_of(deal)) if deal.amount else None


def counted(deals: Iterable[LinkedDeal]) -> list[LinkedDeal]:
    """The deals that charts count: alive, no mere holdings, no totals whose parts are there."""
    alive = [d for d in deals if d.status.value not in ENDED and d.type != "holding"]
    groups: dict[tuple[object, ...], list[LinkedDeal]] = {}
    for deal in alive:
        mark = (deal.type, frozenset(who.id for who in deal.target), month_of(deal))
        groups.setdefault(mark, []).append(deal)
    totals = {deal.id for group in groups.values() for deal in group if _is_total(deal, group)}
    return [deal for deal in alive if deal.id not in totals]


def _is_total(deal: LinkedDeal, group: Iterable[LinkedDeal]) -> bool:
    """Whether the payers of a deal have deals of their own that add up to it: 110 = 50 + 30 + 30."""
    payers = {who.id for who in deal.investor}
    parts = [d for d in group if {who.id for who in d.investor} < payers]
    whole, sums = usd(deal), [usd(part) or Decimal(0) for part in parts]
    return whole is not None and len(parts) > 1 and abs(sum(sums) - whole) * 50 <= whole


# --- by month and type -------------------------------------------------------------------------

Cells = Mapping[tuple[str, str], Decimal]


@dataclass(frozen=True, slots=True)
class _Bars:
    """Stacked bars: what each month has of each type."""

    months: tuple[str, ...]
    types: tuple[str, ...]
    cells: Cells

    def total(self, month: str) -> Decimal:
        return sum((self.cells.get((month, t), Decimal(0)) for t in self.types), Decimal(0))


def month_charts(deals: Sequence[LinkedDeal]) -> Markup:
    """Two charts of the last two years in which there are deals: money, and number of deals."""
    alive = counted(deals)
    months = _months(alive)
    types = tuple(t for t in DEAL_TYPES if any(d.type == t for d in alive))
    if not months:
        return tag("p", "No deal has a month.")
    money: dict[tuple[str, str], Decimal] = {}
    number: dict[tuple[str, str], Decimal] = {}
    for deal in alive:
        cell = (month_of(deal) or "", deal.type)
        number[cell] = number.get(cell, Decimal(0)) + 1
        money[cell] = money.get(cell, Decimal(0)) + (usd(deal) or 0)
    return join(
        _key(types),
        _chart("US dollars by month", _Bars(months, types, money), unit="US$"),
        _chart("Deals by month", _Bars(months, types, number), unit=""),
    )


def month_of(deal: LinkedDeal) -> str | None:
    """The month of a deal; a quarter or a year is none."""
    day = day_of(deal)
    return day[:7] if day and len(day) >= 7 and day[5].isdigit() else None


def _months(deals: Iterable[LinkedDeal]) -> tuple[str, ...]:
    """All months from the first to the last with a deal, the last two years of them."""
    told = sorted({month for deal in deals if (month := month_of(deal))})
    if not told:
        return ()
    last = _number(told[-1])
    first = max(_number(told[0]), last - _MOST_MONTHS + 1)
    return tuple(f"{n // 12:04}-{n % 12 + 1:02}" for n in range(first, last + 1))


def _number(month: str) -> int:
    """Months since the year 0."""
    return int(month[:4]) * 12 + int(month[5:]) - 1


def _key(types: Iterable[str]) -> Markup:
    swatches = (
        tag("span", tag("span", class_=f"swatch type {t}", aria_hidden="true"), t) for t in types
    )
    return tag("p", *swatches, class_="key")


_WIDE: Final = 620
_HIGH: Final = 240
_LEFT: Final = 64
_FOOT: Final = 34


def _chart(title: str, bars: _Bars, *, unit: str) -> Markup:
    most = max((bars.total(month) for month in bars.months), default=Decimal(0))
    top, step = _ticks(most)
    grid = [_line(step * n, top, unit) for n in range(int(top / step) + 1)]
    wide = (_WIDE - _LEFT) / len(bars.months)
    stacks = [_stack(bars, n, wide, top, unit) for n in range(len(bars.months))]
    names = [_month_name(bars.months, n, wide) for n in range(len(bars.months))]
    picture = tag(
        "svg",
        *grid,
        *stacks,
        *names,
        class_="chart",
        viewbox=f"0 0 {_WIDE} {_HIGH + _FOOT}",
        role="img",
        aria_label=title,
    )
    return tag("figure", tag("figcaption", title), picture)


def _ticks(most: Decimal) -> tuple[Decimal, Decimal]:
    """The top of the scale and its step: 1, 2 or 5 of a power of ten, about four steps."""
    if most <= 0:
        return Decimal(1), Decimal(1)
    power = Decimal(10) ** math.floor(math.log10(most / 4)) if most >= 4 else Decimal(1)
    step = next(power * n for n in (1, 2, 5, 10) if power * n * 4 >= most)
    return max(step * math.ceil(most / step), step), step


def _line(value: Decimal, top: Decimal, unit: str) -> Markup:
    y = _HIGH - float(value / top) * (_HIGH - 12)
    return join(
        tag("path", class_="grid", d=f"M{_LEFT} {y:.1f}H{_WIDE}"),
        tag(
            "text",
            f"{unit}{scaled(value)}" if value else "0",
            x=_LEFT - 8,
            y=f"{y + 4:.1f}",
            text_anchor="end",
        ),
    )


def _stack(bars: _Bars, number: int, wide: float, top: Decimal, unit: str) -> Markup:
    month = bars.months[number]
    y = float(_HIGH)
    parts = []
    for name in bars.types:
        value = bars.cells.get((month, name), Decimal(0))
        if value > 0:
            high = float(value / top) * (_HIGH - 12)
            y -= high
            parts.append(
                tag(
                    "rect",
                    tag("title", f"{month}, {name}: {unit}{scaled(value.quantize(Decimal(1)))}"),
                    class_=f"type {name}",
                    x=f"{_LEFT + number * wide + wide * 0.14:.1f}",
                    y=f"{y:.2f}",
                    width=f"{wide * 0.72:.1f}",
                    height=f"{high:.2f}",
                )
            )
    return join(*parts)


def _month_name(months: Sequence[str], number: int, wide: float) -> Markup:
    """The month, and under January or the first month the year."""
    year, month = months[number].split("-")
    x = f"{_LEFT + (number + 0.5) * wide:.1f}"
    shown = [tag("text", int(month), x=x, y=_HIGH + 15, text_anchor="middle")]
    if number == 0 or month == "01":
        shown.append(tag("text", year, x=x, y=_HIGH + 30, text_anchor="middle", class_="year"))
    return join(*shown)


# --- who pays whom -----------------------------------------------------------------------------


def payers_table(deals: Sequence[LinkedDeal]) -> Markup:
    """The largest payers against the largest payees, in US dollars; deals of one payer and payee."""
    flows: dict[tuple[str, str], Decimal] = {}
    names: dict[str, str] = {}
    for deal in counted(deals):
        if len(deal.investor) == len(deal.target) == 1 and (told := usd(deal)):
            ends = (deal.investor[0].id, deal.target[0].id)
            flows[ends] = flows.get(ends, Decimal(0)) + told
            names |= {who.id: name_of(who) for who in deal.parties}
    if not flows:
        return tag("p", "No deal names who pays whom how much.")
    rows = _largest((giver, told) for (giver, _), told in flows.items())
    columns = _largest((taker, told) for (giver, taker), told in flows.items() if giver in rows)
    head = tag(
        "tr", tag("th", "pays ↓  to →"), *(tag("th", names[c], scope="col") for c in columns)
    )
    body = [
        tag(
            "tr",
            tag("th", names[row], scope="row"),
            *(_cell(flows.get((row, column)), names[row], names[column]) for column in columns),
        )
        for row in rows
    ]
    table = tag("table", tag("thead", head), tag("tbody", *body), class_="matrix")
    return tag(
        "figure",
        tag("figcaption", "Who pays whom, in US dollars"),
        tag("div", table, class_="wide"),
    )


def name_of(who: Who) -> str:
    """The name of a party: the lists' own, so that 輝達 and 英伟达 read alike, else the news's."""
    return orgs()[who.id].name if who.id in orgs() else who.name


def _largest(sums: Iterable[tuple[str, Decimal]]) -> list[str]:
    totals: dict[str, Decimal] = {}
    for name, told in sums:
        totals[name] = totals.get(name, Decimal(0)) + told
    return sorted(totals, key=lambda name: (-totals[name], name))[:_MOST_PARTIES]


def _cell(told: Decimal | None, giver: str, taker: str) -> Markup:
    if told is None:
        return tag("td")
    rounded = scaled(told.quantize(Decimal(1)))
    depth = min(max(int(math.log10(told)) - 6, 1), 6)
    return tag("td", rounded, class_=f"depth{depth}", title=f"{giver} → {taker}: US${rounded}")
