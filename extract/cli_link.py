"""The command that links records of many articles to deals."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from extract.errors import ArticleError, UsageError, ZhDealsError

if TYPE_CHECKING:
    from extract.linked import LinkedDeal
    from extract.tellings import Telling


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(link)


def link(
    deals: Annotated[
        list[str],
        typer.Argument(metavar="DEALS", help="Output of run, or gold; JSON Lines, - for stdin."),
    ],
    out: Annotated[str, typer.Option(help="Where the linked deals go; - for stdout.")] = "-",
    into: Annotated[
        Path | None,
        typer.Option(help="Linked deals of an earlier run, which new records join."),
    ] = None,
) -> None:
    """Link the records of many articles: one line for each deal, with its history.

    A deal has the best value of each field and why it was taken, what articles tell differently, a timeline of its statuses, and the records it was made of. Exit code 1 says that some lines could not be used; they are listed.
    """
    from extract.batch import open_sink
    from extract.link import link as linked

    records, old, failures = read_inputs(deals, into)
    if old and into is None:
        raise UsageError("is linked already; give it by --into", file=deals[0])
    found = linked(records, into=old)
    with open_sink(out) as sink:
        for deal in found:
            sink.write(deal.model_dump_json() + "\n")
    for failure in failures:
        typer.echo(failure, err=True)
    joined = sum(len(deal.tellings) > 1 for deal in found)
    typer.echo(
        f"{len(records)} records read, {len(found)} deals, {joined} of several articles"
        f"{f', {len(failures)} lines failed' if failures else ''}",
        err=True,
    )
    raise typer.Exit(1 if failures else 0)


def read_inputs(
    paths: Sequence[str], into: Path | None = None
) -> tuple[list[Telling], list[LinkedDeal], list[str]]:
    """Records, linked deals and one line for each failure of some files of JSON Lines."""
    records: list[Telling] = []
    old: list[LinkedDeal] = []
    failures: list[str] = []
    for name in [*paths, *([str(into)] if into else [])]:
        for number, line in enumerate(_lines(name), 1):
            if not line.strip():
                continue
            try:
                _read_line(line, records, old)
            except (ZhDealsError, ValueError) as error:
                failures.append(f"{name}:{number}: {_reason(error)}")
    return records, old, failures


def _lines(name: str) -> Iterator[str]:
    try:
        with nullcontext(sys.stdin.buffer) if name == "-" else Path(name).open("rb") as stream:
            for line in stream:
                yield line.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError("is not UTF-8", file=name) from error
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror}", file=name) from error


def _read_line(line: str, records: list[Telling], old: list[LinkedDeal]) -> None:
    from extract.linked import LinkedDeal
    from extract.tellings import tellings_of

    fields = json.loads(line)
    if not isinstance(fields, dict):
        raise ArticleError("not a line of deals: an object is needed")
    if "tellings" in fields:
        old.append(LinkedDeal.model_validate_json(line))
    else:
        records.extend(tellings_of(fields))


def _reason(error: Exception) -> str:
    from pydantic import ValidationError

    if isinstance(error, json.JSONDecodeError):
        return f"not JSON: {error.msg}"
    if isinstance(error, ValidationError):
        return f"not a linked deal: {error.error_count()} fields do not fit"
    return " ".join(str(error).split())
