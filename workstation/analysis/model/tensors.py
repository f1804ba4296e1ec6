"""Tensors of registered weights: read only once the file's hash is found right."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open

from workstation.analysis.model import registry
from workstation.analysis.model.encoder import WeightsDescription
from workstation.analysis.model.native_paths import native_path
from workstation.errors import Reason, WeightsProblem


def read_registered(description: WeightsDescription, prefix: str = "") -> dict[str, torch.Tensor]:
    """The tensors of a weights file whose names start with `prefix`.

    Raises:
        WeightsProblem: if the file is missing, altered or no safetensors file.
    """
    verification = registry.verify_description(description)
    if not verification.intact:
        words = f"weights {description.name!r}: {verification.reason}"
        raise WeightsProblem(Reason(words, "weights-altered", name=description.name, said=verification.reason))
    return _read(description.name, description.path, prefix)[0]


def read_registered_text(description: WeightsDescription) -> tuple[dict[str, torch.Tensor], dict[str, str]]:
    """The tensors and the header of the file that holds the text side.

    Raises:
        WeightsProblem: if there is none, or it is missing, altered or no safetensors file.
    """
    if not description.text_file:
        words = f"weights {description.name!r} hold no text encoder; only patches can be embedded"
        raise WeightsProblem(Reason(words, "no-text-side", name=description.name))
    verification = registry.verify_description(description)
    if not verification.intact:
        words = f"weights {description.name!r}: {verification.reason}"
        raise WeightsProblem(Reason(words, "weights-altered", name=description.name, said=verification.reason))
    return _read(description.name, description.folder / description.text_file, "")


def _read(name: str, path: Path, prefix: str) -> tuple[dict[str, torch.Tensor], dict[str, str]]:
    try:
        with native_path(path) as place, safe_open(place, framework="pt", device="cpu") as file:
            names = [key for key in file.keys() if key.startswith(prefix)]  # noqa: SIM118 - no mapping
            return {key: file.get_tensor(key) for key in names}, dict(file.metadata() or {})
    except (OSError, SafetensorError) as error:
        words = f"weights {name!r}: {path} cannot be read ({error})"
        raise WeightsProblem(Reason(words, "weights-unreadable", name=name, said=str(error))) from error
