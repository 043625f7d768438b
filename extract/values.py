"""What belongs to a relation besides its parties: money, stake, round, status, date."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from extract.amounts import Quantity
from extract.clauses import Clause, Sentence
from extract.dates import DateMention
from extract.lexicon import alternation, words
from extract.mentions import Mention
from extract.records import Status

MoneyRole = str  # "amount", "valuation", "total", "part", "other", "conversion"


@dataclass(frozen=True, slots=True)
class Cited:
    """A normalised value and the words it follows from."""

    value: object
    start: int
    end: int
    rule: str = ""


# --------------------------------------------------------------------------------------------
# money


@cache
def _money_patterns() -> dict[str, re.Pattern[str]]:
    table = {}
    for kind in ("valuation", "total", "other"):
        table[f"{kind} before"] = re.compile(
            rf"(?:{alternation(words('money.toml', kind, 'before'))})[^，。；：\n]{{0,10}}$"
        )
    for kind in ("valuation", "other"):
        table[f"{kind} behind"] = re.compile(
            rf"[ \x01]*(?:{alternation(words('money.toml', kind, 'behind'))})"
        )
    return table


def money_roles(skeleton: str, money: Sequence[Quantity]) -> list[MoneyRole]:
    """What each amount is: the price of a deal, a valuation, a total of several deals, or no deal's."""
    roles: list[MoneyRole] = []
    free = 0  # words before this offset already belong to an earlier amount
    for quantity in money:
        role, free = _money_role(skeleton, quantity, free)
        roles.append(role)
    return roles


# 融资3亿美元估值20亿: the word between two amounts belongs to the second
_NEXT = re.compile(r"[^，。；：\n0-9]{0,5}[0-9]")


def _money_role(skeleton: str, quantity: Quantity, free: int) -> tuple[MoneyRole, int]:
    patterns = _money_patterns()
    if quantity.converted_from is not None:
        return "conversion", quantity.end
    if quantity.per == "share":
        return "other", quantity.end
    for kind in ("valuation", "other"):
        match = patterns[f"{kind} behind"].match(skeleton, quantity.end)
        if match and not _NEXT.match(skeleton, match.end()):
            return kind, match.end()
    before = skeleton[max(free, quantity.start - 18) : quantity.start]
    for kind in ("valuation", "total", "other"):
        if patterns[f"{kind} before"].search(before):
            return kind, quantity.end
    if quantity.part == "total" and re.search(
        "累计", skeleton[max(0, quantity.start - 8) : quantity.end]
    ):
        return "total", quantity.end
    return "amount", quantity.end


def nearest(
    candidates: Sequence[Quantity], clause: Clause, sentence: Sentence, at: int
) -> Quantity | None:
    """The amount that stands nearest to a trigger, in its clause before its sentence."""
    for start, end in ((clause.start, clause.end), (sentence.start, sentence.end)):
        inside = [q for q in candidates if start <= q.start and q.end <= end]
        if inside:
            return min(inside, key=lambda q: min(abs(q.end - at), abs(q.start - at)))
    return None


# --------------------------------------------------------------------------------------------
# status


@cache
def _status_patterns() -> tuple[dict[str, re.Pattern[str]], re.Pattern[str]]:
    table = {
        status: re.compile(alternation(words("cues.toml", "status", status)))
        for status in ("terminated", "completed", "announced", "talks")
    }
    return table, re.compile(alternation(words("cues.toml", "not", "words")))


def status_cues(folded: str, start: int, end: int) -> dict[str, tuple[int, int]]:
    """The first cue of each status in a stretch of text, by status."""
    table, masked = _status_patterns()
    stretch = masked.sub(lambda match: "\x01" * len(match.group()), folded[start:end])
    found = {}
    for status, pattern in table.items():
        if match := pattern.search(stretch):
            found[status] = (start + match.start(), start + match.end())
    return found


def read_status(
    folded: str, clause: tuple[int, int], default: str, *, signed: bool
) -> tuple[Status, Cited | None]:
    """The state of a deal as its clause tells it; a cue that nothing contradicts beats the default.

    ``signed`` says that the article tells of a signed agreement, which makes 拟 announced.
    """
    cues = status_cues(folded, *clause)
    for status in ("terminated", "talks", "completed", "announced"):
        if status in cues:
            span = cues[status]
            if status == "talks" and signed and folded[slice(*span)] == "拟":
                return "announced", Cited("announced", *span, "cue")
            return status, Cited(status, *span, "cue")
    return default, None  # type: ignore[return-value]


# --------------------------------------------------------------------------------------------
# dates


def pick_date(
    dates: Sequence[DateMention], clause: tuple[int, int], sentence: Sentence, at: int
) -> DateMention | None:
    """The date that a clause gives its deal: in the clause, else earlier in the sentence."""
    usable = [d for d in dates if d.role in {"point", "range"} and d.value and d.kind != "vague"]
    inside = [d for d in usable if clause[0] <= d.start and d.end <= clause[1]]
    if inside:
        return min(inside, key=lambda d: (d.start > at, abs(d.start - at)))
    earlier = [d for d in usable if sentence.start <= d.start and d.end <= clause[0]]
    return earlier[-1] if earlier else None


def rounds_in(rounds: Sequence[Mention], start: int, end: int) -> list[Mention]:
    """The rounds named in a stretch of text."""
    return [found for found in rounds if start <= found.start and found.end <= end]
