"""What more the outcomes say: MUC counts, groups, how sure a score is, two runs, calibration.

Whole articles are drawn for the bootstrap, because the records of one article rise and fall
together. All draws come from one seed, so that a figure is the same wherever it is worked out.
"""

from __future__ import annotations

import math
import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, astuple, dataclass
from operator import mul
from typing import Any, Final, Literal

from extract.errors import GoldError
from extract.evaluate import GATED, ArticleScore, Counts, Outcome, Report, Sums
from extract.gold import SLOTS, GoldArticle
from extract.pairing import CORE, Muc, tally
from extract.text import simplify

RESAMPLES: Final = 1000
SEED: Final = 2026
LEVEL: Final = 0.95

# --- MUC counts --------------------------------------------------------------------------------


def muc(report: Sums) -> dict[str, Muc]:
    """How values went together: all, the core ones, and slot by slot."""
    tallies = [tally(one.pred, one.gold) for one in report.outcomes if one.kind != "optional"]
    by_slot = {slot: sum((told[slot] for told in tallies), Muc()) for slot in SLOTS}
    core = sum((by_slot[slot] for slot in CORE), Muc())
    named = {f"slot:{slot}": counts for slot, counts in by_slot.items()}
    return {"core": core, "slot": sum(by_slot.values(), Muc()), **named}


@dataclass(frozen=True, slots=True)
class MucScores:
    """Precision, recall and F1 in which a value that is right in part is half right."""

    precision: float | None
    recall: float | None
    f1: float | None

    @classmethod
    def of(cls, counts: Muc) -> MucScores:
        """The scores of some counts; without gold there is none."""
        right = counts.correct + counts.partial / 2
        if not counts.possible:
            return cls(None, None, None)
        precision = right / counts.actual if counts.actual else None
        f1 = 2 * right / (counts.possible + counts.actual)
        return cls(precision, right / counts.possible, f1)


# --- groups ------------------------------------------------------------------------------------

By = Literal["type", "status", "script", "length", "deals", "outlet"]
BY: Final[tuple[By, ...]] = ("type", "status", "script", "length", "deals", "outlet")


@dataclass(frozen=True, slots=True)
class Group:
    """The scores of a part of the gold; ``articles`` are those that have a part in it."""

    name: str
    articles: int
    sums: Sums

    def as_dict(self) -> dict[str, Any]:
        """The group for JSON."""
        scores = {name: getattr(self.sums, name).as_dict() for name in GATED}
        return {"name": self.name, "articles": self.articles, **scores}


def groups(report: Report, by: By) -> list[Group]:
    """The scores by one property, in order; records count where their gold (else they) belong.

    Optional outcomes belong nowhere. Articles without an outlet are grouped under ``–``.
    """
    parts: dict[tuple[float, str], list[tuple[str, Outcome]]] = defaultdict(list)
    for scored in report.scored:
        for outcome in scored.outcomes:
            if outcome.kind != "optional":
                parts[_key(scored, outcome, by)].append((scored.article.article_id, outcome))
    return [
        Group(name, len({article for article, _ in told}), Sums(tuple(one for _, one in told)))
        for (_, name), told in sorted(parts.items())
    ]


def _key(scored: ArticleScore, outcome: Outcome, by: By) -> tuple[float, str]:
    """The name of a group, behind what it is sorted by."""
    article, deal = scored.article, outcome.gold or outcome.pred
    if by in ("type", "status"):
        return 0, str(getattr(deal, by) or "–")
    if by == "length":
        return _bucket(len(article.text or ""), _LENGTHS)
    if by == "deals":
        return _bucket(sum(not wanted.optional for wanted in article.deals), _DEALS)
    return 0, script(article) if by == "script" else article.outlet or "–"


_LENGTHS: Final = (0, 250, 500, 1000, 2000)
_DEALS: Final = (0, 1, 2, 3, 5)


def _bucket(value: int, starts: Sequence[int]) -> tuple[float, str]:
    """The range that a number lies in: ``250–499``, the last one ``2000+``."""
    place = max(index for index, start in enumerate(starts) if start <= value)
    first = starts[place]
    if place + 1 == len(starts):
        return first, f"{first}+"
    last = starts[place + 1] - 1
    return first, str(first) if first == last else f"{first}–{last}"


def script(article: GoldArticle) -> str:
    """``hans`` or ``hant``: what gold says, else what the characters say."""
    if article.script:
        return article.script
    text = article.text or ""
    chinese = [char for char in text if "\u4e00" <= char <= "\u9fff"]
    changed = sum(one != other for one, other in zip(text, simplify(text), strict=True))
    # A traditional text differs in about a third of its characters, a simplified one in none.
    return "hant" if changed > 0.1 * len(chinese) else "hans"


# --- how sure a score is -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Interval:
    """Between which values 95% of the resampled scores lie; None where there is no score."""

    low: float | None
    high: float | None


_Draw = Sequence[int]
"""How often each article was drawn."""


def _draws(articles: int, resamples: int, seed: int) -> Iterator[_Draw]:
    """Samples of as many articles as there are, drawn with replacement."""
    chance = random.Random(seed)
    places = range(articles)
    for _ in range(resamples):
        weights = [0] * articles
        for place in chance.choices(places, k=articles) if articles else ():
            weights[place] += 1
        yield weights


_NAMES: Final = (*GATED, *(f"slot:{slot}" for slot in SLOTS))


class _Columns:
    """Counts of each article, score by score, so that a draw is a few sums."""

    def __init__(self, report: Report) -> None:
        rows = [dict(article.rows()) for article in report.scored]
        self._columns = {
            name: [tuple(getattr(row[name], way) for row in rows) for way in ("tp", "fp", "fn")]
            for name in _NAMES
        }

    def f1(self, name: str, draw: _Draw) -> float | None:
        """The F1 of a draw."""
        return Counts(*(sum(map(mul, draw, column)) for column in self._columns[name])).f1


def intervals(
    report: Report, *, resamples: int = RESAMPLES, seed: int = SEED
) -> dict[str, Interval]:
    """The 95% bootstrap interval (percentiles) of every F1."""
    columns = _Columns(report)
    found: dict[str, list[float | None]] = {name: [] for name in _NAMES}
    for draw in _draws(report.articles, resamples, seed):
        for name, scores in found.items():
            scores.append(columns.f1(name, draw))
    return {name: interval(scores) for name, scores in found.items()}


def interval(scores: Iterable[float | None]) -> Interval:
    """The middle 95% of some scores, by nearest rank; draws without gold are left out."""
    known = sorted(score for score in scores if score is not None)
    if not known:
        return Interval(None, None)
    out = (1 - LEVEL) / 2
    low = math.floor(out * len(known) + 1e-9)
    return Interval(known[low], known[len(known) - 1 - low])


# --- two runs ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Difference:
    """One F1 of two runs; ``delta`` is the run's less the other's.

    ``p`` is how often the difference would be as large by the choice of articles alone.
    """

    name: str
    score: float | None
    other: float | None
    delta: float | None
    interval: Interval
    p: float | None


@dataclass(frozen=True, slots=True)
class Changed:
    """An article on which two runs differ, with what each has right and wrong of its slots."""

    article_id: str
    slot: Counts
    other: Counts

    @property
    def gain(self) -> int:
        """Fewer wrong values than the other run has; negative where it has more."""
        return self.other.fp + self.other.fn - self.slot.fp - self.slot.fn


@dataclass(frozen=True, slots=True)
class Comparison:
    """A run against another one on the same gold."""

    differences: tuple[Difference, ...]
    changed: tuple[Changed, ...]

    def as_dict(self) -> dict[str, Any]:
        """The comparison for JSON."""
        return {
            "differences": [asdict(one) for one in self.differences],
            "changed": [asdict(one) | {"gain": one.gain} for one in self.changed],
        }


def against(
    report: Report, other: Report, *, resamples: int = RESAMPLES, seed: int = SEED
) -> Comparison:
    """Compare two runs by a paired bootstrap: each draw of articles is scored for both.

    Raises GoldError where the reports are not of the same articles.
    """
    ids = [article.article.article_id for article in report.scored]
    if ids != [article.article.article_id for article in other.scored]:
        raise GoldError("the two runs were not scored on the same articles")
    ours, theirs = _Columns(report), _Columns(other)
    deltas: dict[str, list[float | None]] = {name: [] for name in _NAMES}
    for draw in _draws(len(ids), resamples, seed):
        for name, told in deltas.items():
            told.append(_minus(ours.f1(name, draw), theirs.f1(name, draw)))
    scores, others = dict(report.rows()), dict(other.rows())
    differences = tuple(
        _difference(name, scores[name].f1, others[name].f1, deltas[name]) for name in _NAMES
    )
    return Comparison(differences, tuple(_changed(report, other)))


def _minus(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else one - other


def _difference(
    name: str, score: float | None, other: float | None, drawn: Sequence[float | None]
) -> Difference:
    delta = _minus(score, other)
    known = [value for value in drawn if value is not None]
    p = None if delta is None or not known else _significance(delta, known)
    return Difference(name, score, other, delta, interval(drawn), p)


def _significance(delta: float, drawn: Sequence[float]) -> float:
    """Two-sided: draws centred on no difference that are at least as far from it as ``delta``.

    Berg-Kirkpatrick et al. (2012: An empirical investigation of statistical significance in NLP).
    """
    far = sum(abs(value - delta) >= abs(delta) - 1e-12 for value in drawn)
    return (far + 1) / (len(drawn) + 1)


def _changed(report: Report, other: Report) -> list[Changed]:
    """The articles with other outcomes, those with the greatest gain or loss first."""
    found = [
        Changed(one.article.article_id, one.slot, two.slot)
        for one, two in zip(report.scored, other.scored, strict=True)
        if _told(one) != _told(two)
    ]
    return sorted(found, key=lambda change: (-abs(change.gain), -change.gain, change.article_id))


def _told(article: ArticleScore) -> list[tuple[str, tuple[tuple[int, ...], ...]]]:
    """What of the outcomes counts, in no order: a run may list the same records otherwise."""
    counted = (one for one in article.outcomes if one.kind != "optional")
    return sorted((one.kind, tuple(astuple(one.slots[slot]) for slot in SLOTS)) for one in counted)


# --- calibration -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Bin:
    """Records whose confidence lies in ``low`` (inclusive) to ``high``.

    ``confidence`` is their mean, ``found`` the share that is in gold, ``whole`` the share of which
    type, parties and amount are all right.
    """

    low: float
    high: float
    records: int
    confidence: float
    found: float
    whole: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """Whether confidence says how often a record is right.

    ``error`` is the expected calibration error, the mean gap between confidence and the share
    found; ``brier`` the mean squared one, record by record. None without a confidence.
    """

    records: int
    bins: tuple[Bin, ...]
    error: float | None
    brier: float | None


def calibration(report: Sums, *, bins: int = 10) -> Calibration:
    """The records of the output by their confidence; those paired with optional gold are left out."""
    told = [(sure, one) for one in report.outcomes if (sure := _sure(one)) is not None]
    parts: dict[int, list[tuple[float, Outcome]]] = defaultdict(list)
    for sure, outcome in told:
        parts[min(int(sure * bins + 1e-9), bins - 1)].append((sure, outcome))
    rows = tuple(_bin(place, bins, parts[place]) for place in sorted(parts))
    if not told:
        return Calibration(0, (), None, None)
    error = sum(row.records * abs(row.confidence - row.found) for row in rows) / len(told)
    brier = sum((sure - one.deal.tp) ** 2 for sure, one in told) / len(told)
    return Calibration(len(told), rows, error, brier)


def _sure(outcome: Outcome) -> float | None:
    if outcome.pred is None or outcome.kind == "optional":
        return None
    return outcome.pred.confidence


def _bin(place: int, bins: int, told: Sequence[tuple[float, Outcome]]) -> Bin:
    def share(count: Callable[[Outcome], int]) -> float:
        return sum(count(outcome) for _, outcome in told) / len(told)

    return Bin(
        low=place / bins,
        high=(place + 1) / bins,
        records=len(told),
        confidence=sum(sure for sure, _ in told) / len(told),
        found=share(lambda outcome: outcome.deal.tp),
        whole=share(lambda outcome: outcome.record.tp),
    )


# --- all of it ---------------------------------------------------------------------------------


def details(report: Report, *, resamples: int = RESAMPLES) -> dict[str, Any]:
    """Intervals, MUC counts, groups and calibration for JSON."""
    return {
        "intervals": {
            name: asdict(one) for name, one in intervals(report, resamples=resamples).items()
        },
        "muc": {name: asdict(one) | asdict(MucScores.of(one)) for name, one in muc(report).items()},
        "by": {by: [group.as_dict() for group in groups(report, by)] for by in BY},
        "calibration": asdict(calibration(report)),
    }
