"""Weights that a run starts from instead of random ones: the run before it, on other batches."""

from __future__ import annotations

from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from workstation.analysis.model.native_paths import native_path
from workstation.analysis.model.registry import sha256_of
from workstation.training.configuration_tables import ConfigurationProblem


def parameters_to_start_from(file: Path | None, sha256: str) -> dict[str, Tensor] | None:
    """A compact network's tensors, its whitening among them where the file has one.

    Args:
        file: safetensors; None = none were given.
        sha256: of the file, as the configuration names it; "" = the run starts from random weights.

    Raises:
        ConfigurationProblem: if only one of the two is given, or they do not belong together.
    """
    if not sha256:
        if file is not None:
            raise ConfigurationProblem(f"the configuration names no weights to start from, so not {file.name} either")
        return None
    if file is None:
        raise ConfigurationProblem(f"the configuration starts from weights with SHA-256 {sha256}: give them by --start")
    try:
        found = sha256_of(file)
        if found != sha256:
            raise ConfigurationProblem(f"{file.name} has SHA-256 {found}; the configuration starts from {sha256}")
        with native_path(file) as path:
            tensors = load_file(path)
    except (OSError, SafetensorError) as problem:
        raise ConfigurationProblem(f"{file.name} cannot be read ({problem})") from problem
    return {name: t.float() if t.is_floating_point() else t for name, t in tensors.items()}
