"""Triggers and the places around them: from a clause to relations between parties."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple, TypeGuard

import ahocorasick_rs

from extract.clauses import Clause, Group, Sentence
from extract.errors import SeedError
from extract.lexicon import orgs, read_toml
from extract.mentions import Mention
from extract.records import DEAL_TYPES, DealType
from extract.resolve import meant

PLACES = ("subject", "object", "by", "to", "with", "from", "into", "at", "of")
NEEDS = (
    "money", "round", "percent", "two_sides", "funded", "goods", "signed", "agreed",
    "stake_object", "stake_or_unit", "as_shareholder", "committed", "measured", "two_or_priced",
    "two_or_owned", "control", "raised", "goods_near", "two_or_spent",
    "money_or_issue", "share_told", "fund_named", "founds", "tender", "share_price",
)  # fmt: skip
MARKED = {
    "by": frozenset(["由", "被", "遭", "接受", "受", "经", "受理"]),
    "of": frozenset(["获得", "获", "得到", "引入", "引进", "吸引", "迎来", "来自", "拿下", "斩获", "赢得", "中标", "收获", "签下", "揽获", "接到", "收到", "拿到"]),
    "to": frozenset(["向", "对", "给", "为", "于"]),
    "with": frozenset(["与", "和", "同", "跟", "携手", "联合", "联手", "牵手"]),
    "from": frozenset(["从", "自"]),
    "into": frozenset(["将", "把"]),
    "at": frozenset(["在"]),
}  # fmt: skip
_PLACE_OF = {marker: place for place, markers in MARKED.items() for marker in markers}
_ASIDE = frozenset(["以", "通过", "除", "据", "聘请", "委托", "委任", "任命"])


@dataclass(frozen=True, slots=True)
class Trigger:
    """An entry of ``deals.toml``."""

    name: str
    type: DealType
    words: tuple[str, ...]
    roles: Mapping[str, str]
    needs: tuple[str, ...]
    status: str
    follows: bool
    unless: tuple[str, ...]
    examples: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Hit:
    """A trigger's word in the text."""

    trigger: Trigger
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Relation:
    """What one trigger says: parties by role, and the clause it says it in.

    ``told`` names the roles whose parties stand in the clause itself; the others were carried over
    from the clauses before.
    """

    hit: Hit
    type: DealType
    sentence: Sentence
    clause: Clause
    parties: tuple[tuple[str, Mention], ...]
    told: frozenset[str]

    def of(self, *roles: str) -> list[Mention]:
        """The parties that have one of the roles."""
        return [party for role, party in self.parties if role in roles]


# --------------------------------------------------------------------------------------------
# triggers


@cache
def triggers() -> tuple[Trigger, ...]:
    """The triggers of ``deals.toml``, checked."""
    seed = read_toml("deals.toml")
    found = tuple(_read_trigger(entry) for entry in seed["trigger"])
    names = [trigger.name for trigger in found]
    if twice := {name for name in names if names.count(name) > 1}:
        raise SeedError("this trigger is listed twice", file="deals.toml", key=min(twice))
    return found


def _read_trigger(entry: Mapping[str, Any]) -> Trigger:
    def refuse(message: str) -> SeedError:
        return SeedError(message, file="deals.toml", key=str(entry.get("name")))

    known = {
        "name",
        "type",
        "words",
        "not",
        "roles",
        "needs",
        "status",
        "follows",
        "unless",
        "examples",
    }
    if unknown := sorted(set(entry) - known):
        raise refuse(f"unknown key {unknown[0]}")
    if entry["type"] not in DEAL_TYPES:
        raise refuse(f"unknown type {entry['type']}")
    if wrong := sorted(set(entry["roles"]) - set(PLACES)):
        raise refuse(f"unknown place {wrong[0]}")
    if wrong := sorted(set(entry.get("needs", ())) - set(NEEDS)):
        raise refuse(f"unknown need {wrong[0]}")
    if twice := {word for word in entry["words"] if entry["words"].count(word) > 1}:
        raise refuse(f"the word {min(twice)} is listed twice")
    return Trigger(
        entry["name"],
        entry["type"],
        tuple(entry["words"]),
        dict(entry["roles"]),
        tuple(entry.get("needs", ())),
        entry["status"],
        entry.get("follows", False),
        tuple(entry.get("unless", ())),
        {key: tuple(value) for key, value in entry.get("examples", {}).items()},
    )


@cache
def _automaton() -> tuple[ahocorasick_rs.AhoCorasick, tuple[tuple[Trigger, ...], ...]]:
    table: dict[str, list[Trigger]] = {}
    for trigger in triggers():
        for word in trigger.words:
            table.setdefault(word, []).append(trigger)
    for entry in read_toml("deals.toml")["trigger"]:
        for word in entry.get("not", ()):
            table.setdefault(word, [])
    return ahocorasick_rs.AhoCorasick(list(table)), tuple(tuple(found) for found in table.values())


def find_hits(
    folded: str, edges: Collection[int] = (), *, void: list[tuple[int, int]] | None = None
) -> list[Hit]:
    """Every trigger word of a text, left to right; of those that overlap the first and longest wins.

    A word that runs over one of the ``edges`` is none: in 锦埭创投入股, with the edge of the name,
    入股 is the word and 投入 is not. Words that only keep a trigger from being read go into ``void``.
    """
    matcher, table = _automaton()
    found: list[Hit] = []
    free = 0
    for start, negated, index in sorted(
        (start, -end, index)
        for index, start, end in matcher.find_matches_as_indexes(folded, overlapping=True)
    ):
        end = -negated
        if start >= free and not any(edge in edges for edge in range(start + 1, end)):
            found += (Hit(trigger, start, end) for trigger in table[index])
            free = end
            if void is not None and not table[index]:
                void.append((start, end))
    return found


def every_hit(folded: str) -> Iterator[Hit]:
    """Every place of every trigger's words, whatever overlaps: no other hit can be found."""
    matcher, table = _automaton()
    for index, start, end in matcher.find_matches_as_indexes(folded, overlapping=True):
        for trigger in table[index]:
            yield Hit(trigger, start, end)


def inside_word(hit: Hit, borders: set[int]) -> bool:
    """Whether the segmenter sees a longer word around the trigger: 投资 in 投资者."""
    return borders.isdisjoint(range(hit.start, hit.end + 1))


def in_chain(hit: Hit, folded: str) -> bool:
    """Whether a trigger is a link of a chain of words: 投资-采购-算力."""
    return "-" in (folded[hit.start - 1 : hit.start], folded[hit.end : hit.end + 1])


# --------------------------------------------------------------------------------------------
# places


class _Around(NamedTuple):
    """A trigger, and what stands around it."""

    hit: Hit
    sentence: Sentence
    clause: Clause
    groups: Sequence[Group]
    skeleton: str
    text: str


def read_relation(
    hit: Hit,
    sentence: Sentence,
    groups: Sequence[Group],
    *,
    skeleton: str,
    text: str,
    topic: Sequence[Mention] = (),
    placed: Callable[[Hit, Places, set[str]], object] | None = None,
) -> Relation | None:
    """The relation that a trigger states, or None where its places stay empty.

    ``text`` are the words of the article, ``skeleton`` the same folded and with brackets masked;
    ``topic`` stands in for a subject that the clause does not name; ``placed`` is told who stands
    where.
    """
    clause = sentence.clause_at(hit.start)
    at = _Around(hit, sentence, clause, groups, skeleton, text)
    places = _placed(at)
    told = set(places)
    if "subject" not in places and "subject" in hit.trigger.roles:
        _carry_subject(at, places, topic)
    if placed is not None:
        placed(hit, dict(places), told)
    _rearrange(at, places)
    parties, told_roles = _assign(hit.trigger, places, told)
    if not parties:
        return None
    parties = _swapped(at, places, told, parties)
    return Relation(hit, hit.trigger.type, sentence, clause, tuple(parties), frozenset(told_roles))


def _placed(at: _Around) -> Places:
    """Who stands where around a trigger, in the clause itself."""
    hit, clause, skeleton = at.hit, at.clause, at.skeleton
    places = _left(at)
    listed = places.get("subject", ())
    _split_subject(hit.trigger, places, skeleton)
    invests = hit.trigger.type == "investment"
    if invests:
        _join_investors(hit.trigger, places, listed, skeleton[clause.start : clause.end])
    _right(at, places)
    both = invests and {"with", "object"} <= places.keys()
    if both and listed[-1:] == places["with"][-1:]:
        places["subject"] = listed  # A和B洽谈投资C: both want to pay
        places.pop("with")
    if unit := _unit_of(at):
        places.setdefault("subject", unit)
    _place_business(at, places)
    if hit.trigger.name == "funding" and _LEADS.match(skeleton, clause.start, hit.end):
        leads = _earlier_subject(at)
        places.setdefault("by", leads)  # A正洽谈，拟参与B的融资
    return places


def _carry_subject(at: _Around, places: Places, topic: Sequence[Mention]) -> None:
    """Put the subject of another clause, or the topic, where the clause names none."""
    hit, clause, skeleton = at.hit, at.clause, at.skeleton
    told = set(places)
    carrier = _earlier_subject(at)
    carrier = carrier or _later_subject(at)
    if not carrier and not _has_own_subject(at):
        carrier = tuple(topic)
    if hit.trigger.follows:  # A的CEO表示，...，投资方要求参与本轮: who speaks does not pay
        carrier = tuple(p for p in carrier if p.kind != "PERSON")
    others = {party.text for place in told for party in places[place]}
    kept = tuple(p for p in carrier if p.text not in others)
    if not kept:
        return
    places["subject"] = kept
    buys = hit.trigger.name == "procure" and not {"object", "to", "from", "by"} & told
    signed = buys and _SIGNED.search(skeleton, kept[-1].end, clause.start)
    if hit.trigger.type in {"divestment", "partnership"} or signed:
        _split_subject(hit.trigger, places, skeleton)  # A与B签约，采购服务器


def _rearrange(at: _Around, places: Places) -> None:
    """Move those who stand in another place than their role has with most triggers."""
    hit, clause, skeleton = at.hit, at.clause, at.skeleton
    if hit.trigger.name in {"acquire", "buy_stake"}:
        _place_sellers(at, places)
        _place_refused(at, places)
    if hit.trigger.name in {"put_money", "invest"} and _IN_ROUND.search(
        skeleton, clause.start, hit.start
    ):
        places.setdefault("to", places.pop("at", ()))
    if hit.trigger.name == "merge" and "with" not in places:
        _split_both(places)
    if hit.trigger.name == "procure":
        _place_suppliers(hit, places, skeleton)


def _split_both(places: Places) -> None:
    """双方同意终止合并协议: the one merges with the other."""
    both = [one for party in places.get("subject", ()) for one in meant(party)]
    if len(both) > 1:
        places["subject"], places["with"] = tuple(both[:1]), tuple(both[1:])


def _place_suppliers(hit: Hit, places: Places, skeleton: str) -> None:
    """Who sells what is bought; 向A租用3万块B的芯片: who makes the goods is not who sells them."""
    if skeleton.startswith("买下", hit.start) and "object" in places and "to" not in places:
        places.clear()  # 买下X: who stands right behind is bought
    if "to" in places and _GIVEN.search(skeleton, places["to"][-1].end, hit.start):
        places.pop("to")  # 向X提供2亿元用于采购
    if {"to", "from"} & places.keys():
        places.pop("object", None)


def _swapped(
    at: _Around, places: Places, told: set[str], parties: list[tuple[str, Mention]]
) -> list[tuple[str, Mention]]:
    """The parties with the sides of a trade or a loan that the words around the trigger tell."""
    hit, clause, skeleton = at.hit, at.clause, at.skeleton
    if hit.trigger.type == "procurement" and "with" in told:
        compute = bool(_COMPUTING.search(skeleton, clause.start, clause.end))
        parties = _by_stage(parties, compute=compute)
    if hit.trigger.type == "debt":
        parties = _by_trade(_by_word(hit, clause, places, parties, skeleton))
    before, through = (skeleton, clause.start, hit.start), (skeleton, clause.start, hit.end)
    if hit.trigger.name == "trade_contract" and len(parties) == 1 and _FOR_CLIENT.search(*through):
        parties = [("supplier", party) for _, party in parties]
    if hit.trigger.name == "trade_contract" and _EARNS.search(skeleton, hit.end, clause.end + 24):
        return _swap(parties)
    if hit.trigger.name == "supply_contract" and _ORDERS.search(*before):
        parties = _swap(parties)
    return parties


# 签署租赁协议，合同收入约37亿美元: who earns supplies
_EARNS = re.compile("[^。；]{0,16}(?:合同|租金|租赁)(?:总)?收入")
_BREAK = re.compile("[，。；：、]|投资|收购|采购")
_SIGNED = re.compile("签|达成[^，。；]{0,8}(?:协议|合作)")
# 与国内某头部互联网客户签订算力服务合同: whose client has no name supplies
_FOR_CLIENT = re.compile(
    "[与和同][^，。；]{0,24}(?:客户|用户|甲方)|[与和同][^，。；]{0,8}某[^，。；]{2,16}(?:算力|服务|租赁|托管|供货|销售)"
)
_GIVEN = re.compile("提供|支付|投资|增资|借")
# 在后者的下一轮融资中投入5亿美元
_IN_ROUND = re.compile("在[^，。；]{2,30}融资中")
_ABOUT = re.compile("[^，。；]{0,6}就[^，。；]{0,10}$")
_AGREEMENT = ("协议", "谈判", "意向", "框架")


# 向X等12名交易对方收购Y: who is asked sells
_ASKED = re.compile("向[^，。；]{2,24}$")


def _place_sellers(at: _Around, places: Places) -> None:
    """A从B手中买下C, A与B就收购C谈判: B sells; A与B达成收购协议: B is bought."""
    hit, clause, skeleton = at.hit, at.clause, at.skeleton
    if "from" in places:
        places.setdefault("owner", places.pop("from"))
    if "object" in places and "to" in places and _ASKED.search(skeleton, clause.start, hit.start):
        places.setdefault("owner", places.pop("to"))
    alone = places.keys() >= {"subject", "with"} and not {"object", "to"} & places.keys()
    if alone and skeleton[hit.start : hit.end] == "私有化":
        places["object"] = places.pop("with")  # 同X达成私有化协议
    subject = places.get("subject", ())
    if (
        len(subject) < 2
        or skeleton[subject[0].end : subject[1].start].strip(" \x01") not in "与和同"
    ):
        return
    first, rest = subject[:1], subject[1:]
    if "object" in places and _ABOUT.match(skeleton[subject[-1].end : hit.start]):
        places["subject"] = first
        places.setdefault("owner", rest)
    elif "object" not in places and "by" not in places and skeleton.startswith(_AGREEMENT, hit.end):
        places["subject"], places["object"] = first, rest


_REFUSES = re.compile("(?:拒绝|回绝|婉拒|否决|驳回|谢绝)了?[^，。；]{0,6}$")


def _place_refused(at: _Around, places: Places) -> None:
    """A拒绝了B的收购要约: B wants to buy A."""
    hit, clause, groups, skeleton = at.hit, at.clause, at.groups, at.skeleton
    here = [g for g in groups if clause.start <= g.start and g.end <= hit.start and not g.marker]
    if "object" in places or len(here) < 2:
        return
    refusing, buyer = here[-2:]
    if _REFUSES.search(skeleton, refusing.end, buyer.start):
        places["subject"], places["object"] = buyer.parties, refusing.parties


_UNIT = re.compile("(?:的|下属|全资|控股)*(?:子|孙|分)公司")


def _unit_of(at: _Around) -> tuple[Mention, ...]:
    """公司全资子公司中标: a unit without a name is its parent."""
    hit, clause, groups, skeleton = at.hit, at.clause, at.groups, at.skeleton
    here = [g for g in groups if clause.start <= g.start and g.end <= hit.start]
    if len(here) == 1 and here[0].modifier and _UNIT.match(skeleton, here[0].end):
        return here[0].parties
    return ()


BUSINESS = "relations.business"
"""The rule of what is bought without a name of its own: 电视业务."""

_BUSINESS = r"(?P<unit>[^，。；、的将把\x01%（）()\t\n]{1,14}?(?:业务|工厂|[圆池造]厂|事业部|部门|生产线|产线))"
_BUSINESS_SOLD = re.compile(
    rf"(?:将|把)(?:(?:其|自己|自身|自家|旗下|位于[^，。；的]{{2,8}})的?)*{_BUSINESS}"
    r"(?:的?[^，。；]{0,8}(?:资产|设施|权益))?(?=以|按|[^，。；]{0,8}(?:出售|卖|转让|售|剥离)|，)"
)
_BUSINESS_OF = re.compile(rf"(?:公司|集团)?(?P<apart>旗下的?|的|所属)?{_BUSINESS}")
_NO_BUSINESS = re.compile(
    "^(?:部分|全部|所有|整体|相关|若干|多[家个]|[一二两三几数][家座个项条]|在)|股|持有|控制|从事|主营|开展|拓展|布局|进入|增强|加强|[0-9]亿"
)


def _place_business(at: _Around, places: Places) -> None:
    """A把电视业务卖给B; B收购A的电视业务: a business that has no name of its own is what is bought."""
    hit, clause, skeleton = at.hit, at.clause, at.skeleton
    if hit.trigger.name in {"sell", "hand_over"}:
        found = _BUSINESS_SOLD.search(skeleton, clause.start, hit.end)
        if "to" in places and _is_business(found) and not {"into", "object"} & places.keys():
            places["into"] = (_business(at.text, *found.span("unit")),)
    elif hit.trigger.name == "acquire" and len(places.get("object", ())) == 1:
        owner = places["object"][0]
        found = _BUSINESS_OF.match(skeleton, owner.end, clause.end)
        if owner.start >= hit.end and _is_business(found):
            start = found.start("unit") if found["apart"] else owner.start
            places.setdefault("owner", places["object"])
            places["object"] = (_business(at.text, start, found.end("unit")),)


def _is_business(found: re.Match[str] | None) -> TypeGuard[re.Match[str]]:
    return found is not None and not _NO_BUSINESS.search(found["unit"])


def _business(text: str, start: int, end: int) -> Mention:
    return Mention(start, end, text[start:end], "ORG", BUSINESS)


# 微软在与OpenAI的合作中已投资1000亿美元
_IN_THEIR = re.compile("[与同和][^，。；]{2,24}的?(?:合作|协议|交易)[中里]")


def _join_investors(
    trigger: Trigger, places: Places, listed: tuple[Mention, ...], clause: str
) -> None:
    """A与B向C投资, A和B投资C: both pay; with whom else nothing was agreed is no side at all."""
    companion = places.pop("with", ())
    if companion and trigger.roles.get("with") == trigger.roles.get("subject"):
        places["with"] = companion  # A与B共同设立X基金: the place has the role already
    elif companion and "to" not in places and _IN_THEIR.search(clause):
        places["to"] = companion
    elif "to" in places and "subject" in places:
        places["subject"] = (*places["subject"], *companion)
    elif companion and AGREED.search(clause):
        places["with"] = companion
    elif companion and listed[-1:] == companion[-1:]:
        places["subject"] = listed


AGREED = re.compile("达成|签|协议|就|谈|磋商")
Places = dict[str, tuple[Mention, ...]]


# A、B，以及老股东C跟投: a list that a comma parts
_LIST_GOES_ON = re.compile("[ \x01]*(?:以及|及|还有|和|与|连同)")
_NO_LIST = re.compile("[领跟参追]投|获|完成|宣布|为|是|由|被|将|融资|达成|签|发|向|对|的")


def _listed_in_front(at: _Around) -> tuple[Mention, ...]:
    """The parties of a clause that is only the beginning of a list: A、B，以及老股东C跟投."""
    sentence, clause, groups, skeleton = at.sentence, at.clause, at.groups, at.skeleton
    before = [c for c in sentence.clauses if c.end <= clause.start][-1:]
    if not before or not _LIST_GOES_ON.match(skeleton, clause.start):
        return ()
    here = [g for g in groups if before[0].start <= g.start and g.end <= before[0].end]
    told = "".join(
        skeleton[start:end]
        for start, end in zip(
            [before[0].start, *(g.end for g in here)],
            [*(g.start for g in here), before[0].end],
            strict=True,
        )
    )
    if _NO_LIST.search(told):
        return ()
    return tuple(party for group in here for party in group.parties)


def _left(at: _Around) -> Places:
    """The places in front of a trigger; the subject is the head nearest to it."""
    hit, clause, groups, skeleton = at.hit, at.clause, at.groups, at.skeleton
    places: Places = {}
    led = False
    if hit.trigger.follows and (others := _listed_in_front(at)):
        places["subject"] = others
    for group in groups:
        if not (clause.start <= group.start and group.end <= hit.start):
            continue
        place = _PLACE_OF.get(group.marker, "" if group.marker in _ASIDE else "subject")
        if hit.trigger.name == "funding" and group.marker == "向":
            place = "from"  # X向Y融资2亿元
        if group.marker == "为" and hit.trigger.type == "acquisition":
            noun = skeleton.startswith(("案", "交易", "计划"), hit.end)
            place = place if noun else "subject"  # 为A收购B开绿灯
        if place == "subject" and hit.trigger.name == "funding":
            pays = _INVESTED.match(skeleton, group.end, hit.start)
            pays = pays or _LEADS.match(skeleton, group.end, hit.end)
            place = "by" if pays else place
            led = led or bool(pays)
        if place and not group.modifier:
            by = places.get("by") if place == "subject" and hit.trigger.follows else None
            if by and _ROUND_VERB.search(skeleton, by[-1].end, group.start):
                places.pop("by")  # 由A领投、B跟投
            elif by and "，" not in skeleton[by[-1].end : group.start]:
                place = "by"  # 由A旗下B与C联合投资
            earlier = places.get(place, ())
            listed = hit.trigger.follows and place in {"subject", "by"} and earlier
            if not listed or _VERB.search(skeleton, earlier[-1].end, group.start):
                earlier = ()
            places[place] = (*earlier, *group.parties)
    if led and "with" in places:  # A正与B洽谈主导其首轮融资
        places["to"] = places.pop("with")
    return places


# 完成A、B参投的天使轮融资: who stands in front of the verb paid
_INVESTED = re.compile(
    "(?:等[^，。；的]{0,8}?)?(?:联合|共同|独家|战略|独家战略)*(?:[领跟参独]投|投资|加持)的"
)
# A预计将牵头此次融资: who leads a round pays
_LEADS = re.compile(
    "[ \x01]*(?:正在?|拟|将)?(?:[与同和][^，。；]{2,24}?(?:洽谈|商谈|磋商|谈判))?"
    "(?:预计|将|拟|有望|正|已|计划|同意|洽谈|仍在|正在|考虑)*(?:牵头|主导|领投|参与|参投|加入)了?"
    "(?:(?:此次|本次|本轮|这轮|此轮|该轮|新一轮|其|这一轮)[^，。；]{0,10}|(?:支持)?[^，。；]{2,30}的[^，。；]{0,14})融资"
)
_ROUND_VERB = re.compile("[领跟参追]投|投资")
# between two lists of one place: another verb, which the first list belongs to
_VERB = re.compile("获|拿|完成|宣布|由|被|融资|表示|称")


# 刚完成6000万美元融资的X: what stands behind 的 is the subject of the verb in front of it
_RELATIVE = re.compile(
    r"(?:(?!包括|方为|方有|由|投资方)[^，。；：\n]){0,20}?的(?:[^，。；：\n的]{0,10})$"
)


def _right(at: _Around, places: Places) -> None:
    hit, sentence, clause, groups, skeleton = at.hit, at.sentence, at.clause, at.groups, at.skeleton
    listed = hit.trigger.follows and "subject" not in hit.trigger.roles
    end = sentence.end if listed else clause.end
    for group in groups:
        if group.start < hit.end or group.end > sentence.end or group.start >= end:
            continue
        gap = skeleton[hit.end : group.start]
        if _ADVISES.match(skeleton, group.end) or _ADVISED.search(gap):
            continue
        place = _PLACE_OF.get(group.marker, "object") if group.marker in gap else "object"
        if group.marker == "于" and hit.trigger.name == "sell":
            place = "object"  # 出售其于X持有的股权
        if place == "to" and _INVESTOR_IS.search(gap):
            place = "by"  # 融资的领投方预计为X
        if skeleton[hit.end - 1] in "给予" and not _BREAK.search(gap) and len(gap) < 16:
            places.setdefault("to", group.parties)  # 卖给Y, 租给Y
            continue
        if place == "object" and _OWNER.match(skeleton, group.end):
            places.setdefault("owner", _owner(group, places))
        elif group.marker and group.marker in gap and place not in {"object", "by", "of"}:
            places.setdefault(place, group.parties)
        elif place in {"by", "of"} and hit.trigger.name == "funding" and group.marker in gap:
            if group.modifier:
                continue
            places.setdefault("by", group.parties)  # 本轮融资由A出资, 吸引了B
        elif _is_relative_head(hit, places, gap, group):
            places["subject"] = group.parties
        elif hit.trigger.name == "hold" and _SHARE_OF.fullmatch(gap) and "object" not in places:
            if "subject" in places and not group.marker:
                places["object"] = group.parties
        elif group.modifier and hit.trigger.type == "acquisition" and _near(gap):
            if group.parties[-1].text not in {p.text for p in places.get("object", ())}:
                places.setdefault("owner", group.parties)
        elif place == "object" and _FOUNDED.search(gap):
            continue
        elif "object" not in places and not group.modifier and (listed or _near(gap)):
            places["object"] = group.parties
        elif listed and (earlier := places.get("object", ())):
            if _LIST_ENDS.search(skeleton, earlier[-1].end, group.start):
                break
            places["object"] = (*earlier, *group.parties)
        elif listed:
            places["object"] = group.parties


# 阿里巴巴持股33%的蚂蚁集团
_SHARE_OF = re.compile("[约近超逾]?[0-9.]+ ?%的[^，。；]{0,8}")


# 投资方为A，B担任独家财务顾问
_ADVISED = re.compile("(?:保荐|承销|顾问|辅导|独家财务)[^，。；]{0,8}(?:为|是|包括)[ \x01“]*$")
_ADVISES = re.compile(
    "[ \x01]*(?:持续|继续|长期)?(?:担任|出任|任|为)[^，。；]{0,12}(?:财务顾问|融资顾问|FA)"
)


_INVESTOR_IS = re.compile("(?:投|投资)(?:方|人|机构|者)[^，。；]{0,6}为[ \x01“]*$")


def _owner(group: Group, places: Places) -> tuple[Mention, ...]:
    """Whose shares are bought; in 向X购买其持有的Y it is X."""
    return places.pop("to", group.parties) if group.parties[0].text == "其" else group.parties


def _is_relative_head(hit: Hit, places: Places, gap: str, group: Group) -> bool:
    return (
        "object" not in hit.trigger.roles
        and "subject" in hit.trigger.roles
        and "subject" not in places
        and not group.modifier
        and bool(_RELATIVE.match(gap))
    )


def _split_subject(trigger: Trigger, places: Places, skeleton: str) -> None:
    """Read A与B in front of 合作 as a subject and its counterpart, not as one list."""
    parties = places.get("subject", ())
    if "with" not in trigger.roles or "with" in places:
        return
    sells = trigger.type == "divestment"
    if sells and len(parties) > 2:
        return  # A、B与C减持: all of them sell
    listed = len(parties) > 2 and "、" in skeleton[parties[0].end : parties[-1].start]
    if trigger.type == "procurement" and listed:
        return  # A、B和C将各自部署: all of them buy
    for place in range(len(parties) - 1, 0, -1):
        gap = skeleton[parties[place - 1].end : parties[place].start]
        if any(word in gap for word in ("与", "和", "同", *([] if sells else ["及"]))):
            places["subject"], places["with"] = parties[:place], parties[place:]
            return


# 领投方为A和B，其它投资方还包括C: the second list is another one
_LIST_ENDS = re.compile(
    "(?:其[他它余]|[领跟参])投|投资[方者人](?:还|也|为|有|包)|此外|另外|同时|过往"
)
_OWNER = re.compile(
    r"[ \x01”」』]*(?:等(?:[0-9]+[名家位方]|[一二三四五六七八九十两]+[名家位方])?(?:交易对方|股东|机构|公司|合伙人)?)?"
    r"(?:所持(?:有)?(?=[一-龥])|(?:所|合计|共同|分别)*(?:持有|持)(?:的|合计|[^，。；]{0,4}[^，。；0-9]{0,60}的))"
)
_FOUNDED = re.compile("成立|设立|组建|创立")
_FAR = re.compile(
    r"^(?:完成)?(?:之?后|之前|以来)|[。；★☆◈◇◆●■▲|丨｜]|(?:领投|投资|跟投)[方人]|用于|之后|后续|以及其|使|令|导致|由"
)


def _near(gap: str) -> bool:
    """Whether what stands between a verb and a party lets the party be its object."""
    return len(gap) <= 40 and not gap.startswith("、") and not _FAR.search(gap)


_FOREIGN = re.compile(r"(?<![A-Za-z])[A-Z][a-z]+[A-Za-z]*")


def _has_own_subject(at: _Around) -> bool:
    """Whether a clause has a foreign name in front of its trigger that is not known as a party."""
    hit, clause, groups, skeleton = at.hit, at.clause, at.groups, at.skeleton
    spans = [(group.start, group.end) for group in groups]
    return any(
        not any(start <= match.start() < end for start, end in spans)
        for match in _FOREIGN.finditer(skeleton, clause.start, hit.start)
    )


# X批准Y…, X称Y…: who reports or allows is not who acts
_REPORTS = re.compile(
    r"[^，。；：、\n]{0,8}(?:批准|称|表示|透露|报道|证实|认为|指出|估计|预计|显示|获悉|曝|发布)"
)


# 收购A持有的X股权，…: a clause that begins with its verb has objects only
_VERB_FIRST = re.compile(
    r"[ \x01]*(?:并|且|拟|将|已|还|又|同时|另|再|分别|计划)*"
    r"(?:收购|受让|购买|认购|出售|转让|投资|入股|增资|参与|参投|采购|取得|购入)"
)


# 德勤预计，今年新股募资3000亿港元: who counts the deals of others does none
_ESTIMATES = re.compile(
    "[^，。；、]{0,6}(?:预计|统计|测算|估算|研报)[^，。；]{0,6}，|[^，。；、]{0,16}数据显示，"
)


def _earlier_subject(at: _Around) -> tuple[Mention, ...]:
    """The subject of the clause before: its first head that does more than report."""
    sentence, clause, groups, skeleton = at.sentence, at.clause, at.groups, at.skeleton
    found: tuple[Mention, ...] = ()
    seen: Clause | None = None
    reports = False
    for group in groups:
        if group.start >= clause.start:
            break
        here = sentence.clause_at(group.start)
        if _VERB_FIRST.match(skeleton, here.start) or _ESTIMATES.match(skeleton, group.end):
            continue
        if not group.modifier and not group.marker and (here != seen or reports):
            found, seen = group.parties, here
            reports = bool(_REPORTS.match(skeleton, group.end))
    return found


# 在收购X之后，Y…; 除收购X外，Y…; 通过收购X，Y…: a clause in front of the main one, whose subject it shares
_SUBORDINATE = re.compile(
    r"[ \x01“]*(?:(?:早)?在|继|除了?|自从?|随着)[^，。；]*?"
    r"(?:后(?:不久|的[^，。；的]{1,8})?|外|以来|之际|同时|前|之余|基础上)[ \x01]*，$"
    r"|[ \x01“]*(?:通过|借助|凭借|为了?)(?:此次|这次)?(?:以[^，。；]{2,14})?(?:收购|并购|入股|投资|采购|合并)[^，。；]*，$"
)


def prepares(skeleton: str, clause: Clause) -> bool:
    """Whether a clause only prepares the one behind it: 除收购X外，Y…."""
    return _SUBORDINATE.fullmatch(skeleton, clause.start, clause.end) is not None


def _later_subject(at: _Around) -> tuple[Mention, ...]:
    """The subject of the clause behind one that only prepares it."""
    sentence, clause, groups, skeleton = at.sentence, at.clause, at.groups, at.skeleton
    if not prepares(skeleton, clause):
        return ()
    behind = [g for g in groups if g.start >= clause.end and g.end <= sentence.end]
    if not behind or behind[0].marker or behind[0].modifier:
        return ()
    begins = not skeleton[clause.end : behind[0].start].strip(" \x01“")
    return behind[0].parties if begins else ()


@cache
def _stages() -> dict[str, int]:
    """How far down the chain of supply a listed firm stands, from equipment to models."""
    table = read_toml("chain.toml")["stages"]
    if unknown := sorted({firm for firms in table.values() for firm in firms} - orgs().keys()):
        raise SeedError("unknown organisation", file="chain.toml", key=unknown[0])
    return {firm: stage for stage, firms in enumerate(table.values()) for firm in firms}


# whose trade is in the name: 云智算, Veltrix Data Centers
_HOSTS = re.compile("算力|智算|云算|算云|云$|云计算|云数|数据中心|Cloud|Compute|Data Cent")
_COMPUTING = re.compile("算力|云服务|云计算|数据中心|机柜|IDC|租约|GPU|集群")


def _by_stage(
    parties: list[tuple[str, Mention]], *, compute: bool = False
) -> list[tuple[str, Mention]]:
    """The parties of a contract between two, the one of the earlier stage as the supplier.

    Where no list has one of them, a contract on ``compute`` is served by whose name tells of it.
    """
    stages = {role: _stages().get(party.id) for role, party in parties}
    buyer, supplier = stages.get("buyer"), stages.get("supplier")
    if buyer is not None and supplier is not None:
        reversed_ = buyer < supplier
    else:
        hosts = {role for role, party in parties if _HOSTS.search(party.text)}
        reversed_ = compute and hosts == {"buyer"}
    return _swap(parties) if reversed_ else parties


def _swap(parties: list[tuple[str, Mention]]) -> list[tuple[str, Mention]]:
    return [(_SWAPPED.get(role, role), party) for role, party in parties]


_SWAPPED = {"buyer": "supplier", "supplier": "buyer"}
# 向供应商追加大量订单: who orders buys
_ORDERS = re.compile("(?:追加|增加|下达|发出|(?<![拿签揽接])下)[^，。；向获]{0,8}$")


_LENDS = re.compile(
    "^(?:国开|建|工|农|中|招|交)行$|(?:银行|信托|租赁|财务公司)$|(?:银行|信托|租赁).{0,8}(?:有限公司|分行)$"
)


_LENT = re.compile("提供|发放|给予|出借")


def _by_word(
    hit: Hit, clause: Clause, places: Places, parties: list[tuple[str, Mention]], skeleton: str
) -> list[tuple[str, Mention]]:
    """向X借款: who is asked lends; 向X提供借款: who is given borrows."""
    lent = _LENT.search(skeleton, clause.start, hit.start)
    given = skeleton.startswith("给", hit.end) or skeleton[hit.end - 1] == "给"
    if skeleton[hit.start] != "借" or "to" not in places or lent or given:
        return parties
    other = {"lender": "borrower", "borrower": "lender"}
    return [(other.get(role, role), party) for role, party in parties]


def _by_trade(parties: list[tuple[str, Mention]]) -> list[tuple[str, Mention]]:
    """A与某银行签订借款合同: of two that are told to borrow, the bank is the one that lends."""
    banks = {party.text for role, party in parties if _LENDS.search(party.text)}
    if not banks or all(role != "borrower" or party.text in banks for role, party in parties):
        return parties
    return [("lender" if party.text in banks else role, party) for role, party in parties]


COUNTERPART = {
    "investor": "investee", "investee": "investor", "lead_investor": "investee",
    "acquirer": "acquiree", "acquiree": "acquirer", "buyer": "supplier", "supplier": "buyer",
    "lender": "borrower", "borrower": "lender", "shareholder": "investee", "seller": "buyer_of_stake",
}  # fmt: skip


def _assign(
    trigger: Trigger, places: Mapping[str, tuple[Mention, ...]], told: set[str]
) -> tuple[list[tuple[str, Mention]], set[str]]:
    """Places to roles; where the 由- or 获-place has the subject's role, the subject is its counterpart."""
    roles = dict(trigger.roles)
    if "by" in roles:
        roles.setdefault("of", roles["by"])
    for place in ("by", "of", "to"):
        if place in places and place in roles and roles[place] == trigger.roles.get("subject"):
            sold = trigger.type == "divestment"  # X的股份被Y卖给Z
            roles["subject"] = "investee" if sold else COUNTERPART.get(roles[place], "")
    parties: list[tuple[str, Mention]] = []
    told_roles = set()
    if trigger.type in {"investment", "acquisition"}:
        roles["owner"] = "seller"
    for place, found in places.items():
        if role := roles.get(place):
            parties += [(role, party) for party in found]
            if place in told:
                told_roles.add(role)
    return parties, told_roles
