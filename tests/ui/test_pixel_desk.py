"""Pixels leave memory and come back: whose, in which order, and what is said where the file is no longer the same."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable, Generator
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QRectF

from tests.ui.canvas_samples import sample_result
from workstation.analysis.regions import Region
from workstation.analysis.result import AnalysisRequest, AnalysisResult
from workstation.casework import CaseFile
from workstation.evidence import open_evidence
from workstation.evidence.record import Evidence
from workstation.progress import Progress
from workstation.ui import folder_opening, pixel_desk
from workstation.ui.case_keeper import NewCase
from workstation.ui.casing import Keeping
from workstation.ui.compare import CompareMode
from workstation.ui.main_window import MainWindow
from workstation.ui.report_order import ReportOrder
from workstation.ui.session import AnalysisState, HashState, OpenExhibit
from workstation.ui.work import Reading, read_again

Photo = Callable[..., Path]
Maker = Callable[..., MainWindow]
Filled = Callable[[MainWindow, int], list[OpenExhibit]]

PICTURE = 160 * 96 * 3
"""Bytes of the pixels of one photograph."""

SQUARE = ((20.0, 20.0), (120.0, 120.0))


@dataclass
class HeldReading:
    """Reads as the window does, but waits before the file is touched."""

    goes_on: threading.Event = field(default_factory=threading.Event)
    asked: list[str] = field(default_factory=list)

    def __call__(self, evidence: Evidence) -> Reading:
        self.asked.append(evidence.identity.name)
        while not self.goes_on.wait(0.01):
            yield Progress("reading the file again")
        return (yield from read_again(evidence))


@pytest.fixture
def room(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Sets how many photographs fit into memory."""

    def make(photographs: int) -> None:
        monkeypatch.setattr(pixel_desk, "ROOM", photographs * PICTURE)

    return make


@pytest.fixture
def held() -> HeldReading:
    return HeldReading()


@pytest.fixture
def tight(make_window: Maker, room: Callable[[int], None], held: HeldReading) -> MainWindow:
    """A window with room for one photograph; one that left memory comes back when `held` goes on."""
    room(1)
    return make_window(read_again=held)


@pytest.fixture
def filled(photo: Photo, tmp_path: Path, qtbot) -> Filled:
    """Opens a folder of so many photographs, 0.png, 1.png, …; each is another picture."""

    def fill(window: MainWindow, count: int) -> list[OpenExhibit]:
        folder = tmp_path / "DCIM"
        folder.mkdir()
        for number in range(count):
            photo(f"{number}.png", (160, 96), seed=number).rename(folder / f"{number}.png")
        window.open_files([folder])
        qtbot.waitUntil(lambda: "DCIM" in window.centre.message, timeout=20_000)
        qtbot.waitUntil(lambda: not window.jobs.jobs(), timeout=20_000)
        return list(window.session.exhibits)

    return fill


def in_memory(window: MainWindow) -> list[str]:
    return [exhibit.path.stem for exhibit in window.session.exhibits if exhibit.pixels is not None]


def look_at(window: MainWindow, exhibit: OpenExhibit, qtbot) -> None:
    window.session.select(exhibit)
    qtbot.waitUntil(lambda: not window.jobs.jobs(), timeout=10_000)


def spoil(exhibit: OpenExhibit) -> bytes:
    """Write other bytes where the exhibit's file was; gives the original ones."""
    content = exhibit.path.read_bytes()
    exhibit.path.write_bytes(content + b"x")
    return content


def found(evidence: Evidence, _request: AnalysisRequest) -> Generator[Progress, None, AnalysisResult]:
    """An analysis that needs the pixels."""
    assert evidence.pixels.rgb.shape == (96, 160, 3)
    yield Progress("analysing")
    return sample_result()


def test_a_folder_larger_than_memory_opens_whole(
    window: MainWindow, room: Callable[[int], None], filled: Filled
) -> None:
    room(3)

    exhibits = filled(window, 6)

    assert window.centre.message == "6 image files of the folder “DCIM” are open."
    assert [exhibit.path.stem for exhibit in exhibits] == ["0", "1", "2", "3", "4", "5"]
    assert all(exhibit.evidence is not None and exhibit.hash_state is HashState.MATCHES for exhibit in exhibits)
    assert {exhibit.size for exhibit in exhibits} == {(96, 160)}
    assert in_memory(window) == ["0", "1", "2"]  # those that come first in the list


def test_exhibits_have_a_limit_of_their_own(
    window: MainWindow, filled: Filled, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folder_opening, "MOST_OPEN", 2)

    assert len(filled(window, 4)) == 2

    assert window.centre.message.startswith("2 of 4 image files of the folder “DCIM” are open: 2 exhibits at a time.")
    assert "exifact analyze" in window.centre.message


def test_what_was_looked_at_least_recently_leaves_first(
    window: MainWindow, room: Callable[[int], None], filled: Filled, qtbot
) -> None:
    room(3)
    exhibits = filled(window, 8)
    assert in_memory(window) == ["0", "1", "2"]

    look_at(window, exhibits[4], qtbot)
    assert in_memory(window) == ["0", "4", "5"]  # 0 was looked at; 5 is next and was fetched in advance

    look_at(window, exhibits[7], qtbot)
    assert in_memory(window) == ["0", "4", "7"]  # the list goes on with 0, which is there; 5 was not looked at

    look_at(window, exhibits[2], qtbot)
    assert in_memory(window) == ["2", "3", "7"]  # looked at in the order 0, 4, 7

    look_at(window, exhibits[1], qtbot)
    assert in_memory(window) == ["0", "1", "2"]  # going up, the next is above


def test_pixels_come_back_as_they_were_with_what_was_found_and_marked(
    make_window: Maker, room: Callable[[int], None], filled: Filled, qtbot
) -> None:
    room(1)
    window = make_window(analyse=found)
    exhibits = filled(window, 3)
    first = exhibits[0]
    window.view.region_drawn.emit(Region("", "rectangle", SQUARE))
    with qtbot.waitSignal(window.analyses.finished, timeout=10_000):
        window.analyses.analyse(first)
    window.view.actual_size()
    look_at(window, exhibits[2], qtbot)
    gc.collect()
    assert in_memory(window) == ["2"]
    assert window.view.pixels is exhibits[2].pixels

    look_at(window, first, qtbot)

    np.testing.assert_array_equal(window.view.pixels.rgb, open_evidence(first.path).pixels.rgb)
    assert window.view.pixels is first.pixels
    assert window.view.shown_result is first.result
    assert window.view.canvas.regions.regions == first.marks.regions != ()
    assert window.view.zoom == 100
    assert first.view is None  # the view was restored
    assert window.centre.message == ""


def test_a_picture_that_takes_its_time_is_announced_and_nothing_stands_in_its_place(
    tight: MainWindow, held: HeldReading, filled: Filled, qtbot
) -> None:
    exhibits = filled(tight, 2)

    tight.session.select(exhibits[1])

    assert tight.view.pixels is None
    qtbot.waitUntil(lambda: tight.centre.message == "Reading “1.png” again…", timeout=5_000)
    held.goes_on.set()
    qtbot.waitUntil(lambda: tight.view.pixels is not None, timeout=5_000)
    assert tight.centre.message == ""


def test_a_thumbnail_stands_in_where_the_picture_will_be_and_nothing_jumps(
    tight: MainWindow, held: HeldReading, filled: Filled, qtbot
) -> None:
    exhibits = filled(tight, 2)
    view, camera = tight.view, tight.view.canvas.camera
    view.actual_size()
    view.look_at(40, 30)
    place = (camera.centre_x, camera.centre_y, camera.zoom)

    tight.session.select(exhibits[1])

    assert view.pixels is None
    assert view.canvas.picture.boundingRect() == QRectF(0, 0, 160, 96)
    assert (camera.centre_x, camera.centre_y, camera.zoom) == place
    seen = view.grab_view()
    assert seen.pixelColor(seen.rect().center()) != seen.pixelColor(2, 2)  # which is the ground
    tight.actions_table["copy-view"].trigger()
    assert "no picture to copy" in tight.centre.message  # a thumbnail is no exhibit
    held.goes_on.set()
    qtbot.waitUntil(lambda: view.pixels is exhibits[1].pixels is not None, timeout=5_000)
    assert (camera.centre_x, camera.centre_y, camera.zoom) == place


@pytest.mark.parametrize("gone", [False, True])
def test_a_file_that_is_not_the_same_any_more_is_told_and_what_was_found_stays(
    make_window: Maker, room: Callable[[int], None], filled: Filled, gone: bool, qtbot
) -> None:
    room(1)
    window = make_window(analyse=found)
    exhibits = filled(window, 2)
    first = exhibits[0]
    window.view.region_drawn.emit(Region("", "rectangle", SQUARE))
    with qtbot.waitSignal(window.analyses.finished, timeout=10_000):
        window.analyses.analyse(first)
    look_at(window, exhibits[1], qtbot)
    content = spoil(first)
    if gone:
        first.path.unlink()
    result, marks = first.result, first.marks

    look_at(window, first, qtbot)

    assert window.view.pixels is None
    assert first.pixels is None
    assert first.hash_state is (HashState.GONE if gone else HashState.DIFFERS)
    said = "can no longer be read: there is no such file" if gone else "has changed since it was opened"
    assert said in window.centre.message
    assert "What was found and marked on it is kept." in window.centre.message
    assert (first.result, first.marks, first.problem) == (result, marks, None)
    qtbot.waitUntil(lambda: window.regions.table.model().rowCount() > 1, timeout=5_000)  # its groups

    look_at(window, exhibits[1], qtbot)
    assert window.centre.message == ""
    first.path.write_bytes(content)
    look_at(window, first, qtbot)
    assert window.view.pixels is not None
    assert first.hash_state is HashState.MATCHES
    assert window.centre.message == ""


def test_pixels_of_a_changed_file_do_not_leave_memory(
    window: MainWindow, room: Callable[[int], None], filled: Filled, qtbot
) -> None:
    room(2)
    exhibits = filled(window, 4)
    spoil(exhibits[1])
    with qtbot.waitSignal(window.opening.hash_checked, timeout=10_000):
        window.opening.check_hash(exhibits[1])

    for exhibit in exhibits[2:]:
        look_at(window, exhibit, qtbot)

    assert "1" in in_memory(window)
    assert len(in_memory(window)) == 2


def test_going_on_stops_what_nobody_waits_for(tight: MainWindow, held: HeldReading, filled: Filled, qtbot) -> None:
    exhibits = filled(tight, 5)

    for exhibit in exhibits[1:]:
        tight.session.select(exhibit)
    qtbot.waitUntil(lambda: held.asked[-1:] == ["4.png"], timeout=5_000)
    held.goes_on.set()
    qtbot.waitUntil(lambda: not tight.jobs.jobs(), timeout=5_000)

    assert in_memory(tight) == ["4"]
    assert set(held.asked) <= {"1.png", "4.png"}  # 2 and 3 left the queue before their turn
    assert tight.view.pixels is exhibits[4].pixels


def test_an_exhibit_can_be_closed_while_it_is_read_again(
    tight: MainWindow, held: HeldReading, filled: Filled, qtbot
) -> None:
    exhibits = filled(tight, 3)
    tight.session.select(exhibits[2])
    qtbot.waitUntil(lambda: held.asked == ["2.png"], timeout=5_000)

    tight.session.close(exhibits[2], heir=exhibits[0])
    held.goes_on.set()
    qtbot.waitUntil(lambda: not tight.jobs.jobs(), timeout=5_000)

    assert exhibits[2].pixels is None
    assert tight.view.pixels is exhibits[0].pixels


def test_the_window_can_be_closed_while_an_exhibit_is_read_again(
    tight: MainWindow, held: HeldReading, filled: Filled, qtbot
) -> None:
    exhibits = filled(tight, 2)
    tight.session.select(exhibits[1])
    qtbot.waitUntil(lambda: held.asked == ["1.png"], timeout=5_000)

    tight.close()

    assert tight.ended_cleanly


def test_a_file_that_is_opened_anew_meanwhile_is_not_given_its_old_pixels(
    tight: MainWindow, held: HeldReading, filled: Filled, photo: Photo, qtbot
) -> None:
    exhibits = filled(tight, 2)
    tight.session.select(exhibits[1])
    qtbot.waitUntil(lambda: held.asked == ["1.png"], timeout=5_000)
    photo("other.png", (160, 96), seed=9).replace(exhibits[1].path)

    tight.opening.reopen(exhibits[1])
    qtbot.waitUntil(lambda: exhibits[1].evidence is not None, timeout=5_000)
    held.goes_on.set()
    qtbot.waitUntil(lambda: not tight.jobs.jobs(), timeout=5_000)

    np.testing.assert_array_equal(tight.view.pixels.rgb, open_evidence(exhibits[1].path).pixels.rgb)
    assert exhibits[1].hash_state is HashState.MATCHES


def test_all_are_analysed_with_the_pixels_of_one_in_memory(
    make_window: Maker, room: Callable[[int], None], filled: Filled, qtbot
) -> None:
    room(1)
    most: list[int] = []
    window = make_window(analyse=found)
    window.analyses.finished.connect(lambda _: most.append(len(in_memory(window))))
    exhibits = filled(window, 4)

    window.actions_table["analyze-all"].trigger()
    qtbot.waitUntil(lambda: not window.jobs.jobs(), timeout=20_000)

    assert all(exhibit.analysis is AnalysisState.DONE for exhibit in exhibits)
    assert most == [1, 1, 1, 1]
    assert in_memory(window) == ["0"]


def test_an_analysis_whose_file_changed_fails_in_words_and_an_earlier_result_stays(
    make_window: Maker, room: Callable[[int], None], filled: Filled, qtbot
) -> None:
    room(1)
    window = make_window(analyse=found)
    exhibits = filled(window, 3)
    window.analyses.analyse(exhibits[1])
    qtbot.waitUntil(lambda: not window.jobs.jobs(), timeout=10_000)
    earlier = exhibits[1].result
    gc.collect()
    for exhibit in exhibits[1:]:
        spoil(exhibit)
        window.analyses.analyse(exhibit)
    qtbot.waitUntil(lambda: not window.jobs.jobs(), timeout=10_000)

    assert (exhibits[1].analysis, exhibits[1].result) == (AnalysisState.DONE, earlier)
    assert exhibits[1].hash_state is HashState.DIFFERS
    assert exhibits[2].analysis is AnalysisState.FAILED
    assert "cannot be read again, because the file has changed" in exhibits[2].failure.summary


def test_a_report_covers_what_left_memory(
    make_window: Maker, room: Callable[[int], None], filled: Filled, tmp_path: Path, qtbot
) -> None:
    room(1)
    reported: dict[str, np.ndarray] = {}

    def export(order: ReportOrder) -> Generator[Progress, None, tuple[Path, ...]]:
        for exhibit in order.case.exhibits:
            reported[exhibit.evidence.identity.name] = exhibit.evidence.pixels.rgb.copy()
            yield Progress("composing the report")
        return (order.target,)

    window = make_window(export_report=export)
    exhibits = filled(window, 3)

    with qtbot.waitSignal(window.exports.exported, timeout=10_000):
        window.errands.write_report(str(tmp_path / "case.pdf"))

    assert list(reported) == ["0.png", "1.png", "2.png"]
    for exhibit in exhibits:
        np.testing.assert_array_equal(reported[exhibit.name], open_evidence(exhibit.path).pixels.rgb)


def test_what_is_found_on_an_exhibit_that_left_memory_is_saved_in_the_case(
    make_window: Maker, room: Callable[[int], None], filled: Filled, tmp_path: Path, qtbot
) -> None:
    room(1)
    window = make_window(analyse=found)
    exhibits = filled(window, 3)
    with qtbot.waitSignal(window.cases.opened, timeout=10_000):
        window.cases.create(NewCase(tmp_path / "case", "Rex v. Doe", "A. Meier"))
    qtbot.waitUntil(lambda: all(exhibit.record is not None for exhibit in exhibits), timeout=10_000)
    assert in_memory(window) == ["0"]

    window.actions_table["analyze-all"].trigger()
    qtbot.waitUntil(lambda: all(exhibit.result is not None for exhibit in exhibits), timeout=10_000)
    window.session.edit(exhibits[2], "note", replace(exhibits[2].marks, note="blurred"))
    qtbot.waitUntil(lambda: window.cases.keeping is Keeping.SAVED and not window.jobs.jobs(), timeout=10_000)
    assert window.cases.close()

    with CaseFile.open(tmp_path / "case", operator="", read_only=True) as case:
        records = case.exhibits.all()
        assert [record.name for record in records] == ["0.png", "1.png", "2.png"]
        assert [(record.width, record.height) for record in records] == [(160, 96)] * 3
        assert [case.analyses.latest(record.id) is not None for record in records] == [True] * 3
        assert [note.text for note in case.notes.all()] == ["blurred"]


def test_an_exhibit_beside_another_one_is_read_again_first(
    tight: MainWindow, held: HeldReading, filled: Filled, qtbot
) -> None:
    exhibits = filled(tight, 4)

    tight.comparing.show_beside(exhibits[2])

    assert tight.comparing.mode is None
    held.goes_on.set()
    qtbot.waitUntil(lambda: tight.comparing.mode is CompareMode.SIDE_BY_SIDE, timeout=5_000)
    compare = tight.comparing.active_view.parentWidget().parentWidget()
    assert compare.left.pixels is exhibits[0].pixels
    assert compare.right.pixels is exhibits[2].pixels
    assert in_memory(tight) == ["0", "2"]  # both are looked at, whatever memory there is

    held.goes_on.clear()
    tight.session.select(exhibits[3])
    assert tight.comparing.mode is CompareMode.SIDE_BY_SIDE
    assert compare.left.pixels is None  # nothing of 0 stands there under the name of 3
    held.goes_on.set()
    qtbot.waitUntil(lambda: compare.left.pixels is exhibits[3].pixels is not None, timeout=5_000)
    assert compare.right.pixels is exhibits[2].pixels
    assert in_memory(tight) == ["2", "3"]


def test_a_comparison_with_a_file_that_changed_is_not_begun(
    window: MainWindow, room: Callable[[int], None], filled: Filled, qtbot
) -> None:
    room(1)
    exhibits = filled(window, 3)
    spoil(exhibits[2])

    window.comparing.show_beside(exhibits[2])
    qtbot.waitUntil(lambda: not window.jobs.jobs(), timeout=5_000)

    assert window.comparing.mode is None
    assert window.centre.message.startswith("2.png: The file has changed since it was opened")
    assert not window.actions_table["compare"].isChecked()
