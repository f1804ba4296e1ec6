"""Findings in words: observations with the numbers behind them, and what they cannot tell.

The tone: what was seen, how far it departs, how stable that is. Never a verdict, never a probability that was not
calibrated; groups are called A, B, C.
"""

from __future__ import annotations

import numpy as np

from workstation.analysis.evidential_words import p_in_digits, ratio_in_digits
from workstation.analysis.geometry import PatchGrid
from workstation.analysis.partition import AMBIGUOUS_MARGIN, STABLE, Sorting
from workstation.analysis.result import Finding, Maps, Partition, Suitability
from workstation.analysis.statement import (
    LARGEST_PART,
    SMALLEST_PART,
    AlikeRate,
    CalibrationStatement,
    ErrorRate,
    PointingRate,
    Remark,
)
from workstation.analysis.suitability import BLACK, CLIPPED, FLAT
from workstation.errors import ImageTooSmall, NotAssessable, TooFewPatches, share_in_percent

UNTOUCHED = "This does not show that the photograph is untouched."


def not_assessable(problem: NotAssessable, numbers: tuple[tuple[str, float], ...]) -> tuple[Finding, ...]:
    """The one finding of a picture that cannot carry the analysis.

    Args:
        problem: why.
        numbers: behind the reason.
    """
    variant = {ImageTooSmall: "small", TooFewPatches: "few"}.get(type(problem), "")
    sentence = f"Not assessable: {problem.what.rstrip('.')}. {problem.remedy}"
    return (Finding("not-assessable", sentence, numbers, variant=variant),)


def in_words(
    partition: Partition,
    maps: Maps,
    suitability: Suitability,
    grid: PatchGrid,
    sorting: Sorting,
    *,
    statement: CalibrationStatement,
) -> tuple[Finding, ...]:
    """All findings of a complete analysis: the groups first, then the map, then the limits.

    Args:
        partition: the groups.
        maps: the maps.
        suitability: which patches were left out.
        grid: where patches were cut.
        sorting: of the patches, with the tests that it met.
        statement: what measured photographs allow to say.
    """
    return (
        *_groups(partition, suitability, sorting),
        _highest(maps),
        _left_out(suitability),
        *_calibration(statement),
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
    variants = ("cause", "confounders", "same-processing", "compression", "small")
    return tuple(
        Finding("limits", sentence, numbers, variant=variant)
        for sentence, variant in zip(sentences, variants, strict=True)
    )


def _groups(partition: Partition, suitability: Suitability, sorting: Sorting) -> tuple[Finding, ...]:
    if partition.stable:
        ambiguous = (_ambiguous(partition),) if partition.ambiguous else ()
        return (*ambiguous, *(_departs(partition, index) for index in range(1, len(partition.groups))))
    return (_one_group(partition, suitability, sorting),)


def _one_group(partition: Partition, suitability: Suitability, sorting: Sorting) -> Finding:
    assessable, total = int(np.count_nonzero(suitability.assessable)), suitability.assessable.size
    expected = _expected(partition)
    patches = f"{assessable} of {total} patches assessable"
    numbers = (
        ("assessable", float(assessable)),
        ("patches", float(total)),
        ("separation", partition.separation),
        ("expected_separation", expected),
        ("distance", sorting.distance),
        ("needed_distance", sorting.needed),
        ("stability", partition.stability),
        ("needed_stability", STABLE),
    )
    if not partition.tried:
        unasked = sorting.asked < 2
        why = "no more were looked for" if unasked else "too few patches that do not overlap to look for more"
        sentence = f"One group: {why} ({patches}). {UNTOUCHED}"
        return Finding("one-group", sentence, numbers[:2], "A", "unasked" if unasked else "few")
    if sorting.homogeneous:
        near = sorting.distance < sorting.needed
        failed = (
            f"parts of the best division lie {sorting.distance:.2f} apart, {sorting.needed:.2f} needed"
            if near
            else f"the best division separates by {partition.separation:.2f}, a single group would by {expected:.2f}"
        )
        sentence = (
            f"One group. No region departs from the rest as a group of its own ({failed}; {patches}). {UNTOUCHED}"
        )
        return Finding("one-group", sentence, numbers, "A", "near" if near else "separation")
    sentence = (
        f"No stable partition. The patches spread more than those of one group would (separation "
        f"{partition.separation:.2f}, of a single group {expected:.2f}), but no division into groups passes all tests "
        f"(stability of the best {partition.stability:.2f}, {STABLE:.2f} needed; {patches}). Look at the departure map "
        f"itself. {UNTOUCHED}"
    )
    return Finding("no-stable-partition", sentence, numbers, "A")


def _departs(partition: Partition, index: int) -> Finding:
    group, reference = partition.groups[index], partition.groups[0]
    difference = group.departure - reference.departure
    tested = f"(stability {partition.stability:.2f}, margin {partition.margin:.2f})"
    area = f"Region {group.name} ({_percent(group.share)} of the assessable area)"
    above = difference >= 0.005
    if above:
        sentence = f"{area} departs from group A by {difference:.2f} {tested}."
    else:
        sentence = f"{area} is a group of its own, but does not lie higher in the departure map than group A {tested}."
    numbers = (
        ("share", group.share),
        ("departure", difference),
        ("stability", partition.stability),
        ("separation", partition.separation),
        ("expected_separation", _expected(partition)),
        ("distance", partition.distance),
        ("margin", partition.margin),
    )
    return Finding("departs", sentence, numbers, group.name, "above" if above else "beside")


def _ambiguous(partition: Partition) -> Finding:
    first, second = partition.groups[0], partition.groups[1]
    unsure = "the program cannot say which is the reference. The map is to be read relative to group A only."
    lowest = min(partition.groups, key=lambda group: group.departure)
    close = partition.margin < AMBIGUOUS_MARGIN
    if close:
        sentence = (
            f"The two largest groups are nearly the same size ({_percent(first.share)} and "
            f"{_percent(second.share)}): {unsure}"
        )
    else:
        sentence = (
            f"Group A is the largest ({_percent(first.share)}), but the patches that the departure map is measured "
            f"from lie mostly in group {lowest.name} (mean departure {lowest.departure:.2f}, of group A "
            f"{first.departure:.2f}): {unsure}"
        )
    numbers = (
        ("share_a", first.share),
        ("share_b", second.share),
        ("margin", partition.margin),
        ("departure_a", first.departure),
        ("lowest_departure", lowest.departure),
        ("lowest_group", float(partition.groups.index(lowest))),
    )
    return Finding("ambiguous", sentence, numbers, variant="sizes" if close else "reference")


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
        return Finding("assessable", f"All {total} patches are assessable.", numbers, variant="all")
    listed = ", ".join(f"{count} {name}" for name, count in zip(names, counts, strict=True) if count)
    verb = "is" if sum(counts) == 1 else "are"
    sentence = f"{sum(counts)} of {total} patches {verb} not assessable ({listed}) and left out of every statistic."
    return Finding("assessable", sentence, numbers, variant="some")


def _calibration(statement: CalibrationStatement) -> tuple[Finding, ...]:
    if statement.status == "not calibrated":
        sentence = (
            "Error rate: not calibrated. No error rates were measured for pictures like this one, so no probability is "
            "given."
        )
        return (Finding("not-calibrated", sentence, (("value", statement.value or 0.0),)),)
    if statement.status == "outside" or statement.p_consistent is None:
        sentence = (
            f"No error rate is stated: {statement.reason}. So no probability is given. A laboratory measures the error "
            "rates of its own photographs with `exifact calibrate`."
        )
        abstained = Finding("abstained", sentence, (("value", statement.value or 0.0),))
        return (abstained, *(_nearest(statement, rate) for rate in statement.nearest_rates if rate.stated))
    pointing = () if statement.pointing is None else (_pointing(statement, statement.pointing),)
    return (
        _consistency(statement),
        *(_reservation(remark) for remark in statement.reservations),
        *pointing,
        *(_error_rate(statement, rate) for rate in statement.rates),
        *(_alike(statement, rate) for rate in statement.alike),
    )


def _reservation(remark: Remark) -> Finding:
    """What must be said beside the figures."""
    numbers = tuple((name, float(value)) for name, value in remark.values if isinstance(value, int | float))
    return Finding("reservation", f"With a reservation: {remark.sentence}.", numbers, variant=remark.code)


def _consistency(statement: CalibrationStatement) -> Finding:
    """p-value and likelihood ratio in words; never further than the numbers carry."""
    p, llr, limits = statement.p_consistent or 0.0, statement.llr or 0.0, statement.llr_limits or (0.0, 0.0)
    reached = round(p * (statement.photos + 1)) - 1
    reach = "reaches" if reached == 1 else "reach"
    limit = ", the most that so few photographs can carry" if llr in limits and llr != 0 else ""
    sentence = (
        f"The part that departs most lies {statement.value:.3f} from the rest; {reached or 'none'} of "
        f"{statement.photos} untouched photographs of {statement.cameras} cameras {reach} that "
        f"(p = {p_in_digits(p)} for one processing throughout; {statement.stratum}). Likelihood ratio of a part from "
        f"another camera that covers {100 * SMALLEST_PART:.0f} to {100 * LARGEST_PART:.0f} % to none: "
        f"{ratio_in_digits(llr)}{limit} ({statement.verbal})."
    )
    numbers = (
        ("value", statement.value or 0.0),
        ("reached", float(reached)),
        ("p_consistent", p),
        ("p_smallest", statement.p_smallest or 0.0),
        ("llr", llr),
        ("llr_low", limits[0]),
        ("llr_high", limits[1]),
        ("photos", float(statement.photos)),
        ("cameras", float(statement.cameras)),
    )
    return Finding("calibrated", sentence, numbers, variant="limit" if limit else "within")


def _pointing(statement: CalibrationStatement, rate: PointingRate) -> Finding:
    sentence = f"How often pictures like this one fall into groups: {rate.words} ({_source(statement)})."
    numbers = (
        ("false_alarms", float(rate.false_alarms)),
        ("photos", float(rate.photos)),
        ("cameras", float(rate.cameras)),
        ("low", rate.low),
        ("high", rate.high),
        ("found", float(rate.found)),
        ("spliced", float(rate.spliced)),
    )
    return Finding("error-rate", sentence, numbers, variant="groups")


def _source(statement: CalibrationStatement) -> str:
    return f"{statement.stratum}; {statement.origin}, {statement.date[:10]}"


def _error_rate(statement: CalibrationStatement, rate: ErrorRate) -> Finding:
    sentence = f"Error rate {rate.words} ({_source(statement)})."
    return Finding("error-rate", sentence, _numbers(rate), variant="stated" if rate.stated else "not-stated")


def _nearest(statement: CalibrationStatement, rate: ErrorRate) -> Finding:
    sentence = f"Error rate of the nearest pictures that were measured, which does not hold here, {rate.words}"
    return Finding("error-rate", f"{sentence} ({_source(statement)}).", _numbers(rate), variant="nearest")


def _alike(statement: CalibrationStatement, rate: AlikeRate) -> Finding:
    """A rate of the photographs that are like the picture in device and focus, or that there are too few."""
    variant = "alike" if rate.stated else "alike-not-stated"
    codes = tuple((name, value) for name, value in (("device", rate.device), ("focus", rate.focus)) if value)
    sentence = f"Error rate {rate.words} ({_source(statement)})."
    return Finding("error-rate", sentence, _counts(rate), variant=variant, codes=codes)


def _counts(rate: ErrorRate | AlikeRate) -> tuple[tuple[str, float], ...]:
    return (
        ("level", rate.level),
        ("false_alarms", float(rate.false_alarms)),
        ("photos", float(rate.photos)),
        ("cameras", float(rate.cameras)),
        ("low", rate.low),
        ("high", rate.high),
    )


def _numbers(rate: ErrorRate) -> tuple[tuple[str, float], ...]:
    return (
        *_counts(rate),
        ("needed", float(rate.needed)),
        ("found", float(rate.found)),
        ("spliced", float(rate.spliced)),
    )


def _expected(partition: Partition) -> float:
    """Separation that a single group would show for the k whose separation is reported."""
    best = next((k for k, _, separation in partition.tried if separation == partition.separation), None)
    return next((value for k, value in partition.expected if k == best), 0.0)


def _percent(share: float) -> str:
    return share_in_percent(share)
