"""How reference images are made: which window of a photograph, how it is scaled, how it is saved last.

Each treatment stands for pictures of one size and one last save. A photograph counts once in each stratum, whatever the
number of its crops.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from PIL import Image


@dataclass(frozen=True, slots=True)
class Treatment:
    """One way from a photograph to a reference image.

    Attributes:
        name: stable, e.g. "web".
        window: (width, height) in pixels of the landscape window that is cut; None = the whole photograph.
        scale: by which the window is scaled afterwards (bicubic), above 1 = upscaled.
        quality: of the last JPEG save; None = PNG, so that the traces are those that the camera left.
    """

    name: str
    window: tuple[int, int] | None
    scale: float = 1.0
    quality: int | None = None

    @property
    def suffix(self) -> str:
        """Of the file that `save` writes."""
        return ".png" if self.quality is None else ".jpg"

    def fits(self, width: int, height: int) -> bool:
        """Whether a photograph of this size (either orientation) holds the window."""
        long, short = max(width, height), min(width, height)
        if self.window is None:
            return long > SMALLEST_WHOLE
        return long >= self.window[0] and short >= self.window[1]

    def save(self, image: Image.Image) -> bytes:
        """The file's bytes after scaling and the last save."""
        if self.scale != 1.0:
            size = round(image.width * self.scale), round(image.height * self.scale)
            image = image.resize(size, Image.Resampling.BICUBIC)
        buffer = io.BytesIO()
        if self.quality is None:
            image.save(buffer, "PNG", compress_level=1)
        else:
            image.save(buffer, "JPEG", quality=self.quality)
        return buffer.getvalue()


SMALLEST_WHOLE = 2400
"""Long side in pixels above which a photograph is also taken whole: windows stand for smaller ones."""

MEDIUM, LARGE = (1024, 768), (1536, 1152)

TREATMENTS = (
    Treatment("medium", MEDIUM),
    Treatment("medium-90", MEDIUM, quality=90),
    Treatment("web", MEDIUM, 0.7, 75),
    Treatment("large", LARGE),
    Treatment("large-90", LARGE, quality=90),
    Treatment("medium-75", MEDIUM, quality=75),
    Treatment("small-90", MEDIUM, 0.7, 90),
    Treatment("upscaled-90", (720, 540), 1.4, 90),
    Treatment("large-75", LARGE, quality=75),
    Treatment("tiny-75", MEDIUM, 0.5, 75),
    Treatment("whole", None),
    Treatment("whole-90", None, quality=90),
)
"""All of them, the usual pictures first; which of them a table states error rates for depends on how many photographs
hold the window."""


def treatments_by_name() -> Mapping[str, Treatment]:
    """`TREATMENTS` by their names."""
    return {treatment.name: treatment for treatment in TREATMENTS}


def write(image: Image.Image, treatment: Treatment, folder: Path, stem: str) -> Path:
    """Save a reference image as the file that an analyst would open."""
    file = folder / f"{stem}{treatment.suffix}"
    file.write_bytes(treatment.save(image))
    return file


@dataclass(frozen=True, slots=True)
class StratumPlan:
    """Pictures that one set of error rates is stated for, and the reference images that stand for them.

    Attributes:
        name: in words, as window and report print it.
        long_side: (least, most) pixels.
        quality: (least, most) IJG quality of the last JPEG save; None = no JPEG belongs here.
        lossless: whether pictures that are no JPEG belong here.
        interpolated: whether it is made of enlarged pictures.
        treatments: names; every photograph stands for one of them.
    """

    name: str
    long_side: tuple[int, int]
    quality: tuple[int, int] | None
    lossless: bool
    interpolated: bool
    treatments: tuple[str, ...]

    def holds_size(self, long_side: int) -> bool:
        """Whether pictures of this size belong here: photographs that are taken whole are of any size."""
        return self.long_side[0] <= long_side <= self.long_side[1]

    def treatment_of(self, photo: str) -> str:
        """Which of the treatments a photograph stands for, so that it counts once.

        Args:
            photo: hexadecimal hash that names it.
        """
        return self.treatments[int(photo[:8], 16) % len(self.treatments)]


GENTLE, COARSE = (85, 100), (70, 84)
"""Last JPEG qualities: about what cameras write, and what web pages and messengers write."""

PLANS = (
    StratumPlan(
        "901 to 1280 pixels, JPEG 85 or above or no JPEG",
        (901, 1280),
        GENTLE,
        lossless=True,
        interpolated=False,
        treatments=("medium", "medium-90"),
    ),
    StratumPlan("901 to 1280 pixels, JPEG 70 to 84", (901, 1280), COARSE, False, False, ("medium-75",)),
    StratumPlan("641 to 900 pixels, JPEG 85 or above", (641, 900), GENTLE, False, False, ("small-90",)),
    StratumPlan("641 to 900 pixels, JPEG 70 to 84", (641, 900), COARSE, False, False, ("web",)),
    StratumPlan("480 to 640 pixels, JPEG 70 to 84", (480, 640), COARSE, False, False, ("tiny-75",)),
    StratumPlan(
        "1281 to 2400 pixels, JPEG 85 or above or no JPEG",
        (1281, 2400),
        GENTLE,
        lossless=True,
        interpolated=False,
        treatments=("large", "large-90"),
    ),
    StratumPlan("1281 to 2400 pixels, JPEG 70 to 84", (1281, 2400), COARSE, False, False, ("large-75",)),
    StratumPlan(
        "2401 to 6000 pixels, JPEG 85 or above or no JPEG",
        (2401, 6000),
        GENTLE,
        lossless=True,
        interpolated=False,
        treatments=("whole", "whole-90"),
    ),
    StratumPlan(
        "6001 to 12000 pixels, JPEG 85 or above or no JPEG",
        (6001, 12000),
        GENTLE,
        lossless=True,
        interpolated=False,
        treatments=("whole", "whole-90"),
    ),
    StratumPlan("901 to 1280 pixels, enlarged, JPEG 85 or above", (901, 1280), GENTLE, False, True, ("upscaled-90",)),
)
"""All of them, by size and last save."""
