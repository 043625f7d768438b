"""Scores: hand-made cases, the reference assignment, the reference scorer, and the gate."""

from __future__ import annotations

import copy
import importlib.util
import json
import random
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract.errors import GoldError
from extract.evaluate import (
    Counts,
    Report,
    evaluate,
    sentence_of,
)
from extract.gate import check_floors, pin_floors
from extract.gold import (
    SLOTS,
    GoldArticle,
    ScoredArticle,
    normal_round,
    read_gold,
    read_predictions,
)
from extract.pairing import align, assign, compare

TEXT = "云岭资本向星澜科技投资3亿元。\n星澜科技将采购寒木的N7芯片10万张，为期三年。"


def party(name: str, role: str, *forms: str) -> dict[str, Any]:
    return {"name": name, "role": role, "names": [name, *forms]}


def money(low: float | None, high: float | None, modifier: str, **rest: str) -> dict[str, Any]:
    told = {"currency": "CNY", "text": "3亿元", **rest}
    return {"min": low, "max": high, "modifier": modifier, **told}


def deal(**changes: Any) -> dict[str, Any]:
    record = {
        "type": "investment",
        "investor": [party("云岭资本", "investor", "云岭")],
        "target": [party("星澜科技", "investee")],
        "amount": money(3e8, 3e8, "exact"),
        "stake": None,
        "valuation": None,
        "round": None,
        "status": "announced",
        "date": None,
        "conditions": [],
        "hardware": [],
        "evidence": "云岭资本向星澜科技投资3亿元",
        "optional": False,
    }
    return record | changes


def article(*deals: dict[str, Any], article_id: str = "a1", text: str | None = TEXT) -> GoldArticle:
    line = {"article_id": article_id, "text": text, "deals": list(deals)}
    return GoldArticle.model_validate(line)


def output(*deals: dict[str, Any], article_id: str = "a1") -> ScoredArticle:
    return ScoredArticle.model_validate({"article_id": article_id, "deals": list(deals)})


def found(pred: dict[str, Any], gold: dict[str, Any]) -> dict[str, int]:
    return compare(output(pred).deals[0], output(gold).deals[0])


ALL_RIGHT = dict.fromkeys(SLOTS, 0) | {
    "type": 1,
    "investor": 1,
    "target": 1,
    "amount": 1,
    "status": 1,
}

# A change of the output, a change of gold, and what becomes of the slots.
SLOT_CASES: list[tuple[str, dict[str, Any], dict[str, Any], dict[str, int]]] = [
    ("same", {}, {}, {}),
    ("alias", {"investor": [party("云岭", "investor")]}, {}, {}),
    ("width and quotes", {"investor": [party("“云岭 资本”", "investor")]}, {}, {}),
    ("other name", {"investor": [party("云峰", "investor")]}, {}, {"investor": 0}),
    ("one name twice", {"investor": [party("云岭", "investor")] * 2}, {}, {}),
    ("other type", {"type": "ipo"}, {}, {"type": 0}),
    ("status", {"status": "talks"}, {}, {"status": 0}),
    ("date", {"date": "2026-01"}, {"date": "2026-01"}, {"date": 1}),
    ("date of other depth", {"date": "2026-01"}, {"date": "2026-01-02"}, {}),
    ("within 1%", {"amount": money(3.02e8, 3.02e8, "approx")}, {}, {}),
    ("over 1%", {"amount": money(3.1e8, 3.1e8, "approx")}, {}, {"amount": 0}),
    ("one bound", {"amount": money(3e8, None, "at_least")}, {}, {}),
    (
        "currency",
        {"amount": money(3e8, 3e8, "exact", currency="USD")},
        {},
        {"amount": 0},
    ),
    (
        "a range needs both bounds",
        {"amount": money(1e8, 9e8, "range")},
        {"amount": money(1e8, 1e9, "vague")},
        {"amount": 0},
    ),
    ("stake", {"stake": 27.05}, {"stake": 27}, {"stake": 1}),
    ("other stake", {"stake": 27.06}, {"stake": 27}, {}),
    ("stake 0", {"stake": 0}, {"stake": 0}, {"stake": 1}),
    ("round", {"round": "B+轮融资"}, {"round": "B+"}, {"round": 1}),
    ("no round", {"round": "融资"}, {"round": "融资"}, {}),
    (
        "condition",
        {"conditions": [{"kind": "term", "text": "为期三年"}]},
        {"conditions": [{"kind": "term", "text": "采购芯片，为期三年"}]},
        {"condition": 1},
    ),
    (
        "condition that shares bigrams",
        {"conditions": [{"kind": "term", "text": "租期为期三年整"}]},
        {"conditions": [{"kind": "term", "text": "约定为期三年"}]},
        {"condition": 1},
    ),
    (
        "condition of other kind",
        {"conditions": [{"kind": "other", "text": "为期三年"}]},
        {"conditions": [{"kind": "term", "text": "为期三年"}]},
        {},
    ),
    (
        "hardware",
        {"hardware": [{"name": "n7"}]},
        {"hardware": [{"name": "N7芯片"}]},
        {"hardware": 1},
    ),
    ("only noise", {"hardware": [{"name": "GPU"}]}, {"hardware": [{"name": "AI芯片"}]}, {}),
]


@pytest.mark.parametrize(("name", "pred", "gold", "slots"), SLOT_CASES, ids=lambda v: str(v)[:40])
def test_slots_agree(
    name: str, pred: dict[str, Any], gold: dict[str, Any], slots: dict[str, int]
) -> None:
    assert found(deal(**pred), deal(**gold)) == ALL_RIGHT | slots, name


def test_partners_may_change_sides() -> None:
    one, two = [party("甲辰", "partner")], [party("乙巳", "partner")]
    pred = deal(type="partnership", investor=one, target=two)
    gold = deal(type="partnership", investor=two, target=one)
    assert found(pred, gold) == ALL_RIGHT
    assert found(pred | {"type": "procurement"}, gold) == ALL_RIGHT | {
        "type": 0,
        "investor": 0,
        "target": 0,
    }


@pytest.mark.parametrize(
    ("told", "normal"),
    [
        ("B轮融资", "b"),
        ("戰略", "战略"),
        ("战略投资", "战略"),
        ("Series A", "a"),
        ("轮", None),
        (None, None),
    ],
)
def test_rounds_are_compared_without_noise(told: str | None, normal: str | None) -> None:
    assert normal_round(told) == normal


OTHER = {"investor": [party("寒木", "investor")], "target": [party("青石", "investee")]}


@pytest.mark.parametrize(
    ("name", "pred", "gold", "deals", "records"),
    [
        ("right", [deal()], [deal()], Counts(1, 0, 0), Counts(1, 0, 0)),
        ("missed", [], [deal()], Counts(0, 0, 1), Counts(0, 0, 1)),
        ("extra", [deal(), deal(**OTHER)], [deal()], Counts(1, 1, 0), Counts(1, 1, 0)),
        ("wrong value", [deal(amount=None)], [deal()], Counts(1, 0, 0), Counts(0, 1, 1)),
        ("other family", [deal(type="debt")], [deal()], Counts(0, 1, 1), Counts(0, 1, 1)),
        ("told twice", [deal(), deal()], [deal()], Counts(1, 1, 0), Counts(1, 1, 0)),
        ("optional found", [deal()], [deal(optional=True)], Counts(), Counts()),
        ("optional left out", [], [deal(optional=True)], Counts(), Counts()),
        (
            "required before optional",
            [deal()],
            [deal(optional=True), deal()],
            Counts(1, 0, 0),
            Counts(1, 0, 0),
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_records_are_counted(
    name: str,
    pred: list[dict[str, Any]],
    gold: list[dict[str, Any]],
    deals: Counts,
    records: Counts,
) -> None:
    report = evaluate([article(*gold)], [output(*pred)])
    assert (report.deal, report.record) == (deals, records), name


def test_every_argument_of_gold_counts_whatever_was_dropped() -> None:
    gold = deal(
        conditions=[{"kind": "term", "text": "为期三年"}], hardware=[{"name": "N7芯片"}], stake=5
    )
    report = evaluate([article(gold)], [])
    told = {"type", "investor", "target", "amount", "status", "condition", "hardware", "stake"}
    assert report.slots == {slot: Counts(0, 0, int(slot in told)) for slot in SLOTS}
    assert (report.core.fn, report.slot.fn) == (5, 8)


def test_without_gold_there_is_no_score() -> None:
    report = evaluate([article()], [output(deal())])
    assert report.deal == Counts(0, 1, 0)
    scores = [(counts.precision, counts.recall, counts.f1) for _, counts in report.rows()]
    assert set(scores) == {(None, None, None)}


def test_mistakes_show_the_sentence_and_both_records() -> None:
    wrong, extra = deal(status="talks"), deal(**OTHER)
    report = evaluate([article(deal()), article(deal(), article_id="a2")], [output(wrong, extra)])
    seen = [(m.article_id, m.kind, m.slots, m.sentence) for m in report.mistakes]
    sentence = "云岭资本向星澜科技投资3亿元。"
    assert seen == [
        ("a1", "wrong", ("status",), sentence),
        ("a1", "extra", (), sentence),
        ("a2", "missed", (), sentence),
    ]
    assert [(m.pred is None, m.gold is None) for m in report.mistakes] == [
        (False, False),
        (False, True),
        (True, False),
    ]


@pytest.mark.parametrize(
    ("quoted", "sentence"),
    [
        ("星澜科技投资", "云岭资本向星澜科技投资3亿元。"),
        ("为期三年", "星澜科技将采购寒木的N7芯片10万张，为期三年。"),
        ("3亿元。\n星澜", TEXT),
        ("没有这句", ""),
        ("", ""),
    ],
)
def test_a_quotation_is_shown_in_its_sentence(quoted: str, sentence: str) -> None:
    assert sentence_of(TEXT, quoted) == sentence


# --- against the reference implementations -----------------------------------------------------

WEIGHTS = st.sampled_from([0.0, 0.2, 1.0, 1.5, 4.0, 5.5, 9.95, 10.0])


@given(
    st.tuples(st.integers(1, 7), st.integers(1, 7)).flatmap(
        lambda shape: st.lists(
            st.lists(WEIGHTS, min_size=shape[1], max_size=shape[1]),
            min_size=shape[0],
            max_size=shape[0],
        )
    )
)
def test_pairs_are_those_of_scipy(weights: list[list[float]]) -> None:
    numpy = pytest.importorskip("numpy")
    optimize = pytest.importorskip("scipy.optimize")
    rows, columns = optimize.linear_sum_assignment(-numpy.array(weights))
    assert assign(weights) == list(zip(rows.tolist(), columns.tolist(), strict=True))


def test_nothing_is_paired_with_nothing() -> None:
    assert assign([]) == assign([[]]) == []
    assert align((), article(deal()).deals) == []


@pytest.fixture(scope="module")
def reference(shared: Path) -> ModuleType:
    """The reference scorer, which the shared data came with."""
    pytest.importorskip("scipy")
    spec = importlib.util.spec_from_file_location("reference_score", shared / "score.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _swap_sides(record: dict[str, Any], chance: random.Random) -> None:
    record["investor"], record["target"] = record["target"], record["investor"]


def _drop_party(record: dict[str, Any], chance: random.Random) -> None:
    side = record[chance.choice(["investor", "target"])]
    if side:
        side.pop(chance.randrange(len(side)))


def _spoil_amount(record: dict[str, Any], chance: random.Random) -> None:
    if told := record["amount"]:
        for key in ("min", "max"):
            told[key] = told[key] and told[key] * chance.choice([1, 1.005, 1.01, 1.0101, 2])


def _set(key: str, *values: Any) -> Callable[[dict[str, Any], random.Random], None]:
    def change(record: dict[str, Any], chance: random.Random) -> None:
        record[key] = chance.choice(values)

    return change


def _cut_condition(record: dict[str, Any], chance: random.Random) -> None:
    for condition in record["conditions"]:
        text = condition["text"]
        start = chance.randrange(len(text))
        condition["text"] = text[start : chance.randint(start + 1, len(text))]


def _rename_hardware(record: dict[str, Any], chance: random.Random) -> None:
    for item in record["hardware"]:
        item["name"] = chance.choice([item["name"] + "芯片", item["name"].lower(), "H100"])


CHANGES = (
    _swap_sides,
    _drop_party,
    _spoil_amount,
    _cut_condition,
    _rename_hardware,
    _set("type", "investment", "acquisition", "procurement", "partnership", "debt"),
    _set("status", "talks", "announced", "completed", "terminated"),
    _set("stake", None, 0, 10, 27.04, 50.0832),
    _set("round", None, "A", "战略投资", "B+轮融资"),
    _set("date", None, "2026", "2026-05", "2026-06-26"),
    _set("amount", None),
    _set("valuation", None, {"min": 1e9, "max": 1e9, "currency": "USD", "modifier": "exact"}),
)


def _perturbed(articles: list[dict[str, Any]], chance: random.Random) -> list[dict[str, Any]]:
    """Gold with records changed, dropped, doubled, shuffled and mixed between articles."""
    pool = [record for line in articles for record in line["deals"]]
    changed = []
    for line in articles:
        deals = copy.deepcopy(line["deals"])
        deals += copy.deepcopy(chance.choices(deals or pool, k=chance.randrange(3)))
        deals = [record for record in deals if chance.random() < 0.85]
        for record in deals:
            for change in chance.choices(CHANGES, k=chance.randrange(4)):
                change(record, chance)
        chance.shuffle(deals)
        changed.append({"article_id": line["article_id"], "deals": deals})
    return [line for line in changed if chance.random() < 0.95]


def _reference_rows(module: ModuleType, gold: Any, pred: Any) -> dict[str, tuple[float, ...]]:
    scores, _ = module.score(gold, pred)
    return {name: scores[name] for name in ("deal", "record", "core", "slot")} | {
        f"slot:{slot}": scores[f"slot:{slot}"] for slot in SLOTS
    }


def _own_rows(report: Report) -> dict[str, tuple[float, ...]]:
    return {
        name: (counts.precision or 0.0, counts.recall or 0.0, counts.f1 or 0.0)
        for name, counts in report.rows()
    }


@pytest.fixture(scope="module")
def real_gold(shared: Path) -> list[dict[str, Any]]:
    """Gold of real news."""
    names = ("gold/dev.jsonl", "seed/gold.jsonl")
    text = "\n".join((shared / name).read_text(encoding="utf-8") for name in names)
    return [json.loads(line) for line in text.split("\n") if line.strip()]


@pytest.mark.parametrize("seed", range(8))
def test_scores_are_those_of_the_reference(
    reference: ModuleType, real_gold: list[dict[str, Any]], seed: int
) -> None:
    gold = real_gold
    pred = _perturbed(gold, random.Random(seed))
    report = evaluate(
        [GoldArticle.model_validate(line) for line in gold],
        [ScoredArticle.model_validate(line) for line in pred],
    )
    assert _own_rows(report) == _reference_rows(reference, gold, pred)


# --- reading -----------------------------------------------------------------------------------


def _written(path: Path, *lines: object) -> Path:
    told = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    path.write_text("\n".join(told) + "\n", encoding="utf-8")
    return path


def _line(*deals: dict[str, Any], **rest: Any) -> dict[str, Any]:
    return {"article_id": "a1", "text": TEXT, "deals": list(deals), **rest}


BAD_GOLD = [
    ("no JSON", ["{"], "gold.jsonl:1: is not JSON"),
    ("no deals", [{"article_id": "a1"}], "gold.jsonl:1: deals: Field required"),
    ("type", [_line(), _line(deal(type="gift"))], "gold.jsonl:2: deals.0.type: Input should be"),
    ("key", [_line(deal(valuaton=None))], "gold.jsonl:1: deals.0.valuaton: Extra inputs"),
    ("confidence", [_line(deal(confidence=1))], "gold.jsonl:1: deals.0.confidence: Extra inputs"),
    ("date", [_line(deal(date="2026-13"))], "gold.jsonl:1: deals.0.date: String should match"),
    ("twice", [_line(), _line()], "gold.jsonl:2: article_id: 'a1' stands twice"),
    ("nobody", [_line(deal(investor=[], target=[]))], "gold.jsonl:1: deals.0: neither side"),
    (
        "evidence",
        [_line(deal(evidence="不在文中"))],
        "gold.jsonl:1: deals.0.evidence: '不在文中' is not in the text",
    ),
    (
        "condition",
        [_line(deal(conditions=[{"kind": "term", "text": "为期五年"}]))],
        "gold.jsonl:1: deals.0.conditions.0.text: '为期五年' is not in the text",
    ),
]


@pytest.mark.parametrize(("name", "lines", "message"), BAD_GOLD, ids=[case[0] for case in BAD_GOLD])
def test_bad_gold_is_refused_where_it_stands(
    tmp_path: Path, name: str, lines: list[object], message: str
) -> None:
    path = _written(tmp_path / "gold.jsonl", *lines)
    with pytest.raises(GoldError) as caught:
        read_gold(path)
    assert str(caught.value).startswith(f"{tmp_path}/{message}")
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_an_error_of_the_package(tmp_path: Path) -> None:
    with pytest.raises(GoldError, match=r"none\.jsonl: cannot be read"):
        read_predictions(tmp_path / "none.jsonl")


def test_output_may_hold_more_than_gold(tmp_path: Path) -> None:
    path = _written(tmp_path / "out.jsonl", _line(deal(confidence=0.9, id="d1")), "")
    told = output(deal(confidence=0.9)).model_copy(update={"text": TEXT})
    assert read_predictions(path) == [told]


# --- the gate ----------------------------------------------------------------------------------


@pytest.fixture
def gate(tmp_path: Path) -> tuple[Path, Path]:
    gold = _written(tmp_path / "corpus.jsonl", _line(deal()), _line(deal(), article_id="a2"))
    return gold, tmp_path / "floors.json"


def _report(gold: Path, *, right: int) -> Report:
    pred = [output(deal()), output(deal(), article_id="a2")][:right]
    return evaluate(read_gold(gold), pred)


def test_floors_are_pinned_and_hold(gate: tuple[Path, Path]) -> None:
    gold, floors = gate
    assert pin_floors(_report(gold, right=1), gold, floors).refusals == ()
    table = json.loads(floors.read_text(encoding="utf-8"))
    assert list(table) == ["corpus.jsonl"]
    assert table["corpus.jsonl"]["floors"] == dict.fromkeys(
        ("deal", "record", "core", "slot"), 0.666
    )
    assert check_floors(_report(gold, right=1), gold, floors).refusals == ()
    assert check_floors(_report(gold, right=2), gold, floors).refusals == ()
    assert check_floors(_report(gold, right=0), gold, floors).refusals == (
        "core F1 0.0000 is under its floor 0.666",
        "deal F1 0.0000 is under its floor 0.666",
        "record F1 0.0000 is under its floor 0.666",
        "slot F1 0.0000 is under its floor 0.666",
    )


def test_floors_only_go_up(gate: tuple[Path, Path]) -> None:
    gold, floors = gate
    pin_floors(_report(gold, right=2), gold, floors)
    before = floors.read_text(encoding="utf-8")
    assert len(pin_floors(_report(gold, right=1), gold, floors).refusals) == 4
    assert floors.read_text(encoding="utf-8") == before
    assert pin_floors(_report(gold, right=1), gold, floors, force=True).refusals == ()
    assert json.loads(floors.read_text(encoding="utf-8"))["corpus.jsonl"]["floors"]["deal"] == 0.666


def test_floors_hold_for_the_gold_they_were_pinned_for(gate: tuple[Path, Path]) -> None:
    gold, floors = gate
    pin_floors(_report(gold, right=2), gold, floors)
    gold.write_text(gold.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    (refusal,) = check_floors(_report(gold, right=2), gold, floors).refusals
    assert "is not the file that the floors" in refusal
    (refusal,) = check_floors(_report(gold, right=2), floors, floors).refusals
    assert "no floors are pinned" in refusal


def test_no_score_is_never_pinned(gate: tuple[Path, Path]) -> None:
    gold, floors = gate
    with pytest.raises(GoldError, match="no gold deals"):
        pin_floors(evaluate([], []), gold, floors)
    assert not floors.exists()


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        "{",
        '{"a": {}}',
        '{"a": {"fingerprint": "", "floors": {"f1": 1}}}',
        '{"a": {"fingerprint": "", "floors": {"deal": "1"}}}',
    ],
)
def test_a_spoilt_floors_file_is_refused(gate: tuple[Path, Path], text: str) -> None:
    gold, floors = gate
    floors.write_text(text, encoding="utf-8")
    with pytest.raises(GoldError, match=r"floors\.json"):
        check_floors(_report(gold, right=2), gold, floors)


def test_one_split_of_a_gold_is_scored_alone(tmp_path: Path) -> None:
    rows = [
        {"article_id": name, "text": "甲", "deals": [], "split": split}
        for name, split in (("a", "train"), ("b", "test"), ("c", "test"))
    ]
    path = tmp_path / "gold.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    assert [article.article_id for article in read_gold(path, split="test")] == ["b", "c"]
    with pytest.raises(GoldError) as told:
        read_gold(path, split="dev")
    assert str(told.value) == f"{path}: no article of the split 'dev'; there are: test, train"
