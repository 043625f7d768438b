from __future__ import annotations

import importlib.util
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal, localcontext
from pathlib import Path
from types import ModuleType
from typing import Any

import opencc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_numerals import in_han

from extract import amounts, lexicon
from extract.amounts import (
    Quantity,
    find_money,
    find_quantities,
    parse_money,
    parse_quantity,
)
from extract.errors import SeedError
from extract.records import Money
from extract.text import fold

CORPORA = Path(__file__).parent / "corpora"


# --------------------------------------------------------------------------------------------
# the corpora


@dataclass(frozen=True, slots=True)
class Meaning:
    kind: str
    min: Decimal | None
    max: Decimal | None
    modifier: str
    unit: str
    inferred: bool
    per: str | None
    part: str | None
    converted_from: tuple[int, int] | None

    @classmethod
    def read(cls, line: str) -> tuple[Meaning, dict[str, str]]:
        kind, low, high, modifier, unit, *pairs = line.split(" ")
        options = dict(pair.split("=", 1) for pair in pairs)
        unknown = set(options) - {"inferred", "per", "part", "converted_from", "region", "hint"}
        assert not unknown, line
        span = options.get("converted_from")
        start, _, end = (span or "").partition(":")
        meaning = cls(
            kind,
            None if low == "-" else Decimal(low),
            None if high == "-" else Decimal(high),
            modifier,
            unit,
            options.get("inferred") == "yes",
            options.get("per"),
            options.get("part"),
            (int(start), int(end)) if span else None,
        )
        return meaning, options

    @classmethod
    def of(cls, quantity: Quantity) -> Meaning:
        return cls(**{name: getattr(quantity, name) for name in cls.__slots__})


@dataclass(frozen=True, slots=True)
class Wording:
    text: str
    meaning: Meaning
    region: Any
    hint: str | None

    def parse(self, text: str) -> Quantity | None:
        if self.meaning.kind == "money":
            return parse_money(text, region=self.region, currency_hint=self.hint)
        return parse_quantity(text, region=self.region)


@dataclass(frozen=True, slots=True)
class Sentence:
    text: str
    region: Any
    quantities: tuple[tuple[str, Meaning], ...]


def lines(name: str) -> Iterator[str]:
    for line in (CORPORA / name).read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            yield line.replace("\\n", "\n")


def wordings() -> Iterator[Wording]:
    header = ""
    for line in lines("amounts.txt"):
        if line.startswith("["):
            header = line.strip("[]")
            continue
        meaning, options = Meaning.read(header)
        yield Wording(line, meaning, options.get("region", "CN"), options.get("hint"))


def sentences() -> Iterator[Sentence]:
    region, text = "CN", ""
    found: list[tuple[str, Meaning]] = []
    for line in [*lines("amounts_context.txt"), ""]:
        if line.startswith("= "):
            words, _, meaning = line[2:].rpartition(" | ")
            found.append((words, Meaning.read(meaning)[0]))
            continue
        if text:
            yield Sentence(text, region, tuple(found))
        text, found = line, []
        if line.startswith("region="):
            region, text = line.removeprefix("region="), ""


def negatives(section: str) -> list[str]:
    current, found = "", []
    for line in lines("amounts_negative.txt"):
        if line.startswith("["):
            current = line.strip("[]")
        elif current == section:
            found.append(line)
    return found


WORDINGS = list(wordings())
SENTENCES = list(sentences())


def test_the_corpora_are_as_large_as_they_should_be() -> None:
    texts = [
        (wording.region, wording.hint, wording.meaning.kind, wording.text) for wording in WORDINGS
    ]
    assert len([kind for _, _, kind, _ in texts if kind == "money"]) >= 800
    assert len(texts) >= 1100
    assert len(set(texts)) == len(texts)
    assert len({wording.meaning.kind for wording in WORDINGS}) == 7
    assert len(SENTENCES) >= 80
    assert min(len(negatives("none")), len(negatives("no money"))) >= 40


def test_a_meaning_has_one_block_with_all_its_wordings() -> None:
    headers = [line for line in lines("amounts.txt") if line.startswith("[")]
    assert sorted(headers) == sorted(set(headers))


@pytest.mark.parametrize("wording", WORDINGS, ids=lambda w: f"{w.meaning.unit}-{w.text}")
def test_a_wording_is_consumed_and_has_its_value(wording: Wording) -> None:
    quantity = wording.parse(wording.text)
    assert quantity is not None
    assert (quantity.start, quantity.end) == (0, len(wording.text))
    assert Meaning.of(quantity) == wording.meaning


@pytest.mark.parametrize("sentence", SENTENCES, ids=lambda s: s.text)
def test_all_quantities_of_a_sentence(sentence: Sentence) -> None:
    found = find_quantities(sentence.text, region=sentence.region)
    assert [(sentence.text[q.start : q.end], Meaning.of(q)) for q in found] == list(
        sentence.quantities
    )


@pytest.mark.parametrize("text", negatives("none"))
def test_no_quantity(text: str) -> None:
    assert find_quantities(text) == []


@pytest.mark.parametrize("text", negatives("no money"))
def test_no_money(text: str) -> None:
    assert find_money(text) == []


# --------------------------------------------------------------------------------------------
# what holds for all of them


def read_again(sentence: Sentence, quantity: Quantity) -> Quantity | None:
    words = sentence.text[quantity.start : quantity.end]
    if quantity.kind == "money":
        return parse_money(words, region=sentence.region, currency_hint=quantity.unit)
    return parse_quantity(words, region=sentence.region, kind=quantity.kind)


def value(quantity: Quantity | None) -> tuple[object, ...] | None:
    if quantity is None:
        return None
    return quantity.kind, quantity.min, quantity.max, quantity.modifier, quantity.unit


def in_a_list(sentence: Sentence, quantity: Quantity) -> bool:
    """The unit of 3万 in 3万、5万和8万台 does not stand in its words."""
    return quantity.kind != "money" and sentence.text[quantity.end - 1] in "万亿"


@pytest.mark.parametrize("sentence", SENTENCES, ids=lambda s: s.text)
def test_the_cited_words_give_the_value_again(sentence: Sentence) -> None:
    found = find_quantities(sentence.text, region=sentence.region)
    found = [q for q in found if not in_a_list(sentence, q)]
    assert [value(read_again(sentence, q)) for q in found] == [value(q) for q in found]


@pytest.mark.parametrize("sentence", SENTENCES, ids=lambda s: s.text)
def test_offsets_are_those_of_the_text_in_either_script(sentence: Sentence) -> None:
    converted = opencc.OpenCC("s2t").convert(sentence.text)
    assert len(converted) == len(sentence.text)
    plain = find_quantities(sentence.text, region=sentence.region)
    assert find_quantities(converted, region=sentence.region) == plain
    assert find_quantities(sentence.text, region=sentence.region, folded=fold(converted)) == plain


FULL_WIDTH = str.maketrans("0123456789%$GWM", "０１２３４５６７８９％＄ＧＷＭ")


@pytest.mark.parametrize("wording", WORDINGS, ids=lambda w: f"{w.meaning.unit}-{w.text}")
def test_width_does_not_matter(wording: Wording) -> None:
    quantity = wording.parse(wording.text.translate(FULL_WIDTH))
    assert quantity is not None
    assert Meaning.of(quantity) == wording.meaning


@pytest.mark.parametrize(
    "wording", [w for w in WORDINGS if w.meaning.kind == "money"], ids=lambda w: w.text
)
def test_every_amount_makes_a_record(wording: Wording) -> None:
    quantity = wording.parse(wording.text)
    assert quantity is not None
    money = Money(
        start=quantity.start,
        end=quantity.end,
        text=wording.text,
        min=quantity.min,
        max=quantity.max,
        currency=quantity.unit,
        modifier=quantity.modifier,
        inferred=quantity.inferred,
    )
    assert (money.min, money.max) == (wording.meaning.min, wording.meaning.max)


def test_two_texts_give_the_quantities_of_both() -> None:
    texts = [sentence.text for sentence in SENTENCES if sentence.region == "CN"]
    wanted, place = [], 0
    for text in texts:
        for q in find_quantities(text):
            origin = q.converted_from
            moved = (origin[0] + place, origin[1] + place) if origin else None
            wanted.append(
                replace(q, start=q.start + place, end=q.end + place, converted_from=moved)
            )
        place += len(text) + 1
    assert find_quantities("\n".join(texts)) == wanted


def test_values_do_not_depend_on_the_decimal_context() -> None:
    amounts.read_numeral.cache_clear()
    with localcontext() as context:
        context.prec = 2
        found = [wording.parse(wording.text) for wording in WORDINGS]
    assert [q and Meaning.of(q) for q in found] == [wording.meaning for wording in WORDINGS]


# --------------------------------------------------------------------------------------------
# single points


@pytest.mark.parametrize(
    ("text", "hint", "unit"),
    [
        ("8000 万", None, "CNY"),
        ("8000 万", "USD", "USD"),
        ("近百亿", "KRW", "KRW"),
        ("300億元", "TWD", "TWD"),
        ("300億元", "USD", "CNY"),
        ("5亿美元", "CNY", "USD"),
        ("9亿卢比", "USD", "INR"),
        ("50块", "HKD", "HKD"),
    ],
)
def test_a_hint_fills_only_what_the_words_leave_open(
    text: str, hint: str | None, unit: str
) -> None:
    quantity = parse_money(text, currency_hint=hint)
    assert quantity is not None
    assert quantity.unit == unit


@pytest.mark.parametrize(
    "text",
    [
        "",
        "元",
        "亿投资",
        "约",
        "100",
        "5亿美元。",
        " 5亿美元",
        "5亿美元和3亿美元",
        "27%",
        "10万张",
        "很多钱",
    ],
)
def test_what_parse_money_refuses(text: str) -> None:
    assert parse_money(text) is None


def test_a_kind_decides_what_the_words_leave_open() -> None:
    count = parse_quantity("两块", kind="count")
    money = parse_quantity("两块", kind="money")
    assert [count and (count.kind, count.unit), money and (money.kind, money.unit)] == [
        ("count", "块"),
        ("money", "CNY"),
    ]


@pytest.mark.parametrize(
    ("text", "region", "unit"),
    [
        ("5亿元", "CN", "CNY"),
        ("5億元", "TW", "TWD"),
        ("5億元", "HK", "HKD"),
        ("5億美元", "TW", "USD"),
    ],
)
def test_a_bare_yuan_is_the_regions(text: str, region: Any, unit: str) -> None:
    assert [(q.unit, q.inferred) for q in find_money(text, region=region)] == [
        (unit, unit != "USD")
    ]


def test_a_bare_number_needs_words_of_money() -> None:
    found = {
        text: [text[q.start : q.end] for q in find_money(text)]
        for text in ("用户超8亿", "融资超8亿", "8亿融资到账", "8亿", "再拿8亿，", "拿下8亿用户")
    }
    assert found == {
        "用户超8亿": [],
        "融资超8亿": ["超8亿"],
        "8亿融资到账": ["8亿"],
        "8亿": [],
        "再拿8亿，": ["8亿"],
        "拿下8亿用户": [],
    }


LONG = 1_000_000
DENSE = 100_000  # of what holds a number every few characters
MONSTERS = {
    "digits": "7" * LONG,
    "scales": "亿" * LONG,
    "brackets": "（" * (LONG // 2) + "）" * (LONG // 2),
    "nested conversions": "（约合1亿" * (DENSE // 6),
    "digits in Chinese": "一二三四五" * (LONG // 5),
    "groups": "1" + ",000" * (LONG // 4),
    "open ranges": "1-" * (DENSE // 2),
    "hedges": "超过近约" * (LONG // 4),
    "bare numbers": "获得1亿，" * (DENSE // 5),
    "spaces": " " * LONG,
    "currency prefixes": "US$" * (LONG // 3),
    "vague marks": "数几" * (LONG // 2),
    "scale words": "1 billion " * (DENSE // 10),
    "neighbours": "1、2、" * (DENSE // 4),
    "points": "1点5" * (DENSE // 3),
}


@pytest.mark.parametrize("text", MONSTERS.values(), ids=MONSTERS.keys())
def test_monsters_end_and_hold_nothing(text: str) -> None:
    assert find_quantities(text) == []
    assert parse_money(text) is None


def test_a_long_list_shares_its_currency() -> None:
    text = "、".join(["1亿"] * 20_000) + "美元"
    found = find_money(text)
    assert {(q.unit, q.min, q.inferred) for q in found[:-1]} == {("USD", Decimal(10**8), True)}
    assert len(found) == 20_000


# --------------------------------------------------------------------------------------------
# random amounts in random wordings


@dataclass(frozen=True, slots=True)
class Case:
    text: str
    min: Decimal | None
    max: Decimal | None
    modifier: str
    unit: str


SCALES = {"": 0, "万": 4, "百万": 6, "千万": 7, "亿": 8, "百亿": 10, "千亿": 11, "万亿": 12}
BEHIND = {
    "元": "CNY", "元人民币": "CNY", "人民币": "CNY", "块钱": "CNY", "美元": "USD", "美金": "USD",
    "欧元": "EUR", "歐元": "EUR", "英镑": "GBP", "日元": "JPY", "日圓": "JPY", "韩元": "KRW",
    "新台币": "TWD", "元新臺幣": "TWD", "港元": "HKD", "港币": "HKD", "新加坡元": "SGD", "卢比": "INR",
    "印尼盾": "IDR", "泰銖": "THB", "越南盾": "VND", "瑞士法郎": "CHF", "阿联酋迪拉姆": "AED", "令吉": "MYR",
}  # fmt: skip
BEFORE = {
    "人民币": "CNY", "RMB": "CNY", "¥": "CNY", "US$": "USD", "$": "USD", "USD ": "USD", "美元": "USD", "HK$": "HKD",
    "港币": "HKD", "NT$": "TWD", "新台币": "TWD", "€": "EUR", "£": "GBP", "₩": "KRW", "日元": "JPY",
}  # fmt: skip
HEDGES = [
    ("", "", "exact"), ("高达", "", "exact"), ("约", "", "approx"), ("近", "", "approx"), ("大约", "", "approx"),
    ("", "左右", "approx"), ("约", "左右", "approx"), ("约为", "", "approx"), ("超", "", "at_least"),
    ("超过", "", "at_least"), ("逾", "", "at_least"), ("不低于", "", "at_least"), ("至少", "", "at_least"),
    ("突破", "", "at_least"), ("", "以上", "at_least"), ("至多", "", "at_most"), ("最高", "", "at_most"),
    ("最高可达", "", "at_most"), ("不超过", "", "at_most"), ("", "以内", "at_most"), ("上限为", "", "at_most"),
]  # fmt: skip


def spelled(draw: st.DrawFn, number: Decimal, scale: str) -> str:
    """A number as plain, grouped, full-width or Chinese digits; nobody says 三十千万."""
    whole = number == int(number)
    in_chinese = whole and number < (10 if scale[:1] in {"百", "千"} else 1000)
    styles = ["plain", "wide"] + ["grouped"] * whole + ["han"] * in_chinese
    style = draw(st.sampled_from(styles))
    if style == "han":
        return in_han(int(number)) + scale
    text = f"{number:,f}" if style == "grouped" else f"{number:f}"
    if style == "wide":
        text = text.translate(FULL_WIDTH)
    gap = draw(st.sampled_from(["", " "] + ["个"] * (scale == "亿")))
    return text + gap * bool(scale) + scale


def hedged(text: str, value: Decimal, modifier: str, unit: str) -> Case:
    low = None if modifier == "at_most" else value
    high = None if modifier == "at_least" else value
    return Case(text, low, high, modifier, unit)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    number = Decimal(draw(st.integers(1, 99999))).scaleb(-draw(st.sampled_from([0, 0, 1, 2])))
    scale = draw(st.sampled_from(sorted(SCALES)))
    amount = number * 10 ** SCALES[scale]
    before, behind, modifier = draw(st.sampled_from(HEDGES))
    text = spelled(draw, number, scale)
    gap = draw(st.sampled_from(["", " "]))
    if draw(st.booleans()):
        name = draw(st.sampled_from(sorted(BEFORE)))
        first = draw(st.booleans())
        text = f"{before}{name}{text}{behind}" if first else f"{name}{before}{text}{behind}"
        unit = BEFORE[name]
    else:
        name = draw(st.sampled_from(sorted(BEHIND)))
        text, unit = f"{before}{text}{gap}{name}{behind}", BEHIND[name]
    return hedged(text, amount, modifier, unit)


@st.composite
def ranges(draw: st.DrawFn) -> Case:
    low = Decimal(draw(st.integers(1, 4999))).scaleb(-draw(st.sampled_from([0, 1])))
    high = low + Decimal(draw(st.integers(1, 4999)))
    scale = draw(st.sampled_from(sorted(set(SCALES) - {""})))
    separator = draw(st.sampled_from(["至", "到", "-", "~", "～", "–", " 至 "]))
    name = draw(st.sampled_from(sorted(BEHIND)))
    once = draw(st.sampled_from(["bare", "scale", "unit"]))
    first = {"bare": "", "scale": scale, "unit": scale + name}[once]
    factor = 10 ** SCALES[scale]
    text = f"{low:f}{first}{separator}{high:f}{scale}{name}"
    return Case(text, low * factor, high * factor, "range", BEHIND[name])


MEASURES = {
    "%": ("%", 1), "个百分点": ("百分点", 1), "个基点": ("百分点", Decimal("0.01")), "股": ("股", 1), "张": ("张", 1),
    "颗": ("颗", 1), "台": ("台", 1), "套": ("套", 1), "枚": ("枚", 1), "GW": ("MW", 1000), "MW": ("MW", 1),
    "吉瓦": ("MW", 1000), "兆瓦": ("MW", 1), "百万千瓦": ("MW", 1000), "个月": ("month", 1), "天": ("day", 1),
    "个季度": ("month", 3),
}  # fmt: skip
SCALED = frozenset("股张颗台套枚")


@st.composite
def measures(draw: st.DrawFn) -> Case:
    """What is counted and measured, under a hedge; many only of what comes in 万 and 亿."""
    name = draw(st.sampled_from(sorted(MEASURES)))
    unit, factor = MEASURES[name]
    number = Decimal(draw(st.integers(1, 999)))
    scale = draw(st.sampled_from(["", "万", "亿"])) if name in SCALED else ""
    before, behind, modifier = draw(st.sampled_from(HEDGES))
    gap = draw(st.sampled_from(["", " "]))
    script = draw(st.sampled_from([str, opencc.OpenCC("s2t").convert]))
    value = number * 10 ** SCALES[scale] * factor
    text = script(f"{before}{number}{gap}{scale}{name}{behind}")
    return hedged(text, value, modifier, unit)


def check(case: Case) -> None:
    quantity = parse_quantity(case.text) if case.unit in READ_AS_ANY else parse_money(case.text)
    assert quantity is not None
    found = Case(case.text, quantity.min, quantity.max, quantity.modifier, quantity.unit)
    assert found == case


READ_AS_ANY = frozenset(unit for unit, _ in MEASURES.values())
ANY = st.one_of(cases(), ranges(), measures())


@settings(max_examples=500)
@given(ANY)
def test_a_random_amount_is_read_back(case: Case) -> None:
    check(case)


@pytest.mark.nightly
@settings(max_examples=10_000)
@given(ANY)
def test_ten_thousand_random_amounts_are_read_back(case: Case) -> None:
    check(case)


FRAGMENTS = st.sampled_from(
    sorted(
        {
            *"0123456789一二三十百千万亿兆两半几数多余来点，,.、-~至到和 \n元块圆刀%成股张年月个周天（）()+$¥第约近超上过"
        }
        | {
            "美元",
            "人民币",
            "超过",
            "左右",
            "以上",
            "百分之",
            "billion",
            "GW",
            "每股",
            "/月",
            "融资",
            "约合",
            "位数",
            "分别",
            "个亿",
            "W人民币",
        }
    )
)


STRINGS = st.one_of(st.text(max_size=60), st.lists(FRAGMENTS, max_size=25).map("".join))


@settings(max_examples=500)
@given(STRINGS)
def test_no_string_raises_and_spans_are_in_order(text: str) -> None:
    check_spans(text)


@pytest.mark.nightly
@settings(max_examples=10_000)
@given(STRINGS)
def test_none_of_ten_thousand_strings_raises(text: str) -> None:
    check_spans(text)


def check_spans(text: str) -> None:
    found = find_quantities(text)
    ends = [0, *(q.end for q in found)]
    assert all(end <= q.start < q.end <= len(text) for end, q in zip(ends, found, strict=False))
    assert all(q.min is not None or q.max is not None for q in found)
    assert all(re.fullmatch(r"[A-Z]{3}", q.unit) for q in found if q.kind == "money")
    parse_money(text)
    parse_quantity(text)


# --------------------------------------------------------------------------------------------
# the tables


def currency_names() -> list[tuple[str, str]]:
    columns = ("surface", "code", "factor", "side", "inferred", "guard")
    rows = [row for _, row in lexicon.read_tsv("currencies.tsv", columns)]
    return [
        (row["surface"], row["code"])
        for row in rows
        if row["code"] != "*" and row["side"] != "before" and not row["surface"].isascii()
    ]


@pytest.mark.parametrize(("surface", "code"), currency_names())
def test_every_name_of_a_currency_is_read_in_both_scripts(surface: str, code: str) -> None:
    texts = (f"30亿{surface}", f"30億{opencc.OpenCC('s2t').convert(surface)}")
    found = [parse_money(text) for text in texts]
    assert [quantity and quantity.unit for quantity in found] == [code, code]


@pytest.mark.parametrize(("name", "columns"), [("currencies.tsv", [0]), ("units.tsv", [1, 0])])
def test_the_tables_are_sorted(name: str, columns: list[int]) -> None:
    rows = [line for line in lexicon.seed_text(name).splitlines() if line and line[0] != "#"][1:]
    keys = [[row.split("\t")[column] for column in columns] for row in rows]
    assert keys == sorted(keys)


BROKEN = [
    ("_currencies", "surface\tcode\tfactor\tside\tinferred\tguard", "美元\tDOLLAR\t1\tbehind\t\t"),
    ("_currencies", "surface\tcode\tfactor\tside\tinferred\tguard", "美元\tUSD\t1\tleft\t\t"),
    ("_currencies", "surface\tcode\tfactor\tside\tinferred\tguard", "韓元\tKRW\t1\tbehind\t\t"),
    ("_currencies", "surface\tcode\tfactor\tside\tinferred\tguard", "美元\tUSD\tx\tbehind\t\t"),
    ("_unit_rows", "surface\tclass\tcanonical\tfactor\tguard", "张\tmeasure\t张\t1\t"),
    ("_unit_rows", "surface\tclass\tcanonical\tfactor\tguard", "张\tgoods\t张\tx\t"),
    ("_unit_rows", "surface\tclass\tcanonical\tfactor\tguard", "约\tbefore\tabout\t1\t"),
]


@pytest.mark.parametrize(("loader", "header", "row"), BROKEN)
def test_a_broken_row_is_refused_with_its_line(
    loader: str, header: str, row: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lexicon, "seed_text", lambda name: f"# a comment\n{header}\n{row}\n")
    with pytest.raises(SeedError, match=r"\.tsv:3"):
        getattr(amounts, loader).__wrapped__()


@pytest.mark.parametrize(
    ("loader", "header", "row"), [case for case in BROKEN if case[2].endswith(("left\t\t", "x\t"))]
)
def test_a_surface_listed_twice_is_refused(
    loader: str, header: str, row: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = {"_currencies": "美元\tUSD\t1\tbehind\t\t", "_unit_rows": "张\tgoods\t张\t1\t"}[loader]
    monkeypatch.setattr(lexicon, "seed_text", lambda name: f"{header}\n{good}\n{good}\n")
    with pytest.raises(SeedError, match=r"\.tsv:3"):
        getattr(amounts, loader).__wrapped__()


# --------------------------------------------------------------------------------------------
# real news


@pytest.fixture(scope="module")
def gold_script() -> ModuleType:
    path = Path(__file__).parent / "bench" / "gold_amounts.py"
    spec = importlib.util.spec_from_file_location("gold_amounts", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", ["train.jsonl", "dev.jsonl"])
def test_amounts_of_the_gold_are_found(name: str, shared: Path, gold_script: ModuleType) -> None:
    hits = total = 0
    for line in (shared / "gold" / name).read_text(encoding="utf-8").splitlines():
        article = json.loads(line)
        found = find_money(article["text"])
        for _, gold in gold_script.gold_amounts(article):
            total += 1
            hits += gold_script.is_found(found, article["text"], gold)
    assert total > 100
    assert hits / total >= 0.99
