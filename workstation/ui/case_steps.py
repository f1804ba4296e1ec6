"""Work of the case's lane that the window must not lose when it is closed before it heard of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from workstation.ui.case_keeper import CaseKeeper
from workstation.ui.jobs import Steps


class Arriving:
    """A case on its way from its lane to the window, which may be closed before it hears of it."""

    def __init__(self, steps: Callable[[], Steps]) -> None:
        self._steps = steps
        self._keeper: CaseKeeper | None = None

    def steps(self) -> Steps:
        """Open it, as a job; None arrives where it is open already."""
        outcome = yield from self._steps()
        self._keeper = None if outcome is None else outcome[0]
        return outcome

    def close(self) -> None:
        """Close it again if it was opened; after the lane has ended."""
        if self._keeper is not None:
            self._keeper.file.close()


class Step:
    """A change of the case that is made once: in its lane, or when the case is closed before."""

    def __init__(self, step: Callable[[CaseKeeper], Any]) -> None:
        self._step, self._done, self._value = step, False, None

    def write(self, keeper: CaseKeeper) -> Any:
        """Do it, unless it was done."""
        with keeper.turn:
            if not self._done:
                self._value = self._step(keeper)
                self._done = True  # a step that failed is tried again
            return self._value
