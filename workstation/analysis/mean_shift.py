"""The published mean shift over the rows of the response maps, with linear algebra in place of its loop over points.

Huh et al. 2018 and Zheng et al. 2023 move one point after another: a point's neighbours are looked up among the
original rows, and the point moves to their mean as updated so far. Which rows are the neighbours of point i depends
only on where point i stood before its own turn, so all neighbourhoods of one iteration are known at its start. With
the row-normalised neighbourhoods A = L + U (L strictly lower), one iteration in index order is

    (I - L) P' = U P,

one triangular solve.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

import numpy as np
import scipy.linalg

from workstation.analysis.result import BoolArray, FloatArray

WINDOW_PERCENTILE = 10
"""The window's radius is this percentile of all pairwise distances (published)."""

ITERATIONS = 5
"""Sweeps over all points (published)."""


@dataclass(frozen=True, slots=True, eq=False)
class Modes:
    """Where the points came to rest.

    Attributes:
        densest: (D,) float32, the mean of the points with the most neighbours: the published consistency map.
        members: (N,) bool, the points that are within the window of the densest mode.
        radius: of the window.
    """

    densest: FloatArray
    members: BoolArray
    radius: float


def mean_shift(points: FloatArray, basis: FloatArray | None = None) -> Modes:
    """Run `shift_steps` to its end."""
    steps = shift_steps(points, basis)
    while True:
        try:
            next(steps)
        except StopIteration as stop:
            return stop.value  # type: ignore[no-any-return]


def shift_steps(points: FloatArray, basis: FloatArray | None = None) -> Generator[float, None, Modes]:
    """Mean shift as published.

    Args:
        points: (N, D) float32, one row per cell of the map; finite.
        basis: (D, M) float32 with orthonormal columns whose span holds all rows of `points`: the work is then done on M
            coordinates per point, with the same distances.

    Yields:
        The share of the work that is done, 0..1, after each sweep.

    Returns:
        The modes. If all points are equal, that point.
    """
    centre = points.mean(axis=0, dtype=np.float64).astype(np.float32)
    fixed = points - centre if basis is None else (points - centre) @ basis
    radius = _radius(fixed)
    moved = fixed.copy()
    for sweep in range(ITERATIONS if radius > 0 else 0):
        moved = _sweep(moved, _within(moved, fixed, radius))
        yield (sweep + 1) / (ITERATIONS + 1)
    neighbours = np.count_nonzero(_within(moved, moved, radius), axis=1)
    mode = moved[neighbours == neighbours.max()].mean(axis=0, dtype=np.float64).astype(np.float32)
    members: BoolArray = _within(mode[None], moved, radius)[0]
    densest: FloatArray = (mode if basis is None else basis @ mode) + centre
    return Modes(densest=densest, members=members, radius=radius)


def _sweep(moved: FloatArray, near: BoolArray) -> FloatArray:
    """Move all points once, in index order."""
    counts = np.count_nonzero(near, axis=1)
    weights = near.astype(np.float32)
    lonely = np.flatnonzero(counts == 0)  # the published code would make these NaN; here they stay where they are
    weights[lonely, lonely] = 1
    weights /= np.maximum(counts, 1).astype(np.float32)[:, None]
    already = np.tril(weights, -1)
    weights -= already
    target = weights @ moved
    np.negative(already, out=already)
    solved: FloatArray = scipy.linalg.solve_triangular(
        already, target, lower=True, unit_diagonal=True, overwrite_b=True, check_finite=False
    )
    return solved


def _squared_distances(a: FloatArray, b: FloatArray) -> FloatArray:
    """(N, M) float32; exact enough because the points are centred."""
    squares: FloatArray = a @ b.T
    squares *= np.float32(-2)
    squares += np.einsum("ij,ij->i", a, a)[:, None]
    squares += np.einsum("ij,ij->i", b, b)
    return squares


def _within(a: FloatArray, b: FloatArray, radius: float) -> BoolArray:
    return _squared_distances(a, b) <= np.float32(radius**2)


def _radius(points: FloatArray) -> float:
    squares = np.maximum(_squared_distances(points, points), 0)
    np.fill_diagonal(squares, 0)
    scale = float(squares.max(initial=0.0))
    radius = float(np.sqrt(np.percentile(squares, WINDOW_PERCENTILE, overwrite_input=True)))
    return radius if scale > 1e-12 else 0.0
