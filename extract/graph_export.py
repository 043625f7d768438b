"""The web of deals for other programs: GraphML, Cytoscape's JSON, Mermaid, and JSON of its own."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from extract.graph import Circle, DealGraph, Leg, networkx_module
from extract.linked import shown

Export = Callable[[DealGraph, Sequence[Circle]], str]


def to_json(graph: DealGraph, circles: Sequence[Circle]) -> str:
    """Nodes, legs, sayings and circles, as the models have them."""
    return _dumped({**graph.model_dump(mode="json"), "circles": _circles(circles)})


def to_cytoscape(graph: DealGraph, circles: Sequence[Circle]) -> str:
    """``{"elements": {"nodes": …, "edges": …}}``; edges know the circles that they are in.

    The circles themselves stand beside the elements, under ``data``.
    """
    nodes = [{"data": node.model_dump(mode="json")} for node in graph.nodes]
    rings = _rings(circles)
    edges = [{"data": _edge(leg, rings)} for leg in graph.legs]
    data = {
        "as_of": graph.as_of,
        "rumours": graph.rumours,
        "folded": graph.folded,
        "circles": _circles(circles),
    }
    return _dumped({"data": data, "elements": {"nodes": nodes, "edges": edges}})


def to_graphml(graph: DealGraph, circles: Sequence[Circle]) -> str:
    """GraphML of the directed multigraph; an edge's key is its leg."""
    web = networkx_module().MultiDiGraph()
    for node in graph.nodes:
        web.add_node(node.id, name=_plain(node.name), members=_plain("; ".join(node.members)))
    rings = _rings(circles)
    for leg in graph.legs:
        web.add_edge(leg.giver, leg.taker, key=leg.id, **_flat(_edge(leg, rings)))
    stream = io.BytesIO()
    networkx_module().write_graphml(web, stream, encoding="utf-8", prettyprint=True)
    return stream.getvalue().decode()


def to_mermaid(graph: DealGraph, circles: Sequence[Circle]) -> str:
    """A flow chart: one arrow for all legs of a kind between two parties, circles in red."""
    places = {node.id: f"n{place}" for place, node in enumerate(graph.nodes)}
    lines = ["flowchart LR"]
    lines += [
        f'  {places[n.id]}["{_label(_with_members(n.name, n.members))}"]' for n in graph.nodes
    ]
    inside = _rings(circles)
    red = []
    for place, (ends, legs) in enumerate(_arrows(graph.legs).items()):
        giver, taker, gives = ends
        arrow = "-.->" if all(leg.status == "talks" for leg in legs) else "-->"
        lines.append(f'  {places[giver]} {arrow}|"{_label(_said(gives, legs))}"| {places[taker]}')
        if any(leg.id in inside for leg in legs):
            red.append(str(place))
    if red:
        lines.append(f"  linkStyle {','.join(red)} stroke:#c0392b,stroke-width:2px")
    return "\n".join(lines) + "\n"


EXPORTS: Final[Mapping[str, Export]] = {
    "graphml": to_graphml,
    "cytoscape": to_cytoscape,
    "mermaid": to_mermaid,
    "json": to_json,
}
"""What ``zhdeals graph --to`` takes."""


# --- parts -------------------------------------------------------------------------------------


def _dumped(content: object) -> str:
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def _circles(circles: Sequence[Circle]) -> list[dict[str, Any]]:
    """Circles with the ids of their legs, which stand once, with the legs."""
    return [
        {
            **circle.model_dump(mode="json", exclude={"hops"}),
            "hops": [
                {
                    **hop.model_dump(mode="json", exclude={"legs"}),
                    "legs": [leg.id for leg in hop.legs],
                }
                for hop in circle.hops
            ],
        }
        for circle in circles
    ]


def _rings(circles: Sequence[Circle]) -> dict[str, list[str]]:
    """The circles that each leg is in, all by their ids."""
    found: dict[str, list[str]] = {}
    for circle in circles:
        for leg in dict.fromkeys(leg.id for hop in circle.hops for leg in hop.legs):
            found.setdefault(leg, []).append(circle.id)
    return found


def _edge(leg: Leg, rings: Mapping[str, list[str]]) -> dict[str, Any]:
    fields = leg.model_dump(mode="json", exclude={"giver", "taker", "amount"})
    return {
        **fields,
        "source": leg.giver,
        "target": leg.taker,
        "amount": shown(leg.amount) if leg.amount else "",
        "circles": rings.get(leg.id, []),
    }


def _flat(edge: Mapping[str, Any]) -> dict[str, Any]:
    """Attributes of an edge as GraphML has them: strings and booleans, lists joined."""
    return {
        name: value if isinstance(value, bool) else _plain(_joined(value))
        for name, value in edge.items()
        if name not in {"source", "target", "id"}
    }


def _joined(value: object) -> str:
    return "; ".join(map(str, value)) if isinstance(value, list) else str(value or "")


_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def _plain(text: str) -> str:
    """Without what XML cannot hold."""
    return _CONTROL.sub("", text)


def _with_members(name: str, members: Sequence[str]) -> str:
    return f"{name} ({', '.join(members)})" if members else name


_MARKUP = re.compile(r"[\"<>&#|`\\\[\]{}\n\r]")


def _label(text: str) -> str:
    """Mermaid reads entities by their number: ``#34;`` is a quotation mark."""
    return _MARKUP.sub(lambda match: f"#{ord(match.group())};", _plain(text))


def _arrows(legs: Sequence[Leg]) -> dict[tuple[str, str, str], list[Leg]]:
    found: dict[tuple[str, str, str], list[Leg]] = {}
    for leg in legs:
        found.setdefault((leg.giver, leg.taker, leg.gives), []).append(leg)
    return found


def _said(gives: str, legs: Sequence[Leg]) -> str:
    amounts = list(dict.fromkeys(_amounts(legs)))
    return " ".join([gives, " + ".join(amounts)]).strip()


def _amounts(legs: Sequence[Leg]) -> Iterator[str]:
    for leg in legs:
        if leg.amount is not None and leg.whole:
            yield leg.amount.text
