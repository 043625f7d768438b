"""One deal told by many articles: their records joined, the best of each field, what contradicts.

    >>> deals = link(tellings)  # of all articles, see extract.tellings
    >>> deals[0].status.value, [event.status for event in deals[0].timeline]
    ('completed', ['talks', 'announced', 'completed'])

Tellings are read in the order of their days. Each is compared with the deals so far that share a
family of type and a party (`_Index`), and joins the one it agrees with most, if that is enough
(`THRESHOLD`); two records of one article never meet in one deal. What spoke for the match is kept
with the deal. The time is linear in the number of records as long as a party does not hold a fixed
share of all deals. Everything is a function of the records: no state stays behind.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from itertools import groupby
from typing import Final

from extract.lexicon import hardware_surfaces, orgs
from extract.linked import (
    FAMILY,
    STAGE,
    Family,
    Likeness,
    LinkedDeal,
    Match,
    likeness,
    summarise,
    telling_order,
    told_number,
    with_successors,
)
from extract.records import DealType
from extract.tellings import Chip, Identities, Sum, Telling, short_hash, span_of

THRESHOLD: Final = 3.5
"""What a record must score to join a deal; below it, it begins one of its own."""


# --- what is compared --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _When:
    """Days of a telling: of the deal where it is told, else of the article."""

    first: datetime.date
    last: datetime.date
    told: bool
    stage: int
    ended: bool


@dataclass(frozen=True, slots=True)
class _Face:
    """A telling as it is compared."""

    telling: Telling
    family: Family
    payers: frozenset[str]
    payees: frozenset[str]
    rounds: frozenset[str]
    hardware: frozenset[str]
    when: _When | None
    year: int | None

    @property
    def symmetrical(self) -> bool:
        """Whether the sides mean nothing: a partnership."""
        return self.telling.type == "partnership"


@cache
def _families() -> dict[str, str]:
    """Families of hardware by id: nvidia/Blackwell."""
    return {row.id: f"{row.vendor}/{row.family}" for row in hardware_surfaces().values()}


def _chip_marks(chips: Iterable[Chip]) -> Iterator[str]:
    for chip in chips:
        if chip.id:
            yield chip.id
            yield _families().get(chip.id, chip.id)
        if chip.vendor:
            yield chip.vendor


def _face(telling: Telling) -> _Face:
    when = _when(telling)
    return _Face(
        telling,
        FAMILY[telling.type],
        frozenset(who.id for who in telling.investor),
        frozenset(who.id for who in telling.target),
        _rounds(telling.round),
        frozenset(_chip_marks(telling.hardware)),
        when,
        when.first.year if when else None,
    )


_JOINED_ROUNDS = re.compile(r"(?<=.)\+(?=[A-Z一-龥])")
_NO_PLACE = frozenset({"战略"})  # says what the money is for, not where in the row a round stands


def _rounds(told: str | None) -> frozenset[str]:
    """Pre-A+A is itself and two rounds, A+ is one."""
    if told is None:
        return frozenset()
    return frozenset((told, *_JOINED_ROUNDS.split(told))) - _NO_PLACE


def _when(telling: Telling) -> _When | None:
    day = telling.date or telling.published
    if day is None:
        return None
    stage, ended = STAGE[telling.status], telling.status == "terminated"
    return _When(*span_of(day), telling.date is not None, stage, ended)


@dataclass(slots=True)
class _Cluster:
    """A deal while records are joining it: what they tell, each value once."""

    id: str
    family: Family
    faces: list[_Face] = field(default_factory=list)
    matches: list[Match] = field(default_factory=list)
    articles: set[str] = field(default_factory=set)
    types: set[str] = field(default_factory=set)
    payers: set[str] = field(default_factory=set)
    payees: set[str] = field(default_factory=set)
    rounds: set[str] = field(default_factory=set)
    hardware: set[str] = field(default_factory=set)
    amounts: dict[tuple[object, ...], Sum] = field(default_factory=dict)
    valuations: dict[tuple[object, ...], Sum] = field(default_factory=dict)
    stakes: set[Decimal] = field(default_factory=set)
    whens: dict[_When, None] = field(default_factory=dict)

    def add(self, face: _Face, match: Match) -> None:
        """Take a telling in."""
        telling = face.telling
        self.faces.append(face)
        self.matches.append(match)
        self.articles.add(telling.article_id)
        self.types.add(telling.type)
        self.payers |= face.payers
        self.payees |= face.payees
        self.rounds |= face.rounds
        self.hardware |= face.hardware
        if telling.amount:
            self.amounts.setdefault(_value(telling.amount), telling.amount)
        if telling.valuation:
            self.valuations.setdefault(_value(telling.valuation), telling.valuation)
        if telling.stake is not None:
            self.stakes.add(telling.stake)
        if face.when:
            self.whens.setdefault(face.when)


def _value(money: Sum) -> tuple[object, ...]:
    return (money.min, money.max, money.currency, money.modifier)


# --- scoring -----------------------------------------------------------------------------------

Reason = tuple[float, str]

# A company is bought by the same buyer once, and lists once; contracts of one pair are many.
_PAIR: Final[Mapping[str, float]] = {
    "acquisition": 3.5, "ipo": 3.5, "holding": 2.5, "investment": 2.0, "partnership": 2.0,
    "divestment": 2.0, "debt": 1.5, "procurement": 1.5,
}  # fmt: skip
_ONE_SIDE = 1.0
_LIKE: Final[Mapping[Likeness, float]] = {
    "same": 3.0, "rate": 2.5, "fits": 1.2, "near": -1.0, "ten": -2.0, "apart": -3.0,
}  # fmt: skip
_TYPES: Final[Mapping[frozenset[str], float]] = {
    frozenset(("procurement", "partnership")): 0.0,
    frozenset(("investment", "acquisition")): -0.5,
    frozenset(("divestment", "acquisition")): -0.3,
}


def _score(face: _Face, cluster: _Cluster) -> list[Reason] | None:
    """What speaks for and against a telling being of a deal; None where it cannot be."""
    telling = face.telling
    if telling.article_id in cluster.articles:
        return None
    if face.rounds and cluster.rounds and not face.rounds & cluster.rounds:
        return None
    parties = _parties(face, cluster)
    if parties is None:
        return None
    days = _days(face, cluster)
    amount = _amount(face, cluster, days)
    found = [parties, _type(face, cluster), amount, days, *_details(face, cluster)]
    if _is_rumour_of(face, cluster) and amount[0] > _LIKE["near"]:
        found.append((0.8, "a rumour, then the deal"))
    return [reason for reason in found if reason[1]]


def _parties(face: _Face, cluster: _Cluster) -> Reason | None:
    own = face.telling.type
    kinds = {own} if own in cluster.types else {own, *cluster.types}
    weight = min(_PAIR[kind] for kind in kinds)
    straight = _sides(face.payers, face.payees, cluster, face, weight)
    if not (face.symmetrical or "partnership" in cluster.types):
        return straight
    turned = _sides(face.payees, face.payers, cluster, face, weight)
    return max((r for r in (straight, turned) if r is not None), default=None)


def _sides(
    payers: frozenset[str],
    payees: frozenset[str],
    cluster: _Cluster,
    face: _Face,
    weight: float,
) -> Reason | None:
    payer, payee = _shared(payers, cluster.payers), _shared(payees, cluster.payees)
    if payee is None and payer is None:
        return None
    if 0.0 in (payer, payee):
        lists = payer == 0.0 and payee == 1.0 and bool(face.rounds & cluster.rounds)
        if not lists or "acquisition" in {face.telling.type, *cluster.types}:
            return None
        return 0.3, "the same target and round, other investors"
    if payer is None or payee is None:
        alone = face.telling.type in {"ipo", "divestment"} & cluster.types
        return (weight if alone else _ONE_SIDE), "the side that both name is the same"
    if payer < 1 or payee < 1:
        return weight - 0.5, "the same parties, one of them by its parent or unit"
    return weight, "the same parties on both sides"


def _shared(names: frozenset[str], known: set[str]) -> float | None:
    """1 for a common party, 0.5 for a parent or unit, 0 for none, None where a side is not named."""
    if not names or not known:
        return None
    if not names.isdisjoint(known):
        return 1.0
    kin = {parent for name in names for parent in _lineage(name)}
    if kin & known or any(name in _lineage(other) for other in known for name in names):
        return 0.5
    return 0.0


@cache
def _lineage(identity: str) -> tuple[str, ...]:
    """The parents of an organisation, the nearest first."""
    found: list[str] = []
    while identity in orgs() and orgs()[identity].parent and identity not in found:
        identity = orgs()[identity].parent
        found.append(identity)
    return tuple(found)


def _type(face: _Face, cluster: _Cluster) -> Reason:
    if face.telling.type in cluster.types:
        return 0.5, "the same type"
    pairs = [frozenset((face.telling.type, kind)) for kind in cluster.types]
    return max(_TYPES.get(pair, -1.5) for pair in pairs), "another type of the same family"


def _amount(face: _Face, cluster: _Cluster, days: Reason) -> Reason:
    money = face.telling.amount
    if money is None or not cluster.amounts:
        return 0.0, ""
    found = [(likeness(money, known, face.year), known) for known in cluster.amounts.values()]
    like, known = max(found, key=lambda pair: _LIKE[pair[0]])
    weight = _LIKE[like]
    if like == "ten" and days[0] >= _SAME_DAY and cluster.payers and face.payers:
        return -0.5, f"{money.text} and {known.text} are ten times apart, all else agrees"
    if like == "near" and _moves_on(face, cluster):
        return -0.5, f"{known.text} became {money.text} as the deal moved on"
    if like == "near" and {face.telling.type} == cluster.types == {"acquisition"}:
        return -0.5, f"{money.text} against {known.text}: a price with and without debts"
    return weight, f"{money.text} against {known.text}: {like}"


_SAME_DAY = 2.0
_NO_DAYS: Reason = (0.0, "")


def _days(face: _Face, cluster: _Cluster) -> Reason:
    if face.when is None or not cluster.whens:
        return _NO_DAYS
    kind = face.telling.type
    return max(_between(face.when, known, kind=kind) for known in cluster.whens)


def _between(one: _When, other: _When, *, kind: DealType) -> Reason:
    gap = max((one.first - other.last).days, (other.first - one.last).days, 0)
    early, late = sorted((one, other), key=lambda when: (when.last, when.first))
    if one.told and other.told:
        found = _both_told(early, late, gap)
    elif one.told or other.told:
        found = _one_told(*((one, other) if one.told else (other, one)))
    else:
        steps = ((3, 1.5), (14, 1.0), (45, 0.3), (200, -0.5))
        found = next((weight for most, weight in steps if gap <= most), -1.5)
    # a listing and a purchase take their time, and a stake stays
    closing = kind == "acquisition" and late.stage > early.stage
    if (closing or kind in {"ipo", "holding"}) and gap <= 400:
        found = max(found, -0.3)
    return found, f"{gap} days apart"


def _both_told(early: _When, late: _When, gap: int) -> float:
    coarse = max((when.last - when.first).days for when in (early, late))
    if gap == 0 and coarse:
        return 1.0 if coarse <= 31 else 0.5
    moved = late.stage > early.stage or early.stage == 0 or late.ended
    if gap <= 10:
        return _SAME_DAY if gap <= 3 else 1.0
    if gap <= 45:
        return 0.0 if moved else -0.5
    if gap <= 200:
        return -0.3 if moved else -2.0
    return -1.0 if moved and gap <= 400 else -3.0


def _one_told(dated: _When, article: _When) -> float:
    """A deal's day against the day of an article that tells none."""
    after = (article.first - dated.last).days
    if after < 0:
        early = (dated.first - article.last).days
        if early <= 7:
            return 1.0
        return -0.3 if article.stage == 0 and early <= 200 else -2.0
    if after <= 7:
        return 1.5 if (dated.last - dated.first).days <= 31 else 0.5
    return 0.5 if after <= 45 else (0.0 if after <= 400 else -0.5)


def _moves_on(face: _Face, cluster: _Cluster) -> bool:
    """Whether the telling is a step on from talks, or the talks before it."""
    stages = {known.stage for known in cluster.whens}
    return face.when is not None and (
        (face.when.stage > 0 and 0 in stages) or (face.when.stage == 0 and stages > {0})
    )


def _is_rumour_of(face: _Face, cluster: _Cluster) -> bool:
    """Talks of no more than four months ago that have led to nothing so far."""
    if face.when is None or face.when.stage == 0 or face.when.ended or face.telling.amount is None:
        return False
    talks = [known for known in cluster.whens if known.stage == 0]
    if len(talks) != len(cluster.whens) or not talks:
        return False
    gap = (face.when.first - max(known.last for known in talks)).days
    return 0 <= gap <= 120


def _details(face: _Face, cluster: _Cluster) -> Iterator[Reason]:
    telling = face.telling
    if face.rounds & cluster.rounds:
        yield 2.0, f"the same round, {telling.round}"
    if telling.stake is not None and cluster.stakes:
        gap = min(abs(telling.stake - known) for known in cluster.stakes)
        yield (1.5, "the same stake") if gap <= Decimal("0.15") else (-0.5, "another stake")
    if telling.valuation and cluster.valuations:
        found = [likeness(telling.valuation, v, face.year) for v in cluster.valuations.values()]
        same = any(like in {"same", "rate", "fits"} for like in found)
        yield (1.0, "the same valuation") if same else (-0.7, "another valuation")
    if face.hardware and cluster.hardware:
        same = not face.hardware.isdisjoint(cluster.hardware)
        yield (1.0, "the same hardware") if same else (-0.5, "other hardware")


# --- linking -----------------------------------------------------------------------------------


class _Index:
    """Deals by what a record must share with them to be compared: family, payee, payer.

    A record that names its payees is compared with the deals of those payees, and with deals of its
    payers that name no payee; one that names none, with the deals of its payers. Where sides mean
    nothing, each party stands for a payee. Parents stand for their units. Where a payee has many
    deals, those that share a payer or an amount are enough.
    """

    _MANY: Final = 40

    def __init__(self) -> None:
        self._by: dict[Hashable, dict[int, None]] = {}

    def add(self, place: int, face: _Face) -> None:
        """Make a deal findable by a telling of it."""
        for key in self._keys_of(face):
            self._by.setdefault(key, {})[place] = None

    def candidates(self, face: _Face) -> Iterator[int]:
        """The deals that a telling may be of."""
        found: dict[int, None] = {}
        for payee in self._payees(face):
            block = self._by.get((face.family, "payee", payee), {})
            found |= block if len(block) <= self._MANY else self._narrow(face, payee)
        for payer in _kin(face.payers):
            kind = "payer" if not face.payees else "payer alone"
            found |= self._by.get((face.family, kind, payer), {})
        yield from found

    def _narrow(self, face: _Face, payee: str) -> dict[int, None]:
        found: dict[int, None] = {}
        for mark in (*_marks(face), "nameless" if face.payers else "any"):
            found |= self._by.get((face.family, "payee", payee, mark), {})
        return found

    @staticmethod
    def _payees(face: _Face) -> list[str]:
        # a partner may stand on either side, and the other record may call it a supplier
        names = face.payees | face.payers if face.family == "trade" else face.payees
        return _kin(names)

    def _keys_of(self, face: _Face) -> Iterator[Hashable]:
        for payee in self._payees(face):
            yield (face.family, "payee", payee)
            for mark in _marks(face):
                yield (face.family, "payee", payee, mark)
            yield (face.family, "payee", payee, "any" if face.payers else "nameless")
        for payer in _kin(face.payers):
            yield (face.family, "payer", payer)
            if not face.payees:
                yield (face.family, "payer alone", payer)


def _kin(names: Iterable[str]) -> list[str]:
    """Names with their parents, so that a unit and its parent meet."""
    return sorted({kin for name in names for kin in (name, *_lineage(name))})


def _marks(face: _Face) -> list[Hashable]:
    """What a telling has in common with others of its deal: a payer, a round, the size of the sum."""
    marks: list[Hashable] = [("payer", name) for name in _kin(face.payers)]
    marks += [("round", name) for name in sorted(face.rounds)]
    money = face.telling.amount
    if money is not None and (number := told_number(money)) > 0:
        magnitude = round(float(number.log10()) * 25)
        marks += [("sum", money.currency, magnitude + step) for step in (-1, 0, 1)]
    return marks


class _Linker:
    """The deals so far."""

    def __init__(self) -> None:
        self.clusters: list[_Cluster] = []
        self._index = _Index()

    def restore(self, deal_id: str, faces: Sequence[_Face], matches: Sequence[Match]) -> None:
        """Put a deal back that was linked before."""
        place = self._begin(deal_id, faces[0].family)
        for face, match in zip(faces, matches, strict=True):
            self._join(place, face, match)

    def take(self, faces: Sequence[_Face]) -> None:
        """Take the records of one article: the best pairs first, a deal gets one of them at most."""
        pairs = sorted(
            (
                (-total, place, number, reasons)
                for number, face in enumerate(faces)
                for place, total, reasons in self._fitting(face)
            ),
            key=lambda pair: pair[:3],
        )
        placed: dict[int, int] = {}
        for total, place, number, reasons in pairs:
            if number in placed or place in placed.values():
                continue
            placed[number] = place
            said = tuple(f"{weight:+.1f} {reason}" for weight, reason in reasons)
            self._join(place, faces[number], _match(faces[number], round(-total, 1), said))
        for number, face in enumerate(faces):
            if number not in placed:
                place = self._begin(_deal_id(face.telling), face.family)
                self._join(place, face, _match(face, None, ("the first record of this deal",)))

    def _fitting(self, face: _Face) -> Iterator[tuple[int, float, list[Reason]]]:
        for place in self._index.candidates(face):
            cluster = self.clusters[place]
            reasons = _score(face, cluster)
            if reasons is None:
                continue
            total = sum(weight for weight, _ in reasons)
            if total >= THRESHOLD - 1e-9:
                yield place, total, reasons

    def _begin(self, deal_id: str, family: Family) -> int:
        self.clusters.append(_Cluster(deal_id, family))
        return len(self.clusters) - 1

    def _join(self, place: int, face: _Face, match: Match) -> None:
        self.clusters[place].add(face, match)
        self._index.add(place, face)


def _match(face: _Face, score: float | None, reasons: tuple[str, ...]) -> Match:
    telling = face.telling
    return Match(
        article_id=telling.article_id, record_id=telling.record_id, score=score, reasons=reasons
    )


def _deal_id(telling: Telling) -> str:
    return short_hash("deal", telling.article_id, telling.record_id)


def link(records: Iterable[Telling], *, into: Iterable[LinkedDeal] = ()) -> list[LinkedDeal]:
    """The deals that records tell, in the order in which they were first told.

    ``into`` are deals linked before: they keep their ids, and new records join them. A record that
    they have already (the same article and record) is passed over, so that to link the same file
    again changes nothing.
    """
    old = list(into)
    known = {(t.article_id, t.record_id) for deal in old for t in deal.tellings}
    new = {(t.article_id, t.record_id): t for t in records}
    fresh = sorted((t for place, t in new.items() if place not in known), key=telling_order)
    every = [*(t for deal in old for t in deal.tellings), *fresh]
    identities = Identities(who for telling in every for who in telling.parties)
    linker = _Linker()
    for deal in old:
        faces = [_face(identities.resolved(telling)) for telling in deal.tellings]
        linker.restore(deal.id, faces, deal.matches)
    for _, article in groupby(fresh, key=lambda telling: telling.article_id):
        linker.take([_face(identities.resolved(telling)) for telling in article])
    return with_successors([_summary(cluster) for cluster in linker.clusters])


def _summary(cluster: _Cluster) -> LinkedDeal:
    paired = zip((face.telling for face in cluster.faces), cluster.matches, strict=True)
    ordered = sorted(paired, key=lambda pair: telling_order(pair[0]))
    return summarise(cluster.id, [t for t, _ in ordered], [match for _, match in ordered])
