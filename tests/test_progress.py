"""Computations that report: how they are run and listened to."""

from __future__ import annotations

from collections.abc import Generator

from workstation.progress import drain, relayed


def counting(closed: list[bool]) -> Generator[int, None, str]:
    try:
        yield 1
        yield 2
    finally:
        closed.append(True)
    return "done"


def test_a_relayed_computation_says_other_things_and_returns_the_same() -> None:
    said = []

    def listening() -> Generator[None, None, str]:
        return (yield from relayed(counting([]), said.append))

    assert drain(listening()) == "done"
    assert said == [1, 2]


def test_closing_what_is_relayed_closes_the_computation() -> None:
    closed: list[bool] = []
    steps = relayed(counting(closed), str)

    assert next(steps) == "1"
    steps.close()

    assert closed == [True]
