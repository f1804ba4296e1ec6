from __future__ import annotations

import gc
import threading
import time
from collections.abc import Generator, Iterator

import pytest
from PySide6.QtCore import QCoreApplication, QObject, QThread, Slot

from workstation.errors import Cancelled, DamagedImage, WorkstationError
from workstation.progress import Progress
from workstation.ui.jobs import Job, JobQueue, JobState, LaneName
from workstation.ui.problem_report import UnexpectedProblem


class Listener(QObject):
    """Notes what a job says, and in which thread it hears it."""

    def __init__(self, job: Job) -> None:
        super().__init__()
        self.heard: list[tuple[str, object]] = []
        self.threads: set[QThread] = set()
        job.progressed.connect(self.on_progress)
        job.finished.connect(self.on_finish)
        job.failed.connect(self.on_failure)
        job.cancelled.connect(self.on_cancel)

    def _note(self, what: str, value: object) -> None:
        self.heard.append((what, value))
        self.threads.add(QThread.currentThread())

    @Slot(object)
    def on_progress(self, value: object) -> None:
        self._note("progressed", value)

    @Slot(object)
    def on_finish(self, value: object) -> None:
        self._note("finished", value)

    @Slot(object)
    def on_failure(self, value: object) -> None:
        self._note("failed", value)

    @Slot(object)
    def on_cancel(self, value: object) -> None:
        self._note("cancelled", value)

    def last(self) -> tuple[str, object]:
        return self.heard[-1]


@pytest.fixture
def queue(qapp: QCoreApplication) -> Iterator[JobQueue]:
    jobs = JobQueue()
    yield jobs
    assert jobs.shut_down(5000)
    qapp.processEvents()


def count_to(end: int, *, pause: float = 0.0) -> Generator[Progress, None, int]:
    for step in range(end):
        yield Progress("counting", step / end, partial=step)
        time.sleep(pause)
    return end


def test_a_job_reports_and_finishes_in_the_gui_thread(queue: JobQueue, qtbot) -> None:
    job = queue.submit("counting", lambda: count_to(3, pause=0.06))
    listener = Listener(job)

    with qtbot.waitSignal(queue.idle, timeout=3000):
        pass

    assert listener.heard[-1] == ("finished", 3)
    assert [value.partial for what, value in listener.heard if what == "progressed"][-1] == 2
    assert listener.threads == {QThread.currentThread()}
    assert job.state is JobState.FINISHED


def test_reports_are_throttled_but_the_last_partial_result_arrives(queue: JobQueue, qtbot) -> None:
    def chatter() -> Generator[Progress, None, None]:
        yield Progress("start", 0.0, partial="first map")
        for step in range(20_000):
            yield Progress("chatter", step / 20_000)

    job = queue.submit("chattering", chatter)
    listener = Listener(job)
    with qtbot.waitSignal(queue.idle, timeout=5000):
        pass

    reports = [value for what, value in listener.heard if what == "progressed"]
    assert len(reports) < 50
    assert reports[0].partial == "first map"


def test_a_partial_result_is_not_skipped_for_one_of_another_kind(queue: JobQueue, qtbot) -> None:
    def steps() -> Generator[Progress, None, None]:
        yield Progress("decoding", partial="the picture")
        yield Progress("reducing", partial=160)
        yield Progress("reading the metadata")

    listener = Listener(queue.submit("opening", steps))
    time.sleep(0.2)  # the GUI thread is busy while the job runs to its end
    with qtbot.waitSignal(queue.idle, timeout=2000):
        pass

    assert [value.partial for what, value in listener.heard if what == "progressed"] == ["the picture", 160]


def test_a_cancelled_job_says_so_at_once_and_reports_nothing_more(queue: JobQueue, qtbot) -> None:
    job = queue.submit("counting", lambda: count_to(1000, pause=0.02), kept="the photograph")
    listener = Listener(job)
    with qtbot.waitSignal(job.progressed, timeout=2000):
        pass
    before = len(listener.heard)

    states: list[JobState] = []
    job.state_changed.connect(lambda changed: states.append(changed.state))
    queue.cancel(job)
    assert states == [JobState.STOPPING], "before the call returns"
    with qtbot.waitSignal(queue.idle, timeout=2000):
        pass

    assert listener.heard[before:] == [("cancelled", Cancelled("the photograph"))]


@pytest.mark.parametrize(
    ("lasting", "heard", "state"),
    [
        (False, ("cancelled", Cancelled("nothing")), JobState.CANCELLED),
        (True, ("finished", "written"), JobState.FINISHED),
    ],
    ids=["a map that must not be painted", "files that lie there"],
)
def test_a_result_that_arrives_after_cancel_counts_only_if_it_lasts(
    queue: JobQueue, qtbot, *, lasting: bool, heard: tuple[str, object], state: JobState
) -> None:
    reached, go_on = threading.Event(), threading.Event()

    def steps() -> Generator[Progress, None, str]:
        yield Progress("working")
        reached.set()
        go_on.wait(5)
        return "written"

    job = queue.submit("working", steps, lasting=lasting)
    listener = Listener(job)
    qtbot.waitUntil(reached.is_set, timeout=2000)
    queue.cancel(job)
    go_on.set()
    with qtbot.waitSignal(queue.idle, timeout=2000):
        pass

    assert [one for one in listener.heard if one[0] != "progressed"] == [heard]
    assert job.state is state


def test_a_lasting_job_that_stops_before_its_result_is_cancelled(queue: JobQueue, qtbot) -> None:
    job = queue.submit("writing the report", lambda: count_to(1000, pause=0.02), lasting=True)
    listener = Listener(job)
    with qtbot.waitSignal(job.progressed, timeout=2000):
        pass
    with qtbot.waitSignal(queue.idle, timeout=2000):
        queue.cancel(job)

    assert [what for what, _ in listener.heard if what != "progressed"] == ["cancelled"]


def test_cancelling_closes_the_computation(queue: JobQueue, qtbot) -> None:
    closed = threading.Event()

    def steps() -> Generator[Progress, None, None]:
        try:
            while True:
                yield Progress("working")
                time.sleep(0.01)
        finally:
            closed.set()

    job = queue.submit("working", steps)
    with qtbot.waitSignal(job.progressed, timeout=2000):
        pass
    with qtbot.waitSignal(queue.idle, timeout=2000):
        queue.cancel(job)

    assert closed.is_set()


def test_known_errors_arrive_as_they_are(queue: JobQueue, qtbot, tmp_path) -> None:
    def steps() -> Generator[Progress, None, None]:
        yield Progress("reading")
        raise DamagedImage(tmp_path / "a.jpg", "the pixels end early")

    listener = Listener(queue.submit("opening a.jpg", steps))
    with qtbot.waitSignal(queue.idle, timeout=2000):
        pass

    what, error = listener.last()
    assert what == "failed"
    assert isinstance(error, DamagedImage)
    assert "a.jpg" in error.summary


@pytest.mark.parametrize("problem", [RuntimeError("torch's favourite"), MemoryError(), StopIteration(), KeyError("x")])
def test_unforeseen_errors_are_never_lost(queue: JobQueue, qtbot, problem: Exception) -> None:
    def steps() -> Generator[Progress, None, None]:
        yield Progress("working")
        raise problem

    listener = Listener(queue.submit("analysing a.jpg", steps))
    with qtbot.waitSignal(queue.idle, timeout=2000):
        pass

    what, error = listener.last()
    assert what == "failed"
    assert isinstance(error, UnexpectedProblem)
    assert isinstance(error, WorkstationError)
    assert "analysing a.jpg" in error.summary
    assert "line" in error.report
    assert "Traceback" not in error.summary


def test_one_analysis_at_a_time_and_a_waiting_one_is_cancelled_at_once(queue: JobQueue, qtbot) -> None:
    running = 0
    most = 0

    def steps() -> Generator[Progress, None, None]:
        nonlocal running, most
        running += 1
        most = max(most, running)
        for _ in range(10):
            yield Progress("working")
            time.sleep(0.01)
        running -= 1

    jobs = [queue.submit("analysing", steps, lane=LaneName.ANALYSIS) for _ in range(3)]
    listener = Listener(jobs[2])
    queue.cancel(jobs[2])
    assert listener.heard == [("cancelled", Cancelled("nothing"))]
    with qtbot.waitSignal(queue.idle, timeout=3000):
        pass

    assert most == 1
    assert [job.state for job in jobs] == [JobState.FINISHED, JobState.FINISHED, JobState.CANCELLED]


def test_files_open_while_an_analysis_runs(queue: JobQueue, qtbot) -> None:
    analysis = queue.submit("analysing", lambda: count_to(300, pause=0.01), lane=LaneName.ANALYSIS)
    opening = queue.submit("opening", lambda: count_to(2))

    with qtbot.waitSignals([analysis.started, opening.finished], timeout=2000):
        pass

    assert analysis.state is JobState.RUNNING
    queue.cancel(analysis)


def test_shutting_down_with_work_left_ends_both_threads(qapp, qtbot) -> None:
    jobs = JobQueue()
    first = jobs.submit("analysing", lambda: count_to(10_000, pause=0.01), lane=LaneName.ANALYSIS)
    waiting = jobs.submit("analysing", lambda: count_to(10_000, pause=0.01), lane=LaneName.ANALYSIS)
    with qtbot.waitSignal(first.progressed, timeout=2000):
        pass

    assert jobs.shut_down(5000)

    qapp.processEvents()
    assert first.state is JobState.CANCELLED
    assert waiting.state is JobState.CANCELLED
    with pytest.raises(RuntimeError, match="shut down"):
        jobs.submit("late", lambda: count_to(1))


class _Garbage(QObject):
    """A Qt object that only the collector can find, for it holds itself; says in which thread it goes."""

    def __init__(self, gone_in: list[threading.Thread]) -> None:
        super().__init__()
        self.itself, self.gone_in = self, gone_in

    def __del__(self) -> None:
        self.gone_in.append(threading.current_thread())


def test_qt_objects_are_never_collected_in_a_worker(queue: JobQueue, qtbot) -> None:
    gone_in: list[threading.Thread] = []

    def allocating() -> Generator[Progress, None, int]:
        kept = []
        for step in range(40):
            kept.append([[number] for number in range(2000)])  # many times what makes Python look for garbage
            yield Progress("allocating", step / 40)
            time.sleep(0.02)
        return len(kept)

    _Garbage(gone_in)
    job = queue.submit("allocating", allocating)
    with qtbot.waitSignal(job.finished, timeout=10_000):
        _Garbage(gone_in)
    qtbot.waitUntil(lambda: len(gone_in) == 2, timeout=10_000)

    assert set(gone_in) == {threading.main_thread()}
    assert not gc.isenabled()
    assert queue.shut_down(5000)
    assert gc.isenabled()
