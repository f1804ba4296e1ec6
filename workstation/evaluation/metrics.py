"""Figures of ranked scores against a truth: of pixels (localisation) and of images (detection).

Higher scores mean "more likely foreign". scikit-learn computes what it knows; what is left to do here is the choice of
a threshold and the class-balanced IoU (Huh et al., "Fighting Fake News", ECCV 2018).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import (
    average_precision_score,
    f1_score,
    matthews_corrcoef,
    roc_auc_score,
)

Truth = NDArray[np.bool_]
Scores = NDArray[np.floating]
Weights = NDArray[np.float64]
Figure = Callable[[Truth, Scores], float]


@dataclass(frozen=True, slots=True, eq=False)
class WeightedCurve:
    """What lies at or above each distinct score, from the highest, in many resamples at once.

    Attributes:
        hits: (draws, distinct scores) weight of the foreign.
        alarms: (draws, distinct scores) weight of all.
    """

    hits: Weights
    alarms: Weights


CurveFigure = Callable[[WeightedCurve], Weights]

IOU_STEPS = 200
"""Thresholds that the class-balanced IoU tries, evenly over the range of the scores."""


def average_precision(truth: Truth, scores: Scores) -> float:
    """Area under the precision-recall curve as a sum of steps.

    Args:
        truth: (N,) bool, with both classes.
        scores: (N,) finite.
    """
    return float(average_precision_score(truth, scores))


def roc_auc(truth: Truth, scores: Scores) -> float:
    """Area under the ROC curve.

    Args:
        truth: (N,) bool, with both classes.
        scores: (N,) finite.
    """
    return float(roc_auc_score(truth, scores))


def best_f1(truth: Truth, scores: Scores) -> float:
    """The highest F1 over all thresholds; it looks at the truth, so it is an upper bound of what a user gets.

    Args:
        truth: (N,) bool, with both classes.
        scores: (N,) finite.
    """
    hits, alarms = _counts_by_threshold(truth, scores)
    return float(np.max(2 * hits / (alarms + np.count_nonzero(truth))))


def best_mcc(truth: Truth, scores: Scores) -> float:
    """The highest Matthews correlation over all thresholds; an upper bound as `best_f1` is.

    Args:
        truth: (N,) bool, with both classes.
        scores: (N,) finite.
    """
    hits, alarms = _counts_by_threshold(truth, scores)
    total, positives = truth.size, np.count_nonzero(truth)
    spread = np.sqrt(alarms * (total - alarms)) * np.sqrt(positives * float(total - positives))
    covariance = hits * float(total) - alarms * positives
    return float(np.max(np.divide(covariance, spread, out=np.zeros_like(covariance), where=spread > 0)))


def f1_at(truth: Truth, called: Truth) -> float:
    """F1 of a decision; 0 where nothing is called foreign.

    Args:
        truth: (N,) bool.
        called: (N,) bool, what was called foreign.
    """
    labels, calls, counts = _table(truth, called)
    return float(f1_score(labels, calls, sample_weight=counts, zero_division=0.0))


def mcc_at(truth: Truth, called: Truth) -> float:
    """Matthews correlation of a decision; 0 where everything is called the same.

    Args:
        truth: (N,) bool.
        called: (N,) bool, what was called foreign.
    """
    labels, calls, counts = _table(truth, called)
    return float(matthews_corrcoef(labels, calls, sample_weight=counts))


def class_balanced_iou(truth: Truth, scores: Scores, *, steps: int = IOU_STEPS) -> float:
    """Mean of the best IoU of either class, each at its own threshold (Huh et al. 2018).

    Args:
        truth: (N,) bool.
        scores: (N,) finite; thresholds are spread evenly from its smallest to its largest value.
        steps: number of thresholds.
    """
    spread = (scores - scores.min()) / (np.ptp(scores) + 1e-12)
    thresholds = np.linspace(0, 1, steps)
    foreign, host = np.sort(spread[truth]), np.sort(spread[~truth])
    hits = foreign.size - np.searchsorted(foreign, thresholds)
    false_alarms = host.size - np.searchsorted(host, thresholds)
    misses, rejections = foreign.size - hits, host.size - false_alarms
    best_foreign = np.max(hits / np.maximum(1, foreign.size + false_alarms))
    best_host = np.max(rejections / np.maximum(1, host.size + misses))
    return float((best_foreign + best_host) / 2)


def best_balanced_accuracy(truth: Truth, scores: Scores) -> float:
    """The highest balanced accuracy over all thresholds; it looks at the truth, so it is an upper bound.

    Args:
        truth: (N,) bool, with both classes.
        scores: (N,) finite.
    """
    hits, alarms = _counts_by_threshold(truth, scores)
    positives = np.count_nonzero(truth)
    rejected = 1 - (alarms - hits) / (truth.size - positives)
    return float(max(0.5, np.max((hits / positives + rejected) / 2)))


def weighted_curve(truth: Truth, scores: Scores, weights: Weights) -> WeightedCurve:
    """Rank once, weigh often: what a bootstrap needs.

    Args:
        truth: (N,) bool, with both classes.
        scores: (N,) finite.
        weights: (draws, N), how often each is drawn; both classes keep some weight in every draw.
    """
    order, last = _ranking(scores)
    weighted = weights[:, order]
    hits, alarms = np.cumsum(weighted * truth[order], 1), np.cumsum(weighted, 1)
    return WeightedCurve(hits[:, last], alarms[:, last])


def average_precision_of(curve: WeightedCurve) -> Weights:
    """`average_precision` of every resample: (draws,)."""
    gained = np.diff(curve.hits, prepend=0.0, axis=1)
    precision = curve.hits / np.maximum(curve.alarms, 1e-12)
    return np.asarray((gained * precision).sum(1) / curve.hits[:, -1])


def roc_auc_of(curve: WeightedCurve) -> Weights:
    """`roc_auc` of every resample: (draws,), the area under straight lines between thresholds."""
    false = np.diff(curve.alarms - curve.hits, prepend=0.0, axis=1)
    before = np.concatenate((np.zeros((len(curve.hits), 1)), curve.hits[:, :-1]), 1)
    area = (false * (curve.hits + before) / 2).sum(1)
    return np.asarray(area / curve.hits[:, -1] / (curve.alarms - curve.hits)[:, -1])


def best_balanced_accuracy_of(curve: WeightedCurve) -> Weights:
    """`best_balanced_accuracy` of every resample: (draws,)."""
    false = curve.alarms - curve.hits
    found = curve.hits / curve.hits[:, -1:] + 1 - false / false[:, -1:]
    return np.asarray(np.maximum(0.5, found.max(1) / 2))


def _table(truth: Truth, called: Truth) -> tuple[Truth, Truth, NDArray[np.int64]]:
    """The four cells of the confusion matrix (label, call, count): scikit-learn is slow on every pixel by itself."""
    labels, calls = np.array([True, True, False, False]), np.array([True, False, True, False])
    hits, positives, alarms = (int(np.count_nonzero(cell)) for cell in (truth & called, truth, called))
    false = alarms - hits
    return labels, calls, np.array([hits, positives - hits, false, truth.size - positives - false])


def _counts_by_threshold(truth: Truth, scores: Scores) -> tuple[Weights, Weights]:
    """For each distinct score as threshold, from the highest: foreign at or above it, all at or above it."""
    order, last = _ranking(scores)
    hits = np.cumsum(truth[order])[last].astype(np.float64)
    return hits, (last + 1).astype(np.float64)


def _ranking(scores: Scores) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Indices from the highest score to the lowest, and where in them each distinct score ends."""
    order = np.argsort(scores, kind="stable")[::-1]  # fast where pixels come sorted already
    ranked = scores[order]
    return order, np.append(np.flatnonzero(np.diff(ranked)), ranked.size - 1)
