"""News that tells of no deal gives none: items chosen by chance and judged by reading.

``negatives.json`` names 300 items without and 100 with words of deals (投资, 收购, 订单, 上市 …); none
of them tells of a transaction between parties. The texts are not ours and stand beside the project.
"""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from extract import Pipeline

IDS: dict[str, list[str]] = json.loads(
    Path(__file__).with_name("negatives.json").read_text(encoding="utf-8")
)
FILES = ("news_2026_03_to_06.jsonl.gz", "flashes_2026_05.jsonl.gz")
MOST_FALSE = 3
"""How many false records all items together may give; it may only fall."""


@pytest.fixture(scope="module")
def items(shared: Path) -> dict[str, dict[str, Any]]:
    wanted = {identity for ids in IDS.values() for identity in ids}
    found = {}
    for name in FILES:
        path = shared / "data" / "unlabelled" / name
        if not path.is_file():
            pytest.skip(f"the unlabelled news {name} are not here")
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            rows = (json.loads(line) for line in lines)
            found |= {row["id"]: row for row in rows if row["id"] in wanted}
    return found


def false_records(items: dict[str, dict[str, Any]], ids: list[str]) -> list[str]:
    """A line for each record that the pipeline finds in items that tell of no deal."""
    pipeline = Pipeline()
    return [
        f"{identity}: {deal.type}: {deal.evidence}"
        for identity in ids
        for deal in pipeline.read(
            items[identity]["text"],
            title=items[identity]["title"],
            published=items[identity]["published"],
        ).deals
    ]


def test_the_list_is_as_long_as_it_was_chosen_and_names_nothing_twice() -> None:
    assert {kind: len(ids) for kind, ids in IDS.items()} == {
        "without_deal_words": 300,
        "with_deal_words": 100,
    }
    every = [identity for ids in IDS.values() for identity in ids]
    assert len(set(every)) == len(every)


def test_news_without_a_deal_gives_hardly_a_record(items: dict[str, dict[str, Any]]) -> None:
    told = false_records(items, [identity for ids in IDS.values() for identity in ids])
    assert len(told) <= MOST_FALSE, "\n".join(told)
