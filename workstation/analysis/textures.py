"""What is drawn besides colour: cells at picture size, hatching, dots, borders, the place for a letter."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from workstation.analysis.geometry import MapGeometry
from workstation.analysis.result import FloatArray


def sample_cells(geometry: MapGeometry, height: int, width: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Which map row each of `height` picture rows lies in, and which map column each of `width` picture columns."""
    y = (np.arange(height) + 0.5) * geometry.height / height
    x = (np.arange(width) + 0.5) * geometry.width / width
    rows = np.minimum(y // geometry.cell, geometry.rows - 1).astype(np.intp)
    columns = np.minimum(x // geometry.cell, geometry.columns - 1).astype(np.intp)
    return rows, columns


def smooth_cells(values: FloatArray, geometry: MapGeometry, height: int, width: int) -> FloatArray:
    """A map at picture size, bilinear between the centres of cells, so that a cell's centre has the cell's value.

    Args:
        values: (rows, columns) or (rows, columns, channels) float; NaN = not assessable.
        geometry: which stored pixels the cells cover.
        height: of the picture, any size.
        width: likewise.

    Returns:
        (height, width[, channels]) float32; NaN exactly on the cells that are NaN, which also lend nothing to others.
    """
    known = np.isfinite(values)
    stacked = np.stack([np.where(known, values, 0), known.astype(np.float32)], axis=-1).astype(np.float32)
    positions = (
        (np.arange(size) + 0.5) * whole / size / geometry.cell - 0.5
        for size, whole in ((height, geometry.height), (width, geometry.width))
    )
    for axis, (position, count) in enumerate(zip(positions, values.shape[:2], strict=True)):
        first = np.clip(np.floor(position), 0, count - 1).astype(np.intp)
        second = np.minimum(first + 1, count - 1)
        share = np.clip(position - first, 0, 1).astype(np.float32)
        share = share.reshape([-1 if a == axis else 1 for a in range(stacked.ndim)])
        stacked = stacked.take(first, axis) * (1 - share) + stacked.take(second, axis) * share
    rows, columns = sample_cells(geometry, height, width)
    inside = known[np.ix_(rows, columns)]
    weights = np.where(inside, stacked[..., 1], 1)
    smooth = np.where(inside, stacked[..., 0] / weights, np.nan)
    return smooth.astype(np.float32)


def hatched(height: int, width: int, pitch: int = 10) -> NDArray[np.bool_]:
    """The lines of the hatching that means "not assessable": diagonals `pitch` pixels apart. (height, width) bool."""
    y, x = np.ogrid[:height, :width]
    lines: NDArray[np.bool_] = (x + y) % pitch < max(1, pitch // 6)
    return lines


def dotted(label: int, height: int, width: int, pitch: int = 12) -> NDArray[np.bool_]:
    """Where the dots of a group or of a side of the cut stand; each of the first five labels has a pattern of its own.

    0: none; 1: small dots on a square lattice; 2: large dots, staggered; 3: small dots, staggered and twice as dense;
    4: rings. (height, width) bool.
    """
    pattern = label % 5
    if pattern == 0:
        return np.zeros((height, width), np.bool_)
    step = max(4, pitch // 2 if pattern == 3 else pitch)
    y, x = np.ogrid[:height, :width]
    row = y // step
    shift = (row % 2) * (step // 2) if pattern in (2, 3) else np.zeros_like(row)
    distance = np.hypot(y % step - (step - 1) / 2, (x + shift) % step - (step - 1) / 2)
    radius = {1: 0.13, 2: 0.26, 3: 0.17, 4: 0.33}[pattern] * step
    ring = np.abs(distance - radius) < max(0.6, 0.07 * step)
    dots: NDArray[np.bool_] = ring if pattern == 4 else distance <= max(0.75, radius)
    return dots


def borders(labels: NDArray[np.integer], thickness: int = 1) -> NDArray[np.bool_]:
    """Pixels within `thickness` of another label, on both sides of each border. (height, width) bool."""
    edge = np.zeros(labels.shape, np.bool_)
    for distance in range(1, thickness + 1):
        across = labels[:, distance:] != labels[:, :-distance]
        edge[:, distance:] |= across
        edge[:, :-distance] |= across
        down = labels[distance:] != labels[:-distance]
        edge[distance:] |= down
        edge[:-distance] |= down
    return edge


def deepest_cell(mask: NDArray[np.bool_]) -> tuple[int, int] | None:
    """The cell of a mask that lies farthest from its border: where a letter stands best; None for an empty mask."""
    if not mask.any():
        return None
    current = np.pad(mask, 1)
    while True:
        inner = current.copy()
        inner[1:] &= current[:-1]
        inner[:-1] &= current[1:]
        inner[:, 1:] &= current[:, :-1]
        inner[:, :-1] &= current[:, 1:]
        if not inner.any():
            row, column = (int(values[len(values) // 2]) for values in np.nonzero(current))
            return row - 1, column - 1
        current = inner
