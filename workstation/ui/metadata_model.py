"""The metadata tree as Qt models: one that holds a file's rows, one that filters them while the analyst types."""

from __future__ import annotations

import html
import io
from collections.abc import Iterator, Mapping
from enum import IntEnum
from typing import Any

from PIL import Image, UnidentifiedImageError
from PySide6.QtCore import (
    QAbstractItemModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QSize,
    QSortFilterProxyModel,
    Qt,
)
from PySide6.QtGui import QColor, QFont, QFontMetrics, QGuiApplication, QImage, QPixmap

from workstation.errors import in_percent
from workstation.evidence.record import Empty, Evidence, NotApplicable, NotPresent, Present, TagState, Unreadable
from workstation.ui.copying import FULL_TEXT_ROLE, on_one_line
from workstation.ui.icons import icon
from workstation.ui.metadata_rows import RAW_SHOWN, Row, offset_text, raw_text, rows_of, state_in_words
from workstation.ui.shown_text import visible
from workstation.ui.theme import current_theme, monospaced, shortened_hash, tabular

SUBJECT_ROLE = Qt.ItemDataRole.UserRole + 2
SEARCH_ROLE = Qt.ItemDataRole.UserRole + 3

VALUE_SHOWN = 240
TOOLTIP_SHOWN = 4000
PICTURE_SIDE = 200
PICTURE_PIXELS = 4_000_000
"""An embedded thumbnail with more pixels is not decoded for display."""

_HASHES = frozenset({"SHA-256", "SHA-1", "MD5"})
_COLUMNS = 6
_Index = QModelIndex | QPersistentModelIndex


class Column(IntEnum):
    """The columns of the tree."""

    NAME = 0
    VALUE = 1
    RAW = 2
    UNIT = 3
    COMMON = 4
    OFFSET = 5


TITLES = {
    Column.NAME: ("Name", "Name of the tag in its standard, or of the part of the file"),
    Column.VALUE: ("Value", "Decoded value, or the kind of absence"),
    Column.RAW: ("Raw", "Bytes as stored, in hexadecimal"),
    Column.UNIT: ("Unit", "Unit of the value"),
    Column.COMMON: ("Common", "Share of the model's training photos that carry this tag"),
    Column.OFFSET: ("Offset", "Where the value stands, in bytes from the start of the file"),
}

_STATE_ICONS: tuple[tuple[type[object], str], ...] = (
    (Empty, "state-empty"),
    (Unreadable, "state-unreadable"),
    (NotPresent, "state-not-present"),
    (NotApplicable, "state-not-applicable"),
)


class MetadataModel(QAbstractItemModel):
    """All rows of one file; texts are made when they are shown."""

    # Row n of the flat list `_rows` has the internal id n + 1; id 0 is the invisible root.

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._evidence: Evidence | None = None
        self._commonness: Mapping[str, float] = {}
        self._rows: list[Row] = []
        self._parents: list[int] = []
        self._positions: list[int] = []
        self._children: list[list[int]] = [[]]
        self._pictures: dict[int, QPixmap | None] = {}
        self._line = _line_size()

    def show_evidence(self, evidence: Evidence | None) -> None:
        """Replace all rows by those of another file, or by none."""
        self._evidence = evidence
        self._rebuild()

    def set_commonness(self, commonness: Mapping[str, float] | None) -> None:
        """Say how common each tag name is, as shares 0..1 of the model's training photos; None = not known."""
        self._commonness = dict(commonness or {})
        self._rebuild()

    def measure_font(self) -> None:
        """Take the sizes of a changed font."""
        self._line = _line_size()
        self.layoutChanged.emit()

    def row_at(self, index: _Index) -> Row | None:
        """The row behind an index; None for the invisible root."""
        return self._rows[index.internalId() - 1] if index.isValid() else None

    @property
    def plain_rows(self) -> list[Row]:
        """All rows but headings."""
        return [row for row in self._rows if not row.heading]

    def width_of_names(self, indentation: int) -> int:
        """Pixels that the longest name needs, indented by so many per level."""
        letter, depths, widest = self._line.width(), [0] * (len(self._rows) + 1), 0
        for number, (row, parent) in enumerate(zip(self._rows, self._parents, strict=True), start=1):
            depths[number] = depths[parent] + 1
            widest = max(widest, depths[number] * indentation + (len(row.name) + 4) * letter)
        return widest

    def path_of(self, index: _Index) -> tuple[str, ...]:
        """Names from the group down to the row."""
        names: list[str] = []
        number = index.internalId() if index.isValid() else 0
        while number:
            names.append(self._rows[number - 1].name)
            number = self._parents[number - 1]
        return tuple(reversed(names))

    def _rebuild(self) -> None:
        self.beginResetModel()
        self._rows, self._parents, self._positions, self._children, self._pictures = [], [], [], [[]], {}
        if self._evidence is not None:
            self._add(rows_of(self._evidence, self._commonness), 0)
        self.endResetModel()

    def _add(self, rows: list[Row], parent: int) -> None:
        for position, row in enumerate(rows):
            self._rows.append(row)
            self._positions.append(position)
            self._parents.append(parent)
            self._children.append([])
            number = len(self._rows)
            self._children[parent].append(number)
            self._add(row.children, number)

    def index(self, row: int, column: int, parent: _Index = QModelIndex()) -> QModelIndex:  # noqa: B008 - Qt's signature
        """Qt: the index of a row and column below `parent`."""
        if parent.isValid() and parent.column() != 0:
            return QModelIndex()
        siblings = self._children[parent.internalId() if parent.isValid() else 0]
        if not (0 <= row < len(siblings) and 0 <= column < _COLUMNS):
            return QModelIndex()
        return self.createIndex(row, column, siblings[row])

    def headings(self) -> list[QModelIndex]:
        """The indexes of all rows that have rows below them, parents before their children."""
        return [
            self.createIndex(self._positions[number - 1], 0, number)
            for number, children in enumerate(self._children)
            if number and children
        ]

    def parent(self, index: _Index) -> QModelIndex:  # type: ignore[override]  # Qt overloads it with QObject.parent()
        """Qt: the index of the row above."""
        number = self._parents[index.internalId() - 1] if index.isValid() else 0
        if number == 0:
            return QModelIndex()
        return self.createIndex(self._positions[number - 1], 0, number)

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        """Qt: how many rows stand below `parent`."""
        if parent.isValid() and parent.column() != 0:
            return 0
        return len(self._children[parent.internalId() if parent.isValid() else 0])

    def columnCount(self, _parent: _Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        """Qt: the columns of `Column`."""
        return _COLUMNS

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Qt: titles of the columns and what they mean."""
        if orientation != Qt.Orientation.Horizontal or not 0 <= section < len(Column):
            return None
        title, explanation = TITLES[Column(section)]
        if role == Qt.ItemDataRole.DisplayRole:
            return title
        if role == Qt.ItemDataRole.TextAlignmentRole:
            right = section in {Column.COMMON, Column.OFFSET}
            return (
                Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft
            ) | Qt.AlignmentFlag.AlignVCenter
        return explanation if role == Qt.ItemDataRole.ToolTipRole else None

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Qt: texts, fonts, colours and icons of one cell; SUBJECT_ROLE gives the evidence behind it."""
        row = self.row_at(index)
        if row is None:
            return None
        column = index.column()
        if role == Qt.ItemDataRole.SizeHintRole:  # asked for every row; saves the delegate five other questions
            return self._size(row, column)
        text = self._text(row, column, role)
        if text is not None:
            return text
        return row.subject if role == SUBJECT_ROLE else self._look(row, column, role)

    def _text(self, row: Row, column: int, role: int) -> str | None:
        if role == Qt.ItemDataRole.DisplayRole:
            return self._displayed(row, column)
        if role == FULL_TEXT_ROLE:
            return self._full(row, column)
        if role == SEARCH_ROLE:
            return _searched(row)
        if role in {Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleDescriptionRole}:
            return _tooltip(row, rich=role == Qt.ItemDataRole.ToolTipRole)
        return None

    def _displayed(self, row: Row, column: int) -> str:
        if column == Column.VALUE:
            if row.picture and self._picture(row) is not None:
                return ""
            if row.name in _HASHES:
                return shortened_hash(row.value, 10)
            line = visible(on_one_line(self._full(row, column)[: VALUE_SHOWN * 2]))
            return line if len(line) <= VALUE_SHOWN else line[:VALUE_SHOWN] + "…"
        if column == Column.RAW:
            return raw_text(row.raw, RAW_SHOWN, row.raw_size)
        return self._full(row, column)

    def _full(self, row: Row, column: int) -> str:
        if column == Column.NAME:
            return row.name
        if column == Column.VALUE:
            return state_in_words(row.state) or row.value
        if column == Column.RAW:
            return raw_text(row.raw, max(len(row.raw), 1), row.raw_size)
        if column == Column.UNIT:
            return row.unit
        if column == Column.OFFSET:
            return offset_text(row.offset)
        share = self._commonness.get(row.tag)
        return "" if share is None else in_percent(share)

    def _look(self, row: Row, column: int, role: int) -> Any:
        font = QGuiApplication.font()
        if role == Qt.ItemDataRole.FontRole:
            return _font(font, row, column)
        if role == Qt.ItemDataRole.ForegroundRole:
            return _colour(row, column)
        if role == Qt.ItemDataRole.DecorationRole and column == Column.VALUE:
            return self._picture(row) if row.picture else _state_icon(row.state)
        if role == Qt.ItemDataRole.TextAlignmentRole and column in {Column.COMMON, Column.OFFSET}:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return None

    def _size(self, row: Row, column: int) -> QSize:
        height = self._line.height()
        if row.picture and column == Column.VALUE and (picture := self._picture(row)) is not None:
            height = max(height, picture.height() + 4)
        return QSize((len(self._displayed(row, column)) + 4) * self._line.width(), height)

    def _picture(self, row: Row) -> QPixmap | None:
        """The embedded thumbnail, decoded once; None where its bytes are no picture."""
        key = id(row)
        if key not in self._pictures:
            self._pictures[key] = _decoded(row.picture)
            if self._pictures[key] is None:
                row.state = Unreadable("the embedded picture cannot be decoded", row.offset)
        return self._pictures[key]


class MetadataFilter(QSortFilterProxyModel):
    """Keeps rows whose name, value or tag number holds every word that was typed, with their groups."""

    def __init__(self, model: MetadataModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._words: tuple[str, ...] = ()
        self.setRecursiveFilteringEnabled(True)
        self.setAutoAcceptChildRows(True)
        self.setSourceModel(model)

    def set_words(self, typed: str) -> None:
        """Filter by these words, whatever their case; an empty text shows everything."""
        self._words = tuple(typed.casefold().split())
        self.setFilterFixedString(typed)  # makes Qt filter anew

    @property
    def is_active(self) -> bool:
        """Whether anything is filtered."""
        return bool(self._words)

    def filterAcceptsRow(self, source_row: int, source_parent: _Index) -> bool:
        """Qt: whether a row holds every word."""
        if not self._words:
            return True
        text = self.sourceModel().index(source_row, 0, source_parent).data(SEARCH_ROLE)
        return all(word in text for word in self._words)


def walk(model: QAbstractItemModel, parent: QModelIndex | None = None) -> Iterator[QModelIndex]:
    """The first-column indexes of all rows of a tree, parents before their children."""
    above = QModelIndex() if parent is None else parent
    for row in range(model.rowCount(above)):
        index = model.index(row, 0, above)
        yield index
        yield from walk(model, index)


def _line_size() -> QSize:
    """Width of a usual character and height of a line with its margins."""
    metrics = QFontMetrics(QGuiApplication.font())
    return QSize(metrics.averageCharWidth(), metrics.height() + 4)


def _searched(row: Row) -> str:
    if row.heading:  # a heading stands for its rows by name; its count would match any figure that is typed
        return row.name.casefold()
    return f"{row.name} {row.identifier} {state_in_words(row.state) or row.value}".casefold()


def _font(font: QFont, row: Row, column: int) -> QFont | None:
    if column in {Column.RAW, Column.OFFSET}:
        return monospaced(font)
    if column == Column.VALUE and row.name in _HASHES:
        return monospaced(font)
    if column == Column.VALUE and not isinstance(row.state, Present):
        font.setItalic(True)
        return font
    if column == Column.NAME and row.heading:
        font.setWeight(QFont.Weight.DemiBold)
        return font
    return tabular(font) if column in {Column.VALUE, Column.COMMON} else None


def _colour(row: Row, column: int) -> QColor | None:
    theme = current_theme(QGuiApplication.palette())
    if column == Column.VALUE and isinstance(row.state, Unreadable):
        return QColor(theme.trouble)
    absent = isinstance(row.state, Empty | NotPresent | NotApplicable)
    if absent or column in {Column.RAW, Column.UNIT, Column.COMMON, Column.OFFSET}:
        return QColor(theme.muted)
    return QColor(theme.muted) if row.heading and column == Column.VALUE else None


def _state_icon(state: TagState) -> Any:
    return next((icon(name) for kind, name in _STATE_ICONS if isinstance(state, kind)), None)


def _tooltip(row: Row, *, rich: bool) -> str:
    value = state_in_words(row.state) or row.value
    if len(value) > TOOLTIP_SHOWN:
        value = value[:TOOLTIP_SHOWN] + " …"
    value = "\n".join(visible(line) for line in value.splitlines())
    if row.unit and row.unit not in value and isinstance(row.state, Present):
        value = f"{value} {row.unit}"
    lines = [value, row.note]
    if row.raw:
        lines.append(f"raw: {raw_text(row.raw, 512, row.raw_size)}")
    if row.offset is not None:
        lines.append(f"at {offset_text(row.offset)} ({row.offset} bytes from the start)")
    if not rich:
        return "\n".join(line for line in lines if line)
    body = "".join(f"<p style='white-space:pre-wrap;margin:2px'>{html.escape(line)}</p>" for line in lines if line)
    return f"<p style='margin:2px'><b>{html.escape(row.name)}</b></p>{body}"


def _decoded(encoded: bytes) -> QPixmap | None:
    try:
        with Image.open(io.BytesIO(encoded)) as picture:
            if picture.width * picture.height > PICTURE_PIXELS:
                return None
            rgb = picture.convert("RGB")
    except (OSError, UnidentifiedImageError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None
    rgb.thumbnail((PICTURE_SIDE, PICTURE_SIDE))
    data = rgb.tobytes()
    return QPixmap.fromImage(QImage(data, rgb.width, rgb.height, 3 * rgb.width, QImage.Format.Format_RGB888).copy())
