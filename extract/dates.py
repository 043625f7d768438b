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
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Literal, NamedTuple

from extract.errors import SeedError
from extract.lexicon import alternation, read_toml, words
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


# --------------------------------------------------------------------------------------------
# What was said


class _Shift(NamedTuple):
    """A unit of the calendar: a number that was said, or a shift from a date.

    ``base`` is ``is`` (2025年), ``now`` (去年: from the day of publication) or ``told`` (次年: from the
    last date of that kind in the text).
    """

    base: str
    number: int


_Unit = Literal["day", "weekday", "weekend", "week", "month", "quarter", "half", "year", "vague"]


@dataclass(frozen=True, slots=True)
class _Said:
    """The words of one date, read but not yet resolved.

    ``unit`` is the finest unit said. ``later`` is the other end of a range, ``gloss`` a date in
    brackets that says the same (周五（5月29日）), ``place`` where in its unit an edge lies (年底 told
    alone: ``end``), ``ago`` a distance in units (三个月前: -3).
    """

    start: int
    end: int
    unit: _Unit
    year: _Shift | None = None
    month: _Shift | None = None
    day: _Shift | None = None
    number: int = 0
    week: int | None = None
    ago: int | None = None
    place: str = ""
    fiscal: bool = False
    later: _Said | None = None
    gloss: _Said | None = None

    @property
    def kind(self) -> DateKind:
        if self.unit == "vague":
            return "vague"
        shifts = [shift for shift in (self.year, self.month, self.day) if shift]
        told = self.unit in ("weekday", "weekend", "week") or self.ago is not None or self.place
        if told or any(shift.base != "is" for shift in shifts):
            return "relative"
        if self.number and self.year is None and self.week is not None:
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


def _entry(unit: _Unit, word: str, entry: Any) -> _Word:
    """One row of a table of words, checked."""
    where = f"{unit}.{word}"
    if not isinstance(entry, Mapping) or (unknown := set(entry) - _WORD_KEYS):
        raise SeedError(f"unknown keys {sorted(unknown)}", file=_SEED, key=where)
    bases = [base for base in ("now", "told") if isinstance(entry.get(base), int)]
    if len(bases) != 1:
        raise SeedError("expected a whole number as either now or told", file=_SEED, key=where)
    if fold(word) != word:
        raise SeedError("words are listed in simplified script", file=_SEED, key=where)
    shift = _Shift(bases[0], entry[bases[0]])
    return _Word(unit, shift, int(entry.get("through", 0)), bool(entry.get("fiscal", False)))


@cache
def _word_table() -> dict[str, _Word]:
    """The words that stand for a unit of the calendar; each stands for one."""
    table: dict[str, _Word] = {}
    for unit in _WORD_UNITS:
        for word, entry in read_toml(_SEED)[unit].items():
            if word in table:
                raise SeedError("listed twice", file=_SEED, key=f"{unit}.{word}")
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


def _not_after(choices: Iterable[str]) -> str:
    """Lookbehinds, one for each length, that refuse what makes a word another word."""
    by_length: dict[int, list[str]] = {}
    for choice in choices:
        by_length.setdefault(len(choice), []).append(choice)
    return "".join(f"(?<!{alternation(same)})" for _, same in sorted(by_length.items()))


def _guarded(word: str, entry: Mapping[str, Any]) -> str:
    right = f"(?!{alternation(entry['right'])})" if entry.get("right") else ""
    return f"{_not_after(entry.get('left', ()))}{re.escape(word)}{right}"


def _word_pattern(unit: str) -> str:
    """The words of one unit, the longest first, each with what must not stand beside it."""
    table = read_toml(_SEED)[unit]
    return "|".join(_guarded(word, table[word]) for word in sorted(table, key=lambda w: (-len(w), w)))


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
    after = f"(?!{_listed('guard', 'month')}|{words(_SEED, 'guard', 'month_live')[0]})"
    return rf"(?:(?P<month_from>{_MONTH}){_GAP}月?{_JOIN})?(?P<month>{_MONTH}){_GAP}月{after}"


def _quarter_pattern() -> str:
    return rf"""
        第?{_GAP}(?:(?P<quarter_from>{_QUARTER})(?:季度)?{_JOIN}第?{_GAP})?
        (?P<quarter>{_QUARTER}|[首末]){_GAP}(?:(?P<fiscal>财季)|季度)
      | 第{_GAP}(?P<quarter_2>{_QUARTER}){_GAP}季(?!度)
      | (?P<quarter_3>首)季(?=[度，。、,;；的])
    """


def _edges() -> str:
    """Edges that may follow a year or a month directly."""
    lists = ("begin", "middle", "end", "within", "loose")
    every = [word for name in lists for word in words(_SEED, "edge", name)]
    return alternation(every)


def _edge_guard() -> str:
    return f"(?!{_listed('edge', 'not_before')})"


def _year_rest_pattern() -> str:
    """What may follow a year: a month, a quarter, a half, a season, an edge."""
    return rf"""
        {_GAP}的?{_GAP}(?:
            (?P<half_word>[上下])(?:半年度?|半财年)
          | {_month_pattern()}
          | {_quarter_pattern()}
          | Q(?P<quarter_q>[1-4])(?:[ ]?(?:财季|季度))?{_END}
          | H(?P<half_h>[12]){_END}
          | (?P<front>前){_GAP}(?P<front_count>{_COUNT}){_GAP}(?:个)?(?P<front_unit>月|季度)
          | (?P<season>{_listed("edge", "seasons")}){_edge_guard()}
          | 年?(?P<edge>{_edges()}){_edge_guard()}
        )
    """


def _month_rest_pattern() -> str:
    """What may follow a month: a day, an edge."""
    inner = alternation(
        [word for name in ("begin", "middle", "end", "month_begin", "month_end", "within", "loose")
         for word in words(_SEED, "edge", name)]
    )  # fmt: skip
    return rf"""
        {_GAP}(?:
            (?P<day_from>{_DAY}){_GAP}[日号]?{_JOIN}(?P<day_to>{_DAY}){_GAP}[日号]
          | (?P<day>{_DAY}){_GAP}[日号]
          | 份?(?P<edge>{inner}){_edge_guard()}
          | 份
        )
    """


def _year_openings() -> str:
    guard = f"(?!{_listed('guard', 'year')})"
    fiscal = "(?:财年|会计年度|财政年度)"
    rest = rf"(?={_GAP}(?:Q[1-4]{_END}|H[12]{_END}|第?{_QUARTER}(?:季|财季)|[上下]半年|全年))"
    short_rest = (
        rf"(?={_GAP}(?:(?:1[0-2]|0?[1-9]){_GAP}月(?!活)|第?{_QUARTER}季|Q[1-4]|[上下]半年|全年"
        rf"|年?[初底末](?!{_listed('edge', 'not_before')})))"
    )
    return rf"""
        (?<!\d)(?:
            (?P<iso>(?P<iso_year>{_YEAR})(?P<iso_join>{_GAP}[-/.]{_GAP})(?P<iso_month>1[0-2]|0?[1-9])
                (?P=iso_join)(?P<iso_day>3[01]|[12]\d|0?[1-9])(?!\d|[-/.]\d))
          | (?P<fiscal_year>(?:(?P<fy_from>{_YEAR}){_JOIN})?
                (?P<fy>{_YEAR}|{_SHORT_YEAR}){_GAP}{fiscal}(?!度))
          | (?P<year>(?:(?P<y_from>{_YEAR}){_GAP}年?{_JOIN})?(?P<y>{_YEAR}){_GAP}年{guard}度?)
          | (?P<year_only>(?<![A-Za-z])(?P<y_only>{_YEAR})(?:-(?=Q[1-4]{_END}|H[12]{_END}))?{rest})
          | (?P<roc_short>(?P<roc>1[0-3]\d){_GAP}年度?(?={_GAP}(?:(?:1[0-2]|0?[1-9]){_GAP}月|第?{_QUARTER}季|[上下]半年)))
          | (?P<year_short>(?<![.\-])(?P<ys>{_SHORT_YEAR}){_GAP}年{short_rest})
          | (?P<year_q>(?<![A-Za-z.\-])(?P<yq>{_SHORT_YEAR})(?=Q[1-4]{_END}))
          | (?P<q_year>(?<![A-Za-z.])(?P<qy_n>[1-4])(?P<qy_unit>[QH]){_GAP}(?P<qy>{_YEAR}|{_SHORT_YEAR}){_END})
        )
      | (?P<fy_name>(?<![A-Za-z])FY{_GAP}(?:20)?(?P<fyn>\d\d)(?![0-9])(?={_GAP}Q[1-4]{_END}|(?![A-Za-z])))
      | (?P<year_han>(?<![〇零一二三四五六七八九])(?P<yh>{_HAN_YEAR})年{guard})
      | (?P<roc_name>民国{_GAP}(?P<rn>\d{{1,3}}|[一二三四五六七八九十百〇零]{{1,6}}){_GAP}年)
      | (?P<year_word>{_word_pattern("year")})
      | (?P<season_year>(?P<sy>[{"".join(_shifts("edge", "season_years"))}])[春夏秋冬](?!季|天|晚|节))
    """


def _month_openings() -> str:
    after = _not_after(words(_SEED, "guard", "month_after"))
    return rf"""
        (?P<month_opening>(?<![\d./:])(?<!\d-){after}
            (?<![零〇一二三四五六七八九十两])(?!{_listed("guard", "month_names")}){_month_pattern()})
      | (?P<month_word>{_word_pattern("month")})
    """


def _day_openings() -> str:
    weekday = _listed("week", "names")
    parts = _listed("time", "parts")
    return rf"""
        (?P<day_now>(?P<dn>[今昨明前])[ ]?[(（](?P<dn_day>{_DAY})[)）](?P<dn_unit>[日天晚晨早夜]))
      | (?P<day_word>{_word_pattern("day")})
      | (?P<slash>(?<![\d/.])(?P<sl_month>1[0-2]|0?[1-9])/(?P<sl_day>3[01]|[12]\d|0?[1-9])(?![\d/.]))
      | (?P<day_opening>(?<![\d.,:/\-第])(?<![〇一二三四五六七八九十])
            (?:(?P<do_from>{_DAY}){_GAP}[日号]?{_JOIN})?
            (?P<do>{_DAY}){_GAP}(?P<do_unit>日|号(?=[ ]?(?:[（(](?:{weekday})|{parts}))))
    """


def _week_openings() -> str:
    before = alternation(list(_shifts("week", "before")))
    names = _listed("week", "names")
    return rf"""
        (?P<week_day>(?P<wd_before>{before})(?:{names})(?P<wd>{_WEEKDAY})(?!{_listed("week", "not_before")}))
      | (?P<weekend>(?P<we_before>{before})?{_not_after(words(_SEED, "week", "not_after"))}(?:{names})末)
      | (?P<week>(?P<wk_before>{before})(?:{names})(?!{_listed("week", "not_week")}|{_WEEKDAY}|末))
      | (?P<week_bare>{_not_after(words(_SEED, "week", "not_after"))}
            (?:周(?P<wb>[一二三四五六日])|(?:星期|礼拜)(?P<wb_2>{_WEEKDAY}))
            (?!{_listed("week", "not_before")}))
    """


def _part_openings() -> str:
    """Quarters, halves and edges whose year is left out."""
    return rf"""
        (?P<front_quarters>前{_GAP}(?P<fq>[二两三23]){_GAP}个?季度)
      | (?P<quarter_opening>(?<!\d){_not_after(words(_SEED, "quarter_bare", "not_after"))}{_quarter_pattern()})
      | (?P<quarter_word>{_word_pattern("quarter")})
      | (?P<quarter_letter>(?<![0-9A-Za-z.\-])Q(?P<ql>[1-4]){_END})
      | (?P<half>(?P<hf>[上下])半年度?|(?P<hf_2>[上下])半财年)
      | (?P<edge_year>年(?P<ey>{_edges()}){_edge_guard()})
      | (?P<edge_month>月(?P<em>中下旬|中上旬|中旬|[初中底末内]){_edge_guard()}|(?P<em_2>[上中下])旬)
    """


def _ago_openings() -> str:
    before, later = _listed("guard", "before_ago"), _listed("guard", "before_later")
    return rf"""
        (?P<ago>(?<![\d.]){_not_after(words(_SEED, "guard", "ago_after"))}
            (?<![〇一二三四五六七八九十两])
            (?:(?P<ago_count>{_COUNT}){_GAP}(?P<ago_unit>天|年|周|个?(?:星期|礼拜)|个月|个季度)
             | (?P<ago_half>半)(?P<ago_half_unit>年|个月))
            {_GAP}[之以]?(?:(?P<ago_back>前)(?!{before})|(?P<ago_on>后)(?!{later})))
      | (?P<vague>{_vague_pattern()})
    """


def _vague_pattern() -> str:
    guarded = set(words(_SEED, "vague", "guarded"))
    left = _not_after(words(_SEED, "vague", "left"))
    right = f"(?!{_listed('vague', 'right')})"
    free = alternation([word for word in words(_SEED, "vague", "words") if word not in guarded])
    return f"(?:{free})|{left}(?:{alternation(list(guarded))}){right}"


def _opening_pattern() -> str:
    """One pattern with all openings behind a look at their first characters."""
    firsts = {word[0] for word in _word_table()} | {word[0] for word in words(_SEED, "vague", "words")}
    firsts |= {word[0] for word in _shifts("week", "before")} | set(_shifts("edge", "season_years"))
    firsts |= {word[0] for word in words(_SEED, "week", "names")}
    chars = "".join(sorted(firsts | set("一二两三四五六七八九十廿卅元半第首末前上中下年月民QF今昨明")))
    return rf"""
        (?=[0-9{re.escape(chars)}])(?:
          {_year_openings()} | {_ago_openings()} | {_month_openings()} | {_day_openings()}
          | {_week_openings()} | {_part_openings()}
        )
    """


def _tail_pattern() -> str:
    """What belongs to a day behind it: a weekday, a gloss in brackets, a time of the day."""
    names, parts, short = _listed("week", "names"), _listed("time", "parts"), _listed("time", "short")
    before = alternation(list(_shifts("week", "before")))
    clock = (
        r"(?:[01]?\d|2[0-4])(?:[ ]?[点时](?!名|击|评|赞|代|间|尚|任|位|心)(?:[ ]?[0-5]?\d[ ]?分|半|整)?|:[0-5]\d(?::[0-5]\d)?)"
        r"(?:许|左右|整)?"
    )
    han_clock = "(?:十[一二]?|[一二两三四五六七八九])[点时](?!名|击|评|赞|代|间|尚|任|位|心)(?:半|整|许)?"
    return rf"""
        [ ]?[(（][ ]?(?:
            (?:{before})?(?:{names}){_WEEKDAY} | (?P<weekday_short>{_WEEKDAY})
          | {_word_pattern("day")} | (?:{_listed("time", "zones")})
          | (?P<gloss>(?:(?:{_YEAR}[ ]?年[ ]?)?{_MONTH}[ ]?月[ ]?)?{_DAY}[ ]?[日号])
        )[ ]?[)）]
      | [ ]?(?:{names}){_WEEKDAY}(?!{_listed("week", "not_before")})
      | [ ]?(?:{parts})(?!{_listed("time", "not_short")}) | (?:{short})(?!{_listed("time", "not_short")})
      | T?[ ]{{0,2}}(?:{clock}|{han_clock})(?!\d)
    """


def _cue_pattern() -> str:
    return (
        f"(?P<other>{_listed('cues', 'not')})|(?P<future>{_listed('cues', 'future')})"
        f"|(?P<past>{_listed('cues', 'past')})|(?P<report>{_listed('cues', 'report')})"
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
    year_rest: re.Pattern[str]
    month_rest: re.Pattern[str]
    tail: re.Pattern[str]
    join: re.Pattern[str]
    zone_before: re.Pattern[str]
    zone: re.Pattern[str]
    cue: re.Pattern[str]
    until_before: re.Pattern[str]
    until_after: re.Pattern[str]
    since_before: re.Pattern[str]
    since_after: re.Pattern[str]
    dateline: re.Pattern[str]
    line: re.Pattern[str]
    field_before: re.Pattern[str]
    days_after: re.Pattern[str]
    days_before: re.Pattern[str]
    edge_before: re.Pattern[str]
    slash_before: re.Pattern[str]
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
        year_rest=_compile(_year_rest_pattern()),
        month_rest=_compile(_month_rest_pattern()),
        tail=_compile(_tail_pattern()),
        join=_compile(_JOIN),
        zone_before=_ending("time", "zones"),
        zone=_compile(rf"(?:{_listed('time', 'zones')})[ ]?"),
        cue=_compile(_cue_pattern()),
        until_before=_ending("markers", "until_before", but=("markers", "not_until")),
        until_after=_following("markers", "until_after", but=("markers", "not_until_after")),
        since_before=_ending("markers", "since_before", but=("markers", "not_since")),
        since_after=_following("markers", "since_after", but=("markers", "not_since_after")),
        dateline=_compile(_dateline_pattern()),
        line=_compile(_line_pattern()),
        field_before=_compile(rf"(?:{_listed('dateline', 'field_before')})[ ]?[:：]?[ ]?$"),
        days_after=_ending("guard", "days_after"),
        days_before=_compile(rf"[ ]?(?:{_listed('guard', 'days_before')})"),
        edge_before=_compile(rf"(?:^|[^\u4e00-\u9fff0-9]|{_listed('edge', 'before')})$"),
        slash_before=_compile(
            rf"[ ]?(?:[(（](?:{_listed('week', 'names')})?{_WEEKDAY}[)）]|(?:{_listed('week', 'names')})"
            rf"{_WEEKDAY}|{_listed('time', 'parts')}|起(?!伏)|晚)"
        ),
        quarter_after=_compile(rf"[ ]?(?:{_listed('quarter_bare', 'after')})"),
        quarter_before=_compile(rf"(?:^|[，。、；：（(,\n]|{_listed('quarter_bare', 'before')})[ ]?$"),
    )
