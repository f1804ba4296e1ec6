import numpy as np
import pytest
import torch
from PIL import Image

from workstation import paths
from workstation.analysis.geometry import PatchGrid
from workstation.analysis.model import compact, compact_pass, load_encoder, load_text_side, winograd
from workstation.analysis.model.compact_network import RECEPTIVE_MARGIN, CompactNetwork, residual, unshuffled_residual
from workstation.analysis.model.compact_pass import CompactPass
from workstation.analysis.model.compact_text import CompactTextSide
from workstation.errors import ImageTooSmall
from workstation.progress import drain


@pytest.fixture(scope="module")
def image() -> np.ndarray:
    rng = np.random.default_rng(0)
    coarse = Image.fromarray(rng.integers(0, 255, (20, 27, 3), dtype=np.uint8))
    noise = rng.normal(0, 4, (330, 420, 3))
    return np.clip(np.asarray(coarse.resize((420, 330), Image.Resampling.BICUBIC)) + noise, 0, 255).astype(np.uint8)


def loaded(*, threads: int = 1) -> compact.CompactEncoder:
    encoder = load_encoder("compact", device="cpu", threads=threads, precision="float32")
    assert isinstance(encoder, compact.CompactEncoder)
    return encoder


@pytest.fixture(scope="module")
def encoder() -> compact.CompactEncoder:
    return loaded()


@pytest.fixture(params=[True, False], ids=["in tiles", "by definition"])
def in_tiles(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Both ways to convolve in float32, whichever this processor would take."""
    if request.param and not torch._nnpack_available():
        pytest.skip("torch has no NNPACK on this system")
    monkeypatch.setattr(winograd, "available", lambda: request.param)
    return bool(request.param)


def test_embeddings_have_unit_length_and_one_per_cell(encoder: compact.CompactEncoder, image: np.ndarray) -> None:
    grid = encoder.default_grid(*image.shape[:2], None, None)

    embeddings = drain(encoder.embed(image, grid))

    assert (grid.rows, grid.columns, grid.stride, grid.patch) == (21, 27, 16, 32)
    assert embeddings.shape == (21, 27, encoder.dimensions)
    assert embeddings.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(embeddings, axis=2), 1, atol=1e-5)


@pytest.mark.parametrize(("patch", "stride"), [(32, 16), (64, 32), (64, 64)])
def test_bands_leave_no_seam(
    image: np.ndarray, monkeypatch: pytest.MonkeyPatch, patch: int, stride: int, *, in_tiles: bool
) -> None:
    encoder = loaded()
    grid = PatchGrid.covering(*image.shape[:2], patch=patch, stride=stride)
    whole = drain(encoder.embed(image, grid))
    monkeypatch.setitem(compact.BAND_PIXELS, "cpu", 1)
    monkeypatch.setattr(compact, "BAND_PIXELS_OF_TILES", 1)
    steps = list(encoder.embed(image, grid))

    banded = drain(encoder.embed(image, grid))

    assert len(steps) == -(-330 // (compact.BAND_OF_TILES if in_tiles else compact.LEAST_BAND))
    np.testing.assert_allclose(banded, whole, atol=1e-5 if in_tiles else 2e-6)


@pytest.mark.parametrize("way", ["in tiles", "fused", "plain"])
@pytest.mark.parametrize("block", [2, 8])  # blocks of 8 features are higher than what the first band completes
@pytest.mark.parametrize(("height", "width"), [(64, 128), (203, 117)])
def test_a_pass_in_bands_is_the_network_on_the_continued_picture(
    height: int, width: int, block: int, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.manual_seed(0)
    network = CompactNetwork(8, 8, 8)
    network.moments(torch.randint(0, 256, (4, 3, 64, 64)))  # gives the batch norms statistics of their own
    network.eval().requires_grad_(False).fold_batch_norm()
    picture = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    rows, columns = -(-height // 64) * 64, -(-width // 64) * 64
    continued = np.pad(picture, ((0, rows - height), (0, columns - width), (0, 0)), mode="symmetric")
    if way == "in tiles" and not torch._nnpack_available():
        pytest.skip("torch has no NNPACK on this system")
    monkeypatch.setattr(winograd, "available", lambda: way == "in tiles")
    if way == "plain":
        monkeypatch.setattr(compact_pass, "_fuses", lambda _: False)

    with torch.inference_mode():
        expected = network.moments(torch.from_numpy(continued).permute(2, 0, 1)[None], block)[0].permute(1, 2, 0)
        bands = list(
            CompactPass(network, torch.float32, torch.device("cpu")).moments(picture, (rows, columns), block, 64)
        )

    assert len(bands) == -(-rows // 64)
    torch.testing.assert_close(torch.cat(bands), expected, atol=1e-4 if way == "in tiles" else 1e-5, rtol=1e-5)


def test_a_window_is_pooled_as_in_training(encoder: compact.CompactEncoder, image: np.ndarray) -> None:
    grid = PatchGrid.covering(128, 192, patch=64, stride=64)
    cut = image[:128, :192]
    dense = drain(encoder.embed(cut, grid))

    network = encoder.network
    with torch.inference_mode():
        moments = network.moments(torch.from_numpy(cut.copy()).permute(2, 0, 1)[None], 8)
        windows = network.project(moments.flatten(2).transpose(1, 2))[0].reshape(2, 3, -1).numpy()

    np.testing.assert_allclose(dense, windows, atol=1e-4)


@pytest.mark.parametrize(
    ("geometry", "share", "side"),
    [
        ((64, 16), 4, 16),
        ((64, 16), 2, 32),
        ((64, 16), 1, 64),
        ((64, 32), 4, 32),
        ((128, 16), 4, 32),
        ((32, 16), 4, 16),
    ],
)
def test_features_are_averaged_over_the_middle_of_a_window(
    encoder: compact.CompactEncoder, image: np.ndarray, geometry: tuple[int, int], share: int, side: int
) -> None:
    patch, stride = geometry
    grid = PatchGrid.covering(192, 256, patch=patch, stride=stride)
    cut = image[:192, :256]
    found = drain(encoder.embed(cut, grid, pooled_share=share))

    with torch.inference_mode():
        positions = encoder.network.moments(torch.from_numpy(cut.copy()).permute(2, 0, 1)[None])[0]
    row, column = 96 // stride, 128 // stride  # of a window that lies within the picture
    top, left = (cell * stride + (stride - side) // 2 for cell in (row, column))
    middle = positions[:, top // 8 : (top + side) // 8, left // 8 : (left + side) // 8].mean((1, 2))
    with torch.inference_mode():
        expected = encoder.network.project(middle).numpy()

    assert grid.pooled_side(share) == side
    np.testing.assert_allclose(found[row, column], expected, atol=1e-4)


def test_the_text_side_sees_whole_windows_as_it_was_trained(image: np.ndarray) -> None:
    side = load_text_side("compact", device="cpu", threads=1, precision="float32")
    assert isinstance(side, CompactTextSide)
    grid = PatchGrid.covering(192, 256, patch=64, stride=16)
    cut = image[:192, :256]

    found = drain(side.embed_for_text(cut, grid))

    network = side._image.network
    with torch.inference_mode():
        positions = network.moments(torch.from_numpy(cut.copy()).permute(2, 0, 1)[None])[0]
        expected = network.project(positions[:, 9:17, 13:21].mean((1, 2))).numpy()  # 64 pixels around (104, 136)
    np.testing.assert_allclose(found[6, 8], expected, atol=1e-4)


def test_a_middle_lies_as_far_beyond_its_cell_on_either_side(encoder: compact.CompactEncoder) -> None:
    """A quarter of 96 pixels is 24, which would lie askew over a cell of 16: 32 are taken, and said."""
    rng = np.random.default_rng(0)
    picture = rng.integers(0, 255, (192, 192, 3), dtype=np.uint8)
    grid = PatchGrid.covering(192, 192, patch=96, stride=16)

    found = drain(encoder.embed(picture, grid))

    with torch.inference_mode():
        positions = encoder.network.moments(torch.from_numpy(picture).permute(2, 0, 1)[None])[0]
        expected = encoder.network.project(positions[:, 11:15, 11:15].mean((1, 2))).numpy()
    assert grid.pooled_side() == 32
    np.testing.assert_allclose(found[6, 6], expected, atol=1e-4)


def test_a_feature_sees_no_further_than_the_margin() -> None:
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


@pytest.fixture(scope="module")
def large_splice() -> np.ndarray:
    """The bundled splice beside and above its mirror images: (2048, 3072, 3)."""
    with Image.open(paths.resources() / "examples" / "spliced.jpg") as opened:
        splice = np.asarray(opened.convert("RGB"))
    row = np.concatenate([splice, splice[:, ::-1]], axis=1)
    return np.concatenate([row, row[::-1]])


def test_a_large_picture_is_shown_coarsely_first_and_then_refined(
    encoder: compact.CompactEncoder, large_splice: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compact, "PARTIAL_INTERVAL", 0.0)
    grid = encoder.default_grid(*large_splice.shape[:2], None, None)
    steps, shown = encoder.embed(large_splice, grid, watched=True), []
    while True:
        try:
            shown.append(next(steps))
        except StopIteration as stop:
            embeddings = stop.value
            break

    first = shown[0].partial
    assert shown[0].fraction == 0.0
    assert np.isfinite(first).all()  # the whole picture at once
    assert 16 <= len(np.unique(first.reshape(-1, first.shape[2]), axis=0)) <= 30
    like = np.einsum("rcd,rcd->rc", first, embeddings)
    assert np.median(like) > 0.5
    refined = [int((one.partial == embeddings).all(axis=2).sum()) for one in shown]
    assert refined == sorted(refined)
    assert refined[0] < refined[2] < refined[-1] == grid.rows * grid.columns  # the first row of tiles, the last one


def test_the_glance_changes_no_byte_of_the_result(encoder: compact.CompactEncoder, large_splice: np.ndarray) -> None:
    cut = large_splice[:1600, :2600]
    grid = encoder.default_grid(*cut.shape[:2], None, None)
    glanced = drain(encoder.embed(cut, grid, watched=True))
    steps = list(encoder.embed(cut, grid))

    assert steps[0].fraction > 0
    assert {step.partial for step in steps} == {None}  # nobody looks
    assert drain(encoder.embed(cut, grid)).tobytes() == glanced.tobytes()


def test_a_picture_that_is_done_in_a_moment_is_not_glanced_at(
    encoder: compact.CompactEncoder, image: np.ndarray
) -> None:
    grid = encoder.default_grid(*image.shape[:2], None, None)

    assert [step.fraction for step in encoder.embed(image, grid, watched=True)] == [1.0]


@pytest.mark.usefixtures("in_tiles")
@pytest.mark.parametrize("threads", [2, 5])
def test_more_threads_change_no_byte_and_no_setting(image: np.ndarray, threads: int) -> None:
    picture = np.tile(image, (1, 3, 1))  # wide enough for two parts
    one = loaded()
    grid = one.default_grid(*picture.shape[:2], None, None)
    alone = drain(one.embed(picture, grid))
    shared = loaded(threads=threads)

    embeddings = drain(shared.embed(picture, grid))

    assert picture.shape[1] >= compact.LEAST_SHARED
    assert embeddings.tobytes() == alone.tobytes()
    assert torch.get_num_threads() == threads  # what this thread's next request finds


def test_four_parts_leave_no_seam(image: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    picture = np.tile(image[:128], (1, 8, 1))
    monkeypatch.setattr(winograd, "available", torch._nnpack_available)
    encoder = loaded(threads=4)
    grid = encoder.default_grid(*picture.shape[:2], None, None)
    assert picture.shape[1] >= compact.LEAST_QUARTERED
    in_parts = drain(encoder.embed(picture, grid))
    monkeypatch.setattr(compact, "LEAST_SHARED", 10_000)

    np.testing.assert_allclose(drain(encoder.embed(picture, grid)), in_parts, atol=1e-5)


def test_closing_an_analysis_of_two_halves_ends_its_threads(image: np.ndarray) -> None:
    picture = np.tile(image, (2, 3, 1))
    encoder = load_encoder("compact", device="cpu", threads=2)
    steps = encoder.embed(picture, encoder.default_grid(*picture.shape[:2], None, None))

    next(steps)
    steps.close()  # conftest fails the test if a thread is left
