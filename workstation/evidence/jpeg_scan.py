"""The compressed data of a JPEG, decoded by a reader that says whether they hold together.

libjpeg decodes damaged data as well as it can, and counts its complaints; Pillow does not pass them on. A picture that
is half made of libjpeg's guesses must not look like evidence. So a sound picture in colour is decoded here, with
complaints as errors; for what is damaged, and for grey and CMYK, Pillow decodes and complaints are looked for apart.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import simplejpeg
from numpy.typing import NDArray

from workstation.evidence.record import JpegStructure

_COLOURS = {1: "GRAY", 3: "GRAY", 4: "CMYK"}
"""What is asked for by number of components: the luma alone of a colour picture is cheapest."""

_UNKNOWN_SAMPLING = "Could not determine subsampling"


class NotChecked(Exception):
    """Nobody looked for complaints."""


def sound_pixels(data: bytes, jpeg: JpegStructure) -> NDArray[np.uint8] | None:
    """The pixels of a colour JPEG in which libjpeg finds nothing wrong, the very ones that Pillow would give.

    Both run libjpeg with its defaults: the accurate integer transform and smooth upsampling of the colours.

    Args:
        data: the whole file.
        jpeg: its structure.

    Returns:
        (height, width, 3) uint8, RGB; None for other pictures, where there is a complaint, and for sampling that only
        Pillow reads.
    """
    if jpeg.components != 3:
        return None
    try:
        height, width, *_ = simplejpeg.decode_jpeg_header(data)
        if (height, width) != jpeg.size:  # libjpeg reads another header: then it is Pillow's
            return None
        pixels: Any = simplejpeg.decode_jpeg(data, "RGB")
    except (ValueError, KeyError):  # KeyError: it has no name for 4:4:1
        return None
    return np.asarray(pixels, np.uint8)


def complaint_about(data: bytes, jpeg: JpegStructure) -> str | None:
    """What libjpeg finds wrong with the compressed data, in its own words; None if nothing.

    They are decoded once more at an eighth of the size, which costs a third of the first decoding.
    A changed bit that leaves every code decodable cannot be noticed: without restart markers a JPEG carries no check.

    Args:
        data: the whole file.
        jpeg: its structure.

    Raises:
        NotChecked: if the reader that complains does not know the sampling factors.
    """
    colour = _COLOURS.get(jpeg.components)
    if colour is None:
        return None
    complaint = _complaint(data, colour)
    # libjpeg complains of bytes between segments and of a broken ICC profile, too: neither touches the picture.
    return None if complaint is None else _complaint(_picture_alone(data, jpeg), colour)


def _complaint(data: bytes, colour: str) -> str | None:
    try:
        simplejpeg.decode_jpeg(data, colour, fastdct=True, min_factor=8)
    except ValueError as error:
        said = str(error).strip()
        if _UNKNOWN_SAMPLING in said:
            raise NotChecked(said) from error
        return said
    return None


def _picture_alone(data: bytes, jpeg: JpegStructure) -> bytes:
    """The segments that decoding takes, one behind the other."""
    kept = (part for part in jpeg.segments if not (part.name.startswith("APP") or part.name == "COM"))
    return b"".join(data[part.offset : part.offset + part.length] for part in kept)
