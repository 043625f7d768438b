"""The command line: what each command prints, and how it ends."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest

from extract.article import Article
from extract.cli import app, main
from extract.evaluate import GATED
from extract.records import ArticleDeals, Cite, DealRecord, Money, Party, json_schema

TEXT = "云岭资本宣布投资星澜科技3亿元。"
Call = Callable[..., tuple[int, str, str]]


def _cite(text: str, words: str) -> Cite:
    start = text.index(words)
    return Cite(start=start, end=start + len(words), text=words)


def _party(text: str, name: str, role: str) -> Party:
    return Party.model_validate(
        {"name": name, "role": role, "names": [name], "id": name, "mentions": [_cite(text, name)]}
    )


def _deal(text: str) -> DealRecord:
    words = _cite(text, "3亿元")
    value = {"min": 300_000_000, "max": 300_000_000, "currency": "CNY", "modifier": "exact"}
    return DealRecord(
        id="d1",
        type="investment",
        investor=(_party(text, "云岭资本", "investor"),),
        target=(_party(text, "星澜科技", "investee"),),
        amount=Money.model_validate({**words.model_dump(), **value}),
        status="announced",
        evidence=text,
        sources={
            "type": (_cite(text, "投资"),),
            "status": (_cite(text, "宣布"),),
            "evidence": (_cite(text, text),),
        },
        rules=("invest",),
        confidence=0.8,
    )


class StandIn:
    """In the pipeline's place: one deal in the one text it knows, none in any other."""

    def __init__(
        self, *, lexicon: bool = True, model: object = True, min_confidence: float = 0.0
    ) -> None:
        self.lexicon = lexicon
        self.min_confidence = min_confidence

    def read_article(self, article: Article) -> ArticleDeals:
        known = article.text == TEXT and self.lexicon
        deals = (_deal(article.text),) if known and self.min_confidence <= 0.8 else ()
        return ArticleDeals(article_id=article.article_id, published=article.published, deals=deals)


@pytest.fixture(autouse=True)
def _surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("extract.pipeline.Pipeline", StandIn)
    monkeypatch.setenv("COLUMNS", "100")
    for name in ("FORCE_COLOR", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Call:
    """Runs the command and gives its exit code, output and complaints."""

    def run(*arguments: str | Path) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
        told = capsys.readouterr()
        code = ended.value.code
        return code if isinstance(code, int) else -1, told.out, told.err

    return run


@pytest.fixture
def news(tmp_path: Path) -> Path:
    folder = tmp_path / "news"
    folder.mkdir()
    (folder / "a.txt").write_text(TEXT, encoding="utf-8")
    (folder / "b.txt").write_text("今天天气很好。", encoding="utf-8")
    return folder


def _gold_line(article_id: str = "a") -> str:
    record = {
        "type": "investment",
        "investor": [{"name": "云岭资本"}],
        "target": [{"name": "星澜科技"}],
        "status": "announced",
        "evidence": TEXT[:-1],
    }
    line = {"article_id": article_id, "text": TEXT, "deals": [record]}
    return json.dumps(line, ensure_ascii=False)


@pytest.fixture
def gold(tmp_path: Path) -> Path:
    path = tmp_path / "gold.jsonl"
    path.write_text(_gold_line() + "\n", encoding="utf-8")
    return path


def _lines(path: Path) -> list[ArticleDeals]:
    return [ArticleDeals.model_validate_json(line) for line in path.read_text("utf-8").splitlines()]


# --- run ---------------------------------------------------------------------------------------


def test_run_writes_a_line_for_each_article(call: Call, news: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    code, printed, told = call("run", news, "--out", out)
    assert (code, printed) == (0, "")
    assert told.startswith("2 articles, 1 deals, 0 failures, 23 characters in ")
    assert _lines(out) == [
        ArticleDeals(article_id="a", deals=(_deal(TEXT),)),
        ArticleDeals(article_id="b"),
    ]


@pytest.mark.parametrize(
    ("options", "deals", "text", "published"),
    [
        ((), 1, None, None),
        (("--with-text",), 1, TEXT, None),
        (("--min-confidence", "0.9"), 0, None, None),
        (("--no-lexicon",), 0, None, None),
        (("--published", "2026-01-02"), 1, None, "2026-01-02"),
        (("--workers", "1"), 1, None, None),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_run_takes_options(
    call: Call,
    news: Path,
    options: tuple[str, ...],
    deals: int,
    text: str | None,
    published: str | None,
) -> None:
    code, printed, _ = call("run", news / "a.txt", *options)
    line = ArticleDeals.model_validate_json(printed)
    assert (code, len(line.deals), line.text, line.published) == (0, deals, text, published)


def test_run_ends_with_1_where_something_could_not_be_read(call: Call, news: Path) -> None:
    (news / "c.json").write_text("{", encoding="utf-8")
    code, printed, told = call("run", news, news / "none.txt")
    assert (code, len(printed.splitlines())) == (1, 2)
    first, second, last = told.splitlines()
    assert first.startswith(f"{news}/c.json: is not JSON")
    assert second == f"{news}/none.txt: no such file or folder"
    assert last.startswith("2 articles, 1 deals, 2 failures")


MISUSE: list[tuple[tuple[str, ...], str]] = [
    (("fly",), "No such command 'fly'."),
    (("run",), "Missing argument 'PATH"),
    (("schema", "--loud"), "No such option: --loud"),
    (("run", "x", "--out", "/none/out"), "/none/out: cannot be written: No such file or directory"),
    (("run", "x", "--out", "/"), "/: is a folder"),
    (("evaluate", "none.jsonl"), "none.jsonl: cannot be read: [Errno 2] No such file or"),
    (("check", "none.jsonl"), "none.jsonl: cannot be read: [Errno 2] No such file or"),
    (
        ("evaluate", "x", "--pin"),
        "--pin needs --floors, and --force needs --pin; --split has no floors",
    ),
    (
        ("evaluate", "x", "--floors", "f", "--split", "test"),
        "--pin needs --floors, and --force needs",
    ),
    (("evaluate", "x", "--floors", "f", "--force"), "--pin needs --floors, and --force needs"),
    (("amounts", "3亿元", "--region", "JP"), "--region: must be one of CN, TW, HK"),
    (("dates", "昨日", "--published", "2025"), "Invalid value for '--published':"),
    (("run", "x", "--workers", "0"), "Invalid value for '--workers':"),
    (("run", "x", "--log-format", "xml"), "--log-format: must be one of text, json"),
    (("run", "x", "--column", "text"), "--column: must be FIELD=NAME, each field once"),
    (("run", "x", "--retry-failed"), "--retry-failed: needs --out with a file"),
    (("run", "x", "--min-confidence", "2"), "Invalid value for '--min-confidence':"),
]


@pytest.mark.parametrize(("arguments", "message"), MISUSE, ids=[" ".join(c[0]) for c in MISUSE])
def test_misuse_is_one_line_and_exit_code_2(
    call: Call, arguments: tuple[str, ...], message: str
) -> None:
    code, printed, told = call(*arguments)
    assert (code, printed, told.count("\n")) == (2, "", 1)
    assert told.startswith(f"zhdeals: {message}")


# --- the other commands ------------------------------------------------------------------------


def test_show_prints_the_text_and_its_deals(call: Call, news: Path) -> None:
    code, printed, told = call("show", news / "a.txt", "--published", "2026-01-02")
    assert (code, told) == (0, "")
    assert printed.splitlines()[:2] == ["a  2026-01-02", TEXT]
    card = [line.strip(" │").split() for line in printed.splitlines()[4:-1]]
    assert card == [
        ["investor", "云岭资本", "(investor)"],
        ["target", "星澜科技", "(investee)"],
        ["amount", "300,000,000", "CNY", "3亿元"],
        ["status", "announced", "宣布"],
        ["evidence", TEXT],
    ]


def test_show_leaves_out_what_is_less_sure(call: Call, news: Path) -> None:
    code, printed, _ = call("show", news / "a.txt", "--min-confidence", "0.9")
    assert (code, printed.splitlines()[-1]) == (0, "no deals")


def test_show_takes_a_text_or_what_cannot_be_read(call: Call) -> None:
    assert call("show", "今天天气很好。") == (0, "text\n今天天气很好。\n\nno deals\n", "")
    assert call("show", " ") == (1, "", "text: holds no text\n")


def test_schema_is_that_of_a_line(call: Call) -> None:
    code, printed, _ = call("schema")
    assert (code, json.loads(printed)) == (0, json_schema())
    jsonschema.Draft202012Validator.check_schema(json.loads(printed))
    line = json.loads(ArticleDeals(article_id="a", deals=(_deal(TEXT),)).model_dump_json())
    jsonschema.Draft202012Validator(json.loads(printed)).validate(line)


def test_check_names_every_violation(call: Call, news: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    call("run", news, "--out", out)
    assert call("check", out, "--articles", news) == (
        0,
        "",
        "2 articles, 1 deals, 0 violations\n",
    )
    (news / "a.txt").write_text(TEXT.replace("3亿元", "4亿元"), encoding="utf-8")
    code, printed, told = call(
        "check", out, "--articles", news / "a.txt", "--articles", news / "b.txt"
    )
    assert (code, told) == (1, "2 articles, 1 deals, 2 violations\n")
    assert printed.splitlines() == [
        f"{out}:1: a: deals.0.amount: cites '3亿元', but 12:15 reads '4亿元'",
        f"{out}:1: a: deals.0.sources.evidence.0: cites '{TEXT}', but 0:16 reads "
        f"'{TEXT.replace('3亿元', '4亿元')}'",
    ]


def test_amounts_and_dates_are_listed(call: Call) -> None:
    code, printed, _ = call(
        "amounts", "融资超过3亿元[甲]，持股27%", "--region", "TW", "--year", "2024"
    )
    rows = [line.split() for line in printed.splitlines()[1:]]
    assert (code, rows) == (
        0,
        [
            [
                "超过3亿元",
                "2:7",
                "money",
                "300,000,000..",
                "TWD",
                "9.35M..",
                "at_least",
                "inferred",
            ],
            ["27%", "13:16", "percent", "27", "%", "exact"],
        ],
    )
    code, printed, _ = call("dates", "去年10月，近日", "--published", "2025-12-18")
    rows = [line.split() for line in printed.splitlines()[1:]]
    assert (code, rows) == (
        0,
        [
            ["去年10月", "0:5", "2024-10", "month", "relative", "point"],
            ["近日", "6:8", "–", "vague", "vague", "point"],
        ],
    )


# --- evaluate ----------------------------------------------------------------------------------


def test_evaluate_reads_the_texts_of_gold(call: Call, gold: Path) -> None:
    code, printed, told = call("evaluate", gold)
    rows = [line.split() for line in printed.splitlines()]
    assert (code, told) == (0, "")
    assert rows[:3] == [
        ["1", "articles,", "1", "deals", "in", "gold"],
        ["P", "R", "F1", "tp", "fp", "fn"],
        ["deal", "1.000", "1.000", "1.000", "1", "0", "0"],
    ]
    assert ["slot:amount", "–", "–", "–", "0", "1", "0"] in rows


def test_evaluate_scores_a_file_and_shows_mistakes(
    call: Call, gold: Path, news: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.jsonl"
    call("run", news, "--out", out, "--no-lexicon")
    code, printed, _ = call("evaluate", gold, out, "--errors", "5", "--json")
    report = json.loads(printed)
    assert (code, report["deal"]["recall"], report["gold_deals"]) == (0, 0.0, 1)
    assert [(m["kind"], m["sentence"], m["pred"]) for m in report["errors"]] == [
        ("missed", TEXT, None)
    ]
    code, printed, _ = call("evaluate", gold, out, "--errors", "5")
    assert (code, printed.count(TEXT), printed.count("云岭资本")) == (0, 1, 2)


def test_evaluate_leaves_out_what_is_less_sure(call: Call, gold: Path) -> None:
    found = {
        least: json.loads(call("evaluate", gold, "--json", "--min-confidence", least)[1])["deal"]
        for least in ("0.8", "0.9")
    }
    assert {least: counts["recall"] for least, counts in found.items()} == {"0.8": 1.0, "0.9": 0.0}


def test_evaluate_is_a_gate(call: Call, gold: Path, tmp_path: Path) -> None:
    floors = tmp_path / "floors.json"
    options = (gold, "--floors", floors)
    assert call("evaluate", *options, "--pin")[0] == 0
    assert call("evaluate", *options)[0] == 0
    code, _, told = call("evaluate", *options, "--no-lexicon")
    table = json.loads(floors.read_text(encoding="utf-8"))["gold.jsonl"]["floors"]
    assert told.splitlines() == [
        f"{name} F1 0.0000 is under its floor {table[name]:.3f}"
        for name in sorted(GATED)
        if table[name]
    ]
    assert code == 1
    assert call("evaluate", *options, "--no-lexicon", "--pin")[0] == 1
    assert call("evaluate", *options, "--no-lexicon", "--pin", "--force")[0] == 0
    gold.write_text(_gold_line("b") + "\n", encoding="utf-8")
    assert call("evaluate", *options)[0] == 1


def test_evaluate_needs_a_text_or_output(call: Call, tmp_path: Path) -> None:
    path = tmp_path / "gold.jsonl"
    path.write_text('{"article_id": "a", "deals": []}\n', encoding="utf-8")
    assert call("evaluate", path) == (2, "", "zhdeals: a: has no text to be read\n")


# --- the whole ---------------------------------------------------------------------------------


def test_help_and_version_are_told(call: Call) -> None:
    names = [
        command.name or command.callback.__name__.replace("_", "-")
        for command in app.registered_commands
    ] + [group.name for group in app.registered_groups]
    code, printed, _ = call()
    listed = [line.split()[0] for line in printed.partition("Commands:\n")[2].splitlines()]
    assert (code, listed) == (0, names)
    assert call("--version") == (0, "zhdeals 0.1.0\n", "")


HEAVY = ("spacy", "pydantic", "jieba", "rjieba", "opencc", "rich.console", "dateparser", "numpy")


def test_help_loads_nothing_heavy() -> None:
    script = (
        "import sys; from extract.cli import main\n"
        "try: main(['--help'])\n"
        f"except SystemExit: print([name for name in {HEAVY} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"


def test_the_package_runs_as_a_module() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "extract", "fly"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (2, "zhdeals: No such command 'fly'.\n")
