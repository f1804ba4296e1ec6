"""Which image files lie in a folder, for whoever opens all of them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from workstation.evidence.formats import SUFFIXES

OWN_FILES = frozenset(("case.sqlite", "consistency.npy"))
"""A folder with one of these is a case or holds maps that Exifact wrote; what lies there was not photographed."""


@dataclass(frozen=True, slots=True)
class FolderListing:
    """What a folder and those below it hold.

    Attributes:
        files: whose names end like those of images, folder by folder in the order of their names.
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
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        seen = sorted(name for name in names if not name.startswith("."))
        images = [name for name in seen if os.path.splitext(name)[1].lower() in SUFFIXES]  # noqa: PTH122 - many names
        files += [Path(place, name) for name in images]
        others += len(seen) - len(images)
    return FolderListing(tuple(files), others, tuple(unreadable))
