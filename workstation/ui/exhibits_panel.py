"""The list of the open exhibits: found by words, sorted by outcome, date or camera, and where each one stands."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPoint, QRect, Qt, Signal, Slot
from PySide6.QtGui import QAction, QContextMenuEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QListView, QMenu, QToolButton, QVBoxLayout, QWidget

from workstation.ui.choices import ChoiceMenu
from workstation.ui.controls import add_action, chain_focus, push_button, tool_button, wrapped_label
from workstation.ui.copying import copy_text
from workstation.ui.exhibit_delegate import ExhibitDelegate
from workstation.ui.exhibit_order import CHOICE_WORDS, ORDER_WORDS, Choice, Order
from workstation.ui.exhibits_model import EXHIBIT, ExhibitListing, Index
from workstation.ui.icons import icon
from workstation.ui.session import OpenExhibit
from workstation.ui.theme import GRID


class ExhibitsPanel(QWidget):
    """The list of exhibits.

    Attributes:
        listing: which exhibits are listed, in which order.
        orders, choices: menus of what they can be sorted by and which of them can be listed.

    Signals:
        selected: an exhibit was chosen; carries the `OpenExhibit`.
        compare_requested: the analyst wants this `OpenExhibit` beside the current one.
        close_requested, reopen_requested: carries the `OpenExhibit`.
        order_chosen: another order was chosen.
    """

    selected = Signal(object)
    compare_requested = Signal(object)
    close_requested = Signal(object)
    reopen_requested = Signal(object)
    order_chosen = Signal()

    def __init__(self, listing: ExhibitListing, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.listing = listing
        self._current: OpenExhibit | None = None
        self._turn: QAction | None = None
        self.orders = ChoiceMenu("&Sort exhibits by", "The order of the list of exhibits.", exclusive=True, parent=self)
        self.choices = ChoiceMenu("&List exhibits", "Which exhibits are listed.", exclusive=True, parent=self)
        self._make_list()
        self._make_controls()
        self._lay_out()
        self._connect()
        self._tell()

    def set_turn_action(self, action: QAction) -> None:
        """The switch that turns the order round; it stands in the menu of the sort button, too."""
        self._turn = action

    @Slot(object)
    def show_current(self, exhibit: OpenExhibit | None) -> None:
        """Mark the current exhibit."""
        self._current = exhibit
        self._mark_current()

    def focus_filter(self) -> None:
        """Put the cursor into the filter."""
        self.filter.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.filter.selectAll()

    def show_menus(self) -> None:
        """Bring the menus of orders and choices up to date."""
        listing = self.listing
        self.orders.show_choices(((*ORDER_WORDS[one], one) for one in Order), listing.order)
        rows = ((one, *CHOICE_WORDS[one]) for one in Choice)
        self.choices.show_choices(
            ((f"{text} ({listing.count(one)})", tip, one) for one, text, tip in rows), listing.choice
        )

    @Slot(QPoint)
    def show_menu(self, position: QPoint) -> None:
        """What can be done with the exhibit at a place of the list, and with the list."""
        exhibit = self.list.indexAt(position).data(EXHIBIT)
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.setToolTipsVisible(True)
        for text, signal in (
            ("Show &beside the current one", self.compare_requested),
            ("Read file &again", self.reopen_requested),
            ("&Close", self.close_requested),
        ):
            if exhibit is not None:
                action = QAction(text, menu)
                action.triggered.connect(lambda _checked=False, signal=signal: signal.emit(exhibit))
                menu.addAction(action)
        self.show_menus()
        menu.addSeparator()
        menu.addMenu(self.orders)
        menu.addMenu(self.choices)
        menu.addAction(self._copying)
        menu.popup(self.list.viewport().mapToGlobal(position))

    def _make_list(self) -> None:
        self.list = _List(self)
        self.list.setAccessibleName("Exhibits")
        self.list.setModel(self.listing)
        self.list.setItemDelegate(ExhibitDelegate(self.listing, self.list))
        self.list.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def _make_controls(self) -> None:
        self.filter = QLineEdit()
        self.filter.setPlaceholderText("Name, outcome, camera…")
        self.filter.setAccessibleName("Filter exhibits")
        self.filter.setToolTip(
            "List only exhibits whose name, outcome, camera, date, format or note holds every word that you type; "
            "Return goes to the list"
        )
        self.filter.setClearButtonEnabled(True)
        self.filter.addAction(icon("filter"), QLineEdit.ActionPosition.LeadingPosition)
        self.sorting = tool_button("sort", "Sort and choose", "What the list is sorted by, and what is listed")
        self.sorting.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._menu = QMenu(self)
        self._menu.setToolTipsVisible(True)
        self.sorting.setMenu(self._menu)
        self.words = wrapped_label(weight="muted", name="Order, and how many are listed")
        self.show_all = push_button("clear", "All", "List every open exhibit again")
        self.show_all.setAccessibleName("Show all")
        add_action(self.filter, "Clear", "Show all exhibits again", self.filter.clear, keys="Esc")
        self._copying = QAction("Copy the list as a tab&le", self)
        self._copying.setToolTip("Copy what is listed as tab-separated text: hash, camera, date, outcome, p-value")
        self._copying.setIcon(icon("copy"))

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setContentsMargins(GRID, GRID, GRID, GRID)
        head.setSpacing(GRID)
        head.addWidget(self.filter, 1)
        head.addWidget(self.sorting)
        foot = QHBoxLayout()
        foot.setContentsMargins(2 * GRID, GRID // 2, GRID, GRID // 2)
        foot.setSpacing(GRID)
        foot.addWidget(self.words, 1)
        foot.addWidget(self.show_all)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(head)
        layout.addWidget(self.list, 1)
        layout.addLayout(foot)
        chain_focus(self.filter, self.sorting, self.list, self.show_all)

    def _connect(self) -> None:
        self.list.selectionModel().currentChanged.connect(self._choose)
        self.list.menu_requested.connect(self.show_menu)
        self.filter.textChanged.connect(self._take_words)
        self.filter.returnPressed.connect(self._enter_list)
        self._menu.aboutToShow.connect(self._fill_menu)
        self.orders.chosen.connect(self._take_order)
        self.choices.chosen.connect(self._take_choice)
        self.show_all.clicked.connect(self._list_all)
        self._copying.triggered.connect(self._copy)
        listing = self.listing
        listing.arranged.connect(self.list.scrollToTop)
        for signal in (listing.arranged, listing.rowsInserted, listing.rowsRemoved):
            signal.connect(self._tell)
        for signal in (listing.arranged, listing.rowsInserted):
            signal.connect(self._mark_current)

    @Slot()
    def _mark_current(self) -> None:
        index = self.listing.index_of(self._current)
        if index != self.list.currentIndex():
            self.list.setCurrentIndex(index)

    @Slot()
    def _tell(self) -> None:
        """Say what is listed in which order, if that is not simply everything."""
        listing = self.listing
        said = []
        if listing.of and (listing.order is not Order.OPENED or listing.turned):
            name = ORDER_WORDS[listing.order][0].replace("&", "")
            name = name if listing.order is Order.P_VALUE else name[:1].lower() + name[1:]
            said.append(f"by {name}{', turned round' if listing.turned else ''}")
        if listing.leaves_out:
            said.append(f"{listing.rowCount()} of {listing.of}")
        words = " · ".join(said)
        self.words.setText(words[:1].upper() + words[1:])
        self.words.setVisible(bool(said))
        self.show_all.setVisible(listing.leaves_out)
        self.filter.setEnabled(bool(listing.of) or listing.leaves_out)

    @Slot()
    def _fill_menu(self) -> None:
        self.show_menus()
        menu = self._menu
        menu.clear()
        self._add_heading("Sort by")
        menu.addActions(self.orders.actions())
        if self._turn is not None:
            menu.addAction(self._turn)
        menu.addSeparator()
        self._add_heading("List")
        menu.addActions(self.choices.actions())
        menu.addSeparator()
        menu.addAction(self._copying)

    def _add_heading(self, text: str) -> None:
        """Words between the entries of the menu; the title of a section is not drawn by every style."""
        heading = self._menu.addAction(text)
        heading.setEnabled(False)

    @Slot(object)
    def _take_order(self, order: Order) -> None:
        self.listing.arrange(order=order)
        self.order_chosen.emit()

    @Slot(bool)
    def turn(self, turned: bool) -> None:
        """The largest or latest first, or the smallest."""
        self.listing.arrange(turned=turned)
        self.order_chosen.emit()

    @Slot(object)
    def _take_choice(self, choice: Choice) -> None:
        self.listing.arrange(choice=choice)

    @Slot(str)
    def _take_words(self, typed: str) -> None:
        self.listing.arrange(typed=typed)

    @Slot()
    def _list_all(self) -> None:
        self.filter.clear()
        self.listing.arrange(choice=Choice.ALL)

    @Slot()
    def _enter_list(self) -> None:
        """From the filter into the list: to the current exhibit, or to the first that is listed."""
        self.list.setFocus(Qt.FocusReason.TabFocusReason)
        if not self.list.currentIndex().isValid():
            self.list.setCurrentIndex(self.listing.index(0, 0))

    @Slot()
    def _copy(self) -> None:
        copy_text(self.listing.as_tsv())

    @Slot(QModelIndex, QModelIndex)
    def _choose(self, current: QModelIndex, _previous: QModelIndex) -> None:
        exhibit = current.data(EXHIBIT)
        if exhibit is not None:
            self.selected.emit(exhibit)


class _List(QListView):
    """A list whose current row stays what it is when it is no longer listed.

    Signals:
        menu_requested: the analyst wants the menu at this `QPoint` of the viewport.
    """

    menu_requested = Signal(QPoint)

    def rowsAboutToBeRemoved(self, parent: Index, start: int, end: int) -> None:
        """Qt: a row that the filter takes away hands its place to no other; nobody chose that one."""
        if start <= self.currentIndex().row() <= end:
            self.setCurrentIndex(QModelIndex())
        super().rowsAboutToBeRemoved(parent, start, end)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Qt: what is looked at stays in sight when a dock below takes room."""
        current = self.currentIndex()
        was_seen = current.isValid() and QRect(QPoint(), event.oldSize()).intersects(self.visualRect(current))
        super().resizeEvent(event)
        if was_seen:
            self.scrollTo(current)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Qt: by the menu key it is the current row's menu, wherever the pointer is."""
        position = event.pos()
        if event.reason() == QContextMenuEvent.Reason.Keyboard and self.currentIndex().isValid():
            self.scrollTo(self.currentIndex())
            position = self.visualRect(self.currentIndex()).center()
        self.menu_requested.emit(position)
