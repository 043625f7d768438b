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
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from extract import ner
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
    opened = gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open()
    with opened as stream:
        for line in stream:
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
    words = np.cumsum((kinds - 1) % 4 < 2)
    return Stream(np.concatenate(ids), kinds, words)


def make_network(size: int) -> Any:
    """An untrained network: BERT of transformers, 4 layers of 256, on characters and neighbours.

    What goes into the first layer is the character with two neighbours on each side (a convolution),
    so that the little text there is need not teach attention what stands beside what.
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

    class Network(torch.nn.Module):
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
            mixed = seen + self.around(seen.transpose(1, 2)).transpose(1, 2)
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


def pretrain(network: Any, stream: Stream, *, minutes: float, seed: int, checkpoint: Path) -> float:
    """Teaches the network to restore hidden words for some minutes; the last mean loss."""
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
            with checkpoint.with_suffix(".log").open("a") as log:
                log.write(f"{share:.2f} step {step} loss {mean:.3f}\n")
    torch.save(network.state_dict(), checkpoint)
    return mean
