"""Scores in detail, for a terminal: intervals, MUC counts, groups, calibration, two runs."""

from __future__ import annotations

from dataclasses import astuple
from typing import TYPE_CHECKING

from rich.console import Group as Rows
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from extract import scores
from extract.evaluate import GATED, shown

if TYPE_CHECKING:
    from extract.evaluate import Counts, Report
    from extract.pairing import Muc

_SHOWN_CHANGES = 20


def details_view(report: Report, *, resamples: int = scores.RESAMPLES) -> RenderableType:
    """Everything that the plain table of scores does not tell."""
    parts: list[RenderableType] = [_intervals(report, resamples), _muc(report)]
    parts += [_groups(report, by) for by in scores.BY if _tells(report, by)]
    return Rows(*parts, _calibration(scores.calibration(report)))


def _tells(report: Report, by: scores.By) -> bool:
    """Outlets are told where gold names them."""
    return by != "outlet" or any(one.article.outlet for one in report.scored)


def comparison_view(comparison: scores.Comparison) -> RenderableType:
    """Two runs side by side, and the articles on which they differ."""
    table = _table("this run and the other one", "F1", "other", "delta", "95%", "p")
    for one in comparison.differences:
        table.add_row(
            one.name,
            shown(one.score),
            shown(one.other),
            "–" if one.delta is None else f"{one.delta:+.3f}",
            _interval(one.interval, signed=True),
            shown(one.p),
        )
    return Rows("", table, _changes(comparison.changed))


def _changes(changed: tuple[scores.Changed, ...]) -> RenderableType:
    count = f"{len(changed)} articles changed"
    if not changed:
        return Rows("", count)
    table = _table("article", "right", "other", "wrong", "other", "gain")
    for one in changed[:_SHOWN_CHANGES]:
        table.add_row(
            Text(one.article_id),
            *map(str, (one.slot.tp, one.other.tp)),
            *map(str, (_wrong(one.slot), _wrong(one.other))),
            f"{one.gain:+d}",
        )
    left = len(changed) - _SHOWN_CHANGES
    more = f"and {left} more; --json lists them all" if left > 0 else ""
    return Rows("", count, table, more)


def _wrong(counts: Counts) -> int:
    return counts.fp + counts.fn


def _intervals(report: Report, resamples: int) -> RenderableType:
    table = _table("95% of resampled articles", "F1", "from", "to")
    found = scores.intervals(report, resamples=resamples)
    for name, counts in report.rows():
        between = found[name]
        table.add_row(name, *map(shown, (counts.f1, between.low, between.high)))
    return Rows("", table)


def _muc(report: Report) -> RenderableType:
    heads = ("cor", "inc", "par", "mis", "spu", "P", "R", "F1")
    table = _table("MUC counts", *heads)
    for name, counts in scores.muc(report).items():
        table.add_row(name, *map(str, astuple(counts)), *_muc_scores(counts))
    return Rows("", table)


def _muc_scores(counts: Muc) -> list[str]:
    return [shown(score) for score in astuple(scores.MucScores.of(counts))]


def _groups(report: Report, by: scores.By) -> RenderableType:
    table = _table(f"by {by}", "articles", "deals", *GATED)
    for group in scores.groups(report, by):
        sums = group.sums
        told = (getattr(sums, name).f1 for name in GATED)
        deals = sums.deal.tp + sums.deal.fn
        table.add_row(Text(group.name), str(group.articles), str(deals), *map(shown, told))
    return Rows("", table)


def _calibration(found: scores.Calibration) -> RenderableType:
    table = _table("confidence", "records", "mean", "found", "whole")
    for row in found.bins:
        shares = map(shown, (row.confidence, row.found, row.whole))
        table.add_row(f"{row.low:.1f}–{row.high:.1f}", str(row.records), *shares)
    error = f"calibration error {shown(found.error)}, Brier score {shown(found.brier)}"
    return Rows("", table, "", error)


def _table(first: str, *others: str) -> Table:
    table = Table(box=None, header_style="dim")
    table.add_column(first, overflow="fold")
    for name in others:
        table.add_column(name, justify="right", no_wrap=True)
    return table


def _interval(between: scores.Interval, *, signed: bool = False) -> str:
    if between.low is None or between.high is None:
        return "–"
    plus = "+" if signed else ""
    return f"{between.low:{plus}.3f}..{between.high:{plus}.3f}"
