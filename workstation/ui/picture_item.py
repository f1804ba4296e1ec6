"""The photograph on the canvas: only what is visible is converted, in tiles, a few milliseconds at a time."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from enum import Enum
from typing import TypeAlias

import numpy as np
from PySide6.QtCore import QRectF, Qt, QTimer
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QGraphicsObject, QStyleOptionGraphicsItem, QWidget

from workstation.analysis.colours import DIMMING, ByteArray, dimmed_grey
from workstation.ui.pyramid import Pyramid

TILE = 256
"""Side of a tile in pixels of its level."""

CACHE_BYTES = 64 * 1024 * 1024
"""Converted tiles are kept up to this size, or twice what the view shows if that is more."""

CONVERSION_SECONDS = 0.006
"""How long one painting may convert tiles; the rest follows in the next ones and is shown unconverted until then."""

FIRST_CONVERSION_SECONDS = 0.002
"""The same for the first painting of a stage, which has all tiles to sketch."""

BUILDING_SECONDS = 0.004
"""How long the pyramid is built before events get their turn."""

SHARP_ZOOM = 2.0
"""From 200 % on pixels are sharp squares."""

ColourTransform: TypeAlias = Callable[[ByteArray], ByteArray]
Range: TypeAlias = tuple[int, int, int, int]


class Style(Enum):
    """How the photograph is drawn: in its colours, or as the dimmed grey ground of a map."""

    COLOUR = "colour"
    GROUND = "ground"


class PictureItem(QGraphicsObject):
    """Draws one picture in display coordinates, whatever its size.

    The part in view is kept as one image at the resolution of a pyramid level ("stage"), in whole tiles, so that
    panning by less than a tile converts nothing.
    """

    def __init__(self) -> None:
        super().__init__()
        self._pyramid: Pyramid | None = None
        self._colours: ColourTransform | None = None
        self._style = Style.COLOUR
        self._stand_in = QImage()
        self._stand_in_size = (0, 0)
        self._zoom = 1.0
        self._visible = QRectF()
        self._tiles: OrderedDict[tuple[Style, int, int, int], ByteArray] = OrderedDict()
        self._stage: ByteArray | None = None
        self._stage_image = QImage()
        self._stage_key: tuple[Style, int, Range] | None = None
        self._stage_finished = False
        self._sketched = False
        self._builder = QTimer(self)
        self._builder.setInterval(0)
        self._builder.timeout.connect(self._build)
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)

    def set_picture(self, pyramid: Pyramid | None, colours: ColourTransform | None = None) -> None:
        """Show another picture, or none.

        Args:
            pyramid: its levels in display orientation.
            colours: stored to screen colours for an array of (height, width, 3) uint8; None = as they are.
        """
        self.prepareGeometryChange()
        self._pyramid, self._colours = pyramid, colours
        self._stand_in = QImage()
        self._tiles.clear()
        self._drop_stage()
        if pyramid is None or pyramid.complete:
            self._builder.stop()
        else:
            self._builder.start()
        self.update()

    def set_stand_in(self, thumbnail: ByteArray, size: tuple[int, int]) -> None:
        """Show a thumbnail where a picture will be; it is no picture: nothing can be read off it.

        Args:
            thumbnail: (h, w, 3) uint8, oriented for display.
            size: (width, height) of the picture as displayed.
        """
        self.set_picture(None)
        samples = np.ascontiguousarray(thumbnail)
        height, width = samples.shape[:2]
        self._stand_in = QImage(samples.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()
        self._stand_in_size = size

    def set_style(self, style: Style) -> None:
        """Draw in colour or as the dimmed ground of a map."""
        if style is not self._style:
            self._style = style
            self.update()

    def set_view(self, visible: QRectF, zoom: float) -> None:
        """Say which display rectangle is in view and how many device pixels an image pixel has."""
        self._visible, self._zoom = visible, zoom
        self.update()

    @property
    def settled(self) -> bool:
        """Whether what was painted last is final: no level or tile is still to come."""
        return self._pyramid is None or (self._stage_finished and not self._builder.isActive())

    @property
    def cached_bytes(self) -> int:
        """Bytes held by converted tiles and the stage."""
        stage = 0 if self._stage is None else self._stage.nbytes
        return stage + sum(tile.nbytes for tile in self._tiles.values())

    def boundingRect(self) -> QRectF:
        """The picture in display coordinates."""
        if self._pyramid is None:
            return QRectF() if self._stand_in.isNull() else QRectF(0, 0, *self._stand_in_size)
        height, width = self._pyramid.size(0)
        return QRectF(0, 0, width, height)

    def paint(self, painter: QPainter, _option: QStyleOptionGraphicsItem, _widget: QWidget | None = None) -> None:
        """Draw the stage, which is renewed first where the view has left it."""
        if self._pyramid is None:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(self.boundingRect(), self._stand_in)
            return
        shown = self._visible.intersected(self.boundingRect())
        if shown.isEmpty():
            return
        self._renew_stage(self._pyramid, shown)
        if self._stage_key is None:
            return
        _, level, (top, _, left, _) = self._stage_key
        unit = float(1 << level)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, self._zoom < SHARP_ZOOM)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
        x0, y0 = left * TILE, top * TILE
        # Whole pixels of the level are drawn, clipped to the picture: fractions of them would be drawn unevenly.
        height, width = self._stage_image.height(), self._stage_image.width()
        painter.setClipRect(self.boundingRect(), Qt.ClipOperation.IntersectClip)
        target = QRectF(x0 * unit, y0 * unit, width * unit, height * unit)
        painter.drawImage(target, self._stage_image, QRectF(0, 0, width, height))

    def _build(self) -> None:
        pyramid = self._pyramid
        if pyramid is None or pyramid.complete:
            self._builder.stop()
            self.update()
            return
        if pyramid.work(BUILDING_SECONDS) and not self._stage_finished:
            self.update()

    def _drop_stage(self) -> None:
        self._stage_image = QImage()
        self._stage, self._stage_key, self._stage_finished = None, None, False

    def _renew_stage(self, pyramid: Pyramid, shown: QRectF) -> None:
        level = pyramid.level_for(self._zoom)
        unit = TILE << level
        height, width = pyramid.size(level)
        area = (
            int(shown.top() // unit),
            min(int(shown.bottom() // unit), (height - 1) // TILE),
            int(shown.left() // unit),
            min(int(shown.right() // unit), (width - 1) // TILE),
        )
        waiting = level >= len(pyramid.levels)  # a sketch is as good as it gets until the level is built
        same = self._stage_key == (self._style, level, area)
        if same and (self._stage_finished or (self._sketched and waiting)):
            return
        top, bottom, left, right = area
        size = (min((bottom + 1) * TILE, height) - top * TILE, min((right + 1) * TILE, width) - left * TILE)
        sketched = self._stage if same else None
        stage = np.empty((*size, 4), np.uint8) if sketched is None else sketched
        finished = self._fill(pyramid, stage, level, area, sketched=sketched is not None)
        self._stage, self._stage_key, self._stage_finished = stage, (self._style, level, area), finished
        self._sketched = waiting
        self._stage_image = QImage(stage.data, size[1], size[0], size[1] * 4, QImage.Format.Format_RGB32)
        if not finished and not waiting:
            QTimer.singleShot(0, self, self.update)
        self._forget_tiles(2 * stage.nbytes)

    def _fill(self, pyramid: Pyramid, stage: ByteArray, level: int, area: Range, *, sketched: bool) -> bool:
        """Put tiles into the stage; returns whether all of them are final.

        Args:
            pyramid: where samples come from.
            stage: to be filled.
            level: of the pyramid.
            area: range of tiles that the stage covers.
            sketched: whether the stage holds at least a sketch of every tile already.
        """
        top, bottom, left, right = area
        end = time.perf_counter() + (CONVERSION_SECONDS if sketched else FIRST_CONVERSION_SECONDS)
        finished = True
        for row in range(top, bottom + 1):
            for column in range(left, right + 1):
                key = (self._style, level, row, column)
                place = stage[(row - top) * TILE : (row - top + 1) * TILE, (column - left) * TILE :][:, :TILE]
                tile = self._tiles.get(key)
                if tile is not None:
                    self._tiles.move_to_end(key)
                    place[:] = tile
                    continue
                final = level < len(pyramid.levels) and time.perf_counter() < end
                finished = finished and final
                if sketched and not final:
                    continue
                y, x = row * TILE, column * TILE
                samples = pyramid.crop(level, y, y + place.shape[0], x, x + place.shape[1])
                if final:
                    self._tiles[key] = tile = self._converted(samples)
                    place[:] = tile
                else:
                    self._sketch(samples, place)
        return finished

    def _converted(self, samples: ByteArray) -> ByteArray:
        """A tile as the screen gets it: (height, width, 4) uint8 in the byte order of QImage's RGB32."""
        if self._style is Style.GROUND:
            return _for_screen(dimmed_grey(samples))
        contiguous = np.ascontiguousarray(samples)
        return _for_screen(contiguous if self._colours is None else self._colours(contiguous))

    def _sketch(self, samples: ByteArray, place: ByteArray) -> None:
        """Something close to the tile at almost no cost: colours unmanaged, the ground from the green samples."""
        if self._style is Style.GROUND:
            green = samples[..., 1].astype(np.uint16)
            green *= round(256 * DIMMING)
            place[:] = _for_screen((green >> 8).astype(np.uint8))
        else:
            place[:] = _for_screen(samples)

    def _forget_tiles(self, needed: int) -> None:
        held = sum(tile.nbytes for tile in self._tiles.values())
        while held > max(CACHE_BYTES, needed):
            held -= self._tiles.popitem(last=False)[1].nbytes


def _for_screen(samples: ByteArray) -> ByteArray:
    """Samples in the byte order of QImage's RGB32; Qt converts ten times as fast as numpy moves channels.

    Args:
        samples: (height, width, 3) uint8 RGB or (height, width) uint8 grey.

    Returns:
        (height, width, 4) uint8.
    """
    contiguous = np.ascontiguousarray(samples)
    height, width = contiguous.shape[:2]
    stored = QImage.Format.Format_RGB888 if contiguous.ndim == 3 else QImage.Format.Format_Grayscale8
    image = QImage(contiguous.data, width, height, contiguous.strides[0], stored)
    converted = image.convertToFormat(QImage.Format.Format_RGB32)
    return np.frombuffer(converted.constBits(), np.uint8).reshape(height, width, 4).copy()
