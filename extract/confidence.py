"""How sure a record is: plain features of its telling, weighed by a table, as a calibrated share.

The weights stand in ``confidence.toml``; they are those of a logistic regression on the training
articles (``tests/bench/calibrate.py`` makes them), so that of the records with a confidence of 0.8
about four in five are right.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import cache

from extract.lexicon import read_toml
from extract.reading import Draft, Reading
from extract.records import Status
from extract.relations import Relation

_STRONG = frozenset({"names.definition", "names.full", "names.quoted", "names.ticker"})
_NEAR = 8
_AROUND = 10_000


@cache
def _weights() -> dict[str, float]:
    return {
        str(name): float(value) for name, value in read_toml("confidence.toml")["weights"].items()
    }


def confidence(
    reading: Reading, draft: Draft, main: Relation, status: Status
) -> tuple[float, tuple[str, ...]]:
    """A share between 0.01 and 0.99, and each reason with its weight in log-odds, the heaviest first."""
    weights = _weights()
    told = [(name, weights.get(name, 0.0)) for name in features(reading, draft, main, status)]
    total = sum(weight for _, weight in told)
    share = 1 / (1 + math.exp(-total))
    reasons = sorted((entry for entry in told if entry[1]), key=lambda entry: -abs(entry[1]))
    return (
        round(min(0.99, max(0.01, share)), 2),
        tuple(f"{name.replace('_', ' ')} {weight:+.2f}" for name, weight in reasons),
    )


def features(reading: Reading, draft: Draft, main: Relation, status: Status) -> Iterator[str]:
    """The features that hold for a deal."""
    yield "base"
    yield f"type_{draft.type}"
    yield f"trigger_{main.hit.trigger.name}"
    yield f"status_{status}"
    yield f"places_told_{min(len(main.told), 2)}"
    yield from _values(draft)
    yield from _telling(draft, main)
    for side in ("investor", "target"):
        yield from _side(reading, draft, side)


def _values(draft: Draft) -> Iterator[str]:
    told = {
        "amount": draft.amount,
        "stake": draft.stake,
        "valuation": draft.valuation,
        "round": draft.rounds,
        "date": draft.date,
    }
    yield from (name for name, value in told.items() if value)
    if not any(told.values()):
        yield "no_value"


def _telling(draft: Draft, main: Relation) -> Iterator[str]:
    titled = [relation.sentence.title for relation in draft.relations]
    if any(titled):
        yield "in_title_and_body" if not all(titled) else "in_title_only"
    if len(titled) > 1:
        yield "told_more_than_once"
    if draft.past:
        yield "background"
    if main.sentence.opener is not None:
        yield "in_bracket"
    if not any(cue for _, cue, _ in draft.statuses):
        yield "no_status_cue"
    gaps = [min(abs(p.end - main.hit.start), abs(p.start - main.hit.end)) for _, p in main.parties]
    if gaps and min(gaps) <= _NEAR:
        yield "party_beside_trigger"


def _side(reading: Reading, draft: Draft, side: str) -> Iterator[str]:
    """How well the parties of a side are known: by list, by a strong rule, by being named often."""
    entities = [entity for _, entity in draft.sides[side].values()]
    if not entities:
        yield f"{side}_missing"
        return
    listed = [not entity.id.startswith("name:") for entity in entities]
    rules = {m.rule for identity in draft.sides[side] for m in draft.mentions[identity]}
    if all(listed):
        yield f"{side}_listed"
    elif rules & _STRONG:
        yield f"{side}_announced"
    elif any(_is_often_named(reading, draft, form) for e in entities for form in e.forms):
        yield f"{side}_named_often"
    else:
        yield f"{side}_unknown"


def _is_often_named(reading: Reading, draft: Draft, form: str) -> bool:
    """Whether a name stands at least three times in the text around the place that tells its deal."""
    at = draft.relations[0].hit.start
    return reading.text.count(form, max(0, at - _AROUND), at + _AROUND) > 2
