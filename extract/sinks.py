"""Where records go besides JSON Lines: CSV, Parquet, and SQL databases.

A sink takes one article after another and holds a bounded number of them in memory. Files appear
whole, or not at all; the same records give the same bytes, or the same rows, however often they
are written.
"""

from __future__ import annotations

import csv
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final, Literal, Protocol, TextIO, get_args

from pydantic import ValidationError

from extract.errors import ArticleError, UsageError
from extract.readers import Failure
from extract.readers_open import STDIN, needed
from extract.records import ArticleDeals, Condition, DealRecord, Hardware, Money, Number, Party

if TYPE_CHECKING:
    from extract.store import Changes

Kind = Literal["jsonl", "csv", "parquet", "sql"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)

SEPARATOR: Final = " | "
"""What stands between several values in one cell of a CSV file."""


class Sink(Protocol):
    """Takes the records of one article after another.

    ``write`` raises ArticleError where this one article cannot be held; the sink stays usable.
    """

    def write(self, found: ArticleDeals) -> None:
        """Take the records of an article."""


@dataclass(frozen=True, slots=True)
class Exported:
    """What an export did; ``changes`` is None where the target is a file that is written anew."""

    articles: int
    deals: int
    failures: tuple[Failure, ...]
    changes: Changes | None = None

    def line(self) -> str:
        """The summary in a line."""
        text = f"{self.articles} articles, {self.deals} deals, {len(self.failures)} failures"
        if self.changes is None:
            return text
        told = self.changes
        return f"{text}; {told.new} new, {told.replaced} replaced, {told.unchanged} unchanged"


def export(entries: Iterable[ArticleDeals | Failure], *, to: Kind, out: str) -> Exported:
    """Write articles with their records to a file or database; failures are told, not written.

    ``out`` is a path, for ``sql`` also the URL of a database: a path is an SQLite file,
    ``postgresql://user@host/name`` a PostgreSQL database. An article that the target cannot hold
    is a failure of its own. Raises UsageError where the target cannot be written.
    """
    articles = deals = 0
    failures: list[Failure] = []
    with open_sink(to, out) as sink:
        for entry in entries:
            failure = entry if isinstance(entry, Failure) else _written(sink, entry)
            if failure is not None:
                failures.append(failure)
            elif isinstance(entry, ArticleDeals):
                articles += 1
                deals += len(entry.deals)
    return Exported(articles, deals, tuple(failures), getattr(sink, "changes", None))


def _written(sink: Sink, found: ArticleDeals) -> Failure | None:
    try:
        sink.write(found)
    except ArticleError as error:
        return Failure(found.article_id, None, error.message)
    return None


def open_sink(to: Kind, out: str) -> AbstractContextManager[Sink]:
    """A sink by its kind; what it holds is complete when its context ends without an error."""
    return _OPENERS[to](out)


# --- what run wrote ----------------------------------------------------------------------------


def read_output(
    paths: Iterable[str | Path], *, stdin: BinaryIO | None = None
) -> Iterator[ArticleDeals | Failure]:
    """The lines that ``zhdeals run`` wrote, from files or ``-``; a bad line is a Failure."""
    for path in paths:
        name = str(path)
        if name == STDIN:
            yield from _read_lines("stdin", stdin or sys.stdin.buffer)
            continue
        try:
            with open(name, "rb") as lines:
                yield from _read_lines(name, lines)
        except OSError as error:
            yield Failure(name, None, error.strerror or str(error))


def _read_lines(source: str, lines: Iterable[bytes]) -> Iterator[ArticleDeals | Failure]:
    for number, line in enumerate(lines, start=1):
        if line.strip():
            try:
                yield ArticleDeals.model_validate_json(line)
            except ValidationError as error:
                yield Failure(source, number, _first(error))


def _first(error: ValidationError) -> str:
    """The first thing that is wrong, as ``key: what``."""
    first = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    return f"{place}: {first['msg']}" if place else str(first["msg"])


# --- files that appear whole -------------------------------------------------------------------


@contextmanager
def whole_file(out: str) -> Iterator[Path]:
    """A draft beside the file, which takes its place when the context ends without an error."""
    target = Path(out).resolve()  # a link keeps pointing where it points
    if target.is_dir():
        raise UsageError("is a folder", file=out)
    draft = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        yield draft
        _on_disk(draft)
        os.replace(draft, target)
    except OSError as error:
        raise UsageError(f"cannot be written: {error.strerror or error}", file=out) from error
    finally:
        draft.unlink(missing_ok=True)


def _on_disk(path: Path) -> None:
    """Renamed before it is on the disk, a file could be found empty after a power cut."""
    with path.open("rb") as stream:
        os.fsync(stream.fileno())


@contextmanager
def text_file(out: str) -> Iterator[TextIO]:
    """The stream of a text file that appears whole: UTF-8, lines end as they are written."""
    with whole_file(out) as draft, draft.open("w", encoding="utf-8", newline="") as stream:
        yield stream


# --- JSON Lines --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class JsonLines:
    """One article a line, as ``zhdeals run`` writes it."""

    stream: TextIO

    def write(self, found: ArticleDeals) -> None:
        """Write the line of an article."""
        self.stream.write(f"{found.model_dump_json()}\n")


@contextmanager
def _open_json_lines(out: str) -> Iterator[JsonLines]:
    with text_file(out) as stream:
        yield JsonLines(stream)


# --- CSV ---------------------------------------------------------------------------------------

Cell = str | int | float | None


def _article_cells(found: ArticleDeals) -> dict[str, Cell]:
    return {
        "article_id": found.article_id,
        "title": found.title,
        "published": found.published,
        "source": found.source,
    }


def _deal_cells(deal: DealRecord) -> dict[str, Cell]:
    evidence = deal.sources["evidence"][0]
    return {
        "deal_id": deal.id,
        "type": deal.type,
        "status": deal.status,
        "date": deal.date,
        **_party_cells("investor", deal.investor),
        **_party_cells("target", deal.target),
        **_money_cells("amount", deal.amount),
        "stake": _plain(deal.stake),
        **_money_cells("valuation", deal.valuation),
        "round": deal.round,
        **_condition_cells(deal.conditions),
        **_hardware_cells(deal.hardware),
        "evidence": deal.evidence,
        "evidence_start": evidence.start,
        "evidence_end": evidence.end,
        "confidence": deal.confidence,
        "rules": SEPARATOR.join(deal.rules),
        "reasons": SEPARATOR.join(deal.reasons),
        "warnings": SEPARATOR.join(deal.warnings),
    }


def _party_cells(side: str, parties: Sequence[Party]) -> dict[str, Cell]:
    return {
        side: SEPARATOR.join(party.name for party in parties),
        f"{side}_role": SEPARATOR.join(party.role for party in parties),
        f"{side}_id": SEPARATOR.join(party.id for party in parties),
    }


def _money_cells(field: str, money: Money | None) -> dict[str, Cell]:
    return {
        f"{field}_min": _plain(money.min) if money else None,
        f"{field}_max": _plain(money.max) if money else None,
        f"{field}_currency": money.currency if money else None,
        f"{field}_modifier": money.modifier if money else None,
        f"{field}_inferred": int(money.inferred) if money else None,
        f"{field}_text": money.text if money else None,
        f"{field}_start": money.start if money else None,
        f"{field}_end": money.end if money else None,
    }


def _condition_cells(conditions: Sequence[Condition]) -> dict[str, Cell]:
    return {
        "condition_kind": SEPARATOR.join(one.kind for one in conditions),
        "condition": SEPARATOR.join(one.text for one in conditions),
    }


def _hardware_cells(hardware: Sequence[Hardware]) -> dict[str, Cell]:
    return {
        "hardware": SEPARATOR.join(one.name for one in hardware),
        "hardware_vendor": SEPARATOR.join(one.vendor or "" for one in hardware),
        "hardware_quantity": SEPARATOR.join(one.quantity or "" for one in hardware),
        "hardware_id": SEPARATOR.join(one.id or "" for one in hardware),
    }


def _plain(value: Number | None) -> str | None:
    """Digits without an exponent and without zeros that say nothing: 6500000000, 27.5."""
    if value is None:
        return None
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


CSV_COLUMNS: Final = (
    "article_id", "title", "published", "source",
    "deal_id", "type", "status", "date",
    "investor", "investor_role", "investor_id", "target", "target_role", "target_id",
    "amount_min", "amount_max", "amount_currency", "amount_modifier", "amount_inferred",
    "amount_text", "amount_start", "amount_end", "stake",
    "valuation_min", "valuation_max", "valuation_currency", "valuation_modifier",
    "valuation_inferred", "valuation_text", "valuation_start", "valuation_end", "round",
    "condition_kind", "condition",
    "hardware", "hardware_vendor", "hardware_quantity", "hardware_id",
    "evidence", "evidence_start", "evidence_end", "confidence", "rules", "reasons", "warnings",
)  # fmt: skip
"""The columns of a CSV file, in their order; new ones are only ever added at the end."""


class Csv:
    """One deal a row, the columns ``CSV_COLUMNS``; an article without deals has no row."""

    def __init__(self, stream: TextIO) -> None:
        self._rows = csv.DictWriter(stream, CSV_COLUMNS, lineterminator="\n")
        self._rows.writeheader()

    def write(self, found: ArticleDeals) -> None:
        """Write the rows of an article."""
        head = _article_cells(found)
        self._rows.writerows({**head, **_deal_cells(deal)} for deal in found.deals)


@contextmanager
def _open_csv(out: str) -> Iterator[Csv]:
    with text_file(out) as stream:
        yield Csv(stream)


# --- what needs an extra -----------------------------------------------------------------------


@contextmanager
def _open_parquet(out: str) -> Iterator[Sink]:
    needed("pyarrow", "parquet")
    from extract.sinks_parquet import open_parquet

    with whole_file(out) as draft, open_parquet(draft) as sink:
        yield sink


@contextmanager
def _open_sql(out: str) -> Iterator[Sink]:
    needed("sqlalchemy", "sql")
    from extract.store import open_store

    with open_store(out) as sink:
        yield sink


_OPENERS: Final[Mapping[Kind, Callable[[str], AbstractContextManager[Sink]]]] = {
    "jsonl": _open_json_lines,
    "csv": _open_csv,
    "parquet": _open_parquet,
    "sql": _open_sql,
}
