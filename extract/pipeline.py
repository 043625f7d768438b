"""The stages in their order; from a text to its records."""

from __future__ import annotations

import datetime
import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from extract import deals, details, relations
from extract.clauses import ITEM, Group, Sentence, groups, sentences
from extract.elsewhere import apart, with_same_held, with_told_elsewhere
from extract.lexicon import lower, org_surfaces
from extract.mentions import Mention, beginning_in, last_before
from extract.names import Names, find_names, mask_brackets
from extract.needs import able, may_tell
from extract.observer import Observer
from extract.readers import carried
from extract.reading import Draft, Reading
from extract.records import ArticleDeals, DealRecord
from extract.refine import refine
from extract.relations import Hit, Relation
from extract.resolve import find_anaphora, listed_kind, meant
from extract.segment import borders, cut
from extract.text import fold, links_from

if TYPE_CHECKING:
    from spacy.tokens import Doc

    from extract.article import Article
    from extract.doc import Tokenizer
    from extract.ner import Marker


class Pipeline:
    """Reads articles; holds the rules, no state of what it has read.

    ``lexicon=False`` leaves the lists of organisations out, which shows what the rules do alone;
    ``model=False`` leaves out the model of names, a folder or an id of the Hugging Face hub
    (``user/name``) puts another in its place, which is loaded at once: raises ModelError where it
    cannot be used. ``min_confidence`` leaves out records that are less sure.
    """

    def __init__(
        self, *, lexicon: bool = True, model: bool | str | Path = True, min_confidence: float = 0.0
    ) -> None:
        self._lexicon = lexicon
        self._model = model
        self._min_confidence = min_confidence
        self._tokenizer: Tokenizer | None = None  # made by the first Doc: spaCy starts slowly
        relations.triggers()
        if not isinstance(model, bool):  # its faults are one error now, not one of each article
            _ = self._tagger

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
        day = str(published) if published else None
        shown = carried(title) if title else title
        return self._read(article_id, shown, day, None, titled(text, title))

    def doc(
        self,
        text: str,
        *,
        published: str | datetime.date | None = None,
        title: str | None = None,
        article_id: str = "text",
    ) -> Doc:
        """The same as a spaCy Doc: ``doc._.deals``, ``doc.spans["mentions"]``, ``doc.spans["cues"]``.

        ``extract.load`` gives the spaCy pipeline that does this.
        """
        from extract import doc as docs

        if self._tokenizer is None:
            self._tokenizer = docs.blank_tokenizer()
        doc = self._tokenizer(titled(text, title))
        doc._.published, doc._.article_id = published, article_id
        analysis = analyse(
            article_id, doc.text, docs.published_of(doc), lexicon=self._lexicon, tagger=self._tagger
        )
        docs.annotate(doc, analysis.reading, analysis.names.mentions, analysis.hits)
        docs.set_deals(doc, self._sure(find_deals(analysis)))
        return doc

    def read_article(self, article: Article, *, observer: Observer | None = None) -> ArticleDeals:
        """The deals of an article; an ``observer`` is told of every decision on the way."""
        return self._read(
            article.article_id,
            article.title,
            article.published,
            article.source,
            article.text,
            observer=observer,
        )

    def _read(
        self,
        article_id: str,
        title: str | None,
        published: str | None,
        source: str | None,
        text: str,
        *,
        observer: Observer | None = None,
    ) -> ArticleDeals:
        found = read_deals(
            article_id,
            text,
            published,
            lexicon=self._lexicon,
            tagger=lambda: self._tagger,
            observer=observer,
        )
        return ArticleDeals(
            article_id=article_id,
            title=title,
            published=published,
            source=source,
            deals=self._sure(found),
        )

    @cached_property
    def _tagger(self) -> Marker | None:
        """The model, the usual one loaded when the first text is read; None where it is left out."""
        if isinstance(self._model, bool):
            return usual_tagger() if self._model else None
        from extract.ner_transformers import load_model

        return load_model(self._model)

    def __getstate__(self) -> dict[str, object]:
        """A copy for another process loads the model and the tokenizer there."""
        kept = {name: value for name, value in self.__dict__.items() if name != "_tagger"}
        return {**kept, "_tokenizer": None}

    def _sure(self, found: tuple[DealRecord, ...]) -> tuple[DealRecord, ...]:
        return tuple(deal for deal in found if deal.confidence >= self._min_confidence)


@cache
def usual_tagger() -> Marker:
    """The model that comes with the package, loaded once a process."""
    from extract.ner import Tagger

    return Tagger.load()


def no_tagger() -> None:
    """No model."""


def titled(text: str, title: str | None) -> str:
    """The text with its title as a line of its own in front, unless it begins with it.

    NULs and lone surrogates, which no record can carry, become U+FFFD: offsets stay as they are.
    """
    return carried(f"{title}\n{text}" if title and not text.startswith(title) else text)


@dataclass(frozen=True, slots=True)
class Analysis:
    """The reading of an article with what its deals are told by: all names, and the triggers."""

    reading: Reading
    names: Names
    hits: tuple[Hit, ...]


def analyse(
    article_id: str,
    text: str,
    published: str | None,
    *,
    lexicon: bool = True,
    tagger: Marker | None = None,
) -> Analysis:
    """All that is found in a text, whether or not it has a trigger."""
    folded = fold(text)
    hits, words = _triggers(folded)
    sheet = _Sheet(article_id, text, folded, mask_brackets(folded), published)
    return _analysis(sheet, hits, words, lexicon=lexicon, tagger=tagger)


def find_deals(analysis: Analysis, *, observer: Observer | None = None) -> tuple[DealRecord, ...]:
    """The records that follow from what was found in a text."""
    drafts = find_drafts(analysis, observer=observer)
    return deals.records(analysis.reading, drafts, observer=observer)


def find_drafts(analysis: Analysis, *, observer: Observer | None = None) -> list[Draft]:
    """The deals of a text, each with the relations that tell it."""
    reading = analysis.reading
    if not analysis.hits:
        return []
    told = [
        found
        for relation in _relations(reading, analysis.names, analysis.hits, observer)
        if (found := details.detail(reading, relation, observer=observer))
    ]
    return deals.gather(reading, told, observer=observer)


def read_deals(
    article_id: str,
    text: str,
    published: str | None,
    *,
    lexicon: bool = True,
    tagger: Callable[[], Marker | None] = no_tagger,
    observer: Observer | None = None,
) -> tuple[DealRecord, ...]:
    """The records of one text; texts without a trigger cost next to nothing.

    An ``observer`` is told of every decision on the way.
    """
    folded = fold(text)
    skeleton = mask_brackets(folded)
    if observer is None and not may_tell(folded, skeleton):
        return ()
    hits, words = _triggers(folded, observer)
    if not hits:
        return ()
    sheet = _Sheet(article_id, text, folded, skeleton, published)
    analysis = _analysis(sheet, hits, words, lexicon=lexicon, tagger=tagger())
    return find_deals(analysis, observer=observer)


def _triggers(
    folded: str, observer: Observer | None = None
) -> tuple[tuple[Hit, ...], list[str] | None]:
    """The trigger words of a text that are words of it (投资 in 投资者 is none), and all its words.

    A text that has no trigger is not parted.
    """
    void: list[tuple[int, int]] = []
    hits = relations.find_hits(folded, void=void)
    if observer is not None:
        observer.void(void)
    if not hits:
        return (), None
    words = cut(folded)
    edges = borders(words)
    foot = links_from(folded)
    kept = []
    for hit in hits:
        if relations.inside_word(hit, edges):
            why = "longer"
        elif hit.start >= foot:
            why = "link"
        else:
            why = "chain" if relations.in_chain(hit, folded) else ""
        if not why:
            kept.append(hit)
        elif observer is not None:
            observer.passed_over(hit, why)
    return tuple(kept), words


class _Sheet(NamedTuple):
    """A text as it is read: the same signs folded, and with brackets masked."""

    article_id: str
    text: str
    folded: str
    skeleton: str
    published: str | None


def _analysis(
    sheet: _Sheet,
    hits: tuple[Hit, ...],
    words: list[str] | None,
    *,
    lexicon: bool,
    tagger: Marker | None,
) -> Analysis:
    text, folded = sheet.text, sheet.folded
    names = find_names(text, folded, lexicon=lexicon, parted=words)
    parts = tuple(sentences(folded, sheet.skeleton))
    if tagger and hits:
        telling = _with_trigger(parts, able(hits, folded, sheet.skeleton))
        names = refine(names, tagger, text, folded, telling)
    return Analysis(Reading(*sheet, parts, names), names, hits)


def _with_trigger(parts: Sequence[Sentence], hits: Sequence[Hit]) -> list[tuple[int, int]]:
    """The sentences that can hold a deal."""
    starts = [hit.start for hit in hits]
    return [
        (part.start, part.end)
        for part in parts
        if part.opener is None and bisect_left(starts, part.start) < bisect_left(starts, part.end)
    ]


def _relations(
    reading: Reading, names: Names, hits: Sequence[Hit], observer: Observer | None = None
) -> Iterator[Relation]:
    parties = _without_verb([m for m in names.mentions if _may_be_party(reading, m)])
    main = _main_party(parties)
    noticed = main is not None and main.rule in _NOTICES
    topic: tuple[Mention, ...] = (main,) if main and noticed else ()
    candidates, hits = hits, _between_names(reading.folded, hits, parties)
    placed = None if observer is None else observer.placed
    if observer is not None:
        observer.candidates(candidates, hits)
    beginnings = [party.start for party in parties]
    starts = [hit.start for hit in hits]
    pairs: list[tuple[Mention, ...]] = []
    last: Relation | None = None
    for sentence in reading.sentences:
        if not starts or sentence.start > starts[-1]:
            return
        here = _standing_in(reading, sentence, parties, beginnings)
        if item := _ITEM.match(reading.folded, sentence.start, sentence.end):
            main = _first(parties, item.end(), sentence.end)
            topic = (main,) if main else ()
        elif notice := _noticed(reading, here):
            main, topic = notice, (notice,)
        subject = _subject(sentence, parties, topic, main)
        here += find_anaphora(
            reading.folded,
            sentence.start,
            sentence.end,
            parties,
            topic=subject,
            pair=_pair(reading, sentence, pairs),
            main=main,
        )
        here.sort(key=lambda m: m.start)
        read = groups(
            reading.skeleton if sentence.opener is None else reading.folded, sentence, here
        )
        telling = _standing_in(reading, sentence, hits, starts)
        found = list(read) if telling else []
        for hit in telling:
            if _is_gloss(sentence, hit) or _is_share_of(hit, telling):
                continue
            relation = relations.read_relation(
                hit,
                sentence,
                found,
                skeleton=reading.skeleton,
                text=reading.text,
                topic=subject,
                placed=placed,
            )
            if relation:
                relation = with_told_elsewhere(
                    relation, found, main=main, pairs=pairs, skeleton=reading.skeleton
                )
                relation = last = with_same_held(relation, last)
                pairs += _sides(relation)
                yield from apart(relation)
        topic = _next_topic(found or read, topic)


def _subject(
    sentence: Sentence, parties: Sequence[Mention], topic: tuple[Mention, ...], main: Mention | None
) -> tuple[Mention, ...]:
    """Of whom a sentence speaks that names no subject; a bracket of whoever stands in front of it."""
    if sentence.opener is not None:
        ahead = last_before(parties, sentence.opener, 2)
        before = [p for p in ahead if p.end <= sentence.opener]
        return (before[-1],) if before else topic
    return topic or ((main,) if main and not sentence.title else ())


_Found = TypeVar("_Found", Hit, Mention)


def _standing_in(
    reading: Reading, sentence: Sentence, found: Sequence[_Found], starts: Sequence[int]
) -> list[_Found]:
    """Those that stand in a sentence; ``starts`` are where they begin, in order."""
    near = found[bisect_left(starts, sentence.start) : bisect_right(starts, sentence.end)]
    return [one for one in near if _in_sentence(reading, sentence, one)]


def _between_names(folded: str, hits: Sequence[Hit], parties: Sequence[Mention]) -> list[Hit]:
    """The triggers that stand outside all names; a word that only a name hid comes to light."""
    inside = {at for party in parties for at in range(party.start + 1, party.end)}
    edges = {party.end for party in parties} | {party.start for party in parties}
    kept = {(hit.start, hit.end) for hit in hits}
    crossed = any(edge in edges for hit in hits for edge in range(hit.start + 1, hit.end))
    found = relations.find_hits(folded, edges) if crossed else hits
    return [
        hit
        for hit in found
        if hit.start not in inside
        and hit.end - 1 not in inside
        and ((hit.start, hit.end) in kept or hit.start in edges or hit.end in edges)
    ]


_ITEM = re.compile(rf"\s*{ITEM}")

# X8月1日晚间公告: of whom 公司 speaks in the sentences that follow
_NOTICE = re.compile(
    r"[ \x01]*于?(?:[0-9]{4}年)?(?:[0-9]{1,2}月)?(?:[0-9]{1,2}日)?"
    r"(?:晚间?|午间|早间|盘后|今日|昨日|日前|近日)?(?:在[^，。；]{2,4}所)?(?:发布)?公告"
)


def _noticed(reading: Reading, here: Sequence[Mention]) -> Mention | None:
    """Whose notice a sentence of a digest reports."""
    return next((p for p in here if _NOTICE.match(reading.skeleton, p.end)), None)


def _first(parties: Sequence[Mention], start: int, end: int) -> Mention | None:
    return next((p for p in beginning_in(parties, start, end) if p.end <= end), None)


# 这笔投资, 此次合作: the deal that the article is about
_THIS_DEAL = re.compile("这(?:笔|一|项|场|次)|此次|本次|该(?:交易|投资|合作|协议)")


def _is_gloss(sentence: Sentence, hit: Hit) -> bool:
    """Whether a bracket holds nothing but the trigger: IPO（首次公开募股）."""
    return sentence.opener is not None and sentence.end - sentence.start <= hit.end - hit.start + 2


def _is_share_of(hit: Hit, telling: Sequence[Hit]) -> bool:
    """X的大股东为Y，持股比例70%: the second word only tells how much the holder just named has."""
    return hit.trigger.name == "hold" and any(
        other.trigger.name == "holder_is" and other.end <= hit.start for other in telling
    )


def _pair(
    reading: Reading, sentence: Sentence, pairs: Sequence[tuple[Mention, ...]]
) -> tuple[Mention, ...]:
    """Whom 双方 means in a sentence: the sides of the article's deal, or of the one told last."""
    if not pairs:
        return ()
    this = _THIS_DEAL.search(reading.folded, sentence.start, sentence.end)
    return pairs[0] if this else pairs[-1]


def _sides(relation: Relation) -> list[tuple[Mention, ...]]:
    """The first party of each side, where a relation has two."""
    sides: dict[str, Mention] = {}
    for role, party in relation.parties:
        sides.setdefault(details.side_of(role, relation.type), meant(party)[0])
    both = tuple(sides.get(side) for side in ("investor", "target"))
    return [(both[0], both[1])] if both[0] and both[1] else []


def _without_verb(parties: list[Mention]) -> list[Mention]:
    """Names whose last word is a verb here: in 腾讯投资月之暗面 the party is 腾讯."""
    found = []
    for place, party in enumerate(parties):
        following = parties[place + 1].start if place + 1 < len(parties) else -1
        short = party.text.removesuffix("投资")
        entry = org_surfaces().get(lower(short)) if following == party.end else None
        if entry and short != party.text:
            party = Mention(
                party.start, party.end - 2, short, party.kind, party.rule, entry.id, party.value
            )
        found.append(party)
    return found


# tickers, and rounds in quotation marks
_TICKER = re.compile(
    r"[0-9]{4,6}\.[A-Z]{2}|[A-Z.]{1,6}[-.](?:US|HK|SH|SZ)|(?:Pre-?)?[A-Z][0-9]?\+* ?轮"
)
_ADVICE = re.compile("顾问|承销|保荐|律师|审计")
# 中国版SpaceX, 机器人界的英伟达: likened to the firm; 微信公众号: where it was said
_LIKENED = re.compile(
    r"(?:(?:中国|国产|国内|日本|韩国|印度|欧洲|亚洲|迷你|平价)版的?|[^，。；世业各][界圈]的)[ “\"「]?$"
)
_CHANNEL = re.compile(r"[ ”]?(?:官方)?(?:公众号|公號|小程序|视频号|朋友圈)")


def _may_be_party(reading: Reading, mention: Mention) -> bool:
    """Organisations and persons; a consultancy is a party where it does not just advise."""
    if mention.kind == "OUTLET" and listed_kind(mention.id) == "advisor":
        around = reading.folded[max(0, mention.start - 30) : mention.end + 12]
        return not _ADVICE.search(around)
    if _TICKER.fullmatch(mention.text) or listed_kind(mention.id) == "exchange":
        return False
    if _LIKENED.search(reading.folded, max(0, mention.start - 8), mention.start):
        return False
    if _CHANNEL.match(reading.folded, mention.end):
        return False
    return mention.kind in {"ORG", "PERSON"}


def _in_sentence(reading: Reading, sentence: Sentence, found: Hit | Mention) -> bool:
    """What stands in a bracket belongs to the bracket's own sentence, not to the one around it."""
    if not (sentence.start <= found.start and found.end <= sentence.end):
        return False
    return (reading.skeleton[found.start] == "\x01") == (sentence.opener is not None)


def _next_topic(found: Iterable[Group], topic: tuple[Mention, ...]) -> tuple[Mention, ...]:
    for group in found:
        if not group.marker and not group.modifier:
            return tuple(one for party in group.parties for one in meant(party))
    return topic


_NOTICES = frozenset({"names.notice", "names.title_colon"})


def _main_party(parties: Sequence[Mention]) -> Mention | None:
    """The party whose notice is reported, else the first one of the article."""
    notice = next((party for party in parties if party.rule in _NOTICES), None)
    return notice or next(iter(parties), None)
