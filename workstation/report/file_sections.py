"""What the file says about itself: the whole metadata table, payloads and JPEG structure, as flowables."""

from __future__ import annotations

from itertools import groupby

from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Spacer

from workstation.evidence.record import JpegStructure, Metadata, Payload, QuantisationTable, TagEntry, Unreadable
from workstation.report import wording
from workstation.report.document import ExhibitReport
from workstation.report.flowables import (
    CELL_MONO,
    RULE,
    SMALL,
    TEXT_WIDTH,
    Picture,
    facts,
    grid,
    heading,
    listing,
    padding,
    paragraph,
    together,
)
from workstation.report.pictures import thumbnail_picture
from workstation.report.texts import report_texts
from workstation.report.typeface import shortened

LONGEST_VALUE = 360
"""Characters of one value in the table; the whole of it stands in result.json."""


def file_sections(report: ExhibitReport) -> list[Flowable]:
    """Metadata, payloads and structure of one exhibit's file."""
    recorded = report.evidence.metadata
    return [
        *metadata(recorded),
        *payloads(recorded.payloads),
        *thumbnails(recorded.payloads),
        *jpeg(recorded.jpeg),
    ]


def metadata(recorded: Metadata) -> list[Flowable]:
    """Every entry of every IFD, with the kind of absence and the raw bytes."""
    story = heading("Metadata: what the file says about itself")
    state = report_texts().absence[recorded.exif_state.label]
    if isinstance(recorded.exif_state, Unreadable):
        state = f"{state}: {recorded.exif_state.reason} ({wording.hexadecimal(recorded.exif_state.offset)})"
    order = f", {recorded.byte_order}" if recorded.byte_order else ""
    count = f"; {len(recorded.entries)} entries in all" if recorded.entries else ""
    offsets = " Offsets count bytes from the start of the file." if recorded.entries else ""
    story.append(paragraph(f"EXIF: {state}{order}{count}.{offsets}"))
    for group, entries in groupby(recorded.entries, key=lambda entry: entry.group):
        listed = list(entries)
        story += heading(f"{group} ({len(listed)} {'entry' if len(listed) == 1 else 'entries'})", 3)
        head = ("Tag", "Name", "Type × count", "Value", "Raw bytes", "Offset", "State")
        story.append(listing(head, [_row(e) for e in listed], (12, 32, 25, 43, 36, 13, 19), mono=(0, 4, 5)))
    return story


def _row(entry: TagEntry) -> tuple[str, ...]:
    return (
        f"0x{entry.id:04X}",
        entry.name,
        f"{entry.type} × {entry.count}",
        shortened(wording.value(entry), LONGEST_VALUE),
        wording.raw_bytes(entry),
        wording.hexadecimal(entry.offset),
        shortened(wording.state(entry), LONGEST_VALUE),
    )


def payloads(carried: tuple[Payload, ...]) -> list[Flowable]:
    """What else the file carries."""
    story = heading("What else the file carries")
    if not carried:
        return [*story, paragraph("Nothing beside the image and the entries above was found.")]
    rows = []
    for payload in carried:
        details = "; ".join(f"{name}: {text}" for name, text in payload.details)
        rows.append(
            (
                payload.kind,
                wording.hexadecimal(payload.offset),
                f"{payload.size:,}".replace(",", " "),
                shortened(payload.description or "–", LONGEST_VALUE),
                shortened(details or "–", 2 * LONGEST_VALUE),
            )
        )
    story.append(listing(("Kind", "Offset", "Bytes", "Description", "Details"), rows, (26, 18, 18, 48, 70), mono=(1,)))
    return story


def thumbnails(carried: tuple[Payload, ...]) -> list[Flowable]:
    """Embedded thumbnails: what they show may be older than the image."""
    story: list[Flowable] = []
    for payload in carried:
        if payload.kind != "thumbnail" or not payload.content:
            continue
        where = f"Thumbnail at {wording.hexadecimal(payload.offset)}, {payload.description or wording.MISSING}"
        shown = thumbnail_picture(payload.content)
        title = heading("Embedded thumbnail", 3, room=0)
        if shown is None:
            story += [*title, paragraph(f"{where}; its bytes cannot be decoded.")]
        else:
            picture = Picture(shown, 60 * mm, 40 * mm)
            story.append(together([*title, picture, Spacer(1, 2), paragraph(f"{where}, as stored.", SMALL)]))
    return story


def jpeg(structure: JpegStructure | None) -> list[Flowable]:
    """Segments and quantisation tables of a JPEG stream."""
    if structure is None:
        return []
    story = heading("JPEG structure")
    height, width = structure.size
    quality = "not a standard table" if structure.quality is None else f"{structure.quality} (scale of the IJG)"
    story.append(
        facts(
            [
                ("Process", structure.process),
                ("Size in the frame header", f"{width}×{height} pixels"),
                ("Components", f"{structure.components} of {structure.precision} bits"),
                ("Chroma subsampling", structure.subsampling or "– (one component)"),
                ("Estimated quality", quality),
            ]
        )
    )
    if structure.tables:
        story += heading("Quantisation tables", 3, room=50 * mm)
        story += _tables_in_rows(structure.tables)
    story += heading(f"Segments ({len(structure.segments)})", 3)
    rows = [
        (
            s.name,
            f"0xFF{s.marker & 0xFF:02X}",
            wording.hexadecimal(s.offset),
            str(s.length),
            shortened(s.note or "–", LONGEST_VALUE),
        )
        for s in structure.segments
    ]
    story.append(listing(("Segment", "Marker", "Offset", "Length", "Note"), rows, (24, 20, 26, 22, 88), mono=(1, 2)))
    return story


def _tables_in_rows(tables: tuple[QuantisationTable, ...]) -> list[Flowable]:
    """Two tables beside each other."""
    story: list[Flowable] = []
    for start in range(0, len(tables), 2):
        cells = [_quantisation(table) for table in tables[start : start + 2]]
        cells += [[]] * (2 - len(cells))
        pair = grid([cells], [TEXT_WIDTH / 2] * 2, *padding(0, 6, 0, 0))
        story += [together([pair]), Spacer(1, 3)]
    return story


def _quantisation(table: QuantisationTable) -> list[Flowable]:
    quality = "not a standard table" if table.quality is None else f"IJG quality {table.quality}"
    place = wording.hexadecimal(table.offset)
    title = f"Table {table.identifier} ({table.kind}, {table.precision} bit), {quality}, at {place}"
    cells = [[paragraph(str(value), CELL_MONO) for value in row] for row in table.values]
    numbers = grid(cells, [9.6 * mm] * 8, *padding(3, 1, 0, 1), ("GRID", (0, 0), (-1, -1), 0.25, RULE))
    return [paragraph(title, SMALL), numbers]
