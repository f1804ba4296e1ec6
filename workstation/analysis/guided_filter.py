"""The guided filter: a coarse map takes the edges of the picture that it was made of."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import uniform_filter

from workstation.analysis.result import FloatArray

BAND = 128
"""Fewest rows that are filtered at once: memory does not grow with the picture."""


def guided(values: FloatArray, guide: FloatArray, radius: int, ridge: float) -> FloatArray:
    """In each window the values become the ridge regression on the guide's channels that fits them best.

    He, Sun & Tang (2013), "Guided image filtering", with a colour guide: per window the plane through the values over
    the guide's colours, per place the mean of the planes of all windows that hold it. Values that are missing take no
    part.

    Args:
        values: (rows, columns) float32; NaN = missing.
        guide: (channels, rows, columns) float32 in 0..1.
        radius: of the windows; they are 2 · radius + 1 wide and high, less at the border.
        ridge: added to the guide's variances; a window whose guide varies far less becomes its mean.

    Returns:
        (rows, columns) float32, NaN where `values` are.

    Raises:
        ValueError: if values and guide differ in rows or columns.
    """
    if guide.shape[1:] != values.shape:
        raise ValueError(f"a guide of {guide.shape[1:]} does not fit values of {values.shape}")
    filtered = np.empty_like(values)
    halo = 2 * radius  # a place sees the windows that hold it, and they as far again
    band = max(BAND, 2 * halo)  # what is seen besides is filtered twice
    for first in range(0, len(values), band):
        above, last = max(first - halo, 0), min(first + band, len(values))
        seen = slice(above, last + halo)
        filtered[first:last] = _band(values[seen], guide[:, seen], radius, ridge)[first - above : last - above]
    return filtered


def _band(values: FloatArray, guide: FloatArray, radius: int, ridge: float) -> FloatArray:
    present = np.isfinite(values)
    known = np.where(present, values, np.float32(0))
    width = 2 * radius + 1
    weight = np.maximum(uniform_filter(present.astype(np.float32), width, mode="constant"), np.float32(1e-6))

    def mean(field: FloatArray) -> FloatArray:
        mean_of_present: FloatArray = uniform_filter(field * present, width, mode="constant") / weight
        return mean_of_present

    channels = len(guide)
    middle = np.stack([mean(channel) for channel in guide])
    height = mean(known)
    spread = np.empty((*values.shape, channels, channels), np.float32)
    for one, other in zip(*np.triu_indices(channels), strict=True):
        shared = mean(guide[one] * guide[other]) - middle[one] * middle[other]
        spread[..., one, other] = spread[..., other, one] = shared
    spread += np.float32(ridge) * np.eye(channels, dtype=np.float32)
    common = np.stack([mean(channel * known) for channel in guide]) - middle * height
    slopes = np.moveaxis(np.linalg.solve(spread, np.moveaxis(common, 0, -1)[..., None])[..., 0], -1, 0)
    planes = mean(height - (slopes * middle).sum(0))
    for slope, channel in zip(slopes, guide, strict=True):
        planes += mean(slope) * channel
    planes[~present] = np.nan
    return planes
