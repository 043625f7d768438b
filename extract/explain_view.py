"""Explanations for the eye, on a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from extract.explain import Candidate, Explanation
from extract.records import DealRecord


def explanation_view(found: Explanation) -> RenderableType:
    """Each record with what tells it, then every word that tells none, with the reason."""
    head = Text(found.article_id, style="bold")
    if found.published:
        head.append(f"  {found.published}", style="dim")
    records: list[RenderableType] = [
        _record_panel(record, number, found.of(number))
        for number, record in enumerate(found.records, start=1)
    ]
    dropped = found.of(None)
    nothing = Text("no trigger's word stands in the text", style="dim")
    rest: list[RenderableType] = [_dropped_panel(dropped)] if dropped else []
    return Group(head, *(records + rest or [nothing]))


def _record_panel(record: DealRecord, number: int, told: tuple[Candidate, ...]) -> Panel:
    parts: list[RenderableType] = []
    for candidate in told:
        parts += [_heading(candidate), _table(candidate)]
    parts.append(Text(" · ".join(record.reasons), style="dim"))
    title = f"{number}  {record.type}  {record.status}  {record.confidence:.2f}"
    return Panel(Group(*parts), title=title, title_align="left")


def _heading(candidate: Candidate) -> Text:
    head = Text(candidate.outcome, style="bold")
    head.append(f"  {candidate.word.text}", style="bold red")
    head.append(f"  {_offsets(candidate)}  {candidate.trigger}", style="dim")
    if candidate.title:
        head.append("  headline", style="dim")
    return head


def _offsets(candidate: Candidate) -> str:
    return f"{candidate.word.start}:{candidate.word.end}"


def _table(candidate: Candidate) -> Table:
    table = Table.grid(padding=(0, 2))
    for _ in range(2):
        table.add_column(overflow="fold")
    for name, words in _lines(candidate):
        table.add_row(Text(f"  {name}", style="dim"), Text(words))
    return table


def _lines(candidate: Candidate) -> Iterator[tuple[str, str]]:
    if candidate.clause is not None:
        yield "clause", candidate.clause.text.strip()
    for place in candidate.places:
        names = "、".join(party.text for party in place.parties)
        yield place.place, names if place.told else f"{names} (carried over)"
    if candidate.type is not None:
        sides = "  ".join(f"{role}={party.text}" for role, party in candidate.sides)
        yield candidate.type, sides
    for taken in candidate.values:
        words = f"  {taken.cite.text}" if taken.cite is not None else ""
        yield taken.field, f"{taken.value}{words}"


def _dropped_panel(dropped: tuple[Candidate, ...]) -> Panel:
    table = Table.grid(padding=(0, 2))
    for _ in range(3):
        table.add_column(overflow="fold")
    for candidate in dropped:
        word = Text(candidate.word.text, style="bold")
        word.append(f"  {_offsets(candidate)}", style="dim")
        reason = Text(candidate.reason)
        for name, words in _lines(candidate):
            reason.append(f"\n{name}  {words}", style="dim")
        table.add_row(word, Text(candidate.trigger, style="dim"), reason)
    return Panel(table, title="no record", title_align="left")
