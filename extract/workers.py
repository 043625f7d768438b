"""Tasks through worker processes in their order: what crashes one, or takes too long, costs itself.

The parent sends a worker a few tasks at a time, and the next few only when all of them are answered;
so it always knows which task a worker died of, and neither side ever waits for the other to read.
"""

from __future__ import annotations

import itertools
import multiprocessing
import os
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from typing import Any, Final, Generic, TypeVar

from extract.errors import ZhDealsError

Task = TypeVar("Task")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Done(Generic[Result]):
    """In the place of a task: a result that is there already and only waits for its turn."""

    result: Result


@dataclass(frozen=True, slots=True)
class Work(Generic[Task, Result]):
    """How tasks are done.

    ``make`` is called once in each process and gives the function that does a task; it must be
    picklable. ``size`` is about how long a task takes, in characters. ``lost`` makes the result of
    a task that killed its worker, or took longer than ``timeout`` seconds, from the reason.
    """

    make: Callable[[], Callable[[Task], Result]]
    size: Callable[[Task], int]
    lost: Callable[[Task, str], Result]
    timeout: float | None = None


def cores() -> int:
    """The number of cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


# --- in this process ---------------------------------------------------------------------------


def here(
    tasks: Iterable[Task | Done[Result]], work: Work[Task, Result]
) -> Iterator[tuple[Task | None, Result]]:
    """Each task with its result, one after another, without a further process."""
    do: Callable[[Task], Result] | None = None
    for task in tasks:
        if isinstance(task, Done):
            yield None, task.result
            continue
        do = do or work.make()
        try:
            with _alarm(work.timeout):
                result = do(task)
        except _OutOfTime:
            result = work.lost(task, _too_slow(work.timeout))
        yield task, result


class _OutOfTime(BaseException):
    """No Exception, so that nothing on the way takes it for one of its own."""


@contextmanager
def _alarm(seconds: float | None) -> Iterator[None]:
    """Raises where the time is over; only the main thread of a Unix process can be woken."""
    main = threading.current_thread() is threading.main_thread()
    if seconds is None or not main or not hasattr(signal, "setitimer"):
        yield
        return
    before = signal.signal(signal.SIGALRM, _wake)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _wake(number: int, frame: object) -> None:
    raise _OutOfTime


def _too_slow(seconds: float | None) -> str:
    return f"takes longer than {seconds:g} s (--timeout)"


# --- in other processes ------------------------------------------------------------------------

# A chunk is about a tenth of a second of work: much more than it takes to send it, and little enough
# that at the end no worker waits long for another.
_CHUNK: Final = 10_000
_MOST_TASKS: Final = 256
# How many chunks may be on the way for each worker, so that a slow task does not hold all up.
_AHEAD: Final = 32
# While every worker has more than that many tasks left, the parent sleeps for some milliseconds at a
# time: to wake for each answer would take of the processor what the workers could use.
_FEW: Final = 8
_NAP: Final = 0.01


@dataclass(slots=True)
class _Worker(Generic[Task]):
    """A process, what it was given and has not answered yet, and since when it does the first."""

    process: Any
    connection: Connection
    given: deque[tuple[int, Task]] = field(default_factory=deque)
    ready: bool = False
    since: float = 0.0


class Pool(Generic[Task, Result]):
    """Worker processes, each replaced when it dies; ``results`` may be called once."""

    def __init__(self, work: Work[Task, Result], workers: int) -> None:
        self._work = work
        self._most = workers
        self._workers: list[_Worker[Task]] = []
        self._chunks: deque[list[tuple[int, Task]]] = deque()
        self._tasks: dict[int, tuple[Task | None, int]] = {}  # all on the way, with their sizes
        self._results: dict[int, Result] = {}
        self._ahead = 0
        self._numbered = 0
        self._suspects: set[int] = set()

    def results(self, tasks: Iterable[Task | Done[Result]]) -> Iterator[tuple[Task | None, Result]]:
        """Each task with its result, in the order of the tasks; few are read ahead."""
        coming, more = iter(tasks), True
        try:
            while True:
                if more and self._has_room():
                    more = self._take(coming)
                self._hand_out()
                yield from self._in_order()
                if not self._tasks:
                    if not more:
                        break
                    continue
                self._listen(patient=not (more and self._has_room()))
            self._dismiss()
        finally:
            self._kill()

    def _has_room(self) -> bool:
        return self._ahead < _AHEAD * _CHUNK * self._most and len(self._chunks) < 2 * self._most

    def _take(self, coming: Iterator[Task | Done[Result]]) -> bool:
        """Read a chunk of tasks; False where there are no more."""
        chunk: list[tuple[int, Task]] = []
        size, more = 0, False
        for task in itertools.islice(coming, _MOST_TASKS):
            number = self._numbered
            self._numbered += 1
            if isinstance(task, Done):
                self._tasks[number] = (None, 0)
                self._results[number] = task.result
            else:
                cost = self._work.size(task)
                self._tasks[number] = (task, cost)
                chunk.append((number, task))
                size += cost
            more = True
            if size >= _CHUNK:
                break
        self._ahead += size
        if chunk:
            self._chunks.append(chunk)
        return more

    def _in_order(self) -> Iterator[tuple[Task | None, Result]]:
        while self._tasks:
            number = next(iter(self._tasks))
            if number not in self._results:
                return
            task, size = self._tasks.pop(number)
            self._ahead -= size
            yield task, self._results.pop(number)

    # -- workers

    def _hand_out(self) -> None:
        for worker in list(self._workers):
            if self._chunks and worker.ready and not worker.given:
                self._give(worker)
        starting = sum(not worker.ready for worker in self._workers)
        while len(self._chunks) > starting and len(self._workers) < self._most:
            self._hire()
            starting += 1

    def _give(self, worker: _Worker[Task]) -> None:
        worker.given.extend(self._chunks.popleft())
        worker.since = time.monotonic()
        try:
            worker.connection.send(list(worker.given))
        except OSError:  # it has died without a task
            self._bury(worker, blame=False)

    def _hire(self) -> None:
        # Not fork: a progress bar runs a thread, and a fork copies whatever lock it holds.
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=_serve, args=(theirs, self._work.make), daemon=True)
        with _deaf():
            process.start()
        theirs.close()
        self._workers.append(_Worker(process, ours))

    def _listen(self, *, patient: bool) -> None:
        """Take what the workers say; wait for it where nothing else can be done."""
        if patient and all(len(worker.given) > _FEW for worker in self._workers):
            time.sleep(_NAP)
        by_connection = {worker.connection: worker for worker in self._workers}
        for connection in wait(list(by_connection), self._patience() if patient else 0):
            self._hear(by_connection[connection])  # type: ignore[index]
        if self._work.timeout is not None:
            begun = time.monotonic() - self._work.timeout
            for worker in list(self._workers):
                if worker.given and worker.since < begun:
                    self._give_up(worker, _too_slow(self._work.timeout))

    def _patience(self) -> float | None:
        """How long nothing can be overdue."""
        if self._work.timeout is None:
            return None
        begun = [worker.since for worker in self._workers if worker.given]
        if not begun:
            return None
        return max(0.0, min(begun) + self._work.timeout - time.monotonic()) + 0.001

    def _hear(self, worker: _Worker[Task]) -> None:
        try:
            while True:
                self._answered(worker, worker.connection.recv())
                if not worker.connection.poll():
                    return
        except (EOFError, OSError):
            self._bury(worker, blame=True)

    def _answered(self, worker: _Worker[Task], answer: Any) -> None:
        worker.since = time.monotonic()
        if isinstance(answer, str):
            raise ZhDealsError(f"no worker can be started: {answer}")
        if answer is None:
            worker.ready = True
            return
        number, result = answer
        worker.given.popleft()
        self._results[number] = result

    # -- what goes wrong

    def _bury(self, worker: _Worker[Task], *, blame: bool) -> None:
        """A worker has died: of the task it was at, if that kills another one as well."""
        worker.process.join(5)
        code = worker.process.exitcode
        if not worker.ready:
            raise ZhDealsError(f"no worker can be started: it died with {_cause(code)}")
        if worker.given and blame:
            number = worker.given[0][0]
            if number in self._suspects:
                self._give_up(worker, f"killed the process that read it: {_cause(code)}")
                return
            self._suspects.add(number)
        self._replace(worker)

    def _give_up(self, worker: _Worker[Task], reason: str) -> None:
        """The first task of a worker is lost; others do the rest."""
        number, task = worker.given.popleft()
        self._results[number] = self._work.lost(task, reason)
        self._replace(worker)

    def _replace(self, worker: _Worker[Task]) -> None:
        self._workers.remove(worker)
        _end(worker)
        rest = list(worker.given)
        if rest and rest[0][0] in self._suspects:  # alone, so that it takes no other with it
            self._chunks.appendleft(rest[1:])
            rest = rest[:1]
        self._chunks.appendleft(rest)
        self._chunks = deque(chunk for chunk in self._chunks if chunk)

    def _dismiss(self) -> None:
        """Let the workers end by themselves."""
        for worker in self._workers:
            worker.connection.close()
        for worker in self._workers:
            worker.process.join(5)

    def _kill(self) -> None:
        for worker in self._workers:
            _end(worker)


@contextmanager
def _deaf() -> Iterator[None]:
    """Processes that start here do not hear Ctrl-C: it is for their parent to deal with."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _end(worker: _Worker[Any]) -> None:
    worker.connection.close()
    if worker.process.is_alive():
        worker.process.kill()
    worker.process.join()
    worker.process.close()


def _cause(code: int | None) -> str:
    if code is not None and code < 0:
        try:
            return signal.Signals(-code).name
        except ValueError:
            return f"signal {-code}"
    return f"exit code {code}"


# --- the worker --------------------------------------------------------------------------------


def _serve(connection: Connection, make: Callable[[], Callable[[Any], Any]]) -> None:
    """Do tasks until the parent hangs up: None says ready, a string that it cannot be."""
    threading.Thread(target=_watch_parent, daemon=True).start()
    try:
        do = make()
    except Exception as error:
        connection.send(f"{type(error).__name__}: {error}".split("\n", 1)[0])
        return
    try:
        connection.send(None)
        while True:
            for number, task in connection.recv():
                connection.send((number, do(task)))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return


def _watch_parent() -> None:
    """A worker without a parent would go on for as long as its article takes."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)
