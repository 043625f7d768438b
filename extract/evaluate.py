"""Scores of output against gold: deal, record, core and slot F1, and what was missed.

Every score is a sum over outcomes: a record of the output with the gold it was paired with, or one
of the two alone. Optional gold neither rewards nor punishes. Without gold there is no score: None,
not 0 and not 1.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, Literal

from extract.gold import (
    SLOTS,
    GoldArticle,
    PredictedDeal,
    ScoredArticle,
    ScoredDeal,
    ScoredMoney,
    as_prediction,
    predict,
    read_gold,
    read_predictions,
)
from extract.pairing import CORE, align, compare

__all__ = [
    "GATED",
    "ArticleScore",
    "Counts",
    "GoldArticle",
    "Mistake",
    "Outcome",
    "Report",
    "ScoredArticle",
    "ScoredDeal",
    "ScoredMoney",
    "Sums",
    "as_prediction",
    "evaluate",
    "predict",
    "read_gold",
    "read_predictions",
    "sentence_of",
    "shown",
]

GATED: Final = ("deal", "record", "core", "slot")
"""The scores that floors are pinned for."""

Kind = Literal["right", "wrong", "missed", "extra", "optional"]
KINDS: Final[tuple[Kind, ...]] = ("wrong", "missed", "extra", "right", "optional")
"""What may become of a record; ``optional`` is output that was paired with optional gold."""


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


def shown(score: float | None) -> str:
    """A score in three digits; – where there is none."""
    return "–" if score is None else f"{score:.3f}"


# --- outcomes ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one record of the output, of gold, or of both together.

    ``wrong`` names the slots that are not all right. An optional outcome counts nowhere.
    """

    kind: Kind
    pred: PredictedDeal | None
    gold: ScoredDeal | None
    deal: Counts
    record: Counts
    slots: Mapping[str, Counts]
    wrong: tuple[str, ...] = ()


_NOTHING: Final[Mapping[str, Counts]] = {slot: Counts() for slot in SLOTS}


def _pair(pred: PredictedDeal, gold: ScoredDeal) -> Outcome:
    """A record of the output with the required gold it was paired with."""
    found, told, wanted = compare(pred, gold), pred.facts.fillers(), gold.facts.fillers()
    slots = {
        slot: Counts(found[slot], told[slot] - found[slot], wanted[slot] - found[slot])
        for slot in SLOTS
    }
    wrong = tuple(slot for slot in SLOTS if not found[slot] == told[slot] == wanted[slot])
    whole = _whole(found, told, wanted)
    kind: Kind = "wrong" if wrong else "right"
    return Outcome(kind, pred, gold, Counts(1), whole, slots, wrong)


def _whole(found: Mapping[str, int], told: Mapping[str, int], wanted: Mapping[str, int]) -> Counts:
    """Right where type, all investors, all targets and the amount are; else wrong on both sides."""
    parts = ("investor", "target", "amount")
    right = found["type"] and all(found[part] == told[part] == wanted[part] for part in parts)
    return Counts(1) if right else Counts(0, 1, 1)


def _extra(pred: PredictedDeal) -> Outcome:
    """A record that gold does not have."""
    fillers, one = pred.facts.fillers(), Counts(0, 1, 0)
    slots = {slot: Counts(0, fillers[slot], 0) for slot in SLOTS}
    return Outcome("extra", pred, None, one, one, slots)


def _missed(gold: ScoredDeal) -> Outcome:
    """A record that the output does not have."""
    fillers, one = gold.facts.fillers(), Counts(0, 0, 1)
    slots = {slot: Counts(0, 0, fillers[slot]) for slot in SLOTS}
    return Outcome("missed", None, gold, one, one, slots)


def _optional(pred: PredictedDeal | None, gold: ScoredDeal) -> Outcome:
    return Outcome("optional", pred, gold, Counts(), Counts(), _NOTHING)


def outcomes(gold: Sequence[ScoredDeal], pred: Sequence[PredictedDeal]) -> Iterator[Outcome]:
    """What became of the records of one article: those of the output, then those it lacks."""
    pairs = dict(align(pred, gold))
    for index, deal in enumerate(pred):
        if index not in pairs:
            yield _extra(deal)
        elif (wanted := gold[pairs[index]]).optional:
            yield _optional(deal, wanted)
        else:
            yield _pair(deal, wanted)
    found = set(pairs.values())
    for index, wanted in enumerate(gold):
        if index not in found:
            yield _optional(None, wanted) if wanted.optional else _missed(wanted)


# --- sums --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Sums:
    """The scores of some outcomes."""

    outcomes: tuple[Outcome, ...]

    @cached_property
    def deal(self) -> Counts:
        """Records found."""
        return sum((outcome.deal for outcome in self.outcomes), Counts())

    @cached_property
    def record(self) -> Counts:
        """Records of which type, investors, targets and amount are all right."""
        return sum((outcome.record for outcome in self.outcomes), Counts())

    @cached_property
    def slots(self) -> Mapping[str, Counts]:
        """Each slot for itself."""
        told = self.outcomes
        return {slot: sum((one.slots[slot] for one in told), Counts()) for slot in SLOTS}

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


@dataclass(frozen=True)
class ArticleScore(Sums):
    """What became of the records of one article."""

    article: GoldArticle


@dataclass(frozen=True, slots=True)
class Mistake:
    """A record that was missed, is a false alarm, or is wrong in some slots."""

    article_id: str
    kind: Kind
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


@dataclass(frozen=True)
class Report(Sums):
    """The scores of one gold file, and those of each of its articles."""

    scored: tuple[ArticleScore, ...]

    @property
    def articles(self) -> int:
        """The number of articles in gold."""
        return len(self.scored)

    @property
    def gold_deals(self) -> int:
        """The number of required records in gold."""
        return sum(not deal.optional for one in self.scored for deal in one.article.deals)

    @cached_property
    def mistakes(self) -> tuple[Mistake, ...]:
        """What is not as gold has it."""
        return tuple(
            _mistake(article.article, outcome)
            for article in self.scored
            for outcome in article.outcomes
            if outcome.kind in {"wrong", "missed", "extra"}
        )

    def as_dict(self, *, mistakes: int = 0) -> dict[str, Any]:
        """The report for JSON, with that many mistakes."""
        return {
            "articles": self.articles,
            "gold_deals": self.gold_deals,
            **{name: counts.as_dict() for name, counts in self.rows()},
            "errors": [mistake.as_dict() for mistake in self.mistakes[:mistakes]],
        }


def evaluate(
    gold: Iterable[GoldArticle], pred: Iterable[ScoredArticle], *, min_confidence: float = 0.0
) -> Report:
    """Score output against gold; articles are matched by their ids.

    An article that only gold has counts as all misses, one that only the output has is passed over.
    Records of the output that say less than ``min_confidence`` are left out.
    """
    deals = {
        article.article_id: tuple(d for d in article.deals if _is_sure(d, min_confidence))
        for article in pred
    }
    scored = tuple(
        ArticleScore(tuple(outcomes(article.deals, deals.get(article.article_id, ()))), article)
        for article in gold
    )
    return Report(tuple(outcome for article in scored for outcome in article.outcomes), scored)


def _is_sure(deal: PredictedDeal, min_confidence: float) -> bool:
    return deal.confidence is None or deal.confidence >= min_confidence


def _mistake(article: GoldArticle, outcome: Outcome) -> Mistake:
    shown = outcome.gold or outcome.pred
    quoted = (shown.evidence or "") if shown else ""
    sentence = sentence_of(article.text or "", quoted) or quoted
    told = (outcome.kind, outcome.wrong, outcome.pred, outcome.gold)
    return Mistake(article.article_id, *told, sentence)


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
