"""Whether a relation tells of a deal that was told before: sides, sums, rounds and time agree."""

from __future__ import annotations

import re

from extract.amounts import Quantity
from extract.reading import Detail, Draft, Reading
from extract.resolve import parent_of

FAMILY = {
    "investment": "equity", "holding": "equity", "acquisition": "equity", "divestment": "equity",
    "ipo": "ipo", "procurement": "trade", "partnership": "trade", "debt": "debt",
}  # fmt: skip


def last_told(draft: Draft) -> int:
    """Where a deal was told last."""
    return draft.relations[-1].hit.end


_THIS_ROUND = re.compile("本轮|此轮|本次|此次|这轮|该轮|新一轮")


def this_round(reading: Reading, found: Detail) -> bool:
    """Whether a sentence speaks of 本轮, the round of its article or of its item."""
    sentence = found.relation.sentence
    return bool(_THIS_ROUND.search(reading.folded, sentence.start, sentence.end))


def shared(reading: Reading, draft: Draft, found: Detail) -> int:
    """How much a relation and a deal have in common: parties, the sum, a round."""
    payers, payees = sides_of(reading, found)
    same = len((payers | payees) & (draft.ids("investor") | draft.ids("target")))
    money = bool(found.amount and draft.amount and close(found.amount, draft.amount))
    rounds = bool({m.value for m in found.rounds} & {m.value for m in draft.rounds})
    return 2 * same + 3 * money + 3 * rounds


def fits(reading: Reading, draft: Draft, found: Detail) -> bool:
    """Whether a relation may tell of the same transaction as a draft; parts of one never do."""
    trigger = found.relation.hit.trigger
    if draft.relations[-1] is found.relation:  # the parts of one relation come one behind another
        return False
    if (draft.type, found.relation.type, trigger.name) == ("ipo", "investment", "funding"):
        return _raised_by_listing(draft, found) or _same_issue(reading, draft, found)
    if _is_issue(reading, draft, found):
        return True
    if FAMILY[draft.type] != FAMILY[found.relation.type]:
        return False
    if _sum_of_contract(draft, found):
        return True
    if _told_of_earlier(draft, found):
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
    payers, payees = sides_of(reading, found)
    if supplies_partner(draft, found):
        return len((payees | payers) & (draft.ids("investor") | draft.ids("target"))) >= 2
    kinds = {draft.type, found.relation.type}
    if len(kinds) > 1 and "acquisition" in kinds and not payees & draft.ids("target"):
        return False
    if trigger.name in _ROUNDS_ONLY and draft.type != found.relation.type:
        return False
    if found.relation.type == "partnership":
        if draft.type == "procurement" and _is_venture(reading, found):
            return False
        return len((payees | payers) & (draft.ids("investor") | draft.ids("target"))) >= 2
    if _headline_of(draft, found):
        return True
    firms = {reading.entities.of(p).id for _, p in found.payers if p.kind != "PERSON"}
    if payees & draft.ids("investor") or (firms or payers) & draft.ids("target"):
        return False  # 投资方包括创始人X和Y: a founder may pay in a round of the company
    if trigger.follows and not payees:
        return draft.type == found.relation.type
    if _titled(draft, found) and _named_alike(reading, draft, found):
        return True
    if payees and draft.ids("target") and not payees & draft.ids("target"):
        return _of_one_house(draft, payees) and bool(payers & draft.ids("investor"))
    if trigger.follows or trigger.name == "funding":
        return True
    if payees & draft.ids("target") and (_titled(draft, found) or same_figures(draft, found)):
        return True
    return not payers or not draft.ids("investor") or bool(payers & draft.ids("investor"))


FOUNDS_VENTURE = re.compile("(?:成立|设立|组建|建立)[^，。；的]{0,12}合[资营]")
"""Words that found a company of several."""


def _is_venture(reading: Reading, found: Detail) -> bool:
    """Whether partners found a company: 双方与Z共同出资设立合资公司 is not what X buys of Y."""
    clause = found.relation.clause
    return bool(FOUNDS_VENTURE.search(reading.folded, clause.start, clause.end))


def _is_issue(reading: Reading, draft: Draft, found: Detail) -> bool:
    """Whether one of two tells of new shares, the other to whom they go: 定增募资; 向X发行A股股票."""
    if "ipo" not in {draft.type, found.relation.type}:
        return False
    told = (found.relation, *draft.relations)
    if not any(relation.hit.trigger.name == "issue_to" for relation in told):
        return False
    _, payees = sides_of(reading, found)
    return bool(payees & draft.ids("target")) and _money_fits(draft, found)


def _told_of_earlier(draft: Draft, found: Detail) -> bool:
    """X将追加1亿美元。此前，X已于去年5月投资1亿美元: what was done before is another deal."""
    done = found.past and found.status == "completed" and found.date is not None
    if not done or draft.past or draft.date is not None or draft.type != "investment":
        return False
    return {status for status, _, _ in draft.statuses} <= {"announced", "talks"}


def _sum_of_contract(draft: Draft, found: Detail) -> bool:
    """X将向Y购买算力，合同价值超过100亿美元: a clause without a party tells what the contract costs."""
    contract = found.relation.hit.trigger.name in {"trade_contract", "supply_contract"}
    last = draft.relations[-1]
    alone = contract and not found.relation.told and last.sentence == found.relation.sentence
    return alone and draft.type == "procurement" and _money_fits(draft, found)


def supplies_partner(draft: Draft, found: Detail) -> bool:
    """成为X的合作伙伴和供应商; 与X达成合作，签署采购协议: what tells of both tells of a trade."""
    if draft.type != "partnership" or found.relation.type != "procurement":
        return False
    sentences = {relation.sentence for relation in draft.relations}
    return found.relation.sentence in sentences


def _of_one_house(draft: Draft, payees: set[str]) -> bool:
    """Whether those that are paid are parent and unit: 亚马逊 and AWS."""
    return any(
        parent_of(one) == other or parent_of(other) == one
        for one in payees
        for other in draft.ids("target")
    )


def sides_of(reading: Reading, found: Detail) -> tuple[set[str], set[str]]:
    """The entities that pay and that are paid in a relation."""
    payers = {reading.entities.of(p).id for _, p in found.payers}
    payees = {reading.entities.of(p).id for _, p in found.payees}
    return payers, payees


def only_in_title(draft: Draft) -> bool:
    """Whether the body has not told a deal of the headline yet."""
    return all(relation.sentence.title for relation in draft.relations)


def same_money(draft: Draft, found: Detail) -> bool:
    """Whether both tell the same sum, in the same currency."""
    one, other = draft.amount, found.amount
    return bool(
        one and other and (one.min, one.max, one.unit) == (other.min, other.max, other.unit)
    )


def same_figures(draft: Draft, found: Detail) -> bool:
    """The same money or the same stake of one target: parent and subsidiary tell of one deal."""
    stakes = draft.stake and found.stake and draft.stake.min == found.stake.min
    return same_money(draft, found) or bool(stakes)


def _headline_of(draft: Draft, found: Detail) -> bool:
    """A headline that describes a party instead of naming it has the money of the deal in the body."""
    return _titled(draft, found) and same_money(draft, found)


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
    _, payees = sides_of(reading, found)
    alone = not found.rounds and not found.payers
    return alone and bool(payees & draft.ids("target")) and same_money(draft, found)


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
    titled = only_in_title(draft) != found.relation.sentence.title
    return titled and draft.type == found.relation.type


def _same_round(reading: Reading, draft: Draft, found: Detail) -> bool:
    """本轮由A领投，并获B战略投资: who else pays in the round that is spoken of."""
    if found.relation.hit.trigger.name != "invest" or found.amount or draft.past:
        return False
    _, payees = sides_of(reading, found)
    return this_round(reading, found) and bool(payees & draft.ids("target"))


def _same_purchase(reading: Reading, draft: Draft, found: Detail) -> bool:
    """A company is bought once: the same buyer and the same target are the same acquisition."""
    if draft.type != "acquisition" or found.relation.type != "acquisition":
        return False
    payers, payees = sides_of(reading, found)
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
    return not one or not other or bool(one & other) or _of_several(draft, found)


def _of_several(draft: Draft, found: Detail) -> bool:
    """完成两轮融资，天使轮由A领投，Pre-A轮由B领投: a round of those that were told together."""
    near = found.relation.hit.start - last_told(draft) < _SAME_BREATH
    return draft.several and found.relation.hit.trigger.follows and near


_SAME_BREATH = 60
"""How far behind the rounds told together each of them is told, in characters."""


def close(one: Quantity, other: Quantity) -> bool:
    """Whether two amounts can be tellings of one: the same currency, a bound within 5%.

    A vague amount is that of any within it: 数百亿美元, 最高500亿美元.
    """
    if one.unit != other.unit and not (one.inferred or other.inferred):
        return False
    if _within(one, other) or _within(other, one):
        return True
    bounds = [(a, b) for a in (one.min, one.max) for b in (other.min, other.max)]
    return any(a is not None and b is not None and abs(a - b) * 20 <= max(a, b) for a, b in bounds)


def _within(exact: Quantity, vague: Quantity) -> bool:
    value = exact.max if exact.min is None else exact.min
    if vague.modifier != "vague" or exact.modifier == "vague" or value is None:
        return False
    return (vague.min or 0) <= value <= (vague.max or value)


def _money_fits(draft: Draft, found: Detail) -> bool:
    return not draft.amount or not found.amount or close(draft.amount, found.amount)


def _time_fits(draft: Draft, found: Detail) -> bool:
    if draft.date and found.date and draft.date.value and found.date.value:
        return draft.date.value[:4] == found.date.value[:4]
    return True
