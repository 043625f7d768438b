"""How long linking takes, and how it grows: records of invented deals, told again and again.

usage: python tests/bench/linking.py [N ...] [--names N] [--seed N]

Each deal is told by one to eight articles over some weeks, with hedges, other dates and missing
fields; a few companies have many deals, as in the news (Zipf's law). Printed are the records, the
seconds of one processor, the records a second, the deals found, the deals there are, and pairwise F1.
"""

from __future__ import annotations

import argparse
import datetime
import itertools
import random
import sys
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from linking_gold import f1, pairwise

from extract.link import link
from extract.tellings import Telling, tellings_of

KINDS = {
    "investment": ("A", "A+", "B", "C", "D"),
    "procurement": (None,),
    "acquisition": (None,),
    "debt": (None,),
}
FIRST = "云澜栎朔晟琼砚霁辰枫驭鲸栖牧衡远赤南北青星泊岚翊昊祁瑞寰旭帆"
SECOND = "川岚穹屿垣禾栖岩声镜光传感量舟河桥石海峰原陆野林泽渊谷滨湾岭"
TRADE = ("科技", "智能", "资本", "云", "半导体", "机器人", "生物", "软件")


def company(number: int) -> str:
    """An invented name for each number."""
    first, rest = number % len(FIRST), number // len(FIRST)
    second, rest = rest % len(SECOND), rest // len(SECOND)
    trade, rest = TRADE[rest % len(TRADE)], rest // len(TRADE)
    return FIRST[first] + SECOND[second] + (FIRST[rest % len(FIRST)] if rest else "") + trade


def deals(names: int, chance: random.Random) -> Iterator[tuple[dict[str, Any], datetime.date]]:
    """Deals without end: the record of each, and its day."""
    weights = list(itertools.accumulate(1 / (rank + 10) for rank in range(names)))
    while True:
        payer, payee = chance.choices(range(names), cum_weights=weights, k=2)
        if payer == payee:
            continue
        kind = chance.choice(list(KINDS))
        day = datetime.date(2020, 1, 1) + datetime.timedelta(chance.randrange(2100))
        number = Decimal(chance.randrange(100, 9999)) * 10 ** chance.randrange(4, 8)
        yield (
            {
                "type": kind,
                "investor": [{"name": company(payer)}],
                "target": [{"name": company(payee)}],
                "amount": number,
                "round": chance.choice(KINDS[kind]),
            },
            day,
        )


def told(deal: dict[str, Any], day: datetime.date, chance: random.Random) -> dict[str, Any]:
    """A deal as one article tells it: with a hedge, and less than there is to tell."""
    hedge = chance.choice(("exact", "exact", "approx", "at_least", "at_most"))
    low = None if hedge == "at_most" else deal["amount"]
    high = None if hedge == "at_least" else deal["amount"]
    sum_ = {"min": low, "max": high, "currency": "CNY", "modifier": hedge, "text": "一笔钱"}
    return {
        **deal,
        "amount": sum_ if chance.random() < 0.85 else None,
        "investor": deal["investor"] if chance.random() < 0.85 else [],
        "round": deal["round"] if chance.random() < 0.7 else None,
        "status": chance.choice(("announced", "completed")),
        "date": day.isoformat() if chance.random() < 0.6 else None,
    }


def generate(records: int, names: int, seed: int) -> tuple[list[Telling], dict[Any, str]]:
    """That many records, and the deal of each."""
    chance = random.Random(seed)
    articles: list[dict[str, Any]] = []
    gold: dict[Any, str] = {}
    for number, (deal, day) in enumerate(deals(names, chance)):
        for _ in range(min(chance.randrange(1, 9), records - len(articles))):
            name = f"a{len(articles):06}"
            later = day + datetime.timedelta(chance.choice((0, 0, 0, 1, 1, 2, 5, 9)))
            record = told(deal, day, chance)
            articles.append({"article_id": name, "published": later.isoformat(), "deals": [record]})
            gold[name] = str(number)
        if len(articles) >= records:
            break
    return [telling for article in articles for telling in tellings_of(article)], gold


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("records", nargs="*", type=int, default=[1000, 10_000, 100_000])
    parser.add_argument("--names", type=int, default=0, help="companies; default: a tenth")
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    print("records  seconds  records/s    deals  there are  pairwise F1")
    for count in options.records:
        tellings, gold = generate(count, options.names or max(50, count // 10), options.seed)
        begin = time.process_time()
        linked = link(tellings)
        spent = time.process_time() - begin
        found = {t.article_id: deal.id for deal in linked for t in deal.tellings}
        score = f1(pairwise(gold, found))
        print(
            f"{count:7}  {spent:7.2f}  {count / spent:9.0f}  {len(linked):7}"
            f"  {len(set(gold.values())):9}  {score:11.3f}"
        )


if __name__ == "__main__":
    main()
