"""What all readers of files share: drafts, failures, limits, and lines that may be of any length."""

from __future__ import annotations

import os
import re
from array import array
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import BinaryIO, Final, Literal

from extract.errors import ArticleError

MOST_BYTES: Final = 10_000_000
"""How large an article may be where nothing else is said: a novel has a tenth of that."""

Kind = Literal["fields", "text", "markdown", "html"]
"""What a draft holds: named fields, or the bytes of a file of that kind."""


@dataclass(frozen=True, slots=True)
class Failure:
    """An input that was passed over, where it stands, and why."""

    source: str
    line: int | None
    reason: str
    article_id: str | None = None

    def __str__(self) -> str:
        place = self.source if self.line is None else f"{self.source}:{self.line}"
        return f"{place}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Draft:
    """What a file says of one article, before it is decoded and its date is looked for.

    Cheap to make and to send to another process. ``ids`` are the ids it may have, the first that
    is free is taken; ``content`` is what a file of one article holds, ``fields`` what named fields
    say.
    """

    source: str
    line: int | None
    ids: tuple[str, ...]
    kind: Kind
    fields: Mapping[str, str] = field(default_factory=dict)
    content: bytes = b""
    encoding: str = "utf-8"
    published: str | None = None

    def __reduce__(self) -> tuple[type[Draft], tuple[object, ...]]:
        told = (self.source, self.line, self.ids, self.kind, self.fields, self.content)
        return Draft, (*told, self.encoding, self.published)

    def size(self) -> int:
        """About how many characters it holds."""
        return len(self.content) // 2 + sum(map(len, self.fields.values()))

    def key(self) -> str:
        """The same for the same article, another where anything of it has changed."""
        told = blake2b(digest_size=16)
        name = os.path.basename(self.source)  # a date may be read from it
        for part in (self.ids[0], name, self.kind, self.published or "", self.encoding):
            told.update(part.encode("utf-8", "surrogatepass") + b"\0")
        for key, value in self.fields.items():
            told.update(f"{key}\0{value}\0".encode("utf-8", "surrogatepass"))
        told.update(self.content)
        return told.hexdigest()


Found = Draft | Failure


@dataclass(frozen=True, slots=True)
class Intake:
    """How inputs are read.

    ``published`` (ISO date) holds for articles that tell no date. ``max_bytes`` is the most that an
    article, a line or a JSON document may have. ``columns`` names the columns of a CSV file that
    hold a field. ``http`` lets URLs of the web be read. ``without`` are files that are no input.
    """

    published: str | None = None
    max_bytes: int = MOST_BYTES
    columns: Mapping[str, str] = field(default_factory=dict)
    http: bool = False
    without: frozenset[str] = frozenset()


DEFAULT_INTAKE: Final = Intake()
"""How inputs are read where nothing else is said."""


# --- strings -----------------------------------------------------------------------------------

_UNCARRIED = re.compile("[\0\ud800-\udfff]")


def carried(text: str) -> str:
    """The text with NULs and lone surrogates as U+FFFD, one for one, so that no offset moves.

    Neither can be written to a database or as UTF-8; a page or a JSON escape may still hold them.
    """
    return _UNCARRIED.sub("\ufffd", text)


def shown(name: str) -> str:
    """The name of a file as it can be printed; bytes that are no UTF-8 become ``\\xb9``."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return os.fsencode(name).decode("utf-8", "backslashreplace")
    return name


# --- bytes -------------------------------------------------------------------------------------

# How much of a stream may be passed over in search of the end of a line.
_PATIENCE: Final = 1 << 30
_BLANK: Final = 1 << 10
"""A blank line takes as long as that many bytes of one that is passed over in large pieces."""


def whole(stream: BinaryIO, most: int) -> bytes:
    """All that a stream holds; ArticleError where that is more than ``most`` bytes."""
    content = stream.read(most + 1)
    if len(content) > most:
        raise too_large(most)
    return content


def too_large(most: int) -> ArticleError:
    """What is said of an article that is larger than it may be."""
    return ArticleError(f"is larger than {most:,} bytes (--max-bytes)")


def lines(
    stream: BinaryIO, most: int, *, patience: int = _PATIENCE
) -> Iterator[tuple[int, bytes | None]]:
    """The lines that are not blank with their numbers; None for one of more than ``most`` bytes.

    Such a line is passed over in pieces, so that memory stays flat. Where ``patience`` bytes hold
    no line, ArticleError is raised: what unpacks to nothing but zeros would take days.
    """
    number = passed = 0
    while line := stream.readline(most + 1):
        number += 1
        passed += len(line)
        if len(line) > most and not line.endswith(b"\n"):
            while (rest := stream.readline(1 << 20)) and not rest.endswith(b"\n"):
                passed += len(rest)
                if passed > patience:
                    raise ArticleError(f"holds no line within {patience:,} bytes", line=number)
            yield number, None
        elif line.strip():
            passed = 0
            yield number, line
        elif (passed := passed + _BLANK) > patience:
            raise ArticleError(f"holds no line within {patience:,} bytes", line=number)


# --- what was seen -----------------------------------------------------------------------------


class Places:
    """From keys to numbers, 16 bytes an entry and slot: millions of ids in little memory.

    Keys are told apart by 64 bits of a hash: of a million, two are taken for one with a chance of
    one in thirty million.
    """

    def __init__(self) -> None:
        self._count = 0
        self._keys = array("Q", bytes(8 << 10))
        self._values = array("Q", bytes(8 << 10))

    def __setitem__(self, key: str, value: int) -> None:
        if self._count * 2 >= len(self._keys):
            self._grow()
        self._put(_hash(key), value)

    def get(self, key: str) -> int | None:
        """The number of a key, None where it has none."""
        slot = self._slot(_hash(key))
        return self._values[slot] if self._keys[slot] else None

    def __contains__(self, key: str) -> bool:
        return self._keys[self._slot(_hash(key))] != 0

    def __len__(self) -> int:
        return self._count

    def _put(self, hashed: int, value: int) -> None:
        slot = self._slot(hashed)
        self._count += not self._keys[slot]
        self._keys[slot], self._values[slot] = hashed, value

    def _slot(self, hashed: int) -> int:
        last = len(self._keys) - 1
        slot = hashed & last
        while self._keys[slot] not in (0, hashed):
            slot = (slot + 1) & last
        return slot

    def _grow(self) -> None:
        old = zip(self._keys, self._values, strict=True)
        self._keys = array("Q", bytes(len(self._keys) * 16))
        self._values = array("Q", bytes(len(self._keys) * 8))
        self._count = 0
        for hashed, value in old:
            if hashed:
                self._put(hashed, value)


def _hash(key: str) -> int:
    digest = blake2b(key.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big") or 1  # 0 marks a slot that is free
