"""Proof of output by itself: every citation is a slice, every value follows from its citation.

What is read is the output and the articles, nothing of what the pipeline had in mind. `DERIVATIONS`
is the whole of the second claim: for each field, how its value is made again from the words cited.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from extract.amounts import Quantity, find_quantities, parse_money
from extract.article import Article
from extract.conditions import cues
from extract.dates import parse_date
from extract.errors import GoldError
from extract.lexicon import alternation, hardware_surfaces, key, words
from extract.records import STATUSES, ArticleDeals, Cite, DealRecord, Money
from extract.relations import triggers
from extract.rounds import normal_round
from extract.text import fold


@dataclass(frozen=True, slots=True)
class Violation:
    """A claim of the output that does not hold, and where it stands."""

    file: str
    line: int
    article_id: str
    field: str
    reason: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.article_id}: {self.field}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Checked:
    """What was checked, and all that does not hold."""

    articles: int
    deals: int
    violations: tuple[Violation, ...]

    def line(self) -> str:
        """The outcome in a line."""
        return f"{self.articles} articles, {self.deals} deals, {len(self.violations)} violations"


@dataclass(frozen=True, slots=True)
class Source:
    """What a value may be counted from besides its own words: the article and its day."""

    text: str
    published: str | None


# --- the two claims ----------------------------------------------------------------------------


def check_file(path: Path, articles: Mapping[str, Article]) -> Checked:
    """Check an output file (JSON Lines); ``articles`` are those it was made from, by id.

    A line that holds its own text needs no article. Raises GoldError where the file cannot be read.
    """
    try:
        with path.open(encoding="utf-8-sig") as lines:
            return check_lines(lines, articles, file=str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise GoldError(f"cannot be read: {error}", file=str(path)) from error


def check_lines(lines: Iterable[str], articles: Mapping[str, Article], *, file: str) -> Checked:
    """Check lines of output in their order; blank ones are passed over."""
    seen: set[str] = set()
    deals = 0
    found: list[Violation] = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        article_id, count = _glance(line)
        deals += count
        if article_id in seen:
            found.append(Violation(file, number, article_id, "article_id", "stands twice"))
        seen.add(article_id)
        for field, reason in _check_line(line, articles.get(article_id)):
            found.append(Violation(file, number, article_id, field, reason))
    return Checked(len(seen), deals, tuple(found))


def _glance(line: str) -> tuple[str, int]:
    """Id and number of deals of a line that may not even be JSON."""
    try:
        told = json.loads(line)
        return str(told["article_id"]), len(told["deals"])
    except (ValueError, TypeError, KeyError):
        return "?", 0


def _check_line(line: str, article: Article | None) -> Iterator[tuple[str, str]]:
    try:
        told = ArticleDeals.model_validate_json(line)
        text = _text(told, article)
        ArticleDeals.model_validate_json(line, context={"text": text})
    except ValidationError as error:
        yield from _problems(error)
        return
    if text is None:
        yield "text", "there is neither an article of this id nor a text in the line"
        return
    yield from _against_article(told, article)
    for number, deal in enumerate(told.deals):
        for field, reason in check_deal(deal, Source(text, told.published)):
            yield f"deals.{number}.{field}", reason


def _problems(error: ValidationError) -> Iterator[tuple[str, str]]:
    """Field and message of each problem; a list that lost its only entry is not told again."""
    problems = error.errors(include_url=False, include_input=False)
    holders = {problem["loc"][:-1] for problem in problems}
    for problem in problems:
        if problem["type"] != "too_short" or problem["loc"] not in holders:
            yield _path(problem["loc"]), problem["msg"].removeprefix("Value error, ")


def _path(loc: Sequence[str | int]) -> str:
    return ".".join(str(part) for part in loc) or "line"


def _text(told: ArticleDeals, article: Article | None) -> str | None:
    return told.text if article is None else article.text


def _against_article(told: ArticleDeals, article: Article | None) -> Iterator[tuple[str, str]]:
    if article is None:
        return
    if told.text is not None and told.text != article.text:
        yield "text", "is not the text of the article"
    if article.published is not None and told.published != article.published:
        yield "published", f"is {told.published}, but the article says {article.published}"


def check_deal(deal: DealRecord, source: Source) -> Iterator[tuple[str, str]]:
    """Field and reason of every value that does not follow from the words it cites."""
    for field, derive in DERIVATIONS.items():
        for reason in derive(deal, source):
            yield field, reason


# --- values from their words -------------------------------------------------------------------


def _type(deal: DealRecord, source: Source) -> Iterator[str]:
    """A word that opens deals is cited: a trigger of ``deals.toml``, or one that holds it."""
    yield from _needs_word(deal.sources["type"], _trigger_words(), "no trigger")


def _parties(deal: DealRecord, source: Source) -> Iterator[str]:
    """The name is cited (the record's schema sees to it) and is among the forms that are told."""
    for party in (*deal.investor, *deal.target):
        if party.name not in party.names:
            yield f"{party.name!r} is not among its names"


def _amount(deal: DealRecord, source: Source) -> Iterator[str]:
    """The cited words, read alone, give bounds, modifier and currency."""
    yield from _money(deal.amount)


def _valuation(deal: DealRecord, source: Source) -> Iterator[str]:
    """As the amount."""
    yield from _money(deal.valuation)


def _stake(deal: DealRecord, source: Source) -> Iterator[str]:
    """A cited percentage has the value as a bound."""
    if deal.stake is not None:
        percents = [q for cite in deal.sources["stake"] for q in _percents(cite.text)]
        if not any(_equal(deal.stake, bound) for q in percents for bound in (q.min, q.max)):
            yield f"{deal.stake} does not follow from {_quoted(deal.sources['stake'])}"


def _round(deal: DealRecord, source: Source) -> Iterator[str]:
    """The normal forms of the cited rounds, joined by +."""
    if deal.round is not None:
        cites = deal.sources["round"]
        found = "+".join(normal_round(cite.text) for cite in cites)
        if found != deal.round:
            yield f"{deal.round} does not follow from {_quoted(cites)}, which is {found}"


def _status(deal: DealRecord, source: Source) -> Iterator[str]:
    """A cue of ``cues.toml`` for this status, or a trigger that gives it where no cue does."""
    cites = deal.sources["status"]
    if deal.status == "announced" and _says_agreed(source.text):
        # 拟 in a text that tells of a signed agreement is the agreed plan, no longer a mere one.
        known = _status_words("announced") | _status_words("talks")
    else:
        known = _status_words(deal.status)
    if deal.status == "announced" and deal.type == "ipo":
        known |= _words("listing", "granted")
    if deal.status == "terminated":
        known |= _words("denial", "words") | _words("denial", "heads")
    yield from _needs_word(cites, known, f"no cue for {deal.status}")


def _date(deal: DealRecord, source: Source) -> Iterator[str]:
    """The cited date, counted from the day of publication; words of announcement are that day.

    Of two cited dates the first is what the second is counted from (次日, 同月). A range stands for
    its first unit, or for the one that holds all of it (7月至12月).
    """
    if deal.date is None:
        return
    cites = deal.sources["date"]
    public = _words("announcement", "words")
    if deal.type == "ipo":  # 获上交所受理, on the day of the report
        public |= _words("announcement", "granted") | _words("announcement", "steps")
    if deal.date == source.published and _any_word(cites, public):
        return
    found = None
    for cite in cites:
        before = found.value if found else None
        found = parse_date(cite.text, published=source.published, anchor=before)
    if found is None or deal.date not in (found.value, found.whole):
        made = found.value if found else None
        yield f"{deal.date} does not follow from {_quoted(cites)}, which is {made}"


def _conditions(deal: DealRecord, source: Source) -> Iterator[str]:
    """The words hold a pattern that ``conditions.toml`` lists for their kind."""
    for condition in deal.conditions:
        folded = fold(condition.text)
        patterns = (cue.pattern for cue in cues() if cue.kind == condition.kind)
        if not any(pattern.search(folded) for pattern in patterns):
            yield f"no cue for {condition.kind} in {condition.text!r}"


def _hardware(deal: DealRecord, source: Source) -> Iterator[str]:
    """Name and id are those of the cited words in ``hardware.tsv``; the quantity is in the text."""
    for item in deal.hardware:
        if item.name not in {cite.text for cite in item.mentions}:
            yield f"{item.name!r} is not among its mentions"
        for cite in item.mentions:
            row = hardware_surfaces().get(key(cite.text))
            if item.id is not None and (row is None or row.id != item.id):
                yield f"{cite.text!r} is not a name of {item.id}"
        if item.quantity is not None and item.quantity not in source.text:
            yield f"the quantity {item.quantity!r} is not in the text"


Derivation = Callable[[DealRecord, Source], Iterator[str]]

DERIVATIONS: Final[Mapping[str, Derivation]] = {
    "type": _type,
    "parties": _parties,
    "amount": _amount,
    "stake": _stake,
    "valuation": _valuation,
    "round": _round,
    "status": _status,
    "date": _date,
    "conditions": _conditions,
    "hardware": _hardware,
}
"""Field by field, how a value is made again from its words; what is yielded is what is wrong."""


# --- what the derivations use ------------------------------------------------------------------


def _money(money: Money | None) -> Iterator[str]:
    if money is None:
        return
    found = parse_money(money.text, currency_hint=money.currency)
    if found is None:
        yield f"{money.text!r} reads as no amount"
    elif not _same_money(money, found):
        told = f"{money.min}..{money.max} {money.currency} {money.modifier}"
        made = f"{found.min}..{found.max} {found.unit} {found.modifier}"
        yield f"{told} does not follow from {money.text!r}, which is {made}"


def _same_money(money: Money, found: Quantity) -> bool:
    bounds = _equal(money.min, found.min) and _equal(money.max, found.max)
    return bounds and (money.currency, money.modifier) == (found.unit, found.modifier)


def _equal(told: Decimal | None, made: Decimal | None) -> bool:
    """Equal as numbers; JSON carries at most the precision of a float."""
    if told is None or made is None:
        return told is made
    return told == made or float(told) == float(made)


def _percents(text: str) -> list[Quantity]:
    return [quantity for quantity in find_quantities(text) if quantity.kind == "percent"]


def _quoted(cites: Iterable[Cite]) -> str:
    return ", ".join(repr(cite.text) for cite in cites)


def _needs_word(cites: Sequence[Cite], known: frozenset[str], what: str) -> Iterator[str]:
    if not _any_word(cites, known):
        yield f"{what} in {_quoted(cites)}"


def _any_word(cites: Iterable[Cite], known: frozenset[str]) -> bool:
    pattern = _pattern(known)
    return any(pattern.search(fold(cite.text)) for cite in cites)


@cache
def _pattern(known: frozenset[str]) -> re.Pattern[str]:
    return re.compile(alternation(tuple(known)))


@cache
def _words(*path: str) -> frozenset[str]:
    return frozenset(words("cues.toml", *path))


@cache
def _trigger_words() -> frozenset[str]:
    return frozenset(word for trigger in triggers() for word in trigger.words)


@cache
def _status_words(status: str) -> frozenset[str]:
    """The cues of a status and the triggers that give it by themselves."""
    if status not in STATUSES:
        return frozenset()
    given = (trigger.words for trigger in triggers() if trigger.status == status)
    return _words("status", status).union(*given)


def _says_agreed(text: str) -> bool:
    return _pattern(_words("needs", "agreement")).search(fold(text)) is not None
