"""Measures become a calibration table: p-values, likelihood ratios and the error rates of both.

Error rates come from folds that leave cameras out: a photograph is judged by the photographs of all other cameras, a
splice by those of neither of its two. Nothing is judged by its own camera; the table that is shipped then holds all of
them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm, rankdata

from workstation.analysis.evidential_words import LEVELS
from workstation.analysis.statement import CANDIDATES, STATISTIC, AlikeRate, ErrorRate, PointingRate
from workstation.evaluation.calibration_measure import Measure
from workstation.evaluation.calibration_range import alike_rates, range_fields
from workstation.evaluation.intervals import LEVEL, clopper_pearson, intraclass_correlation
from workstation.evaluation.likelihood_ratio import cllr, cllr_min, empirical_limits, fit_logistic
from workstation.evaluation.metrics import roc_auc
from workstation.evaluation.strata import StratumPlan

Floats = NDArray[np.float64]

EXCHANGES = 500
"""Draws in which photographs exchange their cameras."""


@dataclass(frozen=True, slots=True)
class Judged:
    """One photograph, untouched or with a foreign part, judged by other cameras.

    Attributes:
        measure: of its image.
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
        values: (n,) float64, ascending, one per untouched photograph, those included that only judge.
        cameras: of these photographs.
        not_assessable: images without a value.
        intercept, slope: of the natural-log likelihood ratio, fitted to all images.
        llr_limits: (low, high) log10.
        rates: at `LEVELS`.
        pointing: how often the pictures fall into groups.
        alike: false alarms by device and focus; empty where the stratum states no rate at the first level.
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
    alike: tuple[AlikeRate, ...]
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
            **range_fields([judged.measure for judged in self.authentic]),
            "alike": [asdict(rate) for rate in self.alike],
        }


def fit_stratum(
    measures: Iterable[Measure], plan: StratumPlan, *, statistic: str = STATISTIC, judges: Collection[str] = ()
) -> StratumFit | None:
    """Everything that is known of one stratum.

    Args:
        measures: of any treatment.
        plan: which of them count.
        statistic: one of `CANDIDATES`.
        judges: cameras whose untouched photographs judge others and are not judged: no rate counts them.

    Returns:
        None with fewer than two cameras, or without splices.
    """
    own = _of_plan(measures, plan)
    usable = [measure for measure in own if measure.detection is not None]
    judging, foreign = ([m for m in usable if bool(m.donor) is spliced] for spliced in (False, True))
    untouched = [measure for measure in judging if measure.camera not in judges]
    if len({measure.camera for measure in untouched}) < 2 or not foreign:
        return None
    value = _value_of(statistic)
    authentic, spliced = (
        tuple(_judge(measure, judging, foreign, value) for measure in side) for side in (untouched, foreign)
    )
    intercept, slope = _line(judging, foreign, value)
    limits = empirical_limits(_llrs(authentic), _llrs(spliced))
    rates = tuple(error_rate(level, authentic, spliced) for level in LEVELS)
    return StratumFit(
        plan=plan,
        statistic=statistic,
        authentic=authentic,
        spliced=spliced,
        values=np.sort([value(measure) for measure in judging]),
        cameras=len({measure.camera for measure in judging}),
        not_assessable=len(own) - len(usable),
        intercept=intercept,
        slope=slope,
        llr_limits=limits,
        rates=rates,
        pointing=pointing_rate(untouched, foreign),
        alike=alike_rates(LEVELS[0], [(one.measure, one.p <= LEVELS[0]) for one in authentic])
        if rates[0].stated
        else (),
        cost=cllr(_llrs(authentic).clip(*limits), _llrs(spliced).clip(*limits)),
        least_cost=cllr_min(_llrs(authentic), _llrs(spliced)),
        auc=tuple((name, _auc(untouched, foreign, name)) for name in CANDIDATES),
    )


def error_rate(level: float, authentic: Sequence[Judged], spliced: Sequence[Judged]) -> ErrorRate:
    """How often the level is reached; not stated where so few photographs cannot give it.

    Photographs of one camera are alike, so that the interval of false alarms is as wide as that of one photograph per
    camera; splices of one host camera are not (docs/decisions/0027-cameras-behind-intervals.md).

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
    rate = clopper_pearson(alarms, photos, cameras)
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
    """How often pictures fall into groups.

    Args:
        untouched: pictures without a foreign part.
        foreign: pictures with one.
    """
    alarms, found = (sum(measure.groups > 1 for measure in side) for side in (untouched, foreign))
    cameras = len({measure.camera for measure in untouched})
    rate = clopper_pearson(alarms, len(untouched), cameras)
    return PointingRate(alarms, len(untouched), cameras, round(rate.low, 4), round(rate.high, 4), found, len(foreign))


def likeness_of_cameras(fits: Iterable[StratumFit], *, spliced: bool = False) -> tuple[float, float]:
    """How alike photographs of one camera are in the statistic, and how alike they seem if cameras mean nothing.

    Args:
        fits: strata; values become normal scores within each.
        spliced: of splices, by the camera of the host.

    Returns:
        The intraclass correlation, and the value below which it stays in 95 of 100 draws in which the photographs of
        a stratum exchange their cameras.
    """
    strata = []
    for fit in fits:
        judged = fit.spliced if spliced else fit.authentic
        values = np.array([_value_of(fit.statistic)(one.measure) for one in judged])
        scores: Floats = norm.ppf((rankdata(values) - 0.5) / values.size)
        strata.append((scores, [one.measure.camera for one in judged]))
    rng = np.random.default_rng(0)
    drawn = [
        intraclass_correlation([(rng.permutation(scores), cameras) for scores, cameras in strata])
        for _ in range(EXCHANGES)
    ]
    return intraclass_correlation(strata), float(np.quantile(drawn, LEVEL))


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
    usable = [m for m in _of_plan(measures, plan) if m.detection is not None]
    value = _value_of(statistic)
    judging = [m for m in usable if m.camera in reference and (not m.donor or m.donor in reference)]
    judged = [m for m in usable if m.camera not in reference and m.donor not in reference]
    untouched, foreign = ([m for m in judging if bool(m.donor) is spliced] for spliced in (False, True))
    if not untouched or not foreign or not judged:
        return None
    intercept, slope = _line(untouched, foreign, value)
    values = np.array([value(m) for m in untouched])
    outcome = [(m, _judged_by(m, value(m), values, intercept, slope)) for m in judged]
    return tuple(one for m, one in outcome if not m.donor), tuple(one for m, one in outcome if m.donor)


def _judge(
    measure: Measure,
    untouched: Sequence[Measure],
    foreign: Sequence[Measure],
    value: Callable[[Measure], float],
) -> Judged:
    """By all photographs that share no camera with it."""
    own = {measure.camera, measure.donor} - {""}
    values = np.array([value(other) for other in untouched if other.camera not in own])
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
    """Logistic calibration; flat where a class is empty."""
    if not untouched or not foreign:
        return 0.0, 0.0
    sides = [np.array([value(measure) for measure in side]) for side in (untouched, foreign)]
    return fit_logistic(sides[0], sides[1])


def _of_plan(measures: Iterable[Measure], plan: StratumPlan) -> list[Measure]:
    """The images that stand for a stratum: of every photograph those of one treatment, where their size fits."""
    return [
        measure
        for measure in measures
        if measure.treatment == plan.treatment_of(measure.photo)
        and (measure.conditions is None or plan.holds_size(measure.conditions.long_side))
    ]


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
