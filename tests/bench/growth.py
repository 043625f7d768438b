"""How time and memory grow with the length of an article and with the size of a folder.

usage: python tests/bench/growth.py [--lengths N ...] [--shapes N ...] [--folders N ...] [--workers N]
           [--without]

Articles are those of corpus/, put one after another until they have that many characters, and
repeated until there are that many files; --without puts the weather in their place, so that the
batch is measured and not the reading. Shapes are articles that are worse than any of the press: one
sentence of nothing but triggers, names, amounts or brackets, or a deal in each sentence; they are
read without the model, and are to take the same time for a character, however long they are. Time is processor time, as other work on the machine does
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
SHAPES = {
    "triggers": "甲公司投资乙公司，",
    "names and triggers": "腾讯投资月之暗面",
    "names in a list": "{}资本、",
    "amounts": "腾讯投资月之暗面3亿美元，5亿元、6亿元",
    "dates": "2025年10月1日腾讯投资月之暗面，",
    "open brackets": "腾讯（投资月之暗面3亿美元",
    "deals in brackets": "腾讯（投资月之暗面3亿美元）",
    "a deal in each clause": "{}科技投资{}资本，",
    "a deal in each sentence": "{}科技投资{}资本3亿美元（约合21亿元），若达成里程碑将追加。",
    "one deal in each line": "腾讯投资月之暗面3亿美元\n",
}
END = "领投月之暗面3亿元A轮融资。"
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


def shaped(pattern: str, length: int) -> str:
    """A text of a pattern repeated, each time with other names in the place of its gaps."""
    signs = [chr(code) for code in range(0x4E00, 0x4E40)]
    names = map("".join, itertools.cycle(itertools.product(signs, repeat=3)))
    gaps, size = pattern.count("{}"), len(pattern.replace("{}", "一一一"))
    count = length // size + 1
    return (
        "".join(pattern.format(*itertools.islice(names, gaps)) for _ in range(count))[:length] + END
    )


def shapes(wanted: list[int]) -> None:
    """Print the time for a character of each shape at those lengths."""
    pipeline = Pipeline(model=False)
    pipeline.read("软银宣布以65亿美元收购Ampere。", published="2026-05-14")
    print("µs for a character      " + "".join(f"{length:12}" for length in wanted))
    for name, pattern in SHAPES.items():
        print(f"{name:24}", end="")
        for length in wanted:
            text = shaped(pattern, length)
            begin = time.process_time()
            pipeline.read(text, published="2026-05-14")
            print(f"{(time.process_time() - begin) / length * 1e6:12.1f}", end="", flush=True)
        print()


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
    parser.add_argument("--shapes", type=int, nargs="*", default=[10_000, 40_000, 160_000])
    parser.add_argument("--folders", type=int, nargs="*", default=FOLDERS)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--without", action="store_true", help="articles without a deal")
    options = parser.parse_args()
    if options.lengths:
        lengths(options.lengths)
    if options.shapes:
        shapes(options.shapes)
    if options.folders:
        folders(options.folders, options.workers, deals=not options.without)


if __name__ == "__main__":
    main()
