"""The engine of many machines, on a real Ray of this one: what comes out is what a run writes."""

from __future__ import annotations

import gzip
import json
import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from extract import batch
from extract.article import Article, Draft, Failure, read_drafts
from extract.batch import Options, Reader
from extract.engine_ray import MakePipeline, _units, run_ray
from extract.errors import UsageError
from extract.readers import Intake
from extract.readers_open import Source, sources
from extract.records import ArticleDeals

# Ray leaves sockets to the garbage collector, and warns of what it will do in later versions.
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(scope="session")
def cluster() -> Iterator[Any]:
    """A Ray of two cores with a small store, which finds the classes of these tests."""
    ray = pytest.importorskip("ray", reason="the extra ray is not installed")
    patch = pytest.MonkeyPatch()
    patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    patch.setenv("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    patch.setenv("PYTHONPATH", str(Path(__file__).parent), prepend=os.pathsep)
    ray.init(
        num_cpus=2,
        object_store_memory=150 << 20,
        include_dashboard=False,
        log_to_driver=False,
        logging_level="ERROR",
    )
    yield ray
    ray.shutdown()
    patch.undo()


@dataclass(frozen=True)
class StandIn:
    """A reader that finds nothing, and trips, dies or sleeps over articles that say so."""

    def __call__(self) -> Reader:
        return self.read

    def read(self, article: Article) -> ArticleDeals:
        if "坏" in article.text:
            raise ValueError("cannot be read\nat all")
        if "死" in article.text:
            os.kill(os.getpid(), signal.SIGKILL)
        while "慢" in article.text:
            pass
        return ArticleDeals(article_id=article.article_id, published=article.published)


Told = tuple[str, list[dict[str, Any]] | None, tuple[int, int, int, int]]


def told(out: Path, summary: batch.Summary) -> Told:
    """The output, what failed, and what was counted."""
    failed = batch.beside(out, "failed.jsonl")
    failures = None
    if failed.exists():
        failures = [json.loads(line) for line in failed.read_text(encoding="utf-8").splitlines()]
    counts = (summary.articles, summary.deals, summary.failures, summary.characters)
    return out.read_text(encoding="utf-8"), failures, counts


def on_ray(paths: list[str], make: Callable[[], Reader], out: Path, **options: Any) -> Told:
    return told(out, run_ray(paths, make, out, **options))


def on_this_machine(paths: list[str], make: Callable[[], Reader], out: Path) -> Told:
    """The same by the engine of this machine."""
    summary = batch.resume(read_drafts(paths), make, out, rules="", workers=1)
    return told(out, summary)


def write_inputs(folder: Path) -> list[str]:
    """Files of several kinds, with ids that stand twice and with what cannot be read."""
    news = folder / "news"
    (news / "sub").mkdir(parents=True)
    for number in range(30):
        text = f"软银宣布以{number + 1}亿美元收购Ampere。"
        (news / f"{number:02}.txt").write_text(text, encoding="utf-8")
    (news / "empty.txt").write_text("")
    (news / "sub" / "nul.json").write_bytes(b"\0")
    lines = [{"id": str(n), "text": "腾讯投资了月之暗面。"} for n in range(20)]
    lines += [{"text": "没有编号。"}, {"id": "3", "text": "同一编号。"}]
    packed = "".join(json.dumps(line) + "\n" for line in lines) + "no JSON\n"
    (folder / "a.jsonl.gz").write_bytes(gzip.compress(packed.encode()))
    other = folder / "other"
    other.mkdir()
    (other / "a.jsonl").write_text(packed, encoding="utf-8")
    (other / "00.txt").write_text("英伟达投资OpenAI。", encoding="utf-8")
    names = ["news", "a.jsonl.gz", "other/a.jsonl", "other/00.txt", "none", "news/01.txt"]
    return [str(folder / name) for name in names]


def test_lines_and_failures_are_those_of_this_machine(cluster: Any, tmp_path: Path) -> None:
    paths = write_inputs(tmp_path)
    here = on_this_machine(paths, StandIn(), tmp_path / "here.jsonl")
    assert on_ray(paths, StandIn(), tmp_path / "ray.jsonl") == here
    assert here[1] is not None
    assert {"no such file or folder", "the id '0' stands twice"} <= {
        one["reason"] for one in here[1]
    }


def test_the_corpus_is_read_as_on_this_machine(cluster: Any, tmp_path: Path, root: Path) -> None:
    paths = [str(root / "corpus" / "articles.jsonl")]
    out = tmp_path / "ray.jsonl"
    here = on_this_machine(paths, MakePipeline(), tmp_path / "here.jsonl")
    assert on_ray(paths, MakePipeline(), out, actors=2) == here
    assert here[2][1] > 0


def test_options_are_heeded(cluster: Any, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("软银宣布以65亿美元收购Ampere。", encoding="utf-8")
    line, failures, counts = on_ray(
        [str(path)],
        MakePipeline(lexicon=False),
        tmp_path / "out.jsonl",
        intake=Intake(published="2025-03-20"),
        options=Options(min_confidence=1.0, with_text=True),
    )
    found = ArticleDeals.model_validate_json(line)
    text = "软银宣布以65亿美元收购Ampere。"
    assert found == ArticleDeals(article_id="a", published="2025-03-20", text=text)
    assert (failures, counts) == (None, (1, 0, 0, len(text)))


def test_what_kills_or_holds_up_an_actor_costs_its_article_only(
    cluster: Any, tmp_path: Path
) -> None:
    path = tmp_path / "news.jsonl"
    words = ["甲", "坏", "乙", "死", "丙", "慢", "丁"]
    lines = [json.dumps({"id": word, "text": word * 10}) for word in words]
    path.write_text("\n".join(lines), encoding="utf-8")
    out = tmp_path / "out.jsonl"
    text, failures, counts = on_ray([str(path)], StandIn(), out, timeout=3.0)
    assert [json.loads(line)["article_id"] for line in text.splitlines()] == [
        "甲",
        "乙",
        "丙",
        "丁",
    ]
    assert failures is not None
    assert [(one["line"], one["article_id"], one["reason"]) for one in failures] == [
        (2, "坏", "ValueError: cannot be read"),
        (4, "死", "killed the process that read it: SIGKILL"),
        (6, "慢", "takes longer than 3 s (--timeout)"),
    ]
    assert counts == (4, 0, 3, 40)


def test_nothing_to_read_gives_an_empty_file(cluster: Any, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    out = tmp_path / "out.jsonl"
    assert on_ray([str(tmp_path / "in")], StandIn(), out) == ("", None, (0, 0, 0, 0))


def test_the_output_is_not_read(cluster: Any, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("甲", encoding="utf-8")
    out = tmp_path / "out.jsonl"
    first = on_ray([str(tmp_path)], StandIn(), out)
    assert on_ray([str(tmp_path)], StandIn(), out) == first
    assert first[2] == (1, 0, 0, 1)


def test_standard_input_is_misuse(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="other machines cannot read standard input"):
        run_ray(["-"], StandIn(), tmp_path / "out.jsonl")


SIZES = [
    ([10] * 450, [200, 200, 50]),
    ([9_000_000, 10, None, 10], [1, 2, 1]),
    ([], []),
]


@pytest.mark.parametrize(("sizes", "units"), SIZES)
def test_small_files_are_read_together(sizes: list[int | None], units: list[int]) -> None:
    files = [Source(str(n), (str(n),), ".txt", open, size) for n, size in enumerate(sizes)]
    assert [len(unit) for unit in _units(files)] == units


def test_sources_can_be_sent(tmp_path: Path) -> None:
    import pickle

    paths = write_inputs(tmp_path)
    found = [one for one in sources(paths, Intake()) if isinstance(one, Source)]
    again = pickle.loads(pickle.dumps(found))
    assert [one.name for one in again] == [one.name for one in found]
    drafts = [one for one in read_drafts(paths) if isinstance(one, Draft)]
    assert pickle.loads(pickle.dumps(drafts)) == drafts
    assert pickle.loads(pickle.dumps(Failure("a", 1, "b"))) == Failure("a", 1, "b")
