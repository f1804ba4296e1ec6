"""How well a map finds the foreign part: pixel metrics against an exact mask."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from sklearn.metrics import average_precision_score, roc_auc_score

LONG_SIDE = 512
"""Mask and map are brought to at most this many pixels before they are compared."""


@dataclass(frozen=True, slots=True)
class Localisation:
    """Figures of one map.

    Attributes:
        ap: pixel average precision with our fixed polarity.
        ap_inv: the better of map and inverted map, as papers report it.
        auc: area under the ROC curve, fixed polarity.
    """

    ap: float
    ap_inv: float
    auc: float


def localise(heat: NDArray[np.float32], mask: NDArray[np.bool_]) -> Localisation | None:
    """Score one map.

    Args:
        heat: (h, w) whose extent is the image; NaN (not assessable) counts as the map's median.
        mask: (height, width) bool, True = foreign.

    Returns:
        None if the mask is all foreign or not at all.
    """
    height, width = mask.shape
    scale = min(1.0, LONG_SIDE / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    known = heat[np.isfinite(heat)]
    filled = np.where(np.isfinite(heat), heat, np.median(known) if known.size else 0.0)
    truth = np.asarray(Image.fromarray(mask.astype(np.uint8) * 255).resize(size, Image.Resampling.NEAREST)) > 127
    if truth.all() or not truth.any():
        return None
    scores = np.asarray(Image.fromarray(filled.astype(np.float32)).resize(size, Image.Resampling.BILINEAR)).ravel()
    labels = truth.ravel()
    ap = float(average_precision_score(labels, scores))
    inverted = float(average_precision_score(labels, -scores))
    return Localisation(ap, max(ap, inverted), float(roc_auc_score(labels, scores)))


def bootstrap_half_width(values: NDArray[np.float64], *, seed: int = 0, draws: int = 2000) -> float:
    """Half the width of the 95 % bootstrap interval of the mean over images."""
    rng = np.random.default_rng(seed)
    means = values[rng.integers(0, len(values), (draws, len(values)))].mean(1)
    low, high = np.percentile(means, (2.5, 97.5))
    return float(high - low) / 2
