"""Files, folders and streams to Articles: every format, every way to fail, and that the rest goes on."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract.article import Article, Failure, join_title, read_argument, read_articles

TITLE = "星澜科技完成A轮融资"
BODY = "星澜科技宣布完成2亿元A轮融资，云岭资本领投。"
BOM = "\ufeff".encode()


def told(article_id: str, text: str, **rest: str | None) -> Article:
    return Article(article_id=article_id, text=text, **rest)


def as_json(**fields: Any) -> bytes:
    return json.dumps(fields, ensure_ascii=False).encode()


FULL = told(
    "n1",
    f"{TITLE}\n{BODY}",
    title=TITLE,
    source="甲报",
    url="https://example.org/1",
    published="2026-05-14",
)
FIELDS = {
    "article_id": "n1",
    "title": TITLE,
    "outlet": "甲报",
    "url": "https://example.org/1",
    "published": "2026-05-14 08:00",
}

# Name of the file, its bytes, and all that comes out.
FORMATS: list[tuple[str, bytes, list[Article | str]]] = [
    ("a.txt", BODY.encode(), [told("a", BODY)]),
    ("a.txt", f"{TITLE}\n{BODY}\n".encode(), [told("a", f"{TITLE}\n{BODY}", title=TITLE)]),
    ("a.txt", f"{BODY}\n{BODY}".encode(), [told("a", f"{BODY}\n{BODY}")]),
    ("a.txt", f"{TITLE}\r\n\r\n{BODY}".encode(), [told("a", f"{TITLE}\n\n{BODY}", title=TITLE)]),
    ("a.txt", BOM + BODY.encode(), [told("a", BODY)]),
    ("a.txt", BODY.encode("gb18030"), [told("a", BODY, encoding="gb18030")]),
    ("a.txt", BODY.encode("utf-16"), [told("a", BODY, encoding="utf-16")]),
    ("a.txt", BODY.encode("utf-16-le"), ["a.txt: holds NUL bytes, so it is no UTF-8 or GB18030"]),
    ("a.txt", b"\xff\xff\xff", ["a.txt: is neither UTF-8 nor GB18030"]),
    ("a.txt", b" \n\n", ["a.txt: holds no text"]),
    ("a.TXT", BODY.encode(), [told("a", BODY)]),
    ("2026-05-14-a.txt", BODY.encode(), [told("2026-05-14-a", BODY, published="2026-05-14")]),
    ("a.md", f"# {TITLE}\n\n{BODY}\n".encode(), [told("a", f"{TITLE}\n{BODY}", title=TITLE)]),
    ("a.md", f"甲报\n\n# {TITLE}\n{BODY}".encode(), [told("a", f"{TITLE}\n甲报\n\n{BODY}", title=TITLE)]),
    ("a.md", f"## 无题\n{BODY}".encode(), [told("a", f"## 无题\n{BODY}")]),
    ("a.json", as_json(text=BODY, **FIELDS), [FULL]),
    ("a.json", as_json(text=f"{TITLE}\n{BODY}", **FIELDS), [FULL]),
    ("a.json", as_json(text=BODY), [told("a", BODY)]),
    ("a.json", as_json(id=7, content=BODY, source="乙报"), [told("7", BODY, source="乙报")]),
    ("a.json", as_json(body=BODY, published="2026-05"), [told("a", BODY, published="2026-05")]),
    ("a.json", as_json(body=BODY, published="2026-02-31"), [told("a", BODY)]),
    ("a.json", as_json(title=TITLE, text=""), [told("a", TITLE, title=TITLE)]),
    ("a.json", as_json(text=3), ["a.json: holds no text, content or body"]),
    ("a.json", b'"text"', ["a.json: is not a JSON object"]),
    ("a.json", b'{"text": "\\ud800"}', [told("a", "\ufffd")]),
    ("a.json", b"[" * 100_000, ["a.json: is not JSON"]),
    (
        "a.json",
        b"[" + as_json(text=BODY) + b", 1, " + as_json(text=TITLE, id="b") + b"]",
        [told("a-1", BODY), "a.json: entry 2: is not a JSON object", told("b", TITLE)],
    ),
    (
        "a.jsonl",
        BOM + as_json(text=BODY, id="x") + b"\n\n{\n" + as_json(text=TITLE) + b"\r\n",
        [told("x", BODY), "a.jsonl:3: is not JSON", told("a-4", TITLE)],
    ),
    (
        "a.jsonl",
        as_json(text=BODY, id="x") + b"\n" + as_json(text=TITLE, id="x"),
        [told("x", BODY), "a.jsonl:2: the id 'x' stands twice"],
    ),
    (
        "a.jsonl",
        as_json(text=BODY) + b"\n" + json.dumps({"title": TITLE}, ensure_ascii=False).encode("gb18030"),
        [told("a-1", BODY), told("a-2", TITLE, title=TITLE, encoding="gb18030")],
    ),
    ("a.pdf", b"%PDF", ["a.pdf: is none of .txt, .md, .json, .jsonl"]),
]  # fmt: skip


def outcome(found: list[Article | Failure], folder: Path) -> list[Article | str]:
    """Articles as they are, failures as their words without the folder."""
    return [
        one if isinstance(one, Article) else str(one).replace(f"{folder}{os.sep}", "")
        for one in found
    ]


def same(found: list[Article | str], wanted: list[Article | str]) -> bool:
    """Whether all articles are equal and all failures begin as they should."""
    pairs = zip(found, wanted, strict=True)
    return all(
        one.startswith(other) if isinstance(one, str) and isinstance(other, str) else one == other
        for one, other in pairs
    )


@pytest.mark.parametrize(
    ("name", "content", "wanted"), FORMATS, ids=[f"{n}-{case[0]}" for n, case in enumerate(FORMATS)]
)
def test_a_file_gives_its_articles(
    tmp_path: Path, name: str, content: bytes, wanted: list[Article | str]
) -> None:
    (tmp_path / name).write_bytes(content)
    found = outcome(list(read_articles([tmp_path / name])), tmp_path)
    assert len(found) == len(wanted)
    assert same(found, wanted), found


def test_the_date_comes_from_field_then_dateline_then_name_then_option(tmp_path: Path) -> None:
    line = "【甲报 2026年3月1日讯】" + BODY
    (tmp_path / "2026-04-01.json").write_bytes(as_json(text=line, published="2026-05-14"))
    (tmp_path / "2026-04-02.txt").write_text(line, encoding="utf-8")
    (tmp_path / "2026-04-03.txt").write_text(BODY, encoding="utf-8")
    (tmp_path / "later.txt").write_text(BODY, encoding="utf-8")
    found = list(read_articles([tmp_path], published="2026-06-01"))
    days = [article.published for article in found if isinstance(article, Article)]
    assert days == ["2026-05-14", "2026-03-01", "2026-04-03", "2026-06-01"]


def test_folders_are_read_in_order_and_hidden_files_passed_over(tmp_path: Path) -> None:
    names = [
        "b.txt",
        "a.txt",
        "sub/a.txt",
        "sub/deep/c.md",
        ".git/x.txt",
        ".h.txt",
        "p.png",
        "s.d/e.txt",
    ]
    for name in names:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(BODY, encoding="utf-8")
    found = [
        article.article_id for article in read_articles([tmp_path]) if isinstance(article, Article)
    ]
    assert found == ["a", "b", "s.d/e", "sub/a", "sub/deep/c"]


def test_ids_from_names_stay_unique(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.txt").write_text(BODY, encoding="utf-8")
    one, two = tmp_path / "one", tmp_path / "two" / "a.txt"
    found = outcome(list(read_articles([one, two, two])), tmp_path)
    ids = [item.article_id if isinstance(item, Article) else item for item in found]
    assert ids == ["a", (tmp_path / "two" / "a").as_posix(), "two/a.txt: the id 'a' stands twice"]


def test_what_cannot_be_read_is_told_and_the_rest_goes_on(tmp_path: Path) -> None:
    (tmp_path / "bad.json").write_bytes(b"{")
    (tmp_path / "good.txt").write_text(BODY, encoding="utf-8")
    found = list(
        read_articles([tmp_path / "none.txt", tmp_path / "bad.json", tmp_path / "good.txt"])
    )
    assert found[0] == Failure(str(tmp_path / "none.txt"), None, "no such file or folder")
    assert isinstance(found[1], Failure)
    assert found[2] == told("good", BODY)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root reads anything")
def test_a_file_without_permission_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text(BODY, encoding="utf-8")
    path.chmod(0)
    assert list(read_articles([path])) == [Failure(str(path), None, "Permission denied")]


STREAMS: list[tuple[str, bytes, list[Article | str]]] = [
    ("text", f"{TITLE}\n{BODY}".encode(), [told("stdin", f"{TITLE}\n{BODY}", title=TITLE)]),
    ("lines", as_json(text=BODY) + b"\n{", [told("stdin-1", BODY), "stdin:2: is not JSON"]),
    ("document", json.dumps({"text": BODY, "id": "x"}, indent=1).encode(), [told("x", BODY)]),
    ("list", b"[" + as_json(text=BODY) + b"]", [told("stdin-1", BODY)]),
    ("list of lines", b"[\n" + as_json(text=BODY) + b"\n]", [told("stdin-1", BODY)]),
    ("nothing", b"", ["stdin: holds no text"]),
]


@pytest.mark.parametrize(("name", "content", "wanted"), STREAMS, ids=[case[0] for case in STREAMS])
def test_a_dash_reads_the_stream(name: str, content: bytes, wanted: list[Article | str]) -> None:
    found = outcome(list(read_articles(["-"], stdin=io.BytesIO(content))), Path())
    assert same(found, wanted), found


def test_a_stream_of_lines_is_not_read_ahead() -> None:
    lines = io.BytesIO(b"\n".join(as_json(text=BODY, id=str(n)) for n in range(9)))
    found = read_articles(["-"], stdin=lines)
    next(found)
    assert lines.tell() < len(lines.getvalue()) / 2


def test_an_argument_is_a_path_or_a_text(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text(BODY, encoding="utf-8")
    assert list(read_argument(str(path))) == [told("a", BODY)]
    assert list(read_argument(BODY, published="2026-01-02")) == [
        told("text", BODY, published="2026-01-02")
    ]
    assert list(read_argument(BODY * 400)) == [told("text", BODY * 400)]
    assert [str(found) for found in read_argument(" ")] == ["text: holds no text"]


@pytest.mark.parametrize(
    ("title", "body", "text"),
    [
        (TITLE, BODY, f"{TITLE}\n{BODY}"),
        (TITLE, f"{TITLE}。{BODY}", f"{TITLE}。{BODY}"),
        (None, BODY, BODY),
        ("", BODY, BODY),
        (TITLE, "", TITLE),
    ],
)
def test_a_title_is_put_in_front_once(title: str | None, body: str, text: str) -> None:
    assert join_title(title, body) == text


@given(st.binary(max_size=200), st.sampled_from([".txt", ".md", ".json", ".jsonl"]))
def test_no_input_raises(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, kind: str
) -> None:
    path = tmp_path_factory.getbasetemp() / f"any{kind}"
    path.write_bytes(content)
    assert all(isinstance(found, Article | Failure) for found in read_articles([path]))
