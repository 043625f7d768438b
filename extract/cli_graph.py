"""The command that draws the web of deals and finds its circles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from extract.errors import UsageError

if TYPE_CHECKING:
    from extract.graph import Circle


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(graph)


def graph(
    deals: Annotated[
        list[str],
        typer.Argument(metavar="DEALS", help="Output of link, of run, or gold; - for stdin."),
    ],
    to: Annotated[str, typer.Option(help="json, cytoscape, graphml or mermaid.")] = "json",
    out: Annotated[str, typer.Option(help="Where the graph goes; - for stdout.")] = "-",
    as_of: Annotated[
        str | None, typer.Option(help="Show the deals as they stood on that day (ISO).")
    ] = None,
    no_rumours: Annotated[
        bool, typer.Option("--no-rumours", help="Leave out deals that are in talks.")
    ] = False,
    fold_parents: Annotated[
        bool, typer.Option("--fold-parents", help="Count units as their parents: AWS as Amazon.")
    ] = False,
    stated_only: Annotated[
        bool,
        typer.Option(
            "--stated-only", help="Leave out what only follows from the hardware's maker."
        ),
    ] = False,
    length: Annotated[
        int, typer.Option(min=2, max=8, help="The most parties that a circle may have.")
    ] = 4,
) -> None:
    """Draw who gives what to whom, and list the circles in which money comes back.

    Records that are not linked yet are linked first. The circles are listed on standard error, each with its parties and whether an article says it (text) or only its legs make it (structure).
    """
    from extract.batch import open_sink
    from extract.cli_link import read_inputs
    from extract.graph import DealGraph, circles
    from extract.graph_export import EXPORTS
    from extract.records import is_partial_date

    if to not in EXPORTS:
        raise UsageError(f"must be one of {', '.join(EXPORTS)}", key="--to")
    if as_of is not None and not is_partial_date(as_of):
        raise UsageError(f"{as_of!r} is not an ISO date", key="--as-of")
    records, linked, failures = read_inputs(deals)
    web = DealGraph.from_deals(
        [*linked, *records],
        as_of=as_of,
        rumours=not no_rumours,
        fold_parents=fold_parents,
        stated_only=stated_only,
    )
    rings = circles(web, max_length=length)
    with open_sink(out) as sink:
        sink.write(EXPORTS[to](web, rings))
    for line in (*failures, *map(_line, rings)):
        typer.echo(line, err=True)
    typer.echo(f"{len(web.nodes)} parties, {len(web.legs)} legs, {len(rings)} circles", err=True)
    raise typer.Exit(1 if failures else 0)


def _line(circle: Circle) -> str:
    way = " → ".join((*circle.names, circle.names[0]))
    return f"{way}: {circle.said}, {circle.kind}, {circle.status}"
