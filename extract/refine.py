"""Names by rule and names by model, put together: the model names what no list and no rule knows.

The rules are sure of what a list, a definition or a registered form names. Of the rest the model has
a say: a candidate it holds for no name is dropped, one it cuts otherwise takes its borders, and what
it alone sees is added. It is asked only about sentences that can hold a deal.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from extract.mentions import Mention, beginning_in, drop_overlaps
from extract.names import (
    RANK,
    Names,
    every_place,
    has_suffix,
    is_description,
    is_name,
    is_place_and_field,
)
from extract.segment import cut

if TYPE_CHECKING:
    from extract.ner import Marker, Marks

SURE = frozenset({
    "names.lexicon", "names.extended", "names.definition", "names.full", "names.hardware",
    "names.ticker",
})  # fmt: skip
"""Rules whose names the model does not judge."""

VETO = 0.2
"""A candidate of a rule with a lower score than this is none."""

TRUST = 0.95
"""A span of the model with at least this score is a name."""

TRUST_SUFFIX = 0.9
"""And this is enough where it ends like one: 白鹭软件."""

Stretch = tuple[int, int]


def refine(
    names: Names, tagger: Marker, text: str, folded: str, stretches: Sequence[Stretch]
) -> Names:
    """The names of a text after the model has read some stretches of it (sentences with a trigger).

    The model reads the folded text, in which one sign stands for one sign of the text: what it finds
    does not hang on the script.
    """
    stretches = [stretch for stretch in stretches if _pays(names, text, stretch)]
    if not stretches:
        return names
    marks = tagger.mark([folded[start:end] for start, end in stretches])
    sure = [mention for mention in names.mentions if mention.rule in SURE or mention.kind != "ORG"]
    known = set(sure)
    doubtful = [mention for mention in names.mentions if mention not in known]
    told = list(_told(text, folded, stretches, marks))
    kept = list(_kept(doubtful, stretches, marks, {mention.text for mention in told}))
    found = [*sure, *told, *kept]
    found += _everywhere(text, told)
    return Names(tuple(drop_overlaps(found, _ORDER)), names.same)


_DEAL = re.compile(
    r"[亿億万萬%％轮輪签簽股]|IPO|招股|过会|過會|聆讯|聆訊|中标|中標|战略合作|戰略合作|收购|收購|并购|併購|达成|達成|协议|協議|领投|領投|跟投|参投|參投|融资|融資|合同|合約"
)


def _pays(names: Names, text: str, stretch: Stretch) -> bool:
    """Whether a sentence is worth the model: it has more than a trigger, and not all names are sure."""
    start, end = stretch
    if not _DEAL.search(text, start, end):
        return False
    named = beginning_in(names.mentions, start, end)
    here = [mention for mention in named if mention.end <= end and mention.kind == "ORG"]
    return len(here) < 2 or any(mention.rule not in SURE for mention in here)


_FIRST = (*(rule for rule in RANK if rule in SURE), "names.quoted", "names.model")
_ORDER = (*_FIRST, *(rule for rule in RANK if rule not in _FIRST))


def _told(
    text: str, folded: str, stretches: Sequence[Stretch], marks: Sequence[Marks]
) -> Iterator[Mention]:
    """The organisations that the model is sure of."""
    for (offset, _), found in zip(stretches, marks, strict=True):
        for span in found.spans:
            start, end = offset + span.start, offset + span.end
            enough = TRUST_SUFFIX if has_suffix(text[start:end]) else TRUST
            if span.label == "ORG" and span.score >= enough and _may_be(text, folded, start, end):
                yield Mention(start, end, text[start:end], "ORG", "names.model")


_QUOTES = frozenset('“「『"‘《')


def _may_be(text: str, folded: str, start: int, end: int) -> bool:
    """Whether a span can be a name: no phrase of plain words (海洋|机器人), unless it is quoted."""
    chunk = text[start:end]
    if text[start - 1 : start] not in _QUOTES and is_place_and_field(folded[start:end]):
        return False
    if not is_name(chunk) or (chunk.isalpha() and is_description(folded[start:end])):
        return False
    if text[start - 1 : start] in _QUOTES or has_suffix(chunk) or not chunk.isalpha():
        return True
    return chunk[0].isascii() or any(len(word) == 1 for word in cut(folded[start:end]))


def _kept(
    doubtful: Sequence[Mention],
    stretches: Sequence[Stretch],
    marks: Sequence[Marks],
    told: set[str],
) -> Iterator[Mention]:
    """The candidates that the model lets stand: unread, or scored well somewhere, or told by it."""
    best: dict[str, float] = {}
    for (start, end), found in zip(stretches, marks, strict=True):
        for mention in beginning_in(doubtful, start, end):
            if mention.end <= end:
                score = found.score(mention.start - start, mention.end - start)
                best[mention.text] = max(best.get(mention.text, 0.0), score)
    for mention in doubtful:
        if mention.text in told or best.get(mention.text, 1.0) >= VETO:
            yield mention


def _everywhere(text: str, told: Sequence[Mention]) -> Iterator[Mention]:
    """Every further place of the names that the model found."""
    names = {mention.text for mention in told if len(mention.text) > 2}
    for name, start, end in every_place(text, names):
        yield Mention(start, end, name, "ORG", "names.repeat")
