"""How much faster the maps are than a straight Python loop over all pairs of patches, and how much memory they take.

    python benchmarks/postprocessing.py [--dimensions 768] [--pairs 60000]

713 patches (23×31), stride 29, spread 4: a picture of 1024×768 pixels at the published n = 30 and 128 px. Features of
three groups of patches go to response maps, score, mean-shift map, normalised cut, PCA map and affinity, once as this
program does it and once as the published code does: a loop over all ordered pairs with one block sum each for response
maps and votes, a loop over patches for the PCA map, a loop over points with a k-d tree for the mean shift,
scikit-learn's spectral clustering. Both run in this process, on the same features, and on one thread each: a loop has
no more, and on a busy machine a second one can cost more than it brings.

The loop over pairs is measured on the first `--pairs` pairs and scaled to all 508,369 (every pair costs the same); the
mean shift's loops are measured in full. `--pairs 0` measures every pair. Peak memory is that of a child process that
computes the maps and nothing else.
"""

from __future__ import annotations

import argparse
import itertools
import multiprocessing
import resource
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy.spatial
from sklearn.cluster import SpectralClustering
from sklearn.decomposition import PCA
from threadpoolctl import threadpool_limits

from workstation.analysis import published
from workstation.analysis.cut import normalised_cut
from workstation.analysis.geometry import PatchGrid
from workstation.analysis.mean_shift import ITERATIONS, WINDOW_PERCENTILE, mean_shift
from workstation.analysis.pca import principal_components
from workstation.analysis.result import FloatArray

GRID = PatchGrid.for_image(768, 1024, patch=128, per_dimension=30)


@dataclass(frozen=True)
class Maps:
    """What both sides compute."""

    responses: FloatArray
    score: float
    mean_shift: FloatArray
    cut: np.ndarray
    pca: FloatArray
    affinity: FloatArray


def features_of_three_groups(dimensions: int) -> FloatArray:
    """(rows, columns, dimensions) float32: noise around one direction, and two regions around others."""
    rng = np.random.default_rng(0)
    features = rng.normal(size=(GRID.rows, GRID.columns, dimensions)) + rng.normal(size=dimensions)
    features[4:12, 5:14] += rng.normal(size=dimensions)
    features[14:20, 18:28] += rng.normal(size=dimensions)
    return features.astype(np.float32)


def vectorised(features: FloatArray) -> Maps:
    """All maps as this program computes them."""
    patches = features.reshape(-1, features.shape[2])
    responses = published.response_maps(features, GRID)
    rows = responses.reshape(GRID.map_rows * GRID.map_columns, -1)
    everywhere = np.ones((GRID.rows, GRID.columns), np.bool_)
    return Maps(
        responses=responses,
        score=published.score(responses),
        mean_shift=mean_shift(rows).densest,
        cut=normalised_cut(1 - rows),
        pca=published.vote_mean(principal_components(patches).whitened, GRID, everywhere),
        affinity=published.affinity(patches),
    )


def looped_responses(features: FloatArray, limit: int) -> tuple[FloatArray, float]:
    """Response maps pair by pair; the seconds are scaled from `limit` pairs to all of them (0 = all)."""
    shape = (GRID.map_rows, GRID.map_columns, GRID.map_rows, GRID.map_columns)
    responses, votes = np.zeros(shape, np.float32), np.full(shape, published.VOTE_FLOOR, np.float32)
    places = list(itertools.product(range(GRID.rows), range(GRID.columns)))
    total = len(places) ** 2
    k, done = GRID.spread, 0
    start = time.perf_counter()
    for (i, j), (u, v) in itertools.product(places, places):
        a, b = features[i, j], features[u, v]
        cosine = np.dot(a, b) / (np.linalg.norm(a) * np.linalg.norm(b))
        responses[i : i + k, j : j + k, u : u + k, v : v + k] += 1 - cosine
        votes[i : i + k, j : j + k, u : u + k, v : v + k] += 1
        done += 1
        if done == limit:
            break
    seconds = time.perf_counter() - start
    return responses / votes, seconds * total / done


def looped_mean_shift(rows: FloatArray) -> FloatArray:
    """The published mean shift, point by point."""
    points = np.copy(rows)
    tree = scipy.spatial.cKDTree(points)
    radius = np.percentile(scipy.spatial.distance.cdist(points, points), WINDOW_PERCENTILE)
    for _ in range(ITERATIONS):
        for index in range(len(points)):
            near = tree.query_ball_point(points[index], r=radius)
            points[index] = np.mean(points[near], axis=0)
    counts = []
    for index in range(len(points)):
        tree = scipy.spatial.cKDTree(points)
        counts.append(len(tree.query_ball_point(points[index], r=radius)))
    densest: FloatArray = points[np.array(counts) == max(counts)].mean(axis=0)
    return densest


def looped_pca(patches: FloatArray) -> FloatArray:
    """The published PCA map, patch by patch."""
    whitened = PCA(3, whiten=True, svd_solver="full").fit_transform(patches)
    sums = np.zeros((GRID.map_rows, GRID.map_columns, 3), np.float32)
    votes = np.full((GRID.map_rows, GRID.map_columns, 1), published.VOTE_FLOOR, np.float32)
    for (i, j), value in zip(itertools.product(range(GRID.rows), range(GRID.columns)), whitened, strict=True):
        sums[i : i + GRID.spread, j : j + GRID.spread] += value
        votes[i : i + GRID.spread, j : j + GRID.spread] += 1
    mapped: FloatArray = sums / votes
    return mapped


def looped_cut(rows: FloatArray) -> np.ndarray:
    """The published cut."""
    labels: np.ndarray = SpectralClustering(2, affinity="precomputed", random_state=0).fit_predict(1 - rows)
    return labels


def seconds_of(work: Callable[[], object], repeats: int) -> float:
    """The shortest of several runs."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def peak_memory(dimensions: int, answer: multiprocessing.SimpleQueue[float]) -> None:
    """Runs in a child process: compute the maps once and report its peak resident memory in GB."""
    vectorised(features_of_three_groups(dimensions))
    answer.put(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9)


def main() -> None:
    """Measure, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dimensions", type=int, default=768, help="length of a feature vector")
    parser.add_argument("--pairs", type=int, default=60_000, help="pairs that the loop is measured on; 0 = all")
    options = parser.parse_args()
    with threadpool_limits(limits=1):
        compare(options.dimensions, options.pairs)


def compare(dimensions: int, pairs: int) -> None:
    """Measure both sides on features of this length, the loop over pairs on this many of them (0 = all)."""
    features = features_of_three_groups(dimensions)
    patches = features.reshape(-1, dimensions)

    ours = vectorised(features)
    rows = ours.responses.reshape(GRID.map_rows * GRID.map_columns, -1)
    fast = seconds_of(lambda: vectorised(features), 5)

    responses, pair_seconds = looped_responses(features, pairs)
    start = time.perf_counter()
    shifted = looped_mean_shift(rows)
    cut = looped_cut(rows)
    components = looped_pca(patches)
    other_seconds = time.perf_counter() - start
    slow = pair_seconds + other_seconds

    total = len(patches) ** 2
    measured = "all pairs" if pairs in (0, total) else f"{pairs} of {total} pairs, scaled"
    context = multiprocessing.get_context("spawn")
    answer: multiprocessing.SimpleQueue[float] = context.SimpleQueue()
    child = context.Process(target=peak_memory, args=(dimensions, answer))
    child.start()
    memory = answer.get()
    child.join()

    print(f"{GRID.rows}×{GRID.columns} patches, stride {GRID.stride}, spread {GRID.spread}, {dimensions} values")
    print(f"loop over pairs ({measured})      {pair_seconds:8.2f} s")
    print(f"loops over points, cut, components {other_seconds:7.2f} s")
    print(f"straight Python in all             {slow:7.2f} s")
    print(f"Exifact, features to all maps      {fast:7.3f} s   (best of 5)")
    print(f"ratio                              {slow / fast:7.0f}")
    print(f"ratio to the loop over pairs alone {pair_seconds / fast:7.0f}")
    print(f"peak memory of a process with it   {memory:7.2f} GB")
    if pairs in (0, total):
        print(f"largest difference of R            {np.abs(responses - ours.responses).max():.1e}")
    print(f"correlation of the mean-shift maps {np.corrcoef(shifted, ours.mean_shift)[0, 1]:.6f}")
    same = max(np.mean(cut == ours.cut), np.mean(cut != ours.cut))
    print(f"cells cut alike                    {same:.4f}")
    alike = [abs(np.corrcoef(components[..., c].ravel(), ours.pca[..., c].ravel())[0, 1]) for c in range(3)]
    print(f"correlation of the components      {min(alike):.6f}")


if __name__ == "__main__":
    main()
