"""The panel of groups and regions: numbers, notes, and "everything as seen from here"."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QItemSelectionModel, QModelIndex, Qt, Signal, Slot
from PySide6.QtGui import QAction, QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QHBoxLayout, QHeaderView, QLineEdit, QTableView, QVBoxLayout, QWidget

from workstation.analysis.regions import Region, RegionStatistics
from workstation.analysis.result import Partition
from workstation.ui.controls import add_action, chain_focus, icon_size, tool_button, wrapped_label
from workstation.ui.copying import copy_text, full_text, table_as_tsv, to_tsv
from workstation.ui.regions_model import Column, RegionsModel
from workstation.ui.sorting import offer_sorting
from workstation.ui.theme import GRID

_HINT = "Mark a part of the picture (R, E, P or L) to measure it and to compare everything with it."


class NoteLine(QLineEdit):
    """The note on the chosen region, over the whole width of the panel: Return keeps it, Escape leaves it as it was.

    Signals:
        written: carries the region's name and its new note.
    """

    written = Signal(str, str)

    def __init__(self) -> None:
        super().__init__()
        self._region, self._note = "", ""
        self.setToolTip("Note on the chosen region (N); Return keeps it, Escape leaves it as it was")
        self.editingFinished.connect(self._write)
        self.show_note("", "")

    def show_note(self, region: str, note: str) -> None:
        """Show the note on a region; "" = no region is chosen. What is being typed on the same region stays."""
        if region == self._region and self.isModified() and self.hasFocus():
            return
        self._region, self._note = region, note
        self.setText(note)
        self.setCursorPosition(0)
        self.setEnabled(bool(region))
        self.setAccessibleName(f"Note on region {region}" if region else "Note on the chosen region")
        self.setPlaceholderText(f"Note on region {region} (N)" if region else "Choose a region for a note")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Qt: Escape takes back what was typed."""
        if event.key() == Qt.Key.Key_Escape:
            self.setText(self._note)
            self.clearFocus()
            event.accept()
            return
        super().keyPressEvent(event)

    @Slot()
    def _write(self) -> None:
        text = self.text().strip()
        if self._region and text != self._note:
            self._note = text
            self.setModified(False)
            self.written.emit(self._region, text)


class RegionsPanel(QWidget):
    """Groups that the analysis found and regions that the analyst marked.

    Signals:
        region_selected: a row was selected; carries the name of the region or the letter of the group ("" for none).
        region_renamed: carries old and new name.
        note_edited: carries the region's name and its new note.
        delete_requested: carries the region's name.
        reference_requested: "everything as seen from here"; carries the region's name or the group's letter.
    """

    region_selected = Signal(str)
    region_renamed = Signal(str, str)
    note_edited = Signal(str, str)
    delete_requested = Signal(str)
    reference_requested = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = RegionsModel(self)
        self._refilling = False
        self._table = self._make_table()
        self._hint = wrapped_label(_HINT, weight="muted")
        self._note_line = NoteLine()
        self._make_tools()
        self._lay_out()
        self._model.renamed.connect(self.region_renamed)
        self._model.noted.connect(self.note_edited)
        self._note_line.written.connect(self.note_edited)
        self._tell_selection()

    @property
    def model(self) -> RegionsModel:
        """The model behind the table."""
        return self._model

    @property
    def table(self) -> QTableView:
        """The table itself."""
        return self._table

    def show_groups(self, partition: Partition | None) -> None:
        """Show the groups of an analysis above the regions; None shows none."""
        with_selection = self._chosen()
        self._refilling = True
        self._model.show_groups(partition)
        self._refilling = False
        self._choose(with_selection)

    def show_regions(
        self, regions: tuple[Region, ...], statistics: Mapping[str, RegionStatistics] | None = None
    ) -> None:
        """Show the analyst's regions; the selected one stays selected.

        Args:
            regions: in the order in which they were drawn.
            statistics: numbers by the region's name; regions without any show dashes.
        """
        with_selection = self._chosen()
        self._refilling = True
        self._model.show_regions(regions, statistics or {})
        self._refilling = False
        self._hint.setVisible(not regions)
        self._choose(with_selection)

    def select_region(self, name: str) -> None:
        """Select a region without saying so; "" selects none."""
        self._choose((name, True) if name else None)

    def edit_note(self, name: str) -> None:
        """Put the cursor into the note of a region."""
        if self._model.row_of(name) is not None:
            self._choose((name, True))
            self._note_line.setFocus(Qt.FocusReason.ShortcutFocusReason)
            self._note_line.selectAll()

    def copy_value(self) -> None:
        """Copy the marked cell."""
        copy_text(full_text(self._table.currentIndex()))

    def copy_row(self) -> None:
        """Copy the marked row as TSV."""
        row = self._table.currentIndex().row()
        if row >= 0:
            copy_text(to_tsv([[full_text(self._model.index(row, column)) for column in Column]]))

    def copy_table(self) -> None:
        """Copy the whole table with its headings as TSV."""
        copy_text(table_as_tsv(self._model))

    def _make_table(self) -> QTableView:
        table = QTableView()
        table.setModel(self._model)
        table.setAccessibleName("Groups and regions")
        table.setAlternatingRowColors(True)
        table.setIconSize(icon_size(table))
        table.setShowGrid(False)
        table.setWordWrap(False)
        table.setTabKeyNavigation(False)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        triggers = QAbstractItemView.EditTrigger.DoubleClicked | QAbstractItemView.EditTrigger.EditKeyPressed
        table.setEditTriggers(triggers)
        table.verticalHeader().hide()
        table.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        table.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        header = table.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionsMovable(True)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(Column.NOTE, QHeaderView.ResizeMode.Interactive)
        for column in (Column.INSIDE, Column.OUTSIDE, Column.KIND):  # a narrow dock shows the note before these
            header.moveSection(header.visualIndex(column), len(Column) - 1)
        header.resizeSection(Column.NOTE, 20 * table.fontMetrics().averageCharWidth())
        table.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        table.selectionModel().currentRowChanged.connect(self._row_changed)
        return table

    def _make_tools(self) -> None:
        self._see = tool_button(
            "layer-similarity", "Everything as seen from here", "Compare every patch with the selected region or group"
        )
        self._note = tool_button("note", "Note on the region", "Write a note on the selected region (N)")
        self._delete = tool_button("delete", "Delete region", "Delete the selected region (can be undone)")
        self._copy = tool_button("copy", "Copy table", "Copy groups and regions as tab-separated text")
        self._see.clicked.connect(self._request_reference)
        self._note.clicked.connect(self._edit_chosen_note)
        self._delete.clicked.connect(self._request_deletion)
        self._copy.clicked.connect(self.copy_table)
        table = self._table
        self._see_action = add_action(
            table,
            "Everything as seen from here",
            "Compare every patch with the selected region or group",
            self._request_reference,
            icon_name="layer-similarity",
        )
        self._note_action = add_action(
            table, "Edit note", "Write a note on the region", self._edit_chosen_note, icon_name="note"
        )
        self._delete_action = add_action(
            table, "Delete region", "Delete the region", self._request_deletion, icon_name="delete", keys="Del"
        )
        separator = QAction(table)
        separator.setSeparator(True)
        table.addAction(separator)
        add_action(table, "Copy value", "Copy the marked cell", self.copy_value, icon_name="copy", keys="Ctrl+C")
        add_action(table, "Copy row", "Copy the marked row as tab-separated text", self.copy_row)
        add_action(table, "Copy table", "Copy the whole table with headings", self.copy_table)
        offer_sorting(table)

    def _lay_out(self) -> None:
        tools = QHBoxLayout()
        tools.setSpacing(GRID)
        for control in (self._see, self._note, self._delete):
            tools.addWidget(control)
        tools.addStretch(1)
        tools.addWidget(self._copy)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(GRID, GRID, GRID, GRID)
        layout.setSpacing(GRID)
        layout.addLayout(tools)
        layout.addWidget(self._table, 1)
        layout.addWidget(self._note_line)
        layout.addWidget(self._hint)
        chain_focus(self._see, self._note, self._delete, self._copy, self._table, self._note_line)
        self.setAccessibleName("Regions panel")

    def _row_changed(self, current: QModelIndex, _previous: QModelIndex) -> None:
        self._tell_selection()
        if not self._refilling:
            self.region_selected.emit(self._model.name_at(current.row()) if current.isValid() else "")

    def _tell_selection(self) -> None:
        chosen = self._chosen()
        on_region = chosen is not None and chosen[1]
        for control in (self._see, self._see_action):
            control.setEnabled(chosen is not None)
        for control in (self._note, self._note_action, self._delete, self._delete_action):
            control.setEnabled(on_region)
        self._copy.setEnabled(self._model.rowCount() > 0)
        note = self._model.index(self._table.currentIndex().row(), Column.NOTE).data() if on_region else ""
        self._note_line.show_note(chosen[0] if chosen is not None and on_region else "", str(note or ""))

    def _chosen(self) -> tuple[str, bool] | None:
        """Name of the selected row and whether it is a region."""
        row = self._table.currentIndex().row()
        return (self._model.name_at(row), self._model.is_region(row)) if row >= 0 else None

    def _choose(self, chosen: tuple[str, bool] | None) -> None:
        row = self._model.row_of(chosen[0], region=chosen[1]) if chosen is not None else None
        self._refilling = True
        selection = self._table.selectionModel()
        if row is None:
            selection.clear()
        else:
            flags = QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows
            selection.setCurrentIndex(self._model.index(row, Column.NAME), flags)
        self._refilling = False
        self._tell_selection()

    def _request_reference(self) -> None:
        chosen = self._chosen()
        if chosen is not None:
            self.reference_requested.emit(chosen[0])

    def _request_deletion(self) -> None:
        chosen = self._chosen()
        if chosen is not None and chosen[1]:
            self.delete_requested.emit(chosen[0])

    def _edit_chosen_note(self) -> None:
        chosen = self._chosen()
        if chosen is not None and chosen[1]:
            self.edit_note(chosen[0])
