from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from workstation.evaluation.datasets import DatasetProblem
from workstation.evaluation.degradations import Degradation
from workstation.evidence import open_evidence


@pytest.fixture
def rgb() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 255, (60, 100, 3), dtype=np.uint8)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("", Degradation()),
        ("resize=0.5", Degradation(resize=0.5)),
        ("jpeg=75", Degradation(quality=75)),
        ("resize=0.7, jpeg=75", Degradation(0.7, 75)),
    ],
)
def test_words_are_read_and_written(words: str, expected: Degradation) -> None:
    assert Degradation.parse(words) == expected
    assert Degradation.parse(str(expected)) == expected
    assert bool(expected) == bool(words)


@pytest.mark.parametrize("words", ["blur=3", "jpeg=0", "jpeg=101", "resize=0", "resize=9", "jpeg=7.5"])
def test_other_words_are_refused(words: str) -> None:
    with pytest.raises(DatasetProblem):
        Degradation.parse(words)


def test_the_image_is_scaled_and_saved_as_stated(rgb: np.ndarray, tmp_path: Path) -> None:
    file = Degradation(0.5, 60).write(rgb, tmp_path)

    evidence = open_evidence(file)
    assert (evidence.format, evidence.pixels.height, evidence.pixels.width) == ("JPEG", 30, 50)
    expected = tmp_path / "expected.jpg"
    Image.fromarray(rgb).resize((50, 30), Image.Resampling.BILINEAR).save(expected, quality=60)
    assert file.read_bytes() == expected.read_bytes()


def test_scaling_alone_loses_nothing_more(rgb: np.ndarray, tmp_path: Path) -> None:
    file = Degradation(resize=2).write(rgb, tmp_path)
    np.testing.assert_array_equal(np.asarray(Image.open(file)), np.asarray(Degradation(resize=2).image(rgb)))


def test_the_mask_follows_the_image() -> None:
    mask = np.zeros((60, 100), bool)
    mask[20:40, 50:90] = True

    small = Degradation(0.5, 60).mask(mask)

    expected = np.zeros((30, 50), bool)
    expected[10:20, 25:45] = True
    np.testing.assert_array_equal(small, expected)
    assert Degradation(quality=60).mask(mask) is mask
