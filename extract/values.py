"""What belongs to a relation besides its parties: money, stake, round, status, date."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from extract.amounts import Quantity
from extract.clauses import Clause, Sentence
from extract.lexicon import alternation, words
from extract.mentions import Mention, beginning_in

MoneyRole = str  # "amount", "valuation", "total", "part", "other", "conversion"


@dataclass(frozen=True, slots=True)
class Cited:
    """A normalised value and the words it follows from."""

    value: object
    start: int
    end: int
    rule: str = ""


# --------------------------------------------------------------------------------------------
# money


@cache
def _money_patterns() -> dict[str, re.Pattern[str]]:
    table = {}
    for kind in ("valuation", "total", "other"):
        table[f"{kind} before"] = re.compile(
            rf"(?:{alternation(words('money.toml', kind, 'before'))})[^，。；：\n]{{0,10}}$"
        )
    for kind in ("valuation", "other"):
        table[f"{kind} behind"] = re.compile(
            rf"[ \x01]*(?:{alternation(words('money.toml', kind, 'behind'))})"
        )
    return table


def money_roles(skeleton: str, money: Sequence[Quantity]) -> list[MoneyRole]:
    """What each amount is: the price of a deal, a valuation, a total of several deals, or no deal's."""
    roles: list[MoneyRole] = []
    free = 0  # words before this offset already belong to an earlier amount
    for quantity in money:
        role, end = _money_role(skeleton, quantity, free)
        if role == "amount" and roles and roles[-1] in {"valuation", "other"}:
            gap = skeleton[free : quantity.start]  # 注册资本由16亿增至18亿
            role = roles[-1] if _RISEN.fullmatch(gap) else role
        free = max(free, end)  # a conversion stands in front of the word behind its bracket
        roles.append(role)
    return roles


# 融资3亿美元估值20亿: the word between two amounts belongs to the second, unless a verb begins anew
# behind it (以40亿美元估值融资4亿) or it is tied to the first (以20亿的估值拿了1亿)
_NEXT = re.compile(
    r"(?:(?!融|筹|募|做|完成|进行|获|拿|投|收购|出售|推进|开启|寻求)[^，。；：\n0-9]){0,5}[0-9]"
)
_TIED = re.compile(r"(?:以|按|在|对应)[^，。；：\n]{0,6}$")
_ITS_OWN = re.compile(r"[ \x01]*(?:的|投前|投后|左右|以上)")
_RISEN = re.compile(
    r"[^，。；：\n0-9]{0,8}(?:涨|升|增|提高|跃|飙|翻|上调)[^，。；：\n0-9]{0,4}(?:至|到|了)?[^，。；：\n0-9]{0,3}$"
)


def _owns(skeleton: str, quantity: Quantity) -> bool:
    """Whether a preposition in front or a particle behind ties the word behind to the amount."""
    before = skeleton[max(0, quantity.start - 8) : quantity.start]
    return bool(_TIED.search(before) or _ITS_OWN.match(skeleton, quantity.end))


# 交易估值达到600亿美元: the price of the deal
_PRICE = re.compile("(?:交易|收购|并购)(?:总)?估值[^，。；：\n]{0,8}$")
# 出售价格超过60亿美元: 售价 is none here
_SALE_PRICE = re.compile("出售(?:总?价|对价|金额)[^，。；：\n0-9]{0,8}$|，费用为$")
# 每月12.5亿美元，相当于每年150亿美元: the same told in another way
_SAME_AS = re.compile("(?:相当于|折合)[^，。；：\n0-9]{0,3}$")
# 两轮累计超1亿美元: the rounds that are told together have one amount
_OF_ROUNDS = re.compile(
    "(?:[两二三四多数]轮|系列)[^，。；]{0,8}累计|轮(?:和|及|与|、)[^，。；]{1,8}轮融资，累计"
)


_STILL_PRICE = {"valuation": _PRICE, "total": _OF_ROUNDS, "other": _SALE_PRICE}
"""What is the price of a deal although a word of another kind stands before it."""


def _money_role(skeleton: str, quantity: Quantity, free: int) -> tuple[MoneyRole, int]:
    patterns = _money_patterns()
    before = skeleton[max(free, quantity.start - 18) : quantity.start]
    if quantity.converted_from is not None or _SAME_AS.search(before):
        return "conversion", quantity.end
    if quantity.per == "share":
        return "other", quantity.end
    for kind in ("valuation", "other"):
        match = patterns[f"{kind} behind"].match(skeleton, quantity.end)
        if match and (_owns(skeleton, quantity) or not _NEXT.match(skeleton, match.end())):
            return kind, match.end()
    for kind in ("valuation", "total", "other"):
        if patterns[f"{kind} before"].search(before):
            return "amount" if _STILL_PRICE[kind].search(before) else kind, quantity.end
    if quantity.part == "total" and re.search(
        "累计", skeleton[max(0, quantity.start - 8) : quantity.end]
    ):
        return "total", quantity.end
    return "amount", quantity.end


def nearest(
    candidates: Sequence[Quantity], clause: Clause, sentence: Sentence, at: int
) -> Quantity | None:
    """The amount that stands nearest to a trigger, in its clause before its sentence."""
    for start, end in ((clause.start, clause.end), (sentence.start, sentence.end)):
        inside = [q for q in beginning_in(candidates, start, end) if q.end <= end]
        if inside:
            return min(inside, key=lambda q: min(abs(q.end - at), abs(q.start - at)))
    return None


_BEFORE_IT = re.compile(
    r"(?:较|(?<![占股])比(?!例|重|率|分)|上一?轮[^，。；]{0,8}|此前的|二级市场[^，。；]{0,6})[^，。；：\n]{0,12}$"
)
_FROM = re.compile(r"(?:从|由)[^，。；：\n]{0,14}$")
_GROWN = re.compile(r"[^，。；：\n]{0,12}?(?:涨|升|增|提高|跃|飙|翻|上调|降|跌|减)")


def is_former(skeleton: str, quantity: Quantity) -> bool:
    """Whether a value is the one before: 从10亿涨到20亿, 较上一轮的5亿."""
    before = skeleton[max(0, quantity.start - 22) : quantity.start]
    if _BEFORE_IT.search(before):
        return True
    return bool(_FROM.search(before) and _GROWN.match(skeleton, quantity.end))


_SHARE = re.compile(
    r"[ \x01]*(?:的)?(?:[^，。；]{0,6})(?:股权|股份|股比|股本|权益|普通股|份额|出资)"
)
_SHARE_BEFORE = re.compile(
    r"(?:持股|持仓|占股|持股比例|股比|占比|股本|股权|持有|释放|股份)[^，。；]{0,12}$"
)
_RATIO = re.compile(
    r"(?:占|持股|出资)[^，。；]{0,24}比例[^，。；]{0,6}$|(?:股|占比)[^，。；]{0,24}%[^，。；]{0,6}(?:至|到|为)[^，。；]{0,3}$"
)
_LARGE_HOLDER = re.compile(r"(?:及|或)?以上(?:的)?(?:股份的)?股东|整数倍")


def is_share(skeleton: str, quantity: Quantity) -> bool:
    """Whether a percentage is a part of a company that changes hands."""
    before = skeleton[max(0, quantity.start - 32) : quantity.start]
    digits = skeleton.find("%", quantity.start, quantity.end) + 1 or quantity.end
    if is_former(skeleton, quantity) or _LARGE_HOLDER.match(skeleton, digits):
        return False
    return bool(
        _SHARE.match(skeleton, quantity.end)
        or _SHARE_BEFORE.search(before[-20:])
        or _RATIO.search(before)
    )


_FLOAT = re.compile(r"(?:发行后[^，。；]{0,14}|发行比例[^，。；]{0,6})$")


def is_float(skeleton: str, quantity: Quantity) -> bool:
    """Whether a percentage is the part of a company that a listing brings to the market."""
    return bool(_FLOAT.search(skeleton[max(0, quantity.start - 22) : quantity.start]))


_AFTER_ROUND = re.compile(r"(?: ?(?:股权)?(?:融资|投资))?(?:之?后(?!，)|以来|时(?!，))")
_SINCE = re.compile(r"(?:在|继|距|自|从|较|比)[^，。；]{0,6}$")
_EARLY = re.compile(r"早在[^，。；]{0,5}$")
_RECEIVED = re.compile("获|完成|敲定")


def rounds_in(
    folded: str, rounds: Sequence[Mention], clause: Clause, sentence: Sentence
) -> list[Mention]:
    """The rounds that a clause names, else the only one of its sentence.

    A round that only dates another one (在A轮融资后继续追加) is none, and 战略投资 is one only where
    it is received.
    """
    near = beginning_in(rounds, sentence.start, sentence.end)
    usable = [found for found in near if not _is_landmark(folded, found)]
    here = _within(usable, clause.start, clause.end)
    if not _RECEIVED.search(folded, clause.start, clause.end):
        here = [found for found in here if found.rule != "rounds.strategic"]
    if here:
        return here
    around = [
        found
        for found in _within(usable, sentence.start, sentence.end)
        if found.rule != "rounds.strategic"
    ]
    return around if len({found.value for found in around}) == 1 else []


def _within(rounds: Sequence[Mention], start: int, end: int) -> list[Mention]:
    return [found for found in rounds if start <= found.start and found.end <= end]


def _is_landmark(folded: str, found: Mention) -> bool:
    before = folded[max(0, found.start - 7) : found.start]
    if _EARLY.search(before):
        return True
    return bool(_SINCE.search(before) and _AFTER_ROUND.match(folded, found.end))
