"""When a deal was told and how far it has come: dates and status."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator, Sequence
from functools import cache

from extract.clauses import Sentence
from extract.dates import DateMention, parse_date
from extract.lexicon import alternation, words
from extract.reading import Draft, Reading
from extract.records import Cite, Status
from extract.relations import Relation
from extract.values import Cited

# --------------------------------------------------------------------------------------------
# status


@cache
def _status_patterns() -> tuple[dict[str, re.Pattern[str]], re.Pattern[str]]:
    table = {
        status: re.compile(alternation(words("cues.toml", "status", status)))
        for status in ("terminated", "completed", "announced", "talks")
    }
    return table, re.compile(alternation(words("cues.toml", "not", "words")))


def status_cues(folded: str, start: int, end: int) -> dict[str, tuple[int, int]]:
    """The first cue of each status in a stretch of text, by status."""
    table, masked = _status_patterns()
    stretch = masked.sub(lambda match: "\x01" * len(match.group()), folded[start:end])
    found = {}
    for status, pattern in table.items():
        if match := pattern.search(stretch):
            found[status] = (start + match.start(), start + match.end())
    return found


def read_status(
    folded: str, clause: tuple[int, int], default: str, *, signed: bool
) -> tuple[Status, Cited | None]:
    """The state of a deal as its clause tells it; a cue that nothing contradicts beats the default.

    ``signed`` says that the article tells of a signed agreement, which makes 拟 announced.
    """
    cues = status_cues(folded, *clause)
    for status in ("terminated", "talks", "completed", "announced"):
        if status in cues:
            span = cues[status]
            if status == "talks" and signed and folded[slice(*span)] == "拟":
                return "announced", Cited("announced", *span, "cue")
            return status, Cited(status, *span, "cue")
    return default, None  # type: ignore[return-value]


# --------------------------------------------------------------------------------------------
# dates


def pick_date(
    dates: Sequence[DateMention], clause: tuple[int, int], sentence: Sentence, at: int
) -> DateMention | None:
    """The date that a clause gives its deal: in the clause, else earlier in the sentence."""
    usable = [d for d in dates if d.role in {"point", "range"} and d.value and d.kind != "vague"]
    inside = [d for d in usable if clause[0] <= d.start and d.end <= clause[1]]
    if inside:
        return min(inside, key=lambda d: (d.start > at, abs(d.start - at)))
    earlier = [d for d in usable if sentence.start <= d.start and d.end <= clause[0]]
    return earlier[-1] if earlier else None


# --------------------------------------------------------------------------------------------
# of a whole deal


def deal_status(reading: Reading, draft: Draft, main: Relation) -> tuple[str, Cite]:
    """How far a deal has come, with the words that say it: an end beats all, the body the title."""
    cued = [(s, cue, r) for s, cue, r in draft.statuses if cue]
    ended = [
        entry for entry in cued if entry[0] == "terminated" and not entry[2].hit.trigger.follows
    ]
    own = [entry for entry in cued if entry[2] is main]
    body = [e for e in cued if not e[2].hit.trigger.follows and not e[2].sentence.title]
    title = [e for e in cued if not e[2].hit.trigger.follows]
    for entries in (ended, own, body, title):
        if entries:
            status, cue, _ = entries[0]
            return status, reading.cite(cue.start, cue.end)
    return main.hit.trigger.status, reading.cite(main.hit.start, main.hit.end)


_ANNOUNCED = re.compile("|".join(map(re.escape, words("cues.toml", "announcement", "words"))))
_VAGUE_DAY = re.compile("近日|日前|近期|不久前|最近")
_HEARSAY = re.compile("|".join(map(re.escape, words("cues.toml", "hearsay", "words"))))


def deal_date(
    reading: Reading, draft: Draft, main: Relation, status: str
) -> tuple[str | None, tuple[Cite, ...]]:
    """The date told for the deal, else the day of the report where the deal was announced that day."""
    if draft.date and draft.date.value:
        return _derived(reading, draft.date)
    if draft.past or not reading.published or len(reading.published) != 10:
        return None, ()
    for sentence in _telling(reading, draft, main):
        stretch = reading.folded[sentence.start : sentence.end]
        cue = _ANNOUNCED.search(stretch)
        if cue and not _VAGUE_DAY.search(stretch) and not _HEARSAY.search(stretch):
            if cue.group() == "宣布" and not _dateline(reading, sentence):
                continue
            start = sentence.start + cue.start()
            return reading.published, (reading.cite(start, start + len(cue.group())),)
    return None, ()


def _derived(reading: Reading, date: DateMention) -> tuple[str | None, tuple[Cite, ...]]:
    """A date with the words it follows from: its own, or those of a date before it as well.

    A value that only its clause decides (7月初 behind 计划) cannot be proved from words and is not
    told.
    """
    own = reading.cite(date.start, date.end)
    whole = reading.published if reading.published and len(reading.published) == 10 else None
    day = datetime.date.fromisoformat(whole) if whole else None
    alone = parse_date(own.text, published=day)
    if alone and alone.value == date.value:
        return date.value, (own,)
    for before in reversed([d for d in reading.dates if d.end <= date.start and d.value]):
        found = parse_date(own.text, published=day, anchor=before.value)
        first = reading.cite(before.start, before.end)
        anchor = parse_date(first.text, published=day)
        if found and found.value == date.value and anchor and anchor.value == before.value:
            return date.value, (first, own)
    return None, ()


def _telling(reading: Reading, draft: Draft, main: Relation) -> Iterator[Sentence]:
    """The sentences that tell a deal; for one told in the title, also those that name its parties."""
    yield main.sentence
    yield from (relation.sentence for relation in draft.relations)
    if main.sentence.title:
        forms = [
            f for side in draft.sides.values() for _, entity in side.values() for f in entity.forms
        ]
        for sentence in reading.sentences[:4]:
            text = reading.text[sentence.start : sentence.end]
            if any(form in text for form in forms):
                yield sentence


def _dateline(reading: Reading, sentence: Sentence) -> bool:
    return any(
        d.role == "dateline" and sentence.start <= d.start < sentence.end for d in reading.dates
    )
