"""Linear probes as in "EXIF as Language" (Zheng et al. 2023): what a straight line reads off an encoder's features.

The encoder is frozen; a logistic regression is fitted on standardised features and judged on pictures that it was not
fitted on. Pictures that share a scene or a photograph stay on one side of every split.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import StratifiedGroupKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from workstation.evaluation.datasets import UNDECODABLE, Dataset, DatasetProblem
from workstation.evaluation.intervals import Estimate, bootstrap_mean
from workstation.evaluation.probes_features import Features
from workstation.progress import Progress, Stopwatch

View = Literal["resized", "cropped"]

SIDE = 224
"""Of the pictures of the forensics probe."""

FOLDS = 5

LENS_SIDE = 512
"""Of the windows that are distorted."""

LENS_CLASSES = 20
"""Into which k1 is discretised."""

LENS_RANGE = 0.3
"""k1 lies between minus and plus this."""

LENS_DRAWS = 5
"""Values of k1 that each photograph is distorted with."""

LENS_PATCHES = 2
"""Patches that are cut from each distorted window."""

SCENE = re.compile(r"([a-z]{3})_?(\d{4,5})")


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """What a probe answers.

    Attributes:
        probe: name of the task.
        features: name of the encoder.
        accuracy: share of right answers, with its interval over pictures.
        balanced_accuracy: mean over the classes of the share that is right.
        chance: accuracy of always saying the most frequent class.
        classes: number of classes.
        groups: scenes or photographs that were kept together.
        skipped: pictures that could not be used, each with the reason.
    """

    probe: str
    features: str
    accuracy: Estimate
    balanced_accuracy: float
    chance: float
    classes: int
    groups: int
    skipped: tuple[str, ...]


def probe_forensics(dataset: Dataset, features: Features, view: View) -> Generator[Progress, None, ProbeResult]:
    """Tell authentic from tampered pictures (published: CASIA, resized or cropped to 224×224).

    Args:
        dataset: CASIA in any layout; pictures whose names share a scene stay together.
        features: of the encoder.
        view: "resized" (bicubic, the aspect is not kept) or "cropped" (from the centre).

    Raises:
        DatasetProblem: if a class has fewer scenes than folds.
    """
    watch, vectors, labels, names, skipped = Stopwatch(), [], [], [], []
    for number, sample in enumerate(dataset.samples):
        fraction = number / len(dataset.samples)
        yield Progress(f"{number + 1} of {len(dataset.samples)}: {sample.name}", fraction, watch.remaining(fraction))
        try:
            square = _square(sample.file, view)
        except UNDECODABLE as problem:
            skipped.append(f"{sample.name}: {problem}")
            continue
        vectors.append(features.of(square))
        labels.append(int(sample.tampered))
        names.append(Path(sample.name).stem)
    yield Progress("fitting", 1.0)
    return _judged(
        f"{dataset.name}, {view} to {SIDE}×{SIDE}",
        features.name,
        (np.array(vectors), np.array(labels), scenes(names)),
        tuple(skipped),
    )


def probe_distortion(
    photos: Sequence[Path], features: Features, *, patch: int, seed: int = 0
) -> Generator[Progress, None, ProbeResult]:
    """Tell the radial distortion of a patch: k1 is known, and the patch's place is told to the probe.

    The middle of each photograph is distorted `LENS_DRAWS` times, and `LENS_PATCHES` patches are cut of each. Accuracy
    over `LENS_CLASSES` classes of k1, evenly between ±`LENS_RANGE`.

    Args:
        photos: photographs of at least 512×512 pixels, without visible distortion of their own.
        features: of the encoder.
        patch: side of a patch in pixels.
        seed: of k1 and the places.

    Raises:
        DatasetProblem: with fewer photographs than folds.
    """
    rng, watch = np.random.default_rng(seed), Stopwatch()
    vectors, labels, groups, skipped = [], [], [], []
    edges = np.linspace(-LENS_RANGE, LENS_RANGE, LENS_CLASSES + 1)
    order = rng.permutation(len(photos) * LENS_DRAWS) % LENS_CLASSES  # every class as often as any other
    for number, file in enumerate(photos):
        fraction = number / len(photos)
        yield Progress(f"{number + 1} of {len(photos)}: {file.name}", fraction, watch.remaining(fraction))
        try:
            window = _window(file)
        except UNDECODABLE as problem:
            skipped.append(f"{file.name}: {problem}")
            continue
        for label in order[number * LENS_DRAWS : (number + 1) * LENS_DRAWS].tolist():
            bent = distorted(window, float(rng.uniform(edges[label], edges[label + 1])))
            for y, x in rng.integers(0, LENS_SIDE - patch + 1, (LENS_PATCHES, 2)).tolist():
                vector = features.of(np.ascontiguousarray(bent[y : y + patch, x : x + patch]))
                vectors.append(np.concatenate((vector, _place(y, x, patch))))
                labels.append(label)
                groups.append(number)
    yield Progress("fitting", 1.0)
    name = f"radial distortion, {LENS_CLASSES} classes of k1, patches of {patch} px"
    return _judged(name, features.name, (np.array(vectors), np.array(labels), np.array(groups)), tuple(skipped))


def distorted(rgb: NDArray[np.uint8], k1: float) -> NDArray[np.uint8]:
    """A window as a lens with this distortion would show it.

    A point at radius r (1 at the corner) shows what lies at s · r · (1 + k1 · r²) in the undistorted window, the model
    of Brown (1971) with one coefficient; s keeps the corners inside. Bilinear.

    Args:
        rgb: (side, side, 3) uint8.
        k1: above -1/3, so that the mapping stays one to one.

    Returns:
        (side, side, 3) uint8.
    """
    height, width = rgb.shape[:2]
    centre = np.array([(height - 1) / 2, (width - 1) / 2])
    y, x = np.mgrid[0:height, 0:width].astype(np.float64) - centre[:, None, None]
    squared = (y**2 + x**2) / float(centre @ centre)
    factor = (1 + k1 * squared) / (1 + max(k1, 0.0))
    places = np.stack((y * factor + centre[0], x * factor + centre[1]))
    channels = [ndimage.map_coordinates(rgb[:, :, c].astype(np.float32), places, order=1) for c in range(3)]
    bent: NDArray[np.uint8] = np.clip(np.rint(np.stack(channels, -1)), 0, 255).astype(np.uint8)
    return bent


def scenes(names: Sequence[str]) -> NDArray[np.int64]:
    """Which pictures belong together: CASIA's names say which scenes a picture was made of (`ani0003`, `Au_ani_0003`).

    Args:
        names: stems of files.

    Returns:
        (N,) number of the group; pictures that share a scene, directly or through others, have the same.
    """
    known: dict[tuple[str, str] | int, int] = {}
    pictures, parts = [], []
    for number, name in enumerate(names):
        for scene in SCENE.findall(name) or [number]:
            pictures.append(number)
            parts.append(known.setdefault(scene, len(known)))
    size = len(names) + len(known)
    links = coo_matrix((np.ones(len(parts)), (pictures, np.array(parts, int) + len(names))), (size, size))
    groups: NDArray[np.int64] = connected_components(links, directed=False)[1][: len(names)].astype(np.int64)
    return groups


def _judged(
    probe: str,
    features: str,
    data: tuple[NDArray[np.float32], NDArray[np.int64], NDArray[np.int64]],
    skipped: tuple[str, ...],
) -> ProbeResult:
    """Fit and judge in turns; every picture is judged by a line that saw neither it nor what shares its group."""
    vectors, labels, groups = data
    counts = [len(set(groups[labels == label])) for label in np.unique(labels)]
    if len(counts) < 2 or min(counts) < FOLDS:
        fewest = min(counts, default=0)
        raise DatasetProblem(f"{probe}: {FOLDS} folds need {FOLDS} independent pictures of each class; found {fewest}")
    line = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=2000))
    folds = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=0)
    said = cross_val_predict(line, vectors, labels, groups=groups, cv=folds)
    right = (said == labels).astype(np.float64)
    return ProbeResult(
        probe=probe,
        features=features,
        accuracy=bootstrap_mean(right, groups=groups.tolist()),
        balanced_accuracy=float(balanced_accuracy_score(labels, said)),
        chance=float(np.bincount(labels).max() / len(labels)),
        classes=len(counts),
        groups=len(set(groups.tolist())),
        skipped=skipped,
    )


def _square(file: Path, view: View) -> NDArray[np.uint8]:
    with Image.open(file) as opened:
        image = opened.convert("RGB")
    if view == "resized":
        return np.asarray(image.resize((SIDE, SIDE), Image.Resampling.BICUBIC))
    return _centre(image, SIDE)


def _window(file: Path) -> NDArray[np.uint8]:
    with Image.open(file) as opened:
        return _centre(opened.convert("RGB"), LENS_SIDE)


def _centre(image: Image.Image, side: int) -> NDArray[np.uint8]:
    if min(image.size) < side:
        raise ValueError(f"{image.width}×{image.height} pixels are fewer than {side}×{side}")
    left, top = (image.width - side) // 2, (image.height - side) // 2
    return np.asarray(image.crop((left, top, left + side, top + side)))


def _place(y: int, x: int, patch: int) -> NDArray[np.float32]:
    """What the probe is told of a patch's place: offsets from the centre, radius, and its square; 1 = the corner."""
    down, across = ((at + patch / 2) / LENS_SIDE * 2 - 1 for at in (y, x))
    squared = (down**2 + across**2) / 2
    return np.array([down, across, squared**0.5, squared], np.float32)
