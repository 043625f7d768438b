"""The facts of ``seeds/hardware.tsv`` agree with each other and with ``seeds/orgs.tsv``."""

from __future__ import annotations

import re
from collections import defaultdict

import pytest

from extract.lexicon import Hardware, hardware_surfaces, key, orgs, read_tsv

COLUMNS = ("id", "surface", "vendor", "family", "kind", "unit", "caution")
KINDS = {
    "gpu", "accelerator", "cpu", "npu", "dpu", "system", "server", "memory", "storage", "network",
    "generic",
}  # fmt: skip
UNITS = set("张颗块台柜套片条只")
SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")

PRODUCTS = [
    ("H100", "nvidia-h100", "nvidia", "Hopper", "gpu", "张"),
    ("H20", "nvidia-h20", "nvidia", "Hopper", "gpu", "张"),
    ("GB200 NVL72", "nvidia-gb200-nvl72", "nvidia", "Grace Blackwell", "system", "柜"),
    ("Vera Rubin", "nvidia-vera-rubin", "nvidia", "Vera Rubin", "gpu", "颗"),
    ("BlueField-4", "nvidia-bluefield-4", "nvidia", "BlueField", "dpu", "块"),
    ("MI450", "amd-mi450", "amd", "Instinct", "gpu", "张"),
    ("Trainium2", "aws-trainium2", "aws", "Trainium", "accelerator", "颗"),
    ("Graviton5", "aws-graviton5", "aws", "Graviton", "cpu", "颗"),
    ("Ironwood", "google-tpu-v7", "google", "TPU", "accelerator", "颗"),
    ("Maia 200", "microsoft-maia-200", "microsoft", "Maia", "accelerator", "颗"),
    ("MTIA", "meta-mtia", "meta", "MTIA", "accelerator", "颗"),
    ("昇腾910B", "huawei-ascend-910b", "huawei", "Ascend", "npu", "张"),
    ("昇腾 910B", "huawei-ascend-910b", "huawei", "Ascend", "npu", "张"),
    ("昇騰910B", "huawei-ascend-910b", "huawei", "Ascend", "npu", "张"),
    ("Ascend 910B", "huawei-ascend-910b", "huawei", "Ascend", "npu", "张"),
    ("CloudMatrix 384", "huawei-cloudmatrix-384", "huawei", "CloudMatrix", "system", "套"),
    ("思元590", "cambricon-siyuan-590", "cambricon", "思元", "accelerator", "张"),
    ("曦云C600", "metax-xiyun-c600", "metax", "曦云", "gpu", "张"),
    ("WSE-3", "cerebras-wse-3", "cerebras", "WSE", "accelerator", "片"),
    ("HBM4", "std-hbm4", "", "HBM", "memory", "颗"),
    ("AI芯片", "generic-ai-chip", "", "", "generic", "颗"),
    ("AI 晶片", "generic-ai-chip", "", "", "generic", "颗"),
    ("伺服器", "generic-server", "", "", "generic", "台"),
    ("記憶體", "generic-memory", "", "", "generic", "条"),
]

MUST_BE_CAUTIOUS = ["L4", "T4", "S60", "M4", "A18", "AI5", "P800", "Thor", "Grace", "Titan", "TPU"]

# What only looks like 至强, 深算, 含光, 大型机, 交换器, 核心板, 显示卡.
ORDINARY = [
    "资深算法工程师甚至强调", "包含光盘的版本", "大型机器人生产线", "热交换器", "三大核心板块",
    "画面显示卡顿",
]  # fmt: skip


def rows() -> list[Hardware]:
    return [Hardware(**row) for _, row in read_tsv("hardware.tsv", COLUMNS)]


def test_no_surface_is_listed_twice() -> None:
    folded = [key(row.surface) for row in rows()]
    assert sorted({surface for surface in folded if folded.count(surface) > 1}) == []


def test_surfaces_are_written_without_stray_spaces() -> None:
    assert [row.surface for row in rows() if row.surface != " ".join(row.surface.split())] == []


def test_lines_of_one_id_say_the_same() -> None:
    facts = defaultdict(set)
    for row in rows():
        facts[row.id].add((row.vendor, row.family, row.kind, row.unit))
    assert {identity: said for identity, said in facts.items() if len(said) > 1} == {}


def test_rows_are_sorted() -> None:
    listed = [(not row.vendor, row.id, row.surface) for row in rows()]
    assert [b for a, b in zip(listed, sorted(listed), strict=True) if a != b] == []


def test_three_hundred_pieces_of_hardware_with_vendor_and_family() -> None:
    assert len({row.id for row in rows() if row.vendor and row.family}) >= 320


@pytest.mark.parametrize(
    ("column", "allowed"),
    [("kind", KINDS), ("unit", UNITS), ("caution", {"", "context"})],
)
def test_closed_columns(column: str, allowed: set[str]) -> None:
    assert {getattr(row, column) for row in rows()} == allowed


@pytest.mark.parametrize("column", ["id", "vendor"])
def test_ids_are_slugs(column: str) -> None:
    values = {getattr(row, column) for row in rows()} - {""}
    assert sorted(value for value in values if not SLUG.fullmatch(value)) == []


def test_an_id_begins_with_its_vendor() -> None:
    wrong = {
        row.id
        for row in rows()
        if not row.id.startswith(f"{row.vendor}-" if row.vendor else ("std-", "generic-"))
    }
    assert wrong == set()


def test_generic_names_have_neither_vendor_nor_family() -> None:
    generic = {row.id for row in rows() if row.kind == "generic"}
    assert generic == {row.id for row in rows() if not row.vendor and not row.family}
    assert generic == {row.id for row in rows() if row.id.startswith("generic-")}


def test_vendors_are_organisations() -> None:
    assert sorted({row.vendor for row in rows()} - {""} - set(orgs())) == []


@pytest.mark.parametrize(("surface", "identity", "vendor", "family", "kind", "unit"), PRODUCTS)
def test_products(
    surface: str, identity: str, vendor: str, family: str, kind: str, unit: str
) -> None:
    found = hardware_surfaces()[key(surface)]
    assert (found.id, found.vendor, found.family, found.kind, found.unit) == (
        identity, vendor, family, kind, unit,
    )  # fmt: skip


@pytest.mark.parametrize("surface", MUST_BE_CAUTIOUS)
def test_short_names_need_a_context(surface: str) -> None:
    assert hardware_surfaces()[key(surface)].caution == "context"


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_text_contains_no_hardware(text: str) -> None:
    assert [row.surface for row in rows() if key(row.surface) in key(text)] == []
