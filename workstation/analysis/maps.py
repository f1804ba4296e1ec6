"""Embeddings become the maps of a result: by the published method, or in linear time.

The published method compares all pairs of map cells; it is used for the architecture that it was published with, as
long as its response maps stay under `RESPONSE_LIMIT`. Everything else goes the linear way: departure from a robust
reference group, a cut by landmarks, one cell per patch.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from workstation.analysis import published
from workstation.analysis.cut import normalised_cut, normalised_cut_of_embeddings
from workstation.analysis.geometry import RESPONSE_LIMIT, MapGeometry, PatchGrid
from workstation.analysis.mean_shift import shift_steps
from workstation.analysis.pca import as_colours, principal_components
from workstation.analysis.reference import departure as departure_from_reference
from workstation.analysis.result import NOT_ASSESSABLE, BoolArray, FloatArray, LabelArray, Suitability
from workstation.analysis.suitability import assess
from workstation.progress import relayed

Scalar = TypeVar("Scalar", bound=np.generic)


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """How the patches compare with each other, per cell that patches vote for.

    Attributes:
        departure: (map_rows, map_columns) float32, NaN where not assessable.
        cut: (map_rows, map_columns) int16, NOT_ASSESSABLE likewise.
        score: mean dissimilarity of all pairs.
    """

    departure: FloatArray
    cut: LabelArray
    score: float


def map_geometry(grid: PatchGrid, height: int, width: int) -> MapGeometry:
    """The cells of a grid's maps; a capped spread does not shrink them.

    Args:
        grid: where patches are cut.
        height: of the stored image.
        width: of the stored image.
    """
    missing = grid.full_spread - grid.spread
    return MapGeometry(
        rows=grid.map_rows + missing,
        columns=grid.map_columns + missing,
        cell=grid.stride,
        height=height,
        width=width,
    )


def to_extent(cells: NDArray[Scalar], grid: PatchGrid) -> NDArray[Scalar]:
    """Where the spread was capped, centre the cells in the map that the published spread gives; edges are repeated.

    Args:
        cells: (map_rows, map_columns, ...) over the cells that patches vote for.
        grid: where patches were cut.

    Returns:
        (rows, columns, ...) of `map_geometry`.
    """
    missing = grid.full_spread - grid.spread
    if not missing:
        return cells
    border = (missing // 2, missing - missing // 2)
    padded: NDArray[Scalar] = np.pad(cells, (border, border, *((0, 0),) * (cells.ndim - 2)), mode="edge")
    return padded


def is_published(architecture: str, grid: PatchGrid) -> bool:
    """Whether the published method applies and fits into memory."""
    return architecture == "paper" and grid.response_bytes <= RESPONSE_LIMIT


def compare_published(
    embeddings: FloatArray, grid: PatchGrid, assessable: BoolArray, reference: BoolArray
) -> Generator[float, None, Comparison]:
    """Response maps, mean shift, normalised cut and score as published, over the assessable patches.

    The mean-shift map says how unlike the densest mode every cell is, so it is high where a cell departs from that
    mode. If the patches fall into groups and the mode belongs to a smaller group than the largest, the map is high on
    the reference: then it is turned (its lowest value becomes its highest). No ground truth is needed.

    Args:
        embeddings: (grid.rows, grid.columns, D) float32.
        grid: where the patches were cut.
        assessable: (grid.rows, grid.columns) bool.
        reference: (map_rows, map_columns) bool, cells of the largest group of patches.

    Yields:
        The share of the work that is done.
    """
    known = published.vote_counts(assessable, grid).ravel() > 0
    responses = published.response_maps(embeddings, grid, assessable).reshape(len(known), -1)
    if not known.all():
        responses = np.ascontiguousarray(responses[np.ix_(known, known)])
    yield 0.2
    score = float(responses.mean(dtype=np.float64))
    basis = _row_space(grid, assessable)[known] if len(known) > 2 * np.count_nonzero(assessable) else None
    modes = yield from relayed(shift_steps(responses, basis), lambda share: 0.2 + 0.6 * share)
    values = _turned(modes.densest, reference.ravel()[known])
    np.subtract(np.float32(1), responses, out=responses)
    sides = normalised_cut(responses)
    shape = grid.map_rows, grid.map_columns
    return Comparison(_filled(values, known, np.nan).reshape(shape), _labelled(sides, known).reshape(shape), score)


def compare_linear(
    embeddings: FloatArray, grid: PatchGrid, suitability: Suitability, seed: int
) -> Generator[float, None, Comparison]:
    """Departure from the reference group and a cut by landmarks, in time linear in the number of patches.

    Args:
        embeddings: (grid.rows, grid.columns, D) float32, unit length.
        grid: where the patches were cut.
        suitability: of its patches.
        seed: of the samples.

    Yields:
        The share of the work that is done.
    """
    assessable = suitability.assessable
    cells, patches, brightness = np.argwhere(assessable), embeddings[assessable], suitability.brightness[assessable]
    values = np.full((*assessable.shape, 1), np.nan, np.float32)
    values[assessable, 0] = departure_from_reference(patches, positions=cells, brightness=brightness, seed=seed)
    yield 0.6
    sides = np.full(assessable.shape, NOT_ASSESSABLE, np.int16)
    sides[assessable] = normalised_cut_of_embeddings(patches, seed)
    mean = patches.mean(axis=0, dtype=np.float64)
    return Comparison(
        departure=published.vote_mean(values.reshape(-1, 1), grid, assessable)[:, :, 0],
        cut=majority(sides, grid),
        score=float(1 - mean @ mean),
    )


def departure_everywhere(embeddings: FloatArray, image: NDArray[np.uint8], grid: PatchGrid) -> FloatArray:
    """The departure that `compare_linear` measures, of every patch, assessable or not, with the seed 0.

    For figures in which all cells count: of evaluations and of training, where there is no analysis.

    Args:
        embeddings: (grid.rows, grid.columns, D) or (grid.rows * grid.columns, D) float32, unit length.
        image: (height, width, 3) uint8 RGB that the patches were cut from.
        grid: where they were cut.

    Returns:
        (grid.rows * grid.columns,) float32.
    """
    return departure_from_reference(
        embeddings.reshape(grid.rows * grid.columns, -1),
        positions=np.argwhere(np.ones((grid.rows, grid.columns), bool)),
        brightness=assess(image, grid).brightness.ravel(),
        seed=0,
    )


def majority(labels: LabelArray, grid: PatchGrid) -> LabelArray:
    """Labels of patches to labels of cells: the label with most votes, of equals the smallest.

    Args:
        labels: (grid.rows, grid.columns) int16, NOT_ASSESSABLE for patches without a vote.
        grid: where the patches were cut.

    Returns:
        (map_rows, map_columns) int16, NOT_ASSESSABLE where nobody votes.
    """
    if grid.spread == 1:
        return labels
    ballots = (labels.reshape(-1, 1) == np.arange(labels.max() + 1)).astype(np.float32)
    votes = published.vote(ballots, grid)
    winners = np.where(votes.sum(axis=1) > 0, votes.argmax(axis=1), NOT_ASSESSABLE)
    return winners.reshape(grid.map_rows, grid.map_columns).astype(np.int16)


def component_maps(embeddings: FloatArray, grid: PatchGrid, assessable: BoolArray) -> tuple[FloatArray, FloatArray]:
    """The PCA map and the scatter plot's coordinates.

    Args:
        embeddings: (grid.rows, grid.columns, D) float32.
        grid: where the patches were cut.
        assessable: (grid.rows, grid.columns) bool.

    Returns:
        (map_rows, map_columns, 3) float32 in 0..1, whitened components voted onto the cells; and (grid.rows,
        grid.columns, 2) float32, the first two components of each patch. NaN where not assessable.
    """
    components = principal_components(embeddings[assessable])
    whitened = np.full((*assessable.shape, 3), np.nan, np.float32)
    whitened[assessable] = components.whitened
    scatter = np.full((*assessable.shape, 2), np.nan, np.float32)
    scatter[assessable] = components.projections[:, :2]
    return as_colours(published.vote_mean(whitened.reshape(-1, 3), grid, assessable)), scatter


def _turned(values: FloatArray, reference: BoolArray) -> FloatArray:
    """The map, high where cells depart from the reference group; unchanged if there is one group only."""
    if reference.all() or not reference.any() or values[reference].mean() <= values[~reference].mean():
        return values
    turned: FloatArray = values.min() + values.max() - values
    return turned


def _row_space(grid: PatchGrid, assessable: BoolArray) -> FloatArray:
    """(cells, patches) float32, orthonormal columns that span the rows of the response maps (to the vote floor).

    Every row is a mixture of patches' votes, so there are no more dimensions than patches, however many cells.
    """
    votes = published.vote(np.eye(assessable.size, dtype=np.float32)[:, assessable.ravel()], grid)
    counts = np.maximum(published.vote_counts(assessable, grid).ravel(), 1)
    basis: FloatArray = np.linalg.qr(votes / counts[:, None])[0]
    return basis


def _filled(values: FloatArray, known: BoolArray, empty: float) -> FloatArray:
    cells = np.full(len(known), empty, np.float32)
    cells[known] = values
    return cells


def _labelled(values: LabelArray, known: BoolArray) -> LabelArray:
    cells = np.full(len(known), NOT_ASSESSABLE, np.int16)
    cells[known] = values
    return cells
