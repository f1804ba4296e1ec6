"""The picture of the README: this window on the bundled example, analysed by the weights that are there now.

    python -m benchmarks.readme_picture [--out docs/images/window.png] [--theme dark] [--size 1600x1000]

Unlike `benchmarks.screenshots`, which shows every state on purpose, this is one plain session: open, analyse, mark a
part.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtWidgets import QApplication

from benchmarks.screenshots import settle, wait_for
from workstation import paths
from workstation.analysis.regions import Region
from workstation.settings import SettingsStore
from workstation.ui.layers import Layer
from workstation.ui.main_window import MainWindow

MARKED = ((830.0, 430.0), (1250.0, 770.0))
"""Corners of an ellipse just inside the foreign part, in pixels of the example."""


def main() -> None:
    """Take the picture."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("docs/images/window.png"))
    parser.add_argument("--theme", choices=("dark", "light"), default="dark")
    parser.add_argument("--size", default="1600x1000")
    options = parser.parse_args()
    application = QApplication(sys.argv[:1])
    window = MainWindow(SettingsStore(None))
    window.preferences.set_theme(options.theme)
    window.resize(*(int(side) for side in options.size.split("x")))
    window.show()
    settle(500)
    window.open_files([paths.resources() / "examples" / "spliced.jpg"])
    wait_for(lambda: window.view.pixels is not None and not window.jobs.jobs())
    window.commands.analyse()
    wait_for(lambda: window.view.has_layer(Layer.GROUPS) and not window.analyses.is_busy)
    window.view.region_drawn.emit(Region("", "ellipse", MARKED))
    wait_for(lambda: not window.jobs.jobs())
    window.view.set_layer(Layer.DEPARTURE)
    settle(500)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    window.grab().save(str(options.out))
    for exhibit in window.session.exhibits:
        exhibit.exported = True  # nothing to ask about when the window closes
    window.close()
    application.quit()
    print(f"{options.out}, {options.out.stat().st_size / 1024:.0f} KiB")


if __name__ == "__main__":
    main()
