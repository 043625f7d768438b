"""Many articles through a reader, in order, in parallel where that pays."""

from __future__ import annotations

import multiprocessing
import os
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Final, TextIO

from extract.article import Article, Failure
from extract.errors import UsageError
from extract.records import ArticleDeals

Reader = Callable[[Article], ArticleDeals]
"""What turns an article into its deals: ``Pipeline.read_article``."""

STDOUT: Final = "-"
"""The output path that stands for standard output."""

# Starting processes takes about as long as reading this many characters.
_WORTH_PROCESSES: Final = 500_000
_CHUNK: Final = 40_000


@dataclass(frozen=True, slots=True)
class Summary:
    """What a run did. ``characters`` are those of the articles read, ``seconds`` wall time."""

    articles: int
    deals: int
    failures: tuple[Failure, ...]
    characters: int
    seconds: float

    def line(self) -> str:
        """The summary in a line."""
        speed = self.characters / self.seconds if self.seconds else 0.0
        return (
            f"{self.articles} articles, {self.deals} deals, {len(self.failures)} failures, "
            f"{self.characters} characters in {self.seconds:.2f} s ({speed:,.0f}/s)"
        )


@dataclass(frozen=True, slots=True)
class Options:
    """What a line of output holds: deals from a confidence on, with or without the text."""

    min_confidence: float = 0.0
    with_text: bool = False


@dataclass(frozen=True, slots=True)
class _Result:
    """One article after reading: its line, or why there is none."""

    line: str
    deals: int
    characters: int
    failure: Failure | None = None


_Entry = Article | Failure


def cores() -> int:
    """The number of cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def run(
    inputs: Iterable[_Entry],
    make_reader: Callable[[], Reader],
    sink: TextIO,
    *,
    options: Options = Options(),
    processes: int | None = None,
    progress: Callable[[int], object] | None = None,
) -> Summary:
    """Read articles and write their deals as JSON Lines to ``sink``, in the order of the input.

    ``make_reader`` is called once in each process; it must be hashable by its value and, where
    there are several processes, picklable: a function of a module or a frozen dataclass.
    ``processes`` defaults to the number of cores; few articles are read in this process in any
    case. ``progress`` is called with the number of articles done since the last call.
    """
    begin = time.perf_counter()
    articles = deals = characters = 0
    failures: list[Failure] = []
    for result in _results(
        inputs, make_reader, options, cores() if processes is None else processes
    ):
        if result.failure is not None:
            failures.append(result.failure)
        else:
            sink.write(result.line)
            articles += 1
            deals += result.deals
            characters += result.characters
        if progress is not None:
            progress(1)
    seconds = time.perf_counter() - begin
    return Summary(articles, deals, tuple(failures), characters, seconds)


def _results(
    inputs: Iterable[_Entry], make_reader: Callable[[], Reader], options: Options, processes: int
) -> Iterator[_Result]:
    if processes < 1:
        raise UsageError("at least one process is needed")
    head, rest = _split(iter(inputs), _WORTH_PROCESSES if processes > 1 else 0)
    following = next(rest, None) if processes > 1 else None
    if processes == 1 or following is None:
        yield from _read_here(chain(head, rest), make_reader(), options)
    else:
        everything = chain(head, [following], rest)
        yield from _read_there(_chunks(everything), make_reader, options, processes)


def _split(entries: Iterator[_Entry], characters: int) -> tuple[list[_Entry], Iterator[_Entry]]:
    """The first entries, until they hold that many characters, and the others."""
    head: list[_Entry] = []
    while characters > 0 and (entry := next(entries, None)) is not None:
        head.append(entry)
        characters -= _size(entry)
    return head, entries


def _chunks(entries: Iterable[_Entry]) -> Iterator[list[_Entry]]:
    chunk: list[_Entry] = []
    size = 0
    for entry in entries:
        chunk.append(entry)
        size += _size(entry)
        if size >= _CHUNK:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


def _size(entry: _Entry) -> int:
    return len(entry.text) if isinstance(entry, Article) else 100


# --- reading -----------------------------------------------------------------------------------


def _read_here(entries: Iterable[_Entry], reader: Reader, options: Options) -> Iterator[_Result]:
    for entry in entries:
        yield _read(entry, reader, options)


def _read_there(
    chunks: Iterator[list[_Entry]],
    make_reader: Callable[[], Reader],
    options: Options,
    processes: int,
) -> Iterator[_Result]:
    """Chunks in worker processes; few wait at a time, so that a stream is not read ahead of."""
    # Not fork: the progress bar runs a thread, and a fork copies whatever lock it holds.
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(processes, mp_context=context)
    waiting: deque[Future[list[_Result]]] = deque()
    try:
        for chunk in chunks:
            waiting.append(pool.submit(_read_chunk, chunk, make_reader, options))
            if len(waiting) >= 4 * processes:
                yield from waiting.popleft().result()
        while waiting:
            yield from waiting.popleft().result()
    except BrokenProcessPool as error:
        raise UsageError("a worker process died; try fewer with --processes") from error
    finally:
        pool.shutdown(cancel_futures=True)


@cache
def _reader(make_reader: Callable[[], Reader]) -> Reader:
    return make_reader()


def _read_chunk(
    chunk: list[_Entry], make_reader: Callable[[], Reader], options: Options
) -> list[_Result]:
    reader = _reader(make_reader)
    return [_read(entry, reader, options) for entry in chunk]


def _read(entry: _Entry, reader: Reader, options: Options) -> _Result:
    if isinstance(entry, Failure):
        return _Result("", 0, 0, entry)
    try:
        found = _kept(reader(entry), entry, options)
    except Exception as error:  # one article that cannot be read must not end the run
        reason = f"{type(error).__name__}: {error}".split("\n", 1)[0]
        return _Result("", 0, 0, Failure(entry.article_id, None, reason))
    return _Result(f"{found.model_dump_json()}\n", len(found.deals), len(entry.text))


def _kept(found: ArticleDeals, article: Article, options: Options) -> ArticleDeals:
    deals = tuple(deal for deal in found.deals if deal.confidence >= options.min_confidence)
    text = article.text if options.with_text else None
    return found.model_copy(update={"deals": deals, "text": text})


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
    elif path.exists() and not path.is_file():
        if path.is_dir():
            raise UsageError("is a folder", file=out)
        with path.open("w", encoding="utf-8", newline="\n") as device:
            yield device
    else:
        yield from _whole_file(path)


def _whole_file(path: Path) -> Iterator[TextIO]:
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
