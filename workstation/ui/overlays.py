"""What lies over the photograph: the colours of a map, and the marks that give them meaning without colour.

The colours are painted in image coordinates. Marks are painted in view coordinates, so that lines, patterns and letters
keep their size at every zoom; they follow the camera and draw only what is in view.
"""

from __future__ import annotations

from functools import lru_cache
from math import ceil, floor

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFont, QFontMetricsF, QImage, QPainter, QPainterPath, QPen, QTransform
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from workstation.analysis.textures import dotted, hatched
from workstation.ui.camera import Camera
from workstation.ui.cells import Boxes, Segments
from workstation.ui.display_frame import DisplayFrame
from workstation.ui.layers import Contour, LayerPicture

HATCH_PITCH = 10
DOT_PITCH = 14
LIGHT = QColor(255, 255, 255, 235)
DARK = QColor(0, 0, 0, 190)


class MapItem(QGraphicsItem):
    """The colours of a layer over the photograph, in stored pixels (its transform turns them for display)."""

    def __init__(self) -> None:
        super().__init__()
        self._picture = LayerPicture()
        self._bounds = QRectF()
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)

    def set_frame(self, frame: DisplayFrame) -> None:
        """Lie over another photograph."""
        self.prepareGeometryChange()
        self._bounds = QRectF(0, 0, frame.width, frame.height)
        self.setTransform(frame.transform)

    def set_picture(self, picture: LayerPicture) -> None:
        """Paint another layer."""
        self._picture = picture
        self.update()

    def boundingRect(self) -> QRectF:
        """The stored image."""
        return self._bounds

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, _widget: QWidget | None = None) -> None:
        """Draw the cells in view."""
        image, area = self._picture.image, self._picture.area
        shown = option.exposedRect.intersected(self._bounds)
        if image.isNull() or shown.isEmpty():
            return
        across, down = area.width() / image.width(), area.height() / image.height()
        left, right = max(0, floor(shown.left() / across) - 2), min(image.width(), ceil(shown.right() / across) + 2)
        top, bottom = max(0, floor(shown.top() / down) - 2), min(image.height(), ceil(shown.bottom() / down) + 2)
        painter.setClipRect(self._bounds, Qt.ClipOperation.IntersectClip)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, self._picture.smooth)
        target = QRectF(left * across, top * down, (right - left) * across, (bottom - top) * down)
        painter.drawImage(target, image, QRectF(left, top, right - left, bottom - top))


class Overlay(QGraphicsItem):
    """Base of everything that is painted in view coordinates over the picture.

    Attributes:
        camera: where the picture lies in the view.
        frame: stored pixels to displayed ones.
    """

    def __init__(self, camera: Camera) -> None:
        super().__init__()
        self.camera = camera
        self.frame = DisplayFrame(0, 0)
        self._bounds = QRectF()
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)

    def set_frame(self, frame: DisplayFrame) -> None:
        """Lie over another photograph."""
        self.frame = frame
        self.update()

    def set_view_size(self, width: float, height: float) -> None:
        """The view was resized."""
        self.prepareGeometryChange()
        self._bounds = QRectF(0, 0, width, height)

    def boundingRect(self) -> QRectF:
        """The whole view."""
        return self._bounds

    @property
    def to_view(self) -> QTransform:
        """Stored pixels to view coordinates."""
        x, y = self.camera.origin
        return (
            self.frame.transform
            * QTransform.fromScale(self.camera.scale, self.camera.scale)
            * QTransform.fromTranslate(x, y)
        )

    def visible_boxes(self, boxes: Boxes, margin: float = 0.0) -> list[QRect]:
        """The boxes that are in view, on whole view pixels so that neighbours neither overlap nor gape."""
        placed = self._placed(boxes)
        low, high = np.minimum(placed[:, :2], placed[:, 2:]), np.maximum(placed[:, :2], placed[:, 2:])
        limit = np.array([self._bounds.width() + margin, self._bounds.height() + margin])
        seen = ((high > -margin) & (low < limit)).all(axis=1)
        low, high = np.clip(low[seen], -margin, limit), np.clip(high[seen], -margin, limit)
        corners = np.rint(np.concatenate([low, high], axis=1)).astype(int).tolist()
        return [QRect(x0, y0, x1 - x0, y1 - y0) for x0, y0, x1, y1 in corners]

    def visible_lines(self, segments: Segments, margin: float = 8.0) -> list[QLineF]:
        """The segments that are in view, in view coordinates; what runs far beyond it is cut off."""
        placed = self._placed(segments)
        low, high = np.minimum(placed[:, :2], placed[:, 2:]), np.maximum(placed[:, :2], placed[:, 2:])
        limit = np.array([self._bounds.width() + margin, self._bounds.height() + margin])
        placed = placed[((high > -margin) & (low < limit)).all(axis=1)]
        straight = (placed[:, 0] == placed[:, 2]) | (placed[:, 1] == placed[:, 3])
        placed[straight] = np.clip(placed[straight], -margin, np.tile(limit, 2))
        return [QLineF(*line) for line in placed.tolist()]

    def _placed(self, corners: NDArray[np.float64]) -> NDArray[np.float64]:
        """(n, 4) pairs of stored positions in view coordinates."""
        t = self.to_view
        x, y = corners[:, 0::2], corners[:, 1::2]
        placed = np.empty_like(corners)
        placed[:, 0::2] = t.m11() * x + t.m21() * y + t.dx()
        placed[:, 1::2] = t.m12() * x + t.m22() * y + t.dy()
        return placed


class MarkingItem(Overlay):
    """Hatching, dots, outlines, contours and letters of a layer."""

    def __init__(self, camera: Camera) -> None:
        super().__init__(camera)
        self._picture = LayerPicture()

    def set_picture(self, picture: LayerPicture) -> None:
        """Mark another layer."""
        self._picture = picture
        self.update()

    def paint(self, painter: QPainter, _option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Draw the marks in view."""
        picture, ratio = self._picture, self.camera.ratio
        font = widget.font() if widget is not None else QFont()
        left, top = self.camera.origin
        painter.setBrushOrigin(QPointF(left, top))
        self._fill(painter, picture.hatched, hatch_brush(ratio))
        for boxes, pattern in picture.dotted:
            self._fill(painter, boxes, dot_brush(pattern, ratio))
        draw_outline(painter, self.visible_lines(picture.outlines))
        draw_outline(painter, self.visible_lines(picture.beyond), dashed=True)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for line in picture.contours:
            self._draw_contour(painter, line, font)
        for x, y, text in picture.letters:
            place = self.to_view.map(QPointF(x, y))
            draw_letter(painter, place, text, max(18, font_height(font) * 1.5))

    def _fill(self, painter: QPainter, boxes: Boxes, brush: QBrush) -> None:
        for box in self.visible_boxes(boxes):
            painter.fillRect(box, brush)

    def _draw_contour(self, painter: QPainter, line: Contour, font: QFont) -> None:
        lines = self.visible_lines(line.segments)
        painter.setPen(QPen(DARK, 2.5))
        painter.drawLines(lines)
        painter.setPen(QPen(LIGHT, 1.1))
        painter.drawLines(lines)
        small = QFont(font)
        small.setPixelSize(max(10, round(font_height(font) * 0.78)))
        for x, y in line.places:
            draw_chip(painter, self.to_view.map(QPointF(x, y)), line.label, small)


class HighlightItem(Overlay):
    """Patches that were chosen elsewhere, in the scatter plot say: outlined, with everything else dimmed."""

    def __init__(self, camera: Camera, accent: QColor) -> None:
        super().__init__(camera)
        self.accent = accent
        self._boxes: Boxes = np.zeros((0, 4))
        self._outline: Segments = np.zeros((0, 4))

    def set_area(self, boxes: Boxes, outline: Segments) -> None:
        """Highlight another area; empty = none."""
        self._boxes, self._outline = boxes, outline
        self.update()

    def paint(self, painter: QPainter, _option: QStyleOptionGraphicsItem, _widget: QWidget | None = None) -> None:
        """Tint and outline what is in view."""
        tint = QColor(self.accent)
        tint.setAlpha(70)
        for box in self.visible_boxes(self._boxes):
            painter.fillRect(box, tint)
        draw_outline(painter, self.visible_lines(self._outline), self.accent)


class PointerItem(Overlay):
    """The outline of the patch under the pointer, the pin that the analyst set, the pointer of the view beside it."""

    def __init__(self, camera: Camera) -> None:
        super().__init__(camera)
        self._patch: QRectF | None = None
        self._pin: tuple[float, float] | None = None
        self._twin: tuple[float, float] | None = None

    def set_patch(self, box: QRectF | None) -> None:
        """Outline a patch (stored pixels), or none."""
        if box != self._patch:
            self._patch = box
            self.update()

    def set_twin(self, position: tuple[float, float] | None) -> None:
        """Show where the pointer of a view that moves together with this one is, as a stored position here."""
        if position != self._twin:
            self._twin = position
            self.update()

    def set_pin(self, position: tuple[float, float] | None) -> None:
        """Show the pin at a stored position, or nowhere."""
        if position != self._pin:
            self._pin = position
            self.update()

    def paint(self, painter: QPainter, _option: QStyleOptionGraphicsItem, _widget: QWidget | None = None) -> None:
        """Draw outline, pin and the other view's pointer."""
        if self._patch is not None:
            box = self.to_view.mapRect(self._patch)
            corners = (box.topLeft(), box.topRight(), box.bottomRight(), box.bottomLeft())
            draw_outline(painter, [QLineF(a, b) for a, b in zip(corners, corners[1:] + corners[:1], strict=True)])
        if self._twin is not None:
            place = self.to_view.map(QPointF(*self._twin))
            arms = [
                QLineF(place + QPointF(-8, 0), place + QPointF(8, 0)),
                QLineF(place + QPointF(0, -8), place + QPointF(0, 8)),
            ]
            draw_outline(painter, arms)
        if self._pin is not None:
            place = self.to_view.map(QPointF(*self._pin))
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            for colour, width in ((DARK, 3.5), (LIGHT, 1.5)):
                painter.setPen(QPen(colour, width))
                painter.drawEllipse(place, 7, 7)
                for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1)):
                    painter.drawLine(place + QPointF(3 * dx, 3 * dy), place + QPointF(12 * dx, 12 * dy))


def draw_outline(painter: QPainter, lines: list[QLineF], colour: QColor = LIGHT, *, dashed: bool = False) -> None:
    """Draw lines that show on any ground: a light (or coloured) line inside a dark one."""
    if not lines:
        return
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(DARK, 3.0))
    painter.drawLines(lines)
    pen = QPen(colour, 1.2)
    if dashed:
        pen.setDashPattern([4.0, 3.0])
    painter.setPen(pen)
    painter.drawLines(lines)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)  # Qt's own signature


def draw_letter(painter: QPainter, place: QPointF, text: str, size: float) -> None:
    """Write white letters with a dark edge, centred on a view position."""
    font = QFont(painter.font())
    font.setPixelSize(round(size))
    font.setBold(True)
    metrics = QFontMetricsF(font)
    path = QPainterPath()
    path.addText(place.x() - metrics.horizontalAdvance(text) / 2, place.y() + metrics.capHeight() / 2, font, text)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.strokePath(
        path, QPen(QColor(0, 0, 0, 230), 4, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)
    )
    painter.fillPath(path, Qt.GlobalColor.white)


def draw_chip(painter: QPainter, place: QPointF, text: str, font: QFont, *, centred: bool = True) -> None:
    """Write small text on a dark ground, centred on a view position or with its lower left corner there."""
    metrics = QFontMetricsF(font)
    width, height = metrics.horizontalAdvance(text) + 6, metrics.height()
    corner = place - (QPointF(width / 2, height / 2) if centred else QPointF(0, height))
    box = QRectF(corner.x(), corner.y(), width, height)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(0, 0, 0, 190))
    painter.drawRoundedRect(box, 3, 3)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(Qt.GlobalColor.white)
    painter.setFont(font)
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)


def font_height(font: QFont) -> float:
    """Height of a line of text in view pixels."""
    return QFontMetricsF(font).height()


@lru_cache(maxsize=8)
def hatch_brush(ratio: float) -> QBrush:
    """Light diagonals with a dark edge: what is not assessable."""
    pitch = round(HATCH_PITCH * ratio)
    lines = hatched(pitch, pitch, pitch)
    pattern = np.zeros((pitch, pitch, 4), np.uint8)
    for step, colour in ((round(ratio), (20, 20, 20, 150)), (0, (235, 235, 235, 210))):
        pattern[np.roll(lines, step, axis=1)] = colour
    return _brush(pattern, ratio)


@lru_cache(maxsize=32)
def dot_brush(pattern: int, ratio: float) -> QBrush:
    """The dots of a group or of a side of the cut: white with a dark edge."""
    side = 2 * round(DOT_PITCH * ratio)
    dots = dotted(pattern, side, side, round(DOT_PITCH * ratio))
    edge = np.zeros_like(dots)
    for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1)):
        edge |= np.roll(dots, (dy, dx), axis=(0, 1))
    rgba = np.zeros((side, side, 4), np.uint8)
    rgba[edge] = (0, 0, 0, 120)
    rgba[dots] = (255, 255, 255, 235)
    return _brush(rgba, ratio)


def _brush(rgba: NDArray[np.uint8], ratio: float) -> QBrush:
    height, width = rgba.shape[:2]
    image = QImage(rgba.tobytes(), width, height, 4 * width, QImage.Format.Format_RGBA8888).copy()
    brush = QBrush(image)
    brush.setTransform(QTransform.fromScale(1 / ratio, 1 / ratio))
    return brush
