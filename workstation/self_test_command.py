"""The command `exifact self-test`: the table on standard output, exit code 0 or 1."""

from __future__ import annotations

import typer

from workstation import paths, terminal


def self_test() -> None:
    """Check this installation: its files, its weights, and whether it computes what it should.

    Takes about a minute. Exit code 0 if everything passed, 1 if anything failed.
    """
    from workstation import self_test as room  # noqa: PLC0415 - numpy and more: only for this command

    table = terminal.follow(room.run(), "self-test")
    width = max(len(check.name) for check in table.checks)
    for check in table.checks:
        terminal.say(f"{check.outcome.upper():14}  {check.name:{width}}  {check.seconds:5.1f} s  {check.detail}")
    place = paths.program_folder() or "its source"
    verdict = "all checks passed" if table.passed else "this installation is not sound; install Exifact again"
    terminal.say(f"exifact {table.program} from {place}: {verdict}")
    raise typer.Exit(0 if table.passed else 1)
