"""A run as the command does it: what it tells, and the manifest it leaves."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from extract.article import Article, Failure, Intake
from extract.batch import Options, Outcome, Reader, Summary
from extract.errors import UsageError
from extract.manifest import rules_fingerprint, versions
from extract.records import ArticleDeals
from extract.runs import Job, Log, execute


@dataclass(frozen=True)
class StandIn:
    """A reader that finds nothing, or is interrupted."""

    def __call__(self) -> Reader:
        return self.read

    def read(self, article: Article) -> ArticleDeals:
        if "停" in article.text:
            raise KeyboardInterrupt
        return ArticleDeals(article_id=article.article_id)


@pytest.fixture
def news(tmp_path: Path) -> Path:
    folder = tmp_path / "news"
    folder.mkdir()
    (folder / "a.txt").write_text("甲", encoding="utf-8")
    (folder / "b.txt").write_text("投资是一件大事，我们的公司也在做。", encoding="gb18030")
    (folder / "c.json").write_text("{", encoding="utf-8")
    return folder


def done(job: Job) -> tuple[int, list[str]]:
    told = io.StringIO()
    return execute(job, StandIn(), told_to=told), told.getvalue().splitlines()


def test_a_manifest_tells_what_made_the_output(news: Path, tmp_path: Path) -> None:
    out = tmp_path / "deals.jsonl"
    code, lines = done(Job([str(news)], str(out), workers=1, told={"lexicon": True}))
    assert code == 1
    assert lines[0].startswith(f"{news}/c.json: is not JSON")
    assert lines[1].startswith("2 articles, 0 deals, 1 failures, 18 characters in ")
    found = json.loads((tmp_path / "deals.manifest.json").read_text(encoding="utf-8"))
    assert {key: found[key] for key in ("complete", "rules", "inputs", "options", "counts")} == {
        "complete": True,
        "rules": rules_fingerprint(),
        "inputs": [str(news)],
        "options": {"lexicon": True},
        "counts": {
            "articles": 2,
            "deals": 0,
            "failures": 1,
            "kept": 0,
            "characters": 18,
            "bytes": out.stat().st_size,
        },
    }
    assert found["encodings"] == {"gb18030": 1, "utf-8": 1}
    assert set(found["stages"]) == {"decode", "extract", "input", "serialise", "write"}
    assert found["versions"] == dict(versions())
    assert {"zhdeals", "python", "rjieba"} <= set(versions())
    assert not {"pytest", "ruff"} & set(versions())


def test_the_output_of_a_run_is_no_input_of_the_next(news: Path) -> None:
    job = Job([str(news)], str(news / "deals.jsonl"), workers=1)
    done(job)
    first = (news / "deals.jsonl").read_bytes()
    assert done(job)[1][-1].startswith("2 articles, 0 deals, 1 failures, 2 of them kept")
    assert (news / "deals.jsonl").read_bytes() == first


@pytest.mark.parametrize(
    "job",
    [
        Job([], options=Options(with_text=True)),
        Job([], told={"lexicon": False}),
        Job([], intake=Intake(published="2026-01-02")),
        Job([], fresh=True),
    ],
)
def test_other_options_do_all_anew(news: Path, tmp_path: Path, job: Job) -> None:
    out = str(tmp_path / "deals.jsonl")
    done(Job([str(news)], out, workers=1))
    code, lines = done(
        Job(
            [str(news)],
            out,
            job.intake,
            job.options,
            1,
            fresh=job.fresh,
            told=job.told,
        )
    )
    assert (code, "kept" in lines[-1]) == (1, False)


def test_an_interrupt_is_told_and_the_next_run_goes_on(news: Path, tmp_path: Path) -> None:
    (news / "b.txt").write_text("停", encoding="utf-8")
    out, told = tmp_path / "deals.jsonl", io.StringIO()
    job = Job([str(news)], str(out), workers=1)
    with pytest.raises(KeyboardInterrupt):
        execute(job, StandIn(), told_to=told)
    assert told.getvalue().startswith("1 articles, 0 deals, 0 failures, 1 characters in ")
    manifest = tmp_path / "deals.manifest.json"
    assert json.loads(manifest.read_text(encoding="utf-8"))["complete"] is False
    (news / "b.txt").write_text("走", encoding="utf-8")
    assert done(job)[1][-1].startswith("2 articles, 0 deals, 1 failures, 1 of them kept")
    assert json.loads(manifest.read_text(encoding="utf-8"))["complete"] is True


def test_failures_are_taken_up_in_a_file_only() -> None:
    with pytest.raises(UsageError, match="--retry-failed: needs --out with a file"):
        done(Job(["x"], retry_failed=True))


def test_a_log_for_machines_is_json(news: Path, tmp_path: Path) -> None:
    _, lines = done(Job([str(news)], str(tmp_path / "o.jsonl"), workers=1, log_format="json"))
    failure, summary = map(json.loads, lines)
    assert (failure["event"], failure["source"]) == ("failure", f"{news}/c.json")
    assert failure["reason"].startswith("is not JSON")
    assert {key: summary[key] for key in ("event", "articles", "deals", "failures", "eta")} == {
        "event": "summary",
        "articles": 2,
        "deals": 0,
        "failures": 1,
        "eta": 0.0,
    }


def test_progress_tells_rate_and_what_is_left() -> None:
    now, stream, summary = [0.0], io.StringIO(), Summary()
    log = Log(stream, summary, total=400, clock=lambda: now[0])
    for second, size in ((4.0, 50), (11.0, 50), (12.0, 50), (20.0, 0), (21.0, 50)):
        now[0] = second
        log.meter(size)
        outcome = Outcome(b"", failure=Failure("a", 1, "is bad") if second == 12.0 else None)
        summary.add(outcome)
        log.watch(outcome)
    assert stream.getvalue().splitlines() == [
        "2 articles, 0/s, 0 failures, 33 s to go",
        "a:1: is bad",
        "4 articles, 0/s, 1 failures, 21 s to go",
    ]
