"""The command that takes the output of ``run`` to other formats."""

from __future__ import annotations

from typing import Annotated

import typer

from extract.errors import UsageError


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(export)


def export(
    deals: Annotated[
        list[str], typer.Argument(metavar="DEALS", help="Output of run, JSON Lines; - for stdin.")
    ],
    to: Annotated[str, typer.Option(help="csv, parquet, sql or jsonl.")],
    out: Annotated[
        str,
        typer.Option(
            help="The file to write; for sql an SQLite file or the URL of a database: postgresql://…"
        ),
    ],
) -> None:
    """Write the output of run as CSV, as Parquet, or into a SQL database.

    Files are written anew; a database is brought up to date: articles that it holds already are left alone, those that have changed are replaced. Exit code 1 says that some lines could not be used; they are listed.
    """
    from extract import sinks

    kind = next((kind for kind in sinks.KINDS if kind == to), None)
    if kind is None:
        raise UsageError(f"must be one of {', '.join(sinks.KINDS)}", key="--to")
    done = sinks.export(sinks.read_output(deals), to=kind, out=out)
    for failure in done.failures:
        typer.echo(str(failure), err=True)
    typer.echo(done.line(), err=True)
    raise typer.Exit(1 if done.failures else 0)
