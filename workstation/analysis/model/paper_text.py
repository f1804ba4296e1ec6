"""The text side of the published encoder: DistilBERT through `transformers`, which is imported only here and late."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from workstation.analysis.model import checkpoint_keys, tensors
from workstation.analysis.model.device import Placement
from workstation.analysis.model.encoder import WeightsDescription
from workstation.analysis.model.native_paths import native_path
from workstation.analysis.result import FloatArray
from workstation.errors import WeightsProblem

MAX_TOKENS = 512
"""Longer texts are cut, as published."""

BATCH = 16
"""Texts per batch."""

SPECIAL_TOKENS = {"[PAD]": 0, "[UNK]": 100, "[CLS]": 101, "[SEP]": 102, "[MASK]": 103}
"""Numbers of the special tokens in the vocabulary of distilbert-base-uncased."""

TOKENIZER_FILES = ("vocab.txt", "tokenizer.json")
"""Files that hold a vocabulary; a tokenizer's folder has at least one."""


class PaperTextEncoder:
    """DistilBERT and its tokenizer; a text's embedding is the mean of its token outputs under the mask."""

    def __init__(self, network: torch.nn.Module, tokenizer: Any, placement: Placement) -> None:
        self._network = network
        self._tokenizer = tokenizer
        self._placement = placement

    def embed(self, texts: Sequence[str]) -> FloatArray:
        """Embed texts: (len(texts), 768) float32 of unit length.

        Raises:
            DeviceProblem: if the device runs out of memory.
        """
        batches = [self._embed_batch(list(texts[start : start + BATCH])) for start in range(0, len(texts), BATCH)]
        return np.concatenate(batches) if batches else np.empty((0, checkpoint_keys.DIMENSIONS), np.float32)

    def _embed_batch(self, texts: list[str]) -> FloatArray:
        # The published code pads to 512 tokens; padding is masked out, so padding to the longest text gives the same.
        tokens = self._tokenizer(texts, padding=True, truncation=True, max_length=MAX_TOKENS, return_tensors="pt")
        with self._placement.computing():
            mask = tokens["attention_mask"].to(self._placement.device)
            outputs = self._network(input_ids=tokens["input_ids"].to(self._placement.device), attention_mask=mask)
            weights = mask.unsqueeze(-1).float()
            mean = (outputs[0] * weights).sum(1) / weights.sum(1).clamp(min=1e-9)
            return functional.normalize(mean, dim=1).cpu().numpy()


def load_text_encoder(description: WeightsDescription, placement: Placement) -> PaperTextEncoder:
    """The text side of registered weights.

    Raises:
        WeightsProblem: if they hold none, or their tokenizer is missing or another one; it says what to do.
    """
    if not description.text_side:
        raise WeightsProblem(f"weights {description.name!r} hold no text encoder; only patches can be embedded")
    if not description.tokenizer:
        raise WeightsProblem(
            f"the text side of weights {description.name!r} needs the tokenizer of distilbert-base-uncased, which "
            f"is missing: run `exifact weights remove {description.name}`, then `exifact weights add FILE "
            "--tokenizer DIR` with a folder that holds its vocab.txt or tokenizer.json. The image side works without it"
        )
    tokenizer = read_tokenizer(description.folder / description.tokenizer)
    state = tensors.read_registered(description, prefix=checkpoint_keys.TEXT)
    with placement.computing():
        network = text_network(state).to(placement.device)
    return PaperTextEncoder(network, tokenizer, placement)


def text_network(state: Mapping[str, Tensor]) -> torch.nn.Module:
    """DistilBERT of the published size with the `transformer.*` tensors of a checkpoint, ready for inference.

    Raises:
        WeightsProblem: if a tensor is missing, surplus or of another shape.
    """
    from transformers import DistilBertConfig, DistilBertModel  # noqa: PLC0415 - four seconds, only for texts

    problem = checkpoint_keys.first_difference(state, checkpoint_keys.text())
    if problem:
        raise WeightsProblem(f"these weights are no DistilBERT of this layout: {problem}")
    with torch.device("meta"):
        network: torch.nn.Module = DistilBertModel(DistilBertConfig())
    named = {name.removeprefix(checkpoint_keys.TEXT): tensor.float() for name, tensor in state.items()}
    network.load_state_dict(named, assign=True)
    embeddings = network.get_submodule("embeddings")
    embeddings.register_buffer("position_ids", torch.arange(MAX_TOKENS).expand(1, -1), persistent=False)
    return network.eval().requires_grad_(False)


def read_tokenizer(folder: Path) -> Any:
    """The WordPiece tokenizer of distilbert-base-uncased from a folder; no network.

    Raises:
        WeightsProblem: if the folder holds none, or another vocabulary than the encoder was trained with.
    """
    if not any((folder / name).is_file() for name in TOKENIZER_FILES):
        raise WeightsProblem(f"{folder} holds no tokenizer: neither {' nor '.join(TOKENIZER_FILES)}")
    from transformers import DistilBertTokenizerFast  # noqa: PLC0415 - four seconds, only for texts

    try:
        with native_path(folder) as place:
            tokenizer = DistilBertTokenizerFast.from_pretrained(str(place), local_files_only=True)
        size, numbers = len(tokenizer), tokenizer.get_vocab()
    except Exception as error:  # the tokenizer's Rust code raises bare Exception
        raise WeightsProblem(f"{folder}: the tokenizer cannot be read ({error})") from error
    rows = checkpoint_keys.text()["transformer.embeddings.word_embeddings.weight"][0]
    if size != rows:
        raise WeightsProblem(f"{folder}: the vocabulary has {size} entries; that of distilbert-base-uncased has {rows}")
    for token, number in SPECIAL_TOKENS.items():
        if numbers.get(token) != number:
            raise WeightsProblem(
                f"{folder}: {token} is entry {numbers.get(token)} of the vocabulary; in that of "
                f"distilbert-base-uncased it is {number}"
            )
    return tokenizer
