"""What is given to which deal: conditions by where they stand, hardware by what the deal is about."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from extract.attach import deal_hardware, share_conditions
from extract.clauses import sentences
from extract.conditions import Found
from extract.mentions import Mention
from extract.names import find_names, mask_brackets
from extract.reading import Draft, Reading
from extract.records import DealType
from extract.relations import Hit, Relation, triggers
from extract.resolve import Entity
from extract.text import fold


@dataclass(frozen=True, slots=True)
class Told:
    """A deal for a test: the word that tells it, its type, its target, and what else is known."""

    word: str
    type: DealType = "investment"
    target: str = "远山数据"
    priced: bool = True
    past: bool = False


def reading_of(text: str) -> Reading:
    folded = fold(text)
    skeleton = mask_brackets(folded)
    parts = tuple(sentences(folded, skeleton))
    return Reading("test", text, folded, skeleton, None, parts, find_names(text, folded))


def draft_of(reading: Reading, deal: Told) -> Draft:
    """A draft whose relations stand wherever its word does."""
    entity = Entity(deal.target, (deal.target,), (deal.target,))
    draft = Draft(deal.type, {"investor": {}, "target": {entity.id: ("investee", entity)}})
    trigger = next(found for found in triggers() if found.type == deal.type)
    for match in re.finditer(deal.word, reading.text):
        at = match.start()
        sentence = next(s for s in reading.sentences if s.start <= at < s.end)
        hit = Hit(trigger, at, match.end())
        draft.relations.append(
            Relation(hit, deal.type, sentence, sentence.clause_at(at), (), frozenset())
        )
    draft.past = deal.past
    if deal.priced:
        at = draft.relations[0].hit.start
        draft.rounds = [Mention(at, at + 1, reading.text[at], "ROUND", "test", value=deal.word)]
    return draft


def shares(text: str, *deals: Told) -> list[list[str]]:
    """The kinds of the conditions that each deal gets."""
    reading = reading_of(text)
    shared = share_conditions(reading, [draft_of(reading, deal) for deal in deals])
    return [[found.kind for found in shared.get(place, [])] for place in range(len(deals))]


FAR = "云" * 150 + "。"

use, exclusive, approval = "use_of_proceeds", "exclusivity", "regulatory"


@pytest.mark.parametrize(
    ("text", "deals", "wanted"),
    [
        pytest.param(
            "标题\n星桥投资远山数据，资金将用于研发。后来云岭入股海石智能。",
            [Told("投资远山"), Told("入股海石", target="海石智能")],
            [[use], []],
            id="the deal of its sentence",
        ),
        pytest.param(
            "标题\n星桥投资远山数据。云岭入股海石智能。资金将用于研发。",
            [Told("投资远山"), Told("入股海石", target="海石智能")],
            [[], [use]],
            id="the deal told last",
        ),
        pytest.param(
            "标题\n星桥投资远山数据。此前云岭入股海石智能。本轮资金将用于研发。",
            [Told("投资远山"), Told("入股海石", target="海石智能", past=True)],
            [[use], []],
            id="本轮 passes over background",
        ),
        pytest.param(
            "标题\n星桥投资远山数据。云岭支持海石智能。本轮资金将用于研发。",
            [Told("投资远山"), Told("支持海石", target="海石智能", priced=False)],
            [[use], []],
            id="本轮 passes over what has no price",
        ),
        pytest.param(
            f"星桥投资远山数据\n{FAR}{FAR}本轮资金将用于研发。",
            [Told("投资远山")],
            [[use]],
            id="本轮 is the deal of the headline however far it stands",
        ),
        pytest.param(
            f"标题\n星桥投资远山数据。{FAR}{FAR}资金压力不大，全部用于研发。",
            [Told("投资远山")],
            [[]],
            id="what does not point must stand near",
        ),
        pytest.param(
            f"标题\n星桥与远山数据合作。{FAR}双方约定独家供应。",
            [Told("合作", type="partnership")],
            [[]],
            id="a right told far off",
        ),
        pytest.param(
            f"标题\n星桥与远山数据合作。{FAR}远山数据独家供应芯片。",
            [Told("合作", type="partnership")],
            [[exclusive]],
            id="a right told far off that names a party",
        ),
        pytest.param(
            "标题\n资金将用于研发。后来星桥投资远山数据。",
            [Told("投资远山")],
            [[]],
            id="never a deal told later",
        ),
        pytest.param(
            "标题\n星桥与远山数据合作，资金将用于研发。",
            [Told("合作", type="holding")],
            [[]],
            id="never a type that cannot have it",
        ),
        pytest.param(
            "标题\n星桥出资1亿元、云岭认购2亿元远山数据股份，交易尚需监管部门批准。",
            [Told("出资", priced=False), Told("认购", priced=False)],
            [[approval], [approval]],
            id="parts of one transaction share it",
        ),
        pytest.param(
            "标题\n星桥投资远山数据，资金将用于研发。资金将用于研发。",
            [Told("投资远山")],
            [[use]],
            id="told twice is once",
        ),
    ],
)
def test_conditions_find_their_deal(
    text: str, deals: Sequence[Told], wanted: list[list[str]]
) -> None:
    assert shares(text, *deals) == wanted


def hardware(text: str, deal: Told, *, parties: Sequence[str] = ()) -> list[tuple[str, str | None]]:
    """Name and quantity of the hardware of a deal."""
    reading = reading_of(text)
    draft = draft_of(reading, deal)
    for party in parties:
        draft.sides["investor"][party] = ("buyer", Entity(party, (party,), (party,)))
    conditions = share_conditions(reading, [draft]).get(0, [])
    return [(one.name, one.quantity) for one in deal_hardware(reading, draft, conditions)]


ORDER = Told("采购", type="procurement")


@pytest.mark.parametrize(
    ("text", "deal", "wanted"),
    [
        ("标题\n星桥向远山采购10万张H100。", ORDER, [("H100", "10万张")]),
        ("标题\n星桥向远山采购英伟达GPU，规模达6吉瓦。", ORDER, [("GPU", None)]),
        ("标题\n星桥向远山采购6吉瓦的英伟达GPU。", ORDER, [("GPU", "6吉瓦")]),
        ("标题\n星桥采购GPU，包括GB300和H200。", ORDER, [("GB300", None), ("H200", None)]),
        ("标题\n星桥向AI芯片企业远山采购云服务。", ORDER, []),
        ("标题\n星桥采购服务，远山从事芯片业务。", ORDER, []),
        ("标题\n星桥向远山采购芯片。", ORDER, [("芯片", None)]),
        ("标题\n星桥投资GPU企业远山，资金将用于研发。", Told("投资"), []),
        ("标题\n星桥投资远山，资金将用于采购H100。", Told("投资"), [("H100", None)]),
        ("标题\n星桥投资远山，资金将用于研发H100的替代品。", Told("投资"), []),
        ("标题\n星桥投资远山，后者承诺采用Trainium芯片。", Told("投资"), [("Trainium", None)]),
    ],
)
def test_hardware_of_a_deal(text: str, deal: Told, wanted: list[tuple[str, str | None]]) -> None:
    assert hardware(text, deal) == wanted


@pytest.mark.parametrize(
    ("parties", "wanted"),
    [(["nvidia"], [("H200", None)]), (["amd"], [("AI芯片", "5万颗")])],
)
def test_a_kind_gives_way_to_the_models_of_a_party(
    parties: list[str], wanted: list[tuple[str, str | None]]
) -> None:
    text = "标题\n星桥采购5万颗AI芯片。据了解，型号为H200。"
    assert hardware(text, ORDER, parties=parties) == wanted


def test_vendor_and_citations() -> None:
    reading = reading_of("标题\n星桥采购10万张H100，H100将于明年交付。")
    (found,) = deal_hardware(reading, draft_of(reading, ORDER), [])
    assert (found.vendor, found.id) == ("英伟达", "nvidia-h100")
    assert [reading.text[m.start : m.end] for m in found.mentions] == ["H100", "H100"]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("标题\n星桥采购MI450，即Instinct MI450加速器。", "Instinct MI450"),
        ("标题\n星桥采购Instinct MI450，MI450性能高，MI450已量产。", "MI450"),
    ],
)
def test_the_name_is_the_form_used_most(text: str, name: str) -> None:
    assert [found for found, _ in hardware(text, ORDER)] == [name]


def test_a_condition_of_another_kind_brings_no_hardware() -> None:
    reading = reading_of("标题\n星桥投资远山，H100之外另有安排。")
    draft = draft_of(reading, Told("投资"))
    told = Found("other", 0, len(reading.text), frozenset({"investment"}))
    assert deal_hardware(reading, draft, [told]) == ()
