from __future__ import annotations

import time

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLabel, QToolButton
from pytestqt.qtbot import QtBot

from tests.ui.panel_samples import sample_result
from workstation.ui.brushing import inside
from workstation.ui.scatter_panel import DRAWN_AT_MOST, ScatterPanel

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")

SQUARE = np.array([(0.0, 0.0), (2.0, 0.0), (2.0, 2.0), (0.0, 2.0)])


@pytest.fixture
def panel(qtbot: QtBot) -> ScatterPanel:
    panel = ScatterPanel()
    qtbot.addWidget(panel)
    panel.resize(700, 400)
    panel.show()
    panel.show_result(sample_result())
    return panel


def on_screen(panel: ScatterPanel, x: float, y: float) -> QPoint:
    """Where a point of the plot lies in the plot's viewport."""
    scene = panel._view.mapViewToScene(QPointF(x, y))
    return panel._plot.mapFromScene(scene)


def drag(panel: ScatterPanel, qtbot: QtBot, *places: tuple[float, float], shift: bool = False) -> None:
    """Draw with the left button through points that are given in plot coordinates."""
    keys = Qt.KeyboardModifier.ShiftModifier if shift else Qt.KeyboardModifier.NoModifier
    viewport = panel._plot.viewport()
    start, *rest = [on_screen(panel, *place) for place in places]
    qtbot.mousePress(viewport, Qt.MouseButton.LeftButton, keys, start)
    for place in rest:
        for step in (0.5, 1.0):
            between = start + (place - start) * step
            qtbot.mouseMove(viewport, between)
            QGuiApplication.sendPostedEvents()
            time.sleep(0.02)
        start = place
    qtbot.mouseRelease(viewport, Qt.MouseButton.LeftButton, keys, start)


def caption(panel: ScatterPanel) -> str:
    return next(label.text() for label in panel.findChildren(QLabel) if label.accessibleName() == "About the plot")


def test_points_inside_a_polygon() -> None:
    points = np.array([(1, 1), (3, 1), (-1, 1), (1.9, 0.1), (np.nan, np.nan)], np.float32)
    assert inside(SQUARE, points).tolist() == [True, False, False, True, False]
    dart = np.array([(0, 0), (4, 0), (2, 1), (2, 4)], float)  # a corner points inwards
    assert inside(dart, np.array([(3.0, 0.2), (3.0, 2.0), (1.5, 1.0)])).tolist() == [True, False, True]
    assert not inside(SQUARE[:2], points).any()


def test_brushed_polygon_selects_the_patches_of_group_b(panel: ScatterPanel, qtbot: QtBot) -> None:
    with qtbot.waitSignal(panel.patches_selected) as told:
        panel._view.brushed.emit(np.array([(90.0, 0.0), (110.0, 0.0), (110.0, 30.0), (90.0, 30.0)]), False)
    mask = told.args[0]
    assert mask.shape == (20, 30)
    assert mask.dtype == np.bool_
    expected = np.zeros((20, 30), bool)
    expected[1:, :2] = True  # the first row of patches is not assessable
    assert (mask == expected).all()
    assert "Selected: 38." in caption(panel)


def test_shift_adds_to_the_selection_and_clearing_tells_none(panel: ScatterPanel, qtbot: QtBot) -> None:
    told: list[object] = []
    panel.patches_selected.connect(told.append)
    panel._view.brushed.emit(SQUARE + np.array([9.5, 0.5]), False)
    panel._view.brushed.emit(SQUARE + np.array([19.5, 0.5]), True)
    panel.clear_selection()
    panel.clear_selection()
    assert [None if mask is None else np.argwhere(mask).tolist() for mask in told] == [  # type: ignore[call-overload]
        [[1, 10], [1, 11], [2, 10], [2, 11]],
        [[1, 10], [1, 11], [1, 20], [1, 21], [2, 10], [2, 11], [2, 20], [2, 21]],
        None,
    ]


def test_dragging_a_rectangle_with_the_mouse_selects(panel: ScatterPanel, qtbot: QtBot) -> None:
    told: list[np.ndarray] = []
    panel.patches_selected.connect(told.append)
    drag(panel, qtbot, (95.0, 0.2), (106.0, 19.8))
    assert told[-1][1:, :2].all()
    assert told[-1].sum() == 38


def test_drawing_a_lasso_with_the_mouse_selects(panel: ScatterPanel, qtbot: QtBot) -> None:
    lasso = next(b for b in panel.findChildren(QToolButton) if b.accessibleName() == "Brush with a lasso")
    qtbot.mouseClick(lasso, Qt.MouseButton.LeftButton)
    told: list[np.ndarray] = []
    panel.patches_selected.connect(told.append)
    drag(panel, qtbot, (92.0, 0.1), (109.0, 0.1), (109.0, 19.9), (92.0, 19.9))
    assert told[-1].sum() == 38


def test_a_click_selects_the_nearest_point_and_a_click_beside_clears(panel: ScatterPanel, qtbot: QtBot) -> None:
    told: list[object] = []
    panel.patches_selected.connect(told.append)
    panel._view.clicked_at.emit((100.1, 5.1), (2.0, 2.0), False)
    panel._view.clicked_at.emit((70.0, 5.0), (2.0, 2.0), False)
    assert np.argwhere(told[0]).tolist() == [[5, 0]]  # type: ignore[call-overload]
    assert told[1] is None


def test_patches_under_the_pointer_light_up(panel: ScatterPanel) -> None:
    mask = np.zeros((20, 30), bool)
    mask[0, 7] = mask[4, 7] = True
    panel.highlight_patches(mask)
    x, y = panel._lit.getData()
    assert list(zip(x, y, strict=True)) == [(7.0, 4.0)]  # the other is not assessable and has no point
    panel.highlight_patches(None)
    assert len(panel._lit.getData()[0]) == 0
    with pytest.raises(ValueError, match="grid"):
        panel.highlight_patches(np.zeros((3, 3), bool))


def test_groups_differ_in_colour_and_symbol(panel: ScatterPanel) -> None:
    items = panel._group_items
    assert [item.opts["symbol"] for item in items] == ["o", "t1"]
    assert [item.opts["brush"].color().getRgb()[:3] for item in items] == [(86, 180, 233), (230, 159, 0)]
    assert [len(item.data) for item in items] == [28 * 19, 2 * 19]
    assert "● A, ▲ B" in caption(panel)


def test_fifty_thousand_patches_are_thinned_for_drawing_only(qtbot: QtBot) -> None:
    panel = ScatterPanel()
    qtbot.addWidget(panel)
    panel.resize(700, 400)
    panel.show()
    panel.show_result(sample_result(rows=200, columns=250, cell=8))
    panel.grab()
    assert sum(len(item.data) for item in panel._group_items) == DRAWN_AT_MOST
    assert "8\u202f000 of them are drawn (a seeded sample); brushing covers all." in caption(panel)
    told: list[np.ndarray] = []
    panel.patches_selected.connect(told.append)
    angles = np.linspace(0, 2 * np.pi, 300)
    circle = np.stack([120 + 500 * np.cos(angles), 100 + 500 * np.sin(angles)], axis=1)
    panel._view.brushed.emit(circle, False)
    assert told[0].sum() == 199 * 250


def test_without_a_result_the_plot_says_what_it_is_for(panel: ScatterPanel, qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(panel.patches_selected):
        panel.show_result(None)
    assert caption(panel) == "After an analysis every patch is a point here; brush points to find them in the picture."
    assert panel._group_items == []
    panel.highlight_patches(np.ones((4, 4), bool))


def test_points_are_copied_as_a_table(panel: ScatterPanel) -> None:
    mask = np.zeros((20, 30), bool)
    mask[1, 0] = True
    panel.select_patches(mask)
    panel.copy_points()
    lines = QGuiApplication.clipboard().text().splitlines()
    assert lines[0] == "Row\tColumn\tComponent 1\tComponent 2\tGroup\tSelection"
    assert lines[1] == "1\t0\t100\t1\tB\tselected"
    assert lines[3] == "1\t2\t2\t1\tA\t"
    assert len(lines) == 1 + 19 * 30


def test_plot_is_copied_as_an_image(panel: ScatterPanel) -> None:
    panel.copy_picture()
    image = QGuiApplication.clipboard().image()
    assert image.width() >= panel._plot.width()


def test_hundreds_of_lit_points_are_ringed_and_leave_their_groups_to_be_seen(panel: ScatterPanel) -> None:
    panel.highlight_patches(np.arange(20 * 30).reshape(20, 30) < 3)
    assert panel._lit.opts["brush"].color().alpha() > 0
    panel.highlight_patches(np.ones((20, 30), bool))
    assert panel._lit.opts["brush"].color().alpha() == 0
    assert panel._lit.opts["pen"].widthF() == 1


def test_many_chosen_points_are_ringed_thinly(panel: ScatterPanel) -> None:
    few = np.zeros((20, 30), bool)
    few[1, :5] = True
    panel.select_patches(few)
    assert panel._chosen.opts["pen"].widthF() == 1.5
    panel.select_patches(np.ones((20, 30), bool))
    assert panel._chosen.opts["pen"].widthF() < 1


def test_what_is_said_about_the_points_takes_no_room_from_the_picture(panel: ScatterPanel) -> None:
    panel.show_result(None)
    empty = panel.minimumSizeHint().height()

    panel._caption.setText(
        "9 216 patches; near each other = alike. 8 000 of them are drawn (a seeded sample); brushing covers all."
    )

    assert panel.minimumSizeHint().height() == empty
