"""Files appear whole or not at all: written beside their place, flushed to the disk, then given their name."""

from __future__ import annotations

import glob
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

UNFINISHED = ".part"

_BEGINNING = 40
"""Characters of a file's name that its unfinished file bears; a name may be too long for more."""


@contextmanager
def whole_file(path: Path, mode: int = 0o666) -> Iterator[Path]:
    """A file in the folder of `path` that takes its name when the block ends without an error; else it is removed.

    Only a program that is killed leaves it behind (see `sweep`).

    Args:
        path: what is made or replaced; its folder is there.
        mode: permissions of the file, of which the user's umask takes some away.

    Yields:
        The unfinished file's path; it exists and is empty. Another file may be put in its place.

    Raises:
        OSError: if the folder, the file or the disk refuses; `path` is then as it was before.
    """
    beside = path.with_name(f".{path.stem[:_BEGINNING]}.{secrets.token_hex(8)}{UNFINISHED}")
    os.close(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode))
    try:
        yield beside
        flush(beside)
        beside.replace(path)
    finally:
        with suppress(OSError):  # what went wrong before is what is told
            beside.unlink(missing_ok=True)


def flush(unfinished: Path) -> None:
    """Bring a written file to the disk; a full one may only show here.

    Raises:
        OSError: if the disk refuses.
    """
    with unfinished.open("rb+") as written:
        os.fsync(written.fileno())


def sweep(path: Path) -> None:
    """Remove what programs that were killed left of a file; for those that are the only ones to write it."""
    pattern = f".{glob.escape(path.stem[:_BEGINNING])}.{'[0-9a-f]' * 16}{UNFINISHED}"
    for unfinished in path.parent.glob(pattern):
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)
