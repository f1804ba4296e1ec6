"""What an analyst does with a case: make, open, describe it; go to its exhibits and views; end a blind examination."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QWidget

from workstation.casework import ExhibitRecord
from workstation.casework.records import SUPPORT, BookmarkRecord, Coverage
from workstation.errors import WorkstationError
from workstation.progress import drain
from workstation.settings import SettingsStore
from workstation.ui.case_forms import (
    NewCaseDialog,
    OpinionDialog,
    bookmark_fields,
    case_of,
    details_fields,
    folder_fields,
    intake_fields,
    opinion_fields,
    stated,
)
from workstation.ui.case_keeper import CaseKeeper, CaseView, bookmark_of
from workstation.ui.case_panel import CasePanel
from workstation.ui.casing import CaseDesk
from workstation.ui.centre import Centre
from workstation.ui.folder_opening import FolderDesk
from workstation.ui.form_dialog import Field, FormDialog, Values
from workstation.ui.image_view import ImageView
from workstation.ui.marks import VERDICTS, Bookmark
from workstation.ui.opening import OpeningDesk
from workstation.ui.picture_desk import PictureDesk
from workstation.ui.preferences import Preferences
from workstation.ui.session import OpenExhibit, Session
from workstation.ui.shown_text import visible
from workstation.ui.teller import Teller
from workstation.ui.view_state import ViewState


@dataclass(frozen=True, slots=True, eq=False)
class CaseParts:
    """What the errands work with."""

    session: Session
    store: SettingsStore
    opening: OpeningDesk
    folders: FolderDesk
    cases: CaseDesk
    panel: CasePanel
    picture: PictureDesk
    centre: Centre
    preferences: Preferences
    teller: Teller


class CaseErrands(QObject):
    """Asks in dialogs that do not stop the window, and passes the answers on to the case.

    Signals:
        shown: the case panel has something to show; the window brings it to the front.
    """

    shown = Signal()

    def __init__(self, window: QWidget, parts: CaseParts, ask: Callable[[str, str, str], bool]) -> None:
        super().__init__(window)
        self._window, self._parts, self._ask = window, parts, ask
        self._session, self._store, self._cases = parts.session, parts.store, parts.cases
        self._pending: dict[int, ViewState] = {}
        self._connect()

    def _connect(self) -> None:
        cases, panel = self._cases, self._parts.panel
        cases.opened.connect(self.welcome)
        cases.changed.connect(panel.show_case)
        cases.closed.connect(self.say_closed)
        cases.keeping_changed.connect(panel.show_keeping)
        cases.problem.connect(self._parts.teller.tell_problem)
        cases.not_changed.connect(self.say_not_changed)
        cases.parted.connect(self._parts.teller.tell)
        cases.taken_in.connect(self.look)
        panel.new_requested.connect(self.new)
        panel.open_requested.connect(self.choose)
        panel.details_requested.connect(self.describe_case)
        panel.try_again.connect(cases.save_now)
        panel.exhibit_activated.connect(self.open_exhibit)
        panel.all_requested.connect(self.open_all)
        panel.describe_requested.connect(self.describe_exhibit)
        panel.find_requested.connect(self.find_original)
        panel.bookmark_activated.connect(self.go_to)
        panel.bookmark_edit_requested.connect(self.edit_bookmark)
        panel.bookmark_delete_requested.connect(self.delete_bookmark)
        self._parts.teller.try_again = cases.save_now

    # The case

    @Slot()
    def new(self) -> None:
        """Ask what a new case is about."""
        dialog = NewCaseDialog(self._store.current, self._window)
        dialog.answered.connect(self.make)
        dialog.open()

    @Slot(object)
    def make(self, values: Values) -> None:
        """Make a case."""
        plan = case_of(values)
        self._parts.preferences.save(operator=plan.operator)
        self._cases.create(plan)

    @Slot()
    def choose(self) -> None:
        """Ask for a case's folder."""
        folder = self._store.current.recent_cases[0] if self._store.current.recent_cases else ""
        self._ask_folder(folder)

    @Slot(object)
    def open(self, folder: str | Path) -> None:
        """Open a case; asks who opens it if that was never said."""
        if self._store.current.operator:
            self._cases.open(Path(folder))
        else:
            self._ask_folder(str(folder))

    @Slot(object)
    def open_asked(self, values: Values) -> None:
        """Open the case that was chosen."""
        self._parts.preferences.save(operator=str(values["operator"]))
        self._cases.open(Path(str(values["folder"])))

    def _ask_folder(self, folder: str) -> None:
        self._form("Open case", folder_fields(folder, self._store.current), "Open", self.open_asked)

    @Slot()
    def close(self) -> None:
        """Close the case; everything in it is saved already. What cannot be saved keeps it open."""
        self._cases.close()

    @Slot()
    def describe_case(self) -> None:
        """Ask what the case is about."""
        view = self._cases.view
        if view is not None:
            self._form("Case details", details_fields(view.details), "Keep", self.keep_details)

    @Slot(object)
    def keep_details(self, values: Values) -> None:
        """Keep what was stated."""
        self._cases.statements.set_details({name: _stated_or_flag(value) for name, value in values.items()})

    @Slot(object)
    def welcome(self, view: CaseView) -> None:
        """A case is open: say how, and look at its first exhibit if nothing is open."""
        self._parts.preferences.keep(self._store.current.with_recent_case(view.folder))
        self._parts.panel.show_case(view)
        self.shown.emit()
        words = " ".join(view.warnings)
        if view.read_only:
            words = f"{words or 'The case is open for reading only.'} What you mark now is not kept in it."
        self._parts.centre.show_banner(words)
        present = [record for record in view.exhibits if record.withdrawn is None]
        if present and not self._session.exhibits:
            self.open_exhibit(present[0])

    @Slot()
    def say_closed(self) -> None:
        """There is no case any more."""
        self._parts.panel.show_case(None)
        self._parts.centre.show_banner("")
        self._pending.clear()

    @Slot(object, str)
    def say_not_changed(self, problem: WorkstationError, title: str) -> None:
        """Another case could not be opened, or not be made."""
        self._parts.teller.tell_problem(problem, f"The case “{title}” stays open.")

    # Exhibits

    @Slot(object)
    def open_exhibit(self, record: ExhibitRecord) -> None:
        """Look at an exhibit; one that is not open yet is opened from the case's copy or where the original was."""
        there = self._open_one(record.id)
        if there is not None:
            self._session.select(there)
            return
        self._cases.do(
            f"looking for “{visible(record.name)}”",
            lambda keeper: _placed(keeper.file.exhibits.file_of(record.id)),
            _Opener(self, record).open,
            writes=False,
        )

    @Slot()
    def open_all(self) -> None:
        """Open every exhibit of the case."""
        view = self._cases.view
        if view is None:
            return
        numbers = [record.id for record in view.exhibits if record.withdrawn is None]

        def look(keeper: CaseKeeper) -> list[Path | None]:
            files = (_placed(keeper.file.exhibits.file_of(number)) for number in numbers)
            return [file if there else None for file, there in files]

        def take(found: list[Path | None]) -> None:
            files = [file for file in found if file is not None]
            self._parts.folders.open_case(view.details.title, files, len(found) - len(files))

        self._cases.do("looking for the exhibits", look, take, writes=False)

    @Slot(object)
    def look(self, exhibit: OpenExhibit) -> None:
        """An exhibit was taken in: if a bookmark was asked for, go there."""
        view = None if exhibit.record is None else self._pending.pop(exhibit.record.id, None)
        if view is not None:
            self._show_view(exhibit, view)

    @Slot(object)
    def describe_exhibit(self, record: ExhibitRecord) -> None:
        """Ask how an exhibit came in."""
        if self._may_change():
            self._form(
                f"Intake of “{visible(record.name)}”",
                intake_fields(record, self._cases.statements.tags_of(record.id)),
                "Keep",
                lambda values: self._cases.statements.describe(record.id, stated(values)),
            )

    @Slot()
    def state_opinion(self) -> None:
        """Ask what the findings are held to mean."""
        if self._may_change():
            dialog = OpinionDialog("State an opinion", opinion_fields(), "State it", self._window)
            dialog.answered.connect(self.keep_opinion)
            dialog.open()

    @Slot(object)
    def keep_opinion(self, values: Values) -> None:
        """Keep an opinion; it rests on the exhibits that are open, and on their last analyses."""
        numbers = [one.record.id for one in self._session.exhibits if one.record is not None]
        texts = {name: str(value) for name, value in values.items()}

        def step(keeper: CaseKeeper) -> None:
            done = [found.id for number in numbers if (found := keeper.file.analyses.latest(number)) is not None]
            keeper.file.opinions.add(
                texts["issue"],
                (texts["first"], texts["second"]),
                support=next(level for level in SUPPORT if level == texts["support"]),
                favoured=int(texts["favoured"]) if texts["favoured"] else None,
                reasons=texts["reasons"],
                exhibits=numbers,
                analyses=done,
            )

        self._cases.do("stating an opinion", step, lambda _: self._parts.teller.tell("The opinion is kept.", "success"))

    @Slot(object)
    def find_original(self, record: ExhibitRecord) -> None:
        """Ask below which folder an original lies."""
        folder = Field("folder", "Folder", "Files of the same size below it are compared by their SHA-256.", "folder",
                       str(record.path.parent), needed=True)  # fmt: skip
        if self._may_change():
            self._form(
                f"Find “{visible(record.name)}”",
                [folder],
                "Look for it",
                lambda values: self._cases.do(
                    f"looking for “{visible(record.name)}”",
                    lambda keeper: _found(keeper, record, Path(str(values["folder"]))),
                    _Opener(self, record).found,
                    writes=False,
                ),
            )

    def _open_one(self, number: int) -> OpenExhibit | None:
        exhibits = self._session.exhibits
        return next((one for one in exhibits if one.record is not None and one.record.id == number), None)

    # Bookmarks

    @Slot(object)
    def go_to(self, mark: BookmarkRecord) -> None:
        """Come back to a bookmark's view, on its exhibit."""
        exhibit, state = self._open_one(mark.exhibit), bookmark_of(mark).view
        if exhibit is not None:
            self._show_view(exhibit, state)
            return
        view = self._cases.view
        record = None if view is None else view.exhibit(mark.exhibit)
        if record is not None:
            self._pending[mark.exhibit] = state
            self.open_exhibit(record)

    def _show_view(self, exhibit: OpenExhibit, state: ViewState) -> None:
        if exhibit is self._session.current:
            self._parts.picture.go_to(state)
        else:
            exhibit.view = state
            self._session.select(exhibit)

    @Slot(object)
    def edit_bookmark(self, mark: BookmarkRecord) -> None:
        """Ask for name, verdict and note of a bookmark."""
        exhibit = self._open_for_change(mark)
        known = None if exhibit is None else exhibit.marks.bookmark(mark.name)
        if exhibit is not None and known is not None:
            self._form("Bookmark", bookmark_fields(known), "Keep", _BookmarkWriter(self._session, exhibit, known).write)

    @Slot(object)
    def delete_bookmark(self, mark: BookmarkRecord) -> None:
        """Delete a bookmark, as a step that can be undone."""
        exhibit = self._open_for_change(mark)
        if exhibit is not None:
            self._session.edit(exhibit, f"delete bookmark “{mark.name}”", exhibit.marks.without_bookmark(mark.name))

    @Slot()
    def bookmark(self) -> None:
        """Remember this view, with a verdict and a note."""
        exhibit = self._session.current
        if exhibit is None or exhibit.pixels is None:
            return
        marks = exhibit.marks.with_view(self._parts.picture.view_state())
        writer = _BookmarkWriter(self._session, exhibit, marks.bookmarks[-1])
        self._form("Bookmark this view", bookmark_fields(marks.bookmarks[-1]), "Keep", writer.add)

    def _open_for_change(self, mark: BookmarkRecord) -> OpenExhibit | None:
        if not self._may_change():
            return None
        exhibit = self._open_one(mark.exhibit)
        if exhibit is None:
            self._parts.teller.tell("Open the exhibit first: a bookmark is changed beside its picture.")
        return exhibit

    # Blind examination and coverage

    @Slot()
    def hide_metadata(self) -> None:
        """Begin the blind examination of the current exhibit."""
        exhibit = self._in_case()
        if exhibit is not None:
            self._cases.statements.hide_metadata(exhibit)

    @Slot()
    def lock_notes(self) -> None:
        """End the pixel-only notes of the current exhibit; asked once, for it cannot be taken back."""
        exhibit = self._in_case()
        if exhibit is not None and self._ask(
            f"Lock the pixel-only notes on “{exhibit.name}”?", self._what_locking_does(exhibit), "Lock"
        ):
            self._cases.statements.lock_notes(exhibit)

    def _what_locking_does(self, exhibit: OpenExhibit) -> str:
        marks, view, record = exhibit.marks, self._cases.view, exhibit.record
        written = bool(marks.note) or any(region.note for region in marks.regions)
        if view is not None and record is not None:
            written = written or any(note.exhibit == record.id for note in view.notes)
        if not written:
            return (
                "Nothing is written on it yet, neither on the exhibit nor on a region: the case will hold no "
                "pixel-only note, and none can be added. That stands in the audit log."
            )
        return "They can no longer be changed, and that stands in the audit log. The metadata can be revealed after it."

    @Slot()
    def reveal_metadata(self) -> None:
        """Show the metadata of the current exhibit."""
        exhibit = self._in_case()
        if exhibit is not None:
            self._cases.statements.reveal_metadata(exhibit)

    @Slot()
    def next_unseen(self) -> None:
        """Go to the nearest part of the current exhibit that was not viewed at 100 % yet."""
        exhibit, view = self._in_case(), self._cases.view
        if exhibit is None or exhibit.record is None or exhibit.pixels is None or view is None:
            return
        coverage = view.coverage.get(exhibit.record.id)
        middle = exhibit.pixels.width / 2, exhibit.pixels.height / 2
        if coverage is not None:
            place = _nearest_unseen(coverage, *_middle_of(self._parts.picture.view, middle))
            if place is None:
                self._parts.teller.tell(f"All of “{exhibit.name}” was viewed at 100 % or more.", "success")
                return
            middle = place
        self._parts.picture.view.look_at(*middle)

    def _in_case(self) -> OpenExhibit | None:
        exhibit = self._session.current
        if exhibit is not None and exhibit.record is not None:
            return exhibit
        self._parts.teller.tell("This belongs to a case: make one or open one first (File menu).")
        return None

    def _may_change(self) -> bool:
        if self._cases.takes_changes:
            return True
        self._parts.teller.tell("The case is open for reading only.", "warning")
        return False

    def _form(self, title: str, fields: list[Field], agree: str, then: Callable[[Values], object]) -> FormDialog:
        dialog = FormDialog(title, fields, agree, self._window)
        dialog.answered.connect(lambda values: then(values))  # noqa: PLW0108 - of a method alone Qt keeps no hold
        dialog.open()
        return dialog


class _Opener:
    """Opens the file of an exhibit that the case named."""

    def __init__(self, errands: CaseErrands, record: ExhibitRecord) -> None:
        self._errands, self._record = errands, record

    def open(self, placed: tuple[Path, bool]) -> None:
        """Open it, or say that it is not there."""
        errands, (path, there) = self._errands, placed
        if there:
            errands._parts.opening.open([path])
            return
        errands._parts.teller.tell(
            f"The original of exhibit {self._record.label} is not at “{path}”.",
            "warning",
            "Find the original…",
            lambda: errands.find_original(self._record),
        )

    def found(self, path: Path | None) -> None:
        """Say where it is, and open it."""
        if path is None:
            self._errands._parts.teller.tell(
                f"No file with the bytes of “{visible(self._record.name)}” lies there.", "warning"
            )
        else:
            self.open((path, True))


def _placed(file: Path) -> tuple[Path, bool]:
    """A file and whether it is there: asked in a lane, since a share that does not answer lets whoever asks wait."""
    return file, os.path.isfile(file)  # noqa: PTH113 - Path raises for a share that is gone


class _BookmarkWriter:
    """Brings what was said about a view into the session."""

    def __init__(self, session: Session, exhibit: OpenExhibit, known: Bookmark) -> None:
        self._session, self._exhibit, self._known = session, exhibit, known

    def write(self, values: Values) -> None:
        """Change the bookmark; a name that is taken stays with its own."""
        marks, changed = self._exhibit.marks, self._said(values)
        marks = marks.with_bookmark(self._known.name, changed)
        self._session.edit(self._exhibit, f"change bookmark “{self._known.name}”", marks)

    def add(self, values: Values) -> None:
        """Add it."""
        marks, said = self._exhibit.marks, self._said(values)
        self._session.edit(self._exhibit, f"bookmark “{said.name}”", replace(marks, bookmarks=(*marks.bookmarks, said)))

    def _said(self, values: Values) -> Bookmark:
        name = str(values["name"])
        others = {one.name for one in self._exhibit.marks.bookmarks} - {self._known.name}
        verdict = next(one for one in VERDICTS if one == values["verdict"])
        return replace(
            self._known, name=self._known.name if name in others else name, verdict=verdict, note=str(values["note"])
        )


def _found(keeper: CaseKeeper, record: ExhibitRecord, folder: Path) -> Path | None:
    return drain(keeper.file.exhibits.find(record.id, folder))


def _stated_or_flag(value: str | bool) -> str | bool | None:
    return value if isinstance(value, bool) else value or None


def _middle_of(view: ImageView, otherwise: tuple[float, float]) -> tuple[float, float]:
    area = view.visible_area()
    return otherwise if area is None else (area[0] + area[2] / 2, area[1] + area[3] / 2)


def _nearest_unseen(coverage: Coverage, x: float, y: float) -> tuple[float, float] | None:
    """Middle of the nearest cell that was not seen, in stored pixels; None if all were."""
    rows, columns = np.nonzero(~coverage.seen)
    if not len(rows):
        return None
    down, across = (rows + 0.5) * coverage.cell, (columns + 0.5) * coverage.cell
    nearest = int(np.argmin((down - y) ** 2 + (across - x) ** 2))
    return min(float(across[nearest]), coverage.width), min(float(down[nearest]), coverage.height)
