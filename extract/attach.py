"""What belongs to a deal beside its clause: conditions and hardware."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from extract.conditions import Found
from extract.lexicon import Hardware as HardwareRow
from extract.lexicon import hardware_surfaces, key, org_names, orgs
from extract.mentions import Mention
from extract.reading import Draft, Reading
from extract.records import Hardware
from extract.relations import Relation


def share_conditions(reading: Reading, drafts: Sequence[Draft]) -> dict[int, list[Found]]:
    """Each condition goes to the deal told last before it, or in its sentence, that it can fit.

    One that speaks of 本轮 or 此次 passes over background and may stand far from its deal. Parts of
    one transaction, told in the same sentence for the same target, share what is said of them.
    """
    shared: dict[int, list[Found]] = {}
    for condition in reading.conditions:
        fitting = [(p, draft) for p, draft in enumerate(drafts) if draft.type in condition.types]
        home = _home(reading, fitting, condition)
        for place in _with_its_parts(fitting, home, condition):
            said = {reading.folded[c.start : c.end] for c in shared.get(place, ())}
            if reading.folded[condition.start : condition.end] not in said:
                shared.setdefault(place, []).append(condition)
    return shared


_Places = Sequence[tuple[int, Draft]]

_REACH: Mapping[str, int] = {"any": 260, "lead": 260, "near": 120}
"""How many characters may lie between the sentence of a deal and its condition, by scope."""

_NAMED = 300
"""How much farther a condition may stand for each party of the deal that its clause names."""


def _home(reading: Reading, fitting: _Places, condition: Found) -> int | None:
    """The place of the deal that a condition belongs to."""
    reach = _REACH[condition.scope]
    near = []
    for place, draft in fitting:
        distance = _distance(draft, condition)
        if distance is not None and distance > 0:
            distance = max(1, distance - _NAMED * _parties_named(reading, draft, condition))
        if distance is not None and distance <= reach:
            near.append((distance, place))
    if not condition.points:
        return min(near)[1] if near else None
    drafts = dict(fitting)
    meant = [(d, place) for d, place in near if d <= 0 or _is_news(drafts[place])]
    return min(meant)[1] if meant else _main(fitting, condition)


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


def _main(fitting: _Places, condition: Found) -> int | None:
    """The deal that the article is about: the one of the headline, else the first one told."""
    before = [
        (place, draft)
        for place, draft in fitting
        if _is_news(draft) and min(r.sentence.start for r in draft.relations) < condition.start
    ]
    told = [place for place, draft in before if _in_title(draft)]
    first = [place for place, _ in before]
    return next(iter((*told, *first)), None)


def _distance(draft: Draft, condition: Found) -> int | None:
    """How far a condition stands behind the nearest clause of a deal; None where it is ahead.

    In the sentence of the deal it is negative or zero: the nearer the clause, the smaller.
    """
    gaps = []
    for relation in draft.relations:
        sentence, clause = relation.sentence, relation.clause
        if sentence.start <= condition.start < sentence.end:
            apart = max(condition.start - clause.end, clause.start - condition.end, 0)
            gaps.append(min(apart - 1000, 0))
        elif sentence.end <= condition.start:
            gaps.append(condition.start - sentence.end + 1)
    return min(gaps, default=None)


def _with_its_parts(fitting: _Places, home: int | None, condition: Found) -> list[int]:
    """The home of a condition and the deals of its sentence that have the same type and target."""
    if home is None:
        return []
    own = dict(fitting)[home]
    sentences = {relation.sentence.start for relation in own.relations}
    return [
        place
        for place, draft in fitting
        if place == home
        or (
            draft.type == own.type
            and {m.value for m in draft.rounds} == {m.value for m in own.rounds}
            and bool(draft.ids("target") & own.ids("target"))
            and bool(
                sentences & {r.sentence.start for r in draft.relations if not r.sentence.title}
            )
        )
    ]


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
    places = list(spans)
    for mention in reading.hardware:
        inside = any(start <= mention.start and mention.end <= end for start, end in places)
        if inside and _is_hardware(reading, mention):
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
        for count in reading.counts
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
