"""The JSON in the answer of a language model: fenced, wrapped in talk, cut short or slightly broken."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

MOST_CHARACTERS: Final = 1_000_000
"""No answer about one article is longer; what is has run away."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """The deals of an answer as they stand in it, and the places that could not be read."""

    deals: tuple[dict[str, Any], ...]
    problems: tuple[str, ...]


_THOUGHT = re.compile(r"<(think|thinking|reasoning)>.*?</\1>", re.DOTALL | re.IGNORECASE)
_STRING = r'"(?:[^"\\]|\\.)*"'
_COMMENT = re.compile(rf"({_STRING})|//[^\n]*|/\*.*?\*/", re.DOTALL)
_TRAILING = re.compile(rf"({_STRING})|,(?=\s*[\]}}])", re.DOTALL)
_PYTHON = re.compile(rf"({_STRING})|\b(None|True|False|NaN)\b", re.DOTALL)
_WORDS: Final = {"None": "null", "True": "true", "False": "false", "NaN": "null"}
# The key that a record begins with, as the prompt asks for it.
_BEGINS = re.compile(r'\{\s*"(?:type|investor|target|evidence)"\s*:')
_EMPTY = re.compile(r'"deals"\s*:\s*\[\s*\]|^\s*\[\s*\]\s*$')


def parse_answer(answer: str) -> Parsed:
    """The deals that an answer holds, whatever stands around them.

    Records are taken one by one, so that an answer which ends in the middle of one keeps the others.
    """
    if len(answer) > MOST_CHARACTERS:
        return Parsed((), (f"the answer is longer than {MOST_CHARACTERS} characters",))
    text = _mended(_THOUGHT.sub("", answer))
    deals: list[dict[str, Any]] = []
    problems: list[str] = []
    told_nothing = _EMPTY.search(text) is not None
    for value in _values(text):
        if isinstance(value, str):
            problems.append(value)
        else:
            deals += _deals(value)
    if not deals and not problems and not told_nothing:
        problems.append("holds no JSON with deals")
    return Parsed(tuple(deals), tuple(problems))


def _mended(text: str) -> str:
    """Comments and commas in front of a closing bracket left out, words of Python said in JSON."""
    text = _COMMENT.sub(lambda found: found[1] or " ", text)
    text = _TRAILING.sub(lambda found: found[1] or "", text)
    return _PYTHON.sub(lambda found: found[1] or _WORDS[found[2]], text)


def _values(text: str) -> Iterator[Any]:
    """The JSON objects of a text, outermost first; a string says what could not be read."""
    decoder = json.JSONDecoder()
    place = text.find("{")
    while place >= 0:
        try:
            value, end = decoder.raw_decode(text, place)
        except (ValueError, RecursionError) as error:
            if _BEGINS.match(text, place):
                yield f"a record is no JSON: {_reason(error)}: {text[place : place + 40]!r}"
            end = place + 1
        else:
            yield value
        place = text.find("{", end)


def _reason(error: Exception) -> str:
    return error.msg if isinstance(error, json.JSONDecodeError) else type(error).__name__


def _deals(value: dict[str, Any]) -> list[dict[str, Any]]:
    """The records of an object: its ``deals``, or itself."""
    told = value.get("deals")
    if isinstance(told, list):
        return [deal for deal in told if isinstance(deal, dict)]
    if isinstance(told, dict):
        return [told]
    return [value] if "type" in value and {"investor", "target", "evidence"} & set(value) else []
