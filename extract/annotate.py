"""Gold and records as what annotation tools show: regions of the text and links between them.

A deal is a region over its evidence, labelled with its type; links lead from it to the regions of
its parties, amounts, dates, conditions and hardware. What the words do not say by themselves stands
in the region's value, with the words it was made for: ``7亿元 = 700000000 CNY exact``. Where somebody
moves the region, words and value no longer fit, and the value is read off the new words.

    gold --of_gold--> Sheet --a tool's file--> Sheet --to_gold--> gold
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any, Final, get_args

from pydantic import ValidationError

from extract.amounts import Quantity, find_quantities, parse_money
from extract.article import Article
from extract.dates import DateMention, find_dates, parse_date
from extract.errors import GoldError
from extract.gold import GoldArticle, first_problem, read_gold, whole_numbers
from extract.mentions import Mention
from extract.records import (
    CONDITION_KINDS,
    DEAL_TYPES,
    STATUSES,
    ArticleDeals,
    Cite,
    DealRecord,
    Role,
    is_partial_date,
)
from extract.rounds import find_rounds, normal_round
from extract.text import fold

# --- what can be said --------------------------------------------------------------------------

PAYER_ROLES: Final = (
    "investor", "lead_investor", "acquirer", "buyer", "partner", "shareholder", "lender",
)  # fmt: skip
PAID_ROLES: Final = (
    "investee", "acquiree", "seller", "supplier", "partner", "borrower", "issuer",
)  # fmt: skip
_SIDES: Final = ("investor", "target")
CONDITION_LABELS: Final = tuple(f"condition-{kind}" for kind in CONDITION_KINDS)
FIELD_LABELS: Final = (
    "party", "money", "stake", "round", "date", *CONDITION_LABELS, "hardware", "quantity",
)  # fmt: skip
LABELS: Final = (*DEAL_TYPES, *FIELD_LABELS)
"""What a region may be: a deal by its type, or one of the fields."""

PARTY_LINKS: Final = (
    *(f"investor-{role}" for role in PAYER_ROLES),
    *(f"target-{role}" for role in PAID_ROLES),
)
FIELD_LINKS: Final[Mapping[str, tuple[str, ...]]] = {
    "amount": ("money",),
    "valuation": ("money",),
    "stake": ("stake",),
    "round": ("round",),
    "date": ("date",),
    "condition": CONDITION_LABELS,
    "hardware": ("hardware",),
}
"""Links from a deal, and what they may lead to."""

SIDE_LINKS: Final[Mapping[str, tuple[str, str]]] = {
    "quantity": ("hardware", "quantity"),
    "alias": ("party", "party"),
}
"""Links between fields: hardware to how much of it, a party to another form of its name."""

LINKS: Final = (*PARTY_LINKS, *FIELD_LINKS, *SIDE_LINKS)
_EVERY_PARTY_LINK: Final = frozenset(
    (*_SIDES, *(f"{side}-{role}" for side in _SIDES for role in get_args(Role)))
)
_SINGLE: Final = ("amount", "valuation", "stake", "round", "date")

_COLOURS: Final[Mapping[str, str]] = {
    "party": "#b45309", "money": "#15803d", "stake": "#0f766e", "round": "#7c3aed",
    "date": "#475569", "hardware": "#be123c", "quantity": "#9d174d",
}  # fmt: skip


def colour(label: str) -> str:
    """The colour in which tools show a label, as #rrggbb: one for all deals, one for all conditions."""
    return "#2563eb" if label in DEAL_TYPES else _COLOURS.get(label, "#a16207")


@dataclass(frozen=True, slots=True)
class Region:
    """A stretch of the text with its label; ``id`` is unique in the article.

    ``value`` is what the words do not say, ``status`` and ``optional`` are those of a deal. ``line``
    is where the region stands in its file, 0 where that is not known.
    """

    id: str
    label: str
    start: int
    end: int
    text: str
    value: str | None = None
    status: str | None = None
    optional: bool = False
    line: int = field(default=0, compare=False)

    @property
    def is_deal(self) -> bool:
        """Whether the region stands for a deal."""
        return self.label in DEAL_TYPES


@dataclass(frozen=True, slots=True)
class Link:
    """A typed link between two regions, by their ids."""

    type: str
    source: str
    target: str
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Sheet:
    """One article with its regions and links; ``head`` is what else is known of the article.

    ``reviewed`` says that a person stands behind it, ``score`` how sure the program was where not.
    """

    head: Mapping[str, Any]
    text: str
    regions: tuple[Region, ...] = ()
    links: tuple[Link, ...] = ()
    reviewed: bool = True
    score: float | None = None
    file: str = field(default="", compare=False)
    line: int | None = field(default=None, compare=False)
    remarks: tuple[str, ...] = field(default=(), compare=False)

    @property
    def article_id(self) -> str:
        """The id of the article."""
        return str(self.head.get("article_id", ""))

    def wrong(self, message: str, line: int = 0) -> GoldError:
        """An error that names file, line and article."""
        return GoldError(message, file=self.file, line=line or self.line, key=self.article_id)


def checked_region(sheet: Sheet, region: Region) -> Region:
    """The region, if its label is known and its words stand at its offsets; else GoldError."""
    if region.label not in LABELS:
        raise sheet.wrong(f"unknown label {region.label!r}", region.line)
    if not 0 <= region.start < region.end <= len(sheet.text):
        place = f"{region.start}:{region.end}"
        raise sheet.wrong(
            f"{region.label} at {place} lies outside the text of {len(sheet.text)} characters",
            region.line,
        )
    if region.value is not None and not has_value(region.value):
        raise sheet.wrong(f"{region.value!r} is not of the form WORDS = VALUE", region.line)
    found = sheet.text[region.start : region.end]
    if region.text != found:
        raise sheet.wrong(
            f"offsets have drifted: {region.label} {region.text!r} is not at "
            f"{region.start}:{region.end}, which reads {found!r}",
            region.line,
        )
    return region


# --- values ------------------------------------------------------------------------------------

_MARKS: Final = re.compile(r"[\\=|;\x00-\x1f\x7f\x85\u2028\u2029]|\A | \Z|\A-\Z")
_MARKED: Final = re.compile(r"\\u([0-9a-f]{4})|\\(.)")
_NOTHING: Final = "-"


def _escaped(text: str) -> str:
    """A text in which nothing separates: ``=``, ``|``, ``;`` and line ends are written otherwise."""
    return _MARKS.sub(lambda m: f"\\{m[0]}" if m[0] in "\\=|;-" else f"\\u{ord(m[0]):04x}", text)


def _plain(text: str) -> str:
    return _MARKED.sub(lambda m: chr(int(m[1], 16)) if m[1] else m[2], text.strip(" "))


def _parts(text: str, mark: str) -> list[str]:
    """What stands between the unescaped separators, still escaped."""
    parts = [""]
    for token in re.findall(r"\\.|.", text, re.DOTALL):
        if token == mark:
            parts.append("")
        else:
            parts[-1] += token
    return [part.strip(" ") for part in parts]


def _valued(words: str, body: str) -> str:
    return f"{_escaped(words)} = {body}" if words else f"= {body}"


def has_value(note: str) -> bool:
    """Whether a note is a value, ``words = value``, and not a person's remark."""
    return len(_parts(note, "=")) == 2


def _body(region: Region) -> str | None:
    """The value, if it was made for the words that the region now holds."""
    if region.value is None:
        return None
    words, body = _parts(region.value, "=")
    return body if not words or _plain(words) == region.text else None


def _moved_names(party: Region) -> list[str]:
    """The words, and the names told for other words if these are a form of the same name."""
    told = _read_names(_parts(party.value, "=")[1]) if party.value else []
    same = any(name in party.text or party.text in name for name in told)
    return list(dict.fromkeys([party.text, *told])) if same else [party.text]


def _number(value: float) -> str:
    return str(int(value)) if float(value).is_integer() else repr(value)


def _told_money(money: Mapping[str, Any]) -> str:
    low, high = (None if money[key] is None else _number(money[key]) for key in ("min", "max"))
    bounds = low if low is not None and low == high else f"{low or ''}..{high or ''}"
    return f"{bounds} {money['currency'] or _NOTHING} {money['modifier'] or _NOTHING}"


def _read_money(body: str) -> dict[str, Any]:
    bounds, currency, modifier = body.split(" ")
    low, _, high = bounds.partition("..") if ".." in bounds else (bounds, "", bounds)
    return {
        "min": _read_number(low) if low else None,
        "max": _read_number(high) if high else None,
        "currency": "" if currency == _NOTHING else currency,
        "modifier": None if modifier == _NOTHING else modifier,
    }


def _read_number(text: str) -> int | float:
    number = float(text)
    return int(number) if number.is_integer() else number


def _told_names(names: Iterable[str]) -> str:
    return " | ".join(map(_escaped, names)) or _NOTHING


def _read_names(body: str) -> list[str]:
    return [] if body == _NOTHING else [_plain(name) for name in _parts(body, "|")]


# --- gold to regions ---------------------------------------------------------------------------

Span = tuple[int, int]
Known = Mapping[str, Sequence[Span]]
"""Where the words of a record's fields stand, where that is known: ``investor`` to spans."""


def gold_sheets(path: Path) -> Iterator[Sheet | GoldError]:
    """The articles of a gold file; one without a text is an error of its own."""
    read_gold(path)
    lines = path.read_text(encoding="utf-8-sig").split("\n")
    for number, line in enumerate(lines, start=1):
        if line.strip():
            told = json.loads(line)
            if told.get("text"):
                yield replace(of_gold(told), file=str(path), line=number)
            else:
                yield GoldError("has no text", file=str(path), line=number, key=told["article_id"])


def of_gold(article: Mapping[str, Any]) -> Sheet:
    """The regions of an article with gold; they stand where the evidence is, or nearest to it."""
    told = canonical(article)
    deals, text = told.pop("deals"), told.pop("text")
    return _sheet(told, text, [(deal, {}) for deal in deals])


def of_deals(article: Article, read: ArticleDeals) -> Sheet:
    """The regions of what the pipeline found, where it found it; nobody has reviewed it."""
    head = {
        "article_id": article.article_id,
        "title": article.title,
        "published": article.published,
        "outlet": article.source,
    }
    shaped = {**head, "text": article.text, "deals": [_shaped(deal) for deal in read.deals]}
    deals = canonical(shaped)["deals"]
    known = [_known(deal) for deal in read.deals]
    score = min((deal.confidence for deal in read.deals), default=None)
    sheet = _sheet(head, article.text, list(zip(deals, known, strict=True)))
    return replace(sheet, reviewed=False, score=score)


def canonical(article: Mapping[str, Any]) -> dict[str, Any]:
    """Gold with every key of its deals, in order, and whole numbers without a point.

    What else the article has is kept. Text and deals come last. Raises pydantic's ValidationError where it is no gold.
    """
    parsed = GoldArticle.model_validate(article)
    head = {key: value for key, value in article.items() if key not in ("text", "deals")}
    deals = [whole_numbers(deal.model_dump(mode="json")) for deal in parsed.deals]
    return {**head, "text": parsed.text, "deals": deals}


def gold_line(article: Mapping[str, Any]) -> str:
    """An article with gold as a line of JSON."""
    return json.dumps(article, ensure_ascii=False) + "\n"


_PARTY: Final = ("name", "role", "names")
_MONEY: Final = ("min", "max", "currency", "modifier", "text")
_HARDWARE: Final = ("name", "vendor", "quantity")


def _shaped(deal: DealRecord) -> dict[str, Any]:
    """A record in the shape of gold."""
    told = deal.model_dump(mode="json")
    shaped = {key: told[key] for key in ("type", "stake", "round", "status", "date", "evidence")}
    for side in _SIDES:
        shaped[side] = [_only(party, _PARTY) for party in told[side]]
    for key in ("amount", "valuation"):
        shaped[key] = told[key] and _only(told[key], _MONEY)
    shaped["conditions"] = [_only(one, ("kind", "text")) for one in told["conditions"]]
    shaped["hardware"] = [_only(one, _HARDWARE) for one in told["hardware"]]
    return shaped


def _only(value: Mapping[str, Any], keys: Sequence[str]) -> dict[str, Any]:
    return {key: value[key] for key in keys}


def _known(deal: DealRecord) -> Known:
    """Every place that a record cites, by field."""
    cites: dict[str, list[Cite]] = {key: list(found) for key, found in deal.sources.items()}
    for side in _SIDES:
        cites[side] = [cite for party in getattr(deal, side) for cite in party.mentions]
    for key in ("amount", "valuation"):
        cites[key] = [money] if (money := getattr(deal, key)) else []
    cites["conditions"] = list(deal.conditions)
    cites["hardware"] = [cite for item in deal.hardware for cite in item.mentions]
    return {key: [(cite.start, cite.end) for cite in found] for key, found in cites.items()}


def _sheet(head: Mapping[str, Any], text: str, deals: Sequence[tuple[Any, Known]]) -> Sheet:
    drawing = _Drawing(head, text)
    for deal, known in deals:
        drawing.add(deal, known)
    return Sheet(head, text, tuple(drawing.regions), tuple(drawing.links))


class _Drawing:
    """The regions and links of one article while they are made."""

    def __init__(self, head: Mapping[str, Any], text: str) -> None:
        self.head = head
        self.text = text
        self.regions: list[Region] = []
        self.links: list[Link] = []
        self._ids: dict[tuple[object, ...], str] = {}

    def add(self, deal: Mapping[str, Any], known: Known) -> None:
        """Draw a deal; what has no words of its own goes into the value of its region."""
        start, end = self._place(deal["evidence"], (0, 0), known.get("evidence", ())) or (0, 0)
        number = sum(region.is_deal for region in self.regions) + 1
        place = len(self.regions)
        anchor = Region(
            f"d{number}", deal["type"], start, end, deal["evidence"], None, deal["status"],
            deal["optional"],
        )  # fmt: skip
        self.regions.append(anchor)
        unplaced = [
            *self._parties(anchor, deal, known),
            *self._money(anchor, deal, known),
            *self._values(anchor, deal, known),
        ]
        self._conditions(anchor, deal, known)
        self._hardware(anchor, deal, known)
        if unplaced:
            self.regions[place] = replace(anchor, value=_valued("", "; ".join(unplaced)))

    def _parties(self, anchor: Region, deal: Mapping[str, Any], known: Known) -> Iterator[str]:
        for side in _SIDES:
            for place, party in enumerate(deal[side]):
                kind = f"{side}-{party['role']}" if party["role"] else side
                span = self._place(party["name"], _span(anchor), known.get(side, ()))
                names = _told_names(party["names"])
                if span:
                    alone = party["names"] == [party["name"]]
                    value = None if alone else _valued(party["name"], names)
                    self._link(kind, anchor.id, self._region("party", span, value))
                else:
                    yield f"{kind} {place}: {_escaped(party['name'])} | {names}"

    def _money(self, anchor: Region, deal: Mapping[str, Any], known: Known) -> Iterator[str]:
        for key in ("amount", "valuation"):
            if (money := deal[key]) is not None:
                span = self._place(money["text"], _span(anchor), known.get(key, ()))
                told = _told_money(money)
                if span:
                    value = _valued(money["text"], told)
                    self._link(key, anchor.id, self._region("money", span, value))
                else:
                    yield f"{key}: {told}"

    def _values(self, anchor: Region, deal: Mapping[str, Any], known: Known) -> Iterator[str]:
        for key in ("stake", "round", "date"):
            if (value := deal[key]) is not None:
                spans = list(known.get(key, ()))[:1] or self._saying(key, value)
                span = _nearest(spans, _span(anchor))
                told = _number(value) if key == "stake" else _escaped(value)
                if span:
                    words = self.text[slice(*span)]
                    self._link(key, anchor.id, self._region(key, span, _valued(words, told)))
                else:
                    yield f"{key}: {told}"

    def _saying(self, key: str, value: Any) -> list[Span]:
        """Where the text says a stake, round or date, as far as the rules read it."""
        found: Iterable[Any]
        if key == "stake":
            wanted = float(value)
            found = [q for q in self._percents if wanted in (_float(q.min), _float(q.max))]
        else:
            told = self._rounds if key == "round" else self._dates
            found = [one for one in told if one.value == value]
        return [(one.start, one.end) for one in found]

    @cached_property
    def _percents(self) -> list[Quantity]:
        return [q for q in find_quantities(self.text) if q.kind == "percent"]

    @cached_property
    def _rounds(self) -> list[Mention]:
        return list(find_rounds(self.text, fold(self.text)))

    @cached_property
    def _dates(self) -> list[DateMention]:
        return list(find_dates(self.text, published=_published(self.head)))

    def _conditions(self, anchor: Region, deal: Mapping[str, Any], known: Known) -> None:
        for told in deal["conditions"]:
            span = self._place(told["text"], _span(anchor), known.get("conditions", ()))
            if span:
                region = self._region(f"condition-{told['kind']}", span, None)
                self._link("condition", anchor.id, region)

    def _hardware(self, anchor: Region, deal: Mapping[str, Any], known: Known) -> None:
        for told in deal["hardware"]:
            span = self._place(told["name"], _span(anchor), known.get("hardware", ()))
            if not span:
                continue
            quantity = self._place(told["quantity"] or "", span)
            vendor = _NOTHING if told["vendor"] is None else _escaped(told["vendor"])
            if told["quantity"] is not None and not quantity:
                vendor += f" | {_escaped(told['quantity'])}"
            value = None if vendor == _NOTHING else _valued(told["name"], vendor)
            region = self._region("hardware", span, value, quantity)
            self._link("hardware", anchor.id, region)
            if quantity:
                self._link("quantity", region, self._region("quantity", quantity, None), once=True)

    def _region(self, label: str, span: Span, value: str | None, more: object = None) -> str:
        """The id of a region; deals share those that say the same of the same words."""
        key = (label, span, value, more)
        if key not in self._ids:
            number = len(self._ids) + 1
            self._ids[key] = f"r{number}"
            words = self.text[slice(*span)]
            self.regions.append(Region(f"r{number}", label, *span, words, value))
        return self._ids[key]

    def _link(self, kind: str, source: str, target: str, *, once: bool = False) -> None:
        link = Link(kind, source, target)
        if not once or link not in self.links:
            self.links.append(link)

    def _place(self, words: str, near: Span, known: Sequence[Span] = ()) -> Span | None:
        """Where words stand: at a known place, else whole, else at all; in ``near`` or nearest."""
        spans = [span for span in known if self.text[slice(*span)] == words]
        if not spans and words:
            spans = [match.span() for match in re.finditer(f"(?={re.escape(words)})", self.text)]
            spans = [(start, start + len(words)) for start, _ in spans]
            spans = [span for span in spans if not self._cuts_word(*span)] or spans
        return _nearest(spans, near)

    def _cuts_word(self, start: int, end: int) -> bool:
        """Whether a number or a Latin word goes on beyond an edge: 7亿元 in 17亿元."""
        return any(
            0 < edge < len(self.text) and _RUN.fullmatch(self.text[edge - 1 : edge + 1])
            for edge in (start, end)
        )


_RUN: Final = re.compile(r"[A-Za-z0-9.][A-Za-z0-9.]")


def _float(value: Decimal | None) -> float | None:
    return None if value is None else float(value)


def _span(region: Region) -> Span:
    return region.start, region.end


def _nearest(spans: Iterable[Span], near: Span) -> Span | None:
    """The span that lies in another one or next to it; of equals the first."""
    return min(spans, key=lambda s: (max(near[0] - s[0], s[1] - near[1], 0), s[0]), default=None)


def _published(head: Mapping[str, Any]) -> str | None:
    told = head.get("published")
    return told if isinstance(told, str) and is_partial_date(told) else None


# --- regions to gold ---------------------------------------------------------------------------


def to_gold(sheet: Sheet) -> tuple[dict[str, Any], list[str]]:
    """The gold that a sheet says, and remarks on what in it says nothing.

    Raises GoldError where offsets have drifted, a label or link is unknown or leads nowhere, a deal
    lacks a status, or a value can neither be read off the words nor is told.
    """
    return _Collecting(sheet).gold()


class _Collecting:
    """The deals of one sheet while they are put together."""

    def __init__(self, sheet: Sheet) -> None:
        self.sheet = sheet
        self.remarks = list(sheet.remarks)
        self.regions = {region.id: checked_region(sheet, region) for region in sheet.regions}
        self.links = [self._directed(link) for link in sheet.links]

    def gold(self) -> tuple[dict[str, Any], list[str]]:
        """The article with its deals."""
        deals = [self._deal(region) for region in self.regions.values() if region.is_deal]
        linked = {link.target for link in self.links}
        for region in self.regions.values():
            if region.value is not None and _body(region) is None:
                self._remark(f"{region.text!r} was moved, its value is read anew", region.line)
            if not region.is_deal and region.id not in linked:
                self._remark(f"{region.label} {region.text!r} belongs to no deal", region.line)
        article = {**self.sheet.head, "text": self.sheet.text, "deals": deals}
        try:
            gold = canonical(article)
            gold_line(gold).encode()
            return gold, self.remarks
        except UnicodeEncodeError as error:
            raise self.sheet.wrong("holds half a character, a lone surrogate") from error
        except ValidationError as error:
            place, message = first_problem(error)
            raise self.sheet.wrong(f"{place}: {message}" if place else message) from error

    def _remark(self, message: str, line: int) -> None:
        self.remarks.append(str(self.sheet.wrong(message, line)))

    def _directed(self, link: Link) -> Link:
        """A link from the deal to the field, whichever way it was drawn."""
        ends = [self.regions.get(link.source), self.regions.get(link.target)]
        if None in ends:
            raise self.sheet.wrong(f"{link.type} leads to a region that is not there", link.line)
        for source, target in (ends, ends[::-1]):
            if source and target and _fits(link.type, source, target):
                return replace(link, source=source.id, target=target.id)
        first, second = (f"{end.label} {end.text!r}" for end in ends if end)
        known = link.type in _EVERY_PARTY_LINK or link.type in LINKS
        reason = f"cannot link {first} and {second}" if known else "is no known link"
        raise self.sheet.wrong(f"{link.type!r} {reason}", link.line)

    def _linked(self, source: str, kind: str) -> list[Region]:
        return [
            self.regions[link.target]
            for link in self.links
            if link.source == source and link.type == kind
        ]

    def _deal(self, region: Region) -> dict[str, Any]:
        if region.status is None:
            raise self.sheet.wrong(f"{region.label} {region.text!r} has no status", region.line)
        if region.status not in STATUSES:
            raise self.sheet.wrong(f"unknown status {region.status!r}", region.line)
        deal: dict[str, Any] = {"type": region.label, "status": region.status}
        deal |= {side: self._parties(region, side) for side in _SIDES}
        deal |= {key: self._single(region, key) for key in _SINGLE}
        deal["conditions"] = [
            {"kind": told.label.removeprefix("condition-"), "text": told.text}
            for told in self._linked(region.id, "condition")
        ]
        deal["hardware"] = [self._hardware(told) for told in self._linked(region.id, "hardware")]
        self._unplaced(region, deal)
        return deal | {"evidence": region.text, "optional": region.optional}

    def _parties(self, deal: Region, side: str) -> list[dict[str, Any]]:
        return [
            {
                "name": party.text,
                "role": link.type.partition("-")[2] or None,
                "names": self._names(party),
            }
            for link in self.links
            if link.source == deal.id and link.type.partition("-")[0] == side
            for party in [self.regions[link.target]]
        ]

    def _names(self, party: Region) -> list[str]:
        body = _body(party)
        names = _moved_names(party) if body is None else _read_names(body)
        aliases = [alias.text for alias in self._linked(party.id, "alias")]
        return names + [alias for alias in aliases if alias not in names]

    def _single(self, deal: Region, key: str) -> Any:
        """The one value of a field, or None."""
        found = self._linked(deal.id, key)
        if len(found) > 1:
            words = ", ".join(repr(region.text) for region in found)
            raise self.sheet.wrong(f"{deal.label} has more than one {key}: {words}", deal.line)
        if not found:
            return None
        region = found[0]
        value = self._value(region)
        return {**value, "text": region.text} if region.label == "money" else value

    def _value(self, region: Region) -> Any:
        """What was told for the words, else what the rules read in them."""
        body = _body(region)
        value = (
            _READ[region.label](body)
            if body is not None and _is_readable(region.label, body)
            else None
        )
        if body is not None and value is None:
            raise self.sheet.wrong(f"{body!r} is no value of a {region.label}", region.line)
        if value is None:
            value = _understood(region, _published(self.sheet.head))
        if value is None:
            raise self.sheet.wrong(
                f"{region.text!r} does not read as a {region.label}; tell its value", region.line
            )
        return value

    def _hardware(self, region: Region) -> dict[str, Any]:
        """The vendor and quantity that were told, and the quantity that is linked."""
        body = _body(region)
        parts = [_NOTHING] if body is None else _parts(body, "|")
        quantities = [found.text for found in self._linked(region.id, "quantity")]
        quantities += [_plain(part) for part in parts[1:]]
        return {
            "name": region.text,
            "vendor": None if parts[0] == _NOTHING else _plain(parts[0]),
            "quantity": quantities[0] if quantities else None,
        }

    def _unplaced(self, region: Region, deal: dict[str, Any]) -> None:
        """Add what stands in the value of the deal: fields that have no words."""
        for part in filter(None, _parts(_body(region) or "", ";")):
            key, told, rest = part.partition(": ")
            kind, _, place = key.partition(" ")
            if told and kind in _EVERY_PARTY_LINK and place.isdecimal():
                side, _, role = kind.partition("-")
                name, _, names = rest.partition(" | ")
                party = {"name": _plain(name), "role": role or None, "names": _read_names(names)}
                deal[side].insert(int(place), party)
            elif told and key in _SINGLE and _is_readable(_LABEL_OF[key], rest):
                value = _READ[_LABEL_OF[key]](rest)
                deal[key] = {**value, "text": ""} if isinstance(value, dict) else value
            else:
                raise self.sheet.wrong(f"{part!r} says nothing of a deal", region.line)


def _fits(kind: str, source: Region, target: Region) -> bool:
    if kind in _EVERY_PARTY_LINK:
        return source.is_deal and target.label == "party"
    if kind in FIELD_LINKS:
        return source.is_deal and target.label in FIELD_LINKS[kind]
    return (source.label, target.label) == SIDE_LINKS.get(kind)


_LABEL_OF: Final = {key: FIELD_LINKS[key][0] for key in _SINGLE}
_READ: Final[Mapping[str, Callable[[str], Any]]] = {
    "money": _read_money,
    "stake": _read_number,
    "round": _plain,
    "date": _plain,
}
_NUMBER: Final = r"-?\d+(?:\.\d+)?(?:e[+-]?\d+)?"
_FORMS: Final[Mapping[str, re.Pattern[str]]] = {
    "money": re.compile(
        rf"(?:{_NUMBER}|(?:{_NUMBER})?\.\.(?:{_NUMBER})?) (?:[A-Z]{{3}}|\S+) [a-z_-]+", re.ASCII
    ),
    "stake": re.compile(_NUMBER, re.ASCII),
    "round": re.compile(r".+"),
    "date": re.compile(r"\d{4}(?:-.+)?", re.ASCII),
}


def _is_readable(label: str, body: str) -> bool:
    return _FORMS[label].fullmatch(body) is not None


def _understood(region: Region, published: str | None) -> Any:
    """The value that the rules read in the words of a region, or None."""
    if region.label == "money":
        money = parse_money(region.text)
        return money and {
            "min": _float(money.min),
            "max": _float(money.max),
            "currency": money.unit,
            "modifier": money.modifier,
        }
    if region.label == "stake":
        bounds = [(q.min, q.max) for q in find_quantities(region.text) if q.kind == "percent"]
        told = [bound for bound in (bounds[0] if len(bounds) == 1 else ()) if bound is not None]
        return float(told[0]) if told else None
    if region.label == "round":
        return normal_round(region.text) or None
    date = parse_date(region.text, published=published)
    return date.value if date else None


# --- folders -----------------------------------------------------------------------------------


def write_folder(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write files into a folder that is new or empty: nobody's annotations are overwritten."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise GoldError("is not empty; annotations in it are not overwritten", file=str(folder))
        for name, content in files.items():
            (folder / name).write_bytes(content)
    except OSError as error:
        raise GoldError(f"cannot be written: {error.strerror}", file=str(folder)) from error


def files_of(path: Path, suffix: str) -> list[Path]:
    """The file itself, or the files of a folder with a suffix, sorted; GoldError if there is none."""
    found = [path] if path.is_file() else sorted(path.glob(f"*{suffix}")) if path.is_dir() else []
    if not found:
        raise GoldError(f"holds no {suffix} file", file=str(path))
    return found


def read_text(path: Path) -> str:
    """A UTF-8 file as it is, to the last line end; GoldError where it cannot be read."""
    try:
        return path.read_bytes().decode()
    except (OSError, UnicodeDecodeError) as error:
        raise GoldError(f"cannot be read: {error}", file=str(path)) from error


# --- offsets of browsers -----------------------------------------------------------------------


def units(text: str, start: int, end: int) -> tuple[int, int]:
    """Code points as UTF-16 units, which is what a browser counts: one more for each emoji."""
    return _units(text[:start]), _units(text[:end])


def points(text: str, start: int, end: int) -> tuple[int, int]:
    """UTF-16 units as code points; offsets beyond the text stay beyond it."""
    if text.isascii() or max(text, default="") <= "\uffff":
        return start, end
    encoded = text.encode("utf-16-le", "surrogatepass")
    beyond = max(0, end - len(encoded) // 2)
    first, last = (
        len(encoded[: 2 * offset].decode("utf-16-le", "ignore")) for offset in (start, end)
    )
    return first, last + beyond


def _units(text: str) -> int:
    return len(text) + sum(character > "\uffff" for character in text)
