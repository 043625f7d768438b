"""Relations to deals: what several clauses say of one transaction becomes one record."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from extract.amounts import Quantity
from extract.attach import deal_hardware, share_conditions
from extract.clauses import ITEM
from extract.conditions import Found
from extract.confidence import confidence
from extract.conversion import conversion_warnings
from extract.dates import DateMention
from extract.details import clause_text
from extract.fitting import (
    fits,
    last_told,
    only_in_title,
    same_figures,
    same_money,
    shared,
    sides_of,
    supplies_partner,
    this_round,
)
from extract.founding import goes_on, told_here, too_weak
from extract.mentions import Mention
from extract.observer import Observer
from extract.parts import one_by_one
from extract.reading import Detail, Draft, Reading
from extract.records import Cite, Condition, DealRecord, Money, Party
from extract.relations import BUSINESS, Relation
from extract.resolve import parent_of
from extract.state import deal_status
from extract.when import deal_date

# --------------------------------------------------------------------------------------------
# gathering


def gather(
    reading: Reading, details: Sequence[Detail], *, observer: Observer | None = None
) -> list[Draft]:
    """The deals of an article, in the order in which they are first told."""
    drafts: list[Draft] = []
    led = _leaders(reading, details)
    waiting: list[
        tuple[Detail, Detail]
    ] = []  # 百度领投，X完成3亿元融资: for the round of the sentence
    for told, one in one_by_one(reading, details):
        if waiting and waiting[0][0].relation.sentence != told.relation.sentence:
            _settle(reading, drafts, led, waiting, observer)
            waiting = []
        if _leads_ahead(one) and _home(reading, _in_reach(drafts), _without_carried(one)) is None:
            waiting.append((told, one))
        else:
            _settle(reading, drafts, led, [(told, one)], observer)
    _settle(reading, drafts, led, waiting, observer)
    return [deal for draft in drafts for deal in (draft, *_rounds_of(reading, draft, observer))]


# 连续完成两轮融资, 天使轮系列融资, 种子轮及天使轮融资
_SEVERAL = re.compile(
    "[两二三四五多数2-9] ?轮|系列|轮[+＋]?(?:融资)?(?:以?及|和|与|、)[^，。；]{1,8}轮"
)


def _rounds_of(reading: Reading, draft: Draft, observer: Observer | None) -> list[Draft]:
    """The rounds that are told together, each with those that are told to pay in it."""
    if not draft.several or len(draft.led) < 2:
        return []
    found = []
    for relations in draft.led.values():
        alone = Draft(draft.type, {"investor": {}, "target": {}})
        for told, one in relations:
            own = one if one.amount != draft.amount else replace(one, amount=None)
            _add(reading, alone, _paid_to(draft, own))
            if observer is not None:
                observer.gathered(told, own, alone, "")
        found.append(alone)
    return found


def _note_round(reading: Reading, draft: Draft, told: Detail, found: Detail) -> None:
    """Note in which of several rounds somebody pays: 天使轮由A领投，B跟投."""
    if found.relation.hit.trigger.name == "funding":
        clause = found.relation.clause
        several = _SEVERAL.search(reading.folded, clause.start, clause.end)
        draft.several = draft.several or several is not None
    elif found.relation.hit.trigger.follows:
        names = {str(one.value) for one in found.rounds}
        if len(names) == 1:
            draft.led.setdefault(names.pop(), []).append((told, found))
        elif not names and draft.led and draft.relations[-1].sentence == found.relation.sentence:
            draft.led[next(reversed(draft.led))].append((told, found))


def _leads_ahead(found: Detail) -> bool:
    """Whether a relation only says who pays, in front of the words that say for what."""
    return found.relation.hit.trigger.follows and not found.payees


def _settle(
    reading: Reading,
    drafts: list[Draft],
    led: set[str],
    details: Sequence[tuple[Detail, Detail]],
    observer: Observer | None,
) -> None:
    """Join relations to the deals that they tell of, or begin new ones."""
    for told, one in details:
        near = _in_reach(drafts)
        detail = _of_the_raiser(reading, near, led, one)
        found = _raised_again(near, _part_of_deal(reading, near, detail))
        if _homeless(found):
            if observer is not None:
                observer.gathered(told, found, None, "payee")
            continue
        home = _home(reading, near, _without_carried(found))
        if home is not None:
            found = _without_carried(found)
        elif found is detail:
            found = _led_apart(reading, near, detail)
        weak = too_weak(reading, found) if home is None and found is detail else ""
        if home is None and not weak:
            weak = goes_on(reading, near, found)
        if home is None and not weak:
            home = Draft(found.relation.type, {"investor": {}, "target": {}})
            drafts.append(home)
        if home is not None:
            _note_round(reading, home, told, found)
            _add(reading, home, found)
        if observer is not None:
            observer.gathered(told, found, home, weak)


_FIRST_DEALS, _LAST_DEALS = 50, 100


def _in_reach(drafts: list[Draft]) -> list[Draft]:
    """The deals that a relation may tell of again: the first of the article, and those told last."""
    if len(drafts) <= _FIRST_DEALS + _LAST_DEALS:
        return drafts
    return drafts[:_FIRST_DEALS] + drafts[-_LAST_DEALS:]


_NEAR_PART = 600

_NEXT_ITEM = re.compile(rf"\n\s*{ITEM}")
# 向量子计算领域投资: no company is paid
_INTO_A_FIELD = re.compile(r"(?:向|在|对)[^，。；]{2,16}(?:领域|赛道|行业|方向|产业|业务)")

# 投资前: when something else happened
_ONLY_A_TIME = re.compile(r"[之以]?[前后後时時]")


def _homeless(found: Detail) -> bool:
    """Whether an investment still has nobody who is paid, and no round to join."""
    return (
        found.relation.type == "investment"
        and found.relation.hit.trigger.name in {"invest", "put_money"}
        and not found.payees
    )


def _part_of_deal(reading: Reading, drafts: Sequence[Draft], found: Detail) -> Detail:
    """英伟达将投资至多100亿美元, without a target: into the company that was invested in last."""
    if not _homeless(found):
        return found
    hit = found.relation.hit
    if "investor" not in found.relation.told and _ONLY_A_TIME.match(reading.folded, hit.end):
        return found
    if _INTO_A_FIELD.search(clause_text(reading, found)):
        return found
    payers, _ = sides_of(reading, found)
    into = _raised_into(drafts) or _held_by(drafts, payers)
    told_before = [d for d in into if same_money(d, found) and payers & d.ids("investor")]
    for draft in reversed(told_before or into):
        last = draft.relations[-1].hit.end
        if told_before or (
            hit.start - last < _NEAR_PART and not _NEXT_ITEM.search(reading.folded, last, hit.start)
        ):
            return found if payers & draft.ids("target") else _paid_to(draft, found)
    return found


def _raised_into(drafts: Sequence[Draft]) -> list[Draft]:
    """The investments of which is known whom they go to."""
    return [draft for draft in drafts if draft.type == "investment" and draft.sides["target"]]


def _held_by(drafts: Sequence[Draft], payers: set[str]) -> list[Draft]:
    """The stakes of those who pay: 微软持有X约27%的股份。该公司2019年投了10亿美元."""
    return [d for d in drafts if d.type == "holding" and payers & d.ids("investor")]


def _paid_to(draft: Draft, found: Detail) -> Detail:
    """A relation with those as payees that a deal pays."""
    names = [draft.mentions[identity][-1] for identity in draft.sides["target"]]
    return replace(found, payees=tuple(("investee", name) for name in names))


def _without_carried(found: Detail) -> Detail:
    """A领投 without a company says nothing of whose round it is: it joins the round spoken of."""
    if not found.relation.hit.trigger.follows or "investee" in found.relation.told:
        return found
    return replace(found, payees=())


_OF_A_ROUND = frozenset({"funding", "lead", "follow"})


def _leaders(reading: Reading, details: Sequence[Detail]) -> set[str]:
    """Who leads or follows a round that is told in an article."""
    parties = [d for d in details if d.relation.hit.trigger.name in {"lead", "follow"}]
    return {
        reading.entities.of(party).id
        for found in parties
        for role, party in found.payers
        if role in found.relation.told
    }


def _of_the_raiser(
    reading: Reading, drafts: Sequence[Draft], led: set[str], found: Detail
) -> Detail:
    """天使轮由A领投，Pre-A轮由B领投: who paid in the first round does not raise the second."""
    trigger, told = found.relation.hit.trigger.name, found.relation.told
    if trigger not in _OF_A_ROUND or "investee" in told or not found.payees:
        return found
    _, payees = sides_of(reading, found)
    raised = _raised_into(drafts)
    if not raised:
        return replace(found, payees=()) if trigger == "funding" and payees <= led else found
    return _paid_to(raised[-1], found) if payees <= raised[-1].ids("investor") else found


def _raised_again(drafts: Sequence[Draft], found: Detail) -> Detail:
    """A round told without its company is one of the company whose round was told last."""
    if found.relation.hit.trigger.name != "funding" or told_here(found):
        return found
    raised = _raised_into(drafts)
    return _paid_to(raised[-1], found) if raised and found.amount and found.rounds else found


def _led_apart(reading: Reading, drafts: Sequence[Draft], found: Detail) -> Detail:
    """A领投了8500万美元的A轮, with a round or a price that no deal has: a round of the same company."""
    if found.relation.hit.trigger.name not in {"lead", "follow"} or found.payees:
        return found
    raised = _raised_into(drafts)
    if not raised or not (found.amount or found.rounds) or not found.payers:
        return found
    payers, _ = sides_of(reading, found)
    return found if payers & raised[-1].ids("target") else _paid_to(raised[-1], found)


def _home(reading: Reading, drafts: list[Draft], found: Detail) -> Draft | None:
    fitting = [entry for entry in enumerate(drafts) if fits(reading, entry[1], found)]
    if not fitting:
        return None
    trigger = found.relation.hit.trigger
    if (trigger.follows or trigger.name == "invest") and this_round(reading, found):
        begin = reading.folded.rfind("\n", 0, found.relation.sentence.start)
        here = [entry for entry in fitting if last_told(entry[1]) > begin]  # of a digest, that item
        return min(here or fitting, key=lambda entry: (entry[1].past, entry[0]))[1]
    if trigger.follows and not found.payees:  # who also pays in the round that is spoken of
        last = max(
            fitting, key=lambda entry: (shared(reading, entry[1], found), last_told(entry[1]))
        )[1]
        rounds = [d for _, d in fitting if _is_round(d) and d.ids("target") == last.ids("target")]
        return last if _is_round(last) or not rounds else max(rounds, key=last_told)
    return max(fitting, key=lambda entry: (shared(reading, entry[1], found), entry[0]))[1]


def _is_round(draft: Draft) -> bool:
    """Whether a deal is told as a round, not as what one investor gives, where it is told first."""
    return any(r.hit.trigger.name in _TELLS_ROUND for r in draft.relations[:_SOME])


_SOME = 20
"""How many of its tellings say what a deal is: one may be told thousands of times."""

_TELLS_ROUND = frozenset(["funding", "raise", "take_money", "round_of", "lead", "leaders_are"])


def _add(reading: Reading, draft: Draft, found: Detail) -> None:
    if supplies_partner(draft, found):
        draft.type, draft.sides = "procurement", {"investor": {}, "target": {}}
    if found.relation.hit.trigger.name == "issue_to" and draft.type == "ipo":
        draft.type = "investment"
        issuers = draft.sides["target"].items()
        draft.sides["target"] = {key: ("investee", entity) for key, (_, entity) in issuers}
    if (draft.type, found.relation.type) != ("procurement", "partnership"):
        _add_parties(reading, draft, found)
    draft.relations.append(found.relation)
    draft.amount = _better(draft.amount, found.amount)
    draft.valuation = _from_body(reading, draft.valuation, found.valuation)
    draft.stake = _from_body(reading, draft.stake, found.stake)
    draft.rounds = _joined(draft.rounds, found.rounds)
    draft.date = _finer(draft.date, found.date)
    draft.statuses.append((found.status, found.status_cue, found.relation))
    draft.past = draft.past or found.past
    if found.relation.type == "acquisition" and draft.type in {"investment", "divestment"}:
        draft.type = "acquisition"


def _add_parties(reading: Reading, draft: Draft, found: Detail) -> None:
    """Join the parties of a relation; where headline and body name others, the body is right."""
    payers, payees = sides_of(reading, found)
    told = {"investor": (found.payers, payers), "target": (found.payees, payees)}
    for side, (parties, ids) in told.items():
        if side == "investor" and _own_part(draft, found, ids):
            draft.sides[side].clear()
        apart = bool(ids and draft.ids(side) and not ids & draft.ids(side))
        joins = found.relation.hit.trigger.follows or _beside_leaders(draft, found)
        if apart and not joins:
            if draft.relations and only_in_title(draft):
                draft.sides[side].clear()
            elif found.relation.sentence.title or same_figures(draft, found):
                continue
        if any(role == "acquiree" and party.rule != BUSINESS for role, party in parties):
            _drop_business(draft)
        for role, party in parties:
            _add_party(reading, draft, side, role, party, beside=ids)


def _drop_business(draft: Draft) -> None:
    """收购X的服务器业务, in a headline, and the companies that are bought in the body."""
    for identity in list(draft.sides["target"]):
        if draft.mentions[identity][0].rule == BUSINESS and only_in_title(draft):
            draft.sides["target"].pop(identity)


def _own_part(draft: Draft, found: Detail, payers: set[str]) -> bool:
    """A、B联手投资C, in a headline, and what A pays in the body: a deal of each."""
    alone = bool(payers) and payers < draft.ids("investor")
    paid = found.relation.hit.trigger.name in {"invest", "put_money"} and found.amount is not None
    return alone and paid and draft.amount is None and only_in_title(draft)


def _beside_leaders(draft: Draft, found: Detail) -> bool:
    """本轮由A领投，B战略投资: who invests in the sentence that names the leaders is one more."""
    sentence = found.relation.sentence
    return found.relation.hit.trigger.name == "invest" and any(
        relation.hit.trigger.follows and relation.sentence == sentence
        for relation in draft.relations[-_SOME:]
    )


def _add_party(
    reading: Reading, draft: Draft, side: str, role: str, party: Mention, *, beside: set[str]
) -> None:
    entity = reading.entities.of(party)
    other = "target" if side == "investor" else "investor"
    house = {parent_of(identity) for identity in draft.ids(side) - beside} - {""}
    if entity.id in draft.sides[other] or (entity.id in house and role != "seller"):
        return
    parent = parent_of(entity.id)
    if draft.relations and parent not in {"", *beside}:
        _drop_parent(draft, side, parent)
    old = draft.sides[side].get(entity.id)
    if old is None or (role == "lead_investor" and old[0] == "investor"):
        draft.sides[side][entity.id] = (role, entity)
    draft.mentions.setdefault(entity.id, []).append(party)


def _drop_parent(draft: Draft, side: str, parent: str) -> None:
    """A unit that acts in its own name is the party, unless the parent is told to sell it."""
    if parent in draft.sides[side] and draft.sides[side][parent][0] != "seller":
        draft.sides[side].pop(parent)


def _joined(old: Sequence[Mention], new: Sequence[Mention]) -> list[Mention]:
    """All rounds told, each once; a strategic investment is a round only beside no other."""
    found = list({m.value: m for m in (*reversed(new), *reversed(old))}.values())[::-1]
    found.sort(key=lambda m: (m not in old, m.start))
    named = [m for m in found if m.rule != "rounds.strategic"]
    return named or found


def _from_body(reading: Reading, old: Quantity | None, new: Quantity | None) -> Quantity | None:
    """The value first told in the body, which is more exact than a headline's."""
    if old is None or new is None:
        return old or new
    title = reading.folded.find("\n")
    return new if old.start < title <= new.start else old


def _better(old: Quantity | None, new: Quantity | None) -> Quantity | None:
    """The amount that says more: with a currency before without, exact before vague, first told."""
    if old is None or new is None:
        return old or new
    if old.modifier == "vague" != new.modifier:
        return new
    return new if (old.inferred and not new.inferred) else old


def _finer(old: DateMention | None, new: DateMention | None) -> DateMention | None:
    if old is None or new is None:
        return old or new
    return new if len(new.value or "") > len(old.value or "") else old


# --------------------------------------------------------------------------------------------
# records


def records(
    reading: Reading, drafts: Sequence[Draft], *, observer: Observer | None = None
) -> tuple[DealRecord, ...]:
    """The finished records of an article."""
    if not drafts:
        return ()
    for draft in drafts:
        _one_against_the_rest(draft)
    conditions = share_conditions(reading, drafts)
    built = [
        _record(reading, draft, conditions.get(place, [])) for place, draft in enumerate(drafts)
    ]
    if observer is not None:
        for draft, record in zip(drafts, built, strict=True):
            observer.recorded(draft, record)
    return tuple(record for record in built if record is not None)


def _record(reading: Reading, draft: Draft, conditions: list[Found]) -> DealRecord | None:
    sides = {side: _parties(reading, draft, side) for side in ("investor", "target")}
    if not sides["investor"] and not sides["target"]:
        return None
    main = main_relation(draft)
    evidence = _evidence(reading, draft, main)
    status, status_cite = deal_status(reading, draft, main)
    sources: dict[str, tuple[Cite, ...]] = {
        "type": (reading.cite(main.hit.start, main.hit.end),),
        "status": (status_cite,),
        "evidence": (evidence,),
    }
    date, date_cites = deal_date(reading, draft, main, status)
    stake = _stake(draft)
    if date:
        sources["date"] = date_cites
    if stake is not None and draft.stake:
        sources["stake"] = (reading.cite(draft.stake.start, draft.stake.end),)
    round_name = "+".join(str(found.value) for found in draft.rounds) or None
    if round_name:
        sources["round"] = tuple(found.cite() for found in draft.rounds)
    score, reasons = confidence(reading, draft, main, status)
    return DealRecord(
        id=_identity(reading, draft),
        type=draft.type,
        investor=sides["investor"],
        target=sides["target"],
        amount=_money(reading, draft.amount),
        stake=stake,
        valuation=_money(reading, draft.valuation),
        round=round_name,
        status=status,
        date=date,
        conditions=tuple(
            Condition(kind=c.kind, start=c.start, end=c.end, text=reading.text[c.start : c.end])
            for c in conditions
        ),
        hardware=deal_hardware(reading, draft, conditions),
        evidence=evidence.text,
        sources=sources,
        rules=tuple(dict.fromkeys(r.hit.trigger.name for r in draft.relations)),
        confidence=score,
        reasons=reasons,
        warnings=_warnings(reading, draft),
    )


def _warnings(reading: Reading, draft: Draft) -> tuple[str, ...]:
    """Where the article's own conversion of an amount is out by about a factor of ten."""
    year = int(reading.published[:4]) if reading.published else None
    told = [money for money in (draft.amount, draft.valuation) if money]
    return tuple(
        warning
        for money in told
        for warning in conversion_warnings(money, reading.conversions_of(money), year=year)
    )


def _identity(reading: Reading, draft: Draft) -> str:
    """A stable id: the same deal told in the same article has the same id in every run."""
    parts = [reading.article_id, draft.type, *sorted(draft.ids("investor")), "->"]
    parts += sorted(draft.ids("target"))
    parts += [str(found.value) for found in draft.rounds]
    parts.append(str(draft.amount.max or draft.amount.min) if draft.amount else "")
    return hashlib.blake2b("|".join(parts).encode(), digest_size=8).hexdigest()


def _one_against_the_rest(draft: Draft) -> None:
    """A、B与C联手: of several partners the first is one side, and all others are the other."""
    investors = draft.sides["investor"]
    if draft.type == "partnership" and len(investors) > 1:
        others = dict(list(investors.items())[1:])
        draft.sides["target"] = {**others, **draft.sides["target"]}
        draft.sides["investor"] = {key: investors[key] for key in list(investors)[:1]}


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


def main_relation(draft: Draft) -> Relation:
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
