"""What made an output: versions, a fingerprint of the rules, counts, and the time of each stage."""

from __future__ import annotations

import json
import platform
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from hashlib import blake2b, file_digest
from importlib.metadata import PackageNotFoundError, requires, version
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Final

from extract.batch import Summary, beside, whole_file

_DATA: Final = (".tsv", ".toml", ".json", ".onnx", ".txt", ".py")


@cache
def versions() -> Mapping[str, str]:
    """The version of this package, of Python, and of what it depends on and is installed."""
    found = {"zhdeals": version("zhdeals"), "python": platform.python_version()}
    for line in requires("zhdeals") or ():
        if re.search("extra == .(?:test|dev)", line):
            continue
        name = line.partition(";")[0].partition(">")[0].partition("[")[0].strip()
        try:
            found[name] = version(name)
        except PackageNotFoundError:  # of an extra
            continue
    return dict(sorted(found.items()))


@cache
def rules_fingerprint() -> str:
    """The same as long as seeds, models, code and the versions below them are the same."""
    told = blake2b(digest_size=16)
    told.update(json.dumps(versions()).encode())
    for package in ("extract", "extract.seeds", "extract.models"):
        for name, content in _contents(files(package)):
            told.update(f"{package}/{name}\0{len(content)}\0".encode())
            told.update(content)
    return told.hexdigest()


_MODEL: Final = (".json", ".txt", ".model", ".onnx", ".safetensors", ".bin")


def folder_fingerprint(folder: Path) -> str:
    """The same as long as the files of a model, in a folder of its own, are the same."""
    told = blake2b(digest_size=16)
    for path in sorted(folder.iterdir()):
        if path.is_file() and path.suffix in _MODEL:
            with path.open("rb") as stream:
                content = file_digest(stream, lambda: blake2b(digest_size=16)).hexdigest()
            told.update(f"{path.name}\0{content}\0".encode())
    return told.hexdigest()


def _contents(folder: Traversable) -> Iterator[tuple[str, bytes]]:
    for found in sorted(folder.iterdir(), key=lambda one: one.name):
        if found.is_file() and found.name.endswith(_DATA):
            yield found.name, found.read_bytes()


@dataclass(frozen=True, slots=True)
class Setting:
    """What a run was asked for."""

    inputs: Sequence[str]
    options: Mapping[str, Any]
    started: datetime


def manifest(setting: Setting, summary: Summary, *, complete: bool) -> dict[str, Any]:
    """What is written beside the output; ``stages`` are seconds of all processes together."""
    return {
        "complete": complete,
        "versions": versions(),
        "rules": rules_fingerprint(),
        "inputs": list(setting.inputs),
        "options": dict(setting.options),
        "started": setting.started.isoformat(timespec="seconds"),
        "ended": datetime.now(UTC).isoformat(timespec="seconds"),
        "seconds": round(summary.seconds, 3),
        "counts": {
            "articles": summary.articles,
            "deals": summary.deals,
            "failures": summary.failures,
            "kept": summary.kept,
            "characters": summary.characters,
            "bytes": summary.size,
        },
        "encodings": dict(sorted(summary.encodings.items())),
        "stages": {name: round(spent, 3) for name, spent in sorted(summary.stages.items())},
    }


def write_manifest(out: Path, setting: Setting, summary: Summary, *, complete: bool) -> None:
    """Write it beside the output."""
    told = manifest(setting, summary, complete=complete)
    with whole_file(beside(out, "manifest.json")) as stream:
        stream.write(json.dumps(told, ensure_ascii=False, indent=1) + "\n")
