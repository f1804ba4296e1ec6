"""The groups that an analysis found and the regions that the analyst marked, as one table."""

from __future__ import annotations

import math
from collections.abc import Mapping
from enum import IntEnum
from typing import Any

from PySide6.QtCore import QModelIndex, QObject, Qt, Signal
from PySide6.QtGui import QGuiApplication, QIcon

from workstation.analysis.regions import Region, RegionStatistics
from workstation.analysis.result import Group, Partition
from workstation.ui.controls import plain_tip
from workstation.ui.copying import FULL_TEXT_ROLE
from workstation.ui.groups_table import swatch
from workstation.ui.icons import icon
from workstation.ui.sorting import Index, SortedModel, text_rank
from workstation.ui.theme import tabular
from workstation.ui.wording import decimal, group_in_words, percent

_UNKNOWN = "—"


class Column(IntEnum):
    """The columns of the table."""

    NAME = 0
    KIND = 1
    AREA = 2
    DEPARTURE = 3
    INSIDE = 4
    OUTSIDE = 5
    NOTE = 6


TITLES = {
    Column.NAME: ("Name", "Letter of a group, or name of a region (regions can be renamed)"),
    Column.KIND: ("Kind", "Found by the analysis, or the tool that drew it"),
    Column.AREA: ("Area", "Groups: share of the assessable area; regions: share of the whole image"),
    Column.DEPARTURE: ("Departure", "Mean of the departure map over its cells"),
    Column.INSIDE: ("Alike in", "Mean cosine similarity of its patches to each other, −1 to 1"),
    Column.OUTSIDE: ("Alike out", "Mean cosine similarity of its patches to all others, −1 to 1"),
    Column.NOTE: ("Note", "The analyst's words"),
}

_NUMERIC = frozenset({Column.AREA, Column.DEPARTURE, Column.INSIDE, Column.OUTSIDE})


class RegionsModel(SortedModel):
    """Groups first, then regions in the order in which they were drawn, unless they are sorted by a column.

    Signals:
        renamed: a region's name was edited; carries old and new name. The model waits for new regions to show it.
        noted: a region's note was edited; carries name and note.
    """

    renamed = Signal(str, str)
    noted = Signal(str, str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._groups: tuple[Group, ...] = ()
        self._regions: tuple[Region, ...] = ()
        self._statistics: Mapping[str, RegionStatistics] = {}

    def show_groups(self, partition: Partition | None) -> None:
        """Replace the groups; None or a single group shows none."""
        self.beginResetModel()
        self._groups = () if partition is None or len(partition.groups) < 2 else partition.groups
        self._arrange(len(self._groups) + len(self._regions))
        self.endResetModel()

    def show_regions(self, regions: tuple[Region, ...], statistics: Mapping[str, RegionStatistics]) -> None:
        """Replace the regions and their numbers by name."""
        self.beginResetModel()
        self._regions, self._statistics = regions, dict(statistics)
        self._arrange(len(self._groups) + len(self._regions))
        self.endResetModel()

    def name_at(self, row: int) -> str:
        """Letter of a group or name of a region."""
        here = self._at(row)
        return here.name

    def is_region(self, row: int) -> bool:
        """Whether the analyst drew it (else the analysis found it)."""
        return self._order[row] >= len(self._groups)

    def row_of(self, name: str, *, region: bool = True) -> int | None:
        """The row of a region (or, with region=False, of a group); None if there is none of this name."""
        rows = range(self.rowCount())
        return next((row for row in rows if self.is_region(row) is region and self.name_at(row) == name), None)

    def rank(self, number: int, column: int) -> Any:
        """What a group or a region is sorted by: numbers as they are, not as they are rounded."""
        here, figures = self._own(number), None
        if isinstance(here, Region):
            figures = self._statistics.get(here.name)
            values = (
                (None, None, None, None)
                if figures is None
                else (figures.share, figures.departure_mean, figures.similarity_inside, figures.similarity_outside)
            )
        else:
            values = (here.share, here.departure, None, None)
        if column in _NUMERIC:
            value = values[column - Column.AREA]
            return None if value is None or math.isnan(value) else value
        return text_rank(self._text_of(here, Column(column)))

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        """Qt: the columns of `Column`."""
        return 0 if parent.isValid() else len(Column)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Qt: titles and what they mean."""
        if orientation != Qt.Orientation.Horizontal or not 0 <= section < len(Column):
            return None
        title, meaning = TITLES[Column(section)]
        if role == Qt.ItemDataRole.DisplayRole:
            return title
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignRight if section in _NUMERIC else Qt.AlignmentFlag.AlignLeft
            return side | Qt.AlignmentFlag.AlignVCenter
        return meaning if role == Qt.ItemDataRole.ToolTipRole else None

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Qt: names and notes of regions can be edited."""
        flags = super().flags(index)
        editable = index.isValid() and self.is_region(index.row()) and index.column() in {Column.NAME, Column.NOTE}
        return flags | Qt.ItemFlag.ItemIsEditable if editable else flags

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Qt: texts, swatches, alignment."""
        if not index.isValid():
            return None
        row, column = index.row(), Column(index.column())
        if role in {Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole, FULL_TEXT_ROLE}:
            return self._text_of(self._at(row), column)
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._tip(row, column)
        if role == Qt.ItemDataRole.DecorationRole and column == Column.NAME:
            here = self._at(row)
            return icon(here.kind) if isinstance(here, Region) else QIcon(swatch(here.label))
        numeric = column in _NUMERIC
        if role == Qt.ItemDataRole.TextAlignmentRole and numeric:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return tabular(QGuiApplication.font()) if role == Qt.ItemDataRole.FontRole and numeric else None

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Qt: tell the owner of the regions what was edited; it answers with new regions."""
        if role != Qt.ItemDataRole.EditRole or not index.isValid():
            return False
        region = self._at(index.row())
        if not isinstance(region, Region):
            return False
        text = str(value).strip()
        if index.column() == Column.NAME:
            taken = {other.name for other in self._regions} | {group.name for group in self._groups}
            if not text or text in taken:
                return False
            self.renamed.emit(region.name, text)
            return True
        if index.column() == Column.NOTE and text != region.note:
            self.noted.emit(region.name, text)
            return True
        return False

    def _at(self, row: int) -> Group | Region:
        return self._own(self._order[row])

    def _own(self, number: int) -> Group | Region:
        """By the number in the order of their own."""
        return self._groups[number] if number < len(self._groups) else self._regions[number - len(self._groups)]

    def _text_of(self, here: Group | Region, column: Column) -> str:
        if isinstance(here, Group):
            texts = (here.name, "group", percent(here.share), decimal(here.departure), _UNKNOWN, _UNKNOWN, "")
            return texts[column]
        figures = self._statistics.get(here.name)
        if figures is None:
            return (here.name, here.kind, _UNKNOWN, _UNKNOWN, _UNKNOWN, _UNKNOWN, here.note)[column]
        texts = (
            here.name,
            here.kind,
            percent(figures.share),
            _decimal(figures.departure_mean),
            _decimal(figures.similarity_inside),
            _decimal(figures.similarity_outside),
            here.note,
        )
        return texts[column]

    def _tip(self, row: int, column: Column) -> str:
        here = self._at(row)
        if column == Column.NOTE and isinstance(here, Region):
            return plain_tip(here.note) or "Double click to write a note"
        if isinstance(here, Group):
            return group_in_words(here)
        figures = self._statistics.get(here.name)
        if figures is None:
            return "Not known yet: analyse the photograph first"
        return "\n".join(f"{name}: {text}" for name, text in figures.described())


def _decimal(value: float | None) -> str:
    return _UNKNOWN if value is None or math.isnan(value) else decimal(value)
