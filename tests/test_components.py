"""The spaCy way: ``extract.load()``, its components in other pipelines, saved and loaded again."""

from __future__ import annotations

import datetime
import os
import subprocess
import sys
import tomllib
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

import pytest
import spacy
from spacy.language import Language
from spacy.tokens import Doc

import extract
from extract import Pipeline
from extract.components import COMPONENTS, TOKENIZER

ROOT = Path(__file__).resolve().parents[1]
ENTRY_POINTS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"][
    "entry-points"
]

TEXT = "软银昨日宣布以65亿美元收购Ampere，輝達以20億美元投資Mistral AI。"
NO_DEAL = "北京今天多云。"


@pytest.fixture(scope="module")
def nlp() -> Language:
    return extract.load()


@pytest.fixture(scope="module")
def pipeline() -> Pipeline:
    return Pipeline()


def told(doc: Doc) -> list[object]:
    """All that a Doc tells."""
    groups = {
        key: [(s.start_char, s.end_char, s.label_, s.kb_id_, s.id_, s._.mention) for s in group]
        for key, group in doc.spans.items()
    }
    return [doc.text, [t.text for t in doc], groups, doc._.deals, doc._.published]


# --- the pipeline ------------------------------------------------------------------------------


@pytest.mark.parametrize("text", [TEXT, NO_DEAL, "", "👍 \n软银收购Ampere"])
def test_the_spacy_way_tells_what_the_pipeline_tells(
    nlp: Language, pipeline: Pipeline, text: str
) -> None:
    assert told(nlp(text)) == told(pipeline.doc(text))


def test_a_doc_may_have_its_day_of_publication(nlp: Language, pipeline: Pipeline) -> None:
    doc = nlp.make_doc(TEXT)
    doc._.published = datetime.date(2025, 3, 20)
    doc._.article_id = "a1"
    found = nlp(doc)._.deals
    assert found == pipeline.read(TEXT, published="2025-03-20", article_id="a1").deals
    assert found[0].date == "2025-03-19"


def test_the_context_of_a_pipe_has_the_day_of_publication(
    nlp: Language, pipeline: Pipeline
) -> None:
    contexts = [
        {"published": "2025-03-20", "article_id": "a1"},
        {"published": datetime.date(2025, 5, 1)},
        {"published": None},
        {},
    ]
    docs = list(nlp.pipe([(TEXT, context) for context in contexts], as_tuples=True))
    assert [context for _, context in docs] == contexts
    wanted = [("2025-03-20", "a1"), ("2025-05-01", "text"), (None, "text"), (None, "text")]
    assert [(doc._.published, doc._.article_id) for doc, _ in docs] == wanted
    for (doc, _), (published, name) in zip(docs, wanted, strict=True):
        found = pipeline.read(TEXT, published=published, article_id=name)
        assert doc._.deals == found.deals


@pytest.mark.parametrize("context", ["2025-03-20", 7, None])
def test_another_context_is_left_alone(nlp: Language, context: object) -> None:
    ((doc, again),) = nlp.pipe([(TEXT, context)], as_tuples=True)
    assert (again, doc._.published) == (context, None)


def test_docs_of_a_pipe_are_those_of_calls(nlp: Language) -> None:
    texts = [TEXT, NO_DEAL, ""]
    assert [told(doc) for doc in nlp.pipe(texts)] == [told(nlp(text)) for text in texts]


def test_the_analysis_does_not_stay_on_the_doc(nlp: Language) -> None:
    assert nlp(TEXT).user_hooks == {}


@pytest.mark.parametrize("name", COMPONENTS)
def test_a_component_works_without_the_other(pipeline: Pipeline, name: str) -> None:
    nlp = spacy.blank("zh")  # spaCy's own tokens: one for each character
    nlp.add_pipe(name)
    doc, wanted = nlp(TEXT), pipeline.doc(TEXT)
    if name == "zhdeals_deals":
        assert doc._.deals == wanted._.deals
        return
    spans = [[(s.text, s.label_, s._.mention) for s in d.spans["mentions"]] for d in (doc, wanted)]
    assert spans[0] == spans[1]
    assert doc._.deals == ()


@pytest.mark.parametrize(
    ("published", "name"), [("2025-05-01", "a1"), ("2025-03-20", "a2"), ("2025-03-20", "a1")]
)
def test_what_is_set_after_the_mentions_counts_as_well(
    nlp: Language, pipeline: Pipeline, published: str, name: str
) -> None:
    doc = nlp.make_doc(TEXT)
    doc._.published, doc._.article_id = "2025-03-20", "a1"
    doc = nlp.get_pipe("zhdeals_mentions")(doc)
    doc._.published, doc._.article_id = published, name
    doc = nlp.get_pipe("zhdeals_deals")(doc)
    assert doc._.deals == pipeline.read(TEXT, published=published, article_id=name).deals


def test_the_lists_of_organisations_can_be_left_out() -> None:
    plain = extract.load(lexicon=False)
    assert told(plain(TEXT)) == told(Pipeline(lexicon=False).doc(TEXT))
    assert [plain.get_pipe_config(name)["lexicon"] for name in COMPONENTS] == [False, False]


def test_the_components_declare_what_they_assign(nlp: Language) -> None:
    analysis = nlp.analyze_pipes(keys=["assigns", "retokenizes"])
    assert analysis["summary"] == {
        "zhdeals_mentions": {"assigns": ["doc.spans", "span._.mention"], "retokenizes": True},
        "zhdeals_deals": {"assigns": ["doc._.deals"], "retokenizes": False},
    }


def test_attributes_of_others_are_used_as_they_are() -> None:
    """Run apart, as attributes belong to the process."""
    source = (
        "from spacy.tokens import Doc\n"
        "Doc.set_extension('published', default='2025-03-20')\n"
        "import extract\n"
        f"print(extract.load()({TEXT!r})._.deals[0].date)"
    )
    assert run(source).split() == ["2025-03-19"]


# --- saved -------------------------------------------------------------------------------------


def test_a_saved_pipeline_is_loaded(nlp: Language, tmp_path: Path) -> None:
    nlp.to_disk(tmp_path / "model")
    again = spacy.load(tmp_path / "model")
    assert again.pipe_names == list(COMPONENTS)
    assert told(again(TEXT)) == told(nlp(TEXT))


def test_a_pipeline_is_made_from_its_configuration_and_bytes(nlp: Language) -> None:
    again = type(nlp).from_config(nlp.config).from_bytes(nlp.to_bytes())
    assert told(again(TEXT)) == told(nlp(TEXT))


def test_a_pipeline_can_be_initialized() -> None:
    fresh = extract.load()
    before = told(fresh(TEXT))
    fresh.initialize()
    assert told(fresh(TEXT)) == before


def test_entry_points_name_the_factories() -> None:
    assert set(ENTRY_POINTS["spacy_factories"]) == set(COMPONENTS)
    assert set(ENTRY_POINTS["spacy_tokenizers"]) == {TOKENIZER}
    for group in ENTRY_POINTS.values():
        for place in group.values():
            module, name = place.split(":")
            assert callable(getattr(import_module(module), name))


def test_entry_points_are_enough_to_load_a_saved_pipeline(nlp: Language, tmp_path: Path) -> None:
    nlp.to_disk(tmp_path / "model")
    told_to_spacy = tmp_path / "site" / "told-1.dist-info"
    told_to_spacy.mkdir(parents=True)
    (told_to_spacy / "METADATA").write_text("Metadata-Version: 2.1\nName: told\nVersion: 1\n")
    (told_to_spacy / "entry_points.txt").write_text(
        "\n".join(
            line
            for group, entries in ENTRY_POINTS.items()
            for line in (f"[{group}]", *(f"{name} = {place}" for name, place in entries.items()))
        )
    )
    source = (
        f"import spacy\nnlp = spacy.load({str(tmp_path / 'model')!r})\n"
        f"print(len(nlp({TEXT!r})._.deals))"
    )
    found = run(source, PYTHONPATH=os.pathsep.join([str(tmp_path / "site"), str(ROOT)]))
    assert found.split() == [str(len(nlp(TEXT)._.deals))]


# --- started late ------------------------------------------------------------------------------


def run(source: str, **env: str) -> str:
    """What a Python of its own prints."""
    return subprocess.run(
        [sys.executable, "-c", source],
        env={**os.environ, "PYTHONUTF8": "1", **env},
        capture_output=True,
        check=True,
        encoding="utf-8",
    ).stdout


LATE = [
    "import extract; extract.__version__",
    "from typer.testing import CliRunner; from extract.cli import app\n"
    "CliRunner().invoke(app, ['--help'])",
    f"import extract; extract.Pipeline().read({TEXT!r})",
]


@pytest.mark.parametrize("source", LATE, ids=["import", "help", "read"])
def test_spacy_is_not_imported_before_it_is_needed(source: str) -> None:
    assert run(f"{source}\nimport sys; print('spacy' in sys.modules)").split() == ["False"]


def test_the_version_is_the_installed_one() -> None:
    assert extract.__version__ == version("zhdeals")


def test_every_public_name_is_there() -> None:
    assert [name for name in extract.__all__ if not hasattr(extract, name)] == []
    assert not hasattr(extract, "no_such_name")
