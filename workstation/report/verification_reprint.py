"""The report is printed again from its own data, and compared with its pages: nothing else may stand on them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from io import BytesIO
from typing import Any

import pikepdf
from pikepdf import Pdf
from reportlab.platypus.doctemplate import LayoutError

from workstation.errors import WorkstationError
from workstation.report.archival import WORDS_FILE
from workstation.report.own_program import program_hash
from workstation.report.pdf import pages
from workstation.report.printed import Json, PrintedPage, compact, read_pages
from workstation.report.publication import FORMAT, FORMAT_VERSION, Publication
from workstation.report.verification_checks import Check, agrees, differs, in_words, unchecked
from workstation.report.verification_printed import Paper, changed_text

SUBJECT = "Printed again"
_UNPRINTABLE = (
    *(ArithmeticError, AttributeError, AssertionError, LookupError, MemoryError, OSError, TypeError, ValueError),
    LayoutError,
)
"""What the layout can raise over data that Exifact did not write."""


def check_data(paper: Paper, content: Json) -> list[Check]:
    """The pictures that the data name, and the pages that they give."""
    figures = check_figures(paper, content)
    if figures.verdict == "differs":
        return [figures, unchecked(SUBJECT, "Without the pictures that the data name nothing can be printed.")]
    return [figures, check_reprint(paper, content)]


def check_figures(paper: Paper, content: Json) -> Check:
    """Every picture that the data name must be on the pages, with the hash that the data give."""
    subject = "Pictures of the data"
    if not isinstance(content, dict):
        return differs(subject, "The data are missing or damaged.")
    present = {raster.sha256 for page in paper.pages for raster in page.rasters}
    named = dict(_named(content))
    missing = [
        f"{place}: no picture on the pages has SHA-256 {sha256}"
        for place, sha256 in named.items()
        if sha256 not in present
    ]
    if missing:
        return differs(subject, "The pictures on the pages are not those of the data.", missing)
    return agrees(subject, f"All {len(named)} pictures that the data name are on the pages, by SHA-256.")


def check_reprint(paper: Paper, content: Json) -> Check:
    """Set the pages from the attached data and words, with the pictures that the data name, and compare.

    The same program must give the same drawing; another version may break lines elsewhere, so that of its pages only
    the words are compared, and other words are no proof of a change.
    """
    words = paper.contents(WORDS_FILE)
    if not isinstance(content, dict) or len(words) != 1:
        return differs(SUBJECT, f"The data or {WORDS_FILE} are missing, damaged or there several times.")
    if content.get("format") != FORMAT:
        return differs(SUBJECT, "The data are not those of a report.")
    version = content.get("format_version")
    if isinstance(version, int) and version > FORMAT_VERSION:
        return unchecked(SUBJECT, f"The data are of version {version}; this Exifact knows up to {FORMAT_VERSION}.")
    try:
        again = _set(Publication(content, words[0].decode("utf-8"), paper.pictures))
    except (*_UNPRINTABLE, WorkstationError, pikepdf.PdfError) as problem:
        return differs(SUBJECT, f"Nothing can be printed from the data: {in_words(problem)}.")
    return _compared(paper.pages, again, same=_same_program(content))


def _compared(pages_now: tuple[PrintedPage, ...], again: tuple[PrintedPage, ...], *, same: bool) -> Check:
    details = [
        f"page {page.number}: {found}"
        for page, set_again in zip(pages_now, again, strict=False)
        if (found := _difference(page, set_again, same=same))
    ]
    if len(pages_now) != len(again):
        details.append(f"{len(pages_now)} pages; the data give {len(again)}")
    if not details:
        how = "letter for letter and line for line" if same else "word for word, by another version of the program"
        return agrees(SUBJECT, f"The data give the same {len(again)} pages, {how}.")
    if not same and compact("".join(p.text for p in pages_now)) != compact("".join(p.text for p in again)):
        return Check(
            SUBJECT,
            "cannot be checked",
            "Another version of Exifact made this report; its data give other words here. Compare with that version.",
            differs(SUBJECT, "", details).details,
        )
    if not same:
        return agrees(
            SUBJECT, "The data give the same words; another version of the program breaks the pages elsewhere."
        )
    return differs(SUBJECT, "The pages are not what the data give.", details)


def _difference(page: PrintedPage, again: PrintedPage, *, same: bool) -> str:
    changed = changed_text(page.text, again.text)
    if changed or not same:
        return changed
    if page.rasters != again.rasters:
        return "other pictures than the data give"
    return "" if page.drawing == again.drawing else "lines, positions or colours differ from what the data give"


def _set(publication: Publication) -> tuple[PrintedPage, ...]:
    with Pdf.open(BytesIO(pages(publication))) as document:
        return read_pages(document)


def _same_program(content: Mapping[str, Any]) -> bool:
    own, stated = program_hash().sha256, (content.get("program") or {}).get("sha256")
    return bool(own) and own == stated


def _named(content: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Places in the data that name a picture, and its SHA-256."""
    laboratory = content.get("laboratory")
    logo = laboratory.get("logo") if isinstance(laboratory, dict) else None
    if isinstance(logo, str):
        yield "/laboratory/logo", logo
    for number, exhibit in enumerate(_listed(content.get("exhibits"))):
        figures = exhibit.get("figures") if isinstance(exhibit, dict) else None
        for index, figure in enumerate(_listed(figures)):
            if isinstance(figure, dict) and isinstance(figure.get("sha256"), str):
                yield f"/exhibits/{number}/figures/{index}", figure["sha256"]


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
