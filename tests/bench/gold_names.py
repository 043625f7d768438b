"""How many parties of gold files are found as mentions with exact borders, and how many names are false.

usage: python tests/bench/gold_names.py GOLD.jsonl [GOLD.jsonl ...] [--plain NEWS.jsonl.gz] [--errors]

A party of a required deal counts as found where a mention of an organisation or a person is one of
its names (case, width, spaces and quotation marks are ignored). ``--plain`` counts the organisations
that no list has in the sentences of 200 unlabelled articles that no deal, party list or cue of
names touches: an upper bound of the false ones, per 1,000 characters.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from extract.lexicon import key
from extract.mentions import Mention
from extract.names import find_names
from extract.relations import find_hits
from extract.text import fold

ARTICLES = 200
SEED = 4
IGNORED = re.compile(r"[\s\"'“”‘’「」『』]")
SENTENCE = re.compile(r"[^。！？；\n]+")
CUE = re.compile(
    r"公司|企业|机构|旗下|[Ii]nc|Corp|Ltd|简称|[投融]资|收购|股东|入股|持股|合作|签署|订单|集团|[“「『\"]|创始|CEO|"
    r"独角兽|厂商|巨头|品牌|平台|供应商|团队|实验室|[A-Za-z]、[A-Za-z]|公告|上市"
)


def plain(name: str) -> str:
    return IGNORED.sub("", key(name))


def gold_parties(article: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Each named party of the required deals once."""
    seen = set()
    for deal in article["deals"]:
        for party in () if deal.get("optional") else [*deal["investor"], *deal["target"]]:
            if party["name"] not in seen:
                seen.add(party["name"])
                yield party


def parties(text: str, *, lexicon: bool) -> list[Mention]:
    found = find_names(text, fold(text), lexicon=lexicon).mentions
    return [mention for mention in found if mention.kind in {"ORG", "PERSON"}]


def measure(path: Path, *, lexicon: bool, errors: bool) -> None:
    total, hits = 0, 0
    kinds: Counter[str] = Counter()
    for line in path.read_text(encoding="utf-8").splitlines():
        article = json.loads(line)
        mentions = parties(article["text"], lexicon=lexicon)
        rules = {plain(mention.text): mention.rule for mention in mentions}
        for party in gold_parties(article):
            total += 1
            found = [rules[form] for name in party["names"] if (form := plain(name)) in rules]
            hits += bool(found)
            kinds.update(found[:1])
            if errors and not found:
                print(f"{article['article_id']} {show(article['text'], party, mentions)}")
    with_ = "with" if lexicon else "without"
    print(f"{path.name} {with_} lexicon: {hits} of {total} = {hits / max(total, 1):.3f}")
    if errors:
        print(dict(kinds.most_common()))


def show(text: str, party: dict[str, Any], mentions: list[Mention]) -> str:
    """What stands around a missed party, and the mentions that touch it."""
    places = [(text.find(name), name) for name in party["names"] if name in text]
    lines = []
    for start, name in places[:2]:
        end = start + len(name)
        near = [(m.text, m.rule) for m in mentions if m.start < end and start < m.end]
        lines.append(f"{text[max(0, start - 15) : end + 15]!r} found {near}")
    return f"{party['name']}: " + ("; ".join(lines) or "no form stands in the text")


def untouched(folded: str) -> Iterator[tuple[int, int]]:
    """The sentences with neither a deal trigger nor a cue of names."""
    hits = [hit.start for hit in find_hits(folded)]
    for match in SENTENCE.finditer(folded):
        start, end = match.span()
        if not CUE.search(match.group()) and not any(start <= hit < end for hit in hits):
            yield start, end


def measure_false(path: Path, *, errors: bool) -> None:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        articles = random.Random(SEED).sample([json.loads(line) for line in lines], ARTICLES)
    characters = 0
    rules: Counter[str] = Counter()
    for article in articles:
        text = f"{article['title']}\n{article['text']}"
        spans = list(untouched(fold(text)))
        characters += sum(end - start for start, end in spans)
        for mention in parties(text, lexicon=True):
            unlisted = mention.kind == "ORG" and not mention.id
            if unlisted and any(s <= mention.start < e for s, e in spans):
                rules[mention.rule] += 1
                if errors:
                    around = text[max(0, mention.start - 12) : mention.end + 8]
                    print(f"{article['id']} {mention.rule} {mention.text!r} in {around!r}")
    each = 1000 * rules.total() / max(characters, 1)
    print(
        f"{path.name}: {rules.total()} unlisted in {characters} characters = {each:.2f} per 1,000"
    )
    print(dict(rules.most_common()))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("gold", nargs="*", type=Path)
    parser.add_argument("--plain", type=Path, help="unlabelled news, JSON Lines, gzip")
    parser.add_argument("--errors", action="store_true", help="print what was missed or is false")
    options = parser.parse_args()
    for path in options.gold:
        for lexicon in (True, False):
            measure(path, lexicon=lexicon, errors=options.errors)
    if options.plain:
        measure_false(options.plain, errors=options.errors)


if __name__ == "__main__":
    main()
