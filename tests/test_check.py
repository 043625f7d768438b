"""The checker: it passes what holds, and names each claim that does not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from extract.article import Article
from extract.check import DERIVATIONS, check_file, check_lines
from extract.errors import GoldError
from extract.records import ArticleDeals, DealRecord

TEXT = (
    "寒木宣布完成超过2亿元A轮和A+轮融资，投后估值30亿元，云岭资本持有其12.5%股权。"
    "资金将用于采购10万张H100。2025年12月17日，双方签署协议，次日公告。"
)


def cite(words: str, **rest: Any) -> dict[str, Any]:
    start = TEXT.index(words)
    return {"start": start, "end": start + len(words), "text": words, **rest}


def party(name: str, role: str) -> dict[str, Any]:
    return {"name": name, "role": role, "names": [name], "id": name, "mentions": [cite(name)]}


def money(words: str, low: float | None, high: float | None, modifier: str) -> dict[str, Any]:
    return cite(words, min=low, max=high, currency="CNY", modifier=modifier, inferred=True)


def deal(**changes: Any) -> dict[str, Any]:
    sources = {
        "type": [cite("融资")],
        "status": [cite("完成")],
        "evidence": [cite("寒木宣布完成超过2亿元A轮和A+轮融资")],
        "stake": [cite("12.5%")],
        "round": [cite("A轮"), cite("A+轮")],
        "date": [cite("2025年12月17日")],
    }
    record = {
        "id": "d1",
        "type": "investment",
        "investor": [party("云岭资本", "investor")],
        "target": [party("寒木", "investee")],
        "amount": money("超过2亿元", 2e8, None, "at_least"),
        "stake": 12.5,
        "valuation": money("30亿元", 3e9, 3e9, "exact"),
        "round": "A+A+",
        "status": "completed",
        "date": "2025-12-17",
        "conditions": [cite("资金将用于采购10万张H100", kind="use_of_proceeds")],
        "hardware": [
            {
                "name": "H100",
                "vendor": "英伟达",
                "quantity": "10万张",
                "id": "nvidia-h100",
                "mentions": [cite("H100")],
            }
        ],
        "evidence": sources["evidence"][0]["text"],
        "rules": ["funding"],
        "confidence": 0.9,
    }
    sources |= changes.pop("sources", {})
    return record | {"sources": sources} | changes


def line(*deals: dict[str, Any], **rest: Any) -> str:
    return json.dumps(
        {"article_id": "a1", "published": "2025-12-18", "deals": list(deals), **rest},
        ensure_ascii=False,
    )


ARTICLE = Article(article_id="a1", text=TEXT, published="2025-12-18")


def violations(*lines: str, article: Article | None = ARTICLE) -> list[str]:
    known = {article.article_id: article} if article else {}
    return [str(found) for found in check_lines(lines, known, file="out.jsonl").violations]


HOLDS: list[tuple[str, dict[str, Any]]] = [
    ("as it is", {}),
    (
        "the day of publication",
        {"date": "2025-12-18", "sources": {"date": [cite("公告")]}},
    ),
    (
        "a date counted from another",
        {"date": "2025-12-18", "sources": {"date": [cite("2025年12月17日"), cite("次日")]}},
    ),
    ("a trigger that gives the status", {"sources": {"status": [cite("融资")]}}),
    (
        "nothing told",
        {
            "amount": None,
            "stake": None,
            "valuation": None,
            "round": None,
            "date": None,
            "conditions": [],
            "hardware": [],
        },
    ),
]


@pytest.mark.parametrize(("name", "changes"), HOLDS, ids=[case[0] for case in HOLDS])
def test_what_holds_passes(name: str, changes: dict[str, Any]) -> None:
    assert violations(line(deal(**changes))) == [], name


# What is changed, the field that is named, and the reason.
BROKEN: list[tuple[dict[str, Any], str, str]] = [
    ({"sources": {"type": [cite("寒木")]}}, "type", "no trigger in '寒木'"),
    (
        {"investor": [party("云岭资本", "investor") | {"names": ["云岭"]}]},
        "parties",
        "'云岭资本' is not among its names",
    ),
    (
        {"amount": money("超过2亿元", 3e8, None, "at_least")},
        "amount",
        "300000000..None CNY at_least does not follow from '超过2亿元', which is "
        "200000000..None CNY at_least",
    ),
    (
        {"amount": money("2亿元", 2e8, None, "at_least")},
        "amount",
        "200000000..None CNY at_least does not follow from '2亿元', which is "
        "200000000..200000000 CNY exact",
    ),
    (
        {"valuation": money("估值", 3e9, 3e9, "exact")},
        "valuation",
        "'估值' reads as no amount",
    ),
    ({"stake": 12}, "stake", "12 does not follow from '12.5%'"),
    ({"round": "A"}, "round", "A does not follow from 'A轮', 'A+轮', which is A+A+"),
    ({"status": "talks"}, "status", "no cue for talks in '完成'"),
    (
        {"date": "2025-12-16"},
        "date",
        "2025-12-16 does not follow from '2025年12月17日', which is 2025-12-17",
    ),
    (
        {"date": "2025-12-17", "sources": {"date": [cite("公告")]}},
        "date",
        "2025-12-17 does not follow from '公告', which is None",
    ),
    (
        {"conditions": [cite("资金将用于采购10万张H100", kind="lockup")]},
        "conditions",
        "no cue for lockup in '资金将用于采购10万张H100'",
    ),
    (
        {"hardware": [{"name": "H100", "id": "nvidia-h200", "mentions": [cite("H100")]}]},
        "hardware",
        "'H100' is not a name of nvidia-h200",
    ),
    (
        {"hardware": [{"name": "H200", "mentions": [cite("H100")]}]},
        "hardware",
        "'H200' is not among its mentions",
    ),
    (
        {"hardware": [{"name": "H100", "quantity": "9万张", "mentions": [cite("H100")]}]},
        "hardware",
        "the quantity '9万张' is not in the text",
    ),
]


@pytest.mark.parametrize(
    ("changes", "field", "reason"), BROKEN, ids=[f"{n}-{case[1]}" for n, case in enumerate(BROKEN)]
)
def test_a_value_that_does_not_follow_is_named(
    changes: dict[str, Any], field: str, reason: str
) -> None:
    wanted = [f"out.jsonl:1: a1: deals.0.{field}: {reason}"]
    assert violations(line(deal(**changes))) == wanted


def test_every_derivation_is_broken_in_a_case() -> None:
    assert {field for _, field, _ in BROKEN} == set(DERIVATIONS)


MOVED = cite("30亿元") | {"start": 0, "end": 4}
SHAPES: list[tuple[str, str, str]] = [
    (
        "offsets",
        line(deal(valuation=money("30亿元", 3e9, 3e9, "exact") | MOVED)),
        "a1: deals.0.valuation: cites '30亿元', but 0:4 reads '寒木宣布'",
    ),
    (
        "party's offsets",
        line(
            deal(target=[party("寒木", "investee") | {"mentions": [MOVED | {"text": "寒木寒木"}]}])
        ),
        "a1: deals.0.target.0: '寒木' is not among its mentions",
    ),
    ("key", line(deal(), texts=TEXT), "a1: texts: Extra inputs are not permitted"),
    ("JSON", "{", "?: line: Invalid JSON"),
    ("source", line(deal(sources={"stake": []})), "a1: deals.0: no words are cited for stake"),
    ("text", line(deal(), text="别的"), "a1: text: is not the text of the article"),
    (
        "published",
        line(published="2025-12-19"),
        "a1: published: is 2025-12-19, but the article says 2025-12-18",
    ),
    (
        "article",
        line(article_id="a2"),
        "a2: text: there is neither an article of this id nor a text in the line",
    ),
]


@pytest.mark.parametrize(("name", "told", "reason"), SHAPES, ids=[case[0] for case in SHAPES])
def test_a_line_that_cannot_be_right_is_named(name: str, told: str, reason: str) -> None:
    (found,) = violations(told)
    assert found.startswith(f"out.jsonl:1: {reason}")


def test_a_line_with_its_text_needs_no_article() -> None:
    assert violations(line(deal(), text=TEXT), article=None) == []


def test_every_citation_is_compared_with_the_text() -> None:
    found = violations(line(deal(), text=f"。{TEXT}"), article=None)
    assert [reason.split(": ")[2] for reason in found] == [
        "deals.0.investor.0.mentions.0",
        "deals.0.target.0.mentions.0",
        "deals.0.amount",
        "deals.0.valuation",
        "deals.0.conditions.0",
        "deals.0.hardware.0.mentions.0",
        "deals.0.sources.type.0",
        "deals.0.sources.status.0",
        "deals.0.sources.evidence.0",
        "deals.0.sources.stake.0",
        "deals.0.sources.round.0",
        "deals.0.sources.round.1",
        "deals.0.sources.date.0",
    ]


def test_an_article_stands_once() -> None:
    assert violations(line(), "", line()) == ["out.jsonl:3: a1: article_id: stands twice"]


def test_what_was_checked_is_counted(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    path.write_text(f"{line(deal(), deal(stake=3))}\n", encoding="utf-8")
    checked = check_file(path, {"a1": ARTICLE})
    assert checked.line() == "1 articles, 2 deals, 1 violations"


def test_an_output_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(GoldError, match=r"none\.jsonl: cannot be read"):
        check_file(tmp_path / "none.jsonl", {})


def test_an_announced_plan_may_cite_the_plan() -> None:
    text = "甲辰拟收购乙巳，双方已签署协议。"
    told = ArticleDeals(
        article_id="a1",
        deals=(
            DealRecord.model_validate(
                {
                    "id": "d1",
                    "type": "acquisition",
                    "investor": [],
                    "target": [
                        {
                            "name": "乙巳",
                            "role": "acquiree",
                            "names": ["乙巳"],
                            "id": "x",
                            "mentions": [{"start": 5, "end": 7, "text": "乙巳"}],
                        }
                    ],
                    "status": "announced",
                    "evidence": "甲辰拟收购乙巳",
                    "sources": {
                        "type": [{"start": 3, "end": 5, "text": "收购"}],
                        "status": [{"start": 2, "end": 3, "text": "拟"}],
                        "evidence": [{"start": 0, "end": 7, "text": "甲辰拟收购乙巳"}],
                    },
                    "rules": [],
                    "confidence": 0.5,
                }
            ),
        ),
    ).model_dump_json()
    assert violations(told, article=Article(article_id="a1", text=text)) == []
    unsigned = text.replace("签署协议", "开始谈判")
    assert violations(told, article=Article(article_id="a1", text=unsigned)) == [
        "out.jsonl:1: a1: deals.0.status: no cue for announced in '拟'"
    ]
