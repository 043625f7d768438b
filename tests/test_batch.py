"""Runs over many articles: order, processes, failures, and output that appears whole."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from extract.article import Article, Failure
from extract.batch import Options, Outcome, Reader, Summary, cores, open_sink, outcomes, run
from extract.errors import UsageError
from extract.records import ArticleDeals, Cite, DealRecord, Party


def _deal(article: Article, confidence: float) -> DealRecord:
    cite = Cite(start=0, end=2, text=article.text[:2])
    return DealRecord(
        id=f"{article.article_id}-{confidence}",
        type="holding",
        investor=(),
        target=(
            Party(name=cite.text, role="investee", names=(cite.text,), id="x", mentions=(cite,)),
        ),
        status="completed",
        evidence=cite.text,
        sources={"type": (cite,), "status": (cite,), "evidence": (cite,)},
        rules=(),
        confidence=confidence,
    )


@dataclass(frozen=True)
class StandIn:
    """A reader that finds a sure deal and a doubtful one, and trips over what says so."""

    def __call__(self) -> Reader:
        return self.read

    def read(self, article: Article) -> ArticleDeals:
        if "坏" in article.text:
            raise ValueError("cannot be read\nat all")
        deals = tuple(_deal(article, confidence) for confidence in (0.9, 0.2))
        return ArticleDeals(article_id=article.article_id, deals=deals)


def articles(count: int, *, size: int = 10) -> Iterator[Article | Failure]:
    for number in range(count):
        if number % 7 == 3:
            yield Failure("lost.txt", number, "is gone")
        text = "坏" * size if number % 11 == 5 else "甲乙" * (size // 2)
        yield Article(article_id=str(number), text=text)


Told = tuple[int, int, int, int]


def told(summary: Summary) -> Told:
    return summary.articles, summary.deals, summary.failures, summary.characters


def outcome(
    count: int, *, size: int = 10, workers: int | None = 1
) -> tuple[list[str], list[str], Told]:
    """The lines, the failures and the counts of a run."""
    sink, failures = io.StringIO(), []

    def watch(seen: Outcome) -> None:
        if seen.failure:
            failures.append(str(seen.failure))

    entries = articles(count, size=size)
    summary = run(entries, StandIn(), sink, workers=workers, watch=watch)
    return sink.getvalue().splitlines(), failures, told(summary)


def test_articles_are_read_in_order_and_failures_told() -> None:
    lines, failures, summary = outcome(8)
    assert [json.loads(line)["article_id"] for line in lines] == ["0", "1", "2", "3", "4", "6", "7"]
    assert failures == ["lost.txt:3: is gone", "5: ValueError: cannot be read"]
    assert summary == (7, 14, 2, 70)


def test_workers_change_nothing_but_the_time() -> None:
    assert outcome(90, size=10_000, workers=2) == outcome(90, size=10_000)


def test_nothing_is_read_of_nothing() -> None:
    assert outcome(0, workers=2) == ([], [], (0, 0, 0, 0))


@pytest.mark.parametrize("workers", [None, 1])
def test_few_articles_need_no_further_process(workers: int | None) -> None:
    def unpicklable() -> Reader:
        return StandIn().read

    summary = run(articles(3), unpicklable, io.StringIO(), workers=workers)
    assert told(summary) == (3, 6, 0, 30)


def test_outcomes_are_records_and_failures_in_order() -> None:
    lines, failures, _ = outcome(8)
    found = list(outcomes(articles(8), StandIn(), workers=1))
    assert [str(one) for one in found if isinstance(one, Failure)] == failures
    records = [one.model_dump_json() for one in found if isinstance(one, ArticleDeals)]
    assert records == lines


@pytest.mark.parametrize(
    ("options", "confidences", "text"),
    [
        (Options(), [0.9, 0.2], None),
        (Options(min_confidence=0.5), [0.9], None),
        (Options(min_confidence=0.9), [0.9], None),
        (Options(min_confidence=0.95), [], None),
        (Options(with_text=True), [0.9, 0.2], "甲乙甲乙甲乙甲乙甲乙"),
    ],
)
def test_options_say_what_a_line_holds(
    options: Options, confidences: list[float], text: str | None
) -> None:
    sink = io.StringIO()
    run(articles(1), StandIn(), sink, options=options, workers=1)
    line = json.loads(sink.getvalue())
    assert ([deal["confidence"] for deal in line["deals"]], line["text"]) == (confidences, text)


def test_every_article_and_failure_moves_the_progress() -> None:
    seen: list[Outcome] = []
    run(articles(8), StandIn(), io.StringIO(), workers=1, watch=seen.append)
    assert [one.failure is None for one in seen] == [True] * 3 + [False] + [True] * 2 + [
        False,
        True,
        True,
    ]


def test_no_worker_is_misuse() -> None:
    with pytest.raises(UsageError, match="at least one worker"):
        outcome(1, workers=0)
    assert cores() >= 1


def test_the_summary_is_a_line() -> None:
    assert Summary(3, 5, 1, 2000, 0.5, fresh=2000).line() == (
        "3 articles, 5 deals, 1 failures, 2000 characters in 0.50 s (4,000/s)"
    )
    assert Summary(3, 5, 1, 2000, 0.5, kept=2, fresh=500).line() == (
        "3 articles, 5 deals, 1 failures, 2 of them kept from before, "
        "2000 characters in 0.50 s (1,000/s)"
    )
    assert "(0/s)" in Summary().line()


# --- output ------------------------------------------------------------------------------------


def test_a_file_appears_whole(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    path.write_text("old", encoding="utf-8")
    with open_sink(str(path)) as sink:
        sink.write("新\n")
        assert path.read_text(encoding="utf-8") == "old"
    assert path.read_bytes() == "新\n".encode()
    assert [found.name for found in tmp_path.iterdir()] == ["out.jsonl"]


def _write_and_fail(path: Path) -> None:
    with open_sink(str(path)) as sink:
        sink.write("half")
        raise KeyError


def test_a_run_that_fails_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    path.write_text("old", encoding="utf-8")
    with pytest.raises(KeyError):
        _write_and_fail(path)
    assert {found.name: found.read_text() for found in tmp_path.iterdir()} == {"out.jsonl": "old"}


def test_a_link_keeps_pointing_where_it_points(tmp_path: Path) -> None:
    target, link = tmp_path / "target.jsonl", tmp_path / "link.jsonl"
    link.symlink_to(target)
    with open_sink(str(link)) as sink:
        sink.write("新")
    assert link.is_symlink()
    assert target.read_text(encoding="utf-8") == "新"


def test_a_dash_is_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    with open_sink("-") as sink:
        sink.write("新\n")
    assert capsys.readouterr().out == "新\n"


def test_a_device_is_written_to_as_it_is() -> None:
    with open_sink("/dev/null") as sink:
        sink.write("新\n")
    assert Path("/dev/null").is_char_device()


@pytest.mark.parametrize(
    ("name", "message"),
    [("", "is a folder"), ("none/out.jsonl", "cannot be written: No such file")],
)
def test_output_that_cannot_be_written_is_misuse(tmp_path: Path, name: str, message: str) -> None:
    with pytest.raises(UsageError, match=message), open_sink(str(tmp_path / name)):
        pass
