"""Findings in words: observations with the numbers behind them, and what they cannot tell.

The tone: what was seen, how far it departs, how stable that is. Never a verdict, never a probability that was not
calibrated; groups are called A, B, C.
"""

from __future__ import annotations

import numpy as np

from workstation.analysis.geometry import PatchGrid
from workstation.analysis.partition import STABLE
from workstation.analysis.result import Finding, Maps, Partition, Suitability
from workstation.analysis.suitability import BLACK, CLIPPED, FLAT
from workstation.errors import NotAssessable

UNTOUCHED = "This does not show that the photograph is untouched."


def not_assessable(problem: NotAssessable, numbers: tuple[tuple[str, float], ...]) -> tuple[Finding, ...]:
    """The one finding of a picture that cannot carry the analysis.

    Args:
        problem: why.
        numbers: behind the reason.
    """
    return (Finding("not-assessable", f"Not assessable: {problem.what.rstrip('.')}. {problem.remedy}", numbers),)


def in_words(
    partition: Partition, maps: Maps, suitability: Suitability, grid: PatchGrid, *, homogeneous: bool
) -> tuple[Finding, ...]:
    """All findings of a complete analysis: the groups first, then the map, then the limits.

    Args:
        partition: the groups.
        maps: the maps.
        suitability: which patches were left out.
        grid: where patches were cut.
        homogeneous: whether no partition separates better than a single group would.
    """
    return (
        *_groups(partition, suitability, homogeneous=homogeneous),
        _highest(maps),
        _left_out(suitability),
        _calibration(partition),
        *limits(grid),
    )


def limits(grid: PatchGrid) -> tuple[Finding, ...]:
    """What the method cannot tell, whatever it found."""
    patch, stride = float(grid.patch), float(grid.stride)
    numbers = (("patch_px", patch), ("stride_px", stride))
    sentences = (
        "A departure says that pixels were processed differently from the reference group; it does not say by whom, "
        "when or why, nor which of the two is the original.",
        "Shallow depth of field, motion blur, a flash that lights only the foreground, strong vignetting, lettering "
        "and a camera's own local processing (portrait mode, retouching, joined exposures) can depart in a photograph "
        "that nobody changed.",
        "A part that was made with the same camera and the same processing, or copied within the picture, may not "
        "depart.",
        "Strong compression or scaling of the whole picture after a change weakens or removes the traces.",
        f"A part that is smaller than about one patch ({grid.patch}×{grid.patch} pixels) may not show, and the borders "
        f"of a region are known to about {grid.patch // 2} pixels.",
    )
    return tuple(Finding("limits", sentence, numbers) for sentence in sentences)


def _groups(partition: Partition, suitability: Suitability, *, homogeneous: bool) -> tuple[Finding, ...]:
    if partition.stable:
        ambiguous = (_ambiguous(partition),) if partition.ambiguous else ()
        return (*ambiguous, *(_departs(partition, index) for index in range(1, len(partition.groups))))
    assessable, total = int(np.count_nonzero(suitability.assessable)), suitability.assessable.size
    expected = _expected(partition)
    numbers = (
        ("separation", partition.separation),
        ("expected_separation", expected),
        ("stability", partition.stability),
        ("assessable", float(assessable)),
        ("patches", float(total)),
    )
    patches = f"{assessable} of {total} patches assessable"
    if not partition.tried:
        sentence = f"One group: too few patches that do not overlap to look for more ({patches}). {UNTOUCHED}"
        return (Finding("one-group", sentence, numbers, "A"),)
    if homogeneous:
        sentence = (
            f"One group. No region departs from the rest as a group of its own (separation of the best division "
            f"{partition.separation:.2f}, of a single group {expected:.2f}; {patches}). {UNTOUCHED}"
        )
        return (Finding("one-group", sentence, numbers, "A"),)
    sentence = (
        f"No stable partition. The patches spread more than those of one group would (separation "
        f"{partition.separation:.2f}, of a single group {expected:.2f}), but no division meets the test (stability "
        f"{partition.stability:.2f}, needed {STABLE:.2f}; {patches}). Look at the departure map itself. {UNTOUCHED}"
    )
    return (Finding("no-stable-partition", sentence, (*numbers, ("needed", STABLE)), "A"),)


def _departs(partition: Partition, index: int) -> Finding:
    group, reference = partition.groups[index], partition.groups[0]
    difference = group.departure - reference.departure
    sentence = (
        f"Region {group.name} ({_percent(group.share)} of the assessable area) departs from group A by "
        f"{difference:.2f} (stability {partition.stability:.2f}, margin {partition.margin:.2f})."
    )
    numbers = (
        ("share", group.share),
        ("departure", difference),
        ("stability", partition.stability),
        ("separation", partition.separation),
        ("expected_separation", _expected(partition)),
        ("margin", partition.margin),
    )
    return Finding("departs", sentence, numbers, group.name)


def _ambiguous(partition: Partition) -> Finding:
    first, second = partition.groups[0].share, partition.groups[1].share
    sentence = (
        f"The two largest groups are nearly the same size ({_percent(first)} and {_percent(second)}): the program "
        f"cannot say which is the reference. The map shows departure relative to group A only."
    )
    return Finding("ambiguous", sentence, (("share_a", first), ("share_b", second), ("margin", partition.margin)))


def _highest(maps: Maps) -> Finding:
    row, column = np.unravel_index(int(np.nanargmax(maps.departure)), maps.departure.shape)
    highest, median = float(maps.departure[row, column]), float(np.nanmedian(maps.departure))
    geometry, (low, high) = maps.geometry, maps.departure_range
    x = min(geometry.width - 1, round((int(column) + 0.5) * geometry.cell))
    y = min(geometry.height - 1, round((int(row) + 0.5) * geometry.cell))
    sentence = (
        f"The departure map is highest at x {x}, y {y} (stored pixels): {highest:.2f}, where half of the assessable "
        f"area lies below {median:.2f} and the colour scale runs from {low:.2f} to {high:.2f}."
    )
    numbers = (("highest", highest), ("x", float(x)), ("y", float(y)), ("median", median), ("low", low), ("high", high))
    return Finding("highest", sentence, numbers)


def _left_out(suitability: Suitability) -> Finding:
    total = suitability.reason.size
    counts = [int(np.count_nonzero(suitability.reason == code)) for code in (FLAT, CLIPPED, BLACK)]
    names = ("flat", "clipped", "black")
    numbers = (
        ("patches", float(total)),
        *((name, float(count)) for name, count in zip(names, counts, strict=True)),
    )
    if not any(counts):
        return Finding("assessable", f"All {total} patches are assessable.", numbers)
    listed = ", ".join(f"{count} {name}" for name, count in zip(names, counts, strict=True) if count)
    verb = "is" if sum(counts) == 1 else "are"
    sentence = f"{sum(counts)} of {total} patches {verb} not assessable ({listed}) and left out of every statistic."
    return Finding("assessable", sentence, numbers)


def _calibration(partition: Partition) -> Finding:
    sentence = (
        "Error rate: not calibrated. No error rates were measured for pictures like this one, so no probability is "
        "given."
    )
    return Finding("not-calibrated", sentence, (("stability", partition.stability), ("margin", partition.margin)))


def _expected(partition: Partition) -> float:
    """Separation that a single group would show for the k whose separation is reported."""
    best = next((k for k, _, separation in partition.tried if separation == partition.separation), None)
    return next((value for k, value in partition.expected if k == best), 0.0)


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %" if share < 0.1 else f"{100 * share:.0f} %"
