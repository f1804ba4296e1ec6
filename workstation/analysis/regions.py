"""Parts of the image that the analyst marked: geometry, statistics, similarity to everything else.

Patches and map cells belong to a region if their centre lies inside it, pixels if theirs does. A polygon or lasso that
crosses itself is read by the even-odd rule: what its line encircles twice is outside.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from workstation.analysis.geometry import MapGeometry, PatchGrid
from workstation.analysis.result import NOT_ASSESSABLE, AnalysisResult, BoolArray, FloatArray, Maps
from workstation.errors import NotAssessable, Reason, share_in_percent

RegionKind = Literal["rectangle", "ellipse", "polygon", "lasso"]
Triple = tuple[float, float, float]

SMALLEST_REFERENCE = 1e-6
"""A mean of unit-length embeddings shorter than this points nowhere."""


@dataclass(frozen=True, slots=True)
class Region:
    """A part of the image that the analyst marked.

    Attributes:
        name: "1", "2", ... or the analyst's own.
        kind: the tool that drew it.
        points: (x, y) in stored, unrotated pixels; rectangle and ellipse: two opposite corners of the bounding box;
            polygon and lasso: the vertices.
        note: the analyst's words.
    """

    name: str
    kind: RegionKind
    points: tuple[tuple[float, float], ...]
    note: str = ""


class RegionNotAssessable(NotAssessable):
    """A region that carries no statement: outside the image, empty, or without an assessable patch."""

    likely_causes = ("a region smaller than the distance between patches", "a flat, black or overexposed part")
    remedy = "Mark a larger region, or one with more texture."


@dataclass(frozen=True, slots=True)
class RegionStatistics:
    """What the pixels and the maps say about a region. None stands for a number that there is not.

    Attributes:
        region: the region.
        reason: why there are no figures from the analysis, a `Reason`; "" if there are.
        area: in pixels; `share`: of the image, 0..1.
        bounding_box: (x, y, width, height) of the pixels inside, in stored pixels; None for no pixel.
        patches: number of patches whose centre is inside; `assessable`: those of them that are assessable.
        cells: number of map cells whose centre is inside and which are assessable.
        departure_mean, departure_median, departure_min, departure_max: of the departure map over those cells.
        departure_outside: mean over all other assessable cells.
        similarity_inside: mean cosine similarity between two different assessable patches of the region, -1..1.
        similarity_outside: mean cosine similarity between the region's patches and all others, -1..1.
        groups: (name, share of the region's cells in that group), largest first.
        rgb_mean, rgb_deviation: of the pixels inside, R, G, B, 0..255; None where no pixels were given.
    """

    region: Region
    reason: str
    area: int
    share: float
    bounding_box: tuple[int, int, int, int] | None
    patches: int = 0
    assessable: int = 0
    cells: int = 0
    departure_mean: float | None = None
    departure_median: float | None = None
    departure_min: float | None = None
    departure_max: float | None = None
    departure_outside: float | None = None
    similarity_inside: float | None = None
    similarity_outside: float | None = None
    groups: tuple[tuple[str, float], ...] = ()
    rgb_mean: Triple | None = None
    rgb_deviation: Triple | None = None

    @property
    def assessable_share(self) -> float | None:
        """Share of the region's patches that are assessable, 0..1; None without any patch."""
        return self.assessable / self.patches if self.patches else None

    @property
    def departure_difference(self) -> float | None:
        """Mean departure inside minus mean departure outside."""
        if self.departure_mean is None or self.departure_outside is None:
            return None
        return self.departure_mean - self.departure_outside

    def described(self) -> tuple[tuple[str, str], ...]:
        """Name and text of every figure, as window and report show them; "—" where there is none."""
        rows = [("Area", f"{self.area:,} px ({share_in_percent(self.share)} of the image)")]
        if self.reason:
            rows.append(("Not assessable", self.reason))
        else:
            rows += [
                ("Assessable patches", f"{self.assessable} of {self.patches}"),
                ("Departure, mean", _number(self.departure_mean)),
                ("Departure, median", _number(self.departure_median)),
                ("Departure, least to most", f"{_number(self.departure_min)} to {_number(self.departure_max)}"),
                ("Departure outside, mean", _number(self.departure_outside)),
                ("Departure, inside minus outside", _number(self.departure_difference, sign=True)),
                ("Similarity within the region", _number(self.similarity_inside, sign=True)),
                ("Similarity to the rest", _number(self.similarity_outside, sign=True)),
                ("Groups", ", ".join(f"{name} {share_in_percent(share)}" for name, share in self.groups) or "—"),
            ]
        if self.rgb_mean is not None and self.rgb_deviation is not None:
            rows.append(("Red, green, blue, mean", " · ".join(f"{value:.1f}" for value in self.rgb_mean)))
            rows.append(("Red, green, blue, deviation", " · ".join(f"{value:.1f}" for value in self.rgb_deviation)))
        return tuple(rows)


def lattice_inside(region: Region, x: NDArray[np.float64], y: NDArray[np.float64]) -> BoolArray:
    """Which points of a lattice lie inside a region.

    Args:
        region: where.
        x: of the columns in stored pixels, rising (the centre of pixel 0 is at 0.5).
        y: of the rows.

    Returns:
        (len(y), len(x)) bool; all False for a region without area.
    """
    points = _vertices(region)
    if not len(points):
        return np.zeros((len(y), len(x)), np.bool_)
    if region.kind in ("polygon", "lasso"):
        return _scanned(points, x, y)
    (left, top), (right, bottom) = points.min(0), points.max(0)
    if left == right or top == bottom:
        return np.zeros((len(y), len(x)), np.bool_)
    if region.kind == "rectangle":
        inside: BoolArray = ((y >= top) & (y < bottom))[:, None] & ((x >= left) & (x < right))[None, :]
    else:
        across, down = (2 * x - left - right) / (right - left), (2 * y - top - bottom) / (bottom - top)
        inside = np.add.outer(down**2, across**2) < 1
    return inside


def pixels_inside(region: Region, height: int, width: int) -> tuple[slice, slice, BoolArray]:
    """The pixels whose centres lie inside a region, within the region's clipped bounding box.

    Returns:
        Rows and columns of the box in the image, and the mask over it (empty where nothing is inside).
    """
    points = _vertices(region)
    if not len(points):
        return slice(0, 0), slice(0, 0), np.zeros((0, 0), np.bool_)
    low, high = np.floor(points.min(0)), np.ceil(points.max(0))
    left, top = (int(value) for value in np.clip(low, 0, (width, height)))
    right, bottom = (int(value) for value in np.clip(high, 0, (width, height)))
    x = np.arange(left, right, dtype=np.float64) + 0.5
    y = np.arange(top, bottom, dtype=np.float64) + 0.5
    return slice(top, bottom), slice(left, right), lattice_inside(region, x, y)


def mask_of(region: Region, height: int, width: int) -> BoolArray:
    """The pixels whose centres lie inside a region: (height, width) bool over the stored image."""
    mask = np.zeros((height, width), np.bool_)
    rows, columns, inside = pixels_inside(region, height, width)
    mask[rows, columns] = inside
    return mask


def bounding_box(region: Region, height: int, width: int) -> tuple[int, int, int, int] | None:
    """(x, y, width, height) of the pixels inside a region in stored pixels; None if there are none."""
    return _box_of(*pixels_inside(region, height, width))


def patches_inside(region: Region, grid: PatchGrid, height: int, width: int) -> BoolArray:
    """Which patches belong to a region: (grid.rows, grid.columns) bool.

    A centre that lies past the border (the last, cut cells of the compact geometry) counts as on the last pixel.
    """
    middle = grid.offset + grid.patch / 2
    x = np.minimum(np.arange(grid.columns) * grid.stride + middle, width - 0.5)
    y = np.minimum(np.arange(grid.rows) * grid.stride + middle, height - 0.5)
    return lattice_inside(region, x, y)


def cells_inside(region: Region, geometry: MapGeometry) -> BoolArray:
    """Which map cells belong to a region: (geometry.rows, geometry.columns) bool; the last ones reach to the border."""
    x, y = (np.arange(n + 1, dtype=np.float64) * geometry.cell for n in (geometry.columns, geometry.rows))
    x[-1], y[-1] = geometry.width, geometry.height
    return lattice_inside(region, (x[1:] + x[:-1]) / 2, (y[1:] + y[:-1]) / 2)


def statistics_of(
    region: Region,
    result: AnalysisResult | None,
    rgb: NDArray[np.uint8] | None = None,
    *,
    size: tuple[int, int] | None = None,
) -> RegionStatistics:
    """What pixels and maps say about a region; a region that carries no statement has a `reason`, it raises nothing.

    Args:
        region: where.
        result: of the analysis; None before there is one (then `rgb` gives the size).
        rgb: (height, width, 3) uint8, the stored image; None leaves the colour figures out.
        size: (height, width) of the stored image where neither of them says it.

    Raises:
        ValueError: if nothing says how large the image is.
    """
    if rgb is not None:
        height, width = rgb.shape[:2]
    elif result is not None:
        height, width = result.image_size
    elif size is not None:
        height, width = size
    else:
        raise ValueError("a result, the pixels or their size must say how large the image is")
    rows, columns, inside = pixels_inside(region, height, width)
    area = int(np.count_nonzero(inside))
    colours = _colours(rgb[rows, columns], inside) if rgb is not None and area else (None, None)
    statistics = RegionStatistics(
        region=region,
        reason="" if area else Reason(f"region {region.name} holds no pixel of the image", "no-pixel"),
        area=area,
        share=area / (height * width),
        bounding_box=_box_of(rows, columns, inside),
        rgb_mean=colours[0],
        rgb_deviation=colours[1],
    )
    if not area:
        return statistics
    if result is None:
        return replace(statistics, reason=Reason("the image has not been analysed yet", "not-analysed"))
    try:
        return _with_findings(statistics, result)
    except RegionNotAssessable as problem:
        return replace(statistics, reason=problem.what)


def similarity_map(result: AnalysisResult, region: Region) -> FloatArray:
    """Everything as seen from a region: cosine similarity of each patch to the region's mean embedding.

    Where patches overlap (the published geometry), a cell has the mean of the patches that cover it.

    Returns:
        float32 over the cells of the result's maps, -1..1; NaN where nothing is assessable.

    Raises:
        RegionNotAssessable: if the region holds no assessable patch, or there is no result to compare with.
    """
    grid = _complete(result)[0]
    return similarity_to_patches(result, patches_inside(region, grid, *result.image_size), f"region {region.name}")


def similarity_to_patches(result: AnalysisResult, patches: BoolArray, name: str) -> FloatArray:
    """Everything as seen from some patches, a group's for example; see `similarity_map`.

    Args:
        result: a complete one.
        patches: (grid.rows, grid.columns) bool; those that are not assessable are left out.
        name: of the patches, for the error ("region 1", "group B").

    Returns:
        float32 over the cells of the result's maps, -1..1; NaN where nothing is assessable.

    Raises:
        RegionNotAssessable: if none of the patches is assessable, or the result holds no maps.
    """
    grid, embeddings, assessable, maps = _complete(result)
    chosen = embeddings[patches & assessable]
    if not len(chosen):
        raise _no_patch(name)
    mean = chosen.mean(0, dtype=np.float64)
    length = np.linalg.norm(mean)
    if length < SMALLEST_REFERENCE:
        raise RegionNotAssessable(Reason(f"the patches of {name} have no direction in common", "no-direction"))
    cosines = np.where(assessable, np.clip(embeddings @ (mean / length).astype(np.float32), -1, 1), np.nan)
    voted = _voted(cosines.astype(np.float32), grid.spread)
    if voted.shape != maps.departure.shape:
        raise ValueError(f"{voted.shape} cells from the patches, {maps.departure.shape} in the maps")
    return voted


def _with_findings(statistics: RegionStatistics, result: AnalysisResult) -> RegionStatistics:
    """The same with everything that comes from an analysis."""
    region = statistics.region
    grid, embeddings, assessable, maps = _complete(result)
    patches = patches_inside(region, grid, *result.image_size)
    inside, outside = embeddings[patches & assessable], embeddings[~patches & assessable]
    if not len(inside):
        raise _no_patch(f"region {region.name}")
    cells, known = cells_inside(region, maps.geometry), np.isfinite(maps.departure)
    departures = maps.departure[cells & known].astype(np.float64)
    others = maps.departure[~cells & known].astype(np.float64)
    mean = inside.mean(0, dtype=np.float64)
    return replace(
        statistics,
        patches=int(np.count_nonzero(patches)),
        assessable=len(inside),
        cells=len(departures),
        departure_mean=float(departures.mean()) if len(departures) else None,
        departure_median=float(np.median(departures)) if len(departures) else None,
        departure_min=float(departures.min()) if len(departures) else None,
        departure_max=float(departures.max()) if len(departures) else None,
        departure_outside=float(others.mean()) if len(others) else None,
        similarity_inside=_mean_similarity_within(inside),
        similarity_outside=float(mean @ outside.mean(0, dtype=np.float64)) if len(outside) else None,
        groups=_group_shares(result, maps, cells),
    )


def _complete(result: AnalysisResult) -> tuple[PatchGrid, FloatArray, BoolArray, Maps]:
    """The arrays of a complete result."""
    grid, embeddings, maps = result.grid, result.embeddings, result.maps
    if grid is None or embeddings is None or maps is None:
        raise RegionNotAssessable(Reason(result.reason or "the analysis gave no maps", "no-maps"))
    assessable: BoolArray = np.isfinite(embeddings[..., 0])
    return grid, embeddings, assessable, maps


def _no_patch(name: str) -> RegionNotAssessable:
    return RegionNotAssessable(Reason(f"{name} holds the centre of no assessable patch", "no-patch"))


def _mean_similarity_within(embeddings: FloatArray) -> float | None:
    """Mean cosine over all pairs of different unit-length rows; None for a single row."""
    count = len(embeddings)
    if count < 2:
        return None
    total = embeddings.sum(0, dtype=np.float64)
    squares = np.einsum("ij,ij->", embeddings, embeddings, dtype=np.float64)
    return float((total @ total - squares) / (count * (count - 1)))


def _group_shares(result: AnalysisResult, maps: Maps, cells: BoolArray) -> tuple[tuple[str, float], ...]:
    labels = maps.groups[cells & (maps.groups != NOT_ASSESSABLE)]
    if not len(labels) or result.partition is None:
        return ()
    shares = [(group.name, float(np.mean(labels == group.label))) for group in result.partition.groups]
    return tuple(sorted(((name, share) for name, share in shares if share > 0), key=lambda pair: -pair[1]))


def _voted(values: FloatArray, spread: int) -> FloatArray:
    """Each patch's value on the spread × spread cells that it covers, averaged; NaN patches do not vote."""
    if spread == 1:
        return values
    rows, columns = values.shape
    known = np.isfinite(values)
    total = np.zeros((rows + spread - 1, columns + spread - 1))
    votes = np.zeros(total.shape)
    for down in range(spread):
        for across in range(spread):
            total[down : down + rows, across : across + columns] += np.where(known, values, 0)
            votes[down : down + rows, across : across + columns] += known
    mean = np.full(total.shape, np.nan, np.float32)
    np.divide(total, votes, out=mean, where=votes > 0, casting="same_kind")
    return mean


def _vertices(region: Region) -> NDArray[np.float64]:
    """(n, 2) x and y; empty for points that cannot enclose an area or are not finite."""
    points = np.asarray(region.points, np.float64).reshape(-1, 2)
    needed = 2 if region.kind in ("rectangle", "ellipse") else 3
    return points if len(points) >= needed and bool(np.isfinite(points).all()) else points[:0]


def _scanned(points: NDArray[np.float64], x: NDArray[np.float64], y: NDArray[np.float64]) -> BoolArray:
    """Even-odd fill of a polygon: (len(y), len(x)) bool. Each edge flips all pixels to the right of it, row by row."""
    flips = np.zeros((len(y), len(x) + 1), np.bool_)
    for (x0, y0), (x1, y1) in zip(points, np.roll(points, -1, axis=0), strict=True):
        rows = np.flatnonzero((y0 > y) != (y1 > y))
        crossing = x0 + (x1 - x0) * (y[rows] - y0) / (y1 - y0) if y0 != y1 else x[:0]
        flips[rows, np.searchsorted(x, crossing)] ^= True
    return np.logical_xor.accumulate(flips[:, :-1], axis=1) if len(x) else flips[:, :-1]


def _number(value: float | None, *, sign: bool = False) -> str:
    return "—" if value is None else f"{value:+.3f}" if sign else f"{value:.3f}"


def _box_of(rows: slice, columns: slice, inside: BoolArray) -> tuple[int, int, int, int] | None:
    """(x, y, width, height) of what `pixels_inside` found; None if that is nothing."""
    down, across = np.flatnonzero(inside.any(1)), np.flatnonzero(inside.any(0))
    if not len(down):
        return None
    x, y = columns.start + int(across[0]), rows.start + int(down[0])
    return x, y, int(across[-1] - across[0]) + 1, int(down[-1] - down[0]) + 1


def _colours(rgb: NDArray[np.uint8], inside: BoolArray) -> tuple[Triple, Triple]:
    """Mean and deviation of R, G, B over a mask: from counts of the 256 values, exact and quick for whole images."""
    values = np.arange(256)
    counts = np.stack([np.bincount(rgb[..., channel][inside], minlength=256) for channel in range(3)])
    mean = counts @ values / counts.sum(1)
    variance = (counts * (values - mean[:, None]) ** 2).sum(1) / counts.sum(1)
    return _triple(mean), _triple(np.sqrt(variance))


def _triple(values: NDArray[np.float64]) -> Triple:
    red, green, blue = (float(value) for value in values)
    return red, green, blue
