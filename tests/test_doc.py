"""A text as a spaCy Doc: its tokens, its spans and their mentions, its deals."""

from __future__ import annotations

import datetime
import json
import pickle
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import spacy
from hypothesis import given
from hypothesis import strategies as st
from spacy import displacy
from spacy.tokens import Doc, DocBin, Span, SpanGroup

from extract import Pipeline
from extract.doc import Tokenizer, annotate, cut_tokens, published_of
from extract.errors import UsageError
from extract.mentions import Mention
from extract.pipeline import analyse
from extract.readers import carried
from extract.text import fold

CORPUS = Path(__file__).resolve().parents[1] / "corpus" / "articles.jsonl"
PIPELINE = Pipeline()
TOKENIZER = Tokenizer(spacy.blank("zh").vocab)

SIMPLIFIED = "软银宣布以65亿美元收购Ampere。"
TRADITIONAL = "輝達宣布以20億美元投資 Mistral AI ，持股5%。"
ROUND = "“青岚智算”宣布完成2亿元A轮融资，由云杉创投领投，北桥资本跟投。"
HARDWARE = "据悉，若干园区此前采购10万张GB200 NVL72，如果顺利，2026年6月全数到齐。"
NO_DEAL = "北京今天多云，最高气温12度。"
EMOJI = "🎉 软银  宣布\r\n以65亿美元\t收购Ampere 👨‍👩‍👧！　"
TEXTS = [SIMPLIFIED, TRADITIONAL, ROUND, HARDWARE, NO_DEAL, EMOJI, ""]

each_text = pytest.mark.parametrize("text", TEXTS)


@pytest.fixture(scope="module")
def pipeline() -> Pipeline:
    return PIPELINE


# --- tokens ------------------------------------------------------------------------------------

# Characters that hang on others, vanish, or change when they are folded.
ODD = "软銀收购 \t\r\n\v\f\u3000\xa0\u200b\u200d\ufe0f\u2028\x00ＡＢ１２㎡亿元👍👨🏽Éé"


@given(st.text() | st.text(ODD) | st.text("收购 \n\u3000"))
def test_the_text_of_a_doc_is_the_text(text: str) -> None:
    assert TOKENIZER(text).text == text


@each_text
def test_an_annotated_doc_has_the_same_text(pipeline: Pipeline, text: str) -> None:
    assert pipeline.doc(text).text == text


@given(st.text() | st.text(ODD))
def test_any_text_is_read(text: str) -> None:
    """All of it, but for what no record can carry, which keeps its place."""
    doc = PIPELINE.doc(text, published="2025-12-18")
    assert doc.text == carried(text)
    assert len(doc.text) == len(text)


def test_tokens_are_the_cuts_of_the_folded_text() -> None:
    text = "輝達宣布收購 ZT Systems"
    assert [token.text for token in TOKENIZER(text)] == [
        "輝",
        "達",
        "宣布",
        "收購",
        "ZT",
        "Systems",
    ]


def borders(doc: Doc) -> set[int]:
    return {token.idx for token in doc} | {token.idx + len(token) for token in doc}


EDGES = [
    ("软银收购Ampere", {1, 6, 8}, ["软", "银", "收购", "Am", "pe", "re"]),
    ("软银收购Ampere", {0, 2, 10}, ["软银", "收购", "Ampere"]),
    ("ZT Systems收购", {1, 3}, ["Z", "T", "Systems", "收购"]),
    ("Ampere", set(), ["Ampere"]),
    ("Ampere", {1, 2, 3, 4, 5}, list("Ampere")),
    ("", {0, 3}, []),
]


@pytest.mark.parametrize(("text", "edges", "tokens"), EDGES)
def test_tokens_are_cut_at_edges(text: str, edges: set[int], tokens: list[str]) -> None:
    doc = Doc(TOKENIZER.vocab, words=[*_words(text)], spaces=[*_spaces(text)])
    cut_tokens(doc, edges)
    assert [token.text for token in doc] == tokens
    assert doc.text == text
    assert all(token.text == text[token.idx : token.idx + len(token)] for token in doc)


def _words(text: str) -> Iterator[str]:
    yield from re.findall(r"[A-Za-z]+|软银|收购", text)


def _spaces(text: str) -> Iterator[bool]:
    yield from (
        text[match.end() :].startswith(" ") for match in re.finditer(r"[A-Za-z]+|软银|收购", text)
    )


@given(st.text("软银收购Ampere1亿元，\n"), st.sets(st.integers(0, 40)))
def test_every_edge_becomes_a_border(text: str, edges: set[int]) -> None:
    doc = TOKENIZER(text)
    before = borders(doc)
    cut_tokens(doc, edges)
    assert doc.text == text
    assert borders(doc) == before | {edge for edge in edges if 0 < edge < len(text)}


def test_spans_that_were_there_keep_their_places() -> None:
    doc = TOKENIZER("软银收购Ampere的股份")
    spans = [doc.char_span(4, 10, "CHIP", "ampere"), doc.char_span(11, 13, "STOCK", span_id="x")]
    doc.spans["mine"] = SpanGroup(doc, name="mine", attrs={"kept": 1}, spans=spans)
    cut_tokens(doc, {1, 7})
    told = [(s.text, s.label_, s.kb_id_, s.id_) for s in doc.spans["mine"]]
    assert told == [("Ampere", "CHIP", "ampere", ""), ("股份", "STOCK", "", "x")]
    assert doc.spans["mine"].attrs == {"kept": 1}


# --- spans -------------------------------------------------------------------------------------

MENTIONS = [
    (
        SIMPLIFIED,
        [
            ("软银", "ORG", "softbank", "names.lexicon"),
            ("65亿美元", "MONEY", "", "amounts"),
            ("Ampere", "ORG", "ampere", "names.lexicon"),
        ],
    ),
    (
        TRADITIONAL,
        [
            ("輝達", "ORG", "nvidia", "names.lexicon"),
            ("20億美元", "MONEY", "", "amounts"),
            ("Mistral AI", "ORG", "mistral", "names.lexicon"),
            ("5%", "PERCENT", "", "amounts"),
        ],
    ),
    (
        HARDWARE,
        [
            ("10万张", "COUNT", "", "amounts"),
            ("GB200 NVL72", "HARDWARE", "nvidia-gb200-nvl72", "names.hardware"),
            ("2026年6月", "DATE", "", "dates"),
        ],
    ),
    (NO_DEAL, [("今天", "DATE", "", "dates")]),
    ("", []),
]
"""Of each text: words, label, canonical id and rule of all its mentions."""


@pytest.mark.parametrize(("text", "expected"), MENTIONS)
def test_mentions_are_spans(
    pipeline: Pipeline, text: str, expected: list[tuple[str, str, str, str]]
) -> None:
    doc = pipeline.doc(text, published="2025-12-18")  # spans need their Doc alive
    spans = doc.spans["mentions"]
    assert [(s.text, s.label_, s.kb_id_, s.id_) for s in spans] == expected


CUES = [
    (
        SIMPLIFIED,
        [("宣布", "STATUS", "announced"), ("收购", "TRIGGER", "acquisition")],
    ),
    (
        HARDWARE,
        [
            ("据悉", "HEARSAY", ""),
            ("此前", "PAST", ""),
            ("采购", "TRIGGER", "procurement"),
            ("如果", "HYPOTHETICAL", ""),
        ],
    ),
    ("若干投资者表示乐观。", []),
    ("若不順利，交易將終止。", [("若", "HYPOTHETICAL", ""), ("終止", "STATUS", "terminated")]),
]
"""Of each text: words, label and meaning of all its cues."""


@pytest.mark.parametrize(("text", "expected"), CUES)
def test_cues_are_spans(
    pipeline: Pipeline, text: str, expected: list[tuple[str, str, str]]
) -> None:
    doc = pipeline.doc(text)
    assert [(s.text, s.label_, s.kb_id_) for s in doc.spans["cues"]] == expected


@each_text
def test_a_span_knows_its_mention(pipeline: Pipeline, text: str) -> None:
    doc = pipeline.doc(text, published="2025-12-18")  # spans need their Doc alive
    spans = doc.spans["mentions"]
    for span in spans:
        mention = span._.mention
        assert (mention.start, mention.end) == (span.start_char, span.end_char)
        assert mention.text == span.text == text[mention.start : mention.end]
        assert (mention.kind, mention.id, mention.rule) == (span.label_, span.kb_id_, span.id_)


def test_a_mention_has_its_value(pipeline: Pipeline) -> None:
    text = "青岚智算2026年6月完成近1.5亿美元A+轮融资。"
    doc = pipeline.doc(text, published="2026-07-01")
    mentions = [span._.mention for span in doc.spans["mentions"] if span.label_ != "ORG"]
    values = {mention.text: mention.value for mention in mentions}
    assert set(values) == {"2026年6月", "近1.5亿美元", "A+轮"}
    assert values["A+轮"] == "A+"
    assert values["2026年6月"].value == "2026-06"
    money = values["近1.5亿美元"]
    assert (money.min, money.unit, money.modifier) == (150_000_000, "USD", "approx")


def test_space_at_the_ends_of_a_mention_is_left_out() -> None:
    """It may hang on a token: then no span can begin or end with it."""
    text = "由 ZT Systems 收购"
    reading = analyse("text", text, None, lexicon=False).reading
    doc = TOKENIZER(text)
    annotate(doc, reading, [Mention(1, 13, text[1:13], "ORG", "names.test")], ())
    (span,) = doc.spans["mentions"]
    assert span._.mention == Mention(2, 12, "ZT Systems", "ORG", "names.test")


def test_other_spans_have_no_mention(pipeline: Pipeline) -> None:
    doc = pipeline.doc(SIMPLIFIED)
    others = [doc[0:2], *doc.spans["cues"], Span(doc, 0, 1, "MINE")]
    assert [span._.mention for span in others] == [None] * len(others)
    assert TOKENIZER(SIMPLIFIED)[0:1]._.mention is None


# --- deals -------------------------------------------------------------------------------------


def cites(value: Any) -> Iterator[tuple[int, int, str]]:
    """Every citation anywhere in a dumped record."""
    if isinstance(value, dict):
        if {"start", "end", "text"} <= set(value):
            yield value["start"], value["end"], value["text"]
        for inner in value.values():
            yield from cites(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from cites(inner)


def articles() -> list[tuple[str, str]]:
    lines = CORPUS.read_text(encoding="utf-8").splitlines()
    own = [(json.loads(line)["text"], json.loads(line)["published"]) for line in lines]
    return own + [(text, "2025-12-18") for text in TEXTS]


def test_the_deals_of_a_doc_are_those_of_the_pipeline_and_cite_it(pipeline: Pipeline) -> None:
    count = 0
    for text, published in articles():
        doc = pipeline.doc(text, published=published)
        assert doc._.deals == pipeline.read(text, published=published).deals
        for start, end, words in cites([deal.model_dump() for deal in doc._.deals]):
            count += 1
            assert doc.text[start:end] == words
    assert count > 500


def test_parties_and_amounts_of_deals_are_spans(pipeline: Pipeline) -> None:
    doc = pipeline.doc(SIMPLIFIED, published="2025-03-20")
    (deal,) = doc._.deals
    cited = {(c.start, c.end) for p in (*deal.investor, *deal.target) for c in p.mentions}
    cited.add((deal.amount.start, deal.amount.end))
    assert {(s.start_char, s.end_char) for s in doc.spans["mentions"]} == cited


@pytest.mark.parametrize("text", [NO_DEAL, "", "  \n"])
def test_a_text_without_deals_has_none(pipeline: Pipeline, text: str) -> None:
    assert pipeline.doc(text)._.deals == ()


def test_a_doc_that_was_not_read_has_no_deals() -> None:
    doc = TOKENIZER(SIMPLIFIED)
    assert (doc._.deals, doc._.published, doc._.article_id) == ((), None, "text")
    assert dict(doc.spans) == {}


def test_the_title_is_put_in_front(pipeline: Pipeline) -> None:
    doc = pipeline.doc(SIMPLIFIED, title="软银再出手", published="2025-03-20", article_id="a1")
    assert doc.text == f"软银再出手\n{SIMPLIFIED}"
    found = pipeline.read(SIMPLIFIED, title="软银再出手", published="2025-03-20", article_id="a1")
    assert doc._.deals == found.deals


PUBLISHED = [
    (None, None),
    ("2025-12-18", "2025-12-18"),
    ("2025-12", "2025-12"),
    (datetime.date(2025, 12, 18), "2025-12-18"),
    (datetime.datetime(2025, 12, 18, 9, 30), "2025-12-18"),
]


@pytest.mark.parametrize(("value", "expected"), PUBLISHED)
def test_the_day_of_publication_is_iso(value: object, expected: str | None) -> None:
    doc = TOKENIZER("")
    doc._.published = value
    assert (published_of(doc), doc._.published) == (expected, expected)


@pytest.mark.parametrize("value", ["18.12.2025", "昨日", 20251218])
def test_another_day_of_publication_is_refused(value: object) -> None:
    doc = TOKENIZER("")
    doc._.published = value
    with pytest.raises(UsageError, match="published"):
        published_of(doc)


# --- written and shown -------------------------------------------------------------------------


def told(doc: Doc) -> list[object]:
    """All that a Doc tells."""
    groups = {
        key: [(s.start_char, s.end_char, s.label_, s.kb_id_, s.id_, s._.mention) for s in group]
        for key, group in doc.spans.items()
    }
    return [doc.text, [t.text for t in doc], groups, doc._.deals, doc._.published]


@each_text
def test_a_doc_is_written_and_read_again(pipeline: Pipeline, text: str) -> None:
    doc = pipeline.doc(text, published="2025-12-18")
    again = Doc(doc.vocab).from_bytes(doc.to_bytes())
    packed = DocBin(store_user_data=True, docs=[doc]).to_bytes()
    (unpacked,) = DocBin().from_bytes(packed).get_docs(spacy.blank("zh").vocab)
    assert told(again) == told(unpacked) == told(pickle.loads(pickle.dumps(doc))) == told(doc)


def test_a_pipeline_that_made_docs_can_be_sent_to_another_process(pipeline: Pipeline) -> None:
    doc = pipeline.doc(TRADITIONAL)
    assert told(pickle.loads(pickle.dumps(pipeline)).doc(TRADITIONAL)) == told(doc)


_ENTITY = re.compile(
    r'<span style="font-weight: bold; display: inline-block[^"]*">\s*(.*?)\s*<', re.S
)


def shown(html: str) -> list[str]:
    """The marked words of displaCy's page, in order: the text of each token under a span."""
    return _ENTITY.findall(html)


def test_displacy_shows_mentions_and_cues(pipeline: Pipeline) -> None:
    doc = pipeline.doc(SIMPLIFIED, published="2025-03-20")
    for key, words, labels in (
        ("mentions", ["软银", "65", "亿美元", "Ampere"], {"ORG", "MONEY"}),
        ("cues", ["宣布", "收购"], {"STATUS", "TRIGGER"}),
    ):
        html = displacy.render(doc, style="span", options={"spans_key": key}, jupyter=False)
        assert shown(html) == words
        assert {name for name in ("ORG", "MONEY", "STATUS", "TRIGGER") if name in html} == labels


def test_folding_keeps_the_length_of_what_is_tokenized() -> None:
    assert [len(fold(text)) for text in TEXTS] == [len(text) for text in TEXTS]


def test_tokens_follow_each_other(pipeline: Pipeline) -> None:
    doc = pipeline.doc(TRADITIONAL)
    ends = [(one.idx + len(one.text_with_ws), other.idx) for one, other in pairwise(doc)]
    assert all(end == start for end, start in ends)
