import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from workstation.analysis import discriminant
from workstation.analysis.reference import SMOOTHING, SMOOTHING_OF_FEW, departure

SEVEN_TENTHS = ((2, 0.7), (3, 0.7), (4, 0.7))


def _scene(rows: int, columns: int, foreign: tuple[slice, slice], *, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Unit embeddings around one direction, and around another one inside `foreign`."""
    rng = np.random.default_rng(seed)
    directions = np.linalg.qr(rng.normal(size=(16, 2)))[0].T
    embeddings = np.broadcast_to(directions[0], (rows, columns, 16)).copy()
    embeddings[foreign] = directions[1]
    embeddings += rng.normal(0, 0.1, embeddings.shape)
    embeddings /= np.linalg.norm(embeddings, axis=2, keepdims=True)
    mask = np.zeros((rows, columns), bool)
    mask[foreign] = True
    return embeddings.astype(np.float32), mask


def _departure_map(embeddings: np.ndarray) -> np.ndarray:
    rows, columns = embeddings.shape[:2]
    positions = np.argwhere(np.ones((rows, columns), bool))
    values = departure(embeddings.reshape(-1, embeddings.shape[2]), positions=positions, brightness=None, seed=0)
    return values.reshape(rows, columns)


@pytest.mark.parametrize("foreign", [(slice(2, 8), slice(3, 9)), (slice(0, 12), slice(0, 7))])
def test_the_smaller_group_departs(foreign: tuple[slice, slice]) -> None:
    embeddings, mask = _scene(20, 24, foreign)

    values = _departure_map(embeddings)

    assert values.dtype == np.float32
    assert np.median(values[mask]) > 0.6
    assert np.median(values[~mask]) < 0.4


def test_a_part_that_covers_two_fifths_departs_as_a_small_one_does() -> None:
    embeddings, mask = _scene(36, 48, (slice(0, 36), slice(0, 19)))  # 40 %
    positions = np.argwhere(np.ones(mask.shape, bool))
    flat = embeddings.reshape(-1, 16)

    half = departure(flat, positions=positions, brightness=None, seed=0, second_look=False)
    more = departure(flat, positions=positions, brightness=None, seed=0, second_look=False, references=SEVEN_TENTHS)

    assert np.quantile(half[mask.ravel()], 0.05) > np.quantile(half[~mask.ravel()], 0.95)
    assert np.median(half[mask.ravel()]) > np.median(more[mask.ravel()]) + 0.1


def test_one_is_the_distance_of_a_typical_member() -> None:
    rng = np.random.default_rng(3)
    embeddings = np.eye(16)[0] + 0.05 * rng.normal(size=(60, 60, 16)) * np.linspace(1, 0.2, 16)
    embeddings = (embeddings / np.linalg.norm(embeddings, axis=2, keepdims=True)).astype(np.float32)

    values = _departure_map(embeddings)

    distances = 3 * values / (1 - values)  # of values d / (d + 3)
    assert np.sqrt(np.mean(distances**2)) == pytest.approx(1, abs=0.15)


def test_values_stay_in_range_and_identical_patches_do_not_depart() -> None:
    same = np.tile(np.eye(8, dtype=np.float32)[0], (10, 10, 1))
    assert _departure_map(same).max() == 0

    mixed, _ = _scene(10, 10, (slice(0, 3), slice(0, 3)))
    values = _departure_map(mixed)
    assert (values >= 0).all()
    assert (values < 1).all()


def test_missing_patches_take_no_part() -> None:
    embeddings, mask = _scene(16, 16, (slice(4, 9), slice(4, 9)))
    keep = np.ones((16, 16), bool)
    keep[:, 12:] = False
    positions = np.argwhere(keep)

    values = departure(embeddings[keep], positions=positions, brightness=None, seed=0)

    assert values.shape == (keep.sum(),)
    assert np.median(values[mask[keep]]) > 0.6


def test_the_same_seed_gives_the_same_bytes() -> None:
    embeddings, _ = _scene(80, 80, (slice(10, 30), slice(10, 30)))
    flat, positions = embeddings.reshape(-1, 16), np.argwhere(np.ones((80, 80), bool))

    one = departure(flat, positions=positions, brightness=None, seed=7)
    two = departure(flat, positions=positions, brightness=None, seed=7)

    assert one.tobytes() == two.tobytes()


def _lit(seed: int, *, foreign: float = 0.0) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """A host whose embeddings move with the light, which falls off from left to right; a part may be foreign.

    Args:
        seed: of the noise.
        foreign: how far the foreign part lies off, in the direction in which the host moves with the light.

    Returns:
        Embeddings (N, 16), positions (N, 2), brightness (N,) and the foreign mask (N,) of a grid of 36 × 48 patches.
    """
    rng = np.random.default_rng(seed)
    axes = np.linalg.qr(rng.normal(size=(16, 16)))[0]
    brightness = np.broadcast_to(np.linspace(220, 30, 48), (36, 48)) + rng.normal(0, 15, (36, 48))
    mask = np.zeros((36, 48), bool)
    mask[20:30, 26:38] = True
    relative = (brightness - 125) / 95
    embeddings = axes[0] + 0.4 * relative[..., None] * axes[1] + foreign * mask[..., None] * axes[1]
    embeddings += 0.05 * rng.normal(size=(36, 48, 16))
    embeddings /= np.linalg.norm(embeddings, axis=2, keepdims=True)
    positions = np.argwhere(np.ones((36, 48), bool))
    return embeddings.reshape(-1, 16).astype(np.float32), positions, brightness.ravel(), mask.ravel()


def test_what_is_only_brighter_or_darker_departs_less_when_brightness_is_known() -> None:
    embeddings, positions, brightness, _ = _lit(0)
    ends = np.abs(brightness - 125) > 75

    known = departure(embeddings, positions=positions, brightness=brightness, seed=0, second_look=False)
    unknown = departure(embeddings, positions=positions, brightness=None, seed=0, second_look=False)

    def excess(values: np.ndarray) -> float:
        return float(np.median(values[ends]) - np.median(values[~ends]))

    assert excess(known) < 0.5 * excess(unknown)


@pytest.mark.parametrize("seed", range(3))
def test_a_foreign_part_is_found_better_when_brightness_is_known(seed: int) -> None:
    embeddings, positions, brightness, mask = _lit(seed, foreign=0.3)

    known = departure(embeddings, positions=positions, brightness=brightness, seed=0)
    unknown = departure(embeddings, positions=positions, brightness=None, seed=0)

    assert average_precision_score(mask, known) > 1.5 * average_precision_score(mask, unknown)


def test_few_patches_have_one_reference_at_every_brightness() -> None:
    embeddings, positions, brightness, _ = _lit(0)
    for count, alike in ((discriminant.FEWEST_PATCHES - 1, True), (discriminant.FEWEST_PATCHES, False)):
        known = departure(embeddings[:count], positions=positions[:count], brightness=brightness[:count], seed=0)
        unknown = departure(embeddings[:count], positions=positions[:count], brightness=None, seed=0)

        assert np.array_equal(known, unknown) == alike


def test_brightness_that_is_the_same_everywhere_changes_next_to_nothing() -> None:
    embeddings, positions, _, _ = _lit(0)
    even = np.full(len(embeddings), 130.0)

    known = departure(embeddings, positions=positions, brightness=even, seed=0)
    unknown = departure(embeddings, positions=positions, brightness=None, seed=0)

    np.testing.assert_allclose(known, unknown, atol=0.05)  # more rounds of the same concentration


def _with_a_scene(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A host with a strong scene along one direction, and a foreign part off along another.

    Returns:
        Embeddings (N, 16), positions (N, 2) and the mask (N,) of a grid of 36 × 48 patches.
    """
    rng = np.random.default_rng(seed)
    axes = np.linalg.qr(rng.normal(size=(16, 16)))[0]
    scene = np.abs(rng.normal(0, 1, (36, 48))) * (rng.random((36, 48)) < 0.15)  # odd patches everywhere
    mask = np.zeros((36, 48), bool)
    mask[8:18, 10:22] = True
    embeddings = axes[0] + 0.02 * rng.normal(size=(36, 48, 16))
    embeddings += 0.9 * scene[..., None] * axes[1] + 0.30 * mask[..., None] * axes[2]
    embeddings += 0.10 * rng.normal(size=(36, 48, 1)) * axes[2]
    embeddings /= np.linalg.norm(embeddings, axis=2, keepdims=True)
    return embeddings.reshape(-1, 16).astype(np.float32), np.argwhere(np.ones((36, 48), bool)), mask.ravel()


def test_the_second_look_raises_the_foreign_part_above_what_a_scene_makes_depart() -> None:
    gains = []
    for seed in range(5):
        embeddings, positions, mask = _with_a_scene(seed)
        first = departure(embeddings, positions=positions, brightness=None, seed=0, smoothing=0.5, second_look=False)
        second = departure(embeddings, positions=positions, brightness=None, seed=0, smoothing=0.5)
        gains.append(average_precision_score(mask, second) - average_precision_score(mask, first))

    assert min(gains) > 0
    assert np.mean(gains) > 0.05


def test_the_second_look_keeps_the_scale() -> None:
    embeddings, positions, _ = _with_a_scene(0)
    first = departure(embeddings, positions=positions, brightness=None, seed=0, second_look=False)
    second = departure(embeddings, positions=positions, brightness=None, seed=0)

    np.testing.assert_array_equal(np.sort(first), np.sort(second))
    assert not np.array_equal(first, second)


def test_few_patches_get_no_second_look() -> None:
    embeddings, positions, _ = _with_a_scene(0)
    few = discriminant.FEWEST_PATCHES - 1

    first = departure(embeddings[:few], positions=positions[:few], brightness=None, seed=0, second_look=False)
    second = departure(embeddings[:few], positions=positions[:few], brightness=None, seed=0)

    np.testing.assert_array_equal(first, second)


def test_few_patches_are_blurred_less() -> None:
    embeddings, positions, _ = _with_a_scene(0)
    few = discriminant.FEWEST_PATCHES - 1
    for count, smoothing in ((few, SMOOTHING_OF_FEW), (few + 1, SMOOTHING)):
        shipped = departure(embeddings[:count], positions=positions[:count], brightness=None, seed=0)
        same = departure(embeddings[:count], positions=positions[:count], brightness=None, seed=0, smoothing=smoothing)

        np.testing.assert_array_equal(shipped, same)


def test_one_component_finds_a_large_part_that_further_ones_hide() -> None:
    """What the scene spreads along further directions counts less where the first alone tells the parts apart."""
    embeddings, mask = _scene(36, 48, (slice(0, 36), slice(0, 20)))
    positions = np.argwhere(np.ones(mask.shape, bool))
    odd = np.random.default_rng(1).random(mask.shape) < 0.1
    embeddings[odd] += 0.8 * np.eye(16)[9].astype(np.float32)
    embeddings /= np.linalg.norm(embeddings, axis=2, keepdims=True)

    def precision(references: tuple[tuple[int, float], ...]) -> float:
        values = departure(
            embeddings.reshape(-1, 16),
            positions=positions,
            brightness=None,
            seed=0,
            smoothing=0.3,
            references=references,
        )
        return float(average_precision_score(mask.ravel(), values))

    assert precision(((1, 0.5), *SEVEN_TENTHS)) > precision(SEVEN_TENTHS) + 0.1
