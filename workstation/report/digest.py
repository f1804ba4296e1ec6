"""A report is closed: a record of what it prints, and a digest over every byte of the file but the digest itself.

The digest stands in the file's catalogue as

    /ExifactDigest << /Type /ExifactDigest /Algorithm /SHA-256 /ByteRange [0 a b c] /Digest (64 hexadecimal digits) >>

The four numbers are those of a signature's ByteRange (ISO 32000-1, 12.8.1): the SHA-256 of the bytes from 0 to a and
from b to b + c. What lies between is the 64 digits and nothing else. Anyone can compute such a digest anew; only a
signature says who closed the report.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Generator
from dataclasses import dataclass
from io import BytesIO
from typing import Literal, TypeAlias

from pikepdf import Array, AttachedFileSpec, Dictionary, Name, Pdf, String

from workstation.progress import drain, relayed
from workstation.report.archival import CONTENT_FILE, file_of
from workstation.report.printed import (
    Json,
    PrintedPage,
    attachments,
    catalogue_hash,
    each_page,
    metadata_hash,
)
from workstation.report.printed_values import bind_steps

PRINTED_FILE = "printed.json"
"""The attachment that records what the PDF prints and where the values of the data stand on paper."""

RECORD_FORMAT, RECORD_VERSION = "exifact-printed", 1

PLACE = 9_999_999_999
"""Stands for a number of the byte range until it is known; as wide as the largest file."""

_RANGE = b"[ 0 %-10d %-10d %-10d ]"

_FIELD = re.compile(
    rb"<< /Algorithm /SHA-256 "
    rb"/ByteRange (?P<range>\[ 0 (?P<before>\d{1,10}) +(?P<after>\d{1,10}) +(?P<rest>\d{1,10}) +\])"
    rb" /Digest \((?P<digest>[0-9a-f]{64})\) /Type /ExifactDigest >>"
)

DigestState: TypeAlias = Literal["matches", "differs", "none", "unclear"]


@dataclass(frozen=True, slots=True)
class DigestField:
    """The digest that a file carries and the one that its bytes have.

    Attributes:
        state: whether they are the same; "none" where the file carries no digest, "unclear" where it carries
            something like one, or several.
        stated: the digest in the file, "" without one.
        computed: over the file's bytes, "" without a range.
        end: where the bytes that it covers end; what comes later was appended.
    """

    state: DigestState
    stated: str = ""
    computed: str = ""
    end: int = 0


def sealed(pdf: bytes) -> bytes:
    """`sealed_steps` to its end."""
    return drain(sealed_steps(pdf))


def sealed_steps(pdf: bytes) -> Generator[float, None, bytes]:
    """The report with the record of what it prints and with its digest; the same input gives the same bytes.

    Args:
        pdf: a report with its data attached (`archival.archived`).

    Yields:
        The share of the record that is made, 0..1.
    """
    mark = hashlib.sha256(pdf).hexdigest()  # stands for the digest; no photograph in the report can contain it
    with Pdf.open(BytesIO(pdf)) as document:
        record = yield from record_steps(document)
        _attach(document, record)
        document.Root.ExifactDigest = document.make_indirect(
            Dictionary(
                Type=Name.ExifactDigest,
                Algorithm=Name("/SHA-256"),
                ByteRange=Array([0, PLACE, PLACE, PLACE]),
                Digest=String(mark),
            )
        )
        marked = file_of(document)
    return with_digest(marked, mark)


def record_of(document: Pdf) -> dict[str, Json]:
    """`record_steps` to its end."""
    return drain(record_steps(document))


def record_steps(document: Pdf) -> Generator[float, None, dict[str, Json]]:
    """What `printed.json` says: the pages, the other attachments, and where the values of the data are printed.

    Yields:
        The share of it that is made, 0..1.
    """
    read: list[PrintedPage] = []
    for page in each_page(document):
        read.append(page)
        yield 0.3 * len(read) / len(document.pages)
    pages = tuple(read)
    attached = attachments(document)
    content: Json = next((json.loads(data) for name, data in attached if name == CONTENT_FILE), {})
    bindings = yield from relayed(bind_steps(content, pages), lambda share: 0.3 + 0.7 * share)
    return {
        "format": RECORD_FORMAT,
        "format_version": RECORD_VERSION,
        "attachments": {name: hashlib.sha256(data).hexdigest() for name, data in attached},
        "catalogue": catalogue_hash(document),
        "metadata": metadata_hash(document),
        "pages": [page.as_json() for page in pages],
        "values": [binding.as_json() for binding in bindings],
    }


def read_digest(pdf: bytes) -> DigestField:
    """The digest that the file carries, compared with its bytes.

    A digest whose range leaves out more than its own digits, or does not start at the first byte, differs.
    """
    fields = list(_FIELD.finditer(pdf))
    if not fields:
        return DigestField("unclear" if b"/ExifactDigest" in pdf else "none")
    placed = [field for field in fields if (int(field["before"]), int(field["after"])) == field.span("digest")]
    if len(placed) != 1:  # a photograph in the report may look like a field, but cannot know where it will stand
        return DigestField("unclear")
    (field,) = placed
    stated, end = field["digest"].decode("ascii"), field.end("digest") + int(field["rest"])
    if end > len(pdf):
        return DigestField("differs", stated, "", len(pdf))
    computed = _digest_around(pdf, field.span("digest"), end)
    return DigestField("matches" if computed == stated else "differs", stated, computed, end)


def with_digest(pdf: bytes, mark: str) -> bytes:
    """The file with range and digest written into the field that holds `mark`; nothing else changes.

    Raises:
        ValueError: if the file has no field that holds it and has room for the numbers.
    """
    field = next((field for field in _FIELD.finditer(pdf) if field["digest"] == mark.encode("ascii")), None)
    if field is None or len(field["range"]) != len(_RANGE % (0, 0, 0)):
        raise ValueError("the file holds no field for this digest")
    before, after = field.span("digest")
    filled = bytearray(pdf)
    begin, end = field.start("range"), field.end("range")
    filled[begin:end] = _RANGE % (before, after, len(pdf) - after)
    filled[before:after] = _digest_around(filled, (before, after), len(pdf)).encode("ascii")
    return bytes(filled)


def _digest_around(pdf: bytes | bytearray, gap: tuple[int, int], end: int) -> str:
    digest = hashlib.sha256(memoryview(pdf)[: gap[0]])
    digest.update(memoryview(pdf)[gap[1] : end])
    return digest.hexdigest()


def _attach(document: Pdf, record: dict[str, Json]) -> None:
    text = json.dumps(record, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    created = str(document.docinfo.get("/CreationDate", ""))
    specification = AttachedFileSpec(
        document,
        text.encode("utf-8"),
        filename=PRINTED_FILE,
        description="What this report prints, page by page, for `exifact report verify`",
        mime_type="application/json",
        creation_date=created,
        mod_date=created,
    )
    specification.relationship = Name.Supplement
    document.attachments[PRINTED_FILE] = specification
    attached, associated = document.attachments[PRINTED_FILE].obj, list(document.Root.get("/AF", Array()))
    if all(entry.objgen != attached.objgen for entry in associated):
        document.Root.AF = Array([*associated, attached])
