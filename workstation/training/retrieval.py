"""How well pictures and texts find each other: rank figures with intervals that know how few cameras there are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

DRAWS = 2000
"""Of the bootstrap."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure with its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Retrieval:
    """How often a picture's own text is found among others.

    Attributes:
        pictures, cameras: how many.
        candidates: mean number of texts to choose from.
        top1, top1_chance: share of pictures whose own text scores highest; that of always naming the commonest text.
        reciprocal_rank, reciprocal_rank_chance: mean of 1 / rank; with every rank as likely as any other.
        auc: chance that a text scores higher on a picture of which it is true than on one of another camera of which
            it is not. One text is compared with itself, so that a text that scores high everywhere gains nothing: 0.5
            is chance, however unevenly the values are spread.
    """

    pictures: int
    cameras: int
    candidates: float
    top1: Interval
    top1_chance: float
    reciprocal_rank: Interval
    reciprocal_rank_chance: float
    auc: Interval

    @property
    def beats_chance(self) -> bool:
        """Whether the whole interval of the AUC lies above one half."""
        return self.auc.low > 0.5


@dataclass(frozen=True, slots=True, eq=False)
class LineUp:
    """One picture's scores.

    Attributes:
        camera: of the picture, what is drawn again and again for the intervals.
        own: score of the true text.
        others: (n,) scores of texts that are not true of it, n at least 1.
        elsewhere: (m,) scores of the true text on pictures of other cameras of which it is not true, m at least 1.
        commonest: whether the true text is the one that is true of most cameras.
    """

    camera: str
    own: float
    others: NDArray[np.float32]
    elsewhere: NDArray[np.float32]
    commonest: bool = False


def retrieval(line_ups: Sequence[LineUp], *, seed: int = 0) -> Retrieval:
    """Figures over line-ups; every camera counts as much as any other, and cameras are what the bootstrap draws.

    Photographs of one camera are alike, so that intervals over photographs would be too narrow.

    Raises:
        ValueError: without a line-up.
    """
    if not line_ups:
        raise ValueError("no line-up")
    cameras = sorted({line_up.camera for line_up in line_ups})
    figures = np.array([_figures(line_up) for line_up in line_ups])
    owner = np.array([cameras.index(line_up.camera) for line_up in line_ups])
    per_camera = np.array([figures[owner == number].mean(0) for number in range(len(cameras))])
    rng = np.random.default_rng(seed)
    draws = per_camera[rng.integers(0, len(cameras), (DRAWS, len(cameras)))].mean(1)
    low, high = np.percentile(draws, (2.5, 97.5), axis=0)
    mean = per_camera.mean(0)
    top1, rank, auc = (Interval(float(mean[i]), float(low[i]), float(high[i])) for i in range(3))
    return Retrieval(
        pictures=len(line_ups),
        cameras=len(cameras),
        candidates=float(np.mean([len(line_up.others) + 1 for line_up in line_ups])),
        top1=top1,
        top1_chance=max(float(mean[3]), float(np.mean([1 / (len(line_up.others) + 1) for line_up in line_ups]))),
        reciprocal_rank=rank,
        reciprocal_rank_chance=float(mean[4]),
        auc=auc,
    )


def _figures(line_up: LineUp) -> tuple[float, ...]:
    """Top-1, reciprocal rank, AUC, and the first two by chance; ties count half."""
    above = float((line_up.others > line_up.own).sum())
    tied = float((line_up.others == line_up.own).sum())
    count = len(line_up.others) + 1
    top1 = 1 / (tied + 1) if above == 0 else 0.0
    below = float((line_up.elsewhere < line_up.own).mean())
    auc = below + float((line_up.elsewhere == line_up.own).mean()) / 2
    by_chance = float((1 / np.arange(1, count + 1)).mean())
    return top1, 1 / (1 + above + tied / 2), auc, float(line_up.commonest), by_chance


def top1_share(pictures: NDArray[np.float32], texts: NDArray[np.float32]) -> float:
    """Share of pictures whose own text is the closest: picture i belongs to text i.

    Args:
        pictures: (N, D) float32, unit length.
        texts: (N, D) float32, unit length.
    """
    return float(((pictures @ texts.T).argmax(1) == np.arange(len(texts))).mean())
