"""The scores of a gold file by outlet and by length, each with its bootstrap interval.

usage: python tests/bench/by_group.py GOLD.jsonl [--resamples N]

Outlets with fewer than ten articles are taken together. Articles are drawn with replacement; the
interval holds 95% of the draws.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from extract import Pipeline
from extract.evaluate import ArticleScore, Report, evaluate
from extract.gold import predict, read_gold
from extract.scores import intervals

FEWEST = 10
SHOWN = ("deal", "record", "core", "slot")
LENGTHS = ((250, "under 250 characters"), (1000, "250 to 999"), (10**9, "1,000 and more"))


def groups(report: Report, key: Callable[[ArticleScore], str]) -> Iterator[tuple[str, Report]]:
    """The articles of each group, the largest group first; small ones as others."""
    sizes = Counter(map(key, report.scored))
    names = [name for name, size in sizes.most_common() if size >= FEWEST]
    for name in (*names, "others"):
        scored = [s for s in report.scored if (key(s) if key(s) in names else "others") == name]
        if scored:
            yield name, Report(tuple(o for s in scored for o in s.outcomes), tuple(scored))


def length(scored: ArticleScore) -> str:
    """The class of length of an article."""
    size = len(scored.article.text or "")
    return next(name for limit, name in LENGTHS if size < limit)


def row(name: str, report: Report, resamples: int) -> str:
    """A line of the table: how many articles and deals, and each F1 with its interval."""
    between = intervals(report, resamples=resamples)
    told = [
        f"{counts.f1 or 0:.2f} ({between[score].low or 0:.2f}–{between[score].high or 0:.2f})"
        for score, counts in report.rows()
        if score in SHOWN
    ]
    return " | ".join(("", name, str(report.articles), str(report.gold_deals), *told, "")).strip()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("gold", type=Path)
    parser.add_argument("--resamples", type=int, default=1000)
    options = parser.parse_args()
    gold = read_gold(options.gold)
    report = evaluate(gold, list(predict(gold, Pipeline().read_article)))
    print("| | articles | deals | " + " | ".join(SHOWN) + " |")
    print("|---|---|---|" + "---|" * len(SHOWN))
    for key in (lambda scored: scored.article.outlet or "–", length):
        for name, part in groups(report, key):
            print(row(name, part, options.resamples))
    print(row("all", report, options.resamples))


if __name__ == "__main__":
    main()
