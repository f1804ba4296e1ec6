"""The files that a command was given: those named, and for a folder the image files in it and below it."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from workstation import terminal
from workstation.errors import Unopenable
from workstation.evidence import list_folder


class NoImages(Unopenable):
    """A folder without a file whose name ends like that of an image."""

    remedy = "Name files of other endings one by one."

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, "there is no image file in this folder")


def named_files(given: Iterable[Path]) -> tuple[tuple[Path, ...], bool]:
    """Put the image files of folders in the folders' place; what was left out is said.

    Returns:
        The files, each once, and whether a folder holds none or one could not be read.
    """
    files: dict[Path, None] = {}
    failed = False
    for path in given:
        if not os.path.isdir(path):  # noqa: PTH112 - `Path` raises for names that are too long
            files[path] = None
            continue
        listing = list_folder(path)
        files |= dict.fromkeys(listing.files)
        for folder in listing.unreadable:
            terminal.complain(Unopenable(folder, "this folder cannot be read"), folder.name)
        if listing.others:
            files_are = "file is" if listing.others == 1 else "files are"
            terminal.note(f"{path}: {listing.others} {files_are} left out; the names do not end like those of images")
        if not listing.files and not listing.unreadable:
            terminal.complain(NoImages(path), path.name)
        failed = failed or bool(listing.unreadable) or not listing.files
    return tuple(files), failed
