"""The content-only control: what colours and texture alone would find, so that a trace has to beat it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from workstation.analysis.geometry import PatchGrid

PATCH, STRIDE, BLUR = 64, 24, 0.7


def colour_and_texture_map(rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    """1 − mean cosine similarity of patch statistics: per channel mean, deviation, 5·log(1 + mean |horizontal step|).

    Statistics are taken of values in 0..1, standardised per image and brought to unit length; the map is blurred over
    neighbouring patches.

    Args:
        rgb: (height, width, 3) uint8.

    Returns:
        (rows, columns) float32, higher = less like the rest.

    Raises:
        ImageTooSmall: if a side is shorter than 64 pixels.
    """
    height, width = rgb.shape[:2]
    if min(height, width) < PATCH:
        PatchGrid.covering(height, width, patch=PATCH, stride=STRIDE)
    x = rgb.astype(np.float64) / 255
    mean = _window_means(x, PATCH, PATCH)
    deviation = np.sqrt(np.maximum(_window_means(x**2, PATCH, PATCH) - mean**2, 0))
    steps = _window_means(np.abs(np.diff(x, axis=1)), PATCH, PATCH - 1)
    features = np.concatenate((mean, deviation, 5 * np.log1p(steps)), -1)
    rows, columns, dimensions = features.shape
    flat = features.reshape(-1, dimensions)
    flat = (flat - flat.mean(0)) / np.maximum(flat.std(0), 1e-9)
    flat /= np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-9)
    similarity = flat @ flat.mean(0)
    return np.asarray(ndimage.gaussian_filter(1 - similarity.reshape(rows, columns), BLUR), np.float32)


def _window_means(values: NDArray[np.float64], height: int, width: int) -> NDArray[np.float64]:
    """Means over windows at the positions of patches, by sums from the upper left corner.

    Args:
        values: (rows, columns, channels).
        height: of a window.
        width: of a window.

    Returns:
        (patch rows, patch columns, channels).
    """
    sums = np.pad(values.cumsum(0).cumsum(1), ((1, 0), (1, 0), (0, 0)))
    rows, columns = values.shape[0] - height + 1, values.shape[1] - width + 1
    top, left = np.arange(0, rows, STRIDE), np.arange(0, columns, STRIDE)
    corners = [sums[np.ix_(y, x)] for y in (top, top + height) for x in (left, left + width)]
    means: NDArray[np.float64] = (corners[3] - corners[2] - corners[1] + corners[0]) / (height * width)
    return means
