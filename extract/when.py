"""When a deal was told: the dates of a relation, and the date of a whole deal.

A date counts where it stands in the clause of a trigger or leads in to it; else where what was said
or signed that day stands behind it; else the day of the report, where the deal was made public then.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator

from extract.clauses import Clause, Sentence
from extract.dates import DateMention, parse_date
from extract.lexicon import alternation, words
from extract.mentions import beginning_in, last_before
from extract.reading import Draft, Reading
from extract.records import Cite
from extract.relations import Relation


def _any_of(name: str) -> re.Pattern[str]:
    return re.compile(alternation(words("cues.toml", name, "words")))


def governed_from(reading: Reading, relation: Relation) -> int:
    """Where the words begin that may govern the trigger: behind a relative clause of its subject.

    In 计划上市的X完成融资 that is X.
    """
    start, hit = relation.clause.start, relation.hit
    subject = hit.trigger.roles.get("subject")
    for role, party in relation.parties:
        if role == subject and start <= party.start < hit.start:
            before = reading.folded[start : party.start].rstrip(' “"「\x01')
            if before.endswith("的") and not _COMPLEMENT.search(before):
                start = party.start
    return start


# 为新创立的X筹集: the words before 的 describe X, but the cue before 为 still governs
_COMPLEMENT = re.compile(
    "(?:为|向|对|给|与|和|将|把|从|被|由|在|以|同)[^，。为向对给与和将把从被由在以同]{0,14}的$"
)


# --------------------------------------------------------------------------------------------
# dates of one relation


_OTHER_EVENT = re.compile(
    "成立|创立|创办|诞生|起诉|上线|推出|毕业|加入|入职|截至|截止|距|时隔|以来|较|相比|年报"
)
_APPROVED = re.compile("[^，。；]{0,4}获[^，。；]{0,20}(?:批准|受理|通过)")
_REPORT = re.compile(
    "[ \x01]*[)）]?(?:凌晨|早间|上午|中午|下午|晚间|晚|早)?[，, ]?(?:独家)?(?:的?一?份?)"
    "(?:报道|援引|获悉|消息|爆料|透露|发布消息|发布博文|发文|称|撰文|据|有消息|《|有报道|[两多数一]?[名位]?(?:知情|消息)人士)"
)
_LEADS_IN = 18


def pick_date(reading: Reading, relation: Relation) -> DateMention | None:
    """The date that a relation gives its deal: of its clause, else of one that leads in to it."""
    found = [d for d in dates_of(reading, relation) if not _is_report(reading, d)]
    return found[0] if found else None


def dates_of(reading: Reading, relation: Relation) -> list[DateMention]:
    """The usable dates that a relation's sentence gives it, the nearest first."""
    sentence, clause, at = relation.sentence, relation.clause, relation.hit.start
    begin = governed_from(reading, relation)
    usable = [
        d
        for d in beginning_in(reading.dates, sentence.start, sentence.end)
        if d.end <= sentence.end and _usable(reading, d)
    ]
    inside = [d for d in usable if begin <= d.start and d.end <= clause.end]
    inside = [d for d in inside if not _foreign(reading, clause, d)]
    inside.sort(key=lambda d: (d.start > at, abs(d.start - at)))
    if begin > clause.start:
        return inside
    earlier = [
        d
        for d in usable
        if d.end <= clause.start and not _foreign(reading, sentence.clause_at(d.start), d)
    ]
    return inside + earlier[::-1]


def _usable(reading: Reading, date: DateMention) -> bool:
    """Whether a date can be that of a deal: a point or range of the calendar, not to come."""
    if date.role not in {"point", "range"} or not date.value or date.kind == "vague":
        return False
    now = reading.published
    return not now or _start_of(date.value) <= _end_of(now)


# 昨日, 3月, 2019年: the words that prove a date to be one; 前天 and 一季度 prove nothing by themselves
_TOLD_UNIT = re.compile("[年月日]|[天周]前")


def is_past(reading: Reading, date: DateMention) -> bool:
    """Whether a date ends before the day of publication."""
    now, value = reading.published or "", date.value or ""
    if not _TOLD_UNIT.search(reading.folded, date.start, date.end):
        return False
    return bool(value and now) and not _covers(value, now) and _start_of(value) < _start_of(now)


def _start_of(value: str) -> str:
    """The first day of a date as it is told, for comparison."""
    if "-Q" in value or "-H" in value:
        year, part = value.split("-")
        months = 3 if part[0] == "Q" else 6
        return f"{year}-{(int(part[1]) - 1) * months + 1:02}-01"
    return (value + "-01-01")[:10] if len(value) < 10 else value


def _end_of(value: str) -> str:
    """What sorts behind every day of a date as it is told, and before all later days."""
    if "-Q" in value or "-H" in value:
        months = 3 if value[5] == "Q" else 6
        return f"{value[:4]}-{int(value[6]) * months:02}~"
    if len(value) == len("2025"):
        return f"{value}-12~"
    return value if len(value) == len("2025-12-17") else f"{value}~"


# 2026年智算扩容项目, 2025年第五批采购: the year is part of a name
_NAMED_AFTER = re.compile(
    "度?(?:第[一二三四五六七八九十0-9]+批|[^，。；、的将拟已以获]{0,12}(?:项目|集采|集中采购|招标)|度[^，。；]{0,6}特定对象)"
)


def _foreign(reading: Reading, clause: Clause, date: DateMention) -> bool:
    """Whether a date belongs to another event: 成立于2023年, 截至5月, 距上一轮一个月."""
    if len(date.value or "") == len("2025") and _NAMED_AFTER.match(reading.folded, date.end):
        return True
    around = reading.folded[max(clause.start, date.start - 6) : min(clause.end, date.end + 10)]
    behind = reading.folded[date.end : min(clause.end, date.end + 30)]
    return bool(_OTHER_EVENT.search(around) or _APPROVED.match(behind))


def _is_report(reading: Reading, date: DateMention) -> bool:
    """Whether a date is that of a report by an outlet: 据彭博社今天报道."""
    return bool(_REPORT.match(reading.folded, date.end))


# --------------------------------------------------------------------------------------------
# the date of a whole deal


_ANNOUNCED = _any_of("announcement")
_VAGUE_DAY = re.compile("近日|日前|近期|不久前|最近|几周前|周前|此前|曾")
_TODAY = re.compile("今日|今天|今晨|今晚|刚刚")
_STEP = re.compile(
    f"{_ANNOUNCED.pattern}|获[^，。；]{{0,12}}(?:{alternation(words('cues.toml', 'announcement', 'granted'))})"
    f"|{alternation(words('cues.toml', 'announcement', 'steps'))}"
)
_HEARSAY = _any_of("hearsay")
_OFFICIAL = re.compile("公告|声明|披露|通告")
_HEARD = re.compile("获悉|获知")
_SAID = re.compile(
    "[ \x01]*[)）]?(?:凌晨|早间|上午|中午|下午|晚间|晚|早)?(?:正式|在[^，。]{2,12})?"
    "(?:同步|对外|联合|已)?(?:宣布|表示|公告|披露|发布公告|官宣|发布声明|签署|签订|达成|确认|举行)"
)
_SIGNS = re.compile("[^，。；]{2,40}(?:签署|签订|订立)")


def deal_date(
    reading: Reading, draft: Draft, main: Relation, status: str
) -> tuple[str | None, tuple[Cite, ...]]:
    """The date told for the deal, else the day of the report where it was announced that day."""
    for date in _candidates(reading, draft, main, status):
        value, cites = _derived(reading, date)
        if value:
            return value, cites
    if draft.past or not reading.published or len(reading.published) != 10:
        return None, ()
    words = _STEP if draft.type == "ipo" else _ANNOUNCED
    for start, end in telling(reading, draft):
        if cue := _published_today(reading, start, end, words):
            return reading.published, (reading.cite(*cue),)
    if status in {"talks", "announced"} and (cue := _notice(reading, main)):
        return reading.published, (reading.cite(*cue),)
    if day := _digest_day(reading, main):
        return _derived(reading, day)
    if status == "announced":
        return _announced_before(reading, draft, main)
    return None, ()


_DIGEST = re.compile(
    "(?:早间|午间|晚间|盘前|盘后)?(?:新闻|公告|要闻|重大事项)?(?:精选|速递|速览|汇总|集锦|一览|提醒|晚报|早报)"
)
_ITEM = re.compile("[：:]|(?:发布)?(?:澄清)?公告")


def _digest_day(reading: Reading, main: Relation) -> DateMention | None:
    """The day in the headline of a digest, for an item that is a company's notice: ②X：拟…."""
    first = reading.sentences[0]
    names = beginning_in(reading.names.mentions, main.sentence.start, main.sentence.end)
    if not names or not _ITEM.match(reading.folded, names[0].end):
        return None
    return next(
        (
            date
            for date in beginning_in(reading.dates, first.start, first.end)
            if len(date.value or "") == 10 and _DIGEST.match(reading.folded, date.end)
        ),
        None,
    )


_BACKGROUND = re.compile(
    "此前|曾|早在|去年|前年|当时|过去|目前|现有|已经|历史|上一|不久前|近日|日前|近期|(?:19|20)\\d\\d年"
)
_FAR = 12
"""How many sentences behind the one that announces a deal may be told."""


def _announced_before(
    reading: Reading, draft: Draft, main: Relation
) -> tuple[str | None, tuple[Cite, ...]]:
    """The day of an announcement that goes on: X今日宣布…。此外，X还将与Y合作."""
    here = reading.folded[main.sentence.start : main.sentence.end]
    if main.sentence.title or _BACKGROUND.search(here):
        return None, ()
    forms = {f for side in draft.sides.values() for _, party in side.values() for f in party.forms}
    place = bisect_left(reading.sentence_starts, main.sentence.start)
    for sentence in reversed(reading.sentences[max(0, place - _FAR) : place]):
        start, end = sentence.start, sentence.end
        dates = [d for d in beginning_in(reading.dates, start, end) if _usable(reading, d)]
        said = [d for d in dates if _dates_a_word(reading, d)]
        told = reading.text[start:end]
        if said and any(form in told for form in forms):
            value, cites = _derived(reading, said[0])
            return value, cites
        cue = _published_today(reading, start, end)
        if cue and any(form in told for form in forms):
            return reading.published, (reading.cite(*cue),)
        if dates or _BACKGROUND.search(told):
            break
    return None, ()


def _notice(reading: Reading, main: Relation) -> tuple[int, int] | None:
    """The word of the notice whose paragraph tells a deal: X公告，…。其中，Y出资…."""
    start = reading.folded.rfind("\n", 0, main.sentence.start) + 1
    place = bisect_left(reading.sentence_starts, start)
    first = reading.sentences[place] if place < len(reading.sentences) else None
    if first is None or first.title:
        return None
    cue = _published_today(reading, first.start, first.end)
    return cue if cue and _OFFICIAL.match(reading.folded, cue[0]) else None


def _candidates(reading: Reading, draft: Draft, main: Relation, status: str) -> list[DateMention]:
    """The dates that a deal may have, the likeliest first: days before months before years."""
    found: list[DateMention] = []
    order = sorted(draft.relations, key=lambda r: (r is not main, r.sentence.title))
    for relation in order:
        here = [d for d in dates_of(reading, relation) if _fits(reading, d, status)]
        found += [d for d in here if relation is main or len(d.value or "") > len("2025")]
    for start, end in telling(reading, draft):
        found += [
            d
            for d in beginning_in(reading.dates, start, end)
            if _usable(reading, d) and _dates_a_word(reading, d)
        ]
    if status == "terminated" and (signed := [d for d in found if _began(reading, d)]):
        return signed
    return sorted(dict.fromkeys(found), key=lambda d: -len(d.value or ""))


_BEGAN = re.compile("[ \x01]*所?(?:首次)?(?:签|达成|披露|提出|启动|公布|缔结|官宣|建立|敲定|合资)")


def _began(reading: Reading, date: DateMention) -> bool:
    """Whether a deal was signed or told first on a day: 去年3月签下的合同."""
    return bool(_BEGAN.match(reading.folded, date.end))


def _dates_a_word(reading: Reading, date: DateMention) -> bool:
    """Whether what was said or signed that day stands behind a date."""
    said = _SAID.match(reading.folded, date.end) or _SIGNS.match(reading.folded, date.end)
    return bool(said) and not _is_report(reading, date)


def _fits(reading: Reading, date: DateMention, status: str) -> bool:
    """A report dates only what is being talked of; a plan has no date as vague as this year."""
    now = reading.published or ""
    if status == "talks":
        return not (date.value and len(date.value) < 10 and _start_of(date.value)[:4] == now[:4]
                    and not _is_report(reading, date) and _covers(date.value, now))  # fmt: skip
    if not _is_report(reading, date):
        return True
    sentence = _around(reading, date)
    told = reading.folded[sentence.start : sentence.end]
    return not _HEARSAY.search(told) and bool(_SAID_ANYWHERE.search(told))


def _around(reading: Reading, date: DateMention) -> Sentence:
    """The sentence in which a date stands, or that of the bracket in which it stands."""
    place = bisect_right(reading.sentence_starts, date.start) - 1
    while reading.sentences[place].opener is not None:
        place -= 1
    return reading.sentences[place]


_SAID_ANYWHERE = re.compile("宣布|公告|同意|官宣|披露|声明")


def _covers(value: str, day: str) -> bool:
    """Whether a month, quarter, half or year holds a day."""
    return _start_of(value) <= _start_of(day) <= _end_of(value)


def _published_today(
    reading: Reading, start: int, end: int, words: re.Pattern[str] | None = None
) -> tuple[int, int] | None:
    """The word by which a sentence says that a deal was made public on the day of the report."""
    stretch = reading.folded[start:end]
    if _HEARSAY.search(stretch):
        return None
    for match in (words or _ANNOUNCED).finditer(stretch):
        before = stretch[: match.start()]
        official = bool(_OFFICIAL.match(match.group()))
        if official and not re.search("此前|曾|前期", before[-14:]):
            return start + match.start(), start + match.end()
        fresh = _TODAY.search(before) or (
            not _VAGUE_DAY.search(stretch)
            and (
                _HEARD.search(before)
                or _dateline(reading, start, end)
                or _heard_before(reading, start)
            )
        )
        if fresh and not re.search("此前|曾|周前|月前", before[-14:]):
            return start + match.start(), start + match.end()
    return None


_HEARD_WITHIN = 300


def _heard_before(reading: Reading, start: int) -> bool:
    """Whether the paragraph of a sentence begins with 36氪获悉, which speaks of today."""
    begin = reading.folded.rfind("\n", 0, start) + 1
    return start - begin < _HEARD_WITHIN and bool(_HEARD_FIRST.match(reading.folded, begin))


_HEARD_FIRST = re.compile("[ \x01]*(?:36氪|硬氪|IT之家|财联社)(?:独家)?(?:获悉|获知)，")
_ANCHORS = 100
"""How many dates back the one may stand that another is counted from."""


def _derived(reading: Reading, date: DateMention) -> tuple[str | None, tuple[Cite, ...]]:
    """A date with the words it follows from: its own, or those of a date before it as well.

    A value that only its clause decides (7月初 behind 计划) cannot be proved from words and is not
    told.
    """
    own = reading.cite(date.start, date.end)
    day = reading.published
    if last := _last_day(reading, date):
        return last
    alone = parse_date(own.text, published=day)
    if alone and alone.value == date.value:
        return _unit_of(alone), (own,)
    for before in _anchors(reading, date):
        found = parse_date(own.text, published=day, anchor=before.value)
        first = reading.cite(before.start, before.end)
        anchor = parse_date(first.text, published=day)
        if found and found.value == date.value and anchor and anchor.value == before.value:
            return _unit_of(found), (first, own)
    return None, ()


def _anchors(reading: Reading, date: DateMention) -> list[DateMention]:
    """The dates that one may be counted from, the nearest first, each wording and value once."""
    found: dict[tuple[str, str], DateMention] = {}
    for earlier in reversed(last_before(reading.dates, date.start, _ANCHORS)):
        if earlier.end <= date.start and earlier.value:
            wording = reading.text[earlier.start : earlier.end]
            found.setdefault((wording, earlier.value), earlier)
    return list(found.values())


def _unit_of(date: DateMention) -> str | None:
    """The value of a date; of a range that is just one unit (7月至12月), the value of that."""
    value, end, whole = date.value, date.end_value, date.whole
    if not (value and end and whole):
        return value
    same = _start_of(whole) == _start_of(value) and _end_of(whole) == _end_of(end)
    return whole if same else value


_UNTIL = re.compile("至|到|—|–|-|~|～")


def _last_day(reading: Reading, date: DateMention) -> tuple[str, tuple[Cite, ...]] | None:
    """The day on which a deal that took several days was done: 4月14日至16日."""
    until = _UNTIL.search(reading.folded, date.start, date.end)
    if date.role != "range" or len(date.end_value or "") < 10 or until is None:
        return None
    cite = reading.cite(until.end(), date.end)
    now = reading.published
    found = parse_date(cite.text, published=now)
    if now is None or found is None or found.value is None or found.value != date.end_value:
        return None
    return (found.value, (cite,)) if found.value <= _end_of(now) else None


def telling(reading: Reading, draft: Draft) -> Iterator[tuple[int, int]]:
    """The sentences that tell a deal; for one told in the title, also those that name its parties."""
    spans = [(r.sentence.start, r.sentence.end) for r in draft.relations]
    yield from dict.fromkeys(spans)
    if any(relation.sentence.title for relation in draft.relations):
        forms = [
            f for side in draft.sides.values() for _, entity in side.values() for f in entity.forms
        ]
        for sentence in reading.sentences[:4]:
            text = reading.text[sentence.start : sentence.end]
            if any(form in text for form in forms):
                yield sentence.start, sentence.end


def _dateline(reading: Reading, start: int, end: int) -> bool:
    return any(d.role == "dateline" for d in beginning_in(reading.dates, start, end))
