"""Make the weights of ``seeds/confidence.toml`` from the training articles.

    python tests/bench/calibrate.py GOLD.jsonl [--test OTHER.jsonl] [--write]

A logistic regression on the features of ``extract.confidence``, by plain gradient descent with a
ridge: a record counts as right where the evaluator pairs it with one of gold. With ``--test`` the
reliability of the weights on articles they have not seen is printed: of the records in each band of
confidence, the share that is right. Without ``--write`` nothing is changed.
"""

from __future__ import annotations

import argparse
import math
import re
from collections import Counter
from pathlib import Path

from extract import deals
from extract.confidence import features
from extract.gold import GoldArticle, as_prediction, read_gold
from extract.pairing import align
from extract.pipeline import analyse, find_drafts, titled
from extract.records import ArticleDeals
from extract.state import deal_status

SEED = Path(__file__).resolve().parents[2] / "seeds" / "confidence.toml"
HEAD = (
    "# What speaks for a record and what against it, in log-odds; made by tests/bench/calibrate.py.\n\n"
    "[weights]\n"
)
STEPS, RATE, RIDGE, RARE = 4000, 0.5, 0.004, 4

Case = tuple[frozenset[str], bool]


def cases(path: Path) -> list[Case]:
    """The features of each record that the pipeline finds, and whether it is right."""
    return [case for article in read_gold(path) for case in _cases_of(article)]


def _cases_of(article: GoldArticle) -> list[Case]:
    text = titled(article.text, article.title)
    analysis = analyse(article.article_id, text, article.published)
    told, found = [], []
    for draft in find_drafts(analysis):
        records = deals.records(analysis.reading, [draft])
        if records:
            main = deals.main_relation(draft)
            status, _ = deal_status(analysis.reading, draft, main)
            told.append(frozenset(features(analysis.reading, draft, main, status)))
            found += records
    output = as_prediction(ArticleDeals(article_id=article.article_id, deals=tuple(found)))
    right = {pair[0] for pair in align(output.deals, article.deals)}
    return [(names, place in right) for place, names in enumerate(told)]


def fit(known: list[Case]) -> dict[str, float]:
    """The weights that make the cases most likely, with a ridge that keeps rare features small."""
    counts = Counter(name for names, _ in known for name in names)
    weights = {name: 0.0 for name, count in counts.items() if count >= RARE}
    for _ in range(STEPS):
        slope = dict.fromkeys(weights, 0.0)
        for names, right in known:
            gap = right - share(weights, names)
            for name in names & weights.keys():
                slope[name] += gap
        for name in weights:
            pull = 0.0 if name == "base" else RIDGE * weights[name]
            weights[name] += RATE * (slope[name] / len(known) - pull)
    return {name: round(value, 2) for name, value in sorted(weights.items()) if abs(value) >= 0.05}


def share(weights: dict[str, float], names: frozenset[str]) -> float:
    """The confidence that the weights give."""
    return 1 / (1 + math.exp(-sum(weights.get(name, 0.0) for name in names)))


def reliability(weights: dict[str, float], known: list[Case]) -> str:
    """A line a band of confidence: how many records, the mean confidence, the share that is right."""
    lines = []
    for low, high in ((0.0, 0.5), (0.5, 0.7), (0.7, 0.8), (0.8, 0.9), (0.9, 1.0)):
        band = [(p, right) for names, right in known if low <= (p := share(weights, names)) < high]
        if band:
            mean, hits = sum(p for p, _ in band) / len(band), sum(right for _, right in band)
            lines.append(f"{low:.1f}-{high:.1f} {len(band):5} {mean:.2f} {hits / len(band):.2f}")
    return "\n".join(lines)


def main() -> None:
    """Fit, print, and write where asked."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("gold", type=Path)
    parser.add_argument("--test", type=Path)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    known = cases(options.gold)
    weights = fit(known)
    table = HEAD + "".join(f"{name} = {value}\n" for name, value in weights.items())
    print(re.sub(r"(?s).*\[weights\]\n", "", table))
    print(f"{options.gold.name}\n{reliability(weights, known)}")
    if options.test:
        print(f"{options.test.name}\n{reliability(weights, cases(options.test))}")
    if options.write:
        SEED.write_text(table, encoding="utf-8")


if __name__ == "__main__":
    main()
