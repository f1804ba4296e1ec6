"""Damage inside the compressed data of a JPEG is a warning of the result, not a quiet change of the picture."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from workstation.evidence import open_evidence


def jpeg(picture: Image.Image, **options: object) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=90, **options)
    return buffer.getvalue()


@pytest.fixture
def picture() -> Image.Image:
    noise = np.random.default_rng(3).integers(0, 255, (24, 32, 3), dtype=np.uint8)
    return Image.fromarray(noise).resize((640, 480), Image.Resampling.BICUBIC)


def codes_of(path: Path, data: bytes) -> dict[str, str]:
    path.write_bytes(data)
    return {warning.code: warning.message for warning in open_evidence(path).warnings}


def test_flipped_bits_in_the_image_data_are_said(picture: Image.Image, tmp_path: Path) -> None:
    damaged = bytearray(jpeg(picture))
    rng = np.random.default_rng(1)
    for position in rng.integers(len(damaged) // 3, len(damaged) - 10, 40):
        damaged[position] ^= 1 << int(rng.integers(8))

    said = codes_of(tmp_path / "flipped.jpg", bytes(damaged))

    assert "Corrupt JPEG data" in said["jpeg-damaged"]
    assert "guesses" in said["jpeg-damaged"]


@pytest.mark.parametrize(
    ("mode", "options"),
    [("RGB", {}), ("RGB", {"progressive": True}), ("RGB", {"restart_marker_blocks": 8}), ("L", {}), ("CMYK", {})],
)
def test_sound_data_are_not_complained_about(
    picture: Image.Image, tmp_path: Path, mode: str, options: dict[str, object]
) -> None:
    assert "jpeg-damaged" not in codes_of(tmp_path / "sound.jpg", jpeg(picture.convert(mode), **options))


def test_what_follows_the_picture_is_no_damage_to_it(picture: Image.Image, tmp_path: Path) -> None:
    assert "jpeg-damaged" not in codes_of(tmp_path / "longer.jpg", jpeg(picture) + b"\x00" * 999)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"subsampling": "4:4:4"},
        {"subsampling": "4:2:2", "progressive": True},
        {"keep_rgb": True},
        {"restart_marker_blocks": 8},
    ],
)
def test_pixels_are_those_that_pillow_decodes(picture: Image.Image, tmp_path: Path, options: dict[str, object]) -> None:
    data = jpeg(picture.crop((0, 0, 613, 477)), **options)
    path = tmp_path / "picture.jpg"
    path.write_bytes(data)

    evidence = open_evidence(path)

    with Image.open(io.BytesIO(data)) as opened:
        np.testing.assert_array_equal(evidence.pixels.rgb, np.asarray(opened))
    assert not evidence.pixels.rgb.flags.writeable


def test_damaged_data_are_shown_as_pillow_decodes_them(picture: Image.Image, tmp_path: Path) -> None:
    damaged = bytearray(jpeg(picture))
    damaged[len(damaged) // 2] ^= 0x10
    path = tmp_path / "damaged.jpg"
    path.write_bytes(damaged)

    evidence = open_evidence(path)

    with Image.open(io.BytesIO(bytes(damaged))) as opened:
        np.testing.assert_array_equal(evidence.pixels.rgb, np.asarray(opened))
