"""A stand-in for the published checkpoint: its keys and shapes, values from a formula, no download.

The image side is the formula's network behind `data/resnet50_embedding.npz`, so its embeddings are known. On the text
side only the word embeddings differ from row to row; the rest repeats one row, which keeps the file small.
"""

from __future__ import annotations

import math
import zlib
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from workstation.analysis.model import checkpoint_keys

VOCABULARY = 30522
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


def image_side() -> dict[str, Tensor]:
    """The `visual.*` tensors, float32."""
    return {
        name: formula_tensor(name.removeprefix("visual."), shape) for name, shape in checkpoint_keys.visual().items()
    }


def pruned_state() -> dict[str, Tensor]:
    """Every tensor of layout `pruned`; the text side is float16."""
    text = {name: _repeated_row(name, shape) for name, shape in checkpoint_keys.text().items()}
    words = "transformer.embeddings.word_embeddings.weight"
    generator = torch.Generator().manual_seed(0)
    text[words] = (torch.randn(checkpoint_keys.text()[words], generator=generator) * 0.05).half()
    return {**image_side(), **text, "logit_scale": torch.tensor(math.log(100.0))}


def original_state(pruned: dict[str, Tensor]) -> dict[str, Tensor]:
    """The same in layout `original`, with CLIP's left-overs."""
    left_overs = {name: torch.zeros(()).expand(shape) for name, shape in checkpoint_keys.LEFT_OVERS.items()}
    return {**{f"model.{name}": tensor for name, tensor in pruned.items()}, **left_overs}


def write(file: Path, layout: Literal["original", "pruned"], pruned: dict[str, Tensor]) -> Path:
    """Save a checkpoint as its owners do: the training script's dictionary, or a flat one."""
    if layout == "pruned":
        torch.save(pruned, file)
    else:
        training = {"optimizer": {"state": {}, "param_groups": []}, "lr_sched": {"last_epoch": 3}, "epoch": 3}
        torch.save({"model": original_state(pruned), **training}, file)
    return file


def write_tokenizer(folder: Path) -> Path:
    """A vocab.txt of the right size with the special tokens where distilbert-base-uncased has them."""
    entries = [f"[unused{number}]" for number in range(VOCABULARY)]
    special = {0: "[PAD]", 100: "[UNK]", 101: "[CLS]", 102: "[SEP]", 103: "[MASK]"}
    for number, token in {**special, **dict(enumerate(WORDS, start=1000))}.items():
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


def _repeated_row(name: str, shape: tuple[int, ...]) -> Tensor:
    """One row of values for the whole tensor, stored once."""
    if name.endswith(("LayerNorm.weight", "layer_norm.weight")):
        return torch.ones(1, dtype=torch.float16).expand(shape)
    row = formula_tensor(name, (1, shape[-1])) * 0.02
    return row.half().expand(shape) if len(shape) == 2 else row[0].half()
