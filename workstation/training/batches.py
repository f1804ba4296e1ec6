"""Batches of tiles in groups: one group is one photograph (or simulated camera) under one history.

Every tile of a group comes from another place of the photograph, so that positives differ in content; the same
places of the same photograph under a second history form a group of their own, so that content does not help.
A batch is made of a few sets; the groups of a set share their last save, as the parts of a splice do.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from workstation.training.histories import History, LastSave
from workstation.training.photos import Photo, PhotoCollection
from workstation.training.simulated_camera import SimulatedCamera, vary_scene

Image8 = NDArray[np.uint8]

_ALIGNED_EARLIER_SAVES = 0.7
"""Share of the earlier JPEGs of an aligned photograph that lie on the same grid, too."""


@dataclass(frozen=True, slots=True)
class BatchPlan:
    """How a batch is composed.

    Attributes:
        sets: number of last saves in a batch.
        groups: groups per set.
        tiles: tiles per group.
        tile: side of a tile in pixels, a multiple of 8.
        simulated: share of groups from simulated cameras.
        untouched: share of groups without a history of their own.
        twins: share of sets in which every photograph comes twice, under two histories.
        charts: chance that a chart is accepted when it is drawn.
        varied: share of simulated groups whose scenes are varied tile by tile.
        turned: whether photographs are turned and mirrored at random: each is then eight cameras.
        last_resized, last_saved: chance that the last save of a set resizes, and that it compresses.
        aligned: share of photographs whose own block grid lies on that of the last save, as the host's does in an
            editor that neither crops nor scales.
        developed: share of simulated cameras with a lens and firmware (`CameraProcessing`).
        recoloured: share of photographs whose colour channels are exchanged and mixed (`colour_mixture`): mosaic, white
            balance and colour matrix become those of another camera.
    """

    sets: int = 2
    groups: int = 16
    tiles: int = 3
    tile: int = 128
    simulated: float = 0.33
    untouched: float = 0.5
    twins: float = 0.6
    charts: float = 0.1
    varied: float = 0.5
    turned: bool = True
    last_resized: float = 0.34
    last_saved: float = 0.75
    aligned: float = 0.0
    developed: float = 0.0
    recoloured: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Tiles with their labels.

    Attributes:
        tiles: (N, tile, tile, 3) uint8, RGB.
        group: (N,) int64, same number = same camera and history.
        shared: (N,) int64, same number = same last save; only such tiles are compared.
    """

    tiles: Image8
    group: NDArray[np.int64]
    shared: NDArray[np.int64]


class BatchMaker:
    """Makes the batch of any step from the seed alone, so that training resumes exactly."""

    def __init__(self, photos: PhotoCollection, plan: BatchPlan, seed: int) -> None:
        self._photos, self._plan, self._seed = photos, plan, seed
        self._cameras = tuple(photos.cameras)

    def batch(self, step: int) -> Batch:
        """The batch of one step; always the same for the same seed, plan and photos."""
        rng = np.random.default_rng((self._seed, step))
        tiles: list[Image8] = []
        group: list[int] = []
        shared: list[int] = []
        for number in range(self._plan.sets):
            for members in self._set(rng):
                tiles.extend(members)
                group.extend([len(group)] * len(members))
                shared.extend([number] * len(members))
        return Batch(np.stack(tiles), np.array(group, np.int64), np.array(shared, np.int64))

    def _set(self, rng: np.random.Generator) -> list[list[Image8]]:
        plan = self._plan
        last = LastSave.draw(rng, self._photos.tables, resized=plan.last_resized, saved=plan.last_saved)
        twins = rng.random() < self._plan.twins
        sources = self._plan.groups // 2 if twins else self._plan.groups
        cameras = rng.choice(len(self._cameras), sources, replace=sources > len(self._cameras))
        groups: list[list[Image8]] = []
        for camera in cameras:
            groups.extend(self._groups_of(self._photo(rng, int(camera)), last, rng, versions=2 if twins else 1))
        return groups

    def _photo(self, rng: np.random.Generator, camera: int) -> Photo:
        for _ in range(50):
            photos = self._photos.cameras[self._cameras[camera]]
            photo = photos[int(rng.integers(len(photos)))]
            if not photo.chart or rng.random() < self._plan.charts:
                return photo
            camera = int(rng.integers(len(self._cameras)))
        return photo

    def _groups_of(
        self, photo: Photo, last: LastSave, rng: np.random.Generator, *, versions: int
    ) -> list[list[Image8]]:
        plan = self._plan
        camera = self._camera(rng) if rng.random() < plan.simulated else None
        varied = camera is not None and rng.random() < plan.varied
        histories = [self._history(rng)]
        if versions == 2:
            second = self._history(rng)
            while second == histories[0]:
                second = History.draw(rng, self._photos.tables)
            histories.append(second)
        way = int(rng.integers(8)) if plan.turned else 0
        aligned = bool(plan.aligned) and rng.random() < plan.aligned
        recoloured = bool(plan.recoloured) and camera is None and rng.random() < plan.recoloured
        mixture = colour_mixture(rng) if recoloured else None
        first_places = [(float(rng.random()), float(rng.random())) for _ in range(plan.tiles)]
        groups = []
        for number, drawn in enumerate(histories):
            if camera and number and rng.random() < 0.5:  # the twin differs in the camera, too
                camera = self._camera(rng)
            phase = (0, 0) if aligned else _phase(rng, mosaic=camera is not None)
            history = drawn
            if aligned and drawn.save and rng.random() < _ALIGNED_EARLIER_SAVES:
                history = replace(drawn, save=replace(drawn.save, shift=(0, 0)))
            source = _Source(photo, way, mixture, camera, varied, history, last, phase, aligned)
            places = [
                p if number == 0 or rng.random() < 0.5 else (float(rng.random()), float(rng.random()))
                for p in first_places  # half of the twins' tiles show the same place
            ]
            groups.append([source.tile(place, plan.tile, rng) for place in places])
        return groups

    def _camera(self, rng: np.random.Generator) -> SimulatedCamera:
        developed = bool(self._plan.developed) and rng.random() < self._plan.developed
        return SimulatedCamera.draw(rng, developed=developed, tables=self._photos.tables)

    def _history(self, rng: np.random.Generator) -> History:
        if rng.random() < self._plan.untouched:
            return History()
        return History.draw(rng, self._photos.tables)


def _phase(rng: np.random.Generator, *, mosaic: bool) -> tuple[int, int]:
    """Where a group's tiles begin on the photograph's 8×8 grid; even for a Bayer mosaic."""
    y, x = (int(v) for v in rng.integers(0, 8, 2))
    return (y & ~1, x & ~1) if mosaic else (y, x)


@dataclass(frozen=True, slots=True, eq=False)
class _Source:
    """What all tiles of one group have in common."""

    photo: Photo
    way: int
    mixture: NDArray[np.float32] | None
    camera: SimulatedCamera | None
    varied: bool
    history: History
    last: LastSave
    phase: tuple[int, int]
    aligned: bool

    def tile(self, place: tuple[float, float], side: int, rng: np.random.Generator) -> Image8:
        """One finished tile of `side` pixels from `place` (y, x in 0..1), or from elsewhere if that is flat."""
        pixels = turned(self.photo.scene if self.camera else self.photo.rgb, self.way)
        needed = math.ceil((side + 20) / (self.history.scale * self.last.scale))
        needed += needed % 2
        for _ in range(4):
            cut = _cut(pixels, place, self.phase, needed)
            if is_assessable(cut):
                break
            place = (float(rng.random()), float(rng.random()))
        if self.camera:
            cut = self.camera.photograph(vary_scene(cut, rng) if self.varied else cut, rng)
        if self.mixture is not None:
            cut = np.clip(np.round(cut @ self.mixture.T), 0, 255).astype(np.uint8)
        return self.last.apply(self.history.apply(cut, rng), side, aligned=self.aligned)


def colour_mixture(rng: np.random.Generator) -> NDArray[np.float32]:
    """(3, 3) float32: row c holds the shares of red, green and blue in new channel c; rows sum to 0.8 to 1.2.

    The channels are exchanged at random, then each takes up to a quarter of one other with either sign, as a colour
    matrix of a camera does.
    """
    mixture = np.eye(3, dtype=np.float32)[rng.permutation(3)]
    mixture += np.roll(mixture, 1, axis=0) * rng.uniform(-0.25, 0.25, (3, 1)).astype(np.float32)
    mixture *= (rng.uniform(0.8, 1.2, (3, 1)) / mixture.sum(axis=1, keepdims=True)).astype(np.float32)
    return mixture


def turned(pixels: Image8, way: int) -> Image8:
    """One of the eight ways to turn and mirror a picture, as a view; 0 = as it is."""
    rotated = np.rot90(pixels, way % 4)
    return rotated if way < 4 else rotated[:, ::-1]


def _cut(source: Image8, place: tuple[float, float], phase: tuple[int, int], side: int) -> Image8:
    """A square of `side`, its origin congruent to `phase` modulo 8; mirrored at the border of a small source."""
    height, width = source.shape[:2]
    if min(height, width) < side + 8:
        pad_y, pad_x = max(0, side + 8 - height), max(0, side + 8 - width)
        source = np.pad(source, ((0, pad_y), (0, pad_x), (0, 0)), mode="symmetric")
        height, width = source.shape[:2]
    y = min(int(place[0] * (height - side)), height - side - 8) // 8 * 8 + phase[0]
    x = min(int(place[1] * (width - side)), width - side - 8) // 8 * 8 + phase[1]
    return np.ascontiguousarray(source[y : y + side, x : x + side])


def is_assessable(cut: Image8) -> bool:
    """Whether a cut has texture and exposure enough to learn from: deviation of at least 3, less than half clipped."""
    grey = cut[..., 1]
    clipped = np.mean((grey <= 2) | (grey >= 253))
    return bool(grey.std() >= 3 and clipped < 0.5)
