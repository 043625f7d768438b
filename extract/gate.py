"""The gate: floors pinned for a gold file with its fingerprint, which move up only."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from extract.errors import GoldError
from extract.evaluate import GATED, Report
from extract.gold import fingerprint


@dataclass(frozen=True, slots=True)
class Gate:
    """What the floors say of a report: the reasons to refuse it, none where it may pass."""

    refusals: tuple[str, ...]


def check_floors(report: Report, gold: Path, floors: Path) -> Gate:
    """Compare a report with the floors pinned for a gold file."""
    pinned = _read_floors(floors).get(_floor_name(gold, floors))
    if pinned is None:
        return Gate((f"no floors are pinned for {gold} in {floors}",))
    if pinned["fingerprint"] != fingerprint(gold):
        return Gate((f"{gold} is not the file that the floors in {floors} were pinned for",))
    return Gate(tuple(_below(report, pinned["floors"])))


def pin_floors(report: Report, gold: Path, floors: Path, *, force: bool = False) -> Gate:
    """Move the floors up to a report's scores; down only with ``force``."""
    table = _read_floors(floors) if floors.exists() else {}
    name = _floor_name(gold, floors)
    before = table.get(name, {"floors": {}})["floors"]
    refusals = () if force else tuple(_below(report, before))
    if not refusals:
        table[name] = {"fingerprint": fingerprint(gold), "floors": _floors_of(report)}
        text = json.dumps(table, ensure_ascii=False, indent=2, sort_keys=True)
        floors.write_text(text + "\n", encoding="utf-8")
    return Gate(refusals)


def _below(report: Report, floors: Mapping[str, float]) -> Iterator[str]:
    for name, floor in sorted(floors.items()):
        score = getattr(report, name).f1
        if score is None or score < floor:
            shown = "–" if score is None else f"{score:.4f}"
            yield f"{name} F1 {shown} is under its floor {floor:.3f}"


def _floors_of(report: Report) -> dict[str, float]:
    scores = {name: getattr(report, name).f1 for name in GATED}
    if None in scores.values():
        raise GoldError("no gold deals, so there is no score that could be pinned")
    # Cut, not rounded, so that the run that was pinned passes.
    return {name: math.floor(score * 1000) / 1000 for name, score in scores.items()}


def _floor_name(gold: Path, floors: Path) -> str:
    """The gold file as seen from the floors, so that no machine's path is written."""
    return Path(os.path.relpath(gold.absolute(), floors.absolute().parent)).as_posix()


def _read_floors(path: Path) -> dict[str, Any]:
    try:
        table: Any = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise GoldError(f"cannot be read: {error}", file=str(path)) from error
    if not isinstance(table, dict):
        raise GoldError("is not an object of floors by gold file", file=str(path))
    for name, entry in table.items():
        _check_entry(entry, file=str(path), key=name)
    return table


def _check_entry(entry: object, *, file: str, key: str) -> None:
    if not isinstance(entry, dict) or set(entry) != {"fingerprint", "floors"}:
        raise GoldError("must hold fingerprint and floors", file=file, key=key)
    floors = entry["floors"]
    if not isinstance(floors, dict) or not set(floors) <= set(GATED):
        raise GoldError(f"floors may only name {', '.join(GATED)}", file=file, key=key)
    if not all(isinstance(floor, int | float) for floor in floors.values()):
        raise GoldError("floors must be numbers", file=file, key=key)
