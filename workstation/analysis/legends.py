"""The legend of a painted map as data, and as a strip of picture: the PDF draws the same data with selectable text."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal, TypeAlias

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from workstation.analysis.colours import (
    ALONE_LIMITS,
    CUT_COLOURS,
    GROUP_COLOURS,
    OPACITY,
    SIMILARITY_LIMITS,
    ByteArray,
    Limits,
    bar_colours,
    blend,
)
from workstation.analysis.result import NOT_ASSESSABLE, AnalysisResult, FloatArray, Maps
from workstation.analysis.textures import dotted, hatched
from workstation.errors import share_in_percent
from workstation.paths import resources

LayerKind: TypeAlias = Literal["original", "departure", "pca", "groups", "cut", "similarity"]

ALONE_NOTE = (
    "The longer tail is bright. It may be a foreign part, or the other end may, or both are the scene. No error rate "
    "holds for what is found here."
)

EDGES_NOTE = "Edges follow those of the picture; numbers are those of whole cells."

PAPER = (255, 255, 255)
INK = (32, 32, 32)


@dataclass(frozen=True, slots=True)
class Swatch:
    """One labelled patch of colour.

    Attributes:
        colour: RGB as it appears in the picture, over the mean ground.
        dots: number of the dot pattern (`textures.dotted`).
        letter: drawn inside, or "".
        label: what it means.
        hatch: whether it is the swatch of what is not assessable.
        meaning: "group", "larger-side", "smaller-side" or "not-assessable"; with letter and share it makes the label in
            another language.
        share: of the assessable area; of all cells where it is not assessable.
    """

    colour: tuple[int, int, int]
    dots: int
    letter: str
    label: str
    hatch: bool = False
    meaning: str = ""
    share: float = 0.0


@dataclass(frozen=True, slots=True)
class Outside:
    """Values beyond one end of a scale: share of the assessable cells, and the value farthest from the scale."""

    share: float
    farthest: float


@dataclass(frozen=True, slots=True, eq=False)
class Legend:
    """What a painted map means.

    Attributes:
        kind: the layer.
        title: what is shown.
        bar: (256, 3) uint8 colours of the bar as they appear in the picture, or None.
        limits: values at the ends of the bar, or None.
        ticks: (value, label) along the bar.
        overflow: label of what lies above the upper limit, "" where nothing does.
        swatches: labelled colours.
        notes: sentences under it.
        above, below: what lies beyond the limits, None where nothing does.
    """

    kind: LayerKind
    title: str
    bar: ByteArray | None = None
    limits: Limits | None = None
    ticks: tuple[tuple[float, str], ...] = ()
    overflow: str = ""
    swatches: tuple[Swatch, ...] = ()
    notes: tuple[str, ...] = ()
    above: Outside | None = None
    below: Outside | None = None


def legend_of(
    kind: LayerKind,
    result: AnalysisResult,
    *,
    limits: Limits | None = None,
    similarity: FloatArray | None = None,
    seen_from: str = "the chosen region",
    alone: int = 0,
    ground: float = 90.0,
    opacity: float = OPACITY,
) -> Legend:
    """The legend of one layer.

    Args:
        kind: which layer.
        result: a result with maps ("original" needs none).
        limits: of the departure scale when the analyst moved them; None = those stored with the weights.
        similarity: (rows, columns) float32, for kind "similarity".
        seen_from: name of the region that `similarity` is measured from.
        alone: number of the component that kind "pca" shows alone, 0 = three as colours.
        ground: mean of the dimmed grey photograph, which shines through the colours.
        opacity: share of the map's colours in the picture.

    Raises:
        ValueError: if the layer is a map and the result has none.
    """
    if kind == "original":
        return Legend(kind, "The photograph as stored, turned for display as its orientation tag says")
    if result.maps is None:
        raise ValueError(f"a result that is {result.status} has no {kind} map")
    hatch = _hatch_swatch(result.maps, ground)
    if kind == "departure":
        return _departure_legend(result, limits, ground, opacity, hatch)
    if kind == "similarity":
        if similarity is None:
            raise ValueError("a similarity map is needed")
        title = f"As seen from {seen_from}: mean cosine similarity of each patch"
        colours = bar_colours("viridis", ground, opacity)
        return _bar_legend(kind, title, similarity, SIMILARITY_LIMITS, colours=colours, hatch=hatch)
    if kind == "pca" and alone:
        title = f"Component {alone} of the embeddings alone, in standard deviations"
        colours = bar_colours("viridis", ground, opacity)
        ticks = tuple((v, f"{v:+.0f}".replace("-", "−") if v else "0") for v in np.linspace(*ALONE_LIMITS, 7))
        return Legend(kind, title, colours, ALONE_LIMITS, ticks, swatches=hatch, notes=(ALONE_NOTE,))
    if kind == "pca":
        return Legend(
            kind,
            "Principal components of the embeddings (whitened) as red, green and blue",
            swatches=hatch,
            notes=("Colours show what is alike and what is unlike, and mean nothing else.",),
        )
    return _labels_legend(kind, result, ground, opacity, hatch)


def _departure_legend(
    result: AnalysisResult, limits: Limits | None, ground: float, opacity: float, hatch: tuple[Swatch, ...]
) -> Legend:
    maps, ambiguous = result.maps, result.partition is not None and result.partition.ambiguous
    assert maps is not None
    scale = limits or maps.departure_range
    moved = limits is not None and tuple(limits) != tuple(maps.departure_range)
    reference = "group A (which group is the reference is ambiguous)" if ambiguous else "the reference group (group A)"
    title = f"Departure from {reference}; higher = departs more"
    low, high = maps.departure_range
    source = (
        f"Limits moved by the analyst to {scale[0]:.3g} to {scale[1]:.3g}; "
        f"those stored with the weights are {low:.3g} to {high:.3g}."
        if moved
        else "Absolute scale; its limits are stored with the weights."
    )
    notes = (source,) if maps.edged is None else (source, EDGES_NOTE)
    colours = bar_colours("cividis", ground, opacity)
    return _bar_legend("departure", title, maps.departure, scale, colours=colours, hatch=hatch, notes=notes)


def _bar_legend(
    kind: LayerKind,
    title: str,
    values: FloatArray,
    limits: Limits,
    *,
    colours: ByteArray,
    hatch: tuple[Swatch, ...],
    notes: tuple[str, ...] = (),
) -> Legend:
    low, high = limits
    known = values[np.isfinite(values)]
    above = float((known > high).mean()) if known.size else 0.0
    overflow = ""
    if above:
        overflow = f"above {high:.3g}: {share_in_percent(above)} of the assessable cells, up to {known.max():.3g}"
    below = float((known < low).mean()) if known.size else 0.0
    if below:
        notes = (
            *notes,
            f"Below {low:.3g}: {share_in_percent(below)} of the assessable cells, down to {known.min():.3g}; "
            "the first colour.",
        )
    if overflow and kind == "departure":
        overflow += ", outlined in white"
    ticks = tuple((value, f"{value:.3g}".replace("-", "−")) for value in _round_ticks(low, high))
    over = Outside(above, float(known.max())) if above else None
    under = Outside(below, float(known.min())) if below else None
    return Legend(kind, title, colours, limits, ticks, overflow, hatch, notes, over, under)


def _round_ticks(low: float, high: float) -> list[float]:
    """Both limits, and between them the multiples of a round step that keep their distance from the limits."""
    width = high - low
    power = float(10.0 ** np.floor(np.log10(width)))
    step = next(power * factor for factor in (0.2, 0.25, 0.5, 1.0, 2.0) if power * factor >= width / 5)
    inner = np.arange(np.ceil(low / step), high / step + 1) * step
    return [low, *(float(v) for v in inner if low + step / 3 < v < high - step / 3), high]


def _labels_legend(
    kind: LayerKind, result: AnalysisResult, ground: float, opacity: float, hatch: tuple[Swatch, ...]
) -> Legend:
    maps = result.maps
    assert maps is not None
    labels = maps.groups if kind == "groups" else maps.cut
    colours = GROUP_COLOURS if kind == "groups" else CUT_COLOURS
    assessable = labels[labels != NOT_ASSESSABLE]
    shares = {int(label): float((assessable == label).mean()) for label in np.unique(assessable)}
    named = {g.label: g for g in result.partition.groups} if kind == "groups" and result.partition else {}
    swatches = []
    for label, counted in shares.items():
        group = named.get(label)
        letter = (group.name if group else chr(ord("A") + label)) if kind == "groups" else ""
        share = group.share if group else counted
        meaning = "group" if kind == "groups" else ("larger-side", "smaller-side")[label % 2]
        title = f"group {letter}" if kind == "groups" else meaning.replace("-", " ")
        seen = blend(np.array(colours[label % len(colours)], np.uint8), ground, opacity)
        colour = (int(seen[0]), int(seen[1]), int(seen[2]))
        said = f"{title}: {share_in_percent(share)} of the assessable area"
        swatches.append(Swatch(colour, label, letter, said, meaning=meaning, share=share))
    if kind == "groups":
        title = "Groups of patches that are alike, named by size"
        notes: tuple[str, ...] = ("A letter names a group's size rank, not its origin.",)
    else:
        title = "The two sides of the normalised cut"
        notes = ("The cut always has two sides, whether or not the photograph has two histories.",)
    return Legend(kind, title, swatches=(*swatches, *hatch), notes=notes)


def _hatch_swatch(maps: Maps, ground: float) -> tuple[Swatch, ...]:
    missing = float(np.isnan(maps.departure).mean())
    if not missing:
        return ()
    grey = round(ground)
    said = f"not assessable: {share_in_percent(missing)} of the cells"
    return (Swatch((grey, grey, grey), 0, "", said, hatch=True, meaning="not-assessable", share=missing),)


@cache
def font(size: int, *, bold: bool = False) -> ImageFont.FreeTypeFont:
    """The typeface of everything that is written into pictures, `size` in pixels."""
    name = "DejaVuSansCondensed-Bold.ttf" if bold else "DejaVuSansCondensed.ttf"
    return ImageFont.truetype(str(resources() / "fonts" / name), size, layout_engine=ImageFont.Layout.BASIC)


@cache
def _without_glyph() -> bytes:
    """What the typeface draws for a character that it lacks."""
    return bytes(font(16).getmask("\uffff"))


def drawable(text: str) -> str:
    """Text for pictures: characters that the typeface lacks as their code point, ⟨U+6771⟩, not as boxes."""
    face, missing = font(16), _without_glyph()
    return "".join(f"⟨U+{ord(c):04X}⟩" if bytes(face.getmask(c)) == missing else c for c in text)


def paint_swatch(swatch: Swatch, height: int, width: int) -> Image.Image:
    """A swatch as it looks in the picture, with its dots, hatching and letter."""
    cells = np.empty((height, width, 3), np.uint8)
    cells[:] = swatch.colour
    if swatch.hatch:
        cells[hatched(height, width, max(6, height // 2))] = 255
    cells[dotted(swatch.dots, height, width, max(6, height // 2))] = 255
    picture = Image.fromarray(cells)
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 0, width - 1, height - 1), outline=INK)
    if swatch.letter:
        draw.text(
            (width / 2, height / 2),
            swatch.letter,
            fill=(255, 255, 255),
            font=font(max(9, height * 2 // 3), bold=True),
            anchor="mm",
            stroke_width=max(1, height // 12),
            stroke_fill=(0, 0, 0),
        )
    return picture


def paint_legend(legend: Legend, width: int, *, text_size: int = 14) -> Image.Image:
    """The legend as a white strip of the given width in pixels, as high as it needs.

    Lines that are too long for the width are wrapped.
    """
    canvas = Image.new("RGB", (width, 40 * text_size), PAPER)
    draw = ImageDraw.Draw(canvas)
    gap = text_size // 2
    y = gap
    y = _write(draw, legend.title, (gap, y), width - 2 * gap, text_size, bold=True)
    if legend.bar is not None and legend.limits is not None:
        y = _paint_bar(canvas, draw, legend, y + gap // 2, text_size)
    for swatch in legend.swatches:
        side = round(1.5 * text_size)
        canvas.paste(paint_swatch(swatch, side, 2 * side), (gap, y))
        below = _write(
            draw, swatch.label, (2 * gap + 2 * side, y + text_size // 5), width - 3 * gap - 2 * side, text_size
        )
        y = max(below, y + side + gap // 2)
    for note in legend.notes:
        y = _write(draw, note, (gap, y), width - 2 * gap, text_size)
    return canvas.crop((0, 0, width, y + gap))


def _paint_bar(canvas: Image.Image, draw: ImageDraw.ImageDraw, legend: Legend, y: int, text_size: int) -> int:
    assert legend.bar is not None
    assert legend.limits is not None
    low, high = legend.limits
    margin = 2 * text_size
    length, height = canvas.width - 2 * margin, round(1.2 * text_size)
    columns = np.minimum(np.arange(length) * 256 // length, 255)
    canvas.paste(Image.fromarray(np.repeat(legend.bar[columns][None], height, axis=0)), (margin, y))
    draw.rectangle((margin, y, margin + length - 1, y + height - 1), outline=INK)
    if legend.overflow:
        end = margin + length
        tip = [(end, y), (end + height // 2, y + height // 2), (end, y + height - 1)]
        draw.polygon(tip, fill=tuple(int(c) for c in legend.bar[-1]), outline=INK)
    bottom = y + height
    for value, label in legend.ticks:
        x = margin + (value - low) / (high - low) * (length - 1)
        draw.line((x, bottom, x, bottom + text_size // 3), fill=INK)
        draw.text((x, bottom + text_size // 3), label, fill=INK, font=font(text_size), anchor="ma")
    y = bottom + round(1.9 * text_size)
    if legend.overflow:
        y = _write(draw, f"▷ {legend.overflow}", (margin, y), length, text_size)
    return y


def _write(
    draw: ImageDraw.ImageDraw, text: str, place: tuple[int, int], width: int, text_size: int, *, bold: bool = False
) -> int:
    """Write wrapped text; returns the y below it."""
    face = font(text_size, bold=bold)
    (x, y), line = place, ""
    for word in [*drawable(text).split(" "), "\n"]:
        longer = f"{line} {word}".strip(" ")
        if word == "\n" or (line and face.getlength(longer) > width):
            draw.text((x, y), line, fill=INK, font=face)
            y += round(1.35 * text_size)
            line = word
        else:
            line = longer
    return y
