"""Blocks become the PDF's flowables: what stays together, and that no heading is left alone at the foot of a page."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

from PIL import Image
from reportlab.lib.units import mm
from reportlab.platypus import CondPageBreak, Flowable, KeepTogether, Spacer, Table

from workstation.analysis.legends import Swatch, paint_swatch
from workstation.report import blocks as b
from workstation.report import flowables as f
from workstation.report.pictures import as_jpeg
from workstation.report.publication import Publication
from workstation.report.typeface import SANS

ROOM = 34 * mm
"""Under a heading, for a table: its head and a few rows. Shorter blocks go with their heading whole."""

MUCH = 90 * mm
"""What is higher may break between pages, although a heading stands over it."""

SWATCHES_WIDTH = 140 * mm
"""Of a legend with two swatches on a line, so that their words need no second one."""

LOGO_WIDTH, LOGO_HEIGHT = 38 * mm, 22 * mm


def typeset(publication: Publication, story: Sequence[b.Block]) -> Iterator[tuple[float, list[Flowable]]]:
    """The flowables of a report, a few at a time, each time with the share of the story up to their end."""
    return _Typesetter(publication.pictures, list(_section_titles(story))).all(story)


def _section_titles(story: Sequence[b.Block]) -> Iterator[str]:
    for block in story:
        if isinstance(block, b.Together):
            yield from _section_titles(block.blocks)
        elif isinstance(block, b.Heading) and block.level == 1:
            yield block.text


class _Typesetter:
    def __init__(self, pictures: Mapping[str, bytes], sections: Sequence[str]) -> None:
        self._pictures, self._sections = pictures, sections
        self._by_type: dict[type, Callable[[Any], list[Flowable]]] = {
            b.Letterhead: self._letterhead,
            b.Title: lambda block: [f.paragraph(block.kicker, f.KICKER), f.paragraph(block.text, f.TITLE)],
            b.Contents: lambda block: [
                KeepTogether([f.paragraph(block.title, f.HEADINGS[3]), f.ContentsLines(self._sections)])
            ],
            b.Heading: lambda block: [f.HeadingLine(block.text, block.level)],
            b.Text: lambda block: [f.paragraph(block.text, f.TONES[block.tone])],
            b.Bullets: lambda block: f.bullets(block.items),
            b.Facts: lambda block: [f.facts(block.rows, mono=block.mono, columns=block.columns)],
            b.Listing: lambda block: [f.listing(block.head, block.rows, block.widths, mono=block.mono)],
            b.Tables: self._tables,
            b.Figure: self._figure,
            b.Together: lambda block: [f.Kept(self._plain(block.blocks))],
            b.Signatures: self._signatures,
            b.EndMark: lambda block: [f.paragraph(block.text, f.END)],
        }

    def all(self, story: Sequence[b.Block]) -> Iterator[tuple[float, list[Flowable]]]:
        """Everything; headings, and words right under them, go with what they introduce."""
        leading: list[b.Block] = []
        for number, block in enumerate(story, start=1):
            if isinstance(block, b.Heading) or (leading and isinstance(block, b.Text)):
                leading.append(block)
                continue
            yield number / len(story), self._introduced(leading, block)
            leading = []
        yield 1.0, self._introduced(leading, None)

    def _introduced(self, leading: Sequence[b.Block], block: b.Block | None) -> list[Flowable]:
        """A block under its headings."""
        if not leading:
            return [] if block is None else self._one(block)
        head = self._plain(leading)
        if block is None:
            return self._beginning(leading, head, f.height_of(head))
        inner = self._plain(block.blocks) if isinstance(block, b.Together) else self._one(block)
        if isinstance(block, b.Listing | b.Tables):
            room = min(ROOM, f.height_of(inner)) if isinstance(block, b.Listing) else ROOM
            return [*self._beginning(leading, head, f.height_of(head) + room), *inner]
        if isinstance(block, b.Facts | b.Bullets) or f.height_of(head) > MUCH:
            return self._beginning(leading, [*head, *inner], f.height_of([*head, *inner]))
        return [f.Kept([*head, *inner])]

    def _beginning(self, leading: Sequence[b.Block], whole: list[Flowable], wanted: float) -> list[Flowable]:
        """Flowables that start on this page if there is room for all that is wanted, or for the beginning of much."""
        titles = self._plain([block for block in leading if isinstance(block, b.Heading)])
        return [CondPageBreak(min(wanted, f.height_of(titles) + 2 * ROOM) if wanted > MUCH else wanted), *whole]

    def _plain(self, story: Sequence[b.Block]) -> list[Flowable]:
        return list(chain.from_iterable(self._one(block) for block in story))

    def _one(self, block: b.Block) -> list[Flowable]:
        return self._by_type[type(block)](block)

    def _letterhead(self, block: b.Letterhead) -> list[Flowable]:
        left = [f.paragraph(block.name, f.LETTERHEAD), *(f.paragraph(line, f.LETTERHEAD_LINE) for line in block.lines)]
        right: list[Flowable] = []
        if block.logo is not None:
            logo = _Bare(self._pictures[block.logo], LOGO_WIDTH, LOGO_HEIGHT)
            logo.hAlign = "RIGHT"
            right = [logo]
        rule = ("LINEBELOW", (0, 0), (-1, -1), 1.0, f.ACCENT)
        widths = [f.TEXT_WIDTH - LOGO_WIDTH, LOGO_WIDTH]
        return [f.grid([[left, right]], widths, *f.padding(0, 0, 0, 7), rule), Spacer(1, 14)]

    def _figure(self, block: b.Figure) -> list[Flowable]:
        picture = f.Picture(
            self._pictures[block.picture], block.width * mm, block.height * mm, orientation=block.orientation
        )
        story: list[Flowable] = [picture]
        if block.legend is not None:
            story += self._legend(block, max(picture.width, f.LEGEND_WIDTH))
        return [*story, f.paragraph(block.caption, f.CAPTION)]

    def _legend(self, block: b.Figure, width: float) -> list[Flowable]:
        """Bar, swatches and notes under a picture, the text selectable."""
        story: list[Flowable] = [Spacer(1, 3)]
        if block.legend["colours"] is not None:
            story.append(f.ColourBar(block.legend, block.ticks, width))
        entries = [
            [f.Picture(as_jpeg(swatch_picture(swatch)), 18, 9), f.paragraph(label, f.CELL)]
            for swatch, label in zip(block.legend["swatches"], block.swatches, strict=True)
        ]
        if entries:
            columns = 2 if len(entries) > 1 else 1
            rows: list[list[Any]] = [
                list(chain.from_iterable(entries[i : i + columns])) for i in range(0, len(entries), columns)
            ]
            rows[-1] += [""] * (2 * columns - len(rows[-1]))
            width = max(width, SWATCHES_WIDTH)
            widths = [24, width / columns - 24] * columns
            story.append(f.grid(rows, widths, *f.padding(0, 4, 1, 1), ("VALIGN", (0, 0), (-1, -1), "MIDDLE")))
        return [*story, Spacer(1, 2), *(f.paragraph(note, f.TONES["small"]) for note in block.notes)]

    def _tables(self, block: b.Tables) -> list[Flowable]:
        """Two tables beside each other."""
        story: list[Flowable] = []
        for start in range(0, len(block.titles), 2):
            pair = slice(start, start + 2)
            cells: list[Any] = [
                [f.paragraph(title, f.TONES["small"]), _numbers(values)]
                for title, values in zip(block.titles[pair], block.values[pair], strict=True)
            ]
            cells += [""] * (2 - len(cells))
            side_by_side = f.grid([cells], [f.TEXT_WIDTH / 2] * 2, *f.padding(0, 6, 0, 0))
            story += [KeepTogether([side_by_side]), Spacer(1, 5)]
        return story

    def _signatures(self, block: b.Signatures) -> list[Flowable]:
        """Lines to write on."""
        width = f.TEXT_WIDTH / len(block.labels)
        cells = [["" for _ in block.labels], [f.paragraph(label, f.TONES["small"]) for label in block.labels]]
        rules = [("LINEABOVE", (i, 1), (i, 1), 0.5, f.INK) for i in range(len(block.labels))]
        table = Table(cells, colWidths=[width] * len(block.labels), rowHeights=[13 * mm, 12], hAlign="LEFT")
        spaced = f.grid([[table]], [f.TEXT_WIDTH], *f.padding(0, 0, 0, 4))
        table.setStyle([*f.padding(0, 6, 2, 0), ("FONTNAME", (0, 0), (-1, -1), SANS), *rules])
        return [spaced]


class _Bare(f.Picture):
    """A picture without a frame."""

    def draw(self) -> None:
        """Draw it."""
        self.canv.drawImage(self._reader, 0, 0, self.width, self.height)


def swatch_picture(swatch: Any) -> Image.Image:
    """A legend's swatch, from the report's data."""
    red, green, blue = swatch["colour"]
    drawn = Swatch((red, green, blue), swatch["dots"], swatch["letter"], "", swatch["hatch"])
    return paint_swatch(drawn, 60, 120)


def _numbers(values: Sequence[Sequence[int]]) -> Table:
    cells = [[f.paragraph(str(value), f.CELL_MONO) for value in row] for row in values]
    return f.grid(cells, [9.6 * mm] * 8, *f.padding(3, 1, 0, 1), ("GRID", (0, 0), (-1, -1), 0.25, f.RULE))
