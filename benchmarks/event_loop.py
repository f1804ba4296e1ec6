"""How long the window's event loop is silent at worst: idle, while torch is imported, while a photograph is analysed.

Run: `python -m benchmarks.event_loop [PHOTO]` (the bundled example without one). It prints a table; each row is one
phase of one process, so that the import is the first one. "own work" is the processor time that the window's own thread
spent in its worst gap: what a gap is longer comes from the other threads and, on a busy machine, from other programs.
A phase lasts until everything that it changes has been shown.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QEventLoop, QObject, QTimer, SignalInstance, Slot
from PySide6.QtWidgets import QApplication

from workstation import app, paths
from workstation.settings import SettingsStore
from workstation.ui import work
from workstation.ui.heartbeat import Heartbeat
from workstation.ui.jobs import LaneName
from workstation.ui.main_window import MainWindow
from workstation.ui.session import AnalysisState

IDLE_SECONDS = 3.0
SETTLING_SECONDS = 0.7
"""What is shown at the end of a phase belongs to it."""
GOAL_MS = 50.0


class Phases(QObject):
    """Measures one phase after the other and collects rows."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__()
        self.window = window
        self.heartbeat = Heartbeat(self)
        self.rows: list[tuple[str, float, float, int, float, float]] = []

    def measure(
        self, name: str, begin: Callable[[], object], end: SignalInstance | None = None, seconds: float = 0.0
    ) -> None:
        """Listen for some seconds, or until the signal `end` came and what it set going is over."""
        loop, settling = QEventLoop(), QTimer()
        settling.setSingleShot(True)
        settling.setInterval(round(1000 * SETTLING_SECONDS))
        settling.timeout.connect(loop.quit)
        started = time.perf_counter()
        if end is not None:
            end.connect(settling.start)
        else:
            QTimer.singleShot(round(1000 * seconds), loop, loop.quit)
        self.heartbeat.start()
        begin()
        loop.exec()
        beat = self.heartbeat
        beat.stop()
        gaps = sorted(beat.gaps) or [beat.worst]
        percentile = gaps[min(len(gaps) - 1, round(0.99 * len(gaps)))]
        own = max(beat.works or [0.0])
        took = time.perf_counter() - started - (SETTLING_SECONDS if end is not None else 0.0)
        self.rows.append((name, max(gaps), percentile, beat.longer_than(GOAL_MS), own, took))

    @Slot()
    def nothing(self) -> None:
        """Let the window alone."""


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photo", nargs="?", type=Path, default=paths.resources() / "examples" / "spliced.jpg")
    arguments = parser.parse_args()
    application = QApplication(sys.argv[:1])
    sys.setswitchinterval(app.SWITCH_INTERVAL)
    window = MainWindow(SettingsStore(None), work.Work(preload=None))
    window.resize(1920, 1080)
    window.show()
    phases = Phases(window)
    phases.measure("settling", phases.nothing, seconds=1.0)
    phases.rows.clear()
    phases.measure("idle window", phases.nothing, seconds=IDLE_SECONDS)
    phases.measure(
        "first import of torch in the background",
        lambda: window.jobs.submit("loading", work.preload, lane=LaneName.ANALYSIS),
        window.jobs.idle,
    )
    phases.measure("opening", lambda: window.open_files([arguments.photo]), window.opening.hash_checked)
    exhibit = window.session.exhibits[0]
    for name in ("first analysis", "second analysis"):
        phases.measure(name, lambda: window.analyses.analyse(exhibit), window.analyses.finished)
    assert exhibit.analysis is AnalysisState.DONE, exhibit.failure
    pixels = exhibit.evidence.pixels.rgb.shape if exhibit.evidence is not None else ()
    print(f"{arguments.photo.name}, {pixels[1]}×{pixels[0]}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    print(f"{'phase':<42}{'worst gap':>12}{'99th pct':>12}{'> 50 ms':>10}{'own work':>12}{'took':>10}")
    for name, worst, percentile, count, own, seconds in phases.rows:
        print(f"{name:<42}{worst:>9.1f} ms{percentile:>9.1f} ms{count:>10}{own:>9.1f} ms{seconds:>8.1f} s")
    exhibit.exported = True
    window.close()
    application.quit()


if __name__ == "__main__":
    main()
