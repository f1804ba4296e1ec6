"""Values of patches blurred over their neighbours on the grid."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Float = TypeVar("Float", np.float32, np.float64)


def blurred(values: NDArray[Float], positions: NDArray[np.intp], deviation: float) -> NDArray[Float]:
    """A Gaussian mean over the neighbours that there are; a patch that is missing takes no part.

    Args:
        values: (N, D), of the patches.
        positions: (N, 2) row and column of each on the grid.
        deviation: of the Gaussian, in cells.

    Returns:
        (N, D), same dtype.
    """
    rows, columns = positions.max(0) + 1
    grid = np.zeros((rows, columns, values.shape[1]), values.dtype)
    known = np.zeros((rows, columns), values.dtype)
    at = positions[:, 0], positions[:, 1]
    grid[at], known[at] = values, 1
    total = ndimage.gaussian_filter(grid, (deviation, deviation, 0), mode="constant")
    weight = ndimage.gaussian_filter(known, deviation, mode="constant")
    mean: NDArray[Float] = total[at] / weight[at][:, None]
    return mean
