"""Registered weights become an encoder on a device."""

from __future__ import annotations

import torch
from safetensors import SafetensorError, safe_open

from workstation.analysis.model import registry
from workstation.analysis.model.compact import CompactEncoder
from workstation.analysis.model.device import failures_of
from workstation.analysis.model.encoder import Encoder, Precision, WeightsDescription
from workstation.analysis.model.paper import PaperEncoder
from workstation.errors import WeightsProblem


def load_encoder(name: str, *, device: str, threads: int | None, precision: Precision) -> Encoder:
    """See `workstation.analysis.model.load_encoder`."""
    description = registry.find(name)
    with failures_of(torch.device("cpu")):
        if description.architecture == "paper":
            state = read_tensors(description, prefix="visual.")
            return PaperEncoder.from_weights(description, state, device=device, threads=threads, precision=precision)
        state = read_tensors(description)
        return CompactEncoder.from_weights(description, state, device=device, threads=threads, precision=precision)


def read_tensors(description: WeightsDescription, prefix: str = "") -> dict[str, torch.Tensor]:
    """The tensors of a weights file whose names start with `prefix`, once its hash is found right.

    Raises:
        WeightsProblem: if the file is missing, altered or no safetensors file.
    """
    verification = registry.verify_description(description)
    if not verification.intact:
        raise WeightsProblem(f"weights {description.name!r}: {verification.reason}")
    try:
        with safe_open(description.path, framework="pt", device="cpu") as file:
            return {key: file.get_tensor(key) for key in file.keys() if key.startswith(prefix)}  # noqa: SIM118 - no mapping
    except (OSError, SafetensorError) as error:
        raise WeightsProblem(f"weights {description.name!r}: {description.path} cannot be read ({error})") from error
