"""The shape of the code and of its documents, read from the files themselves."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main

from extract import Pipeline
from extract.cli import app

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "extract"
MODULES = sorted(PACKAGE.glob("*.py"))
TREES = {path.stem: ast.parse(path.read_text(encoding="utf-8")) for path in MODULES}

# A module imports only from rows above its own. The data folders stand with the errors: they hold
# no code.
LAYERS = [
    {"answers", "deal_report_assets", "errors", "models", "report_assets", "seeds"},
    {"html", "resources", "records", "serve_assets"},
    {"readers", "text"},
    {"readers_decode", "readers_open", "lexicon", "mentions", "ner"},
    {"ner_transformers", "readers_formats", "segment", "numerals", "persons"},
    {"amounts", "dates", "names", "readers_pages", "rounds"},
    {"article", "ner_data", "clauses", "refine", "sinks_parquet", "store"},
    {"conditions", "conversion", "gold", "resolve", "sinks", "tellings", "values"},
    {"linked", "pairing", "relations"},
    {"elsewhere", "link", "needs", "reading"},
    {"graph", "slips", "when"},
    {"state"},
    {"observer"},
    {"details", "attach", "confidence", "parts", "fitting"},
    {"founding"},
    {"deals"},
    {"doc"},
    {"pipeline"},
    {"journal", "workers"},
    {"batch", "check", "graph_export", "components", "evaluate", "train_ner"},
    {"annotate", "manifest"},
    {"cli_link", "cli_options", "engine_ray", "runs", "gate", "scores", "show"},
    {
        "annotate_brat",
        "annotate_doccano",
        "annotate_label_studio",
        "cli_export",
        "cli_graph",
        "cli_train",
        "convert",
        "error_report",
        "explain",
        "ingest",
        "llm",
        "score_views",
    },
    {"cli_annotate", "cli_convert", "cli_llm", "explain_view"},
    {"cli_explain", "deal_view", "serve_store", "serve_work"},
    {"deal_charts", "deal_web"},
    {"deal_report", "serve_page"},
    {"cli_report", "serve_jobs"},
    {"serve"},
    {"cli_serve"},
    {"cli"},
    {"__init__", "__main__"},
]
LAYER = {module: number for number, row in enumerate(LAYERS) for module in row}

MOST_LINES = 60

each_module = pytest.mark.parametrize("module", sorted(TREES))


def imported(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and name of every module of the package that is imported, wherever it is imported."""
    for node in ast.walk(tree):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module == "extract":
            names = [f"extract.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names = [node.module or ""]
        for name in names:
            if name.startswith("extract."):
                yield node.lineno, name.split(".")[1]


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def undocumented(node: ast.AST, *, place: str = "") -> Iterator[str]:
    """Public classes and functions without a docstring; what stands inside a function is private."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.ClassDef | ast.FunctionDef) or child.name.startswith("_"):
            continue
        if not ast.get_docstring(child):
            yield f"{place}{child.name}, line {child.lineno}"
        if isinstance(child, ast.ClassDef):
            yield from undocumented(child, place=f"{child.name}.")


def test_every_module_has_a_layer() -> None:
    assert sorted(set(TREES) - set(LAYER)) == []


@each_module
def test_imports_go_one_way(module: str) -> None:
    wrong = [
        f"extract/{module}.py:{line}: imports {name}, which is not below it"
        for line, name in imported(TREES[module])
        if LAYER.get(name, len(LAYERS)) >= LAYER[module]
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import extract.names", [(1, "names")]),
        ("from extract import deals, values", [(1, "deals"), (1, "values")]),
        ("def f():\n    from extract.cli import app", [(2, "cli")]),
        ("import json\nfrom rich import box", []),
    ],
)
def test_imports_are_found_wherever_they_stand(source: str, found: list[tuple[int, str]]) -> None:
    assert list(imported(ast.parse(source))) == found


def test_data_folders_are_not_hidden_by_modules() -> None:
    assert {"models", "seeds"} & set(TREES) == set()


@each_module
def test_nothing_is_printed_by_the_library(module: str) -> None:
    calls = [node for node in ast.walk(TREES[module]) if isinstance(node, ast.Call)]
    printed = [c.lineno for c in calls if isinstance(c.func, ast.Name) and c.func.id == "print"]
    assert module in {"cli", "show"} or printed == []


@each_module
def test_nothing_is_left_to_a_bare_assert(module: str) -> None:
    assert [n.lineno for n in ast.walk(TREES[module]) if isinstance(n, ast.Assert)] == []


@each_module
def test_what_is_public_says_what_it_does(module: str) -> None:
    tree = TREES[module]
    assert ast.get_docstring(tree)
    assert list(undocumented(tree)) == []


@each_module
def test_functions_are_short(module: str) -> None:
    long = [
        f"extract/{module}.py:{node.lineno}: {node.name}"
        for node in functions(TREES[module])
        if (node.end_lineno or 0) - node.lineno >= MOST_LINES
    ]
    assert long == []


# --- documents ---------------------------------------------------------------------------------


def words_of_the_command_line() -> list[str]:
    """Every command, as it is typed, and every option."""
    group = typer.main.get_command(app)
    commands = group.commands  # type: ignore[attr-defined]
    options = {
        option
        for command in (group, *commands.values())
        for parameter in command.params
        for option in parameter.opts
        if option.startswith("--") and option != "--help"
    }
    return sorted(f"zhdeals {name}" for name in commands) + sorted(options)


def test_the_words_of_the_command_line_are_found() -> None:
    assert {"zhdeals run", "--out", "--floors", "--version"} <= set(words_of_the_command_line())


@pytest.mark.parametrize("document", ["README.md", "CHANGELOG.md"])
def test_documents_tell_every_command_and_option(document: str) -> None:
    text = (ROOT / document).read_text(encoding="utf-8")
    assert [word for word in words_of_the_command_line() if word not in text] == []


def test_both_readmes_tell_the_same_commands() -> None:
    texts = [(ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "README.zh.md")]
    first, second = ([line for line in text.splitlines() if "venv/bin" in line] for text in texts)
    assert first == second
    assert len(first) >= 2


def part_of(shown: Any, whole: Any) -> Any:
    """What of the whole is shown: the keys of objects that are shown, and all entries of lists."""
    if isinstance(shown, dict) and isinstance(whole, dict):
        return {key: part_of(value, whole.get(key)) for key, value in shown.items()}
    if isinstance(shown, list) and isinstance(whole, list) and len(shown) == len(whole):
        return [part_of(one, other) for one, other in zip(shown, whole, strict=True)]
    return whole


def test_the_record_in_the_readme_is_what_comes_out() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    (sentence,) = re.findall(r"^> (.+)$", text, re.MULTILINE)
    (shown,) = (json.loads(block) for block in re.findall(r"```json\n(.+?)```", text, re.DOTALL))
    (deal,) = Pipeline().read(sentence, published="2025-03-20").model_dump(mode="json")["deals"]
    assert part_of(shown, deal) == shown


@pytest.mark.parametrize("document", ["README.md", "README.zh.md"])
def test_the_python_in_the_readmes_runs(
    document: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (ROOT / document).read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.+?)```", text, re.DOTALL)
    monkeypatch.chdir(ROOT)
    exec(compile("\n".join(blocks), document, "exec"), {})
    assert capsys.readouterr().out.splitlines()[0] == "acquisition 6500000000 USD 65亿美元"


def test_the_table_of_modules_has_the_layers() -> None:
    text = ROOT.joinpath("CONTRIBUTING.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (`[^|]+`) \|", text, re.M)
    told = [set(re.findall(r"`([a-z_]+)`", row)) for row in rows]
    assert [row for row in LAYERS if row not in told and "cli" not in row] == []
