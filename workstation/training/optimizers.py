"""Which parameters are trained by what: convolutions by Muon, the rest by AdamW."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from workstation.training.configuration import TrainingConfiguration


class Optimizers:
    """Muon (Jordan et al. 2024) for the convolutions, AdamW (Loshchilov & Hutter 2019) for everything else.

    torch's Muon takes matrices only, so it is given each kernel as a matrix (outputs, height · width · inputs) on the
    same memory.
    """

    def __init__(self, network: nn.Module, configuration: TrainingConfiguration) -> None:
        self._configuration = configuration
        self._kernels = [p for p in network.parameters() if p.ndim == 4]
        others = [p for p in network.parameters() if p.ndim != 4]
        decay = configuration.weight_decay
        self._matrices = [nn.Parameter(_as_matrix(kernel.detach())) for kernel in self._kernels]
        self._muon = torch.optim.Muon(self._matrices, lr=configuration.kernel_rate, weight_decay=decay)
        self._adam = torch.optim.AdamW(
            [
                {"params": [p for p in others if p.ndim > 1], "weight_decay": decay},
                {"params": [p for p in others if p.ndim <= 1], "weight_decay": 0.0},
            ],
            lr=configuration.learning_rate,
        )

    def zero_grad(self) -> None:
        """Forget the gradients."""
        for kernel in self._kernels:
            kernel.grad = None
        self._adam.zero_grad(set_to_none=True)

    def step(self, schedule: float) -> None:
        """Take one step at `schedule` (0..1) times the configured rates."""
        for matrix, kernel in zip(self._matrices, self._kernels, strict=True):
            matrix.grad = None if kernel.grad is None else _as_matrix(kernel.grad)
        _set_rate(self._muon, self._configuration.kernel_rate * schedule)
        _set_rate(self._adam, self._configuration.learning_rate * schedule)
        self._muon.step()  # type: ignore[no-untyped-call]  # untyped in torch
        self._adam.step()

    def state_dict(self) -> dict[str, Any]:
        """The state of both, as `load_state_dict` reads it."""
        return {"muon": self._muon.state_dict(), "adam": self._adam.state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a saved state."""
        self._muon.load_state_dict(state["muon"])
        self._adam.load_state_dict(state["adam"])


def _as_matrix(kernel: Tensor) -> Tensor:
    """(O, I, H, W) in channels-last memory as (O, H·W·I), on the same memory where the layout allows it."""
    return kernel.permute(0, 2, 3, 1).flatten(1)


def _set_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    for group in optimizer.param_groups:
        group["lr"] = rate
