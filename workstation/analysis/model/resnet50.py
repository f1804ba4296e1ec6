"""ResNet-50 (He et al. 2016) in torchvision's v1.5 layout: the stride is on the 3×3 convolution.

The names of modules are torchvision's, so that the published checkpoint's `visual.*` tensors fit as they are.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.fusion import fuse_conv_bn_eval

EXPANSION = 4
"""Output channels of a bottleneck over its inner ones."""

STAGES = ((64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2))
"""Inner channels, number of blocks and first stride of the four stages."""


class Bottleneck(nn.Module):
    """1×1, 3×3 and 1×1 convolution around a short cut, each with batch norm."""

    def __init__(self, channels_in: int, channels: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels_in, channels, 1, bias=False)
        self.bn1: nn.Module = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, stride, 1, bias=False)
        self.bn2: nn.Module = nn.BatchNorm2d(channels)
        self.conv3 = nn.Conv2d(channels, channels * EXPANSION, 1, bias=False)
        self.bn3: nn.Module = nn.BatchNorm2d(channels * EXPANSION)
        self.downsample: nn.Sequential | None = None
        if stride != 1 or channels_in != channels * EXPANSION:
            self.downsample = nn.Sequential(
                nn.Conv2d(channels_in, channels * EXPANSION, 1, stride, bias=False),
                nn.BatchNorm2d(channels * EXPANSION),
            )

    def forward(self, x: Tensor) -> Tensor:
        """(N, channels_in, h, w) to (N, 4·channels, h / stride, w / stride)."""
        y = functional.relu(self.bn1(self.conv1(x)), inplace=True)
        y = functional.relu(self.bn2(self.conv2(y)), inplace=True)
        y = self.bn3(self.conv3(y))
        shortcut = x if self.downsample is None else self.downsample(x)
        return functional.relu(y.add_(shortcut) if not self.training else y + shortcut, inplace=True)


class ResNet50(nn.Module):
    """Normalised patches to embeddings, not yet of unit length.

    Attributes:
        fc: last layer, 2048 to `dimensions`.
    """

    def __init__(self, dimensions: int = 768) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, 2, 3, bias=False)
        self.bn1: nn.Module = nn.BatchNorm2d(64)
        channels_in = 64
        for number, (channels, blocks, stride) in enumerate(STAGES, start=1):
            stage = nn.Sequential()
            for block in range(blocks):
                stage.append(Bottleneck(channels_in, channels, stride if block == 0 else 1))
                channels_in = channels * EXPANSION
            self.add_module(f"layer{number}", stage)
        self.fc = nn.Linear(channels_in, dimensions)

    def forward(self, x: Tensor) -> Tensor:
        """(N, 3, patch, patch) normalised to (N, dimensions); the last layer is computed in its own dtype."""
        x = functional.relu(self.bn1(self.conv1(x)), inplace=True)
        x = functional.max_pool2d(x, 3, 2, 1)
        for number in range(1, len(STAGES) + 1):
            x = self.get_submodule(f"layer{number}")(x)
        pooled = x.to(self.fc.weight.dtype).mean((2, 3))
        return self.fc(pooled)  # type: ignore[no-any-return]

    @torch.no_grad()
    def fold_batch_norm(self) -> None:
        """Merge every batch norm into the convolution before it: the same function in evaluation, in fewer passes."""
        self.conv1, self.bn1 = _merged(self.conv1, self.bn1), nn.Identity()
        for block in self.modules():
            if not isinstance(block, Bottleneck):
                continue
            block.conv1, block.bn1 = _merged(block.conv1, block.bn1), nn.Identity()
            block.conv2, block.bn2 = _merged(block.conv2, block.bn2), nn.Identity()
            block.conv3, block.bn3 = _merged(block.conv3, block.bn3), nn.Identity()
            if block.downsample is not None:
                convolution, norm = block.downsample
                block.downsample = nn.Sequential(_merged(convolution, norm), nn.Identity())


def _merged(convolution: nn.Module, norm: nn.Module) -> nn.Conv2d:
    assert isinstance(convolution, nn.Conv2d)
    assert isinstance(norm, nn.BatchNorm2d)
    return fuse_conv_bn_eval(convolution, norm)
