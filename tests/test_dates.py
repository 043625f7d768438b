from __future__ import annotations

import datetime
import importlib.util
import re
import sys
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import opencc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_numerals import in_han

from extract import dates
from extract.dates import DateMention, dateline, find_dates, parse_date, publication_date
from extract.errors import SeedError
from extract.text import fold

CORPORA = Path(__file__).parent / "corpora"
TRADITIONAL = opencc.OpenCC("s2t")
ROLES = {"since", "until", "range", "dateline"}


# --------------------------------------------------------------------------------------------
# the corpora


@dataclass(frozen=True, slots=True)
class Meaning:
    value: str | None
    end_value: str | None
    precision: str
    kind: str
    role: str = "point"
    fiscal: bool = False

    @classmethod
    def read(cls, words: list[str]) -> Meaning:
        value, precision, kind, *rest = words
        first, _, last = value.partition("..")
        assert set(rest) <= ROLES | {"fiscal"}, words
        role = next((word for word in rest if word in ROLES), "point")
        return cls(
            None if first == "none" else first,
            last or None,
            precision,
            kind,
            role,
            "fiscal" in rest,
        )

    @classmethod
    def of(cls, mention: DateMention) -> Meaning:
        return cls(**{name: getattr(mention, name) for name in cls.__slots__})


@dataclass(frozen=True, slots=True)
class Wording:
    text: str
    published: str | None
    meaning: Meaning
    future: bool | None = None
    anchor: str | None = None

    def parse(self, text: str) -> DateMention | None:
        return parse_date(text, published=self.published, anchor=self.anchor, future=self.future)


@dataclass(frozen=True, slots=True)
class Sentence:
    text: str
    published: str | None
    dates: tuple[tuple[str, Meaning], ...]

    def find(self, text: str, *, folded: str | None = None) -> list[DateMention]:
        return find_dates(text, published=self.published, folded=folded)


def lines(name: str) -> Iterator[str]:
    for line in (CORPORA / name).read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            yield line.replace("\\n", "\n")


def header(line: str) -> dict[str, Any]:
    day, _, rest = line.removeprefix("[").partition("] ")
    options = rest.split(" ")
    anchors = [word.removeprefix("anchor=") for word in options if word.startswith("anchor=")]
    sides = [word == "future" for word in options if word in {"future", "past"}]
    told = [word for word in options if word not in {"future", "past"} and "=" not in word]
    return {
        "published": day,
        "meaning": Meaning.read(told),
        "future": next(iter(sides), None),
        "anchor": next(iter(anchors), None),
    }


def wordings() -> Iterator[Wording]:
    block: dict[str, Any] = {}
    for line in lines("dates.txt"):
        if line.startswith("["):
            block = header(line)
        else:
            yield Wording(line, **block)


def sentences() -> Iterator[Sentence]:
    published: str | None = None
    text, found = "", list[tuple[str, Meaning]]()
    for line in [*lines("dates_context.txt"), ""]:
        if line.startswith("= "):
            words, _, meaning = line[2:].rpartition(" | ")
            found.append((words, Meaning.read(meaning.split(" "))))
            continue
        if text:
            yield Sentence(text, published, tuple(found))
        text, found = line, []
        if line.startswith("published="):
            day = line.removeprefix("published=")
            published, text = None if day == "-" else day, ""


WORDINGS = list(wordings())
SENTENCES = list(sentences())
NEGATIVES = list(lines("dates_negative.txt"))


def label(wording: Wording) -> str:
    return f"{wording.meaning.value}-{wording.text}"


def told(sentence: Sentence, found: list[DateMention]) -> tuple[tuple[str, Meaning], ...]:
    return tuple((sentence.text[m.start : m.end], Meaning.of(m)) for m in found)


def test_the_corpora_are_as_large_as_they_should_be() -> None:
    assert len({(w.published, w.future, w.anchor, w.text) for w in WORDINGS}) == len(WORDINGS)
    assert len(WORDINGS) >= 1000
    assert {w.meaning.precision for w in WORDINGS} == {
        "day", "month", "quarter", "half", "year", "vague",
    }  # fmt: skip
    assert {w.meaning.kind for w in WORDINGS} == {"absolute", "partial", "relative", "vague"}
    assert min(len(SENTENCES), len(NEGATIVES)) >= 60


@pytest.mark.parametrize("wording", WORDINGS, ids=label)
def test_a_wording_is_consumed_and_has_its_value(wording: Wording) -> None:
    mention = wording.parse(wording.text)
    assert mention is not None
    assert (mention.start, mention.end) == (0, len(wording.text))
    assert Meaning.of(mention) == wording.meaning


@pytest.mark.parametrize("sentence", SENTENCES, ids=lambda s: s.text)
def test_all_dates_of_a_sentence(sentence: Sentence) -> None:
    assert told(sentence, sentence.find(sentence.text)) == sentence.dates


@pytest.mark.parametrize("carrier", ["{}", "公司{}，宣布融资。"])
@pytest.mark.parametrize("text", NEGATIVES)
def test_no_date(text: str, carrier: str) -> None:
    assert find_dates(carrier.format(text), published="2026-05-20") == []


# --------------------------------------------------------------------------------------------
# what holds for all of them


FULL_WIDTH = str.maketrans("0123456789QHF-/~:", "０１２３４５６７８９ＱＨＦ－／～：")
NO_WIDE_COLON = str.maketrans("：", ":")  # folding keeps the colon of Chinese clauses


@pytest.mark.parametrize("wording", WORDINGS, ids=label)
def test_width_does_not_matter(wording: Wording) -> None:
    mention = wording.parse(wording.text.translate(FULL_WIDTH).translate(NO_WIDE_COLON))
    assert mention is not None
    assert Meaning.of(mention) == wording.meaning


@pytest.mark.parametrize("wording", WORDINGS, ids=label)
def test_script_does_not_matter(wording: Wording) -> None:
    mention = wording.parse(TRADITIONAL.convert(wording.text))
    assert mention is not None
    assert Meaning.of(mention) == wording.meaning


@pytest.mark.parametrize("sentence", SENTENCES, ids=lambda s: s.text)
def test_offsets_are_those_of_the_text_in_either_script(sentence: Sentence) -> None:
    converted = TRADITIONAL.convert(sentence.text)
    assert len(converted) == len(sentence.text)
    plain = sentence.find(sentence.text)
    assert sentence.find(converted) == plain
    assert sentence.find(sentence.text, folded=fold(converted)) == plain


@pytest.mark.parametrize(
    "wording",
    [w for w in WORDINGS if w.meaning.kind == "absolute" and w.meaning.role == "point"],
    ids=label,
)
def test_an_absolute_date_needs_no_day_of_publication(wording: Wording) -> None:
    mention = replace(wording, published=None).parse(wording.text)
    assert mention is not None
    assert Meaning.of(mention) == wording.meaning


@pytest.mark.parametrize(
    "wording",
    [w for w in WORDINGS if w.meaning.kind in {"partial", "relative"} and w.anchor is None],
    ids=label,
)
def test_nothing_is_guessed_without_a_day_of_publication(wording: Wording) -> None:
    mention = replace(wording, published=None).parse(wording.text)
    assert mention is not None
    assert (mention.value, mention.end_value, mention.precision) == (None, None, "vague")


# --------------------------------------------------------------------------------------------
# single points


@pytest.mark.parametrize(
    "text",
    [
        "", "年", "月底前后的", "2025", "17", "12月17日。公司", "12月17日公司", "12月17日和1月3日", "24小时",
        "4/5G", "603986", "2.0", "7×24", "2025年代", "五月天", "13月1日", "2月30日", "本周期", "未来七年", "Q3财报",
    ],
)  # fmt: skip
def test_what_parse_date_refuses(text: str) -> None:
    assert parse_date(text, published="2026-05-20") is None


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("2021年7月至12月", "2021-H2"),
        ("2021年1-3月", "2021-Q1"),
        ("2021年1月和2月", "2021-Q1"),
        ("2021年2月至4月", "2021-H1"),
        ("2021年5月至8月", "2021"),
        ("2021年10月17日至18日", "2021-10"),
        ("2021年前三季度", "2021"),
        ("2021年7月", "2021-07"),
        ("2021-2023年", None),
        ("近日", None),
    ],
)
def test_the_whole_of_a_range_is_a_unit_of_the_calendar(text: str, whole: str | None) -> None:
    mention = parse_date(text, published=None)
    assert mention is not None
    assert mention.whole == whole


@pytest.mark.parametrize(
    ("published", "values"),
    [
        ("2023-Q1", ["2023", "2022", None, "2022-09", "2021"]),
        ("2023-H2", ["2023", "2022", None, None, "2021"]),
        ("2023-11", ["2023", "2022", None, "2023-09", "2021"]),
        ("2023-11-05", ["2023", "2022", "2023-11-04", "2023-09", "2021"]),
        ("2023-02-30", [None, None, None, None, "2021"]),
        ("unknown", [None, None, None, None, "2021"]),
        (datetime.date(2023, 11, 5), ["2023", "2022", "2023-11-04", "2023-09", "2021"]),
        (None, [None, None, None, None, "2021"]),
    ],
)
def test_a_partial_publication_resolves_what_it_can(
    published: datetime.date | str | None, values: list[str | None]
) -> None:
    text = "今年签约；去年接触；昨天公告；9月交割；2021年成立"
    assert [m.value for m in find_dates(text, published=published)] == values
    alone = [parse_date(part[:-2], published=published) for part in text.split("；")]
    assert [m and m.value for m in alone] == values


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("【示例社 2025年12月18日讯】公司完成融资", "2025-12-18"),
        ("北京2025年12月18日 /美通社/ 公司完成融资", "2025-12-18"),
        ("发布时间：2025-12-18 来源：示例网", "2025-12-18"),
        ("标题\n2025-12-18 10:30\n正文", "2025-12-18"),
        ("示例社12月18日电", None),
        ("公司2025年12月18日宣布完成融资", None),
        ("据示例社2025年12月17日电，双方签约", None),
    ],
)
def test_dateline(text: str, day: str | None) -> None:
    assert dateline(text) == day


@pytest.mark.parametrize(
    ("field", "day"),
    [
        ("2025-12-18", "2025-12-18"),
        ("2025-12-18T10:30:00+08:00", "2025-12-18"),
        ("Thu, 18 Dec 2025 10:30:00 +0800", "2025-12-18"),
        ("Dec 18, 2025", "2025-12-18"),
        ("18 décembre 2025", None),
        ("2025年12月18日 10:30", "2025-12-18"),
        ("二〇二五年十二月十八日", "2025-12-18"),
        ("民國114年12月18日", "2025-12-18"),
        ("news_20251218_03.txt", "2025-12-18"),
        ("18.12.2025", "2025-12-18"),
        ("03/04/2025", None),
        ("2025-13-01", None),
        ("12月18日", None),
        ("", None),
    ],
)
def test_publication_date(field: str, day: str | None) -> None:
    assert publication_date(field) == day


LONG = 200_000
MONSTERS = {
    "digits": ("7" * LONG, 0),
    "years": ("年" * LONG, 0),
    "digits in Chinese": ("一二三四五" * (LONG // 5), 0),
    "brackets": ("（" * (LONG // 2) + "）" * (LONG // 2), 0),
    "scales": ("亿" * LONG, 0),
    "spaces": (" " * LONG, 0),
    "spaces behind a month": ("12 月" + " " * LONG + "日", 1),
    "open ranges": ("1-" * (LONG // 2), 0),
    "open years": ("2025-" * (LONG // 5), 0),
    "slashes": ("1/" * (LONG // 2), 0),
    "distances": ("距上轮融资仅" * (LONG // 6), 0),
    "English months": ("Dec " * (LONG // 4), 0),
    "weeks": ("周" * LONG, 0),
    "Republican years": ("民国一百" * (LONG // 4), 0),
    "markers": ("截至自从" * (LONG // 4), 0),
    "words": ("今天" * (LONG // 2), LONG // 2),
    "partial dates in one sentence": ("9月，" * (LONG // 3), LONG // 3),
}


@pytest.mark.parametrize(("text", "count"), MONSTERS.values(), ids=MONSTERS.keys())
def test_monsters_end_and_hold_what_they_should(text: str, count: int) -> None:
    assert len(find_dates(text, published="2026-05-20")) == count
    assert parse_date(text, published="2026-05-20") is None


# --------------------------------------------------------------------------------------------
# random dates in random wordings


@dataclass(frozen=True, slots=True)
class Case:
    text: str
    published: datetime.date
    meaning: Meaning
    future: bool | None = None


YEARS_AWAY = {"大前年": -3, "前年": -2, "去年": -1, "今年": 0, "明年": 1, "后年": 2, "後年": 2}
WEEKS_AWAY = {"上上": -2, "上": -1, "上个": -1, "本": 0, "这": 0, "下": 1, "下下": 2}
DAYS_AWAY = {
    "大前天": -3,
    "前天": -2,
    "昨天": -1,
    "昨日": -1,
    "今天": 0,
    "今日": 0,
    "明天": 1,
    "后天": 2,
}
MONTHS_AWAY = {
    "上上个月": -2,
    "上月": -1,
    "上个月": -1,
    "本月": 0,
    "这个月": 0,
    "下月": 1,
    "下個月": 1,
}
TIMES = [
    "",
    "",
    "",
    "上午",
    "下午",
    "晚间",
    "凌晨",
    "晚",
    "（当地时间）",
    " 10:30",
    "10时",
    "晚8点",
]
EDGES = ["", "", "", "初", "底", "末", "中旬"]
ZONES = ["", "", "当地时间", "北京时间", "美东时间"]
ENGLISH = "January February March April May June July August September October November December"

DAYS = st.dates(datetime.date(2001, 1, 1), datetime.date(2098, 12, 31))
PUBLISHED = st.dates(datetime.date(2015, 1, 1), datetime.date(2035, 12, 31))
ONE_DAY = datetime.timedelta(days=1)


def pick(draw: st.DrawFn, choices: list[str]) -> str:
    return draw(st.sampled_from(choices))


@dataclass(frozen=True, slots=True)
class Style:
    """How the numbers of one wording are written."""

    han: bool
    wide: bool
    padded: bool
    gap: str

    def number(self, number: int) -> str:
        if self.han:
            return in_han(number).removeprefix("一") if 10 <= number < 20 else in_han(number)
        text = f"{number:02d}" if self.padded else str(number)
        return text.translate(FULL_WIDTH) if self.wide else text

    def year(self, year: int) -> str:
        if self.han:
            return "".join("〇一二三四五六七八九"[int(digit)] for digit in str(year))
        return self.number(year)

    def unit(self, number: str, name: str) -> str:
        return name if not number else f"{number}{self.gap}{name}"


@st.composite
def styles(draw: st.DrawFn) -> Style:
    han = draw(st.integers(0, 3)) == 0
    gap = "" if han else pick(draw, ["", "", " "])
    return Style(han, draw(st.integers(0, 4)) == 0, draw(st.booleans()), gap)


def year_of(draw: st.DrawFn, style: Style, year: int) -> str:
    republican = year > 2011 and draw(st.integers(0, 4)) == 0
    if republican:
        return f"民國{year - 1911}年"
    return style.unit(style.year(year), "年")


def value_of(day: datetime.date, precision: str) -> str:
    quarter, half = (day.month + 2) // 3, (day.month + 5) // 6
    return {
        "day": day.isoformat(),
        "month": day.isoformat()[:7],
        "quarter": f"{day.year}-Q{quarter}",
        "half": f"{day.year}-H{half}",
        "year": str(day.year),
    }[precision]


def month_of_week(day: datetime.date) -> str:
    """The month that most days of a week lie in is that of its Thursday."""
    return value_of(day - day.weekday() * ONE_DAY + 3 * ONE_DAY, "month")


def part_of(draw: st.DrawFn, style: Style, day: datetime.date, precision: str) -> str:
    """The words behind a year."""
    month = style.unit(style.number(day.month), "月")
    if precision == "day":
        return month + style.gap + style.unit(style.number(day.day), pick(draw, ["日", "日", "号"]))
    if precision == "month":
        return month + pick(draw, EDGES)
    if precision == "quarter":
        number = (day.month + 2) // 3
        return pick(draw, [f"第{in_han(number)}季度", f"{in_han(number)}季度", f"Q{number}"])
    if precision == "half":
        return "上半年" if day.month < 7 else "下半年"
    return pick(draw, ["", "", "底", "初", "全年"])


PRECISIONS = ["day", "day", "month", "quarter", "half", "year"]


@st.composite
def absolute(draw: st.DrawFn) -> Case:
    day, style = draw(DAYS), draw(styles())
    precision = pick(draw, PRECISIONS)
    text = year_of(draw, style, day.year) + style.gap + part_of(draw, style, day, precision)
    if precision == "day":
        text = pick(draw, ZONES) + text + pick(draw, TIMES)
    meaning = Meaning(value_of(day, precision), None, precision, "absolute")
    return Case(text.strip(), draw(PUBLISHED), meaning)


@st.composite
def written(draw: st.DrawFn) -> Case:
    """2025-12-17, Dec 17, 2025."""
    day = draw(DAYS)
    year, month, date = day.year, day.month, day.day
    name = ENGLISH.split(" ")[month - 1]
    name = pick(draw, [name, name[:3], name[:3].upper()])
    text = pick(
        draw,
        [
            day.isoformat(), f"{year}/{month}/{date}", f"{year}.{month:02d}.{date:02d}", f"{year}-{month}-{date}",
            f"{name} {date}, {year}", f"{name} {date} {year}", f"{date} {name} {year}", f"{date}-{name}-{year}",
        ],
    )  # fmt: skip
    return Case(text, draw(PUBLISHED), Meaning(day.isoformat(), None, "day", "absolute"))


@st.composite
def relative(draw: st.DrawFn) -> Case:
    """去年10月, 前年12月17日, 明年一季度."""
    published, style = draw(PUBLISHED), draw(styles())
    word = pick(draw, sorted(YEARS_AWAY))
    day = draw(DAYS)
    day = day.replace(year=published.year + YEARS_AWAY[word], day=min(day.day, 28))
    precision = pick(draw, PRECISIONS)
    text = word + style.gap + part_of(draw, style, day, precision)
    return Case(
        text.strip(), published, Meaning(value_of(day, precision), None, precision, "relative")
    )


@st.composite
def counted(draw: st.DrawFn) -> Case:
    """三天前, 2个月前, 五年前."""
    published, style = draw(PUBLISHED), draw(styles())
    unit = pick(draw, ["天", "个月", "年", "周"])
    count = draw(st.integers(1, 99 if unit != "年" else 14))
    number = "两" if style.han and count == 2 else style.number(count)
    text = style.unit(number, unit) + pick(draw, ["前", "前", "之前", "以前"])
    months = published.year * 12 + published.month - 1 - count
    value, precision = {
        "天": (value_of(published - count * ONE_DAY, "day"), "day"),
        "周": (month_of_week(published - 7 * count * ONE_DAY), "month"),
        "个月": (f"{months // 12}-{months % 12 + 1:02d}", "month"),
        "年": (str(published.year - count), "year"),
    }[unit]
    return Case(text, published, Meaning(value, None, precision, "relative"))


@st.composite
def near(draw: st.DrawFn) -> Case:
    """昨天, 上周五, 下个月."""
    published = draw(PUBLISHED)
    choice = draw(st.integers(0, 2))
    if choice == 0:
        word = pick(draw, sorted(DAYS_AWAY))
        value, precision = value_of(published + DAYS_AWAY[word] * ONE_DAY, "day"), "day"
        text = word + pick(draw, TIMES[:7])
    elif choice == 1:
        word, weekday = pick(draw, sorted(WEEKS_AWAY)), draw(st.integers(0, 6))
        monday = published - published.weekday() * ONE_DAY
        day = monday + (7 * WEEKS_AWAY[word] + weekday) * ONE_DAY
        text = word + pick(draw, ["周", "星期", "週"]) + "一二三四五六日"[weekday]
        value, precision = day.isoformat(), "day"
        text = pick(draw, ZONES) + text + pick(draw, TIMES[:7])
    else:
        word = pick(draw, sorted(MONTHS_AWAY))
        months = published.year * 12 + published.month - 1 + MONTHS_AWAY[word]
        value, precision = f"{months // 12}-{months % 12 + 1:02d}", "month"
        text = word + pick(draw, EDGES)
    return Case(text, published, Meaning(value, None, precision, "relative"))


@st.composite
def partial(draw: st.DrawFn) -> Case:
    """12月17日, 三季度: the last one, or the next one where the clause looks ahead."""
    published, style = draw(PUBLISHED), draw(styles())
    precision = pick(draw, ["day", "day", "month", "quarter"])
    future = draw(st.sampled_from([None, False, True]))
    away = draw(st.integers(1, 270)) * ONE_DAY
    day = published + away if future else published - away
    text = part_of(draw, style, day, precision)
    if precision == "quarter" and text.startswith("Q") and style.wide:
        text = text.translate(FULL_WIDTH)
    meaning = Meaning(value_of(day, precision), None, precision, "partial")
    return Case(text, published, meaning, future)


JOINS = ["至", "到", "-", "~", "—", "–", "～", " 至 "]


@st.composite
def spans(draw: st.DrawFn) -> Case:
    """2025年10月17日至18日, 2025年10月至11月, 2026-2030年."""
    first, style, join = draw(DAYS), draw(styles()), pick(draw, JOINS)
    precision = pick(draw, ["day", "month", "year"])
    year = year_of(draw, replace(style, padded=False), first.year)
    if precision == "year":
        last = first.replace(year=first.year + draw(st.integers(1, 40)), day=1)
        text = f"{first.year}{pick(draw, ['年', ''])}{join}{last.year}年"
    elif precision == "month":
        last = first.replace(month=draw(st.integers(first.month, 12)), day=1)
        once = pick(draw, ["月", ""])
        text = f"{year}{style.number(first.month)}{once}{join}{style.number(last.month)}月"
    else:
        end = monthrange(first.year, first.month)[1]
        last = first.replace(day=draw(st.integers(first.day, end)))
        once = pick(draw, ["日", ""])
        text = (
            f"{year}{style.number(first.month)}月{style.number(first.day)}{once}"
            f"{join}{style.number(last.day)}日"
        )
    values = value_of(first, precision), value_of(last, precision)
    return Case(text, draw(PUBLISHED), Meaning(*values, precision, "absolute", "range"))


MARKERS = [
    ("截至", "", "until"), ("截止", "", "until"), ("", "之前", "until"), ("", "为止", "until"), ("不晚于", "", "until"),
    ("自", "起", "since"), ("从", "开始", "since"), ("", "起", "since"), ("", "以来", "since"), ("自", "以来", "since"),
]  # fmt: skip


@st.composite
def marked(draw: st.DrawFn) -> Case:
    case = draw(absolute())
    before, behind, role = draw(st.sampled_from(MARKERS))
    return replace(case, text=before + case.text + behind, meaning=replace(case.meaning, role=role))


ONE_POINT = st.one_of(absolute(), written(), relative(), counted(), near())
CASES = st.one_of(ONE_POINT, partial(), spans(), marked())


def check(case: Case) -> None:
    mention = parse_date(case.text, published=case.published, future=case.future)
    assert mention is not None
    assert (mention.start, mention.end) == (0, len(case.text))
    assert Meaning.of(mention) == case.meaning


@settings(max_examples=500)
@given(CASES)
def test_a_random_date_is_read_back(case: Case) -> None:
    check(case)


@pytest.mark.nightly
@settings(max_examples=10_000)
@given(CASES)
def test_ten_thousand_random_dates_are_read_back(case: Case) -> None:
    check(case)


@settings(max_examples=500)
@given(ONE_POINT)
def test_a_random_date_is_found_in_its_sentence(case: Case) -> None:
    text = f"消息称，公司于{case.text}，完成融资。"
    found = find_dates(text, published=case.published)
    assert [(text[m.start : m.end], Meaning.of(m)) for m in found] == [(case.text, case.meaning)]


FRAGMENTS = st.sampled_from(
    sorted(
        {*"0123456789〇零一二三十百廿卅元年月日号天周季半上下中初底末前后今明昨去同次至到和自起截内 ,.-/~:：（）()\n QHFYTZ，。"}
        | {"星期", "礼拜", "季度", "财年", "民国", "个月", "2025", "2月30日", "99", "Dec", "May ", "距", "仅", "近日", "当地时间"}
        | {"上半年", "截至", "以来", "之前", "凌晨", "将于", "预计", "了", "去年", "次日", "同年"}
    )
)  # fmt: skip
VALUE = re.compile(r"\d{4}(-(Q[1-4]|H[12]|\d\d(-\d\d)?))?")


@given(
    st.one_of(st.text(max_size=60), st.lists(FRAGMENTS, max_size=25).map("".join)),
    st.one_of(st.none(), st.dates(), st.sampled_from(["2023-Q1", "2023", "0001-01-01", "x"])),
    st.sampled_from([None, "2024", "2024-05", "9999-12-31", "0001", "x"]),
)
@settings(max_examples=500)
def test_no_string_raises_and_spans_are_in_order(
    text: str, published: datetime.date | str | None, anchor: str | None
) -> None:
    found = find_dates(text, published=published)
    ends = [0, *(m.end for m in found)]
    assert all(end <= m.start < m.end <= len(text) for end, m in zip(ends, found, strict=False))
    values = [value for m in found for value in (m.value, m.end_value, m.whole) if value]
    assert all(VALUE.fullmatch(value) for value in values)
    assert all((m.value is None) == (m.precision == "vague") for m in found)
    parse_date(text, published=published, anchor=anchor)
    publication_date(text)
    dateline(text)


# --------------------------------------------------------------------------------------------
# the tables


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        (0, "expected a table"),
        ({}, "as either now or told"),
        ({"now": 0, "told": 0}, "as either now or told"),
        ({"now": "0"}, "as either now or told"),
        ({"now": 0, "before": []}, "unknown keys before"),
    ],
)
def test_a_broken_word_is_refused_with_its_line(entry: Any, message: str) -> None:
    line = dates.seed_text("dates.toml").split("\n").index('"翌年" = { told = 1 }') + 1
    with pytest.raises(SeedError, match=rf"dates\.toml:{line}\b.*{message}"):
        dates._entry("year", "翌年", entry)


def test_a_word_in_traditional_script_is_refused() -> None:
    with pytest.raises(SeedError, match="simplified script"):
        dates._entry("day", "後天", {"now": 2})


def test_a_word_listed_twice_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    table = {"year": {"今年": {"now": 0}}, "month": {"今年": {"now": 0}}, "quarter": {}, "day": {}}
    monkeypatch.setattr(dates, "read_toml", lambda name: table)
    with pytest.raises(SeedError, match="listed twice"):
        dates._word_table.__wrapped__()


def test_a_table_without_whole_numbers_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dates, "read_toml", lambda name: {"week": {"before": {"上": "-1"}}})
    with pytest.raises(SeedError, match="whole numbers"):
        dates._shifts("week", "before")


# --------------------------------------------------------------------------------------------
# real news


@pytest.fixture(scope="module")
def gold_script() -> ModuleType:
    path = Path(__file__).parent / "bench" / "gold_dates.py"
    spec = importlib.util.spec_from_file_location("gold_dates", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # its dataclasses look there for the names of their types
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", ["train.jsonl", "dev.jsonl"])
def test_dates_of_the_gold_are_found(name: str, shared: Path, gold_script: ModuleType) -> None:
    count = gold_script.count(shared / "gold" / name)
    assert count.deals > 100
    assert (count.published + count.mentioned) / count.deals >= 0.99
