"""The page of the service: an article's text with its words marked, its records as cards and forms.

The page itself is the same for all; what is read comes as a fragment that is made here, so that what
stands in a text is escaped in one place. The forms hold gold as ANNOTATION has it: words of the text and
the values that a reader takes from them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, get_args

from extract.deal_view import (
    chooser,
    kind_tag,
    language,
    legend,
    marked_text,
    record_marks,
    record_rows,
    value_table,
)
from extract.deal_web import FINANCE, WAYS, ring_picture, way_of, web_picture
from extract.errors import UsageError
from extract.graph import Circle, DealGraph, circles
from extract.html import Markup, join, tag
from extract.records import (
    CONDITION_KINDS,
    DEAL_TYPES,
    STATUSES,
    ArticleDeals,
    DealRecord,
    Hardware,
    Modifier,
    Money,
    Party,
    Role,
)
from extract.serve_assets import SHELL
from extract.tellings import tellings_of

_ROLES: Final[tuple[str, ...]] = get_args(Role)
_MODIFIERS: Final[tuple[str, ...]] = get_args(Modifier)
_MOST_LENGTH: Final = 3

# --- the page ----------------------------------------------------------------------------------


def page() -> str:
    """The page as it is before anything was read."""
    return SHELL.replace("{body}", _body())


def _body() -> Markup:
    about = "Paste an article or drop files: text, HTML, Markdown, JSON or JSON Lines."
    form = tag(
        "form",
        tag("label", "Title", tag("input", name="title", autocomplete="off")),
        tag("label", "Published", tag("input", name="published", type="date")),
        tag("label", "Text", tag("textarea", name="text", rows="9", spellcheck="false",
            placeholder="软银宣布以65亿美元收购Ampere。"), class_="long"),
        tag("div",
            tag("button", "Read", type="submit", class_="act main"),
            tag("label", "Files ", tag("input", type="file", name="files", multiple=True)),
            tag("small", "Ctrl+Enter reads the text."), class_="acts"),
        class_="input",
    )  # fmt: skip
    rows = (_party("investor"), _condition(), _hardware())
    blanks = (
        tag("template", _edit(None), id="blank-record"),
        *(tag("template", row, id=f"blank-{name}") for row, name in zip(rows, _LISTS, strict=True)),
    )
    return join(
        tag("header", tag("h1", "zhdeals"), tag("p", about)),
        tag("main", form, tag("p", class_="say", role="status", aria_live="polite"),
            tag("div", class_="results"), *blanks),
    )  # fmt: skip


# --- what was read -----------------------------------------------------------------------------


def article_view(text: str, told: ArticleDeals) -> str:
    """The fragment of one article: text, cards with their forms, graph."""
    marks = [m for number, deal in enumerate(told.deals, 1) for m in record_marks(deal, number)]
    titled = bool(told.title) and text.startswith(told.title or "")
    lang = language(text)
    words = tag("div", marked_text(text, marks, first_line=titled), class_="text", lang=lang)
    cards = [_record(number, deal) for number, deal in enumerate(told.deals, 1)]
    head = " · ".join(filter(None, (told.article_id, told.published)))
    acts = (
        tag("button", "Add a record", type="button", class_="act add"),
        tag("button", "Save as gold", type="button", class_="act main save"),
    )
    return tag(
        "section",
        tag("h2", head),
        tag("div", legend(), words, class_="left"),
        tag(
            "div",
            tag("p", "No deal was found.", class_="empty", hidden=bool(cards)),
            tag("ol", *cards, class_="records", lang=lang),
            tag("div", *acts, class_="acts"),
            class_="right",
        ),
        _graph(told),
        class_="article",
        aria_label=told.article_id,
    )


def _record(number: int, deal: DealRecord) -> Markup:
    pays, paid = (
        "、".join(party.name for party in side) or "–" for side in (deal.investor, deal.target)
    )
    pick = tag(
        "button",
        tag("b", f"{pays} → {paid}"),
        tag("span", kind_tag("type", deal.type), " ", kind_tag("status", deal.status)),
        type="button",
        class_="pick",
        aria_pressed="false",
    )
    sure = tag("small", f"confidence {deal.confidence:.2f}", title="; ".join(deal.reasons))
    view = tag("div", pick, value_table(record_rows(deal)), sure, class_="view")
    return tag("li", view, _corrector(), _edit(deal), class_="record", data_number=number)


def _corrector() -> Markup:
    return tag("button", "Correct", type="button", class_="act correct", aria_expanded="false")


def _graph(told: ArticleDeals) -> Markup:
    """The parties of the article's deals and what they give one another; nothing for one alone."""
    graph = DealGraph.from_deals(tellings_of(told))
    if len(graph.nodes) < 2:
        return join()
    rings = _circles(graph)
    shown = {way_of(leg) for leg in graph.legs}
    key = (
        tag("span", tag("span", class_=f"line {way}", aria_hidden="true"), WAYS[way])
        for way in FINANCE
        if way in shown
    )
    return tag(
        "div",
        tag("h3", "Who gives what to whom"),
        tag("p", *key, class_="key"),
        web_picture(graph, rings),
        tag("div", *map(ring_picture, rings), class_="rings") if rings else "",
        class_="graph",
    )


def _circles(graph: DealGraph) -> Sequence[Circle]:
    try:
        return circles(graph, max_length=_MOST_LENGTH)
    except UsageError:  # without the extra `graph` the rest is shown all the same
        return ()


# --- forms -------------------------------------------------------------------------------------


def _edit(deal: DealRecord | None) -> Markup:
    """A record as a form; empty for one that is new."""
    plain = deal.model_dump(include={"type", "status", "round", "stake", "date"}) if deal else {}
    stake = plain.get("stake")
    evidence = deal.evidence if deal else ""
    parties = [
        _party(side, party)
        for side in ("investor", "target")
        for party in (getattr(deal, side) if deal else (None,))
    ]
    return tag(
        "div",
        _line("type", chooser("type", DEAL_TYPES, plain.get("type"))),
        _line("status", chooser("status", STATUSES, plain.get("status"))),
        _list("party", parties),
        _money("amount", deal.amount if deal else None),
        _money("valuation", deal.valuation if deal else None),
        _line("stake %", _field("stake", f"{stake:f}" if stake is not None else "", "number")),
        _line("round", _field("round", plain.get("round"))),
        _line("date", _field("date", plain.get("date"))),
        _list("condition", map(_condition, deal.conditions if deal else ())),
        _list("hardware", map(_hardware, deal.hardware if deal else ())),
        _line("evidence", join(
            tag("textarea", evidence, name="evidence", rows="2", aria_label="evidence"), _taker())),
        tag("div",
            tag("label", tag("input", type="checkbox", name="optional"), " optional"),
            tag("button", "Remove this record", type="button", class_="act remove"),
            class_="acts"),
        class_="edit",
        hidden=deal is not None,
    )  # fmt: skip


def _line(name: str, *content: object) -> Markup:
    return tag("div", tag("span", name, class_="name"), *content, class_="field")


def _field(name: str, value: object = None, kind: str = "text", *, label: str = "") -> Markup:
    return tag(
        "input",
        name=name,
        type=kind,
        step="any" if kind == "number" else None,
        value=value or "",
        placeholder=label or None,
        aria_label=label or name,
        autocomplete="off",
        spellcheck="false",
    )


def _taker() -> Markup:
    """A button that takes the words selected in the text into the field before it."""
    return tag(
        "button", "⇠", type="button", class_="act take", title="Take the words selected in the text",
        aria_label="Take the words selected in the text",
    )  # fmt: skip


_LISTS: Final = ("party", "condition", "hardware")


def _list(kind: str, rows: Iterable[Markup]) -> Markup:
    more = tag("button", f"+ {kind}", type="button", class_="act more", data_kind=kind)
    return tag("div", *rows, more, class_=f"list {kind}")


def _item(kind: str, *content: Markup) -> Markup:
    drop = tag("button", "×", type="button", class_="act drop", aria_label=f"Remove this {kind}")
    return tag("div", *content, drop, class_="item", data_kind=kind)


def _party(side: str, party: Party | None = None) -> Markup:
    others = [name for name in party.names if name != party.name] if party else []
    return _item(
        "party",
        chooser("side", ("investor", "target"), side),
        _field("name", party.name if party else "", label="name"),
        _taker(),
        chooser("role", _ROLES, party.role if party else None),
        _field("names", "、".join(others), label="other names, 、between"),
    )


def _money(name: str, money: Money | None) -> Markup:
    low, high = (
        "" if bound is None else f"{bound:f}"
        for bound in ((money.min, money.max) if money else (None, None))
    )
    return tag(
        "div",
        tag("span", name, class_="name"),
        _field("text", money.text if money else "", label=f"words of the {name}"),
        _taker(),
        _field("min", low, "number", label="min"),
        _field("max", high, "number", label="max"),
        _field("currency", money.currency if money else "", label="currency"),
        chooser("modifier", _MODIFIERS, money.modifier if money else "exact"),
        class_="field money",
        data_field=name,
    )


def _condition(condition: Any = None) -> Markup:
    return _item(
        "condition",
        chooser("kind", CONDITION_KINDS, condition.kind if condition else None),
        _field("text", condition.text if condition else "", label="words"),
        _taker(),
    )


def _hardware(item: Hardware | None = None) -> Markup:
    told: Mapping[str, Any] = item.model_dump() if item else {}
    return _item(
        "hardware",
        _field("name", told.get("name"), label="name"),
        _taker(),
        _field("vendor", told.get("vendor"), label="vendor"),
        _field("quantity", told.get("quantity"), label="quantity"),
    )


# --- the documentation -------------------------------------------------------------------------


def docs_page(schema: Mapping[str, Any]) -> str:
    """What the service answers to, as a plain page made from its OpenAPI description."""
    parts = [
        _operation(path, method, told)
        for path, methods in schema["paths"].items()
        for method, told in methods.items()
    ]
    body = join(
        tag("header", tag("h1", "zhdeals"), tag("p", "The whole description is at /openapi.json.")),
        tag("main", *parts),
    )
    return SHELL.replace("{body}", body).replace('<script src="/page.js" defer></script>', "")


def _operation(path: str, method: str, told: Mapping[str, Any]) -> Markup:
    rows = [
        (field["name"], _kind(field.get("schema", {})), field.get("description", ""))
        for field in told.get("parameters", ())
    ]
    body = told.get("requestBody", {}).get("content", {})
    rows += [("body", kind, _kind(content.get("schema", {}))) for kind, content in body.items()]
    rows += [
        (code, answer.get("description", ""), "")
        for code, answer in sorted(told.get("responses", {}).items())
    ]
    return tag(
        "section",
        tag("h2", tag("code", f"{method.upper()} {path}")),
        tag("p", told.get("description") or told.get("summary", "")),
        value_table(rows),
        class_="article doc",
    )


def _kind(schema: Mapping[str, Any]) -> str:
    """A schema in a word or two: ``string``, ``ArticleIn or array of ArticleIn``."""
    if "$ref" in schema:
        return str(schema["$ref"]).rsplit("/", 1)[-1]
    if "anyOf" in schema or "oneOf" in schema:
        kinds = (_kind(one) for one in schema.get("anyOf") or schema["oneOf"])
        return " or ".join(kind for kind in kinds if kind != "null")
    if schema.get("type") == "array":
        return f"array of {_kind(schema.get('items', {}))}"
    if "enum" in schema:
        return " | ".join(map(str, schema["enum"]))
    return str(schema.get("type", "any"))
