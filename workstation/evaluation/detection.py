"""Can images be told apart as a whole? Figures over the images of a set, and what the program points at."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import compress

import numpy as np

from workstation.evaluation import metrics
from workstation.evaluation.intervals import Estimate, bootstrap, clopper_pearson
from workstation.evaluation.metrics import Figure
from workstation.evaluation.rows import Row

FIGURES: dict[str, tuple[str, Figure, metrics.CurveFigure]] = {
    "ap": ("AP", metrics.average_precision, metrics.average_precision_of),
    "auc": ("AUC", metrics.roc_auc, metrics.roc_auc_of),
    "balanced_accuracy": (
        "balanced accuracy, best threshold",
        metrics.best_balanced_accuracy,
        metrics.best_balanced_accuracy_of,
    ),
}
"""name -> (title, the figure, the same of many resamples at once)."""


@dataclass(frozen=True, slots=True)
class Detection:
    """How well a score ranks tampered images above authentic ones.

    Attributes:
        authentic, tampered: images that carry the score.
        without: images of either class that do not: failed, not assessable, or abstained.
        figures: name -> (as given, the better of score and inverted score).
    """

    authentic: int
    tampered: int
    without: int
    figures: dict[str, tuple[Estimate, Estimate]]


@dataclass(frozen=True, slots=True)
class Pointing:
    """How often a decision of the program speaks against an image.

    Attributes:
        authentic: share of the authentic images: its false alarms; None without such images.
        tampered: share of the tampered images likewise.
        balanced_accuracy: mean of the right answers of either class; None unless both are there.
    """

    authentic: Estimate | None
    tampered: Estimate | None
    balanced_accuracy: float | None


def _groups(row: Row) -> bool | None:
    """Images that could not be assessed are not pointed at; of failed ones nothing is known."""
    if row.groups is None:
        return False if row.abstained else None
    return row.groups > 1


def _p_value(row: Row) -> bool | None:
    return None if row.p_consistent is None else row.p_consistent <= 0.05


DECISIONS: dict[str, tuple[str, Callable[[Row], bool | None]]] = {
    "groups": ("falls into two groups or more", _groups),
    "p_consistent": ("calibrated p-value of at most 5 %", _p_value),
}
"""name -> (title, what it says of an image; None = nothing)."""


def detect(rows: Sequence[Row], *, score: str = "score", groups: Sequence[object] | None = None) -> Detection | None:
    """Figures of one score.

    Args:
        rows: of one set.
        score: attribute of `Row`, higher = more likely tampered.
        groups: one per row; images of one group are drawn together for the intervals.

    Returns:
        None unless both classes carry the score.
    """
    carried = [getattr(row, score) is not None for row in rows]
    carrying = list(compress(rows, carried))
    together = None if groups is None else list(compress(groups, carried))
    truth = np.array([row.tampered for row in carrying], np.bool_)
    if truth.all() or not truth.any():
        return None
    scores = np.array([getattr(row, score) for row in carrying], np.float64)
    figures = {}
    for name, (_, figure, resampled) in FIGURES.items():
        given, turned = (bootstrap(figure, resampled, truth, s, groups=together) for s in (scores, -scores))
        figures[name] = given, max(given, turned, key=lambda estimate: estimate.value)
    tampered = int(np.count_nonzero(truth))
    return Detection(len(carrying) - tampered, tampered, len(rows) - len(carrying), figures)


def pointing(rows: Sequence[Row], decision: str = "groups", groups: Sequence[object] | None = None) -> Pointing:
    """Count the images that a decision speaks against.

    Args:
        rows: of one set; images of which the decision says nothing are left out.
        decision: one of `DECISIONS`.
        groups: one per row; the intervals count images of one group once.
    """
    decide = DECISIONS[decision][1]
    shares: dict[bool, Estimate | None] = {}
    for tampered in (False, True):
        answers = [
            (decide(row), piece)
            for row, piece in zip(rows, groups or range(len(rows)), strict=True)
            if row.tampered is tampered
        ]
        known = [(answer, piece) for answer, piece in answers if answer is not None]
        pieces = len({piece for _, piece in known})
        shares[tampered] = clopper_pearson(sum(a for a, _ in known), len(known), pieces) if known else None
    authentic, found = shares[False], shares[True]
    accuracy = None if authentic is None or found is None else (found.value + 1 - authentic.value) / 2
    return Pointing(authentic, found, accuracy)
