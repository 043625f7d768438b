"""Who is who: names to entities, and words such as 该公司 and 后者 to the names they stand for."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from extract.lexicon import alternation, key, lower, org_names, org_surfaces, orgs, read_toml
from extract.mentions import Mention, beginning_in, last_before


@dataclass(frozen=True, slots=True)
class Entity:
    """A party of an article: its forms in the text, the most used first, and its canonical id."""

    id: str
    forms: tuple[str, ...]
    names: tuple[str, ...]


_LEGAL = re.compile(
    r"(?:科技|技术|智能|信息|集团|控股|股份|有限|责任|公司|企业|发展|系统|产业|投资|管理|电子|网络|软件|实业|国际"
    r"|（[^（）]{2,4}）|\([^()]{2,4}\)|合伙|[一-龥]{0,6}(?:有限公司))+$"
)
_TAIL = re.compile(
    r"(?: ?(?:公司|集团|股份|控股|科技|科技集团|Inc\.?|Corp\.?|Ltd\.?|Pharmaceuticals|Aerospace|AI|\.ai|Capital|Ventures|Technologies|Semiconductor))$",
    re.I,
)


class Entities:
    """The parties of one article; surfaces that name the same party share an entity."""

    def __init__(self, mentions: Iterable[Mention], same: Iterable[tuple[str, str]]) -> None:
        self._counts: Counter[str] = Counter()
        self._ids: dict[str, str] = {}
        unclear: set[str] = set()
        for mention in mentions:
            if mention.kind in {"ORG", "PERSON", "OUTLET"} and mention.rule != "anaphor":
                self._counts[mention.text] += 1
                if mention.id:
                    self._ids[mention.text] = mention.id
                if mention.value == "ambiguous":
                    unclear.add(mention.text)
        self._parent = {surface: surface for surface in self._counts}
        self._join_listed()
        self._join_told(same, unclear)
        self._join_alike()
        self._forms: dict[str, list[str]] = {}
        for surface in self._counts:
            self._forms.setdefault(self._find(surface), []).append(surface)
        self._made: dict[str, Entity] = {}

    def _find(self, surface: str) -> str:
        while (above := self._parent[surface]) != surface:
            self._parent[surface] = self._parent[above]  # keeps the ways short
            surface = above
        return surface

    def _join(self, one: str, other: str) -> None:
        first, second = self._find(one), self._find(other)
        ids = {self._ids.get(first), self._ids.get(second)} - {None}
        if first != second and len(ids) < 2:
            self._parent[second] = first
            if second in self._ids:
                self._ids[first] = self._ids[second]

    def _join_listed(self) -> None:
        seen: dict[str, str] = {}
        for surface in self._counts:
            mark = self._ids.get(surface) or f"={key(surface).replace(' ', '')}"
            if mark in seen:
                self._join(seen[mark], surface)
            seen.setdefault(mark, surface)

    def _join_told(self, same: Iterable[tuple[str, str]], unclear: set[str]) -> None:
        """Join what the text says is one; in 超微（AMD） the bracket says which 超微 it is."""
        for full, short in same:
            if full not in self._parent or short not in self._parent:
                continue
            listed = org_surfaces().get(lower(short))
            if full in unclear and listed and listed.caution != "ambiguous":
                self._ids[full] = self._ids[short] = listed.id
            self._join(full, short)

    def _join_alike(self) -> None:
        places = {name: place for place, name in enumerate(sorted(self._counts, key=len))}
        pairs = {
            (places[short], places[full], short, full)
            for full in self._counts
            for short in _inside(full)
            if short in places and alike(short, full)
        } | {
            (places[half], places[full], half, full)
            for full in self._counts
            if (mixed := _MIXED.fullmatch(full)) and not self._ids.get(full)
            for half in mixed.groups()
            if half in places and not self._ids.get(half)
        }
        for _, _, short, full in sorted(pairs):
            self._join(short, full)

    def of(self, mention: Mention) -> Entity:
        """The entity that a mention names."""
        if mention.text not in self._parent:  # a shorter reading of a mention: 腾讯 of 腾讯投资
            self._parent[mention.text] = mention.text
            self._counts[mention.text] = 1
            self._ids[mention.text] = mention.id
            self._forms[mention.text] = [mention.text]
        root = self._find(mention.text)
        if root not in self._made:
            self._made[root] = self._make(root)
        return self._made[root]

    def _make(self, root: str) -> Entity:
        forms = sorted(self._forms[root], key=lambda form: (-self._counts[form], -len(form)))
        listed = self._ids.get(root, "")
        names = tuple(dict.fromkeys([*forms, *org_names(listed)]))
        fullest = max(forms, key=len)
        return Entity(listed or f"name:{key(fullest).replace(' ', '-')}", tuple(forms), names)


# 像素绽放PixelBloom: an unlisted name in both scripts; each half names the same
_MIXED = re.compile("([一-龥]{3,8}) ?([A-Z][A-Za-z]{3,}[A-Za-z .]*)")
_LATEST = 4


def _inside(full: str) -> Iterator[str]:
    """The parts of a name that may be a shorter form of it: those at its beginning, or near it."""
    latest = _LATEST if full.endswith(_REGISTERED) else 0
    for start in range(latest + 1):
        yield from (full[start:end] for end in range(start + 2, len(full) + (start > 0)))


def alike(short: str, full: str) -> bool:
    """Whether a longer name is a fuller form of a shorter one: 花知晓 in 深圳花知晓电子商务有限公司."""
    if len(short) < 2:
        return False
    if full.startswith(short):
        rest = full[len(short) :]
        if rest[0] in "（(" and not rest.endswith(("）", ")")):
            return False
        return bool(_TAIL.fullmatch(rest)) or (rest.endswith(_REGISTERED) and rest[0] not in "（(")
    return full.endswith(_REGISTERED) and full.find(short) <= _LATEST and not full.startswith(short)


_REGISTERED = ("有限公司", "有限责任公司")


# --------------------------------------------------------------------------------------------
# anaphora


@cache
def _anaphora() -> tuple[re.Pattern[str], dict[str, str]]:
    table = {str(word): str(kind) for word, kind in read_toml("names.toml")["anaphora"].items()}
    plain = [word for word in table if word not in {"公司", "其", "它", "标的", "两家", "两方"}]
    notice = r"(?:(?<![一-龥A-Za-z0-9])|(?<=[将对向由为给与和是经即及而若因从以于被令让日年月晚前后时称示露把替知悉]))公司(?=私有化|拟|将|已|与|以|同意|董事会|控股子|全资|通过|旗下|向|于|近日|持有|签|收到|为|在|作为|及|或|实控|计划|全资子|控股|境外|参与|累计|出资|下属|正|获|宣布|估值|此前|再|成为|认购|今日|参股(?!公司|企业)|增资|近期|并|下一轮|新一轮|采购|租用|订购|购买)|(?<=持股|持有)公司(?=[0-9])|(?<=对|向)公司(?=[0-9约近超])"
    own = r"(?<=[向与跟给对同和替把])[它其](?![他实余中它])|(?:两家|两方)(?=还|将|公司|决定|同意|计划|约定|达成|签|已|宣布|的合作|也|同时)|(?<!其)[其它](?=[0-9]{1,3}(?:\.[0-9]+)?[%％]|普通股|新股|新增|新?发行的?|的?股份|的?股权|股票|拟|将|已|以|持有|在|计划|正|收购|投资|斥资|出资)"
    return re.compile(f"{alternation(plain)}|{notice}|{own}"), table


def find_anaphora(
    folded: str,
    start: int,
    end: int,
    parties: Sequence[Mention],
    *,
    topic: Sequence[Mention],
    pair: Sequence[Mention] = (),
    main: Mention | None,
) -> list[Mention]:
    """Words of a sentence that stand for a party, with the mention(s) they stand for as their value.

    公司 is the party whose notice the article reports; 该公司 and 其 the subject told last; 前者 and
    后者 the two parties before; 双方 the two of the sentence, else ``pair``, the sides of the deal that
    is spoken of. ``parties`` are those of the article, left to right.
    """
    pattern, table = _anaphora()
    found = []
    for match in pattern.finditer(folded, start, end):
        here = _named(folded, beginning_in(parties, start, match.start()), match.start())
        ahead = last_before(parties, match.start(), _NEARBY + 1)
        before = _named(folded, ahead, match.start())
        kind = table.get(match.group(), "topic")
        antecedents = _antecedents(kind, match.group(), here, before, tuple(topic), main)
        if match.group() in {"其", "它"} and folded[match.start() - 1] in "向对与给和同跟":
            antecedents = _other(folded, match.start(), here) or antecedents
        if match.group() == "公司":
            antecedents = _speaker(folded, here) or antecedents
        if kind == "both" and pair and len({party.text for party in here}) < 2:
            antecedents = tuple(pair)
        if antecedents:
            found.append(Mention(*match.span(), match.group(), "ORG", "anaphor", value=antecedents))
    return found


_SHORT_FORM = re.compile('称为?[：:]?[ “「『"]*$')


def _named(folded: str, parties: Sequence[Mention], at: int) -> list[Mention]:
    """The parties in front of a place, without the short forms that brackets give: （简称“X”）."""
    return [
        party
        for party in parties
        if party.end <= at and not _SHORT_FORM.search(folded, max(0, party.start - 6), party.start)
    ]


_CLAUSE_MARK = re.compile("[，：；]")


def _other(folded: str, at: int, here: Sequence[Mention]) -> tuple[Mention, ...]:
    """Whom 其 means behind 向: X与Y签订合同，向其借款 is Y; X拿下订单：Y将向其购买 is X."""
    if not here:
        return ()
    marks = [m.end() for m in _CLAUSE_MARK.finditer(folded, here[0].start, at)]
    begin = marks[-1] if marks else here[0].start
    earlier = [party for party in here if party.end <= begin]
    if len(earlier) == len(here):
        return tuple(p for p in earlier[-1:] if p.text != here[0].text)
    return tuple(earlier[:1])


# X方面向本报表示，公司…: who speaks speaks of itself
_SPEAKS = re.compile(
    "[ \x01”」]*(?:方面|官方|相关(?:人士|负责人))?(?:今日|近日|日前)?(?:[向对在于][^，。；]{2,16}?)?"
    "(?:表示|回应称?|透露|介绍|指出|坦言|强调)(?:称)?[，：]"
)


def _speaker(folded: str, here: Sequence[Mention]) -> tuple[Mention, ...]:
    """The company of a sentence that says what follows."""
    said = [p for p in here if p.kind == "ORG" and _SPEAKS.match(folded, p.end)]
    return tuple(said[-1:])


_NEARBY = 6


def _antecedents(
    kind: str,
    word: str,
    here: Sequence[Mention],
    before: Sequence[Mention],
    topic: tuple[Mention, ...],
    main: Mention | None,
) -> tuple[Mention, ...]:
    if word in {"公司", "本公司"}:
        if main is not None and main.kind == "PERSON":  # X董事长Y：…: 公司 is X
            return tuple(party for party in (*topic, *reversed(before)) if party.kind == "ORG")[:1]
        return (main,) if main else ()
    if kind == "topic":
        return tuple(here[:1]) or topic[:1] or tuple(before[-1:])
    if not before:
        return ()
    if kind == "front":
        return _last_distinct(before, 3)[:2]
    if kind in _COUNTED:
        return _last_distinct(before, _COUNTED[kind])
    pair = _last_two(before)
    return {"both": pair, "first": pair[:1], "second": pair[-1:]}[kind]


_COUNTED = {"three": 3, "four": 4}


def _last_distinct(before: Sequence[Mention], most: int) -> tuple[Mention, ...]:
    """The last parties before a word such as 三方, or none where there are not as many."""
    found = {party.text: party for party in before}
    return tuple(found.values())[-most:] if len(found) >= most else ()


def _last_two(before: Sequence[Mention]) -> tuple[Mention, ...]:
    last = before[-1]
    other = [party for party in before[-_NEARBY:] if party.text != last.text]
    return (other[-1], last) if other else (last,)


def parent_of(identity: str) -> str:
    """The id of the house that a listed organisation belongs to, empty where no list has one."""
    return orgs()[identity].parent if identity in orgs() else ""


def meant(party: Mention) -> tuple[Mention, ...]:
    """The parties that a mention stands for: itself, or the antecedents of 双方 and its like."""
    return party.value if isinstance(party.value, tuple) else (party,)


def listed_kind(identity: str) -> str:
    """The lexicon's kind of an organisation, empty where no list has it."""
    return orgs()[identity].kind if identity in orgs() else ""
