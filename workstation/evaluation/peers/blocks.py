"""What the peers share: saving as JPEG, and averages on a grid of 8×8 pixels."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

CELL = 8
"""Side of a cell of a peer's map in pixels."""


LUMA = np.array([0.299, 0.587, 0.114], np.float32)
"""Weights of R, G, B in brightness (ITU-R BT.601, as in JPEG)."""


def saved_as_jpeg(pixels: NDArray[np.uint8], quality: int) -> NDArray[np.float32]:
    """The pixels after a save as JPEG without chroma subsampling.

    Args:
        pixels: (height, width) or (height, width, 3) uint8.
        quality: 1..100.

    Returns:
        The same shape, float32, 0..255.
    """
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=quality, subsampling=0)
    return np.asarray(Image.open(buffer), np.float32)


def block_means(values: NDArray[np.float32], window: int) -> NDArray[np.float32]:
    """Means over a sliding window, one per cell; borders are mirrored.

    Args:
        values: (height, width) float32.
        window: its side in pixels.

    Returns:
        (ceil(height / 8), ceil(width / 8)) float32, of windows around the cells' centres.
    """
    averaged = ndimage.uniform_filter(values, window, mode="reflect")
    rows, columns = (
        np.minimum(np.arange(0, length, CELL) + CELL // 2, length - 1) for length in (values.shape[0], values.shape[1])
    )
    means: NDArray[np.float32] = averaged[np.ix_(rows, columns)]
    return means
