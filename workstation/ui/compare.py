"""Two pictures side by side that move together, or two layers of one picture under a curtain."""

from __future__ import annotations

from enum import Enum

from PySide6.QtCore import QEvent, QRect, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QStackedLayout, QToolButton, QVBoxLayout, QWidget

from workstation.analysis.result import AnalysisResult
from workstation.evidence.record import Pixels
from workstation.ui.controls import plain_tip
from workstation.ui.image_view import ImageView, PointerReading
from workstation.ui.layers import Layer
from workstation.ui.theme import DARK, LIGHT, Theme

HANDLE_WIDTH = 16
"""Width in which the curtain's edge can be taken hold of, in device-independent pixels."""

KEY_SHARE = 0.05
"""Share of the width by which an arrow key draws the curtain."""


class CompareMode(Enum):
    """How two views are laid out."""

    SIDE_BY_SIDE = "side by side"
    CURTAIN = "curtain"


class ViewLock:
    """Keeps two views together: equal steps on the screen and equal changes of zoom.

    What lies beside what when the lock is closed stays so: two photographs of one scene can be brought into line with
    the lock lifted, and then move as one.
    """

    def __init__(self, first: ImageView, second: ImageView) -> None:
        self._views = (first, second)
        self._busy = False
        self.closed = True
        self._ratio = 1.0
        self._anchors = ((0.0, 0.0), (0.0, 0.0))

    def close(self) -> None:
        """Keep the views from now on as they lie now."""
        self.closed = True
        first, second = (view.canvas.camera for view in self._views)
        self._ratio = second.zoom / first.zoom
        self._anchors = ((first.centre_x, first.centre_y), (second.centre_x, second.centre_y))

    def lift(self) -> None:
        """Let each view move on its own."""
        self.closed = False

    def align(self) -> None:
        """Give the second view the first one's zoom and position, pixel for pixel."""
        self._ratio = 1.0
        self._anchors = ((0.0, 0.0), (0.0, 0.0))
        self.follow(self._views[0])

    def beside(self, leader: ImageView, position: tuple[float, float]) -> tuple[float, float] | None:
        """The stored position in the other view that lies beside one of the leader's; None with the lock lifted."""
        if not self.closed:
            return None
        other = self._views[1 - self._views.index(leader)]
        place = leader.canvas.to_view(*position)
        return other.canvas.to_stored(place + other.canvas.rect().center() - leader.canvas.rect().center())

    def follow(self, leader: ImageView) -> None:
        """Bring the other view to where the leader looks."""
        if not self.closed or self._busy:
            return
        index = self._views.index(leader)
        other = self._views[1 - index]
        ratio = self._ratio if index == 0 else 1 / self._ratio
        source, target = leader.canvas.camera, other.canvas.camera
        here, there = self._anchors[index], self._anchors[1 - index]
        x = there[0] + (source.centre_x - here[0]) / ratio
        y = there[1] + (source.centre_y - here[1]) / ratio
        if (x, y, source.zoom * ratio) == (target.centre_x, target.centre_y, target.zoom):
            return
        self._busy = True
        try:
            fitted = source.fitted and other.size() == leader.size()
            target.look_at(x, y, source.zoom * ratio)
            target.fitted = fitted and target.zoom == target.fit_zoom
            other.canvas.apply_camera()
        finally:
            self._busy = False


class CurtainHandle(QWidget):
    """The edge of the curtain: dragged with the mouse, or moved with Left and Right while it has the focus.

    Signals:
        moved(float): new position as a share of the width, 0..1.
    """

    moved = Signal(float)

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.theme = theme
        self.share = 0.5
        self.setCursor(Qt.CursorShape.SplitHCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Curtain between two layers")
        self.setToolTip("Drag the curtain; Left and Right move it while it has the focus")

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take hold."""
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Draw the curtain."""
        parent = self.parentWidget()
        width = 0 if parent is None else parent.width()
        if event.buttons() & Qt.MouseButton.LeftButton and width:
            self._move_to(self.mapToParent(event.position().toPoint()).x() / width)

    def event(self, event: QEvent) -> bool:
        """Keep the arrow keys: in the window they would move the picture."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            event.setAccepted(event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right) and not event.modifiers())
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Draw the curtain by keys."""
        steps = {Qt.Key.Key_Left: -KEY_SHARE, Qt.Key.Key_Right: KEY_SHARE}
        step = steps.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
        else:
            self._move_to(self.share + step)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the edge and its grip."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        middle = self.width() / 2
        colour = QColor(self.theme.accent) if self.hasFocus() else QColor(255, 255, 255)
        for ink, width in ((QColor(0, 0, 0, 190), 4.0), (colour, 2.0)):
            painter.setPen(QPen(ink, width))
            painter.drawLine(int(middle), 0, int(middle), self.height())
        painter.setBrush(colour)
        painter.setPen(QPen(QColor(0, 0, 0, 190), 1))
        painter.drawRoundedRect(QRect(2, self.height() // 2 - 18, self.width() - 4, 36), 5, 5)
        painter.setPen(QPen(QColor(0, 0, 0, 200), 1.5))
        for dx in (-2.5, 2.5):
            painter.drawLine(int(middle + dx), self.height() // 2 - 7, int(middle + dx), self.height() // 2 + 7)

    def _move_to(self, share: float) -> None:
        share = min(max(share, 0.0), 1.0)
        if share != self.share:
            self.share = share
            self.moved.emit(share)


class Curtain(QWidget):
    """Two views of the same size on top of each other; the upper one is seen left of the curtain's edge."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._upper: ImageView | None = None
        self._lower: ImageView | None = None
        self._window = QWidget(self)
        self.handle = CurtainHandle(theme, self)
        self.handle.moved.connect(self._draw)
        self._names = (QLabel(self), QLabel(self))
        for name in self._names:
            name.setTextFormat(Qt.TextFormat.PlainText)
            name.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
            name.setStyleSheet("background: rgba(0, 0, 0, 190); color: white; padding: 2px 6px; border-radius: 3px;")

    def take(self, upper: ImageView, lower: ImageView) -> None:
        """Hang up two views."""
        self._upper, self._lower = upper, lower
        lower.setParent(self)
        lower.lower()
        upper.setParent(self._window)
        for view in (upper, lower):
            view.show()
        self._draw()

    def release(self) -> None:
        """Let go of the views; whoever takes them next lays them out."""
        self._upper = self._lower = None

    def set_names(self, left: str, right: str) -> None:
        """Say what is left and right of the edge."""
        for label, text in zip(self._names, (left, right), strict=True):
            label.setText(text)
            label.adjustSize()
        self._draw()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep both views as large as the whole."""
        super().resizeEvent(event)
        self._draw()

    def _draw(self) -> None:
        edge = round(self.handle.share * self.width())
        whole = QRect(0, 0, self.width(), self.height())
        self._window.setGeometry(0, 0, edge, self.height())
        for view in (self._upper, self._lower):
            if view is not None and view.geometry() != whole:
                view.setGeometry(whole)
        self.handle.setGeometry(edge - HANDLE_WIDTH // 2, 0, HANDLE_WIDTH, self.height())
        left, right = self._names
        bottom = self.height() - left.height() - 12
        left.move(edge - left.width() - 14, bottom)
        right.move(edge + 14, bottom)
        for widget in (self._window, self.handle, *self._names):
            widget.raise_()


class CompareView(QWidget):
    """Two picture views whose zoom and position are locked, side by side or with a curtain between them.

    Attributes:
        left, right: the two views; left lies under the left part in both modes.

    Signals:
        lock_changed(bool): the lock was closed or lifted.
        mode_changed(object): the CompareMode.
    """

    lock_changed = Signal(bool)
    mode_changed = Signal(object)

    def __init__(self, parent: QWidget | None = None, *, dark: bool = True) -> None:
        super().__init__(parent)
        theme = DARK if dark else LIGHT
        self.left, self.right = ImageView(dark=dark), ImageView(dark=dark)
        self.left.setAccessibleName("Left picture view")
        self.right.setAccessibleName("Right picture view")
        self._mode = CompareMode.SIDE_BY_SIDE
        self._lock = ViewLock(self.left, self.right)
        self._titles = (QLabel(), QLabel())
        self._named = ("", "")
        self._curtain = Curtain(theme)
        self._columns = QWidget()
        self._make_columns()
        self._lock_button = QToolButton(self._columns)
        self._make_lock_button()
        self._stack = QStackedLayout(self)
        self._stack.setContentsMargins(0, 0, 0, 0)
        self._stack.addWidget(self._columns)
        self._stack.addWidget(self._curtain)
        self.setAccessibleName("Comparison")
        for view in (self.left, self.right):
            view.layer_changed.connect(self._name_layers)
        self.left.view_moved.connect(self._left_moved)
        self.right.view_moved.connect(self._right_moved)
        self.left.hovered.connect(self._left_hovered)
        self.right.hovered.connect(self._right_hovered)

    def _make_columns(self) -> None:
        self._sides = (QVBoxLayout(), QVBoxLayout())
        row = QHBoxLayout(self._columns)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2)
        for side, title, view in zip(self._sides, self._titles, (self.left, self.right), strict=True):
            side.setSpacing(0)
            title.setContentsMargins(8, 4, 8, 4)
            title.setTextFormat(Qt.TextFormat.PlainText)
            title.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
            side.addWidget(title)
            side.addWidget(view, 1)
            row.addLayout(side, 1)

    def _make_lock_button(self) -> None:
        button = self._lock_button
        button.setCheckable(True)
        button.setChecked(True)
        button.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        button.toggled.connect(self.set_locked)
        self._show_lock()

    @property
    def mode(self) -> CompareMode:
        """How the views are laid out."""
        return self._mode

    @property
    def locked(self) -> bool:
        """Whether the views move together."""
        return self._lock.closed

    def show_pair(
        self, left: tuple[Pixels, AnalysisResult | None], right: tuple[Pixels, AnalysisResult | None]
    ) -> None:
        """Show two pictures side by side, each with its maps; both are fitted and then move together."""
        self.set_mode(CompareMode.SIDE_BY_SIDE)
        for view, (pixels, result) in ((self.left, left), (self.right, right)):
            view.show_pixels(pixels)
            view.show_result(result)
        self._fit_both()

    def show_layers(self, pixels: Pixels, result: AnalysisResult | None, left: Layer, right: Layer) -> None:
        """Draw a curtain between two layers of one picture."""
        self.set_mode(CompareMode.CURTAIN)
        for view, layer in ((self.left, left), (self.right, right)):
            view.show_pixels(pixels)
            view.show_result(result)
            view.set_layer(layer)
        self._fit_both()
        self._name_layers()

    def set_titles(self, left: str, right: str) -> None:
        """Name the two pictures (their files)."""
        self._named = left, right
        self._fit_titles()
        for label, text in zip(self._titles, (left, right), strict=True):
            label.setToolTip(plain_tip(text))
            label.setAccessibleName(text)

    def _fit_titles(self) -> None:
        """Shorten the names in the middle: a long one would make the window wider than the screen."""
        room = max(80, (self.width() - self._lock_button.width()) // 2 - 32)
        for label, text in zip(self._titles, self._named, strict=True):
            label.setText(label.fontMetrics().elidedText(text, Qt.TextElideMode.ElideMiddle, room))

    def set_mode(self, mode: CompareMode) -> None:
        """Lay the views out side by side or under a curtain; where they look stays."""
        if mode is self._mode:
            return
        self._mode = mode
        if mode is CompareMode.CURTAIN:
            self.set_locked(True)
            self._curtain.take(self.left, self.right)
            self._stack.setCurrentWidget(self._curtain)
            self._lock.align()
        else:
            self._curtain.release()
            for side, view in zip(self._sides, (self.left, self.right), strict=True):
                side.addWidget(view, 1)
                view.show()
            self._stack.setCurrentWidget(self._columns)
        self._lock_button.setVisible(mode is CompareMode.SIDE_BY_SIDE)
        self._name_layers()
        self.mode_changed.emit(mode)

    def set_locked(self, locked: bool) -> None:
        """Close the lock (what lies beside what stays so) or lift it; the curtain needs it closed."""
        locked = locked or self._mode is CompareMode.CURTAIN
        if locked == self._lock.closed:
            return
        if locked:
            self._lock.close()
        else:
            self._lock.lift()
        self._lock_button.setChecked(locked)
        self._show_lock()
        self.lock_changed.emit(locked)

    def align(self) -> None:
        """Give the right view the left one's zoom and position, pixel for pixel, and close the lock."""
        self.set_locked(True)
        self._lock.align()

    def set_theme(self, dark: bool) -> None:
        """Take the colours of the dark or the light theme."""
        self.left.set_theme(dark)
        self.right.set_theme(dark)
        self._curtain.handle.theme = DARK if dark else LIGHT
        self._curtain.handle.update()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """The left view takes the keys; by Tab the rest can be reached."""
        self.left.canvas.setFocus(event.reason())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the lock between the two pictures."""
        super().resizeEvent(event)
        self._place_lock()
        self._fit_titles()

    def event(self, event: QEvent) -> bool:
        """Place the lock once the layout is known."""
        done = super().event(event)
        if event.type() in (QEvent.Type.LayoutRequest, QEvent.Type.Show):
            self._place_lock()
        return bool(done)

    def _fit_both(self) -> None:
        self._lock.lift()
        self.left.fit()
        self.right.fit()
        self._lock.close()
        self._lock_button.setChecked(True)
        self._show_lock()

    def _place_lock(self) -> None:
        self._lock_button.move((self.width() - self._lock_button.width()) // 2, 2)
        self._lock_button.raise_()
        for title in self._titles:
            title.setMinimumHeight(self._lock_button.height() + 4)
        self._titles[1].setContentsMargins(self._lock_button.width() // 2 + 8, 4, 8, 4)

    def _show_lock(self) -> None:
        closed = self._lock.closed
        words = "locked" if closed else "unlocked"
        self._lock_button.setText(words.capitalize())
        self._lock_button.adjustSize()
        self._place_lock()
        self._lock_button.setAccessibleName(f"Zoom and position {words}")
        self._lock_button.setToolTip(
            "Both pictures move together; click to move one alone"
            if closed
            else "The pictures move separately; click to keep them as they lie now"
        )

    def _name_layers(self) -> None:
        self._curtain.set_names(self.left.layer.title, self.right.layer.title)
        curtain = self._mode is CompareMode.CURTAIN
        self.left.set_legend_corner(Qt.Corner.TopLeftCorner if curtain else Qt.Corner.TopRightCorner)

    def _left_hovered(self, reading: PointerReading | None) -> None:
        self._show_twin(self.left, self.right, reading)

    def _right_hovered(self, reading: PointerReading | None) -> None:
        self._show_twin(self.right, self.left, reading)

    def _show_twin(self, view: ImageView, other: ImageView, reading: PointerReading | None) -> None:
        """Side by side, show in one view where the pointer is in the other."""
        place = None
        if reading is not None and self._mode is CompareMode.SIDE_BY_SIDE:
            place = self._lock.beside(view, (reading.x + 0.5, reading.y + 0.5))
        other.canvas.pointer.set_twin(place)

    def _left_moved(self) -> None:
        self._lock.follow(self.left)

    def _right_moved(self) -> None:
        self._lock.follow(self.right)
