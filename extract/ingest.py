"""Answers of a language model to records that prove themselves.

An answer brings values with the words they stand on. The words are looked for in the article, the
value is made again from them as in ``extract.check``, and what does not follow is refused with its
reason. What is kept is a record like any other: cited, with offsets, fit for ``zhdeals check``.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final, TypeVar, cast

from pydantic import ValidationError

from extract.amounts import Quantity, find_quantities, parse_money
from extract.answers import parse_answer
from extract.article import Article
from extract.check import Source, check_deal
from extract.conditions import cues
from extract.dates import DateMention, find_dates, parse_date
from extract.gold import first_problem
from extract.lexicon import hardware_surfaces, key, org_names, org_surfaces, read_toml, words
from extract.mentions import Mention
from extract.pairing import FAMILY
from extract.records import (
    CONDITION_KINDS,
    DEAL_TYPES,
    STATUSES,
    ArticleDeals,
    Cite,
    Condition,
    ConditionKind,
    DealRecord,
    DealType,
    Hardware,
    Money,
    Party,
    Role,
    Status,
)
from extract.relations import Hit, find_hits
from extract.rounds import find_rounds, normal_round
from extract.state import find_cues
from extract.text import fold

Value = TypeVar("Value")

# --- which answers hold ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Refusal:
    """A value of an answer that is not taken, and why; ``deal`` counts from 0."""

    deal: int | None
    field: str
    reason: str

    def __str__(self) -> str:
        place = [] if self.deal is None else [f"deals.{self.deal}"]
        return ": ".join((".".join([*place, self.field]), self.reason))


@dataclass(frozen=True, slots=True)
class Ingested:
    """What of an answer holds, and what was refused."""

    found: ArticleDeals
    refusals: tuple[Refusal, ...]


def ingest(answer: str, article: Article) -> Ingested:
    """Turn a model's answer about an article into records that prove themselves."""
    parsed = parse_answer(answer)
    refusals = [Refusal(None, "answer", problem) for problem in parsed.problems]
    text = _Text(article)
    deals: dict[str, DealRecord] = {}
    for number, raw in enumerate(parsed.deals):
        reading = _Reading(text, raw, number)
        record = reading.record()
        refusals += reading.refusals
        if record is not None and record.id in deals:
            refusals.append(Refusal(number, "deal", "is told twice"))
        elif record is not None:
            deals[record.id] = record
    found = ArticleDeals(
        article_id=article.article_id,
        title=article.title,
        published=article.published,
        source=article.source,
        deals=tuple(deals.values()),
    )
    return Ingested(found, tuple(refusals))


class _UnfoundedError(Exception):
    """A value that does not hold; the message says why."""


class _Text:
    """An article, and where words stand in it."""

    def __init__(self, article: Article) -> None:
        self.article = article
        self.text = article.text
        self.folded = fold(article.text)
        self.key = key(article.text)
        self.source = Source(article.text, article.published)
        self.quantities = find_quantities(self.text, folded=self.folded)
        self.dates = find_dates(self.text, published=article.published, folded=self.folded)
        self.rounds = list(find_rounds(self.text, self.folded))
        self.hits = find_hits(self.folded)

    def cite(self, start: int, end: int) -> Cite:
        """The words of a stretch."""
        return Cite(start=start, end=end, text=self.text[start:end])

    def find(self, told: object, near: Cite | None = None) -> Cite:
        """The place of some words that is nearest; spaces, quotes, width and script do not matter."""
        if not isinstance(told, str) or not told.strip():
            raise _UnfoundedError("no words are cited")
        found = list(_loose(key(told)).finditer(self.key))
        if not found:
            raise _UnfoundedError(f"{_short(told)} is not in the article")
        best = min(found, key=lambda match: _distance(match.span(), near))
        return self.cite(*best.span())

    def sentence(self, cite: Cite) -> Cite:
        """The sentences that a citation stands in."""
        start = max(self.text.rfind(mark, 0, cite.start) for mark in _STOPS) + 1
        ends = [self.text.find(mark, cite.end) for mark in _STOPS]
        end = min((end for end in ends if end >= 0), default=len(self.text))
        return self.cite(start, end)


_STOPS: Final = "。！？!?\n"
_QUOTES: Final = "\"'“”‘’「」『』"


@cache
def _loose(words: str) -> re.Pattern[str]:
    """Words as a pattern in which spaces and the form of quotes are free."""
    parts = (f"[{_QUOTES}]" if char in _QUOTES else re.escape(char) for char in words)
    return re.compile(r"\s*".join(part for part in parts if not part.isspace() and part != "\\ "))


def _distance(span: tuple[int, int], near: Cite | None) -> int:
    """How far a stretch lies from a citation; 0 within it, and the first place without one."""
    if near is None:
        return span[0]
    return max(near.start - span[0], span[1] - near.end, 0)


def _short(told: str) -> str:
    return repr(told if len(told) <= 40 else f"{told[:37]}…")


def _within(inner: Cite | Quantity | Hit, outer: Cite) -> bool:
    return outer.start <= inner.start and inner.end <= outer.end


def _overlaps(one: Quantity | Mention | DateMention, other: Cite) -> bool:
    return one.start < other.end and other.start < one.end


@cache
def _anaphora() -> frozenset[str]:
    return frozenset(read_toml("names.toml")["anaphora"])


# --- one record --------------------------------------------------------------------------------


@dataclass(slots=True)
class _Reading:
    """One record of an answer while its values are tried one by one."""

    text: _Text
    raw: Mapping[str, Any]
    number: int
    refusals: list[Refusal] = field(default_factory=list)
    sources: dict[str, tuple[Cite, ...]] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    held: int = 0

    def record(self) -> DealRecord | None:
        """The record, or None where what it cannot be without does not hold."""
        try:
            return self._record()
        except _UnfoundedError as error:
            self._refuse("deal", str(error))
            return None

    def _record(self) -> DealRecord:
        evidence = self._needed("evidence", lambda: self.text.find(self.raw.get("evidence")))
        self.sources["evidence"] = (evidence,)
        kind, hit = self._needed("type", lambda: self._type(evidence))
        told: dict[str, Any] = {
            "type": kind,
            "evidence": evidence.text,
            "investor": self._parties("investor", kind, evidence),
            "target": self._parties("target", kind, evidence),
        }
        if not told["investor"] and not told["target"]:
            raise _UnfoundedError("no party of it is named in the article")
        told["status"] = self._status(evidence, hit)
        for name in ("amount", "valuation"):
            told[name] = self._one(name, lambda raw: self._money(raw, evidence))
        told["stake"] = self._one("stake", lambda raw: self._stake(raw, evidence))
        told["round"] = self._one("round", lambda raw: self._round(raw, evidence))
        told["date"] = self._one("date", lambda raw: self._date(raw, evidence))
        told["conditions"] = self._all("conditions", lambda raw: self._condition(raw, evidence))
        told["hardware"] = self._all("hardware", lambda raw: self._hardware(raw, evidence))
        return self._proved(told)

    # values one by one

    def _needed(self, name: str, read: Callable[[], Value]) -> Value:
        """A value without which there is no record."""
        try:
            value = read()
        except _UnfoundedError as error:
            raise _UnfoundedError(f"{name}: {error}") from error
        self.held += 1
        return value

    def _one(self, name: str, read: Any) -> Any:
        """A value that may be missing: None where nothing is told, or what is told does not hold."""
        raw = self.raw.get(name)
        return None if raw in (None, "", [], {}) else self._tried(name, read, raw)

    def _all(self, name: str, read: Any) -> tuple[Any, ...]:
        """The entries of a list that hold."""
        raw = self.raw.get(name) or []
        entries = raw if isinstance(raw, list) else [raw]
        read_ones = (
            self._tried(f"{name}.{place}", read, entry) for place, entry in enumerate(entries)
        )
        return tuple(dict.fromkeys(one for one in read_ones if one is not None))

    def _tried(self, name: str, read: Any, raw: object) -> Any:
        try:
            value = read(raw)
        except _UnfoundedError as error:
            self._refuse(name, str(error))
            return None
        self.held += 1
        return value

    def _refuse(self, name: str, reason: str) -> None:
        self.refusals.append(Refusal(self.number, name, reason))

    # type, parties, status

    def _type(self, evidence: Cite) -> tuple[DealType, Hit]:
        """The type and the word that proves it: a trigger of this type, else of its family."""
        value, told = _told(self.raw.get("type"))
        if value not in DEAL_TYPES:
            raise _UnfoundedError(f"{value!r} is none of {', '.join(DEAL_TYPES)}")
        kind: DealType = value
        hits = list(self._hits(told, evidence))
        known = [hit for hit in hits if FAMILY[hit.trigger.type] == FAMILY[kind]]
        if not known:
            others = ", ".join(sorted({hit.trigger.type for hit in hits}))
            other = f"; its words tell of {others}" if others else ""
            raise _UnfoundedError(f"no word for {kind} in {_short(told or evidence.text)}{other}")
        hit = next((hit for hit in known if hit.trigger.type == kind), known[0])
        self.sources["type"] = (self.text.cite(hit.start, hit.end),)
        return kind, hit

    def _hits(self, told: str | None, evidence: Cite) -> Iterator[Hit]:
        """The triggers in the words told, else in the evidence, else in its sentence."""
        area = self._area(told, evidence)
        here = [hit for hit in self.text.hits if _within(hit, area)]
        yield from here if told else sorted(here, key=lambda hit: not _within(hit, evidence))

    def _parties(self, side: str, kind: DealType, evidence: Cite) -> tuple[Party, ...]:
        found: dict[str, Party] = {}
        for party in self._all(side, lambda raw: self._party(raw, side, kind, evidence)):
            found.setdefault(party.id, party)
        return tuple(found.values())

    def _party(self, raw: object, side: str, kind: DealType, evidence: Cite) -> Party:
        told = raw if isinstance(raw, Mapping) else {"name": raw}
        name = told.get("name")
        if isinstance(name, str) and fold(name) in _anaphora():
            raise _UnfoundedError(f"{name!r} is no name: say whom it stands for")
        cite = self.text.find(name, evidence)
        entry = org_surfaces().get(key(cite.text))
        identity = entry.id if entry else f"name:{key(cite.text).replace(' ', '-')}"
        forms = [form for form in _listed(told.get("names")) if form in self.text.text]
        listed = org_names(entry.id) if entry else ()
        return Party(
            name=cite.text,
            role=_role(told.get("role"), side, kind),
            names=tuple(dict.fromkeys([cite.text, *forms, *listed])),
            id=identity,
            mentions=(cite,),
        )

    def _status(self, evidence: Cite, hit: Hit) -> Status:
        """The status as told where a word proves it, else what the word of the type says alone."""
        value, told = _told(self.raw.get("status"))
        for status, cite in self._states(told, evidence, hit):
            if status == value:
                return self._take_status(status, cite)
        reason = f"no word for {value!r} in {_short(told or self.text.sentence(evidence).text)}"
        if hit.trigger.status not in STATUSES:
            raise _UnfoundedError(f"status: {reason}")
        cite = self.text.cite(hit.start, hit.end)
        self._refuse("status", f"{reason}; {cite.text!r} alone says {hit.trigger.status}")
        self.warnings.append(f"status {value} was told, {hit.trigger.status} is said")
        return self._take_status(hit.trigger.status, cite)

    def _take_status(self, status: Status, cite: Cite) -> Status:
        self.sources["status"] = (cite,)
        self.held += 1
        return status

    def _states(self, told: object, evidence: Cite, hit: Hit) -> Iterator[tuple[Status, Cite]]:
        """What the words told, the evidence and its sentence say of the state, in this order."""
        areas = [evidence, self.text.sentence(evidence)]
        if isinstance(told, str) and told:
            try:
                areas.insert(0, self.text.find(told, evidence))
            except _UnfoundedError as error:
                self._refuse("status", str(error))
        for area in areas:
            for status, start, end in find_cues(self.text.folded, area.start, area.end):
                if status in STATUSES:
                    yield status, self.text.cite(start, end)
            for found in self.text.hits:
                if _within(found, area) and found.trigger.status in STATUSES:
                    cite = self.text.cite(found.start, found.end)
                    yield found.trigger.status, cite
        if hit.trigger.status in STATUSES:
            yield hit.trigger.status, self.text.cite(hit.start, hit.end)

    # money, stake, round, date

    def _money(self, raw: object, evidence: Cite) -> Money:
        told = raw if isinstance(raw, Mapping) else {"words": raw}
        cite = self.text.find(told.get("words") or told.get("text"), evidence)
        found = self._quantity(cite)
        hint = str(told.get("currency") or "").upper() or None
        whole = self.text.cite(found.start, found.end)
        again = parse_money(whole.text, currency_hint=hint or found.unit)
        if again is None:
            raise _UnfoundedError(f"{whole.text!r} reads as no amount by itself")
        if hint is not None and hint != again.unit:
            raise _UnfoundedError(f"{whole.text!r} is in {again.unit}, not in {hint}")
        if not _same_bounds(told, again):
            raise _UnfoundedError(
                f"{told.get('min')}..{told.get('max')} does not follow from {whole.text!r}, "
                f"which is {again.min}..{again.max}"
            )
        return Money(
            **whole.model_dump(),
            min=again.min,
            max=again.max,
            currency=again.unit,
            modifier=again.modifier,
            inferred=again.inferred,
        )

    def _quantity(self, cite: Cite) -> Quantity:
        """The amount of the article that the words are, or are a part of."""
        found = [q for q in self.text.quantities if q.kind == "money" and _overlaps(q, cite)]
        if not found:
            raise _UnfoundedError(f"{_short(cite.text)} reads as no amount")
        return max(found, key=lambda q: min(q.end, cite.end) - max(q.start, cite.start))

    def _stake(self, raw: object, evidence: Cite) -> Any:
        value, told = _told(raw)
        area = self._area(told, evidence)
        number = _number(value)
        for found in self.text.quantities:
            if found.kind == "percent" and _overlaps(found, area):
                for bound in (found.min, found.max):
                    if number is not None and bound is not None and float(bound) == number:
                        self.sources["stake"] = (self.text.cite(found.start, found.end),)
                        return bound
        raise _UnfoundedError(f"{value} does not follow from {_short(area.text)}")

    def _round(self, raw: object, evidence: Cite) -> str:
        value, told = _told(raw)
        area = self._area(told, evidence)
        plain = str(value).strip()
        wanted = {plain, "+".join(map(normal_round, re.split(r"[、,，和及]", plain)))}
        here = [found for found in self.text.rounds if _overlaps(found, area)]
        for start in range(len(here)):
            for end in range(start + 1, len(here) + 1):
                joined = "+".join(str(found.value) for found in here[start:end])
                if joined in wanted:
                    self.sources["round"] = tuple(found.cite() for found in here[start:end])
                    return joined
        raise _UnfoundedError(f"{value!r} does not follow from {_short(area.text)}")

    def _date(self, raw: object, evidence: Cite) -> str:
        """The date of some words; words of announcement give the day of publication."""
        value, told = _told(raw)
        source = self.text.source
        area = self._area(told, evidence)
        near = sorted(self.text.dates, key=lambda date: _distance((date.start, date.end), area))
        for date in near:
            cite = self.text.cite(date.start, date.end)
            alone = parse_date(cite.text, published=source.published)
            inside = not told or _overlaps(date, area)
            if inside and alone is not None and alone.value == value:
                self.sources["date"] = (cite,)
                return str(value)
        if value == source.published and (word := self._announced(area)):
            self.sources["date"] = (word,)
            return str(value)
        raise _UnfoundedError(f"{value!r} does not follow from {_short(area.text)}")

    def _announced(self, area: Cite) -> Cite | None:
        for word in words("cues.toml", "announcement", "words"):
            start = self.text.folded.find(word, area.start, area.end)
            if start >= 0:
                return self.text.cite(start, start + len(word))
        return None

    def _area(self, told: object, evidence: Cite) -> Cite:
        """The words told, or the sentence of the evidence where none are."""
        return self.text.find(told, evidence) if told else self.text.sentence(evidence)

    # conditions, hardware

    def _condition(self, raw: object, evidence: Cite) -> Condition:
        told = raw if isinstance(raw, Mapping) else {}
        kind = told.get("kind")
        if kind not in CONDITION_KINDS:
            raise _UnfoundedError(f"{kind!r} is none of {', '.join(CONDITION_KINDS)}")
        cite = self.text.find(told.get("words") or told.get("text"), evidence)
        folded = fold(cite.text)
        if not any(cue.pattern.search(folded) for cue in cues() if cue.kind == kind):
            raise _UnfoundedError(f"no word for {kind} in {_short(cite.text)}")
        return Condition(**cite.model_dump(), kind=cast(ConditionKind, kind))

    def _hardware(self, raw: object, evidence: Cite) -> Hardware:
        told = raw if isinstance(raw, Mapping) else {"name": raw}
        cite = self.text.find(told.get("name"), evidence)
        entry = hardware_surfaces().get(key(cite.text))
        quantity = self._one_quantity(told.get("quantity"), cite)
        return Hardware(
            name=cite.text,
            vendor=org_names(entry.vendor)[0] if entry and org_names(entry.vendor) else None,
            quantity=quantity,
            id=entry.id if entry else None,
            mentions=(cite,),
        )

    def _one_quantity(self, told: object, near: Cite) -> str | None:
        if told in (None, ""):
            return None
        try:
            return self.text.find(str(told), near).text
        except _UnfoundedError as error:
            self._refuse("hardware", f"quantity: {error}")
            return None

    # the whole

    def _proved(self, told: dict[str, Any]) -> DealRecord:
        """The record without the values that the checker does not find again in their words."""
        record = self._made(told)
        for name, reason in check_deal(record, self.text.source):
            if name not in _EMPTY:
                raise _UnfoundedError(f"{name}: {reason}")
            self._refuse(name, reason)
            told[name] = _EMPTY[name]
            self.sources.pop(name, None)
        return self._made(told)

    def _made(self, told: Mapping[str, Any]) -> DealRecord:
        refused = sum(refusal.field != "deal" for refusal in self.refusals)
        sure = self.held / (self.held + refused)
        told_sure = _number(self.raw.get("confidence"))
        if told_sure is not None and 0 <= told_sure <= 1:
            sure *= told_sure
        try:
            return DealRecord(
                id=_identity(self.text.article.article_id, told),
                sources=dict(self.sources),
                rules=("llm",),
                confidence=math.floor(sure * 100) / 100,
                reasons=(f"{self.held} of {self.held + refused} values told hold",),
                warnings=tuple(self.warnings),
                **told,
            )
        except ValidationError as error:
            raise _UnfoundedError(first_problem(error)[1]) from error


_EMPTY: Final[Mapping[str, Any]] = {
    "amount": None,
    "stake": None,
    "valuation": None,
    "round": None,
    "date": None,
    "conditions": (),
    "hardware": (),
}
"""What may be left out of a record, and what then stands in its place."""


def _told(raw: object) -> tuple[object, str | None]:
    """A value and its words; a value may be told alone."""
    if not isinstance(raw, Mapping):
        return raw, None
    said = raw.get("words") or raw.get("text")
    return raw.get("value"), said if isinstance(said, str) and said else None


def _listed(value: object) -> list[str]:
    """The strings of a list."""
    entries = value if isinstance(value, list) else []
    return [entry for entry in entries if isinstance(entry, str) and entry]


def _number(value: object) -> float | None:
    if isinstance(value, str):
        value = value.strip().removesuffix("%")
    try:
        return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None


def _same_bounds(told: Mapping[Any, Any], found: Quantity) -> bool:
    """Whether the numbers told, if any, are bounds of the amount; within 1%, as scores have it."""
    numbers = [number for name in ("min", "max") if (number := _number(told.get(name))) is not None]
    bounds = [float(bound) for bound in (found.min, found.max) if bound is not None]
    return all(any(math.isclose(n, bound, rel_tol=0.01) for bound in bounds) for n in numbers)


def _role(told: object, side: str, kind: DealType) -> Role:
    """The role as told where the side can have it, else the side's usual one."""
    entry = read_toml("deals.toml")["type"][kind]
    fit = entry["payer" if side == "investor" else "paid"]
    return cast(Role, told if told in fit else fit[0])


def _identity(article_id: str, told: Mapping[str, Any]) -> str:
    """A stable id, so that the same deal told twice is found out."""
    parts = [article_id, told["type"]]
    for side in ("investor", "target"):
        parts += [*sorted(party.id for party in told[side]), "->"]
    parts += [
        str(told["round"]),
        str(told["amount"] and (told["amount"].max or told["amount"].min)),
    ]
    return hashlib.blake2b("|".join(parts).encode(), digest_size=8).hexdigest()
