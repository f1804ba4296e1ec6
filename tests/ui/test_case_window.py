from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable, Generator
from dataclasses import replace
from pathlib import Path

import pikepdf
import pytest
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QLabel

from tests.ui.canvas_samples import sample_result
from tests.ui.conftest import HeldAnalysis
from workstation.analysis.regions import Region
from workstation.analysis.result import AnalysisRequest, AnalysisResult
from workstation.casework import CaseFile
from workstation.casework.problems import CaseNotSaved
from workstation.errors import DeviceProblem, WorkstationError
from workstation.evidence.record import Evidence
from workstation.progress import Progress
from workstation.report.archival import CONTENT_FILE
from workstation.settings import SettingsStore
from workstation.ui.case_forms import OpinionDialog, opinion_fields
from workstation.ui.case_keeper import CaseKeeper, ChangedOriginal, NewCase, OpenTwice
from workstation.ui.case_rows import exhibit_rows, note_rows
from workstation.ui.casing import Keeping
from workstation.ui.form_dialog import FormDialog
from workstation.ui.layers import Layer
from workstation.ui.likeness_dialog import LikenessDialog
from workstation.ui.main_window import MainWindow
from workstation.ui.report_dialog import ReportDialog
from workstation.ui.report_order import Stated
from workstation.ui.session import AnalysisState

Photo = Callable[..., Path]
Opener = Callable[[MainWindow, Path], None]
Maker = Callable[..., MainWindow]

SQUARE = ((20.0, 20.0), (120.0, 120.0))


@pytest.fixture
def make_case(tmp_path: Path, qtbot) -> Callable[..., Path]:
    """Makes a case in a window and gives its folder."""

    def make(window: MainWindow, *, blind: bool = False) -> Path:
        folder = tmp_path / "case"
        with qtbot.waitSignal(window.cases.opened, timeout=10_000):
            window.cases.create(NewCase(folder, "Rex v. Doe", "A. Meier", blind=blind))
        return folder

    return make


def saved(window: MainWindow, qtbot) -> None:
    qtbot.waitUntil(lambda: window.cases.keeping is Keeping.SAVED and not window.jobs.jobs(), timeout=10_000)


def opened(window: MainWindow, folder: Path, qtbot) -> None:
    with qtbot.waitSignal(window.cases.opened, timeout=10_000):
        window.cases.open(folder)
    qtbot.waitUntil(lambda: not window.jobs.jobs(), timeout=10_000)


def test_what_is_open_is_taken_in_and_what_changes_is_kept(
    window: MainWindow, photo: Photo, open_file: Opener, make_case: Callable[..., Path], qtbot
) -> None:
    open_file(window, photo())
    folder = make_case(window)
    qtbot.waitUntil(lambda: window.session.current.record is not None, timeout=10_000)

    window.view.region_drawn.emit(Region("", "rectangle", SQUARE))
    window.picture.write_note("1", "softer than its surroundings")
    window.picture.rename("1", "sign")
    window.actions_table["bookmark"].trigger()
    exhibit = window.session.current
    window.session.edit(exhibit, "note", replace(exhibit.marks, note="a square was pasted"))
    saved(window, qtbot)

    assert [row.cells[:3] for row in note_rows(window.cases.view)] == [
        ("1 · photo.jpg", "a square was pasted", "general"),
        ("1 · photo.jpg, region sign", "softer than its surroundings", "region"),
    ]
    assert window.session.unsaved == ()
    assert window.cases.close()
    with CaseFile.open(folder, operator="", read_only=True) as case:
        (record,) = case.exhibits.all()
        assert record.name == "photo.jpg"
        (region,) = case.regions.all(record.id)
        assert region.region == Region("sign", "rectangle", SQUARE, "softer than its surroundings")
        assert [note.text for note in case.notes.all()] == ["a square was pasted"]
        (mark,) = case.bookmarks.all()
        assert (mark.name, mark.verdict, mark.view["layer"]) == ("View 1", "to be checked", "original")
        assert {entry.operator for entry in case.history()} == {"A. Meier"}
        assert case.verify().intact


def test_an_undo_in_the_window_is_a_new_entry(
    window: MainWindow, photo: Photo, open_file: Opener, make_case: Callable[..., Path], qtbot
) -> None:
    folder = make_case(window)
    open_file(window, photo())
    qtbot.waitUntil(lambda: window.session.current.record is not None, timeout=10_000)
    window.view.region_drawn.emit(Region("", "rectangle", SQUARE))
    saved(window, qtbot)
    window.actions_table["undo"].trigger()
    saved(window, qtbot)
    window.cases.close()

    with CaseFile.open(folder, operator="", read_only=True) as case:
        assert case.regions.all() == ()
        actions = [entry.action for entry in case.history()]
        assert [a for a in actions if a.startswith("region.")] == ["region.add", "region.remove"]


def test_undo_does_not_reach_back_before_the_case_was_opened(
    window: MainWindow, photo: Photo, open_file: Opener, make_case: Callable[..., Path], qtbot
) -> None:
    path = photo()
    open_file(window, path)
    window.session.edit(window.session.current, "note", replace(window.session.current.marks, note="of last week"))
    window.view.region_drawn.emit(Region("", "rectangle", SQUARE))
    folder = make_case(window)
    saved(window, qtbot)
    window.cases.close()
    window.session.close(window.session.current)
    open_file(window, path)
    window.view.region_drawn.emit(Region("", "ellipse", SQUARE))
    opened(window, folder, qtbot)
    saved(window, qtbot)
    window.actions_table["undo"].trigger()
    saved(window, qtbot)

    assert window.session.current.marks.note == "of last week"
    assert kept_in(window) == (["rectangle", "ellipse"], ["of last week"])


def test_two_files_with_the_same_bytes_are_one_exhibit_with_the_marks_of_both(
    window: MainWindow, photo: Photo, open_file: Opener, make_case: Callable[..., Path], qtbot
) -> None:
    first = photo("a.jpg")
    second = first.with_name("b.jpg")
    shutil.copy(first, second)
    for path, kind in ((first, "rectangle"), (second, "ellipse")):
        open_file(window, path)
        exhibit = window.session.with_path(path)
        window.session.edit(exhibit, "note", replace(exhibit.marks, note=f"on {path.name}"))
        window.view.region_drawn.emit(Region("", kind, SQUARE))
    said = problems_of(window)
    make_case(window)
    saved(window, qtbot)

    assert [exhibit.name for exhibit in window.session.exhibits] == ["a.jpg"]
    assert [type(problem) for problem in said] == [OpenTwice]
    assert "“b.jpg” has the bytes of “a.jpg”" in said[0].summary
    assert window.session.unsaved == ()
    assert kept_in(window) == (["rectangle", "ellipse"], ["on a.jpg\n\non b.jpg"])


def problems_of(window: MainWindow) -> list[WorkstationError]:
    """Every problem with the case that the window says from now on."""
    said: list[WorkstationError] = []
    window.cases.problem.connect(said.append)
    return said


def kept_in(window: MainWindow) -> tuple[list[str], list[str]]:
    """Kinds of the regions and texts of the notes that the open case holds."""
    file = window.cases.keeper.file
    return [one.region.kind for one in file.regions.all()], [note.text for note in file.notes.all()]


def test_a_case_comes_back_with_marks_and_results(
    make_window: Maker, photo: Photo, open_file: Opener, make_case: Callable[..., Path], qtbot
) -> None:
    first = make_window()
    folder = make_case(first)
    open_file(first, photo(size=(512, 384)))
    first.view.region_drawn.emit(Region("", "rectangle", SQUARE))
    with qtbot.waitSignal(first.analyses.finished, timeout=180_000):
        first.actions_table["analyze"].trigger()
    saved(first, qtbot)
    departure = first.session.current.result.maps.departure
    first.cases.close()

    window = make_window()
    opened(window, folder, qtbot)
    qtbot.waitUntil(lambda: window.session.current is not None and window.session.current.result is not None)

    exhibit = window.session.current
    assert exhibit.analysis is AnalysisState.DONE
    assert exhibit.marks.regions == (Region("1", "rectangle", SQUARE),)
    assert exhibit.result.maps.departure.tobytes() == departure.tobytes()
    assert window.view.shown_result is exhibit.result
    window.case_panel.show_tab("History")
    assert "region marked" in {row.cells[3] for row in window.case_panel.history.model.rows}
    window.case_panel.show_tab("Exhibits")
    assert len(window.case_panel.exhibits.model.rows) == 1


def test_a_cases_folder_that_is_dropped_or_named_opens_as_the_case(
    make_window: Maker, make_case: Callable[..., Path], qtbot
) -> None:
    first = make_window()
    folder = make_case(first)
    first.close()
    store = SettingsStore(None)
    store.current = replace(store.current, operator="A. Meier")
    window = make_window(store=store)
    window.open_files([folder])
    qtbot.waitUntil(lambda: window.cases.view is not None, timeout=10_000)
    assert window.cases.view.details.title == "Rex v. Doe"
    assert not window.session.exhibits


def test_a_second_program_reads_and_says_who_holds_it(
    make_window: Maker, photo: Photo, open_file: Opener, make_case: Callable[..., Path], qtbot
) -> None:
    first = make_window()
    folder = make_case(first)
    open_file(first, photo())
    saved(first, qtbot)
    second = make_window()
    opened(second, folder, qtbot)

    assert second.cases.view.read_only
    assert "A. Meier" in second.centre.banner
    assert second.cases.keeping is Keeping.READ_ONLY
    assert not second.actions_table["case-details"].isEnabled()
    second.view.region_drawn.emit(Region("", "rectangle", SQUARE))
    assert len(second.session.unsaved) == 1


@pytest.fixture
def window_with_case(window: MainWindow, photo: Photo, open_file: Opener, make_case: Callable[..., Path]) -> MainWindow:
    """A window with a case that holds one exhibit."""
    make_case(window)
    open_file(window, photo())
    return window


def test_what_cannot_be_written_waits_and_is_said(
    window_with_case: MainWindow, qtbot, monkeypatch: pytest.MonkeyPatch
) -> None:
    window, folder = window_with_case, window_with_case.cases.view.folder
    qtbot.waitUntil(lambda: window.session.current.record is not None, timeout=10_000)
    saved(window, qtbot)
    save = CaseKeeper.save

    def full(keeper: CaseKeeper, wanted: object) -> None:
        raise CaseNotSaved(folder, "the disk is full")

    monkeypatch.setattr(CaseKeeper, "save", full)
    window.view.region_drawn.emit(Region("", "rectangle", SQUARE))
    qtbot.waitUntil(lambda: window.cases.keeping is Keeping.FAILED, timeout=5000)
    assert "the disk is full" in window.centre.message
    assert "not saved" in window.status.case.text()
    window.cases.note_viewed(window.session.current, (0.0, 0.0, 10.0, 10.0))  # a further change waits with the others
    assert window.cases.keeping is Keeping.FAILED

    monkeypatch.setattr(CaseKeeper, "save", save)
    window.case_panel.try_again.emit()
    saved(window, qtbot)
    window.cases.close()
    with CaseFile.open(folder, operator="", read_only=True) as case:
        assert [one.region.name for one in case.regions.all()] == ["1"]


def test_closing_the_window_writes_what_still_waits(
    make_window: Maker, photo: Photo, open_file: Opener, make_case: Callable[..., Path], qtbot
) -> None:
    window = make_window()
    folder = make_case(window)
    open_file(window, photo())
    qtbot.waitUntil(lambda: window.session.current.record is not None, timeout=10_000)
    window.view.region_drawn.emit(Region("", "rectangle", SQUARE))
    window.close()

    with CaseFile.open(folder, operator="", read_only=True) as case:
        assert len(case.regions.all()) == 1
    assert not (folder / "case.holder.json").exists()


def test_blind_metadata_stay_hidden_until_the_notes_are_locked(
    window: MainWindow, photo: Photo, open_file: Opener, make_case: Callable[..., Path], qtbot
) -> None:
    folder = make_case(window, blind=True)
    window.errands.ask = window.case_errands._ask = lambda *_: True
    open_file(window, photo())
    qtbot.waitUntil(lambda: window.session.current.hides_metadata, timeout=10_000)
    qtbot.waitUntil(lambda: "hidden" in window.metadata.words, timeout=5000)
    assert window.metadata.model.rowCount() == 0
    exhibit = window.session.current
    window.session.edit(exhibit, "note", replace(exhibit.marks, note="soft edges"))
    saved(window, qtbot)

    window.actions_table["blind-lock"].trigger()
    qtbot.waitUntil(lambda: exhibit.record.blind == "locked", timeout=5000)
    qtbot.waitUntil(lambda: "notes are locked; Report → Reveal metadata" in window.metadata.words, timeout=5000)
    assert exhibit.marks.note == ""
    assert not window.actions_table["exhibit-note"].isEnabled()
    window.actions_table["export-report"].trigger()
    assert "Reveal the metadata first" in window.centre.message, "the notes are locked already"
    window.actions_table["blind-reveal"].trigger()
    qtbot.waitUntil(lambda: window.metadata.model.rowCount() > 0, timeout=5000)
    assert window.centre.message == ""
    window.session.edit(exhibit, "note", replace(exhibit.marks, note="and the file says otherwise"))
    saved(window, qtbot)
    window.cases.close()

    with CaseFile.open(folder, operator="", read_only=True) as case:
        assert [(note.text, note.kind, note.locked) for note in case.notes.all()] == [
            ("soft edges", "pixels", True),
            ("and the file says otherwise", "general", False),
        ]


def test_locking_without_a_note_says_so_before_it_is_too_late(
    window: MainWindow, photo: Photo, open_file: Opener, make_case: Callable[..., Path], qtbot
) -> None:
    make_case(window, blind=True)
    asked: list[str] = []
    window.case_errands._ask = lambda _, explanation, *__: asked.append(explanation)
    open_file(window, photo())
    qtbot.waitUntil(lambda: window.session.current.record is not None, timeout=10_000)
    window.actions_table["blind-lock"].trigger()
    assert asked[0].startswith("Nothing is written on it yet")
    window.view.region_drawn.emit(Region("", "rectangle", SQUARE, note="a soft edge"))
    window.actions_table["blind-lock"].trigger()
    assert asked[1].startswith("They can no longer be changed")


def test_what_rested_on_the_screen_at_full_size_is_kept(
    window: MainWindow, photo: Photo, open_file: Opener, make_case: Callable[..., Path], qtbot
) -> None:
    make_case(window)
    open_file(window, photo(size=(1600, 1200)))
    qtbot.waitUntil(lambda: window.session.current.record is not None, timeout=10_000)
    window.view.fit()
    window.viewing.look()
    assert window.cases.view.coverage == {}
    window.view.actual_size()
    window.viewing.look()
    saved(window, qtbot)

    coverage = window.cases.view.coverage[window.session.current.record.id]
    assert 0.05 < coverage.share < 0.95
    seen_before = window.view.visible_area()
    window.actions_table["next-unseen"].trigger()
    assert window.view.visible_area() != seen_before


def test_an_exhibits_tags_are_stated_with_its_intake(
    window: MainWindow, photo: Photo, open_file: Opener, make_case: Callable[..., Path], qtbot
) -> None:
    folder = make_case(window)
    open_file(window, photo())
    qtbot.waitUntil(lambda: window.session.current.record is not None, timeout=10_000)
    number = window.session.current.record.id
    window.cases.statements.describe(number, {"received_by": "B. Rau", "tags": "harbour, night ,, harbour"})
    qtbot.waitUntil(lambda: window.cases.statements.tags_of(number) == ("harbour", "night"), timeout=5000)
    window.cases.statements.describe(number, {"tags": "night"})
    qtbot.waitUntil(lambda: window.cases.statements.tags_of(number) == ("night",), timeout=5000)
    assert "tags: night" in exhibit_rows(window.cases.view)[0].tip
    window.cases.close()

    with CaseFile.open(folder, operator="", read_only=True) as case:
        assert [tag.word for tag in case.tags.all()] == ["night"]
        assert case.exhibits.get(number).received_by == "B. Rau"
        assert case.verify().intact


def test_another_file_in_an_exhibits_place_is_not_taken_for_it(
    window: MainWindow, photo: Photo, open_file: Opener, make_case: Callable[..., Path], qtbot
) -> None:
    make_case(window)
    path = photo()
    open_file(window, path)
    qtbot.waitUntil(lambda: window.session.current.record is not None, timeout=10_000)
    window.session.close(window.session.current)
    photo(seed=2)
    open_file(window, path)

    qtbot.waitUntil(lambda: "not the original" in window.centre.message, timeout=5000)
    assert len(window.cases.view.exhibits) == 1


def read_again(window: MainWindow, qtbot) -> None:
    with qtbot.waitSignal(window.opening.hash_checked, timeout=10_000):
        window.actions_table["reopen"].trigger()
    qtbot.waitUntil(lambda: not window.jobs.jobs(), timeout=10_000)


def test_other_bytes_that_are_read_again_are_not_filed_under_the_exhibit(
    window_with_case: MainWindow, photo: Photo, qtbot
) -> None:
    window, exhibit = window_with_case, window_with_case.session.current
    qtbot.waitUntil(lambda: exhibit.record is not None, timeout=10_000)
    window.view.region_drawn.emit(Region("", "rectangle", SQUARE))
    saved(window, qtbot)
    said, folder = problems_of(window), window.cases.view.folder
    photo(seed=2)
    read_again(window, qtbot)
    assert exhibit.record is None
    window.view.region_drawn.emit(Region("", "ellipse", SQUARE))
    assert window.cases.close()

    assert [type(problem) for problem in said] == [ChangedOriginal]
    with CaseFile.open(folder, operator="", read_only=True) as case:
        assert len(case.exhibits.all()) == 1
        assert [one.region.kind for one in case.regions.all()] == ["rectangle"]


def test_the_same_bytes_that_are_read_again_stay_the_exhibit_with_its_marks(
    window_with_case: MainWindow, qtbot
) -> None:
    window, exhibit = window_with_case, window_with_case.session.current
    qtbot.waitUntil(lambda: exhibit.record is not None, timeout=10_000)
    window.view.region_drawn.emit(Region("", "rectangle", SQUARE))
    read_again(window, qtbot)
    saved(window, qtbot)

    assert exhibit.record == window.cases.view.exhibits[0]
    assert kept_in(window) == (["rectangle"], [])
    assert len(exhibit.marks.regions) == 1


def test_a_failed_analysis_stands_in_the_case(
    make_window: Maker, photo: Photo, open_file: Opener, make_case: Callable[..., Path], qtbot
) -> None:
    def analyse(_evidence: object, _request: object) -> Generator[object, None, None]:
        raise CaseNotSaved(Path("x"), "no memory")
        yield

    window = make_window(analyse=analyse)
    folder = make_case(window)
    open_file(window, photo())
    qtbot.waitUntil(lambda: window.session.current.record is not None, timeout=10_000)
    with qtbot.waitSignal(window.analyses.failed, timeout=3000):
        window.actions_table["analyze"].trigger()
    saved(window, qtbot)
    window.cases.close()
    with CaseFile.open(folder, operator="", read_only=True) as case:
        (analysis,) = case.analyses.all()
        assert analysis.status == "failed"
        assert "no memory" in analysis.reason


class PlannedAnalysis:
    """An analysis that ends as it was planned: with a result, or with a problem."""

    def __init__(self, *ends: AnalysisResult | WorkstationError) -> None:
        self._ends = iter(ends)

    def __call__(self, _evidence: Evidence, _request: AnalysisRequest) -> Generator[Progress, None, AnalysisResult]:
        yield Progress("working")
        end = next(self._ends)
        if isinstance(end, WorkstationError):
            raise end
        return end


def analyse(window: MainWindow, qtbot) -> None:
    window.actions_table["analyze"].trigger()
    qtbot.waitUntil(lambda: not window.jobs.jobs(), timeout=10_000)
    saved(window, qtbot)


def test_a_failed_analysis_is_kept_once_with_the_settings_it_was_asked_for(
    make_window: Maker, photo: Photo, open_file: Opener, make_case: Callable[..., Path], qtbot
) -> None:
    window = make_window(analyse=PlannedAnalysis(DeviceProblem("no memory")))
    window.store.change(seed=11)
    make_case(window)
    open_file(window, photo())
    qtbot.waitUntil(lambda: window.session.current.record is not None, timeout=10_000)
    analyse(window, qtbot)
    window.store.change(seed=77)
    window.view.region_drawn.emit(Region("", "rectangle", SQUARE))
    saved(window, qtbot)

    kept = window.cases.keeper.file.analyses.all()
    assert [(one.status, one.content["request"]["seed"]) for one in kept] == [("failed", 11)]


def test_an_analysis_that_fails_again_after_a_success_is_kept_again(
    make_window: Maker, photo: Photo, open_file: Opener, make_case: Callable[..., Path], qtbot
) -> None:
    problem = "no memory"
    window = make_window(
        analyse=PlannedAnalysis(DeviceProblem(problem), sample_result(320, 256), DeviceProblem(problem))
    )
    make_case(window)
    open_file(window, photo())
    qtbot.waitUntil(lambda: window.session.current.record is not None, timeout=10_000)
    for _ in range(3):
        analyse(window, qtbot)

    kept = window.cases.keeper.file.analyses.all()
    assert [one.status for one in kept] == ["failed", "complete", "failed"]


def test_recent_cases_are_remembered(make_window: Maker, make_case: Callable[..., Path], tmp_path: Path, qtbot) -> None:
    store = SettingsStore(tmp_path / "settings.json")
    window = make_window(store=store)
    folder = make_case(window)
    window.menus.show_recent()

    assert SettingsStore(tmp_path / "settings.json").current.recent_cases == (str(folder),)
    assert [Path(action.data()) for action in window.menus.recent_cases.actions()] == [folder]

    store.change(operator="A. Meier")  # without one it is asked who opens the case
    again = make_window(store=SettingsStore(tmp_path / "settings.json"))
    (button,) = again.empty.recent_buttons
    window.cases.close()
    with qtbot.waitSignal(again.cases.opened, timeout=10_000):
        button.click()
    assert again.cases.view.folder == folder


def test_an_analysis_that_runs_does_not_hold_the_saving_up(
    make_window: Maker, photo: Photo, open_file: Opener, make_case: Callable[..., Path], qtbot
) -> None:
    window = make_window(analyse=HeldAnalysis())
    make_case(window)
    open_file(window, photo())
    qtbot.waitUntil(lambda: window.session.current.record is not None, timeout=10_000)
    window.actions_table["analyze"].trigger()
    window.view.region_drawn.emit(Region("", "rectangle", SQUARE))
    qtbot.waitUntil(lambda: window.cases.keeping is Keeping.SAVED, timeout=5000)

    assert window.session.current.exported


def test_an_opinion_weighs_two_propositions(window_with_case: MainWindow, qtbot) -> None:
    window = window_with_case
    qtbot.waitUntil(lambda: window.session.current.record is not None, timeout=10_000)
    dialog = OpinionDialog("State an opinion", opinion_fields(), "State it")
    qtbot.addWidget(dialog)
    for name, text in (("issue", "Was it pasted?"), ("first", "pasted"), ("second", "not pasted")):
        dialog.editor(name).setText(text)
    dialog.editor("reasons").setPlainText("soft edges")
    assert dialog.agree.isEnabled()
    dialog.editor("favoured").setCurrentIndex(1)
    assert not dialog.agree.isEnabled()
    dialog.editor("support").setCurrentIndex(1)
    assert dialog.agree.isEnabled()
    window.case_errands.keep_opinion(dialog.values)
    qtbot.waitUntil(lambda: "opinion is kept" in window.centre.message, timeout=5000)

    (opinion,) = window.cases.keeper.file.opinions.all()
    assert opinion.propositions == ("pasted", "not pasted")
    assert (opinion.favoured, opinion.support) == (0, "weak")
    assert opinion.exhibits == (window.session.current.record.id,)


def test_a_report_of_a_case_says_what_was_stated_and_stands_in_the_log(
    window_with_case: MainWindow, tmp_path: Path, qtbot
) -> None:
    window, out = window_with_case, tmp_path / "out"
    out.mkdir()
    qtbot.waitUntil(lambda: window.session.current.record is not None, timeout=10_000)
    values = dict.fromkeys(Stated.__dataclass_fields__, "") | {
        "number": "R-7",
        "operator": "A. Meier",
        "laboratory": "Laboratory North",
        "question": "One picture?",
        "language": "de",
        "target": str(out / "r.pdf"),
        "key": "",
        "passphrase": "",
    }
    with qtbot.waitSignal(window.exports.exported, timeout=60_000):
        window.errands.write_asked_report(values)
    qtbot.waitUntil(lambda: not window.jobs.jobs(), timeout=10_000)

    with pikepdf.open(out / "r.pdf") as pdf:
        said = pdf.attachments[CONTENT_FILE].get_file().read_bytes().decode("utf-8")
    for words in ("R-7", "Laboratory North", "One picture?", "A. Meier"):
        assert words in said
    details = window.cases.view.details
    assert (details.laboratory, details.question) == ("Laboratory North", "One picture?")
    (issued,) = window.cases.keeper.file.reports.all()
    assert (issued.number, issued.name) == ("R-7", "r.pdf")
    newest = [one.action for one in window.cases.view.history if one.action != "coverage.view"]  # seen meanwhile
    assert newest[-1] == "report.issue"


def test_no_report_is_written_while_metadata_are_hidden(
    window: MainWindow, photo: Photo, open_file: Opener, make_case: Callable[..., Path], qtbot
) -> None:
    make_case(window, blind=True)
    open_file(window, photo())
    qtbot.waitUntil(lambda: window.session.current.hides_metadata, timeout=10_000)
    window.actions_table["export-report"].trigger()

    assert "reveal the metadata first" in window.centre.message


def test_a_bookmark_brings_back_what_it_was_seen_from(
    window: MainWindow, photo: Photo, open_file: Opener, qtbot
) -> None:
    open_file(window, photo(size=(512, 384)))
    with qtbot.waitSignal(window.analyses.finished, timeout=180_000):
        window.actions_table["analyze"].trigger()
    window.view.region_drawn.emit(Region("", "rectangle", ((20.0, 20.0), (220.0, 220.0))))
    window.actions_table["region-reference"].trigger()
    window.actions_table["bookmark"].trigger()
    (mark,) = window.session.current.marks.bookmarks
    assert (mark.view.layer, mark.view.seen_from) == ("similarity", "1")
    window.picture.see_from("A")
    window.picture.go_to(mark.view)
    assert window.session.current.seen_from == "1"
    assert window.view.layer is Layer.SIMILARITY

    window.picture.delete("1")
    window.picture.go_to(mark.view)
    assert window.view.layer is Layer.DEPARTURE
    assert "no longer there" in window.centre.message


def ready(window: MainWindow, qtbot) -> None:
    """Wait until the exhibit is taken in and the panel lists it."""
    qtbot.waitUntil(lambda: window.session.current.record is not None, timeout=10_000)
    saved(window, qtbot)


def menu_action(window: MainWindow, tab: str, title: str) -> QAction:
    """An entry of the context menu of a table of the case panel, whose first row is marked."""
    page = getattr(window.case_panel, tab)
    window.case_panel._tabs.setCurrentWidget(page)
    page.table.selectRow(0)
    return next(action for action in page.table.actions() if action.text() == title)


def test_the_menu_of_the_cases_exhibits_does_what_it_says(window_with_case: MainWindow, qtbot) -> None:
    window = window_with_case
    ready(window, qtbot)
    window.session.close(window.session.current)
    qtbot.waitUntil(lambda: not window.jobs.jobs(), timeout=10_000)

    menu_action(window, "exhibits", "Intake…").trigger()
    dialog = window.findChild(FormDialog)
    dialog.editor("received_from").setText("B. Rau")
    with qtbot.waitSignal(window.cases.changed, timeout=10_000):
        dialog.agree.click()
    assert window.cases.view.exhibits[0].received_from == "B. Rau"

    menu_action(window, "exhibits", "Open").trigger()
    qtbot.waitUntil(lambda: window.session.current is not None, timeout=10_000)
    qtbot.waitUntil(lambda: not window.jobs.jobs(), timeout=10_000)

    menu_action(window, "exhibits", "Find the original…").trigger()
    assert [one.windowTitle() for one in window.findChildren(FormDialog) if one.isVisible()] == ["Find “photo.jpg”"]


def test_the_menu_of_the_cases_bookmarks_does_what_it_says(window_with_case: MainWindow, qtbot) -> None:
    window = window_with_case
    ready(window, qtbot)
    window.view.set_opacity(0.35)
    window.actions_table["bookmark-verdict"].trigger()
    dialog = window.findChild(FormDialog)
    dialog.editor("note").setPlainText("a hard edge")
    dialog.agree.click()
    saved(window, qtbot)
    assert window.session.current.marks.bookmarks[0].note == "a hard edge"

    window.view.set_opacity(0.9)
    menu_action(window, "bookmarks", "Go to the view").trigger()
    qtbot.waitUntil(lambda: window.view.opacity == pytest.approx(0.35))

    menu_action(window, "bookmarks", "Edit…").trigger()
    dialog = next(one for one in window.findChildren(FormDialog) if one.isVisible())
    dialog.editor("name").setText("edge")
    dialog.agree.click()
    saved(window, qtbot)
    assert window.session.current.marks.bookmarks[0].name == "edge"

    menu_action(window, "bookmarks", "Delete").trigger()
    saved(window, qtbot)
    assert window.session.current.marks.bookmarks == ()


def test_a_double_click_opens_an_exhibit_of_the_case(window_with_case: MainWindow, qtbot) -> None:
    window = window_with_case
    ready(window, qtbot)
    window.session.close(window.session.current)
    window.case_panel.exhibits.table.selectRow(0)
    window.case_panel.exhibits.table.activated.emit(window.case_panel.exhibits.table.currentIndex())
    qtbot.waitUntil(lambda: window.session.current is not None, timeout=10_000)
    qtbot.waitUntil(lambda: not window.jobs.jobs(), timeout=10_000)


def test_an_original_on_a_share_that_does_not_answer_holds_up_no_window(
    window_with_case: MainWindow, qtbot, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = window_with_case
    ready(window, qtbot)
    record, original = window.session.current.record, str(window.session.current.path)
    window.session.close(window.session.current)
    answer, plain, asked = threading.Event(), os.path.isfile, []

    def slow(path: object) -> bool:
        if os.fspath(path) == original:
            asked.append(threading.current_thread() is threading.main_thread())
            answer.wait(60)
        return plain(path)

    monkeypatch.setattr(os.path, "isfile", slow)
    window.case_errands.open_exhibit(record)
    qtbot.waitUntil(lambda: bool(asked), timeout=10_000)
    assert window.session.current is None
    answer.set()

    qtbot.waitUntil(lambda: window.session.current is not None, timeout=10_000)
    qtbot.waitUntil(lambda: not window.jobs.jobs(), timeout=10_000)
    assert not any(asked), "never asked in the thread of the window"


def test_all_exhibits_of_a_case_are_opened_with_one_press(
    make_window: Maker, photo: Photo, open_file: Opener, make_case: Callable[..., Path], qtbot
) -> None:
    first = make_window()
    folder = make_case(first)
    for seed, name in enumerate(("a.jpg", "b.jpg", "c.jpg", "d.jpg")):
        open_file(first, photo(name, seed=seed))
    qtbot.waitUntil(lambda: len(first.cases.view.exhibits) == 4, timeout=10_000)
    saved(first, qtbot)
    first.close()
    (folder.parent / "c.jpg").unlink()
    window = make_window()
    opened(window, folder, qtbot)
    assert [exhibit.name for exhibit in window.session.exhibits] == ["a.jpg"]

    window.actions_table["export-report"].trigger()
    dialog = window.findChild(ReportDialog)
    assert [one.text() for one in dialog.findChildren(QLabel) if one.text().startswith("The report")] == [
        "The report speaks of 1 open exhibit. 1 has no result of an analysis. The case holds 4; 3 are not open "
        "and would be missing (Open all in the case panel)."
    ]
    dialog.reject()
    window.case_panel._all.click()

    qtbot.waitUntil(lambda: "Rex v. Doe" in window.centre.message, timeout=10_000)
    qtbot.waitUntil(lambda: not window.jobs.jobs(), timeout=10_000)
    assert [exhibit.name for exhibit in window.session.exhibits] == ["a.jpg", "b.jpg", "d.jpg"]
    assert window.session.current.name == "a.jpg"
    assert window.centre.message == (
        "3 exhibits of the case “Rex v. Doe” are open. 1 original is not where it was: find it in the case panel."
    )


def test_sets_of_a_case_that_are_compared_bear_the_names_of_their_files(
    make_window: Maker, photo: Photo, open_file: Opener, make_case: Callable[..., Path], qtbot
) -> None:
    def analyse(_evidence: Evidence, _request: AnalysisRequest) -> Generator[Progress, None, AnalysisResult]:
        yield Progress("analysing")
        return sample_result()

    window = make_window(analyse=analyse)
    make_case(window)
    open_file(window, photo("sign.png", (160, 96)))
    qtbot.waitUntil(lambda: window.session.current.record is not None, timeout=10_000)
    window.view.region_drawn.emit(Region("", "rectangle", ((0.0, 0.0), (160.0, 96.0))))
    with qtbot.waitSignal(window.analyses.finished, timeout=10_000):
        window.actions_table["analyze"].trigger()
    saved(window, qtbot)

    window.errands.test_region()
    dialog = window.findChild(LikenessDialog)
    qtbot.waitUntil(lambda: dialog.model.rowCount() > 0, timeout=10_000)

    assert dialog.model.names == ("1 · sign.png", "1 · sign.png, region 1")
    assert dialog.first.currentText() == "1 · sign.png, region 1"
    dialog.reject()


def test_the_case_panel_comes_and_goes_with_the_case(
    make_window: Maker, make_case: Callable[..., Path], tmp_path: Path, qtbot
) -> None:
    store = SettingsStore(tmp_path / "settings.json")
    window = make_window(store=store)
    window.docks.docks["case"].close()
    folder = make_case(window)
    assert window.docks.docks["case"].isVisible()
    window.cases.close()
    assert not window.docks.docks["case"].isVisible()
    opened(window, folder, qtbot)
    assert window.docks.docks["case"].isVisible()
    window.close()

    again = make_window(store=SettingsStore(tmp_path / "settings.json"))
    assert not again.docks.docks["case"].isVisible()
    again.docks.show_dock("case")
    opened(again, folder, qtbot)
    again.cases.close()
    assert again.docks.docks["case"].isVisible(), "it was open before"
