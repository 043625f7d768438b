"""Which windows of twelve characters the corpus shares with other texts: no sentence may be borrowed.

    python tests/bench/corpus_overlap.py [FOLDER] [--list]

Every file of ``corpus/`` is compared with every file of FOLDER (default: the folder ``shared``
beside the project), both in simplified script, in two ways:

- *words*: the Chinese characters alone, so that no figure, space or comma hides a borrowed clause;
- *as written*: every character but spaces. Here a row of names, dates and amounts is bound to be
  equal, so a window counts as borrowed only where five or more of its characters are left after
  names of the gold, figures, units, dates, Latin letters and signs are taken out.

The pages of the corpus in English are compared by runs of eight words.

Prints the windows that are equal and those that are borrowed, file by file, and exits with 1 where
any is borrowed. With ``--list`` the borrowed windows themselves.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import opencc

ROOT = Path(__file__).resolve().parents[2]
CORPUS = ROOT / "corpus"
WINDOW = 12
BLOCK = WINDOW // 2
WORDS_LEFT = 5
RUN = 8

OTHER = re.compile(r"[^\u3400-\u4dbf\u4e00-\u9fff]+")
LATIN = re.compile(r"[a-z]+")
SPACE = re.compile(r"\s+")
ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})")
TAG = re.compile(r"<[^>]+>")
FIGURES = re.compile(
    r"[\d.,]+|[零一二两三四五六七八九十百千万亿]+(?=[年月日个家元美港欧])"
    r"|[万亿兆]|美元|港元|欧元|人民币|新台币|[年月日元]"
)


def chinese(text: str) -> str:
    """The Chinese characters of a text alone."""
    return OTHER.sub("", text)


def written(text: str) -> str:
    """The text without its spaces."""
    return SPACE.sub("", text)


WAYS: dict[str, Callable[[str], str]] = {"words": chinese, "as written": written}
simplified: Callable[[str], str] = opencc.OpenCC("t2s").convert


def windows(text: str) -> Iterator[str]:
    for start in range(len(text) - WINDOW + 1):
        yield text[start : start + WINDOW]


def word_runs(text: str) -> set[str]:
    """Every eight English words in a row."""
    words = LATIN.findall(text.lower())
    return {" ".join(words[n : n + RUN]) for n in range(len(words) - RUN + 1)}


def blocks_of(own: set[str]) -> set[str]:
    return {window[n : n + BLOCK] for window in own for n in range(WINDOW - BLOCK + 1)}


def borrowed(text: str, own: set[str], blocks: set[str]) -> set[str]:
    """The windows of a text that are also our own.

    Every window of twelve holds one of the text's consecutive blocks of six, so only blocks
    that are ours are looked at closer.
    """
    found = set()
    for start in range(0, len(text) - BLOCK + 1, BLOCK):
        if text[start : start + BLOCK] in blocks:
            near = text[max(0, start - BLOCK) : start + WINDOW]
            found |= own & set(windows(near))
    return found


def read_text(path: Path) -> str:
    """Text of a plain, gzipped or spreadsheet file, escapes of JSON resolved."""
    if path.suffix == ".xlsx":
        with zipfile.ZipFile(path) as book:
            parts = [book.read(name) for name in book.namelist() if name.endswith(".xml")]
        return TAG.sub("", b"".join(parts).decode("utf-8"))
    raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return ESCAPE.sub(lambda m: chr(int(m[1], 16)), raw.decode("utf-8", errors="replace"))


def articles() -> list[dict[str, Any]]:
    lines = (CORPUS / "articles.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def own_texts() -> dict[str, str]:
    """The texts of every file of the corpus, by name."""
    files = [*sorted(CORPUS.glob("*.md")), *sorted(CORPUS.glob("articles/*.txt"))]
    texts = {path.name: path.read_text(encoding="utf-8") for path in files}
    return texts | {str(a["article_id"]): str(a["text"]) for a in articles()}


def own_names() -> list[str]:
    """Names of parties and of hardware in the gold, the longest first."""
    names = set()
    for article in articles():
        for deal in article["deals"]:
            for party in [*deal["investor"], *deal["target"]]:
                names.update(party["names"])
            names.update(h["name"] for h in deal["hardware"])
    return sorted(names, key=lambda name: (-len(name), name))


def words_left(window: str, names: re.Pattern[str]) -> str:
    """What is left of a window without names, figures, Latin letters and signs."""
    return chinese(FIGURES.sub("", names.sub("", window)))


class Own(NamedTuple):
    """What the corpus has, ready to be compared: windows by way, runs of words, names."""

    windows: dict[str, set[str]]
    blocks: dict[str, set[str]]
    runs: set[str]
    names: re.Pattern[str]

    def equal(self, text: str) -> dict[str, set[str]]:
        """The windows and runs of a text that are also in the corpus, by way."""
        found = {
            name: borrowed(way(text), self.windows[name], self.blocks[name])
            for name, way in WAYS.items()
        }
        return found | {"runs of words": self.runs & word_runs(text)}

    def taken(self, way: str, equal: set[str]) -> set[str]:
        """Those of them that are more than names, figures and dates."""
        if way != "as written":
            return equal
        return {w for w in equal if len(words_left(w, self.names)) >= WORDS_LEFT}


def read_own() -> Own:
    texts = {name: simplified(text) for name, text in own_texts().items()}
    own = {n: {w for t in texts.values() for w in windows(way(t))} for n, way in WAYS.items()}
    pages = [text for name, text in texts.items() if name.endswith(".md")]
    names = [re.escape(written(simplified(name))) for name in own_names()]
    return Own(
        windows=own,
        blocks={name: blocks_of(own[name]) for name in WAYS},
        runs=set().union(*map(word_runs, pages)),
        names=re.compile("|".join(names)),
    )


def compare(folder: Path, *, show: bool) -> int:
    """Print what every file shares with the corpus; how much of that is borrowed."""
    own, total = read_own(), 0
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    for path in files:
        for way, equal in own.equal(simplified(read_text(path))).items():
            taken = own.taken(way, equal)
            total += len(taken)
            if equal:
                print(
                    f"{path.relative_to(folder)}: {way}: {len(equal)} equal, {len(taken)} borrowed"
                )
            for window in sorted(taken) if show else ():
                print(f"    {window}")
    counts = ", ".join(f"{len(found)} windows {way}" for way, found in own.windows.items())
    print(f"{counts}; {len(files)} files compared: {total} borrowed")
    return total


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT.parent / "shared")
    parser.add_argument("--list", action="store_true", dest="show")
    options = parser.parse_args()
    if not options.folder.is_dir():
        print(f"{options.folder}: no such folder", file=sys.stderr)
        return 2
    return 1 if compare(options.folder, show=options.show) else 0


if __name__ == "__main__":
    raise SystemExit(main())
