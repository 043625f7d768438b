"""The commands for language models: what to ask one, and what of its answer holds."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from extract.errors import ArticleError, UsageError

if TYPE_CHECKING:
    from extract.article import Article

_STDIN = "-"

Article_ = Annotated[
    str,
    typer.Option(
        "--article", metavar="PATH", help="The article: a file; of several in it, the one of --id."
    ),
]
Id = Annotated[str | None, typer.Option("--id", help="The id of the article.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(prompt)
    app.command()(ingest)


def prompt(
    article: Annotated[
        str | None,
        typer.Option("--article", metavar="PATH", help="Put this article at the end."),
    ] = None,
    article_id: Id = None,
    schema: Annotated[
        bool, typer.Option("--schema", help="Print the JSON Schema of an answer instead.")
    ] = False,
) -> None:
    """Print what a language model is to be asked: task, shape, rules, examples.

    Its answer goes to ingest.
    """
    from extract import llm

    if schema and (article or article_id):
        raise UsageError("--schema stands alone")
    if article_id and not article:
        raise UsageError("--id needs --article")
    if schema:
        typer.echo(json.dumps(llm.answer_schema(), ensure_ascii=False, indent=2))
    else:
        shown = _article(article, article_id) if article else None
        typer.echo(llm.prompt(shown), nl=False)


def ingest(
    answer: Annotated[str, typer.Argument(help="The answer of the model; - for stdin.")],
    article: Article_,
    article_id: Id = None,
    out: Annotated[str, typer.Option(help="Where the line of JSON goes; - for stdout.")] = "-",
) -> None:
    """Turn a model's answer into records with offsets, and refuse what the article does not say.

    Every value that is refused is a line with its reason, and gives exit code 1.
    """
    from extract import batch
    from extract.ingest import ingest as read_answer

    told = read_answer(_answer(answer), _article(article, article_id))
    with batch.open_sink(out) as sink:
        sink.write(f"{told.found.model_dump_json()}\n")
    for refusal in told.refusals:
        typer.echo(str(refusal), err=True)
    typer.echo(f"{len(told.found.deals)} deals, {len(told.refusals)} refusals", err=True)
    raise typer.Exit(1 if told.refusals else 0)


def _answer(path: str) -> str:
    try:
        raw = sys.stdin.buffer.read() if path == _STDIN else Path(path).read_bytes()
        return raw.decode("utf-8-sig")
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror}", file=path) from error
    except UnicodeDecodeError as error:
        raise UsageError("is not UTF-8", file=path) from error


def _article(path: str, article_id: str | None) -> Article:
    """The one article of a file, or the one of that id."""
    from extract.article import Failure, read_articles

    found = []
    for read in read_articles([path]):
        if isinstance(read, Failure):
            raise ArticleError(str(read))
        if article_id in (None, read.article_id):
            found.append(read)
    if len(found) != 1:
        wanted = f"articles of the id {article_id!r}" if article_id else "articles; choose by --id"
        raise UsageError(f"holds {len(found)} {wanted}", file=path)
    return found[0]
