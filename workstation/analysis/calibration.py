"""Reads calibration tables and applies them: what measured photographs allow to say about one picture. numpy only.

A table belongs to one file of weights (its SHA-256 must match) and to the parameters that it was measured with. A
laboratory's own table, in the user's data folder, comes before the one that was shipped beside the weights.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workstation.analysis.detection import method
from workstation.analysis.evidential_words import verbal
from workstation.analysis.model import WeightsDescription
from workstation.analysis.model.registry import user_folder
from workstation.analysis.statement import (
    CANDIDATES,
    STATISTIC,
    AlikeRate,
    CalibrationStatement,
    Conditions,
    Detection,
    ErrorRate,
    PointingRate,
    Remark,
)
from workstation.analysis.validated_range import ValidatedRange, read_range
from workstation.errors import RecordedWarning, WorkstationError

FORMAT = 2
"""Of the tables that are written: 2 also records what the photographs were like (`validated_range`)."""

READABLE = (1, FORMAT)

FOLDER = "calibration"
"""Beside the weights; a table has the name of the weights."""

OWN = "this laboratory"
"""Origin of a table that the laboratory measured itself."""

FEWEST_PHOTOS = 19
"""Photographs without which a stratum is not validated: fewer cannot give a p-value of 0.05."""


class CalibrationTableProblem(WorkstationError):
    """A calibration table that cannot be read."""

    remedy = "Delete it, or make it anew with `exifact calibrate`."


@dataclass(frozen=True, slots=True, eq=False)
class Stratum:
    """Pictures of one size and last save, and the material that was measured for them.

    Attributes:
        name: in words.
        long_side: (least, most) pixels, inclusive.
        quality: (least, most) IJG quality of the last JPEG save; None = any.
        lossless: whether pictures that are no JPEG belong here.
        interpolated: whether it is made of enlarged pictures.
        authentic: (n,) float64, ascending, one value per untouched photograph (the highest of its images).
        photos, cameras: untouched ones.
        intercept, slope: natural-log likelihood ratio of spliced to untouched as intercept + slope × value.
        llr_limits: (low, high) log10.
        rates: at the operating points, cameras left out in turn.
        pointing: how often the pictures fall into groups.
        like: what the untouched photographs were like.
        alike: error rates by device and focus.
    """

    name: str
    long_side: tuple[int, int]
    quality: tuple[int, int] | None
    lossless: bool
    interpolated: bool
    authentic: NDArray[np.float64]
    photos: int
    cameras: int
    intercept: float
    slope: float
    llr_limits: tuple[float, float]
    rates: tuple[ErrorRate, ...]
    pointing: PointingRate
    like: ValidatedRange = field(default_factory=ValidatedRange)
    alike: tuple[AlikeRate, ...] = ()

    @property
    def validated(self) -> bool:
        """Whether there are photographs enough to state an error rate; without one nothing is stated."""
        return self.photos >= FEWEST_PHOTOS and any(rate.stated for rate in self.rates)

    def holds(self, conditions: Conditions) -> bool:
        """Whether a picture belongs to it."""
        return (
            self.long_side[0] <= conditions.long_side <= self.long_side[1]
            and self._quality_fits(conditions)
            and (conditions.interpolated or not self.interpolated)
        )

    def alike_to(self, conditions: Conditions) -> tuple[AlikeRate, ...]:
        """The rates of the photographs of the same device, of the same focus, and of both."""
        devices = ("",) if conditions.device_class == "unknown" else ("", conditions.device_class)
        return tuple(rate for rate in self.alike if rate.device in devices and rate.focus in ("", conditions.focus))

    def as_data(self) -> Remark:
        """Its name, and what it holds for."""
        least, most = self.quality or (None, None)
        return Remark(
            "stratum",
            self.name,
            (
                *(("least_side", self.long_side[0]), ("most_side", self.long_side[1])),
                *(("least_quality", least), ("most_quality", most)),
                *(("lossless", self.lossless), ("enlarged", self.interpolated)),
            ),
        )

    def _quality_fits(self, conditions: Conditions) -> bool:
        quality = conditions.quality
        if quality is None:
            return self.lossless and conditions.lossless
        return self.quality is not None and self.quality[0] <= quality <= self.quality[1]

    def distance(self, conditions: Conditions) -> float:
        """How far a picture is from belonging to it; only for naming the nearest."""
        low, high = self.long_side
        size = max(0.0, math.log(low / conditions.long_side), math.log(conditions.long_side / high))
        quality = 0.0
        if not self._quality_fits(conditions):
            least, most = self.quality or (100, 100)
            given = 100 if conditions.quality is None else conditions.quality
            quality = max(least - given, given - most, 5) / 50
        return size + quality + (0.1 if self.interpolated != conditions.interpolated else 0.0)

    def p_value(self, value: float) -> float:
        """Conformal p-value (Vovk et al. 2005): (1 + untouched photographs with a value as high) / (n + 1)."""
        return float((1 + np.count_nonzero(self.authentic >= value)) / (len(self.authentic) + 1))

    def log10_ratio(self, value: float) -> float:
        """log10 likelihood ratio of spliced to untouched, kept within its limits."""
        low, high = self.llr_limits
        return float(np.clip((self.intercept + self.slope * value) / math.log(10), low, high))


@dataclass(frozen=True, slots=True, eq=False)
class CalibrationTable:
    """All strata of one file of weights.

    Attributes:
        weights, weights_sha256: that it belongs to.
        statistic: one of `CANDIDATES`.
        method: parameters of the analysis that it was measured with (`detection.method`).
        date: UTC.
        origin: "shipped with the weights" or "this laboratory".
        material: one sentence on the photographs.
        strata: validated or not.
    """

    weights: str
    weights_sha256: str
    statistic: str
    method: str
    date: str
    origin: str
    material: str
    strata: tuple[Stratum, ...]

    def stratum_of(self, conditions: Conditions) -> Stratum | None:
        """The stratum that a picture belongs to; of several, that of enlarged pictures."""
        held = [stratum for stratum in self.strata if stratum.holds(conditions)]
        return max(held, key=lambda stratum: stratum.interpolated, default=None)

    def nearest(self, conditions: Conditions) -> Stratum | None:
        """The validated stratum that comes closest."""
        validated = [stratum for stratum in self.strata if stratum.validated]
        return min(validated, key=lambda stratum: stratum.distance(conditions), default=None)

    def state(self, detection: Detection, conditions: Conditions) -> CalibrationStatement:
        """What may be said about one picture."""
        value = detection.value(self.statistic)
        stratum = self.stratum_of(conditions)
        statement = CalibrationStatement(
            status="outside",
            statistic=self.statistic,
            value=value,
            date=self.date,
            origin=self.origin,
            material=self.material,
            weights_sha256=self.weights_sha256,
        )
        reasons = _reasons(conditions, stratum)
        if stratum is None or reasons:
            nearest = self.nearest(conditions)
            return replace(
                statement,
                reason=_why_outside(conditions, reasons, None if stratum else nearest),
                reasons=reasons,
                stratum=nearest.name if nearest else "",
                nearest_rates=nearest.rates if nearest else (),
                pictures=nearest.as_data() if nearest else None,
            )
        llr = stratum.log10_ratio(value)
        return replace(
            statement,
            status="calibrated",
            stratum=stratum.name,
            p_consistent=stratum.p_value(value),
            p_smallest=1 / (stratum.photos + 1),
            llr=llr,
            llr_limits=stratum.llr_limits,
            verbal=verbal(llr),
            rates=stratum.rates,
            pointing=stratum.pointing,
            photos=stratum.photos,
            cameras=stratum.cameras,
            reservations=stratum.like.reservations(conditions),
            alike=stratum.alike_to(conditions),
            pictures=stratum.as_data(),
        )


def state(table: CalibrationTable | None, detection: Detection, conditions: Conditions) -> CalibrationStatement:
    """What may be said about one picture; without a table, that nothing was calibrated."""
    if table is None:
        return CalibrationStatement("not calibrated", value=detection.value(STATISTIC))
    return table.state(detection, conditions)


def table_for(description: WeightsDescription) -> tuple[CalibrationTable | None, RecordedWarning | None]:
    """The table of these weights: the laboratory's own, else that beside the weights.

    Args:
        description: of the weights that were used.

    Returns:
        The table, None where there is none that fits; and a warning about one that cannot be used. A laboratory that
        measured its own must hear that an update has left it behind: without a word its reports would state the
        shipped rates.
    """
    passed_over = None
    for file, origin in (
        (own_file(description.name), OWN),
        (description.folder / FOLDER / f"{description.name}.json", "shipped with the weights"),
    ):
        try:
            table = _read_if_there(file, origin)
        except CalibrationTableProblem as problem:
            return None, RecordedWarning.of("calibration-unreadable", problem.summary, said=problem.what)
        if table is None:
            continue
        if table.weights_sha256 == description.sha256 and table.method == method(description.architecture):
            return table, passed_over
        if origin == OWN:
            passed_over = RecordedWarning.of(
                "calibration-outdated",
                f"This laboratory's calibration table of {table.date} was measured with other weights or another "
                "version's settings of the map and was not used; `exifact calibrate` measures it again.",
                date=table.date,
            )
    return None, passed_over


def _read_if_there(file: Path, origin: str) -> CalibrationTable | None:
    try:
        there = file.is_file()
    except OSError as problem:  # nobody knows whether the laboratory has one
        raise CalibrationTableProblem(f"{file} cannot be looked for ({problem.strerror or problem})") from problem
    return read_table(file, origin) if there else None


def own_file(name: str) -> Path:
    """Where a laboratory's own table for weights of this name is kept."""
    return user_folder() / FOLDER / f"{name}.json"


def read_table(file: Path, origin: str) -> CalibrationTable:
    """Read one table.

    Args:
        file: JSON.
        origin: whose photographs it was made of.

    Raises:
        CalibrationTableProblem: if it cannot be read.
    """
    try:
        fields = json.loads(file.read_text(encoding="utf-8"))
        return _table(fields, origin)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError) as problem:
        raise CalibrationTableProblem(f"{file} is no calibration table ({problem})") from problem


def _table(fields: dict[str, Any], origin: str) -> CalibrationTable:
    if fields["format"] not in READABLE:
        raise ValueError(f"format {fields['format']!r} is none of {', '.join(map(str, READABLE))}")
    if fields["statistic"] not in CANDIDATES:
        raise ValueError(f"{fields['statistic']!r} is no statistic that this version computes")
    return CalibrationTable(
        weights=str(fields["weights"]),
        weights_sha256=str(fields["weights_sha256"]),
        statistic=str(fields["statistic"]),
        method=str(fields["method"]),
        date=str(fields["date"]),
        origin=origin,
        material=str(fields["material"]),
        strata=tuple(_stratum(stratum, recorded=fields["format"] > 1) for stratum in fields["strata"]),
    )


def _stratum(fields: dict[str, Any], *, recorded: bool) -> Stratum:
    quality = fields["quality"]
    low, high = (float(limit) for limit in fields["llr_limits"])
    return Stratum(
        name=str(fields["name"]),
        long_side=(int(fields["long_side"][0]), int(fields["long_side"][1])),
        quality=None if quality is None else (int(quality[0]), int(quality[1])),
        lossless=bool(fields["lossless"]),
        interpolated=bool(fields["interpolated"]),
        authentic=np.sort(np.array(fields["authentic"], np.float64)),
        photos=int(fields["photos"]),
        cameras=int(fields["cameras"]),
        intercept=float(fields["intercept"]),
        slope=float(fields["slope"]),
        llr_limits=(low, high),
        rates=tuple(ErrorRate(**rate) for rate in fields["rates"]),
        pointing=PointingRate(**fields["pointing"]),
        like=read_range(fields, recorded=recorded),
        alike=tuple(AlikeRate(**rate) for rate in fields["alike"]) if recorded else (),
    )


def _reasons(conditions: Conditions, stratum: Stratum | None) -> tuple[Remark, ...]:
    """Why nothing can be stated for a picture; empty where something can."""
    if stratum is None:
        asked = (("long_side", conditions.long_side), ("quality", conditions.quality))
        return (Remark("size-or-save", "no error rates were measured for pictures like it", asked),)
    if stratum.validated:
        return stratum.like.objections(conditions)
    sentence = (
        f"only {stratum.photos} photographs like it, of {stratum.cameras} cameras, were measured; {FEWEST_PHOTOS} are "
        "needed beside those of the camera that is judged"
    )
    said = (
        *(("photos", stratum.photos), ("cameras", stratum.cameras), ("needed", FEWEST_PHOTOS)),
        ("pictures", stratum.name),
    )
    return (Remark("few-photographs", sentence, said),)


def _why_outside(conditions: Conditions, reasons: tuple[Remark, ...], nearest: Stratum | None) -> str:
    """Why the program abstains, in words."""
    unsaved = "no JPEG" if conditions.lossless else "neither a JPEG nor of a kind that surely loses nothing"
    quality = unsaved if conditions.quality is None else f"last JPEG quality {conditions.quality}"
    where = f"; the nearest that were: {nearest.name}" if nearest else ""
    told = "; ".join(remark.sentence for remark in reasons)
    return f"a picture of {conditions.long_side} pixels along its longer side, {quality}: {told}{where}"
