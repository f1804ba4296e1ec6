"""The contrastive objective between patches of one history."""

from __future__ import annotations

import torch
from torch import Tensor


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
