"""What a run has done so far, on disk at every moment: killed and started again, it goes on.

Beside the output stands a folder of state. Lines are appended to ``part`` and then noted in
``part.journal``, each with the key of its article and a check of its bytes; what a kill left half
written is cut off. At the end ``part`` takes the place of the output in one step, and its journal
stays, so that the next run does only what has changed. Where the articles come in another order
than before, the lines from there on are set ``aside``, and found again by their keys.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any, BinaryIO, Final

from extract.errors import UsageError, ZhDealsError
from extract.readers import Failure, Places

# Lines wait for others until there is that much of them, or for that many seconds.
_BUFFER: Final = 1 << 16
_SECONDS: Final = 0.2


@dataclass(frozen=True, slots=True)
class Line:
    """One article that is done: its line of output, empty for a failure, and what the line holds."""

    key: str
    line: bytes
    deals: int = 0
    characters: int = 0
    encoding: str = "utf-8"
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class _Ends:
    """How far two files have been read or written: the lines, and the notes of them."""

    data: int = 0
    notes: int = 0


class Journal:
    """The state of the runs that write one file of output.

    ``head`` says by which rules and options; lines that were made by others are not used.
    ``retry`` takes up what failed before. Raises UsageError where the file cannot be written or
    another run is at it.
    """

    def __init__(self, out: Path, head: str, *, retry: bool = False) -> None:
        self._out = out.resolve()  # a link keeps pointing where it points
        self._retry = retry
        self._head = json.dumps({"zhdeals": head}).encode() + b"\n"
        folder = self._out.with_name(f"{self._out.name}.state")
        self._stack = ExitStack()
        try:
            _lock(_made(self._out, folder), self._stack)
        except OSError as error:
            raise UsageError(f"cannot be written: {error.strerror}", file=str(out)) from error
        self._done = _Store(self._out, folder / "journal", self._head)
        self._part = _Store(folder / "part", folder / "part.journal", self._head)
        self._aside = _Store(folder / "aside", folder / "aside.journal", self._head)
        if self._part.notes.exists() and not self._part.data.exists():
            os.replace(self._part.notes, self._done.notes)  # killed between the two at the end
        self._before: Iterator[tuple[_Ends, Line]] | None = self._part.lines()
        self._ends = _Ends()
        self._in_place = 0
        self._writer: _Writer | None = None

    def known(self, key: str) -> Line | None:
        """The line of an article that was done before; asked in the order of the input."""
        line = self._following(key)
        if line is not None:
            self._in_place += 1
            return line
        return self._useful(self._aside.find(key)) or self._useful(self._done.find(key))

    def add(self, line: Line) -> None:
        """Take the next line, in the order of the input; also one that was known."""
        if self._in_place:
            self._in_place -= 1
        else:
            self._open().append(line)

    def failures(self) -> Iterator[Failure]:
        """All that failed, in order, of what has been added."""
        self._open().flush()
        return self._part.failures()

    def finish(self) -> int:
        """Put the output in its place; gives its size."""
        writer = self._open()
        writer.close(durable=True)
        size = self._part.data.stat().st_size
        os.replace(self._part.data, self._done.data)
        os.replace(self._part.notes, self._done.notes)
        self._aside.remove()
        return size

    def close(self) -> None:
        """Write what waits, and let another run have the file."""
        try:
            if self._writer is not None:
                self._writer.close()
        finally:
            self._aside.forget()
            self._done.forget()
            self._stack.close()

    def _following(self, key: str) -> Line | None:
        """The next line of the run before, if it is of this article; if not, all from there on
        are set aside."""
        if self._before is None:
            return None
        for ends, line in self._before:
            if line.key != key or not self._useful(line):
                break
            self._ends = ends
            return line
        self._set_aside()
        return None

    def _set_aside(self) -> None:
        self._before = None
        rest = self._part.lines(self._ends)
        first = next(rest, None)
        if first is not None:
            with _Writer(self._aside, self._aside.end()) as writer:
                writer.append(first[1])
                for _, line in rest:
                    writer.append(line)
            self._aside.forget()
        self._open()

    def _open(self) -> _Writer:
        """The writer of this run, which begins where what is kept of the run before ends."""
        self._before = None
        if self._writer is None:
            self._writer = _Writer(self._part, self._ends)
        return self._writer

    def _useful(self, line: Line | None) -> Line | None:
        return None if line is None or (self._retry and line.failure) else line


def forget(out: Path) -> None:
    """Throw away what earlier runs have left beside a file of output."""
    out = out.resolve()
    shutil.rmtree(out.with_name(f"{out.name}.state"), ignore_errors=True)


def _made(out: Path, folder: Path) -> Path:
    if out.is_dir():
        raise UsageError("is a folder", file=str(out))
    folder.mkdir(exist_ok=True)
    return folder


def _lock(folder: Path, stack: ExitStack) -> None:
    try:
        import fcntl
    except ImportError:  # no Unix
        return
    handle = stack.enter_context((folder / "lock").open("wb"))
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        stack.close()
        raise UsageError("another run is writing it", file=folder.stem) from error


# --- two files ---------------------------------------------------------------------------------


class _Store:
    """Lines in one file, and in another the notes of what they are."""

    def __init__(self, data: Path, notes: Path, head: bytes) -> None:
        self.data = data
        self.notes = notes
        self.head = head
        self._places: Places | None = None
        self._open: tuple[BinaryIO, BinaryIO] | None = None

    def lines(self, begin: _Ends = _Ends()) -> Iterator[tuple[_Ends, Line]]:
        """The lines that are whole and noted, each with where it ends."""
        try:
            data, notes = self.data.open("rb"), self.notes.open("rb")
        except FileNotFoundError:
            return
        with data, notes:
            if notes.readline() != self.head:
                return
            read, noted = begin.data, begin.notes or len(self.head)
            notes.seek(noted)
            for note in notes:
                line = _told(note, read, data)
                if line is None:
                    return
                read += len(line.line)
                noted += len(note)
                yield _Ends(read, noted), line

    def end(self) -> _Ends:
        """Where the last whole line ends."""
        return max((ends for ends, _ in self.lines()), key=lambda ends: ends.notes, default=_Ends())

    def find(self, key: str) -> Line | None:
        """A line by its key."""
        if self._places is None:
            self._places = self._indexed()
        place = self._places.get(key)
        if place is None:
            return None
        if self._open is None:
            self._open = (self.data.open("rb"), self.notes.open("rb"))
        data, notes = self._open
        notes.seek(place)
        line = _told(notes.readline(), None, data)
        return line if line is not None and line.key == key else None

    def _indexed(self) -> Places:
        """Where the note of each key stands; of a key that stands twice, the later one."""
        places = Places()
        with suppress(FileNotFoundError), self.notes.open("rb") as notes:
            if not self.data.exists() or notes.readline() != self.head:
                return places
            at = len(self.head)
            for note in notes:
                with suppress(ValueError, IndexError, TypeError):
                    places[str(json.loads(note)[0])] = at
                at += len(note)
        return places

    def failures(self) -> Iterator[Failure]:
        """What failed, without a look at the lines."""
        with self.notes.open("rb") as notes:
            notes.readline()
            for note in notes:
                failure = json.loads(note)[-1]
                if failure is not None:
                    yield Failure(**failure)

    def forget(self) -> None:
        """Read the files anew when they are asked for next."""
        if self._open is not None:
            for stream in self._open:
                stream.close()
        self._places = self._open = None

    def remove(self) -> None:
        """Delete the files."""
        self.forget()
        self.notes.unlink(missing_ok=True)
        self.data.unlink(missing_ok=True)


_encoded = json.JSONEncoder(separators=(",", ":")).encode


def _note(line: Line, start: int) -> bytes:
    failure = None if line.failure is None else asdict(line.failure)
    told = [
        line.key,
        start,
        len(line.line),
        _check(line.line),
        line.deals,
        line.characters,
        line.encoding,
        failure,
    ]
    return _encoded(told).encode() + b"\n"


def _told(note: bytes, start: int | None, data: BinaryIO) -> Line | None:
    """The line that a note is of; None where either is not as it was written."""
    try:
        key, at, length, check, deals, characters, encoding, failure = json.loads(note)
        if not note.endswith(b"\n") or start not in (None, at):
            return None
        data.seek(at)
        line = data.read(length)
        if len(line) != length or _check(line) != check:
            return None
        told = None if failure is None else Failure(**failure)
        return Line(key, line, deals, characters, encoding, told)
    except (ValueError, TypeError):
        return None


def _check(line: bytes) -> str:
    return blake2b(line, digest_size=8).hexdigest()


class _Writer:
    """Appends to a store; what is noted is in the file of lines already."""

    def __init__(self, store: _Store, ends: _Ends) -> None:
        self._file = store.data
        self._waiting: list[bytes] = []
        self._notes: list[bytes] = []
        self._size = 0
        self._since = time.monotonic()
        self._end = ends.data
        with _told_where(self._file):
            self._data = _opened(store.data, ends.data)
            self._journal = _opened(store.notes, ends.notes)
            if not ends.notes:
                _write(self._journal, store.head)

    def __enter__(self) -> _Writer:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def append(self, line: Line) -> None:
        """Take a line."""
        self._notes.append(_note(line, self._end))
        self._waiting.append(line.line)
        self._end += len(line.line)
        self._size += len(line.line) + len(self._notes[-1])
        if self._size > _BUFFER or time.monotonic() - self._since > _SECONDS:
            self.flush()

    def flush(self) -> None:
        """Write what waits: the lines first, so that a note never tells of what is not there."""
        data, notes = b"".join(self._waiting), b"".join(self._notes)
        self._waiting.clear()
        self._notes.clear()
        self._size, self._since = 0, time.monotonic()
        with _told_where(self._file):
            _write(self._data, data)
            _write(self._journal, notes)

    def close(self, *, durable: bool = False) -> None:
        """Write what waits; ``durable`` also waits for the disk."""
        if self._data.closed:
            return
        try:
            self.flush()
            if durable:
                with _told_where(self._file):
                    os.fsync(self._data.fileno())
                    os.fsync(self._journal.fileno())
        finally:
            self._data.close()
            self._journal.close()


def _opened(path: Path, end: int) -> Any:
    """A file that is written to from there on; unbuffered, so that a full disk is told at once."""
    path.touch()
    stream = path.open("r+b", buffering=0)
    stream.truncate(end)
    stream.seek(end)
    return stream


def _write(stream: Any, content: bytes) -> None:
    rest = memoryview(content)
    while rest:
        rest = rest[stream.write(rest) :]


@contextmanager
def _told_where(path: Path) -> Iterator[None]:
    """Turns errors of the disk into one line."""
    try:
        yield
    except OSError as error:
        told = f"cannot be written: {error.strerror}; the same command goes on from here"
        raise ZhDealsError(told, file=str(path)) from error
