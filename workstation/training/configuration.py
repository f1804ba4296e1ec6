"""The typed configuration of a training run, read from TOML and stored inside the weights."""

from __future__ import annotations

import dataclasses
import tomllib
from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from workstation.errors import WorkstationError
from workstation.training.batches import BatchPlan


class ConfigurationProblem(WorkstationError):
    """A training configuration with unknown names or impossible values."""

    remedy = "Compare it with resources/training/compact.toml."


def refuse_another(stored: Mapping[str, Any], now: Mapping[str, Any], folder: Path, *, changeable: Set[str]) -> None:
    """A run goes on with the configuration that it began with.

    Args:
        stored: table of the run in the folder; a name that it lacks came later, and had no effect then.
        now: table that it is to go on with.
        folder: of the run.
        changeable: names that may differ.

    Raises:
        ConfigurationProblem: if another one differs.
    """
    before, asked = _flat(stored), _flat(now)
    for name in asked:
        if name not in changeable and before.get(name, asked[name]) != asked[name]:
            raise ConfigurationProblem(
                f"{folder} holds a run with {name} = {before[name]!r}, not {asked[name]!r}; choose another folder"
            )


def _flat(table: Mapping[str, Any]) -> dict[str, Any]:
    """The table with "batch.tiles" and so on instead of the table "batch"; tuples as lists."""
    flat: dict[str, Any] = {}
    for name, value in table.items():
        if isinstance(value, Mapping):
            flat |= {f"{name}.{inner}": own for inner, own in _flat(value).items()}
        else:
            flat[name] = list(value) if isinstance(value, tuple) else value
    return flat


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
        try:
            table = tomllib.loads(file.read_text(encoding="utf-8"))
        except (OSError, tomllib.TOMLDecodeError) as problem:
            raise ConfigurationProblem(f"{file.name}: {problem}") from problem
        return cls.from_table(table)

    @classmethod
    def from_table(cls, table: dict[str, Any]) -> TrainingConfiguration:
        """Build from the parsed table; lists become tuples.

        Raises:
            ConfigurationProblem: for unknown names or impossible values.
        """
        values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in table.items() if k != "batch"}
        _check_names(values, cls, "")
        batch = dict(table.get("batch", {}))
        _check_names(batch, BatchPlan, "batch.")
        configuration = cls(**values, batch=BatchPlan(**batch))
        if configuration.architecture != "compact":
            raise ConfigurationProblem(f"architecture {configuration.architecture!r} cannot be trained yet")
        if configuration.batch_statistics not in ("batch", "frozen"):
            raise ConfigurationProblem("batch_statistics must be batch or frozen")
        if any(w % 8 or configuration.batch.tile % w for w in configuration.windows):
            raise ConfigurationProblem("windows must be multiples of 8 that divide the tile")
        if configuration.concentration and configuration.batch.tiles < 2:
            raise ConfigurationProblem("concentration needs at least two tiles in a group")
        return configuration

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


def _check_names(values: dict[str, Any], target: type, prefix: str) -> None:
    known = {f.name for f in dataclasses.fields(target)}
    for name in values:
        if name not in known:
            raise ConfigurationProblem(f"unknown name {prefix}{name} in the training configuration")
