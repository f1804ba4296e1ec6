"""The training loop: batches in, checkpoints out, stoppable and resumable at any step."""

from __future__ import annotations

import copy
import os
import signal
import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from workstation.analysis.model.compact_network import FEATURE_STRIDE, CompactNetwork
from workstation.progress import Progress, Stopwatch
from workstation.training.batches import Batch, BatchMaker
from workstation.training.configuration import TrainingConfiguration
from workstation.training.objective import supervised_contrastive
from workstation.training.optimizers import Optimizers
from workstation.training.photos import PhotoCollection

CHECKPOINT = "checkpoint.pt"
BEFORE_COOLDOWN = "before-cooldown.pt"
"""The checkpoint from which a longer run of the same configuration can go on: copy it over `CHECKPOINT`."""
BROKEN = "broken-photos.tsv"


@dataclass(frozen=True, slots=True)
class StepReport:
    """What one step of training measured.

    Attributes:
        step: steps done.
        loss, gradient_norm: means since the last report.
        waiting: share of the time in which the network waited for data, 0..1.
        steps_per_second: since the last report.
        broken: photos that could not be decoded; `BROKEN` in the run's folder lists them with their reasons.
    """

    step: int
    loss: float
    gradient_norm: float
    waiting: float
    steps_per_second: float
    broken: int


class _Steps(Dataset[Batch]):
    """Batches by number of the step, made in the loader's process."""

    def __init__(self, photos: Path, configuration: TrainingConfiguration, first: int, listing: Path) -> None:
        self._folder, self._configuration, self._first, self._listing = photos, configuration, first, listing
        self._maker: BatchMaker | None = None

    def __len__(self) -> int:
        return self._configuration.steps - self._first

    def __getitem__(self, index: int) -> Batch:
        if self._maker is None:
            photos = PhotoCollection.load(self._folder, "train")
            lines = [f"{file}\t{reason}\n" for file, reason in photos.broken]
            self._listing.write_text("".join(lines), encoding="utf-8")
            self._maker = BatchMaker(photos, self._configuration.batch, self._configuration.seed)
        return self._maker.batch(self._first + index)


def _alone(batch: list[Batch]) -> Batch:
    return batch[0]


def _one_thread(_worker: int) -> None:
    import cv2  # noqa: PLC0415 - in the loader's process only

    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the trainer's to answer


class Training:
    """A run in a folder of its own; making it again on the same folder resumes it.

    Attributes:
        step: steps done so far.
        network: the network in training.
        average: its moving average, which is what is exported.
    """

    def __init__(self, configuration: TrainingConfiguration, photos: Path, folder: Path, *, workers: int = 1) -> None:
        self.configuration, self._photos, self._folder, self._workers = configuration, photos, folder, workers
        torch.manual_seed(configuration.seed)
        self.network = CompactNetwork(configuration.width, configuration.dimensions, configuration.hidden)
        self.network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # missing in torch's stubs
        self.average = copy.deepcopy(self.network).eval().requires_grad_(False)
        self._optimizer = Optimizers(self.network, configuration)
        self.step = 0
        self._stop = False
        if (folder / CHECKPOINT).exists():
            self._restore(folder / CHECKPOINT)

    def run(self, *, save_every: int = 100, report_every: int = 25) -> Generator[Progress, None, None]:
        """Train to the configured end.

        Yields:
            Progress with a `StepReport` as partial. Ctrl-C or closing the generator saves a checkpoint.
        """
        previous = signal.signal(signal.SIGINT, self._interrupt)
        watch, first = Stopwatch(), self.step
        try:
            sums, waited, since, counted = torch.zeros(2, dtype=torch.float64), 0.0, time.monotonic(), 0
            broken: int | None = None  # known once the loader has decoded the photos
            self._folder.mkdir(parents=True, exist_ok=True)
            batches = iter(self._loader())
            while self.step < self.configuration.steps and not self._stop:
                batch, seconds = _timed_next(batches)
                waited += seconds
                sums += torch.tensor(self._train_on(batch), dtype=torch.float64)
                if broken is None:
                    broken = len((self._folder / BROKEN).read_text(encoding="utf-8").splitlines())
                self.step += 1
                counted += 1
                if self.step % save_every == 0:
                    self.save()
                if self.step == self.configuration.cooldown_begins:
                    self.save(BEFORE_COOLDOWN)
                if self.step % report_every == 0:
                    elapsed = time.monotonic() - since
                    loss, norm = (sums / counted).tolist()
                    report = StepReport(self.step, loss, norm, waited / elapsed, counted / elapsed, broken)
                    fraction = self.step / self.configuration.steps
                    done = (self.step - first) / max(1, self.configuration.steps - first)
                    yield Progress("training", fraction, watch.remaining(done), report)
                    sums, waited, since, counted = torch.zeros(2, dtype=torch.float64), 0.0, time.monotonic(), 0
        finally:
            signal.signal(signal.SIGINT, previous)
            self.save()

    def _interrupt(self, _number: int, _frame: FrameType | None) -> None:
        self._stop = True

    def _loader(self) -> DataLoader[Batch]:
        steps = _Steps(self._photos, self.configuration, self.step, self._folder / BROKEN)
        return DataLoader(
            steps,
            batch_size=1,
            shuffle=False,
            num_workers=self._workers,
            collate_fn=_alone,
            worker_init_fn=_one_thread,
            prefetch_factor=4 if self._workers else None,
        )

    def _train_on(self, batch: Batch) -> tuple[float, float]:
        configuration = self.configuration
        generator = torch.Generator().manual_seed(configuration.seed * 1_000_003 + self.step)
        weights = torch.tensor(configuration.window_weights)
        window = configuration.windows[int(torch.multinomial(weights, 1, generator=generator))]
        self.network.train()
        with torch.autocast("cpu", torch.bfloat16):
            tiles = torch.from_numpy(batch.tiles).permute(0, 3, 1, 2)
            moments = self.network.moments(tiles, window // FEATURE_STRIDE)
        embeddings = self.network.project(moments.flatten(2).transpose(1, 2))
        keep = _windows_kept(embeddings.shape[1], generator)
        embeddings = embeddings[:, keep]
        n, windows, _ = embeddings.shape
        group, shared = (torch.from_numpy(a).repeat_interleave(windows) for a in (batch.group, batch.shared))
        tile = torch.arange(n).repeat_interleave(windows)
        loss = supervised_contrastive(embeddings.flatten(0, 1), group, tile, shared, configuration.temperature)
        self._optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        norm = nn.utils.clip_grad_norm_(self.network.parameters(), 5.0)
        self._optimizer.step(configuration.schedule_at(self.step))
        self._update_average()
        return float(loss.detach()), float(norm)

    @torch.no_grad()
    def _update_average(self) -> None:
        decay = min(self.configuration.average, (1 + self.step) / (10 + self.step))
        for kept, now in zip(self.average.state_dict().values(), self.network.state_dict().values(), strict=True):
            if kept.is_floating_point():
                kept.lerp_(now, 1 - decay)
            else:
                kept.copy_(now)

    def save(self, name: str = CHECKPOINT) -> None:
        """Write a checkpoint atomically: a killed run keeps the one before."""
        self._folder.mkdir(parents=True, exist_ok=True)
        state: dict[str, Any] = {
            "step": self.step,
            "network": self.network.state_dict(),
            "average": self.average.state_dict(),
            "optimizer": self._optimizer.state_dict(),
            "configuration": self.configuration.as_table(),
        }
        unfinished = self._folder / (name + ".part")
        torch.save(state, unfinished)
        os.replace(unfinished, self._folder / name)  # noqa: PTH105 - Path.replace is the same call

    def _restore(self, file: Path) -> None:
        state = torch.load(file, weights_only=True, map_location="cpu")
        self.network.load_state_dict(state["network"])
        self.average.load_state_dict(state["average"])
        self._optimizer.load_state_dict(state["optimizer"])
        self.step = int(state["step"])


def _windows_kept(count: int, generator: torch.Generator) -> Tensor:
    """At most four windows of each tile: more would be near-copies that cost memory."""
    return torch.randperm(count, generator=generator)[:4]


def _timed_next(batches: Iterator[Batch]) -> tuple[Batch, float]:
    start = time.monotonic()
    return next(batches), time.monotonic() - start
