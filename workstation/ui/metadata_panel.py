"""The panel that shows what a file says about itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from PySide6.QtCore import QEvent, QItemSelectionModel, QModelIndex, QObject, QPoint, Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QMenu,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

from workstation.evidence.record import Evidence, Present, Unreadable
from workstation.ui.controls import add_action, chain_focus, icon_size, tool_button, wrapped_label
from workstation.ui.copying import copy_text, full_text, headings, to_tsv
from workstation.ui.icons import icon
from workstation.ui.metadata_model import SUBJECT_ROLE, Column, MetadataFilter, MetadataModel, walk
from workstation.ui.theme import GRID
from workstation.ui.wording import metadata_instead

_LETTERS = {
    Column.NAME: 22,
    Column.VALUE: 24,
    Column.RAW: 30,
    Column.UNIT: 10,
    Column.COMMON: 13,
    Column.OFFSET: 12,
}
"""Least widths of the columns, in usual characters."""
_OPEN_AT_FIRST = ("IFD0", "ExifIFD", "GPS", "EXIF", "JPEG", "Payloads", "thumbnail", "File")


NO_FILE = metadata_instead(opening=False, failed=False, hidden=False)


class MetadataPanel(QWidget):
    """The file's metadata as a filterable tree; what is open, marked and filtered survives a change of exhibit.

    Signals:
        tag_activated: a row was double-clicked or entered; carries the TagEntry, Payload, JpegSegment or
            QuantisationTable that it speaks of (rows that speak of none are silent).
    """

    tag_activated = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = MetadataModel(self)
        self._filtered = MetadataFilter(self._model, self)
        self._closed: dict[tuple[str, ...], bool] = {}
        self._restoring = False
        self._fitting = False
        self._columns_are_mine = True
        self._instead = NO_FILE
        self._filter = self._make_filter()
        self._tree = self._make_tree()
        self._expand = tool_button("expand-all", "Expand all", "Open every group")
        self._collapse = tool_button("collapse-all", "Collapse all", "Close every group")
        self._copy = tool_button("copy", "Copy table", "Copy all rows that are shown, as tab-separated text")
        self._count = wrapped_label(weight="muted", name="What the file carries")
        self._tree.viewport().installEventFilter(self)
        self._lay_out()
        self._make_actions()
        self._expand.clicked.connect(self._tree.expandAll)
        self._collapse.clicked.connect(self._tree.collapseAll)
        self._copy.clicked.connect(self.copy_table)
        self.show_evidence(None)

    @property
    def model(self) -> MetadataModel:
        """The model behind the tree."""
        return self._model

    @property
    def tree(self) -> QTreeView:
        """The tree itself."""
        return self._tree

    def show_evidence(self, evidence: Evidence | None, instead: str = NO_FILE) -> None:
        """Show another file's metadata, or none; what is open, marked and scrolled to stays.

        Args:
            evidence: the file.
            instead: what is said where there is none.
        """
        for _ in self.showing(evidence, instead):
            pass

    def showing(self, evidence: Evidence | None, instead: str = NO_FILE) -> Iterator[None]:
        """The same in pieces of some milliseconds: the rows are taken, measured, and painted."""
        self._instead = instead
        marked, scrolled = self._marked_path(), self._tree.verticalScrollBar().value()
        self._tree.setUpdatesEnabled(False)
        try:
            self._restoring = True
            self._model.show_evidence(evidence)
            self._restore_open_groups()
            self._restoring = False
            for control in (self._filter, self._expand, self._collapse, self._copy):
                control.setEnabled(evidence is not None)
            self._tell_count()
            yield
            self._fit_columns()
            self._tree.visualRect(self._filtered.index(0, 0))  # lays the rows out, if that is still to be done
            self._mark(marked)
            self._tree.verticalScrollBar().setValue(scrolled)
        finally:
            self._tree.setUpdatesEnabled(True)

    @property
    def words(self) -> str:
        """What stands below the tree."""
        return self._count.text()

    def set_commonness(self, commonness: Mapping[str, float] | None) -> None:
        """Say how common each tag is among the model's training photos (name to share, 0..1); None hides the column."""
        self._restoring = True
        self._model.set_commonness(commonness)
        self._restore_open_groups()
        self._restoring = False
        self._tree.setColumnHidden(Column.COMMON, not commonness)
        self._tell_count()

    def set_filter(self, typed: str) -> None:
        """Filter as if the analyst had typed this."""
        self._filter.setText(typed)

    def focus_filter(self) -> None:
        """Put the cursor into the filter."""
        self._filter.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self._filter.selectAll()

    def copy_value(self) -> None:
        """Copy the full value of the marked row."""
        self._copy_cell(Column.VALUE)

    def copy_name(self) -> None:
        """Copy the name of the marked row."""
        self._copy_cell(Column.NAME)

    def copy_row(self) -> None:
        """Copy the selected rows as TSV without headings."""
        copy_text(to_tsv(self._cells(index) for index in self._selected()))

    def copy_table(self) -> None:
        """Copy all rows that the filter leaves, as TSV with headings; the first column says the group."""
        rows = [
            [" / ".join(self._path(index)[:-1]), *self._cells(index)]
            for index in walk(self._filtered)
            if not self._is_heading(index)
        ]
        copy_text(to_tsv([["Group", *headings(self._model)], *rows]))

    def copy_selection(self) -> None:
        """Copy the value of one marked row, or several rows as TSV."""
        if len(self._selected()) > 1:
            self.copy_row()
        else:
            self.copy_value()

    def changeEvent(self, event: QEvent) -> None:
        """Qt: let rows grow with the system's font."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._model.measure_font()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Qt: let the value column take the room when the tree grows."""
        if event.type() == QEvent.Type.Resize:
            self._fit_columns()
        return super().eventFilter(watched, event)

    def _make_filter(self) -> QLineEdit:
        line = QLineEdit()
        line.setPlaceholderText("Name, value, 0x…")
        line.setAccessibleName("Filter metadata")
        line.setToolTip("Show only rows whose name, value or tag number holds every word that you type")
        line.setClearButtonEnabled(True)
        line.addAction(icon("filter"), QLineEdit.ActionPosition.LeadingPosition)
        line.textChanged.connect(self._filter_changed)
        return line

    def _make_tree(self) -> QTreeView:
        tree = QTreeView()
        tree.setModel(self._filtered)
        tree.setAccessibleName("Metadata")
        tree.setAlternatingRowColors(True)
        tree.setIconSize(icon_size(tree))
        tree.setIndentation(round(tree.fontMetrics().height() * 0.9))
        tree.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        tree.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        tree.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        tree.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        tree.setTextElideMode(Qt.TextElideMode.ElideRight)
        tree.setExpandsOnDoubleClick(True)
        tree.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        header = tree.header()
        header.setSectionsMovable(True)
        header.setStretchLastSection(False)
        header.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        header.customContextMenuRequested.connect(self._choose_columns)
        header.setToolTip("Drag to move a column; right click to choose columns")
        letter = tree.fontMetrics().averageCharWidth()
        for column, letters in _LETTERS.items():
            tree.setColumnWidth(column, letters * letter)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        for column in (Column.UNIT, Column.OFFSET, Column.RAW):  # a narrow dock shows how common a tag is before these
            header.moveSection(header.visualIndex(column), len(Column) - 1)
        header.sectionResized.connect(self._column_resized)
        tree.activated.connect(self._activated)
        tree.collapsed.connect(self._remember_closed)
        tree.expanded.connect(self._remember_open)
        return tree

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(GRID)
        for control in (self._filter, self._expand, self._collapse, self._copy):
            top.addWidget(control)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(GRID, GRID, GRID, GRID)
        layout.setSpacing(GRID)
        layout.addLayout(top)
        layout.addWidget(self._tree, 1)
        layout.addWidget(self._count)
        chain_focus(self._filter, self._expand, self._collapse, self._copy, self._tree)
        self.setAccessibleName("Metadata panel")

    def _make_actions(self) -> None:
        tree = self._tree
        add_action(
            tree,
            "Copy value",
            "Copy the full value of the marked row (several rows: as a table)",
            self.copy_selection,
            icon_name="copy",
            keys="Ctrl+C",
        )
        add_action(tree, "Copy name", "Copy the name of the marked row", self.copy_name)
        add_action(tree, "Copy row", "Copy the selected rows as tab-separated text", self.copy_row)
        add_action(tree, "Copy table", "Copy all rows that are shown, with headings", self.copy_table)
        separator = QAction(tree)
        separator.setSeparator(True)
        tree.addAction(separator)
        add_action(tree, "Expand all", "Open every group", tree.expandAll, icon_name="expand-all")
        add_action(tree, "Collapse all", "Close every group", tree.collapseAll, icon_name="collapse-all")

    def _filter_changed(self, typed: str) -> None:
        self._restoring = True
        self._filtered.set_words(typed)
        if self._filtered.is_active:
            self._tree.expandAll()
        else:
            self._restore_open_groups()
        self._restoring = False
        self._tell_count()

    def _tell_count(self) -> None:
        rows = self._model.plain_rows
        if not rows:
            self._count.setText(self._instead)
            return
        absent = sum(not isinstance(row.state, Present) for row in rows)
        unreadable = sum(isinstance(row.state, Unreadable) for row in rows)
        text = f"{len(rows)} rows, {absent} of them absences"
        if unreadable:
            text += f" ({unreadable} unreadable)"
        if self._filtered.is_active:
            shown = sum(not self._is_heading(index) for index in walk(self._filtered))
            text = (
                f"{shown} of {len(rows)} rows"
                if shown
                else f"No row holds “{self._filter.text().strip()}”. Clear the filter."
            )
        self._count.setText(text)

    def _restore_open_groups(self) -> None:
        for heading in self._model.headings():  # all rows would be asked through two models: 10 ms
            index = self._filtered.mapFromSource(heading)
            if not index.isValid():
                continue
            path = self._path(index)
            at_first = path[-1] not in _OPEN_AT_FIRST
            self._tree.setExpanded(index, not self._closed.get(path, at_first))

    def _fit_columns(self) -> None:
        """Give names the room that they need and values what is left, until the analyst has set a width."""
        if not self._columns_are_mine or not self._model.rowCount():
            return
        self._fitting = True
        tree, letter = self._tree, self._tree.fontMetrics().averageCharWidth()
        there = tree.viewport().width()
        wanted = max(_LETTERS[Column.NAME] * letter, self._model.width_of_names(tree.indentation()) + letter)
        tree.setColumnWidth(Column.NAME, min(wanted, round(there * 0.5)))
        room = there - tree.columnWidth(Column.NAME)
        least = min(room, _LETTERS[Column.VALUE] * letter)  # narrower in a narrow dock: shortened, not cut off
        for column in (Column.COMMON, Column.UNIT, Column.OFFSET, Column.RAW):  # those that do not fit are scrolled to
            if room - tree.columnWidth(column) < least:
                break
            room -= tree.columnWidth(column)
        tree.setColumnWidth(Column.VALUE, room)
        self._fitting = False

    def _column_resized(self, column: int, _old: int, _new: int) -> None:
        if not self._fitting and column in {Column.NAME, Column.VALUE} and self._tree.isVisible():
            self._columns_are_mine = False

    def _remember_closed(self, index: QModelIndex) -> None:
        if not self._restoring and not self._filtered.is_active:
            self._closed[self._path(index)] = True

    def _remember_open(self, index: QModelIndex) -> None:
        if not self._restoring and not self._filtered.is_active:
            self._closed[self._path(index)] = False

    def _marked_path(self) -> tuple[str, ...]:
        return self._path(self._tree.currentIndex())

    def _mark(self, path: tuple[str, ...]) -> None:
        if not path:
            return
        for index in walk(self._filtered):
            if self._path(index) == path:
                flags = QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows
                self._tree.selectionModel().setCurrentIndex(index, flags)
                return

    def _activated(self, index: QModelIndex) -> None:
        subject = index.data(SUBJECT_ROLE)
        if subject is not None:
            self.tag_activated.emit(subject)

    def _choose_columns(self, position: QPoint) -> None:
        menu = QMenu("Columns", self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for column in Column:
            if column == Column.NAME:
                continue
            title = str(self._model.headerData(column, Qt.Orientation.Horizontal))
            action = menu.addAction(title)
            action.setCheckable(True)
            action.setChecked(not self._tree.isColumnHidden(column))
            action.setData(int(column))
        menu.triggered.connect(self._toggle_column)
        menu.popup(self._tree.header().mapToGlobal(position))

    def _toggle_column(self, action: QAction) -> None:
        self._tree.setColumnHidden(int(action.data()), not action.isChecked())

    def _copy_cell(self, column: Column) -> None:
        index = self._tree.currentIndex()
        if index.isValid():
            copy_text(full_text(index.siblingAtColumn(column)))

    def _selected(self) -> list[QModelIndex]:
        chosen = set(self._tree.selectionModel().selectedRows(0))
        return [index for index in walk(self._filtered) if index in chosen]

    def _cells(self, index: QModelIndex) -> list[str]:
        return [full_text(index.siblingAtColumn(column)) for column in Column]

    def _path(self, index: QModelIndex) -> tuple[str, ...]:
        return self._model.path_of(self._filtered.mapToSource(index))

    def _is_heading(self, index: QModelIndex) -> bool:
        row = self._model.row_at(self._filtered.mapToSource(index))
        return row is None or (row.heading and self._model.rowCount(self._filtered.mapToSource(index)) > 0)
