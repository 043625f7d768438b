"""What belongs to a deal beside its clause: conditions and hardware."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from extract.conditions import Found
from extract.lexicon import hardware_surfaces, key, org_names, orgs
from extract.mentions import Mention
from extract.reading import Draft, Reading
from extract.records import Hardware


def share_conditions(reading: Reading, drafts: Sequence[Draft]) -> dict[int, list[Found]]:
    """Each condition goes to the deal told last before it, or in its sentence, that it can fit."""
    shared: dict[int, list[Found]] = {}
    for condition in reading.conditions:
        fitting = [
            (place, draft) for place, draft in enumerate(drafts) if draft.type in condition.types
        ]
        homes = [(d, p) for p, draft in fitting if (d := _distance(draft, condition)) is not None]
        if homes:
            shared.setdefault(min(homes)[1], []).append(condition)
    return shared


def _distance(draft: Draft, condition: Found) -> int | None:
    """How far a condition stands from the nearest clause of a deal; None where it is too far."""
    best = None
    for relation in draft.relations:
        if relation.sentence.start <= condition.start < relation.sentence.end:
            gap = 0
        elif relation.sentence.title or condition.start < relation.sentence.start:
            continue
        else:
            gap = condition.start - relation.sentence.end
        best = gap if best is None else min(best, gap)
    return best if best is not None and best < 260 else None


def deal_hardware(
    reading: Reading, draft: Draft, conditions: Sequence[Found]
) -> tuple[Hardware, ...]:
    """Computing hardware in the clauses of a trade, or in the conditions of an investment."""
    spans = [(c.start, c.end) for c in conditions if c.kind in {"procurement", "tranche"}]
    if draft.type in {"procurement", "partnership"}:
        spans += [(r.sentence.start, r.sentence.end) for r in draft.relations]
    found: dict[str, list[Mention]] = {}
    for mention in reading.hardware:
        if any(start <= mention.start and mention.end <= end for start, end in spans):
            found.setdefault(mention.id, []).append(mention)
    specific = {
        identity: mentions
        for identity, mentions in found.items()
        if _row(mentions[0]).kind != "generic"
    }
    return tuple(_one_hardware(reading, m) for m in (specific or found).values())


def _row(mention: Mention) -> Any:
    return hardware_surfaces()[key(mention.text)]


def _one_hardware(reading: Reading, mentions: list[Mention]) -> Hardware:
    row = _row(mentions[0])
    vendor = (
        (org_names(row.vendor) or (orgs()[row.vendor].name,))[0] if row.vendor in orgs() else None
    )
    return Hardware(
        name=mentions[0].text,
        vendor=vendor,
        quantity=_quantity(reading, mentions),
        id=row.id,
        mentions=tuple(mention.cite() for mention in mentions),
    )


def _quantity(reading: Reading, mentions: Sequence[Mention]) -> str | None:
    """The count or power right beside the hardware, in the words of the text."""
    for mention in mentions:
        for count in reading.counts:
            gap = (
                mention.start - count.end
                if count.end <= mention.start
                else count.start - mention.end
            )
            if 0 <= gap <= 14:
                return reading.text[count.start : count.end]
    return None
