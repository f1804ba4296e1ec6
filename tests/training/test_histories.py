import numpy as np
import pytest
from PIL import Image

from workstation.training.histories import History, JpegSave, LastSave, Resize
from workstation.training.simulated_camera import SimulatedCamera, vary_scene


@pytest.fixture
def texture() -> np.ndarray:
    rng = np.random.default_rng(5)
    coarse = rng.integers(0, 255, (23, 23, 3), dtype=np.uint8)
    return np.asarray(Image.fromarray(coarse).resize((160, 160), Image.Resampling.BICUBIC))


def _blockiness(image: np.ndarray, shift: int) -> float:
    steps = np.abs(np.diff(image[..., 1].astype(float), axis=1)).mean(0)
    edges = np.arange(len(steps)) % 8 == (7 - shift) % 8
    return float(steps[edges].mean() / steps[~edges].mean())


@pytest.mark.parametrize("shift", [0, 3, 5])
def test_a_shifted_save_leaves_its_block_edges_where_it_says(texture: np.ndarray, shift: int) -> None:
    saved = JpegSave(30, "4:4:4", (0, shift)).apply(texture)

    assert saved.shape == texture.shape
    assert max(range(8), key=lambda s: _blockiness(saved, s)) == shift


def test_resize_scales_both_sides(texture: np.ndarray) -> None:
    assert Resize(0.7, "bicubic").apply(texture).shape == (112, 112, 3)


def test_an_empty_history_changes_nothing_and_a_drawn_one_is_never_empty(texture: np.ndarray) -> None:
    rng = np.random.default_rng(1)
    np.testing.assert_array_equal(History().apply(texture, rng), texture)
    assert all(History.draw(rng, ()) != History() for _ in range(50))


def test_the_last_save_cuts_the_asked_side_and_shares_its_block_grid(texture: np.ndarray) -> None:
    last = LastSave(None, JpegSave(30, "4:4:4"))

    cut = last.apply(texture, 128)

    assert cut.shape == (128, 128, 3)
    assert max(range(8), key=lambda s: _blockiness(cut, s)) == 0


def test_an_aligned_cut_keeps_an_earlier_block_grid_on_that_of_the_save(texture: np.ndarray) -> None:
    earlier = JpegSave(30, "4:4:4").apply(texture)

    cuts = [LastSave(None, None).apply(earlier, side, aligned=True) for side in (128, 136, 142)]

    assert [cut.shape[0] for cut in cuts] == [128, 136, 142]
    assert all(max(range(8), key=lambda s: _blockiness(cut, s)) == 0 for cut in cuts)
    elsewhere = LastSave(None, None).apply(earlier, 142)  # begins at pixel 9
    assert max(range(8), key=lambda s: _blockiness(elsewhere, s)) == 1


def test_real_tables_are_the_ones_in_the_file(tmp_path, texture: np.ndarray) -> None:
    tables = (tuple([7] * 64), tuple([9] * 64))
    coarse = JpegSave(95, "4:2:0", tables=(tuple([90] * 64), tuple([90] * 64))).apply(texture)
    fine = JpegSave(95, "4:2:0", tables=tables).apply(texture)

    assert np.abs(fine.astype(int) - texture).mean() < np.abs(coarse.astype(int) - texture).mean()


def test_a_simulated_camera_leaves_the_correlations_of_its_mosaic(texture: np.ndarray) -> None:
    camera = SimulatedCamera(0, "bilinear", 4e-3, 2e-2, (1.5, 1.5), "none", 0.0, 0.0, 1.0, 2.2)
    scene = np.full((128, 128, 3), 128, np.uint8)

    green = camera.photograph(scene, np.random.default_rng(0))[8:-8, 8:-8, 1].astype(float)

    measured = green[0::2, 1::2]  # red stands first, so green was measured here ...
    interpolated = green[0::2, 0::2]  # ... and interpolated there, which averages four noises
    assert interpolated.std() < 0.7 * measured.std()


def test_a_varied_scene_keeps_shape_and_type(texture: np.ndarray) -> None:
    rng = np.random.default_rng(2)
    for _ in range(10):
        varied = vary_scene(texture, rng)
        assert varied.shape == texture.shape
        assert varied.dtype == np.uint8


def test_the_chances_of_a_last_save_are_those_that_were_asked_for() -> None:
    rng = np.random.default_rng(0)

    drawn = [LastSave.draw(rng, (), resized=0.8, saved=0.2) for _ in range(400)]

    assert np.mean([last.resize is not None for last in drawn]) == pytest.approx(0.8, abs=0.07)
    assert np.mean([last.save is not None for last in drawn]) == pytest.approx(0.2, abs=0.07)
