"""The exhibits of a session as a list: one row each, and which of them are listed in which order."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QSortFilterProxyModel,
    Qt,
    Signal,
    Slot,
)

from workstation.ui.controls import plain_tip
from workstation.ui.copying import to_tsv
from workstation.ui.exhibit_lines import TABLE_HEADINGS, file_line, said_of, state_line, table_row
from workstation.ui.exhibit_order import Choice, Order, belongs, comes_before, holds_words
from workstation.ui.session import OpenExhibit, Session
from workstation.ui.shown_text import visible
from workstation.ui.wording import headline_of

Index = QModelIndex | QPersistentModelIndex

EXHIBIT = Qt.ItemDataRole.UserRole


class ExhibitsModel(QAbstractListModel):
    """The exhibits of a session in the order of opening, one row each."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._rows: list[OpenExhibit] = list(session.exhibits)
        session.added.connect(self.add)
        session.removed.connect(self.remove)
        session.changed.connect(self.refresh)
        session.marks_changed.connect(self.refresh)

    def rowCount(self, parent: Index | None = None) -> int:
        """Rows; a row has no children."""
        return 0 if parent is not None and parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Name, tooltip, spoken text, or the exhibit itself."""
        if not index.isValid():
            return None
        exhibit = self._rows[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return exhibit.name
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tip(self._tooltip(exhibit))
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{exhibit.name}, {file_line(exhibit).replace('⚠', 'warnings:')}, {state_line(exhibit)}"
        return exhibit if role == EXHIBIT else None

    def exhibit_at(self, row: int) -> OpenExhibit:
        """The exhibit of a row."""
        return self._rows[row]

    def row_of(self, exhibit: OpenExhibit) -> int:
        """Row of an exhibit, -1 if it is not there."""
        return self._rows.index(exhibit) if exhibit in self._rows else -1

    @Slot(object)
    def add(self, exhibit: OpenExhibit) -> None:
        """Append a row."""
        self.beginInsertRows(QModelIndex(), len(self._rows), len(self._rows))
        self._rows.append(exhibit)
        self.endInsertRows()

    @Slot(object)
    def remove(self, exhibit: OpenExhibit) -> None:
        """Take a row out."""
        row = self.row_of(exhibit)
        self.beginRemoveRows(QModelIndex(), row, row)
        del self._rows[row]
        self.endRemoveRows()

    @Slot(object)
    def refresh(self, exhibit: OpenExhibit) -> None:
        """Draw a row anew."""
        index = self.index(self.row_of(exhibit))
        self.dataChanged.emit(index, index)

    @staticmethod
    def _tooltip(exhibit: OpenExhibit) -> str:
        lines = [visible(str(exhibit.path))]
        if exhibit.evidence is not None:
            identity = exhibit.evidence.identity
            lines += [f"{identity.size:,} bytes, {exhibit.evidence.format}", f"SHA-256 {identity.sha256}"]
            lines.append(exhibit.hash_words or exhibit.hash_state.value)
        if exhibit.problem is not None:
            lines.append(visible(exhibit.problem.summary))
        if exhibit.result is not None:
            lines.append(headline_of(exhibit.result))
        lines += [f"⚠ {warning.message}" for warning in exhibit.warnings]
        return "\n".join(lines)


class ExhibitListing(QSortFilterProxyModel):
    """Which exhibits are listed, and in which order; whoever goes to the next exhibit goes by this.

    Attributes:
        order: what they are sorted by; `turned`: whether the largest comes first.
        choice: which of them are listed; `typed`: words that each of them holds.

    Signals:
        arranged: order, choice or words were changed.
    """

    arranged = Signal()

    def __init__(self, model: ExhibitsModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self.order, self.turned = Order.OPENED, False
        self.choice, self.typed = Choice.ALL, ""
        self.setSourceModel(model)
        self.sort(0)

    @property
    def exhibits(self) -> tuple[OpenExhibit, ...]:
        """Those that are listed, from top to bottom."""
        return tuple(self.index(row, 0).data(EXHIBIT) for row in range(self.rowCount()))

    @property
    def of(self) -> int:
        """How many there are, listed or not."""
        return self._model.rowCount()

    @property
    def leaves_out(self) -> bool:
        """Whether some may not be listed."""
        return self.choice is not Choice.ALL or bool(self.typed.split())

    def index_of(self, exhibit: OpenExhibit | None) -> QModelIndex:
        """Where an exhibit is listed; not valid if it is not."""
        row = -1 if exhibit is None else self._model.row_of(exhibit)
        return self.mapFromSource(self._model.index(row)) if row >= 0 else QModelIndex()

    def following(self, exhibit: OpenExhibit, by: int) -> OpenExhibit | None:
        """The exhibit so many rows below this one, round the ends; None if nothing is listed."""
        exhibits = self.exhibits
        if exhibit in exhibits:
            return exhibits[(exhibits.index(exhibit) + by) % len(exhibits)]
        return exhibits[0 if by > 0 else -1] if exhibits else None

    def heir_of(self, exhibit: OpenExhibit) -> OpenExhibit | None:
        """The exhibit that is looked at after this one is closed: the row below, at the end the row above."""
        exhibits = self.exhibits
        if exhibit not in exhibits or len(exhibits) < 2:
            return None
        row = exhibits.index(exhibit)
        return exhibits[row + 1] if row + 1 < len(exhibits) else exhibits[row - 1]

    def arrange(
        self,
        *,
        order: Order | None = None,
        turned: bool | None = None,
        choice: Choice | None = None,
        typed: str | None = None,
    ) -> None:
        """Change the order, or what is listed; None leaves it as it is."""
        self.order = self.order if order is None else order
        self.turned = self.turned if turned is None else turned
        self.choice = self.choice if choice is None else choice
        self.typed = self.typed if typed is None else typed
        self.invalidate()
        self.arranged.emit()

    def count(self, choice: Choice) -> int:
        """How many exhibits a choice would list."""
        return sum(belongs(self._model.exhibit_at(row), choice) for row in range(self.of))

    def as_tsv(self) -> str:
        """What is listed as a table."""
        return to_tsv([TABLE_HEADINGS, *(table_row(exhibit) for exhibit in self.exhibits)])

    def lessThan(self, left: Index, right: Index) -> bool:
        """Qt: whether one row stands above another."""
        one, other = (self._model.exhibit_at(index.row()) for index in (left, right))
        return comes_before(one, other, self.order, turned=self.turned)

    def filterAcceptsRow(self, row: int, _parent: Index) -> bool:
        """Qt: whether a row is listed."""
        exhibit = self._model.exhibit_at(row)
        return belongs(exhibit, self.choice) and (not self.typed or holds_words(said_of(exhibit), self.typed))
