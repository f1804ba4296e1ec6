"""The states of casework, for `benchmarks.screenshots`: a case of what is open, from making to reading."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication, QWidget

from workstation.analysis.regions import Region
from workstation.casework.problems import CaseNotSaved
from workstation.settings import SettingsStore
from workstation.ui.case_keeper import CaseKeeper, NewCase, Wanted
from workstation.ui.casing import Keeping
from workstation.ui.layers import Layer
from workstation.ui.likeness_dialog import LikenessDialog
from workstation.ui.main_window import MainWindow
from workstation.ui.work import Work

NOTE = "The edges of the round part are softer than everything around it."


class Taking(Protocol):
    """Takes a picture of a widget under the name of a state."""

    def __call__(self, widget: QWidget, state: str) -> None:
        """Take it."""


Waiting = Callable[[Callable[[], bool]], None]


def casework(window: MainWindow, folder: Path, take: Taking, wait_for: Waiting) -> None:
    """Go through all states of a case.

    Args:
        window: with analysed exhibits open.
        folder: for the case; made here.
        take: takes pictures.
        wait_for: lets the window work until something is the case.
    """
    window.docks.show_dock("case")
    take(window, "no_case")
    _dialog(window, "new-case", "new_case", take, wait_for)
    window.cases.create(NewCase(folder, "Harbour photographs", "A. Meier", number="4711/26", question="One picture?"))
    wait_for(lambda: window.cases.is_open and not window.jobs.jobs())
    take(window, "case")
    _blind(window, take, wait_for)
    _marks(window, take, wait_for)
    _dialogs(window, take, wait_for)
    _trouble(window, folder, take, wait_for)
    window.cases.close()


def _blind(window: MainWindow, take: Taking, wait_for: Waiting) -> None:
    exhibit = window.session.current
    assert exhibit is not None
    window.actions_table["blind-hide"].trigger()
    wait_for(lambda: exhibit.hides_metadata and window.metadata.model.rowCount() == 0)
    take(window, "metadata_hidden")
    window.session.edit(exhibit, "note", replace(exhibit.marks, note=NOTE))
    window.cases.statements.lock_notes(exhibit)
    wait_for(lambda: exhibit.record is not None and exhibit.record.blind == "locked")
    window.case_panel.show_tab("Notes")
    take(window, "notes_locked")
    window.actions_table["blind-reveal"].trigger()
    wait_for(lambda: not exhibit.hides_metadata and window.metadata.model.rowCount() > 0)


def _marks(window: MainWindow, take: Taking, wait_for: Waiting) -> None:
    exhibit = window.session.current
    assert exhibit is not None
    assert exhibit.pixels is not None
    height, width = exhibit.pixels.height, exhibit.pixels.width
    for left, top in ((0.1, 0.1), (0.6, 0.15)):
        box = ((left * width, top * height), ((left + 0.3) * width, (top + 0.35) * height))
        window.view.region_drawn.emit(Region("", "rectangle", box))
    window.view.set_layer(Layer.ORIGINAL)
    window.view.actual_size()
    window.viewing.look()
    window.actions_table["bookmark"].trigger()
    wait_for(lambda: window.cases.keeping is Keeping.SAVED)
    for title in ("Exhibits", "Bookmarks", "History"):
        window.case_panel.show_tab(title)
        take(window, f"case_{title.lower()}")
    window.view.fit()


def _dialogs(window: MainWindow, take: Taking, wait_for: Waiting) -> None:
    view = window.cases.view
    assert view is not None
    for action_id, state in (
        ("case-details", "case_details"),
        ("bookmark-verdict", "bookmark"),
        ("export-report", "export_report"),
    ):
        _dialog(window, action_id, state, take, wait_for)
    window.case_errands.describe_exhibit(view.exhibits[0])
    _close(take, "intake", wait_for)
    window.actions_table["likeness"].trigger()
    wait_for(lambda: not window.jobs.jobs())
    dialog = QApplication.activeModalWidget()
    assert isinstance(dialog, LikenessDialog)
    take(dialog, "likeness")
    dialog.first.setCurrentIndex(1)
    dialog.second.setCurrentIndex(2)
    dialog.test()
    wait_for(lambda: not window.jobs.jobs())
    _close(take, "permutation_test", wait_for)


def _trouble(window: MainWindow, folder: Path, take: Taking, wait_for: Waiting) -> None:
    other = MainWindow(SettingsStore(None), Work(preload=None))
    other.preferences.set_theme(window.store.current.theme)  # the whole program has one
    other.resize(window.size())
    other.show()
    other.cases.open(folder)
    wait_for(lambda: other.cases.is_open and not other.jobs.jobs())
    take(other, "case_read_only")
    other.close()
    other.deleteLater()
    QCoreApplication.sendPostedEvents(other, QEvent.Type.DeferredDelete)
    keeper, exhibit = window.cases.keeper, window.session.current
    assert keeper is not None
    assert exhibit is not None
    window.cases._keeper = _FullDisk(keeper)
    window.session.edit(exhibit, "note", replace(exhibit.marks, note="another note"))
    wait_for(lambda: window.cases.keeping is Keeping.FAILED)
    take(window, "case_not_saved")
    window.cases._keeper = keeper
    window.cases.save_now()
    wait_for(lambda: window.cases.keeping is Keeping.SAVED)
    window.centre.hush()


class _FullDisk(CaseKeeper):
    """A keeper whose disk is full."""

    def __init__(self, keeper: CaseKeeper) -> None:
        super().__init__(keeper.file)

    def save(self, _wanted: dict[int, Wanted]) -> None:  # type: ignore[override]  # it only refuses
        raise CaseNotSaved(self.file.folder, "the change could not be written (database or disk is full)")


def _dialog(window: MainWindow, action_id: str, state: str, take: Taking, wait_for: Waiting) -> None:
    window.actions_table[action_id].trigger()
    _close(take, state, wait_for)


def _close(take: Taking, state: str, wait_for: Waiting) -> None:
    wait_for(lambda: QApplication.activeModalWidget() is not None)
    dialog = QApplication.activeModalWidget()
    assert dialog is not None
    take(dialog, state)
    dialog.close()
