"""Every trigger proves itself on the examples that stand beside its words in ``deals.toml``."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest

from extract import DealRecord, Pipeline
from extract.relations import triggers

TAG = re.compile(r"\{(\w+):([^{}]*)\}")
READ = Pipeline()
YES = [(t.name, text) for t in triggers() for text in t.examples.get("yes", ())]
NO = [(t.name, text) for t in triggers() for text in t.examples.get("no", ())]


def plain(text: str) -> str:
    """The sentence without its tags."""
    return TAG.sub(r"\2", text)


def expected(text: str) -> set[tuple[str, str]]:
    """What an example's tags ask for: role or field, and the words."""
    return {(field, value) for field, value in TAG.findall(text)}


def told(record: DealRecord) -> set[tuple[str, str]]:
    """What a record says, in the terms of the tags."""
    found = {(party.role, party.name) for party in (*record.investor, *record.target)}
    for field in ("amount", "valuation"):
        if money := getattr(record, field):
            found.add((field, money.text))
    if record.stake is not None:
        found.add(("stake", f"{record.stake.normalize():f}%"))
    if record.round:
        found.add(("round", record.round))
    return found | {("hardware", item.name) for item in record.hardware}


def same(one: set[tuple[str, str]], other: set[tuple[str, str]]) -> bool:
    """Equal where an amount may be told with the words of its bound (近10亿元, 10亿元)."""

    def key(pair: tuple[str, str]) -> tuple[str, str]:
        return pair[0], re.sub("^(?:近|超|约|最高|不超过|超过)", "", pair[1])

    return set(map(key, one)) == set(map(key, other))


@pytest.mark.parametrize(("trigger", "text"), YES, ids=[f"{n}-{i}" for i, (n, _) in enumerate(YES)])
def test_what_an_example_tags_comes_out_and_no_more(trigger: str, text: str) -> None:
    records = READ.read(plain(text), published="2026-06-01").deals
    assert len(records) == 1, records
    assert same(told(records[0]), expected(text)), (trigger, told(records[0]))


@pytest.mark.parametrize(("trigger", "text"), NO, ids=[f"{n}-{i}" for i, (n, _) in enumerate(NO)])
def test_an_example_of_no_deal_tells_of_none(trigger: str, text: str) -> None:
    assert READ.read(text, published="2026-06-01").deals == (), trigger


def test_every_trigger_has_an_example_of_its_own() -> None:
    assert [t.name for t in triggers() if not t.examples.get("yes")] == []


TWO = [
    (
        "软银向OpenAI投资300亿美元，向Ampere投资65亿美元。",
        [("软银", "OpenAI", Decimal("30000000000")), ("软银", "Ampere", Decimal("6500000000"))],
    ),
    (
        "阿里巴巴投资智谱10亿元，腾讯投资月之暗面5亿元。",
        [("阿里巴巴", "智谱", Decimal("1000000000")), ("腾讯", "月之暗面", Decimal("500000000"))],
    ),
]


@pytest.mark.parametrize(("text", "deals"), TWO)
def test_two_deals_of_a_type_in_one_sentence_stay_apart(
    text: str, deals: list[tuple[str, str, Decimal]]
) -> None:
    found = READ.read(text, published="2026-06-01").deals
    assert [
        (d.investor[0].name, d.target[0].name, d.amount.min if d.amount else None) for d in found
    ] == deals


@pytest.mark.parametrize(
    "text",
    [
        "微软否认将收购Discord。",
        "苹果拒绝了英伟达的收购提议，不会出售业务。",
        "阿里巴巴终止收购饿了么的谈判。",
    ],
)
def test_a_denied_deal_is_never_told_as_one_that_stands(text: str) -> None:
    assert {d.status for d in READ.read(text).deals} <= {"terminated"}


@pytest.mark.parametrize(
    "text",
    [
        "如果英伟达收购Arm，监管机构将介入。",
        "假如软银投资智谱，估值会更高。",
        "一旦微软收购Discord，市场格局将改变。",
        "英伟达的市值超过4万亿美元，高于苹果的3.5万亿美元。",
        "与腾讯投资的快手相比，抖音的收入更高。",
        "投资者押注降息，美股收高。",
        "采购经理指数升至51.3。",
        "两市融资融券余额为2.1万亿元。",
        "分析师预计英伟达2026财年营收将达2000亿美元。",
        "谷歌2026年资本支出将达1850亿美元。",
    ],
)
def test_words_of_a_deal_in_another_sense_tell_of_none(text: str) -> None:
    assert READ.read(text, published="2026-06-01").deals == ()
