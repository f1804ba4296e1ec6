"""The appendix: everything that the files say about themselves."""

from __future__ import annotations

from itertools import groupby

from workstation.evidence.payloads import STATING_KINDS
from workstation.report.blocks import Block, Facts, Heading, Tables, Text, Together
from workstation.report.sheet import Content, Sheet
from workstation.report.wording import because, hexadecimal, raw_bytes, shown_value, state

_MOST_IN_A_CELL = 8


def appendix(sheet: Sheet) -> list[Block]:
    """Metadata, payloads and structure of every exhibit's file."""
    story: list[Block] = [sheet.section("appendix")]
    if sheet.texts("metadata.language"):
        story.append(Text(sheet.texts("metadata.language"), "small"))
    for exhibit in sheet.exhibits:
        recorded = exhibit["metadata"]
        story.append(sheet.subsection(sheet.named(exhibit)))
        story += [*_metadata(sheet, recorded), *_payloads(sheet, recorded["payloads"])]
        story += [*_thumbnails(sheet, exhibit), *_jpeg(sheet, recorded["jpeg"])]
    return story


def _metadata(sheet: Sheet, recorded: Content) -> list[Block]:
    """Every entry of every IFD, with the kind of absence and the raw bytes."""
    texts, exif = sheet.texts, recorded["exif"]
    words = texts(f"absence.{exif['state']}")
    if exif["reason"]:
        words = f"{words}: {because(exif, sheet)} ({hexadecimal(exif['reason_offset'])})"
    if exif["byte_order"]:
        words = f"{words}, {exif['byte_order']}"
    if recorded["entries"]:
        words = f"{words}; {texts('metadata.entries', count=len(recorded['entries']))}"
    story: list[Block] = [Heading(texts("metadata.title"), 3), Text(f"EXIF: {words}.")]
    for group, entries in groupby(recorded["entries"], key=lambda entry: str(entry["group"])):
        listed = list(entries)
        story.append(Heading(texts("metadata.group", name=group, count=len(listed)), 4))
        rows = [_row(sheet, entry) for entry in listed]
        story.append(sheet.listing("metadata", rows, (12, 36, 24, 37, 37, 16, 18), mono=(0, 4, 5)))
    return story


def _row(sheet: Sheet, entry: Content) -> tuple[str, ...]:
    return (
        f"0x{entry['id']:04X}",
        entry["name"],
        f"{entry['type']} × {entry['count']}",
        sheet.shortened(shown_value(entry, sheet)),
        raw_bytes(entry, sheet),
        hexadecimal(entry["offset"]),
        sheet.shortened(state(entry, sheet)),
    )


def _payloads(sheet: Sheet, carried: list[Content]) -> list[Block]:
    """What else the file carries."""
    heading = Heading(sheet.texts("payloads.title"), 3)
    if not carried:
        return [Together((heading, sheet.said("payloads.none")))]
    apart = [payload for payload in carried if _has_statements(sheet, payload)]
    rows = [
        (
            sheet.word("payloads.kinds", payload["kind"]),
            hexadecimal(payload["offset"]),
            sheet.texts.count(payload["size"]),
            sheet.shortened(_description(sheet, payload)),
            sheet.texts("payloads.below") if payload in apart else _details(sheet, payload),
        )
        for payload in carried
    ]
    story: list[Block] = [heading, sheet.listing("payloads", rows, (26, 18, 20, 46, 70), mono=(1,))]
    for payload in apart:
        place = hexadecimal(payload["offset"])
        story.append(Heading(sheet.texts("payloads.statements", kind=payload["kind"], offset=place), 4))
        stated = [(sheet.shortened(name), sheet.shortened(value)) for name, value in _statements(sheet, payload)]
        story.append(sheet.listing("statements", stated, (60, 120)))
    return story


def _has_statements(sheet: Sheet, payload: Content) -> bool:
    """Whether a payload's details have a table of their own: a report's own words of an earlier version know none."""
    return (
        payload["kind"] in STATING_KINDS and len(payload["details"]) > _MOST_IN_A_CELL and sheet.knows("payloads.below")
    )


def _details(sheet: Sheet, payload: Content) -> str:
    said = "; ".join(f"{name}: {value}" for name, value in _statements(sheet, payload))
    return sheet.shortened(said or "–", 720)


def _description(sheet: Sheet, payload: Content) -> str:
    coded = payload.get("description_code")
    if coded and coded["code"] == "icc-unnamed" and sheet.knows("payloads.unnamed"):
        return sheet.texts("payloads.unnamed")
    return sheet.noted(payload["description"], coded)


def _statements(sheet: Sheet, payload: Content) -> list[tuple[str, str]]:
    """Names and values of what a payload says, the program's own words in the report's language."""
    return [
        (sheet.word("payloads.details", detail["name"]), sheet.noted(detail["value"], detail.get("value_code")))
        for detail in payload["details"]
    ]


def _thumbnails(sheet: Sheet, exhibit: Content) -> list[Block]:
    """Embedded thumbnails: what they show may be older than the image."""
    texts = sheet.texts
    story: list[Block] = []
    for entry in exhibit["figures"]:
        if entry["kind"] != "thumbnail":
            continue
        description = sheet.noted(sheet.filled(entry["description"]), entry.get("description_code"))
        values = {"offset": hexadecimal(entry["offset"]), "description": description}
        if entry["sha256"] is None:
            story.append(Text(texts("thumbnails.broken", **values)))
        else:
            story.append(Together((sheet.figure(entry, 60, 40, texts("thumbnails.shown", **values)),)))
    return [Heading(texts("thumbnails.title"), 3), *story] if story else []


def _jpeg(sheet: Sheet, structure: Content | None) -> list[Block]:
    """Segments and quantisation tables of a JPEG stream."""
    if structure is None:
        return []
    texts = sheet.texts
    rows = (
        ("process", sheet.code("jpeg.processes", structure["process"])),
        ("frame", f"{structure['width']}×{structure['height']}"),
        ("components", texts("jpeg.bits", count=structure["components"], bits=structure["precision"])),
        ("subsampling", structure["subsampling"] or texts("jpeg.one_component")),
        ("quality", _quality(sheet, structure["quality"])),
    )
    facts = Facts(tuple((texts(f"jpeg.{key}"), value) for key, value in rows))
    story: list[Block] = [Together((Heading(texts("jpeg.title"), 3), facts))]
    if structure["tables"]:
        titles = tuple(_table_title(sheet, table) for table in structure["tables"])
        values = tuple(tuple(tuple(row) for row in table["values"]) for table in structure["tables"])
        story += [Heading(texts("jpeg.tables"), 4), Tables(titles, values)]
    segments = [
        (
            s["name"],
            f"0xFF{s['marker'] & 0xFF:02X}" if s["marker"] else "–",
            hexadecimal(s["offset"]),
            str(s["length"]),
            sheet.shortened(sheet.noted(s["note"], s.get("note_code"))),
        )
        for s in structure["segments"]
    ]
    story.append(Heading(texts("jpeg.segments", count=len(segments)), 4))
    story.append(sheet.listing("segments", segments, (24, 20, 26, 22, 88), mono=(1, 2)))
    return story


def _quality(sheet: Sheet, quality: int | None) -> str:
    if quality is None:
        return sheet.texts("jpeg.other_table")
    return sheet.texts("jpeg.ijg", quality=quality)


def _table_title(sheet: Sheet, table: Content) -> str:
    return sheet.texts(
        "jpeg.table",
        identifier=table["identifier"],
        kind=sheet.texts(f"jpeg.kinds.{table['kind']}"),
        bits=table["precision"],
        quality=_quality(sheet, table["quality"]),
        offset=hexadecimal(table["offset"]),
    )
