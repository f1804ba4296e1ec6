"""The objectives between patches of one history."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from workstation.errors import WorkstationError


class NotFinite(WorkstationError):
    """A step whose loss or gradients are infinite or no numbers; it is not saved, since batch norms have seen it."""

    remedy = (
        "The checkpoint is that of an earlier step. Lower the rates of the configuration and begin in a new folder."
    )

    def __init__(self, step: int) -> None:
        super().__init__(f"the gradients of step {step} are not finite")
        self.step = step


def supervised_contrastive(
    embeddings: Tensor, group: Tensor, tile: Tensor, shared: Tensor, temperature: float
) -> Tensor:
    """Supervised contrastive loss (Khosla et al. 2020) among patches that share their last save.

    Positives are patches of the same group in another tile; patches of the same tile are neither positive nor
    negative, since they share content and pixels; patches with another last save are not compared at all.

    Args:
        embeddings: (N, D) float32, unit length.
        group: (N,) int64, same number = same camera and history.
        tile: (N,) int64, same number = cut from the same tile.
        shared: (N,) int64, same number = same last save.
        temperature: divisor of the cosine similarities.

    Returns:
        Scalar: the mean over patches that have a positive.
    """
    logits = embeddings @ embeddings.T / temperature
    comparable = (shared[:, None] == shared) & (tile[:, None] != tile)
    positive = comparable & (group[:, None] == group)
    logits = logits.masked_fill(~comparable, float("-inf"))
    log_probability = logits - torch.logsumexp(logits, 1, keepdim=True)
    count = positive.sum(1)
    per_patch = -log_probability.masked_fill(~positive, 0).sum(1) / count.clamp(min=1)
    return per_patch[count > 0].mean()


FOREIGN_SHARE = 0.1
"""Share p·(1 - p) of a mixture's variance that the way between its two centres contributes, for p about 0.11."""


def concentration(embeddings: Tensor, group: Tensor, shared: Tensor) -> Tensor:
    """How far the spread within a group outweighs the way to another group in the variance of their mixture.

    A map without training looks along the strongest directions in which a picture's embeddings vary. A foreign part is
    seen there only if p·(1 - p)·|difference of centres|² is more than the host varies along its own strongest
    directions: softplus(log(spread of the host / that)), the spread being the Frobenius norm of the covariance of
    its tiles, which its few strong directions make up.

    Args:
        embeddings: (T, D) float32, one per tile; groups lie together and have equally many tiles, at least two.
        group: (T,) int64, same number = same camera and history.
        shared: (T,) int64, same number = same last save; only such groups are mixed.

    Returns:
        Scalar: the mean over ordered pairs of groups.
    """
    groups = len(torch.unique(group))
    tiles = embeddings.reshape(groups, -1, embeddings.shape[-1])
    last = shared.reshape(groups, -1)[:, 0]
    centres = tiles.mean(1)
    offsets = tiles - centres[:, None]
    gram = offsets @ offsets.transpose(1, 2) / (tiles.shape[1] - 1)  # same norm as the covariance, far smaller
    spread = gram.square().sum((1, 2)).clamp(min=1e-12).sqrt()
    apart = (centres[:, None] - centres).square().sum(-1) + 1e-4
    mixed = (last[:, None] == last) & ~torch.eye(groups, dtype=torch.bool, device=embeddings.device)
    return functional.softplus(spread.log()[:, None] - (FOREIGN_SHARE * apart).log())[mixed].mean()
