"""Into how many groups do the patches fall? From one to five, with the test for one group first.

Patches are sampled so that they hardly overlap (neighbours on a dense grid share most of their pixels and would agree
for that reason alone). The scene changes from patch to patch, the way in which a part was made does not: so patches are
clustered along the few directions of the embedding that vary most between regions and least between neighbours (minimum
noise fractions; Switzer & Green 1984). For each number of groups k from 2, k-means is judged by four numbers:

- separation: mean silhouette with the cosine distance of the embeddings themselves (Rousseeuw 1987);
- expected separation: the same for points drawn from one Gaussian with the sample's mean and covariance, projected to
  the sphere, which is what a single group would show (after the gap statistic; Tibshirani, Walther & Hastie 2001);
- distance: between the mean embeddings of the largest group and of that which is farthest from it; what is needed
  depends on the separation (`MEASURED_STRENGTHS`);
- stability: mean adjusted Rand index between the partition and those of bootstrap samples (after Hennig 2007).

Groups of the chosen partition that lie closer than that distance are joined. If no k separates better than one
group would, by a distance that matters, the answer is one group; if one does but does not come again in the bootstrap
samples, the answer is that no partition is stable. All costs are linear in the number of patches.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workstation.analysis.clustering import adjusted_rand, k_means, nearest_centre, silhouette
from workstation.analysis.neighbours import blurred
from workstation.analysis.published import unit_rows
from workstation.analysis.result import NOT_ASSESSABLE, FloatArray, Group, LabelArray, Partition

MOST_CLUSTERS = 5
"""Largest number of groups that is tried."""

SAMPLE = 800
"""Most patches that the tests look at; the silhouette of 800 points is known to about ±0.01."""

FEWEST_PER_CLUSTER = 6
"""A number of groups k is tried only if the sample holds this many patches per group."""

STABLE = 0.8
"""Mean adjusted Rand index from which a partition counts as stable (Hennig's rule of thumb for "stable" is 0.75 to
0.85 of his Jaccard index)."""

SEPARATION_EXCESS = 0.05
"""How far the separation must lie above that of a single Gaussian group, in units of the silhouette. Five times the
silhouette's own sampling error at `SAMPLE` points."""

AMBIGUOUS_MARGIN = 0.1
"""Share of A minus share of B below which the program does not say which of them is the reference. Cells along a
border are decided by patches that lie on both sides; for a region of half the picture they are about a tenth of the
area, so a smaller margin could turn with the position of the grid."""

MEASURED_STRENGTHS = 0.1, 0.125
"""Product of excess separation and distance from which two groups count as different, for k = 2 and for k > 2 (the
largest of several distances is larger by chance): groups that lie close must be the better separated, and groups that
overlap the farther apart. Contrastive training draws patches of one history together; the scene alone keeps
regions of most untouched photographs below it. Measured with the compact weights (docs/analysis.md says on what); other
weights have another scale."""

ANY_STRENGTH = 0.0, 0.0
"""For weights whose scale was not measured: no distance is too small."""

DIRECTIONS = 3
"""Directions of the embedding that the clustering looks at; more of them follow the scene."""

OUTLINE_BLUR = 1.0
"""Standard deviation, in cells, of the blur over neighbours with which patches are dealt to the groups that were found:
a patch that its neighbours outvote is noise more often than a part of one cell (`python -m benchmarks.group_strengths`
prints how well groups cover foreign parts). What is tested is the patches themselves."""

TIE = 0.02
"""Separations and stabilities that differ by less count as equal (about twice the silhouette's sampling error)."""

CONTRADICTION = 0.05
"""How far below group A's mean departure that of another group may lie. Beyond it the largest group is not the one that
the departure map was measured from, and the program cannot say which is the reference."""

BOOTSTRAPS = 16
SURROGATES = 4


@dataclass(frozen=True, slots=True, eq=False)
class Sorting:
    """Patches sorted into groups.

    Attributes:
        labels: (N,) int16, 0 for the group with most patches.
        stable: whether there are two or more groups.
        homogeneous: whether no partition separates better than one single group would, by a distance that matters.
        stability, separation: of the best partition with k > 1; 0 if none could be tried.
        tried, expected: as in `Partition`.
        distance: cosine distance between the mean embeddings of the best partition's largest group and of that which
            is farthest from it; where the sample's groups lie too close among all patches and were joined to one, that
            of the last two.
        needed: distance that groups so well separated need to count.
        asked: largest number of groups that was to be tried.
    """

    labels: LabelArray
    stable: bool
    homogeneous: bool
    stability: float
    separation: float
    tried: tuple[tuple[int, float, float], ...]
    expected: tuple[tuple[int, float], ...]
    distance: float = 0.0
    needed: float = 0.0
    asked: int = MOST_CLUSTERS


@dataclass(frozen=True, slots=True, eq=False)
class _Sample:
    """Patches that the tests look at: (n, D) unit length, and their (n, DIRECTIONS) coordinates."""

    embeddings: FloatArray
    coordinates: FloatArray


@dataclass(frozen=True, slots=True)
class _Trial:
    """One number of groups: its centres (k, DIRECTIONS) and what the tests say."""

    centres: FloatArray
    stability: float
    separation: float
    expected: float
    distance: float
    needed: float

    @property
    def k(self) -> int:
        return len(self.centres)

    @property
    def separated(self) -> bool:
        return self.separation - self.expected >= SEPARATION_EXCESS and self.distance >= self.needed

    @property
    def passed(self) -> bool:
        return self.separated and self.stability >= STABLE


def sort_steps(
    embeddings: FloatArray,
    cells: NDArray[np.intp],
    *,
    overlap: int,
    seed: int,
    clusters: int = MOST_CLUSTERS,
    strengths: tuple[float, float] = MEASURED_STRENGTHS,
) -> Generator[float, None, Sorting]:
    """Sort patches into one to `clusters` groups.

    Args:
        embeddings: (N, D) float32, unit length, of the assessable patches.
        cells: (N, 2) row and column of each patch on the grid.
        overlap: distance in grid steps from which two patches share no pixels (patch / stride, rounded up).
        seed: of the sample, the restarts, the bootstrap and the surrogates.
        clusters: largest number of groups that is tried.
        strengths: from which groups count as different, for k = 2 and for k > 2.

    Yields:
        The share of the work that is done, 0..1, after each number of groups.

    Returns:
        The groups of all N patches.
    """
    rng = np.random.default_rng(seed)
    axes = _directions(embeddings, cells, overlap)  # (D, up to DIRECTIONS)
    chosen = _spread_sample(cells, overlap, rng)
    sample = _Sample(embeddings[chosen], embeddings[chosen] @ axes)
    most = min(clusters, MOST_CLUSTERS, len(chosen) // FEWEST_PER_CLUSTER)
    surrogates = []
    for _ in range(SURROGATES if most > 1 else 0):
        drawn = _one_group_like(sample.embeddings, rng)
        surrogates.append(_Sample(drawn, drawn @ axes))
    trials = []
    for k in range(2, most + 1):
        trials.append(_try(sample, surrogates, k, strengths[k > 2], rng))
        yield (k - 1) / most
    passed = [trial for trial in trials if trial.passed]
    best = _best(passed or trials)
    labels, distance = np.zeros(len(embeddings), np.int16), best.distance if best else 0.0
    if passed and best is not None:
        coordinates = embeddings @ axes
        nearest = nearest_centre(coordinates, best.centres)
        joined, last = _joined(nearest, embeddings, best.needed)
        labels = _by_size(_outlined(coordinates, cells, best.centres, nearest, joined))
        distance = distance if labels.any() else last
    return Sorting(
        labels=labels,
        stable=bool(labels.any()),
        homogeneous=not any(trial.separated for trial in trials) or (bool(passed) and not labels.any()),
        stability=best.stability if best else 0.0,
        separation=best.separation if best else 0.0,
        tried=tuple((trial.k, trial.stability, trial.separation) for trial in trials),
        expected=tuple((trial.k, trial.expected) for trial in trials),
        distance=distance,
        needed=best.needed if best else 0.0,
        asked=clusters,
    )


def strengths_of(architecture: str) -> tuple[float, float]:
    """Strengths from which groups count as different with weights of this architecture."""
    return MEASURED_STRENGTHS if architecture == "compact" else ANY_STRENGTH


def describe(sorting: Sorting, cells: LabelArray, departure: FloatArray) -> Partition:
    """Put the groups of a map into numbers.

    Args:
        sorting: of the patches.
        cells: (rows, columns) int16, group of each map cell or NOT_ASSESSABLE; renumbered already (`name_by_area`).
        departure: (rows, columns) float32, the departure map.

    Returns:
        The partition, groups by area.
    """
    known = cells != NOT_ASSESSABLE
    total = int(np.count_nonzero(known))
    groups = []
    for label in range(int(cells.max()) + 1):
        inside = cells == label
        count = int(np.count_nonzero(inside))
        values = departure[inside]
        values = values[np.isfinite(values)]
        mean = float(values.mean(dtype=np.float64)) if values.size else 0.0
        groups.append(Group(name=chr(ord("A") + label), label=label, share=count / total, departure=mean, cells=count))
    margin = groups[0].share - groups[1].share if len(groups) > 1 else 1.0
    contradicted = any(group.departure < groups[0].departure - CONTRADICTION for group in groups)
    return Partition(
        groups=tuple(groups),
        stable=len(groups) > 1,
        stability=sorting.stability,
        separation=sorting.separation,
        margin=margin,
        ambiguous=margin < AMBIGUOUS_MARGIN or contradicted,
        tried=sorting.tried,
        expected=sorting.expected,
        distance=sorting.distance,
    )


def name_by_area(cells: LabelArray) -> LabelArray:
    """Renumber the groups of a map so that 0 has the most cells; groups without cells disappear.

    Args:
        cells: (rows, columns) int16 labels or NOT_ASSESSABLE.
    """
    known = cells != NOT_ASSESSABLE
    renumbered = np.full_like(cells, NOT_ASSESSABLE)
    renumbered[known] = _by_size(cells[known])
    return renumbered


def _by_size(labels: NDArray[np.integer]) -> LabelArray:
    present, inverse, counts = np.unique(labels, return_inverse=True, return_counts=True)
    rank = np.empty(len(present), np.int16)
    rank[np.argsort(-counts, kind="stable")] = np.arange(len(present))
    ranked: LabelArray = rank[inverse]
    return ranked


def _spread_sample(cells: NDArray[np.intp], overlap: int, rng: np.random.Generator) -> NDArray[np.intp]:
    """Indices of at most SAMPLE patches that share no pixels, or in a small picture at most half of each side."""
    wanted = FEWEST_PER_CLUSTER * MOST_CLUSTERS * 2
    chosen = np.arange(len(cells))
    for step in range(overlap, overlap // 2, -1) if overlap > 1 else (1,):
        phases = (cells % step) @ np.array((step, 1))
        chosen = np.flatnonzero(phases == np.bincount(phases).argmax())
        if len(chosen) >= min(wanted, len(cells)):
            break
    if len(chosen) > SAMPLE:
        chosen = np.sort(rng.choice(chosen, SAMPLE, replace=False))
    return chosen


def _one_group_like(sample: FloatArray, rng: np.random.Generator) -> FloatArray:
    """As many points of one Gaussian with the sample's mean and covariance, on the unit sphere."""
    centre = sample.mean(axis=0)
    mixing = rng.standard_normal((len(sample), len(sample)), dtype=np.float32) / np.float32(np.sqrt(len(sample) - 1))
    points = centre + mixing @ (sample - centre)
    return unit_rows(points)


def _directions(embeddings: FloatArray, cells: NDArray[np.intp], overlap: int) -> FloatArray:
    """(D, up to DIRECTIONS) float32: what varies between regions more than between neighbours.

    The noise is that of differences between patches that touch but do not overlap, without the largest fifth of them,
    which may lie across a border.
    """
    rows, columns = cells.max(axis=0) + 1
    index = np.full((rows, columns), -1)
    index[cells[:, 0], cells[:, 1]] = np.arange(len(cells))
    step = min(overlap, max(1, rows - 1), max(1, columns - 1))
    first = np.concatenate((index[step:].ravel(), index[:, step:].ravel()))
    second = np.concatenate((index[:-step].ravel(), index[:, :-step].ravel()))
    both = (first >= 0) & (second >= 0)
    differences = embeddings[first[both]] - embeddings[second[both]]
    centred = embeddings - embeddings.mean(axis=0)
    total = (centred.T @ centred).astype(np.float64) / len(centred)
    if not len(differences):
        noise = total
    else:
        lengths = np.einsum("nd,nd->n", differences, differences)
        kept = differences[lengths <= np.quantile(lengths, 0.8)]
        noise = (kept.T @ kept).astype(np.float64) / (2 * len(kept))
    ridge = 1e-2 * np.trace(total) / len(total) + 1e-12
    wanted = min(DIRECTIONS, len(total))
    # the generalised problem by whitening: numpy's solvers let other threads run, scipy's hold the interpreter
    whitening = np.linalg.inv(np.linalg.cholesky(noise + ridge * np.eye(len(total))))
    _, axes = np.linalg.eigh(whitening @ total @ whitening.T)
    strongest: FloatArray = (whitening.T @ axes[:, -wanted:]).astype(np.float32)
    return strongest


def _joined(labels: NDArray[np.integer], embeddings: FloatArray, needed: float) -> tuple[NDArray[np.integer], float]:
    """Groups whose mean embeddings lie closer than what counts as different are one group, the closest pair first.

    Patches across a border make groups of their own between two others; they go to the side that they resemble.

    Args:
        labels: (N,) integers.
        embeddings: (N, D) float32, unit length.
        needed: cosine distance from which groups count as different.

    Returns:
        (N,) with fewer labels or the same, and how far apart the last two lay that were joined (0 where none were).
    """
    joined, last = labels.copy(), 0.0
    while True:
        names = np.unique(joined)
        means = unit_rows(np.stack([embeddings[joined == name].mean(axis=0) for name in names]))
        apart = 1 - means @ means.T
        np.fill_diagonal(apart, np.inf)
        one, other = np.unravel_index(int(apart.argmin()), apart.shape)
        if apart[one, other] >= needed:
            return joined, last
        last = float(apart[one, other])
        joined[joined == names[other]] = names[one]


def _outlined(
    coordinates: FloatArray,
    cells: NDArray[np.intp],
    centres: FloatArray,
    nearest: NDArray[np.intp],
    joined: NDArray[np.integer],
) -> NDArray[np.integer]:
    """(N,) group of each patch and its neighbours together; where that leaves one group only, of each patch alone.

    `nearest` is the centre of each patch alone, `joined` the group that this centre belongs to.
    """
    group_of = np.arange(len(centres))
    group_of[nearest] = joined
    outlined = group_of[nearest_centre(blurred(coordinates, cells, OUTLINE_BLUR), centres)]
    return joined if (outlined == outlined[0]).all() else outlined


def _best(trials: list[_Trial]) -> _Trial | None:
    """The best separated; of equally separated ones the most stable; of equally stable ones that with fewest groups."""
    if not trials:
        return None
    separation = max(trial.separation for trial in trials)
    equal = [trial for trial in trials if trial.separation >= separation - TIE]
    stability = max(trial.stability for trial in equal)
    return min((trial for trial in equal if trial.stability >= stability - TIE), key=lambda trial: trial.k)


def _try(sample: _Sample, surrogates: list[_Sample], k: int, strength: float, rng: np.random.Generator) -> _Trial:
    points = sample.coordinates
    ones = np.ones((1, len(points)), np.float32)
    centres = k_means(points, k, ones, rng)[0]
    labels = nearest_centre(points, centres)
    draws = rng.multinomial(len(points), np.full(len(points), 1 / len(points)), size=BOOTSTRAPS).astype(np.float32)
    others = k_means(points, k, draws, rng)
    expected = []
    for surrogate in surrogates:
        found = k_means(surrogate.coordinates, k, ones, rng)[0]
        expected.append(silhouette(surrogate.embeddings, nearest_centre(surrogate.coordinates, found), k))
    separation, chance = silhouette(sample.embeddings, labels, k), float(np.mean(expected))
    return _Trial(
        centres=centres,
        stability=max(0.0, float(np.mean([adjusted_rand(labels, nearest_centre(points, other)) for other in others]))),
        separation=separation,
        expected=chance,
        distance=_distance(sample.embeddings, labels, k),
        needed=strength / max(separation - chance, SEPARATION_EXCESS),
    )


def _distance(embeddings: FloatArray, labels: NDArray[np.intp], k: int) -> float:
    """Largest cosine distance of a group's mean embedding from that of the largest group."""
    member = (labels[:, None] == np.arange(k)).astype(np.float32)
    means = unit_rows(member.T @ embeddings)
    largest = int(member.sum(axis=0).argmax())
    return float((1 - means @ means[largest])[member.any(axis=0)].max())
