"""The groups of a partition as a small table: letter on its colour and symbol, share, departure."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QIcon, QPainter, QPixmap

from workstation.analysis.colours import GROUP_COLOURS
from workstation.analysis.result import Group
from workstation.ui.wording import decimal, group_in_words, percent

_Index = QModelIndex | QPersistentModelIndex

HEADINGS = (
    ("Group", "A is the largest group: the reference that departure is measured from"),
    ("Share", "Share of the assessable area"),
    ("Departure", "Mean of the departure map over its cells; a group departs by its mean less that of A"),
)


class GroupsModel(QAbstractTableModel):
    """Groups by size."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._groups: tuple[Group, ...] = ()

    def show_groups(self, groups: tuple[Group, ...]) -> None:
        """Replace all groups."""
        self.beginResetModel()
        self._groups = groups
        self.endResetModel()

    def group_at(self, row: int) -> Group:
        """The group of a row."""
        return self._groups[row]

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        """Qt: one row per group."""
        return 0 if parent.isValid() else len(self._groups)

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        """Qt: name, share, departure."""
        return 0 if parent.isValid() else len(HEADINGS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Qt: titles and what they mean."""
        if orientation != Qt.Orientation.Horizontal or not 0 <= section < len(HEADINGS):
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return HEADINGS[section][0]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignRight if section else Qt.AlignmentFlag.AlignLeft
            return side | Qt.AlignmentFlag.AlignVCenter
        return HEADINGS[section][1] if role == Qt.ItemDataRole.ToolTipRole else None

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Qt: texts and swatches."""
        if not index.isValid():
            return None
        group = self._groups[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return (group.name, percent(group.share), decimal(group.departure))[index.column()]
        if role == Qt.ItemDataRole.DecorationRole and index.column() == 0:
            return QIcon(swatch(group.label))
        if role in {Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole}:
            return group_in_words(group)
        if role == Qt.ItemDataRole.TextAlignmentRole and index.column() > 0:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return None


def group_colour(label: int) -> QColor:
    """Okabe and Ito's colour of a group, the same as in maps and legends."""
    return QColor(*GROUP_COLOURS[label % len(GROUP_COLOURS)])


def group_letter(label: int) -> str:
    """A for 0, B for 1, ..."""
    return chr(ord("A") + label)


def swatch(label: int, side: int = 32, ratio: float = 2.0) -> QPixmap:
    """The letter of a group on its colour; drawn large, so that it stays crisp on dense screens and with large type."""
    pixmap = QPixmap(QSize(side, side) * ratio)
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(group_colour(label))
    painter.drawRoundedRect(QRectF(0, 0, side, side), side / 5, side / 5)
    font = QFont()
    font.setPixelSize(round(side * 0.72))
    font.setWeight(QFont.Weight.Bold)
    painter.setFont(font)
    painter.setPen(QColor("#101010"))
    painter.drawText(QRectF(0, 0, side, side), Qt.AlignmentFlag.AlignCenter, group_letter(label))
    painter.end()
    return pixmap
