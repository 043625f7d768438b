from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from extract import Pipeline
from extract.evaluate import as_prediction, evaluate, read_gold
from extract.records import ArticleDeals, json_schema

CORPUS = Path(__file__).resolve().parents[1] / "corpus" / "articles.jsonl"
ARTICLES = [json.loads(line) for line in CORPUS.read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def pipeline() -> Pipeline:
    return Pipeline()


CASES = [
    (
        "“青岚智算”宣布完成2亿元A轮融资，由云杉创投领投，北桥资本、南浦基金跟投。",
        [("investment", {"云杉创投", "北桥资本", "南浦基金"}, {"青岚智算"}, 200_000_000, "A")],
    ),
    (
        "软银宣布以65亿美元收购Ampere。",
        [("acquisition", {"软银"}, {"Ampere"}, 6_500_000_000, None)],
    ),
]


@pytest.mark.parametrize(("text", "expected"), CASES, ids=["round", "acquisition"])
def test_a_sentence_gives_its_deal(
    pipeline: Pipeline,
    text: str,
    expected: list[tuple[str, set[str], set[str], int, str | None]],
) -> None:
    found = [
        (
            deal.type,
            {party.name for party in deal.investor},
            {party.name for party in deal.target},
            deal.amount.min if deal.amount else None,
            deal.round,
        )
        for deal in pipeline.read(text, published="2025-12-18").deals
    ]
    assert found == expected


@pytest.mark.parametrize(
    "text",
    [
        "融资融券余额较上日增加10亿元。",
        "采购经理指数升至50.2。",
        "投资者对公司前景表示乐观，公司去年营收达120亿元。",
        "",
    ],
)
def test_words_of_a_deal_in_another_sense_give_none(pipeline: Pipeline, text: str) -> None:
    assert pipeline.read(text, published="2025-12-18").deals == ()


def test_every_cited_text_is_its_slice(pipeline: Pipeline) -> None:
    for article in ARTICLES:
        found = pipeline.read(article["text"], published=article["published"])
        again = ArticleDeals.model_validate(
            json.loads(found.model_dump_json()), context={"text": article["text"]}
        )
        assert again == found


def test_output_fits_the_published_schema(pipeline: Pipeline) -> None:
    validator = jsonschema.Draft202012Validator(json_schema())
    for article in ARTICLES[:20]:
        found = pipeline.read(article["text"], published=article["published"])
        validator.validate(json.loads(found.model_dump_json()))


def test_two_runs_give_the_same_records(pipeline: Pipeline) -> None:
    text, published = ARTICLES[0]["text"], ARTICLES[0]["published"]
    assert pipeline.read(text, published=published) == Pipeline().read(text, published=published)


def test_the_corpus_scores_above_its_floor(pipeline: Pipeline) -> None:
    gold = read_gold(CORPUS)
    pred = [
        as_prediction(pipeline.read(a.text, published=a.published, article_id=a.article_id))
        for a in gold
    ]
    score = evaluate(gold, pred).deal.f1
    assert score is not None
    assert score >= 0.5
