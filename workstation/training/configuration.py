"""The typed configuration of a training run, read from TOML and stored inside the weights."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from workstation.training.batches import BatchPlan
from workstation.training.configuration_tables import ConfigurationProblem, checked_values, read_table

_LIMITS: tuple[tuple[float, float, str, str], ...] = (
    (1, math.inf, "must be at least 1", "width dimensions hidden steps"),
    (1, math.inf, "must be at least 1", "batch.sets batch.groups batch.tiles batch.tile"),
    (0, math.inf, "must not be negative", "learning_rate kernel_rate weight_decay concentration"),
    (0, 1, "must be between 0 and 1", "cooldown average batch.simulated batch.untouched batch.twins batch.charts"),
    (0, 1, "must be between 0 and 1", "batch.varied batch.last_resized batch.last_saved batch.aligned batch.developed"),
    (0, 1, "must be between 0 and 1", "batch.recoloured"),
)
"""Lowest and highest value, in words, of which names; infinity and what is no number are refused for all."""


@dataclass(frozen=True, slots=True)
class TrainingConfiguration:
    """Everything that decides what a training run computes, but the photos.

    Attributes:
        architecture: "compact".
        width, dimensions, hidden: of the network (see `CompactNetwork`).
        steps: length of the run; the learning rate falls over the last `cooldown` share of it.
        warmup: steps of linear warm-up.
        learning_rate: of AdamW, which trains the projection, norms and biases.
        kernel_rate: of Muon, which trains the convolutions.
        weight_decay: of both.
        temperature: of the contrastive loss.
        windows: sides in pixels of the windows that embeddings are pooled from; one is drawn per step.
        window_weights: their chances.
        average: decay of the moving average of the weights that is shipped.
        batch_statistics: "batch", or "frozen": batch norm keeps the statistics that it started with.
        seed: of weights and batches.
        start: SHA-256 of the compact weights that training starts from; "" = random ones.
        concentration: weight of the objective of that name beside the contrastive one; 0 = none.
        whitened: whether the exported weights hold a whitening (`workstation.training.whitening`).
        batch: composition of a batch.
    """

    architecture: str = "compact"
    width: int = 32
    dimensions: int = 128
    hidden: int = 256
    steps: int = 4500
    warmup: int = 150
    cooldown: float = 0.3
    learning_rate: float = 2e-3
    kernel_rate: float = 0.02
    weight_decay: float = 0.02
    temperature: float = 0.1
    windows: tuple[int, ...] = (32, 64, 128)
    window_weights: tuple[float, ...] = (0.25, 0.55, 0.2)
    average: float = 0.998
    batch_statistics: str = "batch"
    seed: int = 0
    start: str = ""
    concentration: float = 0.0
    whitened: bool = False
    batch: BatchPlan = field(default_factory=BatchPlan)

    @classmethod
    def read(cls, file: Path) -> TrainingConfiguration:
        """Read a TOML file.

        Raises:
            ConfigurationProblem: for unknown names, wrong types or impossible values.
        """
        return cls.from_table(read_table(file))

    @classmethod
    def from_table(cls, table: dict[str, Any]) -> TrainingConfiguration:
        """Build from the parsed table; lists become tuples.

        Raises:
            ConfigurationProblem: for unknown names, wrong types or impossible values.
        """
        batch = table.get("batch", {})
        if not isinstance(batch, dict):
            raise ConfigurationProblem(f"batch cannot be {batch!r}")
        values = checked_values({name: value for name, value in table.items() if name != "batch"}, cls)
        configuration = cls(**values, batch=BatchPlan(**checked_values(batch, BatchPlan, prefix="batch.")))
        if configuration.architecture != "compact":
            raise ConfigurationProblem(f"architecture {configuration.architecture!r} cannot be trained yet")
        if configuration.batch_statistics not in ("batch", "frozen"):
            raise ConfigurationProblem("batch_statistics must be batch or frozen")
        configuration._check_numbers()
        if any(w % 8 or configuration.batch.tile % w for w in configuration.windows):
            raise ConfigurationProblem("windows must be multiples of 8 that divide the tile")
        if configuration.concentration and configuration.batch.tiles < 2:
            raise ConfigurationProblem("concentration needs at least two tiles in a group")
        return configuration

    def _check_numbers(self) -> None:
        for lowest, highest, words, names in _LIMITS:
            for name in names.split():
                value = getattr(self.batch if name.startswith("batch.") else self, name.removeprefix("batch."))
                if not (lowest <= value <= highest and math.isfinite(value)):
                    raise ConfigurationProblem(f"{name} {words}")
        if not 0 < self.temperature < math.inf:
            raise ConfigurationProblem("temperature must be above 0")
        if not self.windows or min(self.windows) < 1 or len(self.window_weights) != len(self.windows):
            raise ConfigurationProblem("windows must be some, each above 0 and with its own window_weights")
        if min(self.window_weights) < 0 or not 0 < sum(self.window_weights) < math.inf:
            raise ConfigurationProblem("window_weights must not be negative, and one of them must be above 0")

    def as_table(self) -> dict[str, Any]:
        """Plain dictionaries and lists, as `from_table` reads them."""
        return dataclasses.asdict(self)

    @property
    def cooldown_begins(self) -> int:
        """The step at which the rates begin to fall."""
        return self.steps - round(self.steps * self.cooldown)

    def schedule_at(self, step: int) -> float:
        """Share of the rates, 0..1: linear warm-up, constant, and a linear fall to 0 over the last `cooldown` share."""
        falling = max(1, self.steps - self.cooldown_begins)
        rise = min(1.0, (step + 1) / max(1, self.warmup))
        fall = min(1.0, max(0.0, (self.steps - step) / falling))
        return rise * fall
