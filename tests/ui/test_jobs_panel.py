from __future__ import annotations

import re

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QLabel, QProgressBar, QPushButton, QTableView, QTabWidget
from pytestqt.qtbot import QtBot

from workstation.errors import RecordedWarning
from workstation.progress import Progress
from workstation.ui.jobs_panel import ENDED_SHOWN, JobsPanel
from workstation.ui.warnings_table import WarningsModel

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")

SUFFIX = RecordedWarning("suffix-mismatch", "The suffix says PNG, the content is JPEG.", 0)
DIFFERS = RecordedWarning("exif-disagreement", "piexif reads 200,\n\tour reader 400.", 0x1A4)
NO_PLACE = RecordedWarning("first-frame", "Only the first of 3 frames is shown.")


@pytest.fixture
def panel(qtbot: QtBot) -> JobsPanel:
    panel = JobsPanel()
    qtbot.addWidget(panel)
    panel.resize(640, 260)
    panel.show()
    return panel


def titles(panel: JobsPanel) -> list[str]:
    tabs = panel.findChild(QTabWidget)
    assert isinstance(tabs, QTabWidget)
    return [tabs.tabText(number) for number in range(tabs.count())]


def texts(panel: JobsPanel) -> list[str]:
    QGuiApplication.sendPostedEvents()  # Qt shows the new children of a visible widget with its next event
    return [label.text() for label in panel.findChildren(QLabel) if label.isVisibleTo(panel) and label.text()]


def cancel_of(panel: JobsPanel, title: str) -> QPushButton:
    return next(b for b in panel.findChildren(QPushButton) if b.accessibleName() == f"Cancel {title}")


def test_a_job_shows_stage_share_and_remaining_time(panel: JobsPanel) -> None:
    panel.job_started(7, "a.jpg: analysis")
    panel.job_progressed(7, Progress("embedding patches", 0.62, 17.0))
    bar = panel.findChild(QProgressBar)
    assert isinstance(bar, QProgressBar)
    assert (bar.value(), bar.format()) == (620, "62 %")
    assert "embedding patches · about 17 s left" in texts(panel)
    assert titles(panel) == ["Jobs (1)", "Log", "Warnings"]


def test_cancel_tells_the_id_of_its_job_and_is_acknowledged(panel: JobsPanel, qtbot: QtBot) -> None:
    panel.job_started("first", "a.jpg: analysis")
    panel.job_started("second", "b.jpg: analysis")
    with qtbot.waitSignal(panel.cancel_requested) as told:
        qtbot.mouseClick(cancel_of(panel, "a.jpg: analysis"), Qt.MouseButton.LeftButton)
    assert told.args == ["first"]
    assert cancel_of(panel, "a.jpg: analysis").text() == "Cancelling …"
    panel.job_progressed("first", Progress("embedding patches", 0.7))
    assert "stops after the current batch" in texts(panel)
    assert cancel_of(panel, "b.jpg: analysis").isEnabled()


def test_cancel_is_offered_only_where_a_job_can_be_stopped(panel: JobsPanel) -> None:
    panel.job_started(1, "a.jpg: analysis")
    panel.job_started(2, "Checking the hash of a.jpg", cancellable=False)
    QGuiApplication.sendPostedEvents()
    assert cancel_of(panel, "a.jpg: analysis").isVisibleTo(panel)
    assert not cancel_of(panel, "Checking the hash of a.jpg").isVisibleTo(panel)


def test_a_job_that_ended_says_how_and_cannot_be_cancelled(panel: JobsPanel) -> None:
    panel.job_started(1, "a.jpg: analysis")
    panel.job_started(2, "b.jpg: analysis")
    panel.job_ended(2, "failed: 12 of 460 patches are assessable, 20 are needed")
    panel.job_progressed(2, Progress("late", 0.9))
    panel.job_ended(2, "complete")
    assert titles(panel)[0] == "Jobs (1)"
    said = texts(panel)
    assert "failed: 12 of 460 patches are assessable, 20 are needed" in said
    assert "late" not in said
    assert "complete" not in said
    assert not cancel_of(panel, "b.jpg: analysis").isVisibleTo(panel)


def test_old_jobs_leave_the_list_and_stay_in_the_log(panel: JobsPanel, qtbot: QtBot) -> None:
    for number in range(ENDED_SHOWN + 5):
        panel.job_started(number, f"photo {number}")
        panel.job_ended(number, "complete")
    assert "photo 0" not in texts(panel)
    assert f"photo {ENDED_SHOWN + 4}" in texts(panel)
    assert "photo 0: complete" in panel.log_text


def test_log_lines_carry_the_time_in_utc_and_stay_lines(panel: JobsPanel) -> None:
    panel.log("one\nline\tonly")
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ  one line only", panel.log_text)
    panel.copy_log()
    assert QGuiApplication.clipboard().text() == panel.log_text


def test_warnings_are_kept_per_exhibit_even_of_the_same_name(panel: JobsPanel) -> None:
    panel.show_warnings("a.jpg", [SUFFIX, DIFFERS], key="first")
    panel.show_warnings("a.jpg", [NO_PLACE], key="second")
    assert titles(panel)[2] == "Warnings (3)"
    panel.show_warnings("a.jpg", [DIFFERS], key="first")
    model = panel.warnings_model
    assert [[model.index(row, column).data() for column in range(4)] for row in range(model.rowCount())] == [
        ["a.jpg", "exif-disagreement", DIFFERS.message, "0x01A4"],
        ["a.jpg", "first-frame", NO_PLACE.message, ""],
    ]
    panel.show_warnings("a.jpg", [], key="first")
    panel.show_warnings("a.jpg", [], key="second")
    assert titles(panel)[2] == "Warnings"


def test_warnings_are_copied_as_a_table(panel: JobsPanel) -> None:
    panel.show_warnings("a.jpg", [SUFFIX, DIFFERS])
    panel.copy_warnings()
    assert QGuiApplication.clipboard().text() == (
        "Exhibit\tCode\tMessage\tOffset\n"
        "a.jpg\tsuffix-mismatch\tThe suffix says PNG, the content is JPEG.\t0x0000\n"
        "a.jpg\texif-disagreement\tpiexif reads 200, our reader 400.\t0x01A4"
    )


def test_warnings_model_keeps_the_rules_of_qt(qtbot: QtBot) -> None:
    model = WarningsModel()
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    model.set_warnings("a", "a.jpg", [SUFFIX])
    model.set_warnings("a", "a.jpg", [])
    assert tester.model() is model


def test_a_press_of_a_heading_sorts_the_warnings_up_then_down_then_as_they_came(panel: JobsPanel, qtbot: QtBot) -> None:
    panel.show_warnings("IMG_10.jpg", [NO_PLACE, SUFFIX, DIFFERS], key="ten")
    panel.show_warnings("IMG_9.jpg", [SUFFIX], key="nine")
    panel.show_tab("Warnings")
    table = next(found for found in panel.findChildren(QTableView) if found.accessibleName() == "Warnings")
    model, header = panel.warnings_model, table.horizontalHeader()

    def press(column: int) -> list[str]:
        place = QPoint(header.sectionViewportPosition(column) + 8, header.height() // 2)
        qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=place)
        return [model.index(row, column).data() for row in range(model.rowCount())]

    table.selectRow(3)
    assert press(0) == ["IMG_9.jpg", "IMG_10.jpg", "IMG_10.jpg", "IMG_10.jpg"]
    assert table.currentIndex().row() == 0, "the marked row stays marked"
    assert press(0)[-1] == "IMG_9.jpg"
    assert press(0)[-1] == "IMG_9.jpg", "in the order in which they came"
    offsets = press(3)
    assert offsets[:2] == [model.index(0, 3).data()] * 2
    assert offsets[2] == "0x01A4"
    assert offsets[3] == press(3)[3], "one without a place comes last, however the table is turned"
    assert "Sort by this column" in {action.text() for action in table.actions()}
    told = []
    panel.warning_activated.connect(told.append)
    table.doubleClicked.emit(model.index(0, 0))
    assert told == ["ten"]


def test_what_was_checked_in_passing_leaves_the_list_to_what_was_analysed(panel: JobsPanel) -> None:
    panel.job_started(0, "Analysing a.jpg")
    panel.job_ended(0, "complete")
    for number in range(1, 2 * ENDED_SHOWN):
        panel.job_started(number, f"Checking the hash of {number}.jpg", cancellable=False)
        panel.job_ended(number, "complete", stays=False)
    said = texts(panel)
    assert "Analysing a.jpg" in said
    assert not [text for text in said if text.startswith("Checking")]
    assert "Checking the hash of 7.jpg: complete" in panel.log_text
