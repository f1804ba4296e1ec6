"""What would stop the event loop for too long in one go is done a piece per turn; paints and clicks come in between."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from PySide6.QtCore import QObject, QTimer, Slot


class Turns(QObject):
    """Does pieces of work in the GUI thread, one in each turn of the event loop, in the order in which they were given.

    Work is a generator that yields after each piece. What it shows must be read anew after every piece: the analyst may
    have gone to another exhibit meanwhile.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._waiting: dict[str, Iterator[None]] = {}
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._do_piece)

    @property
    def is_idle(self) -> bool:
        """Whether nothing is left to do."""
        return not self._waiting

    def has(self, name: str) -> bool:
        """Whether something is left to do of the work of this name."""
        return name in self._waiting

    def take(self, name: str, pieces: Iterator[None]) -> None:
        """Do this from the next turn on, behind what waits; what is left of earlier work of this name is dropped."""
        self._waiting.pop(name, None)
        self._waiting[name] = pieces
        self._timer.start(0)

    def drop(self, name: str) -> None:
        """Do no more of the work of this name."""
        self._waiting.pop(name, None)

    @Slot()
    def _do_piece(self) -> None:
        name = next(iter(self._waiting), None)
        if name is None:
            return
        pieces = self._waiting[name]
        try:
            with suppress(StopIteration):
                next(pieces)
                return
            if self._waiting.get(name) is pieces:  # it may have been given anew by its own last piece
                del self._waiting[name]
        finally:
            if self._waiting:
                self._timer.start(0)
