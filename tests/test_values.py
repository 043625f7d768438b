"""What an amount is by the words around it, and which of several values a deal takes."""

from __future__ import annotations

import pytest

from extract import Pipeline
from extract.amounts import find_quantities
from extract.clauses import sentences
from extract.text import fold
from extract.values import is_former, money_roles, nearest

# introduces the parties by name, so that no lexicon is needed
KNOWN = (
    "\n云杉科技有限公司（以下简称“云杉科技”）、青岚智能有限公司（以下简称“青岚智能”）、"
    "北桥智算有限公司（以下简称“北桥智算”）、南浦科技有限公司（以下简称“南浦科技”）。"
)

ROLES = [
    ("融资3亿美元，估值20亿美元", ["amount", "valuation"]),
    ("融资3亿美元估值20亿美元", ["amount", "valuation"]),
    ("以20亿美元估值融资3亿美元", ["valuation", "amount"]),
    ("以20亿美元的估值拿了3亿美元", ["valuation", "amount"]),
    ("按20亿美元投前估值筹集3亿至5亿美元", ["valuation", "amount"]),
    ("投后估值达到20亿美元", ["valuation"]),
    ("估值从10亿美元涨至20亿美元", ["valuation", "valuation"]),
    ("累计融资10亿元", ["total"]),
    ("去年营收10亿元", ["other"]),
    ("注册资本增至5000万元", ["other"]),
    ("每股10美元", ["other"]),
    ("斥资3亿美元（约合21亿元人民币）", ["amount", "conversion"]),
]

FORMER = [
    ("持股比例由31.61%升至32.48%", [True, False]),
    ("持股比例从去年的6.8%提高至8.2%", [True, False]),
    ("持股占比30%", [False]),
    ("估值较上一轮的5亿美元翻倍", [True]),
    ("估值从10亿美元涨到20亿美元", [True, False]),
    ("融资5亿美元", [False]),
]

# the text of an article, and of its first deal the words of the valuation and the stake
TOLD = [
    ("云杉科技以2亿元收购青岚智能51%股权。", None, 51),
    ("云杉科技拟2亿元增资青岚智能，增资后持股比例由10%升至15%。", None, 15),
    ("云杉科技拟2亿元增资青岚智能。增资完成后，云杉科技将持有青岚智能15%股权。", None, 15),
    (
        "云杉科技拟2亿元增资青岚智能。增资完成后，南浦科技、云杉科技分别持有青岚智能85%、15%股权。",
        None,
        15,
    ),
    ("北桥智算完成3亿美元A轮融资，投后估值30亿美元。", "30亿美元", None),
    ("北桥智算完成3亿美元A轮融资。本轮融资后，公司估值达到30亿美元。", "30亿美元", None),
    ("北桥智算正以30亿美元估值筹集3亿美元。", "30亿美元", None),
    ("北桥智算完成3亿美元A轮融资，估值从10亿美元涨至30亿美元。", "30亿美元", None),
]


@pytest.mark.parametrize(("text", "roles"), ROLES)
def test_roles(text: str, roles: list[str]) -> None:
    money = [q for q in find_quantities(text) if q.kind == "money"]
    assert money_roles(fold(text), money) == roles


@pytest.mark.parametrize(("text", "former"), FORMER)
def test_former_values(text: str, former: list[bool]) -> None:
    assert [is_former(fold(text), quantity) for quantity in find_quantities(text)] == former


def test_nearest_prefers_the_clause_to_the_sentence() -> None:
    text = "斥资1亿元，以2亿元收购其子公司。"
    sentence = sentences(text, text)[0]
    at = text.index("收购")
    money = find_quantities(text)
    assert nearest(money, sentence.clause_at(at), sentence, at) == money[1]
    assert nearest(money[:1], sentence.clause_at(at), sentence, at) == money[0]
    assert nearest([], sentence.clause_at(at), sentence, at) is None


@pytest.mark.parametrize(("text", "valuation", "stake"), TOLD)
def test_valuation_and_stake_of_a_deal(text: str, valuation: str | None, stake: int | None) -> None:
    deal = Pipeline().read(text + KNOWN, published="2026-03-02").deals[0]
    assert (deal.valuation and deal.valuation.text, deal.stake) == (valuation, stake)
