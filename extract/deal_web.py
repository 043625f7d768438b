"""The web of deals as a picture: parties, arrows of who gives what to whom, and circles as rings.

The layout is worked out here, by a few hundred rounds of springs from fixed places, so that the same
deals always make the same picture and the page needs no library.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from extract.deal_view import brief, dollars, scaled
from extract.graph import Circle, DealGraph, Hop, Leg, Total
from extract.html import Markup, join, tag

Place = tuple[float, float]
Places = NDArray[np.float64]
Way = Literal["invests", "buys", "lends", "warrants", "equity", "compute", "chips", "goods"]

WAYS: Final[Mapping[Way, str]] = {
    "invests": "money for shares",
    "buys": "money for goods and services",
    "lends": "loans",
    "warrants": "warrants",
    "equity": "shares",
    "compute": "compute",
    "chips": "chips",
    "goods": "other goods",
}
"""The kinds of arrows, with what they say."""

FINANCE: Final[tuple[Way, ...]] = ("invests", "buys", "lends", "warrants")
"""The kinds that are shown at first: what finances."""

_VERBS: Final[Mapping[Way, str]] = {
    "invests": "invests", "buys": "buys", "lends": "lends", "warrants": "gives warrants",
}  # fmt: skip

_MOST_NODES: Final = 40


@dataclass(slots=True)
class _Arrow:
    """All legs of one kind from one party to another."""

    giver: str
    taker: str
    way: Way
    legs: list[Leg] = field(default_factory=list)

    @property
    def sum(self) -> Decimal:
        """About how many dollars, each deal once."""
        by_deal = {leg.deal: dollars(leg.amount, leg.date) for leg in self.legs if leg.whole}
        return sum((told for told in by_deal.values() if told), Decimal(0))


def way_of(leg: Leg) -> Way:
    """What an arrow of this leg is drawn as."""
    if leg.gives == "money":
        return "buys" if leg.buys else "invests"
    return "lends" if leg.gives == "debt" else leg.gives


def web_picture(graph: DealGraph, circles: Sequence[Circle]) -> Markup:
    """The web as SVG, with the parties that have the most to do with others.

    Each arrow carries in ``data-circles`` the circles that it is a part of, each party in
    ``data-party`` its id; scripts find them by these.
    """
    arrows = _arrows(graph.legs)
    kept = _foremost(graph, arrows, circles)
    drawn = [arrow for arrow in arrows if arrow.giver in kept and arrow.taker in kept]
    names = {node.id: node.name for node in graph.nodes}
    members = {node.id: node.members for node in graph.nodes}
    places = _layout(kept, drawn, names)
    rings = _rings(circles)
    lines = [_curve(arrow, places, rings, names) for arrow in drawn]
    nodes = [_node(names[node], node, members[node], places[node]) for node in kept]
    left = len(graph.nodes) - len(kept)
    box = _box(places)
    picture = tag(
        "svg",
        _markers(),
        *lines,
        *nodes,
        class_="web",
        viewbox=box,
        width=box.split()[2],
        role="group",
        aria_label="The web of deals",
    )
    return join(
        picture,
        tag("p", f"{left} more parties with fewer ties are not drawn.") if left > 0 else "",
    )


def _arrows(legs: Iterable[Leg]) -> list[_Arrow]:
    found: dict[tuple[str, str, Way], _Arrow] = {}
    for leg in legs:
        ends = (leg.giver, leg.taker, way_of(leg))
        found.setdefault(ends, _Arrow(*ends)).legs.append(leg)
    return list(found.values())


def _foremost(
    graph: DealGraph, arrows: Sequence[_Arrow], circles: Sequence[Circle]
) -> tuple[str, ...]:
    """The parties of circles, then those with the most ties to what is there already.

    Where there is no circle, it begins with the party that most money goes through.
    """
    inside = {party for circle in circles for party in circle.parties}
    around: dict[str, set[str]] = {node.id: set() for node in graph.nodes}
    flow: dict[str, Decimal] = dict.fromkeys(around, Decimal(0))
    for arrow in arrows:
        money = arrow.sum
        for one, other in ((arrow.giver, arrow.taker), (arrow.taker, arrow.giver)):
            around[one].add(other)
            flow[one] += money
    kept = set(inside) or set(sorted(flow, key=lambda one: (-flow[one], one))[:1])
    coming = set().union(*(around[one] for one in kept)) - kept
    alone = [one for one in sorted(flow, key=lambda one: (-flow[one], one)) if around[one]]
    small = len(graph.nodes) <= _MOST_NODES  # then all are drawn, also what no circle leads to
    while len(kept) < _MOST_NODES:
        if not coming and small:
            coming = set(next(({one} for one in alone if one not in kept), ()))
        if not coming:
            break
        best = min(coming, key=lambda one: (-len(around[one] & kept), -flow[one], one))
        kept.add(best)
        coming = (coming | around[best]) - kept
    return tuple(sorted(kept, key=lambda one: (one not in inside, -len(around[one]), one)))


def _components(nodes: Iterable[str], around: Mapping[str, set[str]]) -> list[set[str]]:
    """Parties that hang together, the largest group first."""
    found: list[set[str]] = []
    seen: set[str] = set()
    for node in nodes:
        if node not in seen:
            group, coming = {node}, [node]
            while coming:
                fresh = around[coming.pop()] - group
                group |= fresh
                coming.extend(fresh)
            seen |= group
            found.append(group)
    return sorted(found, key=lambda group: (-len(group), min(group)))


def _rings(circles: Iterable[Circle]) -> dict[tuple[str, str], list[str]]:
    """The circles of each step, by their ids."""
    found: dict[tuple[str, str], list[str]] = {}
    for circle in circles:
        for hop in circle.hops:
            found.setdefault((hop.giver, hop.taker), []).append(circle.id)
    return found


# --- layout ------------------------------------------------------------------------------------

_ROUNDS: Final = 400
_AREA: Final = 23_000.0
"""How much of the picture a party takes on average."""
_SHAPE: Final = 1.7
_ROW: Final = 1250.0
"""How wide groups may stand side by side."""


def text_width(text: str, size: float = 13) -> float:
    """About how wide a line is: a Chinese character is square, a Latin one half of it."""
    return sum(size if char > "\u2e7f" else size * 0.58 for char in text)


def _layout(
    nodes: Sequence[str], arrows: Sequence[_Arrow], names: Mapping[str, str]
) -> dict[str, Place]:
    """Places of all parties: each group that hangs together by itself, then in rows."""
    around: dict[str, set[str]] = {node: set() for node in nodes}
    for arrow in arrows:
        around[arrow.giver].add(arrow.taker)
        around[arrow.taker].add(arrow.giver)
    places: dict[str, Place] = {}
    left = top = tall = 0.0
    for group in _components(nodes, around):
        ordered = [node for node in nodes if node in group]
        own = _group_layout(ordered, around, names)
        wide, high = (float(side) for side in np.ptp(own, axis=0))
        if left and left + wide > _ROW:
            left, top, tall = 0.0, top + tall + 110, 0.0
        for node, (x, y) in zip(ordered, own - own.min(axis=0), strict=True):
            places[node] = (left + float(x), top + float(y))
        left, tall = left + wide + 170, max(tall, high)
    return places


def _group_layout(
    nodes: Sequence[str], around: Mapping[str, set[str]], names: Mapping[str, str]
) -> Places:
    """Places by springs along arrows, then pushed apart until no two names touch."""
    at = {node: number for number, node in enumerate(nodes)}
    pairs = sorted((at[one], at[other]) for one in nodes for other in around[one] if one < other)
    places = _springs(len(nodes), np.array(pairs, dtype=np.intp).reshape(-1, 2))
    sizes = np.array([(max(text_width(names[node]) + 26, 52), 54.0) for node in nodes])
    return _apart(_fitted(places), sizes)


def _springs(count: int, pairs: NDArray[np.intp]) -> Places:
    """Fruchterman and Reingold's layout; arrows of busy parties pull less, so that they spread."""
    turn = np.arange(count) * (math.pi * (3 - math.sqrt(5)))  # a sunflower: even, never in line
    places: Places = np.sqrt(np.arange(count) + 0.5)[:, None] * np.stack(
        [np.cos(turn), np.sin(turn)], 1
    )
    degree = np.bincount(pairs.ravel(), minlength=count)
    weight = 1 / np.sqrt(np.minimum(degree[pairs[:, 0]], degree[pairs[:, 1]]))[:, None]
    for heat in np.linspace(1.0, 0.02, _ROUNDS):
        apart = places[:, None, :] - places[None, :, :]
        far = np.maximum(np.hypot(apart[..., 0], apart[..., 1]), 0.05)
        force = (apart / far[..., None] ** 2 * 3.0).sum(axis=1)
        span = places[pairs[:, 0]] - places[pairs[:, 1]]
        pull = span * np.hypot(span[:, 0], span[:, 1])[:, None] * weight
        np.add.at(force, pairs[:, 0], -pull)
        np.add.at(force, pairs[:, 1], pull)
        force -= 0.6 * places
        length = np.maximum(np.hypot(force[:, 0], force[:, 1]), 1e-9)
        places = places + force / length[:, None] * np.minimum(length, heat)[:, None]
    return places


def _fitted(places: Places) -> Places:
    """The places spread over a box whose area grows with their number."""
    low, high = places.min(axis=0), places.max(axis=0)
    span = np.maximum(high - low, 0.5)
    tall = math.sqrt(len(places) * _AREA / _SHAPE)
    fitted: Places = (places - low) / span * np.array([tall * _SHAPE, tall])
    return fitted


def _apart(places: Places, sizes: Places) -> Places:
    """Boxes of those sizes pushed apart, the shorter way, until none overlap or it takes too long."""
    for _ in range(_ROUNDS):
        gap = places[:, None, :] - places[None, :, :]
        over = (sizes[:, None, :] + sizes[None, :, :]) / 2 - np.abs(gap)
        hit = (over[..., 0] > 0) & (over[..., 1] > 0) & ~np.eye(len(places), dtype=bool)
        if not hit.any():
            break
        side = np.where(gap == 0, np.sign(np.arange(len(places))[:, None] - 0.5)[..., None], gap)
        push = np.sign(side) * over / 2
        along_x = (over[..., 0] < over[..., 1])[..., None] == np.array([True, False])
        places = places + np.where(hit[..., None] & along_x, push, 0).sum(axis=1) * 0.6
    return places


def _box(places: Mapping[str, Place]) -> str:
    if not places:
        return "0 0 10 10"
    xs, ys = zip(*places.values(), strict=True)
    left, top = min(xs) - 90, min(ys) - 50
    return f"{left:.0f} {top:.0f} {max(xs) - left + 90:.0f} {max(ys) - top + 50:.0f}"


# --- drawing -----------------------------------------------------------------------------------


def _markers(name: str = "") -> Markup:
    """The heads of arrows, one for each kind; ``name`` tells those of one picture from others'."""
    heads = (
        tag(
            "marker",
            tag("path", d="M0 0L10 5L0 10z"),
            id=f"head{name}-{way}",
            class_=way,
            viewbox="0 0 10 10",
            refx="8.5",
            refy="5",
            markerwidth="9",
            markerheight="9",
            markerunits="userSpaceOnUse",
            orient="auto",
        )
        for way in WAYS
    )
    return tag("defs", *heads)


def _curve(
    arrow: _Arrow,
    places: Mapping[str, Place],
    rings: Mapping[tuple[str, str], list[str]],
    names: Mapping[str, str],
) -> Markup:
    within = rings.get((arrow.giver, arrow.taker), []) if arrow.way in FINANCE else []
    giver, taker = names[arrow.giver], names[arrow.taker]
    return tag(
        "path",
        tag("title", f"{giver} → {taker}: {WAYS[arrow.way]} {_sums(arrow.legs)}".strip()),
        class_=_leg_class(arrow.way, arrow.legs),
        d=_path(
            places[arrow.giver],
            places[arrow.taker],
            list(WAYS).index(arrow.way),
            (text_width(giver), text_width(taker)),
        ),
        marker_end=f"url(#head-{arrow.way})",
        stroke_width=f"{_width(arrow.sum):.1f}",
        data_ends=f"{arrow.giver} {arrow.taker}",
        data_circles=" ".join(within) or None,
    )


def _leg_class(way: Way, legs: Iterable[Leg]) -> str:
    return f"leg {way} talks" if all(leg.status == "talks" for leg in legs) else f"leg {way}"


def _width(money: Decimal) -> float:
    """From a hair for unknown sums to a rope for hundreds of billions."""
    return 1.2 if money < 10**6 else min(1.2 + 0.75 * (math.log10(money) - 6), 5.5)


def _path(
    start: Place,
    end: Place,
    number: int,
    widths: tuple[float, float],
) -> str:
    """A curve to the right of the straight line, further out for each further kind of arrow.

    It keeps clear of the two names, which are of these widths.
    """
    length = math.hypot(end[0] - start[0], end[1] - start[1]) or 1.0
    middle = _bent(start, end, 16 + 9 * number + 0.06 * length)
    clear = (_clear(start, middle, widths[0], 13), _clear(end, middle, widths[1], 15))
    return _drawn(start, middle, end, clear)


def _bent(start: Place, end: Place, bow: float) -> Place:
    """The point that a curve is drawn to: so far to the right of the middle, or to the left."""
    (x1, y1), (x2, y2) = start, end
    length = math.hypot(x2 - x1, y2 - y1) or 1.0
    return (x1 + x2) / 2 + (y1 - y2) / length * bow, (y1 + y2) / 2 + (x2 - x1) / length * bow


def _drawn(start: Place, middle: Place, end: Place, clear: tuple[float, float]) -> str:
    """A curve that begins and ends so far from its two places."""
    (sx, sy), (ex, ey) = _toward(start, middle, clear[0]), _toward(end, middle, clear[1])
    return f"M{sx:.1f} {sy:.1f}Q{middle[0]:.1f} {middle[1]:.1f} {ex:.1f} {ey:.1f}"


def _clear(at: Place, toward: Place, wide: float, least: float) -> float:
    """How far from a party a line must begin, so that it does not cross the name below it."""
    across, down = toward[0] - at[0], toward[1] - at[1]
    length = math.hypot(across, down) or 1.0
    if down <= 0:
        return least
    beside = (wide / 2 + 5) / max(abs(across) / length, 0.01)
    if beside * down / length < 12:  # the line has left the name's width above the name
        return least
    return min(max(least, min(32 / (down / length), beside)), length * 0.8)


def _toward(start: Place, end: Place, step: float) -> Place:
    length = math.hypot(end[0] - start[0], end[1] - start[1]) or 1.0
    share = step / length
    return start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share


def _sums(legs: Iterable[Leg]) -> str:
    told = (brief(leg.amount) for leg in legs if leg.amount and leg.whole)
    return " + ".join(dict.fromkeys(told))


def _node(name: str, node: str, members: Sequence[str], at: Place) -> Markup:
    said = f"{name} ({', '.join(members)})" if members else name
    return tag(
        "g",
        tag("title", said),
        tag("circle", r="9"),
        tag("text", name, y="25"),
        class_="node",
        transform=f"translate({at[0]:.1f} {at[1]:.1f})",
        data_party=node,
        tabindex="0",
        role="button",
        aria_pressed="false",
    )


# --- circles as rings --------------------------------------------------------------------------

_RING_WIDE: Final = 470
_RING_HIGH: Final = 300
_LENS_HIGH: Final = 210
"""Two parties need less height."""


def ring_picture(circle: Circle) -> Markup:
    """One circle: its parties around a ring, an arrow for each step with its sums."""
    places = _around(len(circle.parties))
    steps = [_step(hop, places, number, mark=circle.id) for number, hop in enumerate(circle.hops)]
    nodes = [
        tag(
            "g",
            tag("circle", r="11"),
            _ring_name(name, place, len(places)),
            class_="node",
            transform=f"translate({place[0]:.1f} {place[1]:.1f})",
        )
        for name, place in zip(circle.names, places, strict=True)
    ]
    return tag(
        "svg",
        _markers(f"-{circle.id}"),
        *steps,
        *nodes,
        class_="ring",
        viewbox=f"0 0 {_RING_WIDE} {_height(len(places))}",
        role="img",
        aria_label=" → ".join((*circle.names, circle.names[0])),
    )


def _height(count: int) -> int:
    return _LENS_HIGH if count == 2 else _RING_HIGH


def _ring_name(name: str, place: Place, count: int) -> Markup:
    """The name of a party outside the ring: beside it where two stand side by side."""
    if count == 2:
        left = place[0] < _RING_WIDE / 2
        side = "end" if left else "start"
        return tag("text", name, x=-18 if left else 18, y=5, class_=side)
    return tag("text", name, y=-20 if place[1] < _RING_HIGH / 2 - 1 else 29)


def _around(count: int) -> list[Place]:
    """Places on a ring; two parties stand side by side."""
    first = math.pi if count == 2 else -math.pi / 2
    wide, high = (105, 0) if count == 2 else (112, 92)
    middle = (_RING_WIDE / 2, _height(count) / 2 + (14 if count % 2 else 0))
    turns = [first + 2 * math.pi * n / count for n in range(count)]
    return [(middle[0] + wide * math.cos(t), middle[1] + high * math.sin(t)) for t in turns]


def _step(hop: Hop, places: Sequence[Place], number: int, *, mark: str) -> Markup:
    start, end = places[number], places[(number + 1) % len(places)]
    way = _main_way(hop)
    # The ring runs clockwise, so out is to the left of each step.
    middle = _bent(start, end, -112 if len(places) == 2 else -46)
    label_at = (
        (start[0] + end[0]) / 4 + middle[0] / 2,
        (start[1] + end[1]) / 4 + middle[1] / 2,
    )
    return join(
        tag(
            "path",
            class_=_leg_class(way, hop.legs),
            d=_drawn(start, middle, end, (15, 17)),
            marker_end=f"url(#head-{mark}-{way})",
            stroke_width="2.4",
        ),
        _label(hop, way, label_at, len(places)),
    )


def _label(hop: Hop, way: Way, at: Place, count: int) -> Markup:
    """What a step carries, beside the middle of its arrow, away from the middle of the ring."""
    told = ", ".join(total(one) for one in hop.sums)
    lines = [line for line in (_VERBS.get(way, way), told) if line]
    above = at[1] < _height(count) / 2
    side = 0 if count == 2 else (at[0] - _RING_WIDE / 2)
    anchor = "middle" if abs(side) < 40 else ("start" if side > 0 else "end")
    y = at[1] - 10 - 16 * (len(lines) - 1) if above else at[1] + 21
    if anchor != "middle":
        y = at[1] - 4
    x = at[0] + (0 if anchor == "middle" else math.copysign(22, side))
    spans = (
        tag("tspan", line, x=f"{x:.1f}", dy="0" if not n else "16", class_="sum" if n else None)
        for n, line in enumerate(lines)
    )
    return tag("text", *spans, class_="label", x=f"{x:.1f}", y=f"{y:.1f}", text_anchor=anchor)


def _main_way(hop: Hop) -> Way:
    """The kind of the step's largest leg that finances."""
    ways = [way_of(leg) for leg in hop.legs]
    if told := [way for way in FINANCE if way in ways]:
        sums = {w: sum(_leg_sums(hop, w), Decimal(0)) for w in told}
        return max(told, key=lambda way: (sums[way], way == "buys"))
    return "invests"


def _leg_sums(hop: Hop, way: Way) -> Iterator[Decimal]:
    for leg in hop.legs:
        if way_of(leg) == way and leg.whole and (told := dollars(leg.amount, leg.date)):
            yield told


def total(told: Total) -> str:
    """A sum over legs: ``US$22.4B``, ``≥ US$10B`` where a leg leaves the top open."""
    sign = "US$" if told.currency == "USD" else f"{told.currency} "
    if told.min is not None and told.max is not None:
        ends = dict.fromkeys((scaled(told.min), scaled(told.max)))
        return f"{sign}{'–'.join(ends)}"
    bound = told.min if told.min is not None else told.max
    if bound is None:
        return ""
    return f"{'≥' if told.min is not None else '≤'} {sign}{scaled(bound)}"
