"""The readers of files: encodings, packed files, tables, pages, feeds, folders, patterns and stores."""

from __future__ import annotations

import gzip
import io
import json
import os
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract.article import Article, Failure, read_articles, read_drafts
from extract.errors import ArticleError, UsageError
from extract.readers import Draft, Intake, Places, carried, lines, shown
from extract.readers_decode import Decoder, decoded
from extract.readers_formats import fields_of, markdown, names_of_fields
from extract.readers_open import total_size, unpacked
from extract.readers_pages import page_fields, plain

SIMPLE = "星澜科技宣布完成2亿元A轮融资，云岭资本领投，资金将用于芯片研发。"
TRADITIONAL = "星瀾科技宣布完成2億元A輪融資，雲嶺資本領投，資金將用於晶片研發。"
HONG_KONG = "位於深水埗的星瀾科技宣布完成2億元融資，嗰間公司係雲嶺資本領投嘅。"


def read(path: Path, **options: Any) -> list[Article | Failure]:
    return list(read_articles([path], intake=Intake(**options)))


def texts(found: list[Article | Failure]) -> list[str]:
    """The texts of articles, and of failures the reasons."""
    return [one.text if isinstance(one, Article) else one.reason for one in found]


# --- encodings ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "codec", "encoding"),
    [
        (SIMPLE, "utf-8", "utf-8"),
        (SIMPLE, "utf-8-sig", "utf-8"),
        (SIMPLE, "utf-16", "utf-16"),
        (SIMPLE, "gbk", "gb18030"),
        (SIMPLE, "gb18030", "gb18030"),
        (f"{SIMPLE}㐀𠀀", "gb18030", "gb18030"),
        (TRADITIONAL, "gb18030", "gb18030"),
        (TRADITIONAL, "big5", "big5"),
        (f"{TRADITIONAL}碁", "cp950", "big5"),
        (HONG_KONG, "big5hkscs", "big5-hkscs"),
        ("plain", "ascii", "utf-8"),
    ],
)
def test_an_encoding_is_told_by_what_reads_as_chinese(text: str, codec: str, encoding: str) -> None:
    assert decoded(text.encode(codec)) == (text, encoding)


def test_the_pieces_of_a_file_share_their_encoding() -> None:
    decoder = Decoder()
    decoder.decode(TRADITIONAL.encode("big5"))
    assert (decoder.decode("晶片".encode("big5")), decoder.encoding) == ("晶片", "big5")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"\xff\xff\xff\xff", "is neither UTF-8 nor GB18030 nor Big5"),
        (SIMPLE.encode()[:-1], "is UTF-8 that is broken at byte "),
        (SIMPLE.encode().replace(b"A", b"\xe4"), "is UTF-8 that is broken at byte 31"),
        (b"\xef\xbb\xbf\xff", "is marked as utf-8, but is not"),
        (b"a\0b\0", "holds NUL bytes"),
    ],
)
def test_what_is_no_text_is_told(content: bytes, reason: str) -> None:
    with pytest.raises(ArticleError, match=reason):
        decoded(content)


def test_what_cannot_be_carried_is_replaced_one_for_one() -> None:
    assert carried("甲\0乙\ud800\udfff") == "甲\ufffd乙\ufffd\ufffd"
    assert decoded(f"{SIMPLE * 5}\0".encode()) == (f"{SIMPLE * 5}\ufffd", "utf-8")


@given(st.text(max_size=50))
def test_utf_8_is_always_read_back(text: str) -> None:
    if text.count("\0") * 100 <= len(text.encode()) and not text.startswith("\ufeff"):
        assert decoded(text.encode()) == (carried(text), "utf-8")


@given(st.binary(max_size=200))
def test_bytes_are_text_or_an_article_error(content: bytes) -> None:
    try:
        text, _ = decoded(content)
    except ArticleError:
        return
    text.encode()


# --- lines and keys ----------------------------------------------------------------------------


def test_lines_that_are_too_long_are_passed_over_in_pieces() -> None:
    content = b"one\n\n" + b"x" * 3_000_000 + b"\nthree\n" + b"y" * 10 + b"\n12345678"
    found = list(lines(io.BytesIO(content), 8))
    assert found == [(1, b"one\n"), (3, None), (4, b"three\n"), (5, None), (6, b"12345678")]


@pytest.mark.parametrize("content", [b"\n" * 2000, b"x" * 3_000_000])
def test_a_stream_without_lines_is_given_up(content: bytes) -> None:
    with pytest.raises(ArticleError, match="holds no line within 1,000 bytes"):
        list(lines(io.BytesIO(content), 8, patience=1000))


def test_places_hold_what_was_put_in() -> None:
    places = Places()
    wanted = {f"n{number}": number for number in range(5000)}
    for key, value in wanted.items():
        places[key] = value
    places["n7"] = 99
    assert len(places) == 5000
    assert {key: places.get(key) for key in wanted} == {**wanted, "n7": 99}
    assert [("n1" in places), ("n5000" in places), places.get("x")] == [True, False, None]


DRAFT = Draft("a.txt", 1, ("a",), "fields", {"text": SIMPLE})


@pytest.mark.parametrize(
    "other",
    [
        Draft("a.txt", 1, ("b",), "fields", {"text": SIMPLE}),
        Draft("2026-05-14.txt", 1, ("a",), "fields", {"text": SIMPLE}),
        Draft("a.txt", 1, ("a",), "fields", {"text": TRADITIONAL}),
        Draft("a.txt", 1, ("a",), "fields", {"title": SIMPLE}),
        Draft("a.txt", 1, ("a",), "text", {}, SIMPLE.encode()),
        Draft("a.txt", 1, ("a",), "fields", {"text": SIMPLE}, published="2026-05-14"),
    ],
)
def test_a_key_changes_with_all_that_an_article_is_made_of(other: Draft) -> None:
    assert DRAFT.key() == Draft("x/a.txt", 5, ("a",), "fields", {"text": SIMPLE}).key()
    assert DRAFT.key() != other.key()


# --- packed files ------------------------------------------------------------------------------


def zst(content: bytes) -> bytes:
    packed = pytest.importorskip("zstandard").ZstdCompressor().compress(content)
    return bytes(packed)


PACKERS: list[tuple[str, Callable[[bytes], bytes]]] = [(".gz", gzip.compress), (".zst", zst)]


@pytest.mark.parametrize(("ending", "pack"), PACKERS)
def test_packed_files_are_read(tmp_path: Path, ending: str, pack: Callable[[bytes], bytes]) -> None:
    line = json.dumps({"text": SIMPLE}).encode() + b"\n"
    (tmp_path / f"a.jsonl{ending}").write_bytes(pack(line * 2) + pack(line))
    (tmp_path / f"b.txt{ending}").write_bytes(pack(SIMPLE.encode("gbk")))
    (tmp_path / f"c.png{ending}").write_bytes(b"")
    found = [one.article_id for one in read(tmp_path) if isinstance(one, Article)]
    assert found == ["a-1", "a-2", "a-3", "b"]


@pytest.mark.parametrize(("ending", "pack"), PACKERS)
def test_damaged_packed_files_are_told_and_what_came_before_is_kept(
    tmp_path: Path, ending: str, pack: Callable[[bytes], bytes]
) -> None:
    lined = b"".join(
        json.dumps({"text": f"{number}{SIMPLE}", "x": random.Random(number).random()}).encode()
        + b"\n"
        for number in range(9000)
    )
    (tmp_path / f"a.jsonl{ending}").write_bytes(pack(lined)[:-40])
    (tmp_path / f"b.txt{ending}").write_bytes(b"\0" * 50)
    *articles, one, other = read(tmp_path)
    assert len(articles) > 100
    assert all(isinstance(found, Article) for found in articles)
    assert isinstance(one, Failure)
    assert isinstance(other, Failure)


def test_names_are_taken_apart() -> None:
    cases = ["a.txt", "a.JSONL.GZ", "x.d/a", "a.b.csv.zst", ".gz"]
    assert [unpacked(name) for name in cases] == [
        ("a", ".txt"),
        ("a", ".jsonl.gz"),
        ("x.d/a", ""),
        ("a.b", ".csv.zst"),
        (".gz", ""),
    ]


# --- tables ------------------------------------------------------------------------------------

# What stands in the file, the columns that are named, and titles, texts, dates or reasons.
TABLES: list[tuple[str, dict[str, str], list[object]]] = [
    ("title,text,date\nT,甲,2026-05-14\n", {}, [("T", "T\n甲", "2026-05-14")]),
    ("标题;正文;发布时间\nT;甲;2026年5月14日\n", {}, [("T", "T\n甲", "2026-05-14")]),
    ("TEXT\ttitle\n甲\tT\n", {}, [("T", "T\n甲", None)]),
    ('text\n"甲\n乙, ""丙"""\n\n丁\n', {}, [(None, '甲\n乙, "丙"', None), (None, "丁", None)]),
    ("a,b\nT,甲\n", {"title": "A", "text": "b"}, [("T", "T\n甲", None)]),
    ("text,text\n甲,乙\n", {}, [(None, "甲", None)]),
    ("text,title\n甲\n ,\n", {}, [(None, "甲", None), "holds no text"]),
    ("a,b\n1,2\n", {}, ["has no column of text among a, b"]),
    ("", {}, ["has no column of text among none"]),
]


@pytest.mark.parametrize(("content", "columns", "wanted"), TABLES)
def test_rows_are_articles(
    tmp_path: Path, content: str, columns: dict[str, str], wanted: list[object]
) -> None:
    path = tmp_path / "a.csv"
    path.write_text(content, encoding="utf-8")
    found = [
        (one.title, one.text, one.published) if isinstance(one, Article) else one.reason
        for one in read(path, columns=columns)
    ]
    assert found == wanted


def test_rows_are_numbered_by_the_line_they_begin_at(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes('id,text\n,甲\n,"乙\n丙"\n7,丁\n,戊\n'.encode("gb18030"))
    found = read(path)
    assert [one.article_id for one in found if isinstance(one, Article)] == [
        "a-2",
        "a-3",
        "7",
        "a-6",
    ]


def test_bad_rows_cost_themselves_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    good = f"{SIMPLE}\n".encode()
    path.write_bytes(
        b"text\n" + good + b"x" * 300 + b"\n" + good + b"\xff\xff\n" + good + b'"' + good * 4 + good
    )
    assert texts(read(path, max_bytes=250)) == [
        SIMPLE,
        "is larger than 250 bytes (--max-bytes)",
        SIMPLE,
        "is neither UTF-8 nor GB18030 nor Big5",
        SIMPLE,
        "is larger than 250 bytes (--max-bytes)",
        SIMPLE,
        SIMPLE,
    ]


def test_a_column_must_be_of_a_field(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("text\nx\n", encoding="utf-8")
    with pytest.raises(UsageError, match="--column: body is none of id, title, text"):
        read(path, columns={"body": "text"})


def test_fields_have_many_names() -> None:
    entry = {"Headline": "T", "content": " ", "body": "甲", "来源": "甲报", "id": 7, "x": "y"}
    assert fields_of(entry) == {"title": "T", "text": "甲", "source": "甲报", "id": "7"}
    assert {"正文", "content"} <= set(names_of_fields()["text"])


# --- Markdown ----------------------------------------------------------------------------------

HEADS: list[tuple[str, dict[str, str]]] = [
    (
        "---\ntitle: \"T: x\"\ndate: 2026-05-14 08:00\nauthor: 甲\ntags:\n  - title: no\n---\n\n文\n",
        {"title": "T: x", "published": "2026-05-14 08:00", "author": "甲", "text": "文"},
    ),
    ("---\nurl: https://a.b/c\n---\n# T\n文", {"url": "https://a.b/c", "title": "T", "text": "文"}),
    ("---\ntitle: T\n---\n# T\n文", {"title": "T", "text": "文"}),
    ("---\ntitle: T\n---\n# U\n文", {"title": "T", "text": "# U\n文"}),
    ("+++\ntitle = 'T'\ndate = 2026-05-14\n+++\n文", {"title": "T", "published": "2026-05-14", "text": "文"}),
    ("---\n文\n", {"text": "---\n文\n"}),
    ("文\n---\ntitle: T\n---\n", {"text": "文\n---\ntitle: T\n---\n"}),
]  # fmt: skip


@pytest.mark.parametrize(("text", "fields"), HEADS)
def test_the_head_of_a_markdown_file_is_read(text: str, fields: dict[str, str]) -> None:
    assert markdown(text) == fields


def test_a_head_that_is_no_toml_is_told() -> None:
    with pytest.raises(ArticleError, match="has a head that is not TOML"):
        markdown("+++\ntitle\n+++\n")


# --- pages and feeds ---------------------------------------------------------------------------

PAGE = f"""<!DOCTYPE html><html><head><title>星澜科技完成A轮融资</title>
<meta charset="gb2312"><meta name="author" content="李明">
<meta property="og:site_name" content="甲报"><meta property="og:title" content="星澜科技完成A轮融资">
<meta property="article:published_time" content="2026-05-14T08:00:00+08:00"></head>
<body><nav><a href="/">首页</a></nav><article><h1>星澜科技完成A轮融资</h1><p>{SIMPLE}</p>
<p>公司创始人表示，这笔资金还将用于扩大团队。<script>alert("不")</script></p></article>
<footer>版权所有</footer></body></html>"""


@pytest.mark.parametrize("codec", ["utf-8", "gb18030"])
def test_a_page_gives_its_article(tmp_path: Path, codec: str) -> None:
    pytest.importorskip("trafilatura")
    (tmp_path / "a.html").write_bytes(PAGE.encode(codec))
    (found,) = read(tmp_path)
    assert isinstance(found, Article)
    title = "星澜科技完成A轮融资"
    told = (found.title, found.source, found.author, found.published, found.encoding)
    assert told == (title, "甲报", "李明", "2026-05-14", codec)
    assert found.text == f"{title}\n{SIMPLE}\n公司创始人表示，这笔资金还将用于扩大团队。"


def test_a_page_without_an_article_is_told() -> None:
    pytest.importorskip("trafilatura")
    with pytest.raises(ArticleError, match="is a page without an article"):
        page_fields("<html><body></body></html>")


RSS = f"""<?xml version="1.0" encoding="ENCODING"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>
<title>甲报</title><link>https://a.b</link>
<item><title>标题&amp;一</title><description>短</description><link>https://a.b/1</link>
<content:encoded><![CDATA[<p>{SIMPLE}</p><p>二&nbsp;段</p>]]></content:encoded>
<pubDate>Thu, 14 May 2026 08:00:00 +0800</pubDate><guid>g1</guid></item>
<item><link>https://a.b/2</link></item>
<item><description>{SIMPLE}</description></item>
</channel></rss>"""

ATOM = f"""<feed xmlns="http://www.w3.org/2005/Atom"><title>乙报</title>
<entry><id>urn:1</id><title>T</title><link href="https://a.b/1"/><author><name>李明</name></author>
<updated>2026-05-15T00:00:00Z</updated><published>2026-05-14T00:00:00Z</published>
<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>{SIMPLE}</p></div></content></entry></feed>"""


@pytest.mark.parametrize("codec", ["utf-8", "gbk"])
def test_the_items_of_a_feed_are_articles(tmp_path: Path, codec: str) -> None:
    (tmp_path / "a.xml").write_bytes(RSS.replace("ENCODING", codec).encode(codec))
    one, two, three = read(tmp_path / "a.xml")
    encoding = {"gbk": "gb18030"}.get(codec, codec)
    assert one == Article(
        article_id="g1",
        title="标题&一",
        source="甲报",
        url="https://a.b/1",
        published="2026-05-14",
        text=f"标题&一\n{SIMPLE}\n二\xa0段",
        encoding=encoding,
    )
    assert str(two) == f"{tmp_path / 'a.xml'}: item 2: holds no text"
    assert three == Article(article_id="a-3", source="甲报", text=SIMPLE, encoding=encoding)


def test_the_entries_of_an_atom_feed_are_articles(tmp_path: Path) -> None:
    (tmp_path / "a.atom").write_text(ATOM, encoding="utf-8")
    assert read(tmp_path) == [
        Article(
            article_id="urn:1",
            title="T",
            source="乙报",
            url="https://a.b/1",
            author="李明",
            published="2026-05-14",
            text=f"T\n{SIMPLE}",
        )
    ]


def test_a_feed_that_is_cut_off_gives_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "a.atom").write_text(ATOM.removesuffix("</feed>"), encoding="utf-8")
    found = texts(read(tmp_path))
    assert found[0] == f"T\n{SIMPLE}"
    assert found[1].startswith("is not XML: no element found")


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("a &lt; b", "a < b"),
        ("<p>一</p>\n  <p>二<br>三</p>", "一\n二\n三"),
        ("一<script>var x = '<p>'</script>二<style>p {}</style >三", "一二三"),
        ("1 < 2 <b>粗</b> <!-- 不 --> <", "1 < 2 粗  <"),
        ("纯文", "纯文"),
    ],
)
def test_tags_are_taken_off(markup: str, text: str) -> None:
    assert plain(markup) == text


# --- paths -------------------------------------------------------------------------------------


@pytest.fixture
def news(tmp_path: Path) -> Path:
    for name in ("b.txt", "a.txt", "sub/c.txt", "sub/deep/d.md", "sub/.hidden.txt", "e.png"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{name} {SIMPLE}", encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("pattern", "ids"),
    [
        ("*.txt", ["a", "b"]),
        ("**/*.txt", ["a", "b", "sub/c"]),
        ("s*", ["c", "deep/d"]),
        ("sub/**", ["c", "deep/d"]),
        ("[a]*", ["a"]),
        ("*.zip", []),
    ],
)
def test_patterns_are_read_in_order(news: Path, pattern: str, ids: list[str]) -> None:
    found = list(read_articles([str(news / pattern)]))
    assert [one.article_id for one in found if isinstance(one, Article)] == ids
    failures = [str(one) for one in found if isinstance(one, Failure)]
    assert failures == ([] if ids else [f"{news}/*.zip: nothing matches"])


def test_a_pattern_that_is_a_name_is_a_name(tmp_path: Path) -> None:
    (tmp_path / "[a].txt").write_text(SIMPLE, encoding="utf-8")
    assert texts(read(tmp_path / "[a].txt")) == [SIMPLE]


def test_the_output_is_no_input(news: Path) -> None:
    intake = Intake(without=frozenset({os.path.realpath(news / "a.txt")}))
    found = [one.ids[0] for one in read_drafts([news], intake=intake) if isinstance(one, Draft)]
    assert found == ["b", "sub/c", "sub/deep/d"]


def test_all_bytes_are_metered(news: Path) -> None:
    (news / "x.jsonl").write_text('{"text": "甲"}\n{"text": "乙"}\n\n', encoding="utf-8")
    read_sizes: list[int] = []
    list(read_drafts([news], meter=read_sizes.append))
    assert sum(read_sizes) == total_size([str(news)], Intake()) > 0
    (news / "y.txt.gz").write_bytes(gzip.compress(b"x"))
    assert total_size([str(news)], Intake()) is None
    assert total_size(["-"], Intake()) is None


def test_names_that_are_no_utf_8_are_shown(tmp_path: Path) -> None:
    path = os.fsencode(tmp_path) + b"/\xb9\xab.txt"
    try:
        Path(os.fsdecode(path)).write_text(SIMPLE, encoding="utf-8")
    except OSError:
        pytest.skip("this file system takes names in UTF-8 only")
    assert read(tmp_path) == [Article(article_id="\\xb9\\xab", text=SIMPLE)]
    assert shown(os.fsdecode(path)) == f"{tmp_path}/\\xb9\\xab.txt"


# --- stores ------------------------------------------------------------------------------------


@pytest.fixture
def store() -> Iterator[str]:
    """A folder in the store that fsspec keeps in memory."""
    fsspec = pytest.importorskip("fsspec")
    files = fsspec.filesystem("memory")
    for name in ("b.txt", "a.txt", "sub/c.txt.gz", "sub/.d.txt", "e.png"):
        content = SIMPLE.encode()
        files.pipe(f"/news/{name}", gzip.compress(content) if name.endswith(".gz") else content)
    yield "memory://news"
    files.rm("/news", recursive=True)


@pytest.mark.parametrize(
    ("path", "ids"),
    [
        ("", ["a", "b", "sub/c"]),
        ("/*.txt", ["a", "b"]),
        ("/b.txt", ["b"]),
        ("/none.txt", ["no such file or folder"]),
        ("/*.zip", ["nothing matches"]),
        ("/e.png", ["is none of"]),
    ],
)
def test_stores_are_read(store: str, path: str, ids: list[str]) -> None:
    found = list(read_articles([f"{store}{path}"]))
    told = [one.article_id if isinstance(one, Article) else one.reason for one in found]
    assert len(told) == len(ids)
    assert all(one.startswith(wanted) for one, wanted in zip(told, ids, strict=True)), told


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://localhost/a.txt", "the web is not read without --http"),
        ("HTTPS://localhost/a.txt", "the web is not read without --http"),
        ("simplecache::http://localhost/a.txt", "simplecache is none of"),
        ("memory://x::http://localhost/a.txt", "memory is none of"),
        ("github://a:b@main/c.txt", "github is none of"),
    ],
)
def test_urls_reach_no_further_than_they_may(url: str, reason: str) -> None:
    (found,) = read_articles([url])
    assert isinstance(found, Failure)
    assert found.reason.startswith(reason)
