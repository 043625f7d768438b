"""The command that makes the model of names anew."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from extract.errors import UsageError

train = typer.Typer(no_args_is_help=True, help="Make a model anew (needs the extra train).")


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(train, name="train")


@train.command("ner")
def ner(
    data: Annotated[
        Path,
        typer.Argument(
            metavar="DATA",
            help="The folder of the corpora: data/ and gold/ as the card lists them.",
        ),
    ],
    out: Annotated[Path, typer.Option("--out", metavar="FOLDER", help="Where the model goes.")],
    minutes: Annotated[
        float, typer.Option("--minutes", min=0.1, help="Time on one core, half to pretrain.")
    ] = 50.0,
    seed: Annotated[int, typer.Option("--seed", help="Of every random choice.")] = 1,
) -> None:
    """Train the model of names on public corpora, measure it and write its card."""
    from extract import train_ner

    if not data.is_dir():
        raise UsageError(f"{data}: no such folder; expected the one with the corpora")
    if out.exists() and any(out.iterdir() if out.is_dir() else [out]):
        raise UsageError(f"{out}: is not empty; a model goes to a folder of its own")
    train_ner.train(data, out, minutes=minutes, seed=seed)
    typer.echo(f"{out}: model, vocabulary and card")
