"""The model of names: what comes out of scores, the shipped weights, and the data it is taught by."""

from __future__ import annotations

import json
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract import ner, ner_data, train_ner
from extract.ner import LABELS, ModelError, Span, Tagger
from extract.text import fold

MODEL = Path(__file__).resolve().parents[1] / "models" / "ner"

# --- a network that is told its answers ----------------------------------------------------------

VOCABULARY = {
    char: number for number, char in enumerate(["[PAD]", "[UNK]", "[MASK]", *"甲乙丙丁。"])
}
ANSWERS = {"甲": "B-company", "乙": "I-company", "丙": "E-company", "丁": "S-person"}


def scripted(ids: ner.Ids, types: ner.Ids, mask: ner.Ids) -> ner.Floats:
    """Each character has its own tag, whatever stands around it."""
    scores = np.zeros((*ids.shape, len(LABELS)), np.float32)
    chars = {number: char for char, number in VOCABULARY.items()}
    for place in np.ndindex(ids.shape):
        scores[(*place, LABELS.index(ANSWERS.get(chars[int(ids[place])], "O")))] = 20
    return scores


TOLD = Tagger(VOCABULARY, scripted)


def shown(text: str, spans: list[Span]) -> list[tuple[str, str, str]]:
    return [(text[span.start : span.end], span.label, span.fine) for span in spans]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", []),
        ("。", []),
        ("甲丙。丁", [("甲丙", "ORG", "company"), ("丁", "PERSON", "person")]),
        ("甲乙乙丙丁", [("甲乙乙丙", "ORG", "company"), ("丁", "PERSON", "person")]),
        ("甲丙甲丙", [("甲丙", "ORG", "company"), ("甲丙", "ORG", "company")]),
    ],
)
def test_tags_make_names(text: str, names: list[tuple[str, str, str]]) -> None:
    assert shown(text, TOLD.tag([text])[0]) == names


def test_no_texts_no_names() -> None:
    assert TOLD.tag([]) == []


def test_texts_keep_their_order_whatever_their_length() -> None:
    texts = ["丁", "。" * 300 + "甲丙", "", "甲丙。", "丁" * 3]
    found = [shown(text, spans) for text, spans in zip(texts, TOLD.tag(texts), strict=True)]
    org, person = ("甲丙", "ORG", "company"), ("丁", "PERSON", "person")
    assert found == [[person], [org], [], [org], [person] * 3]


@given(st.text("甲乙丙丁。", max_size=900))
def test_names_are_disjoint_and_within_the_text(text: str) -> None:
    spans = TOLD.tag([text])[0]
    edges = [edge for span in spans for edge in (span.start, span.end)]
    assert edges == sorted(edges)
    assert all(span.start < span.end <= len(text) for span in spans)


@given(st.integers(1, 2000))
def test_windows_cover_a_text_and_overlap(length: int) -> None:
    found = ner.windows(length)
    assert (found[0][0], found[-1][1]) == (0, length)
    assert all(end - start <= ner.MAX_LENGTH for start, end in found)
    assert all(before[1] - after[0] == ner.OVERLAP for before, after in pairwise(found))


def test_a_name_on_the_border_of_two_windows_is_whole() -> None:
    for offset in range(200, 262):
        text = "。" * offset + "甲乙丙" + "。" * 200
        assert shown(text, TOLD.tag([text])[0]) == [("甲乙丙", "ORG", "company")]


@pytest.mark.parametrize(
    ("span", "score", "inside"),
    [((1, 4), 1.0, 1.0), ((1, 3), 0.5, 1.0), ((0, 4), 0.5, 0.75), ((2, 2), 0.0, 0.0)],
)
def test_stretches_are_scored_by_their_borders(
    span: tuple[int, int], score: float, inside: float
) -> None:
    (marks,) = TOLD.mark(["。甲乙丙。"])
    assert marks.score(*span) == pytest.approx(score, abs=1e-3)
    assert marks.inside(*span) == pytest.approx(inside, abs=1e-3)
    assert TOLD.score("。甲乙丙。", [span]) == [marks.score(*span)]


# --- what goes into the model --------------------------------------------------------------------


@given(st.text(max_size=200))
def test_every_character_has_a_type(text: str) -> None:
    types = ner.word_types(fold(text))
    assert len(types) == len(text)
    assert all(0 < kind < ner.MASKED_TYPE for kind in types)


def test_types_tell_words_and_places() -> None:
    types = [(kind - 1) // 4 for kind in ner.word_types("收购机器人")]
    assert len(set(types[:2])) == len(set(types[2:])) == 1
    assert [(kind - 1) % 4 for kind in ner.word_types("收购机器人的")] == [1, 3, 1, 2, 3, 0]


def test_vocabulary_files_hold_line_ends() -> None:
    assert ner.read_vocabulary("[PAD]\n[UNK]\n[MASK]\n\\n\n \n公\n") == {
        "[PAD]": 0, "[UNK]": 1, "[MASK]": 2, "\n": 3, " ": 4, "公": 5,
    }  # fmt: skip


# --- models that cannot be used ------------------------------------------------------------------


def test_a_missing_model_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"^config\.json: cannot be read"):
        Tagger.load(tmp_path)


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ("{", "config.json:1: Expecting"),
        ("{}", "config.json: labels: made for another version"),
        (
            json.dumps({"labels": LABELS, "types": 1, "max_length": 256}),
            "config.json: types: made for another version",
        ),
    ],
)
def test_a_model_of_another_version_is_an_error(tmp_path: Path, config: str, message: str) -> None:
    (tmp_path / "config.json").write_text(config, encoding="utf-8")
    with pytest.raises(ModelError) as error:
        Tagger.load(tmp_path)
    assert str(error.value).startswith(message)


def test_the_import_loads_no_runtime() -> None:
    code = "import sys, extract.ner, extract.ner_data, extract.train_ner; print(sorted({'onnxruntime', 'numpy', 'torch', 'transformers'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


# --- what it is taught by ------------------------------------------------------------------------

PLAIN = ner_data.Plain(
    frozenset(
        ["收购", "完成", "技术", "领域", "研发", "制造", "公司", "宣布", "美国", "财务", "机构"]
    ),
    frozenset(["跟投"]),
)


def outside(text: str) -> str:
    """The characters that surely name nothing; a dot for each of the others."""
    sure = {at for span in PLAIN.stretches(text, 0, len(text)) for at in range(*span)}
    return "".join(char if at in sure else "." for at, char in enumerate(text))


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("完成收购，研发的技术", "完成收购，研发的技术"),
        ("研发与制造领域", "研发与制造领域"),
        ("鲲屿科技宣布", "....宣布"),
        ("收购鲲屿的技术", "收购..的技术"),
        ("在美国完成", "在美国完成"),
        ("由财务机构投资", "由财务机构投资"),
        ("鲲屿投资", "...."),
        ("鲲屿，跟投", "..，跟投"),
        ("鲲屿跟投", "...."),
        ("8000万的", "8000万的"),
        ("鲲屿8000", "......"),
    ],
)
def test_common_words_are_outside(text: str, left: str) -> None:
    assert outside(text) == left


def test_tags_of_names_of_several_classes() -> None:
    sets = ner_data.tag_sets(3, ("company", "person"))
    assert [[LABELS[n] for n in range(len(LABELS)) if bits >> n & 1] for bits in sets] == [
        ["B-company", "B-person"], ["I-company", "I-person"], ["E-company", "E-person"],
    ]  # fmt: skip


def test_examples_hold_what_is_known() -> None:
    example = ner_data.make_example("鲲屿的甲", [(0, 2, ("company",))], [(2, 3)])
    company = ner_data.tag_sets(2, ("company",))
    assert example.allowed.tolist() == [*company, ner_data.OUTSIDE, ner_data.ALL]
    assert example.weight.tolist() == pytest.approx([1, 1, ner_data.SILVER, 1])
    assert example.names == ((0, 2),)
    assert example.part(1, 4).names == ()


def test_longer_names_win() -> None:
    spans = [(0, 2, ("company",)), (1, 5, ("person",)), (6, 7, ("product",))]
    assert ner_data.apart(spans) == spans[1:]


def test_ends_of_cluener_are_inclusive() -> None:
    row = {"text": "鲲屿的书", "label": {"company": {"鲲屿": [[0, 1]]}, "scene": {"书": [[3, 3]]}}}
    assert ner_data.cluener_spans(row) == [(0, 2, ("company",))]


def test_places_of_names_are_whole_words() -> None:
    named = {"鲲屿": ("company",), "Zorab": ("company",)}
    text = "鲲屿与Zorab，Zorabis和鲲屿"
    found = [text[start:end] for start, end, _ in ner_data.places_of(text, named)]
    assert found == ["鲲屿", "Zorab", "鲲屿"]


def test_windows_end_with_sentences() -> None:
    text = "甲" * 100 + "。" + "乙" * 40 + "。" + "丙" * 90 + "。丁"
    assert list(ner_data.windows(text)) == [(0, 142), (142, 234)]


def test_scores() -> None:
    score = train_ner.Score(right=6, found=8, wanted=12)
    assert (score.precision, score.recall, score.f1) == (0.75, 0.5, 0.6)
    empty = train_ner.Score(0, 0, 0)
    assert (empty.precision, empty.recall, empty.f1) == (0.0, 0.0, 0.0)


# --- what is learned, where torch is installed ---------------------------------------------------


def test_the_loss_counts_only_what_is_known() -> None:
    torch = pytest.importorskip("torch", reason="the extra zhdeals[train] is not installed")
    scores = torch.zeros((1, 3, len(LABELS)))
    allowed = torch.tensor([[ner_data.ALL, ner_data.OUTSIDE, ner_data.OUTSIDE | 2]])
    loss = train_ner.partial_loss(scores, allowed.int(), torch.ones((1, 3)))
    size = len(LABELS)
    assert float(loss) == pytest.approx((np.log(size) + np.log(size / 2)) / 2)


def test_a_network_survives_its_export(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch", reason="the extra zhdeals[train] is not installed")
    pytest.importorskip("onnx", reason="the extra zhdeals[train] is not installed")
    torch.manual_seed(7)
    network = train_ner.make_network(len(VOCABULARY)).eval()
    train_ner.export(network, tmp_path, list(VOCABULARY))
    texts = ["甲乙丙。", "丁。"]
    whole = Tagger(VOCABULARY, train_ner.torch_network(network)).mark(texts)
    small = Tagger.load(tmp_path).mark(texts)
    for one, other in zip(whole, small, strict=True):
        assert np.abs(one.probabilities - other.probabilities).max() < 0.05


# --- the weights that are shipped ----------------------------------------------------------------

PINNED = {
    "公司鲲屿智能宣布完成3亿元A轮融资，由高瓴创投领投，云启资本跟投。": [
        ("鲲屿智能", "ORG"),
        ("高瓴创投", "ORG"),
        ("云启资本", "ORG"),
    ],
    "英伟达拟以50亿美元入股英特尔。": [("英伟达", "ORG"), ("英特尔", "ORG")],
    "OpenAI与甲骨文签署了一份为期五年的算力合同。": [("OpenAI", "ORG"), ("甲骨文", "ORG")],
    "中国证监会已受理该公司的上市申请。": [("中国证监会", "ORG")],
    "马斯克表示，xAI将再采购2万块H100。": [
        ("马斯克", "PERSON"),
        ("xAI", "ORG"),
        ("H100", "HARDWARE"),
    ],
    "最早下月便可完成交割，持股比例升至30%。": [],
    "研发与制造领域的投资逐年上升。": [],
    "Zenvora AI获8000万美元B轮融资，Andreessen Horowitz领投。": [
        ("Zenvora AI", "ORG"),
        ("Andreessen Horowitz", "ORG"),
    ],
    "清华大学与比亚迪成立联合实验室。": [("清华大学", "ORG"), ("比亚迪", "ORG")],
    "北京砺芯微电子有限公司（简称“砺芯微”）新增股东宁德时代。": [
        ("北京砺芯微电子有限公司", "ORG"),
        ("砺芯微", "ORG"),
        ("宁德时代", "ORG"),
    ],
}


@pytest.fixture(scope="module")
def shipped() -> Tagger:
    return Tagger.load()


@pytest.mark.parametrize(("text", "names"), PINNED.items())
def test_the_shipped_model_names(shipped: Tagger, text: str, names: list[tuple[str, str]]) -> None:
    (spans,) = shipped.tag([text])
    assert [(text[span.start : span.end], span.label) for span in spans] == names


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        ("最早下月便可完成交割", "最早下月便可"),
        ("持股比例升至30%", "持股比例"),
        ("鲲屿智能获后期轮融资", "后期轮"),
        ("在研发与制造领域投资", "研发与制造领域"),
        ("AI领域投资", "AI领域"),
        ("投资8000 万美金", "8000 万美金"),
    ],
)
def test_phrases_score_low(shipped: Tagger, text: str, phrase: str) -> None:
    start = text.index(phrase)
    assert shipped.score(text, [(start, start + len(phrase))])[0] < 0.05


def test_names_score_high(shipped: Tagger) -> None:
    assert shipped.score("云启资本跟投", [(0, 4)])[0] > 0.9


def test_the_same_texts_give_the_same_marks(shipped: Tagger) -> None:
    texts = list(PINNED)
    assert shipped.tag(texts) == shipped.tag(texts)


def test_the_model_is_small_enough_to_ship() -> None:
    assert sum(path.stat().st_size for path in MODEL.iterdir()) < 7_000_000


def test_the_card_names_every_source() -> None:
    text = (MODEL / "README.md").read_text(encoding="utf-8")
    named = ("CLUENER", "FewFC", "FinRE", "AI-IT-News-Archive", "ai36kr", "weixin-topic-reader")
    assert [
        name for name in (*named, "Company-Names-Corpus", "MIT", "CC BY-SA 4.0") if name not in text
    ] == []
