"""Which patches are assessable, on pictures whose content is known."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from workstation.analysis.geometry import PatchGrid
from workstation.analysis.suitability import (
    ASSESSABLE,
    BLACK,
    BLACK_LEVEL,
    CLIPPED,
    FLAT,
    FLAT_DEVIATION,
    LOST_SHARE,
    WHITE_LEVEL,
    assess,
)

Maker = Callable[..., NDArray[np.uint8]]
FOUR = PatchGrid(rows=1, columns=4, patch=64, stride=64, spread=1)


def test_each_reason_has_its_patch(make_noisy: Maker) -> None:
    image = make_noisy(64, 256)
    image[:, 64:128] = 90
    image[:, 128:192] = 255
    image[:, 192:] = 0
    found = assess(image, FOUR)
    assert found.reason.tolist() == [[ASSESSABLE, FLAT, CLIPPED, BLACK]]
    assert found.assessable.tolist() == [[True, False, False, False]]
    np.testing.assert_array_equal(found.cells, found.assessable)
    assert found.brightness.dtype == np.float32
    assert found.brightness[0, 1:].tolist() == [90, 255, 0]
    np.testing.assert_allclose(found.brightness[0, 0], image[:, :64].mean(), atol=1)


def test_a_smooth_sky_after_compression_is_assessable() -> None:
    sky = np.linspace(180, 184, 64).round().astype(np.uint8)
    image = np.repeat(np.tile(sky[:, None], (1, 64))[:, :, None], 3, axis=2)
    grid = PatchGrid(rows=1, columns=1, patch=64, stride=64, spread=1)
    assert image.std() < 2
    assert assess(image, grid).assessable.all()


def test_two_neighbouring_grey_levels_alone_are_flat() -> None:
    image = np.full((64, 64, 3), 120, np.uint8)
    image[32:] = 121
    grid = PatchGrid(rows=1, columns=1, patch=64, stride=64, spread=1)
    assert assess(image, grid).reason.tolist() == [[FLAT]]


@pytest.mark.parametrize(("columns", "reason"), [(31, ASSESSABLE), (32, CLIPPED)])
def test_half_of_a_patch_must_carry_a_signal(make_noisy: Maker, columns: int, reason: int) -> None:
    image = make_noisy(64, 64)
    image[:, :columns] = 254
    assert assess(image, PatchGrid(1, 1, 64, 64, 1)).reason.tolist() == [[reason]]


def directly(image: NDArray[np.uint8], grid: PatchGrid) -> NDArray[np.uint8]:
    """The definition, patch by patch."""
    grey = (image.astype(int) @ [77, 150, 29]) >> 8
    reason = np.zeros((grid.rows, grid.columns), np.uint8)
    for row in range(grid.rows):
        for column in range(grid.columns):
            x, y, width, height = grid.box(row, column)
            patch = grey[max(0, y) : y + height, max(0, x) : x + width]
            if (patch <= BLACK_LEVEL).mean() >= LOST_SHARE:
                reason[row, column] = BLACK
            elif (patch >= WHITE_LEVEL).mean() >= LOST_SHARE:
                reason[row, column] = CLIPPED
            elif patch.std() < FLAT_DEVIATION:
                reason[row, column] = FLAT
    return reason


@settings(deadline=None, max_examples=30)
@given(st.integers(32, 90), st.integers(32, 120), st.integers(1, 32), st.integers(0, 10_000))
def test_sums_over_segments_are_the_definition(height: int, width: int, stride: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    image = rng.integers(118, 123, (height, width, 3)).astype(np.uint8)
    image[:, : width // 3] = 130
    image[height // 2 :, width // 2 :] = rng.choice([0, 255])
    for grid in (
        PatchGrid.covering(height, width, patch=32, stride=stride),
        PatchGrid.for_image(height, width, patch=32, per_dimension=max(1, 60 // stride)),
    ):
        np.testing.assert_array_equal(assess(image, grid).reason, directly(image, grid))


def test_overlapping_patches_leave_a_cell_open_if_one_votes(make_noisy: Maker) -> None:
    image = make_noisy(128, 400)
    image[:, 200:] = 0
    grid = PatchGrid.for_image(128, 400, patch=128, per_dimension=8)
    found = assess(image, grid)
    assert grid.spread == 3
    assert found.cells.shape == (3, 11)
    assert found.assessable[0].tolist() == [True] * 4 + [False] * 5
    assert found.cells[0].tolist() == [True] * 6 + [False] * 5


def test_sums_over_segments_taller_than_a_byte_counts(make_noisy: Maker) -> None:
    image = make_noisy(1040, 640)
    image[:310] = 255
    image[420:, :320] = 0
    image[700:, 320:] = 254
    grid = PatchGrid.covering(1040, 640, patch=320, stride=320)

    np.testing.assert_array_equal(assess(image, grid).reason, directly(image, grid))
    assert set(directly(image, grid).ravel()) >= {ASSESSABLE, CLIPPED, BLACK}
