"""How far a deal has come: its status.

A cue of status counts where it governs the trigger: in front of it in its clause (拟收购), right
behind it (收购了), behind it in its clause (收购的谈判), or in a clause that only leads in. What the
tellings of a deal say is weighed by `cues.toml`: place of the cue times place of the sentence.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache

from extract.clauses import Sentence
from extract.lexicon import alternation, read_toml, words
from extract.mentions import Mention, beginning_in, last_before
from extract.reading import Draft, Reading
from extract.records import STATUSES, Cite, Status
from extract.relations import Relation
from extract.values import Cited
from extract.when import dates_of, governed_from, is_past, telling

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
    begin = governed_from(reading, relation)
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
                if relation.hit.trigger.name == "control_planned":
                    continue  # 公告，筹划控制权变更: a notice of a plan
                closed = relation.hit.trigger.status == "completed"
                past = _told(reading, relation, begin) if closed and not nominal else None
                place, cue = ("told", past) if past else ("said", cue)
            if relation.type == "holding" and cue[0] == "announced":
                continue  # 公告称，X持有Y 2%的股份: what is announced is held
            status, start, end = _of_trade(reading, relation, cue)
            return status, Cited(status, start, end, place)
    return relation.hit.trigger.status, None  # type: ignore[return-value]


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
    cues = _told_cues(reading, begin, relation.hit.start)
    if nominal is not None:
        cues = [cue for cue in cues if nominal - 3 <= cue[2] <= nominal]
    if relation.type in _TRADE:
        going_on = _words("trade", "ongoing")
        cues = [cue for cue in cues if reading.folded[cue[1] : cue[2]] not in going_on]
    return _resolve(reading.folded, cues)


def _told_cues(reading: Reading, start: int, end: int, section: str = "status") -> list[Cue]:
    """The cues of a stretch of text that are no part of a name, as 计划 is one of 星河计划汽车."""
    return [
        cue
        for cue in find_cues(reading.folded, start, end, section=section)
        if not _in_name(reading, cue)
    ]


def _in_name(reading: Reading, cue: Cue) -> bool:
    return any(cue[2] <= name.end for name in last_before(reading.names.mentions, cue[1] + 1, 1))


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
    "|(?:传闻|消息|报道|传言)[^。；]{0,12}(?:回应|澄清|表示)[^。；]{0,8}(误传|不属实|不实|子虚乌有|谣言)"
    "|(?:一事|事项|计划|交易|方案)，[^。；，]{0,6}(不再推进|就此作罢|告吹|作罢)"
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
    cues = _told_cues(reading, start, end, "behind")
    if nominal and any(cue[0] not in {"completed", "terminated"} for cue in cues):
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
        cues = _told_cues(reading, earlier.start, earlier.end)
        if cue := _resolve(reading.folded, cues):
            return cue if cue[0] != "completed" or hit.trigger.follows else None
    return None


_SETTLED = frozenset(["investment", "acquisition", "divestment", "debt", "ipo"])


# 11月18日宣布：A将投资X: the day is that of the announcement
_TO_COME = re.compile("将(?:[向对][^，。；]{2,20})?$")


def _told(reading: Reading, relation: Relation, begin: int) -> Cue | None:
    """A mark of the past makes a deal a fact: 曾投资, 去年收购, 2019年发债."""
    start, end = begin, relation.hit.start
    if relation.type not in _SETTLED or _TO_COME.search(reading.folded, start, end):
        return None
    match = _pattern("told").search(_masked(reading.folded, start, end))
    if match and reading.folded[start + match.end() : start + match.end() + 1] != "的":
        return "completed", start + match.start(), start + match.end()
    if start == relation.clause.start:
        start = relation.sentence.start
    for date in dates_of(reading, relation):
        if start <= date.start < end and is_past(reading, date):
            return "completed", date.start, date.end
    return None


def _condition(reading: Reading, relation: Relation, begin: int) -> Cue | None:
    match = supposing().search(reading.folded, begin, relation.hit.start)
    return ("talks", *match.span()) if match else None


_TRADE = frozenset(["procurement", "partnership"])


def _of_trade(reading: Reading, relation: Relation, cue: Cue) -> Cue:
    """A contract won is agreed, not done; every other cue means what it says."""
    trade = relation.type in _TRADE
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
    if end := _ended_later(reading, draft):
        return "terminated", end
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


_ENDS_THIS = re.compile(
    "(?:提前)?(终止)(?:了)?(?:筹划)?(?:本次|此次|该|上述|前述|实施)[^，。；]{0,10}(?:减持|收购|交易|重组|增持|投资|合作|定增|发行|协议|事项|转让|计划)"
    "|(?:谈判|交易|收购|合作|此事|洽谈|并购)(?:现?已经?|最终|宣告|随后|因此)*(破裂|告吹|终止|作罢|搁浅|流产|泡汤)"
)
_NEXT_SENTENCES = 2


def _ended_later(reading: Reading, draft: Draft) -> Cite | None:
    """The end of a deal that the sentences behind it tell: 拟收购X。现公司决定终止本次收购."""
    ids = draft.ids("investor") | draft.ids("target")
    told = dict.fromkeys(r.sentence.end for r in draft.relations if not r.sentence.title)
    for end in told:
        behind = bisect_left(reading.sentence_starts, end)
        for sentence in reading.sentences[behind : behind + _NEXT_SENTENCES]:
            named = beginning_in(reading.names.mentions, sentence.start, sentence.end)
            if any(_is_other(reading, name, ids) for name in named):
                break
            match = _ENDS_THIS.search(reading.folded, sentence.start, sentence.end)
            if match and not _OPEN.search(reading.folded, sentence.start, match.start()):
                return reading.cite(*match.span(match.lastindex or 0))
    return None


def _is_other(reading: Reading, name: Mention, ids: set[str]) -> bool:
    return name.kind in {"ORG", "PERSON"} and reading.entities.of(name).id not in ids


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
    spans = list(telling(reading, draft))
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
        if filed:
            clause = relation.sentence.clause_at(filed.start())
            if not _pattern("listing", "hidden").search(reading.folded, start, clause.end):
                return "announced", reading.cite(*filed.span())
    return None


# 已获得上海证券交易所批准, 获证监会同意注册
_LISTING_APPROVED = re.compile(
    "(?<![待需须望求未])获(?:得|取得)?[^，。；]{0,10}(?:交易所|[上深北港联]交所|证监会|证监局)[^，。；辅]{0,8}"
    f"({alternation(words('cues.toml', 'listing', 'granted'))})"
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
