"""The command that makes the report of deals."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from extract.errors import UsageError


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(report)


def report(
    deals: Annotated[
        list[Path],
        typer.Argument(
            metavar="DEALS... OUT_DIR", help="Output of run or link, or gold; then the folder."
        ),
    ],
    articles: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PATH",
            help="What the deals were read from; may be repeated. Lines with text need none.",
        ),
    ] = None,
    as_of: Annotated[
        str | None, typer.Option(help="Show the deals as they stood on that day (ISO).")
    ] = None,
    length: Annotated[
        int, typer.Option(min=2, max=8, help="The most parties that a circle may have.")
    ] = 3,
) -> None:
    """Make a page of the deals: table, cards with their words, history, circles, charts.

    The page is OUT_DIR/index.html. It needs no network and no other file.
    """
    from extract.deal_report import read_material, write_report
    from extract.records import is_partial_date

    if len(deals) < 2:
        raise UsageError("needs DEALS and OUT_DIR")
    if as_of is not None and not is_partial_date(as_of):
        raise UsageError(f"{as_of!r} is not an ISO date", key="--as-of")
    material = read_material(deals[:-1], articles or [])
    path = write_report(material, deals[-1], day=as_of, length=length)
    for failure in material.failures:
        typer.echo(failure, err=True)
    typer.echo(str(path), err=True)
    raise typer.Exit(1 if material.failures else 0)
