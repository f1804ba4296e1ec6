"""A stand-in for the published weights: their names and shapes, values from a formula, nothing to download.

It says nothing about photographs. It lets a test, and the self-test of an installation without published weights,
walk the whole road of the paper's architecture and compare with numbers that are known.
"""

from __future__ import annotations

import math
import zlib
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from workstation.analysis.model import checkpoint_keys
from workstation.analysis.model.device import Placement, place
from workstation.analysis.model.encoder import WeightsDescription
from workstation.analysis.model.import_checkpoint import CLIP_NORMALISATION
from workstation.analysis.model.paper import PaperEncoder
from workstation.analysis.model.paper_text import SPECIAL_TOKENS, PaperTextEncoder, read_tokenizer, text_network

WORDS = (
    "make",
    "model",
    "canon",
    "nikon",
    "iso",
    "speed",
    "ratings",
    "exposure",
    "time",
    ":",
    ",",
    "100",
    "sec",
    "eos",
)
"""Words of the stand-in's vocabulary; any other is unknown to it."""

_FIRST_WORD = 1000
"""Number of the first of them; ordinary tokens of distilbert-base-uncased start near it."""


def image_side() -> dict[str, Tensor]:
    """The `visual.*` tensors, float32."""
    return {
        name: formula_tensor(name.removeprefix("visual."), shape) for name, shape in checkpoint_keys.visual().items()
    }


def text_side() -> dict[str, Tensor]:
    """The `transformer.*` tensors, float16: the word embeddings differ from row to row, the rest repeats one row."""
    text = {name: _repeated_row(name, shape) for name, shape in checkpoint_keys.text().items()}
    words = "transformer.embeddings.word_embeddings.weight"
    generator = torch.Generator().manual_seed(0)
    text[words] = (torch.randn(checkpoint_keys.text()[words], generator=generator) * 0.05).half()
    return text


def image_encoder(threads: int | None = None) -> PaperEncoder:
    """The paper's image encoder on the CPU, in float32."""
    return PaperEncoder.from_weights(_description(), image_side(), device="cpu", threads=threads, precision="float32")


def text_encoder(folder: Path, threads: int | None = None) -> PaperTextEncoder:
    """The paper's text encoder on the CPU.

    Args:
        folder: where the stand-in's vocabulary is written to.
        threads: CPU threads; None = torch's default.
    """
    tokenizer = read_tokenizer(write_vocabulary(folder))
    placement: Placement = place("cpu", threads=threads, precision="float32", bfloat16_allowed=False)
    with placement.computing():
        return PaperTextEncoder(text_network(text_side()), tokenizer, placement)


def write_vocabulary(folder: Path) -> Path:
    """A vocab.txt of the right size with the special tokens where distilbert-base-uncased has them.

    Returns:
        The folder.
    """
    rows = checkpoint_keys.text()["transformer.embeddings.word_embeddings.weight"][0]
    entries = [f"[unused{number}]" for number in range(rows)]
    numbered = {number: token for token, number in SPECIAL_TOKENS.items()} | dict(enumerate(WORDS, start=_FIRST_WORD))
    for number, token in numbered.items():
        entries[number] = token
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "vocab.txt").write_text("\n".join(entries) + "\n", encoding="utf-8")
    return folder


def formula_tensor(key: str, shape: tuple[int, ...]) -> Tensor:
    """Pseudo-random values from the tensor's name, scaled as a fresh network's would be.

    Element i is ((crc32(key) + i·2654435761) mod 2³²) / 2³² − 0.5, times √12·√(2/fan_in) for convolutions,
    √12·√(1/fan_in) for `fc.weight`, √12·√(1/length) for `fc.bias`, 0.1 for batch-norm biases.
    """
    if key.endswith("num_batches_tracked"):
        return torch.zeros(shape, dtype=torch.int64)
    if key.endswith("running_mean"):
        return torch.zeros(shape)
    if key.endswith("running_var"):
        return torch.ones(shape)
    if key.endswith("weight") and len(shape) == 1:
        return torch.full(shape, 0.5)
    fan_in = math.prod(shape[1:])
    if key == "fc.bias":
        scale = math.sqrt(12 / shape[0])
    elif key.endswith("bias"):
        scale = 0.1
    else:
        scale = math.sqrt(12 * (1 if key == "fc.weight" else 2) / fan_in)
    element = np.arange(math.prod(shape), dtype=np.uint32) * np.uint32(2654435761)  # wraps: modulo 2³² is meant
    element += np.uint32(zlib.crc32(key.encode()))
    values = (element / 2**32 - 0.5) * scale
    return torch.from_numpy(values.astype(np.float32).reshape(shape))


def _description() -> WeightsDescription:
    return WeightsDescription(
        name="stand-in",
        file="",
        sha256="0" * 64,
        architecture="paper",
        patch=128,
        dimensions=checkpoint_keys.DIMENSIONS,
        normalisation=CLIP_NORMALISATION,
        licence="Apache-2.0",
        training_data="none: values from a formula",
        figures=(),
        departure_range=(0.0, 1.0),
        text_side=True,
        source="workstation.analysis.model.stand_in",
        bfloat16=False,
    )


def _repeated_row(name: str, shape: tuple[int, ...]) -> Tensor:
    """One row of values for the whole tensor, stored once."""
    if name.endswith(("LayerNorm.weight", "layer_norm.weight")):
        return torch.ones(1, dtype=torch.float16).expand(shape)
    row = formula_tensor(name, (1, shape[-1])) * 0.02
    return row.half().expand(shape) if len(shape) == 2 else row[0].half()
