"""Slips of the press: where an article contradicts itself, or tells what cannot be.

    >>> [slip.kind for slip in find_slips(deals, text)]
    ['title']

Each finding says what is wrong, with the words that show it. A slip is a doubt about the article, not
about the deal: nothing is corrected. All functions are pure: what goes in is the deals of an article
and its text. Amounts are compared as told; a bound that was left open (超过, 至多) never contradicts.
"""

from __future__ import annotations

import calendar
import datetime
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from itertools import pairwise
from typing import Final, Literal

from extract.amounts import Quantity, find_quantities
from extract.conversion import conversion_warnings, to_usd
from extract.dates import dateline
from extract.linked import told_number
from extract.records import ArticleDeals, Cite, DealRecord, Frozen, Money
from extract.tellings import span_of
from extract.text import fold
from extract.values import money_roles

SlipKind = Literal["title", "conversion", "sum", "valuation", "stake", "date", "power", "unit"]


class Slip(Frozen):
    """One contradiction: what is wrong, the deal it is about, and the words that show it.

    ``title``: the title and the body are a factor of ten apart; ``conversion``: an amount and what it
    is converted to are; ``sum``: parts do not add up to their whole; ``valuation``: it is below the
    price paid for a part; ``stake``: price, stake and valuation do not fit; ``date``: a day that does
    not exist, or lies after the article; ``power``: 10GW（10亿瓦）; ``unit``: too little money to be it.
    """

    kind: SlipKind
    message: str
    deal: str | None = None
    cites: tuple[Cite, ...] = ()


@dataclass(frozen=True)
class _Article:
    """An article with its quantities, found once."""

    told: ArticleDeals
    text: str

    @cached_property
    def folded(self) -> str:
        return fold(self.text)

    @cached_property
    def quantities(self) -> list[Quantity]:
        return find_quantities(self.text, folded=self.folded)

    @cached_property
    def money(self) -> list[Quantity]:
        return [q for q in self.quantities if q.kind == "money"]

    @property
    def year(self) -> int | None:
        return int(self.told.published[:4]) if self.told.published else None

    @property
    def title_end(self) -> int:
        """Where the title ends: the first line, where there are several."""
        return self.text.find("\n")

    def cite(self, found: Quantity | tuple[int, int]) -> Cite:
        start, end = (found.start, found.end) if isinstance(found, Quantity) else found
        return Cite(start=start, end=end, text=self.text[start:end])


def find_slips(told: ArticleDeals, text: str | None = None) -> tuple[Slip, ...]:
    """The slips of one article, in the order of ``SlipKind``; without any text only of its records.

    ``text`` is what the offsets of the records count in; by default ``told.text``.
    """
    article = _Article(told, text if text is not None else told.text or "")
    checks = (
        title_slips,
        conversion_slips,
        sum_slips,
        value_slips,
        date_slips,
        power_slips,
        unit_slips,
    )
    return tuple(dict.fromkeys(slip for check in checks for slip in check(article)))


def with_warnings(told: ArticleDeals, text: str | None = None) -> ArticleDeals:
    """The same deals, each with the slips that are about it among its warnings."""
    slips = find_slips(told, text)
    deals = tuple(
        deal.model_copy(
            update={
                "warnings": tuple(
                    dict.fromkeys(
                        (*deal.warnings, *(s.message for s in slips if s.deal == deal.id))
                    )
                )
            }
        )
        for deal in told.deals
    )
    return told.model_copy(update={"deals": deals})


# --- a factor of ten ---------------------------------------------------------------------------

_TENS: Final = (Decimal(10), Decimal(100), Decimal(1000), Decimal(10000))
_CLOSE: Final = Decimal("0.02")


def title_slips(article: _Article) -> Iterator[Slip]:
    """A deal whose amount the title tells ten times as large or small as the body: 砸200亿, 投资20亿."""
    if article.title_end < 0:
        return
    roles = money_roles(article.folded, article.money)
    paired = zip(article.money, roles, strict=True)
    told = [q for q, role in paired if role in _PRICES and q.modifier != "vague" and told_number(q)]
    title = [q for q in told if q.end <= article.title_end]
    body = [q for q in told if q.start >= article.title_end]
    for found in title:
        tens = [
            q
            for q in body
            if _is_one_unit(q, found) and _is_tens(told_number(found), told_number(q))
        ]
        deal = next((d for d in article.told.deals if _has_value(d, (found, *tens))), None)
        if tens and deal is not None and not any(_near(found, q) for q in body):
            yield _title_slip(article, found, tens[0], deal)


_PRICES = frozenset({"amount", "valuation"})


def _title_slip(article: _Article, title: Quantity, body: Quantity, deal: DealRecord) -> Slip:
    first, second = article.cite(title), article.cite(body)
    times = _times(told_number(title), told_number(body))
    message = f"the title has {first.text}, the body {second.text}: {times}"
    return Slip(kind="title", message=message, deal=deal.id, cites=(first, second))


def _has_value(deal: DealRecord, quantities: Iterable[Quantity]) -> bool:
    values = [money for money in (deal.amount, deal.valuation) if money]
    return any(
        (m.currency, m.min, m.max) == (q.unit, q.min, q.max) for m in values for q in quantities
    )


def _is_one_unit(one: Quantity, other: Quantity) -> bool:
    """Whether two amounts are in one currency, and name it alike: 310亿 need not be 310亿元."""
    return (one.unit, one.inferred) == (other.unit, other.inferred)


def _is_tens(one: Decimal, other: Decimal) -> bool:
    low, high = sorted((one, other))
    return low > 0 and any(abs(high / low / ten - 1) <= _CLOSE for ten in _TENS)


def _near(one: Quantity, other: Quantity) -> bool:
    low, high = sorted((told_number(one), told_number(other)))
    return one.unit == other.unit and low > 0 and high / low <= Decimal("1.1")


def _times(one: Decimal, other: Decimal) -> str:
    low, high = sorted((one, other))
    return f"{(high / low).quantize(Decimal(1)):f} times as much"


def conversion_slips(article: _Article) -> Iterator[Slip]:
    """A conversion that the rates of the year contradict: 6亿美元（约合4.3亿元人民币）."""
    pairs = {(q.start, q.end): q for q in article.money}
    for second in article.money:
        first = pairs.get(second.converted_from) if second.converted_from else None
        if first is None:
            continue
        for message in conversion_warnings(first, (first, second), year=article.year):
            deal = next((d for d in article.told.deals if _has_value(d, (first, second))), None)
            cites = (article.cite(first), article.cite(second))
            yield Slip(
                kind="conversion", message=message, deal=deal.id if deal else None, cites=cites
            )


# --- sums --------------------------------------------------------------------------------------


def sum_slips(article: _Article) -> Iterator[Slip]:
    """Investors' parts that do not make up the round: 110 = 50 + 30 + 20."""
    for whole in article.told.deals:
        parts = list(_parts(whole, article.told.deals))
        if whole.amount is None or len(parts) < 2:
            continue
        covered = {who.id for part in parts for who in part.investor}
        complete = covered == {who.id for who in whole.investor}
        if message := _does_not_add_up(
            whole.amount, [p.amount for p in parts if p.amount], complete
        ):
            yield Slip(
                kind="sum",
                message=message,
                deal=whole.id,
                cites=tuple(_money_cite(d.amount) for d in (whole, *parts) if d.amount),
            )


def _parts(whole: DealRecord, deals: Sequence[DealRecord]) -> Iterator[DealRecord]:
    """The deals that are each one investor's share of a deal of several."""
    investors = {who.id for who in whole.investor}
    targets = {who.id for who in whole.target}
    if len(investors) < 2 or whole.type != "investment":
        return
    for deal in deals:
        own = {who.id for who in deal.investor}
        if (
            deal.id != whole.id
            and deal.type == whole.type
            and len(own) == 1
            and own < investors
            and {who.id for who in deal.target} == targets
            and deal.round in {whole.round, None}
            and deal.date in {whole.date, None}
            and deal.amount
            and whole.amount
            and deal.amount.currency == whole.amount.currency
        ):
            yield deal


def _does_not_add_up(whole: Money, parts: Sequence[Money], complete: bool) -> str:
    low = sum((part.min or Decimal(0) for part in parts), Decimal(0))
    tops = [part.max for part in parts]
    high = None if None in tops else sum((top for top in tops if top is not None), Decimal(0))
    slack = (
        Decimal("0.05") if "approx" in {whole.modifier, *(p.modifier for p in parts)} else _CLOSE
    )
    told = " + ".join(part.text for part in parts)
    if whole.max is not None and low > whole.max * (1 + slack):
        return f"{told} are more than {whole.text}"
    if complete and whole.min is not None and high is not None and high < whole.min * (1 - slack):
        return f"{told} are less than {whole.text}"
    return ""


def _money_cite(money: Money) -> Cite:
    return Cite(start=money.start, end=money.end, text=money.text)


# --- values ------------------------------------------------------------------------------------


def value_slips(article: _Article) -> Iterator[Slip]:
    """A company worth less than what a part of it costs; a price that does not fit its stake."""
    for deal in article.told.deals:
        if deal.type != "investment" or deal.amount is None or deal.valuation is None:
            continue
        amount, valuation = (
            _dollars(deal.amount, article.year),
            _dollars(deal.valuation, article.year),
        )
        if amount is None or valuation is None:
            continue
        cites = (_money_cite(deal.amount), _money_cite(deal.valuation))
        if valuation[1] is not None and amount[0] is not None and valuation[1] < amount[0]:
            text = f"a valuation of {deal.valuation.text} is below the amount, {deal.amount.text}"
            yield Slip(kind="valuation", message=text, deal=deal.id, cites=cites)
        elif deal.stake and (ratio := _stake_ratio(deal, amount, valuation)):
            text = (
                f"{deal.amount.text} for {deal.stake:f}% and a valuation of {deal.valuation.text}"
                f" do not fit: {ratio}"
            )
            yield Slip(kind="stake", message=text, deal=deal.id, cites=cites)


_Bounds = tuple[Decimal | None, Decimal | None]


def _dollars(money: Money, year: int | None) -> _Bounds | None:
    found = to_usd(money, year)
    return (found.min, found.max) if found else None


def _stake_ratio(deal: DealRecord, amount: _Bounds, valuation: _Bounds) -> str:
    """How many times the valuation the price of the stake makes, where that is five or more."""
    if None in (*amount, *valuation) or not deal.stake:
        return ""
    price, worth = amount[0] or Decimal(0), valuation[0] or Decimal(0)
    implied = price * 100 / deal.stake
    if price <= 0 or worth <= 0:
        return ""
    low, high = sorted((implied, worth))
    return f"{high / low:.0f} times" if high / low >= 5 else ""


# --- dates -------------------------------------------------------------------------------------

_DAY = re.compile(r"(?<!\d)(?:(\d{4})年)?(\d{1,2})月(\d{1,2})[日号](?!线|内)")


def date_slips(article: _Article) -> Iterator[Slip]:
    """Days that do not exist (2月30日), datelines and done deals that lie after the article."""
    for match in _DAY.finditer(article.folded):
        year, month, day = (int(g) if g else None for g in match.groups())
        if month and day is not None and not _exists(year or article.year, month, day):
            text = f"there is no {article.text[match.start() : match.end()]}"
            yield Slip(kind="date", message=text, cites=(article.cite(match.span()),))
    published = _day(article.told.published)
    if published is None:
        return
    line = _day(dateline(article.text))
    if line is not None and line > published + datetime.timedelta(1):
        text = f"the dateline is {line}, the article of {published}"
        yield Slip(kind="date", message=text)
    yield from _future_deals(article, published)


def _exists(year: int | None, month: int, day: int) -> bool:
    if not 1 <= month <= 12:
        return False
    return 1 <= day <= calendar.monthrange(year or 2024, month)[1]


def _day(value: str | None) -> datetime.date | None:
    try:
        return datetime.date.fromisoformat(value or "")
    except ValueError:
        return None


def _future_deals(article: _Article, published: datetime.date) -> Iterator[Slip]:
    """Deals that are told as agreed or done on a day that was still to come, a day's grace for zones."""
    for deal in article.told.deals:
        if deal.date is None or deal.status == "talks":
            continue
        if span_of(deal.date)[0] > published + datetime.timedelta(1):
            text = f"{deal.status} on {deal.date}, which is after the article, {published}"
            cites = tuple(deal.sources.get("date", ()))
            yield Slip(kind="date", message=text, deal=deal.id, cites=cites)


# --- power and money ---------------------------------------------------------------------------

_TOLD_AGAIN = re.compile(r"[ ]?[（(](?:即|约合|相当于|也就是|约|或|等于|合)?[ ]?$")


def power_slips(article: _Article) -> Iterator[Slip]:
    """Power that is converted wrongly in a bracket: 10GW（10亿瓦） is a tenth of it."""
    power = [q for q in article.quantities if q.kind == "power"]
    for first, second in pairwise(power):
        if not _TOLD_AGAIN.fullmatch(article.folded[first.end : second.start]):
            continue
        low, high = sorted((told_number(first), told_number(second)))
        if low > 0 and high / low >= 5:
            cites = (article.cite(first), article.cite(second))
            times = f"{high / low:.3g} times"
            text = f"{cites[0].text} is not {cites[1].text}: they are {times} apart"
            yield Slip(kind="power", message=text, cites=cites)


_LEAST: Final = Decimal(10_000)


def unit_slips(article: _Article) -> Iterator[Slip]:
    """Money too little to be the value of a company, or a round: 估值7300美元 for 7300亿."""
    for deal in article.told.deals:
        if deal.type not in {"investment", "acquisition", "ipo"}:
            continue
        priced = deal.round is not None or deal.valuation is not None
        for name, money in (
            ("amount", deal.amount if priced else None),
            ("valuation", deal.valuation),
        ):
            if money is None or not _is_tiny(money, article.year):
                continue
            text = f"{name} {money.text} is too little: 万 or 亿 may have been dropped"
            yield Slip(kind="unit", message=text, deal=deal.id, cites=(_money_cite(money),))


def _is_tiny(money: Money, year: int | None) -> bool:
    dollars = _dollars(money, year)
    if dollars is None:
        return False
    number = dollars[0] if dollars[1] is None else dollars[1]
    return number is not None and 1 < number < _LEAST
