from __future__ import annotations

import os
import re
import threading
import time
import tomllib
from pathlib import Path

import pytest
from PySide6.QtCore import QLocale, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDialogButtonBox, QLineEdit

from workstation.analysis.regions import Region
from workstation.settings import Settings
from workstation.ui.actions import MAC_KEYS, MENUS, SPECS, built_in_keys
from workstation.ui.command_palette import CommandPalette, plain_text, rank
from workstation.ui.help_dialogs import about_page, keys_page, limits_page
from workstation.ui.jobs import PathLook
from workstation.ui.layers import Layer
from workstation.ui.main_window import MainWindow
from workstation.ui.region_tools import Tool
from workstation.ui.settings_dialog import SettingsDialog
from workstation.ui.shortcuts import Clash, clashes, needs_picture

from .conftest import HeldAnalysis

ROOT = Path(__file__).parents[2]


def test_the_built_in_keys_do_not_clash() -> None:
    assert clashes({}) == ()


def test_a_macs_built_in_keys_clash_neither_with_each_other_nor_with_the_system() -> None:
    on_a_mac = {spec.id: built_in_keys(spec, "darwin") for spec in SPECS}
    of_system = {"Ctrl+H", "Ctrl+Alt+H", "Ctrl+M", "Ctrl+Tab", "Ctrl+Shift+Tab", "Ctrl+Space", "F11"}

    assert clashes(on_a_mac) == ()
    assert of_system.isdisjoint(key for keys in on_a_mac.values() for key in keys)
    assert set(MAC_KEYS) <= set(on_a_mac)
    assert built_in_keys(next(spec for spec in SPECS if spec.id == "check-hash"), "linux") == ("Ctrl+H",)


def test_a_macs_menus_are_told_not_guessed(window: MainWindow) -> None:
    roles = {action.objectName(): action.menuRole() for action in window.actions_table}
    role = QAction.MenuRole

    assert roles.pop("settings") == role.PreferencesRole
    assert roles.pop("about") == role.AboutRole
    assert roles.pop("quit") == role.QuitRole
    assert set(roles.values()) == {role.NoRole}


def test_a_key_taken_twice_is_found_however_it_is_written() -> None:
    assert Clash("F", "fit", "analyze") in clashes({"analyze": ("f",)})
    assert clashes({"open": ("ctrl+shift+p",)}) != ()


def test_single_keys_belong_to_the_picture() -> None:
    wrong = [spec.id for spec in SPECS if spec.scope == "window" and any(needs_picture(key) for key in spec.keys)]
    assert wrong == []
    assert needs_picture("A")
    assert needs_picture("Shift+Space")
    assert not needs_picture("F11")
    assert not needs_picture("Alt+Up")


def test_keys_of_the_specification(window: MainWindow) -> None:
    expected = {
        "1": "layer-original", "2": "layer-departure", "3": "layer-pca", "4": "layer-groups", "5": "layer-cut",
        "6": "layer-similarity", "M": "pca-component", "[": "opacity-down", "]": "opacity-up",
        "Alt+Down": "opacity-down",
        "Alt+Up": "opacity-up", "F": "fit", "Ctrl+1": "actual-size", "+": "zoom-in", "-": "zoom-out", "V": "tool-hand",
        "R": "tool-rectangle", "E": "tool-ellipse", "P": "tool-polygon", "L": "tool-lasso", "N": "region-note",
        "A": "analyze", "Esc": "escape", "Ctrl+Shift+P": "palette", "F1": "keys", "F11": "hide-docks",
        "Space": "blink", "Left": "move-left",
    }  # fmt: skip
    keys = {key: action_id for action_id, bound in window.actions_table.keys.items() for key in bound}
    assert {key: keys.get(key) for key in expected} == expected


def test_every_action_has_tooltip_menu_and_a_place_in_the_palette(window: MainWindow) -> None:
    in_menus = {action for menu in window.menuBar().actions() for action in menu.menu().actions()}
    palette = CommandPalette(window.menus.palette_commands(), window, window.actions_table.shown_keys())
    names = palette.names()
    for spec in SPECS:
        action = window.actions_table[spec.id]
        assert spec.menu in MENUS
        assert action.toolTip()
        assert action.statusTip().endswith(".")
        assert action in in_menus, spec.id
        assert spec.id == "palette" or plain_text(action) in names, spec.id
    assert {plain_text(action) for action in window.docks.actions} <= set(names)


def test_picture_actions_act_once_a_key_and_belong_to_the_picture(window: MainWindow) -> None:
    repeating = {spec.id for spec in SPECS if spec.repeats}
    assert repeating == {"move-left", "move-right", "move-up", "move-down"}
    for spec in SPECS:
        action = window.actions_table[spec.id]
        if spec.scope == "picture":
            assert action.shortcutContext() == Qt.ShortcutContext.WidgetWithChildrenShortcut
            assert action.autoRepeat() == (spec.id in repeating)


def test_single_keys_act_in_the_picture_and_not_in_a_text_field(window: MainWindow, photo, open_file, qtbot) -> None:
    open_file(window, photo())
    window.activateWindow()
    window.view.setFocus()
    qtbot.waitUntil(window.view.canvas.hasFocus, timeout=2000)
    QTest.keyClick(window.view.canvas, Qt.Key.Key_R)
    assert window.view.tool is Tool.RECTANGLE
    QTest.keyClick(window.view.canvas, Qt.Key.Key_2)
    assert window.view.layer is Layer.DEPARTURE

    qtbot.waitUntil(lambda: window.turns.is_idle, timeout=5000)  # the metadata are there, and with them their filter
    window.filter_metadata()
    field = window.metadata.findChild(QLineEdit)
    QTest.keyClicks(field, "v1make")
    assert field.text() == "v1make"
    assert window.view.tool is Tool.RECTANGLE
    assert window.view.layer is Layer.DEPARTURE


def test_space_shows_the_original_as_long_as_it_is_held(window: MainWindow, photo, open_file, qtbot) -> None:
    open_file(window, photo())
    window.view.setFocus()
    blinks: list[bool] = []
    window.held_keys[0].changed.connect(blinks.append)

    QTest.keyPress(window.view.canvas, Qt.Key.Key_Space)
    during = list(blinks)
    QTest.keyRelease(window.view.canvas, Qt.Key.Key_Space)

    assert during == [True]
    assert blinks == [True, False]


def test_a_changed_key_takes_the_place_of_the_built_in_one(window: MainWindow, photo, open_file, qtbot) -> None:
    open_file(window, photo())
    window.store.change(shortcuts={"tool-lasso": ("K",), "blink": ("B",)})
    window.preferences.apply()
    window.view.setFocus()
    blinks: list[bool] = []
    window.held_keys[0].changed.connect(blinks.append)

    QTest.keyClick(window.view.canvas, Qt.Key.Key_L)
    before = window.view.tool
    QTest.keyClick(window.view.canvas, Qt.Key.Key_K)
    QTest.keyClick(window.view.canvas, Qt.Key.Key_Space)
    after_space = list(blinks)
    QTest.keyClick(window.view.canvas, Qt.Key.Key_B)

    assert before is Tool.HAND
    assert window.view.tool is Tool.LASSO
    assert after_space == []
    assert blinks == [True, False]


def test_esc_leaves_the_tool_then_the_selection_then_the_job(make_window, photo, open_file, qtbot) -> None:
    window = make_window(analyse=HeldAnalysis())
    open_file(window, photo())
    window.picture.add_region(_rectangle())
    window.view.set_tool(Tool.POLYGON)
    window.actions_table["analyze"].trigger()
    asked: list[str] = []
    window.errands.ask = lambda question, *_: bool(asked.append(question)) or True

    window.actions_table["escape"].trigger()
    assert (window.view.tool, window.picture.selected, asked) == (Tool.HAND, "1", [])
    window.actions_table["escape"].trigger()
    assert (window.picture.selected, asked) == ("", [])
    window.actions_table["escape"].trigger()
    assert asked == ["Stop analysing “photo.jpg”?"]
    qtbot.waitUntil(lambda: not window.jobs.jobs(), timeout=3000)


def test_the_palette_finds_by_beginnings_and_words() -> None:
    assert rank("dep", "Departure") == 0
    assert rank("as image", "Copy view as image") == 1
    assert rank("xyz", "Departure") is None


def test_the_palette_runs_what_is_chosen(window: MainWindow, photo, open_file, qtbot) -> None:
    open_file(window, photo())
    palette = CommandPalette(window.menus.palette_commands(), window, window.actions_table.shown_keys())
    palette.open()
    QTest.keyClicks(palette.field, "lasso")
    QTest.keyClick(palette.field, Qt.Key.Key_Return)

    assert window.view.tool is Tool.LASSO
    assert not palette.isVisible()


def test_a_german_system_changes_no_number_of_the_settings(qtbot) -> None:
    before = QLocale()
    QLocale.setDefault(QLocale(QLocale.Language.German))
    try:
        dialog = SettingsDialog(Settings(max_pixels=12_345_000_000, seed=1_234_567), ["compact"])
        qtbot.addWidget(dialog)

        assert dialog.max_pixels.text() == "12,345 megapixels"
        assert (dialog.settings.max_pixels, dialog.settings.seed) == (12_345_000_000, 1_234_567)
        dialog.max_pixels.selectAll()
        QTest.keyClicks(dialog.max_pixels, "1,500")
        dialog.max_pixels.interpretText()
        assert dialog.settings.max_pixels == 1_500_000_000
    finally:
        QLocale.setDefault(before)


def test_an_own_key_wins_over_the_built_in_key_of_another_action(window: MainWindow) -> None:
    table = window.actions_table
    table.set_shortcuts({"region-note": ("m",)})

    assert table["region-note"].shortcut().toString() == "M"
    assert table["pca-component"].shortcuts() == []
    assert "pca-component" not in table.shown_keys()
    table.set_shortcuts({})
    assert table["pca-component"].shortcut().toString() == "M"


def test_the_settings_dialog_refuses_clashes_and_gives_changes_back(qtbot) -> None:
    dialog = SettingsDialog(Settings(threads=2), ["compact", "paper"])
    qtbot.addWidget(dialog)
    ok = dialog.buttons.button(QDialogButtonBox.StandardButton.Ok)

    dialog.editor("fit").setKeySequence(QKeySequence("A"))
    assert not ok.isEnabled()
    dialog.editor("fit").setKeySequence(QKeySequence("G"))
    assert ok.isEnabled()
    dialog.editor("open").setKeySequence(QKeySequence("O"))
    assert not ok.isEnabled()  # a single key for the whole window would act while someone types
    dialog.editor("open").setKeySequence(QKeySequence("Ctrl+O"))
    dialog.model.setCurrentText("paper")

    assert dialog.settings == Settings(threads=2, model="paper", shortcuts={"fit": ("G",)})


@pytest.mark.parametrize(
    ("page", "word"),
    [
        (lambda: keys_page({spec.id: spec.keys for spec in SPECS}), "Ctrl+Shift+P"),
        (limits_page, "departs"),
        (about_page, "Apache"),
    ],
)
def test_help_pages_have_words(page, word: str) -> None:
    assert word in page()


def test_about_names_every_library_that_the_program_requires() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    required = [re.split(r"[^\w-]", stated)[0] for stated in project["dependencies"]]
    page = about_page().casefold().replace("_", "-")  # as some packages spell their own name
    assert [name for name in required if f"<td>{name.casefold()}</td>" not in page] == []


def _rectangle() -> Region:
    return Region("", "rectangle", ((20, 20), (120, 100)))


def test_a_recent_file_that_cannot_be_looked_at_is_left_out(tmp_path: Path) -> None:
    there, too_long = tmp_path / "a.jpg", tmp_path / ("a" * 300)
    there.touch()
    assert PathLook().there([str(there), str(too_long)], os.path.isfile) == [str(there)]


def test_a_share_that_does_not_answer_holds_up_no_list_of_recent_files() -> None:
    answer, asked = threading.Event(), []

    def look(name: str) -> bool:
        asked.append(name)
        return name != "gone" and (name != "share" or (answer.wait(30) and False))

    looks = PathLook()
    assert looks.there(["share", "here", "gone"], look) == ["share", "here"]
    assert looks.there(["share", "here"], look) == ["share", "here"]
    assert asked.count("share") == 1, "its look is still out"

    answer.set()
    deadline = time.monotonic() + 10
    while "share" in looks.there(["share"], look) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert looks.there(["share", "here"], look) == ["here"]


def test_alt_and_a_letter_open_one_menu_and_a_letter_takes_one_entry(window: MainWindow) -> None:
    window.menus.palette_commands()  # fills the menus whose entries come and go
    bar = [action.menu() for action in window.menuBar().actions()]
    places = {"menu bar": window.menuBar().actions()} | {menu.title(): menu.actions() for menu in bar}
    for place, entries in places.items():
        letters = [found[1].upper() for one in entries if (found := re.search("&([^&])", one.text()))]
        assert sorted(letters) == sorted(set(letters)), place
    docks = {dock.windowTitle() for dock in window.docks.docks.values()}
    assert docks <= {plain_text(action) for action in window.docks.actions}
