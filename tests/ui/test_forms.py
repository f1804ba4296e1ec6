from __future__ import annotations

import os
import threading
from collections.abc import Callable, Generator, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QDir, Qt
from PySide6.QtWidgets import QDialogButtonBox, QFileDialog, QLabel, QTableView, QWidget

from workstation.analysis.likeness import Patches, PatchSet
from workstation.casework.beside import BesideEvidence, refuse_beside_evidence
from workstation.errors import WorkstationError
from workstation.progress import Progress
from workstation.self_test import Check, SelfTest
from workstation.settings import Settings
from workstation.ui.alike import outcome_in_words, permuting
from workstation.ui.case_forms import NewCaseDialog, case_of
from workstation.ui.form_dialog import Field, FormDialog
from workstation.ui.jobs import JobQueue, PathLook
from workstation.ui.likeness_dialog import DISTANCE, LikenessDialog
from workstation.ui.report_dialog import ReportDialog, signing_in, stated_in
from workstation.ui.report_order import Stated, free_target
from workstation.ui.self_test_dialog import SelfTestDialog


@pytest.fixture
def jobs(qtbot) -> Generator[JobQueue, None, None]:
    queue = JobQueue()
    yield queue
    assert queue.shut_down()


def test_a_form_gives_its_values_and_says_what_is_missing(qtbot) -> None:
    fields = [
        Field("title", "Title", needed=True),
        Field("words", "Words", kind="text", value="as they are"),
        Field("verdict", "Verdict", kind="choice", value="warning", choices=(("ok", "OK"), ("warning", "Warning"))),
        Field("blind", "Blind", kind="switch", value=True),
    ]
    dialog = FormDialog("Ask", fields, "Keep")
    qtbot.addWidget(dialog)
    assert not dialog.agree.isEnabled()
    dialog.editor("title").setText("  Rex v. Doe ")
    assert dialog.agree.isEnabled()
    with qtbot.waitSignal(dialog.answered) as answered:
        dialog.accept()

    assert answered.args == [{"title": "Rex v. Doe", "words": "as they are", "verdict": "warning", "blind": True}]


def test_a_form_begins_at_its_first_field_and_tab_follows_the_reading_order(qtbot) -> None:
    fields = [
        Field("target", "File", kind="new file", value="report.pdf"),
        Field("words", "Words", kind="text"),
        Field("verdict", "Verdict", kind="choice", choices=(("ok", "OK"),)),
    ]
    dialog = FormDialog("Ask", fields, "Keep")
    qtbot.addWidget(dialog)
    dialog.show()
    qtbot.waitExposed(dialog)
    dialog.activateWindow()
    qtbot.waitUntil(dialog.isActiveWindow)

    seen = []
    for _ in range(6):
        seen.append(dialog.focusWidget())
        qtbot.keyClick(dialog.focusWidget(), Qt.Key.Key_Tab)

    path = dialog.editor("target")
    cancel = dialog.buttons.button(QDialogButtonBox.StandardButton.Cancel)
    assert seen == [path.line, path.choose, dialog.editor("words"), dialog.editor("verdict"), dialog.agree, cancel]


def test_a_label_stands_beside_its_field(qtbot) -> None:
    dialog = FormDialog("Ask", [Field("target", "File", kind="new file"), Field("name", "Name")], "Keep")
    qtbot.addWidget(dialog)
    dialog.show()

    for label in dialog.findChildren(QLabel):
        if label.buddy() is not None:
            middle = label.mapTo(dialog, label.rect().center()).y()
            assert abs(middle - label.buddy().mapTo(dialog, label.buddy().rect().center()).y()) <= 3


def test_the_report_dialog_refuses_the_folder_of_the_evidence(qtbot, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    evidence = (tmp_path / "photo.jpg",)
    dialog = ReportDialog(tmp_path / "report.pdf", Stated(question="Where?"), evidence, ("de", "en"), looks=PathLook())
    qtbot.addWidget(dialog)
    assert not dialog.agree.isEnabled()
    assert any("holds an exhibit" in sentence for sentence in dialog.complaints(dialog.values))

    dialog.editor("target").line.setText(str(tmp_path / "out" / "report.pdf"))
    assert dialog.agree.isEnabled()
    values = dialog.values
    assert stated_in(values) == Stated(question="Where?")
    assert signing_in(values) is None
    dialog.editor("key").line.setText(str(tmp_path / "none.p12"))
    assert not dialog.agree.isEnabled()


def test_a_place_that_cannot_be_looked_at_is_complained_of(qtbot, tmp_path: Path) -> None:
    circle = tmp_path / "circle"
    circle.symlink_to(circle)
    dialog = ReportDialog(tmp_path / "report.pdf", Stated(), (), ("en",), looks=PathLook())
    qtbot.addWidget(dialog)
    for odd in (circle / "report.pdf", tmp_path / ("a" * 300) / "report.pdf"):
        dialog.editor("target").line.setText(str(odd))
        assert any("There is no folder" in sentence for sentence in dialog.complaints(dialog.values))
    dialog.editor("target").line.setText(str(tmp_path / f"{'a' * 300}.pdf"))  # said when it is written
    dialog.editor("key").line.setText(str(tmp_path / ("a" * 300)))
    assert any("There is no file" in sentence for sentence in dialog.complaints(dialog.values))


def test_nothing_is_written_beside_an_original(tmp_path: Path) -> None:
    with pytest.raises(BesideEvidence, match="holds an exhibit"):
        refuse_beside_evidence(tmp_path, (tmp_path / "photo.jpg",))
    refuse_beside_evidence(tmp_path / "out", (tmp_path / "photo.jpg",))


def test_the_self_test_fills_its_table_and_ends_with_a_sentence(qtbot, jobs: JobQueue) -> None:
    checks = (
        Check("files", "passed", "12 files are as shipped", 0.1),
        Check("weights", "failed", "compact: altered", 2),
    )

    def steps() -> Generator[Progress, None, SelfTest]:
        for number, check in enumerate(checks, start=1):
            yield Progress(check.name, number / 2, partial=check)
        return SelfTest("1.0", checks)

    dialog = SelfTestDialog(jobs, steps)
    qtbot.addWidget(dialog)
    qtbot.waitUntil(lambda: "not sound" in dialog.verdict, timeout=5000)

    assert [row.cells for row in dialog.model.rows] == [
        ("files", "passed", "12 files are as shipped", "0.1 s"),
        ("weights", "failed", "compact: altered", "2.0 s"),
    ]


def patches(name: str, exhibit: int, direction: tuple[float, float], weights: str = "a") -> PatchSet:
    """Sixteen patches that look the same way, give or take."""
    random = np.random.default_rng(exhibit)
    embeddings = np.array(direction) + random.normal(0, 0.1, (16, 2))
    embeddings = (embeddings / np.linalg.norm(embeddings, axis=1, keepdims=True)).astype(np.float32)
    held = Patches(embeddings, np.argwhere(np.ones((4, 4), np.bool_)))
    return PatchSet(name, exhibit, lambda: held, 1, weights)


def sets_of(*sets: PatchSet):
    def steps() -> Generator[Progress, None, tuple[PatchSet, ...]]:
        yield Progress("reading")
        return sets

    return steps


def test_the_matrix_shows_both_measures_and_tests_two(qtbot, jobs: JobQueue) -> None:
    sets = patches("1", 1, (1, 0)), patches("1, region 2", 2, (1, 0)), patches("2", 3, (0, 1))
    dialog = LikenessDialog(jobs, sets_of(*sets), "the case")
    dialog.choose_first("1, region 2")
    qtbot.addWidget(dialog)
    qtbot.waitUntil(lambda: dialog.model.rowCount() == 3, timeout=5000)
    similar, other = (float(dialog.model.index(0, column).data().replace("−", "-")) for column in (1, 2))
    assert similar > 0.9
    assert abs(other) < 0.3
    assert dialog.first.currentText() == "1, region 2"
    dialog.second.setCurrentIndex(2)
    dialog.test()
    qtbot.waitUntil(lambda: "p = " in dialog.words, timeout=10_000)
    assert dialog.words.startswith("“1, region 2” and “2” lie")
    dialog._measure.setCurrentIndex(dialog._measure.findData(DISTANCE))
    assert float(dialog.model.index(0, 2).data()) > 1


def test_names_in_the_matrix_are_cut_in_their_middle(qtbot, jobs: JobQueue) -> None:
    dialog = LikenessDialog(jobs, sets_of(patches("a", 1, (1, 0)), patches("b", 2, (0, 1))), "the case")
    qtbot.addWidget(dialog)
    table = dialog.findChild(QTableView)
    for header in (table.horizontalHeader(), table.verticalHeader()):
        assert header.textElideMode() is Qt.TextElideMode.ElideMiddle
    qtbot.waitUntil(lambda: dialog.model.rowCount() == 2, timeout=5000)


def test_a_region_is_tested_against_another_one_first(qtbot, jobs: JobQueue) -> None:
    sets = [patches(name, 1, (1, 0)) for name in ("1", "1, region 1", "1, region 2")]
    dialog = LikenessDialog(jobs, sets_of(*sets), "the case")
    dialog.choose_first("1, region 2")
    qtbot.addWidget(dialog)
    qtbot.waitUntil(lambda: dialog.model.rowCount() == 3, timeout=5000)
    assert (dialog.first.currentText(), dialog.second.currentText()) == ("1, region 2", "1, region 1")


def test_sets_of_different_weights_are_not_compared(qtbot, jobs: JobQueue) -> None:
    dialog = LikenessDialog(jobs, sets_of(patches("1", 1, (1, 0)), patches("2", 2, (1, 0), "b")), "the case")
    qtbot.addWidget(dialog)
    qtbot.waitUntil(lambda: "Different weights" in dialog.words, timeout=5000)


def test_a_test_is_told_with_what_it_was_made_of() -> None:
    steps = permuting(patches("A", 1, (1, 0)), patches("B", 2, (0, 1)))
    try:
        while True:
            next(steps)
    except StopIteration as end:
        words = outcome_in_words(end.value)
    except WorkstationError as error:
        pytest.fail(error.summary)
    assert words.startswith("“A” and “B” lie")
    assert "16 and 16 patches that do not overlap" in words
    assert "p = 0.0001" in words


def test_the_report_dialog_says_what_would_be_replaced(qtbot, tmp_path: Path) -> None:
    (tmp_path / "a.pdf").touch()
    (tmp_path / "a.json").touch()
    (tmp_path / "result.json").touch()
    dialog = ReportDialog(tmp_path / "b.pdf", Stated(), (), ("en",), looks=PathLook())
    qtbot.addWidget(dialog)
    assert dialog.remark(dialog.values) == ""
    for name, words in (
        ("a.pdf", "a.pdf and a.json are there already"),
        ("report.pdf", "result.json is there already"),
    ):
        dialog.editor("target").line.setText(str(tmp_path / name))
        assert dialog.agree.isEnabled()
        assert words in dialog.remark(dialog.values)
        assert any(words in label.text() for label in dialog.findChildren(QLabel))


def test_a_report_is_proposed_under_a_name_that_replaces_none(tmp_path: Path) -> None:
    assert free_target(tmp_path, "report", PathLook()) == tmp_path / "report.pdf"
    (tmp_path / "result.json").touch()
    assert free_target(tmp_path, "report", PathLook()) == tmp_path / "report 2.pdf"
    (tmp_path / "report 2.json").touch()
    assert free_target(tmp_path, "report", PathLook()) == tmp_path / "report 3.pdf"


@pytest.fixture
def share(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder on a share that does not answer until the test ends, or the file system is asked in `answer`."""
    answer = threading.Event()
    for name in ("exists", "isdir", "isfile"):
        look = getattr(os.path, name)

        def wait(path: object, look: Callable[[object], bool] = look) -> bool:
            if str(path).startswith("/share"):
                assert threading.current_thread() is not threading.main_thread(), "the window waits"
                answer.wait(30)
            return look(path)

        monkeypatch.setattr(os.path, name, wait)
    yield Path("/share/reports")
    answer.set()


def test_a_report_for_a_share_that_does_not_answer_is_asked_for_elsewhere(qtbot, share: Path, tmp_path: Path) -> None:
    looks = PathLook()
    assert free_target(share, "report", looks) == share / "report.pdf"

    dialog = ReportDialog(share / "report.pdf", Stated(), (share / "a.jpg",), ("en",), looks=looks)
    qtbot.addWidget(dialog)

    assert not dialog.agree.isEnabled()
    assert dialog.complaints(dialog.values)[0].startswith("/share/reports does not answer.")
    dialog.editor("target").line.setText(str(tmp_path / "report.pdf"))
    assert dialog.agree.isEnabled()
    dialog.editor("key").line.setText(str(share / "key.p12"))
    assert "/share/reports/key.p12 does not answer." in dialog.complaints(dialog.values)


def test_a_folder_is_chosen_elsewhere_where_a_share_does_not_answer(qtbot, share: Path, tmp_path: Path) -> None:
    for folder, begins in ((share, Path(QDir.homePath())), (tmp_path, tmp_path)):
        form = FormDialog("Open case", [Field("folder", "Folder", kind="folder", value=str(folder))], "Open")
        qtbot.addWidget(form)
        form.editor("folder").choose.click()
        (dialog,) = form.findChildren(QFileDialog)
        assert Path(dialog.directory().absolutePath()) == begins
        dialog.close()


def test_a_late_answer_is_heard() -> None:
    answer, looks = threading.Event(), PathLook()

    def look(_: str) -> bool:
        return answer.wait(30)

    assert looks.told("share", look) is None
    assert looks.silent(["share"], look) == {"share"}
    answer.set()
    while (told := looks.told("share", lambda _: False)) is None:
        pass
    assert told is True
    assert looks.told("share", lambda _: False) is False


def test_the_folder_of_a_new_case_is_named_after_its_title_until_it_is_chosen(qtbot, tmp_path: Path) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    settings = replace(Settings(), recent_cases=(str(tmp_path / "Smith"),), operator="A. Meier")
    dialog = NewCaseDialog(settings, parent)
    title, folder = dialog.editor("title"), dialog.editor("folder").line

    title.setText("Rex v. Doe: 4/2026.")
    assert folder.text() == str(tmp_path / "Rex v. Doe 4 2026"), "what no system takes in a name is left out"
    assert dialog.agree.isEnabled()
    title.setText("")
    assert folder.text() == "", "never the folder of all cases itself"
    folder.setText(str(tmp_path / "elsewhere"))
    title.setText("Rex v. Doe")

    assert case_of(dialog.values).folder == tmp_path / "elsewhere"
    assert case_of(dialog.values).title == "Rex v. Doe"


def test_the_matrix_shows_as_many_columns_as_the_screen_has_room_for(qtbot, jobs: JobQueue) -> None:
    sets = [patches(f"photograph of a camera {number}.jpg", number, (1, 0)) for number in range(4)]
    dialog = LikenessDialog(jobs, sets_of(*sets), "open exhibits")
    qtbot.addWidget(dialog)
    dialog.show()
    qtbot.waitUntil(lambda: dialog.model.rowCount() == 4, timeout=5000)

    table, screen = dialog.findChild(QTableView), dialog.screen().availableGeometry()
    room = table.viewport().width() >= table.horizontalHeader().length()
    assert room or dialog.width() >= round(screen.width() * 0.9) - 1
    assert screen.contains(dialog.geometry())


def test_a_form_begins_at_what_is_missing(qtbot) -> None:
    fields = [
        Field("folder", "Folder", kind="folder", value="/case", needed=True),
        Field("who", "Examiner", needed=True),
    ]
    dialog = FormDialog("Open case", fields, "Open")
    qtbot.addWidget(dialog)
    dialog.show()
    qtbot.waitExposed(dialog)
    assert dialog.focusWidget() is dialog.editor("who")
