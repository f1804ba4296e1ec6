"""The compact network's pass over a picture: from top to bottom in bands of rows, every pixel once.

Each layer hands the last rows of a band on to the next band, whose first outputs need them. So hardly anything is
computed twice, no seam can show, and what lies in memory at a time is one band, whatever the picture's height.

The function is that of `CompactNetwork.moments` in evaluation; three things are written differently. The residual is
computed in whole numbers: binomial sums of bytes are exact in 16 bits. The stem reads two rows of pairs of pixels, six
channels, at a stride of two rows, instead of pixels that were rearranged into twelve channels. And a CPU's library
takes ReLU and the sum with the short cut into the convolution before them, where torch offers that. On processors that
gain by it, the convolutions at a stride of 1 are computed in tiles instead (`winograd`), which turns channels first.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from workstation.analysis.model import winograd
from workstation.analysis.model.compact_network import GAIN, CompactNetwork, ResidualBlock

_STRIP = 16
"""Rows of pixels whose residual is computed at a time: what a core's own cache holds."""

_CENTRE = 128
"""Taken from the pixels, so that 256 times a pixel and the binomial sums fit into 16 bits."""

_LIMIT = round(4 * 256 / GAIN)
"""Where the residual is clamped, in 256ths of a grey level: 13056, a whole number."""

_CONTEXT = 2
"""Rows that are handed on to the next band: what a 3×3 convolution needs of them."""


@dataclass(frozen=True, slots=True, eq=False)
class Convolution:
    """A convolution with its bias, ready to run.

    Attributes:
        weight: (out, in, height, width), channels last, or contiguous where `in_tiles`.
        bias: (out,).
        stride: down and across.
        padding: zeros beyond the picture's edges, above and below, left and right.
        relu: whether negative results become zero, after the sum with a short cut.
        in_tiles: whether it is computed by `winograd`.
        into_planes: whether it is a 1×1 convolution that is to write channels first.
    """

    weight: Tensor
    bias: Tensor
    stride: tuple[int, int]
    padding: tuple[int, int]
    relu: bool
    in_tiles: bool
    into_planes: bool

    def __call__(self, x: Tensor, plus: Tensor | None = None) -> Tensor:
        """Convolve, with padding at the sides alone.

        Args:
            x: (1, in, rows, columns), as `laid_out` for speed.
            plus: (1, out, rows', columns'); is added to the result, and the result is written there.

        Returns:
            (1, out, rows', columns').
        """
        if self.into_planes:
            return self._finished(self._product(x), plus)
        if self.in_tiles:
            return self._finished(winograd.convolution(x, self.weight, self.bias, (0, self.padding[1])), plus)
        if _fuses(x.device):
            return self._fused(x, plus)
        return self._finished(functional.conv2d(x, self.weight, self.bias, self.stride, (0, self.padding[1])), plus)

    def laid_out(self, x: Tensor) -> Tensor:
        """The same numbers in the order in memory that this convolution reads and writes."""
        if not self.in_tiles:
            return x
        if not x.is_contiguous() and x.is_contiguous(memory_format=torch.channels_last):
            _, channels, rows, columns = x.shape  # as a transposed table, for which torch has a fast way
            return x.permute(0, 2, 3, 1).reshape(-1, channels).t().contiguous().view(1, channels, rows, columns)
        return x.contiguous()

    def _product(self, x: Tensor) -> Tensor:
        """A 1×1 convolution as a product of matrices, whose result has channels first whatever came in."""
        _, channels, rows, columns = x.shape
        last = x.is_contiguous(memory_format=torch.channels_last)
        table = x.permute(0, 2, 3, 1).reshape(-1, channels).t() if last else x.reshape(channels, -1)
        return torch.addmm(self.bias[:, None], self.weight.flatten(1), table).view(1, -1, rows, columns)

    def _finished(self, y: Tensor, plus: Tensor | None) -> Tensor:
        if plus is not None:
            y = plus.add_(y)
        return y.relu_() if self.relu else y

    def _fused(self, x: Tensor, other: Tensor | None) -> Tensor:
        library: Any = torch.ops.mkldnn
        places = [0, self.padding[1]], list(self.stride), [1, 1], 1
        after = "relu" if self.relu else None
        if other is None:
            y: Tensor = library._convolution_pointwise(x, self.weight, self.bias, *places, after or "none", [], "")
        else:
            y = library._convolution_pointwise_.binary(
                other, x, self.weight, self.bias, *places, "add", 1.0, after, [], ""
            )
        return y


def _fuses(device: torch.device) -> bool:
    """Whether torch offers convolutions that take in what follows them: on CPUs with oneDNN, for its own compiler."""
    if device.type != "cpu" or not torch.backends.mkldnn.is_available():  # type: ignore[no-untyped-call]
        return False
    return all(hasattr(torch.ops.mkldnn, name) for name in ("_convolution_pointwise", "_convolution_pointwise_"))


@dataclass(frozen=True, slots=True, eq=False)
class _Rows:
    """Some rows of what a layer reads, numbered from the picture's top; those beyond the picture are zeros.

    Attributes:
        data: (1, channels, rows, columns); the first `_CONTEXT` rows are the last ones of the band before.
        start: number of the first row, -`_CONTEXT` in the first band.
    """

    data: Tensor
    start: int

    @property
    def stop(self) -> int:
        """Number of the first row that is not there."""
        return self.start + self.data.shape[2]

    def between(self, start: int, stop: int) -> Tensor:
        """Rows by their numbers."""
        return self.data[:, :, start - self.start : stop - self.start]


class _Feed:
    """What one layer writes for the next, band after band."""

    def __init__(self) -> None:
        self._written = 0
        self._handed_on: Tensor | None = None

    def write(self, pieces: list[Tensor], *, last: bool) -> _Rows:
        """Put pieces of (1, channels, rows, columns) below what was written before; zeros below the last band."""
        count = sum(piece.shape[2] for piece in pieces)
        before = _zeros(_CONTEXT, pieces[0]) if self._handed_on is None else self._handed_on
        after = [_zeros(1, pieces[0])] if last else []
        data = torch.cat([before, *pieces, *after], 2)
        start = self._written - _CONTEXT
        self._written += count
        self._handed_on = data[:, :, count : count + _CONTEXT]
        return _Rows(data, start)


def _zeros(rows: int, like: Tensor) -> Tensor:
    """(1, channels, rows, columns), in the same order in memory."""
    zeros = like.new_zeros(1, like.shape[1], rows, like.shape[3])
    last = like.is_contiguous(memory_format=torch.channels_last)
    return zeros.contiguous(memory_format=torch.channels_last if last else torch.contiguous_format)


class _Layer:
    """A convolution that is fed with bands of rows."""

    def __init__(self, convolution: Convolution) -> None:
        self.convolution = convolution
        self.done = 0

    def ready(self, rows: _Rows) -> Tensor:
        """The rows that those outputs are computed from that can be computed now."""
        layer = self.convolution
        height, stride, start = layer.weight.shape[2], layer.stride[0], self.done * layer.stride[0] - layer.padding[0]
        count = (rows.stop - start - height) // stride + 1
        self.done += count
        return rows.between(start, start + (count - 1) * stride + height)


class _Block:
    """A residual block that is fed with bands of rows."""

    def __init__(self, first: Convolution, second: Convolution, shortcut: Convolution | None) -> None:
        self._first, self._second, self._shortcut = _Layer(first), _Layer(second), shortcut
        self._middle, self._out = _Feed(), _Feed()
        self._paired = 0
        self._waiting: list[Tensor] = []

    def push(self, rows: _Rows, *, last: bool) -> _Rows:
        """The rows that can be computed now."""
        convolution = self._second.convolution
        made = self._first.convolution(self._first.ready(rows))
        middle = self._middle.write([convolution.laid_out(made)], last=last)
        start = self._second.done
        at_hand = self._second.ready(middle)
        count = self._second.done - start
        beside = [rows.between(start, start + count)] if self._shortcut is None else self._projected(rows, count)
        out = self._out.write(beside, last=last)
        convolution(at_hand, out.data[:, :, _CONTEXT : _CONTEXT + count])
        return out

    def _projected(self, rows: _Rows, count: int) -> list[Tensor]:
        """The next `count` rows of the short cut: means of 2×2 positions, projected."""
        assert self._shortcut is not None
        pairs = rows.stop // 2
        pooled = _halved(rows.between(2 * self._paired, 2 * pairs))
        self._paired = pairs
        made = self._second.convolution.laid_out(self._shortcut(pooled))
        used = count - sum(piece.shape[2] for piece in self._waiting)
        taken, self._waiting = [*self._waiting, made[:, :, :used]], [made[:, :, used:].clone()]
        return taken


def _halved(x: Tensor) -> Tensor:
    """Means of 2×2 positions."""
    if x.is_contiguous(memory_format=torch.channels_last):
        return functional.avg_pool2d(x, 2)
    below = x[:, :, ::2] + x[:, :, 1::2]  # where channels come first, torch's own function takes eight times as long
    return (below[..., ::2] + below[..., 1::2]).mul_(0.25)


class _Blocks:
    """First and second moments over square blocks of features, from rows that arrive from top to bottom."""

    def __init__(self, side: int) -> None:
        self._side = side
        self._rows = 0
        self._total = self._squares = torch.empty(0)
        self._empty = torch.empty(0)
        self._means: list[Tensor] = []

    def add(self, rows: Tensor) -> None:
        """Take (1, channels, rows, columns)."""
        channels, columns = rows.shape[1], rows.shape[3] // self._side
        self._empty = torch.empty(0, 2, columns, channels, device=rows.device)
        channels_last = rows.is_contiguous(memory_format=torch.channels_last)
        for row in rows[0].permute(1, 2, 0) if channels_last else rows[0].permute(1, 0, 2):
            values = row.float()
            if self._rows == 0:
                self._total, self._squares = values.clone(), values.square()
            else:
                self._total += values
                self._squares.addcmul_(values, values)
            self._rows += 1
            if self._rows == self._side:
                both = (s if channels_last else s.t().contiguous() for s in (self._total, self._squares))
                self._means.append(torch.stack([self._mean(sums) for sums in both]))
                self._rows = 0

    def _mean(self, sums: Tensor) -> Tensor:
        return sums.reshape(-1, self._side, sums.shape[1]).sum(1).div_(self._side**2)

    def __len__(self) -> int:
        """Rows of blocks that are complete."""
        return len(self._means)

    def take(self, count: int) -> Tensor:
        """Means of the features, and of their squares: (count, 2, columns, channels) float32."""
        taken = torch.stack(self._means[:count]) if count else self._empty
        del self._means[:count]
        return taken


class _Residuals:
    """The residual of a picture, laid out for the stem.

    The blur is four sums of neighbours each way: (1, 1) four times over is (1, 4, 6, 4, 1). A strip is one line of
    numbers, in which neighbours lie three apart and pixels below one another a row's length; what is summed across the
    end of a row belongs to the margin, which is cut off.
    """

    def __init__(
        self, image: NDArray[np.uint8], size: tuple[int, int], dtype: torch.dtype, device: torch.device
    ) -> None:
        self._image, self._size, self._dtype, self._device = image, size, dtype, device
        self._across = 3 * (size[1] + 4)
        self._sums = torch.empty(2, (_STRIP + 4) * self._across, dtype=torch.int16, device=device)
        self._floats = torch.empty(2, _STRIP * self._across, device=device)

    def rows(self, top: int, bottom: int) -> Tensor:
        """Of these rows of pixels, channels of two neighbours together: (rows, columns / 2, 6); zeros beyond."""
        out = torch.empty(bottom - top, 3 * self._size[1], dtype=self._dtype, device=self._device)
        first, last = max(0, top), min(self._size[0], bottom)
        out[: first - top] = 0
        out[last - top :] = 0
        for start in range(first, last, _STRIP):
            stop = min(last, start + _STRIP)
            out[start - top : stop - top] = self._strip(start, stop)[:, : out.shape[1]]
        return out.view(bottom - top, -1, 6)

    def _strip(self, top: int, bottom: int) -> Tensor:
        """(rows, 3·columns and a margin) float32, which the next call overwrites."""
        pixels = torch.from_numpy(self._framed(top - 2, bottom + 2)).to(self._device).flatten()
        length = (bottom - top) * self._across - 12
        kept, blurred = (floats[:length] for floats in self._floats)
        sums, other = self._sums
        sums[: len(pixels)].copy_(pixels).sub_(_CENTRE)
        kept.copy_(sums[2 * self._across + 6 :][:length]).mul_(256)
        valid = len(pixels)
        for step in (3, 3, 3, 3, *(self._across,) * 4):
            valid -= step
            torch.add(sums[:valid], sums[step : step + valid], out=other[:valid])
            sums, other = other, sums
        kept.sub_(blurred.copy_(sums[:length])).clamp_(-_LIMIT, _LIMIT).mul_(GAIN / 256)
        return self._floats[0, : (bottom - top) * self._across].view(-1, self._across)

    def _framed(self, top: int, bottom: int) -> NDArray[np.uint8]:
        """Rows of the picture with two pixels more on either side, the outermost ones repeated beyond its end."""
        (height, width), (rows, columns) = self._image.shape[:2], self._size
        out = np.empty((bottom - top, columns + 4, 3), np.uint8)
        if top >= 0 and bottom <= height:
            out[:, 2 : width + 2] = self._image[top:bottom]
        else:
            numbers = np.clip(np.arange(top, bottom), 0, rows - 1)
            out[:, 2 : width + 2] = self._image[np.where(numbers < height, numbers, 2 * height - 1 - numbers)]
        out[:, width + 2 : columns + 2] = out[:, width + 1 : 2 * width + 1 - columns : -1]
        out[:, :2], out[:, -2:] = out[:, 2:3], out[:, -3:-2]
        return out


class CompactPass:
    """A `CompactNetwork` whose batch norms are folded, prepared for passes over pictures.

    Attributes:
        dtype: of the convolutions' arithmetic.
        device: where they run.
        in_tiles: whether those of 3×3 at a stride of 1 are computed by `winograd`, on the calling thread.
    """

    def __init__(self, network: CompactNetwork, dtype: torch.dtype, device: torch.device) -> None:
        self.dtype, self.device = dtype, device
        self.in_tiles = device.type == "cpu" and dtype == torch.float32 and winograd.available()
        stem = network.stem[0]
        assert isinstance(stem, nn.Conv2d)
        self._stem = self._convolution(_on_pairs(stem.weight), stem.bias, (2, 1), (2, 1), relu=True)
        first, *others = network.fine
        planes = self.in_tiles  # what such convolutions write, later ones read as it is
        self._fine = [self._layers(first), *(self._layers(block, planes=planes) for block in others)]
        self._coarse = [self._layers(block, planes=planes) for block in network.coarse]

    def moments(self, image: NDArray[np.uint8], size: tuple[int, int], block: int, band: int) -> Iterator[Tensor]:
        """First and second moments of the features over blocks, from top to bottom, as `CompactNetwork.moments`.

        Args:
            image: (height, width, 3).
            size: rows and columns, multiples of 8 · `block`, up to which the image is continued by mirrored pixels.
            block: side of a block in feature positions.
            band: rows of pixels that are looked at together, a multiple of 8 and at least 64.

        Yields:
            (rows, columns, 2·channels) float32 for each band; the number of rows varies and may be 0.
        """
        residuals = _Residuals(image, size, self.dtype, self.device)
        fine, coarse = ([_Block(*layers) for layers in stage] for stage in (self._fine, self._coarse))
        pools = _Blocks(block), _Blocks(2 * block)
        for top in range(0, size[0], band):
            bottom = min(size[0], top + band)
            last = bottom == size[0]
            rows = self._stem_rows(residuals, top // 2, bottom // 2)
            for stage, pool in ((fine, pools[1]), (coarse, pools[0])):
                for layers in stage:
                    rows = layers.push(rows, last=last)
                pool.add(rows.between(rows.start + _CONTEXT, rows.stop - last))
            count = min(map(len, pools))
            taken = [pool.take(count) for pool in pools]
            yield torch.cat([moments[:, order] for order in (0, 1) for moments in taken], 2)

    def _stem_rows(self, residuals: _Residuals, start: int, stop: int) -> _Rows:
        """These rows of the stem's output and those before them, computed again: cheaper than to hand them on."""
        first = start - _CONTEXT
        rows = self._stem(residuals.rows(2 * first - 2, 2 * stop + 2)[None].permute(0, 3, 1, 2))
        rows[:, :, : max(0, -first)] = 0
        return _Rows(rows, first)

    def _layers(self, block: nn.Module, *, planes: bool = False) -> tuple[Convolution, Convolution, Convolution | None]:
        """Both convolutions of a block and its short cut's; `planes`: they read channels first, not last."""
        assert isinstance(block, ResidualBlock)
        first, second, shortcut = block.conv1, block.conv2, None
        assert isinstance(first, nn.Conv2d)
        assert isinstance(second, nn.Conv2d)
        if isinstance(block.shortcut, nn.Sequential):
            pool, projection, _ = block.shortcut
            assert isinstance(pool, nn.AvgPool2d)
            assert isinstance(projection, nn.Conv2d)
            shortcut = self._convolution(projection.weight, projection.bias, (1, 1), (0, 0), relu=False, planes=planes)
        strides = first.stride[0], first.stride[1]
        return (
            self._convolution(first.weight, first.bias, strides, (1, 1), relu=True, planes=planes),
            self._convolution(second.weight, second.bias, (1, 1), (1, 1), relu=True, planes=planes),
            shortcut,
        )

    def _convolution(
        self,
        weight: Tensor,
        bias: Tensor | None,
        stride: tuple[int, int],
        padding: tuple[int, int],
        *,
        relu: bool,
        planes: bool = False,
    ) -> Convolution:
        assert bias is not None
        fewer = self.in_tiles and weight.shape[2:] == (3, 3) and stride == (1, 1)
        order = torch.contiguous_format if fewer or planes else torch.channels_last
        ready = weight.to(self.device, self.dtype).contiguous(memory_format=order)
        single = self.in_tiles and weight.shape[2:] == (1, 1)
        return Convolution(ready, bias.to(self.device, self.dtype), stride, padding, relu, fewer, single)


def _on_pairs(weight: Tensor) -> Tensor:
    """The stem's weights for rows of pairs of pixels.

    Args:
        weight: (out, 12, 3, 3) for 2×2 pixels as channels, numbered channel, row, column.

    Returns:
        (out, 6, 6, 3): channels of the left and of the right pixel, twice as many rows.
    """
    out, _, height, width = weight.shape
    apart = weight.reshape(out, 3, 2, 2, height, width)  # channel, row, column
    return apart.permute(0, 3, 1, 4, 2, 5).reshape(out, 6, 2 * height, width)
