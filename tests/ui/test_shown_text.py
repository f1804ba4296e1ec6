"""Names of files that were made to mislead, or that nobody thought of, can be read wherever they are shown."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import Qt as Text
from PySide6.QtWidgets import QApplication, QLabel, QMessageBox, QTableView
from pytestqt.qtbot import QtBot

from workstation.errors import RecordedWarning, Unopenable
from workstation.spreadsheets import as_csv
from workstation.ui.controls import plain_tip
from workstation.ui.jobs_panel import JobsPanel
from workstation.ui.main_window import MainWindow
from workstation.ui.shown_text import in_short, visible

LONG = "a_name_without_a_blank_" * 9 + ".jpg"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("IMG_1.jpg", "IMG_1.jpg"),
        ("two\nlines.jpg", r"two\x0alines.jpg"),
        ("photo\u202egpj.exe", r"photo\u202egpj.exe"),
        ("a\u200bb.jpg", r"a\u200bb.jpg"),
        ("two\u2028lines.jpg", r"two\u2028lines.jpg"),
        ("a\u3000b.jpg", "a\u3000b.jpg"),
        ("\udcff.jpg", r"\udcff.jpg"),
        ("שלום.jpg", "שלום.jpg"),
        ("🏞.jpg", "🏞.jpg"),
    ],
)
def test_what_is_invisible_in_a_name_is_shown_as_in_tables(name: str, shown: str) -> None:
    assert visible(name) == shown
    assert as_csv((), [(name,)]).splitlines()[1] == shown


def test_long_words_are_shortened_in_the_middle_and_blanks_stay() -> None:
    assert in_short("“abcdefghijklmnopqrstuvwxyz”  is open", 11) == "“abcde…xyz”  is open"
    assert in_short("short words only", 5) == "short words only"
    assert in_short("in “/evidence/2026/case 7”.", 11) == "in “/evidence/2026/case 7”."


def test_a_tooltip_never_becomes_html() -> None:
    tip = plain_tip("/evidence/<img src='x'>.jpg\nSHA-256 9f3c")
    assert Text.mightBeRichText(tip)
    assert "<img" not in tip
    assert plain_tip("/evidence/a.jpg") == "/evidence/a.jpg"


@pytest.mark.skipif(os.name == "nt", reason="Windows allows no such name")
def test_a_name_with_a_line_break_is_one_line_everywhere(
    window: MainWindow, photo: Callable[..., Path], open_file: Callable[[MainWindow, Path], None], tmp_path: Path
) -> None:
    open_file(window, photo().rename(tmp_path / "two\n<b>lines.jpg"))
    shown = r"two\x0a<b>lines.jpg"
    assert window.session.current is not None
    assert window.session.current.name == shown
    assert window.windowTitle() == f"{shown} – Exifact"
    assert f"Opening “{shown}”: complete" in window.jobs_panel.log_text
    assert [exhibit.name for exhibit in window.listing.exhibits] == [shown]


def test_a_sentence_about_a_long_name_fits_into_the_window(window: MainWindow) -> None:
    problem = Unopenable(Path(f"/evidence/{LONG}"), "there is no such file")
    window.teller.tell_problem(problem)
    bar = window.centre.bar
    assert bar.isVisible()
    assert "…" in bar.text
    assert bar.minimumSizeHint().width() <= bar.width()
    assert LONG in window.jobs_panel.log_text


def test_a_long_name_leaves_room_for_its_warning(qtbot: QtBot) -> None:
    panel = JobsPanel()
    qtbot.addWidget(panel)
    panel.resize(900, 260)
    panel.show()
    panel.show_warnings(LONG, [RecordedWarning("suffix-mismatch", "The suffix says PNG, the content is JPEG.", 0)])
    panel.show_warnings(" ".join(["many words"] * 30), [RecordedWarning("first-frame", "Only the first frame.")])
    panel.show_tab("Warnings")
    table = next(found for found in panel.findChildren(QTableView) if found.accessibleName() == "Warnings")
    assert table.columnViewportPosition(2) < table.viewport().width() * 2 / 3
    first = table.model().index(0, 0)
    assert "…" in first.data()
    assert first.data(Qt.ItemDataRole.ToolTipRole) == LONG
    panel.copy_warnings()
    assert LONG in QApplication.clipboard().text()


def test_a_question_shows_a_name_that_looks_like_html_as_it_is(window: MainWindow, qtbot: QtBot) -> None:
    formats = []

    def look() -> None:
        box = QApplication.activeModalWidget()
        assert isinstance(box, QMessageBox)
        formats.extend(
            label.textFormat() for label in box.findChildren(QLabel) if label.text().startswith(("Close", "Its"))
        )
        box.reject()

    QTimer.singleShot(0, look)
    assert not window.errands.ask("Close “<i>x</i>.jpg”?", "Its notes on “<b>x</b>” will be lost.", "Close")
    assert formats == [Qt.TextFormat.PlainText] * 2
