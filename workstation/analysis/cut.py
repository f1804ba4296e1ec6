"""The normalised cut: the two sides between which an image is least alike (Shi & Malik 2000).

Published as spectral clustering with two clusters on 1 - R. With two clusters the k-means step of spectral clustering
works on one number per point (the other eigenvector is constant), and k-means on a line has an exact solution: so no
seed and no restarts are needed. Beyond `LANDMARKS` points the eigenvector is found on a seeded sample of that many and
extended to the rest (Nyström; Fowlkes et al. 2004): cost and memory grow linearly with the number of points.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

from workstation.analysis.result import FloatArray, LabelArray
from workstation.analysis.spectra import leading_eigenpairs

LANDMARKS = 1000
"""Most points for which an N×N affinity is formed; 1024×768 pixels at the published n = 30 and 128 px give 884."""

_BLOCK = 1024
"""Points that are compared with the landmarks at a time: 4 MB, which stay in the processor's cache."""

_FLOOR = 1e-6

Block: TypeAlias = Callable[[NDArray[np.intp], NDArray[np.intp]], FloatArray]


def normalised_cut(affinity: FloatArray, seed: int = 0) -> LabelArray:
    """Cut points in two by their affinities.

    Args:
        affinity: (N, N) float32, symmetric, higher = more alike; published: 1 - R.
        seed: draws the landmarks if N is above `LANDMARKS`.

    Returns:
        (N,) int16, 0 for the larger side, 1 for the other; all 0 if nothing separates them.
    """
    return _cut(len(affinity), lambda rows, columns: affinity[rows][:, columns], seed)


def normalised_cut_of_embeddings(embeddings: FloatArray, seed: int = 0) -> LabelArray:
    """Cut points in two by the cosine similarities of their embeddings, without ever forming all of them.

    Args:
        embeddings: (N, D) float32, unit length.
        seed: draws the landmarks if N is above `LANDMARKS`.

    Returns:
        As `normalised_cut`.
    """
    return _cut(len(embeddings), lambda rows, columns: embeddings[rows] @ embeddings[columns].T, seed)


def _cut(count: int, block: Block, seed: int) -> LabelArray:
    everyone = np.arange(count)
    if count < 2:
        return np.zeros(count, np.int16)
    if count <= LANDMARKS:
        coordinate, _ = _second_eigenvector(block(everyone, everyone).astype(np.float64))
        return _larger_first(_split(coordinate))
    landmarks = np.sort(np.random.default_rng(seed).choice(count, LANDMARKS, replace=False))
    second, value = _second_eigenvector(np.maximum(block(landmarks, landmarks), _FLOOR).astype(np.float64))
    coordinate = np.zeros(count)
    for start in range(0, count if abs(value) > 1e-6 else 0, _BLOCK):
        rows = everyone[start : start + _BLOCK]
        outer = block(rows, landmarks)
        np.maximum(outer, _FLOOR, out=outer)
        coordinate[rows] = (outer @ second.astype(np.float32)) / (outer.sum(axis=1) * value)
    return _larger_first(_split(coordinate))


def _second_eigenvector(affinity: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    """The coordinate along which spectral clustering cuts, and its eigenvalue.

    Self-affinities do not count. Of D^-1/2 A D^-1/2, whose eigenvalue 1 belongs to the constant vector, the
    eigenvectors nearest to 2 are taken, as scikit-learn's solver does (shift-invert): those of the largest eigenvalues,
    unless negative affinities push some far above 1. Negative affinities stay, as published, unless they leave a point
    with none at all.
    """
    np.fill_diagonal(affinity, affinity[0, 1])
    if np.ptp(affinity) < _FLOOR:
        return np.zeros(len(affinity)), 0.0  # all alike: nowhere to cut
    np.fill_diagonal(affinity, 0)
    if affinity.sum(axis=1).min() < 1e-6:
        affinity = np.maximum(affinity, _FLOOR)
        np.fill_diagonal(affinity, 0)
    scaling = 1 / np.sqrt(affinity.sum(axis=1))
    normalised = affinity * scaling[:, None] * scaling
    values, vectors = leading_eigenpairs(normalised, 2)
    if values[-1] > 1 + 1e-6:
        values, vectors = scipy.linalg.eigh(normalised)
    nearest = np.argsort(np.abs(values - 2), kind="stable")[:2]
    coordinates = vectors[:, nearest] * scaling[:, None]
    uneven = np.ptp(coordinates, axis=0) / np.abs(coordinates).max(axis=0)
    chosen = int(np.argmax(uneven > 1e-6))
    return coordinates[:, chosen], float(values[nearest[chosen]])


def _split(coordinate: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Exact two-means on a line: the split with the least squared deviation from the two means."""
    order = np.argsort(coordinate, kind="stable")
    ordered = coordinate[order] - coordinate.mean()
    if ordered[-1] - ordered[0] < 1e-9 * max(1.0, float(np.abs(coordinate).max())):
        return np.zeros(len(coordinate), np.bool_)
    below = np.arange(1, len(ordered))
    sums = np.cumsum(ordered)[:-1]
    between = sums**2 * (1 / below + 1 / (len(ordered) - below))
    upper = np.ones(len(coordinate), np.bool_)
    upper[order[: int(np.argmax(between)) + 1]] = False
    return upper


def _larger_first(upper: NDArray[np.bool_]) -> LabelArray:
    share = np.count_nonzero(upper) * 2 - len(upper)
    swap = share > 0 or (share == 0 and bool(upper[0]))
    return (upper ^ swap).astype(np.int16)
