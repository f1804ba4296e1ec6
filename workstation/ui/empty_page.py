"""What the window shows while nothing is open: a place to drop files, recent files and cases, the example."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import Qt, Signal, SignalInstance, Slot
from PySide6.QtGui import QPainter, QPaintEvent, QPalette, QPen, QResizeEvent
from PySide6.QtWidgets import QCommandLinkButton, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from workstation.ui.choices import in_full
from workstation.ui.controls import plain_tip
from workstation.ui.icons import icon
from workstation.ui.shown_text import visible

_SHOWN = 6
_CASES_SHOWN = 2
BORDER = 32


class EmptyPage(QWidget):
    """A drop target with the first steps. Files dropped here are taken by the window, like everywhere else.

    Signals:
        open_requested, folder_requested, case_requested, example_requested: the buttons.
        recent_chosen, recent_case_chosen: carry the `Path`.
    """

    open_requested = Signal()
    folder_requested = Signal()
    case_requested = Signal()
    example_requested = Signal()
    recent_chosen = Signal(object)
    recent_case_chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Nothing is open")
        self._is_target = False
        title = QLabel("Drop photographs here", self)
        font = title.font()
        font.setPointSizeF(font.pointSizeF() * 1.6)
        title.setFont(font)
        explanation = QLabel(
            "Exifact shows what a file says about itself beside what its pixels say.\nIt only reads files.",
            self,
        )
        explanation.setWordWrap(True)
        explanation.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        explanation.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self.open_button = self._button("open", "Open…", "Open one or more image files (Ctrl+O)", self.open_requested)
        others = (
            self._button("open", "Open folder…", "Open the images in a folder and below it", self.folder_requested),
            self._button("case", "Open case…", "Open a case's folder (Ctrl+K)", self.case_requested),
            self._button("image", "Open example", "Open the bundled picture, spliced from two cameras",
                         self.example_requested),
        )  # fmt: skip
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addStretch(1)
        for button in (self.open_button, *others):
            buttons.addWidget(button)
        buttons.addStretch(1)
        self._recent_title = QLabel(self)
        self._recent_title.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self._recent = QVBoxLayout()
        self._recent.setSpacing(0)
        column = self._column = QVBoxLayout()
        column.setSpacing(12)
        column.addStretch(2)
        column.addWidget(title, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addWidget(explanation)
        column.addLayout(buttons)
        column.addSpacing(16)
        column.addWidget(self._recent_title, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addLayout(self._recent)
        column.addStretch(3)
        outer = QHBoxLayout(self)
        outer.setContentsMargins(BORDER, BORDER, BORDER, BORDER)
        outer.addStretch(1)
        outer.addLayout(column, 2)
        outer.addStretch(1)
        self.show_recent(())

    @property
    def recent_buttons(self) -> list[QCommandLinkButton]:
        """One per recent case and file."""
        return [button for button in self.findChildren(QCommandLinkButton) if not button.isHidden()]

    def show_recent(self, paths: Sequence[Path], cases: Sequence[Path] = ()) -> None:
        """List the recent cases and files that still exist."""
        while (item := self._recent.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        shown = cases[:_CASES_SHOWN]
        for path in shown:
            self._list(path, "case", self._choose_case)
        for path in paths[: _SHOWN - len(shown)]:
            self._list(path, "image", self._choose)
        titles = [title for title, there in (("cases", shown), ("files", paths)) if there]
        self._recent_title.setText(f"Recent {' and '.join(titles)}")
        self._recent_title.setVisible(bool(titles))
        self._fit_recent()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Qt: list as many as there is room for."""
        super().resizeEvent(event)
        self._fit_recent()

    def _fit_recent(self) -> None:
        """Leave out what could only be seen in part; a button would be squeezed until its second line is cut."""
        items = [self._recent.itemAt(place) for place in range(self._recent.count())]
        buttons = [widget for item in items if item is not None and (widget := item.widget()) is not None]
        for button in buttons:
            button.hide()
        self._column.invalidate()
        room = self.height() - 2 * BORDER - self._column.sizeHint().height()
        for button in buttons:
            room -= button.heightForWidth((self.width() - 2 * BORDER) // 2)
            button.setVisible(room >= 0)

    def _list(self, path: Path, icon_name: str, slot: Callable[[], None]) -> None:
        button = QCommandLinkButton(in_full(visible(path.name)), visible(str(path.parent)), self)
        button.setIcon(icon(icon_name))
        button.setToolTip(plain_tip(visible(str(path))))
        button.setProperty("path", path)
        button.clicked.connect(slot)
        self._recent.addWidget(button)

    def _button(self, icon_name: str, title: str, tip: str, signal: SignalInstance) -> QPushButton:
        button = QPushButton(icon(icon_name), title, self)
        button.setToolTip(tip)
        button.clicked.connect(signal)
        return button

    def show_target(self, shown: bool) -> None:
        """Mark the page while files are dragged over the window."""
        self._is_target = shown
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the dashed border of a place to drop things."""
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        role = QPalette.ColorRole.Highlight if self._is_target else QPalette.ColorRole.Mid
        pen = QPen(self.palette().color(role), 2 if self._is_target else 1, Qt.PenStyle.DashLine)
        painter.setPen(pen)
        painter.drawRoundedRect(self.rect().adjusted(16, 16, -16, -16), 4, 4)
        painter.end()

    @Slot()
    def _choose(self) -> None:
        sender = self.sender()
        if sender is not None:
            self.recent_chosen.emit(sender.property("path"))

    @Slot()
    def _choose_case(self) -> None:
        sender = self.sender()
        if sender is not None:
            self.recent_case_chosen.emit(sender.property("path"))
