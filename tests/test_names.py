"""Names by rule: what is found, with which borders, and what only looks like a name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract import names
from extract.errors import SeedError
from extract.lexicon import read_toml
from extract.names import (
    FILLER,
    find_latin,
    find_names,
    is_name,
    mask_brackets,
    shape,
    split_list,
)
from extract.text import fold

# Text, and every mention that the rules alone find in it: kinds but ORG are told.
FOUND = [
    # lists of parties
    ("本轮融资由松间投资、棠溪资本联合领投，启砚科技跟投。", ["松间投资", "棠溪资本", "启砚科技"]),
    ("由云岚资本领投，青禾创投及老股东泊舟资本跟投", ["云岚资本", "青禾创投", "泊舟资本"]),
    ("由云岚资本领投、桤木创投跟投", ["云岚资本", "桤木创投"]),
    ("由国玺投资、穗禾产投、泊舟资本投资", ["国玺投资", "穗禾产投", "泊舟资本"]),
    (
        "投资方包括澜庭资本、鹿鸣创投、Kestrel Partners等",
        ["澜庭资本", "鹿鸣创投", "Kestrel Partners"],
    ),
    ("受让方为澜庭资本，出让方为棠溪资本。", ["澜庭资本", "棠溪资本"]),
    ("沐岩机器人获澜庭资本、鹿鸣创投等多家机构投资。", ["沐岩机器人", "澜庭资本", "鹿鸣创投"]),
    (
        "泊舟资本、澜庭资本、苇岸七号、鹿鸣创投两家以上到场",
        ["泊舟资本", "澜庭资本", "苇岸七号", "鹿鸣创投"],
    ),
    # conjunctions inside names
    ("和玉资本、正心谷与澜庭资本参与投资。", ["和玉资本", "正心谷", "澜庭资本"]),
    ("由穗禾产业投资基金和顺舟资本联合领投", ["穗禾产业投资基金", "顺舟资本"]),
    # quotation marks, definitions, tickers
    ("近日，「砺川智控」完成数千万元天使轮融资", ["砺川智控"]),
    (
        "苏州砚启智能装备有限公司（以下简称“砚启智能”）宣布完成A轮融资。砚启智能成立于2021年。",
        ["苏州砚启智能装备有限公司", "砚启智能", "砚启智能"],
    ),
    ("由珀西瓦尔资本（Percival Capital）领投", ["珀西瓦尔资本", "Percival Capital"]),
    ("瀚屿科技（688999.SH）公告，拟收购穗芒半导体60%股权", ["瀚屿科技", "穗芒半导体"]),
    # registered names
    ("拟以自有资金1.5亿元认购上海垚芯微电子股份有限公司的股份", ["上海垚芯微电子股份有限公司"]),
    ("与宁波鲸澜创业投资合伙企业（有限合伙）签署协议", ["宁波鲸澜创业投资合伙企业（有限合伙）"]),
    ("同意瀚屿（苏州）科技有限公司增资扩股", ["瀚屿（苏州）科技有限公司"]),
    ("向无锡砚启智能装备有限公司增资2.05亿元", ["无锡砚启智能装备有限公司"]),
    # owners and the owned
    ("公司全资子公司瀚屿智芯拟以2亿元收购穗芒半导体", ["瀚屿智芯", "穗芒半导体"]),
    ("机器人产业资本沐岩、泊舟资本、澜庭资本跟投", ["沐岩", "泊舟资本", "澜庭资本"]),
    # Latin names
    ("人工智能初创公司Quillstone AI正在洽谈新一轮融资", ["Quillstone AI"]),
    ("T. Marlow Price与Zephyrine & Co.领投了本轮融资", ["T. Marlow Price", "Zephyrine & Co."]),
    ("由Plug and Play中国基金领投", ["Plug and Play中国基金"]),
    ("投资方为01.Vela、q16z和B.R. Hale Ventures", ["01.Vela", "q16z", "B.R. Hale Ventures"]),
    ("「源策澜川Archon Dynamics」完成融资", ["源策澜川Archon Dynamics"]),
    # titles
    ("砺川云图：拟定增3亿元\n砺川云图今日公告，拟募资。", ["砺川云图", "砺川云图"]),
    ("砺川云图18亿美元收购穗芒半导体\n砺川云图周三表示", ["砺川云图", "穗芒半导体", "砺川云图"]),
    # characters that make no words, wherever they stand
    ("同来的还有锦埭创投，以及去年就进场的老朋友", ["锦埭创投"]),
    ("晟樾汽车清空桐川智云持股", ["晟樾汽车", "桐川智云"]),
    ("屿禾芯片与观澔智驾联手做舱驾一体", ["屿禾芯片", "观澔智驾"]),
    # noise between clauses
    ("由沐岚投资领投◈屿禾创投跟投★", ["沐岚投资", "屿禾创投"]),
    # governments
    ("砚启智能与珠海市政府签署合作协议", ["砚启智能", "珠海市政府"]),
]

PERSONS = [
    ("投资方包括创始人陶望舒、澜庭资本和棠溪资本", ["陶望舒"]),
    ("由澜庭资本和陶望舒先生参与投资", ["陶望舒"]),
    ("该公司由澜庭资本、棠溪资本共同投资", []),
]

# No name stands in these, though slots and quotation marks do.
EMPTY = [
    "一家大型云厂商与某国内AI公司签订了采购合同，多家知名机构参与投资。",
    "双方将在合同中共同约定，同意同步推进合作。",
    "电池容量为 4880mAh（典型值），响应时间（GtG）为 1ms。",
    "研究团队提出大语言模型（LLM）的新训练方法，显著提升推理能力。",
    "新款 X300 Ultra 手机支持 Wi-Fi 7 和 USB-C 接口，像素密度更高。",
    "用户可以在手机上得到答案，交互界面采用线性设计，现代年轻人很喜欢。",
    "预计此次融资所得将进一步用于研发，累计融资规模为数十亿元。",
    "本次投资不涉及关联交易，也不构成重大资产重组。",
    "所谓“神经系统”，是指感知与控制的结合。",
    "由主机、收发器、连接器组成的外部系统已经完成测试。",
    "",
]

# What is also an ordinary word: text, whether it is a name there.
DOUBTFUL = [
    ("据悉，理想与荣耀达成合作。", ["理想", "荣耀"]),
    ("他得到了理想的结果，也得到了荣耀。", []),
    ("现代社会的界面设计十分线性", []),
    ("由险峰、光速领投", ["险峰", "光速"]),
    ("“得到”完成新一轮融资", ["得到"]),
    ("得到App用户大增。得到公司宣布融资。", ["得到", "得到公司"]),
    ("a linear box of scale", []),
]

LISTED = [
    (
        "OpenAI将采用英伟达Vera Rubin平台",
        [("OpenAI", "ORG"), ("英伟达", "ORG"), ("Vera Rubin平台", "HARDWARE")],
    ),
    ("高瓴创投领投", [("高瓴创投", "ORG")]),
    ("由中国移动星澜产业基金领投", [("中国移动星澜产业基金", "ORG")]),
    ("OpenAI与普华永道签署合作", [("OpenAI", "ORG"), ("普华永道", "ORG")]),
    ("普华永道担任审计机构", [("普华永道", "OUTLET")]),
    ("SK 海力士与SK海力士", [("SK 海力士", "ORG"), ("SK海力士", "ORG")]),
    ("孙正义砸下重金", [("孙正义", "PERSON")]),
    ("据路透社报道", [("路透社", "OUTLET")]),
    ("苹果机器人项目负责人离职", [("苹果", "ORG")]),
]

SHAPES = [
    ("星曜坤泽", 3), ("砺川智控", 3), ("澜庭资本", 3), ("Vela Capital", 3), ("中国铁路", 2), ("市场需求", 1),
    ("回顾其", 0), ("前沿企业", 0), ("AI造车", 0), ("B 轮", 0), ("Vela 则传出", 0),
]  # fmt: skip

NO_NAMES = [
    "公司", "该公司", "知名投资机构", "今年 4", "约3亿元", "120p", "某云厂商", "一家公司", "AI", "GPU", "数千万", "，", "x",
]  # fmt: skip


def found(text: str, *, lexicon: bool, kinds: tuple[str, ...] = ("ORG", "PERSON")) -> list[str]:
    mentions = find_names(text, fold(text), lexicon=lexicon).mentions
    return [mention.text for mention in mentions if mention.kind in kinds]


@pytest.mark.parametrize(("text", "expected"), FOUND)
def test_names_are_found_without_a_list(text: str, expected: list[str]) -> None:
    assert found(text, lexicon=False) == expected


@pytest.mark.parametrize(("text", "expected"), PERSONS)
def test_a_title_makes_a_person(text: str, expected: list[str]) -> None:
    assert found(text, lexicon=False, kinds=("PERSON",)) == expected


@pytest.mark.parametrize("text", EMPTY)
def test_phrases_are_no_names(text: str) -> None:
    assert found(text, lexicon=True) == []


@pytest.mark.parametrize("person", ["Ford Tamer", "Jeff Intel"])
def test_half_of_the_name_of_a_person_is_no_firm(person: str) -> None:
    firm = next(word for word in person.split() if word in {"Ford", "Intel"})
    assert firm not in found(f"云杉科技首席执行官 {person} 表示，公司业绩良好。", lexicon=True)
    assert firm in found(f"云杉科技与 {firm} 签署协议。", lexicon=True)


@pytest.mark.parametrize(("text", "expected"), DOUBTFUL)
def test_what_is_also_a_word_needs_a_cue(text: str, expected: list[str]) -> None:
    assert found(text, lexicon=True) == expected


@pytest.mark.parametrize(("text", "expected"), LISTED)
def test_listed_names_have_their_kind(text: str, expected: list[tuple[str, str]]) -> None:
    mentions = find_names(text, fold(text)).mentions
    assert [(mention.text, mention.kind) for mention in mentions] == expected


def test_definitions_say_which_names_are_the_same() -> None:
    text = "苏州砚启智能装备有限公司（下称“砚启”）与珀西瓦尔资本（Percival Capital）签约，响应时间（GtG）未变。"
    expected = (("苏州砚启智能装备有限公司", "砚启"), ("珀西瓦尔资本", "Percival Capital"))
    assert find_names(text, fold(text), lexicon=False).same == expected


def test_traditional_text_keeps_its_own_words() -> None:
    text = "輝達投資OpenAI，由澜庭資本領投"
    assert found(text, lexicon=True) == ["輝達", "OpenAI", "澜庭資本"]


@pytest.mark.parametrize(("chunk", "expected"), SHAPES)
def test_shapes(chunk: str, expected: int) -> None:
    assert shape(chunk) == expected


@pytest.mark.parametrize("chunk", NO_NAMES)
def test_no_name(chunk: str) -> None:
    assert not is_name(chunk)


def test_a_list_is_split_at_conjunctions_but_not_inside_names() -> None:
    text = "普及科技、和玉资本以及鹿鸣创投和澜庭资本等机构"
    parts = [text[region.start : region.end] for region in split_list(text, 0, len(text))]
    assert parts == ["普及科技", "和玉资本", "鹿鸣创投", "澜庭资本"]


def test_masking_keeps_offsets_and_the_brackets_of_names() -> None:
    text = "瀚屿（上海）科技有限公司（下称瀚屿）【注】与鲸澜合伙企业（有限合伙）"
    masked = mask_brackets(text)
    assert len(masked) == len(text)
    assert masked.replace(FILLER, "") == "瀚屿（上海）科技有限公司与鲸澜合伙企业（有限合伙）"


def test_latin_words_need_a_cue_of_a_party() -> None:
    text = "Orvane宣布融资。Lumetra屏幕更亮。Orvane的Mivo手机热卖。"
    assert [text[name.start : name.end] for name in find_latin(text)] == ["Orvane", "Orvane"]


@given(st.text(alphabet="由获与和、，。“”（）公司资本科技领投收购AIz1 \n", max_size=60))
def test_any_text_gives_mentions_in_order_without_overlaps(text: str) -> None:
    mentions = find_names(text, fold(text)).mentions
    assert [mention.text for mention in mentions] == [text[m.start : m.end] for m in mentions]
    edges = [edge for mention in mentions for edge in (mention.start, mention.end)]
    assert edges == sorted(edges)


BROKEN = [
    ({"name": "x", "open": ["由"], "pattern": "y"}, "slots.toml: x: unknown key pattern"),
    ({"name": "x", "open": ["由"], "stop": "("}, "slots.toml: x: "),
]


@pytest.mark.parametrize(("entry", "message"), BROKEN)
def test_a_broken_slot_is_refused(entry: dict[str, object], message: str) -> None:
    with pytest.raises(SeedError) as raised:
        names._read_slot(entry)
    assert str(raised.value).startswith(message)


def test_every_slot_has_a_name_of_its_own_and_a_way_in() -> None:
    slots = read_toml("slots.toml")["slot"]
    assert len({slot["name"] for slot in slots}) == len(slots)
    assert [slot["name"] for slot in slots if not (slot.get("open") or slot.get("clause"))] == []
    assert [slot["name"] for slot in slots if not (slot.get("close") or slot.get("stop"))] == []


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (
            "英伟达今日与云岑通航签署30架飞机的意向采购协议。",
            "云岑通航",
        ),  # with whom a known company signs
        (
            "公司拟收购潍岭龙海民爆持有的北岭安防有限公司51%股权。",
            "潍岭龙海民爆",
        ),  # whose shares are bought
        ("北岭电子有限公司（简称“北岭电子”）与云岑资产管理有限公司领投。", "云岑资产管理有限公司"),
    ],
)
def test_names_told_by_one_place(text: str, name: str) -> None:
    assert name in {mention.text for mention in find_names(text, fold(text)).mentions}


@pytest.mark.parametrize(
    "text",
    [
        "宁德时代与奇瑞签署巧克力换电战略合作协议。",
        "英伟达与北岭在上海签署协议。",
        "本轮融资由多家产业方战投、地方国资共同参与。",
    ],
)
def test_words_that_are_no_names(text: str) -> None:
    known = {"宁德时代", "奇瑞", "英伟达", "北岭"}
    found = {m.text for m in find_names(text, fold(text)).mentions if m.kind == "ORG"}
    assert found <= known
