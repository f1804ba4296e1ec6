"""One synthetic checkpoint for all tests of this room."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import synthetic_checkpoint
from torch import Tensor

from workstation import paths
from workstation.analysis.model import import_checkpoint, registry, stand_in


@pytest.fixture(scope="session")
def pruned_state() -> dict[str, Tensor]:
    return synthetic_checkpoint.pruned_state()


@pytest.fixture(scope="session")
def tokenizer_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return stand_in.write_vocabulary(tmp_path_factory.mktemp("tokenizer"))


@pytest.fixture(scope="session")
def stored_once(
    tmp_path_factory: pytest.TempPathFactory, pruned_state: dict[str, Tensor], tokenizer_folder: Path
) -> Iterator[Path]:
    """A user's data folder in which the synthetic checkpoint was added as "paper", with tokenizer."""
    folder = tmp_path_factory.mktemp("stored")
    file = synthetic_checkpoint.write(folder / "wrapper_75_new.pth", "original", pruned_state)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(paths, "user_data", lambda: folder / "data")
        import_checkpoint.add(file, tokenizer=tokenizer_folder)
    file.unlink()
    yield folder / "data"
    shutil.rmtree(folder)


@pytest.fixture
def paper_added(stored_once: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's data folder is the one that holds "paper"; its weights folder is returned. Read only."""
    monkeypatch.setattr(paths, "user_data", lambda: stored_once)
    return registry.user_folder()
