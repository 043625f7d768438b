"""Organisations by rule: lexicon, quotation marks, definitions, full names, and the slots of deals.

All work is done on characters of the folded text. A name that was found once with good reason is
found everywhere in the article.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

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
from extract.segment import cut

FILLER = "\x01"
"""Stands for each character of a masked bracket, so that offsets stay and patterns can skip it."""

RANK = (
    "names.definition", "names.full", "names.quoted", "names.extended", "names.hardware",
    "names.lexicon", "names.by", "names.including", "names.new_holders", "names.held_by",
    "names.led", "names.funded", "names.notice", "names.title_colon",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Region:
    """A stretch of the text in which a name is expected, and the side on which it must end."""

    start: int
    end: int
    side: str  # "left", "right" or "both": the edge(s) that the name touches


# --------------------------------------------------------------------------------------------
# vocabulary


def _table(*path: str) -> tuple[str, ...]:
    return words("names.toml", *path)


@cache
def _generic() -> frozenset[str]:
    return frozenset(key(word) for word in _table("generic", "words"))


@cache
def _patterns() -> dict[str, re.Pattern[str]]:
    strong = alternation(_table("suffix", "strong"))
    nouns = alternation(_table("descriptor", "words"))
    return {
        "suffix": re.compile(rf"(?:{strong})$"),
        "suffix_here": re.compile(rf"(?:{strong})"),
        "descriptor": re.compile(
            rf".*(?:(?!{alternation(_table('descriptor', 'compound'))})(?:{nouns})|的|包括|获悉)"
            r"(?:——)?[ “「\"‘—]*(?=\S\S)"
        ),
        "prefix": re.compile(rf"(?:{alternation(_table('descriptor', 'prefix'))}) *"),
        "place": re.compile(rf"(?:{alternation(_table('descriptor', 'place'))}) *"),
        "left": re.compile(rf"(?:{alternation(_table('stop', 'left'))}|[ 、，:：]) *"),
        "particle": re.compile(rf"(?:{alternation(_table('stop', 'weak_left'))}) *"),
        "right": re.compile(rf" *(?:{alternation(_table('stop', 'right'))})$"),
        "inner": re.compile(alternation(_table("stop", "inner"))),
        "owner": re.compile(rf".*(?:{alternation(_table('descriptor', 'owner'))})"),
        "person": re.compile(rf".*(?:{alternation(_table('person', 'words'))}) *"),
    }


# --------------------------------------------------------------------------------------------
# lexicon


@cache
def _automaton(
    lexicon: bool,
) -> tuple[ahocorasick_rs.AhoCorasick, tuple[tuple[Kind, str, str], ...]]:
    entries: dict[str, tuple[Kind, str, str]] = {}
    for surface, hardware in hardware_surfaces().items():
        entries[surface] = ("HARDWARE", hardware.id, hardware.caution)
    if lexicon:
        for surface, entry in org_surfaces().items():
            entries[surface] = (_kind(entry), entry.id, entry.caution)
    matcher = ahocorasick_rs.AhoCorasick(
        list(entries), matchkind=ahocorasick_rs.MatchKind.LeftmostLongest
    )
    return matcher, tuple(entries.values())


def _kind(entry: Surface) -> Kind:
    if entry.kind == "person":
        return "PERSON"
    return "OUTLET" if orgs()[entry.id].kind in {"outlet", "advisor"} else "ORG"


_WORDCHAR = re.compile(r"[A-Za-z0-9]")


def _inside_word(text: str, start: int, end: int) -> bool:
    """Whether a Latin name would begin or end in the middle of a Latin word."""
    before = start > 0 and _WORDCHAR.match(text[start]) and _WORDCHAR.match(text[start - 1])
    after = end < len(text) and _WORDCHAR.match(text[end - 1]) and _WORDCHAR.match(text[end])
    return bool(before or after)


def find_listed(text: str, folded: str, *, lexicon: bool = True) -> list[Mention]:
    """Organisations and hardware that the seeds list, longest first, left to right."""
    matcher, entries = _automaton(lexicon)
    lowered = lower(folded)
    found = []
    for index, start, end in matcher.find_matches_as_indexes(lowered):
        if _inside_word(folded, start, end):
            continue
        kind, identity, caution = entries[index]
        if caution in {"common", "context"} and not _cased_like_a_name(text, start, end):
            continue
        rule = "names.hardware" if kind == "HARDWARE" else "names.lexicon"
        found.append(Mention(start, end, text[start:end], kind, rule, identity, caution))
    return found


def _cased_like_a_name(text: str, start: int, end: int) -> bool:
    """A Latin name that is also a word counts where it is capitalised; a Chinese one always may."""
    word = text[start:end]
    return not word.isascii() or not word.islower()


# --------------------------------------------------------------------------------------------
# brackets

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
    r"(?<![A-Za-z0-9])[A-Za-z][A-Za-z0-9]*(?:[.&'’·-][A-Za-z0-9]+|\+)*"
    r"(?: (?:(?:of|the|and|by|in|de|for) )?(?:[A-Z0-9&][A-Za-z0-9.&'’-]*))*\.?"
)
_JUST_LATIN = re.compile(rf"^{_LATIN.pattern}$")
_CHINESE = re.compile(r"[一-龥]")
_NO_NAME = re.compile(
    r"[，。；：！？、“”「」《》\n这那很吗呢么她你我]|[0-9.,]+(?:万|亿|%|％|元|年|月|日|个|家|名)"
    r"|^[约第近超共继][ 0-9]|^[一二三两多几数][个家种次轮笔款项大]|[0-9]$(?<![A-Za-z][0-9])(?<![A-Za-z][0-9][0-9])"
)


def clean(text: str, start: int, end: int, *, certain: bool = False) -> tuple[int, int]:
    """Narrow a region to the name in it: lead-ins, appositions and adverbs fall off.

    ``certain`` says that the left edge of the region is the edge of a phrase, so that 和 and 正 may
    be the first character of a name (和玉资本, 正大机器人).
    """
    start, end = _strip(text, start, end)
    start, end = _strip_right(text, start, end)
    for name in ("owner", "descriptor", "person"):
        match = _patterns()[name].match(text, start, end)
        if match and match.end() < end:
            start, end = _strip(text, match.end(), end)
    start = _strip_left(text, start, end, certain=certain)
    return _strip(text, start, end)


def _strip(text: str, start: int, end: int) -> tuple[int, int]:
    junk = " \x01“”「」『』\"'‘’、，,：:—-·~…"
    while start < end and text[start] in junk:
        start += 1
    while end > start and text[end - 1] in junk:
        end -= 1
    return start, end


def _strip_right(text: str, start: int, end: int) -> tuple[int, int]:
    while match := _patterns()["right"].search(text, start, end):
        if match.start() <= start:
            break
        start, end = _strip(text, start, match.start())
    return start, end


_TIME = re.compile(r"(?:[0-9]{1,4} ?[年月日][初末底中]?(?:份|上旬|中旬|下旬)?[，, ]?)+(?:的)?")


def _strip_left(text: str, start: int, end: int, *, certain: bool) -> int:
    patterns = _patterns()
    while match := (
        _TIME.match(text, start, end)
        or patterns["left"].match(text, start, end)
        or patterns["prefix"].match(text, start, end)
        or (not certain and _particle(text, start, end))
        or None
    ):
        if match.end() >= end:
            break
        start = match.end()
    place = patterns["place"].match(text, start, end)
    if place and _JUST_LATIN.match(text[place.end() : end]):
        start = place.end()
    return start


def _particle(text: str, start: int, end: int) -> re.Match[str] | None:
    """A leading particle that the segmenter takes for a word of its own: 与|首都|在线, but 正大."""
    match = _patterns()["particle"].match(text, start, end)
    return match if match and len(cut(text[start : start + 4])[0]) == 1 else None


def is_name(chunk: str) -> bool:
    """Whether a cleaned chunk can be the name of an organisation."""
    if not 2 <= len(chunk) <= 40 or key(chunk) in _generic() or _NO_NAME.search(chunk):
        return False
    if _JUST_LATIN.match(chunk):
        return key(chunk) not in _latin_stop()
    if _patterns()["inner"].search(chunk):
        return bool(_patterns()["suffix"].search(chunk)) and len(chunk) <= 30
    return len(chunk) <= (30 if _patterns()["suffix"].search(chunk) else 12)


@cache
def _latin_stop() -> frozenset[str]:
    return frozenset(key(word) for word in _table("latin", "stop"))


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
        yield Region(position, match.start(), "both")
        position = match.end()
    yield Region(position, end, "both")


def _inside_name(text: str, at: int, start: int, end: int) -> bool:
    """Whether 和, 与 or 及 at this place is a character of a name: 和玉资本, 普及科技."""
    if at == start or not text[start:at].strip(" \x01"):
        return True
    position = max(start, at - 6)
    for token in cut(text[position : min(end, at + 6)]):
        if position <= at < position + len(token):
            return len(token) > 1
        position += len(token)
    return False


@dataclass(frozen=True, slots=True)
class Slot:
    """A place in the grammar of deals where names stand; the group ``list`` holds them."""

    name: str
    pattern: re.Pattern[str]
    side: str
    listed: bool
    recurs: bool
    sure: bool


@cache
def _slots() -> tuple[Slot, ...]:
    """The slots of ``slots.toml``, their word lists filled in."""
    seed = read_toml("slots.toml")
    lists = {name: f"(?:{alternation(choices)})" for name, choices in seed["lists"].items()}
    return tuple(_read_slot(entry, lists) for entry in seed["slot"])


def _read_slot(entry: Mapping[str, Any], lists: Mapping[str, str]) -> Slot:
    pattern = re.sub(r"<(\w+)>", lambda m: lists.get(m[1], m[0]), entry["pattern"])
    pattern = pattern.replace("(?P(?:", "(?P<list>(?:")
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise SeedError(str(error), file="slots.toml", key=entry["name"]) from error
    flags = (entry.get(flag, False) for flag in ("listed", "recurs", "sure"))
    return Slot(f"names.{entry['name']}", compiled, entry["side"], *flags)


def find_in_slots(skeleton: str) -> Iterator[tuple[Slot, int, int]]:
    """Names that the grammar of deals asks for: the slot and the borders of the name."""
    for slot in _slots():
        for match in slot.pattern.finditer(skeleton):
            start, end = match.span("list")
            single = [Region(start, end, slot.side)]
            for region in split_list(skeleton, start, end) if slot.listed else single:
                left, right = clean(
                    skeleton, region.start, region.end, certain=region.side == "both"
                )
                name = skeleton[left:right]
                if left < right and is_name(name) and (not slot.recurs or name in skeleton[right:]):
                    yield slot, left, right


# --------------------------------------------------------------------------------------------
# names that announce themselves

_SHORT = (
    r"[（(](?:[^（()）]{0,30}[，,；; ])?(?:以下|下)?(?:统|合)?(?:简称|称|称作)(?:为|“|：)?[:： ]?"
    r"[“「『\"]?(?P<short>[^”」』\"（()），,；;]{2,20}?)[”」』\"]?[，,；;]?[^（()）]{0,30}[)）]"
)
_DEFINITION = re.compile(
    rf"(?P<full>[^，。；：！？\n“”「」]{{2,60}}?|[“「][^”」\n]{{2,30}}[”」]){_SHORT}"
)
_SAME = re.compile(
    r"(?P<full>[一-龥A-Za-z0-9.&·-]{2,40}|[“「][^”」\n]{2,20}[”」]) ?"
    r"[（(](?P<short>[A-Z][A-Za-z0-9.&'’ -]{1,40}|[一-龥]{2,8})[)）]"
)
_FULL = re.compile(
    r"(?:[一-龥A-Za-z0-9·]|[（(][一-龥]{2,4}[)）]){2,36}?"
    r"(?:股份有限公司|有限责任公司|集团有限公司|有限公司|合伙企业[（(]有限合伙[)）]|合伙企业"
    r"|基金[（(]有限合伙[)）]|中心[（(]有限合伙[)）])"
)
_QUOTE_BEFORE = re.compile(
    r"(?:公司|企业|品牌|平台|厂商|商|机构|项目|独角兽|团队|基金|工具|产品|由|与|和|对|向|、|投资|收购|领投|入股"
    r"|旗下|获悉，|近日，|日前，|，|。|\n|^|——|：|跟投|股东|及|获|获得)[ ]?$"
)
_QUOTE_BEHIND = re.compile(
    r"[ \x01]?(?:正式|近日|日前|今日|已|于|近期|连续|刚|又|再次)*"
    r"(?:完成|获|宣布|官宣|斩获|拿下|、|领投|跟投|以|等|超额|加持|，本轮|，已|近|在|与|拟|将|公告|独家|共同|联合|的|旗下|。|，|$|\n)"
)


def find_definitions(
    folded: str, skeleton: str
) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    """Pairs of borders that name the same: 全名（简称“X”）, 法拉第未来（Faraday Future）."""
    for match in _DEFINITION.finditer(folded):
        full = clean(skeleton, *match.span("full"))
        if full[0] < full[1] and is_name(folded[full[0] : full[1]]):
            yield full, match.span("short")
    for match in _SAME.finditer(folded):
        full, short = clean(skeleton, *match.span("full")), match.span("short")
        if is_name(folded[full[0] : full[1]]) and is_name(folded[short[0] : short[1]]):
            yield full, short


def find_quoted(folded: str) -> Iterator[tuple[int, int]]:
    """Names in quotation marks, told from other quotations by what stands around them."""
    for match in _QUOTED.finditer(folded):
        start, end = match.span(1)
        before = folded[max(0, match.start() - 8) : match.start()]
        if not is_name(match[1]) or not _QUOTE_BEFORE.search(before):
            continue
        if _QUOTE_BEHIND.match(folded, match.end()):
            yield start, end


def find_full(folded: str, skeleton: str) -> Iterator[tuple[int, int]]:
    """Registered names, which end in 有限公司, 合伙企业（有限合伙） and the like."""
    for match in _FULL.finditer(skeleton):
        start, end = clean(skeleton, *match.span())
        if end - start > 4:
            yield start, match.end() if match.end() - end < 8 else end


def find_latin(folded: str) -> Iterator[tuple[int, int]]:
    """Runs of capitalised Latin words that are no common abbreviation."""
    for match in _LATIN.finditer(folded):
        word = match.group().rstrip(".")
        if len(word) > 1 and not word.islower() and is_name(word) and not word.isdigit():
            yield match.start(), match.start() + len(word)


# --------------------------------------------------------------------------------------------
# all of them


@dataclass(frozen=True, slots=True)
class Names:
    """The names of one article, and which of them name the same (pairs of surfaces)."""

    mentions: tuple[Mention, ...]
    same: tuple[tuple[str, str], ...]


def find_names(text: str, folded: str, *, lexicon: bool = True) -> Names:
    """Organisations, persons that stand for them, outlets and hardware of an article."""
    skeleton = mask_brackets(folded)
    listed = find_listed(text, folded, lexicon=lexicon)
    found = list(listed)
    same = []

    def add(rule: str, start: int, end: int) -> None:
        found.append(Mention(start, end, text[start:end], "ORG", rule))

    for full, short in find_definitions(folded, skeleton):
        same.append((text[slice(*full)], text[slice(*short)]))
        add("names.definition", *full)
        add("names.definition", *short)
    for start, end in find_quoted(folded):
        add("names.quoted", start, end)
    for start, end in find_full(folded, skeleton):
        add("names.full", start, end)
    for slot, start, end in find_in_slots(skeleton):
        if slot.sure or is_unusual(folded[start:end]):
            add(slot.name, start, end)
    found += _extended(text, folded, found)
    found += _repeated(text, found)
    for start, end in find_latin(folded):
        add("names.latin", start, end)
    return Names(tuple(drop_overlaps(found, RANK)), tuple(dict.fromkeys(same)))


def is_unusual(chunk: str) -> bool:
    """Whether a chunk is no plain phrase: it has a suffix of names, Latin, or unknown words."""
    if _patterns()["suffix"].search(chunk) or re.search("[A-Za-z]", chunk):
        return True
    return any(len(token) == 1 for token in cut(chunk)) and not _patterns()["inner"].search(chunk)


def _extended(text: str, folded: str, found: list[Mention]) -> Iterator[Mention]:
    """A listed name with a suffix of names right behind it is a longer name: 高瓴 + 创投."""
    for mention in found:
        if mention.rule != "names.lexicon" or mention.kind != "ORG":
            continue
        if match := _extension().match(folded, mention.end):
            yield Mention(
                mention.start, match.end(), text[mention.start : match.end()], "ORG",
                "names.extended",
            )  # fmt: skip


@cache
def _extension() -> re.Pattern[str]:
    return re.compile(f"(?:{alternation(words('slots.toml', 'lists', 'extension'))})(?![者人])")


def _repeated(text: str, found: list[Mention]) -> Iterator[Mention]:
    """Every further place of a name that was found once with good reason."""
    surfaces = {m.text for m in found if m.kind == "ORG" and m.rule != "names.lexicon"}
    surfaces = {surface for surface in surfaces if len(surface) > 1}
    if not surfaces:
        return
    for match in re.finditer(alternation(sorted(surfaces)), text):
        if not _inside_word(text, *match.span()):
            yield Mention(*match.span(), match.group(), "ORG", "names.repeat")
