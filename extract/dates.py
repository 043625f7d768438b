"""Dates in Chinese news: found, resolved against the day of publication, and parsed alone.

A text is scanned once with one pattern of date openings (``_Grammar.opening``); what follows an
opening is read piece by piece: 2025年 | 12月 | 17日 | （周三） | 晚间. The pieces keep what was said, a
number or a shift (去年 is the year of publication less one), and are resolved at the end, when the
clause has told whether it speaks of the future and the text has told which year came last.

All words are in ``seeds/dates.toml``. Offsets are code points of the given text.
"""

from __future__ import annotations

import datetime
import importlib
import re
from calendar import monthrange
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from typing import Any, Literal, NamedTuple

from extract.errors import SeedError
from extract.lexicon import alternation, read_toml, words
from extract.resources import seed_text
from extract.text import fold

Precision = Literal["day", "month", "quarter", "half", "year", "vague"]
DateKind = Literal["absolute", "partial", "relative", "vague"]
DateRole = Literal["point", "since", "until", "range", "dateline"]


@dataclass(frozen=True, slots=True)
class DateMention:
    """A date as the text has it: ``text[start:end]`` are its words, markers of its role left out.

    ``value`` is ISO 8601 cut to what was said, None where nothing follows from the words (近日, or
    上月 without a day of publication); a week has the value of its month. A range goes from
    ``value`` to ``end_value``, both included. ``kind`` is absolute where the words tell the year
    (2025年12月), partial where it has to be supplied (12月17日), relative where a word counts from
    another date (去年10月, 次日). ``dateline`` marks the date of the report itself
    (财联社7月11日电). Quarters and years with ``fiscal`` are those of the company's own calendar.
    """

    start: int
    end: int
    value: str | None
    end_value: str | None
    precision: Precision
    kind: DateKind
    role: DateRole
    fiscal: bool

    @property
    def whole(self) -> str | None:
        """One value for all of it: that of the smallest unit that holds the whole of a range.

        2021年7月至12月 is ``2021-H2``, 1月和2月 the first quarter; None where no year holds both ends.
        """
        if self.value is None or self.end_value is None:
            return self.value
        first, last = _span_of(self.value), _span_of(self.end_value)
        if first is None or last is None or first.first.year != last.last.year:
            return None
        return _holding(first.first, last.last).value


# --------------------------------------------------------------------------------------------
# What was said


class _Shift(NamedTuple):
    """A unit of the calendar: a number that was said, or a shift from a date.

    ``base`` is ``is`` (2025年), ``now`` (去年: from the day of publication) or ``told`` (次年: from the
    last date of that kind in the text).
    """

    base: str
    number: int


_Unit = Literal["day", "weekday", "week", "month", "quarter", "half", "year", "vague"]


class _Said(NamedTuple):
    """The words of one date, read but not yet resolved (a tuple: many are made and remade).

    ``unit`` is the finest unit said, ``part`` the number of a quarter or a half, ``weekday`` 1 to 7,
    ``week`` a shift in weeks. ``later`` is the other end of a range, ``gloss`` a date in brackets
    that says the same (周五（5月29日）), ``place`` where in its unit an edge lies (年底 told alone:
    ``end``), ``ago`` a distance in units (三个月前: -3), ``elapsed`` one told as gone by (距上轮融资仅两个月).
    """

    start: int
    end: int
    unit: _Unit
    year: _Shift | None = None
    month: _Shift | None = None
    day: _Shift | None = None
    part: _Shift | None = None
    weekday: int = 0
    week: int | None = None
    ago: int | None = None
    place: str = ""
    elapsed: bool = False
    fiscal: bool = False
    later: _Said | None = None
    gloss: _Said | None = None

    @property
    def kind(self) -> DateKind:
        if self.unit == "vague":
            return "vague"
        shifts = (self.year, self.month, self.day, self.part)
        counted = self.unit in ("weekday", "week") or self.ago is not None
        if counted or any(shift is not None and shift.base != "is" for shift in shifts):
            return "relative"
        return "absolute" if self.year else "partial"

    @property
    def yearless(self) -> bool:
        """Whether the year (or the month of a day) has to be supplied by the context."""
        return self.kind == "partial"


# --------------------------------------------------------------------------------------------
# Seeds


@dataclass(frozen=True, slots=True)
class _Word:
    unit: _Unit
    shift: _Shift
    through: int
    fiscal: bool


_SEED = "dates.toml"
_WORD_KEYS = {"now", "told", "left", "right", "through", "fiscal"}
_WORD_UNITS: tuple[_Unit, ...] = ("year", "month", "quarter", "day")


def _refuse(message: str, unit: str, word: str) -> SeedError:
    """The error for a row of a table of words, with its line."""
    lines = enumerate(seed_text(_SEED).split("\n"), 1)
    line = next((number for number, text in lines if text.startswith(f'"{word}"')), None)
    return SeedError(message, file=_SEED, line=line, key=f"{unit}.{word}")


def _entry(unit: _Unit, word: str, entry: Any) -> _Word:
    """One row of a table of words, checked."""
    if not isinstance(entry, Mapping):
        raise _refuse("expected a table such as { now = 0 }", unit, word)
    if unknown := set(entry) - _WORD_KEYS:
        raise _refuse(f"unknown keys {', '.join(sorted(unknown))}", unit, word)
    bases = [base for base in ("now", "told") if type(entry.get(base)) is int]
    if len(bases) != 1:
        raise _refuse("expected a whole number as either now or told", unit, word)
    if fold(word) != word:
        raise _refuse("words are listed in simplified script", unit, word)
    shift = _Shift(bases[0], entry[bases[0]])
    return _Word(unit, shift, int(entry.get("through", 0)), bool(entry.get("fiscal", False)))


@cache
def _word_table() -> dict[str, _Word]:
    """The words that stand for a unit of the calendar; each stands for one."""
    table: dict[str, _Word] = {}
    for unit in _WORD_UNITS:
        for word, entry in read_toml(_SEED)[unit].items():
            if word in table:
                raise _refuse("listed twice", unit, word)
            table[word] = _entry(unit, word, entry)
    return table


def _shifts(*path: str) -> dict[str, int]:
    """A table of words to whole numbers."""
    node: Any = read_toml(_SEED)
    for step in path:
        node = node[step]
    if not all(isinstance(value, int) for value in node.values()):
        raise SeedError("expected whole numbers", file=_SEED, key=".".join(path))
    return dict(node)


def _listed(*path: str) -> str:
    return alternation(words(_SEED, *path))


def _not_after(choices: Iterable[str], word: str = "") -> str:
    """Lookbehinds, one for each length, that refuse what makes a word another word.

    With ``word`` they stand behind it instead of before it, so that words can share a beginning.
    """
    by_length: dict[int, list[str]] = {}
    for choice in choices:
        by_length.setdefault(len(choice), []).append(choice + word)
    return "".join(f"(?<!{alternation(same)})" for _, same in sorted(by_length.items()))


def _guarded(word: str, entry: Mapping[str, Any]) -> str:
    """A word behind its first character, with what must not stand beside it."""
    right = f"(?!{alternation(entry['right'])})" if entry.get("right") else ""
    return f"{re.escape(word[1:])}{_not_after(entry.get('left', ()), word)}{right}"


def _word_pattern(*units: str) -> str:
    """The words of some units by their first character, the longest first."""
    entries = {word: entry for unit in units for word, entry in read_toml(_SEED)[unit].items()}
    by_first: dict[str, list[str]] = {}
    for word in sorted(entries, key=lambda word: (-len(word), word)):
        by_first.setdefault(word[0], []).append(_guarded(word, entries[word]))
    return "|".join(f"{first}(?:{'|'.join(same)})" for first, same in by_first.items())


# --------------------------------------------------------------------------------------------
# Grammar

_GAP = r"[ ]{0,2}"
_JOIN = rf"{_GAP}(?:至|到|[-~—–]{{1,2}}){_GAP}"
_YEAR = r"(?:1[5-9]|2[01])\d\d"
_HAN_YEAR = r"[一二][〇零○一二三四五六七八九]{3}"
_SHORT_YEAR = r"(?:1[5-9]|2\d|3[0-5])"
_MONTH = r"(?:1[0-2]|0?[1-9]|十[一二]?|[一二三四五六七八九元])"
_DAY = (
    r"(?:3[01]|[12]\d|0?[1-9]|三十一?|二十[一二三四五六七八九]?|十[一二三四五六七八九]?"
    r"|廿[一二三四五六七八九]?|卅一?|[一二三四五六七八九])"
)
_COUNT = r"(?:\d{1,3}|[一二两三四五六七八九]?十[一二三四五六七八九]?|[一二两三四五六七八九])"
_QUARTER = r"[一二三四1-4]"
_HAN = "〇零○一二三四五六七八九十百两廿卅元"
_WEEKDAY = "[一二三四五六日天]"
_END = r"(?![0-9A-Za-z])"

_DIGITS = {char: value for value, char in enumerate("〇一二三四五六七八九")} | {
    "零": 0, "○": 0, "两": 2, "元": 1, "首": 1, "末": 4,
}  # fmt: skip
_TENS = {"十": 10, "百": 100}
_JOINED_TENS = {"廿": 20, "卅": 30}


def _number(digits: str) -> int:
    """A number of the grammar: 17, 十七, 二十三, 廿三, 一百一十四, 二〇二五."""
    if digits.isdecimal():
        return int(digits)
    if not set(digits) & (_TENS.keys() | _JOINED_TENS.keys()):
        return int("".join(str(_DIGITS[char]) for char in digits))
    total, last = 0, 0
    for char in digits:
        if char in _TENS:
            total, last = total + (last or 1) * _TENS[char], 0
        elif char in _JOINED_TENS:
            total, last = total + _JOINED_TENS[char], 0
        else:
            last = _DIGITS[char]
    return total + last


def _month_pattern() -> str:
    after = f"(?!{_listed('guard', 'month')}|(?!{_listed('guard', 'month_live')})活)"
    return rf"(?:(?P<month_from>{_MONTH}){_GAP}月?{_JOIN})?(?P<month>{_MONTH}){_GAP}月{after}"


def _quarter_pattern() -> str:
    return rf"""
        第?{_GAP}(?:(?P<quarter_from>{_QUARTER})(?:季度)?{_JOIN}第?{_GAP})?
        (?P<quarter>{_QUARTER}|[首末]){_GAP}(?:(?P<fiscal>财季)|季度)(?:[初底末]{_edge_guard()})?
      | 第{_GAP}(?P<quarter_2>{_QUARTER}){_GAP}季(?!度)
      | (?P<quarter_3>首)季(?=[度，。、,;；的])
    """


def _edges(*lists: str) -> str:
    """Edges that may follow a year or a month directly."""
    return alternation(word for name in lists for word in words(_SEED, "edge", name))


def _edge_guard() -> str:
    return f"(?!{_listed('edge', 'not_before')})"


def _year_rest_pattern() -> str:
    """What may follow a year: a month, a quarter, a half, a season, an edge."""
    edges = _edges("begin", "middle", "end", "within", "loose")
    return rf"""
        {_GAP}的?{_GAP}(?:
            (?P<half_word>[上下])(?:半年度?|半财年) | (?P<half_year>半年度)
          | {_month_pattern()}
          | {_quarter_pattern()}
          | Q(?P<quarter_q>[1-4])(?:[ ]?(?:财季|季度))?{_END}
          | H(?P<half_h>[12]){_END}
          | (?P<front>前){_GAP}(?P<front_count>{_COUNT}){_GAP}(?:个)?(?P<front_unit>月|季度)
          | (?P<season>{_listed("edge", "seasons")}){_edge_guard()}
          | 年?(?P<edge>{edges}){_edge_guard()}
        )
    """


def _month_rest_pattern() -> str:
    """What may follow a month: a day, an edge."""
    inner = _edges("begin", "middle", "end", "month_begin", "month_end", "within", "loose")
    return rf"""
        {_GAP}(?:
            (?P<day_from>{_DAY}){_GAP}[日号]?{_JOIN}(?P<day_to>{_DAY}){_GAP}[日号]
          | (?P<day>{_DAY}){_GAP}[日号]
          | 份?(?P<edge>{inner}){_edge_guard()}
          | 份
        )
    """


def _english_openings() -> str:
    """Looks at what may be an English date; the first letters of a month, with a day before them.

    Each begins with a set of characters, which lets the scanner leave it at once.
    """
    names = sorted({name[:2] for name in _english_months()})
    both = "|".join(names)
    firsts, seconds = ("".join(sorted({name[at] for name in names})) for at in (0, 1))
    return rf"""
        [{firsts}](?P<english>(?<![A-Za-z].)(?=[{seconds}]))
      | \d(?P<english_day>(?=\d?(?:st|nd|rd|th)?[ -](?:{both})))
    """


def _numeral_filter() -> str:
    """A cheap look at what stands behind a number; most numbers end here."""
    unit = rf"[年月日号天周季财会星礼第自QH]|个[月星礼季]|[上下]半|全年|[-~—–至到]{{1,2}}[ ]?[\d{_HAN}]|-[QH][1-4]"
    return rf"""
        (?=(?<!\d)\d{{1,4}}{_GAP}(?:{unit}) | [{_HAN}]{{1,6}}{_GAP}(?:{unit})
          | (?<!\d)\d{{4}}{_GAP}[-./]{_GAP}\d{{1,2}}{_GAP}[-./] | (?<![\d/.])\d{{1,2}}/\d)
    """


def _year_openings() -> str:
    guard = f"(?!{_listed('guard', 'year')})"
    fiscal = "(?:财年|会计年度|财政年度)"
    rest = rf"(?={_GAP}(?:Q[1-4]{_END}|H[12]{_END}|第?{_QUARTER}(?:季|财季)|[上下]半年|全年))"
    month_next = rf"(?:1[0-2]|0?[1-9]){_GAP}月(?!活)|第?{_QUARTER}季"
    short_rest = rf"(?={_GAP}(?:{month_next}|Q[1-4]|[上下]半年|全年|年?[初底末]{_edge_guard()}))"
    return rf"""
        (?<!\d)(?:
            (?P<iso>(?<![A-Za-z_/.])(?<![^\d]-)(?P<iso_year>{_YEAR})(?P<iso_join>{_GAP}[-/.]{_GAP})(?P<iso_month>1[0-2]|0?[1-9])
                (?P=iso_join)(?P<iso_day>3[01]|[12]\d|0?[1-9])(?!\d|/|\.\d|-\d(?!\d{{3}}[-/.]\d)))
          | (?P<fiscal_year>(?:(?P<fy_from>{_YEAR}){_JOIN})?
                (?P<fy>{_YEAR}|{_SHORT_YEAR}){_GAP}{fiscal}(?!度))
          | (?P<year>(?:(?P<y_from>{_YEAR}){_GAP}年?{_JOIN})?
                (?P<y>{_YEAR}){_GAP}(?:日历|自然)?年{guard}度?)
          | (?P<year_only>(?<![A-Za-z])(?P<y_only>{_YEAR})(?:-(?=Q[1-4]{_END}|H[12]{_END}))?{rest})
          | (?P<roc_short>(?P<roc>1[0-3]\d){_GAP}年度?(?={_GAP}(?:{month_next}|[上下]半年)))
          | (?P<year_short>(?<![.\-])(?P<ys>{_SHORT_YEAR}){_GAP}年{short_rest})
          | (?P<year_q>(?<![A-Za-z.\-])(?P<yq>{_SHORT_YEAR})(?=Q[1-4]{_END}))
          | (?P<q_year>(?<![A-Za-z.])(?P<qy_n>[1-4](?=Q)|[12](?=H))(?P<qy_unit>[QH]){_GAP}
                (?P<qy>{_YEAR}|{_SHORT_YEAR}){_END})
        )
      | (?P<year_han>(?<![〇零一二三四五六七八九])(?P<yh>{_HAN_YEAR})年{guard})
    """


def _month_day_openings() -> str:
    after = _not_after(words(_SEED, "guard", "month_after"))
    weekday, parts = _listed("week", "names"), _listed("time", "parts")
    return rf"""
        (?P<month_opening>(?<![\d./:])(?<!\d-){after}
            (?<![零〇一二三四五六七八九十两])(?!{_listed("guard", "month_names")}){_month_pattern()})
      | (?P<slash>(?<![\d/.])(?P<sl_month>1[0-2]|0?[1-9])/(?P<sl_day>3[01]|[12]\d|0?[1-9])(?![\d/.]))
      | (?P<day_opening>(?<![\d.,:/\-第])(?:(?=\d)|(?<![〇一二三四五六七八九十]))
            (?:(?P<do_from>{_DAY}){_GAP}[日号]?{_JOIN})?
            (?P<do>{_DAY}){_GAP}(?:日|号(?=[ ]?(?:[（(](?:{weekday})|{parts}))))
    """


def _english_pattern() -> str:
    """Dec 17, 2025; 17 December; Dec. 2025."""
    names = alternation(_english_months())
    day = r"(?:3[01]|[12]\d|0?[1-9])(?:st|nd|rd|th)?"
    year = rf"(?:[ ]?[,，]?[ ]?-?(?P<year>{_YEAR})(?!\d))"
    return rf"""
        (?<![A-Za-z.\d])(?:(?P<day>{day})[ -])?(?P<month>{names})(?![A-Za-z])\.?
        (?(day)|(?:[ ]?(?P<day_2>{day})(?![A-Za-z\d.:/-]))?){year}?
    """


def _elapsed_opening() -> str:
    """距上一轮融资仅过去两个月: two months ago, where the words speak of what has been."""
    inside = r"[^，。；！？：,;:!?\n距年月日]"
    past, more = _listed("elapsed", "past"), _listed("elapsed", "more")
    return rf"""
        距(?P<elapsed>离?(?:今{_GAP}(?:{_listed("elapsed", "only")})?
              | (?={inside}{{0,20}}?(?:{past})){inside}{{1,30}}?(?:{_listed("elapsed", "only")}))
            (?:{more}){{0,2}}{_GAP}(?P<el_count>{_COUNT}){_GAP}
            (?P<el_unit>天|年|周|个?(?:星期|礼拜)|个月|个季度)(?!{_listed("elapsed", "not_before")}))
    """


@cache
def _english_months() -> dict[str, int]:
    """The names of months and their short forms, all in capitals as well."""
    names = _shifts("english", "months")
    return names | {name.upper(): month for name, month in names.items()}


def _ago_opening() -> str:
    back, on = _listed("guard", "before_ago"), _listed("guard", "before_later")
    return rf"""
        (?P<ago>(?<![\d.]){_not_after(words(_SEED, "guard", "ago_after"))}
            (?<![〇一二三四五六七八九十两])
            (?P<ago_count>{_COUNT}){_GAP}(?P<ago_unit>天|年|周|个?(?:星期|礼拜)|个月|个季度)
            {_GAP}[之以]?(?:(?P<ago_back>前)(?!{back})|后(?!{on})))
    """


def _week_openings() -> str:
    before, names = alternation(_shifts("week", "before")), _listed("week", "names")
    after, right = _not_after(words(_SEED, "week", "not_after")), _listed("week", "not_before")
    return rf"""
        (?P<week_day>(?P<wd_before>{before})(?:{names})(?P<wd>{_WEEKDAY})(?!{right}))
      | (?P<weekend>(?P<we_before>{before})?{after}(?:{names})末)
      | (?P<week>(?P<wk_before>{before})(?:{names})(?!{_listed("week", "not_week")}|{_WEEKDAY}|末))
      | (?P<week_bare>{after}(?:周(?P<wb>[一二三四五六日])|(?:星期|礼拜)(?P<wb_2>{_WEEKDAY}))(?!{right}))
    """


def _part_openings() -> str:
    """Quarters, halves and edges whose year is left out."""
    return rf"""
        (?P<front_quarters>前{_GAP}(?P<fq>[二两三23]){_GAP}个?季度)
      | (?P<quarter_letter>(?<![0-9A-Za-z.\-])Q(?P<ql>[1-4])(?:[ ]?(?P<ql_year>20\d\d)(?!\d)|{_END}))
      | (?P<half>(?P<hf>[上下])半年度?|(?P<hf_2>[上下])半财年)
      | (?P<edge_year>年(?P<ey>[初中底末终尾内]){_edge_guard()})
      | (?P<edge_month>月(?P<em>中下旬|中上旬|中旬|[初中底末内]){_edge_guard()}|(?P<em_2>[上中下])旬)
    """


def _name_openings() -> str:
    """Openings that begin with a name of a kind of year, or with half a unit."""
    back, on = _listed("guard", "before_ago"), _listed("guard", "before_later")
    seasons = "".join(_shifts("edge", "season_years"))
    return rf"""
        (?P<fy_name>(?<![A-Za-z])FY{_GAP}(?:20)?(?P<fyn>\d\d)(?!\d)(?={_GAP}(?:Q[1-4]|H[12]){_END}|(?![A-Za-z])))
      | (?P<roc_name>(?:中华)?民国{_GAP}
            (?:(?P<rn_from>\d{{1,3}}|[一二三四五六七八九十百〇零]{{1,6}}){_GAP}年?{_JOIN})?
            (?P<rn>\d{{1,3}}|[一二三四五六七八九十百〇零]{{1,6}}){_GAP}年)
      | (?P<season_year>(?P<sy>[{seasons}])[春夏秋冬](?!季|天|晚|节))
      | (?P<day_now>(?P<dn>[今昨明前])[ ]?[(（](?P<dn_day>{_DAY})[)）][日天晚晨早夜])
      | (?P<half_ago>{_not_after(words(_SEED, "guard", "ago_after"))}(?<![〇一二三四五六七八九十两])
            半(?P<ha_unit>年|个月){_GAP}[之以]?(?:(?P<ha_back>前)(?!{back})|后(?!{on})))
    """


def _vague_pattern() -> str:
    guarded = words(_SEED, "vague", "guarded")
    left, right = words(_SEED, "vague", "left"), _listed("vague", "right")
    free = [word for word in words(_SEED, "vague", "words") if word not in guarded]
    held = "|".join(f"{word}{_not_after(left, word)}" for word in guarded)
    return f"(?:{alternation(free)})|(?:{held})(?!{right})"


# The second characters of the openings that are no listed words, by their first.
_PAIRS = {
    "周": "一二三四五六日末", "星": "期", "礼": "拜", "年": "初底中末终尾内", "月": "初底中末内",
    "上": "半旬", "中": "旬华", "下": "半旬", "民": "国", "Q": "1234", "F": "Y", "前": "二两三23 (（",
    "今": "春夏秋冬 (（", "昨": " (（", "明": "春夏秋冬 (（", "去": "春夏秋冬", "半": "年个",
}  # fmt: skip


@cache
def _pairs() -> dict[str, str]:
    """The second characters of all openings without a number, by their first."""
    pairs = {first: set(seconds) for first, seconds in _PAIRS.items()}
    listed = [*_word_table(), *words(_SEED, "vague", "words")]
    listed += [
        before + name
        for before in _shifts("week", "before")
        for name in words(_SEED, "week", "names")
    ]
    for word in listed:
        pairs.setdefault(word[0], set()).add(word[1])
    return {first: "".join(sorted(seconds)) for first, seconds in pairs.items()}


def _word_filter() -> str:
    """A look at the first two characters of what begins with no number."""
    by_seconds: dict[str, str] = {}
    for first, seconds in _pairs().items():
        by_seconds[seconds] = by_seconds.get(seconds, "") + first
    pairs = [f"[{firsts}][{re.escape(seconds)}]" for seconds, firsts in by_seconds.items()]
    return f"(?={'|'.join(pairs)})"


def _first_filter() -> str:
    """A look at the first character, at which almost every place of a text is left."""
    english = {name[0] for name in _english_months()}
    return f"(?=[0-9{''.join(sorted(english | _pairs().keys()))}{_HAN}第首末距])"


def _opening_pattern() -> str:
    """One pattern with all openings; the dearer ones behind looks that few places pass."""
    quarter_after = _not_after(words(_SEED, "quarter_bare", "not_after"))
    return rf"""
        {_first_filter()}(?:
            {_numeral_filter()}(?: {_year_openings()} | {_ago_opening()} | {_month_day_openings()}
 )
          | (?P<quarter_opening>(?<!\d){quarter_after}(?=[一二三四首末第1-4])(?:{_quarter_pattern()}))
          | {_word_filter()}(?:
                (?P<word>{_word_pattern(*_WORD_UNITS)})
              | {_week_openings()} | {_part_openings()} | {_name_openings()}
              | (?P<vague>{_vague_pattern()})
            )
          | {_elapsed_opening()} | {_english_openings()}
        )
    """


def _clock_pattern() -> str:
    """10点30分, 8点半, 18时许, 20:53:01, T10:30:00+08:00, 晚八点."""
    word = r"[点时](?![名击评赞代间尚任位心])"
    han = "(?:十[一二]?|[一二两三四五六七八九])"
    return rf"""
        (?:T|[ ]{{0,2}})(?:[01]?\d|2[0-4])(?:
            [ ]?{word}(?:[ ]?[0-5]?\d[ ]?分|半|整)?
          | :[0-5]\d(?::[0-5]\d(?:\.\d{{1,9}})?)?(?:Z|[+-]\d\d:?\d\d)?
        )(?:许|左右|整)?(?!\d)
      | {han}{word}[半整许]?
    """


def _tail_pattern() -> str:
    """What belongs to a day behind it: a weekday, a gloss in brackets, a time of the day."""
    names, parts = _listed("week", "names"), _listed("time", "parts")
    before = alternation(_shifts("week", "before"))
    not_short = f"(?!{_listed('time', 'not_short')})"
    zones = alternation([zone for zone in words(_SEED, "time", "zones") if zone != "时间"])
    return rf"""
        [ ]?[(（][ ]?(?:
            (?:(?:{before})?(?:{names}))?{_WEEKDAY}
          | {_word_pattern("day")} | (?:{_listed("time", "zones")})
          | (?P<gloss>(?:(?:{_YEAR}[ ]?年[ ]?)?{_MONTH}[ ]?月[ ]?)?{_DAY}[ ]?[日号])
        )[ ]?[)）]
      | [ ]?(?:{names}){_WEEKDAY}(?!{_listed("week", "not_before")})
      | [ ]?(?:{zones}) | [ ]?(?:{parts}){not_short} | (?:{_listed("time", "short")}){not_short}
      | {_clock_pattern()}
    """


def _cue_pattern(*, behind: bool) -> str:
    """The words that tell the time of a clause, before a date or behind it."""
    past = words(_SEED, "cues", "past") + (words(_SEED, "cues", "past_after") if behind else ())
    return (
        f"(?P<other>{_listed('cues', 'not')})|(?P<maybe>{_listed('cues', 'maybe')})"
        f"|(?P<future>{_listed('cues', 'future')})|(?P<past>{alternation(past)})"
        + (f"|(?P<report>{_listed('cues', 'report')})" if behind else "")
    )


def _line_pattern() -> str:
    """What follows the date in a line of a page that tells when it was published."""
    return rf"[ |·•/]*(?:\n|$|(?:{_listed('dateline', 'field_after')}))"


def _dateline_pattern() -> str:
    wire = _listed("dateline", "wire")
    return rf"""
        [ ]?(?:(?!{_listed("dateline", "not_after")})(?:{_listed("dateline", "after")})
          | [)）]?[ ]?/?[ ]?(?:{wire})
          | [)）][^。\n]{{0,12}}[电讯](?=[ ，,：:)）]|$|\n))
    """


@dataclass(frozen=True, slots=True)
class _Grammar:
    """The compiled patterns; all are matched against folded text."""

    opening: re.Pattern[str]
    english: re.Pattern[str]
    year_rest: re.Pattern[str]
    month_rest: re.Pattern[str]
    week_rest: re.Pattern[str]
    tail: re.Pattern[str]
    join: re.Pattern[str]
    also: re.Pattern[str]
    apart: re.Pattern[str]
    zone_before: re.Pattern[str]
    zone: re.Pattern[str]
    cue_before: re.Pattern[str]
    cue_behind: re.Pattern[str]
    until_before: re.Pattern[str]
    until_after: re.Pattern[str]
    since_before: re.Pattern[str]
    since_after: re.Pattern[str]
    dateline: re.Pattern[str]
    line: re.Pattern[str]
    field_before: re.Pattern[str]
    credit: re.Pattern[str]
    days_after: re.Pattern[str]
    days_before: re.Pattern[str]
    edge_before: re.Pattern[str]
    quarter_after: re.Pattern[str]
    quarter_before: re.Pattern[str]


def _compile(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.VERBOSE | re.ASCII)


def _ending(*path: str, but: tuple[str, ...] = ()) -> re.Pattern[str]:
    """Words at the end of a stretch, unless they are the end of a longer word listed in ``but``."""
    refused = _not_after(words(_SEED, *but)) if but else ""
    return _compile(rf"(?:{_listed(*path)}){refused}[ ]?$")


def _following(*path: str, but: tuple[str, ...]) -> re.Pattern[str]:
    return _compile(rf"[ ]?(?!{_listed(*but)})(?:{_listed(*path)})")


@cache
def _grammar() -> _Grammar:
    return _Grammar(
        opening=_compile(_opening_pattern()),
        english=_compile(_english_pattern()),
        year_rest=_compile(_year_rest_pattern()),
        month_rest=_compile(_month_rest_pattern()),
        week_rest=_compile(rf"(?:{_listed('edge', 'loose')}|[初内]){_edge_guard()}"),
        tail=_compile(_tail_pattern()),
        join=_compile(_JOIN),
        also=_compile(rf"{_GAP}(?:{_listed('also', 'words')}){_GAP}"),
        apart=_compile(_listed("also", "apart")),
        zone_before=_ending("time", "zones"),
        zone=_compile(rf"(?:{_listed('time', 'zones')})[ ]?"),
        cue_before=_compile(_cue_pattern(behind=False)),
        cue_behind=_compile(_cue_pattern(behind=True)),
        until_before=_ending("markers", "until_before", but=("markers", "not_until")),
        until_after=_following("markers", "until_after", but=("markers", "not_until_after")),
        since_before=_ending("markers", "since_before", but=("markers", "not_since")),
        since_after=_following("markers", "since_after", but=("markers", "not_since_after")),
        dateline=_compile(_dateline_pattern()),
        line=_compile(_line_pattern()),
        field_before=_compile(rf"(?:{_listed('dateline', 'field_before')})[ ]?[:：]?[ ]?$"),
        credit=_compile(
            rf"{_not_after(words(_SEED, 'dateline', 'not_other'))}(?:{_listed('dateline', 'other')})"
        ),
        days_after=_ending("guard", "days_after", but=("guard", "not_days_after")),
        days_before=_compile(rf"[ ]?(?:{_listed('guard', 'days_before')})"),
        edge_before=_compile(rf"(?:^|[^\u4e00-\u9fff0-9]|{_listed('edge', 'before')})$"),
        quarter_after=_compile(rf"[ ]?(?:{_listed('quarter_bare', 'after')})"),
        quarter_before=_ending("quarter_bare", "before"),
    )


# --------------------------------------------------------------------------------------------
# Reading: from an opening to what was said

_Reader = Callable[[str, re.Match[str]], "_Said | None"]


def _is(digits: str) -> _Shift:
    return _Shift("is", _number(digits))


def _full_year(digits: str) -> _Shift:
    number = _number(digits)
    return _Shift("is", 2000 + number if number < 100 else number)


def _read_iso(folded: str, match: re.Match[str]) -> _Said:
    year, month, day = (_is(match["iso_" + part]) for part in ("year", "month", "day"))
    return _Said(match.start(), match.end(), "day", year, month, day)


def _read_year(folded: str, match: re.Match[str]) -> _Said:
    """2025年, 2025财年, FY26, 25年 and what follows."""
    digits = next(filter(None, (match[name] for name in _YEAR_GROUPS)))
    fiscal = match["fy"] is not None or match["fyn"] is not None
    said = _Said(match.start(), match.end(), "year", _full_year(digits), fiscal=fiscal)
    first = match["y_from"] or match["fy_from"]
    full = _after_year(folded, said)
    if not first:
        return full
    return said._replace(year=_is(first), end=full.end, later=full.later or full)


_YEAR_GROUPS = ("y", "y_only", "fy", "ys", "yq", "fyn", "yh")


def _read_roc(folded: str, match: re.Match[str]) -> _Said:
    """民國114年 is 2025."""
    year = _Shift("is", _number(match["rn"] or match["roc"]) + 1911)
    full = _after_year(folded, _Said(match.start(), match.end(), "year", year))
    if not match["rn_from"]:
        return full
    first = _Shift("is", _number(match["rn_from"]) + 1911)
    return full._replace(year=first, later=full.later or full)


def _read_quarter_year(folded: str, match: re.Match[str]) -> _Said:
    """2Q26, 1H25."""
    unit: _Unit = "quarter" if match["qy_unit"] == "Q" else "half"
    year, part = _full_year(match["qy"]), _is(match["qy_n"])
    return _Said(match.start(), match.end(), unit, year, part=part)


def _read_word(folded: str, match: re.Match[str]) -> _Said:
    word = _word_table()[match.group()]
    said = _Said(match.start(), match.end(), word.unit, fiscal=word.fiscal)
    if word.unit == "year":
        return _through(_after_year(folded, said._replace(year=word.shift)), word)
    if word.unit == "month":
        return _after_month(folded, said._replace(month=word.shift))
    if word.unit == "day":
        return _through(said._replace(day=word.shift), word)
    return said._replace(part=word.shift)


def _through(said: _Said, word: _Word) -> _Said:
    """今明两年: from this year to the next."""
    if not word.through:
        return said
    last = _Shift(word.shift.base, word.shift.number + word.through)
    later = said._replace(year=last) if word.unit == "year" else said._replace(day=last)
    return said._replace(later=later)


def _read_season_year(folded: str, match: re.Match[str]) -> _Said:
    """今夏: the year."""
    shift = _Shift("now", _shifts("edge", "season_years")[match["sy"]])
    return _Said(match.start(), match.end(), "year", shift)


def _after_year(folded: str, said: _Said) -> _Said:
    """A year with the month, quarter, half, season or edge that follows it."""
    rest = _grammar().year_rest.match(folded, said.end)
    if rest is None or rest.lastgroup is None:
        return said
    said = said._replace(end=rest.end())
    if rest["month"]:
        return _with_month(folded, said, rest)
    if half := rest["half_word"] or rest["half_h"] or rest["half_year"]:
        return said._replace(unit="half", part=_HALVES[half])
    if rest["front_count"]:
        return _with_front(said, _number(rest["front_count"]), rest["front_unit"])
    if rest["season"] or rest["edge"]:
        return said
    return _with_quarter(said, rest)


_FIRST, _SECOND = _Shift("is", 1), _Shift("is", 2)
_HALVES = {"上": _FIRST, "1": _FIRST, "半年度": _FIRST, "下": _SECOND, "2": _SECOND}


def _with_quarter(said: _Said, match: re.Match[str]) -> _Said:
    groups = match.groupdict()
    digits = next(filter(None, (groups.get(name) for name in _QUARTER_GROUPS)))
    fiscal = said.fiscal or groups["fiscal"] is not None
    full = said._replace(unit="quarter", part=_is(digits), fiscal=fiscal)
    if not groups["quarter_from"]:
        return full
    return full._replace(part=_is(groups["quarter_from"]), later=full)


_QUARTER_GROUPS = ("quarter", "quarter_2", "quarter_3", "quarter_q")


def _with_front(said: _Said, count: int, unit: str) -> _Said:
    """2026年前5个月: from January to May."""
    if count < 2 or count > (12 if unit == "月" else 4):
        return said._replace(unit="vague")
    if unit == "月":
        first = said._replace(unit="month", month=_Shift("is", 1))
        return first._replace(later=first._replace(month=_Shift("is", count)))
    first = said._replace(unit="quarter", part=_Shift("is", 1))
    return first._replace(later=first._replace(part=_Shift("is", count)))


def _with_month(folded: str, said: _Said, match: re.Match[str]) -> _Said:
    full = _after_month(folded, said._replace(unit="month", month=_is(match["month"])))
    if not match["month_from"]:
        return full
    first = said._replace(unit="month", month=_is(match["month_from"]), end=full.end)
    return first._replace(later=full.later or full)


def _after_month(folded: str, said: _Said) -> _Said:
    """A month with the day or the edge that follows it."""
    rest = _grammar().month_rest.match(folded, said.end)
    if rest is None:
        return said
    said = said._replace(end=rest.end())
    if rest["day"]:
        return said._replace(unit="day", day=_is(rest["day"]))
    if rest["day_from"]:
        full = said._replace(unit="day", day=_is(rest["day_to"]))
        return full._replace(day=_is(rest["day_from"]), later=full)
    return said


def _read_month(folded: str, match: re.Match[str]) -> _Said:
    return _with_month(folded, _Said(match.start(), match.end(), "month"), match)


def _read_day_now(folded: str, match: re.Match[str]) -> _Said:
    """今（18）日, as Taiwanese papers write."""
    shift = _Shift("now", {"前": -2, "昨": -1, "今": 0, "明": 1}[match["dn"]])
    told = _Said(match.start(), match.end(), "day", day=_is(match["dn_day"]))
    return told._replace(day=shift, gloss=told)


def _read_slash(folded: str, match: re.Match[str]) -> _Said:
    month, day = _is(match["sl_month"]), _is(match["sl_day"])
    return _Said(match.start(), match.end(), "day", month=month, day=day)


def _read_day(folded: str, match: re.Match[str]) -> _Said:
    full = _Said(match.start(), match.end(), "day", day=_is(match["do"]))
    return full._replace(day=_is(match["do_from"]), later=full) if match["do_from"] else full


def _week_shift(before: str | None) -> int | None:
    return None if before is None else _shifts_of_weeks()[before]


@cache
def _shifts_of_weeks() -> Mapping[str, int]:
    return _shifts("week", "before")


def _read_weekday(folded: str, match: re.Match[str]) -> _Said:
    name = match["wd"] or match["wb"] or match["wb_2"]
    number = 7 if name in "日天" else _DIGITS[name]
    week = _week_shift(match["wd_before"])
    return _Said(match.start(), match.end(), "weekday", weekday=number, week=week)


def _read_weekend(folded: str, match: re.Match[str]) -> _Said:
    week = _week_shift(match["we_before"])
    saturday = _Said(match.start(), match.end(), "weekday", weekday=6, week=week)
    return saturday._replace(later=saturday._replace(weekday=7))


def _read_week(folded: str, match: re.Match[str]) -> _Said:
    """上周 has no form of its own among the values: it stands for its month."""
    rest = _grammar().week_rest.match(folded, match.end())
    end = rest.end() if rest else match.end()
    return _Said(match.start(), end, "week", week=_week_shift(match["wk_before"]))


def _read_front_quarters(folded: str, match: re.Match[str]) -> _Said:
    said = _Said(match.start(), match.end(), "quarter")
    return _with_front(said, _number(match["fq"]), "季度")


def _read_quarter(folded: str, match: re.Match[str]) -> _Said:
    return _with_quarter(_Said(match.start(), match.end(), "quarter"), match)


def _read_quarter_letter(folded: str, match: re.Match[str]) -> _Said:
    year = _is(match["ql_year"]) if match["ql_year"] else None
    return _Said(match.start(), match.end(), "quarter", year, part=_is(match["ql"]))


def _read_half(folded: str, match: re.Match[str]) -> _Said:
    part = _HALVES[match["hf"] or match["hf_2"]]
    fiscal = match["hf_2"] is not None
    return _Said(match.start(), match.end(), "half", part=part, fiscal=fiscal)


@cache
def _places() -> dict[str, str]:
    """The edges by the part of their unit they stand for."""
    table = {"上": "begin", "中": "middle", "下": "end"}
    for place in ("begin", "middle", "end", "within", "loose"):
        table |= dict.fromkeys(words(_SEED, "edge", place), place)
    return table


def _read_edge_year(folded: str, match: re.Match[str]) -> _Said:
    place = _places()[match["ey"]]
    return _Said(match.start(), match.end(), "year", year=_Shift("now", 0), place=place)


def _read_edge_month(folded: str, match: re.Match[str]) -> _Said:
    place = _places()[match["em"] or match["em_2"]]
    return _Said(match.start(), match.end(), "month", month=_Shift("now", 0), place=place)


_AGO_UNITS: dict[str, _Unit] = {
    "天": "day", "周": "week", "个星期": "week", "星期": "week", "个礼拜": "week", "礼拜": "week",
    "个月": "month", "个季度": "quarter", "年": "year",
}  # fmt: skip


def _read_ago(folded: str, match: re.Match[str]) -> _Said:
    """三个月前 counts back in months, 两天后 on in days."""
    sign = -1 if match["ago_back"] else 1
    unit, count = _AGO_UNITS[match["ago_unit"]], _number(match["ago_count"])
    return _Said(match.start(), match.end(), unit, ago=count * sign)


def _read_elapsed(folded: str, match: re.Match[str]) -> _Said:
    unit, count = _AGO_UNITS[match["el_unit"]], _number(match["el_count"])
    return _Said(match.start(), match.end(), unit, ago=-count, elapsed=True)


def _read_english(folded: str, match: re.Match[str]) -> _Said | None:
    told = _grammar().english.match(folded, match.start())
    if told is None:
        return None
    month = _Shift("is", _english_months()[told["month"]])
    year = _is(told["year"]) if told["year"] else None
    said = _Said(told.start(), told.end(), "month", year, month)
    digits = told["day"] or told["day_2"]
    if not digits and not year:
        return None
    return said._replace(unit="day", day=_is(digits.rstrip("sthnrd"))) if digits else said


def _read_half_ago(folded: str, match: re.Match[str]) -> _Said:
    """半年前 counts six months, 半个月前 two weeks."""
    sign = -1 if match["ha_back"] else 1
    if match["ha_unit"] == "年":
        return _Said(match.start(), match.end(), "month", ago=6 * sign)
    return _Said(match.start(), match.end(), "week", ago=2 * sign)


def _read_vague(folded: str, match: re.Match[str]) -> _Said:
    return _Said(match.start(), match.end(), "vague")


_READERS: dict[str, _Reader] = {
    "iso": _read_iso,
    "word": _read_word,
    **dict.fromkeys(
        ("fiscal_year", "year", "year_only", "year_short", "year_q", "fy_name", "year_han"),
        _read_year,
    ),
    **dict.fromkeys(("roc_short", "roc_name"), _read_roc),
    "q_year": _read_quarter_year,
    "season_year": _read_season_year,
    "month_opening": _read_month,
    "day_now": _read_day_now,
    "slash": _read_slash,
    "day_opening": _read_day,
    **dict.fromkeys(("week_day", "week_bare"), _read_weekday),
    "weekend": _read_weekend,
    "week": _read_week,
    "front_quarters": _read_front_quarters,
    "quarter_opening": _read_quarter,
    "quarter_letter": _read_quarter_letter,
    "half": _read_half,
    "edge_year": _read_edge_year,
    "edge_month": _read_edge_month,
    "ago": _read_ago,
    "half_ago": _read_half_ago,
    "elapsed": _read_elapsed,
    **dict.fromkeys(("english", "english_day"), _read_english),
    "vague": _read_vague,
}


def _read(folded: str, match: re.Match[str]) -> _Said | None:
    """The date that an opening begins, with its tail; None for one that no calendar has."""
    said = _READERS[match.lastgroup or ""](folded, match)
    if said is None or not _possible(said) or not (said.later is None or _possible(said.later)):
        return None
    return _with_tail(folded, said)


def _possible(said: _Said) -> bool:
    """Whether some calendar has this day: not 2月30日, not 13月."""
    if said.day is None or said.month is None or said.month.base != "is":
        return True
    year = said.year.number if said.year and said.year.base == "is" else 2000
    return said.day.number <= monthrange(year, said.month.number)[1]


_TAILS = 4


def _with_tail(folded: str, said: _Said) -> _Said:
    """A day with its weekday, its gloss and its time of the day."""
    last = said.later or said
    if last.unit not in ("day", "weekday"):
        return said
    end, gloss = said.end, said.gloss
    for _ in range(_TAILS):
        tail = _grammar().tail.match(folded, end)
        if tail is None:
            break
        if tail["gloss"] and gloss is None:
            gloss = _read_gloss(folded, tail.start("gloss"))
        end = tail.end()
    return said if end == said.end else said._replace(end=end, gloss=gloss)


def _read_gloss(folded: str, at: int) -> _Said | None:
    opening = _grammar().opening.match(folded, at)
    return _READERS[opening.lastgroup or ""](folded, opening) if opening else None


# --------------------------------------------------------------------------------------------
# Resolving: from what was said to a value


class _Span(NamedTuple):
    """A resolved date: its first and last day, and its value."""

    first: datetime.date
    last: datetime.date
    value: str
    precision: Precision


class _Told(NamedTuple):
    """The last dates told before: what 同年, 同月 and 当日 count from."""

    year: int | None = None
    month: tuple[int, int] | None = None
    quarter: tuple[int, int] | None = None
    day: datetime.date | None = None

    def after(self, span: _Span, *, year: bool) -> _Told:
        """With a further date told; ``year`` says whether it may stand for 同年."""
        first, fine = span.first, span.precision
        return _Told(
            first.year if year or self.year is None else self.year,
            (first.year, first.month) if fine in ("day", "month") else self.month,
            self.quarter if fine in ("half", "year") else (first.year, (first.month + 2) // 3),
            first if fine == "day" else self.day,
        )


class _Clock(NamedTuple):
    """What a date is resolved against.

    ``future`` is what the clause says of its time, None where nothing. ``context`` is a date of
    the same sentence whose year a date without one takes over. ``nearest`` asks for the candidate
    nearest to the publication, whichever side.
    """

    published: datetime.date | None
    told: _Told = _Told()
    future: bool | None = None
    context: _Span | None = None
    nearest: bool = False


_ONE_DAY = datetime.timedelta(days=1)
_ONE_WEEK = datetime.timedelta(days=7)


def _day_span(day: datetime.date) -> _Span:
    return _Span(day, day, day.isoformat(), "day")


@lru_cache(maxsize=1024)
def _month_span(year: int, month: int) -> _Span:
    year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
    last = datetime.date(year, month, monthrange(year, month)[1])
    return _Span(last.replace(day=1), last, f"{year:04d}-{month:02d}", "month")


def _quarter_span(year: int, quarter: int) -> _Span:
    year, quarter = year + (quarter - 1) // 4, (quarter - 1) % 4 + 1
    first, last = _month_span(year, quarter * 3 - 2), _month_span(year, quarter * 3)
    return _Span(first.first, last.last, f"{year:04d}-Q{quarter}", "quarter")


def _half_span(year: int, half: int) -> _Span:
    first, last = _month_span(year, half * 6 - 5), _month_span(year, half * 6)
    return _Span(first.first, last.last, f"{year:04d}-H{half}", "half")


def _year_span(year: int) -> _Span:
    return _Span(datetime.date(year, 1, 1), datetime.date(year, 12, 31), f"{year:04d}", "year")


def _holding(first: datetime.date, last: datetime.date) -> _Span:
    """The smallest unit of the calendar that holds two days of one year."""
    year, month = first.year, first.month
    units = (
        _day_span(first),
        _month_span(year, month),
        _quarter_span(year, (month + 2) // 3),
        _half_span(year, (month + 5) // 6),
    )
    return next((unit for unit in units if last <= unit.last), _year_span(year))


def _candidates(said: _Said, clock: _Clock) -> list[_Span]:
    """Every date the words can mean near the publication, in the order of the calendar."""
    try:
        if said.ago is not None:
            return _ago(said, clock)
        return _BY_UNIT[said.unit](said, clock)
    except (OverflowError, ValueError):  # beyond the calendar's ends: 九十年前 of the year 10
        return []


def _year_of(shift: _Shift, clock: _Clock) -> int | None:
    if shift.base == "is":
        return shift.number
    if shift.base == "now":
        return None if clock.published is None else clock.published.year + shift.number
    return None if clock.told.year is None else clock.told.year + shift.number


# February 29 comes back after four years, or after eight around a century.
_LEAP = 8


def _years(said: _Said, clock: _Clock) -> list[int]:
    """The years a date may lie in: the one told, the context's, or those around publication."""
    if said.year is not None:
        year = _year_of(said.year, clock)
        return [] if year is None else [year]
    if clock.context is not None:
        return [clock.context.first.year]
    if clock.published is None:
        return []
    reach = _LEAP if said.day == _Shift("is", 29) and said.month == _SECOND else 1
    return list(range(clock.published.year - reach, clock.published.year + reach + 1))


def _year_candidates(said: _Said, clock: _Clock) -> list[_Span]:
    return [_year_span(year) for year in _years(said, clock)]


def _part_candidates(said: _Said, clock: _Clock) -> list[_Span]:
    """Quarters and halves, by number or by shift."""
    if said.part is None:
        return []
    make = _quarter_span if said.unit == "quarter" else _half_span
    if said.part.base == "is":
        return [make(year, said.part.number) for year in _years(said, clock)]
    if said.part.base == "now":
        day = clock.published
        base = None if day is None else (day.year, (day.month + 2) // 3)
    else:
        base = clock.told.quarter
    return [] if base is None else [_quarter_span(base[0], base[1] + said.part.number)]


def _month_candidates(said: _Said, clock: _Clock) -> list[_Span]:
    if said.month is None:
        return []
    if said.month.base == "is":
        return [_month_span(year, said.month.number) for year in _years(said, clock)]
    if said.month.base == "now":
        day = clock.published
        base = None if day is None else (day.year, day.month)
    else:
        base = clock.told.month
    return [] if base is None else [_month_span(base[0], base[1] + said.month.number)]


def _day_candidates(said: _Said, clock: _Clock) -> list[_Span]:
    if said.day is None:
        return []
    if said.day.base != "is":
        base = clock.published if said.day.base == "now" else clock.told.day or clock.published
        return [] if base is None else [_day_span(base + said.day.number * _ONE_DAY)]
    months = _month_candidates(said, clock) if said.month else _months_around(clock)
    return [
        _day_span(month.first.replace(day=said.day.number))
        for month in months
        if said.day.number <= month.last.day
    ]


def _months_around(clock: _Clock) -> list[_Span]:
    """The months a bare 17日 may lie in."""
    if clock.context is not None:
        return [_month_span(clock.context.first.year, clock.context.first.month)]
    if clock.published is None:
        return []
    year, month = clock.published.year, clock.published.month
    return [_month_span(year, month + shift) for shift in range(-2, 3)]


def _weekday_candidates(said: _Said, clock: _Clock) -> list[_Span]:
    if clock.published is None:
        return []
    monday = clock.published - clock.published.weekday() * _ONE_DAY
    weeks = (-1, 0, 1) if said.week is None else (said.week,)
    return [_day_span(monday + week * _ONE_WEEK + (said.weekday - 1) * _ONE_DAY) for week in weeks]


def _week_candidates(said: _Said, clock: _Clock) -> list[_Span]:
    if clock.published is None or said.week is None:
        return []
    return [_week_span(clock.published + said.week * _ONE_WEEK)]


def _week_span(day: datetime.date) -> _Span:
    """The week around a day; its month is the one most of its days lie in."""
    monday = day - day.weekday() * _ONE_DAY
    month = _month_span((monday + 3 * _ONE_DAY).year, (monday + 3 * _ONE_DAY).month)
    return month._replace(first=monday, last=monday + 6 * _ONE_DAY)


def _nothing(said: _Said, clock: _Clock) -> list[_Span]:
    return []


_BY_UNIT: dict[_Unit, Callable[[_Said, _Clock], list[_Span]]] = {
    "year": _year_candidates,
    "half": _part_candidates,
    "quarter": _part_candidates,
    "month": _month_candidates,
    "week": _week_candidates,
    "weekday": _weekday_candidates,
    "day": _day_candidates,
    "vague": _nothing,
}


def _ago(said: _Said, clock: _Clock) -> list[_Span]:
    """三个月前 from the publication; 两天后 from the last day told, if the text goes on from it."""
    base = clock.published
    if said.ago is not None and said.ago > 0 and clock.context is not None:
        base = clock.context.last
    if base is None or said.ago is None:
        return []
    if said.unit == "day":
        return [_day_span(base + said.ago * _ONE_DAY)]
    if said.unit == "week":
        return [_week_span(base + said.ago * _ONE_WEEK)]
    if said.unit == "month":
        return [_month_span(base.year, base.month + said.ago)]
    if said.unit == "quarter":
        return [_quarter_span(base.year, (base.month + 2) // 3 + said.ago)]
    return [_year_span(base.year + said.ago)]


# A day without a year is one of the past, unless the next such day is so many times as near.
_MUCH_NEARER = 10


def _pick(said: _Said, found: list[_Span], clock: _Clock) -> _Span | None:
    """The one among several candidates that the clause's time asks for."""
    if len(found) < 2 or clock.published is None:
        return found[0] if found else None
    if said.unit == "half" and clock.future is None and not clock.nearest:
        return next((span for span in found if span.first.year == clock.published.year), None)
    past = [span for span in found if span.first <= clock.published]
    coming = [span for span in found if span.last >= clock.published]
    if not past or not coming:
        return past[-1] if past else coming[0]
    if clock.nearest:
        return coming[0] if _gap(coming[0], clock) <= _gap(past[-1], clock) else past[-1]
    if clock.future is None and said.unit in ("day", "month"):
        near = _gap(coming[0], clock) * _MUCH_NEARER < _gap(past[-1], clock)
        return coming[0] if near else past[-1]
    return coming[0] if clock.future else past[-1]


def _gap(span: _Span, clock: _Clock) -> int:
    if clock.published is None or span.first <= clock.published <= span.last:
        return 0
    return min(abs((edge - clock.published).days) for edge in (span.first, span.last))


# Edges told alone, by the months (of a year) or days (of a month) at which they begin and end.
_EDGE_MONTHS = {"begin": (1, 3), "middle": (5, 8), "end": (10, 12)}
_EDGE_DAYS = {"begin": (1, 10), "middle": (11, 20), "end": (21, 31)}


def _edge_shift(said: _Said, clock: _Clock) -> _Said:
    """年底 told of the past in March is last year's, 年初 told of the future in May the next one's."""
    if not said.place or clock.published is None or clock.future is None:
        return said
    by_year = said.unit == "year"
    reach = (_EDGE_MONTHS if by_year else _EDGE_DAYS).get(said.place)
    at = clock.published.month if by_year else clock.published.day
    if reach is None or reach[0] <= at <= reach[1] or clock.future == (at < reach[0]):
        return said
    shift = _Shift("now", 1 if clock.future else -1)
    return said._replace(year=shift) if by_year else said._replace(month=shift)


def _resolve(said: _Said, clock: _Clock) -> tuple[_Span | None, _Span | None]:
    """The date, and the end of its range."""
    said = _edge_shift(said, clock)
    first = _candidates(said, clock)
    if said.later is None:
        return _glossed(said, _pick(said, first, clock), clock), None
    if len(first) == 1:  # 次年 counts from the year that the range begins with
        clock = clock._replace(told=clock.told.after(first[0], year=True))
    last = _candidates(said.later, clock)
    if clock.future:
        start = _pick(said, first, clock)
        end = next((span for span in last if start and span.last >= start.first), None)
    else:
        end = _pick(said.later, last, clock)
        start = next((span for span in reversed(first) if end and span.first <= end.last), None)
    if start is None or end is None:
        return start or _pick(said, first, clock), None
    return start, end


# A gloss says the same day; one farther away was written of another.
_SAME_DAY = 3


def _glossed(said: _Said, span: _Span | None, clock: _Clock) -> _Span | None:
    """The day that the brackets tell, where they tell it: 周五（5月29日）, 今天（15日）."""
    if said.gloss is None:
        return span
    published = span.first if span else clock.published
    near = _Clock(published, nearest=True)
    told = _pick(said.gloss, _candidates(said.gloss, near), near)
    if told is None or span is None or said.yearless:
        return span or told
    return told if abs((told.first - span.first).days) <= _SAME_DAY else span


def _mention(said: _Said, role: DateRole, clock: _Clock) -> tuple[DateMention, _Span | None]:
    first, last = _resolve(said, clock)
    mention = DateMention(
        said.start,
        said.end,
        first.value if first else None,
        last.value if first and last else None,
        first.precision if first else "vague",
        said.kind,
        "range" if first and last else role,
        said.fiscal,
    )
    return mention, last or first


# --------------------------------------------------------------------------------------------
# Finding

_CLAUSE_END = re.compile(r"[，。；！？：,;:!?\n]")
_SENTENCE_END = re.compile(r"[。！？!?\n]")
# How far around a date its clause is searched for cues, and how far before it a marker reaches.
_CUE_BEFORE, _CUE_AFTER, _MARKER = 30, 16, 8


def _marks(folded: str, said: _Said) -> tuple[str, str]:
    """The stretches before and after a date, within its clause."""
    before = folded[max(0, said.start - _CUE_BEFORE) : said.start]
    before = _CLAUSE_END.split(before)[-1]
    after = folded[said.end : said.end + _CUE_AFTER]
    end = _CLAUSE_END.search(after)
    return before, after[: end.start()] if end else after


def _cue(folded: str, said: _Said) -> str | None:
    """What a clause says of its date: ``future``, ``past``, ``maybe`` or ``report``, else None.

    The nearest cue before the date decides, else the first behind it; 了 makes what a verb reports
    (签署了) past for certain.
    """
    before, after = _marks(folded, said)
    cues = [match.lastgroup for match in _grammar().cue_before.finditer(before)]
    for cue in reversed(cues):
        if cue != "other":
            return cue
    behind = [match.lastgroup for match in _grammar().cue_behind.finditer(after)]
    told = [cue for cue in behind if cue != "other"]
    if told[:1] == ["report"] and "past" in told:
        return "past"
    return told[0] if told else None


def _few(said: _Said) -> bool:
    """3日前 is three days ago as often as before the 3rd, 24日前 hardly ever."""
    return said.day is not None and said.day.number < 10


# A number before an edge counts its units: 3-5 年内.
_COUNTED = re.compile(r"[0-9][ ]?$", re.ASCII)


def _accepted(folded: str, said: _Said, match: re.Match[str]) -> bool:
    """Whether an opening that is a date only in context stands in such a context."""
    grammar, kind = _grammar(), match.lastgroup
    before = folded[max(0, said.start - _MARKER) : said.start]
    if kind == "day_opening":
        counted = grammar.days_after.search(before) or grammar.days_before.match(folded, said.end)
        return not counted and not (_few(said) and folded.startswith("前", said.end))
    if kind in ("edge_year", "edge_month") or (kind == "weekend" and said.week is None):
        return grammar.edge_before.search(before) is not None and not _COUNTED.search(before)
    if kind == "slash":
        return said.end > match.end() or folded.startswith("起", said.end)
    if kind == "quarter_opening" and folded[said.end - 1] == "季":
        return grammar.quarter_after.match(folded, said.end) is not None
    if kind == "quarter_letter" and said.year is None:
        told = grammar.quarter_before.search(before) or grammar.quarter_after.match(
            folded, said.end
        )
        return told is not None
    return True


def _spread(folded: str, said: _Said) -> _Said:
    """A date with the zone before it and, if it begins a range, with the range's end."""
    grammar = _grammar()
    if folded[max(0, said.start - 2) : said.start].rstrip(" ").endswith("间"):
        zone = grammar.zone_before.search(folded, max(0, said.start - 10), said.start)
        if zone:
            said = said._replace(start=zone.start())
    if said.later is not None or said.unit == "vague":
        return said
    for joint, fits in ((grammar.join, _is_range), (grammar.also, _are_neighbours)):
        join = joint.match(folded, said.end)
        opening = grammar.opening.match(folded, join.end()) if join else None
        later = _read(folded, opening) if opening else None
        if later is None or not fits(said, later):
            continue
        whole = said._replace(end=later.end, later=_filled(said, later.later or later))
        if joint is grammar.join or not any(map(grammar.apart.search, _marks(folded, whole))):
            return whole
    return said


def _are_neighbours(first: _Said, last: _Said) -> bool:
    """Whether two months or days follow each other, so that 1月和2月 is as long as 1月至2月."""
    if first.unit != last.unit or last.later is not None or last.year is not None:
        return False
    if first.unit == "month":
        return _is_next(first.month, last.month)
    same = last.month is None or last.month == first.month
    return first.unit == "day" and same and _is_next(first.day, last.day)


def _is_next(first: _Shift | None, last: _Shift | None) -> bool:
    return first is not None and last == first._replace(number=first.number + 1)


_FINER: dict[_Unit, int] = {"year": 0, "half": 1, "quarter": 2, "month": 3, "week": 4, "day": 5}


def _is_range(first: _Said, last: _Said) -> bool:
    """Whether two dates around 至 bound a range: of one unit, or the second with a year of its own."""
    if last.unit == "vague" or last.ago is not None or last.place != first.place:
        return False
    return first.unit == last.unit or (
        last.year is not None and first.unit in _FINER and last.unit in _FINER
    )


def _filled(first: _Said, last: _Said) -> _Said:
    """The end of a range with what its beginning told: 2025年10月17日至18日."""
    if last.unit == "day" and last.month is None and last.day and last.day.base == "is":
        last = last._replace(month=first.month)
    if last.year is None and first.year is not None and (last.month or last.part):
        wraps = _order(last) < _order(first)
        year = first.year._replace(number=first.year.number + 1) if wraps else first.year
        last = last._replace(year=year)
    return last


def _order(said: _Said) -> tuple[int, int]:
    parts = [shift.number for shift in (said.month or said.part, said.day) if shift]
    return (parts[0] if parts else 0, parts[1] if len(parts) > 1 else 0)


def _role(folded: str, said: _Said) -> DateRole:
    return "dateline" if _is_dateline(folded, said) else _marked(folded, said)


def _marked(folded: str, said: _Said) -> DateRole:
    """The role that the words beside a date give it."""
    grammar = _grammar()
    if said.elapsed:
        return "since"
    low = max(0, said.start - _MARKER)
    if grammar.until_before.search(folded, low, said.start):
        return "until"
    if grammar.since_after.match(folded, said.end):
        return "since"
    if grammar.until_after.match(folded, said.end):
        return "until"
    return "since" if grammar.since_before.search(folded, low, said.start) else "point"


# A report tells its date at its head; farther down such lines belong to something else.
_HEAD = 300
_CREDIT = 20


def _is_dateline(folded: str, said: _Said) -> bool:
    """Whether a day is that of the report: 财联社7月11日电, 发布时间：2025-12-18."""
    if said.later is not None or said.unit != "day":
        return False
    grammar = _grammar()
    if grammar.dateline.match(folded, said.end):
        before = _CLAUSE_END.split(folded[max(0, said.start - _CREDIT) : said.start])[-1]
        return not grammar.credit.search(before)
    if said.start > _HEAD or said.year is None or said.year.base != "is":
        return False
    if grammar.field_before.search(folded, max(0, said.start - _MARKER), said.start):
        return True
    alone = said.start == 0 or folded[said.start - 1] == "\n"
    return alone and grammar.line.match(folded, said.end) is not None


# 两天后 goes on from the date before it behind a pause only; behind a verb it counts from that.
_PAUSED = re.compile(r"[，,、；;：:）)（( ]$")
_COUNTED_FROM = re.compile(r"(?:时隔|历时|任职|执掌|上线|问世|发布|运营|满)[ ]?$")
# Beside these a date belongs to a company's birth, not to the story that goes on from it.
_BIRTH = re.compile("成立|创立|创办|创建|创始|诞生|出生|毕业")
# Days so near to the publication are the news itself, whatever year the sentence told before.
_NEWS_DAYS = 7
# What is planned for a coming year is told with it; so many days ahead, it is an older plan.
_FAR_OFF: dict[_Unit, int] = {"day": 300, "month": 300, "quarter": 200}
# The day of a feed may be that of another zone.
_ZONE_DAYS = 2


class _Last(NamedTuple):
    """The date before the present one: where it stood, and whether its year was told in words."""

    start: int
    end: int
    span: _Span
    yeared: bool


class _Story:
    """What a text has told so far: the memory that 同年, 次日 and 9月 after 2023年3月 need."""

    def __init__(self, folded: str, published: datetime.date | None) -> None:
        self.folded = folded
        self.published = published
        self.told = _Told()
        self.last: _Last | None = None

    def tell(self, said: _Said) -> DateMention:
        """Resolve a date and remember it."""
        role, kind, held = _role(self.folded, said), said.kind, False
        clock = _Clock(self.published, self.told)
        if said.ago is not None and said.ago > 0:
            mention, span = self._tell_later(said, role, clock)
        elif kind == "partial" or said.place or (said.weekday and said.week is None):
            mention, span, held = self._tell_open(said, role, clock)
        else:
            mention, span = _mention(said, role, clock)
        if span is not None:
            yeared = held or said.year is not None
            self.told = self.told.after(span, year=yeared)
            if role != "dateline":
                self.last = _Last(said.start, said.end, span, yeared)
        return mention

    def _tell_later(
        self, said: _Said, role: DateRole, clock: _Clock
    ) -> tuple[DateMention, _Span | None]:
        """两天后 goes on from the date before it, in a plan from today, else from nobody knows where."""
        before = self.folded[max(0, said.start - _MARKER) : said.start]
        if self.last and self._between(said) is not None and _PAUSED.search(before):
            return _mention(said, role, clock._replace(context=self.last.span))
        if _cue(self.folded, said) == "future" and not _COUNTED_FROM.search(before):
            return _mention(said, role, clock)
        return _mention(said._replace(ago=None, unit="vague"), role, clock)

    def _tell_open(
        self, said: _Said, role: DateRole, clock: _Clock
    ) -> tuple[DateMention, _Span | None, bool]:
        """A date that its clause's time decides, or the year of its sentence, which it may hold."""
        clock = self._timed(said, role, clock)
        mention, span = _mention(said, role, clock)
        if clock.future and role != "until" and self._is_far(said, span):
            mention, span = _mention(said, role, clock._replace(future=None))
        context = self._context(said)
        if context is None or self._is_news(span):
            return mention, span, False
        held = _mention(said, role, clock._replace(context=context))
        if held[1] is None or held[1].first < context.first:
            return mention, span, False
        return *held, True

    def _timed(self, said: _Said, role: DateRole, clock: _Clock) -> _Clock:
        """With the side of the publication that the clause asks for, or else the date's role."""
        cue = _cue(self.folded, said)
        if role == "until" and cue != "past" and self._ahead(said):
            return clock._replace(future=True)
        if role == "dateline" or cue == "maybe":
            return clock._replace(nearest=True)
        if cue == "report" and said.unit != "month":
            return clock._replace(nearest=self._is_soon(said))
        if cue is not None:
            return clock._replace(future=cue == "future" or self._is_soon(said))
        return clock._replace(nearest=role == "since")

    def _ahead(self, said: _Said) -> bool:
        """12月31日前 looks ahead, 截至12月31日 looks back."""
        low = max(0, said.start - _MARKER)
        return not _grammar().until_before.search(self.folded, low, said.start)

    def _is_far(self, said: _Said, span: _Span | None) -> bool:
        """Whether a planned date is so far off that the plan must be that of an earlier report."""
        if span is None or self.published is None or said.unit not in _FAR_OFF:
            return False
        return (span.first - self.published).days > _FAR_OFF[said.unit]

    def _is_soon(self, said: _Said) -> bool:
        """Whether a day lies so close behind the publication that clocks of two zones explain it."""
        if said.unit != "day" or self.published is None:
            return False
        ahead = _mention(said, "point", _Clock(self.published, self.told, future=True))[1]
        return ahead is not None and (ahead.first - self.published).days <= _ZONE_DAYS

    def _is_news(self, span: _Span | None) -> bool:
        """Whether a day is so near to the publication that it must be the news itself."""
        if span is None or self.published is None or span.precision != "day":
            return False
        return abs((span.first - self.published).days) <= _NEWS_DAYS

    def _context(self, said: _Said) -> _Span | None:
        """The date before this one that lends it its year, or its month to a bare 17日."""
        between = self._between(said)
        if self.last is None or between is None or said.kind != "partial":
            return None
        fine = self.last.span.precision in ("day", "month")
        if said.unit == "day" and said.month is None:
            return self.last.span if fine else None
        lends = self.last.yeared and (fine or self._opens(between))
        return self.last.span if lends and not _BIRTH.search(between) else None

    def _opens(self, between: str) -> bool:
        """Whether a year holds for what follows: 2023年，3月; 2023年，公司在3月 at the head of a sentence."""
        if len(between) <= _PAUSE:
            return True
        start = self.last.start if self.last else 0
        head = start == 0 or _SENTENCE_END.match(self.folded, start - 1) is not None
        return head and _TOPIC.fullmatch(between) is not None

    def _between(self, said: _Said) -> str | None:
        """The words since the last date, if it stood in the same sentence."""
        if self.last is None or said.start - self.last.end > _FAR:
            return None
        between = self.folded[self.last.end : said.start]
        return None if _SENTENCE_END.search(between) else between


# How many characters may part two dates of one thought, and a year from its own month (2023年，3月).
_FAR, _PAUSE = 200, 2
# A short subject between a year and its month.
_TOPIC = re.compile(r"[，,][^，,；;、：:（(]{0,10}")


def _scan(folded: str) -> Iterator[_Said]:
    """The dates of a text, from left to right, none overlapping."""
    opening, at = _grammar().opening, 0
    while match := opening.search(folded, at):
        said = _read(folded, match)
        if said is None or not _accepted(folded, said, match):
            at = match.end()
            continue
        said = _spread(folded, said)
        at = said.end
        yield said


def find_dates(
    text: str, *, published: datetime.date | str | None, folded: str | None = None
) -> list[DateMention]:
    """All dates of a text, in order, resolved against its day of publication.

    Offsets are code points of ``text``. ``folded`` is ``extract.text.fold(text)`` where the caller
    has it. A month or day without a year lies in the past, unless its clause looks ahead: published
    in May 2026, 将于三季度 is 2026-Q3 and 在三季度 is 2025-Q3. ``published`` may be a value of the
    records; of a text published in ``2023-Q1`` what is true whatever the day gets a value (今年).
    """
    if folded is None:
        folded = fold(text)
    found = list(_scan(folded))
    told = [_tell(folded, found, day) for day in _days(published)]
    return [_agreed(readings) for readings in zip(*told, strict=True)]


def _tell(
    folded: str, found: Iterable[_Said], published: datetime.date | None
) -> list[DateMention]:
    story = _Story(folded, published)
    return [story.tell(said) for said in found]


def _days(published: datetime.date | str | None) -> list[datetime.date | None]:
    """The day of publication, or the first and the last where no day is told."""
    if not isinstance(published, str):
        return [published]
    span = _span_of(published)
    if span is None:
        return [None]
    return [span.first] if span.first == span.last else [span.first, span.last]


def _agreed(readings: Sequence[DateMention]) -> DateMention:
    """A mention without its value where that depends on the day of publication."""
    first = readings[0]
    if all((m.value, m.end_value) == (first.value, first.end_value) for m in readings):
        return first
    role: DateRole = "point" if first.role == "range" else first.role
    return replace(first, value=None, end_value=None, precision="vague", role=role)


# --------------------------------------------------------------------------------------------
# Parsing one date


def parse_date(
    text: str,
    *,
    published: datetime.date | str | None,
    anchor: str | None = None,
    future: bool | None = None,
) -> DateMention | None:
    """The date that a whole string says, markers of its role included; None if it says anything else.

    ``anchor`` is the value of a date told before (同年12月 and 12月 after ``2024`` are ``2024-12``),
    ``future`` what the clause says of its time. 截至2025年11月 is ``2025-11`` with the role ``until``.
    """
    folded = fold(text.strip())
    for start in _starts(folded):
        match = _grammar().opening.match(folded, start)
        said = _read(folded, match) if match else None
        if said is None:
            continue
        said = _spread(folded, said)
        if said.start in (0, *_starts(folded)) and _ends(folded, said.end):
            role = _marked(folded, said)
            whole = said._replace(start=0, end=len(text))
            return _agreed([_parsed(whole, role, day, anchor, future) for day in _days(published)])
    return None


def _starts(folded: str) -> list[int]:
    """Where the date may begin: behind a marker and a zone."""
    marker = _leading().match(folded)
    at = marker.end() if marker else 0
    zone = _grammar().zone.match(folded, at)
    return sorted({0, at, zone.end() if zone else at})


@cache
def _leading() -> re.Pattern[str]:
    before = words(_SEED, "markers", "until_before") + words(_SEED, "markers", "since_before")
    return _compile(rf"(?:{alternation([*before, '于', '在', '将于', '约'])})[ ]?")


@cache
def _trailing() -> re.Pattern[str]:
    after = words(_SEED, "markers", "until_after") + words(_SEED, "markers", "since_after")
    return _compile(rf"[ ]?(?:{alternation(after)}|期间)?$")


def _ends(folded: str, at: int) -> bool:
    return _trailing().match(folded, at) is not None


def _parsed(
    said: _Said,
    role: DateRole,
    published: datetime.date | None,
    anchor: str | None,
    future: bool | None,
) -> DateMention:
    told, context = _Told(), None
    if anchor is not None:
        context = _span_of(anchor)
        told = told.after(context, year=True) if context else told
    ahead = said.ago is not None and said.ago > 0
    held = context if said.yearless or ahead else None
    return _mention(said, role, _Clock(published, told, future, held))[0]


_VALUE = re.compile(r"(\d{4})(?:-(?:Q([1-4])|H([12])|(\d\d)(?:-(\d\d))?))?", re.ASCII)


def _span_of(value: str) -> _Span | None:
    """A value of the records as a date; None for what is none."""
    match = _VALUE.fullmatch(value)
    if match is None:
        return None
    year, quarter, half, month, day = (int(part) if part else 0 for part in match.groups())
    try:
        if day:
            return _day_span(datetime.date(year, month, day))
        if month:
            return _month_span(year, month) if month <= 12 else None
        if quarter:
            return _quarter_span(year, quarter)
        return _half_span(year, half) if half else _year_span(year)
    except ValueError:
        return None


# --------------------------------------------------------------------------------------------
# The day of publication

_DIGIT_DATE = re.compile(
    r"""
    (?<!\d)((?:19|20)\d\d)(?:
        [-/._年](0?[1-9]|1[0-2])[-/._月](3[01]|[12]\d|0?[1-9])(?!\d)
      | (0[1-9]|1[0-2])(3[01]|[12]\d|0[1-9])(?!\d(?!\d{3}(?:\d\d)?(?!\d)))
    )
    """,
    re.VERBOSE | re.ASCII,
)
_ENGLISH_DATE = re.compile(
    r"(?i:\b(?:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)[a-z]*\.?\b)"
    r"|(?<!\d)\d{1,2}[./-]\d{1,2}[./-]\d{4}(?!\d)",
    re.ASCII,
)
_ENGLISH_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)", re.ASCII)
_FIELD_LENGTH = 120


def publication_date(text_or_field: str) -> str | None:
    """The full date in a field of a feed, a page or a file name, as ``2025-12-18``; None without one.

    Reads ISO 8601, RFC 822, 2025年12月18日, English dates (Dec 18, 2025) and the 20251218 or 2025-12-18
    of a file name. The day is taken as written, in whatever zone; a date whose day and month could
    change places (03/04/2025) is none.
    """
    field = fold(text_or_field.strip())[:_FIELD_LENGTH]
    for match in _DIGIT_DATE.finditer(field):
        year, month, day, month_2, day_2 = match.groups()
        span = _span_of(f"{year}-{int(month or month_2):02d}-{int(day or day_2):02d}")
        if span is not None:
            return span.value
    for mention in find_dates(field, published=None, folded=field):
        if mention.precision == "day" and mention.kind == "absolute":
            return mention.value
    return _foreign_date(field)


def _foreign_date(field: str) -> str | None:
    """An English date, by dateparser; only what looks like one, and only if it has the said digits."""
    if not _ENGLISH_YEAR.search(field) or not _ENGLISH_DATE.search(field):
        return None
    order = {_dateparser(field, order) for order in ("MDY", "DMY")}
    found = order.pop()
    if order or found is None:
        return None
    digits = {int(run) for run in re.findall(r"\d+", field, re.ASCII)}
    return found.isoformat() if {found.year, found.day} <= digits else None


def _dateparser(field: str, order: str) -> datetime.date | None:
    # Imported where it is needed: it takes longer to load than most articles to read.
    parser: Any = importlib.import_module("dateparser")
    settings = {"DATE_ORDER": order, "REQUIRE_PARTS": ["day", "month", "year"]}
    try:
        found: datetime.datetime | None = parser.parse(field, languages=["en"], settings=settings)
    except (ValueError, OverflowError, RecursionError):  # strings that its grammar trips over
        return None
    return found.date() if found else None


_LEAD = 200


def dateline(text: str) -> str | None:
    """The day of the report as its head tells it, ``2025-12-18``; None where no year is told.

    【量子位 2025年12月18日讯】, 北京2025年12月18日 /美通社/, 发布时间：2025-12-18, a line of its own.
    """
    for mention in find_dates(text[:_LEAD], published=None):
        if mention.role == "dateline" and mention.kind == "absolute":
            return mention.value
    return None
