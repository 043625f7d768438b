"""Random files and texts until the time is over: nothing raises, nothing takes long.

usage: python tests/bench/fuzz.py [MINUTES] [--seed N] [--limit SECONDS] [--keep FOLDER] [--case N]

In turns, a file goes through the readers, and a text through the pipeline. Files are of every kind
that is read, packed or not, and standard input: random bytes, and good files with bytes changed,
cut out, doubled or put in from another one, in several encodings. Texts are mixes of the words of
deals, names, numbers, marks, control characters, lone surrogates and pieces of articles. A reader
may give articles and failures, the pipeline records whose citations are slices of the text; any
exception is a finding, and so is a case that takes longer than the limit (processor time); one that
takes ten times as long ends the run with what it is at. A case hangs on the seed and its number
alone: --case does one of them again. What was found is kept in a folder, where one is given, and
the exit code is 1.
"""

from __future__ import annotations

import argparse
import csv
import faulthandler
import gzip
import io
import json
import random
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from extract import Pipeline
from extract.article import STDIN, Article, Failure, read_articles
from extract.readers import Intake
from extract.readers_open import KINDS
from extract.records import ArticleDeals, Cite

CORPUS = Path(__file__).resolve().parents[2] / "corpus" / "articles.jsonl"
ENCODINGS = ("utf-8", "utf-8-sig", "gb18030", "big5", "utf-16")
DATES = ("2025-03-20", "2026-02", "2024-Q1", "2023-H2", "2025", None)
MOST_BYTES = 50_000
MODEL_EVERY = 20
WORDS = [
    "收购", "投资", "领投", "跟投", "融资", "采购", "合作", "上市", "持有", "出售", "减持", "增资",
    "贷款", "供应", "签署", "完成", "拟", "否认", "计划", "据报道", "宣布", "由", "向", "与", "和",
    "及", "将", "把", "被", "的", "等", "其中", "合计", "分别", "约合", "本轮", "此次", "双方", "其",
    "该公司", "前者", "公司", "旗下", "创始人", "股东", "若", "如果", "尚需", "批准", "里程碑", "用于",
    "以下简称", "有限公司", "科技", "资本", "集团", "基金", "芯片", "数据中心", "估值", "投后", "每股", "至",
    "从", "超过", "近", "数", "首期", "次日", "昨日", "今年", "上月", "三季度", "腾讯", "月之暗面",
    "英伟达", "OpenAI", "软银", "台积电", "甲骨文", "沐岚云", "桐川智云", "收購", "騰訊", "輝達", "元",
    "H100", "GB200", "A轮", "Pre-A+轮", "IPO",
]  # fmt: skip
MARKS = list("，。；：！？、（）()《》“”「」【】·・-—~%％/|丨★①\n\t \u3000.,:;!?$¥€&+=<>")
NUMBERS = [
    "3亿元", "65亿美元", "1,100万", "27.5%", "二十", "百", "数百亿", "10GW", "2025年3月",
    "19日", "2026-05-14", "5000颗", "1/3", "00", "９９",
]  # fmt: skip
ODD = ["\ud800", "\udfff", "\0", "\x01", "\x02", "\x1b[31m", "\x85", "\u2028", "\u202e", "\u200b"]
ODD += ["\ufeff", "\ufffd", "\ufe0f", "𠮷", "é", "e\u0301", "⾼", "ﬁ", "🚀", "\x7f"]


@dataclass
class Tally:
    """What was done, and what went wrong."""

    counts: Counter[str] = field(default_factory=Counter)
    slowest: tuple[float, int] = (0.0, -1)
    findings: int = 0


# --- texts -------------------------------------------------------------------------------------


def articles() -> list[dict[str, str]]:
    """The articles of the corpus, as the fields of a file."""
    lines = CORPUS.read_text(encoding="utf-8").splitlines()
    names = ("title", "text", "published", "url")
    return [{n: str(entry[n]) for n in names if entry.get(n)} for entry in map(json.loads, lines)]


def mixed(dice: random.Random, pieces: list[str]) -> str:
    """A text of random words, marks, numbers, odd characters and pieces of articles."""
    odd, real = dice.choice([(0.0, 0.1), (0.05, 0.1), (0.3, 0.0), (0.02, 0.5)])
    told: list[str] = []
    for _ in range(dice.choice([3, 30, 100, 400])):
        draw = dice.random()
        if draw < odd:
            told.append(dice.choice(ODD))
        elif draw < odd + real:
            piece = dice.choice(pieces)
            start = dice.randrange(len(piece))
            told.append(piece[start : start + dice.randrange(1, 60)])
        else:
            told.append(dice.choice(dice.choice([WORDS, WORDS, MARKS, NUMBERS])))
    if dice.random() < 0.1:
        told = told[:8] * dice.randrange(1, 1000)
    return "".join(told) or "无"


def cites(found: ArticleDeals) -> Iterator[Cite]:
    """Every citation of the records."""
    for deal in found.deals:
        for party in (*deal.investor, *deal.target):
            yield from party.mentions
        for sources in deal.sources.values():
            yield from sources
        yield from (told for told in (deal.amount, deal.valuation) if told is not None)
        yield from (Cite(start=c.start, end=c.end, text=c.text) for c in deal.conditions)


def read_text(pipeline: Pipeline, text: str, title: str | None, published: str | None) -> int:
    """Read a text and prove its citations; gives the number of deals."""
    found = pipeline.read(text, published=published, title=title)
    found.model_dump_json().encode()
    shown = f"{title}\n{text}" if title and not text.startswith(title) else text
    for cite in cites(found):
        slice_ = shown[cite.start : cite.end].replace("\0", "\ufffd")
        if "\ud800" not in slice_ and "\udfff" not in slice_ and slice_ != cite.text:
            raise AssertionError(f"{cite} is no slice of the text")
    return len(found.deals)


# --- files -------------------------------------------------------------------------------------


def written(kind: str, told: list[dict[str, str]]) -> str:
    """A good file of a kind, with some articles."""
    first = told[0]
    if kind in (".jsonl", ".ndjson"):
        return "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in told)
    if kind == ".json":
        return json.dumps(told, ensure_ascii=False)
    if kind in (".csv", ".tsv"):
        stream = io.StringIO()
        names = sorted({name for one in told for name in one})
        rows = csv.DictWriter(stream, names, delimiter="\t" if kind == ".tsv" else ",")
        rows.writeheader()
        rows.writerows(told)
        return stream.getvalue()
    if kind in (".html", ".htm"):
        body = "".join(f"<p>{line}</p>" for line in first["text"].splitlines())
        head = f"<title>{first.get('title', '')}</title><meta name='date' content='2025-03-20'>"
        return (
            f"<!DOCTYPE html><html><head>{head}</head><body><article>{body}</article></body></html>"
        )
    if kind in (".xml", ".rss"):
        items = "".join(
            f"<item><title>{one.get('title', '')}</title><description>{one['text']}</description></item>"
            for one in told
        )
        return f'<?xml version="1.0"?><rss version="2.0"><channel>{items}</channel></rss>'
    if kind == ".atom":
        items = "".join(f"<entry><id>{n}</id><content>{one['text']}</content></entry>"
                        for n, one in enumerate(told))  # fmt: skip
        return f'<feed xmlns="http://www.w3.org/2005/Atom">{items}</feed>'
    if kind == ".md":
        return f"---\ntitle: {first.get('title', '')}\ndate: 2025-03-20\n---\n\n# 题\n\n{first['text']}"
    return f"{first.get('title', '')}\n{first['text']}"


def mutated(dice: random.Random, content: bytes, other: bytes) -> bytes:
    """The bytes with a few of them changed, cut out, doubled, or put in from elsewhere."""
    found = bytearray(content)
    for _ in range(dice.choice([0, 1, 3, 20])):
        at = dice.randrange(len(found) + 1)
        end = min(len(found), at + dice.choice([1, 2, 10, 200]))
        way = dice.randrange(5)
        if way == 0:
            found[at:end] = dice.randbytes(end - at)
        elif way == 1:
            del found[at:end]
        elif way == 2:
            found[at:at] = found[at:end] * dice.choice([1, 2, 30])
        elif way == 3:
            begin = dice.randrange(len(other) + 1)
            found[at:at] = other[begin : begin + dice.choice([1, 10, 300])]
        else:
            found[at:at] = dice.choice([b"\0", b"\xff\xfe", b"\r", b'"', b"<", b"&#0;", b"]]>", b"\\ud800",
                                        b"<!DOCTYPE", b"<!--", b"{", b"---\n", b"\xed\xa0\x80"])  # fmt: skip
    return bytes(found)


def packed(content: bytes, ending: str) -> bytes:
    """The content as a file of that ending holds it."""
    if ending == ".gz":
        return gzip.compress(content, 1)
    if ending == ".zst":
        from zstandard import ZstdCompressor

        compressed: bytes = ZstdCompressor(level=1).compress(content)
        return compressed
    return content


def made_file(dice: random.Random, told: list[dict[str, str]]) -> tuple[str, bytes]:
    """The ending and the content of a random file."""
    kind, ending = dice.choice(KINDS), dice.choice(["", "", ".gz", ".zst"])
    stream = ending == "" and dice.random() < 0.1
    if dice.random() < 0.2:
        content = dice.randbytes(dice.choice([0, 1, 5, 60, 3000]))
    else:
        some = dice.sample(told, dice.randrange(1, 5))
        encoding = dice.choice(ENCODINGS)
        content = written(kind, some).encode(encoding, "replace")
        other = written(dice.choice(KINDS), some).encode(encoding, "replace")
        content = mutated(dice, content, other)
    content = packed(content, ending)
    if ending and dice.random() < 0.3:
        content = mutated(dice, content, b"")
    return STDIN if stream else kind + ending, content


def read_file(path: str, content: bytes, intake: Intake) -> tuple[list[Article], int]:
    """The articles of a file or of standard input, and how many failures it has."""
    found = list(read_articles([path], stdin=io.BytesIO(content), intake=intake))
    read = [one for one in found if isinstance(one, Article)]
    lost = [one for one in found if isinstance(one, Failure)]
    if len(read) + len(lost) < len(found):
        raise AssertionError("neither an article nor a failure")
    for one in lost:
        str(one).encode("utf-8", "surrogateescape")
    return read, len(lost)


# --- cases -------------------------------------------------------------------------------------


class Cases:
    """Random cases, each made of the seed and its number."""

    def __init__(self, seed: int, folder: Path) -> None:
        self._seed = seed
        self._folder = folder
        self._told = articles()
        self._pieces = [one["text"] for one in self._told]
        self._rules = Pipeline(model=False)
        self._model = Pipeline()
        self._rules.read(self._pieces[0], published="2025-03-20")
        self._model.read(self._pieces[0], published="2025-03-20")
        for kind in KINDS:  # what is loaded late is loaded before the clock starts
            self._read_file(kind, written(kind, self._told[:1]).encode(), Intake(), Counter())

    def make(self, number: int) -> tuple[str, str | bytes, Callable[[Counter[str]], None]]:
        """What a case is called, what it reads, and the work that it is."""
        dice = random.Random(f"{self._seed} {number}")
        if number % 2:
            ending, content = made_file(dice, self._told)
            most = dice.choice([MOST_BYTES, 2000, 100])
            columns = dice.choice([{}, {}, {"text": "title"}])
            intake = Intake(
                max_bytes=most, columns=columns, published=dice.choice(["2025-03-20", None])
            )
            return ending, content, lambda counts: self._read_file(ending, content, intake, counts)
        text = mixed(dice, self._pieces)
        title = dice.choice([None, None, mixed(dice, self._pieces)[:40]])
        published = dice.choice(DATES)
        pipeline = self._rules if number % MODEL_EVERY else self._model

        def work(counts: Counter[str]) -> None:
            counts["deals"] += read_text(pipeline, text, title, published)

        return "text", f"{title!r} {published!r}\n{text}", work

    def _read_file(self, ending: str, content: bytes, intake: Intake, counts: Counter[str]) -> None:
        path = self._folder / f"case{ending}"
        path.write_bytes(content)
        read, lost = read_file(STDIN if ending == STDIN else str(path), content, intake)
        counts["articles"] += len(read)
        counts["failures"] += lost
        for article in read[:3]:
            counts["deals"] += len(self._rules.read_article(article).deals)


def run(cases: Cases, number: int, limit: float, tally: Tally) -> str:
    """Do a case; gives what is wrong with it, empty for nothing."""
    name, _, work = cases.make(number)
    tally.counts[name] += 1
    faulthandler.dump_traceback_later(10 * limit, exit=True)  # where it hangs
    begin = time.process_time()
    try:
        work(tally.counts)
    except Exception:  # whatever it is, it is a finding
        return traceback.format_exc()
    finally:
        faulthandler.cancel_dump_traceback_later()
    spent = time.process_time() - begin
    tally.slowest = max(tally.slowest, (spent, number))
    return f"takes {spent:.1f} s" if spent > limit else ""


def keep(cases: Cases, number: int, folder: Path) -> None:
    """Put what a case reads into a folder."""
    name, content, _ = cases.make(number)
    folder.mkdir(parents=True, exist_ok=True)
    raw = content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass")
    (folder / f"{number}{name if name.startswith('.') else '.txt'}").write_bytes(raw)


def main() -> int:
    """Run cases and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("minutes", nargs="?", type=float, default=30.0)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--limit", type=float, default=10.0, help="seconds that a case may take")
    parser.add_argument("--keep", type=Path, help="folder for what was found")
    parser.add_argument("--case", type=int, help="this case alone")
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    tally, until, number = Tally(), time.monotonic() + options.minutes * 60, options.case or 0
    with tempfile.TemporaryDirectory() as name:
        cases = Cases(options.seed, Path(name))
        while time.monotonic() < until:
            if wrong := run(cases, number, options.limit, tally):
                tally.findings += 1
                print(f"case {number}: {wrong}", flush=True)
                if options.keep:
                    keep(cases, number, options.keep)
            if options.case is not None:
                break
            number += 1
            if not number % 1000:
                print(f"{number} cases", flush=True)
    for what, count in sorted(tally.counts.items()):
        print(f"{what:12} {count:9}")
    spent, slow = tally.slowest
    print(f"slowest: case {slow}, {spent:.2f} s; {tally.findings} findings")
    return 1 if tally.findings else 0


if __name__ == "__main__":
    sys.exit(main())
