"""Colours of the maps, per map cell: perceptually uniform tables on absolute scales, Okabe-Ito colours for groups."""

from __future__ import annotations

from functools import cache
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from workstation.analysis.result import NOT_ASSESSABLE, FloatArray, Maps
from workstation.paths import resources

ByteArray: TypeAlias = NDArray[np.uint8]
ColourMapName: TypeAlias = Literal["cividis", "viridis"]
Limits: TypeAlias = tuple[float, float]

SIMILARITY_LIMITS: Limits = (-1.0, 1.0)
"""Absolute scale of cosine similarity."""

COLOURED = 3
"""Principal components that a map holds: red, green and blue."""

COLOUR_SPAN = 3.0
"""Whitened components are shown from -3 to +3 standard deviations; what lies beyond is clipped."""

ALONE_LIMITS: Limits = (-COLOUR_SPAN, COLOUR_SPAN)
"""Scale of a component that is shown alone, in its standard deviations."""

GROUP_COLOURS: tuple[tuple[int, int, int], ...] = (
    (86, 180, 233),  # A: sky blue
    (230, 159, 0),  # B: orange
    (0, 158, 115),  # C: bluish green
    (204, 121, 167),  # D: reddish purple
    (240, 228, 66),  # E: yellow
)
"""Okabe and Ito's colours (2008) for groups A to E."""

CUT_COLOURS: tuple[tuple[int, int, int], ...] = ((0, 114, 178), (213, 94, 0))
"""Okabe and Ito's blue and vermilion for the two sides of the cut: not those of the groups."""

OPACITY = 0.65
"""How much of a painted picture is the map; the rest is the dimmed photograph."""

DIMMING = 0.7
"""How bright the grey photograph under a map is, compared with itself."""


@cache
def colour_map(name: ColourMapName) -> ByteArray:
    """A colour table.

    Returns:
        (256, 3) uint8, RGB, read-only.
    """
    path = resources() / "colormaps" / f"{name}.csv"
    table = np.loadtxt(path, delimiter=",", comments=";", encoding="utf-8")
    if table.shape != (256, 3):
        raise ValueError(f"{path.name} holds {table.shape} numbers, not 256 colours")
    colours: ByteArray = np.rint(table * 255).astype(np.uint8)
    colours.setflags(write=False)
    return colours


def scalar_rgba(values: FloatArray, name: ColourMapName, limits: Limits) -> ByteArray:
    """Colours of a scalar map on an absolute scale.

    Args:
        values: (rows, columns) float; NaN = not assessable.
        name: colour table.
        limits: values of the first and the last colour; what lies outside takes the nearer of the two.

    Returns:
        (rows, columns, 4) uint8; alpha 255, and 0 where `values` is NaN.

    Raises:
        ValueError: if the upper limit is not above the lower one.
    """
    low, high = limits
    if not high > low:
        raise ValueError(f"the upper limit {high} is not above the lower limit {low}")
    known = np.isfinite(values)
    scaled = (np.where(known, values, low) - low) / (high - low)
    rgba = np.zeros((*values.shape, 4), np.uint8)
    rgba[..., :3] = colour_map(name)[np.rint(np.clip(scaled, 0, 1) * 255).astype(np.intp)]
    rgba[..., 3] = 255
    rgba[~known] = 0
    return rgba


def similarity_rgba(array: FloatArray) -> ByteArray:
    """A map of cosine similarities in viridis, from -1 to 1. (rows, columns, 4) uint8, alpha 0 where NaN."""
    return scalar_rgba(array, "viridis", SIMILARITY_LIMITS)


def components_rgba(components: FloatArray) -> ByteArray:
    """Three components as red, green and blue.

    Args:
        components: (rows, columns, 3) float in 0..1, NaN = not assessable.

    Returns:
        (rows, columns, 4) uint8, alpha 0 where not assessable.
    """
    known = np.isfinite(components).all(axis=-1)
    rgba = np.zeros((*known.shape, 4), np.uint8)
    rgba[known, :3] = np.rint(np.clip(components[known], 0, 1) * 255).astype(np.uint8)
    rgba[known, 3] = 255
    return rgba


def groups_rgba(maps: Maps) -> ByteArray:
    """One colour per group. (rows, columns, 4) uint8, alpha 0 where not assessable."""
    return labels_rgba(maps.groups, GROUP_COLOURS)


def cut_rgba(maps: Maps) -> ByteArray:
    """One colour per side of the normalised cut. (rows, columns, 4) uint8, alpha 0 where not assessable."""
    return labels_rgba(maps.cut, CUT_COLOURS)


def labels_rgba(labels: NDArray[np.integer], colours: tuple[tuple[int, int, int], ...]) -> ByteArray:
    """Colours of a label map; labels beyond the palette begin it anew (letters and dots still tell them apart)."""
    palette = np.array([(*colour, 255) for colour in colours], np.uint8)
    rgba: ByteArray = palette[labels % len(palette)]
    rgba[labels == NOT_ASSESSABLE] = 0
    return rgba


def dimmed_grey(rgb: ByteArray) -> ByteArray:
    """The photograph as the ground under a map: grey (Rec. 601 luma) times `DIMMING`.

    Args:
        rgb: (height, width, 3) uint8.

    Returns:
        (height, width) uint8.
    """
    weights = np.array([0.299, 0.587, 0.114], np.float32) * DIMMING
    return np.rint(rgb.astype(np.float32) @ weights).astype(np.uint8)


def blend(colours: ByteArray, grey: ByteArray | float, opacity: float = OPACITY) -> ByteArray:
    """Colours laid over a grey ground.

    Args:
        colours: (..., 3) uint8.
        grey: (...) uint8 ground, or one value for all.
        opacity: share of the colours, 0..1.

    Returns:
        (..., 3) uint8.
    """
    ground = np.asarray(grey, np.float32)[..., None]
    return np.rint(opacity * colours.astype(np.float32) + (1 - opacity) * ground).astype(np.uint8)


def bar_colours(name: ColourMapName, ground: float, opacity: float = OPACITY) -> ByteArray:
    """The colour bar as it appears in the picture: blended over the picture's mean ground. (256, 3) uint8."""
    return blend(colour_map(name), ground, opacity)
