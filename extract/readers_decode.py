"""Bytes to text: UTF-8, or whichever of the Chinese encodings reads as Chinese."""

from __future__ import annotations

import tomllib
from functools import cache
from typing import Final

from extract.errors import ArticleError, SeedError
from extract.readers import carried
from extract.resources import seed_text

_BOMS: Final = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))

# Names of the program, and the codec that reads the most of what goes by that name. Of two that
# read a text as well as each other, the one named first is taken.
_LEGACY: Final = (("gb18030", "gb18030"), ("big5", "cp950"), ("big5-hkscs", "big5hkscs"))

_SAMPLE: Final = 4000


class Decoder:
    """Decodes the pieces of one file, and remembers what the ones before it were written in.

    A headline alone may read as well in one encoding as in the other; the file does not.
    """

    def __init__(self) -> None:
        self.encoding = "utf-8"
        self._scores = {name: 0.0 for name, _ in _LEGACY}

    def decode(self, content: bytes) -> str:
        """The text of some bytes, its encoding in ``encoding``; ArticleError where they have none."""
        for mark, name in _BOMS:
            if content.startswith(mark):
                return self._marked(content, name)
        if content.count(0) * 100 > len(content):  # a stray one may be a slip, many are no text
            raise ArticleError("holds NUL bytes, so it is no UTF-8 or GB18030 text")
        text = _utf_8(content)
        if text is None:
            text = self._legacy(content)
        else:
            self.encoding = "utf-8"
        return carried(text)

    def _marked(self, content: bytes, name: str) -> str:
        try:
            text = content.decode("utf-8-sig" if name == "utf-8" else name)
        except UnicodeDecodeError as error:
            raise ArticleError(f"is marked as {name}, but is not: {error.reason}") from error
        self.encoding = name
        return carried(text)

    def _legacy(self, content: bytes) -> str:
        read: dict[str, str] = {}
        for name, codec in _LEGACY:
            try:
                read[name] = content.decode(codec)
            except UnicodeDecodeError:
                continue
            self._scores[name] += _common(read[name])
        if not read:
            raise ArticleError("is neither UTF-8 nor GB18030 nor Big5")
        self.encoding = max(read, key=self._scores.__getitem__)
        return read[self.encoding].removeprefix("\ufeff")


def decoded(content: bytes) -> tuple[str, str]:
    """The text of some bytes, and the name of their encoding.

    >>> decoded("輝達投資新創公司".encode("big5"))
    ('輝達投資新創公司', 'big5')
    """
    decoder = Decoder()
    text = decoder.decode(content)
    return text, decoder.encoding


def _utf_8(content: bytes) -> str | None:
    """The text, None where it is of another encoding; ArticleError where it is damaged UTF-8."""
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        told = content.decode("utf-8", "replace")
        strange = told.count("\ufffd")
        if strange * 20 < sum(char > "\u07ff" for char in told) - strange:
            raise ArticleError(f"is UTF-8 that is broken at byte {error.start}") from error
    return None


def _common(text: str) -> float:
    """How much of a text is characters that Chinese prose is made of, less what is in none."""
    sample = [char for char in text[:_SAMPLE] if char > "\x7f"]
    private = sum("\ue000" <= char <= "\uf8ff" for char in sample)
    return sum(map(_characters().__contains__, sample)) - private


@cache
def _characters() -> frozenset[str]:
    name = "encodings.toml"
    try:
        found = frozenset("".join(tomllib.loads(seed_text(name))["common"].split()))
    except (tomllib.TOMLDecodeError, KeyError, AttributeError) as error:
        raise SeedError(f"cannot be used: {error}", file=name) from error
    if len(found) < 1000:
        raise SeedError("holds too few characters to tell encodings apart", file=name, key="common")
    return found | frozenset("，。、；：？！“”「」『』（）《》％")
