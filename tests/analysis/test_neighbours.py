import numpy as np
import pytest

from workstation.analysis.neighbours import blurred

GRID = np.argwhere(np.ones((9, 11), bool))


def test_a_constant_stays_what_it_is_up_to_the_border_and_around_a_gap() -> None:
    positions = np.delete(GRID, [40, 41, 52], axis=0)

    values = blurred(np.full((len(positions), 2), 3.0, np.float32), positions, 1.5)

    assert values.dtype == np.float32
    np.testing.assert_allclose(values, 3, rtol=1e-5)


def test_one_value_spreads_as_a_gaussian_over_its_neighbours() -> None:
    values = np.zeros((len(GRID), 1))
    middle = 4 * 11 + 5
    values[middle] = 1

    spread = blurred(values, GRID, 1.0)[:, 0]

    assert spread[middle + 1] / spread[middle] == pytest.approx(np.exp(-1 / 2), rel=1e-2)
    assert spread[middle + 11] == pytest.approx(spread[middle + 1], rel=1e-2)
    assert spread[0] < 1e-4


def test_a_missing_patch_takes_no_part() -> None:
    values = np.where(np.arange(len(GRID)) == 50, 100.0, 1.0)[:, None]
    kept = np.delete(np.arange(len(GRID)), 50)

    np.testing.assert_allclose(blurred(values[kept], GRID[kept], 1.5), 1)
