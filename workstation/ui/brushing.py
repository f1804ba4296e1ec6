"""Selecting points of a scatter plot with a rectangle or a lasso: the geometry, and the view that draws the brush."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QPainterPath, QPen
from PySide6.QtWidgets import QGraphicsPathItem

BrushShape = Literal["rectangle", "lasso"]
NEAREST = 12.0
"""A click selects the nearest point within this many device-independent pixels."""


def inside(polygon: NDArray[np.float64], points: NDArray[np.floating]) -> NDArray[np.bool_]:
    """Which points lie inside a closed polygon, by the even-odd rule.

    Args:
        polygon: (vertices, 2) x and y, not repeated at the end.
        points: (N, 2); NaN lies outside.

    Returns:
        (N,) bool.
    """
    result = np.zeros(len(points), bool)
    if len(polygon) < 3:
        return result
    low, high = polygon.min(0), polygon.max(0)
    near = np.flatnonzero((points >= low).all(1) & (points <= high).all(1))
    x, y = points[near, 0].astype(np.float64), points[near, 1].astype(np.float64)
    crossed = np.zeros(len(near), bool)
    for (x0, y0), (x1, y1) in zip(polygon, np.roll(polygon, -1, axis=0), strict=True):
        if y0 == y1:
            continue
        spans = (y0 > y) != (y1 > y)
        crossed ^= spans & (x < (x1 - x0) * (y - y0) / (y1 - y0) + x0)
    result[near] = crossed
    return result


class BrushView(pg.ViewBox):  # type: ignore[misc]  # pyqtgraph has no types
    """A plot area in which dragging brushes, the middle button moves and the wheel zooms.

    Signals:
        brushed: a rectangle or lasso was closed; carries its (vertices, 2) float64 polygon and whether it adds to
            the selection (Shift held).
        clicked_at: a click without a drag; carries its position and the size of `NEAREST` pixels, in plot
            coordinates, and whether it adds.
    """

    brushed = Signal(object, bool)
    clicked_at = Signal(object, object, bool)

    def __init__(self) -> None:
        super().__init__(enableMenu=False)
        self.shape_of_brush: BrushShape = "rectangle"
        self._outline: list[QPointF] = []
        self._drawn = QGraphicsPathItem()
        self._drawn.setZValue(1000)
        self.addItem(self._drawn, ignoreBounds=True)

    def set_outline_colour(self, colour: QColor) -> None:
        """The colour that the brush is drawn in."""
        pen = QPen(colour, 1.5, Qt.PenStyle.DashLine)
        pen.setCosmetic(True)
        self._drawn.setPen(pen)
        wash = QColor(colour)
        wash.setAlpha(32)
        self._drawn.setBrush(wash)

    def mouseDragEvent(self, event: Any, axis: int | None = None) -> None:
        """Brush with the left button; everything else as in any plot."""
        if axis is not None or event.button() != Qt.MouseButton.LeftButton:
            super().mouseDragEvent(event, axis=axis)
            return
        event.accept()
        start = self.mapToView(event.buttonDownPos())
        here = self.mapToView(event.pos())
        if event.isStart():
            self._outline = [start]
        self._outline.append(here)
        corners = QRectF(start, here).normalized() if self.shape_of_brush == "rectangle" else None
        path = QPainterPath()
        if corners is not None:
            path.addRect(corners)
        else:
            path.addPolygon(self._outline)
        self._drawn.setPath(path)
        if event.isFinish():
            self._finish(corners, bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier))

    def mouseClickEvent(self, event: Any) -> None:
        """Select the nearest point, or nothing."""
        if event.button() != Qt.MouseButton.LeftButton:
            event.ignore()
            return
        event.accept()
        here = self.mapToView(event.pos())
        width, height = (NEAREST * size for size in self.viewPixelSize())
        adds = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        self.clicked_at.emit((here.x(), here.y()), (width, height), adds)

    def _finish(self, corners: QRectF | None, adds: bool) -> None:
        self._drawn.setPath(QPainterPath())
        if corners is not None:
            x0, y0, x1, y1 = corners.left(), corners.top(), corners.right(), corners.bottom()
            polygon = np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1)])
        else:
            polygon = np.array([(point.x(), point.y()) for point in self._outline])
        self._outline = []
        self.brushed.emit(polygon, adds)
