"""Paths that code outside of Python can open: it takes names as UTF-8, and a name on a disk may be any bytes."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def native_path(path: Path) -> Iterator[Path]:
    """A path for torch, safetensors and tokenizers, which refuse one that is no UTF-8.

    Args:
        path: of a file or a folder.

    Yields:
        The path itself or, where it is no UTF-8, a link to it in a folder that goes with the block.
    """
    try:
        str(path).encode("utf-8")
    except UnicodeEncodeError:
        with tempfile.TemporaryDirectory(prefix="exifact-") as folder:
            link = Path(folder, f"linked{path.suffix}" if path.suffix.isascii() else "linked")
            link.symlink_to(path.absolute(), target_is_directory=path.is_dir())
            yield link
    else:
        yield path
