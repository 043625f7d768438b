"""Many articles through a reader, in order, in parallel where that pays; killed, a run goes on."""

from __future__ import annotations

import json
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, field
from functools import partial
from hashlib import blake2b
from itertools import chain
from pathlib import Path
from typing import Final, TextIO

from extract.article import Article, Draft, Failure, finish
from extract.errors import UsageError
from extract.journal import Journal, Line
from extract.records import ArticleDeals
from extract.workers import Done, Pool, Work, cores, here

__all__ = [
    "STDOUT",
    "Options",
    "Outcome",
    "Reader",
    "Summary",
    "cores",
    "open_sink",
    "outcomes",
    "read_one",
    "resume",
    "run",
]

Reader = Callable[[Article], ArticleDeals]
"""What turns an article into its deals: ``Pipeline.read_article``."""

Entry = Article | Draft | Failure
"""What is read: articles, drafts that are finished where they are read, and what could not be."""

STDOUT: Final = "-"
"""The output path that stands for standard output."""

# Starting processes takes about as long as reading this many characters.
_WORTH_PROCESSES: Final = 500_000


@dataclass(frozen=True, slots=True)
class Options:
    """What a line of output holds: deals from a confidence on, with or without the text."""

    min_confidence: float = 0.0
    with_text: bool = False


DEFAULT: Final = Options()


@dataclass(frozen=True, slots=True)
class Outcome:
    """One article after reading: its line, or why there is none.

    ``seconds`` are those of finishing the article, of reading it, and of making its line;
    ``kept`` says that it was done by a run before.
    """

    line: bytes
    deals: int = 0
    characters: int = 0
    encoding: str = "utf-8"
    failure: Failure | None = None
    seconds: tuple[float, float, float] = (0.0, 0.0, 0.0)
    kept: bool = False

    def __reduce__(self) -> tuple[type[Outcome], tuple[object, ...]]:
        told = (self.line, self.deals, self.characters, self.encoding, self.failure)
        return Outcome, (*told, self.seconds, self.kept)


Watch = Callable[[Outcome], object]
"""Called with every outcome, in the order of the input."""


@dataclass(slots=True)
class Summary:
    """What a run did. ``characters`` are those of the articles read, ``seconds`` wall time.

    ``kept`` articles were done by a run before, the others hold ``fresh`` characters; ``stages`` are seconds of work, of all processes
    together; ``size`` is that of the output in bytes.
    """

    articles: int = 0
    deals: int = 0
    failures: int = 0
    characters: int = 0
    seconds: float = 0.0
    kept: int = 0
    fresh: int = 0
    size: int = 0
    encodings: Counter[str] = field(default_factory=Counter)
    stages: Counter[str] = field(default_factory=Counter)

    def add(self, outcome: Outcome) -> None:
        """Count an outcome."""
        for stage, spent in zip(("decode", "extract", "serialise"), outcome.seconds, strict=True):
            self.stages[stage] += spent  # type: ignore[assignment]
        self.kept += outcome.kept
        self.size += len(outcome.line)
        if outcome.failure is not None:
            self.failures += 1
            return
        self.articles += 1
        self.deals += outcome.deals
        self.characters += outcome.characters
        self.fresh += 0 if outcome.kept else outcome.characters
        self.encodings[outcome.encoding] += 1

    def line(self) -> str:
        """The summary in a line."""
        speed = self.fresh / self.seconds if self.seconds else 0.0
        kept = f", {self.kept} of them kept from before" if self.kept else ""
        return (
            f"{self.articles} articles, {self.deals} deals, {self.failures} failures{kept}, "
            f"{self.characters} characters in {self.seconds:.2f} s ({speed:,.0f}/s)"
        )


def run(
    inputs: Iterable[Entry],
    make_reader: Callable[[], Reader],
    sink: TextIO,
    *,
    options: Options = DEFAULT,
    workers: int | None = None,
    timeout: float | None = None,
    watch: Watch | None = None,
    summary: Summary | None = None,
) -> Summary:
    """Read articles and write their deals as JSON Lines to ``sink``, in the order of the input.

    ``make_reader`` is called once in each process; where there are several, it must be picklable: a
    function of a module or a frozen dataclass. With one of ``workers`` all is done in this process;
    by default there is one for each core, and few articles are read in this process in any case.
    An article that takes longer than ``timeout`` seconds, or kills the process that reads it, is a
    failure. ``summary`` is one to go on counting in, whatever ends the run.
    """
    done = Summary() if summary is None else summary
    work = _work(make_reader, options, timeout)
    with _timed(done):
        for outcome in _all(_clocked(inputs, done), work, workers):
            if outcome.line:
                sink.write(outcome.line.decode())
            _count(outcome, done, watch)
    return done


def resume(
    inputs: Iterable[Entry],
    make_reader: Callable[[], Reader],
    out: Path,
    *,
    rules: str,
    options: Options = DEFAULT,
    workers: int | None = None,
    timeout: float | None = None,
    retry_failed: bool = False,
    watch: Watch | None = None,
    summary: Summary | None = None,
) -> Summary:
    """The same into a file, which appears whole; what an earlier run did already is not done again.

    An article is done again where its content, the ``rules`` (a fingerprint of whatever else the
    outcome depends on) or the ``options`` have changed, and ``retry_failed`` takes up what failed.
    What failed stands in a file of its own, which is not there where nothing did: see
    ``beside``. Whenever this ends early, the next call goes on, and the bytes at the end are those
    of a run that was not disturbed.
    """
    done = Summary() if summary is None else summary
    head = json.dumps({"rules": rules, **asdict(options)}, sort_keys=True)
    work = _work(make_reader, options, timeout)
    with _timed(done), closing(Journal(out, head, retry=retry_failed)) as journal:
        keys: dict[int, str] = {}
        tasks = _unknown(_clocked(inputs, done), journal, keys)
        for number, outcome in enumerate(_all(tasks, work, workers)):
            begin = time.perf_counter()
            journal.add(_journal_line(keys.pop(number), outcome))
            done.stages["write"] += time.perf_counter() - begin  # type: ignore[assignment]
            _count(outcome, done, watch)
        write_failures(journal.failures(), out)
        done.size = journal.finish()
    return done


def outcomes(
    inputs: Iterable[Entry],
    make_reader: Callable[[], Reader],
    *,
    options: Options = DEFAULT,
    workers: int | None = None,
    timeout: float | None = None,
) -> Iterator[ArticleDeals | Failure]:
    """The same as a stream of records for other sinks, in the order of the input."""
    for outcome in _all(inputs, _work(make_reader, options, timeout), workers):
        if outcome.failure is not None:
            yield outcome.failure
        else:
            yield ArticleDeals.model_validate_json(outcome.line)


def read_one(entry: Entry, reader: Reader, options: Options = DEFAULT) -> Outcome:
    """One article through a reader; whatever it raises is the failure of this article alone."""
    begin = time.perf_counter()
    try:
        article = finish(entry) if isinstance(entry, Draft) else entry
        if isinstance(article, Failure):
            return Outcome(b"", failure=article)
        finished = time.perf_counter()
        found = _kept(reader(article), article, options)
        read = time.perf_counter()
        line = f"{found.model_dump_json()}\n".encode()
    except Exception as error:  # one article that cannot be read must not end the run
        return lost(entry, f"{type(error).__name__}: {error}".split("\n", 1)[0])
    seconds = (finished - begin, read - finished, time.perf_counter() - read)
    deals, characters = len(found.deals), len(article.text)
    return Outcome(line, deals, characters, article.encoding, None, seconds)


def lost(entry: Entry, reason: str) -> Outcome:
    """The outcome of an article that could not be read."""
    reason = reason.encode("utf-8", "backslashreplace").decode()
    if isinstance(entry, Draft):
        failure = Failure(entry.source, entry.line, reason, entry.ids[0])
    elif isinstance(entry, Article):
        failure = Failure(entry.article_id, None, reason, entry.article_id)
    else:
        failure = entry
    return Outcome(b"", failure=failure)


def beside(out: Path, what: str) -> Path:
    """A file beside the output: ``failed.jsonl``, ``manifest.json``.

    >>> beside(Path("news/deals.jsonl"), "failed.jsonl")
    PosixPath('news/deals.failed.jsonl')
    """
    return out.with_name(f"{out.stem}.{what}")


def write_failures(failures: Iterator[Failure], out: Path) -> None:
    """The file of what failed, a line of JSON each; it appears whole, and is not there for none."""
    path = beside(out, "failed.jsonl")
    first = next(failures, None)
    if first is None:
        path.unlink(missing_ok=True)
        return
    with whole_file(path) as stream:
        for failure in chain([first], failures):
            stream.write(json.dumps(asdict(failure), ensure_ascii=False) + "\n")


# --- reading -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Make:
    """Makes what reads an entry, in this process or in another."""

    make_reader: Callable[[], Reader]
    options: Options

    def __call__(self) -> Callable[[Entry], Outcome]:
        return partial(read_one, reader=self.make_reader(), options=self.options)


def _work(
    make_reader: Callable[[], Reader], options: Options, timeout: float | None
) -> Work[Entry, Outcome]:
    return Work(_Make(make_reader, options), _size, lost, timeout)


def _size(entry: Entry) -> int:
    if isinstance(entry, Failure):
        return 0
    return 100 + (len(entry.text) if isinstance(entry, Article) else entry.size())


def _kept(found: ArticleDeals, article: Article, options: Options) -> ArticleDeals:
    deals = tuple(deal for deal in found.deals if deal.confidence >= options.min_confidence)
    text = article.text if options.with_text else None
    return found.model_copy(update={"deals": deals, "text": text})


_Task = Entry | Done[Outcome]


def _all(
    entries: Iterable[_Task], work: Work[Entry, Outcome], workers: int | None
) -> Iterator[Outcome]:
    tasks = (
        Done(Outcome(b"", failure=entry)) if isinstance(entry, Failure) else entry
        for entry in entries
    )
    if workers is not None and workers < 1:
        raise UsageError("at least one worker is needed")
    most = cores() if workers is None else workers
    if most == 1:
        yield from (outcome for _, outcome in here(tasks, work))
        return
    head, rest = _split(tasks, _WORTH_PROCESSES if workers is None else 0)
    following = next(rest, None)
    if following is None:
        yield from (outcome for _, outcome in here(head, work))
    else:
        together = chain(head, [following], rest)
        yield from (outcome for _, outcome in Pool(work, most).results(together))


def _split(tasks: Iterator[_Task], characters: int) -> tuple[list[_Task], Iterator[_Task]]:
    """The first tasks, until they hold that many characters, and the others."""
    head: list[_Task] = []
    while characters > 0 and (task := next(tasks, None)) is not None:
        head.append(task)
        characters -= 100 if isinstance(task, Done) else _size(task)
    return head, tasks


def _unknown(
    entries: Iterable[Entry], journal: Journal, keys: dict[int, str]
) -> Iterator[Entry | Done[Outcome]]:
    """What was done before as its outcome, the rest as it is; ``keys`` are those on the way."""
    for number, entry in enumerate(entries):
        keys[number] = key = _key(entry)
        line = journal.known(key)
        if line is None:
            yield entry
        else:
            told = (line.line, line.deals, line.characters, line.encoding, line.failure)
            yield Done(Outcome(*told, kept=not isinstance(entry, Failure)))


def _key(entry: Entry) -> str:
    if isinstance(entry, Draft):
        return entry.key()
    told = str(entry) if isinstance(entry, Failure) else entry.model_dump_json()
    return blake2b(told.encode("utf-8", "backslashreplace"), digest_size=16).hexdigest()


def _journal_line(key: str, outcome: Outcome) -> Line:
    return Line(
        key,
        outcome.line,
        outcome.deals,
        outcome.characters,
        outcome.encoding,
        outcome.failure,
    )


# --- counting ----------------------------------------------------------------------------------


def _count(outcome: Outcome, summary: Summary, watch: Watch | None) -> None:
    summary.add(outcome)
    if watch is not None:
        watch(outcome)


@contextmanager
def _timed(summary: Summary) -> Iterator[None]:
    begin = time.perf_counter()
    try:
        yield
    finally:
        summary.seconds += time.perf_counter() - begin


def _clocked(entries: Iterable[Entry], summary: Summary) -> Iterator[Entry]:
    """The entries, with the time they take counted."""
    coming = iter(entries)
    while True:
        begin = time.perf_counter()
        entry = next(coming, None)
        summary.stages["input"] += time.perf_counter() - begin  # type: ignore[assignment]
        if entry is None:
            return
        yield entry


# --- output ------------------------------------------------------------------------------------


@contextmanager
def open_sink(out: str) -> Iterator[TextIO]:
    """A stream for the output: ``-`` is standard output; a file appears whole, or not at all."""
    path = Path(out)
    if out == STDOUT:
        if hasattr(sys.stdout, "reconfigure"):
            sys.stdout.reconfigure(encoding="utf-8", newline="\n")
        yield sys.stdout
        sys.stdout.flush()
    elif path.is_dir():
        raise UsageError("is a folder", file=out)
    elif path.exists() and not path.is_file():
        with path.open("w", encoding="utf-8", newline="\n") as device:
            yield device
    else:
        with whole_file(path) as stream:
            yield stream


@contextmanager
def whole_file(path: Path) -> Iterator[TextIO]:
    """A draft of a file, which takes its place when the context ends without an error."""
    target = path.resolve()  # a link keeps pointing where it points
    draft = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        stream = draft.open("w", encoding="utf-8", newline="\n")
    except OSError as error:
        raise UsageError(f"cannot be written: {error.strerror}", file=str(path)) from error
    try:
        with stream:
            yield stream
        os.replace(draft, target)
    finally:
        draft.unlink(missing_ok=True)
