"""Batches of crops and texts: which photographs a step takes follows from the seed and the step alone."""

from __future__ import annotations

import signal
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch.utils.data import DataLoader, Dataset

from workstation.analysis.published_texts import text_of
from workstation.errors import in_percent
from workstation.training.data_records import COUNTS, DataProblem, used_tags
from workstation.training.distributed import Company
from workstation.training.paper_configuration import PaperConfiguration
from workstation.training.shards import BrokenPhoto, PhotoStore, Pictured


@dataclass(frozen=True, slots=True, eq=False)
class CropBatch:
    """One process's share of a step.

    Attributes:
        crops: (N, patch, patch, 3) uint8, RGB.
        second: (N, patch, patch, 3) uint8, another crop of the same photographs; None unless it is asked for.
        texts: N texts.
        broken: photographs that were drawn and could not be used, each with its reason; none takes their place.
    """

    crops: NDArray[np.uint8]
    second: NDArray[np.uint8] | None
    texts: list[str]
    broken: list[str]


class Texts:
    """Turns a photograph's tags into the text of this run.

    Raises:
        DataProblem: if no tag may enter, or one that is named occurs nowhere.
    """

    def __init__(self, shares: dict[str, float], settings: PaperConfiguration) -> None:
        self.used = settings.tags or used_tags(shares, settings.threshold)
        unknown = [tag for tag in settings.tags if tag not in shares]
        if unknown:  # a typing error would train on empty texts
            raise DataProblem(f"no photograph carries the tag {unknown[0]!r}; {COUNTS} names those that occur")
        self._order, self._names = settings.tag_order, settings.names
        if not self.used:
            raise DataProblem(
                f"no tag is carried by {in_percent(settings.threshold)} of the photographs; name tags yourself"
            )

    def of(self, tags: dict[str, str], rng: np.random.Generator) -> str:
        """The text of a photograph; the generator is asked only where the order is shuffled."""
        if self._order == "fixed":
            tags = {tag: tags[tag] for tag in self.used if tag in tags}
        elif self._order == "shuffled":
            names = list(tags)
            tags = {names[place]: tags[names[place]] for place in rng.permutation(len(names))}
        return text_of(tags, self.used, names=self._names)


class CachedStore:
    """A store that keeps the last decoded photographs in memory.

    Args:
        store: where photographs come from.
        limit: bytes of pixels that are kept; what was used longest ago goes first.
    """

    def __init__(self, store: PhotoStore, limit: int) -> None:
        self._store, self._left = store, limit
        self._kept: OrderedDict[int, Pictured] = OrderedDict()

    def read(self, number: int) -> Pictured:
        """See `PhotoStore.read`."""
        if number in self._kept:
            self._kept.move_to_end(number)
            return self._kept[number]
        photo = self._store.read(number)
        self._kept[number] = photo
        self._left -= photo.rgb.nbytes
        while self._left < 0 and self._kept:
            self._left += self._kept.popitem(last=False)[1].rgb.nbytes
        return photo


class Steps(Dataset[CropBatch]):
    """One process's share of every step from `first` on.

    Raises:
        DataProblem: if there are fewer photographs than a batch takes.
    """

    def __init__(
        self, store: PhotoStore, settings: PaperConfiguration, company: Company, first: int, limit: int
    ) -> None:
        if len(store) < settings.batch:
            raise DataProblem(f"a batch takes {settings.batch} photographs and there are {len(store)}")
        self._store, self._settings, self._first = store, settings, first
        self._limit = limit
        self._own = company.slice_of(settings.batch)
        self._texts = Texts(store.shares, settings)
        self._cache = CachedStore(store, settings.cache_mb * 10**6)
        self._epoch, self._order = -1, np.empty(0, np.int64)

    def __len__(self) -> int:
        return max(0, self._limit - self._first)

    def __getitem__(self, index: int) -> CropBatch:
        settings, step = self._settings, self._first + index
        numbers = self.numbers(step)
        crops, second, texts, broken = [], [], [], []
        for place in range(*self._own.indices(settings.batch)):
            rng = np.random.default_rng((settings.seed, step, place))
            try:
                photo = self._cache.read(int(numbers[place]))
                cut, other = (_crop(photo, settings, rng) for _ in range(2))
            except BrokenPhoto as problem:
                broken.append(problem.what)
                continue
            crops.append(cut)
            second.append(other)
            texts.append(self._texts.of(photo.tags, rng))
        side = settings.patch
        empty = np.empty((0, side, side, 3), np.uint8)
        stacked = np.stack(crops) if crops else empty
        others = (np.stack(second) if second else empty) if settings.image_image else None
        return CropBatch(stacked, others, texts, broken)

    def numbers(self, step: int) -> NDArray[np.int64]:
        """Photographs of the whole batch, over all processes; an epoch's last, incomplete batch is left out."""
        batch = self._settings.batch
        epoch, place = divmod(step, len(self._store) // batch)
        if epoch != self._epoch:
            self._epoch, self._order = epoch, self._store.order(epoch, self._settings.seed)
        return self._order[place * batch : (place + 1) * batch]


def loader(steps: Steps, workers: int) -> Iterator[CropBatch]:
    """The steps one after the other, prepared by this many processes (0 = this one)."""
    batches = DataLoader(
        steps,
        batch_size=1,
        shuffle=False,
        num_workers=workers,
        collate_fn=_alone,
        worker_init_fn=_one_thread,
        prefetch_factor=2 if workers else None,
        multiprocessing_context="spawn" if workers else None,
    )
    return iter(batches)


def _alone(batch: list[CropBatch]) -> CropBatch:
    return batch[0]


def _one_thread(_worker: int) -> None:
    torch.set_num_threads(1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the trainer's to answer


def _crop(photo: Pictured, settings: PaperConfiguration, rng: np.random.Generator) -> NDArray[np.uint8]:
    """A random crop, of the photograph scaled down first if the configuration says so."""
    rgb, side = photo.rgb, settings.patch
    if settings.downsample and max(rgb.shape[:2]) > settings.downsample:
        factor = settings.downsample / max(rgb.shape[:2])
        size = (max(1, round(rgb.shape[1] * factor)), max(1, round(rgb.shape[0] * factor)))
        rgb = np.asarray(Image.fromarray(rgb).resize(size, Image.Resampling.BICUBIC))
    if min(rgb.shape[:2]) < side:
        raise BrokenPhoto(f"{photo.name}: {rgb.shape[1]}×{rgb.shape[0]} pixels hold no crop of {side}")
    y, x = (int(rng.integers(length - side + 1)) for length in rgb.shape[:2])
    return np.ascontiguousarray(rgb[y : y + side, x : x + side])
