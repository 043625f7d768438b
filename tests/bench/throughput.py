"""How fast the pipeline is, beside jieba on the same text, and how long it takes to start.

usage: python tests/bench/throughput.py [ARTICLES.jsonl[.gz]] [--articles N] [--rounds N]

The pipeline, with its model and without, and jieba read the same articles in this process, in turns;
of each the round with the least processor time counts. Without a file the articles of
corpus/ are read, repeated until there are N of them. Start-up times are those of fresh processes.
"""

from __future__ import annotations

import argparse
import gzip
import itertools
import logging
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import jieba

from extract import Pipeline
from extract.article import Article, read_articles

CORPUS = Path(__file__).resolve().parents[2] / "corpus" / "articles.jsonl"
HELP = (sys.executable, "-m", "extract", "--help")
LOAD = (sys.executable, "-c", "from extract import Pipeline; Pipeline()")
READ = (
    sys.executable,
    "-c",
    "from extract import Pipeline; Pipeline().read('软银宣布以65亿美元收购Ampere。')",
)


def articles_of(path: Path) -> Iterator[Article]:
    """The articles of a file, which may be packed; what cannot be read is left out."""
    if path.suffix != ".gz":
        yield from (found for found in read_articles([path]) if isinstance(found, Article))
        return
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder, path.stem)
        plain.write_bytes(gzip.decompress(path.read_bytes()))
        yield from articles_of(plain)


def sample(path: Path, count: int) -> list[Article]:
    """That many articles of a file, repeated where it has fewer."""
    found = list(itertools.islice(articles_of(path), count))
    return list(itertools.islice(itertools.cycle(found), count)) if found else []


def seconds(work: Callable[[Article], object], articles: list[Article]) -> float:
    """How much time of a processor some work on all articles takes."""
    begin = time.process_time()
    for article in articles:
        work(article)
    return time.process_time() - begin


def fresh(command: tuple[str, ...], times: int) -> float:
    """The shortest time that a command takes in a fresh process."""
    spent = []
    for _ in range(times):
        begin = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        spent.append(time.perf_counter() - begin)
    return min(spent)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("path", nargs="?", type=Path, default=CORPUS)
    parser.add_argument("--articles", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()

    articles = sample(options.path, options.articles)
    if not articles:
        parser.error(f"no articles in {options.path}")
    characters = sum(len(article.text) for article in articles)
    jieba.setLogLevel(logging.WARNING)
    work: dict[str, Callable[[Article], object]] = {
        "zhdeals": Pipeline().read_article,
        "zhdeals --no-model": Pipeline(model=False).read_article,
        "jieba.lcut": lambda article: jieba.lcut(article.text),
    }
    for task in work.values():
        task(articles[0])  # dictionaries and lexicons are loaded before the clock starts
    best = dict.fromkeys(work, float("inf"))
    for _ in range(options.rounds):
        for name, task in work.items():
            best[name] = min(best[name], seconds(task, articles))

    print(f"{len(articles)} articles, {characters} characters, best of {options.rounds}")
    for name, spent in best.items():
        print(
            f"{name:18s} {spent:7.2f} s  {len(articles) / spent:8,.0f} articles/s"
            f"  {characters / spent:11,.0f} characters/s  {spent / best['jieba.lcut']:.2f} times jieba"
        )
    for label, command in (("--help", HELP), ("load", LOAD), ("load and read", READ)):
        print(f"fresh process, {label:14s} {fresh(command, options.rounds):.2f} s")


if __name__ == "__main__":
    main()
