"""How much the score of a claim says: measured on photographs of cameras that a text side never saw."""

from __future__ import annotations

import json
from collections.abc import Generator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from workstation.analysis.claims import FIELD, Material, TagValidation, Validation, see
from workstation.analysis.exif_texts import PROCESSING_TAGS, TagText
from workstation.analysis.model.encoder import TextSide
from workstation.errors import ExportProblem, NotAssessable, WorkstationError
from workstation.evidence import open_evidence
from workstation.progress import Progress, Stopwatch, drain
from workstation.report.atomic import write_text
from workstation.training.exif_text_samples import SampleMaker, read_photos
from workstation.training.retrieval import LineUp, retrieval
from workstation.training.text_evaluation import FEWEST, MADE, MADE_SIDE, line_ups_per_tag

ERROR = 0.1
"""Rate at which either limit errs at most. Five per cent would need 19 cameras for a limit beyond every score seen."""

ROUNDING = 1e-9
"""Of sums of shares."""

DIGITS = 5
"""Decimals of what is stored."""


class NothingMeasured(WorkstationError):
    """Photographs that allow no statement on any tag."""

    remedy = "What was measured before stays; docs/training.md says what a collection needs."

    def __init__(self, split: str) -> None:
        super().__init__(f"no tag with several values is carried by {FEWEST} cameras whose split is {split!r}")


Scores = NDArray[np.float64]
Item = tuple[str, NDArray[np.float32], tuple[TagText, ...]]


def validate_claims(
    side: TextSide, folder: Path, *, split: str = "dev", seed: int = 0
) -> Generator[Progress, None, Validation]:
    """Measure every tag with the scores that claims have; charts, flat fields and flat pictures are left out.

    Args:
        side: what is measured.
        folder: of the collection, with its manifest.
        split: of the manifest; its cameras must not have trained the text side.
        seed: of the made histories and the bootstrap.

    Yields:
        Progress after each photograph.

    Raises:
        FileNotFoundError: without a manifest.
        NothingMeasured: if no tag is carried by enough cameras.
        WorkstationError: if a photograph cannot be decoded.
    """
    photos = tuple(photo for photo in read_photos(folder, split)[0] if not photo.chart)
    maker = SampleMaker(folder, photos, side=MADE_SIDE, versions=2 + MADE, simulated=0.0, seed=seed)
    own: list[Item] = []
    made: list[Item] = []
    patches: list[int] = []
    watch = Stopwatch()
    for number, photo in enumerate(photos):
        try:
            seen = drain(see(side, open_evidence(folder / photo.file).pixels.rgb))
            own.append((photo.camera, seen.mean(), (*photo.said, *photo.saved)))
            patches.append(seen.count)
            for version, sample in enumerate(maker.samples_of(number)):
                if version >= 2:  # the first two are untouched
                    seen = drain(see(side, sample.picture))
                    words = tuple(s for s in sample.statements if s.tag in PROCESSING_TAGS)
                    made.append((photo.camera, seen.mean(), words))
        except NotAssessable:
            continue
        fraction = (number + 1) / len(photos)
        yield Progress("validating claims", fraction, watch.remaining(fraction))
    tags = [_measured(tag, *found, "photographs") for tag, found in line_ups_per_tag(side, own).items()]
    stated = {tag.tag for tag in tags}
    histories = line_ups_per_tag(side, made).items()
    tags += [_measured(tag, *found, "made histories") for tag, found in histories if tag not in stated]
    if not tags:
        raise NothingMeasured(split)
    sizes = min(patches, default=0), max(patches, default=0)
    return Validation(side.description.text_sha256, *sizes, tuple(tags))


def _measured(tag: str, values: tuple[str, ...], line_ups: Sequence[LineUp], material: Material) -> TagValidation:
    figures = retrieval(line_ups)
    supports, conflicts = limits(line_ups) if material == "photographs" else (None, None)
    true, false = _per_camera(line_ups)
    return TagValidation(
        tag=tag,
        candidates=values,
        material=material,
        cameras=figures.cameras,
        pictures=figures.pictures,
        other_cameras=len({line_up.camera for line_up in line_ups if not line_up.commonest}),
        auc=round(figures.auc.value, DIGITS),
        auc_low=round(figures.auc.low, DIGITS),
        auc_high=round(figures.auc.high, DIGITS),
        top1=round(figures.top1.value, DIGITS),
        top1_chance=round(figures.top1_chance, DIGITS),
        reciprocal_rank=round(figures.reciprocal_rank.value, DIGITS),
        reciprocal_rank_chance=round(figures.reciprocal_rank_chance, DIGITS),
        supports_from=supports,
        conflicts_below=conflicts,
        true_supported=None if supports is None else _share([t >= supports for t in true]),
        false_conflicting=None if conflicts is None else _share([f < conflicts for f in false]),
        error=ERROR,
    )


def _share(hits: Sequence[NDArray[np.bool_]]) -> float:
    """Mean over cameras."""
    return round(float(np.mean([camera.mean() for camera in hits])), DIGITS)


def limits(line_ups: Sequence[LineUp], error: float = ERROR) -> tuple[float | None, float | None]:
    """Scores from which a claim is supported and below which it conflicts.

    Conformal risk control (Angelopoulos et al., ICLR 2024) over cameras: with n cameras and the mean R over cameras of
    the share of a camera's claims on the wrong side, a limit holds where (n R + 1) / (n + 1) is at most `error`. A
    further camera, drawn like these, then errs at most that often on average.

    Returns:
        (supports_from, conflicts_below); None twice where too few cameras allow any limit.
    """
    allowed = error * (len({line_up.camera for line_up in line_ups}) + 1) - 1  # of n R
    if allowed < -ROUNDING:
        return None, None
    true, false = _per_camera(line_ups)
    above = [np.nextafter(score, np.inf) for score in np.unique(np.concatenate(false))]
    supports = min(c for c in above if sum((s >= c).mean() for s in false) <= allowed + ROUNDING)
    within = np.unique(np.concatenate(true))
    conflicts = max(c for c in within if sum((s < c).mean() for s in true) <= allowed + ROUNDING)
    return float(supports), float(conflicts)


def _per_camera(line_ups: Sequence[LineUp]) -> tuple[list[Scores], list[Scores]]:
    """Scores of the true and of the false claims of each camera."""
    cameras = sorted({line_up.camera for line_up in line_ups})
    own = [[line_up for line_up in line_ups if line_up.camera == camera] for camera in cameras]
    true = [np.array([line_up.own for line_up in camera], np.float64) for camera in own]
    return true, [np.concatenate([line_up.others for line_up in camera]).astype(np.float64) for camera in own]


def store(validation: Validation, description: Path) -> None:
    """Put the validation into a description of weights; everything else there stays.

    Raises:
        ExportProblem: if there is no description, or it cannot be written.
    """
    try:
        fields = dict(json.loads(description.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as problem:
        raise ExportProblem(f"{description} is no description of weights ({problem})") from problem
    fields[FIELD] = validation.as_fields()
    write_text(description, json.dumps(fields, indent=1, ensure_ascii=False) + "\n")
