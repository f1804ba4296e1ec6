"""What `exifact analyze` writes: a contract that other programs rely on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from tests.e2e.conftest import Exifact, jpeg, texture


@pytest.fixture(scope="module")
def analyzed(tmp_path_factory: pytest.TempPathFactory, examples: Path) -> tuple[Path, str]:
    """The bundled example, analysed once by a process of its own: the folder of its results, and what was said."""
    folder = tmp_path_factory.mktemp("analyzed")
    variables = {**os.environ, "XDG_DATA_HOME": str(folder / "home"), "XDG_CONFIG_HOME": str(folder / "home")}
    command = [sys.executable, "-m", "workstation", "analyze", str(examples / "spliced.jpg"), "--out", "out"]
    run = subprocess.run(
        [*command, "--threads", "1"], cwd=folder, env=variables, capture_output=True, encoding="utf-8", check=False
    )
    assert run.returncode == 0, run.stderr
    return folder / "out" / "spliced", run.stdout


@pytest.fixture(scope="module")
def result(analyzed: tuple[Path, str]) -> dict[str, Any]:
    """Its result.json."""
    parsed = json.loads((analyzed[0] / "result.json").read_text(encoding="utf-8"))
    assert isinstance(parsed, dict)
    return parsed


@pytest.fixture(scope="module")
def consistency(analyzed: tuple[Path, str]) -> NDArray[np.float32]:
    """Its consistency.npy."""
    values: NDArray[np.float32] = np.load(analyzed[0] / "consistency.npy", allow_pickle=False)
    return values


def as_image(values: NDArray[np.float32], height: int, width: int) -> NDArray[np.float32]:
    """The map at the size of the stored image: its extent is the whole image."""
    rows = np.arange(height) * values.shape[0] // height
    columns = np.arange(width) * values.shape[1] // width
    return values[rows[:, None], columns[None, :]]


def test_files_of_one_photograph(analyzed: tuple[Path, str]) -> None:
    folder, said = analyzed
    expected = {"result.json", "consistency.npy", "consistency.png", "pca.png", "clusters.png", "report.pdf"}
    assert {path.name for path in folder.iterdir()} == expected
    assert (folder / "report.pdf").read_bytes().startswith(b"%PDF")
    assert "written to" in said


def test_no_report_leaves_out_the_report_alone(analyze: Exifact, tmp_path: Path) -> None:
    jpeg(tmp_path / "plain.jpg", texture(192, 256))
    analyze("plain.jpg", "--no-report")
    written = {path.name for path in Path("out/plain").iterdir()}
    assert written == {"result.json", "consistency.npy", "consistency.png", "pca.png", "clusters.png"}


def test_map_has_a_value_for_every_8_pixels_over_the_whole_image(
    result: dict[str, Any], consistency: NDArray[np.float32]
) -> None:
    values = consistency
    assert values.dtype == np.float32
    assert values.ndim == 2
    assert values.shape[0] >= 1024 / 8
    assert values.shape[1] >= 1536 / 8
    described = result["consistency_map"]
    assert described["shape"] == list(values.shape)
    assert described["extent"] == [0, 0, 1536, 1024]
    (scale_x, _, left), (_, scale_y, top) = described["affine_to_pixels"]
    assert (left, top) == (0, 0)
    assert scale_x * values.shape[1] == pytest.approx(1536)
    assert scale_y * values.shape[0] == pytest.approx(1024)
    low, high = described["range"]
    assert low < high
    assert "higher" in described["polarity"]


def test_map_is_higher_in_the_foreign_part(
    result: dict[str, Any], consistency: NDArray[np.float32], examples: Path
) -> None:
    foreign = np.asarray(Image.open(examples / "spliced_mask.png")) > 127
    values = as_image(consistency, *foreign.shape)

    inside, outside = values[foreign], values[~foreign]

    assert np.nanmedian(inside) > np.nanpercentile(outside, 90)
    assert result["status"] == "complete"


def test_what_cannot_be_assessed_is_nan_and_never_zero(analyze: Exifact, tmp_path: Path) -> None:
    pixels = texture(384, 512)
    pixels[:, :192] = 255
    Image.fromarray(pixels).save(tmp_path / "half.png")

    assert analyze("half.png", "--no-report").code == 0

    values = np.load("out/half/consistency.npy")
    columns = values.shape[1]
    assert np.isnan(values[:, : columns * 128 // 512]).all()
    assert np.isfinite(values[:, columns * 256 // 512 :]).all()


def test_result_names_the_file_its_hashes_and_what_it_takes_to_repeat_it(
    result: dict[str, Any], examples: Path
) -> None:
    exhibit, provenance = result["exhibit"], result["provenance"]
    assert exhibit["name"] == "spliced.jpg"
    assert exhibit["size"] == (examples / "spliced.jpg").stat().st_size
    assert exhibit["verification"]["state"] == "match"
    assert len(exhibit["sha256"]) == 64
    assert len(exhibit["sha1"]) == 40
    assert len(exhibit["md5"]) == 32
    assert len(provenance["weights_sha256"]) == 64
    assert {"numpy", "torch", "pillow"} <= {name.lower() for name in provenance["libraries"]}
    assert provenance["threads"] == 1
    assert provenance["seed"] == 0
    assert "unrotated" in result["image"]["coordinates"]


def test_the_same_file_gives_the_same_bytes(analyze: Exifact, tmp_path: Path) -> None:
    jpeg(tmp_path / "once.jpg", texture(256, 320))
    analyze("once.jpg", "--no-report", "--seed", "3")
    first = {path.name: path.read_bytes() for path in Path("out/once").glob("*.[np]*")}
    analyze("once.jpg", "--no-report", "--seed", "3")
    assert {path.name: path.read_bytes() for path in Path("out/once").glob("*.[np]*")} == first
    assert len(first) == 4


def test_findings_never_say_more_than_they_can(analyzed: tuple[Path, str], result: dict[str, Any]) -> None:
    words = (analyzed[1] + json.dumps(result["findings"]) + json.dumps(result["limits"])).lower()
    for forbidden in ("fake", "real photo", "authentic", "proves", " ai ", "percent sure"):
        assert forbidden not in words
    assert result["limits"]


def test_a_shallow_depth_of_field_is_named_among_the_limits(analyze: Exifact, test_data: Path) -> None:
    """The exchanged splice: what departs there is the host's sharp band more than the foreign part."""
    assert analyze(test_data / "shallow_focus.jpg", "--no-report").code == 0
    written = json.loads(Path("out/shallow_focus/result.json").read_text(encoding="utf-8"))
    assert any("focus" in sentence or "depth of field" in sentence for sentence in written["limits"])
