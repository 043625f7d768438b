"""The project's own articles: form, quotations, roles, coverage, and that the words are its own.

The corpus is checked as data, without the pipeline that is measured on it.
"""

from __future__ import annotations

import gzip
import json
import re
import zipfile
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import opencc
import pytest

CORPUS = Path(__file__).resolve().parents[1] / "corpus"
LINES = (CORPUS / "articles.jsonl").read_text(encoding="utf-8").splitlines()
ARTICLES: list[dict[str, Any]] = [json.loads(line) for line in LINES]
DEALS = [(article, deal) for article in ARTICLES for deal in article["deals"]]
REQUIRED = [deal for _, deal in DEALS if not deal["optional"]]

ARTICLE_KEYS = [
    "article_id", "title", "published", "outlet", "invented", "script", "genre", "text", "deals",
]  # fmt: skip
DEAL_KEYS = [
    "type", "investor", "target", "amount", "stake", "valuation", "round", "status", "date",
    "conditions", "hardware", "evidence", "optional",
]  # fmt: skip
GENRES = {
    "flash", "wire", "it-news", "translation", "public-account", "digest", "announcement",
    "feature", "column",
}  # fmt: skip
STATUSES = {"talks", "announced", "completed", "terminated"}
KINDS = {
    "procurement", "tranche", "use_of_proceeds", "exclusivity", "governance", "warrant",
    "regulatory", "performance", "redemption", "lockup", "term", "other",
}  # fmt: skip
CURRENCIES = {"CNY", "USD", "TWD", "HKD", "EUR"}
DATE = re.compile(r"\d{4}(-(Q[1-4]|H[12]|\d{2}(-\d{2})?))?")
ROUND = re.compile(
    r"(Pre-)?(种子|種子|天使|战略|戰略|IPO|[A-H])\d?\+*([+](Pre-)?(天使|[A-H])\d?\+*)?"
)

# Which roles may stand on the side that pays and on the side that is paid.
ROLES = {
    "investment": ({"lead_investor", "investor"}, {"investee", "seller"}),
    "acquisition": ({"acquirer"}, {"acquiree", "seller"}),
    "procurement": ({"buyer"}, {"supplier"}),
    "partnership": ({"partner"}, {"partner"}),
    "holding": ({"shareholder"}, {"investee"}),
    "divestment": ({"acquirer"}, {"seller", "investee"}),
    "debt": ({"lender"}, {"borrower"}),
    "ipo": ({"investor"}, {"issuer"}),
}
# The role without which a side that is told would say nothing.
CHIEF = {
    "investment": "investee", "acquisition": "acquiree", "procurement": "supplier",
    "partnership": "partner", "holding": "investee", "divestment": "seller",
    "debt": "borrower", "ipo": "issuer",
}  # fmt: skip

each_article = pytest.mark.parametrize("article", ARTICLES, ids=lambda a: a["article_id"])
each_deal = pytest.mark.parametrize(
    ("article", "deal"),
    DEALS,
    ids=[f"{article['article_id']}-{deal['type']}-{n}" for n, (article, deal) in enumerate(DEALS)],
)


# --- the articles ------------------------------------------------------------------------------


@each_article
def test_an_article_has_its_keys_and_kinds(article: dict[str, Any]) -> None:
    assert list(article) == ARTICLE_KEYS
    assert article["outlet"] == "zhdeals corpus"
    assert type(article["invented"]) is bool
    assert article["script"] in {"hans", "hant"}
    assert article["genre"] in GENRES


@each_article
def test_the_text_is_the_title_and_a_body(article: dict[str, Any]) -> None:
    title, _, body = article["text"].partition("\n")
    assert title == article["title"] == title.strip()
    assert body == body.strip()
    assert 80 <= len(article["text"]) <= 900


@each_article
def test_the_script_is_the_one_declared(article: dict[str, Any]) -> None:
    """Simplified text folds to itself but for the brand 昇腾, traditional text does not."""
    text = article["text"].replace("昇腾", "")
    assert (opencc.OpenCC("t2s").convert(text) == text) == (article["script"] == "hans")


@each_article
def test_a_publication_date_is_a_day(article: dict[str, Any]) -> None:
    day = date.fromisoformat(article["published"])
    assert day.isoformat() == article["published"]
    assert date(2025, 1, 1) <= day <= date(2026, 3, 31)


def test_ids_run_on_and_dates_do_not_run_back() -> None:
    assert [a["article_id"] for a in ARTICLES] == [f"c{n:03d}" for n in range(1, len(LINES) + 1)]
    assert [a["published"] for a in ARTICLES] == sorted(a["published"] for a in ARTICLES)


def test_no_text_stands_twice() -> None:
    assert len({a["text"] for a in ARTICLES}) == len({a["title"] for a in ARTICLES}) == len(LINES)


def test_lines_are_plain_json() -> None:
    assert [json.dumps(a, ensure_ascii=False) for a in ARTICLES] == LINES


# --- the records -------------------------------------------------------------------------------


@each_deal
def test_a_deal_has_its_keys_and_kinds(article: dict[str, Any], deal: dict[str, Any]) -> None:
    assert list(deal) == DEAL_KEYS
    assert deal["status"] in STATUSES
    assert type(deal["optional"]) is bool
    assert deal["evidence"] in article["text"]
    assert deal["stake"] is None or 0 < deal["stake"] <= 100
    assert deal["round"] is None or ROUND.fullmatch(deal["round"])


@each_deal
def test_the_roles_fit_the_type(article: dict[str, Any], deal: dict[str, Any]) -> None:
    pays, paid = ROLES[deal["type"]]
    assert {party["role"] for party in deal["investor"]} <= pays
    assert {party["role"] for party in deal["target"]} <= paid
    assert deal["investor"] or deal["target"]
    if deal["target"]:
        assert CHIEF[deal["type"]] in {party["role"] for party in deal["target"]}
    if deal["type"] in {"holding", "partnership"}:
        assert deal["investor"]
        assert deal["target"]


@each_deal
def test_a_party_is_named_in_the_text(article: dict[str, Any], deal: dict[str, Any]) -> None:
    for party in [*deal["investor"], *deal["target"]]:
        assert list(party) == ["name", "role", "names"]
        assert party["name"] in article["text"]
        assert party["names"][0] == party["name"]
        assert len(set(party["names"])) == len(party["names"])


@each_deal
def test_no_party_stands_twice_on_a_side(article: dict[str, Any], deal: dict[str, Any]) -> None:
    for side in (deal["investor"], deal["target"]):
        names = [party["name"] for party in side]
        assert len(set(names)) == len(names)


def money_of(deal: dict[str, Any]) -> list[dict[str, Any]]:
    return [deal[key] for key in ("amount", "valuation") if deal[key] is not None]


@each_deal
def test_money_is_quoted_and_its_bounds_fit(article: dict[str, Any], deal: dict[str, Any]) -> None:
    for money in money_of(deal):
        assert list(money) == ["min", "max", "currency", "modifier", "text"]
        assert money["text"] in article["text"]
        assert money["currency"] in CURRENCIES
        low, high = money["min"], money["max"]
        assert low is None or low > 0
        assert {
            "exact": low is not None and low == high,
            "approx": low is not None and low == high,
            "at_least": low is not None and high is None,
            "at_most": low is None and high is not None,
            "range": None not in (low, high) and low < high,
            "vague": None not in (low, high) and low * 10 == high,
        }[money["modifier"]]


HEDGES = {
    "approx": re.compile("约|約|近|上下|左右"),
    "at_least": re.compile("至少|(?<!不)超|逾|以上|衝破"),
    "at_most": re.compile("至多|最多|最高|不超过"),
    "range": re.compile("亿至|億至"),
    "vague": re.compile("数|級|级"),
}


@each_deal
def test_a_hedge_is_quoted_with_its_money(article: dict[str, Any], deal: dict[str, Any]) -> None:
    for money in money_of(deal):
        told = [name for name, words in HEDGES.items() if words.search(money["text"])]
        assert told == ([] if money["modifier"] == "exact" else [money["modifier"]])


MARKS = {"美元": "USD", "港元": "HKD", "欧元": "EUR", "新台幣": "TWD"}


@each_deal
def test_a_currency_is_the_one_told(article: dict[str, Any], deal: dict[str, Any]) -> None:
    """A bare 元 is the renminbi in simplified text, the Taiwan dollar in traditional."""
    bare = "CNY" if article["script"] == "hans" else "TWD"
    for money in money_of(deal):
        marks = [currency for mark, currency in MARKS.items() if mark in money["text"]]
        assert [money["currency"]] == (marks or [bare])


@each_deal
def test_a_date_is_one_and_not_after_the_article(
    article: dict[str, Any], deal: dict[str, Any]
) -> None:
    if deal["date"] is None:
        return
    assert DATE.fullmatch(deal["date"])
    assert deal["date"] <= article["published"]
    if len(deal["date"]) == 10:
        date.fromisoformat(deal["date"])


@each_deal
def test_conditions_and_hardware_are_quoted(article: dict[str, Any], deal: dict[str, Any]) -> None:
    for condition in deal["conditions"]:
        assert list(condition) == ["kind", "text"]
        assert condition["kind"] in KINDS
        assert condition["text"] in article["text"]
    for hardware in deal["hardware"]:
        assert list(hardware) == ["name", "vendor", "quantity"]
        told = [value for value in hardware.values() if value is not None]
        assert [value for value in told if value not in article["text"]] == []


@each_article
def test_no_record_stands_twice(article: dict[str, Any]) -> None:
    keys = [json.dumps({**deal, "evidence": ""}, sort_keys=True) for deal in article["deals"]]
    assert len(set(keys)) == len(keys)


# --- coverage ----------------------------------------------------------------------------------


def test_every_type_is_told_several_times() -> None:
    counts = Counter(deal["type"] for deal in REQUIRED)
    assert set(counts) == set(ROLES)
    assert min(counts.values()) >= 5


def test_every_status_is_told_often() -> None:
    counts = Counter(deal["status"] for deal in REQUIRED)
    assert set(counts) == STATUSES
    assert min(counts.values()) >= 10


def test_every_kind_of_condition_is_told() -> None:
    counts = Counter(c["kind"] for deal in REQUIRED for c in deal["conditions"])
    assert set(counts) == KINDS
    assert min(counts.values()) >= 3


def test_every_modifier_and_currency_is_told() -> None:
    money = [money for deal in REQUIRED for money in money_of(deal)]
    assert {m["modifier"] for m in money} == {"exact", *HEDGES}
    assert {m["currency"] for m in money} == CURRENCIES


def test_articles_of_every_sort() -> None:
    required = [sum(not deal["optional"] for deal in a["deals"]) for a in ARTICLES]
    assert len(ARTICLES) >= 40
    assert {a["genre"] for a in ARTICLES} == GENRES
    assert sum(a["script"] == "hant" for a in ARTICLES) >= 12
    assert sum(not a["deals"] for a in ARTICLES) >= 6
    assert sum(count >= 2 for count in required) >= 20
    assert {a["invented"] for a in ARTICLES} == {True, False}


# --- what stands beside the articles -----------------------------------------------------------


def test_the_text_files_are_articles_of_the_corpus() -> None:
    texts = {(a["published"], a["text"]) for a in ARTICLES}
    files = sorted((CORPUS / "articles").glob("*.txt"))
    assert len(files) == 6
    for path in files:
        assert re.fullmatch(r"\d{4}-\d{2}-\d{2}-[a-z-]+\.txt", path.name)
        assert (path.name[:10], path.read_text(encoding="utf-8")) in texts


def both(key: str) -> list[tuple[str, int, int]]:
    required = Counter(deal[key] for deal in REQUIRED)
    optional = Counter(deal[key] for _, deal in DEALS if deal["optional"])
    return [(name, required[name], optional[name]) for name in sorted(required | optional)]


def table_rows() -> list[str]:
    """The rows of the data card's tables, as the corpus has them."""
    genres = Counter((a["genre"], a["script"]) for a in ARTICLES)
    scripts = Counter(a["script"] for a in ARTICLES)
    kinds = Counter(c["kind"] for deal in REQUIRED for c in deal["conditions"])
    rows: list[tuple[object, ...]] = [("genre", "hans", "hant")]
    rows += [(name, genres[name, "hans"], genres[name, "hant"]) for name in sorted(GENRES)]
    rows += [("all", scripts["hans"], scripts["hant"]), ("type", "required", "optional")]
    rows += [*both("type"), ("all", len(REQUIRED), len(DEALS) - len(REQUIRED))]
    rows += [("status", "required", "optional"), *both("status"), ("condition", "number")]
    rows += [*sorted(kinds.items())]
    return [f"| {' | '.join(map(str, row))} |" for row in rows]


def test_the_data_card_counts_what_is_there() -> None:
    card = (CORPUS / "README.md").read_text(encoding="utf-8")
    start, end = card.index("| genre | hans"), card.index("- 41 articles")
    rows = [line for line in card[start:end].splitlines() if re.match(r"\| \w", line)]
    assert rows == table_rows()


def test_the_data_card_tells_the_totals() -> None:
    card = (CORPUS / "README.md").read_text(encoding="utf-8")
    invented = sum(a["invented"] for a in ARTICLES)
    several = sum(sum(not d["optional"] for d in a["deals"]) >= 2 for a in ARTICLES)
    lengths = [len(a["text"]) for a in ARTICLES]
    for sentence in (
        f"\n{len(ARTICLES)} short articles",
        f"\n- {len(ARTICLES) - invented} articles tell real events",
        f" {invented} tell of companies",
        f"\n- {sum(not a['deals'] for a in ARTICLES)} articles hold no deal",
        f"\n- {several} articles hold two or more",
        f"({min(lengths)} to {max(lengths)} characters)",
    ):
        assert sentence in card


# --- its own words -----------------------------------------------------------------------------

WINDOW = 12
BLOCK = WINDOW // 2
OTHER = re.compile(r"[^\u3400-\u4dbf\u4e00-\u9fff]+")
ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})")
TAG = re.compile(r"<[^>]+>")


def chinese(text: str) -> str:
    """The Chinese characters of a text alone: no figure or comma shall hide a borrowed clause."""
    return OTHER.sub("", text)


def windows(text: str) -> Iterator[str]:
    for start in range(len(text) - WINDOW + 1):
        yield text[start : start + WINDOW]


def read_shared(path: Path) -> str:
    """Text of a plain, gzipped or spreadsheet file, escapes of JSON resolved."""
    if path.suffix == ".xlsx":
        with zipfile.ZipFile(path) as book:
            parts = [book.read(name) for name in book.namelist() if name.endswith(".xml")]
        return TAG.sub("", b"".join(parts).decode("utf-8"))
    raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return ESCAPE.sub(lambda m: chr(int(m[1], 16)), raw.decode("utf-8", errors="replace"))


def borrowed(text: str, own: set[str], blocks: set[str]) -> set[str]:
    """The windows of a text that are also our own.

    Every window of twelve holds one of the text's consecutive blocks of six, so only blocks
    that are ours are looked at closer.
    """
    found = set()
    for start in range(0, len(text) - BLOCK + 1, BLOCK):
        if text[start : start + BLOCK] in blocks:
            near = text[max(0, start - BLOCK) : start + WINDOW]
            found |= own & set(windows(near))
    return found


def own_windows() -> set[str]:
    """The windows of every file of the corpus, as written and in simplified script."""
    fold = opencc.OpenCC("t2s").convert
    texts = [a["text"] for a in ARTICLES] + [(CORPUS / "README.md").read_text(encoding="utf-8")]
    return {w for text in texts for form in (text, fold(text)) for w in windows(chinese(form))}


@pytest.mark.parametrize("shift", range(WINDOW))
def test_a_borrowed_window_is_found_wherever_it_stands(shift: int) -> None:
    ours = "甲乙丙丁戊己庚辛壬癸子丑"
    blocks = {ours[n : n + BLOCK] for n in range(WINDOW - BLOCK + 1)}
    assert borrowed("寅" * shift + ours + "卯" * 5, {ours}, blocks) == {ours}
    assert borrowed("寅" * shift + ours[:-1] + "卯" * 5, {ours}, blocks) == set()


def test_no_twelve_characters_are_shared_with_the_news_texts(shared: Path) -> None:
    own = own_windows()
    blocks = {w[n : n + BLOCK] for w in own for n in range(WINDOW - BLOCK + 1)}
    files = sorted(path for path in shared.rglob("*") if path.is_file())
    assert files
    found = {p.name: borrowed(chinese(read_shared(p)), own, blocks) for p in files}
    assert {name: hits for name, hits in found.items() if hits} == {}
