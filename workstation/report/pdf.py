"""A report becomes a PDF: A4, selectable text, embedded fonts, running head and foot, page n of N."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any

from reportlab import rl_config
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, Frame, NextPageTemplate, PageTemplate

from workstation.report.archival import CONTENT_FILE, WORDS_FILE, Description, archived
from workstation.report.atomic import write_bytes
from workstation.report.compose import composed
from workstation.report.digest import sealed
from workstation.report.document import ReportDocument
from workstation.report.flowables import INK, MUTED, PAGE_MARGIN, RULE, TEXT_WIDTH
from workstation.report.publication import Publication, publish, running_title
from workstation.report.typeface import SANS, printable, register_fonts
from workstation.report.typesetting import typeset

HEAD, FIRST_HEAD, FOOT = 20 * mm, 14 * mm, 19 * mm
SIZE = 7.2


def write_pdf(document: ReportDocument, path: Path) -> None:
    """Write the report; an existing file is replaced only when the new one is complete.

    Raises:
        ExportProblem: if the file cannot be written.
        TextsProblem: if the report's words cannot be used.
    """
    write_bytes(path, render_pdf(document))


def render_pdf(document: ReportDocument) -> bytes:
    """The bytes of the report's PDF; the same document gives the same bytes."""
    return print_pdf(publish(document))


def print_pdf(publication: Publication) -> bytes:
    """The bytes of a report's PDF from its data alone; the same data give the same bytes."""
    printed = archived(pages(publication), _described(publication), _attached(publication))
    return sealed(printed)


def pages(publication: Publication) -> bytes:
    """The pages alone, without attachments and digest."""
    register_fonts()
    rl_config.useA85 = 0  # binary streams: a quarter smaller than reportlab's text-safe default
    stream = BytesIO()
    template = _Template(stream, publication)
    story = [NextPageTemplate("later"), *typeset(publication, composed(publication))]
    template.build(story, canvasmaker=_numbered(publication))
    return stream.getvalue()


def _attached(publication: Publication) -> dict[str, bytes]:
    return {CONTENT_FILE: publication.json, WORDS_FILE: publication.words.encode("utf-8")}


def _described(publication: Publication) -> Description:
    report = publication.content["report"]
    return Description(
        title=printable(running_title(publication)),
        author=printable(report["operator"] or ""),
        subject=publication.texts("page.report", number=report["number"]),
        program=report["program"],
        language=publication.content["language"],
        created=datetime.fromisoformat(report["created"]),
    )


class _Template(BaseDocTemplate):  # type: ignore[misc]
    """A first page under the letterhead, and further ones with a running head."""

    def __init__(self, stream: BytesIO, publication: Publication) -> None:
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
        draw = _running(publication)
        self.addPageTemplates(
            [
                PageTemplate(id="first", frames=[_frame(FIRST_HEAD)]),
                PageTemplate(id="later", frames=[_frame(HEAD)], onPage=draw),
            ]
        )


def _frame(head: float) -> Frame:
    return Frame(
        PAGE_MARGIN, FOOT, TEXT_WIDTH, A4[1] - head - FOOT, leftPadding=0, rightPadding=0, topPadding=0, bottomPadding=0
    )


def _running(publication: Publication) -> Callable[[Canvas, BaseDocTemplate], None]:
    half = TEXT_WIDTH / 2 - 3 * mm
    name = publication.content["laboratory"]["name"] or publication.content["report"]["program"]
    laboratory, title = (fitted(printable(text), SIZE, half) for text in (name, running_title(publication)))

    def draw(canvas: Canvas, _: BaseDocTemplate) -> None:
        canvas.saveState()
        _small(canvas)
        top, right = A4[1] - 12 * mm, A4[0] - PAGE_MARGIN
        canvas.drawString(PAGE_MARGIN, top, laboratory)
        canvas.drawRightString(right, top, title)
        canvas.line(PAGE_MARGIN, top - 3 * mm, right, top - 3 * mm)
        canvas.restoreState()

    return draw


def _small(canvas: Canvas) -> None:
    canvas.setFont(SANS, SIZE)
    canvas.setFillColor(MUTED)
    canvas.setStrokeColor(RULE)
    canvas.setLineWidth(0.4)


def fitted(text: str, size: float, width: float) -> str:
    """The text, shortened in the middle until it fits the width in points."""
    if stringWidth(text, SANS, size) <= width:
        return text

    def shorter(kept: int) -> str:
        return f"{text[: (kept + 1) // 2]}…{text[-(kept // 2) :]}"

    # Sought by halves, since one letter more is never narrower: reports of others hold texts of any length.
    lengths = range(2, len(text))
    fitting = bisect_left(lengths, True, key=lambda kept: stringWidth(shorter(kept), SANS, size) > width)
    return shorter(lengths[fitting - 1]) if fitting else "…"


def _numbered(publication: Publication) -> type[Canvas]:
    """A canvas that holds the pages back until their number is known, then writes the foot of each."""
    texts, report = publication.texts, publication.content["report"]
    number = fitted(printable(texts("page.report", number=report["number"])), SIZE, TEXT_WIDTH - 40 * mm)

    class Numbered(Canvas):  # type: ignore[misc]
        def __init__(self, *args: Any, **keywords: Any) -> None:
            super().__init__(*args, **keywords)
            self._held: list[dict[str, Any]] = []
            self.sections: list[tuple[str, int]] = []  # bookmark and page of each section, as headings are drawn
            self.contents: list[tuple[int, float, float]] = []  # page and place of the numbers in the contents

        def showPage(self) -> None:  # noqa: N802 - reportlab's name
            self._held.append(dict(self.__dict__))
            self._startPage()

        def save(self) -> None:
            for page in self._held:
                self.__dict__.update(page)
                self._foot(len(self._held))
                self._fill_contents()
                super().showPage()
            super().save()

        def _foot(self, total: int) -> None:
            _small(self)
            right = A4[0] - PAGE_MARGIN
            self.line(PAGE_MARGIN, 14 * mm, right, 14 * mm)
            self.drawString(PAGE_MARGIN, 10 * mm, number)
            self.drawRightString(right, 10 * mm, texts("page.number", number=self._pageNumber, total=total))

        def _fill_contents(self) -> None:
            for (page, x, y), (key, number) in zip(self.contents, self.sections, strict=True):
                if page == self._pageNumber:
                    self.setFont(SANS, 9)
                    self.setFillColor(INK)
                    self.drawRightString(x, y, str(number))
                    self.linkRect("", key, (PAGE_MARGIN, y - 3, x, y + 10), thickness=0)

    return Numbered
