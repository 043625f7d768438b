"""The pictures of the README: the report of the corpus, and a circle of it.

usage: python tests/bench/pictures.py [docs/img]

Written are report.png and circle.png, made from the gold of `corpus/` by `zhdeals report` and a
Chromium of the system.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from extract.deal_report import read_material, write_report

ROOT = Path(__file__).resolve().parents[2]
MOST_BYTES = 300_000
DEAL = "tbody.deal[data-payer=亚马逊][data-payee=OpenAI]"
CIRCLE = "figure.ringcard:has(svg[aria-label='英伟达 → OpenAI → 甲骨文 → 英伟达'])"
"""One of the circles that the corpus tells."""


def picture_report(page: Any, path: Path) -> None:
    """The head of the report with one deal open."""
    page.set_viewport_size({"width": 1240, "height": 1010})
    page.fill("input[name=party]", "OpenAI")
    page.select_option("select[name=type]", "investment")
    page.locator(DEAL).first.locator(".pick").click()
    page.mouse.move(0, 0)
    page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")
    page.screenshot(path=path)


def picture_circle(page: Any, path: Path) -> None:
    """One circle with its legs."""
    page.click("button[type=reset]")
    ring = page.locator(CIRCLE)
    ring.locator("summary").click()
    page.mouse.move(0, 0)
    page.evaluate("document.activeElement.blur(); document.querySelector('form').hidden = true")
    ring.screenshot(path=path)


def main(folder: Path) -> int:
    """Make both; exit code 1 where one is too large."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        sys.exit("no Chromium is installed")
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as out, sync_playwright() as driver:
        html = write_report(read_material([ROOT / "corpus" / "articles.jsonl"]), Path(out))
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(color_scheme="light", device_scale_factor=1)
        page.goto(html.as_uri())
        picture_report(page, folder / "report.png")
        picture_circle(page, folder / "circle.png")
        browser.close()
    sizes = {name: (folder / name).stat().st_size for name in ("report.png", "circle.png")}
    for name, size in sizes.items():
        print(f"{folder / name}: {size:,} bytes")
    return 1 if max(sizes.values()) > MOST_BYTES else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "img"))
