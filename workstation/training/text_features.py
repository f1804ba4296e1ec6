"""The frozen image side's features of every sample, computed once and kept."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from workstation.analysis.exif_texts import TagText
from workstation.analysis.model import registry, tensors
from workstation.analysis.model.compact import CompactEncoder
from workstation.analysis.model.compact_network import FEATURE_STRIDE, CompactNetwork
from workstation.analysis.model.encoder import WeightsDescription
from workstation.errors import WeightsProblem, WorkstationError
from workstation.progress import Progress, Stopwatch
from workstation.training.exif_text_samples import SampleMaker, TextPhoto, read_photos
from workstation.training.text_configuration import TextConfiguration
from workstation.whole_files import whole_file

DATA_FIELDS = ("side", "versions", "simulated", "window", "seed")
"""What of the configuration decides the features."""


@dataclass(frozen=True, slots=True, eq=False)
class FeatureBank:
    """Features of the windows of all samples.

    Attributes:
        values: (windows, features) float16, as the image side's head receives them.
        start: (samples + 1,) int64, a sample's windows are values[start[i]:start[i + 1]].
        photo: (samples,) int64, number of the photograph.
        statements: per sample, everything that is true of it.
        photos: the photographs.
        broken: (file, reason) of photographs that were left out.
    """

    values: NDArray[np.float16]
    start: NDArray[np.int64]
    photo: NDArray[np.int64]
    statements: tuple[tuple[TagText, ...], ...]
    photos: tuple[TextPhoto, ...]
    broken: tuple[tuple[str, str], ...]


def image_side(name: str) -> tuple[WeightsDescription, dict[str, torch.Tensor]]:
    """Description and tensors of registered compact weights.

    Raises:
        WeightsProblem: if they are missing, altered or of another architecture.
    """
    description = registry.find(name)
    if description.architecture != "compact":
        raise WeightsProblem(
            f"weights {name!r} are {description.architecture}; this text side is made for compact ones"
        )
    return description, tensors.read_registered(description)


def feature_bank(
    folder: Path,
    description: WeightsDescription,
    state: dict[str, torch.Tensor],
    settings: TextConfiguration,
    cache: Path,
) -> Generator[Progress, None, FeatureBank]:
    """Features of the train half's samples, from the cache if they were computed before.

    Args:
        folder: of the collection, with its manifest.
        description: of the image side.
        state: its tensors.
        settings: of the run.
        cache: folder that keeps the features.

    Yields:
        Progress after each photograph.

    Raises:
        FileNotFoundError: without a manifest.
    """
    photos, unread = read_photos(folder, "train")
    key = {"image": description.sha256, "photos": [(p.file, (folder / p.file).stat().st_size) for p in photos]}
    key |= {field: getattr(settings, field) for field in DATA_FIELDS}
    digest = hashlib.sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()[:16]
    stored = cache / f"features-{digest}.npz"
    if not stored.is_file():
        yield from _compute(folder, photos, WindowFeatures(description, state, settings.window), settings, stored)
    with np.load(stored) as arrays:
        words = json.loads(arrays["statements"].tobytes().decode())
        late = [tuple(entry) for entry in json.loads(arrays["broken"].tobytes().decode())]
        statements = tuple(tuple(TagText(tag, value) for tag, value in sample) for sample in words)
        return FeatureBank(arrays["values"], arrays["start"], arrays["photo"], statements, photos, (*unread, *late))


def _compute(
    folder: Path, photos: tuple[TextPhoto, ...], features: WindowFeatures, settings: TextConfiguration, stored: Path
) -> Generator[Progress, None, None]:
    maker = SampleMaker(
        folder,
        photos,
        side=settings.side,
        versions=settings.versions,
        simulated=settings.simulated,
        seed=settings.seed,
    )
    values: list[NDArray[np.float16]] = []
    numbers: list[int] = []
    statements: list[tuple[TagText, ...]] = []
    broken: list[tuple[str, str]] = []
    watch = Stopwatch()
    for number, photo in enumerate(photos):
        try:
            for sample in maker.samples_of(number):
                values.append(features.of(sample.picture))
                numbers.append(number)
                statements.append(sample.statements)
        except WorkstationError as problem:
            broken.append((photo.file, problem.what))
        fraction = (number + 1) / len(photos)
        yield Progress("features of the photographs", fraction, watch.remaining(fraction))
    stored.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(stored) as unfinished, unfinished.open("wb") as stream:
        np.savez(
            stream,
            values=np.concatenate(values) if values else np.empty((0, 0), np.float16),
            start=np.cumsum([0, *map(len, values)]),
            photo=np.array(numbers, np.int64),
            statements=_as_bytes([[(s.tag, s.value) for s in sample] for sample in statements]),
            broken=_as_bytes(broken),
        )


def _as_bytes(value: object) -> NDArray[np.uint8]:
    return np.frombuffer(json.dumps(value).encode(), np.uint8)


class WindowFeatures:
    """What the image side's head receives for each window of a picture."""

    def __init__(self, description: WeightsDescription, state: dict[str, torch.Tensor], window: int) -> None:
        encoder = CompactEncoder.from_weights(description, state, device="cpu", threads=None, precision="auto")
        self._network: CompactNetwork = encoder.network
        self._dtype = next(self._network.stem.parameters()).dtype
        self._window = window // FEATURE_STRIDE
        self._received: list[torch.Tensor] = []
        self._network.head.register_forward_pre_hook(self._receive)

    def _receive(self, _head: torch.nn.Module, inputs: tuple[torch.Tensor, ...]) -> None:
        self._received.append(inputs[0])

    def of(self, picture: NDArray[np.uint8]) -> NDArray[np.float16]:
        """(side, side, 3) uint8 to (windows, features) float16."""
        self._received.clear()
        with torch.inference_mode():
            pixels = torch.from_numpy(np.array(picture)).permute(2, 0, 1)[None]
            moments = self._network.moments(pixels, self._window, self._dtype)
            self._network.project(moments.flatten(2).transpose(1, 2))
        return self._received[0].flatten(0, -2).half().numpy()
