"""Linking: the gold, names across articles, values, and what a linked deal says."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import typer
from linking_gold import Labelled, b_cubed, f1, money, pairwise, parse, read_gold
from typer.testing import CliRunner

from extract import Pipeline, cli_link
from extract.errors import ArticleError
from extract.link import link
from extract.linked import LinkedDeal, as_of, likeness
from extract.tellings import (
    Identities,
    Sum,
    Telling,
    Who,
    circle_quotes,
    given_way,
    name_key,
    says_unsigned,
    span_of,
    succession_quotes,
    tellings_of,
)

FLOOR = 0.95


def clusters(deals: list[LinkedDeal]) -> dict[Any, str]:
    return {(t.article_id, t.record_id): deal.id for deal in deals for t in deal.tellings}


def labels(gold: list[Labelled]) -> dict[Any, str]:
    return {(one.telling.article_id, one.telling.record_id): one.deal for one in gold}


def told(lines: str) -> list[Telling]:
    return [one.telling for one in parse(lines.strip().split("\n"))]


def linked(lines: str) -> list[LinkedDeal]:
    return link(told(lines))


# --- the gold ----------------------------------------------------------------------------------


def test_the_gold_is_as_large_as_it_should_be() -> None:
    gold = [*read_gold("real"), *read_gold("invented")]
    assert len({one.telling.article_id for one in gold}) >= 60
    assert len({one.deal for one in gold}) >= 25


@pytest.mark.parametrize("names", [("real",), ("invented",), ("real", "invented")])
def test_records_of_one_deal_meet_and_others_do_not(names: tuple[str, ...]) -> None:
    gold = [one for name in names for one in read_gold(name)]
    wanted, found = labels(gold), clusters(link(one.telling for one in gold))
    assert f1(pairwise(wanted, found)) >= FLOOR
    assert f1(b_cubed(wanted, found)) >= FLOOR


@pytest.mark.parametrize(
    ("found", "pairs", "cubed"),
    [
        ({1: "x", 2: "x", 3: "y"}, (1.0, 1.0), (1.0, 1.0)),
        ({1: "x", 2: "x", 3: "x"}, (1 / 3, 1.0), (5 / 9, 1.0)),
        ({1: "x", 2: "y", 3: "z"}, (0.0, 0.0), (1.0, 2 / 3)),
    ],
)
def test_the_scores_count_pairs_and_records(
    found: Mapping[Any, str], pairs: tuple[float, float], cubed: tuple[float, float]
) -> None:
    gold: dict[Any, str] = {1: "a", 2: "a", 3: "b"}
    assert pairwise(gold, found) == pytest.approx(pairs)
    assert b_cubed(gold, found) == pytest.approx(cubed)


def test_the_order_of_the_input_changes_nothing() -> None:
    records = [one.telling for one in read_gold("real")]
    mixed = records[:]
    random.Random(3).shuffle(mixed)
    assert clusters(link(mixed)) == clusters(link(records))


def test_new_articles_join_old_deals() -> None:
    records = [one.telling for one in read_gold("invented")]
    early = [t for t in records if (t.published or "") < "2025-06-18"]
    late = [t for t in records if t not in early]
    old = link(early)
    again = [LinkedDeal.model_validate_json(deal.model_dump_json()) for deal in old]
    both = link(late, into=again)
    assert {deal.id for deal in old} <= {deal.id for deal in both}
    assert clusters(both) == clusters(link(records))


def test_to_link_the_same_again_changes_nothing() -> None:
    records = [one.telling for one in read_gold("real")]
    once = link(records)
    assert link(records, into=once) == once


# --- names -------------------------------------------------------------------------------------


def who(*names: str, id: str = "") -> Who:
    return Who(id=id or f"name:{name_key(names[0])}", name=names[0], role="investor", names=names)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (who("英伟达"), who("輝達")),
        (who("NVIDIA Corp."), who("英偉達")),
        (who("Nvidia"), who("英伟达公司", "英伟达", id="nvidia")),
        (who("云栎科技"), who("杭州云栎科技有限公司")),
        (who("花知晓"), who("深圳花知晓电子商务有限公司")),
        (who("雲櫟科技"), who("云栎科技")),
        (who("Foo Robotics"), who("Foo Robotics, Inc.")),
        (who("霁光", "霁光半导体"), who("霽光半導體")),
    ],
)
def test_names_of_one_organisation(one: Who, other: Who) -> None:
    identities = Identities([one, other])
    assert identities.id_of(one) == identities.id_of(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (who("云栎科技"), who("云栎生物")),
        (who("星河动力"), who("星河智能")),
        (who("华"), who("华芯")),
        (who("腾讯"), who("腾讯云")),
        (who("AWS"), who("亚马逊")),
        (who("AWS", "亚马逊"), who("亚马逊")),
        (who("超微", "AMD"), who("超微电脑", id="supermicro")),
        (who("云栎"), who("杭州云栎生物科技有限公司", "云栎生物")),
    ],
)
def test_names_of_two_organisations(one: Who, other: Who) -> None:
    identities = Identities([one, other])
    assert identities.id_of(one) != identities.id_of(other)


def test_a_shared_name_never_joins_two_entries_of_the_lists() -> None:
    bridge = who("某控股", "英伟达", "英特尔")
    parties = [who("英伟达"), who("英特尔"), bridge]
    identities = Identities(parties)
    assert len({identities.id_of(who("英伟达")), identities.id_of(who("英特尔"))}) == 2


# --- values ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other", "like"),
    [
        ("100亿美元", "至少100亿美元", "same"),
        ("最高100亿美元", "约100亿美元", "same"),
        ("近120亿美元", "119亿美元", "same"),
        ("100亿美元", "约97亿美元", "same"),
        ("100亿美元", "97亿美元", "near"),
        ("数亿元", "5亿元", "fits"),
        ("超亿元", "1.2亿元", "fits"),
        ("超亿元", "8亿元", "apart"),
        ("20亿美元", "200亿美元", "ten"),
        ("14亿美元", "约100亿元人民币", "rate"),
        ("14亿美元", "14亿元人民币", "apart"),
        ("5亿美元", "4.2亿美元", "near"),
        ("40亿美元", "65亿美元", "apart"),
    ],
)
def test_how_two_amounts_agree(one: str, other: str, like: str) -> None:
    first, second = (Sum.model_validate(money(text)) for text in (one, other))
    assert likeness(first, second, 2025) == like
    assert likeness(second, first, 2025) == like


@pytest.mark.parametrize(
    ("date", "first", "last"),
    [
        ("2025-12-17", "2025-12-17", "2025-12-17"),
        ("2025-02", "2025-02-01", "2025-02-28"),
        ("2025-Q4", "2025-10-01", "2025-12-31"),
        ("2025-H1", "2025-01-01", "2025-06-30"),
        ("2024", "2024-01-01", "2024-12-31"),
        ("2025-02-30", "2025-02-28", "2025-02-28"),
    ],
)
def test_the_days_of_a_date(date: str, first: str, last: str) -> None:
    assert tuple(day.isoformat() for day in span_of(date)) == (first, last)


# --- a linked deal -----------------------------------------------------------------------------

HISTORY = """
@ A 2025-04-10
x | acquisition | 远穹控股 > 衡镜光电 | amount=约5亿美元 | status=talks | date=2025-04-09
@ B 2025-05-20
x | acquisition | 远穹控股 > 衡镜光电 | amount=4.2亿美元 | status=announced | date=2025-05-19
@ C 2025-05-21
x | acquisition | 遠穹控股 > 衡鏡光電 | amount=42億美元 | status=announced | date=2025-05-19
@ D 2025-09-02
x | acquisition | 远穹控股 > 衡镜光电 | amount=4.2亿美元 | status=completed | date=2025-09-01
"""


def test_a_deal_has_its_history() -> None:
    (deal,) = linked(HISTORY)
    events = [(e.day, e.status, e.article_id) for e in deal.timeline if not e.hindsight]
    assert events == [
        ("2025-04-10", "talks", "A"),
        ("2025-05-20", "announced", "B"),
        ("2025-05-21", "announced", "C"),
        ("2025-09-02", "completed", "D"),
    ]
    assert (deal.first_seen, deal.last_confirmed) == ("2025-04-10", "2025-09-02")
    assert deal.articles == ("A", "B", "C", "D")


def test_the_best_values_are_those_of_the_furthest_stage() -> None:
    (deal,) = linked(HISTORY)
    assert deal.amount is not None
    assert deal.date is not None
    assert (deal.status.value, deal.amount.value.text, deal.date.value) == (
        "completed",
        "4.2亿美元",
        "2025-09-01",
    )
    assert deal.amount.articles == ("D",)
    assert deal.amount.why == "told by 1 of 1 articles at the furthest stage, most often as exact"


def test_what_articles_tell_differently_is_kept() -> None:
    (deal,) = linked(HISTORY)
    (conflict,) = deal.conflicts
    assert (conflict.field, conflict.kind) == ("amount", "ten")
    assert [(stand.value, stand.articles) for stand in conflict.stands] == [
        ("approx 500000000 USD", ("A",)),
        ("420000000 USD", ("B", "D")),
        ("4200000000 USD", ("C",)),
    ]


def test_hedges_of_one_number_are_a_conflict_of_bounds() -> None:
    (deal,) = linked(
        """
@ A 2025-12-17
x | investment | 亚马逊 > OpenAI | amount=至少100亿美元 | status=talks
@ B 2025-12-17
x | investment | 亞馬遜 > OpenAI | amount=最高100億美元 | status=talks
@ C 2025-12-18
x | investment | Amazon > OpenAI | amount=约100亿美元 | status=talks
"""
    )
    assert [(c.field, c.kind, len(c.stands)) for c in deal.conflicts] == [("amount", "bounds", 3)]


def test_every_match_is_explained() -> None:
    (deal,) = linked(HISTORY)
    first, *others = deal.matches
    assert first.score is None
    for match in others:
        signs = [float(reason.split(" ", 1)[0]) for reason in match.reasons]
        assert match.score == pytest.approx(sum(signs), abs=0.051)
        assert "+3.5 the same parties on both sides" in match.reasons


@pytest.mark.parametrize(
    ("statuses", "found"),
    [
        (["talks", "announced"], "announced"),
        (["announced", "talks"], "talks"),
        (["announced", "announced", "talks"], "announced"),
        (["talks", "talks", "announced"], "announced"),
        (["announced", "completed", "announced"], "completed"),
        (["announced", "terminated"], "terminated"),
        (["talks", "terminated", "announced"], "announced"),
    ],
)
def test_the_status_of_a_deal(statuses: list[str], found: str) -> None:
    lines = [
        f"@ A{day} 2025-05-{day + 10}\nx | acquisition | 甲木科技 > 乙水科技 | status={status}"
        for day, status in enumerate(statuses)
    ]
    (deal,) = linked("\n".join(lines))
    assert deal.status.value == found


SIGNED = "x | acquisition | 甲木科技 > 乙水科技 | amount=8亿元 | status=announced | date="
TALKS = "x | acquisition | 甲木科技 > 乙水科技 | amount=8亿元 | status=talks"
UNSIGNED = f"{TALKS} | evidence=甲木科技称尚未签署最终协议"
FIRM = f"@ A 2025-05-02\n{SIGNED}2025-05-01\n@ B 2025-05-03\n{SIGNED}2025-05-01"


@pytest.mark.parametrize(
    ("later", "found"),
    [
        (f"@ C 2025-06-01\n{UNSIGNED}", "talks"),
        (f"@ C 2025-06-01\n{TALKS} | evidence=传甲木科技有意收购乙水科技", "announced"),
        (f"@ C 2025-06-01\n{TALKS} | evidence=若未签署最终协议，收购将告吹", "announced"),
        (f"@ C 2025-05-01\n{UNSIGNED}", "talks"),
        (f"@ C 2025-04-20\n{UNSIGNED}", "announced"),
        # what an article tells of the same letter later is no new agreement
        (f"@ C 2025-06-01\n{UNSIGNED}\n@ D 2025-06-20\n{SIGNED}2025-05-01", "talks"),
        (f"@ C 2025-06-01\n{UNSIGNED}\n@ D 2025-06-20\n{SIGNED}2025-05", "talks"),
        (f"@ C 2025-06-01\n{UNSIGNED}\n@ D 2025-06-20\n{SIGNED}2025-06-19", "announced"),
        (f"@ C 2025-06-01\n{UNSIGNED}\n@ D 2025-06-20\n{SIGNED}2025", "announced"),
        (f"@ C 2025-06-01\n{UNSIGNED}\n@ D 2025-06-20\n{TALKS.replace('talks', 'completed')}", "completed"),
        (f"@ C 2025-06-01\n{UNSIGNED}\n@ D 2025-06-20\n{TALKS.replace('talks', 'terminated')}", "terminated"),
    ],
)  # fmt: skip
def test_words_that_nothing_final_is_signed_take_an_agreement_back(later: str, found: str) -> None:
    (deal,) = linked(f"{FIRM}\n{later}")
    assert deal.status.value == found
    assert deal.amount is not None


def test_a_deal_taken_back_says_by_which_words() -> None:
    deals = linked(f"{FIRM}\n@ C 2025-06-01\n{UNSIGNED}")
    (deal,) = deals
    assert deal.status.why == (
        "the furthest stage that is not contradicted, told by 1 of 3 articles:"
        " 甲木科技称尚未签署最终协议"
    )
    assert [event.status for event in deal.timeline if not event.hindsight] == [
        "announced",
        "announced",
        "talks",
    ]
    assert [deal.status.value for deal in as_of(deals, "2025-05-31")] == ["announced"]
    assert [deal.status.value for deal in as_of(deals, "2025-06-01")] == ["talks"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("双方尚未签署最终协议", True),
        ("双方还没有就正式合同谈妥", False),
        ("最終協議一直沒簽", True),
        ("正式合同至今未签", True),
        ("公司没有签具约束力的协议", True),
        ("最终协议已签，款项未付", False),
        ("最终协议何时公布不清楚，合资公司尚未达成盈利", False),
        ("如果未达成最终协议，意向书失效", False),
        ("如果顺利，下月交割。目前尚未签署最终协议", True),
        ("双方签署最终协议", False),
    ],
)
def test_words_that_nothing_final_is_signed(text: str, said: bool) -> None:
    assert says_unsigned(text) == said


@pytest.mark.parametrize(
    ("kind", "day", "deals"),
    [
        ("acquisition", "2025-11-26", 1),
        ("acquisition", "2027-11-26", 2),
        ("procurement", "2025-11-26", 2),
    ],
)
def test_a_purchase_of_a_company_may_take_months(kind: str, day: str, deals: int) -> None:
    record = f"x | {kind} | 甲木科技 > 乙水科技 | status="
    assert len(linked(f"@ A 2025-03-20\n{record}announced\n@ B {day}\n{record}completed")) == deals


def test_who_is_named_by_rumours_alone_is_told_apart() -> None:
    (deal,) = linked(
        """
@ A 2025-05-01
x | investment | 北桥创投、赤垣资本 > 乙水科技 | amount=1亿元 | round=B | status=talks
@ B 2025-05-09
x | investment | 北桥创投 > 乙水科技 | amount=1亿元 | round=B | status=completed
"""
    )
    assert [party.name for party in deal.investor] == ["北桥创投"]
    assert [(c.field, c.kind, c.stands[0].value) for c in deal.conflicts] == [
        ("investor", "rumour", "赤垣资本")
    ]


def test_two_records_of_one_article_are_two_deals() -> None:
    records = "x | procurement | 甲木科技 > 乙水科技 | amount=2亿元 | status=announced"
    assert len(linked(f"@ A 2025-05-01\n{records}\n{records}")) == 2


# --- as of a day -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "status", "amount"),
    [
        ("2025-04-30", "talks", "约5亿美元"),
        ("2025-05-19", "announced", "42億美元"),
        ("2025-05-20", "announced", "4.2亿美元"),
        ("2025-12-31", "completed", "4.2亿美元"),
    ],
)
def test_a_deal_as_of_a_day(day: str, status: str, amount: str) -> None:
    (deal,) = as_of(linked(HISTORY), day)
    assert deal.amount is not None
    assert (deal.status.value, deal.amount.value.text) == (status, amount)
    assert all(event.day <= day for event in deal.timeline)


def test_a_deal_that_was_not_yet_told_is_left_out() -> None:
    assert as_of(linked(HISTORY), "2025-04-01") == []


LETTER = """
@ A 2025-09-23
old | investment | 英伟达 > OpenAI | amount=最高1000亿美元 | status=talks | date=2025-09-22
"""
INSTEAD = """
@ B 2026-02-28
new | investment | 英伟达 > OpenAI | amount=300亿美元 | status=announced | evidence={evidence}
{more}
"""


@pytest.mark.parametrize(
    ("evidence", "more", "status"),
    [
        ("英伟达这次出资300亿美元，取代去年秋天那份1000亿美元的意向", "", "superseded"),
        ("英偉達這次改為出資300億美元", "old | investment | 英偉達 > OpenAI | amount=1000億美元 | status=terminated", "superseded"),
        ("英伟达这次出资300亿美元，取代去年秋天那份500亿美元的意向", "", "talks"),
        ("这笔钱取代了意向书里的1000亿美元", "", "superseded"),
        ("英伟达这次出资300亿美元", "", "talks"),
        ("原定的1000亿美元改为300亿美元", "", "superseded"),
        ("1000亿美元的意向被这次的300亿美元取代", "", "superseded"),
        ("这次出资300亿美元，由此取代1000亿美元的意向；旧计划不再推进", "", "superseded"),
        ("别人要出1000亿美元，英伟达取代了他们", "", "talks"),
    ],
)  # fmt: skip
def test_a_deal_in_place_of_another(evidence: str, more: str, status: str) -> None:
    deals = linked(LETTER + INSTEAD.format(evidence=evidence, more=more))
    old, new = deals
    assert old.status.value == status
    assert old.superseded_by == (new.id if status == "superseded" else None)
    assert [deal.status.value for deal in as_of(deals, "2025-10-31")] == ["talks"]
    assert as_of(deals, "2026-03-31")[0].status.value == status


def test_what_stands_beside_the_new_deal_gives_no_way() -> None:
    """A sentence with the new deal's own amount takes the place of the old one alone."""
    said = "英伟达认购其中300亿美元，取代1000亿美元的计划；旧计划不再推进"
    old, new, other, total = linked(
        f"""{LETTER}
@ B 2026-02-28
new | investment | 英伟达 > OpenAI | amount=300亿美元 | status=announced | evidence={said}
other | investment | 软银 > OpenAI | amount=300亿美元 | status=announced | evidence={said}
all | investment | 英伟达、软银 > OpenAI | amount=1100亿美元 | status=announced | evidence={said}
"""
    )
    assert (old.status.value, old.superseded_by) == ("superseded", new.id)
    assert {deal.status.value for deal in (new, other, total)} == {"announced"}


@pytest.mark.parametrize(
    ("sentence", "sums"),
    [
        ("以300亿美元取代1000亿美元", ["1000亿美元"]),
        ("1000億美元的計劃被300億美元取代", ["1000億美元"]),
        ("1000亿美元缩水为300亿美元", ["1000亿美元"]),
        ("300亿美元代替1000亿美元，旧计划作废", ["1000亿美元"]),
        ("出资300亿美元，由此取代1000亿美元的意向", ["1000亿美元"]),
        ("1000亿美元的意向由300亿美元的入股代替", ["1000亿美元"]),
        ("原先的框架不再推进，改为直接买300亿美元的股份", []),
        ("出资300亿美元", []),
    ],
)
def test_the_amount_that_gave_way(sentence: str, sums: list[str]) -> None:
    assert [sentence[money.start : money.end] for money in given_way(sentence)] == sums


# --- reading -----------------------------------------------------------------------------------

TEXT = "软银宣布以65亿美元收购Ampere。"


def test_output_and_gold_are_read_alike() -> None:
    output = Pipeline().read(TEXT, published="2025-03-20", article_id="a")
    line = json.loads(output.model_dump_json())
    gold = {**line, "deals": [_as_gold(deal) for deal in line["deals"]]}
    (one,), (other,) = tellings_of(line), tellings_of(gold)
    assert tellings_of(output) == (one,)
    assert one.model_dump(exclude={"record_id"}) == other.model_dump(exclude={"record_id"})


def _as_gold(deal: dict[str, Any]) -> dict[str, Any]:
    plain = {k: deal[k] for k in ("type", "amount", "stake", "status", "date", "evidence")}
    for side in ("investor", "target"):
        plain[side] = [{k: p[k] for k in ("name", "role", "names")} for p in deal[side]]
    if plain["amount"]:
        plain["amount"] = {
            k: plain["amount"][k] for k in ("min", "max", "currency", "modifier", "text")
        }
    return plain


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ({}, "not a line of deals: article_id and deals are needed"),
        ({"article_id": "a", "deals": [{"type": "x"}]}, "deals.0: type: Input should be"),
        ({"article_id": "a", "deals": [3]}, "deals.0: not a deal record"),
        ({"article_id": "a", "deals": [{}]}, "deals.0: not a deal record"),
        ({"article_id": "a", "deals": [{"sources": {}}]}, "deals.0.id: Field required"),
    ],
)
def test_what_is_no_line_of_deals_is_refused(line: dict[str, Any], message: str) -> None:
    with pytest.raises(ArticleError) as refused:
        tellings_of(line)
    assert str(refused.value).startswith(message)


@pytest.mark.parametrize(
    ("title", "text", "quotes"),
    [
        ("左手換右手", "左手換右手\n錢出去。", [("左手換右手", True)]),
        (None, "标题\n这是一场循环交易。", [("这是一场循环交易。", False)]),
        (None, "标题\n有人说是闭环，其实只是单行道。", []),
        (None, "标题\n他们签了约。", []),
    ],
)
def test_words_that_say_a_circle(title: str | None, text: str, quotes: list[Any]) -> None:
    assert [(q.text, q.in_title) for q in circle_quotes(title, text)] == quotes


def test_words_that_say_a_successor() -> None:
    text = "英伟达与OpenAI谈成300亿美元，取代原先的意向。股价上涨。"
    assert succession_quotes(text) == ("英伟达与OpenAI谈成300亿美元，取代原先的意向",)


# --- the command -------------------------------------------------------------------------------


@pytest.fixture
def app() -> typer.Typer:
    made = typer.Typer()
    made.callback()(lambda: None)
    cli_link.register(made)
    return made


def gold_line(name: str, day: str) -> str:
    party = {"investor": [{"name": "软银"}], "target": [{"name": "Ampere"}]}
    deal = {**party, "type": "acquisition", "status": "announced", "amount": money("65亿美元")}
    line = {"article_id": name, "published": day, "deals": [deal]}
    return json.dumps(line, ensure_ascii=False, default=float) + "\n"


def test_the_command_links_files(app: typer.Typer, tmp_path: Path) -> None:
    first, second, out = (tmp_path / name for name in ("a.jsonl", "b.jsonl", "out.jsonl"))
    first.write_text(gold_line("a", "2025-03-20"), encoding="utf-8")
    second.write_text(gold_line("b", "2025-03-21"), encoding="utf-8")
    done = CliRunner().invoke(app, ["link", str(first), str(second), "--out", str(out)])
    assert (done.exit_code, done.stderr) == (0, "2 records read, 1 deals, 1 of several articles\n")
    (deal,) = map(LinkedDeal.model_validate_json, out.read_text(encoding="utf-8").splitlines())
    assert deal.articles == ("a", "b")


def test_the_command_adds_to_an_earlier_run(app: typer.Typer, tmp_path: Path) -> None:
    new, old, out = (tmp_path / name for name in ("b.jsonl", "old.jsonl", "out.jsonl"))
    (deal,) = link(tellings_of(json.loads(gold_line("a", "2025-03-20"))))
    old.write_text(deal.model_dump_json() + "\n", encoding="utf-8")
    new.write_text(gold_line("b", "2025-03-21"), encoding="utf-8")
    done = CliRunner().invoke(app, ["link", str(new), "--into", str(old), "--out", str(out)])
    (found,) = map(LinkedDeal.model_validate_json, out.read_text(encoding="utf-8").splitlines())
    assert done.exit_code == 0
    assert (found.id, found.articles) == (deal.id, ("a", "b"))


def test_the_command_lists_what_it_cannot_use(app: typer.Typer, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text("{\n[]\n" + gold_line("a", "2025-03-20"), encoding="utf-8")
    done = CliRunner().invoke(app, ["link", str(path), "--out", str(tmp_path / "out.jsonl")])
    assert done.exit_code == 1
    assert done.stderr.splitlines() == [
        f"{path}:1: not JSON: Expecting property name enclosed in double quotes",
        f"{path}:2: not a line of deals: an object is needed",
        "1 records read, 1 deals, 0 of several articles, 2 lines failed",
    ]
