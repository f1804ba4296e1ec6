"""The legend over the picture: an absolute scale whose ends can be moved, or colours of groups with their shares."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QFont,
    QFontMetricsF,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from workstation.analysis.colours import ByteArray, ColourMapName, blend, colour_map, dimmed_grey
from workstation.analysis.legends import Legend, Swatch
from workstation.evidence.record import Pixels
from workstation.ui.overlays import dot_brush, draw_letter, hatch_brush
from workstation.ui.theme import Theme, tabular

BAR_HEIGHT = 176.0
LEAST_BAR_HEIGHT = 80.0
BAR_SHARE = 0.34
"""Share of the view's height that the bar takes at most, unless it then had no room for its numbers."""

BAR_WIDTH = 28.0
GROUND_STEPS = 16
"""Columns of the bar: how the colour looks over dark to light parts of the dimmed photograph."""

SWATCH_SHAPE = 2.0
"""Width of a swatch in its heights: room for a letter and, beside it, for dots."""

GROUND_SAMPLES = 40_000
"""Pixels of the photograph that its ground is estimated from."""

PADDING = 8.0
MAX_TEXT_WIDTH = 168.0
SHORT_TITLES = {
    "departure": "Departure",
    "pca": "PCA",
    "groups": "Groups",
    "cut": "Normalised cut",
    "similarity": "Similarity",
}
KEY_STEP = 0.02
"""Share of the scale by which a key press moves a limit."""


@dataclass(frozen=True, slots=True, eq=False)
class Shine:
    """What shines through the colours of a map.

    Attributes:
        low, mean, high: grey of the dimmed photograph, 0..255: 2nd percentile, mean, 98th percentile.
        opacity: of the map, 0..1.
    """

    low: float = 0.0
    mean: float = 90.0
    high: float = 180.0
    opacity: float = 0.65


def shine_of(pixels: Pixels, opacity: float) -> Shine:
    """What of a photograph shines through its maps, from a thin sample of its pixels."""
    step = max(1, int((pixels.width * pixels.height / GROUND_SAMPLES) ** 0.5))
    sample = pixels.rgb[step // 2 :: step, step // 2 :: step]
    grey = dimmed_grey(np.ascontiguousarray(sample if sample.size else pixels.rgb[:1, :1]))
    counts = np.bincount(grey.ravel(), minlength=256)  # percentiles by counting: sorting would hold the window up
    low, high = np.searchsorted(np.cumsum(counts), np.array([0.02, 0.98]) * grey.size)
    return Shine(float(low), float(grey.mean()), float(high), opacity)


def bar_image(name: ColourMapName, shine: Shine) -> ByteArray:
    """The colour bar blended as the picture is: (256, GROUND_STEPS, 3) uint8, high values first.

    Each row is one value of the scale over the whole range of the ground, from dark to light.
    """
    ground = np.linspace(shine.low, shine.high, GROUND_STEPS)
    colours = np.repeat(colour_map(name)[::-1, None], GROUND_STEPS, axis=1)
    return blend(colours, np.broadcast_to(ground, (256, GROUND_STEPS)).astype(np.uint8), shine.opacity)


class LegendWidget(QWidget):
    """Draws the legend of the layer shown.

    The ends of a movable scale follow the mouse (drag the number or the end of the bar) and the keys: Up and Down move
    the upper limit, with Shift the lower one, Home takes the standard limits.

    Signals:
        limits_dragged(float, float): the analyst moved a limit.
        limits_reset(): the analyst wants the standard limits back.
    """

    limits_dragged = Signal(float, float)
    limits_reset = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._legend: Legend | None = None
        self._shine = Shine()
        self._moved = False
        self._movable = False
        self._bar = QImage()
        self._dragged: int | None = None
        self._press_y = 0.0
        self._press_limits = (0.0, 1.0)
        self._bar_height = BAR_HEIGHT
        self.setAccessibleName("Legend")
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setMouseTracking(True)
        self.setCursor(Qt.CursorShape.ArrowCursor)

    def show_legend(self, legend: Legend | None, shine: Shine, *, movable: bool = False, moved: bool = False) -> None:
        """Show another legend, or none.

        Args:
            legend: what to show; None hides the widget.
            shine: what shines through the colours.
            movable: whether the limits of the scale can be moved.
            moved: whether they have been.
        """
        self._legend, self._shine, self._movable, self._moved = legend, shine, movable, moved
        self.setVisible(legend is not None)
        if legend is None:
            return
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus if movable else Qt.FocusPolicy.NoFocus)
        if legend.bar is not None:
            rgb = bar_image("cividis" if legend.kind == "departure" else "viridis", shine)
            self._bar = QImage(rgb.tobytes(), GROUND_STEPS, 256, 3 * GROUND_STEPS, QImage.Format.Format_RGB888).copy()
        sentences = [legend.title, legend.overflow, *(swatch.label for swatch in legend.swatches), *legend.notes]
        text = ".\n".join(sentence.rstrip(".") for sentence in sentences if sentence) + "."
        self.setAccessibleDescription(text)
        how = "\n\nDrag an end of the bar to move a limit; double-click for the standard limits." if movable else ""
        self.setToolTip(text + how)
        self.resize(self.sizeHint())
        self.update()

    def set_room(self, height: float) -> None:
        """Fit into a view of this height, in device-independent pixels."""
        wanted = min(BAR_HEIGHT, max(LEAST_BAR_HEIGHT, BAR_SHARE * height))
        if wanted != self._bar_height:
            self._bar_height = wanted
            if self._legend is not None:
                self.resize(self.sizeHint())
                self.update()

    def set_theme(self, theme: Theme) -> None:
        """Take other colours."""
        self._theme = theme
        self.update()

    def sizeHint(self) -> QSize:
        """As large as the content needs."""
        width, height = self._lay_out(None)
        return QSize(round(width), round(height))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw ground, title, bar or swatches, notes."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ground = QColor(self._theme.window)
        ground.setAlpha(240)
        painter.setBrush(ground)
        edge = self._theme.accent if self.hasFocus() else self._theme.border
        painter.setPen(QPen(QColor(edge), 2 if self.hasFocus() else 1))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 4, 4)
        self._lay_out(painter)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take hold of an end of the bar."""
        legend = self._legend
        if legend is None or legend.limits is None or not self._movable or event.button() != Qt.MouseButton.LeftButton:
            return
        middle = self._bar_top() + self._bar_height / 2
        self._dragged = 1 if event.position().y() < middle else 0
        self._press_y, self._press_limits = event.position().y(), legend.limits

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Move the limit that is held; otherwise show that it can be."""
        if self._dragged is None:
            self.setCursor(Qt.CursorShape.SizeVerCursor if self._movable else Qt.CursorShape.ArrowCursor)
            return
        low, high = self._press_limits
        step = (self._press_y - event.position().y()) / self._bar_height * (high - low)
        self._move_limit(self._dragged, self._press_limits[self._dragged] + step)

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:
        """Let go."""
        self._dragged = None

    def mouseDoubleClickEvent(self, _event: QMouseEvent) -> None:
        """Take the standard limits."""
        if self._movable:
            self.limits_reset.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move limits by keys."""
        legend = self._legend
        if legend is None or legend.limits is None or not self._movable:
            super().keyPressEvent(event)
        elif event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            low, high = legend.limits
            which = 0 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1
            step = KEY_STEP * (high - low) * (1 if event.key() == Qt.Key.Key_Up else -1)
            self._move_limit(which, legend.limits[which] + step)
        elif event.key() == Qt.Key.Key_Home:
            self.limits_reset.emit()
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show the focus."""
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Show that the focus is gone."""
        super().focusOutEvent(event)
        self.update()

    def changeEvent(self, event: QEvent) -> None:
        """The font grew or shrank."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange and self._legend is not None:
            self.resize(self.sizeHint())

    def _move_limit(self, which: int, value: float) -> None:
        legend = self._legend
        assert legend is not None
        assert legend.limits is not None
        low, high = legend.limits
        least = 0.01 * (high - low)
        if which == 1:
            high = max(value, low + least)
        else:
            low = min(value, high - least)
        self.limits_dragged.emit(low, high)

    @property
    def _small(self) -> QFont:
        font = tabular(self.font())
        font.setPointSizeF(max(7.0, font.pointSizeF() * 0.9))
        return font

    def _bar_top(self) -> float:
        return PADDING + QFontMetricsF(self._bold).height() + 8 + QFontMetricsF(self._small).height() / 2

    @property
    def _bold(self) -> QFont:
        font = QFont(self.font())
        font.setBold(True)
        return font

    def _lay_out(self, painter: QPainter | None) -> tuple[float, float]:
        """Draw the content, or only measure it; (width, height) in device-independent pixels."""
        legend = self._legend
        if legend is None:
            return 0.0, 0.0
        title = SHORT_TITLES.get(legend.kind, legend.title)
        bold = QFontMetricsF(self._bold)
        width, y = bold.horizontalAdvance(title), PADDING + bold.height() + 4
        if painter is not None:
            painter.setFont(self._bold)
            painter.setPen(QColor(self._theme.text))
            painter.drawText(QPointF(PADDING, PADDING + bold.ascent()), title)
        if legend.bar is not None and legend.limits is not None:
            width, y = self._lay_out_bar(painter, legend, width)
        for swatch in legend.swatches:
            swatch_width, y = self._lay_out_swatch(painter, swatch, y)
            width = max(width, swatch_width)
        for note in self._notes(legend):
            note_width, y = self._lay_out_note(painter, note, y)
            width = max(width, note_width)
        return width + 2 * PADDING, y + PADDING - 2

    def _notes(self, legend: Legend) -> list[str]:
        """What has to be read without hovering."""
        notes = []
        if legend.overflow:
            notes.append(f"▲ {legend.overflow}")
        if self._moved:
            notes.append("✎ limits moved by hand")
        if legend.kind == "pca" and legend.bar is not None:
            notes += [legend.title.partition(",")[0], "by eye: no error rate holds"]
        elif legend.kind == "pca":
            notes.append("Colours show what is alike and what is unlike, nothing else.")
        if legend.kind == "departure" and legend.title.endswith("as far as computed"):
            notes.append("provisional")
        if legend.kind == "similarity":
            notes.append(legend.title.partition(":")[0])
        return notes

    def _lay_out_bar(self, painter: QPainter | None, legend: Legend, width: float) -> tuple[float, float]:
        assert legend.limits is not None
        small = QFontMetricsF(self._small)
        top = self._bar_top()
        left = PADDING
        low, high = legend.limits
        widest = max(small.horizontalAdvance(label) for _, label in legend.ticks)
        if painter is not None:
            bar = QRectF(left, top, BAR_WIDTH, self._bar_height)
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(bar, self._bar)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(self._theme.text), 1))
            painter.drawRect(bar)
            if legend.overflow:
                painter.setBrush(QColor(self._bar.pixel(GROUND_STEPS // 2, 0)))
                painter.drawPolygon(
                    QPolygonF(
                        [QPointF(left, top), QPointF(left + BAR_WIDTH, top), QPointF(left + BAR_WIDTH / 2, top - 8)]
                    )
                )
            painter.setFont(self._small)
            for value, label in legend.ticks:
                y = top + (high - value) / (high - low) * self._bar_height
                painter.setPen(QPen(QColor(self._theme.text), 1))
                painter.drawLine(QPointF(left + BAR_WIDTH, y), QPointF(left + BAR_WIDTH + 4, y))
                painter.drawText(QPointF(left + BAR_WIDTH + 8, y + small.capHeight() / 2), label)
        return max(width, BAR_WIDTH + 8 + widest), top + self._bar_height + small.height() / 2 + 4

    def _lay_out_swatch(self, painter: QPainter | None, swatch: Swatch, y: float) -> tuple[float, float]:
        small = QFontMetricsF(self._small)
        side = max(20.0, small.height() + 4)
        label = short_label(swatch)
        if painter is not None:
            ratio = self.devicePixelRatioF()
            box = QRectF(PADDING, y, SWATCH_SHAPE * side, side)
            painter.fillRect(box, QColor(*swatch.colour))
            painter.setBrushOrigin(box.topLeft())
            if swatch.hatch:
                painter.fillRect(box, hatch_brush(ratio))
            elif swatch.dots % 5:
                painter.fillRect(box, dot_brush(swatch.dots, ratio))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(self._theme.text), 1))
            painter.drawRect(box)
            if swatch.letter:
                draw_letter(painter, QPointF(box.left() + side * 0.5, box.center().y()), swatch.letter, side * 0.66)
            painter.setFont(self._small)
            painter.setPen(QColor(self._theme.text))
            painter.drawText(QPointF(box.right() + 8, box.center().y() + small.capHeight() / 2), label)
        return SWATCH_SHAPE * side + 8 + small.horizontalAdvance(label), y + side + 4

    def _lay_out_note(self, painter: QPainter | None, note: str, y: float) -> tuple[float, float]:
        small = QFontMetricsF(self._small)
        flags = int(Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignLeft)
        box = small.boundingRect(QRectF(PADDING, y, MAX_TEXT_WIDTH, 1000), flags, note)
        if painter is not None:
            painter.setFont(self._small)
            painter.setPen(QColor(self._theme.muted))
            painter.drawText(QRectF(PADDING, y, MAX_TEXT_WIDTH, box.height()), flags, note)
        return box.width(), y + box.height() + 2


def short_label(swatch: Swatch) -> str:
    """A swatch's label without what its letter says already: "62.1 %" beside A, "not assessable 3.0 %" without."""
    name, _, share = swatch.label.partition(":")
    share = share.replace("of the assessable area", "").replace("of the cells", "")
    return share.strip() if swatch.letter else f"{name} {share.strip()}"
