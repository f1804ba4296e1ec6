"""Matrix products on one thread: set while it is asked for, given back afterwards, whoever closes the analysis."""

from __future__ import annotations

from collections.abc import Generator

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from workstation.analysis.products import one_thread


def blas_threads() -> list[int]:
    return [library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"]


@pytest.fixture
def several() -> Generator[list[int], None, None]:
    with threadpool_limits(limits=2, user_api="blas"):
        yield blas_threads()


def test_products_use_one_thread_while_it_is_asked_for(several: list[int]) -> None:
    with one_thread():
        inside = blas_threads()
        assert np.allclose(np.eye(3) @ np.ones((3, 2)), 1)

    assert inside
    assert set(inside) == {1}
    assert blas_threads() == several


def test_a_closed_computation_gives_the_threads_back(several: list[int]) -> None:
    def steps() -> Generator[int, None, None]:
        with one_thread():
            yield 1
            yield 2

    running = steps()
    next(running)
    running.close()

    assert blas_threads() == several
