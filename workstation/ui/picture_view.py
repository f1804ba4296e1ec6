"""A photograph that is looked at: what is shown, and where; what lies under the pointer; what is said over it."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QEvent, QPointF, Signal
from PySide6.QtGui import QFocusEvent, QImage, QResizeEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from workstation.analysis.colours import ByteArray
from workstation.evidence.display import oriented
from workstation.evidence.record import Pixels
from workstation.ui.canvas import Canvas
from workstation.ui.display_colours import display_transform
from workstation.ui.display_frame import DisplayFrame
from workstation.ui.floating import Floating, picture_of
from workstation.ui.pointer import PointerReading
from workstation.ui.pointer_reader import PointerReader
from workstation.ui.pyramid import Pyramid
from workstation.ui.theme import DARK, LIGHT


class PictureView(QWidget):
    """A photograph, the pointer's answers, and messages over it. All positions are stored pixels.

    Space (held), arrow keys, Delete, Return and Backspace act while the picture has the focus; every other key is an
    action of the window. `canvas` is the widget that takes the focus; give shortcuts the context
    `WidgetWithChildrenShortcut` on the view.

    Signals:
        hovered(object): PointerReading of the pixel under the pointer, None outside the picture.
        pinned(object): PointerReading of a clicked pixel; None when the pin was taken away.
        zoom_changed(float): device pixels per image pixel, in per cent.
        patches_under_pointer(object): (rows, columns) bool over the patch grid, or None; only when it changed.
        message_action(str): the button of the message was pressed; carries its text.
        context_requested(object): right click; QPoint on the screen.
        view_moved(): position, zoom or size of the view changed.
    """

    hovered = Signal(object)
    pinned = Signal(object)
    zoom_changed = Signal(float)
    patches_under_pointer = Signal(object)
    message_action = Signal(str)
    context_requested = Signal(object)
    view_moved = Signal()

    def __init__(self, parent: QWidget | None = None, *, dark: bool = True) -> None:
        super().__init__(parent)
        self._pixels: Pixels | None = None
        self._last_zoom = 0.0
        theme = DARK if dark else LIGHT
        self.canvas = Canvas(self)
        self._reader = PointerReader(self.canvas, self)
        self._floating = Floating(theme, self)
        self.legend, self.message_bar = self._floating.legend, self._floating.message_bar
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.canvas)
        self.setAccessibleName("Picture view")
        self.set_theme(dark)
        self.canvas.view_changed.connect(self._view_changed)
        self.canvas.context_requested.connect(self.context_requested)
        self._reader.hovered.connect(self.hovered)
        self._reader.pinned.connect(self.pinned)
        self._reader.patches_under_pointer.connect(self.patches_under_pointer)
        self.message_bar.action_triggered.connect(self.message_action)

    # What is shown

    @property
    def pixels(self) -> Pixels | None:
        """The picture shown."""
        return self._pixels

    @property
    def zoom(self) -> float:
        """Device pixels per image pixel, in per cent."""
        return self.canvas.camera.zoom * 100

    @property
    def is_settled(self) -> bool:
        """Whether what is painted of the picture is final."""
        return self.canvas.picture.settled

    def visible_area(self) -> tuple[float, float, float, float] | None:
        """(x, y, width, height) of what is in view, in stored pixels, cut at the picture's border; None for nothing."""
        if self._pixels is None:
            return None
        size = self.canvas.viewport().size()
        corners = [self.canvas.to_stored(QPointF(x, y)) for x in (0, size.width()) for y in (0, size.height())]
        left, right = (min(max(side, 0.0), self._pixels.width) for side in _ends(x for x, _ in corners))
        top, bottom = (min(max(side, 0.0), self._pixels.height) for side in _ends(y for _, y in corners))
        return (left, top, right - left, bottom - top) if right > left and bottom > top else None

    def look_at(self, x: float, y: float) -> None:
        """Show a stored position in the middle of the view, at 100 % or more."""
        camera = self.canvas.camera
        camera.look_at(*self.canvas.frame.to_display(x, y), max(1.0, camera.zoom))
        self.canvas.apply_camera()

    def reading_at(self, position: QPointF) -> PointerReading | None:
        """What the picture says at a position of the view; None outside the picture."""
        return self._reader.reading_at(position)

    def show_pixels(self, pixels: Pixels | None) -> None:
        """Show a picture, or none. Everything that belonged to the last one is dropped; the view stays if sizes agree.

        Nothing of the picture's size is computed here: what is in view is converted when it is painted.
        """
        if pixels is self._pixels and pixels is not None:
            return
        self._drop_picture(pixels)
        canvas = self.canvas
        if pixels is None:
            canvas.picture.set_picture(None)
            canvas.values.set_rgb(None)
            canvas.set_frame(DisplayFrame(0, 0))
        else:
            canvas.picture.set_picture(Pyramid.of(pixels), display_transform(pixels))
            canvas.values.set_rgb(oriented(pixels.rgb, pixels.orientation))
            canvas.set_frame(DisplayFrame(pixels.width, pixels.height, pixels.orientation))
        self._show_over_picture()

    def show_stand_in(self, thumbnail: ByteArray, frame: DisplayFrame) -> None:
        """Show a thumbnail where a picture will be that is being read; the view stays if sizes agree.

        Args:
            thumbnail: (h, w, 3) uint8, oriented for display.
            frame: of the picture.
        """
        self._drop_picture(None)
        self.canvas.values.set_rgb(None)
        self.canvas.picture.set_stand_in(thumbnail, frame.display_size)
        self.canvas.set_frame(frame, stand_in=True)
        self._show_over_picture()

    def _drop_picture(self, pixels: Pixels | None) -> None:
        """Let go of everything that belonged to the last picture; `pixels` are those of the next one."""
        self._pixels = pixels
        self._reader.set_pixels(pixels)

    def _show_over_picture(self) -> None:
        """Show what lies over a new picture; a subclass has more."""
        self.canvas.viewport().update()

    # Moving around

    def fit(self) -> None:
        """Show the whole picture."""
        self.canvas.camera.fit()
        self.canvas.apply_camera()

    def actual_size(self) -> None:
        """One image pixel on one device pixel, around the middle of the view."""
        self._zoom_to(1.0)

    def zoom_in(self) -> None:
        """To the next larger step."""
        self._zoom_to(self.canvas.camera.next_step(+1))

    def zoom_out(self) -> None:
        """To the next smaller step."""
        self._zoom_to(self.canvas.camera.next_step(-1))

    def pan(self, dx: float, dy: float) -> None:
        """Move the picture by device-independent pixels, right and down."""
        self.canvas.pan(dx, dy)

    # Around the picture

    def show_message(self, text: str, kind: str, action_text: str | None = None) -> None:
        """Show a sentence over the picture (see `MessageBar.show_message`)."""
        self.message_bar.show_message(text, kind, action_text)
        self._floating.place()

    def hide_message(self) -> None:
        """Take the message away."""
        self.message_bar.hide()

    def grab_view(self) -> QImage:
        """The picture as it is seen now, legend included, messages and focus frame left out; in device pixels."""
        return picture_of(self.canvas, None if self.legend.isHidden() else self.legend)

    def set_theme(self, dark: bool) -> None:
        """Take the colours of the dark or the light theme."""
        theme = DARK if dark else LIGHT
        self.canvas.set_theme(theme)
        self._floating.set_theme(theme)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """The canvas takes the keys. A focus proxy would, too, but then Tab would never reach legend and message."""
        self.canvas.setFocus(event.reason())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep what floats at its corner."""
        super().resizeEvent(event)
        self._floating.place()

    def changeEvent(self, event: QEvent) -> None:
        """The text grew or shrank."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._floating.place()

    def _view_changed(self) -> None:
        if self.canvas.camera.zoom != self._last_zoom:
            self._last_zoom = self.canvas.camera.zoom
            if self.pixels is not None:
                self.zoom_changed.emit(self.zoom)
        self.view_moved.emit()

    def _zoom_to(self, zoom: float) -> None:
        camera = self.canvas.camera
        camera.zoom_at(camera.view_width / 2, camera.view_height / 2, zoom)
        self.canvas.apply_camera()


def _ends(values: Iterable[float]) -> tuple[float, float]:
    found = list(values)
    return min(found), max(found)
