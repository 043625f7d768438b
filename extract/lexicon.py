"""Seed files to frozen tables, checked while they are read."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from extract.errors import SeedError
from extract.resources import seed_text
from extract.text import fold


@dataclass(frozen=True, slots=True)
class Org:
    """A row of ``orgs.tsv``."""

    id: str
    name: str
    kind: str
    country: str
    parent: str


@dataclass(frozen=True, slots=True)
class Surface:
    """One way to write an organisation or a piece of hardware.

    ``caution`` is ``common`` for what is also an ordinary word, ``ambiguous`` for what names
    several, ``context`` for what needs a word of the field near it.
    """

    surface: str
    id: str
    kind: str
    caution: str


@dataclass(frozen=True, slots=True)
class Hardware:
    """A row of ``hardware.tsv``."""

    id: str
    surface: str
    vendor: str
    family: str
    kind: str
    unit: str
    caution: str


def read_tsv(name: str, columns: Sequence[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows of a TSV seed with their line numbers; ``#`` starts a comment line.

    Raises SeedError with file and line where a row has not exactly the named columns.
    """
    header: list[str] | None = None
    for number, line in enumerate(seed_text(name).split("\n"), 1):
        if not line.strip() or line.startswith("#"):
            continue
        cells = line.split("\t")
        if header is None:
            header = cells
            if header != list(columns):
                raise SeedError(
                    f"expected the columns {', '.join(columns)}", file=name, line=number
                )
        elif len(cells) != len(columns):
            raise SeedError(
                f"expected {len(columns)} columns, found {len(cells)}", file=name, line=number
            )
        else:
            yield number, dict(zip(columns, cells, strict=True))


@cache
def read_toml(name: str) -> Mapping[str, Any]:
    """A TOML seed; raises SeedError where it cannot be parsed."""
    try:
        return tomllib.loads(seed_text(name))
    except tomllib.TOMLDecodeError as error:
        raise SeedError(str(error), file=name) from error


def key(surface: str) -> str:
    """The form under which surfaces are compared: width, script and ASCII case folded."""
    return lower(fold(surface))


_ASCII_LOWER = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}


def lower(text: str) -> str:
    """Letters to lower case; where ``str.lower`` would change the length, ASCII letters alone."""
    lowered = text.lower()
    return lowered if len(lowered) == len(text) else text.translate(_ASCII_LOWER)


@cache
def orgs() -> dict[str, Org]:
    """All organisations by id."""
    found: dict[str, Org] = {}
    for line, row in read_tsv("orgs.tsv", ("id", "name", "kind", "country", "parent")):
        if row["id"] in found:
            raise SeedError("this id is taken", file="orgs.tsv", line=line, key=row["id"])
        found[row["id"]] = Org(**row)
    for org in found.values():
        if org.parent and org.parent not in found:
            raise SeedError(f"unknown parent {org.parent}", file="orgs.tsv", key=org.id)
    return found


@cache
def org_surfaces() -> dict[str, Surface]:
    """All names and aliases of organisations by their key."""
    known = orgs()
    found = {key(org.name): Surface(org.name, org.id, "name", "") for org in known.values()}
    for line, row in read_tsv("aliases.tsv", ("surface", "org", "kind", "caution")):
        if row["org"] not in known:
            raise SeedError("unknown organisation", file="aliases.tsv", line=line, key=row["org"])
        entry = Surface(row["surface"], row["org"], row["kind"], row["caution"])
        folded = key(entry.surface)
        if folded in found and not (entry.caution and found[folded].id == entry.id):
            raise SeedError("listed twice", file="aliases.tsv", line=line, key=entry.surface)
        found[folded] = entry
    return found


@cache
def _names_by_org() -> dict[str, tuple[str, ...]]:
    forms: dict[str, list[str]] = {}
    for entry in org_surfaces().values():
        if entry.kind not in {"ticker", "person"}:
            forms.setdefault(entry.id, []).append(entry.surface)
    return {org: tuple(dict.fromkeys([orgs()[org].name, *listed])) for org, listed in forms.items()}


def org_names(org: str) -> tuple[str, ...]:
    """Every listed form of an organisation, its usual name first, tickers and persons left out."""
    return _names_by_org().get(org, ())


_HARDWARE_COLUMNS = ("id", "surface", "vendor", "family", "kind", "unit", "caution")


@cache
def hardware_surfaces() -> dict[str, Hardware]:
    """All names of hardware by their key."""
    found: dict[str, Hardware] = {}
    for line, row in read_tsv("hardware.tsv", _HARDWARE_COLUMNS):
        entry = Hardware(**row)
        if key(entry.surface) in found:
            raise SeedError("listed twice", file="hardware.tsv", line=line, key=entry.surface)
        found[key(entry.surface)] = entry
    return found


def words(name: str, *path: str) -> tuple[str, ...]:
    """A list of strings of a TOML seed, by the keys that lead to it."""
    node: Any = read_toml(name)
    for step in path:
        if not isinstance(node, Mapping) or step not in node:
            raise SeedError("this list is missing", file=name, key=".".join(path))
        node = node[step]
    if not isinstance(node, list) or not all(isinstance(word, str) and word for word in node):
        raise SeedError("expected a list of words", file=name, key=".".join(path))
    return tuple(node)


def alternation(choices: Iterable[str]) -> str:
    """A regular expression that matches any of the words, the longest first."""
    ordered = sorted(set(choices), key=lambda word: (-len(word), word))
    return "|".join(re.escape(word) for word in ordered)
