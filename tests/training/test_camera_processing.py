import dataclasses

import numpy as np
import pytest

from workstation.training.camera_processing import CameraProcessing
from workstation.training.histories import JpegSave

PLAIN = CameraProcessing((0, 0, 0), "none", 1.0, 0.0, 0.0, 3.0, 255.0, 0.0, 1.0, None)


@pytest.fixture
def noisy() -> np.ndarray:
    """A grey step with noise in all colours, float32."""
    rng = np.random.default_rng(1)
    step = np.where(np.arange(96) < 48, 90.0, 150.0)[None, :, None] + np.zeros((96, 96, 3))
    return (step + rng.normal(0, 6, step.shape)).astype(np.float32)


def _chroma(image: np.ndarray) -> float:
    values = image.astype(float)
    return float((values[..., 0] - values[..., 1]).std())


def _detail(image: np.ndarray) -> float:
    return float(np.diff(image[:, :40].astype(float).mean(-1), axis=0).std())


def test_a_camera_without_processing_only_rounds(noisy: np.ndarray) -> None:
    np.testing.assert_allclose(PLAIN.develop(noisy), noisy, atol=1.01)
    np.testing.assert_array_equal(PLAIN.lens(noisy), noisy)


@pytest.mark.parametrize("way", ["gaussian", "median", "box"])
def test_colour_noise_is_smoothed_and_brightness_left(noisy: np.ndarray, way: str) -> None:
    plain = PLAIN.develop(noisy)
    smoothed = dataclasses.replace(PLAIN, chroma=way, chroma_strength=2.0).develop(noisy)

    assert _chroma(smoothed) < 0.5 * _chroma(plain)
    luma = [image.astype(float) @ (0.299, 0.587, 0.114) for image in (plain, smoothed)]
    assert np.abs(luma[0] - luma[1]).mean() < 1


def test_texture_is_smoothed_where_there_is_little_and_edges_stay(noisy: np.ndarray) -> None:
    plain, smoothed = PLAIN.develop(noisy), dataclasses.replace(PLAIN, texture=10.0).develop(noisy)

    assert _detail(smoothed) < 0.6 * _detail(plain)
    across = [image[:, 44:52].mean((0, 2)).astype(float) for image in (plain, smoothed)]
    assert np.ptp(across[1]) > 0.8 * np.ptp(across[0])


def test_halos_stay_below_their_limit(noisy: np.ndarray) -> None:
    wide = dataclasses.replace(PLAIN, clarity=1.0, clarity_radius=4.0)
    free = wide.develop(noisy).astype(float)
    limited = dataclasses.replace(wide, halo_limit=5.0).develop(noisy).astype(float)

    assert np.abs(free - PLAIN.develop(noisy)).max() > 20
    assert np.abs(limited - PLAIN.develop(noisy)).max() <= 7  # 5, and the rounding of both


def test_the_camera_saves_on_a_grid_that_begins_with_the_picture(noisy: np.ndarray) -> None:
    saved = dataclasses.replace(PLAIN, save=JpegSave(30, "4:4:4")).develop(noisy)

    steps = np.abs(np.diff(saved[..., 1].astype(float), axis=0)).mean(1)
    assert max(range(8), key=lambda phase: steps[phase::8].mean()) == 7


def test_drawn_cameras_differ_and_give_pictures(noisy: np.ndarray) -> None:
    rng = np.random.default_rng(3)
    drawn = [CameraProcessing.draw(rng, ()) for _ in range(30)]

    assert len(set(drawn)) == 30
    for processing in drawn:
        image = processing.develop(processing.lens(noisy / 255) * 255)
        assert image.shape == noisy.shape
        assert image.dtype == np.uint8
        assert abs(image.mean() - noisy.mean()) < 30
