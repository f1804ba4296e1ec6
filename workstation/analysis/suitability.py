"""Which patches can be compared: flat, clipped and black ones carry no trace of how the picture was made.

The thresholds are deliberately low. A sky after JPEG compression varies by one or two grey levels and still carries
the camera's processing and the quantisation; only what is practically constant is left out.
"""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import NDArray

from workstation.analysis.geometry import PatchGrid
from workstation.analysis.published import vote_counts
from workstation.analysis.result import BoolArray, Suitability

ASSESSABLE, FLAT, CLIPPED, BLACK = 0, 1, 2, 3
"""Codes of `Suitability.reason`."""

FLAT_DEVIATION = 0.7
"""Standard deviation of grey (0..255) below which a patch is flat.

Rounding to whole grey levels alone leaves 0.29, a patch that sits half and half on two neighbouring levels has 0.5. So
below 0.7 a patch holds little more than rounding. Rules of thumb in the literature (3 and above) would leave out clear
skies, which are assessable."""

WHITE_LEVEL = 253
"""Grey from which a pixel counts as clipped: tone curves end at 255, JPEG moves the end by a level or two."""

BLACK_LEVEL = 2
"""Grey up to which a pixel counts as black."""

LOST_SHARE = 0.5
"""Share of clipped (or of black) pixels from which a patch is left out: at least half of it must carry a signal."""

FEWEST_PATCHES = 12
"""Assessable patches below which nothing is said: a reference group of fewer has no spread worth the name."""


def assess(image: NDArray[np.uint8], grid: PatchGrid) -> Suitability:
    """Find the patches that can be compared.

    Sums over patches come from sums over the segments between all patch borders: each pixel is touched once, whatever
    the overlap.

    Args:
        image: (height, width, 3) uint8, RGB, as stored.
        grid: where patches are cut; parts beyond the image do not count.

    Returns:
        The mask, with one reason per patch (black before clipped before flat), and how bright each patch is.
    """
    height, width = image.shape[:2]
    tops, bottoms = _borders(grid.rows, grid, height)
    lefts, rights = _borders(grid.columns, grid, width)
    y_edges = np.union1d(tops, bottoms)
    x_edges = np.union1d(lefts, rights)
    table = _integral(image, y_edges, x_edges)
    top, bottom = np.searchsorted(y_edges, tops), np.searchsorted(y_edges, bottoms)
    left, right = np.searchsorted(x_edges, lefts), np.searchsorted(x_edges, rights)
    down = table[:, bottom] - table[:, top]
    total, squares, white, black = down[:, :, right] - down[:, :, left]
    area = np.outer(bottoms - tops, rights - lefts).astype(np.float64)
    brightness = total / area
    variance = np.maximum(squares / area - brightness**2, 0)
    reason = np.zeros((grid.rows, grid.columns), np.uint8)
    reason[variance < FLAT_DEVIATION**2] = FLAT
    reason[white >= LOST_SHARE * area] = CLIPPED
    reason[black >= LOST_SHARE * area] = BLACK
    assessable: BoolArray = reason == ASSESSABLE
    return Suitability(assessable, reason, vote_counts(assessable, grid) > 0, brightness.astype(np.float32))


def _borders(count: int, grid: PatchGrid, length: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """First and one-past-last pixel of each patch along one axis, clipped to the image."""
    starts = grid.offset + np.arange(count) * grid.stride
    return np.clip(starts, 0, length), np.clip(starts + grid.patch, 0, length)


def _integral(image: NDArray[np.uint8], y_edges: NDArray[np.intp], x_edges: NDArray[np.intp]) -> NDArray[np.float64]:
    """Integral images of grey, grey², white and black pixels, at the given edges only.

    Works through strips of rows that stay in the processor's cache.

    Returns:
        (4, len(y_edges), len(x_edges)) float64; entry [:, i, j] sums over all pixels before edges i, j.
    """
    table = np.zeros((4, len(y_edges), len(x_edges)))
    starts = x_edges[:-1] - x_edges[0]
    for strip, (top, bottom) in enumerate(itertools.pairwise(y_edges), start=1):
        rgb = image[top:bottom, x_edges[0] : x_edges[-1]]
        grey = _grey(rgb)
        # in the type that the values have already, where the sums fit into it: several times as fast
        few = len(grey) <= _ROWS_IN_BYTES
        counted, summed = (np.uint8, np.uint16) if few else (np.uint32, np.uint32)
        columns = np.stack(
            (
                grey.sum(axis=0, dtype=summed),
                np.einsum("ij,ij->j", grey, grey, dtype=np.uint32),
                (grey >= WHITE_LEVEL).view(np.uint8).sum(axis=0, dtype=counted),
                (grey <= BLACK_LEVEL).view(np.uint8).sum(axis=0, dtype=counted),
            )
        )
        table[:, strip, 1:] = np.add.reduceat(columns.astype(np.float64), starts, axis=1)
    return table.cumsum(axis=1).cumsum(axis=2)


def _grey(rgb: NDArray[np.uint8]) -> NDArray[np.uint16]:
    """Luma, 0..255; channel by channel, which is ten times faster than a sum over the last axis."""
    grey = rgb[:, :, 0] * _LUMA[0]
    grey += rgb[:, :, 1] * _LUMA[1]
    grey += rgb[:, :, 2] * _LUMA[2]
    grey >>= 8
    return np.asarray(grey)


_ROWS_IN_BYTES = 255
"""Rows of which a count fits into 8 bits, and a sum of grey levels into 16."""

_LUMA = np.array((77, 150, 29), np.uint16)
"""ITU-R BT.601 luma in 256ths."""
