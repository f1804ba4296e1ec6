"""One process or many: who this process is, and what the others have."""

from __future__ import annotations

import inspect
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch import distributed as dist
from torch.nn.parallel import DistributedDataParallel

CPU = torch.device("cpu")


@dataclass(frozen=True, slots=True)
class Company:
    """The processes that train together.

    Attributes:
        rank: number of this one, 0..world − 1.
        world: how many there are.
        device: that this process computes on.
    """

    rank: int = 0
    world: int = 1
    device: torch.device = CPU

    @property
    def leads(self) -> bool:
        """Whether this process writes files and speaks."""
        return self.rank == 0

    def slice_of(self, count: int) -> slice:
        """This process's contiguous part of `count` things; parts differ by one at most."""
        each, left = divmod(count, self.world)
        start = self.rank * each + min(self.rank, left)
        return slice(start, start + each + (self.rank < left))

    def gathered(self, own: Tensor) -> Tensor:
        """Rows of all processes in order of rank; gradients flow into this process's own rows alone.

        Args:
            own: (n, D) of this process; n may differ between processes.

        Returns:
            (N, D).
        """
        if self.world == 1:
            return own
        sizes = [torch.zeros(1, dtype=torch.int64, device=own.device) for _ in range(self.world)]
        dist.all_gather(sizes, torch.tensor([len(own)], device=own.device))
        counts = [int(size) for size in sizes]
        padded = own.new_zeros(max(counts), *own.shape[1:])
        padded[: len(own)] = own.detach()
        parts = [torch.empty_like(padded) for _ in range(self.world)]
        dist.all_gather(parts, padded)
        rows = [part[:count] for part, count in zip(parts, counts, strict=True)]
        rows[self.rank] = own
        return torch.cat(rows)

    def gathered_texts(self, own: list[str]) -> list[str]:
        """Texts of all processes in order of rank."""
        if self.world == 1:
            return own
        parts: list[list[str]] = [[] for _ in range(self.world)]
        dist.all_gather_object(parts, own)
        return [text for part in parts for text in part]

    def any(self, flag: bool) -> bool:
        """Whether the flag is set in any process."""
        if self.world == 1:
            return flag
        state = torch.tensor([float(flag)], device=self.device)
        dist.all_reduce(state)
        return bool(state > 0)

    def mean(self, number: float) -> float:
        """The mean over the processes."""
        if self.world == 1:
            return number
        total = torch.tensor([number], dtype=torch.float64, device=self.device)
        dist.all_reduce(total)
        return float(total) / self.world

    def from_leader(self, figures: dict[str, float]) -> dict[str, float]:
        """What the leading process found, in every process, so that all decide alike."""
        if self.world == 1:
            return figures
        held: list[dict[str, float]] = [figures]
        dist.broadcast_object_list(held, src=0)
        return held[0]

    def wait(self) -> None:
        """Until every process is here."""
        if self.world > 1:
            dist.barrier()


ALONE = Company()
"""This process and no other, on the CPU."""


def distributed(network: nn.Module, *, unused: bool = False) -> DistributedDataParallel:
    """A network whose gradients are averaged over the processes; buffers stay each process's own.

    Args:
        network: to be wrapped, on its device.
        unused: whether some parameters take no part in a step.
    """
    known = inspect.signature(DistributedDataParallel).parameters
    name = "forward_sync_buffers" if "forward_sync_buffers" in known else "broadcast_buffers"  # renamed in torch 2.13
    options: dict[str, Any] = {name: False, "find_unused_parameters": unused}
    return DistributedDataParallel(network, **options)


def freeze_norms(network: nn.Module) -> None:
    """Let batch norms keep the statistics that they have, so that a batch's composition does not matter."""
    for module in network.modules():
        if isinstance(module, nn.modules.batchnorm._BatchNorm):
            module.eval()


@contextmanager
def company() -> Iterator[Company]:
    """The processes that `torchrun` started, or this one alone; nccl on CUDA, gloo on the CPU."""
    cuda = torch.cuda.is_available()
    if "RANK" not in os.environ or "WORLD_SIZE" not in os.environ:
        yield Company(device=torch.device("cuda" if cuda else "cpu"))
        return
    device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0"))) if cuda else torch.device("cpu")
    if cuda:
        torch.cuda.set_device(device)
    dist.init_process_group("nccl" if cuda else "gloo")
    try:
        yield Company(dist.get_rank(), dist.get_world_size(), device)
        # A thread of gloo that still lets go of the last exchange when Python ends takes the process with it (SIGABRT).
        dist.barrier()
    finally:
        dist.destroy_process_group()
