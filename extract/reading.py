"""What the stages hand on: the reading of an article, the details of a relation, the draft of a deal."""

from __future__ import annotations

from dataclasses import dataclass, field

from extract.amounts import Quantity
from extract.clauses import Sentence
from extract.conditions import Found
from extract.dates import DateMention
from extract.mentions import Mention
from extract.records import Cite, DealType
from extract.relations import Relation
from extract.resolve import Entities, Entity
from extract.values import Cited, MoneyRole


@dataclass(frozen=True, slots=True)
class Reading:
    """All that was found in one article, before relations become deals."""

    article_id: str
    text: str
    folded: str
    skeleton: str
    published: str | None
    sentences: tuple[Sentence, ...]
    entities: Entities
    money: tuple[Quantity, ...]
    money_roles: tuple[MoneyRole, ...]
    percents: tuple[Quantity, ...]
    counts: tuple[Quantity, ...]
    dates: tuple[DateMention, ...]
    rounds: tuple[Mention, ...]
    hardware: tuple[Mention, ...]
    conditions: tuple[Found, ...]
    signed: bool

    def cite(self, start: int, end: int) -> Cite:
        """The words of a stretch of the article."""
        return Cite(start=start, end=end, text=self.text[start:end])

    def money_of(self, role: MoneyRole) -> list[Quantity]:
        """The amounts that have a role."""
        return [q for q, found in zip(self.money, self.money_roles, strict=True) if found == role]


@dataclass(slots=True)
class Draft:
    """A deal while its relations are being gathered."""

    type: DealType
    sides: dict[str, dict[str, tuple[str, Entity]]]  # side -> entity id -> (role, entity)
    mentions: dict[str, list[Mention]] = field(default_factory=dict)
    relations: list[Relation] = field(default_factory=list)
    amount: Quantity | None = None
    valuation: Quantity | None = None
    stake: Quantity | None = None
    rounds: list[Mention] = field(default_factory=list)
    date: DateMention | None = None
    statuses: list[tuple[str, Cited | None, Relation]] = field(default_factory=list)
    past: bool = False

    def ids(self, side: str) -> set[str]:
        """The entities of a side."""
        return set(self.sides[side])


@dataclass(frozen=True, slots=True)
class Detail:
    """A relation with what its own clause says of money, round, stake, date and state."""

    relation: Relation
    payers: tuple[tuple[str, Mention], ...]
    payees: tuple[tuple[str, Mention], ...]
    amount: Quantity | None
    valuation: Quantity | None
    stake: Quantity | None
    rounds: tuple[Mention, ...]
    date: DateMention | None
    status: str
    status_cue: Cited | None
    past: bool
