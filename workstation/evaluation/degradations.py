"""What happens to an image on its way: scaled by a factor, saved as JPEG. Done on the fly, before the analysis."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from workstation.evaluation.datasets import DatasetProblem

PATTERN = re.compile(r"resize=(?P<resize>\d+(?:\.\d+)?)|jpeg=(?P<quality>\d+)")


@dataclass(frozen=True, slots=True)
class Degradation:
    """First scaled (bilinear), then saved; what is None is left alone.

    Attributes:
        resize: factor for both sides, above 0.
        quality: of the JPEG, 1..100.
    """

    resize: float | None = None
    quality: int | None = None

    @classmethod
    def parse(cls, words: str) -> Degradation:
        """From "resize=0.5", "jpeg=75" or both joined by a comma.

        Raises:
            DatasetProblem: for other words.
        """
        found: dict[str, float] = {}
        for word in filter(None, (part.strip() for part in words.split(","))):
            match = PATTERN.fullmatch(word)
            if match is None:
                raise DatasetProblem(f"{word!r} is no degradation; resize=FACTOR and jpeg=QUALITY are")
            found |= {name: float(value) for name, value in match.groupdict().items() if value}
        factor, quality = found.get("resize"), found.get("quality")
        if factor is not None and not 0 < factor <= 8:
            raise DatasetProblem("the factor of a resize lies above 0 and is at most 8")
        if quality is not None and not 1 <= quality <= 100:
            raise DatasetProblem("the quality of a JPEG lies between 1 and 100")
        return cls(factor, None if quality is None else int(quality))

    def __str__(self) -> str:
        """As `parse` reads it, "" for none."""
        scaled = "" if self.resize is None else f"resize={self.resize:g}"
        saved = "" if self.quality is None else f"jpeg={self.quality}"
        return ",".join(filter(None, (scaled, saved)))

    def __bool__(self) -> bool:
        """Whether anything happens."""
        return self.resize is not None or self.quality is not None

    def size(self, height: int, width: int) -> tuple[int, int]:
        """(height, width) afterwards."""
        factor = 1.0 if self.resize is None else self.resize
        return max(1, round(height * factor)), max(1, round(width * factor))

    def image(self, rgb: NDArray[np.uint8]) -> Image.Image:
        """The scaled image, before it is saved.

        Args:
            rgb: (height, width, 3) uint8.
        """
        image = Image.fromarray(rgb)
        if self.resize is None:
            return image
        height, width = self.size(*rgb.shape[:2])
        return image.resize((width, height), Image.Resampling.BILINEAR)

    def write(self, rgb: NDArray[np.uint8], folder: Path) -> Path:
        """Save the degraded image.

        Args:
            rgb: (height, width, 3) uint8.
            folder: gets degraded.jpg, or degraded.png where only the size changes.

        Returns:
            The file.
        """
        image = self.image(rgb)
        if self.quality is None:
            file = folder / "degraded.png"
            image.save(file, compress_level=1)
        else:
            file = folder / "degraded.jpg"
            image.save(file, quality=self.quality)
        return file

    def mask(self, mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """The mask at the new size (bilinear, at least half covered).

        Args:
            mask: (height, width) bool.
        """
        if self.resize is None:
            return mask
        height, width = self.size(*mask.shape)
        scaled = Image.fromarray(mask.astype(np.uint8) * 255).resize((width, height), Image.Resampling.BILINEAR)
        return np.asarray(scaled) > 127
