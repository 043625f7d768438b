"""Sheets as JSON Lines for doccano's sequence labelling with relations, and back.

doccano has spans and relations, but no attributes: a deal's label tells type and status at once
(``investment.announced``, ``investment.talks.optional``). What is no label is carried in a column
of its own, ``regions``, which doccano keeps as metadata and gives back; values found there hold for
spans that stand where they stood.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any, Final

from extract.annotate import (
    FIELD_LABELS,
    LINKS,
    Link,
    Region,
    Sheet,
    colour,
    files_of,
    points,
    read_text,
    units,
)
from extract.errors import GoldError
from extract.records import DEAL_TYPES, STATUSES

ARTICLES: Final = "articles.jsonl"
SPAN_LABELS: Final = "span_labels.json"
RELATION_LABELS: Final = "relation_labels.json"
_OPTIONAL: Final = "optional"
_DEAL_LABELS: Final = tuple(
    f"{kind}.{status}{suffix}"
    for suffix in ("", f".{_OPTIONAL}")
    for kind in DEAL_TYPES
    for status in STATUSES
)

# --- there -------------------------------------------------------------------------------------


def files(sheets: Iterable[Sheet]) -> tuple[dict[str, bytes], list[GoldError]]:
    """The files of a folder, by name, and what could not be put into them."""
    spans, relations = count(1), count(1)  # ids are unique in the file
    rows = [_row(sheet, spans, relations) for sheet in sheets]
    lines = [json.dumps(row, ensure_ascii=False) + "\n" for row in rows]
    return {
        ARTICLES: "".join(lines).encode(),
        RELATION_LABELS: _types(LINKS),
        SPAN_LABELS: _types((*_DEAL_LABELS, *FIELD_LABELS)),
    }, []


def _types(labels: Iterable[str]) -> bytes:
    """Labels as doccano imports them."""
    types = [
        {
            "text": label,
            "prefix_key": None,
            "suffix_key": None,
            "background_color": colour(label.partition(".")[0]),
            "text_color": "#ffffff",
        }
        for label in labels
    ]
    return (json.dumps(types, indent=1) + "\n").encode()


def _row(sheet: Sheet, spans: Iterator[int], numbers: Iterator[int]) -> dict[str, Any]:
    ids = {region.id: next(spans) for region in sheet.regions}
    relations = [
        {
            "id": next(numbers),
            "from_id": ids[link.source],
            "to_id": ids[link.target],
            "type": link.type,
        }
        for link in sheet.links
    ]
    return {
        "text": sheet.text,
        "entities": [_entity(sheet.text, ids[one.id], one) for one in sheet.regions],
        "relations": relations,
        "article": dict(sheet.head),
        "regions": [
            [one.start, one.end, _label(one), one.text, one.value] for one in sheet.regions
        ],
    }


def _entity(text: str, number: int, region: Region) -> dict[str, Any]:
    start, end = units(text, region.start, region.end)
    return {"id": number, "label": _label(region), "start_offset": start, "end_offset": end}


def _label(region: Region) -> str:
    optional = f".{_OPTIONAL}" if region.optional else ""
    return f"{region.label}.{region.status}{optional}" if region.is_deal else region.label


# --- back --------------------------------------------------------------------------------------


def sheets(path: Path) -> Iterator[Sheet | GoldError]:
    """The rows of an export, or of every one in a folder; each that cannot be read as an error."""
    for file in files_of(path, ".jsonl"):
        try:
            lines = read_text(file).removeprefix("\ufeff").split("\n")
        except GoldError as error:
            yield error
            continue
        for line, content in enumerate(lines, start=1):
            if content.strip():
                try:
                    yield _sheet(content, file, line)
                except GoldError as error:
                    yield error


def _sheet(content: str, file: Path, line: int) -> Sheet:
    try:
        row = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise GoldError(f"is not JSON: {error}", file=str(file), line=line) from error
    if not isinstance(row, dict) or not isinstance(row.get("text"), str):
        raise GoldError("is no row of doccano: text is missing", file=str(file), line=line)
    kept = row if "article" in row else row.get("meta", row)
    head = kept.get("article") if isinstance(kept, dict) else None
    if not isinstance(head, dict):
        head = {"article_id": f"{file.stem}-{row.get('id', line)}"}
    sheet = Sheet(head, row["text"], file=str(file), line=line)
    values = _values(sheet, kept.get("regions", []) if isinstance(kept, dict) else [])
    regions = [_region(sheet, entity, values) for entity in _entities(sheet, row)]
    relations = row.get("relations", [])
    if not isinstance(relations, list) or not all(isinstance(one, dict) for one in relations):
        raise sheet.wrong("relations are no list of objects")
    links = [
        Link(str(o.get("type")), str(o.get("from_id")), str(o.get("to_id"))) for o in relations
    ]
    return replace(sheet, regions=tuple(regions), links=tuple(links))


def _entities(sheet: Sheet, row: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The spans as objects; without relations doccano writes them as lists of three."""
    told = row.get("entities", row.get("label", row.get("labels", [])))
    if isinstance(told, list):
        found = [
            {"id": number, **dict(zip(("start_offset", "end_offset", "label"), one, strict=False))}
            if isinstance(one, list)
            else one
            for number, one in enumerate(told)
        ]
        if all(isinstance(one, dict) for one in found):
            return found
    raise sheet.wrong("entities are no list of spans")


_Values = dict[tuple[int, int, str], list[str | None]]


def _values(sheet: Sheet, kept: Any) -> _Values:
    """The values that were exported, by place and label; their words must still stand there."""
    values: _Values = {}
    try:
        for start, end, label, words, value in kept:
            found = sheet.text[start:end]
            if found != words:
                raise sheet.wrong(
                    f"offsets have drifted: {label} {words!r} is not at {start}:{end}, "
                    f"which reads {found!r}"
                )
            if value is not None and not isinstance(value, str):
                raise TypeError
            values.setdefault((start, end, label.partition(".")[0]), []).append(value)
    except (TypeError, ValueError, AttributeError) as error:
        raise sheet.wrong("its regions are not what was exported") from error
    return values


def _region(sheet: Sheet, entity: Mapping[str, Any], values: _Values) -> Region:
    start, end = entity.get("start_offset"), entity.get("end_offset")
    label, told = entity.get("label"), entity.get("text")
    if not isinstance(start, int) or not isinstance(end, int) or not isinstance(label, str):
        raise sheet.wrong(f"span {entity.get('id')!r} has no offsets or no label")
    start, end = points(sheet.text, start, end)
    kind, status, optional = _split(label)
    kept = values.get((start, end, kind), [])
    return Region(
        str(entity.get("id")), kind, start, end,
        told if isinstance(told, str) else sheet.text[start:end],
        kept.pop(0) if kept else None, status, optional,
    )  # fmt: skip


def _split(label: str) -> tuple[str, str | None, bool]:
    """Label, status and optional; a label that is not ours stays whole, and is refused as such."""
    parts: Sequence[str] = label.split(".")
    if label in _DEAL_LABELS:
        return parts[0], parts[1], len(parts) > 2
    return label, None, False
