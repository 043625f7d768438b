"""What a trigger needs beside it in words, and whether a text has it anywhere.

Most texts with a trigger tell of no deal, and most of those lack a word that the trigger needs. That
is seen without names, amounts or dates, which then need not be looked for.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from functools import cache, lru_cache

from extract.amounts import percent_signs
from extract.lexicon import alternation, lower, words
from extract.names import hardware_words
from extract.relations import Hit, every_hit

_LISTS = {
    "funded": "funded", "goods": "goods", "signed": "signed", "agreed": "agreed",
    "committed": "committed", "stake_or_unit": "unit", "stake_object": "stake",
    "as_shareholder": "as_shareholder", "share_told": "share_told", "fund_named": "fund_named", "founds": "founds", "tender": "tender", "share_price": "share_price", "control": "control", "goods_near": "goods",
}  # fmt: skip
"""The needs that words decide, and the lists of these words."""


@cache
def _pattern(need: str) -> re.Pattern[str]:
    return re.compile(alternation(words("cues.toml", "needs", _LISTS[need])))


def has_word(need: str, folded: str, start: int, end: int) -> bool:
    """Whether a stretch of text has one of the words of a need."""
    return _pattern(need).search(folded, start, end) is not None


def has_percent(folded: str, start: int, end: int) -> bool:
    """Whether a percentage can stand in a sentence, or behind it in its paragraph."""
    percents, breaks = _percents(folded)
    first = bisect_left(percents, start)
    if first == len(percents):
        return False
    close = bisect_left(breaks, max(end - 1, 0))
    return close == len(breaks) or percents[first] < breaks[close]


@lru_cache(maxsize=2)
def _percents(folded: str) -> tuple[list[int], list[int]]:
    """Where the percentages and the line breaks of the text at hand are."""
    percents = [match.start() for match in percent_signs().finditer(folded)]
    return percents, [match.start() for match in re.finditer("\n", folded)] if percents else []


# --------------------------------------------------------------------------------------------
# a whole text


def may_tell(folded: str, skeleton: str) -> bool:
    """Whether any trigger of a text has the words that it needs; if not, the text tells no deal.

    Every word that may be a trigger counts, even inside a longer one, and the stretches looked at
    hold the clauses and sentences that decide in the end.
    """
    asking: list[Hit] = []
    for hit in every_hit(folded):
        if _ASKS.isdisjoint(hit.trigger.needs):
            return True
        asking.append(hit)
    text = _Stretches(folded, skeleton) if asking else None
    return text is not None and any(map(text.meets, asking))


def able(hits: Sequence[Hit], folded: str, skeleton: str) -> list[Hit]:
    """The triggers whose stretches have the words that they need."""
    text = _Stretches(folded, skeleton)
    return [hit for hit in hits if text.meets(hit)]


_ASKS = frozenset({*_LISTS, "percent"}) - {"stake_or_unit"}  # 出售X needs no further word
_SENTENCE_WIDE = frozenset({"as_shareholder", "goods_near"})
_WITH = re.compile("[与和同跟]")
_SENTENCE_MARK = re.compile(r"[。！？!?；;\n]")
_CLAUSE_MARK = re.compile(r"[。！？!?；;\n，：:]")


class _Stretches:
    """One text, and the stretches between its marks; those in brackets count as none."""

    def __init__(self, folded: str, skeleton: str) -> None:
        self._folded = folded
        self._clauses = [match.start() for match in _CLAUSE_MARK.finditer(skeleton)]
        self._sentences = [match.start() for match in _SENTENCE_MARK.finditer(skeleton)]
        self._lowered = ""
        self._known: dict[tuple[str, int, int], bool] = {}

    def meets(self, hit: Hit) -> bool:
        """Whether the words around a trigger can be those that it needs."""
        return all(self._meets(need, hit) for need in hit.trigger.needs if need in _ASKS)

    def _meets(self, need: str, hit: Hit) -> bool:
        if need == "percent":
            return has_percent(self._folded, *self._around(self._sentences, hit))
        marks = self._sentences if need in _SENTENCE_WIDE else self._clauses
        asked = (need, *self._around(marks, hit))
        if asked not in self._known:
            self._known[asked] = self._has_word(*asked)
        return self._known[asked]

    def _has_word(self, need: str, start: int, end: int) -> bool:
        if has_word(need, self._folded, start, end):
            return True
        if need == "agreed":  # 与X合作: the verb itself
            return _WITH.search(self._folded, start, end) is not None
        if _LISTS[need] != "goods":
            return False
        self._lowered = self._lowered or lower(self._folded)
        return hardware_words(self._lowered[start:end])

    def _around(self, marks: list[int], hit: Hit) -> tuple[int, int]:
        place = bisect_left(marks, hit.start)
        start = marks[place - 1] + 1 if place else 0
        return start, marks[place] if place < len(marks) else len(self._folded)
