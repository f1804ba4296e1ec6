import os
import stat
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load, save_file

from workstation.analysis.model.compact import WHITENING
from workstation.analysis.model.compact_network import CompactNetwork
from workstation.analysis.model.registry import sha256_of
from workstation.training.batches import BatchPlan
from workstation.training.configuration import TrainingConfiguration
from workstation.training.configuration_tables import ConfigurationProblem
from workstation.training.run import Training
from workstation.training.start import parameters_to_start_from
from workstation.training.tensor_files import write_tensors


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    """Weights as they are exported: half precision, with a whitening."""
    torch.manual_seed(5)
    state = CompactNetwork(8, 16, 16).state_dict()
    tensors = {name: t.half() if t.is_floating_point() else t for name, t in state.items()}
    file = tmp_path / "first.safetensors"
    save_file(tensors | {WHITENING: torch.eye(16).half()}, file)
    return file


def test_a_run_starts_from_the_parameters_of_another(weights: Path, tmp_path: Path) -> None:
    start = parameters_to_start_from(weights, sha256_of(weights))
    settings = TrainingConfiguration(
        width=8, dimensions=16, hidden=16, batch=BatchPlan(sets=1, groups=4, tiles=2, tile=64), windows=(32,)
    )

    training = Training(settings, tmp_path, tmp_path / "run", workers=0, start=start)

    assert start is not None
    assert torch.equal(start[WHITENING], torch.eye(16))
    for state in (training.network.state_dict(), training.average.state_dict()):
        assert torch.equal(state["head.2.weight"], start["head.2.weight"])
        assert state["head.2.weight"].dtype == torch.float32
    assert replace(settings, start="a").as_table()["start"] == "a"


def test_weights_other_than_the_configured_ones_are_refused(weights: Path) -> None:
    right = sha256_of(weights)
    with pytest.raises(ConfigurationProblem, match=right):
        parameters_to_start_from(weights, "0" * 64)
    with pytest.raises(ConfigurationProblem, match="--start"):
        parameters_to_start_from(None, right)
    with pytest.raises(ConfigurationProblem, match="names no weights"):
        parameters_to_start_from(weights, "")
    with pytest.raises(ConfigurationProblem, match="cannot be read"):
        parameters_to_start_from(weights.with_name("missing.safetensors"), right)
    assert parameters_to_start_from(None, "") is None


def test_weights_may_lie_in_a_folder_whose_name_is_no_utf8(weights: Path, odd_folder: Path) -> None:
    moved = weights.rename(odd_folder / weights.name)

    start = parameters_to_start_from(moved, sha256_of(moved))

    assert start is not None
    assert torch.equal(start[WHITENING], torch.eye(16))


def test_weights_are_written_whole_and_for_everyone_wherever_they_lie(odd_folder: Path) -> None:
    target = odd_folder / "made.safetensors"

    write_tensors({"a": torch.ones(3)}, target, {"step": "4"})
    write_tensors({"a": torch.zeros(3)}, target, {"step": "5"})

    assert [path.name for path in odd_folder.iterdir()] == ["made.safetensors"]
    assert torch.equal(load(target.read_bytes())["a"], torch.zeros(3))
    assert os.name != "posix" or stat.S_IMODE(target.stat().st_mode) == 0o644
