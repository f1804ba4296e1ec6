"""Properties of the published maps that need no golden arrays."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workstation.analysis import published
from workstation.analysis.geometry import RESPONSE_LIMIT, PatchGrid
from workstation.analysis.mean_shift import ITERATIONS, WINDOW_PERCENTILE, mean_shift
from workstation.errors import ImageTooSmall

grids = st.builds(
    PatchGrid,
    rows=st.integers(1, 5),
    columns=st.integers(1, 5),
    patch=st.just(64),
    stride=st.just(16),
    spread=st.integers(1, 4),
)


def features(grid: PatchGrid, seed: int, dimensions: int = 7) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(grid.rows, grid.columns, dimensions)).astype(np.float32)


def looped_responses(patches: np.ndarray, grid: PatchGrid, assessable: np.ndarray) -> np.ndarray:
    """The published loop over all pairs, with pairs of patches that are not assessable left out."""
    sums = np.zeros((grid.map_rows, grid.map_columns) * 2)
    votes = np.full_like(sums, 1e-4)
    k = grid.spread
    for i, j in np.argwhere(assessable):
        for u, v in np.argwhere(assessable):
            a, b = patches[i, j], patches[u, v]
            distance = 1 - a @ b / (np.linalg.norm(a) * np.linalg.norm(b))
            block = np.s_[i : i + k, j : j + k, u : u + k, v : v + k]
            sums[block] += distance
            votes[block] += 1
    sums[votes < 1] = np.nan
    return sums / votes


@settings(deadline=None, max_examples=40)
@given(grids, st.integers(0, 1000), st.data())
def test_response_maps_are_the_loop_over_pairs(grid: PatchGrid, seed: int, data: st.DataObject) -> None:
    mask = data.draw(st.lists(st.booleans(), min_size=grid.rows * grid.columns, max_size=grid.rows * grid.columns))
    assessable = np.array(mask).reshape(grid.rows, grid.columns)
    patches = features(grid, seed)
    found = published.response_maps(patches, grid, assessable)
    np.testing.assert_allclose(found, looped_responses(patches, grid, assessable), atol=3e-6)


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 1000), st.permutations(range(12)))
def test_without_overlap_the_order_of_patches_does_not_matter(seed: int, order: list[int]) -> None:
    grid = PatchGrid(rows=1, columns=12, patch=64, stride=64, spread=1)
    patches = features(grid, seed)
    whole = published.response_maps(patches, grid)[0, :, 0]
    shuffled = published.response_maps(patches[:, order], grid)[0, :, 0]
    np.testing.assert_allclose(shuffled, whole[np.ix_(order, order)], atol=1e-6)


@given(grids)
def test_equal_patches_respond_with_nothing(grid: PatchGrid) -> None:
    same = np.ones((grid.rows, grid.columns, 5), np.float32)
    responses = published.response_maps(same, grid)
    np.testing.assert_allclose(responses, 0, atol=1e-6)
    assert published.score(responses) == pytest.approx(0, abs=1e-6)


def test_a_patch_that_is_not_assessable_changes_nothing() -> None:
    grid = PatchGrid(rows=4, columns=4, patch=64, stride=16, spread=2)
    assessable = np.ones((4, 4), np.bool_)
    assessable[1, 2] = False
    patches = features(grid, 0)
    other = patches.copy()
    other[1, 2] = np.nan
    np.testing.assert_array_equal(
        published.response_maps(patches, grid, assessable), published.response_maps(other, grid, assessable)
    )


def looped_mean_shift(rows: np.ndarray) -> np.ndarray:
    """The published loop: one point after another, neighbours among the original rows."""
    points = rows.astype(np.float64)
    radius = np.percentile(np.linalg.norm(points[:, None] - points, axis=2), WINDOW_PERCENTILE)
    original = points.copy()
    for _ in range(ITERATIONS):
        for i in range(len(points)):
            near = np.linalg.norm(original - points[i], axis=1) <= radius
            points[i] = points[near].mean(axis=0)
    counts = (np.linalg.norm(points[:, None] - points, axis=2) <= radius).sum(axis=1)
    return points[counts == counts.max()].mean(axis=0)


@pytest.mark.parametrize("seed", range(4))
def test_one_triangular_solve_is_one_sweep_in_index_order(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows = np.concatenate([rng.normal(0, 1, (40, 6)), rng.normal(6, 1, (15, 6))]).astype(np.float32)
    np.testing.assert_allclose(mean_shift(rows).densest, looped_mean_shift(rows), atol=1e-4)


def test_mean_shift_of_equal_points_is_that_point() -> None:
    found = mean_shift(np.full((20, 3), 0.25, np.float32))
    np.testing.assert_allclose(found.densest, 0.25)
    assert found.members.all()


def test_stride_is_never_below_one() -> None:
    grid = PatchGrid.for_image(150, 150, patch=128, per_dimension=30)
    assert (grid.stride, grid.rows, grid.columns) == (1, 23, 23)


@given(st.integers(128, 400), st.integers(128, 400), st.integers(1, 60))
def test_spread_keeps_the_response_maps_under_the_limit(height: int, width: int, per_dimension: int) -> None:
    grid = PatchGrid.for_image(height, width, patch=128, per_dimension=per_dimension)
    full = grid.full_spread
    assert grid.response_bytes <= RESPONSE_LIMIT or grid.spread == 1
    if grid.spread < full:
        larger = 4 * ((grid.rows + grid.spread) * (grid.columns + grid.spread)) ** 2
        assert larger > RESPONSE_LIMIT


@pytest.mark.parametrize(("height", "width"), [(40, 40), (1, 20000), (127, 500)])
def test_image_without_a_patch_is_an_error_with_its_size(height: int, width: int) -> None:
    with pytest.raises(ImageTooSmall, match=f"{width}×{height} pixels hold no patch of 128×128"):
        PatchGrid.for_image(height, width, patch=128, per_dimension=30)
