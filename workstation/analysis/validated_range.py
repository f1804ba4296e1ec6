"""What the photographs behind a stratum were like, and so which pictures its error rates may be stated for.

One rule: a picture must be like at least `FEWEST_ALIKE` of the stratum's untouched photographs, of at least
`FEWEST_CAMERAS` cameras, in its device, its focus and its traces of enlarging. Otherwise nothing is stated but the
reason.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from workstation.analysis.statement import FEWEST_ALIKE, FEWEST_CAMERAS, Conditions, Remark, RemarkValue
from workstation.errors import in_percent

NEEDED = f"{FEWEST_ALIKE} photographs of at least {FEWEST_CAMERAS} cameras are needed"


@dataclass(frozen=True, slots=True)
class Counted:
    """Untouched photographs of one kind.

    Attributes:
        photos: how many.
        cameras: of how many; None in tables of an earlier format, which did not count them.
    """

    photos: int
    cameras: int | None = None

    @property
    def enough(self) -> bool:
        """Whether pictures of the kind count as validated."""
        return self.photos >= FEWEST_ALIKE and (self.cameras is None or self.cameras >= FEWEST_CAMERAS)

    @property
    def words(self) -> str:
        """The photographs as the subject of a sentence, with its verb."""
        if not self.photos:
            return "no untouched photographs were"
        cameras = "" if self.cameras is None else f" of {_counted(self.cameras, 'camera')}"
        return f"{_counted(self.photos, 'untouched photograph')}{cameras} {'was' if self.photos == 1 else 'were'}"

    @property
    def values(self) -> tuple[tuple[str, RemarkValue], ...]:
        """What a remark on it says: how many there are, and how many are needed."""
        have = (("photos", self.photos), ("cameras", self.cameras))
        return (*have, ("needed", FEWEST_ALIKE), ("needed_cameras", FEWEST_CAMERAS))


@dataclass(frozen=True, slots=True)
class ValidatedRange:
    """What a stratum's untouched photographs were like.

    Attributes:
        devices: kind of device → its photographs; "unknown" where nobody knows; empty where they were not counted.
        softest: largest share out of focus that photographs enough reach; None where too few have one.
        without_detail: photographs without any detail to judge the focus by.
        enlarged: photographs whose pixels show traces of enlarging.
        recorded: whether focus and traces of enlarging were counted; tables of format 1 did not.
    """

    devices: Mapping[str, Counted] = field(default_factory=dict)
    softest: float | None = None
    without_detail: Counted = Counted(0, 0)
    enlarged: Counted = Counted(0, 0)
    recorded: bool = False

    def objections(self, conditions: Conditions) -> tuple[Remark, ...]:
        """Why nothing can be stated for a picture although it belongs to the stratum; empty if something can.

        Of a device that is not known nothing can be asked: `reservations` says so instead.
        """
        return (*self._of_device(conditions), *self._of_pixels(conditions))

    def reservations(self, conditions: Conditions) -> tuple[Remark, ...]:
        """What must be said beside the figures."""
        return (*self._unknown_device(conditions), *self._unrecorded())

    @property
    def words(self) -> str:
        """Which pictures of the stratum get figures, and which kinds of device still need photographs."""
        enough = [f"{kind} ({own.photos})" for kind, own in self.devices.items() if own.enough]
        lacking = [f"{kind} ({own.photos})" for kind, own in self.devices.items() if not own.enough]
        parts = [
            f"devices: {', '.join(enough) or 'none'}",
            *([f"too few photographs of {', '.join(lacking)}"] if lacking else []),
            "no share out of focus" if self.softest is None else f"up to {in_percent(self.softest, 1)} out of focus",
            f"{'also' if self.enlarged.enough else 'not'} with traces of enlarging",
            f"{'also' if self.without_detail.enough else 'not'} without detail",
        ]
        return "; ".join(parts)

    def _of_device(self, conditions: Conditions) -> Iterator[Remark]:
        if conditions.device_class == "unknown" or not self.devices:
            return
        own = self.devices.get(conditions.device_class, Counted(0, 0))
        if own.enough:
            return
        # the kind itself is not named: the sentence is shown in a blind examination, too
        sentence = (
            f"{own.words} measured of the kind of device that its EXIF data name; {NEEDED} (measured: {self._listed()})"
        )
        said = (("device", conditions.device_class), *own.values, ("measured", self._listed()))
        yield Remark("device-class", sentence, said)

    def _of_pixels(self, conditions: Conditions) -> Iterator[Remark]:
        if not self.recorded:
            return
        share = conditions.out_of_focus
        if conditions.interpolated and not self.enlarged.enough:
            sentence = f"its pixels show traces of enlarging; {self.enlarged.words} measured that show them; {NEEDED}"
            yield Remark("enlarged", sentence, self.enlarged.values)
        if share is None and not self.without_detail.enough:
            sentence = f"it has no detail to judge its focus by; {self.without_detail.words} measured that have none"
            yield Remark("no-detail", f"{sentence}; {NEEDED}", self.without_detail.values)
        if share is not None and (self.softest is None or share > self.softest):
            told, softest = _apart(share, self.softest)
            limit = "however little" if self.softest is None else f"more than {softest}"
            measured = f"too few untouched photographs were measured with {limit}"
            sentence = f"{told} of its detail is out of focus; {measured}; {NEEDED}"
            said = (("share", round(share, 4)), ("softest", self.softest))
            yield Remark("focus", sentence, (*said, ("needed", FEWEST_ALIKE), ("needed_cameras", FEWEST_CAMERAS)))

    def _unknown_device(self, conditions: Conditions) -> Iterator[Remark]:
        if conditions.device_class == "unknown" and self.devices:
            yield Remark(
                "device-unknown",
                "the file does not say what kind of device took it: the error rates are those of "
                f"{self._listed()} photographs, and nothing is known of how they hold for other kinds",
                (("measured", self._listed()), *((kind, own.photos) for kind, own in self.devices.items())),
            )

    def _unrecorded(self) -> Iterator[Remark]:
        if not self.recorded:
            yield Remark(
                "range-not-recorded",
                "the table was made by an earlier version, which did not record how many of its photographs were out "
                "of focus or enlarged: whether this picture is like them is not known (`exifact calibrate` makes it "
                "anew)",
            )

    def _listed(self) -> str:
        return ", ".join(f"{own.photos} {kind}" for kind, own in self.devices.items())


def read_range(stratum: Mapping[str, Any], *, recorded: bool) -> ValidatedRange:
    """The range of a stratum as a table stores it.

    Args:
        stratum: fields of the stratum.
        recorded: whether the table's format records it; format 1 held numbers of photographs by device at most.

    Raises:
        KeyError, TypeError, ValueError: if a field is missing or is no number.
    """
    if not recorded:
        return ValidatedRange({str(kind): Counted(int(own)) for kind, own in stratum.get("devices", {}).items()})
    softest = stratum["focus"]["softest"]
    return ValidatedRange(
        {str(kind): _count_of(own) for kind, own in stratum["devices"].items()},
        softest=None if softest is None else float(softest),
        without_detail=_count_of(stratum["focus"]["without_detail"]),
        enlarged=_count_of(stratum["enlarged"]),
        recorded=True,
    )


def _count_of(own: Mapping[str, Any]) -> Counted:
    return Counted(int(own["photos"]), int(own["cameras"]))


def _apart(share: float, softest: float | None) -> tuple[str, str]:
    """A share and the smaller one that it exceeds, in percent, with as many decimals as it takes to tell them apart."""
    for digits in range(1, 6):
        told = in_percent(share, digits), "" if softest is None else in_percent(softest, digits)
        if told[0] != told[1]:
            break
    return told


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
