"""The embeddings of a result lie in a temporary file that is read a page at a time: memory holds what else it says.

They are nearly all of a result's bytes (8 MB on a photograph of 12 megapixels), and only a comparison asks for them.
"""

from __future__ import annotations

import tempfile
from dataclasses import replace

import numpy as np

from workstation import paths
from workstation.analysis.result import AnalysisResult


def embeddings_aside(result: AnalysisResult) -> AnalysisResult:
    """The same result, value for value, whose embeddings the system may drop from memory and read again.

    The file has no name where the system allows that, and goes with the last user of the array; a program that is
    killed leaves none behind. Where no file can be written, they stay in memory.
    """
    embeddings = result.embeddings
    if embeddings is None or not embeddings.size:
        return result
    try:
        with tempfile.TemporaryFile(dir=paths.spacious_temporary(), prefix="exifact-") as file:
            file.write(np.ascontiguousarray(embeddings).view(np.uint8).data)
            file.flush()
            mapped = np.memmap(file, embeddings.dtype, "r", shape=embeddings.shape)
    except OSError:
        return result
    return replace(result, embeddings=np.asarray(mapped))
