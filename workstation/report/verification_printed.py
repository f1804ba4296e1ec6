"""Does the report print what its data say, and is what it prints what the program drew?"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from io import BytesIO

import pikepdf
from pikepdf import Pdf

from workstation.report.archival import CONTENT_FILE
from workstation.report.digest import PRINTED_FILE, RECORD_FORMAT, RECORD_VERSION
from workstation.report.printed import (
    Json,
    PrintedPage,
    Raster,
    attachments,
    catalogue_hash,
    compact,
    jpegs,
    metadata_hash,
    read_pages,
)
from workstation.report.printed_values import at, printed_as
from workstation.report.verification_checks import Check, agrees, differs, in_words, unchecked

PARTS = {
    "drawing": "lines, positions or colours differ from what the program drew",
    "typefaces": "the typefaces differ: the same characters may look different",
    "frame": "boxes, links, notes or resources of the page differ",
}
_SHOWN = 90
_UNREADABLE = (pikepdf.PdfError, ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError)
"""What reading a damaged file can raise; pikepdf passes on what its objects lack."""


@dataclass(frozen=True, slots=True)
class Paper:
    """What a report's file holds.

    Attributes:
        pages: as they are drawn now.
        attached: (name, content) of every attachment.
        catalogue: hash of what belongs to no page, now.
        metadata: hash of information dictionary and XMP as they were before the report was signed.
        pictures: SHA-256 to JPEG data of the pictures on the pages.
    """

    pages: tuple[PrintedPage, ...]
    attached: tuple[tuple[str, bytes], ...]
    catalogue: str
    metadata: str
    pictures: Mapping[str, bytes]

    def contents(self, name: str) -> list[bytes]:
        """Contents of the attachments of that name."""
        return [content for found, content in self.attached if found == name]


def read_paper(pdf: bytes, sealed_size: int) -> Paper | Check:
    """What the file holds, or why it cannot be read.

    Args:
        pdf: the file.
        sealed_size: bytes of the report before it was signed (`DigestField.end`); 0 = unknown.
    """
    try:
        with Pdf.open(BytesIO(pdf), attempt_recovery=False, suppress_warnings=True) as document:
            pages, attached = read_pages(document), tuple(attachments(document))
            catalogue, metadata, pictures = catalogue_hash(document), metadata_hash(document), jpegs(document)
            faults = document.get_warnings()
        if 0 < sealed_size < len(pdf):
            with Pdf.open(BytesIO(pdf[:sealed_size]), attempt_recovery=False, suppress_warnings=True) as document:
                metadata = metadata_hash(document)
    except _UNREADABLE as problem:
        return differs("File", f"The file is damaged: it cannot be read as a PDF ({in_words(problem)}).")
    if faults:
        return differs("File", "The file is damaged: its structure is at odds with itself.", [str(f) for f in faults])
    return Paper(pages, attached, catalogue, metadata, pictures)


def read_content(paper: Paper) -> Json:
    """The report's data; None where there are none, or not one."""
    found = paper.contents(CONTENT_FILE)
    return parsed(found[0]) if len(found) == 1 else None


def check_printed(paper: Paper, content: Json) -> list[Check]:
    """Compare the file with its own record, and the data with the printed page.

    Args:
        paper: from `read_paper`.
        content: from `read_content`.
    """
    record = _record(paper)
    if isinstance(record, Check):
        return [record]
    try:
        return [
            _check_pages(paper.pages, record),
            _check_pictures(paper.pages, record),
            _check_attached(paper, record),
            _check_values(paper.pages, content, record),
            _check_rest(paper, record),
        ]
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as problem:
        reason = f"{PRINTED_FILE} is not what Exifact writes ({in_words(problem)})."
        return [differs("Record of what is printed", reason)]


def parsed(content: bytes) -> Json:
    """The value of a JSON file; None where it is none."""
    try:
        value: Json = json.loads(content)
    except (ValueError, RecursionError):
        return None
    return value


def _record(paper: Paper) -> dict[str, Json] | Check:
    subject = "Record of what is printed"
    found = paper.contents(PRINTED_FILE)
    if len(found) != 1:
        how = "is missing" if not found else f"is there {len(found)} times"
        return differs(subject, f"The attachment {PRINTED_FILE} {how}; Exifact writes one into every report.")
    record = parsed(found[0])
    if not isinstance(record, dict) or record.get("format") != RECORD_FORMAT:
        return differs(subject, f"{PRINTED_FILE} is not what Exifact writes.")
    version = record.get("format_version")
    if isinstance(version, int) and version > RECORD_VERSION:
        return unchecked(subject, f"It is of version {version}; this Exifact knows up to {RECORD_VERSION}.")
    return record


def _check_pages(pages: Sequence[PrintedPage], record: dict[str, Json]) -> Check:
    """Text and drawing of every page against the record."""
    subject = "Printed pages"
    recorded = _recorded_pages(record)
    if len(pages) != len(recorded):
        return differs(subject, f"The report has {len(pages)} pages; {len(recorded)} were drawn.")
    details = []
    for page, drawn in zip(pages, recorded, strict=True):
        changed = changed_text(page.text, str(drawn["text"]))
        if changed:
            details.append(f"page {page.number}: {changed}")
        parts = [words for part, words in PARTS.items() if getattr(page, part) != drawn[part]]
        details += [f"page {page.number}: {words}" for words in parts if not (changed and words == PARTS["drawing"])]
    if details:
        count = len({detail.partition(":")[0] for detail in details})
        return differs(
            subject, f"{_count(count, 'page')} not as the program drew {'it' if count == 1 else 'them'}.", details
        )
    return agrees(subject, f"Text and drawing of all {len(pages)} pages are as recorded when the report was made.")


def changed_text(text: str, drawn: str) -> str:
    """The first difference between a page's text and what it should be, in words; "" without one."""
    if text == drawn:
        return ""
    now, then = text.split("\n"), drawn.split("\n")
    for kind, i1, i2, j1, j2 in SequenceMatcher(None, then, now, autojunk=False).get_opcodes():
        if kind != "equal":
            old, new = " / ".join(then[i1:i2])[:_SHOWN], " / ".join(now[j1:j2])[:_SHOWN]
            if not new:
                return f"“{old}” is missing"
            return f"“{new}” is printed where “{old}” was drawn" if old else f"“{new}” is printed and was not drawn"
    return "text is broken into lines in another way"


def _check_pictures(pages: Sequence[PrintedPage], record: dict[str, Json]) -> Check:
    """Every raster image, by the hash of its JPEG data or samples."""
    subject = "Pictures"
    details, count = [], 0
    for page, drawn in zip(pages, _recorded_pages(record), strict=False):
        recorded = [Raster(**raster) for raster in drawn["rasters"]]  # type: ignore[union-attr, arg-type]
        count += len(page.rasters)
        if len(recorded) != len(page.rasters):
            details.append(f"page {page.number}: {len(page.rasters)} pictures instead of {len(recorded)}")
        for index, (now, then) in enumerate(zip(page.rasters, recorded, strict=False), start=1):
            if now != then:
                details.append(f"page {page.number}, picture {index}: {_named(now)} instead of {_named(then)}")
    if details:
        return differs(subject, f"{_count(len(details), 'picture')} not what the program placed.", details)
    return agrees(subject, f"{_count(count, 'picture')} as recorded, by SHA-256 of the data.")


def _named(picture: Raster) -> str:
    return f"{picture.width}×{picture.height} pixels, SHA-256 {picture.sha256[:16]}…"


def _check_attached(paper: Paper, record: dict[str, Json]) -> Check:
    """Attachments against their hashes in the record."""
    subject = "Attached data"
    recorded = record["attachments"]
    assert isinstance(recorded, dict)
    details = []
    names = [name for name, _ in paper.attached if name != PRINTED_FILE]
    details += [f"{name} is missing" for name in recorded if name not in names]
    details += [f"{name} was added" for name in dict.fromkeys(names) if name not in recorded]
    details += [f"{name} is attached {names.count(name)} times" for name in recorded if names.count(name) > 1]
    for name, content in paper.attached:
        if name in recorded and hashlib.sha256(content).hexdigest() != recorded[name]:
            details.append(f"{name} is not the file that was attached")
    if details:
        return differs(subject, "The attachments are not those that the report was made with.", details)
    return agrees(subject, f"{', '.join(recorded)}: as recorded when the report was made.")


def _check_values(pages: Sequence[PrintedPage], content: Json, record: dict[str, Json]) -> Check:
    """Every value of the data that the layout printed, formatted anew, against what stands in its place."""
    subject = "Data against print"
    if content is None:
        return differs(subject, f"{CONTENT_FILE} is missing, damaged, or there several times.")
    texts = [compact(page.text) for page in pages]
    bindings = record["values"]
    assert isinstance(bindings, list)
    details = [words for binding in bindings if (words := _disagreement(binding, content, texts))]
    if details:
        how = "1 value is" if len(details) == 1 else f"{len(details)} values are"
        return differs(subject, f"{how} printed otherwise than {CONTENT_FILE} has it.", details)
    if not bindings:
        return differs(subject, "The record names no printed value.")
    return agrees(subject, f"{len(bindings)} values of {CONTENT_FILE} stand on the pages as they are in the data.")


def _disagreement(binding: Json, content: Json, texts: Sequence[str]) -> str:
    """How a value differs from its print, in words; "" where it does not."""
    assert isinstance(binding, list)
    pointer, form, *places = binding
    assert isinstance(pointer, str)
    assert isinstance(form, str)
    try:
        value = at(content, pointer)
    except LookupError:
        return f"{pointer} is printed and not in the data"
    expected = printed_as(value, form)
    if expected is None:
        return f"{pointer} is {json.dumps(value)[:_SHOWN]}, which is not what was printed"
    for place in places:
        page, offset = (int(number) for number in place)  # type: ignore[union-attr, arg-type]
        text = texts[page - 1] if 0 < page <= len(texts) else ""
        found = text[offset : offset + len(expected)]
        if found != expected:
            return f"{pointer} is “{expected[:_SHOWN]}” in the data; page {page} prints “{found[:_SHOWN]}”"
    return ""


def _check_rest(paper: Paper, record: dict[str, Json]) -> Check:
    subject = "Rest of the file"
    details = []
    if paper.catalogue != record["catalogue"]:
        details.append("outline, colour space, view or actions differ")
    if paper.metadata != record["metadata"]:
        details.append("title, author, dates or other metadata of the file differ")
    if details:
        return differs(subject, "Something outside the pages was changed.", details)
    return agrees(subject, "Outline, metadata and settings are as recorded; no scripts or actions were added.")


def _recorded_pages(record: dict[str, Json]) -> list[dict[str, Json]]:
    pages = record["pages"]
    assert isinstance(pages, list)
    return [page for page in pages if isinstance(page, dict)]


def _count(number: int, noun: str) -> str:
    return f"{number} {noun} is" if number == 1 else f"{number} {noun}s are"
