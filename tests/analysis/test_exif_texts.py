import io
from pathlib import Path

import numpy as np
import piexif
import pytest
from PIL import Image

from workstation.analysis import published_texts
from workstation.analysis.exif_texts import (
    PROCESSING_TAGS,
    TagText,
    as_text,
    camera_statements,
    nearest_quality,
    nearest_scale,
    plain,
    save_statements,
)
from workstation.evidence import read_metadata
from workstation.evidence.record import Metadata


@pytest.fixture
def metadata(tmp_path: Path) -> Metadata:
    exif = {
        "0th": {
            piexif.ImageIFD.Make: b"Acme Corp., Ltd.",
            piexif.ImageIFD.Model: b"One Two",
            piexif.ImageIFD.Software: b"Ver.1.02 ",
            piexif.ImageIFD.Artist: b"Somebody",
            piexif.ImageIFD.YCbCrPositioning: 2,
        },
        "Exif": {
            piexif.ExifIFD.ExposureTime: (1, 125),
            piexif.ExifIFD.FNumber: (35, 10),
            piexif.ExifIFD.ISOSpeedRatings: 320,
            piexif.ExifIFD.FocalLength: (584, 100),
            piexif.ExifIFD.DateTimeOriginal: b"2013:05:06 07:08:09",
            piexif.ExifIFD.Flash: 25,
            piexif.ExifIFD.WhiteBalance: 7,
            piexif.ExifIFD.BodySerialNumber: b"12345",
        },
        "GPS": {piexif.GPSIFD.GPSLatitudeRef: b"N"},
    }
    file = tmp_path / "photo.jpg"
    picture = Image.fromarray(np.random.default_rng(0).integers(0, 255, (32, 32, 3), dtype=np.uint8))
    picture.save(file, quality=83, subsampling="4:2:2", exif=piexif.dump(exif))
    return read_metadata(file).metadata


def test_a_file_is_put_into_the_words_of_the_model(metadata: Metadata) -> None:
    assert as_text(camera_statements(metadata)) == (
        "Make: Acme Corp. Ltd., Model: One Two, Software: Ver.1.02, Decade: 2010s, ISO: 400, "
        "Exposure Time: 1/128 sec, F-Number: f/4.0, Focal Length: 6 mm, Flash: fired, YCbCr Positioning: co-sited"
    )
    assert as_text(save_statements(metadata)) == "Last JPEG Quality: 85, Last JPEG Subsampling: 4:2:2"


def test_places_devices_and_people_never_enter_a_text(metadata: Metadata) -> None:
    text = as_text(camera_statements(metadata))
    assert not any(word in text for word in ("Somebody", "12345", "GPS", "White Balance"))  # 7 is not in the standard


def test_values_are_brought_to_those_that_a_text_names() -> None:
    assert [nearest_quality(q) for q in (10, 77, 88, 100)] == ["50", "75", "90", "98"]
    assert [nearest_scale(s) for s in (0.3, 0.72, 0.97, 1.3)] == ["0.5", "0.7", "none", "1.2"]
    assert plain("  NIKON\x00 D70 (Zoom)  " + "x" * 40) == "NIKON D70 Zoom"
    assert all(nearest_quality(q) in PROCESSING_TAGS["Last JPEG Quality"] for q in range(1, 101))


def test_a_file_without_exif_says_nothing(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (16, 16)).save(buffer, "PNG")
    file = tmp_path / "plain.png"
    file.write_bytes(buffer.getvalue())
    metadata = read_metadata(file).metadata
    assert camera_statements(metadata) == save_statements(metadata) == ()


@pytest.mark.parametrize(
    ("tag", "name", "value"),
    [
        (piexif.ExifIFD.ShutterSpeedValue, "Shutter Speed Value", (-(2**31), 1)),
        (piexif.ExifIFD.ApertureValue, "Aperture Value", (2**32 - 1, 1)),
        (piexif.ExifIFD.MaxApertureValue, "Max Aperture Value", (2**32 - 1, 1)),
    ],
)
def test_absurd_exposures_are_unknown(tmp_path: Path, tag: int, name: str, value: tuple[int, int]) -> None:
    Image.new("RGB", (32, 32)).save(tmp_path / "absurd.jpg", exif=piexif.dump({"Exif": {tag: value}}))

    told = published_texts.statements(read_metadata(tmp_path / "absurd.jpg").metadata)

    assert told == (TagText(name, "Unknown"),)
