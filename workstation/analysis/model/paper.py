"""The published encoder of "EXIF as Language": ResNet-50 on patches, DistilBERT on EXIF text."""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator, Mapping, Sequence
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from workstation.analysis.geometry import PatchGrid
from workstation.analysis.model import checkpoint_keys
from workstation.analysis.model.device import Placed, Placement, place
from workstation.analysis.model.encoder import Precision, WeightsDescription
from workstation.analysis.model.paper_text import PaperTextEncoder, load_text_encoder
from workstation.analysis.model.resnet50 import ResNet50
from workstation.analysis.result import FloatArray
from workstation.errors import WeightsProblem
from workstation.progress import Progress, Stopwatch

PATCHES_PER_DIMENSION = 30
"""Default density of the published grid (`num_per_dim`)."""

PUBLISHED_LOGIT_SCALE = 100.0
"""exp(logit_scale) of CLIP ViT-B/32 (Radford et al. 2021: clipped at 100)."""

CPU_BATCH = {torch.float32: 8, torch.bfloat16: 16}
"""Patches per batch on a CPU: larger batches run no faster, and these take well under a second on one core."""

ACCELERATOR_BATCH = 128
"""Patches per batch on an accelerator."""


class PaperEncoder(Placed):
    """ResNet-50 with a last layer 2048 -> 768; see `Encoder`.

    Attributes:
        description: the weights that it runs.
        dimensions: 768.
        patch: side of a patch in pixels unless another is asked for.
        batch: patches per batch; fixed, because another size may round differently.
        network: ResNet-50, made ready by `prepared_network`.
    """

    def __init__(self, description: WeightsDescription, network: ResNet50, placement: Placement) -> None:
        self.description = description
        self.dimensions = description.dimensions
        self.patch = description.patch
        self.batch = CPU_BATCH[placement.dtype] if placement.device.type == "cpu" else ACCELERATOR_BATCH
        self.network = network
        self._placement = placement
        mean = torch.tensor(description.normalisation.mean, device=placement.device)
        deviation = torch.tensor(description.normalisation.deviation, device=placement.device)
        self._scale, self._shift = 1 / (255 * deviation), -mean / deviation

    @classmethod
    def from_weights(
        cls,
        description: WeightsDescription,
        state: Mapping[str, Tensor],
        *,
        device: str,
        threads: int | None,
        precision: Precision,
    ) -> PaperEncoder:
        """Build the image side from the `visual.*` tensors of a checkpoint (others are ignored).

        Raises:
            WeightsProblem: if a tensor is missing, surplus or of another shape.
            DeviceProblem: if the device is not there or has too little memory.
        """
        visual = {key: tensor for key, tensor in state.items() if key.startswith(checkpoint_keys.VISUAL)}
        problem = checkpoint_keys.first_difference(visual, checkpoint_keys.visual())
        if problem:
            raise WeightsProblem(f"weights {description.name!r} are no ResNet-50 of this layout: {problem}")
        if description.dimensions != checkpoint_keys.DIMENSIONS:
            raise WeightsProblem(
                f"weights {description.name!r}: a paper embedding has {checkpoint_keys.DIMENSIONS} values"
            )
        placement = place(device, threads=threads, precision=precision, bfloat16_allowed=description.bfloat16)
        with placement.computing():
            network = prepared_network(visual, placement.dtype, placement.device)
        return cls(description, network, placement)

    def default_grid(self, height: int, width: int, patch: int | None, per_dimension: int | None) -> PatchGrid:
        """The published grid.

        Raises:
            ImageTooSmall: if a side is shorter than one patch.
        """
        return PatchGrid.for_image(
            height, width, patch=patch or self.patch, per_dimension=per_dimension or PATCHES_PER_DIMENSION
        )

    def embed(
        self, image: NDArray[np.uint8], grid: PatchGrid, *, watched: bool = False
    ) -> Generator[Progress, None, FloatArray]:
        """See `Encoder.embed`. The batches hold patches in reading order and are spread over the picture."""
        embeddings = np.full((grid.rows * grid.columns, self.dimensions), np.nan, np.float32)
        watch, done = Stopwatch(), 0
        for number in spread_order(-(-len(embeddings) // self.batch)):
            patches = patch_batch(image, grid, self.batch, number)
            start = number * self.batch
            embeddings[start : start + len(patches)] = self.embed_patches(patches)
            done += len(patches)
            fraction = done / len(embeddings)
            partial = embeddings.reshape(grid.rows, grid.columns, -1).copy() if watched else None
            yield Progress("embedding patches", fraction, watch.remaining(fraction), partial)
        return embeddings.reshape(grid.rows, grid.columns, -1)

    def embed_patches(self, patches: NDArray[np.uint8]) -> FloatArray:
        """Embed one batch: (N, patch, patch, 3) uint8 RGB to (N, 768) float32 of unit length.

        Raises:
            DeviceProblem: if the device runs out of memory.
        """
        with self._placement.computing():
            embeddings = self.network(self.normalised(patches))
            return functional.normalize(embeddings, dim=1).cpu().numpy()

    def normalised(self, patches: NDArray[np.uint8]) -> Tensor:
        """The network's input, (N, 3, patch, patch) in channels-last memory, of (N, patch, patch, 3) uint8 RGB."""
        count, side = patches.shape[:2]
        rows = torch.from_numpy(patches).to(self._placement.device).reshape(count, side, side * 3)
        # Over whole rows of pixels, three channels interleaved: five times as fast as over three separate channels.
        normalised = torch.addcmul(self._shift.repeat(side), rows.float(), self._scale.repeat(side))
        return normalised.to(self._placement.dtype).reshape(count, side, side, 3).permute(0, 3, 1, 2)

    @property
    def logit_scale(self) -> float:
        """That of CLIP ViT-B/32, as published: constant, not learned."""
        return PUBLISHED_LOGIT_SCALE

    @property
    def centre(self) -> FloatArray:
        """Not published: zeros."""
        return np.zeros(self.dimensions, np.float32)

    def embed_for_text(self, image: NDArray[np.uint8], grid: PatchGrid) -> Generator[Progress, None, FloatArray]:
        """The published model has one space for patches and texts: the same as `embed`."""
        return (yield from self.embed(image, grid))

    def embed_text(self, texts: Sequence[str]) -> FloatArray:
        """Embed EXIF texts: (len(texts), 768) float32 of unit length, comparable with patches.

        Raises:
            WeightsProblem: if the weights hold no text side or their tokenizer is missing; it says what to do.
        """
        return self._text_encoder.embed(texts)

    @cached_property
    def _text_encoder(self) -> PaperTextEncoder:
        return load_text_encoder(self.description, self._placement)


def prepared_network(visual: Mapping[str, Tensor], dtype: torch.dtype, device: torch.device) -> ResNet50:
    """A ResNet-50 made ready for inference: batch norm folded, channels last, convolutions in `dtype`.

    Folding happens in float32; only its result is rounded. The last layer stays float32.
    """
    with torch.device("meta"):
        network = ResNet50(checkpoint_keys.DIMENSIONS)
    state = {key.removeprefix(checkpoint_keys.VISUAL): _as_float32(tensor) for key, tensor in visual.items()}
    network.load_state_dict(state, assign=True)
    network.eval().requires_grad_(False)
    network.fold_batch_norm()
    network.to(device)
    for convolution in network.modules():
        if isinstance(convolution, nn.Conv2d):
            convolution.to(dtype)
            weight = convolution.weight.contiguous(memory_format=torch.channels_last)
            convolution.weight = nn.Parameter(weight, requires_grad=False)
    return network


def _as_float32(tensor: Tensor) -> Tensor:
    return tensor.float() if tensor.is_floating_point() else tensor


def patch_batches(image: NDArray[np.uint8], grid: PatchGrid, batch: int) -> Iterator[NDArray[np.uint8]]:
    """Cut an image's patches in row-major order.

    Args:
        image: (height, width, 3) uint8.
        grid: all of whose patches lie inside the image.
        batch: patches per array; the last may hold fewer.

    Yields:
        (N, patch, patch, 3) uint8, contiguous.
    """
    for number in range(-(-grid.rows * grid.columns // batch)):
        yield patch_batch(image, grid, batch, number)


def patch_batch(image: NDArray[np.uint8], grid: PatchGrid, batch: int, number: int) -> NDArray[np.uint8]:
    """One of the arrays of `patch_batches`, by its number from 0."""
    places = range(number * batch, min((number + 1) * batch, grid.rows * grid.columns))
    boxes = [grid.box(*divmod(place, grid.columns)) for place in places]
    return np.stack([image[y : y + side, x : x + side] for x, y, side, _ in boxes])


def spread_order(count: int) -> list[int]:
    """The numbers below `count`, so that each beginning is spread evenly: steps of about the golden section of them.

    A step has no factor in common with `count`, so that even and odd numbers alternate where there are as many of both:
    two batches to a row of patches would show the left half first.
    """
    wanted = count * (math.sqrt(5) - 1) / 2
    step = min((one for one in range(1, count + 1) if math.gcd(one, count) == 1), key=lambda one: abs(one - wanted))
    return [number * step % count for number in range(count)]
