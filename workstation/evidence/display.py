"""The stored image as it is shown: orientation and colour profile applied, with exact ways there and back.

Orientation numbers are those of EXIF (tag 0x0112). Coordinates are those of pixel edges: the stored pixel in column c
and row r covers x from c to c + 1 and y from r to r + 1, so that whole and broken coordinates map alike.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

from workstation.errors import Reason
from workstation.evidence.payloads import icc_description
from workstation.evidence.record import Pixels

# Orientation to (transposed, mirrored left to right, mirrored top to bottom), in this order, stored to displayed.
_STEPS: Final = {
    1: (False, False, False),
    2: (False, True, False),
    3: (False, True, True),
    4: (False, False, True),
    5: (True, False, False),
    6: (True, True, False),
    7: (True, True, True),
    8: (True, False, True),
}
_INVERSE: Final = {1: 1, 2: 2, 3: 3, 4: 4, 5: 5, 6: 8, 7: 7, 8: 6}


Scalar = TypeVar("Scalar", bound=np.generic)


def oriented(image: NDArray[Scalar], orientation: int) -> NDArray[Scalar]:
    """An array (height, width, ...) turned as its orientation asks; a view, nothing is resampled."""
    transposed, mirrored, flipped = _STEPS[orientation]
    if transposed:
        image = image.swapaxes(0, 1)
    if mirrored:
        image = image[:, ::-1]
    return image[::-1] if flipped else image


def unoriented(image: NDArray[Scalar], orientation: int) -> NDArray[Scalar]:
    """The opposite of `oriented`."""
    return oriented(image, _INVERSE[orientation])


def display_size(pixels: Pixels) -> tuple[int, int]:
    """(height, width) of the displayed image."""
    transposed = _STEPS[pixels.orientation][0]
    return (pixels.width, pixels.height) if transposed else (pixels.height, pixels.width)


def to_display(x: float, y: float, pixels: Pixels) -> tuple[float, float]:
    """The displayed coordinates (x, y) of stored ones."""
    return oriented_point(x, y, pixels.width, pixels.height, pixels.orientation)


def to_stored(x: float, y: float, pixels: Pixels) -> tuple[float, float]:
    """The stored coordinates (x, y) of displayed ones."""
    height, width = display_size(pixels)
    return oriented_point(x, y, width, height, _INVERSE[pixels.orientation])


def oriented_point(x: float, y: float, width: float, height: float, orientation: int) -> tuple[float, float]:
    """Where the point (x, y) of an image of this size lies after `oriented`."""
    transposed, mirrored, flipped = _STEPS[orientation]
    if transposed:
        x, y, width, height = y, x, height, width
    return (width - x if mirrored else x, height - y if flipped else y)


@dataclass(frozen=True, slots=True)
class ProfileUse:
    """What `display_rgb` does with the file's colour profile.

    Attributes:
        how: "none" (there is no profile), "unreadable", "unfit" (it is not for RGB values), "converted".
        name: the profile's own description, or why it has none; "" without a profile.
    """

    how: Literal["none", "unreadable", "unfit", "converted"]
    name: str = ""


def profile_use(pixels: Pixels) -> ProfileUse:
    """What `display_rgb` does with the file's colour profile."""
    if not pixels.icc_profile:
        return ProfileUse("none")
    described = icc_description(pixels.icc_profile)
    if _transform(pixels.icc_profile) is not None:
        return ProfileUse("converted", described)
    unreadable = isinstance(described, Reason) and described.code in {"no-icc", "icc-unreadable"}
    return ProfileUse("unreadable" if unreadable else "unfit", described)


def display_rgb(pixels: Pixels) -> NDArray[np.uint8]:
    """The image for the screen: (height, width, 3) uint8 sRGB, colour profile and orientation applied.

    A profile that cannot be read, or that is not for RGB values (the CMYK profile of an image that was reduced to RGB),
    is left out; `profile_use` says so.
    """
    rgb = pixels.rgb
    transform = _transform(pixels.icc_profile) if pixels.icc_profile else None
    if transform is not None:
        image = Image.fromarray(rgb)
        rgb = np.asarray(ImageCms.applyTransform(image, transform))
    return np.ascontiguousarray(oriented(rgb, pixels.orientation))


@lru_cache(maxsize=16)
def _transform(profile: bytes) -> ImageCms.ImageCmsTransform | None:
    """From an RGB profile to sRGB with relative colorimetric intent; None where there can be none.

    Kept, since the window asks for every tile of a picture and building one takes milliseconds.
    """
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if source.profile.xcolor_space.strip() != "RGB":
            return None
        target = ImageCms.createProfile("sRGB")
        intent = ImageCms.Intent.RELATIVE_COLORIMETRIC
        return ImageCms.buildTransform(source, target, "RGB", "RGB", renderingIntent=intent)
    except (OSError, ImageCms.PyCMSError, ValueError):
        return None
