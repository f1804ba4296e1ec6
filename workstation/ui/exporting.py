"""Reports and maps are written, as jobs."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from workstation.errors import WorkstationError
from workstation.ui.case_keeper import CaseKeeper
from workstation.ui.jobs import Job, JobQueue
from workstation.ui.report_order import ReportOrder, Signing, Stated
from workstation.ui.session import OpenExhibit, Session
from workstation.ui.work import Work

KEPT_ON_CANCEL = "what was exported before; nothing half-written is left"


class ExportDesk(QObject):
    """Writes what other people read.

    Signals:
        begun: carries what is being written ("the report") and its `Job`.
        cancelled: carries what is not written after all.
        exported: carries what it was ("the report") and the tuple of paths that were written.
        failed: carries the `WorkstationError`.
    """

    begun = Signal(str, object)
    cancelled = Signal(str)
    exported = Signal(str, object)
    failed = Signal(object)

    def __init__(self, session: Session, jobs: JobQueue, work: Work, parent: QObject) -> None:
        super().__init__(parent)
        self._session, self._jobs, self._work = session, jobs, work
        self._under_way: dict[Job, str] = {}

    @property
    def under_way(self) -> tuple[str, ...]:
        """What is being written: "the report", "the maps of IMG_1.jpg"."""
        return tuple(self._under_way.values())

    def begin(self, job: Job, what: str) -> None:
        """A job began to write something."""
        self._under_way[job] = what
        job.state_changed.connect(self._forget)
        self.begun.emit(what, job)

    @Slot(object)
    def _forget(self, job: Job) -> None:
        """Before anybody hears that it is written: who then closes the window is not asked about it."""
        if job.is_over:
            self._under_way.pop(job, None)

    def report(
        self,
        target: Path,
        stated: Stated | None = None,
        signing: Signing | None = None,
        keeper: CaseKeeper | None = None,
    ) -> None:
        """Write the PDF and its JSON for everything that is open.

        Args:
            target: the PDF.
            stated: what only people can say; None = nothing was stated.
            signing: a key, or None.
            keeper: the open case that it speaks of, or None.
        """
        said = stated or Stated()
        case = self._session.case(title=target.stem, operator=said.operator)
        order = ReportOrder(case, target, said, signing, keeper)
        exhibits, work = self._session.exhibits, self._work
        job = self._jobs.submit(
            "writing the report", lambda: work.export_report(order), kept=KEPT_ON_CANCEL, lasting=True
        )
        _ExportTask(self, "the report", job, exhibits)

    def maps(self, exhibit: OpenExhibit, folder: Path) -> None:
        """Write the maps of one exhibit into a folder."""
        case_exhibit = exhibit.as_exhibit()
        if case_exhibit is None:
            return
        work = self._work
        job = self._jobs.submit(
            f"writing the maps of “{exhibit.name}”",
            lambda: work.export_maps(case_exhibit, folder),
            kept=KEPT_ON_CANCEL,
            lasting=True,
        )
        _ExportTask(self, f"the maps of “{exhibit.name}”", job, ())


class _ExportTask(QObject):
    """Hears one export, in the GUI thread; `covered` are the exhibits that a finished one leaves saved."""

    def __init__(self, desk: ExportDesk, what: str, job: Job, covered: tuple[OpenExhibit, ...]) -> None:
        super().__init__(job)
        self._desk, self._what = desk, what
        self._covered = [(exhibit, exhibit.marks, exhibit.result) for exhibit in covered]
        job.finished.connect(self.finish)
        job.failed.connect(self.fail)
        job.cancelled.connect(self.cancel)
        desk.begin(job, what)

    @Slot(object)
    def finish(self, paths: tuple[Path, ...]) -> None:
        """Say where the files are; what changed while they were written stays unsaved."""
        for exhibit, marks, result in self._covered:
            if exhibit.marks is marks and exhibit.result is result:
                exhibit.exported = True
        self._desk.exported.emit(self._what, paths)

    @Slot(object)
    def cancel(self, _cancelled: object) -> None:
        """Say that there is no new file."""
        self._desk.cancelled.emit(self._what)

    @Slot(object)
    def fail(self, error: WorkstationError) -> None:
        """Pass the reason on."""
        self._desk.failed.emit(error)
