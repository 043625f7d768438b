from __future__ import annotations

import string
from decimal import Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract.numerals import Numeral, lend_tail, parse_number, parse_numeral, read_numeral, shifted

EXACT = [
    ("0", "0"),
    ("12", "12"),
    ("１２", "12"),
    ("1,100", "1100"),
    ("１，１００", "1100"),
    ("0.01", "0.01"),
    ("3.5亿", "350000000"),
    ("3.50亿", "350000000"),
    ("47.264287亿", "4726428700"),
    ("1,100亿", "110000000000"),
    ("１，１００億", "110000000000"),
    ("１千２百万", "12000000"),
    ("3千5百万", "35000000"),
    ("3万5千亿", "3500000000000"),
    ("1亿5000万", "150000000"),
    ("1 亿 5000 万", "150000000"),
    ("1万亿5000亿", "1500000000000"),
    ("1.75萬億", "1750000000000"),
    ("1兆2000億", "1200000000000"),
    ("20百万", "20000000"),
    ("1亿半", "150000000"),
    ("半", "0.5"),
    ("十", "10"),
    ("十五", "15"),
    ("二十", "20"),
    ("两亿", "200000000"),
    ("兩億", "200000000"),
    ("一百零五", "105"),
    ("一千零五", "1005"),
    ("一千零五十", "1050"),
    ("三千五", "3500"),
    ("一亿五", "150000000"),
    ("一百二十三", "123"),
    ("十万八千", "108000"),
    ("一百零三万", "1030000"),
    ("一千两百亿", "120000000000"),
    ("一亿三千万", "130000000"),
    ("一万万", "100000000"),
    ("九千九百九十九万九千九百九十九", "99999999"),
    ("三点五亿", "350000000"),
    ("一点二万亿", "1200000000000"),
    ("三点一四", "3.14"),
    ("二〇二五", "2025"),
    ("一九九八", "1998"),
    ("壹亿伍仟万", "150000000"),
    ("叁仟伍佰", "3500"),
    ("2 billion", "2000000000"),
    ("1.5B", "1500000000"),
    ("20mn", "20000000"),
    ("10K", "10000"),
    ("1.2 trillion", "1200000000000"),
]

SPREAD = [
    ("数亿", "1e8", "1e9", "vague"),
    ("數億", "1e8", "1e9", "vague"),
    ("几十亿", "1e9", "1e10", "vague"),
    ("数百万", "1e6", "1e7", "vague"),
    ("数", "1", "10", "vague"),
    ("十几亿", "11e8", "19e8", "vague"),
    ("二十几亿", "21e8", "29e8", "vague"),
    ("20几亿", "21e8", "29e8", "vague"),
    ("一百几十亿", "110e8", "190e8", "vague"),
    ("九位数", "1e8", "1e9", "vague"),
    ("8位数", "1e7", "1e8", "vague"),
    ("三四千万", "3e7", "4e7", "range"),
    ("七八十亿", "7e9", "8e9", "range"),
    ("十二三亿", "12e8", "13e8", "range"),
    ("两三", "2", "3", "range"),
    ("三五", "3", "5", "range"),
    ("20多亿", "2e9", "2e9", "at_least"),
    ("三十余", "30", "30", "at_least"),
    ("5千万余", "5e7", "5e7", "at_least"),
    ("5千余万", "5e7", "5e7", "at_least"),
    ("100+", "100", "100", "at_least"),
    ("十来亿", "1e9", "1e9", "approx"),
]

NAKED = [
    ("亿", "1e8"),
    ("千万", "1e7"),
    ("百亿", "1e10"),
    ("万亿", "1e12"),
    ("亿万", "1e12"),
    ("兆", "1e12"),
]

NONE = [
    "",
    "亿元",
    "3亿5亿",
    "abc",
    "百分",
    "零",
    "点",
    "几乎",
    "1.2.3",
    "1" * 19,
    "三亿五亿",
    "3-5",
]


@pytest.mark.parametrize(("text", "value"), EXACT)
def test_exact_numbers(text: str, value: str) -> None:
    assert parse_number(text) == Decimal(value)


@pytest.mark.parametrize(("text", "low", "high", "modifier"), SPREAD)
def test_hedged_numbers(text: str, low: str, high: str, modifier: str) -> None:
    numeral = parse_numeral(text)
    assert numeral is not None
    assert (numeral.low, numeral.high, numeral.modifier, numeral.naked) == (
        Decimal(low),
        Decimal(high),
        modifier,
        False,
    )
    assert parse_number(text) is None


@pytest.mark.parametrize(("text", "low"), NAKED)
def test_a_scale_alone_is_vague_and_marked(text: str, low: str) -> None:
    wanted = Numeral(Decimal(low), Decimal(low) * 10, "vague", naked=True, tail=text)
    assert parse_numeral(text) == wanted


@pytest.mark.parametrize("text", NONE)
def test_what_is_no_number(text: str) -> None:
    assert parse_numeral(text) is None


@pytest.mark.parametrize(
    ("first", "second", "low"),
    [
        ("8", "10亿", "8e8"),
        ("20", "30亿", "2e9"),
        ("3000", "5000万", "3e7"),
        ("二十", "三十亿", "2e9"),
        ("三", "五千万", "3e7"),
        ("5000万", "1亿", "5e7"),
        ("500", "1万", "500"),
        ("500", "1000", "500"),
        ("5", "10 billion", "5e9"),
    ],
)
def test_a_range_lends_its_scale(first: str, second: str, low: str) -> None:
    one, other = read_numeral(first), read_numeral(second)
    assert one is not None
    assert other is not None
    assert lend_tail(one, other).low == Decimal(low)


def test_values_do_not_depend_on_the_decimal_context() -> None:
    with localcontext() as context:
        context.prec = 2
        read_numeral.cache_clear()
        assert parse_number("47.264287亿") == 4726428700
        assert parse_number("一亿二千三百四十五万六千七百八十九") == 123456789
        assert shifted("123456789012345678", "123456789012", 0) == Decimal(
            "123456789012345678.123456789012"
        )


HAN = "零一二三四五六七八九"


def in_han(value: int) -> str:
    """A whole number below 10^16 in Chinese digits, as schools teach it."""
    if value == 0:
        return "零"
    text, gap = "", False
    for power, scale in ((12, "万亿"), (8, "亿"), (4, "万"), (0, "")):
        group, value = divmod(value, 10**power)
        if group:
            gap = gap or (bool(text) and group < 1000)
            text += ("零" if gap and text else "") + four_digits(group) + scale
            gap = False
        elif text:
            gap = True
    return text.replace("万亿", "万", 1) if "万亿" in text and text.count("亿") > 1 else text


def four_digits(value: int) -> str:
    text, gap = "", False
    for power, scale in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit, value = divmod(value, power)
        if digit:
            text += ("零" if gap else "") + HAN[digit] + scale
            gap = False
        elif text:
            gap = True
    return text


@given(st.integers(1, 10**12 - 1))
def test_chinese_numbers_are_read_back(value: int) -> None:
    assert parse_number(in_han(value)) == value


@given(st.integers(0, 10**9), st.integers(0, 6), st.sampled_from(["", "万", "亿", "千万", "万亿"]))
def test_decimals_are_read_back(number: int, places: int, scale: str) -> None:
    value = Decimal(number).scaleb(-places)
    factor = {"": 1, "万": 10**4, "亿": 10**8, "千万": 10**7, "万亿": 10**12}[scale]
    for text in (f"{value:f}{scale}", f"{value:,f}{scale}"):
        assert parse_number(text) == value * factor


ALPHABET = (
    string.digits + "，,. 零〇一二三四五六七八九十百千万亿兆两半几数多余来点壹贰拾佰仟位数+kMbn"
)


@given(st.text(ALPHABET, max_size=30))
def test_no_string_raises(text: str) -> None:
    numeral = parse_numeral(text)
    assert numeral is None or numeral.low <= numeral.high
