"""Paths, folders, patterns and URLs to the files they name, and files to streams of bytes."""

from __future__ import annotations

import glob
import gzip
import io
import os
import re
import stat
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import PurePosixPath
from typing import Any, BinaryIO, Final

from extract.errors import UsageError
from extract.readers import Failure, Intake, shown

STDIN: Final = "-"
"""The path that stands for standard input."""

KINDS: Final = (
    ".txt", ".md", ".json", ".jsonl", ".ndjson", ".csv", ".tsv", ".html", ".htm", ".xml", ".rss",
    ".atom",
)  # fmt: skip
"""The endings of the files that are read; each may be packed."""

PACKED: Final = (".gz", ".zst")
"""The endings of packed files."""


@dataclass(frozen=True, slots=True)
class Source:
    """A file: its name as it is shown, the ids its article may have, its kind, and its bytes.

    ``kind`` is one of ``KINDS``, or empty for a stream that says nothing of itself. ``size`` is
    None where it is not known, or where the file is packed.
    """

    name: str
    ids: tuple[str, ...]
    kind: str
    open: Callable[[], BinaryIO]
    size: int | None = None


def sources(
    paths: Iterable[str], intake: Intake, *, stdin: BinaryIO | None = None
) -> Iterator[Source | Failure]:
    """The files that paths name, in their order; what names nothing is a Failure.

    Folders are walked with their subfolders, sorted: hidden files, files of other kinds, links to
    folders, pipes and devices in them are passed over.
    """
    for path in paths:
        if path == STDIN:
            stream = stdin or sys.stdin.buffer
            yield Source("stdin", ("stdin",), "", lambda stream=stream: stream)  # type: ignore[misc]
        elif _URL.match(path):
            yield from _remote(path, intake)
        else:
            yield from _local(path, intake)


def total_size(paths: Iterable[str], intake: Intake) -> int | None:
    """How many bytes the files have together; None where that cannot be known beforehand."""
    size = 0
    for path in paths:
        if path == STDIN or _URL.match(path):
            return None
        for source in _local(path, intake):
            if isinstance(source, Source):
                if source.size is None:
                    return None
                size += source.size
    return size


def unpacked(name: str) -> tuple[str, str]:
    """A name without its ending, and the ending: a.jsonl.gz gives a and .jsonl.gz.

    >>> unpacked("news/2026-05-14.JSONL.gz")
    ('news/2026-05-14', '.jsonl.gz')
    """
    stem, packing = os.path.splitext(name)
    if packing.lower() not in PACKED:
        return stem, packing.lower()
    stem, kind = os.path.splitext(stem)
    return stem, f"{kind}{packing}".lower()


def _kind_of(name: str) -> str:
    """The kind of a file, empty where it is none that is read."""
    kind = unpacked(name)[1]
    for packing in PACKED:
        kind = kind.removesuffix(packing)
    return kind if kind in KINDS else ""


# --- files of this machine ---------------------------------------------------------------------


def _local(path: str, intake: Intake) -> Iterator[Source | Failure]:
    try:
        found = os.stat(path)
    except (OSError, ValueError) as error:
        if glob.has_magic(path):
            yield from _matches(path, intake)
        else:
            yield Failure(shown(path), None, reason_of(error))
        return
    if stat.S_ISDIR(found.st_mode):
        yield from _walk(path, intake)
    elif stat.S_ISREG(found.st_mode):
        yield _file(path, os.path.basename(path))
    else:
        yield Source(shown(path), (shown(os.path.basename(path)),), "", partial(_open, path, ""))


def reason_of(error: Exception) -> str:
    """Why something could not be read, in a line."""
    if isinstance(error, FileNotFoundError | ValueError):
        return "no such file or folder"
    return getattr(error, "strerror", None) or _first_line(error)


def _file(path: str, name: str) -> Source | Failure:
    """A file; the first of its ids is its name without its ending, as seen from where it is."""
    kind = _kind_of(path)
    if not kind:
        return Failure(shown(path), None, f"is none of {', '.join(KINDS)}")
    ids = (_id(name), _id(path))
    ending = unpacked(path)[1]
    size = None if ending.endswith(PACKED) else _size(path)
    return Source(shown(path), ids, kind, partial(_open, path, ending), size)


def _id(name: str) -> str:
    return shown(PurePosixPath(unpacked(name)[0].replace(os.sep, "/")).as_posix())


def _size(path: str) -> int | None:
    try:
        return os.stat(path).st_size
    except OSError:
        return None


def _walk(folder: str, intake: Intake) -> Iterator[Source | Failure]:
    """The files of known kinds, each folder's own before those of its subfolders."""
    failures: list[Failure] = []

    def told(error: OSError) -> None:
        failures.append(Failure(shown(str(error.filename)), None, reason_of(error)))

    for root, folders, files in os.walk(folder, onerror=told):
        yield from failures
        failures.clear()
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        packed = "\0".join(sorted(name for name in files if _wanted(name)))
        files.clear()  # of a hundred thousand names one string is kept, not a list of strings
        for match in _NAME.finditer(packed):
            path = os.path.join(root, match.group())
            if _is_input(path, intake):
                yield _file(path, os.path.relpath(path, folder))
    yield from failures


_NAME = re.compile("[^\0]+")


def _wanted(name: str) -> bool:
    return not name.startswith(".") and bool(_kind_of(name))


def _is_input(path: str, intake: Intake) -> bool:
    """Whether a file is one (a pipe would block, a device never end) and none of the output's."""
    try:
        regular = stat.S_ISREG(os.stat(path).st_mode)
    except OSError:
        return True  # it has vanished, or leads nowhere: that is told when it is opened
    return regular and not (intake.without and os.path.realpath(path) in intake.without)


def _matches(pattern: str, intake: Intake) -> Iterator[Source | Failure]:
    """The files and folders that a pattern matches, sorted; ``**`` is any number of folders."""
    found = sorted(glob.iglob(pattern, recursive=True))
    if not found:
        yield Failure(shown(pattern), None, "nothing matches")
    base = os.path.dirname(pattern[: _MAGIC.search(pattern).start()])  # type: ignore[union-attr]
    for path in found:
        if not os.path.isdir(path):
            if _wanted(os.path.basename(path)) and _is_input(path, intake):
                yield _file(path, os.path.relpath(path, base or "."))
        elif "**" not in pattern:  # which has matched what is in the folder as well
            yield from _walk(path, intake)


_MAGIC = re.compile(r"[*?\[]")


# --- streams -----------------------------------------------------------------------------------


def _open(path: str, ending: str) -> BinaryIO:
    return _unpacking(open(path, "rb"), ending)


def _unpacking(stream: BinaryIO, ending: str) -> BinaryIO:
    if ending.endswith(".gz"):
        return io.BufferedReader(_Unpacked(gzip.GzipFile(fileobj=stream), stream), 1 << 16)
    if ending.endswith(".zst"):
        zstd = needed("zstandard", "zstd")
        # A frame may ask for gigabytes of window; 128 MB is what the zstd command takes.
        reader = zstd.ZstdDecompressor(max_window_size=1 << 27)
        packed = reader.stream_reader(stream, read_across_frames=True)
        return io.BufferedReader(_Unpacked(packed, stream), 1 << 16)
    return stream


class _Unpacked(io.RawIOBase):
    """A stream that is unpacked piece by piece; what is damaged in it is an OSError."""

    def __init__(self, packed: Any, stream: BinaryIO) -> None:
        self._packed = packed
        self._stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        try:
            content = self._packed.read(len(buffer))
        except (EOFError, zlib.error) as error:
            raise OSError(f"cannot be unpacked: {error}") from error
        except Exception as error:  # ZstdError, a class of a module that may not be there
            if isinstance(error, OSError):
                raise
            raise OSError(f"cannot be unpacked: {error}") from error
        buffer[: len(content)] = content
        return len(content)

    def close(self) -> None:
        if not self.closed:
            self._packed.close()
            self._stream.close()
        super().close()


def needed(module: str, extra: str) -> Any:
    """A module of an extra; UsageError with the command that installs it where it is missing."""
    from importlib import import_module

    try:
        return import_module(module)
    except ImportError as error:
        raise UsageError(f"{module} is missing: pip install 'zhdeals[{extra}]'") from error


# --- files of other machines -------------------------------------------------------------------

_URL = re.compile(r"[a-z][a-z0-9+.-]*(?:::|://)", re.IGNORECASE)
_WEB: Final = frozenset({"http", "https"})
_STORES: Final = frozenset({
    "abfs", "abfss", "adl", "az", "file", "gcs", "gs", "hdfs", "local", "memory", "oci", "oss", "r2",
    "s3", "s3a", "sftp", "smb", "ssh", "webhdfs",
})  # fmt: skip


def _remote(url: str, intake: Intake) -> Iterator[Source | Failure]:
    """The files of a URL: of one file, of a folder, of a pattern."""
    protocol = url.partition(":")[0].lower()
    if protocol in _WEB and not intake.http:
        yield Failure(url, None, "the web is not read without --http")
        return
    if "::" in url or protocol not in _STORES | _WEB:
        yield Failure(url, None, f"{protocol} is none of {', '.join(sorted(_STORES | _WEB))}")
        return
    fsspec = needed("fsspec", "remote")
    try:
        files, path = fsspec.core.url_to_fs(url)
        yield from _stored(files, path, url)
    except UsageError:
        raise
    except Exception as error:  # each store has exceptions of its own
        yield Failure(url, None, _first_line(error))


def _stored(files: Any, path: str, url: str) -> Iterator[Source | Failure]:
    pattern = _MAGIC.search(path)
    if pattern is not None:
        found, base = sorted(files.glob(path)), os.path.dirname(path[: pattern.start()])
    elif files.isdir(path):
        found, base = sorted(files.find(path)), path
    else:
        found, base = [path], os.path.dirname(path)
    if not found:
        yield Failure(url, None, "nothing matches")
    for name in found:
        hidden = any(part.startswith(".") for part in name[len(base) :].split("/"))
        if found == [path] or (_kind_of(name) and not hidden):
            yield _stored_file(files, name, name[len(base) :].lstrip("/"))


def _stored_file(files: Any, path: str, name: str) -> Source | Failure:
    url = str(files.unstrip_protocol(path))
    kind = _kind_of(path)
    if not kind:
        return Failure(url, None, f"is none of {', '.join(KINDS)}")
    ids = (_id(name), unpacked(url)[0])
    ending = unpacked(path)[1]
    return Source(url, ids, kind, partial(_open_stored, files, path, ending))


def _open_stored(files: Any, path: str, ending: str) -> BinaryIO:
    try:
        return _unpacking(files.open(path, "rb"), ending)
    except (OSError, UsageError):
        raise
    except Exception as error:
        raise OSError(_first_line(error)) from error


def _first_line(error: Exception) -> str:
    name = "" if type(error) is OSError else f"{type(error).__name__}: "
    return f"{name}{error}".split("\n", 1)[0]
