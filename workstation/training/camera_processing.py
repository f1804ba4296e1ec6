"""What a lens does before the mosaic of a simulated camera, and what a maker's firmware does after it.

Telephones and compact cameras differ less in how they demosaic than in what follows: colour noise smoothed away,
fine texture smoothed where there is little of it, local contrast raised with a limit on halos, a tone curve, and
a JPEG with the maker's own tables.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from workstation.training.histories import JpegSave, Tables

Image8 = NDArray[np.uint8]
FloatImage = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class CameraProcessing:
    """The lens and the firmware of one camera.

    Attributes:
        blur: deviations in pixels of the lens's blur in red, green and blue.
        chroma: "none", "gaussian", "median" or "box": how colour noise is smoothed; `chroma_strength` in pixels.
        texture: deviation in grey levels below which texture is smoothed (self-guided filter); 0 = not at all.
        clarity, clarity_radius: amount and deviation in pixels of a wide unsharp mask.
        halo_limit: most that the wide mask changes a pixel, in grey levels.
        contrast: of an S-shaped tone curve; negative = flatter.
        saturation: factor of both colour differences.
        save: the camera's JPEG, its block grid beginning with the picture; None = it stores raw pixels.
    """

    blur: tuple[float, float, float]
    chroma: str
    chroma_strength: float
    texture: float
    clarity: float
    clarity_radius: float
    halo_limit: float
    contrast: float
    saturation: float
    save: JpegSave | None

    @classmethod
    def draw(cls, rng: np.random.Generator, tables: tuple[Tables, ...]) -> CameraProcessing:
        """A random lens and firmware; a quarter of the JPEGs have one of the real `tables`."""
        sigma = float(rng.uniform(0.0, 0.9))
        save = JpegSave.draw(rng, 82, 99, shifted=False, tables=tables) if rng.random() < 0.7 else None
        red, green, blue = (float(max(0.0, sigma + difference)) for difference in rng.normal(0, 0.12, 3))
        return cls(
            blur=(red, green, blue),
            chroma=str(rng.choice(("none", "gaussian", "median", "box"), p=(0.35, 0.3, 0.2, 0.15))),
            chroma_strength=float(rng.uniform(0.6, 3.0)),
            texture=float(rng.choice((0.0, rng.uniform(3, 14)), p=(0.5, 0.5))),
            clarity=float(rng.choice((0.0, rng.uniform(0.1, 0.6)), p=(0.5, 0.5))),
            clarity_radius=float(rng.uniform(2.0, 5.0)),
            halo_limit=float(rng.choice((255.0, rng.uniform(4, 30)), p=(0.5, 0.5))),
            contrast=float(rng.uniform(-0.15, 0.35)),
            saturation=float(rng.uniform(0.85, 1.35)),
            save=save,
        )

    def lens(self, linear: FloatImage) -> FloatImage:
        """Blur (height, width, 3) linear light, each colour by itself."""
        colours = [
            cv2.GaussianBlur(linear[..., k], (0, 0), deviation) if deviation > 0.25 else linear[..., k]
            for k, deviation in enumerate(self.blur)
        ]
        return np.stack(colours, -1).astype(np.float32)

    def develop(self, stored: FloatImage) -> Image8:
        """Finish a picture.

        Args:
            stored: (height, width, 3) float32, RGB, gamma-encoded, 0..255.

        Returns:
            (height, width, 3) uint8 as the camera's file shows it.
        """
        converted = cv2.cvtColor(np.clip(stored, 0, 255).astype(np.float32) / 255, cv2.COLOR_RGB2YCrCb)
        luma = self._luma(np.asarray(converted[..., 0] * 255, np.float32))
        chroma = self._chroma(np.asarray((converted[..., 1:] - 0.5) * (255 * self.saturation), np.float32))
        tone = np.clip(luma / 255, 0, 1)
        tone = tone + self.contrast * tone * (1 - tone) * (2 * tone - 1) * 2
        finished = np.concatenate([tone[..., None], chroma / 255 + 0.5], -1).astype(np.float32)
        rgb = cv2.cvtColor(finished, cv2.COLOR_YCrCb2RGB)
        image = np.clip(np.round(rgb * 255), 0, 255).astype(np.uint8)
        return self.save.apply(image) if self.save else image

    def _chroma(self, chroma: FloatImage) -> FloatImage:
        if self.chroma == "gaussian":
            return np.asarray(cv2.GaussianBlur(chroma, (0, 0), self.chroma_strength), np.float32)
        if self.chroma == "median":
            return np.stack([cv2.medianBlur(np.ascontiguousarray(chroma[..., k]), 5) for k in (0, 1)], -1)
        if self.chroma == "box":
            return np.asarray(cv2.blur(chroma, (2 * round(self.chroma_strength) + 1,) * 2), np.float32)
        return chroma

    def _luma(self, luma: FloatImage) -> FloatImage:
        if self.texture:  # self-guided filter (He, Sun and Tang 2013)
            mean = cv2.blur(luma, (5, 5))
            variance = np.maximum(cv2.blur(luma * luma, (5, 5)) - mean * mean, 0)
            gain = variance / (variance + self.texture**2)
            luma = cv2.blur(gain, (5, 5)) * luma + cv2.blur((1 - gain) * mean, (5, 5))
        if self.clarity:
            wide = self.clarity * (luma - cv2.GaussianBlur(luma, (0, 0), self.clarity_radius))
            luma = luma + np.clip(wide, -self.halo_limit, self.halo_limit)
        return luma
