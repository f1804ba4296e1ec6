"""The typed configuration of the published architecture's training, read from TOML and stored inside its weights."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from workstation.analysis.published_texts import THRESHOLD
from workstation.training.configuration_tables import ConfigurationProblem, checked_values, read_table

TextArchitecture = Literal["distilbert", "albert", "roberta"]
TagOrder = Literal["photo", "fixed", "shuffled"]
Pooling = Literal["mean", "pooled"]
TrainingPrecision = Literal["float32", "bfloat16", "float16"]
BatchStatistics = Literal["batch", "frozen"]

_CHOICES: dict[str, tuple[str, ...]] = {
    "architecture": ("paper",),
    "text": get_args(TextArchitecture),
    "tag_order": get_args(TagOrder),
    "pooling": get_args(Pooling),
    "precision": get_args(TrainingPrecision),
    "batch_statistics": get_args(BatchStatistics),
}


@dataclass(frozen=True, slots=True)
class PaperConfiguration:
    """Everything that decides what a run computes, but the photographs. Defaults are the published values.

    Attributes:
        architecture: "paper".
        text: which text encoder.
        pooling: "mean" of the token outputs under the mask, or the "pooled" output.
        image_weights: file of a ResNet-50 in torchvision's layout to start from; "" = from scratch.
        text_weights: folder of a pretrained text encoder with its tokenizer; "" = from scratch.
        text_layers, text_width, vocabulary: of a text encoder from scratch; 0 = the published size.
        longest: tokens of the longest text.
        dropout: of the text encoder.
        patch: side of the random crop in pixels.
        downsample: longer side to which photographs are scaled down first; 0 = full resolution.
        tags: that enter the texts; empty = all that at least `threshold` of the photographs carry.
        tag_order: of the text: the photo's own, one fixed order, or shuffled anew each time.
        names: whether tag names are written, or values alone.
        threshold: share of the photographs that must carry a tag.
        image_text, image_image: weights of the loss between image and text, and between two crops of one photograph.
        logit_scale: factor of the cosine similarities, constant: that of CLIP ViT-B/32.
        batch: photographs per step, over all processes.
        micro_batch: photographs that are in memory at once in a process; 0 = all. Negatives are the whole batch's.
        steps, warmup: length of the run, and of the linear rise of the rate; then it falls along a cosine.
        learning_rate, last_rate, betas, epsilon, weight_decay: of Adam.
        batch_statistics: whether batch norm takes a batch's own statistics, or those that it started with.
        precision: of the networks' arithmetic.
        cache_mb: memory per loading process for decoded photographs, in MB.
        seed: of everything random.
    """

    architecture: Literal["paper"] = "paper"
    text: TextArchitecture = "distilbert"
    pooling: Pooling = "mean"
    image_weights: str = ""
    text_weights: str = ""
    text_layers: int = 0
    text_width: int = 0
    vocabulary: int = 8000
    longest: int = 512
    dropout: float = 0.1
    patch: int = 124
    downsample: int = 0
    tags: tuple[str, ...] = ()
    tag_order: TagOrder = "photo"
    names: bool = True
    threshold: float = THRESHOLD
    image_text: float = 1.0
    image_image: float = 0.0
    logit_scale: float = 100.0
    batch: int = 1024
    micro_batch: int = 0
    steps: int = 30_000
    warmup: int = 1000
    learning_rate: float = 1e-4
    last_rate: float = 1e-7
    betas: tuple[float, float] = (0.9, 0.98)
    epsilon: float = 1e-6
    weight_decay: float = 1e-4
    batch_statistics: BatchStatistics = "batch"
    precision: TrainingPrecision = "float32"
    cache_mb: int = 1000
    seed: int = 0

    @classmethod
    def read(cls, file: Path) -> PaperConfiguration:
        """Read a TOML file.

        Raises:
            ConfigurationProblem: for unknown names, wrong types or impossible values.
        """
        return cls.from_table(read_table(file))

    @classmethod
    def from_table(cls, table: dict[str, Any]) -> PaperConfiguration:
        """Build from the parsed table; lists become tuples.

        Raises:
            ConfigurationProblem: for unknown names, wrong types or impossible values.
        """
        for name, choices in _CHOICES.items():
            if name in table and table[name] not in choices:
                raise ConfigurationProblem(f"{name} must be one of {', '.join(choices)}")
        settings = cls(**checked_values(table, cls))
        if settings.image_text < 0 or settings.image_image < 0 or not settings.image_text + settings.image_image:
            raise ConfigurationProblem("image_text and image_image are weights, and one of them must be above 0")
        if settings.batch < 2 or settings.patch < 32:
            raise ConfigurationProblem("batch must be at least 2 and patch at least 32")
        settings._check_numbers()
        return settings

    def _check_numbers(self) -> None:
        for name in ("steps", "longest", "vocabulary"):
            if getattr(self, name) < 1:
                raise ConfigurationProblem(f"{name} must be at least 1")
        for name in ("learning_rate", "last_rate", "epsilon", "weight_decay"):
            if not getattr(self, name) >= 0:
                raise ConfigurationProblem(f"{name} must not be negative")
        if not self.logit_scale > 0:
            raise ConfigurationProblem("logit_scale must be above 0")
        if not all(0 <= share < 1 for share in (self.dropout, *self.betas)):
            raise ConfigurationProblem("dropout and betas must be at least 0 and below 1")
        if self.text_width % max(1, self.text_width // 64):
            raise ConfigurationProblem("text_width must be below 128 or a multiple of its heads, one for each 64")

    def as_table(self) -> dict[str, Any]:
        """Plain values, as `from_table` takes them."""
        table = dataclasses.asdict(self)
        return {name: list(v) if isinstance(v, tuple) else v for name, v in table.items()}

    def learning_rate_at(self, step: int) -> float:
        """Linear warm-up, then half a cosine down to `last_rate`."""
        if step < self.warmup:
            return self.learning_rate * (step + 1) / self.warmup
        done = (step - self.warmup) / max(1, self.steps - self.warmup)
        fall = 0.5 * (1 + math.cos(math.pi * min(1.0, done)))
        return self.last_rate + (self.learning_rate - self.last_rate) * fall
