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
from workstation.progress import drain

WINDOW_PERCENTILE = 10
"""The window's radius is this percentile of all pairwise distances (published)."""

ITERATIONS = 5
"""Sweeps over all points (published)."""

NEGLIGIBLE = 1e-6
"""Share of the points' variance that may be dropped with the weakest coordinates: the rounding of float32."""

_BLOCK = 1024
_BLOCK_PRODUCTS = 20_000_000_000


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
    return drain(shift_steps(points, basis))


def shift_steps(points: FloatArray, basis: FloatArray | None = None) -> Generator[float, None, Modes]:
    """Mean shift as published.

    Args:
        points: (N, D) float32, one row per cell of the map; finite.
        basis: (D, M) float32 with orthonormal columns whose span holds all rows of `points`: the work is then done on
            at most M coordinates per point, with the same distances to `NEGLIGIBLE`.

    Yields:
        The share of the work that is done, 0..1, after at most about half a second of it.

    Returns:
        The modes. If all points are equal, that point.
    """
    centre = points.mean(axis=0, dtype=np.float64).astype(np.float32)
    fixed = np.ascontiguousarray(points - centre)
    if basis is not None:
        basis = _strongest(fixed, basis)
        fixed = fixed @ basis
    radius = _radius(fixed)
    moved, near = fixed.copy(), np.empty((len(fixed), len(fixed)), np.float32)
    for sweep in range(ITERATIONS if radius > 0 else 0):
        for share in _sweep(moved, fixed, radius, near):
            yield (sweep + share) / (ITERATIONS + 1)
    neighbours = np.count_nonzero(_within(moved, moved, radius, near), axis=1)
    mode = moved[neighbours == neighbours.max()].mean(axis=0, dtype=np.float64).astype(np.float32)
    members: BoolArray = _within(mode[None], moved, radius, near)[0] > 0
    densest: FloatArray = (mode if basis is None else basis @ mode) + centre
    return Modes(densest=densest, members=members, radius=radius)


def _sweep(moved: FloatArray, fixed: FloatArray, radius: float, near: FloatArray) -> Generator[float, None, None]:
    """Move all points once, in index order.

    Args:
        moved: (N, D) float32, C-contiguous: where the points stand; updated in place.
        fixed: (N, D) float32: the original points, among which neighbours are looked up.
        radius: of the window.
        near: (N, N) float32, working memory.

    Yields:
        The share of the sweep that is done.
    """
    _within(moved, fixed, radius, near)
    yield 0.3
    counts = np.count_nonzero(near, axis=1)
    lonely = np.flatnonzero(counts == 0)  # the published code would make these NaN; here they stay where they are
    near[lonely, lonely] = 1
    width = max(1, _BLOCK_PRODUCTS // len(moved) ** 2)
    blocks = [slice(start, start + width) for start in range(0, moved.shape[1], width)]
    # BLAS reads columns first, so it sees every array here transposed; each call uses one triangle of the matrix only.
    for done, block in enumerate(blocks, start=1):
        moved[:, block] = blas.strmm(1.0, near.T, moved[:, block].T, side=1, lower=1).T
        yield 0.3 + 0.4 * done / len(blocks)
    np.negative(near, out=near)
    np.fill_diagonal(near, np.maximum(counts, 1))
    for done, block in enumerate(blocks, start=1):
        moved[:, block] = blas.strsm(1.0, near.T, moved[:, block].T, side=1, lower=0).T
        yield 0.7 + 0.3 * done / len(blocks)


def _within(a: FloatArray, b: FloatArray, radius: float, out: FloatArray) -> FloatArray:
    """Whether a point of `a` is at most `radius` from one of `b`; float32 is enough, since they are centred.

    Returns:
        (N, M) float32, 1 or 0: the first rows of `out`.
    """
    limits_a, limits_b = (np.einsum("ij,ij->i", points, points) / 2 for points in (a, b))
    limits_a -= np.float32(radius**2 / 2)
    for start in range(0, len(a), _BLOCK):
        rows = slice(start, start + _BLOCK)
        products = a[rows] @ b.T
        np.greater_equal(products, limits_a[rows, None] + limits_b, out=out[rows][: len(products)], casting="unsafe")
    return out[: len(a)]


def _strongest(centred: FloatArray, basis: FloatArray) -> FloatArray:
    """The directions within a basis that carry all but `NEGLIGIBLE` of the variance: (D, fewer) float32."""
    coordinates = centred @ basis
    values, vectors = np.linalg.eigh((coordinates.T @ coordinates).astype(np.float64))
    dropped = int(np.searchsorted(np.cumsum(np.maximum(values, 0)), NEGLIGIBLE * max(values.sum(), 0), side="right"))
    return basis @ vectors[:, min(dropped, len(values) - 1) :].astype(np.float32)


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
