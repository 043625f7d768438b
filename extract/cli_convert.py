"""The command that turns articles and records into training data."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from extract.errors import UsageError

if TYPE_CHECKING:
    from spacy.tokens import Doc


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(convert)


def convert(
    paths: Annotated[
        list[str],
        typer.Argument(
            metavar="PATH", help="Articles; for flat: gold or output of run, JSON Lines."
        ),
    ],
    to: Annotated[str, typer.Option(help="docbin, conll or flat.")],
    out: Annotated[Path, typer.Option(help="The file to write.")],
    no_lexicon: Annotated[
        bool, typer.Option("--no-lexicon", help="Leave the lists of organisations out.")
    ] = False,
) -> None:
    """Write mentions as spaCy's DocBin or as CoNLL, or records as flat rows for datasets.

    Exit code 1 says that some input could not be read; it is listed with its reason.
    """
    from extract import convert as forms
    from extract.gold import read_predictions

    failures: list[str] = []
    docs = _docs(paths, failures, lexicon=not no_lexicon)
    if to == "docbin":
        content = forms.doc_bin(docs)
    elif to == "conll":
        content = "".join(f"{line}\n" for line in forms.conll(docs)).encode()
    elif to == "flat":
        rows = forms.flat(article for path in paths for article in read_predictions(Path(path)))
        content = "".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows).encode()
    else:
        raise UsageError(f"must be one of {', '.join(forms.KINDS)}", key="--to")
    forms.write_bytes(out, content)
    for failure in failures:
        typer.echo(failure, err=True)
    raise typer.Exit(1 if failures else 0)


def _docs(paths: list[str], failures: list[str], *, lexicon: bool) -> Iterator[Doc]:
    """The articles as Docs; what cannot be read is noted."""
    from extract.article import Failure, read_articles
    from extract.pipeline import Pipeline

    pipeline = Pipeline(lexicon=lexicon)
    for article in read_articles(paths):
        if isinstance(article, Failure):
            failures.append(str(article))
        else:
            yield pipeline.doc(
                article.text, published=article.published, article_id=article.article_id
            )
