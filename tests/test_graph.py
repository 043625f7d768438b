"""The web of deals: the legs of each type, circles that are and that are not, exports."""

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
import typer
from linking_gold import parse
from typer.testing import CliRunner

from extract import cli_graph
from extract.errors import UsageError
from extract.graph import Circle, DealGraph, Leg, circles
from extract.graph_export import EXPORTS
from extract.link import link
from extract.linked import LinkedDeal, as_of
from extract.tellings import Quote, Telling, tellings_of

CORPUS = Path(__file__).resolve().parents[1] / "corpus" / "articles.jsonl"


def told(lines: str) -> list[Telling]:
    text = lines if lines.lstrip().startswith("@") else f"@ A 2025-10-01\n{lines}"
    return [one.telling for one in parse(text.strip().split("\n"))]


def web(lines: str, **options: bool) -> DealGraph:
    return DealGraph.from_deals(link(told(lines)), **options)


def brief(legs: tuple[Leg, ...]) -> list[str]:
    return [f"{leg.giver} {leg.gives} {leg.taker} {leg.basis}" for leg in legs]


def rings(graph: DealGraph, max_length: int = 4) -> list[tuple[str, ...]]:
    return [circle.parties for circle in circles(graph, max_length=max_length)]


# --- legs --------------------------------------------------------------------------------------

AMD_WARRANT = "condition=warrant:AMD给OpenAI最多1.6亿股认股权证"


@pytest.mark.parametrize(
    ("line", "legs"),
    [
        (
            "x | investment | 英伟达 > 诺基亚 | amount=10亿美元 | status=announced",
            ["nvidia money nokia record", "nokia equity nvidia record"],
        ),
        (
            "x | procurement | OpenAI > 甲骨文 | status=announced | evidence=OpenAI购买算力",
            ["openai money oracle record", "oracle compute openai record"],
        ),
        (
            "x | procurement | OpenAI > AMD | status=announced | hardware=MI450 | " + AMD_WARRANT,
            [
                "openai money amd record",
                "amd chips openai record",
                "amd warrants openai condition",
            ],
        ),
        (
            "x | procurement | OpenAI > 迪士尼 | status=announced | evidence=OpenAI获得角色授权",
            ["openai money disney record", "disney goods openai record"],
        ),
        ("x | debt | 高盛 > 甲骨文 | status=completed", ["goldman debt oracle record"]),
        ("x | holding | 微软 > OpenAI | stake=27 | status=completed", ["openai equity microsoft record"]),
        ("x | divestment | > 软银、英伟达~investee | amount=58.3亿美元 | status=completed", []),
        (
            "x | divestment | 高盛 > 软银、英伟达~investee | amount=58.3亿美元 | status=completed",
            ["goldman money softbank record", "softbank equity goldman record"],
        ),
        (
            "x | investment | 高盛 > 英伟达、软银~seller | amount=58.3亿美元 | status=completed",
            ["goldman money softbank record", "softbank equity goldman record"],
        ),
        (
            "x | acquisition | 英伟达 > Groq、软银~seller | status=announced",
            ["nvidia money softbank record", "softbank equity nvidia record"],
        ),
        ("x | partnership | OpenAI > 博通 | status=announced", []),
        (
            "x | investment | 亚马逊 > OpenAI | status=talks | condition=procurement:OpenAI将采用亚马逊的Trainium",
            [
                "amazon money openai record",
                "openai equity amazon record",
                "openai money amazon condition",
                "amazon chips openai condition",
            ],
        ),
        (
            "x | investment | 英伟达 > Anthropic | status=announced | condition=procurement:Anthropic承诺购买300亿美元的Azure算力",
            [
                "nvidia money anthropic record",
                "anthropic equity nvidia record",
                "anthropic money azure condition",
                "azure compute anthropic condition",
            ],
        ),
        (
            "x | debt | 高盛 > xAI | status=talks | condition=use_of_proceeds:资金用于购买英伟达GPU",
            [
                "goldman debt xai record",
                "xai money nvidia condition",
                "nvidia chips xai condition",
            ],
        ),
        (
            "x | investment | 高盛 > xAI | status=completed | condition=use_of_proceeds:资金用于团队建设",
            ["goldman money xai record", "xai equity goldman record"],
        ),
        (
            "x | procurement | OpenAI > AWS | status=announced | hardware=GB200 | evidence=购买云服务",
            [
                "openai money aws record",
                "aws compute openai record",
                "aws money nvidia hardware",
                "nvidia chips aws hardware",
            ],
        ),
        (
            "x | procurement | OpenAI > AWS | status=announced | hardware=Trainium | evidence=购买云服务",
            ["openai money aws record", "aws compute openai record"],
        ),
        (
            "x | procurement | 甲木科技 > 乙水地产 | status=announced | condition=warrant:租满后可买下机房",
            ["name:甲木科技 money name:乙水地产 record", "name:乙水地产 compute name:甲木科技 record"],
        ),
    ],
)  # fmt: skip
def test_the_legs_of_a_deal(line: str, legs: list[str]) -> None:
    assert brief(web(line).legs) == legs


def test_a_sum_of_several_investors_is_no_leg_s_own() -> None:
    graph = web("x | investment | 英伟达、软银 > OpenAI | amount=600亿美元 | status=announced")
    assert [(leg.giver, leg.whole) for leg in graph.legs if leg.gives == "money"] == [
        ("nvidia", False),
        ("softbank", False),
    ]


@pytest.mark.parametrize("status", ["terminated"])
def test_an_ended_deal_has_no_legs(status: str) -> None:
    assert web(f"x | investment | 英伟达 > OpenAI | status={status}").legs == ()


# --- circles -----------------------------------------------------------------------------------

INVESTS = "a | investment | 英伟达 > OpenAI | amount=最高1000亿美元 | status=talks"
BUYS = "b | procurement | OpenAI > 甲骨文 | amount=3000亿美元 | status=announced"
CHIPS = "c | procurement | 甲骨文 > 英伟达 | amount=约400亿美元 | status=talks | hardware=GB200"
AWS = "d | procurement | OpenAI > AWS | amount=380亿美元 | status=announced"
AMAZON = "e | investment | 亚马逊 > OpenAI | amount=100亿美元 | status=talks"


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        ([INVESTS, BUYS, CHIPS], [("nvidia", "openai", "oracle")]),
        ([INVESTS, BUYS], []),
        ([INVESTS], []),
        ([AMAZON, AWS], []),
        (
            [
                "a | procurement | OpenAI > AMD | status=announced | hardware=MI450 | "
                + AMD_WARRANT
            ],
            [("amd", "openai")],
        ),
        (
            [
                "a | investment | 迪士尼 > OpenAI | status=announced | condition=warrant:迪士尼拿到认股权证"
            ],
            [],
        ),
        (
            [
                "a | holding | 微软 > OpenAI | stake=27 | status=completed",
                "b | procurement | OpenAI > 微软 | amount=2500亿美元 | status=announced",
            ],
            [("microsoft", "openai")],
        ),
        (
            [
                "a | holding | 微软 > OpenAI | stake=27 | status=completed",
                "b | holding | OpenAI > 微软 | stake=1 | status=completed",
            ],
            [],
        ),
        (
            [
                "a | divestment | > 软银、英伟达~investee | amount=58.3亿美元 | status=completed",
                "b | investment | 软银 > OpenAI | amount=225亿美元 | status=completed",
                "c | procurement | OpenAI > 英伟达 | status=announced | hardware=GB200",
            ],
            [],
        ),
        (
            [
                "a | acquisition | 甲木科技 > 乙水科技 | amount=2亿元 | status=completed",
                "b | procurement | 乙水科技 > 甲木科技 | amount=1亿元 | status=announced",
            ],
            [],
        ),
        (
            [
                "a | procurement | 甲木科技 > 乙水科技 | amount=2亿元 | status=announced | date=2025-10-01",
                "b | procurement | 乙水科技 > 甲木科技 | amount=2亿元 | status=announced | date=2025-10-01",
            ],
            [],
        ),
        (
            ["a | investment | 英伟达 > OpenAI | status=terminated", BUYS, CHIPS],
            [],
        ),
    ],
)  # fmt: skip
def test_which_legs_make_a_circle(lines: list[str], found: list[tuple[str, ...]]) -> None:
    articles = "\n".join(f"@ A{n} 2025-10-0{n + 1}\n{line}" for n, line in enumerate(lines))
    assert rings(web(articles)) == found


def test_parents_are_folded_on_demand() -> None:
    lines = f"{AMAZON}\n{AWS}"
    folded = web(lines, fold_parents=True)
    assert rings(web(lines)) == []
    assert rings(folded) == [("amazon", "openai")]
    assert [(n.name, n.members) for n in folded.nodes] == [("亚马逊", ("AWS",)), ("OpenAI", ())]


def test_rumours_are_left_out_on_demand() -> None:
    lines = f"{INVESTS}\n{BUYS}\n{CHIPS}"
    assert rings(web(lines, rumours=False)) == []
    assert brief(web(lines, rumours=False).legs)[0] == "openai money oracle record"


def test_what_rests_on_hardware_alone_is_left_out_on_demand() -> None:
    lines = f"{INVESTS}\nb | procurement | OpenAI > CoreWeave | status=announced | hardware=GB200"
    (circle,) = circles(web(lines))
    assert (circle.parties, circle.stated) == (("coreweave", "nvidia", "openai"), False)
    assert rings(web(lines, stated_only=True)) == []


def test_the_length_of_circles_has_a_bound() -> None:
    lines = f"{INVESTS}\n{BUYS}\n{CHIPS}"
    assert rings(web(lines), max_length=2) == []
    with pytest.raises(UsageError):
        circles(web(lines), max_length=1)


def test_a_circle_tells_its_sums_days_and_weakest_status() -> None:
    lines = f"@ A 2025-10-01\n{INVESTS}\n{BUYS}\n@ B 2025-11-05\n{CHIPS}"
    (circle,) = circles(web(lines))
    assert [(t.currency, t.min, t.max) for hop in circle.hops for t in hop.sums] == [
        ("USD", None, 100_000_000_000),
        ("USD", 300_000_000_000, 300_000_000_000),
        ("USD", 40_000_000_000, 40_000_000_000),
    ]
    assert (circle.status, circle.first, circle.last) == ("talks", "2025-10-01", "2025-11-05")
    assert (circle.kind, circle.said) == ("investment-purchase", "structure")
    assert circle.names == ("英伟达", "OpenAI", "甲骨文")


def test_a_total_beside_its_parts_counts_once() -> None:
    lines = "\n".join(
        [
            "a | holding | 英伟达 > Lambda | stake=3 | status=completed",
            *(
                f"x{n} | procurement | 英伟达 > Lambda | amount={amount}亿美元 | status=announced | hardware=GPU"
                for n, amount in enumerate((13, 2, 15))
            ),
            "y | procurement | Lambda > 英伟达 | status=completed | hardware=GB200",
        ]
    )
    (circle,) = circles(web(lines))
    (total,) = circle.hops[1].sums
    assert (total.min, total.legs) == (1_500_000_000, 2)


def saying(lines: str, text: str, *, in_title: bool = False) -> Circle:
    quote = Quote(text=text, in_title=in_title)
    records = [t.model_copy(update={"circles": (quote,)}) for t in told(lines)]
    (circle,) = circles(DealGraph.from_deals(records))
    return circle


@pytest.mark.parametrize(
    ("text", "in_title", "said"),
    [
        ("英伟达、OpenAI和甲骨文之间的钱形成闭环", False, "text"),
        ("英伟达和OpenAI之间的钱形成闭环", False, "structure"),
        ("左手换右手", True, "text"),
    ],
)
def test_a_text_says_a_circle_by_the_names_of_all(text: str, in_title: bool, said: str) -> None:
    circle = saying(f"{INVESTS}\n{BUYS}\n{CHIPS}", text, in_title=in_title)
    assert circle.said == said


def test_a_condition_says_the_circle_that_it_makes() -> None:
    line = (
        "x | investment | 亚马逊 > OpenAI | amount=100亿美元 | status=talks"
        " | condition=procurement:OpenAI将采用亚马逊的Trainium"
    )
    (circle,) = circles(web(line))
    assert circle.said == "text"
    assert [(s.article_id, s.text) for s in circle.sayings] == [
        ("A", "OpenAI将采用亚马逊的Trainium")
    ]


# --- the articles of the project ---------------------------------------------------------------

# Pairs and triples of the articles that tell of real deals; parents are folded.
WANTED = {
    ("alphabet", "anthropic"),
    ("amazon", "anthropic"),
    ("amazon", "openai"),
    ("amd", "openai"),
    ("anthropic", "microsoft"),
    ("coreweave", "nvidia"),
    ("disney", "openai"),
    ("lambda", "nvidia"),
    ("microsoft", "openai"),
    ("nvidia", "openai"),
    ("nvidia", "spacex"),
    ("anthropic", "microsoft", "nvidia"),
    ("coreweave", "nvidia", "openai"),
    ("nvidia", "openai", "oracle"),
}


def corpus() -> list[LinkedDeal]:
    lines = CORPUS.read_text(encoding="utf-8").splitlines()
    return link(telling for line in lines for telling in tellings_of(json.loads(line)))


def test_the_circles_that_the_corpus_tells_are_found() -> None:
    found = circles(DealGraph.from_deals(corpus(), fold_parents=True))
    parties = {circle.parties for circle in found}
    assert parties >= WANTED
    assert not any("softbank" in ring for ring in parties)
    said = {circle.parties for circle in found if circle.said == "text"}
    assert {("amd", "openai"), ("lambda", "nvidia"), ("nvidia", "openai")} <= said


@pytest.mark.parametrize(
    ("day", "status"),
    [
        ("2025-09-30", "announced"),  # the letter of intent, with its sum
        ("2025-10-31", "talks"),  # articles say that nothing final is signed
        ("2025-12-31", "talks"),
        ("2026-02-10", "talks"),
        ("2026-03-31", "superseded"),
        ("2026-12-31", "superseded"),
    ],
)
def test_the_hundred_billion_of_nvidia_for_openai_as_of_a_day(day: str, status: str) -> None:
    old = {deal.id: deal for deal in as_of(corpus(), day) if is_nvidia_for_openai(deal, "1000")}
    assert [deal.status.value for deal in old.values()] == [status]
    assert [deal.superseded_by is not None for deal in old.values()] == [status == "superseded"]


def is_nvidia_for_openai(deal: LinkedDeal, figure: str) -> bool:
    parties = [[who.id for who in side] for side in (deal.investor, deal.target)]
    told = re.findall(r"\d+", (deal.amount.value.text if deal.amount else "").replace(",", ""))
    return deal.type == "investment" and parties == [["nvidia"], ["openai"]] and told == [figure]


def test_the_hundred_billion_gave_way_to_the_thirty() -> None:
    deals = as_of(corpus(), "2026-03-31")
    gone = [deal for deal in deals if deal.superseded_by]
    (new,) = [deal for deal in deals if is_nvidia_for_openai(deal, "300")]
    assert [is_nvidia_for_openai(deal, "1000") for deal in gone] == [True]
    assert (gone[0].superseded_by, new.status.value) == (new.id, "announced")


def money_legs(day: str) -> set[tuple[str, str]]:
    """Status and amount of what Nvidia gives OpenAI as of a day."""
    graph = DealGraph.from_deals(corpus(), as_of=day, fold_parents=True)
    return {
        (leg.status, leg.amount.text.replace(",", "").replace("億", "亿"))
        for leg in graph.legs
        if (leg.giver, leg.taker, leg.gives) == ("nvidia", "openai", "money") and leg.amount
    }


def test_the_legs_of_nvidia_and_openai_as_of_a_day() -> None:
    assert money_legs("2025-10-31") == {("talks", "最多1000亿美元")}
    assert money_legs("2026-03-31") == {("announced", "300亿美元"), ("announced", "1100亿美元")}


def test_a_circle_on_talks_is_in_talks() -> None:
    found = circles(DealGraph.from_deals(corpus(), as_of="2025-10-31", fold_parents=True))
    of = {circle.parties: circle.status for circle in found}
    assert (of["nvidia", "openai"], of["nvidia", "openai", "oracle"]) == ("talks", "talks")


# --- exports -----------------------------------------------------------------------------------

HOSTILE = 'a | investment | 恶"意<script[公司 > 乙水科技 | amount=1亿元 | status=talks'


@pytest.fixture
def graph() -> DealGraph:
    return web(f"{INVESTS}\n{BUYS}\n{CHIPS}\n{HOSTILE}")


def test_json_is_the_models_with_circles_that_name_their_legs(graph: DealGraph) -> None:
    content = json.loads(EXPORTS["json"](graph, circles(graph)))
    found = content.pop("circles")
    assert DealGraph.model_validate(content) == graph
    assert {leg for hop in found[0]["hops"] for leg in hop["legs"]} <= {
        leg.id for leg in graph.legs
    }


def test_cytoscape_has_all_nodes_and_edges(graph: DealGraph) -> None:
    content = json.loads(EXPORTS["cytoscape"](graph, circles(graph)))["elements"]
    nodes = {node["data"]["id"] for node in content["nodes"]}
    assert nodes == {node.id for node in graph.nodes}
    assert len({edge["data"]["id"] for edge in content["edges"]}) == len(graph.legs)
    assert {edge["data"][end] for edge in content["edges"] for end in ("source", "target")} == nodes


def test_graphml_can_be_read_back(graph: DealGraph) -> None:
    import networkx

    read = networkx.parse_graphml(EXPORTS["graphml"](graph, circles(graph)))
    assert set(read) == {node.id for node in graph.nodes}
    assert read.number_of_edges() == len(graph.legs)
    assert read.nodes["nvidia"]["name"] == "英伟达"


def test_graphml_is_xml_whatever_the_names_are() -> None:
    records = [
        telling.model_copy(
            update={"evidence": "a\x00b<&>\ud800", "investor": telling.investor, "date": None}
        )
        for telling in told(INVESTS)
    ]
    ElementTree.fromstring(EXPORTS["graphml"](DealGraph.from_deals(records), []))


def test_mermaid_has_no_markup_of_the_names(graph: DealGraph) -> None:
    chart = EXPORTS["mermaid"](graph, circles(graph))
    assert chart.startswith("flowchart LR\n")
    assert "<script" not in chart
    assert '["恶#34;意#60;script#91;公司"]' in chart
    assert '-.->|"money 最高1000亿美元"|' in chart
    assert "stroke:#c0392b" in chart


# --- the command -------------------------------------------------------------------------------


@pytest.fixture
def app() -> typer.Typer:
    made = typer.Typer()
    made.callback()(lambda: None)
    cli_graph.register(made)
    return made


@pytest.fixture
def linked(tmp_path: Path) -> Path:
    path = tmp_path / "linked.jsonl"
    deals = link(told(f"{INVESTS}\n{BUYS}\n{CHIPS}"))
    path.write_text("".join(d.model_dump_json() + "\n" for d in deals), encoding="utf-8")
    return path


@pytest.mark.parametrize("to", sorted(EXPORTS))
def test_the_command_writes_every_format(app: typer.Typer, linked: Path, to: str) -> None:
    out = linked.with_name("out")
    done = CliRunner().invoke(app, ["graph", str(linked), "--to", to, "--out", str(out)])
    assert done.exit_code == 0
    assert done.stderr.splitlines() == [
        "英伟达 → OpenAI → 甲骨文 → 英伟达: structure, investment-purchase, talks",
        "3 parties, 6 legs, 1 circles",
    ]
    graph = DealGraph.from_deals(link(told(f"{INVESTS}\n{BUYS}\n{CHIPS}")))
    assert out.read_text(encoding="utf-8") == EXPORTS[to](graph, circles(graph))


@pytest.mark.parametrize(
    ("options", "key"),
    [(["--to", "png"], "--to"), (["--as-of", "yesterday"], "--as-of")],
)
def test_the_command_refuses_misuse(
    app: typer.Typer, linked: Path, options: list[str], key: str
) -> None:
    done = CliRunner().invoke(app, ["graph", str(linked), *options])
    assert isinstance(done.exception, UsageError)
    assert done.exception.key == key


def test_the_command_shows_a_day_before_all(app: typer.Typer, linked: Path) -> None:
    done = CliRunner().invoke(app, ["graph", str(linked), "--as-of", "2025-01-01"])
    assert (done.exit_code, done.stderr) == (0, "0 parties, 0 legs, 0 circles\n")
