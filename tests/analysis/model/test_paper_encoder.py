"""The published encoder: parity, precision, devices, text."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from workstation import paths
from workstation.analysis.geometry import PatchGrid
from workstation.analysis.model import checkpoint_keys, load_encoder, paper, registry, stand_in
from workstation.analysis.model.device import Placement, failures_of, place
from workstation.analysis.model.paper import PaperEncoder, patch_batches, prepared_network, spread_order
from workstation.errors import DeviceProblem, ImageTooSmall, WeightsProblem
from workstation.progress import drain

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def golden() -> dict[str, np.ndarray]:  # type: ignore[type-arg]
    with np.load(paths.resources() / "self-test" / "resnet50_embedding.npz") as arrays:
        return dict(arrays)


@pytest.fixture
def encoder(paper_added) -> PaperEncoder:
    loaded = load_encoder("paper", device="cpu", threads=1, precision="float32")
    assert isinstance(loaded, PaperEncoder)
    return loaded


def test_the_keys_are_those_of_the_published_checkpoint(test_data) -> None:
    listing = json.loads((test_data / "checkpoint_keys.json").read_text(encoding="utf-8"))

    assert checkpoint_keys.pruned() == {name: tuple(shape) for name, shape in listing["pruned"].items()}
    assert checkpoint_keys.original() == {name: tuple(shape) for name, shape in listing["original"].items()}


def test_the_network_computes_the_published_embedding(golden, pruned_state: dict[str, Tensor]) -> None:
    visual = {name: tensor for name, tensor in pruned_state.items() if name.startswith("visual.")}
    network = prepared_network(visual, torch.float32, CPU)
    pixels = torch.from_numpy(golden["patches"]).permute(0, 3, 1, 2) / 255
    mean, deviation = (torch.from_numpy(golden[name]).float().reshape(3, 1, 1) for name in ("mean", "std"))

    with torch.inference_mode():
        embedding = network((pixels - mean) / deviation).numpy()

    np.testing.assert_allclose(embedding, golden["embedding"], rtol=0, atol=1e-4)


def test_patches_come_out_of_the_whole_road_as_published(golden, encoder: PaperEncoder) -> None:
    expected = golden["embedding"] / np.linalg.norm(golden["embedding"], axis=1, keepdims=True)

    np.testing.assert_allclose(encoder.embed_patches(golden["patches"]), expected, rtol=0, atol=1e-4)


def test_bfloat16_stays_within_a_hundredth_of_float32(golden, paper_added, encoder: PaperEncoder) -> None:
    network = prepared_network(stand_in.image_side(), torch.bfloat16, CPU)
    fast = PaperEncoder(encoder.description, network, Placement(CPU, torch.bfloat16, 1))

    exact, rounded = encoder.embed_patches(golden["patches"]), fast.embed_patches(golden["patches"])

    assert fast.dtype_name == "bfloat16"
    assert 0 < np.linalg.norm(rounded - exact, axis=1).max() < 1e-2


def test_precision_float32_turns_bfloat16_off(encoder: PaperEncoder) -> None:
    assert encoder.dtype_name == "float32"


def test_bfloat16_is_used_only_where_cpu_and_weights_allow_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workstation.analysis.model.device.cpu_computes_bfloat16", lambda: True)
    assert place("cpu", threads=1, precision="auto", bfloat16_allowed=True).dtype is torch.bfloat16
    assert place("cpu", threads=1, precision="auto", bfloat16_allowed=False).dtype is torch.float32
    assert place("cpu", threads=1, precision="float32", bfloat16_allowed=True).dtype is torch.float32

    monkeypatch.setattr("workstation.analysis.model.device.cpu_computes_bfloat16", lambda: False)
    assert place("cpu", threads=1, precision="auto", bfloat16_allowed=True).dtype is torch.float32


def test_an_image_is_embedded_patch_by_patch_in_row_order(encoder: PaperEncoder) -> None:
    image = np.random.default_rng(1).integers(0, 256, (150, 210, 3), np.uint8)
    grid = encoder.default_grid(150, 210, None, 4)
    assert (grid.rows, grid.columns, grid.stride) == (2, 5, 20)
    encoder.batch = 4
    steps = encoder.embed(image, grid, watched=True)

    reports = []
    while True:
        try:
            reports.append(next(steps))
        except StopIteration as stop:
            embeddings = stop.value
            break

    assert [report.fraction for report in reports] == [0.4, 0.6, 1.0]
    assert np.isfinite(reports[0].partial).all(axis=2).sum() == 4
    assert np.isfinite(reports[1].partial[1, 3:]).all()  # the last batch comes before the middle one
    assert np.isnan(reports[0].partial[1, 4]).all()
    assert embeddings.shape == (2, 5, 768)
    assert embeddings.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(embeddings, axis=2), 1, atol=1e-5)
    alone = encoder.embed_patches(image[None, 20:148, 60:188])
    np.testing.assert_allclose(embeddings[1, 3], alone[0], atol=1e-5)


def test_every_beginning_of_the_batches_is_spread_over_the_picture() -> None:
    assert spread_order(1) == [0]
    assert spread_order(8) == [0, 5, 2, 7, 4, 1, 6, 3]
    for count in (3, 45, 46, 90):
        order = spread_order(count)
        assert sorted(order) == list(range(count))
        quarter = sorted(order[: -(-count // 4)])
        assert max(b - a for a, b in zip(quarter, [*quarter[1:], count], strict=True)) <= 8  # twice as far as even


def test_two_batches_to_a_row_are_taken_from_both_halves_in_turns() -> None:
    assert {number % 2 for number in spread_order(46)[:2]} == {0, 1}
    assert sum(number % 2 for number in spread_order(46)[:12]) == 6


def test_the_order_of_the_batches_changes_no_byte(encoder: PaperEncoder, monkeypatch: pytest.MonkeyPatch) -> None:
    image = np.random.default_rng(4).integers(0, 256, (150, 210, 3), np.uint8)
    grid = encoder.default_grid(150, 210, None, 4)
    encoder.batch = 3
    spread = drain(encoder.embed(image, grid))
    monkeypatch.setattr(paper, "spread_order", lambda count: list(range(count)))

    assert drain(encoder.embed(image, grid)).tobytes() == spread.tobytes()


def test_the_same_image_gives_the_same_bytes(encoder: PaperEncoder) -> None:
    image = np.random.default_rng(2).integers(0, 256, (128, 168, 3), np.uint8)
    grid = encoder.default_grid(128, 168, None, 2)

    first, second = drain(encoder.embed(image, grid)), drain(encoder.embed(image, grid))

    assert first.tobytes() == second.tobytes()


def test_a_patch_of_124_pixels_is_taken_too(encoder: PaperEncoder) -> None:
    image = np.random.default_rng(3).integers(0, 256, (124, 124, 3), np.uint8)
    grid = encoder.default_grid(124, 124, 124, None)

    assert drain(encoder.embed(image, grid)).shape == (1, 1, 768)
    with pytest.raises(ImageTooSmall):
        encoder.default_grid(124, 124, None, None)


def test_batches_hold_every_patch_once() -> None:
    image = np.arange(6 * 8 * 3, dtype=np.uint8).reshape(6, 8, 3)
    batches = list(patch_batches(image, PatchGrid(rows=2, columns=3, patch=4, stride=2, spread=2), 4))

    assert [len(batch) for batch in batches] == [4, 2]
    np.testing.assert_array_equal(batches[0][1], image[0:4, 2:6])
    np.testing.assert_array_equal(batches[1][1], image[2:6, 4:8])


def test_altered_weights_are_not_loaded(paper_added, tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "weights"
    folder.mkdir()
    (folder / "paper.json").write_bytes((paper_added / "paper.json").read_bytes())
    (folder / "paper.safetensors").write_bytes(b"tampered")
    monkeypatch.setattr(registry, "user_folder", lambda: folder)

    with pytest.raises(WeightsProblem, match=r"'paper'.*was altered"):
        load_encoder("paper", device="cpu")


def test_texts_are_embedded_beside_patches(encoder: PaperEncoder) -> None:
    embeddings = encoder.embed_text(["Make: Canon, Model: EOS", "Make: Nikon", "Make: Canon, Model: EOS"])

    assert embeddings.shape == (3, 768)
    assert embeddings.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(embeddings, axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(embeddings[0], embeddings[2], atol=1e-6)
    assert embeddings[0] @ embeddings[1] < 0.95
    alone = encoder.embed_text(["Make: Nikon"])  # without padding: the mask keeps it out of the mean
    np.testing.assert_allclose(embeddings[1], alone[0], atol=1e-5)
    assert encoder.embed_text([]).shape == (0, 768)


def test_without_a_tokenizer_the_text_side_says_what_is_missing(encoder: PaperEncoder) -> None:
    encoder.description = replace(encoder.description, tokenizer="")
    with pytest.raises(WeightsProblem, match=r"tokenizer of distilbert-base-uncased.*--tokenizer DIR"):
        encoder.embed_text(["Make: Canon"])

    encoder.description = replace(encoder.description, text_side=False)
    with pytest.raises(WeightsProblem, match="hold no text encoder"):
        encoder.embed_text(["Make: Canon"])


def test_a_device_that_is_not_there_is_a_device_problem(paper_added, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(DeviceProblem, match="offers no cuda device"):
        load_encoder("paper", device="cuda")
    with pytest.raises(DeviceProblem, match="there is no device 'tpu'"):
        load_encoder("paper", device="tpu")
    with pytest.raises(DeviceProblem, match="no number of CPU threads"):
        load_encoder("paper", device="cpu", threads=0)


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 3 GiB"),
        RuntimeError("[enforce fail at alloc_cpu.cpp:127] . DefaultCPUAllocator: can't allocate memory: you tried"),
    ],
)
def test_too_little_memory_is_a_device_problem(error: Exception) -> None:
    with pytest.raises(DeviceProblem, match="the memory of cpu is not enough"), failures_of(CPU):
        raise error


def test_an_error_of_the_program_stays_what_it_is() -> None:
    with pytest.raises(RuntimeError, match="shape mismatch"), failures_of(CPU):
        raise RuntimeError("shape mismatch")


@pytest.mark.gpu
def test_cuda_agrees_with_the_cpu(golden, paper_added) -> None:
    cpu = load_encoder("paper", device="cpu", precision="float32")
    cuda = load_encoder("paper", device="cuda")
    assert isinstance(cpu, PaperEncoder)
    assert isinstance(cuda, PaperEncoder)

    np.testing.assert_allclose(cuda.embed_patches(golden["patches"]), cpu.embed_patches(golden["patches"]), atol=1e-4)


def test_the_image_side_needs_no_transformers(paper_added) -> None:
    program = (
        "import sys, pathlib, numpy as np\n"
        "from workstation import paths\n"
        f"paths.user_data = lambda: pathlib.Path({str(paper_added.parent)!r})\n"
        "from workstation.analysis.model import load_encoder\n"
        "load_encoder('paper', device='cpu', threads=1).embed_patches(np.zeros((1, 128, 128, 3), np.uint8))\n"
        "sys.exit('transformers' in sys.modules)\n"
    )

    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
