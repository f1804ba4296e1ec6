"""The tensors of the published checkpoint by name and shape: written from the architecture, compared strictly.

Layout `pruned` is what the paper encoder needs. Layout `original` is the training script's: the same with
"model." before each name, CLIP's left-over text tower, and `sink_temp`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from workstation.analysis.model.resnet50 import EXPANSION, STAGES

Shape = tuple[int, ...]

DIMENSIONS = 768
"""Length of an embedding and width of DistilBERT."""

VISUAL, TEXT, ORIGINAL = "visual.", "transformer.", "model."
"""Prefixes of the image side, of the text side, and of everything in layout `original`."""

LEFT_OVERS: Mapping[str, Shape] = {
    "sink_temp": (),
    "model.positional_embedding": (77, 512),
    "model.text_projection": (512, 512),
    "model.token_embedding.weight": (49408, 512),
    "model.ln_final.weight": (512,),
    "model.ln_final.bias": (512,),
}
"""Tensors of layout `original` that nothing uses: CLIP's text tower and an unused temperature."""

TOLERATED: Mapping[str, Shape] = {"transformer.embeddings.position_ids": (1, 512)}
"""A buffer of indices that older transformers stored; it may be there and is dropped."""


class Shaped(Protocol):
    """Anything with a shape."""

    @property
    def shape(self) -> Shape:
        """Length of each dimension."""


def pruned() -> dict[str, Shape]:
    """Layout `pruned`: image side, text side, logit scale."""
    return {**visual(), **text(), "logit_scale": ()}


def original() -> dict[str, Shape]:
    """Layout `original`."""
    return {**{ORIGINAL + name: shape for name, shape in pruned().items()}, **LEFT_OVERS}


def visual() -> dict[str, Shape]:
    """ResNet-50, names starting with `visual.`."""
    shapes: dict[str, Shape] = {"conv1.weight": (64, 3, 7, 7), **_batch_norm("bn1", 64)}
    channels_in = 64
    for number, (inner, blocks, _) in enumerate(STAGES, start=1):
        outer = inner * EXPANSION
        for block in range(blocks):
            name = f"layer{number}.{block}"
            shapes |= {f"{name}.conv1.weight": (inner, channels_in, 1, 1), **_batch_norm(f"{name}.bn1", inner)}
            shapes |= {f"{name}.conv2.weight": (inner, inner, 3, 3), **_batch_norm(f"{name}.bn2", inner)}
            shapes |= {f"{name}.conv3.weight": (outer, inner, 1, 1), **_batch_norm(f"{name}.bn3", outer)}
            if block == 0:
                shapes[f"{name}.downsample.0.weight"] = (outer, channels_in, 1, 1)
                shapes |= _batch_norm(f"{name}.downsample.1", outer)
            channels_in = outer
    shapes |= {"fc.weight": (DIMENSIONS, channels_in), "fc.bias": (DIMENSIONS,)}
    return {VISUAL + name: shape for name, shape in shapes.items()}


def text() -> dict[str, Shape]:
    """DistilBERT base as transformers names it, names starting with `transformer.`."""
    width, inner = DIMENSIONS, 4 * DIMENSIONS
    shapes: dict[str, Shape] = {
        "embeddings.word_embeddings.weight": (30522, width),
        "embeddings.position_embeddings.weight": (512, width),
        **_affine("embeddings.LayerNorm", (width,)),
    }
    for number in range(6):
        layer = f"transformer.layer.{number}"
        for projection in ("q_lin", "k_lin", "v_lin", "out_lin"):
            shapes |= _affine(f"{layer}.attention.{projection}", (width, width))
        shapes |= _affine(f"{layer}.sa_layer_norm", (width,))
        shapes |= _affine(f"{layer}.ffn.lin1", (inner, width))
        shapes |= _affine(f"{layer}.ffn.lin2", (width, inner))
        shapes |= _affine(f"{layer}.output_layer_norm", (width,))
    return {TEXT + name: shape for name, shape in shapes.items()}


def first_difference(tensors: Mapping[str, Shaped], expected: Mapping[str, Shape]) -> str:
    """What keeps tensors from fitting a layout, naming the first culprit; "" if they fit.

    Args:
        tensors: by name.
        expected: names and shapes, all of which must be there and no other.
    """
    missing = [name for name in expected if name not in tensors]
    surplus = [name for name in tensors if name not in expected]
    if missing:
        return f"{missing[0]!r} is missing{_and_others(missing)}"
    if surplus:
        return f"{surplus[0]!r} does not belong{_and_others(surplus)}"
    for name, shape in expected.items():
        actual = tuple(tensors[name].shape)
        if actual != shape:
            return f"{name!r} has the shape {_words(actual)} instead of {_words(shape)}"
    return ""


def _and_others(names: list[str]) -> str:
    return f" (and {len(names) - 1} more)" if len(names) > 1 else ""


def _words(shape: Shape) -> str:
    return "×".join(map(str, shape)) or "scalar"


def _batch_norm(name: str, channels: int) -> dict[str, Shape]:
    vectors = ("weight", "bias", "running_mean", "running_var")
    return {**{f"{name}.{vector}": (channels,) for vector in vectors}, f"{name}.num_batches_tracked": ()}


def _affine(name: str, weight: Shape) -> dict[str, Shape]:
    return {f"{name}.weight": weight, f"{name}.bias": weight[:1]}
