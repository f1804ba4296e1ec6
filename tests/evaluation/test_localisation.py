import numpy as np
import pytest

from workstation.evaluation.control import colour_and_texture_map
from workstation.evaluation.localisation import TITLES, Localisation, localise


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


def test_every_figure_comes_with_either_polarity(mask: np.ndarray) -> None:
    rng = np.random.default_rng(0)
    heat = (rng.normal(size=mask.shape) - mask).astype(np.float32)  # points at the host

    given, turned = localise(heat, mask, threshold=0), localise(-heat, mask, threshold=0)

    assert given is not None
    assert turned is not None
    for name in TITLES:
        assert getattr(given, f"{name}_inv") == pytest.approx(getattr(turned, name)), name
        assert getattr(given, f"{name}_inv") > getattr(given, name), name


def test_the_fixed_threshold_is_the_given_one(mask: np.ndarray) -> None:
    heat = np.where(mask, 0.6, 0.4).astype(np.float32)
    heat[:10] = 1.0  # 2000 pixels of host beside 2000 of foreign

    assert fixed(heat, mask, 0.5) == pytest.approx((2 / 3, np.sqrt(0.5 * 16 / 18)))
    assert fixed(heat, mask, 0.7) == (0, pytest.approx(-1 / 9))
    assert fixed(heat, mask, None) == fixed(heat, mask, 0.7)  # the middle of 0.4 and 1


def fixed(heat: np.ndarray, mask: np.ndarray, threshold: float | None) -> tuple[float, float]:
    found = localise(heat, mask, threshold=threshold)
    assert isinstance(found, Localisation)
    return found.f1_fixed, found.mcc_fixed


COPIED = (0.12556481759871144, 0.12556481759871144, 0.5045024295610878, 0.22169977665426996, 0.5446730932100984)


def test_the_shared_scorer_gives_the_same() -> None:
    """The five figures of the scorer whose layout the heat maps follow, on a case that was copied from its output."""
    rows, columns = np.mgrid[0:90, 0:120]
    mask = (rows - 40) ** 2 + (columns - 70) ** 2 < 400
    heat = np.cos(np.mgrid[0:12, 0:16][0] * 0.9) * np.sin(np.mgrid[0:12, 0:16][1] * 0.5 + 1)
    heat = heat.astype(np.float32)
    heat[3, 4] = np.nan

    found = localise(heat, mask)

    assert found is not None
    assert (found.ap, found.ap_inv, found.ciou_inv, found.f1, found.auc) == pytest.approx(COPIED, abs=1e-6)


def test_the_control_sees_another_colour_and_texture() -> None:
    rng = np.random.default_rng(0)
    image = rng.integers(90, 110, (256, 320, 3)).astype(np.uint8)
    image[96:192, 96:192] = rng.integers(140, 255, (96, 96, 3))

    heat = colour_and_texture_map(image)

    assert heat.shape == (9, 11)
    row, column = np.unravel_index(heat.argmax(), heat.shape)
    assert (row * 24 + 32, column * 24 + 32) == pytest.approx((144, 144), abs=24)
