"""What belongs to a deal beside its clause: conditions and hardware."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from extract.conditions import Found
from extract.lexicon import Hardware as HardwareRow
from extract.lexicon import hardware_surfaces, key, org_names, orgs
from extract.mentions import Mention, beginning_in
from extract.reading import Draft, Reading
from extract.records import Hardware
from extract.relations import Relation


def share_conditions(reading: Reading, drafts: Sequence[Draft]) -> dict[int, list[Found]]:
    """Each condition goes to the deal told last before it, or in its sentence, that it can fit.

    One that speaks of 本轮 or 此次 passes over background and may stand far from its deal. Parts of
    one transaction, told in the same sentence for the same target, share what is said of them.
    """
    shared: dict[int, dict[str, Found]] = {}
    homes = _Homes(reading, drafts)
    for condition in reading.conditions if drafts else ():
        words = reading.folded[condition.start : condition.end]
        for place in homes.of(condition):
            shared.setdefault(place, {}).setdefault(words, condition)
    return {place: list(found.values()) for place, found in shared.items()}


_FARTHEST = 5000
"""How many characters in front of a condition its deal is looked for."""

_REACH: Mapping[str, int] = {"any": 260, "lead": 260, "near": 120}
"""How many characters may lie between the sentence of a deal and its condition, by scope."""

_NAMED = 300
"""How much farther a condition may stand for each party of the deal that its clause names."""


@dataclass(frozen=True)
class _Telling:
    """A relation that tells a deal, with the place of the deal; it begins where its sentence does."""

    start: int
    place: int
    relation: Relation


class _Homes:
    """The deals of an article, and which of them a condition belongs to."""

    def __init__(self, reading: Reading, drafts: Sequence[Draft]) -> None:
        self._reading = reading
        self._drafts = drafts
        told = [
            _Telling(relation.sentence.start, place, relation)
            for place, draft in enumerate(drafts)
            for relation in draft.relations
        ]
        self._told = sorted(told, key=lambda one: one.start)
        self._parts: dict[int, list[int]] = {}

    def of(self, condition: Found) -> list[int]:
        """The places of the deal that a condition belongs to, and of those told together with it."""
        home = self._home(condition)
        if home is None:
            return []
        if home not in self._parts:
            self._parts[home] = self._with_its_parts(home)
        return self._parts[home]

    def _home(self, condition: Found) -> int | None:
        reach = _REACH[condition.scope]
        near = []
        for place, distance in self._distances(condition).items():
            draft = self._drafts[place]
            if distance > 0:
                named = _parties_named(self._reading, draft, condition)
                distance = max(1, distance - _NAMED * named)
            if distance <= reach:
                near.append((distance, place))
        if not condition.points:
            return min(near)[1] if near else None
        meant = [(d, place) for d, place in near if d <= 0 or place in self._news]
        return min(meant)[1] if meant else self._main(condition)

    def _distances(self, condition: Found) -> dict[int, int]:
        """How far a condition stands behind the nearest clause of each deal that it can fit."""
        found: dict[int, int] = {}
        for one in beginning_in(self._told, condition.start - _FARTHEST, condition.start + 1):
            gap = _gap_behind(one.relation, condition)
            if gap is not None and self._drafts[one.place].type in condition.types:
                found[one.place] = min(gap, found.get(one.place, gap))
        return found

    def _main(self, condition: Found) -> int | None:
        """The deal that the article is about: the one of the headline, else the first one told."""
        for first in self._leading:
            told = [first[kind] for kind in condition.types if kind in first]
            before = [place for place, start in told if start < condition.start]
            if before:
                return min(before)
        return None

    @cached_property
    def _news(self) -> dict[int, None]:
        """The places of the deals that can be the news, in order; without a priced one, any."""
        priced = [place for place, draft in enumerate(self._drafts) if _is_news(draft)]
        fresh = [place for place, draft in enumerate(self._drafts) if not draft.past]
        return dict.fromkeys(priced or fresh)

    @cached_property
    def _leading(self) -> tuple[dict[str, tuple[int, int]], dict[str, tuple[int, int]]]:
        """The first of the news of each type, and where it begins: in the headline, and anywhere."""
        titled: dict[str, tuple[int, int]] = {}
        first: dict[str, tuple[int, int]] = {}
        for place in self._news:
            draft = self._drafts[place]
            told = place, min(relation.sentence.start for relation in draft.relations)
            first.setdefault(draft.type, told)
            if _in_title(draft):
                titled.setdefault(draft.type, told)
        return titled, first

    def _with_its_parts(self, home: int) -> list[int]:
        """A deal and those told in one of its sentences that have the same type and target."""
        own = self._drafts[home]
        rounds = {found.value for found in own.rounds}
        together = {
            one.place
            for start in {relation.sentence.start for relation in own.relations}
            for one in beginning_in(self._told, start, start + 1)
            if not one.relation.sentence.title
        }
        parts = {
            place
            for place in together
            if (draft := self._drafts[place]).type == own.type
            and {found.value for found in draft.rounds} == rounds
            and draft.ids("target") & own.ids("target")
        }
        return sorted({home, *parts})


def _parties_named(reading: Reading, draft: Draft, condition: Found) -> int:
    """How many parties of a deal a condition names."""
    words = reading.text[condition.start : condition.end]
    parties = [entity for side in draft.sides.values() for _, entity in side.values()]
    return sum(any(form in words for form in entity.forms) for entity in parties)


def _is_news(draft: Draft) -> bool:
    """Whether a deal can be the one that 本轮 means: told with a price or a round, no background."""
    priced = bool(draft.amount or draft.rounds or draft.stake)
    return priced and (not draft.past or _in_title(draft))


def _in_title(draft: Draft) -> bool:
    return any(relation.sentence.title for relation in draft.relations)


def _gap_behind(relation: Relation, condition: Found) -> int | None:
    """How far a condition stands behind the clause of a relation; None where it is ahead.

    In its sentence it is negative or zero: the nearer the clause, the smaller.
    """
    sentence, clause = relation.sentence, relation.clause
    if sentence.start <= condition.start < sentence.end:
        apart = max(condition.start - clause.end, clause.start - condition.end, 0)
        return min(apart - 1000, 0)
    if sentence.end <= condition.start:
        return condition.start - sentence.end + 1
    return None


# --------------------------------------------------------------------------------------------
# hardware


def deal_hardware(
    reading: Reading, draft: Draft, conditions: Sequence[Found]
) -> tuple[Hardware, ...]:
    """Computing hardware that a trade is about, that a deal is tied to or that its money buys.

    Models come before generic names; where a trade names only a kind (AI芯片), the models of one of
    its parties that the next words name are what is meant.
    """
    found = _by_id(_within(reading, _spans(reading, draft, conditions)))
    if found and draft.type in _TRADES and not any(map(_is_model, found.values())):
        found |= _by_id(m for m in _within(reading, _behind(draft)) if _is_of_party(m, draft))
    models = [mentions for mentions in found.values() if _is_model(mentions)]
    return tuple(_one_hardware(reading, m) for m in models or found.values())


_TRADES = frozenset({"procurement", "partnership"})
_BUY = re.compile(r"采购|购买|购置|购入|订购|部署|租用|租赁|买入|引进|升级")
_NEXT = 160


def _spans(
    reading: Reading, draft: Draft, conditions: Sequence[Found]
) -> Iterator[tuple[int, int]]:
    """Where the hardware of a deal is told."""
    if draft.type in _TRADES:
        clauses = [_own_words(reading, r) for r in draft.relations]
        own = any(True for _ in _within(reading, clauses))
        whole = [(r.sentence.start, r.sentence.end) for r in draft.relations]
        yield from clauses if own else whole
    for condition in conditions:
        if condition.kind in {"procurement", "tranche"}:
            yield condition.start, condition.end
        elif condition.kind == "use_of_proceeds":
            bought = _BUY.search(reading.folded, condition.start, condition.end)
            if bought:
                yield bought.end(), condition.end


_OTHER_DEAL = re.compile(r"采购|投资|收购|合作|达成|签|引入|供应|订单|[0-9]月|与")


def _own_words(reading: Reading, relation: Relation) -> tuple[int, int]:
    """The clause of a trade, with the clauses behind it that go on about its goods."""
    end = relation.clause.end
    for clause in relation.sentence.clauses:
        if clause.start >= end:
            if _OTHER_DEAL.search(reading.folded, clause.start, clause.end):
                break
            end = clause.end
    return relation.clause.start, end


def _behind(draft: Draft) -> Iterator[tuple[int, int]]:
    """The words behind each sentence of a deal."""
    for relation in draft.relations:
        if not relation.sentence.title:
            yield relation.sentence.end, relation.sentence.end + _NEXT


def _within(reading: Reading, spans: Iterable[tuple[int, int]]) -> Iterator[Mention]:
    inside = {
        mention.start: mention
        for start, end in set(spans)
        for mention in beginning_in(reading.hardware, start, end)
        if mention.end <= end
    }
    for _, mention in sorted(inside.items()):
        if _is_hardware(reading, mention):
            yield mention


_NO_HARDWARE = re.compile(
    r" ?级| ?(?:初创|上市|设计|制造|代工|生产|供应|行业)*(?:企业|公司|巨头|厂|制造商|供应商|新创|独角兽|龙头|开发商"
    r"|行业|市场|领域|概念|板块|赛道|产业|部门|禁令|出口管制|短缺|设计|制造|代工|股(?!份))"
    r"|[^，。；\n]{0,24}数据中心| ?(?:框架)?服务(?!器)"
)
_DEALT = re.compile(
    r"(?:采购|购买|购置|购入|买|订购|订单|供应|供货|交付|租用|采用|部署|出售|销售|提供|使用|搭载|换取)[^，。；\n]{0,20}$"
)


def _is_hardware(reading: Reading, mention: Mention) -> bool:
    """Whether a name is that of a thing: not in AI芯片企业 or L4级, and 芯片 only where it is dealt."""
    if _NO_HARDWARE.match(reading.folded, mention.end):
        return False
    return _row(mention).id not in _BARE or _is_dealt(reading, mention)


def _is_dealt(reading: Reading, mention: Mention) -> bool:
    """Whether a verb of trade stands right before a piece of hardware, or its noun right behind."""
    before = reading.folded[max(0, mention.start - 30) : mention.start]
    behind = reading.folded[mention.end : mention.end + 6]
    return bool(_DEALT.search(before)) or behind.lstrip(" ").startswith(("订单", "采购", "供应"))


_BARE = frozenset({"generic-chip"})


def _by_id(mentions: Iterable[Mention]) -> dict[str, list[Mention]]:
    found: dict[str, list[Mention]] = {}
    for mention in mentions:
        found.setdefault(mention.id, []).append(mention)
    return found


def _is_model(mentions: Sequence[Mention]) -> bool:
    return _row(mentions[0]).kind != "generic"


def _is_of_party(mention: Mention, draft: Draft) -> bool:
    """Whether a model is made by one of the parties, or by a unit of one."""
    vendor = orgs().get(_row(mention).vendor)
    makers = {vendor.id, vendor.parent} - {""} if vendor else set()
    return bool(makers & (draft.ids("investor") | draft.ids("target")))


def _row(mention: Mention) -> HardwareRow:
    return hardware_surfaces()[key(mention.text)]


def _one_hardware(reading: Reading, mentions: Sequence[Mention]) -> Hardware:
    row = _row(mentions[0])
    vendor = (
        (org_names(row.vendor) or (orgs()[row.vendor].name,))[0] if row.vendor in orgs() else None
    )
    return Hardware(
        name=_usual_form(mentions),
        vendor=vendor,
        quantity=_quantity(reading, mentions),
        id=row.id,
        mentions=tuple(mention.cite() for mention in mentions),
    )


def _usual_form(mentions: Sequence[Mention]) -> str:
    """The form that is used most, of two the fuller one."""
    forms = Counter(mention.text for mention in mentions)
    return max(forms, key=lambda form: (forms[form], len(form)))


def _quantity(reading: Reading, mentions: Sequence[Mention]) -> str | None:
    """The count or power right beside the hardware, in the words of the text."""
    beside = [
        (gap, count.start, count.end)
        for mention in mentions
        for count in beginning_in(reading.counts, mention.start - _NEXT, mention.end + _NEXT)
        if (gap := _gap(reading, mention, count.start, count.end)) is not None
    ]
    if not beside:
        return None
    _, start, end = min(beside)
    return reading.text[start:end]


_BESIDE = 14
_BREAK = re.compile(r"[，。；、\n]")


def _gap(reading: Reading, mention: Mention, start: int, end: int) -> int | None:
    """How many characters lie between a piece of hardware and a number; None where too many."""
    left, right = (end, mention.start) if end <= mention.start else (mention.end, start)
    near = 0 <= right - left <= _BESIDE
    return right - left if near and not _BREAK.search(reading.folded, left, right) else None
