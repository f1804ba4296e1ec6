"""What is measured strip by strip is what the definition says of the whole picture."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from workstation.analysis import conditions
from workstation.analysis.conditions import conditions_of, interpolation_and_focus
from workstation.evidence import open_evidence


def noise(height: int, width: int) -> NDArray[np.float32]:
    return np.random.default_rng(7).random((height, width), np.float32) * np.float32(255)


@pytest.mark.parametrize("height", [64, 65, 66, 128, 129, 200])
def test_strips_leave_no_seam_in_the_search_for_periods(height: int, monkeypatch: pytest.MonkeyPatch) -> None:
    grey = noise(height, 150)
    in_strips = interpolation_and_focus(grey)[0]

    monkeypatch.setattr(conditions, "STRIP", height)

    assert in_strips == pytest.approx(interpolation_and_focus(grey)[0], rel=1e-4)


def test_detail_at_the_borders_of_strips_is_that_of_the_whole() -> None:
    grey = noise(96, 64)
    framed = np.pad(grey, 1, mode="edge").astype(np.float64)
    laplacian = framed[:-2, 1:-1] + framed[2:, 1:-1] + framed[1:-1, :-2] + framed[1:-1, 2:] - 4 * framed[1:-1, 1:-1]
    expected = np.sqrt(np.square(laplacian).reshape(3, 32, 2, 32).mean(axis=(1, 3)))

    assert conditions._detail(grey, 3, 2, 32) == pytest.approx(expected, rel=1e-5)


def test_half_a_soft_picture_is_half_out_of_focus() -> None:
    grey = np.kron(noise(64, 128), np.ones((4, 4), np.float32))  # coarse detail everywhere
    grey[:, :256] += noise(256, 256) / 2  # fine detail on the left only
    blurred = grey[:, 256:]
    for axis in (0, 1, 0, 1):
        blurred = (np.roll(blurred, 1, axis) + blurred + np.roll(blurred, -1, axis)) / 3
    grey[:, 256:] = blurred

    assert interpolation_and_focus(grey)[1] == pytest.approx(0.5, abs=0.05)


def test_rows_of_grey_are_the_mean_of_the_channels() -> None:
    rgb = np.random.default_rng(0).integers(0, 256, (9, 31, 3), dtype=np.uint8)

    grey = conditions.GreyRows(rgb)[2:7]

    assert grey.dtype == np.float32
    np.testing.assert_array_equal(grey, rgb[2:7].sum(axis=2, dtype=np.float32) / np.float32(3))


def test_pictures_of_less_than_a_block_have_no_focus() -> None:
    peak, soft = interpolation_and_focus(noise(400, 20))

    assert np.isfinite(peak)
    assert soft is None


@pytest.mark.parametrize(
    ("name", "options", "lossless"),
    [
        ("a.png", {}, True),
        ("a.bmp", {}, True),
        ("a.tif", {}, True),
        ("b.tif", {"compression": "tiff_lzw"}, True),
        ("c.tif", {"compression": "jpeg"}, False),
        ("a.webp", {"quality": 40}, False),
        ("a.avif", {"quality": 30}, False),
    ],
)
def test_only_formats_that_surely_lose_nothing_count_as_lossless(
    tmp_path: Path, name: str, options: dict[str, object], *, lossless: bool
) -> None:
    picture = Image.fromarray(np.repeat(noise(96, 128)[..., None], 3, axis=2).astype(np.uint8))
    picture.save(tmp_path / name, **options)  # type: ignore[arg-type]

    seen = conditions_of(open_evidence(tmp_path / name))

    assert seen.quality is None
    assert seen.lossless == lossless
