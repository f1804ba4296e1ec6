"""Files of a case are complete, or they are not there: written beside their place, flushed, then given their name."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from workstation.whole_files import UNFINISHED, whole_file

_NO_FOLDERS = {errno.EINVAL, errno.EBADF, errno.ENOTSUP, errno.ENOSYS}
"""How file systems (shares, USB sticks through FUSE) say that they flush files, but no folders."""


@contextmanager
def finished(path: Path) -> Iterator[Path]:
    """A whole file (see `whole_files`) whose name lasts a power cut, too: what the log speaks of must be there.

    The folder is made if it is not there.

    Raises:
        OSError: if something refuses; `path` is then as it was before.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(path) as beside:
        yield beside
    _flush_folder(path.parent)


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
