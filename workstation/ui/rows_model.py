"""A plain table of texts, each row standing for something."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QGuiApplication

from workstation.ui.copying import FULL_TEXT_ROLE, on_one_line
from workstation.ui.icons import icon
from workstation.ui.theme import tabular

_Index = QModelIndex | QPersistentModelIndex
SUBJECT_ROLE = Qt.ItemDataRole.UserRole + 2


@dataclass(frozen=True, slots=True, eq=False)
class TextRow:
    """One row.

    Attributes:
        cells: texts.
        subject: what the row stands for.
        icon: name of an icon before the first cell, "" = none.
        tip: tooltip; "" = the full text of the cell.
    """

    cells: tuple[str, ...]
    subject: Any = None
    icon: str = ""
    tip: str = ""


class RowsModel(QAbstractTableModel):
    """Rows of texts under headings."""

    def __init__(self, headings: Sequence[tuple[str, str]], parent: QObject | None = None) -> None:
        """`headings` are titles and what they mean."""
        super().__init__(parent)
        self._headings = tuple(headings)
        self._rows: tuple[TextRow, ...] = ()
        self._font = tabular(QGuiApplication.font())

    @property
    def rows(self) -> tuple[TextRow, ...]:
        """All rows."""
        return self._rows

    def show_rows(self, rows: Sequence[TextRow]) -> None:
        """Replace the rows."""
        self.beginResetModel()
        self._rows = tuple(rows)
        self.endResetModel()

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        """Qt: rows."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        """Qt: columns."""
        return 0 if parent.isValid() else len(self._headings)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Qt: titles and what they mean."""
        if orientation != Qt.Orientation.Horizontal or not 0 <= section < len(self._headings):
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        title, meaning = self._headings[section]
        if role == Qt.ItemDataRole.ToolTipRole:
            return meaning
        return title if role == Qt.ItemDataRole.DisplayRole else None

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Qt: texts, icon, tooltip; SUBJECT_ROLE gives what the row stands for."""
        if not index.isValid():
            return None
        row = self._rows[index.row()]
        text = row.cells[index.column()]
        if role == Qt.ItemDataRole.DecorationRole:
            return icon(row.icon) if index.column() == 0 and row.icon else None
        known: dict[int, Any] = {
            Qt.ItemDataRole.DisplayRole: on_one_line(text),
            FULL_TEXT_ROLE: text,
            Qt.ItemDataRole.ToolTipRole: row.tip or text,
            Qt.ItemDataRole.FontRole: self._font,
            SUBJECT_ROLE: row.subject,
        }
        return known.get(role)
