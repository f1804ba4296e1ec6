"""The published mean shift over the rows of the response maps, with linear algebra in place of its loop over points.

Huh et al. 2018 and Zheng et al. 2023 move one point after another: a point's neighbours are looked up among the
original rows, and the point moves to their mean as updated so far. Which rows are the neighbours of point i depends
only on where point i stood before its own turn, so all neighbourhoods of one iteration are known at its start. With
the neighbourhoods as a 0/1 matrix L + U (L strictly lower) and their sizes on the diagonal of C, one iteration in index
order is

    (C - L) P' = U P,

one triangular product and one triangular solve.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

import numpy as np
from scipy.linalg import blas

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
    fixed = np.ascontiguousarray(points - centre if basis is None else (points - centre) @ basis)
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
    """Move all points once, in index order.

    Args:
        moved: (N, D) float32, C-contiguous: where the points stand.
        near: (N, N) bool, the neighbours of each.
    """
    counts = np.count_nonzero(near, axis=1)
    lonely = np.flatnonzero(counts == 0)  # the published code would make these NaN; here they stay where they are
    mixing = near.astype(np.float32)
    mixing[lonely, lonely] = 1
    # BLAS reads columns first, so it sees every array here transposed; each call uses one triangle of the matrix only.
    target = blas.strmm(1.0, mixing.T, moved.T, side=1, lower=1)
    np.negative(mixing, out=mixing)
    np.fill_diagonal(mixing, np.maximum(counts, 1))
    solved: FloatArray = blas.strsm(1.0, mixing.T, target, side=1, lower=0, overwrite_b=1).T
    return solved


def _within(a: FloatArray, b: FloatArray, radius: float) -> BoolArray:
    """(N, M) bool: whether a point of `a` is at most `radius` from one of `b`; float32 is enough, they are centred."""
    limits_a, limits_b = (np.einsum("ij,ij->i", points, points) / 2 for points in (a, b))
    close: BoolArray = a @ b.T >= (limits_a - np.float32(radius**2 / 2))[:, None] + limits_b
    return close


def _radius(points: FloatArray) -> float:
    lengths = np.einsum("ij,ij->i", points, points)
    squares: FloatArray = points @ points.T
    squares *= np.float32(-2)
    squares += lengths[:, None]
    squares += lengths
    np.maximum(squares, 0, out=squares)
    np.fill_diagonal(squares, 0)
    if squares.max(initial=0.0) < 1e-12:
        return 0.0
    return float(np.sqrt(np.percentile(squares, WINDOW_PERCENTILE, overwrite_input=True)))
