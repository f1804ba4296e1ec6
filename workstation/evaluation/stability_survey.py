"""The stability audit over many pictures: how many regions and answers stay under each harmless change."""

from __future__ import annotations

import tempfile
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from workstation import analysis
from workstation.analysis.model import Encoder
from workstation.analysis.result import AnalysisRequest
from workstation.analysis.stability import CHANGES, Stability, audit
from workstation.evaluation.calibration_images import Photo, reference_images
from workstation.evaluation.strata import Treatment, write
from workstation.evidence import open_evidence
from workstation.progress import Progress, drain

LEVEL = 0.05


def survey(
    photos: Sequence[Photo], treatment: Treatment, encoder: Encoder, *, seed: int = 0
) -> Generator[Progress, None, dict[str, Any]]:
    """Audit the splice of every photograph, one per camera.

    Args:
        photos: hosts and donors.
        treatment: of the pictures before the changes.
        encoder: that analyses them.
        seed: of the draws.

    Yields:
        Progress after each picture.

    Returns:
        As docs/validation/stability.json stores it.
    """
    outcomes: list[tuple[Stability, ...]] = []
    seen: set[str] = set()
    request = AnalysisRequest(model=encoder.description.name, threads=encoder.threads)
    cameras = len({photo.camera for photo in photos})
    with tempfile.TemporaryDirectory() as folder:
        for image in reference_images(photos, treatment, seed=seed):
            if not image.spliced or image.photo.camera in seen:
                continue
            seen.add(image.photo.camera)
            evidence = open_evidence(write(image.image, treatment, Path(folder), "picture"))
            result = drain(analysis.run(evidence, request, encoder=encoder))
            outcomes.append(drain(audit(evidence, result, encoder)))
            yield Progress("auditing splices", len(seen) / cameras)
    return {
        "about": f"One splice per camera ({treatment.name}, {len(outcomes)} pictures), changed in three ways that "
        "nobody would call a manipulation. A region stays if those of the copy that lie mostly in it, or one of them, "
        "cover it with an intersection over union of at least one half; it is new if most of it did not depart before.",
        "weights_sha256": encoder.description.sha256,
        "rows": [_row([one[index] for one in outcomes]) for index in range(len(CHANGES))],
    }


def _row(outcomes: Sequence[Stability]) -> dict[str, Any]:
    correlations = [one.correlation for one in outcomes if one.correlation is not None]
    answers = [(one.p_before, one.p_after) for one in outcomes if one.p_before is not None and one.p_after is not None]
    return {
        "change": outcomes[0].change,
        "pictures": len(outcomes),
        "regions": sum(one.regions for one in outcomes),
        "regions_kept": sum(one.kept for one in outcomes),
        "regions_new": sum(one.new for one in outcomes),
        "answers": len(answers),
        "answers_kept": sum((before <= LEVEL) == (after <= LEVEL) for before, after in answers),
        "correlation": round(float(np.median(correlations)), 3) if correlations else None,
    }
