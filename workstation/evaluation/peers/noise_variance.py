"""Local noise level: a part from another camera or history often has another one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from workstation.evaluation.peers.blocks import LUMA, block_means

LAPLACIAN_DIFFERENCE = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)
"""Blind to constant and linear brightness (Immerkær, "Fast Noise Variance Estimation", CVIU 64(2), 1996)."""

WINDOW = 33
"""Side in pixels of the window that the level is estimated in."""


def noise_variance_map(rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Distance of the local noise level from the picture's median level, in logarithms.

    The level is Immerkær's σ = √(π/2) / 6 · mean |N * I| in a window; departures in either direction count, as in
    Mahdian and Saic, "Using noise inconsistencies for blind image forensics", IVC 27(10), 2009.

    Args:
        rgb: (height, width, 3) uint8.

    Returns:
        (ceil(height / 8), ceil(width / 8)) float32, higher = noise unlike the rest.
    """
    residual = np.abs(ndimage.convolve(rgb @ LUMA, LAPLACIAN_DIFFERENCE, mode="reflect"))
    level = np.log(np.sqrt(np.pi / 2) / 6 * block_means(residual, WINDOW) + 0.05)
    return np.asarray(np.abs(level - np.median(level)), np.float32)
