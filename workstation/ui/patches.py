"""Patches of a result by group, and how similar everything is to some of them; arrays only, no Qt."""

from __future__ import annotations

import numpy as np

from workstation.analysis.regions import Region, RegionStatistics, statistics_of
from workstation.analysis.result import AnalysisResult, BoolArray, FloatArray
from workstation.evidence.record import Pixels


def patches_of_group(result: AnalysisResult, name: str) -> BoolArray | None:
    """Patches whose middle lies in a group: (grid.rows, grid.columns) bool; None without groups or such a group."""
    grid, maps, partition = result.grid, result.maps, result.partition
    if grid is None or maps is None or partition is None:
        return None
    label = next((group.label for group in partition.groups if group.name == name), None)
    if label is None:
        return None
    geometry = maps.geometry
    middle = grid.offset + grid.patch / 2
    rows = [geometry.cell_at(0, row * grid.stride + middle)[0] for row in range(grid.rows)]
    columns = [geometry.cell_at(column * grid.stride + middle, 0)[1] for column in range(grid.columns)]
    return np.asarray(maps.groups[np.ix_(rows, columns)] == label)


def similarity_to_patches(result: AnalysisResult, mask: BoolArray) -> FloatArray | None:
    """Cosine similarity of every patch to the mean of the chosen ones.

    Returns:
        float32 of shape (grid.rows, grid.columns), -1..1, NaN where not assessable; None if no chosen patch is.
    """
    embeddings = result.embeddings
    if embeddings is None:
        return None
    chosen = embeddings[mask & np.isfinite(embeddings[..., 0])]
    if not len(chosen):
        return None
    mean = chosen.mean(axis=0)
    return np.asarray(embeddings @ (mean / max(float(np.linalg.norm(mean)), 1e-6)), np.float32)


def measure(regions: tuple[Region, ...], result: AnalysisResult | None, pixels: Pixels) -> dict[str, RegionStatistics]:
    """The figures of regions by name; takes a while on large ones, so a job does it."""
    return {region.name: statistics_of(region, result, pixels.rgb) for region in regions}
