"""Maps become pictures: painted over the dimmed photograph, with hatching, outlines, letters and a legend.

Numpy and Pillow only, so that the window, the report and the command line draw the same. The colours per map cell come
from `colours`, patterns from `textures`, legends from `legends`; all of it can be imported from here.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from workstation.analysis.colours import (
    CUT_COLOURS,
    GROUP_COLOURS,
    OPACITY,
    ByteArray,
    Limits,
    bar_colours,
    blend,
    colour_map,
    components_rgba,
    cut_rgba,
    dimmed_grey,
    groups_rgba,
    labels_rgba,
    scalar_rgba,
    similarity_rgba,
)
from workstation.analysis.geometry import MapGeometry
from workstation.analysis.legends import LayerKind, Legend, drawable, font, legend_of, paint_legend
from workstation.analysis.regions import Region, RegionKind
from workstation.analysis.result import NOT_ASSESSABLE, AnalysisResult, FloatArray, Maps
from workstation.analysis.stored_scale import edged_geometry
from workstation.analysis.textures import borders, deepest_cell, dotted, hatched, sample_cells, smooth_cells
from workstation.evidence.display import oriented, oriented_point
from workstation.evidence.record import Pixels

__all__ = [
    "CUT_COLOURS",
    "GROUP_COLOURS",
    "ByteArray",
    "LayerKind",
    "Legend",
    "bar_colours",
    "blend",
    "borders",
    "colour_map",
    "components_rgba",
    "cut_rgba",
    "deepest_cell",
    "dimmed_grey",
    "dotted",
    "groups_rgba",
    "hatched",
    "labels_rgba",
    "legend_of",
    "paint_layer",
    "paint_legend",
    "reduced",
    "scalar_rgba",
    "similarity_rgba",
]

MIN_LEGEND_WIDTH = 480
"""Narrower pictures get a white margin, so that their legend can be read."""

HATCH_LIGHT = (225, 225, 225)
HATCH_DARK = (40, 40, 40)
OUTLINE = (20, 20, 20)

Scalar = TypeVar("Scalar", bound=np.generic)


def reduced(rgb: ByteArray, max_side: int) -> ByteArray:
    """The image with its longer side at most `max_side` pixels (Lanczos), or itself where it is small enough."""
    height, width = rgb.shape[:2]
    longer = max(height, width)
    if longer <= max_side:
        return rgb
    size = max(1, round(width * max_side / longer)), max(1, round(height * max_side / longer))
    return np.asarray(Image.fromarray(rgb).resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0))


def paint_layer(
    kind: LayerKind,
    evidence_pixels: Pixels,
    result: AnalysisResult,
    *,
    max_side: int = 2048,
    legend: bool,
    limits: Limits | None = None,
    regions: Iterable[Region] = (),
    similarity: FloatArray | None = None,
    seen_from: str = "the chosen region",
    smooth: bool = True,
    opacity: float = OPACITY,
    orientation: int = 1,
    photograph: ByteArray | None = None,
) -> Image.Image:
    """Paint one layer over the dimmed grey photograph.

    Args:
        kind: which layer.
        evidence_pixels: the photograph that `result` speaks of.
        result: of the analysis; needs maps for every kind but "original".
        max_side: longer side of the picture in pixels (never above that of the photograph; legend not counted).
        legend: whether a legend strip is put under it.
        limits: of the departure scale where the analyst moved them (the legend says so).
        regions: outlined with their names.
        similarity: (rows, columns) float32 over the map's cells, for kind "similarity".
        seen_from: name of the region of `similarity`.
        smooth: the departure with the picture's edges where the result has it so, other values bilinear between the
            centres of cells; False paints exact cells.
        opacity: share of the map's colours.
        orientation: EXIF orientation that the finished picture is turned to; 1 paints the stored frame.
        photograph: `reduced` pixels in the stored frame, for callers that paint several layers; None = made here.

    Returns:
        RGB picture.

    Raises:
        ValueError: if the result has no such map.
    """
    photograph = oriented(reduced(evidence_pixels.rgb, max_side) if photograph is None else photograph, orientation)
    if kind == "original":
        picture, ground = photograph.copy(), 0.0
    else:
        if result.maps is None:
            raise ValueError(f"a result that is {result.status} has no {kind} map")
        grey = dimmed_grey(photograph)
        ground = float(grey.mean())
        layer = _layer(
            kind,
            result.maps,
            photograph.shape,
            limits=limits,
            similarity=similarity,
            smooth=smooth,
            orientation=orientation,
        )
        picture = _paint_map(layer, grey, opacity)
        if kind in ("groups", "cut"):
            _paint_labels(picture, kind, result, orientation)
        elif kind == "departure":
            _mark_overflow(picture, result.maps, limits, orientation)
    canvas = Image.fromarray(picture)
    if kind == "groups":
        _letter_groups(canvas, result, orientation)
    _outline_regions(canvas, regions, (evidence_pixels.height, evidence_pixels.width), orientation)
    if not legend:
        return canvas
    strip = legend_of(
        kind, result, limits=limits, similarity=similarity, seen_from=seen_from, ground=ground, opacity=opacity
    )
    return _above(canvas, strip)


def _layer(
    kind: LayerKind,
    maps: Maps,
    shape: tuple[int, ...],
    *,
    limits: Limits | None,
    similarity: FloatArray | None,
    smooth: bool,
    orientation: int,
) -> ByteArray:
    """Colours of a map at picture size, (height, width, 4) uint8 in the display frame; alpha 0 = not assessable."""
    height, width = _stored_shape(shape, orientation)
    geometry = maps.geometry
    if kind == "groups":
        return oriented(labels_rgba(_enlarged(maps.groups, geometry, height, width), GROUP_COLOURS), orientation)
    if kind == "cut":
        return oriented(labels_rgba(_enlarged(maps.cut, geometry, height, width), CUT_COLOURS), orientation)
    values = {"departure": maps.departure, "pca": maps.pca}.get(kind, similarity)
    if values is None:
        raise ValueError("a similarity map is needed")
    if smooth and kind == "departure" and maps.edged is not None:
        values, geometry = maps.edged, edged_geometry(maps)
    enlarge = smooth_cells if smooth else _enlarged
    values = enlarge(values, geometry, height, width)
    if kind == "departure":
        cells = scalar_rgba(values, "cividis", limits or maps.departure_range)
    else:
        cells = components_rgba(values) if kind == "pca" else similarity_rgba(values)
    return oriented(cells, orientation)


def _stored_shape(shape: tuple[int, ...], orientation: int) -> tuple[int, int]:
    """(height, width) before a picture of this display shape was turned."""
    return (shape[1], shape[0]) if orientation in (5, 6, 7, 8) else (shape[0], shape[1])


def _enlarged(cells: NDArray[Scalar], geometry: MapGeometry, height: int, width: int) -> NDArray[Scalar]:
    """Cells at picture size, each pixel that of the cell it lies in."""
    rows, columns = sample_cells(geometry, height, width)
    return cells[np.ix_(rows, columns)]


def _scale(height: int, width: int) -> int:
    """The pitch of hatching and dots, in proportion to the picture."""
    return max(8, max(height, width) // 90)


def _paint_map(layer: ByteArray, grey: ByteArray, opacity: float) -> ByteArray:
    """Colours over the grey ground; hatching, and no colour, where alpha is 0."""
    height, width = grey.shape
    known = layer[..., 3] > 0
    painted = blend(layer[..., :3], grey, opacity)
    painted[~known] = grey[~known, None]
    pitch = _scale(height, width)
    lines = hatched(height, width, pitch) & ~known
    painted[lines] = HATCH_LIGHT
    # A dark line beside each light one keeps the hatching visible over bright ground.
    shadow = np.zeros_like(lines)
    shadow[:, 1:] = lines[:, :-1]
    painted[shadow & ~lines & ~known] = HATCH_DARK
    return painted


def _paint_labels(picture: ByteArray, kind: LayerKind, result: AnalysisResult, orientation: int) -> None:
    """Dots inside groups, and outlines between them, into `picture`."""
    assert result.maps is not None
    maps = result.maps
    height, width = picture.shape[:2]
    labels = maps.groups if kind == "groups" else maps.cut
    enlarged = oriented(_enlarged(labels, maps.geometry, *_stored_shape(picture.shape, orientation)), orientation)
    for label in np.unique(labels[labels != NOT_ASSESSABLE]):
        picture[dotted(int(label), height, width, _scale(height, width)) & (enlarged == label)] = 255
    thickness = max(1, max(height, width) // 900)
    picture[borders(enlarged, thickness + 1)] = 255
    picture[borders(enlarged, thickness)] = OUTLINE


def _mark_overflow(picture: ByteArray, maps: Maps, limits: Limits | None, orientation: int) -> None:
    """Outline in white the cells whose departure lies above the scale."""
    above = np.nan_to_num(maps.departure, nan=-np.inf) > (limits or maps.departure_range)[1]
    if above.any():
        enlarged = _enlarged(above.astype(np.uint8), maps.geometry, *_stored_shape(picture.shape, orientation))
        picture[borders(oriented(enlarged, orientation))] = 255


def _letter_groups(canvas: Image.Image, result: AnalysisResult, orientation: int) -> None:
    """Write each group's letter where the group is widest."""
    assert result.maps is not None
    maps, draw = result.maps, ImageDraw.Draw(canvas)
    names = {g.label: g.name for g in result.partition.groups} if result.partition else {}
    labels = oriented(maps.groups, orientation)
    size = max(14, max(canvas.size) // 32)
    for label in np.unique(labels[labels != NOT_ASSESSABLE]):
        cell = deepest_cell(labels == label)
        if cell is None:
            continue
        row, column = cell
        if orientation != 1:  # back to the stored cell, whose centre is then turned as a point
            numbers = oriented(np.arange(maps.groups.size).reshape(maps.groups.shape), orientation)
            row, column = divmod(int(numbers[row, column]), maps.groups.shape[1])
        geometry = maps.geometry
        x, y = (min((column + 0.5) * geometry.cell, geometry.width), min((row + 0.5) * geometry.cell, geometry.height))
        place = _to_canvas(x, y, (geometry.height, geometry.width), canvas, orientation)
        name = names.get(int(label), chr(ord("A") + int(label)))
        _label(draw, place, name, size)


def _to_canvas(
    x: float, y: float, stored: tuple[int, int], canvas: Image.Image, orientation: int
) -> tuple[float, float]:
    """A stored position on a picture that was turned and resized."""
    height, width = stored
    x, y = oriented_point(x, y, width, height, orientation)
    turned = orientation in (5, 6, 7, 8)
    return x * canvas.width / (height if turned else width), y * canvas.height / (width if turned else height)


def _label(draw: ImageDraw.ImageDraw, place: tuple[float, float], text: str, size: int) -> None:
    """White letters with a dark edge, centred on `place`."""
    draw.text(
        place,
        text,
        fill=(255, 255, 255),
        font=font(size, bold=True),
        anchor="mm",
        stroke_width=max(2, size // 9),
        stroke_fill=(0, 0, 0),
    )


def _outline_regions(canvas: Image.Image, regions: Iterable[Region], stored: tuple[int, int], orientation: int) -> None:
    """Outline the analyst's regions, light between dark, with their names at their upper end."""
    draw = ImageDraw.Draw(canvas)
    width = max(1, max(canvas.size) // 600)
    size = max(12, max(canvas.size) // 60)
    for region in regions:
        points = [_to_canvas(x, y, stored, canvas, orientation) for x, y in region.points]
        if len(points) < 2:
            continue
        _outline(canvas, region.kind, points, width)
        if region.kind in ("polygon", "lasso"):
            x, y = min(points, key=lambda point: point[1])
        else:
            x, y = min(x for x, _ in points), min(y for _, y in points)
        draw.text(
            (max(0.0, x), max(0.0, y - size * 1.4)),
            drawable(region.name),
            fill=(255, 255, 255),
            font=font(size, bold=True),
            stroke_width=max(1, size // 9),
            stroke_fill=(0, 0, 0),
        )


def _outline(canvas: Image.Image, kind: RegionKind, points: list[tuple[float, float]], width: int) -> None:
    """Draw the border of a region's area, so that it is equally thick everywhere; only what lies on the canvas."""
    margin = width + 2
    xs, ys = [x for x, _ in points], [y for _, y in points]
    left, top = (max(0, int(min(values)) - margin) for values in (xs, ys))
    right = min(canvas.width, int(max(xs)) + margin + 1)
    bottom = min(canvas.height, int(max(ys)) + margin + 1)
    if right <= left or bottom <= top:
        return
    mask = Image.new("L", (right - left, bottom - top))
    draw = ImageDraw.Draw(mask)
    if kind in ("rectangle", "ellipse"):
        box = (min(xs) - left, min(ys) - top, max(xs) - left, max(ys) - top)
        (draw.rectangle if kind == "rectangle" else draw.ellipse)(box, fill=255)
    else:
        draw.polygon([(x - left, y - top) for x, y in points], fill=255)
    inside = np.asarray(mask)
    for colour, thickness in (((0, 0, 0), width + 1), ((255, 255, 255), width)):
        canvas.paste(colour, (left, top), Image.fromarray(borders(inside, thickness).astype(np.uint8) * 255))


def _above(picture: Image.Image, legend: Legend) -> Image.Image:
    """The picture with its legend under it, on white."""
    width = max(picture.width, MIN_LEGEND_WIDTH)
    strip = paint_legend(legend, width, text_size=max(13, min(28, width // 70)))
    canvas = Image.new("RGB", (width, picture.height + strip.height), (255, 255, 255))
    canvas.paste(picture, ((width - picture.width) // 2, 0))
    canvas.paste(strip, (0, picture.height))
    return canvas
