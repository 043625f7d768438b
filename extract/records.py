"""The records that leave the program, and the invariants they carry themselves.

Offsets are code points of the article's text, start inclusive, end exclusive. Money is in units of
its currency, percent are numbers (27 for 27%), dates are ISO 8601 cut to what was said
(``2025-12-17``, ``2025-12``, ``2025-Q4``, ``2025-H2``, ``2025``).
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PlainSerializer,
    ValidationInfo,
    model_validator,
)

DealType = Literal[
    "investment",
    "acquisition",
    "procurement",
    "partnership",
    "holding",
    "divestment",
    "debt",
    "ipo",
]
Status = Literal["talks", "announced", "completed", "terminated"]
Modifier = Literal["exact", "approx", "at_least", "at_most", "range", "vague"]
Role = Literal[
    "investor", "lead_investor", "investee", "acquirer", "acquiree", "seller", "buyer", "supplier",
    "partner", "shareholder", "lender", "borrower", "issuer",
]  # fmt: skip
ConditionKind = Literal[
    "procurement", "tranche", "use_of_proceeds", "exclusivity", "governance", "warrant",
    "regulatory", "performance", "redemption", "lockup", "term", "other",
]  # fmt: skip
DEAL_TYPES: tuple[DealType, ...] = get_args(DealType)
STATUSES: tuple[Status, ...] = get_args(Status)
CONDITION_KINDS: tuple[ConditionKind, ...] = get_args(ConditionKind)

DATE_PATTERN = r"^\d{4}(-(Q[1-4]|H[12]|(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?))?$"


def _json_number(value: Decimal) -> int | float:
    return int(value) if value == value.to_integral_value() else float(value)


Number = Annotated[
    Decimal,
    PlainSerializer(_json_number, return_type=int | float, when_used="json"),
]
"""A Decimal inside the program, a plain JSON number outside."""


class Frozen(BaseModel):
    """Base of every record: immutable, no unknown keys, Chinese left as it is."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Cite(Frozen):
    """Words of the article: ``article.text[start:end] == text``."""

    start: int = Field(ge=0)
    end: int = Field(ge=1)
    text: str = Field(min_length=1)

    @model_validator(mode="after")
    def _is_the_slice(self, info: ValidationInfo) -> Self:
        """The length always fits; with ``context={"text": …}`` the words are compared as well."""
        if self.end - self.start != len(self.text):
            raise ValueError(f"{self.text!r} is not {self.end - self.start} characters long")
        article = (info.context or {}).get("text")
        if article is not None and article[self.start : self.end] != self.text:
            found = article[self.start : self.end]
            raise ValueError(f"cites {self.text!r}, but {self.start}:{self.end} reads {found!r}")
        return self


class Money(Cite):
    """An amount of money as the text has it, with its value.

    ``min`` and ``max`` are None where the words leave that side open (超过 has no max, 至多 no min).
    ``inferred`` says that the currency does not stand in ``text`` itself.
    """

    min: Number | None
    max: Number | None
    currency: str = Field(pattern=r"^[A-Z]{3}$")
    modifier: Modifier
    inferred: bool = False

    @model_validator(mode="after")
    def _bounds_fit_modifier(self) -> Self:
        low, high = self.min, self.max
        wanted = {
            "exact": low is not None and low == high,
            "approx": low is not None and low == high,
            "at_least": low is not None and high is None,
            "at_most": low is None and high is not None,
            "range": low is not None and high is not None and low <= high,
            "vague": low is not None and high is not None and low <= high,
        }
        if not wanted[self.modifier]:
            raise ValueError(f"{self.modifier} does not fit the bounds {low}..{high}")
        return self


class Party(Frozen):
    """One side of a deal.

    ``name`` is the form the article uses most, ``names`` all forms it uses and the well-known ones
    besides; ``id`` is the lexicon's, or one made from the fullest name of the article. ``mentions``
    are the places from which the party was read.
    """

    name: str = Field(min_length=1)
    role: Role
    names: tuple[str, ...]
    id: str
    mentions: tuple[Cite, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _name_is_cited(self) -> Self:
        if self.name not in {mention.text for mention in self.mentions}:
            raise ValueError(f"{self.name!r} is not among its mentions")
        return self


class Condition(Cite):
    """What the money is tied to: the kind and the shortest clause that says it."""

    kind: ConditionKind


class Hardware(Frozen):
    """Computing hardware that the deal is about or is conditioned on."""

    name: str = Field(min_length=1)
    vendor: str | None = None
    quantity: str | None = None
    id: str | None = None
    mentions: tuple[Cite, ...] = Field(min_length=1)


class DealRecord(Frozen):
    """One transaction between parties, as one article tells it.

    The side that pays is in ``investor``, the side that is paid in ``target``, whatever the type.
    ``evidence`` is the clause that asserts the deal. ``sources`` names the words of the fields that
    carry no offsets of their own: type, stake, round, status, date, evidence. ``rules`` are the
    rules that fired, ``confidence`` lies in 0..1 and ``reasons`` say where it comes from.
    """

    id: str
    type: DealType
    investor: tuple[Party, ...]
    target: tuple[Party, ...]
    amount: Money | None = None
    stake: Number | None = Field(default=None, ge=0, le=100)
    valuation: Money | None = None
    round: str | None = None
    status: Status
    date: str | None = Field(default=None, pattern=DATE_PATTERN)
    conditions: tuple[Condition, ...] = ()
    hardware: tuple[Hardware, ...] = ()
    evidence: str = Field(min_length=1)
    sources: dict[str, tuple[Cite, ...]]
    rules: tuple[str, ...]
    confidence: float = Field(ge=0, le=1)
    reasons: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _every_value_is_cited(self) -> Self:
        if not self.investor and not self.target:
            raise ValueError("neither side of the deal is named")
        told = {"type", "status", "evidence"}
        told |= {key for key in ("stake", "round", "date") if getattr(self, key) is not None}
        if missing := sorted(told - {key for key, cites in self.sources.items() if cites}):
            raise ValueError(f"no words are cited for {', '.join(missing)}")
        if self.evidence != self.sources["evidence"][0].text:
            raise ValueError("the evidence is not the text of its source")
        return self


class ArticleDeals(Frozen):
    """What the program says of one article; ``deals`` is empty where it found none."""

    article_id: str
    title: str | None = None
    published: str | None = Field(default=None, pattern=DATE_PATTERN)
    source: str | None = None
    text: str | None = None
    deals: tuple[DealRecord, ...] = ()


def json_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of one line of output."""
    schema = ArticleDeals.model_json_schema(mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def is_partial_date(value: str) -> bool:
    """Whether a string has one of the five date forms of the records."""
    return re.fullmatch(DATE_PATTERN, value) is not None
