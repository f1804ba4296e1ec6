"""What a stratum's photographs were like, as tables store it: by device, by focus, by both."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import product

from workstation.analysis.statement import FEWEST_ALIKE, FEWEST_CAMERAS, FOCUS_BANDS, AlikeRate
from workstation.evaluation.calibration_measure import Measure
from workstation.evaluation.intervals import clopper_pearson


def range_fields(untouched: Sequence[Measure]) -> dict[str, object]:
    """The fields of a stratum that `analysis.validated_range.read_range` reads.

    Args:
        untouched: the stratum's untouched photographs.
    """
    known = [measure for measure in untouched if measure.conditions is not None]
    kinds = sorted({kind_of(measure) for measure in untouched})
    return {
        "devices": {kind: _counted([m for m in untouched if kind_of(m) == kind]) for kind in kinds},
        "focus": {
            "softest": _softest(known),
            "without_detail": _counted([m for m in known if m.conditions and m.conditions.out_of_focus is None]),
        },
        "enlarged": _counted([m for m in known if m.conditions and m.conditions.interpolated]),
    }


def _counted(measures: Sequence[Measure]) -> dict[str, int]:
    return {"photos": len(measures), "cameras": len({measure.camera for measure in measures})}


def _softest(measures: Sequence[Measure]) -> float | None:
    """The largest share out of focus that photographs enough, of cameras enough, reach; rounded up."""
    shares = [(m.conditions.out_of_focus, m.camera) for m in measures if m.conditions]
    known = sorted(((share, camera) for share, camera in shares if share is not None), reverse=True)
    for count, (share, _) in enumerate(known, 1):
        if count >= FEWEST_ALIKE and len({camera for _, camera in known[:count]}) >= FEWEST_CAMERAS:
            return math.ceil(share * 10_000) / 10_000
    return None


def alike_rates(level: float, alarms: Sequence[tuple[Measure, bool]]) -> tuple[AlikeRate, ...]:
    """False alarms by kind of device, by band of focus and by both, kinds without a photograph left out.

    Args:
        level: of the p-value.
        alarms: the stratum's untouched photographs, and whether other cameras call each inconsistent at the level.
    """
    devices = ("", *sorted({kind_of(measure) for measure, _ in alarms}))
    bands = ("", *(name for name, _, _ in FOCUS_BANDS))
    rates = (_alike_rate(level, alarms, device, focus) for device, focus in product(devices, bands))
    return tuple(rate for rate in rates if rate.photos and (rate.device or rate.focus))


def _alike_rate(level: float, alarms: Sequence[tuple[Measure, bool]], device: str, focus: str) -> AlikeRate:
    chosen = [
        (measure, alarmed)
        for measure, alarmed in alarms
        if device in ("", kind_of(measure))
        and (not focus or (measure.conditions is not None and measure.conditions.focus == focus))
    ]
    count, cameras = sum(alarmed for _, alarmed in chosen), len({measure.camera for measure, _ in chosen})
    rate = clopper_pearson(count, len(chosen), cameras) if chosen else None
    low, high = (round(rate.low, 4), round(rate.high, 4)) if rate else (0.0, 1.0)
    return AlikeRate(device, focus, level, count, len(chosen), cameras, low, high)


def kind_of(measure: Measure) -> str:
    """The kind of device that took the host."""
    return measure.kind or "unknown"
