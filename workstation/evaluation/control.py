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
    x = rgb.astype(np.float32) / 255
    windows = np.lib.stride_tricks.sliding_window_view(x, (PATCH, PATCH), (0, 1))[::STRIDE, ::STRIDE]
    steps = np.abs(np.diff(windows, axis=4)).mean((3, 4))
    features = np.concatenate((windows.mean((3, 4)), windows.std((3, 4)), 5 * np.log1p(steps)), -1)
    rows, columns, dimensions = features.shape
    flat = features.reshape(-1, dimensions)
    flat = (flat - flat.mean(0)) / np.maximum(flat.std(0), 1e-9)
    flat /= np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-9)
    similarity = flat @ flat.mean(0)
    return np.asarray(ndimage.gaussian_filter(1 - similarity.reshape(rows, columns), BLUR), np.float32)
