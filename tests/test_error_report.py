"""The error report: what is escaped, what is marked, and how the page works in a real browser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from browsing import browser, watched
from hypothesis import given
from hypothesis import strategies as st

from extract.error_report import report_page, write_report
from extract.errors import UsageError
from extract.evaluate import Report, evaluate
from extract.gold import GoldArticle, ScoredArticle
from extract.html import Markup, escape, join, page, tag

__all__ = ["browser"]

# --- the helper --------------------------------------------------------------------------------

ESCAPED = [
    ("1 < 2 & 3", "1 &lt; 2 &amp; 3"),
    ('"it\'s"', "&quot;it&#39;s&quot;"),
    ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
    ("億\ud800\x00\ufffe元", "億\ufffd\ufffd\ufffd元"),
    ("一行\n二行\t三", "一行\n二行\t三"),
    (3.5, "3.5"),
    (Markup("<b>"), "<b>"),
]


@pytest.mark.parametrize(("text", "html"), ESCAPED)
def test_everything_is_escaped_but_markup(text: object, html: str) -> None:
    assert escape(text) == html


@pytest.mark.parametrize(
    ("made", "html"),
    [
        (tag("p", "a<b", tag("b", "c")), "<p>a&lt;b<b>c</b></p>"),
        (tag("br"), "<br>"),
        (
            tag("td", class_="x", data_of='1" onclick="2'),
            '<td class="x" data-of="1&quot; onclick=&quot;2"></td>',
        ),
        (tag("input", checked=True, disabled=False, value=None), "<input checked>"),
        (join("<", tag("i"), 1), "&lt;<i></i>1"),
    ],
)
def test_elements_are_made(made: Markup, html: str) -> None:
    assert made == html


@pytest.mark.parametrize(
    ("name", "attributes"),
    [
        ("p><script", {}),
        ("p", {"onclick": "x"}),
        ("a", {"href": "x"}),
        ("p", {"style": "x"}),
        ("p", {"x y": "1"}),
    ],
)
def test_what_could_run_or_load_is_refused(name: str, attributes: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        tag(name, **attributes)


def test_style_and_script_cannot_end_their_element() -> None:
    with pytest.raises(UsageError):
        page("t", script="'</script>'")


class Seen(HTMLParser):
    """The elements, attributes and text of a page."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, name: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((name, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


@given(st.text(), st.text())
def test_any_text_comes_back_as_text(text: str, value: str) -> None:
    seen = Seen(tag("p", text, title=value))
    unfit = re.compile(
        "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]"
    )
    assert seen.text == unfit.sub("\ufffd", text)
    assert seen.tags == [("p", {"title": unfit.sub("\ufffd", value)})]


# --- the page ----------------------------------------------------------------------------------

HANS = "云岭资本投资星澜科技\n云岭资本向星澜科技投资3亿元。青石集团收购寒木，作价8亿美元。"
HANT = "雲嶺資本入股星瀾科技\n雲嶺資本以五億美元入股星瀾科技<b>與</b>青石集團，取得10%股權。"
EVIL = "甲辰</script><script>alert(1)</script>投资乙巳"


def _deal(kind: str, pays: str, paid: str, evidence: str, **rest: Any) -> dict[str, Any]:
    return {
        "type": kind,
        "investor": [{"name": pays}],
        "target": [{"name": paid}],
        "status": "announced",
        "evidence": evidence,
        **rest,
    }


def _money(value: float, currency: str, text: str) -> dict[str, Any]:
    return {"min": value, "max": value, "currency": currency, "modifier": "exact", "text": text}


FUNDING = _deal("investment", "云岭资本", "星澜科技", "云岭资本向星澜科技投资3亿元")
BUYING = _deal("acquisition", "青石集团", "寒木", "青石集团收购寒木，作价8亿美元")
ENTRY = _deal("investment", "雲嶺資本", "星瀾科技", "雲嶺資本以五億美元入股星瀾科技", stake=10)
EVIL_DEAL = _deal("investment", "甲辰", "乙巳", EVIL)
GOLD = [
    ("a1", HANS, "36<氪>", [FUNDING | {"amount": _money(3e8, "CNY", "3亿元")}, BUYING]),
    ("a2", HANT, None, [ENTRY]),
    ("a3", EVIL, None, [EVIL_DEAL]),
    ("a4", "今天没有交易。", None, []),
]
PRED = [
    ("a1", [FUNDING | {"amount": _money(3e7, "CNY", "3亿元")}]),
    ("a2", [ENTRY]),
    ("a3", [_deal("procurement", "甲辰", "丙午", EVIL)]),
]


def _report() -> Report:
    gold = [
        GoldArticle.model_validate(
            {"article_id": name, "text": text, "outlet": outlet, "deals": deals}
        )
        for name, text, outlet, deals in GOLD
    ]
    pred = [ScoredArticle.model_validate({"article_id": n, "deals": deals}) for n, deals in PRED]
    return evaluate(gold, pred)


@pytest.fixture(scope="module")
def html() -> str:
    return report_page(_report(), title="gold <1>")


def test_no_text_becomes_markup(html: str) -> None:
    seen = Seen(html)
    names = {name for name, _ in seen.tags}
    assert html.count("<script") == 1
    assert names.isdisjoint({"link", "img", "iframe", "a", "base", "object"})
    attributes = {key for _, told in seen.tags for key in told}
    assert not {key for key in attributes if key.startswith("on")} | attributes & {"src", "href"}
    for text in (HANS, HANT, EVIL, "36<氪>", "gold <1>"):
        assert text in seen.text


def test_the_page_may_do_nothing_but_its_own(html: str) -> None:
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', html)
    assert policy is not None
    rules = [rule.split() for rule in policy[1].replace("&#39;", "'").split("; ")]
    assert [rule[0] for rule in rules] == [
        "default-src", "style-src", "script-src", "base-uri", "form-action",
    ]  # fmt: skip
    assert "unsafe" not in policy[1]
    assert "http" not in re.sub(r'http-equiv="[^"]+"', "", html)


def test_each_record_tells_its_kind_and_fields(html: str) -> None:
    told = [
        attrs for _, attrs in Seen(html).tags if (attrs.get("class") or "").startswith("record ")
    ]
    assert [(one["data-kind"], one["data-type"], one["data-fields"]) for one in told] == [
        ("wrong", "investment", "amount"),
        ("missed", "acquisition", "type investor target status"),
        ("right", "investment", "type investor target stake status"),
        ("extra", "procurement", "type investor target status"),
        ("missed", "investment", "type investor target status"),
    ]


def test_both_scripts_are_told_apart(html: str) -> None:
    languages = [attrs["lang"] for name, attrs in Seen(html).tags if attrs.get("class") == "text"]
    assert languages == ["zh-Hans", "zh-Hant", "zh-Hans"]


def test_evidence_and_values_are_marked(html: str) -> None:
    marked = re.findall(r"<mark([^>]*)>([^<]*)</mark>", html.partition("<main>")[2])
    first = [(dict(re.findall(r'data-(\w+)="([^"]*)"', told)), words) for told, words in marked][:6]
    one = {"gold": "1", "pred": "1", "of": "1"}
    assert first == [
        (one | {"value": "1"}, "云岭资本"),
        (one, "向"),
        (one | {"value": "1"}, "星澜科技"),
        (one, "投资"),
        (one | {"value": "1"}, "3亿元"),
        ({"gold": "2", "value": "2", "of": "2"}, "青石集团"),
    ]


def test_a_page_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be written"):
        write_report(_report(), tmp_path / "none" / "report.html", title="x")


# --- in a browser ------------------------------------------------------------------------------


@pytest.fixture
def opened(browser: Any, html: str, tmp_path: Path) -> Iterator[Any]:
    """The page, opened from the disk without a network; at the end nothing may have been said, and
    nothing asked but the page itself."""
    path = tmp_path / "report.html"
    path.write_text(html, encoding="utf-8")
    with watched(browser, offline=True) as found:
        found.page.goto(path.as_uri())
        yield found.page
        assert found.said == []
        assert found.asked == [path.as_uri()]


def _shown(shown: Any) -> list[str]:
    records = shown.query_selector_all(".record")
    return [
        f"{record.get_attribute('data-kind')} {record.get_attribute('data-type')}"
        for record in records
        if record.is_visible()
    ]


def _filter(
    shown: Any, *, off: tuple[str, ...] = (), on: tuple[str, ...] = (), **rest: str
) -> None:
    for kind in off:
        shown.uncheck(f"input[value={kind}]")
    for kind in on:
        shown.check(f"input[value={kind}]")
    for name in ("field", "type"):
        if name in rest:
            shown.select_option(f"select[name={name}]", rest[name])
    if "query" in rest:
        shown.fill("input[name=query]", rest["query"])


FILTERS: list[tuple[dict[str, Any], list[str], str]] = [
    (
        {},
        ["wrong investment", "missed acquisition", "extra procurement", "missed investment"],
        "4 of 5 records, 2 articles",
    ),
    ({"off": ("missed", "extra")}, ["wrong investment"], "1 of 5 records, 1 article"),
    (
        {"on": ("right",), "off": ("missed", "extra", "wrong")},
        ["right investment"],
        "1 of 5 records, 1 article",
    ),
    ({"field": "amount"}, ["wrong investment"], "1 of 5 records, 1 article"),
    (
        {"field": "target", "type": "acquisition"},
        ["missed acquisition"],
        "1 of 5 records, 1 article",
    ),
    (
        {"query": "丙午"},
        ["extra procurement", "missed investment"],
        "2 of 5 records, 1 article",
    ),
    ({"query": "没有这个词"}, [], "0 of 5 records, 0 articles"),
]


@pytest.mark.parametrize(("wanted", "records", "counts"), FILTERS)
def test_filters_show_what_they_say(
    opened: Any, wanted: dict[str, Any], records: list[str], counts: str
) -> None:
    shown = opened
    _filter(shown, **wanted)
    assert (_shown(shown), shown.inner_text(".counts")) == (records, counts)
    assert shown.is_visible(".none") == (not records)
    shown.click("button[type=reset]")
    shown.locator(".counts", has_text="4 of 5 records").wait_for()


def test_a_record_shows_its_words(opened: Any) -> None:
    shown = opened
    shown.click(".record.missed .pick")
    values = [mark.inner_text() for mark in shown.query_selector_all("mark.value")]
    assert values == ["青石集团", "寒木"]
    assert shown.query_selector_all("mark.on.p") == []
    shown.keyboard.press("Escape")
    assert shown.query_selector_all("mark.value") == []
    assert len(shown.query_selector_all("section:first-of-type mark.g")) > 0


@pytest.mark.parametrize(("scheme", "dark"), [("light", False), ("dark", True)])
def test_the_page_follows_the_scheme(opened: Any, scheme: str, dark: bool) -> None:
    shown = opened
    shown.emulate_media(color_scheme=scheme)
    page_color, ink = shown.evaluate(
        "[getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color]"
    )

    def light(color: str) -> float:
        return sum(map(int, re.findall(r"\d+", color)[:3])) / 765

    assert (light(page_color) < 0.2, light(ink) > 0.8) == (dark, dark)


def test_the_page_fits_a_phone(opened: Any) -> None:
    shown = opened
    shown.set_viewport_size({"width": 390, "height": 800})
    assert shown.evaluate("document.documentElement.scrollWidth") <= 390
