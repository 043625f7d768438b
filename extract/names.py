"""Organisations by rule: lexicon, quotation marks, definitions, full names, and the slots of deals.

All work is done on characters of the folded text. A name that was found once with good reason is
found everywhere in the article.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from typing import Any, Literal, NamedTuple

import ahocorasick_rs

from extract.errors import SeedError
from extract.lexicon import (
    Surface,
    alternation,
    hardware_surfaces,
    key,
    lower,
    org_surfaces,
    orgs,
    read_toml,
    words,
)
from extract.mentions import Kind, Mention, drop_overlaps
from extract.persons import find_holders
from extract.segment import cut

FILLER = "\x01"
"""Stands for each character of a masked bracket, so that offsets stay and patterns can skip it."""

RANK = (
    "names.definition", "names.full", "names.quoted", "names.hardware", "names.extended",
    "names.lexicon", "names.notice", "names.title_colon", "names.ticker", "names.by",
    "names.including", "names.new_holders", "names.held_by", "names.led", "names.listed",
    "names.unknown", "names.funded", "names.holder",
)  # fmt: skip

Span = tuple[int, int]


class Region(NamedTuple):
    """A stretch of the text in which a name is expected."""

    start: int
    end: int


# --------------------------------------------------------------------------------------------
# vocabulary


def _table(*path: str) -> tuple[str, ...]:
    return words("names.toml", *path)


class WordSet:
    """Words to be looked up at the edges of a stretch without a regular expression."""

    def __init__(self, choices: Sequence[str]) -> None:
        self._first: dict[str, list[str]] = {}
        self._last: dict[str, list[str]] = {}
        for word in sorted(set(choices), key=len, reverse=True):
            self._first.setdefault(word[0], []).append(word)
            self._last.setdefault(word[-1], []).append(word)

    def at(self, text: str, start: int, end: int) -> int:
        """The length of the longest word that begins at ``start``, 0 where there is none."""
        for word in self._first.get(text[start : start + 1], ()):
            if text.startswith(word, start, end):
                return len(word)
        return 0

    def before(self, text: str, start: int, end: int) -> int:
        """The length of the longest word that ends at ``end``, 0 where there is none."""
        for word in self._last.get(text[end - 1 : end], ()):
            if text.endswith(word, start, end):
                return len(word)
        return 0


@cache
def _word_set(*path: str) -> WordSet:
    return WordSet(_table(*path))


@cache
def _generic() -> frozenset[str]:
    return frozenset(key(word) for word in _table("generic", "words"))


@cache
def _latin_stop() -> frozenset[str]:
    return frozenset(key(word) for word in _table("latin", "stop"))


@cache
def _left_words() -> WordSet:
    return WordSet([*_table("stop", "left"), *_table("descriptor", "prefix"), *" 、，:："])


@cache
def _apposition() -> tuple[ahocorasick_rs.AhoCorasick, int]:
    """What ends in front of a name: a noun for its bearer, a title, an owner.

    The first words of the matcher, as many as the number says, are compounds that hide them.
    """
    compounds = sorted(set(_table("descriptor", "compound")))
    nouns = [*_table("descriptor", "words"), *_table("descriptor", "owner")]
    nouns += [*_table("person", "words"), "的", "包括", "获悉"]
    every = [*compounds, *sorted(set(nouns) - set(compounds))]
    kind = ahocorasick_rs.MatchKind.LeftmostLongest
    return ahocorasick_rs.AhoCorasick(every, matchkind=kind), len(compounds)


@lru_cache(maxsize=2)
def _appositions(text: str) -> tuple[list[int], list[int]]:
    """The starts and the ends of all that only describes a name, for the text at hand."""
    matcher, compounds = _apposition()
    found = [
        (start, end)
        for index, start, end in matcher.find_matches_as_indexes(text)
        if index >= compounds
    ]
    return [start for start, _ in found], [end for _, end in found]


@cache
def _lead() -> re.Pattern[str]:
    """What ends in front of a registered name: verbs and sums of money."""
    lead = alternation(_table("descriptor", "lead"))
    return re.compile(
        rf"(?:[0-9.]+ ?[多余]?[万亿]*(?:美元|港元|欧元|日元|韩元|元|美金|股|%)(?:人民币)?(?:的价格|的)?|{lead}"
        r"|[0-9年]月|[0-9月]日|[将向与和及对由为受以被从把])+"
    )


@cache
def _inner() -> re.Pattern[str]:
    return re.compile(alternation(_table("stop", "inner")))


# --------------------------------------------------------------------------------------------
# lexicon


@cache
def _automaton(
    lexicon: bool,
) -> tuple[ahocorasick_rs.AhoCorasick, tuple[tuple[Kind, str, str, bool], ...]]:
    entries: dict[str, tuple[Kind, str, str, bool]] = {}
    for surface, hardware in hardware_surfaces().items():
        entries[surface] = ("HARDWARE", hardware.id, hardware.caution, _latin_edge(surface))
    if lexicon:
        for surface, entry in org_surfaces().items():
            entries[surface] = (_kind(entry), entry.id, entry.caution, _latin_edge(surface))
    for surface in tuple(entries):
        for variant in _spacings(surface):
            entries.setdefault(variant, entries[surface])
    matcher = ahocorasick_rs.AhoCorasick(
        list(entries), matchkind=ahocorasick_rs.MatchKind.LeftmostLongest
    )
    return matcher, tuple(entries.values())


def hardware_words(lowered: str) -> bool:
    """Whether a text in lower case has the name of any listed hardware."""
    matcher, _ = _automaton(False)
    return bool(matcher.find_matches_as_indexes(lowered))


_SEAM = re.compile(r"(?<=[a-z0-9.])(?=[一-龥])|(?<=[一-龥])(?=[a-z0-9])")
_GAP = re.compile(r"(?<=[a-z0-9.]) (?=[一-龥])|(?<=[一-龥]) (?=[a-z0-9])")


def _spacings(surface: str) -> tuple[str, ...]:
    """A name of both scripts with and without the space that some outlets put between them."""
    return _SEAM.sub(" ", surface), _GAP.sub("", surface)


def _latin_edge(surface: str) -> bool:
    return bool(_WORDCHAR.match(surface[0]) or _WORDCHAR.match(surface[-1]))


def _kind(entry: Surface) -> Kind:
    if entry.kind == "person":
        return "PERSON"
    return "OUTLET" if orgs()[entry.id].kind in {"outlet", "advisor"} else "ORG"


_WORDCHAR = re.compile(r"[A-Za-z0-9]")


def _inside_word(text: str, start: int, end: int) -> bool:
    """Whether a Latin name would begin or end in the middle of a Latin word."""
    before = start > 0 and _WORDCHAR.match(text[start]) and _WORDCHAR.match(text[start - 1])
    after = end < len(text) and _WORDCHAR.match(text[end - 1]) and _WORDCHAR.match(text[end])
    return bool(before or (after and not _MEASURE.match(text, end)))


# 持股OpenAI27%, 出售Altera51%股权: a number that is told beside a name, no part of it
_MEASURE = re.compile(r"[0-9]+(?:\.[0-9]+)?[%％万亿]")


# ST亿通: a share under special treatment is not STMicroelectronics
_MARKED_SHARE = re.compile("ST(?=[一-龥])")


_FIRST_NAME = re.compile("[A-Z][a-z]+ $")
_LAST_NAME = re.compile(" [A-Z][a-z]+(?! ?[A-Z])")


def _is_of_person(folded: str, start: int, end: int) -> bool:
    """Whether a listed Latin name is half of a person's behind a title: 首席执行官 Ford Tamer."""
    if " " in folded[start:end]:
        return False
    first = _FIRST_NAME.search(folded, max(0, start - 14), start)
    if first is None and not _LAST_NAME.match(folded, end):
        return False
    begin = first.start() if first else start
    before = folded[max(0, begin - 12) : begin].rstrip()
    return _word_set("person", "words").before(before, 0, len(before)) > 0


def find_listed(text: str, folded: str, *, lexicon: bool = True) -> list[Mention]:
    """Organisations and hardware that the seeds list, longest first, left to right.

    What is also an ordinary word (得到, 现代, Box) is kept only where something speaks for a name.
    """
    matcher, entries = _automaton(lexicon)
    found: list[Mention] = []
    doubtful: list[Mention] = []
    for index, start, end in matcher.find_matches_as_indexes(lower(folded)):
        kind, identity, caution, latin = entries[index]
        if latin and (_inside_word(folded, start, end) or _MARKED_SHARE.match(folded, start)):
            continue
        if latin and kind == "ORG" and _is_of_person(folded, start, end):
            continue
        rule = "names.hardware" if kind == "HARDWARE" else "names.lexicon"
        mention = Mention(start, end, text[start:end], kind, rule, identity, caution)
        (doubtful if caution in {"common", "context"} else found).append(mention)
    found += _settled(folded, found, doubtful)
    return found


def _settled(folded: str, found: list[Mention], doubtful: list[Mention]) -> Iterator[Mention]:
    """The doubtful ones that are names: a fuller form stands in the text, or one place proves them."""
    proven = {mention.id for mention in found}
    proven |= {m.id for m in doubtful if m.id not in proven and _speaks_for_name(folded, m)}
    for mention in doubtful:
        if mention.id in proven and not (mention.text.isascii() and mention.text.islower()):
            yield mention


_FIELD = re.compile(r"芯片|GPU|显卡|加速卡|算力|处理器|服务器|机柜|集群|超节点|模组|AI|训练|推理")


def _speaks_for_name(folded: str, mention: Mention) -> bool:
    start, end = mention.start, mention.end
    if mention.kind == "HARDWARE":
        return bool(_FIELD.search(folded, max(0, start - 40), end + 40))
    if mention.text.isascii():
        joined = folded[end : end + 1] in {"-", "_"} or folded[start - 1 : start] == "-"
        return not mention.text.islower() and not (joined and start > 0)
    if folded[end : end + 1] in QUOTES and folded[start - 1 : start] in QUOTES:
        return True
    return _between_cues(folded, start, end)


def _between_cues(text: str, start: int, end: int) -> bool:
    """Whether what stands on both sides is what stands beside the names of parties."""
    before = _word_set("cue", "before").before(text, max(0, start - 6), start) or start == 0
    while text[end : end + 1] == " ":
        end += 1
    behind = _word_set("cue", "behind").at(text, end, len(text)) or end == len(text)
    return bool(before and behind)


# --------------------------------------------------------------------------------------------
# brackets

QUOTES = frozenset('“”「」『』"')

_BRACKET = re.compile(r"（[^（）\n]{0,200}）|\([^()\n]{0,200}\)|【[^【】\n]{0,60}】")
_PART_OF_NAME = re.compile(r"^[（(](?:有限合伙|普通合伙|特殊普通合伙|集团|控股|[一-龥]{2,4})[)）]$")
_NAME_GOES_ON = re.compile(r"[一-龥]{0,12}?(?:有限|科技|股份|投资|股权|技术|集团|基金|合伙)")


def mask_brackets(folded: str) -> str:
    """The text with every bracketed remark replaced by filler, its length kept.

    A bracket that belongs to a name stays: 宁德时代（上海）智能科技有限公司, ……合伙企业（有限合伙）.
    """
    return _LINK.sub(_mask_link, _BRACKET.sub(_mask_one, folded))


# The title of another article, as in 《…完成亿元融资》: a link, not a statement of this one.
_LINK = re.compile(r"《[^《》\n]{12,80}》")
_DOCUMENT = ("协议》", "合同》", "备忘录》", "意向书》", "公告》", "报》")


def _mask_link(match: re.Match[str]) -> str:
    linked = match.group()
    return linked if linked.endswith(_DOCUMENT) else FILLER * len(linked)


def _mask_one(match: re.Match[str]) -> str:
    inside = match.group()
    if _PART_OF_NAME.match(inside):
        ends_name = "合伙" in inside
        if ends_name or _NAME_GOES_ON.match(match.string, match.end()):
            return inside
    return FILLER * len(inside)


# --------------------------------------------------------------------------------------------
# chunks: from a region of the text to the name in it

_QUOTED = re.compile(r"[“「『\"]([^“”「」『』\"\n，。；！？]{1,24})[”」』\"]")
_LATIN = re.compile(
    r"(?<![A-Za-z0-9À-ɏ])(?:[A-Z]\. ?)*[A-Za-zÀ-ɏ][A-Za-z0-9À-ɏ]*(?:[.&'’·-][A-Za-z0-9À-ɏ]+|\+)*"
    r"(?: (?:(?:of|the|and|by|in|de|for|&) )?(?:[A-Z0-9À-Þ][A-Za-z0-9À-ɏ.&'’-]*))*\.?"
)
_JUST_LATIN = re.compile(rf"^{_LATIN.pattern}$")
_LATIN_RUN = re.compile(r"[A-Za-z0-9À-ɏ.&'’ -]{2,}")
_CHINESE = re.compile(r"[一-龥]")
_NO_NAME = re.compile(
    r"[，。；：！？、“”「」《》<>\n\x01\ufffd这那很吗呢么她你我]|[0-9.,]+ ?(?:吉瓦|兆瓦|千瓦|万|亿|%|％|元|年|月|日|个|家|名|颗|台|块|张)"
    r"|^[约第近超共继][ 0-9]|^[一二三两多几数][个家种次轮笔款项大名位只条]|^某|^[0-9]+(?:[A-Za-z]{1,4}|[.,0-9]+)?$"
    r"|^[A-Z]公司?$|等多|等各|(?<!^)是|[二三四五六七八九十两多数几][家名位]"
    r"|^[数上近超逾几]?[十百千万亿]{2}|[0-9]$(?<![A-Za-z][0-9])(?<![A-Za-z][0-9][0-9])|^[0-9]{4} |^(?:今年|去年|明年|本月|上月)"
)
_JUNK = frozenset(
    "★☆◈◇◆✿❀●○■□▲△▼♦※→ \x01“”「」『』\"'‘’、，,：:—-·~…|丨｜▲《》>①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"
)


def clean(text: str, start: int, end: int, *, certain: bool = False) -> Span:
    """Narrow a region to the name in it: lead-ins, appositions and adverbs fall off.

    ``certain`` says that the left edge of the region is the edge of a phrase, so that 和 and 正 may
    be the first character of a name (和玉资本, 正大机器人).
    """
    start, end = _strip(text, start, end)
    end = _strip_right(text, start, end)
    if name := _behind_apposition(text, start, end):
        start, end = _strip(text, name, end)
        start += text[start : start + 1] in {"为", "是", "即"} and end - start > 2
    start = _strip_left(text, start, end, certain=certain)
    return _strip(text, start, end)


def _strip(text: str, start: int, end: int) -> Span:
    while start < end and text[start] in _JUNK:
        start += 1
    while end > start and text[end - 1] in _JUNK:
        end -= 1
    return start, end


def _strip_right(text: str, start: int, end: int) -> int:
    right = _word_set("stop", "right")
    while True:
        size = right.before(text, start + 1, end)
        if size == 1 and _joined_to_last(text, start, end):
            return end
        if (
            not size
            and text[end - 1 : end] in _TAIL_ENDS
            and (tail := _TAIL.search(text, start, end))
        ):
            size = end - tail.start()
        if not size or end - size <= start:
            return end
        end = _strip(text, start, end - size)[1]


_TAIL_ENDS = frozenset("轮天年月内元金日")
_TAIL = re.compile(
    r"[于在]?(?:[0-9]{4}年)?(?:[0-9]{1,2}月)?[0-9]{1,2}日$"
    r"|(?:(?:Pre-?)?[A-H][0-9+]*|天使\+*|种子|首|新一|多|两|三|[0-9]+)轮$|[0-9]+ ?(?:天|年|个月)内?$"
    r"|(?:[拟约近超逾以]|超过|斥资)?[ ]?[0-9.]+ ?[多余]?[百千万亿]* ?(?:元|美元|美金|欧元|港元|日元|韩元|英镑)$"
)


def _joined_to_last(text: str, start: int, end: int) -> bool:
    """Whether the last character belongs to the word before it: 云从, 目前."""
    return len(cut(text[max(start, end - 4) : end])[-1]) > 1


def _behind_apposition(text: str, start: int, end: int) -> int:
    """Where the name begins behind the last noun that only describes it, 0 where none does."""
    starts, ends = _appositions(text)
    place = bisect_right(ends, end - 2) - 1
    return ends[place] if place >= 0 and starts[place] >= start else 0


_TIME = re.compile(
    r"(?:[0-9]{1,4} ?[年月日][初末底中]?(?:份|上旬|中旬|下旬)?[，, ]?|[0-9]+[时点分])+(?:的)?"
)


def _strip_left(text: str, start: int, end: int, *, certain: bool) -> int:
    left = _left_words()
    while True:
        if text[start : start + 1].isdigit() and (time := _TIME.match(text, start, end)):
            size = time.end() - start
        else:
            size = left.at(text, start, end)
        if not size and not certain:
            size = _particle(text, start, end)
        if not size or start + size >= end:
            break
        start += size
    place = _word_set("descriptor", "place").at(text, start, end)
    if place and _JUST_LATIN.match(text[start + place : end].lstrip()):
        start += place
    return start


def _particle(text: str, start: int, end: int) -> int:
    """A leading particle that the segmenter takes for a word of its own: 与|首都|在线, but 正大."""
    size = _word_set("stop", "weak_left").at(text, start, end)
    return size if size and len(cut(text[start : start + 4])[0]) == 1 else 0


@lru_cache(maxsize=1 << 14)
def is_name(chunk: str) -> bool:
    """Whether a cleaned chunk can be the name of an organisation."""
    if not 2 <= len(chunk) <= 48 or _NO_NAME.search(chunk):
        return False
    folded = chunk.lower()
    if folded in _generic():
        return False
    if chunk[0].isascii() and _JUST_LATIN.match(chunk):
        return folded not in _latin_stop() and not (chunk.islower() and chunk.isalpha())
    if len(chunk) > 4 and _SPOKEN.search(chunk) and _is_speech(chunk):
        return False
    suffixed = has_suffix(chunk)
    if _inner().search(chunk):
        return suffixed and len(chunk) <= 30
    return _weight(chunk) <= (30 if suffixed else 12)


_SPOKEN = re.compile(r"[向从由被签给把将就它其这该]|原定|已经|正在")
_SPEECH = frozenset(
    ["向", "从", "由", "被", "签", "给", "把", "将", "就", "它", "其", "这", "该", "原定", "正在"]
)


def _is_speech(chunk: str) -> bool:
    """Whether a chunk holds a preposition or a pronoun as a word: 沐岚云|原定|向|帆屿创投."""
    return not _SPEECH.isdisjoint(cut(chunk))


def _weight(chunk: str) -> int:
    """The length of a name, a run of Latin counted as two characters."""
    return len(_LATIN_RUN.sub("ab", chunk))


def has_suffix(chunk: str) -> bool:
    """Whether a chunk ends like an organisation: 资本, 科技, 有限公司."""
    return _word_set("suffix", "strong").before(chunk, 1, len(chunk)) > 0


def is_place_and_field(chunk: str) -> bool:
    """Whether a chunk is only a country or a town and a trade: 法国汽车 of 法国汽车零部件供应商."""
    place = _word_set("descriptor", "place").at(chunk, 0, len(chunk))
    field = chunk[place:]
    return (
        place > 0
        and len(field) == _FIELD_LENGTH
        and has_suffix(f"某{field}")
        and len(cut(field)) == 1
    )


_FIELD_LENGTH = 2

PHRASE, WORDS, PERHAPS, NAME = range(4)


def is_description(chunk: str) -> bool:
    """Whether a chunk of plain words ends like one: 金刚石晶圆企业, 新风技术."""
    ends = _word_set("suffix", "common").before(chunk, 1, len(chunk))
    return ends > 0 and not chunk[0].isascii() and shape(chunk) < NAME


@lru_cache(maxsize=1 << 14)
def shape(chunk: str) -> int:
    """What a chunk looks like by itself: a phrase, words, perhaps a name, or surely one.

    Names that no dictionary has fall into single characters (星曜坤泽); phrases fall into words
    and particles (回顾其).
    """
    if len(chunk) < 2:
        return PHRASE
    if latin := _LATIN_RUN.search(chunk):
        return _mixed_shape(chunk, latin)
    common = _word_set("suffix", "common").before(chunk, 1, len(chunk))
    if _word_set("suffix", "sure").before(chunk, 2, len(chunk)) > common:
        return NAME
    size = 0 if common else _word_set("suffix", "strong").before(chunk, 1, len(chunk))
    tokens = cut(chunk[: len(chunk) - size - common])
    first, last = _particles("first"), _particles("last")
    single = sum(len(token) == 1 for token in tokens)
    edged = tokens[0] in first or (tokens[-1] in last and not size)
    if single < len(tokens) and edged:
        return PHRASE
    telling = sum(len(t) == 1 and t not in first and t not in last for t in tokens)
    if telling >= 2 or (telling and size):
        return NAME
    return PHRASE if common else (PERHAPS if telling or size else WORDS)


@cache
def _particles(edge: str) -> frozenset[str]:
    return frozenset(_table("particles", edge))


def _mixed_shape(chunk: str, latin: re.Match[str]) -> int:
    word = latin.group().strip()
    if word == chunk:
        return NAME
    rest = (chunk[: latin.start()] + chunk[latin.end() :]).strip()
    spaced = " " in latin.group()[:1] + latin.group()[-1:]
    stopped = word.lower() in _latin_stop()
    if not rest or rest[0] in _particles("first"):
        return PHRASE
    if has_suffix(rest) or rest in _places():
        return PERHAPS if stopped else NAME
    if stopped or len(rest) < 2 or (spaced and latin.start() == 0):
        return PHRASE
    return min(shape(rest), PERHAPS) if spaced else shape(rest)


@cache
def _places() -> frozenset[str]:
    return frozenset(_table("descriptor", "place"))


# --------------------------------------------------------------------------------------------
# slots: where the grammar of deals says that a name must stand

_SEPARATOR = re.compile(r"、|，|,(?! ?Inc| ?Ltd)|；|以及|及其|[和与及]|(?<= )and(?= )|/")
_LIST_TAIL = re.compile(r"(?:等|在内|等等)(?:[^、，。；]{0,16})$")


def split_list(text: str, start: int, end: int) -> Iterator[Region]:
    """The elements of a list such as A、B以及老股东C等."""
    tail = _LIST_TAIL.search(text, start, end)
    if tail and tail.start() > start:
        end = tail.start()
    position = start
    for match in _SEPARATOR.finditer(text, start, end):
        if match.group() in "和与及" and _inside_name(text, match.start(), position, end):
            continue
        if match.group() == "and" and _latin_goes_on(text, match.end(), end):
            continue
        yield Region(position, match.start())
        position = match.end()
    yield Region(position, end)


_BLANK = re.compile(r"[ \x01]*")


def _inside_name(text: str, at: int, start: int, end: int) -> bool:
    """Whether 和, 与 or 及 at this place is a character of a name: 和玉资本, 普及科技."""
    if end - at == 2 or _BLANK.fullmatch(text, start, at):
        return True
    if _word_set("suffix", "sure").before(text, start + 2, at):
        return False
    return len(_word_at(text, at, max(start, at - 6), min(end, at + 6))) > 1


def _word_at(text: str, at: int, start: int, end: int) -> str:
    """The word of a stretch that has the character at ``at``, empty where that is outside of it."""
    for token in cut(text[start:end]):
        start += len(token)
        if at < start:
            return token
    return ""


def _latin_goes_on(text: str, start: int, end: int) -> bool:
    """Whether "and" joins words of one name: Plug and Play中国基金."""
    return text[start : start + 5] in {" Play", " Comp", " Part"} and start < end


Part = Literal["open", "close", "weak"]


@dataclass(frozen=True, slots=True)
class Slot:
    """A place in the grammar of deals where names stand; ``slots.toml`` says what its fields mean."""

    name: str
    clause: bool = False
    closed: bool = True
    led: re.Pattern[str] | None = None
    link: re.Pattern[str] | None = None
    stop: re.Pattern[str] | None = None
    ends: re.Pattern[str] | None = None
    reach: str = "clause"
    length: int = 200
    longest: int = 60
    first: bool = False
    last: bool = False
    next: tuple[str, ...] = ()
    within: re.Pattern[str] | None = None
    side: str = "both"
    listed: bool = False
    sure: bool = False


class Candidate(NamedTuple):
    """What may be a name; two rules that say so are as good as one that is ``sure``."""

    rule: str
    start: int
    end: int
    sure: bool
    looks: int = PERHAPS


class Anchor(NamedTuple):
    """A word of the text that opens or closes a slot."""

    start: int
    end: int
    part: Part


_WORDS: tuple[Part, ...] = ("open", "close", "weak")
_FLAGS = {"clause", "first", "last", "listed", "sure", "reach", "side", "length", "longest"}
_PATTERNS = {"led", "link", "stop", "ends"}
_KEYS = {*_WORDS, *_FLAGS, *_PATTERNS, "name", "next", "within"}


def _read_slot(entry: Mapping[str, Any]) -> Slot:
    if unknown := sorted(set(entry) - _KEYS):
        raise SeedError(f"unknown key {unknown[0]}", file="slots.toml", key=str(entry.get("name")))
    fields: dict[str, Any] = {name: entry[name] for name in _FLAGS if name in entry}
    try:
        fields |= {name: re.compile(entry[name]) for name in _PATTERNS if name in entry}
    except re.error as error:
        raise SeedError(str(error), file="slots.toml", key=entry["name"]) from error
    if "within" in entry:
        fields["within"] = re.compile(alternation(entry["within"]))
    return Slot(
        f"names.{entry['name']}",
        closed="close" in entry,
        next=tuple(entry.get("next", ())),
        **fields,
    )


Parts = tuple[tuple[int, Part, bool], ...]
"""What a word does: the slots by number, its part in each, and whether the slot spans a sentence."""


@cache
def _slots() -> tuple[tuple[Slot, ...], ahocorasick_rs.AhoCorasick, tuple[Parts, ...]]:
    """The slots of ``slots.toml``, a matcher of all their words, and what each word does.

    A longer word does also what its endings do: 宣布与 opens what 与 opens.
    """
    seed = read_toml("slots.toml")
    own: dict[str, set[tuple[int, Part, bool]]] = {}
    for place, entry in enumerate(seed["slot"]):
        wide = entry.get("reach") == "sentence"
        for part in _WORDS:
            for word in entry.get(part, ()):
                own.setdefault(word, set()).add((place, part, wide))
    table: dict[str, Parts] = dict.fromkeys(words("slots.toml", "hidden", "words"), ())
    for word in own:
        does = set().union(*(own.get(word[at:], set()) for at in range(len(word))))
        if word.endswith("了"):
            does |= {part for part in own.get(word[:-1], set()) if part[1] != "open"}
        table[word] = tuple(sorted(does))
    table |= _overlaps(table)
    matcher = ahocorasick_rs.AhoCorasick(
        list(table), matchkind=ahocorasick_rs.MatchKind.LeftmostLongest
    )
    return tuple(_read_slot(entry) for entry in seed["slot"]), matcher, tuple(table.values())


def _overlaps(table: Mapping[str, Parts]) -> dict[str, Parts]:
    """What a word makes with a longer one that its end begins: 的投资 before 投资人 is 的投资人."""
    found: dict[str, Parts] = {}
    for word in table:
        for size in range(1, len(word)):
            if word[-size:] not in table:
                continue
            for longer in table:
                joined = word + longer[size:]
                if len(longer) > size and longer.startswith(word[-size:]) and joined not in table:
                    found[joined] = table[longer]
    return found


_CLAUSE_EDGE = re.compile(r"[，。；：！？!?;\n丨｜|★☆◈◇◆✿❀●○■□▲△▼♦※→]")
_SENTENCE_EDGE = re.compile(r"[。；！？!?;\n]")


class _Edges:
    """The stretches between the marks of a text, found by offset."""

    def __init__(self, text: str, pattern: re.Pattern[str]) -> None:
        marks = [match.start() for match in pattern.finditer(text)]
        self._marks = [-1, *marks, len(text)]

    def around(self, offset: int) -> Span:
        place = bisect_left(self._marks, offset, 1)
        return self._marks[place - 1] + 1, self._marks[place]


@lru_cache(maxsize=2)
def _edges(text: str) -> _Edges:
    """The clauses of the text at hand."""
    return _Edges(text, _CLAUSE_EDGE)


def find_in_slots(skeleton: str) -> Iterator[Candidate]:
    """Names that the grammar of deals asks for."""
    slots, matcher, parts = _slots()
    clauses, sentences = _edges(skeleton), _Edges(skeleton, _SENTENCE_EDGE)
    groups: dict[tuple[int, int, int], list[Anchor]] = {}
    clause = (0, -1)
    for index, start, end in matcher.find_matches_as_indexes(skeleton):
        if start > clause[1]:
            clause = clauses.around(start)
        for place, part, wide in parts[index]:
            group = (place, *(sentences.around(start) if wide else clause))
            if group in groups:
                groups[group].append(Anchor(start, end, part))
            elif part == "open" or slots[place].clause:
                groups[group] = [Anchor(start, end, part)]
    for (place, start, end), anchors in groups.items():
        slot = slots[place]
        regions = _closed if slot.closed else _opened
        for left, right in regions(slot, skeleton, start, end, anchors):
            yield from _names_in(slot, skeleton, left, right)


def _closed(
    slot: Slot, text: str, start: int, end: int, anchors: Sequence[Anchor]
) -> Iterator[Span]:
    """The regions between opening and closing words, or the start of the clause and a closing word."""
    opened = start if slot.clause else -1
    for anchor in anchors:
        if anchor.part == "open":
            if slot.last or slot.clause or opened < 0:
                opened = anchor.end
            continue
        if opened < 0 or anchor.start - opened < 2 or not _closes(slot, anchor, text, end):
            continue
        yield opened, anchor.start
        if slot.first:
            return
        opened = anchor.end if slot.listed else -1


def _closes(slot: Slot, anchor: Anchor, text: str, end: int) -> bool:
    if anchor.part == "weak" and _LIST_GOES_ON.match(text, anchor.end, end):
        return False
    if slot.next and not text.startswith(slot.next, anchor.end):
        return False
    reach = min(anchor.end + 45, end)
    return not slot.within or bool(slot.within.search(text, anchor.end, reach))


_LIST_GOES_ON = re.compile(
    r"[ \x01]*(?:[、和与及]|以及|持股|宣布|拟|已|近日|今日|(?:联合|共同|独家|战略|超额|持续|继续|追加)*(?:领投|跟投|参投|追投|投资|出资|认购|注资|加码|加持))"
)


def _opened(
    slot: Slot, text: str, start: int, end: int, anchors: Sequence[Anchor]
) -> Iterator[Span]:
    """The regions from an opening word to the first stop, or to what must end them."""
    del start
    for anchor in anchors:
        left = anchor.end
        if slot.stop and slot.stop.match(text, left):
            continue
        if slot.led and not slot.led.search(text, max(0, anchor.start - 8), anchor.start):
            continue
        if slot.link:
            link = slot.link.match(text, left, end)
            if not link:
                continue
            left = link.end()
        right = min(end, left + slot.length)
        if slot.ends:
            ended = slot.ends.search(text, left + 2, right)
            if not ended:
                continue
            right = ended.start()
        if slot.stop and (stop := slot.stop.search(text, left + 2, right)):
            right = stop.start()
        elif slot.side == "left" and right - left > 40:
            continue
        yield left, right


def _names_in(slot: Slot, text: str, start: int, end: int) -> Iterator[Candidate]:
    """The names of a region; a name among others of a list needs less to look like one."""
    end = _without_adverbs(text, start, end)
    single = [Region(start, end)]
    regions = list(split_list(text, start, end)) if slot.listed else single
    found = [read for region in regions if (read := _read_region(slot, text, region, start))]
    among = len(regions) > 1 and (slot.sure or any(looks == NAME for _, _, looks, _ in found))
    for left, right, looks, edged in found:
        sure = (
            looks == NAME
            or among
            or (slot.sure and edged and (slot.closed or slot.ends is not None))
        )
        yield Candidate(slot.name, left, right, sure, looks)


def _read_region(
    slot: Slot, text: str, region: Region, start: int
) -> tuple[int, int, int, bool] | None:
    """The borders of the name in a region, what it looks like, and whether nothing stood before it."""
    if not 2 <= region.end - region.start <= slot.longest:
        return None
    certain = slot.side == "both" and not (slot.clause and region.start == start)
    left, right = clean(text, region.start, region.end, certain=certain)
    name = text[left:right]
    if left >= right or not is_name(name) or not (looks := shape(name)):
        return None
    return left, right, looks, left == region.start


@cache
def _adverbs() -> WordSet:
    return WordSet([*words("slots.toml", "lists", "adverb"), " ", FILLER])


def _without_adverbs(text: str, start: int, end: int) -> int:
    while size := _adverbs().before(text, start, end):
        end -= size
    return end


_LAST_STOP = re.compile(
    r"等|在内|[两三四五六七八九十]家|以及其|领投|跟投|参投|共同|联合|分别|均|已|将|正|拟|的|是|在|完成|入股|加持"
    r"|投资(?!集团|公司|基金|控股|管理|局|银行|、|和|与|及|$)"
)


def find_in_lists(skeleton: str, starts: Sequence[int]) -> Iterator[Candidate]:
    """The members of lists of which two are names for certain: 锦秋基金、星睿资本、初心资本.

    ``starts`` are the places where names begin that are known already, in order.
    """
    clauses = _edges(skeleton)
    places = frozenset(starts)
    mark = skeleton.find("、")
    while mark >= 0:
        start, end = clauses.around(mark)
        known = bisect_left(starts, end) - bisect_left(starts, start)
        if known > 1 or known + len(_sure_member().findall(skeleton, start, end)) > 0:
            yield from _members(skeleton, start, end, places)
        mark = skeleton.find("、", end)


@cache
def _sure_member() -> re.Pattern[str]:
    return re.compile(rf"(?:{alternation(_table('suffix', 'sure'))})(?=[、和与及等]|以及|$)")


def _members(text: str, start: int, end: int, known: frozenset[int]) -> Iterator[Candidate]:
    """The names of one list; where it begins and ends, a member must look like a name itself."""
    regions = list(split_list(text, start, end))
    found: list[tuple[Span, bool]] = []
    certain = 0
    for place, region in enumerate(regions):
        inner = 0 < place < len(regions) - 1
        left, right = _member(text, region, first=not place, last=place == len(regions) - 1)
        chunk = text[left:right]
        if left >= right or not is_name(chunk):
            continue
        told = not known.isdisjoint(range(region.start, left + 1))
        sure = told or _word_set("suffix", "sure").before(chunk, 2, len(chunk)) > 0
        certain += sure
        if sure or shape(chunk) >= (WORDS if inner else NAME):
            found.append(((left, right), sure))
    latin = sum(text[left].isascii() for (left, _), sure in found if not sure)
    if (certain >= 2 or (certain and latin and len(found) > 3)) and (
        (certain + latin) * 2 >= len(regions)
    ):
        yield from (Candidate("names.listed", *span, True) for span, _ in found)


def _member(text: str, region: Region, *, first: bool, last: bool) -> Span:
    end = region.end
    if last and (stop := _LAST_STOP.search(text, region.start + 2, end)):
        end = stop.start()
    return clean(text, region.start, end, certain=not first)


# 2连板X：, 7天4板X：, *ST X：
_TITLE_NAME = re.compile(
    r"(?:(?P<streak>[0-9一二两三四五六七八九十]+连板|[0-9]+天[0-9]+板)|\*)?([^，。；：！？\n“”]{2,14})："
)


def find_title_name(skeleton: str) -> Iterator[Span]:
    """The name in front of the colon of a headline that the article has again."""
    match = _TITLE_NAME.match(skeleton)
    if not match:
        return
    left, right = clean(skeleton, *match.span(2), certain=True)
    name = skeleton[left:right]
    again = match["streak"] or name in skeleton[right:]
    if left < right and is_name(name) and again:
        yield left, right


# ⑦X：拟定增…, 3、X：股东拟减持…: what stands in front of the colon of an item of a digest
_ITEM_NAME = re.compile(
    r"(?:(?:^|(?<=[\n。；！]))[ \x01]*[0-9]{1,2}[、.．][ ]*[①-⑳]?|[①-⑳])[ ]*"
    r"(?:[0-9一二两三四五六七八九十]+连板|[0-9]+天[0-9]+板|[0-9]+CM[^，。；：]{2}|\*?ST)?"
    r"([^，。；：！？\n“”《》（）\x01 ]{2,10})：(?=[^，。；\n]{0,6}?(?:拟|股东|子公司|控股|全资|签|获|收到|中标|终止|第[一二三]大"
    r"|董事|实控人|实际控制人|筹划|累计|定增|合计|减持|增持|收购|投资|联合|与|向))"
)
_NO_ITEM_NAME = re.compile(
    "(?:部|局|委|会|院|省|市|县|机构|券商|分析师|外媒|媒体|专家|报道|数据|消息|观点|公司|股东|行业|概念|芯片|机器人|板块|市场|声明|公告|日报|报)$"
)


def find_item_names(skeleton: str) -> Iterator[Span]:
    """The names in front of the colons of a digest's items that go on as notices do."""
    for match in _ITEM_NAME.finditer(skeleton):
        left, right = clean(skeleton, *match.span(1), certain=True)
        name = skeleton[left:right]
        if right - left >= 3 and is_name(name) and not _NO_ITEM_NAME.search(name):
            yield left, right


# --------------------------------------------------------------------------------------------
# names that announce themselves

_SHORT = re.compile(
    r"(?:[^（()）]{0,30}[，,；; ])?(?:以下|下)?(?:统|合)?(?:简称|称|称作)(?:为|“|：)?[:： ]?"
    r"[“「『\"]?(?P<short>[^”」』\"（()），,；;]{2,20})"
)
_ALIAS = re.compile(r"(?P<short>[A-Z][A-Za-z0-9.&'’ -]{1,40}|[一-龥]{2,8})$")
_TICKER = re.compile(
    r"(?:[A-Z]{2,8}|股票代码|证券代码|代码|美股|港股|A股|上交所|深交所|港交所|纳斯达克|纽交所)?[:： .]*"
    r"(?:[0-9]{4,6}(?:\.[A-Z]{2,3})?|[A-Z]{1,5}(?:\.[A-Z]{1,2}|-US|-HK)|[A-Z]{2,5}[:：] ?[A-Z0-9]{1,6})$"
)
_BEFORE_BRACKET = re.compile(r"[，。；：！？\n“”「」、]")


@dataclass(frozen=True, slots=True)
class Definition:
    """Two forms of one name; ``told`` says that the text declares it, else it only looks so."""

    full: Span
    short: Span | None
    told: bool


def find_definitions(folded: str, skeleton: str) -> Iterator[Definition]:
    """Names before brackets: 全名（简称“X”）, 法拉第未来（Faraday Future）, 赛力斯（601127.SH）."""
    for bracket in _BRACKET.finditer(folded):
        start, end = bracket.span()
        if skeleton[start] == FILLER and folded[start] != "【":
            yield from _definition(folded, skeleton, start, end)


def _definition(folded: str, skeleton: str, start: int, end: int) -> Iterator[Definition]:
    told = _SHORT.match(folded, start + 1, end - 1)
    other = told or _ALIAS.match(folded, start + 1, end - 1)
    ticker = None if other else _TICKER.match(folded, start + 1, end - 1)
    if not (other or ticker):
        return
    full = _before_bracket(folded, skeleton, start)
    if folded[full[0] - 1 : full[0]] == "《":
        return
    if not is_name(folded[slice(*full)]):
        return
    if not other:
        yield Definition(full, None, True)
        return
    short = _strip(folded, *other.span("short"))
    if is_name(folded[slice(*short)]):
        mixed = bool(_CHINESE.search(folded, *full)) != bool(_CHINESE.search(folded, *short))
        if told or mixed:
            yield Definition(full, short, told is not None)


def _before_bracket(folded: str, skeleton: str, end: int) -> Span:
    while end > 0 and skeleton[end - 1] in " \x01":
        end -= 1
    if end and folded[end - 1] in "”」":
        quote = folded.rfind("“" if folded[end - 1] == "”" else "「", max(0, end - 32), end)
        if quote >= 0:
            return quote + 1, end - 1
    marks = [m.end() for m in _BEFORE_BRACKET.finditer(skeleton, max(0, end - 60), end)]
    start = marks[-1] if marks else max(0, end - 60)
    if skeleton.endswith(_LEGAL, start, end):
        return _registered(skeleton, start, end)
    return _behind_particle(skeleton, *clean(skeleton, start, end))


def _behind_particle(text: str, start: int, end: int) -> Span:
    """The last part of a clause that is no name as a whole: AMD 将与|日月光半导体."""
    position = end
    whole = bool(shape(text[start:end])) and " " not in text[start:end]
    for token in reversed(cut(text[start:end])):
        known = position > start and text[position:end].lower() in org_surfaces()
        if token in _BREAKS and position < end - 1 and (known or not whole):
            return _strip(text, position, end)
        position -= len(token)
    return start, end


_BREAKS = frozenset("与和由是向及对被将为在以从于") | {
    "以及",
    "推出",
    "根据",
    "收购",
    "购买",
    "受让",
    "中标",
    "投资",
    "通过",
    "聘请",
    "委任",
    "选择",
    "联合",
}


_QUOTE_BEFORE = re.compile(
    r"(?:公司|企业|新创|初创|品牌|平台|厂商|商|机构|项目|独角兽|团队|基金|工具|产品|由|与|和|对|向|投资|收购|领投|入股"
    r"|旗下|跟投|股东|及|获|获得)[ ]?$"
)
_QUOTE_OBJECT = re.compile(r"(?:公司|企业|品牌|投资|收购|领投|入股|旗下|跟投|独角兽)$")
_QUOTE_EDGE = re.compile(r"(?:获悉，|近日，|日前，|，|。|\n|^|——|：|、)[ ]?$")
_QUOTE_BEHIND = re.compile(
    r"[ \x01]?(?:正式|近日|日前|今日|已|于|近期|连续|刚|又|再次|也|累计|独家)*"
    r"(?:完成|获|宣布|官宣|斩获|拿下|领投|跟投|参投|超额|加持|拟|公告|独家|共同|联合)"
)
_QUOTE_CLOSE = re.compile(r"[ \x01]?(?:、|以|等|，|近|在|与|将|的|旗下|。|已|$|\n)")


def find_quoted(folded: str) -> Iterator[Span]:
    """Names in quotation marks, told from other quotations by what stands around them."""
    for match in _QUOTED.finditer(folded):
        before = folded[max(0, match.start() - 8) : match.start()]
        cue = bool(_QUOTE_BEFORE.search(before)) or bool(
            _QUOTE_EDGE.search(before) and _QUOTE_BEHIND.match(folded, match.end())
        )
        if not cue or not is_name(match[1]):
            continue
        if (
            _QUOTE_OBJECT.search(before)
            or _QUOTE_BEHIND.match(folded, match.end())
            or _QUOTE_CLOSE.match(folded, match.end())
        ):
            yield match.span(1)


_LEGAL = (
    "有限公司", "有限责任公司", "合伙企业（有限合伙）", "合伙企业(有限合伙)", "合伙企业",
    "基金（有限合伙）", "基金(有限合伙)", "中心（有限合伙）", "中心(有限合伙)",
)  # fmt: skip
_LEGAL_END = re.compile(
    r"有限公司|有限责任公司|合伙企业(?:[（(]有限合伙[)）])?|(?:基金|中心)[（(]有限合伙[)）]"
)
_NAME_BEFORE = re.compile(r"(?:[一-龥A-Za-z0-9·&.]|[（(][一-龥]{2,4}[)）]| (?=[A-Z]))+$")


def find_full(skeleton: str) -> Iterator[Span]:
    """Registered names, which end in 有限公司, 合伙企业（有限合伙） and the like."""
    before = 0
    for match in _LEGAL_END.finditer(skeleton):
        body = _NAME_BEFORE.search(skeleton, max(before, match.start() - 44), match.start())
        before = match.end()
        if not body:
            continue
        start, end = _registered(skeleton, body.start(), match.end())
        if end - start > 6 and start < match.start() - 1:
            yield start, end


_BOUGHT = re.compile(
    ".*(?:(?:参与投资|参与设立|参投|购买|收购|受让|认购|增资|出售|转让|支付|持有|中标|投资设立|聘请|委托|引入|发布|受理)(?:了|的)?|股[权份][及和与]"
    "|(?<![平高中初同])等(?![离级距效]))"
)


def _registered(text: str, start: int, end: int) -> Span:
    """The borders of a registered name whose end is certain."""
    body = end - 4
    if verb := _BOUGHT.match(text, start, body - 1):
        start = verb.end()  # 拟发行股份购买某某有限公司
    if begin := _behind_apposition(text, start, body):
        start = begin
    for match in _lead().finditer(text, start, body):
        if match.end() <= body - 2 and _leads(text, match):
            start = match.end()
    start = _strip_left(text, start, end, certain=False)
    if start and text[start - 1] == FILLER and text[start] in _JOINS:
        start += 1  # 甲公司（简称“甲”）与乙公司
    return _strip(text, start, end)[0], end


def _leads(text: str, match: re.Match[str]) -> bool:
    """Whether a lead-in is a word of its own here; 和 and 为 also stand inside names."""
    if match.end() - match.start() > 1:
        return True
    before = text[max(0, match.start() - 6) : match.start()]
    common = _word_set("suffix", "common").before(before, 2, len(before))
    if match.group() in _JOINS and (has_suffix(before) or common):
        return True
    word = _word_at(text, match.start(), max(0, match.start() - 4), match.end() + 4)
    return len(word) == 1 and bool(
        _word_set("descriptor", "place").at(text, match.end(), match.end() + 8)
    )


# 青禾股份与北岭电子有限公司: what ends like a name in front of these is another one
_JOINS = frozenset("与和及对向由被")


_BORDER = "\x02"


@cache
def _unknown() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Names in a text whose words are parted: unknown characters with a suffix, and without."""
    particles = "".join(sorted(_particles("first") | _particles("last")))
    single = rf"(?:(?![{particles}])[一-龥]{_BORDER})"
    suffixes = [word for word in _table("suffix", "strong") if len(word) > 1]
    suffix = alternation([_BORDER.join(cut(word)) for word in suffixes if word.isalnum()])
    return (
        re.compile(rf"(?<={_BORDER}){single}{{2,3}}(?:{suffix})(?={_BORDER})"),
        re.compile(rf"(?<={_BORDER}){single}{{4,5}}(?!{single})"),
    )


def find_unknown(skeleton: str, words: Sequence[str] | None = None) -> Iterator[Candidate]:
    """Characters that make no words, wherever they stand: 浔川|创投, 桐川智云.

    With the suffix of an institution they are a name; with another, or four of them, perhaps.
    ``words`` are those of the text, brackets included, where it has been parted already.
    """
    parted = f"{_BORDER}{_BORDER.join(words or cut(skeleton))}{_BORDER}"
    with_suffix, alone = _unknown()
    sure, common = _word_set("suffix", "sure"), _word_set("suffix", "common")
    for pattern in (with_suffix, alone):
        borders = seen = 0
        for match in pattern.finditer(parted):
            chunk = match.group().replace(_BORDER, "")
            borders += parted.count(_BORDER, seen, match.start())
            seen = match.start()
            start = seen - borders
            end = start + len(chunk)
            if skeleton[start] == FILLER:
                continue
            if is_name(chunk) and skeleton[start - 1 : start] not in _DOTS:
                ends = pattern is with_suffix and not common.before(skeleton, start, end)
                if ends or _between_cues(skeleton, start, end):
                    known = ends and sure.before(skeleton, start, end) > 0
                    yield Candidate("names.unknown", start, end, known)


_DOTS = frozenset("·・.《")


# Transliterated names: 萨特·希尔资本.
_FOREIGN = re.compile(r"[一-龥]{2,6} ?[·・] ?[一-龥]{2,6}")


def find_foreign(skeleton: str) -> Iterator[Candidate]:
    """Names with a dot between their parts that end like an organisation."""
    if "·" not in skeleton and "・" not in skeleton:
        return
    for match in _FOREIGN.finditer(skeleton):
        start, end = clean(skeleton, *match.span())
        if is_name(skeleton[start:end]) and has_suffix(skeleton[start:end]):
            yield Candidate("names.foreign", start, end, True)


# --------------------------------------------------------------------------------------------
# Latin names

_LATIN_BEFORE_GAP = ' “「"（('


def find_latin(folded: str) -> Iterator[Candidate]:
    """Runs of capitalised Latin words that are no common abbreviation and stand like a party."""
    found: list[tuple[int, int, str]] = []
    parties = set()
    for match in _LATIN.finditer(folded):
        word = match.group().rstrip(".")
        if len(word) > 1 and not word.islower() and is_name(word):
            start = match.start()
            end = start + len(word)
            found.append((start, end, word))
            if word not in parties and _like_a_party(folded, start, end, word):
                parties.add(word)
    for start, end, word in found:
        if word in parties:
            yield Candidate("names.latin", start, end, True)


def _like_a_party(folded: str, start: int, end: int, word: str) -> bool:
    if _english_suffix().search(word):
        return True
    if _PRODUCT.search(word):
        return False
    begin = start
    while begin and folded[begin - 1] in _LATIN_BEFORE_GAP:
        begin -= 1
    while folded[end : end + 1] in {" ", "”", "」", "\x01"}:
        end += 1
    if _word_set("latin", "product").at(folded, end, len(folded)):
        return False
    if _word_set("latin", "behind").at(folded, end, len(folded)):
        return True
    return bool(_word_set("latin", "before").before(folded, max(0, begin - 6), begin))


# Models and versions: X300 Ultra, NX8, Galaxy Book 6 Edge, Gen 4.
_PRODUCT = re.compile(
    r"^[A-Z]{1,4}-?[0-9]{1,4}[A-Za-z]{0,2}(?: |$)| [0-9]+(?:[. ]|$)| (?:Pro|Max|Plus|Ultra|Mini|Lite|Edge|Air)\b"
)


@cache
def _english_suffix() -> re.Pattern[str]:
    return re.compile(rf" (?:{alternation(_table('suffix', 'english'))})$")


# --------------------------------------------------------------------------------------------
# all of them


@dataclass(frozen=True, slots=True)
class Names:
    """The names of one article, and which of them name the same (pairs of surfaces)."""

    mentions: tuple[Mention, ...]
    same: tuple[tuple[str, str], ...]


def find_names(
    text: str, folded: str, *, lexicon: bool = True, parted: Sequence[str] | None = None
) -> Names:
    """Organisations, persons that stand for them, outlets and hardware of an article.

    ``parted`` are the words of the folded text where the caller has them already.
    """
    skeleton = mask_brackets(folded)
    found = find_listed(text, folded, lexicon=lexicon)
    candidates = list(_by_rule(folded, skeleton, parted))
    starts = {mention.start for mention in found if mention.kind in {"ORG", "PERSON"}}
    holders = {span for span in find_holders(skeleton) if span[0] not in starts}
    held = {at for start, end in holders for at in range(start, end)}
    candidates = [c for c in candidates if held.isdisjoint(range(c.start, c.end))]
    candidates += [Candidate("names.holder", *span, True) for span in sorted(holders)]
    starts |= {candidate.start for candidate in candidates if candidate.sure}
    candidates = list(_signing(skeleton, found, candidates))
    candidates += find_in_lists(skeleton, sorted(starts))
    definitions = list(find_definitions(folded, skeleton))
    known = {mention.text for mention in found if mention.kind != "HARDWARE"}
    known |= {text[c.start : c.end] for c in candidates if c.sure}
    candidates += _defined(text, folded, definitions, known)
    candidates = _of_institutions(folded, found, candidates)
    found = _around_listed(folded, _in_deals(found, candidates), candidates)
    persons = _persons(folded, candidates) | holders
    voted = []
    for name in _voted(text, candidates):
        span = (name.start, name.end)
        voted.append(_mention(text, name.rule, span, "PERSON" if span in persons else "ORG"))
    found = _not_inside(found, voted)
    found += list(_whole(voted, found))
    found += _extended(text, folded, found)
    found += _repeated(text, found)
    mentions = tuple(drop_overlaps(found, RANK))
    return Names(mentions, _same(text, mentions, definitions))


_SIGNS_WITH = re.compile(
    "[ \x01]*(?:(?:[0-9]+月)?[0-9]+日|今[日天]|昨[日天]|近日|日前|已|正式|正|当日|双双|分别|也|还|又|再次|共同|就此)*(?:与|同|和)"
)
_SIGNED = re.compile(
    "[ \x01]*(?:等[^，。；]{0,6})?(?:正式|分别|共同|近日|今日|当天|再次)*(?:签署|签订|签约|订立|达成)"
)


# 与X在北京签署; 与某开发区管理委员会签署投资协议: what is pledged to a region is no deal
_NO_COMPANY = re.compile("在|委员会|管委会|政府|[公税]安?局")


def _signing(
    skeleton: str, listed: Sequence[Mention], candidates: Sequence[Candidate]
) -> Iterator[Candidate]:
    """The candidates, those sure with whom a known company signs: 沃兰特今日与国航通航签署协议."""
    ends = {mention.end for mention in listed if mention.kind == "ORG"}
    ends |= {found.end for found in candidates if found.sure}
    with_whom = {
        match.end() for end in ends if (match := _SIGNS_WITH.match(skeleton, end)) is not None
    }
    for found in candidates:
        signs = found.rule == "names.with" and found.start in with_whom
        here = _NO_COMPANY.search(skeleton, found.start, found.end) is None
        if signs and here and found.end - found.start > 2 and _SIGNED.match(skeleton, found.end):
            yield found._replace(sure=True)
        else:
            yield found


def _same(
    text: str, mentions: Sequence[Mention], definitions: Sequence[Definition]
) -> tuple[tuple[str, str], ...]:
    surfaces = {mention.text for mention in mentions}
    pairs = (
        (text[slice(*pair.full)], text[slice(*pair.short)]) for pair in definitions if pair.short
    )
    return tuple(dict.fromkeys(pair for pair in pairs if surfaces.issuperset(pair)))


_PARTY_RULES = frozenset(
    f"names.{rule}" for rule in ("by", "led", "including", "object", "with", "toward", "pair")
)


def _in_deals(listed: Sequence[Mention], candidates: Sequence[Candidate]) -> list[Mention]:
    """Outlets and advisers are parties where they stand in a slot: 与普华永道签署合作."""
    told = {(name.start, name.end) for name in candidates if name.rule in _PARTY_RULES}
    return [
        replace(mention, kind="ORG")
        if mention.kind == "OUTLET" and (mention.start, mention.end) in told
        else mention
        for mention in listed
    ]


def _mention(text: str, rule: str, span: Span, kind: Kind = "ORG") -> Mention:
    start, end = span
    return Mention(start, end, text[start:end], kind, rule)


_PERSON = re.compile(
    r"[一-龥]{2,4}|[一-龥]{1,6} ?[·・] ?[一-龥]{1,8}|[A-ZÀ-Þ][^ ]+(?: [A-ZÀ-Þ][^ ]+){1,3}"
)


def _persons(folded: str, candidates: Sequence[Candidate]) -> set[tuple[int, int]]:
    """The spans of names that a title stands beside: 创始人|梁文锋, 谭瑞清|先生."""
    titles, after = _word_set("person", "words"), _word_set("person", "after")
    found: set[str] = set()
    for name in candidates:
        chunk = folded[name.start : name.end]
        if chunk in found or not _PERSON.fullmatch(chunk) or has_suffix(chunk):
            continue
        before = name.start - (folded[name.start - 1 : name.start] == " ")
        if titles.before(folded, max(0, before - 8), before) or after.at(
            folded, name.end, name.end + 4
        ):
            found.add(chunk)
    return {(c.start, c.end) for c in candidates if folded[c.start : c.end] in found}


def _by_rule(folded: str, skeleton: str, parted: Sequence[str] | None) -> Iterator[Candidate]:
    for start, end in find_quoted(folded):
        yield Candidate("names.quoted", start, end, shape(folded[start:end]) > 0)
    for start, end in find_full(skeleton):
        yield Candidate("names.full", start, end, True)
    for start, end in find_title_name(skeleton):
        yield Candidate("names.title_colon", start, end, True)
    for start, end in find_item_names(skeleton):
        yield Candidate("names.notice", start, end, True)
    yield from find_foreign(skeleton)
    yield from find_unknown(skeleton, parted)
    yield from find_in_slots(skeleton)
    yield from find_latin(folded)


def _defined(
    text: str, folded: str, definitions: Sequence[Definition], known: set[str]
) -> Iterator[Candidate]:
    """The names of definitions; what only looks like one needs a side that is known already."""
    for pair in definitions:
        spans = [span for span in (pair.full, pair.short) if span]
        looks = shape(folded[slice(*pair.full)])
        listed = any(text[slice(*span)] in known for span in spans)
        if not pair.short:
            yield Candidate("names.ticker", *pair.full, looks > 0)
            continue
        sure = (
            listed
            or (pair.told and looks > 0)
            or (looks == NAME and has_suffix(folded[slice(*pair.full)]))
        )
        if sure or looks:
            yield from (Candidate("names.definition", *span, sure, WORDS) for span in spans)


def _voted(text: str, candidates: Sequence[Candidate]) -> Iterator[Candidate]:
    """The sure ones, and those that two places speak for, or the title and the text.

    What consists of words alone needs two different rules.
    """
    votes: dict[str, set[tuple[int, str]]] = {}
    sure: set[str] = set()
    for found in candidates:
        name = text[found.start : found.end]
        family = "clause" if found.rule in _OF_CLAUSE else found.rule
        votes.setdefault(name, set()).add((found.start, family))
        if found.sure:
            sure.add(name)
    weights = {
        name: (len(said), min(len({at for at, _ in said}), len({family for _, family in said})))
        for name, said in votes.items()
    }
    for found in candidates:
        name = text[found.start : found.end]
        many, several = weights[name]
        if found.looks == WORDS:
            many = several
        if name in sure or many > 1 or _opens(text, found):
            yield found


_OF_CLAUSE = frozenset({"names.funded", "names.subject", "names.pair", "names.owner"})


def _opens(text: str, found: Candidate) -> bool:
    """Whether a name opens the headline and comes again."""
    if found.start > _LONGEST_HEADING:
        return False
    before = text[: found.start].rstrip()
    if "\n" in before or (before and before[-1] not in "|｜丨：:】"):
        return False
    return text.find(text[found.start : found.end], found.end) > 0


_LONGEST_HEADING = 80


def _whole(candidates: Sequence[Mention], listed: Sequence[Mention]) -> Iterator[Mention]:
    """What is left when names go that only join two listed ones: Airwallex|空中云汇."""
    starts = {mention.start: mention for mention in listed}
    ends = {mention.end: mention for mention in listed}
    for found in candidates:
        first, last = starts.get(found.start), ends.get(found.end)
        joined = first and last and first.id == last.id and first.end < last.start + 2
        if not joined or first is last:
            yield found


_BOTH_EDGES = frozenset({"names.by", "names.led", "names.including", "names.listed"})


def _of_institutions(
    folded: str, listed: Sequence[Mention], candidates: Sequence[Candidate]
) -> list[Candidate]:
    """Funds and firms that are named after a listed owner outrank it: 河南投资集团|汇融基金."""
    ends = {mention.start: mention.end for mention in listed if mention.kind == "ORG"}
    found = []
    for name in candidates:
        rest = folded[ends.get(name.start, name.end) : name.end]
        longer = _institution(rest) if name.rule in _BOTH_EDGES else _owned_firm(name, rest)
        found.append(name._replace(rule="names.extended") if longer else name)
    return found


def _around_listed(
    folded: str, listed: Sequence[Mention], candidates: Sequence[Candidate]
) -> list[Mention]:
    """The listed ones without short forms in the middle of a name that has shares: 望|海康|信20%股权."""
    ends: dict[int, int] = {}
    for c in candidates:
        short = c.end - c.start <= _SHORT_FIRM
        if c.rule in _OWNED and short and _HANZI.fullmatch(folded[c.start : c.end]):
            for at in range(c.start + 1, c.end):
                ends[at] = max(c.end, ends.get(at, 0))
    return [mention for mention in listed if ends.get(mention.start, 0) <= mention.end]


_SHORT_FIRM = 6


def _owned_firm(name: Candidate, rest: str) -> bool:
    """Whether a listed name and what stands behind it are a firm: 零跑|国际 has shares."""
    if name.rule == "names.notice":
        return len(rest) > 1 and shape(rest) == NAME and not _inner().search(rest)
    if name.rule in _BETWEEN and len(rest) in {2, 3} and _HANZI.fullmatch(rest):
        return rest[0] not in _particles("first") and len(cut(rest)[0]) == 1  # 与|奥迪|斯流体|签订
    return name.rule in _OWNED and len(rest) > 1 and bool(_HANZI.fullmatch(rest))


_BETWEEN = frozenset({"names.with", "names.toward", "names.pair", "names.subject"})
_OWNED = frozenset({"names.shares", "names.shares_of"})
_HANZI = re.compile(r"(?:(?![A-Z]?股)[一-龥()（）])+")


def _institution(rest: str) -> bool:
    """Whether what stands behind a listed name can end the name of one of its institutions."""
    return (
        3 <= len(rest) <= 10
        and rest[0] not in _particles("first")
        and _word_set("suffix", "sure").before(rest, 1, len(rest)) > 0
        and not _inner().search(rest)
    )


def _not_inside(listed: Sequence[Mention], names: Sequence[Mention]) -> list[Mention]:
    """The listed ones without kinds of hardware that end a name: 屿禾|芯片."""
    ends = {name.end: name.start for name in names}
    return [
        mention
        for mention in listed
        if mention.kind != "HARDWARE"
        or mention.text[0].isascii()
        or ends.get(mention.end, mention.start) >= mention.start
    ]


_LONGEST_LATIN = 200


def _extended(text: str, folded: str, found: Sequence[Mention]) -> Iterator[Mention]:
    """A listed name with a suffix right behind it is a longer name: 高瓴|创投, 孙正义|基金会."""
    for mention in found:
        if mention.rule != "names.lexicon" or mention.kind not in {"ORG", "PERSON"}:
            continue
        longer = _LATIN.match(folded, mention.start, mention.start + _LONGEST_LATIN)
        if longer and _english_suffix().search(longer.group(), mention.end - mention.start):
            yield _mention(text, "names.extended", (mention.start, longer.end()))
        elif (
            (match := _extension().match(folded, mention.end))
            and not _HELD.search(folded, max(0, mention.start - 4), mention.start)
            and (mention.kind == "ORG" or match.group().endswith(("基金会", "家族", "办公室")))
        ):
            yield _mention(text, "names.extended", (mention.start, match.end()))


# 所持英伟达股份: behind a verb of holding 股份 is what is held
_HELD = re.compile("持|清仓|抛售|卖出")


@cache
def _extension() -> re.Pattern[str]:
    behind = alternation(_table("suffix", "no_extension"))
    return re.compile(f"(?:{alternation(words('slots.toml', 'lists', 'extension'))})(?!{behind})")


def _repeated(text: str, found: Sequence[Mention]) -> Iterator[Mention]:
    """Every further place of a name that was found once with good reason."""
    surfaces = {m.text: m.kind for m in found if not m.id and m.rule != "names.extended"}
    surfaces |= {m.text: m.kind for m in found if m.rule == "names.extended"}
    places = {(m.start, m.end) for m in found}
    for surface, start, end in every_place(text, surfaces):
        if (start, end) not in places and not _inside_word(text, start, end):
            yield _mention(text, "names.repeat", (start, end), surfaces[surface])


def every_place(text: str, names: Iterable[str]) -> Iterator[tuple[str, int, int]]:
    """Where names stand in a text, each as often as it can without overlapping itself."""
    sought = list(names)
    if not sought:
        return
    free = [0] * len(sought)
    matcher = ahocorasick_rs.AhoCorasick(sought)
    for index, start, end in matcher.find_matches_as_indexes(text, overlapping=True):
        if start >= free[index]:
            free[index] = end
            yield sought[index], start, end
