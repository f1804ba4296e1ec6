"""Tables that are sorted by the heading that is pressed: up, down, in the order of their own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Slot
from PySide6.QtWidgets import QTableView

from workstation.evidence import name_key
from workstation.ui.controls import add_action

Index = QModelIndex | QPersistentModelIndex


def text_rank(text: str) -> Any:
    """What a text is sorted by: numbers in it by their size; none where there is no text."""
    return name_key(text) if text else None


def in_order(ranks: Sequence[Any], *, turned: bool) -> tuple[int, ...]:
    """The numbers of the rows, the smallest rank first.

    Args:
        ranks: of the rows in the order of their own, which equal ones keep; None where that is not known, which stands
            at the end, however the rows are turned.
        turned: the largest first.
    """
    known = sorted((i for i, rank in enumerate(ranks) if rank is not None), key=ranks.__getitem__, reverse=turned)
    return (*known, *(i for i, rank in enumerate(ranks) if rank is None))


class SortedModel(QAbstractTableModel):
    """Rows that are shown sorted by a column; a subclass keeps them in the order of their own."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._column, self._turned = -1, False
        self._order: tuple[int, ...] = ()

    def rank(self, number: int, column: int) -> Any:
        """What the row with this number in the order of their own is sorted by; None where it is not known."""
        raise NotImplementedError

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        """Qt: rows."""
        return 0 if parent.isValid() else len(self._order)

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Qt: sort by a column; below 0 = the order of their own."""
        self.layoutAboutToBeChanged.emit()
        before = self._order
        self._column, self._turned = column, order == Qt.SortOrder.DescendingOrder
        self._arrange(len(before))
        now = {number: row for row, number in enumerate(self._order)}
        marked = self.persistentIndexList()
        moved = [self.index(now[before[index.row()]], index.column()) for index in marked]
        self.changePersistentIndexList(marked, moved)
        self.layoutChanged.emit()

    def _arrange(self, count: int) -> None:
        """So many rows are there; they are sorted as those before."""
        ranks = [self.rank(number, self._column) for number in range(count)] if self._column >= 0 else []
        self._order = in_order(ranks, turned=self._turned) if ranks else tuple(range(count))


def offer_sorting(table: QTableView) -> None:
    """Sort a table by the heading that is pressed: again, and it is turned round; once more, and it is as it was.

    An action of the table does the same for those who use no mouse.
    """
    header, sorting = table.horizontalHeader(), _Sorting(table)
    header.setSortIndicatorClearable(True)
    header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
    table.setSortingEnabled(True)
    header.sortIndicatorChanged.connect(sorting.show_arrow)
    sorting.show_arrow(-1)
    tip = "By the marked cell's column; again: turned round; once more: in the order of its own"
    add_action(table, "Sort by this column", tip, sorting.sort, icon_name="sort")


class _Sorting(QObject):
    """Sorts a table by the column of the marked cell; a child of the table, or Qt would forget it at once."""

    def __init__(self, table: QTableView) -> None:
        super().__init__(table)
        self._table = table

    @Slot(int)
    def show_arrow(self, column: int) -> None:
        """Headings keep room for an arrow only while there is one: side columns are narrow."""
        self._table.horizontalHeader().setSortIndicatorShown(column >= 0)

    @Slot()
    def sort(self) -> None:
        """Up, down, in the order of its own."""
        table, up, down = self._table, Qt.SortOrder.AscendingOrder, Qt.SortOrder.DescendingOrder
        header, column = table.horizontalHeader(), table.currentIndex().column()
        if column < 0:
            return
        if header.sortIndicatorSection() != column:
            table.sortByColumn(column, up)
        elif header.sortIndicatorOrder() == up:
            table.sortByColumn(column, down)
        else:
            table.sortByColumn(-1, up)
