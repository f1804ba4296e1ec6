"""Two sections of docs/validation.md: which pictures get an error rate, and the rates by device and focus."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, cast

from workstation.analysis.evidential_words import LEVELS
from workstation.analysis.statement import FEWEST_ALIKE, FEWEST_CAMERAS, FOCUS_BANDS, AlikeRate, DeviceClass
from workstation.analysis.validated_range import Counted, ValidatedRange, read_range
from workstation.errors import in_percent
from workstation.evaluation.calibration_fit import Judged, StratumFit
from workstation.evaluation.calibration_range import kind_of


def ranges(fits: Sequence[StratumFit]) -> Iterator[str]:
    """What a picture must be like to be told an error rate, and how many untouched photographs are told one.

    Args:
        fits: of the strata that state a rate.
    """
    yield (
        f"A picture must be like at least {FEWEST_ALIKE} untouched photographs of {FEWEST_CAMERAS} cameras of its "
        "stratum in its kind of device, its share out of focus and its traces of enlarging; of any other the program "
        "says why it states nothing. A file that names no device is told whose rates they are. The last two columns "
        "ask that of the stratum's own untouched photographs; the rates above count all of them."
    )
    yield ""
    yield (
        "| pictures | devices: photographs (cameras) | out of focus up to | without detail | traces of enlarging "
        "| get a rate | called inconsistent of these |"
    )
    yield "|---|---|---|---|---|---|---|"
    for fit in fits:
        like = range_of(fit)
        devices = ", ".join(f"{kind} {own.photos} ({own.cameras})" for kind, own in like.devices.items())
        softest = "none" if like.softest is None else f"{in_percent(like.softest, 1)}"
        told = [one for one in fit.authentic if answered(like, one)]
        alarms = sum(one.p <= LEVELS[0] for one in told)
        yield (
            f"| {fit.plan.name} | {devices} | {softest} | {_allowed(like.without_detail)} | {_allowed(like.enlarged)} "
            f"| {len(told)} of {len(fit.authentic)} | {alarms} of {len(told)} |"
        )


def by_device_and_focus(fits: Sequence[StratumFit]) -> Iterator[str]:
    """False alarms per stratum, kind of device and band of focus.

    Args:
        fits: of the strata that state a rate.
    """
    yield (
        f"False alarms at {in_percent(LEVELS[0])} of untouched photographs, with 95 % intervals of one "
        "photograph per camera; every photograph stands once in its line. "
        f"Fewer than {FEWEST_ALIKE} photographs, or of fewer than {FEWEST_CAMERAS} cameras: not stated. "
        "Window and report print the cells that a picture belongs to."
    )
    yield ""
    yield f"| pictures | device | any focus | {' | '.join(words for _, _, words in FOCUS_BANDS)} |"
    yield f"|---|---|---|{'---|' * len(FOCUS_BANDS)}"
    for fit in fits:
        cells = {(rate.device, rate.focus): rate for rate in fit.alike}
        for device in ("", *range_of(fit).devices):
            row = [_cell(cells.get((device, focus))) for focus in ("", *(name for name, _, _ in FOCUS_BANDS))]
            if not device:
                row[0] = f"{fit.rates[0].false_alarms} of {fit.rates[0].photos}"
            yield f"| {fit.plan.name} | {device or 'any'} | {' | '.join(row)} |"


def range_of(fit: StratumFit) -> ValidatedRange:
    """As the program reads it from the table."""
    return read_range(cast("dict[str, Any]", fit.fields()), recorded=True)


def answered(like: ValidatedRange, one: Judged) -> bool:
    """Whether the program would state an error rate for a photograph of this device."""
    conditions = one.measure.conditions
    if conditions is None:
        return False
    return not like.objections(replace(conditions, device_class=cast("DeviceClass", kind_of(one.measure))))


def _allowed(own: Counted) -> str:
    return f"{'yes' if own.enough else 'no'}: {own.photos} ({own.cameras})"


def _cell(rate: AlikeRate | None) -> str:
    if rate is None:
        return f"fewer than {FEWEST_ALIKE} photographs"
    if not rate.stated:
        return rate.missing
    return f"{rate.false_alarms} of {rate.photos} ({in_percent(rate.low)} to {in_percent(rate.high)})"
