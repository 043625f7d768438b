"""Gold and records through the files of three annotation tools and back."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from extract import annotate_brat, annotate_doccano, annotate_label_studio
from extract.annotate import (
    LABELS,
    LINKS,
    Link,
    Region,
    Sheet,
    canonical,
    gold_line,
    gold_sheets,
    of_deals,
    of_gold,
    points,
    to_gold,
    units,
    write_folder,
)
from extract.article import Article
from extract.cli import main
from extract.errors import GoldError
from extract.gold import as_prediction, read_gold
from extract.pipeline import Pipeline

TOOLS: dict[str, ModuleType] = {
    "label-studio": annotate_label_studio,
    "doccano": annotate_doccano,
    "brat": annotate_brat,
}
each_tool = pytest.mark.parametrize("name", TOOLS)

TEXT = "软银拟65亿美元收购Ampere\n软银3月19日宣布，以65亿美元收购Ampere全部股权。"


def party(name: str, role: str, *names: str) -> dict[str, Any]:
    return {"name": name, "role": role, "names": [name, *names]}


def deal(**changed: Any) -> dict[str, Any]:
    return {
        "type": "acquisition",
        "investor": [party("软银", "acquirer", "SoftBank")],
        "target": [party("Ampere", "acquiree")],
        "amount": {"min": 6500000000, "max": 6500000000, "currency": "USD", "modifier": "exact", "text": "65亿美元"},
        "stake": None,
        "valuation": None,
        "round": None,
        "status": "announced",
        "date": "2025-03-19",
        "conditions": [],
        "hardware": [],
        "evidence": "以65亿美元收购Ampere全部股权",
        "optional": False,
    } | changed  # fmt: skip


def article(*deals: dict[str, Any], text: str = TEXT, **head: Any) -> dict[str, Any]:
    known = {"article_id": "a1", "title": None, "published": "2025-03-20"} | head
    return {**known, "text": text, "deals": list(deals)}


def export(name: str, sheets: Iterable[Sheet], folder: Path) -> dict[str, bytes]:
    files, refused = TOOLS[name].files(sheets)
    assert refused == []
    write_folder(folder, files)
    return files


def collected(name: str, folder: Path) -> list[dict[str, Any]]:
    """All that is read back; anything that is refused fails the test."""
    read = []
    for sheet in TOOLS[name].sheets(folder):
        assert isinstance(sheet, Sheet), sheet
        gold, remarks = to_gold(sheet)
        assert remarks == []
        read.append(gold)
    return read


def refusals(name: str, folder: Path) -> list[str]:
    found = []
    for sheet in TOOLS[name].sheets(folder):
        try:
            if isinstance(sheet, GoldError):
                raise sheet
            to_gold(sheet)
        except GoldError as error:
            found.append(str(error).replace(f"{folder}/", ""))
    return found


# --- round trips -------------------------------------------------------------------------------


@each_tool
def test_the_corpus_comes_back_byte_for_byte(name: str, root: Path, tmp_path: Path) -> None:
    corpus = root / "corpus" / "articles.jsonl"
    sheets = [sheet for sheet in gold_sheets(corpus) if isinstance(sheet, Sheet)]
    files = export(name, sheets, tmp_path / "out")
    lines = [gold_line(gold) for gold in collected(name, tmp_path / "out")]
    assert "".join(lines).encode() == corpus.read_bytes()
    again, _ = TOOLS[name].files(of_gold(json.loads(line)) for line in lines)
    assert again == files


@each_tool
@pytest.mark.parametrize("part", ["train", "dev"])
def test_other_gold_comes_back(name: str, part: str, shared: Path, tmp_path: Path) -> None:
    lines = (shared / "gold" / f"{part}.jsonl").read_text(encoding="utf-8").splitlines()
    gold = [canonical(json.loads(line)) for line in lines]
    export(name, map(of_gold, gold), tmp_path / "out")
    assert collected(name, tmp_path / "out") == gold


@each_tool
def test_records_come_back(name: str, root: Path, tmp_path: Path) -> None:
    pipeline = Pipeline()
    sheets, wanted = [], []
    for gold in read_gold(root / "corpus" / "articles.jsonl")[:60]:
        told = Article(article_id=gold.article_id, published=gold.published, text=gold.text or "-")
        read = pipeline.read_article(told)
        sheets.append(of_deals(told, read))
        wanted.append([deal.facts for deal in as_prediction(read).deals])
    export(name, sheets, tmp_path / "out")
    read_again = collected(name, tmp_path / "out")
    (tmp_path / "gold.jsonl").write_text("".join(map(gold_line, read_again)), encoding="utf-8")
    assert [
        [deal.facts for deal in gold.deals] for gold in read_gold(tmp_path / "gold.jsonl")
    ] == wanted


# letters, separators of values, line ends of all kinds, and what counts as two in a browser
WORDS = st.text("软银A7.亿 =|;-\\\n\u2028\x85\t'\"<&😀", min_size=1, max_size=6)


@st.composite
def articles(draw: st.DrawFn) -> dict[str, Any]:
    text = draw(st.text("软银A7.亿 =|;-\\\n\u2028\x85\t😀", min_size=1, max_size=30)) + "软"

    def piece() -> str:
        start = draw(st.integers(0, len(text) - 1))
        cut = text[start : draw(st.integers(start + 1, len(text)))]
        return cut.strip("\n\u2028\x85") or "软"

    def someone() -> dict[str, Any]:
        return {
            "name": draw(st.one_of(st.builds(piece), WORDS)),
            "role": draw(st.sampled_from([None, "partner", "lead_investor", "seller"])),
            "names": draw(st.lists(WORDS, max_size=3)),
        }

    def money() -> dict[str, Any] | None:
        low = draw(st.sampled_from([None, 0, 1e8, 12.5, 1e-7]))
        high = draw(st.sampled_from([None, low, 3e11]))
        modifier = draw(st.sampled_from([None, "exact", "vague"]))
        words = draw(st.sampled_from(["", piece()]))
        told = {"min": low, "max": high, "currency": "CNY", "modifier": modifier, "text": words}
        return draw(st.sampled_from([None, told]))

    def one() -> dict[str, Any]:
        hardware = {
            "name": piece(),
            "vendor": draw(st.none() | WORDS),
            "quantity": draw(st.one_of(st.none(), WORDS, st.builds(piece))),
        }
        return deal(
            investor=[someone() for _ in range(draw(st.integers(1, 3)))],
            target=[someone() for _ in range(draw(st.integers(0, 2)))],
            amount=money(),
            valuation=money(),
            stake=draw(st.sampled_from([None, 27, 0.1])),
            round=draw(st.none() | WORDS),
            date=draw(st.sampled_from([None, "2025", "2025-Q3"])),
            conditions=[{"kind": "term", "text": piece()}],
            hardware=[hardware],
            evidence=piece(),
            optional=draw(st.booleans()),
        )

    return article(*(one() for _ in range(draw(st.integers(0, 3)))), text=text)


@each_tool
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(told=st.lists(articles(), min_size=1, max_size=2))
def test_whatever_is_gold_comes_back(
    name: str, told: list[dict[str, Any]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    gold = [canonical({**one, "article_id": f"文/{i}"}) for i, one in enumerate(told)]
    folder = tmp_path_factory.mktemp("any")
    files, refused = TOOLS[name].files(map(of_gold, gold))
    assume(not refused)
    write_folder(folder, files)
    read = collected(name, folder)
    assert read == gold
    again, _ = TOOLS[name].files(map(of_gold, read))
    assert again == files


# --- where things stand ------------------------------------------------------------------------


def test_regions_and_links_of_a_deal() -> None:
    sheet = of_gold(
        article(deal(round="B", hardware=[{"name": "Ampere", "vendor": None, "quantity": "65"}]))
    )
    assert sheet.regions == (
        Region("d1", "acquisition", 27, 45, "以65亿美元收购Ampere全部股权", "= round: B", "announced"),
        Region("r1", "party", 17, 19, "软银", "软银 = 软银 | SoftBank"),
        Region("r2", "party", 35, 41, "Ampere"),
        Region("r3", "money", 28, 33, "65亿美元", "65亿美元 = 6500000000 USD exact"),
        Region("r4", "date", 19, 24, "3月19日", "3月19日 = 2025-03-19"),
        Region("r5", "hardware", 35, 41, "Ampere"),
        Region("r6", "quantity", 28, 30, "65"),
    )  # fmt: skip
    assert sheet.links == (
        Link("investor-acquirer", "d1", "r1"),
        Link("target-acquiree", "d1", "r2"),
        Link("amount", "d1", "r3"),
        Link("date", "d1", "r4"),
        Link("hardware", "d1", "r5"),
        Link("quantity", "r5", "r6"),
    )


@pytest.mark.parametrize(
    ("text", "words", "start"),
    [
        ("他花了17亿元。以7亿元入股", "7亿元", 9),
        ("OpenAI与AI公司。以7亿元入股", "AI", 7),
        ("17亿元。以7.5亿元入股", "7亿元", 1),
    ],
)
def test_words_are_not_found_inside_others(text: str, words: str, start: int) -> None:
    money = deal()["amount"] | {"text": words}
    sheet = of_gold(article(deal(amount=money, evidence=text[:3]), text=text))
    (found,) = [region for region in sheet.regions if region.label == "money"]
    assert found.start == start


def test_records_stand_where_the_pipeline_read_them() -> None:
    told = Article(article_id="a1", published="2025-03-20", text=TEXT)
    read = Pipeline().read_article(told)
    sheet = of_deals(told, read)
    (record,) = read.deals
    assert not sheet.reviewed
    assert sheet.score == record.confidence
    (money,) = [region for region in sheet.regions if region.label == "money"]
    assert record.amount is not None
    assert (money.start, money.end) == (record.amount.start, record.amount.end)


# --- what people do ----------------------------------------------------------------------------


def moved(sheet: Sheet, number: str, start: int, end: int) -> Sheet:
    regions = tuple(
        replace(one, start=start, end=end, text=sheet.text[start:end]) if one.id == number else one
        for one in sheet.regions
    )
    return replace(sheet, regions=regions)


def test_a_moved_region_is_read_anew() -> None:
    text = TEXT + "后改为17亿元。软银集团3月2日说。"
    sheet = of_gold(article(deal(), text=text))
    at = text.index("17亿元")
    sheet = moved(sheet, "r3", at, at + 4)
    at = text.index("软银集团")
    sheet = moved(sheet, "r1", at, at + 4)
    at = text.index("3月2日")
    sheet = moved(sheet, "r4", at, at + 4)
    gold, remarks = to_gold(sheet)
    (read,) = gold["deals"]
    assert read["amount"] == {
        "min": 1700000000, "max": 1700000000, "currency": "CNY", "modifier": "exact", "text": "17亿元",
    }  # fmt: skip
    assert read["investor"] == [party("软银集团", "acquirer", "软银", "SoftBank")]
    assert read["date"] == "2025-03-02"
    assert remarks == [
        "a1: '软银集团' was moved, its value is read anew",
        "a1: '17亿元' was moved, its value is read anew",
        "a1: '3月2日' was moved, its value is read anew",
    ]


def test_a_party_moved_to_another_name_keeps_no_names() -> None:
    sheet = of_gold(article(deal()))
    at = TEXT.rindex("全部")
    gold, _ = to_gold(moved(sheet, "r1", at, at + 2))
    assert gold["deals"][0]["investor"] == [party("全部", "acquirer")]


def test_new_regions_need_no_values() -> None:
    text = "云笈完成A轮融资，出让10%股权，估值超过5亿元。"
    spots = [
        ("round", "A轮"),
        ("stake", "10%"),
        ("money", "超过5亿元"),
        ("party", "云笈"),
        ("party", "云"),
    ]
    regions = [Region("d", "investment", 0, 8, text[:8], None, "completed")]
    for number, (label, words) in enumerate(spots):
        start = text.index(words)
        regions.append(Region(str(number), label, start, start + len(words), words))
    links = (
        Link("round", "0", "d"), Link("stake", "d", "1"), Link("valuation", "d", "2"),
        Link("target-investee", "d", "3"), Link("alias", "3", "4"),
    )  # fmt: skip
    gold, remarks = to_gold(Sheet({"article_id": "a1"}, text, tuple(regions), links))
    (read,) = gold["deals"]
    assert remarks == []
    assert (read["round"], read["stake"], read["target"]) == (
        "A", 10, [party("云笈", "investee", "云")],
    )  # fmt: skip
    assert read["valuation"] == {
        "min": 500000000, "max": None, "currency": "CNY", "modifier": "at_least", "text": "超过5亿元",
    }  # fmt: skip


MONEY = Region("m", "money", 5, 7, "亿美")
SHEET = Sheet(
    {"article_id": "a1"},
    TEXT,
    (Region("d", "acquisition", 0, 2, "软银", None, "talks"), Region("p", "party", 0, 2, "软银")),
    (Link("investor-acquirer", "d", "p"),),
    file="f.ann",
    line=3,
)


def with_region(region: Region) -> Sheet:
    return replace(SHEET, regions=(*SHEET.regions, region))


def with_link(*links: Link) -> Sheet:
    sheet = with_region(MONEY)
    return replace(sheet, links=(*SHEET.links, *links))


@pytest.mark.parametrize(
    ("sheet", "message"),
    [
        (with_region(Region("x", "ORG", 0, 2, "软银")), "unknown label 'ORG'"),
        (
            with_region(Region("x", "party", 1, 3, "软银", line=9)),
            "offsets have drifted: party '软银' is not at 1:3, which reads '银拟'",
        ),
        (
            with_region(Region("x", "party", 40, 90, "软银")),
            "party at 40:90 lies outside the text of 46 characters",
        ),
        (
            with_region(Region("x", "party", 0, 2, "软银", "软银")),
            "'软银' is not of the form WORDS = VALUE",
        ),
        (with_link(Link("buys", "d", "m")), "'buys' is no known link"),
        (
            with_link(Link("target-acquiree", "d", "m")),
            "'target-acquiree' cannot link acquisition '软银' and money '亿美'",
        ),
        (with_link(Link("amount", "d", "z")), "amount leads to a region that is not there"),
        (with_link(Link("amount", "d", "m")), "'亿美' does not read as a money; tell its value"),
        (
            with_link(Link("amount", "d", "m"), Link("amount", "d", "m")),
            "acquisition has more than one amount: '亿美', '亿美'",
        ),
        (
            replace(with_link(Link("amount", "d", "m")), regions=(*SHEET.regions, replace(MONEY, value="= 5"))),
            "'5' is no value of a money",
        ),
        (
            replace(SHEET, regions=(replace(SHEET.regions[0], value="= price: 5"), SHEET.regions[1])),
            "'price: 5' says nothing of a deal",
        ),
        (
            replace(SHEET, regions=(replace(SHEET.regions[0], status=None), SHEET.regions[1])),
            "acquisition '软银' has no status",
        ),
        (
            replace(SHEET, regions=(replace(SHEET.regions[0], status="done"), SHEET.regions[1])),
            "unknown status 'done'",
        ),
        (replace(SHEET, links=()), "deals.0: neither side of the deal is named"),
    ],
)  # fmt: skip
def test_what_cannot_be_gold_is_refused_in_one_line(sheet: Sheet, message: str) -> None:
    with pytest.raises(GoldError) as caught:
        to_gold(sheet)
    line = 9 if "drifted" in message else 3
    assert str(caught.value) == f"f.ann:{line}: a1: {message}"


def test_what_no_file_can_hold_is_refused() -> None:
    with pytest.raises(GoldError, match="a1: holds half a character, a lone surrogate"):
        to_gold(replace(SHEET, head={"article_id": "a1", "title": "\ud83d"}))


def test_what_belongs_to_no_deal_is_remarked() -> None:
    _, remarks = to_gold(with_region(MONEY))
    assert remarks == ["f.ann:3: a1: money '亿美' belongs to no deal"]


def test_browsers_count_emoji_twice() -> None:
    text = "😀软银😀"
    assert units(text, 1, 3) == (2, 4)
    assert points(text, 2, 4) == (1, 3)
    assert points(text, 2, 9) == (1, 7)
    assert points("软银", 1, 2) == (1, 2)


# --- Label Studio ------------------------------------------------------------------------------


def region_item(number: str, name: str, kind: str, **value: Any) -> dict[str, Any]:
    """An item as the interface of Label Studio saves it."""
    return {
        "value": value, "id": number, "from_name": name, "to_name": "text", "type": kind,
        "origin": "manual",
    }  # fmt: skip


def labelled(number: str, label: str, words: str, text: str) -> dict[str, Any]:
    start = text.index(words)
    value = {"start": start, "end": start + len(words), "text": words, "labels": [label]}
    return region_item(number, "label", "labels", **value)


EMOJI = "快讯🎉：软银以65亿美元收购Ampere。"


def label_studio_export() -> list[dict[str, Any]]:
    """A JSON export: fields of the server beside ours, a skipped and an older annotation."""
    result = [
        labelled("Dx_aB91ISN", "acquisition", "软银以65亿美元收购Ampere", EMOJI),
        labelled("p1", "party", "软银", EMOJI),
        labelled("p2", "party", "Ampere", EMOJI),
        labelled("m1", "money", "65亿美元", EMOJI),
        region_item("Dx_aB91ISN", "status", "choices", start=4, end=20, choices=["completed"]),
        region_item("p1", "value", "textarea", start=4, end=6, text=["软银 | SoftBank"]),
        {"from_id": "Dx_aB91ISN", "to_id": "p1", "type": "relation", "direction": "right", "labels": ["investor-acquirer"]},
        {"from_id": "p2", "to_id": "Dx_aB91ISN", "type": "relation", "direction": "left", "labels": ["target-acquiree"]},
        {"from_id": "Dx_aB91ISN", "to_id": "m1", "type": "relation", "direction": "right", "labels": ["amount"]},
    ]  # fmt: skip
    for item in result[:2]:  # an interface that counts UTF-16 units
        item["value"]["start"] += 1
        item["value"]["end"] += 1
    stamp = {"completed_by": 10, "lead_time": 4.288, "ground_truth": False, "was_cancelled": False}
    return [
        {
            "id": 7,
            "annotations": [
                {"id": 1, "created_at": "2025-03-09T22:16:08Z", "result": result, **stamp},
                {"id": 2, "created_at": "2025-03-08T22:16:08Z", "result": [], **stamp},
                {"id": 3, "created_at": "2025-03-10T22:16:08Z", "result": [], "was_cancelled": True},
            ],
            "predictions": [],
            "data": {"text": EMOJI, "article_id": "a1"},
            "meta": {}, "project": 83, "inner_id": 1,
        }
    ]  # fmt: skip


WANTED = deal(status="completed", date=None, evidence="软银以65亿美元收购Ampere")


def write_json(folder: Path, content: Any) -> None:
    folder.mkdir(exist_ok=True)
    text = json.dumps(content, ensure_ascii=False)
    (folder / "export.json").write_text(text, encoding="utf-8")


def test_an_export_of_label_studio(tmp_path: Path) -> None:
    write_json(tmp_path, label_studio_export())
    assert collected("label-studio", tmp_path) == [
        {"article_id": "a1", "text": EMOJI, "deals": [WANTED]}
    ]


Change = Callable[[list[Any]], object]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda r: r[3]["value"].update(start=8), "offsets have drifted: money '65亿美元' is not at 8:12, which reads '5亿美元'"),
        (lambda r: r[3]["value"].update(labels=["Money"]), "unknown label 'Money'"),
        (lambda r: r[3]["value"].update(labels=[]), "region 'm1' does not have one label"),
        (lambda r: r[3]["value"].update(start="/p[1]"), "region 'm1' has no offsets"),
        (lambda r: r[4]["value"].update(choices=["done"]), "unknown status 'done'"),
        (lambda r: r[4].update(from_name="mood"), "unknown label ['completed'] of 'mood'"),
        (lambda r: r[5].update(id="zz"), "'value' belongs to no labelled region"),
        (lambda r: r[6].update(labels=[]), "the relation from 'Dx_aB91ISN' has no label"),
        (lambda r: r[6].update(labels=["buyer"]), "'buyer' is no known link"),
        (lambda r: r.append(r[0]), "two regions have the id 'Dx_aB91ISN'"),
    ],
)  # fmt: skip
def test_refusals_of_label_studio(change: Change, message: str, tmp_path: Path) -> None:
    tasks = label_studio_export()
    change(tasks[0]["annotations"][0]["result"])
    write_json(tmp_path, tasks)
    assert refusals("label-studio", tmp_path) == [f"export.json:1: a1: {message}"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[{", "export.json: is not JSON: Expecting property name enclosed in double quotes"),
        ('[\n{"data": {"image": "x.jpg"}}]', "export.json:2: is no task: data with a text is missing"),
        ('[{"data": {"text": "x"},\n"annotations": [{"result": 5}]}]', "export.json:1: line-1: its result is no list of objects"),
    ],
)  # fmt: skip
def test_files_that_are_no_export(content: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "export.json").write_text(content, encoding="utf-8")
    (found,) = refusals("label-studio", tmp_path)
    assert found.startswith(message)


# Everything that JSON has, where something else is expected.
ODD: tuple[Any, ...] = (None, True, 5, -3, 1.5, "", "\ud800", [], {}, [1], ["a"], {"a": 1}, [[]])


def paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to everything inside a JSON value."""
    steps = (
        value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    )
    for step in steps:
        yield (*path, step)
        yield from paths(value[step], (*path, step))


def changed(value: Any, path: tuple[Any, ...], odd: Any) -> Any:
    """A copy in which something else stands at a place."""
    copy = json.loads(json.dumps(value))
    inner = copy
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = odd
    return copy


@pytest.mark.parametrize("odd", ODD, ids=repr)
def test_odd_files_are_refused_or_read_but_never_break(odd: Any, tmp_path: Path) -> None:
    told = label_studio_export()
    made = json.loads(annotate_doccano.files([of_gold(article(deal()))])[0]["articles.jsonl"])
    for name, whole in (("label-studio", told), ("doccano", made), ("doccano", doccano_export())):
        file = tmp_path / ("f.json" if name == "label-studio" else "f.jsonl")
        for path in paths(whole):
            file.write_text(json.dumps(changed(whole, path, odd)), encoding="utf-8")
            for line in refusals(name, file):
                assert "\n" not in line


def test_the_interface_knows_every_label_and_link() -> None:
    config = annotate_label_studio.config()
    assert [word for word in (*LABELS, *LINKS) if f'value="{word}"' not in config] == []


OTHER_PYTHON = os.environ.get("ZHDEALS_TOOLS_PYTHON", sys.executable)
"""An interpreter that has the tools' own readers, where this one has not."""

READ_BY_SDK = """
import json, sys, tempfile
from pathlib import Path
from label_studio_sdk.converter import Converter
from label_studio_sdk.label_interface import LabelInterface

folder = Path(sys.argv[1])
config = (folder / "label_config.xml").read_text("utf-8")
interface = LabelInterface(config)
interface.validate()
tasks = json.loads((folder / "tasks.json").read_text("utf-8"))
errors, counts = [], []
for number, task in enumerate(tasks, 1):
    task["id"] = number
    assert interface.validate_task({"data": task["data"]})
    for made in task.get("annotations", []) + task.get("predictions", []):
        errors += interface.validate_prediction(made, return_errors=True)
with tempfile.TemporaryDirectory() as out:
    source = Path(out) / "export.json"
    source.write_text(json.dumps(tasks))
    converter = Converter(config, out, download_resources=False)
    for item in converter.iter_from_json_file(str(source)):
        counts.append(len(item["output"].get("label", [])))
print(json.dumps([errors, counts]))
"""

READ_BY_BRAT_PARSER = """
import json, sys
from pathlib import Path
from brat_parser import get_entities_relations_attributes_groups as read

found = []
for file in sorted(Path(sys.argv[1]).glob("*.ann")):
    entities, relations, attributes, _ = read(str(file))
    text = file.with_suffix(".txt").read_text("utf-8")
    whole = all(
        " ".join(text[a:b] for a, b in one.span) == one.text for one in entities.values()
    )
    found.append([file.stem, len(entities), len(relations), len(attributes), whole])
print(json.dumps(found))
"""


def in_other_python(module: str, script: str, folder: Path) -> Any:
    """What a script prints in the interpreter that has a module; skips where none has it."""
    if subprocess.run([OTHER_PYTHON, "-c", f"import {module}"], capture_output=True).returncode:
        pytest.skip(f"{module} is not here; ZHDEALS_TOOLS_PYTHON may name a Python that has it")
    done = subprocess.run(
        [OTHER_PYTHON, "-c", script, str(folder)], capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout)


def corpus_sheets(root: Path, *, reviewed: bool = True) -> list[Sheet]:
    found = gold_sheets(root / "corpus" / "articles.jsonl")
    return [replace(sheet, reviewed=reviewed) for sheet in found if isinstance(sheet, Sheet)]


@pytest.mark.parametrize("reviewed", [True, False])
def test_label_studio_reads_its_tasks(reviewed: bool, root: Path, tmp_path: Path) -> None:
    sheets = corpus_sheets(root, reviewed=reviewed)
    export("label-studio", sheets, tmp_path / "out")
    errors, counts = in_other_python("label_studio_sdk", READ_BY_SDK, tmp_path / "out")
    assert errors == []
    assert counts == ([len(sheet.regions) for sheet in sheets] if reviewed else [])


# --- doccano -----------------------------------------------------------------------------------


def doccano_export() -> dict[str, Any]:
    """A row as doccano exports a project with relations; nobody has told a value."""
    places = [
        (5, 21, "acquisition.completed"),
        (5, 7, "party"),
        (15, 21, "party"),
        (8, 13, "money"),
    ]
    kinds = ["investor-acquirer", "target-acquiree", "amount"]
    return {
        "id": 6400,
        "text": EMOJI,
        "Comments": ["ok"],
        "entities": [
            {"id": 1662 + i, "label": label, "start_offset": start, "end_offset": end}
            for i, (start, end, label) in enumerate(places)
        ],
        "relations": [
            {"id": 273 + i, "from_id": 1662, "to_id": 1663 + i, "type": kind}
            for i, kind in enumerate(kinds)
        ],
    }  # fmt: skip


def write_rows(folder: Path, *rows: Any) -> None:
    lines = [row if isinstance(row, str) else json.dumps(row, ensure_ascii=False) for row in rows]
    (folder / "all.jsonl").write_text("\n".join(lines), encoding="utf-8")


def test_an_export_of_doccano(tmp_path: Path) -> None:
    write_rows(tmp_path, doccano_export())
    wanted = WANTED | {"investor": [party("软银", "acquirer")]}
    assert collected("doccano", tmp_path) == [
        {"article_id": "all-6400", "text": EMOJI, "deals": [wanted]}
    ]


@pytest.mark.parametrize("key", ["label", "labels"])
def test_an_export_of_doccano_without_relations(key: str, tmp_path: Path) -> None:
    write_rows(tmp_path, {"id": 1, "text": TEXT, key: [[0, 2, "party"]]})
    (sheet,) = annotate_doccano.sheets(tmp_path)
    assert sheet.regions == (Region("0", "party", 0, 2, "软银"),)


def test_the_text_of_a_row_of_doccano_must_be_the_exported_one(tmp_path: Path) -> None:
    export("doccano", [of_gold(article(deal()))], tmp_path / "out")
    row = json.loads((tmp_path / "out" / "articles.jsonl").read_text(encoding="utf-8"))
    write_rows(tmp_path, row | {"text": " " + row["text"]})
    assert refusals("doccano", tmp_path) == [
        "all.jsonl:1: a1: offsets have drifted: acquisition.announced '以65亿美元收购Ampere全部股权' "
        "is not at 27:45, which reads '，以65亿美元收购Ampere全部股'"
    ]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda r: r["entities"][1].update(label="ORG"), "unknown label 'ORG'"),
        (lambda r: r["entities"][0].update(label="acquisition"), "acquisition '软银以65亿美元收购Ampere' has no status"),
        (lambda r: r["entities"][0].update(label="acquisition.maybe"), "unknown label 'acquisition.maybe'"),
        (lambda r: r["entities"][1].update(text="软"), "offsets have drifted: party '软' is not at 4:6, which reads '软银'"),
        (lambda r: r["entities"][1].update(end_offset=99), "party at 4:98 lies outside the text of 21 characters"),
        (lambda r: r["entities"][1].pop("label"), "span 1663 has no offsets or no label"),
        (lambda r: r["relations"][0].update(type="foundedBy"), "'foundedBy' is no known link"),
        (lambda r: r.update(relations=5), "relations are no list of objects"),
        (lambda r: r.update(entities=5), "entities are no list of spans"),
        (lambda r: r.update(article={"article_id": "all-6400"}, regions=[5]), "its regions are not what was exported"),
    ],
)  # fmt: skip
def test_refusals_of_doccano(change: Callable[[Any], object], message: str, tmp_path: Path) -> None:
    row = doccano_export()
    change(row)
    write_rows(tmp_path, "{", {"data": "x"}, row, doccano_export() | {"id": 2})
    first, second, third = refusals("doccano", tmp_path)
    assert first.startswith("all.jsonl:1: is not JSON")
    assert second == "all.jsonl:2: is no row of doccano: text is missing"
    assert third == f"all.jsonl:3: all-6400: {message}"


def test_the_label_types_of_doccano(tmp_path: Path) -> None:
    files, _ = annotate_doccano.files([])
    spans, relations = (
        json.loads(files[name]) for name in ("span_labels.json", "relation_labels.json")
    )
    keys = {"text", "prefix_key", "suffix_key", "background_color", "text_color"}
    assert {frozenset(one) for one in spans + relations} == {frozenset(keys)}
    assert len({one["text"] for one in spans}) == len(spans) == 83
    assert [one["text"] for one in relations] == list(LINKS)


# --- brat --------------------------------------------------------------------------------------

BRAT = (
    "T1\tacquisition 4 20\t软银以65亿美元收购Ampere\n"
    "T2\tparty 4 6\t软银\n"
    "E1\tacquisition:T1 investor-acquirer:T2 target-acquiree:T3 amount:T4 \n"
    "T3\tparty 14 20\tAmpere\n"
    "T4\tmoney 7 12\n"
    "A1\tstatus E1 completed\n"
    "#1\tAnnotatorNotes T2\t软银 = 软银 | SoftBank\n"
)


def write_standoff(folder: Path, ann: str, text: str = EMOJI) -> None:
    (folder / "doc-1.txt").write_text(text, encoding="utf-8", newline="")
    (folder / "doc-1.ann").write_text(ann, encoding="utf-8", newline="")


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_collection_of_brat(end: str, tmp_path: Path) -> None:
    write_standoff(tmp_path, BRAT.replace("\n", end))
    assert collected("brat", tmp_path) == [
        {"article_id": "doc-1", "text": EMOJI, "deals": [WANTED]}
    ]


def test_repeated_roles_are_numbered(tmp_path: Path) -> None:
    backers = [party("软银", "acquirer"), party("Ampere", "acquirer")]
    files = export("brat", [of_gold(article(deal(investor=backers, target=[])))], tmp_path / "out")
    assert (
        b"E1\tacquisition:T1 investor-acquirer:T2 investor-acquirer2:T3 amount:T4"
        in files["a1.ann"]
    )


def test_a_span_over_a_line_end_is_written_in_pieces(tmp_path: Path) -> None:
    told = deal(evidence="收购Ampere\n软银")
    files = export("brat", [of_gold(article(told))], tmp_path / "out")
    assert files["a1.ann"].startswith("T1\tacquisition 8 16;17 19\t收购Ampere 软银\n".encode())
    assert collected("brat", tmp_path / "out") == [article(told)]


def test_remarks_of_people_are_told_not_read(tmp_path: Path) -> None:
    write_standoff(tmp_path, BRAT + "#2\tAnnotatorNotes E1\t要不要算？\n")
    (sheet,) = annotate_brat.sheets(tmp_path)
    gold, remarks = to_gold(sheet)
    assert gold["deals"] == [WANTED]
    assert remarks == [f"{tmp_path}/doc-1.ann:8: doc-1: note left out: '要不要算？'"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("money 7 12\n", "money 8 13\t65亿美元\n", "5: doc-1: offsets have drifted: money '65亿美元' is not at 8:13, which reads '5亿美元收'"),
        ("T2\tparty", "T2\tORG", "2: doc-1: unknown label 'ORG'"),
        ("acquisition 4 20\t", "acquisition 4 6;14 20\t", "1: doc-1: T1 has a gap: 4 6;14 20"),
        ("acquisition 4 20\t软银以65亿美元收购Ampere", "acquisition 4 6;14 20\t软银 Ampere", "1: doc-1: T1 has a gap: 4 6;14 20"),
        ("amount:T4", "price:T4", "3: doc-1: 'price' is no known link"),
        ("amount:T4", "amount:T9", "3: doc-1: amount leads to a region that is not there"),
        ("amount:T4", "amount", "3: doc-1: 'amount' is no argument"),
        ("acquisition:T1", "acquisition:T2", "3: doc-1: E1 has no trigger T2 of type acquisition"),
        ("status E1 completed", "status E1 done", "1: doc-1: unknown status 'done'"),
        ("status E1 completed", "Negation E1", "6: doc-1: unknown label 'Negation' of an attribute"),
        ("T3\t", "T2\t", "4: doc-1: T2 stands twice"),
        ("T4\t", "N4\t", "5: doc-1: 'N4\\tmoney 7 12' is no T, E, R, A, M or # line"),
    ],
)  # fmt: skip
def test_refusals_of_brat(old: str, new: str, message: str, tmp_path: Path) -> None:
    assert old in BRAT
    write_standoff(tmp_path, BRAT.replace(old, new, 1))
    assert refusals("brat", tmp_path) == [f"doc-1.ann:{message}"]


def test_what_brat_cannot_hold_is_set_aside() -> None:
    held = of_gold(article(article_id="b"))
    files, refused = annotate_brat.files([of_gold(article(text="一\r\n二")), held])
    assert [str(error) for error in refused] == [
        "a1: holds a carriage return, which brat does not count"
    ]
    assert sorted(files) == ["annotation.conf", "articles.jsonl", "b.ann", "b.txt"]


def test_spans_that_brat_would_cut_are_set_aside() -> None:
    told = deal(evidence="Ampere\n", target=[], date=None)
    _, refused = annotate_brat.files([of_gold(article(told))])
    assert [str(error) for error in refused] == [
        "a1: acquisition 'Ampere\\n' begins or ends in a line end"
    ]


def test_a_document_that_was_taken_away_is_missed(tmp_path: Path) -> None:
    sheets = [of_gold(article(article_id=one)) for one in ("A/1", "a_1")]
    export("brat", sheets, tmp_path / "out")
    (tmp_path / "out" / "A_1.ann").unlink()
    assert refusals("brat", tmp_path / "out") == ["A_1.ann: A/1: is missing"]
    assert (tmp_path / "out" / "a_1.2.ann").exists()


def test_another_reader_reads_the_standoff(root: Path, tmp_path: Path) -> None:
    sheets = corpus_sheets(root)
    export("brat", sheets, tmp_path / "out")
    wanted = []
    for sheet in sheets:
        deals = [region for region in sheet.regions if region.is_deal]
        others = len(sheet.links) - sum(link.source.startswith("d") for link in sheet.links)
        attributes = len(deals) + sum(one.optional for one in deals)
        wanted.append([sheet.article_id, len(sheet.regions), others, attributes, True])
    assert in_other_python("brat_parser", READ_BY_BRAT_PARSER, tmp_path / "out") == wanted


# --- the command line --------------------------------------------------------------------------


def run(*arguments: object) -> int:
    with pytest.raises(SystemExit) as caught:
        main([str(argument) for argument in arguments])
    return int(caught.value.code or 0)


@each_tool
def test_the_commands_go_there_and_back(name: str, tmp_path: Path) -> None:
    gold = tmp_path / "gold.jsonl"
    gold.write_text(gold_line(canonical(article(deal()))), encoding="utf-8")
    assert run("annotate", gold, "--gold", "--to", name, "--out", tmp_path / "out") == 0
    assert run("collect", tmp_path / "out", "--from", name, "--out", tmp_path / "back.jsonl") == 0
    assert (tmp_path / "back.jsonl").read_bytes() == gold.read_bytes()


def test_proposals_are_gold_only_where_that_is_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = tmp_path / "2025-03-20.txt"
    text.write_text(TEXT, encoding="utf-8")
    out = tmp_path / "out"
    assert run("annotate", text, "--to", "label-studio", "--out", out) == 0
    assert run("collect", out, "--from", "label-studio", "--out", tmp_path / "a.jsonl") == 1
    told = capsys.readouterr().err
    assert told.endswith("nobody has reviewed it; --unreviewed takes predictions\n")
    assert (tmp_path / "a.jsonl").read_bytes() == b""
    back = tmp_path / "b.jsonl"
    assert run("collect", out, "--from", "label-studio", "--unreviewed", "--out", back) == 0
    assert [one["type"] for one in json.loads(back.read_text("utf-8"))["deals"]] == ["acquisition"]


def test_what_cannot_be_read_is_listed_and_the_rest_goes_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_rows(tmp_path, "{", doccano_export(), doccano_export())
    assert run("collect", tmp_path, "--from", "doccano", "--out", tmp_path / "gold.out") == 1
    assert len((tmp_path / "gold.out").read_text(encoding="utf-8").splitlines()) == 1
    first, second = capsys.readouterr().err.splitlines()
    assert first.startswith(f"{tmp_path}/all.jsonl:1: is not JSON")
    assert second == f"{tmp_path}/all.jsonl:3: all-6400: the article stands twice"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("annotate", "x.txt", "--to", "prodigy", "--out", "o"), "--to: must be one of label-studio, doccano, brat"),
        (("collect", "x", "--from", "prodigy"), "--from: must be one of label-studio, doccano, brat"),
        (("collect", "x", "--from", "brat"), "x: holds no .ann file"),
        (("annotate", "x.jsonl", "--gold", "--to", "brat", "--out", "o"), "x.jsonl: cannot be read"),
    ],
)  # fmt: skip
def test_misuse_is_one_line(
    arguments: tuple[str, ...],
    message: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(*arguments) == 2
    assert capsys.readouterr().err.startswith(f"zhdeals: {message}")


def test_annotations_are_not_overwritten(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_standoff(tmp_path, BRAT)
    text = tmp_path / "doc-1.txt"
    assert run("annotate", text, "--to", "brat", "--out", tmp_path) == 2
    assert capsys.readouterr().err == (
        f"zhdeals: {tmp_path}: is not empty; annotations in it are not overwritten\n"
    )


def test_gold_without_a_text_is_listed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    gold = tmp_path / "gold.jsonl"
    gold.write_text('{"article_id": "a1", "deals": []}\n', encoding="utf-8")
    assert run("annotate", gold, "--gold", "--to", "doccano", "--out", tmp_path / "out") == 1
    assert capsys.readouterr().err == f"{gold}:1: a1: has no text\n"
