"""How time and memory grow with the length of an article and with the size of a folder.

usage: python tests/bench/growth.py [--lengths N ...] [--folders N ...] [--workers N] [--without]

Articles are those of corpus/, put one after another until they have that many characters, and
repeated until there are that many files; --without puts the weather in their place, so that the
batch is measured and not the reading. Time is processor time, as other work on the machine does
not count in it; memory is the peak of the largest process of the command.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from extract import Pipeline

CORPUS = Path(__file__).resolve().parents[2] / "corpus" / "articles.jsonl"
LENGTHS = [1_000, 10_000, 100_000, 1_000_000]
FOLDERS = [1_000, 10_000, 100_000]


def texts() -> list[str]:
    """The texts of the corpus."""
    return [json.loads(line)["text"] for line in CORPUS.open(encoding="utf-8")]


def lengths(wanted: list[int]) -> None:
    """Print the time of articles of that many characters."""
    pipeline = Pipeline()
    pipeline.read("软银宣布以65亿美元收购Ampere。")
    whole = "\n".join(itertools.islice(itertools.cycle(texts()), max(wanted) // 100 + 1))
    print("characters    seconds  characters/s      deals")
    for length in wanted:
        begin = time.process_time()
        deals = len(pipeline.read(whole[:length], published="2026-05-14").deals)
        spent = time.process_time() - begin
        print(f"{length:10}{spent:11.2f}{length / spent:14,.0f}{deals:11}", flush=True)


def folder(parent: Path, count: int, *, deals: bool) -> Path:
    """A folder of that many files."""
    made = parent / str(count)
    made.mkdir()
    some = texts() if deals else ["今天天气很好。" * (len(text) // 7 + 1) for text in texts()]
    for number, text in enumerate(itertools.islice(itertools.cycle(some), count)):
        (made / f"{number:07}.txt").write_text(text, encoding="utf-8")
    return made


def measured(source: Path, out: Path, workers: int) -> tuple[float, float, int]:
    """Wall seconds, processor seconds and peak megabytes of a run of the command."""
    command = [sys.executable, "-m", "extract", "run", source, "--out", out]
    begin = time.perf_counter()
    process = subprocess.Popen(
        [*command, "--workers", str(workers)], stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL
    )
    _, code, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(code)
    if process.returncode:
        raise SystemExit(f"the command ended with {process.returncode}")
    spent = usage.ru_utime + usage.ru_stime
    return time.perf_counter() - begin, spent, _megabytes(usage)


def _megabytes(usage: resource.struct_rusage) -> int:
    return usage.ru_maxrss // (1 << 20 if sys.platform == "darwin" else 1 << 10)


def folders(wanted: list[int], workers: int, *, deals: bool) -> None:
    """Print time and memory of folders of that many articles, and of a second run over each."""
    print("  articles    seconds  processor  articles/s of processor  peak MB  again s  again MB")
    for count in wanted:
        with tempfile.TemporaryDirectory() as name:
            source, out = folder(Path(name), count, deals=deals), Path(name, "out.jsonl")
            wall, spent, peak = measured(source, out, workers)
            wall_2, _, peak_2 = measured(source, out, workers)
        print(
            f"{count:10}{wall:11.1f}{spent:11.1f}{count / spent:25.0f}{peak:9}{wall_2:9.1f}{peak_2:10}",
            flush=True,
        )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--lengths", type=int, nargs="*", default=LENGTHS)
    parser.add_argument("--folders", type=int, nargs="*", default=FOLDERS)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--without", action="store_true", help="articles without a deal")
    options = parser.parse_args()
    if options.lengths:
        lengths(options.lengths)
    if options.folders:
        folders(options.folders, options.workers, deals=not options.without)


if __name__ == "__main__":
    main()
