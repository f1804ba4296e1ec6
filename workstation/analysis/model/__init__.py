"""Encoders and weights: the only room of the analysis with torch in it.

Importing this package loads no torch; `load_encoder` does.
"""

from __future__ import annotations

from workstation.analysis.model.encoder import Encoder, Precision, TextSide, WeightsDescription
from workstation.analysis.model.registry import available_weights

__all__ = ["Encoder", "TextSide", "WeightsDescription", "available_weights", "load_encoder", "load_text_side"]


def load_encoder(
    name: str, *, device: str = "auto", threads: int | None = None, precision: Precision = "auto"
) -> Encoder:
    """Load registered weights onto a device.

    Args:
        name: of the weights (`available_weights`).
        device: "auto" (CUDA, else MPS, else CPU), "cpu", "cuda" or "mps".
        threads: CPU threads; None = leave torch's default.
        precision: "auto" (bfloat16 where the CPU is built for it and the weights allow it) or "float32".

    Raises:
        WeightsProblem: if the weights are missing, altered or do not fit their architecture.
        DeviceProblem: if the device is not there or has too little memory.
    """
    from workstation.analysis.model import loading  # noqa: PLC0415 - torch is imported only now

    return loading.load_encoder(name, device=device, threads=threads, precision=precision)


def load_text_side(
    name: str, *, device: str = "auto", threads: int | None = None, precision: Precision = "auto"
) -> TextSide:
    """Load what compares patches with EXIF texts.

    Args:
        name: of the weights (`available_weights`).
        device: "auto" (CUDA, else MPS, else CPU), "cpu", "cuda" or "mps".
        threads: CPU threads; None = leave torch's default.
        precision: "auto" (bfloat16 where the CPU is built for it and the weights allow it) or "float32".

    Raises:
        WeightsProblem: if the weights have no text side, or it is altered or belongs to another image side.
        DeviceProblem: if the device is not there or has too little memory.
    """
    from workstation.analysis.model import loading  # noqa: PLC0415 - torch is imported only now

    return loading.load_text_side(name, device=device, threads=threads, precision=precision)
