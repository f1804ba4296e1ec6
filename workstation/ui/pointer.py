"""What the picture says about the place under the pointer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from workstation.ui.layers import Layer

LayerValue: TypeAlias = float | str | tuple[float, float, float] | None


@dataclass(frozen=True, slots=True)
class PointerReading:
    """One stored pixel and what the maps say there.

    Attributes:
        x, y: column and row of the pixel in the stored, unrotated image.
        rgb: its stored samples, before any colour management.
        departure: value of the departure map's cell, as in `cells.csv`; None where there is no map or
            the cell is not assessable.
        patch: (row, column) of the patch whose centre is nearest, None without a patch grid.
        layer: the layer shown.
        value: what that layer says: a number (departure, similarity, one component alone), three (PCA), the name of a
            group ("A"), the side of the cut ("larger side"), or None.
        assessable: False where a map exists and this place is not assessable.
    """

    x: int
    y: int
    rgb: tuple[int, int, int]
    departure: float | None
    patch: tuple[int, int] | None
    layer: Layer
    value: LayerValue
    assessable: bool = True
