"""The open case: exhibits are taken in, and what changes in the window is written into it as it happens."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from enum import Enum
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from workstation.analysis.result import AnalysisRequest
from workstation.casework.problems import CaseRefusal
from workstation.errors import WorkstationError, number_of
from workstation.evidence.record import Evidence
from workstation.settings import SettingsStore
from workstation.ui.case_keeper import (
    Box,
    CaseKeeper,
    CaseView,
    NewCase,
    OpenTwice,
    TakenIn,
    Wanted,
    changing,
    creating,
    opening,
    saving,
    taking_in,
)
from workstation.ui.case_opening import Arrived, CaseOpening
from workstation.ui.case_statements import CaseStatements
from workstation.ui.case_steps import Step
from workstation.ui.heard import Heard
from workstation.ui.jobs import Job, JobQueue, LaneName, Steps
from workstation.ui.session import AnalysisState, OpenExhibit, Session
from workstation.ui.shown_text import visible

SAVE_AFTER_MS = 300
"""Changes are gathered for so long, e.g. while a region is dragged, before they are written."""
TRY_AGAIN_MS = 10_000


class Keeping(Enum):
    """Whether the case holds what the window shows."""

    NO_CASE = "no case"
    READ_ONLY = "read-only"
    SAVED = "all saved"
    SAVING = "saving"
    FAILED = "not saved"


class CaseDesk(QObject):
    """Holds the open case and keeps it in step with the session, in a lane of its own.

    Attributes:
        view: the case as it stands, None without one.
        keeping: whether everything is saved.
        statements: puts what is stated about exhibits and case into it.

    Signals:
        opened: a case was opened or made; carries the `CaseView`.
        changed: carries the new `CaseView`.
        closed: there is no case any more.
        keeping_changed: carries the `Keeping`.
        problem: carries a `WorkstationError`.
        not_changed: another case could not be opened; carries the `WorkstationError`, and the title of the case that
            stays open.
        taken_in: an `OpenExhibit` is an exhibit of the case now.
        parted: exhibits of the case before were closed, since another case is open now; a sentence.
    """

    opened = Signal(object)
    changed = Signal(object)
    closed = Signal()
    keeping_changed = Signal(object)
    problem = Signal(object)
    not_changed = Signal(object, str)
    taken_in = Signal(object)
    parted = Signal(str)

    def __init__(
        self,
        session: Session,
        jobs: JobQueue,
        store: SettingsStore,
        request: Callable[[], AnalysisRequest],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._session, self._jobs, self._store, self._request = session, jobs, store, request
        self._keeper: CaseKeeper | None = None
        self.view: CaseView | None = None
        self.keeping = Keeping.NO_CASE
        self._wanted: dict[int, Wanted] = {}
        self._writing: dict[int, Wanted] | None = None
        self._opening = CaseOpening(jobs, self)
        self._opening.arrived.connect(self._take_case)
        self._opening.failed.connect(self._miss_case)
        self._own_jobs: set[Job] = set()
        self._steps: list[Step] = []
        self._held: list[Callable[[], None]] = []
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.save_now)
        session.marks_changed.connect(self.note_change)
        self.statements = CaseStatements(self, session)

    @property
    def is_open(self) -> bool:
        """Whether there is a case."""
        return self._keeper is not None

    @property
    def keeper(self) -> CaseKeeper | None:
        """The open case for jobs that read it; None without one."""
        return self._keeper

    @property
    def takes_changes(self) -> bool:
        """Whether there is a case that can be written."""
        return self.view is not None and not self.view.read_only

    @property
    def has_unsaved(self) -> bool:
        """Whether something could not be written yet."""
        return bool(self._wanted) or self._writing is not None

    # Opening and closing

    def create(self, plan: NewCase) -> None:
        """Make a case and open it; what is open in the window is taken in."""
        self._change_case(f"making the case “{plan.title}”", lambda: creating(plan))

    def open(self, folder: Path) -> None:
        """Open a case; exhibits that are open in the window already are taken in. The one before is closed then."""
        operator, open_now = self._store.current.operator, self._keeper
        self._change_case(f"opening the case “{visible(folder.name)}”", lambda: opening(folder, operator, open_now))

    def close(self) -> bool:
        """Write what is left and close the case; False if it could not be written, and the case stays open."""
        if not self._all_written():
            return False
        if self._keeper is not None:
            self._end(self._keeper)
        return True

    def flush(self) -> None:
        """Write what is left now; what cannot be written is said, and waits."""
        if self._keeper is not None and self._all_written():
            self._enter(Keeping.SAVED if self.takes_changes else self.keeping)
            self._release()

    def end(self) -> None:
        """Close the case with the window, which hears nothing more; what cannot be written was asked about before."""
        keeper = self._keeper
        self.blockSignals(True)
        self._opening.end()
        if keeper is None:
            return
        with suppress(WorkstationError):
            self._write_rest(keeper)
        self._end(keeper)

    def _all_written(self) -> bool:
        try:
            if self._keeper is not None:
                self._write_rest(self._keeper)
        except WorkstationError as error:
            self._wait_after(error)
            return False
        return True

    def _change_case(self, title: str, steps: Callable[[], Steps]) -> None:
        """Open or make a case; the one that is open stays so until the other one has arrived."""
        if not self._opening.is_busy and self._all_written():
            self._opening.begin(title, steps)

    @Slot(object)
    def _take_case(self, arrived: Arrived) -> None:
        if arrived is None:
            self._take_same_case()
            return
        keeper, view = arrived
        if not self.close():  # what was done meanwhile cannot be written: it is said, and the other one has to wait
            keeper.file.close()
            return
        self._keeper, self.view = keeper, view
        self._enter(Keeping.READ_ONLY if view.read_only else Keeping.SAVED)
        parted = self._part_with_others(view)
        self.opened.emit(view)
        for exhibit in self._session.exhibits:
            self.take_in(exhibit)
        if parted:
            self.parted.emit(parted)

    def _part_with_others(self, view: CaseView) -> str:
        """Close what is kept in another case: no exhibit comes into this one's log only because it was still open."""
        others = [exhibit for exhibit in self._session.exhibits if _is_kept_elsewhere(exhibit, view)]
        titles = dict.fromkeys(exhibit.of_case.title for exhibit in others if exhibit.of_case is not None)
        stopped = " An analysis was stopped." if any(exhibit.is_busy for exhibit in others) else ""
        for exhibit in others:
            self._session.close(exhibit)
        if not others:
            return ""
        said = f"{number_of(len(others), 'exhibit')} of the case {' and '.join(f'“{title}”' for title in titles)}"
        return f"{said} {'was' if len(others) == 1 else 'were'} closed: another case is open now.{stopped}"

    def _take_same_case(self) -> None:
        """The case that is open was asked for: that changes at most in whose name it is written."""
        keeper = self._keeper
        if keeper is None:
            return  # it was closed meanwhile
        if keeper.file.operator == self._store.current.operator:
            self.opened.emit(self.view)
        elif self.close():
            self.open(keeper.file.folder)

    @Slot(object)
    def _miss_case(self, error: WorkstationError) -> None:
        if self.view is None:
            self.problem.emit(error)
        else:
            self.not_changed.emit(error, self.view.details.title)

    def _write_rest(self, keeper: CaseKeeper) -> None:
        self._timer.stop()
        with keeper.turn:  # after what the lane writes now
            for wanted in (self._writing or {}, self._wanted):
                if wanted and self.takes_changes:
                    keeper.save(wanted)
                    self._mark_saved(wanted)
                wanted.clear()  # the lane, if its turn comes later, must not put an older state back
            self._writing = None
            for step in tuple(self._steps):
                step.write(keeper)

    def _end(self, keeper: CaseKeeper) -> None:
        details = None if self.view is None else self.view.details
        own = {one.key for one in self._session.exhibits if self._number_of(one) is not None}
        self._keeper, self.view, self._writing = None, None, None
        self._wanted.clear()
        self._steps.clear()
        self._held.clear()
        self._timer.stop()
        for job in tuple(self._own_jobs):  # all is written; nobody waits for what they would read of a closed case
            self._jobs.cancel(job)
        with keeper.turn:
            keeper.file.close()
        if self.signalsBlocked():
            return
        for exhibit in self._session.exhibits:
            of_case = details if exhibit.key in own else exhibit.of_case
            self._session.update(exhibit, record=None, was_entry=None, hidden_until_taken_in=False, of_case=of_case)
        self._enter(Keeping.NO_CASE)
        self.closed.emit()

    # Exhibits

    def take_in(self, exhibit: OpenExhibit) -> None:
        """A file was read: it becomes an exhibit of the case, or is one already."""
        keeper, evidence = self._keeper, exhibit.evidence
        if keeper is None or evidence is None or exhibit.record is not None:
            return
        known = None if self.view is None else self.view.with_hash(evidence.identity.sha256)
        blind = self.view is not None and self.view.details.blind and not self.view.read_only
        hidden = blind if known is None else known.metadata_hidden
        self._session.update(exhibit, hidden_until_taken_in=hidden)
        title = f"taking “{exhibit.name}” into the case"

        def submit() -> None:
            self._submit(
                title,
                lambda: taking_in(keeper, evidence),
                lambda outcome: self._take_in(exhibit, evidence, *outcome),
                partial(self._not_taken_in, keeper, exhibit),
            )

        if exhibit.was_entry is not None:
            self.note_change(exhibit)  # what was marked on the picture before it was known whose it is
        self._after_saving(submit)

    def _take_in(self, exhibit: OpenExhibit, evidence: Evidence, taken: TakenIn | None, view: CaseView) -> None:
        if self._session.find(exhibit.key) is None or exhibit.evidence is not evidence:
            self._show(view)
            return  # it was closed, or is read again: other bytes may stand there now
        self._session.update(exhibit, hidden_until_taken_in=False)
        twin = None if taken is None else self._open_as(taken.record.id)
        if taken is not None and twin is not None and twin is not exhibit:
            self._join(exhibit, twin, taken.record.label)
        elif taken is not None:
            in_window, again = exhibit.marks, exhibit.was_entry == taken.record.id
            self._session.update(exhibit, record=taken.record, was_entry=None)
            if not again:  # else the case knows nothing that the window did not, and what was deleted stays so
                self._session.restore(exhibit, taken.marks.joined(in_window))
            if taken.problem is not None:
                self.problem.emit(taken.problem)
            if exhibit.result is None and taken.result is not None and not exhibit.is_busy:
                self._session.update(exhibit, result=taken.result, analysis=AnalysisState.DONE)
            self.taken_in.emit(exhibit)
            if exhibit.marks != taken.marks or exhibit.result is not taken.result:
                self.note_change(exhibit)
        self._show(view)

    def _open_as(self, number: int) -> OpenExhibit | None:
        return next((one for one in self._session.exhibits if self._number_of(one) == number), None)

    def _number_of(self, exhibit: OpenExhibit) -> int | None:
        """Under which number the case keeps what is marked on an exhibit; None where it is none of its exhibits.

        While an exhibit is read again it is the one that it was, unless other bytes came: what is deleted meanwhile
        must not come back with the case.
        """
        if exhibit.record is not None or exhibit.was_entry is None or self.view is None:
            return None if exhibit.record is None else exhibit.record.id
        before, evidence = self.view.exhibit(exhibit.was_entry), exhibit.evidence
        if evidence is None:
            same = exhibit.pixels is None  # a picture comes before it is known whose it is
        else:
            same = before is not None and evidence.identity.sha256 == before.sha256
        return before.id if before is not None and same else None

    def _join(self, exhibit: OpenExhibit, twin: OpenExhibit, label: str) -> None:
        """A copy of an open exhibit: two windows onto one exhibit would write over each other's marks."""
        current = self._session.current is exhibit
        self._session.edit(twin, f"marks on “{exhibit.name}”", twin.marks.joined(exhibit.marks))
        self._session.close(exhibit)
        if current:
            self._session.select(twin)
        self.problem.emit(OpenTwice(exhibit.name, twin.name, label))

    def _not_taken_in(self, keeper: CaseKeeper, exhibit: OpenExhibit, error: WorkstationError) -> None:
        if keeper is not self._keeper or self.view is None:
            return  # the case was closed before its turn
        self._session.update(exhibit, hidden_until_taken_in=False)
        self.changed.emit(self.view)
        self.problem.emit(error)

    @Slot(object)
    def note_change(self, exhibit: OpenExhibit) -> None:
        """Something about an exhibit changed that the case keeps."""
        self._want(exhibit, ())

    def note_viewed(self, exhibit: OpenExhibit, box: Box) -> None:
        """A part of an exhibit was on the screen at 100 % or more."""
        self._want(exhibit, (box,))

    def _want(self, exhibit: OpenExhibit, boxes: tuple[Box, ...]) -> None:
        number = self._number_of(exhibit)
        if not self.takes_changes or number is None:
            return
        before = self._wanted.get(number)
        asked = exhibit.requested or self._request()
        failure = None if exhibit.failure is None else (asked, exhibit.failure.summary)
        result = exhibit.result if failure is None else None
        self._wanted[number] = Wanted(exhibit.marks, result, failure, boxes, exhibit.size).after(before)
        if self._timer.isActive():  # it is written then; what could not be saved stays "not saved" until it is
            return
        self._enter(Keeping.SAVING)
        self._timer.start(SAVE_AFTER_MS)

    # Saving

    @Slot()
    def save_now(self) -> None:
        """Write what waits."""
        keeper = self._keeper
        if keeper is None or self._writing is not None or not self._wanted:
            return
        self._timer.stop()
        self._writing, self._wanted = self._wanted, {}
        self._enter(Keeping.SAVING)
        writing = self._writing
        self._submit(
            "saving the case",
            lambda: saving(keeper, writing),
            partial(self._saved, writing),
            partial(self._not_saved, writing),
        )

    def _saved(self, written: dict[int, Wanted], view: CaseView) -> None:
        if written is not self._writing:
            return  # the case was closed meanwhile, or all was written without waiting for the lane
        self._mark_saved(written)
        self._writing = None
        if self._held:
            self._release()
        elif self._wanted:
            self._timer.start(SAVE_AFTER_MS)
        if not self.has_unsaved:
            self._enter(Keeping.SAVED)
        self._show(view)

    def _after_saving(self, submit: Callable[[], None]) -> None:
        """Submit a job that has to find in the case what the window shows."""
        self.save_now()
        if self._writing is not None and self._wanted:
            self._held.append(submit)
        else:
            submit()

    def _release(self) -> None:
        self.save_now()
        held, self._held = self._held, []
        for submit in held:
            submit()

    def _mark_saved(self, written: Mapping[int, Wanted]) -> None:
        for exhibit in self._session.exhibits:
            number = self._number_of(exhibit)
            kept = None if number is None else written.get(number)
            if kept is not None and kept.marks is exhibit.marks:
                exhibit.exported = True

    def _not_saved(self, writing: dict[int, Wanted], error: WorkstationError) -> None:
        """Nothing is lost: what was not written waits, and is written again by itself; a refusal waits for a change."""
        if writing is not self._writing:
            return  # as above, and what waited was written then
        newer = {number: one.after(writing.get(number)) for number, one in self._wanted.items()}
        self._wanted, self._writing = {**writing, **newer}, None
        self._wait_after(error)

    def _wait_after(self, error: WorkstationError) -> None:
        self._enter(Keeping.FAILED)
        self.problem.emit(error)
        if self._wanted and not isinstance(error, CaseRefusal):
            self._timer.start(TRY_AGAIN_MS)
        if self._held and self._writing is None:
            self._release()

    def do(
        self,
        title: str,
        step: Callable[[CaseKeeper], Any],
        then: Callable[[Any], None] | None = None,
        *,
        writes: bool = True,
    ) -> None:
        """Do one more thing with the case, after what waits to be saved.

        Args:
            title: fragment for sentences.
            step: gets the keeper, in the lane of the case.
            then: gets what `step` returned, in the GUI thread.
            writes: whether it is done even if the case is closed before its turn.
        """
        keeper = self._keeper
        if keeper is None:
            return
        once = Step(step)
        if writes:
            self._steps.append(once)

        def finish(outcome: tuple[Any, CaseView]) -> None:
            value, view = outcome
            self._forget_step(once)
            self._did(keeper, view)
            if then is not None:
                then(value)

        def fail(error: WorkstationError) -> None:
            self._forget_step(once)
            if keeper is self._keeper:  # else the case was closed before its turn, and the step done then
                self.problem.emit(error)

        def submit() -> None:
            self._submit(title, lambda: changing(keeper, once.write if writes else step), finish, fail)

        self._after_saving(submit)

    def _submit(
        self,
        title: str,
        steps: Callable[[], Steps],
        finish: Callable[[Any], None],
        fail: Callable[[WorkstationError], None],
    ) -> None:
        """Do something with the open case in its lane; only its end takes the job away, so none is offered Cancel."""
        job = self._jobs.submit(title, steps, lane=LaneName.CASE, quiet=True, cancellable=False, own_words=True)
        self._own_jobs.add(job)
        job.ended.connect(self._forget_job)
        Heard(job, finish, fail)

    @Slot(object)
    def _forget_job(self, job: Job) -> None:
        self._own_jobs.discard(job)

    def _forget_step(self, step: Step) -> None:
        if step in self._steps:
            self._steps.remove(step)

    @Slot()
    def refresh(self) -> None:
        """Something else wrote into the case, a report say."""
        self.do("reading the case", lambda _: None, writes=False)

    def _did(self, keeper: CaseKeeper, view: CaseView) -> None:
        if keeper is self._keeper:
            for exhibit in self._session.exhibits:
                record = None if exhibit.record is None else view.exhibit(exhibit.record.id)
                if record is not None and record != exhibit.record:
                    self._session.update(exhibit, record=record)
            if self.keeping is Keeping.FAILED and not self.has_unsaved and not self._steps:
                self._enter(Keeping.SAVED)  # a step failed when the case was to be closed
            self._show(view)

    def _show(self, view: CaseView) -> None:
        self.view = view
        self.changed.emit(view)

    def _enter(self, keeping: Keeping) -> None:
        if keeping is not self.keeping:
            self.keeping = keeping
            self.keeping_changed.emit(keeping)


def _is_kept_elsewhere(exhibit: OpenExhibit, view: CaseView) -> bool:
    """Whether all of it stands in a case that was closed, and nothing in this one."""
    if exhibit.of_case is None or exhibit.evidence is None or not exhibit.exported:
        return False
    same = exhibit.of_case.identifier == view.details.identifier
    return not same and view.with_hash(exhibit.evidence.identity.sha256) is None
