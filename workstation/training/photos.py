"""The photographs that a model is trained on, decoded once and kept in memory."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from workstation.evaluation.datasets import UNDECODABLE
from workstation.evaluation.photo_manifest import manifest_rows

Image8 = NDArray[np.uint8]
Tables = tuple[tuple[int, ...], ...]

COLUMNS = ("file", "make", "model", "split", "chart_or_flat")
"""Of the manifest."""

SCENE_SIDE = 560
"""Longer side to which a photograph is scaled down as a scene for simulated cameras."""


@dataclass(frozen=True, slots=True, eq=False)
class Photo:
    """One decoded training photograph.

    Attributes:
        file: relative to the folder of the collection.
        camera: "make model".
        rgb: (height, width, 3) uint8.
        scene: the same scaled down until its own traces are gone, even sides.
        chart: whether it shows a colour chart or a flat field.
        tables: its quantisation tables.
    """

    file: str
    camera: str
    rgb: Image8
    scene: Image8
    chart: bool
    tables: Tables | None


@dataclass(frozen=True, slots=True)
class PhotoCollection:
    """All photos of one split, grouped by camera.

    Attributes:
        cameras: camera → its photos, in the order of the manifest.
        broken: (file, reason) of photos that could not be decoded; never replaced by others.
        tables: every quantisation table set that occurs, each once.
    """

    cameras: dict[str, tuple[Photo, ...]]
    broken: tuple[tuple[str, str], ...]
    tables: tuple[Tables, ...]

    @classmethod
    def load(cls, folder: Path, split: str) -> PhotoCollection:
        """Decode the photos of `split` as listed in `folder`/manifest.csv.

        Raises:
            FileNotFoundError: without a manifest.
            ManifestProblem: if the manifest cannot be used.
        """
        cameras: dict[str, list[Photo]] = defaultdict(list)
        broken: list[tuple[str, str]] = []
        tables: dict[Tables, None] = {}
        for row in manifest_rows(folder, COLUMNS):
            if row["split"] != split:
                continue
            camera = f"{row['make']} {row['model']}".strip()
            try:
                photo = _decode(folder, row["file"], camera, chart=row["chart_or_flat"] == "1")
            except UNDECODABLE as problem:
                broken.append((row["file"], str(problem)))
                continue
            cameras[camera].append(photo)
            if photo.tables:
                tables[photo.tables] = None
        return cls({c: tuple(p) for c, p in sorted(cameras.items())}, tuple(broken), tuple(tables))

    @property
    def count(self) -> int:
        """Number of decoded photos."""
        return sum(len(photos) for photos in self.cameras.values())


def first_usable(folder: Path, files: Sequence[str]) -> tuple[str | None, str]:
    """(the first file that can be decoded, ""), or (None, why the first of all cannot)."""
    reason = ""
    for file in files:
        try:
            _decode(folder, file, "", chart=False)
        except UNDECODABLE as problem:
            reason = reason or f"{file}: {problem}"
        else:
            return file, ""
    return None, reason


def _decode(folder: Path, file: str, camera: str, *, chart: bool) -> Photo:
    with Image.open(folder / file) as image:
        quantisation = getattr(image, "quantization", None)
        tables: Tables | None = tuple(tuple(t) for t in quantisation.values()) if quantisation else None
        rgb = image.convert("RGB")
    scale = SCENE_SIDE / max(rgb.size)
    size = (max(2, int(rgb.width * scale) // 2 * 2), max(2, int(rgb.height * scale) // 2 * 2))
    scene = np.asarray(rgb.resize(size, Image.Resampling.BOX))
    return Photo(file, camera, np.asarray(rgb), scene, chart, tables)
