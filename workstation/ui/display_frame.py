"""The stored, unrotated image and the frame in which it is displayed: everything that is said speaks of the former."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QTransform

from workstation.evidence.display import oriented_point


@dataclass(frozen=True, slots=True)
class DisplayFrame:
    """The EXIF orientation of one image as a mapping of continuous positions.

    Attributes:
        width, height: of the stored image in pixels.
        orientation: EXIF orientation 1..8.
    """

    width: int
    height: int
    orientation: int = 1

    @property
    def turned(self) -> bool:
        """Whether the stored width is displayed as height."""
        return self.orientation in (5, 6, 7, 8)

    @property
    def display_size(self) -> tuple[int, int]:
        """(width, height) as displayed."""
        return (self.height, self.width) if self.turned else (self.width, self.height)

    def to_display(self, x: float, y: float) -> tuple[float, float]:
        """Where a stored position is displayed."""
        return oriented_point(x, y, self.width, self.height, self.orientation)

    def to_stored(self, x: float, y: float) -> tuple[float, float]:
        """The stored position that is displayed at (x, y)."""
        inverse = {6: 8, 8: 6}.get(self.orientation, self.orientation)
        width, height = self.display_size
        return oriented_point(x, y, width, height, inverse)

    def to_stored_arrays(
        self, x: NDArray[np.float64], y: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The stored positions of many displayed ones."""
        (x0, y0), (x1, y1), (x2, y2) = self.to_stored(0, 0), self.to_stored(1, 0), self.to_stored(0, 1)
        return x0 + (x1 - x0) * x + (x2 - x0) * y, y0 + (y1 - y0) * x + (y2 - y0) * y

    @property
    def transform(self) -> QTransform:
        """Stored to displayed positions, exact: its elements are -1, 0, 1 and whole offsets."""
        origin, right, down = self.to_display(0, 0), self.to_display(1, 0), self.to_display(0, 1)
        return QTransform(
            right[0] - origin[0], right[1] - origin[1], down[0] - origin[0], down[1] - origin[1], origin[0], origin[1]
        )

    def pixel_at(self, display_x: float, display_y: float) -> tuple[int, int] | None:
        """(column, row) of the stored pixel under a display position, None outside the picture."""
        width, height = self.display_size
        if not (0 <= display_x < width and 0 <= display_y < height):
            return None
        x, y = self.to_stored(int(display_x) + 0.5, int(display_y) + 0.5)
        return int(x), int(y)
