"""Clauses that tell of several deals at once: A、B分别认购3亿元和2亿元."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from extract.amounts import Quantity
from extract.mentions import beginning_in
from extract.reading import Detail, Reading

_IN_TURN = re.compile("分别|依次|各自")
_EACH = re.compile("各(?=[投出认注拿向对])|(?:均|都)(?=[投出认注向对])")
_WHOLE = frozenset(["holding", "ipo"])
_TIMES = re.compile("([两二三四2-4]) ?[轮笔]")
_COUNTS = {"两": 2, "二": 2, "2": 2, "三": 3, "3": 3, "四": 4, "4": 4}


def one_by_one(reading: Reading, details: Sequence[Detail]) -> Iterator[tuple[Detail, Detail]]:
    """Each detail with each of its parts; most have one, which is the detail itself."""
    owners = _owners(details)
    for told in details:
        for part in _parts(reading, told):
            yield told, _with_its_own_sum(reading, part, owners)


def _owners(details: Iterable[Detail]) -> dict[int, list[Detail]]:
    """The details in whose own clauses a sum and a party stand, by where the sum begins."""
    found: dict[int, list[Detail]] = {}
    for told in details:
        if told.amount is not None and told.relation.told and _is_here(told, told.amount):
            found.setdefault(told.amount.start, []).append(told)
    return found


def _is_here(told: Detail, money: Quantity) -> bool:
    clause = told.relation.clause
    return clause.start <= money.start < clause.end


def _with_its_own_sum(reading: Reading, told: Detail, owners: dict[int, list[Detail]]) -> Detail:
    """A以3亿收购B，还投资了C: a sum of another clause is no second deal's."""
    if told.amount is None or _is_here(told, told.amount):
        return told
    others = owners.get(told.amount.start, ())
    taken = any(_is_another(reading, told, other) for other in others)
    return replace(told, amount=None) if taken else told


def _is_another(reading: Reading, told: Detail, other: Detail) -> bool:
    """Whether two details of a sentence tell of deals with others, on the side that is paid first."""
    for one, two in ((told.payees, other.payees), (told.payers, other.payers)):
        ids = {reading.entities.of(party).id for _, party in one}
        their = {reading.entities.of(party).id for _, party in two}
        if ids and their:
            return not ids & their
    return False


def _parts(reading: Reading, told: Detail) -> Sequence[Detail]:
    """A detail for each sum, where a clause gives as many sums in turn as parties or rounds."""
    clause = told.relation.clause
    cue = _IN_TURN.search(reading.skeleton, clause.start, clause.end)
    each = cue or _EACH.search(reading.skeleton, clause.start, clause.end)
    if told.relation.type in _WHOLE:
        return (told,)
    if each is None:
        return _clause_by_clause(reading, told) or (told,)
    sums = [q for q in beginning_in(reading.amounts, each.end(), clause.end) if q.end <= clause.end]
    if cue is None and len(sums) == 1:  # A和B各投3亿元
        return _by_party(told, each.start(), [*sums, *sums]) or (told,)
    if cue is not None and not sums:
        return _by_named_round(told, cue.start()) or _in_pairs(told, cue.start())
    if cue is None or len(sums) < 2:
        return (told,)
    return _by_party(told, cue.start(), sums) or _by_round(reading, told, cue.start(), sums)


# 微软至多50亿美元: a party and its sum
_TO_SUM = re.compile(
    r"[ \x01]*(?:将|拟|则|计划|承诺|预计)*(?:投资|出资|投入|注资|认购|投|出|拿出)?了?"
)


def _clause_by_clause(reading: Reading, told: Detail) -> list[Detail]:
    """A和B投资了C，A投100亿，B投50亿: the clauses behind give each of several payers its sum."""
    payers = {reading.entities.of(party).id: (role, party) for role, party in told.payers}
    behind = [c for c in told.relation.sentence.clauses if c.start >= told.relation.clause.end]
    if len(payers) < 2 or len(behind) < len(payers) or told.relation.type == "partnership":
        return []
    found: dict[str, Quantity] = {}
    for clause in behind[: len(payers)]:
        named = beginning_in(reading.names.mentions, clause.start, clause.end)
        sums = beginning_in(reading.amounts, clause.start, clause.end)
        if len(named) != 1 or len(sums) != 1:
            return []
        if not _TO_SUM.fullmatch(reading.skeleton, named[0].end, sums[0].start):
            return []
        found[reading.entities.of(named[0]).id] = sums[0]
    if found.keys() != payers.keys():
        return []
    return [replace(told, amount=found[one], payers=(payers[one],)) for one in found]


def _by_named_round(told: Detail, cue: int) -> list[Detail]:
    """A和B分别在A轮、A+轮领投C: the first pays in the first, the second in the second."""
    named = [one for one in told.rounds if cue < one.start < told.relation.clause.end]
    if len(named) < 2 or len(named) != len(told.payers):
        return []
    pairs = zip(told.payers, named, strict=True)
    return [replace(told, payers=(payer,), rounds=(one,)) for payer, one in pairs]


def _in_pairs(told: Detail, cue: int) -> Sequence[Detail]:
    """A和B分别投资了C和D: the first pays the first, the second the second."""
    clause = told.relation.clause
    payers = [p for p in told.payers if clause.start <= p[1].start < cue]
    payees = [p for p in told.payees if cue < p[1].start < clause.end]
    many = 1 < len(payers) == len(payees) == len(told.payees) == len(told.payers)
    if not many or told.relation.type == "partnership":
        return (told,)
    pairs = zip(payers, payees, strict=True)
    return [replace(told, payers=(one,), payees=(other,)) for one, other in pairs]


def _by_party(told: Detail, cue: int, sums: Sequence[Quantity]) -> list[Detail]:
    """The parts of the parties of one side that stand in front of the cue, a sum for each."""
    start = told.relation.clause.start
    for paying in (True, False):
        side = told.payers if paying else told.payees
        listed = [(role, party) for role, party in side if role != "seller"]
        if len(listed) == len(sums) and all(start <= party.start < cue for _, party in listed):
            return [
                replace(told, amount=money, payers=(one,))
                if paying
                else replace(told, amount=money, payees=(one,))
                for one, money in zip(listed, sums, strict=True)
            ]
    return []


def _by_round(
    reading: Reading, told: Detail, cue: int, sums: Sequence[Quantity]
) -> Sequence[Detail]:
    """The parts of several rounds of one company: 完成3轮融资，分别融资5亿、7亿和9亿美元."""
    times = _TIMES.search(reading.skeleton, told.relation.sentence.start, cue)
    rounds = times is not None and _COUNTS[times[1]] == len(sums)
    if not rounds or told.relation.hit.trigger.name != "funding":
        return (told,)
    return [replace(told, amount=money) for money in sums]
