"""The small controls that panels are made of: every one with an icon, a tooltip and a name for screen readers."""

from __future__ import annotations

import html
from collections.abc import Callable
from itertools import pairwise

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtGui import QAction, QKeySequence, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtGui import Qt as Text
from PySide6.QtWidgets import (
    QFrame,
    QLabel,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QToolButton,
    QWidget,
)

from workstation.errors import in_percent
from workstation.ui.icons import icon


def tool_button(icon_name: str, name: str, tip: str, *, checkable: bool = False) -> QToolButton:
    """A flat button with an icon, sized by the font so that it grows with the system's text.

    Args:
        icon_name: see `icons.icon`.
        name: accessible name.
        tip: one sentence on what it does.
        checkable: whether it stays down.
    """
    button = QToolButton()
    button.setIcon(icon(icon_name))
    button.setIconSize(icon_size(button))
    button.setAccessibleName(name)
    button.setToolTip(tip)
    button.setCheckable(checkable)
    button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    return button


def icon_size(widget: QWidget, scale: float = 1.15) -> QSize:
    """A square as high as a line of the widget's text, so that icons grow with it."""
    side = max(16, round(widget.fontMetrics().height() * scale))
    return QSize(side, side)


def push_button(icon_name: str, title: str, tip: str) -> QPushButton:
    """A button with icon and title."""
    button = QPushButton(icon(icon_name), title)
    button.setIconSize(icon_size(button, 1.0))
    button.setToolTip(tip)
    return button


def wrapped_label(text: str = "", *, weight: str = "", name: str = "") -> QLabel:
    """A label whose text wraps, is plain, and can be selected with the mouse.

    Args:
        text: what it says.
        weight: "", "muted", "headline", "trouble" or "attention" (see the style sheet).
        name: accessible name where the text alone does not say what it is.
    """
    label = QLabel(text)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    label.setCursor(Qt.CursorShape.IBeamCursor)
    policy = QSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
    policy.setHeightForWidth(True)
    label.setSizePolicy(policy)
    if weight:
        label.setProperty("weight", weight)
    if name:
        label.setAccessibleName(name)
    return label


def plain_tip(text: str) -> str:
    """A tooltip that shows the text as it is: Qt takes one that looks like HTML for HTML, and loads its pictures."""
    return f"<p style='white-space:pre-wrap'>{html.escape(text)}</p>" if Text.mightBeRichText(text) else text


def chain_focus(*widgets: QWidget) -> None:
    """Let the tab key go through these widgets in this order."""
    for one, following in pairwise(widgets):
        QWidget.setTabOrder(one, following)


def add_action(
    widget: QWidget, title: str, tip: str, slot: Callable[[], object], *, icon_name: str = "", keys: str = ""
) -> QAction:
    """An action of one widget: in its context menu, and by `keys` while the widget has the focus."""
    action = QAction(title, widget)
    action.setToolTip(tip)
    if icon_name:
        action.setIcon(icon(icon_name))
    if keys:
        action.setShortcut(QKeySequence(keys))
        action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
    action.triggered.connect(slot)
    widget.addAction(action)
    return action


class IconLabel(QWidget):
    """An icon beside text: grows with the font and follows theme and screen by itself."""

    def __init__(self, icon_name: str = "", scale: float = 1.2) -> None:
        super().__init__()
        self._name = icon_name
        self._scale = scale
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def show_icon(self, name: str) -> None:
        """Show another icon."""
        self._name = name
        self.update()

    def sizeHint(self) -> QSize:
        """Qt: a square a little higher than a line of text."""
        side = round(self.fontMetrics().height() * self._scale)
        return QSize(side, side)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Qt: draw the icon."""
        if self._name:
            icon(self._name).paint(QPainter(self), self.rect())


class ShareBar(QProgressBar):
    """How far a job is.

    `QProgressBar.setValue` paints at once, and with it all that waits to be painted in the window, the picture too;
    this one waits for its turn.
    """

    STEPS = 1000

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setRange(0, 0)

    def show_share(self, share: float | None) -> None:
        """Show a share of the work, 0..1; None = not known."""
        self.setUpdatesEnabled(False)
        if share is None:
            self.setRange(0, 0)
        else:
            self.setRange(0, self.STEPS)
            self.setValue(round(self.STEPS * min(1.0, max(0.0, share))))
            self.setFormat(in_percent(share))
        self.setUpdatesEnabled(True)


class TextScroll(QScrollArea):
    """Scrolls a column of wrapped texts: as wide as the view, as high as the texts need at that width, never cut."""

    def __init__(self, content: QWidget, name: str) -> None:
        super().__init__()
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName(name)
        self.setWidget(content)
        content.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Qt: fit again when the content's layout has changed."""
        if watched is self.widget() and event.type() == QEvent.Type.LayoutRequest:
            self._fit()
        return super().eventFilter(watched, event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Qt: fit the content to the new width."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        content = self.widget()
        layout = content.layout() if content is not None else None
        if content is None or layout is None:
            return
        width = self.viewport().width()
        needed = layout.totalHeightForWidth(width) if layout.hasHeightForWidth() else layout.totalSizeHint().height()
        content.resize(width, max(needed, self.viewport().height()))
