"""Sets of patches are compared by their embeddings, and the test keeps its level where patches overlap."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from workstation.analysis import likeness as module
from workstation.analysis.geometry import PatchGrid
from workstation.analysis.likeness import NotComparable, Patches, PatchSet, likeness, patch_set, permutation_test
from workstation.analysis.regions import Region

SIZE = (256, 384)
GRID = PatchGrid.covering(*SIZE, patch=64, stride=32)
LEFT = Region("1", "rectangle", ((0, 0), (192, 256)))
RIGHT = Region("2", "rectangle", ((192, 0), (384, 256)))


def embeddings(rng: np.random.Generator, shift: float = 0.0) -> NDArray[np.float32]:
    """Noise that neighbouring patches share as they share pixels; the right half shifted."""
    noise = rng.normal(size=(GRID.rows + 1, GRID.columns + 1, 16))
    shared = noise[:-1, :-1] + noise[1:, :-1] + noise[:-1, 1:] + noise[1:, 1:]
    shared[:, GRID.columns // 2 :, 0] += shift
    shared[..., 1] += 3
    return (shared / np.linalg.norm(shared, axis=-1, keepdims=True)).astype(np.float32)


def patches(values: NDArray[np.float32], name: str, region: Region | None = None, *, exhibit: int = 1) -> PatchSet:
    return patch_set(name, exhibit, grid=GRID, embeddings=lambda: values, image_size=SIZE, weights="w", region=region)


def halves(values: NDArray[np.float32]) -> tuple[PatchSet, PatchSet]:
    return patches(values, "1", LEFT), patches(values, "2", RIGHT)


def test_similarity_and_distance_are_means_over_pairs() -> None:
    values = embeddings(np.random.default_rng(1), shift=4.0)
    values[0, 0] = np.nan
    one, other = halves(values)
    found = likeness([one, other])

    a, b = one.read().embeddings.astype(float), other.read().embeddings.astype(float)
    within = []
    for patched in (one, other):  # pair by pair
        held = patched.read()
        values = held.embeddings.astype(float)
        between = abs(held.places[:, None] - held.places[None, :]).max(-1)
        within.append((values @ values.T)[between >= 2].mean())
    assert found.patches == (len(a), len(b)) == (47, 48)
    assert found.similarity[0, 1] == pytest.approx((a @ b.T).mean(), abs=1e-6)
    assert np.diag(found.similarity) == pytest.approx(within, abs=1e-6)
    assert found.distance[0, 1] == pytest.approx(within[0] + within[1] - 2 * (a @ b.T).mean(), abs=1e-6)
    assert (found.distance[0, 0], found.distance[1, 0]) == (0, found.distance[0, 1])


def test_two_draws_of_one_source_have_no_distance_and_two_sources_have() -> None:
    rng = np.random.default_rng(2)
    same = likeness(patches(embeddings(rng), str(n), exhibit=n) for n in range(3))
    assert abs(same.distance).max() < 0.05
    assert likeness(halves(embeddings(rng, shift=8.0))).distance[0, 1] > 0.2


def test_a_single_patch_has_no_inside() -> None:
    values = embeddings(np.random.default_rng(3))
    single = patches(values, "s", Region("s", "rectangle", ((100, 100), (120, 120))))
    found = likeness([single, patches(values, "all")])
    assert np.isnan(found.similarity[0, 0])
    assert np.isnan(found.distance[0]).all()
    assert np.isfinite(found.similarity[0, 1])


def test_a_shifted_half_is_told_and_the_answer_repeats() -> None:
    one, other = halves(embeddings(np.random.default_rng(4), shift=8.0))
    found = permutation_test(one, other, permutations=999, seed=5)
    assert (found.p, found.splits, found.exact, found.patches) == (0.001, 999, False, (12, 12))
    assert found == permutation_test(one, other, permutations=999, seed=5)
    assert permutation_test(other, one, permutations=999).distance == pytest.approx(found.distance)


def test_few_blocks_are_enumerated() -> None:
    values = embeddings(np.random.default_rng(6), shift=5.0)
    thin = [Region(str(x), "rectangle", ((x, 0), (x + 64, 256))) for x in (0, 256)]
    found = permutation_test(*(patches(values, r.name, r) for r in thin))
    assert (found.patches, found.splits, found.exact) == ((4, 4), 70, True)
    assert found.p == pytest.approx(2 / 70)  # the split itself and its mirror image


def test_large_sets_are_split_in_little_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    rng, places = np.random.default_rng(0), np.argwhere(np.ones((20, 20), bool))

    def drawn(name: str, exhibit: int) -> PatchSet:
        values = rng.normal(size=(400, 8)).astype(np.float32)
        return PatchSet(name, exhibit, lambda: Patches(values, places), 1, "w")

    one, other = drawn("1", 1), drawn("2", 2)
    monkeypatch.setattr(module, "LARGEST_DRAW", 1 << 30)
    at_once = permutation_test(one, other)
    monkeypatch.setattr(module, "LARGEST_DRAW", 1 << 17)
    tracemalloc.start()
    try:
        found = permutation_test(one, other)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert found == at_once
    assert most < 20e6  # all 9999 splits of 800 patches at once: 128 MB


def test_the_level_is_kept_although_patches_overlap() -> None:
    rng = np.random.default_rng(7)
    values = [permutation_test(*halves(embeddings(rng)), permutations=199, seed=n).p for n in range(200)]
    assert np.mean(np.asarray(values) <= 0.05) <= 0.09  # 0.05 plus two and a half standard errors
    naive = [
        permutation_test(*(replace(s, reach=1) for s in halves(embeddings(rng))), permutations=199, seed=n).p
        for n in range(60)
    ]
    assert np.mean(np.asarray(naive) <= 0.05) > 0.2  # what counting patches as independent would do


def test_what_cannot_be_compared_is_refused() -> None:
    values = embeddings(np.random.default_rng(8))
    one, other = halves(values)
    with pytest.raises(NotComparable, match="different weights"):
        permutation_test(one, replace(other, weights="v"))
    with pytest.raises(NotComparable, match="different weights"):
        likeness([one, replace(other, weights="v")])
    with pytest.raises(NotComparable, match="share patches"):
        permutation_test(one, patches(values, "all"))
    with pytest.raises(NotComparable, match="1 and 12"):
        permutation_test(patches(values, "s", Region("s", "rectangle", ((0, 0), (64, 64))), exhibit=2), other)
    with pytest.raises(NotComparable, match="no assessable patch"):
        patches(values, "e", Region("e", "rectangle", ((1, 1), (3, 3))))
    with pytest.raises(NotComparable, match="nothing"):
        likeness([])
