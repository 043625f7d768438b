"""Names by any model for token classification in the Hugging Face format.

Needs the extra ``zhdeals[transformers]``; torch and transformers are imported when a model is loaded.
Labels of other models are read by ``seeds/ner_labels.toml``, and their tokens are brought to the
characters and the labels of ``extract.ner``.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from inspect import signature
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from extract.errors import SeedError
from extract.lexicon import key, read_toml
from extract.ner import (
    CLASSES,
    GROUPS,
    Marker,
    Marks,
    ModelError,
    Tagger,
    batches,
    mark_all,
    softmax,
)
from extract.readers import carried
from extract.text import fold

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

MAX_TOKENS: Final = 512
"""The longest window in tokens, also where a model could read more."""

MISSING: Final = "this model needs the extra: pip install 'zhdeals[transformers]'"

# --- where a model is --------------------------------------------------------------------------

_ID = re.compile(r"[\w.-]+/[\w.-]+", re.ASCII)
_FILES: Final = ("*.json", "*.txt", "*.model")
_WEIGHTS: Final = ("model*.safetensors", "pytorch_model*.bin")


def load_model(model: str | Path) -> Marker:
    """The model of a folder, in our format or in that of Hugging Face, or of an id of their hub.

    Raises ModelError where there is none, or none that marks names.
    """
    folder = model_folder(model)
    config = _config(folder)
    return TransformersTagger.load(folder) if _is_foreign(config) else Tagger.load(folder)


def model_folder(model: str | Path) -> Path:
    """The folder of a model; an id of the hub (``user/name``) is downloaded, anything else is not.

    What has a folder as its first part here is taken for a path. Raises ModelError where there is
    no such folder, and no such model on the hub.
    """
    path = Path(model)
    if path.is_dir():
        return path
    if isinstance(model, Path) or not _ID.fullmatch(model) or path.parent.exists():
        raise ModelError("there is no such folder", file=str(model))
    return _downloaded(model)


def _downloaded(name: str) -> Path:
    """What the hub has of a model, or what is left in the cache of an earlier time."""
    try:
        from huggingface_hub import snapshot_download
        from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError
    except ImportError as error:
        raise ModelError(MISSING, file=name) from error
    try:
        for weights in _WEIGHTS:  # the second kind only where there are none of the first
            wanted = [*_FILES, weights]
            folder = Path(snapshot_download(name, allow_patterns=wanted, ignore_patterns="*/*"))
            if any(folder.glob(weights)):
                break
    except GatedRepoError as error:
        raise ModelError("the hub gives this model only to who is logged in", file=name) from error
    except RepositoryNotFoundError as error:
        raise ModelError("is neither a folder nor a model of the hub", file=name) from error
    except Exception as error:  # whatever the network does
        why = f"is no folder, and the hub cannot be reached ({type(error).__name__})"
        raise ModelError(why, file=name) from error
    return folder


def _config(folder: Path) -> Mapping[str, Any]:
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except OSError as error:
        raise ModelError("has no model: config.json is missing", file=str(folder)) from error
    except ValueError as error:
        raise ModelError(f"config.json: {error}", file=str(folder)) from error
    if not isinstance(config, dict):
        raise ModelError("config.json: must be an object", file=str(folder))
    return config


def _is_foreign(config: Mapping[str, Any]) -> bool:
    return not {"architectures", "id2label", "model_type"}.isdisjoint(config)


# --- labels ------------------------------------------------------------------------------------

PLACES: Final = ("begin", "inside", "end", "single")
_OUTSIDE: Final = "outside"


@dataclass(frozen=True, slots=True)
class Label:
    """A label of another model in our terms: a place in a name, and a class; "" for no name."""

    place: str
    name: str


def read_label(label: str) -> Label:
    """What a label of another model means.

    >>> read_label("B-ORG")
    Label(place='begin', name='organization')
    >>> read_label("公司")
    Label(place='inside', name='company')
    """
    label = key(label).replace("_", "-")
    first, _, rest = label.partition("-")
    start, _, last = label.rpartition("-")
    if rest and first in _places():
        place, name = _places()[first], rest
    elif start and last in _places():
        place, name = _places()[last], start
    else:
        place, name = "inside", label
    known = _classes().get(_plain(name), _OUTSIDE)
    return Label(place, "" if known == _OUTSIDE else known)


_PUNCTUATION = re.compile(r"[\W_]+")


def _plain(name: str) -> str:
    return _PUNCTUATION.sub("", key(name))


@cache
def _places() -> Mapping[str, str]:
    return _table("places", PLACES, key)


@cache
def _classes() -> Mapping[str, str]:
    return _table("classes", (*CLASSES, _OUTSIDE), _plain)


def _table(section: str, known: Sequence[str], form: Callable[[str], str]) -> dict[str, str]:
    """Each entry of the lists of a section to the name of its list; SeedError for one in two."""
    found: dict[str, str] = {}
    for name, entries in read_toml("ner_labels.toml")[section].items():
        if name not in known:
            raise SeedError("unknown name", file="ner_labels.toml", key=f"{section}.{name}")
        for entry in entries:
            if found.setdefault(form(entry), name) != name:
                raise SeedError(f"stands twice: {entry}", file="ner_labels.toml", key=section)
    return found


def read_labels(config: Mapping[str, Any], model: str) -> list[Label]:
    """The labels of a model, from its ``config.json``.

    Raises ModelError where it is made for something else than labels of tokens, or where none of
    its labels is an organisation.
    """
    made_for = config.get("architectures") or ()
    if made_for and not any("TokenClassification" in name for name in made_for):
        raise ModelError(f"is no token classification ({made_for[0]})", file=model)
    try:
        told = {int(number): str(name) for number, name in (config.get("id2label") or {}).items()}
    except (AttributeError, ValueError) as error:
        raise ModelError("config.json: id2label: must number labels", file=model) from error
    labels = [read_label(told.get(number, "")) for number in range(max(told, default=-1) + 1)]
    if not any(label.name and GROUPS[label.name] == "ORG" for label in labels):
        shown = ", ".join(list(told.values())[:5]) or "it has none"
        raise ModelError(f"no label of it is known as one of organisations ({shown})", file=model)
    return labels


# --- from tokens to characters -----------------------------------------------------------------

Unit = tuple[int, int, int]
"""Start and end of what is judged as one, and the number of the token that judges it."""


def units(text: str, offsets: Sequence[tuple[int, int]]) -> list[Unit]:
    """What of a text is judged as one, from the offsets of its tokens.

    Mostly that is a token. A word in letters (OpenAI) is one though it may have several, and its
    first has the say: models are taught so. The same where tokens share a character.
    """
    found: list[Unit] = []
    for number, (start, end) in enumerate(offsets):
        while start < end and text[start].isspace():
            start += 1
        if start == end:
            continue
        if found and (start < found[-1][1] or _in_word(text, start, found[-1][1])):
            begin, until, first = found[-1]
            found[-1] = (begin, max(until, end), first)
        else:
            found.append((start, end, number))
    return found


def _in_word(text: str, start: int, end: int) -> bool:
    """Whether a token goes on with the word that the one before it, up to ``end``, begins."""
    return start == end and _is_letter(text[start - 1]) and _is_letter(text[start])


def _is_letter(char: str) -> bool:
    """A letter or digit of a script that parts words by spaces."""
    return char < "\u2e80" and char.isalnum()


@cache
def _group_table() -> Floats:
    """1 where a class (row) belongs to a group (column)."""
    import numpy as np

    groups = tuple(dict.fromkeys(GROUPS.values()))
    return np.array([[GROUPS[n] == group for group in groups] for n in CLASSES], np.float32)


def in_places(told: Floats) -> tuple[Floats, Floats]:
    """What a model says of units, as ours would: the places of each, and what goes on behind it.

    ``told`` is units × places × classes, places as the labels have them. No scheme is asked for: of
    two units, as much of a group goes on from one to the next as the first does not end and the
    second does not begin; of BIO that leaves the ends, of IOB1 and plain classes the begins to be
    derived from the neighbours. The rest begins or ends there. Gives units × classes × BIES, and units ×
    classes.
    """
    import numpy as np

    begin, inside, end, single = (told[:, place] @ _group_table() for place in range(len(PLACES)))
    mass = begin + inside + end + single
    goes, comes = np.zeros_like(mass), np.zeros_like(mass)
    goes[:-1] = comes[1:] = np.minimum((begin + inside)[:-1], (inside + end)[1:])
    begins, ends, whole = mass - comes, mass - goes, np.maximum(mass, 1e-9)
    split = np.stack([begins * goes, comes * goes, comes * ends, begins * ends], -1)
    share = told.sum(axis=1) / (whole @ _group_table().T)
    placed = np.einsum("cg,ugp->ucp", _group_table(), split / whole[..., None])
    return placed * share[..., None], (goes @ _group_table().T) * share


def laid_out(length: int, found: Sequence[Unit], told: Floats) -> Floats:
    """What is said of units, said of each character: the probabilities of ``LABELS``.

    A unit of several characters has its begin at the first and its end at the last. Characters
    between units (spaces) belong to a name that goes on over them.
    """
    import numpy as np

    body = np.zeros((length, len(CLASSES), len(PLACES)), np.float32)
    placed, going = in_places(told)
    for number, (start, end, _) in enumerate(found):
        body[start:end] = placed[number]
        _move(body[start + 1 : end], (0, 1), (3, 2))  # not its first character
        _move(body[start : end - 1], (2, 1), (3, 0))  # not its last
        if number + 1 < len(found):
            body[end : found[number + 1][0], :, 1] = going[number]
    names = body.reshape(length, len(CLASSES) * len(PLACES))
    outside = np.maximum(1 - names.sum(axis=1, keepdims=True), 0)
    return np.concatenate([outside, names], axis=1)


def _move(body: Floats, *pairs: tuple[int, int]) -> None:
    """Make one place of names another."""
    for old, new in pairs:
        body[..., new] += body[..., old]
        body[..., old] = 0


# --- the tagger --------------------------------------------------------------------------------

Inputs = Mapping[str, Sequence[int]]
"""The inputs of a window by their names, each a number for each token."""

Network = Callable[[Sequence[Inputs]], "Floats"]
"""A batch of windows to the scores of their labels: windows × tokens × labels."""


@dataclass(frozen=True, slots=True)
class _Window:
    """A stretch of the tokens of a text, and which of them it judges: of shared ones each its half."""

    inputs: Inputs
    judged: Sequence[int]
    offsets: Sequence[tuple[int, int]]
    """Of those that are judged."""


class TransformersTagger(Marker):
    """Finds names by a model of transformers, on one core."""

    def __init__(
        self, tokenizer: Any, network: Network, labels: Sequence[Label], most: int = MAX_TOKENS
    ) -> None:
        """``tokenizer`` is a fast one, and ``most`` is how many tokens the network reads at once."""
        self._tokenizer = tokenizer
        self._network = network
        self._labels = labels
        self._most = most
        self._shared = min(64, most // 4)

    @classmethod
    def load(cls, folder: Path) -> TransformersTagger:
        """The model of a folder with ``config.json``, weights and the files of a tokenizer.

        No code that comes with a model is run. Raises ModelError where the extra is missing, or
        where the model cannot be used.
        """
        labels = read_labels(_config(folder), str(folder))
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")  # processes share the cores
        try:
            import torch  # noqa: F401
            import transformers
        except ImportError as error:
            raise ModelError(MISSING, file=str(folder)) from error
        with _quiet(transformers), _errors_of(folder):
            tokenizer = _tokenizer(transformers, folder)
            network = _network(transformers, folder, len(labels))
        most = _most_tokens(tokenizer, network.config)
        return cls(tokenizer, _torch_network(network, tokenizer.pad_token_id or 0), labels, most)

    def mark(self, texts: Sequence[str]) -> list[Marks]:
        """Names and probabilities of each text; the texts are read in batches of like length."""
        plain = [carried(fold(text)) for text in texts]
        windows = [self._windows(text) for text in plain]
        every = [window for mine in windows for window in mine]
        judged = iter(self._judged(every))
        return mark_all(
            [
                self._laid_out(text, mine, [row for _ in mine for row in next(judged)])
                for text, mine in zip(plain, windows, strict=True)
            ]
        )

    def _windows(self, text: str) -> list[_Window]:
        """The tokens of a text in stretches that the network can read, neighbours overlapping."""
        if not text:
            return []
        given = self._tokenizer(
            [text], truncation=True, max_length=self._most, stride=self._shared, padding=False,
            return_overflowing_tokens=True, return_offsets_mapping=True,
            return_special_tokens_mask=True, return_attention_mask=True,
        )  # fmt: skip
        found = []
        count = len(given["input_ids"])
        for number, ids in enumerate(given["input_ids"]):
            own = [
                at for at, special in enumerate(given["special_tokens_mask"][number]) if not special
            ]
            first = self._shared // 2 if number else 0
            last = len(own) - (self._shared - self._shared // 2 if number < count - 1 else 0)
            pieces = self._tokenizer.convert_ids_to_tokens(ids)
            judged = [at for at in own[first:last] if pieces[at] != _BLANK]
            offsets = [tuple(given["offset_mapping"][number][at]) for at in judged]
            inputs = {name: given[name][number] for name in _INPUTS if name in given}
            found.append(_Window(inputs, judged, offsets))
        return found

    def _judged(self, windows: Sequence[_Window]) -> list[list[Floats]]:
        """Of each token that each window judges, the probabilities of the labels."""
        rows: list[list[Floats]] = [[] for _ in windows]
        for batch in batches([len(window.inputs["input_ids"]) for window in windows]):
            scores = self._network([windows[number].inputs for number in batch])
            for number, likely in zip(batch, softmax(scores), strict=True):
                rows[number] = [likely[at] for at in windows[number].judged]
        return rows

    def _laid_out(self, text: str, windows: Sequence[_Window], judged: Sequence[Floats]) -> Floats:
        import numpy as np

        found = units(text, [offset for window in windows for offset in window.offsets])
        told = np.zeros((len(found), len(PLACES), len(CLASSES)), np.float32)
        for number, label in enumerate(self._labels):
            if label.name:
                place, name = PLACES.index(label.place), CLASSES.index(label.name)
                told[:, place, name] += [judged[token][number] for _, _, token in found]
        return laid_out(len(text), found, told)


_BLANK: Final = "\u2581"
"""The token that SentencePiece puts in front of a text; it claims the text's first character."""

_INPUTS: Final = ("input_ids", "token_type_ids", "attention_mask")


# --- torch and transformers --------------------------------------------------------------------


@contextmanager
def _quiet(transformers: Any) -> Iterator[None]:
    """Loading shows no bar and writes no warning."""
    logs = transformers.utils.logging
    level, bars = logs.get_verbosity(), logs.is_progress_bar_enabled()
    logs.set_verbosity_error()
    logs.disable_progress_bar()
    try:
        yield
    finally:
        logs.set_verbosity(level)
        if bars:
            logs.enable_progress_bar()


@contextmanager
def _errors_of(folder: Path) -> Iterator[None]:
    """What goes wrong with a model, as one line."""
    try:
        yield
    except ModelError:
        raise
    except Exception as error:  # files of anyone, read by other packages: anything may be raised
        why = str(error).strip().split("\n", 1)[0] or type(error).__name__
        raise ModelError(f"cannot be loaded: {why}", file=str(folder)) from error


def _tokenizer(transformers: Any, folder: Path) -> Any:
    tokenizer = transformers.AutoTokenizer.from_pretrained(
        folder, local_files_only=True, trust_remote_code=False
    )
    if not tokenizer.is_fast:
        why = f"its tokenizer ({type(tokenizer).__name__}) tells no offsets; a fast one is needed"
        raise ModelError(why, file=str(folder))
    if len(tokenizer) <= len(
        tokenizer.all_special_ids
    ):  # it is made up where its files are missing
        raise ModelError("its tokenizer knows no words: its files are missing", file=str(folder))
    tokenizer.truncation_side = "right"
    return tokenizer


def _network(transformers: Any, folder: Path, labels: int) -> Any:
    network, told = transformers.AutoModelForTokenClassification.from_pretrained(
        folder, local_files_only=True, trust_remote_code=False, output_loading_info=True
    )
    if told["missing_keys"]:
        why = f"lacks weights: {', '.join(sorted(told['missing_keys'])[:3])}"
        raise ModelError(why, file=str(folder))
    if network.config.num_labels != labels:
        raise ModelError("config.json: id2label: must number labels", file=str(folder))
    return network.float().eval()


def _most_tokens(tokenizer: Any, config: Any) -> int:
    """How many tokens a model reads at once; some count their positions from two."""
    positions = getattr(config, "max_position_embeddings", None) or MAX_TOKENS + 2
    return int(min(MAX_TOKENS, tokenizer.model_max_length, positions - 2))


def _torch_network(network: Any, pad: int) -> Network:
    """The network as a function, run by one thread, without gradients."""
    import torch

    taken = [name for name in _INPUTS if name in signature(network.forward).parameters]

    def run(windows: Sequence[Inputs]) -> Floats:
        width = max(len(window["input_ids"]) for window in windows)
        batch = {
            name: torch.tensor(
                [_filled(w[name], width, pad * (name == "input_ids")) for w in windows]
            )
            for name in taken
            if name in windows[0]
        }
        threads = torch.get_num_threads()
        torch.set_num_threads(1)
        try:
            with torch.inference_mode():
                scores: Floats = network(**batch).logits.numpy()
        finally:
            torch.set_num_threads(threads)
        return scores

    return run


def _filled(row: Sequence[int], width: int, filler: int) -> list[int]:
    return [*row, *[filler] * (width - len(row))]
