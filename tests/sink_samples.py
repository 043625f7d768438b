"""Records for the tests of sinks: one with every field, one with the fewest, those of the corpus."""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from extract.article import Article, read_articles
from extract.pipeline import Pipeline
from extract.records import ArticleDeals, Cite, Condition, DealRecord, Hardware, Money, Party

TEXT = "软银宣布拟以65亿美元收购Ampere约51.5%的股权，估值不低于120亿美元，前提是采购GB300。"


def cite(words: str, *, text: str = TEXT) -> Cite:
    start = text.index(words)
    return Cite(start=start, end=start + len(words), text=words)


def money(words: str, low: str, high: str | None, modifier: Any) -> Money:
    place = cite(words)
    return Money(
        start=place.start,
        end=place.end,
        text=words,
        min=Decimal(low),
        max=None if high is None else Decimal(high),
        currency="USD",
        modifier=modifier,
    )


def party(name: str, role: Any, party_id: str) -> Party:
    return Party(name=name, role=role, names=(name,), id=party_id, mentions=(cite(name),))


def full_deal() -> DealRecord:
    """A record in which every field is told."""
    place = cite("采购GB300")
    return DealRecord(
        id="d1",
        type="acquisition",
        investor=(party("软银", "acquirer", "softbank"),),
        target=(party("Ampere", "acquiree", "ampere"),),
        amount=money("65亿美元", "6500000000", "6500000000", "exact"),
        stake=Decimal("51.5"),
        valuation=money("不低于120亿美元", "12000000000", None, "at_least"),
        round="strategic",
        status="announced",
        date="2025-03",
        conditions=(
            Condition(start=place.start, end=place.end, text=place.text, kind="procurement"),
        ),
        hardware=(
            Hardware(name="GB300", vendor="英伟达", id="nvidia-gb300", mentions=(cite("GB300"),)),
        ),
        evidence="软银宣布拟以65亿美元收购Ampere",
        sources={
            "type": (cite("收购"),),
            "stake": (cite("51.5%"),),
            "round": (cite("收购"),),
            "status": (cite("宣布"), cite("拟")),
            "date": (cite("宣布"),),
            "evidence": (cite("软银宣布拟以65亿美元收购Ampere"),),
        },
        rules=("acquire",),
        confidence=0.85,
        reasons=("base +0.40", "amount +0.45"),
        warnings=("seen once",),
    )


def holding(name: str = "软银") -> DealRecord:
    """A record in which only what must be told is told."""
    told = (cite(name),)
    return DealRecord(
        id="d2",
        type="holding",
        investor=(party(name, "shareholder", f"name:{name}"),),
        target=(),
        status="completed",
        evidence=name,
        sources={"type": told, "status": told, "evidence": told},
        rules=(),
        confidence=0.4,
    )


def samples() -> list[ArticleDeals]:
    return [
        ArticleDeals(
            article_id="a/1",
            title='软银“收购”, "Ampere"\n续',
            published="2025-03-20",
            source="outlet",
            text=TEXT,
            deals=(full_deal(), holding()),
        ),
        ArticleDeals(article_id="nothing"),
        ArticleDeals(article_id="b", deals=(holding("Ampere"),)),
    ]


@cache
def corpus_output() -> tuple[ArticleDeals, ...]:
    """What the pipeline says of the corpus."""
    read = Pipeline().read_article
    path = Path(__file__).resolve().parents[1] / "corpus" / "articles.jsonl"
    return tuple(read(found) for found in read_articles([path]) if isinstance(found, Article))
