"""The road of the published checkpoint: in, strictly, and out again."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
import synthetic_checkpoint
import torch
from safetensors.torch import load_file
from torch import Tensor

from workstation.analysis.model import import_checkpoint, registry, tensors
from workstation.analysis.model.paper_text import read_tokenizer
from workstation.errors import ExportProblem, WeightsProblem


def without(state: dict[str, Tensor], name: str) -> dict[str, Tensor]:
    return {key: tensor for key, tensor in state.items() if key != name}


def test_the_training_scripts_layout_is_stripped_to_what_is_used(paper_added: Path, pruned_state) -> None:
    description = registry.find("paper")
    stored = load_file(description.path)

    assert set(stored) == set(pruned_state)
    for name in ("visual.layer3.4.conv2.weight", "transformer.embeddings.word_embeddings.weight", "logit_scale"):
        torch.testing.assert_close(stored[name], pruned_state[name], rtol=0, atol=0)
    assert (description.architecture, description.patch, description.dimensions) == ("paper", 128, 768)
    assert "layout original" in description.source
    assert "not stated" in description.licence
    assert description.bfloat16
    assert 0 < dict(description.figures)[import_checkpoint.FIGURE_BFLOAT16] < 0.01
    assert registry.verify("paper").intact
    assert sorted(path.name for path in paper_added.iterdir()) == ["paper.json", "paper.safetensors", "paper.tokenizer"]
    assert json.loads((paper_added / "paper.json").read_text())["sha256"] == description.sha256


def test_export_writes_the_pruned_layout_that_can_be_added_again(paper_added: Path, pruned_state, tmp_path) -> None:
    out = import_checkpoint.export("paper", tmp_path / "pruned.pth")

    again = import_checkpoint.read_checkpoint(out)

    assert again.layout == "pruned"
    assert set(again.state) == set(pruned_state)
    assert [path.name for path in tmp_path.iterdir() if path.suffix == ".part"] == []
    fc = "visual.fc.weight"
    torch.testing.assert_close(again.state[fc], pruned_state[fc], rtol=0, atol=0)
    out.unlink()


def test_names_of_folders_may_be_any_bytes(pruned_state, tokenizer_folder: Path, odd_folder: Path, monkeypatch) -> None:
    tokenizer = shutil.copytree(tokenizer_folder, odd_folder / "tokenizer")
    monkeypatch.setattr(registry, "user_folder", lambda: odd_folder / "weights")
    file = synthetic_checkpoint.write(odd_folder / "published.pth", "pruned", pruned_state)

    added = import_checkpoint.add(file, tokenizer=tokenizer)

    assert set(tensors.read_registered(added)) == set(pruned_state)
    assert len(read_tokenizer(odd_folder / "weights" / "paper.tokenizer")) == 30522
    again = import_checkpoint.read_checkpoint(import_checkpoint.export("paper", odd_folder / "out.pth"))
    assert set(again.state) == set(pruned_state)


def test_export_to_nowhere_leaves_nothing(paper_added: Path, tmp_path: Path) -> None:
    with pytest.raises(ExportProblem, match="cannot be written"):
        import_checkpoint.export("paper", tmp_path / "missing" / "out.pth")
    assert list(tmp_path.iterdir()) == []


def test_position_ids_are_tolerated_and_dropped(pruned_state, tmp_path: Path) -> None:
    ids = {"transformer.embeddings.position_ids": torch.arange(512).expand(1, -1)}
    for layout in ("original", "pruned"):
        file = synthetic_checkpoint.write(tmp_path / f"{layout}.pth", layout, {**pruned_state, **ids})

        checkpoint = import_checkpoint.read_checkpoint(file)

        assert checkpoint.layout == layout
        assert set(checkpoint.state) == set(pruned_state)
        del checkpoint
        file.unlink()


@pytest.mark.parametrize("layout", ["original", "pruned"])
def test_one_wrong_tensor_is_named(layout, pruned_state, tmp_path: Path) -> None:
    prefix = "model." if layout == "original" else ""
    fc = pruned_state["visual.fc.bias"]
    cases = {
        f"'{prefix}visual.layer4.2.bn3.running_var' is missing": without(
            pruned_state, "visual.layer4.2.bn3.running_var"
        ),
        f"'{prefix}visual.attnpool.bias' does not belong": {**pruned_state, "visual.attnpool.bias": fc},
        f"'{prefix}visual.fc.bias' has the shape 767 instead of 768": {**pruned_state, "visual.fc.bias": fc[:767]},
        f"'{prefix}logit_scale' has the shape 1 instead of scalar": {**pruned_state, "logit_scale": torch.ones(1)},
        f"'{prefix}visual.fc.bias' holds values that are not finite": {**pruned_state, "visual.fc.bias": fc / 0},
        f"'{prefix}visual.fc.bias' holds torch.int64": {**pruned_state, "visual.fc.bias": fc.long()},
    }
    for words, state in cases.items():
        file = synthetic_checkpoint.write(tmp_path / "checkpoint.pth", layout, small(state))

        with pytest.raises(WeightsProblem) as caught:
            import_checkpoint.read_checkpoint(file)

        assert words in caught.value.what
        assert "checkpoint.pth" in caught.value.what


def small(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """The same keys and shapes with one stored value each, so that writing is quick; vectors are kept."""
    return {
        name: tensor if tensor.dim() < 2 else tensor.flatten()[0].clone().expand(tensor.shape)
        for name, tensor in state.items()
    }


def test_left_overs_must_all_be_there_in_the_original_layout(pruned_state, tmp_path: Path) -> None:
    original = synthetic_checkpoint.original_state(small(pruned_state))
    torch.save({"model": without(original, "sink_temp")}, tmp_path / "c.pth")

    with pytest.raises(WeightsProblem, match="'sink_temp' is missing"):
        import_checkpoint.read_checkpoint(tmp_path / "c.pth")


class Hostile:
    """Creates a file when it is unpickled."""

    def __init__(self, trap: Path) -> None:
        self.trap = trap

    def __reduce__(self) -> tuple[object, tuple[str, int]]:
        return os.open, (str(self.trap), os.O_CREAT)


@pytest.mark.parametrize("modern", [True, False])
def test_a_hostile_checkpoint_runs_nothing(modern: bool, tmp_path: Path) -> None:
    file, trap = tmp_path / "evil.pth", tmp_path / "trap"
    torch.save({"model": Hostile(trap)}, file, _use_new_zipfile_serialization=modern)

    with pytest.raises(WeightsProblem, match=r"evil\.pth is no PyTorch checkpoint that can be read without running"):
        import_checkpoint.read_checkpoint(file)
    assert not trap.exists()


@pytest.mark.parametrize("content", [b"", b"hello\n", b"PK\x03\x04 cut off", bytes(range(256)), b"\x80\x04."])
def test_foreign_bytes_are_a_weights_problem(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "x.pth").write_bytes(content)

    with pytest.raises(WeightsProblem, match=r"x\.pth is no PyTorch checkpoint"):
        import_checkpoint.read_checkpoint(tmp_path / "x.pth")


def test_a_truncated_checkpoint_is_a_weights_problem(tmp_path: Path) -> None:
    torch.save({"a": torch.ones(10000)}, tmp_path / "x.pth")
    (tmp_path / "x.pth").write_bytes((tmp_path / "x.pth").read_bytes()[:20000])

    with pytest.raises(WeightsProblem, match=r"x\.pth is no PyTorch checkpoint"):
        import_checkpoint.read_checkpoint(tmp_path / "x.pth")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ([1, 2], "a checkpoint is a dictionary, this is a list"),
        ({"model": {"visual.conv1.weight": 3}}, "'visual.conv1.weight' is no tensor but a int"),
        ({}, "'visual.conv1.weight' is missing (and 420 more)"),
    ],
)
def test_other_contents_are_a_weights_problem(content: object, words: str, tmp_path: Path) -> None:
    torch.save(content, tmp_path / "x.pth")

    with pytest.raises(WeightsProblem) as caught:
        import_checkpoint.read_checkpoint(tmp_path / "x.pth")
    assert words in caught.value.what


def test_a_missing_file_and_a_folder_are_named(tmp_path: Path) -> None:
    for path in (tmp_path / "none.pth", tmp_path):
        with pytest.raises(WeightsProblem, match=f"{path} cannot be read"):
            import_checkpoint.add(path)


def test_names_are_checked_before_anything_is_read(paper_added: Path, tmp_path: Path) -> None:
    with pytest.raises(WeightsProblem, match="weights named 'paper' already"):
        import_checkpoint.add(tmp_path / "none.pth")
    with pytest.raises(WeightsProblem, match="no name for weights"):
        import_checkpoint.add(tmp_path / "none.pth", "../up")


def test_a_network_without_usable_embeddings_is_refused(pruned_state, tmp_path: Path) -> None:
    dead = {**small(pruned_state), "visual.fc.bias": torch.zeros(768), "visual.fc.weight": torch.zeros(768, 2048)}
    file = synthetic_checkpoint.write(tmp_path / "dead.pth", "pruned", dead)

    with pytest.raises(WeightsProblem, match="no usable embeddings"):
        import_checkpoint.add(file, "dead")
    assert "dead" not in [weights.name for weights in registry.available_weights()]


def test_a_full_disk_leaves_nothing_behind(pruned_state, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_space(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(import_checkpoint, "save_file", no_space)
    file = synthetic_checkpoint.write(tmp_path / "c.pth", "pruned", pruned_state)

    with pytest.raises(WeightsProblem, match="No space left on device"):
        import_checkpoint.add(file, "full")
    assert list(registry.user_folder().iterdir()) == []


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        (None, "holds no tokenizer: neither vocab.txt nor tokenizer.json"),
        (["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"], "the vocabulary has 5 entries"),
        (["[UNK]", "[PAD]", "[CLS]", "[SEP]", "[MASK]", *map(str, range(30517))], "[PAD] is entry 1"),
    ],
)
def test_a_wrong_tokenizer_is_refused(entries: list[str] | None, words: str, tmp_path: Path) -> None:
    if entries is not None:
        (tmp_path / "vocab.txt").write_text("\n".join(entries), encoding="utf-8")

    with pytest.raises(WeightsProblem) as caught:
        import_checkpoint.add(tmp_path / "none.pth", tokenizer=tmp_path)
    assert words in caught.value.what
