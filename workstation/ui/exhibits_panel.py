"""The open exhibits: thumbnail, name, and in words where each one stands."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QSize,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtGui import QAction, QFontMetrics, QIcon, QImage, QPainter, QPalette, QPixmap
from PySide6.QtWidgets import (
    QApplication,
    QListView,
    QMenu,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from workstation.ui import icons
from workstation.ui.session import AnalysisState, HashState, OpenExhibit, Session
from workstation.ui.wording import headline_of, outcome_of

Index = QModelIndex | QPersistentModelIndex

EXHIBIT = Qt.ItemDataRole.UserRole
_THUMBNAIL = 48
_GAP = 8


def file_line(exhibit: OpenExhibit) -> str:
    """Size, hash state, warnings: "12.0 MP · ✔ hash · ⚠ 1"."""
    if exhibit.problem is not None:
        return "cannot be opened"
    if exhibit.pixels is None:
        return "reading…"
    width, height = exhibit.pixels.width, exhibit.pixels.height
    megapixels = width * height / 1e6
    size = f"{megapixels:.1f} MP" if megapixels >= 0.1 else f"{width}×{height}"
    marks = {
        HashState.UNKNOWN: "reading…",
        HashState.TAKEN: "hash taken",
        HashState.MATCHES: "✔ hash",
        HashState.DIFFERS: "✘ file changed",
        HashState.GONE: "✘ file gone",
    }
    warned = f" · ⚠ {len(exhibit.warnings)}" if exhibit.warnings else ""
    return f"{size} · {marks[exhibit.hash_state]}{warned}"


def state_line(exhibit: OpenExhibit) -> str:
    """What is going on or was found: "analysing 62 %", "B departs · p 0.018 · 2 regions"."""
    if exhibit.problem is not None:
        return "see Findings"
    if exhibit.analysis in {AnalysisState.RUNNING, AnalysisState.STOPPING}:
        progress = exhibit.progress
        if exhibit.analysis is AnalysisState.STOPPING:
            return "stopping after this batch"
        return (
            "analysing"
            if progress is None or progress.fraction is None
            else f"analysing {100 * progress.fraction:.0f} %"
        )
    extra = _counted(len(exhibit.marks.regions), "region")
    words: str = exhibit.analysis.value
    if exhibit.analysis is AnalysisState.DONE and exhibit.result is not None:
        words = outcome_of(exhibit.result)
    if exhibit.analysis is AnalysisState.FAILED:
        words = "analysis failed"
    if exhibit.analysis is AnalysisState.CANCELLED:
        words = "analysis stopped"
    return words + extra


def _counted(number: int, what: str) -> str:
    return f" · {number} {what}{'s' if number != 1 else ''}" if number else ""


def state_icon(exhibit: OpenExhibit) -> str:
    """Name of the icon that goes with `state_line`."""
    if exhibit.problem is not None or exhibit.analysis is AnalysisState.FAILED:
        return "warning"
    if exhibit.is_busy or exhibit.evidence is None:
        return "state-busy"
    return "state-done" if exhibit.analysis is AnalysisState.DONE else "state-idle"


class ExhibitsModel(QAbstractListModel):
    """The exhibits of a session, one row each."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._rows: list[OpenExhibit] = list(session.exhibits)
        session.added.connect(self.add)
        session.removed.connect(self.remove)
        session.changed.connect(self.refresh)
        session.marks_changed.connect(self.refresh)

    def rowCount(self, parent: Index | None = None) -> int:
        """Rows; a row has no children."""
        return 0 if parent is not None and parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Name, tooltip, spoken text, or the exhibit itself."""
        if not index.isValid():
            return None
        exhibit = self._rows[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return exhibit.name
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._tooltip(exhibit)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{exhibit.name}, {file_line(exhibit).replace('⚠', 'warnings:')}, {state_line(exhibit)}"
        return exhibit if role == EXHIBIT else None

    def row_of(self, exhibit: OpenExhibit) -> int:
        """Row of an exhibit, -1 if it is not there."""
        return self._rows.index(exhibit) if exhibit in self._rows else -1

    @Slot(object)
    def add(self, exhibit: OpenExhibit) -> None:
        """Append a row."""
        self.beginInsertRows(QModelIndex(), len(self._rows), len(self._rows))
        self._rows.append(exhibit)
        self.endInsertRows()

    @Slot(object)
    def remove(self, exhibit: OpenExhibit) -> None:
        """Take a row out."""
        row = self.row_of(exhibit)
        self.beginRemoveRows(QModelIndex(), row, row)
        del self._rows[row]
        self.endRemoveRows()

    @Slot(object)
    def refresh(self, exhibit: OpenExhibit) -> None:
        """Draw a row anew."""
        index = self.index(self.row_of(exhibit))
        self.dataChanged.emit(index, index)

    @staticmethod
    def _tooltip(exhibit: OpenExhibit) -> str:
        lines = [str(exhibit.path)]
        if exhibit.evidence is not None:
            identity = exhibit.evidence.identity
            lines += [f"{identity.size:,} bytes, {exhibit.evidence.format}", f"SHA-256 {identity.sha256}"]
            lines.append(exhibit.hash_words or exhibit.hash_state.value)
        if exhibit.problem is not None:
            lines.append(exhibit.problem.summary)
        if exhibit.result is not None:
            lines.append(headline_of(exhibit.result))
        lines += [f"⚠ {warning.message}" for warning in exhibit.warnings]
        return "\n".join(lines)


class _ExhibitDelegate(QStyledItemDelegate):
    """Draws a row: thumbnail, name, two lines of state."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
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
            ((exhibit.name, role), (file_line(exhibit), muted), (state_line(exhibit), muted))
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


class ExhibitsPanel(QWidget):
    """The list of exhibits.

    Signals:
        selected: an exhibit was chosen; carries the `OpenExhibit`.
        compare_requested: the analyst wants this `OpenExhibit` beside the current one.
        close_requested, reopen_requested: carries the `OpenExhibit`.
    """

    selected = Signal(object)
    compare_requested = Signal(object)
    close_requested = Signal(object)
    reopen_requested = Signal(object)

    def __init__(self, model: ExhibitsModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self.list = QListView(self)
        self.list.setAccessibleName("Exhibits")
        self.list.setModel(model)
        self.list.setItemDelegate(_ExhibitDelegate(self.list))
        self.list.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.list.customContextMenuRequested.connect(self.show_menu)
        self.list.selectionModel().currentChanged.connect(self._choose)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.list)

    @Slot(object)
    def show_current(self, exhibit: OpenExhibit | None) -> None:
        """Mark the current exhibit."""
        row = -1 if exhibit is None else self._model.row_of(exhibit)
        self.list.setCurrentIndex(self._model.index(row) if row >= 0 else QModelIndex())

    @Slot(QPoint)
    def show_menu(self, position: QPoint) -> None:
        """What can be done with one exhibit."""
        exhibit = self.list.indexAt(position).data(EXHIBIT)
        if exhibit is None:
            return
        menu = QMenu(self)
        for text, signal in (
            ("Show &beside the current one", self.compare_requested),
            ("Read file &again", self.reopen_requested),
            ("&Close", self.close_requested),
        ):
            action = QAction(text, menu)
            action.triggered.connect(lambda _checked=False, signal=signal: signal.emit(exhibit))
            menu.addAction(action)
        menu.popup(self.list.viewport().mapToGlobal(position))

    @Slot(QModelIndex, QModelIndex)
    def _choose(self, current: QModelIndex, _previous: QModelIndex) -> None:
        exhibit = current.data(EXHIBIT)
        if exhibit is not None:
            self.selected.emit(exhibit)
