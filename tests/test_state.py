"""How far a deal has come and when it was told: cues, the votes of its tellings, dates."""

from __future__ import annotations

from itertools import chain

import pytest

from extract import Pipeline
from extract.lexicon import read_toml, words
from extract.records import STATUSES, DealRecord
from extract.state import find_cues

DAY = "2026-03-20"  # a Friday

# introduces the parties by name, so that no lexicon is needed
KNOWN = (
    "\n云杉科技有限公司（以下简称“云杉科技”）、青岚智能有限公司（以下简称“青岚智能”）、"
    "北桥智算有限公司（以下简称“北桥智算”）、南浦科技有限公司（以下简称“南浦科技”）。"
)

CUES = [
    ("宣布拟完成", [("announced", "宣布"), ("talks", "拟"), ("completed", "完成")]),
    ("模拟和虚拟", []),
    ("交易完成后", []),
    ("公司拒绝置评", []),
    ("已获得批准", [("completed", "已获得"), ("announced", "批准")]),
]

STATES = [
    # a plan, a rumour, a negotiation
    ("云杉科技拟以2亿元收购青岚智能51%股权。", "talks"),
    ("云杉科技宣布计划以2亿元收购青岚智能。", "talks"),
    ("云杉科技正就收购青岚智能进行谈判。", "talks"),
    ("云杉科技计划斥资2亿元，收购青岚智能。", "talks"),
    ("北桥智算正寻求完成3亿美元融资。", "talks"),
    ("知情人士称，云杉科技考虑收购青岚智能。", "talks"),
    # agreed, signed, announced
    ("云杉科技宣布以2亿元收购青岚智能。", "announced"),
    ("云杉科技同意以2亿元收购青岚智能。", "announced"),
    ("云杉科技与青岚智能股东签署协议，拟以2亿元收购青岚智能51%股权。", "announced"),
    ("监管机构批准云杉科技收购青岚智能。", "announced"),
    ("北桥智算宣布一轮3亿美元的融资。", "announced"),
    ("云杉科技获得南浦科技10亿元电池订单。", "announced"),
    # done
    ("云杉科技已完成收购青岚智能。", "completed"),
    ("云杉科技以2亿元收购了青岚智能。", "completed"),
    ("云杉科技曾以2亿元收购青岚智能。", "completed"),
    ("2021年，云杉科技以2亿元收购青岚智能。", "completed"),
    ("今年1月，云杉科技向青岚智能投资2亿元。", "completed"),
    ("北桥智算宣布完成3亿美元A轮融资，由南浦资本领投。", "completed"),
    ("北桥智算获得3亿美元A轮融资，计划用于研发。", "completed"),
    # ended
    ("云杉科技终止收购青岚智能。", "terminated"),
    ("云杉科技同意以2亿元收购青岚智能，但该交易最终告吹。", "terminated"),
]

DATES = [
    ("3月18日，云杉科技宣布以2亿元收购青岚智能。", "2026-03-18"),
    ("云杉科技昨日宣布以2亿元收购青岚智能。", "2026-03-19"),
    ("财联社3月20日电，云杉科技公告，拟以2亿元收购青岚智能51%股权。", DAY),
    ("36氪获悉，云杉科技公告，近日签署协议，以2亿元收购青岚智能51%股权。", DAY),
    ("36氪获悉，北桥智算宣布完成3亿美元A轮融资。", DAY),
    ("36氪获悉，北桥智算近日宣布完成3亿美元A轮融资。", None),
    ("北桥智算近日完成3亿美元A轮融资。", None),
    ("北桥智算完成3亿美元A轮融资。", None),
    # the day of a report dates what is being talked of, not what is agreed
    ("据彭博社今天报道，知情人士称云杉科技正在洽谈收购青岚智能。", DAY),
    ("据彭博社今天报道，知情人士称云杉科技已收购青岚智能。", None),
    ("据彭博社报道，知情人士称云杉科技正在洽谈收购青岚智能。", None),
    # what is to come, and what belongs to something else, dates no deal
    ("北桥智算计划6月底前完成3亿美元融资。", None),
    ("成立于2023年的北桥智算完成3亿美元A轮融资。", None),
    ("2021年，云杉科技以2亿元收购青岚智能。", "2021"),
    # a range is told by its first unit, or by the one that it fills
    ("2021年1月至2月，云杉科技以2亿元收购青岚智能。", "2021-01"),
    ("2021年7月至12月，云杉科技以2亿元收购青岚智能。", "2021-H2"),
]

# of an article whose day is not told: when it was published, and what follows from that
PARTLY_DATED = [
    ("2023-Q1", "去年5月，云杉科技以2亿元收购青岚智能。", "2022-05"),
    ("2023-Q1", "2022年第三季度，云杉科技以2亿元收购青岚智能。", "2022-Q3"),
    ("2023-Q1", "今年3月，云杉科技以2亿元收购青岚智能。", "2023-03"),
    ("2023-Q1", "今年5月，云杉科技以2亿元收购青岚智能。", None),
    ("2023-05", "5月6日，云杉科技以2亿元收购青岚智能。", "2023-05-06"),
    ("2023-05", "昨日，云杉科技以2亿元收购青岚智能。", None),
    ("2023", "云杉科技公告，以2亿元收购青岚智能。", None),
]


def only_deal(text: str, *, published: str = DAY) -> DealRecord:
    (deal,) = Pipeline().read(text + KNOWN, published=published).deals
    return deal


@pytest.mark.parametrize(("text", "cues"), CUES)
def test_cues(text: str, cues: list[tuple[str, str]]) -> None:
    found = find_cues(text, 0, len(text))
    assert [(status, text[start:end]) for status, start, end in found] == cues


@pytest.mark.parametrize(("text", "status"), STATES)
def test_status(text: str, status: str) -> None:
    assert only_deal(text).status == status


@pytest.mark.parametrize(("text", "date"), DATES)
def test_date(text: str, date: str | None) -> None:
    assert only_deal(text).date == date


@pytest.mark.parametrize(("published", "text", "date"), PARTLY_DATED)
def test_date_in_an_article_of_a_month_or_a_quarter(
    published: str, text: str, date: str | None
) -> None:
    assert only_deal(text, published=published).date == date


def test_the_body_outweighs_the_headline() -> None:
    text = "云杉科技收购青岚智能\n云杉科技正在洽谈收购青岚智能。"
    assert only_deal(text).status == "talks"


def test_every_cue_that_is_looked_for_proves_its_status() -> None:
    proved = {status: set(words("cues.toml", "status", status)) for status in STATUSES}
    for status in STATUSES:
        assert set(words("cues.toml", "behind", status)) <= proved[status]
    assert set(words("cues.toml", "told", "words")) <= proved["completed"]
    assert set(words("cues.toml", "beside", "words")) <= proved["completed"]
    assert set(words("cues.toml", "hypothetical", "words")) <= proved["talks"]
    assert set(words("cues.toml", "listing", "filed")) <= proved["announced"]
    assert set(words("cues.toml", "listing", "done")) <= proved["completed"]


def test_a_cue_means_one_status_and_what_is_apart_is_a_cue() -> None:
    lists = [words("cues.toml", "status", status) for status in STATUSES]
    everything = list(chain.from_iterable(lists))
    apart = set(words("cues.toml", "apart", "words"))
    assert {word for word in everything if everything.count(word) > 1} - apart == set()
    assert apart <= set(everything)


def test_weights_are_whole_and_positive() -> None:
    weights = read_toml("cues.toml")["weight"]
    assert all(isinstance(weight, int) and weight > 0 for weight in weights.values())
