from __future__ import annotations

from pathlib import Path

import pytest

from workstation.analysis.regions import Region
from workstation.errors import WorkstationError
from workstation.ui.main_window import MainWindow
from workstation.ui.marks import Marks
from workstation.ui.session import Session

BOX = Region("", "rectangle", ((20.0, 20.0), (120.0, 100.0)))


@pytest.fixture
def session(qapp) -> Session:
    return Session()


def test_regions_get_free_names() -> None:
    marks = Marks().with_region(BOX).with_region(BOX).without_region("1").with_region(BOX)
    assert [region.name for region in marks.regions] == ["2", "1"]


def test_undo_and_redo_bring_regions_and_notes_back(session: Session) -> None:
    exhibit = session.add(Path("a.jpg"))
    session.edit(exhibit, "add region 1", exhibit.marks.with_region(BOX))
    with_region = exhibit.marks
    session.edit(exhibit, "delete region 1", exhibit.marks.without_region("1"))

    session.undo_group.undo()
    assert exhibit.marks == with_region
    session.undo_group.undo()
    assert exhibit.marks == Marks()
    assert session.undo_group.redoText() == "add region 1"
    session.undo_group.redo()
    assert exhibit.marks == with_region


def test_a_note_typed_in_several_goes_is_one_step(session: Session) -> None:
    exhibit = session.add(Path("a.jpg"))
    for note in ("a", "a d", "a door"):
        session.edit(exhibit, "note", Marks(note=note), merge_key="note")

    session.undo_group.undo()
    assert exhibit.marks.note == ""
    assert not session.undo_group.canUndo()


def test_each_exhibit_has_its_own_undo(session: Session) -> None:
    first, second = session.add(Path("a.jpg")), session.add(Path("b.jpg"))
    session.edit(first, "note", Marks(note="first"))
    session.select(second)
    session.edit(second, "note", Marks(note="second"))

    session.undo_group.undo()
    assert (first.marks.note, second.marks.note) == ("first", "")
    assert not session.undo_group.canUndo()
    session.select(first)
    session.undo_group.undo()
    assert first.marks.note == ""


def test_closing_selects_the_neighbour(session: Session) -> None:
    first, second, third = (session.add(Path(name)) for name in ("a.jpg", "b.jpg", "c.jpg"))
    session.select(second)
    session.close(second)
    assert session.current is third
    session.close(third)
    assert session.current is first
    session.close(first)
    assert session.current is None


def test_marks_are_unsaved_work(session: Session) -> None:
    exhibit = session.add(Path("a.jpg"))
    assert session.unsaved == ()
    session.edit(exhibit, "note", Marks(note="x"))
    assert session.unsaved == (exhibit,)


def test_a_drawn_region_reaches_table_and_undo(window: MainWindow, photo, open_file, qtbot) -> None:
    open_file(window, photo())
    window.view.region_drawn.emit(BOX)

    assert window.picture.selected == "1"
    assert window.view.canvas.regions.selected == "1"
    assert window.regions.model.rowCount() == 1
    assert window.actions_table["undo"].text() == "&Undo add region 1"
    qtbot.waitUntil(lambda: not window.jobs.jobs(), timeout=3000)
    window.actions_table["undo"].trigger()
    assert window.regions.model.rowCount() == 0
    assert window.picture.selected == ""


def test_a_taken_name_is_refused(window: MainWindow, photo, open_file, qtbot) -> None:
    open_file(window, photo())
    for _ in range(2):
        window.view.region_drawn.emit(BOX)
    window.regions.region_renamed.emit("1", "2")
    window.regions.region_renamed.emit("1", "window")

    assert [region.name for region in window.session.current.marks.regions] == ["window", "2"]
    qtbot.waitUntil(lambda: not window.jobs.jobs(), timeout=3000)


def test_seeing_from_a_region_needs_an_analysis(window: MainWindow, photo, open_file, qtbot) -> None:
    open_file(window, photo())
    window.view.region_drawn.emit(BOX)
    problems: list[WorkstationError] = []
    window.picture.problem.connect(problems.append)

    window.actions_table["region-reference"].trigger()

    assert "analysis" in problems[0].summary
    assert "analysis" in window.centre.message
    qtbot.waitUntil(lambda: not window.jobs.jobs(), timeout=3000)


def test_bookmarks_bring_a_view_back(window: MainWindow, photo, open_file) -> None:
    open_file(window, photo())
    window.view.actual_size()
    zoom = window.view.zoom
    window.actions_table["bookmark"].trigger()
    window.view.fit()

    window.menus.bookmarks.actions()[0].trigger()

    assert window.view.zoom == zoom
    window.actions_table["undo"].trigger()
    assert window.menus.bookmarks.actions() == []
