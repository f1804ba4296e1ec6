from __future__ import annotations

import numpy as np
import pytest

from workstation.analysis.geometry import MapGeometry, PatchGrid
from workstation.ui.cells import CellLayout, nearest_patch, patches_at
from workstation.ui.contours import contour, label_places

LAYOUT = CellLayout.of_map(MapGeometry(rows=3, columns=4, cell=10, height=33, width=38))


def test_cells_reach_to_the_border_of_the_image_and_not_beyond() -> None:
    assert LAYOUT.x_edges.tolist() == [0, 10, 20, 30, 38]
    assert LAYOUT.y_edges.tolist() == [0, 10, 20, 33]
    assert LAYOUT.centre(2, 3) == (34, 26.5)


def test_patches_are_squares_of_a_stride_around_their_centres() -> None:
    grid = PatchGrid.for_image(300, 400, patch=128, per_dimension=10)
    layout = CellLayout.of_patches(grid, 300, 400)
    assert grid.stride == 27
    assert layout.shape == (grid.rows, grid.columns)
    assert layout.x_edges[1] == 64 + 27 / 2
    assert (layout.x_edges[0], layout.x_edges[-1], layout.y_edges[-1]) == (0, 400, 300)


def test_an_area_becomes_few_rectangles_that_cover_it_once() -> None:
    mask = np.array([[1, 1, 0, 1], [1, 1, 0, 1], [0, 1, 1, 1]], bool)
    boxes = LAYOUT.boxes(mask)
    assert sorted(boxes.tolist()) == [[0, 0, 20, 20], [10, 20, 38, 33], [30, 0, 38, 20]]
    assert LAYOUT.boxes(np.zeros((3, 4), bool)).shape == (0, 4)


def test_random_areas_are_covered_exactly_once() -> None:
    rng = np.random.default_rng(3)
    layout = CellLayout.of_map(MapGeometry(20, 30, 1, 20, 30))
    for _ in range(20):
        mask = rng.random((20, 30)) < rng.random()
        painted = np.zeros((20, 30), int)
        for left, top, right, bottom in layout.boxes(mask).astype(int):
            painted[top:bottom, left:right] += 1
        assert np.array_equal(painted, mask.astype(int))


def test_an_outline_joins_straight_runs() -> None:
    mask = np.zeros((3, 4), bool)
    mask[0:2, 1:3] = True
    assert sorted(LAYOUT.outline(mask).tolist()) == [[10, 0, 10, 20], [10, 0, 30, 0], [10, 20, 30, 20], [30, 0, 30, 20]]


def test_borders_between_labels_leave_out_the_border_of_the_image() -> None:
    labels = np.array([[0, 0, 1, 1]] * 3)
    assert LAYOUT.borders(labels).tolist() == [[20, 0, 20, 33]]


def test_a_contour_lies_where_the_interpolated_value_is() -> None:
    layout = CellLayout.of_map(MapGeometry(4, 5, 10, 40, 50))
    ramp = np.tile(np.arange(5, dtype=np.float32), (4, 1))
    lines = contour(ramp, layout, 1.5)
    assert set(lines[:, [0, 2]].ravel().tolist()) == {20.0}  # half way between the middles 15 and 25
    assert (lines[:, [1, 3]].min(), lines[:, [1, 3]].max()) == (5, 35)
    assert len(contour(ramp, layout, 9.0)) == 0


def test_no_contour_beside_what_is_not_assessable() -> None:
    layout = CellLayout.of_map(MapGeometry(4, 5, 10, 40, 50))
    ramp = np.tile(np.arange(5, dtype=np.float32), (4, 1))
    ramp[0, 2] = np.nan
    lines = contour(ramp, layout, 1.5)
    assert lines[:, [1, 3]].min() == 15


def test_a_saddle_is_drawn_as_two_lines_that_do_not_cross() -> None:
    layout = CellLayout.of_map(MapGeometry(2, 2, 10, 20, 20))
    lines = contour(np.array([[1, 0], [0, 1]], np.float32), layout, 0.4)
    assert sorted(lines.round(6).tolist()) == sorted([[11.0, 5.0, 15.0, 9.0], [9.0, 15.0, 5.0, 11.0]])


def test_a_peak_is_encircled() -> None:
    layout = CellLayout.of_map(MapGeometry(5, 5, 10, 50, 50))
    values = np.zeros((5, 5), np.float32)
    values[2, 2] = 1
    lines = contour(values, layout, 0.5)
    assert len(lines) == 4
    assert np.abs(lines.reshape(-1, 2) - 25).sum(axis=1) == pytest.approx(5)
    assert len(label_places(lines, apart=100)) == 1


@pytest.mark.parametrize(("x", "y", "cell"), [(0.5, 0.5, (0, 0)), (23.9, 24.1, (1, 0)), (159.5, 95.5, (3, 6))])
def test_the_nearest_patch_of_a_covering_grid_is_the_cell(x: float, y: float, cell: tuple[int, int]) -> None:
    grid = PatchGrid.covering(96, 160, patch=64, stride=24)
    assert nearest_patch(grid, x, y) == cell


def test_the_patches_that_hold_a_pixel() -> None:
    grid = PatchGrid(rows=3, columns=5, patch=20, stride=10, spread=2)
    assert np.argwhere(patches_at(grid, 25, 5)).tolist() == [[0, 1], [0, 2]]
    assert not patches_at(grid, 60, 39)[:, :4].any()
    assert not patches_at(grid, 200, 5).any()
