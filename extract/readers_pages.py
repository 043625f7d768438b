"""Web pages and feeds to drafts: the text without its tags, and who wrote it when."""

from __future__ import annotations

import html
import logging
import re
from collections.abc import Iterator
from typing import Any, BinaryIO, Final, cast
from xml.etree import ElementTree

from extract.errors import ArticleError
from extract.readers import Failure, Found, Intake, too_large
from extract.readers_decode import Decoder
from extract.readers_formats import field_draft
from extract.readers_open import needed

# --- pages -------------------------------------------------------------------------------------

_DEEPEST: Final = 200_000


def page_fields(text: str) -> dict[str, str]:
    """The fields of an HTML page: its article by trafilatura, title, author, date and site.

    Raises ArticleError where the page holds no article.
    """
    trafilatura = needed("trafilatura", "html")
    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    if text.count("<") > _DEEPEST:
        raise ArticleError(f"is a page of more than {_DEEPEST:,} tags")
    try:
        found = trafilatura.bare_extraction(
            text, with_metadata=True, include_comments=False, favor_precision=True
        )
    except (RecursionError, ValueError, TypeError, AttributeError) as error:
        raise ArticleError(f"is a page that cannot be read: {error}") from error
    if found is None or not (found.text or "").strip():
        raise ArticleError("is a page without an article")
    told = {
        "title": found.title,
        "text": found.text,
        "source": found.sitename,
        "url": found.url,
        "published": found.date,
        "author": found.author or _author(text),
    }
    return {field: value for field, value in told.items() if isinstance(value, str) and value}


_META = re.compile(r"<meta\s[^<>]{1,1000}>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"""\b(name|property|content)\s*=\s*["']([^"'<>]*)["']""", re.IGNORECASE)


def _author(text: str) -> str | None:
    """The author by the page's own word: trafilatura takes no name without a space for one."""
    for tag in _META.findall(text):
        told = {name.lower(): value for name, value in _ATTRIBUTE.findall(tag)}
        named = told.get("name", told.get("property", "")).lower()
        if named in {"author", "article:author", "byl"} and told.get("content", "").strip():
            return html.unescape(told["content"]).strip()
    return None


# --- feeds -------------------------------------------------------------------------------------

_PIECE: Final = 1 << 16
_DECLARED = re.compile(rb"""\A\s*<\?xml[^>]{0,200}encoding=["']([A-Za-z0-9_.-]{1,40})["']""")
_CHINESE: Final = {
    "gb2312": "gb18030", "gbk": "gb18030", "gb18030": "gb18030", "big5": "cp950",
    "big5-hkscs": "big5hkscs",
}  # fmt: skip

_ITEMS: Final = frozenset({"item", "entry"})
# Of what a feed tells twice, the fuller comes first.
_TAGS: Final = {
    "id": ("guid", "id"),
    "title": ("title",),
    "text": ("encoded", "content", "description", "summary"),
    "published": ("pubDate", "published", "date", "updated"),
    "author": ("creator", "author"),
    "url": ("link",),
}


def feed_items(
    source: str, ids: tuple[str, ...], stream: BinaryIO, intake: Intake
) -> Iterator[Found]:
    """A draft for each item of an RSS or Atom feed, read as a stream."""
    parser: ElementTree.XMLPullParser[Any] = ElementTree.XMLPullParser(("start", "end"))
    name: str | None = None
    path: list[ElementTree.Element] = []
    number = 0
    for size, encoding in _fed(parser, stream):
        for event, element in _events(parser):
            if event == "start":
                path.append(element)
                continue
            path.pop()
            if _tag(element) == "title" and len(path) <= 2 and _tag(path[-1]) != "item":
                name = name or _words(element)
            elif _tag(element) in _ITEMS:
                number += 1
                yield _item(source, ids, number, element, name, encoding, intake)
                path[-1].clear()
                size.clear()
        if sum(size) > intake.max_bytes:
            raise too_large(intake.max_bytes)


def _events(parser: ElementTree.XMLPullParser[Any]) -> Iterator[tuple[str, ElementTree.Element]]:
    """What the parser has read; an error waits here for its turn."""
    try:
        yield from cast(Iterator[tuple[str, ElementTree.Element]], parser.read_events())
    except ElementTree.ParseError as error:
        raise ArticleError(f"is not XML: {error}") from error


def _fed(
    parser: ElementTree.XMLPullParser[Any], stream: BinaryIO
) -> Iterator[tuple[list[int], str]]:
    """Feeds the parser piece by piece; gives the sizes of the pieces, which whoever reads clears."""
    head = stream.read(_PIECE)
    codec, encoding = _codec(head)
    from codecs import getincrementaldecoder

    decode = getincrementaldecoder(codec)().decode
    sizes: list[int] = []
    piece = head
    try:
        while piece:
            sizes.append(len(piece))
            parser.feed(decode(piece))
            yield sizes, encoding
            piece = stream.read(_PIECE)
        parser.feed(decode(b"", True))
        parser.close()
        yield sizes, encoding
    except (ElementTree.ParseError, UnicodeDecodeError, ValueError) as error:
        raise ArticleError(f"is not XML: {error}") from error


def _codec(head: bytes) -> tuple[str, str]:
    """The codec of a feed, and the name of its encoding: what it declares, else what it reads as."""
    declared = _DECLARED.match(head)
    name = declared[1].decode().lower() if declared else ""
    if name in _CHINESE:
        return _CHINESE[name], "gb18030" if name.startswith("gb") else name
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16", "utf-16"
    decoder = Decoder()
    cut = head.rfind(b">") + 1 if len(head) == _PIECE else len(head)
    try:
        decoder.decode(head[:cut])
    except ArticleError:
        return "utf-8-sig", "utf-8"
    codec = {"utf-8": "utf-8-sig", "big5": "cp950", "big5-hkscs": "big5hkscs"}
    return codec.get(decoder.encoding, decoder.encoding), decoder.encoding


def _item(
    source: str,
    ids: tuple[str, ...],
    number: int,
    element: ElementTree.Element,
    name: str | None,
    encoding: str,
    intake: Intake,
) -> Found:
    children: dict[str, ElementTree.Element] = {}
    for child in element:
        children.setdefault(_tag(child), child)
    fields = {"source": name} if name else {}
    for field, tags in _TAGS.items():
        for tag in tags:
            if tag in children and (value := _value(field, children[tag])):
                fields[field] = value
                break
    if "title" not in fields and "text" not in fields:
        return Failure(source, None, f"item {number}: holds no text")
    numbered = tuple(f"{article_id}-{number}" for article_id in ids)
    return field_draft(source, None, numbered, fields, encoding, intake)


def _value(field: str, element: ElementTree.Element) -> str:
    if field == "url":
        return element.get("href") or _words(element)
    return plain(_words(element)) if field in {"title", "text"} else _words(element)


def _words(element: ElementTree.Element) -> str:
    return "".join(element.itertext()).strip()


def _tag(element: ElementTree.Element) -> str:
    """The name of an element without its namespace."""
    return str(element.tag).rpartition("}")[2]


_TOKEN = re.compile(r"<[^<>]*>|[^<]+|<")
_TAG_NAME = re.compile(r"</?([A-Za-z][A-Za-z0-9]*)")
_HIDDEN: Final = frozenset({"script", "style"})
_BLOCKS: Final = frozenset({
    "article", "blockquote", "br", "dd", "div", "dt", "figcaption", "figure", "h1", "h2", "h3", "h4",
    "h5", "h6", "hr", "li", "ol", "p", "pre", "section", "table", "td", "th", "tr", "ul",
})  # fmt: skip
_GAPS = re.compile(r"[ \t\r]*\n\s*")


def plain(markup: str) -> str:
    """The text of a piece of HTML, a line for each block; in time linear to its length.

    >>> plain("<p>软银&amp;英伟达<b>投资</b></p><p>3亿元</p>")
    '软银&英伟达投资\\n3亿元'
    """
    if "<" not in markup and "&" not in markup:
        return markup
    told: list[str] = []
    hidden = ""
    for token in _TOKEN.findall(markup):
        tag = _TAG_NAME.match(token)
        name = tag[1].lower() if tag and token.endswith(">") else ""
        if hidden:
            hidden = "" if name == hidden and token.startswith("</") else hidden
        elif name in _HIDDEN:
            hidden = "" if token.startswith("</") else name
        elif name in _BLOCKS:
            told.append("\n")
        elif not name and not (token.startswith("<!") and token.endswith(">")):
            told.append(html.unescape(token))
    return _GAPS.sub("\n", "".join(told)).strip()
