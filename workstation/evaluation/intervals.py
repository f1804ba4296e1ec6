"""How sure a figure is: bootstrap over images, exact intervals of shares, differences in pairs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest

from workstation.evaluation.metrics import CurveFigure, Figure, weighted_curve

LEVEL = 0.95
"""Of every interval."""

DRAWS = 2000
"""Resamples of a bootstrap."""

Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure and its 95 % interval.

    Attributes:
        value: the figure itself.
        low, high: limits of the interval; infinite where a single piece says nothing about them.
        n: number of images (or other independent pieces) behind it.
    """

    value: float
    low: float
    high: float
    n: int

    @property
    def signed(self) -> str:
        """As a difference in a table: "+0.010 (-0.002 to +0.022)"."""
        return f"{self.value:+.3f} ({self.low:+.3f} to {self.high:+.3f})"

    @property
    def half_width(self) -> float:
        """Half the interval's width: what stands after ±."""
        return (self.high - self.low) / 2

    @property
    def excludes_zero(self) -> bool:
        """Whether a difference is one at this level."""
        return self.low > 0 or self.high < 0


def bootstrap_mean(
    values: Values, *, groups: Sequence[object] | None = None, seed: int = 0, draws: int = DRAWS
) -> Estimate:
    """The mean with the percentile interval of the bootstrap over images.

    Args:
        values: (N,), one per image, N at least 1.
        groups: one per image; images of one group (crops of one photo, photos of one camera) are drawn together, and
            `n` counts groups. None = every image stands for itself.
        seed: of the draws.
        draws: number of resamples.
    """
    if values.size == 0:
        raise ValueError("a mean of nothing has no interval")
    sums, sizes = _by_group(values, groups)
    if len(sums) == 1:  # every resample would be the same, and the figure seem certain
        return Estimate(float(values.mean()), -math.inf, math.inf, 1)
    drawn = np.random.default_rng(seed).integers(0, len(sums), (draws, len(sums)))
    means = sums[drawn].sum(1) / sizes[drawn].sum(1)
    return _percentiles(float(values.mean()), means, len(sums))


def bootstrap(
    figure: Figure,
    resampled: CurveFigure,
    truth: NDArray[np.bool_],
    scores: Values,
    *,
    seed: int = 0,
    draws: int = DRAWS,
) -> Estimate:
    """A figure of scored images with its interval; either class is drawn by itself, so that both stay there.

    Args:
        figure: of (truth, scores), e.g. `metrics.roc_auc`.
        resampled: the same of many weighted rankings at once, e.g. `metrics.roc_auc_of`.
        truth: (N,) bool, with both classes.
        scores: (N,).
        seed: of the draws.
        draws: number of resamples.
    """
    rng = np.random.default_rng(seed)
    weights = np.empty((draws, truth.size))
    for members in (np.flatnonzero(truth), np.flatnonzero(~truth)):
        weights[:, members] = rng.multinomial(members.size, np.full(members.size, 1 / members.size), draws)
    return _percentiles(figure(truth, scores), resampled(weighted_curve(truth, scores, weights)), truth.size)


def paired_difference(
    ours: Values, theirs: Values, *, groups: Sequence[object] | None = None, seed: int = 0, draws: int = DRAWS
) -> Estimate:
    """Mean of ours − theirs over the same images: what images have in common cancels out.

    Args:
        ours: (N,), one figure per image.
        theirs: (N,), of the same images in the same order.
        groups: as for `bootstrap_mean`.
        seed: of the draws.
        draws: number of resamples.
    """
    if ours.shape != theirs.shape:
        raise ValueError(f"pairs need the same images: {ours.shape} and {theirs.shape}")
    return bootstrap_mean(ours - theirs, groups=groups, seed=seed, draws=draws)


def clopper_pearson(successes: int, trials: int) -> Estimate:
    """A share with the exact interval of Clopper and Pearson (1934).

    Args:
        successes: 0..trials.
        trials: at least 1.
    """
    exact = binomtest(successes, trials).proportion_ci(LEVEL, method="exact")
    return Estimate(successes / trials, float(exact.low), float(exact.high), trials)


def _by_group(values: Values, groups: Sequence[object] | None) -> tuple[Values, Values]:
    """(sum of the values, number of values) of each group."""
    if groups is None:
        return values, np.ones(values.size)
    numbers = {group: number for number, group in enumerate(dict.fromkeys(groups))}
    index = np.array([numbers[group] for group in groups])
    return np.bincount(index, values).astype(np.float64), np.bincount(index).astype(np.float64)


def _percentiles(value: float, resampled: Values, n: int) -> Estimate:
    tail = 100 * (1 - LEVEL) / 2
    low, high = np.percentile(resampled, (tail, 100 - tail))
    return Estimate(value, float(low), float(high), n)
