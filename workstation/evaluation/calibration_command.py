"""The commands `exifact validate` and `exifact calibrate`: words in, words out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from workstation import terminal
from workstation.errors import WorkstationError

DONE, FAILED = 0, 1


def validate(
    model: Annotated[str, typer.Option("--model", help="Weights whose results are stored.")] = "compact",
    threads: Annotated[int | None, typer.Option(min=1, metavar="N", help="CPU threads.")] = None,
    store: Annotated[
        bool, typer.Option("--store", help="Compute the stored results anew, after a change of the weights.")
    ] = False,
) -> None:
    """Compare this machine's results for the bundled examples with the stored ones, on every device that it has."""
    from workstation.analysis import validation  # noqa: PLC0415 - the command line shows its help without it

    try:
        if store:
            written: Path = terminal.follow(validation.store(model=model, threads=threads), model)
            terminal.say(f"written to {written}")
        report = terminal.follow(validation.validate(model=model, threads=threads), model)
    except WorkstationError as error:
        terminal.complain(error)
        raise typer.Exit(FAILED) from error
    for check in report.checks:
        terminal.say(check.sentence)
    for device, reason in report.skipped:
        terminal.say(f"{device}: not compared, {reason}")
    terminal.say("passed" if report.passed else "FAILED: results of this machine differ from the stored ones")
    raise typer.Exit(DONE if report.passed else FAILED)
