"""The middle of the window: the empty page, the picture, or two pictures beside each other, each with a message bar."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPoint, QSize, Qt, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QApplication, QStackedWidget, QVBoxLayout, QWidget

from workstation.ui.controls import wrapped_label
from workstation.ui.empty_page import EmptyPage
from workstation.ui.image_view import ImageView
from workstation.ui.message_bar import MessageBar
from workstation.ui.shown_text import in_short, visible
from workstation.ui.theme import GRID, current_theme
from workstation.ui.wording import shortened


class Centre(QWidget):
    """Shows one of three pages and says things over it."""

    def __init__(self, view: ImageView, empty: EmptyPage, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.view, self.empty = view, empty
        self._then: Callable[[], None] | None = None
        self._pages = QStackedWidget(self)
        self._pages.addWidget(empty)
        self._pages.addWidget(view)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        self._banner = wrapped_label(weight="banner", name="How the case is open")
        self._banner.setContentsMargins(2 * GRID, GRID, 2 * GRID, GRID)
        self._banner.hide()
        layout.addWidget(self._banner)
        layout.addWidget(self._pages, 1)
        self.bar = MessageBar(current_theme(self.palette()), self)
        self.bar.action_triggered.connect(self._act)
        view.message_action.connect(self._act)
        for bar in (self.bar, view.message_bar):
            bar.closed.connect(self.take_focus)  # the button that was pressed is gone, and single keys go on
        self.setMinimumSize(QSize(320, 200))

    @property
    def message(self) -> str:
        """The sentence that is shown over the page, "" if none is."""
        return self.view.message_bar.text if self._pages.currentWidget() is self.view else self.bar.text

    @property
    def banner(self) -> str:
        """The sentence that stands above the page for as long as it holds, "" if there is none."""
        return self._banner.text()

    def show_banner(self, text: str) -> None:
        """Say above the page what holds for everything in it; "" = nothing."""
        self._banner.setText(text)
        self._banner.setVisible(bool(text))

    @property
    def shows_picture(self) -> bool:
        """Whether the single picture is the page."""
        return self._pages.currentWidget() is self.view

    def show_empty(self) -> None:
        """Nothing is open."""
        self._pages.setCurrentWidget(self.empty)

    def show_picture(self) -> None:
        """The single picture."""
        self.bar.hide()
        had_focus = self.isAncestorOf(focused) if (focused := QApplication.focusWidget()) is not None else True
        self._pages.setCurrentWidget(self.view)
        if had_focus:
            self.take_focus()

    def show_beside(self, page: QWidget) -> None:
        """Another page, such as two pictures beside each other; it is added once and kept."""
        if self._pages.indexOf(page) < 0:
            self._pages.addWidget(page)
        self._pages.setCurrentWidget(page)

    def say(self, text: str, kind: str, action: str = "", then: Callable[[], None] | None = None) -> None:
        """Show a sentence over the page.

        Args:
            text: the sentence with its next step.
            kind: "information", "warning", "error" or "success".
            action: text of the button for the next step, "" without one.
            then: what the button does.
        """
        self._then = then
        said = in_short(visible(shortened(text)))
        if self.shows_picture:
            self.view.show_message(said, kind, action or None)
        else:
            self.bar.show_message(said, kind, action or None)
            self._place_bar()

    def hush(self) -> None:
        """Take the sentence away."""
        self._then = None
        self.bar.hide()
        self.view.hide_message()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the bar at the top."""
        super().resizeEvent(event)
        self._place_bar()

    def _place_bar(self) -> None:
        width = min(720, self.width() - 32)
        page = self._pages.currentWidget()
        pictures = page.findChildren(ImageView) if page is not None else []
        top = min(
            (one.mapTo(self, QPoint()).y() for one in pictures if one.isVisible()), default=0
        )  # below their names
        self.bar.setGeometry((self.width() - width) // 2, top + 16, width, self.bar.heightForWidth(width))

    @Slot()
    def _act(self) -> None:
        then, self._then = self._then, None
        self.bar.hide()
        self.view.hide_message()
        self.take_focus()
        if then is not None:
            then()

    @Slot()
    def take_focus(self) -> None:
        """The picture answers single keys from now on; the empty page, Return."""
        page = self._pages.currentWidget()
        if page is self.empty:
            self.empty.open_button.setFocus(Qt.FocusReason.OtherFocusReason)
        elif page is not None:
            page.setFocus(Qt.FocusReason.OtherFocusReason)
