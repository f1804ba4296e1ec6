"""Icons of one family, drawn from SVG at the size and in the colours of the moment."""

from __future__ import annotations

from functools import cache

from PySide6.QtCore import QByteArray, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QGuiApplication, QIcon, QIconEngine, QPainter, QPalette, QPixmap, QPixmapCache
from PySide6.QtSvg import QSvgRenderer

from workstation import paths

PROGRAM = "exifact"
"""The program's own icon: it keeps its colours in every theme."""


def icon(name: str) -> QIcon:
    """The icon called `name`; it follows the application's palette, the disabled state and the screen's scale.

    Raises:
        KeyError: if there is no such icon.
    """
    return QIcon(_SvgEngine(name, _source(name)))


def icon_names() -> tuple[str, ...]:
    """The names of all icons in the family, in alphabetical order."""
    return tuple(sorted(file.stem for file in (paths.resources() / "icons").glob("*.svg")))


_clones: list[QIconEngine] = []


@cache
def _source(name: str) -> bytes:
    file = paths.resources() / "icons" / f"{name}.svg"
    if not file.is_file():
        raise KeyError(name)
    return file.read_bytes()


class _SvgEngine(QIconEngine):
    """Draws one SVG with `currentColor` replaced by the palette's text colour, at device resolution."""

    def __init__(self, name: str, source: bytes) -> None:
        super().__init__()
        self._name = name
        self._svg = source

    def clone(self) -> QIconEngine:
        copy = _SvgEngine(self._name, self._svg)
        _clones.append(copy)  # Qt owns the copy from here on, but the binding would free it with its Python name
        return copy

    def iconName(self) -> str:
        return self._name

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, _state: QIcon.State) -> None:
        ratio = painter.device().devicePixelRatioF()
        pixmap = self._pixmap(QSize(round(rect.width() * ratio), round(rect.height() * ratio)), mode)
        painter.drawPixmap(QRectF(rect), pixmap, QRectF(QPointF(), pixmap.size()))

    def pixmap(self, size: QSize, mode: QIcon.Mode, _state: QIcon.State) -> QPixmap:
        return self._pixmap(size, mode)

    def scaledPixmap(self, size: QSize, mode: QIcon.Mode, _state: QIcon.State, scale: float) -> QPixmap:
        drawn = QPixmap(self._pixmap(QSize(round(size.width() * scale), round(size.height() * scale)), mode))
        drawn.setDevicePixelRatio(scale)
        return drawn

    def actualSize(self, size: QSize, _mode: QIcon.Mode, _state: QIcon.State) -> QSize:
        return size

    def _pixmap(self, size: QSize, mode: QIcon.Mode) -> QPixmap:
        """Device pixels; the square drawing is centred in `size`."""
        size = size.expandedTo(QSize(1, 1))  # a squeezed button asks for less than nothing
        colour = _colour(mode)
        key = f"exifact {self._name} {size.width()} {size.height()} {colour}"  # shared: widgets ask for icons anew
        pixmap = QPixmap()
        if not QPixmapCache.find(key, pixmap):
            pixmap = self._drawn(size, colour)
            QPixmapCache.insert(key, pixmap)
        return pixmap

    def _drawn(self, size: QSize, colour: str) -> QPixmap:
        pixmap = QPixmap(size)
        pixmap.fill(Qt.GlobalColor.transparent)
        side = min(size.width(), size.height())
        square = QRectF((size.width() - side) / 2, (size.height() - side) / 2, side, side)
        painter = QPainter(pixmap)
        renderer = QSvgRenderer(QByteArray(self._svg.replace(b"currentColor", colour.encode())))
        renderer.render(painter, square)
        painter.end()
        return pixmap


def _colour(mode: QIcon.Mode) -> str:
    palette = QGuiApplication.palette()
    if mode == QIcon.Mode.Disabled:
        return palette.color(QPalette.ColorGroup.Disabled, QPalette.ColorRole.ButtonText).name()
    if mode == QIcon.Mode.Selected:
        return palette.color(QPalette.ColorRole.HighlightedText).name()
    return palette.color(QPalette.ColorRole.ButtonText).name()
