"""The manifest.csv of a collection of photographs: which files there are, of which camera and for what."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

from workstation.errors import WorkstationError

NAME = "manifest.csv"


class ManifestProblem(WorkstationError):
    """A manifest that cannot be read, or lacks what is needed of it."""

    remedy = "docs/training.md says which columns there are."


def manifest_rows(folder: Path, needed: Sequence[str]) -> tuple[dict[str, str], ...]:
    """The rows of `folder`/manifest.csv.

    Args:
        folder: of the collection.
        needed: columns that every row must have; a cell may be empty.

    Raises:
        FileNotFoundError: without a manifest.
        ManifestProblem: if it cannot be read, or a column or a row's cell is missing.
    """
    file = folder / NAME
    try:
        with file.open(newline="", encoding="utf-8-sig") as lines:  # spreadsheets put a mark before the first name
            reader = csv.DictReader(lines)
            missing = [column for column in needed if column not in (reader.fieldnames or ())]
            rows = [(reader.line_num, row) for row in reader]
    except FileNotFoundError:
        raise
    except (OSError, ValueError, csv.Error) as problem:
        raise ManifestProblem(f"{file} cannot be read ({problem})") from problem
    if missing:
        raise ManifestProblem(f"{file} has no column {missing[0]!r}")
    for line, row in rows:
        short = [column for column in needed if row[column] is None]
        if short:
            raise ManifestProblem(f"{file} line {line} ends before its column {short[0]!r}")
    return tuple(row for _, row in rows)
