"""Files, folders and streams to Articles; what cannot be read is told, and the rest goes on."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import BinaryIO, Final, cast

from pydantic import Field, ValidationError

from extract.dates import dateline, publication_date
from extract.errors import ArticleError
from extract.readers import DEFAULT_INTAKE, Draft, Failure, Found, Intake, Places, carried, whole
from extract.readers_decode import decoded
from extract.readers_formats import csv_rows, is_object, json_document, json_lines, markdown
from extract.readers_open import STDIN, Source, reason_of, sources
from extract.readers_pages import feed_items, page_fields
from extract.records import DATE_PATTERN, Frozen, is_partial_date

__all__ = [
    "STDIN",
    "Article",
    "Draft",
    "Failure",
    "Intake",
    "finish",
    "join_title",
    "read_argument",
    "read_articles",
    "read_drafts",
    "read_source",
]


class Article(Frozen):
    """One text with its origin; every offset of the program counts code points of ``text``.

    ``text`` is the title, a newline and the body. ``published`` is an ISO date, from the field of
    the file, else from the dateline of the text, else from the name of the file. ``encoding`` is
    what the file was written in.
    """

    article_id: str = Field(min_length=1)
    title: str | None = None
    source: str | None = None
    url: str | None = None
    author: str | None = None
    published: str | None = Field(default=None, pattern=DATE_PATTERN)
    text: str = Field(min_length=1)
    encoding: str = "utf-8"


def read_articles(
    paths: Iterable[str | os.PathLike[str]],
    *,
    published: str | None = None,
    stdin: BinaryIO | None = None,
    intake: Intake = DEFAULT_INTAKE,
) -> Iterator[Article | Failure]:
    """The articles of files, folders, patterns and URLs, ``-`` for standard input.

    Folders are read with their subfolders, sorted; in them, hidden files and files of other kinds
    are passed over. ``published`` (ISO date) holds for articles that tell no date. Ids are unique:
    an id that stands twice is a Failure.
    """
    intake = replace(intake, published=published or intake.published)
    for found in read_drafts(paths, stdin=stdin, intake=intake):
        yield finish(found) if isinstance(found, Draft) else found


def read_drafts(
    paths: Iterable[str | os.PathLike[str]],
    *,
    stdin: BinaryIO | None = None,
    intake: Intake = DEFAULT_INTAKE,
    meter: Callable[[int], object] = int,
) -> Iterator[Draft | Failure]:
    """The same, but only as far as the files must be read for it: the rest is done by ``finish``.

    Each draft has one id, which no other has. ``meter`` is called with the number of bytes of files
    read since it was called last.
    """
    taken = Places()
    for source in sources((os.fspath(path) for path in paths), intake, stdin=stdin):
        found = [source] if isinstance(source, Failure) else read_source(source, intake, meter)
        for one in found:
            yield _with_id(one, taken) if isinstance(one, Draft) else one


def read_argument(argument: str, *, published: str | None = None) -> Iterator[Article | Failure]:
    """The articles of a path, where there is something at it, else the argument as a text."""
    if argument == STDIN or _exists(argument):
        yield from read_articles([argument], published=published)
    else:
        fields = {"text": argument}
        yield finish(Draft("text", None, ("text",), "fields", fields, published=published))


def _exists(path: str) -> bool:
    try:
        return os.path.exists(path)
    except ValueError:  # a text with a NUL in it is no path
        return False


def join_title(title: str | None, body: str) -> str:
    """The text of an article: title, newline, body; a body that begins with the title stays."""
    if not title or body.startswith(title):
        return body
    return f"{title}\n{body}" if body else title


def _with_id(draft: Draft, taken: Places) -> Draft | Failure:
    for article_id in map(carried, draft.ids):
        if article_id not in taken:
            taken[article_id] = 1
            return draft if draft.ids == (article_id,) else replace(draft, ids=(article_id,))
    reason = f"the id {draft.ids[0]!r} stands twice"
    return Failure(draft.source, draft.line, reason)


# --- drafts to articles ------------------------------------------------------------------------


def finish(draft: Draft) -> Article | Failure:
    """The article of a draft: its bytes decoded, its tags taken off, its date looked for."""
    try:
        fields, encoding = _told(draft)
        return _article(draft, {key: carried(value) for key, value in fields.items()}, encoding)
    except ArticleError as error:
        return Failure(draft.source, draft.line, error.message, draft.ids[0])


def _told(draft: Draft) -> tuple[Mapping[str, str], str]:
    if draft.kind == "fields":
        return draft.fields, draft.encoding
    text, encoding = decoded(draft.content)
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not text.strip():
        raise ArticleError("holds no text")
    return _KINDS[draft.kind](text), encoding


def _article(draft: Draft, fields: Mapping[str, str], encoding: str) -> Article:
    title = fields.get("title")
    text = join_title(title, fields.get("text", ""))
    if not text.strip():
        raise ArticleError("holds no text")
    try:
        return Article(
            article_id=draft.ids[0],
            title=title,
            source=fields.get("source"),
            url=fields.get("url"),
            author=fields.get("author"),
            published=_published(draft, fields, text) or draft.published,
            text=text,
            encoding=encoding,
        )
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise ArticleError(f"{first['loc'][0]}: {first['msg']}") from error


def _published(draft: Draft, fields: Mapping[str, str], text: str) -> str | None:
    field = fields.get("published", "").strip()
    told = publication_date(field) if field else None
    # A field may tell a month or a year alone; 2025-02-31 has the form of a day, but is none.
    partial = field if len(field) < 10 and is_partial_date(field) else None
    return told or partial or dateline(text) or publication_date(os.path.basename(draft.source))


_SENTENCE_END: Final = "。！？；.!?;"


def _text_fields(text: str) -> dict[str, str]:
    """A plain text; its first line is the title where a body follows and it is no sentence."""
    text = text.strip("\n")
    first, _, rest = text.partition("\n")
    titled = rest.strip() and first.strip() and first.strip()[-1] not in _SENTENCE_END
    return {"title": first, "text": text} if titled else {"text": text}


_KINDS: Final[Mapping[str, Callable[[str], dict[str, str]]]] = {
    "text": _text_fields,
    "markdown": markdown,
    "html": page_fields,
}


# --- files to drafts ---------------------------------------------------------------------------


def read_source(
    source: Source, intake: Intake, meter: Callable[[int], object] = int
) -> Iterator[Found]:
    """What is read until the file turns out to be unreadable, and then why it is."""
    try:
        with source.open() as stream:
            yield from _metered(_read(source, stream, intake), source, stream, meter)
    except ArticleError as error:
        yield Failure(source.name, error.line, error.message)
    except OSError as error:
        yield Failure(source.name, None, reason_of(error))


def _metered(
    found: Iterator[Found], source: Source, stream: BinaryIO, meter: Callable[[int], object]
) -> Iterator[Found]:
    at = 0
    for one in found:
        if source.size is not None:
            meter(stream.tell() - at)
            at = stream.tell()
        yield one
    meter((source.size or at) - at)


def _read(source: Source, stream: BinaryIO, intake: Intake) -> Iterator[Found]:
    reader = _READERS.get(source.kind)
    if source.kind == "":
        yield from _read_stream(source, stream, intake)
    elif reader is not None:
        yield from reader(source.name, source.ids, stream, intake)
    elif source.kind == ".json":
        content = whole(stream, intake.max_bytes)
        yield from json_document(source.name, source.ids, content, intake)
    else:
        yield _file_draft(source, whole(stream, intake.max_bytes), intake)


_READERS: Final = {
    ".jsonl": json_lines,
    ".ndjson": json_lines,
    ".csv": csv_rows,
    ".tsv": csv_rows,
    ".xml": feed_items,
    ".rss": feed_items,
    ".atom": feed_items,
}


def _file_draft(source: Source, content: bytes, intake: Intake) -> Draft:
    kind = {".md": "markdown", ".html": "html", ".htm": "html"}.get(source.kind, "text")
    return Draft(
        source.name,
        None,
        source.ids,
        kind,  # type: ignore[arg-type]
        content=content,
        published=intake.published,
    )


def _read_stream(source: Source, stream: BinaryIO, intake: Intake) -> Iterator[Found]:
    """JSON Lines where the first line is an object, else one document, by how it begins."""
    first = stream.readline(intake.max_bytes + 1)
    if is_object(first):
        yield from json_lines(
            source.name, source.ids, cast(BinaryIO, _Again(first, stream)), intake
        )
        return
    content = whole(cast(BinaryIO, _Again(first, stream)), intake.max_bytes)
    head = content[:1000].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if head[:1] in (b"{", b"["):
        yield from json_document(source.name, source.ids, content, intake)
    elif head.startswith((b"<!doctype html", b"<html")):
        yield _file_draft(replace(source, kind=".html"), content, intake)
    else:
        yield _file_draft(replace(source, kind=".txt"), content, intake)


class _Again:
    """A stream of which the first line was read already."""

    def __init__(self, first: bytes, stream: BinaryIO) -> None:
        self._first = first
        self._stream = stream

    def readline(self, size: int) -> bytes:
        """The first line as it was read, then the others."""
        first, self._first = self._first, b""
        return first or self._stream.readline(size)

    def read(self, size: int) -> bytes:
        """The first line, and of what follows as much as makes ``size`` bytes in all."""
        first, self._first = self._first, b""
        return first + self._stream.read(max(0, size - len(first)))
