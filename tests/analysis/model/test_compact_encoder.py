import numpy as np
import pytest
import torch
from PIL import Image

from workstation.analysis.geometry import PatchGrid
from workstation.analysis.model import compact, load_encoder
from workstation.analysis.model.compact_network import RECEPTIVE_MARGIN, CompactNetwork, residual, unshuffled_residual
from workstation.errors import ImageTooSmall
from workstation.progress import drain


@pytest.fixture(scope="module")
def image() -> np.ndarray:
    rng = np.random.default_rng(0)
    coarse = Image.fromarray(rng.integers(0, 255, (20, 27, 3), dtype=np.uint8))
    noise = rng.normal(0, 4, (330, 420, 3))
    return np.clip(np.asarray(coarse.resize((420, 330), Image.Resampling.BICUBIC)) + noise, 0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def encoder() -> compact.CompactEncoder:
    loaded = load_encoder("compact", device="cpu", threads=1, precision="float32")
    assert isinstance(loaded, compact.CompactEncoder)
    return loaded


def test_embeddings_have_unit_length_and_one_per_cell(encoder: compact.CompactEncoder, image: np.ndarray) -> None:
    grid = encoder.default_grid(*image.shape[:2], None, None)

    embeddings = drain(encoder.embed(image, grid))

    assert (grid.rows, grid.columns, grid.stride, grid.patch) == (21, 27, 16, 32)
    assert embeddings.shape == (21, 27, encoder.dimensions)
    assert embeddings.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(embeddings, axis=2), 1, atol=1e-5)


def test_tiles_leave_no_seam(
    encoder: compact.CompactEncoder, image: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    grid = encoder.default_grid(*image.shape[:2], None, None)
    whole = drain(encoder.embed(image, grid))
    monkeypatch.setattr(compact, "TILE_ROWS", 64)
    monkeypatch.setattr(compact, "TILE_COLUMNS", 128)

    tiled = drain(encoder.embed(image, grid))

    np.testing.assert_allclose(tiled, whole, atol=2e-4)


def test_a_window_is_pooled_as_in_training(encoder: compact.CompactEncoder, image: np.ndarray) -> None:
    grid = PatchGrid.covering(128, 192, patch=64, stride=64)
    cut = image[:128, :192]
    dense = drain(encoder.embed(cut, grid))

    network = encoder.network
    with torch.inference_mode():
        moments = network.moments(torch.from_numpy(cut.copy()).permute(2, 0, 1)[None], 8)
        windows = network.project(moments.flatten(2).transpose(1, 2))[0].reshape(2, 3, -1).numpy()

    np.testing.assert_allclose(dense, windows, atol=1e-4)


def test_a_feature_sees_no_further_than_the_halo() -> None:
    torch.manual_seed(0)
    network = CompactNetwork(8, 8, 8).eval()
    one = torch.full((1, 3, 256, 256), 128.0)
    two = one.clone()
    two[:, :, :, 128 + 8 + RECEPTIVE_MARGIN :] += torch.randn(3, 256, 120 - RECEPTIVE_MARGIN) * 30

    with torch.inference_mode():
        left, right = network.moments(one), network.moments(two)

    torch.testing.assert_close(left[..., : 128 // 8 + 1], right[..., : 128 // 8 + 1])
    assert not torch.allclose(left, right)


def test_folding_the_batch_norm_changes_nothing() -> None:
    torch.manual_seed(0)
    network = CompactNetwork(8, 8, 8)
    pixels = torch.randint(0, 255, (4, 3, 64, 64))
    network.train()
    network.moments(pixels)  # gives the batch norms statistics of their own
    network.eval()
    with torch.inference_mode():
        before = network.moments(pixels)
        network.fold_batch_norm()
        torch.testing.assert_close(network.moments(pixels), before, atol=1e-4, rtol=1e-4)


def test_the_stride_grows_with_the_image_up_to_the_patch(encoder: compact.CompactEncoder) -> None:
    strides = [encoder.default_grid(h, w, None, None).stride for h, w in ((256, 384), (3000, 4000), (10000, 10000))]
    assert strides == [16, 32, 64]
    assert encoder.default_grid(768, 1024, None, 16).stride == 64
    assert encoder.default_grid(768, 1024, 128, None).patch == 128
    with pytest.raises(ImageTooSmall):
        encoder.default_grid(40, 400, None, None)


def test_small_images_are_seen_through_small_windows(encoder: compact.CompactEncoder) -> None:
    assert [encoder.default_grid(h, w, None, None).patch for h, w in ((256, 384), (480, 640), (768, 1024))] == [
        32,
        64,
        64,
    ]
    assert encoder.default_grid(256, 384, 64, None).patch == 64
    with pytest.raises(ImageTooSmall, match="64"):  # the model's own window is what an image is too small for
        encoder.default_grid(40, 400, None, None)


def test_bfloat16_stays_close_to_float32(encoder: compact.CompactEncoder, image: np.ndarray) -> None:
    grid = encoder.default_grid(*image.shape[:2], None, None)
    exact = drain(encoder.embed(image, grid))
    fast = drain(load_encoder("compact", device="cpu", threads=1).embed(image, grid))

    difference = np.linalg.norm(fast - exact, axis=2)
    assert np.median(difference) < 0.02
    assert difference.max() < 0.15


def test_residuals_are_the_same_in_strips_and_as_a_convolution() -> None:
    torch.manual_seed(0)
    pixels = torch.randint(0, 255, (2, 3, 72, 40), dtype=torch.uint8)
    row = torch.tensor([1.0, 4.0, 6.0, 4.0, 1.0]) / 16
    x = pixels.float() / 127.5 - 1
    padded = torch.nn.functional.pad(x, (2, 2, 2, 2), mode="replicate")
    blurred = torch.nn.functional.conv2d(padded, torch.outer(row, row).expand(3, 1, 5, 5), groups=3)

    expected = ((x - blurred) * 10).clamp(-4, 4)

    torch.testing.assert_close(residual(pixels), expected, atol=1e-5, rtol=0)
    strips = torch.nn.functional.pixel_shuffle(unshuffled_residual(pixels, torch.float32), 2)
    torch.testing.assert_close(strips, residual(pixels), atol=0, rtol=0)
