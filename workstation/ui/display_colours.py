"""Stored samples to screen colours, a tile at a time: the embedded ICC profile serves the eye, never a measurement."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from workstation.analysis.colours import ByteArray
from workstation.evidence.display import display_rgb
from workstation.evidence.record import Pixels
from workstation.ui.picture_item import ColourTransform


def display_transform(pixels: Pixels) -> ColourTransform | None:
    """The colour management of a picture for tiles of it; None where the samples are shown as they are."""
    if pixels.icc_profile is None:
        return None
    return partial(_managed, replace(pixels, orientation=1))


def _managed(pixels: Pixels, samples: ByteArray) -> ByteArray:
    return display_rgb(replace(pixels, rgb=samples))
