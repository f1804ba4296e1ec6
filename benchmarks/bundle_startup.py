"""How fast the offline bundle starts, beside the program run from its source.

Run: `python -m benchmarks.bundle_startup [--runs 7] [--bundle FILE]` after `make bundle`; it needs Xvfb and xdotool.
Both programs are started in turn, so that a busy machine slows both, and the ratio of each pair is what counts.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FROZEN = Path(__file__).parent.parent / "dist" / "exifact" / "exifact"
SOURCE = Path(sys.executable).parent / "exifact"
DISPLAY = ":96"
PATIENCE = 120.0
"""Seconds after which a window is given up."""


def to_version(program: Path) -> float:
    """Seconds until `--version` has answered."""
    started = time.monotonic()
    subprocess.run([str(program), "--version"], check=True, capture_output=True)
    return time.monotonic() - started


def to_window(program: Path) -> float:
    """Seconds until the window is on the screen."""
    with tempfile.TemporaryDirectory() as home:
        environment = {**os.environ, "DISPLAY": DISPLAY, "XDG_CONFIG_HOME": home, "XDG_DATA_HOME": home}
        environment.pop("QT_QPA_PLATFORM", None)
        started = time.monotonic()
        window = subprocess.Popen([str(program), "open"], env=environment, stderr=subprocess.DEVNULL)
        try:
            while time.monotonic() - started < PATIENCE:
                search = ["xdotool", "search", "--onlyvisible", "--name", "^Exifact"]
                if subprocess.run(search, env=environment, capture_output=True, check=False).stdout.strip():
                    return time.monotonic() - started
                time.sleep(0.02)
        finally:
            window.kill()
            window.wait()
    raise TimeoutError(f"{program} shows no window")


@contextmanager
def display() -> Iterator[None]:
    """A display of its own."""
    server = subprocess.Popen(["Xvfb", DISPLAY, "-screen", "0", "1600x1000x24"], stderr=subprocess.DEVNULL)
    try:
        time.sleep(1)
        yield
    finally:
        server.terminate()
        server.wait()


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--bundle", type=Path, default=FROZEN, help="the frozen program")
    given = parser.parse_args()
    runs, bundle = given.runs, given.bundle.resolve()
    print("| until | from source, s | bundle, s | ratio of pairs, median (range) |\n|---|---|---|---|")
    with display():
        for words, measure in (("`--version` answers", to_version), ("the window is on the screen", to_window)):
            measure(SOURCE), measure(bundle)  # files into the cache
            pairs = [(measure(SOURCE), measure(bundle)) for _ in range(runs)]
            ratios = [frozen / source for source, frozen in pairs]
            source, frozen = (statistics.median(column) for column in zip(*pairs, strict=True))
            print(f"| {words} | {source:.2f} | {frozen:.2f} | {statistics.median(ratios):.2f} ", end="")
            print(f"({min(ratios):.2f} to {max(ratios):.2f}, n = {runs}) |", flush=True)


if __name__ == "__main__":
    main()
