"""Where patches are cut and which pixels a map cell covers."""

from __future__ import annotations

from dataclasses import dataclass

from workstation.errors import ImageTooSmall

POOLED_SHARE = 4
"""The side of a compact model's window over that of its middle, at least a stride, over which features are averaged
before they become an embedding. Features see 48 pixels to every side anyway, so the window and more has its say, and
embeddings that are averaged over their neighbours tell parts apart better than embeddings of averaged features
(docs/decisions/0024-middles-of-windows.md; `python -m benchmarks.map_ablations PHOTOS`)."""

_POOLED_STEP = 16
"""Pixels by which that middle grows: one position of a compact model's features on either side."""

RESPONSE_LIMIT = 256_000_000
"""Most bytes that the response maps (one float32 per pair of map cells) may take; the spread is capped for it."""

PUBLISHED_PER_DIMENSION = 30
"""Patches along the longer side for the architecture of the paper, unless another number is asked for."""


@dataclass(frozen=True, slots=True)
class PatchGrid:
    """Where patches are cut from an image.

    Attributes:
        rows, columns: number of patches down and across.
        patch: side of a patch in pixels.
        stride: distance between neighbouring patches in pixels, at least 1.
        spread: side, in strides, of the cells that one patch votes for (Zheng et al. 2023, supplement; 1 when
            stride >= patch, and always 1 for the compact model, whose cells are its patches' centres; capped so
            that the response maps stay under `RESPONSE_LIMIT`).
        offset: position of the first patch's upper left corner in pixels on both axes; negative where border
            patches are clipped to the image (compact).
    """

    rows: int
    columns: int
    patch: int
    stride: int
    spread: int
    offset: int = 0

    @classmethod
    def for_image(cls, height: int, width: int, *, patch: int, per_dimension: int) -> PatchGrid:
        """The published grid: about `per_dimension` patches along the longer side.

        Raises:
            ImageTooSmall: if a side is shorter than one patch.
        """
        if min(height, width) < patch:
            raise ImageTooSmall(height, width, patch)
        if per_dimension < 1:
            raise ValueError("at least one patch per dimension is needed")
        stride = max(1, (max(height, width) - patch) // per_dimension)  # published code divides by zero below this
        rows, columns = 1 + (height - patch) // stride, 1 + (width - patch) // stride
        spread = max(1, patch // stride)
        while spread > 1 and _response_bytes(rows, columns, spread) > RESPONSE_LIMIT:
            spread -= 1
        return cls(rows=rows, columns=columns, patch=patch, stride=stride, spread=spread)

    @classmethod
    def covering(cls, height: int, width: int, *, patch: int, stride: int) -> PatchGrid:
        """One patch per cell of `stride` pixels, centred on it and clipped to the image: every pixel is seen.

        Raises:
            ImageTooSmall: if a side is shorter than one patch.
        """
        if min(height, width) < patch:
            raise ImageTooSmall(height, width, patch)
        if stride > patch:
            raise ValueError("a stride above the patch would leave pixels unseen")
        return cls(
            rows=-(-height // stride),
            columns=-(-width // stride),
            patch=patch,
            stride=stride,
            spread=1,
            offset=(stride - patch) // 2,
        )

    def pooled_side(self, share: int = POOLED_SHARE) -> int:
        """Side in pixels of the middle of a window that a compact model averages its features over.

        It goes as far beyond its cell on either side, so that it does not lie askew over it.

        Args:
            share: as `POOLED_SHARE`.
        """
        beyond = max(0, self.patch // share - self.stride)
        return self.stride + -(-beyond // _POOLED_STEP) * _POOLED_STEP

    @property
    def full_spread(self) -> int:
        """The spread that the published rule gives; above `spread` where that was capped."""
        return self.spread if self.offset else max(1, self.patch // self.stride)

    @property
    def map_rows(self) -> int:
        """Rows of cells that patches vote for."""
        return self.rows + self.spread - 1

    @property
    def map_columns(self) -> int:
        """Columns of cells that patches vote for."""
        return self.columns + self.spread - 1

    @property
    def response_bytes(self) -> int:
        """Size of the response maps: one float32 per pair of map cells."""
        return _response_bytes(self.rows, self.columns, self.spread)

    def box(self, row: int, column: int) -> tuple[int, int, int, int]:
        """(x, y, width, height) of one patch in stored pixels, before clipping to the image."""
        return self.offset + column * self.stride, self.offset + row * self.stride, self.patch, self.patch


def _response_bytes(rows: int, columns: int, spread: int) -> int:
    return 4 * ((rows + spread - 1) * (columns + spread - 1)) ** 2


@dataclass(frozen=True, slots=True)
class MapGeometry:
    """Which stored pixels a map cell covers: cell (r, c) covers [c·cell, (c+1)·cell) × [r·cell, (r+1)·cell).

    The published maps end at most one stride before the image does; the last row and column of cells are
    then read as reaching to the border.

    Attributes:
        rows, columns: of the map.
        cell: side of a cell in stored pixels.
        height, width: of the stored image.
    """

    rows: int
    columns: int
    cell: int
    height: int
    width: int

    def cell_at(self, x: float, y: float) -> tuple[int, int]:
        """(row, column) of the cell that covers the stored pixel position (x, y), clipped to the map."""
        row = min(self.rows - 1, max(0, int(y // self.cell)))
        column = min(self.columns - 1, max(0, int(x // self.cell)))
        return row, column
