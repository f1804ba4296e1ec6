"""Photographs become measures: every reference image through the same analysis as an analyst's picture.

Measures are kept as they come in, one line each, so that an interrupted run goes on where it stopped.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Generator, Iterator, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, TextIO

from workstation import analysis
from workstation.analysis.detection import method
from workstation.analysis.model import Encoder, WeightsDescription
from workstation.analysis.result import AnalysisRequest
from workstation.analysis.statement import Conditions, Detection
from workstation.errors import WorkstationError
from workstation.evaluation.calibration_images import CalibrationProblem, Photo, ReferenceImage, reference_images
from workstation.evaluation.strata import PLANS, Treatment, write
from workstation.evidence import open_evidence
from workstation.progress import Progress, Stopwatch, drain

MOST_PER_CAMERA = 6
"""Photographs of one camera that count: photographs of one camera resemble each other, and a collection of one camera
would otherwise pass for many."""


@dataclass(frozen=True, slots=True)
class Measure:
    """One reference image and what came of it.

    Attributes:
        photo: short hash of the host's name; images of one photograph share it.
        camera, kind: of the host.
        donor: camera of the foreign part, "" for an untouched image.
        share: of the picture that is foreign.
        treatment: name of the `Treatment`.
        detection: None where the image is not assessable, then `reason` says why.
        conditions: as the analysis measured them.
        groups: number of groups that the analysis found, 0 where not assessable.
        reason: why there is no detection.
    """

    photo: str
    camera: str
    kind: str
    donor: str
    share: float
    treatment: str
    detection: Detection | None
    conditions: Conditions | None
    groups: int = 0
    reason: str = ""

    @property
    def key(self) -> tuple[str, str, bool]:
        """What is measured once."""
        return self.photo, self.treatment, bool(self.donor)


def chosen_photos(photos: Sequence[Photo], *, most: int = MOST_PER_CAMERA) -> tuple[Photo, ...]:
    """At most so many photographs of each camera, the same ones every time.

    Args:
        photos: of any number of cameras.
        most: per camera; larger photographs first, since they serve more treatments, then by a hash of their names.
    """
    by_camera: dict[str, list[Photo]] = {}
    for photo in photos:
        by_camera.setdefault(photo.camera, []).append(photo)
    ordered = (sorted(group, key=lambda p: (-p.width * p.height, name_hash(p))) for group in by_camera.values())
    return tuple(photo for group in ordered for photo in group[:most])


def name_hash(photo: Photo) -> str:
    """Names a photograph in tables without saying where it is."""
    return sha256((photo.name or photo.file.name).encode("utf-8", "surrogateescape")).hexdigest()[:12]


def measure(
    photos: Sequence[Photo],
    treatments: Sequence[Treatment],
    encoder: Encoder,
    journal: Path,
    *,
    seed: int = 0,
    splices: bool = True,
) -> Generator[Progress, None, tuple[Measure, ...]]:
    """Measure all reference images that the journal does not hold yet.

    Args:
        photos: hosts and donors.
        treatments: in this order.
        encoder: that embeds them.
        journal: JSON lines; begun anew if it belongs to other weights or parameters.
        seed: of the draws.
        splices: whether spliced images are made.

    Yields:
        Progress after each image.

    Returns:
        All measures of the journal for these photos and treatments.

    Raises:
        CalibrationProblem: if the journal cannot be written.
    """
    head = _head(photos, encoder.description, seed)
    done = {measure.key: measure for measure in _read(journal, head)}
    wanted = sum(1 + splices for t in treatments for p in photos if t.fits(p.width, p.height) and _wanted(p, t))
    watch, count = Stopwatch(), 0
    kept: list[Measure] = []
    with tempfile.TemporaryDirectory() as folder, _opened(journal, head, done) as lines:
        for treatment in treatments:
            for image in reference_images(photos, treatment, seed=seed, splices=splices):
                key = name_hash(image.photo), treatment.name, image.spliced
                if not _wanted(image.photo, treatment):
                    continue
                count += 1
                if key not in done:
                    done[key] = _measured(image, treatment, encoder, Path(folder))
                    _keep(done[key], lines, journal)
                kept.append(done[key])
                fraction = count / max(wanted, count)
                yield Progress(f"measuring, {treatment.name}", fraction, watch.remaining(fraction))
    return tuple(kept)


def _wanted(photo: Photo, treatment: Treatment) -> bool:
    """Whether a stratum takes this photograph by this treatment."""
    return any(
        treatment.name in plan.treatments and plan.treatment_of(name_hash(photo)) == treatment.name for plan in PLANS
    )


def _measured(image: ReferenceImage, treatment: Treatment, encoder: Encoder, folder: Path) -> Measure:
    photo, share = image.photo, round(image.share, 4)
    identity = (name_hash(photo), photo.camera, photo.kind, image.donor, share, treatment.name)
    request = AnalysisRequest(model=encoder.description.name, threads=encoder.threads)
    try:
        evidence = open_evidence(write(image.image, treatment, folder, "reference"))
        result = drain(analysis.run(evidence, request, encoder=encoder))
    except WorkstationError as problem:
        return Measure(*identity, None, None, reason=problem.what)
    groups = len(result.partition.groups) if result.partition else 0
    return Measure(*identity, result.detection, result.conditions, groups, result.reason)


def _read(journal: Path, head: dict[str, Any]) -> Iterator[Measure]:
    """What an earlier run left; nothing if it belongs to other weights, parameters, photographs or draws.

    A last line that was cut off is taken out of the file, so that the next measure begins a line of its own.
    """
    try:
        content = journal.read_bytes()
        whole = content[: content.rfind(b"\n") + 1]
        if whole != content:
            journal.write_bytes(whole)
        lines = whole.decode().splitlines()
        if not lines or json.loads(lines[0]) != head:
            return
        for line in lines[1:]:
            yield _from_fields(json.loads(line))
    except FileNotFoundError:
        return
    except (OSError, ValueError, TypeError, KeyError) as problem:
        raise CalibrationProblem(f"{journal} is no journal of measures ({problem}); delete it") from problem


def _opened(journal: Path, head: dict[str, Any], done: dict[Any, Measure]) -> TextIO:
    """The journal, ready to be added to."""
    try:
        journal.parent.mkdir(parents=True, exist_ok=True)
        if not done:
            journal.write_text(json.dumps(head) + "\n", encoding="utf-8")
        return journal.open("a", encoding="utf-8")
    except OSError as problem:
        raise CalibrationProblem(f"{journal} cannot be written ({problem.strerror or problem})") from problem


def _keep(one: Measure, lines: TextIO, journal: Path) -> None:
    try:
        lines.write(json.dumps(asdict(one)) + "\n")
        lines.flush()
    except OSError as problem:
        raise CalibrationProblem(f"{journal} cannot be written ({problem.strerror or problem})") from problem


def _identity(photo: Photo) -> str:
    """Tells photographs apart that cameras gave the same name, which the next collection will hold, too."""
    try:
        size = photo.file.stat().st_size
    except OSError:
        size = -1  # whoever opens it says so
    return f"{photo.name or photo.file.name}\t{photo.camera}\t{photo.width}\t{photo.height}\t{size}"


def _head(photos: Sequence[Photo], weights: WeightsDescription, seed: int) -> dict[str, Any]:
    listed = "\n".join(sorted(_identity(photo) for photo in photos))
    names = sha256(listed.encode("utf-8", "surrogateescape")).hexdigest()[:16]
    return {
        "format": 1,
        "weights_sha256": weights.sha256,
        "method": method(weights.architecture),
        "seed": seed,
        "photos": names,
    }


def _from_fields(fields: dict[str, Any]) -> Measure:
    detection, conditions = fields.pop("detection"), fields.pop("conditions")
    return Measure(
        **fields,
        detection=None if detection is None else Detection(**detection),
        conditions=None if conditions is None else Conditions(**conditions),
    )
