"""The guided filter: planes stay planes, edges go to the guide's edges, what is missing lends nothing."""

from __future__ import annotations

import numpy as np
import pytest

from workstation.analysis import guided_filter
from workstation.analysis.guided_filter import guided

ROWS, COLUMNS = 40, 50


def noise(channels: int = 3, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).random((channels, ROWS, COLUMNS), np.float32)


def test_a_plane_over_the_colours_stays_what_it_is() -> None:
    guide = noise()
    values = (0.5 * guide[0] - 0.3 * guide[1] + 0.2).astype(np.float32)
    np.testing.assert_allclose(guided(values, guide, 4, 1e-7), values, atol=1e-3)


def test_where_the_guide_is_even_a_window_becomes_its_mean() -> None:
    values = np.zeros((ROWS, COLUMNS), np.float32)
    values[20, 25] = 1
    filtered = guided(values, np.full((3, ROWS, COLUMNS), 0.5, np.float32), 1, 1e-4)
    expected = np.outer([1, 2, 3, 2, 1], [1, 2, 3, 2, 1]) / 81  # a mean of means over 3 × 3
    np.testing.assert_allclose(filtered[18:23, 23:28], expected, atol=1e-6)
    assert np.abs(filtered[:15]).max() < 1e-6


def test_a_blurred_edge_goes_to_the_edge_of_the_guide() -> None:
    guide = np.zeros((3, ROWS, COLUMNS), np.float32)
    guide[1, :, 25:] = 1
    ramp = np.clip((np.arange(COLUMNS, dtype=np.float32) - 19) / 10, 0, 1)  # from 19 to 29, while the edge is at 25
    filtered = guided(np.tile(ramp, (ROWS, 1)), guide, 5, 1e-4)
    assert filtered[20, 25] - filtered[20, 24] > 0.5
    assert np.abs(np.diff(filtered[20, :24])).max() < 0.15


def test_what_is_missing_stays_missing_and_lends_nothing() -> None:
    guide, values = noise(), np.full((ROWS, COLUMNS), 0.25, np.float32)
    values[10:20, 30:40] = np.nan
    filtered = guided(values, guide, 4, 1e-4)
    np.testing.assert_array_equal(np.isnan(filtered), np.isnan(values))
    np.testing.assert_allclose(filtered[np.isfinite(values)], 0.25, atol=1e-5)


def test_nothing_but_missing_values_stays_so() -> None:
    assert np.isnan(guided(np.full((5, 6), np.nan, np.float32), np.ones((3, 5, 6), np.float32), 2, 1e-4)).all()


def test_bands_leave_no_seam(monkeypatch: pytest.MonkeyPatch) -> None:
    values, guide = noise(1, 7)[0], noise()
    values[3, 4] = np.nan
    whole = guided(values, guide, 3, 1e-3)
    monkeypatch.setattr(guided_filter, "BAND", 7)
    np.testing.assert_allclose(guided(values, guide, 3, 1e-3), whole, atol=1e-5)


def test_a_guide_of_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match="does not fit"):
        guided(np.zeros((4, 5), np.float32), np.zeros((3, 5, 4), np.float32), 1, 1e-4)
