"""Files of a case are complete, or they are not there: written beside their place, flushed, then given their name."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

UNFINISHED = ".part"
_NO_FOLDERS = {errno.EINVAL, errno.EBADF, errno.ENOTSUP, errno.ENOSYS}
"""How file systems (shares, USB sticks through FUSE) say that they flush files, but no folders."""


@contextmanager
def finished(path: Path) -> Iterator[Path]:
    """A path beside `path` to write to; when the block ends without an error the file takes its name, on the disk.

    The folder is made if it is not there.

    Raises:
        OSError: if something refuses; `path` is then as it was before.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{secrets.token_hex(8)}{UNFINISHED}")
    try:
        yield beside
        with beside.open("rb+") as written:
            os.fsync(written.fileno())
        beside.replace(path)
        _flush_folder(path.parent)
    finally:
        beside.unlink(missing_ok=True)


def sweep(folder: Path) -> None:
    """Remove what a program that was stopped left unfinished here and in the folders right below."""
    for pattern in (f".*{UNFINISHED}", f"*/.*{UNFINISHED}"):
        for unfinished in folder.glob(pattern):
            with suppress(OSError):  # held by a virus scanner, say: it is no part of the case, and waits
                unfinished.unlink(missing_ok=True)


def _flush_folder(path: Path) -> None:
    """Make the new name itself last a power cut, where system and medium know how; the file has its name already."""
    if os.name != "posix":
        return
    with suppress(PermissionError):  # a folder that may be written, but not read
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        except OSError as problem:
            if problem.errno not in _NO_FOLDERS:
                raise
        finally:
            os.close(handle)
