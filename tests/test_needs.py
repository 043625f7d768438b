"""The words that triggers need, and that texts without them lose no deal."""

from __future__ import annotations

import itertools
import re
from pathlib import Path
from typing import Any

import pytest

from extract import Pipeline
from extract.article import Article, read_articles
from extract.names import mask_brackets
from extract.needs import has_percent, has_word, may_tell
from extract.relations import triggers
from extract.text import fold

ROOT = Path(__file__).resolve().parents[1]
ARTICLES = [
    a for a in read_articles([ROOT / "corpus" / "articles.jsonl"]) if isinstance(a, Article)
]
TAG = re.compile(r"\{\w+:([^{}]*)\}")
EXAMPLES = [
    (trigger.name, TAG.sub(r"\1", text))
    for trigger in triggers()
    for text in itertools.chain.from_iterable(trigger.examples.values())
]


class Watcher:
    """Is told everything and keeps nothing: with an observer no stage is passed over."""

    def __getattr__(self, name: str) -> Any:
        return lambda *told: None


@pytest.mark.parametrize(
    ("need", "text", "found"),
    [
        ("goods", "甲公司采购服务器", True),
        ("goods", "甲公司采购苹果", False),
        ("stake_or_unit", "甲公司出售股权", True),
        ("stake_or_unit", "甲公司出售苹果", False),
        ("as_shareholder", "新增乙公司为股东", True),
        ("as_shareholder", "新增乙公司", False),
    ],
)
def test_words(need: str, text: str, found: bool) -> None:
    assert has_word(need, text, 0, len(text)) is found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("甲持有乙。占两成。", True),
        ("甲持有乙20%。", True),
        ("甲持有乙百分之二十。", True),
        ("甲持有乙。\n占20%。", False),
        ("20%。甲持有乙。", False),
    ],
)
def test_percentages_stand_in_the_paragraph(text: str, found: bool) -> None:
    start = text.index("甲")
    assert has_percent(text, start, text.index("。", start) + 1) is found


@pytest.mark.parametrize(
    ("text", "may"),
    [
        ("今天天气很好。", False),
        ("甲公司收购乙公司。", True),
        ("甲公司采用新的包装。", False),
        ("甲公司将采用乙公司的服务器。", True),
        ("甲公司将采用乙公司的包装，服务器另外采买。", True),
        ("甲公司将使用乙公司的H100。", True),
        ("甲公司（将采用乙公司的服务器。下月起）获奖。", True),
        ("甲公司新增产线。乙公司成为股东。", False),
        ("甲公司持有乙公司。乙公司很小。", False),
        ("甲公司持有乙公司。比例为两成。", True),
    ],
)
def test_texts_that_may_tell_of_a_deal(text: str, may: bool) -> None:
    assert may_tell(fold(text), mask_brackets(fold(text))) is may


@pytest.mark.parametrize("article", ARTICLES, ids=lambda article: article.article_id)
def test_nothing_is_lost_in_articles(article: Article) -> None:
    reader = Pipeline(model=False)
    watched = reader.read_article(article, observer=Watcher())
    assert reader.read_article(article) == watched


@pytest.mark.parametrize(("name", "text"), EXAMPLES)
def test_nothing_is_lost_in_examples(name: str, text: str) -> None:
    reader = Pipeline(model=False)
    article = Article(article_id=name, text=text)
    watched = reader.read_article(article, observer=Watcher())
    assert reader.read_article(article) == watched
