"""For how many gold deals some date of the article has exactly the gold's value.

    python tests/bench/gold_dates.py GOLD.jsonl [GOLD.jsonl …] [--errors]

A gold date counts as found where it is the value of a mention, an end of its range or the whole of
it (7月至12月 is the second half), or the day of publication. ``--errors`` prints each miss with the dates that were found.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from extract.dates import DateMention, find_dates


@dataclass(frozen=True, slots=True)
class Miss:
    """A gold date that no mention of its article has."""

    article: str
    published: str
    date: str
    evidence: str
    found: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Count:
    """How the dated deals of one file came out."""

    deals: int
    published: int
    mentioned: int
    misses: tuple[Miss, ...]


def articles(path: Path) -> Iterator[dict[str, Any]]:
    """The articles of a gold file."""
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.strip():
            yield json.loads(line)


def values(mentions: list[DateMention]) -> set[str]:
    """All values that the dates of an article have."""
    return {value for m in mentions for value in (m.value, m.end_value, m.whole) if value}


def count(path: Path) -> Count:
    """Compare the gold dates of a file with the dates found in its articles."""
    deals = same = mentioned = 0
    misses: list[Miss] = []
    for article in articles(path):
        day = article.get("published")
        mentions = find_dates(article["text"], published=day)
        found = values(mentions)
        for deal in article["deals"]:
            date = deal.get("date")
            if not date:
                continue
            deals += 1
            same += date == day
            mentioned += date != day and date in found
            if date != day and date not in found:
                words = tuple(f"{article['text'][m.start : m.end]}={m.value}" for m in mentions)
                misses.append(Miss(article["article_id"], day, date, deal["evidence"], words))
    return Count(deals, same, mentioned, tuple(misses))


def main() -> None:
    """Print one line for each gold file, and its misses where asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("gold", nargs="+", type=Path)
    parser.add_argument("--errors", action="store_true", help="print every miss")
    options = parser.parse_args()
    for path in options.gold:
        result = count(path)
        hit = result.published + result.mentioned
        print(
            f"{path.name}: {hit} of {result.deals} dated deals ({hit / max(1, result.deals):.1%}), "
            f"{result.published} by the day of publication, {result.mentioned} by a mention"
        )
        for miss in result.misses if options.errors else ():
            print(f"  {miss.article} {miss.published} gold {miss.date} | {miss.evidence}")
            print(f"    {' '.join(miss.found)}")


if __name__ == "__main__":
    main()
