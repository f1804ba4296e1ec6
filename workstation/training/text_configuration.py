"""The typed configuration of the text side's training, read from TOML and stored inside its weights."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workstation.training.configuration_tables import ConfigurationProblem, checked_values, read_table


@dataclass(frozen=True, slots=True)
class TextConfiguration:
    """Everything that decides what the training of a text side computes, but photos and image side.

    Attributes:
        side, versions, simulated: of the samples (see `SampleMaker`).
        window: side in pixels of the windows whose features are pooled.
        vocabulary: tokens of the tokenizer.
        width, layers, heads, longest: of the text tower (see `CompactTextNetwork`).
        hidden, dimensions: of the image head and of the common space.
        steps, warmup, learning_rate, weight_decay, batch: of AdamW; the rate falls along a cosine to zero.
        windows: most windows of a picture that are averaged to one embedding; the number is drawn per picture.
        single, few: shares of texts of one tag, and of two to four; the others say half of everything or all.
        dropout: of the features before the head.
        logit_scale: at the start; it is learned, at most 100.
        seed: of everything random.
    """

    side: int = 320
    versions: int = 8
    simulated: float = 0.2
    window: int = 64
    vocabulary: int = 1500
    width: int = 128
    layers: int = 2
    heads: int = 4
    longest: int = 96
    hidden: int = 512
    dimensions: int = 128
    steps: int = 500
    warmup: int = 50
    learning_rate: float = 1e-3
    weight_decay: float = 0.05
    batch: int = 192
    windows: int = 16
    single: float = 0.4
    few: float = 0.3
    dropout: float = 0.1
    logit_scale: float = 10.0
    seed: int = 0

    @classmethod
    def read(cls, file: Path) -> TextConfiguration:
        """Read a TOML file.

        Raises:
            ConfigurationProblem: for unknown names, wrong types or impossible values.
        """
        settings = cls(**checked_values(read_table(file), cls))
        for field in dataclasses.fields(cls):
            if field.type == "int" and field.name != "seed" and getattr(settings, field.name) < 1:
                raise ConfigurationProblem(f"{field.name} must be at least 1")
        if settings.window % 8 or settings.side % settings.window:
            raise ConfigurationProblem("window must be a multiple of 8 that divides side")
        if settings.width % settings.heads:
            raise ConfigurationProblem("heads must divide width")
        if settings.single + settings.few > 1:
            raise ConfigurationProblem("single and few together must not pass 1")
        return settings

    def as_table(self) -> dict[str, Any]:
        """Plain values, as `read` takes them."""
        return dataclasses.asdict(self)
