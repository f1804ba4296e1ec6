"""Find any command by typing part of its name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Slot
from PySide6.QtGui import QAction, QIcon, QKeyEvent, QPixmap
from PySide6.QtWidgets import QDialog, QHeaderView, QLineEdit, QTreeWidget, QTreeWidgetItem, QVBoxLayout, QWidget

_ACTION = Qt.ItemDataRole.UserRole


def plain_text(action: QAction) -> str:
    """An action's name without mnemonic and dots."""
    return re.sub("&(.)", r"\1", action.text()).rstrip("…")


def rank(query: str, text: str) -> int | None:
    """How well a command fits what was typed; lower is better, None = not at all.

    Every typed word must occur; a beginning of the name beats a beginning of a word, which beats the middle of one.
    """
    words = query.lower().split()
    text = text.lower()
    if not all(word in text for word in words):
        return None
    if not words or text.startswith(words[0]):
        return 0
    starts = text.replace("·", " ").split()
    return 1 if all(any(start.startswith(word) for start in starts) for word in words) else 2


class CommandPalette(QDialog):
    """A field and the commands that fit what is typed in it; Return runs one, Esc closes.

    Commands that are not possible now are shown in grey and cannot be chosen.
    """

    def __init__(self, commands: Iterable[tuple[str, QAction]], parent: QWidget, keys: Mapping[str, str]) -> None:
        """Build the palette.

        Args:
            commands: where each command stands ("View", "File · Open recent") and its action.
            keys: name of the action's object → its key as the system writes it.
            parent: the window over which it appears.
        """
        super().__init__(parent)
        self._window = parent
        self.setWindowTitle("Find a command")
        self.setWindowFlag(Qt.WindowType.FramelessWindowHint)
        self.setAccessibleName("Command palette")
        self._commands = tuple(commands)
        self._keys = keys
        self.field = QLineEdit(self)
        self.field.setPlaceholderText("Type a command")
        self.field.setAccessibleName("Name of the command")
        self.field.setClearButtonEnabled(True)
        self.list = QTreeWidget(self)
        self.list.setAccessibleName("Commands that fit")
        side = max(16, self.fontMetrics().height())
        blank = QPixmap(side, side)
        blank.fill(Qt.GlobalColor.transparent)
        self._blank = QIcon(blank)  # names stand below each other, with or without an icon
        self.list.setIconSize(QSize(side, side))
        self.list.setHeaderHidden(True)
        self.list.setRootIsDecorated(False)
        self.list.setUniformRowHeights(True)
        self.list.setColumnCount(3)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        header = self.list.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(2, QHeaderView.ResizeMode.ResizeToContents)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(4)
        layout.addWidget(self.field)
        layout.addWidget(self.list)
        self.field.textChanged.connect(self.narrow)
        self.field.installEventFilter(self)
        self.list.itemActivated.connect(self.run_item)
        self.list.itemClicked.connect(self.run_item)
        self.narrow("")
        self._place(parent)

    def _place(self, parent: QWidget) -> None:
        width = min(640, parent.width() - 64)
        height = min(420, parent.height() - 160)
        self.resize(width, height)
        self.move(
            parent.mapToGlobal(parent.rect().topLeft()).x() + (parent.width() - width) // 2,
            parent.mapToGlobal(parent.rect().topLeft()).y() + 72,
        )

    @Slot(str)
    def narrow(self, query: str) -> None:
        """Show the commands that fit, the best first."""
        ranked = []
        for position, (place, action) in enumerate(self._commands):
            name = plain_text(action)
            quality = rank(query, name)
            if quality is None:
                outer = rank(query, f"{place} {name} {action.statusTip()}")
                quality = None if outer is None else outer + 3
            if quality is not None:
                ranked.append((quality, not action.isEnabled(), position))
        self.list.clear()
        for _, _, position in sorted(ranked):
            self.list.addTopLevelItem(self._item(*self._commands[position]))
        for row in range(self.list.topLevelItemCount()):
            item = self.list.topLevelItem(row)
            if item is not None and not item.isDisabled():
                self.list.setCurrentItem(item)
                break

    @Slot(QTreeWidgetItem)
    def run_item(self, item: QTreeWidgetItem) -> None:
        """Close, then run the command."""
        action = item.data(0, _ACTION)
        if action.isEnabled():
            self.accept()
            action.trigger()

    def done(self, outcome: int) -> None:
        """Give the keyboard back to the window, also where no window manager does."""
        super().done(outcome)
        self._window.activateWindow()

    def names(self) -> list[str]:
        """The commands as they are listed now."""
        items = [self.list.topLevelItem(row) for row in range(self.list.topLevelItemCount())]
        return [item.text(0) for item in items if item is not None]

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Up, down and Return in the field act on the list."""
        if watched is self.field and isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            if event.key() in {Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown}:
                self.list.event(event)
                return True
            if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
                item = self.list.currentItem()
                if item is not None:
                    self.run_item(item)
                return True
        return super().eventFilter(watched, event)

    def _item(self, place: str, action: QAction) -> QTreeWidgetItem:
        item = QTreeWidgetItem([plain_text(action), place, self._keys.get(action.objectName(), "")])
        item.setIcon(0, action.icon() if not action.icon().isNull() else self._blank)
        item.setToolTip(0, action.statusTip())
        item.setData(0, _ACTION, action)
        item.setDisabled(not action.isEnabled())
        return item
