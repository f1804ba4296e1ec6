"""The figures of a text side on cameras that it never saw: a photograph among the EXIF texts of all cameras."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from workstation.analysis.exif_texts import CAMERA_TAGS, PROCESSING_TAGS, TagText, as_text
from workstation.analysis.model.encoder import TextSide
from workstation.evidence import open_evidence
from workstation.progress import Progress, Stopwatch, drain
from workstation.training.exif_text_samples import SampleMaker, TextPhoto, read_photos
from workstation.training.retrieval import LineUp, Retrieval, retrieval

MEASURED = 704
"""Side in pixels of the middle part of a photograph that is measured."""

MADE, MADE_SIDE = 2, 448
"""Pictures per photograph with a made-up history, and their side in pixels."""

SPACING = 64
"""Pixels between the patches that are averaged to a picture's embedding."""

FEWEST = 8
"""Cameras that a tag's figures need; below that nothing is stated."""

CAMERA_ONLY = ("Make", "Model", "Software", "Lens")
"""Tags that belong to the camera and not to the exposure."""


@dataclass(frozen=True, slots=True)
class TextFigures:
    """What a text side finds.

    Attributes:
        whole: own text with all its tags, among one text per other camera.
        camera: the same with camera tags alone.
        tags: per tag, the own value among all other values that occur in the split.
        processing: per processing tag, the true value among all others, on made-up histories.
        left_out: tags that too few cameras carry or that have one value only.
    """

    whole: Retrieval
    camera: Retrieval
    tags: dict[str, Retrieval]
    processing: dict[str, Retrieval]
    left_out: tuple[str, ...]


def evaluate(
    side: TextSide, folder: Path, *, split: str = "dev", seed: int = 0
) -> Generator[Progress, None, TextFigures]:
    """Measure a text side on the photographs of one split; charts and flat fields are left out.

    Args:
        side: what is measured.
        folder: of the collection, with its manifest.
        split: of the manifest.
        seed: of the histories and the bootstrap.

    Yields:
        Progress after each photograph.

    Raises:
        FileNotFoundError: without a manifest.
        WorkstationError: if a photograph cannot be decoded.
    """
    photos = tuple(photo for photo in read_photos(folder, split)[0] if not photo.chart)
    maker = SampleMaker(folder, photos, side=MADE_SIDE, versions=2 + MADE, simulated=0.0, seed=seed)
    pictures: list[NDArray[np.float32]] = []
    made: list[tuple[str, NDArray[np.float32], tuple[TagText, ...]]] = []
    watch = Stopwatch()
    for number, photo in enumerate(photos):
        pictures.append(picture_embedding(side, _middle(open_evidence(folder / photo.file).pixels.rgb)))
        for version, sample in enumerate(maker.samples_of(number)):
            if version >= 2:
                made.append((photo.camera, picture_embedding(side, sample.picture), sample.statements))
        fraction = (number + 1) / len(photos)
        yield Progress("figures of the text side", fraction, watch.remaining(fraction))
    seen = np.stack(pictures)
    tags = _per_tag(side, [(p.camera, e, (*p.said, *p.saved)) for p, e in zip(photos, seen, strict=True)])
    processing = _per_tag(side, made)
    return TextFigures(
        whole=_whole(side, photos, seen, None),
        camera=_whole(side, photos, seen, CAMERA_ONLY),
        tags=tags,
        processing={tag: figures for tag, figures in processing.items() if tag in PROCESSING_TAGS},
        left_out=tuple(tag for tag in CAMERA_TAGS if tag not in tags),
    )


def _middle(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The middle of a photograph on its 8×8 grid, at most `MEASURED` pixels square."""
    top, left = (max(0, length - MEASURED) // 16 * 8 for length in rgb.shape[:2])
    return rgb[top : top + MEASURED, left : left + MEASURED]


def picture_embedding(side: TextSide, rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(dimensions,) of unit length: the mean over a picture's patches."""
    height, width = rgb.shape[:2]
    grid = side.default_grid(height, width, None, max(1, max(height, width) // SPACING))
    patches = drain(side.embed_for_text(rgb, grid)).reshape(-1, side.dimensions)
    mean = np.nanmean(patches, 0)
    return np.asarray(mean / np.linalg.norm(mean), np.float32)


def _whole(
    side: TextSide, photos: Sequence[TextPhoto], seen: NDArray[np.float32], only: tuple[str, ...] | None
) -> Retrieval:
    """Own text among the texts of all other cameras; a camera with several photographs has the mean of its scores."""
    said = [tuple(s for s in photo.said if only is None or s.tag in only) for photo in photos]
    scores = (seen - side.centre) @ side.embed_text([as_text(statements) for statements in said]).T
    cameras = sorted({photo.camera for photo in photos})
    owner = np.array([photo.camera for photo in photos])
    line_ups = []
    for number, photo in enumerate(photos):
        others = [
            np.mean([scores[number, i] for i, other in enumerate(photos) if other.camera == camera])
            for camera in cameras
            if camera != photo.camera
        ]
        elsewhere = scores[owner != photo.camera, number]
        line_ups.append(LineUp(photo.camera, float(scores[number, number]), np.array(others, np.float32), elsewhere))
    return retrieval(line_ups)


def _per_tag(
    side: TextSide, items: Sequence[tuple[str, NDArray[np.float32], tuple[TagText, ...]]]
) -> dict[str, Retrieval]:
    return {tag: retrieval(found) for tag, (_, found) in line_ups_per_tag(side, items).items()}


def line_ups_per_tag(
    side: TextSide, items: Sequence[tuple[str, NDArray[np.float32], tuple[TagText, ...]]]
) -> dict[str, tuple[tuple[str, ...], tuple[LineUp, ...]]]:
    """Per tag: the true value among all others that the tag takes here, for tags that `FEWEST` cameras carry.

    Args:
        side: what is measured.
        items: camera, embedding and true statements of each picture.

    Returns:
        Tag to (its values, sorted; one line-up per picture that another camera's can be compared with).
    """
    found: dict[str, tuple[tuple[str, ...], tuple[LineUp, ...]]] = {}
    for tag in (*CAMERA_TAGS, *PROCESSING_TAGS):
        said = [(camera, seen, s) for camera, seen, statements in items for s in statements if s.tag == tag]
        values = sorted({statement.value for _, _, statement in said})
        if len(values) < 2 or len({camera for camera, _, _ in said}) < FEWEST:
            continue
        texts = side.embed_text([str(TagText(tag, value)) for value in values])
        scores = (np.stack([seen for _, seen, _ in said]) - side.centre) @ texts.T
        own = np.array([values.index(statement.value) for _, _, statement in said])
        owner = np.array([camera for camera, _, _ in said])
        commonest = max(range(len(values)), key=lambda value: len(set(owner[own == value])))
        line_ups = []
        for row, value in enumerate(own):
            elsewhere = scores[(own != value) & (owner != owner[row]), value]
            others = np.delete(scores[row], value)
            if len(elsewhere):
                line_ups.append(LineUp(owner[row], float(scores[row, value]), others, elsewhere, value == commonest))
        if len({line_up.camera for line_up in line_ups}) >= FEWEST:
            found[tag] = tuple(values), tuple(line_ups)
    return found
