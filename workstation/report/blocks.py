"""What stands on a report's pages, in order and without a layout: PDF and HTML set the same blocks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

Tone: TypeAlias = Literal["body", "small", "alert", "strong"]


@dataclass(frozen=True, slots=True)
class Letterhead:
    """The laboratory; `logo` is the SHA-256 of a picture, None = there is none."""

    name: str
    lines: tuple[str, ...]
    logo: str | None


@dataclass(frozen=True, slots=True)
class Title:
    """The report's title, and over it what kind of document this is."""

    kicker: str
    text: str


@dataclass(frozen=True, slots=True)
class Contents:
    """The sections with their places, under a title."""

    title: str


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of level 1 to 4; 1 and 2 are numbered by whoever composes the report."""

    text: str
    level: int


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph."""

    text: str
    tone: Tone = "body"


@dataclass(frozen=True, slots=True)
class Bullets:
    """Sentences, one under the other."""

    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """Labelled values, `columns` of them per line; `mono`: labels whose value is set in the monospaced face."""

    rows: tuple[tuple[str, str], ...]
    mono: frozenset[str] = frozenset()
    columns: int = 1


@dataclass(frozen=True, slots=True)
class Listing:
    """A table whose head repeats on every page that it reaches.

    Attributes:
        head: titles of the columns.
        rows: texts of the cells.
        widths: of the columns, in millimetres of the page's 180.
        mono: columns in the monospaced face.
    """

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    widths: tuple[float, ...]
    mono: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Tables:
    """Small tables of numbers side by side, each under its title."""

    titles: tuple[str, ...]
    values: tuple[tuple[tuple[int, ...], ...], ...]


@dataclass(frozen=True, slots=True)
class Figure:
    """A picture with its legend and caption.

    Attributes:
        picture: SHA-256 of its bytes.
        orientation: EXIF orientation 1..8 that it is still to be turned by.
        width, height: in millimetres, that it may take.
        caption: under it, "Figure 3: …".
        legend: the figure's legend as the content holds it, None = it needs none.
        ticks: labels along the legend's bar, in the order of its ticks.
        swatches: labels of the legend's swatches, in order.
        notes: further lines of the legend.
    """

    picture: str
    orientation: int
    width: float
    height: float
    caption: str
    legend: Any = None
    ticks: tuple[str, ...] = ()
    swatches: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Together:
    """Blocks that are not torn apart between pages."""

    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Signatures:
    """Lines to be filled in by hand, `labels` under them."""

    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EndMark:
    """The last line of the report."""

    text: str


Block: TypeAlias = (
    "Letterhead | Title | Contents | Heading | Text | Bullets | Facts | Listing | Tables | Figure | Together | "
    "Signatures | EndMark"
)
