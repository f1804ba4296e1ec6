"""What the window says: findings in words, the bar over the picture, jobs, log, warnings and the status bar."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from PySide6.QtCore import QObject, Slot

from workstation.casework.problems import CaseNotSaved
from workstation.errors import ExportProblem, FolderOpened, TooManyPixels, WorkstationError
from workstation.evidence import PixelsLost
from workstation.progress import Progress
from workstation.ui.centre import Centre
from workstation.ui.findings_panel import FindingsPanel
from workstation.ui.jobs import Job, JobQueue, JobState
from workstation.ui.jobs_panel import JobsPanel
from workstation.ui.problem_report import UnexpectedProblem
from workstation.ui.session import AnalysisState, HashState, OpenExhibit, Session
from workstation.ui.status_bar import StatusBar
from workstation.ui.wording import Situation

BRIEFLY_MS = 2500
"""So long it stands where the status bar says what lies under the pointer."""


@dataclass(frozen=True, slots=True, eq=False)
class Places:
    """Where the window says things."""

    centre: Centre
    findings: FindingsPanel
    jobs: JobsPanel
    status: StatusBar


class Teller(QObject):
    """Listens to session and jobs and puts what happens into words, each in its own place.

    Attributes:
        last_problem: the last unexpected problem, whose report can be saved.
        save_problem: called by the button "Save problem report"; set by the window.
        open_settings: called by the button "Settings"; set by the window.
        try_again: called by the button "Try again" when a case could not be saved; set by the window.
    """

    def __init__(self, session: Session, jobs: JobQueue, places: Places, parent: QObject) -> None:
        super().__init__(parent)
        self._session, self._jobs, self._centre = session, jobs, places.centre
        self._findings, self._jobs_panel, self._status = places.findings, places.jobs, places.status
        self._refused = self._blind = ""
        self._delayed = self._awaited = self._trouble_with_file = ""
        self.last_problem: UnexpectedProblem | None = None
        self.save_problem: Callable[[], None] | None = None
        self.open_settings: Callable[[], None] | None = None
        self.try_again: Callable[[], None] | None = None
        jobs.job_started.connect(self.tell_job_started)
        jobs.job_progressed.connect(self.tell_job_progress)
        jobs.job_stopping.connect(self.tell_job_stopping)
        jobs.job_ended.connect(self.tell_job_ended)
        session.current_changed.connect(self.show_exhibit)
        session.removed.connect(self.forget)

    @Slot(object)
    def show_exhibit(self, exhibit: OpenExhibit | None) -> None:
        """Everything that words say about the current exhibit."""
        self._centre.hush()
        self._status.show_exhibit(exhibit)
        self.show_findings(exhibit)
        if exhibit is not None:
            self.tell_trouble(exhibit)

    def show_findings(self, exhibit: OpenExhibit | None) -> None:
        """The state of the analysis, in its own sentence."""
        for _ in self.showing_findings(exhibit):
            pass

    def showing_findings(self, exhibit: OpenExhibit | None) -> Iterator[None]:
        """The same in pieces of some milliseconds."""
        panel = self._findings
        if exhibit is None:
            panel.show_state(Situation.EMPTY)
        elif exhibit.problem is not None:
            panel.show_state(Situation.CANNOT_BE_OPENED, exhibit.problem.summary)
        elif exhibit.evidence is None:
            panel.show_state(Situation.OPENING)
        elif exhibit.is_busy:
            detail = "Waiting for another analysis to end." if exhibit.analysis is AnalysisState.WAITING else ""
            panel.show_state(Situation.ANALYSING, detail)
            if exhibit.progress is not None:
                panel.show_progress(exhibit.progress)
            if exhibit.analysis is AnalysisState.STOPPING:
                panel.show_cancelling()
        elif exhibit.failure is not None:
            panel.show_failure(exhibit.failure)
        elif exhibit.result is not None:
            yield from panel.showing(exhibit.result, hides_metadata=exhibit.hides_metadata)
        elif exhibit.cancelled is not None:
            panel.show_cancelled(exhibit.cancelled.kept)
        else:
            panel.show_state(Situation.READY)

    def tell_trouble(self, exhibit: OpenExhibit) -> None:
        """What went wrong with the current exhibit, in the bar over the picture."""
        problem = exhibit.problem or exhibit.failure
        if problem is not None:
            self.tell_problem(problem)
        elif exhibit.hash_state in {HashState.DIFFERS, HashState.GONE}:
            self._tell_hash(exhibit)

    @Slot(object)
    def tell_reopened(self, exhibit: OpenExhibit) -> None:
        """A file is read anew: what was said of its earlier bytes is over."""
        if exhibit is self._session.current:
            self._centre.hush()

    @Slot(object)
    def tell_unopened(self, exhibit: OpenExhibit) -> None:
        """One of several files cannot be opened, while another is looked at."""
        if exhibit is not self._session.current and exhibit.problem is not None:
            self.tell_problem(exhibit.problem)

    @Slot(object)
    def tell_problem(self, problem: WorkstationError, after: str = "") -> None:
        """One sentence with the next step; an unexpected one offers its report.

        Args:
            problem: what went wrong.
            after: another sentence: what stays in spite of it.
        """
        text = f"{problem.summary} {after}".strip()
        if isinstance(problem, UnexpectedProblem):
            self.last_problem = problem
            self._centre.say(text, "error", "Save problem report…", self.save_problem)
        elif isinstance(problem, CaseNotSaved):
            self._centre.say(text, "error", "Try again", self.try_again)
        elif isinstance(problem, TooManyPixels):
            self._centre.say(text, "error", "Settings…", self.open_settings)
        else:
            if problem.likely_causes:
                text += f" Often it is {' or '.join(problem.likely_causes)}."
            if isinstance(problem, ExportProblem):
                text += " What was analysed and marked is kept in the window."
            self._centre.say(text, "error")
        if isinstance(problem, PixelsLost):
            self._trouble_with_file = text
        self._jobs_panel.log(text)

    def tell(
        self, text: str, kind: str = "information", action: str = "", then: Callable[[], None] | None = None
    ) -> None:
        """A sentence over the picture and in the log."""
        self._centre.say(text, kind, action, then)
        self._jobs_panel.log(text)

    def tell_briefly(self, text: str) -> None:
        """That something was done that nothing else shows: a moment in the status bar, and too small for the log."""
        self._status.showMessage(text, BRIEFLY_MS)

    def tell_blind(self, text: str) -> None:
        """What a blind examination does not allow yet; said until its next step is done."""
        self._blind = text
        self.tell(text, "warning")

    def forget_blind(self) -> None:
        """A step of a blind examination was done."""
        if self._blind and self._centre.message == self._blind:
            self._centre.hush()
        self._blind = ""

    def tell_no_map(self, exhibit: OpenExhibit | None) -> None:
        """A layer was chosen that has nothing to show yet."""
        if exhibit is None or exhibit.is_busy:
            return  # the findings say that it grows
        if exhibit.result is not None:
            self.tell(f"“{exhibit.name}” is not assessable: there is no map, the original is shown.")
        else:
            self.tell(f"“{exhibit.name}” has no map yet: start the analysis (A). Until then the original is shown.")

    @Slot(object)
    def tell_cancelled(self, exhibit: OpenExhibit) -> None:
        """An analysis was stopped: what is shown is not its map, but that of the one before."""
        if exhibit is self._session.current and exhibit.result is not None:
            self._centre.say("The analysis was stopped. What is shown is the earlier result.", "information")

    @Slot(str, object)
    def tell_writing(self, what: str, job: Job) -> None:
        """Something is being written; the list of jobs may be out of sight."""
        self._centre.say(f"Writing {what}; the window stays usable.", "information", "Cancel", lambda: self.stop(job))

    @Slot(str)
    def tell_not_written(self, what: str) -> None:
        """Writing was cancelled."""
        self._centre.say(f"Cancelled: {what} was not written, what was exported before is kept.", "information")

    def stop(self, job: Job) -> None:
        """Ask a job to stop, if it still runs."""
        if not job.is_over:
            self._jobs.cancel(job)

    @Slot(str)
    def tell_refused(self, text: str) -> None:
        """What was drawn is no region; said until one is drawn, and too small for the log."""
        self._refused = text
        self._centre.say(text, "information")

    @Slot()
    def forget_refused(self) -> None:
        """A region was drawn after all."""
        if self._refused and self._centre.message == self._refused:
            self._centre.hush()
        self._refused = ""

    def tell_progress(self, exhibit: OpenExhibit, progress: Progress) -> None:
        """How far the current exhibit's analysis is."""
        if exhibit is self._session.current and exhibit.analysis is AnalysisState.RUNNING:
            self._findings.show_progress(progress)

    def tell_evidence(self, exhibit: OpenExhibit) -> None:
        """A file was read, or its analysis ended: its warnings."""
        self._jobs_panel.show_warnings(exhibit.name, exhibit.warnings, key=exhibit.key)

    def tell_hash(self, exhibit: OpenExhibit) -> None:
        """A hash was checked."""
        if exhibit.hash_state in {HashState.DIFFERS, HashState.GONE}:
            self._jobs_panel.log(f"{exhibit.name}: {exhibit.hash_words}")  # also of one that nobody looks at now
        if exhibit is not self._session.current:
            return
        self._status.show_exhibit(exhibit)
        if exhibit.hash_state in {HashState.DIFFERS, HashState.GONE}:
            self._tell_hash(exhibit)

    @Slot(object)
    def tell_delayed(self, exhibit: OpenExhibit) -> None:
        """The picture left memory and is read again; too small for the log."""
        if not self._centre.message:
            self._delayed = f"Reading “{exhibit.name}” again…"
            self._centre.say(self._delayed, "information")

    @Slot(str)
    def tell_awaited(self, name: str) -> None:
        """The picture that comes beside the current one is still being read; "" = nobody waits for one any more."""
        if self._awaited and self._centre.message == self._awaited:
            self._centre.hush()
        self._awaited = f"Reading “{name}” to put it beside this one…" if name else ""
        if name and not self._centre.message:
            self._centre.say(self._awaited, "information")

    @Slot(object)
    def tell_arrived(self, exhibit: OpenExhibit) -> None:
        """The picture is there again, which also says that the file is the same as ever."""
        if exhibit is not self._session.current:
            return
        self._status.show_exhibit(exhibit)
        self.show_findings(exhibit)
        if self._centre.message in {self._delayed, self._trouble_with_file}:
            self._centre.hush()
        self.forget_refused()  # regions can be drawn now

    @Slot(object)
    def tell_lost(self, exhibit: OpenExhibit) -> None:
        """The picture left memory, and its file is no longer the same."""
        if exhibit is self._session.current:
            self._status.show_exhibit(exhibit)
        self._tell_hash(exhibit)
        self._jobs_panel.log(f"{exhibit.name}: {exhibit.hash_words}")

    @Slot(object)
    def forget(self, exhibit: OpenExhibit) -> None:
        """An exhibit was closed."""
        self._jobs_panel.show_warnings(exhibit.name, (), key=exhibit.key)

    @Slot(object)
    def tell_job_started(self, job: Job) -> None:
        """List a job."""
        if not job.quiet:
            self._jobs_panel.job_started(job.number, _sentence(job.title), cancellable=job.cancellable)

    @Slot(object)
    def tell_job_progress(self, job: Job) -> None:
        """How far a job is."""
        if job.newest is not None:
            self._jobs_panel.job_progressed(job.number, job.newest)

    @Slot(object)
    def tell_job_stopping(self, job: Job) -> None:
        """Cancel was heard."""
        if job.quiet:
            return
        self._jobs_panel.job_cancelling(job.number)
        self._jobs_panel.log(f"{_sentence(job.title)}: stopping after the current step")

    @Slot(object)
    def tell_job_ended(self, job: Job) -> None:
        """How a job ended; one too small to be listed is mentioned only if it failed."""
        if job.quiet:
            if job.error is not None and not job.own_words:
                self.tell_problem(job.error)
            return
        if isinstance(job.error, FolderOpened):
            outcome = "is a folder, which is looked through"
        elif job.state is JobState.FAILED and job.error is not None:
            outcome = f"failed: {job.error.summary}"
        elif job.state is JobState.CANCELLED:
            outcome = f"cancelled; kept: {job.kept}"
        else:
            outcome = "complete"
        went_well = job.state is JobState.FINISHED or isinstance(job.error, FolderOpened)
        self._jobs_panel.job_ended(job.number, outcome, stays=not (job.passing and went_well))

    def _tell_hash(self, exhibit: OpenExhibit) -> None:
        remedy = "What is shown are the bytes that were read when it was opened."
        if exhibit.pixels is None:
            remedy = f"The picture is no longer in memory and cannot be shown. {PixelsLost.remedy}"
        elif exhibit.hash_state is HashState.DIFFERS:
            remedy += " Read the file again (F5) to work on the new ones."
        name = "" if exhibit is self._session.current else f"{exhibit.name}: "
        self._trouble_with_file = f"{name}{_sentence(exhibit.hash_words)}. {remedy}"
        self._centre.say(self._trouble_with_file, "warning")


def _sentence(fragment: str) -> str:
    return fragment[:1].upper() + fragment[1:]
