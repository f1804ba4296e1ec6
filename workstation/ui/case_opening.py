"""Another case is opened or made in the lane of the case; what is open meanwhile stays open until it has arrived."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from PySide6.QtCore import QObject, Signal

from workstation.errors import WorkstationError
from workstation.ui.case_keeper import CaseKeeper, CaseView
from workstation.ui.case_steps import Arriving
from workstation.ui.heard import Heard
from workstation.ui.jobs import Job, JobQueue, LaneName, Steps

Arrived: TypeAlias = tuple[CaseKeeper, CaseView] | None
"""An opened case; None where it is the one that is open already."""


class CaseOpening(QObject):
    """Opens one case at a time: a second opening would find it held by the first.

    Signals:
        arrived: carries what was opened, an `Arrived`.
        failed: carries the `WorkstationError` for which it cannot be opened.
    """

    arrived = Signal(object)
    failed = Signal(object)

    def __init__(self, jobs: JobQueue, parent: QObject) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._job: Job | None = None
        self._arriving: Arriving | None = None

    @property
    def is_busy(self) -> bool:
        """Whether a case is on its way."""
        return self._job is not None

    def begin(self, title: str, steps: Callable[[], Steps]) -> None:
        """Open or make a case, as a job; `steps` return an `Arrived`."""
        self._arriving = Arriving(steps)
        self._job = self._jobs.submit(title, self._arriving.steps, lane=LaneName.CASE, cancellable=False)
        Heard(self._job, self._take, self._fail)

    def end(self) -> None:
        """Close a case that arrives while the window closes; after the lane has ended."""
        if self._arriving is not None:
            self._arriving.close()
            self._arriving = None

    def _take(self, outcome: Arrived) -> None:
        self._job = self._arriving = None  # whoever hears of it may ask for another one
        self.arrived.emit(outcome)

    def _fail(self, error: WorkstationError) -> None:
        self._job = self._arriving = None
        self.failed.emit(error)
