"""A case of many exhibits: time and memory to open it, list it, search it, compare it, verify it, and report on some.

    python -m benchmarks.case_size [--exhibits 1000] [--report 20] [--keep FOLDER]

Every exhibit is a small JPEG of random blocks with a result of random numbers (embeddings and maps of 15×20 cells, 128
values per patch), four regions, three notes, two bookmarks, two tags and a coverage. Each step runs in a process of its
own; memory is that process's peak (resident set, POSIX only), libraries included, which alone are the first line.
"""

from __future__ import annotations

import argparse
import multiprocessing
import random
import resource
import tempfile
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.case_kills import SIZE, small_result
from workstation import case_report
from workstation.analysis.likeness import likeness
from workstation.analysis.regions import Region
from workstation.casework import CaseFile
from workstation.casework.canonical import Json
from workstation.progress import drain

WORDS = ("bridge", "harbour", "night", "receipt", "passport", "street", "façade", "meter", "label", "window")


def make(folder: Path, exhibits: int) -> str:
    """Make the case; changes of one exhibit are one transaction."""
    dice, rng = random.Random(1), np.random.default_rng(1)
    pictures = folder.with_name("pictures")
    pictures.mkdir()
    with CaseFile.create(folder, title="large", operator="A. Meier", laboratory="Laboratory") as case:
        for number in range(exhibits):
            path = pictures / f"IMG_{number:04}.jpg"
            blocks = rng.integers(0, 256, (SIZE[0] // 16, SIZE[1] // 16, 3), np.uint8)
            Image.fromarray(blocks.repeat(16, 0).repeat(16, 1)).save(path, quality=90)
            with case.together():
                fill(case, path, number, dice)
        return f"{case.head().entries} entries"


def fill(case: CaseFile, path: Path, number: int, dice: random.Random) -> None:
    """One exhibit with all that hangs on it."""
    exhibit = case.exhibits.add(path, received="2026-11-20", received_from="PC 4711").id
    case.analyses.add(exhibit, small_result(number))
    for name in "1234":
        x, y = dice.random() * 500, dice.random() * 300
        case.regions.add(
            exhibit, Region(name, "ellipse", ((x, y), (x + 120, y + 120)), " ".join(dice.sample(WORDS, 2)))
        )
    for _ in range(3):
        case.notes.add(" ".join(dice.choices(WORDS, k=30)), exhibit=exhibit)
    for name in "ab":
        view: dict[str, Json] = {"x": 1.0, "y": 2.0, "zoom": 2.0, "layer": "departure", "opacity": 0.5}
        case.bookmarks.add(exhibit, name, view)
    for word in dice.sample(WORDS, 2):
        case.tags.add(exhibit, word)
    case.coverage.viewed(exhibit, SIZE, [(0, 0, 320, 240)])


def opened(folder: Path) -> str:
    """Open for writing and close."""
    with CaseFile.open(folder, operator="A. Meier") as case:
        return f"{case.head().entries} entries"


def listed(folder: Path) -> str:
    """What the window shows of a case: exhibits, notes, bookmarks, coverage, history."""
    with CaseFile.open(folder, operator="", read_only=True) as case:
        shelves = (case.exhibits, case.notes, case.bookmarks, case.coverage)
        return f"{sum(len(shelf.all()) for shelf in shelves)} rows, {len(case.history())} entries"


def searched(folder: Path) -> str:
    """Search a word; the time of the search alone."""
    with CaseFile.open(folder, operator="", read_only=True) as case:
        start = time.perf_counter()
        hits = case.search("harbour")
        return f"{len(hits)} hits in {time.perf_counter() - start:.2f} s"


def compared(folder: Path) -> str:
    """The cross-exhibit matrix."""
    with CaseFile.open(folder, operator="", read_only=True) as case:
        found = likeness(drain(case.patch_sets(regions=False)))
        return f"{len(found.names)} × {len(found.names)}"


def verified(folder: Path) -> str:
    """The whole check, every array and every file hashed."""
    with CaseFile.open(folder, operator="", read_only=True) as case:
        found = case.verify()
        return "intact" if found.intact else found.findings[0].sentence


def reported(folder: Path, count: int) -> str:
    """A report on some exhibits."""
    out = folder.with_name("report.pdf")
    with CaseFile.open(folder, operator="A. Meier") as case:
        drain(case_report.report_steps(case, case.exhibits.all()[:count], out))
    return f"{count} exhibits, {out.stat().st_size / 1e6:.1f} MB"


def measure(name: str, work: Callable[[], str]) -> None:
    """Run a step in a process of its own and print a line of the table."""
    receiving, sending = multiprocessing.get_context("fork").Pipe(duplex=False)
    process = multiprocessing.get_context("fork").Process(target=_measured, args=(work, sending))
    process.start()
    sending.close()
    said, seconds, cpu, peak = receiving.recv()
    process.join()
    print(f"| {name} | {seconds:.2f} s | {cpu:.2f} s | {peak / 1024:.0f} MB | {said} |", flush=True)


def _measured(work: Callable[[], str], sending: Connection) -> None:
    start, cpu = time.perf_counter(), time.process_time()
    said = work()
    used = time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    sending.send((said, time.perf_counter() - start, used, peak))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--exhibits", type=int, default=1000)
    parser.add_argument("--report", type=int, default=20)
    parser.add_argument("--keep", type=Path, help="make the case here, or use the one that is here")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = (arguments.keep or Path(name)) / "case"
        folder.parent.mkdir(parents=True, exist_ok=True)
        print("| step | time | CPU | peak memory | |\n|---|---|---|---|---|")
        measure("libraries alone", lambda: "")
        if not folder.exists():
            measure("make", lambda: make(folder, arguments.exhibits))
        measure("open for writing", lambda: opened(folder))
        measure("open and list everything", lambda: listed(folder))
        measure("open and search", lambda: searched(folder))
        measure("compare all exhibits", lambda: compared(folder))
        measure("verify everything", lambda: verified(folder))
        if arguments.report:
            measure("report", lambda: reported(folder, arguments.report))
        sizes = [path.stat().st_size for path in folder.rglob("*") if path.is_file()]
        database = (folder / "case.sqlite").stat().st_size
        print(f"\ncase.sqlite {database / 1e6:.1f} MB, whole folder {sum(sizes) / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
