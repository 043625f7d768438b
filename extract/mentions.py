"""The one type for things found in the text."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Literal, Protocol, TypeVar

from extract.records import Cite

Kind = Literal[
    "ORG", "PERSON", "OUTLET", "HARDWARE", "MONEY", "PERCENT", "SHARES", "COUNT", "POWER",
    "DURATION", "DATE", "ROUND",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Mention:
    """A stretch of the article that names or measures something.

    ``rule`` is the lexicon, rule or model that found it, ``id`` the canonical id where a lexicon
    knows one, ``value`` the normalised value (a Quantity, a DateMention, a round) where there is one.
    """

    start: int
    end: int
    text: str
    kind: Kind
    rule: str
    id: str = ""
    value: object = None

    def cite(self) -> Cite:
        """The mention's words with their offsets."""
        return Cite(start=self.start, end=self.end, text=self.text)


class Placed(Protocol):
    """What stands somewhere in a text."""

    @property
    def start(self) -> int:
        """Where it begins."""
        ...


_Found = TypeVar("_Found", bound=Placed)
_start_of = attrgetter("start")


def beginning_in(found: Sequence[_Found], start: int, end: int) -> Sequence[_Found]:
    """Those of a left-to-right list that begin in a stretch of the text."""
    first = bisect_left(found, start, key=_start_of)
    return found[first : bisect_left(found, end, first, key=_start_of)]


def last_before(found: Sequence[_Found], at: int, most: int) -> Sequence[_Found]:
    """The last few of a left-to-right list that begin in front of a place."""
    end = bisect_left(found, at, key=_start_of)
    return found[max(0, end - most) : end]


def drop_overlaps(mentions: Iterable[Mention], rank: Sequence[str]) -> list[Mention]:
    """A left-to-right list without overlaps: earlier rules of ``rank`` win, then longer mentions."""
    order = {rule: place for place, rule in enumerate(rank)}
    taken: list[Mention] = []
    used: set[int] = set()
    for mention in sorted(
        mentions, key=lambda m: (order.get(m.rule, len(order)), m.start - m.end, m.start)
    ):
        span = range(mention.start, mention.end)
        if used.isdisjoint(span):
            used.update(span)
            taken.append(mention)
    return sorted(taken, key=lambda m: m.start)
