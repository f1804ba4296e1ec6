"""Folders that training and its data are written to."""

from __future__ import annotations

from pathlib import Path

from workstation.errors import ExportProblem


def make_folder(folder: Path) -> None:
    """Make a folder and those above it, unless it is there.

    Raises:
        ExportProblem: if that cannot be done.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise ExportProblem(f"{folder} could not be made: {problem.strerror or problem}") from problem
