"""Photographs with the texts that are true of them, as they are and after histories whose words are known."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from workstation.analysis import exif_texts
from workstation.analysis.exif_texts import NONE, TagText
from workstation.errors import WorkstationError
from workstation.evaluation.photo_manifest import manifest_rows
from workstation.evidence import open_evidence, read_metadata
from workstation.evidence.record import Metadata
from workstation.training.histories import History, JpegSave, LastSave, Resize, Tables
from workstation.training.simulated_camera import SimulatedCamera, vary_scene

Image8 = NDArray[np.uint8]

UNIT = 64
"""Sides of pictures are multiples of it, so that every window is whole."""

SCENE_SIDE = 512
"""Longer side to which a photograph is scaled down as a scene without traces."""


@dataclass(frozen=True, slots=True)
class TextPhoto:
    """One photograph's file and what it says.

    Attributes:
        file: relative to the collection.
        camera: "make model".
        said: by the file about camera and exposure.
        saved: by the JPEG stream about its last save.
        tables: its quantisation tables.
        chart: whether it shows a colour chart or a flat field.
    """

    file: str
    camera: str
    said: tuple[TagText, ...]
    saved: tuple[TagText, ...]
    tables: Tables
    chart: bool


@dataclass(frozen=True, slots=True, eq=False)
class TextSample:
    """Pixels and all that is true of them.

    Attributes:
        photo: number of the photograph in the collection.
        picture: (side, side, 3) uint8, side a multiple of `UNIT`.
        statements: everything that is true, in the order of a text.
    """

    photo: int
    picture: Image8
    statements: tuple[TagText, ...]


def read_photos(folder: Path, split: str) -> tuple[tuple[TextPhoto, ...], tuple[tuple[str, str], ...]]:
    """The photographs of one split and what their files say.

    Returns:
        (photographs, (file, reason) of those that cannot be read).

    Raises:
        FileNotFoundError: without a manifest.
        ManifestProblem: if the manifest cannot be used.
    """
    photos: list[TextPhoto] = []
    broken: list[tuple[str, str]] = []
    for row in manifest_rows(folder, ("file", "make", "model", "split", "chart_or_flat")):
        if row["split"] != split:
            continue
        try:
            metadata = read_metadata(folder / row["file"]).metadata
        except WorkstationError as problem:
            broken.append((row["file"], problem.what))
            continue
        said = exif_texts.camera_statements(metadata)
        saved = exif_texts.save_statements(metadata)
        camera = f"{row['make']} {row['model']}".strip()
        photos.append(TextPhoto(row["file"], camera, said, saved, _tables(metadata), row["chart_or_flat"] == "1"))
    return tuple(photos), tuple(broken)


def _tables(metadata: Metadata) -> Tables:
    """Quantisation tables as Pillow takes them, () where the file has none or more than a save can hold."""
    found = metadata.jpeg.tables if metadata.jpeg else ()
    last = {table.identifier: tuple(v for row in table.values for v in row) for table in found}
    return tuple(last[identifier] for identifier in sorted(last))[:2]


class SampleMaker:
    """Makes samples of photographs from the seed alone.

    Args:
        folder: of the collection.
        photos: as `read_photos` gives them; their quantisation tables serve the histories.
        side: largest side of a sample's picture in pixels.
        versions: samples per photograph; the first is untouched.
        simulated: share of the further versions that come from a simulated camera.
        seed: of everything random.
    """

    def __init__(
        self,
        folder: Path,
        photos: tuple[TextPhoto, ...],
        *,
        side: int,
        versions: int,
        simulated: float,
        seed: int,
    ) -> None:
        self._folder, self._photos = folder, photos
        self._tables = tuple(dict.fromkeys(photo.tables for photo in photos if photo.tables))
        self._side, self._versions, self._simulated, self._seed = side, versions, simulated, seed

    def samples_of(self, number: int) -> Iterator[TextSample]:
        """All versions of one photograph.

        Raises:
            WorkstationError: if the photograph cannot be decoded.
        """
        photo = self._photos[number]
        rgb = open_evidence(self._folder / photo.file).pixels.rgb
        rng = np.random.default_rng((self._seed, number))
        versions = self._versions if not photo.chart else max(1, self._versions // 4)
        for version in range(versions):
            made = self._untouched(rgb, photo, rng) if version < 2 else self._version(rgb, photo, rng)
            if made is not None:
                yield TextSample(number, *made)

    def _untouched(
        self, rgb: Image8, photo: TextPhoto, rng: np.random.Generator
    ) -> tuple[Image8, tuple[TagText, ...]] | None:
        side = min(self._side, min(rgb.shape[:2]) // UNIT * UNIT)
        if not side:
            return None
        y, x = (int(rng.integers(0, (length - side) // 8 + 1)) * 8 for length in rgb.shape[:2])
        return rgb[y : y + side, x : x + side], (*photo.said, *photo.saved, *_nothing_done())

    def _version(
        self, rgb: Image8, photo: TextPhoto, rng: np.random.Generator
    ) -> tuple[Image8, tuple[TagText, ...]] | None:
        history = History() if rng.random() < 0.4 else History.draw(rng, self._tables)
        last = LastSave.draw(rng, self._tables)
        scale = history.scale * last.scale
        camera = SimulatedCamera.draw(rng) if rng.random() < self._simulated else None
        source = _scene(rgb) if camera else rgb
        side = min(self._side, (int(min(source.shape[:2]) * scale) - 4) // UNIT * UNIT)
        if side < UNIT:
            return None
        needed = min(int((side + 6) / scale) // 2 * 2 + 2, *source.shape[:2])
        y, x = (int(rng.integers(0, length - needed + 1)) for length in source.shape[:2])
        cut = source[y : y + needed, x : x + needed]
        if camera:
            even = cut[: needed // 2 * 2, : needed // 2 * 2]
            cut = camera.photograph(vary_scene(even, rng) if rng.random() < 0.5 else even, rng)
        picture = last.apply(history.apply(cut, rng), side)
        said = _camera_words(camera) if camera else photo.said
        return picture, (*said, *history_words(history, last, photo.saved if not camera else ()))


def history_words(history: History, last: LastSave, own_save: tuple[TagText, ...]) -> tuple[TagText, ...]:
    """What was done, in words; what cannot be told for certain is left out.

    Args:
        history: before the last save.
        last: the last save.
        own_save: what the camera's own file says about its JPEG, () for pixels that came from no file.
    """
    words: list[TagText] = []
    if last.save is None:
        words.append(TagText(exif_texts.LAST_QUALITY, NONE))
    else:
        if last.save.tables is None:
            words.append(TagText(exif_texts.LAST_QUALITY, exif_texts.nearest_quality(last.save.quality)))
        words.append(TagText(exif_texts.LAST_SUBSAMPLING, last.save.subsampling))
    words.append(TagText(exif_texts.LAST_RESIZE, _scale_word(last.resize)))
    words.extend(_earlier_quality(history, own_save))
    words.append(TagText(exif_texts.EARLIER_RESIZE, _scale_word(history.resize)))
    done = {
        exif_texts.SHARPENED: history.sharpen > 0,
        exif_texts.BLURRED: history.sharpen < 0,
        exif_texts.NOISE_ADDED: history.noise > 0,
        exif_texts.TONE_CURVE: history.exposure != 1 or history.gamma != 1,
    }
    words.extend(TagText(tag, "yes" if was else NONE) for tag, was in done.items())
    return tuple(words)


def _earlier_quality(history: History, own_save: tuple[TagText, ...]) -> list[TagText]:
    save: JpegSave | None = history.save
    if save is not None:
        known = save.tables is None
        return [TagText(exif_texts.EARLIER_QUALITY, exif_texts.nearest_quality(save.quality))] if known else []
    if not own_save:  # pixels that were never in a file before
        return [TagText(exif_texts.EARLIER_QUALITY, NONE)]
    if history == History():  # the camera's own save is the earlier one
        return [TagText(exif_texts.EARLIER_QUALITY, s.value) for s in own_save if s.tag == exif_texts.LAST_QUALITY]
    return []


def _scale_word(resize: Resize | None) -> str:
    return NONE if resize is None else exif_texts.nearest_scale(resize.factor)


def _nothing_done() -> tuple[TagText, ...]:
    """For a camera's own file: its save is the first and the last."""
    tags = (
        exif_texts.LAST_RESIZE,
        exif_texts.EARLIER_QUALITY,
        exif_texts.EARLIER_RESIZE,
        exif_texts.SHARPENED,
        exif_texts.BLURRED,
        exif_texts.NOISE_ADDED,
        exif_texts.TONE_CURVE,
    )
    return tuple(TagText(tag, NONE) for tag in tags)


def _camera_words(camera: SimulatedCamera) -> tuple[TagText, ...]:
    return (
        TagText(exif_texts.DEMOSAICING, camera.demosaic),
        TagText(exif_texts.DENOISED, camera.denoise),
    )


def _scene(rgb: Image8) -> Image8:
    """The photograph scaled down until its own traces are gone, even sides."""
    scale = min(1.0, SCENE_SIDE / max(rgb.shape[:2]))
    size = tuple(max(2, int(length * scale) // 2 * 2) for length in (rgb.shape[1], rgb.shape[0]))
    return np.asarray(Image.fromarray(rgb).resize((size[0], size[1]), Image.Resampling.BOX))
