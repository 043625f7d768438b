"""The project's own articles: form, quotations, roles, split, coverage, and that their words are its own.

The corpus is checked as data, without the pipeline that is measured on it.
"""

from __future__ import annotations

import importlib.util
import json
import re
from collections import Counter
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from types import ModuleType
from typing import Any

import opencc
import pytest

CORPUS = Path(__file__).resolve().parents[1] / "corpus"
LINES = (CORPUS / "articles.jsonl").read_text(encoding="utf-8").splitlines()
ARTICLES: list[dict[str, Any]] = [json.loads(line) for line in LINES]
DEALS = [(article, deal) for article in ARTICLES for deal in article["deals"]]
REQUIRED = [deal for _, deal in DEALS if not deal["optional"]]

ARTICLE_KEYS = [
    "article_id", "title", "published", "outlet", "invented", "script", "genre", "split", "text", "deals",
]  # fmt: skip
DEAL_KEYS = [
    "type", "investor", "target", "amount", "stake", "valuation", "round", "status", "date",
    "conditions", "hardware", "evidence", "optional",
]  # fmt: skip
GENRES = {
    "flash", "wire", "it-news", "translation", "public-account", "digest", "announcement",
    "feature", "column",
}  # fmt: skip
SPLITS = {"train": 97, "dev": 30, "test": 30}
STATUSES = {"talks", "announced", "completed", "terminated"}
KINDS = {
    "procurement", "tranche", "use_of_proceeds", "exclusivity", "governance", "warrant",
    "regulatory", "performance", "redemption", "lockup", "term", "other",
}  # fmt: skip
CURRENCIES = {"CNY", "USD", "TWD", "HKD", "EUR", "GBP", "JPY", "KRW"}
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
    assert article["split"] in SPLITS


@each_article
def test_the_text_is_the_title_and_a_body(article: dict[str, Any]) -> None:
    title, _, body = article["text"].partition("\n")
    assert title == article["title"] == title.strip()
    assert body == body.strip()
    assert 80 <= len(article["text"]) <= 1500


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


def test_ids_run_on() -> None:
    assert [a["article_id"] for a in ARTICLES] == [f"c{n:03d}" for n in range(1, len(LINES) + 1)]


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
    "at_least": re.compile("至少|(?<!不)超|逾|以上|衝破|越过|不低于"),
    "at_most": re.compile("至多|最多|最高|不超过"),
    "range": re.compile("亿至|億至|亿元至|不少于.*不超过"),
    "vague": re.compile("数|數|級|级"),
}


@each_deal
def test_a_hedge_is_quoted_with_its_money(article: dict[str, Any], deal: dict[str, Any]) -> None:
    for money in money_of(deal):
        told = [name for name, words in HEDGES.items() if words.search(money["text"])]
        told = ["range"] if "range" in told else told
        assert told == ([] if money["modifier"] == "exact" else [money["modifier"]])


MARKS = {
    "美元": "USD", "港元": "HKD", "欧元": "EUR", "新台幣": "TWD", "英镑": "GBP", "日圓": "JPY",
    "韓元": "KRW",
}  # fmt: skip


@each_deal
def test_a_currency_is_the_one_told(article: dict[str, Any], deal: dict[str, Any]) -> None:
    """A bare 元 is the renminbi in simplified text, the Taiwan dollar in traditional."""
    bare = "CNY" if article["script"] == "hans" else "TWD"
    for money in money_of(deal):
        marks = [currency for mark, currency in MARKS.items() if mark in money["text"]]
        assert [money["currency"]] == (marks or [bare])


def first_day(told: str) -> str:
    """The first day of a date cut to what was told, 2025-Q3 or 2025-H2 or 2025."""
    year, _, rest = told.partition("-")
    if rest[:1] in {"Q", "H"}:
        step = {"Q": 3, "H": 6}[rest[0]]
        rest = f"{(int(rest[1:]) - 1) * step + 1:02d}"
    return "-".join([year, *(rest or "01").split("-"), "01"][:3])


@pytest.mark.parametrize(
    ("told", "day"),
    [
        ("2025", "2025-01-01"),
        ("2025-11", "2025-11-01"),
        ("2025-Q3", "2025-07-01"),
        ("2025-H2", "2025-07-01"),
        ("2025-12-17", "2025-12-17"),
    ],
)
def test_the_first_day_of_what_was_told(told: str, day: str) -> None:
    assert first_day(told) == day


@each_deal
def test_a_date_is_one_and_not_after_the_article(
    article: dict[str, Any], deal: dict[str, Any]
) -> None:
    if deal["date"] is None:
        return
    assert DATE.fullmatch(deal["date"])
    day = first_day(deal["date"])
    assert date.fromisoformat(day).isoformat() == day <= article["published"]


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


def test_the_corpus_is_as_large_as_it_says() -> None:
    assert len(ARTICLES) == 157
    assert sum(a["script"] == "hant" for a in ARTICLES) == 52
    assert sum(not a["deals"] for a in ARTICLES) == 26
    assert sum(len(a["text"]) >= 800 for a in ARTICLES) >= 7
    assert {a["invented"] for a in ARTICLES} == {True, False}


def test_every_genre_is_written_in_both_scripts() -> None:
    told = {(a["genre"], a["script"]) for a in ARTICLES}
    assert told == {(genre, script) for genre in GENRES for script in ("hans", "hant")}


def test_articles_without_a_deal_are_full_of_money() -> None:
    sums = {
        a["article_id"]: len(
            re.findall(r"[\d一二三四五六七八九十百千万億亿兆]元|[美港欧]元", a["text"])
        )
        for a in ARTICLES
        if not a["deals"]
    }
    assert sum(count >= 3 for count in sums.values()) >= 20
    assert sum(sums.values()) >= 150


def test_digests_and_features_hold_many_records() -> None:
    counts = sorted(
        sum(not deal["optional"] for deal in a["deals"])
        for a in ARTICLES
        if a["genre"] in {"digest", "feature"} and a["deals"]
    )
    assert counts[0] >= 2
    assert counts[-8:] >= [6] * 8


def test_every_type_is_told_often() -> None:
    counts = Counter(deal["type"] for deal in REQUIRED)
    assert set(counts) == set(ROLES)
    assert min(counts.values()) >= 12


def test_every_status_is_told_often() -> None:
    counts = Counter(deal["status"] for deal in REQUIRED)
    assert set(counts) == STATUSES
    assert min(counts.values()) >= 25


def test_every_type_but_a_holding_is_told_in_every_status_it_can_have() -> None:
    told = {(deal["type"], deal["status"]) for _, deal in DEALS}
    possible = {(kind, status) for kind in ROLES for status in STATUSES}
    possible -= {("holding", status) for status in STATUSES - {"completed"}}
    assert possible - told == {
        ("partnership", "completed"),
        ("divestment", "announced"),
        ("divestment", "terminated"),
    }


def test_every_kind_of_condition_is_told() -> None:
    counts = Counter(c["kind"] for deal in REQUIRED for c in deal["conditions"])
    assert set(counts) == KINDS
    assert min(counts.values()) >= 5


def test_every_role_is_told() -> None:
    roles = {p["role"] for deal in REQUIRED for p in [*deal["investor"], *deal["target"]]}
    assert roles == {role for sides in ROLES.values() for side in sides for role in side}


def test_every_modifier_and_currency_is_told() -> None:
    money = [money for deal in REQUIRED for money in money_of(deal)]
    assert {m["modifier"] for m in money} == {"exact", *HEDGES}
    assert {m["currency"] for m in money} == CURRENCIES


# The legs of circles, payer and paid, by a name that every article's gold lists for that party.
CIRCLES = {
    "Nvidia and OpenAI, by way of Oracle": ["Nvidia>OpenAI", "OpenAI>Oracle", "Oracle>Nvidia"],
    "OpenAI and AMD": ["OpenAI>AMD"],
    "Nvidia and CoreWeave": ["Nvidia>CoreWeave"],
    "CoreWeave and OpenAI": ["OpenAI>CoreWeave"],
    "Microsoft and OpenAI": ["Microsoft>OpenAI", "OpenAI>Microsoft"],
    "Microsoft and Anthropic": ["Microsoft>Anthropic", "Anthropic>Microsoft"],
    "Amazon and Anthropic": ["Amazon>Anthropic", "Anthropic>Amazon"],
    "Amazon and OpenAI": ["Amazon>OpenAI", "OpenAI>Amazon Web Services"],
    "Google and Anthropic": ["Google>Anthropic", "Anthropic>Google"],
    "Nvidia and Lambda": ["Nvidia>Lambda"],
    "two that do not exist": ["砺川半导体>泠泉云", "泠泉云>砺川半导体"],
}


def legs(articles: Iterable[dict[str, Any]]) -> Counter[str]:
    """How many articles tell each payment from one party to another."""
    told: Counter[str] = Counter()
    for article in articles:
        found = set()
        for deal in article["deals"]:
            for payer in (name for party in deal["investor"] for name in party["names"]):
                for paid in (name for party in deal["target"] for name in party["names"]):
                    found.add(f"{payer}>{paid}")
        told.update(found)
    return told


@pytest.mark.parametrize("circle", CIRCLES, ids=str)
def test_the_legs_of_a_circle_are_told_in_several_articles(circle: str) -> None:
    told = legs(ARTICLES)
    assert {leg: told[leg] for leg in CIRCLES[circle] if told[leg] < 1} == {}
    assert max(told[leg] for leg in CIRCLES[circle]) >= 2


def test_a_deal_is_told_while_in_talks_and_when_announced() -> None:
    for payer, paid in (("Nvidia", "OpenAI"), ("Amazon", "OpenAI"), ("砺川半导体", "泠泉云")):
        told = {
            deal["status"]
            for _, deal in DEALS
            if any(payer in party["names"] for party in deal["investor"])
            and any(paid in party["names"] for party in deal["target"])
        }
        assert told >= {"talks", "announced"}


# --- the split ---------------------------------------------------------------------------------


def test_the_split_has_its_sizes() -> None:
    assert Counter(a["split"] for a in ARTICLES) == SPLITS


def test_the_split_is_even_by_script_and_deal() -> None:
    for name, size in SPLITS.items():
        part = [a for a in ARTICLES if a["split"] == name]
        assert sum(a["script"] == "hant" for a in part) == round(size / 3)
        assert sum(not a["deals"] for a in part) == round(size / 6)


@pytest.mark.parametrize("name", SPLITS)
def test_the_split_is_stratified_by_genre_type_and_status(name: str) -> None:
    share = SPLITS[name] / len(ARTICLES)
    part = [a for a in ARTICLES if a["split"] == name]
    required = [deal for a in part for deal in a["deals"] if not deal["optional"]]
    tables = [(Counter(a["genre"] for a in ARTICLES), Counter(a["genre"] for a in part))] + [
        (Counter(deal[key] for deal in REQUIRED), Counter(deal[key] for deal in required))
        for key in ("type", "status")
    ]
    off = {
        key: (there[key], share * whole)
        for every, there in tables
        for key, whole in every.items()
        if not there[key] or abs(there[key] - share * whole) > max(2.5, 0.2 * share * whole)
    }
    assert off == {}


def test_the_test_articles_are_of_those_written_last() -> None:
    assert min(a["article_id"] for a in ARTICLES if a["split"] == "test") > "c081"


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
    rows += [*sorted(kinds.items()), ("split", "articles", "hant", "no deal", "required")]
    for name in SPLITS:
        part = [a for a in ARTICLES if a["split"] == name]
        required = sum(not deal["optional"] for a in part for deal in a["deals"])
        hant = sum(a["script"] == "hant" for a in part)
        rows.append((name, len(part), hant, sum(not a["deals"] for a in part), required))
    return [f"| {' | '.join(map(str, row))} |" for row in rows]


def test_the_data_card_counts_what_is_there() -> None:
    card = (CORPUS / "README.md").read_text(encoding="utf-8")
    start, end = card.index("| genre | hans"), card.index("\n- ")
    rows = [line for line in card[start:end].splitlines() if re.match(r"\| \w", line)]
    assert rows == table_rows()


def test_the_data_card_tells_the_totals() -> None:
    card = (CORPUS / "README.md").read_text(encoding="utf-8")
    invented = sum(a["invented"] for a in ARTICLES)
    several = sum(sum(not d["optional"] for d in a["deals"]) >= 2 for a in ARTICLES)
    lengths = [len(a["text"]) for a in ARTICLES]
    for sentence in (
        f"\n{len(ARTICLES)} articles",
        f"\n- {len(ARTICLES) - invented} articles tell real events",
        f" {invented} tell of companies",
        f"\n- {sum(not a['deals'] for a in ARTICLES)} articles hold no deal",
        f"\n- {several} articles hold two or more",
        f"({min(lengths)} to {max(lengths)} characters)",
    ):
        assert sentence in card


# --- the agreement of the two passes -----------------------------------------------------------

PASSES = json.loads((Path(__file__).parent / "bench" / "agreement.json").read_text("utf-8"))
ROUNDS = ("sample", "rest", "all", "added")
CORE = ("investor", "target", "amount", "condition", "hardware")


def f1(counts: dict[str, int]) -> str:
    if not any(counts.values()):
        return "-"
    agreed = 2 * counts["tp"]
    return f"{agreed / (agreed + counts['fp'] + counts['fn']):.3f}"


def agreement_rows() -> list[str]:
    """The rows of the table of agreement, as the counts have it."""
    parts = [PASSES[name] for name in ROUNDS]
    rows: list[tuple[object, ...]] = [
        ("articles", *(part["articles"] for part in parts)),
        ("without a deal", *(part["without_a_deal"] for part in parts)),
    ]
    for name in ("first", "second"):
        required = (part[name]["required"] for part in parts)
        rows.append((f"required records, {name} pass", *required))
    rows += [(name, *(f1(part["counts"][name]) for part in parts)) for name in parts[0]["counts"]]
    return [f"| {' | '.join(map(str, row))} |" for row in rows]


def test_the_data_card_tells_the_agreement() -> None:
    card = (CORPUS / "README.md").read_text(encoding="utf-8")
    section = card[card.index("## Agreement") : card.index("## Limits")]
    assert [line for line in section.splitlines() if re.match(r"\| \w", line)] == agreement_rows()
    apart = PASSES["sample_not_in_guidelines"]["counts"]
    deal, record, slot = (f1(apart[name]) for name in ("deal", "record", "slot"))
    words = " ".join(section.split())
    assert f"{deal} deal F1, {record} record F1 and {slot} slot F1" in words


def test_the_passes_agree_on_the_slots() -> None:
    assert min(float(f1(PASSES[name]["counts"]["slot"])) for name in ROUNDS) >= 0.9


@pytest.mark.parametrize("name", [*ROUNDS, "sample_not_in_guidelines"])
def test_the_fields_add_up_to_slot_and_core(name: str) -> None:
    counts = {key: Counter(value) for key, value in PASSES[name]["counts"].items()}
    fields = [key for key in counts if key not in {"deal", "record", "slot", "core"}]
    assert len(fields) == 11
    assert sum((counts[key] for key in fields), Counter()) == counts["slot"]
    assert sum((counts[key] for key in CORE), Counter()) == counts["core"]


def test_the_rounds_add_up() -> None:
    sample, rest, whole, added = (PASSES[name] for name in ROUNDS)
    for key in ("articles", "without_a_deal"):
        assert sample[key] + rest[key] == whole[key]
    assert added["articles"] == len(added["ids"])
    once = len(PASSES["not_passed_twice"])
    assert whole["articles"] + added["articles"] + once == len(ARTICLES)
    for key, counts in whole["counts"].items():
        assert Counter(sample["counts"][key]) + Counter(rest["counts"][key]) == +Counter(counts)


def test_the_sample_is_drawn_evenly() -> None:
    ids, later = PASSES["sample"]["ids"], PASSES["added"]["ids"]
    drawn_from = [a for a in ARTICLES if a["article_id"] not in later]
    for name in SPLITS:
        part = [a["article_id"] for a in drawn_from if a["split"] == name]
        drawn = [part[n * len(part) // 20] for n in range(20)]
        assert [key for key in part if key in ids] == drawn


# --- the guidelines ----------------------------------------------------------------------------

EXAMPLE = re.compile(r"\| (c\d{3}) \| (.+?) \| `(.+?)` \| .+ \|")
KIND_EXAMPLE = re.compile(r"\| `(\w+)` \| (.+?) \| (c\d{3}) \|")
GUIDE = (CORPUS / "GUIDELINES.md").read_text(encoding="utf-8")
EXAMPLES = [match.groups() for line in GUIDE.splitlines() if (match := EXAMPLE.fullmatch(line))]
KIND_EXAMPLES = [m.groups() for line in GUIDE.splitlines() if (m := KIND_EXAMPLE.fullmatch(line))]
BY_ID = {article["article_id"]: article for article in ARTICLES}


def reading(deal: dict[str, Any]) -> str:
    """Type, status and date of a record, as the guidelines write them."""
    words = f"{deal['type']} {deal['status']} {deal['date'] or '-'}"
    return f"{words} optional" if deal["optional"] else words


@pytest.mark.parametrize(("name", "words", "gold"), EXAMPLES)
def test_an_example_of_the_guidelines_is_in_the_gold(name: str, words: str, gold: str) -> None:
    article = BY_ID[name]
    assert words in article["text"]
    if gold == "no record":
        quoted = [
            quote
            for deal in article["deals"]
            for quote in [deal["evidence"], *(c["text"] for c in deal["conditions"])]
        ]
        assert [quote for quote in quoted if quote in words or words in quote] == []
    else:
        assert gold in {reading(deal) for deal in article["deals"]}


@pytest.mark.parametrize(("kind", "words", "name"), KIND_EXAMPLES)
def test_an_example_of_a_condition_is_in_the_gold(kind: str, words: str, name: str) -> None:
    conditions = [c for deal in BY_ID[name]["deals"] for c in deal["conditions"]]
    assert {"kind": kind, "text": words} in conditions


def test_the_guidelines_have_an_example_of_every_hard_case() -> None:
    cases = GUIDE[GUIDE.index("## 3.") : GUIDE.index("## 5.")].split("\n### ")[1:]
    assert len(cases) == 22
    assert [case.splitlines()[0] for case in cases if not re.search(r"\bc\d{3} \|", case)] == []
    assert {kind for kind, _, _ in KIND_EXAMPLES} == KINDS
    rows = [line for line in GUIDE.splitlines() if re.search(r"\bc\d{3} \|", line)]
    assert len(rows) == len(EXAMPLES) + len(KIND_EXAMPLES)


# --- its own words -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def overlap() -> ModuleType:
    path = Path(__file__).parent / "bench" / "corpus_overlap.py"
    spec = importlib.util.spec_from_file_location("corpus_overlap", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("shift", range(12))
def test_a_borrowed_window_is_found_wherever_it_stands(shift: int, overlap: ModuleType) -> None:
    ours = "甲乙丙丁戊己庚辛壬癸子丑"
    blocks = overlap.blocks_of({ours})
    assert overlap.borrowed("寅" * shift + ours + "卯" * 5, {ours}, blocks) == {ours}
    assert overlap.borrowed("寅" * shift + ours[:-1] + "卯" * 5, {ours}, blocks) == set()


@pytest.mark.parametrize(
    ("window", "left"),
    [
        ("微软投资Anthropic", "投资"),
        ("9月22日，1000亿", ""),
        ("拟向特定对象发行股票募集", "拟向特定对象发行股票募集"),
    ],
)
def test_names_and_figures_are_no_words(window: str, left: str, overlap: ModuleType) -> None:
    assert overlap.words_left(window, re.compile("微软|Anthropic")) == left


def test_no_words_are_shared_with_the_news_texts(shared: Path, overlap: ModuleType) -> None:
    assert overlap.compare(shared, show=True) == 0


def test_a_borrowed_sentence_is_counted(tmp_path: Path, overlap: ModuleType) -> None:
    (tmp_path / "page.txt").write_text(ARTICLES[0]["text"], encoding="utf-8")
    (tmp_path / "other.txt").write_text("今天多云，最高气温十二度。", encoding="utf-8")
    assert overlap.compare(tmp_path, show=False) > 50
