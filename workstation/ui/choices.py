"""Menus whose entries come and go: recent files, bookmarks, model, device, theme."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu, QWidget

from workstation.ui.controls import plain_tip
from workstation.ui.shown_text import visible


class ChoiceMenu(QMenu):
    """A menu of values of which one can be chosen.

    Signals:
        chosen: carries the value.
    """

    chosen = Signal(object)

    def __init__(self, title: str, tip: str, *, exclusive: bool, parent: QWidget) -> None:
        super().__init__(title, parent)
        self._tip, self._exclusive = tip, exclusive
        self._group = QActionGroup(self)
        self.setToolTipsVisible(True)

    def show_choices(self, choices: Iterable[tuple[str, Any] | tuple[str, str, Any]], current: Any = None) -> None:
        """Replace the entries.

        Args:
            choices: text and value of each, between them a tip of its own where it has one.
            current: the value that is marked, for exclusive menus.
        """
        for action in self.actions():
            self.removeAction(action)
            action.deleteLater()
        for text, *tips, value in choices:
            action = QAction(text, self)
            tip = tips[0] if tips else self._tip
            action.setStatusTip(tip)
            action.setToolTip(plain_tip(tip))
            action.setData(value)
            if self._exclusive:
                action.setCheckable(True)
                action.setChecked(value == current)
                self._group.addAction(action)
            action.triggered.connect(self._choose)
            self.addAction(action)
        self.setEnabled(bool(self.actions()))

    @Slot()
    def _choose(self) -> None:
        action = self.sender()
        if isinstance(action, QAction):
            self.chosen.emit(action.data())


def recent_choices(paths: Iterable[Path]) -> list[tuple[str, Path]]:
    """Entries for recent files; their values are no texts, of which Qt loses what is no UTF-8."""
    return [(in_full(visible(f"{path.name} — {path.parent}")), path) for path in paths]


def in_full(name: str) -> str:
    """A name as the text of a menu or button, which would take an ampersand for a mark of the next letter."""
    return name.replace("&", "&&")
