"""Tensors of registered weights: read only once the file's hash is found right."""

from __future__ import annotations

import torch
from safetensors import SafetensorError, safe_open

from workstation.analysis.model import registry
from workstation.analysis.model.encoder import WeightsDescription
from workstation.errors import WeightsProblem


def read_registered(description: WeightsDescription, prefix: str = "") -> dict[str, torch.Tensor]:
    """The tensors of a weights file whose names start with `prefix`.

    Raises:
        WeightsProblem: if the file is missing, altered or no safetensors file.
    """
    verification = registry.verify_description(description)
    if not verification.intact:
        raise WeightsProblem(f"weights {description.name!r}: {verification.reason}")
    try:
        with safe_open(description.path, framework="pt", device="cpu") as file:
            names = [name for name in file.keys() if name.startswith(prefix)]  # noqa: SIM118 - no mapping
            return {name: file.get_tensor(name) for name in names}
    except (OSError, SafetensorError) as error:
        raise WeightsProblem(f"weights {description.name!r}: {description.path} cannot be read ({error})") from error
