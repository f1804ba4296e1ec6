"""What stays and what goes when another exhibit, layer or view comes to the front."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from tests.ui.canvas_samples import sample_pixels, sample_result
from workstation.analysis.regions import Region
from workstation.errors import RecordedWarning
from workstation.progress import Progress
from workstation.ui.exhibit_lines import file_line, state_line
from workstation.ui.layers import Layer
from workstation.ui.main_window import MainWindow
from workstation.ui.session import AnalysisState, HashState, OpenExhibit
from workstation.ui.status_bar import reading_in_words
from workstation.ui.wording import Situation
from workstation.ui.work import open_file

BOX = Region("", "rectangle", ((16.0, 16.0), (80.0, 80.0)))


@pytest.fixture
def two(window: MainWindow, qtbot) -> tuple[OpenExhibit, OpenExhibit]:
    """Two exhibits, the first analysed and in front."""
    first, second = (window.session.add(Path(name)) for name in ("first.jpg", "second.jpg"))
    for exhibit in (first, second):
        exhibit.pixels = sample_pixels()
    flat = sample_result()
    assert flat.embeddings is not None
    alike = np.zeros_like(flat.embeddings)
    alike[..., 0] = 1
    first.result, first.analysis = replace(flat, embeddings=alike), AnalysisState.DONE
    window.session.select(second)
    window.session.select(first)
    qtbot.waitUntil(lambda: window.view.has_layer(Layer.DEPARTURE))
    return first, second


def pin(window: MainWindow, x: float, y: float) -> None:
    window.view._reader.pin_at(window.view.canvas.to_view(x, y))


def test_a_pin_belongs_to_its_exhibit(window: MainWindow, two) -> None:
    pin(window, 40.5, 30.5)
    assert window.status.place.text() == "x 40 y 30"
    assert window.picture.pinned is not None

    window.session.select(two[1])

    assert window.status.place.text() == ""
    assert window.status.departure.text() == ""
    assert window.picture.pinned is None


def test_the_status_bar_says_what_the_layer_that_is_shown_says(window: MainWindow, two) -> None:
    pin(window, 8.5, 60.5)
    assert window.status.departure.text().startswith("departure ")
    assert window.status.value.text() == ""  # on the original there is nothing beside it

    window.view.set_layer(Layer.GROUPS)
    assert window.status.value.text() == "group A"
    window.view.set_layer(Layer.CUT)
    assert window.status.value.text() in {"cut: smaller side", "cut: larger side"}
    window.picture.see_from("A")
    window.view.set_layer(Layer.SIMILARITY)
    assert window.status.value.text().startswith("similarity ")
    assert window.status.value.text() in reading_in_words(window.picture.pinned)


def test_a_pinned_point_is_read_again_when_the_map_comes(window: MainWindow, two, qtbot) -> None:
    first, second = two
    window.session.select(second)
    pin(window, 40.5, 30.5)
    assert window.status.departure.text() == ""

    second.result, second.analysis = sample_result(), AnalysisState.DONE
    window.picture.show_result(second)

    assert window.picture.pinned.departure == pytest.approx(first.result.maps.departure[30 // 16, 40 // 16])
    assert window.status.departure.text().startswith("departure")


def test_a_similarity_comes_back_with_its_exhibit_and_leaves_no_empty_layer(window: MainWindow, two) -> None:
    first, second = two
    window.view.region_drawn.emit(BOX)
    window.picture.see_from("1")
    assert window.view.layer is Layer.SIMILARITY

    second.view = None  # never looked at
    window.session.select(second)
    assert window.view.layer is Layer.DEPARTURE
    assert window.actions_table["layer-departure"].isChecked()

    window.session.select(first)
    assert window.view.layer is Layer.SIMILARITY
    assert "region 1" in window.view.legend.accessibleDescription()


def test_a_similarity_follows_its_region_and_goes_with_it(window: MainWindow, two) -> None:
    window.view.region_drawn.emit(BOX)
    window.picture.see_from("1")
    moved = Region("1", "rectangle", ((80.0, 16.0), (144.0, 80.0)))

    window.view.region_changed.emit(moved)
    assert window.view.canvas.regions.reference == moved

    window.regions.region_renamed.emit("1", "door")
    assert "region door" in window.view.legend.accessibleDescription()

    window.regions.delete_requested.emit("door")
    assert window.view.canvas.regions.reference is None
    assert window.view.layer is Layer.DEPARTURE


def test_a_finished_analysis_does_not_move_the_picture(window: MainWindow, two) -> None:
    first, second = two
    window.session.select(second)
    window.session.select(first)
    window.view.actual_size()
    window.view.set_layer(Layer.PCA)
    before = window.view.view_state()

    window.picture.show_result(first)

    assert window.view.view_state() == before
    window.session.select(second)
    window.session.select(first)
    assert window.view.view_state() == before


def test_moved_limits_are_those_of_the_exhibit(window: MainWindow, two) -> None:
    first, second = two
    window.view.set_limits(0.1, 0.3)
    assert first.limits == (0.1, 0.3)
    window.session.select(second)
    assert window.view.limits_moved is False
    window.session.select(first)
    assert window.view.limits == (0.1, 0.3)

    window.session.update(first, limits=None)  # a new result has the scale of its weights
    window.picture.show_result(first)

    assert not window.view.limits_moved
    assert window.view.limits == first.result.maps.departure_range


def test_the_toolbar_shows_the_layer_that_is_seen(window: MainWindow, two) -> None:
    window.view.set_layer(Layer.GROUPS)
    window.comparing.set_curtain(shown=True)
    assert window.actions_table[f"layer-{window.comparing.active_view.layer.value}"].isChecked()

    window.comparing.set_curtain(shown=False)

    assert window.view.layer is Layer.GROUPS
    assert window.actions_table["layer-groups"].isChecked()


def test_exhibits_beside_each_other_show_the_layer_that_the_toolbar_names(window: MainWindow, two) -> None:
    assert two[0] is window.session.current
    window.view.region_drawn.emit(BOX)
    window.picture.see_from("1")
    window.comparing.show(shown=True)

    assert window.comparing.active_view.layer is window.comparing.active_view.seen_layer is Layer.DEPARTURE
    assert window.actions_table["layer-departure"].isChecked()


def test_warnings_stand_where_they_are_not_cut_off(window: MainWindow, two) -> None:
    warning = RecordedWarning("mpf-outside", "an MPF image lies past the end")
    first, _ = two
    first.result = replace(first.result, warnings=(warning,))
    window.view.region_drawn.emit(BOX)
    assert file_line(first).endswith("· ⚠ 1")
    assert state_line(first) == "B departs · 1 region"


def test_a_warning_leads_to_its_exhibit_though_another_one_has_the_same_name(window: MainWindow) -> None:
    twins = [window.session.add(Path(folder, "photo.jpg")) for folder in ("sent", "received")]
    for exhibit in twins:
        exhibit.result = replace(sample_result(), warnings=(RecordedWarning("odd", f"in {exhibit.path.parent}"),))
        window.teller.tell_evidence(exhibit)
    model = window.jobs_panel.warnings_model
    for row, exhibit in reversed(list(enumerate(twins))):
        window.jobs_panel._warning_activated(model.index(row, 2))
        assert window.session.current is exhibit


def test_the_opacity_slider_acts_on_what_is_seen(window: MainWindow, two) -> None:
    window.view.set_opacity(0.6)
    window.comparing.show(shown=True)
    seen = window.comparing.active_view
    assert seen.opacity == pytest.approx(0.6)

    window.toolbar.opacity.setValue(30)

    assert seen.opacity == pytest.approx(0.3)
    assert window.view.opacity == pytest.approx(0.6)


def test_a_layer_without_a_map_is_said(window: MainWindow, two) -> None:
    window.session.select(two[1])
    window.actions_table["layer-groups"].trigger()
    assert "no map yet" in window.centre.message
    assert "(A)" in window.centre.message


def test_what_cannot_be_opened_is_not_taken_for_an_empty_window(window: MainWindow, tmp_path: Path, qtbot) -> None:
    letter = tmp_path / "letter.jpg"
    letter.write_text("Dear Sir or Madam")
    with qtbot.waitSignal(window.opening.opening_failed, timeout=5000):
        window.open_files([letter])
    assert window.findings.situation is Situation.CANNOT_BE_OPENED
    assert "letter.jpg" in window.findings.text
    assert window.status.zoom.text() == ""


def test_a_file_that_is_no_picture_any_more_when_it_is_read_again_leaves_nothing_of_its_picture(
    window: MainWindow, tmp_path: Path, qtbot
) -> None:
    path = tmp_path / "gone.png"
    Image.fromarray(sample_pixels().rgb).save(path)
    with qtbot.waitSignal(window.opening.hash_checked, timeout=5000):
        window.open_files([path])
    exhibit = window.session.current
    window.session.update(exhibit, result=sample_result(), analysis=AnalysisState.DONE)
    window.picture.show_result(exhibit)
    pin(window, 40.5, 30.5)
    path.write_bytes(b"no picture any more")

    with qtbot.waitSignal(window.opening.opening_failed, timeout=5000):
        window.actions_table["reopen"].trigger()

    assert window.view.pixels is None
    assert not window.view.has_layer(Layer.DEPARTURE)
    assert not window.view.legend.isVisible()
    assert window.status.place.text() == window.status.zoom.text() == window.status.hash.text() == ""
    assert not len(window.scatter._points)


def test_reading_a_file_again_that_is_gone_takes_nothing_away(window: MainWindow, tmp_path: Path, qtbot) -> None:
    path = tmp_path / "gone.png"
    Image.fromarray(sample_pixels().rgb).save(path)
    with qtbot.waitSignal(window.opening.hash_checked, timeout=5000):
        window.open_files([path])
    exhibit = window.session.current
    evidence, result = exhibit.evidence, sample_result()
    window.session.update(exhibit, result=result, analysis=AnalysisState.DONE)
    window.picture.show_result(exhibit)
    path.unlink()

    with qtbot.waitSignal(window.opening.hash_checked, timeout=5000):
        window.actions_table["reopen"].trigger()

    assert (exhibit.evidence, exhibit.result, exhibit.problem) == (evidence, result, None)
    assert exhibit.hash_state is HashState.GONE
    assert window.view.pixels is exhibit.pixels
    assert window.view.has_layer(Layer.DEPARTURE)
    assert "can no longer be read" in window.centre.message
    qtbot.waitUntil(lambda: window.metadata.model.rowCount() > 0, timeout=5000)


def test_reading_again_that_is_cancelled_takes_nothing_away(
    make_window: Callable[..., MainWindow], tmp_path: Path, qtbot
) -> None:
    held = threading.Event()

    def slowly(path: Path, limit: int | None) -> Generator[Progress, None, Any]:
        while held.is_set():
            yield Progress("reading")
            time.sleep(0.01)
        return (yield from open_file(path, limit))

    window = make_window(open_file=slowly)
    path = tmp_path / "slow.png"
    Image.fromarray(sample_pixels().rgb).save(path)
    with qtbot.waitSignal(window.opening.hash_checked, timeout=5000):
        window.open_files([path])
    exhibit, evidence = window.session.current, window.session.current.evidence
    held.set()
    window.actions_table["reopen"].trigger()
    with qtbot.waitSignal(window.opening.hash_checked, timeout=5000):
        window.jobs.cancel(window.jobs.jobs()[-1])
    assert window.session.exhibits == (exhibit,)
    assert exhibit.evidence is evidence
    assert window.view.pixels is exhibit.pixels


def test_picture_only_gives_every_dock_its_size_back(window: MainWindow, qtbot) -> None:
    window.resizeDocks([window.docks.docks["exhibits"]], [180], Qt.Orientation.Vertical)
    window.resizeDocks([window.docks.docks["exhibits"]], [300], Qt.Orientation.Horizontal)
    QTest.qWait(50)
    before = {name: dock.size() for name, dock in window.docks.docks.items()}

    window.actions_table["hide-docks"].trigger()
    QTest.qWait(50)
    window.actions_table["hide-docks"].trigger()

    qtbot.waitUntil(lambda: {name: dock.size() for name, dock in window.docks.docks.items()} == before, timeout=2000)


def test_pca_once_more_shows_each_component_alone(window: MainWindow, two) -> None:
    pca, following = window.actions_table["layer-pca"], window.actions_table["pca-component"]
    shown = []
    for action in (pca, pca, following, pca, following):
        action.trigger()
        shown.append(window.view.component)

    assert shown == [0, 1, 2, 3, 0]
    assert pca.isChecked()
    window.actions_table["layer-groups"].trigger()
    following.trigger()
    assert (window.view.layer, window.view.component) == (Layer.PCA, 1)
    window.session.select(two[1])
    assert window.view.component == 0
    window.session.select(two[0])
    assert window.view.component == 1, "as it was left"
