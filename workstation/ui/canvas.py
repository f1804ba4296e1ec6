"""The surface that the picture lies on: it owns the camera and the items, and turns mouse and keys into intentions."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QNativeGestureEvent,
    QPainter,
    QPen,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QApplication, QWidget

from workstation.ui.camera import Camera
from workstation.ui.display_frame import DisplayFrame
from workstation.ui.overlays import HighlightItem, MapItem, MarkingItem, Overlay, PointerItem
from workstation.ui.picture_item import PictureItem
from workstation.ui.pixel_values import PixelValuesItem
from workstation.ui.region_editor import RegionEditor
from workstation.ui.region_items import RegionsItem
from workstation.ui.region_tools import Tool
from workstation.ui.theme import DARK, Theme

pg.setConfigOptions(imageAxisOrder="row-major")

WHEEL_FACTOR = 1.25
"""How much one notch of the wheel zooms."""

DRAG_START = 4.0
"""View pixels that the pointer must move before a press is a drag."""

PAN_SHARE = 0.1
"""Share of the view that an arrow key moves."""

STAND_IN = "No region: this is a small preview, the picture is still being read. Draw as soon as it is there."


class Drag(Enum):
    """What a held button does."""

    PAN = "pan"
    DRAW = "draw"
    EDIT = "edit"


@dataclass(slots=True)
class _Press:
    """A held mouse button: where it went down, where the pointer was last, what it does, whether it left its place."""

    start: QPointF
    last: QPointF
    drag: Drag
    far: bool = False


class Canvas(pg.GraphicsView):  # type: ignore[misc]  # pyqtgraph has no types
    """Shows one picture and what lies over it; knows positions and gestures, but no maps and no evidence.

    Signals:
        view_changed(): zoom, position or size of the view changed.
        pointer_moved(object): QPointF in view coordinates, or None when the pointer left.
        clicked(object): a single click with the hand, once it is sure that no second one follows; QPointF.
        click_began(object): the same at once, while a second one may still follow; QPointF.
        click_withdrawn(): the click was the first of a double click.
        region_drawn(object): Region without a name.
        region_selected(str): name, "" for none.
        region_changed(object): Region that was moved or resized.
        region_refused(str): what was drawn encloses nothing, or there is nothing to draw on; carries a sentence.
        region_delete_requested(str): Delete was pressed while a region was selected.
        blink_requested(bool): Space went down or up.
        context_requested(object): right click; QPoint on the screen.
        focused(): the keys are meant for this canvas from now on.
    """

    view_changed = Signal()
    pointer_moved = Signal(object)
    clicked = Signal(object)
    click_began = Signal(object)
    click_withdrawn = Signal()
    region_drawn = Signal(object)
    region_selected = Signal(str)
    region_changed = Signal(object)
    region_refused = Signal(str)
    region_delete_requested = Signal(str)
    blink_requested = Signal(bool)
    context_requested = Signal(object)
    focused = Signal()

    _overlays: tuple[Overlay, ...] = ()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, background=None)
        self.camera = Camera()
        self.frame = DisplayFrame(0, 0)
        self.tool = Tool.HAND
        self._stand_in = False
        self.draws_focus = True
        self._theme = DARK
        self._press: _Press | None = None
        self._click_position: QPointF | None = None
        self._click_timer = QTimer(self)
        self._click_timer.setSingleShot(True)
        self._click_timer.timeout.connect(self._confirm_click)
        self._make_items()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.viewport().setMouseTracking(True)
        self.setAcceptDrops(False)  # files are dropped on the window
        self.viewport().setAcceptDrops(False)
        self.setFrameShape(pg.GraphicsView.Shape.NoFrame)
        self.setAccessibleName("Picture")
        self.setAccessibleDescription("The photograph with the chosen layer. Arrow keys move it, plus and minus zoom.")

    def _make_items(self) -> None:
        self._box = pg.ViewBox(enableMenu=False, enableMouse=False, invertY=True, defaultPadding=0)
        self._box.disableAutoRange()
        self.setCentralItem(self._box)
        accent = QColor(self._theme.accent)
        self.picture = PictureItem()
        self.map = MapItem()
        for item in (self.picture, self.map):
            self._box.addItem(item, ignoreBounds=True)
        self.marking = MarkingItem(self.camera)
        self.highlight = HighlightItem(self.camera, accent)
        self.values = PixelValuesItem(self.camera)
        self.regions = RegionsItem(self.camera, accent)
        self.pointer = PointerItem(self.camera)
        self._editor = RegionEditor(self.regions, self)
        self._editor.region_drawn.connect(self.region_drawn)
        self._editor.region_changed.connect(self.region_changed)
        self._editor.region_refused.connect(self.region_refused)
        self._overlays = (self.values, self.marking, self.highlight, self.regions, self.pointer)
        for depth, overlay in enumerate(self._overlays):
            overlay.setZValue(10 + depth)
            self.scene().addItem(overlay)

    def set_theme(self, theme: Theme) -> None:
        """Take other colours for the ground, the focus and what is selected."""
        self._theme = theme
        self.setBackground(QColor(theme.base if theme.dark else theme.window))
        self.highlight.accent = self.regions.accent = QColor(theme.accent)
        self.viewport().update()

    def set_frame(self, frame: DisplayFrame, *, stand_in: bool = False) -> None:
        """Lie under a picture of this size and orientation; one displayed at the same size keeps the view.

        Args:
            frame: of the picture.
            stand_in: whether a thumbnail stands there instead; no region is drawn on what is not seen.
        """
        self.frame, self._stand_in = frame, stand_in
        self.cancel_drawing()
        self._show_cursor()
        self._forget_click()
        self.map.set_frame(frame)
        for overlay in self._overlays:
            overlay.set_frame(frame)
        self.camera.set_image(*frame.display_size)
        self.apply_camera()

    def set_tool(self, tool: Tool) -> None:
        """Take another tool into the hand."""
        self.cancel_drawing()
        self.tool = tool
        self._show_cursor()

    def cancel_drawing(self) -> bool:
        """Drop an unfinished region or drag; returns whether there was one."""
        self._press = None
        return self._editor.cancel()

    def apply_camera(self) -> None:
        """Bring everything to where the camera looks."""
        left, top, right, bottom = self.camera.visible()
        area = QRectF(left, top, right - left, bottom - top)
        self._box.setRange(rect=area, padding=0, update=True, disableAutoRange=True)
        self.picture.set_view(area, self.camera.zoom)
        self.viewport().update()
        self.view_changed.emit()

    def to_stored(self, position: QPointF) -> tuple[float, float]:
        """The stored position under a view position, beyond the image's borders too."""
        return self.frame.to_stored(*self.camera.to_image(position.x(), position.y()))

    def to_view(self, x: float, y: float) -> QPointF:
        """Where a stored position lies in the view."""
        return QPointF(*self.camera.to_view(*self.frame.to_display(x, y)))

    def zoom_at(self, position: QPointF, factor: float) -> None:
        """Zoom around a view position."""
        self.camera.zoom_at(position.x(), position.y(), self.camera.zoom * factor)
        self.apply_camera()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the middle of the view in the middle."""
        super().resizeEvent(event)
        if self._overlays:  # pyqtgraph resizes while it constructs
            self._take_view_size()

    def _take_view_size(self) -> None:
        size = self.viewport().size()
        self.camera.set_view(size.width(), size.height(), self.devicePixelRatioF())
        for overlay in self._overlays:
            overlay.set_view_size(size.width(), size.height())
        self.apply_camera()

    def event(self, event: QEvent) -> bool:
        """Follow the screen's pixel ratio."""
        if event.type() == QEvent.Type.DevicePixelRatioChange and self._overlays:
            self._take_view_size()
        return bool(super().event(event))

    def viewportEvent(self, event: QEvent) -> bool:
        """Zoom by a pinch on a touchpad."""
        if isinstance(event, QNativeGestureEvent) and event.gestureType() == Qt.NativeGestureType.ZoomNativeGesture:
            self.zoom_at(event.position(), 1 + event.value())
            return True
        return bool(super().viewportEvent(event))

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom to the cursor."""
        turn = event.angleDelta().y() or event.angleDelta().x()
        if turn and self.frame.width:
            self.zoom_at(event.position(), WHEEL_FACTOR ** (turn / 120))
            self.pointer_moved.emit(event.position())
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin to pan, draw, move or resize."""
        event.accept()
        if not self.frame.width or event.button() not in (Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton):
            return
        self._settle_click()
        position = event.position()
        if event.button() == Qt.MouseButton.MiddleButton:
            self._press = _Press(position, position, Drag.PAN)
        elif self.tool is Tool.HAND:
            held = self._editor.take_hold(*self.to_stored(position), position)
            self._press = _Press(position, position, Drag.EDIT if held else Drag.PAN)
        elif self._stand_in:
            self.region_refused.emit(STAND_IN)
        elif self._editor.press(self.tool, *self.to_stored(position)):
            self._press = _Press(position, position, Drag.DRAW)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Go on with what the button does, and say where the pointer is."""
        event.accept()
        position = event.position()
        press = self._press
        if press is not None:
            gone = position - press.start
            press.far = press.far or gone.manhattanLength() >= DRAG_START
            if press.far or press.drag is Drag.DRAW:
                self._go_on(press, position, event.modifiers())
            press.last = position
        else:
            self._editor.draw_to(*self.to_stored(position))
        self.pointer_moved.emit(position)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Finish what the button did."""
        event.accept()
        press, self._press = self._press, None
        if press is None:
            return
        self._show_cursor()
        if press.drag is Drag.DRAW:
            self._editor.release()
            return
        if press.drag is Drag.EDIT:
            self._editor.let_go()
        if not press.far and event.button() == Qt.MouseButton.LeftButton and self.tool is Tool.HAND:
            self._click(press.start)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Close a polygon; otherwise go between fit and 100 % around the pointer."""
        event.accept()
        if event.button() != Qt.MouseButton.LeftButton or not self.frame.width:
            return
        if self._forget_click():
            self.click_withdrawn.emit()
        if self.tool is Tool.POLYGON:
            self._editor.close()
            return
        if self.camera.fitted:
            self.camera.zoom_at(event.position().x(), event.position().y(), 1.0)
        else:
            self.camera.fit()
        self.apply_camera()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Leave the menu to the window."""
        self.context_requested.emit(event.globalPos())
        event.accept()

    def leaveEvent(self, event: QEvent) -> None:
        """The pointer left."""
        super().leaveEvent(event)
        self.pointer_moved.emit(None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows move the picture, with Shift the region; Space blinks; Return closes a polygon or pins the middle."""
        arrows = {
            Qt.Key.Key_Left: (1, 0),
            Qt.Key.Key_Right: (-1, 0),
            Qt.Key.Key_Up: (0, 1),
            Qt.Key.Key_Down: (0, -1),
        }
        key, shift = Qt.Key(event.key()), bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        plain = not event.modifiers() & ~(Qt.KeyboardModifier.KeypadModifier | Qt.KeyboardModifier.ShiftModifier)
        if key in arrows and plain:
            dx, dy = arrows[key]
            if shift and self.regions.selected_region is not None:
                self._nudge(-dx, -dy)
            else:
                self.pan(dx * PAN_SHARE * self.camera.view_width, dy * PAN_SHARE * self.camera.view_height)
        elif key == Qt.Key.Key_Space and plain:
            if not event.isAutoRepeat():
                self.blink_requested.emit(True)
        elif key == Qt.Key.Key_Delete and self.regions.selected:
            self.region_delete_requested.emit(self.regions.selected)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._confirm_by_key()
        elif key == Qt.Key.Key_Backspace and self._editor.drawing:
            self._editor.step_back()
        else:
            event.ignore()
            return
        event.accept()

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        """Space up ends the blink."""
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self.blink_requested.emit(False)
            event.accept()
        else:
            event.ignore()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show the focus."""
        super().focusInEvent(event)
        self.viewport().update()
        self.focused.emit()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Show that the focus is gone; a held Space counts as released."""
        super().focusOutEvent(event)
        self.blink_requested.emit(False)
        self.viewport().update()

    def drawForeground(self, painter: QPainter, rect: QRectF) -> None:
        """A frame around the view while it has the focus."""
        super().drawForeground(painter, rect)
        if self.draws_focus and self.hasFocus():
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)  # Qt's own signature
            painter.setPen(QPen(QColor(self._theme.accent), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(QRectF(self.viewport().rect()).adjusted(1, 1, -1, -1))

    def pan(self, dx: float, dy: float) -> None:
        """Move the picture by view pixels."""
        self.camera.pan(dx, dy)
        self.apply_camera()

    def _show_cursor(self) -> None:
        drawing = Qt.CursorShape.ForbiddenCursor if self._stand_in else Qt.CursorShape.CrossCursor
        self.viewport().setCursor(Qt.CursorShape.ArrowCursor if self.tool is Tool.HAND else drawing)

    def _go_on(self, press: _Press, position: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        if press.drag is Drag.PAN:
            self.viewport().setCursor(Qt.CursorShape.ClosedHandCursor)
            moved_by = position - press.last
            self.pan(moved_by.x(), moved_by.y())
            return
        x, y = self.to_stored(position)
        if press.drag is Drag.DRAW:
            self._editor.draw_to(x, y, square=bool(modifiers & Qt.KeyboardModifier.ShiftModifier))
        else:
            self._editor.drag_held(x, y)

    def _click(self, position: QPointF) -> None:
        region = self.regions.region_at(*self.to_stored(position))
        if region is not None and region.name != self.regions.selected:
            self.region_selected.emit(region.name)
            return
        if region is None and self.regions.selected:
            self.region_selected.emit("")
        self._click_position = position
        self._click_timer.start(QApplication.doubleClickInterval())
        self.click_began.emit(position)

    def _confirm_click(self) -> None:
        position, self._click_position = self._click_position, None
        if position is not None:
            self.clicked.emit(position)

    def _settle_click(self) -> None:
        """Another press that makes no double click: the click before it counts at once."""
        if self._click_timer.isActive():
            self._click_timer.stop()
            self._confirm_click()

    def _forget_click(self) -> bool:
        """Let the last click not count; returns whether there was one."""
        waiting = self._click_timer.isActive()
        self._click_timer.stop()
        self._click_position = None
        return waiting

    def _confirm_by_key(self) -> None:
        if self._editor.drawing:
            self._editor.close()
        elif self.frame.width:
            self.clicked.emit(QPointF(self.camera.view_width / 2, self.camera.view_height / 2))

    def _nudge(self, dx: int, dy: int) -> None:
        """Move the selected region by a step as it is seen."""
        x0, y0 = self.frame.to_stored(0, 0)
        x1, y1 = self.frame.to_stored(dx, dy)
        self._editor.nudge(round(x1 - x0), round(y1 - y0))
