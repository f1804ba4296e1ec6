"""Which image files lie in a folder, for whoever opens all of them."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from workstation.evidence.formats import SUFFIXES

OWN_FILES = frozenset(("case.sqlite", "consistency.npy"))
"""A folder with one of these is a case or holds maps that Exifact wrote; what lies there was not photographed."""


@dataclass(frozen=True, slots=True)
class FolderListing:
    """What a folder and those below it hold.

    Attributes:
        files: whose names end like those of images, folder by folder in the order of their names (`name_key`).
        others: how many other files there are.
        unreadable: folders that may not be looked into.
    """

    files: tuple[Path, ...]
    others: int
    unreadable: tuple[Path, ...]


def list_folder(folder: Path) -> FolderListing:
    """Look for image files in a folder and below it; nothing is opened.

    Names with a dot at their beginning are passed over, links to folders are not followed; cases and maps of Exifact
    (`OWN_FILES`) are passed over, too.

    Args:
        folder: to look into; one that cannot be read stands in `unreadable`.
    """
    files: list[Path] = []
    others = 0
    unreadable: list[Path] = []
    for place, folders, names in os.walk(folder, onerror=lambda problem: unreadable.append(Path(problem.filename))):
        if not OWN_FILES.isdisjoint(names):
            folders.clear()
            continue
        folders[:] = sorted((name for name in folders if not name.startswith(".")), key=name_key)
        seen = sorted((name for name in names if not name.startswith(".")), key=name_key)
        images = [name for name in seen if os.path.splitext(name)[1].lower() in SUFFIXES]  # noqa: PTH122 - many names
        files += [Path(place, name) for name in images]
        others += len(seen) - len(images)
    return FolderListing(tuple(files), others, tuple(unreadable))


def name_key(name: str) -> tuple[str, ...]:
    """Names as people sort them: numbers by their size (IMG_2 before IMG_10), capitals like small letters.

    Names that differ in nothing else (A.jpg and a.jpg, IMG_2 and IMG_02) have keys of their own all the same, so that
    the order never depends on the order in which a disk lists them.
    """
    parts = re.split(r"(\d+)", name.casefold())
    return (*(_by_size(part) if number % 2 else part for number, part in enumerate(parts)), name)


def _by_size(digits: str) -> str:
    """Digits so that texts compare as their numbers do, of any length: the count of digits comes first."""
    digits = digits.lstrip("0")
    return f"{len(digits):03d}{digits}"
