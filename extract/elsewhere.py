"""The parties of a relation that its own clause leaves out and other clauses tell."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from extract.clauses import Group
from extract.mentions import Mention
from extract.relations import AGREED, MARKED, Relation
from extract.resolve import meant


def with_told_elsewhere(
    relation: Relation,
    groups: Sequence[Group],
    *,
    main: Mention | None,
    pairs: Sequence[tuple[Mention, ...]],
    skeleton: str,
) -> Relation:
    """A relation with the parties that its own clause leaves out and the article has told.

    ``main`` is the company that the article is about, ``pairs`` are the sides of the deals told so far.
    """
    name = relation.hit.trigger.name
    if main and name in {"sell", "hand_over", "share_falls"}:
        relation = _with_sold(relation, main, skeleton)
    if main and name == "invest":
        relation = _with_bought(relation, main, skeleton)
    if main and name == "acquire":
        relation = _with_offered(relation, main, skeleton)
    if main and name == "control_planned":
        relation = _with_controlled(relation, main)
    relation = _with_backed(relation, groups, skeleton)
    relation = _with_other_side(relation, groups, skeleton)
    relation = _with_sellers(relation, groups, skeleton)
    relation = _with_holders(relation, groups, main, skeleton)
    if main and name == "hold":
        relation = _with_held(relation, main, skeleton)
    if relation.sentence.opener is not None and pairs:
        relation = _completed(relation, pairs[0])
    return relation


_SHARES = re.compile("股份|股权|股票|持股|减持|[万亿]股")
_ITS_SHARES = re.compile("(?:(?:上市|本|该)?公司|其)(?:的|[AH]股)?(?:股份|股票)")


def _with_bought(relation: Relation, main: Mention, skeleton: str) -> Relation:
    """股东X增持公司股份: what is bought are shares of the company whose notice it is."""
    end = relation.clause.end
    bought = _ITS_SHARES.search(skeleton, relation.hit.end, end)
    if not bought or not relation.of("investor") or relation.of("investee"):
        return relation
    owned = _with_main(relation, main, skeleton)
    return owned if owned is relation else replace(owned, told=owned.told | {"investee"})


_OFFER = re.compile("要约收购|公司(?:全体|其[他余])?股东[^，。；]{0,8}要约")


def _with_offered(relation: Relation, main: Mention, skeleton: str) -> Relation:
    """X向公司全体股东发出要约: an offer to the shareholders of the company whose notice it is."""
    offers = _OFFER.search(skeleton, relation.sentence.start, relation.sentence.end)
    known = {party.text for _, party in relation.parties}
    if not offers or relation.of("acquiree") or not known or main.text in known:
        return relation
    parties = (*relation.parties, ("acquiree", main))
    return replace(relation, parties=parties, told=relation.told | {"acquiree"})


def _with_sold(relation: Relation, main: Mention, skeleton: str) -> Relation:
    """股东X拟减持股份: what is sold are shares of the company whose notice it is.

    Where the shareholders have no name, the company itself sells nothing: X：股东拟减持公司股份.
    """
    sold = _SHARES.search(skeleton, relation.clause.start, relation.clause.end)
    unnamed = _SELLERS.search(skeleton, relation.sentence.start, relation.hit.start)
    if sold and unnamed and _all_in_front(relation, main, unnamed.start()):
        moved = {"seller": "investee"}
        parties = tuple((moved.get(role, role), party) for role, party in relation.parties)
        return replace(relation, parties=parties)
    return _with_main(relation, main, skeleton) if sold and relation.of("seller") else relation


_SELLERS = re.compile("股东|董事|高管|高级管理人员|实际控制人|员工|告知函|的?通知")


def _all_in_front(relation: Relation, main: Mention, start: int) -> bool:
    """Whether the company alone is told to sell, in front of a place: none is named behind 股东."""
    sellers = [meant(party)[0] for role, party in relation.parties if role == "seller"]
    return all(seller.text == main.text and seller.start < start for seller in sellers)


_BEFORE_LISTING = re.compile("(?:IPO|上市|发行|本次发行|招股)(?:之?前|书显示)")


def _with_held(relation: Relation, main: Mention, skeleton: str) -> Relation:
    """X为控股股东，持股31%; X持有公司股份: what is held is the company that the article is about."""
    clause, hit = relation.clause, relation.hit
    shares = _ITS_SHARES.search(skeleton, hit.end, clause.end)
    shares = shares or _BEFORE_LISTING.search(skeleton, relation.sentence.start, hit.start)
    if shares and not relation.of("investee") and relation.of("shareholder"):
        holders = {party.text for party in relation.of("shareholder")}
        parties = (*relation.parties, ("investee", main))
        return relation if main.text in holders else replace(relation, parties=parties)
    return _with_main(relation, main, skeleton) if relation.of("shareholder") else relation


def _with_main(relation: Relation, main: Mention, skeleton: str) -> Relation:
    """A shareholder told without a company is one of the article's."""
    known = {party.text for _, party in relation.parties}
    told = _SELLERS.search(skeleton, relation.sentence.start, relation.hit.start)
    if relation.of("investee") or main.text in known or not told:
        return relation
    return replace(relation, parties=(*relation.parties, ("investee", main)))


def with_same_held(relation: Relation, last: Relation | None) -> Relation:
    """A持有X 80%的股份，B持股10%: what B holds is what the clause before says is held."""
    if last is None or not relation.hit.trigger.name == last.hit.trigger.name == "hold":
        return relation
    held = last.of("investee")
    if relation.of("investee") or not held or last.sentence != relation.sentence:
        return relation
    holders = {party.text for party in relation.of("shareholder")}
    if not holders or not holders.isdisjoint(party.text for party in held):
        return relation
    parties = (*relation.parties, *(("investee", party) for party in held))
    return replace(relation, parties=parties)


_SELLER_IS = re.compile(
    "(?:卖方|转让方|出售方|卖家)(?:(?:系|均?为|是|包括)[^，。；]{0,14})?[ \x01]*$"
)


def _with_sellers(relation: Relation, groups: Sequence[Group], skeleton: str) -> Relation:
    """X以4亿元收购Y，卖方为Z: a later clause of the sentence names who sells."""
    bought = relation.of("acquiree", "investee")
    if relation.type not in {"acquisition", "investment"} or not bought or relation.of("seller"):
        return relation
    known = {party.text for _, party in relation.parties}
    for group in groups:
        if group.start >= relation.clause.end and group.end <= relation.sentence.end:
            here = relation.sentence.clause_at(group.start)
            if _SELLER_IS.search(skeleton, here.start, group.start):
                new = tuple(("seller", p) for p in group.parties if p.text not in known)
                return replace(relation, parties=(*relation.parties, *new))
    return relation


def _with_controlled(relation: Relation, main: Mention) -> Relation:
    """X公告，控股股东Y筹划公司控制权变更: Y sells, X is what is bought."""
    told = relation.of("acquiree")
    if relation.hit.trigger.name != "control_planned" or not told or told[-1].text == main.text:
        return relation
    parties = tuple(("seller", party) for party in told)
    return replace(
        relation, parties=(*parties, ("acquiree", main)), told=relation.told | {"seller"}
    )


_HOLDERS = "(?:的)?(?:部分|全体|全部|现有|控股|第一大|其他|原|[0-9一二两三四五六七八九十]+[名位家])*股东(?:及实际控制人)?"
_HOLDERS_BETWEEN = re.compile(rf"[ \x01]*{_HOLDERS}[ \x01]*")
_HOLDERS_BEHIND = re.compile(rf"[ \x01]*{_HOLDERS}")
_SIGNS = re.compile("[^，。；]{0,12}(?:签|订立|达成)")


def _with_holders(
    relation: Relation, groups: Sequence[Group], main: Mention | None, skeleton: str
) -> Relation:
    """与X股东A、B签署协议，拟收购X; 与A、B等X部分股东签署收购协议: those who sign sell."""
    if relation.type not in {"acquisition", "investment"} or relation.of("seller"):
        return relation
    for place, group in enumerate(groups):
        if not relation.sentence.start <= group.start < relation.hit.start:
            continue
        near = (*groups[max(0, place - 1) : place], *groups[place + 1 : place + 2])
        if signing := _signing_holders(group, near, skeleton):
            sellers, sold = signing
            parties = relation.parties
            if relation.sentence.clause_at(group.start) == relation.clause:
                parties = _signed_with(relation, groups[:place], sold, main)
            names = {seller.text for seller in sellers}
            parties = tuple(entry for entry in parties if entry[1].text not in names)
            parties = (*parties, *(("seller", seller) for seller in sellers))
            return replace(relation, parties=parties, told=relation.told | {"seller"})
    return relation


def _signed_with(
    relation: Relation, before: Sequence[Group], sold: Sequence[Mention], main: Mention | None
) -> tuple[tuple[str, Mention], ...]:
    """Who buys and what is bought, where the clause itself says who signs with whom."""
    heads = [g for g in before if g.start >= relation.clause.start and not g.modifier]
    buyers = heads[-1].parties if heads else ((main,) if main else ())
    paying, paid = (
        ("acquirer", "acquiree") if relation.type == "acquisition" else ("investor", "investee")
    )
    return (*((paying, buyer) for buyer in buyers), *((paid, company) for company in sold))


def _signing_holders(
    group: Group, near: Sequence[Group], skeleton: str
) -> tuple[tuple[Mention, ...], tuple[Mention, ...]] | None:
    """The holders of shares that sign, and the company whose shares they hold."""
    if group.marker not in MARKED["with"] or group.modifier:
        return None
    parties = group.parties
    for at in range(1, len(parties)):  # 与X及其控股股东A签署
        if "股东" in skeleton[parties[at - 1].end : parties[at].start]:
            signs = _SIGNS.match(skeleton, group.end)
            return (parties[at:], parties[:at]) if signs else None
    for other in near:
        if _HOLDERS_BEHIND.match(skeleton, other.end) is None:
            continue
        before = other.end <= group.start and _HOLDERS_BETWEEN.fullmatch(
            skeleton, other.end, group.start
        )
        behind = _HOLDERS_BEHIND.match(skeleton, other.end) if other.start >= group.end else None
        if (before and _SIGNS.match(skeleton, group.end)) or (
            behind and _SIGNS.match(skeleton, behind.end())
        ):
            return parties, (other.last,)
    return None


_BACKER = re.compile(
    r"[ \x01]*的?(?:早期|重要|主要|最大|最早|外部|单一|大)*(?:股东|金主|投资方|投资人|投资者|靠山|出资方)"
)


def _with_backed(relation: Relation, groups: Sequence[Group], skeleton: str) -> Relation:
    """A是B的股东，2023年投了20亿: what A invested in is the company whose backer it is."""
    if relation.type != "investment" or relation.of("investee") or not relation.of("investor"):
        return relation
    payers = {party.text for party in relation.of("investor")}
    for group in groups:
        backed = group.parties[-1]
        backs = group.end <= relation.hit.start and _BACKER.match(skeleton, group.end)
        if backs and backed.text not in payers:
            return replace(relation, parties=(*relation.parties, ("investee", backed)))
    return relation


_TENDER = re.compile("集采|集中采购|采购项目|采购招标|招标")


def _with_other_side(relation: Relation, groups: Sequence[Group], skeleton: str) -> Relation:
    """X与Y达成合作，签署采购协议; Y服务器集采，X中标: the other side stands in the clause before."""
    role = _OTHER_SIDE.get(relation.hit.trigger.name)
    known = {one.text for _, party in relation.parties for one in meant(party)}
    stands_for = any(party.rule == "anaphor" for _, party in relation.parties)
    if role is None or relation.of(role):
        return relation
    before = [c for c in relation.sentence.clauses if c.end <= relation.clause.start][-1:]
    for group in groups:
        if not before or group.modifier or not before[0].start <= group.start < before[0].end:
            continue
        if relation.hit.trigger.name == "win_bid":
            words, fits = _TENDER, not group.marker
        else:
            words, fits = AGREED, stands_for or group.marker in MARKED["with"]
        if fits and words.search(skeleton, group.end, before[0].end):
            new = tuple((role, party) for party in group.parties if party.text not in known)
            return replace(relation, parties=(*relation.parties, *new))
    return relation


_OTHER_SIDE = {
    "trade_contract": "supplier", "supply_contract": "buyer", "supply": "buyer", "win_bid": "buyer",
    "procure": "supplier", "use": "supplier",
}  # fmt: skip


def _completed(relation: Relation, pair: Sequence[Mention]) -> Relation:
    """A bracket that names no investee speaks of the article's: 英伟达（拟投资1000亿美元）."""
    known = {party.text for _, party in relation.parties}
    paid = pair[-1]
    lacks = "investee" in relation.hit.trigger.roles.values() and not relation.of("investee")
    if relation.type != "investment" or not lacks or paid.text in known:
        return relation
    return replace(relation, parties=(*relation.parties, ("investee", paid)))


def apart(relation: Relation) -> list[Relation]:
    """A relation for each company that raises money or lists: A、B均获得融资 tells of two deals."""
    alone = {"funding": "investee", "list": "issuer"}.get(relation.hit.trigger.name)
    raising = relation.of(alone) if alone and alone in relation.told else []
    if len({party.text for party in raising}) < 2 or relation.of("investor"):
        return [relation]
    others = tuple(entry for entry in relation.parties if entry[0] != alone)
    return [replace(relation, parties=((str(alone), party), *others)) for party in raising]
