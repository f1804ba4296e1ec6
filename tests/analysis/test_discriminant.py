import numpy as np
import pytest

from workstation.analysis.discriminant import dealt_anew, log_odds

GRID = np.argwhere(np.ones((30, 40), bool))


def _two_groups(seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Points whose largest spread says nothing, and a block of the grid that lies off along a small one."""
    rng = np.random.default_rng(seed)
    mask = np.zeros((30, 40), bool)
    mask[5:13, 20:30] = True
    points = rng.normal(size=(1200, 4)) * (5.0, 1.0, 1.0, 1.0)
    points[mask.ravel(), 2] += 3
    return points, mask.ravel()


def test_the_direction_between_the_groups_is_found_from_a_vague_start() -> None:
    points, mask = _two_groups()
    start = np.random.default_rng(1).random(1200) + 0.6 * mask

    odds = log_odds(points, start, GRID)

    assert np.median(odds[mask]) > np.quantile(odds[~mask], 0.98)


def test_odds_do_not_depend_on_origin_turn_or_scale_of_the_points() -> None:
    points, mask = _two_groups()
    start = np.random.default_rng(1).random(1200) + 0.6 * mask
    turn = np.linalg.qr(np.random.default_rng(2).normal(size=(4, 4)))[0]

    odds = log_odds(points, start, GRID)

    np.testing.assert_allclose(log_odds(1e-3 * points @ turn + 7, start, GRID), odds, atol=1e-6)


def test_patches_that_do_not_differ_have_the_same_odds() -> None:
    same = log_odds(np.zeros((1200, 4)), np.zeros(1200), GRID)
    assert np.isfinite(same).all()
    assert np.ptp(same) == pytest.approx(0, abs=1e-9)


def test_missing_neighbours_take_no_part() -> None:
    points, mask = _two_groups()
    start = np.random.default_rng(1).random(1200) + 0.6 * mask
    kept = GRID[:, 1] < 35

    odds = log_odds(points[kept], start[kept], GRID[kept])

    assert np.median(odds[mask[kept]]) > np.quantile(odds[~mask[kept]], 0.98)


def test_departures_are_dealt_out_in_the_order_of_both() -> None:
    departures = np.array([0.1, 0.2, 0.3, 0.4], np.float32)

    np.testing.assert_array_equal(dealt_anew(departures, np.zeros(4)), departures)
    dealt = dealt_anew(departures, np.array([9.0, 0, 0, 0]))
    assert dealt.dtype == np.float32
    assert sorted(dealt) == sorted(departures)
    assert dealt[0] > dealt[1]
