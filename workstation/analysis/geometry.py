"""Where patches are cut and which pixels a map cell covers."""

from __future__ import annotations

from dataclasses import dataclass

from workstation.errors import ImageTooSmall


@dataclass(frozen=True, slots=True)
class PatchGrid:
    """Where patches are cut from an image.

    Attributes:
        rows, columns: number of patches down and across.
        patch: side of a patch in pixels.
        stride: distance between neighbouring patches in pixels, at least 1.
        spread: side, in strides, of the cells that one patch votes for (Zheng et al. 2023, supplement; 1 when
            stride >= patch, and always 1 for the compact model, whose cells are its patches' centres).
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
        stride = max(1, (max(height, width) - patch) // per_dimension)  # published code divides by zero below this
        return cls(
            rows=1 + (height - patch) // stride,
            columns=1 + (width - patch) // stride,
            patch=patch,
            stride=stride,
            spread=max(1, patch // stride),
        )

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

    def box(self, row: int, column: int) -> tuple[int, int, int, int]:
        """(x, y, width, height) of one patch in stored pixels, before clipping to the image."""
        return self.offset + column * self.stride, self.offset + row * self.stride, self.patch, self.patch


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
