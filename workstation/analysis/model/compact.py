"""The compact encoder on a device: one pass over the image in tiles, windows pooled from the features.

Memory does not grow with the image's height beyond the embeddings themselves: features are pooled along each row as
soon as a band of tiles is done, and a row of cells is embedded as soon as its window is complete.
"""

from __future__ import annotations

import math
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

WHITENING = "whitening"
"""Name of the whitening's tensor in a weights file, which may lack it."""

MAX_CELLS = 16_384
"""The stride grows with the image, in steps of 16 px up to the patch, so that there are about this many cells."""

SMALL_PATCH = 32
SMALL_IMAGE = 250_000
"""An image of fewer pixels is looked at through windows of `SMALL_PATCH` pixels: larger ones would blur it to a few
dozen independent places (`python -m benchmarks.small_splices PHOTOS`)."""

TILE_ROWS, TILE_COLUMNS = 1024, 2048
"""Pixels of a tile without its halo: a quarter of a second to a second of work on one core."""

GLANCE_SHARE = 1 / 40
"""Share of the pixels that is looked at first, in windows spread over the whole picture, for a coarse map to show."""

FEWEST_GLANCED, MOST_GLANCED = 24, 256
"""Windows of such a glance; a picture that is too small for the fewest is done in a moment anyway."""


class CompactEncoder(Placed):
    """A `CompactNetwork` that embeds whole images; see `Encoder`.

    Attributes:
        description: the weights that it runs.
        dimensions: length of an embedding.
        patch: side of a window in pixels unless another is asked for.
        network: in evaluation, batch norms folded.
    """

    def __init__(self, description: WeightsDescription, network: CompactNetwork, placement: Placement) -> None:
        self.description = description
        self.dimensions = network.dimensions
        self.patch = description.patch
        self.network = network
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
            learned = {name: tensor.float() for name, tensor in state.items()}
            network.whitening = learned.pop(WHITENING, network.whitening)
            network.load_state_dict(learned)
        except (KeyError, RuntimeError) as error:
            raise WeightsProblem(f"weights {description.name!r} are no compact network: {error}") from error
        placement = place(device, threads=threads, precision=precision, bfloat16_allowed=description.bfloat16)
        with placement.computing():
            network.eval().requires_grad_(False)
            network.fold_batch_norm()
            network.to(placement.device)
            for stage in (network.stem, network.fine, network.coarse):
                stage.to(placement.dtype)
            network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # missing in torch's stubs
        return cls(description, network, placement)

    def default_grid(self, height: int, width: int, patch: int | None, per_dimension: int | None) -> PatchGrid:
        """One window per cell, centred on it: every pixel is seen.

        Args:
            height: of the image in pixels.
            width: likewise.
            patch: side of a window, rounded to an even multiple of the feature stride; None = the model's own, or
                `SMALL_PATCH` for an image of fewer than `SMALL_IMAGE` pixels that the model's own would fit into.
            per_dimension: cells along the longer side; None = as many as `MAX_CELLS` allows, at least one per 16 px.

        Raises:
            ImageTooSmall: if a side is shorter than one patch.
        """
        unit = 2 * FEATURE_STRIDE
        own = SMALL_PATCH if height * width < SMALL_IMAGE and min(height, width) >= self.patch else self.patch
        side = max(unit, round((patch or own) / unit) * unit)
        even = (height * width / MAX_CELLS) ** 0.5
        wanted = even if per_dimension is None else max(height, width) / per_dimension
        stride = min(side, max(unit, -(-int(wanted) // unit) * unit))
        return PatchGrid.covering(height, width, patch=side, stride=stride)

    def embed(self, image: NDArray[np.uint8], grid: PatchGrid) -> Generator[Progress, None, FloatArray]:
        """See `Encoder.embed`. What is shown of a large picture is coarse at first and then refined row by row."""
        watch = Stopwatch()
        shown = self._glance(image, grid)
        if np.isfinite(shown).any():
            yield Progress("embedding patches", 0.0, None, shown.copy())
        embeddings = np.full((grid.rows, grid.columns, self.dimensions), np.nan, np.float32)
        height, width = (-(-side // grid.stride) * grid.stride for side in image.shape[:2])
        pooled = _RowPool(grid)
        tiles = list(_tiles(height, width))
        band: list[Tensor] = []
        for number, (top, left, rows, columns) in enumerate(tiles, 1):
            band.append(self._moments(image, (height, width), (top, left, rows, columns), pooled.block))
            if left + columns == width:
                pooled.add(torch.cat(band, 2))
                band = []
                for row, moments in pooled.complete(last=top + rows == height):
                    shown[row] = embeddings[row] = self._embed(moments)
            fraction = number / len(tiles)
            yield Progress("embedding patches", fraction, watch.remaining(fraction), shown.copy())
        return embeddings

    def _glance(self, image: NDArray[np.uint8], grid: PatchGrid) -> FloatArray:
        """What some windows say, each without its surroundings, in the place of all cells around it: only to be shown.

        Returns:
            (grid.rows, grid.columns, D) float32; NaN for a picture that is done in a moment anyway.
        """
        height, width = image.shape[:2]
        windows = min(MOST_GLANCED, round(GLANCE_SHARE * height * width / grid.patch**2))
        step = math.ceil(math.sqrt(grid.rows * grid.columns / max(1, windows)))
        if windows < FEWEST_GLANCED or step < 2:
            return np.full((grid.rows, grid.columns, self.dimensions), np.nan, np.float32)
        tops, lefts = (
            np.clip(grid.offset + grid.stride * np.arange(step // 2, cells, step), 0, side - grid.patch)
            // FEATURE_STRIDE
            * FEATURE_STRIDE
            for cells, side in ((grid.rows, height), (grid.columns, width))
        )
        cut = np.stack([image[y : y + grid.patch, x : x + grid.patch] for y in tops for x in lefts])
        with self._placement.computing():
            pixels = torch.from_numpy(cut).to(self._placement.device).permute(0, 3, 1, 2)
            moments = self.network.moments(pixels, grid.patch // FEATURE_STRIDE, self._placement.dtype)
        seen = self._embed(moments[:, :, 0, 0]).reshape(len(tops), len(lefts), -1)
        rows, columns = (
            np.minimum(np.arange(cells) // step, len(places) - 1)
            for cells, places in ((grid.rows, tops), (grid.columns, lefts))
        )
        coarse: FloatArray = seen[np.ix_(rows, columns)]
        return coarse

    def _moments(
        self, image: NDArray[np.uint8], size: tuple[int, int], tile: tuple[int, int, int, int], block: int
    ) -> Tensor:
        """Moments of the blocks of one tile, computed with a halo so that no seam shows.

        Args:
            image: (height, width, 3).
            size: rows and columns of whole cells, up to which the image is continued by mirrored pixels.
            tile: (top, left, rows, columns) in pixels, rows and columns multiples of the blocks' side.
            block: side of a block in feature positions.

        Returns:
            (2·C, rows / 8 / block, columns / 8 / block) float32.
        """
        top, left, rows, columns = tile
        side = FEATURE_STRIDE * block
        halo = -(-RECEPTIVE_MARGIN // side) * side
        y, x = max(0, top - halo), max(0, left - halo)
        bottom, right = min(size[0], top + rows + halo), min(size[1], left + columns + halo)
        cut = _continued(image[y:bottom, x:right], bottom - y, right - x)
        with self._placement.computing():
            pixels = torch.from_numpy(cut).to(self._placement.device).permute(2, 0, 1)[None]
            moments = self.network.moments(pixels, block, self._placement.dtype)[0]
            y, x = (top - y) // side, (left - x) // side
            return moments[:, y : y + rows // side, x : x + columns // side]

    def _embed(self, moments: Tensor) -> FloatArray:
        with self._placement.computing():
            return self.network.project(moments).cpu().numpy()


class _RowPool:
    """Means of moments over windows, from rows that arrive from top to bottom.

    Windows and steps are whole numbers of blocks, so that what is kept is one value per block and not per position.

    Attributes:
        block: side of a block in feature positions.
    """

    def __init__(self, grid: PatchGrid) -> None:
        self._grid = grid
        window, step = grid.patch // FEATURE_STRIDE, grid.stride // FEATURE_STRIDE
        lead = (window - step) // 2
        self.block = math.gcd(window, step, lead)
        self._window, self._step, self._lead = window // self.block, step // self.block, lead // self.block
        self._rows: list[Tensor] = []
        self._first = 0
        self._next = 0

    def add(self, blocks: Tensor) -> None:
        """Take the next rows of blocks, (2·C, rows, columns), and pool them along the columns at once."""
        pooled = functional.avg_pool1d(
            blocks.flatten(0, 1), self._window, self._step, self._lead, count_include_pad=False
        )
        self._rows.extend(pooled.reshape(*blocks.shape[:2], -1).permute(1, 2, 0))

    def complete(self, *, last: bool) -> Iterator[tuple[int, Tensor]]:
        """Rows of cells whose windows are complete: (row, moments (columns, 2·C))."""
        available = self._first + len(self._rows)
        while self._next < self._grid.rows:
            start = max(0, self._next * self._step - self._lead)
            stop = self._next * self._step - self._lead + self._window
            if stop > available and not last:
                return
            yield self._next, torch.stack(self._rows[start - self._first : stop - self._first]).mean(0)
            self._next += 1
            keep = max(0, self._next * self._step - self._lead)
            del self._rows[: keep - self._first]
            self._first = keep


def _continued(cut: NDArray[np.uint8], rows: int, columns: int) -> NDArray[np.uint8]:
    """A copy of (rows, columns, 3), mirrored below and to the right where the image ends before its last cells do."""
    return np.pad(cut, ((0, rows - cut.shape[0]), (0, columns - cut.shape[1]), (0, 0)), mode="symmetric")


def _tiles(height: int, width: int) -> Iterator[tuple[int, int, int, int]]:
    """(top, left, rows, columns) of the tiles of an image, in reading order."""
    for top in range(0, height, TILE_ROWS):
        for left in range(0, width, TILE_COLUMNS):
            yield top, left, min(TILE_ROWS, height - top), min(TILE_COLUMNS, width - left)
