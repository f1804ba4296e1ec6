"""JPEG ghosts: a part that was once saved at another quality changes least when it is saved at that quality again."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from workstation.evaluation.peers.blocks import LUMA, block_means, saved_as_jpeg

QUALITIES = range(30, 100, 5)
"""Of the additional saves."""

WINDOW = 17
"""Side in pixels of the window that squared differences are averaged over (Farid: 16)."""


def jpeg_ghost_map(rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    """How much deeper than in the rest of the picture the difference dips at some quality.

    Farid, "Exposing Digital Forgeries from JPEG Ghosts", IEEE TIFS 4(1), 2009: squared differences to the picture saved
    at each quality, averaged over a window and normalised per place to 0..1 over the qualities; here of the brightness.
    He looks at one map per quality; to have one map without looking, this takes the largest dip below the median of the
    picture.

    Args:
        rgb: (height, width, 3) uint8.

    Returns:
        (ceil(height / 8), ceil(width / 8)) float32, 0..1, higher = a ghost that the rest does not show.
    """
    grey = np.rint(rgb @ LUMA).astype(np.uint8)
    pixels = grey.astype(np.float32)
    differences = np.stack(
        [block_means(np.square(pixels - saved_as_jpeg(grey, quality)), WINDOW) for quality in QUALITIES]
    )
    lowest, highest = differences.min(0), differences.max(0)
    normalised = (differences - lowest) / np.maximum(highest - lowest, np.float32(1e-6))
    dips = np.median(normalised, axis=(1, 2), keepdims=True) - normalised
    return np.asarray(dips.max(0), np.float32)
