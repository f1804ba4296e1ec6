"""The text side of the compact encoder: a small transformer on EXIF texts, and a second head on the image's features.

Both were trained by contrast (Zheng, Shrivastava and Owens, CVPR 2023) with the image encoder frozen (locked-image
tuning, Zhai et al., CVPR 2022). So a patch has two embeddings: one to be compared with other patches, one with texts.
The tokenizer is stored in the header of the weights file, whose SHA-256 is checked before it is read.
"""

from __future__ import annotations

import json
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn import functional

from workstation.analysis.geometry import PatchGrid
from workstation.analysis.model import tensors
from workstation.analysis.model.compact import WHITENING, CompactEncoder
from workstation.analysis.model.device import Placed, Placement, place
from workstation.analysis.model.encoder import Precision, WeightsDescription
from workstation.analysis.result import FloatArray
from workstation.errors import Reason, WeightsProblem
from workstation.progress import Progress

BATCH = 64
"""Texts per batch."""

HEAD = "image.head."
"""Prefix of the image head's tensors in the weights file; the rest of the name is that in `CompactNetwork`."""

TEXT = "text."
"""Prefix of the text tower's tensors."""

SCALE, CENTRE = "logit_scale", "centre"
"""Names of the factor between cosine similarity and logit, and of the mean embedding of training pictures."""

HEADER = "text_side"
"""The one key of the weights file's header, a JSON object: several keys would stand in another order each time."""

TOKENIZER, IMAGE_SHA256, HEADS = "tokenizer", "image_sha256", "heads"
"""Fields of that object: the tokenizer, the hash of the image side's file, heads of attention."""

PADDING = 0
"""Number of the padding token."""


class CompactTextNetwork(nn.Module):
    """Token numbers to embeddings: a pre-norm transformer (Vaswani et al. 2017), mean over tokens, projection.

    Attributes:
        longest: tokens of the longest text; what follows is cut off.
    """

    def __init__(self, vocabulary: int, *, width: int, layers: int, heads: int, dimensions: int, longest: int) -> None:
        super().__init__()
        self.longest = longest
        self.tokens = nn.Embedding(vocabulary, width)
        self.positions = nn.Parameter(torch.zeros(longest, width))
        self.layers = nn.ModuleList(
            nn.TransformerEncoderLayer(
                width, heads, 4 * width, dropout=0.1, activation="gelu", batch_first=True, norm_first=True
            )
            for _ in range(layers)
        )
        self.norm = nn.LayerNorm(width)
        self.projection = nn.Linear(width, dimensions, bias=False)
        nn.init.normal_(self.tokens.weight, std=0.02)
        nn.init.normal_(self.positions, std=0.01)

    @property
    def heads(self) -> int:
        """Heads of attention per layer."""
        first = self.layers[0]
        assert isinstance(first, nn.TransformerEncoderLayer)
        return int(first.self_attn.num_heads)

    def forward(self, numbers: Tensor) -> Tensor:
        """(N, L) int64, padded with `PADDING`, L at most `longest`, to (N, dimensions) of unit length."""
        absent = numbers == PADDING
        x = self.tokens(numbers) + self.positions[: numbers.shape[1]]
        for layer in self.layers:
            x = layer(x, src_key_padding_mask=absent)
        weights = (~absent).unsqueeze(-1).to(x.dtype)
        mean = (self.norm(x) * weights).sum(1) / weights.sum(1).clamp(min=1)
        return functional.normalize(self.projection(mean).float(), dim=-1)

    @classmethod
    def from_state(cls, state: Mapping[str, Tensor], heads: int) -> CompactTextNetwork:
        """Build the network from its tensors; sizes are read from them.

        Raises:
            KeyError, RuntimeError: if a tensor is missing, surplus or of another shape.
        """
        vocabulary, width = state["tokens.weight"].shape
        layers = len({name.split(".")[1] for name in state if name.startswith("layers.")})
        network = cls(
            vocabulary,
            width=width,
            layers=layers,
            heads=heads,
            dimensions=state["projection.weight"].shape[0],
            longest=state["positions"].shape[0],
        )
        network.load_state_dict({name: tensor.float() for name, tensor in state.items()})
        return network


@dataclass(frozen=True, slots=True)
class TextTokens:
    """A tokenizer that turns texts into padded numbers."""

    tokenizer: Tokenizer

    @classmethod
    def from_json(cls, text: str) -> TextTokens:
        """Read what `Tokenizer.to_str` wrote.

        Raises:
            WeightsProblem: if it is none.
        """
        try:
            return cls(Tokenizer.from_str(text))
        except Exception as error:  # the tokenizer's Rust code raises bare Exception
            words = f"the tokenizer of these weights cannot be read ({error})"
            raise WeightsProblem(Reason(words, "tokenizer-unreadable", said=str(error))) from error

    def numbers(self, texts: Sequence[str], longest: int) -> Tensor:
        """(len(texts), longest text's tokens, at most `longest`) int64, padded with `PADDING`; no text is empty."""
        encoded = [e.ids[:longest] or [PADDING + 1] for e in self.tokenizer.encode_batch(list(texts))]
        out = torch.full((len(encoded), max(map(len, encoded), default=1)), PADDING)
        for row, ids in zip(out, encoded, strict=True):
            row[: len(ids)] = torch.tensor(ids)
        return out


class CompactTextSide(Placed):
    """Patches and texts in one space; see `TextSide`.

    Attributes:
        description: the weights that it runs.
        dimensions: length of an embedding in the common space.
        patch: side of a window in pixels unless another is asked for.
        logit_scale: factor between cosine similarity and the logit that was trained.
        centre: (dimensions,) float32, mean embedding of training pictures.
    """

    def __init__(
        self,
        image: CompactEncoder,
        network: CompactTextNetwork,
        tokens: TextTokens,
        *,
        logit_scale: float,
        centre: FloatArray,
        placement: Placement,
    ) -> None:
        self.description = image.description
        self.dimensions, self.patch = image.dimensions, image.patch
        self.logit_scale, self.centre = logit_scale, centre
        self._image, self._network, self._tokens, self._placement = image, network, tokens, placement

    def default_grid(self, height: int, width: int, patch: int | None, per_dimension: int | None) -> PatchGrid:
        """As `CompactEncoder.default_grid`, but with windows of the model's own side for small images, too."""
        return self._image.default_grid(height, width, patch or self.patch, per_dimension)

    def embed_for_text(self, image: NDArray[np.uint8], grid: PatchGrid) -> Generator[Progress, None, FloatArray]:
        """See `TextSide.embed_for_text`. Over whole windows, as the text side was trained."""
        return (yield from self._image.embed(image, grid, pooled_share=1))

    def embed_text(self, texts: Sequence[str]) -> FloatArray:
        """See `TextSide.embed_text`."""
        batches = [self._embed_batch(texts[start : start + BATCH]) for start in range(0, len(texts), BATCH)]
        return np.concatenate(batches) if batches else np.empty((0, self.dimensions), np.float32)

    def _embed_batch(self, texts: Sequence[str]) -> FloatArray:
        with self._placement.computing():
            numbers = self._tokens.numbers(texts, self._network.longest).to(self._placement.device)
            return np.asarray(self._network(numbers).float().cpu().numpy())


def load_text_side(
    description: WeightsDescription, *, device: str, threads: int | None, precision: Precision
) -> CompactTextSide:
    """The text side of registered compact weights.

    Raises:
        WeightsProblem: if they have none, it was altered, or it belongs to another image side.
        DeviceProblem: if the device is not there or has too little memory.
    """
    image_state = tensors.read_registered(description)
    state, metadata = tensors.read_registered_text(description)
    header = read_header(description, metadata)
    if header.get(IMAGE_SHA256) != description.sha256:
        stated = header.get(IMAGE_SHA256, "not stated")
        words = (
            f"the text side of weights {description.name!r} was trained for another image side "
            f"(SHA-256 {stated}); train it again with `exifact train-text`"
        )
        raise WeightsProblem(Reason(words, "text-side-foreign", name=description.name))
    return assemble(description, image_state, state, header, device=device, threads=threads, precision=precision)


def read_header(description: WeightsDescription, metadata: Mapping[str, str]) -> dict[str, Any]:
    """What stands in the header of a text side's file.

    Raises:
        WeightsProblem: if it is no header of a text side.
    """
    try:
        header = json.loads(metadata[HEADER])
    except (KeyError, ValueError) as error:
        raise _no_header(description) from error
    if not isinstance(header, dict):
        raise _no_header(description)
    return header


def _no_header(description: WeightsDescription) -> WeightsProblem:
    words = f"the text side of weights {description.name!r} has no usable header"
    return WeightsProblem(Reason(words, "text-side-header", name=description.name))


def assemble(
    description: WeightsDescription,
    image_state: Mapping[str, Tensor],
    state: Mapping[str, Tensor],
    header: Mapping[str, Any],
    *,
    device: str,
    threads: int | None,
    precision: Precision,
) -> CompactTextSide:
    """Put image trunk, image head and text tower together.

    Raises:
        WeightsProblem: if a tensor is missing, surplus or of another shape.
        DeviceProblem: if the device is not there or has too little memory.
    """
    head = {f"head.{name.removeprefix(HEAD)}": tensor for name, tensor in state.items() if name.startswith(HEAD)}
    trunk = {name: t for name, t in image_state.items() if not name.startswith("head.") and name != WHITENING}
    image = CompactEncoder.from_weights(
        description, {**trunk, **head}, device=device, threads=threads, precision=precision
    )
    tower = {name.removeprefix(TEXT): tensor for name, tensor in state.items() if name.startswith(TEXT)}
    placement = place(device, threads=threads, precision="float32", bfloat16_allowed=False)
    try:
        network = CompactTextNetwork.from_state(tower, int(header[HEADS]))
        scale, centre = float(state[SCALE]), state[CENTRE].float().numpy()
        tokens = TextTokens.from_json(header[TOKENIZER])
    except (KeyError, RuntimeError, ValueError) as error:
        words = f"the text side of weights {description.name!r} does not fit: {error}"
        raise WeightsProblem(Reason(words, "text-side-unfit", name=description.name, said=str(error))) from error
    with placement.computing():
        network.eval().requires_grad_(False).to(placement.device)
    return CompactTextSide(image, network, tokens, logit_scale=scale, centre=centre, placement=placement)
