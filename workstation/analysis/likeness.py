"""Which exhibits and regions look alike to the encoder: a matrix over all of them, and a test for two.

Everything here compares stored embeddings; nothing is embedded again. Two sets of patches can be compared if the same
weights embedded them. What is compared is what the encoder sees, content among it: that two sets differ does not say
that two cameras took them, and that they do not differ does not say that one did.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Final

import numpy as np
from numpy.typing import NDArray

from workstation.analysis.geometry import PatchGrid
from workstation.analysis.regions import Region, patches_inside
from workstation.analysis.result import BoolArray, FloatArray
from workstation.errors import NotAssessable

PERMUTATIONS: Final = 9999
LARGEST_DRAW: Final = 1 << 20
"""Numbers that are drawn at once for random splits."""

FEWEST: Final = 4
"""Patches of each of two sets; with 3 and 3 no split could come under 5 %."""


class NotComparable(NotAssessable):
    """Two sets of patches that cannot be compared: other weights, shared patches, too few that do not overlap."""

    remedy = "Analyse both with the same weights, or mark larger regions that do not overlap."


@dataclass(frozen=True, slots=True, eq=False)
class Patches:
    """Patches in memory.

    Attributes:
        embeddings: (n, D) float32, unit length, n ≥ 1.
        places: (n, 2) int: row and column in the image's patch grid.
    """

    embeddings: FloatArray
    places: NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class PatchSet:
    """The assessable patches of an exhibit or a region; read when needed, so that a thousand sets take no room.

    Attributes:
        name: for people: "1", "1, region 2".
        exhibit: tells images apart (patches of one image have places beside each other).
        read: gives the patches.
        reach: how many places apart, along one axis, two patches share no pixel; at least 1.
        weights: SHA-256 of the weights.
    """

    name: str
    exhibit: int
    read: Callable[[], Patches]
    reach: int
    weights: str


@dataclass(frozen=True, slots=True, eq=False)
class Likeness:
    """How alike every two of several sets are.

    Attributes:
        names: of the sets.
        patches: number of patches of each.
        similarity: (n, n) float64, -1..1: mean cosine similarity between a patch of the one and a patch of the other;
            on the diagonal between two patches of the set that share no pixel (NaN where there are none).
        distance: (n, n) float64: how much less alike patches of two sets are than patches of one: the squared maximum
            mean discrepancy with the cosine as kernel (Gretton et al. 2012, eq. 3). 0 = no difference, slightly
            negative by chance; NaN where a set has no two patches that share no pixel; 0 on the diagonal.
    """

    names: tuple[str, ...]
    patches: tuple[int, ...]
    similarity: NDArray[np.float64]
    distance: NDArray[np.float64]

    def closest(self, count: int) -> tuple[tuple[str, str, float, float], ...]:
        """The `count` pairs of least distance: both names, distance, similarity."""
        rows, columns = np.triu_indices(len(self.names), 1)
        known = np.isfinite(self.distance[rows, columns])
        rows, columns = rows[known], columns[known]
        order = np.argsort(self.distance[rows, columns], kind="stable")[:count]
        return tuple(
            (self.names[i], self.names[j], float(self.distance[i, j]), float(self.similarity[i, j]))
            for i, j in zip(rows[order], columns[order], strict=True)
        )


@dataclass(frozen=True, slots=True)
class PermutationTest:
    """Do two sets of patches differ more than a random split of them would?

    Attributes:
        names: of the two.
        distance: squared length of the difference between their mean embeddings, 0..4.
        p: share of the splits with at least that distance, the observed one counted among them.
        splits: number of splits that were looked at.
        exact: whether these were all there are.
        patches: number of patches of each set that were used: those that share no pixel with one another.
        seed: of the random splits.
    """

    names: tuple[str, str]
    distance: float
    p: float
    splits: int
    exact: bool
    patches: tuple[int, int]
    seed: int


def patch_set(
    name: str,
    exhibit: int,
    *,
    grid: PatchGrid,
    embeddings: Callable[[], FloatArray],
    image_size: tuple[int, int],
    weights: str,
    region: Region | None = None,
) -> PatchSet:
    """The assessable patches of an image, or those whose centre lies inside a region.

    Args:
        name: for people.
        exhibit: tells images apart.
        grid: where the patches were cut.
        embeddings: gives (grid.rows, grid.columns, D) float32, NaN where a patch is not assessable; called now, to see
            that there is something to compare, and whenever the patches are needed.
        image_size: (height, width) of the stored image.
        weights: SHA-256.
        region: None = the whole image.

    Raises:
        NotComparable: if no patch is left.
    """

    def read() -> Patches:
        values = embeddings()
        chosen: BoolArray = np.isfinite(values[..., 0])
        if region is not None:
            chosen = chosen & patches_inside(region, grid, *image_size)
        if not chosen.any():
            raise NotComparable(f"{name} holds no assessable patch")
        return Patches(values[chosen], np.argwhere(chosen))

    read()
    return PatchSet(name, exhibit, read, -(-grid.patch // grid.stride), weights)


def likeness(sets: Iterable[PatchSet]) -> Likeness:
    """Compare every two of several sets; each is read once and forgotten.

    Raises:
        NotComparable: if there is none, or different weights embedded them.
    """
    names, counts, means, within = [], [], [], []
    weights: set[str] = set()
    for one in sets:
        weights.add(one.weights)
        _same_weights(weights)
        patches = one.read()
        mean = patches.embeddings.mean(0, dtype=np.float64)
        names.append(one.name)
        counts.append(len(patches.embeddings))
        means.append(mean)
        within.append(_mean_within(patches, mean, one.reach))
    if not names:
        raise NotComparable("there is nothing to compare")
    directions, own = np.stack(means), np.asarray(within)
    similarity = directions @ directions.T
    distance = own[:, None] + own[None, :] - 2 * similarity
    np.fill_diagonal(similarity, own)
    np.fill_diagonal(distance, np.where(np.isfinite(own), 0.0, np.nan))
    return Likeness(tuple(names), tuple(counts), similarity, distance)


def permutation_test(
    one: PatchSet, other: PatchSet, *, permutations: int = PERMUTATIONS, seed: int = 0
) -> PermutationTest:
    """Test whether two sets differ more than random splits of their patches.

    Neighbouring patches share pixels and are no independent draws: of each set only patches that share none are used
    (every `reach`-th along both axes, on the lattice that holds most). All splits are looked at if there are not more
    than `permutations`; otherwise that many at random: p = (1 + as far apart) / (1 + splits) (Phipson, Smyth 2010).

    Parts of one picture are alike over larger distances, too (a sky, a wall): a small p is common for parts that show
    different things. It supports no statement about cameras by itself.

    Raises:
        NotComparable: if different weights embedded them, they share patches, or one holds fewer than `FEWEST` that
            do not overlap.
    """
    _same_weights({one.weights, other.weights})
    left, right = _apart(one, other)
    counts = len(left), len(right)
    if min(counts) < FEWEST:
        raise NotComparable(
            f"{one.name} and {other.name} hold {counts[0]} and {counts[1]} patches that do not overlap; "
            f"{FEWEST} of each are needed"
        )
    drawn = np.concatenate([left, right]).astype(np.float64)
    exact = math.comb(len(drawn), counts[0]) <= permutations
    (observed,) = _distances(drawn, np.arange(len(drawn))[None, :] < counts[0])
    parts = (
        iter((_all_splits(len(drawn), counts[0]),))
        if exact
        else _random_splits(len(drawn), counts[0], permutations, seed)
    )
    as_far = looked_at = 0
    for splits in parts:
        looked_at += len(splits)
        # the observed split itself counts, but for rounding
        as_far += int(np.count_nonzero(_distances(drawn, splits) >= observed * (1 - 1e-9)))
    p = as_far / looked_at if exact else (1 + as_far) / (1 + looked_at)
    return PermutationTest((one.name, other.name), float(observed), p, looked_at, exact, counts, seed)


def _same_weights(weights: set[str]) -> None:
    if len(weights) > 1:
        raise NotComparable("different weights embedded these patches; their embeddings have nothing in common")


def _mean_within(patches: Patches, mean: NDArray[np.float64], reach: int) -> float:
    """Mean cosine over pairs of patches that share no pixel; NaN where there is no such pair.

    All pairs are had from the mean; those that overlap are few shifts of the grid, and are taken off.
    """
    count, (low, high) = len(patches.embeddings), (patches.places.min(0), patches.places.max(0))
    rows, columns = high - low + 1
    grid = np.zeros((rows, columns, patches.embeddings.shape[1]), np.float32)
    there = np.zeros((rows, columns), np.bool_)
    at = tuple((patches.places - low).T)
    grid[at], there[at] = patches.embeddings, True
    total, pairs = count**2 * float(mean @ mean), count**2
    for down in range(min(reach, rows)):
        for across in range(1 - reach, reach):
            if abs(across) >= columns or (down == 0 and across < 0):
                continue
            one = (slice(down, None), slice(max(across, 0), columns + min(across, 0)))
            other = (slice(None, rows - down), slice(max(-across, 0), columns + min(-across, 0)))
            twice = 1 if down == across == 0 else 2
            total -= twice * float(np.einsum("ijk,ijk->", grid[one], grid[other], dtype=np.float64))
            pairs -= twice * int(np.count_nonzero(there[one] & there[other]))
    return total / pairs if pairs else math.nan


def _apart(one: PatchSet, other: PatchSet) -> tuple[FloatArray, FloatArray]:
    """Embeddings of patches that share no pixel; in one image both sets are thinned to the same lattice."""
    first, second = one.read(), other.read()
    ours, theirs = _lattices(first, one.reach), _lattices(second, other.reach)
    if one.exhibit == other.exhibit:
        if set(map(tuple, first.places)) & set(map(tuple, second.places)):
            raise NotComparable(f"{one.name} and {other.name} share patches")
        best = max(ours, key=lambda lattice: min(ours[lattice].sum(), theirs[lattice].sum()))
        return first.embeddings[ours[best]], second.embeddings[theirs[best]]
    left, right = (max(of.values(), key=np.count_nonzero) for of in (ours, theirs))
    return first.embeddings[left], second.embeddings[right]


def _lattices(patches: Patches, reach: int) -> dict[tuple[int, ...], BoolArray]:
    """Which patches lie on each of the lattices of places that are `reach` apart."""
    return {lattice: (patches.places % reach == lattice).all(axis=1) for lattice in np.ndindex(reach, reach)}


def _all_splits(count: int, first: int) -> BoolArray:
    """(splits, count) bool: every choice of `first` patches."""
    chosen = np.array(list(combinations(range(count), first)))
    splits = np.zeros((len(chosen), count), np.bool_)
    np.put_along_axis(splits, chosen, values=True, axis=1)
    return splits


def _random_splits(count: int, first: int, number: int, seed: int) -> Iterator[BoolArray]:
    """Splits some at a time: all those of two large pictures would take gigabytes."""
    rng, together = np.random.default_rng(seed), max(1, LARGEST_DRAW // count)
    for start in range(0, number, together):
        yield rng.random((min(together, number - start), count)).argsort(axis=1) < first


def _distances(drawn: NDArray[np.float64], splits: BoolArray) -> NDArray[np.float64]:
    """Squared distance between the two sides' mean embeddings for each split."""
    total, first = drawn.sum(0), int(splits[0].sum())
    left = splits @ drawn
    difference = left / first - (total - left) / (len(drawn) - first)
    squared: NDArray[np.float64] = np.einsum("ij,ij->i", difference, difference)
    return squared
