"""The command `exifact self-test`: the table on standard output, exit code 0 or 1."""

from __future__ import annotations

import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer

from workstation import paths, terminal

if TYPE_CHECKING:
    from workstation.self_test import Check


def self_test(
    window: Annotated[
        bool,
        typer.Option("--window", help="Let the window open the example, analyse it and export a report, too."),
    ] = False,
) -> None:
    """Check this installation: its files, its weights, and whether it computes what it should.

    Takes about a minute. Exit code 0 if everything passed, 1 if anything failed. With --window and without a display,
    QT_QPA_PLATFORM=offscreen lets the window run unseen.
    """
    problem = terminal.display_problem() if window else ""
    if problem:
        terminal.note(f"exifact: {problem}. QT_QPA_PLATFORM=offscreen exifact self-test --window works without one.")
        raise typer.Exit(1)
    from workstation import self_test as room  # noqa: PLC0415 - numpy and more: only for this command

    table = terminal.follow(room.run(), "self-test")
    if window:
        table = room.SelfTest(table.program, (*table.checks, _window()))
    width = max(len(check.name) for check in table.checks)
    for check in table.checks:
        terminal.say(f"{check.outcome.upper():14}  {check.name:{width}}  {check.seconds:5.1f} s  {check.detail}")
    place = paths.program_folder() or "its source"
    verdict = "all checks passed" if table.passed else "this installation is not sound; install Exifact again"
    terminal.say(f"exifact {table.program} from {place}: {verdict}")
    raise typer.Exit(0 if table.passed else 1)


def _window() -> Check:
    from workstation.self_test import Check  # noqa: PLC0415 - as above
    from workstation.ui.rehearsal import rehearse  # noqa: PLC0415 - Qt

    started = time.monotonic()
    with TemporaryDirectory(prefix="exifact-self-test-") as folder:
        sound, words = rehearse(paths.resources() / "examples" / "spliced.jpg", Path(folder) / "report.pdf")
    return Check("window", "passed" if sound else "failed", words, round(time.monotonic() - started, 1))
