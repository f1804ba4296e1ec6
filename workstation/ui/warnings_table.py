"""The warnings of all exhibits as a table."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

from PySide6.QtCore import QModelIndex, QObject, Qt
from PySide6.QtGui import QGuiApplication, QResizeEvent
from PySide6.QtWidgets import QTableView

from workstation.errors import RecordedWarning
from workstation.ui.controls import plain_tip
from workstation.ui.copying import FULL_TEXT_ROLE
from workstation.ui.metadata_rows import offset_text
from workstation.ui.shown_text import in_short
from workstation.ui.sorting import Index, SortedModel, text_rank
from workstation.ui.theme import monospaced

EXHIBIT_LETTERS = 36
"""So wide is the column of exhibits at most; a file's name may have 250 letters, and the message must be seen."""
HEADINGS = ("Exhibit", "Code", "Message", "Offset")


class WarningsTable(QTableView):
    """The warnings; their messages take what the other columns leave, and never less than they need to be read."""

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Qt: fit the messages to the new width."""
        super().resizeEvent(event)
        self.fit_messages()

    def sizeHintForColumn(self, column: int) -> int:
        """Qt: what a column needs; long names of exhibits break over several lines."""
        needed = super().sizeHintForColumn(column)
        return min(needed, (EXHIBIT_LETTERS + 4) * self.fontMetrics().averageCharWidth()) if column == 0 else needed

    def fit_messages(self) -> None:
        """Fit the column of messages."""
        if self.model() is None:
            return
        others = sum(self.columnWidth(column) for column in (0, 1, 3))
        least = 36 * self.fontMetrics().averageCharWidth()
        self.setColumnWidth(2, max(least, self.viewport().width() - others))


KEY_ROLE = Qt.ItemDataRole.UserRole + 2
"""The key of the exhibit that a warning speaks of."""


class WarningsModel(SortedModel):
    """The warnings of all exhibits, in the order in which the exhibits came unless they are sorted by a column."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._by_exhibit: dict[Hashable, tuple[tuple[str, RecordedWarning], ...]] = {}
        self._rows: list[tuple[str, RecordedWarning]] = []
        self._keys: list[Hashable] = []

    def set_warnings(self, key: Hashable, exhibit: str, warnings: Sequence[RecordedWarning]) -> bool:
        """Replace the warnings of one exhibit, told apart by `key` and displayed as `exhibit`.

        Returns:
            Whether they are others than before.
        """
        if self._by_exhibit.get(key, ()) == tuple((exhibit, warning) for warning in warnings):
            return False
        self.beginResetModel()
        if warnings:
            self._by_exhibit[key] = tuple((exhibit, warning) for warning in warnings)
        else:
            self._by_exhibit.pop(key, None)
        self._rows = [row for rows in self._by_exhibit.values() for row in rows]
        self._keys = [known for known, rows in self._by_exhibit.items() for _ in rows]
        self._arrange(len(self._rows))
        self.endResetModel()
        return True

    def rank(self, number: int, column: int) -> Any:
        """What a warning is sorted by; one that stands nowhere in its file comes last."""
        exhibit, warning = self._rows[number]
        return warning.offset if column == 3 else text_rank((exhibit, warning.code, warning.message)[column])

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        """Qt: exhibit, code, message, offset."""
        return 0 if parent.isValid() else len(HEADINGS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Qt: titles."""
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return HEADINGS[section] if 0 <= section < len(HEADINGS) else None
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Qt: texts."""
        if not index.isValid():
            return None
        if role == KEY_ROLE:
            return self._keys[self._order[index.row()]]
        exhibit, warning = self._rows[self._order[index.row()]]
        texts = (exhibit, warning.code, warning.message, offset_text(warning.offset))
        text = texts[index.column()]
        known: dict[int, Any] = {
            Qt.ItemDataRole.DisplayRole: in_short(text, EXHIBIT_LETTERS) if index.column() == 0 else text,
            FULL_TEXT_ROLE: text,
            Qt.ItemDataRole.ToolTipRole: plain_tip(text),
            Qt.ItemDataRole.FontRole: monospaced(QGuiApplication.font()) if index.column() == 3 else None,
            Qt.ItemDataRole.TextAlignmentRole: Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft,
        }
        return known.get(role)
