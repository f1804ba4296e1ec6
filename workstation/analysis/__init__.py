"""Evidence becomes findings: patches, embeddings, maps, findings. numpy and scipy; torch lives in `model/`.

Importing this package loads neither torch nor scipy; `run` does.
"""

from __future__ import annotations

from collections.abc import Generator

from workstation.analysis.model.encoder import Encoder
from workstation.analysis.result import AnalysisRequest, AnalysisResult, PartialMap
from workstation.evidence.record import Evidence
from workstation.progress import Progress

__all__ = ["AnalysisRequest", "AnalysisResult", "PartialMap", "run"]


def run(
    evidence: Evidence,
    request: AnalysisRequest,
    *,
    encoder: Encoder | None = None,
    claims: bool = False,
    watched: bool = False,
) -> Generator[Progress, None, AnalysisResult]:
    """Analyse the pixels of one file; see `workstation.analysis.pipeline.run`.

    Args:
        evidence: the opened file.
        request: everything that decides what is computed.
        encoder: already loaded weights, so that a batch or a window loads them once; None = those of the request.
        claims: whether what the file says is held against what is seen, where the weights have a text side.
        watched: whether partial maps are wanted.

    Yields:
        Progress; if watched, its `partial` is a `PartialMap` while patches are being embedded. Closing the generator
        cancels.

    Returns:
        The result; "not assessable" is one, too.

    Raises:
        WeightsProblem: if the weights cannot be loaded.
        DeviceProblem: if the device is not there, or runs out of memory.
    """
    from workstation.analysis import pipeline  # noqa: PLC0415 - scipy: only now

    return (yield from pipeline.run(evidence, request, encoder=encoder, claims=claims, watched=watched))
