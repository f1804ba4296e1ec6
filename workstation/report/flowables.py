"""The building blocks of the PDF's pages: styles, headings, tables that break, pictures, legends."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from io import BytesIO
from itertools import chain
from typing import Any

from PIL import Image
from reportlab.lib.colors import Color, HexColor
from reportlab.lib.enums import TA_LEFT
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader
from reportlab.platypus import CondPageBreak, Flowable, KeepTogether, Paragraph, Spacer, Table, TableStyle

from workstation.analysis.legends import Legend, paint_swatch
from workstation.report.typeface import BOLD, MONO, SANS, markup

PAGE_MARGIN = 15 * mm
TEXT_WIDTH = 180 * mm

SPACE_BEFORE_HEADINGS = 9

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
        fontName=font,
        bulletFontName=font,
        fontSize=size,
        leading=leading,
        textColor=colour,
        alignment=TA_LEFT,
        splitLongWords=1,
        **more,
    )


BODY = _style("body", 9, 12.6, spaceAfter=3)
SMALL = _style("small", 7.4, 10, colour=MUTED, spaceAfter=2)
CELL = _style("cell", 7.2, 9.2)
CELL_HEAD = _style("cell-head", 7.2, 9.2, font=BOLD)
CELL_MUTED = _style("cell-muted", 7.2, 9.2, colour=MUTED)
CELL_MONO = _style("cell-mono", 6.3, 9.2, font=MONO)
LABEL = _style("label", 8.2, 11.4, colour=MUTED)
VALUE = _style("value", 8.6, 11.4)
VALUE_MONO = _style("value-mono", 7.4, 11.4, font=MONO)
ALERT = _style("alert", 9, 12.6, font=BOLD, colour=ALARM, spaceAfter=3)
BULLET = _style("bullet", 9, 12.6, leftIndent=11, bulletIndent=1, spaceAfter=3)
BRIEF_HEAD = _style("brief-head", 9, 12.6, font=BOLD, colour=ACCENT, spaceAfter=3)
TITLE = _style("title", 19, 24, font=BOLD, spaceAfter=2)
HEADINGS = {
    1: _style("heading-1", 14, 18, font=BOLD, colour=ACCENT, spaceBefore=2, spaceAfter=5),
    2: _style("heading-2", 10.6, 14, font=BOLD, spaceBefore=SPACE_BEFORE_HEADINGS, spaceAfter=4),
    3: _style("heading-3", 8.8, 12, font=BOLD, colour=MUTED, spaceBefore=6, spaceAfter=2.5),
}


class Heading(Paragraph):  # type: ignore[misc]
    """A heading that is also an entry of the PDF's outline.

    Attributes:
        level: 1 to 3.
        plain: its text.
    """

    def __init__(self, text: str, level: int) -> None:
        super().__init__(markup(text, BOLD), HEADINGS[level])
        self.plain, self.level = text, level

    def draw(self) -> None:
        """Draw the heading and set its bookmark."""
        x, y = self.canv.absolutePosition(0, 0)
        key = f"heading-{self.canv.getPageNumber()}-{x:.0f}-{y:.0f}"
        self.canv.bookmarkPage(key)
        self.canv.addOutlineEntry(self.plain, key, self.level - 1, closed=self.level > 1)
        super().draw()


def heading(text: str, level: int = 2, *, room: float = 38 * mm) -> list[Flowable]:
    """A heading that starts a new page when less than `room` is left under it, so that it never stands alone."""
    return [CondPageBreak(room), Heading(text, level)]


def together(block: Sequence[Flowable]) -> KeepTogether:
    """A block that is not torn apart between pages.

    reportlab leaves the space before the first flowable out of the height that it asks for; what it lacks stands below.
    """
    return KeepTogether([*block, Spacer(1, SPACE_BEFORE_HEADINGS)])


def paragraph(text: str, style: ParagraphStyle = BODY) -> Paragraph:
    """A paragraph of plain text."""
    return Paragraph(markup(text, style.fontName), style)


def bullets(sentences: Sequence[str]) -> list[Flowable]:
    """Sentences, one under the other."""
    return [Paragraph(markup(s), BULLET, bulletText="–") for s in sentences]


def grid(cells: Sequence[Sequence[Any]], widths: Sequence[float], *commands: tuple[Any, ...]) -> Table:
    """A table at the left margin in the report's face; `widths` in points, `commands` are reportlab's."""
    table = Table(cells, colWidths=widths, hAlign="LEFT")
    table.setStyle(TableStyle([("FONTNAME", (0, 0), (-1, -1), SANS), ("VALIGN", (0, 0), (-1, -1), "TOP"), *commands]))
    return table


def padding(left: float, right: float, top: float, bottom: float) -> tuple[tuple[Any, ...], ...]:
    """Commands for the space around every cell's content, in points."""
    sides = (("LEFT", left), ("RIGHT", right), ("TOP", top), ("BOTTOM", bottom))
    return tuple((f"{side}PADDING", (0, 0), (-1, -1), size) for side, size in sides)


def facts(rows: Sequence[tuple[str, str]], *, mono: Sequence[str] = (), columns: int = 1) -> Table:
    """Labelled values, `columns` of them per line; those whose label is in `mono` in the monospaced face."""
    pairs = [(paragraph(label, LABEL), paragraph(text, VALUE_MONO if label in mono else VALUE)) for label, text in rows]
    cells = [list(chain.from_iterable(pairs[i : i + columns])) for i in range(0, len(pairs), columns)]
    cells[-1] += [""] * (2 * columns - len(cells[-1]))
    label_width = (45 if columns == 1 else 27) * mm
    widths = [label_width, TEXT_WIDTH / columns - label_width] * columns
    return grid(cells, widths, *padding(0, 4, 1.6, 1.6), ("LINEBELOW", (0, 0), (-1, -1), 0.25, RULE))


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
    table = Table(cells, colWidths=[width * mm for width in widths], repeatRows=1, hAlign="LEFT")
    style = [
        ("FONTNAME", (0, 0), (-1, -1), SANS),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        *padding(3, 3, 1.4, 1.8),
        ("BACKGROUND", (0, 0), (-1, 0), SHADE),
        ("LINEBELOW", (0, 0), (-1, 0), 0.6, INK),
        ("LINEBELOW", (0, 1), (-1, -1), 0.25, RULE),
    ]
    table.setStyle(TableStyle(style))
    return table


class Picture(Flowable):  # type: ignore[misc]
    """A picture, as large as its box allows, its JPEG bytes kept as they are.

    Attributes:
        jpeg: the bytes of a JPEG file.
        orientation: EXIF orientation 1..8 that it is drawn in.
    """

    def __init__(self, jpeg: bytes, width: float, height: float, *, orientation: int = 1) -> None:
        super().__init__()
        self.jpeg, self.orientation = jpeg, orientation
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of broken EXIF, which the readers of the evidence have recorded
            self._reader = ImageReader(BytesIO(jpeg))
        across, down = self._reader.getSize()
        if orientation in (5, 6, 7, 8):
            across, down = down, across
        scale = min(width / across, height / down, LARGEST_PIXEL)
        self.width, self.height = across * scale, down * scale
        self.hAlign = "LEFT"

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


def as_jpeg(picture: Image.Image, quality: int = 93) -> bytes:
    """A picture as JPEG bytes without chroma subsampling."""
    stream = BytesIO()
    picture.save(stream, "JPEG", quality=quality, subsampling=0)
    return stream.getvalue()


class ColourBar(Flowable):  # type: ignore[misc]
    """The bar of a legend with its ticks, as lines and text."""

    def __init__(self, legend: Legend, width: float) -> None:
        super().__init__()
        if legend.bar is None or legend.limits is None:
            raise ValueError(f"the legend of {legend.kind} has no bar")
        self._colours, self._limits, self._legend = legend.bar, legend.limits, legend
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
        if self._legend.overflow:
            tip = canvas.beginPath()
            tip.moveTo(margin + length, bottom)
            tip.lineTo(margin + length + 6, bottom + bar / 2)
            tip.lineTo(margin + length, bottom + bar)
            tip.close()
            canvas.drawPath(tip, stroke=1, fill=1)
        low, high = self._limits
        canvas.setFillColor(INK)
        canvas.setFont(SANS, 7.2)
        for value, label in self._legend.ticks:
            x = margin + (value - low) / (high - low) * length
            canvas.line(x, bottom, x, bottom - 3)
            canvas.drawCentredString(x, bottom - 10, label)


def legend_block(legend: Legend, width: float) -> list[Flowable]:
    """A legend under a picture: bar, swatches and notes, its text selectable."""
    block: list[Flowable] = [Spacer(1, 2)]
    if legend.bar is not None:
        block.append(ColourBar(legend, width))
    entries = [
        [Picture(as_jpeg(paint_swatch(swatch, 60, 120)), 18, 9), paragraph(swatch.label, CELL)]
        for swatch in legend.swatches
    ]
    if entries:
        columns = 2 if len(entries) > 1 else 1
        rows: list[list[Any]] = [
            list(chain.from_iterable(entries[i : i + columns])) for i in range(0, len(entries), columns)
        ]
        rows[-1] += [""] * (2 * columns - len(rows[-1]))
        widths = [24, width / columns - 24] * columns
        block.append(grid(rows, widths, *padding(0, 4, 1, 1), ("VALIGN", (0, 0), (-1, -1), "MIDDLE")))
    block.append(Spacer(1, 3))
    notes = [n for n in (legend.overflow, *legend.notes) if n]
    block += [paragraph(note[0].upper() + note[1:].rstrip(".") + ".", SMALL) for note in notes]
    return block
