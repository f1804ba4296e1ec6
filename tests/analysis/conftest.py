"""Pictures with known parts, as evidence."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from workstation.evidence.record import Evidence, FileIdentity, Metadata, NotApplicable, Pixels


def noisy(height: int, width: int, *, deviation: float = 12.0, seed: int = 0, grey: float = 128.0) -> NDArray[np.uint8]:
    """A grey picture with Gaussian noise."""
    rng = np.random.default_rng(seed)
    return np.clip(rng.normal(grey, deviation, (height, width, 3)).round(), 0, 255).astype(np.uint8)


def spliced(height: int, width: int, box: tuple[int, int, int, int]) -> NDArray[np.uint8]:
    """`noisy` with a part (top, bottom, left, right) of stronger, horizontally smeared noise."""
    top, bottom, left, right = box
    image = noisy(height, width)
    other = noisy(height, width, deviation=50, seed=1).astype(np.float32)
    smeared = (other + np.roll(other, 1, axis=1)) / 2
    image[top:bottom, left:right] = smeared[top:bottom, left:right].astype(np.uint8)
    return image


def evidence_of(rgb: NDArray[np.uint8]) -> Evidence:
    """A decoded picture as evidence, without a file behind it."""
    pixels = rgb.copy()
    pixels.flags.writeable = False
    return Evidence(
        identity=FileIdentity(Path("picture.png"), "picture.png", pixels.size, "0" * 64, "0" * 40, "0" * 32, "", ""),
        format="PNG",
        pixels=Pixels(pixels, 1, "RGB 8 bit", (), None, 1),
        metadata=Metadata((), NotApplicable(), "", (), None),
        warnings=(),
    )


@pytest.fixture(scope="session")
def make_noisy() -> Callable[..., NDArray[np.uint8]]:
    return noisy


@pytest.fixture(scope="session")
def make_spliced() -> Callable[..., NDArray[np.uint8]]:
    return spliced


@pytest.fixture(scope="session")
def make_evidence() -> Callable[[NDArray[np.uint8]], Evidence]:
    return evidence_of
