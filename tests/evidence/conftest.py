from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import piexif
import pytest
from numpy.typing import NDArray
from PIL import Image

DATA = Path(__file__).parent / "data"


@pytest.fixture
def data() -> Path:
    """The folder of images that came with dependencies."""
    return DATA


@pytest.fixture(scope="session")
def scene() -> NDArray[np.uint8]:
    """A colourful picture without symmetry, (48, 64, 3)."""
    rows, columns = np.mgrid[0:48, 0:64]
    return np.stack([rows * 5, columns * 4, (rows * columns) % 256], axis=2).astype(np.uint8)


def rich_exif() -> bytes:
    """EXIF with entries in every directory, a thumbnail and a MakerNote, as piexif packs it."""
    thumbnail = io.BytesIO()
    Image.new("RGB", (16, 12), (200, 60, 30)).save(thumbnail, "JPEG")
    content = {
        "0th": {
            piexif.ImageIFD.Make: b"Canon",
            piexif.ImageIFD.Model: b"Canon EOS 5D",
            piexif.ImageIFD.Orientation: 6,
            piexif.ImageIFD.XResolution: (72, 1),
            piexif.ImageIFD.ResolutionUnit: 2,
            piexif.ImageIFD.Copyright: b"A\0B",
            piexif.ImageIFD.XPComment: tuple("Grüße".encode("utf-16-le")),
        },
        "Exif": {
            piexif.ExifIFD.ExposureTime: (1, 250),
            piexif.ExifIFD.FNumber: (28, 10),
            piexif.ExifIFD.ISOSpeedRatings: 400,
            piexif.ExifIFD.ExifVersion: b"0231",
            piexif.ExifIFD.DateTimeOriginal: b"2021:05:18 14:41:54",
            piexif.ExifIFD.UserComment: b"ASCII\0\0\0a note",
            piexif.ExifIFD.MakerNote: b"Nikon\0\2\x10\0\0" + bytes(range(200)),
            piexif.ExifIFD.LensSpecification: ((24, 1), (70, 1), (28, 10), (0, 0)),
        },
        "GPS": {
            piexif.GPSIFD.GPSVersionID: (2, 3, 0, 0),
            piexif.GPSIFD.GPSLatitudeRef: b"N",
            piexif.GPSIFD.GPSLatitude: ((48, 1), (51, 1), (1234, 100)),
        },
        "Interop": {piexif.InteropIFD.InteroperabilityIndex: b"R98"},
        "1st": {piexif.ImageIFD.Compression: 6, piexif.ImageIFD.Orientation: 1},
        "thumbnail": thumbnail.getvalue(),
    }
    packed: bytes = piexif.dump(content)
    return packed


@pytest.fixture(scope="session")
def exif() -> bytes:
    """`rich_exif` with its "Exif" prefix, as APP1 wants it."""
    return rich_exif()


@pytest.fixture
def saved(tmp_path: Path, scene: NDArray[np.uint8]) -> Callable[..., Path]:
    """Saves the scene (or another image) under a name and returns its path."""

    def save(name: str, image: Image.Image | None = None, **options: object) -> Path:
        path = tmp_path / name
        (image or Image.fromarray(scene)).save(path, **options)
        return path

    return save
