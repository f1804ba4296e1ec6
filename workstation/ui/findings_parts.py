"""The pieces of the findings panel: sentences that can be copied, numbers with their meaning, a text that folds out."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from workstation.analysis.result import Finding
from workstation.ui.controls import chain_focus, icon_size, tool_button, wrapped_label
from workstation.ui.copying import copy_text
from workstation.ui.icons import icon
from workstation.ui.theme import GRID, tabular

MADE_AHEAD = 4
"""Rows that are made with the window: a widget that is made while a result is shown costs a millisecond."""


SHORT_VALUE = 12
"""Letters up to which a value is a number that another one may stand beside."""


class FindingsList(QWidget):
    """One sentence per finding, each with a button that copies it with its numbers."""

    def __init__(self, weight: str = "") -> None:
        super().__init__()
        self._weight = weight
        self._layout = QGridLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(GRID)
        self._layout.setColumnStretch(0, 1)
        self._rows: list[tuple[QLabel, _CopyButton]] = []
        self._make_rows(MADE_AHEAD)

    def show_findings(self, findings: list[Finding], after: QWidget) -> QWidget:
        """Replace all sentences; without any the list hides.

        Args:
            findings: in reading order.
            after: the control before the list in the tab order.

        Returns:
            The last control of the list, or `after`.
        """
        self._make_rows(len(findings))
        for number, (label, copy) in enumerate(self._rows):
            finding = findings[number] if number < len(findings) else None
            copy.finding = finding
            if finding is not None:
                label.setText(finding.sentence)
                label.setToolTip(_numbers(finding))
                chain_focus(after, copy)
                after = copy
            label.setVisible(finding is not None)
            copy.setVisible(finding is not None)
        self.setVisible(bool(findings))
        return after

    def _make_rows(self, count: int) -> None:
        for row in range(len(self._rows), count):
            label, copy = wrapped_label(weight=self._weight), _CopyButton()
            self._layout.addWidget(label, row, 0)
            self._layout.addWidget(copy, row, 1, Qt.AlignmentFlag.AlignTop)
            label.hide()
            copy.hide()
            self._rows.append((label, copy))


class _CopyButton(QToolButton):
    """Copies one finding as text."""

    def __init__(self) -> None:
        super().__init__()
        self.finding: Finding | None = None
        self.setIcon(icon("copy"))
        self.setIconSize(icon_size(self, 1.0))
        self.setAccessibleName("Copy this finding")
        self.setToolTip("Copy this finding with its numbers as text")
        self.clicked.connect(self.copy)

    def copy(self) -> None:
        if self.finding is not None:
            numbers = _numbers(self.finding)
            copy_text(self.finding.sentence + (f"\n{numbers}" if numbers else ""))


class Figures(QWidget):
    """Names and numbers, two beside each other where there is room; the tooltip says what a number means.

    What is said in words instead of a number takes a row of its own.
    """

    def __init__(self) -> None:
        super().__init__()
        self._layout = QGridLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setHorizontalSpacing(2 * GRID)
        self._layout.setVerticalSpacing(GRID)
        self._layout.setColumnStretch(1, 1)
        self._layout.setColumnStretch(3, 1)
        self._labels: list[tuple[QLabel, QLabel]] = []
        self._placed: list[tuple[int, int, int]] = []
        self._make_labels(MADE_AHEAD)

    def show_figures(self, figures: tuple[tuple[str, str, str], ...]) -> None:
        """Replace all numbers, each as name, value and meaning."""
        self._make_labels(len(figures))
        for name, value in self._labels[len(figures) :]:
            name.hide()
            value.hide()
        for (name, value), (title, figure, meaning) in zip(self._labels, figures, strict=False):
            name.setText(title)
            value.setText(figure)
            value.setAccessibleName(f"{title}: {figure}")
            for label in (name, value):
                label.setToolTip(meaning)
                label.setVisible(True)
        self._arrange()
        self.setVisible(True)

    def _make_labels(self, count: int) -> None:
        while len(self._labels) < count:
            pair = QLabel(self), wrapped_label()
            pair[1].setParent(self)
            pair[0].setProperty("weight", "muted")
            pair[1].setFont(tabular(pair[1].font()))
            for label in pair:
                label.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
                label.hide()
            self._labels.append(pair)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Qt: one or two numbers in a row."""
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        places = self._places()
        if places != self._placed:
            self._placed = places
            for (name, value), (row, column, span) in zip(self._labels, places, strict=False):
                self._layout.addWidget(name, row, column)
                self._layout.addWidget(value, row, column + 1, 1, span)

    def _places(self) -> list[tuple[int, int, int]]:
        """Row and column of each name that is shown, and over how many columns its value goes."""
        shown = [(_width(name), _width(value)) for name, value in self._labels if not value.isHidden()]
        few = SHORT_VALUE * self.fontMetrics().averageCharWidth()
        short = [(name, value) for name, value in shown if value <= few]
        names, values = max((name for name, _ in shown), default=0), max((value for _, value in short), default=0)
        beside = max((name for name, _ in short), default=0)
        two = names + beside + 2 * values + 3 * self._layout.horizontalSpacing() <= self.width()
        places, row, column = [], 0, 0
        for _, value in shown:
            alone = not two or value > few
            if alone and column:
                row, column = row + 1, 0
            places.append((row, column, 3 if alone else 1))
            row, column = (row, 2) if not alone and not column else (row + 1, 0)
        return places


def _width(label: QLabel) -> int:
    return label.fontMetrics().horizontalAdvance(label.text())


class FoldOut(QWidget):
    """A title that opens and closes a text below it; how it was left survives a change of exhibit.

    Attributes:
        button: the title.
    """

    def __init__(self, title: str, tip: str) -> None:
        super().__init__()
        self.button = tool_button("chevron-right", title, tip)
        self.button.setText(title)
        self.button.setCheckable(True)
        self.button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.button.toggled.connect(self._fold)
        self._body = wrapped_label(name=title)
        self._body.setVisible(False)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(GRID)
        layout.addWidget(self.button)
        layout.addWidget(self._body)

    def show_lines(self, lines: list[str]) -> None:
        """Replace the text below the title."""
        self._body.setText("\n".join(f"– {line}" for line in lines))
        self.setVisible(True)

    def _fold(self, is_open: bool) -> None:
        self._body.setVisible(is_open)
        self.button.setIcon(icon("chevron-down" if is_open else "chevron-right"))


def _numbers(finding: Finding) -> str:
    return "; ".join(f"{name}: {value:.4g}" for name, value in finding.numbers)
