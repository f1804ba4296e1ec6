"""One number per picture: small for one group whatever its spread, large for a small foreign part; conditions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import piexif
import pytest
from PIL import Image
from scipy import ndimage

from workstation.analysis.conditions import (
    INTERPOLATED,
    conditions_of,
    device_class,
    interpolation_and_focus,
    last_quality,
)
from workstation.analysis.detection import contrast
from workstation.analysis.published import unit_rows
from workstation.analysis.reference import departure
from workstation.evidence import open_evidence
from workstation.evidence.record import JpegStructure, QuantisationTable

ROWS, COLUMNS, DIMENSIONS = 24, 32, 16


def embeddings(spread: float, *, foreign: int = 0, away: float = 1.0) -> np.ndarray:
    """One Gaussian group on the sphere; the first `foreign` × `foreign` patches lie `away` from it."""
    rng = np.random.default_rng(3)
    points = rng.normal(0, spread, (ROWS, COLUMNS, DIMENSIONS))
    points[..., 0] += 1
    points[:foreign, :foreign, 1] += away
    return unit_rows(points.reshape(-1, DIMENSIONS).astype(np.float32)).reshape(ROWS, COLUMNS, DIMENSIONS)


def contrast_of(patches: np.ndarray) -> float:
    everywhere = np.ones((ROWS, COLUMNS), bool)
    cells = np.argwhere(everywhere)
    values = departure(patches[everywhere], positions=cells, brightness=None, seed=0)
    return contrast(patches, everywhere, values)


def mean_distance_of(patches: np.ndarray) -> float:
    mean = patches.reshape(-1, DIMENSIONS).mean(0)
    return float(1 - mean @ mean)


def test_a_single_group_is_near_zero_whatever_its_spread() -> None:
    narrow, wide = embeddings(0.05), embeddings(0.25)
    assert contrast_of(narrow) < 0.01
    assert contrast_of(wide) < 0.1
    assert mean_distance_of(wide) > 0.4  # the baseline grows with the spread


def test_a_small_foreign_part_outweighs_the_spread_of_one_group() -> None:
    spliced, wide = embeddings(0.05, foreign=6), embeddings(0.25)
    assert contrast_of(spliced) > 0.2
    assert mean_distance_of(spliced) < mean_distance_of(wide)  # which the baseline would rank the other way round
    assert contrast_of(spliced) > 2 * contrast_of(wide)


def test_a_part_of_four_per_cent_and_one_of_a_fifth_are_found_alike() -> None:
    few, many = contrast_of(embeddings(0.05, foreign=6)), contrast_of(embeddings(0.05, foreign=12))
    assert few > 0.6 * many


def test_patches_without_a_value_do_not_count_as_departing() -> None:
    patches = embeddings(0.05, foreign=6)
    everywhere = np.ones((ROWS, COLUMNS), bool)
    values = departure(patches[everywhere], positions=np.argwhere(everywhere), brightness=None, seed=0)
    values.reshape(ROWS, COLUMNS)[:6, :6] = np.nan
    assert contrast(patches, everywhere, values) < 0.1


def texture(softness: float) -> np.ndarray:
    """(320, 480) float32, grey of the same contrast and any softness, without periods."""
    noise = ndimage.gaussian_filter(np.random.default_rng(5).normal(0, 1, (320, 480)), softness)
    return np.clip(128 + 40 * noise / noise.std(), 0, 255).astype(np.float32)


def test_enlarging_leaves_a_peak_that_the_picture_itself_has_not() -> None:
    grey = texture(0.7)
    image = Image.fromarray(grey.astype(np.uint8))
    enlarged = np.asarray(image.resize((672, 448), Image.Resampling.BICUBIC), np.float32)
    assert interpolation_and_focus(grey)[0] < INTERPOLATED < interpolation_and_focus(enlarged)[0]


def test_a_tiny_image_has_no_peak() -> None:
    assert interpolation_and_focus(np.zeros((40, 400), np.float32))[0] == 0


def test_the_blurred_part_is_out_of_focus() -> None:
    grey = texture(0.7)
    half = grey.copy()
    half[:, 240:] = texture(3)[:, 240:]
    sharp, soft = interpolation_and_focus(grey)[1], interpolation_and_focus(half)[1]
    assert sharp is not None
    assert soft is not None
    assert sharp < 0.1
    assert 0.35 < soft < 0.6


def test_nothing_is_in_or_out_of_focus_without_detail() -> None:
    assert interpolation_and_focus(np.full((64, 64), 128, np.float32))[1] is None
    assert interpolation_and_focus(np.zeros((20, 20), np.float32))[1] is None


def structure(values: np.ndarray, quality: int | None) -> JpegStructure:
    rows = tuple(tuple(int(value) for value in row) for row in values)
    table = QuantisationTable(0, 8, rows, quality, "luminance", 0)
    return JpegStructure((), (table,), "4:2:0", "baseline", 3, 8, quality, (8, 8))


def test_the_quality_of_tables_that_are_not_standard_is_that_of_the_nearest() -> None:
    fifty = np.full((8, 8), 57)
    fifty[:5] += 1  # the mean of table K.1
    assert last_quality(structure(fifty, 88)) == 88
    assert last_quality(structure(fifty, None)) == 50
    assert last_quality(structure(fifty * 2 // 5, None)) == pytest.approx(80, abs=1)
    assert last_quality(structure(fifty * 2, None)) == 25
    assert last_quality(JpegStructure((), (), "", "baseline", 1, 8, None, (8, 8))) is None


def test_conditions_of_a_file(examples: Path) -> None:
    found = conditions_of(open_evidence(examples / "spliced.jpg"))
    assert (found.long_side, found.quality, found.quality_estimated) == (1536, 92, False)
    assert found.device_class in {"compact", "unknown"}
    assert found.out_of_focus is not None


def device_of(tmp_path: Path, make: str, model: str = "", **more: object) -> str:
    """The class of a JPEG with these EXIF data."""
    tags: dict[int, object] = {
        {"focal": piexif.ExifIFD.FocalLength, "equivalent": piexif.ExifIFD.FocalLengthIn35mmFilm}.get(
            name, piexif.ExifIFD.FileSource
        ): value
        for name, value in more.items()
    }
    named = {piexif.ImageIFD.Make: make, piexif.ImageIFD.Model: model}
    exif = piexif.dump({"0th": {tag: text for tag, text in named.items() if text}, "Exif": tags})
    file = tmp_path / "picture.jpg"
    Image.new("RGB", (64, 64)).save(file, exif=exif)
    return device_class(open_evidence(file).metadata)


@pytest.mark.parametrize(
    ("make", "model", "more", "kind"),
    [
        ("Apple", "iPhone 13 Pro", {"focal": (57, 10), "equivalent": 26}, "phone"),
        ("HTC", "HTC One M9", {"focal": (412, 100), "equivalent": 7}, "phone"),
        ("samsung", "SM-G965F", {"focal": (43, 10), "equivalent": 26}, "phone"),
        ("SAMSUNG", "NX1", {"focal": (50, 1), "equivalent": 75}, "slr/mirrorless"),
        ("Samsung Techwin", "Samsung S730", {"focal": (58, 10)}, "compact"),
        ("Sony", "E5823", {"focal": (423, 100), "equivalent": 26}, "phone"),
        ("SONY", "DSC-P52", {"focal": (63, 10)}, "compact"),
        ("SONY", "ILCE-6400", {"focal": (35, 1), "equivalent": 52}, "slr/mirrorless"),
        ("SONY", "HDR-AS300", {"focal": (28, 10)}, "drone/action camera"),
        ("DJI", "FC300S", {"focal": (361, 100), "equivalent": 20}, "drone/action camera"),
        ("GoPro", "HERO7 Black", {"focal": (3, 1), "equivalent": 15}, "drone/action camera"),
        ("Canon", "CanoScan LiDE 210", {}, "scanner"),
        ("EPSON", "Perfection", {"source": b"\x02"}, "scanner"),
        ("Canon", "Canon EOS 450D", {"focal": (100, 1), "source": b"\x03"}, "unknown"),
        ("", "", {}, "unknown"),
    ],
)
def test_the_kind_of_device_is_what_the_exif_data_name(
    tmp_path: Path, make: str, model: str, more: dict[str, object], kind: str
) -> None:
    assert device_of(tmp_path, make, model, **more) == kind
