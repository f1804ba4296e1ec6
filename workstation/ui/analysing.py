"""Exhibits are analysed, one at a time, as jobs; what a computation says goes into the session."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QObject, Signal, Slot

from workstation.analysis.result import AnalysisRequest, AnalysisResult
from workstation.errors import Cancelled, WorkstationError
from workstation.evidence import PixelsLost
from workstation.progress import Progress
from workstation.settings import SettingsStore
from workstation.ui.jobs import Job, JobQueue, LaneName
from workstation.ui.opening import HASH_STATES
from workstation.ui.session import AnalysisState, OpenExhibit, Session
from workstation.ui.work import Work


class AnalysisDesk(QObject):
    """Starts and stops analyses and keeps their answers with the exhibits.

    Signals:
        queued, started, stopping: carries the `OpenExhibit`.
        progressed: the `OpenExhibit` and the `Progress`; its `partial`, if any, is a provisional map.
        finished, failed, cancelled: carries the `OpenExhibit`, whose fields say what there is.
    """

    queued = Signal(object)
    started = Signal(object)
    stopping = Signal(object)
    progressed = Signal(object, object)
    finished = Signal(object)
    failed = Signal(object)
    cancelled = Signal(object)

    def __init__(self, session: Session, jobs: JobQueue, work: Work, store: SettingsStore, parent: QObject) -> None:
        super().__init__(parent)
        self._session, self._jobs, self._work, self._store = session, jobs, work, store
        self._running: dict[int, Job] = {}
        self._partials: dict[int, Any] = {}
        session.removed.connect(self._forget)

    @property
    def is_busy(self) -> bool:
        """Whether any analysis waits or runs."""
        return bool(self._running)

    def request(self) -> AnalysisRequest:
        """What an analysis that starts now is asked for."""
        settings = self._store.current
        return AnalysisRequest(
            model=settings.model,
            device=settings.device,
            seed=settings.seed,
            threads=settings.threads,
            precision=settings.precision,
        )

    def partial_of(self, exhibit: OpenExhibit) -> Any | None:
        """The newest provisional map of a running analysis."""
        return self._partials.get(exhibit.key)

    def analyse(self, exhibit: OpenExhibit) -> bool:
        """Queue an analysis; False if the exhibit cannot be analysed now."""
        evidence = exhibit.evidence
        if evidence is None or exhibit.is_busy:
            return False
        request, work = self.request(), self._work
        job = self._jobs.submit(
            f"analysing “{exhibit.name}”",
            lambda: work.analyse(evidence, request),
            lane=LaneName.ANALYSIS,
            kept="the picture, its metadata and your regions",
        )
        self._running[exhibit.key] = job
        self._session.update(
            exhibit, analysis=AnalysisState.WAITING, requested=request, failure=None, cancelled=None, progress=None
        )
        _AnalysisTask(self, self._session, exhibit, job)
        self.queued.emit(exhibit)
        return True

    def stop(self, exhibit: OpenExhibit) -> bool:
        """Ask the analysis of an exhibit to stop; False if there is none."""
        job = self._running.get(exhibit.key)
        if job is None:
            return False
        self._jobs.cancel(job)
        return True

    @Slot(object)
    def _forget(self, exhibit: OpenExhibit) -> None:
        self.stop(exhibit)
        self._drop(exhibit)

    def _drop(self, exhibit: OpenExhibit) -> None:
        self._running.pop(exhibit.key, None)
        self._partials.pop(exhibit.key, None)

    def _keep_partial(self, exhibit: OpenExhibit, partial: Any) -> None:
        if exhibit.key in self._running:
            self._partials[exhibit.key] = partial


class _AnalysisTask(QObject):
    """Hears one analysis job, in the GUI thread."""

    def __init__(self, desk: AnalysisDesk, session: Session, exhibit: OpenExhibit, job: Job) -> None:
        super().__init__(job)
        self._desk, self._session, self._exhibit = desk, session, exhibit
        job.started.connect(self.start)
        job.state_changed.connect(self.change_state)
        job.progressed.connect(self.progress)
        job.finished.connect(self.finish)
        job.failed.connect(self.fail)
        job.cancelled.connect(self.cancel)

    @Slot()
    def start(self) -> None:
        """It left the queue."""
        self._session.update(self._exhibit, analysis=AnalysisState.RUNNING)
        self._desk.started.emit(self._exhibit)

    @Slot(object)
    def change_state(self, job: Job) -> None:
        """Acknowledge Cancel at once and take the provisional map away."""
        if job.state.name == "STOPPING":
            self._desk._partials.pop(self._exhibit.key, None)
            self._session.update(self._exhibit, analysis=AnalysisState.STOPPING)
            self._desk.stopping.emit(self._exhibit)

    @Slot(object)
    def progress(self, progress: Progress) -> None:
        """Pass on how far it is."""
        if progress.partial is not None:
            self._desk._keep_partial(self._exhibit, progress.partial)
        self._session.update(self._exhibit, progress=progress)
        self._desk.progressed.emit(self._exhibit, progress)

    @Slot(object)
    def finish(self, result: AnalysisResult) -> None:
        """Keep the result."""
        self._desk._drop(self._exhibit)
        self._session.update(self._exhibit, analysis=AnalysisState.DONE, result=result, limits=None, progress=None)
        self._desk.finished.emit(self._exhibit)

    @Slot(object)
    def fail(self, error: WorkstationError) -> None:
        """Keep the reason; an earlier result does not stand in for the failed one, unless the file is no longer it."""
        self._desk._drop(self._exhibit)
        if isinstance(error, PixelsLost):
            state, words = HASH_STATES[error.found.state], error.found.message
            self._session.update(self._exhibit, hash_state=state, hash_words=words)
        if isinstance(error, PixelsLost) and self._exhibit.result is not None:
            self._session.update(self._exhibit, analysis=AnalysisState.DONE, progress=None)
        else:
            self._session.update(
                self._exhibit, analysis=AnalysisState.FAILED, result=None, failure=error, progress=None
            )
        self._desk.failed.emit(self._exhibit)

    @Slot(object)
    def cancel(self, cancelled: Cancelled) -> None:
        """An earlier result stays; the cancelled analysis leaves nothing, and one that only waited was never there."""
        self._desk._drop(self._exhibit)
        said: Cancelled | None = cancelled
        if self._exhibit.result is not None:
            state, said = AnalysisState.DONE, Cancelled("the earlier result, " + cancelled.kept)
        elif self._exhibit.analysis is AnalysisState.WAITING:
            state, said = AnalysisState.NONE, None
        else:
            state = AnalysisState.CANCELLED
        self._session.update(self._exhibit, analysis=state, cancelled=said, progress=None)
        self._desk.cancelled.emit(self._exhibit)
