"""Likelihood ratios from scores, their limits, and how good they are."""

from __future__ import annotations

import math
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from sklearn.isotonic import isotonic_regression

Floats: TypeAlias = NDArray[np.float64]

RIDGE = 0.02
"""Penalty on the squared slope per unit of standardised value, so that classes which do not overlap in so few pictures
do not give an endless slope."""

_STEPS = 50


def fit_logistic(authentic: Floats, spliced: Floats) -> tuple[float, float]:
    """Log likelihood ratio of spliced to untouched as a straight line (logistic calibration, classes balanced).

    After Morrison, "Tutorial on logistic-regression calibration and fusion" (2013). Newton steps on the standardised
    values; the slope is never negative: a higher value never speaks for an untouched picture.

    Args:
        authentic: (n,) values of untouched pictures.
        spliced: (m,) values of spliced ones.

    Returns:
        (intercept, slope) of the natural logarithm.
    """
    values = np.concatenate((authentic, spliced))
    labels = np.concatenate((np.zeros(len(authentic)), np.ones(len(spliced))))
    weight = np.where(labels > 0, 0.5 / len(spliced), 0.5 / len(authentic))
    centre, spread = float(values.mean()), float(max(values.std(), 1e-9))
    design = np.stack((np.ones_like(values), (values - centre) / spread), 1)
    penalty = np.diag((0.0, RIDGE))
    line = np.zeros(2)
    for _ in range(_STEPS):
        chance = 1 / (1 + np.exp(-np.clip(design @ line, -50, 50)))
        gradient = design.T @ (weight * (labels - chance)) - penalty @ line
        curvature = (design * (weight * chance * (1 - chance))[:, None]).T @ design + penalty + 1e-9 * np.eye(2)
        step = np.linalg.solve(curvature, gradient)
        line += step
        if np.abs(step).max() < 1e-9:
            break
    if line[1] < 0:
        return 0.0, 0.0
    slope = float(line[1] / spread)
    return float(line[0] - slope * centre), slope


def empirical_limits(authentic: Floats, spliced: Floats) -> tuple[float, float]:
    """Likelihood ratios beyond which so few pictures carry none (empirical lower and upper bound).

    Vergeer et al., "Numerical likelihood ratios outputted by LR systems are often based on extrapolation: when to stop
    extrapolating?" (Science & Justice 2016): one misleading picture is added to either class; a likelihood ratio may
    be used as a threshold only as long as deciding by it errs less often than not looking at the picture at all.

    Args:
        authentic: (n,) log10 likelihood ratios of untouched pictures.
        spliced: (m,) of spliced ones.

    Returns:
        (low, high) log10, low ≤ 0 ≤ high; (0, 0) where nothing can be said.
    """
    high = 0.0
    for threshold in np.arange(0.0, 6.0, 0.01):
        missed = (np.count_nonzero(spliced < threshold) + 1) / (len(spliced) + 1)
        alarms = (np.count_nonzero(authentic >= threshold) + 1) / (len(authentic) + 1)
        if missed + 10**threshold * alarms >= 1:
            break
        high = float(threshold)
    low = 0.0
    for threshold in np.arange(0.0, 6.0, 0.01):
        missed = (np.count_nonzero(spliced < -threshold) + 1) / (len(spliced) + 1)
        alarms = (np.count_nonzero(authentic >= -threshold) + 1) / (len(authentic) + 1)
        if 10**threshold * missed + alarms >= 1:
            break
        low = -float(threshold)
    return round(low, 2), round(high, 2)


def cllr(authentic: Floats, spliced: Floats) -> float:
    """Cost of log likelihood ratios in bits (Brümmer & du Preez 2006): 0 perfect, 1 as good as saying nothing.

    Args:
        authentic: (n,) log10 likelihood ratios of untouched pictures.
        spliced: (m,) of spliced ones.
    """
    ln = math.log(10)
    misses = np.logaddexp(0, -ln * spliced).mean() / math.log(2)
    alarms = np.logaddexp(0, ln * authentic).mean() / math.log(2)
    return float((misses + alarms) / 2)


def cllr_min(authentic: Floats, spliced: Floats) -> float:
    """What is left of Cllr when the likelihood ratios are calibrated perfectly (pool adjacent violators)."""
    posterior, order = pooled_posteriors(authentic, spliced)
    spliced_first = order >= len(authentic)
    odds = np.log10(np.clip(posterior, 1e-12, 1)) - np.log10(np.clip(1 - posterior, 1e-12, 1))
    return cllr(odds[~spliced_first], odds[spliced_first])


def pooled_posteriors(authentic: Floats, spliced: Floats) -> tuple[Floats, NDArray[np.intp]]:
    """Share of spliced pictures among those of about this likelihood ratio, classes balanced, never falling.

    Args:
        authentic: (n,) log10 likelihood ratios of untouched pictures.
        spliced: (m,) of spliced ones.

    Returns:
        (n + m,) shares in ascending order of the likelihood ratio, and that order (untouched come first).
    """
    values = np.concatenate((authentic, spliced))
    labels = np.concatenate((np.zeros(len(authentic)), np.ones(len(spliced))))
    weight = np.where(labels > 0, 0.5 / len(spliced), 0.5 / len(authentic))
    order = np.lexsort((-labels, values))  # of equal values the spliced first, so that they are pooled
    posterior: Floats = np.asarray(isotonic_regression(labels[order], sample_weight=weight[order]), np.float64)
    return posterior, order
