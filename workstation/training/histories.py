"""What happens to a photograph between the camera and the last save."""

from __future__ import annotations

import io
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

Image8 = NDArray[np.uint8]
Tables = tuple[tuple[int, ...], ...]

SUBSAMPLINGS = ("4:4:4", "4:2:2", "4:2:0")
_FILTERS = {
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
}


@dataclass(frozen=True, slots=True)
class JpegSave:
    """One JPEG compression.

    Attributes:
        quality: IJG quality 1..100, used where `tables` is None.
        subsampling: "4:4:4", "4:2:2" or "4:2:0".
        shift: (y, x) position of the block grid's origin, 0..7 each.
        tables: quantisation tables of a real camera, each 64 values in natural order.
    """

    quality: int
    subsampling: str
    shift: tuple[int, int] = (0, 0)
    tables: Tables | None = None

    @classmethod
    def draw(
        cls, rng: np.random.Generator, low: int, high: int, *, shifted: bool, tables: tuple[Tables, ...] = ()
    ) -> JpegSave:
        """A random save with quality in low..high; in a quarter of the cases with a real camera's tables."""
        shift = (int(rng.integers(8)), int(rng.integers(8))) if shifted else (0, 0)
        real = tables[int(rng.integers(len(tables)))] if tables and rng.random() < 0.25 else None
        return cls(int(rng.integers(low, high + 1)), str(rng.choice(SUBSAMPLINGS, p=(0.35, 0.15, 0.5))), shift, real)

    def apply(self, image: Image8) -> Image8:
        """Compress and decompress; the sides need not be multiples of 8."""
        y, x = self.shift
        padded = cv2.copyMakeBorder(image, y, 0, x, 0, cv2.BORDER_REFLECT_101) if y or x else image
        buffer = io.BytesIO()
        options = {"qtables": list(self.tables)} if self.tables else {"quality": self.quality}
        Image.fromarray(padded).save(buffer, "JPEG", subsampling=self.subsampling, **options)
        decoded = np.asarray(Image.open(buffer))
        return decoded[y:, x:]


@dataclass(frozen=True, slots=True)
class Resize:
    """One resampling by `factor` with the named filter of Pillow."""

    factor: float
    filter: str

    @classmethod
    def draw(cls, rng: np.random.Generator, low: float, high: float) -> Resize:
        """A random factor in low..high, even in its logarithm."""
        factor = float(np.exp(rng.uniform(np.log(low), np.log(high))))
        return cls(factor, str(rng.choice(tuple(_FILTERS), p=(0.3, 0.45, 0.25))))

    def apply(self, image: Image8) -> Image8:
        """Resample (height, width, 3) to round(side · factor)."""
        height, width = image.shape[:2]
        size = (max(8, round(width * self.factor)), max(8, round(height * self.factor)))
        return np.asarray(Image.fromarray(image).resize(size, _FILTERS[self.filter]))


@dataclass(frozen=True, slots=True)
class History:
    """An ordered chain between camera and last save; every part may be missing.

    Attributes:
        resize: before all else.
        exposure, gamma: tone curve 255 · (v / 255)^gamma · exposure; 1, 1 = none.
        noise: standard deviation of added noise in grey levels.
        sharpen: amount of an unsharp mask (radius 1), negative = blur with that sigma.
        save: an earlier JPEG, usually on a shifted grid.
    """

    resize: Resize | None = None
    exposure: float = 1.0
    gamma: float = 1.0
    noise: float = 0.0
    sharpen: float = 0.0
    save: JpegSave | None = None

    @property
    def scale(self) -> float:
        """Factor between source and result."""
        return self.resize.factor if self.resize else 1.0

    @classmethod
    def draw(cls, rng: np.random.Generator, tables: tuple[Tables, ...]) -> History:
        """A random chain with at least one step."""
        while True:
            sharpen = 0.0
            if rng.random() < 0.35:
                sharpen = float(rng.uniform(0.3, 1.5)) if rng.random() < 0.6 else -float(rng.uniform(0.4, 1.2))
            history = cls(
                resize=Resize.draw(rng, 0.45, 1.25) if rng.random() < 0.5 else None,
                exposure=float(rng.uniform(0.8, 1.2)) if rng.random() < 0.3 else 1.0,
                gamma=float(rng.uniform(0.7, 1.4)) if rng.random() < 0.3 else 1.0,
                noise=float(rng.uniform(0.5, 5)) if rng.random() < 0.25 else 0.0,
                sharpen=sharpen,
                save=JpegSave.draw(rng, 45, 99, shifted=True, tables=tables) if rng.random() < 0.6 else None,
            )
            if history != cls():
                return history

    def apply(self, image: Image8, rng: np.random.Generator) -> Image8:
        """Run the chain over (height, width, 3) uint8; the noise alone is drawn from `rng`."""
        out = self.resize.apply(image) if self.resize else image
        if self.exposure != 1 or self.gamma != 1 or self.noise or self.sharpen:
            out = self._retouch(out, rng)
        return self.save.apply(out) if self.save else out

    def _retouch(self, image: Image8, rng: np.random.Generator) -> Image8:
        x = image.astype(np.float32)
        if self.exposure != 1 or self.gamma != 1:
            x = np.asarray(255 * np.clip(x / 255, 0, 1) ** self.gamma * self.exposure, np.float32)
        if self.noise:
            x = x + self.noise * rng.standard_normal(x.shape, dtype=np.float32)
        if self.sharpen > 0:
            x = x + self.sharpen * (x - cv2.GaussianBlur(x, (0, 0), 1.0))
        elif self.sharpen < 0:
            x = cv2.GaussianBlur(x, (0, 0), -self.sharpen)
        return np.clip(np.round(x), 0, 255).astype(np.uint8)


@dataclass(frozen=True, slots=True)
class LastSave:
    """What is common to all parts of a composite: perhaps one resize, perhaps one JPEG."""

    resize: Resize | None
    save: JpegSave | None

    @property
    def scale(self) -> float:
        """Factor between composite and file."""
        return self.resize.factor if self.resize else 1.0

    @classmethod
    def draw(
        cls, rng: np.random.Generator, tables: tuple[Tables, ...], *, resized: float = 0.34, saved: float = 0.75
    ) -> LastSave:
        """A random last save: `resized` is the chance of a resize (to 0.55 to 0.95), `saved` that of a JPEG."""
        return cls(
            Resize.draw(rng, 0.55, 0.95) if rng.random() < resized else None,
            JpegSave.draw(rng, 60, 97, shifted=False, tables=tables) if rng.random() < saved else None,
        )

    def apply(self, image: Image8, side: int, *, aligned: bool = False) -> Image8:
        """Resize, cut the centre to (side, side) and compress on the block grid of that cut.

        An `aligned` cut begins at a multiple of 8 pixels, so that a block grid of `image` lies on that of the save.
        """
        out = self.resize.apply(image) if self.resize else image
        y, x = (out.shape[0] - side) // 2, (out.shape[1] - side) // 2
        if aligned:
            y, x = y // 8 * 8, x // 8 * 8
        cut = np.ascontiguousarray(out[y : y + side, x : x + side])
        return self.save.apply(cut) if self.save else cut
