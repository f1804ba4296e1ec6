"""Undo and redo of what the analyst marks: regions, notes, view bookmarks.

Everything that can be undone on one exhibit is one frozen value, `Marks`; a step is the value before and after it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from PySide6.QtGui import QUndoCommand

from workstation.analysis.regions import Region
from workstation.ui.view_state import ViewState

_MERGEABLE = 1


@dataclass(frozen=True, slots=True)
class Bookmark:
    """A view to come back to.

    Attributes:
        name: shown in the View menu.
        view: what the picture's `view_state()` gave.
    """

    name: str
    view: ViewState


@dataclass(frozen=True, slots=True)
class Marks:
    """What the analyst added to one exhibit.

    Attributes:
        regions: in the order of drawing; names are unique.
        note: the analyst's words on the exhibit.
        bookmarks: views to come back to.
    """

    regions: tuple[Region, ...] = ()
    note: str = ""
    bookmarks: tuple[Bookmark, ...] = ()

    def region(self, name: str) -> Region | None:
        """The region with this name, or None."""
        return next((region for region in self.regions if region.name == name), None)

    def with_region(self, region: Region) -> Marks:
        """With a new region, under a free name if its own is empty or taken."""
        taken = {other.name for other in self.regions}
        if not region.name or region.name in taken:
            number = next(n for n in range(1, len(taken) + 2) if str(n) not in taken)
            region = replace(region, name=str(number))
        return replace(self, regions=(*self.regions, region))

    def with_changed(self, name: str, region: Region) -> Marks:
        """With the region `name` replaced by `region`; nothing else moves."""
        return replace(self, regions=tuple(region if old.name == name else old for old in self.regions))

    def without_region(self, name: str) -> Marks:
        """Without the region `name`."""
        return replace(self, regions=tuple(region for region in self.regions if region.name != name))


class MarksChange(QUndoCommand):
    """One undoable step.

    Consecutive steps with the same non-empty `merge_key` become one: a note typed in several goes, a region moved
    several times by arrow keys.
    """

    def __init__(
        self, text: str, before: Marks, after: Marks, apply: Callable[[Marks], None], merge_key: str = ""
    ) -> None:
        super().__init__(text)
        self.before, self.after, self.merge_key = before, after, merge_key
        self._apply = apply

    def undo(self) -> None:
        """Put back what was there."""
        self._apply(self.before)

    def redo(self) -> None:
        """Do the step (again)."""
        self._apply(self.after)

    def id(self) -> int:
        """Qt asks only commands with the same id whether they merge; -1 = never."""
        return _MERGEABLE if self.merge_key else -1

    def mergeWith(self, other: QUndoCommand) -> bool:
        """Take over the newer step if it continues this one."""
        if not isinstance(other, MarksChange) or other.merge_key != self.merge_key:
            return False
        self.after = other.after
        return True
