"""Sentences, clauses, and who stands where in them.

A group is a run of parties that share one place in a clause (A、B和C); its marker is the preposition
in front of it (由, 向, 与 …), which decides the role that a trigger gives it.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from operator import attrgetter
from typing import NamedTuple

from extract.lexicon import alternation, words
from extract.mentions import Mention
from extract.names import FILLER


class Clause(NamedTuple):
    """A stretch between two commas, ``start`` inclusive, ``end`` exclusive."""

    start: int
    end: int


_start_of = attrgetter("start")


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence with its clauses; ``title`` says that it is of the headline.

    ``opener`` is set for the content of a bracket: what stands right before it is its topic, as in
    英伟达（拟投资至多1000亿美元）.
    """

    start: int
    end: int
    clauses: tuple[Clause, ...]
    title: bool = False
    opener: int | None = None

    def clause_at(self, offset: int) -> Clause:
        """The clause in which an offset lies."""
        place = max(bisect_right(self.clauses, offset, key=_start_of) - 1, 0)
        return self.clauses[place if offset < self.clauses[place].end else -1]


@dataclass(frozen=True, slots=True)
class Group:
    """Parties that stand together, and the marker in front of them (empty for none).

    ``last`` is the last name of all, which may only describe what stands behind it.
    """

    start: int
    end: int
    parties: tuple[Mention, ...]
    marker: str
    modifier: bool
    last: Mention


_LONGEST = 1000
"""Sentences longer than this (tables, lists, texts without stops) are read in parts."""

_SENTENCE = re.compile(r"[^。！？!?；;\n]+(?:[。！？!?；;]+[”」』\"]?|\n|$)")
_CLAUSE = re.compile(r"[^，：:]+[，：:]?")
# A space between two Chinese words parts the halves of a headline.
_TITLE_CLAUSE = re.compile(
    r"(?:(?!(?<=[一-龥）」”]) (?=[一-龥「“（]))[^，：:])+(?:[，：:]|(?<=[一-龥）」”]) (?=[一-龥「“（]))?"
)
ITEM = r"(?:[0-9]{1,3}(?:、|[.．](?![0-9]))|[①-⑳]|[•●▪■◆]|【)"
"""The head of an item of a digest: 3、… 【…"""

_INNER = re.compile(r"[（(]([^（）()\n]{6,160})[)）]")


def sentences(folded: str, skeleton: str) -> list[Sentence]:
    """The sentences of a text in order, the contents of long brackets behind the sentence they stand in."""
    title_end = skeleton.find("\n")
    found = []
    for match in _SENTENCE.finditer(skeleton):
        for start, end in _parts(skeleton, *match.span()):
            if skeleton[start:end].strip():
                title = start < title_end <= _LONGEST
                found.append(Sentence(start, end, _clauses(skeleton, start, end, title), title))
                found += _bracketed(folded, skeleton, start, end)
    return found


def _parts(skeleton: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """A sentence, one that is too long in parts: cut behind a comma where there is one.

    What stands in a sentence is compared with what else stands there; so time stays that of the
    length of a text, whatever its sentences are.
    """
    while end - start > _LONGEST:
        edge = start + _LONGEST
        cut = next(
            (at for mark in "，、 " if (at := skeleton.rfind(mark, start, edge)) > start), edge - 1
        )
        yield start, cut + 1
        start = cut + 1
    yield start, end


def _clauses(skeleton: str, start: int, end: int, title: bool = False) -> tuple[Clause, ...]:
    pattern = _TITLE_CLAUSE if title else _CLAUSE
    found = [Clause(*match.span()) for match in pattern.finditer(skeleton, start, end)]
    return tuple(found) or (Clause(start, end),)


def _bracketed(folded: str, skeleton: str, start: int, end: int) -> Iterator[Sentence]:
    if FILLER not in skeleton[start:end]:
        return
    for match in _INNER.finditer(folded, start, end):
        if skeleton[match.start()] == FILLER:
            inner = match.span(1)
            yield Sentence(*inner, _clauses(folded, *inner), opener=match.start())


# --------------------------------------------------------------------------------------------
# groups


# 公司控股股东X, 公司股东X: the company only says whose shareholder X is
_HOLDER = "(?:第[一二三四五]大|间接控股|控股|重要|大)?股东(?![大会权名结为包方及和与、，拟将])|实际控制人|实控人"


@cache
def _group_patterns() -> dict[str, re.Pattern[str]]:
    markers = alternation(words("clauses.toml", "marker", "words"))
    compounds = alternation(words("clauses.toml", "marker", "compounds"))
    places = words("names.toml", "descriptor", "place")
    between = alternation([*words("clauses.toml", "between", "words"), *places])
    behind = alternation(words("clauses.toml", "modifier", "behind"))
    titles = alternation(words("clauses.toml", "modifier", "titles"))
    verbs = alternation(words("clauses.toml", "marker", "breakers"))
    glue = r"[\x01 ”」』\"“「『’‘]"
    return {
        "between": re.compile(
            rf"{glue}*(?:的?[0-9.]+ ?%的?股[权份])?(?:等)?(?:、|和|与|及|以及|还有|&|/|,|以及其|及其){glue}*(?:{between}|{glue})*$"
        ),
        "marker": re.compile(rf"(?P<compound>{compounds})|(?P<marker>{markers})"),
        "breaker": re.compile(
            alternation(words("clauses.toml", "marker", "breakers")) + "|[，。；：\n]"
        ),
        "modifier": re.compile(
            rf"{glue}*(?:{behind}|{_HOLDER}|的?(?:(?!{verbs})[^，。；：的、]){{0,8}}(?:{titles}))"
        ),
        "title": re.compile(f"(?:{titles})[ \x01“「]*$"),
        "former": re.compile(r"(?<![目此之日以当年月天周提空])前$"),
    }


def groups(skeleton: str, sentence: Sentence, parties: Sequence[Mention]) -> Iterator[Group]:
    """The groups of a sentence, left to right, each read when it is asked for."""
    runs: list[list[Mention]] = []
    for party in parties:
        within = bool(runs) and len(runs[-1]) > 1
        if runs and _in_list(skeleton, runs[-1][-1].end, party.start, within=within):
            runs[-1].append(party)
        else:
            runs.append([party])
    return _read_groups(skeleton, sentence, runs)


_LISTED = re.compile(r"[^，。；：\n、]{0,8}(?:、|以及|及其|和|与|及)[^，。；：\n、]{0,10}$")


_OF_HOUSE = re.compile("旗下的?")


def _in_list(skeleton: str, end: int, start: int, *, within: bool) -> bool:
    """Whether two parties are of one list: a separator between them, and descriptions at most."""
    patterns = _group_patterns()
    if patterns["between"].match(skeleton, end, start):
        return True
    if within and _OF_HOUSE.fullmatch(skeleton, end, start):
        return True  # A旗下B、C旗下D: C only describes D
    if "、" not in skeleton[end:start] or not _LISTED.match(skeleton, end, start):
        return False
    return not patterns["breaker"].search(_INVESTS_NOT.sub("", skeleton[end:start]))


# A、新加坡国有投资平台B: no verb
_INVESTS_NOT = re.compile("投资(?:平台|机构|方|基金|公司|集团|人)")


def _read_groups(skeleton: str, sentence: Sentence, runs: list[list[Mention]]) -> Iterator[Group]:
    previous = sentence.start
    crossed: list[tuple[int, int]] = []
    for place, listed in enumerate(runs):
        start, end = listed[0].start, listed[-1].end
        once = _INVESTED_ONCE.match(skeleton, end) is not None
        run = listed if once else _heads(skeleton, listed)
        begin = max(previous, sentence.clause_at(start).start)
        coming = runs[place + 1][0].start if place + 1 < len(runs) else None
        modifier = once or _modifies(skeleton, start, end, sentence.end, coming)
        if coming == end and runs[place + 1][0].kind == "ORG":
            modifier = True  # 吉利|远程新能源商用车: a house right in front of its unit
        if skeleton[max(0, start - 3) : start].rstrip().endswith(("基于", "依托", "借助", "利用")):
            modifier = True  # 基于Intel 18A工艺: what something is made with
        if place and _speaks_for(skeleton, runs[place - 1], listed):
            modifier = True  # X首席执行官Y表示: who acts is X
        elif place + 1 < len(runs) and _speaks_for(skeleton, listed, runs[place + 1]):
            modifier = False
        # A、B、C创始人D: C describes D
        heads = run[:-1] if modifier and len(run) > 1 and not once else run
        marker = _marker(skeleton, begin, start, crossed)
        yield Group(start, end, tuple(heads), marker, modifier and heads is run, listed[-1])
        crossed.append((start, end))
        if not modifier:  # 由A旗下的B领投: the preposition governs B across A
            previous, crossed = end, []


# A、B押注过的X: all of the list only describe
_INVESTED_ONCE = re.compile("[ \x01]*(?:都|均|曾|也|共同)*(?:押注|投资|入股|投|加持|领投)过的")


def _speaks_for(skeleton: str, firm: list[Mention], person: list[Mention]) -> bool:
    """Whether a person is told as an officer of the firm in front."""
    if person[0].kind != "PERSON" or firm[-1].kind != "ORG":
        return False
    between = skeleton[firm[-1].end : person[0].start]
    if _OWN_TRADE.match(skeleton, person[-1].end):
        return False
    return len(between) <= 14 and bool(_group_patterns()["title"].search(between))


# X董事长Y拟减持: shares are an officer's own
_OWN_TRADE = re.compile("[^，。；：\n]{0,24}?(?:减持|增持)")


def _heads(skeleton: str, run: list[Mention]) -> list[Mention]:
    """The parties of a list without those that describe another: X创始人Y、Z lists Y and Z."""
    following = [*(party.start for party in run[1:]), len(skeleton)]
    described = [
        _modifies(skeleton, party.start, party.end, coming, None)
        for party, coming in zip(run, following, strict=True)
    ]
    heads = [party for party, modifier in zip(run[:-1], described, strict=False) if not modifier]
    return [*heads, run[-1]]


_FAR_MARKER = 28
_ASIDE = frozenset(["以", "通过", "除", "在", "据", "将", "把"])


# 将其持有的X股份出售
_INTO = frozenset(["将", "把"])
_ITS_HELD = re.compile("(?:其|自己|公司)?(?:直接|间接)?(?:所)?(?:持有|持)的?[ \x01]*")


def _marker(skeleton: str, begin: int, start: int, crossed: Sequence[tuple[int, int]]) -> str:
    """The preposition that governs what begins at ``start``: between the two only a description.

    以13亿美元对X: a preposition of price or place gives way to the one behind it. The names of
    ``crossed``, which only describe, may hold any word: 向某某投资基金旗下X.
    """
    patterns = _group_patterns()
    found = ""
    for match in patterns["marker"].finditer(skeleton, max(begin, start - _FAR_MARKER - 4), start):
        word = match["marker"]
        if not word or start - match.end() > _FAR_MARKER:
            continue
        held = word in _INTO and _ITS_HELD.fullmatch(skeleton, match.end(), start)
        between, at = "", match.end()
        for begin_name, end_name in crossed:
            between, at = between + skeleton[at:begin_name], max(at, end_name)
        if not held and patterns["breaker"].search(between + skeleton[at:start]):
            continue
        adjoins = word not in _ASIDE and not skeleton[match.end() : start].strip(" \x01“「『")
        if not found or found in _ASIDE or adjoins:
            found = word
    return found


# X旗下投资平台领投, 与X下属子公司签约: a unit without a name is its house
_UNNAMED_UNIT = re.compile(
    "(?:旗下的?(?:投资平台|投资机构|产业基金|基金|创投平台|产投平台|风投机构|投资公司)|(?:旗下|下属)的?(?:全资|控股)?子公司)"
    "(?=[、以和及与等领跟参联共独投签达订就，。；])"
)

# 谷歌母公司Alphabet
_PARENT_OF = re.compile("的?(?:母公司|控股股东|实际控制人)[ \x01]*")
# X的Y, X推出的Y: X only describes Y where Y is a party, too
_OF_NEXT = re.compile(r"[^，。；：\n、]{0,10}的[^，。；：\n、]{0,12}")


def _modifies(skeleton: str, start: int, end: int, limit: int, coming: int | None) -> bool:
    """Whether a group only describes what stands behind it (X旗下Y, X的创始人, 前X副总裁, X的Y)."""
    patterns = _group_patterns()
    edge = limit if coming is None else coming
    unit = _UNNAMED_UNIT.match(skeleton, end)
    if unit and unit.end() != coming:
        return False
    if patterns["modifier"].match(skeleton, end, min(end + 16, edge)):
        return True
    if coming is not None and _PARENT_OF.fullmatch(skeleton, end, coming):
        return True
    if coming is not None and _OF_NEXT.fullmatch(skeleton, end, coming):
        ruled = any(m["marker"] for m in patterns["marker"].finditer(skeleton, end, coming))
        return not ruled and not patterns["breaker"].search(skeleton, end, coming)
    return bool(patterns["former"].search(skeleton, max(0, start - 2), start))
