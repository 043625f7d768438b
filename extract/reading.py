"""What the stages hand on: the reading of an article, the details of a relation, the draft of a deal."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property

from extract.amounts import Quantity, find_quantities
from extract.clauses import Sentence
from extract.conditions import Found, find_conditions
from extract.conversion import conversions
from extract.dates import DateMention, find_dates
from extract.mentions import Mention
from extract.names import Names
from extract.records import Cite, DealType
from extract.relations import Relation
from extract.resolve import Entities, Entity
from extract.rounds import find_rounds
from extract.text import region_of
from extract.values import Cited, MoneyRole, is_float, is_former, is_share, money_roles

_Value = tuple[str, Decimal | None, Decimal | None]


def _value_of(money: Quantity) -> _Value:
    return money.unit, money.min, money.max


@dataclass(frozen=True)
class Reading:
    """All that is found in one article, before relations become deals.

    What costs time is found when it is first asked for: most articles hold no relation, and need
    neither amounts nor dates nor conditions.
    """

    article_id: str
    text: str
    folded: str
    skeleton: str
    published: str | None
    sentences: tuple[Sentence, ...]
    names: Names

    @cached_property
    def entities(self) -> Entities:
        """Who is who."""
        return Entities(self.names.mentions, self.names.same)

    @cached_property
    def hardware(self) -> tuple[Mention, ...]:
        """Computing hardware by list and pattern."""
        return tuple(m for m in self.names.mentions if m.kind == "HARDWARE")

    @cached_property
    def _conversions(self) -> dict[_Value, list[Quantity]]:
        """By each of its values: an amount and its conversion, behind one another."""
        pairs = {
            (_value_of(one), one.per, _value_of(other), other.per): (one, other)
            for one, other in conversions(self.money)
        }
        found: dict[_Value, list[Quantity]] = {}
        for pair in pairs.values():
            for value in dict.fromkeys(map(_value_of, pair)):
                found.setdefault(value, []).extend(pair)
        return found

    def conversions_of(self, money: Quantity) -> list[Quantity]:
        """The amounts that tell one of this value in another currency, and those that they tell."""
        return self._conversions.get(_value_of(money), [])

    @cached_property
    def _quantities(self) -> tuple[Quantity, ...]:
        region = region_of(self.text, self.folded)
        return tuple(find_quantities(self.text, folded=self.folded, region=region))

    @cached_property
    def money(self) -> tuple[Quantity, ...]:
        """Amounts of money, conversions included."""
        return tuple(q for q in self._quantities if q.kind == "money")

    @cached_property
    def money_roles(self) -> tuple[MoneyRole, ...]:
        """What each amount of ``money`` is."""
        return tuple(money_roles(self.skeleton, self.money))

    @cached_property
    def percents(self) -> tuple[Quantity, ...]:
        """Percentages."""
        return tuple(q for q in self._quantities if q.kind == "percent")

    @cached_property
    def amounts(self) -> tuple[Quantity, ...]:
        """The money that deals can be paid with."""
        return self._money_of("amount")

    @cached_property
    def valuations(self) -> tuple[Quantity, ...]:
        """What companies are said to be worth now."""
        told = self._money_of("valuation")
        return tuple(q for q in told if not is_former(self.skeleton, q))

    @cached_property
    def shares(self) -> tuple[Quantity, ...]:
        """The percentages that are parts of a company which change hands."""
        return tuple(q for q in self.percents if is_share(self.skeleton, q))

    @cached_property
    def floats(self) -> tuple[Quantity, ...]:
        """The percentages of a company that listings bring to the market."""
        return tuple(q for q in self.percents if is_float(self.skeleton, q))

    @cached_property
    def sentence_starts(self) -> tuple[int, ...]:
        """Where each sentence begins, in order."""
        return tuple(sentence.start for sentence in self.sentences)

    @cached_property
    def counts(self) -> tuple[Quantity, ...]:
        """Counts of things and power."""
        return tuple(q for q in self._quantities if q.kind in {"count", "power"})

    @cached_property
    def dates(self) -> tuple[DateMention, ...]:
        """Dates, resolved against the day of publication."""
        return tuple(find_dates(self.text, published=self.published, folded=self.folded))

    @cached_property
    def rounds(self) -> tuple[Mention, ...]:
        """Rounds of funding."""
        return tuple(find_rounds(self.text, self.folded))

    @cached_property
    def conditions(self) -> tuple[Found, ...]:
        """What money may be tied to."""
        return tuple(find_conditions(self.folded, self.sentences))

    def cite(self, start: int, end: int) -> Cite:
        """The words of a stretch of the article."""
        return Cite(start=start, end=end, text=self.text[start:end])

    def _money_of(self, role: MoneyRole) -> tuple[Quantity, ...]:
        told = zip(self.money, self.money_roles, strict=True)
        return tuple(quantity for quantity, found in told if found == role)


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
    several: bool = False  # rounds that are told together: 连续完成两轮融资
    # round -> who is told to pay in it, as it was read and as it was joined
    led: dict[str, list[tuple[Detail, Detail]]] = field(default_factory=dict)

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
