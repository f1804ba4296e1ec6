"""The compact encoder on a device: one pass over the image in bands of rows, windows pooled from the features.

Memory does not grow with the image's height beyond the embeddings themselves: features are pooled along each row as
soon as a band is done, and a row of cells is embedded as soon as its window is complete.
"""

from __future__ import annotations

import math
import time
from collections.abc import Generator, Iterator, Mapping
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from workstation.analysis.geometry import POOLED_SHARE, PatchGrid
from workstation.analysis.model import winograd
from workstation.analysis.model.compact_network import FEATURE_STRIDE, RECEPTIVE_MARGIN, CompactNetwork
from workstation.analysis.model.compact_pass import CompactPass
from workstation.analysis.model.device import Placed, Placement, place
from workstation.analysis.model.encoder import Precision, WeightsDescription
from workstation.analysis.result import FloatArray
from workstation.analysis.side_by_side import in_step
from workstation.errors import WeightsProblem
from workstation.progress import Progress, Stopwatch

WHITENING = "whitening"
"""Name of the whitening's tensor in a weights file, which may lack it."""

MAX_CELLS = 16_384
"""The stride grows with the image, in steps of 16 px up to the patch, so that there are about this many cells."""

SMALL_PATCH = 32
SMALL_IMAGE = 250_000
"""An image of fewer pixels is judged and drawn in windows of `SMALL_PATCH` pixels, so that less of it is lost around
what is flat or clipped. Up to 64 pixels features are averaged over the same 16
(`python -m benchmarks.small_splices PHOTOS`)."""

BAND_PIXELS = {"cpu": 2**19}
"""About how many pixels a band holds, by kind of device: on a CPU its features stay in the cache that all cores share,
and the memory that it takes is used again for the next band."""

BAND_PIXELS_OF_TILES = 3 * 2**18
"""The same where convolutions are computed in tiles (`winograd`), which are prepared anew for every band."""

BAND_PIXELS_ELSEWHERE = 2**22
"""The same for other devices, which want more work at a time."""

LEAST_BAND = 64
"""Rows of a band at least; a multiple of 16."""

BAND_OF_TILES = 2 * FEATURE_STRIDE * winograd.TILE
"""Rows of a band are a multiple of this where convolutions are computed in tiles, so that it holds whole ones."""

LEAST_SHARED = 1024
"""Columns of a picture whose halves go to two threads: each also computes the margin that it sees beyond its half."""

LEAST_QUARTERED = 3000
"""Columns of a picture that is cut into four where a convolution runs on one thread and there are four or more."""

PARTIAL_INTERVAL = 0.25
"""Least seconds between two copies of the embeddings so far."""

GLANCE_SHARE = 1 / 60
"""Share of the pixels that is looked at first, in windows spread over the whole picture, for a coarse map to show."""

FEWEST_GLANCED, MOST_GLANCED = 20, 256
"""Windows of such a glance; a picture that is too small for the fewest is done in a moment anyway."""


class CompactEncoder(Placed):
    """A `CompactNetwork` that embeds whole images; see `Encoder`.

    Attributes:
        description: the weights that it runs.
        dimensions: length of an embedding.
        patch: side of a window in pixels unless another is asked for.
        network: in evaluation, batch norms folded; the head and the whitening run in float32.
    """

    def __init__(self, description: WeightsDescription, network: CompactNetwork, placement: Placement) -> None:
        self.description = description
        self.dimensions = network.dimensions
        self.patch = description.patch
        self.network = network
        self._placement = placement
        self._pass = CompactPass(network, placement.dtype, placement.device)

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

    def embed(
        self, image: NDArray[np.uint8], grid: PatchGrid, *, watched: bool = False, pooled_share: int = POOLED_SHARE
    ) -> Generator[Progress, None, FloatArray]:
        """See `Encoder.embed`. What is shown of a large picture is coarse at first and then refined row by row.

        Args:
            image: as there.
            grid: as there.
            watched: as there.
            pooled_share: as `POOLED_SHARE`; 1 = features are averaged over whole windows, as in training.
        """
        watch = Stopwatch()
        embeddings = np.full((grid.rows, grid.columns, self.dimensions), np.nan, np.float32)
        height, width = (-(-side // grid.stride) * grid.stride for side in image.shape[:2])
        pooled, band = _RowPool(grid, pooled_share), self._band(width)
        lanes = self._lanes(image, (height, width), pooled.block, band)
        with in_step(lanes, threads=self._placement.threads) as steps:
            shown, copied, done = embeddings, time.monotonic(), 0
            if watched:
                shown = self._glance(image, grid, len(lanes))
                if np.isfinite(shown).any():
                    yield Progress("embedding patches", 0.0, None, shown.copy())
            for bottom, parts in zip((*range(band, height, band), height), steps, strict=True):
                with self._placement.computing(lanes=len(lanes)):
                    pooled.add(torch.cat(parts, 1))
                    rows = pooled.complete(last=bottom == height)
                    if rows:
                        found = self.network.project(torch.stack(rows)).cpu().numpy()
                        shown[done : done + len(rows)] = embeddings[done : done + len(rows)] = found
                        done += len(rows)
                partial, now = None, time.monotonic()
                if watched and now - copied >= PARTIAL_INTERVAL:
                    partial, copied = shown.copy(), now
                yield Progress("embedding patches", bottom / height, watch.remaining(bottom / height), partial)
        return embeddings

    def _band(self, width: int) -> int:
        """Rows of pixels of a band."""
        if self._pass.in_tiles:
            return max(1, BAND_PIXELS_OF_TILES // width // BAND_OF_TILES) * BAND_OF_TILES
        wanted = BAND_PIXELS.get(self._placement.device.type, BAND_PIXELS_ELSEWHERE) // width
        return max(LEAST_BAND, wanted // 16 * 16)

    def _lanes(self, image: NDArray[np.uint8], size: tuple[int, int], block: int, band: int) -> list[Iterator[Tensor]]:
        """Passes over parts of the picture beside each other, or one over all of it where that would gain little.

        Where a convolution runs on one thread anyway, the picture is cut in the same way for one to three threads:
        results in tiles depend on where these begin, if only by rounding.

        Args:
            image: (height, width, 3).
            size: rows and columns of whole cells, up to which the image is continued by mirrored pixels.
            block: side of a block in feature positions.
            band: rows of pixels that are looked at together.

        Returns:
            Iterators of moments as `CompactPass.moments` gives them; side by side, they are the picture's.
        """
        height, width = size
        parts = 2
        if self._placement.device.type != "cpu" or width < LEAST_SHARED:
            parts = 1
        elif self._pass.in_tiles:
            parts = 4 if width >= LEAST_QUARTERED and self._placement.threads >= 4 else 2
        elif self._placement.threads < 2:
            parts = 1
        side = FEATURE_STRIDE * block
        margin, blocks = -(-RECEPTIVE_MARGIN // side), width // side
        cuts = [blocks * part // parts for part in range(parts + 1)]
        lanes = []
        for first, last in pairwise(cuts):
            left, right = max(0, first - margin), min(blocks, last + margin)
            part = image[:, left * side : right * side] if right < blocks else image[:, left * side :]
            steps = self._pass.moments(part, (height, (right - left) * side), block, band)
            lanes.append(self._lane(steps, slice(first - left, last - left), parts))
        return lanes

    def _lane(self, steps: Iterator[Tensor], kept: slice, parts: int) -> Iterator[Tensor]:
        """A pass over one of `parts` of the picture, of which some columns of blocks are kept."""
        while True:
            with self._placement.computing(lanes=self._placement.threads if self._pass.in_tiles else parts):
                moments = next(steps, None)
            if moments is None:
                return
            yield moments[:, kept]

    def _glance(self, image: NDArray[np.uint8], grid: PatchGrid, lanes: int) -> FloatArray:
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
        with self._placement.computing(lanes=lanes):
            pixels = torch.from_numpy(cut).to(self._placement.device).permute(0, 3, 1, 2)
            moments = self.network.moments(pixels, grid.patch // FEATURE_STRIDE, self._placement.dtype)
            seen = self.network.project(moments[:, :, 0, 0]).cpu().numpy().reshape(len(tops), len(lefts), -1)
        rows, columns = (
            np.minimum(np.arange(cells) // step, len(places) - 1)
            for cells, places in ((grid.rows, tops), (grid.columns, lefts))
        )
        coarse: FloatArray = seen[np.ix_(rows, columns)]
        return coarse


class _RowPool:
    """Means of moments over the middles of windows, from rows that arrive from top to bottom.

    Middles and steps are whole numbers of blocks, so that what is kept is one value per block and not per position.

    Attributes:
        block: side of a block in feature positions.
    """

    def __init__(self, grid: PatchGrid, share: int) -> None:
        self._grid = grid
        step, window = grid.stride // FEATURE_STRIDE, grid.pooled_side(share) // FEATURE_STRIDE
        lead = (window - step) // 2
        self.block = math.gcd(window, step, lead)
        self._window, self._step, self._lead = window // self.block, step // self.block, lead // self.block
        self._columns = grid.columns
        self._rows: list[Tensor] = []
        self._first = 0
        self._next = 0

    def add(self, blocks: Tensor) -> None:
        """Take the next rows of blocks, (rows, columns, 2·C), and pool them along the columns at once."""
        cells = self._columns
        starts = range(-self._lead, (cells - 1) * self._step - self._lead + 1, self._step)
        beyond = starts[-1] + self._window - blocks.shape[1]
        padded = functional.pad(blocks, (0, 0, self._lead, beyond))
        total = padded[:, : starts[-1] + self._lead + 1 : self._step].clone()
        for shift in range(1, self._window):
            total += padded[:, shift : shift + starts[-1] + self._lead + 1 : self._step]
        counts = [min(start + self._window, blocks.shape[1]) - max(start, 0) for start in starts]
        self._rows.extend(total / torch.tensor(counts, dtype=total.dtype, device=total.device)[:, None])

    def complete(self, *, last: bool) -> list[Tensor]:
        """The next rows of cells whose windows are complete: moments (columns, 2·C)."""
        available = self._first + len(self._rows)
        found = []
        while self._next < self._grid.rows:
            start = max(0, self._next * self._step - self._lead)
            stop = self._next * self._step - self._lead + self._window
            if stop > available and not last:
                break
            found.append(torch.stack(self._rows[start - self._first : stop - self._first]).mean(0))
            self._next += 1
            keep = max(0, self._next * self._step - self._lead)
            del self._rows[: keep - self._first]
            self._first = keep
        return found
