"""A PDF becomes one for the archive: the report's data attached, XMP metadata, the colour space that it is meant in.

What PDF/A-3 (ISO 19005-3) asks for beside embedded fonts: the attachments' relationship to the document (6.8), XMP
that agrees with the information dictionary (6.6.2, 6.6.4) and an output intent (6.2.3). There is no validator among the
tests; they look for each of these.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO

import pikepdf
from pikepdf import AttachedFileSpec, Dictionary, Name, Pdf

from workstation.paths import resources

CONTENT_FILE = "report.json"
"""The attachment that holds the report's content."""

WORDS_FILE = "texts.toml"
"""The attachment that holds the words that the content is printed in."""

_MIME_TYPES = {"json": "application/json", "toml": "application/toml"}
_DESCRIPTIONS = {
    CONTENT_FILE: "The content of this report as data",
    WORDS_FILE: "The words that the content is printed in",
}


@dataclass(frozen=True, slots=True)
class Description:
    """What the file says about itself, in both places where a PDF says it.

    Attributes:
        title: of the document.
        author: who made the report, "" where nobody was named.
        subject: one line.
        program: name and version.
        language: RFC 3066, such as "en-GB".
        created: of the report, with its time zone.
    """

    title: str
    author: str
    subject: str
    program: str
    language: str
    created: datetime


def archived(pdf: bytes, described: Description, attached: Mapping[str, bytes]) -> bytes:
    """The PDF with attachments, XMP and output intent; the same input gives the same bytes.

    Args:
        pdf: of the report.
        described: title, author and dates.
        attached: file name to content; all are data of the report, none its source.
    """
    with Pdf.open(BytesIO(pdf)) as document:
        _attach(document, attached, _date(described.created))
        _mean_srgb(document)
        _print_links(document)
        _describe(document, described)
        return file_of(document)


def file_of(document: Pdf) -> bytes:
    """The document as a file; its identifier comes from its content, so the same document gives the same bytes."""
    stream = BytesIO()
    document.save(
        stream,
        min_version="1.7",
        deterministic_id=True,
        object_stream_mode=pikepdf.ObjectStreamMode.disable,
        compress_streams=True,
    )
    return stream.getvalue()


def _attach(document: Pdf, attached: Mapping[str, bytes], created: str) -> None:
    specifications = []
    for name, content in attached.items():
        specification = AttachedFileSpec(
            document,
            content,
            filename=name,
            description=_DESCRIPTIONS[name],
            mime_type=_MIME_TYPES[name.rpartition(".")[2]],
            creation_date=created,
            mod_date=created,
        )
        specification.relationship = Name.Data
        document.attachments[name] = specification
        specifications.append(document.attachments[name].obj)
    document.Root.AF = pikepdf.Array(specifications)


def _mean_srgb(document: Pdf) -> None:
    profile = document.make_stream((resources() / "colour" / "sRGB.icc").read_bytes(), N=3, Alternate=Name.DeviceRGB)
    intent = Dictionary(
        Type=Name.OutputIntent,
        S=Name.GTS_PDFA1,
        OutputConditionIdentifier=pikepdf.String("sRGB"),
        Info=pikepdf.String("sRGB IEC61966-2.1"),
        DestOutputProfile=profile,
    )
    document.Root.OutputIntents = pikepdf.Array([document.make_indirect(intent)])


def _print_links(document: Pdf) -> None:
    """Links between pages belong to what is printed (6.3.2)."""
    for page in document.pages:
        for annotation in page.obj.get("/Annots", pikepdf.Array()):
            annotation.F = 4


def _describe(document: Pdf, described: Description) -> None:
    document.Root.Lang = pikepdf.String(described.language)
    stamp = _date(described.created)
    information = {
        "/Title": described.title,
        "/Author": described.author,
        "/Subject": described.subject,
        "/Creator": described.program,
        "/Producer": f"{described.program}, reportlab, pikepdf",
        "/CreationDate": stamp,
        "/ModDate": stamp,
    }
    del document.docinfo
    for key, text in information.items():
        if text:
            document.docinfo[key] = text
    with document.open_metadata(set_pikepdf_as_editor=False, update_docinfo=False) as xmp:
        xmp.load_from_docinfo(document.docinfo)
        xmp["pdfaid:part"], xmp["pdfaid:conformance"] = "3", "B"
        xmp["dc:language"] = [described.language]


def _date(moment: datetime) -> str:
    """A date as PDF writes it (ISO 32000-1, 7.9.4)."""
    return moment.astimezone(UTC).strftime("D:%Y%m%d%H%M%S+00'00")
