"""Names by model: a small transformer over characters, served by ONNX Runtime.

The model reads one character at a time, and with each character what the dictionary says of the word
around it: the word's class and the character's place in it. Its weights are a file of ``models/ner``;
neither torch nor transformers is needed to run it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from extract.resources import model_bytes
from extract.text import fold

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Ids = NDArray[np.int64]
    Floats = NDArray[np.float32]

CLASSES = ("company", "organization", "government", "person", "product", "hardware")
GROUPS = {
    "company": "ORG",
    "organization": "ORG",
    "government": "ORG",
    "person": "PERSON",
    "product": "PRODUCT",
    "hardware": "HARDWARE",
}
LABELS = ("O", *(f"{place}-{name}" for name in CLASSES for place in "BIES"))
"""Each class with the places of a character in its span: begin, inside, end, single."""

MAX_LENGTH = 256
OVERLAP = 48
"""How many characters two windows of a long text share."""

PAD, UNKNOWN, MASK = 0, 1, 2
SPECIAL = ("[PAD]", "[UNK]", "[MASK]")

# The classes of words as jieba's dictionary has them; a word of any other class is `other`.
_WORD_CLASSES = (
    "other", "n", "nr", "ns", "nt", "nz", "v", "a", "d", "m", "q", "p", "c", "u", "t", "f", "r",
    "eng", "x", "j", "l",
)  # fmt: skip
_CLASS_OF = {name: number for number, name in enumerate(_WORD_CLASSES)}
TYPES = 2 + 4 * len(_WORD_CLASSES)
MASKED_TYPE = TYPES - 1


@dataclass(frozen=True, slots=True)
class Span:
    """A name in a text: offsets, group (ORG, PERSON, PRODUCT, HARDWARE), finer class, probability."""

    start: int
    end: int
    label: str
    fine: str
    score: float


def word_types(folded: str) -> list[int]:
    """For each character the class of its word and its place there; 0 is left to padding."""
    import rjieba

    types: list[int] = []
    for word, tag in rjieba.tag(folded, hmm=False):
        base = 1 + 4 * _word_class(tag)
        types += (
            [base] if len(word) == 1 else [base + 1, *[base + 2] * (len(word) - 2), base + 3]
        )
    return types


@cache
def _word_class(tag: str) -> int:
    for name in (tag, tag[:2], tag[:1]):
        if name in _CLASS_OF:
            return _CLASS_OF[name]
    return 0


def char_ids(folded: str, vocabulary: Mapping[str, int]) -> list[int]:
    """The number of each character of a folded text."""
    return [vocabulary.get(char, UNKNOWN) for char in folded]


def read_vocabulary(text: str) -> dict[str, int]:
    """A vocabulary file, one entry a line, to the number of each; line ends are written ``\\n``."""
    entries = text.removesuffix("\n").split("\n")
    return {entry.replace("\\n", "\n"): number for number, entry in enumerate(entries)}
