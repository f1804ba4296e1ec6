"""The case is closed, opened again or taken over while its lane still has something to do."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from workstation.analysis.regions import Region
from workstation.casework import CaseFile
from workstation.casework.problems import CaseNotSaved
from workstation.casework.shelves import Regions
from workstation.errors import WorkstationError
from workstation.evidence import open_evidence
from workstation.progress import Progress
from workstation.ui import casing
from workstation.ui.case_keeper import CaseKeeper, NewCase
from workstation.ui.casing import Keeping
from workstation.ui.jobs import LaneName
from workstation.ui.main_window import MainWindow

Photo = Callable[..., Path]
Opener = Callable[[MainWindow, Path], None]

SQUARE = Region("", "rectangle", ((20.0, 20.0), (120.0, 120.0)))


@dataclass
class HeldLane:
    """A job that keeps the lane of the case busy until it is cancelled or told to go on."""

    goes_on: threading.Event = field(default_factory=threading.Event)

    def begin(self, window: MainWindow) -> None:
        """Occupy the lane."""
        window.jobs.submit("waiting", self._wait, lane=LaneName.CASE, quiet=True)

    def _wait(self) -> Generator[Progress, None, None]:
        while not self.goes_on.wait(0.01):
            yield Progress("waiting")


@pytest.fixture
def held() -> Iterator[HeldLane]:
    lane = HeldLane()
    yield lane
    lane.goes_on.set()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "case"


@pytest.fixture
def other(tmp_path: Path) -> Path:
    """The folder of another case, which nobody has open."""
    folder = tmp_path / "other"
    CaseFile.create(folder, title="Smith", operator="A. Meier").close()
    return folder


@pytest.fixture
def case_window(window: MainWindow, photo: Photo, open_file: Opener, folder: Path, qtbot) -> MainWindow:
    """A window with a case in `folder` that holds one exhibit, everything saved."""
    begin_case(window, folder, qtbot)
    open_file(window, photo())
    qtbot.waitUntil(lambda: window.session.current.record is not None, timeout=10_000)
    settle(window, qtbot)
    return window


def settle(window: MainWindow, qtbot) -> None:
    """Until everything is saved; what is viewed of the picture is noted by itself, at any time, and saved later."""
    qtbot.waitUntil(lambda: window.cases.keeping is Keeping.SAVED and not window.jobs.jobs(), timeout=10_000)


def begin_case(window: MainWindow, folder: Path, qtbot, *, blind: bool = False) -> None:
    with qtbot.waitSignal(window.cases.opened, timeout=10_000):
        window.cases.create(NewCase(folder, "Rex v. Doe", "A. Meier", blind=blind))


def problems_of(window: MainWindow) -> list[WorkstationError]:
    """Every problem with the case that the window says from now on."""
    said: list[WorkstationError] = []
    window.cases.problem.connect(said.append)
    return said


def actions_in(folder: Path) -> list[str]:
    with CaseFile.open(folder, operator="", read_only=True) as case:
        return [entry.action for entry in case.history()]


def test_closing_the_case_during_a_save_writes_everything_once(
    case_window: MainWindow, folder: Path, qtbot, monkeypatch: pytest.MonkeyPatch
) -> None:
    window, add = case_window, Regions.add
    reached, twice = threading.Event(), threading.Event()

    def slow(shelf: Regions, exhibit: int, region: Region) -> object:
        made = add(shelf, exhibit, region)
        if threading.current_thread() is threading.main_thread():
            twice.set()
        reached.set()
        twice.wait(0.5)  # so long a second writer may come between
        return made

    monkeypatch.setattr(Regions, "add", slow)
    said = problems_of(window)
    window.view.region_drawn.emit(SQUARE)
    qtbot.waitUntil(reached.is_set, timeout=10_000)
    assert window.cases.close()
    qtbot.waitUntil(lambda: not window.jobs.jobs(), timeout=10_000)

    assert not twice.is_set()
    assert said == []
    assert window.cases.keeping is Keeping.NO_CASE
    assert actions_in(folder).count("region.add") == 1


def test_a_step_that_waits_is_done_before_the_window_closes(
    case_window: MainWindow, held: HeldLane, folder: Path
) -> None:
    asked: list[str] = []
    case_window.errands.ask = lambda *words: bool(asked.append(words[1]))
    held.begin(case_window)
    case_window.cases.statements.set_details({"question": "One picture?"})

    assert case_window.close()
    assert asked == []
    with CaseFile.open(folder, operator="", read_only=True) as case:
        assert case.details().question == "One picture?"
    assert actions_in(folder).count("case.describe") == 1


def test_a_step_that_waits_is_done_once_when_the_case_is_closed(
    case_window: MainWindow, held: HeldLane, folder: Path, qtbot
) -> None:
    said = problems_of(case_window)
    held.begin(case_window)
    case_window.cases.statements.set_details({"question": "One picture?"})
    assert case_window.cases.close()
    held.goes_on.set()
    qtbot.waitUntil(lambda: not case_window.jobs.jobs(), timeout=10_000)

    assert said == []
    assert actions_in(folder).count("case.describe") == 1


def test_a_step_that_could_not_be_written_on_closing_is_done_later(
    case_window: MainWindow, held: HeldLane, folder: Path, qtbot, monkeypatch: pytest.MonkeyPatch
) -> None:
    describe = CaseFile.set_details

    def full(_case: CaseFile, **_values: object) -> None:
        raise CaseNotSaved(folder, "the disk is full")

    monkeypatch.setattr(CaseFile, "set_details", full)
    held.begin(case_window)
    case_window.cases.statements.set_details({"question": "One picture?"})
    assert not case_window.cases.close()
    monkeypatch.setattr(CaseFile, "set_details", describe)
    assert case_window.cases.keeping is Keeping.FAILED
    held.goes_on.set()
    settle(case_window, qtbot)

    assert case_window.cases.view.details.question == "One picture?"


def test_what_was_renamed_during_a_save_is_no_second_region_when_the_file_is_read_again(
    case_window: MainWindow, held: HeldLane, folder: Path, qtbot
) -> None:
    window = case_window
    held.begin(window)
    window.view.region_drawn.emit(SQUARE)
    window.cases.save_now()
    window.picture.rename("1", "sign")
    with qtbot.waitSignal(window.opening.hash_checked, timeout=10_000):
        window.actions_table["reopen"].trigger()
    held.goes_on.set()
    qtbot.waitUntil(lambda: not window.jobs.jobs(), timeout=10_000)
    assert window.session.current.record is not None
    assert window.cases.close()

    assert [region.name for region in window.session.current.marks.regions] == ["sign"]
    with CaseFile.open(folder, operator="", read_only=True) as case:
        assert [one.region.name for one in case.regions.all()] == ["sign"]


def test_what_was_written_without_waiting_for_the_lane_is_not_overwritten_by_it(
    case_window: MainWindow, held: HeldLane, folder: Path, qtbot
) -> None:
    held.begin(case_window)
    case_window.view.region_drawn.emit(SQUARE)
    case_window.cases.save_now()
    case_window.picture.rename("1", "sign")
    case_window.cases.flush()
    assert case_window.session.unsaved == ()
    assert case_window.cases.keeping is Keeping.SAVED
    held.goes_on.set()
    qtbot.waitUntil(lambda: not case_window.jobs.jobs(), timeout=10_000)
    assert case_window.cases.close()

    with CaseFile.open(folder, operator="", read_only=True) as case:
        assert [one.region.name for one in case.regions.all()] == ["sign"]


def test_a_step_that_waited_for_a_save_is_heard_of_when_the_window_stays_open(
    case_window: MainWindow, held: HeldLane, folder: Path, qtbot
) -> None:
    heard: list[str] = []
    held.begin(case_window)
    case_window.view.region_drawn.emit(SQUARE)
    case_window.cases.save_now()
    case_window.picture.rename("1", "sign")
    case_window.cases.do("adding a note", lambda keeper: keeper.file.notes.add("seen").text, heard.append)
    case_window.cases.flush()
    held.goes_on.set()
    qtbot.waitUntil(lambda: not case_window.jobs.jobs(), timeout=10_000)

    assert heard == ["seen"]
    assert case_window.cases.close()
    assert actions_in(folder).count("note.add") == 1


def test_a_note_that_is_written_during_a_save_is_locked_with_the_others(
    case_window: MainWindow, held: HeldLane, folder: Path, qtbot
) -> None:
    window, exhibit = case_window, case_window.session.current
    window.cases.statements.hide_metadata(exhibit)
    qtbot.waitUntil(lambda: exhibit.hides_metadata, timeout=10_000)
    held.begin(window)
    window.session.edit(exhibit, "note", replace(exhibit.marks, note="soft"))
    window.cases.save_now()
    window.session.edit(exhibit, "note", replace(exhibit.marks, note="soft edges"))
    window.cases.statements.lock_notes(exhibit)
    held.goes_on.set()
    qtbot.waitUntil(lambda: exhibit.record.blind == "locked" and not window.jobs.jobs(), timeout=10_000)
    assert window.cases.close()

    with CaseFile.open(folder, operator="", read_only=True) as case:
        assert [(note.text, note.locked) for note in case.notes.all()] == [("soft edges", True)]


def test_a_full_disk_right_before_closing_is_asked_about(
    case_window: MainWindow, folder: Path, qtbot, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    case_window.errands.ask = lambda *words: bool(asked.append(words[1]))
    save = CaseKeeper.save

    def full(_keeper: CaseKeeper, _wanted: object) -> None:
        raise CaseNotSaved(folder, "the disk is full")

    monkeypatch.setattr(CaseKeeper, "save", full)
    case_window.view.region_drawn.emit(SQUARE)
    assert not case_window.close()
    assert case_window.isVisible()
    assert "The last changes could not be written into the case." in asked[0]
    assert "the disk is full" in case_window.centre.message

    monkeypatch.setattr(CaseKeeper, "save", save)
    assert case_window.close()
    assert actions_in(folder).count("region.add") == 1


def test_metadata_stay_hidden_while_a_blind_case_takes_the_exhibit_in(
    window: MainWindow, photo: Photo, held: HeldLane, folder: Path, qtbot
) -> None:
    begin_case(window, folder, qtbot, blind=True)
    held.begin(window)
    with qtbot.waitSignal(window.opening.hash_checked, timeout=10_000):
        window.open_files([photo()])
    exhibit = window.session.current
    assert exhibit.record is None
    assert exhibit.hides_metadata
    qtbot.waitUntil(lambda: "hidden" in window.metadata.words, timeout=5000)
    assert window.metadata.model.rowCount() == 0

    held.goes_on.set()
    qtbot.waitUntil(lambda: exhibit.record is not None, timeout=10_000)
    assert exhibit.hides_metadata
    assert window.metadata.model.rowCount() == 0


def test_metadata_of_a_withdrawn_exhibit_are_hidden_when_a_blind_case_takes_it_in_again(
    window: MainWindow, photo: Photo, held: HeldLane, folder: Path, qtbot
) -> None:
    begin_case(window, folder, qtbot, blind=True)
    window.open_files([photo()])
    exhibit = window.session.current
    qtbot.waitUntil(lambda: exhibit.record is not None, timeout=10_000)
    number = exhibit.record.id
    window.cases.statements.lock_notes(exhibit)
    window.cases.statements.reveal_metadata(exhibit)
    window.cases.do("withdrawing it", lambda keeper: keeper.file.exhibits.withdraw(number, "wrong file"))
    qtbot.waitUntil(lambda: not exhibit.hides_metadata and not window.jobs.jobs(), timeout=10_000)
    window.session.close(exhibit)
    held.begin(window)
    with qtbot.waitSignal(window.opening.hash_checked, timeout=10_000):
        window.open_files([exhibit.path])
    assert window.session.current.hides_metadata

    held.goes_on.set()
    qtbot.waitUntil(lambda: window.session.current.record is not None, timeout=10_000)
    assert window.session.current.record.id != number
    assert window.session.current.hides_metadata


def test_a_case_that_is_opened_twice_in_a_row_stays_writable(window: MainWindow, folder: Path, qtbot) -> None:
    CaseFile.create(folder, title="Rex v. Doe", operator="A. Meier").close()
    views: list[object] = []
    window.cases.opened.connect(views.append)
    window.cases.open(folder)
    window.cases.open(folder)
    qtbot.waitUntil(lambda: window.cases.is_open and not window.jobs.jobs(), timeout=10_000)

    assert views == [window.cases.view]
    assert not window.cases.view.read_only
    assert window.cases.close()
    with CaseFile.open(folder, operator="B. Rau") as case:
        assert not case.read_only


def test_after_a_case_that_cannot_be_opened_another_one_is(
    window: MainWindow, folder: Path, tmp_path: Path, qtbot
) -> None:
    CaseFile.create(folder, title="Rex v. Doe", operator="A. Meier").close()
    with qtbot.waitSignal(window.cases.problem, timeout=10_000):
        window.cases.open(tmp_path / "nothing here")
    qtbot.waitUntil(lambda: not window.jobs.jobs(), timeout=10_000)
    with qtbot.waitSignal(window.cases.opened, timeout=10_000):
        window.cases.open(folder)

    assert window.cases.view.folder == folder


@pytest.mark.parametrize("step", ["open", "view"])
def test_a_case_that_is_still_being_opened_is_closed_with_the_window(
    window: MainWindow, folder: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    CaseFile.create(folder, title="Rex v. Doe", operator="A. Meier").close()
    reached, goes_on = threading.Event(), threading.Event()
    real = getattr(CaseKeeper, step)

    def slow(*arguments: object) -> object:
        reached.set()
        goes_on.wait(10)
        return real(*arguments)

    monkeypatch.setattr(CaseKeeper, step, slow)
    window.cases.open(folder)
    assert reached.wait(10)
    closing = threading.Timer(0.1, goes_on.set)  # the window waits for its lanes meanwhile
    closing.start()
    window.close()
    closing.join()

    with CaseFile.open(folder, operator="B. Rau") as case:
        assert not case.read_only


def test_a_case_that_was_opened_but_not_heard_of_is_closed_with_the_window(
    window: MainWindow, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    CaseFile.create(folder, title="Rex v. Doe", operator="A. Meier").close()
    done = threading.Event()
    opening = casing.opening

    def heard(*arguments: object) -> Generator[Progress, None, object]:
        outcome = yield from opening(*arguments)
        done.set()
        return outcome

    monkeypatch.setattr(casing, "opening", heard)
    window.cases.open(folder)
    assert done.wait(10)
    window.close()

    with CaseFile.open(folder, operator="B. Rau") as case:
        assert not case.read_only


def test_what_was_viewed_is_kept_when_a_save_fails_while_more_is_viewed(
    case_window: MainWindow, held: HeldLane, folder: Path, qtbot, monkeypatch: pytest.MonkeyPatch
) -> None:
    window, exhibit, save = case_window, case_window.session.current, CaseKeeper.save
    failed: list[object] = []

    def full_once(keeper: CaseKeeper, wanted: object) -> None:
        if not failed:
            failed.append(wanted)
            raise CaseNotSaved(folder, "the disk is full")
        save(keeper, wanted)

    monkeypatch.setattr(CaseKeeper, "save", full_once)
    height, width = exhibit.pixels.height, exhibit.pixels.width
    held.begin(window)
    window.cases.note_viewed(exhibit, (0.0, 0.0, float(width), height / 2))
    window.cases.save_now()
    window.cases.note_viewed(exhibit, (0.0, height / 2, float(width), height / 2))
    held.goes_on.set()
    qtbot.waitUntil(lambda: window.cases.keeping is Keeping.FAILED, timeout=10_000)
    assert window.cases.close()

    with CaseFile.open(folder, operator="", read_only=True) as case:
        (coverage,) = case.coverage.all()
    assert coverage.share == 1.0


def test_what_is_deleted_while_the_file_is_read_again_does_not_come_back(
    case_window: MainWindow, held: HeldLane, folder: Path, qtbot
) -> None:
    window, exhibit = case_window, case_window.session.current
    window.view.region_drawn.emit(SQUARE)
    window.session.edit(exhibit, "note", replace(exhibit.marks, note="soft"))
    qtbot.waitUntil(lambda: window.cases.keeping is Keeping.SAVED and not window.jobs.jobs(), timeout=10_000)
    held.begin(window)
    with qtbot.waitSignal(window.opening.hash_checked, timeout=10_000):
        window.actions_table["reopen"].trigger()
    window.session.edit(exhibit, "delete", replace(exhibit.marks, regions=(), note="soft edges"))
    window.picture.add_region(replace(SQUARE, kind="ellipse"))
    held.goes_on.set()
    settle(window, qtbot)
    assert exhibit.record is not None
    assert [region.kind for region in exhibit.marks.regions] == ["ellipse"]
    assert exhibit.marks.note == "soft edges"
    assert window.cases.close()

    with CaseFile.open(folder, operator="", read_only=True) as case:
        assert [one.region.kind for one in case.regions.all()] == ["ellipse"]
        assert [note.text for note in case.notes.all()] == ["soft edges"]


def test_what_rests_on_the_screen_when_the_exhibit_is_taken_in_counts_as_viewed(
    window: MainWindow, photo: Photo, open_file: Opener, folder: Path, qtbot
) -> None:
    open_file(window, photo())
    window.actions_table["actual-size"].trigger()
    qtbot.wait(600)  # longer than a view has to rest: it was looked at, but no case was there to note it
    begin_case(window, folder, qtbot)
    qtbot.waitUntil(lambda: bool(window.cases.view.coverage), timeout=10_000)


def test_what_is_written_while_the_notes_are_being_locked_is_not_lost(
    case_window: MainWindow, held: HeldLane, folder: Path, qtbot
) -> None:
    window, exhibit = case_window, case_window.session.current
    window.session.edit(exhibit, "note", replace(exhibit.marks, note="soft"))
    window.cases.statements.hide_metadata(exhibit)
    qtbot.waitUntil(lambda: exhibit.hides_metadata and not window.jobs.jobs(), timeout=10_000)
    held.begin(window)
    window.cases.statements.lock_notes(exhibit)
    window.session.edit(exhibit, "note", replace(exhibit.marks, note="soft, and a halo"))
    held.goes_on.set()
    qtbot.waitUntil(lambda: exhibit.record.blind == "locked", timeout=10_000)
    assert exhibit.marks.note == "soft, and a halo"
    window.cases.statements.reveal_metadata(exhibit)
    qtbot.waitUntil(lambda: exhibit.record.blind == "revealed", timeout=10_000)
    assert window.cases.close()

    with CaseFile.open(folder, operator="", read_only=True) as case:
        assert [(note.text, note.locked) for note in case.notes.all()] == [("soft", True), ("soft, and a halo", False)]


@pytest.mark.parametrize("trouble", ["no case", "damaged", "no permission"])
def test_a_case_that_cannot_be_opened_leaves_the_earlier_one_open(
    case_window: MainWindow, other: Path, qtbot, monkeypatch: pytest.MonkeyPatch, trouble: str
) -> None:
    window, folder, reading = case_window, case_window.cases.view.folder, Path.open

    def forbidden(path: Path, *arguments: object, **named: object) -> object:
        if path.parent == other:
            raise PermissionError(13, "Permission denied")
        return reading(path, *arguments, **named)

    if trouble == "no case":
        (other / "case.sqlite").unlink()
    elif trouble == "damaged":
        (other / "case.sqlite").write_bytes(b"SQLite format 3\0" + bytes(50))
    else:
        monkeypatch.setattr(Path, "open", forbidden)
    with qtbot.waitSignal(window.cases.not_changed, timeout=10_000):
        window.cases.open(other)
    monkeypatch.undo()

    assert window.cases.takes_changes
    assert window.session.current.record is not None
    assert window.centre.message.startswith("other: ")
    assert "The case “Rex v. Doe” stays open." in window.centre.message
    window.view.region_drawn.emit(SQUARE)
    settle(window, qtbot)
    assert window.cases.close()
    assert actions_in(folder).count("region.add") == 1


def test_a_case_that_cannot_be_made_leaves_the_earlier_one_open(case_window: MainWindow, folder: Path, qtbot) -> None:
    with qtbot.waitSignal(case_window.cases.not_changed, timeout=10_000):
        case_window.cases.create(NewCase(folder, "Smith", "A. Meier"))

    assert case_window.cases.view.details.title == "Rex v. Doe"
    assert "holds a case already" in case_window.centre.message
    assert "The case “Rex v. Doe” stays open." in case_window.centre.message


def test_another_case_takes_the_earlier_ones_place_after_all_of_it_is_written(
    case_window: MainWindow, held: HeldLane, folder: Path, other: Path, qtbot
) -> None:
    window = case_window
    held.begin(window)
    window.cases.open(other)
    window.view.region_drawn.emit(SQUARE)  # the other one is still on its way
    window.cases.statements.set_details({"question": "One picture?"})
    with qtbot.waitSignal(window.cases.opened, timeout=10_000):
        held.goes_on.set()
    settle(window, qtbot)

    assert window.cases.view.details.title == "Smith"
    assert window.teller.last_problem is None
    with CaseFile.open(folder, operator="B. Rau") as case:
        assert not case.read_only
        assert case.details().question == "One picture?"
        assert len(case.regions.all()) == 1


def test_exhibits_of_the_earlier_case_do_not_come_into_the_next_one(
    case_window: MainWindow, other: Path, photo: Photo, open_file: Opener, qtbot
) -> None:
    window = case_window
    assert window.cases.close()
    assert len(window.session.exhibits) == 1, "it can still be looked at"
    loose = photo("loose.png", seed=2)
    open_file(window, loose)
    with qtbot.waitSignal(window.cases.opened, timeout=10_000):
        window.cases.open(other)
    settle(window, qtbot)

    assert [one.name for one in window.cases.view.exhibits] == ["loose.png"], "it belonged to no case"
    assert [exhibit.path for exhibit in window.session.exhibits] == [loose]
    assert window.centre.message == ("1 exhibit of the case “Rex v. Doe” was closed: another case is open now.")


def test_an_exhibit_that_both_cases_hold_stays_open(case_window: MainWindow, other: Path, qtbot) -> None:
    window, exhibit = case_window, case_window.session.current
    with CaseFile.open(other, operator="A. Meier") as case:
        case.exhibits.add(open_evidence(exhibit.path))
    with qtbot.waitSignal(window.cases.opened, timeout=10_000):
        window.cases.open(other)
    settle(window, qtbot)

    assert window.session.exhibits == (exhibit,)
    assert exhibit.record == window.cases.view.exhibits[0]


def test_what_was_marked_after_its_case_was_closed_is_not_closed_unsaved(
    case_window: MainWindow, other: Path, qtbot
) -> None:
    window = case_window
    assert window.cases.close()
    window.view.region_drawn.emit(SQUARE)
    with qtbot.waitSignal(window.cases.opened, timeout=10_000):
        window.cases.open(other)
    settle(window, qtbot)

    assert len(window.cases.view.exhibits) == len(window.cases.view.regions) == 1


def test_a_case_that_cannot_be_written_stays_open_though_another_one_was_opened(
    case_window: MainWindow, held: HeldLane, other: Path, qtbot, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = case_window

    def full(keeper: CaseKeeper, _wanted: object) -> None:
        raise CaseNotSaved(keeper.file.folder, "the disk is full")

    held.begin(window)
    window.cases.open(other)
    window.view.region_drawn.emit(SQUARE)
    with monkeypatch.context() as patched:
        patched.setattr(CaseKeeper, "save", full)
        with qtbot.waitSignal(window.cases.problem, timeout=10_000):
            held.goes_on.set()

    assert window.cases.view.details.title == "Rex v. Doe"
    assert window.cases.keeping is Keeping.FAILED
    assert "the disk is full" in window.centre.message
    with CaseFile.open(other, operator="B. Rau") as case:
        assert not case.read_only  # it was closed again


def test_the_open_case_can_be_opened_again_and_in_another_name(case_window: MainWindow, folder: Path, qtbot) -> None:
    window = case_window
    window.store.change(operator="A. Meier")
    with qtbot.waitSignal(window.cases.opened, timeout=10_000):
        window.cases.open(folder / ".." / folder.name)
    assert window.cases.takes_changes
    assert window.session.current.record is not None

    window.store.change(operator="B. Rau")
    with qtbot.waitSignal(window.cases.opened, timeout=10_000):
        window.cases.open(folder)
    settle(window, qtbot)
    assert window.cases.takes_changes
    assert window.cases.view.operator == "B. Rau"
    assert window.session.current.record is not None


def test_what_waits_for_a_case_that_is_closed_is_no_unexpected_problem(
    case_window: MainWindow, held: HeldLane, photo: Photo, qtbot
) -> None:
    held.begin(case_window)
    with qtbot.waitSignal(case_window.opening.hash_checked, timeout=10_000):
        case_window.open_files([photo("other.png")])
    assert case_window.cases.close()
    held.goes_on.set()
    qtbot.waitUntil(lambda: not case_window.jobs.jobs(), timeout=10_000)

    assert case_window.teller.last_problem is None


def begin_reading_again(window: MainWindow, held: HeldLane, qtbot) -> None:
    """Mark a square, then read the file again up to where the case has to say which exhibit it is."""
    window.view.region_drawn.emit(SQUARE)
    settle(window, qtbot)
    held.begin(window)
    with qtbot.waitSignal(window.opening.hash_checked, timeout=10_000):
        window.actions_table["reopen"].trigger()


@pytest.mark.parametrize("early", [True, False])
def test_what_is_deleted_while_the_file_is_read_again_is_deleted_in_a_case_that_is_closed_meanwhile(
    case_window: MainWindow, held: HeldLane, folder: Path, qtbot, early: bool
) -> None:
    window, exhibit = case_window, case_window.session.current
    if early:
        window.view.region_drawn.emit(SQUARE)
        settle(window, qtbot)
        held.begin(window)
        window.opening.reopen(exhibit)
    else:
        begin_reading_again(window, held, qtbot)
    window.picture.delete("1")
    assert exhibit.record is None
    assert window.cases.close()

    assert exhibit.marks.regions == ()
    with CaseFile.open(folder, operator="", read_only=True) as case:
        assert case.regions.all() == ()
    held.goes_on.set()
    qtbot.waitUntil(lambda: not window.jobs.jobs(), timeout=10_000)


def test_what_is_deleted_while_the_file_is_read_again_does_not_come_back_with_a_copy_of_it(
    case_window: MainWindow, held: HeldLane, folder: Path, qtbot
) -> None:
    window, exhibit = case_window, case_window.session.current
    copy = exhibit.path.with_name("copy.jpg")
    shutil.copy(exhibit.path, copy)
    window.view.region_drawn.emit(SQUARE)
    settle(window, qtbot)
    held.begin(window)
    with qtbot.waitSignal(window.opening.hash_checked, timeout=10_000):
        window.opening.add(copy)  # it is asked for first
    with qtbot.waitSignal(window.opening.hash_checked, timeout=10_000):
        window.opening.reopen(exhibit)
    window.picture.delete("1")
    held.goes_on.set()
    settle(window, qtbot)

    assert window.session.exhibits == (exhibit,)
    assert exhibit.record is not None
    assert exhibit.marks.regions == ()
    assert window.cases.close()
    with CaseFile.open(folder, operator="", read_only=True) as case:
        assert case.regions.all() == ()


def test_what_was_deleted_on_an_exhibit_that_is_closed_while_it_is_read_again_stays_deleted(
    case_window: MainWindow, held: HeldLane, open_file: Opener, qtbot
) -> None:
    window, exhibit = case_window, case_window.session.current
    begin_reading_again(window, held, qtbot)
    window.picture.delete("1")
    window.session.close(exhibit)
    held.goes_on.set()
    open_file(window, exhibit.path)
    qtbot.waitUntil(lambda: window.session.current.record is not None, timeout=10_000)
    settle(window, qtbot)

    assert window.session.current.marks.regions == ()
    assert window.teller.last_problem is None


def test_other_bytes_that_come_while_the_case_is_asked_are_not_filed_under_the_exhibit(
    case_window: MainWindow, held: HeldLane, photo: Photo, folder: Path, qtbot
) -> None:
    window, exhibit = case_window, case_window.session.current
    begin_reading_again(window, held, qtbot)
    photo(seed=2)
    with qtbot.waitSignal(window.opening.hash_checked, timeout=10_000):
        window.actions_table["reopen"].trigger()
    window.picture.add_region(replace(SQUARE, kind="ellipse"))  # on the other picture
    held.goes_on.set()
    qtbot.waitUntil(lambda: not window.jobs.jobs(), timeout=10_000)

    assert exhibit.record is None
    assert window.cases.close()
    with CaseFile.open(folder, operator="", read_only=True) as case:
        assert [one.region.kind for one in case.regions.all()] == ["rectangle"]
