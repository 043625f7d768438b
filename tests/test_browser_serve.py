"""The page of the service in a real browser: read, mark, correct, save; nothing asked elsewhere."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("fastapi", reason="the extra `serve` is not installed")

from browsing import Watched, browser, watched
from serving import Service, running

from extract.gold import read_gold

__all__ = ["browser"]

TEXT = (
    "阿里巴巴领投月之暗面\n阿里巴巴3月5日宣布向月之暗面投资3亿元。\n软银宣布以65亿美元收购Ampere。"
)
HANT = "輝達宣布向英特爾投資50億美元。<script>alert(1)</script>"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("gold")


@pytest.fixture(scope="module")
def service(folder: Path) -> Iterator[Service]:
    with running("--workers", "1", "--gold", str(folder / "gold.jsonl")) as started:
        yield started


@pytest.fixture
def opened(browser: Any, service: Service) -> Iterator[Watched]:
    """The page; at the end nothing may have been said or asked of anybody else."""
    with watched(browser) as found:
        found.page.goto(service.address)
        yield found
        assert found.said == []
        assert [url for url in found.asked if not url.startswith(f"{service.address}/")] == []


def _read(page: Any, text: str, *, day: str = "2025-03-06") -> None:
    """Read a text with the keyboard alone."""
    page.focus("input[name=published]")
    page.fill("input[name=published]", day)
    page.fill("textarea[name=text]", text)
    page.press("textarea[name=text]", "Control+Enter")
    page.wait_for_selector(".article")


def _cards(page: Any) -> list[str]:
    return page.locator(".record .pick b").all_inner_texts()


def _marked(page: Any, kind: str) -> list[str]:
    return page.locator(f".text mark.{kind}").all_inner_texts()


def test_a_text_becomes_marks_and_cards(opened: Watched) -> None:
    page = opened.page
    _read(page, TEXT)
    assert page.inner_text(".say") == "1 article, 2 deals"
    assert _cards(page) == ["阿里巴巴 → 月之暗面", "软银 → Ampere"]
    assert {"3亿元", "65亿美元"} <= set(_marked(page, "told.amount"))
    assert page.inner_text(".text strong") == "阿里巴巴领投月之暗面"
    names = page.locator(".graph .node text").all_text_contents()
    assert sorted(names) == sorted(["阿里巴巴", "月之暗面", "软银", "Ampere Computing"])


def test_a_card_shows_its_words_alone(opened: Watched) -> None:
    page = opened.page
    _read(page, TEXT)
    page.focus(".record:nth-child(2) .pick")
    page.keyboard.press("Enter")
    assert page.get_attribute(".record:nth-child(2) .pick", "aria-pressed") == "true"
    assert "3亿元" not in _marked(page, "told")
    assert "65亿美元" in _marked(page, "told")
    page.keyboard.press("Escape")
    assert {"3亿元", "65亿美元"} <= set(_marked(page, "told"))


def test_traditional_text_is_set_as_such_and_tags_are_text(opened: Watched) -> None:
    page = opened.page
    _read(page, HANT)
    assert page.get_attribute(".text", "lang") == "zh-Hant"
    assert page.inner_text(".text") == HANT
    assert page.locator(".results script").count() == 0
    assert _cards(page) == ["輝達 → 英特爾"]


def _correct(page: Any) -> None:
    """Correct the first record, remove the second, add a third."""
    first = page.locator(".record").nth(0)
    first.locator(".correct").press("Enter")
    first.locator("select[name=status]").select_option("talks")
    first.locator("[data-field=amount] input[name=text]").fill("3亿元")
    first.locator("[data-field=amount] input[name=text]").press("Tab")
    first.locator(".more[data-kind=condition]").press("Enter")
    first.locator(".item[data-kind=condition] input[name=text]").fill("领投")
    page.locator(".record").nth(1).locator(".correct").click()
    page.locator(".record").nth(1).locator(".remove").click()
    page.click(".add")
    new = page.locator(".record").nth(2)
    new.locator("select[name=type]").select_option("partnership")
    new.locator("input[name=name]").first.fill("软银")
    new.locator("textarea[name=evidence]").fill("软银宣布")


def test_records_are_corrected_and_saved(opened: Watched, folder: Path) -> None:
    page = opened.page
    _read(page, TEXT)
    _correct(page)
    page.click(".save")
    page.wait_for_selector("text=Saved 2 records")
    (article,) = [found for found in read_gold(folder / "gold.jsonl") if found.text == TEXT]
    first, new = article.deals
    assert (first.status, first.amount and first.amount.text) == ("talks", "3亿元")
    assert [(c.kind, c.text) for c in first.conditions] == [("procurement", "领投")]
    assert [party.name for party in first.investor] == ["阿里巴巴"]
    assert (new.type, [party.name for party in new.investor]) == ("partnership", ["软银"])
    assert article.published == "2025-03-06"


def test_what_gold_cannot_be_is_said_and_opened(browser: Any, service: Service) -> None:
    with watched(browser) as opened:
        page = opened.page
        page.goto(service.address)
        _read(page, TEXT)
        page.locator(".record").nth(1).locator(".correct").click()
        page.locator(".record").nth(1).locator("textarea[name=evidence]").fill("没有这句话")
        page.locator(".record").nth(1).locator(".correct").click()
        page.click(".save")
        page.wait_for_selector(".say.bad")
        assert page.inner_text(".say") == (
            "Not saved: deals.1.evidence: '没有这句话' is not in the text"
        )
        assert page.locator(".record").nth(1).locator(".edit").is_visible()
        # The browser itself notes the answer 422; nothing else was said.
        assert [line for line in opened.said if "422" not in line] == []


def test_words_that_are_selected_go_into_a_field(opened: Watched) -> None:
    page = opened.page
    _read(page, "软银宣布以65亿美元收购Ampere。")
    page.locator(".correct").click()
    page.locator(".text").click(click_count=3)
    page.locator("textarea[name=evidence]").fill("")
    page.locator("textarea[name=evidence] + .take").click()
    wanted = "软银宣布以65亿美元收购Ampere。"
    assert page.input_value("textarea[name=evidence]") == wanted


def test_files_are_read_when_they_are_chosen(opened: Watched, tmp_path: Path) -> None:
    page = opened.page
    lines = [
        {"id": "x1", "text": "软银宣布以65亿美元收购Ampere。"},
        {"id": "x2", "text": "无。"},
    ]
    (tmp_path / "two.jsonl").write_text("\n".join(map(json.dumps, lines)), "utf-8")
    (tmp_path / "2025-03-20 big5.txt").write_bytes(HANT.encode("big5-hkscs"))
    (tmp_path / "broken.txt").write_bytes(b"\xff\xff\xff\x81")
    names = ["two.jsonl", "2025-03-20 big5.txt", "broken.txt"]
    page.set_input_files("input[name=files]", [tmp_path / name for name in names])
    page.wait_for_selector("text=3 articles, 2 deals")
    assert "broken.txt: " in page.inner_text(".say")
    heads = page.locator(".article > h2").all_inner_texts()
    assert heads[:2] == ["x1", "x2"]
    assert heads[2].endswith("2025-03-20")


def test_a_refusal_is_shown_in_a_line(browser: Any, service: Service) -> None:
    with watched(browser) as opened:
        page = opened.page
        page.goto(service.address)
        page.click("text=Read")
        page.wait_for_selector(".say.bad")
        assert "text: String should have at least 1 character" in page.inner_text(".say")


def test_the_description_opens(opened: Watched, service: Service) -> None:
    opened.page.goto(f"{service.address}/docs")
    assert "POST /extract" in opened.page.locator("h2").all_inner_texts()
