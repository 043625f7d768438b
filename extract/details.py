"""From relations to details: what a relation's own words say of money, stake, round, date and state."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import get_args

from extract.amounts import Quantity
from extract.clauses import Sentence
from extract.lexicon import alternation, read_toml, words
from extract.mentions import Mention, beginning_in, last_before
from extract.needs import has_percent, has_word
from extract.observer import Observer
from extract.reading import Detail, Reading
from extract.records import DealType, Role
from extract.relations import Relation, prepares, triggers
from extract.resolve import listed_kind, meant
from extract.state import tell_status
from extract.values import Cited, nearest, rounds_in
from extract.when import pick_date


def side_of(role: str, deal_type: DealType) -> str:
    """Whether a role pays (``investor``) or is paid (``target``) in a type of deal."""
    if role in {"partner2", "seller"}:
        return "target"
    return "investor" if role in read_toml("deals.toml")["type"][deal_type]["payer"] else "target"


# --------------------------------------------------------------------------------------------
# details: what a relation's own words say


_PAST = re.compile("|".join(map(re.escape, words("cues.toml", "past", "words"))))
_CONTROL = re.compile("控股权|控制权|(?:成为|变更为)[^，。；]{0,12}控股股东|全部股权|100 ?%")


def detail(
    reading: Reading, relation: Relation, *, observer: Observer | None = None
) -> Detail | None:
    """A relation with its values, or None where its trigger's needs are not met."""
    read = relation
    if relation.hit.trigger.follows and _FORMER.search(
        reading.skeleton, relation.clause.start, relation.hit.start
    ):
        if observer is not None:
            observer.detailed(read, None, None, "former")
        return None
    if observer is None and _hopeless(reading, relation):
        return None
    relation = _retype(reading, relation)
    found = _priced(reading, relation)
    unmet = _unmet(reading, found)
    joining = _joining(reading, found) if unmet else None
    if observer is None and unmet and joining is None:
        return None
    found = _dated(reading, relation, found)
    kept = (joining and _dated(reading, relation, joining)) if unmet else found
    if observer is not None:
        observer.detailed(read, found, kept, unmet)
    return kept


def _priced(reading: Reading, relation: Relation) -> Detail:
    """A relation with its values; what no need asks for, date and state, is still open."""
    payers, payees = _split(relation)
    return Detail(
        relation,
        payers,
        payees,
        _amount(reading, relation),
        _valuation(reading, relation),
        _nearest_percent(reading, relation),
        _rounds(reading, relation),
        None,
        relation.hit.trigger.status,
        None,
        False,
    )


def _dated(reading: Reading, relation: Relation, found: Detail) -> Detail:
    """The same with the date and the state that a relation tells."""
    sentence = relation.sentence
    status, cue = tell_status(reading, relation)
    if denied := _DENIAL.search(reading.skeleton, sentence.start, sentence.end):
        status, cue = "terminated", Cited("terminated", *denied.span(), "front")
    return replace(
        found,
        date=pick_date(reading, relation),
        status=status,
        status_cue=cue,
        past=bool(_PAST.search(reading.folded, sentence.start, relation.hit.start)),
    )


def _hopeless(reading: Reading, relation: Relation) -> bool:
    """Whether a relation has no use whatever its values are, as its words and parties tell already."""
    trigger = relation.hit.trigger
    text = reading.folded[relation.clause.start : relation.clause.end]
    if not any(word in text for word in trigger.unless) and all(
        _BEFORE_VALUES[need](reading, relation) for need in trigger.needs if need in _BEFORE_VALUES
    ):
        return False
    if trigger.name not in _JOINS:
        return True
    pays = any(side_of(role, relation.type) == "investor" for role, _ in relation.parties)
    return not pays or bool(_OWN_PROJECT.search(text))


_JOINS = frozenset({"invest", "put_money"})
_OWN_SPENDING = re.compile(
    "资本支出|资本开支|数据中心|资料中心|基础设施|建厂|工厂|产能|研发|园区|扩产|广告|营销|补贴|回购|采购|购买"
)
_FORMER = re.compile(
    "此前|过往|历史|以往|曾经|历轮|前几轮|前两轮"
    "|(?:早期|现有|已有)(?!(?:股东|投资者|投资人|投资方)[^，。；]{0,30}$)"
)
_DENIAL = re.compile(
    f"{alternation(words('cues.toml', 'denial', 'words'))}|不存在[^，。；]{{4,40}}(?:的情形|一事|的情况)"
    "|从未[与和就][^，。；]{2,40}(?:签|商谈|洽谈|接触|达成)"
)
_ROUND_TALK = re.compile("融资|轮|领投|投资方|资方|跟投")
_OWN_PROJECT = re.compile("建设|设立|成立|项目|工厂|基地|研发")


def _joining(reading: Reading, found: Detail) -> Detail | None:
    """A等投资, B出资100亿美元 without a target: they join the round, or are a part of the deal told."""
    relation = found.relation
    if relation.hit.trigger.name not in _JOINS or found.payees:
        return None
    if not found.payers or _OWN_PROJECT.search(clause_text(reading, found)):
        return None
    if prepares(reading.skeleton, relation.clause):
        return None  # 继A投资后，X再获融资
    sentence = reading.skeleton[relation.sentence.start : relation.sentence.end]
    if found.amount and not _OWN_SPENDING.search(sentence):
        return found
    if "investor" not in relation.told or not _ROUND_TALK.search(sentence):
        return None
    trigger = next(t for t in triggers() if t.name == "follow")
    hit = replace(relation.hit, trigger=trigger)
    return replace(found, relation=replace(relation, hit=hit), amount=None)


_RAISED = re.compile(r"(?:募|筹|融|集资|发行规模|规模|定增)[^，。；：]{0,16}$")
_RAISED_BEHIND = re.compile(
    r"[ \x01]*(?:的)?[^，。；：]{0,6}(?:IPO|首次公开|上市|公开募股|招股|定增|发行)"
)


def _amount(reading: Reading, relation: Relation) -> Quantity | None:
    """The price that a clause gives its deal; a listing has one only where money is raised."""
    sentence = relation.sentence
    candidates: Sequence[Quantity] = beginning_in(reading.amounts, sentence.start, sentence.end)
    if relation.type == "ipo":
        candidates = [
            q
            for q in candidates
            if _RAISED.search(reading.skeleton, max(0, q.start - 24), q.start)
            or _RAISING.search(reading.skeleton, q.start, q.end)  # 最高募资18.6亿港元
            or _RAISED_BEHIND.match(reading.skeleton, q.end)
        ]
    clause = relation.clause
    follows = relation.hit.trigger.follows and not relation.of("investee")
    own = (
        follows
        or relation.type in {"partnership", "holding"}
        or reading.folded.startswith("其中", clause.start)
        or prepares(reading.skeleton, clause)
    )
    stretch = replace(sentence, start=clause.start, end=clause.end) if own else sentence
    whole = [q for q in candidates if _may_be_its(reading, relation, q)]
    found = nearest(whole, clause, stretch, relation.hit.start)
    if found is None and relation.type in _PRICED_LATER:
        return _price_behind(reading, relation)
    if found is None and relation.type in _ISSUED:
        return _size_behind(reading, relation)
    if found is None and relation.type == "partnership":
        parts = (sentence, *following(reading, relation, 1))
        told = [q for part in parts for q in beginning_in(reading.money, part.start, part.end)]
        return next((q for q in told if _is_capital(reading, relation, q)), None)
    return found


_ISSUED = frozenset(["ipo", "debt"])
_SIZE = re.compile("(?:本次|此次|总|发债)[^，。；0-9]{0,4}规模[^，。；0-9]{0,6}$")


def _size_behind(reading: Reading, relation: Relation) -> Quantity | None:
    """The size of an issue that one of the next sentences tells: 本次发行规模预计达3000亿日元."""
    for sentence in following(reading, relation, 2):
        for money in beginning_in(reading.amounts, sentence.start, sentence.end):
            if _SIZE.search(reading.skeleton, sentence.start, money.start):
                return money
    return None


_PRICED_LATER = frozenset(["acquisition", "procurement"])
_ITS_PRICE = re.compile(
    "(?:该|此|这[笔项])?(?:交易|协议|合同|收购)[^，。；0-9]{0,14}(?:作价|总?值|总?对价|总?价|金额|规模)[^，。；0-9]{0,6}$"
    "|双方[^，。；]{2,16}(?:协议|合同)(?:作价|金额|总额|价值)[^，。；0-9]{0,4}$"
    "|这[笔桩项次][^。；0-9]{0,14}(?:收购|交易)[^。；]{0,24}，(?:交易)?(?:对价|作价|价值|总价)[^，。；0-9]{0,6}$"
)


def _price_behind(reading: Reading, relation: Relation) -> Quantity | None:
    """The price that the next sentence tells: X要约收购Y。交易总值约22亿欧元."""
    if not relation.told:
        return None
    for sentence in following(reading, relation, 1):
        for money in beginning_in(reading.amounts, sentence.start, sentence.end):
            if _ITS_PRICE.search(reading.skeleton[sentence.start : money.start]):
                return money
    return None


_VENTURE = re.compile(
    "合资|共建|合建|共同(?:出资|投资|设立|成立|建设)|组建|联合(?:设立|成立|建设)|开发"
)
_CAPITAL = re.compile(
    "(?:注册资本|资本金|总?投资(?:总?额|规模)?|共同出资|合计出资|出资总?额|总?投入(?:合计|总额)?|合计投[入资])(?:金)?"
    "(?:预计|约|为|达|超过?|不低于|不超过|合计|人民币)*$"
)


_OF_VENTURE = re.compile("合资公司(?:的)?注册资本(?:金)?(?:预计|约|为|达|人民币)*$")


def _is_capital(reading: Reading, relation: Relation, money: Quantity) -> bool:
    """Whether a later clause tells what goes into a venture: 组建合资公司，注册资本3亿元."""
    clause = relation.clause
    ventures = _VENTURE.search(reading.folded, clause.start, clause.end)
    before = reading.folded[max(clause.end, money.start - 12) : money.start]
    if money.start < clause.end or not ventures:
        return False
    away = money.start >= relation.sentence.end  # of the next sentence only what the venture has
    return bool((_OF_VENTURE if away else _CAPITAL).search(before))


def _may_be_its(reading: Reading, relation: Relation, money: Quantity) -> bool:
    """Whether a sum of the sentence may be that of a relation: no part, and no other deal's."""
    sentence, clause = relation.sentence, relation.clause
    there = sentence.clause_at(money.start)
    if there != clause and prepares(reading.skeleton, there):
        return False
    return money.start < clause.end or not _is_part(reading, sentence, money)


# 本轮由A、B投资，其中A出手2亿美元: the sum of one of them, not of the round
_OF_WHICH = re.compile("[ \x01]*其中[^，。；0-9]{1,16}$")


def _is_part(reading: Reading, sentence: Sentence, money: Quantity) -> bool:
    clause = sentence.clause_at(money.start)
    return bool(_OF_WHICH.match(reading.skeleton[clause.start : money.start]))


_LISTING = re.compile(
    r"(?<!Pre-)(?<!Pre)IPO|现金增资|現金增資|首次公开|招股|上市(?!公司)|公开发行|特定(?:对象|投资者)|定增|配售|增发|路演|发行价|申购"
    r"|发行[^，。；]{0,10}(?:股票|新股|普通股|股份)"
)
_BORROWING = re.compile("债券|票据|贷款|信贷|发债|银团|公司债|可转债")
_RAISING = re.compile("募|筹|集资")
_ROUND = re.compile("轮|领投|跟投")


_FIRST_WORDS = 220
"""How much of the body says what a headline means by 募资."""


# X公告，拟募资不超8亿元用于…: a listed company issues shares to the public
_OWN_ISSUE = re.compile("公告[称，][^。；]{0,8}拟[^，。；]{0,6}募")


def _market(reading: Reading, relation: Relation) -> DealType:
    """Where the money comes from that a clause says is raised: investors, the public or lenders."""
    clause, sentence, hit = relation.clause, relation.sentence, relation.hit
    own = reading.skeleton[clause.start : clause.end]
    if _ROUND.search(own):
        return "investment"
    whole = reading.skeleton[sentence.start : clause.end]
    told = whole if _RAISING.match(reading.folded, hit.start) else own
    if _BORROWING.search(whole) and not _ROUND.search(whole):
        return "debt"
    if _OWN_ISSUE.search(whole) and _RAISING.match(reading.folded, hit.start):
        return "ipo"
    if sentence.title and _RAISING.match(reading.folded, hit.start):
        told += reading.skeleton[sentence.end : sentence.end + _FIRST_WORDS]
    return "ipo" if _LISTING.search(told) else "investment"


def _split(
    relation: Relation,
) -> tuple[tuple[tuple[str, Mention], ...], tuple[tuple[str, Mention], ...]]:
    sides: dict[str, list[tuple[str, Mention]]] = {"investor": [], "target": []}
    for role, party in relation.parties:
        plain = "partner" if role == "partner2" else role
        for one in meant(party):
            if _can_be(one, plain):
                sides[side_of(role, relation.type)].append((plain, one))
    if relation.type == "partnership" and not sides["target"]:
        sides["target"], sides["investor"] = sides["investor"][1:], sides["investor"][:1]
    return tuple(sides["investor"]), tuple(sides["target"])


# what a listed kind or a person cannot be, by role
_NEVER = {
    "exchange": frozenset(get_args(Role)),
    "PERSON": frozenset(["issuer", "acquiree", "borrower"]),
    "bank": frozenset(["issuer"]),
    "government": frozenset(["issuer", "investee", "acquirer", "acquiree", "seller"]),
    "university": frozenset(["issuer", "acquiree"]),
    "fund": frozenset(["issuer"]),
}


def _can_be(party: Mention, role: str) -> bool:
    """Whether a party may have a role: a stock exchange is no party, a person lists no shares."""
    kinds = (party.kind, listed_kind(party.id))
    return not any(role in _NEVER.get(kind, ()) for kind in kinds)


_TAKES_OVER = re.compile(
    "控股|控制|子公司|并表|合并报表|全资|全部|私有化|吸收合并|要约|剩余|少数股东|增至|升至|提升至|达到|第一大股东|实际控制"
)


def _is_minority(reading: Reading, relation: Relation) -> bool:
    """Whether what is bought is a stake of half or less, with no word of control."""
    stake = _nearest_percent(reading, relation)
    share = stake.max or stake.min if stake else None
    sentence = relation.sentence
    text = reading.folded[sentence.start : sentence.end]
    shares = _BUYS_SHARES.search(reading.folded, relation.hit.end, relation.clause.end)
    controls = _TAKES_OVER.search(text) or _becomes_unit(reading, relation)
    return bool(((share and share <= 50) or shares) and not controls)


_UNIT_AFTER = re.compile(
    "(?:交易|收购|增资|投资|受让|转让|交割)[^，。；\n]{0,8}后[^。\n]{0,40}?(?:成为[^，。；]{0,16}(?:全资|控股)(?:子|孙)公司|纳入[^，。；]{0,12}合并|取得[^，。；]{0,8}控制权)"
)
_OVER_HALF = re.compile(
    "(?:交易|收购|增资|投资|受让|转让|交割|扩股)[^，。；\n]{0,8}后[^。\n]{0,24}?持有[^，。；0-9]{0,12}(?:5[1-9]|[6-9][0-9]|100)(?:[.][0-9]+)? ?%"
)
_UNIT_WITHIN = 200


def _becomes_unit(reading: Reading, relation: Relation) -> bool:
    """Whether the words behind a sentence tell that its deal gives control: 交易完成后X成为子公司."""
    behind = relation.sentence.end
    told = _UNIT_AFTER.search(reading.folded, behind, behind + _UNIT_WITHIN)
    return bool(told or _OVER_HALF.search(reading.folded, relation.hit.end, behind + _UNIT_WITHIN))


_BUYS_SHARES = re.compile("普通股|优先股|新股|[万亿]股")


def _retype(reading: Reading, relation: Relation) -> Relation:
    """A stake bought with control is an acquisition; a unit sold to a named buyer is one, too."""
    roles = {role for role, _ in relation.parties}
    changed: dict[str, str] | None = None
    kind: DealType = "acquisition"
    if relation.hit.trigger.name == "funding":
        kind = _market(reading, relation)
        changed = {
            "ipo": {"investee": "issuer"},
            "debt": {"investee": "borrower", "investor": "lender"},
        }.get(kind)
    elif relation.hit.trigger.name in {"sell", "hand_over"} and "buyer_of_stake" in roles:
        changed = {"buyer_of_stake": "acquirer", "investee": "acquiree", "seller": "seller"}
        if (
            _is_minority(reading, relation)
            or "认股权证" in reading.folded[relation.clause.start : relation.clause.end]
        ):
            changed["buyer_of_stake"], changed["investee"] = "investor", "investee"
            kind = "investment"
    elif relation.hit.trigger.name == "acquire" and _is_minority(reading, relation):
        changed, kind = (
            {"acquirer": "investor", "acquiree": "investee", "seller": "seller"},
            "investment",
        )
    elif relation.type == "investment" and relation.hit.trigger.name in {"buy_stake", "invest"}:
        text = reading.folded[relation.clause.start : relation.clause.end]
        stake = _nearest_percent(reading, relation)
        share = stake.max or stake.min if stake else None
        told = _CONTROL.search(text) or (share and share > 50 and "持有" not in text)
        if told or (share and "investee" in roles and _becomes_unit(reading, relation)):
            changed = {"investor": "acquirer", "investee": "acquiree", "seller": "seller"}
    elif relation.hit.trigger.name == "cooperate" and _is_priced_compute(reading, relation):
        changed, kind = {"partner": "buyer", "partner2": "supplier"}, "procurement"
    if not changed:
        return relation
    parties = tuple((changed.get(role, role), party) for role, party in relation.parties)
    return Relation(relation.hit, kind, relation.sentence, relation.clause, parties, relation.told)


_COMPUTE = re.compile(
    "(?:算力|计算|云服务|云计算|云|芯片|GPU)(?:合作|服务)?(?:协议|合作|合同|大单)"
)


# 签署算力合作协议，最高价值可达63亿美元
_WORTH = re.compile("^[^，。；]{0,6}(?:价值|总价|总?金额|总?规模)[^，。；]*$")


def _is_priced_compute(reading: Reading, relation: Relation) -> bool:
    """18亿美元算力合作: what has a price is bought."""
    start, end = relation.clause.start, relation.clause.end
    if not _COMPUTE.search(reading.folded, start, end) or len(relation.parties) != 2:
        return False
    if any(money.end <= end for money in beginning_in(reading.money, start, end)):
        return True
    behind = beginning_in(reading.amounts, end, relation.sentence.end)
    return any(_WORTH.search(reading.folded[end : money.end]) for money in behind)


def _rounds(reading: Reading, relation: Relation) -> tuple[Mention, ...]:
    """The rounds of a funding or of a purchase; a listing and a loan have none."""
    if relation.type in _SHARELESS or relation.type == "holding":
        return ()
    found = rounds_in(reading.folded, reading.rounds, relation.clause, relation.sentence)
    return tuple(found)


_SHARELESS = frozenset(["ipo", "procurement", "debt"])


def _nearest_percent(reading: Reading, relation: Relation) -> Quantity | None:
    """The share that changes hands, nearest to the trigger, else the one held after the deal."""
    if relation.type == "ipo":
        floats = reading.floats
        return nearest(floats, relation.clause, relation.sentence, relation.hit.start)
    if relation.type in _SHARELESS:
        return None
    found = nearest(reading.shares, relation.clause, relation.sentence, relation.hit.start)
    return found or _held_after(reading, relation, reading.shares)


_SHARE_AFTER = re.compile(
    r"[^，。；]{0,4}(?:交易|增资|投资|收购|发行|认购|转让|受让|出资)[^，。；]{0,8}后|合资公司"
)
_RELEASED = re.compile(r"(?:释放|对应|出让|换取|换得)[^，。；]{0,16}$")
_RESPECTIVELY = re.compile(r"分别(?:将)?(?:合计)?(?:持有|持股|占)")


def _held_after(
    reading: Reading, relation: Relation, shares: Sequence[Quantity]
) -> Quantity | None:
    """The share told by a later sentence of the paragraph: 交易完成后，X将持有Y 20%股权."""
    for sentence in following(reading, relation, 4):
        match = _SHARE_AFTER.match(reading.folded, sentence.start)
        here = beginning_in(shares, sentence.start, sentence.end)
        given = [q for q in here if _RELEASED.search(reading.skeleton, sentence.start, q.start)]
        if given and relation.type == "investment":
            return given[0]
        if match and here and (relation.type != "partnership" or match.group() == "合资公司"):
            return _own_share(reading, relation, sentence, here)
    return None


def _own_share(
    reading: Reading, relation: Relation, sentence: Sentence, shares: Sequence[Quantity]
) -> Quantity | None:
    """Of several shares held respectively, the payer's, by its place in the list."""
    split = _RESPECTIVELY.search(reading.folded, sentence.start, sentence.end)
    if split is None or len(shares) == 1:
        return shares[0]
    start = sentence.clause_at(split.start()).start
    listed = re.split("、|和|及|与", reading.text[start : split.start()])
    forms = [
        form
        for role, party in relation.parties
        if side_of(role, relation.type) == "investor"
        for form in reading.entities.of(party).forms
    ]
    places = [place for place, item in enumerate(listed) if any(form in item for form in forms)]
    return shares[places[0]] if places and places[0] < len(shares) else None


_VALUED = frozenset(["investment", "acquisition", "divestment", "ipo"])
_VALUED_LATER = re.compile(
    r"(?:在)?(?:本轮|此轮|这轮|该轮|此次|这次|本次|新一轮|同时|融资|投后|投前|交易|公司|该公司|其)"
)


def _valuation(reading: Reading, relation: Relation) -> Quantity | None:
    """What the target is worth by the deal's own terms, in its sentence or one that goes on."""
    if relation.type not in _VALUED:
        return None
    sentence, hit = relation.sentence, relation.hit
    if relation.type == "ipo" and sentence.title:
        return None
    values = _values_in(reading, relation, sentence)
    found = nearest(values, relation.clause, sentence, hit.start)
    if found or relation.type != "investment" or hit.trigger.follows or sentence.title:
        return found
    for later in following(reading, relation, 3):
        here = _values_in(reading, relation, later)
        if here and _VALUED_LATER.match(reading.folded, later.start):
            return here[0]
    return None


def _values_in(reading: Reading, relation: Relation, sentence: Sentence) -> list[Quantity]:
    """The valuations of a sentence that do not describe who pays."""
    told = beginning_in(reading.valuations, sentence.start, sentence.end)
    return [q for q in told if not _describes_payer(reading, relation, q)]


_OF_ITS_VALUE = re.compile("^[ \x01]*的?(?:投前|投后)?(?:股权)?估值")  # 以7亿元的投前估值引入X


def _describes_payer(reading: Reading, relation: Relation, quantity: Quantity) -> bool:
    """Whether a valuation is only an attribute of the buyer: 估值90亿美元的X收购Y."""
    for role, party in relation.parties:
        if side_of(role, relation.type) == "investor" and quantity.end <= party.start:
            gap = _OF_ITS_VALUE.sub("", reading.folded[quantity.end : party.start])
            if len(gap) < 24 and "的" in gap and "，" not in gap:
                return True
    return False


def following(reading: Reading, relation: Relation, most: int) -> list[Sentence]:
    """The next sentences of the paragraph in which a relation stands."""
    first = bisect_left(reading.sentence_starts, relation.sentence.end)
    later = reading.sentences[first : first + most]
    if not later:
        return []
    end = reading.folded.find("\n", relation.sentence.end - 1, later[-1].start)
    return [sentence for sentence in later if end < 0 or sentence.start < end]


# --------------------------------------------------------------------------------------------
# needs


def _unmet(reading: Reading, found: Detail) -> str:
    """The first of its trigger's terms that a relation does not meet, empty for none."""
    text, trigger = clause_text(reading, found), found.relation.hit.trigger
    for word in trigger.unless:
        if word in text:
            return f"unless {word}"
    return next((f"need {n}" for n in trigger.needs if not _NEED[n](reading, found)), "")


def clause_text(reading: Reading, found: Detail) -> str:
    """The folded words of the clause in which a relation is told."""
    clause = found.relation.clause
    return reading.folded[clause.start : clause.end]


def _in_clause(need: str, reading: Reading, relation: Relation) -> bool:
    return has_word(need, reading.folded, relation.clause.start, relation.clause.end)


def _behind(need: str, reading: Reading, relation: Relation, end: int) -> bool:
    return has_word(need, reading.folded, relation.hit.end, end)


def _has_hardware(reading: Reading, relation: Relation) -> bool:
    clause = relation.clause
    named = beginning_in(reading.hardware, clause.start, clause.end)
    return any(mention.end <= clause.end for mention in named)


def _two_parties(reading: Reading, relation: Relation) -> bool:
    """Whether a relation has two parties at all, on whichever sides."""
    parties = {one.text: one for _, party in relation.parties for one in meant(party)}
    if len(parties) < 2:
        return False
    return len({reading.entities.of(one).id for one in parties.values()}) > 1


def _named_near(relation: Relation) -> bool:
    """Whether a party stands in the clause, or carried over in a sentence of the body."""
    sentence = relation.sentence
    carried = any(sentence.start <= party.start for _, party in relation.parties)
    return bool(relation.told) or (carried and not sentence.title)


_ISSUES = re.compile("(?:发行|发售|增发)[^，。；发]{0,12}$")


def _issues(reading: Reading, relation: Relation) -> bool:
    """Whether bonds are issued by a party of the clause: 计划首次发行日元债券."""
    clause, hit = relation.clause, relation.hit
    bonds = reading.folded[hit.end - 1] in "债券" or reading.folded[hit.start : hit.end] == "票据"
    issued = _ISSUES.search(reading.folded, clause.start, hit.start)
    return bonds and bool(issued) and _named_near(relation)


_SPENDS = re.compile(" ?(?:用于|来|去)? ?")


def _spends(reading: Reading, relation: Relation) -> bool:
    """Whether a sum stands right in front of a trigger, and a party in its clause: 拟以5亿元采购."""
    before = last_before(reading.money, relation.hit.start, 1)
    return _named_near(relation) and any(
        relation.clause.start <= sum_.start
        and _SPENDS.fullmatch(reading.folded, sum_.end, relation.hit.start)
        for sum_ in before
    )


_WORKS = re.compile(
    " ?合作(?=[ \x01]*(?:[，。；）)”\n]|$|推出|开发|研发|打造|生产|完成|成功|在|进行|提供|整合|[0-9]))"
)
_ALSO = re.compile(
    "[ \x01”]*(?:公司|集团|等[^，。；的]{0,8})?(?:正?在|正|计划|已经?|将|拟|还|也|此前|曾|直接)*"
    "(?:就[^，。；]{1,16})?(?:加强|加深|深度|独家|长期|持续|紧密)*"
)


def _works_with(reading: Reading, relation: Relation) -> bool:
    """Whether 合作 is the verb of a clause: 该公司计划和X合作, but not 与X的合作."""
    hit, clause = relation.hit, relation.clause
    if not _WORKS.match(reading.folded, hit.start):
        return False
    ends = (party.end for _, party in relation.parties if clause.start <= party.end <= hit.start)
    return bool(_ALSO.fullmatch(reading.folded, max(ends, default=hit.start), hit.start))


_WHOLE = re.compile(
    "[ \x01]*(?:[，。；、）)”\n]|$|的(?:最终|协议|事宜|交易|计划|事项|可能)|一事|给|之后|后)"
)


def _sells_whole(reading: Reading, relation: Relation) -> bool:
    """Whether a company itself is sold, not its goods: 正评估出售X."""
    sold = [p for p in relation.of("investee") if p.start >= relation.hit.end]
    near = sold and sold[-1].start - relation.hit.end < _NEAR_SOLD
    return bool(near and "seller" in dict(relation.parties)) and bool(
        _WHOLE.match(reading.folded, sold[-1].end)
    )


_NEAR_SOLD = 12
_RAISES = re.compile("完成|获")


def _is_raised(reading: Reading, relation: Relation) -> bool:
    """Whether a company has its capital raised, and puts none into another: 完成10亿元增资."""
    hit = relation.hit
    alone = reading.folded[hit.end : hit.end + 1] in {"", *"，。；、（(\n \x01事后"}
    return alone and bool(_RAISES.search(reading.folded, relation.clause.start, hit.start))


_OWNED = frozenset({"acquiree", "investee"})


def _has_owned(relation: Relation) -> bool:
    """Whether the clause itself tells whose shares change hands."""
    return not _OWNED.isdisjoint(relation.told)


_BEFORE_VALUES: dict[str, Callable[[Reading, Relation], bool]] = {
    **{
        need: partial(_in_clause, need)
        for need in (
            "funded",
            "signed",
            "committed",
            "control",
            "share_told",
            "fund_named",
            "founds",
            "tender",
            "share_price",
        )
    },
    "stake_or_unit": lambda reading, relation: (
        _in_clause("stake_or_unit", reading, relation) or _sells_whole(reading, relation)
    ),
    "agreed": lambda reading, relation: (
        _in_clause("agreed", reading, relation) or _works_with(reading, relation)
    ),
    "goods": lambda reading, relation: (
        _in_clause("goods", reading, relation) or _has_hardware(reading, relation)
    ),
    "stake_object": lambda reading, relation: _behind(
        "stake_object", reading, relation, relation.clause.end
    ),
    "as_shareholder": lambda reading, relation: _behind(
        "as_shareholder", reading, relation, relation.sentence.end
    ),
    "goods_near": lambda reading, relation: _behind(
        "goods_near", reading, relation, relation.sentence.end
    ),
    "raised": _is_raised,
    "percent": lambda reading, relation: has_percent(
        reading.folded, relation.sentence.start, relation.sentence.end
    ),
    "two_sides": _two_parties,
    "two_or_priced": lambda reading, relation: (
        _named_near(relation) or _two_parties(reading, relation)
    ),
    "two_or_spent": lambda reading, relation: (
        _two_parties(reading, relation) or _spends(reading, relation)
    ),
    "two_or_owned": lambda reading, relation: (
        _has_owned(relation) or _two_parties(reading, relation)
    ),
}
"""What a relation must have for its needs to be met by any values."""


def _two_sides(reading: Reading, found: Detail) -> bool:
    payers = {reading.entities.of(party).id for _, party in found.payers}
    payees = {reading.entities.of(party).id for _, party in found.payees}
    return bool(payers and payees and payers != payees and (payees - payers))


def _valued(found: Detail) -> bool:
    return found.amount is not None or found.stake is not None


_AGREEMENT = re.compile("协议|合同|合作|达成|签")


def _has_agreement(reading: Reading, found: Detail) -> bool:
    sentence = found.relation.sentence
    return bool(_AGREEMENT.search(reading.skeleton, sentence.start, sentence.end))


def _has_count(reading: Reading, found: Detail) -> bool:
    clause = found.relation.clause
    counted = beginning_in(reading.counts, clause.start, clause.end)
    return any(quantity.end <= clause.end for quantity in counted)


def _has_power(reading: Reading, found: Detail) -> bool:
    """Whether a contract is measured in power: 一份2.8GW的交易协议."""
    clause, trigger = found.relation.clause, found.relation.hit.trigger
    counted = beginning_in(reading.counts, clause.start, clause.end)
    return trigger.name == "trade_contract" and any(q.kind == "power" for q in counted)


def _of_relation(met: Callable[[Reading, Relation], bool]) -> Callable[[Reading, Detail], bool]:
    return lambda reading, found: met(reading, found.relation)


_NEED: dict[str, Callable[[Reading, Detail], bool]] = {
    **{need: _of_relation(met) for need, met in _BEFORE_VALUES.items()},
    "money": lambda reading, found: found.amount is not None,
    "round": lambda reading, found: bool(
        found.rounds or found.amount or found.valuation or "轮" in clause_text(reading, found)
        or _in_clause("funded", reading, found.relation)
    ),
    "money_or_issue": lambda reading, found: (
        found.amount is not None or _issues(reading, found.relation)
    ),
    "percent": lambda reading, found: found.stake is not None,
    "two_sides": _two_sides,
    "measured": lambda reading, found: (
        bool(found.amount) or _has_count(reading, found) or _has_agreement(reading, found)
    ),
    "two_or_priced": lambda reading, found: (
        _two_sides(reading, found)
        or bool((found.amount or _has_power(reading, found)) and _named_near(found.relation))
    ),
    "two_or_spent": lambda reading, found: (
        _two_sides(reading, found)
        or bool(found.amount and found.payers and _spends(reading, found.relation))
    ),
    "two_or_owned": lambda reading, found: (
        _two_sides(reading, found)
        or (not found.payers and _has_owned(found.relation) and _valued(found))
    ),
}  # fmt: skip
