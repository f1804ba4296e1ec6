"""The reference group and how far every patch departs from it, without ground truth and in linear time.

The rule is fixed: the reference is the largest coherent group of assessable patches; the map is high where a patch
departs from it. "Largest coherent" is made precise by a robust Gaussian: the tightest ellipsoid in the leading
principal components of the embeddings that holds a share of the patches, and then what lies as near to it as members of
one Gaussian would (concentration and reweighting of Rousseeuw & Van Driessen 1999, "A fast algorithm for the minimum
covariance determinant estimator").
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaincinv

from workstation.analysis import discriminant
from workstation.analysis.neighbours import blurred

REFERENCE_SHARES = (0.5, 0.7)
"""Shares of the patches that the reference is found by; the geometric mean of the distances is taken. A foreign part of
less than half of the picture does not pull at half of it, where seven tenths alone lose parts of more than a quarter
(`python -m benchmarks.map_ablations PHOTOS --large`); half alone may follow one part of
a scene of two kinds."""

MEMBERS = 0.975
"""Quantile of a Gaussian's distances up to which patches are members of the reference: its covariance is theirs, since
that of the nearest half is too small for all."""

COMPONENTS = (2, 3, 4)
"""Numbers of leading principal components in which the distance is measured; the geometric mean is taken. Few carry the
traces, further ones add what the scene does; how many that are differs from picture to picture."""

SMOOTHING = 1.5
"""Standard deviation, in cells, of the blur over neighbouring embeddings."""

HALF_WAY = 3.0
"""Distance, in typical deviations of the reference, that is a departure of 0.5."""

_STEPS = 12
_FIT_SAMPLE = 4096


@dataclass(frozen=True, slots=True, eq=False)
class Departure:
    """How far patches depart from the reference group.

    Attributes:
        values: (N,) float32 in 0..1; higher = departs more, 0.5 = `HALF_WAY` typical deviations of the reference.
        reference: (N,) bool, the patches that lie nearest: the smallest of `REFERENCE_SHARES`.
    """

    values: NDArray[np.float32]
    reference: NDArray[np.bool_]


def departure(
    embeddings: NDArray[np.float32],
    *,
    positions: NDArray[np.intp],
    seed: int,
    components: Sequence[int] = COMPONENTS,
    smoothing: float = SMOOTHING,
    second_look: bool = True,
    reference_shares: Sequence[float] = REFERENCE_SHARES,
    departing_share: float = discriminant.DEPARTING_SHARE,
) -> Departure:
    """How far every patch departs: d / (d + 3), d its Mahalanobis distance from the reference group.

    d is divided by the square root of the number of components and averaged over `COMPONENTS` and `REFERENCE_SHARES`
    (geometric mean), so that 1 is a typical member of the reference. These departures are then dealt out anew in an
    order to which the direction towards what departs most has its say (`workstation.analysis.discriminant`).

    Args:
        embeddings: (N, D) float32, unit length, of the assessable patches; N at least 12.
        positions: (N, 2) row and column of each patch on its grid.
        seed: of the subsample that principal components are taken from (above 4096 patches).
        components: as `COMPONENTS`.
        smoothing: as `SMOOTHING`.
        second_look: whether departures are dealt out anew, where patches are enough.
        reference_shares: as `REFERENCE_SHARES`.
        departing_share: as `discriminant.DEPARTING_SHARE`.
    """
    smooth = smoothed(embeddings, positions, smoothing).astype(np.float64)
    sample = smooth
    if len(smooth) > _FIT_SAMPLE:
        sample = smooth[np.random.default_rng(seed).permutation(len(smooth))[:_FIT_SAMPLE]]
    centre = sample.mean(0)
    variances, axes = np.linalg.eigh(np.cov(sample.T))  # far cheaper than a decomposition of the sample itself
    usable = min(len(smooth) // 4, int(np.count_nonzero(variances > 1e-12)))
    most = min(max(*components, discriminant.COMPONENTS), usable)
    if most == 0:
        return Departure(np.zeros(len(smooth), np.float32), np.ones(len(smooth), bool))
    points = (smooth - centre) @ axes[:, ::-1][:, :most]
    counts = [count for count in components if count <= most] or [most]
    distances = np.stack([_robust_distance(points[:, :n], share) for n in counts for share in reference_shares])
    distance = np.exp(np.log(np.maximum(distances, 1e-6)).mean(0))
    reference = distance <= np.quantile(distance, min(reference_shares))
    values = (distance / (distance + HALF_WAY)).astype(np.float32)
    if second_look and len(values) >= discriminant.FEWEST_PATCHES:
        odds = discriminant.log_odds(points[:, : discriminant.COMPONENTS], values, positions, departing_share)
        values = discriminant.dealt_anew(values, odds)
    return Departure(values, reference)


def _robust_distance(points: NDArray[Any], share: float) -> NDArray[Any]:
    """Mahalanobis distance from the reweighted minimum covariance determinant, over the square root of the dimensions.

    Args:
        points: (N, K) float64.
        share: one of `REFERENCE_SHARES`.

    Returns:
        (N,) float64; 1 is the root mean square of the members' own.
    """
    spread = np.maximum(points.std(0), 1e-9)
    distance = np.linalg.norm((points - np.median(points, 0)) / spread, axis=1)
    reference = distance <= np.quantile(distance, share)
    for _ in range(_STEPS):
        distance = _mahalanobis(points, points[reference])
        closer = distance <= np.quantile(distance, share)
        if np.array_equal(closer, reference):
            break
        reference = closer
    # The quantile of a Gaussian's squared distances; scipy.stats would take half a second to import.
    typical, farthest = np.sqrt(2 * gammaincinv(points.shape[1] / 2, (0.5, MEMBERS)))
    members = distance <= np.median(distance) * (farthest / typical)
    return np.asarray(_mahalanobis(points, points[members]) / np.sqrt(points.shape[1]))


def _mahalanobis(points: NDArray[Any], members: NDArray[Any]) -> NDArray[Any]:
    covariance = np.cov(members.T).reshape(points.shape[1], points.shape[1])
    covariance = covariance + np.eye(len(covariance)) * (1e-9 + 1e-3 * np.trace(covariance) / len(covariance))
    offset = points - members.mean(0)
    squared = np.einsum("ij,ij->i", offset @ np.linalg.inv(covariance), offset)
    return np.asarray(np.sqrt(np.maximum(squared, 0)))


def smoothed(
    embeddings: NDArray[np.float32], positions: NDArray[np.intp], deviation: float = SMOOTHING
) -> NDArray[np.float32]:
    """Embeddings blurred over their neighbours on the grid, where there are any, and brought back to unit length.

    Args:
        embeddings: (N, D) float32.
        positions: (N, 2) row and column of each.
        deviation: of the Gaussian, in cells.
    """
    values = blurred(embeddings.astype(np.float32, copy=False), positions, deviation)
    lengths = np.linalg.norm(values, axis=1, keepdims=True)
    return np.asarray(values / np.maximum(lengths, 1e-12), np.float32)
