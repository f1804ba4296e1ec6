"""The published zero-shot splice analysis: distances, votes, response maps, score.

Zheng, Shrivastava, Owens, "EXIF as Language: Learning Cross-Modal Associations Between Images and Camera Metadata",
CVPR 2023 (arXiv 2301.04647), after Huh et al., "Fighting Fake News", ECCV 2018. The published code walks over all pairs
of patches and adds each distance to a block of four-dimensional cells; here the same sums are separable box sums.
"""

from __future__ import annotations

import numpy as np

from workstation.analysis.geometry import PatchGrid
from workstation.analysis.result import BoolArray, FloatArray

VOTE_FLOOR = 1e-4
"""What the published code adds to every count of votes, so that a cell without votes is 0 and not 0/0."""


def unit_rows(features: FloatArray) -> FloatArray:
    """Rows scaled to unit length.

    Args:
        features: (N, D) float32; a row of zeros stays zero.
    """
    lengths = np.linalg.norm(features, axis=1, keepdims=True)
    unit: FloatArray = (features / np.maximum(lengths, np.float32(1e-8))).astype(np.float32, copy=False)
    return unit


def affinity(features: FloatArray) -> FloatArray:
    """Cosine similarity of all pairs of patches.

    Args:
        features: (N, D) float32.

    Returns:
        (N, N) float32, -1..1.
    """
    unit = unit_rows(features)
    return unit @ unit.T


def vote(values: FloatArray, grid: PatchGrid) -> FloatArray:
    """Let every patch add its values to all the cells that it covers.

    A patch at (r, c) covers the cells r..r+k-1 × c..c+k-1, k = `grid.spread`. The box sum is separable: one small
    banded matrix per axis.

    Args:
        values: (grid.rows * grid.columns, M) float32, one row per patch in row-major order.
        grid: where the patches were cut.

    Returns:
        (grid.map_rows * grid.map_columns, M) float32.
    """
    if grid.spread == 1:
        return values
    channels = values.shape[1]
    down = _band(grid.rows, grid.spread) @ values.reshape(grid.rows, -1)
    across = _band(grid.columns, grid.spread) @ down.reshape(grid.map_rows, grid.columns, channels)
    cells: FloatArray = across.reshape(-1, channels)
    return cells


def vote_counts(assessable: BoolArray, grid: PatchGrid) -> FloatArray:
    """Number of assessable patches that vote for each cell.

    Args:
        assessable: (grid.rows, grid.columns) bool.
        grid: where the patches were cut.

    Returns:
        (grid.map_rows, grid.map_columns) float32.
    """
    return vote(assessable.reshape(-1, 1).astype(np.float32), grid).reshape(grid.map_rows, grid.map_columns)


def vote_mean(values: FloatArray, grid: PatchGrid, assessable: BoolArray) -> FloatArray:
    """Mean of the values that assessable patches vote into each cell, as published for the PCA map.

    Args:
        values: (grid.rows * grid.columns, M) float32; rows of patches that are not assessable are ignored.
        grid: where the patches were cut.
        assessable: (grid.rows, grid.columns) bool.

    Returns:
        (grid.map_rows, grid.map_columns, M) float32, NaN where no assessable patch votes.
    """
    counts = vote_counts(assessable, grid)
    known = np.where(assessable.reshape(-1, 1), values, np.float32(0))
    sums = vote(known, grid).reshape(grid.map_rows, grid.map_columns, -1)
    means: FloatArray = sums / (counts + np.float32(VOTE_FLOOR))[..., None]
    means[counts == 0] = np.nan
    return means


def response_maps(features: FloatArray, grid: PatchGrid, assessable: BoolArray | None = None) -> FloatArray:
    """The published response maps R: how unlike each other two places of the image are.

    Every ordered pair of patches (a, b), a = b included, adds d(a, b) = 1 - cos(f(a), f(b)) to the k×k×k×k cells that
    it covers; the sum is divided by the number of votes + 1e-4.

    Args:
        features: (grid.rows, grid.columns, D) float32.
        grid: where the patches were cut; `grid.response_bytes` is the size of what is returned.
        assessable: (grid.rows, grid.columns) bool, patches that take part; None = all, as published.

    Returns:
        R[i, j, u, v] of shape (map_rows, map_columns, map_rows, map_columns) float32, 0..2; NaN where no pair votes.
    """
    if assessable is None:
        assessable = np.ones((grid.rows, grid.columns), np.bool_)
    patches = features.reshape(grid.rows * grid.columns, -1)
    distances = np.subtract(np.float32(1), affinity(np.where(assessable.reshape(-1, 1), patches, np.float32(0))))
    left_out = ~assessable.ravel()
    distances[left_out] = 0
    distances[:, left_out] = 0
    responses = vote(np.ascontiguousarray(vote(distances, grid).T), grid)
    counts = vote_counts(assessable, grid).ravel()
    for cell, count in enumerate(counts):  # row by row: the votes need no second N×N array
        responses[cell] /= count * counts + np.float32(VOTE_FLOOR)
    responses[counts == 0] = np.nan
    responses[:, counts == 0] = np.nan
    return responses.reshape(grid.map_rows, grid.map_columns, grid.map_rows, grid.map_columns)


def score(responses: FloatArray) -> float:
    """The published image score: mean of R over the cells with votes; 0 = all alike, higher = less consistent."""
    return float(np.nanmean(responses, dtype=np.float64))


def _band(length: int, width: int) -> FloatArray:
    """(length + width - 1, length) float32 matrix that adds each entry to `width` consecutive cells."""
    cells = np.arange(length + width - 1)[:, None] - np.arange(length)
    return ((cells >= 0) & (cells < width)).astype(np.float32)
