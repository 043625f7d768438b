"""Files, folders and streams to Articles; what cannot be read is told, and the rest goes on."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO, Final

from pydantic import Field, ValidationError

from extract.dates import dateline, publication_date
from extract.errors import ArticleError
from extract.records import DATE_PATTERN, Frozen, is_partial_date

STDIN: Final = "-"
"""The path that stands for standard input."""


class Article(Frozen):
    """One text with its origin; every offset of the program counts code points of ``text``.

    ``text`` is the title, a newline and the body. ``published`` is an ISO date, from the field of
    the file, else from the dateline of the text, else from the name of the file.
    """

    article_id: str = Field(min_length=1)
    title: str | None = None
    source: str | None = None
    url: str | None = None
    published: str | None = Field(default=None, pattern=DATE_PATTERN)
    text: str = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class Failure:
    """An input that was passed over, where it stands, and why."""

    source: str
    line: int | None
    reason: str

    def __str__(self) -> str:
        place = self.source if self.line is None else f"{self.source}:{self.line}"
        return f"{place}: {self.reason}"


@dataclass(frozen=True, slots=True)
class _Draft:
    """What a file says of one article, before an id is chosen and the date is looked for."""

    source: str
    line: int | None
    ids: tuple[str, ...]
    fields: Mapping[str, Any]


_Found = _Draft | Failure


def read_articles(
    paths: Iterable[str | Path],
    *,
    published: str | None = None,
    stdin: BinaryIO | None = None,
) -> Iterator[Article | Failure]:
    """The articles of files and folders (recursive, sorted), ``-`` for standard input.

    Reads ``.txt``, ``.md``, ``.json`` and ``.jsonl``; in folders, hidden files and other kinds of
    files are passed over. ``published`` (ISO date) holds for articles that tell no date. Ids are
    unique: an id that stands twice is a Failure.
    """
    taken: set[str] = set()
    for path in paths:
        for found in _read_path(str(path), stdin):
            yield _finished(found, published, taken) if isinstance(found, _Draft) else found


def read_argument(argument: str, *, published: str | None = None) -> Iterator[Article | Failure]:
    """The articles of a path, where there is something at it, else the argument as a text."""
    if argument == STDIN or os.path.exists(argument):
        yield from read_articles([argument], published=published)
    else:
        draft = _Draft("text", None, ("text",), {"text": argument})
        yield _finished(draft, published, set())


def join_title(title: str | None, body: str) -> str:
    """The text of an article: title, newline, body; a body that begins with the title stays."""
    if not title or body.startswith(title):
        return body
    return f"{title}\n{body}" if body else title


# --- drafts to articles ------------------------------------------------------------------------


def _finished(draft: _Draft, published: str | None, taken: set[str]) -> Article | Failure:
    try:
        article_id = _free_id(draft.ids, taken)
        article = _article(article_id, draft, published)
    except ArticleError as error:
        return Failure(draft.source, draft.line, error.message)
    taken.add(article_id)
    return article


def _free_id(ids: Sequence[str], taken: set[str]) -> str:
    for article_id in ids:
        if article_id not in taken:
            return article_id
    raise ArticleError(f"the id {ids[0]!r} stands twice")


def _article(article_id: str, draft: _Draft, published: str | None) -> Article:
    title = _string(draft.fields, "title")
    body = _string(draft.fields, "text", "content", "body")
    text = join_title(title, body or "")
    if not text.strip():
        raise ArticleError("holds no text")
    try:
        return Article(
            article_id=article_id,
            title=title,
            source=_string(draft.fields, "outlet", "source"),
            url=_string(draft.fields, "url"),
            published=_published(draft, text) or published,
            text=text,
        )
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise ArticleError(f"{first['loc'][0]}: {first['msg']}") from error


def _string(fields: Mapping[str, Any], *keys: str) -> str | None:
    """The first of the keys that holds a string that is not blank."""
    for key in keys:
        value = fields.get(key)
        if isinstance(value, str) and value.strip():
            return value
    return None


def _published(draft: _Draft, text: str) -> str | None:
    field = str(draft.fields.get("published") or "").strip()
    told = publication_date(field) if field else None
    # A field may tell a month or a year alone; 2025-02-31 has the form of a day, but is none.
    partial = field if len(field) < 10 and is_partial_date(field) else None
    return told or partial or dateline(text) or publication_date(Path(draft.source).name)


# --- paths to drafts ---------------------------------------------------------------------------


def _read_path(name: str, stdin: BinaryIO | None) -> Iterator[_Found]:
    if name == STDIN:
        yield from _guarded("stdin", lambda: _read_stream(stdin or sys.stdin.buffer))
    elif os.path.isdir(name):
        for path in _walk(Path(name)):
            yield from _read_file(path, _without_suffix(path.relative_to(name)))
    else:
        yield from _read_file(Path(name), Path(name).stem)


def _walk(folder: Path) -> Iterator[Path]:
    """The files of known kinds, each folder's own before those of its subfolders."""
    for root, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            path = Path(root, name)
            if not name.startswith(".") and path.suffix.lower() in _READERS:
                yield path


def _without_suffix(path: Path) -> str:
    return path.with_suffix("").as_posix()


def _read_file(path: Path, article_id: str) -> Iterator[_Found]:
    reader = _READERS.get(path.suffix.lower())
    if not path.exists():
        yield Failure(str(path), None, "no such file or folder")
    elif reader is None:
        yield Failure(str(path), None, f"is none of {', '.join(_READERS)}")
    else:
        ids = (article_id, _without_suffix(path))
        yield from _guarded(str(path), lambda: reader(path, ids))


def _guarded(source: str, read: Callable[[], Iterator[_Found]]) -> Iterator[_Found]:
    """What is read until the file turns out to be unreadable, and then why it is."""
    try:
        yield from read()
    except ArticleError as error:
        yield Failure(source, error.line, error.message)
    except OSError as error:
        yield Failure(source, None, error.strerror or str(error))


def _read_text(path: Path, ids: tuple[str, ...]) -> Iterator[_Found]:
    yield _text_draft(str(path), ids, _lines_joined(path.read_bytes()))


def _read_markdown(path: Path, ids: tuple[str, ...]) -> Iterator[_Found]:
    text = _lines_joined(path.read_bytes())
    heading = _HEADING.search(text)
    if heading is None:
        yield _Draft(str(path), None, ids, {"text": text})
    else:
        body = f"{text[: heading.start()]}{text[heading.end() :]}".strip("\n")
        yield _Draft(str(path), None, ids, {"title": heading[1], "text": body})


def _read_json(path: Path, ids: tuple[str, ...]) -> Iterator[_Found]:
    yield from _json_drafts(str(path), ids, _decoded(path.read_bytes()))


def _read_json_lines(path: Path, ids: tuple[str, ...]) -> Iterator[_Found]:
    with path.open("rb") as lines:
        yield from _line_drafts(str(path), ids, lines)


_READERS: Final[Mapping[str, Callable[[Path, tuple[str, ...]], Iterator[_Found]]]] = {
    ".txt": _read_text,
    ".md": _read_markdown,
    ".json": _read_json,
    ".jsonl": _read_json_lines,
}

_HEADING = re.compile(r"^# +(\S.*?) *(?:\n|\Z)", re.MULTILINE)


def _read_stream(stream: BinaryIO) -> Iterator[_Found]:
    """JSON Lines where the first line is an object, else one JSON document, else one text."""
    first = stream.readline()
    if _is_object(first):
        yield from _line_drafts("stdin", ("stdin",), chain([first], stream))
        return
    content = first + stream.read()
    if content.lstrip(_BOM + b" \t\r\n")[:1] in (b"{", b"["):
        yield from _json_drafts("stdin", ("stdin",), _decoded(content))
    else:
        yield _text_draft("stdin", ("stdin",), _lines_joined(content))


def _is_object(line: bytes) -> bool:
    try:
        return isinstance(json.loads(_decoded(line)), dict)
    except (ArticleError, ValueError, RecursionError):
        return False


# --- texts -------------------------------------------------------------------------------------

_BOM = b"\xef\xbb\xbf"


def _decoded(content: bytes) -> str:
    """UTF-8 with or without a mark at its head, else GB18030."""
    if b"\0" in content:
        raise ArticleError("holds NUL bytes, so it is no UTF-8 or GB18030 text")
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise ArticleError("is neither UTF-8 nor GB18030")


def _lines_joined(content: bytes) -> str:
    return _decoded(content).replace("\r\n", "\n").replace("\r", "\n")


_SENTENCE_END = "。！？；.!?;"


def _text_draft(source: str, ids: tuple[str, ...], text: str) -> _Draft:
    """A plain text; its first line is the title where a body follows and it is no sentence."""
    text = text.strip("\n")
    first, _, rest = text.partition("\n")
    titled = rest.strip() and first.strip() and first.strip()[-1] not in _SENTENCE_END
    return _Draft(source, None, ids, {"title": first if titled else None, "text": text})


# --- JSON --------------------------------------------------------------------------------------


def _line_drafts(source: str, ids: tuple[str, ...], lines: Iterable[bytes]) -> Iterator[_Found]:
    for number, line in enumerate(lines, start=1):
        if line.strip(_BOM + b" \t\r\n"):
            try:
                entry = _parsed(_decoded(line))
                yield _entry_draft(source, number, _numbered(ids, number), entry)
            except ArticleError as error:
                yield Failure(source, number, error.message)


def _json_drafts(source: str, ids: tuple[str, ...], text: str) -> Iterator[_Found]:
    """One object, or a list of objects; a bad one of a list is a Failure of its own."""
    content = _parsed(text)
    if not isinstance(content, list):
        yield _entry_draft(source, None, ids, content)
        return
    for number, entry in enumerate(content, start=1):
        try:
            yield _entry_draft(source, None, _numbered(ids, number), entry)
        except ArticleError as error:
            yield Failure(source, None, f"entry {number}: {error.message}")


def _numbered(ids: tuple[str, ...], number: int) -> tuple[str, ...]:
    return tuple(f"{article_id}-{number}" for article_id in ids)


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ArticleError(f"is not JSON: {error}") from error


def _entry_draft(source: str, line: int | None, ids: tuple[str, ...], entry: object) -> _Draft:
    if not isinstance(entry, dict):
        raise ArticleError("is not a JSON object")
    if _string(entry, "title", "text", "content", "body") is None:
        raise ArticleError("holds no text, content or body")
    told = entry.get("article_id") or entry.get("id")
    return _Draft(source, line, (str(told),) if told else ids, entry)
