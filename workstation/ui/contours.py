"""Lines of equal value through a map: marching squares between the middles of cells, in stored pixels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from workstation.analysis.result import FloatArray
from workstation.ui.cells import CellLayout, Segments

LABELS_PER_LEVEL = 4
"""A level is labelled at most this often."""


def contour(values: FloatArray, layout: CellLayout, level: float) -> Segments:
    """The line on which values interpolated between the middles of cells equal `level`.

    Args:
        values: (rows, columns) float; no line is drawn next to a NaN.
        layout: where the cells lie.
        level: in units of `values`.

    Returns:
        (n, 4) float64 line segments, in no order.
    """
    squares = np.stack([values[:-1, :-1], values[:-1, 1:], values[1:, 1:], values[1:, :-1]], axis=-1)
    rows, columns = np.nonzero(np.isfinite(squares).all(axis=-1))
    corners = squares[rows, columns].astype(np.float64) - level
    corners[corners == 0] = np.finfo(np.float64).tiny  # a corner on the line counts as above it
    following = np.roll(corners, -1, axis=1)
    crossed = (corners > 0) != (following > 0)  # edge e runs from corner e to the next: top, right, bottom, left
    share = np.divide(corners, corners - following, out=np.zeros_like(corners), where=crossed)
    zero, one = np.zeros(len(rows)), np.ones(len(rows))
    column = columns[:, None] + np.stack([share[:, 0], one, 1 - share[:, 2], zero], axis=1)
    row = rows[:, None] + np.stack([zero, share[:, 1], one, 1 - share[:, 3]], axis=1)
    points = np.stack(
        [
            np.interp(column, np.arange(layout.shape[1]), _middles(layout.x_edges)),
            np.interp(row, np.arange(layout.shape[0]), _middles(layout.y_edges)),
        ],
        axis=-1,
    )
    count = crossed.sum(axis=1)
    simple = np.nonzero(count == 2)[0]
    ends = np.argsort(~crossed[simple], axis=1, kind="stable")[:, :2]
    found = [_segments(points, simple, ends[:, 0], ends[:, 1])]
    saddle = np.nonzero(count == 4)[0]
    joined = (corners[saddle].mean(axis=1) > 0) == (corners[saddle, 0] > 0)  # corners 0 and 2 lie on one side
    for first, second, where in ((0, 1, joined), (2, 3, joined), (3, 0, ~joined), (1, 2, ~joined)):
        chosen = saddle[where]
        found.append(_segments(points, chosen, np.full(len(chosen), first), np.full(len(chosen), second)))
    return np.concatenate(found)


def label_places(segments: Segments, apart: float) -> list[tuple[float, float]]:
    """A few points on a contour, at least `apart` stored pixels from each other, where its value can be written."""
    if not len(segments):
        return []
    middles = (segments[:, :2] + segments[:, 2:]) / 2
    places: list[tuple[float, float]] = []
    free = np.ones(len(middles), bool)
    while free.any() and len(places) < LABELS_PER_LEVEL:
        x, y = middles[np.argmax(free)]
        places.append((float(x), float(y)))
        free &= np.hypot(middles[:, 0] - x, middles[:, 1] - y) >= apart
    return places


def _middles(edges: NDArray[np.float64]) -> NDArray[np.float64]:
    return (edges[:-1] + edges[1:]) / 2


def _segments(
    points: NDArray[np.float64], which: NDArray[np.intp], first: NDArray[np.intp], second: NDArray[np.intp]
) -> Segments:
    return np.concatenate([points[which, first], points[which, second]], axis=1)
