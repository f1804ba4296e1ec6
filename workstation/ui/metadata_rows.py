"""What a file says about itself, laid out as rows: the content of the metadata tree, without any Qt."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from workstation.errors import in_percent
from workstation.evidence.record import (
    Empty,
    Evidence,
    JpegSegment,
    JpegStructure,
    Metadata,
    NotApplicable,
    NotPresent,
    Payload,
    Present,
    QuantisationTable,
    TagEntry,
    TagState,
    Unreadable,
)
from workstation.ui.shown_text import visible

COMMON = 0.49
"""From this share of the training photos on, a missing tag is worth a row (the published threshold for tags)."""

EXIF_GROUPS = ("IFD0", "ExifIFD", "GPS", "InteropIFD", "IFD1")
COUNTED_GROUPS = frozenset({"IFD0", "ExifIFD", "GPS"})
"""Tags are counted over the training photos in these groups."""
USUAL_PAYLOADS = ("MakerNote", "XMP", "IPTC", "ICC", "thumbnail", "MPF image", "C2PA", "trailing data")
EXIF_CONTAINERS = frozenset({"JPEG", "TIFF", "PNG", "WebP", "HEIF", "AVIF"})
RAW_SHOWN = 24
"""Bytes of a raw value that a row shows; the tooltip shows more."""


@dataclass(slots=True)
class Row:
    """One line of the tree.

    Attributes:
        name, value, unit: as displayed; `value` is the full text.
        raw: bytes as stored, or text that stands for them ("64 values").
        offset: where it stands in the file, in bytes from the start; None where it stands nowhere in one piece.
        state: present or the kind of absence.
        subject: what the row speaks of (TagEntry, Payload, JpegSegment, QuantisationTable), or None.
        identifier: the tag number as "0x010F", or "".
        tag: name under which the training photos' tags are counted, or "".
        note: a further line for the tooltip.
        picture: an encoded image to show (the thumbnail), or b"".
        heading: whether it is a group of rows rather than a value.
        children: rows below it.
    """

    name: str
    value: str = ""
    raw: bytes | str = ""
    raw_size: int = 0
    unit: str = ""
    offset: int | None = None
    state: TagState = field(default_factory=Present)
    subject: object = None
    identifier: str = ""
    tag: str = ""
    note: str = ""
    picture: bytes = b""
    heading: bool = False
    children: list[Row] = field(default_factory=list)


def rows_of(evidence: Evidence, commonness: Mapping[str, float] | None = None) -> list[Row]:
    """All rows of a file, in reading order: IFDs, missing common tags, JPEG structure, payloads, the file itself."""
    metadata = evidence.metadata
    rows = list(_exif_rows(metadata, evidence.format))
    missing = _missing_common_tags(metadata, commonness or {})
    if missing:
        rows.append(missing)
    rows.append(_jpeg_row(metadata.jpeg))
    rows.append(_payloads_row(metadata))
    rows.append(_file_row(evidence))
    return rows


def state_in_words(state: TagState) -> str:
    """The kind of absence as a value cell says it; "" for what is present."""
    if isinstance(state, Unreadable):
        where = f" (at {offset_text(state.offset)})" if state.offset is not None else ""
        return f"unreadable: {state.reason}{where}"
    return "" if isinstance(state, Present) else state.label


def offset_text(offset: int | None) -> str:
    """A position in the file in hexadecimal, at least four digits; "" where there is none."""
    return "" if offset is None else f"0x{offset:04X}"


def size_text(size: int) -> str:
    """A number of bytes with its unit, thin groups of three digits."""
    return f"{grouped(size)} bytes" if size != 1 else "1 byte"


def grouped(number: int) -> str:
    """A whole number with narrow no-break spaces between groups of three digits."""
    return f"{number:,}".replace(",", "\u202f")


def raw_text(raw: bytes | str, limit: int, raw_size: int = 0) -> str:
    """Bytes in hexadecimal, cut at `limit` with the full length said."""
    if isinstance(raw, str):
        return raw
    full = max(len(raw), raw_size)
    shown = raw[:limit].hex(" ")
    return f"{shown} … ({size_text(full)})" if full > limit else shown


def _exif_rows(metadata: Metadata, file_format: str) -> Iterator[Row]:
    by_group: dict[str, list[TagEntry]] = {name: [] for name in EXIF_GROUPS}
    for entry in metadata.entries:
        by_group.setdefault(entry.group, []).append(entry)
    overall = metadata.exif_state
    if isinstance(overall, NotApplicable) or (not metadata.entries and file_format not in EXIF_CONTAINERS):
        yield Row("EXIF", state=NotApplicable(), note=f"{file_format} has no place for EXIF.", heading=True)
        return
    if not metadata.entries:
        note = "The file could carry EXIF." if isinstance(overall, NotPresent) else ""
        missing = NotPresent() if isinstance(overall, Present) else overall
        yield Row("EXIF", state=missing, note=note, heading=True)
        return
    if not isinstance(overall, Present):
        yield Row("EXIF", state=overall, heading=True)
    for name, entries in by_group.items():
        children = [_entry_row(entry) for entry in entries]
        state: TagState = Present() if children else NotPresent()
        yield Row(name, value=_count(children), state=state, children=children, heading=True)


def _entry_row(entry: TagEntry) -> Row:
    identifier = f"0x{entry.id:04X}"
    pieces = [f"{entry.group} tag {identifier}, {entry.type}, count {grouped(entry.count)}"]
    if entry.entry_offset is not None:
        pieces.append(f"entry at {offset_text(entry.entry_offset)}")
    return Row(
        f"{entry.name} (duplicate)" if entry.duplicate else entry.name,
        value=entry.text,
        raw=entry.raw,
        raw_size=entry.raw_size,
        unit=entry.unit,
        offset=entry.offset,
        state=entry.state,
        subject=entry,
        identifier=identifier,
        tag=entry.name if entry.group in COUNTED_GROUPS else "",
        note="; ".join(pieces),
    )


def _missing_common_tags(metadata: Metadata, commonness: Mapping[str, float]) -> Row | None:
    there = {entry.name for entry in metadata.entries if entry.group in COUNTED_GROUPS}
    missing = [(share, name) for name, share in commonness.items() if share >= COMMON and name not in there]
    if not missing or isinstance(metadata.exif_state, NotApplicable):
        return None
    children = [
        Row(
            name,
            tag=name,
            state=NotPresent(),
            note=f"{in_percent(share)} of the model's training photos carry this tag.",
        )
        for share, name in sorted(missing, key=lambda item: (-item[0], item[1]))
    ]
    return Row("Common tags not here", value=_count(children), children=children, heading=True)


def _jpeg_row(jpeg: JpegStructure | None) -> Row:
    if jpeg is None:
        return Row("JPEG", state=NotApplicable(), note="The file is no JPEG.", heading=True)
    height, width = jpeg.size
    quality = "not a standard table" if jpeg.quality is None else str(jpeg.quality)
    children = [
        Row("Process", value=jpeg.process),
        Row("Frame size", value=f"{width} × {height}", unit="px"),
        Row("Components", value=str(jpeg.components)),
        Row("Precision", value=str(jpeg.precision), unit="bit"),
        Row("Subsampling", value=jpeg.subsampling, state=Present() if jpeg.subsampling else NotApplicable()),
        Row("Quality (IJG scale)", value=quality, note="Told from all quantisation tables together."),
    ]
    if jpeg.restart_interval:
        markers = f"{jpeg.restart_markers} restart markers in the scans"
        children.append(Row("Restart interval", value=str(jpeg.restart_interval), unit="MCU", note=markers))
    if jpeg.end is None:
        children.append(Row("End of image", state=NotPresent(), note="There is no EOI marker: the stream was cut off."))
    else:
        children.append(Row("End of image", value=offset_text(jpeg.end), note="The byte after the EOI marker."))
    tables = [_table_row(table) for table in jpeg.tables]
    children.append(Row("Quantisation tables", value=_count(tables), children=tables, heading=True))
    segments = [_segment_row(segment) for segment in jpeg.segments]
    children.append(Row("Segments", value=_count(segments), children=segments, heading=True))
    return Row("JPEG", value=f"{jpeg.process}, {_quality_words(jpeg)}", children=children, heading=True)


def _quality_words(jpeg: JpegStructure) -> str:
    return "no standard table" if jpeg.quality is None else f"quality {jpeg.quality}"


def _table_row(table: QuantisationTable) -> Row:
    values = [
        Row(f"row {number}", value="  ".join(f"{value:3d}" for value in line), subject=table)
        for number, line in enumerate(table.values)
    ]
    return Row(
        f"Table {table.identifier}, {table.kind}",
        value="not a standard table" if table.quality is None else f"quality {table.quality}",
        raw=" ".join(str(value) for line in table.values for value in line),
        unit=f"{table.precision} bit",
        offset=table.offset,
        subject=table,
        children=values,
    )


def _segment_row(segment: JpegSegment) -> Row:
    return Row(
        segment.name,
        value=segment.note or size_text(segment.length),
        raw=f"ff {segment.marker & 0xFF:02x}" if segment.marker else "",
        offset=segment.offset,
        subject=segment,
        identifier=f"0xFF{segment.marker & 0xFF:02X}" if segment.marker else "",
        note=f"{size_text(segment.length)} long",
    )


def _payloads_row(metadata: Metadata) -> Row:
    children = [_payload_row(payload) for payload in metadata.payloads]
    there = {payload.kind for payload in metadata.payloads}
    found = _count(children)
    children += [Row(kind, state=NotPresent()) for kind in USUAL_PAYLOADS if kind not in there]
    return Row("Payloads", value=found or "none", children=children, heading=True)


def _payload_row(payload: Payload) -> Row:
    children = [Row(name, value=value) for name, value in payload.details]
    picture = payload.content if payload.kind == "thumbnail" else b""
    if picture:
        children.insert(
            0, Row("Picture", value="as embedded in the file", offset=payload.offset, picture=picture, subject=payload)
        )
    elif payload.content and payload.kind in {"XMP", "comment"}:
        text = payload.content.decode("utf-8", errors="backslashreplace").strip("\x00\ufeff \r\n\t")
        children.append(Row("Packet" if payload.kind == "XMP" else "Text", value=text, subject=payload))
    return Row(
        payload.kind,
        value=payload.description or size_text(payload.size),  # an empty cell would look like an empty payload
        raw=size_text(payload.size),
        offset=payload.offset,
        subject=payload,
        children=children,
    )


def _file_row(evidence: Evidence) -> Row:
    identity, pixels = evidence.identity, evidence.pixels
    children = [
        Row("Name", value=identity.name),
        Row("Folder", value=str(identity.path.parent)),
        Row("Size", value=str(identity.size), unit="bytes", note=f"{identity.size / 1e6:.2f} MB"),
        Row("SHA-256", value=identity.sha256),
        Row("SHA-1", value=identity.sha1),
        Row("MD5", value=identity.md5),
        Row("Modified", value=identity.modified, unit="UTC"),
        Row("Opened", value=identity.opened, unit="UTC"),
        Row("Format", value=evidence.format, note="Told by the content, not by the suffix."),
        Row("Stored size", value=f"{pixels.width} × {pixels.height}", unit="px"),
        Row("Stored samples", value=pixels.stored_mode),
        Row("Orientation", value=str(pixels.orientation), note="EXIF orientation; applied for display only."),
        Row("Frames", value=str(pixels.frames)),
        Row("EXIF byte order", value=evidence.metadata.byte_order, state=_order_state(evidence.metadata)),
    ]
    reductions = [Row(f"step {number}", value=rule) for number, rule in enumerate(pixels.reductions, 1)]
    if reductions:
        children.append(Row("Reductions", value=_count(reductions), children=reductions, heading=True))
    else:
        children.append(Row("Reductions", value="none", note="The stored samples are the ones that were analysed."))
    return Row("File", value=visible(identity.name), children=children, heading=True)


def _order_state(metadata: Metadata) -> TagState:
    if metadata.byte_order:
        return Present()
    return metadata.exif_state if not isinstance(metadata.exif_state, Present | Empty) else NotPresent()


def _count(rows: list[Row]) -> str:
    return str(len(rows)) if rows else ""
