"""The command line: it parses and calls, nothing more."""

from __future__ import annotations

import json
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated, Any

import typer

from extract.errors import ZhDealsError

app = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__)


@app.command()
def run(
    paths: Annotated[list[Path], typer.Argument(help="Files and folders of articles.")],
    out: Annotated[str, typer.Option(help="Where the JSON Lines go; - for the terminal.")] = "-",
    no_lexicon: Annotated[bool, typer.Option(help="Leave the lists of names out.")] = False,
) -> None:
    """Read articles and write one JSON object for each, in the order of the input."""
    from extract.article import Failure, read_articles
    from extract.pipeline import Pipeline

    pipeline = Pipeline(lexicon=not no_lexicon)
    articles = deals = failures = 0
    sink: Any = nullcontext(sys.stdout) if out == "-" else open(out, "w", encoding="utf-8")  # noqa: SIM115
    with sink as stream:
        for article in read_articles(paths):
            if isinstance(article, Failure):
                failures += 1
                typer.echo(str(article), err=True)
                continue
            found = pipeline.read_article(article)
            articles += 1
            deals += len(found.deals)
            stream.write(found.model_dump_json() + "\n")
    typer.echo(f"{articles} articles, {deals} deals, {failures} not read", err=True)
    raise typer.Exit(1 if failures else 0)


@app.command()
def evaluate(
    gold: Annotated[Path, typer.Argument(help="Gold, JSON Lines.")],
    floors: Annotated[Path | None, typer.Option(help="Refuse scores under these floors.")] = None,
    pin: Annotated[bool, typer.Option(help="Move the floors up to the scores.")] = False,
) -> None:
    """Run the pipeline on the gold's texts and print precision, recall and F1."""
    from extract import evaluate as scoring
    from extract.pipeline import Pipeline

    articles = scoring.read_gold(gold)
    pipeline = Pipeline()
    pred = [
        scoring.as_prediction(
            pipeline.read(
                article.text,
                published=article.published,
                title=article.title,
                article_id=article.article_id,
            )
        )
        for article in articles
    ]
    report = scoring.evaluate(articles, pred)
    for name, counts in report.rows():
        scores = (counts.precision, counts.recall, counts.f1)
        shown = "  ".join("–" if score is None else f"{score:.3f}" for score in scores)
        typer.echo(f"{name:16s} P R F1  {shown}")
    if floors is not None:
        gate = (scoring.pin_floors if pin else scoring.check_floors)(report, gold, floors)
        for refusal in gate.refusals:
            typer.echo(refusal, err=True)
        raise typer.Exit(1 if gate.refusals else 0)


@app.command()
def schema() -> None:
    """Print the JSON Schema of one line of output."""
    from extract.records import json_schema

    typer.echo(json.dumps(json_schema(), ensure_ascii=False, indent=2))


def main() -> None:
    """The entry point: an error of the package is one line and exit code 2."""
    try:
        app()
    except ZhDealsError as error:
        typer.echo(str(error), err=True)
        sys.exit(2)
