"""The one room of threads: long computations are generators of `Progress`, driven here outside the GUI thread.

A `Lane` is a thread that does one job after another; the analysis lane therefore runs one analysis at a time. A lane
talks to the GUI thread only through queued signals to slots of `JobQueue`, which lives there, and is asked to stop
through a `threading.Event`, because a queued slot would wait behind the work.
"""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass, field, replace
from enum import Enum
from itertools import count
from typing import Any, TypeAlias

from PySide6.QtCore import QObject, Qt, QThread, Signal, Slot

from workstation.errors import Cancelled, WorkstationError
from workstation.progress import Progress
from workstation.ui.garbage import GarbageInTurns
from workstation.ui.problem_report import UnexpectedProblem

Steps: TypeAlias = Generator[Progress, None, Any]

PATIENCE = 0.2
"""Seconds that a look at recent files may take before they are listed without: local disks answer in a thousandth."""

REPORT_INTERVAL = 0.05
"""Seconds between two reports of one job: more would only keep the event loop busy."""


class LaneName(Enum):
    """Which thread does a job. Pictures that are looked at again have one of their own: a report takes minutes."""

    FILES = "files"
    PICTURES = "pictures"
    ANALYSIS = "analysis"
    CASE = "case"


class JobState(Enum):
    """Where a job stands."""

    WAITING = "waiting"
    RUNNING = "running"
    STOPPING = "stopping"
    FINISHED = "finished"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class _Value:
    """A computation came to its end."""

    value: Any


class _Ticket:
    """What the GUI thread and a lane share about one job.

    Attributes:
        number: of the job.
        title: a fragment for sentences ("analysing IMG_1.jpg").
        start: makes the generator; called in the lane.
        lasting: whether a result that came in spite of Cancel counts, since files were written.
        stop: set when the job was cancelled.
    """

    def __init__(self, number: int, title: str, start: Callable[[], Steps], *, lasting: bool = False) -> None:
        self.number, self.title, self.start, self.lasting = number, title, start, lasting
        self.stop = threading.Event()
        self._lock = threading.Lock()
        self._waiting: list[Progress] = []

    def put(self, progress: Progress) -> bool:
        """Leave a report; True if the GUI thread has fetched those before and needs a new call.

        A report that was not fetched yet gives way to the next one, unless it carries a partial result of another kind:
        a picture is not skipped because its thumbnail came soon.
        """
        with self._lock:
            needs_call = not self._waiting
            last = self._waiting[-1] if self._waiting else None
            if last is None:
                self._waiting.append(progress)
            elif progress.partial is None:
                self._waiting[-1] = replace(progress, partial=last.partial)
            elif last.partial is None or type(last.partial) is type(progress.partial):
                self._waiting[-1] = progress
            else:
                self._waiting.append(progress)
            return needs_call

    def take(self) -> list[Progress]:
        """Fetch the reports, oldest first."""
        with self._lock:
            reports, self._waiting = self._waiting, []
            return reports


class Lane(QObject):
    """Does one job after another in its thread.

    Signals:
        began: the job with this number left the queue.
        reported: the job with this number has a new report to fetch.
        ended: the job's number, and a `_Value`, a `WorkstationError` or a `Cancelled`.
    """

    began = Signal(int)
    reported = Signal(int)
    ended = Signal(int, object)

    @Slot(object)
    def work(self, ticket: _Ticket) -> None:
        """Drive one job to its end; runs in the lane's thread."""
        self.began.emit(ticket.number)
        try:
            outcome: object = self._drive(ticket)
        except WorkstationError as error:
            error.__context__ = error.__cause__ = None  # their frames would keep whole images alive
            outcome = error.with_traceback(None)
        except Exception as error:  # noqa: BLE001 - the one place that must let nothing be lost
            outcome = UnexpectedProblem(ticket.title, error)
        late = ticket.stop.is_set() and not (ticket.lasting and isinstance(outcome, _Value))
        self.ended.emit(ticket.number, Cancelled() if late else outcome)

    def _drive(self, ticket: _Ticket) -> _Value | None:
        steps = ticket.start()
        last_report = -REPORT_INTERVAL
        try:
            while not ticket.stop.is_set():
                try:
                    progress = next(steps)
                except StopIteration as end:
                    return _Value(end.value)
                now = time.monotonic()
                if progress.partial is not None or now - last_report >= REPORT_INTERVAL:
                    last_report = now
                    if ticket.put(progress):
                        self.reported.emit(ticket.number)
            return None
        finally:
            steps.close()


class Job(QObject):
    """One piece of long work as the GUI thread sees it.

    Attributes:
        number: unique in this session.
        title: fragment for sentences ("analysing IMG_1.jpg").
        cancellable: whether Cancel makes sense to the analyst.
        quiet: too small to be listed.
        own_words: whoever asked for it says itself why it failed.
        passing: what it did is seen elsewhere: complete, it need not stay in the list of jobs.
        kept: what remains usable when it is cancelled.
        state: where it stands.
        newest: its last report, or None.
        error: why it failed, or None.

    Signals (all emitted in the GUI thread):
        started: it left the queue.
        progressed: carries the `Progress`; never after a cancel.
        finished: carries the result.
        failed: carries the `WorkstationError`.
        cancelled: carries the `Cancelled`.
        ended: carries this job, after one of the three above.
        state_changed: carries this job.
    """

    started = Signal()
    progressed = Signal(object)
    finished = Signal(object)
    failed = Signal(object)
    cancelled = Signal(object)
    ended = Signal(object)
    state_changed = Signal(object)

    def __init__(
        self,
        number: int,
        title: str,
        *,
        cancellable: bool,
        quiet: bool,
        kept: str,
        parent: QObject,
        own_words: bool = False,
        passing: bool = False,
    ) -> None:
        super().__init__(parent)
        self.number, self.title, self.kept = number, title, kept
        self.cancellable, self.quiet, self.own_words, self.passing = cancellable, quiet, own_words, passing
        self.state = JobState.WAITING
        self.newest: Progress | None = None
        self.error: WorkstationError | None = None

    @property
    def is_over(self) -> bool:
        """Whether it finished, failed or was cancelled."""
        return self.state in {JobState.FINISHED, JobState.FAILED, JobState.CANCELLED}

    def enter(self, state: JobState) -> None:
        """Change state and say so; only `JobQueue` calls this."""
        self.state = state
        self.state_changed.emit(self)


@dataclass(slots=True)
class _Entry:
    job: Job
    ticket: _Ticket
    lane: LaneName


@dataclass(slots=True)
class _LaneState:
    lane: Lane
    thread: QThread
    waiting: deque[int] = field(default_factory=deque)
    running: int | None = None


class JobQueue(QObject):
    """Takes jobs, hands them to the lanes and passes on what they say, in the GUI thread.

    Signals:
        job_started, job_progressed, job_stopping, job_ended: each carries the `Job`.
        idle: no job is left.
    """

    job_started = Signal(object)
    job_progressed = Signal(object)
    job_stopping = Signal(object)
    job_ended = Signal(object)
    idle = Signal()
    _work_for_files = Signal(object)
    _work_for_pictures = Signal(object)
    _work_for_analysis = Signal(object)
    _work_for_case = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._numbers = count(1)
        self._entries: dict[int, _Entry] = {}
        self._lanes: dict[LaneName, _LaneState] = {}
        self._closed = False
        self._garbage = GarbageInTurns(self)
        self._calls = {
            LaneName.FILES: self._work_for_files,
            LaneName.PICTURES: self._work_for_pictures,
            LaneName.ANALYSIS: self._work_for_analysis,
            LaneName.CASE: self._work_for_case,
        }
        for name, calls in self._calls.items():
            lane, thread = Lane(), QThread()
            thread.setObjectName(f"exifact-{name.value}")
            lane.moveToThread(thread)
            calls.connect(lane.work, Qt.ConnectionType.QueuedConnection)
            lane.began.connect(self._begin, Qt.ConnectionType.QueuedConnection)
            lane.reported.connect(self._report, Qt.ConnectionType.QueuedConnection)
            lane.ended.connect(self._end, Qt.ConnectionType.QueuedConnection)
            self._lanes[name] = _LaneState(lane, thread)

    def submit(
        self,
        title: str,
        start: Callable[[], Steps],
        *,
        lane: LaneName = LaneName.FILES,
        cancellable: bool = True,
        quiet: bool = False,
        own_words: bool = False,
        passing: bool = False,
        kept: str = "nothing",
        lasting: bool = False,
    ) -> Job:
        """Queue a job. Connect to its signals before returning to the event loop: none is emitted earlier.

        Args:
            title: fragment for sentences ("analysing IMG_1.jpg").
            start: makes the generator; called in the lane's thread, so heavy imports belong inside it.
            lane: the thread that does it.
            cancellable: whether the analyst is offered Cancel.
            quiet: whether it is too small to be listed.
            own_words: whether who asks for it says itself why it failed; else that of a quiet one is said for it.
            passing: whether what it did is seen elsewhere, so that it leaves the list of jobs when it is complete.
            kept: what remains usable when it is cancelled.
            lasting: whether a result that came in spite of Cancel counts, since files were written.
        """
        if self._closed:
            raise RuntimeError("the queue was shut down")
        if not self._lanes[lane].thread.isRunning():
            self._garbage.begin()
            self._lanes[lane].thread.start()
        number = next(self._numbers)
        job = Job(
            number,
            title,
            cancellable=cancellable,
            quiet=quiet,
            kept=kept,
            parent=self,
            own_words=own_words,
            passing=passing,
        )
        self._entries[number] = _Entry(job, _Ticket(number, title, start, lasting=lasting), lane)
        self._lanes[lane].waiting.append(number)
        self._next(lane)
        return job

    def jobs(self) -> tuple[Job, ...]:
        """All jobs that are waiting or running, oldest first."""
        return tuple(entry.job for entry in self._entries.values())

    def cancel(self, job: Job) -> None:
        """Ask a job to stop. A waiting one is over at once; a running one after its current step."""
        entry = self._entries.get(job.number)
        if entry is None or job.state is JobState.STOPPING:
            return
        entry.ticket.stop.set()
        state = self._lanes[entry.lane]
        if job.number in state.waiting:
            state.waiting.remove(job.number)
            self._conclude(entry, Cancelled())
            return
        job.enter(JobState.STOPPING)
        self.job_stopping.emit(job)

    def cancel_number(self, number: int) -> None:
        """Ask the job with this number to stop; nothing happens if it is over."""
        entry = self._entries.get(number)
        if entry is not None:
            self.cancel(entry.job)

    @property
    def is_shut_down(self) -> bool:
        """Whether the threads were told to end; what jobs report afterwards concerns nobody."""
        return self._closed

    def shut_down(self, wait_ms: int = 20_000) -> bool:
        """Cancel everything and end the threads; afterwards no job can be submitted.

        Returns:
            Whether all threads ended in time (a batch takes at most about a second; a hanging disk takes longer).
        """
        self._closed = True
        for entry in tuple(self._entries.values()):
            self.cancel(entry.job)
        for state in self._lanes.values():
            state.thread.quit()
        ended = [state.thread.wait(wait_ms) for state in self._lanes.values()]
        if all(ended):
            self._garbage.end()
        return all(ended)

    def _next(self, name: LaneName) -> None:
        state = self._lanes[name]
        if state.running is not None or not state.waiting:
            return
        state.running = state.waiting.popleft()
        self._calls[name].emit(self._entries[state.running].ticket)

    @Slot(int)
    def _begin(self, number: int) -> None:
        entry = self._entries.get(number)
        if entry is not None and entry.job.state is JobState.WAITING:
            entry.job.enter(JobState.RUNNING)
            entry.job.started.emit()
            self.job_started.emit(entry.job)

    @Slot(int)
    def _report(self, number: int) -> None:
        entry = self._entries.get(number)
        if entry is None:
            return
        for progress in entry.ticket.take():
            if entry.job.state is JobState.STOPPING:
                return
            entry.job.newest = progress
            entry.job.progressed.emit(progress)
            self.job_progressed.emit(entry.job)

    @Slot(int, object)
    def _end(self, number: int, outcome: object) -> None:
        entry = self._entries[number]
        state = self._lanes[entry.lane]
        state.running = None
        self._report(number)  # what was said last comes before the end
        self._conclude(entry, outcome)
        if not self._closed:
            self._next(entry.lane)

    def _conclude(self, entry: _Entry, outcome: object) -> None:
        job = entry.job
        del self._entries[job.number]
        lasts = entry.ticket.lasting and isinstance(outcome, _Value)
        if isinstance(outcome, Cancelled) or (entry.ticket.stop.is_set() and not lasts):
            job.enter(JobState.CANCELLED)
            job.cancelled.emit(Cancelled(job.kept))
        elif isinstance(outcome, _Value):
            job.enter(JobState.FINISHED)
            job.finished.emit(outcome.value)
        elif isinstance(outcome, WorkstationError):
            job.error = outcome
            job.enter(JobState.FAILED)
            job.failed.emit(outcome)
        job.ended.emit(job)
        self.job_ended.emit(job)
        job.deleteLater()
        if not self._entries:
            self.idle.emit()


class PathLook:
    """Looks whether paths are there, each in a thread of its own, and waits for no answer longer than `PATIENCE`.

    A share that is gone lets a look wait for minutes, and whatever lies behind it in a lane. These threads are left to
    themselves; a path whose look is still out is not asked for again, so there is one at most for each.
    """

    def __init__(self) -> None:
        self._known: dict[str, bool] = {}
        self._out: set[str] = set()
        self._late: set[str] = set()

    def there(self, names: Iterable[str], look: Callable[[str], bool]) -> list[str]:
        """The names whose paths are there, and those of which it is not known yet.

        Args:
            names: paths.
            look: tells it, without an error.
        """
        names = list(names)
        self._ask(names, look)
        return [name for name in names if name in self._out or self._known.get(name, True)]

    def told(self, name: str, look: Callable[[str], bool]) -> bool | None:
        """Whether a path is there; None where that is not known yet, but may be when it is asked again.

        Args:
            name: the path.
            look: tells it, without an error.
        """
        if name not in self._late:
            self._ask([name], look)
        if name in self._out:
            self._late.add(name)
            return None
        self._late.discard(name)
        return self._known[name]

    def silent(self, names: Iterable[str], look: Callable[[str], bool]) -> set[str]:
        """The names whose disks do not answer."""
        names = set(names)
        self._ask(names, look)
        return names & self._out

    def answering(self, name: str, otherwise: str) -> str:
        """`name` where its disk answers, that it is there or that it is not; else the other path."""
        return otherwise if self.told(name, os.path.exists) is None else name

    def _ask(self, names: Iterable[str], look: Callable[[str], bool]) -> None:
        asked = [name for name in names if name not in self._out]
        self._out.update(asked)
        looks = [threading.Thread(target=self._look, args=(name, look), daemon=True) for name in asked]
        for thread in looks:
            thread.start()
        end = time.monotonic() + PATIENCE
        for thread in looks:
            thread.join(max(0.0, end - time.monotonic()))

    def _look(self, name: str, look: Callable[[str], bool]) -> None:
        self._known[name] = look(name)
        self._out.discard(name)
