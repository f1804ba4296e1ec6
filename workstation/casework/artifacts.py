"""Arrays of a case, in files that are named by the SHA-256 of their bytes."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
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
            ArtifactProblem: if it is missing, or its bytes are not those that were stored.
        """
        problem = self.problem(name)
        if problem:
            raise ArtifactProblem(self._folder.parent, problem)
        return np.load(self._path(name), allow_pickle=False)  # type: ignore[no-any-return] # np.load is untyped

    def problem(self, name: str) -> str:
        """What is wrong with a stored array in a sentence, "" if nothing is."""
        if not _NAME.fullmatch(name):  # a case may come from anybody: no way out of the folder
            return f"“{name[:40]}” is no name of an artifact"
        try:
            content = self._path(name).read_bytes()
        except OSError as problem:
            return f"artifact {name[:12]}… cannot be read ({problem.strerror or problem})"
        if hashlib.sha256(content).hexdigest() != name:
            return f"artifact {name[:12]}… does not have the bytes that its name stands for"
        return ""

    def __iter__(self) -> Iterator[str]:
        """Names of all that is stored."""
        return (path.stem for path in sorted(self._folder.glob(f"??/*{SUFFIX}")))

    def _path(self, name: str) -> Path:
        return self._folder / name[:2] / f"{name}{SUFFIX}"
