"""Mentions as DocBin and CoNLL, read back by spaCy; records as flat rows, read by pyarrow."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
import spacy
from spacy.tokens import Doc, DocBin
from spacy.training.converters import conll_ner_to_docs

from extract.cli import main
from extract.convert import COLUMNS, KINDS, conll, doc_bin, flat, with_entities
from extract.gold import ScoredArticle, read_gold, read_predictions
from extract.pipeline import Pipeline

TEXTS = (
    "软银以65亿美元收购Ampere\n软银3月19日宣布，以65亿美元收购芯片公司Ampere 的全部股权。Mistral AI 估值达60亿美元！",
    "今天没有交易。",
    "軟銀向OpenAI追加投資225億美元，取得10%股權",
)


@pytest.fixture(scope="module")
def docs() -> list[Doc]:
    pipeline = Pipeline()
    return [
        pipeline.doc(text, published="2025-03-20", article_id=f"a{number}")
        for number, text in enumerate(TEXTS)
    ]


def _spans(doc: Doc) -> list[tuple[int, int, str, str]]:
    return [(s.start_char, s.end_char, s.label_, s.kb_id_) for s in doc.spans["mentions"]]


def _entities(doc: Doc) -> list[tuple[str, str]]:
    return [(span.text, span.label_) for span in doc.ents]


# --- spaCy -------------------------------------------------------------------------------------


def test_a_docbin_comes_back_as_it_was(docs: list[Doc]) -> None:
    vocab = spacy.blank("zh").vocab
    again = list(DocBin().from_bytes(doc_bin(docs)).get_docs(vocab))
    assert [doc.text for doc in again] == list(TEXTS)
    assert [[token.text for token in doc] for doc in again] == [[t.text for t in d] for d in docs]
    assert [_spans(doc) for doc in again] == [_spans(doc) for doc in docs]
    assert [_entities(doc) for doc in again] == [_entities(doc) for doc in docs]
    assert [doc._.article_id for doc in again] == ["a0", "a1", "a2"]


def test_entities_are_the_longest_mentions(docs: list[Doc]) -> None:
    doc = with_entities(docs[2])
    assert _entities(doc) == [
        ("軟銀", "ORG"), ("OpenAI", "ORG"), ("225億美元", "MONEY"), ("10%", "PERCENT"),
    ]  # fmt: skip


# --- CoNLL -------------------------------------------------------------------------------------


def _written(docs: list[Doc]) -> str:
    return "".join(f"{line}\n" for line in conll(docs))


def test_lines_are_token_and_tag(docs: list[Doc]) -> None:
    lines = list(conll([docs[2]]))
    assert lines[:4] == ["-DOCSTART- -X- O O", "", "軟銀\tB-ORG", "向\tO"]
    tokens = [line.split("\t") for line in lines[2:] if line]
    assert "".join(token for token, _ in tokens) == TEXTS[2]
    assert lines[-1] == ""


def test_spacy_reads_what_was_written(docs: list[Doc]) -> None:
    """spaCy's own reader of CoNLL-2003 finds every entity in its sentence."""
    found = list(conll_ner_to_docs(_written(docs), n_sents=1, no_print=True))
    read = [("".join(token.text for token in span), span.label_) for d in found for span in d.ents]
    kept = [(e.text.replace(" ", ""), e.label_) for doc in docs for e in with_entities(doc).ents]
    assert read == kept
    told = "".join(token.text for doc in found for token in doc)
    assert told == "".join("".join(text.split()) for text in TEXTS)


def test_sentences_end_at_their_marks(docs: list[Doc]) -> None:
    parts = [part for part in _written(docs[:2]).split("\n\n") if part]
    assert [part.strip().splitlines()[-1].split("\t")[0] for part in parts] == [
        "-DOCSTART- -X- O O", "Ampere", "。", "！", "-DOCSTART- -X- O O", "。",
    ]  # fmt: skip


# --- flat rows ---------------------------------------------------------------------------------

PYTHON = {
    "string": str, "int64": int, "float64": (float, type(None)), "bool": bool, "list[string]": list,
}  # fmt: skip


def test_every_row_has_every_column_in_its_type(root: Path) -> None:
    rows = list(flat(read_predictions(root / "corpus" / "articles.jsonl")))
    names = [column.name for column in COLUMNS]
    wrong = [
        (row["article_id"], column.name)
        for row in rows
        for column in COLUMNS
        if list(row) != names or not isinstance(row[column.name], PYTHON[column.type])  # type: ignore[arg-type]
    ]
    assert wrong == []
    gold = read_gold(root / "corpus" / "articles.jsonl")
    assert len(rows) == sum(max(len(article.deals), 1) for article in gold)


def test_a_record_is_a_row() -> None:
    deal = {
        "type": "investment",
        "investor": [{"name": "甲辰", "role": "investor"}, {"name": "丙午"}],
        "target": [{"name": "乙巳", "role": "investee"}],
        "amount": {"min": 3e8, "max": None, "currency": "CNY", "modifier": "at_least"},
        "hardware": [{"name": "H100", "quantity": "10万张"}, {"name": "GPU"}],
        "conditions": [{"kind": "term", "text": "为期三年"}],
        "status": "talks",
        "evidence": "甲辰拟投资乙巳",
        "confidence": 0.5,
    }
    article = ScoredArticle.model_validate(
        {"article_id": "a", "published": "2026-01-02", "deals": [deal]}
    )
    empty = ScoredArticle.model_validate({"article_id": "b"})
    first, second = flat([article, empty])
    told = {name: value for name, value in first.items() if value not in ("", None, [])}
    assert told == {
        "article_id": "a", "published": "2026-01-02", "deal": 1, "type": "investment",
        "investor": ["甲辰", "丙午"], "investor_role": ["investor", ""],
        "target": ["乙巳"], "target_role": ["investee"],
        "amount_min": 3e8, "amount_currency": "CNY", "amount_modifier": "at_least",
        "status": "talks", "condition_kind": ["term"], "condition_text": ["为期三年"],
        "hardware": ["H100", "GPU"], "hardware_quantity": ["10万张", ""],
        "evidence": "甲辰拟投资乙巳", "optional": False, "confidence": 0.5,
    }  # fmt: skip
    assert {n: v for n, v in second.items() if v not in ("", None, [])} == {
        "article_id": "b", "deal": 0, "optional": False,
    }  # fmt: skip


def test_the_columns_are_those_of_the_page(root: Path) -> None:
    page = (root / "docs" / "evaluation.md").read_text(encoding="utf-8")
    assert [column.name for column in COLUMNS if f"`{column.name}`" not in page] == []


def test_arrow_reads_the_types_that_are_told(root: Path) -> None:
    """The reader that ``datasets`` is built on infers the columns as they are documented."""
    reader = pytest.importorskip("pyarrow.json", reason="pyarrow is not installed")
    rows = flat(read_predictions(root / "corpus" / "articles.jsonl"))
    lines = "".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows)
    table = reader.read_json(io.BytesIO(lines.encode()))
    names = {"double": "float64", "list<item: string>": "list[string]"}
    told = {field.name: names.get(str(field.type), str(field.type)) for field in table.schema}
    wanted = {column.name: column.type for column in COLUMNS}
    # gold tells no confidence, so there is nothing to infer its type from; whole days are dates
    assert told | {"confidence": "float64", "published": "string"} == wanted


# --- the command -------------------------------------------------------------------------------


def _run(capsys: pytest.CaptureFixture[str], *arguments: Any) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        main([str(argument) for argument in arguments])
    told = capsys.readouterr()
    return int(ended.value.code or 0), told.out, told.err


@pytest.mark.parametrize("kind", KINDS)
def test_the_command_writes_the_same_bytes_twice(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, kind: str
) -> None:
    source = tmp_path / "in.jsonl"
    source.write_text(json.dumps({"article_id": "a", "text": TEXTS[0]}), encoding="utf-8")
    out, again = tmp_path / "one", tmp_path / "two"
    assert _run(capsys, "convert", source, "--to", kind, "--out", out) == (0, "", "")
    assert _run(capsys, "convert", source, "--to", kind, "--out", again) == (0, "", "")
    assert out.read_bytes() == again.read_bytes() != b""


def test_what_cannot_be_converted_is_told(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    good = tmp_path / "a.txt"
    good.write_text(TEXTS[1], encoding="utf-8")
    out = tmp_path / "out"
    options = (good, tmp_path / "none.txt", "--to", "conll", "--out", out)
    code, printed, told = _run(capsys, "convert", *options)
    assert (code, printed) == (1, "")
    assert told.endswith("none.txt: no such file or folder\n")
    assert out.read_text(encoding="utf-8").startswith("-DOCSTART-")
    code, _, told = _run(capsys, "convert", good, "--to", "xml", "--out", out)
    assert (code, told) == (2, "zhdeals: --to: must be one of docbin, conll, flat\n")
    code, _, told = _run(capsys, "convert", good, "--to", "conll", "--out", tmp_path / "no" / "x")
    assert code == 2
    assert "cannot be written" in told
