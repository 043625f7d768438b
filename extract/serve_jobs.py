"""What the workers of the service do: read texts and files, and make the page's fragments of them."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from extract.article import Failure, read_articles
from extract.dates import dateline, publication_date
from extract.pipeline import Pipeline, titled
from extract.readers import Intake
from extract.records import ArticleDeals
from extract.serve_page import article_view
from extract.slips import with_warnings
from extract.tellings import short_hash

Fields = Mapping[str, Any]
"""An article as it was asked for: text, and maybe title, published, article_id."""


def jobs() -> Mapping[str, Callable[[Any], Any]]:
    """The jobs of a worker, by name; loads the rules."""
    pipeline = Pipeline()
    pipeline.read("软银宣布以65亿美元收购Ampere。")  # what is loaded late is loaded now
    return {
        "extract": lambda articles: [
            _read(pipeline, fields).model_dump_json() for fields in articles
        ],
        "view": lambda fields: _views([_read(pipeline, _with_title(fields))]),
        "file": lambda file: _file(pipeline, *file),
    }


def article_id_of(fields: Fields) -> str:
    """The id that was asked for, else one that is made from the text."""
    told = (fields.get("title") or "", fields["text"], fields.get("published") or "")
    return str(fields.get("article_id") or f"t{short_hash(*told)}")


def _read(pipeline: Pipeline, fields: Fields) -> ArticleDeals:
    text, title = fields["text"], fields.get("title")
    day = fields.get("published") or dateline(titled(text, title))
    told = pipeline.read(text, published=day, title=title, article_id=article_id_of(fields))
    source = fields.get("source")
    return told.model_copy(update={"text": titled(text, title), "source": source})


_SENTENCE_END: Final = "。！？；.!?;"


def _with_title(fields: Fields) -> Fields:
    """The same with the first line as its title, where a text follows and it is no sentence."""
    first, _, rest = str(fields["text"]).strip("\n").partition("\n")
    is_title = rest.strip() and first.strip() and first.strip()[-1] not in _SENTENCE_END
    if fields.get("title") or not is_title or len(first) > _LONGEST_TITLE:
        return fields
    return {**fields, "text": str(fields["text"]).strip("\n"), "title": first}


_LONGEST_TITLE: Final = 200


def _views(articles: Iterable[ArticleDeals]) -> dict[str, Any]:
    return {"articles": [_view(article) for article in articles], "failures": []}


def _view(told: ArticleDeals) -> dict[str, Any]:
    text = told.text or ""
    warned = with_warnings(told, text)
    return {
        "article_id": told.article_id,
        "title": told.title,
        "published": told.published,
        "text": text,
        "deals": len(told.deals),
        "html": article_view(text, warned),
    }


def _file(pipeline: Pipeline, name: str, content: bytes, most: int) -> dict[str, Any]:
    """The articles of a file by how it begins: JSON, JSON Lines, HTML, else one text."""
    day = publication_date(name)
    intake = Intake(published=day, max_bytes=len(content) + 1)
    found: list[ArticleDeals] = []
    failures: list[str] = []
    for article in read_articles(["-"], stdin=io.BytesIO(content), intake=intake):
        if isinstance(article, Failure):
            failures.append(f"{name}: {article.reason}")
        elif len(found) == most:
            failures.append(f"{name}: only the first {most} articles were read")
            break
        else:
            told = pipeline.read_article(article)
            identity = article_id_of(article.model_dump() | {"article_id": _own_id(article)})
            found.append(told.model_copy(update={"text": article.text, "article_id": identity}))
    return _views(found) | {"failures": failures}


def _own_id(article: Any) -> str | None:
    """The id that the file gives, and none where the reader made it up for a stream."""
    return None if article.article_id.startswith(("-", "stdin")) else article.article_id
