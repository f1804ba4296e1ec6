"""Shapes made of map cells or patches: where they lie in the stored image, their areas, their outlines."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from workstation.analysis.geometry import MapGeometry, PatchGrid
from workstation.analysis.result import BoolArray

Segments = NDArray[np.float64]
"""(n, 4) x0, y0, x1, y1 in stored pixels."""
Boxes = NDArray[np.float64]
"""(n, 4) left, top, right, bottom in stored pixels."""


@dataclass(frozen=True, slots=True, eq=False)
class CellLayout:
    """Where the rows and columns of an array lie in the stored image.

    Attributes:
        x_edges: (columns + 1,) float64, left borders of the columns and the right border of the last.
        y_edges: (rows + 1,) float64, likewise down the image.
    """

    x_edges: NDArray[np.float64]
    y_edges: NDArray[np.float64]

    @classmethod
    def of_map(cls, geometry: MapGeometry) -> CellLayout:
        """The cells of a map; the last row and column reach to the border of the image."""
        return cls(
            _map_edges(geometry.columns, geometry.cell, geometry.width),
            _map_edges(geometry.rows, geometry.cell, geometry.height),
        )

    @classmethod
    def of_patches(cls, grid: PatchGrid, height: int, width: int) -> CellLayout:
        """One square of a stride around each patch's centre; those at the border reach to it."""
        return cls(_patch_edges(grid, grid.columns, width), _patch_edges(grid, grid.rows, height))

    @property
    def shape(self) -> tuple[int, int]:
        """(rows, columns)."""
        return len(self.y_edges) - 1, len(self.x_edges) - 1

    def centre(self, row: float, column: float) -> tuple[float, float]:
        """Stored position of the middle of a cell; fractions lie between the middles of neighbours."""
        x = np.interp(column, np.arange(self.shape[1]), (self.x_edges[:-1] + self.x_edges[1:]) / 2)
        y = np.interp(row, np.arange(self.shape[0]), (self.y_edges[:-1] + self.y_edges[1:]) / 2)
        return float(x), float(y)

    def outline(self, mask: BoolArray) -> Segments:
        """The border of a mask of (rows, columns), straight runs joined; the image's own border counts."""
        padded = np.pad(mask, 1)
        across = (padded[1:] != padded[:-1])[:, 1:-1]
        down = (padded[:, 1:] != padded[:, :-1])[1:-1]
        return self._lines(across, down)

    def borders(self, labels: NDArray[np.integer]) -> Segments:
        """The borders between cells of (rows, columns) that bear different labels, straight runs joined."""
        across = np.zeros((labels.shape[0] + 1, labels.shape[1]), np.bool_)
        down = np.zeros((labels.shape[0], labels.shape[1] + 1), np.bool_)
        across[1:-1] = labels[1:] != labels[:-1]
        down[:, 1:-1] = labels[:, 1:] != labels[:, :-1]
        return self._lines(across, down)

    def boxes(self, mask: BoolArray) -> Boxes:
        """The area of a mask as rectangles that do not overlap: runs of cells, joined downwards where equal."""
        boxes: list[tuple[int, int, int, int]] = []
        growing: dict[tuple[int, int], int] = {}
        runs = _runs(mask)
        starts = np.searchsorted(runs[:, 0], np.arange(mask.shape[0] + 1))
        for row, (start, stop) in enumerate(pairwise(starts)):
            present = {(int(a), int(b)) for _, a, b in runs[start:stop]}
            boxes += [(a, top, b, row) for (a, b), top in growing.items() if (a, b) not in present]
            growing = {run: growing.get(run, row) for run in present}
        boxes += [(a, top, b, mask.shape[0]) for (a, b), top in growing.items()]
        if not boxes:
            return np.zeros((0, 4))
        left, top, right, bottom = np.array(sorted(boxes, key=lambda box: (box[1], box[0]))).T
        return np.stack([self.x_edges[left], self.y_edges[top], self.x_edges[right], self.y_edges[bottom]], axis=1)

    def _lines(self, across: BoolArray, down: BoolArray) -> Segments:
        """Segments along edges: `across` (rows + 1, columns) above cells, `down` (rows, columns + 1) left of them."""
        line, start, stop = _runs(across).T
        level = self.y_edges[line]
        horizontal = np.stack([self.x_edges[start], level, self.x_edges[stop], level], axis=1)
        line, start, stop = _runs(down.T).T
        level = self.x_edges[line]
        vertical = np.stack([level, self.y_edges[start], level, self.y_edges[stop]], axis=1)
        return np.concatenate([horizontal, vertical])


def _map_edges(count: int, cell: int, extent: int) -> NDArray[np.float64]:
    edges = np.minimum(np.arange(count + 1) * cell, extent).astype(np.float64)
    edges[-1] = extent
    return edges


def _patch_edges(grid: PatchGrid, count: int, extent: int) -> NDArray[np.float64]:
    middle = grid.offset + grid.patch / 2 - grid.stride / 2
    edges: NDArray[np.float64] = np.clip(middle + np.arange(count + 1) * grid.stride, 0, extent).astype(np.float64)
    edges[0], edges[-1] = 0, extent
    return edges


def _runs(mask: BoolArray) -> NDArray[np.intp]:
    """Runs of True along the rows of a mask: (n, 3) row, first column, column after the last; in row order."""
    padded = np.pad(mask, ((0, 0), (1, 1))).astype(np.int8)
    change = np.diff(padded, axis=1)
    rows, starts = np.nonzero(change == 1)
    _, stops = np.nonzero(change == -1)
    return np.stack([rows, starts, stops], axis=1)


def nearest_patch(grid: PatchGrid, x: float, y: float) -> tuple[int, int]:
    """(row, column) of the patch whose centre is nearest to a stored position."""
    column = round((x - grid.offset - grid.patch / 2) / grid.stride)
    row = round((y - grid.offset - grid.patch / 2) / grid.stride)
    return min(max(row, 0), grid.rows - 1), min(max(column, 0), grid.columns - 1)


def patches_at(grid: PatchGrid, x: int, y: int) -> BoolArray:
    """Which patches hold the stored pixel (x, y): (rows, columns) bool."""
    left = grid.offset + np.arange(grid.columns) * grid.stride
    top = grid.offset + np.arange(grid.rows) * grid.stride
    holds_x = (left <= x) & (x < left + grid.patch)
    holds_y = (top <= y) & (y < top + grid.patch)
    holds: BoolArray = holds_y[:, None] & holds_x[None, :]
    return holds
