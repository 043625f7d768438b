"""What the model of ``extract.ner`` is taught by: texts, and what is known of their characters.

Most of the data says only in part what is a name. So every character carries the set of tags that it
may have: one set where a source marks a name, just "outside" where all words are such as everybody
uses, all tags where nothing is known.
"""

from __future__ import annotations

import gzip
import json
import random
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from extract import ner
from extract.lexicon import alternation, key, org_surfaces, orgs, words
from extract.mentions import Mention
from extract.names import find_listed, find_names, is_name
from extract.segment import cut
from extract.text import fold

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# --------------------------------------------------------------------------------------------
# texts


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    content = path.read_bytes()
    text = (gzip.decompress(content) if path.suffix == ".gz" else content).decode("utf-8")
    for line in text.split("\n"):
        if line.strip():
            yield json.loads(line)


def articles(shared: Path) -> Iterator[str]:
    """The news of ``unlabelled``, their titles in front."""
    for path in sorted((shared / "data" / "unlabelled").glob("*.jsonl.gz")):
        for row in _lines(path):
            yield fold(f"{row['title']}\n{row['text']}")


def plain_texts(shared: Path) -> Iterator[str]:
    """Everything that pretraining reads: the news, gold of train, and the sentences of the sets."""
    yield from articles(shared)
    yield from (fold(row["text"]) for row in _lines(shared / "gold" / "train.jsonl"))
    yield from (fold(row["text"]) for row in cluener(shared)[0])
    for path in sorted((shared / "data" / "fewfc").glob("*.json")):
        yield from (fold(row["content"]) for row in _lines(path))
    yield from sorted({fold(row[3]) for row in finre(shared)})


def cluener(shared: Path) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """CLUENER's sentences: those to learn from, and every tenth, which no training sees."""
    rows = list(_lines(shared / "data" / "cluener" / "train.json"))
    learn = [row for number, row in enumerate(rows) if number % 10]
    return learn, rows[::10]


def finre(shared: Path) -> list[list[str]]:
    """FinRE's rows: head, tail, relation, sentence."""
    found = []
    for name in ("train.txt", "valid.txt"):
        text = (shared / "data" / "finre" / name).read_text(encoding="utf-8")
        rows = (line.split("\t") for line in text.splitlines())
        found += [row for row in rows if len(row) == 4]
    return found


# --------------------------------------------------------------------------------------------
# what is known of the characters of a text

ALL = (1 << len(ner.LABELS)) - 1
OUTSIDE = 1
ORGS = ("company", "organization", "government")
SILVER = 0.4
"""The weight of what is only likely."""


@dataclass(frozen=True, slots=True)
class Example:
    """A text, the set of tags that each character may have (as bits), and how much that counts.

    ``names`` are the borders of companies, in whose place others may be put.
    """

    text: str
    allowed: NDArray[np.int32]
    weight: NDArray[np.float32]
    names: tuple[tuple[int, int], ...]

    def part(self, start: int, end: int) -> Example:
        """The example that a stretch of this one makes."""
        kept = tuple((a - start, b - start) for a, b in self.names if start <= a and b <= end)
        return Example(self.text[start:end], self.allowed[start:end], self.weight[start:end], kept)


def tag_sets(length: int, classes: Sequence[str]) -> list[int]:
    """The tags that the characters of a name of one of these classes may have."""
    places = ner.places(length)
    return [sum(1 << (1 + 4 * ner.CLASSES.index(c) + place) for c in classes) for place in places]


def make_example(
    text: str, spans: Iterable[tuple[int, int, Sequence[str]]], outside: Iterable[tuple[int, int]]
) -> Example:
    """An example of names and of stretches that are outside; of the rest nothing is known."""
    import numpy as np

    allowed = np.full(len(text), ALL, np.int32)
    weight = np.ones(len(text), np.float32)
    names = []
    for start, end in outside:
        allowed[start:end] = OUTSIDE
        weight[start:end] = SILVER
    for start, end, classes in spans:
        allowed[start:end] = tag_sets(end - start, classes)
        weight[start:end] = 1
        if "company" in classes:
            names.append((start, end))
    return Example(text, allowed, weight, tuple(names))


def apart(spans: Iterable[tuple[int, int, Sequence[str]]]) -> list[tuple[int, int, Sequence[str]]]:
    """The spans without overlaps: longer ones first."""
    taken: list[tuple[int, int, Sequence[str]]] = []
    for span in sorted(spans, key=lambda s: (s[0] - s[1], s[0])):
        if all(span[1] <= start or end <= span[0] for start, end, _ in taken):
            taken.append(span)
    return sorted(taken)


# --------------------------------------------------------------------------------------------
# what is surely no name: stretches of words that everybody uses

_CLOSED = frozenset("的了着是在被由将已，。；：！？、“”‘’「」《》（）()【】%％\n…—|丨")
_SMALL = frozenset(
    "与和及等对向以从把让给就也都还又或但而因于中后前上下时年月日元个家名次笔轮台款条项位只股其该此每万亿百千 "
)
_NUMBER = re.compile(r"[0-9.,]+")
_SEEN_OFTEN = 20


class Plain:
    """Tells the stretches of a text that are made of common words alone and so name nothing.

    Words fall into kinds: H function words and verbs, P small words, C other common words, F words
    that end names (资本, 科技), G places, and U what no list of common words has.
    """

    def __init__(self, common: frozenset[str], runs: frozenset[str] = frozenset()) -> None:
        self._common = common
        self._runs = runs
        endings = {
            *words("names.toml", "suffix", "strong"),
            *words("slots.toml", "lists", "extension"),
        }
        self._endings = frozenset(endings)
        self._latin = frozenset(words("names.toml", "latin", "stop"))
        phrases = [w for w in words("names.toml", "generic", "words") if len(w) > 2]
        self._phrase = re.compile(alternation(phrases))

    def kind(self, word: str, tag: str) -> str:
        """The kind of one word.

        ``h`` is a verb, which may also begin a name (联想, 探索), ``f`` a verb that may end one (投资).
        """
        if word in _CLOSED:
            return "H"
        if word in _SMALL or _NUMBER.fullmatch(word):
            return "P"
        if word.isascii():
            return "P" if len(word) == 1 else "C" if word in self._latin else "U"
        if word in self._endings:
            return "f" if tag[0] == "v" else "F"
        if len(word) == 1 or word not in self._common or tag in {"nr", "nt", "nz"}:
            return "G" if tag == "ns" and len(word) > 1 else "U"
        if tag == "ns":
            return "G"
        return "h" if tag[0] == "v" else "H" if tag[0] in "dpcrtmqfuyeo" else "C"

    def tokens(self, text: str) -> list[tuple[str, str]]:
        """The words of a text with their kinds; generic phrases and known runs are common words."""
        import rjieba

        found: list[tuple[str, str]] = []
        start = 0
        for match in (*self._phrase.finditer(text), None):
            between = text[start : match.start() if match else len(text)]
            kinds = ((w, self.kind(w, tag)) for w, tag in rjieba.tag(between, hmm=False))
            found += [(w, kind) for run, kind in _joined(kinds) for w in self._split(run, kind)]
            if match:
                found.append((match.group(), "C"))
                start = match.end()
        return [(word, "C" if word in self._runs else kind) for word, kind in found]

    def _split(self, run: str, kind: str) -> list[str]:
        return [run] if kind != "U" or run in self._runs or run.isascii() else list(run)

    def stretches(self, text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
        """The stretches between two names that are surely outside of any."""
        told = self.tokens(text[start:end])
        kinds = ["H", *(kind for _, kind in told), "H"]
        for number, (word, _) in enumerate(told):
            if _is_outside(*kinds[number : number + 3]):
                yield start, start + len(word)
            start += len(word)

    def beside(self, text: str, start: int, end: int) -> bool:
        """Whether a listed name seems to go on: the word beside it is unknown or ends names."""
        before = self.tokens(text[max(0, start - 8) : start])[-1:]
        after = self.tokens(text[end : end + 8])[:1]
        return any(kind in "UFf" for _, kind in (*before, *after))


def _joined(tokens: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Single unknown characters that stand together, as one."""
    run = ""
    for word, kind in tokens:
        if kind == "U" and len(word) == 1 and not word.isascii():
            run += word
            continue
        if run:
            yield run, "U"
        run = ""
        yield word, kind
    if run:
        yield run, "U"


def _is_outside(before: str, kind: str, after: str) -> bool:
    if kind in "Hh":
        return kind == "H" or after != "F"
    if kind == "P":
        return "U" not in (before, after)
    if kind == "C":
        return before not in "UFG" and after not in "UF"
    if kind == "F":
        return before in "HP"
    if kind == "f":
        return before in "HPhC"
    return kind == "G" and before in "HPhC" and after in "HPh"


def common_words(texts: Iterable[str]) -> frozenset[str]:
    """The words that the news use often."""
    counts = Counter[str]()
    for text in texts:
        counts.update(cut(text))
    return frozenset(word for word, n in counts.items() if n >= _SEEN_OFTEN and len(word) > 1)


_RUN_SEEN = 10


def common_runs(texts: Iterable[str], plain: Plain) -> frozenset[str]:
    """What many articles say and no dictionary or lexicon has: 领投, 算力, 至高."""
    articles_with = Counter[str]()
    for text in texts:
        spans = [(m.start, m.end, ()) for m in find_listed(text, text)]
        pieces = (text[a:b] for a, b in _between(text, spans))
        told = (token for piece in pieces for token in plain.tokens(piece))
        articles_with.update({run for run, kind in _joined(told) if kind == "U"})
    return frozenset(
        run
        for run, n in articles_with.items()
        if n >= _RUN_SEEN and re.fullmatch("[一-龥]{2,4}", run)
    )


# --------------------------------------------------------------------------------------------
# examples of each source

_SENTENCE = re.compile(r"[^。！？\n]*[。！？\n]?")
_WINDOW = 160


def windows(text: str) -> Iterator[tuple[int, int]]:
    """Whole sentences together, up to 160 characters."""
    start = end = 0
    for match in _SENTENCE.finditer(text):
        if match.end() - start > _WINDOW and end > start:
            yield start, end
            start = end
        end = match.end()
    if end > start:
        yield start, end


def _pieces(example: Example) -> Iterator[Example]:
    for start, end in windows(example.text):
        part = example.part(start, min(end, start + ner.MAX_LENGTH))
        if part.text.strip():
            yield part


_CLUENER = {
    "company": "company", "organization": "organization", "government": "government",
    "name": "person", "game": "product", "book": "product", "movie": "product",
}  # fmt: skip


def cluener_spans(row: Mapping[str, Any]) -> list[tuple[int, int, Sequence[str]]]:
    """Names of a sentence of CLUENER, whose ends are inclusive, by our classes."""
    return apart(
        (start, end + 1, (_CLUENER[label],))
        for label, found in row["label"].items()
        if label in _CLUENER
        for places in found.values()
        for start, end in places
    )


def cluener_examples(shared: Path) -> list[Example]:
    """All of CLUENER that is learned from: what is not marked there is outside."""
    import numpy as np

    found = []
    for row in cluener(shared)[0]:
        example = make_example(fold(row["text"]), cluener_spans(row), [(0, len(row["text"]))])
        found.append(replace(example, weight=np.ones_like(example.weight)))
    return found


_ROLES = {
    **dict.fromkeys(("sub-org", "obj-org", "target-company"), ("company",)),
    **dict.fromkeys(("sub", "obj"), (*ORGS, "person")),
    **dict.fromkeys(("sub-per", "obj-per"), ("person", *ORGS)),
    "institution": ("government", "organization"),
}


def fewfc_names(shared: Path) -> Iterator[tuple[str, dict[str, Sequence[str]]]]:
    """Sentences of FewFC with the names among their arguments."""
    for path in sorted((shared / "data" / "fewfc").glob("*.json")):
        for row in _lines(path):
            roles = [m for event in row["events"] for m in event["mentions"] if m["role"] in _ROLES]
            yield fold(row["content"]), {fold(m["word"]): _ROLES[m["role"]] for m in roles}


def finre_names(shared: Path) -> Iterator[tuple[str, dict[str, Sequence[str]]]]:
    """Sentences of FinRE with all their heads and tails."""
    found: dict[str, dict[str, Sequence[str]]] = {}
    for head, tail, _, sentence in finre(shared):
        found.setdefault(fold(sentence), {}).update({fold(head): ORGS, fold(tail): ORGS})
    yield from sorted(found.items())


def gold_names(rows: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, dict[str, Sequence[str]]]]:
    """Articles with the names of all parties of their deals."""
    for row in rows:
        parties = [p for deal in row["deals"] for p in (*deal["investor"], *deal["target"])]
        listed = [name for party in parties for name in (party["name"], *party["names"])]
        yield fold(row["text"]), {fold(name): _kinds(name) for name in listed}


def _kinds(name: str) -> Sequence[str]:
    entry = org_surfaces().get(key(name))
    if entry is None:
        return (*ORGS, "person")
    return ("person",) if entry.kind == "person" else _LISTED.get(orgs()[entry.id].kind, ORGS[:1])


_LISTED: Mapping[str, Sequence[str]] = {
    "government": ("government",),
    "university": ("organization",),
    "institute": ("organization", "company"),
}


def places_of(
    text: str, names: Mapping[str, Sequence[str]]
) -> list[tuple[int, int, Sequence[str]]]:
    """Every place of the names, the longest first, none within a Latin word."""
    known = [name for name in names if is_name(name)]
    if not known:
        return []
    pattern = re.compile(
        rf"(?:(?<![A-Za-z0-9])|(?![A-Za-z0-9]))(?:{alternation(known)})"
        r"(?:(?<![A-Za-z0-9])|(?![A-Za-z0-9]))"
    )
    return [(*match.span(), names[match.group()]) for match in pattern.finditer(text)]


def partial_example(
    text: str, named: Mapping[str, Sequence[str]], plain: Plain, *, lexicon: bool
) -> Example:
    """What the names of a source, the lexicon and the common words together say of a text."""
    told = places_of(text, named)
    found = find_names(text, text, lexicon=lexicon).mentions
    silver = [span for mention in found if (span := _silver(text, mention, plain))]
    spans = apart([*told, *(s for s in silver if all(s[1] <= a or b <= s[0] for a, b, _ in told))])
    outside = list(_gaps(text, spans, plain))
    return make_example(text, spans, outside)


_CLAUSE = re.compile("[已于将的由向被]")


def _silver(text: str, mention: Mention, plain: Plain) -> tuple[int, int, Sequence[str]] | None:
    """A mention of which lexicon and rules leave no doubt."""
    start, end = mention.start, mention.end
    if mention.rule in {"names.definition", "names.full"}:
        return None if _CLAUSE.search(mention.text) else (start, end, ORGS)
    if mention.kind == "HARDWARE":
        return start, end, ("hardware",)
    if mention.rule != "names.lexicon" or mention.value or plain.beside(text, start, end):
        return None
    if mention.kind == "PERSON":
        return start, end, ("person",)
    return start, end, _LISTED.get(orgs()[mention.id].kind, ORGS[:1])


def _gaps(
    text: str, spans: Sequence[tuple[int, int, Sequence[str]]], plain: Plain
) -> Iterator[tuple[int, int]]:
    for start, end in _between(text, spans):
        yield from plain.stretches(text, start, end)


def _between(
    text: str, spans: Iterable[tuple[int, int, Sequence[str]]]
) -> Iterator[tuple[int, int]]:
    start = 0
    for begin, end, _ in spans:
        yield start, begin
        start = end
    yield start, len(text)


def sources(shared: Path, corpus: Path | None = None) -> dict[str, list[Example]]:
    """The examples of each source, in windows; of our own corpus only those of its split to train."""
    news = list(articles(shared))
    common = common_words(news)
    plain = Plain(common, common_runs(news, Plain(common)))
    rows = list(_lines(shared / "gold" / "train.jsonl"))
    if corpus is not None:
        rows += [row for row in _lines(corpus) if row["split"] == "train"]

    def marked(named: Iterable[tuple[str, Mapping[str, Sequence[str]]]]) -> list[Example]:
        whole = (partial_example(text, names, plain, lexicon=True) for text, names in named)
        return [piece for example in whole for piece in _pieces(example)]

    told = marked((text, {}) for text in news)
    return {
        "cluener": cluener_examples(shared),
        "gold": marked(gold_names(rows)),
        "fewfc": marked(fewfc_names(shared)),
        "finre": marked(finre_names(shared)),
        "news": [e for number, e in enumerate(told) if e.names or number % 10 == 0],
    }


_CODAS = ("", "", "", "n", "r", "s", "l", "x")
_LATIN_ENDS = ("", "", "", "", " AI", "AI", " Labs", " Capital", " Technologies", ".ai", "tech")


class Swapper:
    """Puts other names in the place of known ones, so that the words around a name are learned."""

    def __init__(
        self, shared: Path, examples: Mapping[str, Sequence[Example]], *, seed: int
    ) -> None:
        self.chance = random.Random(seed)
        listed = (shared / "data" / "companies" / "short_names.txt").read_text(encoding="utf-8")
        self._short = [n for n in map(fold, listed.split("\n")) if re.fullmatch("[一-龥]{2,8}", n)]
        seen = {e.text[a:b] for found in examples.values() for e in found for a, b in e.names}
        self._seen = sorted(name for name in seen if 2 <= len(name) <= 24)

    def name(self) -> str:
        """A name: of a company that hardly anybody knows, of one of the sources, or made up."""
        drawn = self.chance.random()
        if drawn < 0.45:
            return self.chance.choice(self._short)
        if drawn < 0.8:
            return self.chance.choice(self._seen)
        pick = self.chance.choice
        made = "".join(
            pick("bcdfghklmnprstvwxz") + pick("aeiouy") + pick(_CODAS)
            for _ in range(pick((1, 2, 2, 3)))
        )
        made = made.capitalize() if self.chance.random() < 0.9 else made.upper()
        return made + pick(_LATIN_ENDS)

    def swap(self, example: Example, share: float) -> Example:
        """The example with some of its names replaced."""
        import numpy as np

        for start, end in reversed(example.names):
            if self.chance.random() >= share:
                continue
            name = self.name()
            given = [int(bits) for bits in example.allowed[start:end]]
            classes = [c for n, c in enumerate(ner.CLASSES) if given[0] >> (1 + 4 * n) & 15]
            tags = np.array(tag_sets(len(name), classes), np.int32)
            ones = np.ones(len(name), np.float32)
            example = replace(
                example,
                text=example.text[:start] + name + example.text[end:],
                allowed=np.concatenate([example.allowed[:start], tags, example.allowed[end:]]),
                weight=np.concatenate([example.weight[:start], ones, example.weight[end:]]),
            )
        return example
