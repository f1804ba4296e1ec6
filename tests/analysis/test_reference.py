import numpy as np
import pytest

from workstation.analysis.reference import departure


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
    values = departure(embeddings.reshape(-1, embeddings.shape[2]), positions=positions, seed=0).values
    return values.reshape(rows, columns)


@pytest.mark.parametrize("foreign", [(slice(2, 8), slice(3, 9)), (slice(0, 12), slice(0, 7))])
def test_the_smaller_group_departs(foreign: tuple[slice, slice]) -> None:
    embeddings, mask = _scene(20, 24, foreign)

    values = _departure_map(embeddings)

    assert values.dtype == np.float32
    assert np.median(values[mask]) > 0.6
    assert np.median(values[~mask]) < 0.4


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

    values = departure(embeddings[keep], positions=positions, seed=0).values

    assert values.shape == (keep.sum(),)
    assert np.median(values[mask[keep]]) > 0.6


def test_the_reference_holds_the_stated_share_and_the_same_seed_gives_the_same_bytes() -> None:
    embeddings, mask = _scene(80, 80, (slice(10, 30), slice(10, 30)))
    flat, positions = embeddings.reshape(-1, 16), np.argwhere(np.ones((80, 80), bool))

    one = departure(flat, positions=positions, seed=7)
    two = departure(flat, positions=positions, seed=7)

    assert one.reference.mean() == pytest.approx(0.7, abs=0.01)
    assert not (one.reference & mask.ravel())[mask.ravel()].any()
    assert one.values.tobytes() == two.values.tobytes()
