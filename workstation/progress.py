"""What a long computation says while it runs, to a terminal, a window or a test alike."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from typing import Any, TypeVar

T = TypeVar("T")
Said = TypeVar("Said")
Heard = TypeVar("Heard")


@dataclass(frozen=True, slots=True)
class Progress:
    """One report from a running computation.

    Attributes:
        stage: what is being done, as a short sentence fragment ("embedding patches").
        fraction: share of the whole computation that is done, 0..1; None where it cannot be told.
        remaining: estimated seconds to the end, or None.
        partial: what is already known (its type is documented by the computation), or None.
    """

    stage: str
    fraction: float | None = None
    remaining: float | None = None
    partial: Any = None


class Stopwatch:
    """Turns a fraction done into an estimate of the seconds that remain."""

    def __init__(self) -> None:
        self._start = time.monotonic()

    def remaining(self, fraction: float) -> float | None:
        """Seconds left if the work goes on at the pace so far; None before there is a pace."""
        elapsed = time.monotonic() - self._start
        if fraction <= 0 or elapsed < 0.2:
            return None
        return elapsed * (1 - fraction) / fraction


def drain(steps: Generator[object, None, T]) -> T:
    """Run a computation to its end without listening, and return its result."""
    while True:
        try:
            next(steps)
        except StopIteration as stop:
            return stop.value  # type: ignore[no-any-return]


def relayed(steps: Generator[Said, None, T], change: Callable[[Said], Heard]) -> Generator[Heard, None, T]:
    """The same computation, with everything that it yields changed on the way; its result stays.

    Closing it closes the computation.
    """
    try:
        while True:
            yield change(next(steps))
    except StopIteration as stop:
        return stop.value  # type: ignore[no-any-return]
    finally:
        steps.close()


def part(steps: Generator[Progress, None, T], first: float, last: float) -> Generator[Progress, None, T]:
    """A part of some work, from `first` to `last` of the whole, whose progress is said as that of the whole."""

    def placed(step: Progress) -> Progress:
        return replace(step, fraction=first + (last - first) * (step.fraction or 0.0))

    return relayed(steps, placed)
