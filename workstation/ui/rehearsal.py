"""The window does by itself what an analyst does with it: open, analyse, export, close (`self-test --window`)."""

from __future__ import annotations

import sys
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Slot
from PySide6.QtWidgets import QApplication

from workstation.errors import WorkstationError
from workstation.settings import SettingsStore
from workstation.ui.main_window import MainWindow
from workstation.ui.session import OpenExhibit

PATIENCE = 600_000
"""Milliseconds after which the rehearsal is given up."""


class Rehearsal(QObject):
    """Drives a window by its own actions and listens to what it says.

    Attributes:
        written: files of the exported report, empty before there is one.
        problem: why the rehearsal ended early, "" if it did not.
    """

    def __init__(self, window: MainWindow, photo: Path, target: Path) -> None:
        super().__init__(window)
        self.written: tuple[Path, ...] = ()
        self.problem = ""
        self._window, self._photo, self._target = window, photo, target
        window.opening.evidence_arrived.connect(self.analyse)
        window.opening.opening_failed.connect(self.fail)
        window.analyses.finished.connect(self.export)
        window.analyses.failed.connect(self.fail)
        window.exports.exported.connect(self.end)
        window.exports.failed.connect(self.give_up)

    @Slot()
    def start(self) -> None:
        """Open the photograph."""
        QTimer.singleShot(PATIENCE, self, self.run_out)
        self._window.open_files([self._photo])

    @Slot(object)
    def analyse(self, _exhibit: OpenExhibit) -> None:
        """Press the button; it is enabled a moment after the file was read."""
        action = self._window.actions_table["analyze"]
        if action.isEnabled():
            action.trigger()
        else:
            QTimer.singleShot(50, self, lambda: self.analyse(_exhibit))

    @Slot(object)
    def export(self, exhibit: OpenExhibit) -> None:
        """Write the report."""
        if exhibit.result is None or exhibit.result.maps is None:
            self.give_up(WorkstationError("the analysis drew no map"))
        else:
            self._window.exports.report(self._target)

    @Slot(str, object)
    def end(self, _what: str, written: tuple[Path, ...]) -> None:
        """Close the window."""
        self.written = written
        self._window.close()

    @Slot(object)
    def fail(self, exhibit: OpenExhibit) -> None:
        """Opening or analysis failed."""
        self.give_up(exhibit.problem or exhibit.failure or WorkstationError(f"{exhibit.name} failed without a reason"))

    @Slot(object)
    def give_up(self, error: WorkstationError) -> None:
        """Close the window and say why."""
        self.problem = error.summary
        self._window.close()

    @Slot()
    def run_out(self) -> None:
        """Too long."""
        self.give_up(WorkstationError(f"the window was not done after {PATIENCE // 1000} seconds"))


def rehearse(photo: Path, target: Path) -> tuple[bool, str]:
    """Show the window, and let it open, analyse and report a photograph; the user's settings are left alone.

    Args:
        photo: to open.
        target: PDF to write.

    Returns:
        Whether all went well, and a sentence.
    """
    application = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(application, QApplication)
    window = MainWindow(SettingsStore(None))
    rehearsal = Rehearsal(window, photo, target)
    window.closed.connect(application.quit)
    window.show()
    QTimer.singleShot(0, rehearsal, rehearsal.start)
    application.exec()
    if rehearsal.problem:
        return False, rehearsal.problem
    if not window.ended_cleanly:
        return False, "a thread did not end when the window was closed"
    missing = [file.name for file in rehearsal.written if not file.is_file()]
    if missing or not rehearsal.written:
        return False, f"the window wrote no {', '.join(missing) or 'report'}"
    size = target.stat().st_size / 1e6
    platform = application.platformName()
    return True, f"opened, analysed, wrote a report of {size:.1f} MB and ended cleanly on the platform {platform}"
