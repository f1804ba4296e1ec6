"""Keys: which clash, and those that act as long as they are held."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QAbstractButton, QWidget

from workstation.ui.actions import SPECS, ActionSpec, effective_keys


@dataclass(frozen=True, slots=True)
class Clash:
    """Two actions that answer to the same key.

    Attributes:
        key: in Qt's portable text.
        first, second: ids of the actions.
    """

    key: str
    first: str
    second: str


def normalised(key: str) -> str:
    """A key sequence in Qt's portable text, whatever way it was written; "" if it is none."""
    return QKeySequence(key, QKeySequence.SequenceFormat.PortableText).toString(
        QKeySequence.SequenceFormat.PortableText
    )


def clashes(overrides: Mapping[str, tuple[str, ...]], specs: Iterable[ActionSpec] = SPECS) -> tuple[Clash, ...]:
    """Pairs of actions that share a key or where one's key begins the other's.

    The picture is part of the window, so actions of both scopes clash with each other.
    """
    bound = [(spec.id, normalised(key)) for spec in specs for key in effective_keys(spec, overrides) if key]
    return tuple(
        Clash(key, first, second)
        for (first, key), (second, other) in combinations(bound, 2)
        if first != second and _collide(key, other)
    )


def _collide(one: str, other: str) -> bool:
    ours, theirs = one.split(", "), other.split(", ")
    shorter = min(len(ours), len(theirs))
    return ours[:shorter] == theirs[:shorter]


def needs_picture(key: str) -> bool:
    """Whether a key is a single one without Ctrl, Alt or Meta, which must not act while someone types elsewhere."""
    text = normalised(key)
    if not text or any(text.startswith(f"{modifier}+") for modifier in ("Ctrl", "Alt", "Meta")):
        return False
    name = text.removeprefix("Shift+")
    return not (name.startswith("F") and name[1:].isdigit())


class HeldKey(QObject):
    """Watches one key over a widget and its children and says when it goes down and up again.

    The widget's own built-in key for the same thing is swallowed, so that it acts only where the analyst has it.

    Signals:
        changed: True when the key goes down, False when it comes up or the focus leaves.
    """

    changed = Signal(bool)

    def __init__(self, built_in: Qt.Key, over: QWidget) -> None:
        super().__init__(over)
        self._built_in = built_in
        self._down: int | None = None
        self.set_key("")
        over.installEventFilter(self)
        for child in over.findChildren(QWidget):
            child.installEventFilter(self)

    def set_key(self, key: str) -> None:
        """Watch another key."""
        self._sequence = QKeySequence(key, QKeySequence.SequenceFormat.PortableText)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Swallow the key's own presses and releases, and nothing else; buttons keep their Space."""
        kind = event.type()
        if kind == QEvent.Type.FocusOut:
            self._release()
        if not isinstance(event, QKeyEvent) or isinstance(watched, QAbstractButton):
            return False
        if kind == QEvent.Type.KeyPress and QKeySequence(event.keyCombination()) == self._sequence:
            if not event.isAutoRepeat():
                self._down = event.key()
                self.changed.emit(True)
            return True
        if kind == QEvent.Type.KeyRelease and self._down == event.key():
            if not event.isAutoRepeat():
                self._release()
            return True
        return isinstance(event, QKeyEvent) and kind != QEvent.Type.ShortcutOverride and event.key() == self._built_in

    def _release(self) -> None:
        if self._down is not None:
            self._down = None
            self.changed.emit(False)
