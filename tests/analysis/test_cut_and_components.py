"""The normalised cut and the principal components."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.decomposition import PCA
from sklearn.metrics import adjusted_rand_score

from workstation.analysis.colours import ALONE_LIMITS, COLOUR_SPAN
from workstation.analysis.cut import LANDMARKS, normalised_cut, normalised_cut_of_embeddings
from workstation.analysis.pca import as_colours, one_alone, principal_components


def two_blocks(sizes: tuple[int, int], seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Unit vectors in two loose bundles, shuffled, and which bundle each is of."""
    rng = np.random.default_rng(seed)
    truth = rng.permutation(np.repeat([0, 1], sizes))
    centres = np.array([[1, 0, 0, 0, 0], [0.2, 1, 0, 0, 0]])
    points = centres[truth] + rng.normal(0, 0.15, (len(truth), 5))
    return (points / np.linalg.norm(points, axis=1, keepdims=True)).astype(np.float32), truth


def test_cut_separates_two_blocks_and_the_larger_side_is_zero() -> None:
    points, truth = two_blocks((70, 30))
    np.testing.assert_array_equal(normalised_cut(points @ points.T), truth)


@pytest.mark.parametrize("seed", range(3))
def test_landmarks_find_the_same_cut(seed: int) -> None:
    points, truth = two_blocks((LANDMARKS * 2, LANDMARKS), seed)
    found = normalised_cut_of_embeddings(points, seed)
    assert adjusted_rand_score(truth, found) > 0.99
    assert np.count_nonzero(found) < len(found) / 2


def test_cut_of_many_points_is_the_same_twice() -> None:
    points, _ = two_blocks((LANDMARKS * 2, LANDMARKS))
    np.testing.assert_array_equal(normalised_cut_of_embeddings(points, 3), normalised_cut_of_embeddings(points, 3))


@pytest.mark.parametrize("count", [0, 1, 2, 5, LANDMARKS + 200])
def test_equal_points_are_not_cut(count: int) -> None:
    points = np.tile(np.float32([1, 0, 0]), (count, 1))
    assert normalised_cut_of_embeddings(points).tolist() == [0] * count


@settings(deadline=None, max_examples=20)
@given(st.permutations(range(20)))
def test_cut_follows_a_permutation(order: list[int]) -> None:
    points, _ = two_blocks((13, 7))
    whole = normalised_cut(points @ points.T)
    np.testing.assert_array_equal(normalised_cut(points[order] @ points[order].T), whole[order])


@pytest.mark.parametrize("shape", [(300, 12), (15, 40)])
def test_components_are_those_of_scikit_learn_up_to_sign(shape: tuple[int, int]) -> None:
    rng = np.random.default_rng(0)
    points = (rng.normal(size=shape) * np.linspace(3, 1, shape[1])).astype(np.float32)
    expected = PCA(3, whiten=True, svd_solver="full").fit_transform(points)
    found = principal_components(points).whitened
    signs = np.sign((found * expected).sum(axis=0))
    np.testing.assert_allclose(found * signs, expected, atol=2e-3)
    np.testing.assert_allclose(found.std(axis=0, ddof=1), 1, atol=1e-4)


def test_components_that_do_not_exist_are_zero() -> None:
    line = np.outer(np.arange(5, dtype=np.float32), np.float32([0, 1, 0, 0]))
    found = principal_components(line)
    np.testing.assert_allclose(found.projections[:, 0], [-2, -1, 0, 1, 2], atol=1e-5)
    assert not found.projections[:, 1:].any()
    assert found.deviations[1:].tolist() == [0, 0]
    assert not principal_components(np.ones((4, 3), np.float32)).whitened.any()


def test_colours_are_absolute_and_clipped() -> None:
    colours = as_colours(np.float32([-2 * COLOUR_SPAN, -COLOUR_SPAN, 0, COLOUR_SPAN, np.nan]))
    np.testing.assert_array_equal(colours, np.float32([0, 0, 0.5, 1, np.nan]))


def test_a_part_that_departs_along_one_component_stands_out_in_it_alone() -> None:
    rng = np.random.default_rng(5)
    whitened = rng.standard_normal((24, 32, 3)).astype(np.float32)
    part = np.zeros((24, 32), bool)
    part[8:14, 10:18] = True
    whitened[part, 1] += 1.5
    colours = as_colours(whitened)
    colours[0, 0] = np.nan

    first, second = one_alone(colours, 1), one_alone(colours, 2)

    known = np.isfinite(second)
    assert np.argwhere(~known).tolist() == [[0, 0]]
    assert second.dtype == np.float32
    assert second[10:12, 12:16].min() > 2
    assert abs(float(second[known].mean())) < 0.2
    assert ALONE_LIMITS[0] <= second[known].min() < second[known].max() <= ALONE_LIMITS[1]
    within, beside = part & known, ~part & known
    assert second[within].mean() - second[beside].mean() > 2
    assert abs(first[within].mean() - first[beside].mean()) < 1


def test_the_longer_tail_of_a_component_is_positive() -> None:
    whitened = np.random.default_rng(7).standard_normal((24, 32, 3)).astype(np.float32) / 4
    whitened[8:14, 10:18] += np.float32([2, -2, 0])

    for component in (1, 2):
        assert one_alone(as_colours(whitened), component)[10:12, 12:16].min() > 2


def test_a_component_alone_counts_in_its_own_deviations() -> None:
    whitened = np.random.default_rng(6).standard_normal((40, 40, 3)).astype(np.float32) * np.float32(0.5)

    alone = one_alone(as_colours(whitened), 3)

    assert float(alone.std()) == pytest.approx(1, abs=0.02)  # the blur took most of the deviation


@pytest.mark.parametrize("value", [0.5, np.nan])
def test_a_component_that_says_nothing_is_flat_or_unknown(value: float) -> None:
    alone = one_alone(np.full((6, 5, 3), value, np.float32), 2)

    np.testing.assert_array_equal(alone, np.full((6, 5), value - 0.5, np.float32))
