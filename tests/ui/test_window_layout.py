from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QPointF, QRect, Qt
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QLineEdit, QTabBar, QToolButton

from workstation.settings import SettingsStore
from workstation.ui.command_palette import plain_text
from workstation.ui.compare import CompareView
from workstation.ui.docks import SPECS
from workstation.ui.main_window import FIRST_SIZE, FRAME, MainWindow
from workstation.ui.scatter_panel import PLOT_HEIGHT
from workstation.ui.work import Work

FRESH = """
import sys
import workstation.ui.main_window
heavy = [name for name in ("torch", "transformers", "sklearn", "scipy", "reportlab") if name in sys.modules]
print(",".join(heavy))
"""


def test_the_window_is_imported_without_anything_heavy() -> None:
    done = subprocess.run([sys.executable, "-c", FRESH], capture_output=True, text=True, timeout=60, check=True)

    assert done.stdout.strip() == ""


@pytest.fixture
def opened(photo, open_file) -> Callable[[MainWindow], None]:
    """Opens a small photograph in a window."""
    return lambda window: open_file(window, photo())


def visible_docks(window: MainWindow) -> set[str]:
    return {name for name, dock in window.docks.docks.items() if dock.isVisible()}


@pytest.mark.parametrize(
    ("size", "shown"),
    [
        ((1920, 1080), {"exhibits", "regions", "findings", "metadata", "patches", "jobs", "case"}),
        ((1366, 768), {"exhibits", "regions", "findings", "metadata"}),
    ],
)
def test_the_first_layout_suits_the_screen(make_window, qtbot, size, shown, opened) -> None:
    window = make_window()
    window.resize(*size)
    window.reset_layout()
    opened(window)

    assert visible_docks(window) == shown
    qtbot.waitUntil(lambda: window.centre.width() * window.centre.height() > 0.4 * size[0] * size[1], timeout=2000)


def test_picture_only_hides_all_docks_and_brings_the_same_ones_back(window: MainWindow) -> None:
    window.docks.docks["regions"].hide()
    before = visible_docks(window)
    window.actions_table["hide-docks"].trigger()
    hidden = visible_docks(window)
    window.actions_table["hide-docks"].trigger()

    assert hidden == set()
    assert visible_docks(window) == before


def test_the_layout_survives_a_restart_and_can_be_reset(make_window, tmp_path: Path) -> None:
    first = make_window(store=SettingsStore(tmp_path / "settings.json"))
    first.docks.docks["metadata"].hide()
    first.view.set_opacity(0.3)
    first.close()

    second = make_window(store=SettingsStore(tmp_path / "settings.json"))
    assert "metadata" not in visible_docks(second)
    assert second.view.opacity == pytest.approx(0.3)
    second.actions_table["reset-layout"].trigger()
    assert "metadata" in visible_docks(second)


def test_docks_hidden_by_picture_only_come_back_after_a_restart(make_window, tmp_path: Path) -> None:
    first = make_window(store=SettingsStore(tmp_path / "settings.json"))
    before = visible_docks(first)
    first.actions_table["hide-docks"].trigger()
    first.close()

    assert visible_docks(make_window(store=SettingsStore(tmp_path / "settings.json"))) == before


def test_recent_files_are_offered_as_long_as_they_exist(make_window, photo, open_file, tmp_path: Path) -> None:
    window = make_window(store=SettingsStore(tmp_path / "settings.json"))
    kept, gone = photo("kept.jpg"), photo("gone.jpg", seed=2)
    open_file(window, kept)
    open_file(window, gone)
    window.close()
    gone.unlink()

    again = make_window(store=SettingsStore(tmp_path / "settings.json"))

    assert [button.text() for button in again.empty.recent_buttons] == ["kept.jpg"]


def test_the_theme_is_kept(make_window, tmp_path: Path) -> None:
    window = make_window(store=SettingsStore(tmp_path / "settings.json"))
    window.preferences.set_theme("dark")

    assert window.palette().window().color().lightness() < 60
    assert SettingsStore(tmp_path / "settings.json").current.theme == "dark"
    window.preferences.set_theme("light")
    assert window.palette().window().color().lightness() > 200


def test_every_button_has_a_name_for_screen_readers(window: MainWindow) -> None:
    nameless = [
        button
        for button in window.findChildren(QAbstractButton)
        if button.isVisible()
        and not isinstance(button.parentWidget(), QLineEdit)  # Qt's own decoration of a field
        and not (button.accessibleName() or button.text() or button.toolTip() or button.objectName().startswith("qt_"))
    ]
    assert nameless == []
    assert all(window.docks.docks[spec.name].accessibleName() for spec in SPECS)


def test_tab_reaches_every_control_in_reading_order(window: MainWindow, opened, qtbot) -> None:
    window.resize(1920, 1080)
    window.reset_layout()
    opened(window)
    window.view.show_message("A sentence.", "information")
    window.activateWindow()
    window.toolbar.analyze.setFocus()
    reached: list[str] = []
    for _ in range(60):
        focused = QApplication.focusWidget()
        reached.append(focused.accessibleName() or focused.text())
        qtbot.keyClick(focused, Qt.Key.Key_Tab)

    expected = ["Analyze", "Export report", "Exhibits", "Groups and regions", "Picture", "Close message", "Findings",
                "Filter metadata", "Metadata", "Patches by likeness", "Jobs"]  # fmt: skip
    places = [reached.index(name) for name in expected]
    assert places == sorted(places)
    assert "" not in reached


def test_the_first_window_leaves_room_for_its_frame(qtbot) -> None:
    window = MainWindow(SettingsStore(None), Work(preload=None))
    qtbot.addWidget(window)
    room = window.screen().availableGeometry().size() - FRAME

    assert window.size() == FIRST_SIZE.boundedTo(room)
    window.close()


def test_no_zoom_is_shown_before_there_is_a_picture(window: MainWindow, opened, qtbot) -> None:
    window.resize(1200, 800)
    qtbot.wait(20)
    assert window.status.zoom.text() == ""

    opened(window)
    assert window.status.zoom.text().endswith("%")


def test_the_plot_can_be_read_in_a_low_window(make_window, qtbot) -> None:
    window = make_window()
    window.resize(1366, 768)
    window.reset_layout()
    window.docks.show_dock("patches")

    qtbot.waitUntil(lambda: window.scatter.isVisible() and window.scatter.height() >= PLOT_HEIGHT)
    assert window.height() == 768


def test_what_has_no_room_in_the_toolbar_is_behind_a_button_that_can_be_seen(window: MainWindow, qtbot) -> None:
    window.resize(960, 540)  # 1920×1080 at 200 %

    more = window.toolbar.findChild(QToolButton, "qt_toolbar_ext_button")
    qtbot.waitUntil(more.isVisible, timeout=2000)

    assert more.accessibleName() == "More of the toolbar"
    shown = more.grab().toImage()
    middle = [shown.pixelColor(x, shown.height() // 2).lightness() for x in range(shown.width())]
    assert max(middle) - min(middle) > 60, "an arrow"


def test_a_comparison_does_not_begin_with_what_the_single_picture_said_under_the_pointer(
    window: MainWindow, opened: Callable[[MainWindow], None]
) -> None:
    opened(window)
    window.view.hovered.emit(window.view.reading_at(QPointF(window.view.rect().center())))
    assert "RGB" in " ".join(label.text() for label in window.status.findChildren(QLabel))

    window.actions_table["compare"].trigger()

    assert "RGB" not in " ".join(label.text() for label in window.status.findChildren(QLabel))


def test_recent_files_are_listed_whole_or_not_at_all(window: MainWindow, tmp_path: Path, qtbot) -> None:
    page = window.empty
    for height in (1000, 560, 420):
        window.resize(1366, height)
        page.show_recent([tmp_path / f"{number}.jpg" for number in range(9)])
        qtbot.waitUntil(lambda: all(one.geometry().height() > 0 for one in page.recent_buttons), timeout=2000)
        qtbot.wait(50)
        assert all(one.height() >= one.heightForWidth(one.width()) for one in page.recent_buttons), height
        assert all(one.geometry().bottom() < page.height() - 16 for one in page.recent_buttons), height
    window.resize(1366, 1000)
    qtbot.waitUntil(lambda: len(page.recent_buttons) == 6, timeout=2000)


def test_the_first_window_does_not_outgrow_a_small_screen(qtbot) -> None:
    window = MainWindow(SettingsStore(None), Work(preload=None))
    qtbot.addWidget(window)
    window.resize(895, 464)  # a laptop's 1366×768 at 150 %
    window.show()
    qtbot.waitExposed(window)
    assert (window.width(), window.height()) == (895, 464)
    window.close()


def test_a_dock_that_is_chosen_in_the_menu_comes_to_the_front(window: MainWindow) -> None:
    window.docks.show_dock("case")
    window.docks.docks["jobs"].close()
    entries = {plain_text(action): action for action in window.docks.actions}
    entries["Jobs · Log · Warnings"].trigger()
    assert not window.jobs_panel.visibleRegion().isEmpty()
    assert window.case_panel.visibleRegion().isEmpty()


def test_tab_passes_over_a_dock_behind_another_one(window: MainWindow, qtbot) -> None:
    window.docks.show_dock("case")
    window.docks.show_dock("jobs")
    window.activateWindow()
    window.jobs_panel.findChild(QTabBar).setFocus()
    passed = []
    for _ in range(8):
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
        passed.append(QApplication.focusWidget())
    assert not [widget for widget in passed if window.case_panel.isAncestorOf(widget)]
    assert window.toolbar.isAncestorOf(passed[-1])


def test_a_message_beside_two_pictures_leaves_their_names_to_be_read(window: MainWindow, photo, open_file) -> None:
    for name in ("a.png", "b.png"):
        open_file(window, photo(name))
    window.actions_table["compare"].trigger()
    window.teller.tell("A sentence.")
    compare = window.centre.findChild(CompareView)
    names = [label for label in compare.findChildren(QLabel) if label.text() in {"a.png", "b.png"}]
    assert len(names) == 2
    bar = window.centre.bar.geometry()
    assert not [one for one in names if bar.intersects(QRect(one.mapTo(window.centre, QPoint()), one.size()))]
