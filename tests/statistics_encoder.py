"""An encoder without learned weights: colour and texture of each patch as a unit vector, as the control of the accuracy
figures computes them. It follows the `Encoder` protocol, so that the whole pipeline runs in tests in a moment."""

from __future__ import annotations

from collections.abc import Generator

import numpy as np
from numpy.typing import NDArray

from workstation.analysis.geometry import PUBLISHED_PER_DIMENSION, PatchGrid
from workstation.analysis.model.encoder import Architecture, Normalisation, WeightsDescription
from workstation.analysis.result import FloatArray
from workstation.progress import Progress


class StatisticsEncoder:
    """Mean, deviation and mean absolute difference per channel, standardised over the picture.

    Attributes:
        embedded: number of rows of patches that were embedded, over all images.
    """

    dimensions = 12
    device_name = "cpu (statistics)"
    dtype_name = "float32"
    threads = 1

    def __init__(self, architecture: Architecture = "compact", patch: int = 64, stride: int = 16) -> None:
        self.description = WeightsDescription(
            name="statistics",
            file="none",
            sha256="0" * 64,
            architecture=architecture,
            patch=patch,
            dimensions=self.dimensions,
            normalisation=Normalisation((0, 0, 0), (1, 1, 1)),
            licence="Apache-2.0",
            training_data="none",
            figures=(),
            departure_range=(0.0, 1.0),
            text_side=False,
            source="tests",
        )
        self.patch, self.stride, self.embedded = patch, stride, 0

    def default_grid(self, height: int, width: int, patch: int | None, per_dimension: int | None) -> PatchGrid:
        side = patch or self.patch
        if self.description.architecture == "paper":
            return PatchGrid.for_image(
                height, width, patch=side, per_dimension=per_dimension or PUBLISHED_PER_DIMENSION
            )
        return PatchGrid.covering(height, width, patch=side, stride=self.stride)

    def embed(
        self, image: NDArray[np.uint8], grid: PatchGrid, *, watched: bool = False
    ) -> Generator[Progress, None, FloatArray]:
        found = np.full((grid.rows, grid.columns, self.dimensions), np.nan, np.float32)
        for row in range(grid.rows):
            for column in range(grid.columns):
                x, y, width, height = grid.box(row, column)
                pixels = image[max(0, y) : y + height, max(0, x) : x + width].astype(np.float32) / 255
                steps = [np.log1p(np.abs(np.diff(pixels, axis=axis)).mean((0, 1))) * 5 for axis in (0, 1)]
                found[row, column] = np.concatenate([pixels.mean((0, 1)) - 0.5, pixels.std((0, 1)), *steps])
            self.embedded += 1
            fraction = (row + 1) / grid.rows
            yield Progress("embedding patches", fraction, None, found.copy() if watched else None)
        spread = found.std(axis=(0, 1))
        found = (found - found.mean(axis=(0, 1))) / np.where(spread > 1e-6, spread, 1)
        lengths = np.linalg.norm(found, axis=2, keepdims=True)
        return np.where(lengths > 1e-6, found / np.maximum(lengths, 1e-6), 1 / np.sqrt(self.dimensions)).astype(
            np.float32
        )
