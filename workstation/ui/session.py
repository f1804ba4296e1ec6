"""What is open in the window: the exhibits, which one is looked at, and what the analyst marked on each."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from itertools import count
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoGroup, QUndoStack

from workstation.analysis.result import AnalysisRequest, AnalysisResult
from workstation.casework.exhibit import Case, Exhibit
from workstation.casework.records import CaseDetails, CaseRecord, ExhibitRecord
from workstation.errors import Cancelled, RecordedWarning, WorkstationError
from workstation.evidence.record import Evidence, Pixels
from workstation.progress import Progress
from workstation.ui.marks import Marks
from workstation.ui.shown_text import visible
from workstation.ui.undo import MarksChange
from workstation.ui.view_state import ViewState


class AnalysisState(Enum):
    """Where the analysis of an exhibit stands."""

    NONE = "not analysed"
    WAITING = "waiting"
    RUNNING = "analysing"
    STOPPING = "stopping"
    DONE = "analysed"
    FAILED = "failed"
    CANCELLED = "cancelled"


class HashState(Enum):
    """What is known about the file on disk since it was opened."""

    UNKNOWN = "not hashed yet"
    TAKEN = "hash taken on opening"
    MATCHES = "file on disk still has this hash"
    DIFFERS = "file on disk has changed"
    GONE = "file on disk cannot be read"


@dataclass(eq=False, slots=True)
class OpenExhibit:
    """One exhibit in the window; changed only through `Session`.

    Attributes:
        key: unique in this session.
        path: where the file was opened.
        pixels: the picture, while it is in memory; None before it is decoded, and while it is laid aside.
        thumbnail: (h, w, 3) uint8 RGB, oriented for display, or None.
        evidence: the file, once metadata is read; its pixels are laid aside, so only a job may ask for their samples.
        problem: why it could not be opened, or None.
        result: of the last analysis that came to its end, or None.
        failure: why the last analysis failed, or None.
        cancelled: what the last cancelled analysis left, or None.
        analysis: where the analysis stands.
        progress: of opening or analysis, while it runs.
        marks: regions, note, bookmarks.
        view: the picture's view state when the exhibit was left, or None.
        seen_from: name of the region or letter of the group that everything is compared with, "" for none.
        limits: moved limits of the departure colours, or None.
        hash_state: of the file on disk; `hash_words`: that in a sentence.
        exported: whether nothing was marked that neither a report nor the case holds (a result can be computed again; a
            note cannot).
        record: what the open case says of it, None outside of a case.
        of_case: the closed case that it was an exhibit of, None if it was of none.
        was_entry: its number in the case before it was read again, until the case has it again.
        requested: what its last analysis was asked for.
        hidden_until_taken_in: whether it is on its way into a case in which its metadata are hidden.
    """

    key: int
    path: Path
    pixels: Pixels | None = None
    thumbnail: NDArray[np.uint8] | None = None
    evidence: Evidence | None = None
    problem: WorkstationError | None = None
    result: AnalysisResult | None = None
    failure: WorkstationError | None = None
    cancelled: Cancelled | None = None
    analysis: AnalysisState = AnalysisState.NONE
    progress: Progress | None = None
    marks: Marks = field(default_factory=Marks)
    view: ViewState | None = None
    seen_from: str = ""
    limits: tuple[float, float] | None = None
    hash_state: HashState = HashState.UNKNOWN
    hash_words: str = ""
    exported: bool = True
    record: ExhibitRecord | None = None
    of_case: CaseDetails | None = None
    was_entry: int | None = None
    requested: AnalysisRequest | None = None
    hidden_until_taken_in: bool = False

    @property
    def hides_metadata(self) -> bool:
        """Whether nothing may be shown of what the file says about itself: its examination is blind so far."""
        return self.hidden_until_taken_in or (self.record is not None and self.record.metadata_hidden)

    @property
    def name(self) -> str:
        """The file's name as it is shown: on one line, with nothing that is invisible."""
        return visible(self.path.name)

    @property
    def size(self) -> tuple[int, int] | None:
        """(height, width) of the stored picture, in memory or laid aside; None before it is decoded."""
        pixels = self.pixels if self.pixels is not None or self.evidence is None else self.evidence.pixels
        return None if pixels is None else (pixels.height, pixels.width)

    @property
    def is_busy(self) -> bool:
        """Whether an analysis waits or runs."""
        return self.analysis in {AnalysisState.WAITING, AnalysisState.RUNNING, AnalysisState.STOPPING}

    @property
    def warnings(self) -> tuple[RecordedWarning, ...]:
        """Of the file and of its analysis."""
        of_file = self.evidence.warnings if self.evidence is not None and not self.hides_metadata else ()
        return of_file + (self.result.warnings if self.result is not None else ())

    def as_exhibit(self) -> Exhibit | None:
        """The exhibit as a report wants it; None before the file is read."""
        if self.evidence is None:
            return None
        return Exhibit(
            evidence=self.evidence,
            result=self.result,
            failure=self.failure.summary if self.failure is not None else "",
            regions=self.marks.regions,
            note=self.marks.note,
            departure_limits=self.limits,
            record=self.record,
        )


class Session(QObject):
    """The open exhibits.

    Attributes:
        undo_group: undo stacks of the exhibits; the active one is the current exhibit's.

    Signals:
        added: an `OpenExhibit` came.
        changed: something about an `OpenExhibit` changed (state, evidence, result, progress).
        marks_changed: regions, note or bookmarks of an `OpenExhibit` changed.
        removed: an `OpenExhibit` was closed.
        current_changed: carries the current `OpenExhibit`, or None.
    """

    added = Signal(object)
    changed = Signal(object)
    marks_changed = Signal(object)
    removed = Signal(object)
    current_changed = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.undo_group = QUndoGroup(self)
        self._keys = count(1)
        self._exhibits: dict[int, OpenExhibit] = {}
        self._stacks: dict[int, QUndoStack] = {}
        self._current: int | None = None

    @property
    def exhibits(self) -> tuple[OpenExhibit, ...]:
        """In the order of opening."""
        return tuple(self._exhibits.values())

    @property
    def current(self) -> OpenExhibit | None:
        """The exhibit that is looked at."""
        return None if self._current is None else self._exhibits.get(self._current)

    @property
    def unsaved(self) -> tuple[OpenExhibit, ...]:
        """Exhibits with marks that no report holds yet."""
        return tuple(exhibit for exhibit in self._exhibits.values() if not exhibit.exported)

    def find(self, key: int) -> OpenExhibit | None:
        """The exhibit with this key, None if it was closed."""
        return self._exhibits.get(key)

    def with_path(self, path: Path) -> OpenExhibit | None:
        """The exhibit of this file if it is open."""
        return next((exhibit for exhibit in self._exhibits.values() if exhibit.path == path), None)

    def add(self, path: Path) -> OpenExhibit:
        """Add an exhibit; the first one becomes the current one."""
        exhibit = OpenExhibit(next(self._keys), path)
        self._exhibits[exhibit.key] = exhibit
        self._stacks[exhibit.key] = QUndoStack(self.undo_group)
        self.added.emit(exhibit)
        if self._current is None:
            self.select(exhibit)
        return exhibit

    def select(self, exhibit: OpenExhibit | None) -> None:
        """Look at another exhibit."""
        key = None if exhibit is None else exhibit.key
        if key == self._current:
            return
        self._current = key
        if key is not None:
            self.undo_group.setActiveStack(self._stacks[key])
        self.current_changed.emit(exhibit)

    def close(self, exhibit: OpenExhibit, heir: OpenExhibit | None = None) -> None:
        """Close an exhibit; if it is the current one, its heir takes its place, without one its neighbour."""
        keys = list(self._exhibits)
        position = keys.index(exhibit.key)
        del self._exhibits[exhibit.key]
        stack = self._stacks.pop(exhibit.key)
        self.undo_group.removeStack(stack)  # an active stack that goes leaves the group without one
        stack.deleteLater()
        if self._current == exhibit.key:
            rest = list(self._exhibits.values())
            self.select(heir or (rest[min(position, len(rest) - 1)] if rest else None))
        self.removed.emit(exhibit)

    def update(self, exhibit: OpenExhibit, **values: object) -> None:
        """Set fields of an open exhibit and say so; nothing happens if it was closed meanwhile."""
        if exhibit.key not in self._exhibits:
            return
        for name, value in values.items():
            setattr(exhibit, name, value)
        self.changed.emit(exhibit)

    def edit(self, exhibit: OpenExhibit, text: str, marks: Marks, *, merge_key: str = "") -> None:
        """Change what the analyst marked, as one undoable step.

        Args:
            exhibit: which one.
            text: names the step in Edit → Undo ("add region 2").
            marks: what shall stand afterwards.
            merge_key: consecutive steps with the same key are undone together.
        """
        if exhibit.key not in self._exhibits or marks == exhibit.marks:
            return

        def apply(value: Marks) -> None:
            self._apply(exhibit, value)

        self._stacks[exhibit.key].push(MarksChange(text, exhibit.marks, marks, apply, merge_key))

    def restore(self, exhibit: OpenExhibit, marks: Marks) -> None:
        """Set what stood on an exhibit in the case already; no step that could be undone."""
        if exhibit.key in self._exhibits and marks != exhibit.marks:
            exported = exhibit.exported
            self._apply(exhibit, marks)
            exhibit.exported = exported
            self._stacks[exhibit.key].clear()  # its steps would put back marks without those of the case

    def bookmark(self, exhibit: OpenExhibit, view: ViewState) -> None:
        """Remember a view of this exhibit."""
        marks = exhibit.marks.with_view(view)
        self.edit(exhibit, f"bookmark “{marks.bookmarks[-1].name}”", marks)

    def case(self, *, title: str = "", operator: str = "", record: CaseRecord | None = None) -> Case:
        """Everything that was read, as a report wants it; `record` is what the case on disk says."""
        exhibits = tuple(one for exhibit in self.exhibits if (one := exhibit.as_exhibit()) is not None)
        return Case(exhibits, title=title, operator=operator, record=record)

    def _apply(self, exhibit: OpenExhibit, marks: Marks) -> None:
        exhibit.marks = marks
        exhibit.exported = False
        self.marks_changed.emit(exhibit)
