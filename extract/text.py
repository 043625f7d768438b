"""Folding for matching: one character in, one character out, so that offsets never move."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import Literal, Protocol


class _Converter(Protocol):
    def convert(self, text: str) -> str: ...


def _width_table() -> dict[int, str]:
    """Full-width forms, odd spaces and odd dashes to their plain form, each one to one."""
    table: dict[int, str] = {}
    for code in (*range(0xFF01, 0xFF5F), 0xFFE0, 0xFFE1, 0xFFE5, 0xFFE6):
        plain = unicodedata.normalize("NFKC", chr(code))
        if len(plain) == 1:
            table[code] = plain
    # Punctuation that separates Chinese clauses keeps its form: rules tell ， from the , of 1,100.
    for kept in "，：；！？（）":
        table.pop(ord(kept), None)
    for space in (
        "\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
    ):
        table[ord(space)] = " "
    # The marks by which brackets are masked and words are parted mean nothing in a text of its own.
    table |= {0x01: " ", 0x02: " "}
    # Kangxi and CJK radicals that pages put in place of the ideographs they look like (⾼ for 高).
    for code in (*range(0x2F00, 0x2FD6), *range(0x2E80, 0x2EF4)):
        plain = unicodedata.normalize("NFKC", chr(code))
        if len(plain) == 1 and ord(plain) != code:
            table[code] = plain
    return table


_WIDTH = {chr(code): plain for code, plain in _width_table().items()}
_ODD = re.compile(f"[{''.join(map(re.escape, _WIDTH))}]")


def _plain(match: re.Match[str]) -> str:
    return _WIDTH[match.group()]


@cache
def _converter() -> _Converter:
    import opencc

    converter: _Converter = opencc.OpenCC("t2s")
    return converter


def simplify(text: str) -> str:
    """Traditional script to simplified, of the same length.

    OpenCC works by phrase; where a phrase would change the length, the text is converted character
    by character, and a character that would grow stays as it is.
    """
    try:
        whole = _converter().convert(text)
    except UnicodeEncodeError:  # a lone surrogate, which the converter cannot carry
        return _by_character(text)
    return whole if len(whole) == len(text) else _by_character(text)


def _by_character(text: str) -> str:
    return "".join(map(_simplify_character, text))


@cache
def _simplify_character(char: str) -> str:
    plain = char if "\ud800" <= char <= "\udfff" else _converter().convert(char)
    return plain if len(plain) == 1 else char


# A comma, colon or semicolon beside Chinese is Chinese punctuation, however it was typed.
# The mark comes first in the pattern, so that the engine skips from one to the next.
_ASCII_POINT = re.compile(r"[,:;?!](?:(?=[^\x00-\x7f])|(?<=[^\x00-\x7f].))")
_WIDE = str.maketrans(",:;?!", "，：；？！")


def _wide_point(match: re.Match[str]) -> str:
    return match.group().translate(_WIDE)


def fold(text: str) -> str:
    """The form in which names and cue words are looked up; ``len(fold(t)) == len(t)``.

    Width, script and the points between Chinese clauses are folded, case is not: 輝達投資１００億
    becomes 辉达投资100亿.
    """
    if text.isascii():
        return text
    return simplify(_ASCII_POINT.sub(_wide_point, _ODD.sub(_plain, text)))


_HONG_KONG = re.compile("港元|香港|港交所|联交所|港股|恒生|特区政府")
_TAIWAN = re.compile("台币|新台币|台湾|台股|金管会|经济部|柜买|竹科|公开资讯观测站|台北|高雄")


def region_of(text: str, folded: str) -> Literal["CN", "TW", "HK"]:
    """Where a text is from, by its script and what it speaks of: a bare 元 is that place's money.

    A text counts as traditional where more than one character in thirty is another in simplified
    script; of traditional texts those that speak of Hong Kong more than of Taiwan are from there.
    """
    if text == folded:
        return "CN"
    changed = sum(one != other and one > "\u3400" for one, other in zip(text, folded, strict=True))
    if changed * 30 < len(text):
        return "CN"
    there = len(_HONG_KONG.findall(folded))
    return "HK" if there > len(_TAIWAN.findall(folded)) else "TW"


_TITLE_LINE = re.compile(r"[^ \n](?=[^\n]{7,59}$)[^\n]*[^。！？!?；;…”」』)）.:：\s]")
_STOP = re.compile("[。！？]")
_LEAST_BODY = 3
"""How many sentences stand in front of the links at a foot."""


def links_from(text: str) -> int:
    """Where the titles of other articles begin that close a text, its end where there are none.

    They are two short lines or more without a full stop, behind a body of sentences.

    >>> links_from("甲收购乙。丙上市。丁投资戊。\\n甲融资三亿美元估值翻倍\\n乙又拿了一轮投资人的钱")
    15
    """
    at, many = len(text.rstrip()), 0
    while (begin := text.rfind("\n", 0, at)) >= 0:
        if not _TITLE_LINE.fullmatch(text, begin + 1, at):
            break
        at, many = begin, many + 1
    body = len(_STOP.findall(text, 0, at))
    return at + 1 if many > 1 and body >= _LEAST_BODY else len(text)
