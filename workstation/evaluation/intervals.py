"""How sure a figure is: bootstrap over images, exact intervals of shares, differences in pairs."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta, binomtest

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
    groups: Sequence[object] | None = None,
    seed: int = 0,
    draws: int = DRAWS,
) -> Estimate:
    """A figure of scored images with its interval; either class is drawn by itself, so that both stay there.

    One piece alone of either class gives no interval: every resample would hold the same.

    Args:
        figure: of (truth, scores), e.g. `metrics.roc_auc`.
        resampled: the same of many weighted rankings at once, e.g. `metrics.roc_auc_of`.
        truth: (N,) bool, with both classes.
        scores: (N,).
        groups: as for `bootstrap_mean`.
        seed: of the draws.
        draws: number of resamples.
    """
    rng = np.random.default_rng(seed)
    weights = np.empty((draws, truth.size))
    pieces = []
    for members in (np.flatnonzero(truth), np.flatnonzero(~truth)):
        piece = _pieces(None if groups is None else [groups[int(member)] for member in members], members.size)
        pieces.append(int(piece.max()) + 1)
        drawn = rng.multinomial(pieces[-1], np.full(pieces[-1], 1 / pieces[-1]), draws)
        weights[:, members] = drawn[:, piece]
    value = figure(truth, scores)
    if min(pieces) == 1:
        return Estimate(value, -math.inf, math.inf, sum(pieces))
    return _percentiles(value, resampled(weighted_curve(truth, scores, weights)), sum(pieces))


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


def clopper_pearson(successes: int, trials: int, independent: int | None = None) -> Estimate:
    """A share with the exact interval of Clopper and Pearson (1934).

    Args:
        successes: 0..trials.
        trials: at least 1.
        independent: pieces behind the trials where several are of one (variants of a photo): the interval is that of
            the same share among so many, as wide as if all variants of a piece went the same way (after Korn &
            Graubard 1998, "Confidence intervals for proportions with small expected number of positive counts").
    """
    share = successes / trials
    if independent is None or independent >= trials:
        exact = binomtest(successes, trials).proportion_ci(LEVEL, method="exact")
        return Estimate(share, float(exact.low), float(exact.high), trials)
    tail, found = (1 - LEVEL) / 2, share * independent
    low = beta.ppf(tail, found, independent - found + 1) if successes else 0.0
    high = beta.ppf(1 - tail, found + 1, independent - found) if successes < trials else 1.0
    return Estimate(share, float(low), float(high), trials)


def intraclass_correlation(strata: Iterable[tuple[Values, Sequence[object]]]) -> float:
    """How alike images of one group are, pooled over strata: 0 = no more than others, 1 = the same.

    The estimator of the one-way analysis of variance, ICC(1) of Shrout & Fleiss (1979), for groups of unequal size
    (Donner 1986, "A review of inference procedures for the intraclass correlation coefficient in the one-way random
    effects model"). It can be negative.

    Args:
        strata: each (N,) values, one per image, and the images' groups; means are taken within a stratum.

    Returns:
        NaN where no group holds two images, or all lie in one.
    """
    between = within = kinds = others = images = 0.0
    for values, groups in strata:
        piece = _pieces(groups, values.size)
        sizes = np.bincount(piece)
        if len(sizes) < 2:
            continue
        means = np.bincount(piece, values) / sizes
        between += float((sizes * (means - values.mean()) ** 2).sum())
        within += float(((values - means[piece]) ** 2).sum())
        kinds += len(sizes) - 1
        others += values.size - len(sizes)
        images += values.size - float((sizes**2).sum()) / values.size
    if not kinds or not others:
        return math.nan
    between, within, size = between / kinds, within / others, images / kinds
    spread = between + (size - 1) * within
    return (between - within) / spread if spread else math.nan


def _pieces(groups: Sequence[object] | None, count: int) -> NDArray[np.intp]:
    """The number of the piece that each of `count` images belongs to, from 0 in the order in which they come."""
    if groups is None:
        return np.arange(count)
    numbers = {group: number for number, group in enumerate(dict.fromkeys(groups))}
    return np.array([numbers[group] for group in groups])


def _by_group(values: Values, groups: Sequence[object] | None) -> tuple[Values, Values]:
    """(sum of the values, number of values) of each group."""
    if groups is None:
        return values, np.ones(values.size)
    index = _pieces(groups, values.size)
    return np.bincount(index, values).astype(np.float64), np.bincount(index).astype(np.float64)


def _percentiles(value: float, resampled: Values, n: int) -> Estimate:
    tail = 100 * (1 - LEVEL) / 2
    low, high = np.percentile(resampled, (tail, 100 - tail))
    return Estimate(value, float(low), float(high), n)
