"""A picture at halved sizes, built a little at a time, so that a picture of any size is on the screen at once.

Level 0 is the decoded image itself (a view, never a copy); level n is level n - 1 with each 2×2 block averaged. All
levels above 0 together hold a third of the image's bytes. What is not built yet is read from a finer level by leaving
pixels out.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Iterable
from weakref import WeakValueDictionary

import numpy as np

from workstation.analysis.colours import ByteArray
from workstation.evidence.display import oriented
from workstation.evidence.record import Pixels

SMALLEST_SIDE = 512
"""Levels end where the longer side is below this many pixels."""

STRIP_PIXELS = 400_000
"""Pixels of the finer level that one step reads: about 2 ms of work."""


class Pyramid:
    """The levels of one picture in its display orientation.

    Attributes:
        levels: (height, width, 3) uint8 arrays; level n has sides ceil(side / 2**n). Only finished ones are listed.
        last_level: number of the coarsest level once all is built.
    """

    @classmethod
    def of(cls, pixels: Pixels) -> Pyramid:
        """The pyramid of a decoded image; two views of one image share it."""
        known = _KNOWN.get(id(pixels.rgb))
        if known is not None and known.stored is pixels.rgb and known.orientation == pixels.orientation:
            return known
        made = cls(pixels.rgb, pixels.orientation)
        _KNOWN[id(pixels.rgb)] = made
        return made

    def __init__(self, stored: ByteArray, orientation: int) -> None:
        self.stored = stored
        self.orientation = orientation
        self.levels: list[ByteArray] = [oriented(stored, orientation)]
        self.last_level = 0
        while max(self.size(self.last_level)) > SMALLEST_SIDE:
            self.last_level += 1
        # It holds the levels, not the pyramid: one that is left half-built leaves memory with its last user.
        self._building = _build(self.levels, [self.size(level) for level in range(1, self.last_level + 1)])

    @property
    def complete(self) -> bool:
        """Whether every level is there."""
        return len(self.levels) > self.last_level

    def size(self, level: int) -> tuple[int, int]:
        """(height, width) of a level."""
        height, width = self.levels[0].shape[:2]
        return -(-height >> level), -(-width >> level)

    def work(self, seconds: float) -> bool:
        """Build for about this long.

        Returns:
            Whether another level was finished.
        """
        levels, end = len(self.levels), time.perf_counter() + seconds
        while not self.complete and time.perf_counter() < end:
            next(self._building, None)
        return len(self.levels) > levels

    def level_for(self, zoom: float) -> int:
        """The coarsest level with at least one pixel per device pixel, at `zoom` device pixels per image pixel."""
        level = 0
        while level < self.last_level and zoom * 2 ** (level + 1) <= 1.0:
            level += 1
        return level

    def crop(self, level: int, top: int, bottom: int, left: int, right: int) -> ByteArray:
        """Part of a level, (bottom - top, right - left, 3) uint8; thinned from a finer one while that is not built."""
        if level < len(self.levels):
            return self.levels[level][top:bottom, left:right]
        source = self.levels[-1]
        step = 1 << (level - len(self.levels) + 1)
        middle = step // 2
        height, width = source.shape[:2]
        rows = np.minimum(np.arange(top, bottom) * step + middle, height - 1)
        columns = np.minimum(np.arange(left, right) * step + middle, width - 1)
        thinned: ByteArray = source[rows[:, None], columns[None, :]]
        return thinned


def _build(levels: list[ByteArray], sizes: Iterable[tuple[int, int]]) -> Generator[None, None, None]:
    for size in sizes:
        finer = levels[-1]
        coarser = np.empty((*size, 3), np.uint8)
        rows = max(1, STRIP_PIXELS // finer.shape[1] // 2)
        for top in range(0, coarser.shape[0], rows):
            coarser[top : top + rows] = _halved(finer[2 * top : 2 * (top + rows)])
            yield
        levels.append(coarser)
        yield


_KNOWN: WeakValueDictionary[int, Pyramid] = WeakValueDictionary()


def _halved(strip: ByteArray) -> ByteArray:
    """Each 2×2 block averaged, rounded half up; an odd last row or column is averaged with itself."""
    odd_row, odd_column = strip.shape[0] % 2, strip.shape[1] % 2
    if odd_row or odd_column:
        strip = np.pad(strip, ((0, odd_row), (0, odd_column), (0, 0)), mode="edge")
    total = strip[0::2, 0::2].astype(np.uint16)
    total += strip[1::2, 0::2]
    total += strip[0::2, 1::2]
    total += strip[1::2, 1::2]
    total += 2
    total >>= 2
    return total.astype(np.uint8)
