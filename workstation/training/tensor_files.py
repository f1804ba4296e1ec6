"""Weights that training writes: safetensors files that are there whole or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from safetensors.torch import save_file
from torch import Tensor

from workstation.analysis.model.native_paths import native_path
from workstation.whole_files import whole_file


def write_tensors(tensors: Mapping[str, Tensor], target: Path, header: Mapping[str, str]) -> None:
    """Write a file that everyone may read; safetensors makes files that only their owner may.

    Args:
        tensors: contiguous, by name.
        target: what is made or replaced; its folder is there.
        header: texts that are stored with them.

    Raises:
        OSError: if the folder or the disk refuses; SafetensorError where safetensors meets that first.
    """
    with whole_file(target) as unfinished:
        with native_path(target.parent) as folder:
            save_file(dict(tensors), folder / unfinished.name, dict(header))
        unfinished.chmod(0o644)
