"""The command that runs the service."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from extract.errors import UsageError


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(serve)


def serve(
    host: Annotated[
        str, typer.Option(help="The address to listen on; by default this machine alone.")
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="The port; 0 takes one that is free.")
    ] = 8000,
    store: Annotated[
        str | None,
        typer.Option(
            help="Where records are kept: a .jsonl file, an SQLite file, the URL of a database."
        ),
    ] = None,
    gold: Annotated[
        Path | None, typer.Option(help="The .jsonl file that corrected records are saved to.")
    ] = None,
    max_bytes: Annotated[int, typer.Option(min=1, help="Bytes that a request may have.")] = (
        2_000_000
    ),
    timeout: Annotated[
        float, typer.Option(min=0.001, help="Seconds that a request may take.")
    ] = 20.0,
    workers: Annotated[
        int | None, typer.Option(min=1, help="How many processes; default: one for each core.")
    ] = None,
) -> None:
    """Run a service with a page to read, correct and save: POST /extract, GET /deals, /docs.

    It listens on this machine alone unless --host says otherwise, and keeps nothing but its store and its gold. It has no accounts: what listens on a network needs something in front of it.
    """
    try:
        from extract import serve as service
    except ImportError as error:
        raise UsageError("the service needs the extra: pip install 'zhdeals[serve]'") from error
    from extract.workers import cores

    settings = service.Settings(
        host=host,
        port=port,
        store=store,
        gold=gold,
        max_bytes=max_bytes,
        seconds=timeout,
        workers=workers or cores(),
    )
    service.serve(settings, on_ready=lambda address: typer.echo(address, err=True))
