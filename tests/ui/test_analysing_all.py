"""Analyze all exhibits, while some are still being read."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QLabel, QPushButton
from pytestqt.qtbot import QtBot

from tests.ui.conftest import HeldAnalysis
from workstation.progress import Progress
from workstation.ui.main_window import MainWindow
from workstation.ui.session import AnalysisState, OpenExhibit
from workstation.ui.work import open_file


class SlowOpening:
    """Opens a.jpg at once, the others when they may come."""

    def __init__(self) -> None:
        self.may_come = threading.Event()

    def __call__(self, path: Path, limit: int) -> Generator[Progress, None, Any]:
        if path.name in {"b.jpg", "c.jpg"}:
            yield Progress("waiting")
            self.may_come.wait(10)
        return (yield from open_file(path, limit))


@pytest.fixture
def slow() -> SlowOpening:
    return SlowOpening()


@pytest.fixture
def busy(
    make_window: Callable[..., MainWindow], photo: Callable[..., Path], slow: SlowOpening, qtbot: QtBot
) -> MainWindow:
    """A window that has read the first of three files of a folder."""
    window = make_window(open_file=slow, analyse=HeldAnalysis())
    for seed, name in enumerate(("a.jpg", "b.jpg", "c.jpg")):
        folder = photo(name, seed=seed).parent
    with qtbot.waitSignal(window.opening.evidence_arrived, timeout=10_000):
        window.open_files([folder])
    return window


def states(window: MainWindow) -> list[AnalysisState]:
    return [exhibit.analysis for exhibit in window.session.exhibits]


def wait_for_all(window: MainWindow, qtbot: QtBot, is_so: Callable[[OpenExhibit], bool]) -> None:
    exhibits = window.session
    qtbot.waitUntil(lambda: len(exhibits.exhibits) == 3 and all(map(is_so, exhibits.exhibits)), timeout=10_000)


def test_files_that_are_still_being_read_are_analysed_too(busy: MainWindow, slow: SlowOpening, qtbot: QtBot) -> None:
    busy.actions_table["analyze-all"].trigger()
    slow.may_come.set()
    qtbot.waitUntil(
        lambda: len(states(busy)) == 3 and all(one.is_busy for one in busy.session.exhibits), timeout=10_000
    )
    assert states(busy).count(AnalysisState.WAITING) == 2


def test_what_comes_after_the_folder_is_not_analysed_unasked(
    busy: MainWindow, slow: SlowOpening, photo: Callable[..., Path], qtbot: QtBot
) -> None:
    busy.actions_table["analyze-all"].trigger()
    slow.may_come.set()
    qtbot.waitUntil(
        lambda: len(states(busy)) == 3 and all(one.is_busy for one in busy.session.exhibits), timeout=10_000
    )
    with qtbot.waitSignal(busy.opening.hash_checked, timeout=10_000):
        busy.open_files([photo("later.jpg", seed=9)])
    qtbot.waitUntil(lambda: busy.session.exhibits[-1].evidence is not None, timeout=10_000)
    assert states(busy)[-1] is AnalysisState.NONE


def test_stopping_all_takes_back_what_was_to_come(busy: MainWindow, slow: SlowOpening, qtbot: QtBot) -> None:
    busy.actions_table["analyze-all"].trigger()
    busy.analyse_all.stop()
    slow.may_come.set()
    qtbot.waitUntil(
        lambda: len(states(busy)) == 3 and all(one.evidence is not None for one in busy.session.exhibits),
        timeout=10_000,
    )
    assert states(busy)[1:] == [AnalysisState.NONE] * 2


def test_finished_openings_and_checks_leave_the_list_of_jobs(busy: MainWindow, slow: SlowOpening, qtbot: QtBot) -> None:
    slow.may_come.set()
    qtbot.waitUntil(lambda: "Checking the hash of “c.jpg”: complete" in busy.jobs_panel.log_text, timeout=10_000)
    listed = [label.text() for label in busy.jobs_panel.findChildren(QLabel) if label.isVisibleTo(busy.jobs_panel)]
    assert not [text for text in listed if "jpg" in text]


def test_a_check_that_was_asked_for_says_that_nothing_changed(
    window: MainWindow, photo: Callable[..., Path], open_file: Callable[[MainWindow, Path], None], qtbot: QtBot
) -> None:
    open_file(window, photo())
    with qtbot.waitSignal(window.opening.hash_checked, timeout=5000):
        window.actions_table["check-hash"].trigger()
    qtbot.waitUntil(lambda: window.status.currentMessage() != "", timeout=5000)
    assert window.status.currentMessage() == "The file is byte for byte what was opened (SHA-256)."


def test_what_is_under_way_is_not_offered_again(busy: MainWindow, slow: SlowOpening, qtbot: QtBot) -> None:
    busy.actions_table["analyze-all"].trigger()
    slow.may_come.set()
    qtbot.waitUntil(lambda: "are open." in busy.centre.message, timeout=10_000)
    buttons = [one.text() for one in busy.view.findChildren(QPushButton) if one.isVisibleTo(busy.view)]
    assert "Analyze all" not in buttons
