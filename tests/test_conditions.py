"""Conditions: the examples beside the cues, borders, scopes, and what the seed may hold."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from extract import conditions
from extract.clauses import sentences
from extract.conditions import Cue, Found, cues, find_conditions
from extract.errors import SeedError
from extract.names import mask_brackets
from extract.records import CONDITION_KINDS
from extract.text import fold

TITLE = "今日要闻\n"


def found_in(text: str) -> list[Found]:
    folded = fold(text)
    return find_conditions(folded, tuple(sentences(folded, mask_brackets(folded))))


def told(text: str) -> list[tuple[str, str]]:
    """Kind and words of each condition of a text."""
    return [(one.kind, text[one.start : one.end]) for one in found_in(text)]


def examples(which: str) -> Iterator[Any]:
    for place, cue in enumerate(cues()):
        for number, sentence in enumerate(cue.examples[which]):
            yield pytest.param(cue, sentence, id=f"{cue.kind}-{place}-{which}-{number}")


@pytest.mark.parametrize(("cue", "sentence"), list(examples("yes")))
def test_an_example_says_its_condition(cue: Cue, sentence: str) -> None:
    wanted = re.findall(r"<(.+?)>", sentence)
    text = TITLE + re.sub(r"[<>]", "", sentence)
    assert [words for kind, words in told(text) if kind == cue.kind] == wanted


@pytest.mark.parametrize(("cue", "sentence"), list(examples("no")))
def test_a_counterexample_says_none(cue: Cue, sentence: str) -> None:
    assert [words for kind, words in told(TITLE + sentence) if kind == cue.kind] == []


def test_every_cue_has_examples_of_both_kinds() -> None:
    bare = [cue.words for cue in cues() if not (cue.examples["yes"] and cue.examples["no"])]
    assert bare == []


def test_every_kind_has_a_cue() -> None:
    assert {cue.kind for cue in cues()} == set(CONDITION_KINDS)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        pytest.param(
            "星桥科技融资将用于研发\n正文没有提到这件事。", [], id="a headline holds none"
        ),
        pytest.param(
            TITLE + "星桥科技募集资金5亿元，扣除发行费用后拟用于芯片研发、补充流动资金。",
            [("use_of_proceeds", "扣除发行费用后拟用于芯片研发、补充流动资金")],
            id="the subject stands clauses ahead",
        ),
        pytest.param(
            TITLE + "本輪資金將用於產品研發，助力公司成為龍頭。",
            [("use_of_proceeds", "本輪資金將用於產品研發")],
            id="traditional script, cut where the purpose begins",
        ),
        pytest.param(
            TITLE + "本次发行尚需股东大会批准，尚需证监会同意注册。",
            [("regulatory", "本次发行尚需股东大会批准，尚需证监会同意注册")],
            id="neighbours of a kind are one",
        ),
        pytest.param(
            TITLE + "星桥科技拟投资远山数据（至多10亿美元，首期2亿美元待落地）并成为股东。",
            [("tranche", "首期2亿美元待落地")],
            id="the clause of a bracket, not the sentence around it",
        ),
        pytest.param(
            TITLE + "作为交换，远山数据向星桥科技授予认股权证。",
            [("warrant", "远山数据向星桥科技授予认股权证")],
            id="no other where the kind has a name",
        ),
        pytest.param(
            TITLE + "相关阅读：《星桥科技收购案待监管批准》《远山数据收购案待监管批准》",
            [],
            id="titles of other articles",
        ),
        pytest.param(
            TITLE + "双方签署为期 3 年的采购协议，远山数据为独家供应商。",
            [("term", "为期 3 年"), ("exclusivity", "远山数据为独家供应商")],
            id="two kinds in one sentence",
        ),
    ],
)
def test_borders(text: str, wanted: list[tuple[str, str]]) -> None:
    assert told(text) == wanted


@pytest.mark.parametrize(
    ("ahead", "wanted"),
    [
        pytest.param(0, [("regulatory", "司法部已批准这笔收购")], id="in the beginning"),
        pytest.param(400, [], id="far down"),
    ],
)
def test_an_approval_had_counts_only_where_it_is_the_news(
    ahead: int, wanted: list[tuple[str, str]]
) -> None:
    filler = "云" * ahead + "。" if ahead else ""
    assert told(f"{TITLE}{filler}司法部已批准这笔收购。") == wanted


@pytest.mark.parametrize(
    ("sentence", "points"),
    [("本轮资金将用于研发。", True), ("融资5亿元，用于研发。", False)],
)
def test_what_points_at_the_deal_of_the_article(sentence: str, points: bool) -> None:
    assert [one.points for one in found_in(TITLE + sentence)] == [points]


ENTRY = {"name": "term", "words": ["为期"], "types": ["debt"]}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"colour": "red"}, "unknown key colour"),
        ({"name": "weather"}, "unknown kind of condition"),
        ({"types": ["gift"]}, "unknown type gift"),
        ({"scope": "galaxy"}, "unknown reach or scope clause, galaxy"),
        ({"reach": "moon"}, "unknown reach or scope moon, any"),
        ({"pattern": "<planets>"}, "unknown list"),
        ({"pattern": "(为期"}, "no pattern"),
    ],
)
def test_the_seed_is_checked(
    change: dict[str, object], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seed = {"lists": {}, "kind": [{**ENTRY, **change}]}
    monkeypatch.setattr(conditions, "read_toml", lambda name: seed)
    with pytest.raises(SeedError, match=message):
        cues.__wrapped__()


def test_words_alone_make_a_cue(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conditions, "read_toml", lambda name: {"lists": {}, "kind": [ENTRY]})
    (cue,) = cues.__wrapped__()
    assert (cue.pattern.pattern, cue.reach, cue.scope) == ("为期", "clause", "any")
