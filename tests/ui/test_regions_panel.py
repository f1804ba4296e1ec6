from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QToolButton
from pytestqt.qtbot import QtBot

from tests.ui.panel_samples import partition
from workstation.analysis.regions import Region, RegionStatistics
from workstation.ui.regions_model import Column, RegionsModel
from workstation.ui.regions_panel import NoteLine, RegionsPanel

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")

PLATE = Region("1", "rectangle", ((10, 10), (60, 40)), "the number plate")
SKY = Region("2", "lasso", ((0, 0), (90, 0), (50, 30)))
STATISTICS = {
    "1": RegionStatistics(
        region=PLATE,
        reason="",
        area=1500,
        share=0.0625,
        bounding_box=(10, 10, 50, 30),
        patches=12,
        assessable=11,
        cells=11,
        departure_mean=0.312,
        departure_median=0.3,
        departure_min=0.1,
        departure_max=0.5,
        departure_outside=0.04,
        similarity_inside=0.81,
        similarity_outside=-0.126,
    )
}


@pytest.fixture
def panel(qtbot: QtBot) -> RegionsPanel:
    panel = RegionsPanel()
    qtbot.addWidget(panel)
    panel.resize(600, 300)
    panel.show()
    panel.show_groups(partition())
    panel.show_regions((PLATE, SKY), STATISTICS)
    return panel


def cells(panel: RegionsPanel, row: int) -> list[str]:
    return [panel.model.index(row, column).data() for column in Column]


def button(panel: RegionsPanel, name: str) -> QToolButton:
    return next(found for found in panel.findChildren(QToolButton) if found.accessibleName() == name)


def test_groups_stand_above_regions_with_their_numbers(panel: RegionsPanel) -> None:
    assert [cells(panel, row) for row in range(panel.model.rowCount())] == [
        ["A", "group", "90 %", "0.04", "—", "—", ""],
        ["B", "group", "6.2 %", "0.31", "—", "—", ""],
        ["C", "group", "3.8 %", "0.22", "—", "—", ""],
        ["1", "rectangle", "6.2 %", "0.31", "0.81", "−0.13", "the number plate"],
        ["2", "lasso", "—", "—", "—", "—", ""],
    ]
    tip = panel.model.index(3, Column.AREA).data(Qt.ItemDataRole.ToolTipRole)
    assert "Assessable patches: 11 of 12" in tip


def test_one_group_is_no_row(panel: RegionsPanel) -> None:
    panel.show_groups(partition(stable=False))
    assert panel.model.rowCount() == 2


def test_model_keeps_the_rules_of_qt(qtbot: QtBot) -> None:
    model = RegionsModel()
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    model.show_groups(partition())
    model.show_regions((PLATE, SKY), STATISTICS)
    model.show_groups(None)
    model.show_regions((), {})
    assert tester.model() is model


def test_selecting_a_row_tells_its_name_and_being_told_is_silent(panel: RegionsPanel, qtbot: QtBot) -> None:
    with qtbot.waitSignal(panel.region_selected) as told:
        panel.table.selectRow(3)
    assert told.args == ["1"]
    with qtbot.assertNotEmitted(panel.region_selected):
        panel.select_region("2")
    assert panel.table.currentIndex().row() == 4


def test_selection_survives_new_regions(panel: RegionsPanel, qtbot: QtBot) -> None:
    panel.select_region("2")
    with qtbot.assertNotEmitted(panel.region_selected):
        panel.show_regions((PLATE, SKY), STATISTICS)
        panel.show_groups(None)
    assert panel.model.name_at(panel.table.currentIndex().row()) == "2"


def test_editing_tells_and_waits_for_the_owner_of_the_regions(panel: RegionsPanel, qtbot: QtBot) -> None:
    model = panel.model
    with qtbot.waitSignal(panel.note_edited) as noted:
        assert model.setData(model.index(4, Column.NOTE), " a cloud ")
    assert noted.args == ["2", "a cloud"]
    with qtbot.waitSignal(panel.region_renamed) as renamed:
        assert model.setData(model.index(3, Column.NAME), "plate")
    assert renamed.args == ["1", "plate"]
    assert cells(panel, 3)[0] == "1"


@pytest.mark.parametrize("taken", ["2", "A", "  ", ""])
def test_a_name_that_is_taken_or_empty_is_refused(panel: RegionsPanel, qtbot: QtBot, taken: str) -> None:
    with qtbot.assertNotEmitted(panel.region_renamed):
        assert not panel.model.setData(panel.model.index(3, Column.NAME), taken)


def test_groups_cannot_be_edited_or_deleted(panel: RegionsPanel) -> None:
    editable = Qt.ItemFlag.ItemIsEditable
    assert not panel.model.flags(panel.model.index(0, Column.NOTE)) & editable
    assert panel.model.flags(panel.model.index(3, Column.NOTE)) & editable
    panel.table.selectRow(0)
    assert not button(panel, "Delete region").isEnabled()
    assert button(panel, "Everything as seen from here").isEnabled()


def test_buttons_ask_for_the_selected_region(panel: RegionsPanel, qtbot: QtBot) -> None:
    panel.table.selectRow(3)
    with qtbot.waitSignal(panel.reference_requested) as seen_from:
        qtbot.mouseClick(button(panel, "Everything as seen from here"), Qt.MouseButton.LeftButton)
    with qtbot.waitSignal(panel.delete_requested) as deleted:
        qtbot.mouseClick(button(panel, "Delete region"), Qt.MouseButton.LeftButton)
    assert (seen_from.args, deleted.args) == (["1"], ["1"])


def test_the_note_of_the_chosen_region_is_read_and_written_in_a_narrow_dock(panel: RegionsPanel) -> None:
    panel.resize(220, 260)
    line = panel.findChild(NoteLine)
    assert not line.isEnabled()
    panel.select_region("1")
    assert line.text() == "the number plate"
    assert line.width() > 200
    panel.select_region("2")
    assert line.text() == ""
    assert "region 2" in line.placeholderText()


def test_note_is_written_with_the_keyboard(panel: RegionsPanel, qtbot: QtBot) -> None:
    panel.edit_note("2")
    line = panel.findChild(NoteLine)
    with qtbot.waitSignal(panel.note_edited) as noted:
        qtbot.keyClicks(line, "a cloud")
        qtbot.keyClick(line, Qt.Key.Key_Return)
    assert noted.args == ["2", "a cloud"]


def test_escape_leaves_the_note_as_it_was(panel: RegionsPanel, qtbot: QtBot) -> None:
    panel.edit_note("1")
    line = panel.findChild(NoteLine)
    with qtbot.assertNotEmitted(panel.note_edited):
        qtbot.keyClicks(line, "nonsense")
        qtbot.keyClick(line, Qt.Key.Key_Escape)
    assert line.text() == "the number plate"


def test_value_row_and_table_are_copied(panel: RegionsPanel) -> None:
    panel.select_region("1")
    panel.copy_value()
    assert QGuiApplication.clipboard().text() == "1"
    panel.copy_row()
    row = "1\trectangle\t6.2 %\t0.31\t0.81\t−0.13\tthe number plate"
    assert QGuiApplication.clipboard().text() == row
    panel.copy_table()
    lines = QGuiApplication.clipboard().text().split("\n")
    assert lines[0] == "Name\tKind\tArea\tDeparture\tAlike in\tAlike out\tNote"
    assert lines[4] == row
    assert len(lines) == 6


def test_a_press_of_a_heading_sorts_groups_and_regions_by_their_numbers(panel: RegionsPanel, qtbot: QtBot) -> None:
    header = panel.table.horizontalHeader()

    def press(column: Column) -> list[str]:
        place = QPoint(header.sectionViewportPosition(column) + 8, header.height() // 2)
        qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=place)
        return [panel.model.name_at(row) for row in range(panel.model.rowCount())]

    panel.select_region("1")
    assert press(Column.DEPARTURE) == ["A", "C", "B", "1", "2"]
    assert press(Column.DEPARTURE) == ["1", "B", "C", "A", "2"], "what is not known stands at the end"
    assert panel.model.name_at(panel.table.currentIndex().row()) == "1"
    panel.show_regions((SKY, PLATE), STATISTICS)
    assert [panel.model.name_at(row) for row in range(5)] == ["1", "B", "C", "A", "2"], "new rows are sorted, too"
    assert panel.model.name_at(panel.table.currentIndex().row()) == "1"
    with qtbot.waitSignal(panel.note_edited) as noted:
        panel.model.setData(panel.model.index(0, Column.NOTE), "a sign")
    assert noted.args == ["1", "a sign"]
    assert press(Column.DEPARTURE) == ["A", "B", "C", "2", "1"], "in the order of their own"
    assert "Sort by this column" in {action.text() for action in panel.table.actions()}
