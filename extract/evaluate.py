"""Scores of output against gold: deal, record, core and slot F1, and what was missed.

A record of the output and one of gold may be paired where their types are of one family and they
share a party; the pairs of an article are chosen one to one for the best total agreement. Optional
gold neither rewards nor punishes. Without gold there is no score: None, not 0 and not 1.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Final, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from extract.article import Article, join_title
from extract.errors import GoldError
from extract.records import (
    DATE_PATTERN,
    ArticleDeals,
    ConditionKind,
    DealType,
    Modifier,
    Role,
    Status,
)

SLOTS: Final = (
    "type", "investor", "target", "amount", "stake", "valuation", "round", "status", "date",
    "condition", "hardware",
)  # fmt: skip
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
GATED: Final = ("deal", "record", "core", "slot")
"""The scores that floors are pinned for."""

Item = TypeVar("Item")


# --- what is scored: the shape that gold files and output share --------------------------------


class _Shape(BaseModel):
    """What both files must have; keys that only one of them knows are passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class ScoredParty(_Shape):
    """A party and every form of its name that counts as right."""

    name: str = Field(min_length=1)
    role: Role | None = None
    names: tuple[str, ...] = ()


class ScoredMoney(_Shape):
    """An amount; the bounds are floats here because the reference compares them within 1%."""

    min: float | None = None
    max: float | None = None
    currency: str = ""
    modifier: Modifier | None = None
    text: str = ""


class ScoredCondition(_Shape):
    """A condition: its kind and its words."""

    kind: ConditionKind
    text: str = Field(min_length=1)


class ScoredHardware(_Shape):
    """A piece of hardware; only its name is scored."""

    name: str = Field(min_length=1)
    vendor: str | None = None
    quantity: str | None = None


class ScoredDeal(_Shape):
    """One record, as read from a file of gold or of output."""

    type: DealType
    investor: tuple[ScoredParty, ...] = ()
    target: tuple[ScoredParty, ...] = ()
    amount: ScoredMoney | None = None
    stake: float | None = None
    valuation: ScoredMoney | None = None
    round: str | None = None
    status: Status | None = None
    date: str | None = Field(default=None, pattern=DATE_PATTERN)
    conditions: tuple[ScoredCondition, ...] = ()
    hardware: tuple[ScoredHardware, ...] = ()
    evidence: str | None = None
    optional: bool = False

    @cached_property
    def facts(self) -> Facts:
        """The normal forms that are compared, worked out once."""
        return Facts.of(self)


class ScoredArticle(_Shape):
    """The records of one article."""

    article_id: str = Field(min_length=1)
    title: str | None = None
    published: str | None = Field(default=None, pattern=DATE_PATTERN)
    text: str | None = None
    deals: tuple[ScoredDeal, ...] = ()


class GoldDeal(ScoredDeal):
    """One record of gold; an unknown key is an error, as it may be a misspelt one."""

    model_config = ConfigDict(extra="forbid")

    status: Status
    evidence: str = Field(min_length=1)

    @model_validator(mode="after")
    def _has_a_party(self) -> Self:
        if not self.investor and not self.target:
            raise ValueError("neither side of the deal is named")
        return self


class GoldArticle(ScoredArticle):
    """One line of a gold file; where it holds the text, every quotation must be found in it."""

    deals: tuple[GoldDeal, ...]

    @model_validator(mode="after")
    def _quotes_the_text(self) -> Self:
        for number, deal in enumerate(self.deals):
            for key, quoted in _quotations(deal):
                if self.text is not None and quoted not in self.text:
                    raise ValueError(f"deals.{number}.{key}: {quoted!r} is not in the text")
        return self


def _quotations(deal: ScoredDeal) -> Iterator[tuple[str, str]]:
    yield "evidence", deal.evidence or ""
    for key in ("amount", "valuation"):
        if (money := getattr(deal, key)) is not None:
            yield f"{key}.text", money.text
    for number, condition in enumerate(deal.conditions):
        yield f"conditions.{number}.text", condition.text
    for number, hardware in enumerate(deal.hardware):
        yield f"hardware.{number}.name", hardware.name


# --- reading -----------------------------------------------------------------------------------

Read = TypeVar("Read", bound=ScoredArticle)


def read_gold(path: Path) -> list[GoldArticle]:
    """Gold from JSON Lines; raises GoldError with file, line and key."""
    return _read(path, GoldArticle)


def read_predictions(path: Path) -> list[ScoredArticle]:
    """Output from JSON Lines; raises GoldError with file, line and key."""
    return _read(path, ScoredArticle)


def as_prediction(deals: ArticleDeals) -> ScoredArticle:
    """What the pipeline returned, as if it had been written to a file and read again."""
    return ScoredArticle.model_validate(deals.model_dump(mode="json"))


def predict(
    gold: Iterable[GoldArticle], reader: Callable[[Article], ArticleDeals]
) -> Iterator[ScoredArticle]:
    """What a reader says of the texts that gold holds; raises GoldError where one is missing."""
    for wanted in gold:
        if wanted.text is None:
            raise GoldError("has no text to be read", key=wanted.article_id)
        article = Article(
            article_id=wanted.article_id,
            title=wanted.title,
            published=wanted.published,
            text=join_title(wanted.title, wanted.text),
        )
        yield as_prediction(reader(article))


def fingerprint(path: Path) -> str:
    """The SHA-256 of a file's bytes, in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _read(path: Path, model: type[Read]) -> list[Read]:
    seen: set[str] = set()
    articles = []
    for number, line in _lines(path):
        article = _parse_line(line, model, file=str(path), number=number)
        if article.article_id in seen:
            raise GoldError(
                f"{article.article_id!r} stands twice",
                file=str(path), line=number, key="article_id",
            )  # fmt: skip
        seen.add(article.article_id)
        articles.append(article)
    return articles


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise GoldError(f"cannot be read: {error}", file=str(path)) from error
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            yield number, line


def _parse_line(line: str, model: type[Read], *, file: str, number: int) -> Read:
    try:
        return model.model_validate(json.loads(line))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        key = ".".join(str(part) for part in first["loc"])
        message = first["msg"].removeprefix("Value error, ")
        raise GoldError(message, file=file, line=number, key=key) from error
    except ValueError as error:
        raise GoldError(f"is not JSON: {error}", file=file, line=number) from error


# --- normal forms ------------------------------------------------------------------------------

_IGNORED = re.compile(r"[\s\"'“”‘’「」『』《》〈〉()（）·・,，.。-]")
_ROUND_NOISE = re.compile("融资|輪|轮|series")
_ROUND_FORMS: Final[Mapping[str, str]] = {"戰略": "战略", "战略投资": "战略", "種子": "种子"}
_HARDWARE_NOISE = re.compile("系列|芯片|晶片|ai|gpu|加速器|处理器")


def normal(text: str) -> str:
    """A name or a clause with case, width, spaces, quotes and brackets taken out."""
    return _IGNORED.sub("", unicodedata.normalize("NFKC", text).casefold())


def normal_round(text: str | None) -> str | None:
    """The name of a round without 轮 and 融资, or None: ``B+轮融资`` gives ``b+``."""
    bare = _ROUND_NOISE.sub("", normal(text or ""))
    return _ROUND_FORMS.get(bare, bare) or None


@dataclass(frozen=True, slots=True)
class Facts:
    """What is compared of one record."""

    type: str
    investor: tuple[frozenset[str], ...]
    target: tuple[frozenset[str], ...]
    amount: ScoredMoney | None
    stake: float | None
    valuation: ScoredMoney | None
    round: str | None
    status: str | None
    date: str | None
    condition: tuple[tuple[str, str], ...]
    hardware: tuple[str, ...]

    @classmethod
    def of(cls, deal: ScoredDeal) -> Facts:
        """The normal forms of a record."""
        return cls(
            type=deal.type,
            investor=tuple(map(_names, deal.investor)),
            target=tuple(map(_names, deal.target)),
            amount=deal.amount,
            stake=deal.stake,
            valuation=deal.valuation,
            round=normal_round(deal.round),
            status=deal.status,
            date=deal.date,
            condition=tuple((told.kind, normal(told.text)) for told in deal.conditions),
            hardware=tuple(normal(item.name) for item in deal.hardware),
        )

    def fillers(self) -> dict[str, int]:
        """How many values each slot holds."""
        counts = {slot: getattr(self, slot) for slot in SLOTS}
        return {
            slot: len(value) if isinstance(value, tuple) else int(value is not None)
            for slot, value in counts.items()
        }


def _names(party: ScoredParty) -> frozenset[str]:
    return frozenset(normal(name) for name in (party.name, *party.names) if name)


# --- agreement of two records ------------------------------------------------------------------


def compare(pred: ScoredDeal, gold: ScoredDeal) -> dict[str, int]:
    """How many values of each slot of ``pred`` are right."""
    return _agreement(pred.facts, gold.facts)


def _agreement(pred: Facts, gold: Facts) -> dict[str, int]:
    investor, target = _matched_sides(pred, gold)
    return {
        "type": int(pred.type == gold.type),
        "investor": investor,
        "target": target,
        "amount": int(same_money(pred.amount, gold.amount)),
        "stake": int(_same_stake(pred.stake, gold.stake)),
        "valuation": int(same_money(pred.valuation, gold.valuation)),
        "round": int(pred.round is not None and pred.round == gold.round),
        "status": int(pred.status is not None and pred.status == gold.status),
        "date": int(pred.date is not None and pred.date == gold.date),
        "condition": _matched(pred.condition, gold.condition, _same_condition),
        "hardware": _matched(pred.hardware, gold.hardware, _same_hardware),
    }


def _matched(pred: Iterable[Item], gold: Iterable[Item], same: Callable[[Item, Item], bool]) -> int:
    """The number of values paired, each with the first that is left and fits."""
    left = list(gold)
    count = 0
    for value in pred:
        for index, other in enumerate(left):
            if same(value, other):
                del left[index]
                count += 1
                break
    return count


def _matched_names(pred: Iterable[frozenset[str]], gold: Iterable[frozenset[str]]) -> int:
    return _matched(pred, gold, lambda one, other: not one.isdisjoint(other))


def _matched_sides(pred: Facts, gold: Facts) -> tuple[int, int]:
    """Investors and targets found; partners may stand on either side."""
    straight = (
        _matched_names(pred.investor, gold.investor),
        _matched_names(pred.target, gold.target),
    )
    if not pred.type == gold.type == "partnership":
        return straight
    crossed = (
        _matched_names(pred.target, gold.investor),
        _matched_names(pred.investor, gold.target),
    )
    return crossed if sum(crossed) > sum(straight) else straight


def same_money(pred: ScoredMoney | None, gold: ScoredMoney | None) -> bool:
    """Whether currency and a bound agree within 1%; both bounds where gold is range or vague."""
    if pred is None or gold is None or pred.currency.upper() != gold.currency.upper():
        return False
    if gold.modifier in ("range", "vague"):
        return _close(pred.min, gold.min) and _close(pred.max, gold.max)
    return any(_close(a, b) for a in (pred.min, pred.max) for b in (gold.min, gold.max))


def _close(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return False
    return abs(one - other) <= 0.01 * max(abs(one), abs(other), 1e-9)


def _same_stake(pred: float | None, gold: float | None) -> bool:
    return pred is not None and gold is not None and abs(pred - gold) < 0.051


def _same_condition(pred: tuple[str, str], gold: tuple[str, str]) -> bool:
    """Of one kind, and one text within the other or half of the shorter one's bigrams shared."""
    (kind, one), (gold_kind, other) = pred, gold
    if kind != gold_kind or not one or not other:
        return False
    if one in other or other in one:
        return True
    grams, gold_grams = _bigrams(one), _bigrams(other)
    if not grams or not gold_grams:
        return False
    return len(grams & gold_grams) >= 0.5 * min(len(grams), len(gold_grams))


def _bigrams(text: str) -> set[str]:
    return {text[index : index + 2] for index in range(len(text) - 1)}


def _same_hardware(pred: str, gold: str) -> bool:
    if pred == gold:
        return True
    bare = _HARDWARE_NOISE.sub("", pred)
    return bare != "" and bare == _HARDWARE_NOISE.sub("", gold)


def similarity(pred: ScoredDeal, gold: ScoredDeal) -> float:
    """How well two records go together; 0.0 where they may not be paired."""
    one, other = pred.facts, gold.facts
    if FAMILY[one.type] != FAMILY[other.type]:
        return 0.0
    if not _matched_names((*one.investor, *one.target), (*other.investor, *other.target)):
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


# --- counting ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Counts:
    """Right ones, false alarms and misses; without gold there is no score (None)."""

    tp: int = 0
    fp: int = 0
    fn: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(self.tp + other.tp, self.fp + other.fp, self.fn + other.fn)

    @property
    def precision(self) -> float | None:
        """Share of the output that is right."""
        return self.tp / (self.tp + self.fp) if self._gold and self.tp + self.fp else None

    @property
    def recall(self) -> float | None:
        """Share of gold that was found."""
        return self.tp / (self.tp + self.fn) if self._gold else None

    @property
    def f1(self) -> float | None:
        """Harmonic mean of precision and recall."""
        if not self._gold:
            return None
        precision, recall = self.precision or 0.0, self.recall or 0.0
        both = precision + recall
        return 2 * precision * recall / both if both else 0.0

    @property
    def _gold(self) -> int:
        return self.tp + self.fn

    def as_dict(self) -> dict[str, float | int | None]:
        """Scores and counts for JSON."""
        return {
            "precision": self.precision,
            "recall": self.recall,
            "f1": self.f1,
            "tp": self.tp,
            "fp": self.fp,
            "fn": self.fn,
        }


ErrorKind = Literal["missed", "extra", "wrong"]


@dataclass(frozen=True, slots=True)
class Mistake:
    """A record that was missed, is a false alarm, or is wrong in some slots."""

    article_id: str
    kind: ErrorKind
    slots: tuple[str, ...]
    pred: ScoredDeal | None
    gold: ScoredDeal | None
    sentence: str = ""

    def as_dict(self) -> dict[str, Any]:
        """The mistake for JSON, with both records."""
        return {
            "article_id": self.article_id,
            "kind": self.kind,
            "slots": list(self.slots),
            "sentence": self.sentence,
            "pred": self.pred and self.pred.model_dump(mode="json"),
            "gold": self.gold and self.gold.model_dump(mode="json"),
        }


@dataclass(frozen=True, slots=True)
class Report:
    """The scores of one gold file."""

    articles: int
    gold_deals: int
    deal: Counts
    record: Counts
    slots: Mapping[str, Counts]
    mistakes: tuple[Mistake, ...]

    @property
    def slot(self) -> Counts:
        """All slots together."""
        return sum(self.slots.values(), Counts())

    @property
    def core(self) -> Counts:
        """Investor, target, amount, condition and hardware together."""
        return sum((self.slots[slot] for slot in CORE), Counts())

    def rows(self) -> Iterator[tuple[str, Counts]]:
        """Every score under its name, the summary first."""
        for name in GATED:
            yield name, getattr(self, name)
        for slot in SLOTS:
            yield f"slot:{slot}", self.slots[slot]

    def as_dict(self, *, mistakes: int = 0) -> dict[str, Any]:
        """The report for JSON, with that many mistakes."""
        return {
            "articles": self.articles,
            "gold_deals": self.gold_deals,
            **{name: counts.as_dict() for name, counts in self.rows()},
            "errors": [mistake.as_dict() for mistake in self.mistakes[:mistakes]],
        }


@dataclass(slots=True)
class _Tally:
    """The counters of a run over the articles."""

    deal: Counter[str] = field(default_factory=Counter)
    record: Counter[str] = field(default_factory=Counter)
    slots: dict[str, Counter[str]] = field(
        default_factory=lambda: {slot: Counter() for slot in SLOTS}
    )
    mistakes: list[Mistake] = field(default_factory=list)

    def pair(self, article: GoldArticle, pred: ScoredDeal, gold: ScoredDeal) -> None:
        """Count a record of the output with the required gold it was paired with."""
        found, told, wanted = compare(pred, gold), pred.facts.fillers(), gold.facts.fillers()
        for slot, counter in self.slots.items():
            right = found[slot]
            counter.update(tp=right, fp=told[slot] - right, fn=wanted[slot] - right)
        self.deal.update(tp=1)
        self.record.update(_whole(found, told, wanted))
        wrong = tuple(slot for slot in SLOTS if not found[slot] == told[slot] == wanted[slot])
        if wrong:
            self._note(article, "wrong", wrong, pred, gold)

    def extra(self, article: GoldArticle, pred: ScoredDeal) -> None:
        """Count a record that gold does not have."""
        self._alone(pred, "fp")
        self._note(article, "extra", (), pred, None)

    def missed(self, article: GoldArticle, gold: ScoredDeal) -> None:
        """Count a record that the output does not have."""
        self._alone(gold, "fn")
        self._note(article, "missed", (), None, gold)

    def _alone(self, deal: ScoredDeal, way: Literal["fp", "fn"]) -> None:
        self.deal[way] += 1
        self.record[way] += 1
        for slot, count in deal.facts.fillers().items():
            self.slots[slot][way] += count

    def _note(
        self,
        article: GoldArticle,
        kind: ErrorKind,
        slots: tuple[str, ...],
        pred: ScoredDeal | None,
        gold: ScoredDeal | None,
    ) -> None:
        shown = gold or pred
        quoted = (shown.evidence or "") if shown else ""
        sentence = sentence_of(article.text or "", quoted) or quoted
        self.mistakes.append(Mistake(article.article_id, kind, slots, pred, gold, sentence))


def _whole(
    found: Mapping[str, int], told: Mapping[str, int], wanted: Mapping[str, int]
) -> dict[str, int]:
    """Right where type, all investors, all targets and the amount are; else wrong on both sides."""
    parts = ("investor", "target", "amount")
    right = found["type"] and all(found[part] == told[part] == wanted[part] for part in parts)
    return {"tp": 1} if right else {"fp": 1, "fn": 1}


def evaluate(gold: Iterable[GoldArticle], pred: Iterable[ScoredArticle]) -> Report:
    """Score output against gold; articles are matched by their ids.

    An article that only gold has counts as all misses, one that only the output has is passed over.
    """
    deals = {article.article_id: article.deals for article in pred}
    tally = _Tally()
    articles = list(gold)
    for article in articles:
        _count_article(article, deals.get(article.article_id, ()), tally)
    return Report(
        articles=len(articles),
        gold_deals=sum(not deal.optional for article in articles for deal in article.deals),
        deal=Counts(**tally.deal),
        record=Counts(**tally.record),
        slots={slot: Counts(**counter) for slot, counter in tally.slots.items()},
        mistakes=tuple(tally.mistakes),
    )


def _count_article(article: GoldArticle, pred: Sequence[ScoredDeal], tally: _Tally) -> None:
    gold = article.deals
    pairs = dict(align(pred, gold))
    for index, deal in enumerate(pred):
        if index not in pairs:
            tally.extra(article, deal)
        elif not gold[pairs[index]].optional:
            tally.pair(article, deal, gold[pairs[index]])
    found = set(pairs.values())
    for index, wanted in enumerate(gold):
        if index not in found and not wanted.optional:
            tally.missed(article, wanted)


_SENTENCE = re.compile(r"[^。！？!?\n]+[。！？!?]*[”」』]?")


def sentence_of(text: str, quoted: str) -> str:
    """The sentences of the text that hold a quotation; empty where it is not found."""
    start = text.find(quoted) if quoted else -1
    if start < 0:
        return ""
    end = start + len(quoted)
    spans = [found.span() for found in _SENTENCE.finditer(text)]
    touched = [span for span in spans if span[0] < end and start < span[1]]
    return text[touched[0][0] : touched[-1][1]].strip() if touched else quoted


# --- the gate ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Gate:
    """What the floors say of a report: the reasons to refuse it, none where it may pass."""

    refusals: tuple[str, ...]


def check_floors(report: Report, gold: Path, floors: Path) -> Gate:
    """Compare a report with the floors pinned for a gold file."""
    pinned = _read_floors(floors).get(_floor_name(gold, floors))
    if pinned is None:
        return Gate((f"no floors are pinned for {gold} in {floors}",))
    if pinned["fingerprint"] != fingerprint(gold):
        return Gate((f"{gold} is not the file that the floors in {floors} were pinned for",))
    return Gate(tuple(_below(report, pinned["floors"])))


def pin_floors(report: Report, gold: Path, floors: Path, *, force: bool = False) -> Gate:
    """Move the floors up to a report's scores; down only with ``force``."""
    table = _read_floors(floors) if floors.exists() else {}
    name = _floor_name(gold, floors)
    before = table.get(name, {"floors": {}})["floors"]
    refusals = () if force else tuple(_below(report, before))
    if not refusals:
        table[name] = {"fingerprint": fingerprint(gold), "floors": _floors_of(report)}
        text = json.dumps(table, ensure_ascii=False, indent=2, sort_keys=True)
        floors.write_text(text + "\n", encoding="utf-8")
    return Gate(refusals)


def _below(report: Report, floors: Mapping[str, float]) -> Iterator[str]:
    for name, floor in sorted(floors.items()):
        score = getattr(report, name).f1
        if score is None or score < floor:
            shown = "–" if score is None else f"{score:.4f}"
            yield f"{name} F1 {shown} is under its floor {floor:.3f}"


def _floors_of(report: Report) -> dict[str, float]:
    scores = {name: getattr(report, name).f1 for name in GATED}
    if None in scores.values():
        raise GoldError("no gold deals, so there is no score that could be pinned")
    # Cut, not rounded, so that the run that was pinned passes.
    return {name: math.floor(score * 1000) / 1000 for name, score in scores.items()}


def _floor_name(gold: Path, floors: Path) -> str:
    """The gold file as seen from the floors, so that no machine's path is written."""
    return Path(os.path.relpath(gold.absolute(), floors.absolute().parent)).as_posix()


def _read_floors(path: Path) -> dict[str, Any]:
    try:
        table: Any = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise GoldError(f"cannot be read: {error}", file=str(path)) from error
    if not isinstance(table, dict):
        raise GoldError("is not an object of floors by gold file", file=str(path))
    for name, entry in table.items():
        _check_entry(entry, file=str(path), key=name)
    return table


def _check_entry(entry: object, *, file: str, key: str) -> None:
    if not isinstance(entry, dict) or set(entry) != {"fingerprint", "floors"}:
        raise GoldError("must hold fingerprint and floors", file=file, key=key)
    floors = entry["floors"]
    if not isinstance(floors, dict) or not set(floors) <= set(GATED):
        raise GoldError(f"floors may only name {', '.join(GATED)}", file=file, key=key)
    if not all(isinstance(floor, int | float) for floor in floors.values()):
        raise GoldError("floors must be numbers", file=file, key=key)
