"""The report of deals: what it reads, what it marks and counts, that it escapes and asks nothing."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from html.parser import HTMLParser
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from extract import Pipeline, deal_report
from extract.cli import main
from extract.deal_charts import counted, month_charts, payers_table, usd
from extract.deal_report import Material, read_material, report_page
from extract.deal_view import Mark, brief, language, marked_text, record_marks, scaled
from extract.deal_web import text_width, web_picture
from extract.errors import UsageError
from extract.graph import DealGraph, circles
from extract.link import link
from extract.linked import LinkedDeal
from extract.tellings import Sum, tellings_of

pytest.importorskip("networkx", reason="the extra `graph` is not installed")

EVIL = "<script>alert(1)</script>\"'&</title></style><img src=x onerror=alert(1)>"


def _party(name: str, role: str, *names: str) -> dict[str, Any]:
    return {"name": name, "role": role, "names": [name, *names]}


def _usd(billions: float, words: str) -> dict[str, Any]:
    value = billions * 1e9
    return {"min": value, "max": value, "currency": "USD", "modifier": "exact", "text": words}


def _deal(kind: str, payer: dict[str, Any], payee: dict[str, Any], **more: Any) -> dict[str, Any]:
    told = {"type": kind, "investor": [payer], "target": [payee], "status": "announced"}
    return told | {"amount": None, "conditions": [], "hardware": []} | more


CHIPS = _party("砺川芯", "investor")
CLOUD = _party("泠泉云", "investee")
ARTICLES: list[dict[str, Any]] = [
    {
        "article_id": "r1",
        "title": "砺川芯入股泠泉云",
        "published": "2025-03-06",
        "text": "砺川芯入股泠泉云\n砺川芯3月5日宣布向泠泉云投资10亿美元。泠泉云将以20亿美元采购其G1芯片。",
        "deals": [
            _deal(
                "investment", CHIPS, CLOUD,
                amount=_usd(1, "10亿美元"), date="2025-03-05",
                evidence="砺川芯3月5日宣布向泠泉云投资10亿美元",
            ),
            _deal(
                "procurement", _party("泠泉云", "buyer"), _party("砺川芯", "supplier"),
                amount=_usd(2, "20亿美元"), date="2025-03-05",
                hardware=[{"name": "G1", "vendor": "砺川芯", "quantity": None}],
                evidence="泠泉云将以20亿美元采购其G1芯片",
            ),
        ],
    },
    {
        "article_id": "r2",
        "title": "砺川芯與泠泉雲完成交易",
        "published": "2025-05-02",
        "text": "砺川芯與泠泉雲完成交易\n砺川芯對泠泉雲的10億美元投資已經交割。青石集團傳將收購白鷺軟件。",
        "deals": [
            _deal(
                "investment", CHIPS, _party("泠泉雲", "investee", "泠泉云"),
                amount=_usd(1, "10億美元"), status="completed",
                evidence="砺川芯對泠泉雲的10億美元投資已經交割",
            ),
            _deal(
                "acquisition", _party("青石集團", "acquirer"), _party("白鷺軟件", "acquiree"),
                status="talks", evidence="青石集團傳將收購白鷺軟件",
            ),
        ],
    },
]  # fmt: skip


def _write(path: Path, *lines: object) -> Path:
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), "utf-8")
    return path


@pytest.fixture
def material(tmp_path: Path) -> Material:
    return read_material([_write(tmp_path / "gold.jsonl", *ARTICLES)])


@pytest.fixture
def deals(material: Material) -> list[LinkedDeal]:
    return link(material.tellings)


class Seen(HTMLParser):
    """The elements of a page with their attributes, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words += data

    def of(self, tag: str, kind: str) -> list[dict[str, str | None]]:
        return [
            attributes
            for name, attributes in self.tags
            if name == tag and kind in (attributes.get("class") or "").split()
        ]


# --- what is read ------------------------------------------------------------------------------


def test_gold_output_and_linked_deals_tell_the_same(
    tmp_path: Path, material: Material, deals: list[LinkedDeal]
) -> None:
    linked = _write(tmp_path / "linked.jsonl", *(json.loads(d.model_dump_json()) for d in deals))
    again = read_material([linked], [str(_write(tmp_path / "articles.jsonl", *ARTICLES))])
    assert again.linked == deals
    assert {name: story.text for name, story in again.stories.items()} == {
        name: story.text for name, story in material.stories.items()
    }
    assert report_page(again) == report_page(material)


def test_output_of_run_is_marked_by_its_offsets(tmp_path: Path) -> None:
    text = "软银宣布收购。软银宣布以65亿美元收购Ampere。"
    told = Pipeline(model=False).read(text, published="2025-03-20", article_id="x")
    line = json.loads(told.model_copy(update={"text": text}).model_dump_json())
    material = read_material([_write(tmp_path / "run.jsonl", line)])
    marks = {
        (mark.start, mark.end)
        for record in material.records.values()
        for mark in record_marks(record, 1)
        if mark.kind == "amount"
    }
    assert marks == {(text.index("65亿美元"), text.index("65亿美元") + 5)}


BROKEN = [
    ("nonsense", "not JSON"),
    ("[1]", "an object is needed"),
    ('{"article_id": "a"}', "article_id and deals are needed"),
    ('{"article_id": "a", "deals": [{}]}', "not a deal record"),
    ('{"tellings": 1}', "not a line of deals"),
    ("[" * 100_000, "not JSON"),
]


@pytest.mark.parametrize(("line", "reason"), BROKEN, ids=[reason for _, reason in BROKEN])
def test_what_cannot_be_used_is_told_with_its_line(tmp_path: Path, line: str, reason: str) -> None:
    path = tmp_path / "deals.jsonl"
    path.write_text(f"{json.dumps(ARTICLES[0])}\n\n{line}\n", "utf-8")
    material = read_material([path])
    (failure,) = material.failures
    assert failure.startswith(f"{path}:3: ")
    assert reason in failure
    assert len(material.tellings) == 2


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_a_file_that_cannot_be_read_is_an_error(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "deals.jsonl"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UsageError, match=r"deals\.jsonl: "):
        read_material([path])


# --- what is shown -----------------------------------------------------------------------------


def test_each_deal_is_a_row_with_what_it_is_filtered_by(material: Material) -> None:
    rows = Seen(report_page(material)).of("tbody", "deal")
    keys = ("type", "status", "date", "usd", "payer", "payee", "hardware", "articles")
    assert [tuple(row[f"data-{key}"] for key in keys) for row in rows] == [
        ("acquisition", "talks", "2025-05-02", "", "青石集團", "白鷺軟件", "", "1"),
        ("investment", "completed", "2025-03-05", "1000000000", "砺川芯", "泠泉雲", "", "2"),
        ("procurement", "announced", "2025-03-05", "2000000000", "泠泉云", "砺川芯", "G1", "1"),
    ]
    assert "泠泉雲\n泠泉云" in (rows[1]["data-parties"] or "")
    assert [row["lang"] for row in rows] == ["zh-Hant", "zh-Hans", "zh-Hans"]


def test_articles_stand_once_with_the_marks_of_all_their_deals(material: Material) -> None:
    html = report_page(material)
    shown = Seen(html)
    articles = [attributes for tag, attributes in shown.tags if tag == "article"]
    assert [(a["data-article"], a["lang"]) for a in articles] == [
        ("r2", "zh-Hant"),
        ("r1", "zh-Hans"),
    ]
    cited = re.findall(r'<mark class="evidence amount" data-evidence="(\d)"[^>]*>([^<]+)<', html)
    assert cited == [("2", "10億美元"), ("2", "10亿美元"), ("3", "20亿美元")]


def test_the_circle_is_shown_with_its_sums(material: Material) -> None:
    html = report_page(material)
    (ring,) = Seen(html).of("svg", "ring")
    assert ring["aria-label"] == "泠泉云 → 砺川芯 → 泠泉云"
    labels = re.findall(r"<tspan[^>]*>([^<]+)</tspan>", html)
    assert labels == ["buys", "US$2B", "invests", "US$1B"]


def test_a_day_shows_the_deals_of_that_day(material: Material) -> None:
    html = report_page(material, day="2025-03-31")
    rows = Seen(html).of("tbody", "deal")
    assert [row["data-status"] for row in rows] == ["announced", "announced"]
    assert "as of 2025-03-31" in html


def test_without_the_extra_all_but_the_circles_is_shown(
    material: Material, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(*_: object, **__: object) -> None:
        raise UsageError("the graph needs the extra")

    monkeypatch.setattr(deal_report, "circles", missing)
    html = report_page(material)
    assert "the graph needs the extra" in html
    assert len(Seen(html).of("tbody", "deal")) == 3


def test_nothing_told_is_a_page_as_well() -> None:
    assert "0 deals in 0 articles" in report_page(Material())


# --- safety ------------------------------------------------------------------------------------


@pytest.fixture
def hostile(tmp_path: Path) -> str:
    """A page of an article in which every string is hostile."""
    deal = _deal(
        "procurement", _party(EVIL, "buyer", EVIL), _party(f"b{EVIL}", "supplier"),
        amount=_usd(1, EVIL), evidence=EVIL, round=EVIL,
        conditions=[{"kind": "other", "text": EVIL}],
        hardware=[{"name": EVIL, "vendor": EVIL, "quantity": EVIL}],
    )  # fmt: skip
    article = {
        "article_id": EVIL,
        "title": EVIL,
        "published": "2025-03-06",
        "text": f"{EVIL}\n{EVIL}",
    }
    return report_page(read_material([_write(tmp_path / "x.jsonl", article | {"deals": [deal]})]))


def test_everything_from_outside_is_escaped(hostile: str) -> None:
    shown = Seen(hostile)
    assert [tag for tag, _ in shown.tags if tag in {"script", "style", "img", "title"}].count(
        "script"
    ) == 1
    assert [attributes for tag, attributes in shown.tags if tag == "img"] == []
    assert [n for _, attributes in shown.tags for n in attributes if n.startswith("on")] == []
    assert EVIL in shown.words


def test_the_page_asks_for_nothing(hostile: str, material: Material) -> None:
    for html in (hostile, report_page(material)):
        shown = Seen(html)
        asking = {"href", "src", "action", "srcset", "style", "data"}
        assert [name for _, attributes in shown.tags for name in attributes if name in asking] == []
        assert re.findall(r"url\((?!#)|@import|https?://", html) == []
        policy = next(a["content"] for t, a in shown.tags if t == "meta" and "http-equiv" in a)
        assert policy is not None
        assert policy.startswith("default-src 'none'; style-src 'sha256-")


# --- the parts ---------------------------------------------------------------------------------


def _sum(low: str | None, high: str | None, modifier: str, currency: str = "USD") -> Sum:
    bounds = [Decimal(bound) if bound else None for bound in (low, high)]
    return Sum.model_validate(
        {
            "min": bounds[0],
            "max": bounds[1],
            "currency": currency,
            "modifier": modifier,
            "text": "x",
        }
    )


@pytest.mark.parametrize(
    ("money", "shown"),
    [
        (_sum("6.5e9", "6.5e9", "exact"), "US$6.5B"),
        (_sum("1e10", None, "at_least"), "≥ US$10B"),
        (_sum(None, "1e11", "at_most", "CNY"), "≤ CN¥100B"),
        (_sum("3e8", "5e8", "range", "TWD"), "NT$300M–500M"),
        (_sum("1.34e12", "1.34e12", "approx", "JPY"), "≈ JP¥1.34T"),
        (_sum("950000", "950000", "exact", "SEK"), "SEK 950,000"),
        (_sum("2e8", "9e8", "vague", "HKD"), "~ HK$200M–900M"),
    ],
)
def test_amounts_at_a_glance(money: Sum, shown: str) -> None:
    assert brief(money) == shown


def test_numbers_have_four_figures() -> None:
    numbers = [Decimal("22360000000"), Decimal("999949999"), Decimal(0), Decimal("119e8")]
    assert [scaled(number) for number in numbers] == ["22.36B", "999.9M", "0", "11.9B"]


@pytest.mark.parametrize(
    ("text", "lang"),
    [("软银宣布收购", "zh-Hans"), ("軟銀宣布收購", "zh-Hant"), ("OpenAI", "zh-Hans")],
)
def test_the_script_of_a_text(text: str, lang: str) -> None:
    assert language(text) == lang


def test_marks_that_cross_are_cut_where_they_begin_and_end() -> None:
    marks = [Mark(0, 4, "evidence", 1), Mark(2, 6, "evidence", 2), Mark(3, 4, "amount", 1)]
    html = marked_text("题目\n一二三四", [*marks, Mark(5, 99, "date", 1)])
    pieces = re.findall(r'data-evidence="([\d ]+)"(?: data-value="(\d)")?[^>]*>([^<]*)<', html)
    assert pieces == [("1", "", "题目"), ("1 2", "", "\n"), ("1 2", "1", "一"), ("2", "", "二三")]
    assert html.startswith("<strong><mark")
    assert Seen(html).words == "题目\n一二三四"


def test_names_in_the_web_do_not_touch_and_the_layout_is_always_the_same() -> None:
    parties = [f"公司{number}" for number in range(30)]
    pairs = [
        *combinations(parties[:8], 2),
        *((parties[n % 8], name) for n, name in enumerate(parties[8:])),
    ]
    lines = [
        {
            "article_id": f"{one}{other}",
            "published": "2025-01-01",
            "deals": [_deal("investment", _party(one, "investor"), _party(other, "investee"))],
        }
        for one, other in pairs
    ]
    graph = DealGraph.from_deals(link(t for line in lines for t in tellings_of(line)))
    html = web_picture(graph, circles(graph))
    nodes = re.findall(r'translate\(([-\d.]+) ([-\d.]+)\).*?<text y="25">([^<]+)<', html)
    assert len(nodes) == 30
    boxes = [(float(x), float(y), text_width(name)) for x, y, name in nodes]
    touching = [
        (a, b)
        for a, b in combinations(boxes, 2)
        if abs(a[0] - b[0]) < (a[2] + b[2]) / 2 and abs(a[1] - b[1]) < 40
    ]
    assert touching == []
    assert web_picture(graph, circles(graph)) == html


def test_charts_count_what_is_alive(deals: list[LinkedDeal]) -> None:
    titles = re.findall(r"<title>([^<]+)</title>", month_charts(deals))
    assert titles == [
        "2025-03, investment: US$1B", "2025-03, procurement: US$2B",
        "2025-03, investment: 1", "2025-03, procurement: 1", "2025-05, acquisition: 1",
    ]  # fmt: skip
    assert [usd(deal) for deal in deals if deal.amount] == [Decimal(10**9), Decimal(2 * 10**9)]


def test_a_total_is_not_counted_beside_its_parts() -> None:
    shares = {"甲云": 1.0, "乙云": 2.0, "丙云": 3.5}
    whole = _deal("investment", CHIPS, CLOUD, amount=_usd(6.5, "65亿美元"), date="2025-03-05")
    whole["investor"] = [_party(name, "investor") for name in shares]
    parts = [
        _deal(
            "investment", _party(name, "investor"), CLOUD,
            amount=_usd(share, f"{share}"), date="2025-03-05",
        )
        for name, share in shares.items()
    ]  # fmt: skip
    line = {"article_id": "t", "published": "2025-03-06", "deals": [whole, *parts]}
    deals = link(tellings_of(line))
    assert len(deals) == 4
    assert sorted(usd(deal) or 0 for deal in counted(deals)) == [10**9, 2 * 10**9, 35 * 10**8]


def test_who_pays_whom(deals: list[LinkedDeal]) -> None:
    cells = re.findall(r'title="([^"]+)"', payers_table(deals))
    assert cells == ["泠泉云 → 砺川芯: US$2B", "砺川芯 → 泠泉云: US$1B"]


# --- the command -------------------------------------------------------------------------------


def _run(*arguments: object) -> object:
    with pytest.raises(SystemExit) as ended:
        main(["report", *map(str, arguments)])
    return ended.value.code


def test_the_command_writes_a_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    gold = _write(tmp_path / "gold.jsonl", *ARTICLES)
    assert _run(gold, tmp_path / "out" / "here") == 0
    page = (tmp_path / "out" / "here" / "index.html").read_text("utf-8")
    assert page == report_page(read_material([gold]))
    gold.write_text(gold.read_text("utf-8") + "nonsense\n", "utf-8")
    assert _run(gold, tmp_path / "out") == 1
    assert f"{gold}:3: not JSON" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["x"], "needs DEALS and OUT_DIR"),
        (["no-such.jsonl", "out"], "no-such.jsonl: cannot be read"),
        (["--as-of", "yesterday", "x", "out"], "--as-of: 'yesterday' is not an ISO date"),
        (["--length", "9", "x", "out"], "--length"),
    ],
)
def test_misuse_is_one_line(
    arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run(*arguments) == 2
    error = capsys.readouterr().err
    assert says in error
    assert error.count("\n") == 1


def test_a_folder_that_cannot_be_made_is_an_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gold = _write(tmp_path / "gold.jsonl", *ARTICLES)
    assert _run(gold, gold / "out") == 2
    assert "cannot be written" in capsys.readouterr().err
