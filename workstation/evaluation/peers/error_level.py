"""Error level analysis: how much a part changes when the picture is saved once more as JPEG."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from workstation.evaluation.peers.blocks import block_means, saved_as_jpeg

QUALITY = 90
"""Of the additional save; Krawetz recommends 90 to 95."""

SMOOTHING = 17
"""Side in pixels of the window that errors are averaged over: about two blocks of a JPEG."""


def error_level_map(rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Mean absolute difference to the picture saved as JPEG 90 (Krawetz, "A Picture's Worth", Black Hat 2007).

    Args:
        rgb: (height, width, 3) uint8.

    Returns:
        (ceil(height / 8), ceil(width / 8)) float32, higher = changes more than the rest.
    """
    difference = np.abs(rgb.astype(np.float32) - saved_as_jpeg(rgb, QUALITY)).mean(2)
    return block_means(difference, SMOOTHING)
