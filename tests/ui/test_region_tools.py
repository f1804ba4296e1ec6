from __future__ import annotations

import pytest

from workstation.analysis.regions import Region
from workstation.ui.region_items import bounds, handles, moved, region_path, resized
from workstation.ui.region_tools import RegionSketch, encloses_area

TRIANGLE = Region("t", "polygon", ((10.0, 10.0), (50.0, 10.0), (10.0, 40.0)))
BOX = Region("b", "rectangle", ((10.0, 20.0), (30.0, 60.0)))


def test_a_rectangle_has_whole_corners_in_order_whatever_the_drag() -> None:
    sketch = RegionSketch("rectangle", 100, 80)
    sketch.press(60.4, 50.6)
    sketch.move(20.2, 10.49)
    assert sketch.release() == Region("", "rectangle", ((20.0, 10.0), (60.0, 51.0)))


def test_a_region_ends_at_the_border_of_the_image() -> None:
    sketch = RegionSketch("ellipse", 100, 80)
    sketch.press(-5, 70)
    sketch.move(400, 400)
    assert sketch.release() == Region("", "ellipse", ((0.0, 70.0), (100.0, 80.0)))


def test_shift_keeps_the_sides_equal_and_inside_the_image() -> None:
    sketch = RegionSketch("rectangle", 100, 80)
    sketch.press(50, 50)
    sketch.move(60, 75, square=True)
    assert sketch.release() == Region("", "rectangle", ((50.0, 50.0), (75.0, 75.0)))
    sketch = RegionSketch("rectangle", 100, 80)
    sketch.press(50, 50)
    sketch.move(0, 100, square=True)
    assert sketch.release() == Region("", "rectangle", ((20.0, 50.0), (50.0, 80.0)))


def test_a_click_or_a_line_is_no_region() -> None:
    sketch = RegionSketch("rectangle", 100, 80)
    sketch.press(50, 50)
    assert sketch.release() is None
    sketch.move(50, 70)
    assert sketch.release() is None


def test_a_lasso_takes_every_whole_pixel_of_the_path_once() -> None:
    sketch = RegionSketch("lasso", 100, 80)
    sketch.press(10, 10)
    for x, y in ((10.2, 10.3), (40, 10), (40, 30), (10, 10)):
        sketch.move(x, y)
    assert sketch.release() == Region("", "lasso", ((10.0, 10.0), (40.0, 10.0), (40.0, 30.0)))


def test_a_polygon_takes_back_vertices_and_needs_an_area() -> None:
    sketch = RegionSketch("polygon", 100, 80)
    for x, y in ((10, 10), (40, 10), (70, 10)):
        sketch.press(x, y)
    assert sketch.close() is None
    assert sketch.step_back()
    sketch.press(40, 50)
    assert sketch.closes_at(11, 11, reach=3)
    assert not sketch.closes_at(14, 14, reach=3)
    assert sketch.close() == Region("", "polygon", ((10.0, 10.0), (40.0, 10.0), (40.0, 50.0)))


def test_moving_keeps_the_shape_and_stays_inside() -> None:
    assert moved(TRIANGLE, 3.4, -20, 100, 80).points == ((13.0, 0.0), (53.0, 0.0), (13.0, 30.0))


@pytest.mark.parametrize(
    ("handle", "position", "corners"),
    [
        (0, (5.2, 8.0), ((5.0, 8.0), (30.0, 60.0))),
        (4, (500, 500), ((10.0, 20.0), (100.0, 80.0))),
        (3, (3, 40), ((10.0, 20.0), (11.0, 60.0))),
        (1, (99, 30), ((10.0, 30.0), (30.0, 60.0))),
    ],
)
def test_handles_move_their_own_sides_and_no_others(
    handle: int, position: tuple[float, float], corners: tuple[tuple[float, float], ...]
) -> None:
    assert resized(BOX, handle, position, (100, 80)).points == corners


def test_a_vertex_of_a_polygon_moves_alone_and_a_long_lasso_is_scaled() -> None:
    assert resized(TRIANGLE, 2, (12, 44), (100, 80)).points == ((10.0, 10.0), (50.0, 10.0), (12.0, 44.0))
    lasso = Region("l", "lasso", tuple((10.0 + n, 10.0 + n % 7) for n in range(60)))
    assert len(handles(lasso)) == 8
    wider = resized(lasso, 3, (99, 0), (200, 80))
    assert bounds(wider) == (10, 10, 99, 16)
    assert wider.points[30][1] == lasso.points[30][1]


def test_paths_are_closed() -> None:
    for region in (BOX, TRIANGLE, Region("e", "ellipse", BOX.points)):
        path = region_path(region)
        assert path.elementAt(0).x == path.elementAt(path.elementCount() - 1).x
        assert (path.boundingRect().left(), path.boundingRect().top()) == bounds(region)[:2]


@pytest.mark.parametrize(
    ("region", "encloses"),
    [
        (Region("", "lasso", ((10.0, 10.0), (40.0, 11.0), (70.0, 10.0))), False),  # drawn straight along
        (Region("", "lasso", ((10.0, 10.0), (40.0, 14.0), (70.0, 10.0), (40.0, 30.0))), True),
        (Region("", "polygon", ((10.0, 10.0), (40.0, 40.0), (41.0, 40.0))), False),
        (Region("", "polygon", ((10.0, 10.0), (40.0, 40.0), (40.0, 10.0), (10.0, 40.0))), True),  # a bow tie
        (Region("", "polygon", ((10.0, 10.0), (40.0, 10.0), (40.0, 40.0))), True),
        (Region("", "rectangle", ((10.0, 10.0), (10.0, 40.0))), False),
        (Region("", "rectangle", ((10.0, 10.0), (11.0, 40.0))), True),  # a column of pixels is meant
        (Region("", "ellipse", ((10.0, 10.0), (40.0, 10.0))), False),
        (Region("", "ellipse", ((10.0, 10.0), (11.0, 11.0))), True),
    ],
)
def test_a_line_encloses_nothing(region: Region, encloses: bool) -> None:
    assert encloses_area(region, 100, 80, narrowest=2.0) is encloses
