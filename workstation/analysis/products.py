"""Matrix products on one thread: on the small matrices of the linear road a second thread only waits.

numpy and scipy bring an OpenBLAS each, with a thread per core whatever the request says. On small matrices its threads
spin more than they compute, the more so while other programs want the cores, and the rounding would depend on how many
cores a machine has.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import scipy.linalg  # noqa: F401 - its own library must be loaded before the controller looks
from threadpoolctl import ThreadpoolController


@contextmanager
def one_thread() -> Iterator[None]:
    """Let the libraries behind numpy's and scipy's matrix products use one thread; torch keeps its own."""
    with _controller().limit(limits=1, user_api="blas"):
        yield


@cache
def _controller() -> ThreadpoolController:
    """Finds the loaded libraries once: looking through all of a process takes as long as some of the products."""
    return ThreadpoolController()
