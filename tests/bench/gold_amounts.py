"""How many amounts and valuations of gold files the recogniser finds with the right value.

usage: python tests/bench/gold_amounts.py GOLD.jsonl [GOLD.jsonl ...] [--errors]

An amount counts as found where, at any place its words stand in the article, a quantity overlaps
them that agrees in currency and, within 1%, in a bound (in both for ranges and vague amounts).
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from extract.amounts import Quantity, find_money

TOLERANCE = Decimal("0.01")


def occurrences(text: str, words: str) -> Iterator[tuple[int, int]]:
    place = text.find(words)
    while place >= 0:
        yield place, place + len(words)
        place = text.find(words, place + 1)


def close(one: Decimal | None, other: float | None) -> bool:
    if one is None or other is None:
        return False
    wanted = Decimal(str(other))
    return abs(one - wanted) <= TOLERANCE * max(abs(one), abs(wanted), Decimal("1e-9"))


def same_money(found: Quantity, gold: dict[str, Any]) -> bool:
    if found.unit != gold["currency"]:
        return False
    if gold["modifier"] in {"range", "vague"}:
        return close(found.min, gold["min"]) and close(found.max, gold["max"])
    bounds = (found.min, found.max)
    return any(close(bound, gold[side]) for bound in bounds for side in ("min", "max"))


def is_found(quantities: list[Quantity], text: str, gold: dict[str, Any]) -> bool:
    return any(
        quantity.start < end and start < quantity.end and same_money(quantity, gold)
        for start, end in occurrences(text, gold["text"])
        for quantity in quantities
    )


def gold_amounts(article: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for deal in article["deals"]:
        for field in ("amount", "valuation"):
            if deal.get(field) and deal[field]["text"] in article["text"]:
                yield field, deal[field]


def measure(path: Path, *, errors: bool) -> None:
    hits: Counter[str] = Counter()
    total: Counter[str] = Counter()
    missed: Counter[str] = Counter()
    for line in path.read_text(encoding="utf-8").splitlines():
        article = json.loads(line)
        quantities = find_money(article["text"])
        for field, gold in gold_amounts(article):
            total[field] += 1
            if is_found(quantities, article["text"], gold):
                hits[field] += 1
                continue
            missed[gold["modifier"]] += 1
            if errors:
                print(f"{article['article_id']} {field}: {show(article['text'], gold, quantities)}")
    for field in sorted(total):
        print(f"{path.name} {field}: {hits[field]} of {total[field]}")
    share = 100 * hits.total() / max(total.total(), 1)
    print(f"{path.name} all: {hits.total()} of {total.total()} = {share:.1f}%", dict(missed) or "")


def show(text: str, gold: dict[str, Any], quantities: list[Quantity]) -> str:
    start, end = next(occurrences(text, gold["text"]))
    near = [
        (text[q.start : q.end], str(q.min), str(q.max), q.unit)
        for q in quantities
        if q.start < end and start < q.end
    ]
    value = f"{gold['min']}..{gold['max']} {gold['currency']} {gold['modifier']}"
    return f"{text[max(0, start - 15) : end + 15]!r} wanted {gold['text']!r} {value}, found {near}"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("gold", nargs="+", type=Path)
    parser.add_argument("--errors", action="store_true", help="print what was missed")
    options = parser.parse_args()
    for path in options.gold:
        measure(path, errors=options.errors)


if __name__ == "__main__":
    main()
