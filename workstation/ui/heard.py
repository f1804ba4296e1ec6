"""How a job ends, heard in the GUI thread."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, Slot

from workstation.errors import WorkstationError
from workstation.ui.jobs import Job


class Heard(QObject):
    """Hears one job; its child, so that it goes when the job does."""

    def __init__(self, job: Job, finish: Callable[[Any], None], fail: Callable[[WorkstationError], None]) -> None:
        super().__init__(job)
        self._finish, self._fail = finish, fail
        job.finished.connect(self.finish)
        job.failed.connect(self.fail)

    @Slot(object)
    def finish(self, outcome: Any) -> None:
        """Pass on what it returned."""
        self._finish(outcome)

    @Slot(object)
    def fail(self, error: WorkstationError) -> None:
        """Pass on what went wrong."""
        self._fail(error)
