"""Sinks: files that hold what the records hold, whole or not at all, the same bytes each time."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sink_samples import corpus_output, full_deal, money, samples

from extract.article import Failure, read_drafts
from extract.batch import outcomes
from extract.cli import main
from extract.engine_ray import MakePipeline
from extract.errors import UsageError
from extract.records import ArticleDeals
from extract.sinks import CSV_COLUMNS, Exported, export, open_sink, read_output

KINDS = ["jsonl", "csv", "parquet"]


def skip_without(kind: str) -> None:
    if kind == "parquet":
        pytest.importorskip("pyarrow", reason="the extra parquet is not installed")


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    skip_without(request.param)
    return str(request.param)


# --- CSV ---------------------------------------------------------------------------------------

FULL_ROW = {
    "article_id": "a/1",
    "title": '软银“收购”, "Ampere"\n续',
    "published": "2025-03-20",
    "source": "outlet",
    "deal_id": "d1",
    "type": "acquisition",
    "status": "announced",
    "date": "2025-03",
    "investor": "软银",
    "investor_role": "acquirer",
    "investor_id": "softbank",
    "target": "Ampere",
    "target_role": "acquiree",
    "target_id": "ampere",
    "amount_min": "6500000000",
    "amount_max": "6500000000",
    "amount_currency": "USD",
    "amount_modifier": "exact",
    "amount_inferred": "0",
    "amount_text": "65亿美元",
    "amount_start": "6",
    "amount_end": "11",
    "stake": "51.5",
    "valuation_min": "12000000000",
    "valuation_max": "",
    "valuation_currency": "USD",
    "valuation_modifier": "at_least",
    "valuation_inferred": "0",
    "valuation_text": "不低于120亿美元",
    "valuation_start": "31",
    "valuation_end": "40",
    "round": "strategic",
    "condition_kind": "procurement",
    "condition": "采购GB300",
    "hardware": "GB300",
    "hardware_vendor": "英伟达",
    "hardware_quantity": "",
    "hardware_id": "nvidia-gb300",
    "evidence": "软银宣布拟以65亿美元收购Ampere",
    "evidence_start": "0",
    "evidence_end": "19",
    "confidence": "0.85",
    "rules": "acquire",
    "reasons": "base +0.40 | amount +0.45",
    "warnings": "seen once",
}


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_csv_has_one_row_a_deal_and_every_field(tmp_path: Path) -> None:
    out = tmp_path / "deals.csv"
    export(samples(), to="csv", out=str(out))
    rows = rows_of(out)
    told = [(row["article_id"], row["deal_id"]) for row in rows]
    assert told == [("a/1", "d1"), ("a/1", "d2"), ("b", "d2")]
    assert rows[0] == FULL_ROW


def test_csv_columns_are_those_that_are_documented(root: Path) -> None:
    text = (root / "docs" / "sinks.md").read_text(encoding="utf-8")
    (listed,) = [block for block in text.split("```") if block.startswith("text\narticle_id")]
    assert tuple(listed.split()[1:]) == CSV_COLUMNS
    assert tuple(FULL_ROW) == CSV_COLUMNS


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("6.5E+9", "6500000000"),
        ("27.50", "27.5"),
        ("100", "100"),
        ("0.05", "0.05"),
        ("0", "0"),
    ],
)
def test_numbers_in_csv_have_no_exponent(value: str, cell: str, tmp_path: Path) -> None:
    out = tmp_path / "deals.csv"
    deal = full_deal().model_copy(update={"stake": Decimal(value)})
    export([ArticleDeals(article_id="a", deals=(deal,))], to="csv", out=str(out))
    assert [row["stake"] for row in rows_of(out)] == [cell]


# --- Parquet -----------------------------------------------------------------------------------


def test_parquet_gives_back_the_records(tmp_path: Path) -> None:
    skip_without("parquet")
    from extract.sinks_parquet import read_parquet

    out = tmp_path / "deals.parquet"
    told = [*samples(), *corpus_output()]
    export(told, to="parquet", out=str(out))
    assert list(read_parquet(out)) == told


def test_row_groups_are_bounded(tmp_path: Path) -> None:
    pq = pytest.importorskip("pyarrow.parquet", reason="the extra parquet is not installed")
    from extract.sinks_parquet import SCHEMA, Parquet

    out = tmp_path / "deals.parquet"
    with pq.ParquetWriter(out, SCHEMA) as writer:
        sink = Parquet(writer, most_rows=3, most_characters=100)
        for number in range(7):
            sink.write(ArticleDeals(article_id=str(number)))
        sink.write(ArticleDeals(article_id="long", text="长" * 100))
        sink.write(ArticleDeals(article_id="last"))
        sink.flush()
        sink.flush()
    with pq.ParquetFile(out) as file:
        groups = [file.metadata.row_group(n).num_rows for n in range(file.num_row_groups)]
    assert groups == [3, 3, 2, 1]


def fields_of(kind: Any) -> Any:
    """The names of a schema's fields, nested as they are."""
    import pyarrow as pa

    if pa.types.is_list(kind):
        return fields_of(kind.value_type)
    if pa.types.is_map(kind):
        return fields_of(kind.item_type)
    if pa.types.is_struct(kind):
        return {field.name: fields_of(field.type) for field in kind}
    return None


def names_of(schema: dict[str, Any], whole: dict[str, Any]) -> Any:
    """The same of a JSON schema."""
    if "$ref" in schema:
        return names_of(whole["$defs"][schema["$ref"].rsplit("/", 1)[1]], whole)
    for part in schema.get("anyOf", ()):
        if part.get("type") != "null":
            return names_of(part, whole)
    if "properties" in schema:
        return {name: names_of(part, whole) for name, part in schema["properties"].items()}
    inner = schema.get("items") or schema.get("additionalProperties")
    return names_of(inner, whole) if inner else None


def test_the_schema_has_every_field_of_the_records() -> None:
    pa = pytest.importorskip("pyarrow", reason="the extra parquet is not installed")
    from extract.sinks_parquet import SCHEMA

    wanted = ArticleDeals.model_json_schema(mode="serialization")
    assert fields_of(pa.struct(list(SCHEMA))) == names_of(wanted, wanted)


def test_a_number_that_parquet_cannot_hold_costs_its_article_only(tmp_path: Path) -> None:
    skip_without("parquet")
    from extract.sinks_parquet import read_parquet

    out = tmp_path / "deals.parquet"
    huge = money("65亿美元", "1E+40", "1E+40", "exact")
    told = ArticleDeals(article_id="huge", deals=(full_deal().model_copy(update={"amount": huge}),))
    done = export([told, *samples()], to="parquet", out=str(out))
    assert done.failures == (Failure("huge", None, "1E+40 has more digits than Parquet holds"),)
    assert list(read_parquet(out)) == samples()


# --- all files ---------------------------------------------------------------------------------


def test_what_is_written_is_counted_and_failures_are_told(kind: Any, tmp_path: Path) -> None:
    lost = Failure("x.txt", 3, "is gone")
    done = export([*samples(), lost], to=kind, out=str(tmp_path / "out"))
    assert done == Exported(3, 3, (lost,))
    assert done.line() == "3 articles, 3 deals, 1 failures"


def test_written_twice_the_bytes_are_the_same(kind: Any, tmp_path: Path) -> None:
    out = tmp_path / "out"
    export(corpus_output(), to=kind, out=str(out))
    first = out.read_bytes()
    export(corpus_output(), to=kind, out=str(out))
    assert out.read_bytes() == first
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_file_stays_as_it_was_where_the_export_breaks_off(kind: Any, tmp_path: Path) -> None:
    def broken() -> Iterator[ArticleDeals]:
        yield samples()[0]
        raise RuntimeError("power cut")

    out = tmp_path / "out"
    out.write_text("before")
    with pytest.raises(RuntimeError, match="power cut"):
        export(broken(), to=kind, out=str(out))
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("out", "before")]


def test_a_target_that_cannot_be_written_is_misuse(kind: Any, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is a folder"), open_sink(kind, str(tmp_path)):
        pass
    missing = str(tmp_path / "missing" / "out")
    with pytest.raises(UsageError, match="cannot be written"), open_sink(kind, missing):
        pass


def test_json_lines_are_those_of_run(tmp_path: Path) -> None:
    lines = "".join(f"{found.model_dump_json()}\n" for found in corpus_output())
    out = tmp_path / "out.jsonl"
    export(corpus_output(), to="jsonl", out=str(out))
    assert out.read_text(encoding="utf-8") == lines
    assert tuple(read_output([out])) == corpus_output()
    assert tuple(read_output(["-"], stdin=io.BytesIO(lines.encode()))) == corpus_output()


BAD_LINES = [
    ("{]", "Invalid JSON: key must be a string at line 1 column 2"),
    ('{"article_id": 1}', "article_id: Input should be a valid string"),
    ('{"article_id": "a", "more": 1}', "more: Extra inputs are not permitted"),
    ("[]", "Input should be an object"),
]


@pytest.mark.parametrize(("line", "reason"), BAD_LINES)
def test_a_bad_line_is_told_and_the_rest_goes_on(line: str, reason: str, tmp_path: Path) -> None:
    path = tmp_path / "in.jsonl"
    path.write_text(f'{{"article_id":"a"}}\n\n{line}\n{{"article_id":"b"}}\n', encoding="utf-8")
    assert list(read_output([path, tmp_path / "none"])) == [
        ArticleDeals(article_id="a"),
        Failure(str(path), 3, reason),
        ArticleDeals(article_id="b"),
        Failure(str(tmp_path / "none"), None, "No such file or directory"),
    ]


def test_a_run_writes_straight_into_a_sink(root: Path, tmp_path: Path) -> None:
    drafts = read_drafts([root / "corpus" / "articles.jsonl", tmp_path / "none"])
    out = tmp_path / "out.jsonl"
    done = export(outcomes(drafts, MakePipeline(), workers=1), to="jsonl", out=str(out))
    assert tuple(read_output([out])) == corpus_output()
    assert [str(one) for one in done.failures] == [f"{tmp_path / 'none'}: no such file or folder"]


# --- the command -------------------------------------------------------------------------------


def command(*words: object) -> int:
    with pytest.raises(SystemExit) as stopped:
        main([str(word) for word in words])
    return int(stopped.value.code or 0)


def test_the_command_writes_what_run_wrote(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    deals, out = tmp_path / "deals.jsonl", tmp_path / "deals.csv"
    export(samples(), to="jsonl", out=str(deals))
    assert command("export", deals, "--to", "csv", "--out", out) == 0
    assert capsys.readouterr().err == "3 articles, 3 deals, 0 failures\n"
    assert len(rows_of(out)) == 3


def test_the_command_lists_lines_that_cannot_be_used(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    deals = tmp_path / "deals.jsonl"
    deals.write_text("no\n" + json.dumps({"article_id": "a"}) + "\n", encoding="utf-8")
    assert command("export", deals, "--to", "csv", "--out", tmp_path / "deals.csv") == 1
    assert capsys.readouterr().err.splitlines() == [
        f"{deals}:1: Invalid JSON: expected ident at line 1 column 2",
        "1 articles, 0 deals, 1 failures",
    ]


def test_the_command_refuses_other_kinds(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command("export", "-", "--to", "xml", "--out", tmp_path / "x") == 2
    told = "zhdeals: --to: must be one of jsonl, csv, parquet, sql\n"
    assert capsys.readouterr().err == told
