"""Whole files (see `whole_files`) that are asked for before the work, and whose problems are said in words."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from workstation.errors import ExportProblem
from workstation.whole_files import whole_file


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary file in the folder of `path` that takes its name when the block ends without an error.

    Yields:
        The temporary file's path; it exists and is empty.

    Raises:
        ExportProblem: if the folder, the file or the disk refuses; `path` is then as it was before.
    """
    try:
        refuse_taken(path)
        with whole_file(path) as unfinished:
            yield unfinished
    except OSError as problem:
        raise ExportProblem(f"{path} could not be written: {problem.strerror or problem}") from problem


def refuse_taken(path: Path) -> None:
    """Refuse before the work what would refuse at its end: a folder, or a file that another program holds (Windows).

    Raises:
        OSError: if nothing can take the place of what is at `path`.
    """
    if os.path.isdir(path):  # noqa: PTH112 - `Path` raises for names that are too long
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    with suppress(FileNotFoundError):
        path.replace(path)  # Windows renames no file that is open in a viewer; elsewhere nothing happens


def write_bytes(path: Path, content: bytes) -> None:
    """Write a whole file at once.

    Raises:
        ExportProblem: as `replacing` does.
    """
    with replacing(path) as unfinished:
        unfinished.write_bytes(content)


def write_text(path: Path, text: str) -> None:
    """Write a whole text file at once, as UTF-8 with plain line feeds.

    Raises:
        ExportProblem: as `replacing` does.
    """
    write_bytes(path, text.encode("utf-8", "backslashreplace"))
