"""A sentence with a next step, over the picture."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QToolButton, QWidget

from workstation.ui.theme import Theme

SIGNS = {"information": "ℹ", "warning": "⚠", "error": "✖", "success": "✔"}
SPOKEN = {"information": "Note", "warning": "Warning", "error": "Problem", "success": "Done"}
ALIASES = {"info": "information", "trouble": "error", "attention": "warning", "good": "success"}


class MessageBar(QFrame):
    """Shows one message with an optional button; the sign, not only the colour, tells what kind it is.

    Signals:
        action_triggered(str): the button was pressed; carries its text.
        closed(): the analyst closed the message.
    """

    action_triggered = Signal(str)
    closed = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._kind = "information"
        self._sign, self._text = QLabel(self), QLabel(self)
        self._text.setWordWrap(True)
        self._text.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self._text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._action, self._close = QPushButton(self), QToolButton(self)
        self._close.setText("✕")
        self._close.setAutoRaise(True)
        self._close.setAccessibleName("Close message")
        self._close.setToolTip("Close this message")
        self._close.setIconSize(QSize(16, 16))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 8, 8, 8)
        layout.setSpacing(8)
        for widget in (self._sign, self._text, self._action, self._close):
            layout.addWidget(widget, 1 if widget is self._text else 0)
        self._action.clicked.connect(self._act)
        self._close.clicked.connect(self._dismiss)
        self.set_theme(theme)
        self.hide()

    @property
    def text(self) -> str:
        """The message shown, "" if none is."""
        return self._text.text() if not self.isHidden() else ""

    def show_message(self, text: str, kind: str, action_text: str | None = None) -> None:
        """Show a sentence.

        Args:
            text: the sentence, as plain text.
            kind: "information", "warning", "error" or "success" (also "info", "attention", "trouble", "good").
            action_text: text of a button for the next step, None without one.

        Raises:
            ValueError: if there is no such kind.
        """
        kind = ALIASES.get(kind, kind)
        if kind not in SIGNS:
            raise ValueError(f"no kind of message is called {kind!r}")
        self._kind = kind
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        self._text.setText(text)
        self._sign.setText(SIGNS[kind])
        self._sign.setAccessibleName(SPOKEN[kind])
        self.setAccessibleName(f"{SPOKEN[kind]}: {text}")
        self._action.setText(action_text or "")
        self._action.setVisible(bool(action_text))
        self.set_theme(self._theme)
        self.show()
        self.raise_()

    def set_theme(self, theme: Theme) -> None:
        """Take other colours."""
        self._theme = theme
        colour = {
            "information": theme.accent,
            "warning": theme.attention,
            "error": theme.trouble,
            "success": theme.good,
        }[self._kind]
        self._sign.setStyleSheet(f"color: {colour}; font-weight: 600; font-size: 120%;")
        self.setStyleSheet(
            f"MessageBar {{ background: {theme.raised}; border: 1px solid {theme.border};"
            f" border-left: 4px solid {colour}; border-radius: 4px; }} QLabel {{ color: {theme.text}; }}"
        )

    def _act(self) -> None:
        self.action_triggered.emit(self._action.text())

    def _dismiss(self) -> None:
        self.hide()
        self.closed.emit()
