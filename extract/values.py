"""What belongs to a relation besides its parties: money, stake, round, status, date."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from extract.amounts import Quantity
from extract.clauses import Clause, Sentence
from extract.lexicon import alternation, words
from extract.mentions import Mention

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


def rounds_in(rounds: Sequence[Mention], start: int, end: int) -> list[Mention]:
    """The rounds named in a stretch of text."""
    return [found for found in rounds if start <= found.start and found.end <= end]
