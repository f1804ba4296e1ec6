"""What may be said about a whole picture, as plain values: detection statistic, conditions, calibrated figures."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, TypeAlias

from workstation.errors import in_percent

DeviceClass = Literal["phone", "compact", "slr/mirrorless", "scanner", "drone/action camera", "unknown"]

FocusBand = Literal["sharp", "mixed", "soft", "no detail"]

FOCUS_BANDS: tuple[tuple[FocusBand, float, str], ...] = (
    ("sharp", 0.1, "under 10 % out of focus"),
    ("mixed", 0.3, "10 to 30 % out of focus"),
    ("soft", math.inf, "over 30 % out of focus"),
    ("no detail", math.nan, "without detail to judge the focus by"),
)
"""Bands of the share out of focus: name, share below which a picture belongs to it, in words."""

FEWEST_ALIKE = 5
"""Untouched photographs of a kind (device, focus, enlarging) from which a rate is printed for it, and from which a
picture of that kind counts as validated."""

FEWEST_CAMERAS = 2
"""Cameras that must have taken them: photographs of one camera are alike."""

STATISTIC = "contrast"
"""The detection statistic that tables are made of."""

CANDIDATES = ("contrast", "centre distance", "separation excess", "departure", "mean distance")
"""All statistics that are compared; the last one is the baseline, the published score."""


SMALLEST_PART, LARGEST_PART = 0.03, 0.28
"""Share of the picture that the foreign parts of the reference material cover: likelihood ratios speak of those."""


@dataclass(frozen=True, slots=True)
class Detection:
    """The candidates' values for one picture.

    Attributes:
        contrast: cosine distance between the mean embedding of the patches that depart most (mean over the highest 1,
            2 and 5 %) and that of the reference (the seven tenths that depart least), embeddings blurred over
            neighbours; 0..2.
        centre_distance: largest cosine distance between the groups of the best partition, whether or not it is stable.
        separation_excess: how far the best partition's silhouette lies above that of one Gaussian group.
        departure: 95th percentile of the departure map, 0..1.
        mean_distance: mean cosine distance of all pairs of patches (the published score).
    """

    contrast: float
    centre_distance: float
    separation_excess: float
    departure: float
    mean_distance: float

    def value(self, statistic: str) -> float:
        """The value of one of `CANDIDATES`."""
        return float(getattr(self, statistic.replace(" ", "_")))


@dataclass(frozen=True, slots=True)
class Conditions:
    """What the error rates of a picture may depend on.

    Attributes:
        long_side: of the stored image, in pixels.
        quality: IJG quality of the last JPEG save, 1..100; estimated where the tables are not standard; None where the
            file is no JPEG, so that it is not known.
        quality_estimated: whether the tables are not standard ones and the quality is that of the nearest.
        interpolated: whether the pixels show the periods that enlarging leaves.
        out_of_focus: share of the blocks with detail that are much softer than the picture's sharpest, 0..1; None where
            no block has detail.
        device_class: what the EXIF data say that it was taken with.
        lossless: of a file that is no JPEG, whether it is of a kind that surely loses nothing.
    """

    long_side: int
    quality: int | None
    quality_estimated: bool
    interpolated: bool
    out_of_focus: float | None
    device_class: DeviceClass
    lossless: bool = True

    @property
    def focus(self) -> FocusBand:
        """The band of `FOCUS_BANDS` that it belongs to."""
        share = self.out_of_focus
        if share is None:
            return "no detail"
        return next(name for name, below, _ in FOCUS_BANDS if share < below)


RemarkValue: TypeAlias = str | int | float | None


@dataclass(frozen=True, slots=True)
class Remark:
    """Something that is said of a picture and the measured material, in words and as data for other languages.

    Attributes:
        code: stable, e.g. "device-class"; docs/calibration.md lists them.
        sentence: in English, without a full stop.
        values: (name, value) of what the sentence says.
    """

    code: str
    sentence: str
    values: tuple[tuple[str, RemarkValue], ...] = ()


@dataclass(frozen=True, slots=True)
class AlikeRate:
    """How often untouched photographs of one kind were called inconsistent, within one stratum, cameras left out.

    Attributes:
        device: kind of device, "" = any.
        focus: band of the share out of focus, "" = any.
        level: of the p-value.
        false_alarms: untouched photographs of the kind with a p-value up to the level.
        photos, cameras: untouched ones of the kind.
        low, high: 95 % Clopper-Pearson interval, as wide as that of one photograph per camera; meaningless where
            `stated` is false.
    """

    device: str
    focus: str
    level: float
    false_alarms: int
    photos: int
    cameras: int
    low: float
    high: float

    @property
    def stated(self) -> bool:
        """Whether there are photographs enough to print a rate."""
        return self.photos >= FEWEST_ALIKE and self.cameras >= FEWEST_CAMERAS

    @property
    def kind(self) -> str:
        """Which photographs, in words."""
        device = [f"of the kind {self.device}"] if self.device else []
        return ", ".join((*device, *(words for name, _, words in FOCUS_BANDS if name == self.focus)))

    @property
    def missing(self) -> str:
        """What it lacks to be stated."""
        few = self.photos < FEWEST_ALIKE
        return f"fewer than {FEWEST_ALIKE} photographs" if few else f"fewer than {FEWEST_CAMERAS} cameras"

    @property
    def words(self) -> str:
        """The rate with its interval and what is behind it, or why it is not stated."""
        if not self.stated:
            return f"at {in_percent(self.level)}, {self.kind}: {self.missing}: not stated"
        return (
            f"at {in_percent(self.level)}, {self.kind}: {self.false_alarms} of {self.photos} untouched photographs of "
            f"{self.cameras} cameras were called inconsistent (95 % interval {in_percent(self.low, 1)} to "
            f"{in_percent(self.high, 1)})"
        )


@dataclass(frozen=True, slots=True)
class ErrorRate:
    """How often untouched photographs were called inconsistent at one operating point, cameras left out in turn.

    Attributes:
        level: of the p-value up to which a picture is called inconsistent, e.g. 0.05.
        stated: whether there are photographs enough for this level; if not, only `photos` and `needed` mean anything.
        false_alarms: untouched photographs with a p-value up to the level.
        photos, cameras: untouched ones that were tried.
        low, high: 95 % Clopper-Pearson interval of the false-alarm rate, as wide as that of one photograph per camera.
        needed: photographs that this level needs.
        found, spliced: spliced pictures with a p-value up to the level, of how many.
        found_low, found_high: 95 % interval of that share.
    """

    level: float
    stated: bool
    false_alarms: int
    photos: int
    cameras: int
    low: float
    high: float
    needed: int
    found: int = 0
    spliced: int = 0
    found_low: float = 0.0
    found_high: float = 1.0

    @property
    def missing(self) -> str:
        """Why the rate is not stated: a photograph is judged by those of other cameras only."""
        others = " of other cameras" if self.photos >= self.needed else ""
        return f"fewer than {self.needed} photographs{others}: not stated"

    @property
    def words(self) -> str:
        """The rate with its interval and what is behind it, or why it is not stated."""
        if not self.stated:
            return f"at {in_percent(self.level)}: {self.missing}"
        return (
            f"at {in_percent(self.level)}: {self.false_alarms} of {self.photos} untouched photographs of "
            f"{self.cameras} cameras were called inconsistent (95 % interval {in_percent(self.low, 1)} to "
            f"{in_percent(self.high, 1)}), "
            f"{self.found} of {self.spliced} splices were found"
        )


@dataclass(frozen=True, slots=True)
class PointingRate:
    """How often the analysis points at a region of its own ("departs") in pictures of a stratum.

    Attributes:
        false_alarms: untouched photographs that fell into groups.
        photos, cameras: untouched ones that were tried.
        low, high: 95 % Clopper-Pearson interval of the false-alarm rate, as wide as that of one photograph per camera.
        found, spliced: spliced pictures that fell into groups, of how many; whether the right part was found is not
            asked here.
    """

    false_alarms: int
    photos: int
    cameras: int
    low: float
    high: float
    found: int
    spliced: int

    @property
    def words(self) -> str:
        """The rate with its interval and what is behind it."""
        return (
            f"{self.false_alarms} of {self.photos} untouched photographs of {self.cameras} cameras fell into groups "
            f"(95 % interval {in_percent(self.low, 1)} to {in_percent(self.high, 1)}), and {self.found} of "
            f"{self.spliced} splices"
        )


@dataclass(frozen=True, slots=True)
class CalibrationStatement:
    """What measured material allows to say about one picture.

    Attributes:
        status: "calibrated"; "outside" of what was validated, then `reason` says why and no figure is given; or "not
            calibrated": there is no table for these weights.
        reason: why there is no figure, "" where there is one.
        stratum: the validated stratum that the picture belongs to, in words; where it is outside, the nearest one; "".
        statistic, value: the detection statistic and its value here.
        p_consistent: conformal p-value of "this picture is consistent throughout": how rare a value this high is among
            untouched photographs of the stratum; None where not calibrated.
        p_smallest: the smallest p-value that so many photographs can give.
        llr: log10 of the likelihood ratio of spliced to untouched, within its limits; None where not calibrated.
        llr_limits: (low, high) beyond which the number of pictures carries no log10 likelihood ratio.
        verbal: the likelihood ratio on the verbal scale, "" where there is none.
        rates: error rates of the stratum at the operating points.
        pointing: how often pictures of the stratum fall into groups; None where not calibrated.
        photos, cameras: untouched ones behind the p-value.
        date: of the table, UTC.
        origin: whose photographs: "shipped with the weights" or "this laboratory".
        material: one sentence on the photographs.
        weights_sha256: of the weights that the table belongs to; "" without a table.
        reasons: why there is no figure, each as data; `reason` says them in one sentence.
        reservations: what must be said beside the figures.
        alike: error rates of the stratum's photographs that are like the picture in device and focus.
        nearest_rates: error rates of the nearest stratum where the picture is outside: they do not hold for it.
        pictures: `stratum` as data (code "stratum"), None where there is none.
    """

    status: Literal["calibrated", "outside", "not calibrated"]
    reason: str = ""
    stratum: str = ""
    statistic: str = STATISTIC
    value: float | None = None
    p_consistent: float | None = None
    p_smallest: float | None = None
    llr: float | None = None
    llr_limits: tuple[float, float] | None = None
    verbal: str = ""
    rates: tuple[ErrorRate, ...] = ()
    pointing: PointingRate | None = None
    photos: int = 0
    cameras: int = 0
    date: str = ""
    origin: str = ""
    material: str = ""
    weights_sha256: str = ""
    reasons: tuple[Remark, ...] = ()
    reservations: tuple[Remark, ...] = ()
    alike: tuple[AlikeRate, ...] = ()
    nearest_rates: tuple[ErrorRate, ...] = ()
    pictures: Remark | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """One example on one device.

    Attributes:
        image: name of the file.
        device: that computed it here; as asked for ("cuda") where it could not.
        passed: whether everything lies within the tolerances.
        reason: what does not, "" if all does.
        largest, usual: difference of the departure map, of the worst cell and of the 95th percentile.
        score: relative difference of the mean dissimilarity.
        agreement: share of cells in the stored group.
        seconds: that the analysis took.
    """

    image: str
    device: str
    passed: bool
    reason: str = ""
    largest: float | None = None
    usual: float | None = None
    score: float | None = None
    agreement: float | None = None
    seconds: float | None = None

    @property
    def sentence(self) -> str:
        """Pass or fail with the numbers, on one line."""
        if self.largest is None or self.score is None or self.agreement is None:
            return f"{self.image} on {self.device}: FAIL, {self.reason}"
        verdict = "pass" if self.passed else f"FAIL, {self.reason}"
        return (
            f"{self.image} on {self.device}: {verdict} (departure differs by {self.largest:.4f} at most, "
            f"{self.usual:.4f} in 95 % of the cells; score by {in_percent(self.score, 2)}; "
            f"{in_percent(self.agreement, 1)} of the cells in the stored group)"
        )


@dataclass(frozen=True, slots=True)
class ValidationReport:
    """The outcome for all examples and devices.

    Attributes:
        weights, weights_sha256: that were used.
        program: version.
        date: UTC, ISO 8601.
        checks: one per example and device.
        skipped: devices that this computer does not offer, each with the reason.
    """

    weights: str
    weights_sha256: str
    program: str
    date: str
    checks: tuple[Check, ...]
    skipped: tuple[tuple[str, str], ...] = ()

    @property
    def passed(self) -> bool:
        """Whether there was something to compare and all of it passed."""
        return bool(self.checks) and all(check.passed for check in self.checks)
