"""A contrastive step whose negatives are the whole batch while only a part of it is in memory.

Gao et al. 2021 ("Scaling Deep Contrastive Learning Batch Size under Memory Limited Setup"): embed every part without
gradients, take the gradient of the loss with respect to the embeddings, then run each part again and let that gradient
flow through it. The result is that of one piece, up to rounding, unless batch norm takes a part's own statistics.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Generic, TypeVar

import torch
from torch import Tensor, nn

from workstation.training.distributed import Company

Part = TypeVar("Part")


class CachedGradients(Generic[Part]):
    """Runs the two passes.

    Args:
        encode: a part of the batch to its embeddings, one tensor (n, D) per kind.
        company: the processes that train together; their embeddings are gathered.
        network: whose batch norms keep their running statistics in the first pass; with `no_sync` if it is a
            DistributedDataParallel, so that gradients are exchanged once.
    """

    def __init__(self, encode: Callable[[Part], tuple[Tensor, ...]], company: Company, network: nn.Module) -> None:
        self._encode, self._company, self._network = encode, company, network

    def step(
        self, parts: Sequence[Part], loss_of: Callable[[tuple[Tensor, ...]], Tensor], factor: float = 1.0
    ) -> Tensor:
        """Leave the gradient of the loss over all parts of all processes in the parameters.

        Args:
            parts: of this process's share of the batch.
            loss_of: the gathered embeddings, one (N, D) per kind, to the loss; the same in every process.
            factor: of the gradient, for float16.

        Returns:
            The loss.
        """
        whole = len(parts) == 1
        states: list[_Randomness] = []
        passed: list[tuple[Tensor, ...]] = []
        for part in parts:
            states.append(_Randomness.now())
            with nullcontext() if whole else torch.no_grad(), nullcontext() if whole else _kept(self._network):
                passed.append(self._encode(part))
        leaves = tuple(torch.cat(kind).detach().float().requires_grad_() for kind in zip(*passed, strict=True))
        with torch.enable_grad():
            loss = loss_of(tuple(self._company.gathered(leaf) for leaf in leaves))
            loss.backward()  # type: ignore[no-untyped-call]
        # DistributedDataParallel takes the mean over processes, of which each holds its own rows' share of one sum.
        flowing = [_gradient(leaf) * (factor * self._company.world) for leaf in leaves]
        start = 0
        for number, part in enumerate(parts):
            last = number == len(parts) - 1
            with nullcontext() if last else self._unsynchronised():
                if whole:
                    embedded = passed[0]
                else:
                    states[number].restore()
                    embedded = self._encode(part)
                count = len(embedded[0])
                torch.autograd.backward(
                    embedded, [g[start : start + count].to(e.dtype) for g, e in zip(flowing, embedded, strict=True)]
                )
                start += count
        return loss.detach()

    def _unsynchronised(self) -> AbstractContextManager[None]:
        no_sync = getattr(self._network, "no_sync", None)
        return no_sync() if no_sync else nullcontext()


def _gradient(leaf: Tensor) -> Tensor:
    return torch.zeros_like(leaf) if leaf.grad is None else leaf.grad


class _Randomness:
    """The state of the generators that dropout draws from."""

    def __init__(self, cpu: Tensor, cuda: Tensor | None) -> None:
        self._cpu, self._cuda = cpu, cuda

    @classmethod
    def now(cls) -> _Randomness:
        return cls(torch.get_rng_state(), torch.cuda.get_rng_state() if torch.cuda.is_available() else None)

    def restore(self) -> None:
        torch.set_rng_state(self._cpu)
        if self._cuda is not None:
            torch.cuda.set_rng_state(self._cuda)


class _kept(AbstractContextManager[None]):  # noqa: N801 - a context manager reads as a verb
    """Batch norms keep their running statistics: the second pass is the one that counts."""

    def __init__(self, network: nn.Module) -> None:
        self._norms = [m for m in network.modules() if isinstance(m, nn.modules.batchnorm._BatchNorm)]
        self._momenta = [norm.momentum for norm in self._norms]

    def __enter__(self) -> None:
        for norm in self._norms:
            norm.momentum = 0.0

    def __exit__(self, *_: object) -> None:
        for norm, momentum in zip(self._norms, self._momenta, strict=True):
            norm.momentum = momentum
