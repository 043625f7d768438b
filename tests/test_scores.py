"""Figures of the page of definitions to the last digit; bootstrap, two runs, groups, calibration."""

from __future__ import annotations

import json
import math
import random
import re
from dataclasses import astuple
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from test_evaluate import reference

from extract import scores
from extract.cli import main
from extract.errors import GoldError
from extract.evaluate import Counts, Report, evaluate
from extract.gold import GoldArticle, ScoredArticle, predict, read_gold
from extract.pairing import Muc
from extract.pipeline import Pipeline

__all__ = ["reference"]

PAGE = Path(__file__).resolve().parents[1] / "docs" / "evaluation.md"

# --- the worked examples -----------------------------------------------------------------------


def _examples() -> dict[str, str]:
    """The sections of the page that are examples, by their titles."""
    text = PAGE.read_text(encoding="utf-8")
    parts = re.split(r"^## ", text, flags=re.MULTILINE)
    return {part.split("\n", 1)[0]: part for part in parts if re.match(r"\d\. ", part)}


EXAMPLES = _examples()
each_example = pytest.mark.parametrize("title", EXAMPLES)


def _block(title: str, name: str) -> list[dict[str, Any]]:
    (found,) = re.findall(rf"^```{name}\n(.+?)^```", EXAMPLES[title], re.MULTILINE | re.DOTALL)
    return [json.loads(line) for line in found.splitlines()]


def _report(gold: list[dict[str, Any]], pred: list[dict[str, Any]]) -> Report:
    return evaluate(
        [GoldArticle.model_validate(line) for line in gold],
        [ScoredArticle.model_validate(line) for line in pred],
    )


def _example(title: str) -> Report:
    return _report(_block(title, "gold"), _block(title, "pred"))


def _tables(title: str, *columns: str) -> list[list[str]]:
    """The rows of the tables of an example that have these columns."""
    head = "| " + " | ".join(columns) + " |"
    rows: list[list[str]] = []
    for table in EXAMPLES[title].split("\n\n"):
        lines = table.strip().splitlines()
        if lines and lines[0] == head:
            rows += [line.strip("| ").split(" | ") for line in lines[2:]]
    return rows


def _six(value: float | None) -> str:
    return "–" if value is None else f"{value:.6f}"


def test_there_are_five_examples() -> None:
    assert [title[0] for title in EXAMPLES] == ["1", "2", "3", "4", "5"]


@each_example
def test_scores_are_those_worked_out_by_hand(title: str) -> None:
    found = {
        name: [*map(str, (c.tp, c.fp, c.fn)), _six(c.precision), _six(c.recall), _six(c.f1)]
        for name, c in _example(title).rows()
    }
    worked = _tables(title, "score", "tp", "fp", "fn", "P", "R", "F1")
    assert len(worked) >= 3
    assert [[name, *found[name]] for name, *_ in worked] == worked


def test_muc_counts_are_those_worked_out_by_hand() -> None:
    (title,) = [title for title in EXAMPLES if title.startswith("4")]
    found = {
        name: [*map(str, astuple(counts)), *map(_six, astuple(scores.MucScores.of(counts)))]
        for name, counts in scores.muc(_example(title)).items()
    }
    columns = ("correct", "incorrect", "partial", "missing", "spurious", "P", "R", "F1")
    worked = _tables(title, "score", *columns)
    assert len(worked) == 4
    assert [[name, *found[name]] for name, *_ in worked] == worked


def test_calibration_is_that_worked_out_by_hand() -> None:
    (title,) = [title for title in EXAMPLES if title.startswith("5")]
    found = scores.calibration(_example(title))
    rows = [
        [f"{b.low:.1f}–{b.high:.1f}", str(b.records), *map(_six, (b.confidence, b.found, b.whole))]
        for b in found.bins
    ]
    assert rows == _tables(title, "bin", "records", "mean", "found", "whole")
    figures = [["calibration error", _six(found.error)], ["Brier score", _six(found.brier)]]
    assert figures == _tables(title, "figure", "value")


def _rounded(report: Report) -> dict[str, tuple[float, ...]]:
    return {
        name: tuple(round(score or 0.0, 3) for score in (c.precision, c.recall, c.f1))
        for name, c in report.rows()
    }


@each_example
def test_the_reference_scorer_gives_the_same_figures(title: str, reference: ModuleType) -> None:
    expected, _ = reference.score(_block(title, "gold"), _block(title, "pred"))
    found = _rounded(_example(title))
    assert found == {name: tuple(round(x, 3) for x in expected[name]) for name in found}


def test_real_output_is_scored_as_the_reference_scores_it(
    shared: Path, reference: ModuleType
) -> None:
    path = shared / "gold" / "dev.jsonl"
    gold = read_gold(path)
    pred = list(predict(gold, Pipeline().read_article))
    plain = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]
    expected, _ = reference.score(plain, [one.model_dump(mode="json") for one in pred])
    found = _rounded(evaluate(gold, pred))
    assert found == {name: tuple(round(x, 3) for x in expected[name]) for name in found}
    assert found["deal"][2] > 0.5


# --- MUC counts --------------------------------------------------------------------------------


def _deal(pays: str, paid: str, **rest: Any) -> dict[str, Any]:
    told = {"type": "investment", "status": "announced", "evidence": "投资", **rest}
    return told | {"investor": [{"name": pays}], "target": [{"name": paid}]}


def _gold(name: str, *deals: dict[str, Any], **rest: Any) -> GoldArticle:
    line = {"article_id": name, "text": "投资", **rest, "deals": list(deals)}
    return GoldArticle.model_validate(line)


def _pred(name: str, *deals: dict[str, Any]) -> ScoredArticle:
    return ScoredArticle.model_validate({"article_id": name, "deals": list(deals)})


def test_muc_counts_add_up_to_the_usual_ones(root: Path) -> None:
    gold = read_gold(root / "corpus" / "articles.jsonl")
    chance = random.Random(5)
    pool = [deal.model_dump(mode="json") for article in gold for deal in article.deals]
    pred = []
    for article in gold:
        deals = [deal.model_dump(mode="json") for deal in article.deals if chance.random() < 0.8]
        for deal in deals:
            other = chance.choice(pool)
            for key in chance.sample(["amount", "target", "conditions", "hardware", "date"], 2):
                deal[key] = other[key]
        pred.append(_pred(article.article_id, *deals))
    report = evaluate(gold, pred)
    found = scores.muc(report)
    for name, counts in report.rows():
        if name in found:
            muc = found[name]
            half = muc.incorrect + muc.partial
            assert Counts(muc.correct, half + muc.spurious, half + muc.missing) == counts, name
    assert found["slot"].partial > 0


@pytest.mark.parametrize(
    ("counts", "told"),
    [
        (Muc(), (None, None, None)),
        (Muc(spurious=2), (None, None, None)),
        (Muc(missing=2), (None, 0.0, 0.0)),
        (Muc(partial=1), (0.5, 0.5, 0.5)),
    ],
)
def test_without_gold_there_is_no_muc_score(counts: Muc, told: tuple[float | None, ...]) -> None:
    assert astuple(scores.MucScores.of(counts)) == told


# --- groups ------------------------------------------------------------------------------------

HANT = "雲嶺資本宣布投資星瀾科技，雙方簽署協議。"
HANS = "云岭资本宣布投资星澜科技，双方签署协议。"


def _groups(report: Report, by: scores.By) -> list[tuple[str, int, Counts]]:
    return [(group.name, group.articles, group.sums.deal) for group in scores.groups(report, by)]


def test_records_are_grouped_by_what_gold_says_of_them() -> None:
    one, two = _deal("甲辰", "乙巳"), _deal("丙午", "丁未", status="talks", type="ipo")
    extra = _deal("戊申", "己酉", type="debt")
    optional = _deal("庚戌", "辛亥", type="holding", optional=True)
    gold = [
        _gold("a", one, two),
        _gold("b", optional, outlet="某报", text="投资" * 200),
    ]
    pred = [_pred("a", one | {"type": "holding"}), _pred("b", extra, optional)]
    report = evaluate(gold, pred)
    assert _groups(report, "type") == [
        ("debt", 1, Counts(0, 1, 0)),
        ("investment", 1, Counts(1, 0, 0)),
        ("ipo", 1, Counts(0, 0, 1)),
    ]
    assert _groups(report, "status") == [
        ("announced", 2, Counts(1, 1, 0)),
        ("talks", 1, Counts(0, 0, 1)),
    ]
    assert _groups(report, "outlet") == [
        ("–", 1, Counts(1, 0, 1)),
        ("某报", 1, Counts(0, 1, 0)),
    ]
    assert _groups(report, "length") == [
        ("0–249", 1, Counts(1, 0, 1)),
        ("250–499", 1, Counts(0, 1, 0)),
    ]
    assert _groups(report, "deals") == [("0", 1, Counts(0, 1, 0)), ("2", 1, Counts(1, 0, 1))]


@pytest.mark.parametrize(
    ("text", "told", "script"),
    [
        (HANS, None, "hans"),
        (HANT, None, "hant"),
        ("OpenAI", None, "hans"),
        (None, None, "hans"),
        (HANS, "hant", "hant"),
    ],
)
def test_the_script_is_what_gold_or_the_characters_say(
    text: str | None, told: str | None, script: str
) -> None:
    assert scores.script(_gold("a", text=text, script=told)) == script


@pytest.mark.parametrize("by", scores.BY)
def test_groups_add_up_to_the_whole(by: scores.By, root: Path) -> None:
    gold = read_gold(root / "corpus" / "articles.jsonl")
    pred = [_pred(a.article_id, *(d.model_dump(mode="json") for d in a.deals[1:])) for a in gold]
    report = evaluate(gold, pred)
    parts = [group.sums for group in scores.groups(report, by)]
    assert sum((part.deal for part in parts), Counts()) == report.deal
    assert sum((part.slot for part in parts), Counts()) == report.slot


# --- bootstrap ---------------------------------------------------------------------------------


def _many(right: int, articles: int = 40) -> Report:
    """Articles of one deal each, of which the first ones are found."""
    deal = _deal("甲辰", "乙巳")
    names = [f"a{number:02}" for number in range(articles)]
    return evaluate([_gold(n, deal) for n in names], [_pred(n, deal) for n in names[:right]])


def test_intervals_are_the_same_every_time() -> None:
    first = scores.intervals(_many(20), resamples=200)
    assert first == scores.intervals(_many(20), resamples=200)
    assert first != scores.intervals(_many(20), resamples=200, seed=7)


def test_intervals_are_those_of_the_binomial() -> None:
    """Half of 40 are found: recall is binomial, and F1 = 2R / (1 + R) rises with it."""
    between = scores.intervals(_many(20), resamples=4000)["deal"]
    cumulated, quantiles = 0.0, []
    for count in range(41):
        cumulated += math.comb(40, count) / 2**40
        if len(quantiles) < 1 and cumulated > 0.025:
            quantiles.append(count)
        if len(quantiles) < 2 and cumulated > 0.975:
            quantiles.append(count)
    low, high = (2 * count / (40 + count) for count in quantiles)
    assert between.low is not None
    assert between.high is not None
    # one article more or less is what 4000 draws may miss a quantile by
    assert abs(between.low - low) < 0.025
    assert abs(between.high - high) < 0.025


@pytest.mark.parametrize("right", [0, 40])
def test_what_is_all_right_or_all_wrong_has_no_width(right: int) -> None:
    told = scores.intervals(_many(right), resamples=50)["slot"]
    assert (told.low, told.high) == ((0.0, 0.0) if not right else (1.0, 1.0))


def test_without_gold_there_is_no_interval() -> None:
    empty = evaluate([], [])
    assert set(scores.intervals(empty, resamples=20).values()) == {scores.Interval(None, None)}


@pytest.mark.parametrize(
    ("values", "low", "high"),
    [
        (range(1, 101), 3, 98),
        (range(1, 1001), 26, 975),
        ([5, None], 5, 5),
        ([None], None, None),
    ],
)
def test_the_middle_is_cut_by_rank(values: Any, low: float | None, high: float | None) -> None:
    assert scores.interval(values) == scores.Interval(low, high)


# --- two runs ----------------------------------------------------------------------------------


def test_a_run_does_not_differ_from_itself() -> None:
    told = scores.against(_many(20), _many(20), resamples=100)
    assert {(one.delta, one.p) for one in told.differences if one.score is not None} == {(0.0, 1.0)}
    assert told.changed == ()


def test_a_better_run_differs() -> None:
    told = scores.against(_many(36), _many(12), resamples=999)
    deal = told.differences[0]
    assert (deal.name, deal.score, deal.other) == ("deal", *map(pytest.approx, (72 / 76, 24 / 52)))
    assert deal.delta == pytest.approx(72 / 76 - 24 / 52)
    assert deal.p == 1 / 1000
    assert [change.article_id for change in told.changed] == [f"a{n}" for n in range(12, 36)]
    assert {(change.gain, change.slot.tp, change.other.fn) for change in told.changed} == {
        (4, 4, 4)
    }
    worse = scores.against(_many(12), _many(36), resamples=999)
    assert {change.gain for change in worse.changed} == {-4}
    assert worse.differences[0].delta == -deal.delta


def test_one_article_of_forty_proves_nothing() -> None:
    told = scores.against(_many(21), _many(20), resamples=500)
    p = told.differences[0].p
    assert p is not None
    assert p > 0.05


def test_runs_must_be_of_the_same_articles() -> None:
    with pytest.raises(GoldError, match="not scored on the same articles"):
        scores.against(_many(1, 3), _many(1, 4))


def test_the_order_of_records_is_no_change() -> None:
    deals = [_deal("甲辰", "乙巳"), _deal("丙午", "丁未")]
    gold = [_gold("a", *deals)]
    one, two = (evaluate(gold, [_pred("a", *d)]) for d in (deals, deals[::-1]))
    assert scores.against(one, two, resamples=10).changed == ()


# --- calibration -------------------------------------------------------------------------------


def test_confidence_of_one_lies_in_the_last_bin() -> None:
    deal = _deal("甲辰", "乙巳")
    told = [deal | {"confidence": sure} for sure in (1.0, 0.0, 0.3)]
    report = evaluate([_gold("a", deal)], [_pred("a", *told)])
    assert [b.low for b in scores.calibration(report).bins] == [0.0, 0.3, 0.9]


def test_what_says_no_confidence_or_is_optional_is_left_out() -> None:
    deal, optional = _deal("甲辰", "乙巳"), _deal("丙午", "丁未", optional=True)
    report = evaluate(
        [_gold("a", deal, optional)], [_pred("a", deal, optional | {"confidence": 1})]
    )
    assert scores.calibration(report) == scores.Calibration(0, (), None, None)


def test_details_are_plain_json() -> None:
    told = json.loads(json.dumps(scores.details(_many(3, 5), resamples=10)))
    assert list(told) == ["intervals", "muc", "by", "calibration"]
    assert told["muc"]["slot"] == {
        "correct": 12, "incorrect": 0, "partial": 0, "missing": 8, "spurious": 0,
        "precision": 1.0, "recall": 0.6, "f1": 0.75,
    }  # fmt: skip
    assert [group["name"] for group in told["by"]["deals"]] == ["1"]


# --- the command -------------------------------------------------------------------------------


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path, Path]:
    """Gold of three articles, an output that has them all, and one that has the first."""
    deal = _deal("甲辰", "乙巳")
    lines = [{"article_id": f"a{n}", "text": "投资", "deals": [deal]} for n in range(3)]
    paths = []
    for name, number in (("gold", 3), ("all", 3), ("first", 1)):
        path = tmp_path / f"{name}.jsonl"
        path.write_text("".join(f"{json.dumps(line)}\n" for line in lines[:number]), "utf-8")
        paths.append(path)
    return paths[0], paths[1], paths[2]


def _run(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        main([str(argument) for argument in arguments])
    told = capsys.readouterr()
    return int(ended.value.code or 0), told.out, told.err


def test_details_and_the_other_run_are_shown(
    capsys: pytest.CaptureFixture[str],
    files: tuple[Path, Path, Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    gold, good, first = files
    code, printed, told = _run(capsys, "evaluate", gold, first, "--details", "--against", good)
    rows = [line.split() for line in printed.splitlines()]
    assert (code, told) == (0, "")
    for row in (
        ["slot", "4", "0", "0", "8", "0", "1.000", "0.333", "0.500"],
        ["announced", "3", "3", "0.500", "0.500", "0.500", "0.500"],
        ["a1", "0", "4", "4", "0", "-4"],
        ["2", "articles", "changed"],
    ):
        assert row in rows
    (deal,) = [row for row in rows if row[:4] == ["deal", "0.500", "1.000", "-0.500"]]
    assert deal[4].startswith("-1.000..")


def test_details_and_the_other_run_are_printed_as_json(
    capsys: pytest.CaptureFixture[str], files: tuple[Path, Path, Path]
) -> None:
    gold, good, first = files
    options = ("--details", "--against", good, "--json")
    code, printed, _ = _run(capsys, "evaluate", gold, first, *options)
    report = json.loads(printed)
    assert code == 0
    assert report["intervals"]["deal"] == {"low": 0.0, "high": 1.0}
    assert report["muc"]["slot"]["missing"] == 8
    changed = report["against"]["changed"]
    assert [(one["article_id"], one["gain"]) for one in changed] == [("a1", -4), ("a2", -4)]


def test_the_page_of_errors_is_written(
    capsys: pytest.CaptureFixture[str], files: tuple[Path, Path, Path], tmp_path: Path
) -> None:
    gold, _, first = files
    out = tmp_path / "errors.html"
    assert _run(capsys, "evaluate", gold, first, "--html", out)[0] == 0
    html = out.read_text(encoding="utf-8")
    assert html.startswith("<!doctype html>\n")
    assert html.count('data-kind="missed"') == 2
    code, _, told = _run(capsys, "evaluate", gold, first, "--html", tmp_path / "no" / "x.html")
    assert code == 2
    assert "cannot be written" in told
