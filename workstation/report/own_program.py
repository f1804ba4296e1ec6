"""Which program made a report: a hash over its own files."""

from __future__ import annotations

import hashlib
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

import workstation
from workstation.paths import is_frozen


@dataclass(frozen=True, slots=True)
class ProgramHash:
    """A hash over the program.

    Attributes:
        sha256: lower-case hexadecimal, "" where the program's own files cannot be read.
        covers: "sources" (names and contents of the package's Python files) or "bundle" (the frozen program file).
        files: number of files.
    """

    sha256: str
    covers: Literal["sources", "bundle"]
    files: int


@cache
def program_hash() -> ProgramHash:
    """The hash of the program that runs.

    Over sources: SHA-256 of one line "<SHA-256 of the file>  <path within the package>" per Python file, sorted by
    path, as `sha256sum` prints them. The bundle holds all of the program's modules in its program file.
    """
    if is_frozen():
        digest = _of_file(Path(sys.executable))
        return ProgramHash(digest, "bundle", 1 if digest else 0)
    root = Path(workstation.__file__).resolve().parent
    files = sorted(path.relative_to(root).as_posix() for path in root.rglob("*.py"))
    lines = "".join(f"{_of_file(root / name)}  {name}\n" for name in files)
    return ProgramHash(hashlib.sha256(lines.encode()).hexdigest(), "sources", len(files))


def _of_file(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError:
        return ""
