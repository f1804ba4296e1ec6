"""Pictures of the window in every state, on real photographs: whoever changes the window looks at them.

Run: `python -m benchmarks.screenshots OUT [--photo FILE]... [--size 1366x768]... [--theme dark]... [--scale 2]...`

Without photographs it takes the bundled example. Each photograph is analysed once; the states are then made from what
that analysis really said. The states are those of a session: nothing is painted that the window could not show.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator
from pathlib import Path

import numpy as np
from PIL import Image
from PySide6.QtCore import QCoreApplication, QEvent, QEventLoop, QTimer
from PySide6.QtWidgets import QApplication, QWidget

from benchmarks.case_pictures import casework
from workstation import paths
from workstation.analysis.regions import Region
from workstation.analysis.result import AnalysisRequest, AnalysisResult, PartialMap
from workstation.errors import DeviceProblem
from workstation.evidence import DEFAULT_MAX_PIXELS, open_steps
from workstation.evidence.record import Evidence
from workstation.progress import Progress
from workstation.settings import SettingsStore
from workstation.ui.layers import Layer
from workstation.ui.main_window import MainWindow
from workstation.ui.problem_report import UnexpectedProblem
from workstation.ui.session import AnalysisState
from workstation.ui.wording import situation_of
from workstation.ui.work import Analyst, Opening, Thumbnail, Work, open_file

SIZES = ("1366x768", "1920x1080")
THEMES = ("dark", "light")
SCALES = ("1", "2")
PHOTOS = Path(__file__).parent.parent / "tests" / "data" / "photos"
QUICK_STATES_AT_200 = (
    "empty",
    "departure",
    "groups",
    "palette",
    "region",
    "similarity",
    "settings",
    "ambiguous_departure",
)


class Recorded:
    """Analyses that were carried out once and are told again, step by step, at the pace of the pictures.

    Attributes:
        holds_at: fraction at which a running analysis waits, None = it runs to its end.
        fails: whether it fails instead.
    """

    def __init__(self) -> None:
        self.holds_at: float | None = None
        self.fails = False
        self._analyst = Analyst()
        self._steps: dict[str, tuple[list[Progress], AnalysisResult]] = {}

    def learn(self, evidence: Evidence) -> AnalysisResult:
        """Analyse a file for real."""
        known = self._steps.get(evidence.identity.sha256)
        if known is None:
            steps: list[Progress] = []
            running = self._analyst.analyse(evidence, AnalysisRequest())
            while True:
                try:
                    steps.append(next(running))
                except StopIteration as end:
                    known = (steps, end.value)
                    break
            self._steps[evidence.identity.sha256] = known
        return known[1]

    def analyse(self, evidence: Evidence, _request: AnalysisRequest) -> Generator[Progress, None, AnalysisResult]:
        """Tell an analysis again."""
        steps, result = self._steps[evidence.identity.sha256]
        if self.fails:
            yield steps[0]
            raise DeviceProblem("CUDA is not available on this machine")
        for step in steps:
            yield step
            while self.holds_at is not None and (step.fraction or 0) >= self.holds_at and _has_map(step):
                yield step
                _rest()
        return result


class Album:
    """Takes the pictures of one window, when it has shown everything."""

    def __init__(self, window: MainWindow, folder: Path, mark: str, wanted: tuple[str, ...]) -> None:
        self.window, self.folder, self.mark, self.wanted = window, folder, mark, wanted
        self.taken: list[Path] = []

    def take(self, widget: QWidget, state: str) -> None:
        """Save what a widget shows now."""
        if self.wanted and state not in self.wanted:
            return
        settle(250)
        wait_for(lambda: self.window.turns.is_idle)
        path = self.folder / f"{state}_{self.mark}.png"
        widget.grab().save(str(path))
        self.taken.append(path)


def forget(window: MainWindow) -> None:
    """Delete a closed window now: the garbage collector would take it while Qt still sends it events."""
    window.deleteLater()
    QCoreApplication.sendPostedEvents(window, QEvent.Type.DeferredDelete)


def settle(milliseconds: int) -> None:
    """Let the window do what it has to do."""
    loop = QEventLoop()
    QTimer.singleShot(milliseconds, loop, loop.quit)
    loop.exec()


def wait_for(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    """Let the window work until something is the case."""
    for _ in range(round(seconds / 0.02)):
        if condition():
            return
        settle(20)
    raise TimeoutError(f"waited {seconds:.0f} s in vain")


def tour(window: MainWindow, recorded: Recorded, photos: list[Path], album: Album, workplace: Path) -> None:
    """Go through all states."""
    album.take(window, "empty")
    window.empty.show_target(True)
    album.take(window, "drop")
    window.empty.show_target(False)
    _opening(window, photos[0], album)
    _running(window, recorded, album)
    _maps(window, album)
    _together(window, recorded, photos, album)
    _ambiguous(window, recorded, workplace, album)
    _without_answer(window, recorded, workplace, album)
    _dialogs(window, album)
    casework(window, workplace / "case", album.take, wait_for)


def _opening(window: MainWindow, photo: Path, album: Album) -> None:
    window.open_files([photo])
    wait_for(lambda: window.view.pixels is not None)
    album.take(window, "opening")
    wait_for(lambda: not window.jobs.jobs())
    album.take(window, "original")


def _running(window: MainWindow, recorded: Recorded, album: Album) -> None:
    recorded.fails = True
    window.commands.analyse()
    wait_for(lambda: not window.analyses.is_busy and window.turns.is_idle)
    album.take(window, "failed")
    recorded.fails = False
    recorded.holds_at = 0.3
    window.view.set_layer(Layer.DEPARTURE)
    window.commands.analyse()
    wait_for(lambda: window.view.has_layer(Layer.DEPARTURE))
    album.take(window, "analysing")
    window.commands.stop()
    wait_for(lambda: not window.analyses.is_busy and window.turns.is_idle)
    album.take(window, "cancelled")
    recorded.holds_at = None


def _maps(window: MainWindow, album: Album) -> None:
    window.commands.analyse()
    wait_for(lambda: not window.analyses.is_busy and window.turns.is_idle)
    wait_for(lambda: window.view.has_layer(Layer.GROUPS))
    exhibit = window.session.current
    assert exhibit is not None
    assert exhibit.result is not None
    for layer in (Layer.DEPARTURE, Layer.PCA, Layer.GROUPS, Layer.CUT):
        window.view.set_layer(layer)
        album.take(window, layer.value)
    window.view.set_layer(Layer.PCA)
    for component in (1, 2, 3):
        window.view.set_component(component)
        album.take(window, f"component_{component}")
    window.view.set_component(0)
    height, width = exhibit.result.image_size
    box = ((0.55 * width, 0.45 * height), (0.68 * width, 0.7 * height))
    window.view.set_layer(Layer.ORIGINAL)
    window.view.region_drawn.emit(Region("", "ellipse", box))
    wait_for(lambda: not window.jobs.jobs())
    album.take(window, "region")
    window.actions_table["region-reference"].trigger()
    album.take(window, "similarity")
    window.view.set_layer(Layer.DEPARTURE)
    window.view.actual_size()
    for _ in range(4):
        window.view.zoom_in()
    album.take(window, "zoomed")
    window.view.fit()
    window.actions_table["hide-docks"].trigger()
    album.take(window, "picture_only")
    window.actions_table["hide-docks"].trigger()


def _together(window: MainWindow, recorded: Recorded, photos: list[Path], album: Album) -> None:
    if len(photos) > 1:
        window.open_files(photos[1:])
        wait_for(lambda: not window.jobs.jobs())
        _queued(window, recorded, album)
        window.commands.analyse_all()
        wait_for(lambda: not window.analyses.is_busy and window.turns.is_idle)
        for exhibit in window.session.exhibits[1:]:
            window.session.select(exhibit)
            result = exhibit.result
            name = "failed" if result is None else situation_of(result).value.replace(" ", "_")
            album.take(window, f"{name}_{exhibit.path.stem}")
        window.session.select(window.session.exhibits[0])
    window.actions_table["compare"].trigger()
    album.take(window, "side_by_side")
    window.actions_table["curtain"].trigger()
    album.take(window, "curtain")
    window.actions_table["curtain"].trigger()


def _queued(window: MainWindow, recorded: Recorded, album: Album) -> None:
    """A second analysis waits for the first one."""
    first, second = window.session.exhibits[:2]
    recorded.holds_at = 0.3
    for exhibit in (first, second):
        window.analyses.analyse(exhibit)
    window.session.select(second)
    wait_for(lambda: first.analysis is AnalysisState.RUNNING and first.progress is not None)
    album.take(window, "queued")
    recorded.holds_at = None
    wait_for(lambda: not window.analyses.is_busy and window.turns.is_idle)
    window.session.select(first)


def _ambiguous(window: MainWindow, recorded: Recorded, workplace: Path, album: Album) -> None:
    halves = two_halves(workplace)
    recorded.learn(evidence_of(halves))
    window.open_files([halves])
    wait_for(lambda: not window.jobs.jobs())
    window.commands.analyse()
    wait_for(lambda: not window.analyses.is_busy and window.turns.is_idle)
    for layer in (Layer.DEPARTURE, Layer.GROUPS):
        window.view.set_layer(layer)
        album.take(window, f"{window.findings.situation.value}_{layer.value}")


def _without_answer(window: MainWindow, recorded: Recorded, workplace: Path, album: Album) -> None:
    flat = workplace / "flat wall.png"
    Image.fromarray(np.full((480, 640, 3), 128, np.uint8)).save(flat)
    broken = workplace / "holiday.jpg"
    broken.write_text("This is a letter, not a photograph.")
    recorded.learn(evidence_of(flat))
    window.open_files([flat])
    wait_for(lambda: not window.jobs.jobs())
    window.commands.analyse()
    wait_for(lambda: not window.analyses.is_busy and window.turns.is_idle)
    album.take(window, "not_assessable")
    window.open_files([broken])
    wait_for(lambda: not window.jobs.jobs())
    album.take(window, "cannot_be_opened")
    window.session.select(window.session.exhibits[0])
    window.teller.tell_problem(UnexpectedProblem("drawing the plot", RuntimeError("something nobody thought of")))
    album.take(window, "unexpected_problem")
    window.centre.hush()
    window.session.select(window.session.exhibits[0])


def _dialogs(window: MainWindow, album: Album) -> None:
    for action_id, state in (("palette", "palette"), ("settings", "settings"), ("keys", "keys"), ("limits", "limits"),
                             ("about", "about")):  # fmt: skip
        window.actions_table[action_id].trigger()
        settle(200)
        dialog = QApplication.activeModalWidget()
        assert dialog is not None
        album.take(dialog, state)
        dialog.close()


def two_halves(folder: Path) -> Path:
    """A picture of which one half is from one camera and one from another: neither is the larger part."""
    left, right = paths.resources() / "examples" / "untouched.jpg", PHOTOS / "sugarshack.mpo"
    picture = Image.new("RGB", (960, 480))
    for photo, x, width in ((left, 0, 448), (right, 448, 512)):
        with Image.open(photo) as opened:
            picture.paste(opened.convert("RGB").crop((0, 0, width, 480)), (x, 0))
    path = folder / "two halves.png"
    picture.save(path)
    return path


def evidence_of(photo: Path) -> Evidence:
    """Open a file without a window."""
    steps = open_steps(photo, max_pixels=DEFAULT_MAX_PIXELS)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            evidence: Evidence = end.value
            return evidence


def _slow_open(path: Path, limit: int | None) -> Opening:
    """Open a file, and wait a moment between picture and metadata, so that this state can be seen."""
    steps = open_file(path, limit)
    while True:
        try:
            progress = next(steps)
        except StopIteration as end:
            evidence: Evidence = end.value
            return evidence
        yield progress
        if isinstance(progress.partial, Thumbnail):
            for _ in range(60):
                yield Progress(progress.stage, progress.fraction)
                _rest()


def _has_map(step: Progress) -> bool:
    return isinstance(step.partial, (PartialMap, Thumbnail))


def _rest() -> None:
    time.sleep(0.02)


def in_this_process(arguments: argparse.Namespace, scale: str) -> None:
    """Take all pictures of one scale."""
    application = QApplication(sys.argv[:1])
    photos = [photo.absolute() for photo in arguments.photo]
    recorded = Recorded()
    for photo in photos:
        recorded.learn(evidence_of(photo))
    for size in arguments.size:
        for theme in arguments.theme:
            with tempfile.TemporaryDirectory() as workplace:  # a case needs a folder of its own
                window = MainWindow(
                    SettingsStore(None), Work(open_file=_slow_open, analyse=recorded.analyse, preload=None)
                )
                window.preferences.set_theme(theme)
                window.resize(*(int(side) for side in size.split("x")))
                window.show()
                settle(300)
                wanted = arguments.state or (() if scale == "1" else QUICK_STATES_AT_200)
                album = Album(window, arguments.out, f"{size}_{theme}_{scale}00", tuple(wanted))
                tour(window, recorded, photos, album, Path(workplace))
                for exhibit in window.session.exhibits:
                    exhibit.exported = True
                window.close()
                forget(window)
                print(f"{len(album.taken)} pictures at {size}, {theme}, {scale}00 % in {arguments.out}")
    application.quit()


def main() -> None:
    """Take the pictures; each scale needs a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--photo", type=Path, action="append")
    parser.add_argument("--size", action="append", help=f"default: {', '.join(SIZES)}")
    parser.add_argument("--theme", action="append", choices=THEMES)
    parser.add_argument("--scale", action="append", choices=SCALES)
    parser.add_argument("--state", action="append", help="only these states")
    arguments = parser.parse_args()
    examples = paths.resources() / "examples"
    arguments.photo = arguments.photo or [examples / "spliced.jpg", examples / "untouched.jpg"]
    arguments.size = arguments.size or list(SIZES)
    arguments.theme = arguments.theme or list(THEMES)
    arguments.out.mkdir(parents=True, exist_ok=True)
    scales = arguments.scale or list(SCALES)
    if [os.environ.get("QT_SCALE_FACTOR")] == scales:
        in_this_process(arguments, scales[0])
        return
    for scale in scales:
        command = [sys.executable, "-m", "benchmarks.screenshots", str(arguments.out), "--scale", scale]
        for name in ("photo", "size", "theme", "state"):
            for value in getattr(arguments, name) or ():
                command += [f"--{name}", str(value)]
        environment = {"QT_QPA_PLATFORM": "offscreen"} | os.environ | {"QT_SCALE_FACTOR": scale}
        subprocess.run(command, check=True, env=environment)


if __name__ == "__main__":
    main()
