"""From relations to details: what a relation's own words say of money, stake, round, date and state."""

from __future__ import annotations

import re
from typing import get_args

from extract.amounts import Quantity
from extract.lexicon import read_toml, words
from extract.mentions import Mention
from extract.reading import Detail, Reading
from extract.records import DealType, Role
from extract.relations import Relation
from extract.resolve import listed_kind, meant
from extract.state import pick_date, tell_status
from extract.values import nearest, rounds_in


def side_of(role: str, deal_type: DealType) -> str:
    """Whether a role pays (``investor``) or is paid (``target``) in a type of deal."""
    if role in {"partner2", "seller"}:
        return "target"
    return "investor" if role in read_toml("deals.toml")["type"][deal_type]["payer"] else "target"


# --------------------------------------------------------------------------------------------
# details: what a relation's own words say


_PAST = re.compile("|".join(map(re.escape, words("cues.toml", "past", "words"))))
_CONTROL = re.compile("控股权|控制权|控股股东|全部股权|100 ?%")


def detail(reading: Reading, relation: Relation) -> Detail | None:
    """A relation with its values, or None where its trigger's needs are not met."""
    relation = _retype(reading, relation)
    payers, payees = _split(relation)
    hit, clause, sentence = relation.hit, relation.clause, relation.sentence
    amount = _amount(reading, relation)
    stake = _nearest_percent(reading, relation)
    status, cue = tell_status(reading, relation)
    found = Detail(
        relation,
        payers,
        payees,
        amount,
        nearest(reading.money_of("valuation"), clause, sentence, hit.start),
        stake,
        tuple(rounds_in(reading.rounds, clause.start, clause.end)),
        pick_date(reading, relation),
        status,
        cue,
        bool(_PAST.search(reading.folded, sentence.start, hit.start)),
    )
    return found if _meets(reading, found) else None


_RAISED = re.compile(r"(?:募|筹|融|集资|发行规模|规模|定增)[^，。；：]{0,16}$")
_RAISED_BEHIND = re.compile(r"[ \x01]*(?:的)?[^，。；：]{0,6}(?:IPO|首次公开|上市|公开募股|招股|定增|发行)")


def _amount(reading: Reading, relation: Relation) -> Quantity | None:
    """The price that a clause gives its deal; a listing has one only where money is raised."""
    candidates = reading.money_of("amount")
    if relation.type == "ipo":
        candidates = [
            q
            for q in candidates
            if _RAISED.search(reading.skeleton, max(0, q.start - 24), q.start)
            or _RAISED_BEHIND.match(reading.skeleton, q.end)
        ]
    return nearest(candidates, relation.clause, relation.sentence, relation.hit.start)


_LISTING = re.compile(
    r"(?<!Pre-)(?<!Pre)IPO|首次公开|招股|上市(?!公司)|公开发行|特定(?:对象|投资者)|定增|路演|发行价"
    r"|发行[^，。；]{0,10}(?:股票|新股|普通股|股份)"
)
_BORROWING = re.compile("债券|票据|贷款|信贷|发债|银团|公司债|可转债")
_RAISING = re.compile("募|筹")
_ROUND = re.compile("轮|领投|跟投")


def _market(reading: Reading, relation: Relation) -> DealType:
    """Where the money comes from that a clause says is raised: investors, the public or lenders."""
    clause, sentence, hit = relation.clause, relation.sentence, relation.hit
    own = reading.skeleton[clause.start : clause.end]
    if _ROUND.search(own):
        return "investment"
    whole = reading.skeleton[sentence.start : clause.end]
    told = whole if _RAISING.match(reading.folded, hit.start) else own
    if _BORROWING.search(own):
        return "debt"
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
    return tuple(sides["investor"]), tuple(sides["target"])


# what a listed kind or a person cannot be, by role
_NEVER = {
    "exchange": frozenset(get_args(Role)),
    "PERSON": frozenset(["issuer", "acquiree", "borrower"]),
    "bank": frozenset(["issuer"]),
    "government": frozenset(["issuer", "investee", "acquiree", "seller"]),
    "university": frozenset(["issuer", "acquiree"]),
    "fund": frozenset(["issuer"]),
}


def _can_be(party: Mention, role: str) -> bool:
    """Whether a party may have a role: a stock exchange is no party, a person lists no shares."""
    kinds = (party.kind, listed_kind(party.id))
    return not any(role in _NEVER.get(kind, ()) for kind in kinds)


def _retype(reading: Reading, relation: Relation) -> Relation:
    """A stake bought with control is an acquisition; a unit sold to a named buyer is one, too."""
    roles = {role for role, _ in relation.parties}
    changed: dict[str, str] | None = None
    kind: DealType = "acquisition"
    if relation.hit.trigger.name == "funding":
        kind = _market(reading, relation)
        changed = {"ipo": {"investee": "issuer"}, "debt": {"investee": "borrower", "investor": "lender"}}.get(kind)
    elif relation.hit.trigger.name == "sell" and "buyer_of_stake" in roles:
        changed = {"buyer_of_stake": "acquirer", "investee": "acquiree", "seller": "seller"}
    elif relation.type == "investment" and relation.hit.trigger.name in {"buy_stake", "invest"}:
        text = reading.folded[relation.clause.start : relation.clause.end]
        stake = _nearest_percent(reading, relation)
        share = stake.max or stake.min if stake else None
        if _CONTROL.search(text) or (share and share > 50 and "持有" not in text):
            changed = {"investor": "acquirer", "investee": "acquiree", "seller": "seller"}
    if not changed:
        return relation
    parties = tuple((changed.get(role, role), party) for role, party in relation.parties)
    return Relation(
        relation.hit, kind, relation.sentence, relation.clause, parties, relation.told
    )


_SHARE = re.compile(
    r"[ \x01]*(?:的)?(?:[^，。；]{0,6})(?:股权|股份|股比|股本|权益|普通股|份额|出资)"
)
_SHARE_BEFORE = re.compile(
    r"(?:持股|占股|持股比例|股比|占比|股本|股权|持有|释放|股份)[^，。；]{0,12}$"
)


def _nearest_percent(reading: Reading, relation: Relation) -> Quantity | None:
    sentence, clause, at = relation.sentence, relation.clause, relation.hit.start
    candidates = [
        q
        for q in reading.percents
        if sentence.start <= q.start < sentence.end
        and (
            _SHARE.match(reading.skeleton, q.end)
            or _SHARE_BEFORE.search(reading.skeleton, max(0, q.start - 20), q.start)
        )
    ]
    return nearest(candidates, clause, sentence, at)


# --------------------------------------------------------------------------------------------
# needs


def _meets(reading: Reading, found: Detail) -> bool:
    text, trigger = clause_text(reading, found), found.relation.hit.trigger
    if any(word in text for word in trigger.unless):
        return False
    return all(_NEED[need](reading, found) for need in found.relation.hit.trigger.needs)


def clause_text(reading: Reading, found: Detail) -> str:
    """The folded words of the clause in which a relation is told."""
    clause = found.relation.clause
    return reading.folded[clause.start : clause.end]


def _has_word(name: str, reading: Reading, found: Detail) -> bool:
    text = clause_text(reading, found)
    return any(word in text for word in words("cues.toml", "needs", name))


def _stake_object(reading: Reading, found: Detail) -> bool:
    behind = reading.folded[found.relation.hit.end : found.relation.clause.end]
    return any(word in behind for word in words("cues.toml", "needs", "stake"))


def _as_shareholder(reading: Reading, found: Detail) -> bool:
    sentence = found.relation.sentence
    behind = reading.folded[found.relation.hit.end : sentence.end]
    return any(word in behind for word in words("cues.toml", "needs", "as_shareholder"))


def _two_sides(reading: Reading, found: Detail) -> bool:
    payers = {reading.entities.of(party).id for _, party in found.payers}
    payees = {reading.entities.of(party).id for _, party in found.payees}
    return bool(payers and payees and payers != payees and (payees - payers))


def _has_count(reading: Reading, found: Detail) -> bool:
    clause = found.relation.clause
    return any(clause.start <= q.start and q.end <= clause.end for q in reading.counts)


_NEED = {
    "money": lambda reading, found: found.amount is not None,
    "round": lambda reading, found: bool(
        found.rounds or found.amount or found.valuation or "轮" in clause_text(reading, found)
        or _has_word("funded", reading, found)
    ),
    "percent": lambda reading, found: found.stake is not None,
    "two_sides": _two_sides,
    "funded": lambda reading, found: _has_word("funded", reading, found),
    "goods": lambda reading, found: _has_word("goods", reading, found),
    "signed": lambda reading, found: _has_word("signed", reading, found),
    "agreed": lambda reading, found: _has_word("agreed", reading, found),
    "stake_object": _stake_object,
    "stake_or_unit": lambda reading, found: _has_word("unit", reading, found),
    "as_shareholder": _as_shareholder,
    "committed": lambda reading, found: _has_word("committed", reading, found),
    "measured": lambda reading, found: bool(found.amount) or _has_count(reading, found),
}  # fmt: skip
