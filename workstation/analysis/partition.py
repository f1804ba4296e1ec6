"""Into how many groups do the patches fall? From one to five, with the test for one group first.

Patches are sampled so that they hardly overlap (neighbours on a dense grid share most of their pixels and would agree
for that reason alone). For each number of groups k from 2 the sample is clustered on the unit sphere (spherical
k-means; Dhillon & Modha 2001) and judged by three numbers:

- separation: mean silhouette with the cosine distance (Rousseeuw 1987);
- expected separation: the same for points drawn from one Gaussian with the sample's mean and covariance, projected to
  the sphere, which is what a single group would show (after the gap statistic; Tibshirani, Walther & Hastie 2001);
- stability: mean adjusted Rand index between the partition and those of bootstrap samples (after Hennig 2007).

If no k separates better than one group would, the answer is one group; if one does but does not come again in the
bootstrap samples, the answer is that no partition is stable. All costs are linear in the number of patches.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workstation.analysis.result import NOT_ASSESSABLE, FloatArray, Group, LabelArray, Partition

MOST_CLUSTERS = 5
"""Largest number of groups that is tried."""

SAMPLE = 800
"""Most patches that the tests look at; the silhouette of 800 points is known to about ±0.01."""

FEWEST_PER_CLUSTER = 6
"""A number of groups k is tried only if the sample holds this many patches per group."""

STABLE = 0.8
"""Mean adjusted Rand index from which a partition counts as stable (Hennig's rule of thumb for "stable" is 0.75 to
0.85 of his Jaccard index)."""

SEPARATION_EXCESS = 0.05
"""How far the separation must lie above that of a single Gaussian group, in units of the silhouette. Five times the
silhouette's own sampling error at `SAMPLE` points."""

AMBIGUOUS_MARGIN = 0.1
"""Share of A minus share of B below which the program does not say which of them is the reference. Cells along a
border are decided by patches that lie on both sides; for a region of half the picture they are about a tenth of the
area, so a smaller margin could turn with the position of the grid."""

BOOTSTRAPS = 16
SURROGATES = 4
RESTARTS = 4
_SWEEPS = 25


@dataclass(frozen=True, slots=True, eq=False)
class Sorting:
    """Patches sorted into groups.

    Attributes:
        labels: (N,) int16, 0 for the group with most patches.
        stable: whether there are two or more groups.
        homogeneous: whether no partition separates better than one single group would.
        stability, separation: of the best partition with k > 1; 0 if none could be tried.
        tried, expected: as in `Partition`.
    """

    labels: LabelArray
    stable: bool
    homogeneous: bool
    stability: float
    separation: float
    tried: tuple[tuple[int, float, float], ...]
    expected: tuple[tuple[int, float], ...]


@dataclass(frozen=True, slots=True)
class _Trial:
    """One number of groups: its centres (k, D) and what the tests say."""

    centres: FloatArray
    stability: float
    separation: float
    expected: float

    @property
    def k(self) -> int:
        return len(self.centres)

    @property
    def separated(self) -> bool:
        return self.separation - self.expected >= SEPARATION_EXCESS

    @property
    def passed(self) -> bool:
        return self.separated and self.stability >= STABLE


def sort_steps(
    embeddings: FloatArray,
    cells: NDArray[np.intp],
    *,
    overlap: int,
    seed: int,
    clusters: int = MOST_CLUSTERS,
) -> Generator[float, None, Sorting]:
    """Sort patches into one to `clusters` groups.

    Args:
        embeddings: (N, D) float32, unit length, of the assessable patches.
        cells: (N, 2) row and column of each patch on the grid.
        overlap: distance in grid steps from which two patches share no pixels (patch / stride, rounded up).
        seed: of the sample, the restarts, the bootstrap and the surrogates.
        clusters: largest number of groups that is tried.

    Yields:
        The share of the work that is done, 0..1, after each number of groups.

    Returns:
        The groups of all N patches.
    """
    rng = np.random.default_rng(seed)
    sample = embeddings[_spread_sample(cells, overlap, rng)]
    most = min(clusters, MOST_CLUSTERS, len(sample) // FEWEST_PER_CLUSTER)
    surrogates = [_one_group_like(sample, rng) for _ in range(SURROGATES if most > 1 else 0)]
    trials = []
    for k in range(2, most + 1):
        trials.append(_try(sample, surrogates, k, rng))
        yield (k - 1) / most
    passed = [trial for trial in trials if trial.passed]
    best = max(passed or trials, key=lambda trial: trial.separation, default=None)
    labels = np.zeros(len(embeddings), np.int16)
    if passed and best is not None:
        labels = _by_size((embeddings @ best.centres.T).argmax(axis=1))
    return Sorting(
        labels=labels,
        stable=bool(labels.any()),
        homogeneous=not any(trial.separated for trial in trials),
        stability=best.stability if best else 0.0,
        separation=best.separation if best else 0.0,
        tried=tuple((trial.k, trial.stability, trial.separation) for trial in trials),
        expected=tuple((trial.k, trial.expected) for trial in trials),
    )


def describe(sorting: Sorting, cells: LabelArray, departure: FloatArray) -> Partition:
    """Put the groups of a map into numbers.

    Args:
        sorting: of the patches.
        cells: (rows, columns) int16, group of each map cell or NOT_ASSESSABLE; renumbered already (`name_by_area`).
        departure: (rows, columns) float32, the departure map.

    Returns:
        The partition, groups by area.
    """
    known = cells != NOT_ASSESSABLE
    total = int(np.count_nonzero(known))
    groups = []
    for label in range(int(cells.max()) + 1):
        inside = cells == label
        count = int(np.count_nonzero(inside))
        values = departure[inside]
        values = values[np.isfinite(values)]
        mean = float(values.mean(dtype=np.float64)) if values.size else 0.0
        groups.append(Group(name=chr(ord("A") + label), label=label, share=count / total, departure=mean, cells=count))
    margin = groups[0].share - groups[1].share if len(groups) > 1 else 1.0
    return Partition(
        groups=tuple(groups),
        stable=len(groups) > 1,
        stability=sorting.stability,
        separation=sorting.separation,
        margin=margin,
        ambiguous=len(groups) > 1 and margin < AMBIGUOUS_MARGIN,
        tried=sorting.tried,
        expected=sorting.expected,
    )


def name_by_area(cells: LabelArray) -> LabelArray:
    """Renumber the groups of a map so that 0 has the most cells; groups without cells disappear.

    Args:
        cells: (rows, columns) int16 labels or NOT_ASSESSABLE.
    """
    known = cells != NOT_ASSESSABLE
    renumbered = np.full_like(cells, NOT_ASSESSABLE)
    renumbered[known] = _by_size(cells[known])
    return renumbered


def _by_size(labels: NDArray[np.integer]) -> LabelArray:
    present, inverse, counts = np.unique(labels, return_inverse=True, return_counts=True)
    rank = np.empty(len(present), np.int16)
    rank[np.argsort(-counts, kind="stable")] = np.arange(len(present))
    ranked: LabelArray = rank[inverse]
    return ranked


def _spread_sample(cells: NDArray[np.intp], overlap: int, rng: np.random.Generator) -> NDArray[np.intp]:
    """Indices of at most SAMPLE patches that share no pixels, or as few as the size of the picture allows."""
    wanted = FEWEST_PER_CLUSTER * MOST_CLUSTERS * 2
    chosen = np.arange(len(cells))
    for step in range(overlap, 0, -1):
        phases = (cells % step) @ np.array((step, 1))
        chosen = np.flatnonzero(phases == np.bincount(phases).argmax())
        if len(chosen) >= min(wanted, len(cells)):
            break
    if len(chosen) > SAMPLE:
        chosen = np.sort(rng.choice(chosen, SAMPLE, replace=False))
    return chosen


def _one_group_like(sample: FloatArray, rng: np.random.Generator) -> FloatArray:
    """As many points of one Gaussian with the sample's mean and covariance, on the unit sphere."""
    centre = sample.mean(axis=0)
    mixing = rng.standard_normal((len(sample), len(sample)), dtype=np.float32) / np.float32(np.sqrt(len(sample) - 1))
    points = centre + mixing @ (sample - centre)
    return _unit(points)


def _try(sample: FloatArray, surrogates: list[FloatArray], k: int, rng: np.random.Generator) -> _Trial:
    ones = np.ones((1, len(sample)), np.float32)
    centres = spherical_k_means(sample, k, ones, rng)[0]
    labels = (sample @ centres.T).argmax(axis=1)
    draws = rng.multinomial(len(sample), np.full(len(sample), 1 / len(sample)), size=BOOTSTRAPS).astype(np.float32)
    others = (sample @ spherical_k_means(sample, k, draws, rng).transpose(0, 2, 1)).argmax(axis=2)
    expected = []
    for surrogate in surrogates:
        found = spherical_k_means(surrogate, k, ones, rng)[0]
        expected.append(silhouette(surrogate, (surrogate @ found.T).argmax(axis=1), k))
    return _Trial(
        centres=centres,
        stability=max(0.0, float(np.mean([adjusted_rand(labels, other) for other in others]))),
        separation=silhouette(sample, labels, k),
        expected=float(np.mean(expected)),
    )


def spherical_k_means(points: FloatArray, k: int, weights: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Cluster points on the unit sphere, several times at once.

    Args:
        points: (N, D) float32, unit length.
        k: number of clusters.
        weights: (B, N) float32, one row of weights (counts of a bootstrap sample) per run.
        rng: draws the starting centres (k-means++).

    Returns:
        (B, k, D) float32 unit centres; per run the best of RESTARTS starts.
    """
    runs = np.repeat(weights, RESTARTS, axis=0)
    centres = _starting_centres(points, k, runs, rng)
    previous = None
    for _ in range(_SWEEPS):
        nearest = (points @ centres.reshape(-1, centres.shape[2]).T).reshape(len(points), len(runs), k).argmax(axis=2)
        if previous is not None and np.array_equal(nearest, previous):
            break
        previous = nearest
        member = (nearest[:, :, None] == np.arange(k)) * runs.T[:, :, None]
        sums = (member.reshape(len(points), -1).T @ points).reshape(centres.shape)
        empty = np.einsum("rkd,rkd->rk", sums, sums) < 1e-12
        centres = np.where(empty[:, :, None], centres, _unit(sums))
    best = (points @ centres.reshape(-1, centres.shape[2]).T).reshape(len(points), len(runs), k).max(axis=2)
    closeness = np.einsum("nr,rn->r", best, runs).reshape(len(weights), RESTARTS)
    chosen: FloatArray = centres.reshape(len(weights), RESTARTS, k, -1)[
        np.arange(len(weights)), closeness.argmax(axis=1)
    ]
    return chosen


def _starting_centres(points: FloatArray, k: int, runs: FloatArray, rng: np.random.Generator) -> FloatArray:
    """k-means++ (Arthur & Vassilvitskii 2007) for every run at once: (runs, k, D)."""
    centres = np.empty((len(runs), k, points.shape[1]), points.dtype)
    gap = np.ones(runs.shape)
    for index in range(k):
        ladder = np.cumsum(gap * runs + 1e-12, axis=1)
        ticket = rng.random((len(runs), 1)) * ladder[:, -1:]
        centres[:, index] = points[np.minimum((ladder < ticket).sum(axis=1), len(points) - 1)]
        gap = (
            np.minimum(gap, np.maximum(1 - centres[:, index] @ points.T, 0))
            if index
            else np.maximum(1 - centres[:, 0] @ points.T, 0)
        )
    return centres


def silhouette(points: FloatArray, labels: NDArray[np.integer], k: int) -> float:
    """Mean silhouette with the cosine distance, in linear time.

    The mean cosine distance from a unit vector to a cluster of unit vectors is 1 minus its product with the cluster's
    mean, so no pairs are needed.

    Args:
        points: (N, D) float32, unit length.
        labels: (N,) 0..k-1.
        k: number of clusters.

    Returns:
        -1..1; 0 if fewer than two clusters have members.
    """
    member = (labels[:, None] == np.arange(k)).astype(np.float64)
    sizes = member.sum(axis=0)
    if np.count_nonzero(sizes) < 2:
        return 0.0
    products = points @ (member.T @ points).T
    own = np.arange(len(points)), labels
    inside = 1 - (products[own] - np.einsum("nd,nd->n", points, points)) / np.maximum(sizes[labels] - 1, 1)
    distances = 1 - products / np.maximum(sizes, 1)
    distances[:, sizes == 0] = np.inf
    distances[own] = np.inf
    outside = distances.min(axis=1)
    values = (outside - inside) / np.maximum(np.maximum(outside, inside), 1e-9)
    return float(np.where(sizes[labels] > 1, values, 0).mean())


def adjusted_rand(a: NDArray[np.integer], b: NDArray[np.integer]) -> float:
    """Adjusted Rand index of two labellings (Hubert & Arabie 1985); 1 = the same partition, about 0 by chance."""
    across = int(b.max()) + 1
    table = np.bincount(a * across + b, minlength=(int(a.max()) + 1) * across).reshape(-1, across)
    both, rows, columns = _pairs(table), _pairs(table.sum(axis=1)), _pairs(table.sum(axis=0))
    chance = rows * columns / max(_pairs(table.sum(keepdims=True)), 1)
    most = (rows + columns) / 2
    return 1.0 if most == chance else (both - chance) / (most - chance)


def _pairs(counts: NDArray[np.integer]) -> float:
    return float((counts * (counts - 1)).sum() / 2)


def _unit(points: FloatArray) -> FloatArray:
    lengths = np.sqrt(np.einsum("...d,...d->...", points, points))[..., None]
    unit: FloatArray = (points / np.maximum(lengths, 1e-12)).astype(np.float32)
    return unit
