"""Amounts in other currencies: what they are in US dollars, and where an article converts wrongly.

    >>> money = find_money("对方拟投资5000亿美元（约合人民币3.5万亿元）")
    >>> conversion_warnings(money[0], money, year=2025)
    ()

The rates are yearly averages (``rates.tsv``): good for orders of magnitude, not for accounts. So a
conversion is doubted only where it is off by a factor of about ten, as where a digit, 万 or 亿 was
lost. Everything here is a pure function of amounts and a year.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Context, Decimal
from functools import cache
from typing import Final

from extract.amounts import Quantity
from extract.errors import SeedError
from extract.lexicon import read_tsv
from extract.records import Money

SOURCES: Final = {
    "g5a": "Federal Reserve, release G.5A, average of the year",
    "par": "the dollar itself",
    "peg": "official peg",
    "rounded": "average of the year, rounded to about three figures",
    "estimate": "estimate for a year that was not over",
}
"""Where a rate comes from, by the keys of ``rates.tsv``."""

# The rate of a day lies well within these bounds of the year's average; a lost digit does not.
_MOST = Decimal(5)
_LEAST = 1 / _MOST
_CENT = Decimal("0.01")
# Wide enough for the largest number that ``extract.numerals`` reads, to the cent.
_WIDE = Context(prec=120)


@dataclass(frozen=True, slots=True)
class Rate:
    """Units of ``currency`` for one US dollar in ``year``, and where that is from."""

    currency: str
    year: int
    per_usd: Decimal
    source: str


@dataclass(frozen=True, slots=True)
class Dollars:
    """An amount in US dollars, to the cent, with the rate; a side that was open stays open."""

    min: Decimal | None
    max: Decimal | None
    rate: Rate


@cache
def _rates() -> dict[str, dict[int, Rate]]:
    """The rates by currency and year."""
    name = "rates.tsv"
    table: dict[str, dict[int, Rate]] = {}
    for line, row in read_tsv(name, ("currency", "year", "per_usd", "source")):
        years = table.setdefault(row["currency"], {})
        usable = (
            re.fullmatch(r"[A-Z]{3}", row["currency"])
            and re.fullmatch(r"20\d\d", row["year"])
            and re.fullmatch(r"\d+(?:\.\d+)?", row["per_usd"])
            and Decimal(row["per_usd"]) > 0
            and row["source"] in SOURCES
            and int(row["year"]) not in years
        )
        if not usable:
            raise SeedError("listed twice or not usable", file=name, line=line, key=row["currency"])
        year = int(row["year"])
        years[year] = Rate(row["currency"], year, Decimal(row["per_usd"]), SOURCES[row["source"]])
    return table


def rate_of(currency: str, year: int | None = None) -> Rate | None:
    """The rate of a currency (ISO code) in a year, or None where the table does not reach back to it.

    After the last year of the table, and without a year, it is the last one's; the rate says which.
    """
    years = _rates().get(currency)
    if not years:
        return None
    last = max(years)
    return years.get(last if year is None else min(year, last))


def to_usd(money: Quantity | Money, year: int | None = None) -> Dollars | None:
    """About how many US dollars an amount is, at the average rate of a year.

    ``to_usd(parse_money("7.19亿元"), 2025)`` is 100,000,000 dollars. None for what is no money, and
    for a currency or year without a rate (see ``rate_of``).
    """
    currency = _currency(money)
    rate = rate_of(currency, year) if currency else None
    if rate is None:
        return None
    return Dollars(_dollars(money.min, rate), _dollars(money.max, rate), rate)


def _currency(money: Quantity | Money) -> str:
    """The ISO code of an amount, or "" for what is no money."""
    if isinstance(money, Money):
        return money.currency
    return money.unit if money.kind == "money" else ""


def _dollars(value: Decimal | None, rate: Rate) -> Decimal | None:
    if value is None:
        return None
    return _WIDE.divide(value, rate.per_usd).quantize(_CENT, context=_WIDE)


def conversion_warnings(
    amount: Quantity | Money, money: Iterable[Quantity], *, year: int | None = None
) -> tuple[str, ...]:
    """One line for every conversion of an amount that the rates of the year contradict.

    ``money`` are the amounts of the article in order, ``find_money(text)``: those that tell another
    one again in a second currency name it in ``converted_from``. The amount may be either side, and
    may have been told elsewhere than where it is converted: 5000亿美元 in the title, the conversion
    below. ``year`` is that of the article. Without rates for both currencies there is no warning.
    """
    return tuple(
        dict.fromkeys(
            f"{_shown(first)} is also told as {_shown(second)}, which at the rates of {used}"
            f" is about {_times(ratio)} as much"
            for first, second in conversions(money)
            if _same(amount, first) or _same(amount, second)
            for ratio, used in _contradictions(first, second, year)
        )
    )


def conversions(money: Iterable[Quantity]) -> Iterator[tuple[Quantity, Quantity]]:
    """Each amount that is told again, and its conversion."""
    told: dict[tuple[int, int], Quantity] = {}
    for quantity in money:
        told[quantity.start, quantity.end] = quantity
        first = told.get(quantity.converted_from) if quantity.converted_from else None
        if first is not None:
            yield first, quantity


def _same(one: Quantity | Money, other: Quantity) -> bool:
    return (_currency(one), one.min, one.max) == (other.unit, other.min, other.max)


def _contradictions(
    first: Quantity, second: Quantity, year: int | None
) -> Iterator[tuple[Decimal, str]]:
    """How many times the first amount the second is, and in which years, where that is too far off."""
    if first.per and second.per and first.per != second.per:
        return  # 年付 320 元（约合月付 3.7 美元）
    one, other = to_usd(first, year), to_usd(second, year)
    if one is None or other is None or not (low := _told(one)[0]):
        return
    lowest = _WIDE.divide(_told(other)[0], _told(one)[1])
    highest = _WIDE.divide(_told(other)[1], low)
    if lowest >= _MOST or 0 < highest <= _LEAST:
        years = sorted({one.rate.year, other.rate.year})
        yield (lowest if lowest >= _MOST else highest), " and ".join(map(str, years))


def _told(dollars: Dollars) -> tuple[Decimal, Decimal]:
    """Both bounds; of an open side the one that was told stands for both."""
    low = dollars.max if dollars.min is None else dollars.min
    high = low if dollars.max is None else dollars.max
    return low or Decimal(0), high or Decimal(0)


def _shown(quantity: Quantity) -> str:
    """The bounds with the currency: USD 1000000000, CNY 100000000..1000000000."""
    bounds = [f"{bound:f}" for bound in (quantity.min, quantity.max) if bound is not None]
    return f"{quantity.unit} {'..'.join(dict.fromkeys(bounds))}"


def _times(ratio: Decimal) -> str:
    """Two figures of a ratio: 10, 0.097, 9700 times."""
    return f"{Context(prec=2).plus(ratio):f} times"
