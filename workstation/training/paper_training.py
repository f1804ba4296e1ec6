"""The training loop of the published architecture: one process or many, stoppable and resumable at any step."""

from __future__ import annotations

import hashlib
import json
import math
import signal
import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from workstation.errors import WeightsProblem
from workstation.progress import Progress, Stopwatch
from workstation.training.configuration_tables import refuse_another
from workstation.training.curves import Curves
from workstation.training.data_records import DataProblem, in_one_line
from workstation.training.dev_figures import localisation
from workstation.training.distributed import Company, distributed, freeze_norms
from workstation.training.folders import make_folder
from workstation.training.gradient_cache import CachedGradients
from workstation.training.objective import NotFinite
from workstation.training.paper_batches import CropBatch, Steps, Texts, loader
from workstation.training.paper_configuration import PaperConfiguration
from workstation.training.paper_network import build
from workstation.training.paper_report import Totals
from workstation.training.retrieval import top1_share
from workstation.training.shards import BrokenPhoto, PhotoStore
from workstation.training.text_objective import Truth, symmetric_contrast
from workstation.whole_files import sweep, whole_file

CHECKPOINT = "checkpoint.pt"
BROKEN = "broken-photos.tsv"

DEV_PHOTOS = 50
"""Photographs of the dev store among whose texts each finds its own; 2 % by chance."""

TOKENIZER_TEXTS = 5000
"""Photographs whose texts train a tokenizer from scratch."""

MOST_EMPTY = 10
"""Steps without a photograph that a run passes over in a row; after these the data are at fault."""

Part = tuple[int, Tensor, Tensor | None, dict[str, Tensor] | None]
"""Number of photographs, crops, perhaps other crops of the same photographs, perhaps texts."""

_CHANGEABLE = {"steps", "micro_batch", "cache_mb"}
"""What may differ when a run is resumed."""

_DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}


class PaperTraining:
    """A run in a folder of its own; making it again on the same folder resumes it.

    Args:
        settings: of the run.
        store: photographs to train on.
        folder: of the run.
        company: the processes that train together.
        dev: photographs to measure retrieval on; None = none.
        splices: folder with a manifest.csv from whose dev cameras splices are made to measure on; None = none.
        workers: processes that prepare batches; 0 = none beside this one.
        curves: "tensorboard", "wandb".

    Attributes:
        step: steps done so far.
        network: both encoders.
        tokenizer: of the texts.
    """

    def __init__(
        self,
        settings: PaperConfiguration,
        store: PhotoStore,
        folder: Path,
        company: Company,
        *,
        dev: PhotoStore | None = None,
        splices: Path | None = None,
        workers: int = 0,
        curves: Sequence[str] = (),
    ) -> None:
        self.settings, self._store, self._folder, self._company = settings, store, folder, company
        self._dev, self._splices, self._workers, self._extra = dev, splices, workers, tuple(curves)
        state = _stored_state(folder / CHECKPOINT, company)
        if state:
            refuse_another(state["configuration"], settings.as_table(), folder, changeable=_CHANGEABLE)
            refuse_another(state.get("data", {}), _told_of(store), folder, changeable=frozenset())
        texts = [] if state else _tokenizer_texts(store, settings)
        self.network, self.tokenizer = build(settings, texts, state["tokenizer"] if state else "")
        self.network.to(company.device)
        wrapped: nn.Module = self.network
        if company.world > 1:
            pooler = settings.text != "distilbert" and settings.pooling == "mean"
            wrapped = distributed(self.network, unused=pooler or not settings.image_text)
        self._wrapped = wrapped
        self._optimizer = torch.optim.Adam(
            self.network.parameters(),
            lr=settings.learning_rate,
            betas=settings.betas,
            eps=settings.epsilon,
            weight_decay=settings.weight_decay,
        )
        enabled = settings.precision == "float16"
        self._scaler = torch.amp.GradScaler(company.device.type, enabled=enabled, init_scale=2.0**12)
        self._cache: CachedGradients[Part] = CachedGradients(self._encode, company, wrapped)
        self.step, self._stop, self._sound = 0, False, True
        self._empty = 0
        self._listed: set[str] = set()
        if state:
            self.network.load_state_dict(state["network"])
            self._optimizer.load_state_dict(state["optimizer"])
            self._scaler.load_state_dict(state["scaler"])
            self.step = int(state["step"])

    def run(
        self, *, until: int | None = None, save_every: int = 500, report_every: int = 10, measure_every: int = 250
    ) -> Generator[Progress, None, None]:
        """Train to the configured end, or to step `until`.

        Yields:
            Progress with a `PaperReport` as partial. Ctrl-C or closing the generator saves a checkpoint.

        Raises:
            DataProblem: if no photograph of many steps in a row, or of a whole epoch, can be used.
            NotFinite: if a gradient is no number.
        """
        limit = min(self.settings.steps, until or self.settings.steps)
        steps = Steps(self._store, self.settings, self._company, self.step, limit)
        watch, first = Stopwatch(), self.step
        make_folder(self._folder)
        with self._listening(), self._drawing() as curves:
            try:
                self._listed = _reasons(self._folder / BROKEN)
                totals = Totals()
                batches = loader(steps, self._workers)
                while self.step < limit and not self._company.any(self._stop):
                    started = time.monotonic()
                    batch = next(batches)
                    totals.waited += time.monotonic() - started
                    self._list_broken(batch)
                    measured = self._train_on(batch)
                    if measured is not None:
                        totals.add(*measured)
                    self.step += 1
                    self._count_empty(measured is None)
                    if self.step % save_every == 0:
                        self.save()
                    ends = self.step == self.settings.steps
                    if self.step % report_every == 0 or ends:
                        dev = self.measure() if self.step % measure_every == 0 or ends else {}
                        report = totals.report(self.step, self.settings.batch, self._broken(), dev)
                        if curves is not None:
                            curves.add(self.step, report.numbers)
                        done = (self.step - first) / max(1, limit - first)
                        yield Progress("training", self.step / self.settings.steps, watch.remaining(done), report)
                        totals = Totals()
            finally:
                if self._sound:
                    self.save()

    def measure(self) -> dict[str, float]:
        """Figures on the dev half: crops whose own text is the closest of fifty, and the foreign part of splices."""
        if not self._company.leads:
            return {}
        self.network.eval()
        figures: dict[str, float] = {}
        if self._dev is not None and self.settings.image_text:
            figures |= self._retrieval(self._dev)
        if self._splices is not None:
            figures["AP on dev splices"] = localisation(self._embedded, self.settings.patch, self._splices)
        return figures

    def _embedded(self, patches: NDArray[np.uint8]) -> NDArray[np.float32]:
        with torch.no_grad(), self._autocast():
            return np.asarray(self.network(self._pixels(patches), None)[0].float().cpu().numpy())

    def _retrieval(self, dev: PhotoStore) -> dict[str, float]:
        crops, texts = _dev_batch(dev, self.settings, Texts(self._store.shares, self.settings))
        if len(texts) < 2:
            return {}
        with torch.no_grad(), self._autocast():
            tokens = self._tokens(texts)
            seen = torch.cat([self.network(part, None)[0] for part in torch.split(self._pixels(crops), 16)])
            said = self.network(None, tokens)[0]
        name = f"top-1 of {len(texts)} dev photos"
        return {name: top1_share(seen.float().cpu().numpy(), said.float().cpu().numpy())}

    def _train_on(self, batch: CropBatch) -> tuple[float, float] | None:
        """Loss and gradient norm of a step; None where no process has a photograph, and nothing changes."""
        settings = self.settings
        truth = self._truth(batch.texts)
        if not len(truth.true):
            return None
        for group in self._optimizer.param_groups:
            group["lr"] = settings.learning_rate_at(self.step)
        torch.manual_seed(settings.seed * 1_000_003 + self.step * 4099 + self._company.rank)  # of the dropout
        self._wrapped.train()
        if settings.batch_statistics == "frozen" or not batch.texts:  # a stand-in has no statistics
            freeze_norms(self.network)
        self._optimizer.zero_grad(set_to_none=True)
        factor = float(self._scaler.get_scale()) if self._scaler.is_enabled() else 1.0
        loss = self._cache.step(self._parts(batch), lambda embedded: self._loss(embedded, truth), factor)
        if self._scaler.is_enabled():
            self._scaler.scale(loss)  # so that the scaler knows the device; the gradients were scaled above
            self._scaler.unscale_(self._optimizer)
        norm = nn.utils.clip_grad_norm_(self.network.parameters(), math.inf)
        if not self._scaler.is_enabled() and not torch.isfinite(norm):  # the scaler leaves such steps out itself
            self._sound = False
            raise NotFinite(self.step + 1)
        self._scaler.step(self._optimizer)
        self._scaler.update()
        return float(loss), float(norm)

    def _count_empty(self, empty: bool) -> None:
        self._empty = self._empty + 1 if empty else 0
        if self._empty >= min(MOST_EMPTY, len(self._store) // self.settings.batch):
            raise DataProblem(
                f"no photograph of the last {self._empty} steps, up to step {self.step}, could be used; "
                f"{self._folder / BROKEN} says why"
            )

    def _parts(self, batch: CropBatch) -> list[Part]:
        """The batch in pieces; where it is empty a stand-in, since the other processes wait for its gradients."""
        count = len(batch.texts)
        if not count:
            return [self._stand_in()]
        size = self.settings.micro_batch or count
        parts: list[Part] = []
        for start in range(0, count, size):
            chosen = slice(start, start + size)
            second = None if batch.second is None else self._pixels(batch.second[chosen])
            texts = self._tokens(batch.texts[chosen]) if self.settings.image_text else None
            parts.append((len(batch.texts[chosen]), self._pixels(batch.crops[chosen]), second, texts))
        return parts

    def _stand_in(self) -> Part:
        side = self.settings.patch
        blank = self._pixels(np.zeros((1, side, side, 3), np.uint8))
        second = blank if self.settings.image_image else None
        return 0, blank, second, self._tokens([""]) if self.settings.image_text else None

    def _encode(self, part: Part) -> tuple[Tensor, ...]:
        count, crops, second, tokens = part
        both = crops if second is None else torch.cat((crops, second))
        with self._autocast():
            embedded = self._wrapped(both, tokens)
        if second is not None:
            embedded = (*torch.split(embedded[0], len(second)), *embedded[1:])
        return tuple(kind[:count] for kind in embedded)

    def _loss(self, embedded: tuple[Tensor, ...], truth: Truth) -> Tensor:
        """The weighted sum of the terms over the whole batch, as the configuration says."""
        settings = self.settings
        scale = self.network.logit_scale.exp().float()
        total = torch.zeros((), device=scale.device)
        if settings.image_text:
            total = total + settings.image_text * symmetric_contrast(embedded[0], embedded[-1], scale, truth)
        if settings.image_image:
            own = torch.eye(len(embedded[0]), dtype=torch.bool, device=scale.device)
            pairs = symmetric_contrast(embedded[0], embedded[1], scale, Truth(own, ~own))
            total = total + settings.image_image * pairs
        return total

    def _truth(self, own: list[str]) -> Truth:
        """Identical texts are true of each other's photographs, never negatives."""
        texts = self._company.gathered_texts(own)
        _, numbers = np.unique(texts, return_inverse=True)
        coded = torch.from_numpy(numbers).to(self._company.device)
        same = coded[:, None] == coded
        return Truth(same, ~same)

    def _pixels(self, crops: Any) -> Tensor:
        return torch.from_numpy(crops).to(self._company.device).permute(0, 3, 1, 2)

    def _tokens(self, texts: list[str]) -> dict[str, Tensor]:
        encoded = self.tokenizer(
            texts, padding=True, truncation=True, max_length=self.settings.longest, return_tensors="pt"
        )
        return {name: encoded[name].to(self._company.device) for name in ("input_ids", "attention_mask")}

    def _autocast(self) -> torch.autocast:
        precision = self.settings.precision
        return torch.autocast(self._company.device.type, _DTYPES[precision], enabled=precision != "float32")

    @contextmanager
    def _listening(self) -> Iterator[None]:
        previous = signal.signal(signal.SIGINT, self._interrupt)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, previous)

    def _interrupt(self, _number: int, _frame: FrameType | None) -> None:
        self._stop = True

    @contextmanager
    def _drawing(self) -> Iterator[Curves | None]:
        if not self._company.leads:
            yield None
            return
        curves = Curves(self._folder, self.step, self.settings.as_table(), self._extra)
        try:
            yield curves
        finally:
            curves.close()

    def _list_broken(self, batch: CropBatch) -> None:
        """Note photographs that could not be used, each once, though every epoch draws it again."""
        new = [reason for reason in map(in_one_line, batch.broken) if reason not in self._listed]
        if new:
            with (self._folder / BROKEN).open("a", encoding="utf-8") as listing:
                listing.writelines(f"{self.step}\t{reason}\n" for reason in new)
            self._listed.update(new)

    def _broken(self) -> int:
        """How many different photographs any process has listed, in this run and before it was resumed."""
        return len(_reasons(self._folder / BROKEN))

    def save(self) -> None:
        """Write the checkpoint atomically: a killed run keeps the one before."""
        if not self._company.leads:
            return
        state = {
            "step": self.step,
            "network": self.network.state_dict(),
            "optimizer": self._optimizer.state_dict(),
            "scaler": self._scaler.state_dict(),
            "tokenizer": self.tokenizer.backend_tokenizer.to_str(),
            "configuration": self.settings.as_table(),
            "data": _told_of(self._store),
        }
        target = self._folder / CHECKPOINT
        sweep(target)
        with whole_file(target) as unfinished:
            torch.save(state, unfinished)


def _reasons(listing: Path) -> set[str]:
    """What is listed already: a line each of a step, a tab and why a photograph was left out."""
    if not listing.is_file():
        return set()
    return {line.partition("\t")[2] for line in listing.read_text(encoding="utf-8").split("\n") if line}


def _told_of(store: PhotoStore) -> dict[str, Any]:
    """What tells photographs from others wherever they lie: other ones would make other batches of the same steps."""
    shares = json.dumps(store.shares, sort_keys=True)
    return {"photographs": len(store), "tag shares": hashlib.sha256(shares.encode()).hexdigest()[:16]}


def _stored_state(file: Path, company: Company) -> dict[str, Any]:
    """The checkpoint that a run goes on from; empty without one.

    Raises:
        WeightsProblem: if it cannot be read.
    """
    if not file.exists():
        return {}
    try:
        state: dict[str, Any] = torch.load(file, weights_only=True, map_location=company.device)
    except Exception as problem:  # on a damaged file torch raises whatever it stumbles over
        first = (str(problem).splitlines() or [type(problem).__name__])[0]
        raise WeightsProblem(f"{file} cannot be read, so that the run cannot go on ({first})") from problem
    return state


def _tokenizer_texts(store: PhotoStore, settings: PaperConfiguration) -> list[str]:
    """Texts for a tokenizer from scratch; a photograph that cannot be read has none."""
    if settings.text_weights or not settings.image_text:
        return []
    texts, found = Texts(store.shares, settings), []
    for number in store.order(0, settings.seed)[:TOKENIZER_TEXTS]:
        try:
            found.append(texts.of(store.read(int(number)).tags, np.random.default_rng(0)))
        except BrokenPhoto:
            continue  # counted and listed when a step draws it
    return found


def _dev_batch(store: PhotoStore, settings: PaperConfiguration, texts: Texts) -> tuple[Any, list[str]]:
    """The middle crops of the first photographs of the dev store and their texts, each text once."""
    crops, said = [], []
    for number in range(len(store)):
        try:
            photo = store.read(number)
        except BrokenPhoto:
            continue  # not a training photograph; the index lists it
        text, side = texts.of(photo.tags, np.random.default_rng(0)), settings.patch
        height, width = photo.rgb.shape[:2]
        if text in said or min(height, width) < side:
            continue
        y, x = (height - side) // 2, (width - side) // 2
        crops.append(photo.rgb[y : y + side, x : x + side])
        said.append(text)
        if len(said) == DEV_PHOTOS:
            break
    return (np.stack(crops) if crops else None), said
