"""The command that tells why an article has the records it has."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(explain)


def explain(
    file_or_text: Annotated[str, typer.Argument(help="A file, a folder, - or the text itself.")],
    published: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"],
            help="Day of publication for articles that tell none; 昨日 and 今年10月 count from it.",
        ),
    ] = None,
    no_lexicon: Annotated[
        bool, typer.Option("--no-lexicon", help="Leave the lists of organisations out.")
    ] = False,
    no_model: Annotated[
        bool, typer.Option("--no-model", help="Leave the model of names out: the rules alone.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print a line of JSON for each article.")
    ] = False,
) -> None:
    """Show which rules fired in articles, what they read, and why the rest gave no record.

    Exit code 1 says that some input could not be read; it is listed with its reason.
    """
    from rich.console import Console

    from extract import explain as explaining
    from extract.article import Failure, read_argument
    from extract.explain_view import explanation_view
    from extract.pipeline import Pipeline

    console, failed = Console(highlight=False), False
    pipeline = Pipeline(lexicon=not no_lexicon, model=not no_model)
    day = published.date().isoformat() if published else None
    for article in read_argument(file_or_text, published=day):
        if isinstance(article, Failure):
            failed = True
            typer.echo(str(article), err=True)
            continue
        found = explaining.explain(article, pipeline=pipeline)
        if as_json:
            typer.echo(found.model_dump_json())
        else:
            console.print(explanation_view(found))
    raise typer.Exit(1 if failed else 0)
