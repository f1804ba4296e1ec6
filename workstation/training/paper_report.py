"""What a run of the published architecture says of its steps."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PaperReport:
    """What the steps since the last report measured.

    Attributes:
        step: steps done.
        loss, gradient_norm: means; no numbers where no step had a photograph.
        waiting: share of the time in which the networks waited for data, 0..1.
        photos_per_second: over all processes.
        broken: different photographs that could not be used so far, in all processes.
        dev: figures on the dev half, by name; empty where none were due.
    """

    step: int
    loss: float
    gradient_norm: float
    waiting: float
    photos_per_second: float
    broken: int
    dev: dict[str, float]

    @property
    def pace(self) -> str:
        """How fast it goes, in words."""
        return f"{self.photos_per_second:.1f} photos/s"

    @property
    def numbers(self) -> dict[str, float]:
        """Its numbers by the names that curves have, all but the step and the broken photographs."""
        return {
            "loss": self.loss,
            "gradient norm": self.gradient_norm,
            "waiting for data": self.waiting,
            "photos per second": self.photos_per_second,
            **self.dev,
        }


@dataclass(slots=True)
class Totals:
    """Sums since the last report.

    Attributes:
        loss, norm: of the steps.
        waited: seconds in which the networks waited for data.
        steps: number of them.
        since: when it began, by the monotonic clock.
    """

    loss: float = 0.0
    norm: float = 0.0
    waited: float = 0.0
    steps: int = 0
    since: float = -1.0

    def __post_init__(self) -> None:
        self.since = time.monotonic()

    def add(self, loss: float, norm: float) -> None:
        """Take in a step."""
        self.loss, self.norm, self.steps = self.loss + loss, self.norm + norm, self.steps + 1

    def report(self, step: int, batch: int, broken: int, dev: dict[str, float]) -> PaperReport:
        """What was measured since.

        Args:
            step: steps done in all.
            batch: photographs of a step, over all processes.
            broken: photographs that could not be used so far.
            dev: figures on the dev half.
        """
        elapsed, steps = max(1e-9, time.monotonic() - self.since), self.steps
        loss, norm = (total / steps if steps else math.nan for total in (self.loss, self.norm))
        return PaperReport(step, loss, norm, self.waited / elapsed, steps * batch / elapsed, broken, dev)
