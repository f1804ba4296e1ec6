from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from tests.ui.canvas_samples import Mouse, sample_pixels, sample_result
from workstation.ui.compare import CompareMode, CompareView
from workstation.ui.image_view import ImageView, Layer


@pytest.fixture
def compare(qtbot: QtBot) -> CompareView:
    compare = CompareView()
    qtbot.addWidget(compare)
    compare.resize(900, 500)
    compare.show()
    qtbot.waitExposed(compare)
    compare.show_pair((sample_pixels(), None), (sample_pixels(), sample_result()))
    return compare


def looks_at(view: ImageView) -> tuple[float, float, float]:
    state = view.view_state()
    return round(state.x, 6), round(state.y, 6), round(state.zoom, 6)


def test_two_pictures_share_zoom_and_position(compare: CompareView) -> None:
    compare.left.canvas.zoom_at(QPointF(50, 60), 4)
    assert looks_at(compare.right) == looks_at(compare.left)
    compare.right.pan(30, -20)
    assert looks_at(compare.right) == pytest.approx(looks_at(compare.left), abs=1e-9)
    compare.right.fit()
    assert looks_at(compare.right) == pytest.approx(looks_at(compare.left), abs=1e-9)


def test_with_the_lock_lifted_each_moves_alone_and_closing_it_keeps_what_lies_beside_what(compare: CompareView) -> None:
    told: list[bool] = []
    compare.lock_changed.connect(told.append)
    compare.left.canvas.zoom_at(QPointF(200, 200), 2)
    compare.set_locked(False)
    compare.right.pan(-40, 0)
    left, right = looks_at(compare.left), looks_at(compare.right)
    assert left != right
    compare.set_locked(True)
    assert (looks_at(compare.left), looks_at(compare.right)) == (left, right)
    compare.left.pan(0, 25)
    assert looks_at(compare.right)[0] == pytest.approx(right[0])
    assert looks_at(compare.right)[1] - right[1] == pytest.approx(looks_at(compare.left)[1] - left[1])
    compare.align()
    assert looks_at(compare.right) == looks_at(compare.left)
    assert told == [False, True]


def test_pictures_of_two_sizes_move_by_the_same_step_on_the_screen(compare: CompareView) -> None:
    compare.show_pair((sample_pixels(), None), (sample_pixels(320, 192), None))
    assert looks_at(compare.right) == (160, 96, pytest.approx(looks_at(compare.left)[2] / 2))
    compare.left.canvas.zoom_at(QPointF(200, 200), 2)
    x, y, zoom = looks_at(compare.left)
    assert looks_at(compare.right) == (pytest.approx(2 * x), pytest.approx(2 * y), pytest.approx(zoom / 2))


def test_the_pointer_in_one_view_is_shown_at_the_same_place_of_the_other(compare: CompareView) -> None:
    compare.left.canvas.zoom_at(QPointF(100, 100), 2)
    plain = compare.right.grab_view()
    Mouse(compare.left.canvas).move(60, 40)
    place = compare.right.canvas.to_view(60.5, 40.5).toPoint()
    assert compare.right.grab_view().pixel(place) != plain.pixel(place)
    compare.set_locked(False)
    Mouse(compare.left.canvas).move(61, 41)
    assert compare.right.grab_view() == plain


def test_a_curtain_lies_between_two_layers_of_one_picture(compare: CompareView, qtbot: QtBot) -> None:
    compare.show_layers(sample_pixels(), sample_result(), Layer.ORIGINAL, Layer.DEPARTURE)
    qtbot.waitUntil(lambda: compare.left.width() == compare.right.width() == compare.width())
    compare.left.canvas.zoom_at(QPointF(300, 200), 1.4)
    assert looks_at(compare.right) == looks_at(compare.left)
    handle = compare._curtain.handle
    handle.setFocus()
    for _ in range(6):
        qtbot.keyClick(handle, Qt.Key.Key_Right)
    assert handle.share == pytest.approx(0.8)
    image = compare.grab().toImage()
    row = image.height() // 2
    assert image.pixelColor(100, row).blue() == 7  # the photograph
    assert image.pixelColor(image.width() - 60, row).blue() != 7
    for _ in range(30):
        qtbot.keyClick(handle, Qt.Key.Key_Left)
    assert handle.share == 0
    assert compare.grab().toImage().pixelColor(100, row).blue() != 7


def test_arrow_keys_draw_the_curtain_though_the_window_moves_the_picture_with_them(compare: CompareView) -> None:
    handle = compare._curtain.handle
    for key, kept in ((Qt.Key.Key_Left, True), (Qt.Key.Key_Right, True), (Qt.Key.Key_F, False)):
        asked = QKeyEvent(QEvent.Type.ShortcutOverride, key, Qt.KeyboardModifier.NoModifier)
        asked.ignore()
        handle.event(asked)
        assert asked.isAccepted() == kept


def test_the_curtain_keeps_the_lock_closed_and_the_views_come_back_beside_each_other(
    compare: CompareView, qtbot: QtBot
) -> None:
    told: list[CompareMode] = []
    compare.mode_changed.connect(told.append)
    compare.set_mode(CompareMode.CURTAIN)
    compare.set_locked(False)
    assert compare.locked
    compare.set_mode(CompareMode.SIDE_BY_SIDE)
    qtbot.waitUntil(lambda: compare.right.x() > compare.left.x() and compare.left.width() < 500)
    assert told == [CompareMode.CURTAIN, CompareMode.SIDE_BY_SIDE]
    compare.set_locked(False)
    assert not compare.locked


def test_what_can_be_focused_has_a_name(compare: CompareView) -> None:
    assert compare.left.accessibleName() != compare.right.accessibleName()
    assert compare._curtain.handle.accessibleName()
    assert "locked" in compare._lock_button.accessibleName()


def test_long_names_of_two_pictures_make_nothing_wider(qtbot) -> None:
    compare = CompareView()
    qtbot.addWidget(compare)
    before = compare.minimumSizeHint().width()
    compare.resize(900, 500)
    long = "a_name_without_a_blank_" * 10 + ".jpg"
    compare.set_titles(long, "b.jpg")
    assert compare.minimumSizeHint().width() == before
    left, right = (label for label in compare.findChildren(QLabel) if label.accessibleName() in {long, "b.jpg"})
    assert "…" in left.text()
    assert left.text().endswith(".jpg")
    assert right.text() == "b.jpg"
