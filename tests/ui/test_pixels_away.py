"""While the pixels of the current exhibit are read again, or lost, everything else can be pressed all the same."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from PySide6.QtCore import Qt

from tests.ui.canvas_samples import Mouse, sample_result
from workstation.analysis.regions import Region
from workstation.analysis.result import AnalysisRequest, AnalysisResult
from workstation.errors import DamagedImage
from workstation.evidence import PixelsLost, rehash
from workstation.evidence.record import Evidence
from workstation.progress import Progress
from workstation.ui import pixel_desk
from workstation.ui.compare import CompareMode
from workstation.ui.layers import Layer
from workstation.ui.main_window import MainWindow
from workstation.ui.session import AnalysisState, HashState, OpenExhibit
from workstation.ui.work import Opening, Reading, open_file, read_again

Photo = Callable[..., Path]
Maker = Callable[..., MainWindow]

SQUARE = ((20.0, 20.0), (120.0, 120.0))


@dataclass
class HeldReading:
    """Reads as the window does, but waits before the file is touched."""

    goes_on: threading.Event = field(default_factory=threading.Event)

    def __call__(self, evidence: Evidence) -> Reading:
        while not self.goes_on.wait(0.01):
            yield Progress("reading the file again")
        return (yield from read_again(evidence))


def found(_evidence: Evidence, _request: AnalysisRequest) -> Generator[Progress, None, AnalysisResult]:
    yield Progress("analysing")
    return sample_result()


@dataclass
class Away:
    """A window whose current exhibit has a result, a region and a bookmark, but no pixels in memory."""

    window: MainWindow
    exhibit: OpenExhibit
    other: OpenExhibit
    held: HeldReading


@pytest.fixture
def away(make_window: Maker, photo: Photo, monkeypatch: pytest.MonkeyPatch, qtbot) -> Away:
    monkeypatch.setattr(pixel_desk, "ROOM", 160 * 96 * 3)
    held = HeldReading()
    window = make_window(read_again=held, analyse=found)
    window.open_files([photo(f"{number}.png", (160, 96), seed=number) for number in range(2)])
    qtbot.waitUntil(lambda: not window.jobs.jobs(), timeout=20_000)
    exhibit, other = window.session.exhibits
    window.session.select(exhibit)
    window.view.region_drawn.emit(Region("", "rectangle", SQUARE))
    with qtbot.waitSignal(window.analyses.finished, timeout=10_000):
        window.analyses.analyse(exhibit)
    held.goes_on.set()
    window.session.select(other)
    qtbot.waitUntil(lambda: other.pixels is not None and not window.jobs.jobs(), timeout=10_000)
    assert exhibit.pixels is None
    held.goes_on.clear()
    return Away(window, exhibit, other, held)


def come_back(away: Away, qtbot) -> None:
    away.held.goes_on.set()
    qtbot.waitUntil(lambda: away.window.view.pixels is not None and not away.window.jobs.jobs(), timeout=10_000)


def test_a_group_can_be_chosen_while_the_picture_is_read(away: Away, qtbot) -> None:
    away.window.session.select(away.exhibit)

    away.window.findings.group_activated.emit("A")

    come_back(away, qtbot)


def test_a_group_can_be_chosen_where_the_picture_is_lost(away: Away, qtbot) -> None:
    away.exhibit.path.unlink()
    away.held.goes_on.set()
    away.window.session.select(away.exhibit)
    qtbot.waitUntil(lambda: away.window.regions.table.model().rowCount() > 1, timeout=5_000)

    away.window.picture.select_row("A")
    away.window.picture.select_row("1")

    assert away.window.teller.last_problem is None


def test_nothing_is_seen_from_a_region_without_a_picture(away: Away, qtbot) -> None:
    window = away.window
    window.session.select(away.exhibit)

    window.picture.see_from("1")

    assert window.centre.message.startswith("There is no picture to show it on: it is still being read")
    come_back(away, qtbot)
    assert not window.view.has_layer(Layer.SIMILARITY)


def test_a_bookmark_that_is_chosen_while_the_picture_is_read_is_where_it_is_shown(away: Away, qtbot) -> None:
    window = away.window
    away.held.goes_on.set()
    window.session.select(away.exhibit)
    come_back(away, qtbot)
    window.view.actual_size()
    window.view.look_at(40, 30)
    window.view.set_layer(Layer.PCA)
    marked = window.picture.view_state()
    window.view.fit()
    window.view.set_layer(Layer.ORIGINAL)
    window.session.select(away.other)
    qtbot.waitUntil(lambda: not window.jobs.jobs(), timeout=10_000)
    away.held.goes_on.clear()
    window.session.select(away.exhibit)

    window.picture.go_to(marked)

    come_back(away, qtbot)
    assert window.picture.view_state() == marked


def test_an_exhibit_that_is_still_being_opened_comes_beside_the_current_one_when_it_is_there(
    make_window: Maker, photo: Photo, qtbot
) -> None:
    opens = threading.Event()

    def slowly(path: Path, max_pixels: int | None) -> Opening:
        yield Progress("reading the file")
        while path.name == "late.png" and not opens.wait(0.01):
            yield Progress("reading the file")
        return (yield from open_file(path, max_pixels))

    window = make_window(open_file=slowly)
    window.open_files([photo("first.png", (160, 96), seed=1)])
    qtbot.waitUntil(lambda: not window.jobs.jobs(), timeout=20_000)
    window.opening.add(photo("late.png", (160, 96), seed=2))
    late = window.session.exhibits[1]

    window.comparing.show_beside(late)
    opens.set()

    qtbot.waitUntil(lambda: window.comparing.mode is CompareMode.SIDE_BY_SIDE, timeout=10_000)
    qtbot.waitUntil(lambda: not window.jobs.jobs(), timeout=10_000)
    compare = window.comparing.active_view.parentWidget().parentWidget()
    assert compare.right.pixels is late.pixels is not None


@pytest.mark.parametrize("soon", [True, False])
def test_a_file_that_cannot_be_opened_is_put_beside_nothing(
    make_window: Maker, photo: Photo, tmp_path: Path, qtbot, soon: bool
) -> None:
    window = make_window()
    window.open_files([photo("first.png", (160, 96), seed=1)])
    qtbot.waitUntil(lambda: not window.jobs.jobs(), timeout=20_000)
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"no picture")
    window.opening.add(broken)
    if not soon:
        qtbot.waitUntil(lambda: not window.jobs.jobs(), timeout=20_000)

    window.comparing.show_beside(window.session.exhibits[1])
    qtbot.waitUntil(lambda: not window.jobs.jobs(), timeout=20_000)

    assert window.comparing.mode is None
    assert "text" in window.centre.message if soon else "“broken.jpg” cannot be opened" in window.centre.message
    window.comparing.show(True)
    assert window.comparing.mode is CompareMode.SIDE_BY_SIDE, "with the next one that has a picture: itself"


def test_the_picture_comes_back_when_a_check_finds_its_file_in_its_place_again(away: Away, qtbot) -> None:
    window, path = away.window, away.exhibit.path
    content = path.read_bytes()
    path.unlink()
    away.held.goes_on.set()
    window.session.select(away.exhibit)
    qtbot.waitUntil(lambda: away.exhibit.hash_state is HashState.GONE, timeout=5_000)
    path.write_bytes(content)

    window.opening.check_hash(away.exhibit)

    qtbot.waitUntil(lambda: window.view.pixels is not None, timeout=5_000)
    assert window.centre.message == ""


@pytest.mark.parametrize("analysed", [True, False])
def test_reading_a_changed_file_again_takes_what_was_said_of_it_away(away: Away, qtbot, analysed: bool) -> None:
    window, exhibit = away.window, away.exhibit
    exhibit.path.write_bytes(away.other.path.read_bytes())
    away.held.goes_on.set()
    window.session.select(exhibit)
    qtbot.waitUntil(lambda: "cannot be shown" in window.centre.message, timeout=5_000)
    if analysed:
        window.teller.tell_problem(PixelsLost(exhibit.path, rehash(exhibit.evidence.identity)))
        assert "cannot be read again" in window.centre.message

    window.actions_table["reopen"].trigger()
    qtbot.waitUntil(lambda: window.view.pixels is not None and not window.jobs.jobs(), timeout=10_000)

    assert window.centre.message == ""


def test_an_analysis_that_only_lacked_the_file_has_not_failed_any_more_when_it_is_back(
    make_window: Maker, photo: Photo, monkeypatch: pytest.MonkeyPatch, qtbot
) -> None:
    def needing(evidence: Evidence, _request: AnalysisRequest) -> Generator[Progress, None, AnalysisResult]:
        yield Progress("analysing")
        assert evidence.pixels.rgb.size
        return sample_result()

    monkeypatch.setattr(pixel_desk, "ROOM", 160 * 96 * 3)
    window = make_window(analyse=needing)
    window.open_files([photo(f"{number}.png", (160, 96), seed=number) for number in range(2)])
    qtbot.waitUntil(lambda: not window.jobs.jobs(), timeout=20_000)
    exhibit, other = window.session.exhibits
    window.session.select(other)
    qtbot.waitUntil(lambda: exhibit.pixels is None and not window.jobs.jobs(), timeout=10_000)
    content = exhibit.path.read_bytes()
    exhibit.path.unlink()
    window.analyses.analyse(exhibit)
    qtbot.waitUntil(lambda: exhibit.failure is not None, timeout=10_000)
    exhibit.path.write_bytes(content)

    window.session.select(exhibit)
    assert "cannot be read again" in window.centre.message
    qtbot.waitUntil(lambda: window.view.pixels is not None and not window.jobs.jobs(), timeout=10_000)

    assert window.centre.message == ""
    assert (exhibit.failure, exhibit.analysis) == (None, AnalysisState.NONE)
    assert "Not analysed yet" in window.findings.text


def too_little_memory(evidence: Evidence) -> Reading:
    yield Progress("reading the file again")
    raise DamagedImage(evidence.identity.path, "its pixels do not fit into memory")


def test_a_comparison_for_which_there_is_not_memory_enough_is_given_up(
    make_window: Maker, photo: Photo, monkeypatch: pytest.MonkeyPatch, qtbot
) -> None:
    monkeypatch.setattr(pixel_desk, "ROOM", 160 * 96 * 3)
    window = make_window(read_again=too_little_memory)
    window.open_files([photo(f"{number}.png", (160, 96), seed=number) for number in range(2)])
    qtbot.waitUntil(lambda: not window.jobs.jobs(), timeout=20_000)
    other = window.session.exhibits[1]

    window.actions_table["compare"].trigger()
    assert window.actions_table["compare"].isChecked()
    qtbot.waitUntil(lambda: not window.jobs.jobs(), timeout=10_000)

    assert not window.actions_table["compare"].isChecked()
    assert "its pixels do not fit into memory" in window.centre.message
    window.session.update(other, pixels=window.view.pixels)
    window.pixels.arrived.emit(other)  # when it is looked at, say
    assert window.comparing.mode is None


def test_the_curtain_that_is_chosen_while_another_picture_is_read_stays(away: Away, qtbot) -> None:
    window, table = away.window, away.window.actions_table
    table["compare"].trigger()
    assert table["compare"].isChecked()

    table["curtain"].trigger()
    away.held.goes_on.set()
    qtbot.waitUntil(lambda: not window.jobs.jobs(), timeout=10_000)

    assert window.comparing.mode is CompareMode.CURTAIN
    assert (table["compare"].isChecked(), table["curtain"].isChecked()) == (False, True)


def test_a_comparison_that_is_waited_for_says_so_and_is_taken_back_with_its_own_key(away: Away, qtbot) -> None:
    window, action = away.window, away.window.actions_table["compare"]
    action.trigger()
    qtbot.waitUntil(lambda: window.centre.message.startswith("Reading"), timeout=5_000)
    assert "beside this one" in window.centre.message

    action.trigger()

    assert not action.isChecked()
    assert window.centre.message == ""
    come_back(away, qtbot)
    assert window.comparing.mode is None


def test_going_on_to_another_exhibit_takes_a_comparison_that_is_waited_for_back(away: Away, qtbot) -> None:
    window = away.window
    window.comparing.show_beside(away.exhibit)
    window.session.select(away.exhibit)

    assert not window.actions_table["compare"].isChecked()
    come_back(away, qtbot)
    assert window.comparing.mode is None


def test_what_is_compared_stays_where_the_next_picture_cannot_come(
    make_window: Maker, photo: Photo, monkeypatch: pytest.MonkeyPatch, qtbot
) -> None:
    monkeypatch.setattr(pixel_desk, "ROOM", 2 * 160 * 96 * 3)
    window = make_window(read_again=too_little_memory)
    window.open_files([photo(f"{number}.png", (160, 96), seed=number) for number in range(3)])
    qtbot.waitUntil(lambda: not window.jobs.jobs(), timeout=20_000)
    _, second, third = window.session.exhibits
    window.comparing.show_beside(second)
    compare = window.comparing.active_view.parentWidget().parentWidget()

    window.comparing.show_beside(third)
    qtbot.waitUntil(lambda: not window.jobs.jobs(), timeout=10_000)

    assert window.comparing.mode is CompareMode.SIDE_BY_SIDE
    assert compare.right.pixels is second.pixels is not None
    window.comparing.refresh()
    assert compare.right.pixels is second.pixels


def test_no_region_is_drawn_on_the_thumbnail_that_stands_in(away: Away, qtbot) -> None:
    window, canvas = away.window, away.window.view.canvas
    window.session.select(away.exhibit)
    window.actions_table["tool-rectangle"].trigger()
    assert canvas.viewport().cursor().shape() is Qt.CursorShape.ForbiddenCursor
    mouse, marks = Mouse(canvas), away.exhibit.marks

    mouse.drag((30, 30), (90, 60))

    assert away.exhibit.marks is marks
    assert window.centre.message.startswith("No region: this is a small preview")
    come_back(away, qtbot)
    assert window.centre.message == ""
    assert canvas.viewport().cursor().shape() is Qt.CursorShape.CrossCursor
    mouse.drag((30, 30), (90, 60))
    assert len(away.exhibit.marks.regions) == 2
