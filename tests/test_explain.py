"""What is explained: which words fired, who stood where, and why the rest gave no record."""

from __future__ import annotations

import json
from pathlib import Path
from typing import get_args

import pytest
from typer.testing import CliRunner

from extract import Pipeline
from extract.article import Article
from extract.cli import app
from extract.explain import NEEDS, REASONS, Candidate, Explanation, explain
from extract.relations import NEEDS as KNOWN_NEEDS
from extract.relations import find_hits
from extract.text import fold

CORPUS = Path(__file__).resolve().parents[1] / "corpus" / "articles.jsonl"
PIPELINE = Pipeline()
RULES = Pipeline(model=False)
PURCHASE = "软银3月1日宣布以65亿美元收购Ampere。"


def article(text: str, article_id: str = "text") -> Article:
    return Article(article_id=article_id, text=text, published="2026-03-02")


def explained(text: str) -> Explanation:
    return explain(article(text), pipeline=RULES)


def corpus() -> list[Article]:
    rows = [json.loads(line) for line in CORPUS.read_text(encoding="utf-8").splitlines()]
    return [article(row["text"], row["article_id"]) for row in rows]


def only(found: Explanation, word: str) -> Candidate:
    (candidate,) = [one for one in found.candidates if one.word.text == word]
    return candidate


# --- records -----------------------------------------------------------------------------------


def test_a_record_tells_its_word_places_sides_and_values() -> None:
    found = explained(PURCHASE)
    told = only(found, "收购")
    assert (told.outcome, told.record, told.why, told.type) == ("begins", 1, "", "acquisition")
    assert told.trigger == "acquire"
    assert [(p.place, [c.text for c in p.parties], p.told) for p in told.places] == [
        ("subject", ["软银"], True),
        ("object", ["Ampere"], True),
    ]
    assert [(role, cite.text) for role, cite in told.sides] == [
        ("acquirer", "软银"),
        ("acquiree", "Ampere"),
    ]
    assert [(v.field, v.value, v.cite.text if v.cite else None) for v in told.values] == [
        ("amount", "6500000000 USD", "65亿美元"),
        ("date", "2026-03-01", "3月1日"),
        ("status", "announced", "宣布"),
    ]


def test_a_second_telling_joins_the_record() -> None:
    found = explained(PURCHASE + "\n软银收购Ampere后，将保留其品牌。")
    assert [(one.outcome, one.record) for one in found.candidates] == [("begins", 1), ("joins", 1)]
    assert len(found.records) == 1


def test_who_is_carried_over_is_not_told_in_the_clause() -> None:
    told = only(explained("软银3月1日宣布，以65亿美元收购Ampere。"), "收购")
    assert [(p.place, p.told) for p in told.places] == [("object", True), ("subject", False)]


# --- what gave no record -----------------------------------------------------------------------

DROPPED = [
    ("采购经理指数升至50.2。", "采购经理", "void"),
    ("软银的关键词：投资-收购-算力。", "收购", "chain"),
    ("腾讯控股的业绩超出预期。", "控股", "name"),
    ("阿里巴巴（收购）公布业绩。", "收购", "bracket"),
    ("价格上涨，收购继续。", "收购", "places"),
    ("软银早期领投。", "领投", "former"),
    ("软银将投资10亿元建设工厂。", "投资", "unless 工厂"),
    ("阿里巴巴与腾讯的合作。", "合作", "need agreed"),
    ("软银将投资100亿美元。", "投资", "payee"),
    ("如果软银收购Ampere，价格会更高。", "收购", "supposed"),
    ("软银尚未收购Ampere。", "收购", "denied"),
    ("软银是否收购Ampere？市场在等。", "收购", "asked"),
    ("微软领投。", "领投", "little"),
]


@pytest.mark.parametrize(("text", "word", "why"), DROPPED, ids=[case[2] for case in DROPPED])
def test_a_dropped_word_tells_why(text: str, word: str, why: str) -> None:
    found = explained(text)
    told = only(found, word)
    assert (told.outcome, told.record, told.why) == ("dropped", None, why)
    code, _, detail = why.partition(" ")
    said = f": {NEEDS.get(detail, detail)}" if detail else ""
    assert told.reason == REASONS[code] + said


def test_every_reason_is_documented() -> None:
    text = CORPUS.parents[1].joinpath("docs", "explain.md").read_text(encoding="utf-8")
    assert [code for code in REASONS if f"`{code}" not in text] == []


def test_every_need_of_the_triggers_is_said_in_words() -> None:
    assert set(NEEDS) == set(KNOWN_NEEDS)


def test_a_text_without_a_trigger_has_nothing_to_explain() -> None:
    found = explained("今天天气很好。")
    assert (found.records, found.candidates) == ((), ())


# --- it is what the pipeline does --------------------------------------------------------------


@pytest.fixture(scope="module")
def explanations() -> list[tuple[Article, Explanation]]:
    return [(one, explain(one, pipeline=PIPELINE)) for one in corpus()]


def test_the_records_are_those_of_the_pipeline(
    explanations: list[tuple[Article, Explanation]],
) -> None:
    for one, found in explanations:
        assert found.records == PIPELINE.read_article(one).deals


def test_records_that_are_left_out_as_unsure_are_explained_as_well() -> None:
    strict = Pipeline(model=False, min_confidence=1.0)
    assert strict.read_article(article(PURCHASE)).deals == ()
    assert explain(article(PURCHASE), pipeline=strict) == explained(PURCHASE)


def test_each_record_is_begun_once_and_all_its_rules_are_told(
    explanations: list[tuple[Article, Explanation]],
) -> None:
    for one, found in explanations:
        for number, record in enumerate(found.records, start=1):
            told = found.of(number)
            begun = [candidate.outcome for candidate in told].count("begins")
            assert (begun, len(told) >= len(record.rules)) == (1, True), one.article_id


def test_every_word_of_a_trigger_is_accounted_for(
    explanations: list[tuple[Article, Explanation]],
) -> None:
    for one, found in explanations:
        told = {(c.word.start, c.word.end) for c in found.candidates}
        missing = {(hit.start, hit.end) for hit in find_hits(fold(one.text))} - told
        assert missing == set(), one.article_id


def test_every_code_is_explained_and_every_word_is_a_slice(
    explanations: list[tuple[Article, Explanation]],
) -> None:
    outcomes = get_args(Candidate.model_fields["outcome"].annotation)
    for one, found in explanations:
        again = Explanation.model_validate_json(found.model_dump_json(), context={"text": one.text})
        assert again == found
        for candidate in found.candidates:
            assert candidate.outcome in outcomes
            assert (candidate.outcome == "dropped") == (candidate.record is None)
            assert not candidate.why or candidate.why.partition(" ")[0] in REASONS


# --- the command -------------------------------------------------------------------------------


def test_the_command_shows_records_and_what_gave_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    text = f"{PURCHASE}采购经理指数升至50.2。"
    result = CliRunner().invoke(app, ["explain", text, "--no-model", "--published", "2026-03-02"])
    lines = [line.strip(" │") for line in result.stdout.splitlines()]
    assert result.exit_code == 0
    assert "begins  收购  14:16  acquire" in lines
    assert "amount       6500000000 USD  65亿美元" in lines
    assert any(line.startswith("采购经理") and REASONS["void"] in line for line in lines)


def test_the_command_prints_json() -> None:
    options = ["--no-model", "--published", "2026-03-02", "--json"]
    result = CliRunner().invoke(app, ["explain", PURCHASE, *options])
    assert Explanation.model_validate_json(result.stdout) == explained(PURCHASE)


def test_what_cannot_be_read_is_told() -> None:
    result = CliRunner().invoke(app, ["explain", " "])
    assert (result.exit_code, result.stdout) == (1, "")
