"""The analyst's regions on the picture: their shapes, their handles, and how they are moved and resized."""

from __future__ import annotations

from dataclasses import replace
from math import hypot

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from workstation.analysis.regions import Region
from workstation.ui.camera import Camera
from workstation.ui.overlays import DARK, LIGHT, Overlay, draw_chip, font_height
from workstation.ui.region_tools import Point

HANDLE_REACH = 9.0
"""View pixels around a handle that belong to it."""

HANDLE_SIZE = 8.0
MAX_VERTEX_HANDLES = 48
"""A shape with more vertices (a lasso) is resized by its bounding box."""


def region_path(region: Region) -> QPainterPath:
    """The outline of a region in stored pixels, closed."""
    path = QPainterPath()
    points = [QPointF(x, y) for x, y in region.points]
    if region.kind in ("rectangle", "ellipse"):
        box = QRectF(points[0], points[1]).normalized()
        if region.kind == "rectangle":
            path.addRect(box)
        else:
            path.addEllipse(box)
        return path
    path.moveTo(points[0])
    for point in points[1:]:
        path.lineTo(point)
    path.closeSubpath()
    return path


def bounds(region: Region) -> tuple[float, float, float, float]:
    """(left, top, right, bottom) in stored pixels."""
    xs, ys = [x for x, _ in region.points], [y for _, y in region.points]
    return min(xs), min(ys), max(xs), max(ys)


def has_vertex_handles(region: Region) -> bool:
    """Whether each vertex can be dragged; otherwise the bounding box is."""
    return region.kind in ("polygon", "lasso") and len(region.points) <= MAX_VERTEX_HANDLES


def handles(region: Region) -> tuple[Point, ...]:
    """Where a region can be taken hold of: its vertices, or corners and middles of the sides of its bounding box."""
    if has_vertex_handles(region):
        return region.points
    left, top, right, bottom = bounds(region)
    x, y = (left + right) / 2, (top + bottom) / 2
    return (left, top), (x, top), (right, top), (right, y), (right, bottom), (x, bottom), (left, bottom), (left, y)


def moved(region: Region, dx: float, dy: float, width: int, height: int) -> Region:
    """A region moved by whole pixels, as far as the image goes."""
    left, top, right, bottom = bounds(region)
    dx, dy = round(min(max(dx, -left), width - right)), round(min(max(dy, -top), height - bottom))
    return replace(region, points=tuple((x + dx, y + dy) for x, y in region.points))


def resized(region: Region, handle: int, position: Point, size: tuple[int, int]) -> Region:
    """A region with one of its handles dragged to a stored position, rounded to whole pixels.

    Sides do not cross: the bounding box keeps at least one pixel. `size` is the (width, height) of the stored image.
    """
    x, y = (float(min(max(round(value), 0), most)) for value, most in zip(position, size, strict=True))
    if has_vertex_handles(region):
        points = list(region.points)
        points[handle] = (x, y)
        return replace(region, points=tuple(points))
    old = bounds(region)
    left, top, right, bottom = old
    if handle in (0, 6, 7):
        left = min(x, right - 1)
    if handle in (2, 3, 4):
        right = max(x, left + 1)
    if handle in (0, 1, 2):
        top = min(y, bottom - 1)
    if handle in (4, 5, 6):
        bottom = max(y, top + 1)
    if region.kind in ("rectangle", "ellipse"):
        return replace(region, points=((left, top), (right, bottom)))
    across = (right - left) / ((old[2] - old[0]) or 1)
    down = (bottom - top) / ((old[3] - old[1]) or 1)
    return replace(
        region, points=tuple((left + (px - old[0]) * across, top + (py - old[1]) * down) for px, py in region.points)
    )


class RegionsItem(Overlay):
    """Draws all regions, the selected one with handles, and the one that is being drawn.

    Attributes:
        regions: in drawing order.
        selected: name of the selected region, or None.
        reference: name of the region that the similarity map is seen from, or None.
        sketch: the region being drawn, or None.
        accent: colour of what is selected.
    """

    def __init__(self, camera: Camera, accent: QColor) -> None:
        super().__init__(camera)
        self.accent = accent
        self.regions: tuple[Region, ...] = ()
        self.selected: str | None = None
        self.reference: Region | None = None
        self.sketch: Region | None = None

    @property
    def selected_region(self) -> Region | None:
        """The selected region itself."""
        return next((region for region in self.regions if region.name == self.selected), None)

    def region_at(self, x: float, y: float) -> Region | None:
        """The smallest region that holds a stored position."""
        holding = [region for region in self.regions if region_path(region).contains(QPointF(x, y))]
        return min(holding, key=_box_area, default=None)

    def handle_at(self, view: QPointF) -> int | None:
        """The handle of the selected region at a view position."""
        region = self.selected_region
        if region is None:
            return None
        places = [self.to_view.map(QPointF(*handle)) for handle in handles(region)]
        distances = [hypot(place.x() - view.x(), place.y() - view.y()) for place in places]
        nearest = min(range(len(distances)), key=distances.__getitem__)
        return nearest if distances[nearest] <= HANDLE_REACH else None

    def paint(self, painter: QPainter, _option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Draw outlines, names and handles."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        font = widget.font() if widget is not None else QFont()
        for region in self.regions:
            self._draw(painter, region, font)
        unnamed = self.reference is not None and self.reference.name not in {region.name for region in self.regions}
        if self.reference is not None and unnamed and self.reference.points:  # a group has no outline of its own
            self._draw(painter, self.reference, font)
        if self.sketch is not None:
            self._draw_outline(painter, self.sketch, self.accent, 1.6)
            for point in self.sketch.points if self.sketch.kind == "polygon" else ():
                self._draw_handle(painter, point)

    def _draw(self, painter: QPainter, region: Region, font: QFont) -> None:
        chosen = region.name == self.selected
        self._draw_outline(painter, region, self.accent if chosen else LIGHT, 2.2 if chosen else 1.4)
        corners = [self.to_view.map(QPointF(x, y)) for x, y in region.points]
        left, top = min(p.x() for p in corners), min(p.y() for p in corners)
        small = QFont(font)
        small.setPixelSize(max(11, round(font_height(font) * 0.8)))
        if region.name:
            label = f"{region.name} ✎" if region.note else region.name
            draw_chip(painter, QPointF(left, max(top - 3, font_height(small))), label, small, centred=False)
        if chosen:
            for handle in handles(region):
                self._draw_handle(painter, handle)

    def _draw_outline(self, painter: QPainter, region: Region, colour: QColor, width: float) -> None:
        if len(region.points) == 2 and region.kind in ("polygon", "lasso"):
            path = QPainterPath(QPointF(*region.points[0]))
            path.lineTo(QPointF(*region.points[1]))
        else:
            path = region_path(region)
        path = self.to_view.map(path)
        is_reference = self.reference is not None and region.name == self.reference.name
        inks = [(DARK, width + 2), (colour, width)]
        if colour is not LIGHT:  # the accent alone could drown in a map of its own hue
            inks = [(DARK, width + 4), (LIGHT, width + 2), (colour, width)]
        for ink, thickness in inks:
            pen = QPen(ink, thickness)
            if is_reference and ink is not DARK:
                pen.setDashPattern([5.0, 3.0])
            painter.strokePath(path, pen)

    def _draw_handle(self, painter: QPainter, point: Point) -> None:
        place = self.to_view.map(QPointF(*point))
        box = QRectF(place.x() - HANDLE_SIZE / 2, place.y() - HANDLE_SIZE / 2, HANDLE_SIZE, HANDLE_SIZE)
        painter.setPen(QPen(DARK, 1))
        painter.setBrush(Qt.GlobalColor.white)
        painter.drawRect(box)
        painter.setBrush(Qt.BrushStyle.NoBrush)


def _box_area(region: Region) -> float:
    left, top, right, bottom = bounds(region)
    return (right - left) * (bottom - top)
