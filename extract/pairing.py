"""Which record of the output stands for which of gold, and which of its values are right.

A record of the output and one of gold may be paired where their types are of one family and they
share a party; the pairs of an article are chosen one to one for the best total agreement.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass
from operator import eq
from typing import Any, Final, Literal

from extract.gold import SLOTS, Facts, ScoredDeal, ScoredMoney

CORE: Final = ("investor", "target", "amount", "condition", "hardware")
FAMILY: Final[Mapping[str, str]] = {
    "investment": "equity",
    "holding": "equity",
    "acquisition": "equity",
    "divestment": "equity",
    "ipo": "equity",
    "procurement": "trade",
    "partnership": "trade",
    "debt": "debt",
}

Same = Callable[[Any, Any], bool]
"""Whether a value of the output and one of gold agree."""


# --- agreement of two values -------------------------------------------------------------------


def _same_name(pred: frozenset[str], gold: frozenset[str]) -> bool:
    return not pred.isdisjoint(gold)


def _part_of_name(pred: frozenset[str], gold: frozenset[str]) -> bool:
    return any(_part(one, other) for one in pred for other in gold)


def _part(one: str, other: str) -> bool:
    """Whether one text stands in the other; a single character says too little."""
    return min(len(one), len(other)) > 1 and (one in other or other in one)


def same_money(pred: ScoredMoney, gold: ScoredMoney) -> bool:
    """Whether currency and a bound agree within 1%; both bounds where gold is range or vague."""
    if pred.currency.upper() != gold.currency.upper():
        return False
    if gold.modifier in ("range", "vague"):
        return _close(pred.min, gold.min) and _close(pred.max, gold.max)
    return any(_close(a, b) for a in (pred.min, pred.max) for b in (gold.min, gold.max))


def _part_of_money(pred: ScoredMoney, gold: ScoredMoney) -> bool:
    """The number without its currency, or one bound of a range."""
    return any(_close(a, b) for a in (pred.min, pred.max) for b in (gold.min, gold.max))


def _close(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return False
    return abs(one - other) <= 0.01 * max(abs(one), abs(other), 1e-9)


def _same_stake(pred: float, gold: float) -> bool:
    return abs(pred - gold) < 0.051


def _part_of_date(pred: str, gold: str) -> bool:
    return pred.startswith(gold) or gold.startswith(pred)


def _same_condition(pred: tuple[str, str], gold: tuple[str, str]) -> bool:
    return pred[0] == gold[0] and _same_words(pred, gold)


def _same_words(pred: tuple[str, str], gold: tuple[str, str]) -> bool:
    """One text within the other, or half of the shorter one's bigrams shared."""
    one, other = pred[1], gold[1]
    if not one or not other:
        return False
    if one in other or other in one:
        return True
    grams, gold_grams = _bigrams(one), _bigrams(other)
    if not grams or not gold_grams:
        return False
    return len(grams & gold_grams) >= 0.5 * min(len(grams), len(gold_grams))


def _bigrams(text: str) -> set[str]:
    return {text[index : index + 2] for index in range(len(text) - 1)}


_HARDWARE_NOISE = re.compile("系列|芯片|晶片|ai|gpu|加速器|处理器")


def _same_hardware(pred: str, gold: str) -> bool:
    if pred == gold:
        return True
    bare = _HARDWARE_NOISE.sub("", pred)
    return bare != "" and bare == _HARDWARE_NOISE.sub("", gold)


def _never(pred: object, gold: object) -> bool:
    return False


def _always(pred: object, gold: object) -> bool:
    return True


_AGREEMENT: Final[Mapping[str, tuple[Same, Same]]] = {
    "type": (eq, _never),
    "investor": (_same_name, _part_of_name),
    "target": (_same_name, _part_of_name),
    "amount": (same_money, _part_of_money),
    "stake": (_same_stake, _never),
    "valuation": (same_money, _part_of_money),
    "round": (eq, _never),
    "status": (eq, _never),
    "date": (eq, _part_of_date),
    "condition": (_same_condition, _same_words),
    "hardware": (_same_hardware, _part),
}
"""For each slot, when a value is right, and when it is right in part."""


# --- agreement of two records ------------------------------------------------------------------


Way = Literal["correct", "incorrect", "partial", "missing", "spurious"]


@dataclass(frozen=True, slots=True)
class Muc:
    """How the values of the output and those of gold go together, as the MUC conferences counted.

    ``partial`` is a value that is right in part, ``incorrect`` one that stands where gold has
    another; ``missing`` and ``spurious`` are what is left over on either side.
    """

    correct: int = 0
    incorrect: int = 0
    partial: int = 0
    missing: int = 0
    spurious: int = 0

    def __add__(self, other: Muc) -> Muc:
        return Muc(*(a + b for a, b in zip(astuple(self), astuple(other), strict=True)))

    @property
    def possible(self) -> int:
        """The values of gold."""
        return self.correct + self.incorrect + self.partial + self.missing

    @property
    def actual(self) -> int:
        """The values of the output."""
        return self.correct + self.incorrect + self.partial + self.spurious


def compare(pred: ScoredDeal, gold: ScoredDeal) -> dict[str, int]:
    """How many values of each slot of ``pred`` are right."""
    return _agreement(pred.facts, gold.facts)


def tally(pred: ScoredDeal | None, gold: ScoredDeal | None) -> dict[str, Muc]:
    """How the values of two paired records, or of one alone, go together, slot by slot."""
    counts = {slot: Counter[str]() for slot in SLOTS}
    for row in lined_up(pred, gold):
        counts[row.slot][row.way] += 1
    return {slot: Muc(**counter) for slot, counter in counts.items()}


@dataclass(frozen=True, slots=True)
class Row:
    """A value of the output and the one of gold that stands for it, or one of the two alone."""

    slot: str
    way: Way
    pred: Any
    gold: Any


def lined_up(pred: ScoredDeal | None, gold: ScoredDeal | None) -> Iterator[Row]:
    """The values of two paired records side by side, or those of one record alone."""
    crossed = pred is not None and gold is not None and _crossed(pred.facts, gold.facts)
    for slot in SLOTS:
        told = _told(pred, _OTHER_SIDE.get(slot, slot) if crossed else slot)
        for way, one, other in _line_up(told, _told(gold, slot), *_AGREEMENT[slot]):
            yield Row(slot, way, one and one[1], other and other[1])


_Told = tuple[Any, Any]
"""The normal form of a value and the value as it stands in the record."""


def _told(deal: ScoredDeal | None, slot: str) -> list[_Told]:
    if deal is None:
        return []
    shown = getattr(deal, _ATTRIBUTES.get(slot, slot))
    values = deal.facts.values(slot)
    return list(zip(values, shown if isinstance(shown, tuple) else (shown,), strict=False))


def _by_normal_form(agree: Same) -> Same:
    return lambda one, other: agree(one[0], other[0])


_ATTRIBUTES: Final = {"condition": "conditions"}


def _line_up(
    pred: list[_Told], gold: list[_Told], same: Same, partly: Same
) -> Iterator[tuple[Way, _Told | None, _Told | None]]:
    """First what is right is paired, then what is right in part, then the rest in order."""
    ways: tuple[tuple[Way, Same], ...] = (
        ("correct", same),
        ("partial", partly),
        ("incorrect", _always),
    )
    for way, agree in ways:
        pairs, pred, gold = _paired(pred, gold, _by_normal_form(agree))
        yield from ((way, one, other) for one, other in pairs)
    yield from (("missing", None, other) for other in gold)
    yield from (("spurious", one, None) for one in pred)


_OTHER_SIDE: Final = {"investor": "target", "target": "investor"}


def _agreement(pred: Facts, gold: Facts) -> dict[str, int]:
    found = {slot: _matched(pred, gold, slot) for slot in SLOTS}
    if _crossed(pred, gold):
        found |= {slot: _matched(pred, gold, slot, other) for slot, other in _OTHER_SIDE.items()}
    return found


def _crossed(pred: Facts, gold: Facts) -> bool:
    """Whether the partners of one record stand on the other sides of the other record."""
    if not pred.type == gold.type == "partnership":
        return False
    straight = sum(_matched(pred, gold, slot) for slot in _OTHER_SIDE)
    return sum(_matched(pred, gold, slot, other) for slot, other in _OTHER_SIDE.items()) > straight


def _matched(pred: Facts, gold: Facts, slot: str, from_slot: str = "") -> int:
    """How many values of a slot are right; those of the output may be taken from another slot."""
    return _count(pred.values(from_slot or slot), gold.values(slot), _AGREEMENT[slot][0])


def _count(pred: Iterable[Any], gold: Iterable[Any], same: Same) -> int:
    return len(_paired(pred, gold, same)[0])


def _paired(
    pred: Iterable[Any], gold: Iterable[Any], same: Same
) -> tuple[list[tuple[Any, Any]], list[Any], list[Any]]:
    """Values paired, each with the first that is left and fits; and what is left on both sides."""
    left, over, pairs = list(gold), [], []
    for value in pred:
        for index, other in enumerate(left):
            if same(value, other):
                pairs.append((value, left.pop(index)))
                break
        else:
            over.append(value)
    return pairs, over, left


def similarity(pred: ScoredDeal, gold: ScoredDeal) -> float:
    """How well two records go together; 0.0 where they may not be paired."""
    one, other = pred.facts, gold.facts
    if FAMILY[one.type] != FAMILY[other.type]:
        return 0.0
    parties = (*other.investor, *other.target)
    if not _count((*one.investor, *one.target), parties, _same_name):
        return 0.0
    found = _agreement(one, other)
    if not found["investor"] and not found["target"]:
        return 0.2  # the shared party stands on the wrong side
    return _weighted(found)


def _weighted(found: Mapping[str, int]) -> float:
    # The reference adds in this order; floats added otherwise could turn a tie.
    total: float = 1 + 3 * bool(found["target"]) + 3 * bool(found["investor"])
    total = total + 2 * found["amount"] + 1.5 * found["type"] + found["stake"] + found["round"]
    return total + 0.5 * found["date"] + 0.3 * found["status"] + 0.3 * bool(found["hardware"])


# --- one-to-one pairing ------------------------------------------------------------------------


def align(pred: Sequence[ScoredDeal], gold: Sequence[ScoredDeal]) -> list[tuple[int, int]]:
    """Indices of the records that are paired, for the best total similarity."""
    weights = [[_weight(one, other) for other in gold] for one in pred]
    return [(i, j) for i, j in assign(weights) if weights[i][j] > 0]


def _weight(pred: ScoredDeal, gold: ScoredDeal) -> float:
    return max(0.0, similarity(pred, gold) - (0.05 if gold.optional else 0))


def assign(weights: Sequence[Sequence[float]]) -> list[tuple[int, int]]:
    """Rows and columns paired one to one so that the sum of their weights is greatest.

    Ties are broken as ``scipy.optimize.linear_sum_assignment`` breaks them.
    """
    if not weights or not weights[0]:
        return []
    if len(weights) > len(weights[0]):
        turned = assign(list(zip(*weights, strict=True)))
        return sorted((row, column) for column, row in turned)
    search = _Assignment([[-weight for weight in row] for row in weights])
    return list(enumerate(search.columns()))


class _Assignment:
    """Shortest augmenting paths (Crouse, 2016: On implementing 2D rectangular assignment)."""

    def __init__(self, cost: list[list[float]]) -> None:
        self.cost = cost
        self.row_price = [0.0] * len(cost)
        self.column_price = [0.0] * len(cost[0])
        self.column_of = [-1] * len(cost)
        self.row_of = [-1] * len(cost[0])

    def columns(self) -> list[int]:
        """The column of each row."""
        for row in range(len(self.cost)):
            self._add(row)
        return self.column_of

    def _add(self, start: int) -> None:
        paths = _Paths(len(self.row_of))
        sink = self._sink(start, paths)
        self._update_prices(start, paths)
        while True:
            row = paths.came_from[sink]
            self.row_of[sink] = row
            self.column_of[row], sink = sink, self.column_of[row]
            if row == start:
                return

    def _sink(self, row: int, paths: _Paths) -> int:
        while True:
            paths.rows.append(row)
            column = self._nearest(row, paths)
            paths.columns.append(column)
            if self.row_of[column] == -1:
                return column
            row = self.row_of[column]

    def _nearest(self, row: int, paths: _Paths) -> int:
        """The open column that is nearest by way of the row; a free one wins a tie."""
        best, lowest = -1, math.inf
        for index, column in enumerate(paths.open):
            step = paths.reached + self.cost[row][column]
            distance = step - self.row_price[row] - self.column_price[column]
            if distance < paths.distance[column]:
                paths.came_from[column] = row
                paths.distance[column] = distance
            here = paths.distance[column]
            if here < lowest or (here == lowest and self.row_of[column] == -1):
                best, lowest = index, here
        paths.reached = lowest
        return paths.close(best)

    def _update_prices(self, start: int, paths: _Paths) -> None:
        self.row_price[start] += paths.reached
        for row in paths.rows[1:]:
            self.row_price[row] += paths.reached - paths.distance[self.column_of[row]]
        for column in paths.columns:
            self.column_price[column] -= paths.reached - paths.distance[column]


class _Paths:
    """The state of one search: the columns still open, and how far each one is."""

    def __init__(self, columns: int) -> None:
        self.open = list(range(columns - 1, -1, -1))
        self.distance = [math.inf] * columns
        self.came_from = [-1] * columns
        self.rows: list[int] = []
        self.columns: list[int] = []
        self.reached = 0.0

    def close(self, index: int) -> int:
        """Take a column out; the last one takes its place."""
        column, last = self.open[index], self.open.pop()
        if index < len(self.open):
            self.open[index] = last
        return column
