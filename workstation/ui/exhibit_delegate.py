"""How a row of the list of exhibits is drawn: thumbnail, name, two lines of state."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QFontMetrics, QIcon, QImage, QPainter, QPalette, QPixmap
from PySide6.QtWidgets import QApplication, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from workstation.ui import icons
from workstation.ui.exhibit_lines import file_line, state_icon, state_line
from workstation.ui.exhibits_model import EXHIBIT, ExhibitListing, Index
from workstation.ui.session import OpenExhibit

_THUMBNAIL = 48
_GAP = 8


class ExhibitDelegate(QStyledItemDelegate):
    """Draws a row: thumbnail, name, two lines of state."""

    def __init__(self, listing: ExhibitListing, parent: QWidget) -> None:
        super().__init__(parent)
        self._listing = listing
        self._pixmaps: dict[int, QPixmap] = {}

    def sizeHint(self, option: QStyleOptionViewItem, _index: Index) -> QSize:
        """Three lines of text, and no less than a thumbnail."""
        line = option.fontMetrics.height()
        return QSize(160, max(_THUMBNAIL, 3 * line) + 2 * 6)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draw one row."""
        exhibit: OpenExhibit = index.data(EXHIBIT)
        self.initStyleOption(option, index)
        option.text = ""
        style = option.widget.style() if option.widget is not None else QApplication.style()
        style.drawControl(QStyle.ControlElement.CE_ItemViewItem, option, painter, option.widget)
        painter.save()
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        area = option.rect.adjusted(_GAP, 6, -_GAP, -6)
        self._draw_thumbnail(painter, QRect(area.left(), area.top(), _THUMBNAIL, _THUMBNAIL), exhibit, option.palette)
        text = area.adjusted(_THUMBNAIL + _GAP, 0, 0, 0)
        role = QPalette.ColorRole.HighlightedText if selected else QPalette.ColorRole.Text
        muted = QPalette.ColorRole.HighlightedText if selected else QPalette.ColorRole.PlaceholderText
        metrics = QFontMetrics(option.font)
        line = metrics.height()
        for row, (words, colour) in enumerate(
            ((exhibit.name, role), (file_line(exhibit, self._listing.order), muted), (state_line(exhibit), muted))
        ):
            painter.setPen(option.palette.color(colour))
            place = QRect(text.left(), text.top() + row * line, text.width(), line)
            if row == 2:
                mode = QIcon.Mode.Selected if selected else QIcon.Mode.Normal
                icons.icon(state_icon(exhibit)).paint(
                    painter, QRect(place.left(), place.top(), line - 2, line - 2), mode=mode
                )
                place.setLeft(place.left() + line + 2)
            elide = Qt.TextElideMode.ElideMiddle if row == 0 else Qt.TextElideMode.ElideRight
            painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, metrics.elidedText(words, elide, place.width()))
        painter.restore()

    def _draw_thumbnail(self, painter: QPainter, box: QRect, exhibit: OpenExhibit, palette: QPalette) -> None:
        if exhibit.thumbnail is None:
            name = "warning" if exhibit.problem is not None else "image"
            icons.icon(name).paint(painter, box.adjusted(12, 12, -12, -12))
            return
        pixmap = self._pixmap(exhibit, painter.device().devicePixelRatioF())
        size = pixmap.deviceIndependentSize().toSize()
        place = QRect(
            box.left() + (box.width() - size.width()) // 2,
            box.top() + (box.height() - size.height()) // 2,
            size.width(),
            size.height(),
        )
        painter.drawPixmap(place, pixmap)
        painter.setPen(palette.color(QPalette.ColorRole.Mid))
        painter.drawRect(place.adjusted(0, 0, -1, -1))

    def _pixmap(self, exhibit: OpenExhibit, ratio: float) -> QPixmap:
        if exhibit.key not in self._pixmaps or self._pixmaps[exhibit.key].devicePixelRatio() != ratio:
            rgb = exhibit.thumbnail
            assert rgb is not None
            height, width = rgb.shape[:2]
            image = QImage(rgb.tobytes(), width, height, 3 * width, QImage.Format.Format_RGB888)
            side = round(_THUMBNAIL * ratio)
            pixmap = QPixmap.fromImage(
                image.scaled(side, side, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation)
            )
            pixmap.setDevicePixelRatio(ratio)
            self._pixmaps[exhibit.key] = pixmap
        return self._pixmaps[exhibit.key]
