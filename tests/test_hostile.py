"""Input that means harm, or looks like it: nothing raises, nothing grows, nothing else is read."""

from __future__ import annotations

import gzip
import json
import os
import time
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from extract import Pipeline
from extract.article import Article, Failure, read_articles
from extract.batch import beside, resume
from extract.clauses import sentences
from extract.names import every_place
from extract.readers import Intake
from extract.readers_open import KINDS
from extract.readers_pages import page_fields, plain
from extract.records import ArticleDeals, Cite
from extract.relations import triggers

SENTENCE = "软银3月19日宣布以65亿美元收购Ampere，交易尚需监管机构批准。"
LINE = json.dumps({"text": SENTENCE}, ensure_ascii=False).encode() + b"\n"
MEGABYTE = 1_000_000


@pytest.fixture(scope="module")
def pipeline() -> Pipeline:
    return Pipeline()


@contextmanager
def little_memory(most: int) -> Iterator[None]:
    """Fails where more bytes than that are held at a time."""
    tracemalloc.start()
    try:
        yield
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < most


def told(path: Path, **options: int) -> list[str]:
    """The ids of articles, and the reasons of failures."""
    found = read_articles([path], intake=Intake(**options))  # type: ignore[arg-type]
    return [one.article_id if isinstance(one, Article) else one.reason for one in found]


# --- size --------------------------------------------------------------------------------------


def test_a_line_of_a_gigabyte_costs_itself_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    with path.open("wb") as stream:
        stream.write(LINE)
        stream.seek(1000 * MEGABYTE, os.SEEK_CUR)
        stream.write(b"\n" + LINE)
    with little_memory(16 * MEGABYTE):
        found = told(path, max_bytes=MEGABYTE)
    assert found == ["a-1", "is larger than 1,000,000 bytes (--max-bytes)", "a-3"]


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in (".jsonl", ".ndjson")])
def test_a_file_that_is_too_large_is_not_held(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"a{kind}"
    with path.open("wb") as stream:
        stream.write(b"<a>" if kind in (".xml", ".rss", ".atom") else b"text\n")
        stream.write(b"x" * 20 * MEGABYTE)
    with little_memory(8 * MEGABYTE):
        found = told(path, max_bytes=200_000)
    assert found[-1] == "is larger than 200,000 bytes (--max-bytes)"


@pytest.mark.parametrize("ending", [".gz", ".zst"])
@pytest.mark.parametrize("kind", [".txt", ".jsonl", ".csv", ".xml", ".json"])
def test_what_unpacks_to_a_thousand_times_its_size_is_not_held(
    tmp_path: Path, kind: str, ending: str
) -> None:
    content = b"\0" * 10 * MEGABYTE
    if ending == ".gz":
        packed = gzip.compress(content)
    else:
        packed = pytest.importorskip("zstandard").ZstdCompressor().compress(content)
    path = tmp_path / f"a{kind}{ending}"
    path.write_bytes(packed * 20)
    assert path.stat().st_size < MEGABYTE
    with little_memory(16 * MEGABYTE):
        (found,) = told(path, max_bytes=MEGABYTE)
    assert found.startswith(("is larger than", "has no column", "is not XML"))


def test_an_endless_stream_of_blank_lines_is_given_up(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl.gz"
    path.write_bytes(gzip.compress(b"\n" * 2 * MEGABYTE) * 10)
    assert told(path) == ["holds no line within 1,073,741,824 bytes"]


@pytest.mark.parametrize("char", ["一", "a", "1", "（", "\n", "\u202e", "\ufffd"])
def test_a_million_times_the_same_character_is_read(pipeline: Pipeline, char: str) -> None:
    found = pipeline.read(SENTENCE + char * MEGABYTE, published="2025-03-20")
    assert [deal.type for deal in found.deals] == ["acquisition"]


ENDLESS = [
    "甲公司投资乙公司，",
    "腾讯投资月之暗面",
    "腾讯投资月之暗面3亿美元，5亿元、6亿元",
    "2025年10月1日腾讯投资月之暗面，",
    "腾讯（投资月之暗面3亿美元",
    "腾讯投资月之暗面。本轮融资将用于研发，",
    "腾讯持有签署美收购「",
]


@pytest.mark.parametrize("pattern", ENDLESS)
def test_time_grows_as_the_length_of_a_sentence_does(pattern: str) -> None:
    rules = Pipeline(model=False)
    spent = []
    for length in (5_000, 5_000, 40_000):  # the first one warms up
        text = pattern * (length // len(pattern)) + SENTENCE
        begin = time.process_time()
        found = rules.read(text, published="2025-03-20")
        spent.append(time.process_time() - begin)
        assert "acquisition" in {deal.type for deal in found.deals}
    assert spent[2] < 24 * spent[1]  # eight times the length; a square would be 64 times the time


@pytest.mark.parametrize("mark", ["，", "、", " ", ""])
def test_a_sentence_that_is_too_long_is_read_in_parts(mark: str) -> None:
    text = f"远山数据{mark}" * 900 + "。"
    parts = [(part.start, part.end) for part in sentences(text, text)]
    assert "".join(text[start:end] for start, end in parts) == text
    assert all(0 < end - start <= 1000 for start, end in parts)
    assert all(text[end - 1] in f"{mark or text}。" for _, end in parts)


def test_names_are_found_wherever_they_stand() -> None:
    found = sorted(every_place("aaaaba", ["aa", "b", "ab", "x"]))
    assert found == [("aa", 0, 2), ("aa", 2, 4), ("ab", 3, 5), ("b", 4, 5)]
    assert list(every_place("a", [])) == []


# --- depth and structure -----------------------------------------------------------------------

DEEP = {
    "divs": "<html><body>" + "<div>" * 90_000 + f"<p>{SENTENCE}</p>" + "</div>" * 90_000,
    "open": "<b>" * 90_000 + SENTENCE,
    "angles": "<" * MEGABYTE,
    "comments": "<!--" * 100_000 + SENTENCE,
    "scripts": "<script>" * 90_000 + SENTENCE,
    "entities": "&" * MEGABYTE + "&#1114112;&#xD800;&nbsp;" * 1000,
    "attributes": "<p " + "a='b' " * 90_000 + f">{SENTENCE}</p>",
}


@pytest.mark.parametrize("name", DEEP)
def test_deep_pages_are_read_or_told(tmp_path: Path, name: str) -> None:
    pytest.importorskip("trafilatura")
    path = tmp_path / "a.html"
    path.write_text(DEEP[name], encoding="utf-8")
    assert len(told(path)) == 1
    assert isinstance(plain(DEEP[name]), str)


def test_pages_run_nothing_and_fetch_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("trafilatura")

    def refused(*_: object, **__: object) -> None:
        raise AssertionError("the network is asked")

    monkeypatch.setattr("socket.socket.connect", refused)
    monkeypatch.setattr("socket.getaddrinfo", refused)
    page = (
        '<html><head><base href="http://a.invalid/"><link rel="canonical" href="http://a.invalid/x">'
        f'</head><body><img src="http://a.invalid/i.png"><article><p>{SENTENCE * 3}</p>'
        "<iframe src='http://a.invalid'></iframe><script>fetch('/')</script></article></body></html>"
    )
    assert page_fields(page)["text"] == SENTENCE * 3


def test_entities_of_a_feed_do_not_grow_and_reach_no_file(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("secret", encoding="utf-8")
    laughs = "".join(
        f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "lol" * 10}">' for n in range(12)
    )
    head = f'<!DOCTYPE rss [{laughs}<!ENTITY f SYSTEM "{secret.as_uri()}">]>'
    item = "<rss><channel><item><title>{}</title></item></channel></rss>"
    for number, entity in enumerate(["&l11;", "&f;"]):
        path = tmp_path / f"{number}.xml"
        path.write_text(head + item.format(entity), encoding="utf-8")
        with little_memory(30 * MEGABYTE):
            (found,) = read_articles([path])
        assert isinstance(found, Failure)


def test_deep_feeds_are_read(tmp_path: Path) -> None:
    path = tmp_path / "a.xml"
    path.write_text(
        f"<rss><item><description>{'<a>' * 90_000}{SENTENCE}{'</a>' * 90_000}</description></item></rss>",
        encoding="utf-8",
    )
    assert told(path) == ["a-1"]


def test_loops_of_links_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a.txt").write_text(SENTENCE, encoding="utf-8")
    (tmp_path / "sub" / "up").symlink_to(tmp_path)
    (tmp_path / "self.txt").symlink_to(tmp_path / "self.txt")
    assert told(tmp_path) == ["Too many levels of symbolic links", "sub/a"]


# --- characters --------------------------------------------------------------------------------

ODD = [
    "\ud800",
    "\udfff\ud800",
    "\0",
    "\u202e",
    "\u200f\u200b",
    "\x1b[31m",
    "\x85\u2028",
    "\ufeff",
    "𠮷",
    "é",
]


def cites(found: ArticleDeals) -> Iterator[Cite]:
    for deal in found.deals:
        for party in (*deal.investor, *deal.target):
            yield from party.mentions
        for sources in deal.sources.values():
            yield from sources
        if deal.amount is not None:
            yield deal.amount


@pytest.mark.parametrize("odd", ODD, ids=ascii)
@pytest.mark.parametrize("place", [0, 2, 20])
def test_odd_characters_move_no_offset(pipeline: Pipeline, odd: str, place: int) -> None:
    text = SENTENCE[:place] + odd + SENTENCE[place:]
    found = pipeline.read(text, published="2025-03-20", title=f"题{odd}")
    shown = f"题{odd}\n{text}".translate({0: "\ufffd", 0xD800: "\ufffd", 0xDFFF: "\ufffd"})
    assert all(shown[cite.start : cite.end] == cite.text for cite in cites(found))
    found.model_dump_json().encode()


def test_a_text_may_end_with_any_word_of_a_deal(pipeline: Pipeline) -> None:
    """A feed that cuts its texts cuts them anywhere; what looks behind a word finds the end."""
    text = "珩川能源去年收购了联昀算力。据报道，沐岚微电由珩川能源{}"
    words = {word for trigger in triggers() for word in trigger.words}
    for word in sorted(words):
        cut = text.format(word)
        found = pipeline.read(cut, published="2026-03-20")
        assert all(cut[cite.start : cite.end] == cite.text for cite in cites(found))


@pytest.mark.parametrize("mark", ["\x01", "\x02"])
def test_marks_of_ours_in_a_text_are_spaces(mark: str) -> None:
    """What masks brackets and parts words may stand in a text, and moves no name of it."""
    text = "图表{}见下。据报道，珩川能源正探索出售联昀算力30%的股权。"
    pipeline = Pipeline(model=False)
    odd = pipeline.read(text.format(mark), published="2026-03-20").deals
    assert odd == pipeline.read(text.format(" "), published="2026-03-20").deals
    assert [party.name for party in odd[0].target] == ["珩川能源", "联昀算力"]


@pytest.mark.parametrize("odd", ODD, ids=ascii)
def test_odd_characters_come_through_a_file(tmp_path: Path, pipeline: Pipeline, odd: str) -> None:
    path, out = tmp_path / "a.jsonl", tmp_path / "out.jsonl"
    path.write_text(json.dumps({"id": f"i{odd}", "title": odd, "text": odd + SENTENCE}), "utf-8")
    entries = read_articles([path])
    summary = resume(entries, lambda: pipeline.read_article, out, rules="r", workers=1)
    assert (summary.articles, summary.failures) == (1, 0)
    ArticleDeals.model_validate_json(out.read_bytes())


FRAGMENTS = [
    "收购", "投资", "软银", "65亿美元", "，", "。", "\n", "（", "）", "“", "第", "一", "3月", "2025年", "%", "H100", "其",
    "双方", "领投", "A轮", "、", "和", "由", "拟", *ODD,
]  # fmt: skip


@given(st.lists(st.sampled_from(FRAGMENTS), max_size=40).map("".join))
@example("\ud800软银宣布以65亿美元收购Ampere。")
def test_no_text_raises(pipeline: Pipeline, text: str) -> None:
    pipeline.read(text, published="2025-03-20").model_dump_json().encode()


@given(st.binary(max_size=300), st.sampled_from([*KINDS, ".txt.gz", ".jsonl.zst", ".csv.gz"]))
@example(b"\n", ".csv")
@example(b'a,text\r\n"', ".csv")
@example(b"<a/>", ".xml")
@example(b"<!DOCTYPE html><html>", ".html")
@example(b"---\ntitle\n---", ".md")
def test_no_file_raises(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, kind: str
) -> None:
    path = tmp_path_factory.getbasetemp() / f"any{kind}"
    path.write_bytes(content)
    assert all(isinstance(found, Article | Failure) for found in read_articles([path]))


# --- names -------------------------------------------------------------------------------------


def test_no_path_is_taken_from_the_input(tmp_path: Path, pipeline: Pipeline) -> None:
    folder = tmp_path / "work"
    folder.mkdir()
    names = ["../../escape", "/etc/passwd", "a/../../b", "$(id)", "a\nb", "坏"]
    lines = [json.dumps({"id": name, "text": SENTENCE}) for name in names]
    lines.append(json.dumps({"id": "../x", "text": ""}))
    (folder / "in.jsonl").write_text("\n".join(lines), encoding="utf-8")
    out = folder / "out.jsonl"
    resume(
        read_articles([folder / "in.jsonl"]),
        lambda: pipeline.read_article,
        out,
        rules="r",
        workers=1,
    )
    found = [json.loads(line)["article_id"] for line in out.read_text("utf-8").splitlines()]
    assert found == names
    assert {path.name for path in tmp_path.iterdir()} == {"work"}
    assert {path.name for path in folder.iterdir()} == {
        "in.jsonl",
        "out.jsonl",
        "out.jsonl.state",
        beside(out, "failed.jsonl").name,
    }
