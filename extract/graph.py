"""The web of deals: who gives what to whom, and the circles in which money comes back.

    >>> web = DealGraph.from_deals(link(tellings), as_of="2025-11-30", fold_parents=True)
    >>> [circle.parties for circle in circles(web)]
    [('amd', 'openai'), ('anthropic', 'microsoft'), …]

A deal is a bundle of legs: an investment gives money one way and equity the other, a purchase money
one way and compute, chips or other goods the other. Legs come from the record itself, from its
conditions (OpenAI将采用Trainium: the paid side buys from the payer), or from the hardware that is told
(a cloud that runs on GPUs of Nvidia has bought them), and say which.

Circles run along what finances: money and loans, warrants that a supplier gives its buyer, and stakes
held, which stand for money paid once. Equity that answers for money makes no circle by itself. Money
for shares goes to whoever sold them: a sale on the market is no leg to the company sold.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache
from typing import Any, Final, Literal, Self

from extract.amounts import find_money
from extract.errors import UsageError
from extract.lexicon import alternation, hardware_surfaces, key, org_names, orgs, words
from extract.link import link
from extract.linked import LinkedDeal, State, sum_of
from extract.linked import as_of as deals_as_of
from extract.names import find_listed
from extract.records import DealType, Frozen, Number
from extract.resolve import parent_of
from extract.tellings import Sum, Telling, Tie, Who, short_hash
from extract.text import fold

Gives = Literal["money", "equity", "compute", "chips", "goods", "debt", "warrants"]
Basis = Literal["record", "condition", "hardware"]
ENDED: Final = frozenset({"terminated", "superseded"})
"""States in which a deal has no legs any more."""


class Node(Frozen):
    """A party; ``members`` are the units that were folded into it."""

    id: str
    name: str
    members: tuple[str, ...] = ()


class Leg(Frozen):
    """What one party gives another in a deal.

    ``amount`` is that of the deal; ``whole`` says that it is this leg's alone. ``held`` marks a stake
    that exists already, ``to_owners`` money for shares that goes to owners nobody names, ``security``
    warrants that come with bought shares or loans.
    """

    id: str
    deal: str
    giver: str
    taker: str
    gives: Gives
    type: DealType
    basis: Basis
    status: State
    amount: Sum | None = None
    whole: bool = True
    date: str | None = None
    first_seen: str | None = None
    held: bool = False
    to_owners: bool = False
    security: bool = False
    hardware: tuple[str, ...] = ()
    articles: tuple[str, ...] = ()
    text: str = ""

    @property
    def finances(self) -> tuple[str, str] | None:
        """From whom to whom this leg carries money, or what stands for it."""
        if self.gives in {"money", "debt"} and not self.to_owners:
            return self.giver, self.taker
        if self.gives == "warrants" and not self.security:
            return self.giver, self.taker
        return (self.taker, self.giver) if self.gives == "equity" and self.held else None

    @property
    def buys(self) -> bool:
        """Whether this leg pays for goods or services."""
        return self.gives == "money" and (self.basis != "record" or self.type == "procurement")


class Saying(Frozen):
    """Words of an article that say a circle, with the parties that they name.

    Words of a title speak of all parties of the article's deals, and of small circles alone.
    """

    article_id: str
    text: str
    parties: tuple[str, ...]
    in_title: bool = False


class Total(Frozen):
    """A sum over legs in one currency; a bound is None where a leg leaves it open."""

    currency: str
    min: Number | None
    max: Number | None
    legs: int


class Hop(Frozen):
    """One step of a circle, with every leg that makes it."""

    giver: str
    taker: str
    legs: tuple[Leg, ...]
    sums: tuple[Total, ...]


class Circle(Frozen):
    """Parties around which money, or what stands for it, comes back to where it began.

    ``kind``: an investor's money comes back as purchases, all steps are purchases, or all are finance.
    ``said`` is ``text`` where an article says the circle or ties its legs in one deal (``sayings``),
    else the legs alone make it. ``status`` is the weakest of its steps; ``stated`` is False where a
    step rests on nothing but the maker of the hardware.
    """

    id: str
    parties: tuple[str, ...]
    names: tuple[str, ...]
    kind: Literal["investment-purchase", "purchases", "finance"]
    hops: tuple[Hop, ...]
    said: Literal["text", "structure"]
    sayings: tuple[Saying, ...]
    status: State
    first: str | None
    last: str | None
    stated: bool


class DealGraph(Frozen):
    """Parties and the legs between them, as of a day."""

    nodes: tuple[Node, ...]
    legs: tuple[Leg, ...]
    sayings: tuple[Saying, ...] = ()
    as_of: str | None = None
    rumours: bool = True
    folded: bool = False

    @classmethod
    def from_deals(
        cls,
        deals: Iterable[LinkedDeal | Telling],
        *,
        as_of: str | None = None,
        rumours: bool = True,
        fold_parents: bool = False,
        stated_only: bool = False,
    ) -> Self:
        """The web of linked deals; records that are not linked yet are linked first.

        ``as_of`` (ISO) shows the deals as they stood on that day. Without ``rumours`` deals in talks
        are left out; ended ones always are. ``fold_parents`` counts units as their parents (AWS as
        Amazon). ``stated_only`` leaves out legs that rest on the maker of the hardware alone.
        """
        linked = _linked(deals)
        current = deals_as_of(linked, as_of) if as_of else linked
        alive = [d for d in current if d.status.value not in ENDED]
        kept = [d for d in alive if rumours or d.status.value != "talks"]
        legs = [leg for deal in kept for leg in legs_of(deal)]
        if stated_only:
            legs = [leg for leg in legs if leg.basis != "hardware"]
        names = _node_names(kept)
        if fold_parents:
            legs = [leg for leg in map(_folded, legs) if leg.giver != leg.taker]
        return cls(
            nodes=_nodes(legs, names, fold_parents),
            legs=tuple(_unique_legs(legs)),
            sayings=tuple(_sayings(kept, fold_parents)),
            as_of=as_of,
            rumours=rumours,
            folded=fold_parents,
        )

    def name(self, node: str) -> str:
        """The name of a party."""
        return next((found.name for found in self.nodes if found.id == node), node)


def _linked(deals: Iterable[LinkedDeal | Telling]) -> list[LinkedDeal]:
    linked: list[LinkedDeal] = []
    records: list[Telling] = []
    for deal in deals:
        if isinstance(deal, LinkedDeal):
            linked.append(deal)
        else:
            records.append(deal)
    return link(records, into=linked) if records else linked


# --- legs --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Flow:
    """A leg before it has a deal around it."""

    giver: str
    taker: str
    gives: Gives
    basis: Basis = "record"
    amount: Sum | None = None
    whole: bool = True
    held: bool = False
    to_owners: bool = False
    security: bool = False
    text: str = ""
    hardware: tuple[str, ...] = ()
    articles: tuple[str, ...] = ()


def legs_of(deal: LinkedDeal) -> tuple[Leg, ...]:
    """The legs of one deal, with the ids of its parties as they are."""
    flows = [*_record_flows(deal), *_condition_flows(deal), *_hardware_flows(deal)]
    return tuple(_leg(deal, flow) for flow in dict.fromkeys(flows) if flow.giver != flow.taker)


def _leg(deal: LinkedDeal, flow: _Flow) -> Leg:
    return Leg(
        id=short_hash("leg", deal.id, flow.giver, flow.taker, flow.gives, flow.basis),
        deal=deal.id,
        giver=flow.giver,
        taker=flow.taker,
        gives=flow.gives,
        type=deal.type,
        basis=flow.basis,
        status=deal.status.value,
        amount=flow.amount,
        whole=flow.whole,
        date=deal.date.value if deal.date else None,
        first_seen=deal.first_seen,
        held=flow.held,
        to_owners=flow.to_owners,
        security=flow.security,
        hardware=flow.hardware or tuple(chip.name for chip in deal.hardware),
        articles=flow.articles or deal.articles,
        text=flow.text or next((t.evidence for t in deal.tellings if t.evidence), ""),
    )


def _record_flows(deal: LinkedDeal) -> Iterator[_Flow]:
    payers = [who.id for who in deal.investor]
    sellers = [who.id for who in deal.target if who.role == "seller"]
    others = [who.id for who in deal.target if who.role != "seller"]
    if deal.type in {"investment", "ipo"}:
        yield from _exchange(deal, payers, sellers or others, "equity")
    elif deal.type == "acquisition":
        yield from _exchange(deal, payers, sellers or others, "equity", to_owners=not sellers)
    elif deal.type == "divestment":
        yield from _exchange(deal, payers, sellers, "equity")
    elif deal.type == "procurement":
        yield from _exchange(deal, payers, others or sellers, _goods(deal))
    elif deal.type == "debt":
        for flow in _exchange(deal, payers, others, "goods"):
            if flow.gives == "money":
                yield replace(flow, gives="debt")
    elif deal.type == "holding":
        for holder in payers:
            for held in others:
                yield _Flow(held, holder, "equity", held=True)


def _exchange(
    deal: LinkedDeal,
    payers: Sequence[str],
    payees: Sequence[str],
    returned: Gives,
    *,
    to_owners: bool = False,
) -> Iterator[_Flow]:
    amount = deal.amount.value if deal.amount else None
    whole = len(payers) * len(payees) == 1
    for payer in payers:
        for payee in payees:
            yield _Flow(payer, payee, "money", amount=amount, whole=whole, to_owners=to_owners)
            yield _Flow(payee, payer, returned)


@cache
def _words_of(name: str) -> re.Pattern[str]:
    return re.compile(alternation(words("linking.toml", "goods", name)))


def _goods(deal: LinkedDeal) -> Gives:
    """What is bought: compute where a cloud or its lease is told, chips where hardware is, else goods."""
    said = " ".join([t.evidence for t in deal.tellings] + [tie.text for tie in deal.conditions])
    folded = fold(said)
    if _words_of("compute").search(folded):
        return "compute"
    if deal.hardware or _words_of("chips").search(folded):
        return "chips"
    clouds = any(_is_cloud(who) for who in deal.target)
    return "compute" if clouds else "goods"


def _is_cloud(who: Who) -> bool:
    return any(re.search(r"云$|cloud|aws|azure", key(name)) for name in (who.id, who.name))


# --- legs of conditions ------------------------------------------------------------------------


def _condition_flows(deal: LinkedDeal) -> Iterator[_Flow]:
    """The legs that conditions tell, each once, in the words of the first article that has it."""
    found: dict[tuple[str, str, str], _Flow] = {}
    for telling in deal.tellings:
        for flow in (flow for tie in telling.conditions for flow in _of_tie(deal, tie)):
            mark = (flow.giver, flow.taker, flow.gives)
            known = found.get(mark, flow)
            articles = tuple(dict.fromkeys((*known.articles, telling.article_id)))
            found[mark] = replace(known, articles=articles, amount=known.amount or flow.amount)
    yield from found.values()


def _of_tie(deal: LinkedDeal, tie: Tie) -> Iterator[_Flow]:
    flows: Iterable[_Flow] = ()
    if tie.kind in {"procurement", "use_of_proceeds"}:
        flows = _bought(deal, tie.text)
    elif tie.kind == "warrant" and _SHARES.search(fold(tie.text)):
        flows = _warrants(deal)
    for flow in flows:
        yield replace(flow, text=tie.text)


# an option on other things (可按评估价买下机房) is no share of the giver
_SHARES = re.compile(r"股|权证|warrant", re.I)


def _warrants(deal: LinkedDeal) -> Iterator[_Flow]:
    """Warrants go from the paid side to the payer; with goods they are a gift, with shares a part."""
    if deal.type in {"procurement", "investment", "debt"}:
        for giver in deal.target:
            for taker in deal.investor:
                security = deal.type != "procurement"
                yield _Flow(giver.id, taker.id, "warrants", basis="condition", security=security)


def _bought(deal: LinkedDeal, text: str) -> Iterator[_Flow]:
    """What a clause says will be bought: OpenAI将采用亚马逊的Trainium, 资金用于购买英伟达GPU.

    The buyer is the party named before the word of buying, else the paid side; the supplier the first
    one named behind it, else the maker of the hardware. Without both there is no leg.
    """
    if deal.type not in {"investment", "debt", "ipo"} or not deal.target:
        return
    folded = fold(text)
    verb = _words_of("buying").search(folded)
    if verb is None:
        return
    named = _named(deal, text, folded)
    before = [name for start, name in named if start < verb.start()]
    paid = deal.target[0].id
    own = {paid, *(who.id for who in deal.investor)}
    if before and own.isdisjoint(before):
        return  # somebody else buys: Anthropic承诺购买Azure算力, told of Microsoft and Nvidia
    buyer = next((name for name in before if name in own), paid)
    behind = [name for start, name in named if start >= verb.start()] or before
    supplier = next((name for name in behind if not _is_kin(name, buyer)), None)
    supplier = supplier or _maker(deal, folded, buyer)
    if supplier is not None:
        yield from _purchase(buyer, supplier, text, folded)


def _purchase(buyer: str, supplier: str, text: str, folded: str) -> Iterator[_Flow]:
    compute = _words_of("compute").search(folded) and not _words_of("chips").search(folded)
    goods: Gives = "compute" if compute else "chips"
    yield _Flow(buyer, supplier, "money", basis="condition", amount=_only_sum(text))
    yield _Flow(supplier, buyer, goods, basis="condition")


def _only_sum(text: str) -> Sum | None:
    found = find_money(text)
    return sum_of(found[0], text) if len(found) == 1 else None


def _named(deal: LinkedDeal, text: str, folded: str) -> list[tuple[int, str]]:
    """Organisations of a clause by place: those of the lists, and the parties of the deal."""
    found = {m.start: m.id for m in find_listed(text, folded) if m.kind == "ORG" and m.id}
    own: dict[int, str] = {}
    for who in deal.parties:
        for name in sorted(who.names, key=len, reverse=True):
            at = key(text).find(key(name))
            if at >= 0 and len(name) > 1:
                own.setdefault(at, who.id)
                break
    return sorted({**found, **own}.items())


def _maker(deal: LinkedDeal, folded: str, buyer: str) -> str | None:
    """The one maker of the hardware that a clause names."""
    makers = {
        chip.vendor
        for chip in deal.hardware
        if chip.vendor in orgs() and key(chip.name) in key(folded) and chip.vendor != buyer
    }
    makers |= {m for m in _listed_makers(folded) if not _is_kin(m, buyer)}
    return makers.pop() if len(makers) == 1 else None


def _listed_makers(folded: str) -> Iterator[str]:
    for mention in find_listed(folded, folded):
        row = hardware_surfaces().get(key(mention.text)) if mention.kind == "HARDWARE" else None
        if row is not None and row.vendor in orgs():
            yield row.vendor


def _is_kin(one: str, other: str) -> bool:
    return top_of(one) == top_of(other)


# --- legs of hardware --------------------------------------------------------------------------


def _hardware_flows(deal: LinkedDeal) -> Iterator[_Flow]:
    """A supplier that is not the maker of the hardware has bought it; so has a buyer that names none."""
    if deal.type != "procurement":
        return
    suppliers = [who.id for who in deal.target] or [who.id for who in deal.investor]
    for maker in dict.fromkeys(chip.vendor for chip in deal.hardware if chip.vendor in orgs()):
        flow = _Flow(
            "",
            maker,
            "money",
            basis="hardware",
            hardware=tuple(chip.name for chip in deal.hardware if chip.vendor == maker),
            articles=_hardware_tellers(deal, maker),
        )
        for supplier in suppliers:
            if not _is_kin(maker, supplier):
                yield replace(flow, giver=supplier)
                yield replace(flow, giver=maker, taker=supplier, gives="chips")


def _hardware_tellers(deal: LinkedDeal, maker: str) -> tuple[str, ...]:
    told = (t.article_id for t in deal.tellings if any(c.vendor == maker for c in t.hardware))
    return tuple(dict.fromkeys(told))


# --- nodes -------------------------------------------------------------------------------------


@cache
def top_of(identity: str) -> str:
    """The house that an organisation belongs to, itself where the lists name none: aws is amazon."""
    seen = {identity}
    while (parent := parent_of(identity)) and parent not in seen:
        seen.add(parent)
        identity = parent
    return identity


def _folded(leg: Leg) -> Leg:
    return leg.model_copy(update={"giver": top_of(leg.giver), "taker": top_of(leg.taker)})


def _unique_legs(legs: Iterable[Leg]) -> Iterator[Leg]:
    """Each leg once: a unit and its parent on one side of a deal are one after folding."""
    seen: set[tuple[object, ...]] = set()
    for leg in legs:
        mark = (leg.deal, leg.giver, leg.taker, leg.gives, leg.basis, leg.text)
        if mark not in seen:
            seen.add(mark)
            yield leg


def _node_names(deals: Sequence[LinkedDeal]) -> dict[str, str]:
    """The names of parties: the lists' own, so that 輝達 and 英伟达 read alike, else the news's."""
    used = {who.id: who.name for deal in deals for who in deal.parties}
    return {identity: _listed_name(identity) or name for identity, name in used.items()}


def _listed_name(identity: str) -> str:
    return orgs()[identity].name if identity in orgs() else ""


def _nodes(legs: Iterable[Leg], names: Mapping[str, str], folded: bool) -> tuple[Node, ...]:
    members: dict[str, list[str]] = {}
    for identity, name in names.items():
        house = top_of(identity) if folded else identity
        if house != identity:
            members.setdefault(house, []).append(name)
    used = sorted({identity for leg in legs for identity in (leg.giver, leg.taker)})
    return tuple(
        Node(
            id=identity,
            name=names.get(identity) or _listed_name(identity) or identity,
            members=tuple(sorted(members.get(identity, ()))),
        )
        for identity in used
    )


# --- what articles say -------------------------------------------------------------------------


def _sayings(deals: Sequence[LinkedDeal], folded: bool) -> Iterator[Saying]:
    """The quotes of all articles, each once, with the parties that it names."""
    told: dict[str, list[Telling]] = {}
    for telling in (t for deal in deals for t in deal.tellings):
        told.setdefault(telling.article_id, []).append(telling)
    for article, tellings in told.items():
        parties = list({who.id: who for t in tellings for who in t.parties}.values())
        makers = {chip.vendor for t in tellings for chip in t.hardware if chip.vendor in orgs()}
        for quote in dict.fromkeys(quote for t in tellings for quote in t.circles):
            ids = [who.id for who in parties if quote.in_title or _names_party(quote.text, who)]
            ids += [m for m in makers if quote.in_title or _any_name(quote.text, org_names(m))]
            house = {top_of(identity) if folded else identity for identity in ids}
            yield Saying(
                article_id=article,
                text=quote.text,
                parties=tuple(sorted(house)),
                in_title=quote.in_title,
            )


def _names_party(text: str, who: Who) -> bool:
    return _any_name(text, (who.name, *who.names))


def _any_name(text: str, names: Iterable[str]) -> bool:
    folded = key(text)
    return any(key(name) in folded for name in names if len(name) > 1)


# --- circles -----------------------------------------------------------------------------------

_RANK: Final[Mapping[State, int]] = {"talks": 0, "announced": 1, "completed": 2}


def circles(graph: DealGraph, *, max_length: int = 4) -> list[Circle]:
    """The elementary circles of up to that many parties, the shortest first.

    All legs between two parties of a circle are one step of it. A circle in which every step is a
    stake held is left out, and so is one contract that was read both ways.
    """
    if max_length < 2:
        raise UsageError("must be at least 2", key="max_length")
    networkx = networkx_module()
    steps: dict[tuple[str, str], list[Leg]] = {}
    for leg in graph.legs:
        if (step := leg.finances) is not None:
            steps.setdefault(step, []).append(leg)
    web = networkx.DiGraph(sorted(steps))
    found = []
    for cycle in networkx.simple_cycles(web, length_bound=max_length):
        ring = _from_smallest(cycle)
        hops = tuple(_hop(*step, steps[step]) for step in _steps(ring))
        if _is_circle(hops):
            found.append(_circle(graph, ring, hops))
    return sorted(found, key=lambda circle: (len(circle.parties), circle.parties))


def networkx_module() -> Any:
    """The library of graphs, imported when it is needed; UsageError where the extra is missing."""
    try:
        import networkx
    except ImportError as error:
        raise UsageError("the graph needs the extra: pip install 'zhdeals[graph]'") from error
    return networkx


def _from_smallest(cycle: Sequence[str]) -> tuple[str, ...]:
    at = cycle.index(min(cycle))
    return (*cycle[at:], *cycle[:at])


def _steps(ring: Sequence[str]) -> Iterator[tuple[str, str]]:
    return zip(ring, (*ring[1:], ring[0]), strict=True)


def _hop(giver: str, taker: str, legs: Sequence[Leg]) -> Hop:
    return Hop(giver=giver, taker=taker, legs=tuple(legs), sums=tuple(_totals(legs)))


def _totals(legs: Sequence[Leg]) -> Iterator[Total]:
    """Sums by currency, each deal once, without a total that is told beside its parts."""
    sums: dict[str, dict[str, Sum]] = {}
    bought = any(leg.buys and leg.basis == "record" and leg.amount for leg in legs)
    for leg in legs:
        if leg.basis == "condition" and bought:
            continue  # the clause tells the contract that has a record of its own
        if leg.amount is not None and leg.whole:
            sums.setdefault(leg.amount.currency, {}).setdefault(leg.deal, leg.amount)
    for currency, by_deal in sorted(sums.items()):
        parts = _without_total(list(by_deal.values()))
        yield Total(
            currency=currency,
            min=_bound([part.min for part in parts]),
            max=_bound([part.max for part in parts]),
            legs=len(parts),
        )


def _bound(bounds: Sequence[Decimal | None]) -> Decimal | None:
    told = [bound for bound in bounds if bound is not None]
    return sum(told, Decimal(0)) if len(told) == len(bounds) else None


def _without_total(sums: list[Sum]) -> list[Sum]:
    values = [s.max if s.max is not None else s.min or Decimal(0) for s in sums]
    if len(sums) > 2 and max(values) * 2 == sum(values):
        return [s for s, value in zip(sums, values, strict=True) if value != max(values)]
    return sums


def _is_circle(hops: Sequence[Hop]) -> bool:
    if all(leg.held for hop in hops for leg in hop.legs):
        return False
    if len(hops) != 2 or not all(leg.buys for hop in hops for leg in hop.legs):
        return True
    one, other = ({(leg.amount, leg.date) for leg in hop.legs if leg.amount} for hop in hops)
    return not one or one != other


def _circle(graph: DealGraph, ring: tuple[str, ...], hops: tuple[Hop, ...]) -> Circle:
    tied = _tied(hops)
    sayings = tuple(s for s in graph.sayings if _says(s, ring, hops)) + tied
    days = sorted(day for hop in hops for leg in hop.legs if (day := leg.date or leg.first_seen))
    return Circle(
        id=short_hash("circle", *ring),
        parties=ring,
        names=tuple(graph.name(party) for party in ring),
        kind=_kind(hops),
        hops=hops,
        said="text" if sayings else "structure",
        sayings=sayings,
        status=min((_firmest(hop) for hop in hops), key=lambda state: _RANK.get(state, 0)),
        first=days[0] if days else None,
        last=days[-1] if days else None,
        stated=all(any(leg.basis != "hardware" for leg in hop.legs) for hop in hops),
    )


def _kind(hops: Sequence[Hop]) -> Literal["investment-purchase", "purchases", "finance"]:
    buying = [any(leg.buys for leg in hop.legs) for hop in hops]
    lending = [any(not leg.buys for leg in hop.legs) for hop in hops]
    if all(buying) and not any(lending):
        return "purchases"
    return "investment-purchase" if any(buying) else "finance"


def _firmest(hop: Hop) -> State:
    return max((leg.status for leg in hop.legs), key=lambda state: _RANK.get(state, 0))


def _says(saying: Saying, ring: Sequence[str], hops: Sequence[Hop]) -> bool:
    """Whether an article says this circle: its words name all parties, and it tells every step."""
    told = all(any(saying.article_id in leg.articles for leg in hop.legs) for hop in hops)
    return told and set(ring) <= set(saying.parties) and (not saying.in_title or len(ring) <= 3)


def _tied(hops: Sequence[Hop]) -> tuple[Saying, ...]:
    """The conditions by which one deal alone makes all steps: 投资的条件是采用其芯片."""
    deals = set.intersection(*({leg.deal for leg in hop.legs} for hop in hops))
    legs = [leg for hop in hops for leg in hop.legs if leg.deal in deals]
    parties = tuple(sorted({hop.giver for hop in hops}))
    return tuple(
        Saying(article_id=article, text=leg.text, parties=parties)
        for leg in legs
        if leg.basis == "condition"
        for article in leg.articles[:1]
    )
