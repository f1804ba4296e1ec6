"""The compact encoder on a device: one pass over the image in tiles, windows pooled from the features.

Memory does not grow with the image's height beyond the embeddings themselves: features are pooled along each row as
soon as a band of tiles is done, and a row of cells is embedded as soon as its window is complete.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from workstation.analysis.geometry import PatchGrid
from workstation.analysis.model.compact_network import FEATURE_STRIDE, RECEPTIVE_MARGIN, CompactNetwork
from workstation.analysis.model.device import Placed, Placement, place
from workstation.analysis.model.encoder import Precision, WeightsDescription
from workstation.analysis.result import FloatArray
from workstation.errors import WeightsProblem
from workstation.progress import Progress, Stopwatch

MAX_CELLS = 16_384
"""The stride grows with the image, in steps of 16 px up to the patch, so that there are about this many cells."""

TILE_ROWS, TILE_COLUMNS = 1024, 1024
"""Pixels of a tile without its halo: a quarter of a second to a second of work on one core."""


class CompactEncoder(Placed):
    """A `CompactNetwork` that embeds whole images; see `Encoder`.

    Attributes:
        description: the weights that it runs.
        dimensions: length of an embedding.
        patch: side of a window in pixels unless another is asked for.
    """

    def __init__(self, description: WeightsDescription, network: CompactNetwork, placement: Placement) -> None:
        self.description = description
        self.dimensions = network.dimensions
        self.patch = description.patch
        self._network = network
        self._placement = placement

    @classmethod
    def from_weights(
        cls,
        description: WeightsDescription,
        state: Mapping[str, Tensor],
        *,
        device: str,
        threads: int | None,
        precision: Precision,
    ) -> CompactEncoder:
        """Build the network from its tensors; the layers' sizes are read from them.

        Raises:
            WeightsProblem: if a tensor is missing, surplus or of another shape.
            DeviceProblem: if the device is not there or has too little memory.
        """
        try:
            width, hidden = state["stem.0.weight"].shape[0], state["head.0.weight"].shape[0]
            network = CompactNetwork(width, state["head.2.weight"].shape[0], hidden)
            network.load_state_dict({name: tensor.float() for name, tensor in state.items()})
        except (KeyError, RuntimeError) as error:
            raise WeightsProblem(f"weights {description.name!r} are no compact network: {error}") from error
        placement = place(device, threads=threads, precision=precision, bfloat16_allowed=description.bfloat16)
        with placement.computing():
            network.eval().requires_grad_(False)
            network.fold_batch_norm()
            network.to(placement.device)
            network.stem.to(placement.dtype)
            network.blocks.to(placement.dtype)
            network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # missing in torch's stubs
        return cls(description, network, placement)

    def default_grid(self, height: int, width: int, patch: int | None, per_dimension: int | None) -> PatchGrid:
        """One window per cell, centred on it: every pixel is seen.

        Args:
            height: of the image in pixels.
            width: likewise.
            patch: side of a window, rounded to an even multiple of the feature stride; None = the model's own.
            per_dimension: cells along the longer side; None = as many as `MAX_CELLS` allows, at least one per 16 px.

        Raises:
            ImageTooSmall: if a side is shorter than one patch.
        """
        unit = 2 * FEATURE_STRIDE
        side = max(unit, round((patch or self.patch) / unit) * unit)
        even = (height * width / MAX_CELLS) ** 0.5
        wanted = even if per_dimension is None else max(height, width) / per_dimension
        stride = min(side, max(unit, -(-int(wanted) // unit) * unit))
        return PatchGrid.covering(height, width, patch=side, stride=stride)

    def embed(self, image: NDArray[np.uint8], grid: PatchGrid) -> Generator[Progress, None, FloatArray]:
        """See `Encoder.embed`."""
        embeddings = np.full((grid.rows, grid.columns, self.dimensions), np.nan, np.float32)
        filled = _filled_to_cells(image, grid.stride)
        pooled = _RowPool(grid)
        watch, tiles = Stopwatch(), list(_tiles(*filled.shape[:2]))
        band: list[Tensor] = []
        for number, (top, left, rows, columns) in enumerate(tiles, 1):
            band.append(self._features(filled, top, left, rows, columns))
            if left + columns == filled.shape[1]:
                pooled.add(torch.cat(band, 2))
                band = []
                for row, mean, deviation in pooled.complete(last=top + rows == filled.shape[0]):
                    embeddings[row] = self._embed(mean, deviation)
            fraction = number / len(tiles)
            yield Progress("embedding patches", fraction, watch.remaining(fraction), embeddings.copy())
        return embeddings

    def _features(self, image: NDArray[np.uint8], top: int, left: int, rows: int, columns: int) -> Tensor:
        """Features of one tile, (C, rows / 8, columns / 8) float32, computed with a halo so that no seam shows."""
        halo, unit = RECEPTIVE_MARGIN, FEATURE_STRIDE
        y, x = max(0, top - halo), max(0, left - halo)
        cut = image[y : top + rows + halo, x : left + columns + halo]
        with self._placement.computing():
            tile = torch.from_numpy(np.array(cut)).to(self._placement.device)
            features = self._network.features(tile.permute(2, 0, 1)[None], self._placement.dtype)[0].float()
            y, x = (top - y) // unit, (left - x) // unit
            return features[:, y : y + rows // unit, x : x + columns // unit].contiguous()

    def _embed(self, mean: Tensor, deviation: Tensor) -> FloatArray:
        with self._placement.computing():
            return self._network.project(mean, deviation).cpu().numpy()


class _RowPool:
    """Means and deviations of windows over feature rows that arrive from top to bottom."""

    def __init__(self, grid: PatchGrid) -> None:
        self._grid = grid
        self._window, self._step = grid.patch // FEATURE_STRIDE, grid.stride // FEATURE_STRIDE
        self._lead = (self._window - self._step) // 2
        self._rows: list[Tensor] = []
        self._first = 0
        self._next = 0

    def add(self, features: Tensor) -> None:
        """Take the next feature rows, (C, rows, columns), and pool them along the columns at once."""
        statistics = torch.cat((features, features.square()))
        pooled = functional.avg_pool1d(
            statistics.flatten(0, 1), self._window, self._step, self._lead, count_include_pad=False
        )
        self._rows.extend(pooled.reshape(*statistics.shape[:2], -1).permute(1, 2, 0))

    def complete(self, *, last: bool) -> Iterator[tuple[int, Tensor, Tensor]]:
        """Rows of cells whose windows are complete: (row, mean, deviation), each (columns, C)."""
        available = self._first + len(self._rows)
        while self._next < self._grid.rows:
            start = max(0, self._next * self._step - self._lead)
            stop = self._next * self._step - self._lead + self._window
            if stop > available and not last:
                return
            window = torch.stack(self._rows[start - self._first : stop - self._first]).mean(0)
            mean, square = window.chunk(2, -1)
            yield self._next, mean, ((square - mean.square()).clamp(min=0) + 1e-5).sqrt()
            self._next += 1
            keep = max(0, self._next * self._step - self._lead)
            del self._rows[: keep - self._first]
            self._first = keep


def _filled_to_cells(image: NDArray[np.uint8], stride: int) -> NDArray[np.uint8]:
    """The image with mirrored pixels below and to the right up to whole cells."""
    height, width = image.shape[:2]
    below, right = -height % stride, -width % stride
    if not below and not right:
        return image
    return np.pad(image, ((0, below), (0, right), (0, 0)), mode="symmetric")


def _tiles(height: int, width: int) -> Iterator[tuple[int, int, int, int]]:
    """(top, left, rows, columns) of the tiles of an image, in reading order."""
    for top in range(0, height, TILE_ROWS):
        for left in range(0, width, TILE_COLUMNS):
            yield top, left, min(TILE_ROWS, height - top), min(TILE_COLUMNS, width - left)
