"""What `exifact train` does for the published architecture, and what it writes."""

from __future__ import annotations

import json
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from workstation.analysis.model import checkpoint_keys
from workstation.errors import WorkstationError
from workstation.evaluation.splices import make_splices
from workstation.progress import Progress
from workstation.training.data_records import DataProblem
from workstation.training.distributed import company
from workstation.training.paper_configuration import PaperConfiguration
from workstation.training.paper_training import PaperTraining
from workstation.training.shards import open_store
from workstation.training.tensor_files import write_tensors
from workstation.whole_files import whole_file

if TYPE_CHECKING:
    from workstation.training.shards import PhotoStore


class Unfinished(WorkstationError):
    """A run that was stopped before its end."""


@dataclass(frozen=True, slots=True)
class PaperData:
    """Where a run's photographs are.

    Attributes:
        pictures, index: to train on: a folder of photographs or tar shards, and what `exifact data index` wrote of it.
        dev_pictures, dev_index: to measure retrieval on, likewise; None = none.
        splices: folder with a manifest.csv from whose dev cameras splices are made; None = none.
    """

    pictures: Path
    index: Path
    dev_pictures: Path | None = None
    dev_index: Path | None = None
    splices: Path | None = None

    def stores(self) -> tuple[PhotoStore, PhotoStore | None]:
        """Photographs to train and to measure on.

        Raises:
            DataProblem: if an index cannot be read, or there is no manifest to make splices from.
            DatasetProblem: if no splice can be made; else it would end the run when it is first measured.
        """
        if self.splices is not None:
            try:
                next(make_splices(self.splices, split="dev", count=1, seed=0))
            except FileNotFoundError as problem:
                raise DataProblem(f"{self.splices} holds no manifest.csv") from problem
        dev = None
        if self.dev_index is not None:
            dev = open_store(self.dev_pictures or self.pictures, self.dev_index)
        return open_store(self.pictures, self.index), dev


def train_paper(
    data: PaperData,
    out: Path,
    settings: PaperConfiguration,
    *,
    threads: int | None = None,
    workers: int = 1,
    name: str = "paper",
    curves: Sequence[str] = (),
    until: int | None = None,
) -> Generator[Progress, None, Path]:
    """Train in the folder `out`, resuming what is there, and export the weights to it.

    Under `torchrun` the processes that it starts train together; the first one speaks and writes.

    Args:
        data: where the photographs are.
        out: folder of the run.
        settings: configuration.
        threads: CPU threads of the networks; None = torch's default.
        workers: processes that prepare batches, per training process.
        name: of the exported weights.
        curves: "tensorboard", "wandb".
        until: stop at this step; None = the configured end.

    Yields:
        Progress; while training its partial is a `PaperReport`.

    Returns:
        Path of the exported weights.

    Raises:
        DataProblem: if the data cannot be used.
        WeightsProblem: if pretrained weights that are named cannot be used.
        ConfigurationProblem: if the folder holds a run with another configuration.
        Unfinished: if the run was stopped; the weights so far are written all the same.
    """
    if threads:
        torch.set_num_threads(threads)
    store, dev = data.stores()
    with company() as together:
        yield Progress("preparing the networks", None)
        training = PaperTraining(
            settings, store, out, together, dev=dev, splices=data.splices, workers=workers, curves=curves
        )
        for progress in training.run(until=until):
            if together.leads:
                yield progress
        target = out / f"{name}.safetensors"
        if together.leads:
            target = export(training, out, name)
        together.wait()
    if until is None and training.step < settings.steps:
        raise Unfinished(f"stopped at step {training.step} of {settings.steps}; the same command goes on from there")
    return target


def export(training: PaperTraining, out: Path, name: str) -> Path:
    """Write `out`/<name>.safetensors with the configuration in its header, and the tokenizer beside it.

    Where the tensors are those of the published checkpoint, `out`/<name>.pth holds them in layout `pruned` as well,
    which `exifact weights add` takes.
    """
    state = {key: tensor.detach().cpu().contiguous() for key, tensor in training.network.state_dict().items()}
    target = out / f"{name}.safetensors"
    header = {"configuration": json.dumps(training.settings.as_table()), "step": str(training.step)}
    write_tensors(state, target, header)
    training.tokenizer.save_pretrained(str(out / f"{name}.tokenizer"))
    if not checkpoint_keys.first_difference(state, checkpoint_keys.pruned()):
        with whole_file(out / f"{name}.pth") as unfinished:
            torch.save(state, unfinished)
    return target
