"""Each peer on a picture that holds exactly what it looks for."""

import io

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage

from workstation.evaluation import metrics
from workstation.evaluation.localisation import comparable
from workstation.evaluation.peers import PEERS
from workstation.evaluation.peers.blocks import block_means

FOREIGN = (slice(64, 160), slice(96, 224))


@pytest.fixture(scope="module")
def scene() -> np.ndarray:
    """(256, 320, 3) uint8: soft shapes and a little noise, alike everywhere."""
    rng = np.random.default_rng(0)
    shapes = ndimage.gaussian_filter(rng.normal(0, 1, (256, 320)), 3) * 250 + 120
    return np.clip(shapes[..., None] + rng.normal(0, 3, (256, 320, 3)), 0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def mask() -> np.ndarray:
    mask = np.zeros((256, 320), bool)
    mask[FOREIGN] = True
    return mask


def saved(rgb: np.ndarray, quality: int) -> np.ndarray:
    buffer = io.BytesIO()
    Image.fromarray(rgb).save(buffer, "JPEG", quality=quality, subsampling=0)
    return np.asarray(Image.open(buffer))


def auc(name: str, rgb: np.ndarray, mask: np.ndarray) -> float:
    heat = PEERS[name].heat(rgb)
    assert heat.dtype == np.float32
    assert np.isfinite(heat).all()
    return metrics.roc_auc(*comparable(heat, mask))


def test_error_levels_show_what_was_not_saved_before(scene: np.ndarray, mask: np.ndarray) -> None:
    composite = saved(scene, 90).copy()
    composite[FOREIGN] = scene[FOREIGN]
    assert auc("ela", composite, mask) > 0.9
    assert auc("ela", scene, mask) < 0.7


@pytest.mark.parametrize("sigma", [0.5, 9])
def test_noise_levels_show_a_quieter_and_a_noisier_part(scene: np.ndarray, mask: np.ndarray, sigma: float) -> None:
    rng = np.random.default_rng(1)
    composite = scene.astype(float)
    composite[FOREIGN] = ndimage.gaussian_filter(composite[FOREIGN], (1.5, 1.5, 0)) + rng.normal(0, sigma, (96, 128, 3))
    assert auc("noise", np.clip(composite, 0, 255).astype(np.uint8), mask) > 0.95
    assert auc("noise", scene, mask) < 0.7


def test_ghosts_show_a_part_that_was_saved_worse_before(scene: np.ndarray, mask: np.ndarray) -> None:
    composite = scene.copy()
    composite[FOREIGN] = saved(scene, 55)[FOREIGN]
    assert auc("ghost", saved(composite, 92), mask) > 0.9
    assert auc("ghost", saved(scene, 92), mask) < 0.7


def test_a_flat_picture_has_flat_maps() -> None:
    flat = np.full((128, 128, 3), 90, np.uint8)
    for name in ("ela", "noise", "ghost"):
        heat = PEERS[name].heat(flat)
        assert heat.shape == (16, 16)
        assert np.ptp(heat) == pytest.approx(0, abs=1e-6)


def test_cells_are_means_around_their_centres() -> None:
    ramp = np.tile(np.arange(40, dtype=np.float32), (20, 1))
    means = block_means(ramp, 5)
    assert means.shape == (3, 5)
    np.testing.assert_allclose(means[1], [4, 12, 20, 28, 36], atol=1e-4)
