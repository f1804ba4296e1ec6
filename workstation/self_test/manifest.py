"""The list of everything that was shipped: one SHA-256 per file, in the format of `sha256sum`.

`sha256sum -c manifest.sha256` checks the same with the tools of the system.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path

from workstation.analysis.model.registry import sha256_of
from workstation.errors import WorkstationError
from workstation.progress import Progress, Stopwatch

NAME = "manifest.sha256"
"""Of the list, in the folder that it describes; it does not list itself."""

_LINE = re.compile(r"([0-9a-f]{64}) [ *](.+)")


class ManifestProblem(WorkstationError):
    """The list of shipped files is missing or cannot be read."""

    likely_causes = ("an incomplete copy of the program's folder", "a damaged medium")
    remedy = "Install Exifact again from a file whose hash you have checked."


@dataclass(frozen=True, slots=True)
class Comparison:
    """A folder beside its manifest.

    Attributes:
        listed: number of files in the manifest.
        sha256: of the manifest itself, to be compared with the published one.
        altered, missing, unexpected: names of files whose content differs, that are gone, or that nobody listed.
        unreadable: names of files that could not be read.
    """

    listed: int
    sha256: str
    altered: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    unexpected: tuple[str, ...] = ()
    unreadable: tuple[str, ...] = ()

    @property
    def intact(self) -> bool:
        """Whether the folder holds what was shipped and nothing else."""
        return not (self.altered or self.missing or self.unexpected or self.unreadable)


def write(folder: Path) -> Path:
    """List every file below `folder`, sorted by name.

    Returns:
        The manifest.

    Raises:
        OSError: if a file cannot be read or the manifest cannot be written.
    """
    lines = [f"{sha256_of(folder / name)}  {name}\n" for name in sorted(_files(folder))]
    manifest = folder / NAME
    manifest.write_text("".join(lines), encoding="utf-8", newline="\n")
    return manifest


def compare(folder: Path) -> Generator[Progress, None, Comparison]:
    """Hash every file below `folder` and compare with its manifest.

    Yields:
        Progress by number of files.

    Raises:
        ManifestProblem: if there is no manifest, or it is none.
    """
    expected, sha256 = read(folder)
    altered: list[str] = []
    unreadable: list[str] = []
    present = set(_files(folder))
    watch = Stopwatch()
    for number, (name, digest) in enumerate(expected.items(), start=1):
        if name in present:
            try:
                if sha256_of(folder / name) != digest:
                    altered.append(name)
            except OSError:
                unreadable.append(name)
        if number % 50 == 0:
            yield Progress("hashing shipped files", number / len(expected), watch.remaining(number / len(expected)))
    return Comparison(
        listed=len(expected),
        sha256=sha256,
        altered=tuple(altered),
        missing=tuple(sorted(expected.keys() - present)),
        unexpected=tuple(sorted(present - expected.keys())),
        unreadable=tuple(unreadable),
    )


def read(folder: Path) -> tuple[dict[str, str], str]:
    """The manifest of a folder: name -> SHA-256, and its own SHA-256.

    Raises:
        ManifestProblem: if there is no manifest, or it is none.
    """
    manifest = folder / NAME
    try:
        text, sha256 = manifest.read_text(encoding="utf-8"), sha256_of(manifest)
    except (OSError, UnicodeDecodeError) as error:
        raise ManifestProblem(f"{manifest} cannot be read: {error}") from error
    expected: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        match = _LINE.fullmatch(line)
        if match is None:
            raise ManifestProblem(f"{manifest}: line {number} is no hash with a name")
        expected[match[2]] = match[1]
    if not expected:
        raise ManifestProblem(f"{manifest} lists no file")
    return expected, sha256


def _files(folder: Path) -> Iterator[str]:
    """Names, with forward slashes, of the files and links below a folder; the manifest is left out."""
    for path in folder.rglob("*"):
        if path.is_symlink() or path.is_file():
            name = path.relative_to(folder).as_posix()
            if name != NAME:
                yield name
