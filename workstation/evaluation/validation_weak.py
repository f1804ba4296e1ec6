"""The section "Where it is weak" of docs/validation.md: what the figures say, then what no figure here can say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from workstation.analysis.statement import ErrorRate
from workstation.evaluation.calibration_fit import StratumFit, error_rate, judge_strictly
from workstation.evaluation.calibration_images import camera_roles
from workstation.evaluation.calibration_measure import Measure
from workstation.evaluation.strata import COARSE

LEVEL = 0.05
"""Operating point that is spoken of."""

SILENT = 0.9
"""Cllr from which on likelihood ratios say next to nothing; 1 is saying nothing."""

BEYOND = """- The splices are coarse: blurred polygons between cameras. Parts from the same camera, copies within a
  picture, retouching and generated fillings were not measured here, and the likelihood ratio does not speak of them.
  Pictures that a model made whole are out of scope.
- The photographs come from public repositories: they are nobody's casework.
- Whether a part is enlarged or out of focus is itself estimated from the pixels, with errors of its own.
- Untouched photographs can have a statistic as high as a splice: close-ups of flowers and insects before a soft
  background, smooth fruit on a carpet, people lit by flash at night, street lamps. Such scenes led the lists of every
  stratum when these were looked through (November 2026)."""


def weak(measures: Sequence[Measure], fits: Sequence[StratumFit]) -> Iterator[str]:
    """Lines of the section.

    Args:
        measures: of all treatments.
        fits: of all strata.
    """
    yield from _missed(fits)
    yield from _alarmed(fits)
    yield ""
    yield from _not_stated(fits)
    yield from _silent(fits)
    yield from _strict(measures, fits)
    yield _devices(measures)
    yield BEYOND


def in_strict_judgement(
    measures: Sequence[Measure], fits: Sequence[StratumFit]
) -> Iterator[tuple[str, int, ErrorRate]]:
    """Cameras with the role "error rates" judged by those with the role "calibration": (stratum, judges, rate)."""
    reference = set(camera_roles()["calibration"])
    for fit in fits:
        judged = judge_strictly(measures, fit.plan, reference)
        if judged is not None and judged[0]:
            yield fit.plan.name, judged[0][0].behind, error_rate(LEVEL, *judged)


def named(camera: str) -> str:
    """A camera for people: from the word of its maker that the model begins with, where it repeats one."""
    words = camera.split()
    lower = [word.casefold() for word in words]
    again = [number for number, word in enumerate(lower) if word in lower[:number]]
    return " ".join(words[again[-1] :]) if again else camera


def _missed(fits: Sequence[StratumFit]) -> Iterator[str]:
    for fit in fits:
        five = fit.rates[0]
        if five.stated and five.spliced:
            missed = five.spliced - five.found
            share = missed / five.spliced
            yield f"- {fit.plan.name}: at 5 % it misses {missed} of {five.spliced} splices ({share:.0%})."


def _alarmed(fits: Sequence[StratumFit]) -> Iterator[str]:
    alarms: dict[str, list[str]] = {}
    for fit in fits:
        for one in fit.authentic:
            if fit.rates[0].stated and one.p <= LEVEL:
                alarms.setdefault(one.measure.camera, []).append(fit.plan.name)
    for camera, strata in sorted(alarms.items()):
        yield f"- Untouched photographs of the {named(camera)} were called inconsistent: {'; '.join(strata)}."


def _not_stated(fits: Sequence[StratumFit]) -> Iterator[str]:
    stated = [fit for fit in fits if fit.rates[0].stated]
    if not any(rate.stated for fit in fits for rate in fit.rates[1:]):
        yield "- 1 % is not stated anywhere: that takes 99 photographs of a size (`exifact calibrate`)."
    for fit in fits:
        if not fit.rates[0].stated:
            yield f"- {fit.plan.name}: not validated, only {len(fit.authentic)} photographs hold such a window."
    if not stated:
        yield "- No stratum is validated: every analysis abstains."
        return
    smallest = min(fit.plan.long_side[0] for fit in stated)
    largest = max(fit.plan.long_side[1] for fit in stated)
    yield (
        f"- Pictures of more than {largest} pixels along the longer side are not validated, so most of what today's "
        f"cameras write gets no error rate from this table; nor do pictures of less than {smallest} pixels, or saved "
        f"below JPEG {COARSE[0]}."
    )


def _silent(fits: Sequence[StratumFit]) -> Iterator[str]:
    names = [f"{fit.plan.name} (Cllr {fit.cost:.2f})" for fit in fits if fit.rates[0].stated and fit.cost >= SILENT]
    if names:
        yield f"- The likelihood ratio says next to nothing here: {'; '.join(names)}."


def _strict(measures: Sequence[Measure], fits: Sequence[StratumFit]) -> Iterator[str]:
    high = [
        f"{rate.false_alarms} of {rate.photos} ({name})"
        for name, _, rate in in_strict_judgement(measures, fits)
        if rate.stated and rate.low > LEVEL
    ]
    if high:
        yield (
            "- Judged once by other cameras, without folds, more untouched photographs than 5 % are called "
            f"inconsistent: {'; '.join(high)}. The p-value holds on average over cameras, not for every camera."
        )


def _devices(measures: Sequence[Measure]) -> str:
    photos = {measure.photo: measure.kind for measure in measures}
    counted = ", ".join(f"{count} of kind {kind}" for kind, count in sorted(Counter(photos.values()).items()))
    return f"- Device classes are unevenly filled: {counted} photographs."
