"""Rounds of funding: which words name one, its normal form, and which rounds a clause claims."""

from __future__ import annotations

import pytest

from extract.clauses import sentences
from extract.rounds import find_rounds, normal_round
from extract.text import fold
from extract.values import rounds_in

NORMAL = [
    ("A轮", "A"),
    ("A 轮融资", "A"),
    ("pre-a轮", "Pre-A"),
    ("Pre-A+轮", "Pre-A+"),
    ("天使轮+", "天使+"),
    ("種子輪", "种子"),
    ("戰略融資", "战略"),
    ("C++轮", "C++"),
    ("Pre-IPO轮", "Pre-IPO"),
]

FOUND = [
    ("完成数千万元A轮融资", ["A"]),
    ("完成Pre-A及A轮融资", ["Pre-A", "A"]),
    ("连续完成种子轮、天使轮和天使+轮", ["种子", "天使", "天使+"]),
    ("获得5亿元战略投资", ["战略"]),
    ("正在进行 Pre-IPO 轮融资", ["Pre-IPO"]),
    ("天使投资人张三", []),
    ("换了两个A轮胎", []),
    ("这一轮调整", []),
]

# the text, the trigger's word, and the rounds of its clause
CLAIMED = [
    ("甲公司完成1亿元A轮融资，由乙资本领投。", "领投", ["A"]),
    ("甲公司完成1亿元A轮融资，由乙资本领投。", "融资", ["A"]),
    ("天使轮由乙资本领投，A轮由丙资本领投。", "由丙", ["A"]),
    ("乙资本在A轮融资后继续追加投资。", "追加", []),
    ("乙资本拟4亿元战略投资甲公司。", "投资甲", []),
    ("甲公司获乙资本战略投资。", "投资", ["战略"]),
    ("甲公司先后完成天使轮和A轮融资，本次由乙资本领投。", "领投", []),
]


@pytest.mark.parametrize(("text", "value"), NORMAL)
def test_normal_form(text: str, value: str) -> None:
    assert normal_round(text) == value


@pytest.mark.parametrize(("text", "values"), FOUND)
def test_found(text: str, values: list[str]) -> None:
    assert [found.value for found in find_rounds(text, fold(text))] == values


@pytest.mark.parametrize(("text", "values"), FOUND)
def test_a_round_is_a_slice_that_gives_its_value(text: str, values: list[str]) -> None:
    for found in find_rounds(text, fold(text)):
        assert text[found.start : found.end] == found.text
        assert normal_round(found.text) == found.value


@pytest.mark.parametrize(("text", "word", "values"), CLAIMED)
def test_rounds_of_a_clause(text: str, word: str, values: list[str]) -> None:
    folded = fold(text)
    sentence = sentences(folded, folded)[0]
    clause = sentence.clause_at(text.index(word))
    claimed = rounds_in(folded, list(find_rounds(text, folded)), clause, sentence)
    assert [found.value for found in claimed] == values
