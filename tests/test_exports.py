"""What ``extract`` exports, and that to import it costs nothing."""

from __future__ import annotations

import inspect
import subprocess
import sys
from decimal import Decimal

import pytest

import extract

RECOGNISERS = [
    "find_dates", "find_money", "find_quantities", "parse_date", "parse_money", "parse_quantity",
    "to_usd",
]  # fmt: skip


@pytest.mark.parametrize("name", [name for name in extract.__all__ if name != "load"])
def test_a_name_is_there_with_its_documentation(name: str) -> None:
    found = getattr(extract, name)
    assert name == "__version__" or inspect.getdoc(found)


def test_other_names_are_not_there() -> None:
    with pytest.raises(AttributeError, match="find_everything"):
        extract.find_everything  # noqa: B018


@pytest.mark.parametrize("name", RECOGNISERS)
def test_a_recogniser_is_typed_and_takes_its_options_by_name(name: str) -> None:
    signature = inspect.signature(getattr(extract, name))
    positional = [p for p in signature.parameters.values() if p.kind is not p.KEYWORD_ONLY]
    assert len(positional) <= 2
    assert all(p.annotation is not p.empty for p in signature.parameters.values())
    assert signature.return_annotation is not signature.empty


def test_amounts_are_found_and_parsed() -> None:
    text = "公司获得超过1.5亿美元融资，占股27%"
    found = extract.find_quantities(text)
    assert [(text[q.start : q.end], q.kind, q.min, q.max, q.modifier, q.unit) for q in found] == [
        ("超过1.5亿美元", "money", Decimal(150_000_000), None, "at_least", "USD"),
        ("27%", "percent", Decimal(27), Decimal(27), "exact", "%"),
    ]
    assert extract.find_money(text) == found[:1]
    assert [q.unit for q in extract.find_money("3億元", region="TW")] == ["TWD"]
    assert extract.parse_quantity("6吉瓦") == extract.find_quantities("6吉瓦")[0]
    assert extract.parse_money("3亿元融资") is None


def test_an_amount_in_dollars() -> None:
    money = extract.parse_money("7.19亿元")
    assert money is not None
    dollars = extract.to_usd(money, 2024)
    assert isinstance(dollars, extract.Dollars)
    assert (dollars.min, dollars.rate.year, dollars.rate.currency) == (dollars.max, 2024, "CNY")


def test_dates_are_found_and_parsed() -> None:
    text = "去年10月签约，将于三季度交割"
    found = extract.find_dates(text, published="2026-05-20")
    assert [(text[d.start : d.end], d.value, d.precision) for d in found] == [
        ("去年10月", "2025-10", "month"),
        ("三季度", "2026-Q3", "quarter"),
    ]
    parsed = extract.parse_date("去年10月", published="2026-05-20")
    assert parsed is not None
    assert (parsed.value, parsed.kind) == ("2025-10", "relative")
    assert extract.parse_date("去年10月签约", published="2026-05-20") is None


def test_importing_the_package_imports_nothing_else() -> None:
    code = "import sys, extract; print(sorted(m for m in sys.modules if m.startswith('extract')))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "['extract']\n"


def test_the_recognisers_do_not_need_the_pipeline() -> None:
    code = (
        "import sys, extract; extract.find_dates, extract.find_money;"
        "print({'extract.dates', 'extract.pipeline', 'spacy', 'rich'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "{'extract.dates'}\n"
