"""Two things of one analysis at once: the one place of this room with threads.

numpy and torch let go of the interpreter while they compute. Threads that each do a whole piece of work meet seldom;
those that share every small step, as torch's own do, wait for each other after each of them, and where other programs
want the processor, too, they wait far longer than they compute.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from itertools import chain
from typing import TypeVar

T = TypeVar("T")

AHEAD = 2
"""Values that a thread computes before they are asked for."""


@contextmanager
def in_step(sources: Sequence[Iterator[T]], *, threads: int) -> Generator[Iterator[tuple[T, ...]], None, None]:
    """Advance iterators side by side, each in one thread from now on; in the caller's if one is all there are.

    When the body is left, early or by an error of one of them, the threads finish the value that they are at.

    Args:
        sources: equally long.
        threads: at most so many; with fewer than sources, neighbours share one.

    Yields:
        What gives the first values of all of them, the second ones, and so on.
    """
    each = -(-len(sources) // max(1, threads))
    together = [zip(*sources[first : first + each], strict=True) for first in range(0, len(sources), each)]
    if len(together) == 1:
        yield together[0]
        return
    with ExitStack() as stack:
        lanes = [stack.enter_context(_lane()) for _ in together]

        def ask() -> list[Future[tuple[T, ...] | None]]:
            return [lane.submit(next, values, None) for lane, values in zip(lanes, together, strict=True)]

        yield (tuple(chain.from_iterable(values)) for values in _answers(deque(ask() for _ in range(AHEAD)), ask))


def _answers(
    asked: deque[list[Future[T | None]]], ask: Callable[[], list[Future[T | None]]]
) -> Iterator[tuple[T, ...]]:
    """Values that belong together, until there is one missing; as each is taken, another one is asked for."""
    while True:
        asked.append(ask())
        values = [value for future in asked.popleft() if (value := future.result()) is not None]
        if len(values) < len(asked[0]):
            return
        yield tuple(values)


class Beside:
    """Runs tasks one after the other beside what the caller does."""

    def __init__(self, lane: ThreadPoolExecutor | None) -> None:
        self._lane = lane

    def start(self, task: Callable[[], T]) -> Callable[[], T]:
        """Begin a task; what is given waits for its result, or raises its error. To be called once."""
        return task if self._lane is None else self._lane.submit(task).result


@contextmanager
def beside(threads: int) -> Generator[Beside, None, None]:
    """A thread for tasks beside the body; with fewer than two threads a task is done when its result is asked for.

    When the body is left, the task that runs is finished, and those that were not begun are dropped.
    """
    if threads < 2:
        yield Beside(None)
        return
    with _lane() as lane:
        yield Beside(lane)


@contextmanager
def _lane() -> Generator[ThreadPoolExecutor, None, None]:
    """One thread; what it has not begun when the body is left is dropped."""
    lane = ThreadPoolExecutor(1)
    try:
        yield lane
    finally:
        lane.shutdown(wait=True, cancel_futures=True)
