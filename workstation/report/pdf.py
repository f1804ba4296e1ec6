"""A report becomes a PDF: A4, selectable text, embedded fonts, running head and foot, page n of N."""

from __future__ import annotations

from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any

from reportlab import rl_config
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, Flowable, Frame, NextPageTemplate, PageBreak, PageTemplate

from workstation.report.archival import CONTENT_FILE, Description, archived
from workstation.report.atomic import write_bytes
from workstation.report.digest import sealed
from workstation.report.document import ExhibitReport, ReportDocument
from workstation.report.file_sections import file_sections
from workstation.report.flowables import MUTED, PAGE_MARGIN, RULE, TEXT_WIDTH
from workstation.report.sections import analysis_sections, identity, title_page
from workstation.report.serial import as_json, as_text
from workstation.report.typeface import SANS, printable, register_fonts

HEAD, FOOT = 20 * mm, 18 * mm


def write_pdf(document: ReportDocument, path: Path) -> None:
    """Write the report; an existing file is replaced only when the new one is complete.

    Raises:
        ExportProblem: if the file cannot be written.
    """
    write_bytes(path, render_pdf(document))


def render_pdf(document: ReportDocument) -> bytes:
    """The bytes of the report's PDF; the same document gives the same bytes."""
    register_fonts()
    rl_config.useA85 = 0  # binary streams: a quarter smaller than reportlab's text-safe default
    stream = BytesIO()
    template = _Template(stream, document)
    template.build(_story(document), canvasmaker=_NumberedCanvas)
    content = as_text(as_json(document)).encode("utf-8")
    return sealed(archived(stream.getvalue(), _described(document), {CONTENT_FILE: content}))


def _described(document: ReportDocument) -> Description:
    name = document.exhibits[0].evidence.identity.name
    return Description(
        title=printable(f"{document.title or 'Examination of a photograph'}: {name}"),
        author=printable(document.operator),
        subject=f"Report {document.number}",
        program=document.program,
        language="en-GB",
        created=datetime.fromisoformat(document.created),
    )


def _story(document: ReportDocument) -> list[Flowable]:
    story = title_page(document)
    for report in document.exhibits:
        if len(document.exhibits) > 1:
            story += [NextPageTemplate(_template_of(report)), PageBreak()]
        story += [*identity(report), *analysis_sections(report), *file_sections(report)]
    return story


def _template_of(report: ExhibitReport) -> str:
    return f"exhibit-{report.position}"


class _Template(BaseDocTemplate):  # type: ignore[misc]
    """Pages with a running head that names the exhibit and a foot that names the report."""

    def __init__(self, stream: BytesIO, document: ReportDocument) -> None:
        super().__init__(
            stream,
            pagesize=A4,
            leftMargin=PAGE_MARGIN,
            rightMargin=PAGE_MARGIN,
            topMargin=HEAD,
            bottomMargin=FOOT,
            initialFontName=SANS,
            invariant=1,  # no time of its own: `archived` gives the file the report's date
        )
        several = len(document.exhibits) > 1
        self.addPageTemplates(
            [_page("title", f"{len(document.exhibits)} exhibits", "", document)] * several
            + [
                _page(
                    _template_of(e),
                    f"Exhibit {e.position}: {e.evidence.identity.name}",
                    e.evidence.identity.sha256,
                    document,
                )
                for e in document.exhibits
            ]
        )


def _page(identifier: str, running: str, sha256: str, document: ReportDocument) -> PageTemplate:
    frame = Frame(
        PAGE_MARGIN, FOOT, TEXT_WIDTH, A4[1] - HEAD - FOOT, leftPadding=0, rightPadding=0, topPadding=0, bottomPadding=0
    )

    def draw(canvas: Canvas, _: BaseDocTemplate) -> None:
        canvas.saveState()
        canvas.setFont(SANS, 7.2)
        canvas.setFillColor(MUTED)
        canvas.setStrokeColor(RULE)
        canvas.setLineWidth(0.4)
        top, right = A4[1] - 12 * mm, A4[0] - PAGE_MARGIN
        canvas.drawString(PAGE_MARGIN, top, "Exifact")
        canvas.drawRightString(right, top, fitted(printable(running), 7.2, TEXT_WIDTH - 30 * mm))
        canvas.line(PAGE_MARGIN, top - 3 * mm, right, top - 3 * mm)
        canvas.line(PAGE_MARGIN, 13.5 * mm, right, 13.5 * mm)
        short = f"  ·  SHA-256 {sha256[:12]}…{sha256[-6:]}" if sha256 else ""
        canvas.drawString(PAGE_MARGIN, 9.5 * mm, f"Report {document.number}  ·  {document.created}{short}")
        canvas.restoreState()

    return PageTemplate(id=identifier, frames=[frame], onPage=draw)


def fitted(text: str, size: float, width: float) -> str:
    """The text, shortened in the middle until it fits the width in points."""
    if stringWidth(text, SANS, size) <= width:
        return text
    kept = len(text)
    while kept > 2:
        kept -= 1
        shorter = f"{text[: (kept + 1) // 2]}…{text[-(kept // 2) :]}"
        if stringWidth(shorter, SANS, size) <= width:
            return shorter
    return "…"


class _NumberedCanvas(Canvas):  # type: ignore[misc]
    """Holds the pages back until their number is known, then writes "page n of N" on each."""

    def __init__(self, *args: Any, **keywords: Any) -> None:
        super().__init__(*args, **keywords)
        self._pages: list[dict[str, Any]] = []

    def showPage(self) -> None:  # noqa: N802 - reportlab's name
        """Keep the page's state for later."""
        self._pages.append(dict(self.__dict__))
        self._startPage()

    def save(self) -> None:
        """Write all pages, numbered, and the file."""
        for page in self._pages:
            self.__dict__.update(page)
            self.setFont(SANS, 7.2)
            self.setFillColor(MUTED)
            self.drawRightString(A4[0] - PAGE_MARGIN, 9.5 * mm, f"page {self._pageNumber} of {len(self._pages)}")
            super().showPage()
        super().save()
