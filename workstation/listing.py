"""Metadata as a list of rows, for programs (JSON) and for reading."""

from __future__ import annotations

import json
import math
from fractions import Fraction
from typing import Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from workstation import terminal
from workstation.evidence.payloads import STATING_KINDS
from workstation.evidence.record import (
    JpegStructure,
    Metadata,
    Payload,
    Present,
    TagEntry,
    TagState,
    TagValue,
    Unreadable,
)

Row = dict[str, Any]


def rows(metadata: Metadata) -> list[Row]:
    """One object for each IFD entry, each other payload, what XMP and IPTC say, and each property of the JPEG stream.

    Where the file holds no EXIF that can be read, an object of the group EXIF comes first and says so in its `state`.
    Every object has `group`, `name`, `id` (None where there is none), `raw` (hex digits), `value` (numbers as numbers,
    a rational as the nearest double, bytes as hex digits; None where nothing can be read), `unit`, `offset` (bytes
    from the start of the file, or None), `state` and `text`, the value as it is read.
    """
    found = [] if isinstance(metadata.exif_state, Present) else [_absent_exif(metadata.exif_state)]
    found += [_entry(entry) for entry in metadata.entries]
    for payload in metadata.payloads:
        found.append(_payload(payload))
        if payload.kind in STATING_KINDS:
            found += [_detail(payload.kind, name, value) for name, value in payload.details]
    if metadata.jpeg is not None:
        found += _jpeg(metadata.jpeg)
    return found


def as_json(metadata: Metadata) -> str:
    """`rows` as JSON in ASCII, which every terminal and pipe can carry."""
    return json.dumps(rows(metadata), indent=1, allow_nan=False)


def show(metadata: Metadata) -> None:
    """Print the rows: a table on a terminal, elsewhere group, name and text between tabs."""
    console = Console()
    if not console.is_terminal:
        for row in rows(metadata):
            typer.echo("\t".join(terminal.printable(part) for part in (row["group"], row["name"], _said(row))))
        return
    table = Table(box=None, pad_edge=False)
    for heading in ("group", "name", "value", "offset"):
        table.add_column(heading, overflow="fold")  # a long number or address must not be cut
    for row in rows(metadata):
        offset = "" if row["offset"] is None else str(row["offset"])
        table.add_row(*(_literal(text) for text in (row["group"], row["name"], _said(row), offset)))
    console.print(table)


def _said(row: Row) -> str:
    """What a reader sees of a row: its value, or the kind of its absence with the reason and the place."""
    if row["state"] == "present":
        return str(row["text"])
    reason, place = row.get("reason"), row.get("reason_offset")
    words = f"— {row['state']}"
    words += f": {reason}" if reason else ""
    return words if place is None else f"{words} at {place}"


def _absent_exif(state: TagState) -> Row:
    return {
        "group": "EXIF",
        "name": "EXIF",
        "id": None,
        "raw": "",
        "value": None,
        "unit": "",
        "text": "",
        "offset": None,
        **_state(state),
    }


def _entry(entry: TagEntry) -> Row:
    return {
        "group": entry.group,
        "name": entry.name,
        "id": entry.id,
        "type": entry.type,
        "count": entry.count,
        "raw": entry.raw.hex(),
        "raw_size": entry.raw_size or len(entry.raw),
        "value": _plain(entry.value),
        "unit": entry.unit,
        "text": entry.text,
        "offset": entry.offset,
        "duplicate": entry.duplicate,
        **_state(entry.state),
    }


def _payload(payload: Payload) -> Row:
    named: dict[str, list[str]] = {}
    for name, value in payload.details:
        named.setdefault(name, []).append(value)
    details = {name: values[0] if len(values) == 1 else values for name, values in named.items()}
    said = () if payload.kind in STATING_KINDS else payload.details
    text = ", ".join(filter(None, (payload.description, *(f"{name} {value}" for name, value in said))))
    return {
        "group": "Payload",
        "name": payload.kind,
        "id": None,
        "raw": payload.content.hex(),
        "raw_size": payload.size,
        "value": details or payload.description or None,
        "unit": "",
        "text": f"{payload.size} bytes" + (f": {text}" if text else ""),
        "offset": payload.offset,
        "state": "present",
    }


def _detail(kind: str, name: str, value: str) -> Row:
    """One statement of an XMP packet or an IPTC record."""
    return {
        "group": kind,
        "name": name,
        "id": None,
        "raw": "",
        "value": value,
        "unit": "",
        "text": value,
        "offset": None,
        "state": "present" if value else "empty",
    }


def _jpeg(jpeg: JpegStructure) -> list[Row]:
    height, width = jpeg.size
    quality = "not a standard table" if jpeg.quality is None else f"{jpeg.quality} (IJG)"
    found = [
        _property("process", jpeg.process),
        _property("width", width, unit="px"),
        _property("height", height, unit="px"),
        _property("components", jpeg.components),
        _property("precision", jpeg.precision, unit="bits"),
        _property("subsampling", jpeg.subsampling),
        _property("quality", jpeg.quality, text=quality),
    ]
    for table in jpeg.tables:
        named = f"quantisation table {table.identifier}"
        said = "not a standard table" if table.quality is None else f"quality {table.quality} (IJG)"
        values = [list(row) for row in table.values]
        found.append(_property(named, values, text=f"{table.kind}, {said}", offset=table.offset))
    for segment in jpeg.segments:
        text = f"{segment.length} bytes" + (f": {segment.note}" if segment.note else "")
        found.append(_property(f"segment {segment.name}", segment.length, "bytes", text=text, offset=segment.offset))
    return found


def _property(name: str, value: Any, unit: str = "", *, text: str | None = None, offset: int | None = None) -> Row:
    text = f"{value} {unit}".strip() if text is None else text
    return {
        "group": "JPEG",
        "name": name,
        "id": None,
        "raw": "",
        "value": value,
        "unit": unit,
        "text": text,
        "offset": offset,
        "state": "present",
    }


def _state(state: TagState) -> Row:
    if isinstance(state, Unreadable):
        return {"state": state.label, "reason": state.reason, "reason_offset": state.offset}
    return {"state": state.label}


def _plain(value: TagValue) -> Any:
    """A value as JSON holds it."""
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, (float, Fraction)):
        number = float(value)
        return number if math.isfinite(number) else str(number)
    return value


def _literal(text: str) -> Text:
    return Text(terminal.printable(text))
