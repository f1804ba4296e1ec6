"""A process that writes a case is killed again and again; then the disk fills up, then files are cut short.

    python benchmarks/case_kills.py [--kills 200] [--truncations 200] [--seed 0]

Every kill is a SIGKILL of a real process, at a random moment while it opens a case, writes notes, regions, coverage and
analyses with their arrays, undoes, or closes. The process says over a pipe after each call that returned where the log
stood; what it said must be there afterwards, and the whole case must verify. (POSIX only: Windows has no fork.)

SIGKILL ends the program, not the machine: what the operating system took over still reaches the disk. A power cut is
imitated by the last part: copies of a case whose write-ahead log is cut at a random byte.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import shutil
import signal
import tempfile
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from workstation.analysis.geometry import MapGeometry, PatchGrid
from workstation.analysis.regions import Region
from workstation.analysis.result import AnalysisRequest, AnalysisResult, Maps, Provenance
from workstation.casework import CaseFile
from workstation.casework.problems import CaseNotSaved
from workstation.errors import WorkstationError

KILLS_PER_CASE = 20
SIZE = (480, 640)


@dataclass(slots=True)
class Tally:
    """What came of a number of attempts.

    Attributes:
        tried: attempts.
        lost: attempts after which something was missing that a call had returned for.
        corrupt: attempts after which the case did not open or did not verify.
        within: kills that hit while an entry was committed but not yet reported.
        pending: kills that left a write-ahead log behind; `parts`: that left an unfinished array.
        entries: written over all attempts.
        failures: what was wrong, in words.
    """

    tried: int = 0
    lost: int = 0
    corrupt: int = 0
    within: int = 0
    pending: int = 0
    parts: int = 0
    entries: int = 0
    failures: list[str] = field(default_factory=list)

    @property
    def survived(self) -> int:
        """Attempts after which nothing was lost and nothing was wrong."""
        return self.tried - self.lost - self.corrupt


def kill_loop(kills: int, place: Path, seed: int, *, most: int = 40, longest: float = 0.1) -> Tally:
    """Kill a writer `kills` times, on a new case after every twentieth.

    Args:
        kills: number of SIGKILLs.
        place: folder for the cases.
        seed: of the moments and of what is written.
        most: reported calls that are waited for, at most; 0 of them = it may still be opening the case.
        longest: seconds from there to the kill, at most.
    """
    dice, tally = random.Random(seed), Tally()
    for number in range(kills):
        folder = place / f"case-{number // KILLS_PER_CASE}"
        if not folder.exists():
            exhibit = place / "exhibit.bin"
            exhibit.write_bytes(b"an exhibit")
            with CaseFile.create(folder, title="killed", operator="writer") as case:
                case.exhibits.add(exhibit, copy=True)
        said = _kill_one(folder, dice.randrange(most), dice.random() * longest, dice.randrange(2**32))
        tally.tried += 1
        tally.pending += _size(folder / "case.sqlite-wal") > 0
        tally.parts += any((folder / "artifacts").rglob("*.part"))
        _judge(folder, said, tally)
    return tally


def _judge(folder: Path, said: tuple[int, str] | None, tally: Tally) -> None:
    """Open the case, verify it, and look for what was said to be there."""
    try:
        with CaseFile.open(folder, operator="judge", read_only=True) as case:
            verification, history = case.verify(), case.history()
    except WorkstationError as problem:
        tally.corrupt += 1
        tally.failures.append(problem.summary)
        return
    tally.entries += len(history)
    if not verification.intact:
        tally.corrupt += 1
        tally.failures += [finding.sentence for finding in verification.findings]
    elif said is not None and (len(history) < said[0] or history[said[0] - 1].hash != said[1]):
        tally.lost += 1
        tally.failures.append(f"entry {said[0]} was reported, the log ends at {len(history)}")
    elif said is not None and len(history) > said[0]:
        tally.within += 1


def _kill_one(folder: Path, reports: int, seconds: float, seed: int) -> tuple[int, str] | None:
    """Start a writer, kill it some time after it reported so often, and return the last head that it reported."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _write_for_ever(folder, writing, seed)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        heard = [pipe.readline() for _ in range(reports + 1)]  # the first word comes before the case is opened
        time.sleep(seconds)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        words = (b"".join(heard) + pipe.read()).decode("ascii").splitlines()
    problems = [word for word in words if word.startswith("!")]
    if problems:
        raise RuntimeError(f"the writer failed by itself: {problems[0]}")
    whole = [word.split() for word in words if len(word.split()) == 2 and len(word.split()[1]) == 64]
    return (int(whole[-1][0]), whole[-1][1]) if whole else None


def _write_for_ever(folder: Path, pipe: int, seed: int) -> None:
    """In the child: open, write, close, and report every call that returned."""
    try:
        os.write(pipe, b"begin\n")
        dice = random.Random(seed)
        while True:
            with CaseFile.open(folder, operator="writer") as case:
                if case.read_only:
                    raise RuntimeError(f"the lock of a killed process was not released: {case.warnings}")  # noqa: TRY301
                for _ in range(dice.randrange(5, 60)):
                    write_something(case, dice)
                    head = case.head()
                    os.write(pipe, f"{head.entries} {head.hash}\n".encode("ascii"))
    except BaseException as problem:  # noqa: BLE001 - the parent must hear of it, whatever it is
        said = f"\n!{problem!r} {traceback.format_exc()[-800:]!r}\n".encode("ascii", "replace")
        os.write(pipe, said + b"\n" * 1000)  # whoever waits for reports goes on
        signal.pause()


def write_something(case: CaseFile, dice: random.Random) -> None:
    """One change of a random kind."""
    exhibit = case.exhibits.all()[0].id
    kinds: tuple[tuple[int, Callable[[], object]], ...] = (
        (5, lambda: case.notes.add("note " + "x" * dice.randrange(2000), exhibit=exhibit)),
        (3, lambda: case.regions.add(exhibit, _region(dice))),
        (3, lambda: case.coverage.viewed(exhibit, SIZE, [(dice.randrange(600), dice.randrange(400), 100, 100)])),
        (2, lambda: case.analyses.add(exhibit, small_result(dice.randrange(2**32)))),
        (2, lambda: _undo(case)),
        (2, lambda: _together(case, exhibit, dice)),
    )
    dice.choices([kind for _, kind in kinds], [weight for weight, _ in kinds])[0]()


def small_result(seed: int) -> AnalysisResult:
    """A result with embeddings and maps of random numbers (about 0.2 MB)."""
    rng = np.random.default_rng(seed)
    grid = PatchGrid.covering(*SIZE, patch=64, stride=32)
    cells = (grid.rows, grid.columns)
    labels = rng.integers(0, 2, cells).astype(np.int16)
    return AnalysisResult(
        status="complete",
        reason="",
        request=AnalysisRequest(seed=seed),
        image_size=SIZE,
        provenance=Provenance("0", "random", "0" * 64, "compact", (), "cpu", "float32", 1, seed, (), "", ()),
        findings=(),
        grid=grid,
        embeddings=rng.normal(size=(*cells, 128)).astype(np.float32),
        maps=Maps(
            geometry=MapGeometry(*cells, 32, *SIZE),
            departure=rng.random(cells, np.float32),
            pca=rng.random((*cells, 3), np.float32),
            groups=labels,
            cut=labels,
            departure_range=(0.0, 1.0),
        ),
    )


def _region(dice: random.Random) -> Region:
    x, y = dice.random() * 500, dice.random() * 300
    return Region(str(dice.randrange(100)), "rectangle", ((x, y), (x + 50, y + 50)))


def _undo(case: CaseFile) -> None:
    entry = case.undoable()
    if entry is None or entry.action == "exhibit.add":  # the exhibit is needed
        case.notes.add("there was nothing to undo")
    else:
        case.undo(entry.sequence)


def _together(case: CaseFile, exhibit: int, dice: random.Random) -> None:
    with case.together():
        region = case.regions.add(exhibit, _region(dice))
        case.notes.add("on it", region=region.id)
        case.tags.add(exhibit, str(dice.randrange(10)))


def fill_disk(place: Path, limit: int, *, seed: int = 0) -> Tally:
    """Write until nothing fits any more, verify, make room, go on.

    Args:
        place: folder on a disk with little room, or any if `limit` is given.
        limit: bytes that a file may have (RLIMIT_FSIZE of a child process); 0 = the disk itself is small.
        seed: of what is written.
    """
    tally, folder, ballast = Tally(), place / "full", place / "ballast"
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        try:
            ballast.write_bytes(b"\0" * (0 if limit else 1_000_000))
            if limit:
                resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
            os.write(writing, _until_full(folder, ballast, seed, limit=limit).encode("utf-8", "replace"))
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        said = pipe.read().decode("utf-8").split("\n")
    os.waitpid(child, 0)
    for line in said:
        if line.startswith(("full", "room")):
            tally.tried += 1
            continue
        tally.corrupt += 1
        tally.failures.append(line)
    _judge(folder, None, tally)
    return tally


def _until_full(folder: Path, ballast: Path, seed: int, *, limit: int) -> str:
    """In the child; returns one line per step, "full" or "room" first where it went well."""
    dice, lines = random.Random(seed), []
    exhibit = folder.with_suffix(".bin")
    exhibit.write_bytes(b"an exhibit")
    try:
        with CaseFile.create(folder, title="full", operator="writer") as case:
            case.exhibits.add(exhibit)
            for room in (False, True):
                try:
                    for _ in range(20_000):
                        head = case.head()
                        write_something(case, dice)
                    lines.append("never full")
                except CaseNotSaved:
                    intact = case.verify().intact and case.head() == head
                    lines.append("full: nothing lost" if intact else "lost or broken when the disk was full")
                if not room:
                    ballast.unlink()
                    if limit:
                        resource.setrlimit(resource.RLIMIT_FSIZE, (2 * limit, resource.RLIM_INFINITY))
                    case.notes.add("there is room again")
                    lines.append("room: writing went on")
    except Exception as problem:  # noqa: BLE001 - whatever it is belongs into the table
        lines.append(f"{problem!r} {traceback.format_exc()[-600:]}".replace("\n", " "))
    return "\n".join(lines)


def cut_files(truncations: int, place: Path, seed: int) -> tuple[Tally, Tally]:
    """Open copies of a case whose write-ahead log, or whose case file, is cut at a random byte.

    Returns:
        For the log: lost = entries are not the first ones of the original's; corrupt = it did not open or verify.
        For the file: lost = the damage went unnoticed.
    """
    dice = random.Random(seed)
    original = place / "original"
    exhibit = place / "exhibit.bin"
    exhibit.write_bytes(b"an exhibit")
    with CaseFile.create(original, title="cut", operator="writer") as case:
        case.exhibits.add(exhibit)
        for _ in range(60):
            write_something(case, dice)
        whole = [entry.hash for entry in case.history()]
        shutil.copytree(original, place / "with-log")
    logs, files = Tally(), Tally()
    for _ in range(truncations):
        _cut(place, "with-log", "case.sqlite-wal", dice)
        logs.tried += 1
        _judge_cut(place / "cut", whole, logs)
        _cut(place, "original", "case.sqlite", dice)
        files.tried += 1
        _judge_unnoticed(place / "cut", files)
    return logs, files


def _cut(place: Path, source: str, name: str, dice: random.Random) -> None:
    shutil.rmtree(place / "cut", ignore_errors=True)
    shutil.copytree(place / source, place / "cut")
    (place / "cut" / "case.sqlite-shm").unlink(missing_ok=True)  # memory of processes that are gone
    file = place / "cut" / name
    os.truncate(file, dice.randrange(file.stat().st_size))


def _judge_cut(folder: Path, whole: list[str], tally: Tally) -> None:
    try:
        with CaseFile.open(folder, operator="judge") as case:
            verification, history = case.verify(), [entry.hash for entry in case.history()]
    except WorkstationError as problem:
        tally.corrupt += 1
        tally.failures.append(problem.summary)
        return
    tally.entries += len(history)
    if not verification.intact:
        tally.corrupt += 1
        tally.failures += [finding.sentence for finding in verification.findings]
    elif history != whole[: len(history)]:
        tally.lost += 1


def _judge_unnoticed(folder: Path, tally: Tally) -> None:
    try:
        with CaseFile.open(folder, operator="judge", read_only=True) as case:
            if case.verify().intact:
                tally.lost += 1
    except WorkstationError:
        return


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--truncations", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--small-disk", type=Path, help="folder on a disk of a few megabytes, e.g. a small tmpfs")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        kills = kill_loop(arguments.kills, place, arguments.seed)
        (place / "cut-files").mkdir()
        logs, files = cut_files(arguments.truncations, place / "cut-files", arguments.seed)
        full = fill_disk(place, 3_000_000, seed=arguments.seed)
        small = fill_disk(arguments.small_disk, 0, seed=arguments.seed) if arguments.small_disk else None
    print(f"SIGKILL: {kills.tried} kills, {kills.survived} survived, {kills.lost} lost, {kills.corrupt} corrupt")
    print(
        f"    {kills.pending} left a write-ahead log, {kills.within} hit between commit and report, "
        f"{kills.parts} found an unfinished array"
    )
    print(
        f"write-ahead log cut: {logs.tried} copies, {logs.survived} survived, {logs.lost} lost, {logs.corrupt} corrupt"
    )
    print(f"case file cut: {files.tried} copies, {files.lost} unnoticed")
    print(f"files may not grow (RLIMIT_FSIZE): {full.tried} of 3 steps as they should be, {full.corrupt} not")
    if small is not None:
        print(f"disk full: {small.tried} of 3 steps as they should be, {small.corrupt} not")
    for tally in (kills, logs, files, full, *((small,) if small else ())):
        for failure in tally.failures:
            print(f"    {failure}")


if __name__ == "__main__":
    main()
