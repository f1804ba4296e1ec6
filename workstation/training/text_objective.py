"""The contrastive objective between pictures and texts that may be true of several of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from workstation.analysis.exif_texts import TagText


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """Which text is true of which picture.

    Attributes:
        true: (pictures, texts) bool, every statement of the text is true of the picture.
        false: (pictures, texts) bool, a statement contradicts what is known of the picture. Where neither holds, the
            text speaks of tags that the picture's file does not have: such pairs are not compared.
    """

    true: Tensor
    false: Tensor


class TruthTable:
    """Finds out for a batch which texts are true of which pictures.

    Args:
        known: per picture, everything that is true of it.
    """

    def __init__(self, known: Sequence[tuple[TagText, ...]]) -> None:
        self._tags = {tag: column for column, tag in enumerate(sorted({s.tag for k in known for s in k}))}
        self._values: dict[TagText, int] = {}
        for statements in known:
            for statement in statements:
                self._values.setdefault(statement, len(self._values) + 1)
        self._known = self._coded(known)

    def among(self, pictures: NDArray[np.int64], texts: Sequence[tuple[TagText, ...]]) -> Truth:
        """Truth of `texts` for the pictures with these numbers."""
        said, known = self._coded(texts)[None], self._known[pictures][:, None]
        spoken = said != 0
        contradicted = (spoken & (known != 0) & (said != known)).any(-1)
        unknown = (spoken & (known == 0)).any(-1)
        return Truth(torch.from_numpy(~contradicted & ~unknown), torch.from_numpy(contradicted))

    def _coded(self, texts: Sequence[tuple[TagText, ...]]) -> NDArray[np.int32]:
        """(texts, tags) numbers of values, 0 = says nothing, −1 = a value that is true of no picture."""
        coded = np.zeros((len(texts), len(self._tags)), np.int32)
        for row, statements in zip(coded, texts, strict=True):
            for statement in statements:
                if statement.tag in self._tags:
                    row[self._tags[statement.tag]] = self._values.get(statement, -1)
        return coded


def symmetric_contrast(pictures: Tensor, texts: Tensor, scale: Tensor, truth: Truth) -> Tensor:
    """Symmetric cross-entropy over cosine similarities (Radford et al. 2021) with several right answers per row.

    With one true text per picture it is the loss of "EXIF as Language"; with several, the probability of the right
    answers is averaged in the logarithm (Khosla et al. 2020). A text that is true is never a negative.

    Args:
        pictures: (N, D) float32, unit length.
        texts: (M, D) float32, unit length.
        scale: factor of the similarities, a scalar.
        truth: (N, M).

    Returns:
        Scalar.
    """
    logits = (scale * pictures @ texts.T).masked_fill(~(truth.true | truth.false), float("-inf"))
    return (_one_way(logits, truth.true) + _one_way(logits.T, truth.true.T)) / 2


def _one_way(logits: Tensor, true: Tensor) -> Tensor:
    right = true.sum(1)
    answered = right > 0
    log_probability = logits[answered] - torch.logsumexp(logits[answered], 1, keepdim=True)
    return (-log_probability.masked_fill(~true[answered], 0).sum(1) / right[answered]).mean()
