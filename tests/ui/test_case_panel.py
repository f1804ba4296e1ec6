from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton

from workstation.casework import CaseDetails, Entry, ExhibitRecord, NoteRecord
from workstation.casework.records import BookmarkRecord, Coverage
from workstation.ui.case_keeper import CaseView
from workstation.ui.case_panel import CasePanel

DETAILS = CaseDetails("ab" * 16, "T", None, None, None, None, None, None, False, "2026-03-01T10:00:00.000Z")


def exhibit(number: int, label: str, name: str, received: str | None = None) -> ExhibitRecord:
    digests = ("cd" * 32, "ef" * 20, "01" * 16)
    return ExhibitRecord(
        number, label, name, Path(name), None, 1, *digests, None, None, "JPEG", 100, 100, received, None, None, None,
        "off", None,
    )  # fmt: skip


def seen(number: int, cells: int) -> Coverage:
    """`cells` of a hundred were looked at."""
    return Coverage(number, 10, 100, 100, np.arange(100).reshape(10, 10) < cells)


def entry(sequence: int, second: str, operator: str = "A. Meier") -> Entry:
    time = f"2026-03-01T10:00:{second}Z"
    return Entry(sequence, time, operator, "exifact", "note.add", {}, (), "", f"{sequence:064x}", "", (1,))


def a_case(extra: Sequence[Entry] = ()) -> CaseView:
    return CaseView(
        Path("case"), DETAILS, "A. Meier", False, "", (),
        exhibits=(
            exhibit(1, "10", "IMG_10.jpg", "2026-02-11"),
            exhibit(2, "9", "IMG_9.jpg"),
            exhibit(3, "1", "a.jpg", "2026-01-30"),
        ),
        notes=(NoteRecord(7, 1, None, "general", "z", "", "2026-03-01T10:00:09.000Z", False),
               NoteRecord(8, 2, None, "general", "a", "B. Rau", "2026-03-01T10:00:10.000Z", False)),
        bookmarks=tuple(BookmarkRecord(n, 1, f"View {n}", "ok", "", {"zoom": 1.0}) for n in (9, 10, 11)),
        coverage={1: seen(1, 9), 2: seen(2, 10)},
        history=(*(entry(n, f"{n:02d}.000") for n in range(1, 12)), entry(12, "11.500", ""), *extra),
    )  # fmt: skip


@pytest.fixture
def panel(qtbot) -> CasePanel:
    shown = CasePanel()
    qtbot.addWidget(shown)
    shown.resize(900, 300)
    shown.show_case(a_case())
    shown.show()
    qtbot.waitExposed(shown)
    return shown


def column(panel: CasePanel, tab: str, heading: int) -> list[str]:
    """A column as it is listed."""
    model = getattr(panel, tab).table.model()
    return [str(model.index(row, heading).data()) for row in range(model.rowCount())]


def press(panel: CasePanel, tab: str, heading: int) -> None:
    """Press a heading with the mouse."""
    header = getattr(panel, tab).table.horizontalHeader()
    place = QPoint(header.sectionViewportPosition(heading) + 8, header.height() // 2)
    QTest.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=place)


def test_a_press_of_a_heading_sorts_up_then_down_then_as_the_case_has_them(panel: CasePanel) -> None:
    assert column(panel, "exhibits", 1) == ["IMG_10.jpg", "IMG_9.jpg", "a.jpg"]
    press(panel, "exhibits", 1)
    assert column(panel, "exhibits", 1) == ["a.jpg", "IMG_9.jpg", "IMG_10.jpg"]
    press(panel, "exhibits", 1)
    assert column(panel, "exhibits", 1) == ["IMG_10.jpg", "IMG_9.jpg", "a.jpg"]
    press(panel, "exhibits", 0)
    assert column(panel, "exhibits", 0) == ["1", "9", "10"]
    press(panel, "exhibits", 0)
    press(panel, "exhibits", 0)
    assert column(panel, "exhibits", 0) == ["10", "9", "1"], "in the order of intake"


def test_what_is_not_known_stands_at_the_end_however_the_table_is_turned(panel: CasePanel) -> None:
    table = panel.exhibits.table
    for order, dates, shares in (
        (Qt.SortOrder.AscendingOrder, ["2026-01-30", "2026-02-11"], ["9.0 %", "10 %"]),
        (Qt.SortOrder.DescendingOrder, ["2026-02-11", "2026-01-30"], ["10 %", "9.0 %"]),
    ):
        table.sortByColumn(2, order)
        assert column(panel, "exhibits", 2) == [*dates, "not stated"]
        table.sortByColumn(5, order)
        assert column(panel, "exhibits", 5) == [*shares, "–"]
    panel.show_tab("Notes")
    panel.notes.table.sortByColumn(3, Qt.SortOrder.AscendingOrder)
    assert column(panel, "notes", 3) == ["B. Rau", "not stated"]


def test_the_log_is_sorted_by_number_and_by_moment(panel: CasePanel) -> None:
    panel.show_tab("History")
    newest_first = [str(n) for n in range(12, 0, -1)]
    assert column(panel, "history", 0) == newest_first
    panel.history.table.sortByColumn(0, Qt.SortOrder.AscendingOrder)
    assert column(panel, "history", 0) == newest_first[::-1]
    panel.history.table.sortByColumn(1, Qt.SortOrder.AscendingOrder)
    assert column(panel, "history", 0)[-2:] == ["11", "12"], "the same second, half a second apart"


def test_the_order_and_the_marked_row_stay_when_the_case_changes(panel: CasePanel) -> None:
    panel.show_tab("History")
    panel.history.table.selectRow(2)
    assert panel.history.subject().sequence == 10
    panel.history.table.sortByColumn(0, Qt.SortOrder.AscendingOrder)
    assert panel.history.subject().sequence == 10

    panel.show_case(a_case([entry(13, "13.000")]))

    assert column(panel, "history", 0) == [str(n) for n in range(1, 14)]
    assert panel.history.subject().sequence == 10
    assert [index.row() for index in panel.history.table.selectionModel().selectedRows()] == [9]


def test_a_filtered_table_is_sorted_too_and_without_a_mouse(panel: CasePanel) -> None:
    panel.show_tab("Bookmarks")
    panel.bookmarks.filter.setText("View 1")
    panel.bookmarks.table.setCurrentIndex(panel.bookmarks.table.model().index(0, 1))
    sort = next(action for action in panel.bookmarks.table.actions() if action.text() == "Sort by this column")
    orders = []
    for _ in range(3):
        sort.trigger()
        orders.append(column(panel, "bookmarks", 1))
    assert orders == [["View 10", "View 11"], ["View 11", "View 10"], ["View 10", "View 11"]]
    assert panel.bookmarks.table.horizontalHeader().sortIndicatorSection() == -1


def test_a_case_without_exhibits_has_none_to_open(panel: CasePanel) -> None:
    button = next(one for one in panel.findChildren(QPushButton) if one.text() == "Open all")
    assert button.isEnabled()
    panel.show_case(replace(a_case(), exhibits=()))
    assert not button.isEnabled()
