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

RECEPTIVE_MARGIN = 56
"""Pixels of context on each side that a feature position sees (50, rounded up to the grid): the halo of a tile."""

_BINOMIAL = (1.0, 4.0, 6.0, 4.0, 1.0)


class Residual(nn.Module):
    """RGB to its high-pass residual: x in -1..1, minus its 5×5 binomial blur, times 10, clamped to ±4."""

    kernel: Tensor

    def __init__(self) -> None:
        super().__init__()
        row = torch.tensor(_BINOMIAL)
        kernel = torch.outer(row, row) / row.sum() ** 2
        self.register_buffer("kernel", kernel.expand(3, 1, 5, 5).clone(), persistent=False)

    def forward(self, image: Tensor) -> Tensor:
        """(N, 3, H, W) uint8 or float in 0..255 to (N, 3, H, W) float32."""
        x = image.float() / 127.5 - 1
        padded = functional.pad(x, (2, 2, 2, 2), mode="replicate")
        return ((x - functional.conv2d(padded, self.kernel, groups=3)) * 10).clamp(-4, 4)


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
    """Image to features at one eighth of its size, and windows of them to embeddings.

    Attributes:
        width: channels of the first stage; the stages have width, 2·width and 4·width.
        dimensions: length of an embedding.
    """

    def __init__(self, width: int = 40, dimensions: int = 128, hidden: int = 256) -> None:
        super().__init__()
        self.width, self.dimensions = width, dimensions
        self.residual = Residual()
        self.stem = nn.Sequential(
            nn.Conv2d(12, width, 3, 1, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU(inplace=True)
        )
        self.blocks = nn.Sequential(
            ResidualBlock(width, width),
            ResidualBlock(width, 2 * width, 2),
            ResidualBlock(2 * width, 2 * width),
            ResidualBlock(2 * width, 4 * width, 2),
            ResidualBlock(4 * width, 4 * width),
        )
        self.head = nn.Sequential(nn.Linear(8 * width, hidden), nn.ReLU(inplace=True), nn.Linear(hidden, dimensions))

    def features(self, image: Tensor, dtype: torch.dtype = torch.float32) -> Tensor:
        """(N, 3, H, W) with H and W multiples of 8 to (N, 4·width, H/8, W/8), convolutions in `dtype`."""
        x = functional.pixel_unshuffle(self.residual(image), 2)
        features: Tensor = self.blocks(self.stem(x.contiguous(memory_format=torch.channels_last).to(dtype)))
        return features

    def project(self, mean: Tensor, deviation: Tensor) -> Tensor:
        """Pooled statistics (..., 4·width) each to embeddings (..., dimensions) of unit length."""
        return functional.normalize(self.head(torch.cat((mean, deviation), -1)), dim=-1)

    def embed_windows(self, features: Tensor, window: int) -> Tensor:
        """Embeddings of the non-overlapping windows of `window` feature positions.

        Args:
            features: (N, C, h, w), h and w multiples of `window`.
            window: side of a window in feature positions.

        Returns:
            (N, h/window · w/window, dimensions) float32.
        """
        n, c, h, w = features.shape
        cells = features.float().reshape(n, c, h // window, window, w // window, window)
        cells = cells.permute(0, 2, 4, 1, 3, 5).reshape(n, -1, c, window * window)
        mean = cells.mean(-1)
        deviation = (cells.var(-1, unbiased=False) + 1e-5).sqrt()
        return self.project(mean, deviation)

    def fold_batch_norm(self) -> None:
        """Merge every batch norm into the convolution before it: the same function in evaluation, in fewer passes."""
        self.stem = nn.Sequential(_merged(self.stem[0], self.stem[1]), nn.Identity(), self.stem[2])
        for block in self.blocks:
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
