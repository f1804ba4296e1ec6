"""The compact encoder: a small convolutional network that reads a whole image once and pools patches from it.

Input is the image's high-pass residual, not its colours: camera traces live in the noise, content mostly does not.
The network is fully convolutional; a patch's embedding is the mean and standard deviation of the features inside
its window (second-order statistics, as in Cozzolino & Verdoliva's Splicebuster), projected to the unit sphere. So
overlapping patches cost almost nothing beyond one pass over the image, and the cost grows linearly with its area.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.fusion import fuse_conv_bn_eval

FEATURE_STRIDE = 8
"""Pixels between neighbouring feature positions; also the side of a JPEG block, so block phase is kept."""

RECEPTIVE_MARGIN = 48
"""Pixels of context on each side that a feature position sees (47, rounded up to the grid)."""

GAIN = 10 / 127.5
"""What turns a difference of grey levels into a residual."""

_STRIP = 32
"""Rows that are worked on at a time outside the convolutions: what a core's cache holds takes half the time."""


def residual(image: Tensor) -> Tensor:
    """High-pass residual: x in -1..1, minus its 5×5 binomial blur, times 10, clamped to ±4.

    Written as shifted sums: a depthwise convolution of three channels takes five times as long on a CPU.

    Args:
        image: (N, 3, H, W) uint8 or float in 0..255.

    Returns:
        (N, 3, H, W) float32.
    """
    return _inner_residual(functional.pad(image.float(), (2, 2, 2, 2), mode="replicate"))


def _inner_residual(x: Tensor) -> Tensor:
    """The residual of (N, 3, H, W) float32 without the two outermost rows and columns on each side."""
    blurred = _binomial(_binomial(x, -1), -2)
    return (x[..., 2:-2, 2:-2] * GAIN).sub_(blurred, alpha=GAIN / 256).clamp_(-4, 4)


def unshuffled_residual(image: Tensor, dtype: torch.dtype) -> Tensor:
    """`residual`, each 2×2 block of pixels as channels: (N, 12, H/2, W/2) of `dtype`, channels last."""
    n, channels, height, width = image.shape
    shape = (n, 4 * channels, height // 2, width // 2)
    out = torch.empty(shape, dtype=dtype, device=image.device, memory_format=torch.channels_last)
    for top in range(0, height, _STRIP):
        bottom = min(height, top + _STRIP)
        first, last = max(0, top - 2), min(height, bottom + 2)
        margins = (2, 2, 2 - (top - first), 2 - (last - bottom))
        strip = functional.pad(image[:, :, first:last].float(), margins, mode="replicate")
        out[:, :, top // 2 : bottom // 2] = functional.pixel_unshuffle(_inner_residual(strip), 2)
    return out


def _binomial(x: Tensor, dimension: int) -> Tensor:
    """Sum over five neighbours along `dimension` with weights 1, 4, 6, 4, 1; four shorter than `x`."""
    length = x.shape[dimension] - 4
    shifted = [x.narrow(dimension, start, length) for start in range(5)]
    total = shifted[2] * 6
    return total.add_(shifted[1], alpha=4).add_(shifted[3], alpha=4).add_(shifted[0]).add_(shifted[4])


class ResidualBlock(nn.Module):
    """Two 3×3 convolutions with batch norm and a short cut (He et al. 2016)."""

    def __init__(self, channels_in: int, channels: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1: nn.Module = nn.Conv2d(channels_in, channels, 3, stride, 1, bias=False)
        self.norm1: nn.Module = nn.BatchNorm2d(channels)
        self.conv2: nn.Module = nn.Conv2d(channels, channels, 3, 1, 1, bias=False)
        self.norm2: nn.Module = nn.BatchNorm2d(channels)
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or channels != channels_in:
            self.shortcut = nn.Sequential(
                nn.AvgPool2d(stride) if stride != 1 else nn.Identity(),
                nn.Conv2d(channels_in, channels, 1, bias=False),
                nn.BatchNorm2d(channels),
            )

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) to (N, C', H / stride, W / stride)."""
        y = functional.relu(self.norm1(self.conv1(x)), inplace=True)
        return functional.relu(self.norm2(self.conv2(y)) + self.shortcut(x), inplace=True)


class CompactNetwork(nn.Module):
    """Image to local moments of its features at one eighth of its size, and windows of them to embeddings.

    Attributes:
        width: channels of the stem; the stages have 2·width and 4·width.
        dimensions: length of an embedding.
        channels: features per position: those of the second stage, and those of the first pooled to its positions.
        whitening: (dimensions, dimensions); how embeddings are turned and stretched before they are compared, so
            that directions in which untouched photographs vary within themselves count less (within-class covariance
            normalisation, Hatch et al. 2006). The identity while training; see `workstation.training.whitening`.
    """

    whitening: Tensor

    def __init__(self, width: int = 32, dimensions: int = 128, hidden: int = 256) -> None:
        super().__init__()
        self.width, self.dimensions, self.channels = width, dimensions, 6 * width
        self.stem = nn.Sequential(
            nn.Conv2d(12, width, 3, 1, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU(inplace=True)
        )
        self.fine = nn.Sequential(ResidualBlock(width, 2 * width, 2), ResidualBlock(2 * width, 2 * width))
        self.coarse = nn.Sequential(ResidualBlock(2 * width, 4 * width, 2), ResidualBlock(4 * width, 4 * width))
        self.head = nn.Sequential(
            nn.Linear(2 * self.channels, hidden), nn.ReLU(inplace=True), nn.Linear(hidden, dimensions)
        )
        self.register_buffer("whitening", torch.eye(dimensions), persistent=False)

    def moments(self, image: Tensor, block: int = 1, dtype: torch.dtype = torch.float32) -> Tensor:
        """First and second moments of the features over blocks.

        Args:
            image: (N, 3, H, W), uint8 or float in 0..255, H and W multiples of 8 · `block`.
            block: side of a block in feature positions.
            dtype: of the convolutions.

        Returns:
            (N, 2·channels, h, w) float32 with h = H / 8 / block, w likewise: the means of `channels` features, then
            the means of their squares.
        """
        fine = self.fine(self.stem(unshuffled_residual(image, dtype)))
        coarse = self.coarse(fine)
        rows = block * max(1, _STRIP // 2 // block)
        strips = []
        for top in range(0, coarse.shape[2], rows):
            a = coarse[:, :, top : top + rows].float()
            b = fine[:, :, 2 * top : 2 * (top + rows)].float()
            pooled = [functional.avg_pool2d(x, side) for x, side in ((a, block), (b, 2 * block))]
            pooled += [functional.avg_pool2d(x.square(), side) for x, side in ((a, block), (b, 2 * block))]
            strips.append(torch.cat(pooled, 1))
        return torch.cat(strips, 2)

    def project(self, moments: Tensor) -> Tensor:
        """Moments over windows, (..., 2·channels), to embeddings (..., dimensions) of unit length."""
        mean, square = moments.chunk(2, -1)
        deviation = ((square - mean.square()).clamp(min=0) + 1e-5).sqrt()
        embedding = functional.normalize(self.head(torch.cat((mean, deviation), -1)), dim=-1)
        return functional.normalize(embedding @ self.whitening, dim=-1)

    def fold_batch_norm(self) -> None:
        """Merge every batch norm into the convolution before it: the same function in evaluation, in fewer passes."""
        self.stem = nn.Sequential(_merged(self.stem[0], self.stem[1]), nn.Identity(), self.stem[2])
        for block in (*self.fine, *self.coarse):
            assert isinstance(block, ResidualBlock)
            block.conv1, block.norm1 = _merged(block.conv1, block.norm1), nn.Identity()
            block.conv2, block.norm2 = _merged(block.conv2, block.norm2), nn.Identity()
            if isinstance(block.shortcut, nn.Sequential):
                pool, convolution, norm = block.shortcut
                block.shortcut = nn.Sequential(pool, _merged(convolution, norm), nn.Identity())


def _merged(convolution: nn.Module, norm: nn.Module) -> nn.Conv2d:
    assert isinstance(convolution, nn.Conv2d)
    assert isinstance(norm, nn.BatchNorm2d)
    return fuse_conv_bn_eval(convolution, norm)
