from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from evaluation.made_sets import photo
from PIL import Image
from safetensors.torch import save_file
from statistics_encoder import StatisticsEncoder

from workstation.analysis.model.resnet50 import ResNet50
from workstation.errors import WeightsProblem
from workstation.evaluation import probes
from workstation.evaluation.datasets import DatasetProblem
from workstation.evaluation.datasets_published import load
from workstation.evaluation.probes import ProbeResult, distorted, probe_distortion, probe_forensics, scenes
from workstation.evaluation.probes_features import EncoderFeatures, ImagenetFeatures
from workstation.progress import drain


class MeanAndDeviation:
    """Six numbers: enough to see what the made-up pictures differ in."""

    name = "statistics"

    def of(self, rgb: np.ndarray) -> np.ndarray:
        pixels = rgb.astype(np.float32)
        return np.concatenate((pixels.mean((0, 1)), pixels.std((0, 1))))


class Radii:
    """Reads the distance of a bright ring from the corner, so that k1 shows without a network."""

    name = "radii"

    def of(self, rgb: np.ndarray) -> np.ndarray:
        return rgb[::16, ::16, 0].astype(np.float32).ravel() / 255


@pytest.fixture
def casia(tmp_path: Path) -> Path:
    for number in range(8):
        photo(tmp_path / "Au" / f"Au_ani_{number:04}.jpg", number)
        name = f"Sp_D_CND_A_nat{number:04}_nat{number:04}_01"
        photo(tmp_path / "Tp" / "Sp" / f"{name}.jpg", 50 + number, tampered=True)
        mask = tmp_path / "CASIA 1.0 groundtruth" / "Sp" / f"{name}_gt.png"
        mask.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((96, 128), 255, np.uint8)).save(mask)
    return tmp_path


def test_forensics_tells_pictures_apart_that_differ(casia: Path) -> None:
    found = drain(probe_forensics(load("casia_1", casia), MeanAndDeviation(), "resized"))
    assert found.accuracy.value == 1
    assert (found.chance, found.classes, found.groups, found.skipped) == (0.5, 2, 16, ())


def test_pictures_that_are_too_small_to_crop_are_left_out_and_named(casia: Path) -> None:
    with pytest.raises(DatasetProblem, match="5 folds need 5 independent pictures of each class; found 0"):
        drain(probe_forensics(load("casia_1", casia), MeanAndDeviation(), "cropped"))


def test_pictures_of_one_scene_belong_together() -> None:
    groups = scenes(
        [
            "Au_ani_0003",
            "Sp_D_CND_A_ani0003_pla0023_0281",
            "Sp_D_CND_A_pla0023_pla0005_0001",
            "Au_sec_0056",
            "holiday",
            "beach",
        ]
    )
    assert groups[0] == groups[1] == groups[2]
    assert len(set(groups.tolist())) == 4


def test_no_distortion_leaves_a_window_alone_and_k1_moves_what_it_says() -> None:
    rows, columns = np.mgrid[0:101, 0:101]
    ring = np.where(np.abs(np.hypot(rows - 50, columns - 50) - 30) < 1.5, 255, 0).astype(np.uint8)
    window = np.repeat(ring[..., None], 3, 2)

    np.testing.assert_array_equal(distorted(window, 0.0), window)
    bent = distorted(window, -0.25)
    found = 50 + int(np.argmax(bent[50, 50:, 0]))
    # the ring at 30 of 70.7 pixels appears where r (1 - 0.25 r²) = 0.424: r = 0.446, 31.6 pixels from the centre
    assert found - 50 == pytest.approx(31.6, abs=1)
    stretched = distorted(window, 0.25)  # s = 0.8: r · 0.8 · (1 + 0.25 r²) = 0.424 at r = 0.500, 35.3 pixels
    assert int(np.argmax(stretched[50, 50:, 0])) == pytest.approx(35.3, abs=1)


@pytest.fixture
def rings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    monkeypatch.setattr(probes, "LENS_CLASSES", 2)
    monkeypatch.setattr(probes, "LENS_SIDE", 256)
    rows, columns = np.mgrid[0:256, 0:256]
    files = []
    for number in range(12):
        ring = 127 + 120 * np.sin(np.hypot(rows - 127.5, columns - 127.5) / 20)
        noisy = ring[..., None] + np.random.default_rng(number).normal(0, 5, (256, 256, 3))
        files.append(tmp_path / f"{number}.png")
        Image.fromarray(np.clip(noisy, 0, 255).astype(np.uint8)).save(files[-1])
    Image.fromarray(np.zeros((100, 300, 3), np.uint8)).save(tmp_path / "small.png")
    return [*files, tmp_path / "small.png"]


def test_distortion_is_read_off_features_that_show_it(rings: list[Path]) -> None:
    found = drain(probe_distortion(rings, Radii(), patch=248))
    assert isinstance(found, ProbeResult)
    assert found.accuracy.value > 0.8
    assert found.groups == 12
    assert found.skipped == ("small.png: 300×100 pixels are fewer than 256×256",)


def test_an_encoder_gives_one_vector_per_picture() -> None:
    encoder = StatisticsEncoder()
    rgb = np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    vector = EncoderFeatures(encoder).of(rgb)
    assert (vector.shape, vector.dtype) == ((12,), np.float32)


@pytest.fixture(scope="module")
def imagenet_file(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    torch.manual_seed(0)
    file = tmp_path_factory.mktemp("imagenet") / "resnet50.safetensors"
    save_file(ResNet50(1000).state_dict(), file)
    yield file
    file.unlink()


def test_imagenet_features_are_what_goes_into_the_last_layer(imagenet_file: Path) -> None:
    rgb = np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    network = ResNet50(1000).eval()
    torch.manual_seed(0)
    network.load_state_dict(ResNet50(1000).state_dict())
    taken = []
    network.fc.register_forward_pre_hook(lambda _, inputs: taken.append(inputs[0].detach().numpy()[0]))
    pixels = (rgb / 255 - np.array([0.485, 0.456, 0.406])) / np.array([0.229, 0.224, 0.225])
    network(torch.from_numpy(pixels.astype(np.float32)).permute(2, 0, 1)[None])

    vector = ImagenetFeatures(imagenet_file, device="cpu", threads=1).of(rgb)

    assert vector.shape == (2048,)
    np.testing.assert_allclose(vector, taken[0], rtol=1e-3, atol=1e-4)


def test_imagenet_weights_may_lie_in_a_folder_whose_name_is_no_utf8(imagenet_file: Path, odd_folder: Path) -> None:
    linked = odd_folder / imagenet_file.name
    linked.symlink_to(imagenet_file)

    features = ImagenetFeatures(linked, device="cpu", threads=1)

    assert features.of(np.zeros((64, 64, 3), np.uint8)).shape == (2048,)


def test_another_file_is_refused_with_its_reason(tmp_path: Path) -> None:
    torch.save({"fc.weight": torch.zeros(3, 3)}, tmp_path / "other.pth")
    with pytest.raises(WeightsProblem, match="no ResNet-50 with 1000 classes"):
        ImagenetFeatures(tmp_path / "other.pth", device="cpu", threads=1)
    (tmp_path / "noise.pth").write_bytes(b"noise")
    with pytest.raises(WeightsProblem, match="cannot be read as weights"):
        ImagenetFeatures(tmp_path / "noise.pth", device="cpu", threads=1)
