"""Rounds of funding: A, Pre-A+, 种子, 天使+, 战略, Pre-IPO."""

from __future__ import annotations

import re
from collections.abc import Iterator

from extract.mentions import Mention

_NAME = r"(?:[Pp][Rr][Ee][- ]?)?(?:[A-HＡ-Ｈ][0-9]?|种子|天使|战略|IPO)"
_ROUND = re.compile(
    rf"(?:(?<![A-Za-z0-9])|(?=[种天战]))(?P<first>{_NAME}[+＋]{{0,3}})"
    rf"(?: ?(?:轮[+＋]{{0,2}})(?!次|值|胎)| ?(?=(?:股权)?(?:融资|投资)(?!者|人|方|机构|银行|协议|部|合))"
    rf"|(?= ?(?:和|及|、|与|以及|/) ?{_NAME}[+＋]{{0,3}} ?轮))"
)
_NO_NAME = re.compile(r"[轮輪+＋\s]|融资|融資")
_PRE = re.compile(r"[Pp][Rr][Ee]-?")


def find_rounds(text: str, folded: str) -> Iterator[Mention]:
    """The rounds that a text names, left to right; ``value`` is the normal form."""
    if "轮" not in folded and "融资" not in folded and "投资" not in folded:
        return
    for match in _ROUND.finditer(folded):
        start, end = match.span()
        value = normal_round(text[start:end])
        if value == "战略" and folded.startswith("投资", end) and "轮" not in match.group():
            yield Mention(start, end, text[start:end], "ROUND", "rounds.strategic", value=value)
        elif value:
            words = text[start:end].rstrip()
            yield Mention(start, start + len(words), words, "ROUND", "rounds", value=value)


def normal_round(text: str) -> str:
    """The normal form of one round: A 轮 -> A, 天使轮+ -> 天使+, pre-a轮 -> Pre-A."""
    plus = "+" * (text.count("+") + text.count("＋"))
    name = _NO_NAME.sub("", text)
    name = {"戰略": "战略", "種子": "种子"}.get(name, name)
    if lead := _PRE.match(name):
        name = f"Pre-{name[lead.end() :].upper()}"
    return f"{name}{plus}"
