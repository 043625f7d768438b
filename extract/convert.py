"""Articles as training data: mentions as spaCy's DocBin or as CoNLL, records as flat JSON Lines.

The mentions are those that the pipeline finds; they are a start for another model, not gold.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from extract.doc import MENTIONS
from extract.errors import UsageError
from extract.gold import ScoredArticle, ScoredDeal, ScoredMoney

if TYPE_CHECKING:
    from spacy.tokens import Doc, Span

KINDS: Final = ("docbin", "conll", "flat")
"""What an input can be made into."""

# --- mentions ----------------------------------------------------------------------------------


def with_entities(doc: Doc) -> Doc:
    """The Doc with its mentions as ``doc.ents`` too, which may not overlap.

    Of two that overlap the longer stays, of two as long the first.
    """
    from spacy.util import filter_spans

    doc.ents = filter_spans(list(doc.spans.get(MENTIONS, ())))
    return doc


def doc_bin(docs: Iterable[Doc]) -> bytes:
    """Docs as the bytes of a DocBin: tokens, ``spans["mentions"]`` and ``ents``, ids and dates."""
    from spacy.tokens import DocBin

    packed = DocBin(attrs=["ENT_IOB", "ENT_TYPE", "ENT_KB_ID", "SPACY"], store_user_data=True)
    for doc in docs:
        packed.add(with_entities(doc))
    return packed.to_bytes()


def conll(docs: Iterable[Doc]) -> Iterator[str]:
    """Lines in the manner of CoNLL-2003: token, tab, tag (B-ORG, I-ORG, O).

    ``-DOCSTART-`` begins an article, an empty line ends a sentence. Spaces and line ends are no
    tokens; a sentence ends with 。！？ or a line.
    """
    for doc in docs:
        yield _START
        yield ""
        fresh = True
        for token, tag in _tagged(with_entities(doc)):
            if token.strip():
                yield f"{token}\t{tag}"
            ends = not token.strip(_ENDS) or "\n" in token
            if ends and not fresh:
                yield ""
            fresh = ends
        if not fresh:
            yield ""


_START: Final = "-DOCSTART- -X- O O"
_ENDS: Final = "。！？!?\n"


def _tagged(doc: Doc) -> Iterator[tuple[str, str]]:
    """Tokens with tags; a space inside a mention is left out, and the mention goes on behind it."""
    begun: set[Span] = set()
    inside = {place: span for span in doc.ents for place in range(span.start, span.end)}
    for token in doc:
        span = inside.get(token.i)
        if span is None or token.is_space:
            yield token.text, "O"
        else:
            yield token.text, f"{'I' if span in begun else 'B'}-{span.label_}"
            begun.add(span)


# --- records -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the flat form: its name and the type of its values, as ``datasets`` calls it."""

    name: str
    type: str


_MONEY: Final = ("min", "max", "currency", "modifier", "text")
COLUMNS: Final = (
    *(Column(name, "string") for name in ("article_id", "published", "title", "text")),
    Column("deal", "int64"),
    Column("type", "string"),
    *(Column(name, "list[string]") for name in ("investor", "investor_role")),
    *(Column(name, "list[string]") for name in ("target", "target_role")),
    *(
        Column(f"{money}_{part}", "float64" if part in {"min", "max"} else "string")
        for money in ("amount", "valuation")
        for part in _MONEY
    ),
    Column("stake", "float64"),
    *(Column(name, "string") for name in ("round", "status", "date")),
    *(Column(name, "list[string]") for name in ("condition_kind", "condition_text")),
    *(Column(name, "list[string]") for name in ("hardware", "hardware_quantity")),
    Column("evidence", "string"),
    Column("optional", "bool"),
    Column("confidence", "float64"),
)
"""The columns of the flat form, in order. Strings are never null but empty; numbers may be null."""


def flat(articles: Iterable[ScoredArticle]) -> Iterator[dict[str, Any]]:
    """A row for each record; an article without records is one row whose ``deal`` is 0.

    Every row has every column, so that no reader has to guess a type from what is missing.
    """
    for article in articles:
        head = {
            "article_id": article.article_id,
            "published": article.published or "",
            "title": article.title or "",
            "text": article.text or "",
        }
        for number, deal in enumerate(article.deals or (None,), 1):
            row = head | (_row(deal, number) if deal else {"deal": 0})
            yield {column.name: row.get(column.name, _BLANK[column.type]) for column in COLUMNS}


_BLANK: Final[Mapping[str, Any]] = {
    "string": "", "int64": 0, "float64": None, "bool": False, "list[string]": [],
}  # fmt: skip


def _row(deal: ScoredDeal, number: int) -> dict[str, Any]:
    row: dict[str, Any] = {
        "deal": number,
        "type": deal.type,
        "stake": deal.stake,
        "round": deal.round or "",
        "status": deal.status or "",
        "date": deal.date or "",
        "condition_kind": [condition.kind for condition in deal.conditions],
        "condition_text": [condition.text for condition in deal.conditions],
        "hardware": [item.name for item in deal.hardware],
        "hardware_quantity": [item.quantity or "" for item in deal.hardware],
        "evidence": deal.evidence or "",
        "optional": deal.optional,
        "confidence": getattr(deal, "confidence", None),
    }
    for side in ("investor", "target"):
        row[side] = [party.name for party in getattr(deal, side)]
        row[f"{side}_role"] = [party.role or "" for party in getattr(deal, side)]
    return row | _money("amount", deal.amount) | _money("valuation", deal.valuation)


def _money(name: str, money: ScoredMoney | None) -> dict[str, Any]:
    if money is None:
        return {}
    told = {part: getattr(money, part) for part in _MONEY}
    return {f"{name}_{part}": "" if part == "modifier" and not v else v for part, v in told.items()}


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file; raises UsageError where that cannot be done."""
    try:
        path.write_bytes(content)
    except OSError as error:
        raise UsageError(f"cannot be written: {error.strerror}", file=str(path)) from error
