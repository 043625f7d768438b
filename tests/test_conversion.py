from __future__ import annotations

from dataclasses import replace
from decimal import Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract import conversion, lexicon
from extract.amounts import Quantity, find_money, parse_money, parse_quantity
from extract.conversion import SOURCES, conversion_warnings, rate_of, to_usd
from extract.errors import SeedError
from extract.records import Money

COLUMNS = ("currency", "year", "per_usd", "source")
YEARS = range(2015, 2027)


def money(text: str) -> Quantity:
    quantity = parse_money(text)
    assert quantity is not None
    return quantity


# --------------------------------------------------------------------------------------------
# in dollars


@pytest.mark.parametrize(
    ("text", "year", "low", "high"),
    [
        ("5亿美元", 2020, "500000000.00", "500000000.00"),
        ("7.0809亿元", 2023, "100000000.00", "100000000.00"),
        ("至多7.0809亿元", 2023, None, "100000000.00"),
        ("超过7.0809亿元", 2023, "100000000.00", None),
        ("1亿至3亿美元", 2025, "100000000.00", "300000000.00"),
        ("数亿港元", 2023, "12772697.08", "127726970.83"),
        ("0.01元", 2023, "0.00", "0.00"),
    ],
)
def test_an_amount_in_dollars(text: str, year: int, low: str | None, high: str | None) -> None:
    found = to_usd(money(text), year)
    assert found is not None
    wanted = [None if bound is None else Decimal(bound) for bound in (low, high)]
    assert [found.min, found.max] == wanted
    assert found.rate.year == year


@pytest.mark.parametrize(
    ("currency", "year", "per_usd", "source"),
    [
        ("CNY", 2023, "7.0809", "g5a"),
        ("USD", 2019, "1", "par"),
        ("SAR", 2019, "3.75", "peg"),
        ("VND", 2020, "23200", "rounded"),
        ("EUR", 2026, "0.857", "estimate"),
    ],
)
def test_a_rate_says_its_year_and_source(
    currency: str, year: int, per_usd: str, source: str
) -> None:
    rate = rate_of(currency, year)
    assert rate == conversion.Rate(currency, year, Decimal(per_usd), SOURCES[source])


def test_after_the_last_year_and_without_one_the_rate_is_the_last_years() -> None:
    last = rate_of("JPY", max(YEARS))
    assert last is not None
    assert [rate_of("JPY", 2031), rate_of("JPY")] == [last, last]


@pytest.mark.parametrize(("text", "year"), [("9亿坚戈", 2025), ("5亿美元", 1990), ("5亿元", 2014)])
def test_without_a_rate_there_are_no_dollars(text: str, year: int) -> None:
    assert to_usd(money(text), year) is None


@pytest.mark.parametrize("text", ["27%", "10万张", "1.6亿股", "6GW", "5年"])
def test_only_money_has_a_price_in_dollars(text: str) -> None:
    quantity = parse_quantity(text)
    assert quantity is not None
    assert to_usd(quantity, 2025) is None


def record_of(quantity: Quantity, text: str) -> Money:
    return Money(
        start=quantity.start, end=quantity.end, text=text, min=quantity.min, max=quantity.max,
        currency=quantity.unit, modifier=quantity.modifier, inferred=quantity.inferred,
    )  # fmt: skip


@pytest.mark.parametrize("text", ["约7亿元", "超过5亿欧元", "至多3万亿韩元", "数千万美元"])
def test_a_record_is_worth_what_its_words_are(text: str) -> None:
    assert to_usd(record_of(money(text), text), 2024) == to_usd(money(text), 2024)


def test_dollars_do_not_depend_on_the_decimal_context() -> None:
    wanted = to_usd(money("47.264287亿元"), 2023)
    with localcontext() as context:
        context.prec = 2
        assert to_usd(money("47.264287亿元"), 2023) == wanted


@given(st.text("0123456789一三亿万兆千.点半数近超元美至", max_size=40), st.integers(1900, 2100))
def test_no_amount_raises(text: str, year: int) -> None:
    found = find_money(text)
    for quantity in found:
        to_usd(quantity, year)
        conversion_warnings(quantity, found, year=year)


@pytest.mark.parametrize("text", ["9" * 18 + "兆兆兆兆元", "0.000000000001元"])
def test_the_largest_and_the_smallest_amount(text: str) -> None:
    assert to_usd(money(text), 2025) is not None


# --------------------------------------------------------------------------------------------
# the article's own conversions


def warnings(text: str, year: int | None = 2025) -> tuple[str, ...]:
    found = find_money(text)
    return conversion_warnings(found[0], found, year=year)


PLAUSIBLE = [
    "投资5000亿美元（约合人民币3.5万亿元）。",
    "投资5000亿美元。",
    "投资5000亿美元，另有3亿元用于研发。",
    "规模640亿元人民币（约合91亿美元）。",
    "募资15~15.5 亿美元（现汇率约合 102.5~106 亿元人民币）。",
    "获得数亿美元（约合数十亿元人民币）。",
    "获得数亿美元（约合数亿元人民币）。",
    "获得超10亿美元（约合超70亿元人民币）。",
    "作价10亿美元（约新台币310亿元）。",
    "出资9亿坚戈（约合1.3亿元人民币）。",
    "出资3亿元人民币（约合20.4亿坚戈）。",
    "支出28.94万日元（1美元约合159日元）。",
    "甲投资5亿美元（乙投资3亿元人民币）。",
    "出资1亿美元（含3000万元人民币现金）。",
    "服务年费320元（约合月租3.7美元）。",
    "年付45.99美元（约合月付34.5元）。",
    "获得数亿美元（约合数百亿元人民币）。",
    "奖金为0元（约合10美元）。",
    "奖金为10美元（约合0元）。",
]

DOUBTFUL = [
    ("投资5000亿美元（约合人民币3500亿元）。", "USD 500000000000", "CNY 350000000000", "0.097"),
    ("投资5000亿美元（约合人民币35万亿元）。", "USD 500000000000", "CNY 35000000000000", "9.7"),
    ("规模640亿元（约合910亿美元）。", "CNY 64000000000", "USD 91000000000", "10"),
    ("规模640亿元（约合9.1亿美元）。", "CNY 64000000000", "USD 910000000", "0.10"),
    ("作价10亿美元，折合新台币3100亿元。", "USD 1000000000", "TWD 310000000000", "9.9"),
    ("利润1894万亿韩元（约合1245亿美元）。", "KRW 1894000000000000", "USD 124500000000", "0.093"),
    ("估值40亿美元（折合3.8万亿印度卢比）。", "USD 4000000000", "INR 3800000000000", "11"),
    (
        "获得数千万美元（约合数百亿元）。",
        "USD 10000000..100000000",
        "CNY 10000000000..100000000000",
        "14",
    ),
    ("获得超10亿美元（约合超700亿元人民币）。", "USD 1000000000", "CNY 70000000000", "9.7"),
    ("每股3美元（约合2.1元）。", "USD 3", "CNY 2.1", "0.097"),
    ("投资5亿美元（约合36万元）。", "USD 500000000", "CNY 360000", "0.00010"),
]


@pytest.mark.parametrize("text", PLAUSIBLE)
def test_what_may_be_the_rate_of_the_day_is_not_warned_of(text: str) -> None:
    assert warnings(text) == ()


@pytest.mark.parametrize(("text", "first", "second", "ratio"), DOUBTFUL)
def test_a_conversion_that_lost_a_digit_is_warned_of(
    text: str, first: str, second: str, ratio: str
) -> None:
    wanted = f"{first} is also told as {second}, which at the rates of 2025 is about {ratio} times as much"
    assert warnings(text) == (wanted,)


def test_the_amount_may_be_told_elsewhere_and_on_either_side() -> None:
    text = "拟投5000亿美元\n消息称其拟投资5000亿美元（约合3500亿元），另付1亿美元（约合7亿元）。"
    found = find_money(text)
    warned = [len(conversion_warnings(amount, found, year=2025)) for amount in found]
    assert warned == [1, 1, 1, 0, 0]


def test_a_record_is_warned_of_as_its_words_are() -> None:
    text = "投资5000亿美元（约合3500亿元）。"
    found = find_money(text)
    record = record_of(found[0], "5000亿美元")
    assert conversion_warnings(record, found, year=2025) == warnings(text)


def test_one_mistake_told_twice_is_one_warning() -> None:
    assert len(warnings("投资5000亿美元（约合3500亿元）。即5000亿美元（约合3500亿元）。")) == 1


def test_the_rates_used_are_named() -> None:
    text = "投资5000亿美元（约合3500亿元）。"
    assert ["of 2026 is" in line for line in warnings(text, None) + warnings(text, 2030)] == [
        True,
        True,
    ]
    assert warnings(text, 2001) == ()


def test_the_order_of_the_amounts_is_that_of_the_text() -> None:
    found = find_money("投资5000亿美元（约合3500亿元）。")
    moved = [replace(found[0], start=100, end=107), found[1]]
    assert conversion_warnings(found[0], moved, year=2025) == ()


# --------------------------------------------------------------------------------------------
# the table


def rows() -> list[dict[str, str]]:
    return [row for _, row in lexicon.read_tsv("rates.tsv", COLUMNS)]


def test_every_currency_with_rates_has_all_years_and_a_name() -> None:
    years: dict[str, list[int]] = {}
    for row in rows():
        years.setdefault(row["currency"], []).append(int(row["year"]))
    assert {tuple(found) for found in years.values()} == {tuple(YEARS)}
    columns = ("surface", "code", "factor", "side", "inferred", "guard")
    assert set(years) <= {row["code"] for _, row in lexicon.read_tsv("currencies.tsv", columns)}


def test_a_year_that_is_not_over_has_estimates_alone() -> None:
    last = {row["source"] for row in rows() if row["year"] == "2026"}
    others = {row["source"] for row in rows() if row["year"] != "2026"}
    assert last == {"estimate", "par", "peg"}
    assert others == {"g5a", "par", "peg", "rounded"}


def test_rates_move_slowly() -> None:
    """A slip of a digit in the table would warn of every article of its year."""
    known = {(row["currency"], int(row["year"])): Decimal(row["per_usd"]) for row in rows()}
    jumps = {
        key: known[key] / before
        for key in known
        if (before := known.get((key[0], key[1] - 1)))
        and not Decimal("0.75") < known[key] / before < Decimal("1.35")
    }
    assert set(jumps) == {("TRY", 2022), ("TRY", 2023), ("TRY", 2024)}


def test_the_table_is_sorted() -> None:
    keys = [(row["currency"], row["year"]) for row in rows()]
    assert keys == sorted(set(keys))


HEADER = "\t".join(COLUMNS)


@pytest.mark.parametrize(
    "row",
    [
        "USD\t2020\t0\tpar",
        "USD\tx\t1\tpar",
        "USD\t2020\t1\tguess",
        "USD\t2020\t-1\tpar",
        "US\t2020\t1\tpar",
        "EUR\t2019\t1\tg5a",
    ],
)
def test_a_broken_row_is_refused_with_its_line(row: str, monkeypatch: pytest.MonkeyPatch) -> None:
    text = f"# a comment\n{HEADER}\nEUR\t2019\t1\tg5a\n{row}\n"
    monkeypatch.setattr(lexicon, "seed_text", lambda name: text)
    with pytest.raises(SeedError, match=r"rates\.tsv:4"):
        conversion._rates.__wrapped__()
