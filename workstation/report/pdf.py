"""A report becomes a PDF: A4, selectable text, embedded fonts, running head and foot, page n of N."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from reportlab import rl_config
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, Flowable, Frame, NextPageTemplate, PageTemplate

from workstation.progress import Progress, drain, relayed
from workstation.report.archival import CONTENT_FILE, WORDS_FILE, Description, archived
from workstation.report.atomic import write_bytes
from workstation.report.compose import composed
from workstation.report.digest import sealed_steps
from workstation.report.document import ReportDocument
from workstation.report.flowables import INK, MUTED, PAGE_MARGIN, RULE, TEXT_WIDTH
from workstation.report.publication import Publication, publish, running_title
from workstation.report.texts import Texts
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
    """`print_steps` to its end; the same errors."""
    return drain(print_steps(publication))


def print_steps(publication: Publication) -> Generator[Progress, None, bytes]:
    """The bytes of a report's PDF from its data alone; the same data give the same bytes.

    Nothing is written to the disk: who gives up between two steps leaves nothing behind.

    Yields:
        Progress, several times per page.

    Raises:
        TextsProblem: if the report's words cannot be used.
    """
    yield Progress("composing the PDF", 0.0)
    described, attached = _described(publication), _attached(publication)
    printed = yield from relayed(page_steps(publication), lambda share: Progress("composing the PDF", 0.6 * share))
    del publication  # a report is as large as its pictures: whoever holds them no more lets them go here
    yield Progress("attaching the data", 0.6)
    printed = archived(printed, described, attached)
    yield Progress("recording what is printed", 0.65)
    closing = sealed_steps(printed)
    del printed
    return (yield from relayed(closing, lambda share: Progress("recording what is printed", 0.65 + 0.35 * share)))


def pages(publication: Publication) -> bytes:
    """`page_steps` to its end; the same errors."""
    return drain(page_steps(publication))


def page_steps(publication: Publication) -> Generator[float, None, bytes]:
    """The pages alone, without attachments and digest.

    Yields:
        The share of them that is set, 0..1.
    """
    register_fonts()
    rl_config.useA85 = 0  # binary streams: a quarter smaller than reportlab's text-safe default
    story = composed(publication)
    canvas = yield from _Template(publication).set_steps(typeset(publication, story), _numbered(publication))
    del publication
    yield from canvas.closed()
    content: bytes = canvas.getpdfdata()
    return content


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

    def __init__(self, publication: Publication) -> None:
        super().__init__(
            "",  # nothing is saved: the canvas gives the bytes
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
        self._doSave = 0

    def set_steps(
        self, story: Iterable[tuple[float, Sequence[Flowable]]], maker: Callable[..., _Numbered]
    ) -> Generator[float, None, _Numbered]:
        """What `build` of reportlab does, in steps: there, nothing stops hundreds of pages once they are begun.

        Args:
            story: flowables that are set one after the other, each time with the share of the story up to their end.
            maker: of the canvas.

        Yields:
            The share that is set, at the end of each part of the story and of each page.

        Returns:
            The canvas with all pages.
        """
        self._startBuild(canvasmaker=maker)
        canvas: _Numbered = self.canv
        canvas._doctemplate = self
        share, waiting = 0.0, [NextPageTemplate("later")]
        for reached, flowables in story:
            waiting += flowables
            while waiting:
                page = self.page
                self.clean_hanging()
                self.handle_flowable(waiting)
                if self.page != page:
                    yield share
            share = reached
            yield share
        del canvas._doctemplate
        self._endBuild()
        return canvas


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


class _Numbered(Canvas):  # type: ignore[misc]
    """A canvas that holds the pages back until their number is known, then writes the foot of each.

    Attributes:
        sections: bookmark and page of each section, as headings are drawn.
        contents: page and place of the numbers in the contents.
    """

    def __init__(self, *args: Any, texts: Texts, number: str, **keywords: Any) -> None:
        super().__init__(*args, **keywords)
        self._texts, self._number = texts, number
        self._held: list[dict[str, Any]] = []
        self.sections: list[tuple[str, int]] = []
        self.contents: list[tuple[int, float, float]] = []

    def showPage(self) -> None:  # noqa: N802 - reportlab's name
        self._held.append(dict(self.__dict__))
        self._startPage()

    def closed(self) -> Iterator[float]:
        """Finish the pages; yields 1.0 after each, since to set them is what takes its time."""
        for page in self._held:
            self.__dict__.update(page)
            self._foot(len(self._held))
            self._fill_contents()
            super().showPage()
            yield 1.0

    def _foot(self, total: int) -> None:
        _small(self)
        right = A4[0] - PAGE_MARGIN
        self.line(PAGE_MARGIN, 14 * mm, right, 14 * mm)
        self.drawString(PAGE_MARGIN, 10 * mm, self._number)
        self.drawRightString(right, 10 * mm, self._texts("page.number", number=self._pageNumber, total=total))

    def _fill_contents(self) -> None:
        for (page, x, y), (key, number) in zip(self.contents, self.sections, strict=True):
            if page == self._pageNumber:
                self.setFont(SANS, 9)
                self.setFillColor(INK)
                self.drawRightString(x, y, str(number))
                self.linkRect("", key, (PAGE_MARGIN, y - 3, x, y + 10), thickness=0)


def _numbered(publication: Publication) -> Callable[..., _Numbered]:
    """What makes the canvas of a report."""
    texts, report = publication.texts, publication.content["report"]
    number = fitted(printable(texts("page.report", number=report["number"])), SIZE, TEXT_WIDTH - 40 * mm)
    return partial(_Numbered, texts=texts, number=number)
