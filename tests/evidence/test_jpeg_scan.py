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


def with_sampling(data: bytes, luma: int, height: int, width: int) -> bytes:
    """The same blocks under a frame header with other sampling factors of the first component and another size."""
    at = data.index(b"\xff\xc0")
    changed = bytearray(data)
    changed[at + 5 : at + 9] = height.to_bytes(2, "big") + width.to_bytes(2, "big")
    changed[at + 11] = luma
    return bytes(changed)


def test_sampling_that_only_pillow_names_is_decoded_by_it(picture: Image.Image, tmp_path: Path) -> None:
    data = with_sampling(jpeg(picture, subsampling="4:2:0"), 0x14, 480, 640)

    said = codes_of(tmp_path / "441.jpg", data)

    with Image.open(io.BytesIO(data)) as opened:
        np.testing.assert_array_equal(open_evidence(tmp_path / "441.jpg").pixels.rgb, np.asarray(opened))
    assert "jpeg-damaged" not in said


def test_sampling_that_the_complaining_reader_does_not_know_is_no_damage(picture: Image.Image, tmp_path: Path) -> None:
    blocks = jpeg(picture.crop((0, 0, 80, 32)), keep_rgb=True)  # 120 of them, all with the same tables

    said = codes_of(tmp_path / "410.jpg", with_sampling(blocks, 0x42, 48, 128))

    assert "jpeg-damaged" not in said
    assert "4:1:0" in said["jpeg-not-checked"]


def test_bytes_between_segments_and_a_broken_profile_are_no_damage_of_the_picture(
    picture: Image.Image, tmp_path: Path
) -> None:
    data = jpeg(picture)
    chunk = b"\xff\xe2\x00\x12ICC_PROFILE\0\x01\x01ab"
    tables = data.index(b"\xff\xdb")

    between = codes_of(tmp_path / "between.jpg", data[:tables] + b"spare" + data[tables:])
    profile = codes_of(tmp_path / "profile.jpg", data[:tables] + 2 * chunk + data[tables:])

    assert "jpeg-damaged" not in between.keys() | profile.keys()
    assert "jpeg-garbage" in between
    assert "icc-incomplete" in profile
