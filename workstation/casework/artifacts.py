"""Arrays of a case, in files that are named by the SHA-256 of their bytes."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib.format import read_array
from numpy.typing import NDArray

from workstation.casework.durable import finished
from workstation.casework.problems import ArtifactProblem, CaseNotSaved

_NAME = re.compile(r"[0-9a-f]{64}")
SUFFIX = ".npy"


class Artifacts:
    """The folder `artifacts/` of a case. A file never changes; the same array is stored once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, array: NDArray[Any]) -> str:
        """Store an array in NumPy's own format, flushed to the disk before this returns.

        Returns:
            SHA-256 of the file's bytes, 64 hexadecimal digits.

        Raises:
            CaseNotSaved: if it cannot be written; nothing half-written stays.
        """
        stream = BytesIO()
        np.save(stream, np.ascontiguousarray(array), allow_pickle=False)
        content = stream.getvalue()
        name = hashlib.sha256(content).hexdigest()
        path = self._path(name)
        if path.exists() and not self.problem(name):
            return name
        try:
            with finished(path) as beside:
                beside.write_bytes(content)
        except OSError as problem:
            raise CaseNotSaved(
                self._folder.parent, f"an array could not be stored ({problem.strerror or problem})"
            ) from problem
        return name

    def get(self, name: str) -> NDArray[Any]:
        """An array, after its hash was compared with its name.

        Raises:
            ArtifactProblem: if it is missing, its bytes are not those that were stored, or they are no array.
        """
        content, problem = self._content(name)
        if problem:
            raise ArtifactProblem(self._folder.parent, problem)
        try:
            array: NDArray[Any] = read_array(BytesIO(content), allow_pickle=False)
        except (ValueError, EOFError, MemoryError) as trouble:  # a case may come from anybody
            what = f"artifact {name[:12]}… is no array ({trouble})"
            raise ArtifactProblem(self._folder.parent, what) from trouble
        return array

    def problem(self, name: str) -> str:
        """What is wrong with a stored array in a sentence, "" if nothing is."""
        return self._content(name)[1]

    def _content(self, name: str) -> tuple[bytes, str]:
        """The bytes behind a name, and what is wrong with them."""
        if not _NAME.fullmatch(name):  # a case may come from anybody: no way out of the folder
            return b"", f"“{name[:40]}” is no name of an artifact"
        try:
            content = self._path(name).read_bytes()
        except OSError as problem:
            return b"", f"artifact {name[:12]}… cannot be read ({problem.strerror or problem})"
        if hashlib.sha256(content).hexdigest() != name:
            return content, f"artifact {name[:12]}… does not have the bytes that its name stands for"
        return content, ""

    def __iter__(self) -> Iterator[str]:
        """Names of all that is stored."""
        return (path.stem for path in sorted(self._folder.glob(f"??/*{SUFFIX}")))

    def _path(self, name: str) -> Path:
        return self._folder / name[:2] / f"{name}{SUFFIX}"
