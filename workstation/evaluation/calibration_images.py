"""Reference images for calibration: untouched windows of photographs, and splices between their cameras.

Every photograph gives one untouched and one spliced image per treatment; the window, the foreign part and its place are
drawn once per photograph and size of window, so that treatments differ by scaling and saving alone. The draws depend on
the photograph's name and the seed, and for splices on which other cameras there are.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image

from workstation import paths
from workstation.analysis.conditions import device_class
from workstation.analysis.statement import LARGEST_PART, SMALLEST_PART
from workstation.errors import WorkstationError
from workstation.evaluation.datasets import UNDECODABLE
from workstation.evaluation.photo_manifest import NAME, manifest_rows
from workstation.evaluation.splices import HEIGHT, WIDTH, polygon_mask
from workstation.evaluation.strata import Treatment
from workstation.evidence import read_metadata
from workstation.evidence.record import Metadata, Present

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".tif", ".tiff", ".webp", ".heic", ".heif", ".avif"})

MODEL_CHOICE = "model choice"
"""Role of the cameras that choose: their untouched photographs judge others, and no error rate counts them."""

FLYING_KINDS = {"drone": "drone/action camera", "action/trail": "drone/action camera"}
"""Kinds that a manifest tells apart and EXIF data do not."""


class CalibrationProblem(WorkstationError):
    """Calibration cannot start or cannot end with a table: no photographs, too few, too few cameras."""

    remedy = "See `exifact calibrate --help` and docs/validation.md."


@dataclass(frozen=True, slots=True)
class Photo:
    """One photograph of the reference material.

    Attributes:
        file: where it is.
        camera: make and model; photographs without them share the name "unknown".
        kind: a `DeviceClass`; of a manifest, whatever it says.
        width, height: in pixels.
        name: what tells it apart from the others: its file's name, with the folders where two files share one.
    """

    file: Path
    camera: str
    kind: str
    width: int
    height: int
    name: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class ReferenceImage:
    """An image of known history, before its last save.

    Attributes:
        photo: the host.
        donor: camera of the foreign part; "" for an untouched one.
        share: of the picture that is foreign, 0 for an untouched one.
        image: RGB.
    """

    photo: Photo
    donor: str
    share: float
    image: Image.Image

    @property
    def spliced(self) -> bool:
        """Whether it holds a foreign part."""
        return bool(self.donor)


def camera_roles() -> Mapping[str, tuple[str, ...]]:
    """The committed list: role ("model choice", "calibration", "error rates") → cameras."""
    fields = json.loads((paths.resources() / "calibration" / "camera_split.json").read_text(encoding="utf-8"))
    return {role: tuple(cameras) for role, cameras in fields["roles"].items()}


def cameras_of(role: str | None) -> tuple[str, ...] | None:
    """The cameras of one role; None = no role was asked for, so all of them count."""
    return camera_roles()[role] if role else None


def list_photos(folder: Path, *, split: str = "dev") -> tuple[Photo, ...]:
    """The photographs of a folder: those of its manifest.csv, or else every image file below it.

    Args:
        folder: with a manifest.csv as in docs/training.md, or without.
        split: which rows of a manifest count; charts and flat fields are left out.

    Raises:
        CalibrationProblem: if there are none.
        ManifestProblem: if the manifest cannot be used.
    """
    try:
        photos = tuple(_from_manifest(folder, split) if (folder / NAME).is_file() else _from_files(folder))
    except (OSError, ValueError) as problem:
        raise CalibrationProblem(f"{folder} cannot be read as reference material ({problem})") from problem
    if not photos:
        raise CalibrationProblem(f"{folder} holds no photographs{_of_which(unread(folder, photos))}")
    return _told_apart(photos, folder)


def unread(folder: Path, photos: Iterable[Photo]) -> tuple[Path, ...]:
    """Image files below a folder without a manifest that are not among its photographs: Pillow cannot open them."""
    if (folder / NAME).is_file():
        return ()
    known = {photo.file for photo in photos}
    return tuple(file for file in _image_files(folder) if file not in known)


def _of_which(files: tuple[Path, ...]) -> str:
    return f"; {len(files)} image files cannot be used, {files[0].name} first" if files else ""


def _image_files(folder: Path) -> Iterator[Path]:
    return (file for file in sorted(folder.rglob("*")) if file.suffix.lower() in SUFFIXES and file.is_file())


def _told_apart(photos: Iterable[Photo], folder: Path) -> tuple[Photo, ...]:
    """Each file once, with a name of its own: cameras begin again at DSC_0001 in every folder."""
    files: dict[Path, Photo] = {}
    for photo in photos:
        files.setdefault(photo.file, photo)
    often = Counter(file.name for file in files)
    below = {file: file.relative_to(folder) if file.is_relative_to(folder) else file for file in files}
    return tuple(
        replace(photo, name=file.name if often[file.name] == 1 else below[file].as_posix())
        for file, photo in files.items()
    )


def _from_manifest(folder: Path, split: str) -> Iterator[Photo]:
    for row in manifest_rows(folder, ("file", "split", "make", "model", "width", "height", "chart_or_flat")):
        if row["split"] == split and row["chart_or_flat"] != "1":
            camera = f"{row['make']} {row['model']}".strip()
            kind = row.get("kind") or "unknown"
            kind = FLYING_KINDS.get(kind, kind)
            yield Photo(folder / row["file"], camera, kind, int(row["width"]), int(row["height"]))


def _from_files(folder: Path) -> Iterator[Photo]:
    for file in _image_files(folder):
        try:
            metadata = read_metadata(file).metadata
            with Image.open(file) as image:
                width, height = image.size
        except (*UNDECODABLE, WorkstationError):
            continue
        yield Photo(file, camera_of(metadata) or "unknown", device_class(metadata), width, height)


def camera_of(metadata: Metadata) -> str:
    """Make and model as the EXIF data name them, "" where they do not."""
    named = (metadata.find("IFD0", tag) for tag in (0x010F, 0x0110))
    return " ".join(entry.text.strip() for entry in named if entry and isinstance(entry.state, Present)).strip()


def reference_images(
    photos: Iterable[Photo], treatment: Treatment, *, seed: int = 0, splices: bool = True
) -> Iterator[ReferenceImage]:
    """Two images per photograph that holds the treatment's window: untouched, then spliced.

    Donors are other cameras among `photos`, each camera as likely as any other.

    Args:
        photos: hosts and donors.
        treatment: decides the window; scaling and saving are left to `Treatment.save`.
        seed: of the draws.
        splices: whether spliced images are made.
    """
    fitting = [photo for photo in photos if treatment.fits(photo.width, photo.height)]
    for photo in fitting:
        rng = np.random.default_rng(_entropy(photo, treatment, seed))
        host = _window(photo, treatment, rng)
        yield ReferenceImage(photo, "", 0.0, host)
        donors = [other for other in fitting if other.camera != photo.camera and _holds(other, host)]
        if splices and donors:
            yield _spliced(photo, host, donors, rng)


def _spliced(photo: Photo, host: Image.Image, donors: list[Photo], rng: np.random.Generator) -> ReferenceImage:
    cameras = sorted({donor.camera for donor in donors})
    camera = cameras[int(rng.integers(len(cameras)))]
    files = [donor for donor in donors if donor.camera == camera]
    donor = _pixels(files[int(rng.integers(len(files)))])
    mask = polygon_mask(rng, float(rng.uniform(SMALLEST_PART, LARGEST_PART)))
    if host.size != (WIDTH, HEIGHT):
        mask = mask.resize(host.size, Image.Resampling.BILINEAR)
    if rng.random() < 0.3:  # as in the dev splices: a part is often made to fit
        factor = rng.uniform(0.75, 1.3)
        size = max(host.width, int(donor.width * factor)), max(host.height, int(donor.height * factor))
        donor = donor.resize(size, Image.Resampling.BICUBIC)
    composite = host.copy()
    composite.paste(_cut(donor, host.size, rng), (0, 0), mask)
    return ReferenceImage(photo, camera, float((np.asarray(mask) > 127).mean()), composite)


def _entropy(photo: Photo, treatment: Treatment, seed: int) -> list[int]:
    name = f"{photo.name or photo.file.name} {treatment.window}".encode("utf-8", "surrogateescape")
    return [seed, int.from_bytes(hashlib.sha256(name).digest()[:8], "big")]


def _holds(photo: Photo, host: Image.Image) -> bool:
    long, short = max(photo.width, photo.height), min(photo.width, photo.height)
    return long >= host.width and short >= host.height


@lru_cache(maxsize=8)
def _opened(file: Path) -> Image.Image:
    """RGB in landscape; a square stays as it is.

    Raises:
        CalibrationProblem: if it cannot be decoded: without it the others would get other draws.
    """
    try:
        with Image.open(file) as image:
            rgb = image.convert("RGB")
    except UNDECODABLE as problem:
        raise CalibrationProblem(f"{file} cannot be decoded ({problem}): take it out of the photographs") from problem
    return rgb if rgb.width >= rgb.height else rgb.transpose(Image.Transpose.ROTATE_90)


def _pixels(photo: Photo) -> Image.Image:
    """Of at least the size that was stated: a manifest may be wrong.

    Raises:
        CalibrationProblem: if it is smaller, or cannot be decoded.
    """
    image = _opened(photo.file)
    if image.width < max(photo.width, photo.height) or image.height < min(photo.width, photo.height):
        raise CalibrationProblem(f"{photo.file} has {image.width}×{image.height} pixels, fewer than its manifest says")
    return image


def _window(photo: Photo, treatment: Treatment, rng: np.random.Generator) -> Image.Image:
    image = _pixels(photo)
    return image if treatment.window is None else _cut(image, treatment.window, rng)


def _cut(image: Image.Image, size: tuple[int, int], rng: np.random.Generator) -> Image.Image:
    x = int(rng.integers(0, image.width - size[0] + 1))
    y = int(rng.integers(0, image.height - size[1] + 1))
    return image.crop((x, y, x + size[0], y + size[1]))
