"""Drawing a region: what presses, moves and keys of a tool become, in stored pixels, without any Qt."""

from __future__ import annotations

from enum import Enum
from itertools import pairwise
from math import hypot

import numpy as np

from workstation.analysis.regions import Region, RegionKind, pixels_inside

Point = tuple[float, float]

REFUSED: dict[RegionKind, str] = {
    "rectangle": "No region: a click, or a drag straight along one side, encloses nothing. Drag from corner to corner.",
    "ellipse": "No region: a click, or a drag straight along one side, encloses nothing. Drag from corner to corner.",
    "polygon": "No region: these corners lie in a line and enclose nothing. Set three or more around a part; zoom in "
    "(+) where it is narrow.",
    "lasso": "No region: a line encloses nothing. Draw around a part of the picture; zoom in (+) where it is narrow.",
}
"""What is said where a drawing encloses nothing."""


class Tool(Enum):
    """What the pointer does on the picture."""

    HAND = "hand"
    RECTANGLE = "rectangle"
    ELLIPSE = "ellipse"
    POLYGON = "polygon"
    LASSO = "lasso"

    @property
    def kind(self) -> RegionKind | None:
        """The kind of region that the tool draws; None for the hand."""
        kinds: dict[str, RegionKind] = {
            "rectangle": "rectangle",
            "ellipse": "ellipse",
            "polygon": "polygon",
            "lasso": "lasso",
        }
        return kinds.get(self.value)


class RegionSketch:
    """A region while it is being drawn.

    Positions are rounded to whole pixels (the corners between them) and kept inside the image, so that a region never
    claims more precision than the image has.

    Attributes:
        kind: of the region.
        points: fixed so far, in stored pixels.
        loose: where the pointer is, not fixed yet; None before it moved.
    """

    def __init__(self, kind: RegionKind, width: int, height: int) -> None:
        self.kind = kind
        self._width, self._height = width, height
        self.points: list[Point] = []
        self.loose: Point | None = None

    @property
    def outline(self) -> Region | None:
        """What would be drawn now, for the eye; None before there is anything."""
        points = [*self.points, self.loose] if self.loose is not None and self.kind != "lasso" else list(self.points)
        return Region("", self.kind, tuple(points)) if len(points) >= 2 else None

    def press(self, x: float, y: float) -> None:
        """The button went down: the first corner, or another vertex of a polygon."""
        point = self._snapped(x, y)
        if self.kind == "polygon" and self.points and point == self.points[-1]:
            return
        if self.kind == "polygon" or not self.points:
            self.points.append(point)
        self.loose = point

    def move(self, x: float, y: float, *, square: bool = False) -> None:
        """The pointer moved to (x, y); `square` keeps the sides of a rectangle or ellipse equal."""
        if not self.points:
            return
        if square and self.kind in ("rectangle", "ellipse"):
            x, y = self._squared(x, y)
        point = self._snapped(x, y)
        self.loose = point
        if self.kind == "lasso" and point != self.points[-1]:
            self.points.append(point)

    def release(self) -> Region | None:
        """The button went up: rectangle, ellipse and lasso are finished. None if that encloses nothing."""
        if self.kind == "polygon" or not self.points:
            return None
        if self.kind == "lasso":
            return self.close()
        (x0, y0), (x1, y1) = self.points[0], self.loose or self.points[0]
        if x0 == x1 or y0 == y1:
            return None
        return Region("", self.kind, ((min(x0, x1), min(y0, y1)), (max(x0, x1), max(y0, y1))))

    def close(self) -> Region | None:
        """Finish a polygon or lasso. None if fewer than three vertices enclose anything."""
        points = tuple(self.points)
        if len(points) > 1 and points[0] == points[-1]:
            points = points[:-1]
        if len(points) < 3 or _area(points) == 0:
            return None
        return Region("", self.kind, points)

    def step_back(self) -> bool:
        """Take back the last vertex of a polygon; returns whether any is left."""
        if self.points:
            self.points.pop()
        return bool(self.points)

    def closes_at(self, x: float, y: float, reach: float) -> bool:
        """Whether a press at (x, y) means the first vertex of a polygon, within `reach` stored pixels of it."""
        return (
            self.kind == "polygon"
            and len(self.points) >= 3
            and hypot(x - self.points[0][0], y - self.points[0][1]) <= reach
        )

    def _snapped(self, x: float, y: float) -> Point:
        return float(min(max(round(x), 0), self._width)), float(min(max(round(y), 0), self._height))

    def _squared(self, x: float, y: float) -> Point:
        x0, y0 = self.points[0]
        side = max(abs(x - x0), abs(y - y0))
        room_x = self._width - x0 if x >= x0 else x0
        room_y = self._height - y0 if y >= y0 else y0
        side = min(side, room_x, room_y)
        return x0 + (side if x >= x0 else -side), y0 + (side if y >= y0 else -side)


def encloses_area(region: Region, width: int, height: int, narrowest: float = 0.0) -> bool:
    """Whether a shape holds pixels of a (width, height) image and is no mere line.

    Args:
        region: where.
        width: of the stored image.
        height: likewise.
        narrowest: a polygon or lasso that is not wider than this on average, in stored pixels, is a line.
    """
    if region.kind in ("polygon", "lasso"):
        outline = sum(hypot(x1 - x0, y1 - y0) for (x0, y0), (x1, y1) in pairwise([*region.points, region.points[0]]))
        if _area(region.points) > narrowest * outline:
            return True  # twice the area by the outline is the mean width of a strip; most shapes are settled here
        inside = int(np.count_nonzero(pixels_inside(region, height, width)[2]))
        return inside > 0 and 2 * inside > narrowest * outline
    return bool(pixels_inside(region, height, width)[2].any())


def _area(points: tuple[Point, ...]) -> float:
    """Twice the absolute area that a polygon's outline encloses (shoelace formula)."""
    return abs(sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(points, points[1:] + points[:1], strict=True)))
