"""The command line: it parses and calls, nothing more."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from extract import (
    cli_annotate,
    cli_convert,
    cli_explain,
    cli_export,
    cli_graph,
    cli_link,
    cli_llm,
    cli_report,
    cli_serve,
    cli_train,
)
from extract import cli_options as opts
from extract.errors import UsageError, ZhDealsError

if TYPE_CHECKING:
    from rich.console import Console

    from extract.batch import Reader
    from extract.evaluate import Report
    from extract.runs import LogFormat

app = typer.Typer(
    name="zhdeals",
    help="Chinese tech news to deal records, every value traceable to the words it came from.",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
cli_annotate.register(app)
cli_export.register(app)
cli_convert.register(app)
cli_explain.register(app)
cli_llm.register(app)
cli_link.register(app)
cli_graph.register(app)
cli_report.register(app)
cli_serve.register(app)
cli_train.register(app)


@app.callback(invoke_without_command=True)
def _options(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    if version:
        from importlib.metadata import version as installed

        typer.echo(f"zhdeals {installed('zhdeals')}")
    elif context.invoked_subcommand is None:
        typer.echo(context.get_help())


@app.command()
def run(
    paths: opts.Paths,
    out: opts.Out = "-",
    published: opts.Published = None,
    no_lexicon: opts.NoLexicon = False,
    no_model: opts.NoModel = False,
    ner: opts.Ner = None,
    min_confidence: opts.MinConfidence = 0.0,
    with_text: opts.WithText = False,
    workers: opts.Workers = None,
    timeout: opts.Timeout = None,
    max_bytes: opts.MaxBytes = 10_000_000,
    columns: opts.Columns = None,
    retry_failed: opts.RetryFailed = False,
    fresh: opts.Fresh = False,
    http: opts.Http = False,
    log_format: opts.LogFormat = "text",
) -> None:
    """Write the deals of each article as a line of JSON.

    Lines stand in the order of the input, folders are read with their subfolders, sorted. A run into a file that is killed goes on where it was when it is started again, and does only what has changed. Exit code 1 says that some input could not be read; it is listed with its reason.
    """
    from extract import runs
    from extract.batch import Options
    from extract.readers import Intake

    model = _model(no_model, ner)
    job = runs.Job(
        paths,
        out,
        Intake(opts.iso_day(published), max_bytes, _columns(columns or []), http),
        Options(min_confidence, with_text),
        workers,
        timeout,
        retry_failed,
        fresh,
        _log_format(log_format),
        {
            "lexicon": not no_lexicon,
            **_told_of(model, ner),
            "with_text": with_text,
            "min_confidence": min_confidence,
        },
    )
    raise typer.Exit(runs.execute(job, _MakeReader(not no_lexicon, model)))


@app.command()
def show(
    file_or_text: Annotated[str, typer.Argument(help="A file, a folder, - or the text itself.")],
    published: opts.Published = None,
    no_lexicon: opts.NoLexicon = False,
    no_model: opts.NoModel = False,
    ner: opts.Ner = None,
    min_confidence: opts.MinConfidence = 0.0,
) -> None:
    """Show articles in colour, and their deals as cards."""
    from extract import show as views
    from extract.article import Failure, read_argument

    console, failed = _console(), False
    reader = _MakeReader(not no_lexicon, _model(no_model, ner), min_confidence)()
    for article in read_argument(file_or_text, published=opts.iso_day(published)):
        if isinstance(article, Failure):
            failed = True
            typer.echo(str(article), err=True)
        else:
            console.print(views.article_view(article.text, reader(article)))
    raise typer.Exit(1 if failed else 0)


@app.command()
def evaluate(
    gold: Annotated[Path, typer.Argument(help="Gold, JSON Lines.")],
    pred: Annotated[
        Path | None,
        typer.Argument(help="Output to score; without it the texts in GOLD are read now."),
    ] = None,
    split: opts.Split = None,
    errors: Annotated[int, typer.Option(min=0, help="Show that many mistakes.")] = 0,
    details: Annotated[
        bool,
        typer.Option(
            "--details", help="Add intervals, MUC counts, groups of articles, calibration."
        ),
    ] = False,
    against: Annotated[
        Path | None, typer.Option(help="Compare with this other output of the same articles.")
    ] = None,
    html: Annotated[
        Path | None, typer.Option(help="Write every mistake, in its text, to this HTML file.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
    floors: Annotated[
        Path | None, typer.Option(help="Refuse, with exit code 1, scores under these floors.")
    ] = None,
    pin: Annotated[bool, typer.Option("--pin", help="Move the floors up to the scores.")] = False,
    force: Annotated[
        bool, typer.Option("--force", help="With --pin: also move them down.")
    ] = False,
    no_lexicon: opts.NoLexicon = False,
    no_model: opts.NoModel = False,
    ner: opts.Ner = None,
    min_confidence: opts.MinConfidence = 0.0,
) -> None:
    """Score output against gold.

    Prints precision, recall and F1 of deals, records and slots. With --floors it is a gate: scores
    under the pinned ones, or another gold file than the pinned one, give exit code 1.
    """
    from extract import evaluate as scoring

    if (pin and floors is None) or (force and not pin) or (split and floors):
        raise UsageError("--pin needs --floors, and --force needs --pin; --split has no floors")
    wanted = scoring.read_gold(gold, split=split)
    found = (
        scoring.read_predictions(pred)
        if pred
        else scoring.predict(wanted, _MakeReader(not no_lexicon, _model(no_model, ner))())
    )
    report = scoring.evaluate(wanted, found, min_confidence=min_confidence)
    other = scoring.evaluate(wanted, scoring.read_predictions(against)) if against else None
    _print_report(report, other, errors=errors, details=details, as_json=as_json)
    if html is not None:
        from extract.error_report import write_report

        write_report(report, html, title=gold.name)
    if floors is not None:
        _check_gate(report, gold, floors, pin=pin, force=force)


def _check_gate(report: Report, gold: Path, floors: Path, *, pin: bool, force: bool) -> None:
    """Compare with the floors, or move them up; exit code 1 where they refuse."""
    from extract import gate

    if pin:
        outcome = gate.pin_floors(report, gold, floors, force=force)
    else:
        outcome = gate.check_floors(report, gold, floors)
    for refusal in outcome.refusals:
        typer.echo(refusal, err=True)
    raise typer.Exit(1 if outcome.refusals else 0)


def _print_report(
    report: Report, other: Report | None, *, errors: int, details: bool, as_json: bool
) -> None:
    """The scores, and what else of them was asked for."""
    from extract import score_views, scores
    from extract import show as views

    compared = scores.against(report, other) if other else None
    if as_json:
        told = report.as_dict(mistakes=errors) | (scores.details(report) if details else {})
        _print_json(told | ({"against": compared.as_dict()} if compared else {}))
        return
    console = _console()
    console.print(views.report_view(report, mistakes=errors))
    if details:
        console.print(score_views.details_view(report))
    if compared:
        console.print(score_views.comparison_view(compared))


@app.command()
def schema() -> None:
    """Print the JSON Schema of a line of output."""
    from extract.records import json_schema

    _print_json(json_schema())


@app.command()
def check(
    output: Annotated[Path, typer.Argument(help="Output of run, JSON Lines.")],
    articles: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PATH",
            help="What the output was made from; may be repeated. Lines with text need none.",
        ),
    ] = None,
) -> None:
    """Prove output from its own citations.

    Each cited text must be the slice of the article at its offsets, and each value must follow
    from the words it cites. Every violation is a line, and gives exit code 1.
    """
    from extract.article import Article, read_articles
    from extract.check import check_file

    read = [found for found in read_articles(articles or []) if isinstance(found, Article)]
    checked = check_file(output, {article.article_id: article for article in read})
    for violation in checked.violations:
        typer.echo(str(violation))
    typer.echo(checked.line(), err=True)
    raise typer.Exit(1 if checked.violations else 0)


@app.command()
def amounts(
    text: Annotated[str, typer.Argument(help="Any Chinese text.")],
    region: Annotated[str, typer.Option(help="What a bare 元 is: CN, TW or HK.")] = "CN",
    year: Annotated[
        int | None, typer.Option(help="Year of the exchange rates; the last one by default.")
    ] = None,
) -> None:
    """List the quantities of a text with their values; money also in US dollars.

    The dollars are a yearly average's, to three figures: good for orders of magnitude.
    """
    from extract.amounts import HOME, find_quantities
    from extract.show import quantity_table

    if region not in HOME:
        raise UsageError(f"must be one of {', '.join(HOME)}", key="--region")
    found = find_quantities(text, region=region)  # type: ignore[arg-type]
    _console().print(quantity_table(text, found, year=year))


@app.command()
def dates(
    text: Annotated[str, typer.Argument(help="Any Chinese text.")],
    published: opts.Published = None,
) -> None:
    """List the dates of a text with their values."""
    from extract.dates import find_dates
    from extract.show import date_table

    day = published.date() if published else None
    _console().print(date_table(text, find_dates(text, published=day)))


@dataclass(frozen=True, slots=True)
class _MakeReader:
    """Makes the pipeline, in this process or in others; equal where the options are."""

    lexicon: bool
    model: bool | Path = True
    min_confidence: float = 0.0

    def __call__(self) -> Reader:
        from extract.pipeline import Pipeline

        pipeline = Pipeline(
            lexicon=self.lexicon, model=self.model, min_confidence=self.min_confidence
        )
        return pipeline.read_article


def _model(left_out: bool, other: str | None) -> bool | Path:
    """What the options say of the model: left out, the one of a folder, or the usual one.

    What is named by an id is downloaded here, before other processes look for it.
    """
    if left_out and other:
        raise UsageError("--no-model and --ner exclude each other")
    if not other:
        return not left_out
    from extract.ner_transformers import model_folder

    return model_folder(other)


def _told_of(model: bool | Path, name: str | None) -> dict[str, str]:
    """The model as the manifest tells it; what another one read is done anew where its files differ."""
    if isinstance(model, bool):
        return {"model": str(model)}
    from extract.manifest import folder_fingerprint

    return {"model": str(name), "model_files": folder_fingerprint(model)}


def _console() -> Console:
    from rich.console import Console

    return Console(highlight=False)


def _columns(pairs: Sequence[str]) -> dict[str, str]:
    columns = dict(pair.split("=", 1) for pair in pairs if "=" in pair)
    if len(columns) < len(pairs):
        raise UsageError("must be FIELD=NAME, each field once", key="--column")
    return columns


def _log_format(name: str) -> LogFormat:
    if name not in ("text", "json"):
        raise UsageError("must be one of text, json", key="--log-format")
    return name  # type: ignore[return-value]


def _print_json(content: object) -> None:
    typer.echo(json.dumps(content, ensure_ascii=False, indent=2))


# Typer carries click inside or beside itself, depending on its version, and exports its errors
# but not their base.
_Misuse: type[Exception] = typer.BadParameter.__mro__[2]


def main(arguments: Sequence[str] | None = None) -> None:
    """The entry point: misuse and errors of the package are one line and exit code 2."""
    try:
        code = app(arguments, prog_name="zhdeals", standalone_mode=False)
    except ZhDealsError as error:
        code = _complain(str(error), 2)
    except _Misuse as error:
        code = _complain(error.format_message(), 2)  # type: ignore[attr-defined]
    except (typer.Abort, KeyboardInterrupt):
        code = _complain("interrupted", 130)
    sys.exit(code or 0)


def _complain(message: str, code: int) -> int:
    typer.echo(f"zhdeals: {' '.join(message.split())}", err=True)
    return code
