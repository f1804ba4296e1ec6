"""A checkpoint becomes registered weights: the file and its description, each whole or not at all."""

import errno
import json
import os
from pathlib import Path

import pytest
import torch

from workstation.analysis.model.compact_network import CompactNetwork
from workstation.errors import ExportProblem
from workstation.training import export
from workstation.training.run import CHECKPOINT


def test_a_full_disk_leaves_an_earlier_description_whole(
    photo_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_room(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    torch.manual_seed(0)
    state = {"average": CompactNetwork(8, 16, 16).state_dict(), "step": 0}
    torch.save({**state, "configuration": {"dimensions": 16, "seed": 0}}, tmp_path / CHECKPOINT)
    monkeypatch.setattr(export, "_REFERENCE_SPLICES", 1)
    described = export.export(tmp_path, tmp_path / "out", name="tiny", photos=photo_folder)
    before = described.read_bytes()
    assert json.loads(before)["name"] == "tiny"
    monkeypatch.setattr(export, "write_tensors", lambda *_: None)  # the weights lie there already
    monkeypatch.setattr(os, "fsync", no_room)

    with pytest.raises(ExportProblem, match="No space left"):
        export.export(tmp_path, tmp_path / "out", name="tiny", photos=photo_folder)

    assert described.read_bytes() == before
    assert {path.name for path in described.parent.iterdir()} == {"tiny.json", "tiny.safetensors"}
