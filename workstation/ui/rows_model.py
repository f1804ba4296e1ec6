"""A plain table of texts, each row standing for something, sorted by any column."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from PySide6.QtCore import QModelIndex, QObject, QSortFilterProxyModel, Qt
from PySide6.QtGui import QGuiApplication

from workstation.ui.controls import plain_tip
from workstation.ui.copying import FULL_TEXT_ROLE, on_one_line
from workstation.ui.icons import icon
from workstation.ui.shown_text import visible
from workstation.ui.sorting import Index, SortedModel, text_rank
from workstation.ui.theme import tabular

SUBJECT_ROLE = Qt.ItemDataRole.UserRole + 2


@dataclass(frozen=True, slots=True, eq=False)
class TextRow:
    """One row.

    Attributes:
        cells: texts.
        subject: what the row stands for.
        icon: name of an icon before the first cell, "" = none.
        tip: tooltip; "" = the full text of the cell.
        key: tells the row from the others, also when rows are replaced; None = nothing does.
        ranks: by column, what a cell is sorted by where that is not its words; None = it is not known.
    """

    cells: tuple[str, ...]
    subject: Any = None
    icon: str = ""
    tip: str = ""
    key: Hashable = None
    ranks: Mapping[int, float | str | None] = field(default_factory=dict)

    def rank(self, column: int) -> Any:
        """What the row is sorted by in a column, the smallest first; None where that is not known."""
        if column in self.ranks:
            return self.ranks[column]
        return text_rank(self.cells[column])


class RowsModel(SortedModel):
    """Rows of texts under headings."""

    def __init__(self, headings: Sequence[tuple[str, str]], parent: QObject | None = None) -> None:
        """`headings` are titles and what they mean."""
        super().__init__(parent)
        self._headings = tuple(headings)
        self._rows: tuple[TextRow, ...] = ()
        self._font = tabular(QGuiApplication.font())

    @property
    def rows(self) -> tuple[TextRow, ...]:
        """All rows, as they are sorted."""
        return tuple(self._rows[number] for number in self._order)

    def show_rows(self, rows: Sequence[TextRow]) -> None:
        """Replace the rows; they are sorted as those before."""
        self.beginResetModel()
        self._rows = tuple(rows)
        self._arrange(len(self._rows))
        self.endResetModel()

    def rank(self, number: int, column: int) -> Any:
        """What a row is sorted by."""
        return self._rows[number].rank(column)

    def row_of(self, key: Hashable) -> int | None:
        """Where the row with this key stands; None where there is none."""
        return next((place for place, number in enumerate(self._order) if self._rows[number].key == key), None)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
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

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Qt: texts, icon, tooltip; SUBJECT_ROLE gives what the row stands for."""
        if not index.isValid():
            return None
        row = self._rows[self._order[index.row()]]
        text = row.cells[index.column()]
        if role == Qt.ItemDataRole.DecorationRole:
            return icon(row.icon) if index.column() == 0 and row.icon else None
        known: dict[int, Any] = {
            Qt.ItemDataRole.DisplayRole: visible(on_one_line(text)),
            FULL_TEXT_ROLE: text,
            Qt.ItemDataRole.ToolTipRole: plain_tip(row.tip or text),
            Qt.ItemDataRole.FontRole: self._font,
            SUBJECT_ROLE: row.subject,
        }
        return known.get(role)


class FilteredRows(QSortFilterProxyModel):
    """The rows that hold a text; the rows themselves are sorted, not the filter, which would ask at each comparison."""

    def __init__(self, rows: RowsModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._source = rows
        self.setSourceModel(rows)
        self.setFilterKeyColumn(-1)
        self.setFilterCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Qt: sort the rows."""
        self._source.sort(column, order)
