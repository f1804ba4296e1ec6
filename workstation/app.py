"""The composition root of the window; only `cli` imports it, late."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

import workstation
from workstation import paths
from workstation.settings import SettingsStore
from workstation.ui import icons
from workstation.ui.main_window import MainWindow
from workstation.ui.problem_report import ExceptionWatch

SWITCH_INTERVAL = 0.001
"""Seconds after which a thread must give the interpreter to another: what computes in Python delays a click less."""


def run(files: Sequence[Path], *, example: bool = False) -> int:
    """Show the window until it is closed.

    Args:
        files: opened at once.
        example: open the bundled example, too.

    Returns:
        The exit code.
    """
    sys.setswitchinterval(SWITCH_INTERVAL)
    application = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(application, QApplication)
    application.setApplicationName("exifact")
    application.setApplicationDisplayName("Exifact")
    application.setApplicationVersion(workstation.__version__)
    application.setDesktopFileName("exifact")
    application.setWindowIcon(icons.icon(icons.PROGRAM))
    window = MainWindow(SettingsStore.of_user())
    watch = ExceptionWatch()
    watch.caught.connect(window.teller.tell_problem)
    watch.install()
    window.show()
    wanted = [*files, *([paths.resources() / "examples" / "spliced.jpg"] if example else [])]
    if wanted:
        QTimer.singleShot(0, window, lambda: window.open_files(wanted))
    code = application.exec()
    watch.remove()
    if window.ended_cleanly is False:
        os._exit(code)  # a thread hangs in the system, on a dead network drive, say; the settings are saved
    return code
