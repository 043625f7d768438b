"""Makes the model of ``extract.ner``: pretraining by masking, fine-tuning, export.

Needs the extra ``zhdeals[train]``; torch, transformers and onnx are imported where they are used.
What a character may be is a set of tags (``extract.ner_data``), and the loss is the probability mass
outside of that set: a character of which nothing is known costs nothing.
"""

from __future__ import annotations

import json
import random
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from extract import ner
from extract.ner_data import (
    ALL,
    ORGS,
    Example,
    Swapper,
    cluener,
    cluener_spans,
    plain_texts,
    sources,
)

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
# pretraining


def make_vocabulary(texts: Iterable[str]) -> list[str]:
    """The special entries and the most frequent characters, most frequent first."""
    counts = Counter[str]()
    for text in texts:
        counts.update(text)
    common = sorted((c for c, n in counts.items() if n >= LEAST), key=lambda c: (-counts[c], c))
    return [*ner.SPECIAL, *common[: VOCABULARY - len(ner.SPECIAL)]]


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

SHARES = {"cluener": 0.4, "gold": 0.16, "fewfc": 0.08, "finre": 0.08, "news": 0.28}
"""How many of the batches come from each source."""

TOKENS = 2048
FINE_RATE = 8e-4
SWAPPED = {"cluener": 0.2, "gold": 0.35, "fewfc": 0.35, "finre": 0.35, "news": 0.4}
"""The share of companies in whose place another is put, by source."""

HIDDEN_WORDS = 0.04


def _batch(
    examples: Sequence[Example], swapper: Swapper, vocabulary: Mapping[str, int], swapped: float
) -> tuple[Any, Any, Any, Any, Any]:
    """Neighbours of a list that is sorted by length, as tensors; some words are hidden."""
    import numpy as np
    import torch

    chance = swapper.chance
    first = chance.randrange(len(examples))
    size = max(4, TOKENS // max(16, len(examples[first].text)))
    first = max(0, min(first, len(examples) - size))
    chosen = [swapper.swap(e, swapped) for e in examples[first : first + size]]
    texts = [e.text for e in chosen]
    rows = ((ner.char_ids(text, vocabulary), ner.word_types(text)) for text in texts)
    longest = ner.MAX_LENGTH
    ids, types, mask = ner.padded([(chars[:longest], kinds[:longest]) for chars, kinds in rows])
    allowed = np.full(ids.shape, ALL, np.int32)
    weight = np.zeros(ids.shape, np.float32)
    for row, example in enumerate(chosen):
        end = min(longest, len(example.text))
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
        *inputs, allowed, weight = _batch(by_length[name], swapper, vocabulary, SWAPPED[name])
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
    axes = {name: {0: "batch", 1: "length"} for name in (*ner.INPUTS, "logits")}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the exporter, about itself
        torch.onnx.export(
            network.eval(), sample, str(whole), input_names=list(ner.INPUTS), output_names=["logits"],
            dynamic_axes=axes, opset_version=17, dynamo=False,
        )  # fmt: skip
    quantize_dynamic(
        whole, folder / "model.onnx", per_channel=True, weight_type=QuantType.QInt8,
        op_types_to_quantize=["MatMul", "Gather"],
    )  # fmt: skip
    whole.unlink()
    lines = (entry.replace("\n", "\\n") for entry in vocabulary)
    (folder / "vocab.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "config.json").write_text(json.dumps(ner.CONFIG, indent=1) + "\n", encoding="utf-8")


# --------------------------------------------------------------------------------------------
# all of it

PRETRAINED = 0.4
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
| the project's own articles, those of the split `train` | parties of deals | as the project |
| Company-Names-Corpus | names put in the place of known ones | Apache-2.0, wainshine/Company-Names-Corpus |

What a source does not mark counts neither for nor against a name, but for words that everybody uses:
those are outside. The vocabulary holds single characters only.

## How it was made

    pip install 'zhdeals[train]'
    zhdeals train ner DATA --out FOLDER

Seed {seed}, {minutes:.0f} minutes of wall time on one core. {steps}

The time is what is fixed, not the number of steps: on another machine the weights come out a little
different.
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

    ``minutes`` is the time on one core; a model like the one shipped takes some seventy. Raises
    ModelError where the extra ``zhdeals[train]`` is not installed.
    """
    try:
        import onnx  # noqa: F401
        import torch
        import transformers  # noqa: F401
    except ImportError as error:
        raise ner.ModelError("training needs the extra zhdeals[train]") from error
    torch.manual_seed(seed)
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as work:
        network, listed, told = _teach(shared, Path(work), minutes=minutes, seed=seed)
    export(network, out, listed)
    finish(shared, out, seed=seed, minutes=minutes, steps=told)


def _teach(shared: Path, work: Path, *, minutes: float, seed: int) -> tuple[Any, list[str], str]:
    """The network, its vocabulary, and how far both steps came; checkpoints go to ``work``."""
    texts = list(plain_texts(shared))
    listed = make_vocabulary(texts)
    vocabulary = {char: number for number, char in enumerate(listed)}
    network = make_network(len(listed))
    stream = make_stream(texts, vocabulary, seed=seed)
    first = minutes * PRETRAINED
    path = work / "pretrained.pt"
    masked = pretrain(network, stream, minutes=first, seed=seed, checkpoint=path)
    examples = sources(shared, CORPUS if CORPUS.exists() else None)
    swapper = Swapper(shared, examples, seed=seed)
    path = work / "tuned.pt"
    tuned = fine_tune(
        network, examples, vocabulary, swapper, minutes=minutes - first, checkpoint=path
    )
    return network, listed, f"{masked}; {tuned}.".capitalize()


def finish(shared: Path, out: Path, *, seed: int, minutes: float, steps: str) -> None:
    """Measures the exported model and writes its card."""
    scores = measure(ner.Tagger.load(out), shared)
    size = (out / "model.onnx").stat().st_size
    held = len(cluener(shared)[1])
    text = card(scores, held=held, size=size, seed=seed, minutes=minutes, steps=steps)
    (out / "README.md").write_text(text, encoding="utf-8")
