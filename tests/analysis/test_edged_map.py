"""The departure map takes the picture's edges."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from workstation.analysis.edged_map import with_edges
from workstation.analysis.geometry import MapGeometry
from workstation.analysis.stored_scale import at_stored_scale, stored_scale_shape

HEIGHT, WIDTH, CELL = 320, 480, 16
GEOMETRY = MapGeometry(HEIGHT // CELL, WIDTH // CELL, CELL, HEIGHT, WIDTH)


@pytest.fixture
def part() -> np.ndarray:
    """A rectangle whose edges lie within cells."""
    part = np.zeros((HEIGHT, WIDTH), bool)
    part[104:216, 156:316] = True
    return part


@pytest.fixture
def photograph(part: np.ndarray) -> np.ndarray:
    """Noise, and in the part noise of another colour."""
    rng = np.random.default_rng(1)
    colours = np.where(part[..., None], (150, 110, 90), (110, 120, 130))
    return np.clip(colours + rng.normal(0, 12, (HEIGHT, WIDTH, 3)), 0, 255).astype(np.uint8)


@pytest.fixture
def departure(part: np.ndarray) -> np.ndarray:
    """The share of the part in each cell, blurred over neighbours, and noise."""
    shares = part.reshape(GEOMETRY.rows, CELL, GEOMETRY.columns, CELL).mean((1, 3))
    noisy = gaussian_filter(shares, 1.5) + np.random.default_rng(2).normal(0, 0.02, shares.shape)
    return np.clip(noisy, 0, 1).astype(np.float32)


def unlike(values: np.ndarray, part: np.ndarray) -> float:
    """The share of places on the wrong side of the middle between both means."""
    inside = part[4::8, 4::8]
    middle = (values[inside].mean() + values[~inside].mean()) / 2
    return float(((values > middle) != inside).mean())


def test_edges_of_the_map_go_to_the_edges_of_the_picture(
    departure: np.ndarray, photograph: np.ndarray, part: np.ndarray
) -> None:
    before, after = at_stored_scale(departure, GEOMETRY), with_edges(departure, GEOMETRY, photograph)
    assert after.dtype == np.float32
    assert after.shape == before.shape == stored_scale_shape(GEOMETRY) == (40, 60)
    assert unlike(after, part) < 0.5 * unlike(before, part)
    across = after[20, 15:24]  # the part begins at 156 pixels, in the twentieth value
    assert np.argmax(np.diff(across)) + 15 in (18, 19)


def test_the_map_keeps_its_range_and_what_is_not_assessable(departure: np.ndarray, photograph: np.ndarray) -> None:
    departure[3:6, 4:8] = np.nan
    before, after = at_stored_scale(departure, GEOMETRY), with_edges(departure, GEOMETRY, photograph)
    np.testing.assert_array_equal(np.isnan(after), np.isnan(before))
    assert np.nanmin(departure) <= np.nanmin(after) <= np.nanmax(after) <= np.nanmax(departure)


def test_an_even_picture_adds_no_edge(departure: np.ndarray) -> None:
    even = np.full((HEIGHT, WIDTH, 3), 128, np.uint8)
    steps = np.abs(np.diff(with_edges(departure, GEOMETRY, even), axis=1)).max()
    assert steps < np.abs(np.diff(at_stored_scale(departure, GEOMETRY), axis=1)).max()


@pytest.mark.parametrize(("cell", "height", "width"), [(16, 101, 151), (64, 300, 401), (5, 49, 51)])
def test_it_fits_any_size_of_picture_and_cell(cell: int, height: int, width: int) -> None:
    geometry = MapGeometry(-(-height // cell), -(-width // cell), cell, height, width)
    values = np.random.default_rng(3).random((geometry.rows, geometry.columns), np.float32)
    picture = np.random.default_rng(4).integers(0, 256, (height, width, 3), np.uint8)
    assert with_edges(values, geometry, picture).shape == at_stored_scale(values, geometry).shape
