"""When a deal was told and how far it has come: dates and status.

A cue of status counts where it governs the trigger: in front of it in its clause (拟收购), right
behind it (收购了), behind it in its clause (收购的谈判), or in a clause that only leads in. What the
tellings of a deal say is weighed by `cues.toml`: place of the cue times place of the sentence.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cache

from extract.clauses import Clause, Sentence
from extract.dates import DateMention, parse_date
from extract.lexicon import alternation, read_toml, words
from extract.mentions import beginning_in, last_before
from extract.reading import Draft, Reading
from extract.records import STATUSES, Cite, Status
from extract.relations import Relation
from extract.values import Cited

Cue = tuple[Status, int, int]

# --------------------------------------------------------------------------------------------
# cues


def _words(*path: str) -> tuple[str, ...]:
    return words("cues.toml", *path)


def _any_of(*path: str) -> re.Pattern[str]:
    return re.compile(alternation(_words(*path)))


@cache
def _table(section: str) -> tuple[re.Pattern[str], Mapping[str, Status]]:
    """One pattern for the cues of all statuses, and the status of each word."""
    apart = set(_words("apart", "words")) if section == "status" else set()
    found: dict[str, Status] = {
        word: status for status in STATUSES for word in _words(section, status) if word not in apart
    }
    return re.compile(alternation(tuple(found))), found


@cache
def _pattern(section: str, name: str = "words") -> re.Pattern[str]:
    return _any_of(section, name)


@cache
def supposing() -> re.Pattern[str]:
    """The words that only suppose what follows; 若干 is none."""
    return re.compile(f"(?:{alternation(_words('hypothetical', 'words'))})(?!干)")


def _masked(folded: str, start: int, end: int) -> str:
    """A stretch of text in which what only looks like a cue is blotted out."""
    return _pattern("not").sub(lambda match: "\x01" * len(match.group()), folded[start:end])


def find_cues(folded: str, start: int, end: int, *, section: str = "status") -> list[Cue]:
    """The cues of a stretch of text, left to right; the longest word wins."""
    if start >= end:
        return []
    pattern, table = _table(section)
    return [
        (table[match.group()], start + match.start(), start + match.end())
        for match in pattern.finditer(_masked(folded, start, end))
    ]


# --------------------------------------------------------------------------------------------
# the status that one relation tells


def tell_status(reading: Reading, relation: Relation) -> tuple[Status, Cited | None]:
    """The state of a deal as one relation tells it, with the cue and the place that decide.

    Without a cue it is the trigger's own, which says little: 收购 alone is announced.
    """
    begin = _governed_from(reading, relation)
    nominal = _reference(reading, relation)
    done = _done_word(reading, relation)
    for place, cue in (
        ("after", None if nominal else _ended(reading, relation)),
        ("beside", _already(reading, relation)),
        ("front", _front(reading, relation, begin, nominal)),
        ("lead", _plan_before(reading, relation) if done and not nominal else None),
        ("beside", _beside(reading, relation)),
        ("behind", _behind(reading, relation, nominal=nominal is not None)),
        ("word", done),
        ("if", None if nominal else _condition(reading, relation, begin)),
        ("lead", None if nominal else _lead(reading, relation)),
        ("told", None if nominal else _told(reading, relation, begin)),
    ):
        if cue:
            if cue[0] == "announced" and _is_report_word(reading.folded, cue):
                closed = relation.hit.trigger.status == "completed"
                past = _told(reading, relation, begin) if closed and not nominal else None
                place, cue = ("told", past) if past else ("said", cue)
            status, start, end = _of_trade(reading, relation, cue)
            return status, Cited(status, start, end, place)
    return relation.hit.trigger.status, None  # type: ignore[return-value]


def _governed_from(reading: Reading, relation: Relation) -> int:
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
_REFERENCE_GAP = 8


def _reference(reading: Reading, relation: Relation) -> int | None:
    """Where 本次 or its like begins, which makes the trigger a name for a deal told elsewhere."""
    if reading.folded[relation.hit.start - 1 : relation.hit.start] == "该":
        return relation.hit.start - 1
    low = max(relation.clause.start, relation.hit.start - _REFERENCE_GAP)
    match = _pattern("reference").search(reading.folded, low, relation.hit.start)
    return match.start() if match else None


def _front(reading: Reading, relation: Relation, begin: int, nominal: int | None) -> Cue | None:
    """What the cues in front of a trigger add up to."""
    cues = find_cues(reading.folded, begin, relation.hit.start)
    if nominal is not None:
        cues = [cue for cue in cues if nominal - 3 <= cue[2] <= nominal]
    return _resolve(reading.folded, cues)


def _resolve(folded: str, cues: Sequence[Cue]) -> Cue | None:
    """The cue that decides among several: 宣布拟完成 is a plan, 宣布完成 done, 获得批准 agreed."""
    last: dict[Status, Cue] = {cue[0]: cue for cue in cues}
    for status in ("terminated", "talks"):
        if status in last:
            return next(cue for cue in cues if cue[0] == status)
    done, agreed = last.get("completed"), last.get("announced")
    if done and agreed and agreed[1] > done[1] and not _is_report_word(folded, agreed):
        return agreed
    return done or agreed


def _is_report_word(folded: str, cue: Cue) -> bool:
    return folded[cue[1] : cue[2]] in _words("report", "words")


_ENDED = re.compile(
    "(?:交易|收购|谈判|协议|合作|计划|此事|洽谈|并购|最终|随后|后来|但|[^，。；]后)[^。；，]{0,14}?"
    "(告吹|破裂|终止(?!费)|流产|谈崩|叫停|搁浅|作罢|未果|泡汤|无果而终|后退出|撤回|没有继续推进|未继续推进|遭到了?拒绝|没有成功|未能成功)"
    "|(?:传闻|消息|报道|说法)[”」]?[^。；，]{0,4}(不实)|对此[^。；，]{0,6}(否认)"
)
_OPEN = re.compile("可能|如果|若|一旦|将|或|是否|未终止|是由")


def _ended(reading: Reading, relation: Relation) -> Cue | None:
    """The end of a deal, told behind it in its sentence: ……收购Y，但该交易最终告吹."""
    match = _ENDED.search(reading.folded, relation.hit.end, relation.sentence.end)
    if not match or _OPEN.search(match.group()):
        return None
    group = match.lastindex or 0
    return "terminated", match.start(group), match.end(group)


def _done_word(reading: Reading, relation: Relation) -> Cue | None:
    """并入, 买下, 入股: words that are done where nothing else is said."""
    start, end = relation.hit.start, relation.hit.end
    bare = reading.folded[start:end] in _words("beside", "done")
    return ("completed", start, end) if bare and reading.folded[end : end + 1] != "了" else None


def _plan_before(reading: Reading, relation: Relation) -> Cue | None:
    """打算动用4亿元，买下Y: the plan of the clause before governs a verb without a subject."""
    cue = _lead(reading, relation)
    return cue if cue and cue[0] == "talks" else None


def _beside(reading: Reading, relation: Relation) -> Cue | None:
    """收购了, 投资过, 收购的: the trigger's word with the particle."""
    start, end = relation.hit.start, relation.hit.end
    if reading.folded[end - 1 : end] == "了":
        return "completed", start, end
    told = reading.folded[start : end + 1]
    if told in _words("beside", "done"):
        return "completed", start, start + len(told)
    if _pattern("beside").match(_masked(reading.folded, end, end + 3)):
        return "completed", start, end + 1
    return None


def _already(reading: Reading, relation: Relation) -> Cue | None:
    """已收购, 已投资: the trigger's word right behind 已."""
    start, end = relation.hit.start - 1, relation.hit.end
    told = reading.folded[max(start, 0) : end]
    if told.startswith("已") and told in _words("status", "completed"):
        return "completed", start, end
    return None


_NEXT_PREDICATE = re.compile("并(?!购)|且|用于|旨在|以便|以加|，|。|；")


def _behind(reading: Reading, relation: Relation, *, nominal: bool) -> Cue | None:
    """收购的谈判, 收购事项已完成: the first cue behind a trigger, before a further predicate."""
    start, end = relation.hit.end, relation.clause.end
    if further := _NEXT_PREDICATE.search(reading.folded, start, end):
        end = further.start()
    cues = find_cues(reading.folded, start, end, section="behind")
    if nominal:
        cues = [cue for cue in cues if cue[0] in {"completed", "terminated"}]
    if nominal and len(cues) != len(find_cues(reading.folded, start, end, section="behind")):
        return None
    return cues[0] if cues else None


def _lead(reading: Reading, relation: Relation) -> Cue | None:
    """The cue of the clauses before, for a trigger whose subject stands there: 计划…，收购…."""
    hit, clause = relation.hit, relation.clause
    subject = hit.trigger.roles.get("subject")
    own = any(
        role == subject and clause.start <= party.start < hit.start
        for role, party in relation.parties
    )
    if own and not hit.trigger.follows:
        return None
    before = [c for c in relation.sentence.clauses if c.end <= clause.start]
    for earlier in reversed(before[-2:]):
        cues = find_cues(reading.folded, earlier.start, earlier.end)
        if cue := _resolve(reading.folded, cues):
            return cue if cue[0] != "completed" or hit.trigger.follows else None
    return None


_SETTLED = frozenset(["investment", "acquisition", "divestment", "debt", "ipo"])


def _told(reading: Reading, relation: Relation, begin: int) -> Cue | None:
    """A mark of the past makes a deal a fact: 曾投资, 去年收购, 2019年发债."""
    if relation.type not in _SETTLED:
        return None
    start, end = begin, relation.hit.start
    match = _pattern("told").search(_masked(reading.folded, start, end))
    if match and reading.folded[start + match.end() : start + match.end() + 1] != "的":
        return "completed", start + match.start(), start + match.end()
    if start == relation.clause.start:
        start = relation.sentence.start
    for date in _dates_of(reading, relation):
        if start <= date.start < end and _is_past(reading, date):
            return "completed", date.start, date.end
    return None


# 昨日, 3月, 2019年: the words that prove a date to be one; 前天 and 一季度 prove nothing by themselves
_TOLD_UNIT = re.compile("[年月日]|[天周]前")


def _is_past(reading: Reading, date: DateMention) -> bool:
    """Whether a date ends before the day of publication."""
    now, value = reading.published or "", date.value or ""
    if not _TOLD_UNIT.search(reading.folded, date.start, date.end):
        return False
    return bool(value and now) and not _covers(value, now) and _start_of(value) < _start_of(now)


def _condition(reading: Reading, relation: Relation, begin: int) -> Cue | None:
    match = supposing().search(reading.folded, begin, relation.hit.start)
    return ("talks", *match.span()) if match else None


def _of_trade(reading: Reading, relation: Relation, cue: Cue) -> Cue:
    """A contract won is agreed, not done; every other cue means what it says."""
    trade = relation.type in {"procurement", "partnership"}
    if relation.hit.trigger.name == "supply" and reading.folded[cue[1]] == "已":
        return cue  # 已经向X供货
    if trade and reading.folded[cue[1] : cue[2]] in _words("trade", "agreed"):
        return "announced", relation.hit.start, relation.hit.end
    return cue


# --------------------------------------------------------------------------------------------
# the status of a whole deal


def deal_status(reading: Reading, draft: Draft, main: Relation) -> tuple[Status, Cite]:
    """How far a deal has come, with the words that say it: the weightiest of its tellings."""
    if draft.type == "ipo" and (step := _listing_step(reading, draft)):
        return step
    votes: Counter[Status] = Counter()
    best: dict[Status, tuple[int, Cited]] = {}
    body = [r for r in draft.relations if not r.sentence.title and not r.hit.trigger.follows]
    first = body[0].sentence if body else None
    for status, cue, relation in draft.statuses:
        weight = _weight(first, relation, cue)
        votes[status] += weight  # type: ignore[index]
        told = cue or Cited(status, relation.hit.start, relation.hit.end, "none")
        if weight > best.get(status, (0, told))[0]:  # type: ignore[call-overload]
            best[status] = (weight, told)  # type: ignore[index]
    if not votes:
        return main.hit.trigger.status, reading.cite(main.hit.start, main.hit.end)  # type: ignore[return-value]
    status = max(votes, key=lambda s: (votes[s], -STATUSES.index(s)))
    cue = best[status][1]
    if status == "talks" and _mere_plan(reading, cue) and (signed := _signing(reading, draft)):
        return "announced", signed
    return status, reading.cite(cue.start, cue.end)


def _weight(first: Sentence | None, relation: Relation, cue: Cited | None) -> int:
    """How much a telling says; ``first`` is the sentence of the body that tells the deal first."""
    weights = read_toml("cues.toml")["weight"]
    if relation.sentence.title:
        place = "title"
    else:
        place = "first" if relation.sentence == first else "later"
    found: int = 4 * weights[cue.rule if cue else "none"] * weights[place]
    return found // 4 if relation.hit.trigger.follows else found


_PLANNED = frozenset(["拟", "计划", "预计", "即将"])


def _mere_plan(reading: Reading, cue: Cited) -> bool:
    return reading.folded[cue.start : cue.end] in _PLANNED


_SIGNED = re.compile("签署|签订|订立|达成协议|达成最终协议")
_UNSIGNED = re.compile("拟|将|计划|尚未|未|关于|后续|待|预计|若")
_SOFT = re.compile("备忘录|框架")
_LETTER = re.compile("意向性|意向书|意向协议|意向金|不具有?法律约束力|尚未签|未签署")
_CLAUSE_END = re.compile("[，：。；]")


def _signing(reading: Reading, draft: Draft) -> Cite | None:
    """The words that say that this deal was signed, in a sentence that tells it."""
    spans = list(_telling(reading, draft))
    if any(_LETTER.search(reading.folded, *span) for span in spans):
        return None
    for start, end in spans:
        for match in _SIGNED.finditer(reading.folded, start, end):
            before = _CLAUSE_END.split(reading.folded[start : match.start()])[-1]
            behind = _CLAUSE_END.split(reading.folded[match.end() : match.end() + 24])[0]
            if not _UNSIGNED.search(before) and not _SOFT.search(behind):
                return reading.cite(*match.span())
    return None


def _listing_step(reading: Reading, draft: Draft) -> tuple[Status, Cite] | None:
    """A step of a listing that its sentences tell: done, or taken in public."""
    for relation in draft.relations:
        start, end = relation.sentence.start, relation.sentence.end
        done = _pattern("listing", "done").search(reading.folded, start, end)
        if done and not _planned(reading, relation, done.start()):
            return "completed", reading.cite(*done.span())
    for relation in draft.relations:
        start, end = relation.sentence.start, relation.sentence.end
        if public := _pattern("listing", "public").search(reading.folded, start, end):
            return "announced", reading.cite(*public.span())
        if approved := _LISTING_APPROVED.search(reading.folded, start, end):
            return "announced", reading.cite(*approved.span(1))
        filed = _pattern("listing", "filed").search(reading.folded, start, end)
        if filed and not _pattern("listing", "hidden").search(reading.folded, start, filed.start()):
            return "announced", reading.cite(*filed.span())
    return None


# 已获得上海证券交易所批准, 获证监会同意注册
_LISTING_APPROVED = re.compile(
    "(?<![待需须望求未])获(?:得|取得)?[^，。；]{0,10}(?:交易所|[上深北港联]交所|证监会|证监局)[^，。；辅]{0,8}(批准|同意|注册|备案|通过)"
)


def _planned(reading: Reading, relation: Relation, at: int) -> bool:
    clause = relation.sentence.clause_at(at)
    start = (
        relation.sentence.start if _GOES_ON.match(reading.folded, clause.start) else clause.start
    )
    plans = _COMING.search(reading.folded, start, at)
    return bool(plans) or any(c[0] == "talks" for c in find_cues(reading.folded, start, at))


_GOES_ON = re.compile("[ \x01]*(?:并|且|同时|随后)")
_COMING = re.compile("将|申请|冲刺|获准|批准|同意|备案|目标|为了?|要|等待|待|若|如果|曾|未")


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
    found = [d for d in _dates_of(reading, relation) if not _is_report(reading, d)]
    return found[0] if found else None


def _dates_of(reading: Reading, relation: Relation) -> list[DateMention]:
    """The usable dates that a relation's sentence gives it, the nearest first."""
    sentence, clause, at = relation.sentence, relation.clause, relation.hit.start
    begin = _governed_from(reading, relation)
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


def _foreign(reading: Reading, clause: Clause, date: DateMention) -> bool:
    """Whether a date belongs to another event: 成立于2023年, 截至5月, 距上一轮一个月."""
    around = reading.folded[max(clause.start, date.start - 6) : min(clause.end, date.end + 10)]
    behind = reading.folded[date.end : min(clause.end, date.end + 30)]
    return bool(_OTHER_EVENT.search(around) or _APPROVED.match(behind))


def _is_report(reading: Reading, date: DateMention) -> bool:
    """Whether a date is that of a report by an outlet: 据彭博社今天报道."""
    return bool(_REPORT.match(reading.folded, date.end))


# --------------------------------------------------------------------------------------------
# the date of a whole deal


_ANNOUNCED = _any_of("announcement", "words")
_VAGUE_DAY = re.compile("近日|日前|近期|不久前|最近|几周前|周前|此前|曾")
_TODAY = re.compile("今日|今天|今晨|今晚|刚刚")
_HEARSAY = _any_of("hearsay", "words")
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
    for start, end in _telling(reading, draft):
        if cue := _published_today(reading, start, end):
            return reading.published, (reading.cite(*cue),)
    if status in {"talks", "announced"} and (cue := _notice(reading, main)):
        return reading.published, (reading.cite(*cue),)
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
        here = [d for d in _dates_of(reading, relation) if _fits(reading, d, status)]
        found += [d for d in here if relation is main or len(d.value or "") > len("2025")]
    for start, end in _telling(reading, draft):
        found += [
            d
            for d in beginning_in(reading.dates, start, end)
            if _usable(reading, d) and _dates_a_word(reading, d)
        ]
    return sorted(dict.fromkeys(found), key=lambda d: -len(d.value or ""))


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


def _published_today(reading: Reading, start: int, end: int) -> tuple[int, int] | None:
    """The word by which a sentence says that a deal was made public on the day of the report."""
    stretch = reading.folded[start:end]
    if _HEARSAY.search(stretch):
        return None
    for match in _ANNOUNCED.finditer(stretch):
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


def _telling(reading: Reading, draft: Draft) -> Iterator[tuple[int, int]]:
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
