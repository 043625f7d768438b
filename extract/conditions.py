"""Conditions of deals: the clause that says what the money is tied to."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from extract.clauses import Sentence
from extract.errors import SeedError
from extract.lexicon import read_toml
from extract.records import CONDITION_KINDS, ConditionKind


@dataclass(frozen=True, slots=True)
class Cue:
    """An entry of ``conditions.toml``.

    ``whole`` takes the clauses that follow as well, ``short`` just the words that matched.
    """

    kind: ConditionKind
    pattern: re.Pattern[str]
    types: frozenset[str]
    unless: re.Pattern[str] | None
    whole: bool
    short: bool


@dataclass(frozen=True, slots=True)
class Found:
    """A condition in the text, before it is given to a deal."""

    kind: ConditionKind
    start: int
    end: int
    types: frozenset[str]


@cache
def cues() -> tuple[Cue, ...]:
    """The cues of ``conditions.toml``, checked."""
    found = []
    for entry in read_toml("conditions.toml")["kind"]:
        if entry["name"] not in CONDITION_KINDS:
            raise SeedError("unknown kind of condition", file="conditions.toml", key=entry["name"])
        unless = re.compile(entry["unless"]) if "unless" in entry else None
        flags = entry.get("whole", False), entry.get("short", False)
        pattern = re.compile(entry["pattern"])
        found.append(Cue(entry["name"], pattern, frozenset(entry["types"]), unless, *flags))
    return tuple(found)


def find_conditions(folded: str, sentences: Sequence[Sentence]) -> list[Found]:
    """The conditions of a text, left to right, at most one of a kind in a clause."""
    found: list[Found] = []
    for sentence in sentences:
        for cue in cues():
            found += _in_sentence(folded, sentence, cue)
    return sorted(found, key=lambda one: (one.start, one.end))


def _in_sentence(folded: str, sentence: Sentence, cue: Cue) -> Iterator[Found]:
    last = sentence.start
    for match in cue.pattern.finditer(folded, sentence.start, sentence.end):
        if match.start() < last:
            continue
        start, end = _borders(folded, sentence, cue, match)
        if cue.unless and cue.unless.search(folded, start, end):
            continue
        yield Found(cue.kind, start, end, cue.types)
        last = end


_STOP = re.compile(
    r"，(?:以此|从而|助力|推动|旨在|进一步|并将|加速|为|使|致力|以巩固|持续|以加|以便|实现|打造|构建)"
)


def _borders(folded: str, sentence: Sentence, cue: Cue, match: re.Match[str]) -> tuple[int, int]:
    if cue.short:
        return match.span()
    clause = sentence.clause_at(match.start())
    start, end = clause.start, sentence.clause_at(match.end() - 1).end
    if cue.whole:
        stop = _STOP.search(folded, match.end(), sentence.end)
        end = stop.start() if stop else sentence.end
    while start < end and folded[start] in " \n，、；。":
        start += 1
    while end > start and folded[end - 1] in " \n，、；。：":
        end -= 1
    return start, end
