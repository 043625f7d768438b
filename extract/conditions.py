"""Conditions of deals: the clause that says what the money is tied to."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Literal, get_args

import ahocorasick_rs

from extract.clauses import Sentence
from extract.errors import SeedError
from extract.lexicon import read_toml
from extract.mentions import beginning_in
from extract.records import CONDITION_KINDS, DEAL_TYPES, ConditionKind

Reach = Literal["clause", "words", "open"]
Scope = Literal["any", "near", "lead"]


@dataclass(frozen=True, slots=True)
class Cue:
    """An entry of ``conditions.toml``; what its keys mean is told there."""

    kind: ConditionKind
    words: tuple[str, ...]
    pattern: re.Pattern[str]
    types: frozenset[str]
    before: re.Pattern[str] | None
    unless: re.Pattern[str] | None
    reach: Reach
    scope: Scope
    examples: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Found:
    """A condition in the text, before it is given to a deal.

    ``types`` are the deals that can have it, ``scope`` says how far off their clause may stand;
    ``points`` says that it speaks of 本轮 or 此次, the deal that the article is about.
    """

    kind: ConditionKind
    start: int
    end: int
    types: frozenset[str]
    scope: Scope = "any"
    points: bool = False


# --------------------------------------------------------------------------------------------
# the seed

_KEYS = frozenset(
    {"name", "words", "pattern", "types", "before", "unless", "reach", "scope", "yes", "no"}
)


@cache
def cues() -> tuple[Cue, ...]:
    """The cues of ``conditions.toml``, checked."""
    seed = read_toml("conditions.toml")
    lists = {name: "|".join(words) for name, words in seed["lists"].items()}
    return tuple(_read_cue(entry, lists) for entry in seed["kind"])


def _read_cue(entry: Mapping[str, Any], lists: Mapping[str, str]) -> Cue:
    name = str(entry.get("name"))

    def refuse(message: str) -> SeedError:
        return SeedError(message, file="conditions.toml", key=name)

    def compiled(key: str) -> re.Pattern[str] | None:
        return _compile(str(entry[key]), lists, name) if key in entry else None

    if unknown := sorted(set(entry) - _KEYS):
        raise refuse(f"unknown key {unknown[0]}")
    if name not in CONDITION_KINDS:
        raise refuse("unknown kind of condition")
    if wrong := sorted(set(entry["types"]) - set(DEAL_TYPES)):
        raise refuse(f"unknown type {wrong[0]}")
    reach, scope = entry.get("reach", "clause"), entry.get("scope", "any")
    if reach not in get_args(Reach) or scope not in get_args(Scope):
        raise refuse(f"unknown reach or scope {reach}, {scope}")
    words = tuple(entry["words"])
    return Cue(
        kind=entry["name"],
        words=words,
        pattern=compiled("pattern") or re.compile("|".join(map(re.escape, words))),
        types=frozenset(entry["types"]),
        before=compiled("before"),
        unless=compiled("unless"),
        reach=reach,
        scope=scope,
        examples={key: tuple(entry.get(key, ())) for key in ("yes", "no")},
    )


_LIST = re.compile(r"<([a-z_]+)>")


def _compile(pattern: str, lists: Mapping[str, str], name: str) -> re.Pattern[str]:
    """A pattern with its lists put in."""
    try:
        return re.compile(_LIST.sub(lambda match: lists[match[1]], pattern))
    except KeyError as error:
        raise SeedError(f"unknown list {error}", file="conditions.toml", key=name) from error
    except re.error as error:
        raise SeedError(f"no pattern: {error}", file="conditions.toml", key=name) from error


@cache
def _automaton() -> tuple[ahocorasick_rs.AhoCorasick, tuple[tuple[int, ...], ...]]:
    """Finds the words of all cues at once; with the places of the cues each word belongs to."""
    table: dict[str, list[int]] = {}
    for place, cue in enumerate(cues()):
        for word in cue.words:
            table.setdefault(word, []).append(place)
    return ahocorasick_rs.AhoCorasick(list(table)), tuple(map(tuple, table.values()))


# --------------------------------------------------------------------------------------------
# finding


def find_conditions(folded: str, sentences: Sequence[Sentence]) -> list[Found]:
    """The conditions of a text, left to right; none in a headline."""
    plain: list[Found] = []
    inner: list[Found] = []
    body = [sentence for sentence in sentences if not sentence.title]
    lead = _lead_end(folded)
    for sentence, places in _hit_sentences(folded, body):
        for place in sorted(places):
            cue = cues()[place]
            if cue.scope != "lead" or sentence.start < lead:
                found = plain if sentence.opener is None else inner
                found += _in_sentence(folded, sentence, cue)
    inner.sort(key=lambda one: one.start)
    plain = [one for one in plain if not _repeats(one, inner)]
    joined = _joined(folded, plain + inner)
    return [one for one in joined if one.kind != "other" or not _has_a_name(one, joined)]


def _repeats(one: Found, inner: Sequence[Found]) -> bool:
    """Whether a clause only repeats what the bracket in it says: 投资5亿元（首期1亿元）."""
    return any(other.kind == one.kind for other in _within(one, inner))


def _has_a_name(one: Found, found: Sequence[Found]) -> bool:
    """Whether what is ``other`` is told there as a kind of its own: 作为交换，授予认股权证."""
    return any(other.kind != "other" for other in _within(one, found))


def _within(one: Found, found: Sequence[Found]) -> Iterator[Found]:
    """Those of a left-to-right list that lie in a condition."""
    return (f for f in beginning_in(found, one.start, one.end) if f.end <= one.end)


_LEAD = 260


def _lead_end(folded: str) -> int:
    """Where the beginning of an article ends, in which what is told is the news."""
    return max(0, folded.find("\n")) + _LEAD


def _hit_sentences(
    folded: str, sentences: Sequence[Sentence]
) -> Iterator[tuple[Sentence, set[int]]]:
    """The sentences that have a word of a cue, with the places of these cues."""
    matcher, table = _automaton()
    plain = [sentence for sentence in sentences if sentence.opener is None]
    inner = [sentence for sentence in sentences if sentence.opener is not None]
    rows = [(row, [sentence.start for sentence in row]) for row in (plain, inner)]
    hits: dict[tuple[int, int], tuple[Sentence, set[int]]] = {}
    for index, start, end in matcher.find_matches_as_indexes(folded, overlapping=True):
        for row, starts in rows:
            at = bisect_right(starts, start) - 1
            if at >= 0 and end <= row[at].end:
                sentence = row[at]
                _, places = hits.setdefault((sentence.start, sentence.end), (sentence, set()))
                places.update(table[index])
    yield from sorted(hits.values(), key=lambda item: item[0].start)


def _in_sentence(folded: str, sentence: Sentence, cue: Cue) -> Iterator[Found]:
    last = sentence.start
    for match in cue.pattern.finditer(folded, sentence.start, sentence.end):
        if match.start() < last or not _is_prepared(folded, sentence, cue, match):
            continue
        start, end = _borders(folded, sentence, cue, match)
        if (cue.unless and cue.unless.search(folded, start, end)) or _is_link(folded, start, end):
            continue
        points = bool(_POINTS.search(folded, start, end))
        yield Found(cue.kind, start, end, cue.types, cue.scope, points)
        last = end


def _is_prepared(folded: str, sentence: Sentence, cue: Cue, match: re.Match[str]) -> bool:
    """Whether the words that must come first stand in the sentence, or in the match itself."""
    return (
        cue.before is None
        or cue.before.search(folded, sentence.start, match.start()) is not None
        or cue.before.search(folded, match.start(), match.end()) is not None
    )


_POINTS = re.compile(
    r"(?:本|此|该|这)(?:轮|次|笔)|募集资金|募资|(?:融资|募集|所得)(?:资金|款项|净额)|资金(?:将|主要|拟)"
    r"|(?:本|该|这笔|这项|此项|上述|有关)(?:交易|收购|合同|协议|投资|发行|事项|议案)|发行费用"
)
_LINK = re.compile(r"《[^》\n]{6,80}》(?:《|$)")


def _is_link(folded: str, start: int, end: int) -> bool:
    """Whether a stretch is a row of titles of other articles."""
    return folded[start] == "《" and bool(_LINK.search(folded, start, end))


_STOP = re.compile(
    r"，(?:以此|从而|助力|推动|旨在|进一步|并将|加速|为|使|致力|以巩固|持续|以加|以便|实现|打造|构建"
    r"|租期|期限|以|由|估值|投后|本轮|此轮|该|交易|预计|目前|而(?!且)|但|至此|这|此外|截至|据|公司|双方)"
)
_EDGE = " \n，、；。：！？“”"


def _borders(folded: str, sentence: Sentence, cue: Cue, match: re.Match[str]) -> tuple[int, int]:
    if cue.reach == "words":
        return match.span()
    clause = sentence.clause_at(match.start())
    start, end = clause.start, sentence.clause_at(match.end() - 1).end
    if cue.reach == "open":
        stop = _STOP.search(folded, match.end(), sentence.end)
        end = stop.start() if stop else sentence.end
    while start < end and folded[start] in _EDGE:
        start += 1
    while end > start and folded[end - 1] in _EDGE:
        end -= 1
    return start, end


def _joined(folded: str, found: Sequence[Found]) -> list[Found]:
    """Left to right; what two neighbouring clauses say of one kind is one condition.

    Of two that overlap the longer one stays; 尚需股东大会批准，并经监管机构核准 is one approval.
    """
    joined: list[Found] = []
    for one in sorted(found, key=lambda f: (f.kind, f.start, -f.end)):
        last = joined[-1] if joined else None
        if last is None or last.kind != one.kind or not _touches(folded, last, one):
            joined.append(one)
        elif one.end > last.end:
            joined[-1] = replace(last, end=one.end, points=last.points or one.points)
    return sorted(joined, key=lambda f: (f.start, f.end, f.kind))


_SEAM = re.compile(r"[，、：“”（）() ]{0,3}")


def _touches(folded: str, last: Found, one: Found) -> bool:
    """Whether one begins where the other ends, or before."""
    return one.start <= last.end or bool(
        one.kind in _CLAUSES and _SEAM.fullmatch(folded, last.end, one.start)
    )


_CLAUSES: frozenset[ConditionKind] = frozenset({"regulatory", "governance", "lockup", "other"})
