"""The road of the published weights on the command line: add, list, verify, analyse, export, remove."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import synthetic_checkpoint

from tests.e2e.conftest import Exifact, jpeg, texture


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    """A file in the authors' layout; its values are a formula's."""
    return synthetic_checkpoint.write(tmp_path / "wrapper.pth", "original", synthetic_checkpoint.pruned_state())


def test_the_whole_road(exifact: Exifact, analyze: Exifact, checkpoint: Path, tmp_path: Path) -> None:
    added = exifact("weights", "add", checkpoint)
    assert added.code == 0
    assert "paper: added to" in added.out
    assert "--tokenizer DIR" in added.out

    listed = exifact("weights", "list").out
    assert "paper: paper, 128 px patches, added" in listed
    assert "image side; the text side lacks its tokenizer" in listed
    assert "paper: intact" in exifact("weights", "verify", "paper").out

    jpeg(tmp_path / "photo.jpg", texture(224, 256))
    assert analyze("photo.jpg", "--model", "paper", "--num-per-dim", "4", "--no-report").code == 0
    result = json.loads(Path("out/photo/result.json").read_text("utf-8"))
    assert (result["grid"]["patch"], result["grid"]["stride"]) == (128, 32)
    assert result["provenance"]["architecture"] == "paper"
    assert result["provenance"]["parameters"]["method"] == "published"
    assert result["provenance"]["weights_sha256"] in listed

    assert exifact("weights", "export", "paper", "pruned.pth").code == 0
    assert exifact("weights", "remove", "paper").code == 0
    assert "paper:" not in exifact("weights", "list").out
    assert exifact("weights", "add", "pruned.pth").code == 0
