"""Cameras that never were: a scene without traces of its own, mosaicked, demosaicked and developed.

A collection of photographs holds few cameras; of these there is no end. The scene is a photograph scaled down until
its own traces are gone. All tiles of one group pass the same camera, while the scene in front of it may
be blurred, dimmed and tinted tile by tile, so that nothing but the camera is common to them.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from workstation.training.camera_processing import CameraProcessing
from workstation.training.histories import Tables

Image8 = NDArray[np.uint8]

_DEMOSAIC = {
    "bilinear": (cv2.COLOR_BayerBG2RGB, cv2.COLOR_BayerGB2RGB, cv2.COLOR_BayerRG2RGB, cv2.COLOR_BayerGR2RGB),
    "vng": (
        cv2.COLOR_BayerBG2RGB_VNG,
        cv2.COLOR_BayerGB2RGB_VNG,
        cv2.COLOR_BayerRG2RGB_VNG,
        cv2.COLOR_BayerGR2RGB_VNG,
    ),
    "edge-aware": (
        cv2.COLOR_BayerBG2RGB_EA,
        cv2.COLOR_BayerGB2RGB_EA,
        cv2.COLOR_BayerRG2RGB_EA,
        cv2.COLOR_BayerGR2RGB_EA,
    ),
}
# OpenCV names a pattern by the second row's second and third pixel: BG means that the first pixel is red.
_RED_AT = ((0, 0), (0, 1), (1, 1), (1, 0))


@dataclass(frozen=True, slots=True)
class SimulatedCamera:
    """One camera with its settings.

    Attributes:
        pattern: phase of the Bayer mosaic, 0..3.
        demosaic: "bilinear", "vng" or "edge-aware".
        shot, read: variance of the noise is shot · signal + read², signal in 0..1.
        gains: red and blue gain before the mosaic, undone after it (white balance).
        denoise: "none", "median" or "bilateral"; `denoise_strength` in grey levels.
        sharpen, sharpen_radius: amount and sigma of the unsharp mask.
        gamma: exponent from linear light to stored values.
        processing: lens and firmware; None = neither.
    """

    pattern: int
    demosaic: str
    shot: float
    read: float
    gains: tuple[float, float]
    denoise: str
    denoise_strength: float
    sharpen: float
    sharpen_radius: float
    gamma: float
    processing: CameraProcessing | None = None

    @classmethod
    def draw(
        cls, rng: np.random.Generator, *, developed: bool = False, tables: tuple[Tables, ...] = ()
    ) -> SimulatedCamera:
        """A random camera; a `developed` one has a lens and firmware, whose JPEG may use one of `tables`."""
        processing = CameraProcessing.draw(rng, tables) if developed else None
        iso = float(np.exp(rng.uniform(np.log(0.3), np.log(12))))
        return cls(
            pattern=int(rng.integers(4)),
            demosaic=str(rng.choice(("bilinear", "vng", "edge-aware"))),
            shot=4e-4 * iso,
            read=1.5e-3 * iso**0.7,
            gains=(float(rng.uniform(1.2, 2.4)), float(rng.uniform(1.2, 2.4))),
            denoise=str(rng.choice(("none", "median", "bilateral"), p=(0.4, 0.2, 0.4))),
            denoise_strength=float(rng.uniform(4, 22)),
            sharpen=float(rng.choice((0.0, rng.uniform(0.2, 1.6)), p=(0.25, 0.75))),
            sharpen_radius=float(rng.uniform(0.6, 1.8)),
            gamma=float(rng.uniform(1.8, 2.4)),
            processing=processing,
        )

    def photograph(self, scene: Image8, rng: np.random.Generator) -> Image8:
        """Take a picture of `scene`.

        Args:
            scene: (height, width, 3) uint8, RGB, even sides; a picture without traces.
            rng: of the noise.

        Returns:
            (height, width, 3) uint8, RGB.
        """
        linear = np.asarray((scene.astype(np.float32) / 255) ** self.gamma, np.float32)
        if self.processing:
            linear = self.processing.lens(linear)
        linear *= np.array([1 / self.gains[0], 1.0, 1 / self.gains[1]], np.float32)
        sensor = self._mosaic(linear)
        noise = rng.standard_normal(sensor.shape, dtype=np.float32)
        sensor = np.clip(sensor + noise * np.sqrt(self.shot * sensor + self.read**2), 0, 1)
        developed = self._develop(sensor)
        return self._finish(developed)

    def _mosaic(self, linear: NDArray[np.float32]) -> NDArray[np.float32]:
        y, x = _RED_AT[self.pattern]
        sensor = linear[..., 1].copy()
        sensor[y::2, x::2] = linear[y::2, x::2, 0]
        sensor[1 - y :: 2, 1 - x :: 2] = linear[1 - y :: 2, 1 - x :: 2, 2]
        return sensor

    def _develop(self, sensor: NDArray[np.float32]) -> NDArray[np.float32]:
        code = _DEMOSAIC[self.demosaic][self.pattern]
        if self.demosaic == "vng":  # OpenCV has it for 8 bits only: demosaic in gamma space
            raw = np.round(sensor ** (1 / self.gamma) * 255).astype(np.uint8)
            linear = (cv2.cvtColor(raw, code).astype(np.float32) / 255) ** self.gamma
        else:
            linear = cv2.cvtColor(np.round(sensor * 65535).astype(np.uint16), code).astype(np.float32) / 65535
        linear *= np.array([self.gains[0], 1.0, self.gains[1]], np.float32)
        stored: NDArray[np.float32] = np.clip(linear, 0, 1) ** (1 / self.gamma) * 255
        return stored

    def _finish(self, stored: NDArray[np.float32]) -> Image8:
        if self.denoise == "median":
            stored = cv2.medianBlur(stored.astype(np.float32), 3)
        elif self.denoise == "bilateral":
            stored = cv2.bilateralFilter(stored.astype(np.float32), 5, self.denoise_strength, 1.5)
        if self.sharpen:
            blurred = cv2.GaussianBlur(stored, (0, 0), self.sharpen_radius)
            stored = stored + self.sharpen * (stored - blurred)
        if self.processing:
            return self.processing.develop(stored)
        return np.clip(np.round(stored), 0, 255).astype(np.uint8)


def vary_scene(scene: Image8, rng: np.random.Generator) -> Image8:
    """The same camera in front of another scene: blurred, dimmed, tinted or mirrored, each now and then.

    Args:
        scene: (height, width, 3) uint8, RGB.
        rng: decides what varies.

    Returns:
        The same shape and dtype.
    """
    out = scene.astype(np.float32)
    if rng.random() < 0.35:
        out = cv2.GaussianBlur(out, (0, 0), float(rng.uniform(0.5, 3.5)))
    if rng.random() < 0.5:
        out = out * rng.uniform(0.35, 1.1) + rng.uniform(0, 25)
    if rng.random() < 0.4:
        out = out * rng.uniform(0.75, 1.15, 3).astype(np.float32)
    if rng.random() < 0.5:
        out = out[:, ::-1]
    return np.ascontiguousarray(np.clip(out, 0, 255).astype(np.uint8))
