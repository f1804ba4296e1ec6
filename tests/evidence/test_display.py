from __future__ import annotations

import itertools

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageOps

from workstation.evidence import display_rgb, display_size, to_display, to_stored
from workstation.evidence.display import ProfileUse, oriented, profile_use, unoriented
from workstation.evidence.record import Pixels


def pixels_of(rgb: NDArray[np.uint8], orientation: int = 1, profile: bytes | None = None) -> Pixels:
    return Pixels(rgb, orientation, "RGB 8 bit", (), profile, 1)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_is_applied_as_pillow_applies_it(scene: NDArray[np.uint8], orientation: int) -> None:
    image = Image.fromarray(scene)
    image.getexif()[0x0112] = orientation
    expected = np.asarray(ImageOps.exif_transpose(image))

    shown = display_rgb(pixels_of(scene, orientation))

    assert np.array_equal(shown, expected)
    assert shown.shape[:2] == display_size(pixels_of(scene, orientation))
    assert np.array_equal(unoriented(oriented(scene, orientation), orientation), scene)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_coordinates_find_the_same_pixel_there_and_back(scene: NDArray[np.uint8], orientation: int) -> None:
    pixels = pixels_of(scene, orientation)
    shown = display_rgb(pixels)

    for row, column in itertools.product((0, 1, 20, 47), (0, 1, 33, 63)):
        x, y = to_display(column + 0.5, row + 0.5, pixels)
        assert np.array_equal(shown[int(y), int(x)], scene[row, column])
        assert to_stored(x, y, pixels) == (column + 0.5, row + 0.5)
    assert sorted(to_display(*corner, pixels) for corner in itertools.product((0, 64), (0, 48))) == sorted(
        itertools.product((0, shown.shape[1]), (0, shown.shape[0]))
    )


def test_a_profile_is_converted_for_display_and_stored_values_stay(scene: NDArray[np.uint8]) -> None:
    profile = swapped_primaries()
    pixels = pixels_of(scene, profile=profile)

    shown = display_rgb(pixels)

    assert not np.array_equal(shown, scene)
    assert np.array_equal(pixels.rgb, scene)
    assert profile_use(pixels).how == "converted"


def test_a_profile_is_read_once_for_many_tiles(scene: NDArray[np.uint8], monkeypatch: pytest.MonkeyPatch) -> None:
    pixels = pixels_of(scene, profile=swapped_primaries())
    shown = display_rgb(pixels)
    monkeypatch.delattr(ImageCms, "buildTransform")

    assert np.array_equal(display_rgb(pixels), shown)


def swapped_primaries() -> bytes:
    """An RGB profile that differs from sRGB: red and green primaries exchanged."""
    data = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    count = int.from_bytes(data[128:132], "big")
    for entry in range(132, 132 + 12 * count, 12):
        name = bytes(data[entry : entry + 4])
        if name in (b"rXYZ", b"gXYZ"):
            data[entry : entry + 4] = b"gXYZ" if name == b"rXYZ" else b"rXYZ"
    return bytes(data)


@pytest.mark.parametrize(
    ("profile", "use"),
    [
        (None, ProfileUse("none")),
        (b"no profile", ProfileUse("unreadable", "not an ICC profile")),
        (
            ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes(),
            ProfileUse("unfit", "Lab identity built-in"),
        ),
    ],
)
def test_a_profile_that_does_not_fit_changes_nothing(
    scene: NDArray[np.uint8], profile: bytes | None, use: ProfileUse
) -> None:
    pixels = pixels_of(scene, profile=profile)

    assert np.array_equal(display_rgb(pixels), scene)
    assert profile_use(pixels) == use
