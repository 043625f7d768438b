"""Where the time of the pipeline goes: the share of each stage in the CPU time.

usage: python tests/bench/stages.py [ARTICLES.jsonl[.gz]] [--articles N] [--rounds N] [--model]

Each stage counts without the stages it calls; the clocks themselves cost a little, so the total is
more than what throughput.py measures. Of the rounds the one that took least counts.
"""

from __future__ import annotations

import argparse
import functools
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from throughput import CORPUS, sample

from extract import Pipeline, deals, details, names, pipeline, reading, relations

Stage = tuple[str, ModuleType, str]
STAGES: tuple[Stage, ...] = (
    ("folding", pipeline, "fold"),
    ("segmentation", pipeline, "cut"),
    ("segmentation", names, "cut"),
    ("triggers", pipeline, "may_tell"),
    ("triggers", pipeline, "_triggers"),
    ("triggers", relations, "find_hits"),
    ("brackets", pipeline, "mask_brackets"),
    ("sentences", pipeline, "sentences"),
    ("names: lists", names, "find_listed"),
    ("names: slots", names, "find_in_slots"),
    ("names: unknown words", names, "find_unknown"),
    ("names: Latin", names, "find_latin"),
    ("names: the rest", pipeline, "find_names"),
    ("names: model", pipeline, "refine"),
    ("relations: references", pipeline, "find_anaphora"),
    ("relations: groups", pipeline, "groups"),
    ("relations: the rest", pipeline, "_relations"),
    ("details: quantities", reading, "find_quantities"),
    ("details: money", reading, "money_roles"),
    ("details: dates", reading, "find_dates"),
    ("details: rounds", reading, "find_rounds"),
    ("details: status", details, "tell_status"),
    ("details: the rest", details, "detail"),
    ("deals", deals, "gather"),
    ("records: conditions", reading, "find_conditions"),
    ("records: the rest", deals, "records"),
)
REST = "the rest"


class Clock:
    """Counts the CPU time of the stage that is at work, of the innermost where they are nested."""

    def __init__(self) -> None:
        self.spent: Counter[str] = Counter()
        self._open = [REST]
        self._since = time.process_time_ns()

    def restart(self) -> None:
        """Forget what was counted."""
        self._charge()
        self.spent.clear()

    def stop(self) -> Counter[str]:
        """What was counted."""
        self._charge()
        return self.spent.copy()

    def enter(self, stage: str) -> None:
        """From here on a stage is at work."""
        self._charge()
        self._open.append(stage)

    def leave(self) -> None:
        """The stage before goes on."""
        self._charge()
        self._open.pop()

    def _charge(self) -> None:
        now = time.process_time_ns()
        self.spent[self._open[-1]] += now - self._since
        self._since = now


def watched(clock: Clock, stage: str, work: Callable[..., Any]) -> Callable[..., Any]:
    """A function that counts its time; of what it yields later as well."""

    @functools.wraps(work)
    def timed(*args: Any, **options: Any) -> Any:
        clock.enter(stage)
        try:
            found = work(*args, **options)
        finally:
            clock.leave()
        return drawn(clock, stage, found) if isinstance(found, Iterator) else found

    return timed


def drawn(clock: Clock, stage: str, items: Iterator[Any]) -> Iterator[Any]:
    """The same items; the time between them is the stage's."""
    nothing = object()
    while True:
        clock.enter(stage)
        try:
            item = next(items, nothing)
        finally:
            clock.leave()
        if item is nothing:
            return
        yield item


def measure(work: Callable[[], None], rounds: int) -> Counter[str]:
    """The times of the stages in the round that took least."""
    clock = Clock()
    for stage, module, name in STAGES:
        setattr(module, name, watched(clock, stage, getattr(module, name)))
    found = []
    for _ in range(rounds):
        clock.restart()
        work()
        found.append(clock.stop())
    return min(found, key=lambda spent: spent.total())


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("path", nargs="?", type=Path, default=CORPUS)
    parser.add_argument("--articles", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--model", action="store_true", help="with the model of names")
    options = parser.parse_args()

    articles = sample(options.path, options.articles)
    if not articles:
        parser.error(f"no articles in {options.path}")
    reader = Pipeline(model=options.model)

    def work() -> None:
        for article in articles:
            reader.read_article(article)

    work()  # dictionaries and lexicons are loaded before the clock starts
    spent = measure(work, options.rounds)
    characters = sum(len(article.text) for article in articles)
    total = spent.total()
    print(f"{len(articles)} articles, {characters} characters, {total / 1e9:.2f} s of CPU time")
    for stage, nanoseconds in spent.most_common():
        print(f"{stage:24s} {nanoseconds / 1e9:6.2f} s  {nanoseconds / total:6.1%}")


if __name__ == "__main__":
    main()
