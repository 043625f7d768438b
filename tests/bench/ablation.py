"""What lexicon and model of names add to the rules: names found, deals, speed.

usage: python tests/bench/ablation.py GOLD.jsonl [GOLD.jsonl ...]

Each gold is read four times. Mention recall is the share of the parties of required deals that are
found as mentions with exact borders; the F1 are those of the evaluator; characters per second are
of processor time, in one process, with what is loaded once left out.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

from gold_names import gold_parties, plain

from extract import Pipeline
from extract.evaluate import evaluate
from extract.gold import as_prediction, read_gold
from extract.pipeline import analyse, no_tagger, titled, usual_tagger

SETTINGS = {
    "rules": (False, False),
    "rules + lexicon": (True, False),
    "rules + model": (False, True),
    "all": (True, True),
}


def recall(articles: list[dict[str, Any]], *, lexicon: bool, model: bool) -> float:
    """The share of the parties that are found as mentions."""
    tagger = (usual_tagger if model else no_tagger)()
    total = hits = 0
    for article in articles:
        text = titled(article["text"], article.get("title"))
        names = analyse(
            article["article_id"], text, article["published"], lexicon=lexicon, tagger=tagger
        ).names
        found = {plain(m.text) for m in names.mentions if m.kind in {"ORG", "PERSON"}}
        for party in gold_parties(article):
            total += 1
            hits += any(plain(name) in found for name in party["names"])
    return hits / max(total, 1)


def row(gold: Path, articles: list[dict[str, Any]], *, lexicon: bool, model: bool) -> str:
    pipeline = Pipeline(lexicon=lexicon, model=model)
    pipeline.read("软银宣布以65亿美元收购Ampere。")
    began = time.process_time()
    found = [
        pipeline.read(
            article["text"],
            title=article.get("title"),
            published=article["published"],
            article_id=article["article_id"],
        )
        for article in articles
    ]
    speed = sum(len(article["text"]) for article in articles) / (time.process_time() - began)
    scores = evaluate(read_gold(gold), map(as_prediction, found))
    names = recall(articles, lexicon=lexicon, model=model)
    return f"{names:.3f} | {scores.deal.f1:.3f} | {scores.slot.f1:.3f} | {speed:,.0f} |"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("gold", nargs="+", type=Path)
    for gold in parser.parse_args().gold:
        articles = [json.loads(line) for line in gold.read_text(encoding="utf-8").splitlines()]
        print(f"\n| {gold.name} | mention recall | deal F1 | slot F1 | characters/s |")
        print("|---|---|---|---|---|")
        for name, (lexicon, model) in SETTINGS.items():
            print(f"| {name} | {row(gold, articles, lexicon=lexicon, model=model)}", flush=True)


if __name__ == "__main__":
    main()
