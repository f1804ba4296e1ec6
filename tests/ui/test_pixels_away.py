"""While the pixels of the current exhibit are read again, or lost, everything else can be pressed all the same."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.ui.canvas_samples import sample_result
from workstation.analysis.regions import Region
from workstation.analysis.result import AnalysisRequest, AnalysisResult
from workstation.evidence.record import Evidence
from workstation.progress import Progress
from workstation.ui import pixel_desk
from workstation.ui.layers import Layer
from workstation.ui.main_window import MainWindow
from workstation.ui.session import OpenExhibit
from workstation.ui.work import Reading, read_again

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
