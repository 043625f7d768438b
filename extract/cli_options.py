"""The options that commands share, each with its help."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

Paths = Annotated[
    list[str],
    typer.Argument(metavar="PATH", help="Files, folders, patterns, URLs of stores; - for stdin."),
]
Out = Annotated[str, typer.Option(help="Where the JSON Lines go; - for stdout.")]
Published = Annotated[
    datetime | None,
    typer.Option(
        formats=["%Y-%m-%d"],
        help="Day of publication for articles that tell none; 昨日 and 今年10月 count from it.",
    ),
]
NoLexicon = Annotated[
    bool, typer.Option("--no-lexicon", help="Leave the lists of organisations out.")
]
NoModel = Annotated[
    bool, typer.Option("--no-model", help="Leave the model of names out: the rules alone, faster.")
]
Ner = Annotated[
    str | None,
    typer.Option(
        "--ner",
        metavar="PATH_OR_ID",
        help="Another model of names: its folder, or its id on the Hugging Face hub (user/name).",
    ),
]
Split = Annotated[
    str | None, typer.Option(metavar="NAME", help="Only gold whose split is NAME: test.")
]
MinConfidence = Annotated[
    float, typer.Option(min=0, max=1, help="Leave out deals of less confidence.")
]
WithText = Annotated[
    bool, typer.Option("--with-text", help="Put the article's text into its line.")
]
Workers = Annotated[
    int | None, typer.Option(min=1, help="How many processes; default: one for each core.")
]
Timeout = Annotated[float | None, typer.Option(min=0.001, help="Seconds that an article may take.")]
MaxBytes = Annotated[int, typer.Option(min=1, help="Bytes that an article may have.")]
Columns = Annotated[
    list[str] | None,
    typer.Option(
        "--column", metavar="FIELD=NAME", help="The column of a CSV file that holds a field."
    ),
]
RetryFailed = Annotated[
    bool, typer.Option("--retry-failed", help="Take up what failed in the run before.")
]
Fresh = Annotated[
    bool, typer.Option("--fresh", help="Do all anew, whatever an earlier run has done.")
]
Http = Annotated[bool, typer.Option("--http", help="Let URLs of the web be read.")]
LogFormat = Annotated[str, typer.Option(help="text or json.")]


def iso_day(published: datetime | None) -> str | None:
    """The day of ``--published`` as the readers take it."""
    return published.date().isoformat() if published else None
