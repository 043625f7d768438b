"""Money and other quantities in Chinese text: where they stand, what they are worth, what was hedged.

    >>> [q.min for q in find_money("公司获得超过1.5亿美元融资，估值约20亿美元")]
    [Decimal('150000000'), Decimal('2000000000')]

One scan finds numbers that have a unit, a currency or a scale (万, 亿) beside them; only those are
read further: hedges before and behind (超过, 近, 以上, 左右), ranges, what the amount is per, shared
units of lists, and conversions in brackets. Everything works on folded text (``extract.text.fold``),
so both scripts and widths are read; offsets are those of the text given. Time is linear in its length.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache
from itertools import pairwise
from typing import Literal, get_args

from extract.errors import SeedError
from extract.lexicon import alternation, read_tsv
from extract.numerals import (
    ARABIC,
    ARABIC_TAIL,
    ENGLISH,
    FORMAL,
    HAN,
    HAN_DIGITS,
    HAN_REST,
    HAN_START,
    LARGE_SCALES,
    POINT,
    SMALL_SCALES,
    Numeral,
    lend_tail,
    plus,
    read_numeral,
    times,
)
from extract.records import Modifier
from extract.text import fold

Kind = Literal["money", "percent", "points", "shares", "count", "power", "duration"]
Region = Literal["CN", "TW", "HK"]
Per = Literal[
    "share", "ten_shares", "month", "year", "quarter", "week", "day", "hour", "person", "piece", "ton",
    "barrel", "kwh", "watt", "square_metre", "kilogram", "ounce", "thousand_tokens", "million_tokens",
]  # fmt: skip
Part = Literal["part", "total"]

HOME = {"CN": "CNY", "TW": "TWD", "HK": "HKD"}
"""What a bare 元 is, by region."""

_YUAN = frozenset(HOME.values()) | {"MOP", "SGD"}


@dataclass(frozen=True, slots=True)
class Quantity:
    """A quantity of the text, normalised.

    ``text[start:end]`` is the whole wording with its hedges (code points, end exclusive). ``min`` and
    ``max`` are in units of ``unit``: the ISO code for money, ``%`` and ``百分点``, ``股``, the measure
    word of a count, ``MW``, and ``day``, ``month`` or ``year``; None where the words leave a side open
    (超过 has no max, 至多 no min). ``modifier`` is what ANNOTATION calls it: 近亿元 is approx 1e8, 上亿
    at_least 1e8, 数亿 and 亿元级 vague 1e8 to 1e9, 高达 exact. ``inferred``: the currency does not stand
    in the words themselves (元, 块, 8000 万). ``per``: a price for one of something (53美元/股). ``part``:
    a part of a sum (其中) or the sum (合计). ``converted_from`` is the span of the amount that this one
    only tells again in another currency: 640亿元（约合100亿美元）.
    """

    start: int
    end: int
    kind: Kind
    min: Decimal | None
    max: Decimal | None
    modifier: Modifier
    unit: str
    inferred: bool = False
    per: Per | None = None
    part: Part | None = None
    converted_from: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class _Unit:
    kind: Kind
    code: str
    factor: Decimal
    inferred: bool
    goods: bool


@dataclass(frozen=True, slots=True)
class _Core:
    """A number with its unit, before hedges; ``unit`` is None for a number with a scale alone."""

    start: int
    end: int
    number: tuple[int, int]
    numeral: Numeral
    unit: _Unit | None
    level: bool = False  # 亿元级
    mid: Modifier | None = None  # the hedge in 人民币约4亿元
    prefixed: bool = False  # the unit stands before the number alone: US$5, 百分之三
    range: bool = False


# --------------------------------------------------------------------------------------------
# tables

_CURRENCY_COLUMNS = ("surface", "code", "factor", "side", "inferred", "guard")
_UNIT_COLUMNS = ("surface", "class", "canonical", "factor", "guard")
_UNIT_KINDS: dict[str, Kind] = {
    "percent": "percent", "points": "points", "shares": "shares", "goods": "count", "count": "count",
    "power": "power", "duration": "duration",
}  # fmt: skip
# The classes of words and what their rows may mean; an empty set is a list without meanings.
_MEANINGS: dict[str, frozenset[str]] = {
    "before": frozenset(get_args(Modifier)),
    "behind": frozenset(get_args(Modifier)) | {"same", "level"},
    "per": frozenset(get_args(Per)),
    "part": frozenset(get_args(Part)),
    "money_before": frozenset(),
    "money_behind": frozenset(),
    "money_weak": frozenset(),
    "hedged_verb": frozenset(),
    "price_before": frozenset(),
    "term_before": frozenset(),
    "counted": frozenset(),
}


@dataclass(frozen=True, slots=True)
class _Row:
    surface: str
    canonical: str
    guard: str


@cache
def _currencies() -> dict[str, tuple[_Unit, str, str]]:
    """Money by surface: the unit, the sides it may stand on, the characters that may not follow."""
    name = "currencies.tsv"
    table: dict[str, tuple[_Unit, str, str]] = {}
    for line, row in read_tsv(name, _CURRENCY_COLUMNS):
        surface, side = row["surface"], row["side"]
        _check(surface not in table and fold(surface) == surface, name, line, surface)
        _check(side in {"before", "behind", "both"}, name, line, surface)
        _check(re.fullmatch(r"[A-Z]{3}|\*", row["code"]) is not None, name, line, surface)
        factor = _positive(row["factor"], name, line, surface)
        unit = _Unit("money", row["code"], factor, row["inferred"] == "1", False)
        table[surface] = (unit, side, row["guard"])
    return table


@cache
def _unit_rows() -> tuple[dict[str, tuple[_Unit, str]], dict[str, list[_Row]]]:
    """``units.tsv``: the units by surface with their guards, and the word lists by class."""
    name = "units.tsv"
    units: dict[str, tuple[_Unit, str]] = {}
    lists: dict[str, list[_Row]] = {word_class: [] for word_class in _MEANINGS}
    for line, row in read_tsv(name, _UNIT_COLUMNS):
        surface, canonical, kind = row["surface"], row["canonical"], row["class"]
        _check(fold(surface) == surface, name, line, surface)
        if kind in lists:
            _check(surface not in {known.surface for known in lists[kind]}, name, line, surface)
            _check(not _MEANINGS[kind] or canonical in _MEANINGS[kind], name, line, surface)
            lists[kind].append(_Row(surface, canonical, row["guard"]))
            continue
        _check(surface not in units and kind in _UNIT_KINDS, name, line, surface)
        factor = _positive(row["factor"], name, line, surface)
        unit = _Unit(_UNIT_KINDS[kind], canonical, factor, False, kind == "goods")
        units[surface] = (unit, row["guard"])
    return units, lists


def _check(usable: bool, file: str, line: int, key: str) -> None:
    if not usable:
        raise SeedError("listed twice or not usable", file=file, line=line, key=key)


def _positive(number: str, file: str, line: int, key: str) -> Decimal:
    _check(re.fullmatch(r"\d+(?:\.\d+)?", number) is not None, file, line, key)
    _check(Decimal(number) > 0, file, line, key)
    return Decimal(number)


@cache
def percent_signs() -> re.Pattern[str]:
    """What every percentage has one of: its unit, or the 分之 in front of its number."""
    units = [surface for surface, (unit, _) in _unit_rows()[0].items() if unit.kind == "percent"]
    return re.compile(alternation([*units, "分之"]))


@cache
def _words(name: str) -> dict[str, str]:
    return {row.surface: row.canonical for row in _unit_rows()[1][name]}


def _tree(words: Iterable[tuple[str, str]]) -> str:
    """An alternation of words with their guards behind, by first character, the longest first."""
    branches: dict[str, list[tuple[str, str]]] = {}
    for word, guard in words:
        branches.setdefault(word[0], []).append((word, guard))
    return "|".join(f"{re.escape(first)}(?:{_rests(rest)})" for first, rest in branches.items())


def _rests(words: Iterable[tuple[str, str]]) -> str:
    """What follows the first character of words that share it."""
    ordered = sorted(words, key=lambda entry: (-len(entry[0]), entry[0]))
    return "|".join(re.escape(word[1:]) + _not_followed(word, guard) for word, guard in ordered)


def _not_followed(word: str, guard: str) -> str:
    letters = "A-Za-z" if re.search(r"[A-Za-z]$", word) else ""
    return f"(?![{letters}{re.escape(guard)}])" if letters or guard else ""


# --------------------------------------------------------------------------------------------
# patterns

_SPACE = r"[ \t\n]{0,2}"
_LEVEL = "(?:级别?|量级)"
_NUMBER = rf"(?:(?<![\d.]){ARABIC}|{HAN})"
# 5、6亿 is a range, 5、6、7亿 and 1、8亿 are lists.
_NEIGHBOURS = "|".join(
    f"(?<=[{one}])、(?=[{other}])"
    for one, other in pairwise(map("".join, zip("123456789", "一二三四五六七八九", strict=True)))
)
_SEPARATOR = rf"(?:至|到|~|-|–|—(?!—)|―|−|(?:{_NEIGHBOURS})(?!.[\d.、]))"
_AFTER_DIGITS = r"十百千万亿兆多余几来+位个TBMKWtbmkw"
_SCALED = f"{HAN_DIGITS}{SMALL_SCALES}{LARGE_SCALES}{FORMAL}"
# 数 that belongs to the word before it: 总数, 人数, 次数.
_OWNED = "总人户次指函系常级多少倍岁字票"


@dataclass(frozen=True, slots=True)
class _Patterns:
    scan: re.Pattern[str]
    range: re.Pattern[str]
    between: re.Pattern[str]
    before: re.Pattern[str]
    behind: re.Pattern[str]
    per_before: re.Pattern[str]
    per_behind: re.Pattern[str]
    money_before: re.Pattern[str]
    money_weak: re.Pattern[str]
    money_behind: re.Pattern[str]
    part: re.Pattern[str]
    price: re.Pattern[str]
    term: re.Pattern[str]
    counted: re.Pattern[str]
    meanings: dict[str, str]
    pers: dict[str, str]
    before_end: frozenset[str]
    behind_start: frozenset[str]


@cache
def _patterns() -> _Patterns:
    units = _unit_alternation(_behind_surfaces())
    money = _unit_alternation([(s, guard) for s, (_, side, guard) in _behind_money().items()])
    prefixes = [s for s, (_, side, _) in _currencies().items() if side != "behind"]
    hedges = "|".join(_hedge(row) for row in _longest_first(_unit_rows()[1]["before"]))
    behind = _unit_rows()[1]["behind"]
    pers = {row.surface: _not_followed(row.surface, row.guard) for row in _unit_rows()[1]["per"]}
    behind_pers = [word for word in _by_length(pers) if word[0] in "/每一"]
    flags = re.VERBOSE
    return _Patterns(
        scan=re.compile(_scan_pattern(units, money, prefixes, hedges), flags),
        range=re.compile(
            rf"""{_SPACE}(?P<sep>{_SEPARATOR}){_SPACE}(?:约为?|近|超过?|上|过|最高)?{_SPACE}(?:百分之)?
                (?P<cur>{alternation(prefixes)})?{_SPACE}(?P<num>{_NUMBER})
                (?:{_SPACE}{_LEVEL}?{_SPACE}(?P<unit>{units}))?""",
            flags,
        ),
        between=re.compile(
            rf"""{_SPACE}[和与及]{_SPACE}(?P<cur>{alternation(prefixes)})?{_SPACE}
                (?P<num>{_NUMBER})(?:{_SPACE}(?P<unit>{units}))?(?={_SPACE}之间)""",
            flags,
        ),
        before=re.compile(rf"(?P<word>{hedges})(?P<fill>{_fill()}){_SPACE}\Z", flags),
        behind=re.compile(
            rf"{_SPACE}(?P<word>{_tree((r.surface, r.guard) for r in behind)})", flags
        ),
        per_before=re.compile(
            rf"""(?P<word>{"|".join(_spaced(w) for w in _by_length(pers) if w[0] not in "/一")})
                (?P<gap>[^，。；、,;：:（(\n\d每]{{0,8}})\Z""",
            flags,
        ),
        per_behind=re.compile(
            rf"{_SPACE}(?P<word>{'|'.join(_spaced(w) + pers[w] for w in behind_pers)})", flags
        ),
        money_before=_governing("money_before"),
        money_weak=_governing("money_weak"),
        money_behind=re.compile(
            rf"""{_SPACE}(?:的|首轮|新一轮|新|本轮|现金){{0,2}}{_SPACE}
                (?:{alternation(_words("money_behind"))}|[A-H]\d?\+*{_SPACE}轮)""",
            flags,
        ),
        part=re.compile(
            rf"(?P<word>{alternation(_words('part'))})[，,：:]?[^，。；,;、！？\n\d]{{0,12}}\Z",
            flags,
        ),
        price=re.compile(rf"(?:{alternation(_words('price_before'))})[^，。；\n\d]{{0,5}}\Z"),
        term=re.compile(rf"(?:{alternation(_words('term_before'))})(?:为|约|是|达)?\s?\Z"),
        counted=re.compile(rf"\s?(?:[A-Za-z]|{alternation(_words('counted'))})"),
        meanings=_words("behind"),
        pers=_words("per"),
        before_end=frozenset(row.surface[-1] for row in _unit_rows()[1]["before"])
        | frozenset("了为是在达至到能币约近额")
        | frozenset(verb[-1] for verb in _words("hedged_verb")),
        behind_start=frozenset(row.surface[0] for row in behind),
    )


@cache
def _fill() -> str:
    """What may stand between a hedge and its number: 最高可达, 至少在, 最高投资, 不超过约."""
    return rf"""
        (?:了|为|是|在|达到|达|至|到|可达到?|或达|或为|或将达|将达|可能会到|可能会|可能达到|可能|会到
          |人民币|约为?|近|将近|总额|(?:{alternation(_words("hedged_verb"))})了?){{0,2}}
    """


def _governing(name: str) -> re.Pattern[str]:
    return re.compile(
        rf"(?:{alternation(_words(name))})(?P<gap>[^，。；、！？,;（()）\n\d]{{0,5}})\Z",
        re.VERBOSE,
    )


def _by_length(words: Iterable[str]) -> list[str]:
    """The longest first, so that an alternation takes the longest that fits."""
    return sorted(set(words), key=lambda word: (-len(word), word))


def _spaced(word: str) -> str:
    """A word of a price, with the spaces that may stand around / and before Latin: 元 / 百万 tokens."""
    return re.sub(r"(?<=/)|(?<=[每/]千)|(?<=[百0]万)|(?<=[每/]1[MK])", "[ ]?", re.escape(word))


def _longest_first(rows: Iterable[_Row]) -> list[_Row]:
    return sorted(rows, key=lambda row: (-len(row.surface), row.surface))


def _hedge(row: _Row) -> str:
    guard = f"(?<![{re.escape(row.guard)}])" if row.guard else ""
    return guard + re.escape(row.surface)


def _behind_money() -> dict[str, tuple[_Unit, str, str]]:
    return {s: entry for s, entry in _currencies().items() if entry[1] != "before"}


def _behind_surfaces() -> list[tuple[str, str]]:
    money = [(surface, guard) for surface, (_, _, guard) in _behind_money().items()]
    return money + [(surface, guard) for surface, (_, guard) in _unit_rows()[0].items()]


def _unit_alternation(surfaces: Sequence[tuple[str, str]]) -> str:
    """Units as one alternation; 元 may be followed by the name of the currency (亿元人民币)."""
    names = [
        s for s, (unit, side, _) in _currencies().items() if side != "before" and unit.code != "*"
    ]
    named = (
        rf"元(?:{_SPACE}(?:{_tree((name, '') for name in names)})|[（(]人民币(?:[，,]?下同)?[)）])"
    )
    # Four digits before 年 are a date; 月 counts months only in 数月.
    years = [entry for entry in surfaces if entry[0][0] == "年"]
    others = [entry for entry in surfaces if entry[0][0] != "年"]
    dated = rf"(?<!\d\d\d\d)(?:{_tree(years)})|" if years else ""
    return rf"(?:{named}|{_tree(others)}|{dated}(?<=数)月)"


def _scan_pattern(units: str, money: str, prefixes: Sequence[str], hedges: str) -> str:
    """The one pattern that runs over the whole text.

    It begins with one character class, for which the engine skips ahead fast; what follows looks
    back at the character that was read. Every repetition is bounded.
    """
    firsts = sorted({prefix[0] for prefix in prefixes})
    currency = "|".join(
        f"(?<={re.escape(first)})(?:{_rests([(p, '') for p in prefixes if p[0] == first])})"
        for first in firsts
    )
    start = "".join(map(re.escape, firsts))
    behind = _behind_number(units)
    again = re.sub(r"[(][?]P<([a-z]+)>", r"(?P<h\1>", behind)
    return rf"""
    [0-9{HAN_START}{start}]
    (?:
        (?<=[0-9])(?<![0-9.][0-9])
        (?:\d{{0,2}}(?:[,，]\d{{3}}){{1,6}}(?![,，]?\d)|\d{{0,17}}+(?!\d))
        (?:{POINT}\d{{1,12}}+(?!\d))?
        (?:(?={_SPACE}[{_AFTER_DIGITS}])(?:{ARABIC_TAIL}|{_SPACE}{ENGLISH}))? (?P<arabic>) {behind}
      | (?<=[百千万])分之{_SPACE}(?P<percent>{_NUMBER})
      | (?<=[{HAN_START}])(?<![{_SCALED}][{HAN_START}])(?<![{_OWNED}]数)
        {HAN_REST} (?P<han>) {again}
      | (?<=[{start}])(?<![A-Za-z][A-Za-z])(?=[^，。、\d]{{0,9}}[\d{HAN_START}])(?:{currency})(?P<cur>)
        {_SPACE}[:：]?{_SPACE}(?:(?P<mid>{hedges}){_fill()})?{_SPACE}(?P<cnum>{_NUMBER})
        (?:{_SPACE}(?P<clevel>{_LEVEL})?{_SPACE}(?P<cunit>{money})
          |(?!{_SPACE}(?:[%A-Za-z年月日号倍个点]|\.\d)))
    )
    """


def _behind_number(units: str) -> str:
    """What makes a number worth reading: a unit behind it, a scale, or the other end of a range."""
    firsts = {surface[0] for surface, _ in _behind_surfaces()} | set("级量月至到~–—―−和与、")
    return rf"""
        (?: (?={_SPACE}[{re.escape("".join(sorted(firsts)))}-])
            {_SPACE}(?P<level>{_LEVEL}的?)?{_SPACE}(?P<unit>{units})
          | (?P<bare>(?:(?<=[百千万亿兆多余几来+半])|(?<=位数)|(?<=llion)|(?<=bn)|(?<=mn)){_LEVEL}?)
          | (?P<ahead>(?={_SPACE}{_SEPARATOR}{_SPACE}(?=[\d{HAN_START}]){_NUMBER}
                (?:{_SPACE}(?:{units})|(?<=[万亿兆]))))
          | (?P<both>(?={_SPACE}[和与]{_SPACE}(?=[\d{HAN_START}]){_NUMBER}{_SPACE}(?:{units}){_SPACE}之间))
        )
    """


# --------------------------------------------------------------------------------------------
# reading one number


_HALF, _TENTH = Decimal("0.5"), Decimal("0.1")
_TENTHS = re.compile(r"[一二三四五六七八九](?![一二三四五六七八九十百千万亿成个家名年月位])")
_LETTER = re.compile(r"[A-Za-z]")
_NOT_BEFORE_MINUS = re.compile(r"[0-9A-Za-z%\s]")
# What makes a number without a unit a candidate; 兆 alone is a sum in Taiwan, bandwidth elsewhere.
_BARE_SCALE = re.compile(r"[万亿]|位数|(?i:illion|bn|mn)")
_BARE_SCALE_TW = re.compile(r"[万亿兆]|位数|(?i:illion|bn|mn)")
_SINGLE_LETTERS = frozenset("kmbtKMBT")
_CLAUSE_END = re.compile(
    r"\s*(?:[，。；、！？,;!?）)」』”/~+]|$|的|就|左右|以上|以内|起|不到|每|一[个台颗年月]|多)"
)
_YEAR_BEHIND = re.compile(r"[期内间来以]|\s?的(?:合同|协议|租|合作|授权|期)|之?久|有余")
_MODEL_YEAR = re.compile(r"20[0-4]\d")
_MONTH_BEHIND = re.compile(r"\s?\d{1,2}\s?月")
_LOOSE_YUAN = re.compile(r"[\u4e00-\u9fff](?<![以上左的每起至到就多不人钱或和、])")
_NOT_BEFORE_SPAN = frozenset("上下前后新同这那某头每大")  # 上半年, 下半年, 新一周
_LIMIT = 24  # how far back the words that govern a number are looked for


class _Reader:
    """One pass over one text. Holds the text and its folded form, nothing that outlives the pass."""

    __slots__ = ("_bare_scale", "folded", "kind", "patterns", "text", "whole")

    def __init__(
        self, text: str, folded: str, home: str, *, whole: bool, kind: Kind | None = None
    ) -> None:
        self.text = text
        self.folded = folded
        self.patterns = _patterns()
        self._bare_scale = _BARE_SCALE if home == "CNY" else _BARE_SCALE_TW
        self.whole = whole  # the text is one wording, said to be a quantity
        self.kind = kind  # … of this kind

    def cores(self) -> Iterator[_Core]:
        """The numbers of the text with their units, from left to right, ranges as one."""
        scan, position = self.patterns.scan, 0
        while match := scan.search(self.folded, position):
            position = match.end()
            core = self._core(match)
            if core is None:
                position = max(self._retry(match), match.start() + 1)
            else:
                core = self._with_range(core)
                if core is not None:
                    position = max(core.end, position)
                    yield core

    def _retry(self, match: re.Match[str]) -> int:
        """Where to look on after a match that was none: behind a comma that separated two numbers."""
        comma = self.folded.find("，", match.start(), match.end())
        return match.end() if comma < 0 else comma + 1

    def _core(self, match: re.Match[str]) -> _Core | None:
        if match.start("arabic") >= 0:
            return self._plain_core(match, match.start("arabic"), "")
        if match.start("han") >= 0:
            return self._plain_core(match, match.start("han"), "h")
        if match.start("cur") >= 0:
            return self._currency_core(match)
        return self._percent_core(match)

    def _plain_core(self, match: re.Match[str], end: int, prefix: str) -> _Core | None:
        start = match.start()
        numeral = self._numeral(start, end)
        if numeral is None:
            return None
        surface = match[prefix + "unit"]
        level = bool(match[prefix + "level"])
        unit = None
        if surface is not None:
            unit = self._unit_at(start, match.end(), surface, numeral)
            if not self._fits(start, end, match.end(), surface, unit, numeral):
                return None
        elif match[prefix + "bare"] is not None:
            level = bool(match[prefix + "bare"])
        elif start and _LETTER.match(self.folded[start - 1]):
            return None
        core = _Core(start, match.end(), (start, end), numeral, unit, level)
        return self._with_half(core, surface) if surface is not None else core

    def _unit_at(self, start: int, behind: int, surface: str, numeral: Numeral) -> _Unit:
        """The unit of a surface; 块 is 元 in 50块 and a measure word in 3万块 GPU."""
        if surface != "块":
            return _unit_of(surface)
        is_money = self._block_is_money(start, behind, scaled=bool(numeral.tail))
        if self.kind is not None:
            is_money = self.kind == "money"
        return _unit_of(surface) if is_money else _unit_rows()[0][surface][0]

    def _numeral(self, start: int, end: int) -> Numeral | None:
        wording = self.folded[start:end]
        # A full-width comma groups digits only where the digits are full-width as well: １，１００亿.
        if "，" in wording and self.text[start : start + 1].isascii():
            return None
        return read_numeral(wording)

    def _currency_core(self, match: re.Match[str]) -> _Core | None:
        start, end = match.span("cnum")
        numeral = self._numeral(start, end)
        if numeral is None:
            return None
        surface = self.folded[match.start() : match.start("cur")]
        unit, own = _unit_of(surface), match["cunit"]
        if own is None and not self.whole and self._no_amount(surface, start, end, numeral):
            return None
        first = match.start()
        if own is not None and _unit_of(own).code not in {"*", unit.code}:
            unit, first = _unit_of(own), start
        elif own is not None:
            unit = replace(unit, factor=_unit_of(own).factor)
        mid = _modifier(_words("before").get(match["mid"] or ""))
        return _Core(
            first, match.end(), (start, end), numeral, unit, bool(match["clevel"]), mid,
            prefixed=own is None,
        )  # fmt: skip

    def _no_amount(self, surface: str, start: int, end: int, numeral: Numeral) -> bool:
        """人民币 7.18 is a rate, 人民币一直 no number; $0.01 and 人民币 500 are money."""
        if not self.folded[start].isdecimal():
            return not set(self.folded[start:end]) & set("万亿")
        return surface[0] >= "\u4e00" and not numeral.tail and numeral.high < 100

    def _percent_core(self, match: re.Match[str]) -> _Core | None:
        start, end = match.span("percent")
        numeral = self._numeral(start, end)
        if numeral is None:
            return None
        power = {"百": "1", "千": "0.1", "万": "0.01"}[self.folded[match.start()]]
        if numeral.naked and self.folded[start:end] == "百":
            numeral = Numeral(Decimal(100), Decimal(100))
        unit = _Unit("percent", "%", Decimal(power), False, False)
        return _Core(match.start(), match.end(), (start, end), numeral, unit, prefixed=True)

    def _with_half(self, core: _Core, surface: str) -> _Core:
        """一年半, 两个半月, 三成半, 四成五."""
        more, end = Decimal(0), core.end
        if surface.startswith("个半"):
            more = _HALF
        elif surface[-1] in "年成" and self.folded.startswith("半", end):
            more, end = _HALF, end + 1
        elif surface == "成" and (tenths := _TENTHS.match(self.folded, end)):
            numeral = read_numeral(tenths[0])
            more, end = times(numeral.low, _TENTH) if numeral else more, tenths.end()
        if not more:
            return core
        low, high = plus(core.numeral.low, more), plus(core.numeral.high, more)
        numeral = replace(core.numeral, low=low, high=high)
        return replace(core, numeral=numeral, end=end)

    # ---------------------------------------------------------------------------------------
    # which numbers are none

    def _fits(
        self, start: int, end: int, behind: int, surface: str, unit: _Unit, numeral: Numeral
    ) -> bool:
        """Whether a number and the unit behind it belong together."""
        before = self.folded[start - 1] if start else ""
        if before == "第" or (before == " " and self._at(start - 2) == "第"):
            return False
        if _LETTER.match(before) and not (unit.kind in {"percent", "points"} or numeral.tail):
            return False
        if unit.kind == "money":
            return self._fits_money(start, end, behind, surface, numeral)
        if self.folded[end - 1] in _SINGLE_LETTERS:
            return False
        if unit.kind == "duration":
            return self._fits_duration(start, behind, surface, numeral)
        if unit.kind == "count":
            return self._fits_count(start, end, surface, unit, numeral)
        return surface != "成" or (numeral.low >= 1 and numeral.high <= 10)

    def _fits_money(
        self, start: int, end: int, behind: int, surface: str, numeral: Numeral
    ) -> bool:
        if numeral.tail or surface[0] not in "元块圆刀":
            return True
        if surface == "元" and "." in self.folded[start:end] and self._at(behind) == "年":
            return self._at(behind + 1) == "费"
        han = not self.folded[start].isdecimal()
        return (
            not han or self.whole or not (surface == "刀" or _LOOSE_YUAN.match(self.folded, behind))
        )

    def _block_is_money(self, start: int, behind: int, *, scaled: bool) -> bool:
        before = self.folded[max(0, start - 10) : start]
        priced = self.patterns.price.search(before) is not None
        ends = _CLAUSE_END.match(self.folded, behind) is not None
        return (ends and priced) if scaled else (ends or priced)

    def _fits_count(
        self, start: int, end: int, surface: str, unit: _Unit, numeral: Numeral
    ) -> bool:
        """一台 is an article, 几家 no number; 万卡, 上百家 and 两台 are."""
        wording = self.folded[start:end]
        if wording[0].isdecimal():
            return surface != "款" or not _MODEL_YEAR.fullmatch(wording)
        if numeral.naked:
            return surface == "卡" or self._hedged(start)
        if set(wording) & set("十百千万亿"):
            return True
        return unit.goods and wording[0] in "两三四五六七八九"

    def _hedged(self, start: int) -> bool:
        return self._hedge_before(start, naked=True) is not None

    def _fits_duration(self, start: int, behind: int, surface: str, numeral: Numeral) -> bool:
        if self._at(start - 1) in _NOT_BEFORE_SPAN and self._at(start) in "一半":
            return False
        if surface[0] != "年":
            return not (numeral.naked and not self._hedged(start))
        if numeral.high > 200 or numeral.naked or _MONTH_BEHIND.match(self.folded, behind):
            return False
        dated = 13 <= numeral.low <= 30 and self.folded[start].isdecimal() and surface == "年"
        if dated and not self.whole:
            before = self.folded[max(0, start - 8) : start]
            return bool(
                self.patterns.term.search(before) or _YEAR_BEHIND.match(self.folded, behind)
            )
        return True

    def _at(self, position: int) -> str:
        return self.folded[position : position + 1]

    # ---------------------------------------------------------------------------------------
    # ranges

    def _with_range(self, core: _Core) -> _Core | None:
        """The core widened to a range where one begins; None for a lone number without a unit."""
        second = self.patterns.range.match(self.folded, core.end)
        if second is not None:
            widened = None if self._changes(core, second) else self._join(core, second)
        else:
            second = self.patterns.between.match(self.folded, core.end)
            widened = self._join(core, second) if second else None
        if widened is not None:
            return widened
        alone = core.unit is not None or self._bare_scale.search(self.folded, *core.number)
        return core if alone else None

    def _changes(self, core: _Core, second: re.Match[str]) -> bool:
        """从5亿到10亿 tells of a rise, 从5亿到10亿不等 of a range; 分别为3、4亿 is a list."""
        if second["sep"] == "、":
            before = self.folded[max(0, core.start - 6) : core.start]
            alone = core.end - core.start == 1 and core.unit is None
            return (
                not alone
                or not (self.whole or _COUNTING.search(before))
                or bool(_IN_TURN.search(before))
            )
        if second["sep"] not in "至到":
            return False
        before = self.folded[max(0, core.start - 3) : core.start].rstrip()
        return before[-1:] in {"从", "由", "自"} and not _WITHIN.match(self.folded, second.end())

    def _join(self, core: _Core, second: re.Match[str]) -> _Core | None:
        start, end = second.span("num")
        numeral, surface = self._numeral(start, end), second["unit"]
        if numeral is None:
            return None
        own = _unit_of(surface or second["cur"]) if surface or second["cur"] else None
        if surface and own and not self._fits(start, end, second.end(), surface, own, numeral):
            return None
        if own is None and not (numeral.tail or core.prefixed):
            return None
        unit, agree = _common_unit(core.unit, own)
        first = (
            lend_tail(core.numeral, numeral) if core.unit is None or core.prefixed else core.numeral
        )
        if not agree or first.low > numeral.high:
            return None
        joined = Numeral(first.low, numeral.high, "range", tail=numeral.tail)
        return replace(
            core,
            end=second.end(),
            numeral=joined,
            unit=unit,
            range=True,
            level=False,
            prefixed=False,
        )

    # ---------------------------------------------------------------------------------------
    # hedges

    def _hedge_before(self, start: int, *, naked: bool) -> tuple[int, Modifier | None] | None:
        """The hedge that ends where a number begins: where it starts and what it means."""
        if start == 0:
            return None
        if self.folded[max(0, start - 3) : start].rstrip()[-1:] not in self.patterns.before_end:
            return None
        match = self.patterns.before.search(self.folded, max(0, start - _LIMIT), start)
        if match is None or (match["word"] in {"上", "过"} and not naked):
            return None
        if match["word"] in {"好", "小"} and self._at(start) != "几":
            return None
        return match.start(), _modifier(_words("before")[match["word"]])

    def _hedge_behind(self, end: int, core: _Core) -> tuple[int, Modifier | None, bool]:
        """What stands behind a number: where it ends, what it means, whether it says 级."""
        modifier: Modifier | None = None
        level = core.level
        for _ in range(3):
            char = self._at(end)
            if char in " \n\t":
                char = self._at(end + 1)
            if char not in self.patterns.behind_start:
                break
            match = self.patterns.behind.match(self.folded, end)
            if match is None:
                break
            meaning = self.patterns.meanings[match["word"]]
            if match["word"] == "内" and core.unit and core.unit.kind not in {"duration", "money"}:
                break
            level = level or meaning == "level"
            modifier = modifier or _modifier(meaning)
            end = match.end()
        return end, modifier, level

    def quantity(self, core: _Core) -> Quantity | None:
        """The finished quantity; unit "" where the number has neither unit nor currency."""
        unit = core.unit or _BARE
        before = self._hedge_before(core.start, naked=core.numeral.naked)
        end, behind, level = self._hedge_behind(core.end, core)
        start, modifier = before if before else (core.start, None)
        modifier = _stronger(modifier, core.mid, behind)
        if core.numeral.naked and not modifier and not level and not self._naked_allowed(core, end):
            return None
        low, high, said = _bounds(core, modifier, level)
        if unit.kind in {"percent", "points"} and self._negative(start):
            start, low, high = start - 1, _negated(high), _negated(low)
        quantity = Quantity(
            start, end, unit.kind,
            None if low is None else times(low, unit.factor),
            None if high is None else times(high, unit.factor),
            said, unit.code, unit.inferred,
        )  # fmt: skip
        return self._with_context(quantity) if unit.kind == "money" else quantity

    def _naked_allowed(self, core: _Core, end: int) -> bool:
        """千万美元 alone is an amount only where money is spoken of: 完成千万美元融资."""
        kind = core.unit.kind if core.unit else "money"
        if kind != "money" or core.unit is None or self.whole:
            return kind in {"money", "count"}
        return self.governed(core, end) == "yes"

    def _negative(self, start: int) -> bool:
        """-3% with nothing before the sign that would make it a dash."""
        if self._at(start - 1) not in {"-", "−"} or start == 0:
            return False
        return start == 1 or not _NOT_BEFORE_MINUS.match(self.folded[start - 2])

    # ---------------------------------------------------------------------------------------
    # what the words around an amount say

    def governed(self, core: _Core, end: int) -> Literal["yes", "weak", "no"]:
        """Whether words of money stand directly before a number or behind it."""
        if self.whole:
            return "yes"
        if core.unit is None and core.end - core.start == 1 == end - core.start:
            return "no"  # 亿 in a name
        if self.patterns.money_behind.match(self.folded, end):
            return "yes"
        number = core.number[0]
        window = (max(0, number - _LIMIT), number)
        if core.unit is None and self.patterns.counted.match(self.folded, end):
            return "no"
        follows = core.unit is not None or _FREE.match(self.folded, end)
        strong = self.patterns.money_before.search(self.folded, *window)
        if strong and (follows or not strong["gap"].strip(_THIN)):
            return "yes"
        return "weak" if follows and self.patterns.money_weak.search(self.folded, *window) else "no"

    def _with_context(self, quantity: Quantity) -> Quantity:
        start, end, per = quantity.start, quantity.end, None
        if self._at(end) in _PER_START and (
            match := self.patterns.per_behind.match(self.folded, end)
        ):
            per, end = self.patterns.pers[match["word"].replace(" ", "")], match.end()
        window = self.folded[max(0, start - 20) : start]
        if (
            per is None
            and _PER_HINT.search(window)
            and (match := self.patterns.per_before.search(window))
        ):
            per = self.patterns.pers[match["word"].replace(" ", "")]
            if match["word"][0] == "每" and not match["gap"].strip():
                start -= len(window) - match.start()
        part = None
        if _PART_HINT.search(window) and (match := self.patterns.part.search(window)):
            part = _words("part")[match["word"]]
        if per is None and part is None:
            return quantity
        return replace(quantity, start=start, end=end, per=_as_per(per), part=_as_part(part))


_BARE = _Unit("money", "", Decimal(1), True, False)
# Behind these 5、6亿 is no list (分别为5、6亿) and 5、 no number of a paragraph.
_COUNTING = re.compile(r"[\u4e00-\u9fff](?<![各第])\s?\Z")
_IN_TURN = re.compile("分别|依次|各自")
_WITHIN = re.compile(rf"{_SPACE}(?:之间|不等|区间)")
# What may follow 5亿 alone where a word of money stands before it.
_FREE = re.compile(r"\s*(?:\Z|[^\w\s]|[的后前了来待给用于到在和与及并由是让成为以建买换])|[ \t]*\n")
_THIN = " \t\n额了达到为至约超近逾过破"  # what may stand between 融资 and 5亿 when it is directly before
_PER_START = frozenset("/每一 ")
_PER_HINT = re.compile("[每费薪租供付化价均]")
_PART_HINT = re.compile("[总共计其余首尾期]")


_AROUND_NAME = " \t\n（()），,下同"  # 元（人民币，下同）


def _unit_of(surface: str) -> _Unit:
    """The unit of a matched surface; 元人民币 is 人民币."""
    money = _currencies().get(surface)
    if money is not None:
        return money[0]
    found = _unit_rows()[0].get(surface)
    if found is not None:
        return found[0]
    if surface == "月":
        return _unit_rows()[0]["个月"][0]
    return _currencies()[surface[1:].strip(_AROUND_NAME)][0]


def _common_unit(first: _Unit | None, second: _Unit | None) -> tuple[_Unit | None, bool]:
    """The unit of a range whose ends have these, and whether they agree."""
    if first is None or second is None:
        return second or first, True
    if first.kind != second.kind or first.factor != second.factor:
        return None, False
    if first.code == second.code or second.code == "*":
        return first, True
    return second, first.code == "*"


def _modifier(meaning: str | None) -> Modifier | None:
    """The modifier a hedge gives, or None for words that give none."""
    for modifier in _HEDGES:
        if meaning == modifier:
            return modifier
    return None


_HEDGES: tuple[Modifier, ...] = ("at_least", "at_most", "approx", "exact")


def _stronger(*said: Modifier | None) -> Modifier | None:
    """Of several hedges the outermost bound, else the outermost of the rest: 不超过约5亿."""
    for bound in said:
        if bound in {"at_least", "at_most"}:
            return bound
    return "approx" if "approx" in said else next(filter(None, said), None)


_Bounds = tuple[Decimal | None, Decimal | None, Modifier]


def _bounds(core: _Core, hedge: Modifier | None, level: bool) -> _Bounds:
    """The value of a number under its hedge, as ANNOTATION defines it."""
    numeral = core.numeral
    low, high = numeral.low, numeral.high
    if core.range:
        return low, high, "range"
    if numeral.naked and hedge in {"approx", "at_least", "at_most"}:
        high = low
    if hedge == "at_least":
        return low, None, "at_least"
    if hedge == "at_most":
        return None, high, "at_most"
    if hedge == "approx" and low == high:
        return low, high, "approx"
    if level and low == high and hedge is None:
        # 十亿级 is an order of magnitude like 百亿级, 50万元级 a class of about that price.
        high = times(low, Decimal(10)) if numeral.tail[:1] == "十" else low
        return low, high, "vague" if high > low else "approx"
    if numeral.modifier == "at_least":
        return low, None, "at_least"
    return low, high, numeral.modifier


def _as_per(word: str | None) -> Per | None:
    return next((per for per in get_args(Per) if per == word), None)


def _as_part(word: str | None) -> Part | None:
    return next((part for part in get_args(Part) if part == word), None)


def _negated(value: Decimal | None) -> Decimal | None:
    return None if value is None else value.copy_negate()


# --------------------------------------------------------------------------------------------
# what amounts say of each other


@dataclass(slots=True)
class _Item:
    """A quantity on its way: ``governed`` matters for numbers that have no unit yet."""

    quantity: Quantity
    factor: Decimal
    governed: Literal["yes", "weak", "no"] = "yes"

    @property
    def bare(self) -> bool:
        return self.quantity.unit == ""


_SENTENCE_END = re.compile(r"[。！？!?；;\n]")
_LIST_GAP = re.compile(r"\s*(?:[、和与及或]|以及|、和)\s*")
_MONEY_LIST_GAP = re.compile(r"\s*(?:[、，,和与及或]|以及|[、，]和)\s*")
_BOUNDS_GAP = re.compile(r"\s*[，,、]?\s*(?:且|并|和|但)?(?:同时)?\s*")
_CONVERSION_GAP = re.compile(r"\s*[（(【\[]?[，,]?[^，。；！？（()）\n]{0,24}")
_CONVERTS = re.compile("合(?![计共作资同并伙])|折(?![扣让旧价])|相当于|等于|等值|价值|换算|汇率")
_NO_CONVERSION = re.compile("含|其中|包括|占|另|加|及|和|从|由|较")
# What may stand before an amount that is told again in brackets: （本站注：现 6.8 亿元）.
_ASIDE = re.compile(
    r"\s*[（(【\[](?:[^，。：:]{0,8}[注按][：:])?\s*(?:即|当前|目前|当时|现价?)?\s*"
)
# 1美元约合159日元 tells the rate, not the amount before it.
_RATE = re.compile(r"\s*(?:约?合|约?等于|[约兑折=≈:：]|对)")


def _items(reader: _Reader) -> list[_Item]:
    found: list[_Item] = []
    for core in reader.cores():
        quantity = reader.quantity(core)
        if quantity is None:
            continue
        while found and quantity.start <= found[-1].quantity.start:
            found.pop()  # 10股 of 每10股7.4元
        while found and found[-1].bare and quantity.start < found[-1].quantity.end:
            found.pop()  # 百万 of 每百万 tokens 2 元
        free = found[-1].quantity.end if found else 0
        if core.start < free:
            continue
        if quantity.start < free:
            quantity = replace(quantity, start=core.start)
        governed = reader.governed(core, quantity.end) if core.unit is None else "yes"
        found.append(_Item(quantity, core.unit.factor if core.unit else Decimal(1), governed))
    return found


def _share_units(items: Sequence[_Item], folded: str) -> None:
    """3亿、5亿和8亿美元: the unit told last, or first, is that of the whole list."""
    for other, item in pairwise(items[::-1]):
        if item.bare and not other.bare:
            gap = folded[item.quantity.end : other.quantity.start][:6]
            _take_unit(item, other, gap.replace("/", "、"))  # 22.98 万 / 23.98 万元
    for other, item in pairwise(items):
        if item.bare and not other.bare:
            _take_unit(item, other, folded[other.quantity.end : item.quantity.start][:6])


def _take_unit(item: _Item, other: _Item, gap: str) -> None:
    source = other.quantity
    pattern = _MONEY_LIST_GAP if source.kind == "money" else _LIST_GAP
    if source.kind in {"money", "shares", "count", "power"} and pattern.fullmatch(gap):
        _give(item, source.kind, source.unit, other.factor)


def _give(item: _Item, kind: Kind, unit: str, factor: Decimal = Decimal(1)) -> None:
    low, high = item.quantity.min, item.quantity.max
    item.factor = factor
    item.quantity = replace(
        item.quantity,
        kind=kind,
        unit=unit,
        inferred=kind == "money",
        min=None if low is None else times(low, factor),
        max=None if high is None else times(high, factor),
    )


def _lend_currencies(items: Sequence[_Item], folded: str, home: str) -> None:
    """A number with money words but no currency takes one: that of its sentence, else that of the same
    number elsewhere in the text (100亿 in a heading, 100亿美元 below), else the region's.
    """
    told = _told_currencies(items)
    later = list(_seen_currencies(items[::-1], folded))[::-1]
    earlier = ""
    position = 0
    for item, behind in zip(items, later, strict=True):
        if earlier and _SENTENCE_END.search(folded, position, item.quantity.start):
            earlier = ""
        position = item.quantity.end
        if item.bare and item.governed == "yes":
            _give(item, "money", earlier or behind or told.get(_told(item.quantity), home))
        elif item.bare and item.governed == "weak" and earlier:
            _give(item, "money", earlier)
        if item.quantity.kind == "money" and not item.bare:
            earlier = item.quantity.unit


def _told(quantity: Quantity) -> Decimal | None:
    return quantity.max if quantity.min is None else quantity.min


def _told_currencies(items: Sequence[_Item]) -> dict[Decimal | None, str]:
    """The currencies that stand in the words, by the amount that is in them, the first one's."""
    stated = [item.quantity for item in items if item.quantity.kind == "money" and not item.bare]
    return {_told(q): q.unit for q in reversed(stated) if not q.inferred}


def _seen_currencies(backwards: Sequence[_Item], folded: str) -> Iterator[str]:
    """For each item, last first, the currency that follows it in its sentence, or ""."""
    currency, position = "", len(folded)
    for item in backwards:
        if currency and _SENTENCE_END.search(folded, item.quantity.end, position):
            currency = ""
        yield currency
        position = item.quantity.start
        if item.quantity.kind == "money" and not item.bare:
            currency = item.quantity.unit


def _merged(quantities: Sequence[Quantity], folded: str) -> list[Quantity]:
    """至少2亿美元，最高3亿美元 is one range; 640亿元（约合100亿美元） one amount told twice."""
    found: list[Quantity] = []
    for quantity in quantities:
        last = found[-1] if found else None
        if last is not None and quantity.start - last.end <= 40:
            gap = folded[last.end : quantity.start]
            if _is_upper_bound(last, quantity, gap):
                found[-1] = replace(last, end=quantity.end, max=quantity.max, modifier="range")
                continue
            if _is_conversion(last, quantity, gap, folded):
                origin = last.converted_from or (last.start, last.end)
                quantity = replace(quantity, converted_from=origin)
        found.append(quantity)
    return found


def _is_upper_bound(low: Quantity, high: Quantity, gap: str) -> bool:
    if (low.modifier, high.modifier) != ("at_least", "at_most") or low.unit != high.unit:
        return False
    if low.min is None or high.max is None or low.min > high.max:
        return False
    return _BOUNDS_GAP.fullmatch(gap) is not None


def _is_conversion(first: Quantity, second: Quantity, gap: str, folded: str) -> bool:
    if first.kind != "money" or second.kind != "money" or first.unit == second.unit:
        return False
    if _CONVERSION_GAP.fullmatch(gap) is None or _NO_CONVERSION.search(gap):
        return False
    if second.min == second.max == 1 and _RATE.match(folded, second.end):
        return False
    told = _CONVERTS.search(gap + folded[second.start : second.start + 4])
    return told is not None or _ASIDE.fullmatch(gap) is not None


# --------------------------------------------------------------------------------------------
# the public functions


def find_quantities(
    text: str, *, region: Region = "CN", folded: str | None = None
) -> list[Quantity]:
    """All quantities of a text, in order, without overlaps.

    ``region`` says what a bare 元 is. ``folded`` is ``fold(text)`` where the caller has it already.
    """
    return _find(text, fold(text) if folded is None else folded, HOME[region], whole=False)


def find_money(text: str, *, region: Region = "CN", folded: str | None = None) -> list[Quantity]:
    """The amounts of money of a text: ``find_quantities`` without the other kinds."""
    return [q for q in find_quantities(text, region=region, folded=folded) if q.kind == "money"]


def parse_quantity(
    text: str, *, region: Region = "CN", kind: Kind | None = None
) -> Quantity | None:
    """The quantity that a whole string words, or None where anything is left over.

    ``kind`` decides where the words alone leave it open: 两块 is money or a count.
    """
    found = _find(text, fold(text), HOME[region], whole=True, kind=kind)
    if len(found) == 1 and (found[0].start, found[0].end) == (0, len(text)):
        return found[0]
    return None


def parse_money(
    text: str, *, region: Region = "CN", currency_hint: str | None = None
) -> Quantity | None:
    """The amount that a whole string words, or None; ``parse_money("近亿元")`` is about 1e8 CNY.

    What ``find_money`` cites gives the same value again. Where the words leave the currency open
    (8000 万, 300億元), ``currency_hint`` names it, if it can be that one; else it is the region's.
    """
    quantity = parse_quantity(text, region=region, kind="money")
    if quantity is None or quantity.kind != "money":
        return None
    if currency_hint is None or not quantity.inferred or quantity.unit == currency_hint:
        return quantity
    loose = [word for word, (unit, _, _) in _currencies().items() if unit.inferred]
    if not any(word in fold(text) for word in loose) or {quantity.unit, currency_hint} <= _YUAN:
        return replace(quantity, unit=currency_hint)
    return quantity


def _find(
    text: str, folded: str, home: str, *, whole: bool, kind: Kind | None = None
) -> list[Quantity]:
    items = _items(_Reader(text, folded, home, whole=whole, kind=kind))
    for item in items:
        if item.quantity.unit == "*":
            item.quantity = replace(item.quantity, unit=home)
    if any(item.bare for item in items):
        _share_units(items, folded)
        _lend_currencies(items, folded, home)
    return _merged([item.quantity for item in items if not item.bare], folded)
