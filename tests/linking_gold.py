"""The gold of linking: short records of articles, each labelled with the deal that it tells."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from extract.amounts import parse_money
from extract.tellings import Telling, tellings_of

FOLDER = Path(__file__).resolve().parent / "corpora" / "linking"

FIELDS = {
    "amount", "valuation", "stake", "round", "status", "date", "hardware", "condition", "evidence",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Labelled:
    """A record with the deal that it tells."""

    deal: str
    telling: Telling


def read_gold(name: str) -> list[Labelled]:
    """The records of ``NAME.txt``, whose first lines say how it is written."""
    lines = (FOLDER / f"{name}.txt").read_text(encoding="utf-8").split("\n")
    return list(parse(lines))


def parse(lines: Iterable[str]) -> Iterator[Labelled]:
    article: dict[str, Any] = {}
    labels: list[str] = []
    for line in (*lines, "@ end 2000-01-01"):
        if line.startswith("@"):
            if article:
                yield from _paired(labels, tellings_of(article))
            _, name, day = line.split()[:3]
            article, labels = {"article_id": name, "published": day, "deals": []}, []
        elif line.strip() and not line.startswith("#"):
            label, deal = parse_line(line)
            labels.append(label)
            article["deals"].append(deal)


def _paired(labels: list[str], told: tuple[Telling, ...]) -> Iterator[Labelled]:
    for label, telling in zip(labels, told, strict=True):
        yield Labelled(label, telling)


def parse_line(line: str) -> tuple[str, dict[str, Any]]:
    label, kind, sides, *fields = (cell.strip() for cell in line.split(" | "))
    payers, payees = sides.split(">")
    deal: dict[str, Any] = {"type": kind, "conditions": [], "hardware": []}
    deal["investor"], deal["target"] = _parties(payers), _parties(payees)
    for cell in fields:
        name, value = cell.split("=", 1)
        if name not in FIELDS:
            raise ValueError(f"{name} is no field: {line}")
        _set(deal, name, value)
    return label, deal


def _set(deal: dict[str, Any], name: str, value: str) -> None:
    if name in {"amount", "valuation"}:
        deal[name] = money(value)
    elif name == "hardware":
        deal["hardware"].append({"name": value})
    elif name == "condition":
        kind, text = value.split(":", 1)
        deal["conditions"].append({"kind": kind, "text": text})
    else:
        deal[name] = value


def _parties(side: str) -> list[dict[str, Any]]:
    return [_party(one) for one in side.strip().split("、") if one.strip()]


def _party(text: str) -> dict[str, Any]:
    forms, _, role = text.strip().partition("~")
    names = forms.split("/")
    return {"name": names[0], "names": names, **({"role": role} if role else {})}


def money(text: str) -> dict[str, Any]:
    quantity = parse_money(text)
    if quantity is None:
        raise ValueError(f"{text} is no money")
    bounds = {"min": quantity.min, "max": quantity.max, "currency": quantity.unit}
    return {**bounds, "modifier": quantity.modifier, "text": text}


# --- scores ------------------------------------------------------------------------------------


def pairwise(gold: Mapping[Hashable, str], found: Mapping[Hashable, str]) -> tuple[float, float]:
    """Precision and recall of the pairs of records that are of one deal."""
    wanted, told = Counter(gold.values()), Counter(found.values())
    both = Counter((gold[record], found[record]) for record in gold)

    def pairs(counts: Counter[Any]) -> int:
        return sum(n * (n - 1) // 2 for n in counts.values())

    return pairs(both) / (pairs(told) or 1), pairs(both) / (pairs(wanted) or 1)


def b_cubed(gold: Mapping[Hashable, str], found: Mapping[Hashable, str]) -> tuple[float, float]:
    """Precision and recall by record: the share of a record's cluster, and of its deal, in common."""
    wanted, told = Counter(gold.values()), Counter(found.values())
    both = Counter((gold[record], found[record]) for record in gold)
    precision = sum(both[gold[r], found[r]] / told[found[r]] for r in gold) / len(gold)
    recall = sum(both[gold[r], found[r]] / wanted[gold[r]] for r in gold) / len(gold)
    return precision, recall


def f1(pair: tuple[float, float]) -> float:
    """The harmonic mean."""
    precision, recall = pair
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0
