"""Sheets as a collection for brat, and back: a ``.txt`` and an ``.ann`` for each article.

A deal is an event, its evidence the trigger and its fields the arguments; status and optional are
attributes, values are notes. ``annotation.conf`` is the schema. ``articles.jsonl`` holds what brat
has no place for, such as titles and dates of publication; brat leaves it alone.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from extract.annotate import (
    FIELD_LABELS,
    FIELD_LINKS,
    PARTY_LINKS,
    SIDE_LINKS,
    Link,
    Region,
    Sheet,
    files_of,
    has_value,
    read_text,
)
from extract.errors import GoldError
from extract.records import DEAL_TYPES, STATUSES

CONFIG: Final = "annotation.conf"
ARTICLES: Final = "articles.jsonl"
# Where Python ends a line when brat reads its files: a span over one must be written in pieces.
_LINE_END: Final = re.compile(r"[\n\x0b\x0c\x1c-\x1e\x85\u2028\u2029]+")

# --- there -------------------------------------------------------------------------------------


def config() -> str:
    """``annotation.conf``: the types of brat's spans, relations, events and attributes."""
    fields = [f"{link}*:party" for link in PARTY_LINKS]
    for link, labels in FIELD_LINKS.items():
        many = "*" if link in ("condition", "hardware") else "?"
        fields.append(f"{link}{many}:{'|'.join(labels)}")
    return "\n".join(
        [
            "[entities]",
            *FIELD_LABELS,
            "",
            "[relations]",
            *(f"{link}\tArg1:{a}, Arg2:{b}" for link, (a, b) in SIDE_LINKS.items()),
            "<OVERLAP>\tArg1:<ANY>, Arg2:<ANY>, <OVL-TYPE>:<ANY>",
            "",
            "[events]",
            *(f"{kind}\t{', '.join(fields)}" for kind in DEAL_TYPES),
            "",
            "[attributes]",
            f"status\tArg:<EVENT>, Value:{'|'.join(STATUSES)}",
            "optional\tArg:<EVENT>",
            "",
        ]
    )


def files(sheets: Iterable[Sheet]) -> tuple[dict[str, bytes], list[GoldError]]:
    """The files of a folder, by name, and what could not be put into them."""
    made: dict[str, bytes] = {CONFIG: config().encode()}
    heads: list[str] = []
    refused: list[GoldError] = []
    for sheet in sheets:
        if reason := _unfit(sheet):
            refused.append(sheet.wrong(reason))
            continue
        name = _name(sheet.article_id, made)
        made[f"{name}.txt"] = sheet.text.encode()
        made[f"{name}.ann"] = "".join(f"{line}\n" for line in _lines(sheet)).encode()
        heads.append(json.dumps({"file": name, "article": sheet.head}, ensure_ascii=False) + "\n")
    made[ARTICLES] = "".join(heads).encode()
    return made, refused


def _unfit(sheet: Sheet) -> str:
    """Why brat cannot hold a sheet, or nothing."""
    if "\r" in sheet.text:
        return "holds a carriage return, which brat does not count"
    for region in sheet.regions:
        if _LINE_END.match(region.text[0]) or _LINE_END.match(region.text[-1]):
            return f"{region.label} {region.text!r} begins or ends in a line end"
    return ""


def _name(article_id: str, taken: Mapping[str, object]) -> str:
    """A name for the files of an article that no other has, also where case does not count."""
    name = re.sub(r"[^\w-]", "_", article_id)[:100]
    used = {other.casefold() for other in taken}
    number = 1
    while f"{name}{'' if number == 1 else f'.{number}'}.txt".casefold() in used:
        number += 1
    return name if number == 1 else f"{name}.{number}"


def _lines(sheet: Sheet) -> Iterator[str]:
    spans = {region.id: f"T{number}" for number, region in enumerate(sheet.regions, 1)}
    deals = [region for region in sheet.regions if region.is_deal]
    events = {region.id: f"E{number}" for number, region in enumerate(deals, 1)}
    for region in sheet.regions:
        yield _span_line(spans[region.id], sheet.text, region)
    for deal in deals:
        yield _event_line(events[deal.id], spans, sheet, deal)
    others = [link for link in sheet.links if link.source not in events]
    for number, link in enumerate(others, 1):
        yield f"R{number}\t{link.type} Arg1:{spans[link.source]} Arg2:{spans[link.target]}"
    told = [f"status {events[deal.id]} {deal.status}" for deal in deals]
    told += [f"optional {events[deal.id]}" for deal in deals if deal.optional]
    for number, attribute in enumerate(told, 1):
        yield f"A{number}\t{attribute}"
    valued = [region for region in sheet.regions if region.value is not None]
    for number, region in enumerate(valued, 1):
        owner = events.get(region.id, spans[region.id])
        yield f"#{number}\tAnnotatorNotes {owner}\t{region.value}"


def _span_line(number: str, text: str, region: Region) -> str:
    pieces = list(_pieces(text, region.start, region.end))
    places = ";".join(f"{start} {end}" for start, end in pieces)
    words = " ".join(text[start:end] for start, end in pieces)
    return f"{number}\t{region.label} {places}\t{words}"


def _pieces(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The stretches between line ends."""
    at = start
    for match in _LINE_END.finditer(text, start, end):
        if match.start() > at:
            yield at, match.start()
        at = match.end()
    if at < end:
        yield at, end


def _event_line(number: str, spans: Mapping[str, str], sheet: Sheet, deal: Region) -> str:
    """The event; brat numbers roles that come again."""
    parts = [f"{deal.label}:{spans[deal.id]}"]
    seen: Counter[str] = Counter()
    for link in sheet.links:
        if link.source == deal.id:
            seen[link.type] += 1
            again = "" if seen[link.type] == 1 else str(seen[link.type])
            parts.append(f"{link.type}{again}:{spans[link.target]}")
    return f"{number}\t{' '.join(parts)}"


# --- back --------------------------------------------------------------------------------------


def sheets(path: Path) -> Iterator[Sheet | GoldError]:
    """The articles of a folder, or of one ``.ann`` file; each that cannot be read as an error.

    They come in the order of ``articles.jsonl``; those that it does not name follow, with the name
    of the file for their id.
    """
    found = {file.stem: file for file in files_of(path, ".ann")}
    heads = _heads((path if path.is_dir() else path.parent) / ARTICLES)
    named = [name for name in heads if name in found]
    for name in [*named, *(name for name in found if name not in heads)]:
        try:
            yield _sheet(found[name], heads.get(name, {"article_id": name}))
        except GoldError as error:
            yield error
    if path.is_dir():
        for name in heads:
            if name not in found:
                key = str(heads[name].get("article_id", name))
                yield GoldError("is missing", file=str(path / f"{name}.ann"), key=key)


def _heads(path: Path) -> dict[str, dict[str, Any]]:
    """What is known of the articles, by the names of their files."""
    heads: dict[str, dict[str, Any]] = {}
    lines = read_text(path).split("\n") if path.exists() else []
    for number, line in enumerate(lines, start=1):
        if line.strip():
            try:
                told = json.loads(line)
                heads[told["file"]] = {**told["article"]}
            except (ValueError, TypeError, KeyError) as error:
                raise GoldError("names no file", file=str(path), line=number) from error
    return heads


def _sheet(file: Path, head: Mapping[str, Any]) -> Sheet:
    sheet = Sheet(head, "", file=str(file), line=1)
    text_file = file.with_suffix(".txt") if file.suffix == ".ann" else file
    try:
        sheet = replace(sheet, text=read_text(text_file))
    except GoldError as error:
        raise sheet.wrong(f"its text {text_file.name} {error.message}") from error
    reading = _Standoff(sheet)
    for number, line in enumerate(read_text(file).split("\n"), start=1):
        if line.strip():
            reading.take(line.rstrip("\r"), number)
    return reading.sheet_of()


_TEXT_BOUND: Final = re.compile(
    r"(?P<id>T[^\t]+)\t(?P<label>\S+) (?P<places>\d+ \d+(?:;\d+ \d+)*)(?:\t(?P<words>.*))?"
)
_EVENT: Final = re.compile(
    r"(?P<id>E[^\t]+)\t(?P<label>[^\s:]+):(?P<trigger>T\S+)(?P<roles>[^\t]*)\s*"
)
_RELATION: Final = re.compile(
    r"R[^\t]+\t(?P<type>\S+) [^\s:]+:(?P<first>\S+) [^\s:]+:(?P<second>\S+)\s*"
)
_ATTRIBUTE: Final = re.compile(r"[AM][^\t]+\t(?P<name>\S+) (?P<owner>\S+)(?: (?P<value>\S+))?\s*")
_NOTE: Final = re.compile(r"#[^\t]*\t(?P<kind>\S+) (?P<owner>\S+)(?:\t(?P<note>.*))?")


@dataclass(slots=True)
class _Standoff:
    """What the lines of one file have told so far."""

    sheet: Sheet
    spans: dict[str, Region] = field(default_factory=dict)
    events: dict[str, tuple[str, str, int]] = field(default_factory=dict)
    links: list[Link] = field(default_factory=list)
    status: dict[str, str] = field(default_factory=dict)
    optional: set[str] = field(default_factory=set)
    values: dict[str, str] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)

    def take(self, line: str, number: int) -> None:
        """Take in a line, by its first letter."""
        kinds = {"T": _TEXT_BOUND, "E": _EVENT, "R": _RELATION, "A": _ATTRIBUTE, "M": _ATTRIBUTE}
        kind = line[0]
        match = kinds.get(kind, _NOTE).fullmatch(line)
        if match is None:
            raise self.sheet.wrong(f"{line[:60]!r} is no T, E, R, A, M or # line", number)
        if kind == "T":
            self._span(match, number)
        elif kind == "E":
            self._event(match, number)
        elif kind == "R":
            self.links.append(Link(match["type"], match["first"], match["second"], number))
        elif kind == "#":
            self._note(match, number)
        else:
            self._attribute(match, number)

    def _span(self, match: re.Match[str], number: int) -> None:
        text = self.sheet.text
        pieces = [
            (int(start), int(end))
            for place in match["places"].split(";")
            for start, end in [place.split(" ")]
        ]
        start, end = pieces[0][0], pieces[-1][1]
        told = match["words"]
        if len(pieces) > 1 and pieces != list(_pieces(text, start, end)):
            raise self.sheet.wrong(f"{match['id']} has a gap: {match['places']}", number)
        if told is None or told == " ".join(text[first:last] for first, last in pieces):
            told = text[start:end]
        if match["id"] in self.spans:
            raise self.sheet.wrong(f"{match['id']} stands twice", number)
        self.spans[match["id"]] = Region(match["id"], match["label"], start, end, told, line=number)

    def _event(self, match: re.Match[str], number: int) -> None:
        if match["id"] in self.events:
            raise self.sheet.wrong(f"{match['id']} stands twice", number)
        self.events[match["id"]] = match["label"], match["trigger"], number
        for part in match["roles"].split():
            role, told, target = part.partition(":")
            if not told:
                raise self.sheet.wrong(f"{part!r} is no argument", number)
            self.links.append(Link(role.rstrip("0123456789"), match["id"], target, number))

    def _attribute(self, match: re.Match[str], number: int) -> None:
        if match["name"] == "status" and match["value"]:
            self.status[match["owner"]] = match["value"]
        elif match["name"] == "optional" and not match["value"]:
            self.optional.add(match["owner"])
        else:
            raise self.sheet.wrong(f"unknown label {match['name']!r} of an attribute", number)

    def _note(self, match: re.Match[str], number: int) -> None:
        note = match["note"] or ""
        if match["kind"] == "AnnotatorNotes" and has_value(note):
            self.values[match["owner"]] = note
        else:
            error = self.sheet.wrong(f"note left out: {note!r}", number)
            self.remarks.append(str(error))

    def sheet_of(self) -> Sheet:
        """The sheet: spans that trigger events are deals, the others fields."""
        triggers = {trigger for _, trigger, _ in self.events.values()}
        regions = [self._deal(number) for number in self.events]
        regions += [
            replace(region, value=self.values.get(region.id))
            for region in self.spans.values()
            if region.id not in triggers
        ]
        return replace(
            self.sheet, regions=tuple(regions), links=tuple(self.links),
            remarks=tuple(self.remarks),
        )  # fmt: skip

    def _deal(self, event: str) -> Region:
        label, trigger, number = self.events[event]
        span = self.spans.get(trigger)
        if span is None or span.label != label:
            raise self.sheet.wrong(f"{event} has no trigger {trigger} of type {label}", number)
        if label not in DEAL_TYPES:
            raise self.sheet.wrong(f"unknown label {label!r}", number)
        return replace(
            span, id=event, value=self.values.get(event), status=self.status.get(event),
            optional=event in self.optional,
        )  # fmt: skip
