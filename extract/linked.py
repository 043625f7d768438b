"""One deal as many articles tell it: the best of each field, its history, what contradicts.

What `extract.link` joined is summed up here, and can be summed up again as of a day (`as_of`). Of
each value it is kept who tells it and why it was taken; values that lost are kept as conflicts.
"""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final, Generic, Literal, TypeVar

from extract.amounts import Quantity
from extract.conversion import rate_of
from extract.lexicon import key
from extract.records import DealType, Frozen, Money, Number
from extract.tellings import (
    Chip,
    Quote,
    Sum,
    Telling,
    Tie,
    Who,
    given_way,
    says_unsigned,
    span_of,
)

Family = Literal["equity", "trade", "debt"]
FAMILY: Final[Mapping[str, Family]] = {
    "investment": "equity",
    "acquisition": "equity",
    "holding": "equity",
    "divestment": "equity",
    "ipo": "equity",
    "procurement": "trade",
    "partnership": "trade",
    "debt": "debt",
}
"""The families of types, as in the scoring of records: records of two families are two deals."""

STAGE: Final[Mapping[str, int]] = {"talks": 0, "announced": 1, "completed": 2, "terminated": 1}
"""How far a deal has come; one that was ended had been announced or talked of."""

State = Literal["talks", "announced", "completed", "terminated", "superseded"]

T = TypeVar("T")


class Best(Frozen, Generic[T]):
    """The value of a field, the articles that tell it, and why it was taken."""

    value: T
    why: str
    articles: tuple[str, ...]


class Stand(Frozen):
    """One of several values of a field, and the articles that tell it."""

    value: str
    articles: tuple[str, ...]


class Conflict(Frozen):
    """A field that articles tell differently.

    ``kind`` is ``bounds`` for one number with different hedges (至少, 约, 最高100亿), ``ten`` where one
    number is about ten times another, ``rumour`` for a party that only rumours name, else ``values``.
    """

    field: str
    kind: Literal["bounds", "ten", "rumour", "values"]
    stands: tuple[Stand, ...]


class Event(Frozen):
    """What an article adds to the history of a deal.

    ``day`` is that of the article. With ``hindsight`` it is the day of the deal, told later: a deal
    that an article calls completed was, on the day that it gives, at least announced.
    """

    day: str
    status: State
    article_id: str
    record_id: str
    amount: str | None = None
    evidence: str = ""
    hindsight: bool = False


class Match(Frozen):
    """Why a record belongs to a deal; the first record of a deal has no score."""

    article_id: str
    record_id: str
    score: float | None
    reasons: tuple[str, ...]


class LinkedDeal(Frozen):
    """One deal as all its articles tell it.

    ``first_seen`` and ``last_confirmed`` are the days of the first and the last article. ``status``
    is ``superseded`` where a text says that another deal (``superseded_by``) took its place.
    """

    id: str
    type: DealType
    investor: tuple[Who, ...]
    target: tuple[Who, ...]
    status: Best[State]
    amount: Best[Sum] | None = None
    stake: Best[Number] | None = None
    valuation: Best[Sum] | None = None
    round: Best[str] | None = None
    date: Best[str] | None = None
    conditions: tuple[Tie, ...] = ()
    hardware: tuple[Chip, ...] = ()
    circles: tuple[Quote, ...] = ()
    first_seen: str | None = None
    last_confirmed: str | None = None
    timeline: tuple[Event, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    superseded_by: str | None = None
    matches: tuple[Match, ...] = ()
    tellings: tuple[Telling, ...]

    @property
    def parties(self) -> tuple[Who, ...]:
        """Both sides, the paying one first."""
        return (*self.investor, *self.target)

    @property
    def articles(self) -> tuple[str, ...]:
        """The articles that tell the deal, in the order of their days."""
        return tuple(dict.fromkeys(telling.article_id for telling in self.tellings))


# --- values ------------------------------------------------------------------------------------

Likeness = Literal["same", "rate", "fits", "near", "ten", "apart"]
_SAME = Decimal("1.02")
_ABOUT = Decimal("1.05")
_RATE = Decimal("1.12")
_FIT = Decimal(2)
_NEAR = Decimal("1.5")
_TEN = (Decimal("9.7"), Decimal("10.3"))


def told_number(money: Sum | Money | Quantity) -> Decimal:
    """The number that was said: the lower bound, or the upper one where that alone is told."""
    return (money.max if money.min is None else money.min) or Decimal(0)


def likeness(one: Sum, other: Sum, year: int | None = None) -> Likeness:
    """How two amounts agree: 约100亿 and 至少100亿 are ``same``, 数亿 and 5亿 ``fits``."""
    if one.currency != other.currency:
        return _across(one, other, year)
    ratio = _ratio(told_number(one), told_number(other))
    about = "approx" in {one.modifier, other.modifier}
    if {one.modifier, other.modifier} & {"vague", "range"}:
        if (one.min, one.max) == (other.min, other.max):
            return "same"
        return "fits" if _overlap(one, other) else _far(ratio)
    if ratio <= (_ABOUT if about else _SAME):
        return "same"
    return "fits" if ratio <= _FIT and _overlap(one, other) else _far(ratio)


def _ratio(one: Decimal, other: Decimal) -> Decimal:
    low, high = sorted((one, other))
    return high / low if low > 0 else Decimal("Infinity")


def _far(ratio: Decimal) -> Likeness:
    if ratio <= _NEAR:
        return "near"
    return "ten" if _TEN[0] <= ratio <= _TEN[1] else "apart"


def _overlap(one: Sum, other: Sum) -> bool:
    low = max(one.min or Decimal(0), other.min or Decimal(0))
    tops = [top for top in (one.max, other.max) if top is not None]
    return not tops or low <= min(tops) * _SAME


def _across(one: Sum, other: Sum, year: int | None) -> Likeness:
    first, second = rate_of(one.currency, year), rate_of(other.currency, year)
    if first is None or second is None:
        return "apart"
    ratio = _ratio(told_number(one) / first.per_usd, told_number(other) / second.per_usd)
    return "rate" if ratio <= _RATE else "apart"


def shown(money: Sum) -> str:
    """The bounds with their hedge and currency: ``at_least 10000000000 USD``."""
    bounds = [f"{b.normalize():f}" for b in (money.min, money.max) if b is not None]
    hedge = "" if money.modifier == "exact" else f"{money.modifier} "
    return f"{hedge}{'..'.join(dict.fromkeys(bounds))} {money.currency}"


# --- the best of each field --------------------------------------------------------------------


def telling_order(telling: Telling) -> tuple[str, str]:
    """The order in which tellings are read: by day, then by article."""
    return (telling.published or telling.date or "9999", telling.article_id)


def summarise(
    deal_id: str, tellings: Sequence[Telling], matches: Sequence[Match] = ()
) -> LinkedDeal:
    """A deal from its tellings, which are in the order of their days."""
    final = _final(tellings)
    days = [day for t in tellings if (day := t.published or t.date)]
    return LinkedDeal(
        id=deal_id,
        type=_common(final, lambda t: t.type) or tellings[0].type,
        investor=_side(tellings, final, "investor"),
        target=_side(tellings, final, "target"),
        status=_status(tellings),
        amount=_best_sum(tellings, final, "amount"),
        stake=_best_plain(tellings, final, lambda t: t.stake),
        valuation=_best_sum(tellings, final, "valuation"),
        round=_best_plain(tellings, final, lambda t: t.round),
        date=_best_date(tellings, final),
        conditions=_unique(t.conditions for t in tellings),
        hardware=_hardware(tellings),
        circles=_unique(t.circles for t in tellings),
        first_seen=days[0] if days else None,
        last_confirmed=days[-1] if days else None,
        timeline=_timeline(tellings),
        conflicts=tuple(_conflicts(tellings, final)),
        matches=tuple(matches),
        tellings=tuple(tellings),
    )


def _final(tellings: Sequence[Telling]) -> list[Telling]:
    """The tellings of the furthest stage that was reached: what was closed beats what was rumoured.

    That a deal was agreed needs more articles than deny it by telling it as talks on the same day or
    later: one that takes a letter of intent for a contract is not enough. Articles that tell it as
    agreed before one says that nothing final is signed are passed over.
    """
    tellings = _standing(tellings)
    firm = [t for t in tellings if STAGE[t.status]]
    if firm:
        first = min(telling_order(t)[0] for t in firm)
        loose = [t for t in tellings if not STAGE[t.status] and telling_order(t)[0] >= first]
        if len(_articles(loose)) >= len(_articles(firm)):
            return [t for t in tellings if not STAGE[t.status]]
    reached = max(STAGE[t.status] for t in tellings)
    return [t for t in tellings if STAGE[t.status] == reached]


def _standing(tellings: Sequence[Telling]) -> Sequence[Telling]:
    """The tellings without those as agreed that talks of the same day or later take back.

    They are taken back by words (尚未签署最终协议). What is closed stays, and so does what was agreed
    on a day after these words.
    """
    denial = _last_denial(tellings)
    if denial is None:
        return tellings
    last = telling_order(denial)[0]
    return [t for t in tellings if t.status != "announced" or _agreed_by(t) > last]


def _last_denial(tellings: Sequence[Telling]) -> Telling | None:
    """The last telling in talks by whose words nothing final is signed."""
    unsigned = [t for t in tellings if t.status == "talks" and says_unsigned(t.evidence)]
    return max(unsigned, key=telling_order, default=None)


def _agreed_by(telling: Telling) -> str:
    """The last day on which a telling may put the agreement: the article's, or the deal's before it."""
    days = [span_of(day)[1].isoformat() for day in (telling.date, telling.published) if day]
    return min(days, default="9999")


def _common(tellings: Sequence[Telling], of: Callable[[Telling], T | None]) -> T | None:
    values = [value for t in tellings if (value := of(t)) is not None]
    return Counter(values).most_common(1)[0][0] if values else None


def _unique(groups: Iterable[Iterable[T]]) -> tuple[T, ...]:
    return tuple(dict.fromkeys(one for group in groups for one in group))


def _hardware(tellings: Sequence[Telling]) -> tuple[Chip, ...]:
    found: dict[str, Chip] = {}
    for chip in (chip for t in tellings for chip in t.hardware):
        mark = chip.id or chip.name
        if mark not in found or (chip.quantity and not found[mark].quantity):
            found[mark] = chip
    return tuple(found.values())


def _side(
    tellings: Sequence[Telling], final: Sequence[Telling], side: Literal["investor", "target"]
) -> tuple[Who, ...]:
    """Each party once, by the name used most; what only rumours name is left out of a closed deal."""
    told = [who for t in (final if _names(final, side) else tellings) for who in getattr(t, side)]
    groups: dict[str, list[Who]] = {}
    for who in told:
        groups.setdefault(who.id, []).append(who)
    return tuple(_merged(group) for group in groups.values())


def _names(tellings: Sequence[Telling], side: str) -> bool:
    return any(getattr(t, side) for t in tellings)


def _merged(group: Sequence[Who]) -> Who:
    names = Counter(who.name for who in group)
    roles = Counter(who.role for who in group)
    forms = tuple(dict.fromkeys(name for who in group for name in (who.name, *who.names)))
    return Who(
        id=group[0].id,
        name=names.most_common(1)[0][0],
        role=roles.most_common(1)[0][0],
        names=forms,
    )


def _articles(tellings: Iterable[Telling]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(t.article_id for t in tellings))


def _status(tellings: Sequence[Telling]) -> Best[State]:
    """The furthest stage, unless the deal was ended after it."""
    ends = [t for t in tellings if t.status == "terminated"]
    if ends:
        last = max(telling_order(t)[0] for t in ends)
        revived = [
            t for t in tellings if STAGE[t.status] and t not in ends and telling_order(t)[0] > last
        ]
        if not revived:
            return Best(
                value="terminated",
                why=f"told as ended on {last}, and not alive after it",
                articles=_articles(ends),
            )
        tellings = revived
    final = _final(tellings)
    status: State = final[0].status
    why = f"the furthest stage that is not contradicted, told by {_of(final, tellings)}"
    denial = _last_denial(tellings)
    if status == "talks" and denial and any(STAGE[t.status] for t in tellings):
        why = f"{why}: {denial.evidence}"
    return Best(value=status, why=why, articles=_articles(final))


def _of(some: Sequence[Telling], every: Sequence[Telling]) -> str:
    return f"{len(_articles(some))} of {len(_articles(every))} articles"


def _best_sum(
    tellings: Sequence[Telling], final: Sequence[Telling], name: Literal["amount", "valuation"]
) -> Best[Sum] | None:
    told = [t for t in final if getattr(t, name)]
    where = "at the furthest stage"
    if not told:
        told, where = [t for t in tellings if getattr(t, name)], "at any stage"
    if not told:
        return None
    groups = _grouped(told, name)
    best = max(groups, key=lambda group: (len(_articles(group)), telling_order(group[-1])))
    hedge = Counter(getattr(t, name).modifier for t in best).most_common(1)[0][0]
    chosen = [t for t in best if getattr(t, name).modifier == hedge][-1]
    return Best(
        value=getattr(chosen, name),
        why=f"told by {_of(best, told)} {where}, most often as {hedge}",
        articles=_articles(best),
    )


def _grouped(told: Sequence[Telling], name: str) -> list[list[Telling]]:
    """Tellings whose sums are one number, together."""
    groups: list[list[Telling]] = []
    for telling in told:
        for group in groups:
            if likeness(getattr(group[0], name), getattr(telling, name)) == "same":
                group.append(telling)
                break
        else:
            groups.append([telling])
    return groups


def _best_plain(
    tellings: Sequence[Telling], final: Sequence[Telling], of: Callable[[Telling], T | None]
) -> Best[T] | None:
    told = [t for t in final if of(t) is not None] or [t for t in tellings if of(t) is not None]
    value = _common(told, of)
    if value is None:
        return None
    same = [t for t in told if of(t) == value]
    return Best[Any](value=value, why=f"told by {_of(same, told)}", articles=_articles(same))


def _best_date(tellings: Sequence[Telling], final: Sequence[Telling]) -> Best[str] | None:
    told = [t for t in final if t.date] or [t for t in tellings if t.date]
    if not told:
        return None
    counts = Counter(t.date for t in told if t.date)
    longest = max(map(len, counts))
    value = min((date for date in counts if len(date) == longest), key=lambda d: (-counts[d], d))
    same = [t for t in told if t.date == value]
    why = f"the most precise day at the furthest stage, told by {_of(same, told)}"
    return Best(value=value, why=why, articles=_articles(same))


# --- contradictions ----------------------------------------------------------------------------


def _conflicts(tellings: Sequence[Telling], final: Sequence[Telling]) -> Iterator[Conflict]:
    yield from _sum_conflict(tellings, "amount")
    yield from _sum_conflict(tellings, "valuation")
    for name in ("stake", "round"):
        stands = _stands((str(v), t) for t in tellings if (v := getattr(t, name)) is not None)
        if len(stands) > 1:
            yield Conflict(field=name, kind="values", stands=stands)
    for side in ("investor", "target"):
        yield from _rumoured(tellings, final, side)


def _stands(told: Iterable[tuple[str, Telling]]) -> tuple[Stand, ...]:
    groups: dict[str, list[Telling]] = {}
    for value, telling in told:
        groups.setdefault(value, []).append(telling)
    return tuple(Stand(value=value, articles=_articles(group)) for value, group in groups.items())


def _sum_conflict(
    tellings: Sequence[Telling], name: Literal["amount", "valuation"]
) -> Iterator[Conflict]:
    told: list[tuple[Sum, Telling]] = [(s, t) for t in tellings if (s := getattr(t, name))]
    stands = _stands((shown(money), telling) for money, telling in told)
    if len(stands) < 2:
        return
    groups = _grouped([telling for _, telling in told], name)
    firsts: list[Sum] = [getattr(group[0], name) for group in groups]
    likes = {likeness(a, b) for n, a in enumerate(firsts) for b in firsts[n + 1 :]}
    kind: Literal["bounds", "ten", "values"] = "values" if likes else "bounds"
    yield Conflict(field=name, kind="ten" if "ten" in likes else kind, stands=stands)


def _rumoured(
    tellings: Sequence[Telling], final: Sequence[Telling], side: str
) -> Iterator[Conflict]:
    kept = {who.id for t in final for who in getattr(t, side)}
    left = [(who, t) for t in tellings for who in getattr(t, side) if kept and who.id not in kept]
    if left:
        stands = _stands((who.name, telling) for who, telling in left)
        yield Conflict(field=side, kind="rumour", stands=stands)


# --- time --------------------------------------------------------------------------------------


def _timeline(tellings: Sequence[Telling]) -> tuple[Event, ...]:
    events = [event for telling in tellings for event in _events(telling)]
    return tuple(sorted(events, key=lambda e: (e.day, e.article_id, e.record_id, e.hindsight)))


def _events(telling: Telling) -> Iterator[Event]:
    day = telling.published or telling.date
    if day is None:
        return
    event = Event(
        day=span_of(day)[1].isoformat(),
        status=telling.status,
        article_id=telling.article_id,
        record_id=telling.record_id,
        amount=shown(telling.amount) if telling.amount else None,
        evidence=telling.evidence,
    )
    yield event
    if (before := _hindsight(telling)) is not None:
        yield event.model_copy(update={"day": before, "status": "announced", "hindsight": True})


def _hindsight(telling: Telling) -> str | None:
    """The day on which the deal was at least announced, where an article tells it later."""
    if not telling.date or not telling.published or not STAGE[telling.status]:
        return None
    if telling.status == "terminated":
        return None
    day = span_of(telling.date)[1]
    return day.isoformat() if day < span_of(telling.published)[0] else None


def as_of(deals: Iterable[LinkedDeal], day: str) -> list[LinkedDeal]:
    """The deals as they stood on a day (ISO), by the articles up to it.

    A later article counts with what it tells of a day before: then the deal was announced, whatever
    became of it. Deals that nobody had told and that had not happened are left out.
    """
    until = span_of(day)[1]
    known = [found for deal in deals if (found := _known(deal, until))]
    return with_successors(known)


def _known(deal: LinkedDeal, until: datetime.date) -> LinkedDeal | None:
    tellings = [found for t in deal.tellings if (found := _told_by(t, until))]
    if not tellings:
        return None
    kept = {(t.article_id, t.record_id) for t in tellings}
    matches = [m for m in deal.matches if (m.article_id, m.record_id) in kept]
    state = summarise(deal.id, sorted(tellings, key=telling_order), matches)
    timeline = tuple(
        e for e in deal.timeline if e.day <= until.isoformat() and e.status != "superseded"
    )
    return state.model_copy(update={"timeline": timeline})


def _told_by(telling: Telling, until: datetime.date) -> Telling | None:
    day = telling.published or telling.date
    if day is not None and span_of(day)[1] <= until:
        return telling
    before = _hindsight(telling)
    if before is None or before > until.isoformat():
        return None
    return telling.model_copy(update={"status": "announced", "published": before, "circles": ()})


# --- one deal in place of another --------------------------------------------------------------


def with_successors(deals: Sequence[LinkedDeal]) -> list[LinkedDeal]:
    """Deals whose place another one took, by the words of an article that tells the other one.

    A sentence of the article says so (取代, 改为, 缩水为). The other deal is agreed, of the same family
    and between the same parties; the old one, never closed, is told in the article too, or the
    sentence has its amount as the one that gave way. Of several the one with the most equal parties
    took its place.
    """
    by_pair: dict[tuple[str, str, str], list[LinkedDeal]] = {}
    for deal in deals:
        for pair in _pairs(deal):
            by_pair.setdefault(pair, []).append(deal)
    after: dict[str, list[tuple[LinkedDeal, Telling, str]]] = {}
    for new in deals:
        for telling in (t for t in new.tellings if t.successions and _is_agreed(t)):
            rivals = {old.id: old for pair in _pairs(new) for old in by_pair[pair]}
            for old in rivals.values():
                said = _gave_way(old, new, telling)
                if said is not None:
                    after.setdefault(old.id, []).append((new, telling, said))
    return [_superseded(deal, after[deal.id]) if deal.id in after else deal for deal in deals]


def _pairs(deal: LinkedDeal) -> Iterator[tuple[str, str, str]]:
    for payer in deal.investor:
        for payee in deal.target:
            yield FAMILY[deal.type], payer.id, payee.id


def _is_agreed(telling: Telling) -> bool:
    return telling.status in {"announced", "completed"}


def _gave_way(old: LinkedDeal, new: LinkedDeal, telling: Telling) -> str | None:
    """The sentence by which the old deal gave way to the new one."""
    if old.id == new.id or old.status.value == "completed" or old.first_seen is None:
        return None
    if new.first_seen is not None and old.first_seen > new.first_seen:
        return None
    names = {key(name) for who in new.parties for name in (who.name, *who.names) if len(name) > 1}
    told_here = any(t.article_id == telling.article_id and not _is_agreed(t) for t in old.tellings)
    for sentence in telling.successions:
        named = told_here and any(name in key(sentence) for name in names)
        if named or _has_amount(sentence, old, new):
            return sentence
    return None


def _has_amount(sentence: str, old: LinkedDeal, new: LinkedDeal) -> bool:
    if old.amount is None or (new.amount and _same_sum(old.amount.value, new.amount.value)):
        return False
    return any(
        _same_sum(old.amount.value, sum_of(money, sentence)) for money in given_way(sentence)
    )


def _same_sum(one: Sum, other: Sum) -> bool:
    return likeness(one, other) == "same"


def sum_of(money: Quantity, text: str) -> Sum:
    """An amount that was found in a text, as records have it."""
    return Sum(
        min=money.min,
        max=money.max,
        currency=money.unit,
        modifier=money.modifier,
        text=text[money.start : money.end],
    )


def _superseded(deal: LinkedDeal, others: Sequence[tuple[LinkedDeal, Telling, str]]) -> LinkedDeal:
    """The deal with the one of the others that took its place, by the words of its telling."""
    own = {who.id for who in deal.parties}
    by, telling, said = min(others, key=lambda new: len(own ^ {who.id for who in new[0].parties}))
    event = Event(
        day=span_of(telling.published or telling.date or "9999")[1].isoformat(),
        status="superseded",
        article_id=telling.article_id,
        record_id=telling.record_id,
        evidence=said,
    )
    status: Best[State] = Best(
        value="superseded",
        why=f"an article says that another deal took its place: {said}",
        articles=(telling.article_id,),
    )
    kept = tuple(e for e in deal.timeline if e.status != "superseded")
    timeline = tuple(sorted((*kept, event), key=lambda e: e.day))
    return deal.model_copy(update={"status": status, "superseded_by": by.id, "timeline": timeline})
