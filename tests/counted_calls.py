"""How much work something is, whatever else the machine does: calls of functions instead of seconds."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType


@dataclass(slots=True)
class Calls:
    """Calls so far, of Python's functions and of built-in ones."""

    count: int = 0


@contextmanager
def counted_calls(limit: int) -> Iterator[Calls]:
    """Count the calls of this thread, and end what makes more than `limit` of them.

    Raises:
        AssertionError: within the code that is counted, at the call too many.
    """
    calls, before = Calls(), sys.getprofile()

    def count(_frame: FrameType, event: str, _argument: object) -> None:
        if event in ("call", "c_call"):
            calls.count += 1
            if calls.count > limit:
                sys.setprofile(before)
                raise AssertionError(f"more than {limit:,} calls")

    sys.setprofile(count)
    try:
        yield calls
    finally:
        sys.setprofile(before)
