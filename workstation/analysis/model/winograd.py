"""3×3 convolutions of float32 by minimal filtering: fewer multiplications than they have by definition.

A tile of 6×6 results is computed from 8×8 products per pair of channels, where the definition takes 324 (Winograd 1980;
Lavin & Gray 2016, "Fast algorithms for convolutional neural networks"). The library is NNPACK, which torch brings along
on Linux and macOS. Processors with AVX-512 multiply so much faster that the definition is as good there.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from workstation.analysis.model.device import on_one_thread

TILE = 6
"""Side of the tile of results that is computed at a time."""

_WORST = 1e-4
"""Largest error, against typical results of 1, of a library that is taken for sound."""


@cache
def available() -> bool:
    """Whether this processor gains by it and the library, asked once, gives the right results."""
    library: Any = torch  # neither function is one of its public ones
    there = all(hasattr(library, name) for name in ("_nnpack_available", "_nnpack_spatial_convolution"))
    if torch.backends.cpu.get_cpu_capability() != "AVX2" or not there or not library._nnpack_available():
        return False
    generator = torch.Generator().manual_seed(0)
    picture, weight, bias = (torch.randn(shape, generator=generator) for shape in ((1, 8, 20, 30), (8, 8, 3, 3), (8,)))
    with torch.inference_mode(), on_one_thread():
        if torch.get_num_threads() != 1:
            return False
        # the library's own threads are made by its first call, as many as the caller has: none
        found = convolution(picture, weight / 8, bias, (0, 1))
        expected = functional.conv2d(picture, weight / 8, bias, padding=(0, 1))
    return bool((found - expected).abs().max() < _WORST)


def convolution(x: Tensor, weight: Tensor, bias: Tensor, padding: tuple[int, int]) -> Tensor:
    """Convolve at a stride of 1, on the calling thread.

    Args:
        x: (1, in, rows, columns) float32, contiguous for speed.
        weight: (out, in, 3, 3) float32, contiguous.
        bias: (out,) float32.
        padding: zeros above and below, left and right.

    Returns:
        (1, out, rows', columns') float32, contiguous.
    """
    library: Any = torch
    result: Tensor = library._nnpack_spatial_convolution(x, weight, bias, padding, 1)
    return result
