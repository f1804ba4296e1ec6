"""The composition root of the window; only `cli` imports it, late."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QEvent, QTimer, Signal
from PySide6.QtGui import QFileOpenEvent
from PySide6.QtWidgets import QApplication, QWidget

import workstation
from workstation import paths
from workstation.settings import SettingsStore
from workstation.ui import icons
from workstation.ui.main_window import MainWindow
from workstation.ui.opening import path_of
from workstation.ui.problem_report import ExceptionWatch

INTERRUPTED = 130
"""The exit code after Ctrl-C."""
SWITCH_INTERVAL = 0.001
"""Seconds after which a thread must give the interpreter to another: what computes in Python delays a click less."""


class Application(QApplication):
    """The application, which on a Mac is told by events what to open: Finder and the Dock give no arguments.

    Signals:
        file_asked_for: carries the `Path`.
    """

    file_asked_for = Signal(object)

    def event(self, event: QEvent) -> bool:
        """Pass on what is to be opened."""
        if isinstance(event, QFileOpenEvent) and event.url().isLocalFile():
            self.file_asked_for.emit(path_of(event.url()))
            return True
        return super().event(event)


class _Interrupt:
    """Ctrl-C closes the window as its button does; who asks twice is not asked again.

    Attributes:
        came: whether it came.
    """

    def __init__(self, window: QWidget) -> None:
        self._window = window
        self.came = False
        signal.signal(signal.SIGINT, self._close)

    def _close(self, *_: object) -> None:
        self.came = True
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        QTimer.singleShot(0, self._window, self._window.close)


def run(files: Sequence[Path], *, example: bool = False) -> int:
    """Show the window until it is closed.

    Args:
        files: opened at once.
        example: open the bundled example, too.

    Returns:
        The exit code.
    """
    sys.setswitchinterval(SWITCH_INTERVAL)
    application = QApplication.instance() or Application(sys.argv[:1])
    assert isinstance(application, Application)
    application.setApplicationName("exifact")
    application.setApplicationDisplayName("Exifact")
    application.setApplicationVersion(workstation.__version__)
    application.setDesktopFileName("exifact")
    application.setWindowIcon(icons.icon(icons.PROGRAM))
    window = MainWindow(SettingsStore.of_user())
    watch = ExceptionWatch()
    watch.caught.connect(window.teller.tell_problem)
    watch.install()
    application.file_asked_for.connect(window.open_file)
    interrupt = _Interrupt(window)
    window.show()
    wanted = [*files, *([paths.resources() / "examples" / "spliced.jpg"] if example else [])]
    if wanted:
        QTimer.singleShot(0, window, lambda: window.open_files(wanted))
    code = application.exec()
    code = INTERRUPTED if interrupt.came else code
    watch.remove()
    if window.ended_cleanly is False:
        os._exit(code)  # a thread hangs in the system, on a dead network drive, say; the settings are saved
    return code
