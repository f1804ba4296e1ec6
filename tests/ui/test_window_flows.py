from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Generator
from pathlib import Path
from urllib.parse import quote

import numpy as np
import pytest
from PySide6.QtCore import QLocale, QMimeData, QPointF, Qt, QTimer, QUrl
from PySide6.QtGui import QDesktopServices, QDragEnterEvent, QDropEvent, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMessageBox, QPushButton

from workstation.analysis.regions import Region
from workstation.analysis.result import AnalysisRequest, AnalysisResult
from workstation.casework.exhibit import Case, Exhibit
from workstation.errors import DeviceProblem, ExportProblem, TooManyPixels
from workstation.evidence import Rehash, open_evidence, rehash
from workstation.evidence.record import Evidence, FileIdentity
from workstation.progress import Progress, drain
from workstation.settings import SettingsStore
from workstation.ui.command_palette import plain_text
from workstation.ui.image_view import ImageView, Tool
from workstation.ui.layers import Layer
from workstation.ui.likeness_dialog import LikenessDialog
from workstation.ui.main_window import MainWindow
from workstation.ui.marks import Marks
from workstation.ui.report_dialog import ReportDialog
from workstation.ui.report_order import ReportOrder, write_report
from workstation.ui.session import AnalysisState, HashState
from workstation.ui.wording import Situation
from workstation.ui.work import open_file as open_steps

from .canvas_samples import Mouse, sample_result
from .conftest import HeldAnalysis

Opener = Callable[[MainWindow, Path], None]
Maker = Callable[..., MainWindow]
Photo = Callable[..., Path]


def test_an_empty_window_offers_the_first_steps(window: MainWindow) -> None:
    assert window.centre.empty.isVisible()
    assert window.findings.situation is Situation.EMPTY
    assert not window.actions_table["analyze"].isEnabled()
    assert window.actions_table["open-example"].isEnabled()


def test_the_picture_comes_before_the_metadata(window: MainWindow, photo: Photo, qtbot) -> None:
    order: list[str] = []
    window.opening.picture_arrived.connect(lambda _: order.append(f"picture, file read: {evidence_is_there()}"))
    window.opening.evidence_arrived.connect(lambda _: order.append("metadata"))

    def evidence_is_there() -> bool:
        return window.session.current.evidence is not None

    with qtbot.waitSignal(window.opening.evidence_arrived, timeout=5000):
        window.open_files([photo()])

    assert order == ["picture, file read: False", "metadata"]
    assert window.view.pixels is window.session.current.pixels
    assert window.session.current.thumbnail.shape == (128, 160, 3)
    qtbot.waitUntil(lambda: window.metadata.model.rowCount() > 0, timeout=5000)


def test_the_hash_is_checked_again_and_shown(window: MainWindow, photo: Photo, open_file: Opener) -> None:
    open_file(window, photo())

    exhibit = window.session.current
    assert exhibit.hash_state is HashState.MATCHES
    assert window.status.hash.text().endswith("✔")
    assert exhibit.evidence.identity.sha256 in window.status.hash.toolTip()


def test_a_file_that_changed_on_disk_is_said(window: MainWindow, photo: Photo, open_file: Opener, qtbot) -> None:
    path = photo()
    open_file(window, path)
    path.write_bytes(path.read_bytes() + b"x")

    with qtbot.waitSignal(window.opening.hash_checked, timeout=5000):
        window.actions_table["check-hash"].trigger()

    assert window.session.current.hash_state is HashState.DIFFERS
    assert "photo.jpg: the file has changed since it was opened" in window.jobs_panel.log_text
    assert "changed" in window.centre.message
    assert "changed" in window.status.hash.text()


def test_open_analyse_look_and_export(
    window: MainWindow, photo: Photo, open_file: Opener, qtbot, tmp_path: Path
) -> None:
    """The whole road with the weights that come with the program."""
    open_file(window, photo(size=(512, 384)))

    with qtbot.waitSignal(window.analyses.finished, timeout=180_000):
        window.actions_table["analyze"].trigger()
    qtbot.waitUntil(lambda: window.turns.is_idle, timeout=2000)

    exhibit = window.session.current
    assert exhibit.analysis is AnalysisState.DONE
    assert exhibit.result.status == "complete"
    assert window.view.layer is Layer.DEPARTURE
    assert window.view.has_layer(Layer.GROUPS)
    assert window.findings.situation in {
        Situation.COMPLETE,
        Situation.NO_STABLE_PARTITION,
        Situation.AMBIGUOUS,
    }
    assert window.actions_table["export-maps"].isEnabled()
    assert window.session.unsaved == ()  # a result can be computed again
    _see_from_a_region(window)
    _export_everything(window, tmp_path, qtbot)


def _see_from_a_region(window: MainWindow) -> None:
    window.view.region_drawn.emit(Region("", "rectangle", ((20.0, 20.0), (220.0, 220.0))))
    assert len(window.session.unsaved) == 1
    window.actions_table["region-reference"].trigger()
    assert window.view.layer is Layer.SIMILARITY
    assert window.view.has_layer(Layer.SIMILARITY)
    assert "region 1" in window.view.legend.accessibleDescription()
    window.regions.reference_requested.emit("A")
    assert window.view.has_layer(Layer.SIMILARITY)
    assert "group A" in window.view.legend.accessibleDescription()
    assert "region" not in window.view.legend.accessibleDescription()


def _export_everything(window: MainWindow, folder: Path, qtbot) -> None:
    folder = folder / "out"
    folder.mkdir()
    with qtbot.waitSignal(window.exports.exported, timeout=30_000):
        window.errands.write_report(str(folder / "case.pdf"))
    assert (folder / "case.pdf").read_bytes().startswith(b"%PDF")
    assert (folder / "case.json").is_file()
    assert "case.pdf" in window.centre.message
    assert window.session.unsaved == ()
    with qtbot.waitSignal(window.exports.exported, timeout=30_000):
        window.errands.write_maps(str(folder / "maps"))
    written = {path.suffix for path in (folder / "maps").iterdir()}
    assert {".png", ".npy", ".csv"} <= written


def test_cancel_is_acknowledged_at_once_and_leaves_no_map(
    make_window: Maker, photo: Photo, open_file: Opener, qtbot
) -> None:
    analysis = HeldAnalysis()
    window = make_window(analyse=analysis)
    open_file(window, photo())
    window.view.set_layer(Layer.DEPARTURE)
    window.actions_table["analyze"].trigger()
    qtbot.waitUntil(lambda: window.view.has_layer(Layer.DEPARTURE), timeout=3000)

    with qtbot.waitSignal(window.analyses.stopping, timeout=0):
        window.actions_table["cancel-job"].trigger()  # says so before it returns
    painted_while_stopping = window.view.has_layer(Layer.DEPARTURE)
    qtbot.waitUntil(lambda: window.session.current.analysis is AnalysisState.CANCELLED, timeout=3000)

    assert not painted_while_stopping
    assert not window.view.has_layer(Layer.DEPARTURE)
    assert analysis.closed.is_set()
    assert window.findings.situation is Situation.CANCELLED
    assert "metadata" in window.findings.text


def test_the_list_of_jobs_acknowledges_a_stop_that_was_asked_for_elsewhere(
    make_window: Maker, photo: Photo, open_file: Opener, qtbot
) -> None:
    window = make_window(analyse=HeldAnalysis())
    open_file(window, photo())
    window.actions_table["analyze"].trigger()
    qtbot.waitUntil(lambda: window.session.current.analysis is AnalysisState.RUNNING, timeout=3000)
    buttons = window.jobs_panel.findChildren(QPushButton)
    cancel = next(button for button in buttons if button.accessibleName() == "Cancel Analysing “photo.jpg”")

    window.actions_table["cancel-job"].trigger()

    assert (cancel.text(), cancel.isEnabled()) == ("Cancelling …", False)
    qtbot.waitUntil(lambda: not window.jobs.jobs(), timeout=5000)


def test_the_list_of_jobs_offers_no_cancel_for_a_check_of_the_hash(make_window: Maker, photo: Photo, qtbot) -> None:
    ends = threading.Event()

    def check(identity: FileIdentity) -> Generator[Progress, None, Rehash]:
        while not ends.is_set():
            yield Progress("reading the file again")
            time.sleep(0.01)
        return rehash(identity)

    def cancels() -> dict[str, bool]:
        buttons = window.jobs_panel.findChildren(QPushButton)
        return {button.accessibleName(): button.isVisibleTo(window.jobs_panel) for button in buttons}

    window = make_window(check_hash=check, analyse=HeldAnalysis())
    window.open_files([photo()])
    qtbot.waitUntil(lambda: "Cancel Checking the hash of “photo.jpg”" in cancels(), timeout=5000)
    window.actions_table["analyze"].trigger()
    qtbot.waitUntil(lambda: cancels().get("Cancel Analysing “photo.jpg”", False), timeout=5000)

    assert not cancels()["Cancel Checking the hash of “photo.jpg”"]
    ends.set()
    window.actions_table["cancel-job"].trigger()
    qtbot.waitUntil(lambda: not window.jobs.jobs(), timeout=10_000)


def test_a_cancelled_second_analysis_leaves_the_first_result_and_says_so(
    make_window: Maker, photo: Photo, open_file: Opener, qtbot
) -> None:
    window = make_window(analyse=HeldAnalysis())
    open_file(window, photo())
    exhibit = window.session.current
    window.session.update(exhibit, result=sample_result(320, 256), analysis=AnalysisState.DONE)
    window.view.set_layer(Layer.DEPARTURE)
    window.actions_table["analyze"].trigger()
    qtbot.waitUntil(lambda: window.view.shown_result is None and window.view.has_layer(Layer.DEPARTURE), timeout=3000)

    window.actions_table["cancel-job"].trigger()
    qtbot.waitUntil(lambda: not window.analyses.is_busy, timeout=3000)

    assert window.view.shown_result is exhibit.result
    assert exhibit.analysis is AnalysisState.DONE
    assert window.centre.message == "The analysis was stopped. What is shown is the earlier result."


def test_no_report_is_asked_for_while_an_analysis_runs(
    make_window: Maker, photo: Photo, open_file: Opener, qtbot
) -> None:
    window = make_window(analyse=HeldAnalysis())
    open_file(window, photo())
    exhibit = window.session.current
    window.actions_table["analyze"].trigger()
    qtbot.waitUntil(lambda: exhibit.is_busy, timeout=3000)

    window.actions_table["export-report"].trigger()

    assert f"no result of “{exhibit.name}”" in window.centre.message
    assert not window.findChildren(ReportDialog)
    window.actions_table["cancel-job"].trigger()
    qtbot.waitUntil(lambda: not window.analyses.is_busy, timeout=3000)
    window.actions_table["export-report"].trigger()
    (dialog,) = window.findChildren(ReportDialog)
    dialog.reject()


def test_the_question_before_a_job_is_stopped_offers_to_go_on(
    make_window: Maker, photo: Photo, open_file: Opener, qtbot
) -> None:
    window = make_window(analyse=HeldAnalysis())
    open_file(window, photo())
    window.actions_table["analyze"].trigger()
    qtbot.waitUntil(lambda: window.view.has_layer(Layer.DEPARTURE), timeout=3000)
    offered: list[tuple[list[str], str]] = []

    def press_escape() -> None:
        box = QApplication.activeModalWidget()
        assert isinstance(box, QMessageBox)
        offered.append(([button.text() for button in box.buttons()], box.defaultButton().text()))
        assert box.width() > 24 * box.fontMetrics().height() / 2  # not one word to a line
        QTest.keyClick(box, Qt.Key.Key_Escape)

    QTimer.singleShot(200, press_escape)
    window.actions_table["escape"].trigger()

    assert offered == [(["Stop", "Go on"], "Go on")]
    assert window.session.current.analysis is AnalysisState.RUNNING


def test_a_failed_analysis_says_why_and_shows_no_map(
    make_window: Maker, photo: Photo, open_file: Opener, qtbot
) -> None:
    def analyse(_evidence: Evidence, _request: AnalysisRequest) -> Generator[Progress, None, AnalysisResult]:
        yield Progress("loading the model")
        raise DeviceProblem("cuda is not there")

    window = make_window(analyse=analyse)
    open_file(window, photo())
    with qtbot.waitSignal(window.analyses.failed, timeout=3000):
        window.actions_table["analyze"].trigger()

    assert window.findings.situation is Situation.FAILED
    assert "cuda is not there" in window.centre.message
    assert "--device cpu" in window.centre.message
    assert not window.view.has_layer(Layer.DEPARTURE)


def test_an_unforeseen_error_offers_its_report(
    make_window: Maker, photo: Photo, open_file: Opener, qtbot, tmp_path: Path
) -> None:
    def analyse(_evidence: Evidence, _request: AnalysisRequest) -> Generator[Progress, None, AnalysisResult]:
        yield Progress("loading the model")
        raise RuntimeError("secret of the library")

    window = make_window(analyse=analyse)
    open_file(window, photo())
    with qtbot.waitSignal(window.analyses.failed, timeout=3000):
        window.actions_table["analyze"].trigger()
    window.errands.write_problem_report(str(tmp_path / "problem.txt"))

    assert "Traceback" not in window.findings.text
    assert "secret of the library" in (tmp_path / "problem.txt").read_text(encoding="utf-8")
    assert "problem.txt" in window.centre.message


@pytest.mark.parametrize("kind", ["text", "missing"])
def test_what_cannot_be_opened_is_said_over_the_picture(window: MainWindow, tmp_path: Path, qtbot, kind: str) -> None:
    path = tmp_path / f"{kind}.jpg"
    if kind == "text":
        path.write_text("this is no photograph")

    with qtbot.waitSignal(window.opening.opening_failed, timeout=3000):
        window.open_files([path])

    assert path.name in window.centre.message
    assert window.session.current.problem is not None
    assert not window.actions_table["analyze"].isEnabled()


def test_one_of_several_files_that_cannot_be_opened_is_said_over_the_others(
    window: MainWindow, photo: Photo, tmp_path: Path, qtbot
) -> None:
    letter = tmp_path / "letter.jpg"
    letter.write_text("this is no photograph")
    with qtbot.waitSignal(window.opening.opening_failed, timeout=5000):
        window.open_files([photo(), letter])
    qtbot.waitUntil(lambda: not window.jobs.jobs(), timeout=5000)

    assert window.session.current.name == "photo.jpg"
    assert "letter.jpg" in window.centre.message
    assert window.findings.situation is Situation.READY


def test_an_image_above_the_limit_leads_to_the_settings(make_window: Maker, photo: Photo, qtbot) -> None:
    window = make_window()
    window.store.change(max_pixels=1000)
    with qtbot.waitSignal(window.opening.opening_failed, timeout=3000):
        window.open_files([photo()])

    assert isinstance(window.session.current.problem, TooManyPixels)
    window.view.message_bar.action_triggered.emit("Settings…")
    dialog = QApplication.activeModalWidget()
    assert dialog is not None
    assert dialog.windowTitle() == "Settings"
    dialog.reject()


def test_an_exhibit_closed_while_it_is_analysed_ends_its_job(
    make_window: Maker, photo: Photo, open_file: Opener, qtbot
) -> None:
    analysis = HeldAnalysis()
    window = make_window(analyse=analysis)
    open_file(window, photo())
    window.actions_table["analyze"].trigger()
    qtbot.waitUntil(analysis.started.is_set, timeout=3000)

    window.actions_table["close-exhibit"].trigger()
    qtbot.waitUntil(lambda: not window.jobs.jobs(), timeout=3000)

    assert analysis.closed.is_set()
    assert window.session.exhibits == ()
    assert window.centre.empty.isVisible()


def test_closing_the_window_while_a_job_runs_asks_once_and_ends_it(
    make_window: Maker, photo: Photo, open_file: Opener, qtbot
) -> None:
    analysis = HeldAnalysis()
    window = make_window(analyse=analysis)
    open_file(window, photo())
    window.actions_table["analyze"].trigger()
    qtbot.waitUntil(analysis.started.is_set, timeout=3000)
    questions: list[str] = []

    def answer(question: str, explanation: str, _yes: str) -> bool:
        questions.append(f"{question} {explanation}")
        return len(questions) > 1

    window.errands.ask = answer
    assert not window.close()
    assert window.isVisible()
    assert window.close()

    assert len(questions) == 2
    assert "analysis is running" in questions[0]
    assert window.ended_cleanly
    assert analysis.closed.is_set()


def test_analyses_wait_for_each_other(make_window: Maker, photo: Photo, open_file: Opener, qtbot) -> None:
    analysis = HeldAnalysis()
    window = make_window(analyse=analysis)
    open_file(window, photo("a.jpg", seed=1))
    open_file(window, photo("b.jpg", seed=2))
    window.actions_table["analyze-all"].trigger()
    qtbot.waitUntil(analysis.started.is_set, timeout=3000)

    states = [exhibit.analysis for exhibit in window.session.exhibits]
    qtbot.waitUntil(lambda: window.session.exhibits[0].analysis is AnalysisState.RUNNING, timeout=3000)

    assert states[1] is AnalysisState.WAITING
    window.session.select(window.session.exhibits[1])
    assert "Waiting" in window.findings.text
    assert not window.view.has_layer(Layer.DEPARTURE)  # the other exhibit's growing map stays with the other exhibit


def test_selecting_an_exhibit_restores_its_view(window: MainWindow, photo: Photo, open_file: Opener) -> None:
    open_file(window, photo("a.jpg", seed=1))
    window.view.actual_size()
    window.view.pan(-20, 10)
    left_as = window.view.view_state()
    open_file(window, photo("b.jpg", size=(640, 512), seed=2))
    window.view.fit()

    window.actions_table["previous-exhibit"].trigger()

    came_back = window.view.view_state()
    assert came_back.zoom == left_as.zoom
    assert (came_back.x, came_back.y) == pytest.approx((left_as.x, left_as.y))


def drop_on(window: MainWindow, *urls: QUrl) -> None:
    data = QMimeData()
    data.setUrls(urls)
    where, action = QPointF(200, 200), Qt.DropAction.CopyAction
    buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(where.toPoint(), action, data, buttons, keys)
    QApplication.sendEvent(window, enter)

    drop = QDropEvent(where, action, data, buttons, keys)
    QApplication.sendEvent(window, drop)

    assert enter.isAccepted()
    assert drop.isAccepted()


def test_files_can_be_dropped(window: MainWindow, photo: Photo, qtbot) -> None:
    drop_on(window, QUrl.fromLocalFile(str(photo("a.jpg"))), QUrl.fromLocalFile(str(photo("b.png"))))

    assert [exhibit.name for exhibit in window.session.exhibits] == ["a.jpg", "b.png"]
    qtbot.waitUntil(lambda: not window.jobs.jobs(), timeout=5000)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not allow such names")
def test_a_file_whose_name_is_no_utf8_can_be_dropped_and_analysed(
    window: MainWindow, photo: Photo, tmp_path: Path, qtbot
) -> None:
    odd = photo("a.jpg").rename(tmp_path / os.fsdecode(b"caf\xe9 #1 100%.jpg"))
    drop_on(window, QUrl.fromEncoded(b"file://" + quote(os.fsencode(odd)).encode()))
    qtbot.waitUntil(lambda: not window.jobs.jobs(), timeout=5000)

    assert [(exhibit.path, exhibit.problem) for exhibit in window.session.exhibits] == [(odd, None)]
    window.actions_table["analyze"].trigger()
    qtbot.waitUntil(lambda: not window.jobs.jobs(), timeout=30_000)
    assert window.session.exhibits[0].result is not None

    for place in ("menu", "empty page"):
        window.session.close(window.session.exhibits[0])
        window.menus.show_recent()
        if place == "menu":
            window.menus.recent.actions()[0].trigger()
        else:
            window.empty.show_recent(window.menus.recent_files())
            qtbot.waitUntil(lambda: bool(window.empty.recent_buttons), timeout=5000)
            window.empty.recent_buttons[0].click()
        qtbot.waitUntil(lambda: not window.jobs.jobs(), timeout=5000)
        assert [(exhibit.path, exhibit.problem) for exhibit in window.session.exhibits] == [(odd, None)]


def test_an_ampersand_in_a_name_is_shown(window: MainWindow, photo: Photo, open_file: Opener) -> None:
    open_file(window, photo("R&D.jpg"))
    window.menus.show_recent()
    (recent,) = window.menus.recent.actions()
    assert recent.text().startswith("R&&D.jpg — ")
    assert plain_text(recent).startswith("R&D.jpg — ")


def test_a_full_disk_is_said_and_the_work_stays_unsaved(
    make_window: Maker, photo: Photo, open_file: Opener, qtbot, tmp_path: Path
) -> None:
    def export(order: ReportOrder) -> Generator[Progress, None, tuple[Path, ...]]:
        yield Progress("writing the PDF")
        raise ExportProblem(f"{order.target.name}: No space left on device")

    window = make_window(export_report=export)
    open_file(window, photo())
    window.session.edit(window.session.current, "note", Marks(note="seen"))
    with qtbot.waitSignal(window.exports.failed, timeout=3000):
        window.errands.write_report(str(tmp_path / "case.pdf"))

    assert "No space left" in window.centre.message
    assert "another folder" in window.centre.message
    assert "kept in the window" in window.centre.message
    assert len(window.session.unsaved) == 1


def test_writing_a_report_is_said_and_can_be_cancelled(
    make_window: Maker, photo: Photo, open_file: Opener, qtbot, tmp_path: Path
) -> None:
    def export(_order: ReportOrder) -> Generator[Progress, None, tuple[Path, ...]]:
        while True:
            yield Progress("composing the report", 0.1)
            time.sleep(0.01)

    window = make_window(export_report=export)
    open_file(window, photo())
    window.errands.write_report(str(tmp_path / "case.pdf"))
    assert window.centre.message == "Writing the report; the window stays usable."

    window.view.message_bar.action_triggered.emit("Cancel")
    qtbot.waitUntil(lambda: not window.jobs.jobs(), timeout=3000)

    assert window.centre.message == "Cancelled: the report was not written, what was exported before is kept."
    assert list(tmp_path.glob("case*")) == []


def test_a_report_that_is_cancelled_at_any_step_leaves_no_file(photo: Photo, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    exhibit = Exhibit(evidence=open_evidence(photo()), result=None, failure="", regions=(), note="")
    steps = write_report(ReportOrder(Case((exhibit,), title="Rex v. Doe", operator="A. Meier"), folder / "report.pdf"))

    there = {progress.stage: list(folder.iterdir()) for progress in steps}  # Cancel comes between two steps

    assert [stage for stage, files in there.items() if files] == []
    assert "composing the PDF" in there
    assert {path.name for path in folder.iterdir()} == {"report.pdf", "result.json"}


def test_a_report_on_several_exhibits_can_be_cancelled_between_two_of_them(photo: Photo, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    exhibits = tuple(Exhibit(open_evidence(photo(f"{seed}.jpg", seed=seed))) for seed in range(3))
    steps = write_report(ReportOrder(Case(exhibits), tmp_path / "out" / "report.pdf"))

    said = []
    for progress in steps:
        said.append(progress)
        if progress.stage == "composing the PDF":
            break
    steps.close()

    stages = [progress.stage for progress in said]
    assert stages == [
        "composing the report",
        *["reading the exhibits again"] * 3,
        *["painting the maps"] * 3,  # one picture each
        "composing the PDF",
    ]
    fractions = [progress.fraction for progress in said]
    assert fractions == pytest.approx([0.0, 0.0, 0.2 / 3, 0.4 / 3, 0.2, 0.2 + 0.4 / 3, 0.2 + 0.8 / 3, 0.6])
    assert list((tmp_path / "out").iterdir()) == []


def test_a_report_whose_data_cannot_be_written_leaves_no_file(photo: Photo, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    (folder / "result.json").mkdir(parents=True)
    exhibit = Exhibit(evidence=open_evidence(photo()), result=None, failure="", regions=(), note="")
    order = ReportOrder(Case((exhibit,), title="Rex v. Doe", operator="A. Meier"), folder / "report.pdf")
    with pytest.raises(ExportProblem):
        drain(write_report(order))
    assert [path.name for path in folder.iterdir()] == ["result.json"]


def test_closing_the_window_while_a_report_is_written_asks(
    make_window: Maker, photo: Photo, open_file: Opener, qtbot, tmp_path: Path
) -> None:
    gate = threading.Event()

    def export(order: ReportOrder) -> Generator[Progress, None, tuple[Path, ...]]:
        while not gate.is_set():
            yield Progress("composing the report", 0.1)
            time.sleep(0.01)
        return (order.target,)

    window = make_window(export_report=export)
    open_file(window, photo())
    questions: list[str] = []
    window.errands.ask = lambda _question, explanation, _yes: bool(questions.append(explanation))
    window.errands.write_report(str(tmp_path / "case.pdf"))
    assert window.exports.under_way == ("the report",)
    assert not window.close()
    assert "not at all: the report" in questions[0]

    left: list[tuple[str, ...]] = []
    window.exports.exported.connect(lambda *_: left.append(window.exports.under_way))
    with qtbot.waitSignal(window.exports.exported, timeout=3000):
        gate.set()
    assert left == [()]  # whoever hears that it is written may close the window
    assert window.close()
    assert len(questions) == 1


def test_a_drawing_without_area_is_no_region_and_says_so(window: MainWindow, photo: Photo, open_file: Opener) -> None:
    open_file(window, photo())
    window.actions_table["tool-lasso"].trigger()
    mouse = Mouse(window.view.canvas)

    mouse.drag((20, 60), (120, 60), (220, 60))
    assert window.session.current.marks.regions == ()
    assert "a line encloses nothing" in window.centre.message

    mouse.drag((20, 60), (120, 60), (120, 160))
    assert [region.name for region in window.session.current.marks.regions] == ["1"]
    assert window.centre.message == ""


def test_opening_the_same_file_again_selects_it(window: MainWindow, photo: Photo, open_file: Opener) -> None:
    path = photo()
    open_file(window, path)
    window.open_files([path])

    assert len(window.session.exhibits) == 1


def test_reading_a_file_again_drops_the_result_of_other_bytes(
    window: MainWindow, photo: Photo, open_file: Opener, qtbot
) -> None:
    path = photo()
    open_file(window, path)
    before = window.session.current.evidence.identity.sha256
    photo(path.name, seed=9)

    with qtbot.waitSignal(window.opening.hash_checked, timeout=5000):
        window.actions_table["reopen"].trigger()

    assert window.session.current.evidence.identity.sha256 != before
    assert window.session.current.hash_state is HashState.MATCHES


def test_the_view_can_be_copied(window: MainWindow, photo: Photo, open_file: Opener) -> None:
    open_file(window, photo())
    window.actions_table["copy-view"].trigger()

    image = QGuiApplication.clipboard().image()
    assert image.size() == window.view.size()


def test_opening_can_be_slow_without_losing_the_window(make_window: Maker, photo: Photo, qtbot) -> None:
    go_on = threading.Event()

    def slow_open(path: Path, limit: int | None) -> Generator[Progress, None, Evidence]:
        steps = open_steps(path, limit)
        while True:
            try:
                progress = next(steps)
            except StopIteration as end:
                return end.value
            yield progress
            if isinstance(progress.partial, object) and progress.partial is not None:
                go_on.wait(5)

    window = make_window(open_file=slow_open)
    window.open_files([photo()])
    qtbot.waitUntil(lambda: window.view.pixels is not None, timeout=3000)

    assert window.session.current.evidence is None
    assert window.findings.situation is Situation.OPENING
    assert np.array_equal(window.view.pixels.rgb, window.session.current.pixels.rgb)
    go_on.set()
    qtbot.waitUntil(lambda: window.session.current.evidence is not None, timeout=3000)


def test_regions_are_drawn_in_a_comparison_too(window: MainWindow, photo: Photo, open_file: Opener, qtbot) -> None:
    open_file(window, photo("b.jpg", seed=2))
    open_file(window, photo("a.jpg", seed=1))
    current = window.session.current
    window.actions_table["tool-rectangle"].trigger()
    window.actions_table["compare"].trigger()
    left, right = [view for view in window.centre.findChildren(ImageView) if view.isVisible()]
    qtbot.waitUntil(lambda: left.width() > 200 and left.pixels is current.pixels, timeout=2000)

    Mouse(left.canvas).drag((40, 40), (100, 90), (160, 120))
    assert [region.points for region in current.marks.regions] == [((40.0, 40.0), (160.0, 120.0))]
    assert left.canvas.regions.regions == current.marks.regions
    assert right.canvas.regions.regions == ()

    Mouse(right.canvas).drag((40, 40), (100, 90), (160, 120))
    assert [exhibit.marks.regions for exhibit in window.session.exhibits if exhibit is not current] == [()]
    assert "the left one" in window.centre.message

    window.actions_table["undo"].trigger()
    assert left.canvas.regions.regions == ()
    window.actions_table["escape"].trigger()
    assert {view.tool for view in (left, right, window.view)} == {Tool.HAND}
    assert window.actions_table["tool-hand"].isChecked()
    assert window.centre.message == ""


def test_side_by_side_shows_two_exhibits(window: MainWindow, photo: Photo, open_file: Opener, qtbot) -> None:
    first, second = photo("a.jpg", seed=1), photo("b.jpg", seed=2)
    open_file(window, first)
    open_file(window, second)
    window.actions_table["compare"].trigger()

    shown: list[ImageView] = [view for view in window.centre.findChildren(ImageView) if view.isVisible()]
    assert {id(view.pixels) for view in shown} == {id(exhibit.pixels) for exhibit in window.session.exhibits}
    window.actions_table["compare"].trigger()
    assert window.centre.shows_picture


@pytest.mark.parametrize("button", ["_action", "_close"])
def test_after_a_message_single_keys_reach_the_picture(
    window: MainWindow, photo: Photo, open_file: Opener, qtbot, button: str
) -> None:
    open_file(window, photo())
    window.activateWindow()
    window.centre.say("31 image files are open.", "information", "Analyze all", lambda: None)
    pressed = getattr(window.view.message_bar, button)
    pressed.setFocus(Qt.FocusReason.MouseFocusReason)
    qtbot.waitUntil(pressed.hasFocus)

    pressed.click()

    assert window.centre.message == ""
    qtbot.waitUntil(lambda: window.view.isAncestorOf(QApplication.focusWidget()))


def test_after_the_button_of_the_findings_single_keys_reach_the_picture(
    make_window: Maker, photo: Photo, open_file: Opener, qtbot
) -> None:
    analysis = HeldAnalysis()
    window = make_window(analyse=analysis)
    open_file(window, photo())
    window.activateWindow()
    button = window.findings._analyze
    button.setFocus(Qt.FocusReason.MouseFocusReason)
    qtbot.waitUntil(button.hasFocus)

    button.click()
    qtbot.waitUntil(analysis.started.is_set)

    qtbot.waitUntil(lambda: window.view.isAncestorOf(QApplication.focusWidget()))
    analysis.ends.set()


def test_what_was_written_is_shown_with_one_press(
    window: MainWindow, photo: Photo, open_file: Opener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_file(window, photo())
    shown: list[Path] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: shown.append(Path(url.toLocalFile())) or False)

    window.exports.exported.emit("the report", (tmp_path / "a.pdf", tmp_path / "a.json"))
    window.view.message_bar._action.click()
    assert window.centre.message == f"The system has no program to show “{tmp_path / 'a.pdf'}”."
    window.exports.exported.emit("the maps of a.jpg", (tmp_path / "consistency.npy",))
    window.view.message_bar._action.click()

    assert shown == [tmp_path / "a.pdf", tmp_path]


def test_the_language_of_a_report_is_that_of_the_last_one_or_of_the_system(
    make_window: Maker, photo: Photo, open_file: Opener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QLocale, "system", lambda: QLocale("de_AT"))
    store = SettingsStore(tmp_path / "settings.json")
    window = make_window(store=store)
    open_file(window, photo())

    def asked() -> ReportDialog:
        window.actions_table["export-report"].trigger()
        return next(one for one in window.findChildren(ReportDialog) if one.isVisible())

    dialog = asked()
    assert dialog.values["language"] == "de"
    dialog.reject()
    window.errands.write_report = lambda *_: None
    window.errands.write_asked_report(dialog.values | {"language": "en"})
    assert asked().values["language"] == "en"
    assert SettingsStore(tmp_path / "settings.json").current.report_language == "en"


def test_all_analyses_are_stopped_with_one_press(make_window: Maker, photo: Photo, open_file: Opener, qtbot) -> None:
    analysis = HeldAnalysis()
    window = make_window(analyse=analysis)
    for seed, name in enumerate(("a.jpg", "b.jpg", "c.jpg")):
        open_file(window, photo(name, seed=seed))
    assert not window.actions_table["cancel-all"].isEnabled()
    window.actions_table["analyze-all"].trigger()
    qtbot.waitUntil(analysis.started.is_set)

    window.actions_table["cancel-all"].trigger()

    qtbot.waitUntil(lambda: not window.jobs.jobs(), timeout=5000)
    assert [exhibit.analysis for exhibit in window.session.exhibits] == [
        AnalysisState.CANCELLED,
        AnalysisState.NONE,  # it only waited: nothing was stopped
        AnalysisState.NONE,
    ]
    assert not window.actions_table["cancel-all"].isEnabled()


def test_what_leaves_no_trace_on_the_screen_is_said_in_the_status_bar(
    window: MainWindow, photo: Photo, open_file: Opener
) -> None:
    open_file(window, photo())
    window.view.region_drawn.emit(Region("", "rectangle", ((10.0, 10.0), (60.0, 60.0))))
    said = []
    for action in ("bookmark", "undo", "undo", "redo", "copy-hash", "copy-view"):
        window.actions_table[action].trigger()
        said.append(window.status.currentMessage())

    assert said == [
        "Kept as “View 1” (View → Bookmarks).",
        "Undone: bookmark “View 1”.",
        "Undone: add region 1.",
        "Done again: add region 1.",
        "Copied: the SHA-256 of the file.",
        "Copied: the view as an image.",
    ]


def test_a_region_can_be_tested_once_there_is_something_to_compare_it_with(
    make_window: Maker, photo: Photo, open_file: Opener, qtbot
) -> None:
    def found(_evidence: Evidence, _request: AnalysisRequest) -> Generator[Progress, None, AnalysisResult]:
        yield Progress("analysing")
        return sample_result()

    window = make_window(analyse=found)
    open_file(window, photo(size=(160, 96)))
    window.view.region_drawn.emit(Region("", "rectangle", ((10.0, 10.0), (60.0, 60.0))))
    assert not window.actions_table["region-test"].isEnabled()

    with qtbot.waitSignal(window.analyses.finished, timeout=10_000):
        window.actions_table["analyze"].trigger()
    qtbot.waitUntil(window.actions_table["region-test"].isEnabled, timeout=5000)


def test_a_problem_that_a_dialog_says_is_not_said_over_the_picture_too(window: MainWindow, qtbot) -> None:
    window.errands.show_likeness()
    dialog = window.findChild(LikenessDialog)
    qtbot.waitUntil(lambda: "nothing to compare" in dialog.words, timeout=5000)
    qtbot.waitUntil(lambda: not window.jobs.jobs(), timeout=5000)

    assert window.centre.message == ""
    dialog.reject()


def test_the_scale_can_be_taken_off_every_picture(make_window: Maker, photo: Photo, open_file: Opener, qtbot) -> None:
    def found(_evidence: Evidence, _request: AnalysisRequest) -> Generator[Progress, None, AnalysisResult]:
        yield Progress("analysing")
        return sample_result()

    window = make_window(analyse=found)
    open_file(window, photo(size=(160, 96)))
    with qtbot.waitSignal(window.analyses.finished, timeout=10_000):
        window.actions_table["analyze"].trigger()
    legend = window.actions_table["legend"]
    qtbot.waitUntil(window.view.legend.isVisible, timeout=5000)
    assert legend.isChecked()

    legend.trigger()
    assert window.view.legend.isHidden()
    window.actions_table["compare"].trigger()
    compare = window.comparing.active_view.parentWidget().parentWidget()
    assert [view.legend.isHidden() for view in (compare.left, compare.right)] == [True, True]
    legend.trigger()
    assert [view.legend.isHidden() for view in (compare.left, compare.right)] == [True, False], "the left is original"
    window.actions_table["compare"].trigger()
    assert window.view.legend.isVisible()


def test_a_region_is_marked_without_the_mouse(window: MainWindow, photo: Photo, open_file: Opener, qtbot) -> None:
    open_file(window, photo(size=(2400, 1600)))
    window.view.setFocus()
    for key in (Qt.Key.Key_Plus, Qt.Key.Key_Plus, Qt.Key.Key_Right, Qt.Key.Key_W):
        qtbot.keyClick(window.view.canvas, key)
    left, top, width, height = window.view.visible_area()
    (region,) = window.session.current.marks.regions
    assert region.points == ((left, top), (left + width, top + height))
    assert 0 < width < 2400
    assert window.picture.selected == region.name, "N writes a note on it"
