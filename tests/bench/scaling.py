"""How much faster two processes are than one, on the same articles, by the command itself.

usage: python tests/bench/scaling.py [ARTICLES.jsonl] [--articles N] [--rounds N] [--workers N]

The articles of corpus/, or of a file, are written to a file until there are N of them, and read with
one worker and with several in turns; the best round of each counts, as everything else on the
machine can only slow them down. All figures include the start of the processes. On a machine that
does other work, processor time tells more than wall time: what several workers take of it beyond
what one takes is the price of the processes, and says how much faster they can be where they have as
many cores for themselves. The outputs are compared.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

CORPUS = Path(__file__).resolve().parents[2] / "corpus" / "articles.jsonl"


def copies(source: Path, target: Path, count: int) -> int:
    """Write that many articles, each with an id of its own; gives their characters."""
    texts = [json.loads(line)["text"] for line in source.open(encoding="utf-8")]
    size = 0
    with target.open("w", encoding="utf-8") as stream:
        for number, text in enumerate(itertools.islice(itertools.cycle(texts), count)):
            stream.write(json.dumps({"id": str(number), "text": text}, ensure_ascii=False) + "\n")
            size += len(text)
    return size


def measured(source: Path, out: Path, workers: int) -> tuple[float, float]:
    """Seconds of wall time and of processor time that the command takes."""
    command = [sys.executable, "-m", "extract", "run", source, "--out", out, "--fresh"]
    before, begin = os.times(), time.perf_counter()
    subprocess.run([*command, "--workers", str(workers)], check=True, capture_output=True)
    wall, after = time.perf_counter() - begin, os.times()
    spent = after.children_user + after.children_system
    return wall, spent - before.children_user - before.children_system


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("path", nargs="?", type=Path, default=CORPUS)
    parser.add_argument("--articles", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = folder / "in.jsonl"
        size = copies(options.path, source, options.articles)
        best: dict[int, tuple[float, float]] = {}
        for _ in range(options.rounds):
            for workers in (1, options.workers):
                found = measured(source, folder / f"{workers}.jsonl", workers)
                best[workers] = min(best.get(workers, found), found)
        same = len({(folder / f"{n}.jsonl").read_bytes() for n in (1, options.workers)}) == 1
    print(f"{options.articles} articles, {size} characters, best of {options.rounds}")
    for workers, (wall, spent) in best.items():
        rate = options.articles / wall
        print(
            f"{workers} workers {wall:8.2f} s  {rate:8.0f} articles/s  {spent:8.2f} s of processor"
        )
    one, several = best[1], best[options.workers]
    print(f"{one[0] / several[0]:.2f} times as fast; same bytes: {same}")
    print(
        f"{one[1] / several[1] * options.workers:.2f} times at most, by time of the processor alone"
    )


if __name__ == "__main__":
    main()
