"""Measures become a calibration table: p-values, likelihood ratios and the error rates of both.

Error rates come from folds that leave cameras out: a photograph is judged by the photographs of all other cameras, a
splice by those of neither of its two. Nothing is judged by its own camera; the table that is shipped then holds all of
them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from workstation.analysis.calibration import LEVELS
from workstation.analysis.statement import CANDIDATES, STATISTIC, ErrorRate, PointingRate
from workstation.evaluation.calibration_measure import Measure
from workstation.evaluation.intervals import clopper_pearson
from workstation.evaluation.likelihood_ratio import cllr, cllr_min, empirical_limits, fit_logistic
from workstation.evaluation.metrics import roc_auc
from workstation.evaluation.strata import StratumPlan

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Judged:
    """One photograph, untouched or with a foreign part, judged by other cameras.

    Attributes:
        measure: the image that spoke: for an untouched photograph that with the highest value, for a spliced one that
            with the lowest.
        p: conformal p-value of "consistent throughout".
        llr: log10 likelihood ratio, without limits.
        behind: untouched photographs behind the p-value.
    """

    measure: Measure
    p: float
    llr: float
    behind: int


@dataclass(frozen=True, slots=True, eq=False)
class StratumFit:
    """One stratum with everything that was measured for it.

    Attributes:
        plan: which pictures.
        statistic: which of the candidates.
        authentic, spliced: judged with cameras left out.
        values: (n,) float64, ascending, one per untouched photograph.
        cameras: of the untouched photographs.
        not_assessable: images without a value.
        intercept, slope: of the natural-log likelihood ratio, fitted to all images.
        llr_limits: (low, high) log10.
        rates: at `LEVELS`.
        pointing: how often the pictures fall into groups.
        cost, least_cost: Cllr and Cllr min, within the limits, cameras left out.
        auc: area under the ROC curve of each candidate.
    """

    plan: StratumPlan
    statistic: str
    authentic: tuple[Judged, ...]
    spliced: tuple[Judged, ...]
    values: Floats
    cameras: int
    not_assessable: int
    intercept: float
    slope: float
    llr_limits: tuple[float, float]
    rates: tuple[ErrorRate, ...]
    pointing: PointingRate
    cost: float
    least_cost: float
    auc: tuple[tuple[str, float], ...]

    def llrs(self) -> tuple[Floats, Floats]:
        """log10 likelihood ratios within their limits: of untouched photographs, of splices."""
        low, high = self.llr_limits
        return _llrs(self.authentic).clip(low, high), _llrs(self.spliced).clip(low, high)

    def fields(self) -> dict[str, object]:
        """The stratum as `analysis.calibration` reads it."""
        return {
            "name": self.plan.name,
            "long_side": list(self.plan.long_side),
            "quality": None if self.plan.quality is None else list(self.plan.quality),
            "lossless": self.plan.lossless,
            "interpolated": self.plan.interpolated,
            "photos": len(self.values),
            "cameras": self.cameras,
            "authentic": [round(float(value), 5) for value in self.values],
            "intercept": round(self.intercept, 5),
            "slope": round(self.slope, 5),
            "llr_limits": list(self.llr_limits),
            "cllr": round(self.cost, 4),
            "cllr_min": round(self.least_cost, 4),
            "rates": [asdict(rate) for rate in self.rates],
            "pointing": asdict(self.pointing),
        }


def fit_stratum(measures: Iterable[Measure], plan: StratumPlan, *, statistic: str = STATISTIC) -> StratumFit | None:
    """Everything that is known of one stratum.

    Args:
        measures: of any treatment.
        plan: which of them count.
        statistic: one of `CANDIDATES`.

    Returns:
        None with fewer than two cameras, or without splices.
    """
    own = [measure for measure in measures if measure.treatment in plan.treatments]
    usable = [measure for measure in own if measure.detection is not None]
    untouched, foreign = ([m for m in usable if bool(m.donor) is spliced] for spliced in (False, True))
    if len({measure.camera for measure in untouched}) < 2 or not foreign:
        return None
    value = _value_of(statistic)
    worst, faintest = _by_photo(untouched, value, max), _by_photo(foreign, value, min)
    authentic = tuple(_judge(measure, worst, untouched, foreign, value) for measure in worst)
    spliced = tuple(_judge(measure, worst, untouched, foreign, value) for measure in faintest)
    intercept, slope = _line(untouched, foreign, value)
    limits = empirical_limits(_llrs(authentic), _llrs(spliced))
    bounded = _llrs(authentic).clip(*limits), _llrs(spliced).clip(*limits)
    return StratumFit(
        plan=plan,
        statistic=statistic,
        authentic=authentic,
        spliced=spliced,
        values=np.sort([value(measure) for measure in worst]),
        cameras=len({measure.camera for measure in worst}),
        not_assessable=len(own) - len(usable),
        intercept=intercept,
        slope=slope,
        llr_limits=limits,
        rates=tuple(error_rate(level, authentic, spliced) for level in LEVELS),
        pointing=pointing_rate(untouched, foreign),
        cost=cllr(*bounded),
        least_cost=cllr_min(_llrs(authentic), _llrs(spliced)),
        auc=tuple((name, _auc(untouched, foreign, name)) for name in CANDIDATES),
    )


def error_rate(level: float, authentic: Sequence[Judged], spliced: Sequence[Judged]) -> ErrorRate:
    """How often the level is reached, with exact intervals; not stated where so few photographs cannot give it.

    Args:
        level: of the p-value.
        authentic: untouched photographs.
        spliced: splices.
    """
    needed = math.ceil(1 / level - 1e-9) - 1
    photos, cameras = len(authentic), len({one.measure.camera for one in authentic})
    stated = photos > 0 and min(one.behind for one in authentic) >= needed
    if not stated:
        return ErrorRate(level, False, 0, photos, cameras, 0.0, 1.0, needed)
    alarms, found = (sum(one.p <= level for one in judged) for judged in (authentic, spliced))
    rate = clopper_pearson(alarms, photos)
    power = clopper_pearson(found, len(spliced)) if spliced else None
    return ErrorRate(
        level=level,
        stated=True,
        false_alarms=alarms,
        photos=photos,
        cameras=cameras,
        low=round(rate.low, 4),
        high=round(rate.high, 4),
        needed=needed,
        found=found,
        spliced=len(spliced),
        found_low=round(power.low, 4) if power else 0.0,
        found_high=round(power.high, 4) if power else 1.0,
    )


def pointing_rate(untouched: Sequence[Measure], foreign: Sequence[Measure]) -> PointingRate:
    """How often pictures fall into groups: an untouched photograph if any of its images does, a splice if all do.

    Args:
        untouched: images without a foreign part.
        foreign: images with one.
    """
    alarms = [max(groups) > 1 for groups in _groups_by_photo(untouched)]
    found = [min(groups) > 1 for groups in _groups_by_photo(foreign)]
    rate = clopper_pearson(sum(alarms), len(alarms))
    cameras = len({measure.camera for measure in untouched})
    low, high = round(rate.low, 4), round(rate.high, 4)
    return PointingRate(sum(alarms), len(alarms), cameras, low, high, sum(found), len(found))


def judge_strictly(
    measures: Iterable[Measure], plan: StratumPlan, reference: set[str], *, statistic: str = STATISTIC
) -> tuple[tuple[Judged, ...], tuple[Judged, ...]] | None:
    """Photographs of some cameras judged by those of others, once, without folds.

    Args:
        measures: of any treatment.
        plan: which of them count.
        reference: cameras whose untouched photographs judge; the others are judged. Splices are judged where neither
            of their cameras is a reference.
        statistic: one of `CANDIDATES`.

    Returns:
        (untouched, spliced); None if either side is empty.
    """
    usable = [m for m in measures if m.treatment in plan.treatments and m.detection is not None]
    value = _value_of(statistic)
    judging = [m for m in usable if m.camera in reference and (not m.donor or m.donor in reference)]
    judged = [m for m in usable if m.camera not in reference and m.donor not in reference]
    behind = _by_photo([m for m in judging if not m.donor], value, max)
    foreign = [m for m in judging if m.donor]
    if not behind or not foreign or not judged:
        return None
    intercept, slope = _line([m for m in judging if not m.donor], foreign, value)
    values = np.array([value(m) for m in behind])
    sides = []
    for spliced, which in ((False, max), (True, min)):
        chosen = _by_photo([m for m in judged if bool(m.donor) is spliced], value, which)
        sides.append(tuple(_judged_by(m, value(m), values, intercept, slope) for m in chosen))
    return sides[0], sides[1]


def _judge(
    measure: Measure,
    worst: Sequence[Measure],
    untouched: Sequence[Measure],
    foreign: Sequence[Measure],
    value: Callable[[Measure], float],
) -> Judged:
    """By all photographs that share no camera with it."""
    own = {measure.camera, measure.donor} - {""}
    values = np.array([value(other) for other in worst if other.camera not in own])
    intercept, slope = _line(
        [other for other in untouched if other.camera not in own],
        [other for other in foreign if other.camera not in own and other.donor not in own],
        value,
    )
    return _judged_by(measure, value(measure), values, intercept, slope)


def _judged_by(measure: Measure, value: float, values: Floats, intercept: float, slope: float) -> Judged:
    p = float((1 + np.count_nonzero(values >= value)) / (len(values) + 1))
    return Judged(measure, p, (intercept + slope * value) / math.log(10), len(values))


def _line(
    untouched: Sequence[Measure], foreign: Sequence[Measure], value: Callable[[Measure], float]
) -> tuple[float, float]:
    """Logistic calibration in which images of one photograph count once; flat where a class is empty."""
    if not untouched or not foreign:
        return 0.0, 0.0
    weights = [_weights(side) for side in (untouched, foreign)]
    sides = [np.array([value(measure) for measure in side]) for side in (untouched, foreign)]
    return fit_logistic(sides[0], sides[1], weights=(weights[0], weights[1]))


def _weights(measures: Sequence[Measure]) -> Floats:
    names = [measure.photo for measure in measures]
    return np.array([1 / names.count(name) for name in names])


def _by_photo(
    measures: Iterable[Measure], value: Callable[[Measure], float], which: Callable[..., Measure]
) -> tuple[Measure, ...]:
    """One image per photograph: that with the highest or lowest value."""
    grouped: dict[str, list[Measure]] = {}
    for measure in measures:
        grouped.setdefault(measure.photo, []).append(measure)
    return tuple(which(images, key=value) for images in grouped.values())


def _groups_by_photo(measures: Iterable[Measure]) -> list[list[int]]:
    grouped: dict[str, list[int]] = {}
    for measure in measures:
        grouped.setdefault(measure.photo, []).append(measure.groups)
    return list(grouped.values())


def _value_of(statistic: str) -> Callable[[Measure], float]:
    def value(measure: Measure) -> float:
        if measure.detection is None:
            raise ValueError(f"{measure.photo} has no value")
        return measure.detection.value(statistic)

    return value


def _auc(untouched: Sequence[Measure], foreign: Sequence[Measure], statistic: str) -> float:
    value = _value_of(statistic)
    scores = np.array([value(measure) for measure in (*untouched, *foreign)])
    return roc_auc(np.arange(len(scores)) >= len(untouched), scores)


def _llrs(judged: Sequence[Judged]) -> Floats:
    return np.array([one.llr for one in judged], np.float64)
