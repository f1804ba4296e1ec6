"""Garbage is looked for in the GUI thread only.

Python looks for garbage in whatever thread happens to allocate. What it finds while a worker computes may be a widget,
and a widget that is deleted outside the GUI thread crashes the program.
"""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer, Slot

INTERVAL_MS = 200
"""Between two looks; Python's own thresholds decide whether there is enough to look through."""


class GarbageInTurns(QObject):
    """Takes Python's collector over while threads run; several can be active at once, the last one gives it back."""

    _active = 0

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._is_active = False
        self._timer = QTimer(self)
        self._timer.setInterval(INTERVAL_MS)
        self._timer.timeout.connect(self.look)

    def begin(self) -> None:
        """From now on garbage is collected in this thread only."""
        if not self._is_active:
            self._is_active = True
            GarbageInTurns._active += 1
            gc.disable()
            self._timer.start()

    def end(self) -> None:
        """No thread runs any more."""
        if self._is_active:
            self._is_active = False
            GarbageInTurns._active -= 1
            self._timer.stop()
            if not GarbageInTurns._active:
                gc.enable()

    @Slot()
    def look(self) -> None:
        """Collect the oldest generation that is due, as Python would have done; a threshold of 0 lets it rest."""
        if not gc.get_threshold()[0]:
            return
        for generation in (2, 1, 0):
            if gc.get_count()[generation] > gc.get_threshold()[generation]:
                gc.collect(generation)
                return
