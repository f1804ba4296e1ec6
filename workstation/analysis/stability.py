"""What stays when the same picture is saved again, scaled or shifted a little: an audit of one picture's findings.

A finding that rests on the picture's history should survive changes that nobody would call a manipulation. Each changed
copy is analysed on the same road, and its findings are laid over those of the picture as it is.
"""

from __future__ import annotations

import io
from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from workstation import analysis
from workstation.analysis.model import Encoder
from workstation.analysis.result import AnalysisResult, BoolArray, Maps
from workstation.errors import number_of
from workstation.evidence.record import Evidence, JpegStructure
from workstation.progress import Progress, Stopwatch, drain

QUALITY = 90
SCALE = 0.9
SHIFT = 5, 3
"""Pixels that are cut off at the left and at the top; not multiples of 8, so that the JPEG grid moves."""

KEPT_OVERLAP = 0.5
"""Intersection over union from which a region counts as the same in the changed copy."""

INSIDE = 0.5
"""Share of a region of the copy from which it lies in a region of the picture: a region may fall into several."""

LONGEST_JPEG = 65_500
"""Pixels along a side that libjpeg writes."""

STEP = 8
"""Pixels between the places at which maps are compared."""


@dataclass(frozen=True, slots=True)
class Change:
    """One harmless change.

    Attributes:
        name: in words.
        quality: of a JPEG save afterwards; None = not saved as JPEG.
        scale: of the picture.
        shift: (right, down) pixels that are cut off at the left and at the top.
    """

    name: str
    quality: int | None = None
    scale: float = 1.0
    shift: tuple[int, int] = (0, 0)

    def apply(self, rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """(height, width, 3) uint8 of the changed copy."""
        image = Image.fromarray(rgb[self.shift[1] :, self.shift[0] :])
        if self.scale != 1.0:
            size = max(1, round(image.width * self.scale)), max(1, round(image.height * self.scale))
            image = image.resize(size, Image.Resampling.BICUBIC)
        if self.quality is not None:
            buffer = io.BytesIO()
            image.save(buffer, "JPEG", quality=self.quality)
            image = Image.open(buffer)
        return np.array(image.convert("RGB"))


CHANGES = (
    Change(f"saved again at JPEG {QUALITY}", quality=QUALITY),
    Change(f"scaled to {SCALE:.0%}", scale=SCALE),
    Change(f"cut by {SHIFT[0]} and {SHIFT[1]} pixels", shift=SHIFT),
)


@dataclass(frozen=True, slots=True)
class Stability:
    """What stayed under one change.

    Attributes:
        change: its name.
        regions: departing regions (groups other than A) of the picture as it is.
        kept: those of them that the copy shows, too, at the same place, in one region or several.
        new: departing regions of the copy most of which does not depart in the picture as it is.
        correlation: of the two departure maps over the same places; None where one is missing or constant.
        overlaps: (region's name, intersection over union with what departs there in the copy: those of its regions
            that lie mostly in this one, or the single region that fits best).
        p_before, p_after: p-value of "consistent throughout"; None where not calibrated.
        reason: why the copy could not be analysed, "" if it could.
    """

    change: str
    regions: int
    kept: int
    new: int
    correlation: float | None
    overlaps: tuple[tuple[str, float], ...]
    p_before: float | None = None
    p_after: float | None = None
    reason: str = ""

    @property
    def sentence(self) -> str:
        """What stayed, in words."""
        if self.reason:
            return f"{self.change}: not assessable any more ({self.reason})."
        if self.regions:
            stay = "stays" if 1 in (self.kept, self.regions) else "stay"
            said = f"{self.kept} of {number_of(self.regions, 'departing region')} {stay}"
        else:
            said = "no region departed before" if self.new else "no region departs, as before"
        appear = "appears that was" if self.new == 1 else "appear that were"
        added = f", {self.new} {appear} not there" if self.new else ""
        alike = "" if self.correlation is None else f"; the departure maps correlate by {self.correlation:.2f}"
        return f"{self.change}: {said}{added}{alike}."


def audit(
    evidence: Evidence, result: AnalysisResult, encoder: Encoder, *, changes: Sequence[Change] = CHANGES
) -> Generator[Progress, None, tuple[Stability, ...]]:
    """Analyse changed copies of a picture and compare.

    Args:
        evidence: the picture; its file is not touched.
        result: of its analysis.
        encoder: the same weights as the result's.
        changes: that are tried.

    Yields:
        Progress after each copy; its `partial` is the `Stability`.

    Returns:
        One per change.
    """
    found: list[Stability] = []
    watch = Stopwatch()
    for number, change in enumerate(changes):
        yield Progress(change.name, number / len(changes), watch.remaining(number / len(changes)))
        if change.quality is not None and max(result.image_size) > LONGEST_JPEG:
            why = f"a JPEG holds at most {LONGEST_JPEG} pixels along a side"
            found.append(Stability(change.name, 0, 0, 0, None, (), reason=why))
        else:
            after = drain(analysis.run(changed(evidence, change), result.request, encoder=encoder))
            found.append(compare(result, after, change))
        yield Progress(change.name, (number + 1) / len(changes), None, found[-1])
    return tuple(found)


def changed(evidence: Evidence, change: Change) -> Evidence:
    """The changed copy as evidence; a copy that is not saved again keeps the last save of the picture.

    Args:
        evidence: the picture.
        change: what is done to it.
    """
    rgb = change.apply(evidence.pixels.rgb)
    jpeg = evidence.metadata.jpeg
    if change.quality is not None:
        jpeg = JpegStructure((), (), "4:2:0", "baseline", 3, 8, change.quality, (rgb.shape[0], rgb.shape[1]))
    return replace(
        evidence,
        pixels=replace(evidence.pixels, rgb=rgb),
        metadata=replace(evidence.metadata, jpeg=jpeg),
    )


def compare(before: AnalysisResult, after: AnalysisResult, change: Change) -> Stability:
    """Lay the findings of a changed copy over those of the picture.

    Args:
        before: of the picture as it is.
        after: of the changed copy.
        change: that lies between them.
    """
    if before.maps is None or after.maps is None:
        return Stability(change.name, 0, 0, 0, None, (), reason=before.reason or after.reason)
    y, x = _places(before, after, change)
    here = _values(before.maps, y, x)
    there = _values(after.maps, (y - change.shift[1]) * change.scale, (x - change.shift[0]) * change.scale)
    old, new = _regions(before, here[1]), _regions(after, there[1])
    overlaps = tuple((name, _found_again(mask, tuple(new.values()))) for name, mask in old.items())
    departed = here[1] > 0
    appeared = sum(_share_inside(mask, departed) < INSIDE for mask in new.values() if mask.any())
    return Stability(
        change=change.name,
        regions=len(old),
        kept=sum(overlap >= KEPT_OVERLAP for _, overlap in overlaps),
        new=appeared,
        correlation=_correlation(here[0], there[0]),
        overlaps=overlaps,
        p_before=before.calibration.p_consistent if before.calibration else None,
        p_after=after.calibration.p_consistent if after.calibration else None,
    )


def _places(
    before: AnalysisResult, after: AnalysisResult, change: Change
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Pixels of the picture that the copy shows, too: (rows, 1) and (1, columns)."""
    height = min(before.image_size[0], change.shift[1] + after.image_size[0] / change.scale)
    width = min(before.image_size[1], change.shift[0] + after.image_size[1] / change.scale)
    rows = np.arange(change.shift[1] + STEP / 2, height, STEP)
    return rows[:, None], np.arange(change.shift[0] + STEP / 2, width, STEP)[None]


def _values(
    maps: Maps, y: NDArray[np.float64], x: NDArray[np.float64]
) -> tuple[NDArray[np.float32], NDArray[np.int16]]:
    """Departure and group at these pixels."""
    geometry = maps.geometry
    rows = np.clip(y // geometry.cell, 0, geometry.rows - 1).astype(int)
    columns = np.clip(x // geometry.cell, 0, geometry.columns - 1).astype(int)
    return maps.departure[rows, columns], maps.groups[rows, columns]


def _regions(result: AnalysisResult, labels: NDArray[np.int16]) -> dict[str, BoolArray]:
    """Where the groups other than A are."""
    groups = result.partition.groups if result.partition else ()
    return {group.name: labels == group.label for group in groups if group.label > 0}


def _found_again(region: BoolArray, others: Sequence[BoolArray]) -> float:
    """Intersection over union of a region with what is left of it in the copy."""
    within = [other for other in others if other.any() and _share_inside(other, region) >= INSIDE]
    together = np.logical_or.reduce([np.zeros_like(region), *within])
    return max(_overlap(region, other) for other in (together, *others))


def _share_inside(part: BoolArray, whole: BoolArray) -> float:
    return float(np.count_nonzero(part & whole) / np.count_nonzero(part))


def _overlap(one: BoolArray, other: BoolArray) -> float:
    """Intersection over union."""
    union = np.count_nonzero(one | other)
    return float(np.count_nonzero(one & other) / union) if union else 0.0


def _correlation(one: NDArray[np.float32], other: NDArray[np.float32]) -> float | None:
    known = np.isfinite(one) & np.isfinite(other)
    a, b = one[known].astype(np.float64), other[known].astype(np.float64)
    if len(a) < 2 or a.std() < 1e-9 or b.std() < 1e-9:
        return None
    return float(np.corrcoef(a, b)[0, 1])
