"""Other models of names: their labels, their tokens, and tiny ones whose answers are known."""

from __future__ import annotations

import json
import os
import pickle
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from extract import Pipeline, ner_transformers
from extract.cli import main
from extract.errors import SeedError
from extract.ner import CLASSES, LABELS, Marker, ModelError, Tagger
from extract.ner_transformers import (
    PLACES,
    Label,
    TransformersTagger,
    in_places,
    laid_out,
    load_model,
    model_folder,
    read_label,
    read_labels,
    units,
)

MISSING = (
    "the extra zhdeals[transformers] is not installed; torch from PyPI brings gigabytes of CUDA, so "
    "neither the extra test nor .ci/run has it"
)

# --- labels --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("label", "place", "name"),
    [
        ("O", "inside", ""),
        ("B-ORG", "begin", "organization"),
        ("I-ORG", "inside", "organization"),
        ("E-ORG", "end", "organization"),
        ("S-ORG", "single", "organization"),
        ("M-company", "inside", "company"),
        ("L-PER", "end", "person"),
        ("U-PERSON", "single", "person"),
        ("B_name", "begin", "person"),
        ("b-company", "begin", "company"),
        ("Ｂ-ＯＲＧ", "begin", "organization"),
        ("ORG-B", "begin", "organization"),
        ("nt_I", "inside", "organization"),
        ("B-COMPANY_NAME", "begin", "company"),
        ("B-company-name", "begin", "company"),
        ("COMPANY", "inside", "company"),
        ("company name", "inside", "company"),
        ("organization", "inside", "organization"),
        ("NR", "inside", "person"),
        ("B-PER.NAM", "begin", "person"),
        ("B-ORG.NOM", "begin", ""),
        ("B-机构", "begin", "organization"),
        ("公司", "inside", "company"),
        ("B-機構", "begin", "organization"),
        ("S-government", "single", "government"),
        ("I-GOV", "inside", "government"),
        ("B-PRODUCT", "begin", "product"),
        ("B-hardware", "begin", "hardware"),
        *((f"B-{name}", "begin", "") for name in ("GPE", "LOC", "address", "book", "game")),
        *((f"I-{name}", "inside", "") for name in ("movie", "position", "scene", "zorab")),
        ("[PAD]", "inside", ""),
        ("LABEL_0", "inside", ""),
        ("", "inside", ""),
    ],
)
def test_labels(label: str, place: str, name: str) -> None:
    found = read_label(label)
    assert found.name == name
    assert found.place == place or not name


def test_labels_of_our_own_mean_themselves() -> None:
    names = {"B": "begin", "I": "inside", "E": "end", "S": "single"}
    wanted = [Label(names[label[0]], label[2:]) for label in LABELS[1:]]
    assert [read_label(label) for label in LABELS[1:]] == wanted


def config(labels: Sequence[str], made_for: str = "BertForTokenClassification") -> dict[str, Any]:
    return {"architectures": [made_for], "id2label": dict(enumerate(labels)), "model_type": "bert"}


def test_labels_stand_in_the_order_of_their_numbers() -> None:
    told = {"2": "I-ORG", "0": "O", "1": "B-ORG"}
    found = read_labels({"id2label": told}, "m")
    assert found == [
        Label("inside", ""), Label("begin", "organization"), Label("inside", "organization"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("told", "message"),
    [
        ({}, "no label of it is known as one of organisations (it has none)"),
        (
            config(["LABEL_0", "LABEL_1"]),
            "no label of it is known as one of organisations (LABEL_0",
        ),
        (
            config(["O", "B-PER", "I-PER"]),
            "no label of it is known as one of organisations (O, B-P",
        ),
        (config(["O", "ORG"], "BertForMaskedLM"), "is no token classification (BertForMaskedLM)"),
        ({"id2label": {"x": "ORG"}}, "config.json: id2label: must number labels"),
        ({"id2label": ["ORG"]}, "config.json: id2label: must number labels"),
    ],
)
def test_models_for_something_else_are_errors(told: dict[str, Any], message: str) -> None:
    with pytest.raises(ModelError) as error:
        read_labels(told, "m")
    assert str(error.value).startswith(f"m: {message}")


@pytest.mark.parametrize(
    ("seed", "message"),
    [
        ({"person": ["nr"], "company": ["NR"]}, "ner_labels.toml: classes: stands twice: NR"),
        ({"planet": ["mars"]}, "ner_labels.toml: classes.planet: unknown name"),
    ],
)
def test_a_table_that_contradicts_itself_is_an_error(
    seed: dict[str, list[str]], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ner_transformers, "read_toml", lambda _: {"classes": seed})
    ner_transformers._classes.cache_clear()
    with pytest.raises(SeedError) as error:
        read_label("ORG")
    assert str(error.value) == message


# --- from tokens to characters -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "offsets", "found"),
    [
        ("鲲屿科技", [(0, 1), (1, 2), (2, 4)], [(0, 1, 0), (1, 2, 1), (2, 4, 2)]),
        ("与OpenAI", [(0, 1), (1, 5), (5, 7)], [(0, 1, 0), (1, 7, 1)]),
        ("GB 200", [(0, 2), (3, 6)], [(0, 2, 0), (3, 6, 1)]),
        ("GB 200", [(0, 2), (2, 6)], [(0, 2, 0), (3, 6, 1)]),
        ("A轮", [(0, 1), (1, 2)], [(0, 1, 0), (1, 2, 1)]),
        ("鲲屿", [(0, 1), (0, 1), (0, 1), (1, 2)], [(0, 1, 0), (1, 2, 3)]),
        ("鲲", [(0, 0), (0, 1)], [(0, 1, 1)]),
        ("", [], []),
    ],
)
def test_units(
    text: str, offsets: list[tuple[int, int]], found: list[tuple[int, int, int]]
) -> None:
    assert units(text, offsets) == found


def told(*rows: Mapping[str, float]) -> Any:
    """What a model says of units: of each its labels with their probabilities."""
    table = np.zeros((len(rows), len(PLACES), len(CLASSES)), np.float32)
    for number, row in enumerate(rows):
        for label, likely in row.items():
            meant = read_label(label)
            table[number, PLACES.index(meant.place), CLASSES.index(meant.name)] += likely
    return table


def best(*rows: Mapping[str, float]) -> str:
    """The likeliest of our labels for each character, each of which is a unit."""
    singles = [(number, number + 1, number) for number in range(len(rows))]
    found = laid_out(len(rows), singles, told(*rows))
    assert found.sum(axis=1) == pytest.approx(1)
    return " ".join(
        LABELS[n].replace("company", "c").replace("person", "p") for n in found.argmax(1)
    )


@pytest.mark.parametrize(
    ("labels", "wanted"),
    [
        ("O B-company I-company I-company O", "O B-c I-c E-c O"),
        ("B-company", "S-c"),
        ("B-company B-company I-company", "S-c B-c E-c"),
        ("I-company I-company O", "B-c E-c O"),
        ("I-company I-company B-company I-company", "B-c E-c B-c E-c"),
        ("company company O person", "B-c E-c O S-p"),
        ("B-company E-company B-company E-company", "B-c E-c B-c E-c"),
        ("S-company S-company M-company", "S-c S-c S-c"),
        ("B-company M-company E-company S-company", "B-c I-c E-c S-c"),
        ("B-company I-company L-company U-person", "B-c I-c E-c S-p"),
        ("B-company I-person", "S-c S-p"),
    ],
)
def test_schemes(labels: str, wanted: str) -> None:
    assert best(*({label: 0.98} if label != "O" else {} for label in labels.split())) == wanted


def test_a_name_whose_class_changes_stays_one_name() -> None:
    found = laid_out(2, [(0, 1, 0), (1, 2, 1)], told({"B-company": 0.9}, {"I-organization": 0.9}))
    assert found[0, LABELS.index("B-company")] == pytest.approx(0.9)
    assert found[1, LABELS.index("E-organization")] == pytest.approx(0.9)


def test_probabilities_are_shared_out() -> None:
    placed, going = in_places(told({"B-company": 0.8}, {"I-company": 0.6, "B-company": 0.2}, {}))
    company = CLASSES.index("company")
    assert placed[0, company] == pytest.approx([0.6, 0, 0, 0.2])
    assert placed[1, company] == pytest.approx([0, 0, 0.6, 0.2])
    assert going[:, company] == pytest.approx([0.6, 0, 0])
    assert placed.sum() == pytest.approx(1.6)


def test_words_and_the_spaces_between_them_are_laid_out() -> None:
    found = laid_out(
        6, [(0, 3, 0), (4, 6, 1)], told({"B-company": 0.9}, {"I-company": 0.9})
    ).argmax(1)
    assert "".join(LABELS[n][0] for n in found) == "BIIIIE"


def test_what_has_no_tokens_is_outside() -> None:
    assert laid_out(2, [], told()).argmax(1).tolist() == [0, 0]


# --- where a model is ----------------------------------------------------------------------------


def folder_with(folder: Path, content: str) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "config.json").write_text(content, encoding="utf-8")
    return folder


def test_our_own_format_is_told_from_the_other(root: Path) -> None:
    assert isinstance(load_model(root / "models" / "ner"), Tagger)
    assert isinstance(load_model(str(root / "models" / "ner")), Tagger)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "has no model: config.json is missing"),
        ("{", "config.json: Expecting"),
        ("[]", "config.json: must be an object"),
        (json.dumps(config(["ORG"], "GPT2LMHeadModel")), "is no token classification (GPT2LMH"),
        (json.dumps(config(["A", "B"])), "no label of it is known as one of organisations (A, B)"),
    ],
)
def test_folders_without_a_usable_model_are_errors(
    tmp_path: Path, content: str | None, message: str
) -> None:
    if content is not None:
        folder_with(tmp_path, content)
    with pytest.raises(ModelError) as error:
        Pipeline(model=tmp_path)
    assert str(error.value).startswith(f"{tmp_path}: {message}")


def test_a_missing_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder_with(tmp_path, json.dumps(config(["O", "B-ORG"])))
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ModelError, match=r"needs the extra: pip install 'zhdeals\[transformers\]'"):
        load_model(tmp_path)


def test_a_missing_extra_is_named_for_ids_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(ModelError, match=r"^zorab/ner: this model needs the extra: pip install"):
        load_model("zorab/ner")


@pytest.mark.parametrize(
    "name", ["nowhere", "./nowhere", "here/nowhere", "/no/where", "a/b/c", "a b/c", "../x/y"]
)
def test_paths_are_never_asked_for_elsewhere(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(ner_transformers, "_downloaded", pytest.fail)
    with pytest.raises(ModelError, match="there is no such folder"):
        model_folder(name)
    with pytest.raises(ModelError, match="there is no such folder"):
        model_folder(Path("zorab/ner"))


def test_an_error_of_the_model_is_one_line_of_the_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    article = tmp_path / "a.txt"
    article.write_text("软银收购Ampere。", encoding="utf-8")
    for command in (["run", str(article)], ["show", str(article)]):
        with pytest.raises(SystemExit) as done:
            main([*command, "--ner", str(tmp_path)])
        assert done.value.code == 2
        told = capsys.readouterr().err.splitlines()
        assert told[-1] == f"zhdeals: {tmp_path}: has no model: config.json is missing"
        assert not [line for line in told if "ModelError" in line]


def test_the_import_loads_neither_torch_nor_transformers() -> None:
    code = "import sys, extract.ner_transformers; print(sorted({'numpy', 'torch', 'transformers', 'huggingface_hub'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


# --- the hub, which no test asks -----------------------------------------------------------------


def refusing(error: Exception) -> Callable[..., str]:
    def refuse(*_: object, **__: object) -> str:
        raise error

    return refuse


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("RepositoryNotFoundError", "zorab/ner: is neither a folder nor a model of the hub"),
        ("GatedRepoError", "zorab/ner: the hub gives this model only to who is logged in"),
        (
            "LocalEntryNotFoundError",
            "zorab/ner: is no folder, and the hub cannot be reached (LocalEntryNotFoundError)",
        ),
    ],
)
def test_what_the_hub_does_not_give_is_an_error(
    name: str, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub = pytest.importorskip("huggingface_hub", reason=MISSING)
    kind = getattr(import_module("huggingface_hub.errors"), name)
    monkeypatch.setattr(hub, "snapshot_download", refusing(kind.__new__(kind)))
    with pytest.raises(ModelError) as error:
        load_model("zorab/ner")
    assert str(error.value) == message


def test_an_id_without_a_network_is_one_line(tmp_path: Path) -> None:
    pytest.importorskip("huggingface_hub", reason=MISSING)
    code = "from extract.cli import main; main(['show', '软银收购Ampere。', '--ner', 'zorab/ner'])"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True,
        env={**os.environ, "HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path)},
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        "zhdeals: zorab/ner: is no folder, and the hub cannot be reached (LocalEntryNotFoundError)"
    ]


# --- tiny models whose answers are known ---------------------------------------------------------

BIO = ("O", "B-ORG", "I-ORG", "B-PER", "I-PER")
BIOES = ("O", *(f"{place}-{name}" for name in ("company", "name") for place in "BIES"))
SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")

Build = Callable[..., Path]


@pytest.fixture
def build(tmp_path: Path) -> Build:
    """Writes a model that says of each token what it is told to, whatever stands around it."""
    torch = pytest.importorskip("torch", reason=MISSING)
    transformers = pytest.importorskip("transformers", reason=MISSING)

    def write(labels: Sequence[str], answers: Mapping[str, str], **sizes: int) -> Path:
        folder = tmp_path / "model"
        folder.mkdir(exist_ok=True)
        listed = [*SPECIAL, *answers]
        (folder / "vocab.txt").write_text("\n".join(listed) + "\n", encoding="utf-8")
        transformers.BertTokenizerFast.from_pretrained(folder).save_pretrained(folder)
        network = transformers.BertForTokenClassification(
            transformers.BertConfig(
                vocab_size=len(listed), hidden_size=len(listed), num_hidden_layers=1,
                num_attention_heads=1, intermediate_size=4, type_vocab_size=2,
                max_position_embeddings=sizes.get("longest", 64),
                id2label=dict(enumerate(labels)), label2id={n: i for i, n in enumerate(labels)},
            )
        )  # fmt: skip
        wire(torch, network, labels, [answers.get(token, "O") for token in listed])
        network.save_pretrained(folder)
        return folder

    return write


def wire(torch: Any, network: Any, labels: Sequence[str], answers: Sequence[str]) -> None:
    """Each token has a direction of its own, which only the last layer turns into its label."""
    size = len(answers)
    wanted = torch.zeros((len(labels), size))
    for token, label in enumerate(answers):
        wanted[labels.index(label), token] = 8
    high, low = (size - 1) ** 0.5, -((size - 1) ** -0.5)  # a direction after its normalisation
    with torch.no_grad():
        embeddings, (layer,) = network.bert.embeddings, network.bert.encoder.layer
        embeddings.word_embeddings.weight.copy_(torch.eye(size))
        for part in (
            embeddings.position_embeddings,
            embeddings.token_type_embeddings,
            layer.attention.output.dense,
            layer.output.dense,
        ):
            part.weight.zero_()
        network.classifier.weight.copy_(wanted / (high - low))
        network.classifier.bias.copy_(-low / (high - low) * wanted.sum(1))


NAMES = {
    "鲲": "B-ORG", "屿": "I-ORG", "智": "I-ORG", "能": "I-ORG", "张": "B-PER", "三": "I-PER",
    "zor": "B-ORG", "##ab": "O", "mist": "B-ORG", "##ral": "I-PER", "ai": "I-ORG", "与": "O",
}  # fmt: skip


def shown(tagger: Marker, text: str) -> list[tuple[str, str, str]]:
    (spans,) = tagger.tag([text])
    return [(text[span.start : span.end], span.label, span.fine) for span in spans]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", []),
        ("  ", []),
        ("。", []),
        ("与鲲屿智能。", [("鲲屿智能", "ORG", "organization")]),
        ("鲲屿鲲屿", [("鲲屿", "ORG", "organization")] * 2),
        ("鲲与张三", [("鲲", "ORG", "organization"), ("张三", "PERSON", "person")]),
        ("屿智。", [("屿智", "ORG", "organization")]),
        ("与Zorab，", [("Zorab", "ORG", "organization")]),
        (
            "Mistral AI与鲲屿",
            [("Mistral AI", "ORG", "organization"), ("鲲屿", "ORG", "organization")],
        ),
        ("與鯤嶼智能。", [("鯤嶼智能", "ORG", "organization")]),
        ("ＺＯＲＡＢ", [("ＺＯＲＡＢ", "ORG", "organization")]),
        ("\ud800鲲屿\x00", [("鲲屿", "ORG", "organization")]),
    ],
)
def test_a_model_of_bio(build: Build, text: str, names: list[tuple[str, str, str]]) -> None:
    assert shown(load_model(build(BIO, NAMES)), text) == names


def test_a_model_of_bioes(build: Build) -> None:
    answers = {
        "鲲": "B-company", "屿": "I-company", "能": "E-company", "星": "S-company", "张": "B-name",
        "三": "E-name", "zor": "B-company", "##ab": "E-company",
    }  # fmt: skip
    tagger = load_model(build(BIOES, answers))
    assert shown(tagger, "鲲屿能星星张三Zorab。") == [
        ("鲲屿能", "ORG", "company"), ("星", "ORG", "company"), ("星", "ORG", "company"),
        ("张三", "PERSON", "person"), ("Zorab", "ORG", "company"),
    ]  # fmt: skip


def test_a_model_of_plain_classes(build: Build) -> None:
    tagger = load_model(build(("O", "公司", "地点"), {"鲲": "公司", "屿": "公司", "京": "地点"}))
    assert shown(tagger, "京鲲屿京") == [("鲲屿", "ORG", "company")]


def test_probabilities_are_those_of_the_model(build: Build) -> None:
    text = "与鲲屿智能。"
    (marks,) = load_model(build(BIO, NAMES)).mark([text])
    sure = float(np.exp(8) / (np.exp(8) + 4))
    assert marks.probabilities.shape == (len(text), len(LABELS))
    assert marks.probabilities.sum(axis=1) == pytest.approx(1)
    assert marks.inside(1, 5) == pytest.approx(sure, abs=1e-3)
    assert marks.score(1, 5) == pytest.approx(sure, abs=2e-3)
    assert marks.score(1, 4) == pytest.approx(sure * 2 / 3, abs=1e-2)
    assert marks.score(5, 6) < 0.01


def test_texts_longer_than_the_model_reads(build: Build) -> None:
    tagger = load_model(build(BIO, NAMES, longest=18))
    for offset in range(40):
        text = "。" * offset + "鲲屿智能" + "，" * 30 + "Mistral AI"
        assert [name for name, *_ in shown(tagger, text)] == ["鲲屿智能", "Mistral AI"]


def test_windows_overlap_and_every_token_is_judged_once(build: Build) -> None:
    transformers = pytest.importorskip("transformers", reason=MISSING)
    tokenizer = transformers.AutoTokenizer.from_pretrained(build(BIO, NAMES))
    read: list[Sequence[int]] = []

    def network(windows: Sequence[Any]) -> Any:
        read.extend(window["input_ids"] for window in windows)
        return np.zeros((len(windows), max(len(w["input_ids"]) for w in windows), len(BIO)))

    labels = [read_label(label) for label in BIO]
    tagger = TransformersTagger(tokenizer, network, labels, 16)
    text = "鲲屿智能与张三。" * 9
    windows = tagger._windows(text)
    assert [offset for window in windows for offset in window.offsets] == [
        (at, at + 1) for at in range(len(text))
    ]
    for before, after in pairwise(windows):  # no token is judged at the edge of what is read
        assert before.judged[-1] < len(before.inputs["input_ids"]) - 2
        assert after.judged[0] > 1
    tagger.mark([text, "", "鲲屿"])
    assert sorted(map(len, read)) == sorted([4, *(len(w.inputs["input_ids"]) for w in windows)])
    assert max(map(len, read)) == 16


def scripted(tokenizer: Any, answers: Mapping[str, str]) -> TransformersTagger:
    """A tagger with any tokenizer and a network that says of each token what it is told to."""

    def network(windows: Sequence[Any]) -> Any:
        longest = max(len(window["input_ids"]) for window in windows)
        scores = np.zeros((len(windows), longest, len(BIO)), np.float32)
        for number, window in enumerate(windows):
            for at, token in enumerate(tokenizer.convert_ids_to_tokens(window["input_ids"])):
                scores[number, at, BIO.index(answers.get(token, "O"))] = 20
        return scores

    return TransformersTagger(tokenizer, network, [read_label(label) for label in BIO], 16)


def test_tokens_of_sentencepiece() -> None:
    transformers = pytest.importorskip("transformers", reason=MISSING)
    tokenizers = pytest.importorskip("tokenizers", reason=MISSING)
    answers = {
        "鲲屿": "B-ORG", "智能": "I-ORG", "\u2581Mis": "B-ORG", "tral": "I-PER", "\u2581AI": "I-ORG",
        "与": "O", "\u2581": "B-PER", "，": "O",
    }  # fmt: skip
    pieces = [("<unk>", 0.0), *((piece, -1.0) for piece in answers)]
    model = tokenizers.Tokenizer(tokenizers.models.Unigram(pieces, 0))
    model.pre_tokenizer = tokenizers.pre_tokenizers.Metaspace()
    tokenizer = transformers.PreTrainedTokenizerFast(tokenizer_object=model, unk_token="<unk>")
    tagger = scripted(tokenizer, answers)
    text = "鲲屿智能与鲲屿，" * 4 + "与 Mistral AI"
    wanted = ["鲲屿智能", "鲲屿"] * 4 + ["Mistral AI"]
    assert [name for name, *_ in shown(tagger, text)] == wanted


def test_tokens_of_bytes() -> None:
    transformers = pytest.importorskip("transformers", reason=MISSING)
    tokenizers = pytest.importorskip("tokenizers", reason=MISSING)
    letters = sorted(tokenizers.pre_tokenizers.ByteLevel.alphabet())
    numbers = {letter: number for number, letter in enumerate(letters)}
    model = tokenizers.Tokenizer(tokenizers.models.BPE(numbers, []))
    model.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer = transformers.PreTrainedTokenizerFast(tokenizer_object=model)
    tagger = scripted(tokenizer, {"é": "B-ORG", "å": "I-ORG", "A": "I-ORG"})
    assert [name for name, *_ in shown(tagger, "与鲲屿 Ab。" * 3)] == ["鲲屿 Ab"] * 3


def test_texts_keep_their_order_whatever_their_length(build: Build) -> None:
    tagger = load_model(build(BIO, NAMES))
    texts = ["张三", "。" * 150 + "鲲屿", "", "鲲屿智能。", "张三" * 3]
    alone = [tagger.mark([text])[0] for text in texts]
    for one, other in zip(tagger.mark(texts), alone, strict=True):
        assert one.spans == pytest.approx(other.spans)
        assert np.allclose(one.probabilities, other.probabilities, atol=1e-5)
    assert tagger.tag([]) == []


def test_the_threads_of_torch_are_left_as_they_were(build: Build) -> None:
    torch = pytest.importorskip("torch", reason=MISSING)
    tagger = load_model(build(BIO, NAMES))
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        tagger.mark(["鲲屿"])
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


def test_a_folder_opens_no_connection(build: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = build(BIO, NAMES)
    asked: list[object] = []
    monkeypatch.setattr(socket.socket, "connect", lambda _, address: asked.append(address))
    monkeypatch.setattr(socket, "getaddrinfo", lambda *given, **_: asked.append(given) or [])
    assert shown(load_model(folder), "鲲屿") == [("鲲屿", "ORG", "organization")]
    assert asked == []


# --- models that cannot be loaded ----------------------------------------------------------------


def error_of(folder: Path) -> str:
    with pytest.raises(ModelError) as error:
        load_model(folder)
    told = str(error.value)
    assert told.startswith(f"{folder}: ")
    assert "\n" not in told
    return told.removeprefix(f"{folder}: ")


def test_a_model_without_weights(build: Build) -> None:
    folder = build(BIO, NAMES)
    (folder / "model.safetensors").unlink()
    assert error_of(folder).startswith("cannot be loaded: Error no file named")


def test_a_model_with_broken_weights(build: Build) -> None:
    folder = build(BIO, NAMES)
    (folder / "model.safetensors").write_bytes(b"\0" * 20)
    assert error_of(folder).startswith("cannot be loaded: ")


def test_a_model_that_has_no_layer_for_labels(build: Build) -> None:
    transformers = pytest.importorskip("transformers", reason=MISSING)
    folder = build(BIO, NAMES)
    told = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    transformers.BertForTokenClassification.from_pretrained(folder).bert.save_pretrained(folder)
    folder_with(folder, json.dumps(told))
    assert error_of(folder) == "lacks weights: classifier.bias, classifier.weight"


def test_a_model_with_other_labels_than_its_weights(build: Build) -> None:
    folder = build(BIO, NAMES)
    told = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    told["id2label"] = {"0": "O", "1": "B-ORG"}
    folder_with(folder, json.dumps(told))
    assert error_of(folder).startswith("cannot be loaded: ")


def test_an_architecture_that_nobody_knows(build: Build) -> None:
    folder = build(BIO, NAMES)
    told = config(BIO, "ZorabForTokenClassification") | {"model_type": "zorab"}
    folder_with(folder, json.dumps(told))
    assert error_of(folder).startswith("cannot be loaded: ")


def test_a_model_without_a_tokenizer(build: Build) -> None:
    folder = build(BIO, NAMES)
    for name in ("vocab.txt", "tokenizer.json", "tokenizer_config.json"):
        (folder / name).unlink(missing_ok=True)
    told = ("its tokenizer knows no words", "cannot be loaded: ")  # transformers 5, and 4
    assert error_of(folder).startswith(told)


def test_a_slow_tokenizer(build: Build) -> None:
    folder = build(BIO, NAMES)
    for name in ("vocab.txt", "tokenizer.json"):
        (folder / name).unlink(missing_ok=True)
    told = {"tokenizer_class": "CanineTokenizer"}
    (folder / "tokenizer_config.json").write_text(json.dumps(told), encoding="utf-8")
    assert error_of(folder) == (
        "its tokenizer (CanineTokenizer) tells no offsets; a fast one is needed"
    )


# --- the pipeline and the command ----------------------------------------------------------------

TEXT = "去年鲲屿智能就融了3亿元，软银领投。"


def paid(found: Any) -> list[str]:
    return [party.name for deal in found.deals for party in deal.target]


def test_the_pipeline_reads_by_it(build: Build) -> None:
    folder = build(BIO, NAMES)
    pipeline = Pipeline(model=folder)
    assert paid(Pipeline(model=False).read(TEXT)) == []
    assert paid(pipeline.read(TEXT)) == ["鲲屿智能"]
    assert pickle.loads(pickle.dumps(pipeline)).read(TEXT) == pipeline.read(TEXT)
    assert Pipeline(model=str(folder)).read(TEXT) == pipeline.read(TEXT)


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as done:
        main(["run", *arguments])
    return int(done.value.code or 0)


def test_the_command_reads_by_it_and_goes_on(
    build: Build, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, article, out = build(BIO, NAMES), tmp_path / "a.txt", tmp_path / "deals.jsonl"
    article.write_text(TEXT, encoding="utf-8")
    manifest = tmp_path / "deals.manifest.json"
    kept = []
    for change in (False, False, True, False):
        if change:
            build(BIO, {**NAMES, "东": "B-ORG"})
        assert run(str(article), "--out", str(out), "--ner", str(folder)) == 0
        told = json.loads(manifest.read_text(encoding="utf-8"))
        kept.append(told["counts"]["kept"])
        assert told["options"]["model"] == str(folder)
    assert kept == [0, 1, 0, 1]
    assert "鲲屿智能" in out.read_text(encoding="utf-8")
    with pytest.raises(SystemExit) as done:
        main(["show", TEXT, "--ner", str(folder)])
    assert done.value.code == 0
    assert "鲲屿智能" in capsys.readouterr().out


def test_an_id_is_downloaded_once_and_told_by_its_name(
    build: Build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub = pytest.importorskip("huggingface_hub", reason=MISSING)
    folder, article, out = build(BIO, NAMES), tmp_path / "a.txt", tmp_path / "deals.jsonl"
    article.write_text(TEXT, encoding="utf-8")
    asked: list[str] = []
    monkeypatch.setattr(
        hub, "snapshot_download", lambda name, **_: asked.append(name) or str(folder)
    )
    for _ in range(2):
        assert run(str(article), "--out", str(out), "--ner", "zorab/ner") == 0
    assert asked == ["zorab/ner"] * 2
    told = json.loads((tmp_path / "deals.manifest.json").read_text(encoding="utf-8"))
    assert told["options"]["model"] == "zorab/ner"
    assert told["counts"]["kept"] == 1
    assert paid(Pipeline(model="zorab/ner").read(TEXT)) == ["鲲屿智能"]
