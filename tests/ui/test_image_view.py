"""Looking: positions, zoom, pointer, keys."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import weakref
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from tests.ui.canvas_samples import Mouse, sample_pixels, sample_result
from workstation.ui.display_frame import DisplayFrame
from workstation.ui.image_view import ImageView, Layer, PointerReading, Tool, ViewState


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_speaks_of_stored_pixels(view: ImageView, mouse: Mouse, orientation: int) -> None:
    pixels = sample_pixels(orientation=orientation)
    view.show_pixels(pixels)
    readings: list[PointerReading | None] = []
    view.hovered.connect(readings.append)
    for x, y in ((0, 0), (159, 0), (0, 95), (159, 95), (40, 70)):
        mouse.move(x + 0.5, y + 0.5)
        reading = readings[-1]
        assert reading is not None
        assert (reading.x, reading.y) == (x, y)
        assert reading.rgb == (x, y, 7)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_what_is_painted_is_what_is_read(view: ImageView, mouse: Mouse, orientation: int) -> None:
    view.show_pixels(sample_pixels(orientation=orientation))
    image = view.grab_view()
    for x, y in ((8, 8), (150, 8), (40, 70)):
        place = view.canvas.to_view(x + 0.5, y + 0.5)
        colour = image.pixelColor(place.toPoint())
        assert (colour.red(), colour.green()) == (x, y)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_frame_maps_there_and_back(orientation: int) -> None:
    frame = DisplayFrame(160, 96, orientation)
    assert frame.to_stored(*frame.to_display(31.25, 7.5)) == (31.25, 7.5)
    place = frame.transform.map(QPointF(31.25, 7.5))
    assert (place.x(), place.y()) == frame.to_display(31.25, 7.5)
    x, y = frame.to_stored_arrays(np.array([place.x()]), np.array([place.y()]))
    assert (x.item(), y.item()) == (31.25, 7.5)


def test_hovering_gives_the_number_of_the_departure_map(view: ImageView, mouse: Mouse) -> None:
    result = sample_result()
    view.show_result(result)
    view.set_layer(Layer.DEPARTURE)
    readings: list[PointerReading | None] = []
    masks: list[np.ndarray | None] = []
    view.hovered.connect(readings.append)
    view.patches_under_pointer.connect(masks.append)
    mouse.move(70, 40)
    reading = readings[-1]
    assert reading is not None
    assert result.maps is not None
    assert reading.departure == float(result.maps.departure[2, 4]) == reading.value
    assert reading.patch == (2, 4)
    assert masks[-1] is not None
    assert np.argwhere(masks[-1]).tolist() == [[2, 3], [2, 4], [3, 3], [3, 4]] or masks[-1][2, 4]
    mouse.move(3, 3)
    assert readings[-1] is not None
    assert (readings[-1].departure, readings[-1].assessable) == (None, False)
    mouse.move(-20, 3)
    assert (readings[-1], masks[-1]) == (None, None)


def test_hovering_inside_one_pixel_says_nothing_twice(view: ImageView, mouse: Mouse) -> None:
    readings: list[object] = []
    view.hovered.connect(readings.append)
    mouse.move(10.2, 10.2)
    mouse.move(10.6, 10.6)
    assert len(readings) == 1


def test_a_resting_pointer_reads_what_changes_under_it(view: ImageView, mouse: Mouse) -> None:
    readings: list[PointerReading | None] = []
    view.hovered.connect(readings.append)
    mouse.move(70, 40)
    view.show_result(sample_result())
    view.set_layer(Layer.GROUPS)
    view.clear_map()
    view.pan(-50, 0)
    assert None not in readings
    read = [reading for reading in readings if reading is not None]
    assert [reading.departure is None for reading in read] == [True, False, False, True, True]
    assert read[2].value == "A"
    assert read[4].x > read[3].x


def test_return_pins_the_middle_of_the_view(view: ImageView, qtbot: QtBot) -> None:
    with qtbot.waitSignal(view.pinned) as told:
        qtbot.keyClick(view.canvas, Qt.Key.Key_Return)
    assert (told.args[0].x, told.args[0].y) == (80, 48)


def test_tab_goes_from_the_picture_to_the_legend_and_on(view: ImageView, qtbot: QtBot) -> None:
    view.show_result(sample_result())
    view.set_layer(Layer.DEPARTURE)
    view.setFocus()
    qtbot.waitUntil(view.canvas.hasFocus)
    qtbot.keyClick(view.canvas, Qt.Key.Key_Tab)
    assert view.legend.hasFocus()


def test_the_value_of_every_layer(view: ImageView, mouse: Mouse) -> None:
    result = sample_result()
    view.show_result(result)
    assert result.maps is not None
    view.show_similarity(np.full(result.maps.departure.shape, 0.25, np.float32))
    values = {}
    for layer in Layer:
        view.set_layer(layer)
        reading = view.reading_at(view.canvas.to_view(90, 40))
        assert reading is not None
        values[layer] = reading.value
    assert values[Layer.GROUPS] == "B"
    assert values[Layer.CUT] == "smaller side"
    assert values[Layer.SIMILARITY] == 0.25
    assert values[Layer.PCA] == pytest.approx((0.125, 0.125, 0.125))
    assert values[Layer.ORIGINAL] is None


def test_the_wheel_zooms_to_the_cursor_far_past_400_percent(view: ImageView, mouse: Mouse) -> None:
    place = view.canvas.to_view(100.5, 30.5)
    for _ in range(40):
        mouse.wheel(place, 120)
    assert view.zoom == 6400
    reading = view.reading_at(place)
    assert reading is not None
    assert (reading.x, reading.y) == (100, 30)
    for _ in range(40):
        mouse.wheel(place, -120)
    assert view.zoom == pytest.approx(25)


def test_zoom_is_told_in_device_pixels(view: ImageView, qtbot: QtBot) -> None:
    with qtbot.waitSignal(view.zoom_changed) as told:
        view.actual_size()
    assert told.args == [100.0]
    a, b = view.canvas.to_view(10, 0), view.canvas.to_view(11, 0)
    assert (b.x() - a.x()) * view.devicePixelRatioF() == 1


def test_the_pixels_of_100_percent_are_those_of_the_file(view: ImageView) -> None:
    view.actual_size()
    image = view.grab_view()
    place = view.canvas.to_view(0, 0).toPoint()
    row = [image.pixelColor(place.x() + x, place.y() + 50).red() for x in range(160)]
    assert row == list(range(160))


def test_100_percent_means_device_pixels_on_a_screen_at_200_percent() -> None:
    """The scale of the screen is fixed when Qt starts, hence a process of its own."""
    script = """
from PySide6.QtWidgets import QApplication
from tests.ui.canvas_samples import sample_pixels
from workstation.ui.image_view import ImageView
app = QApplication([])
view = ImageView()
view.resize(300, 200)
view.show_pixels(sample_pixels())
view.show()
view.actual_size()
image, place = view.grab_view(), view.canvas.to_view(0, 0)
assert (view.devicePixelRatioF(), view.zoom, image.width()) == (2.0, 100.0, 600)
left, top = round(place.x() * 2), round(place.y() * 2)
print([image.pixelColor(left + x, top + 50).red() for x in range(160)] == list(range(160)))
"""
    environment = {**os.environ, "QT_SCALE_FACTOR": "2", "QT_QPA_PLATFORM": "offscreen"}
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=environment,
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.strip() == "True", done.stderr


def test_a_double_click_goes_between_fit_and_100_percent_and_never_pins(
    view: ImageView, mouse: Mouse, qtbot: QtBot, qapp: object
) -> None:
    pinned: list[object] = []
    view.pinned.connect(pinned.append)
    fitted = view.zoom
    mouse.double_click(30, 30)
    assert view.zoom == 100
    mouse.double_click(30, 30)
    assert view.zoom == fitted
    qtbot.wait(qapp.doubleClickInterval() + 50)  # type: ignore[attr-defined]
    assert pinned == []


def test_a_single_click_pins_once_it_is_sure(view: ImageView, mouse: Mouse, qtbot: QtBot) -> None:
    with qtbot.waitSignal(view.pinned, timeout=2000) as told:
        mouse.click(30.5, 40.5)
        assert not told.signal_triggered
    assert (told.args[0].x, told.args[0].y) == (30, 40)
    with qtbot.waitSignal(view.pinned) as told:
        assert view.escape()
    assert told.args == [None]


def test_two_clicks_in_two_places_are_two_pins(view: ImageView, mouse: Mouse, qtbot: QtBot) -> None:
    pinned: list[PointerReading] = []
    view.pinned.connect(pinned.append)
    mouse.click(30.5, 40.5)
    mouse.click(90.5, 20.5)
    qtbot.waitUntil(lambda: len(pinned) == 2, timeout=2000)
    assert [(reading.x, reading.y) for reading in pinned] == [(30, 40), (90, 20)]


def test_dragging_with_the_hand_moves_the_picture_and_pins_nothing(view: ImageView, mouse: Mouse, qtbot: QtBot) -> None:
    pinned: list[object] = []
    view.pinned.connect(pinned.append)
    view.actual_size()
    before = view.canvas.to_view(0, 0)
    mouse.drag((80, 50), (70, 45), (60, 40))
    moved = view.canvas.to_view(0, 0) - before
    assert (moved.x(), moved.y()) == (-20, -10)
    qtbot.wait(20)
    assert pinned == []


def test_arrow_keys_move_the_picture(view: ImageView, qtbot: QtBot) -> None:
    view.actual_size()
    before = view.canvas.to_view(0, 0)
    qtbot.keyClick(view.canvas, Qt.Key.Key_Right)
    moved = view.canvas.to_view(0, 0) - before
    assert (moved.x(), moved.y()) == (-64, 0)


def test_layers_opacity_and_limits_leave_the_view_alone(view: ImageView) -> None:
    view.show_result(sample_result())
    view.canvas.zoom_at(QPointF(100, 100), 3)
    before = view.view_state()
    for layer in Layer:
        view.set_layer(layer)
        view.set_opacity(0.3)
        view.set_limits(0.0, 0.4)
        view.set_contours(True)
        now = view.view_state()
        assert (now.x, now.y, now.zoom) == (before.x, before.y, before.zoom)


def test_a_view_can_be_left_and_come_back_to(view: ImageView) -> None:
    view.show_pixels(sample_pixels(orientation=6))
    view.show_result(sample_result())
    view.set_layer(Layer.GROUPS)
    view.set_opacity(0.4)
    view.set_limits(0.1, 0.3)
    view.canvas.zoom_at(QPointF(120, 90), 2.5)
    state = view.view_state()
    other = sample_pixels(300, 200)
    view.show_pixels(other)
    view.show_pixels(sample_pixels(orientation=6))
    view.show_result(sample_result())
    view.restore_view_state(state)
    assert view.view_state() == state
    assert isinstance(state, ViewState)
    view.fit()
    fitted = view.view_state()
    view.resize(500, 300)
    view.restore_view_state(fitted)
    assert view.zoom == pytest.approx(300 / 160 * 100)


def test_a_picture_of_the_same_size_keeps_zoom_and_position(view: ImageView) -> None:
    view.canvas.zoom_at(QPointF(100, 100), 3)
    before = view.view_state()
    view.show_pixels(sample_pixels())
    assert view.view_state() == before


def test_space_held_shows_the_original_until_it_is_let_go(view: ImageView, qtbot: QtBot) -> None:
    view.show_result(sample_result())
    view.set_layer(Layer.DEPARTURE)
    with_map = view.grab_view()
    view.setFocus()
    qtbot.waitUntil(view.canvas.hasFocus)
    qtbot.keyPress(view.canvas, Qt.Key.Key_Space)
    blinked = view.grab_view()
    place = view.canvas.to_view(100.5, 60.5).toPoint()
    assert blinked.pixelColor(place).getRgb()[:3] == (100, 60, 7)
    assert with_map.pixelColor(place) != blinked.pixelColor(place)
    qtbot.keyRelease(view.canvas, Qt.Key.Key_Space)
    assert view.grab_view() == with_map
    assert view.layer is Layer.DEPARTURE


def test_losing_the_focus_ends_the_blink(view: ImageView, qtbot: QtBot) -> None:
    view.show_result(sample_result())
    view.set_layer(Layer.DEPARTURE)
    view.set_blink(True)
    view.setFocus()
    view.canvas.clearFocus()
    assert not view.legend.isHidden()


def test_single_keys_belong_to_the_window_and_act_only_with_the_focus(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    layout, view, line = QVBoxLayout(window), ImageView(), QLineEdit()
    layout.addWidget(view)
    layout.addWidget(line)
    view.show_pixels(sample_pixels())
    pressed: list[str] = []
    for key in ("F", "R", "+", "3"):
        shortcut = QShortcut(QKeySequence(key), view)
        shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        shortcut.activated.connect(lambda key=key: pressed.append(key))
    window.show()
    qtbot.waitExposed(window)
    view.setFocus()
    qtbot.waitUntil(view.canvas.hasFocus)
    for key in "fr+3":
        qtbot.keyClicks(view.canvas, key)
    assert pressed == ["F", "R", "+", "3"]
    line.setFocus()
    qtbot.keyClicks(line, "fr 3")
    assert (line.text(), len(pressed)) == ("fr 3", 4)


def test_numbers_are_written_into_visible_pixels_from_1600_percent(view: ImageView) -> None:
    values = view.canvas.values
    shown = {}
    for zoom in (15.9, 16.0, 40.0):
        view.canvas.zoom_at(QPointF(320, 240), zoom / view.canvas.camera.zoom)
        image = view.grab_view()
        place = view.canvas.to_view(80, 48).toPoint()
        square = [(x, y) for x in range(1, int(zoom)) for y in range(1, int(zoom))]
        shown[values.shows] = {image.pixel(place.x() + x, place.y() + y) for x, y in square}
    assert list(shown) == ["", "luma", "channels"]
    assert len(shown[""]) == 1
    assert len(shown["luma"]) > 3
    assert len(shown["channels"]) > 3


def test_no_picture_at_all_is_a_state_too(qtbot: QtBot) -> None:
    view = ImageView()
    qtbot.addWidget(view)
    view.show()
    mouse = Mouse(view.canvas)
    mouse.move(10, 10)
    mouse.click(10, 10)
    mouse.double_click(10, 10)
    mouse.wheel(QPointF(5, 5), 120)
    view.set_tool(Tool.RECTANGLE)
    mouse.drag((1, 1), (5, 5))
    view.set_layer(Layer.DEPARTURE)
    view.fit()
    view.show_pixels(sample_pixels())
    view.show_pixels(None)
    assert view.reading_at(QPointF(3, 3)) is None


@pytest.mark.parametrize(("width", "height"), [(1, 1), (1, 20_000), (40, 40), (20_000, 1)])
def test_odd_sizes_are_shown(view: ImageView, width: int, height: int) -> None:
    view.show_pixels(sample_pixels(width, height))
    view.grab_view()
    view.actual_size()
    view.grab_view()
    view.canvas.zoom_at(QPointF(320, 240), 1000)
    assert view.zoom == 6400
    view.grab_view()


def test_a_picture_that_was_replaced_is_let_go(view: ImageView) -> None:
    pixels = sample_pixels()
    view.show_pixels(pixels)
    view.show_result(sample_result())
    view.grab_view()
    array = weakref.ref(pixels.rgb)
    items = len(view.canvas.scene().items())
    view.show_pixels(sample_pixels(300, 200))
    view.grab_view()
    del pixels
    gc.collect()
    assert array() is None
    assert len(view.canvas.scene().items()) == items


def test_every_control_has_a_name_for_screen_readers(view: ImageView) -> None:
    view.show_result(sample_result())
    view.set_layer(Layer.DEPARTURE)
    view.show_message("A sentence.", "warning", "Do it")
    for widget in (view, view.canvas, view.legend, view.message_bar):
        assert widget.accessibleName()
    assert "0.5" not in view.legend.accessibleName()
    assert "reference group" in view.legend.accessibleDescription()


def test_a_message_offers_its_next_step(view: ImageView, qtbot: QtBot) -> None:
    view.show_message("The file has changed since it was opened.", "error", "Open again")
    bar = view.message_bar
    assert bar.text == "The file has changed since it was opened."
    with qtbot.waitSignal(view.message_action) as told:
        qtbot.mouseClick(bar._action, Qt.MouseButton.LeftButton)
    assert told.args == ["Open again"]
    view.hide_message()
    assert bar.text == ""
    with pytest.raises(ValueError, match="loud"):
        view.show_message("x", "loud")
