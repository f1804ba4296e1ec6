"""Registered weights become an encoder on a device."""

from __future__ import annotations

import torch

from workstation.analysis.model import checkpoint_keys, registry, tensors
from workstation.analysis.model.compact import CompactEncoder
from workstation.analysis.model.device import failures_of
from workstation.analysis.model.encoder import Encoder, Precision, TextSide
from workstation.analysis.model.paper import PaperEncoder


def load_encoder(name: str, *, device: str, threads: int | None, precision: Precision) -> Encoder:
    """See `workstation.analysis.model.load_encoder`."""
    description = registry.find(name)
    with failures_of(torch.device("cpu")):
        if description.architecture == "paper":
            image_side = tensors.read_registered(description, prefix=checkpoint_keys.VISUAL)
            return PaperEncoder.from_weights(
                description, image_side, device=device, threads=threads, precision=precision
            )
        state = tensors.read_registered(description)
        return CompactEncoder.from_weights(description, state, device=device, threads=threads, precision=precision)


def load_text_side(name: str, *, device: str, threads: int | None, precision: Precision) -> TextSide:
    """See `workstation.analysis.model.load_text_side`."""
    from workstation.analysis.model import compact_text  # noqa: PLC0415 - the tokenizer's library, only for texts

    description = registry.find(name)
    with failures_of(torch.device("cpu")):
        if description.architecture == "paper":
            image_side = tensors.read_registered(description, prefix=checkpoint_keys.VISUAL)
            return PaperEncoder.from_weights(
                description, image_side, device=device, threads=threads, precision=precision
            )
        return compact_text.load_text_side(description, device=device, threads=threads, precision=precision)
