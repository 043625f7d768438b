"""Names by model: a small transformer over characters, served by ONNX Runtime.

The model reads one character at a time, and with each character what the dictionary says of the word
around it: the word's class and the character's place in it. Its weights are a file of ``models/ner``;
neither torch nor transformers is needed to run it.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from extract.errors import ZhDealsError
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

INPUTS = ("input_ids", "token_type_ids", "attention_mask")
"""The inputs of the network: characters, their types, and 1 where there is text."""

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

CONFIG = {"labels": list(LABELS), "types": TYPES, "max_length": MAX_LENGTH}
"""What a model must have been made for: the content of its ``config.json``."""


class ModelError(ZhDealsError):
    """A model that cannot be used as it stands, or no model at all."""


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
        types += [base] if len(word) == 1 else [base + 1, *[base + 2] * (len(word) - 2), base + 3]
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


# --------------------------------------------------------------------------------------------
# windows and batches

BATCH_CHARACTERS = 4096


def windows(length: int) -> list[tuple[int, int]]:
    """The stretches in which a text is read: at most 256 characters, neighbours share 48.

    >>> windows(300)
    [(0, 256), (208, 300)]
    """
    found = []
    start = 0
    while start + MAX_LENGTH < length:
        found.append((start, start + MAX_LENGTH))
        start += MAX_LENGTH - OVERLAP
    return [*found, (start, length)]


def batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Numbers of windows of similar length, the shortest first, so that little is padding."""
    batch: list[int] = []
    for number in sorted(range(len(lengths)), key=lambda n: (lengths[n], n)):
        if batch and lengths[number] * (len(batch) + 1) > BATCH_CHARACTERS:
            yield batch
            batch = []
        batch.append(number)
    if batch:
        yield batch


# --------------------------------------------------------------------------------------------
# from probabilities to spans

_NAMES = tuple(dict.fromkeys(GROUPS.values()))
_TAGS = ("O", *(f"{place}-{name}" for name in _NAMES for place in "BIES"))
_ORG = _NAMES.index("ORG")
_LIKELY_OUTSIDE = 0.98
"""A character that is outside of all names with this probability is not looked at further."""


@cache
def _grouping() -> Floats:
    """The table that sums the tags of classes to the tags of their groups."""
    import numpy as np

    table = np.zeros((len(LABELS), len(_TAGS)), np.float32)
    for row, label in enumerate(LABELS):
        place, _, name = label.partition("-")
        table[row, _TAGS.index(f"{place}-{GROUPS[name]}" if name else "O")] = 1
    return table


@cache
def _transitions() -> Floats:
    """0 where a tag may follow another, minus infinity where it may not."""
    import numpy as np

    allowed = [[_may_follow(before, after) for after in _TAGS] for before in _TAGS]
    return np.where(np.array(allowed), 0, -np.inf).astype(np.float32)


def _may_follow(before: str, after: str) -> bool:
    opened = before[0] in "BI"
    return opened == (after[0] in "IE") and (not opened or before[2:] == after[2:])


def _runs(outside: Floats) -> list[tuple[int, int]]:
    """The stretches of characters that may belong to names."""
    import numpy as np

    edges = np.flatnonzero(np.diff(np.pad(outside < _LIKELY_OUTSIDE, 1).astype(np.int8)))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def _best_tags(runs: Sequence[Floats]) -> list[list[int]]:
    """The likeliest tags of each run that make whole names, by Viterbi, all runs at once."""
    import numpy as np

    longest = max(map(len, runs))
    scores = np.full((len(runs), longest + 1, len(_TAGS)), -np.inf, np.float32)
    scores[:, :, 0] = 0
    for number, run in enumerate(runs):
        scores[number, : len(run)] = np.log(run + 1e-9)
    best = scores[:, 0] + _transitions()[0]
    origins = np.zeros((longest + 1, *best.shape), np.int64)
    for at in range(1, longest + 1):
        paths = best[:, :, None] + _transitions()
        origins[at] = paths.argmax(axis=1)
        best = paths.max(axis=1) + scores[:, at]
    tags = np.zeros((len(runs), longest + 1), np.int64)
    for at in range(longest, 0, -1):  # behind its end each run is outside, tag 0
        tags[:, at - 1] = origins[at, np.arange(len(runs)), tags[:, at]]
    return [tags[number, : len(run)].tolist() for number, run in enumerate(runs)]


def _tagged(tags: Sequence[int]) -> Iterator[tuple[int, int, str]]:
    """Borders and group of the names that a run's tags tell."""
    start = 0
    for at, tag in enumerate(tags):
        place, _, name = _TAGS[tag].partition("-")
        if place in "BS":
            start = at
        if place in "ES":
            yield start, at + 1, name


@dataclass(frozen=True, slots=True)
class Marks:
    """What the model says of one text: the names, and what it thinks of any stretch."""

    probabilities: Floats
    """Of each character, the probability of each of ``LABELS``."""

    spans: tuple[Span, ...]

    def score(self, start: int, end: int) -> float:
        """How sure the model is that just this stretch names an organisation, 0 to 1.

        The mean over the characters of the probability that the character has its place in such a
        name: the first begins it, the last ends it.
        """
        if start >= end:
            return 0.0
        likely = self._organisation(start, end)
        return float(likely[range(end - start), places(end - start)].mean())

    def inside(self, start: int, end: int) -> float:
        """The mean probability that the characters belong to an organisation, whatever its borders."""
        return float(self._organisation(start, end).sum(axis=1).mean()) if start < end else 0.0

    def _organisation(self, start: int, end: int) -> Floats:
        """Of each character, the probability of each place in the name of an organisation."""
        likely: Floats = self.probabilities[start:end] @ _grouping()[:, 1 + 4 * _ORG : 5 + 4 * _ORG]
        return likely


def places(length: int) -> list[int]:
    """The places of a name's characters, as numbers into B, I, E, S."""
    return [3] if length == 1 else [0, *[1] * (length - 2), 2]


def mark_all(probabilities: Sequence[Floats]) -> list[Marks]:
    """The names of texts, from the probabilities of their characters."""
    runs = [
        (number, start, end)
        for number, text in enumerate(probabilities)
        for start, end in _runs(text[:, 0])
    ]
    spans: list[list[Span]] = [[] for _ in probabilities]
    grouped = [text @ _grouping() for text in probabilities]
    runs.sort(key=lambda run: run[2] - run[1])
    for at in range(0, len(runs), 256):
        batch = runs[at : at + 256]
        best = _best_tags([grouped[number][start:end] for number, start, end in batch])
        for (number, offset, _), tags in zip(batch, best, strict=True):
            for start, end, name in _tagged(tags):
                chosen = grouped[number][range(offset + start, offset + end), tags[start:end]]
                fine = _finer(probabilities[number][offset + start : offset + end], name)
                score = float(chosen.mean())
                spans[number].append(Span(offset + start, offset + end, name, fine, score))
    return [
        Marks(text, tuple(sorted(found, key=lambda span: span.start)))
        for text, found in zip(probabilities, spans, strict=True)
    ]


def _finer(probabilities: Floats, group: str) -> str:
    """The likeliest class of a group over the characters of a name."""
    sums = probabilities[:, 1:].reshape(len(probabilities), len(CLASSES), 4).sum(axis=(0, 2))
    return max((n for n in CLASSES if GROUPS[n] == group), key=lambda n: sums[CLASSES.index(n)])


# --------------------------------------------------------------------------------------------
# the tagger

Network = Callable[["Ids", "Ids", "Ids"], "Floats"]
"""Character numbers, types and mask (1 where there is text) of a batch to the scores of the tags."""


class Marker(ABC):
    """Finds names in texts by some model; holds its weights, no state of what it has read."""

    @abstractmethod
    def mark(self, texts: Sequence[str]) -> list[Marks]:
        """Names and probabilities of each text, in the order of the texts."""

    def tag(self, texts: Sequence[str]) -> list[list[Span]]:
        """The names of each text, left to right, without overlaps."""
        return [list(marks.spans) for marks in self.mark(texts)]

    def score(self, text: str, spans: Iterable[tuple[int, int]]) -> list[float]:
        """How sure the model is that each stretch just names an organisation: ``Marks.score``."""
        (marks,) = self.mark([text])
        return [marks.score(start, end) for start, end in spans]


class Tagger(Marker):
    """A model of this format: ``config.json``, ``vocab.txt``, ``model.onnx``."""

    def __init__(self, vocabulary: Mapping[str, int], network: Network) -> None:
        self._vocabulary = vocabulary
        self._network = network

    @classmethod
    def load(cls, path: Path | None = None) -> Tagger:
        """The model of a folder with ``config.json``, ``vocab.txt`` and ``model.onnx``.

        Without a folder it is the one that comes with the package. Raises ModelError where the
        folder has no such model, or where ONNX Runtime is not installed.
        """
        check_config(_content(path, "config.json").decode("utf-8"))
        vocabulary = read_vocabulary(_content(path, "vocab.txt").decode("utf-8"))
        return cls(vocabulary, onnx_network(_content(path, "model.onnx")))

    def mark(self, texts: Sequence[str]) -> list[Marks]:
        """Names and probabilities of each text; the texts are read in batches of like length."""
        import numpy as np

        folded = [fold(text) for text in texts]
        encoded = [(char_ids(text, self._vocabulary), word_types(text)) for text in folded]
        found = [np.zeros((len(text), len(LABELS)), np.float32) for text in texts]
        parts = [
            (number, start, end)
            for number, text in enumerate(texts)
            if text
            for start, end in windows(len(text))
        ]
        for batch in batches([end - start for _, start, end in parts]):
            rows = [parts[number] for number in batch]
            ids, types, mask = padded(
                [(encoded[n][0][start:end], encoded[n][1][start:end]) for n, start, end in rows]
            )
            likely = softmax(self._network(ids, types, mask))
            for (number, start, end), row in zip(rows, likely, strict=True):
                skipped = OVERLAP // 2 if start else 0
                kept = end - start - (OVERLAP // 2 if end < len(texts[number]) else 0)
                found[number][start + skipped : start + kept] = row[skipped:kept]
        return mark_all(found)


def _content(path: Path | None, name: str) -> bytes:
    try:
        return (path / name).read_bytes() if path else model_bytes(f"ner/{name}")
    except OSError as error:
        raise ModelError(f"cannot be read: {error.strerror}", file=name) from error


def check_config(text: str) -> None:
    """Raises ModelError where a model has other labels or types than this module reads."""
    try:
        config = json.loads(text)
    except json.JSONDecodeError as error:
        raise ModelError(str(error), file="config.json", line=error.lineno) from error
    for name, value in CONFIG.items():
        if config.get(name) != value:
            raise ModelError("made for another version", file="config.json", key=name)


def padded(rows: Sequence[tuple[list[int], list[int]]]) -> tuple[Ids, Ids, Ids]:
    """Characters and types of each row as one batch, with the mask."""
    import numpy as np

    shape = (len(rows), max(len(ids) for ids, _ in rows))
    ids, types, mask = (np.zeros(shape, np.int64) for _ in range(3))
    for number, (characters, kinds) in enumerate(rows):
        ids[number, : len(characters)] = characters
        types[number, : len(kinds)] = kinds
        mask[number, : len(characters)] = 1
    return ids, types, mask


def softmax(scores: Floats) -> Floats:
    """Scores to probabilities, along the last axis."""
    import numpy as np

    raised: Floats = np.exp(scores - scores.max(axis=-1, keepdims=True))
    likely: Floats = raised / raised.sum(axis=-1, keepdims=True)
    return likely


def onnx_network(model: bytes) -> Network:
    """The network of an ONNX file, run on one core."""
    try:
        import onnxruntime
    except ImportError as error:
        raise ModelError("needs the package onnxruntime") from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])

    def run(ids: Ids, types: Ids, mask: Ids) -> Floats:
        inputs = dict(zip(INPUTS, (ids, types, mask), strict=True))
        scores: Floats = session.run(["logits"], inputs)[0]
        return scores

    return run
