from __future__ import annotations

import pytest

from workstation.ui.camera import MAX_ZOOM, Camera


@pytest.fixture
def camera() -> Camera:
    camera = Camera()
    camera.set_view(800, 600, 1.0)
    camera.set_image(4000, 3000)
    return camera


def test_a_new_picture_is_fitted(camera: Camera) -> None:
    assert camera.zoom == 0.2
    assert camera.to_view(0, 0) == (0, 0)
    assert camera.to_view(4000, 3000) == pytest.approx((800, 600))


def test_a_fitted_picture_stays_fitted_and_a_zoomed_one_keeps_its_centre_in_another_view(
    camera: Camera,
) -> None:
    camera.set_view(400, 600, 1.0)
    assert camera.zoom == 0.1
    camera.look_at(1000, 700, 2.0)
    camera.set_view(900, 500, 1.0)
    assert (camera.centre_x, camera.centre_y, camera.zoom) == (1000, 700, 2.0)


@pytest.mark.parametrize("ratio", [1.0, 1.5, 2.0])
def test_the_place_under_the_cursor_stays_through_every_zoom(ratio: float) -> None:
    camera = Camera()
    camera.set_view(800, 600, ratio)
    camera.set_image(4000, 3000)
    x, y = camera.to_image(200, 150)
    for factor in (1.25,) * 20 + (0.8,) * 12:
        camera.zoom_at(200, 150, camera.zoom * factor)
        moved_x = camera.to_view(x, y)[0]
        # The picture is drawn on whole device pixels: half of one (and rounding of the first reading) may be missing.
        assert abs(moved_x - 200) <= 1.01 / ratio * max(1.0, camera.zoom / 0.2)
    assert camera.centre_x + (200 - 400) / camera.scale == pytest.approx(1000, abs=1e-6)
    assert camera.centre_y + (150 - 300) / camera.scale == pytest.approx(750, abs=1e-6)


@pytest.mark.parametrize("ratio", [1.0, 1.25, 2.0])
def test_at_100_percent_pixels_lie_on_device_pixels(ratio: float) -> None:
    camera = Camera()
    camera.set_view(801, 599, ratio)
    camera.set_image(4001, 2999)
    camera.look_at(1234.3, 777.7, 1.0)
    left, top = camera.origin
    assert (left * ratio) % 1 == pytest.approx(0, abs=1e-9)
    assert (top * ratio) % 1 == pytest.approx(0, abs=1e-9)
    first, second = camera.to_view(10, 0)[0], camera.to_view(11, 0)[0]
    assert (second - first) * ratio == pytest.approx(1)


def test_zoom_ends_at_6400_percent(camera: Camera) -> None:
    for _ in range(100):
        camera.zoom_at(10, 10, camera.zoom * 1.25)
    assert camera.zoom == MAX_ZOOM == 64


def test_steps_go_through_100_percent(camera: Camera) -> None:
    zooms = []
    while camera.zoom < MAX_ZOOM:
        camera.zoom_at(400, 300, camera.next_step(+1))
        zooms.append(camera.zoom)
    assert 1.0 in zooms
    assert zooms == sorted(set(zooms))
    assert camera.next_step(-1) == 48


def test_the_picture_never_leaves_the_view(camera: Camera) -> None:
    camera.look_at(2000, 1500, 4.0)
    camera.pan(1e9, -1e9)
    assert (camera.centre_x, camera.centre_y) == (0, 3000)


def test_a_picture_of_the_same_size_keeps_the_view_and_another_is_fitted(camera: Camera) -> None:
    camera.look_at(1000, 700, 2.0)
    camera.set_image(4000, 3000)
    assert camera.zoom == 2.0
    camera.set_image(3000, 4000)
    assert camera.fitted
    assert camera.zoom == 0.15
