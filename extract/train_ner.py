"""Makes the model of ``extract.ner``: pretraining by masking, fine-tuning, export.

Needs the extra ``zhdeals[train]``; torch, transformers and onnx are imported where they are used.
Most of the data says only in part what is a name. So every character carries the set of tags that it
may have, and the loss is the probability mass outside of that set: a character of which nothing is
known costs nothing.
"""

from __future__ import annotations

import gzip
import json
import random
import re
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from extract import ner
from extract.lexicon import alternation, key, org_surfaces, orgs, words
from extract.mentions import Mention
from extract.names import find_names, is_name
from extract.segment import cut
from extract.text import fold

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

HIDDEN, LAYERS, HEADS = 256, 4, 4
VOCABULARY = 6000
LEAST = 3
"""A character that is seen less often is unknown to the model."""

BLOCK = 128
BATCH = 24
RATE = 1.5e-3
MASKED = 0.2
"""The share of words that pretraining hides."""


# --------------------------------------------------------------------------------------------
# texts


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    content = path.read_bytes()
    text = (gzip.decompress(content) if path.suffix == ".gz" else content).decode("utf-8")
    for line in text.split("\n"):
        if line.strip():
            yield json.loads(line)


def articles(shared: Path) -> Iterator[str]:
    """The news of ``unlabelled``, their titles in front."""
    for path in sorted((shared / "data" / "unlabelled").glob("*.jsonl.gz")):
        for row in _lines(path):
            yield fold(f"{row['title']}\n{row['text']}")


def plain_texts(shared: Path) -> Iterator[str]:
    """Everything that pretraining reads: the news, gold of train, and the sentences of the sets."""
    yield from articles(shared)
    yield from (fold(row["text"]) for row in _lines(shared / "gold" / "train.jsonl"))
    yield from (fold(row["text"]) for row in cluener(shared)[0])
    for path in sorted((shared / "data" / "fewfc").glob("*.json")):
        yield from (fold(row["content"]) for row in _lines(path))
    yield from sorted({fold(row[3]) for row in finre(shared)})


def cluener(shared: Path) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """CLUENER's sentences: those to learn from, and every tenth, which no training sees."""
    rows = list(_lines(shared / "data" / "cluener" / "train.json"))
    learn = [row for number, row in enumerate(rows) if number % 10]
    return learn, rows[::10]


def finre(shared: Path) -> list[list[str]]:
    """FinRE's rows: head, tail, relation, sentence."""
    found = []
    for name in ("train.txt", "valid.txt"):
        text = (shared / "data" / "finre" / name).read_text(encoding="utf-8")
        rows = (line.split("\t") for line in text.splitlines())
        found += [row for row in rows if len(row) == 4]
    return found


def make_vocabulary(texts: Iterable[str]) -> list[str]:
    """The special entries and the most frequent characters, most frequent first."""
    counts = Counter[str]()
    for text in texts:
        counts.update(text)
    common = sorted((c for c, n in counts.items() if n >= LEAST), key=lambda c: (-counts[c], c))
    return [*ner.SPECIAL, *common[: VOCABULARY - len(ner.SPECIAL)]]


# --------------------------------------------------------------------------------------------
# what is known of the characters of a text

ALL = (1 << len(ner.LABELS)) - 1
OUTSIDE = 1
ORGS = ("company", "organization", "government")
SILVER = 0.4
"""The weight of what is only likely."""


@dataclass(frozen=True, slots=True)
class Example:
    """A text, the set of tags that each character may have (as bits), and how much that counts.

    ``names`` are the borders of organisations, in whose place others may be put.
    """

    text: str
    allowed: NDArray[np.int32]
    weight: NDArray[np.float32]
    names: tuple[tuple[int, int], ...]

    def part(self, start: int, end: int) -> Example:
        """The example that a stretch of this one makes."""
        kept = tuple((a - start, b - start) for a, b in self.names if start <= a and b <= end)
        return Example(self.text[start:end], self.allowed[start:end], self.weight[start:end], kept)


def tag_sets(length: int, classes: Sequence[str]) -> list[int]:
    """The tags that the characters of a name of one of these classes may have."""
    places = ner.places(length)
    return [sum(1 << (1 + 4 * ner.CLASSES.index(c) + place) for c in classes) for place in places]


def make_example(
    text: str, spans: Iterable[tuple[int, int, Sequence[str]]], outside: Iterable[tuple[int, int]]
) -> Example:
    """An example of names and of stretches that are outside; of the rest nothing is known."""
    import numpy as np

    allowed = np.full(len(text), ALL, np.int32)
    weight = np.ones(len(text), np.float32)
    names = []
    for start, end in outside:
        allowed[start:end] = OUTSIDE
        weight[start:end] = SILVER
    for start, end, classes in spans:
        allowed[start:end] = tag_sets(end - start, classes)
        weight[start:end] = 1
        if classes[0] in ORGS[:2]:
            names.append((start, end))
    return Example(text, allowed, weight, tuple(names))


def apart(spans: Iterable[tuple[int, int, Sequence[str]]]) -> list[tuple[int, int, Sequence[str]]]:
    """The spans without overlaps: longer ones first."""
    taken: list[tuple[int, int, Sequence[str]]] = []
    for span in sorted(spans, key=lambda s: (s[0] - s[1], s[0])):
        if all(span[1] <= start or end <= span[0] for start, end, _ in taken):
            taken.append(span)
    return sorted(taken)


# --------------------------------------------------------------------------------------------
# what is surely no name: stretches of words that everybody uses

_CLOSED = frozenset("的了着是在被由将已，。；：！？、“”‘’「」《》（）()【】%％\n…—|丨")
_SMALL = frozenset(
    "与和及等对向以从把让给就也都还又或但而因于中后前上下时年月日元个家名次笔轮台款条项位只股其该此每万亿百千 "
)
_NUMBER = re.compile(r"[0-9.,]+")
_SEEN_OFTEN = 20


class Plain:
    """Tells the stretches of a text that are made of common words alone and so name nothing.

    Words fall into kinds: H function words and verbs, P small words, C other common words, F words
    that end names (资本, 科技), G places, and U what no list of common words has.
    """

    def __init__(self, common: frozenset[str]) -> None:
        self._common = common
        endings = {
            *words("names.toml", "suffix", "strong"),
            *words("slots.toml", "lists", "extension"),
        }
        self._endings = frozenset(endings)
        self._latin = frozenset(words("names.toml", "latin", "stop"))

    def kind(self, word: str, tag: str) -> str:
        """The kind of one word; ``h`` is a verb, which may also begin a name (联想, 探索)."""
        if word in _CLOSED:
            return "H"
        if word in _SMALL or _NUMBER.fullmatch(word):
            return "P"
        if word.isascii():
            return "P" if len(word) == 1 else "C" if word in self._latin else "U"
        if word in self._endings:
            return "F"
        if len(word) == 1 or word not in self._common or tag in {"nr", "nt", "nz"}:
            return "G" if tag == "ns" and len(word) > 1 else "U"
        if tag == "ns":
            return "G"
        return "h" if tag[0] == "v" else "H" if tag[0] in "dpcrtmqfuyeo" else "C"

    def stretches(self, text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
        """The stretches between two names that are surely outside of any."""
        import rjieba

        tagged = [(word, tag) for word, tag in rjieba.tag(text[start:end], hmm=False)]
        kinds = ["H", *(self.kind(word, tag) for word, tag in tagged), "H"]
        for number, (word, _) in enumerate(tagged):
            if _is_outside(*kinds[number : number + 3]):
                yield start, start + len(word)
            start += len(word)

    def beside(self, text: str, start: int, end: int) -> bool:
        """Whether a listed name seems to go on: the word beside it is unknown or ends names."""
        import rjieba

        before = rjieba.tag(text[max(0, start - 8) : start], hmm=False)[-1:]
        after = rjieba.tag(text[end : end + 8], hmm=False)[:1]
        kinds = [self.kind(word, tag) for word, tag in (*before, *after)]
        return any(kind in "UF" for kind in kinds)


def _is_outside(before: str, kind: str, after: str) -> bool:
    if kind in "Hh":
        return kind == "H" or after != "F"
    if kind == "P":
        return "U" not in (before, after)
    if kind == "C":
        return before not in "UFG" and after not in "UF"
    if kind == "F":
        return before in "HP"
    return kind == "G" and before in "HPhC" and after in "HPh"


def common_words(texts: Iterable[str]) -> frozenset[str]:
    """The words that the news use often."""
    counts = Counter[str]()
    for text in texts:
        counts.update(cut(text))
    return frozenset(word for word, n in counts.items() if n >= _SEEN_OFTEN and len(word) > 1)


# --------------------------------------------------------------------------------------------
# examples of each source

_SENTENCE = re.compile(r"[^。！？\n]*[。！？\n]?")
_WINDOW = 160


def windows(text: str) -> Iterator[tuple[int, int]]:
    """Whole sentences together, up to 160 characters."""
    start = end = 0
    for match in _SENTENCE.finditer(text):
        if match.end() - start > _WINDOW and end > start:
            yield start, end
            start = end
        end = match.end()
    if end > start:
        yield start, end


def _pieces(example: Example) -> Iterator[Example]:
    for start, end in windows(example.text):
        part = example.part(start, min(end, start + ner.MAX_LENGTH))
        if part.text.strip():
            yield part


_CLUENER = {
    "company": "company", "organization": "organization", "government": "government",
    "name": "person", "game": "product", "book": "product", "movie": "product",
}  # fmt: skip


def cluener_spans(row: Mapping[str, Any]) -> list[tuple[int, int, Sequence[str]]]:
    """Names of a sentence of CLUENER, whose ends are inclusive, by our classes."""
    return apart(
        (start, end + 1, (_CLUENER[label],))
        for label, found in row["label"].items()
        if label in _CLUENER
        for places in found.values()
        for start, end in places
    )


def cluener_examples(shared: Path) -> list[Example]:
    """All of CLUENER that is learned from: what is not marked there is outside."""
    import numpy as np

    found = []
    for row in cluener(shared)[0]:
        example = make_example(fold(row["text"]), cluener_spans(row), [(0, len(row["text"]))])
        found.append(replace(example, weight=np.ones_like(example.weight)))
    return found


_ROLES = {
    **dict.fromkeys(("sub-org", "obj-org", "target-company"), ("company",)),
    **dict.fromkeys(("sub", "obj"), (*ORGS, "person")),
    **dict.fromkeys(("sub-per", "obj-per"), ("person", *ORGS)),
    "institution": ("government", "organization"),
}


def fewfc_names(shared: Path) -> Iterator[tuple[str, dict[str, Sequence[str]]]]:
    """Sentences of FewFC with the names among their arguments."""
    for path in sorted((shared / "data" / "fewfc").glob("*.json")):
        for row in _lines(path):
            roles = [m for event in row["events"] for m in event["mentions"] if m["role"] in _ROLES]
            yield fold(row["content"]), {fold(m["word"]): _ROLES[m["role"]] for m in roles}


def finre_names(shared: Path) -> Iterator[tuple[str, dict[str, Sequence[str]]]]:
    """Sentences of FinRE with all their heads and tails."""
    found: dict[str, dict[str, Sequence[str]]] = {}
    for head, tail, _, sentence in finre(shared):
        found.setdefault(fold(sentence), {}).update({fold(head): ORGS, fold(tail): ORGS})
    yield from sorted(found.items())


def gold_names(rows: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, dict[str, Sequence[str]]]]:
    """Articles with the names of all parties of their deals."""
    for row in rows:
        parties = [p for deal in row["deals"] for p in (*deal["investor"], *deal["target"])]
        listed = [name for party in parties for name in (party["name"], *party["names"])]
        yield fold(row["text"]), {fold(name): _kinds(name) for name in listed}


def _kinds(name: str) -> Sequence[str]:
    entry = org_surfaces().get(key(name))
    if entry is None:
        return (*ORGS, "person")
    return ("person",) if entry.kind == "person" else _LISTED.get(orgs()[entry.id].kind, ORGS[:1])


_LISTED: Mapping[str, Sequence[str]] = {
    "government": ("government",),
    "university": ("organization",),
    "institute": ("organization", "company"),
}


def places_of(
    text: str, names: Mapping[str, Sequence[str]]
) -> list[tuple[int, int, Sequence[str]]]:
    """Every place of the names, the longest first, none within a Latin word."""
    known = [name for name in names if is_name(name)]
    if not known:
        return []
    pattern = re.compile(
        rf"(?:(?<![A-Za-z0-9])|(?![A-Za-z0-9]))(?:{alternation(known)})"
        r"(?:(?<![A-Za-z0-9])|(?![A-Za-z0-9]))"
    )
    return [(*match.span(), names[match.group()]) for match in pattern.finditer(text)]


def partial_example(
    text: str, named: Mapping[str, Sequence[str]], plain: Plain, *, lexicon: bool
) -> Example:
    """What the names of a source, the lexicon and the common words together say of a text."""
    told = places_of(text, named)
    found = find_names(text, text, lexicon=lexicon).mentions
    silver = [span for mention in found if (span := _silver(text, mention, plain))]
    spans = apart([*told, *(s for s in silver if all(s[1] <= a or b <= s[0] for a, b, _ in told))])
    outside = list(_gaps(text, spans, plain))
    return make_example(text, spans, outside)


_CLAUSE = re.compile("[已于将的由向被]")


def _silver(text: str, mention: Mention, plain: Plain) -> tuple[int, int, Sequence[str]] | None:
    """A mention of which lexicon and rules leave no doubt."""
    start, end = mention.start, mention.end
    if mention.rule in {"names.definition", "names.full"}:
        return None if _CLAUSE.search(mention.text) else (start, end, ORGS)
    if mention.kind == "HARDWARE":
        return start, end, ("hardware",)
    if mention.rule != "names.lexicon" or mention.value or plain.beside(text, start, end):
        return None
    if mention.kind == "PERSON":
        return start, end, ("person",)
    return start, end, _LISTED.get(orgs()[mention.id].kind, ORGS[:1])


def _gaps(
    text: str, spans: Sequence[tuple[int, int, Sequence[str]]], plain: Plain
) -> Iterator[tuple[int, int]]:
    start = 0
    for begin, end, _ in (*spans, (len(text), len(text), ())):
        yield from plain.stretches(text, start, begin)
        start = end


# --------------------------------------------------------------------------------------------
# pretraining


@dataclass(frozen=True)
class Stream:
    """All texts one behind the other: characters, types, and the words they belong to."""

    ids: NDArray[np.int64]
    types: NDArray[np.int64]
    words: NDArray[np.int64]


def make_stream(texts: Iterable[str], vocabulary: Mapping[str, int], *, seed: int) -> Stream:
    """The texts in an order of chance, each closed by a line end."""
    import numpy as np

    ordered = sorted(texts)
    random.Random(seed).shuffle(ordered)
    ids: list[NDArray[np.int64]] = []
    types: list[NDArray[np.int64]] = []
    for text in ordered:
        ids.append(np.array(ner.char_ids(text + "\n", vocabulary)))
        types.append(np.array(ner.word_types(text + "\n")))
    kinds = np.concatenate(types)
    words = np.cumsum((kinds - 1) % 4 < 2, dtype=np.int64)
    return Stream(np.concatenate(ids), kinds, words)


def make_network(size: int) -> Any:
    """An untrained network: BERT of transformers, 4 layers of 256, on characters and neighbours.

    What goes into the first layer is the character with two neighbours on each side, a convolution
    written as a product of matrices, so that the little text there is need not teach attention what
    stands beside what.
    """
    import torch
    from transformers import BertConfig, BertModel

    config = BertConfig(
        vocab_size=size,
        hidden_size=HIDDEN,
        num_hidden_layers=LAYERS,
        num_attention_heads=HEADS,
        intermediate_size=4 * HIDDEN,
        max_position_embeddings=ner.MAX_LENGTH,
        type_vocab_size=ner.TYPES,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
        pad_token_id=ner.PAD,
        attn_implementation="eager",
    )

    class Network(torch.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.bert = BertModel(config, add_pooling_layer=False)
            self.kinds = torch.nn.Embedding(ner.TYPES, HIDDEN, padding_idx=0)
            torch.nn.init.normal_(self.kinds.weight, std=0.02)
            self.around = torch.nn.Conv1d(HIDDEN, HIDDEN, 5, padding=2)
            self.tags = torch.nn.Linear(HIDDEN, len(ner.LABELS))

        def states(self, ids: Any, types: Any, mask: Any = None, positions: Any = None) -> Any:
            table = self.bert.embeddings.word_embeddings
            seen = table(ids) + self.kinds(types)
            if mask is not None:
                seen = seen * mask.unsqueeze(-1).to(seen.dtype)
            wide = torch.nn.functional.pad(seen, (0, 0, 2, 2))
            beside = [wide[:, at : at + ids.shape[1]] for at in range(5)]
            flat = self.around.weight.permute(0, 2, 1).reshape(HIDDEN, 5 * HIDDEN)
            mixed = seen + torch.cat(beside, -1) @ flat.T + self.around.bias
            found = self.bert(
                inputs_embeds=mixed,
                token_type_ids=torch.zeros_like(ids),
                position_ids=positions,
                attention_mask=mask,
            )
            return found.last_hidden_state

        def forward(self, ids: Any, types: Any, mask: Any) -> Any:
            return self.tags(self.states(ids, types, mask))

    return Network()


def make_optimiser(network: Any, others: Sequence[Any], *, rate: float) -> list[Any]:
    """Muon for the matrices of the layers, AdamW for all else."""
    import torch

    named = list(network.named_parameters())
    inner = [p for name, p in named if "encoder" in name and p.ndim == 2]
    known = {id(p) for p in inner}
    rest = [p for _, p in named if id(p) not in known] + list(others)
    return [
        torch.optim.Muon(inner, lr=rate, weight_decay=0.01, adjust_lr_fn="match_rms_adamw"),
        torch.optim.AdamW(rest, lr=rate, betas=(0.9, 0.98), weight_decay=0.01, fused=True),
    ]


def _masked_batch(stream: Stream, chance: Any) -> tuple[Any, Any, Any, Any, Any]:
    """Blocks of the stream with whole words hidden: ids, types, positions, where, what was there."""
    import numpy as np
    import torch

    begins = chance.integers(0, len(stream.ids) - BLOCK, BATCH)
    at = begins[:, None] + np.arange(BLOCK)
    ids, types, words = stream.ids[at], stream.types[at], stream.words[at]
    drawn = chance.random(1 << 14) < MASKED
    hidden = drawn[words % len(drawn)] & (ids > ner.MASK)
    wrong = hidden & (chance.random(ids.shape) < 0.1)
    shown = np.where(hidden, ner.MASK, ids)
    shown = np.where(wrong, chance.integers(3, int(stream.ids.max()) + 1, ids.shape), shown)
    types = np.where(hidden, ner.MASKED_TYPE, types)
    shift = int(chance.integers(0, ner.MAX_LENGTH - BLOCK + 1))
    positions = np.broadcast_to(np.arange(shift, shift + BLOCK), ids.shape).copy()
    where = torch.from_numpy(np.flatnonzero(hidden))
    return *map(torch.from_numpy, (shown, types, positions)), where, torch.from_numpy(ids[hidden])


def _set_rate(optimisers: Sequence[Any], rate: float) -> None:
    for optimiser in optimisers:
        for group in optimiser.param_groups:
            group["lr"] = rate


def pretrain(network: Any, stream: Stream, *, minutes: float, seed: int, checkpoint: Path) -> str:
    """Teaches the network to restore hidden words for some minutes; says how far it came."""
    import numpy as np
    import torch

    chance = np.random.default_rng(seed)
    head = torch.nn.Sequential(
        torch.nn.Linear(HIDDEN, HIDDEN), torch.nn.GELU(), torch.nn.LayerNorm(HIDDEN)
    )
    table = network.bert.embeddings.word_embeddings.weight
    bias = torch.nn.Parameter(torch.zeros(len(table)))
    optimisers = make_optimiser(network, [*head.parameters(), bias], rate=RATE)
    began, mean, step, saved = time.monotonic(), 0.0, 0, 0.0
    while (share := (time.monotonic() - began) / (60 * minutes)) < 1:
        _set_rate(optimisers, RATE * min(1.0, (step + 1) / 100) * max(0.03, 1 - share))
        ids, types, positions, where, true = _masked_batch(stream, chance)
        with torch.autocast("cpu", torch.bfloat16):
            states = network.states(ids, types, positions=positions).reshape(-1, HIDDEN)[where]
            logits = head(states) @ table.T + bias
        loss = torch.nn.functional.cross_entropy(logits.float(), true)
        loss.backward()
        for optimiser in optimisers:
            optimiser.step()
            optimiser.zero_grad()
        step += 1
        mean = 0.99 * mean + 0.01 * loss.item() if step > 1 else loss.item()
        if share - saved > 0.05:
            saved = share
            torch.save(network.state_dict(), checkpoint)
            _log(checkpoint, f"{share:.2f} step {step} loss {mean:.3f}")
    torch.save(network.state_dict(), checkpoint)
    return f"pretraining: {step} steps, loss {mean:.2f}"


# --------------------------------------------------------------------------------------------
# fine-tuning

SHARES = {"cluener": 0.36, "gold": 0.14, "fewfc": 0.1, "finre": 0.1, "news": 0.3}
"""How many of the batches come from each source."""

TOKENS = 2048
FINE_RATE = 8e-4
SWAPPED = 0.35
"""The share of names in whose place another is put."""

HIDDEN_WORDS = 0.04


def sources(shared: Path, corpus: Path | None = None) -> dict[str, list[Example]]:
    """The examples of each source, in windows."""
    news = list(articles(shared))
    plain = Plain(common_words(news))
    rows = list(_lines(shared / "gold" / "train.jsonl"))
    if corpus is not None:
        rows += _lines(corpus)

    def marked(named: Iterable[tuple[str, Mapping[str, Sequence[str]]]]) -> list[Example]:
        whole = (partial_example(text, names, plain, lexicon=True) for text, names in named)
        return [piece for example in whole for piece in _pieces(example)]

    told = marked((text, {}) for text in news)
    return {
        "cluener": cluener_examples(shared),
        "gold": marked(gold_names(rows)),
        "fewfc": marked(fewfc_names(shared)),
        "finre": marked(finre_names(shared)),
        "news": [e for number, e in enumerate(told) if e.names or number % 10 == 0],
    }


_CODAS = ("", "", "", "n", "r", "s", "l", "x")
_LATIN_ENDS = ("", "", "", "", " AI", "AI", " Labs", " Capital", " Technologies", ".ai", "tech")


class Swapper:
    """Puts other names in the place of known ones, so that the words around a name are learned."""

    def __init__(
        self, shared: Path, examples: Mapping[str, Sequence[Example]], *, seed: int
    ) -> None:
        self.chance = random.Random(seed)
        listed = (shared / "data" / "companies" / "short_names.txt").read_text(encoding="utf-8")
        self._short = [n for n in map(fold, listed.split("\n")) if re.fullmatch("[一-龥]{2,8}", n)]
        seen = {e.text[a:b] for found in examples.values() for e in found for a, b in e.names}
        self._seen = sorted(name for name in seen if 2 <= len(name) <= 24)

    def name(self) -> str:
        """A name: of a company that hardly anybody knows, of one of the sources, or made up."""
        drawn = self.chance.random()
        if drawn < 0.45:
            return self.chance.choice(self._short)
        if drawn < 0.8:
            return self.chance.choice(self._seen)
        pick = self.chance.choice
        made = "".join(
            pick("bcdfghklmnprstvwxz") + pick("aeiouy") + pick(_CODAS)
            for _ in range(pick((1, 2, 2, 3)))
        )
        made = made.capitalize() if self.chance.random() < 0.9 else made.upper()
        return made + pick(_LATIN_ENDS)

    def swap(self, example: Example, share: float) -> Example:
        """The example with some of its names replaced."""
        import numpy as np

        for start, end in reversed(example.names):
            if self.chance.random() >= share:
                continue
            name = self.name()
            given = [int(bits) for bits in example.allowed[start:end]]
            classes = [c for n, c in enumerate(ner.CLASSES) if given[0] >> (1 + 4 * n) & 15]
            tags = np.array(tag_sets(len(name), classes), np.int32)
            ones = np.ones(len(name), np.float32)
            example = replace(
                example,
                text=example.text[:start] + name + example.text[end:],
                allowed=np.concatenate([example.allowed[:start], tags, example.allowed[end:]]),
                weight=np.concatenate([example.weight[:start], ones, example.weight[end:]]),
            )
        return example


def _batch(
    examples: Sequence[Example], swapper: Swapper, vocabulary: Mapping[str, int]
) -> tuple[Any, Any, Any, Any, Any]:
    """Neighbours of a list that is sorted by length, as tensors; some words are hidden."""
    import numpy as np
    import torch

    chance = swapper.chance
    first = chance.randrange(len(examples))
    size = max(4, TOKENS // max(16, len(examples[first].text)))
    first = max(0, min(first, len(examples) - size))
    chosen = [swapper.swap(e, SWAPPED) for e in examples[first : first + size]]
    longest = min(ner.MAX_LENGTH, max(len(e.text) for e in chosen))
    ids, types, mask = (np.zeros((len(chosen), longest), np.int64) for _ in range(3))
    allowed = np.full(ids.shape, ALL, np.int32)
    weight = np.zeros(ids.shape, np.float32)
    for row, example in enumerate(chosen):
        end = min(longest, len(example.text))
        ids[row, :end] = ner.char_ids(example.text, vocabulary)[:end]
        types[row, :end] = ner.word_types(example.text)[:end]
        mask[row, :end] = 1
        allowed[row, :end] = example.allowed[:end]
        weight[row, :end] = example.weight[:end]
    drawn = np.array([chance.random() < HIDDEN_WORDS for _ in range(ids.size)]).reshape(ids.shape)
    hidden = np.where((types - 1) % 4 < 2, drawn, drawn & np.roll(drawn, 1, axis=1)) & (mask > 0)
    ids[hidden], types[hidden] = ner.MASK, ner.MASKED_TYPE
    return (
        *map(torch.from_numpy, (ids, types, mask)),
        torch.from_numpy(allowed),
        torch.from_numpy(weight),
    )


def partial_loss(scores: Any, allowed: Any, weight: Any) -> Any:
    """Minus the logarithm of the probability of all tags that a character may have, on average."""
    import torch

    bits = torch.arange(len(ner.LABELS), dtype=torch.int32)
    possible = (allowed.unsqueeze(-1) >> bits) & 1 > 0
    likely = torch.log_softmax(scores.float(), -1).masked_fill(~possible, -1e4)
    counted = weight * (allowed != ALL)
    return -(likely.logsumexp(-1) * counted).sum() / counted.sum().clamp(min=1)


def fine_tune(
    network: Any,
    examples: Mapping[str, Sequence[Example]],
    vocabulary: Mapping[str, int],
    swapper: Swapper,
    *,
    minutes: float,
    checkpoint: Path,
) -> str:
    """Teaches the tags; what is kept is the running mean of the weights. Says how far it came."""
    import torch

    by_length = {name: sorted(found, key=lambda e: len(e.text)) for name, found in examples.items()}
    for module in network.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.1
    network.train()
    kept = torch.optim.swa_utils.AveragedModel(
        network, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(0.99)
    )
    optimisers = make_optimiser(network, [], rate=FINE_RATE)
    began, step, saved, mean = time.monotonic(), 0, 0.0, 0.0
    while (share := (time.monotonic() - began) / (60 * minutes)) < 1:
        _set_rate(optimisers, FINE_RATE * min(1.0, (step + 1) / 100) * max(0.02, 1 - share))
        (name,) = swapper.chance.choices(list(SHARES), list(SHARES.values()))
        *inputs, allowed, weight = _batch(by_length[name], swapper, vocabulary)
        with torch.autocast("cpu", torch.bfloat16):
            scores = network(*inputs)
        loss = partial_loss(scores, allowed, weight)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        for optimiser in optimisers:
            optimiser.step()
            optimiser.zero_grad()
        kept.update_parameters(network)
        step += 1
        mean += (loss.item() - mean) * max(0.01, 1 / step)
        if share - saved > 0.1:
            saved = share
            torch.save(kept.module.state_dict(), checkpoint)
            _log(checkpoint, f"{share:.2f} step {step} loss {mean:.4f}")
    network.load_state_dict(kept.module.state_dict())
    network.eval()
    torch.save(network.state_dict(), checkpoint)
    return f"fine-tuning: {step} steps, loss {mean:.3f}"


def _log(checkpoint: Path, line: str) -> None:
    with checkpoint.with_suffix(".log").open("a", encoding="utf-8") as log:
        log.write(line + "\n")


# --------------------------------------------------------------------------------------------
# measuring and export


@dataclass(frozen=True, slots=True)
class Score:
    """How well the spans of one class are found."""

    right: int
    found: int
    wanted: int

    @property
    def precision(self) -> float:
        """The share of what was found that is right."""
        return self.right / self.found if self.found else 0.0

    @property
    def recall(self) -> float:
        """The share of what was wanted that was found."""
        return self.right / self.wanted if self.wanted else 0.0

    @property
    def f1(self) -> float:
        """The harmonic mean of both."""
        both = self.found + self.wanted
        return 2 * self.right / both if both else 0.0


def measure(tagger: ner.Tagger, shared: Path) -> dict[str, Score]:
    """Exact spans of each class on the tenth of CLUENER that no training sees."""
    held = cluener(shared)[1]
    marked = tagger.tag([row["text"] for row in held])
    wanted = {(n, s, e, c[0]) for n, row in enumerate(held) for s, e, c in cluener_spans(row)}
    found = {(n, s.start, s.end, s.fine) for n, spans in enumerate(marked) for s in spans}
    return {
        name: Score(
            sum(one[3] == name for one in wanted & found),
            sum(one[3] == name for one in found),
            sum(one[3] == name for one in wanted),
        )
        for name in (*ORGS, "person", "product")
    }


def torch_network(network: Any) -> ner.Network:
    """The network as it is before its export."""
    import torch

    def run(ids: Any, types: Any, mask: Any) -> Any:
        with torch.no_grad():
            return network(*map(torch.from_numpy, (ids, types, mask))).float().numpy()

    return run


def export(network: Any, folder: Path, vocabulary: Sequence[str]) -> None:
    """Writes ``model.onnx`` (int8), ``vocab.txt`` and ``config.json``."""
    import torch
    from onnxruntime.quantization import QuantType, quantize_dynamic

    folder.mkdir(parents=True, exist_ok=True)
    whole = folder / "whole.onnx"
    sample = tuple(torch.ones((2, 8), dtype=torch.int64) for _ in range(3))
    axes = {name: {0: "batch", 1: "length"} for name in (*INPUTS, "logits")}
    torch.onnx.export(
        network.eval(), sample, str(whole), input_names=list(INPUTS), output_names=["logits"],
        dynamic_axes=axes, opset_version=17, dynamo=False,
    )  # fmt: skip
    quantize_dynamic(
        whole, folder / "model.onnx", per_channel=True, weight_type=QuantType.QInt8,
        op_types_to_quantize=["MatMul", "Gather"],
    )  # fmt: skip
    whole.unlink()
    lines = (entry.replace("\n", "\\n") for entry in vocabulary)
    (folder / "vocab.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    config = {"labels": ner.LABELS, "types": ner.TYPES, "max_length": ner.MAX_LENGTH}
    (folder / "config.json").write_text(json.dumps(config, indent=1) + "\n", encoding="utf-8")


INPUTS = ("input_ids", "token_type_ids", "attention_mask")


# --------------------------------------------------------------------------------------------
# all of it

PRETRAINED = 0.5
"""The share of the time that goes into pretraining."""

CORPUS = Path(__file__).resolve().parents[1] / "corpus" / "articles.jsonl"
"""Our own articles, where the package runs from its checkout."""

_CARD = """\
# The model of names

A transformer over characters, {layers} layers of {hidden} (BERT as transformers has it), that marks
companies, other organisations, governments, persons, products and hardware in Chinese news. With
each character it reads the class of its word in jieba's dictionary and its place there, and two
neighbours on each side. {size:.1f} MB in int8; ONNX Runtime and NumPy run it.

## Scores

Exact spans on {held} sentences of CLUENER (every tenth of its training set, seen by no training),
the exported model:

| class | precision | recall | F1 |
|---|---|---|---|
{rows}

## Data

| source | used for | licence and origin |
|---|---|---|
| CLUENER2020 train, nine tenths | all its names | research, CLUEbenchmark |
| FewFC | parties of events, as far as they are marked | CC BY-SA 4.0, TimeBurningFish/FewFC |
| FinRE | heads and tails | MIT, thunlp/Chinese_NRE |
| news of 2022 to 2026, annotated (train only) | parties of deals | texts of the outlets from public archives (liandyao/AI-IT-News-Archive, irisfeng/ai36kr, yangwenmai/weixin-topic-reader), research use |
| news of March to June 2026, not annotated | masking; names on which lexicon and rules agree | the same archives, research use |
| the project's own articles | parties of deals | as the project |
| Company-Names-Corpus | names put in the place of known ones | Apache-2.0, wainshine/Company-Names-Corpus |

What a source does not mark counts neither for nor against a name, but for words that everybody uses:
those are outside. No text of the data can be had back from the files here.

## How it was made

    pip install 'zhdeals[train]'
    zhdeals train ner

Seed {seed}, {minutes:.0f} minutes of wall time on one core ({steps}). The time is what is fixed, not the
number of steps: on another machine the weights come out a little different.
"""


def card(
    scores: Mapping[str, Score], *, held: int, size: int, seed: int, minutes: float, steps: str
) -> str:
    """The README of a model."""
    rows = (
        f"| {name} | {one.precision:.3f} | {one.recall:.3f} | {one.f1:.3f} |"
        for name, one in scores.items()
    )
    return _CARD.format(
        layers=LAYERS, hidden=HIDDEN, size=size / 1e6, held=held, rows="\n".join(rows),
        seed=seed, minutes=minutes, steps=steps,
    )  # fmt: skip


def train(shared: Path, out: Path, *, minutes: float, seed: int) -> None:
    """Makes the model from the data in ``shared`` and writes it, with its card, to ``out``.

    ``minutes`` is the time on one core, half of it for pretraining; a model like the one shipped
    takes some fifty. Raises ModelError where torch or transformers is missing.
    """
    try:
        import torch
    except ImportError as error:
        raise ner.ModelError("training needs the extra zhdeals[train]") from error
    torch.manual_seed(seed)
    torch.set_num_threads(1)
    out.mkdir(parents=True, exist_ok=True)
    texts = list(plain_texts(shared))
    listed = make_vocabulary(texts)
    vocabulary = {char: number for number, char in enumerate(listed)}
    network = make_network(len(listed))
    checkpoint = out / "pretrained.pt"
    stream = make_stream(texts, vocabulary, seed=seed)
    first = minutes * PRETRAINED
    told = [pretrain(network, stream, minutes=first, seed=seed, checkpoint=checkpoint)]
    examples = sources(shared, CORPUS if CORPUS.exists() else None)
    swapper = Swapper(shared, examples, seed=seed)
    checkpoint = out / "tuned.pt"
    rest = minutes - first
    told.append(
        fine_tune(network, examples, vocabulary, swapper, minutes=rest, checkpoint=checkpoint)
    )
    export(network, out, listed)
    finish(shared, out, seed=seed, minutes=minutes, steps=" and ".join(told))


def finish(shared: Path, out: Path, *, seed: int, minutes: float, steps: str) -> None:
    """Measures the exported model and writes its card."""
    scores = measure(ner.Tagger.load(out), shared)
    size = (out / "model.onnx").stat().st_size
    held = len(cluener(shared)[1])
    text = card(scores, held=held, size=size, seed=seed, minutes=minutes, steps=steps)
    (out / "README.md").write_text(text, encoding="utf-8")
