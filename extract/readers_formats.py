"""Files of named fields to drafts: JSON, JSON Lines, CSV, and the head of a Markdown file."""

from __future__ import annotations

import csv
import json
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any, BinaryIO, Final

from extract.errors import ArticleError, SeedError, UsageError
from extract.readers import Draft, Failure, Found, Intake, lines, too_large
from extract.readers_decode import Decoder
from extract.resources import seed_text

FIELDS: Final = ("id", "title", "text", "source", "url", "published", "author")
"""What a file may say of an article."""


@cache
def names_of_fields() -> Mapping[str, tuple[str, ...]]:
    """The names that files give to each field, the ones that are looked for first in front."""
    name = "fields.toml"
    table = tomllib.loads(seed_text(name))
    if set(table) != set(FIELDS):
        raise SeedError(f"must have exactly {', '.join(FIELDS)}", file=name)
    told = [one for names in table.values() for one in names]
    for one in told:
        if told.count(one) > 1 or one != one.casefold():
            raise SeedError("stands twice, or is not in lower case", file=name, key=one)
    return {field: tuple(table[field]) for field in FIELDS}


def fields_of(entry: Mapping[str, Any]) -> dict[str, str]:
    """The fields that an entry tells, by the names of ``FIELDS``.

    A text is what is a string and not blank; an id and a date may be numbers.
    """
    told = {key.casefold(): value for key, value in entry.items() if isinstance(key, str)}
    found: dict[str, str] = {}
    for field, names in names_of_fields().items():
        loose = field in {"id", "published"}
        for value in [told[name] for name in names if name in told]:
            if isinstance(value, str) and value.strip():
                found[field] = value
                break
            if loose and isinstance(value, int | float) and value:
                found[field] = str(value)
                break
    return found


# --- JSON --------------------------------------------------------------------------------------


def json_lines(
    source: str, ids: tuple[str, ...], stream: BinaryIO, intake: Intake
) -> Iterator[Found]:
    """A draft for each line; a line that cannot be used is a Failure."""
    decoder = Decoder()
    for number, line in lines(stream, intake.max_bytes):
        try:
            if line is None:
                raise too_large(intake.max_bytes)
            entry = parsed(decoder.decode(line))
            numbered = _numbered(ids, number)
            yield _draft(source, number, numbered, entry, decoder.encoding, intake)
        except ArticleError as error:
            yield Failure(source, number, error.message)


def json_document(
    source: str, ids: tuple[str, ...], content: bytes, intake: Intake
) -> Iterator[Found]:
    """One object, or a list of objects; a bad one of a list is a Failure of its own."""
    decoder = Decoder()
    entries = parsed(decoder.decode(content))
    if not isinstance(entries, list):
        yield _draft(source, None, ids, entries, decoder.encoding, intake)
        return
    for number, entry in enumerate(entries, start=1):
        try:
            numbered = _numbered(ids, number)
            yield _draft(source, None, numbered, entry, decoder.encoding, intake)
        except ArticleError as error:
            yield Failure(source, None, f"entry {number}: {error.message}")


def parsed(text: str) -> Any:
    """A JSON document; ArticleError where it is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ArticleError(f"is not JSON: {error}") from error


def _numbered(ids: tuple[str, ...], number: int) -> tuple[str, ...]:
    return tuple(f"{article_id}-{number}" for article_id in ids)


def _draft(
    source: str,
    line: int | None,
    ids: tuple[str, ...],
    entry: object,
    encoding: str,
    intake: Intake,
) -> Draft:
    if not isinstance(entry, dict):
        raise ArticleError("is not a JSON object")
    fields = fields_of(entry)
    if "title" not in fields and "text" not in fields:
        raise ArticleError("holds no text, content or body")
    return field_draft(source, line, ids, fields, encoding, intake)


def field_draft(
    source: str,
    line: int | None,
    ids: tuple[str, ...],
    fields: dict[str, str],
    encoding: str,
    intake: Intake,
) -> Draft:
    """A draft of named fields; the id they tell, if any, is the only one it may have."""
    told = fields.pop("id", None)
    chosen = (told,) if told else ids
    return Draft(
        source, line, chosen, "fields", fields, encoding=encoding, published=intake.published
    )


# --- CSV ---------------------------------------------------------------------------------------


def csv_rows(
    source: str, ids: tuple[str, ...], stream: BinaryIO, intake: Intake
) -> Iterator[Found]:
    """A draft for each row; the first row names the columns. Fields may hold line ends."""
    rows = _Rows(stream, intake)
    try:
        head = rows.next() or []
    except ArticleError as error:
        yield Failure(source, error.line, error.message)
        return
    columns = _columns(head, intake)
    if not {"title", "text"} & set(columns.values()):
        yield Failure(source, 1, f"has no column of text among {', '.join(head) or 'none'}")
        return
    while True:
        try:
            row = rows.next()
            if row is None:
                return
            yield _row_draft(source, ids, row, columns, rows, intake)
        except ArticleError as error:
            yield Failure(source, error.line or rows.line, error.message)


def _row_draft(
    source: str,
    ids: tuple[str, ...],
    row: Sequence[str],
    columns: Mapping[int, str],
    rows: _Rows,
    intake: Intake,
) -> Draft:
    fields = {
        field: row[place]
        for place, field in columns.items()
        if place < len(row) and row[place].strip()
    }
    if not {"title", "text"} & set(fields):
        raise ArticleError("holds no text")
    return field_draft(source, rows.line, _numbered(ids, rows.line), fields, rows.encoding, intake)


def _columns(head: Sequence[str], intake: Intake) -> dict[int, str]:
    """Which column holds which field: as ``--column`` says, else by the usual names."""
    if unknown := sorted(set(intake.columns) - set(FIELDS)):
        raise UsageError(f"{unknown[0]} is none of {', '.join(FIELDS)}", key="--column")
    places = {name.strip().casefold(): place for place, name in reversed(list(enumerate(head)))}
    columns: dict[int, str] = {}
    for field, names in names_of_fields().items():
        wanted = intake.columns.get(field)
        for name in [wanted.casefold()] if wanted else names:
            if name in places and places[name] not in columns:
                columns[places[name]] = field
                break
    return columns


class _Rows:
    """The rows of a CSV file with the lines they begin at, each of a bounded size.

    What cannot be decoded, or is too large, is an ArticleError, and the rows after it follow.
    """

    def __init__(self, stream: BinaryIO, intake: Intake) -> None:
        self._stream = stream
        self._decoder = Decoder()
        self._most = intake.max_bytes
        self._waiting: bytes | None = stream.readline(self._most + 1)
        self._read = self._size = 0
        delimiter = _delimiter(self._waiting)
        # Not a generator: that would end at the first error.
        self._rows = csv.reader(iter(self._next_line, ""), delimiter=delimiter)
        self.line = 1

    @property
    def encoding(self) -> str:
        """The encoding of the row read last."""
        return self._decoder.encoding

    def next(self) -> list[str] | None:
        """The next row that is not empty, None at the end."""
        limit = csv.field_size_limit(self._most)  # the module has one limit for all its readers
        try:
            while True:
                self.line, self._size = self._read + 1, 0
                row = next(self._rows, None)
                if row is None or row:
                    return row
        except csv.Error as error:
            raise ArticleError(f"is not CSV: {error}", line=self.line) from error
        except ArticleError as error:
            raise ArticleError(error.message, line=self.line) from error
        finally:
            csv.field_size_limit(limit)

    def _next_line(self) -> str:
        line, self._waiting = self._waiting, None
        if line is None:
            line = self._stream.readline(self._most + 1)
        self._read += bool(line)
        self._size += len(line)
        if self._size > self._most:
            self._pass_over(line)
            raise too_large(self._most)
        return self._decoder.decode(line)

    def _pass_over(self, line: bytes) -> None:
        while line and not line.endswith(b"\n"):
            line = self._stream.readline(1 << 20)


def _delimiter(head: bytes) -> str:
    """What stands between the names of the columns most often."""
    return max(",;\t", key=lambda mark: head.count(mark.encode()))


# --- Markdown ----------------------------------------------------------------------------------

_HEAD = re.compile(r"\A(---|\+\+\+)[ \t]*\n(.*?)^(?:\1|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL | re.M)
_HEADING = re.compile(r"^# +(\S.*)(?:\n|\Z)", re.M)


def markdown(text: str) -> dict[str, str]:
    """The fields of a Markdown text: what its front matter tells, its first heading, the rest.

    Front matter is TOML between ``+++``, or plain ``key: value`` lines between ``---``; nested
    YAML is left out, as nothing of an article is told by it.
    """
    fields: dict[str, str] = {}
    head = _HEAD.match(text)
    if head is not None:
        fields = fields_of(_toml(head[2]) if head[1] == "+++" else _plain(head[2]))
        text = text[head.end() :]
    heading = _HEADING.search(text)
    if heading is not None and fields.get("title", heading[1].rstrip()) == heading[1].rstrip():
        fields["title"] = heading[1].rstrip()
        text = f"{text[: heading.start()]}{text[heading.end() :]}".strip("\n")
    elif head is not None:
        text = text.strip("\n")
    fields.pop("id", None)
    return {**fields, "text": text}


def _plain(head: str) -> dict[str, str]:
    """The entries that stand at the left edge, each on a line of its own."""
    pairs = [line.partition(":") for line in head.split("\n") if not line.startswith((" ", "#"))]
    return {key.strip(" \t\"'"): _unquoted(value.strip()) for key, _, value in pairs}


def _unquoted(value: str) -> str:
    quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "\"'"
    return value[1:-1] if quoted else value


def _toml(head: str) -> dict[str, Any]:
    try:
        return {
            key: value if isinstance(value, str | int | float) else str(value)
            for key, value in tomllib.loads(head).items()
        }
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ArticleError(f"has a head that is not TOML: {error}") from error


# --- streams that say nothing of themselves ----------------------------------------------------


def is_object(line: bytes) -> bool:
    """Whether a line is a JSON object, as the lines of JSON Lines are."""
    try:
        return isinstance(json.loads(Decoder().decode(line)), dict)
    except (ArticleError, ValueError, RecursionError):
        return False
