"""Clustering and its yardsticks, for many runs at once: k-means, silhouette, adjusted Rand index."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from workstation.analysis.result import FloatArray

RESTARTS = 4
"""Starts of k-means, of which the best is kept."""

SWEEPS = 25
"""Most rounds of k-means."""


def nearest_centre(points: FloatArray, centres: FloatArray) -> NDArray[np.intp]:
    """(..., N) index of the nearest of (..., k, D) centres; of equally near ones the first."""
    halves = np.einsum("...kd,...kd->...k", centres, centres)[..., None] / 2
    closeness = centres @ points.T - halves  # (..., k, N): along N, since numpy's argmax over a short axis is slow
    best = closeness[..., 0, :].copy()
    nearest = np.zeros(best.shape, np.intp)
    for index in range(1, centres.shape[-2]):
        nearest[closeness[..., index, :] > best] = index
        np.maximum(best, closeness[..., index, :], out=best)
    return nearest


def k_means(points: FloatArray, k: int, weights: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Cluster points, several times at once.

    Args:
        points: (N, D) float32.
        k: number of clusters.
        weights: (B, N) float32, one row of weights (counts of a bootstrap sample) per run.
        rng: draws the starting centres (k-means++).

    Returns:
        (B, k, D) float32 centres; per run the best of RESTARTS starts.
    """
    runs = np.repeat(weights, RESTARTS, axis=0)
    centres = _starting_centres(points, k, runs, rng)
    nearest = np.full(runs.shape, -1)
    moving = np.arange(len(runs))
    for _ in range(SWEEPS):
        now = nearest_centre(points, centres[moving])
        changed = (now != nearest[moving]).any(axis=1)
        moving = moving[changed]  # the others have come to rest
        if not len(moving):
            break
        nearest[moving] = now[changed]
        member = (nearest[moving][:, None, :] == np.arange(k)[:, None]) * runs[moving][:, None, :]
        sizes = member.sum(axis=2)[..., None]
        means = member @ points / np.maximum(sizes, 1)
        centres[moving] = np.where(sizes > 0, means, centres[moving]).astype(np.float32)
    gaps = ((points - np.take_along_axis(centres, nearest[..., None], axis=1)) ** 2).sum(axis=2)
    inertia = (gaps * runs).sum(axis=1).reshape(len(weights), RESTARTS)
    best: FloatArray = centres.reshape(len(weights), RESTARTS, k, -1)[np.arange(len(weights)), inertia.argmin(axis=1)]
    return best


def _starting_centres(points: FloatArray, k: int, runs: FloatArray, rng: np.random.Generator) -> FloatArray:
    """k-means++ (Arthur & Vassilvitskii 2007) for every run at once: (runs, k, D)."""
    centres = np.empty((len(runs), k, points.shape[1]), np.float32)
    gaps = np.ones(runs.shape)
    for index in range(k):
        ladder = np.cumsum(gaps * runs + 1e-12, axis=1)
        ticket = rng.random((len(runs), 1)) * ladder[:, -1:]
        centres[:, index] = points[np.minimum((ladder < ticket).sum(axis=1), len(points) - 1)]
        distances = ((points - centres[:, index, None]) ** 2).sum(axis=2)
        gaps = np.minimum(gaps, distances) if index else distances
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
