"""Records of many articles in one form, with their parties told apart across articles.

A `Telling` is what one article says of one deal, without the offsets. It is made from a line of
``zhdeals run`` and from a line of gold alike, so that either can be linked. `Identities` says which
parties of different articles are one: 英伟达, 輝達 and NVIDIA Corp. by the lists, 云栎科技 and
杭州云栎科技有限公司 by the form of registered names. A shared character never joins two names.
"""

from __future__ import annotations

import calendar
import datetime
import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, lru_cache
from typing import Any, Final, cast

from pydantic import Field, ValidationError

from extract.amounts import Quantity, find_money
from extract.errors import ArticleError
from extract.lexicon import alternation, hardware_surfaces, key, org_surfaces, orgs, words
from extract.records import (
    DATE_PATTERN,
    ArticleDeals,
    ConditionKind,
    DealRecord,
    DealType,
    Frozen,
    Modifier,
    Number,
    Party,
    Role,
    Status,
)
from extract.text import fold


class Sum(Frozen):
    """An amount of money as an article tells it; the bounds are those of ``records.Money``."""

    min: Number | None
    max: Number | None
    currency: str = Field(pattern=r"^[A-Z]{3}$")
    modifier: Modifier
    text: str


class Who(Frozen):
    """A party as an article names it; ``id`` is the list's, else ``name:`` and its key."""

    id: str
    name: str
    role: Role
    names: tuple[str, ...]


class Tie(Frozen):
    """A condition of a deal in the words of the article."""

    kind: ConditionKind
    text: str


class Chip(Frozen):
    """Computing hardware of a deal; ``vendor`` is the id of the organisation where a list has it."""

    id: str
    name: str
    vendor: str
    quantity: str | None = None


class Quote(Frozen):
    """Words of an article that say a circle, and whether they stand in its title."""

    text: str
    in_title: bool = False


class Telling(Frozen):
    """What one article says of one deal.

    ``circles`` and ``successions`` are words of the whole article: that money goes round, that one
    deal took the place of another.
    """

    article_id: str
    record_id: str
    published: str | None = Field(default=None, pattern=DATE_PATTERN)
    source: str | None = None
    type: DealType
    investor: tuple[Who, ...]
    target: tuple[Who, ...]
    amount: Sum | None = None
    stake: Number | None = None
    valuation: Sum | None = None
    round: str | None = None
    status: Status
    date: str | None = Field(default=None, pattern=DATE_PATTERN)
    conditions: tuple[Tie, ...] = ()
    hardware: tuple[Chip, ...] = ()
    evidence: str = ""
    circles: tuple[Quote, ...] = ()
    successions: tuple[str, ...] = ()

    @property
    def parties(self) -> tuple[Who, ...]:
        """Both sides, the paying one first."""
        return (*self.investor, *self.target)


# --- reading -----------------------------------------------------------------------------------

_ROLES: Final[Mapping[str, tuple[Role, Role]]] = {
    "investment": ("investor", "investee"),
    "acquisition": ("acquirer", "acquiree"),
    "procurement": ("buyer", "supplier"),
    "partnership": ("partner", "partner"),
    "holding": ("shareholder", "investee"),
    "divestment": ("acquirer", "seller"),
    "debt": ("lender", "borrower"),
    "ipo": ("investor", "issuer"),
}


def tellings_of(article: ArticleDeals | Mapping[str, Any]) -> tuple[Telling, ...]:
    """The records of one article: of ``zhdeals run``, or of gold as ANNOTATION has it.

    Raises ArticleError where the mapping is neither.
    """
    if isinstance(article, ArticleDeals):
        quotes = circle_quotes(article.title, article.text or "")
        return tuple(_of_record(deal, article, quotes) for deal in article.deals)
    if not isinstance(article.get("deals"), list) or not article.get("article_id"):
        raise ArticleError("not a line of deals: article_id and deals are needed")
    if all(isinstance(deal, Mapping) and "sources" in deal for deal in article["deals"]):
        known = {name: article.get(name) for name in ArticleDeals.model_fields if name in article}
        return tellings_of(_validated(known))
    return tuple(_of_gold(article))


def _validated(fields: Mapping[str, Any]) -> ArticleDeals:
    try:
        return ArticleDeals.model_validate(fields)
    except ValidationError as error:
        raise ArticleError(_first_line(error)) from error


def _first_line(error: ValidationError) -> str:
    first = error.errors()[0]
    place = ".".join(map(str, first["loc"]))
    return f"{place}: {first['msg']}" if place else str(first["msg"])


def _of_record(deal: DealRecord, article: ArticleDeals, quotes: tuple[Quote, ...]) -> Telling:
    if not article.text:
        said = "\n".join([deal.evidence, *(c.text for c in deal.conditions)])
        quotes = tuple(dict.fromkeys((*quotes, *circle_quotes(None, said))))
    fields = deal.model_dump(
        include={"type", "stake", "round", "status", "date", "evidence"},
    )
    return Telling(
        **fields,
        article_id=article.article_id,
        record_id=deal.id,
        published=article.published,
        source=article.source,
        investor=_whos(deal.investor),
        target=_whos(deal.target),
        amount=_sum(deal.amount),
        valuation=_sum(deal.valuation),
        conditions=tuple(Tie(kind=c.kind, text=c.text) for c in deal.conditions),
        hardware=tuple(_chip(h.name, h.vendor, h.quantity, h.id or "") for h in deal.hardware),
        circles=quotes,
        successions=succession_quotes(article.text or deal.evidence),
    )


def _whos(parties: Iterable[Party]) -> tuple[Who, ...]:
    return tuple(Who(id=p.id, name=p.name, role=p.role, names=p.names) for p in parties)


def _sum(money: object) -> Sum | None:
    names = ("min", "max", "currency", "modifier", "text")
    return Sum(**{name: getattr(money, name) for name in names}) if money is not None else None


def _of_gold(article: Mapping[str, Any]) -> Iterator[Telling]:
    quotes = circle_quotes(article.get("title"), str(article.get("text") or ""))
    for number, deal in enumerate(article["deals"]):
        try:
            yield _of_plain(deal, article, number, quotes)
        except ValidationError as error:
            raise ArticleError(_first_line(error), key=f"deals.{number}") from error
        except (KeyError, TypeError, AttributeError) as error:
            raise ArticleError("not a deal record", key=f"deals.{number}") from error


def _of_plain(
    deal: Mapping[str, Any], article: Mapping[str, Any], number: int, quotes: tuple[Quote, ...]
) -> Telling:
    payer, payee = _ROLES.get(deal["type"], ("investor", "investee"))
    hardware = deal.get("hardware") or ()
    plain = ("type", "stake", "round", "status", "date", "amount", "valuation")
    return Telling.model_validate(
        {
            **{name: deal.get(name) for name in plain},
            "article_id": str(article["article_id"]),
            "record_id": str(deal.get("id") or number),
            "published": article.get("published"),
            "source": article.get("source") or article.get("outlet"),
            "investor": [_who(party, payer) for party in deal.get("investor") or ()],
            "target": [_who(party, payee) for party in deal.get("target") or ()],
            "conditions": [
                {"kind": c["kind"], "text": c["text"]} for c in deal.get("conditions") or ()
            ],
            "hardware": [
                _chip(h["name"], h.get("vendor"), h.get("quantity"), "") for h in hardware
            ],
            "evidence": deal.get("evidence") or "",
            "circles": quotes,
            "successions": succession_quotes(
                str(article.get("text") or deal.get("evidence") or "")
            ),
        }
    )


def _who(party: Mapping[str, Any], role: Role) -> Who:
    names = tuple(dict.fromkeys([party["name"], *(party.get("names") or ())]))
    listed = _listed_by_name(names)
    return Who(
        id=listed or f"name:{name_key(party['name'])}",
        name=party["name"],
        role=cast(Role, party.get("role") or role),
        names=names,
    )


def _chip(name: str, vendor: str | None, quantity: str | None, identity: str) -> Chip:
    entry = hardware_surfaces().get(key(name))
    maker = _listed_by_name((vendor,)) if vendor else ""
    return Chip(
        id=identity or (entry.id if entry else ""),
        name=name,
        vendor=maker or (entry.vendor if entry else ""),
        quantity=quantity,
    )


# --- words of circles --------------------------------------------------------------------------


@cache
def _circle_patterns() -> tuple[re.Pattern[str], re.Pattern[str]]:
    said, denied = (words("linking.toml", "circle", name) for name in ("words", "denied"))
    return re.compile(alternation(said)), re.compile(alternation(denied))


_LINE_MOST: Final = 400


def circle_quotes(title: str | None, text: str) -> tuple[Quote, ...]:
    """The lines of an article that say of money that it goes round; 左手换右手, 循环交易, 闭环.

    A line that takes it back (其实只是单行道) says none.
    """
    said, denied = _circle_patterns()
    lines = text.split("\n")
    head = title if title is not None else (lines[0] if len(lines) > 1 else "")
    quotes = []
    if head and said.search(fold(head)):
        quotes.append(Quote(text=head, in_title=True))
    if not said.search(fold(text)):
        return tuple(quotes)
    for line in lines:
        folded = fold(line)
        if line != head and said.search(folded) and not denied.search(folded):
            quotes.append(Quote(text=line.strip()[:_LINE_MOST]))
    return tuple(dict.fromkeys(quotes))


@cache
def _taking_place() -> re.Pattern[str]:
    behind, passive, before = (
        alternation(words("linking.toml", "superseded", name))
        for name in ("behind", "passive", "before")
    )
    taken = f"(?P<before>(?:{passive})(?![此于])[^，。；：,;]{{0,30}}(?:{behind})|{before})"
    return re.compile(f"{taken}|(?P<behind>{behind})")


_SENTENCE = re.compile(r"[^。！？!?\n]+")


@lru_cache(maxsize=64)
def succession_quotes(text: str) -> tuple[str, ...]:
    """The sentences that say that a deal took the place of another: 取代, 改为, 缩水为."""
    if not _taking_place().search(fold(text)):
        return ()
    sentences = (match.group().strip() for match in _SENTENCE.finditer(text))
    return tuple(s for s in sentences if _taking_place().search(fold(s)))


def given_way(sentence: str) -> tuple[Quantity, ...]:
    """The amounts of which a sentence says that their deal gave way: 1000亿 of 300亿取代1000亿.

    They are the nearest behind 取代, the nearest in front of 改为 and 被…取代.
    """
    sums = find_money(sentence)
    found = []
    for cue in _taking_place().finditer(fold(sentence)):
        if cue["before"]:
            found += [money for money in sums if money.end <= cue.start()][-1:]
        else:
            found += [money for money in sums if money.start >= cue.end()][:1]
    return tuple(dict.fromkeys(found))


@cache
def _nothing_final() -> tuple[re.Pattern[str], re.Pattern[str]]:
    papers, missing, supposed = (
        alternation(words("linking.toml", "unsigned", name))
        for name in ("papers", "missing", "supposed")
    )
    near = "[^，。；：！？,;!?\\n]{0,8}"
    said = f"(?:{papers}){near}(?:{missing})|(?:{missing}){near}(?:{papers})"
    return re.compile(said), re.compile(supposed)


@lru_cache(maxsize=1024)
def says_unsigned(text: str) -> bool:
    """Whether words say that nothing final is signed: 尚未签署最终协议, 正式合同没有签.

    Words that only suppose it (若未达成最终协议) do not.
    """
    said, supposed = _nothing_final()
    folded = fold(text)
    return any(
        not supposed.search(sentence.group())
        for sentence in _SENTENCE.finditer(folded)
        if said.search(sentence.group())
    )


# --- names across articles ---------------------------------------------------------------------

_NOISE = re.compile(r"[\s·・.,，。'’\"“”\-–—_&/]+")
_BRACKET = re.compile(r"[（(][^（）()]*[）)]$")


@cache
def _legal_patterns() -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    legal, english, trades, places = (
        alternation(words("linking.toml", "names", name))
        for name in ("legal", "english", "trades", "places")
    )
    return (
        re.compile(rf"(?:{legal})$"),
        re.compile(rf"(?:(?<=[ .,])(?:{english})\.?,? ?)+$"),
        re.compile(rf"(?:{trades})$"),
        re.compile(rf"^[（(]?(?:{places})(?:省|市)?[）)]?"),
    )


@cache
def name_key(name: str) -> str:
    """The form under which names of different articles are compared: NVIDIA Corp. is ``nvidia``."""
    folded = key(name).strip()
    legal, english, _, _ = _legal_patterns()
    core = english.sub("", folded).strip(" ,.") or folded
    if core.endswith("有限公司"):
        core = legal.sub("", core)
    core = _NOISE.sub("", core)
    return core or folded


@cache
def _name_keys(name: str) -> tuple[str, ...]:
    """A name's key, and for a registered name those without its place and its trade."""
    base = name_key(name)
    if not key(name).strip().endswith("公司") or base.isascii():
        return (base,)
    legal, _, trades, places = _legal_patterns()
    core = legal.sub("", _BRACKET.sub("", base))
    bare = places.sub("", core)
    short = trades.sub("", bare)
    longer = [found for found in (core, bare) if len(found) >= 2]
    return tuple(dict.fromkeys([base, *longer, *([short] if len(short) >= 3 else [])]))


@cache
def _surfaces_by_name_key() -> dict[str, str]:
    """Listed organisations by the key of each form that names one of them alone."""
    found: dict[str, set[str]] = {}
    for entry in org_surfaces().values():
        if entry.caution != "ambiguous" and entry.kind != "ticker":
            found.setdefault(name_key(entry.surface), set()).add(entry.id)
    return {form: next(iter(ids)) for form, ids in found.items() if len(ids) == 1}


def _listed_by_name(names: Iterable[str]) -> str:
    table = _surfaces_by_name_key()
    return next((table[form] for form in map(name_key, names) if form in table), "")


class Identities:
    """Which parties of many articles are one organisation.

    A party on the lists is its entry. Others are joined by equal names: each name of a party, its
    registered name without place, trade and legal form. Two entries of the lists are never joined,
    however names are shared, and a name of one character joins nothing.
    """

    def __init__(self, parties: Iterable[Who]) -> None:
        self._up: dict[str, str] = {}
        self._listed: dict[str, str] = {}  # root -> the entry of the lists that it is
        self._of: dict[tuple[str, tuple[str, ...]], str] = {}
        for who in parties:
            self._take(who)

    def _take(self, who: Who) -> None:
        form = (who.id, who.names)
        if form in self._of:
            return
        listed = who.id if who.id in orgs() else _listed_by_name((who.name, *who.names))
        nodes = [] if listed else [k for name in (who.name, *who.names) for k in _name_keys(name)]
        nodes = [node for node in dict.fromkeys(nodes) if len(node) > 1 or node.isascii()]
        first = f"org:{listed}" if listed else f"name:{nodes[0] if nodes else who.name}"
        self._add(first, listed)
        for node in nodes:
            known = _surfaces_by_name_key().get(node, "")
            self._add(f"name:{node}", "")
            self._join(first, f"name:{node}")
            if known:
                self._add(f"org:{known}", known)
                self._join(first, f"org:{known}")
        self._of[form] = first

    def _add(self, node: str, listed: str) -> None:
        if node not in self._up:
            self._up[node] = node
            if listed:
                self._listed[node] = listed

    def _find(self, node: str) -> str:
        while self._up[node] != node:
            self._up[node] = self._up[self._up[node]]
            node = self._up[node]
        return node

    def _join(self, one: str, other: str) -> None:
        first, second = sorted((self._find(one), self._find(other)))
        entries = {self._listed[root] for root in (first, second) if root in self._listed}
        if first == second or len(entries) > 1:
            return
        self._up[second] = first
        if entries:
            self._listed[first] = entries.pop()

    def id_of(self, who: Who) -> str:
        """The organisation that a party is: the id of the lists, else ``name:`` and a key."""
        form = (who.id, who.names)
        if form not in self._of:
            self._take(who)
        root = self._find(self._of[form])
        return self._listed.get(root, root)

    def resolved(self, telling: Telling) -> Telling:
        """The same telling, its parties with the ids that hold across articles."""
        sides = {
            side: tuple(
                who.model_copy(update={"id": self.id_of(who)}) for who in getattr(telling, side)
            )
            for side in ("investor", "target")
        }
        return telling.model_copy(update=sides)


# --- days --------------------------------------------------------------------------------------


@cache
def span_of(value: str) -> tuple[datetime.date, datetime.date]:
    """First and last day of a date of the records: ``2025-Q4`` is October to December."""
    year, _, rest = value.partition("-")
    first, last = 1, 12
    if rest.startswith("Q"):
        last = 3 * int(rest[1])
        first = last - 2
    elif rest.startswith("H"):
        last = 6 * int(rest[1])
        first = last - 5
    elif rest:
        first = last = int(rest[:2])
    if len(rest) == 5:
        day = datetime.date(int(year), first, min(int(rest[3:]), _days(int(year), first)))
        return day, day
    return datetime.date(int(year), first, 1), datetime.date(
        int(year), last, _days(int(year), last)
    )


def _days(year: int, month: int) -> int:
    return calendar.monthrange(year, month)[1]


def short_hash(*parts: str) -> str:
    """Twelve hexadecimal digits that stand for some strings."""
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:12]
