"""What was found in a text as a spaCy Doc: its tokens, its mentions and cues as spans, its deals.

A Doc holds nothing that spaCy cannot write: records and values stand as JSON in ``doc.user_data``
and the attributes read them from there, so ``to_bytes``, DocBin and several processes work.
"""

from __future__ import annotations

import datetime
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import accumulate, pairwise
from typing import Any, Final, cast

import spacy
from pydantic import TypeAdapter
from spacy.tokens import Doc, Span, SpanGroup
from spacy.util import DummyTokenizer
from spacy.vocab import Vocab

from extract.amounts import Quantity
from extract.dates import DateMention
from extract.errors import UsageError
from extract.lexicon import alternation, words
from extract.mentions import Kind, Mention
from extract.reading import Reading
from extract.records import DealRecord, is_partial_date
from extract.relations import Hit
from extract.segment import cut, make_doc
from extract.state import find_cues
from extract.text import fold

MENTIONS: Final = "mentions"
"""The key of ``doc.spans`` for names, quantities, dates and rounds."""
CUES: Final = "cues"
"""The key of ``doc.spans`` for triggers and for words that tell status, hearsay, condition, past."""

_VALUES: Final = "zhdeals.values"
_DEALS: Final = "zhdeals.deals"


@dataclass(frozen=True, slots=True)
class Mark:
    """A span to be: ``label`` is its kind, ``kb_id`` what it means, ``id`` the rule that found it."""

    start: int
    end: int
    label: str
    kb_id: str
    id: str


# --- tokens ------------------------------------------------------------------------------------


class Tokenizer(DummyTokenizer):
    """jieba's cuts of the folded text as tokens of the text itself; ``doc.text == text``.

    It has no state but the vocabulary, so there is nothing to be written to disk.
    """

    def __init__(self, vocab: Vocab) -> None:
        self.vocab = vocab
        register_extensions()

    def __call__(self, text: str) -> Doc:
        """The Doc of a text, with tokens alone."""
        ends = accumulate(map(len, cut(fold(text))), initial=0)
        return make_doc(self.vocab, [text[start:end] for start, end in pairwise(ends)])


def blank_tokenizer() -> Tokenizer:
    """A tokenizer with a vocabulary of its own."""
    return Tokenizer(spacy.blank("zh").vocab)


# --- attributes --------------------------------------------------------------------------------


def register_extensions() -> None:
    """Make the attributes of Doc and Span known to spaCy; again has no further effect.

    ``doc._.published`` and ``doc._.article_id`` may be set before a component reads the Doc; where
    another package has an attribute of that name, it is used as it is.
    """
    for name, default in (("published", None), ("article_id", "text")):
        if not Doc.has_extension(name):
            Doc.set_extension(name, default=default)
    Doc.set_extension("deals", getter=deals_of, force=True)
    Span.set_extension("mention", getter=mention_of, force=True)


def deals_of(doc: Doc) -> tuple[DealRecord, ...]:
    """The records that were written to a Doc; ``doc._.deals``."""
    return tuple(map(DealRecord.model_validate_json, doc.user_data.get(_DEALS, ())))


def mention_of(span: Span) -> Mention | None:
    """The mention that a span of ``doc.spans["mentions"]`` stands for; ``span._.mention``."""
    values = span.doc.user_data.get(_VALUES, {})
    place = _place(span.start_char, span.end_char, span.label_, span.id_)
    if place not in values:
        return None
    return Mention(
        span.start_char,
        span.end_char,
        span.text,
        cast(Kind, span.label_),
        span.id_,
        span.kb_id_,
        _adapter().validate_json(values[place]),
    )


def published_of(doc: Doc) -> str | None:
    """The day of ``doc._.published`` in ISO form, and set to that form: a date may be set too."""
    value = doc._.published
    if isinstance(value, datetime.date):
        value = value.isoformat()[:10]
    if value is not None and not is_partial_date(str(value)):
        raise UsageError(f"{value!r} is not an ISO date", key="published")
    doc._.published = value
    return cast("str | None", value)


@cache
def _adapter() -> TypeAdapter[Any]:
    return TypeAdapter(Quantity | DateMention | str | None)


def _place(start: int, end: int, label: str, rule: str) -> str:
    return f"{start}:{end}:{label}:{rule}"


# --- what was found ----------------------------------------------------------------------------


def mentions(reading: Reading, names: Iterable[Mention]) -> list[Mention]:
    """Names, quantities, dates and rounds of one article as mentions, left to right."""
    measured = (*reading.money, *reading.percents, *reading.counts)
    found = [*names, *reading.rounds]
    found += [_mention(reading, q, q.kind.upper(), "amounts") for q in measured]
    found += [_mention(reading, date, "DATE", "dates") for date in reading.dates]
    return sorted(found, key=lambda m: (m.start, -m.end, m.kind, m.rule))


def _mention(reading: Reading, value: Quantity | DateMention, kind: str, rule: str) -> Mention:
    text = reading.text[value.start : value.end]
    return Mention(value.start, value.end, text, cast(Kind, kind), rule, value=value)


def cues(folded: str, hits: Iterable[Hit]) -> list[Mark]:
    """Triggers (``kb_id`` is the type of deal) and words of status (``kb_id``: which), in order."""
    found = [
        Mark(hit.start, hit.end, "TRIGGER", hit.trigger.type, hit.trigger.name) for hit in hits
    ]
    for status, start, end in find_cues(folded, 0, len(folded)):
        found.append(Mark(start, end, "STATUS", status, "cues.status"))
    return _sorted(found)


@cache
def _cue_words() -> Mapping[str, re.Pattern[str]]:
    return {
        kind: re.compile(alternation(words("cues.toml", kind, "words")))
        for kind in ("hearsay", "hypothetical", "past")
    }


def word_cues(folded: str) -> Iterator[Mark]:
    """Words of hearsay, condition and past; such a word counts where the tokens have it whole."""
    for kind, pattern in _cue_words().items():
        for match in pattern.finditer(folded):
            yield Mark(*match.span(), kind.upper(), "", f"cues.{kind}")


def _sorted(marks: Iterable[Mark]) -> list[Mark]:
    return sorted(set(marks), key=lambda m: (m.start, -m.end, m.label, m.kb_id, m.id))


# --- onto the Doc ------------------------------------------------------------------------------


def annotate(doc: Doc, reading: Reading, names: Iterable[Mention], hits: Iterable[Hit]) -> None:
    """Write mentions and cues to ``doc.spans``; tokens are cut where one of them begins or ends."""
    found = mentions(reading, names)
    named = [_trimmed(Mark(m.start, m.end, m.kind, m.id, m.rule), reading.text) for m in found]
    told = cues(reading.folded, hits)
    cut_tokens(doc, {edge for mark in (*named, *told) for edge in (mark.start, mark.end)})
    # 若 in 若干 says no condition: these words count as tokens alone, none is cut for them
    whole = [m for m in word_cues(reading.folded) if doc.char_span(m.start, m.end) is not None]
    doc.spans[MENTIONS] = SpanGroup(doc, name=MENTIONS, spans=_spans(doc, named))
    doc.spans[CUES] = SpanGroup(doc, name=CUES, spans=_spans(doc, _sorted([*told, *whole])))
    doc.user_data[_VALUES] = {
        _place(mark.start, mark.end, mark.label, mark.id): _adapter().dump_json(m.value).decode()
        for mark, m in zip(named, found, strict=True)
    }


def set_deals(doc: Doc, deals: Iterable[DealRecord]) -> None:
    """Write records to a Doc, where ``doc._.deals`` reads them."""
    doc.user_data[_DEALS] = [deal.model_dump_json() for deal in deals]


def _trimmed(mark: Mark, text: str) -> Mark:
    """Without space at its ends, which may hang on a token and be no token of its own."""
    said = text[mark.start : mark.end]
    start = mark.start + len(said) - len(said.lstrip())
    return Mark(start, start + len(said.strip()), mark.label, mark.kb_id, mark.id)


def _spans(doc: Doc, marks: Iterable[Mark]) -> list[Span]:
    found = (
        doc.char_span(m.start, m.end, m.label, m.kb_id, alignment_mode="expand", span_id=m.id)
        for m in marks
    )
    return [span for span in found if span is not None]


def cut_tokens(doc: Doc, edges: Iterable[int]) -> None:
    """Split the tokens so that every edge (an offset of the text) is a token border.

    The spans that the Doc has keep their places: spaCy itself would leave them where their tokens
    were.
    """
    splits = _inner_edges(doc, edges)
    if not splits:
        return
    groups = {key: (dict(group.attrs), _marks(group)) for key, group in doc.spans.items()}
    with doc.retokenize() as retokenizer:
        for place, inner in splits.items():
            token = doc[place]
            ends = (0, *(edge - token.idx for edge in inner), len(token))
            parts = [token.text[start:end] for start, end in pairwise(ends)]
            retokenizer.split(token, parts, heads=[(token, n) for n in range(len(parts))])
    for key, (attrs, marks) in groups.items():
        doc.spans[key] = SpanGroup(doc, name=key, attrs=attrs, spans=_spans(doc, marks))


def _inner_edges(doc: Doc, edges: Iterable[int]) -> dict[int, list[int]]:
    """The tokens that an edge lies in, by their place in the Doc, with those edges in order."""
    starts = doc.to_array("IDX").tolist()  # a loop over the Doc would make every token
    found: dict[int, list[int]] = {}
    for edge in sorted(set(edges)):
        place = bisect_right(starts, edge) - 1
        if place >= 0 and starts[place] < edge < starts[place] + len(doc[place]):
            found.setdefault(place, []).append(edge)
    return found


def _marks(group: SpanGroup) -> list[Mark]:
    return [Mark(s.start_char, s.end_char, s.label_, s.kb_id_, s.id_) for s in group]
