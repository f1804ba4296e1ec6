"""The training loop: batches in, checkpoints out, stoppable and resumable at any step."""

from __future__ import annotations

import copy
import signal
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.data import DataLoader, Dataset

from workstation.analysis.model.compact import WHITENING
from workstation.analysis.model.compact_network import FEATURE_STRIDE, CompactNetwork
from workstation.progress import Progress, Stopwatch
from workstation.training.batches import Batch, BatchMaker
from workstation.training.configuration import TrainingConfiguration
from workstation.training.configuration_tables import ConfigurationProblem, refuse_another
from workstation.training.curves import Curves
from workstation.training.dev_figures import localisation
from workstation.training.distributed import ALONE, Company, distributed, freeze_norms
from workstation.training.mixed_precision import mixed_precision
from workstation.training.objective import NotFinite, concentration, supervised_contrastive
from workstation.training.optimizers import Optimizers
from workstation.training.photos import PhotoCollection
from workstation.whole_files import sweep, whole_file

CHECKPOINT = "checkpoint.pt"
BEFORE_COOLDOWN = "before-cooldown.pt"
"""The checkpoint from which a longer run of the same configuration can go on: copy it over `CHECKPOINT`."""
BROKEN = "broken-photos.tsv"

PATCH = 64
"""Side in pixels of the windows that the dev figure is taken with."""


@dataclass(frozen=True, slots=True)
class StepReport:
    """What one step of training measured.

    Attributes:
        step: steps done.
        loss, gradient_norm: means since the last report.
        waiting: share of the time in which the network waited for data, 0..1.
        steps_per_second: since the last report.
        broken: photos that could not be decoded; `BROKEN` in the run's folder lists them with their reasons.
        dev: figures on the dev half, by name; empty where none were due.
    """

    step: int
    loss: float
    gradient_norm: float
    waiting: float
    steps_per_second: float
    broken: int
    dev: dict[str, float] = field(default_factory=dict)

    @property
    def pace(self) -> str:
        """How fast it goes, in words."""
        return f"{self.steps_per_second:.2f} steps/s"


class _Steps(Dataset[Batch]):
    """Batches by number of the step, made in the loader's process."""

    def __init__(
        self, photos: Path, configuration: TrainingConfiguration, first: int, listing: Path, company: Company = ALONE
    ) -> None:
        self._folder, self._configuration, self._first, self._listing = photos, configuration, first, listing
        self._company = company
        self._maker: BatchMaker | None = None

    def __len__(self) -> int:
        return self._configuration.steps - self._first

    def __getitem__(self, index: int) -> Batch:
        if self._maker is None:
            photos = PhotoCollection.load(self._folder, "train")
            if self._company.leads:
                lines = [f"{file}\t{reason}\n" for file, reason in photos.broken]
                self._listing.write_text("".join(lines), encoding="utf-8")
            self._maker = BatchMaker(photos, self._configuration.batch, self._configuration.seed)
        return _share_of(self._maker.batch(self._first + index), self._company)


def _share_of(batch: Batch, company: Company) -> Batch:
    """The sets of a batch that this process trains on: tiles of different sets are never compared anyway."""
    if company.world == 1:
        return batch
    own = batch.shared % company.world == company.rank
    return Batch(batch.tiles[own], batch.group[own], batch.shared[own])


class _Embed(nn.Module):
    """Tiles to the embeddings of some of their windows; its gradient is what processes exchange."""

    def __init__(self, network: CompactNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, tiles: Tensor, window: int, keep: Tensor) -> Tensor:
        """(N, 3, side, side) uint8 to (N, kept, dimensions); `window` in feature positions."""
        with mixed_precision(tiles.device.type):
            moments = self.network.moments(tiles, window)
        return self.network.project(moments.flatten(2).transpose(1, 2))[:, keep]


def _alone(batch: list[Batch]) -> Batch:
    return batch[0]


def _one_thread(_worker: int) -> None:
    import cv2  # noqa: PLC0415 - in the loader's process only

    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the trainer's to answer


class Training:
    """A run in a folder of its own; making it again on the same folder resumes it.

    Args:
        configuration: of the run.
        photos: folder with a manifest.csv.
        folder: of the run.
        workers: processes that prepare batches; 0 = none beside this one.
        company: the processes that train together; each takes whole sets of a batch.
        curves: "tensorboard", "wandb".
        measure_every: steps between two figures on splices of the dev cameras; 0 = none.
        start: tensors to start from, perhaps with a whitening; None = random ones.

    Attributes:
        step: steps done so far.
        network: the network in training.
        average: its moving average, which is what is exported.
    """

    def __init__(
        self,
        configuration: TrainingConfiguration,
        photos: Path,
        folder: Path,
        *,
        workers: int = 1,
        company: Company = ALONE,
        curves: Sequence[str] = (),
        measure_every: int = 0,
        start: Mapping[str, Tensor] | None = None,
    ) -> None:
        if configuration.batch.sets % company.world:
            raise ConfigurationProblem(f"{configuration.batch.sets} sets cannot be shared by {company.world} processes")
        self.configuration, self._photos, self._folder, self._workers = configuration, photos, folder, workers
        self._company, self._extra, self._measure_every = company, tuple(curves), measure_every
        torch.manual_seed(configuration.seed)
        self.network = CompactNetwork(configuration.width, configuration.dimensions, configuration.hidden)
        # Fixed throughout the run; export measures a new one.
        self._whitening = torch.eye(configuration.dimensions)
        if start is not None:
            self._whitening = start.get(WHITENING, self._whitening)
            self.network.load_state_dict({name: tensor for name, tensor in start.items() if name != WHITENING})
        self.network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # missing in torch's stubs
        self.network.to(company.device)
        self.average = copy.deepcopy(self.network).eval().requires_grad_(False)
        self._embed: nn.Module = _Embed(self.network)
        if company.world > 1:
            self._embed = distributed(self._embed)
        self._optimizer = Optimizers(self.network, configuration)
        self.step = 0
        self._stop = False
        self._sound = True
        if (folder / CHECKPOINT).exists():
            self._restore(folder / CHECKPOINT)

    def run(self, *, save_every: int = 100, report_every: int = 25) -> Generator[Progress, None, None]:
        """Train to the configured end.

        Yields:
            Progress with a `StepReport` as partial. Ctrl-C or closing the generator saves a checkpoint.
        """
        curves = self._curves()
        previous = signal.signal(signal.SIGINT, self._interrupt)
        watch, first = Stopwatch(), self.step
        try:
            sums, waited, since, counted = torch.zeros(2, dtype=torch.float64), 0.0, time.monotonic(), 0
            broken: int | None = None  # known once the loader has decoded the photos
            self._folder.mkdir(parents=True, exist_ok=True)
            batches = iter(self._loader())
            while self.step < self.configuration.steps and not self._company.any(self._stop):
                batch, seconds = _timed_next(batches)
                waited += seconds
                sums += torch.tensor(self._train_on(batch), dtype=torch.float64)
                if broken is None:
                    broken = self._broken()
                self.step += 1
                counted += 1
                if self.step % save_every == 0:
                    self.save()
                if self.step == self.configuration.cooldown_begins:
                    self.save(BEFORE_COOLDOWN)
                if self.step % report_every == 0:
                    elapsed = time.monotonic() - since
                    loss, norm = (sums / counted).tolist()
                    dev = self._measured()
                    report = StepReport(self.step, loss, norm, waited / elapsed, counted / elapsed, broken, dev)
                    if curves is not None:
                        curves.add(self.step, _numbers(report))
                    fraction = self.step / self.configuration.steps
                    done = (self.step - first) / max(1, self.configuration.steps - first)
                    yield Progress("training", fraction, watch.remaining(done), report)
                    sums, waited, since, counted = torch.zeros(2, dtype=torch.float64), 0.0, time.monotonic(), 0
        finally:
            signal.signal(signal.SIGINT, previous)
            if curves is not None:
                curves.close()
            if self._sound:
                self.save()

    def _broken(self) -> int:
        """How many photographs were left out; only the leading process lists them."""
        return len((self._folder / BROKEN).read_text(encoding="utf-8").splitlines()) if self._company.leads else 0

    def _curves(self) -> Curves | None:
        """Where the leading process's numbers go."""
        if not self._company.leads:
            return None
        return Curves(self._folder, self.step, self.configuration.as_table(), self._extra)

    def _measured(self) -> dict[str, float]:
        """The figure on splices between dev cameras, of the averaged weights, if it is due."""
        if not self._measure_every or self.step % self._measure_every or not self._company.leads:
            return {}
        return {"AP on dev splices": localisation(self._embedded, PATCH, self._photos)}

    def _embedded(self, patches: NDArray[np.uint8]) -> NDArray[np.float32]:
        with torch.inference_mode(), mixed_precision(self._company.device.type):
            pixels = torch.from_numpy(patches).to(self._company.device).permute(0, 3, 1, 2)
            moments = self.average.moments(pixels, PATCH // FEATURE_STRIDE)
        with torch.inference_mode():
            return np.asarray(self.average.project(moments.flatten(1)).cpu().numpy())

    def _interrupt(self, _number: int, _frame: FrameType | None) -> None:
        self._stop = True

    def _loader(self) -> DataLoader[Batch]:
        steps = _Steps(self._photos, self.configuration, self.step, self._folder / BROKEN, self._company)
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
        if configuration.batch_statistics == "frozen":
            freeze_norms(self.network)
        device = self._company.device
        tiles = torch.from_numpy(batch.tiles).to(device).permute(0, 3, 1, 2)
        keep = _windows_kept((tiles.shape[-1] // window) ** 2, generator)
        embeddings = self._embed(tiles, window // FEATURE_STRIDE, keep.to(device))
        n, windows, _ = embeddings.shape
        group, shared = (torch.from_numpy(a).to(device).repeat_interleave(windows) for a in (batch.group, batch.shared))
        tile = torch.arange(n, device=device).repeat_interleave(windows)
        loss = supervised_contrastive(embeddings.flatten(0, 1), group, tile, shared, configuration.temperature)
        if configuration.concentration:
            loss = loss + configuration.concentration * self._concentration(embeddings, batch)
        self._optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        norm = nn.utils.clip_grad_norm_(self.network.parameters(), 5.0)
        if not torch.isfinite(norm):  # in all processes, since gradients are averaged
            self._sound = False
            raise NotFinite(self.step + 1)
        self._optimizer.step(configuration.schedule_at(self.step))
        self._update_average()
        return self._company.mean(float(loss.detach())), float(norm)

    def _concentration(self, embeddings: Tensor, batch: Batch) -> Tensor:
        """Of the whitened embeddings, as a map sees them: (tiles, windows, dimensions) to a scalar."""
        device = embeddings.device
        of_tiles = functional.normalize(embeddings @ self._whitening.to(device), dim=-1).mean(1)
        group, shared = (torch.from_numpy(labels).to(device) for labels in (batch.group, batch.shared))
        return concentration(of_tiles, group, shared)

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
        if not self._company.leads:
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        state: dict[str, Any] = {
            "step": self.step,
            "network": self.network.state_dict(),
            "average": self.average.state_dict(),
            "optimizer": self._optimizer.state_dict(),
            "configuration": self.configuration.as_table(),
            "whitening": self._whitening,
        }
        target = self._folder / name
        sweep(target)
        with whole_file(target) as unfinished:
            torch.save(state, unfinished)

    def _restore(self, file: Path) -> None:
        state = torch.load(file, weights_only=True, map_location=self._company.device)
        refuse_another(state["configuration"], self.configuration.as_table(), self._folder, changeable={"steps"})
        self.network.load_state_dict(state["network"])
        self.average.load_state_dict(state["average"])
        self._optimizer.load_state_dict(state["optimizer"])
        self._whitening = state.get("whitening", self._whitening)
        self.step = int(state["step"])


def _numbers(report: StepReport) -> dict[str, float]:
    return {
        "loss": report.loss,
        "gradient norm": report.gradient_norm,
        "waiting for data": report.waiting,
        "steps per second": report.steps_per_second,
        **report.dev,
    }


def _windows_kept(count: int, generator: torch.Generator) -> Tensor:
    """At most four windows of each tile: more would be near-copies that cost memory."""
    return torch.randperm(count, generator=generator)[:4]


def _timed_next(batches: Iterator[Batch]) -> tuple[Batch, float]:
    start = time.monotonic()
    return next(batches), time.monotonic() - start
