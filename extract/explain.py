"""Why an article has the records it has: every trigger's word, and what became of it.

Nothing is decided here a second time: the stages tell an observer what they do, and it is noted.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from extract.amounts import Quantity
from extract.article import Article
from extract.clauses import Clause
from extract.mentions import Mention
from extract.pipeline import Pipeline
from extract.reading import Detail, Draft
from extract.records import Cite, DealRecord, DealType, Frozen
from extract.relations import Hit, Relation

REASONS: Final = {
    "void": "is a longer word that is no trigger",
    "longer": "is part of a longer word",
    "chain": "is a link of a chain of words",
    "link": "stands in the titles of other articles at the foot",
    "name": "stands inside a name, or is crossed by the edge of one",
    "bracket": "stands in a bracket that holds nothing else, or too little to be read",
    "places": "nobody stands in a place that the trigger gives a role",
    "former": "speaks of former rounds",
    "unless": "a word of its clause voids the trigger",
    "need": "a need of the trigger is not met",
    "payee": "nobody is told to be paid, and no round is near that it could be part of",
    "supposed": "its clause only supposes the deal",
    "denied": "its clause says that there is no such deal",
    "asked": "its sentence only asks for the deal",
    "little": "tells too little to begin a deal, and no deal told before fits it",
    "echo": "only goes on about the two sides of a deal told before",
    "state": "only tells what a party of a deal told before holds before or after it",
    "parties": "neither side has a party",
}
"""What the codes of the stages mean, each as the rest of a sentence about the word."""

NEEDS: Final = {
    "money": "an amount",
    "money_or_issue": "an amount, or an issue of bonds",
    "round": "a round, an amount, a valuation, or a word of funding",
    "percent": "a stake",
    "two_sides": "two different sides",
    "funded": "a word of funding",
    "goods": "goods or hardware",
    "goods_near": "goods behind the word",
    "signed": "a word of signing",
    "agreed": "a word of agreement",
    "control": "a word of control",
    "raised": "a word of completion in front, and no company behind",
    "stake_object": "a stake behind the word",
    "stake_or_unit": "a stake or a unit that is sold",
    "as_shareholder": "a word that makes somebody a shareholder",
    "share_told": "a word of shares held",
    "fund_named": "a fund by its kind",
    "founds": "a word of founding",
    "tender": "a word of a tender",
    "share_price": "a word of shares or of their price",
    "committed": "a word of commitment",
    "measured": "an amount, a count or an agreement",
    "two_or_priced": "two different sides, or an amount",
    "two_or_spent": "two different sides, or a sum right in front of the word",
    "two_or_owned": "two different sides, or a company with an amount or a stake",
}
"""What each need of a trigger asks for."""

Outcome = Literal["begins", "joins", "dropped"]


class Filled(Frozen):
    """Who stands in a place of a trigger; ``told`` says that it is in the trigger's own clause."""

    place: str
    parties: tuple[Cite, ...]
    told: bool


class Taken(Frozen):
    """A value that was taken for a relation: its field and the words it comes from."""

    field: str
    value: str
    cite: Cite | None


class Candidate(Frozen):
    """What one trigger's word was read as, and what became of it.

    ``sides`` are the roles with their parties after the type is settled. ``record`` is the number,
    from 1, of the record that it begins or joins; ``why`` is the code of ``REASONS`` that drops it,
    with the need or the word behind a space, and ``reason`` says it.
    """

    trigger: str
    word: Cite
    clause: Cite | None = None
    title: bool = False
    type: DealType | None = None
    places: tuple[Filled, ...] = ()
    sides: tuple[tuple[str, Cite], ...] = ()
    values: tuple[Taken, ...] = ()
    outcome: Outcome
    record: int | None = None
    why: str = ""
    reason: str = ""


class Explanation(Frozen):
    """The records of an article, and every trigger's word in it, left to right."""

    article_id: str
    published: str | None
    records: tuple[DealRecord, ...]
    candidates: tuple[Candidate, ...]

    def of(self, record: int | None) -> tuple[Candidate, ...]:
        """What begins and joins a record, by its number from 1; for None, all that was dropped."""
        return tuple(found for found in self.candidates if found.record == record)


def explain(article: Article, *, pipeline: Pipeline) -> Explanation:
    """Read an article and tell why it has the records it has, unsure ones included."""
    recorder = Recorder(article.text)
    pipeline.read_article(article, observer=recorder)
    return Explanation(
        article_id=article.article_id,
        published=article.published,
        records=tuple(recorder.records),
        candidates=tuple(recorder.finished()),
    )


# --------------------------------------------------------------------------------------------
# what the stages report


@dataclass(slots=True)
class _Story:
    """A trigger's word on its way."""

    hit: Hit
    places: Mapping[str, tuple[Mention, ...]] = field(default_factory=dict)
    told: Collection[str] = ()
    clause: Clause | None = None
    title: bool = False
    detail: Detail | None = None
    home: Draft | None = None
    begins: bool = False
    why: str = ""


_Key = tuple[int, int, str]


class Recorder:
    """The observer that notes what the stages report of one article."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._void: list[tuple[int, int]] = []
        self._stories: list[_Story] = []
        self._read: dict[_Key, _Story] = {}
        self._by_detail: dict[int, _Story] = {}  # the stories keep the details alive
        self._numbers: dict[int, int] = {}  # of drafts; the stories keep them alive
        self._drafts: list[Draft] = []
        self.records: list[DealRecord] = []

    def void(self, spans: Sequence[tuple[int, int]]) -> None:
        """Note longer words that are no triggers."""
        self._void += spans

    def passed_over(self, hit: Hit, why: str) -> None:
        """Note a trigger's word that is no word of the text."""
        self._stories.append(_Story(hit, why=why))

    def candidates(self, before: Sequence[Hit], hits: Sequence[Hit]) -> None:
        """Note the triggers that are read, and those that names hide."""
        read = {_key(hit): _Story(hit, why="bracket") for hit in hits}
        hidden = [hit for hit in before if _key(hit) not in read]
        # What seemed part of a longer word may be one beside a name.
        self._stories = [story for story in self._stories if _key(story.hit) not in read]
        self._stories += [_Story(hit, why="name") for hit in hidden]
        self._read = read

    def placed(
        self, hit: Hit, places: Mapping[str, tuple[Mention, ...]], told: Collection[str]
    ) -> None:
        """Note who stands where; without a relation to follow, no place has a role."""
        story = self._read[_key(hit)]
        story.places, story.told, story.why = places, told, "places"

    def detailed(
        self, relation: Relation, found: Detail | None, kept: Detail | None, why: str
    ) -> None:
        """Note the values of a relation, and whether it goes on."""
        read = self._read[_key(relation.hit)]
        story = _Story(relation.hit, read.places, read.told)
        story.clause, story.title = relation.clause, relation.sentence.title
        story.detail, story.why = kept or found, "" if kept else why
        read.why = ""
        self._stories.append(story)
        if kept is not None:
            self._by_detail[id(kept)] = story

    def gathered(self, told: Detail, found: Detail, home: Draft | None, why: str) -> None:
        """Note the deal that a relation begins or joins."""
        story = self._by_detail[id(told)]
        if story.home is not None or story.begins:  # another part of a clause that tells several
            story = replace(story, home=None, begins=False)
            self._stories.append(story)
        story.detail, story.home, story.why = found, home, why
        if home is not None and not any(home is draft for draft in self._drafts):
            self._drafts.append(home)
            story.begins = True

    def recorded(self, draft: Draft, record: DealRecord | None) -> None:
        """Note the number of a deal's record."""
        if record is not None:
            self.records.append(record)
            self._numbers[id(draft)] = len(self.records)

    def finished(self) -> Iterator[Candidate]:
        """Every trigger's word with what became of it, left to right."""
        unread = [story for story in self._read.values() if story.why]
        found = [self._candidate(story) for story in (*self._stories, *unread)]
        found += [self._voided(start, end) for start, end in self._void]
        yield from sorted(found, key=lambda one: (one.word.start, one.word.end, one.trigger))

    def _voided(self, start: int, end: int) -> Candidate:
        word = self._cite(start, end)
        reason = REASONS["void"]
        return Candidate(trigger="", word=word, outcome="dropped", why="void", reason=reason)

    def _candidate(self, story: _Story) -> Candidate:
        record = self._numbers.get(id(story.home)) if story.home is not None else None
        why = story.why or ("" if record else "parties")
        clause, detail = story.clause, story.detail
        return Candidate(
            trigger=story.hit.trigger.name,
            word=self._cite(story.hit.start, story.hit.end),
            clause=self._cite(clause.start, clause.end) if clause else None,
            title=story.title,
            type=detail.relation.type if detail else None,
            places=tuple(self._filled(story)),
            sides=tuple(self._sides(detail)) if detail else (),
            values=tuple(self._values(detail)) if detail else (),
            outcome="dropped" if why else "begins" if story.begins else "joins",
            record=None if why else record,
            why=why,
            reason=_reason(why),
        )

    def _filled(self, story: _Story) -> Iterator[Filled]:
        for place, parties in story.places.items():
            cites = tuple(self._cite(party.start, party.end) for party in parties)
            yield Filled(place=place, parties=cites, told=place in story.told)

    def _sides(self, detail: Detail) -> Iterator[tuple[str, Cite]]:
        for role, party in (*detail.payers, *detail.payees):
            yield role, self._cite(party.start, party.end)

    def _values(self, detail: Detail) -> Iterator[Taken]:
        quantities = {
            "amount": detail.amount,
            "stake": detail.stake,
            "valuation": detail.valuation,
        }
        for name, found in quantities.items():
            if found is not None:
                value = f"{_interval(found)} {found.unit}"
                yield self._taken(name, value, found.start, found.end)
        for one in detail.rounds:
            yield self._taken("round", str(one.value), one.start, one.end)
        if detail.date is not None:
            date = detail.date
            yield self._taken("date", date.value or "", date.start, date.end)
        cue = detail.status_cue
        cite = self._cite(cue.start, cue.end) if cue is not None else None
        yield Taken(field="status", value=detail.status, cite=cite)

    def _taken(self, name: str, value: str, start: int, end: int) -> Taken:
        return Taken(field=name, value=value, cite=self._cite(start, end))

    def _cite(self, start: int, end: int) -> Cite:
        return Cite(start=start, end=end, text=self._text[start:end])


def _key(hit: Hit) -> _Key:
    return hit.start, hit.end, hit.trigger.name


def _interval(found: Quantity) -> str:
    """One number, or two bounds of which one may be open."""
    bounds = ["" if bound is None else f"{bound:f}" for bound in (found.min, found.max)]
    return bounds[0] if bounds[0] == bounds[1] else "..".join(bounds)


def _reason(why: str) -> str:
    code, _, detail = why.partition(" ")
    told = REASONS.get(code, code)
    return f"{told}: {NEEDS.get(detail, detail)}" if detail else told
