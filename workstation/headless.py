"""Photographs are analysed one after the other, without a window, each into a folder of its own."""

from __future__ import annotations

import os
import re
import traceback
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path

from workstation import analysis, evidence, terminal
from workstation.analysis.model import load_encoder
from workstation.analysis.result import AnalysisRequest, AnalysisResult
from workstation.casework.exhibit import Exhibit
from workstation.errors import ExportProblem, WorkstationError
from workstation.evidence.record import Evidence, FileIdentity
from workstation.progress import Progress
from workstation.report.exports import EXHIBIT_FILES, write_exhibit
from workstation.run_summary import SummaryLine, write_summary

_NOT_KEPT = (
    "The analysis of {name} is not kept: run the command again for it, with another folder after --out or more room."
)


LONGEST_STEM = 240
"""Bytes of a stem that a hash is added to: names have at most 255."""
_NOWHERE_ALLOWED = re.compile(r'[<>:"/\\|?*\x00-\x1f]')
_DEVICE = re.compile(r"(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?:\..*)?", re.IGNORECASE)
"""What Windows, and the disks that are carried to it, have no name for."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a list of files.

    Attributes:
        done: folders that were written, in order.
        failed: files that were not.
        interrupted: whether the user stopped before the end.
    """

    done: tuple[Path, ...]
    failed: tuple[Path, ...]
    interrupted: bool = False

    @property
    def exit_code(self) -> int:
        """0 all done, 1 a file failed, 130 stopped."""
        if self.interrupted:
            return 130
        return 1 if self.failed else 0


def analyze_files(
    files: Sequence[Path],
    out: Path,
    request: AnalysisRequest,
    *,
    max_pixels: int = evidence.DEFAULT_MAX_PIXELS,
    report: bool = True,
) -> Outcome:
    """Write `out`/<stem>/ for every file; a failure is said and leaves the others alone.

    Args:
        files: photographs.
        out: made if it is not there.
        request: the same for all.
        max_pixels: larger images are refused.
        report: whether report.pdf is written too.

    Several files get a table beside their folders (`run_summary`).
    """
    done: list[Path] = []
    failed: list[Path] = []
    lines: list[SummaryLine] = []
    taken: set[str] = set()
    try:
        encoder = load_encoder(
            request.model, device=request.device, threads=request.threads, precision=request.precision
        )
    except WorkstationError as error:
        terminal.complain(error)
        return Outcome((), tuple(files))
    for file in files:
        try:
            opened = terminal.follow(evidence.open_steps(file, max_pixels=max_pixels), file.name)
            result = terminal.follow(analysis.run(opened, request, encoder=encoder, claims=True), file.name)
            folder = folder_for(opened.identity, out, taken)
            terminal.follow(_write(Exhibit(opened, result), folder, report=report), file.name)
        except WorkstationError as error:
            terminal.complain(error, file.name)
            if isinstance(error, ExportProblem):
                terminal.note(f"         {_NOT_KEPT.format(name=file.name)}")
            failed.append(file)
            lines.append(SummaryLine(file, reason=error.what))
        except KeyboardInterrupt:
            terminal.note(f"exifact: stopped at {file.name}; what was finished before is kept in {out}")
            _sum_up(lines, files, out)
            return Outcome(tuple(done), tuple(failed), interrupted=True)
        except Exception as error:  # noqa: BLE001 - a defect that one file brings to light must not cost the others
            _confess(file, error)
            failed.append(file)
            lines.append(SummaryLine(file, reason="internal error"))
        else:
            _tell(opened, result, folder)
            done.append(folder)
            warnings = len(opened.warnings) + len(result.warnings)
            lines.append(SummaryLine(file, opened.identity.sha256, folder, result, warnings, result.reason))
    _sum_up(lines, files, out)
    return Outcome(tuple(done), tuple(failed))


def _sum_up(lines: list[SummaryLine], files: Sequence[Path], out: Path) -> None:
    """Where there were several files, a table of them, and which of the photographs fall into groups."""
    if len(files) < 2 or not lines:
        return
    apart = [line for line in lines if line.falls_into_groups]
    complete = sum(line.result is not None and line.result.status == "complete" for line in lines)
    terminal.say(f"{len(apart)} of {complete} assessable photographs fall into groups")
    for line in apart:
        terminal.say(f"    {line.file}")
    try:
        terminal.say(f"a line for each of the {len(lines)} files is in {write_summary(lines, out)}")
    except ExportProblem as problem:
        terminal.complain(problem)


def folder_for(identity: FileIdentity, out: Path, taken: set[str]) -> Path:
    """`out`/<stem>, or `out`/<stem>_<first 8 of the SHA-256> where something else has that place already.

    A stem that some system has no folder for (Windows: `CON`, a colon, a blank at the end) is mended and gets the hash.

    Args:
        identity: of the photograph.
        out: folder of all results.
        taken: names given so far, in lower case (file systems may not tell cases apart); the new one is added.
    """
    named = identity.path.stem
    stem = _NOWHERE_ALLOWED.sub("_", named).rstrip(". ")
    mended = stem != named or _DEVICE.fullmatch(stem) is not None
    if mended or stem.casefold() in taken or _holds_another(out / stem, identity.sha256):
        while len(os.fsencode(stem)) > LONGEST_STEM:
            stem = stem[:-1]
        stem = f"{stem}_{identity.sha256[:8]}"
    taken.add(stem.casefold())
    return out / stem


def _holds_another(folder: Path, sha256: str) -> bool:
    """Whether another photograph's results are here, or files of the same names that are no results: photographs."""
    try:
        return sha256.encode() not in (folder / "result.json").read_bytes()
    except OSError:
        places = (folder / name for name in EXHIBIT_FILES)
        return os.path.isfile(folder) or any(os.path.lexists(place) for place in places)  # noqa: PTH113 - `Path` raises


def _write(exhibit: Exhibit, folder: Path, *, report: bool) -> Generator[Progress, None, None]:
    """The last step, as a computation that says what it does."""
    yield Progress("writing results and report" if report else "writing results")
    write_exhibit(exhibit, folder, report=report)


def _tell(opened: Evidence, result: AnalysisResult, folder: Path) -> None:
    name = opened.identity.name
    for warning in (*opened.warnings, *result.warnings):
        terminal.note(f"{name}: warning: {warning.message}")
    for finding in result.findings:
        if finding.kind != "limits":  # the same for every photograph; they stand in result.json and in the report
            terminal.say(f"{name}: {finding.sentence}")
    terminal.say(f"{name}: written to {folder}")


def _confess(file: Path, error: Exception) -> None:
    terminal.note(f"exifact: {file.name}: internal error ({type(error).__name__}: {error}); the other files are done.")
    if os.environ.get("EXIFACT_DEBUG"):
        traceback.print_exception(error)
    else:
        terminal.note("         This is a defect of Exifact; with EXIFACT_DEBUG=1 it prints where it happened.")
