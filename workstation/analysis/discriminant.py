"""A second look at the departure map: the direction that leads from the rest of the picture to what departs most.

The distance from the reference counts every direction alike. Once it has shown which part departs most, that part
and the rest are two groups, and the direction that separates them best (Fisher 1936, "The use of multiple measurements
in taxonomic problems") tells patches apart that the distance mixes: what departs in another direction, as a scene
does, falls back. Both orders count alike, because the part that departs most may be the scene itself.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from workstation.analysis.neighbours import blurred

COMPONENTS = 4
"""Leading principal components in which the two groups are separated."""

DEPARTING_SHARE = 0.05
"""Share of the patches that the departing group begins with."""

FEWEST_PATCHES = 1000
"""With fewer, as in pictures below about 600 by 450 pixels, a twentieth is too few to find a direction by, and there
is no second look; nor is there a reference that moves with brightness, and embeddings are blurred less
(`reference.SMOOTHING_OF_FEW`)."""

STEPS = 6
"""Rounds in which patches are dealt to the two groups anew (expectation and maximisation)."""

_BLUR_OF_DEPARTURE = 1.5
_BLUR_OF_ODDS = 1.0
_CERTAIN = 30.0


def log_odds(
    points: NDArray[Any],
    departures: NDArray[Any],
    positions: NDArray[np.intp],
    departing_share: float = DEPARTING_SHARE,
) -> NDArray[np.float64]:
    """How much rather a patch belongs to the departing group than to the rest.

    Two Gaussians with one covariance, fitted from the `DEPARTING_SHARE` that departs most; the log-odds are divided by
    the square root of the number of components and blurred by a cell, so that neighbours agree.

    Args:
        points: (N, K) float64, patches in principal components.
        departures: (N,) of the first look; their blurred order decides where the departing group begins.
        positions: (N, 2) row and column of each patch on its grid.
        departing_share: as `DEPARTING_SHARE`.

    Returns:
        (N,) float64; the same for all patches where these do not differ.
    """
    count, components = points.shape
    first = blurred(departures.astype(np.float64)[:, None], positions, _BLUR_OF_DEPARTURE)[:, 0]
    departing = (first >= np.quantile(first, 1 - departing_share)).astype(np.float64)
    odds = np.zeros(count)
    for _ in range(STEPS):
        departing = np.clip(departing, 1e-3, 1 - 1e-3)
        rest = 1 - departing
        centres = np.stack([rest @ points / rest.sum(), departing @ points / departing.sum()])
        offsets = points - rest[:, None] * centres[0] - departing[:, None] * centres[1]
        covariance = offsets.T @ offsets / count
        covariance += np.eye(components) * (1e-12 + 1e-2 * np.trace(covariance) / components)
        direction = np.linalg.solve(covariance, centres[1] - centres[0])
        odds = (points - centres.mean(0)) @ direction / np.sqrt(components)
        odds += np.log(departing.mean() / rest.mean())
        odds = blurred(odds[:, None], positions, _BLUR_OF_ODDS)[:, 0]
        departing = expit(np.clip(odds, -_CERTAIN, _CERTAIN))
    return odds


def dealt_anew(departures: NDArray[np.float32], odds: NDArray[np.float64]) -> NDArray[np.float32]:
    """The same departures, dealt out in the order of departure and odds together.

    So a map keeps its scale: as many patches lie above any value as before, only others.

    Args:
        departures: (N,) float32.
        odds: (N,) from `log_odds`.

    Returns:
        (N,) float32, a permutation of `departures`.
    """
    together = _standardised(departures.astype(np.float64)) + _standardised(odds)
    dealt = np.empty_like(departures)
    dealt[np.argsort(together, kind="stable")] = np.sort(departures)
    return dealt


def _standardised(values: NDArray[np.float64]) -> NDArray[np.float64]:
    spread = values.std()
    return np.asarray((values - values.mean()) / spread if spread > 1e-12 else np.zeros_like(values))
