"""Records as Parquet: one article a row, the deals nested as in the records, every field typed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Context, Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from extract.errors import ArticleError
from extract.records import ArticleDeals

SCHEMA_VERSION: Final = "1"
"""Stands in the metadata of the file under ``zhdeals.schema``."""

_DIGITS, _PLACES = 38, 9
# Values that do not fit are refused, never rounded in silence, but for places after the point:
# the records hold what JSON can tell, a float, whose last places mean nothing.
_EXACT: Final = Context(prec=_DIGITS, traps=[InvalidOperation])
_ROUNDED: Final = Decimal(1).scaleb(-_PLACES)

_TEXT = pa.string()
_NUMBER = pa.decimal128(_DIGITS, _PLACES)
_CITE = [pa.field("start", pa.int64(), False), pa.field("end", pa.int64(), False)]
_CITE += [pa.field("text", _TEXT, False)]
_CITES = pa.list_(pa.field("element", pa.struct(_CITE), False))
_TEXTS = pa.list_(pa.field("element", _TEXT, False))


def _required(name: str, kind: pa.DataType) -> pa.Field:
    return pa.field(name, kind, nullable=False)


def _list_of(*fields: pa.Field) -> pa.DataType:
    return pa.list_(pa.field("element", pa.struct(fields), nullable=False))


_MONEY = pa.struct(
    [
        *_CITE,
        pa.field("min", _NUMBER),
        pa.field("max", _NUMBER),
        _required("currency", _TEXT),
        _required("modifier", _TEXT),
        _required("inferred", pa.bool_()),
    ]
)
_PARTIES = _list_of(
    _required("name", _TEXT),
    _required("role", _TEXT),
    _required("names", _TEXTS),
    _required("id", _TEXT),
    _required("mentions", _CITES),
)
_CONDITIONS = _list_of(*_CITE, _required("kind", _TEXT))
_HARDWARE = _list_of(
    _required("name", _TEXT),
    pa.field("vendor", _TEXT),
    pa.field("quantity", _TEXT),
    pa.field("id", _TEXT),
    _required("mentions", _CITES),
)
_DEALS = _list_of(
    _required("id", _TEXT),
    _required("type", _TEXT),
    _required("investor", _PARTIES),
    _required("target", _PARTIES),
    pa.field("amount", _MONEY),
    pa.field("stake", _NUMBER),
    pa.field("valuation", _MONEY),
    pa.field("round", _TEXT),
    _required("status", _TEXT),
    pa.field("date", _TEXT),
    _required("conditions", _CONDITIONS),
    _required("hardware", _HARDWARE),
    _required("evidence", _TEXT),
    _required("sources", pa.map_(_TEXT, _required("value", _CITES))),
    _required("rules", _TEXTS),
    _required("confidence", pa.float64()),
    _required("reasons", _TEXTS),
    _required("warnings", _TEXTS),
)
SCHEMA: Final = pa.schema(
    [
        _required("article_id", _TEXT),
        pa.field("title", _TEXT),
        pa.field("published", _TEXT),
        pa.field("source", _TEXT),
        pa.field("text", _TEXT),
        _required("deals", _DEALS),
    ],
    metadata={"zhdeals.schema": SCHEMA_VERSION},
)
"""The columns; numbers are decimals of 38 digits, 9 of them after the point."""


class Parquet:
    """Writes articles in row groups of at most so many rows, and about so many characters."""

    def __init__(
        self, writer: pq.ParquetWriter, *, most_rows: int = 5_000, most_characters: int = 8_000_000
    ) -> None:
        self._writer = writer
        self._most_rows = most_rows
        self._most_characters = most_characters
        self._rows: list[dict[str, Any]] = []
        self._characters = 0

    def write(self, found: ArticleDeals) -> None:
        """Take an article; raises ArticleError where one of its numbers is too large."""
        self._rows.append(_row(found))
        self._characters += _size(found)
        if len(self._rows) >= self._most_rows or self._characters >= self._most_characters:
            self.flush()

    def flush(self) -> None:
        """Write what is held as a row group."""
        if self._rows:
            self._writer.write_table(pa.Table.from_pylist(self._rows, schema=SCHEMA))
        self._rows, self._characters = [], 0


@contextmanager
def open_parquet(path: Path) -> Iterator[Parquet]:
    """A sink that writes to a file; the file is complete when the context ends."""
    with pq.ParquetWriter(path, SCHEMA, compression="zstd") as writer:
        sink = Parquet(writer)
        yield sink
        sink.flush()


def read_parquet(path: Path) -> Iterator[ArticleDeals]:
    """The articles of a file, one row group in memory at a time."""
    with pq.ParquetFile(path) as file:
        for number in range(file.num_row_groups):
            for row in file.read_row_group(number).to_pylist():
                for deal in row["deals"]:
                    deal["sources"] = dict(deal["sources"])
                yield ArticleDeals.model_validate(row)


def _row(found: ArticleDeals) -> dict[str, Any]:
    row = found.model_dump()
    for deal in row["deals"]:
        deal["stake"] = _number(deal["stake"])
        for money in (deal["amount"], deal["valuation"]):
            if money is not None:
                money["min"], money["max"] = _number(money["min"]), _number(money["max"])
    return row


def _number(value: Decimal | None) -> Decimal | None:
    if value is None:
        return None
    try:
        return value.quantize(_ROUNDED, context=_EXACT)
    except InvalidOperation as error:
        raise ArticleError(f"{value} has more digits than Parquet holds") from error


def _size(found: ArticleDeals) -> int:
    """About how many characters an article takes: its text, and some thousand for each deal."""
    return len(found.text or "") + 2_000 * len(found.deals)
