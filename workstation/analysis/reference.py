"""The reference group and how far every patch departs from it, without ground truth and in linear time.

The rule is fixed: the reference is the largest coherent group of assessable patches; the map is high where a patch
departs from it. "Largest coherent" is made precise by a robust Gaussian: the tightest ellipsoid in the leading
principal components of the embeddings that holds a share of the patches, and then what lies as near to it as members of
one Gaussian would (concentration and reweighting of Rousseeuw & Van Driessen 1999, "A fast algorithm for the minimum
covariance determinant estimator").

What a camera leaves in a patch depends on how bright it is: noise grows with light, tone curves squeeze highlights and
shadows. So each reference is found a second time as a Gaussian whose mean moves with the brightness of the patch (a
ridge regression of its members), and both distances count; with few patches that finds less than it loses.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaincinv

from workstation.analysis import discriminant
from workstation.analysis.neighbours import blurred

REFERENCES = ((1, 0.5), (2, 0.5), (2, 0.7), (3, 0.5), (3, 0.7), (4, 0.5), (4, 0.7))
"""Numbers of leading principal components, and shares of the patches, that a reference is found by; the geometric mean
of their distances is taken. Few components carry the traces, further ones add what the scene does; how many that are
differs from picture to picture. The first shows large foreign parts best, but scenes of two kinds as well, so it counts
once. A foreign part of less than half of the picture does not pull at half of it, where seven tenths alone lose parts
of more than a quarter (`python -m benchmarks.map_ablations PHOTOS --large`); half alone may follow one part of a scene
of two kinds."""

MEMBERS = 0.975
"""Quantile of a Gaussian's distances up to which patches are members of the reference: its covariance is theirs, since
that of the nearest half is too small for all."""

SMOOTHING = 1.5
"""Standard deviation, in cells, of the blur over neighbouring embeddings."""

SMOOTHING_OF_FEW = 1.0
"""The same with fewer than `discriminant.FEWEST_PATCHES`, where a part is but a few cells across."""

BRIGHTNESS_RIDGE = 0.01
"""Ridge of the regression on brightness and its square, in units of their variance: a reference that is all equally
bright has no say in how others would look."""

HALF_WAY = 3.0
"""Distance, in typical deviations of the reference, that is a departure of 0.5."""

_STEPS = 12
_FIT_SAMPLE = 4096
_FARTHEST_BRIGHTNESS = 4.0


def departure(
    embeddings: NDArray[np.float32],
    *,
    positions: NDArray[np.intp],
    brightness: NDArray[Any] | None,
    seed: int,
    references: Sequence[tuple[int, float]] = REFERENCES,
    smoothing: float | None = None,
    second_look: bool = True,
    departing_share: float = discriminant.DEPARTING_SHARE,
) -> NDArray[np.float32]:
    """How far every patch departs: d / (d + 3), d its Mahalanobis distance from the reference group.

    d is divided by the square root of the number of components and averaged over `REFERENCES` with and without
    brightness (geometric mean), so that 1 is a typical member of the reference. These departures are then dealt out
    anew in an order to which the direction towards what departs most has its say (`workstation.analysis.discriminant`).

    Args:
        embeddings: (N, D) float32, unit length, of the assessable patches; N at least 12.
        positions: (N, 2) row and column of each patch on its grid.
        brightness: (N,) mean luma of each patch, 0..255; None = the reference is the same at every brightness, as it
            always is with fewer than `discriminant.FEWEST_PATCHES`.
        seed: of the subsample that principal components are taken from (above 4096 patches).
        references: as `REFERENCES`.
        smoothing: in cells; None = `SMOOTHING`, or `SMOOTHING_OF_FEW`.
        second_look: whether departures are dealt out anew, where patches are enough.
        departing_share: as `discriminant.DEPARTING_SHARE`.

    Returns:
        (N,) float32 in 0..1; higher = departs more, 0.5 = `HALF_WAY` typical deviations of the reference.
    """
    many = len(embeddings) >= discriminant.FEWEST_PATCHES
    if smoothing is None:
        smoothing = SMOOTHING if many else SMOOTHING_OF_FEW
    smooth = smoothed(embeddings, positions, smoothing).astype(np.float64)
    sample = smooth
    if len(smooth) > _FIT_SAMPLE:
        sample = smooth[np.random.default_rng(seed).permutation(len(smooth))[:_FIT_SAMPLE]]
    centre = sample.mean(0)
    variances, axes = np.linalg.eigh(np.cov(sample.T))  # far cheaper than a decomposition of the sample itself
    usable = min(len(smooth) // 4, int(np.count_nonzero(variances > 1e-12)))
    most = min(max(discriminant.COMPONENTS, *(count for count, _ in references)), usable)
    if most == 0:
        return np.zeros(len(smooth), np.float32)
    points = (smooth - centre) @ axes[:, ::-1][:, :most]
    lit = _brightness_terms(brightness, positions, smoothing) if many and brightness is not None else None
    found_by = dict.fromkeys((min(count, most), share) for count, share in references)
    distances = np.concatenate([_robust_distances(points[:, :count], lit, share) for count, share in found_by])
    distance = np.exp(np.log(np.maximum(distances, 1e-6)).mean(0))
    values: NDArray[np.float32] = (distance / (distance + HALF_WAY)).astype(np.float32)
    if second_look and many:
        odds = discriminant.log_odds(points[:, : discriminant.COMPONENTS], values, positions, departing_share)
        values = discriminant.dealt_anew(values, odds)
    return values


def _brightness_terms(brightness: NDArray[Any], positions: NDArray[np.intp], smoothing: float) -> NDArray[np.float64]:
    """(N, 2) float64: brightness and its squared distance from the middle, blurred as embeddings are, standardised."""
    relative = brightness.astype(np.float64) / 255
    terms = blurred(np.stack((relative, (relative - 0.5) ** 2), 1), positions, smoothing)
    standardised = (terms - terms.mean(0)) / np.maximum(terms.std(0), 1e-6)
    return np.asarray(np.clip(standardised, -_FARTHEST_BRIGHTNESS, _FARTHEST_BRIGHTNESS))


def _robust_distances(points: NDArray[Any], lit: NDArray[Any] | None, share: float) -> NDArray[Any]:
    """Mahalanobis distances from the reweighted minimum covariance determinant, over the square root of the dimensions.

    Args:
        points: (N, K) float64.
        lit: (N, L) terms that the mean of a second reference depends on, which begins with the members of the first;
            None = there is none.
        share: of the patches, as in `REFERENCES`.

    Returns:
        (1 or 2, N) float64; 1 is the root mean square of the members' own.
    """
    spread = np.maximum(points.std(0), 1e-9)
    distance = np.linalg.norm((points - np.median(points, 0)) / spread, axis=1)
    reference = distance <= np.quantile(distance, share)
    found = []
    for terms in (None,) if lit is None else (None, lit):
        reference, members, rest = _concentrated(points, terms, reference, share)
        found.append(_squared_distances(rest, members) / points.shape[1])
    return np.sqrt(np.maximum(found, 0))


def _concentrated(
    points: NDArray[Any], terms: NDArray[Any] | None, reference: NDArray[np.bool_], share: float
) -> tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[Any]]:
    """Fit to the reference, take what lies nearest as the next one, until that is the same.

    Returns:
        The reference and its members, (N,) bool each, and the points without what `terms` explain, (N, K) float64.
    """
    rest = points
    squared = np.zeros(len(points))
    farthest = int(share * (len(points) - 1))
    for _ in range(_STEPS):
        if terms is not None:
            rest = points - terms @ _slopes(terms[reference], points[reference])
        squared = _squared_distances(rest, reference)
        closer = squared <= np.partition(squared, farthest)[farthest]
        if np.array_equal(closer, reference):
            break
        reference = closer
    # The quantile of a Gaussian's squared distances; scipy.stats would take half a second to import.
    typical, limit = gammaincinv(points.shape[1] / 2, (0.5, MEMBERS))
    return reference, squared <= np.median(squared) * (limit / typical), rest


def _slopes(terms: NDArray[Any], points: NDArray[Any]) -> NDArray[Any]:
    """(L, K): ridge regression of (n, K) points on (n, L) terms of unit variance among all patches."""
    offsets = terms - terms.mean(0)
    ridge = BRIGHTNESS_RIDGE * len(terms) * np.eye(terms.shape[1])
    return np.asarray(np.linalg.solve(offsets.T @ offsets + ridge, offsets.T @ (points - points.mean(0))))


def _squared_distances(points: NDArray[Any], members: NDArray[np.bool_]) -> NDArray[Any]:
    """(N,): squared Mahalanobis distances of (N, K) points from the mean of the members among them."""
    own = points[members]
    centre = own.mean(0)
    own -= centre
    covariance = own.T @ own / (len(own) - 1)
    covariance += np.eye(len(covariance)) * (1e-9 + 1e-3 * np.trace(covariance) / len(covariance))
    offsets = points - centre
    return np.asarray(np.einsum("ij,ij->i", offsets @ np.linalg.inv(covariance), offsets))


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
