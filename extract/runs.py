"""A run as the command does it: what it reads and writes, and what it tells while it does."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, TextIO

from extract import batch
from extract.article import read_drafts
from extract.batch import STDOUT, Options, Outcome, Reader, Summary, beside
from extract.errors import UsageError
from extract.journal import forget
from extract.manifest import Setting, rules_fingerprint, write_manifest
from extract.readers import DEFAULT_INTAKE, Intake, shown
from extract.readers_open import total_size

if TYPE_CHECKING:
    from rich.progress import Progress

LogFormat = Literal["text", "json"]

_EVERY: Final = 10.0
"""So many seconds lie between two lines that tell how far a run is."""


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be read, how, and where it goes."""

    paths: Sequence[str]
    out: str = STDOUT
    intake: Intake = DEFAULT_INTAKE
    options: Options = batch.DEFAULT
    workers: int | None = None
    timeout: float | None = None
    retry_failed: bool = False
    fresh: bool = False
    log_format: LogFormat = "text"
    told: Mapping[str, Any] = field(default_factory=dict)


def execute(job: Job, make_reader: Callable[[], Reader], *, told_to: TextIO | None = None) -> int:
    """Do a job and tell of it on standard error; gives the exit code, 1 where something failed.

    Ctrl-C and SIGTERM end it with a summary and KeyboardInterrupt; what is done is kept.
    """
    summary = Summary()
    to_file = job.out != STDOUT and (not os.path.exists(job.out) or os.path.isfile(job.out))
    if job.retry_failed and not to_file:
        raise UsageError("needs --out with a file", key="--retry-failed")
    if to_file:
        job = replace(job, intake=replace(job.intake, without=_outputs(Path(job.out))))
    with ExitStack() as stack:
        stack.enter_context(_ended_by(signal.SIGTERM))
        log = stack.enter_context(_log(job, summary, told_to or sys.stderr))
        try:
            (_to_file if to_file else _to_stream)(job, make_reader, summary, log)
        except UsageError:  # nothing was begun
            raise
        except BaseException:
            log.end()
            raise
        log.end()
    return 1 if summary.failures else 0


def _to_stream(job: Job, make_reader: Callable[[], Reader], summary: Summary, log: Log) -> None:
    with batch.open_sink(job.out) as sink:
        batch.run(
            read_drafts(job.paths, intake=job.intake, meter=log.meter),
            make_reader,
            sink,
            options=job.options,
            workers=job.workers,
            timeout=job.timeout,
            watch=log.watch,
            summary=summary,
        )


def _to_file(job: Job, make_reader: Callable[[], Reader], summary: Summary, log: Log) -> None:
    out = Path(job.out)
    if job.fresh:
        forget(out)
    setting = Setting([shown(path) for path in job.paths], job.told, datetime.now(UTC))
    complete = False
    try:
        batch.resume(
            read_drafts(job.paths, intake=job.intake, meter=log.meter),
            make_reader,
            out,
            rules=json.dumps([rules_fingerprint(), dict(job.told)], sort_keys=True),
            options=job.options,
            workers=job.workers,
            timeout=job.timeout,
            retry_failed=job.retry_failed,
            watch=log.watch,
            summary=summary,
        )
        complete = True
    finally:
        if complete or isinstance(sys.exception(), KeyboardInterrupt):
            write_manifest(out, setting, summary, complete=complete)


def _outputs(out: Path) -> frozenset[str]:
    """What a run writes, which may lie in a folder that it reads."""
    written = (out, beside(out, "failed.jsonl"), beside(out, "manifest.json"))
    return frozenset(os.path.realpath(path) for path in written)


@contextmanager
def _ended_by(number: int) -> Iterator[None]:
    """A signal that ends the run as Ctrl-C does."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(number, _interrupt)
    try:
        yield
    finally:
        signal.signal(number, before)


def _interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt


# --- telling -----------------------------------------------------------------------------------


class Log:
    """Tells of a run: a bar on a terminal, else lines; failures when they come, at last a summary."""

    def __init__(
        self,
        stream: TextIO,
        summary: Summary,
        *,
        log_format: LogFormat = "text",
        total: int | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._stream = stream
        self._summary = summary
        self._json = log_format == "json"
        self._total = total
        self._clock = clock
        self._begin = self._last = clock()
        self._read = 0

    def meter(self, size: int) -> None:
        """So many bytes of the input have been read since the last call."""
        self._read += size

    def watch(self, outcome: Outcome) -> None:
        """Tell of a failure at once, and from time to time how far the run is."""
        if outcome.failure is not None:
            self.say("failure", str(outcome.failure), asdict(outcome.failure))
        if self._clock() - self._last >= self.every:
            self._last = self._clock()
            self.tick()

    def end(self) -> None:
        """Tell the summary."""
        told = {**self._counts(), "seconds": round(self._summary.seconds, 3)}
        self.say("summary", self._summary.line(), told)

    every = _EVERY

    def tick(self) -> None:
        """Tell how far the run is."""
        told = self._counts()
        eta = f", {told['eta']:.0f} s to go" if told["eta"] is not None else ""
        text = (
            f"{told['articles']} articles, {told['rate']:.0f}/s, {told['failures']} failures{eta}"
        )
        self.say("progress", text, told)

    def say(self, event: str, text: str, facts: Mapping[str, Any]) -> None:
        """A line of the log."""
        if self._json:
            now = datetime.now(UTC).isoformat(timespec="milliseconds")
            text = json.dumps({"time": now, "event": event, **facts}, ensure_ascii=False)
        self._stream.write(f"{text}\n")
        self._stream.flush()

    def _counts(self) -> dict[str, Any]:
        spent = self._clock() - self._begin
        done = self._summary.articles + self._summary.failures
        share = self._read / self._total if self._total else 0.0
        return {
            "articles": self._summary.articles,
            "deals": self._summary.deals,
            "failures": self._summary.failures,
            "rate": round(done / spent, 1) if spent else 0.0,
            "eta": round(spent * (1 / share - 1), 1) if 0 < share <= 1 else None,
        }


class _Bar(Log):
    """The same with a bar that is moved some times a second."""

    every = 0.2

    def __init__(self, bar: Progress, *given: Any, **options: Any) -> None:
        super().__init__(*given, **options)
        self._bar = bar
        self._task = bar.add_task("", total=self._total, told="")

    def tick(self) -> None:
        """Move the bar."""
        told = self._counts()
        text = f"{told['articles']} articles, {told['rate']:.0f}/s, {told['failures']} failures"
        self._bar.update(self._task, completed=self._read, told=text)

    def say(self, event: str, text: str, facts: Mapping[str, Any]) -> None:
        """A line above the bar."""
        self._bar.console.print(text, markup=False, highlight=False, soft_wrap=True)


@contextmanager
def _log(job: Job, summary: Summary, stream: TextIO) -> Iterator[Log]:
    """A bar on a terminal where the output does not go there as well, else lines."""
    crowded = job.out == STDOUT and sys.stdout.isatty()
    total = total_size(job.paths, job.intake)
    if crowded or job.log_format == "json" or not stream.isatty():
        yield Log(stream, summary, log_format=job.log_format, total=total)
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (
        BarColumn(),
        TextColumn("{task.fields[told]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    console = Console(file=stream, highlight=False)
    with Progress(*columns, console=console, transient=True) as bar:
        yield _Bar(bar, stream, summary, total=total)
