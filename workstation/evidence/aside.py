"""Pixels that were laid aside: what is known about them stays, their samples are read from the file again when wanted.

A folder of photographs holds more pixels than fit into memory. The file still has them, and its hash tells whether they
are the same: only bytes with the SHA-256 that was taken on opening are decoded again.
"""

from __future__ import annotations

import weakref
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from workstation.evidence.opening import pixels_again
from workstation.evidence.record import Evidence, FileIdentity, Pixels


class PixelsAside(Pixels):
    """The pixels of a file without their samples.

    `rgb` reads and decodes the file, so only a background thread may ask for it. What somebody else still holds is not
    read twice. Whoever needs the samples more than once takes `Evidence` from `in_memory`.
    """

    __slots__ = ("_held", "_identity", "_size")

    def __init__(self, pixels: Pixels, identity: FileIdentity) -> None:
        for name in ("orientation", "stored_mode", "reductions", "icc_profile", "frames"):
            object.__setattr__(self, name, getattr(pixels, name))  # the class is frozen
        object.__setattr__(self, "_identity", identity)
        object.__setattr__(self, "_size", (pixels.height, pixels.width))
        object.__setattr__(self, "_held", [weakref.ref(pixels.rgb)])

    _identity: FileIdentity
    _size: tuple[int, int]
    _held: list[weakref.ref[NDArray[np.uint8]]]

    @property
    def rgb(self) -> NDArray[np.uint8]:
        """The samples as `Pixels` has them.

        Raises:
            PixelsLost: if the file has other bytes now, or can no longer be read.
            DamagedImage: if they do not fit into memory.
        """
        held = self._held[0]()
        if held is None:
            held = pixels_again(self._identity).rgb
            self._held[0] = weakref.ref(held)
        return held

    @property
    def height(self) -> int:
        """Rows as stored; nothing is read for it."""
        return self._size[0]

    @property
    def width(self) -> int:
        """Columns as stored; nothing is read for it."""
        return self._size[1]

    def read(self) -> Pixels:
        """The pixels in memory; raises as `rgb` does."""
        return Pixels(self.rgb, self.orientation, self.stored_mode, self.reductions, self.icc_profile, self.frames)


def laid_aside(evidence: Evidence) -> Evidence:
    """The same evidence, which no longer keeps its samples in memory."""
    if isinstance(evidence.pixels, PixelsAside):
        return evidence
    return replace(evidence, pixels=PixelsAside(evidence.pixels, evidence.identity))


def in_memory(evidence: Evidence) -> Evidence:
    """The same evidence with its samples in memory, for as long as the answer is held.

    Raises:
        PixelsLost: if they have to be read again and the file has other bytes now, or can no longer be read.
        DamagedImage: if they do not fit into memory.
    """
    pixels = evidence.pixels
    return replace(evidence, pixels=pixels.read()) if isinstance(pixels, PixelsAside) else evidence
