"""The commands for annotation tools: what a person is to correct, and what came of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from extract.errors import GoldError, UsageError

if TYPE_CHECKING:
    from types import ModuleType

    from extract.annotate import Sheet

TOOLS = ("label-studio", "doccano", "brat")
"""The tools that are known."""


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(annotate)
    app.command()(collect)


def annotate(
    paths: Annotated[
        list[str], typer.Argument(metavar="PATH", help="Articles; with --gold: gold, JSON Lines.")
    ],
    to: Annotated[str, typer.Option(help="label-studio, doccano or brat.")],
    out: Annotated[Path, typer.Option(help="The folder to write; new or empty.")],
    gold: Annotated[
        bool, typer.Option("--gold", help="Take the records from gold instead of reading.")
    ] = False,
    no_lexicon: Annotated[
        bool, typer.Option("--no-lexicon", help="Leave the lists of organisations out.")
    ] = False,
) -> None:
    """Write articles for an annotation tool, with the records found, so that a person corrects.

    The way back is collect. Exit code 1 says that some input could not be read; it is listed with its reason.
    """
    from extract.annotate import gold_sheets, write_folder

    tool = _tool(to, "--to")
    failures: list[str] = []
    read = (
        (sheet for path in paths for sheet in gold_sheets(Path(path)))
        if gold
        else _found(paths, failures, lexicon=not no_lexicon)
    )
    files, refused = tool.files(_taken(read, failures))
    write_folder(out, files)
    _end(failures + [str(error) for error in refused])


def collect(
    path: Annotated[Path, typer.Argument(metavar="DIR", help="What the tool exported.")],
    source: Annotated[str, typer.Option("--from", help="label-studio, doccano or brat.")],
    out: Annotated[str, typer.Option(help="Where the gold goes; - for stdout.")] = "-",
    unreviewed: Annotated[
        bool, typer.Option("--unreviewed", help="Take predictions that nobody has reviewed.")
    ] = False,
) -> None:
    """Turn what people annotated into gold, JSON Lines.

    An article with drifted offsets, an unknown label or a value that cannot be read is left out and listed with file, line and reason, and gives exit code 1. What belongs to no deal is listed too.
    """
    from extract.annotate import gold_line, to_gold
    from extract.batch import open_sink

    failures: list[str] = []
    seen: set[str] = set()
    sheets = _taken(_tool(source, "--from").sheets(path), failures)
    with open_sink(out) as sink:
        for sheet in sheets:
            try:
                _check(sheet, seen, unreviewed=unreviewed)
                article, remarks = to_gold(sheet)
            except GoldError as error:
                failures.append(str(error))
                continue
            for remark in remarks:
                typer.echo(remark, err=True)
            sink.write(gold_line(article))
    _end(failures)


def _tool(name: str, option: str) -> ModuleType:
    from extract import annotate_brat, annotate_doccano, annotate_label_studio

    known = dict(zip(TOOLS, (annotate_label_studio, annotate_doccano, annotate_brat), strict=True))
    if name not in known:
        raise UsageError(f"must be one of {', '.join(TOOLS)}", key=option)
    return known[name]


def _found(paths: list[str], failures: list[str], *, lexicon: bool) -> Iterator[Sheet]:
    """The articles with what the pipeline finds in them; what cannot be read is noted."""
    from extract.annotate import of_deals
    from extract.article import Failure, read_articles
    from extract.pipeline import Pipeline

    pipeline = Pipeline(lexicon=lexicon)
    for article in read_articles(paths):
        if isinstance(article, Failure):
            failures.append(str(article))
        else:
            yield of_deals(article, pipeline.read_article(article))


def _taken(read: Iterator[Sheet | GoldError], failures: list[str]) -> Iterator[Sheet]:
    """The sheets; errors are noted."""
    for found in read:
        if isinstance(found, GoldError):
            failures.append(str(found))
        else:
            yield found


def _check(sheet: Sheet, seen: set[str], *, unreviewed: bool) -> None:
    if not sheet.reviewed and not unreviewed:
        raise sheet.wrong("nobody has reviewed it; --unreviewed takes predictions")
    if sheet.article_id in seen:
        raise sheet.wrong("the article stands twice")
    seen.add(sheet.article_id)


def _end(failures: list[str]) -> None:
    for failure in failures:
        typer.echo(failure, err=True)
    raise typer.Exit(1 if failures else 0)
