"""Relations to deals: what several clauses say of one transaction becomes one record."""

from __future__ import annotations

import datetime
import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from extract.amounts import Quantity
from extract.clauses import Sentence
from extract.conditions import Found
from extract.dates import DateMention, parse_date
from extract.lexicon import hardware_surfaces, key, org_names, orgs, read_toml, words
from extract.mentions import Mention
from extract.records import (
    Cite,
    Condition,
    DealRecord,
    DealType,
    Hardware,
    Money,
    Party,
)
from extract.relations import Relation
from extract.resolve import Entities, Entity
from extract.values import Cited, MoneyRole, nearest, pick_date, read_status, rounds_in


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


def side_of(role: str, deal_type: DealType) -> str:
    """Whether a role pays (``investor``) or is paid (``target``) in a type of deal."""
    if role in {"partner2", "seller"}:
        return "target"
    return "investor" if role in read_toml("deals.toml")["type"][deal_type]["payer"] else "target"


# --------------------------------------------------------------------------------------------
# details: what a relation's own words say


_PAST = re.compile("|".join(map(re.escape, words("cues.toml", "past", "words"))))
_CONTROL = re.compile("控股权|控制权|控股股东|全部股权|100 ?%")


def detail(reading: Reading, relation: Relation) -> Detail | None:
    """A relation with its values, or None where its trigger's needs are not met."""
    if relation.hit.trigger.name == "funding" and _lists_shares(reading, relation):
        return None
    relation = _retype(reading, relation)
    payers, payees = _split(relation)
    hit, clause, sentence = relation.hit, relation.clause, relation.sentence
    amount = nearest(reading.money_of("amount"), clause, sentence, hit.start)
    stake = _nearest_percent(reading, relation)
    start, end = _own_clauses(reading, relation)
    status, cue = read_status(
        reading.folded, (start, end), hit.trigger.status, signed=reading.signed
    )
    found = Detail(
        relation,
        payers,
        payees,
        amount,
        nearest(reading.money_of("valuation"), clause, sentence, hit.start),
        stake,
        tuple(rounds_in(reading.rounds, clause.start, clause.end)),
        pick_date(reading.dates, (start, end), sentence, hit.start),
        status,
        cue,
        bool(_PAST.search(reading.folded, sentence.start, hit.start)),
    )
    return found if _meets(reading, found) else None


_SHARE_ISSUE = re.compile("定增|IPO|向特定对象|首次公开|公开发行|招股|发行[^，。；]{0,6}股|上市")


def _lists_shares(reading: Reading, relation: Relation) -> bool:
    """Whether money raised in a clause is raised by issuing shares to the market."""
    return bool(_SHARE_ISSUE.search(reading.folded, relation.clause.start, relation.clause.end))


def _own_clauses(reading: Reading, relation: Relation) -> tuple[int, int]:
    """The clause of the trigger, with the clause before it where that one only leads in."""
    clause, sentence = relation.clause, relation.sentence
    before = [c for c in sentence.clauses if c.end <= clause.start]
    if before and clause.start - before[-1].start < 14 and not sentence.title:
        return before[-1].start, clause.end
    return clause.start, clause.end


def _split(
    relation: Relation,
) -> tuple[tuple[tuple[str, Mention], ...], tuple[tuple[str, Mention], ...]]:
    sides: dict[str, list[tuple[str, Mention]]] = {"investor": [], "target": []}
    for role, party in relation.parties:
        plain = "partner" if role == "partner2" else role
        for one in _meant(party):
            sides[side_of(role, relation.type)].append((plain, one))
    return tuple(sides["investor"]), tuple(sides["target"])


def _meant(party: Mention) -> tuple[Mention, ...]:
    """The parties that a mention stands for: itself, or the antecedents of 双方 and its like."""
    return party.value if isinstance(party.value, tuple) else (party,)


def _retype(reading: Reading, relation: Relation) -> Relation:
    """A stake bought with control is an acquisition; a unit sold to a named buyer is one, too."""
    roles = {role for role, _ in relation.parties}
    changed = None
    if relation.hit.trigger.name == "sell" and "buyer_of_stake" in roles:
        changed = {"buyer_of_stake": "acquirer", "investee": "acquiree", "seller": "seller"}
    elif relation.type == "investment" and relation.hit.trigger.name in {"buy_stake", "invest"}:
        text = reading.folded[relation.clause.start : relation.clause.end]
        stake = _nearest_percent(reading, relation)
        share = stake.max or stake.min if stake else None
        if _CONTROL.search(text) or (share and share > 50 and "持有" not in text):
            changed = {"investor": "acquirer", "investee": "acquiree", "seller": "seller"}
    if not changed:
        return relation
    parties = tuple((changed.get(role, role), party) for role, party in relation.parties)
    return Relation(
        relation.hit, "acquisition", relation.sentence, relation.clause, parties, relation.told
    )


_SHARE = re.compile(
    r"[ \x01]*(?:的)?(?:[^，。；]{0,6})(?:股权|股份|股比|股本|权益|普通股|份额|出资)"
)
_SHARE_BEFORE = re.compile(
    r"(?:持股|占股|持股比例|股比|占比|股本|股权|持有|释放|股份)[^，。；]{0,12}$"
)


def _nearest_percent(reading: Reading, relation: Relation) -> Quantity | None:
    sentence, clause, at = relation.sentence, relation.clause, relation.hit.start
    candidates = [
        q
        for q in reading.percents
        if sentence.start <= q.start < sentence.end
        and (
            _SHARE.match(reading.skeleton, q.end)
            or _SHARE_BEFORE.search(reading.skeleton, max(0, q.start - 20), q.start)
        )
    ]
    return nearest(candidates, clause, sentence, at)


# --------------------------------------------------------------------------------------------
# needs


def _meets(reading: Reading, found: Detail) -> bool:
    return all(_NEED[need](reading, found) for need in found.relation.hit.trigger.needs)


def _clause_text(reading: Reading, found: Detail) -> str:
    clause = found.relation.clause
    return reading.folded[clause.start : clause.end]


def _has_word(name: str, reading: Reading, found: Detail) -> bool:
    text = _clause_text(reading, found)
    return any(word in text for word in words("cues.toml", "needs", name))


def _stake_object(reading: Reading, found: Detail) -> bool:
    behind = reading.folded[found.relation.hit.end : found.relation.clause.end]
    return any(word in behind for word in words("cues.toml", "needs", "stake"))


def _as_shareholder(reading: Reading, found: Detail) -> bool:
    sentence = found.relation.sentence
    behind = reading.folded[found.relation.hit.end : sentence.end]
    return any(word in behind for word in words("cues.toml", "needs", "as_shareholder"))


def _two_sides(reading: Reading, found: Detail) -> bool:
    payers = {reading.entities.of(party).id for _, party in found.payers}
    payees = {reading.entities.of(party).id for _, party in found.payees}
    return bool(payers and payees and payers != payees and (payees - payers))


_NEED = {
    "money": lambda reading, found: found.amount is not None,
    "round": lambda reading, found: bool(
        found.rounds or found.amount or found.valuation or "轮" in _clause_text(reading, found)
        or _has_word("funded", reading, found)
    ),
    "percent": lambda reading, found: found.stake is not None,
    "two_sides": _two_sides,
    "funded": lambda reading, found: _has_word("funded", reading, found),
    "goods": lambda reading, found: _has_word("goods", reading, found),
    "signed": lambda reading, found: _has_word("signed", reading, found),
    "agreed": lambda reading, found: _has_word("agreed", reading, found),
    "stake_object": _stake_object,
    "stake_or_unit": lambda reading, found: _has_word("unit", reading, found),
    "as_shareholder": _as_shareholder,
}  # fmt: skip


# --------------------------------------------------------------------------------------------
# gathering


FAMILY = {
    "investment": "equity", "holding": "equity", "acquisition": "equity", "divestment": "equity",
    "ipo": "ipo", "procurement": "trade", "partnership": "trade", "debt": "debt",
}  # fmt: skip


def gather(reading: Reading, details: Sequence[Detail]) -> list[Draft]:
    """The deals of an article, in the order in which they are first told."""
    drafts: list[Draft] = []
    for found in details:
        home = _home(reading, drafts, found)
        if home is None and _founds(reading, found):
            home = Draft(found.relation.type, {"investor": {}, "target": {}})
            drafts.append(home)
        if home is not None:
            _add(reading, home, found)
    return drafts


_SOURCE_OF_MONEY = re.compile("资金来源|用于|偿还|其余|补充流动资金")


def _founds(reading: Reading, found: Detail) -> bool:
    """Whether a relation is enough to begin a deal: both sides, or one with a price or a round."""
    trigger = found.relation.hit.trigger
    if trigger.type == "investment" and "investee" not in {r for r, _ in found.payees}:
        return False
    if trigger.name == "funding":
        priced = found.amount or found.rounds or found.valuation or found.payers
        return bool(priced) and _told_here(found)
    if trigger.name == "borrow":
        text = _clause_text(reading, found)
        return _told_here(found) and not _SOURCE_OF_MONEY.search(text)
    if trigger.name == "list":
        return _told_here(found)
    if trigger.name in {"invest", "put_money"}:
        return len(found.relation.told) > 1 or bool(found.amount or found.stake or found.rounds)
    return True


def _told_here(found: Detail) -> bool:
    """Whether the side that is paid is named, or meant by a word, in the sentence itself."""
    sentence = found.relation.sentence
    named = [party for _, party in found.relation.parties]
    return sentence.opener is not None or any(
        sentence.start <= party.start < sentence.end for party in named
    )


def _home(reading: Reading, drafts: list[Draft], found: Detail) -> Draft | None:
    fitting = [draft for draft in drafts if fits(reading, draft, found)]
    if not fitting:
        return None
    return max(fitting, key=lambda draft: (_shared(reading, draft, found), drafts.index(draft)))


def _shared(reading: Reading, draft: Draft, found: Detail) -> int:
    ids = {reading.entities.of(p).id for _, p in (*found.payers, *found.payees)}
    same = len(ids & (draft.ids("investor") | draft.ids("target")))
    money = bool(found.amount and draft.amount and close(found.amount, draft.amount))
    rounds = bool({m.value for m in found.rounds} & {m.value for m in draft.rounds})
    return 2 * same + 3 * money + 3 * rounds


def fits(reading: Reading, draft: Draft, found: Detail) -> bool:
    """Whether a relation may tell of the same transaction as a draft."""
    if FAMILY[draft.type] != FAMILY[found.relation.type]:
        return False
    if {draft.type, found.relation.type} & {"holding"} and draft.type != found.relation.type:
        return False
    if _same_purchase(reading, draft, found):
        return True
    if (
        not _rounds_fit(draft, found)
        or not _money_fits(draft, found)
        or not _time_fits(draft, found)
    ):
        return False
    payees = {reading.entities.of(p).id for _, p in found.payees}
    payers = {reading.entities.of(p).id for _, p in found.payers}
    told = found.relation.told
    if found.relation.type == "partnership":
        return len((payees | payers) & (draft.ids("investor") | draft.ids("target"))) >= 2
    if payees & draft.ids("investor") or payers & draft.ids("target"):
        return False
    if found.relation.hit.trigger.follows and not payees:
        return draft.type == "investment"
    if payees and draft.ids("target") and not payees & draft.ids("target"):
        return False
    if found.relation.hit.trigger.follows or found.relation.hit.trigger.name == "funding":
        return True
    del told
    return not payers or not draft.ids("investor") or bool(payers & draft.ids("investor"))


def _same_purchase(reading: Reading, draft: Draft, found: Detail) -> bool:
    """A company is bought once: the same buyer and the same target are the same acquisition."""
    if draft.type != "acquisition" or found.relation.type != "acquisition":
        return False
    payers = {reading.entities.of(p).id for _, p in found.payers}
    payees = {reading.entities.of(p).id for _, p in found.payees}
    return bool(payers & draft.ids("investor") and payees & draft.ids("target"))


def _rounds_fit(draft: Draft, found: Detail) -> bool:
    one, other = {m.value for m in draft.rounds}, {m.value for m in found.rounds}
    return not one or not other or bool(one & other)


def close(one: Quantity, other: Quantity) -> bool:
    """Whether two amounts can be tellings of one: the same currency, a bound within 5%."""
    if one.unit != other.unit and not (one.inferred or other.inferred):
        return False
    bounds = [(a, b) for a in (one.min, one.max) for b in (other.min, other.max)]
    return any(a is not None and b is not None and abs(a - b) * 20 <= max(a, b) for a, b in bounds)


def _money_fits(draft: Draft, found: Detail) -> bool:
    return not draft.amount or not found.amount or close(draft.amount, found.amount)


def _time_fits(draft: Draft, found: Detail) -> bool:
    if draft.date and found.date and draft.date.value and found.date.value:
        return draft.date.value[:4] == found.date.value[:4]
    return True


def _add(reading: Reading, draft: Draft, found: Detail) -> None:
    draft.relations.append(found.relation)
    for side, parties in (("investor", found.payers), ("target", found.payees)):
        for role, party in parties:
            _add_party(reading, draft, side, role, party)
    draft.amount = _better(draft.amount, found.amount)
    draft.valuation = draft.valuation or found.valuation
    draft.stake = draft.stake or found.stake
    known = {m.value for m in draft.rounds}
    draft.rounds += [m for m in found.rounds if m.value not in known]
    draft.date = _finer(draft.date, found.date)
    draft.statuses.append((found.status, found.status_cue, found.relation))
    draft.past = draft.past or found.past
    if found.relation.type == "acquisition" and draft.type == "investment":
        draft.type = "acquisition"


def _add_party(reading: Reading, draft: Draft, side: str, role: str, party: Mention) -> None:
    entity = reading.entities.of(party)
    other = "target" if side == "investor" else "investor"
    if entity.id in draft.sides[other]:
        return
    old = draft.sides[side].get(entity.id)
    if old is None or (role == "lead_investor" and old[0] == "investor"):
        draft.sides[side][entity.id] = (role, entity)
    draft.mentions.setdefault(entity.id, []).append(party)


def _better(old: Quantity | None, new: Quantity | None) -> Quantity | None:
    """The amount that says more: with a currency before without, bounded before open, first told."""
    if old is None or new is None:
        return old or new
    return new if (old.inferred and not new.inferred) else old


def _finer(old: DateMention | None, new: DateMention | None) -> DateMention | None:
    if old is None or new is None:
        return old or new
    return new if len(new.value or "") > len(old.value or "") else old


# --------------------------------------------------------------------------------------------
# records


def records(reading: Reading, drafts: Sequence[Draft]) -> tuple[DealRecord, ...]:
    """The finished records of an article."""
    conditions = _share_conditions(reading, drafts)
    built = [
        _record(reading, draft, conditions.get(place, [])) for place, draft in enumerate(drafts)
    ]
    return tuple(record for record in built if record is not None)


def _record(reading: Reading, draft: Draft, conditions: list[Found]) -> DealRecord | None:
    sides = {side: _parties(reading, draft, side) for side in ("investor", "target")}
    if not sides["investor"] and not sides["target"]:
        return None
    main = _main_relation(draft)
    evidence = _evidence(reading, draft, main)
    status, status_cite = _status(reading, draft, main)
    sources: dict[str, tuple[Cite, ...]] = {
        "type": (reading.cite(main.hit.start, main.hit.end),),
        "status": (status_cite,),
        "evidence": (evidence,),
    }
    date, date_cites = _date(reading, draft, main, status)
    stake = _stake(draft)
    if date:
        sources["date"] = date_cites
    if stake is not None and draft.stake:
        sources["stake"] = (reading.cite(draft.stake.start, draft.stake.end),)
    round_name = "+".join(str(found.value) for found in draft.rounds) or None
    if round_name:
        sources["round"] = tuple(found.cite() for found in draft.rounds)
    score, reasons = _confidence(draft, main)
    return DealRecord(
        id=_identity(reading, draft),
        type=draft.type,
        investor=sides["investor"],
        target=sides["target"],
        amount=_money(reading, draft.amount),
        stake=stake,
        valuation=_money(reading, draft.valuation),
        round=round_name,
        status=status,  # type: ignore[arg-type]
        date=date,
        conditions=tuple(
            Condition(kind=c.kind, start=c.start, end=c.end, text=reading.text[c.start : c.end])
            for c in conditions
        ),
        hardware=_hardware(reading, draft, conditions),
        evidence=evidence.text,
        sources=sources,
        rules=tuple(dict.fromkeys(r.hit.trigger.name for r in draft.relations)),
        confidence=score,
        reasons=reasons,
    )


def _identity(reading: Reading, draft: Draft) -> str:
    """A stable id: the same deal told in the same article has the same id in every run."""
    parts = [reading.article_id, draft.type, *sorted(draft.ids("investor")), "->"]
    parts += sorted(draft.ids("target"))
    parts += [str(found.value) for found in draft.rounds]
    parts.append(str(draft.amount.max or draft.amount.min) if draft.amount else "")
    return hashlib.blake2b("|".join(parts).encode(), digest_size=8).hexdigest()


def _parties(reading: Reading, draft: Draft, side: str) -> tuple[Party, ...]:
    found = []
    for identity, (role, entity) in draft.sides[side].items():
        mentions = draft.mentions[identity]
        forms = {mention.text for mention in mentions}
        name = next((form for form in entity.forms if form in forms), mentions[0].text)
        cites = {(m.start, m.end): m.cite() for m in mentions}
        found.append(
            Party(
                name=name,
                role=role,  # type: ignore[arg-type]
                names=entity.names,
                id=entity.id,
                mentions=tuple(cites.values()),
            )
        )
    return tuple(found)


def _main_relation(draft: Draft) -> Relation:
    """The relation that asserts the deal best: in the body, of a trigger of its own, with most told."""
    return max(
        draft.relations,
        key=lambda r: (
            r.type == draft.type,
            not r.hit.trigger.follows,
            not r.sentence.title,
            len(r.told),
            -r.hit.start,
        ),
    )


def _evidence(reading: Reading, draft: Draft, main: Relation) -> Cite:
    starts = [main.clause.start]
    starts += [p.start for _, p in main.parties if main.sentence.start <= p.start < main.hit.start]
    start, end = main.sentence.clause_at(min(starts)).start, main.clause.end
    if draft.amount and main.sentence.start <= draft.amount.start < main.sentence.end:
        end = max(end, main.sentence.clause_at(draft.amount.start).end)
    while start < end and reading.text[start] in " \n，。；、：":
        start += 1
    while end > start and reading.text[end - 1] in " \n，。；、：":
        end -= 1
    return reading.cite(start, end)


def _status(reading: Reading, draft: Draft, main: Relation) -> tuple[str, Cite]:
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


def _date(
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


def _stake(draft: Draft) -> Decimal | None:
    if draft.stake is None:
        return None
    value = draft.stake.min if draft.stake.min is not None else draft.stake.max
    return value if value is not None and 0 < value <= 100 else None


def _money(reading: Reading, quantity: Quantity | None) -> Money | None:
    if quantity is None:
        return None
    return Money(
        start=quantity.start,
        end=quantity.end,
        text=reading.text[quantity.start : quantity.end],
        min=quantity.min,
        max=quantity.max,
        currency=quantity.unit,
        modifier=quantity.modifier,
        inferred=quantity.inferred,
    )


def _confidence(draft: Draft, main: Relation) -> tuple[float, tuple[str, ...]]:
    """A sum of plain reasons; each says what speaks for or against the record."""
    told = len(main.told)
    reasons = [("base", 0.4), (f"{told} places told in one clause", 0.15 * min(told, 2))]
    if draft.amount or draft.stake or draft.rounds:
        reasons.append(("amount, stake or round told", 0.15))
    if len(draft.relations) > 1:
        reasons.append(("told more than once", 0.1))
    if any(relation.sentence.title for relation in draft.relations):
        reasons.append(("told in the title", 0.1))
    if draft.past:
        reasons.append(("background", -0.1))
    total = round(min(0.99, max(0.01, sum(weight for _, weight in reasons))), 2)
    return total, tuple(f"{reason} {weight:+.2f}" for reason, weight in reasons)


# --------------------------------------------------------------------------------------------
# conditions and hardware


def _share_conditions(reading: Reading, drafts: Sequence[Draft]) -> dict[int, list[Found]]:
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


def _hardware(reading: Reading, draft: Draft, conditions: Sequence[Found]) -> tuple[Hardware, ...]:
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
