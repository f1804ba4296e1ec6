"""The leading eigenvectors of a symmetric matrix."""

from __future__ import annotations

import numpy as np
import scipy.linalg
from numpy.typing import NDArray
from scipy.sparse import linalg as sparse

_SMALL = 64


def leading_eigenpairs(matrix: NDArray[np.float64], count: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The algebraically largest eigenvalues and their eigenvectors.

    Lanczos iteration (ARPACK) from a fixed start, to machine precision; where it does not converge, and for small
    matrices, the direct solver.

    Args:
        matrix: (N, N) float64, symmetric.
        count: how many, at most N.

    Returns:
        (count,) values and (N, count) unit vectors, the largest last.
    """
    size = len(matrix)
    if size > max(_SMALL, 4 * count):
        start = np.random.default_rng(0).standard_normal(size)
        try:
            values, vectors = sparse.eigsh(matrix, k=count, which="LA", v0=start, maxiter=50)
        except sparse.ArpackError:
            pass
        else:
            order = np.argsort(values, kind="stable")
            return values[order], vectors[:, order]
    values, vectors = scipy.linalg.eigh(matrix, subset_by_index=[size - count, size - 1])
    return values, vectors
