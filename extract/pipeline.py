"""The stages in their order; from a text to its records."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from extract import conditions, deals, details, relations
from extract.amounts import Quantity, find_quantities
from extract.clauses import Group, Sentence, groups, sentences
from extract.dates import find_dates
from extract.mentions import Mention
from extract.names import Names, find_names, mask_brackets
from extract.reading import Reading
from extract.records import ArticleDeals, DealRecord
from extract.relations import Hit, Relation
from extract.resolve import Entities, find_anaphora
from extract.rounds import find_rounds
from extract.segment import borders, cut
from extract.text import fold
from extract.values import money_roles

if TYPE_CHECKING:
    from extract.article import Article


class Pipeline:
    """Reads articles; holds the rules, no state of what it has read.

    ``lexicon=False`` leaves the lists of organisations out, which shows what the rules do alone.
    """

    def __init__(self, *, lexicon: bool = True) -> None:
        self._lexicon = lexicon
        relations.triggers()

    def read(
        self,
        text: str,
        *,
        published: str | datetime.date | None = None,
        title: str | None = None,
        article_id: str = "text",
    ) -> ArticleDeals:
        """The deals of one text.

        ``published`` (ISO date) is what 昨日 and 今年10月 are counted from. Where a title is given
        and the text does not begin with it, it is put in front as a line of its own.
        """
        if title and not text.startswith(title):
            text = f"{title}\n{text}"
        day = str(published) if published else None
        return self._read(article_id, title, day, None, text)

    def read_article(self, article: Article) -> ArticleDeals:
        """The deals of an article."""
        return self._read(
            article.article_id, article.title, article.published, article.source, article.text
        )

    def _read(
        self,
        article_id: str,
        title: str | None,
        published: str | None,
        source: str | None,
        text: str,
    ) -> ArticleDeals:
        found = read_deals(article_id, text, published, lexicon=self._lexicon)
        return ArticleDeals(
            article_id=article_id, title=title, published=published, source=source, deals=found
        )


def read_deals(
    article_id: str, text: str, published: str | None, *, lexicon: bool = True
) -> tuple[DealRecord, ...]:
    """The records of one text; texts without a trigger cost next to nothing."""
    folded = fold(text)
    hits = relations.find_hits(folded)
    if not hits:
        return ()
    edges = borders(cut(folded))
    hits = [hit for hit in hits if not relations.inside_word(hit, edges)]
    if not hits:
        return ()
    skeleton = mask_brackets(folded)
    names = find_names(text, folded, lexicon=lexicon)
    day = _day(published)
    parts = tuple(sentences(folded, skeleton))
    quantities = find_quantities(text, folded=folded)
    reading = _reading(article_id, text, folded, skeleton, published, day, parts, names, quantities)
    told = [
        found
        for relation in _relations(reading, names, hits)
        if (found := details.detail(reading, relation))
    ]
    return deals.records(reading, deals.gather(reading, told))


def _day(published: str | None) -> datetime.date | None:
    try:
        return datetime.date.fromisoformat(published) if published else None
    except ValueError:
        return None


def _reading(
    article_id: str,
    text: str,
    folded: str,
    skeleton: str,
    published: str | None,
    day: datetime.date | None,
    parts: tuple[Sentence, ...],
    names: Names,
    quantities: Sequence[Quantity],
) -> Reading:
    money = tuple(q for q in quantities if q.kind == "money")
    return Reading(
        article_id=article_id,
        text=text,
        folded=folded,
        skeleton=skeleton,
        published=published,
        sentences=parts,
        entities=Entities(names.mentions, names.same),
        money=money,
        money_roles=tuple(money_roles(skeleton, money)),
        percents=tuple(q for q in quantities if q.kind == "percent"),
        counts=tuple(q for q in quantities if q.kind in {"count", "power"}),
        dates=tuple(find_dates(text, published=day, folded=folded)),
        rounds=tuple(find_rounds(text, folded)),
        hardware=tuple(m for m in names.mentions if m.kind == "HARDWARE"),
        conditions=tuple(conditions.find_conditions(folded, parts)),
        signed=any(word in folded for word in ("签署", "签订", "达成协议", "达成最终协议", "订立")),
    )


def _relations(reading: Reading, names: Names, hits: Sequence[Hit]) -> Iterator[Relation]:
    parties = [m for m in names.mentions if m.kind in {"ORG", "PERSON"}]
    main = _main_party(reading, parties)
    parties = sorted(
        [*parties, *find_anaphora(reading.folded, parties, main)], key=lambda m: m.start
    )
    topic: tuple[Mention, ...] = (main,) if main else ()
    for sentence in reading.sentences:
        here = [p for p in parties if sentence.start <= p.start and p.end <= sentence.end]
        found = groups(
            reading.skeleton if sentence.opener is None else reading.folded, sentence, here
        )
        subject = topic
        if sentence.opener is not None:
            before = [p for p in parties if p.end <= sentence.opener]
            subject = (before[-1],) if before else topic
        for hit in hits:
            if sentence.start <= hit.start < sentence.end and _in_sentence(reading, sentence, hit):
                relation = relations.read_relation(
                    hit, sentence, found, skeleton=reading.skeleton, topic=subject
                )
                if relation:
                    yield relation
        topic = _next_topic(found, topic)


def _in_sentence(reading: Reading, sentence: Sentence, hit: Hit) -> bool:
    """A trigger in a bracket belongs to the bracket's own sentence, not to the one around it."""
    masked = reading.skeleton[hit.start] == "\x01"
    return masked == (sentence.opener is not None)


def _next_topic(found: Sequence[Group], topic: tuple[Mention, ...]) -> tuple[Mention, ...]:
    for group in found:
        if not group.marker and not group.modifier:
            return group.parties
    return topic


def _main_party(reading: Reading, parties: Sequence[Mention]) -> Mention | None:
    """The party whose notice is reported, else the first one of the article."""
    notices = [p for p in parties if p.rule in {"names.notice", "names.title_colon"}]
    found = notices or list(parties)
    return found[0] if found else None
