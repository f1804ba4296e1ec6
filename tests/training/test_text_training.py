import csv
import errno
import io
import json
import os
import shutil
from pathlib import Path

import numpy as np
import piexif
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file
from typer.testing import CliRunner

from workstation import paths
from workstation.analysis.exif_texts import NONE, TagText
from workstation.analysis.model import load_text_side, registry
from workstation.analysis.model.compact_network import CompactNetwork
from workstation.analysis.model.compact_text import PADDING, CompactTextNetwork
from workstation.analysis.model.encoder import Normalisation, WeightsDescription
from workstation.cli import app
from workstation.errors import ExportProblem, WeightsProblem
from workstation.progress import drain
from workstation.training.command import TrainingProblem
from workstation.training.configuration_tables import ConfigurationProblem
from workstation.training.exif_text_samples import SampleMaker, history_words, read_photos
from workstation.training.histories import History, JpegSave, LastSave, Resize
from workstation.training.retrieval import LineUp, retrieval, top1_share
from workstation.training.text_command import train_text
from workstation.training.text_configuration import TextConfiguration
from workstation.training.text_evaluation import TextFigures
from workstation.training.text_export import write_description
from workstation.training.text_objective import TruthTable
from workstation.training.text_training import ImageHead, draw_text, train_tokenizer

CANON = (TagText("Make", "Canon"), TagText("ISO", "100"))
NIKON = (TagText("Make", "Nikon"), TagText("ISO", "100"))
UNKNOWN_ISO = (TagText("Make", "Canon"),)

TINY = TextConfiguration(
    side=128,
    versions=3,
    vocabulary=120,
    width=16,
    layers=1,
    heads=2,
    longest=40,
    hidden=16,
    dimensions=8,
    steps=25,
    warmup=2,
    batch=8,
)


def test_a_text_is_true_false_or_not_comparable() -> None:
    table = TruthTable((CANON, NIKON, UNKNOWN_ISO))

    truth = table.among(np.array([0, 1, 2]), [CANON, UNKNOWN_ISO, NIKON, (TagText("ISO", "100"),)])

    assert truth.true.tolist() == [[True, True, False, True], [False, False, True, True], [False, True, False, False]]
    assert truth.false.tolist() == [
        [False, False, True, False],
        [True, True, False, False],
        [False, False, True, False],
    ]


def test_words_say_what_was_done_and_leave_out_what_is_not_known() -> None:
    own = (TagText("Last JPEG Quality", "95"),)
    save = JpegSave(76, "4:2:0")
    words = {w.tag: w.value for w in history_words(History(), LastSave(None, save), own)}
    assert words["Last JPEG Quality"] == "75"
    assert words["Earlier JPEG Quality"] == "95"  # the camera's own save
    assert words["Sharpened"] == words["Last Resize"] == NONE

    changed = History(resize=Resize(0.71, "bicubic"), sharpen=1.0, save=JpegSave(60, "4:4:4", tables=((1,) * 64,)))
    words = {w.tag: w.value for w in history_words(changed, LastSave(Resize(0.9, "lanczos"), None), own)}
    assert words["Last JPEG Quality"] == NONE
    assert "Earlier JPEG Quality" not in words  # a camera's own tables have no quality
    assert (words["Earlier Resize"], words["Last Resize"], words["Sharpened"]) == ("0.7", "0.9", "yes")


def test_drawn_texts_keep_their_order_and_some_say_one_thing() -> None:
    statements = tuple(TagText(f"Tag{n}", str(n)) for n in range(10))
    rng = np.random.default_rng(0)
    drawn = [draw_text(statements, rng, TINY) for _ in range(200)]
    assert all(list(text) == sorted(text) for text in drawn)
    assert {1, 2, 4, 5, 10} <= {len(text) for text in drawn}


def test_the_same_texts_give_the_same_tokenizer() -> None:
    texts = [f"Make: Maker{n}, ISO: {50 * n}" for n in range(40)]
    assert train_tokenizer(texts, 150).to_str() == train_tokenizer(texts, 150).to_str()


def test_padding_changes_no_embedding() -> None:
    torch.manual_seed(0)
    network = CompactTextNetwork(50, width=16, layers=2, heads=2, dimensions=8, longest=12).eval()
    short = torch.tensor([[5, 6, 7]])
    padded = torch.tensor([[5, 6, 7, PADDING, PADDING], [9, 8, 7, 6, 5]])
    with torch.inference_mode():
        torch.testing.assert_close(network(short)[0], network(padded)[0], atol=1e-6, rtol=1e-5)


def test_the_exported_head_is_the_trained_one_on_raw_features() -> None:
    torch.manual_seed(0)
    features = torch.rand(20, 6) * 9
    head = ImageHead(features.mean(0), features.std(0), TINY).eval()
    tensors = head.folded()
    hidden = torch.relu(features @ tensors["0.weight"].T + tensors["0.bias"])
    by_hand = torch.nn.functional.normalize(hidden @ tensors["2.weight"].T + tensors["2.bias"], dim=1)
    torch.testing.assert_close(by_hand, head(features), atol=1e-5, rtol=1e-4)


def test_rank_figures_are_those_of_a_hand_count() -> None:
    first = LineUp("a", 0.9, np.array([0.1, 0.2, 0.3], np.float32), np.array([0.1, 0.8], np.float32), commonest=True)
    second = LineUp("b", 0.2, np.array([0.1, 0.5, 0.6], np.float32), np.array([0.1, 0.3, 0.4], np.float32))
    figures = retrieval([first, second])
    assert figures.top1.value == 0.5
    assert figures.top1_chance == 0.5  # that of always naming the commonest text
    assert figures.reciprocal_rank.value == pytest.approx((1 + 1 / 3) / 2)
    assert figures.reciprocal_rank_chance == pytest.approx((1 + 1 / 2 + 1 / 3 + 1 / 4) / 4)
    assert figures.auc.value == pytest.approx((1 + 1 / 3) / 2)
    assert (figures.auc.low, figures.auc.high) == pytest.approx((1 / 3, 1.0))
    assert not figures.beats_chance
    tied = retrieval([LineUp("a", 0.5, np.array([0.5], np.float32), np.array([0.5], np.float32))])
    assert (tied.top1.value, tied.auc.value) == (0.5, 0.5)
    assert top1_share(np.eye(3, dtype=np.float32), np.eye(3, dtype=np.float32)[[0, 2, 1]]) == pytest.approx(1 / 3)


def camera(number: int) -> bytes:
    return piexif.dump(
        {
            "0th": {
                piexif.ImageIFD.Make: f"Maker{number % 2}".encode(),
                piexif.ImageIFD.Model: f"Model{number}".encode(),
            },
            "Exif": {piexif.ExifIFD.ISOSpeedRatings: 100 * 2**number, piexif.ExifIFD.Flash: number % 2},
        }
    )


@pytest.fixture(scope="module")
def collection(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("collection")
    rng = np.random.default_rng(3)
    rows = [("broken.jpg", "train", "Maker", "Broken", 10, 10, 0)]
    (folder / "broken.jpg").write_bytes(b"no photograph")
    for number in range(5):
        buffer = io.BytesIO()
        noise = rng.normal(120, 10 + 15 * number, (160, 192, 3))
        Image.fromarray(np.clip(noise, 0, 255).astype(np.uint8)).save(buffer, "JPEG", quality=90, exif=camera(number))
        (folder / f"{number}.jpg").write_bytes(buffer.getvalue())
        rows.append((f"{number}.jpg", "train" if number < 3 else "dev", "Maker", f"Model{number}", 192, 160, 0))
    with (folder / "manifest.csv").open("w", newline="", encoding="utf-8") as lines:
        csv.writer(lines).writerows([("file", "split", "make", "model", "width", "height", "chart_or_flat"), *rows])
    return folder


@pytest.fixture
def tiny_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> WeightsDescription:
    """Compact weights that were never trained, registered for this user."""
    monkeypatch.setattr(paths, "user_data", lambda: tmp_path / "data")
    folder = registry.user_folder()
    folder.mkdir(parents=True)
    torch.manual_seed(0)
    save_file(CompactNetwork(8, 16, 16).state_dict(), folder / "tiny.safetensors")
    description = WeightsDescription(
        name="tiny",
        file="tiny.safetensors",
        sha256=registry.sha256_of(folder / "tiny.safetensors"),
        architecture="compact",
        patch=64,
        dimensions=16,
        normalisation=Normalisation((0.5, 0.5, 0.5), (0.5, 0.5, 0.5)),
        licence="Apache-2.0",
        training_data="none",
        figures=(),
        departure_range=(0.0, 1.0),
        text_side=False,
        source="tests",
        folder=folder,
    )
    (folder / "tiny.json").write_text(json.dumps(registry.write_fields(description)), encoding="utf-8")
    return description


def configured(folder: Path) -> Path:
    file = folder / "tiny.toml"
    file.write_text("".join(f"{name} = {value}\n" for name, value in TINY.as_table().items()), encoding="utf-8")
    return file


def test_samples_are_the_same_for_the_same_seed_and_the_first_is_untouched(collection: Path) -> None:
    photos, broken = read_photos(collection, "train")
    maker = SampleMaker(collection, photos, side=128, versions=4, simulated=0.5, seed=7)

    one, two = (list(maker.samples_of(0)) for _ in range(2))

    assert [file for file, _ in broken] == ["broken.jpg"]
    assert all(
        np.array_equal(a.picture, b.picture) and a.statements == b.statements for a, b in zip(one, two, strict=True)
    )
    rgb = np.asarray(Image.open(collection / "0.jpg"))
    windows = np.lib.stride_tricks.sliding_window_view(rgb[..., 0], (128, 128))[::8, ::8]
    assert any(np.array_equal(one[0].picture[..., 0], window) for window in windows.reshape(-1, 128, 128))
    assert TagText("Model", "Model0") in one[0].statements
    assert TagText("Last JPEG Quality", "90") in one[0].statements


def test_a_text_side_is_trained_registered_and_bound_to_its_image_side(
    collection: Path, tiny_weights: WeightsDescription, tmp_path: Path
) -> None:
    out, again = tmp_path / "run", tmp_path / "again"
    configuration = configured(tmp_path)

    trained = drain(train_text(collection, out, name="tiny", configuration=configuration, threads=1))
    repeated = drain(train_text(collection, again, name="tiny", configuration=configuration, threads=1))

    assert trained.broken == 1
    assert (out / "broken-photos.tsv").read_text(encoding="utf-8").startswith("broken.jpg\t")
    assert trained.figures.whole.cameras == 2
    assert registry.sha256_of(trained.weights) == registry.sha256_of(repeated.weights)

    folder = registry.user_folder()
    for file in (trained.weights, trained.description):
        (folder / file.name).write_bytes(file.read_bytes())
    side = load_text_side("tiny", device="cpu", threads=1)
    texts = side.embed_text(["Make: Maker0", "Make: Maker0, Model: Model1"])
    grid = side.default_grid(160, 192, None, None)
    patches = drain(side.embed_for_text(np.asarray(Image.open(collection / "3.jpg")), grid))
    assert texts.shape == (2, 8)
    assert patches.shape == (grid.rows, grid.columns, 8)
    np.testing.assert_allclose(np.linalg.norm(texts, axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(patches, axis=2), 1, atol=1e-5)
    assert side.embed_text([]).shape == (0, 8)
    assert registry.find("tiny").sides == "image and text side"
    assert registry.verify("tiny").intact

    with (folder / trained.weights.name).open("ab") as file:
        file.write(b"x")
    assert "was altered" in registry.verify("tiny").reason
    with pytest.raises(WeightsProblem, match="was altered"):
        load_text_side("tiny", device="cpu", threads=1)


def test_a_full_disk_leaves_an_earlier_description_whole(
    tiny_weights: WeightsDescription, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_room(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    figures = retrieval([LineUp("a", 0.9, np.array([0.1], np.float32), np.array([0.1], np.float32))])
    target = tiny_weights.folder / "tiny.json"
    before = sorted(tiny_weights.folder.iterdir()), target.read_bytes()
    monkeypatch.setattr(os, "fsync", no_room)

    with pytest.raises(ExportProblem, match="No space left"):
        write_description(target, tiny_weights, TextFigures(figures, figures, {}, {}, ()), TINY)

    assert (sorted(tiny_weights.folder.iterdir()), target.read_bytes()) == before


def test_a_text_side_of_another_image_side_is_refused(
    collection: Path, tiny_weights: WeightsDescription, tmp_path: Path
) -> None:
    trained = drain(train_text(collection, tmp_path / "run", name="tiny", configuration=configured(tmp_path)))
    folder = registry.user_folder()
    for file in (trained.weights, trained.description):
        (folder / file.name).write_bytes(file.read_bytes())
    torch.manual_seed(1)
    save_file(CompactNetwork(8, 16, 16).state_dict(), folder / "tiny.safetensors")
    fields = json.loads((folder / "tiny.json").read_text(encoding="utf-8"))
    fields["sha256"] = registry.sha256_of(folder / "tiny.safetensors")
    (folder / "tiny.json").write_text(json.dumps(fields), encoding="utf-8")

    with pytest.raises(WeightsProblem, match="another image side"):
        load_text_side("tiny", device="cpu", threads=1)


def test_another_collection_of_the_same_names_has_its_own_features(
    collection: Path, tiny_weights: WeightsDescription, tmp_path: Path
) -> None:
    configuration, other = configured(tmp_path), tmp_path / "other"
    shutil.copytree(collection, other)
    with Image.open(other / "0.jpg") as image:
        image.save(other / "0.jpg", quality=50, exif=image.info["exif"])

    for photos in (collection, other):
        drain(train_text(photos, tmp_path / "run", name="tiny", configuration=configuration))

    assert len(list((tmp_path / "run").glob("features-*.npz"))) == 2


def test_a_text_side_needs_two_cameras_to_measure_on_before_it_is_trained(
    collection: Path, tiny_weights: WeightsDescription, tmp_path: Path
) -> None:
    rows = (collection / "manifest.csv").read_text(encoding="utf-8").replace("Model4", "Model3")
    shutil.copytree(collection, tmp_path / "one")
    (tmp_path / "one" / "manifest.csv").write_text(rows, encoding="utf-8")
    with pytest.raises(TrainingProblem, match="fewer than two cameras whose split is 'dev'"):
        drain(train_text(tmp_path / "one", tmp_path / "run", name="tiny", configuration=configured(tmp_path)))


def test_photographs_that_are_too_small_for_a_sample_are_told(
    collection: Path, tiny_weights: WeightsDescription, tmp_path: Path
) -> None:
    shutil.copytree(collection, tmp_path / "small")
    for number in range(3):
        Image.new("RGB", (60, 60), (90, 90, 90)).save(tmp_path / "small" / f"{number}.jpg")
    with pytest.raises(TrainingProblem, match="large enough for a sample"):
        drain(train_text(tmp_path / "small", tmp_path / "run", name="tiny", configuration=configured(tmp_path)))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (b'batch = "many"', "batch cannot be 'many'"),
        (b"steps = []", "steps cannot be"),
        (b"side = true", "side cannot be True"),
        (b"window = 0", "window must be at least 1"),
        (b"seed = -1", "seed cannot be -1"),
        (b"sides = 3", "unknown name sides"),
        (b"# \xe9", "text.toml"),
    ],
)
def test_a_configuration_that_cannot_be_used_is_told(tmp_path: Path, words: bytes, said: str) -> None:
    (tmp_path / "text.toml").write_bytes(words + b"\n")
    with pytest.raises(ConfigurationProblem, match=said):
        TextConfiguration.read(tmp_path / "text.toml")


def test_weights_without_a_text_side_say_so(tiny_weights: WeightsDescription) -> None:
    with pytest.raises(WeightsProblem, match="no text encoder"):
        load_text_side("tiny", device="cpu", threads=1)


def test_the_command_prints_every_figure_with_chance_and_interval(
    collection: Path, tiny_weights: WeightsDescription, tmp_path: Path
) -> None:
    options = ["--photos", str(collection), "--out", str(tmp_path / "run"), "--model", "tiny"]
    done = CliRunner().invoke(app, ["train-text", *options, "--config", str(configured(tmp_path))])
    assert done.exit_code == 0
    assert "own EXIF text" in done.output
    assert "top-1 (chance)" in done.output

    refused = CliRunner().invoke(app, ["train-text", *options[:-1], "nowhere"])
    assert refused.exit_code == 1
    assert "nowhere" in refused.output
