"""Who watches the rules at work: is told of every decision as it is made, and changes none."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from extract.mentions import Mention
from extract.reading import Detail, Draft
from extract.records import DealRecord
from extract.relations import Hit, Relation


class Observer(Protocol):
    """What the stages report, in their order; ``why`` is a short code, empty where nothing fails.

    The stages take an observer as an option, ``None`` by default, and then report nothing.
    """

    def void(self, spans: Sequence[tuple[int, int]]) -> None:
        """Longer words that are no triggers: 采购 in 采购经理指数."""

    def passed_over(self, hit: Hit, why: str) -> None:
        """A trigger's word that is no word of the text."""

    def candidates(self, before: Sequence[Hit], hits: Sequence[Hit]) -> None:
        """The words of the text that are triggers, and those that are read: outside all names."""

    def placed(
        self, hit: Hit, places: Mapping[str, tuple[Mention, ...]], told: Collection[str]
    ) -> None:
        """Who stands in which place of a trigger; ``told`` are the places of its own clause."""

    def detailed(
        self, relation: Relation, found: Detail | None, kept: Detail | None, why: str
    ) -> None:
        """The values of a relation, and what goes on of it: None where it is dropped."""

    def gathered(self, told: Detail, found: Detail, home: Draft | None, why: str) -> None:
        """The deal that a relation begins or joins; None where it is dropped."""

    def recorded(self, draft: Draft, record: DealRecord | None) -> None:
        """The record of a deal; None where neither side has a party."""
