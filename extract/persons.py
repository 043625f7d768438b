"""Persons of notices: who holds, sells or signs beside companies, as 公司董事王进、监事于浩淼.

A name is a surname with one or two characters behind a title that holders of shares have, or in a
list that begins behind one. The surnames and titles are those of ``names.toml``.

Source: the commonest surnames of the mainland (Ministry of Public Security, yearly report on names).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from extract.lexicon import alternation, words

_ENDS = (
    r"(?=[、，。；（\x01：]|以?及|和|与|等|拟|将|计划|合计|累计|共|持[有股]|所持|先生|女士|通过|签[署订]|[减增]持"
    r"|均|已|分别|以|在|向|控制|的|之|因|转让|受让|发行|不再|质押|承诺|出具|共同|发来|方面|提交"
    r"|手[里中上]|近日|日前|今日|昨日|此前|目前|直接|间接|耗资|斥资|出资|自|从|还|也|因|决定|提议|$)"
)


@cache
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    """The first person behind a title, one more of the list, and one called 先生 or 女士."""
    titles = alternation(words("names.toml", "holder", "titles"))
    title = rf"(?:{titles})(?:之一)?"
    surname = alternation(words("names.toml", "holder", "surnames"))
    name = rf"(?P<name>(?:{surname})[一-龥]{{1,2}}?){_ENDS}"
    listed = rf"(?:先生|女士)?(?:、|以?及(?:其一致行动人)?|和|与)(?:{title}(?:[、及和兼]+{title})*)?{name}"
    owner = (
        rf"(?:受让|收购|购买|取得)了?(?:自然人|股东)?(?P<owner>(?:{surname})[一-龥]{{1,2}}?)"
        r"(?=(?:所|合计|共同|直接|分别)*持有?|(?:、|以?及|和|与|等)[^，。；]{2,40}(?:所持|持有))"
    )
    called = rf"(?<=[为由与向和、及是系人长事东理对，])(?P<name>(?:{surname})[一-龥]{{1,2}})(?=先生|女士)"
    return (
        re.compile(rf"{title}(?:[、及和兼]+{title})*{name}"),
        re.compile(listed),
        re.compile(f"{called}|{owner}"),
    )


def find_holders(skeleton: str) -> Iterator[tuple[int, int]]:
    """The spans of persons behind the titles of holders, each list as far as it goes.

    >>> [(3, 5), (6, 9)] == list(find_holders("董事长王进、于浩淼减持公司股份"))
    True
    """
    first, further, called = _patterns()
    yield from (match.span(match.lastgroup or 0) for match in called.finditer(skeleton))
    at = 0
    while match := first.search(skeleton, at):
        while match:
            yield match.span("name")
            at = match.end()
            match = further.match(skeleton, at)
