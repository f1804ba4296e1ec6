"""What floats over the picture: the legend in a corner, the message bar beside it; and the picture as an image."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QWidget

from workstation.ui.canvas import Canvas
from workstation.ui.legend import LegendWidget
from workstation.ui.message_bar import MessageBar
from workstation.ui.theme import Theme

MARGIN = 12
"""Between the view's border and what floats over the picture, in device-independent pixels."""

LARGEST_MESSAGE = 720
SMALLEST_MESSAGE = 160


class Floating:
    """Legend and message bar of one view, and where they lie.

    Attributes:
        corner: of the legend, the upper left or the upper right one.
    """

    def __init__(self, theme: Theme, view: QWidget) -> None:
        self._view = view
        self.legend = LegendWidget(theme, view)
        self.message_bar = MessageBar(theme, view)
        self.corner = Qt.Corner.TopRightCorner
        self.legend.hide()

    def set_theme(self, theme: Theme) -> None:
        """Take other colours."""
        self.legend.set_theme(theme)
        self.message_bar.set_theme(theme)

    def place(self) -> None:
        """Keep both at their edges, the message clear of the legend."""
        view, legend = self._view, self.legend
        legend.set_room(view.height())
        at_left = self.corner is Qt.Corner.TopLeftCorner
        legend.move(MARGIN if at_left else view.width() - legend.width() - MARGIN, MARGIN)
        if not self.message_bar.isHidden():
            taken = 0 if legend.isHidden() else legend.width() + MARGIN
            width = max(SMALLEST_MESSAGE, min(LARGEST_MESSAGE, view.width() - 2 * MARGIN - taken))
            left = MARGIN + taken if at_left else MARGIN
            self.message_bar.setGeometry(left, MARGIN, width, self.message_bar.heightForWidth(width))


def picture_of(canvas: Canvas, legend: QWidget | None) -> QImage:
    """The canvas as it is seen now without its focus frame, and a legend over it, in device pixels."""
    ratio = canvas.devicePixelRatioF()
    image = QImage(canvas.size() * ratio, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(ratio)
    image.fill(canvas.backgroundBrush().color())
    painter = QPainter(image)
    canvas.draws_focus = False
    canvas.scene().render(painter, QRectF(canvas.rect()), QRectF(canvas.viewport().rect()))
    canvas.draws_focus = True
    if legend is not None:
        painter.drawPixmap(legend.pos(), legend.grab())
    painter.end()
    return image
