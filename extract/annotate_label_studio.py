"""Sheets as tasks of Label Studio, and back from its JSON export.

``label_config.xml`` is the labeling interface, ``tasks.json`` what is imported: what a person has
checked as ``annotations``, what the program proposes as ``predictions``. Status and optional are
choices of a deal's region, values stand in its text area; the fields are relations.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree as Xml

from extract.annotate import (
    LABELS,
    LINKS,
    Link,
    Region,
    Sheet,
    colour,
    files_of,
    has_value,
    points,
    read_text,
)
from extract.errors import GoldError
from extract.records import DEAL_TYPES, STATUSES

TASKS: Final = "tasks.json"
CONFIG: Final = "label_config.xml"
_OPTIONAL: Final = "optional"
# --- the interface -----------------------------------------------------------------------------


def config() -> str:
    """The labeling interface, as XML."""
    view = Xml.Element("View")
    relations = Xml.SubElement(view, "Relations")
    for link in LINKS:
        Xml.SubElement(relations, "Relation", value=link)
    labels = Xml.SubElement(view, "Labels", name="label", toName="text", choice="single")
    for label in LABELS:
        Xml.SubElement(labels, "Label", value=label, background=colour(label))
    Xml.SubElement(view, "Text", name="text", value="$text", granularity="symbol")
    _choices(view, "status", STATUSES, choice="single-radio")
    _choices(view, _OPTIONAL, (_OPTIONAL,), choice="multiple")
    Xml.SubElement(
        view, "TextArea", name="value", toName="text", perRegion="true", editable="true",
        maxSubmissions="1", placeholder="WORDS = VALUE",
    )  # fmt: skip
    Xml.indent(view)
    return Xml.tostring(view, encoding="unicode") + "\n"


def _choices(view: Xml.Element, name: str, values: Sequence[str], *, choice: str) -> None:
    """A question that is asked of deals only."""
    shown = Xml.SubElement(
        view, "View", visibleWhen="region-selected", whenTagName="label",
        whenLabelValue=",".join(DEAL_TYPES),
    )  # fmt: skip
    choices = Xml.SubElement(
        shown, "Choices", name=name, toName="text", perRegion="true", choice=choice
    )
    for value in values:
        Xml.SubElement(choices, "Choice", value=value)


# --- tasks -------------------------------------------------------------------------------------


def files(sheets: Iterable[Sheet]) -> tuple[dict[str, bytes], list[GoldError]]:
    """The files of a folder, by name, and what could not be put into them."""
    lines = [json.dumps(_task(sheet), ensure_ascii=False) for sheet in sheets]
    tasks = "[\n" + ",\n".join(lines) + "\n]\n" if lines else "[]\n"
    return {CONFIG: config().encode(), TASKS: tasks.encode()}, []


def _task(sheet: Sheet) -> dict[str, Any]:
    data = {**sheet.head, "text": sheet.text}
    result = [item for region in sheet.regions for item in _region_items(region)]
    result += [_relation(link) for link in sheet.links]
    if sheet.reviewed:
        return {"data": data, "annotations": [{"result": result}]}
    score = {} if sheet.score is None else {"score": sheet.score}
    return {"data": data, "predictions": [{"model_version": "zhdeals", **score, "result": result}]}


def _region_items(region: Region) -> Iterator[dict[str, Any]]:
    """The region and its attributes, which share its id."""
    words = {"text": region.text, "labels": [region.label]}
    yield _item(region, "label", "labels", words)
    if region.status is not None:
        yield _item(region, "status", "choices", {"choices": [region.status]})
    if region.optional:
        yield _item(region, _OPTIONAL, "choices", {"choices": [_OPTIONAL]})
    if region.value is not None:
        yield _item(region, "value", "textarea", {"text": [region.value]})


def _item(region: Region, name: str, kind: str, value: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": region.id,
        "from_name": name,
        "to_name": "text",
        "type": kind,
        "value": {"start": region.start, "end": region.end, **value},
    }


def _relation(link: Link) -> dict[str, Any]:
    return {
        "from_id": link.source,
        "to_id": link.target,
        "type": "relation",
        "direction": "right",
        "labels": [link.type],
    }


# --- back --------------------------------------------------------------------------------------


def sheets(path: Path) -> Iterator[Sheet | GoldError]:
    """The tasks of a JSON export, or of every one in a folder; each that cannot be read as an error.

    Of several annotations of a task the ground truth counts, else the one made last; a task without
    any has the sheet of its prediction, which nobody has reviewed.
    """
    for file in files_of(path, ".json"):
        try:
            tasks = list(_tasks(read_text(file).removeprefix("\ufeff"), str(file)))
        except GoldError as error:
            yield error
            continue
        for line, task in tasks:
            try:
                yield _sheet(task, str(file), line)
            except GoldError as error:
                yield error


def _tasks(content: str, file: str) -> Iterator[tuple[int, Any]]:
    """The tasks with the lines that they begin in."""
    try:
        whole = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise GoldError(f"is not JSON: {error}", file=file) from error
    if not isinstance(whole, list):
        yield 1, whole
        return
    decoder = json.JSONDecoder()
    at, line = content.index("[") + 1, 1
    counted = 0
    for _ in whole:
        while content[at] in " \t\r\n,":
            at += 1
        line += content.count("\n", counted, at)
        counted = at
        task, at = decoder.raw_decode(content, at)
        yield line, task


def _sheet(task: Any, file: str, line: int) -> Sheet:
    data = task.get("data") if isinstance(task, dict) else None
    if not isinstance(data, dict) or not isinstance(data.get("text"), str):
        raise GoldError("is no task: data with a text is missing", file=file, line=line)
    head = {key: value for key, value in data.items() if key != "text"}
    head.setdefault("article_id", str(task.get("id", f"line-{line}")))
    sheet = Sheet(head, data["text"], file=file, line=line)
    made, reviewed = _chosen(task)
    result = made.get("result", [])
    if not isinstance(result, list) or not all(isinstance(item, dict) for item in result):
        raise sheet.wrong("its result is no list of objects")
    regions = _regions(sheet, result)
    links = [
        link for item in result if item.get("type") == "relation" for link in _links(sheet, item)
    ]
    return replace(
        sheet, regions=tuple(regions), links=tuple(links), reviewed=reviewed,
        score=None if reviewed else made.get("score"),
    )  # fmt: skip


def _chosen(task: Mapping[str, Any]) -> tuple[Mapping[str, Any], bool]:
    """The annotation that counts and True, or a prediction and False."""
    made = [one for one in _objects(task, "annotations") if not one.get("was_cancelled")]
    if made:
        best = max(
            range(len(made)),
            key=lambda i: (
                bool(made[i].get("ground_truth")),
                str(made[i].get("created_at", "")),
                i,
            ),
        )
        return made[best], True
    guesses = _objects(task, "predictions")
    return (guesses[-1] if guesses else {}), False


def _objects(task: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    found = task.get(key)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _regions(sheet: Sheet, result: Sequence[Mapping[str, Any]]) -> list[Region]:
    """The labelled regions with their choices and values."""
    regions: dict[str, Region] = {}
    for item in result:
        if item.get("type") == "labels":
            region = _region(sheet, item)
            if region.id in regions:
                raise sheet.wrong(f"two regions have the id {region.id!r}")
            regions[region.id] = region
    for item in result:
        if item.get("type") not in ("labels", "relation"):
            owner = regions.get(str(item.get("id")))
            if owner is None:
                raise sheet.wrong(f"{item.get('from_name')!r} belongs to no labelled region")
            regions[owner.id] = _with_attribute(sheet, owner, item)
    return list(regions.values())


def _region(sheet: Sheet, item: Mapping[str, Any]) -> Region:
    value = item.get("value")
    labels = value.get("labels") if isinstance(value, dict) else None
    if not isinstance(value, dict) or not isinstance(labels, list) or len(labels) != 1:
        raise sheet.wrong(f"region {item.get('id')!r} does not have one label")
    start, end = value.get("start"), value.get("end")
    if not isinstance(start, int) or not isinstance(end, int):
        raise sheet.wrong(f"region {item.get('id')!r} has no offsets")
    words = value.get("text", sheet.text[start:end])
    if not isinstance(words, str):
        raise sheet.wrong(f"the text of region {item.get('id')!r} is no string")
    start, end, words = _fitted(sheet.text, start, end, words)
    return Region(str(item.get("id")), str(labels[0]), start, end, words)


def _fitted(text: str, start: int, end: int, words: str) -> tuple[int, int, str]:
    r"""Offsets in code points, and the words as the text has them.

    Some versions count UTF-16 units, as a browser does, and write line ends as ``\n``.
    """
    for first, last in ((start, end), points(text, start, end)):
        for told in (words, words.replace("\\n", "\n")):
            if text[first:last] == told:
                return first, last, told
    return start, end, words


def _with_attribute(sheet: Sheet, region: Region, item: Mapping[str, Any]) -> Region:
    """The region with a choice or a value."""
    name, value = item.get("from_name"), item.get("value")
    told = value.get("choices", value.get("text")) if isinstance(value, dict) else None
    told = [told] if isinstance(told, str) else told
    if not isinstance(told, list) or not all(isinstance(one, str) for one in told):
        raise sheet.wrong(f"{name!r} of {region.text!r} is no list of strings")
    if name == "status" and len(told) == 1:
        return replace(region, status=told[0])
    if name == _OPTIONAL and set(told) <= {_OPTIONAL}:
        return replace(region, optional=bool(told))
    if name == "value":
        note = " ".join(told).strip()
        return replace(region, value=(note if has_value(note) else f"= {note}") if note else None)
    raise sheet.wrong(f"unknown label {told!r} of {name!r}")


def _links(sheet: Sheet, item: Mapping[str, Any]) -> Iterator[Link]:
    labels = item.get("labels")
    if not isinstance(labels, list) or not labels:
        raise sheet.wrong(f"the relation from {item.get('from_id')!r} has no label")
    ends = str(item.get("from_id")), str(item.get("to_id"))
    if item.get("direction") == "left":
        ends = ends[1], ends[0]
    yield from (Link(str(label), *ends) for label in labels)
