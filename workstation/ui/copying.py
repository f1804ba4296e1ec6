"""Everything that is seen can be copied: values and sentences as text, tables as TSV, views as images."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from workstation.spreadsheets import inert

_BREAKS = re.compile(r"[\t\n\v\f\r\x85\u2028\u2029]+")

FULL_TEXT_ROLE = Qt.ItemDataRole.UserRole + 1
"""Role under which a model gives a cell's full text where the displayed one is shortened."""


def copy_text(text: str) -> None:
    """Put text on the clipboard."""
    QGuiApplication.clipboard().setText(text)


def copy_image(widget: QWidget) -> None:
    """Put what a widget shows on the clipboard, at the screen's full resolution."""
    QGuiApplication.clipboard().setImage(widget.grab().toImage())


def to_tsv(rows: Iterable[Sequence[str]]) -> str:
    """Rows as tab-separated lines; tabs and line breaks inside a cell become spaces, so that columns stay columns.

    What is pasted into a spreadsheet is not computed there (`inert`); a value that is copied alone is exact.
    """
    return "\n".join("\t".join(inert(on_one_line(cell)) for cell in row) for row in rows)


def on_one_line(text: str) -> str:
    """Text with every run of tabs and line breaks turned into one space."""
    return _BREAKS.sub(" ", text).strip()


def full_text(index: QModelIndex | QPersistentModelIndex) -> str:
    """A cell's full text, or what it displays where that is already all."""
    text = index.data(FULL_TEXT_ROLE)
    if text is None:
        text = index.data(Qt.ItemDataRole.DisplayRole)
    return "" if text is None else str(text)


def headings(model: QAbstractItemModel) -> list[str]:
    """The titles of a model's columns."""
    horizontal = Qt.Orientation.Horizontal
    return [str(model.headerData(column, horizontal) or "") for column in range(model.columnCount())]


def table_as_tsv(model: QAbstractItemModel, rows: Iterable[int] | None = None) -> str:
    """A flat table with its headings as TSV.

    Args:
        model: a table; children of its rows are left out.
        rows: which rows, in this order; None = all.
    """
    chosen = range(model.rowCount()) if rows is None else rows
    cells = [[full_text(model.index(row, column)) for column in range(model.columnCount())] for row in chosen]
    return to_tsv([headings(model), *cells])
