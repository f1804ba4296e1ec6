"""How small a foreign part may be and still be found."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import compress, pairwise

import numpy as np

from workstation.errors import in_percent
from workstation.evaluation.intervals import Estimate, bootstrap_mean, clopper_pearson
from workstation.evaluation.rows import Row

SHARES = (0.0, 0.01, 0.02, 0.05, 0.1, 0.2, 1.0)
"""Limits of the classes of a foreign part's share of the picture."""

MEGAPIXELS = (0.0, 0.15, 0.5, 1.0, 4.0, float("inf"))
"""Limits of the classes of a picture's size."""

SIDES = (0, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 1 << 20)
"""Limits of the classes of a foreign part's side, the root of its area in pixels."""

FOUND = 0.5
"""Pixel AP (fixed polarity) from which on a part counts as found."""

FEWEST = 5
"""Images that a class needs before anything is said about it."""


@dataclass(frozen=True, slots=True)
class ShareClass:
    """Parts that take a similar share of their picture.

    Attributes:
        low, high: limits of the share.
        ap: mean pixel AP.
        constant: mean pixel AP of constant maps: what chance gives here.
        found: share of the parts that are found.
    """

    low: float
    high: float
    ap: Estimate
    constant: float
    found: Estimate


@dataclass(frozen=True, slots=True)
class SmallestFound:
    """The smallest part that is still found in pictures of one size.

    Attributes:
        low, high: limits of the picture's size in megapixels.
        images: number of pictures.
        side: from this side in pixels on, half of the parts are found, in this class of sides and each larger one;
            None where no class with enough images reaches that.
        found: share found in the class that begins at `side`.
        reason: why no side is stated, "" where one is.
    """

    low: float
    high: float
    images: int
    side: int | None
    found: Estimate | None
    reason: str


def _identity(row: Row) -> object:
    return row.identity


def by_share(
    rows: Sequence[Row], method: str | None = None, *, piece: Callable[[Row], object] = _identity
) -> list[ShareClass]:
    """Figures per class of shares; classes with fewer than `FEWEST` images are left out.

    Args:
        rows: of an evaluation; those without a measurable mask are ignored.
        method: a peer, or None for ours.
        piece: what a row is of: the intervals count rows of one piece once.
    """
    classes = []
    for low, high in pairwise(SHARES):
        inside = [row for row in _measurable(rows) if low <= (row.mask_fraction or 0.0) < high]
        if len(inside) >= FEWEST:
            ap = _ap(inside, method)
            constant = float(np.mean([row.constant.ap for row in inside if row.constant]))
            pieces = [piece(row) for row in inside]
            found = clopper_pearson(int(np.count_nonzero(ap >= FOUND)), len(inside), len(set(pieces)))
            classes.append(ShareClass(low, high, bootstrap_mean(ap, groups=pieces), constant, found))
    return classes


def smallest_found(
    rows: Sequence[Row], method: str | None = None, *, piece: Callable[[Row], object] = _identity
) -> list[SmallestFound]:
    """Per class of picture sizes, the side of the smallest parts that are still found.

    Args:
        rows: of an evaluation.
        method: a peer, or None for ours.
        piece: as for `by_share`.
    """
    answers = []
    for low, high in pairwise(MEGAPIXELS):
        inside = [row for row in _measurable(rows) if low <= row.pixels / 1e6 < high]
        if inside:
            answers.append(_smallest(inside, low, high, method, piece))
    return answers


def _smallest(
    rows: list[Row], low: float, high: float, method: str | None, piece: Callable[[Row], object]
) -> SmallestFound:
    if len(rows) < FEWEST:
        return SmallestFound(low, high, len(rows), None, None, f"fewer than {FEWEST} images")
    ap, sides = _ap(rows, method), np.sqrt([row.foreign or 0 for row in rows])
    answer: tuple[int, Estimate] | None = None
    reason = f"no class of sides holds {FEWEST} images"
    for first, beyond in zip(reversed(SIDES[:-1]), reversed(SIDES[1:]), strict=True):
        inside = (sides >= first) & (sides < beyond)
        if np.count_nonzero(inside) < FEWEST:
            continue
        pieces = {piece(row) for row in compress(rows, inside)}
        found = clopper_pearson(int(np.count_nonzero(ap[inside] >= FOUND)), int(np.count_nonzero(inside)), len(pieces))
        if found.value < 0.5:
            reason = (
                f"{in_percent(found.value)} of the parts are found in the largest class of sides that can be judged"
            )
            break
        answer = first, found
    if answer is None:
        return SmallestFound(low, high, len(rows), None, None, reason)
    return SmallestFound(low, high, len(rows), answer[0], answer[1], "")


def _measurable(rows: Sequence[Row]) -> list[Row]:
    return [row for row in rows if row.tampered and row.constant is not None]


def _ap(rows: Sequence[Row], method: str | None) -> np.ndarray:
    """(N,) pixel AP, a constant map's where there is none."""
    return np.array([figures.ap for row in rows if (figures := row.of(method)) is not None], np.float64)
