"""Undo and redo of what the analyst marks: regions, notes, view bookmarks.

Everything that can be undone on one exhibit is one frozen value, `Marks`; a step is the value before and after it.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtGui import QUndoCommand

from workstation.ui.marks import Marks

_MERGEABLE = 1


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
