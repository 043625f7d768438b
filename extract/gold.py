"""Gold and output as they stand in files: the shape that is scored, its normal forms, its reading."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from extract.article import Article, join_title
from extract.errors import GoldError
from extract.records import (
    DATE_PATTERN,
    ArticleDeals,
    ConditionKind,
    DealType,
    Modifier,
    Role,
    Status,
)

SLOTS: Final = (
    "type", "investor", "target", "amount", "stake", "valuation", "round", "status", "date",
    "condition", "hardware",
)  # fmt: skip

# --- what is scored: the shape that gold files and output share --------------------------------


class _Shape(BaseModel):
    """What both files must have; keys that only one of them knows are passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class ScoredParty(_Shape):
    """A party and every form of its name that counts as right."""

    name: str = Field(min_length=1)
    role: Role | None = None
    names: tuple[str, ...] = ()


class ScoredMoney(_Shape):
    """An amount; the bounds are floats here because the reference compares them within 1%."""

    min: float | None = None
    max: float | None = None
    currency: str = ""
    modifier: Modifier | None = None
    text: str = ""


class ScoredCondition(_Shape):
    """A condition: its kind and its words."""

    kind: ConditionKind
    text: str = Field(min_length=1)


class ScoredHardware(_Shape):
    """A piece of hardware; only its name is scored."""

    name: str = Field(min_length=1)
    vendor: str | None = None
    quantity: str | None = None


class ScoredDeal(_Shape):
    """One record, as read from a file of gold or of output."""

    type: DealType
    investor: tuple[ScoredParty, ...] = ()
    target: tuple[ScoredParty, ...] = ()
    amount: ScoredMoney | None = None
    stake: float | None = None
    valuation: ScoredMoney | None = None
    round: str | None = None
    status: Status | None = None
    date: str | None = Field(default=None, pattern=DATE_PATTERN)
    conditions: tuple[ScoredCondition, ...] = ()
    hardware: tuple[ScoredHardware, ...] = ()
    evidence: str | None = None
    optional: bool = False

    @cached_property
    def facts(self) -> Facts:
        """The normal forms that are compared, worked out once."""
        return Facts.of(self)


class PredictedDeal(ScoredDeal):
    """One record of output, which may say how sure it is."""

    confidence: float | None = Field(default=None, ge=0, le=1)


class _ArticleShape(_Shape):
    article_id: str = Field(min_length=1)
    title: str | None = None
    published: str | None = Field(default=None, pattern=DATE_PATTERN)
    outlet: str | None = None
    script: str | None = None
    text: str | None = None


class ScoredArticle(_ArticleShape):
    """The records that some output has of one article."""

    deals: tuple[PredictedDeal, ...] = ()


class GoldDeal(ScoredDeal):
    """One record of gold; an unknown key is an error, as it may be a misspelt one."""

    model_config = ConfigDict(extra="forbid")

    status: Status
    evidence: str = Field(min_length=1)

    @model_validator(mode="after")
    def _has_a_party(self) -> Self:
        if not self.investor and not self.target:
            raise ValueError("neither side of the deal is named")
        return self


class GoldArticle(_ArticleShape):
    """One line of a gold file; where it holds the text, every quotation must be found in it."""

    deals: tuple[GoldDeal, ...]
    split: str | None = None

    @model_validator(mode="after")
    def _quotes_the_text(self) -> Self:
        for number, deal in enumerate(self.deals):
            for key, quoted in _quotations(deal):
                if self.text is not None and quoted not in self.text:
                    raise ValueError(f"deals.{number}.{key}: {quoted!r} is not in the text")
        return self


def _quotations(deal: ScoredDeal) -> Iterator[tuple[str, str]]:
    yield "evidence", deal.evidence or ""
    for key in ("amount", "valuation"):
        if (money := getattr(deal, key)) is not None:
            yield f"{key}.text", money.text
    for number, condition in enumerate(deal.conditions):
        yield f"conditions.{number}.text", condition.text
    for number, hardware in enumerate(deal.hardware):
        yield f"hardware.{number}.name", hardware.name


# --- normal forms ------------------------------------------------------------------------------

_IGNORED = re.compile(r"[\s\"'“”‘’「」『』《》〈〉()（）·・,，.。-]")
_ROUND_NOISE = re.compile("融资|輪|轮|series")
_ROUND_FORMS: Final[Mapping[str, str]] = {"戰略": "战略", "战略投资": "战略", "種子": "种子"}


def normal(text: str) -> str:
    """A name or a clause with case, width, spaces, quotes and brackets taken out."""
    return _IGNORED.sub("", unicodedata.normalize("NFKC", text).casefold())


def normal_round(text: str | None) -> str | None:
    """The name of a round without 轮 and 融资, or None: ``B+轮融资`` gives ``b+``."""
    bare = _ROUND_NOISE.sub("", normal(text or ""))
    return _ROUND_FORMS.get(bare, bare) or None


@dataclass(frozen=True, slots=True)
class Facts:
    """What is compared of one record."""

    type: str
    investor: tuple[frozenset[str], ...]
    target: tuple[frozenset[str], ...]
    amount: ScoredMoney | None
    stake: float | None
    valuation: ScoredMoney | None
    round: str | None
    status: str | None
    date: str | None
    condition: tuple[tuple[str, str], ...]
    hardware: tuple[str, ...]

    @classmethod
    def of(cls, deal: ScoredDeal) -> Facts:
        """The normal forms of a record."""
        return cls(
            type=deal.type,
            investor=tuple(map(_names, deal.investor)),
            target=tuple(map(_names, deal.target)),
            amount=deal.amount,
            stake=deal.stake,
            valuation=deal.valuation,
            round=normal_round(deal.round),
            status=deal.status,
            date=deal.date,
            condition=tuple((told.kind, normal(told.text)) for told in deal.conditions),
            hardware=tuple(normal(item.name) for item in deal.hardware),
        )

    def values(self, slot: str) -> tuple[Any, ...]:
        """The values of a slot; none where it is not told."""
        value = getattr(self, slot)
        if isinstance(value, tuple):
            return value
        return () if value is None else (value,)

    def fillers(self) -> dict[str, int]:
        """How many values each slot holds."""
        return {slot: len(self.values(slot)) for slot in SLOTS}


def _names(party: ScoredParty) -> frozenset[str]:
    return frozenset(normal(name) for name in (party.name, *party.names) if name)


# --- reading -----------------------------------------------------------------------------------

Read = TypeVar("Read", ScoredArticle, GoldArticle)


def read_gold(path: Path, *, split: str | None = None) -> list[GoldArticle]:
    """Gold from JSON Lines, or the articles of one split of it.

    Raises GoldError with file, line and key, or where no article is of that split.
    """
    articles = _read(path, GoldArticle)
    if split is None:
        return articles
    chosen = [article for article in articles if article.split == split]
    if not chosen:
        known = ", ".join(sorted({article.split or "none" for article in articles}))
        raise GoldError(f"no article of the split {split!r}; there are: {known}", file=str(path))
    return chosen


def read_predictions(path: Path) -> list[ScoredArticle]:
    """Output from JSON Lines; raises GoldError with file, line and key."""
    return _read(path, ScoredArticle)


def as_prediction(deals: ArticleDeals) -> ScoredArticle:
    """What the pipeline returned, as if it had been written to a file and read again."""
    return ScoredArticle.model_validate(deals.model_dump(mode="json"))


def predict(
    gold: Iterable[GoldArticle], reader: Callable[[Article], ArticleDeals]
) -> Iterator[ScoredArticle]:
    """What a reader says of the texts that gold holds; raises GoldError where one is missing."""
    for wanted in gold:
        if wanted.text is None:
            raise GoldError("has no text to be read", key=wanted.article_id)
        article = Article(
            article_id=wanted.article_id,
            title=wanted.title,
            published=wanted.published,
            text=join_title(wanted.title, wanted.text),
        )
        yield as_prediction(reader(article))


def fingerprint(path: Path) -> str:
    """The SHA-256 of a file's bytes, in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _read(path: Path, model: type[Read]) -> list[Read]:
    seen: set[str] = set()
    articles = []
    for number, line in _lines(path):
        article = _parse_line(line, model, file=str(path), number=number)
        if article.article_id in seen:
            raise GoldError(
                f"{article.article_id!r} stands twice",
                file=str(path), line=number, key="article_id",
            )  # fmt: skip
        seen.add(article.article_id)
        articles.append(article)
    return articles


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise GoldError(f"cannot be read: {error}", file=str(path)) from error
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            yield number, line


def _parse_line(line: str, model: type[Read], *, file: str, number: int) -> Read:
    try:
        return model.model_validate(json.loads(line))
    except ValidationError as error:
        key, message = first_problem(error)
        raise GoldError(message, file=file, line=number, key=key) from error
    except (ValueError, RecursionError) as error:
        raise GoldError(f"is not JSON: {error}", file=file, line=number) from error


def first_problem(error: ValidationError) -> tuple[str, str]:
    """The place of the first thing that is wrong, such as ``deals.0.type``, and what it is."""
    first = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    return place, first["msg"].removeprefix("Value error, ")


def whole_numbers(value: Any) -> Any:
    """The same with integers for floats that are whole, as gold is written by hand."""
    if isinstance(value, dict):
        return {name: whole_numbers(item) for name, item in value.items()}
    if isinstance(value, list):
        return [whole_numbers(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value
