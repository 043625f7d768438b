"""The report of deals in a real browser, from the disk and without a network."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browsing import Watched, browser, watched
from test_deal_report import ARTICLES, _write

from extract.deal_report import read_material, write_report

pytest.importorskip("networkx", reason="the extra `graph` is not installed")

__all__ = ["browser"]


@pytest.fixture(scope="module")
def page_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    return write_report(read_material([_write(folder / "gold.jsonl", *ARTICLES)]), folder)


@pytest.fixture(params=["light", "dark"])
def opened(browser: Any, page_file: Path, request: pytest.FixtureRequest) -> Iterator[Watched]:
    """The page; at the end nothing may have been said, and nothing asked but the page itself."""
    with watched(browser, offline=True, color_scheme=request.param) as found:
        found.page.goto(page_file.as_uri())
        yield found
        assert found.said == []
        assert found.asked == [page_file.as_uri()]


def _rows(page: Any) -> list[str]:
    rows = page.locator("tbody.deal").all()
    return [row.get_attribute("data-type") for row in rows if row.is_visible()]


ALL = ["acquisition", "investment", "procurement"]
FILTERS: list[tuple[str, str, list[str]]] = [
    ("party", "泠泉雲", ["investment"]),
    ("party", "泠泉云", ["investment", "procurement"]),
    ("party", "白鹭软件", ["acquisition"]),
    ("party", "nobody", []),
    ("type", "procurement", ["procurement"]),
    ("status", "talks", ["acquisition"]),
    ("amount", "1", ["investment", "procurement"]),
    ("amount", "1e9", ["investment", "procurement"]),
    ("amount", "1e10", []),
    ("hardware", "G1", ["procurement"]),
    ("from", "2025-03-06", ["acquisition"]),
    ("to", "2025-03-05", ["investment", "procurement"]),
    ("query", "交割", ["investment"]),
]


@pytest.mark.parametrize(("name", "value", "found"), FILTERS)
def test_deals_are_filtered(opened: Watched, name: str, value: str, found: list[str]) -> None:
    page = opened.page
    assert _rows(page) == ALL
    if name in {"type", "status", "amount", "hardware"}:
        page.select_option(f"select[name={name}]", value)
    else:
        page.fill(f"input[name={name}]", value)
    assert _rows(page) == found
    assert page.inner_text(".counts") == f"{len(found)} of 3 deals"
    assert page.locator(".none").is_visible() == (not found)
    page.click("button[type=reset]")
    page.wait_for_selector("text=3 of 3 deals")


SORTED = [
    ("Date", ["investment", "procurement", "acquisition"]),
    ("Type", ["acquisition", "investment", "procurement"]),
    ("Amount", ["procurement", "investment", "acquisition"]),
    ("Articles", ["investment", "acquisition", "procurement"]),
]


@pytest.mark.parametrize(("name", "found"), SORTED)
def test_deals_are_sorted(opened: Watched, name: str, found: list[str]) -> None:
    opened.page.get_by_role("button", name=name, exact=True).press("Enter")
    assert _rows(opened.page) == found


def test_a_deal_opens_with_its_words(opened: Watched) -> None:
    page = opened.page
    deal = page.locator("tbody.deal[data-type=investment]")
    deal.locator(".pick").press("Enter")
    assert deal.locator(".card").is_visible()
    assert deal.locator("mark.told.amount").all_inner_texts() == ["10亿美元", "10億美元"]
    assert "".join(deal.locator(".slot mark.lit").all_inner_texts()) == (
        "砺川芯3月5日宣布向泠泉云投资10亿美元砺川芯對泠泉雲的10億美元投資已經交割"
    )
    assert deal.locator(".timeline time").all_inner_texts() == [
        "2025-03-05", "2025-03-06", "2025-05-02",
    ]  # fmt: skip
    page.keyboard.press("Escape")
    assert not deal.locator(".card").is_visible()


def test_all_are_opened_and_closed(opened: Watched) -> None:
    page = opened.page
    page.click(".all")
    assert page.locator(".card:visible").count() == 3
    page.click(".all")
    assert page.locator(".card:visible").count() == 0


def test_a_party_of_the_web_shows_its_deals(opened: Watched) -> None:
    page = opened.page
    node = page.locator(".web .node", has_text="青石集團")
    node.focus()
    page.keyboard.press("Enter")
    assert node.get_attribute("aria-pressed") == "true"
    assert _rows(page) == ["acquisition"]
    page.keyboard.press("Enter")
    assert _rows(page) == ALL


def test_a_circle_is_shown_in_the_web(opened: Watched) -> None:
    page = opened.page
    page.locator("button.circle").press("Enter")
    near = page.locator(".web .node.near title").all_text_contents()
    assert sorted(near) == sorted(["泠泉云", "砺川芯"])
    page.keyboard.press("Escape")
    assert page.locator(".web.focused").count() == 0


def test_kinds_of_arrows_are_shown_as_wanted(opened: Watched) -> None:
    page = opened.page
    shown = (
        "() => Array.from(document.querySelectorAll('.web .leg'))"
        ".filter(leg => !leg.hasAttribute('hidden')).map(leg => leg.classList[1]).sort()"
    )
    before = page.evaluate(shown)
    page.uncheck("input[value=buys]")
    page.check("input[value=equity]")
    after = page.evaluate(shown)
    assert ("buys" in before, "equity" in before) == (True, False)
    assert ("buys" in after, "equity" in after) == (False, True)


def test_it_prints(opened: Watched) -> None:
    page = opened.page
    page.emulate_media(media="print")
    assert not page.locator("form").is_visible()
    assert _rows(page) == ALL
    assert len(page.pdf()) > 10_000
