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
from extract.lexicon import words
from extract.mentions import Mention
from extract.observer import Observer
from extract.parts import one_by_one
from extract.reading import Detail, Draft, Reading
from extract.records import Cite, Condition, DealRecord, Money, Party
from extract.relations import Relation
from extract.resolve import parent_of
from extract.state import deal_date, deal_status, supposing

# --------------------------------------------------------------------------------------------
# gathering


FAMILY = {
    "investment": "equity", "holding": "equity", "acquisition": "equity", "divestment": "equity",
    "ipo": "ipo", "procurement": "trade", "partnership": "trade", "debt": "debt",
}  # fmt: skip


def gather(
    reading: Reading, details: Sequence[Detail], *, observer: Observer | None = None
) -> list[Draft]:
    """The deals of an article, in the order in which they are first told."""
    drafts: list[Draft] = []
    led = _leaders(reading, details)
    for told, one in one_by_one(reading, details):
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
        weak = _too_weak(reading, found) if home is None and found is detail else ""
        if home is None and not weak:
            weak = _goes_on(reading, near, found)
        if home is None and not weak:
            home = Draft(found.relation.type, {"investor": {}, "target": {}})
            drafts.append(home)
        if home is not None:
            _add(reading, home, found)
        if observer is not None:
            observer.gathered(told, found, home, weak)
    return drafts


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
    payers, _ = _sides_of(reading, found)
    into = _raised_into(drafts)
    told_before = [d for d in into if _same_money(d, found) and payers & d.ids("investor")]
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
    _, payees = _sides_of(reading, found)
    raised = _raised_into(drafts)
    if not raised:
        return replace(found, payees=()) if trigger == "funding" and payees <= led else found
    return _paid_to(raised[-1], found) if payees <= raised[-1].ids("investor") else found


def _raised_again(drafts: Sequence[Draft], found: Detail) -> Detail:
    """A round told without its company is one of the company whose round was told last."""
    if found.relation.hit.trigger.name != "funding" or _told_here(found):
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
    payers, _ = _sides_of(reading, found)
    return found if payers & raised[-1].ids("target") else _paid_to(raised[-1], found)


_SOURCE_OF_MONEY = re.compile("资金来源|用于|偿还|其余|补充流动资金")


_NEW_ROUND = re.compile(
    r"(?:启动|推进|官宣|完成|宣布|拿到|开启|获得?)[^，。；]{0,6}(?:新一轮|首轮|一轮)"
)


_NOT = re.compile("|".join(map(re.escape, words("cues.toml", "negation", "words"))))
_NEAR_NOT = 16


def _denied(reading: Reading, found: Detail) -> bool:
    """Whether a clause says that there is no such deal: 尚未向X供应. A broken one is told as ended."""
    relation = found.relation
    start = max(relation.clause.start, relation.hit.start - _NEAR_NOT)
    return found.status != "terminated" and bool(
        _NOT.search(reading.skeleton, start, relation.hit.start)
    )


def _asked(reading: Reading, found: Detail) -> bool:
    """Whether a sentence asks for its deal: 公司是否中标？"""
    sentence = found.relation.sentence
    asks = reading.folded[sentence.end - 1 : sentence.end] in {"？", "?"}
    return asks and not sentence.title


# 持股5%以上股东X: who X is, no deal of its own
_HOLDER = re.compile(r"[^，。；：\n]{0,12}(?:以上)?(?:的)?(?:第[一二三四五]大|大|控股|重要)?股东")


def _goes_on(reading: Reading, drafts: Sequence[Draft], found: Detail) -> str:
    """Why a relation only goes on about a deal told before, empty where it does not."""
    if _echoes(reading, drafts, found):
        return "echo"
    return "state" if _is_state(reading, drafts, found) else ""


_STATE_NEAR = 400


def _is_state(reading: Reading, drafts: Sequence[Draft], found: Detail) -> bool:
    """Whether a holding is what a party of a deal told right before has before or after it."""
    if found.relation.type != "holding" or "仍" in clause_text(reading, found):
        return False
    both = set().union(*_sides_of(reading, found))
    return any(
        draft.type in {"divestment", "acquisition"}
        and "terminated" not in {status for status, _, _ in draft.statuses}
        and both <= draft.ids("investor") | draft.ids("target")
        and found.relation.hit.start - _last(draft) < _STATE_NEAR
        for draft in drafts
    )


_AGREED_ANEW = re.compile("签|达成|建立|决定|还|同意|宣布|长期|成立")


def _echoes(reading: Reading, drafts: Sequence[Draft], found: Detail) -> bool:
    """Whether 双方将携手 only goes on about the two of a deal told before."""
    relation = found.relation
    meant_both = all(party.rule == "anaphor" for _, party in relation.parties)
    if relation.type != "partnership" or found.amount or not meant_both:
        return False
    if _AGREED_ANEW.search(clause_text(reading, found)):
        return False
    both = set().union(*_sides_of(reading, found))
    return any(
        draft.type != "holding" and both <= draft.ids("investor") | draft.ids("target")
        for draft in drafts
    )


def _supposed(reading: Reading, found: Detail) -> bool:
    """Whether a clause only supposes its deal: 如果A收购B."""
    relation = found.relation
    return bool(supposing().search(reading.skeleton, relation.clause.start, relation.hit.start))


def _too_weak(reading: Reading, found: Detail) -> str:
    """What keeps a relation from beginning a deal, empty for nothing."""
    if _supposed(reading, found):
        return "supposed"
    if _denied(reading, found):
        return "denied"
    if _asked(reading, found):
        return "asked"
    return "" if _founds(reading, found) else "little"


def _founds(reading: Reading, found: Detail) -> bool:
    """Whether a relation is enough to begin a deal: both sides, or one with a price or a round."""
    trigger = found.relation.hit.trigger
    if found.relation.type == "investment" and "investee" not in {r for r, _ in found.payees}:
        return False
    if trigger.name == "funding":
        priced = found.amount or found.rounds or found.valuation or found.payers
        new = _NEW_ROUND.search(clause_text(reading, found)) and "investee" in found.relation.told
        here = _told_here(found) or _raised_here(reading, found)
        return bool(priced or new) and bool(found.payees) and here
    if trigger.name == "borrow":
        text = clause_text(reading, found)
        lent = "lender" in found.relation.told
        return lent or (_told_here(found) and not _SOURCE_OF_MONEY.search(text))
    if trigger.name in {"list", "raise"}:
        return _told_here(found)
    if trigger.name == "hold":
        return not _HOLDER.match(reading.skeleton, found.relation.hit.end)
    if trigger.name == "cooperate":
        return bool(found.relation.told) or _founds_venture(reading, found)
    if trigger.name in {"invest", "put_money"}:
        told = found.amount or found.stake or found.rounds or found.date
        if "investee" not in found.relation.told and trigger.name == "invest":
            dated = bool(found.amount or found.date) or _received(found)
            return dated and _payer_here(found)
        return len(found.relation.told) > 1 or bool(told)
    return True


_VENTURE = re.compile("(?:成立|设立|组建|建立)[^，。；的]{0,12}合[资营]")


def _founds_venture(reading: Reading, found: Detail) -> bool:
    """X、Y与Z发布声明，同意成立合资公司: the clause before names who founds it."""
    relation = found.relation
    named = {party.text for _, party in relation.parties if party.start >= relation.sentence.start}
    return len(named) > 1 and bool(_VENTURE.search(clause_text(reading, found)))


def _received(found: Detail) -> bool:
    """X宣布，获得了Y的投资: the clause before names who is paid, and the money is there."""
    relation = found.relation
    payees = [party for role, party in found.payees if role == "investee"]
    told = "investor" in relation.told and found.status == "completed"
    return told and any(relation.sentence.start <= p.start < relation.hit.start for p in payees)


def _payer_here(found: Detail) -> bool:
    """Whether the side that pays is named in the sentence itself, or right before its bracket."""
    sentence = found.relation.sentence
    return sentence.opener is not None or any(
        sentence.start <= p.start < sentence.end for _, p in found.payers
    )


# 此前的3月，刚完成了超千万美元首轮融资: an own sum and a verb of raising, the company is carried over
_RAISED = re.compile("完成|获得|斩获|拿到|筹得|筹集|募得|融资金额|融资额|官宣")


_UNNAMED = re.compile("一[个家]|[几多数两三][家个]|行业|领域|赛道|市场|全球")


def _raised_here(reading: Reading, found: Detail) -> bool:
    """Whether a clause without a company still tells of money raised by the one spoken of."""
    start, end = found.relation.clause.start, found.relation.clause.end
    sum_here = found.amount is not None and start <= found.amount.start < end
    if not sum_here or _UNNAMED.search(reading.skeleton, start, found.relation.hit.start):
        return False
    return bool(_RAISED.search(reading.skeleton, start, end))


def _told_here(found: Detail) -> bool:
    """Whether the side that is paid is named, or meant by a word, in the sentence itself."""
    sentence = found.relation.sentence
    named = [party for _, party in found.relation.parties]
    return sentence.opener is not None or any(
        sentence.start <= party.start < sentence.end for party in named
    )


def _home(reading: Reading, drafts: list[Draft], found: Detail) -> Draft | None:
    fitting = [entry for entry in enumerate(drafts) if fits(reading, entry[1], found)]
    if not fitting:
        return None
    trigger = found.relation.hit.trigger
    if (trigger.follows or trigger.name == "invest") and _this_round(reading, found):
        begin = reading.folded.rfind("\n", 0, found.relation.sentence.start)
        here = [entry for entry in fitting if _last(entry[1]) > begin]  # of a digest, that item
        return min(here or fitting, key=lambda entry: (entry[1].past, entry[0]))[1]
    if trigger.follows and not found.payees:  # who also pays in the round that is spoken of
        return max(fitting, key=lambda entry: (_shared(reading, entry[1], found), _last(entry[1])))[
            1
        ]
    return max(fitting, key=lambda entry: (_shared(reading, entry[1], found), entry[0]))[1]


def _last(draft: Draft) -> int:
    """Where a deal was told last."""
    return draft.relations[-1].hit.end


_THIS_ROUND = re.compile("本轮|此轮|本次|此次|这轮|该轮|新一轮")


def _this_round(reading: Reading, found: Detail) -> bool:
    sentence = found.relation.sentence
    return bool(_THIS_ROUND.search(reading.folded, sentence.start, sentence.end))


def _shared(reading: Reading, draft: Draft, found: Detail) -> int:
    payers, payees = _sides_of(reading, found)
    same = len((payers | payees) & (draft.ids("investor") | draft.ids("target")))
    money = bool(found.amount and draft.amount and close(found.amount, draft.amount))
    rounds = bool({m.value for m in found.rounds} & {m.value for m in draft.rounds})
    return 2 * same + 3 * money + 3 * rounds


def fits(reading: Reading, draft: Draft, found: Detail) -> bool:
    """Whether a relation may tell of the same transaction as a draft; parts of one never do."""
    trigger = found.relation.hit.trigger
    if any(told is found.relation for told in draft.relations):
        return False
    if (draft.type, found.relation.type, trigger.name) == ("ipo", "investment", "funding"):
        return _raised_by_listing(draft, found) or _same_issue(reading, draft, found)
    if _is_issue(reading, draft, found):
        return True
    if FAMILY[draft.type] != FAMILY[found.relation.type]:
        return False
    if {draft.type, found.relation.type} & {"holding"} and draft.type != found.relation.type:
        return False
    if _apart_in_time(draft, found):
        return False
    if _same_purchase(reading, draft, found) or _same_round(reading, draft, found):
        return True
    if (
        not _rounds_fit(draft, found)
        or not _money_fits(draft, found)
        or not _time_fits(draft, found)
    ):
        return False
    payers, payees = _sides_of(reading, found)
    if _supplies_partner(draft, found):
        return len((payees | payers) & (draft.ids("investor") | draft.ids("target"))) >= 2
    kinds = {draft.type, found.relation.type}
    if len(kinds) > 1 and "acquisition" in kinds and not payees & draft.ids("target"):
        return False
    if trigger.name in _ROUNDS_ONLY and draft.type != found.relation.type:
        return False
    if found.relation.type == "partnership":
        return len((payees | payers) & (draft.ids("investor") | draft.ids("target"))) >= 2
    if _headline_of(draft, found):
        return True
    if payees & draft.ids("investor") or payers & draft.ids("target"):
        return False
    if trigger.follows and not payees:
        return draft.type == found.relation.type
    if _titled(draft, found) and _named_alike(reading, draft, found):
        return True
    if payees and draft.ids("target") and not payees & draft.ids("target"):
        return _of_one_house(draft, payees) and bool(payers & draft.ids("investor"))
    if trigger.follows or trigger.name == "funding":
        return True
    if payees & draft.ids("target") and (_titled(draft, found) or _same_figures(draft, found)):
        return True
    return not payers or not draft.ids("investor") or bool(payers & draft.ids("investor"))


def _is_issue(reading: Reading, draft: Draft, found: Detail) -> bool:
    """Whether one of two tells of new shares, the other to whom they go: 定增募资; 向X发行A股股票."""
    triggers = {relation.hit.trigger.name for relation in draft.relations}
    kinds = {draft.type, found.relation.type}
    if "issue_to" not in {*triggers, found.relation.hit.trigger.name} or "ipo" not in kinds:
        return False
    _, payees = _sides_of(reading, found)
    return bool(payees & draft.ids("target")) and _money_fits(draft, found)


def _supplies_partner(draft: Draft, found: Detail) -> bool:
    """成为X的合作伙伴和供应商: a clause that tells of both tells of a supply."""
    clauses = {relation.clause for relation in draft.relations}
    supplies = draft.type == "partnership" and found.relation.hit.trigger.name == "supply"
    return supplies and found.relation.clause in clauses


def _of_one_house(draft: Draft, payees: set[str]) -> bool:
    """Whether those that are paid are parent and unit: 亚马逊 and AWS."""
    return any(
        parent_of(one) == other or parent_of(other) == one
        for one in payees
        for other in draft.ids("target")
    )


def _sides_of(reading: Reading, found: Detail) -> tuple[set[str], set[str]]:
    """The entities that pay and that are paid in a relation."""
    payers = {reading.entities.of(p).id for _, p in found.payers}
    payees = {reading.entities.of(p).id for _, p in found.payees}
    return payers, payees


def _only_in_title(draft: Draft) -> bool:
    return all(relation.sentence.title for relation in draft.relations)


def _same_money(draft: Draft, found: Detail) -> bool:
    one, other = draft.amount, found.amount
    return bool(
        one and other and (one.min, one.max, one.unit) == (other.min, other.max, other.unit)
    )


def _same_figures(draft: Draft, found: Detail) -> bool:
    """The same money or the same stake of one target: parent and subsidiary tell of one deal."""
    stakes = draft.stake and found.stake and draft.stake.min == found.stake.min
    return _same_money(draft, found) or bool(stakes)


def _headline_of(draft: Draft, found: Detail) -> bool:
    """A headline that describes a party instead of naming it has the money of the deal in the body."""
    return _titled(draft, found) and _same_money(draft, found)


def _raised_by_listing(draft: Draft, found: Detail) -> bool:
    """IPO获受理，预计融资80亿元: what a listing raises, told in its sentence, is no round."""
    if found.rounds or found.payers or "investee" in found.relation.told:
        return False
    listed = any(status == "completed" for status, _, _ in draft.statuses)
    here = draft.relations[-1].clause == found.relation.clause
    if found.status == "completed" and not listed and not here:
        return False
    return draft.relations[-1].sentence == found.relation.sentence


def _same_issue(reading: Reading, draft: Draft, found: Detail) -> bool:
    """IPO获受理。公司拟融资60亿元: the same company raises the same sum."""
    _, payees = _sides_of(reading, found)
    alone = not found.rounds and not found.payers
    return alone and bool(payees & draft.ids("target")) and _same_money(draft, found)


_ROUNDS_ONLY = frozenset({"funding", "raise", "lead", "follow", "investors_are", "leaders_are"})


def _named_alike(reading: Reading, draft: Draft, found: Detail) -> bool:
    """Whether the body names the headline's target more fully: X, X（北京）科技有限公司."""
    forms = [form for _, entity in draft.sides["target"].values() for form in entity.forms]
    names = [party.text for _, party in found.payees]
    return any(
        one != other
        and min(len(one), len(other)) > 2
        and (one.startswith(other) or other.startswith(one))
        for one in forms
        for other in names
    )


def _titled(draft: Draft, found: Detail) -> bool:
    """Whether one of the two is told in the headline only, the other in the body."""
    titled = _only_in_title(draft) != found.relation.sentence.title
    return titled and draft.type == found.relation.type


def _same_round(reading: Reading, draft: Draft, found: Detail) -> bool:
    """本轮由A领投，并获B战略投资: who else pays in the round that is spoken of."""
    if found.relation.hit.trigger.name != "invest" or found.amount or draft.past:
        return False
    _, payees = _sides_of(reading, found)
    return _this_round(reading, found) and bool(payees & draft.ids("target"))


def _same_purchase(reading: Reading, draft: Draft, found: Detail) -> bool:
    """A company is bought once: the same buyer and the same target are the same acquisition."""
    if draft.type != "acquisition" or found.relation.type != "acquisition":
        return False
    payers, payees = _sides_of(reading, found)
    return bool(payers & draft.ids("investor") and payees & draft.ids("target"))


_YEARS_APART = 2


def _apart_in_time(draft: Draft, found: Detail) -> bool:
    """Whether two purchases of one company lie years apart: 2021年收购80%, 如今收购余下的."""
    one = draft.date.value if draft.date else None
    other = found.date.value if found.date else None
    if one and other:
        return abs(int(one[:4]) - int(other[:4])) >= _YEARS_APART
    stakes = {share.min for share in (draft.stake, found.stake) if share}
    return len(stakes) > 1 and {"completed", "talks"} == {draft.statuses[-1][0], found.status}


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
    if _supplies_partner(draft, found):
        draft.type, draft.sides = "procurement", {"investor": {}, "target": {}}
    if found.relation.hit.trigger.name == "issue_to" and draft.type == "ipo":
        draft.type = "investment"
        issuers = draft.sides["target"].items()
        draft.sides["target"] = {key: ("investee", entity) for key, (_, entity) in issuers}
    _add_parties(reading, draft, found)
    draft.relations.append(found.relation)
    draft.amount = _better(draft.amount, found.amount)
    draft.valuation = _from_body(reading, draft.valuation, found.valuation)
    draft.stake = _from_body(reading, draft.stake, found.stake)
    draft.rounds = _joined(draft.rounds, found.rounds)
    draft.date = _finer(draft.date, found.date)
    draft.statuses.append((found.status, found.status_cue, found.relation))
    draft.past = draft.past or found.past
    if found.relation.type == "acquisition" and draft.type == "investment":
        draft.type = "acquisition"


def _add_parties(reading: Reading, draft: Draft, found: Detail) -> None:
    """Join the parties of a relation; where headline and body name others, the body is right."""
    payers, payees = _sides_of(reading, found)
    told = {"investor": (found.payers, payers), "target": (found.payees, payees)}
    for side, (parties, ids) in told.items():
        apart = bool(ids and draft.ids(side) and not ids & draft.ids(side))
        joins = found.relation.hit.trigger.follows or _beside_leaders(draft, found)
        if apart and not joins:
            if draft.relations and _only_in_title(draft):
                draft.sides[side].clear()
            elif found.relation.sentence.title or _same_figures(draft, found):
                continue
        for role, party in parties:
            _add_party(reading, draft, side, role, party, beside=ids)


def _beside_leaders(draft: Draft, found: Detail) -> bool:
    """本轮由A领投，B战略投资: who invests in the sentence that names the leaders is one more."""
    sentence = found.relation.sentence
    return found.relation.hit.trigger.name == "invest" and any(
        relation.hit.trigger.follows and relation.sentence == sentence
        for relation in draft.relations
    )


def _add_party(
    reading: Reading, draft: Draft, side: str, role: str, party: Mention, *, beside: set[str]
) -> None:
    entity = reading.entities.of(party)
    other = "target" if side == "investor" else "investor"
    house = {parent_of(identity) for identity in draft.ids(side) - beside}
    if entity.id in draft.sides[other] or entity.id in house - {""}:
        return
    if draft.relations and (parent := parent_of(entity.id)) not in {"", *beside}:
        draft.sides[side].pop(parent, None)  # a unit that acts in its own name is the party
    old = draft.sides[side].get(entity.id)
    if old is None or (role == "lead_investor" and old[0] == "investor"):
        draft.sides[side][entity.id] = (role, entity)
    draft.mentions.setdefault(entity.id, []).append(party)


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
