"""A published checkpoint without the published weights: the stand-in's tensors as the files that owners have.

The image side is the network behind `resources/self-test/resnet50_embedding.npz`, so its embeddings are known.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor

from workstation.analysis.model import checkpoint_keys, stand_in


def pruned_state() -> dict[str, Tensor]:
    """Every tensor of layout `pruned`; the text side is float16."""
    return {**stand_in.image_side(), **stand_in.text_side(), "logit_scale": torch.tensor(math.log(100.0))}


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
