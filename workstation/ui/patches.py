"""Patches of a result by group, and the figures of regions; arrays only, no Qt."""

from __future__ import annotations

import numpy as np

from workstation.analysis.regions import Region, RegionStatistics, statistics_of
from workstation.analysis.result import AnalysisResult, BoolArray
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


def measure(
    regions: tuple[Region, ...], result: AnalysisResult | None, pixels: Pixels | None
) -> dict[str, RegionStatistics]:
    """The figures of regions by name; takes a while on large ones, so a job does it.

    Args:
        regions: which.
        result: of the analysis, None before there is one.
        pixels: None while they are not in memory, which leaves the colours out; then there has to be a result.
    """
    rgb = None if pixels is None else pixels.rgb
    return {region.name: statistics_of(region, result, rgb) for region in regions}
