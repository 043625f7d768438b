"""How deals are commonly worded, each wording with the record that a reader takes from it."""

from __future__ import annotations

import pytest

from extract import Pipeline
from extract.records import DealRecord

DAY = "2026-03-20"  # a Friday

# introduces the parties by name, so that no lexicon is needed
KNOWN = (
    "\n云杉科技有限公司（以下简称“云杉科技”）、青岚智能有限公司（以下简称“青岚智能”）、"
    "北桥智算有限公司（以下简称“北桥智算”）。"
)

Told = tuple[str, list[str], list[str], str | None, str | None, str]
"""Type, who pays, who is paid, amount, stake, status."""


@pytest.fixture(scope="module")
def pipeline() -> Pipeline:
    return Pipeline(model=False)


def told(deal: DealRecord) -> Told:
    payers, payees = ([f"{p.name}:{p.role}" for p in side] for side in (deal.investor, deal.target))
    stake = None if deal.stake is None else f"{deal.stake:g}"
    return deal.type, payers, payees, deal.amount and deal.amount.text, stake, deal.status


def shareholding(holder: str, stake: str) -> Told:
    return "holding", [f"{holder}:shareholder"], ["青岚智能:investee"], None, stake, "completed"


TAKEN_OVER = ["云杉科技:acquirer"], ["青岚智能:acquiree"]

WORDINGS: list[tuple[str, list[Told]]] = [
    # who buys from whom, where the contract stands in one clause and the goods in another
    (
        "云杉科技与青岚智能签约，采购一批服务器，总金额2亿元。",
        [("procurement", ["云杉科技:buyer"], ["青岚智能:supplier"], "2亿元", None, "announced")],
    ),
    (
        "云杉科技与国内某客户签订算力服务合同，总金额2亿元。",
        [("procurement", [], ["云杉科技:supplier"], "2亿元", None, "announced")],
    ),
    (
        "云杉科技、青岚智能和北桥智算将各自部署1万张英伟达GPU。",
        [
            (
                "procurement",
                ["云杉科技:buyer", "青岚智能:buyer", "北桥智算:buyer"],
                ["英伟达:supplier"],
                None,
                None,
                "announced",
            )
        ],
    ),
    # cooperation as a verb, of three, and as a venture with its capital
    (
        "云杉科技计划和青岚智能合作。",
        [("partnership", ["云杉科技:partner"], ["青岚智能:partner"], None, None, "talks")],
    ),
    ("云杉科技与青岚智能的合作很成功。", []),
    (
        "云杉科技、青岚智能、北桥智算昨日结盟，三方将共建数据中心。",
        [
            (
                "partnership",
                ["云杉科技:partner"],
                ["青岚智能:partner", "北桥智算:partner"],
                None,
                None,
                "announced",
            )
        ],
    ),
    (
        "云杉科技携手青岚智能组建合资公司，注册资本3亿元。",
        [("partnership", ["云杉科技:partner"], ["青岚智能:partner"], "3亿元", None, "announced")],
    ),
    # offers, refused ones, and prices told by the next sentence
    (
        "云杉科技向青岚智能全体股东发出要约，拟收购20%股份。",
        [("acquisition", *TAKEN_OVER, None, "20", "announced")],
    ),
    (
        "青岚智能拒绝了云杉科技的收购要约。",
        [("acquisition", *TAKEN_OVER, None, None, "terminated")],
    ),
    (
        "云杉科技要约收购青岚智能。交易总值约2亿元。",
        [("acquisition", *TAKEN_OVER, "约2亿元", None, "announced")],
    ),
    # shares: a part sold to a named buyer, sold as a whole, held beside another
    (
        "云杉科技将8%的青岚智能股权转让给北桥智算，作价2亿元。",
        [
            (
                "investment",
                ["北桥智算:investor"],
                ["云杉科技:seller", "青岚智能:investee"],
                "2亿元",
                "8",
                "announced",
            )
        ],
    ),
    (
        "云杉科技正评估出售青岚智能。",
        [("divestment", [], ["云杉科技:seller", "青岚智能:investee"], None, None, "talks")],
    ),
    (
        "云杉科技持有青岚智能80%的股份，北桥智算持股10%。",
        [shareholding("云杉科技", "80"), shareholding("北桥智算", "10")],
    ),
    (
        "云杉科技持有青岚智能27%的股份。该公司2019年投了10亿元。",
        [
            shareholding("云杉科技", "27"),
            (
                "investment",
                ["云杉科技:investor"],
                ["青岚智能:investee"],
                "10亿元",
                None,
                "completed",
            ),
        ],
    ),
    # persons of notices; whom 其 means; who speaks of itself as 公司; who only counts
    (
        "云杉科技公告，股东王进、于浩淼拟减持公司股份不超过2%。",
        [
            (
                "divestment",
                [],
                ["王进:seller", "于浩淼:seller", "云杉科技:investee"],
                None,
                "2",
                "talks",
            )
        ],
    ),
    (
        "云杉科技与青岚智能签订借款合同，向其借款2亿元。",
        [("debt", ["青岚智能:lender"], ["云杉科技:borrower"], "2亿元", None, "announced")],
    ),
    (
        "云杉科技表示，公司拟以2亿元收购青岚智能。",
        [("acquisition", *TAKEN_OVER, "2亿元", None, "talks")],
    ),
    ("德勤预计，今年新股募资总额3000亿元。", []),
    # what was never signed
    (
        "云杉科技从未与青岚智能签署任何采购协议。",
        [("procurement", ["云杉科技:buyer"], ["青岚智能:supplier"], None, None, "terminated")],
    ),
]

DATED = [
    # an announcement goes on in the sentences behind it
    (
        "云杉科技今日宣布以2亿元收购青岚智能。此外，云杉科技还将与北桥智算合作开发芯片。",
        [DAY, DAY],
    ),
    # a step of a listing on the day of the report
    ("财联社3月20日电，北桥智算科创板IPO获上交所受理。", [DAY]),
    # the year of a project is none of its deal
    ("云杉科技中标2026年智算扩容项目，中标金额2亿元。", [None]),
    # a deal that ended has the day on which it began
    ("云杉科技与青岚智能终止了去年9月签下的采购合同，金额2亿元。", ["2025-09"]),
    # a digest's notices are of the day in its headline
    ("3月19日晚间公告汇总\n①云杉科技：拟以2亿元收购青岚智能51%股权。", ["2026-03-19"]),
]


@pytest.mark.parametrize(("text", "deals"), WORDINGS)
def test_a_common_wording(pipeline: Pipeline, text: str, deals: list[Told]) -> None:
    assert [told(deal) for deal in pipeline.read(text + KNOWN, published=DAY).deals] == deals


@pytest.mark.parametrize(("text", "dates"), DATED)
def test_when_a_deal_was_told(pipeline: Pipeline, text: str, dates: list[str | None]) -> None:
    assert [deal.date for deal in pipeline.read(text + KNOWN, published=DAY).deals] == dates


def test_a_word_of_a_trigger_is_listed_once() -> None:
    """Twice would find each of its deals twice; the seeds are refused then."""
    from extract.errors import SeedError
    from extract.relations import _read_trigger

    entry = {"name": "x", "type": "debt", "words": ["借款", "借款"], "roles": {}, "status": "talks"}
    with pytest.raises(SeedError, match="借款 is listed twice"):
        _read_trigger(entry)


def test_a_model_right_behind_its_kind_stays_one(pipeline: Pipeline) -> None:
    (deal,) = pipeline.read("微软向英伟达采购芯片H100，金额10亿美元。").deals
    assert [hardware.name for hardware in deal.hardware] == ["H100"]
