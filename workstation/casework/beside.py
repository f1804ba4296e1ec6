"""Where nothing is ever written: beside an original, and among the files of a case."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from workstation.errors import ExportProblem

if TYPE_CHECKING:
    from workstation.casework.casefile import CaseFile


class BesideEvidence(ExportProblem):
    """A report or map would be written into a folder that holds an exhibit."""

    remedy = "Choose another folder: nothing is ever written beside an original."

    def __init__(self, folder: Path) -> None:
        super().__init__(f"{folder} holds an exhibit")
        self.folder = folder


class WithinCase(ExportProblem):
    """Something would be written over the files that a case consists of."""

    remedy = "Choose another name or folder."

    def __init__(self, target: Path) -> None:
        super().__init__(f"{target} is the place of one of the case's own files")
        self.target = target


def refuse_beside_evidence(folder: Path, evidence: Iterable[Path]) -> None:
    """Refuse to write into a folder that holds an exhibit.

    Raises:
        BesideEvidence: if one of `evidence` lies in `folder`, whatever links lead there.
    """
    asked = _names(folder)
    places = {place for path in evidence for place in (_real(path).parent, _real(path.parent))}
    if any(not asked.isdisjoint(_names(place)) for place in places):
        raise BesideEvidence(folder)


def refuse_target(case: CaseFile, target: Path) -> None:
    """Refuse a file to write that would lie beside an exhibit of a case, or be one of the case's own files.

    Raises:
        BesideEvidence: if an exhibit, withdrawn ones included, lies in the same folder.
        WithinCase: if the case file, its lock or its arrays would be written over.
    """
    from workstation.casework.access import FILE  # noqa: PLC0415 - SQLAlchemy loads when a case is asked for
    from workstation.casework.lock import HOLDER, LOCK  # noqa: PLC0415 - as above
    from workstation.casework.store import ARTIFACTS, ORIGINALS  # noqa: PLC0415 - as above

    whole, folder = _real(target), _names(case.folder)
    kept = _names(case.folder / ARTIFACTS) | _names(case.folder / ORIGINALS)
    inside = any(not _names(above).isdisjoint(kept) for above in whole.parents)
    name = whole.name.lower()  # Windows and most Macs do not tell cases apart
    if inside or (not _names(whole.parent).isdisjoint(folder) and (name.startswith(FILE) or name in {HOLDER, LOCK})):
        raise WithinCase(target)
    refuse_beside_evidence(whole.parent, [record.path for record in case.exhibits.all()])


def _names(folder: Path) -> set[Path | tuple[int, int]]:
    """What a folder is told by: where links lead, and its number on its disk.

    A share that is mounted twice, and a Mac's folder that is written in capitals, is the same under another name.
    """
    real = _real(folder)
    try:
        found = real.stat()
    except (OSError, ValueError):
        return {real}  # not made yet
    return {real, (found.st_dev, found.st_ino)} if found.st_ino else {real}


def _real(path: Path) -> Path:
    """Where links lead; `Path.resolve` would raise for links that lead in a circle."""
    return Path(os.path.realpath(path))
