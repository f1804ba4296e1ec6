"""What the analyst really looked at: the parts of the photograph that rested on the screen at 100 % or more."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from workstation.ui.image_view import ImageView, Layer
from workstation.ui.session import OpenExhibit, Session

RESTED_MS = 400
"""A view counts once it has stood still for so long: what flies past while panning was not looked at."""


class ViewingWatch(QObject):
    """Watches the single picture. Only the original counts: a map lies over a dimmed, grey picture.

    Signals:
        viewed: an `OpenExhibit` and the box (x, y, width, height in stored pixels) that was seen of it.
    """

    viewed = Signal(object, object)

    def __init__(self, session: Session, view: ImageView, parent: QObject) -> None:
        super().__init__(parent)
        self._session, self._view = session, view
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(RESTED_MS)
        self._timer.timeout.connect(self.look)
        view.view_moved.connect(self.wait)
        view.layer_changed.connect(self.wait)
        session.current_changed.connect(self.wait)

    @Slot()
    def wait(self) -> None:
        """The view moved: it has to rest again."""
        self._timer.start()

    @Slot()
    def look(self) -> None:
        """The view has rested."""
        exhibit: OpenExhibit | None = self._session.current
        if (
            exhibit is None
            or exhibit.pixels is None
            or self._view.pixels is not exhibit.pixels
            or self._view.seen_layer is not Layer.ORIGINAL
            or self._view.zoom < 100
            or not self._view.isVisible()
        ):
            return
        box = self._view.visible_area()
        if box is not None:
            self.viewed.emit(exhibit, box)
