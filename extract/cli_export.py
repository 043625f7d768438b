"""Commands past files and machines: the output in other formats, runs on many machines."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from extract import cli_options as opts
from extract.errors import UsageError

if TYPE_CHECKING:
    from extract.batch import Outcome


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(export)
    app.command()(run_ray)


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


def run_ray(
    paths: Annotated[
        list[str],
        typer.Argument(
            metavar="PATH", help="Files, folders, patterns and URLs that all machines can read."
        ),
    ],
    out: Annotated[Path, typer.Option(help="The file that the JSON Lines go to.")],
    address: Annotated[
        str | None,
        typer.Option(help="The cluster: auto, ray://HOST:10001; default: this machine alone."),
    ] = None,
    actors: Annotated[
        int | None,
        typer.Option(min=1, help="How many pipelines work at once; default: one for each core."),
    ] = None,
    published: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Day of publication for articles that tell none."),
    ] = None,
    no_lexicon: opts.NoLexicon = False,
    min_confidence: opts.MinConfidence = 0.0,
    with_text: opts.WithText = False,
    timeout: Annotated[
        float | None, typer.Option(min=0.001, help="Give an article up after so many seconds.")
    ] = None,
) -> None:
    """Do what run does on many machines, by Ray.

    The output is that of run, in the same order. Exit code 1 says that some input could not be read; it is listed with its reason, and stands in a file beside the output.
    """
    from extract import engine_ray
    from extract.batch import Options
    from extract.readers import Intake

    def tell(outcome: Outcome) -> None:
        if outcome.failure is not None:
            typer.echo(str(outcome.failure), err=True)

    summary = engine_ray.run_ray(
        paths,
        engine_ray.MakePipeline(not no_lexicon),
        out,
        address=address,
        actors=actors,
        intake=Intake(published=opts.iso_day(published)),
        options=Options(min_confidence, with_text),
        timeout=timeout,
        watch=tell,
    )
    typer.echo(summary.line(), err=True)
    raise typer.Exit(1 if summary.failures else 0)
