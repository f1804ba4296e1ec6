"""What the PDF's pages are made of: styles, headings, tables that break, pictures, legends."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Sequence
from io import BytesIO
from itertools import chain
from typing import Any

from reportlab.lib.colors import Color, HexColor
from reportlab.lib.enums import TA_CENTER, TA_LEFT
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.platypus import Flowable, KeepTogether, Paragraph, Table, TableStyle

from workstation.analysis.colours import bar_colours
from workstation.report.typeface import BOLD, MONO, SANS, markup, printable

PAGE_MARGIN = 15 * mm
TEXT_WIDTH = 180 * mm

ROWS_KEPT = 2
"""Rows of a table that are not left alone on a page."""

HALF_A_PAGE = 350.0
WIDEST_LETTER = 4.5
"""Points; letters of a table are narrower on average."""

LEGEND_WIDTH = 110 * mm

ROUNDING = 0.5
"""Points."""

SMALLEST_SCALE = 0.6
"""Of its intended size, to which a figure is made smaller rather than leave the rest of a page empty."""

LARGEST_PIXEL = 2.0
"""Points; a picture of a few pixels is not blown up beyond this."""

INK = HexColor("#1c1d1f")
MUTED = HexColor("#5c6166")
RULE = HexColor("#c4c8cc")
SHADE = HexColor("#f1f3f4")
ACCENT = HexColor("#1f4b73")
ALARM = HexColor("#9a3412")


def _style(
    name: str, size: float, leading: float, *, font: str = SANS, colour: Color = INK, **more: Any
) -> ParagraphStyle:
    return ParagraphStyle(
        name,
        **{
            "fontName": font,
            "bulletFontName": font,
            "fontSize": size,
            "leading": leading,
            "textColor": colour,
            "alignment": TA_LEFT,
            "splitLongWords": 1,
            "allowWidows": 0,
            "allowOrphans": 0,
            **more,
        },
    )


TONES = {
    "body": _style("body", 9, 12.8, spaceAfter=4),
    "small": _style("small", 7.4, 10, colour=MUTED, spaceAfter=3),
    "alert": _style("alert", 9, 12.8, font=BOLD, colour=ALARM, spaceAfter=4),
    "strong": _style("strong", 9, 12.8, font=BOLD, spaceAfter=4),
}
CAPTION = _style("caption", 7.8, 10.6, colour=INK, spaceBefore=2, spaceAfter=8)
CELL = _style("cell", 7.4, 9.6)
CELL_HEAD = _style("cell-head", 7.4, 9.6, font=BOLD)
CELL_MONO = _style("cell-mono", 6.5, 9.6, font=MONO)
LABEL = _style("label", 8.2, 11.4, colour=MUTED)
VALUE = _style("value", 8.6, 11.4)
VALUE_MONO = _style("value-mono", 7.4, 11.4, font=MONO)
BULLET = _style("bullet", 9, 12.8, leftIndent=11, bulletIndent=1, spaceAfter=3)
KICKER = _style("kicker", 9, 12, colour=ACCENT, spaceAfter=2)
TITLE = _style("title", 19, 24, font=BOLD, spaceAfter=8)
LETTERHEAD = _style("letterhead", 12.5, 16, font=BOLD, spaceAfter=1)
LETTERHEAD_LINE = _style("letterhead-line", 8, 11, colour=MUTED)
END = _style("end", 9, 12, font=BOLD, alignment=TA_CENTER, spaceBefore=16)
HEADINGS = {
    1: _style("heading-1", 14, 18, font=BOLD, colour=ACCENT, spaceBefore=16, spaceAfter=6),
    2: _style("heading-2", 11, 14.5, font=BOLD, spaceBefore=12, spaceAfter=5),
    3: _style("heading-3", 9.6, 12.6, font=BOLD, spaceBefore=10, spaceAfter=4),
    4: _style("heading-4", 8.6, 11.6, font=BOLD, colour=MUTED, spaceBefore=8, spaceAfter=3),
}


class HeadingLine(Paragraph):  # type: ignore[misc]
    """A heading that is also an entry of the PDF's outline.

    Attributes:
        level: 1 to 4; the last is no entry.
        plain: its text.
    """

    def __init__(self, text: str, level: int) -> None:
        super().__init__(markup(text, BOLD), HEADINGS[level])
        self.plain, self.level = text, level

    def draw(self) -> None:
        """Draw the heading and set its bookmark."""
        if self.level < 4:
            x, y = self.canv.absolutePosition(0, 0)
            key = f"heading-{self.canv.getPageNumber()}-{x:.0f}-{y:.0f}"
            last: int = getattr(self.canv, "last_outline_level", -1)
            depth = min(self.level - 1, last + 1)  # an outline cannot leave a level out
            self.canv.last_outline_level = depth
            self.canv.bookmarkPage(key)
            self.canv.addOutlineEntry(printable(self.plain, BOLD), key, depth, closed=depth > 0)
            if self.level == 1:
                self.canv.sections.append((key, self.canv.getPageNumber()))
        super().draw()


class ContentsLines(Flowable):  # type: ignore[misc]
    """The sections' titles; their pages are written in when all pages are known (`pdf.NumberedCanvas`).

    Args:
        titles: of the sections, in order.
    """

    LINE = 14.0

    def __init__(self, titles: Sequence[str]) -> None:
        super().__init__()
        self._titles = [printable(title) for title in titles]
        self.width, self.height = TEXT_WIDTH, self.LINE * len(titles)

    def draw(self) -> None:
        """Draw titles and dots, and remember where the pages belong."""
        canvas = self.canv
        for index, title in enumerate(self._titles):
            y = self.height - self.LINE * (index + 1) + 4
            canvas.setFont(SANS, 9)
            canvas.setFillColor(INK)
            canvas.drawString(0, y, title)
            canvas.setStrokeColor(RULE)
            canvas.setLineWidth(0.6)
            canvas.setDash(0.6, 3)
            canvas.line(stringWidth(title, SANS, 9) + 6, y + 1, self.width - 22, y + 1)
            canvas.setDash()
            canvas.contents.append((canvas.getPageNumber(), *canvas.absolutePosition(self.width, y)))


def paragraph(text: str, style: ParagraphStyle) -> Paragraph:
    """A paragraph of plain text."""
    return Paragraph(markup(text, style.fontName), style)


def bullets(sentences: Sequence[str]) -> list[Flowable]:
    """Sentences, one under the other."""
    return [Paragraph(markup(s), BULLET, bulletText="–") for s in sentences]


def grid(cells: Sequence[Sequence[Any]], widths: Sequence[float], *commands: tuple[Any, ...], **more: Any) -> Table:
    """A table at the left margin in the report's face; `widths` in points, `commands` are reportlab's."""
    table = Table(cells, colWidths=widths, hAlign="LEFT", **more)
    table.setStyle(TableStyle([("FONTNAME", (0, 0), (-1, -1), SANS), ("VALIGN", (0, 0), (-1, -1), "TOP"), *commands]))
    return table


def padding(left: float, right: float, top: float, bottom: float) -> tuple[tuple[Any, ...], ...]:
    """Commands for the space around every cell's content, in points."""
    sides = (("LEFT", left), ("RIGHT", right), ("TOP", top), ("BOTTOM", bottom))
    return tuple((f"{side}PADDING", (0, 0), (-1, -1), size) for side, size in sides)


def facts(rows: Sequence[tuple[str, str]], *, mono: frozenset[str] = frozenset(), columns: int = 1) -> Table:
    """Labelled values, `columns` of them per line; those whose label is in `mono` in the monospaced face."""
    labels = [label for label, _ in rows]
    pairs = [(paragraph(label, LABEL), paragraph(text, VALUE_MONO if label in mono else VALUE)) for label, text in rows]
    cells = [list(chain.from_iterable(pairs[i : i + columns])) for i in range(0, len(pairs), columns)]
    cells[-1] += [""] * (2 * columns - len(cells[-1]))
    label_width = 45 * mm if columns == 1 else _label_width(labels)
    widths = [label_width, TEXT_WIDTH / columns - label_width] * columns
    rule = ("LINEBELOW", (0, 0), (-1, -1), 0.25, RULE)
    return grid(
        cells,
        widths,
        *padding(0, 4, 1.8, 1.8),
        rule,
        splitInRow=_too_high([[text] for _, text in rows], widths[1:2]),
        spaceAfter=5,
    )


def _label_width(labels: Sequence[str]) -> float:
    """Room for the longest label beside others, within limits that leave room for the values."""
    longest = max((stringWidth(label, LABEL.fontName, LABEL.fontSize) for label in labels), default=0.0)
    return float(min(max(longest + 6, 30 * mm), 50 * mm))


def listing(
    head: Sequence[str], rows: Sequence[Sequence[str]], widths: Sequence[float], *, mono: Sequence[int] = ()
) -> Table:
    """A table whose head repeats on every page it reaches.

    Args:
        head: titles of the columns.
        rows: texts of the cells.
        widths: of the columns in millimetres.
        mono: columns in the monospaced face.
    """
    faces = [CELL_MONO if column in mono else CELL for column in range(len(head))]
    cells = [[paragraph(title, CELL_HEAD) for title in head]]
    cells += [[paragraph(cell, face) for cell, face in zip(row, faces, strict=True)] for row in rows]
    return grid(
        cells,
        [width * mm for width in widths],
        *padding(3, 3, 1.6, 2),
        ("BACKGROUND", (0, 0), (-1, 0), SHADE),
        ("LINEBELOW", (0, 0), (-1, 0), 0.6, INK),
        ("LINEBELOW", (0, 1), (-1, -1), 0.25, RULE),
        *_kept(len(rows)),
        repeatRows=1,
        splitInRow=_too_high(rows, [width * mm for width in widths]),
        spaceBefore=2,
        spaceAfter=6,
    )


def _too_high(rows: Sequence[Sequence[str]], widths: Sequence[float]) -> int:
    """1 where a cell may be higher than half a page and must be torn; reportlab tears any row if it may."""
    cells = ((text, width) for row in rows for text, width in zip(row, widths, strict=False))
    return int(any(len(text) / (width / WIDEST_LETTER) * CELL.leading > HALF_A_PAGE for text, width in cells))


def _kept(rows: int) -> tuple[tuple[Any, ...], ...]:
    """Rows that a page break leaves together: the head with the first rows, and the last ones."""
    if rows < 2 * ROWS_KEPT:
        return ()
    return ("NOSPLIT", (0, 0), (-1, ROWS_KEPT)), ("NOSPLIT", (0, -ROWS_KEPT), (-1, -1))


class _Undecoded(ImageReader):  # type: ignore[misc]
    """A JPEG whose bytes go into the file as they are.

    reportlab decodes every picture, and keeps the samples until the file is written, only to name it: with many
    photographs that took gigabytes. The bytes name it as well.
    """

    def __init__(self, jpeg: bytes) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of broken EXIF, which the readers of the evidence have recorded
            super().__init__(BytesIO(jpeg))
        self._dataA = None  # no transparency
        self._name = hashlib.sha256(jpeg).digest()

    def getRGBData(self) -> bytes:  # noqa: N802 - reportlab's name
        """What the picture is named after; its samples where reportlab takes the bytes for no JPEG and stores them."""
        return self._name if self.jpeg_fh() is not None else super().getRGBData()


class Picture(Flowable):  # type: ignore[misc]
    """A picture, as large as its box allows, its JPEG bytes kept as they are.

    Attributes:
        orientation: EXIF orientation 1..8 that it is drawn in.
    """

    def __init__(self, jpeg: bytes, width: float, height: float, *, orientation: int = 1) -> None:
        super().__init__()
        self.orientation = orientation
        self._reader = _Undecoded(jpeg)
        across, down = self._reader.getSize()
        if orientation in (5, 6, 7, 8):
            across, down = down, across
        scale = min(width / across, height / down, LARGEST_PIXEL)
        self.width, self.height = across * scale, down * scale
        self.hAlign = "LEFT"

    def shrink(self, factor: float) -> None:
        """Draw it smaller; its pixels stay what they are."""
        self.width, self.height = self.width * factor, self.height * factor

    def draw(self) -> None:
        """Draw it, turned as its orientation asks, with a hairline around it."""
        canvas, width, height = self.canv, self.width, self.height
        # Columns: images of the stored frame's unit vectors (right, up) and of its lower left corner.
        across, up, corner = {
            1: ((width, 0), (0, height), (0, 0)),
            2: ((-width, 0), (0, height), (width, 0)),
            3: ((-width, 0), (0, -height), (width, height)),
            4: ((width, 0), (0, -height), (0, height)),
            5: ((0, -height), (-width, 0), (width, height)),
            6: ((0, -height), (width, 0), (0, height)),
            7: ((0, height), (width, 0), (0, 0)),
            8: ((0, height), (-width, 0), (width, 0)),
        }[self.orientation]
        canvas.saveState()
        canvas.transform(across[0], across[1], up[0], up[1], corner[0], corner[1])
        canvas.drawImage(self._reader, 0, 0, 1, 1)
        canvas.restoreState()
        canvas.setStrokeColor(RULE)
        canvas.setLineWidth(0.4)
        canvas.rect(0, 0, width, height)


class Kept(KeepTogether):  # type: ignore[misc]
    """Flowables that stay on one page; a figure among them shrinks a little rather than leave a page half empty."""

    def split(self, width: float, height: float) -> list[Flowable]:
        """The parts for a page with this much room left."""
        pictures = [item for item in self._content if isinstance(item, Picture)]
        drawn = sum(picture.height for picture in pictures)
        self.wrap(width, height)
        over = self._H - height + ROUNDING
        if drawn and ROUNDING < over <= drawn * (1 - SMALLEST_SCALE):
            for picture in pictures:
                picture.shrink((drawn - over) / drawn)
            for item in self._content:
                if isinstance(item, ColourBar):
                    item.width = max(pictures[0].width, LEGEND_WIDTH)
            self.wrap(width, height)
        parts: list[Flowable] = super().split(width, height)
        return parts


def height_of(flowables: Sequence[Flowable]) -> float:
    """How much of a page a few lines take, with the space before and after them."""
    heights = [item.wrap(TEXT_WIDTH, 1000 * mm)[1] for item in flowables]
    return float(sum(heights) + sum(item.getSpaceBefore() + item.getSpaceAfter() for item in flowables))


class ColourBar(Flowable):  # type: ignore[misc]
    """The bar of a legend with its ticks, as lines and text.

    Args:
        legend: as the report's data hold it.
        labels: of its ticks.
        width: in points.
    """

    def __init__(self, legend: Any, labels: Sequence[str], width: float) -> None:
        super().__init__()
        self._colours = bar_colours(legend["colours"], legend["ground"], legend["opacity"])
        self._legend, self._labels = legend, labels
        self.width, self.height = width, 22.0

    def draw(self) -> None:
        """Draw 256 colours, a frame, the ticks and, where values lie above, the tip."""
        canvas, margin, bar = self.canv, 14.0, 9.0
        length, bottom = self.width - 2 * margin, 12.0
        step = length / 256
        for index, (red, green, blue) in enumerate(self._colours):
            canvas.setFillColorRGB(red / 255, green / 255, blue / 255)
            overlap = 0.4 if index < 255 else 0.0  # hides hairlines between neighbours
            canvas.rect(margin + index * step, bottom, step + overlap, bar, stroke=0, fill=1)
        canvas.setStrokeColor(INK)
        canvas.setLineWidth(0.5)
        canvas.rect(margin, bottom, length, bar, stroke=1, fill=0)
        if self._legend["above"] is not None:
            tip = canvas.beginPath()
            tip.moveTo(margin + length, bottom)
            tip.lineTo(margin + length + 6, bottom + bar / 2)
            tip.lineTo(margin + length, bottom + bar)
            tip.close()
            canvas.drawPath(tip, stroke=1, fill=1)
        low, high = self._legend["limits"]
        canvas.setFillColor(INK)
        canvas.setFont(SANS, 7.2)
        for value, label in zip(self._legend["ticks"], self._labels, strict=True):
            x = margin + (value - low) / (high - low) * length
            canvas.line(x, bottom, x, bottom - 3)
            canvas.drawCentredString(x, bottom - 10, label)
