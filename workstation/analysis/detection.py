"""One number per picture: how far its most departing part lies from the rest.

Every picture has a part that departs most, so a number that is to be honest about a single group must be small where
that part is like the rest, whatever the spread of the patches. The mean distance of all pairs (the published score) is
not: it grows with the scene's variety, and it shrinks with the size of the foreign part. `contrast` compares two means,
in which the scene's variety averages out, and does not grow with the size of the departing part beyond a few per cent.

All costs are linear in the number of patches.
"""

from __future__ import annotations

import numpy as np

from workstation.analysis import discriminant
from workstation.analysis import partition as partition_rules
from workstation.analysis import reference as reference_rules
from workstation.analysis.geometry import POOLED_SHARE, PatchGrid
from workstation.analysis.published import unit_rows
from workstation.analysis.reference import SMOOTHING, smoothed
from workstation.analysis.result import BoolArray, FloatArray, Maps, Partition
from workstation.analysis.statement import Detection

PARTS = (0.01, 0.02, 0.05)
"""Shares of the assessable patches that are taken as the departing part in turn: foreign parts of a few per cent show
in the small ones, larger ones in all of them."""

REST_SHARE = 0.7
"""Share of the patches, those that depart least, that the departing part is compared with."""

DEPARTURE_SHARE = 0.05
"""Of the patches above the quantile of the departure map that is compared as a candidate."""


def detect(embeddings: FloatArray, grid: PatchGrid, maps: Maps, partition: Partition, *, score: float) -> Detection:
    """Reduce a finished analysis to the candidates' values.

    Args:
        embeddings: (grid.rows, grid.columns, D) float32, unit length, NaN where a patch is not assessable.
        grid: where the patches were cut.
        maps: of the analysis.
        partition: of the analysis.
        score: mean distance of all pairs.
    """
    assessable: BoolArray = np.isfinite(embeddings[..., 0])
    departures = _of_patches(maps.departure, grid)[assessable]
    excess = [separation - dict(partition.expected).get(k, 0.0) for k, _, separation in partition.tried]
    return Detection(
        contrast=contrast(embeddings, assessable, departures),
        centre_distance=partition.distance,
        separation_excess=max(excess, default=0.0),
        departure=float(np.nanquantile(departures, 1 - DEPARTURE_SHARE)),
        mean_distance=score,
    )


def method(architecture: str) -> str:
    """Everything in the analysis that a measured value depends on beside the weights: tables hold for this alone.

    Args:
        architecture: of the weights.
    """
    two, several = partition_rules.strengths_of(architecture)
    parts = ", ".join(f"{share:g}" for share in PARTS)
    references = ", ".join(f"{share:g} in {count}" for count, share in reference_rules.REFERENCES)
    pooled = f"windows pooled over 1/{POOLED_SHARE}; " if architecture == "compact" else ""
    return (
        f"{pooled}parts {parts}, rest {REST_SHARE:g}; "
        f"reference {references} components, members to {reference_rules.MEMBERS:g}, "
        f"without and with brightness (ridge {reference_rules.BRIGHTNESS_RIDGE:g}, "
        f"from {discriminant.FEWEST_PATCHES}), blurred over {SMOOTHING:g} cells "
        f"({reference_rules.SMOOTHING_OF_FEW:g} below {discriminant.FEWEST_PATCHES}); "
        f"second look {discriminant.DEPARTING_SHARE:g} in {discriminant.COMPONENTS} "
        f"from {discriminant.FEWEST_PATCHES}; "
        f"groups from {two:g}, {several:g}, outlined over {partition_rules.OUTLINE_BLUR:g}, "
        f"stable from {partition_rules.STABLE:g}, "
        f"separation from {partition_rules.SEPARATION_EXCESS:g}"
    )


def contrast(embeddings: FloatArray, assessable: BoolArray, departures: FloatArray) -> float:
    """Cosine distance between the means of the most departing part and of the reference, averaged over `PARTS`.

    Args:
        embeddings: (rows, columns, D) float32, unit length.
        assessable: (rows, columns) bool.
        departures: (N,) of the assessable patches; NaN counts as not departing.

    Returns:
        0..2.
    """
    blurred = smoothed(embeddings[assessable], np.argwhere(assessable))
    values = np.nan_to_num(departures, nan=-1.0)
    order = np.argsort(values, kind="stable")
    count = len(order)
    reference = unit_rows(blurred[order[: max(1, round(REST_SHARE * count))]].mean(axis=0)[None])[0]
    parts = [blurred[order[count - max(1, round(share * count)) :]].mean(axis=0) for share in PARTS]
    distances = 1 - unit_rows(np.stack(parts)).astype(np.float64) @ reference
    return float(np.clip(distances.mean(), 0, 2))


def _of_patches(departure: FloatArray, grid: PatchGrid) -> FloatArray:
    """The map's value at the middle of each patch: (grid.rows, grid.columns)."""
    down, across = (
        (have - wanted) // 2 for have, wanted in zip(departure.shape, (grid.rows, grid.columns), strict=True)
    )
    return departure[down : down + grid.rows, across : across + grid.columns]
