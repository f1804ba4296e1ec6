"""The embeddings of a result lie in a temporary file that is read a page at a time: memory holds what else it says.

They are nearly all of a result's bytes (8 MB on a photograph of 12 megapixels), and only a comparison asks for them.
"""

from __future__ import annotations

import tempfile
import weakref
from dataclasses import replace
from functools import cache

import numpy as np

from workstation import paths
from workstation.analysis.result import AnalysisResult

WANTED_FILES = 4096
"""Files that a process asks to have open at once: who does not ask gets 256 on a Mac, 1024 on Linux."""

_mapped: weakref.WeakValueDictionary[int, np.memmap] = weakref.WeakValueDictionary()
"""Those that hold a file open, by their place in memory."""


def embeddings_aside(result: AnalysisResult) -> AnalysisResult:
    """The same result, value for value, whose embeddings the system may drop from memory and read again.

    The file has no name where the system allows that, and goes with the last user of the array; a program that is
    killed leaves none behind. Where no file can be written, or half of those that may be open are, they stay in memory:
    the other half is for photographs, cases and reports.
    """
    embeddings = result.embeddings
    if embeddings is None or not embeddings.size or len(_mapped) >= _most_open() // 2:
        return result
    try:
        with tempfile.TemporaryFile(dir=paths.spacious_temporary(), prefix="exifact-") as file:
            file.write(np.ascontiguousarray(embeddings).view(np.uint8).data)
            file.flush()
            mapped = np.memmap(file, embeddings.dtype, "r", shape=embeddings.shape)
    except OSError:
        return result
    _mapped[id(mapped)] = mapped
    return replace(result, embeddings=np.asarray(mapped))


@cache
def _most_open() -> int:
    """How many files this process may have open at once, once it asked for more."""
    try:
        import resource  # noqa: PLC0415 - Windows has none, and no such limit
    except ImportError:
        return 2 * WANTED_FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = WANTED_FILES if hard == resource.RLIM_INFINITY else min(WANTED_FILES, hard)
    if soft == resource.RLIM_INFINITY or soft >= most:
        return WANTED_FILES if soft == resource.RLIM_INFINITY else int(soft)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    except (OSError, ValueError):
        return int(soft)
    return int(most)
