"""Slips of the press: each kind with what is one and what is not."""

from __future__ import annotations

from typing import Any

import pytest

from extract.amounts import parse_money
from extract.records import ArticleDeals, Cite, DealRecord
from extract.slips import Slip, find_slips, with_warnings


def cite(text: str, words: str) -> dict[str, Any]:
    start = text.index(words)
    return {"start": start, "end": start + len(words), "text": words}


def money(text: str, words: str) -> dict[str, Any]:
    found = parse_money(words)
    if found is None:
        raise ValueError(f"{words} is no money")
    bounds = {"min": found.min, "max": found.max, "currency": found.unit}
    return {**cite(text, words), **bounds, "modifier": found.modifier}


def deal(
    text: str, payers: str, payee: str, number: int = 0, kind: str = "investment", **told: Any
) -> dict[str, Any]:
    """A record whose words stand in a text; ``amount`` and ``valuation`` are words of it."""
    whole = cite(text, text)
    sources = {"type": [whole], "status": [whole], "evidence": [whole]}
    sources |= {key: [whole] for key in ("date", "stake", "round") if key in told}
    for key in ("amount", "valuation"):
        if key in told:
            told[key] = money(text, told[key])
    return {
        "id": f"d{number}",
        "type": kind,
        "investor": [party(text, name, "investor") for name in payers.split("、") if name],
        "target": [party(text, payee, "investee")],
        "status": "announced",
        "evidence": text,
        "sources": sources,
        "rules": ["test"],
        "confidence": 1,
        **told,
    }


def party(text: str, name: str, role: str) -> dict[str, Any]:
    mentions = [cite(text, name)]
    return {"name": name, "role": role, "names": [name], "id": f"name:{name}", "mentions": mentions}


def found(text: str, *deals: dict[str, Any], published: str = "2025-12-02") -> tuple[Slip, ...]:
    return find_slips(article(*deals, published=published), text)


def article(*deals: dict[str, Any], published: str = "2025-12-02") -> ArticleDeals:
    return ArticleDeals.model_validate(
        {
            "article_id": "a",
            "published": published,
            "deals": [DealRecord.model_validate(one) for one in deals],
        }
    )


def kinds(slips: tuple[Slip, ...]) -> list[str]:
    return [slip.kind for slip in slips]


# --- without records ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "对方出资6亿美元\n公司说，对方出资6亿美元（约合4.3亿元人民币）。",
            "USD 600000000 is also told as CNY 430000000, which at the rates of 2025 is about 0.10 times as much",
        ),
        ("项目规模10GW\n项目规模10GW（10亿瓦）。", "10GW is not 10亿瓦: they are 10 times apart"),
        ("建设5吉瓦（即500兆瓦）机房。", "5吉瓦 is not 500兆瓦: they are 10 times apart"),
        ("双方2月30日签约。", "there is no 2月30日"),
        ("双方13月5日签约。", "there is no 13月5日"),
        ("双方2025年2月29日签约。", "there is no 2025年2月29日"),
    ],
)  # fmt: skip
def test_a_text_contradicts_itself(text: str, message: str) -> None:
    assert message in {slip.message for slip in found(text)}
    assert len(found(text)) == 1


@pytest.mark.parametrize(
    "text",
    [
        "南屿基金投资20亿美元\n南屿基金将向砚山存储投资20亿美元。",
        "南屿基金投资200亿美元\n其中首期20亿美元，合计200亿美元。",
        "南屿基金投资约20亿美元\n南屿基金出资19.8亿美元，另有2亿美元贷款。",
        "砸310亿入股诺基亚\n英伟达以10亿美元入股诺基亚。",
        "对方出资6亿美元（约合42.6亿元人民币）。",
        "规模10百萬瓩（10GW）。",
        "10GW（首期1GW）的机房。",
        "建设10GW机房，用电5吉瓦。",
        "双方2月29日签约。",
        "项目2024年2月29日签约。",
        "一行没有标题200亿美元。",
        "",
    ],
)
def test_a_text_that_agrees_with_itself(text: str) -> None:
    assert found(text, published="2024-03-01" if "2月29" in text else "2025-12-02") == ()


TITLES = [
    ("南屿豪掷200亿美元投资砚山\n南屿将向砚山投资20亿美元。", "20亿美元", "10"),
    ("南屿融资\n南屿投资砚山3亿元。", "3亿元", ""),
    ("砚山获南屿3亿元\n南屿投资砚山3000万元。", "3000万元", "10"),
    ("砚山获南屿3亿元\n南屿投资砚山3000万元，合计3亿元。", "3000万元", ""),
    ("砚山获南屿数亿元\n南屿投资砚山3000万元。", "3000万元", ""),
    ("砚山获南屿310亿\n南屿投资砚山31亿美元。", "31亿美元", ""),
]


@pytest.mark.parametrize(("text", "amount", "times"), TITLES)
def test_the_title_has_ten_times_the_amount(text: str, amount: str, times: str) -> None:
    slips = found(text, deal(text, "南屿", "砚山", amount=amount))
    assert kinds(slips) == (["title"] if times else [])
    assert all(slip.message.endswith(f": {times} times as much") for slip in slips)


def test_a_number_of_no_deal_is_no_slip_of_the_title() -> None:
    assert found("南屿豪掷200亿美元\n南屿去年营收20亿美元。") == ()


# --- of records --------------------------------------------------------------------------------

ROUND = "甲木、乙水和丙火合投丁土110亿美元，分别出50亿美元、30亿美元、{last}"


@pytest.mark.parametrize(
    ("last", "message"),
    [
        ("20亿美元", "50亿美元 + 30亿美元 + 20亿美元 are less than 110亿美元"),
        ("60亿美元", "50亿美元 + 30亿美元 + 60亿美元 are more than 110亿美元"),
        ("30亿美金", ""),
        ("超过20亿美元", ""),
    ],
)
def test_parts_add_up_to_the_round(last: str, message: str) -> None:
    text = ROUND.format(last=last)
    slips = found(
        text,
        deal(text, "甲木、乙水、丙火", "丁土", 0, amount="110亿美元"),
        deal(text, "甲木", "丁土", 1, amount="50亿美元"),
        deal(text, "乙水", "丁土", 2, amount="30亿美元"),
        deal(text, "丙火", "丁土", 3, amount=last),
    )
    assert [slip.message for slip in slips if slip.kind == "sum"] == ([message] if message else [])


def test_some_parts_may_be_less_than_the_round() -> None:
    text = ROUND.format(last="未披露")
    parts = (
        deal(text, "甲木", "丁土", 1, amount="50亿美元"),
        deal(text, "乙水", "丁土", 2, amount="30亿美元"),
    )
    whole = deal(text, "甲木、乙水、丙火", "丁土", 0, amount="110亿美元")
    assert found(text, whole, *parts) == ()


@pytest.mark.parametrize(
    ("amount", "valuation", "stake", "kind"),
    [
        ("1100亿美元", "7300美元", None, "valuation"),
        ("10亿美元", "8亿美元", None, "valuation"),
        ("10亿美元", "80亿美元", None, ""),
        ("10亿美元", "超过8亿美元", None, ""),
        ("70亿元", "10亿美元", None, ""),
        ("10亿美元", "100亿美元", 10, ""),
        ("10亿美元", "1000亿美元", 10, "stake"),
        ("10亿美元", "120亿美元", 10, ""),
    ],
)
def test_amount_stake_and_valuation_fit(
    amount: str, valuation: str, stake: int | None, kind: str
) -> None:
    text = f"甲木向丁土投资{amount}，估值{valuation}"
    told = {"stake": stake} if stake else {}
    slips = found(text, deal(text, "甲木", "丁土", amount=amount, valuation=valuation, **told))
    assert [k for k in kinds(slips) if k != "unit"] == ([kind] if kind else [])


@pytest.mark.parametrize(
    ("valuation", "wrong"), [("7300美元", True), ("7300亿美元", False), ("5万元", True)]
)
def test_a_dropped_unit(valuation: str, wrong: bool) -> None:
    text = f"丁土完成融资，估值{valuation}"
    slips = found(text, deal(text, "", "丁土", valuation=valuation))
    assert kinds(slips) == (["unit"] if wrong else [])


@pytest.mark.parametrize(
    ("date", "status", "wrong"),
    [
        ("2026-10", "completed", True),
        ("2025-12-05", "announced", True),
        ("2025-12-03", "announced", False),
        ("2026-10", "talks", False),
        ("2026-Q1", "announced", True),
        ("2025", "completed", False),
    ],
)
def test_a_deal_of_a_day_to_come(date: str, status: str, wrong: bool) -> None:
    text = "甲木投资丁土"
    slips = found(text, deal(text, "甲木", "丁土", date=date, status=status))
    assert kinds(slips) == (["date"] if wrong else [])


def test_a_dateline_after_the_article() -> None:
    slips = found("新华社北京2025年12月20日电 双方签约。")
    assert kinds(slips) == ["date"]
    assert slips[0].message == "the dateline is 2025-12-20, the article of 2025-12-02"


# --- what comes with a slip --------------------------------------------------------------------


def test_a_slip_cites_the_article_and_names_its_deal() -> None:
    text = "南屿豪掷200亿美元投资砚山\n南屿将向砚山投资20亿美元。"
    (slip,) = found(text, deal(text, "南屿", "砚山", 7, amount="20亿美元"))
    assert slip.deal == "d7"
    assert slip.cites == tuple(
        Cite.model_validate(cite(text, words)) for words in ("200亿美元", "20亿美元")
    )


def test_slips_become_warnings_of_their_deals() -> None:
    text = "甲木向丁土投资10亿美元，估值8亿美元"
    told = article(deal(text, "甲木", "丁土", amount="10亿美元", valuation="8亿美元"))
    (one,) = with_warnings(told, text).deals
    assert one.warnings == ("a valuation of 8亿美元 is below the amount, 10亿美元",)
    assert with_warnings(with_warnings(told, text), text).deals == (one,)
