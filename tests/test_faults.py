"""Runs that are disturbed: killed, out of disk, with workers that crash or hang, and begun again."""

from __future__ import annotations

import json
import os
import random
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from faulty import StandIn, job

from extract.article import Article, Draft, Failure, read_articles
from extract.batch import Outcome, Reader, beside, outcomes, resume
from extract.errors import UsageError, ZhDealsError
from extract.journal import Journal, Line, forget
from extract.records import ArticleDeals

KILLS = 20
PROGRAM = Path(__file__).with_name("faulty.py")


def start(*arguments: object, **options: object) -> subprocess.Popen[str]:
    """The run above in a process of its own, at the moment in which it begins."""
    command = [sys.executable, str(PROGRAM), *map(str, arguments)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, **options)  # type: ignore[call-overload]
    assert process.stdout.readline() == "begin\n"
    return process  # type: ignore[no-any-return]


def ended(process: subprocess.Popen[str], within: float) -> int | None:
    """The exit code of a process, if it ends within some seconds."""
    try:
        return process.wait(timeout=within)
    except subprocess.TimeoutExpired:
        return None


def news(folder: Path, count: int = 300, *, size: int = 3000, bad: int = 10**9) -> Path:
    folder.mkdir()
    for number in range(count):
        text = ("坏" if number % bad == bad - 1 else "甲") * size
        (folder / f"{number:04}.txt").write_text(f"{number}{text}", encoding="utf-8")
    return folder


def noted(out: Path) -> set[str]:
    """The articles whose lines are in the part already, by the text of their lines."""
    part = out.with_name(f"{out.name}.state") / "part"
    if not part.exists() or not part.with_suffix(".journal").exists():
        return set()
    notes = part.with_suffix(".journal").read_bytes().split(b"\n")[1:-1]
    lines = part.read_bytes().split(b"\n")
    written = [json.loads(line)["article_id"] for line in lines[:-1]]
    return set(written[: sum(1 for note in notes if json.loads(note)[-1] is None)])


def beside_out(out: Path) -> dict[str, bytes]:
    """All that a run leaves but what tells of its time."""
    failed = beside(out, "failed.jsonl")
    return {path.name: path.read_bytes() for path in (out, failed) if path.exists()}


# --- killed from outside -----------------------------------------------------------------------


def test_killed_at_any_moment_a_run_ends_as_if_undisturbed(tmp_path: Path) -> None:
    inputs, log = news(tmp_path / "in", bad=9), tmp_path / "log"
    out, quiet = tmp_path / "out.jsonl", tmp_path / "quiet" / "out.jsonl"
    quiet.parent.mkdir()
    with start(inputs, quiet, os.devnull, 1) as process:
        assert process.wait() == 0
    chance = random.Random(20260514)
    kills = 0
    while kills < KILLS:
        before = noted(out)
        log.write_text("", encoding="utf-8")
        with start(inputs, out, log, 1 + kills % 4 // 3) as process:
            most = chance.randrange(60)
            while len(log.read_bytes()) < 5 * most and ended(process, 0.002) is None:
                pass
            ended(process, chance.uniform(0, 0.02))
            process.kill()
        assert set(log.read_text(encoding="utf-8").split()) & before == set()
        kills += process.returncode == -signal.SIGKILL
        if process.returncode == 0:  # it came to its end, so that there is nothing to kill
            assert beside_out(out) == beside_out(quiet)
            out.unlink()
            forget(out)
    with start(inputs, out, log, 1) as process:
        assert process.wait() == 0
    assert beside_out(out) == beside_out(quiet)
    assert {path.name for path in out.with_name("out.jsonl.state").iterdir()} == {"journal", "lock"}


def test_ctrl_c_keeps_what_is_done(tmp_path: Path) -> None:
    inputs, log, out = news(tmp_path / "in", 3000), tmp_path / "log", tmp_path / "out.jsonl"
    with start(inputs, out, log, 2, start_new_session=True) as process:
        part = out.with_name("out.jsonl.state") / "part"
        while not (part.exists() and part.stat().st_size):
            assert process.poll() is None, "it came to its end before it wrote anything"
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait() == 130
    before = noted(out)
    assert before
    log.write_text("", encoding="utf-8")
    job(inputs, out, str(log))
    assert set(log.read_text(encoding="utf-8").split()) & before == set()
    lines = out.read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["article_id"] for line in lines] == [f"{n:04}" for n in range(3000)]


def test_a_full_disk_is_told_and_nothing_lost(tmp_path: Path) -> None:
    inputs, out = news(tmp_path / "in"), tmp_path / "out.jsonl"
    most = 700_000

    def little() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))

    with start(inputs, out, tmp_path / "log", 1, preexec_fn=little) as process:
        assert process.stdout is not None
        told = process.stdout.read()
        assert process.wait() == 2
    assert told == (
        f"{out}.state/part: cannot be written: File too large; the same command goes on from here\n"
    )
    before = noted(out)
    assert before
    log = tmp_path / "log2"
    job(inputs, out, str(log))
    assert (
        set(log.read_text(encoding="utf-8").split())
        == {f"{number:04}" for number in range(300)} - before
    )
    job(inputs, tmp_path / "quiet.jsonl")
    assert out.read_bytes() == (tmp_path / "quiet.jsonl").read_bytes()


# --- what a kill leaves, cut at every place ----------------------------------------------------


def test_whatever_was_half_written_is_cut_off(tmp_path: Path) -> None:
    inputs, quiet = news(tmp_path / "in", 12, size=20, bad=5), tmp_path / "quiet.jsonl"
    job(inputs, quiet)
    state = quiet.with_name("quiet.jsonl.state")
    whole, notes = quiet.read_bytes(), (state / "journal").read_bytes()
    chance = random.Random(7)
    out = tmp_path / "out.jsonl"
    for _ in range(60):
        folder = out.with_name("out.jsonl.state")
        folder.mkdir(exist_ok=True)
        (folder / "part").write_bytes(whole[: chance.randrange(len(whole) + 1)])
        (folder / "part.journal").write_bytes(notes[: chance.randrange(len(notes) + 1)])
        job(inputs, out)
        assert out.read_bytes() == whole
        assert (
            beside(out, "failed.jsonl").read_bytes() == beside(quiet, "failed.jsonl").read_bytes()
        )
        out.unlink()
        forget(out)


def test_killed_between_the_two_last_steps_nothing_is_done_again(tmp_path: Path) -> None:
    inputs, out, log = news(tmp_path / "in", 5), tmp_path / "out.jsonl", tmp_path / "log"
    job(inputs, out)
    state = out.with_name("out.jsonl.state")
    (state / "journal").rename(state / "part.journal")
    job(inputs, out, str(log))
    assert not log.exists()


def test_lines_that_were_changed_by_others_are_done_again(tmp_path: Path) -> None:
    inputs, out, log = news(tmp_path / "in", 5, size=10), tmp_path / "out.jsonl", tmp_path / "log"
    job(inputs, out)
    whole = out.read_bytes()
    out.write_bytes(whole.replace("1甲".encode(), "1乙".encode()))
    job(inputs, out, str(log))
    assert (out.read_bytes(), log.read_text(encoding="utf-8")) == (whole, "0001\n")


# --- what has changed --------------------------------------------------------------------------


def ids(count: int) -> list[Article | Draft | Failure]:
    return [Article(article_id=str(number), text=f"{number}甲") for number in range(count)]


def again(
    out: Path, entries: list[Article | Draft | Failure], *, retry: bool = False, rules: str = "r"
) -> tuple[list[str], list[str]]:
    """What a run reads, and the articles that are in its output."""
    log = out.with_name("log")
    log.write_text("", encoding="utf-8")
    resume(entries, StandIn(str(log)), out, rules=rules, workers=1, retry_failed=retry)
    lines = out.read_text(encoding="utf-8").splitlines()
    return log.read_text(encoding="utf-8").split(), [json.loads(x)["article_id"] for x in lines]


def test_only_what_has_changed_is_done_again(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    entries = ids(5)
    assert again(out, entries) == (["0", "1", "2", "3", "4"],) * 2
    assert again(out, entries) == ([], ["0", "1", "2", "3", "4"])
    entries[2] = Article(article_id="2", text="另")
    entries.append(Article(article_id="5", text="五"))
    assert again(out, entries) == (["2", "5"], ["0", "1", "2", "3", "4", "5"])
    del entries[1]
    entries.reverse()
    assert again(out, entries) == ([], ["5", "4", "3", "2", "0"])
    assert again(out, entries, rules="other") == (["5", "4", "3", "2", "0"],) * 2
    assert again(out, []) == ([], [])


class Halt(BaseException):
    """In the place of a kill that comes after so many articles."""


def halted(entries: list[Article | Draft | Failure], after: int) -> Iterator[Article | Draft]:
    for entry in entries[:after]:
        assert not isinstance(entry, Failure)
        yield entry
    raise Halt


def test_an_input_that_changes_between_a_kill_and_the_next_run_loses_nothing(
    tmp_path: Path,
) -> None:
    out, log = tmp_path / "out.jsonl", tmp_path / "log"
    entries = ids(9)
    with pytest.raises(Halt):
        resume(halted(entries, 7), StandIn(str(log)), out, rules="r", workers=1)
    entries[3] = Article(article_id="3", text="另")
    with pytest.raises(Halt):
        resume(halted(entries, 5), StandIn(str(log)), out, rules="r", workers=1)
    assert log.read_text(encoding="utf-8").split() == [*"0123456", "3"]
    entries.insert(0, Article(article_id="x", text="新"))
    assert again(out, entries) == (["x", "7", "8"], ["x", *"012345678"])


def test_what_failed_is_left_alone_until_it_is_taken_up(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    entries = ids(4)
    entries[1] = Article(article_id="1", text="坏")
    entries.append(Failure("lost.txt", None, "is gone"))
    told = [
        {"source": "1", "line": None, "reason": "ValueError: cannot be read", "article_id": "1"},
        {"source": "lost.txt", "line": None, "reason": "is gone", "article_id": None},
    ]
    for retry, read in ((False, [*"0123"]), (False, []), (True, ["1"]), (False, [])):
        assert again(out, entries, retry=retry) == (read, [*"023"])
        failed = beside(out, "failed.jsonl").read_text(encoding="utf-8").splitlines()
        assert [json.loads(line) for line in failed] == told
    entries[1] = Article(article_id="1", text="好")
    assert again(out, entries[:4]) == (["1"], [*"0123"])
    assert not beside(out, "failed.jsonl").exists()


def test_a_run_that_was_halted_takes_up_what_failed_in_it(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    entries = ids(4)
    entries[1] = Article(article_id="1", text="坏")
    with pytest.raises(Halt):
        resume(halted(entries, 3), StandIn(), out, rules="r", workers=1)
    assert again(out, entries, retry=True) == (["1", "3"], [*"023"])


def test_two_runs_do_not_write_one_file(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    first = Journal(out, "r")
    with pytest.raises(UsageError, match="another run is writing it"):
        Journal(out, "r")
    first.add(Line("k", b"x\n"))
    assert first.finish() == 2
    first.close()
    Journal(out, "r").close()
    assert out.read_bytes() == b"x\n"


# --- workers -----------------------------------------------------------------------------------


def told(entries: list[Article | Draft | Failure], **options: object) -> list[str]:
    """Ids of what was read, and failures as they are told, in order."""
    found = outcomes(entries, StandIn(), **options)  # type: ignore[arg-type]
    return [one.article_id if isinstance(one, ArticleDeals) else str(one) for one in found]


def marked(count: int, marks: dict[int, str]) -> list[Article | Draft | Failure]:
    return [
        Article(article_id=str(number), text=marks.get(number, "甲") * 700)
        for number in range(count)
    ]


def test_a_worker_that_crashes_costs_its_article_alone() -> None:
    found = told(marked(200, {0: "崩溃", 1: "崩溃", 77: "崩溃", 199: "崩溃"}), workers=2)
    reason = "killed the process that read it: SIGKILL"
    assert found == [
        f"{number}: {reason}" if number in {0, 1, 77, 199} else str(number) for number in range(200)
    ]


@pytest.mark.parametrize("workers", [1, 2])
def test_an_article_that_takes_too_long_costs_itself_alone(workers: int) -> None:
    found = told(marked(90, {3: "停住", 60: "停住"}), workers=workers, timeout=1.0)
    reason = "takes longer than 1 s (--timeout)"
    assert found == [
        f"{number}: {reason}" if number in {3, 60} else str(number) for number in range(90)
    ]


@dataclass(frozen=True)
class Broken:
    """A reader that cannot be made."""

    how: str

    def __call__(self) -> Reader:
        if self.how == "dies":
            os._exit(3)
        raise ValueError("no rules")


@pytest.mark.parametrize(
    ("how", "reason"), [("raises", "ValueError: no rules"), ("dies", "it died with exit code 3")]
)
def test_workers_that_cannot_be_started_end_the_run(how: str, reason: str) -> None:
    with pytest.raises(ZhDealsError, match=f"no worker can be started: {reason}"):
        list(outcomes(marked(9, {}), Broken(how), workers=2))


def test_a_stream_is_read_no_further_ahead_than_the_workers_need() -> None:
    read = 0

    def endless() -> Iterator[Article]:
        nonlocal read
        while True:
            read += 1
            yield Article(article_id=str(read), text="甲" * 10_000)

    found = outcomes(endless(), StandIn(), workers=2)
    for _ in range(100):
        next(found)
    found.close()  # type: ignore[attr-defined]
    assert read < 250


# --- files -------------------------------------------------------------------------------------


def test_files_that_vanish_or_cannot_be_read_cost_themselves_alone(tmp_path: Path) -> None:
    for name in "abef":
        (tmp_path / f"{name}.txt").write_text("甲", encoding="utf-8")
    (tmp_path / "c.txt").symlink_to(tmp_path / "none.txt")
    if Path("/proc/self/mem").exists():
        (tmp_path / "d.txt").symlink_to("/proc/self/mem")  # reading it is an error of the device
    os.mkfifo(tmp_path / "pipe.txt")
    found = read_articles([tmp_path])
    first = next(found)
    (tmp_path / "b.txt").unlink()
    (tmp_path / "e.txt").unlink()
    seen = [str(one) if isinstance(one, Failure) else one.article_id for one in [first, *found]]
    gone = "no such file or folder"
    device = [f"{tmp_path}/d.txt: Input/output error"] if (tmp_path / "d.txt").is_symlink() else []
    assert seen == [
        "a",
        f"{tmp_path}/b.txt: {gone}",
        f"{tmp_path}/c.txt: {gone}",
        *device,
        f"{tmp_path}/e.txt: {gone}",
        "f",
    ]


def test_a_watch_sees_what_was_kept(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    again(out, ids(2))
    seen: list[Outcome] = []
    summary = resume(ids(3), StandIn(), out, rules="r", workers=1, watch=seen.append)
    assert [one.kept for one in seen] == [True, True, False]
    assert (summary.articles, summary.kept, summary.size) == (3, 2, out.stat().st_size)
