"""How well the event loop breathes: the worst gap between two beats of a short timer."""

from __future__ import annotations

import time

from PySide6.QtCore import QObject, Qt, QTimer, Slot

INTERVAL_MS = 10


class Heartbeat(QObject):
    """Beats every 10 ms while it runs and remembers the longest silences.

    Attributes:
        gaps: milliseconds between beats since `reset`, in order.
        works: milliseconds of processor time that the event loop's own thread spent in each gap; what a gap is longer
            comes from other threads, or from other programs.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.gaps: list[float] = []
        self.works: list[float] = []
        self._last: float | None = None
        self._worked = 0.0
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(INTERVAL_MS)
        self._timer.timeout.connect(self._beat)

    def start(self) -> None:
        """Begin to listen."""
        self.reset()
        self._timer.start()

    def stop(self) -> None:
        """Stop listening."""
        self._timer.stop()

    def reset(self) -> None:
        """Forget what was heard."""
        self.gaps, self.works = [], []
        self._last, self._worked = time.perf_counter(), time.thread_time()

    @property
    def worst(self) -> float:
        """The longest silence in milliseconds, the one that still lasts included."""
        now = (time.perf_counter() - self._last) * 1000 if self._last is not None else 0.0
        return max([*self.gaps, now])

    def longer_than(self, milliseconds: float) -> int:
        """How many silences were longer than this."""
        return sum(gap > milliseconds for gap in self.gaps)

    @Slot()
    def _beat(self) -> None:
        now, worked = time.perf_counter(), time.thread_time()
        if self._last is not None:
            self.gaps.append((now - self._last) * 1000)
            self.works.append((worked - self._worked) * 1000)
        self._last, self._worked = now, worked
