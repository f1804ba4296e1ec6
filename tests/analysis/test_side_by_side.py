import threading
from collections.abc import Iterator

import pytest

from workstation.analysis.side_by_side import AHEAD, beside, in_step


def counted(stop: int, seen: set[int]) -> Iterator[int]:
    for number in range(stop):
        seen.add(threading.get_ident())
        yield number


def test_values_come_together_and_in_order() -> None:
    with in_step([iter(range(9)), iter(range(10, 19))], threads=2) as steps:
        assert list(steps) == [(n, n + 10) for n in range(9)]


def test_each_iterator_has_one_thread_of_its_own() -> None:
    one: set[int] = set()
    two: set[int] = set()
    with in_step([counted(20, one), counted(20, two)], threads=2) as steps:
        assert len(list(steps)) == 20

    assert len(one) == len(two) == 1
    assert len(one | two | {threading.get_ident()}) == 3


def test_a_single_iterator_stays_in_the_callers_thread() -> None:
    seen: set[int] = set()
    with in_step([counted(3, seen)], threads=2) as steps:
        assert list(steps) == [(0,), (1,), (2,)]

    assert seen == {threading.get_ident()}


@pytest.mark.parametrize("threads", [1, 2, 3, 9])
def test_neighbours_share_a_thread_where_there_are_fewer(threads: int) -> None:
    seen: list[set[int]] = [set() for _ in range(4)]
    with in_step([counted(20, one) for one in seen], threads=threads) as steps:
        assert list(steps) == [(n, n, n, n) for n in range(20)]

    assert all(len(one) == 1 for one in seen)
    assert len(set[int].union(*seen)) == {1: 1, 2: 2, 3: 2, 9: 4}[threads]


def test_leaving_early_ends_the_threads_and_computes_no_more() -> None:
    taken: list[int] = []

    def endless() -> Iterator[int]:
        number = 0
        while True:
            taken.append(number)
            yield number
            number += 1

    with in_step([endless(), iter(range(1000))], threads=2) as steps:
        next(steps)

    assert len(taken) <= 1 + AHEAD + 1  # conftest fails the test if a thread is left


def test_an_error_in_a_thread_reaches_the_caller() -> None:
    def failing() -> Iterator[int]:
        yield 0
        raise ValueError("no more")

    with pytest.raises(ValueError, match="no more"), in_step([failing(), iter(range(9))], threads=2) as steps:
        list(steps)


def test_a_task_beside_others_gives_its_result_or_its_error() -> None:
    with beside(2) as other:
        where, failing = other.start(threading.get_ident), other.start(lambda: 1 // 0)
        assert where() != threading.get_ident()
        with pytest.raises(ZeroDivisionError):
            failing()


def test_with_one_thread_a_task_waits_until_it_is_asked_for() -> None:
    done: list[int] = []
    with beside(1) as other:
        task = other.start(lambda: done.append(threading.get_ident()))
        assert done == []
        task()

    assert done == [threading.get_ident()]
