"""The facts of ``seeds/orgs.tsv`` and ``seeds/aliases.tsv`` agree with each other."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from extract.lexicon import (
    Org,
    Surface,
    hardware_surfaces,
    key,
    org_names,
    org_surfaces,
    orgs,
    read_tsv,
)

ORG_COLUMNS = ("id", "name", "kind", "country", "parent")
ALIAS_COLUMNS = ("surface", "org", "kind", "caution")
ORG_KINDS = {
    "company", "fund", "bank", "university", "institute", "government", "exchange", "outlet",
    "advisor",
}  # fmt: skip
ALIAS_KINDS = {
    "short", "full", "english", "taiwan", "hongkong", "ticker", "former", "person", "variant",
}  # fmt: skip
# ISO 3166-1 alpha-2, run together.
COUNTRIES = set(
    re.findall(
        "..",
        "ADAEAFAGAIALAMAOAQARASATAUAWAXAZBABBBDBEBFBGBHBIBJBLBMBNBOBQBRBSBTBVBWBYBZCACCCDCFCGCHCI"
        "CKCLCMCNCOCRCUCVCWCXCYCZDEDJDKDMDODZECEEEGEHERESETFIFJFKFMFOFRGAGBGDGEGFGGGHGIGLGMGNGPGQ"
        "GRGSGTGUGWGYHKHMHNHRHTHUIDIEILIMINIOIQIRISITJEJMJOJPKEKGKHKIKMKNKPKRKWKYKZLALBLCLILKLRLS"
        "LTLULVLYMAMCMDMEMFMGMHMKMLMMMNMOMPMQMRMSMTMUMVMWMXMYMZNANCNENFNGNINLNONPNRNUNZOMPAPEPFPG"
        "PHPKPLPMPNPRPSPTPWPYQARERORSRURWSASBSCSDSESGSHSISJSKSLSMSNSOSRSSSTSVSXSYSZTCTDTFTGTHTJTK"
        "TLTMTNTOTRTTTVTWTZUAUGUMUSUYUZVAVCVEVGVIVNVUWFWSYEYTZAZMZW",
    )
)
SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
TICKER = re.compile(
    r"[A-Z]{3,5}|\d{6}\.(?:SH|SZ|BJ|KS)|\d{4,5}\.HK|\d{4}\.TW|\d{4}\.TWO"
)  # fmt: skip

NAMED = [
    ("輝達", "nvidia"),
    ("英偉達", "nvidia"),
    ("NVDA", "nvidia"),
    ("黄仁勋", "nvidia"),
    ("軟銀", "softbank"),
    ("孫正義", "softbank"),
    ("艾司摩爾", "asml"),
    ("台灣積體電路製造", "tsmc"),
    ("科林研發", "lam-research"),
    ("益華電腦", "cadence"),
    ("格羅方德", "globalfoundries"),
    ("亞馬遜", "amazon"),
    ("AWS", "aws"),
    ("超微", "supermicro"),
    ("美超微", "supermicro"),
    ("超威", "amd"),
    ("深度求索", "deepseek"),
    ("Kimi", "moonshot"),
    ("沐曦", "metax"),
    ("688256.SH", "cambricon"),
    ("0700.HK", "tencent"),
    ("00700.HK", "tencent"),
    ("大基金", "bicf"),
    ("红杉中国", "hongshan"),
    ("紅杉資本", "sequoia"),
    ("沙特PIF", "pif"),
    ("川普政府", "us-government"),
    ("联准会", "fed"),
    ("宇樹", "unitree"),
    ("蘋果", "apple"),
    ("ＯｐｅｎＡＩ", "openai"),
]

OWNED = [
    ("aws", "amazon"),
    ("deepmind", "google"),
    ("google", "alphabet"),
    ("aliyun", "alibaba"),
    ("github", "microsoft"),
    ("kunlunxin", "baidu"),
    ("solidigm", "sk-hynix"),
    ("hillhouse-ventures", "hillhouse"),
    ("bicf-3", "bicf"),
]

KINDS = [
    ("nvidia", "company", "US"),
    ("sequoia", "fund", "US"),
    ("hongshan", "fund", "CN"),
    ("bicf", "fund", "CN"),
    ("mgx", "fund", "AE"),
    ("citic-sec", "bank", "CN"),
    ("tsinghua", "university", "CN"),
    ("cas", "institute", "CN"),
    ("miit", "government", "CN"),
    ("hkex", "exchange", "HK"),
    ("36kr", "outlet", "CN"),
    ("tianyancha", "outlet", "CN"),
    ("reuters", "outlet", "GB"),
    ("winsoul", "advisor", "CN"),
    ("chinarenaissance", "advisor", "CN"),
]

AT_LEAST = {
    "company": 2500, "fund": 800, "bank": 180, "government": 180, "outlet": 200, "university": 90,
    "institute": 60, "advisor": 60, "exchange": 35,
}  # fmt: skip

CAUTIOUS = [
    "苹果", "小米", "联想", "理想", "大众", "现代", "长安", "深蓝", "光源", "得到", "猎豹", "智元",
    "Arm", "Box", "Block", "Target", "Unity", "Meta", "Figure", "Together", "Character", "Cursor",
    "Scale", "Notion", "Linear", "Ramp", "Visa", "Lambda", "超微", "马斯克", "雷军",
]  # fmt: skip

# What only looks like 成电, 电装, 长和, 方达, 来也, 台积, 亿欧, 金风, 人行, 新奥, 算能, 国网, 生数, 中集, 南大.
ORDINARY = [
    "集成电路与发电装机的增长和双方达成的协议",
    "未来也将在平台积累近百亿欧元",
    "基金风险与机器人行业、化工行业、搭建行业平台达成运算能力",
    "我国新兴产业和全新奥林匹克大金库",
    "今日电，不同程度的创新思路，中国网络医生数量，集中集成，北大门与南大门",
]


def org_rows() -> list[Org]:
    return [Org(**row) for _, row in read_tsv("orgs.tsv", ORG_COLUMNS)]


def alias_rows() -> list[Surface]:
    rows = read_tsv("aliases.tsv", ALIAS_COLUMNS)
    return [Surface(r["surface"], r["org"], r["kind"], r["caution"]) for _, r in rows]


def repeated(values: list[str]) -> list[str]:
    return sorted(value for value, times in Counter(values).items() if times > 1)


def owners(org: Org) -> list[str]:
    """The chain of parents, cut where it comes round."""
    chain: list[str] = []
    while org.parent and org.parent not in chain:
        chain.append(org.parent)
        org = orgs()[org.parent]
    return chain


def test_organisations_are_many_and_of_every_kind() -> None:
    counts = Counter(row.kind for row in org_rows())
    assert {kind: counts[kind] for kind in AT_LEAST if counts[kind] < AT_LEAST[kind]} == {}


def test_rows_are_sorted() -> None:
    ids = [row.id for row in org_rows()]
    surfaces = [row.surface for row in alias_rows()]
    assert (ids, surfaces) == (sorted(ids), sorted(surfaces))


def test_ids_are_unique_slugs() -> None:
    ids = [row.id for row in org_rows()]
    assert repeated(ids) == []
    assert [identity for identity in ids if not SLUG.fullmatch(identity)] == []


def test_no_name_belongs_to_two_organisations() -> None:
    assert repeated([key(row.name) for row in org_rows()]) == []


def test_no_alias_is_listed_twice() -> None:
    assert repeated([key(row.surface) for row in alias_rows()]) == []


def test_an_alias_repeats_a_name_only_to_give_it_a_caution() -> None:
    names = {key(row.name): row.id for row in org_rows()}
    again = [row for row in alias_rows() if key(row.surface) in names]
    wrong = [row for row in again if not row.caution or names[key(row.surface)] != row.id]
    assert wrong == []


def test_no_surface_is_a_piece_of_hardware() -> None:
    assert sorted(set(org_surfaces()) & set(hardware_surfaces())) == []


def test_surfaces_are_clean_and_no_single_character() -> None:
    surfaces = [row.name for row in org_rows()] + [row.surface for row in alias_rows()]
    assert [text for text in surfaces if text != " ".join(text.split()) or len(text) < 2] == []


def test_every_reference_exists() -> None:
    ids = {row.id for row in org_rows()}
    assert sorted({row.id for row in alias_rows()} - ids) == []
    assert sorted({row.parent for row in org_rows()} - ids - {""}) == []


def test_no_organisation_owns_itself() -> None:
    assert [row.id for row in org_rows() if row.id in owners(row)] == []


def test_closed_columns() -> None:
    assert {row.kind for row in org_rows()} == ORG_KINDS
    assert {row.country for row in org_rows()} - COUNTRIES == set()
    assert {row.kind for row in alias_rows()} == ALIAS_KINDS
    assert {row.caution for row in alias_rows()} == {"", "common", "ambiguous"}


def test_tickers_look_like_tickers() -> None:
    listed = [row.surface for row in alias_rows() if row.kind == "ticker"]
    assert [surface for surface in listed if not TICKER.fullmatch(surface)] == []


def test_codes_of_exchanges_are_tickers() -> None:
    codes = [row for row in alias_rows() if re.fullmatch(r"\d{4,6}\.[A-Z]{2,3}", row.surface)]
    assert [row.surface for row in codes if row.kind != "ticker"] == []


@pytest.mark.parametrize(("surface", "identity"), NAMED)
def test_well_known_names(surface: str, identity: str) -> None:
    assert org_surfaces()[key(surface)].id == identity


@pytest.mark.parametrize(("child", "parent"), OWNED)
def test_well_known_owners(child: str, parent: str) -> None:
    assert orgs()[child].parent == parent


@pytest.mark.parametrize(("identity", "kind", "country"), KINDS)
def test_well_known_kinds(identity: str, kind: str, country: str) -> None:
    assert (orgs()[identity].kind, orgs()[identity].country) == (kind, country)


@pytest.mark.parametrize("surface", CAUTIOUS)
def test_what_is_also_something_else_is_marked(surface: str) -> None:
    assert org_surfaces()[key(surface)].caution in {"common", "ambiguous"}


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_text_contains_no_organisation(text: str) -> None:
    assert [surface for surface in org_surfaces() if surface in key(text)] == []


def test_the_usual_name_comes_first_and_persons_are_no_names() -> None:
    names = org_names("nvidia")
    assert names[0] == "英伟达"
    assert {"黄仁勋", "NVDA"} & set(names) == set()
