"""The open case: its exhibits, notes, bookmarks and history, and whether everything is saved."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QModelIndex, QObject, Qt, Signal, SignalInstance, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QLineEdit,
    QStackedWidget,
    QTableView,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from workstation.casework import ExhibitRecord
from workstation.casework.records import BookmarkRecord
from workstation.ui.case_keeper import CaseView
from workstation.ui.case_rows import (
    BOOKMARKS,
    EXHIBITS,
    HISTORY,
    NOTES,
    bookmark_rows,
    exhibit_rows,
    history_rows,
    note_rows,
)
from workstation.ui.casing import Keeping
from workstation.ui.controls import IconLabel, add_action, icon_size, plain_tip, push_button, tool_button, wrapped_label
from workstation.ui.copying import copy_text, table_as_tsv
from workstation.ui.icons import icon
from workstation.ui.rows_model import SUBJECT_ROLE, FilteredRows, RowsModel, TextRow
from workstation.ui.shown_text import visible
from workstation.ui.sorting import offer_sorting
from workstation.ui.theme import GRID

_KEEPING = {
    Keeping.NO_CASE: ("", "", ""),
    Keeping.READ_ONLY: ("state-not-applicable", "read-only: nothing is saved", "attention"),
    Keeping.SAVED: ("state-done", "all saved", "muted"),
    Keeping.SAVING: ("state-busy", "saving…", "muted"),
    Keeping.FAILED: ("warning", "not saved yet", "trouble"),
}
_NO_CASE = (
    "No case is open. In a case, exhibits, analyses, regions and notes are kept as you go, with an audit log of every "
    "step. What is open now is taken into it."
)


class CasePanel(QWidget):
    """The case as tables; every row can be found, opened and copied.

    Signals:
        new_requested, open_requested, all_requested, details_requested: buttons.
        try_again: the analyst wants what could not be saved to be written again.
        exhibit_activated, describe_requested, find_requested: carry an `ExhibitRecord`.
        bookmark_activated, bookmark_edit_requested, bookmark_delete_requested: carry a `BookmarkRecord`.
    """

    new_requested = Signal()
    open_requested = Signal()
    details_requested = Signal()
    try_again = Signal()
    all_requested = Signal()
    exhibit_activated = Signal(object)
    describe_requested = Signal(object)
    find_requested = Signal(object)
    bookmark_activated = Signal(object)
    bookmark_edit_requested = Signal(object)
    bookmark_delete_requested = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.exhibits = _Page("Exhibits of the case", EXHIBITS, widths=(12, 26, 18, 18, 30, 12, 22))
        self.notes = _Page("Notes of the case", NOTES, widths=(26, 60, 10, 16, 26, 8))
        self.bookmarks = _Page("Bookmarks of the case", BOOKMARKS, widths=(22, 16, 16, 40, 24))
        self.history = _Page("History of the case", HISTORY, widths=(9, 26, 18, 30, 22, 22))
        self._pages = {
            "Exhibits": (self.exhibits, exhibit_rows),
            "Notes": (self.notes, note_rows),
            "Bookmarks": (self.bookmarks, bookmark_rows),
            "History": (self.history, history_rows),
        }
        self._view: CaseView | None = None
        self._make_head()
        self._make_tabs()
        self._make_actions()
        self._lay_out()
        self.show_case(None)

    def show_case(self, view: CaseView | None) -> None:
        """Show a case, or that there is none."""
        self._view = view
        self._stack.setCurrentIndex(0 if view is None else 1)
        if view is None:
            return
        number = f" · {view.details.number}" if view.details.number else ""
        self._title.setText(f"{view.details.title}{number}")
        self._title.setToolTip(plain_tip(visible(str(view.folder))))
        self._details.setEnabled(not view.read_only)
        self._all.setEnabled(bool(view.exhibits))
        self._fill(self._tabs.currentIndex())
        for position, (title, (_, rows)) in enumerate(self._pages.items()):
            notes = (*view.notes, *view.noted_regions)
            count = {exhibit_rows: view.exhibits, note_rows: notes, bookmark_rows: view.bookmarks}.get(rows)
            self._tabs.setTabText(position, title if count is None else f"{title} ({len(count)})")

    @Slot(object)
    def show_keeping(self, keeping: Keeping) -> None:
        """Show whether everything is saved."""
        name, words, weight = _KEEPING[keeping]
        self._state_icon.show_icon(name)
        self._state.setText(words)
        self._state.setProperty("weight", weight)
        self._state.style().polish(self._state)
        self._again.setVisible(keeping is Keeping.FAILED)

    def show_tab(self, title: str) -> None:
        """Bring a tab to the front: "Exhibits", "Notes", "Bookmarks" or "History"."""
        self._tabs.setCurrentIndex(list(self._pages).index(title))

    @Slot(int)
    def _fill(self, tab: int) -> None:
        """Rows are made for the tab that is seen: a history may be long."""
        if self._view is not None and tab >= 0:
            page, rows = list(self._pages.values())[tab]
            page.show_rows(rows(self._view))

    def _make_head(self) -> None:
        self._title = wrapped_label(weight="headline", name="Title of the case")
        self._state_icon = IconLabel()
        self._state = wrapped_label(weight="muted", name="Whether the case is saved")
        self._again = push_button("redo", "Try again", "Write what could not be saved again")
        self._all = push_button("open", "Open all", "Open every exhibit of the case")
        self._details = tool_button("settings", "Case details", "Title, number, laboratory, authority and question")
        self._copy = tool_button("copy", "Copy table", "Copy the table that is shown as tab-separated text")
        self._again.clicked.connect(self.try_again)
        self._all.clicked.connect(self.all_requested)
        self._details.clicked.connect(self.details_requested)
        self._copy.clicked.connect(self._copy_table)
        self._new = push_button("report", "New case…", "Make a case; what is open now is taken into it")
        self._open = push_button("open", "Open case…", "Open a case's folder")
        self._new.clicked.connect(self.new_requested)
        self._open.clicked.connect(self.open_requested)

    def _make_tabs(self) -> None:
        self._tabs = QTabWidget()
        self._tabs.setDocumentMode(True)
        self._tabs.tabBar().setAccessibleName("Parts of the case")
        for title, (page, _) in self._pages.items():
            self._tabs.addTab(page, title)
        self._tabs.currentChanged.connect(self._fill)

    def _make_actions(self) -> None:
        self.exhibits.offer("Open", "Look at this exhibit", self.exhibit_activated, ExhibitRecord, "image", first=True)
        self.exhibits.offer(
            "Intake…", "State when, by whom and from whom it came", self.describe_requested, ExhibitRecord, "note"
        )
        self.exhibits.offer(
            "Find the original…", "Look for a file with this hash below a folder", self.find_requested, ExhibitRecord,
            "search",
        )  # fmt: skip
        self.bookmarks.offer(
            "Go to the view", "Come back to this view", self.bookmark_activated, BookmarkRecord, "image", first=True
        )
        self.bookmarks.offer("Edit…", "Name, verdict and note", self.bookmark_edit_requested, BookmarkRecord, "note")
        self.bookmarks.offer("Delete", "Delete it; the history keeps it", self.bookmark_delete_requested,
                             BookmarkRecord, "delete")  # fmt: skip
        for page, _ in self._pages.values():
            offer_sorting(page.table)

    def _lay_out(self) -> None:
        nothing = QWidget()
        buttons = QHBoxLayout()
        buttons.addWidget(self._new)
        buttons.addWidget(self._open)
        buttons.addStretch(1)
        first = QVBoxLayout(nothing)
        first.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, 2 * GRID)
        first.addWidget(wrapped_label(_NO_CASE, weight="muted"))
        first.addLayout(buttons)
        first.addStretch(1)
        head = QHBoxLayout()
        head.setContentsMargins(2 * GRID, GRID, GRID, 0)
        head.setSpacing(GRID)
        head.addWidget(self._title, 3)
        head.addWidget(self._state_icon)
        head.addWidget(self._state, 1)
        for button in (self._again, self._all, self._details, self._copy):
            head.addWidget(button)
        case = QWidget()
        second = QVBoxLayout(case)
        second.setContentsMargins(0, 0, 0, 0)
        second.setSpacing(GRID)
        second.addLayout(head)
        second.addWidget(self._tabs, 1)
        self._stack = QStackedWidget()
        self._stack.addWidget(nothing)
        self._stack.addWidget(case)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._stack)
        self.setAccessibleName("Case panel")
        self.show_keeping(Keeping.NO_CASE)

    @Slot()
    def _copy_table(self) -> None:
        page = list(self._pages.values())[self._tabs.currentIndex()][0]
        copy_text(table_as_tsv(page.model))


class _Page(QWidget):
    """One table with a filter, sorted by the column whose heading is pressed: up, down, in the case's own order."""

    def __init__(self, name: str, headings: Sequence[tuple[str, str]], *, widths: Sequence[int]) -> None:
        super().__init__()
        self.model = RowsModel(headings, self)
        self._filtered = FilteredRows(self.model, self)
        self.filter = QLineEdit()
        self.filter.setPlaceholderText("Filter")
        self.filter.setAccessibleName(f"Filter: {name}")
        self.filter.setToolTip("Show only rows that hold what you type")
        self.filter.setClearButtonEnabled(True)
        self.filter.addAction(icon("filter"), QLineEdit.ActionPosition.LeadingPosition)
        self.filter.textChanged.connect(self._filtered.setFilterFixedString)
        self.table = self._make_table(name, widths)
        self._first: QAction | None = None
        layout = QVBoxLayout(self)
        layout.setContentsMargins(GRID, GRID, GRID, 0)
        layout.setSpacing(GRID)
        layout.addWidget(self.filter)
        layout.addWidget(self.table, 1)

    def show_rows(self, rows: Sequence[TextRow]) -> None:
        """Replace the rows; the marked one stays marked if it is still there."""
        current, scrolled = self.table.currentIndex(), self.table.verticalScrollBar().value()
        marked = self.model.rows[self._filtered.mapToSource(current).row()].key if current.isValid() else None
        self.model.show_rows(rows)
        row = None if marked is None else self.model.row_of(marked)
        if row is not None:
            again = self._filtered.mapFromSource(self.model.index(row, current.column()))
            self.table.setCurrentIndex(again)  # invalid, so that none is marked, where the filter leaves it out
        self.table.verticalScrollBar().setValue(scrolled)

    def offer(
        self, title: str, tip: str, signal: SignalInstance, kind: type, icon_name: str, *, first: bool = False
    ) -> None:
        """An action on the marked row, for its context menu; the first one also answers a double click and Return.

        Args:
            title: of the action.
            tip: what it does.
            signal: carries what the row stands for.
            kind: of what the row stands for.
            icon_name: of the action.
            first: whether it is what a double click does.
        """
        action = add_action(self.table, title, tip, _Passing(self, signal, kind).go, icon_name=icon_name)
        if first:
            self._first = action
            self.table.activated.connect(action.trigger)

    def subject(self) -> object:
        """What the marked row stands for."""
        index: QModelIndex = self.table.currentIndex()
        return index.data(SUBJECT_ROLE) if index.isValid() else None

    def _make_table(self, name: str, widths: Sequence[int]) -> QTableView:
        table = QTableView()
        table.setModel(self._filtered)
        table.setAccessibleName(name)
        table.setAlternatingRowColors(True)
        table.setShowGrid(False)
        table.setIconSize(icon_size(table))
        table.setTabKeyNavigation(False)
        table.setWordWrap(False)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        table.verticalHeader().hide()
        table.verticalHeader().setDefaultSectionSize(round(table.fontMetrics().height() * 1.5))
        table.setMinimumHeight(4 * table.fontMetrics().lineSpacing())  # else the picture jumps when a case is opened
        header = table.horizontalHeader()
        header.setHighlightSections(False)
        header.setStretchLastSection(True)
        letter = table.fontMetrics().averageCharWidth()
        for column, letters in enumerate(widths):
            table.setColumnWidth(column, letters * letter)
        table.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        return table


class _Passing(QObject):
    """Passes what the marked row stands for on to a signal; a child of its page, or Qt would forget it at once."""

    def __init__(self, page: _Page, signal: SignalInstance, kind: type) -> None:
        super().__init__(page)
        self._page, self._signal, self._kind = page, signal, kind

    @Slot()
    def go(self) -> None:
        """Say it, if a row of the right kind is marked."""
        subject = self._page.subject()
        if isinstance(subject, self._kind):
            self._signal.emit(subject)
