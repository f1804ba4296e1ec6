"""The numbers of the stored pixels, written into them once they are large enough on the screen."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QFont, QImage, QPainter
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from workstation.analysis.colours import DIMMING, ByteArray
from workstation.ui.camera import Camera
from workstation.ui.layers import LayerPicture
from workstation.ui.overlays import Overlay, draw_chip, font_height

VALUES_ZOOM = 16.0
"""From 1600 % on a number is written into each pixel: its luma."""

CHANNELS_SIDE = 30.0
"""From this side of a pixel on the screen (view pixels) on, red, green and blue are written under each other."""

MAX_TEXT_SIZE = 13.0
"""Height of a number in view pixels at the most."""

DARK_INK_FROM = 115.0
"""Brightness from which numbers are written dark."""

LUMA = np.array([0.299, 0.587, 0.114], np.float32)
"""Weights of red, green and blue (Rec. 601)."""


class PixelValuesItem(Overlay):
    """Writes luma, or red, green and blue, into each visible pixel from 1600 % on.

    Luma (Rec. 601, rounded) where a pixel has no room for three numbers.
    """

    def __init__(self, camera: Camera) -> None:
        super().__init__(camera)
        self._rgb: ByteArray | None = None
        self._layer = LayerPicture()
        self._opacity = 0.0

    def set_rgb(self, displayed: ByteArray | None) -> None:
        """Take the stored samples of another picture, (height, width, 3) in display orientation."""
        self._rgb = displayed
        self.update()

    def set_layer(self, picture: LayerPicture, opacity: float) -> None:
        """Say what lies over the photograph, so that the ink shows on it."""
        self._layer, self._opacity = picture, opacity
        self.update()

    @property
    def shows(self) -> str:
        """What is written now: "", "luma" or "channels"."""
        if self._rgb is None or self.camera.zoom < VALUES_ZOOM:
            return ""
        return "channels" if self.camera.scale >= CHANNELS_SIDE else "luma"

    def paint(self, painter: QPainter, _option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Write into the pixels that are in view, and into no others."""
        shows = self.shows
        if self._rgb is None or not shows:
            return
        left, top, right, bottom = self.camera.visible()
        height, width = self._rgb.shape[:2]
        x0, x1 = max(0, int(left)), min(width, int(right) + 1)
        y0, y1 = max(0, int(top)), min(height, int(bottom) + 1)
        samples = self._rgb[y0:y1, x0:x1]
        luma = np.rint(samples @ LUMA).astype(np.uint8)
        numbers = samples if shows == "channels" else luma[..., None]
        self._write(painter, numbers, self._brightness(luma, x0, y0) > DARK_INK_FROM, (x0, y0))
        font = QFont() if widget is None else QFont(widget.font())
        font.setPixelSize(max(10, round(font_height(font) * 0.75)))
        words = "stored R, G, B" if shows == "channels" else "luma of the stored R, G, B"
        draw_chip(painter, QPointF(8, self.boundingRect().height() - 8), words, font, centred=False)

    def _write(
        self, painter: QPainter, numbers: NDArray[np.uint8], dark_ink: NDArray[np.bool_], first: tuple[int, int]
    ) -> None:
        """Write (rows, columns, lines) numbers into the pixels from `first` (x, y) on."""
        scale, ratio, lines = self.camera.scale, self.camera.ratio, numbers.shape[2]
        line = scale * (0.94 / lines if lines > 1 else 0.5)
        size = round(min(line * 0.9, MAX_TEXT_SIZE) * ratio)
        margin = (scale - line * lines) / 2
        left, top = self.camera.to_view(*first)
        for row, (row_of_numbers, row_of_inks) in enumerate(zip(numbers.tolist(), dark_ink.tolist(), strict=True)):
            for column, (values, dark) in enumerate(zip(row_of_numbers, row_of_inks, strict=True)):
                x, y = left + column * scale, top + row * scale + margin
                for index, value in enumerate(values):
                    glyph = number_image(value, size, ratio, dark=dark)
                    across, down = scale - glyph.width() / ratio, line - glyph.height() / ratio
                    painter.drawImage(QPointF(x + across / 2, y + index * line + down / 2), glyph)

    def _brightness(self, luma: ByteArray, left: int, top: int) -> NDArray[np.float64]:
        """How bright the visible pixels are on the screen, 0..255, the layer over them included."""
        if self._layer.image.isNull():
            return luma.astype(np.float64)
        columns, rows = np.meshgrid(np.arange(luma.shape[1]) + (left + 0.5), np.arange(luma.shape[0]) + (top + 0.5))
        x, y = self.frame.to_stored_arrays(columns, rows)
        down, across = self._layer.rgba.shape[:2]
        rgba = self._layer.rgba[
            np.clip(y * down / self._layer.area.height(), 0, down - 1).astype(int),
            np.clip(x * across / self._layer.area.width(), 0, across - 1).astype(int),
        ].astype(np.float64)
        share = self._opacity * rgba[..., 3] / 255
        brightness: NDArray[np.float64] = share * (rgba[..., :3] @ LUMA) + (1 - share) * DIMMING * luma
        return brightness


@lru_cache(maxsize=4096)
def number_image(value: int, size: int, ratio: float, *, dark: bool) -> QImage:
    """A number from 0 to 255 as an image of `size` device pixels height, in dark or light ink."""
    font = QFont()
    font.setPixelSize(max(5, size))
    text = str(value)
    image = QImage(round(size * 0.62 * len(text)) + 2, round(size * 1.1) + 1, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    painter.setFont(font)
    painter.setPen(QColor(0, 0, 0, 215) if dark else QColor(255, 255, 255, 225))
    painter.drawText(image.rect(), Qt.AlignmentFlag.AlignCenter, text)
    painter.end()
    image.setDevicePixelRatio(ratio)
    return image
