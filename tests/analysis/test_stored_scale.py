"""The departure map at the scale of the stored image."""

from __future__ import annotations

import numpy as np
import pytest

from workstation.analysis.geometry import MapGeometry
from workstation.analysis.stored_scale import at_stored_scale, stored_scale_affine


def map_of(departure: np.ndarray, cell: int, height: int, width: int) -> tuple[np.ndarray, MapGeometry]:
    rows, columns = departure.shape
    return departure.astype(np.float32), MapGeometry(rows, columns, cell, height, width)


@pytest.mark.parametrize(("cell", "height", "width"), [(16, 100, 150), (129, 3000, 4000), (5, 149, 151), (16, 64, 64)])
def test_one_value_per_eight_by_eight_pixels_over_the_whole_image(cell: int, height: int, width: int) -> None:
    departure = np.random.default_rng(0).random((-(-height // cell), -(-width // cell)))
    values = at_stored_scale(*map_of(departure, cell, height, width))
    a, _, _, _, e, _ = stored_scale_affine(values.shape, (height, width))
    assert values.dtype == np.float32
    assert 0 < a <= 8
    assert 0 < e <= 8
    assert values.shape[0] * e == pytest.approx(height)
    assert values.shape[1] * a == pytest.approx(width)
    assert departure.min() <= values.min() <= values.max() <= departure.max()


def test_a_slope_stays_a_slope_between_cell_centres() -> None:
    departure = np.tile(np.arange(10.0), (6, 1))
    values = at_stored_scale(*map_of(departure, 16, 96, 160))
    assert values.shape == (12, 20)
    centres = (np.arange(20) + 0.5) * 8 / 16 - 0.5
    np.testing.assert_allclose(values[5], np.clip(centres, 0, 9), atol=1e-6)


def test_cells_that_are_not_assessable_stay_open_and_do_not_bleed() -> None:
    departure = np.full((4, 4), 0.25)
    departure[:, 2] = np.nan
    values = at_stored_scale(*map_of(departure, 16, 64, 64))
    np.testing.assert_array_equal(np.isnan(values[0]), [False] * 4 + [True] * 2 + [False] * 2)
    np.testing.assert_allclose(values[~np.isnan(values)], 0.25, atol=1e-6)


def test_last_cells_reach_to_the_border() -> None:
    departure = np.array([[0.0, 1.0]])
    values = at_stored_scale(*map_of(departure, 40, 48, 100))
    assert values.shape == (6, 13)
    np.testing.assert_allclose(values[:, -3:], 1)
