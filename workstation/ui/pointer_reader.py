"""What the picture answers to the pointer: readings while it moves, pins where it clicks."""

from __future__ import annotations

from PySide6.QtCore import QObject, QPointF, QRectF, Signal

from workstation.analysis.geometry import PatchGrid
from workstation.evidence.record import Pixels
from workstation.ui.canvas import Canvas
from workstation.ui.cells import nearest_patch, patches_at
from workstation.ui.layers import Layer, LayerSource
from workstation.ui.pointer import PointerReading


class PointerReader(QObject):
    """Reads pixels and maps under the pointer, and marks patch and pin on the canvas.

    Signals:
        hovered(object): PointerReading, None outside the picture; only when it changed.
        pinned(object): PointerReading of a clicked pixel, None when the pin was taken away.
        patches_under_pointer(object): (rows, columns) bool over the patch grid, or None; only when it changed.
    """

    hovered = Signal(object)
    pinned = Signal(object)
    patches_under_pointer = Signal(object)

    def __init__(self, canvas: Canvas, parent: QObject) -> None:
        super().__init__(parent)
        self._canvas = canvas
        self._pixels: Pixels | None = None
        self._source = LayerSource()
        self._layer = Layer.ORIGINAL
        self._position: QPointF | None = None
        self._reading: PointerReading | None = None
        self._patches: bytes | None = None
        self._pin: tuple[float, float] | None = None
        canvas.pointer_moved.connect(self.point_at)
        canvas.view_changed.connect(self._read_again)
        canvas.click_began.connect(self._mark_pin)
        canvas.click_withdrawn.connect(self._restore_pin)
        canvas.clicked.connect(self.pin_at)

    @property
    def has_pin(self) -> bool:
        """Whether a pixel is pinned."""
        return self._pin is not None

    def set_pixels(self, pixels: Pixels | None) -> None:
        """Read from another picture, whose maps are still unknown; pointer and pin are forgotten."""
        self.unpin()
        self.point_at(None)
        self._pixels, self._source = pixels, LayerSource()

    def set_maps(self, source: LayerSource, layer: Layer) -> None:
        """Read from other maps; what lies under a resting pointer and at the pin is read again."""
        self._source, self._layer = source, layer
        self._read_again()
        if self._pin is not None:
            self.pinned.emit(self._reading_of(int(self._pin[0]), int(self._pin[1])))

    def reading_at(self, position: QPointF) -> PointerReading | None:
        """What the picture says at a position of the view; None outside the picture."""
        pixel = self._canvas.frame.pixel_at(*self._canvas.camera.to_image(position.x(), position.y()))
        return None if pixel is None else self._reading_of(*pixel)

    def _reading_of(self, x: int, y: int) -> PointerReading | None:
        """What the picture says at a stored pixel."""
        if self._pixels is None:
            return None
        red, green, blue = (int(sample) for sample in self._pixels.rgb[y, x])
        source, grid = self._source, self._grid
        departure = source.departure_at(x + 0.5, y + 0.5)
        return PointerReading(
            x=x,
            y=y,
            rgb=(red, green, blue),
            departure=departure,
            patch=None if grid is None else nearest_patch(grid, x + 0.5, y + 0.5),
            layer=self._layer,
            value=source.value_at(self._layer, x + 0.5, y + 0.5),
            assessable=departure is not None or source.partial is not None or not source.has(Layer.DEPARTURE),
        )

    def point_at(self, position: QPointF | None) -> None:
        """The pointer is at a position of the view, or left it."""
        self._position = position
        reading = None if position is None else self.reading_at(position)
        if reading == self._reading:
            return
        self._reading = reading
        self._mark_patches(reading)
        self.hovered.emit(reading)

    def pin_at(self, position: QPointF) -> None:
        """Pin the pixel at a position of the view; outside the picture nothing happens."""
        reading = self.reading_at(position)
        if reading is not None:
            self._set_pin((reading.x + 0.5, reading.y + 0.5))
            self.pinned.emit(reading)

    def unpin(self) -> None:
        """Take the pin away."""
        if self._pin is not None:
            self._set_pin(None)
            self.pinned.emit(None)

    @property
    def _grid(self) -> PatchGrid | None:
        result = self._source.result
        return None if result is None else result.grid

    def _read_again(self) -> None:
        self.point_at(self._position)

    def _mark_patches(self, reading: PointerReading | None) -> None:
        """Outline the patch under the pointer and say which patches hold the pixel."""
        grid = self._grid
        if reading is None or reading.patch is None or grid is None or self._pixels is None:
            self._canvas.pointer.set_patch(None)
            if self._patches is not None:
                self._patches = None
                self.patches_under_pointer.emit(None)
            return
        whole = QRectF(0, 0, self._pixels.width, self._pixels.height)
        self._canvas.pointer.set_patch(QRectF(*grid.box(*reading.patch)).intersected(whole))
        mask = patches_at(grid, reading.x, reading.y)
        if mask.tobytes() != self._patches:
            self._patches = mask.tobytes()
            self.patches_under_pointer.emit(mask)

    def _mark_pin(self, position: QPointF) -> None:
        reading = self.reading_at(position)
        if reading is not None:
            self._canvas.pointer.set_pin((reading.x + 0.5, reading.y + 0.5))

    def _restore_pin(self) -> None:
        self._canvas.pointer.set_pin(self._pin)

    def _set_pin(self, position: tuple[float, float] | None) -> None:
        self._pin = position
        self._canvas.pointer.set_pin(position)
