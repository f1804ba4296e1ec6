"""Groups of patches on synthetic spheres, where the truth is known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import adjusted_rand_score, silhouette_score

from workstation.analysis.clustering import adjusted_rand, k_means, silhouette
from workstation.analysis.partition import (
    AMBIGUOUS_MARGIN,
    Sorting,
    _joined,
    describe,
    name_by_area,
    sort_steps,
)
from workstation.analysis.result import NOT_ASSESSABLE

ROWS, COLUMNS = 40, 50


def bundles(truth: np.ndarray, *, angle: float = 1.6, noise: float = 0.05, seed: int = 0) -> np.ndarray:
    """Unit vectors of 64 dimensions around one direction per group."""
    rng = np.random.default_rng(seed)
    base = np.zeros(64)
    base[0] = 1
    centres = base + angle * np.eye(64)[1 : truth.max() + 2] * (np.arange(truth.max() + 1) > 0)[:, None]
    points = centres[truth.ravel()] + noise * rng.normal(size=(truth.size, 64))
    return (points / np.linalg.norm(points, axis=1, keepdims=True)).astype(np.float32)


def sort(points: np.ndarray, *, seed: int = 0, clusters: int = 5, overlap: int = 1) -> Sorting:
    steps = sort_steps(
        points,
        np.argwhere(np.ones((ROWS, COLUMNS), np.bool_))[: len(points)],
        overlap=overlap,
        seed=seed,
        clusters=clusters,
    )
    while True:
        try:
            share = next(steps)
        except StopIteration as stop:
            return stop.value
        assert 0 < share < 1


def regions(*boxes: tuple[int, int, int, int]) -> np.ndarray:
    truth = np.zeros((ROWS, COLUMNS), int)
    for label, (top, bottom, left, right) in enumerate(boxes, start=1):
        truth[top:bottom, left:right] = label
    return truth


def test_groups_that_all_patches_join_say_how_close_they_lie() -> None:
    """The sample, every other patch, would count as two groups; the patches between are alike."""
    cells = np.argwhere(np.ones((ROWS, COLUMNS), np.bool_))
    side = np.where(cells[:, 1] < COLUMNS // 2, -1, 1)
    sampled = (cells % 2 == 0).all(1)
    rng = np.random.default_rng(0)
    points = 0.03 * rng.normal(size=(len(cells), 16))
    points[:, 0] += 1
    points[:, 1] += side * np.where(sampled, 0.62, 0.3)
    points /= np.linalg.norm(points, axis=1, keepdims=True)

    found = sort(points.astype(np.float32), overlap=2)

    assert found.homogeneous
    assert max(separation - dict(found.expected)[k] for k, _, separation in found.tried) > 0.05
    assert 0 < found.distance < found.needed


@pytest.mark.parametrize("seed", range(3))
def test_one_group_is_one_group(seed: int) -> None:
    found = sort(bundles(regions(), seed=seed), seed=seed)
    assert not found.stable
    assert found.homogeneous
    assert not found.labels.any()
    assert [k for k, _, _ in found.tried] == [2, 3, 4, 5]


def test_noise_without_direction_is_one_group() -> None:
    points = np.random.default_rng(0).normal(size=(ROWS * COLUMNS, 64)).astype(np.float32)
    found = sort(points / np.linalg.norm(points, axis=1, keepdims=True))
    assert (found.stable, found.homogeneous) == (False, True)


def test_groups_that_are_close_to_each_other_are_one() -> None:
    truth = regions((5, 25, 10, 40))
    found = sort(bundles(truth, angle=0.6, noise=0.02))
    assert (found.stable, found.homogeneous) == (False, True)
    assert found.separation > dict(found.expected)[2]
    assert 0.1 < found.distance < found.needed


@pytest.mark.parametrize(
    "truth",
    [regions((5, 25, 10, 40)), regions((28, 40, 5, 25)), regions((2, 20, 2, 22), (22, 38, 30, 48))],
    ids=["two", "small second", "three"],
)
@pytest.mark.parametrize("overlap", [1, 4])
def test_groups_are_found_and_numbered_by_size(truth: np.ndarray, overlap: int) -> None:
    found = sort(bundles(truth, angle=2.2), overlap=overlap)
    assert found.stable
    assert adjusted_rand_score(truth.ravel(), found.labels) > 0.98
    sizes = np.bincount(found.labels)
    assert sizes.tolist() == sorted(sizes, reverse=True)
    assert found.stability > 0.9
    expected = dict(found.expected)
    assert all(k in expected for k, _, _ in found.tried)


def test_patches_that_their_neighbours_outvote_join_them() -> None:
    truth = regions((5, 25, 10, 40))
    seen = truth.copy()
    lone = np.random.default_rng(1).permutation(np.argwhere(truth == 1))[:40]
    seen[lone[:, 0], lone[:, 1]] = 0
    found = sort(bundles(seen)).labels.reshape(ROWS, COLUMNS)
    inside = np.zeros_like(truth, bool)
    inside[7:23, 12:38] = True  # along the border the other side has a say
    assert (found[inside] == 1).mean() > 0.97
    assert ((found == 0) == (seen == 0)).mean() > 0.95


def test_groups_that_no_neighbours_agree_on_stay_as_they_are() -> None:
    truth = np.zeros((ROWS, COLUMNS), int)
    truth[::4, ::4] = 1  # never two of them beside each other
    found = sort(bundles(truth))
    assert found.stable
    np.testing.assert_array_equal(found.labels.reshape(ROWS, COLUMNS), truth)


def test_fewer_clusters_can_be_asked_for() -> None:
    truth = regions((2, 20, 2, 22), (22, 38, 30, 48))
    found = sort(bundles(truth), clusters=2)
    assert [k for k, _, _ in found.tried] == [2]
    assert sort(bundles(truth), clusters=1).tried == ()


def test_too_few_patches_are_one_group_without_trial() -> None:
    found = sort(bundles(np.zeros((1, 11), int)))
    assert (found.stable, found.homogeneous, found.tried) == (False, True, ())


def test_same_seed_same_bytes() -> None:
    points = bundles(regions((5, 25, 10, 40)), noise=0.12)
    first, second = sort(points, seed=7), sort(points, seed=7)
    assert first.labels.tobytes() == second.labels.tobytes()
    assert (first.tried, first.expected) == (second.tried, second.expected)


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10_000), st.integers(2, 5), st.integers(6, 60))
def test_silhouette_in_linear_time_is_that_of_scikit_learn(seed: int, k: int, count: int) -> None:
    rng = np.random.default_rng(seed)
    points = rng.normal(size=(count, 6)).astype(np.float32)
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    labels = rng.integers(0, k, count)
    labels[:k] = np.arange(k)
    expected = silhouette_score(points.astype(np.float64), labels, metric="cosine")
    assert silhouette(points, labels, k) == pytest.approx(expected, abs=1e-4)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 4)), min_size=2, max_size=60))
def test_adjusted_rand_is_that_of_scikit_learn(pairs: list[tuple[int, int]]) -> None:
    a, b = np.array(pairs).T
    assert adjusted_rand(a, b) == pytest.approx(adjusted_rand_score(a, b), abs=1e-9)


def test_weights_of_zero_leave_points_out() -> None:
    points = bundles(regions((5, 25, 10, 40)))
    weights = (regions((5, 25, 10, 40)).ravel() == 1).astype(np.float32)[None]
    centres = k_means(points, 2, weights, np.random.default_rng(0))[0]
    assert np.all(centres[:, 2] > 0.3)


def plain(labels: np.ndarray) -> Sorting:
    return Sorting(labels, True, False, 0.9, 0.4, ((2, 0.9, 0.4),), ((2, 0.1),))


def test_numbers_of_a_partition() -> None:
    cells = np.full((10, 10), NOT_ASSESSABLE, np.int16)
    cells[:6], cells[6:8] = 0, 1
    departure = np.where(cells == 1, np.float32(0.5), np.float32(0.1))
    found = describe(plain(cells.ravel()), cells, departure)
    assert [(g.name, g.label, g.cells) for g in found.groups] == [("A", 0, 60), ("B", 1, 20)]
    assert [g.share for g in found.groups] == [0.75, 0.25]
    assert found.groups[1].departure == pytest.approx(0.5)
    assert (found.margin, found.ambiguous) == (0.5, False)


@pytest.mark.parametrize(("first", "ambiguous"), [(54, True), (56, False)])
def test_nearly_equal_groups_are_ambiguous(first: int, ambiguous: bool) -> None:
    assert AMBIGUOUS_MARGIN == 0.1
    cells = (np.arange(100) >= first).astype(np.int16).reshape(10, 10)
    assert describe(plain(cells.ravel()), cells, np.zeros((10, 10), np.float32)).ambiguous is ambiguous


def test_a_largest_group_that_departs_itself_is_ambiguous() -> None:
    cells = (np.arange(100) >= 70).astype(np.int16).reshape(10, 10)
    departure = np.where(cells == 0, np.float32(0.4), np.float32(0.2))
    found = describe(plain(cells.ravel()), cells, departure)
    assert found.margin == pytest.approx(0.4)
    assert found.ambiguous


def test_groups_of_cells_are_named_by_area() -> None:
    cells = np.array([[2, 2, 2], [0, NOT_ASSESSABLE, 0], [2, 1, 1]], np.int16)
    assert name_by_area(cells).tolist() == [[0, 0, 0], [1, NOT_ASSESSABLE, 1], [0, 2, 2]]


def test_patches_across_a_border_go_to_the_side_that_they_resemble() -> None:
    angles = np.repeat([0.0, 0.5, np.pi / 2], [60, 10, 30])  # a group, a few patches between, another group
    points = np.stack((np.cos(angles), np.sin(angles)), axis=1).astype(np.float32)
    labels = np.repeat([0, 2, 1], [60, 10, 30]).astype(np.int16)

    joined = _joined(labels, points, 0.35)[0]

    assert joined.tolist() == [0] * 70 + [1] * 30
    assert _joined(labels, points, 0.0)[0].tolist() == labels.tolist()
