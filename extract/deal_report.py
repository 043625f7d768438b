"""The report of deals: one page with the table, cards, timelines, circles and charts.

The page holds all it needs and asks for nothing: it opens from a disk without a network. Each article
stands in it once; a card shows a copy of it with the words of its deal marked.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from extract.article import Article, Failure, read_articles
from extract.deal_charts import day_of, month_charts, payers_table, usd
from extract.deal_report_assets import SCRIPT, STYLE
from extract.deal_view import (
    Mark,
    Row,
    brief,
    chooser,
    clip,
    kind_tag,
    language,
    legend,
    marked_text,
    party_rows,
    record_marks,
    telling_marks,
    tie_rows,
    value_table,
)
from extract.deal_web import FINANCE, WAYS, ring_picture, total, web_picture
from extract.errors import ArticleError, UsageError, ZhDealsError
from extract.graph import Circle, DealGraph, circles, top_of
from extract.html import Markup, join, page, tag
from extract.link import link
from extract.linked import Conflict, Event, LinkedDeal, as_of
from extract.records import DEAL_TYPES, ArticleDeals, DealRecord
from extract.tellings import Telling, Who, tellings_of
from extract.text import simplify

FILE: Final = "index.html"
"""The name of the page in its folder."""

_STATES: Final = ("talks", "announced", "completed", "terminated", "superseded")


# --- input -------------------------------------------------------------------------------------


@dataclass(slots=True)
class Story:
    """An article as the page shows it."""

    article_id: str
    title: str = ""
    published: str | None = None
    text: str = ""


@dataclass(slots=True)
class Material:
    """What a report is made of; ``failures`` has a line for each input that could not be used."""

    tellings: list[Telling] = field(default_factory=list)
    linked: list[LinkedDeal] = field(default_factory=list)
    stories: dict[str, Story] = field(default_factory=dict)
    records: dict[tuple[str, str], DealRecord] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)


def read_material(deals: Sequence[Path], articles: Sequence[str] = ()) -> Material:
    """Deals of files of JSON Lines (output of run or link, or gold), and texts of their articles.

    Raises UsageError where a file cannot be read at all.
    """
    found = Material()
    for path in deals:
        for number, line in enumerate(_lines(path), 1):
            if line.strip():
                try:
                    _take(line, found)
                except (ZhDealsError, ValueError, RecursionError) as error:
                    found.failures.append(f"{path}:{number}: {_reason(error)}")
    for article in read_articles(articles):
        if isinstance(article, Failure):
            found.failures.append(str(article))
        else:
            _take_article(article, found)
    return found


def _lines(path: Path) -> Iterator[str]:
    try:
        with path.open(encoding="utf-8-sig") as stream:
            yield from stream
    except UnicodeDecodeError as error:
        raise UsageError("is not UTF-8", file=str(path)) from error
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror}", file=str(path)) from error


def _reason(error: Exception) -> str:
    if isinstance(error, ValidationError):
        return "not a line of deals"
    if isinstance(error, json.JSONDecodeError | RecursionError):
        return "not JSON"
    return " ".join(str(error).split())


def _take(line: str, found: Material) -> None:
    fields = json.loads(line)
    if not isinstance(fields, dict):
        raise ArticleError("not a line of deals: an object is needed")
    if "tellings" in fields:
        found.linked.append(LinkedDeal.model_validate_json(line))
        return
    tellings = tellings_of(fields)
    story = _story(fields)
    found.tellings.extend(tellings)
    found.stories[story.article_id] = story
    if any("sources" in deal for deal in fields["deals"]):
        known = {name: fields[name] for name in ArticleDeals.model_fields if name in fields}
        context = {"text": story.text} if story.text else None
        for record in ArticleDeals.model_validate(known, context=context).deals:
            found.records[story.article_id, record.id] = record


def _story(fields: Mapping[str, Any]) -> Story:
    told = {name: str(fields.get(name) or "") for name in ("title", "text")}
    return Story(str(fields["article_id"]), published=fields.get("published"), **told)


def _take_article(article: Article, found: Material) -> None:
    story = found.stories.setdefault(article.article_id, Story(article.article_id))
    story.text = story.text or article.text
    story.title = story.title or article.title or ""
    story.published = story.published or article.published


# --- the page ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Told:
    """The deals of a report in their order, each by its number, and all that explains them."""

    deals: Sequence[LinkedDeal]
    numbers: Mapping[str, int]
    material: Material
    graph: DealGraph
    rings: Sequence[Circle]
    note: str


def write_report(
    material: Material, folder: Path, *, day: str | None = None, length: int = 3
) -> Path:
    """Write the page into a folder, which is made; raises UsageError where that cannot be done."""
    path = folder / FILE
    try:
        folder.mkdir(parents=True, exist_ok=True)
        content = report_page(material, day=day, length=length)
        path.write_text(content, encoding="utf-8", newline="\n")
    except OSError as error:
        raise UsageError(f"cannot be written: {error.strerror}", file=str(path)) from error
    return path


def report_page(material: Material, *, day: str | None = None, length: int = 3) -> str:
    """The page: deals as of ``day`` (ISO), circles of up to ``length`` parties."""
    told = _told(material, day, length)
    return page(
        "Deals",
        _header(told, day),
        _filters(told.deals),
        tag(
            "main",
            _table(told),
            _web(told),
            tag("section", tag("h2", "In figures"), _charts(told.deals), id="charts"),
            _stories(told),
        ),
        style=STYLE,
        script=SCRIPT,
        lang="en",
    )


def _told(material: Material, day: str | None, length: int) -> _Told:
    linked = material.linked
    deals = link(material.tellings, into=linked) if material.tellings else list(linked)
    deals = as_of(deals, day) if day else deals
    ordered = sorted(deals, key=lambda deal: (day_of(deal) or "", deal.id), reverse=True)
    graph = DealGraph.from_deals(ordered, fold_parents=True)
    try:
        rings, note = circles(graph, max_length=length), ""
    except UsageError as error:  # the extra is missing: all else can be shown without it
        rings, note = [], str(error)
    numbers = {deal.id: number for number, deal in enumerate(ordered, 1)}
    return _Told(ordered, numbers, material, graph, rings, note)


def _header(told: _Told, day: str | None) -> Markup:
    articles = {article for deal in told.deals for article in deal.articles}
    joined = sum(len(deal.articles) > 1 for deal in told.deals)
    said = (
        f"{len(told.deals)} deals in {len(articles)} articles, {joined} told by several; "
        f"{len(told.graph.nodes)} parties, {len(told.rings)} circles"
        f"{f', as of {day}' if day else ''}."
    )
    jumps = (
        tag("button", name, type="button", class_="jump", data_to=place)
        for name, place in (("Deals", "deals"), ("Web", "web"), ("Figures", "charts"))
    )
    return tag(
        "header",
        tag("h1", "Deals"),
        tag("p", said),
        tag("nav", *jumps, aria_label="Sections"),
    )


# --- filters -----------------------------------------------------------------------------------

_AMOUNTS: Final = (
    ("any amount", ""), ("with an amount", "1"), ("≥ US$10M", "1e7"), ("≥ US$100M", "1e8"),
    ("≥ US$1B", "1e9"), ("≥ US$10B", "1e10"), ("≥ US$100B", "1e11"),
)  # fmt: skip


def _filters(deals: Sequence[LinkedDeal]) -> Markup:
    parties = sorted({who.name for deal in deals for who in deal.parties})
    hardware = sorted({chip.name for deal in deals for chip in deal.hardware})
    types = [name for name in DEAL_TYPES if any(deal.type == name for deal in deals)]
    states = [name for name in _STATES if any(deal.status.value == name for deal in deals)]
    amounts = (tag("option", name, value=value) for name, value in _AMOUNTS)
    controls = (
        tag("input", type="search", name="party", placeholder="Party", aria_label="Party",
            list="parties"),
        tag("datalist", *(tag("option", value=name) for name in parties), id="parties"),
        chooser("type", types, empty="every type"),
        chooser("status", states, empty="every status"),
        tag("select", *amounts, name="amount", aria_label="Amount"),
        chooser("hardware", hardware, empty="any hardware"),
        tag("label", "from ", tag("input", type="date", name="from")),
        tag("label", "to ", tag("input", type="date", name="to")),
        tag("input", type="search", name="query", placeholder="Any words", aria_label="Words"),
        tag("button", "Reset", type="reset"),
    )  # fmt: skip
    return tag("form", tag("div", *controls), aria_label="Filters", autocomplete="off")


# --- the table and its cards -------------------------------------------------------------------

_COLUMNS: Final = (
    ("date", "Date"), ("type", "Type"), ("payer", "Pays"), ("payee", "Is paid"),
    ("usd", "Amount"), ("status", "Status"), ("articles", "Articles"),
)  # fmt: skip


def _table(told: _Told) -> Markup:
    heads = (
        tag(
            "th",
            tag("button", name, type="button", class_="sort", data_key=key),
            scope="col",
            aria_sort="descending" if key == "date" else None,
            class_=key,
        )
        for key, name in _COLUMNS
    )
    bodies = (_deal(deal, told) for deal in told.deals)
    opener = tag("button", "Open all", type="button", class_="all", aria_pressed="false")
    return tag(
        "section",
        tag("h2", "Deals"),
        tag("div", legend(), tag("output", class_="counts"), opener, class_="above"),
        tag("table", tag("thead", tag("tr", *heads)), *bodies, class_="deals"),
        tag("p", "No deal fits the filters.", class_="none"),
        id="deals",
    )


def _deal(deal: LinkedDeal, told: _Told) -> Markup:
    """A deal as a row that opens, and its card under it."""
    number = told.numbers[deal.id]
    pays, paid = (_names(side) for side in (deal.investor, deal.target))
    worth = usd(deal)
    amount = brief(deal.amount.value) if deal.amount else ""
    opener = tag(
        "button", pays or "–", type="button", class_="pick", aria_expanded="false",
        aria_controls=f"card{number}",
    )  # fmt: skip
    cells = (
        tag("td", day_of(deal) or "", class_="date"),
        tag("td", kind_tag("type", deal.type)),
        tag("td", opener),
        tag("td", paid or "–"),
        tag("td", amount, class_="usd", title=deal.amount.value.text if deal.amount else None),
        tag("td", kind_tag("status", deal.status.value)),
        tag("td", len(deal.articles), class_="articles"),
    )
    return tag(
        "tbody",
        tag("tr", *cells, class_="row"),
        tag("tr", tag("td", _card(deal, told), colspan=len(_COLUMNS)), class_="detail",
            hidden=True, id=f"card{number}"),
        class_="deal",
        data_number=number,
        data_date=day_of(deal) or "",
        data_type=deal.type,
        data_status=deal.status.value,
        data_usd=f"{worth:.0f}" if worth is not None else "",
        data_payer=pays,
        data_payee=paid,
        data_articles=len(deal.articles),
        data_parties=_search_forms(deal),
        data_ids=" ".join(sorted({i for who in deal.parties for i in (who.id, top_of(who.id))})),
        data_hardware="\n".join(chip.name for chip in deal.hardware),
        lang=language(deal.tellings[0].evidence),
    )  # fmt: skip


def _names(side: Iterable[Who]) -> str:
    return "、".join(who.name for who in side)


def _search_forms(deal: LinkedDeal) -> str:
    """Every name of every party, a line each, in both scripts."""
    forms = [name for who in deal.parties for name in (who.name, *who.names)]
    both = [form for name in forms for form in (name, simplify(name))]
    return "\n".join(dict.fromkeys(form.lower() for form in both))


def _card(deal: LinkedDeal, told: _Told) -> Markup:
    left = tag(
        "div",
        value_table(_rows(deal, told)),
        *map(_conflict, deal.conflicts),
        tag("h3", "History"),
        tag("ol", *(_event(event, told) for event in _history(deal)), class_="timeline"),
        _matches(deal) if len(deal.articles) > 1 else "",
        class_="facts",
    )
    slots = (_slot(article, told) for article in deal.articles)
    return tag("div", left, tag("div", *slots, class_="texts"), class_="card")


def _rows(deal: LinkedDeal, told: _Told) -> Iterator[Row]:
    yield from party_rows(deal)
    for name, money in (("amount", deal.amount), ("valuation", deal.valuation)):
        if money is not None:
            yield name, brief(money.value), f"{money.value.text} · {money.why}"
    if deal.stake is not None:
        yield "stake", f"{deal.stake.value:f}%", deal.stake.why
    for name, best in (("round", deal.round), ("status", deal.status), ("date", deal.date)):
        if best is not None:
            yield name, best.value, best.why
    if deal.superseded_by is not None:
        yield "followed by", _successor(deal.superseded_by, told), ""
    yield from tie_rows(deal)


def _successor(identity: str, told: _Told) -> str:
    number = told.numbers.get(identity)
    if number is None:
        return identity
    deal = told.deals[number - 1]
    amount = f", {brief(deal.amount.value)}" if deal.amount else ""
    return f"{_names(deal.investor)} → {_names(deal.target)}{amount}"


def _conflict(conflict: Conflict) -> Markup:
    stands = "; ".join(f"{s.value} ({', '.join(s.articles)})" for s in conflict.stands)
    return tag("p", tag("b", f"{conflict.field} differs: "), stands, class_="conflict")


def _history(deal: LinkedDeal) -> Iterator[Event]:
    """The events as articles told them; what was told later stands once, where it came first."""
    first = min((event.day for event in deal.timeline if not event.hindsight), default="")
    seen = False
    for event in deal.timeline:
        if not event.hindsight or (not seen and event.day < first):
            seen = seen or event.hindsight
            yield event


def _event(event: Event, told: _Told) -> Markup:
    story = told.material.stories.get(event.article_id)
    later = " (told later)" if event.hindsight else ""
    return tag(
        "li",
        tag("time", event.day),
        " ",
        kind_tag("status", event.status),
        tag("small", f" {story.title if story and story.title else event.article_id}{later}"),
        tag("q", event.evidence) if event.evidence else "",
        class_=event.status,
    )


def _matches(deal: LinkedDeal) -> Markup:
    lines = (
        tag("li", tag("b", match.article_id), " ", "; ".join(match.reasons))
        for match in deal.matches
    )
    return tag("details", tag("summary", "Why these records are one deal"), tag("ul", *lines))


def _slot(article: str, told: _Told) -> Markup:
    """Where the article comes when the card is opened."""
    story = told.material.stories.get(article)
    head = " ".join(filter(None, (article, story.published if story else None)))
    return tag("div", tag("h3", head), class_="slot", data_article=article)


# --- articles ----------------------------------------------------------------------------------


def _stories(told: _Told) -> Markup:
    """Every article once, with the marks of all its deals."""
    marks: dict[str, list[Mark]] = {}
    told_in: dict[str, list[LinkedDeal]] = {}
    for deal in told.deals:
        for telling in deal.tellings:
            own = marks.setdefault(telling.article_id, [])
            own.extend(_marks(telling, told.numbers[deal.id], told.material))
            told_in.setdefault(telling.article_id, []).append(deal)
    shown = (_story_view(a, marks[a], told.material.stories.get(a), told_in[a]) for a in marks)
    return tag("section", tag("h2", "Articles"), *shown, id="articles")


def _marks(telling: Telling, number: int, material: Material) -> Iterator[Mark]:
    story = material.stories.get(telling.article_id)
    record = material.records.get((telling.article_id, telling.record_id))
    if record is not None:
        yield from record_marks(record, number)
    elif story is not None and story.text:
        yield from telling_marks(story.text, telling, number)


def _story_view(
    article: str, marks: Sequence[Mark], story: Story | None, deals: Sequence[LinkedDeal]
) -> Markup:
    if story is not None and story.text:
        titled = bool(story.title) and story.text.startswith(story.title)
        words = tag("div", marked_text(story.text, marks, first_line=titled), class_="text")
        lang = language(story.text)
    else:
        quotes = {t.evidence for d in deals for t in d.tellings if t.article_id == article}
        words = tag("div", *(tag("q", quote) for quote in sorted(quotes) if quote), class_="text")
        lang = language("".join(quotes))
    return tag("article", words, data_article=article, lang=lang)


# --- web, circles, charts ----------------------------------------------------------------------


def _web(told: _Told) -> Markup:
    boxes = (
        tag(
            "label",
            tag("input", type="checkbox", name="way", value=way, checked=way in FINANCE),
            tag("span", class_=f"line {way}", aria_hidden="true"),
            said,
            class_="chip",
        )
        for way, said in WAYS.items()
    )
    rings = tag("div", *map(_ring, told.rings), class_="rings")
    return tag(
        "section",
        tag("h2", "The web of deals"),
        tag(
            "p",
            "Units count as their parents. Dashed: talks. Choose a party to see its deals, "
            "or a circle to see it in the web.",
        ),
        tag("div", *boxes, class_="ways", role="group", aria_label="Kinds of arrows"),
        tag("div", web_picture(told.graph, told.rings), class_="picture"),
        tag("h2", "Circles"),
        tag("p", told.note) if told.note else rings if told.rings else tag("p", "None was found."),
        id="web",
    )


def _ring(circle: Circle) -> Markup:
    said = "an article says it" if circle.said == "text" else "by its legs alone"
    button = tag(
        "button",
        " → ".join((*circle.names, circle.names[0])),
        type="button",
        class_="circle",
        aria_pressed="false",
        data_circle=circle.id,
    )
    days = " – ".join(dict.fromkeys(day for day in (circle.first, circle.last) if day))
    return tag(
        "figure",
        tag(
            "figcaption",
            button,
            tag("p", kind_tag("status", circle.status), f" {said}", f" · {days}" if days else ""),
        ),
        ring_picture(circle),
        *(tag("q", clip(saying.text, 120)) for saying in circle.sayings[:1]),
        tag("details", tag("summary", "Its legs"), tag("ul", *_legs(circle))),
        class_="ringcard",
    )


def _legs(circle: Circle) -> Iterator[Markup]:
    names = dict(zip(circle.parties, circle.names, strict=True))
    for hop in circle.hops:
        ends = f"{names[hop.giver]} → {names[hop.taker]}"
        sums = ", ".join(filter(None, map(total, hop.sums)))
        parts = "; ".join(
            " ".join(filter(None, (leg.gives, brief(leg.amount) if leg.amount else "", leg.status)))
            for leg in hop.legs
        )
        yield tag("li", tag("b", ends), f" {sums}", tag("small", parts))


def _charts(deals: Sequence[LinkedDeal]) -> Markup:
    return join(
        tag(
            "p",
            "Amounts are those told, at the year's average rates, rumours included; deals that "
            "ended, stakes that are merely held, and totals whose parts are there are left out.",
        ),
        tag("div", month_charts(deals), class_="charts"),
        payers_table(deals),
    )
