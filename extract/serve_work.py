"""The reading behind the service: worker processes that are ended when they take too long.

A thread cannot be stopped, a process can: what a request costs is bounded by its time limit, whatever
its text is. Workers hold the rules and nothing of what they have read; each is replaced after a number
of tasks, so that no cache grows without end.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import signal
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection
from typing import Any, Final

from extract.errors import ZhDealsError

Task = tuple[str, Any]
"""The name of a job and what it is done with."""

Do = Callable[[Any], Any]

_MOST_TASKS: Final = 5_000
_START: Final = 60.0
"""How many seconds a worker may take to load the rules."""


class BusyError(ZhDealsError):
    """No worker became free in time."""


class SlowError(ZhDealsError):
    """A task took longer than it may."""


class LostError(ZhDealsError):
    """A task ended its worker."""


def _serve(connection: Connection, make: Callable[[], Mapping[str, Do]]) -> None:
    """The life of a worker: tasks in, results or errors of the package out."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides when to end
    jobs = make()
    connection.send(None)
    while True:
        try:
            name, value = connection.recv()
        except EOFError:
            return
        try:
            connection.send((True, jobs[name](value)))
        except ZhDealsError as error:
            connection.send((False, str(error)))


class _Worker:
    """One process and the line to it; used by one thread at a time."""

    def __init__(self, make: Callable[[], Mapping[str, Do]]) -> None:
        self._make = make
        self._process: Any = None
        self._line: Connection | None = None
        self._done = 0

    def start(self) -> Connection:
        """The line to a process that is ready, which is started if there is none."""
        if self._line is not None and self._done < _MOST_TASKS:
            return self._line
        self.stop()
        context = multiprocessing.get_context("spawn")
        self._line, other = context.Pipe()
        self._process = context.Process(target=_serve, args=(other, self._make), daemon=True)
        self._process.start()
        other.close()
        self._done = 0
        if not self._line.poll(_START):
            self.stop()
            raise LostError("a worker does not start")
        self._receive(self._line)
        return self._line

    def call(self, task: Task, seconds: float) -> Any:
        """The result of a task; the process is ended where it takes longer."""
        line = self.start()
        line.send(task)
        if not line.poll(seconds):
            self.stop()
            raise SlowError(f"takes longer than {seconds:g} s")
        fine, result = self._receive(line)
        self._done += 1
        if not fine:
            raise ZhDealsError(result)
        return result

    def _receive(self, line: Connection) -> Any:
        try:
            return line.recv()
        except (EOFError, OSError) as error:
            self.stop()
            raise LostError("could not be read") from error

    def stop(self) -> None:
        """End the process."""
        if self._line is not None:
            self._line.close()
            self._line = None
        if self._process is not None:
            self._process.kill()
            self._process.join()
            self._process = None


class Workers:
    """A number of worker processes for asyncio; ``make`` gives each its jobs, by name."""

    def __init__(self, make: Callable[[], Mapping[str, Do]], count: int, seconds: float) -> None:
        self._workers = [_Worker(make) for _ in range(count)]
        self._threads = ThreadPoolExecutor(count, thread_name_prefix="zhdeals")
        self._seconds = seconds
        self._free: asyncio.Queue[_Worker] = asyncio.Queue()

    async def start(self) -> None:
        """Start all of them; returns when they are ready."""
        loop = asyncio.get_running_loop()
        ready = (loop.run_in_executor(self._threads, worker.start) for worker in self._workers)
        await asyncio.gather(*ready)
        for worker in self._workers:
            self._free.put_nowait(worker)

    async def call(self, name: str, value: Any) -> Any:
        """The result of a job; BusyError, SlowError or LostError where there is none."""
        try:
            worker = await asyncio.wait_for(self._free.get(), self._seconds)
        except TimeoutError as error:
            raise BusyError("all workers are busy; try again later") from error
        # The worker comes back when its thread is done, also where nobody waits any more.
        future = asyncio.get_running_loop().run_in_executor(
            self._threads, worker.call, (name, value), self._seconds
        )
        future.add_done_callback(lambda _: self._free.put_nowait(worker))
        return await asyncio.shield(future)

    async def stop(self) -> None:
        """End all of them."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        for worker in self._workers:
            worker.stop()
