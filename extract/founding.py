"""Whether a relation is enough to begin a deal, and what keeps it from that."""

from __future__ import annotations

import re
from collections.abc import Sequence

from extract.details import clause_text
from extract.fitting import FOUNDS_VENTURE, last_told, sides_of
from extract.lexicon import words
from extract.reading import Detail, Draft, Reading
from extract.state import supposing

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


def goes_on(reading: Reading, drafts: Sequence[Draft], found: Detail) -> str:
    """Why a relation only goes on about a deal told before, empty where it does not."""
    if _echoes(reading, drafts, found):
        return "echo"
    return "state" if _is_state(reading, drafts, found) else ""


_STATE_NEAR = 400


def _is_state(reading: Reading, drafts: Sequence[Draft], found: Detail) -> bool:
    """Whether a holding is what a party of a deal told right before has before or after it."""
    if found.relation.type != "holding" or "仍" in clause_text(reading, found):
        return False
    both = set().union(*sides_of(reading, found))
    return any(
        (draft.type in {"divestment", "acquisition"} or _in_one_breath(draft, found))
        and "terminated" not in {status for status, _, _ in draft.statuses}
        and both <= draft.ids("investor") | draft.ids("target")
        and found.relation.hit.start - last_told(draft) < _STATE_NEAR
        for draft in drafts
    )


def _in_one_breath(draft: Draft, found: Detail) -> bool:
    """X新增股东Y，持股4.8%: what an investor has by the deal that the same sentence tells."""
    relation = found.relation
    alone = not relation.told and draft.relations[-1].sentence == relation.sentence
    return draft.type == "investment" and alone


_AGREED_ANEW = re.compile("签|达成|建立|决定|还|同意|宣布|长期|成立")


def _echoes(reading: Reading, drafts: Sequence[Draft], found: Detail) -> bool:
    """Whether 双方将携手 only goes on about the two of a deal told before."""
    relation = found.relation
    meant_both = all(party.rule == "anaphor" for _, party in relation.parties)
    if relation.type != "partnership" or found.amount or not meant_both:
        return False
    if _AGREED_ANEW.search(clause_text(reading, found)):
        return False
    both = set().union(*sides_of(reading, found))
    return any(
        draft.type != "holding" and both <= draft.ids("investor") | draft.ids("target")
        for draft in drafts
    )


def _supposed(reading: Reading, found: Detail) -> bool:
    """Whether a clause only supposes its deal: 如果A收购B."""
    relation = found.relation
    return bool(supposing().search(reading.skeleton, relation.clause.start, relation.hit.start))


def too_weak(reading: Reading, found: Detail) -> str:
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
        here = told_here(found) or _raised_here(reading, found)
        return bool(priced or new) and bool(found.payees) and here
    if trigger.name == "borrow":
        text = clause_text(reading, found)
        lent = "lender" in found.relation.told
        return lent or (told_here(found) and not _SOURCE_OF_MONEY.search(text))
    if trigger.name in {"list", "raise"}:
        return told_here(found) or _lists_here(reading, found)
    if trigger.name == "hold":
        return not _HOLDER.match(reading.skeleton, found.relation.hit.end)
    if trigger.name == "cooperate":
        named = bool(found.relation.told) or _founds_venture(reading, found)
        return named or _signed_before(reading, found)
    if trigger.name in {"invest", "put_money"}:
        told = found.amount or found.stake or found.rounds or found.date
        if "investee" not in found.relation.told and trigger.name == "invest":
            dated = bool(found.amount or found.date) or _received(found)
            return dated and _payer_here(found)
        return len(found.relation.told) > 1 or bool(told)
    return True


_THIS_LISTING = re.compile("(?:本次|此次|这次)(?:IPO|上市|发行|招股|公开发行)")


def _lists_here(reading: Reading, found: Detail) -> bool:
    """本次IPO募资12亿美元: a listing with a sum of its own, of the company spoken of."""
    own = found.relation.type == "ipo" and found.amount is not None
    return own and bool(_THIS_LISTING.search(clause_text(reading, found)))


def _founds_venture(reading: Reading, found: Detail) -> bool:
    """X、Y与Z发布声明，同意成立合资公司: the clause before names who founds it."""
    relation = found.relation
    named = {party.text for _, party in relation.parties if party.start >= relation.sentence.start}
    return len(named) > 1 and bool(FOUNDS_VENTURE.search(clause_text(reading, found)))


_SIGNED = re.compile("签署|签订|签约|达成[^，。；]{0,8}(?:协议|合作|共识)")


def _signed_before(reading: Reading, found: Detail) -> bool:
    """X与Y签署协议，将共同开发Z: two name themselves and sign, and then tell what they will do."""
    relation = found.relation
    behind = [party.end for _, party in relation.parties if party.start >= relation.sentence.start]
    two = len(found.payers) + len(found.payees) > 1 and len(behind) == len(relation.parties)
    start = max(behind, default=relation.clause.start)
    return two and bool(_SIGNED.search(reading.skeleton, start, relation.clause.start))


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


def told_here(found: Detail) -> bool:
    """Whether the side that is paid is named, or meant by a word, in the sentence itself."""
    sentence = found.relation.sentence
    named = [party for _, party in found.relation.parties]
    return sentence.opener is not None or any(
        sentence.start <= party.start < sentence.end for party in named
    )
