"""How well a map finds the foreign part: pixel figures against an exact mask, each with either polarity."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from workstation.evaluation import metrics

LONG_SIDE = 512
"""Mask and map are brought to at most this many pixels before they are compared."""

TITLES: Mapping[str, str] = MappingProxyType(
    {
        "ap": "pixel AP",
        "ciou": "class-balanced IoU",
        "f1": "F1, best threshold",
        "f1_fixed": "F1, fixed threshold",
        "mcc": "MCC, best threshold",
        "mcc_fixed": "MCC, fixed threshold",
        "auc": "AUC",
    }
)
"""Names of the figures, in the order of tables; each is an attribute of `Localisation`, and with `_inv` another."""


@dataclass(frozen=True, slots=True)
class Localisation:
    """Figures of one map: with our fixed polarity (higher = foreign), and `_inv`: the better of map and inverted map.

    The better of both is what papers report; it needs the truth to choose, so a user never gets it.

    Attributes:
        ap: pixel average precision; the mean of `ap_inv` over images is the papers' p-mAP.
        ciou: class-balanced IoU: mean of the best IoU of either class.
        f1, mcc: at the best threshold of this image, which looks at the truth.
        f1_fixed, mcc_fixed: at one threshold for all images.
        auc: area under the ROC curve.
    """

    ap: float
    ap_inv: float
    ciou: float
    ciou_inv: float
    f1: float
    f1_inv: float
    f1_fixed: float
    f1_fixed_inv: float
    mcc: float
    mcc_inv: float
    mcc_fixed: float
    mcc_fixed_inv: float
    auc: float
    auc_inv: float


def localise(
    heat: NDArray[np.float32], mask: NDArray[np.bool_], *, threshold: float | None = None
) -> Localisation | None:
    """Score one map.

    Args:
        heat: (h, w) whose extent is the image; NaN (not assessable) counts as the map's median.
        mask: (height, width) bool, True = foreign.
        threshold: values above it are called foreign in `f1_fixed` and `mcc_fixed`; None = the middle between the
            map's smallest and largest value, for methods whose maps have no absolute scale.

    Returns:
        None if the mask is all foreign or not at all.
    """
    truth, scores = comparable(heat, mask)
    if truth.all() or not truth.any():
        return None
    if threshold is None:
        threshold = (float(scores.min()) + float(scores.max())) / 2
    pairs = {
        "ap": _both(metrics.average_precision, truth, scores),
        "ciou": _both(metrics.class_balanced_iou, truth, scores),
        "f1": _both(metrics.best_f1, truth, scores),
        "mcc": _both(metrics.best_mcc, truth, scores),
    }
    called, rest = scores > threshold, scores < threshold
    pairs["f1_fixed"] = metrics.f1_at(truth, called), metrics.f1_at(truth, rest)
    pairs["mcc_fixed"] = metrics.mcc_at(truth, called), metrics.mcc_at(truth, rest)
    auc = metrics.roc_auc(truth, scores)
    pairs["auc"] = auc, 1 - auc
    given = {name: given for name, (given, _) in pairs.items()}
    better = {f"{name}_inv": max(pair) for name, pair in pairs.items()}
    return Localisation(**given, **better)


def comparable(heat: NDArray[np.float32], mask: NDArray[np.bool_]) -> tuple[NDArray[np.bool_], NDArray[np.float32]]:
    """Map and mask pixel by pixel, at most `LONG_SIDE` on the long side of the mask.

    Args:
        heat: (h, w) whose extent is the image; NaN counts as the map's median.
        mask: (height, width) bool.

    Returns:
        (N,) bool truth and (N,) float32 scores, by rising score: what ranks them is then fast.
    """
    height, width = mask.shape
    scale = min(1.0, LONG_SIDE / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    known = heat[np.isfinite(heat)]
    filled = np.where(np.isfinite(heat), heat, np.median(known) if known.size else 0.0)
    truth = np.asarray(Image.fromarray(mask.astype(np.uint8) * 255).resize(size, Image.Resampling.NEAREST)) > 127
    scores = np.asarray(Image.fromarray(filled.astype(np.float32)).resize(size, Image.Resampling.BILINEAR))
    order = np.argsort(scores, axis=None)
    return truth.ravel()[order], scores.ravel()[order]


def _both(figure: metrics.Figure, truth: NDArray[np.bool_], scores: NDArray[np.float32]) -> tuple[float, float]:
    return figure(truth, scores), figure(truth[::-1], -scores[::-1])
