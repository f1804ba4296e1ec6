import numpy as np
import pytest

from workstation.evaluation.control import colour_and_texture_map
from workstation.evaluation.localisation import bootstrap_half_width, localise


@pytest.fixture
def mask() -> np.ndarray:
    mask = np.zeros((100, 200), bool)
    mask[20:60, 30:80] = True
    return mask


def test_a_perfect_map_scores_one_and_its_negative_only_with_the_better_polarity(mask: np.ndarray) -> None:
    perfect = localise(mask.astype(np.float32), mask)
    inverted = localise(-mask.astype(np.float32), mask)

    assert perfect is not None
    assert inverted is not None
    assert (perfect.ap, perfect.auc) == pytest.approx((1, 1))
    assert inverted.ap == pytest.approx(mask.mean())  # ranked last: precision is the share of the mask
    assert inverted.ap_inv == pytest.approx(1)


def test_a_constant_map_scores_the_share_of_the_mask_and_nan_counts_as_the_median(mask: np.ndarray) -> None:
    constant = localise(np.zeros((2, 2), np.float32), mask)
    unknown = localise(np.full((2, 2), np.nan, np.float32), mask)

    assert constant is not None
    assert constant.ap == pytest.approx(mask.mean())
    assert unknown == constant


def test_an_empty_mask_has_no_score() -> None:
    assert localise(np.zeros((2, 2), np.float32), np.zeros((10, 10), bool)) is None


def test_the_bootstrap_interval_has_the_width_of_the_normal_one() -> None:
    values = np.random.default_rng(0).normal(0, 1, 400)
    assert bootstrap_half_width(values) == pytest.approx(1.96 / 20, rel=0.15)


def test_the_control_sees_another_colour_and_texture() -> None:
    rng = np.random.default_rng(0)
    image = rng.integers(90, 110, (256, 320, 3)).astype(np.uint8)
    image[96:192, 96:192] = rng.integers(140, 255, (96, 96, 3))

    heat = colour_and_texture_map(image)

    assert heat.shape == (9, 11)
    row, column = np.unravel_index(heat.argmax(), heat.shape)
    assert (row * 24 + 32, column * 24 + 32) == pytest.approx((144, 144), abs=24)
