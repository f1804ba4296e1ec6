"""The departure map at the scale of the stored image: what `consistency.npy` holds."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from workstation.analysis.geometry import MapGeometry
from workstation.analysis.result import AnalysisResult, FloatArray, Maps

COARSEST = 8
"""Most stored pixels, along each axis, that one value stands for."""


def stored_scale_map(result: AnalysisResult) -> FloatArray | None:
    """The departure map with at least one value per 8×8 stored pixels; its extent is the whole stored image.

    With the picture's edges where the maps have it so; otherwise bilinear between the centres of the map's cells.
    Cells that are not assessable take no part, and values whose own cell is not assessable are NaN.

    Args:
        result: of an analysis.

    Returns:
        (ceil(height / s), ceil(width / s)) float32, s = the cell's side but at most 8; higher = departs more from the
        reference group. None if the result holds no map.
    """
    maps = result.maps
    if maps is None:
        return None
    return at_stored_scale(maps.departure, maps.geometry) if maps.edged is None else maps.edged


def stored_scale_step(geometry: MapGeometry) -> int:
    """Most stored pixels, along each axis, that one value of `stored_scale_map` stands for."""
    return min(COARSEST, geometry.cell)


def stored_scale_shape(geometry: MapGeometry) -> tuple[int, int]:
    """(rows, columns) of the array that `stored_scale_map` makes of maps with this geometry."""
    step = stored_scale_step(geometry)
    return -(-geometry.height // step), -(-geometry.width // step)


def edged_geometry(maps: Maps) -> MapGeometry:
    """Which stored pixels the values of `maps.edged` lie over, as cells of equal size.

    Raises:
        ValueError: if the maps have no such values.
    """
    if maps.edged is None:
        raise ValueError("these maps have no edges of the picture")
    rows, columns = maps.edged.shape
    cell = stored_scale_step(maps.geometry)
    return MapGeometry(rows, columns, cell, rows * cell, columns * cell)


def stored_scale_affine(shape: tuple[int, int], image_size: tuple[int, int]) -> tuple[float, ...]:
    """The affine from array indices to stored pixels: x = a·column + b·row + c, y = d·column + e·row + f.

    Index (0, 0) is the upper left corner of the first value, which is the upper left corner of the image; a value's
    centre is half an index further.

    Args:
        shape: (rows, columns) of the array.
        image_size: (height, width) of the stored image.

    Returns:
        (a, b, c, d, e, f).
    """
    return image_size[1] / shape[1], 0.0, 0.0, 0.0, image_size[0] / shape[0], 0.0


def at_stored_scale(departure: FloatArray, geometry: MapGeometry) -> FloatArray:
    """A map at the scale of the stored image, bilinear between the centres of its cells.

    Args:
        departure: (rows, columns) float32; NaN = not assessable.
        geometry: of these cells.

    Returns:
        As `stored_scale_map`.
    """
    step = stored_scale_step(geometry)
    upper, lower, down, row = _neighbours(geometry.height, step, geometry.cell, geometry.rows)
    left, right, across, column = _neighbours(geometry.width, step, geometry.cell, geometry.columns)
    known = np.isfinite(departure)
    weights = known.astype(np.float32)
    values = np.where(known, departure, np.float32(0))

    def interpolated(cells: FloatArray) -> FloatArray:
        along: FloatArray = cells[upper] * (1 - down[:, None]) + cells[lower] * down[:, None]
        mixed: FloatArray = along[:, left] * (1 - across) + along[:, right] * across
        return mixed

    weight = interpolated(weights)
    mean: FloatArray = (interpolated(values) / np.maximum(weight, 1e-6)).astype(np.float32)
    mean[~known[np.ix_(row, column)]] = np.nan
    return mean


def _neighbours(
    length: int, step: int, cell: int, cells: int
) -> tuple[NDArray[np.intp], NDArray[np.intp], FloatArray, NDArray[np.intp]]:
    """Along one axis, per value: the cell before, the cell after, the latter's weight, and the value's own cell."""
    count = -(-length // step)
    centres = (np.arange(count) + 0.5) * (length / count)
    position = np.clip(centres / cell - 0.5, 0, cells - 1)
    before = np.minimum(position.astype(np.intp), max(cells - 2, 0))
    after = np.minimum(before + 1, cells - 1)
    own = np.minimum((centres / cell).astype(np.intp), cells - 1)
    return before, after, (position - before).astype(np.float32), own
