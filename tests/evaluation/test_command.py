"""`exifact evaluate` and `exifact probe` as a user types them."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from evaluation.made_sets import manifest
from PIL import Image

from tests.e2e.conftest import Exifact, exifact
from workstation.evaluation.datasets_published import load
from workstation.evaluation.splices import VARIANTS, write_splices
from workstation.progress import drain

__all__ = ["exifact"]

ROOT = Path(__file__).parents[2]


def test_a_set_is_evaluated_with_the_shipped_weights_and_resumed(exifact: Exifact, tmp_path: Path) -> None:
    manifest(tmp_path)
    options = ("evaluate", "--dataset", "manifest", "--root", tmp_path, "--out", "figures", "--threads", "1", "--peers")

    first = exifact(*options)
    rows = Path("figures/rows.jsonl").read_bytes()
    second = exifact(*options)

    assert (first.code, second.code) == (0, 0)
    assert "2 of 2: made/images/s.png" in first.err
    assert "of 2:" not in second.err
    assert Path("figures/rows.jsonl").read_bytes() == rows
    summary = json.loads(Path("figures/summary.json").read_text(encoding="utf-8"))
    assert summary["model"] == "compact"
    assert set(summary["localisation"]["all"]) == {"compact", "control", "ela", "noise", "ghost"}
    assert np.load("figures/made/s.npy").ndim == 2


def test_a_failed_image_is_listed_and_the_exit_code_says_so(exifact: Exifact, tmp_path: Path) -> None:
    manifest(tmp_path)
    (tmp_path / "made" / "images" / "a.png").write_bytes(b"damaged")

    answer = exifact("evaluate", "--dataset", "manifest", "--root", tmp_path, "--out", "figures", "--threads", "1")

    assert answer.code == 1
    assert "1 of 2 images failed" in answer.err
    assert "made/images/a.png" in Path("figures/summary.md").read_text(encoding="utf-8").partition("## Failures")[2]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--dataset", "columbia"), "looked for 4cam_auth/*.tif"),
        (("--dataset", "nonsense"), "'nonsense' is no layout"),
        (("--dataset", "manifest", "--degrade", "blur=2"), "'blur=2' is no degradation"),
        (("--dataset", "splices"), "no splices can be made"),
    ],
)
def test_what_cannot_be_evaluated_is_told(
    exifact: Exifact, tmp_path: Path, options: tuple[str, ...], said: str
) -> None:
    answer = exifact("evaluate", *options, "--root", tmp_path, "--out", tmp_path / "out")
    assert answer.code == 1
    assert said in answer.err


def test_a_probe_of_an_unknown_layout_says_so(exifact: Exifact, tmp_path: Path) -> None:
    answer = exifact("probe", "forensics", "--dataset", "nonsense", "--root", tmp_path)
    assert answer.code == 1
    assert "'nonsense' is no layout here; there are manifest, columbia" in answer.err


def test_a_probe_without_enough_pictures_says_so(exifact: Exifact, tmp_path: Path) -> None:
    manifest(tmp_path)
    answer = exifact("probe", "forensics", "--dataset", "manifest", "--root", tmp_path, "--threads", "1")
    assert answer.code == 1
    assert "5 folds need 5 independent pictures of each class" in answer.err


def test_the_documented_python_measures_a_set(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "evaluation.md").read_text(encoding="utf-8")
    block = page.partition("```python\n")[2].partition("```")[0]
    names: dict[str, Any] = {}
    exec(compile(block, "docs/evaluation.md", "exec"), names)
    manifest(tmp_path)

    names["measure"](tmp_path, tmp_path / "figures")

    assert (tmp_path / "figures" / "summary.md").is_file()


def test_splices_become_a_set_with_their_untouched_windows(photo_folder: Path, tmp_path: Path) -> None:
    made = drain(write_splices(photo_folder, tmp_path / "set", split="train", count=1))

    found = load("manifest", made)
    assert {s.dataset for s in found.samples} == {f"splices_{variant}" for variant in VARIANTS}
    assert [s.key for s in found.samples] == ["s000", "a000"] * 3
    assert all(s.file.is_file() for s in found.samples)
    spliced, untouched = (np.asarray(Image.open(s.file)) for s in found.samples[:2])
    assert found.samples[0].mask is not None
    mask = np.asarray(Image.open(found.samples[0].mask)) > 0
    assert (spliced[mask] != untouched[mask]).any()

    written = (made / "manifest.tsv").stat().st_mtime_ns
    drain(write_splices(photo_folder, tmp_path / "set", split="train", count=1))
    assert (made / "manifest.tsv").stat().st_mtime_ns == written

    drain(write_splices(photo_folder, tmp_path / "set", split="train", count=2))
    assert [s.key for s in load("manifest", made).samples if s.dataset == "splices_q90"] == [
        "s000",
        "a000",
        "s001",
        "a001",
    ]
    np.testing.assert_array_equal(np.asarray(Image.open(found.samples[0].file)), spliced)
