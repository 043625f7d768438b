"""A language model as a reader: what it is asked, and which articles are worth asking about.

What becomes of its answers is the work of ``extract.ingest``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, get_args

from pydantic import BaseModel, ConfigDict, Field

from extract.article import Article
from extract.lexicon import read_toml
from extract.records import (
    CONDITION_KINDS,
    STATUSES,
    ArticleDeals,
    ConditionKind,
    DealRecord,
    DealType,
    Modifier,
    Role,
    Status,
)

# --- what is asked -----------------------------------------------------------------------------


class _Asked(BaseModel):
    model_config = ConfigDict(extra="forbid")


class AskedValue(_Asked):
    """A value and the words of the article that say it."""

    value: str
    words: str


class AskedParty(_Asked):
    """A party by the name the article uses most, and its part in the deal."""

    name: str
    role: Role


class AskedMoney(_Asked):
    """An amount in units of its currency; a bound that the words leave open is null."""

    min: float | None
    max: float | None
    currency: str
    modifier: Modifier
    words: str


class AskedStake(_Asked):
    """A percentage as a number: 27 for 27%."""

    value: float
    words: str


class AskedCondition(_Asked):
    """A condition: its kind and its shortest clause."""

    kind: ConditionKind
    words: str


class AskedHardware(_Asked):
    """Hardware by the name the article uses, and how much of it in its words."""

    name: str
    quantity: str | None


class AskedType(_Asked):
    """The type of a deal and the word that tells of it."""

    value: DealType
    words: str


class AskedStatus(_Asked):
    """How far a deal has come and the word that says so."""

    value: Status
    words: str


class AskedDeal(_Asked):
    """One record as it is asked for."""

    type: AskedType
    evidence: str = Field(description="the clause that asserts the deal, copied from the article")
    investor: list[AskedParty]
    target: list[AskedParty]
    amount: AskedMoney | None
    stake: AskedStake | None
    valuation: AskedMoney | None
    round: AskedValue | None
    status: AskedStatus
    date: AskedValue | None
    conditions: list[AskedCondition]
    hardware: list[AskedHardware]


class Asked(_Asked):
    """The whole answer."""

    deals: list[AskedDeal]


def answer_schema() -> dict[str, Any]:
    """The JSON Schema of an answer, for models that can be held to one."""
    schema = Asked.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


@dataclass(frozen=True, slots=True)
class Example:
    """An article with its answer, for the prompt."""

    title: str
    published: str
    text: str
    answer: Mapping[str, Any]


@cache
def examples() -> tuple[Example, ...]:
    """The examples of ``prompt.toml``."""
    told = read_toml("prompt.toml")["example"]
    return tuple(
        Example(one["title"], one["published"], one["text"], json.loads(one["answer"]))
        for one in told
    )


def prompt(article: Article | None = None) -> str:
    """What a model is to be told: task, shape, rules and examples; then the article, if any."""
    seed = read_toml("prompt.toml")
    rules = "\n".join(f"{number}. {rule}" for number, rule in enumerate(seed["rules"], 1))
    shown = "\n\n".join(_shown(number, one) for number, one in enumerate(examples(), 1))
    parts = [
        seed["task"].strip(),
        f"## Answer\n\n{seed['answer'].strip()}\n\n{_choices()}",
        f"## Rules\n\n{rules}",
        f"## Examples\n\n{shown}",
    ]
    if article is not None:
        parts.append(f"## Article\n\n{_article(article.published, article.text)}\n\nAnswer:")
    return "\n\n".join(parts) + "\n"


def _choices() -> str:
    """The closed lists of values."""
    roles = "\n".join(
        f"- `{kind}`: investor side {_coded(entry['payer'])}; target side {_coded(entry['paid'])}"
        for kind, entry in read_toml("deals.toml")["type"].items()
    )
    return (
        f"Types and the roles of their two sides:\n{roles}\n\n"
        f"Status: {_coded(STATUSES)}\n\nModifiers: {_coded(get_args(Modifier))}\n\n"
        f"Kinds of condition: {_coded(CONDITION_KINDS)}"
    )


def _coded(values: Iterable[str]) -> str:
    return ", ".join(f"`{value}`" for value in values)


def _shown(number: int, example: Example) -> str:
    told = json.dumps(example.answer, ensure_ascii=False)
    text = _article(example.published, f"{example.title}\n{example.text}")
    return f"### Example {number}\n\n{text}\n\nAnswer:\n\n```json\n{told}\n```"


def _article(published: str | None, text: str) -> str:
    """An article in a frame that nothing in it can close: the text is data, not instruction."""
    day = f"Published: {published or 'unknown'}"
    return f"{day}\n<article>\n{text.replace('</article', '< /article')}\n</article>"


# --- the queue ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Doubtful:
    """An article that a person or a model should look at: its least sure record decides."""

    article_id: str
    confidence: float
    deals: tuple[DealRecord, ...]


def below(records: Iterable[ArticleDeals], confidence: float) -> list[Doubtful]:
    """The articles with records under a confidence, and these records; the least sure first."""
    found = []
    for article in records:
        doubtful = tuple(deal for deal in article.deals if deal.confidence < confidence)
        if doubtful:
            least = min(deal.confidence for deal in doubtful)
            found.append(Doubtful(article.article_id, least, doubtful))
    return sorted(found, key=lambda one: (one.confidence, one.article_id))
