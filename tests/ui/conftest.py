from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QCoreApplication, QEvent

import workstation.ui  # noqa: F401 - its guard must stand before the first signal of any test
from tests.ui.canvas_samples import Mouse, sample_pixels
from workstation.analysis.geometry import MapGeometry
from workstation.analysis.result import AnalysisRequest, AnalysisResult, PartialMap
from workstation.evidence.record import Evidence
from workstation.progress import Progress
from workstation.settings import SettingsStore
from workstation.ui.image_view import ImageView
from workstation.ui.main_window import MainWindow
from workstation.ui.work import Work


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The offscreen platform complains about every window with a smallest size; nothing else is ignored."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.qt_log_ignore("does not support propagateSizeHints"))


@dataclass
class HeldAnalysis:
    """An analysis that goes on giving provisional maps until it is told to end; the map covers the whole picture."""

    ends: threading.Event = field(default_factory=threading.Event)
    started: threading.Event = field(default_factory=threading.Event)
    closed: threading.Event = field(default_factory=threading.Event)

    def __call__(self, evidence: Evidence, _request: AnalysisRequest) -> Generator[Progress, None, AnalysisResult]:
        height, width = evidence.pixels.rgb.shape[:2]
        geometry = MapGeometry(rows=height // 16, columns=width // 16, cell=16, height=height, width=width)
        departure = np.full((geometry.rows, geometry.columns), 0.9, np.float32)
        try:
            self.started.set()
            while not self.ends.is_set():
                yield Progress("embedding patches", 0.5, 2.0, PartialMap(departure, geometry))
                time.sleep(0.01)
        finally:
            self.closed.set()
        raise AssertionError("a held analysis has no result")


@pytest.fixture
def photo(tmp_path: Path) -> Callable[..., Path]:
    """Makes small photographs: noise of two kinds, left and right."""

    def make(name: str = "photo.jpg", size: tuple[int, int] = (320, 256), seed: int = 1, **options: object) -> Path:
        width, height = size
        random = np.random.default_rng(seed)
        coarse = np.kron(random.integers(40, 200, (height // 8, width // 8, 3)), np.ones((8, 8, 1)))
        fine = random.normal(0, 25, (height, width, 3))
        picture = np.where(np.arange(width)[None, :, None] < width // 2, coarse + fine, coarse + fine[:, ::-1] / 4)
        path = tmp_path / name
        Image.fromarray(np.clip(picture, 0, 255).astype(np.uint8)).save(path, **options)
        return path

    return make


@pytest.fixture
def make_window(qtbot) -> Iterator[Callable[..., MainWindow]]:
    """Makes windows that load nothing in advance and keep no settings; what is left open at the end is discarded."""
    windows: list[MainWindow] = []

    def make(*, store: SettingsStore | None = None, **work: object) -> MainWindow:
        window = MainWindow(store or SettingsStore(None), Work(**({"preload": None} | work)))
        windows.append(window)
        window.resize(1200, 800)
        window.show()
        qtbot.waitExposed(window)
        return window

    yield make
    for window in windows:
        for exhibit in window.session.exhibits:
            exhibit.exported = True
        window.errands.ask = lambda *_: True
        window.close()
        window.deleteLater()
        # At once: a window that the garbage collector takes gets Qt's last events with half of it gone.
        QCoreApplication.sendPostedEvents(window, QEvent.Type.DeferredDelete)


@pytest.fixture
def window(make_window: Callable[..., MainWindow]) -> MainWindow:
    return make_window()


@pytest.fixture
def open_file(qtbot) -> Callable[[MainWindow, Path], None]:
    """Opens a file and waits until its metadata are read and its hash was checked again."""

    def open_and_wait(window: MainWindow, path: Path) -> None:
        with qtbot.waitSignal(window.opening.hash_checked, timeout=10_000):
            window.open_files([path])
        qtbot.waitUntil(lambda: not window.jobs.jobs(), timeout=10_000)

    return open_and_wait


@pytest.fixture
def view(qtbot) -> ImageView:
    """A picture of known content, without an analysis."""
    view = ImageView()
    qtbot.addWidget(view)
    view.resize(640, 480)
    view.show_pixels(sample_pixels())
    view.show()
    qtbot.waitExposed(view)
    return view


@pytest.fixture
def mouse(view: ImageView) -> Mouse:
    return Mouse(view.canvas)
