"""A report becomes one HTML file that needs no other: the same blocks as in the PDF, pictures and data inside."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from html import escape
from io import BytesIO
from pathlib import Path
from typing import Any

from workstation.analysis.colours import bar_colours
from workstation.paths import resources
from workstation.report import blocks as b
from workstation.report.atomic import write_text
from workstation.report.compose import composed
from workstation.report.document import ReportDocument
from workstation.report.publication import Publication, publish, running_title
from workstation.report.typesetting import swatch_picture

STOPS = 32
"""Colours of a legend's bar; browsers blend between them."""


def write_html(document: ReportDocument, path: Path) -> None:
    """Write the report; an existing file is replaced only when the new one is complete.

    Raises:
        ExportProblem: if the file cannot be written.
        TextsProblem: if the report's words cannot be used.
    """
    write_text(path, print_html(publish(document)))


def print_html(publication: Publication) -> str:
    """The text of the file; the same data give the same text."""
    content, texts = publication.content, publication.texts
    story = composed(publication)
    page = _Page(publication.pictures)
    body = "\n".join(page.of(block) for block in story)
    style = (resources() / "texts" / "report.css").read_text("utf-8")
    data = publication.json.decode("utf-8").replace("<", "\\u003c")  # within strings only: no data ends the element
    footer = escape(texts("page.report", number=content["report"]["number"]))
    return (
        f'<!DOCTYPE html>\n<html lang="{escape(content["language"])}">\n<head>\n<meta charset="utf-8">\n'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; img-src data:; '
        "style-src 'unsafe-inline'\">\n"
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{_shown(running_title(publication))}</title>\n<style>\n{style}</style>\n</head>\n<body>\n"
        f'<nav aria-label="{escape(texts("page.contents"))}">\n{page.contents()}</nav>\n<main>\n{body}\n</main>\n'
        f"<footer>{footer}</footer>\n"
        f'<script type="application/json" id="report">\n{data}</script>\n</body>\n</html>\n'
    )


def _shown(text: str) -> str:
    """Text for a page: nothing that is invisible turns a line around or hides."""
    visible = "".join(c if c.isprintable() or c == "\n" else f"⟨U+{ord(c):04X}⟩" for c in text)
    return escape(visible)


class _Page:
    """Blocks as HTML, and the headings that they had."""

    def __init__(self, pictures: Mapping[str, bytes]) -> None:
        self._pictures = pictures
        self._headings: list[tuple[int, str]] = []
        self._by_type: dict[type, Callable[[Any], str]] = {
            b.Letterhead: self._letterhead,
            b.Title: lambda block: f'<p class="kicker">{_shown(block.kicker)}</p>\n<h1>{_shown(block.text)}</h1>',
            b.Contents: lambda _: "",
            b.Heading: self._heading,
            b.Text: lambda block: f'<p class="{block.tone}">{_shown(block.text)}</p>',
            b.Bullets: lambda block: f"<ul>{_all('li', block.items)}</ul>",
            b.Facts: _facts,
            b.Listing: _listing,
            b.Tables: _tables,
            b.Figure: self._figure,
            b.Together: lambda block: "\n".join(self.of(inner) for inner in block.blocks),
            b.Signatures: lambda block: f'<div class="signatures">{_all("span", block.labels)}</div>',
            b.EndMark: lambda block: f'<p class="end">{_shown(block.text)}</p>',
        }

    def of(self, block: b.Block) -> str:
        """A block."""
        return self._by_type[type(block)](block)

    def contents(self) -> str:
        """Links to the headings of the first two levels."""
        links = [
            f'<a class="level-{level}" href="#part-{number}">{_shown(text)}</a>\n'
            for number, (level, text) in enumerate(self._headings)
            if level <= 2
        ]
        return "".join(links)

    def _heading(self, block: b.Heading) -> str:
        self._headings.append((block.level, block.text))
        tag = f"h{block.level + 1}"
        return f'<{tag} id="part-{len(self._headings) - 1}">{_shown(block.text)}</{tag}>'

    def _letterhead(self, block: b.Letterhead) -> str:
        lines = "".join(f"<div>{_shown(line)}</div>" for line in block.lines)
        logo = "" if block.logo is None else f'<img alt="" src="{self._source(block.logo)}">'
        return f'<header><div><div class="laboratory">{_shown(block.name)}</div>{lines}</div>{logo}</header>'

    def _figure(self, block: b.Figure) -> str:
        legend = "" if block.legend is None else _legend(block)
        picture = f'<img alt="{_shown(block.caption)}" src="{self._source(block.picture)}">'
        return f"<figure>{picture}{legend}<figcaption>{_shown(block.caption)}</figcaption></figure>"

    def _source(self, picture: str) -> str:
        return _data_url(self._pictures[picture])


def _all(tag: str, texts: Sequence[str]) -> str:
    return "".join(f"<{tag}>{_shown(text)}</{tag}>" for text in texts)


def _facts(block: b.Facts) -> str:
    rows = "".join(
        f"<div><dt>{_shown(label)}</dt><dd{_mono(label in block.mono)}>{_shown(value)}</dd></div>"
        for label, value in block.rows
    )
    return f'<dl class="columns-{block.columns}">{rows}</dl>'


def _mono(mono: bool) -> str:
    return ' class="mono"' if mono else ""


def _listing(block: b.Listing) -> str:
    head = "".join(
        f'<th scope="col" style="width:{width / 1.8:.1f}%">{_shown(title)}</th>'
        for title, width in zip(block.head, block.widths, strict=True)
    )
    rows = "".join(
        "<tr>" + "".join(f"<td{_mono(i in block.mono)}>{_shown(cell)}</td>" for i, cell in enumerate(row)) + "</tr>\n"
        for row in block.rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>\n{rows}</tbody></table>"


def _tables(block: b.Tables) -> str:
    parts = []
    for title, values in zip(block.titles, block.values, strict=True):
        rows = "".join(f"<tr>{_all('td', [str(value) for value in row])}</tr>" for row in values)
        parts.append(f'<div><p class="small">{_shown(title)}</p><table class="numbers">{rows}</table></div>')
    return f'<div class="side-by-side">{"".join(parts)}</div>'


def _legend(block: b.Figure) -> str:
    legend = block.legend
    parts = []
    if legend["colours"] is not None:
        parts.append(_bar(legend, block.ticks))
    for swatch, label in zip(legend["swatches"], block.swatches, strict=True):
        stream = BytesIO()
        swatch_picture(swatch).save(stream, "PNG")
        source = _data_url(stream.getvalue(), "png")
        parts.append(f'<span class="swatch"><img alt="" src="{source}">{_shown(label)}</span>')
    parts += [f'<p class="small">{_shown(note)}</p>' for note in block.notes]
    return f'<div class="legend">{"".join(parts)}</div>'


def _bar(legend: Any, labels: Sequence[str]) -> str:
    """The colour bar as a gradient, with its ticks at their places."""
    colours = bar_colours(legend["colours"], legend["ground"], legend["opacity"])
    shown = [colours[round(i * 255 / (STOPS - 1))] for i in range(STOPS)]
    gradient = ",".join(f"rgb({red},{green},{blue})" for red, green, blue in shown)
    low, high = legend["limits"]
    ticks = "".join(
        f'<span style="left:{100 * (value - low) / (high - low):.2f}%">{_shown(label)}</span>'
        for value, label in zip(legend["ticks"], labels, strict=True)
    )
    style = f"background:linear-gradient(to right,{gradient})"
    return f'<div class="bar" style="{style}"></div><div class="ticks">{ticks}</div>'


def _data_url(content: bytes, kind: str = "jpeg") -> str:
    return f"data:image/{kind};base64,{base64.b64encode(content).decode('ascii')}"
