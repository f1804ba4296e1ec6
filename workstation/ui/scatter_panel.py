"""The patches of a photograph as points: the first two principal components of their embeddings, brushed both ways."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QColor, QGuiApplication
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QVBoxLayout, QWidget

from workstation.analysis.result import NOT_ASSESSABLE, AnalysisResult, BoolArray
from workstation.ui.brushing import BrushView, inside
from workstation.ui.controls import add_action, chain_focus, tool_button, wrapped_label
from workstation.ui.copying import copy_image, copy_text, to_tsv
from workstation.ui.groups_table import group_colour, group_letter
from workstation.ui.metadata_rows import grouped
from workstation.ui.theme import GRID, current_theme

PLOT_HEIGHT = 130
"""Least height in pixels at which the axes can still be read."""

DRAWN_AT_MOST = 8_000
"""More points than this are thinned out for drawing (a seeded sample); brushing goes on over all of them."""
SYMBOLS = ("o", "t1", "s", "d", "star")
"""Circle, triangle, square, diamond, star: groups A to E can be told apart without colour."""
_SAMPLE_SEED = 0
MANY_LIT = 40
"""Above this many, chosen points and those of a region are ringed thinly, so that their groups stay to be seen."""

MARGIN = 0.06
"""Share of the plot that stays free around all points."""

_NO_POINTS = "After an analysis every patch is a point here; brush points to find them in the picture."


class ScatterPanel(QWidget):
    """Patches by likeness: near each other = alike; groups by colour and symbol.

    Signals:
        patches_selected: the analyst brushed points; carries (rows, columns) bool over the patch grid, or None when
            the selection was cleared.
    """

    patches_selected = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._points: NDArray[np.float32] = np.empty((0, 2), np.float32)
        self._labels: NDArray[np.int16] = np.empty(0, np.int16)
        self._shape: tuple[int, int] = (0, 0)
        self._where: NDArray[np.intp] = np.empty(0, np.intp)
        self._selected: BoolArray = np.empty(0, bool)
        self._view = BrushView()
        self._plot = pg.PlotWidget(viewBox=self._view, enableMenu=False)
        self._group_items: list[pg.ScatterPlotItem] = []
        self._chosen = pg.ScatterPlotItem(pxMode=True)
        self._lit = pg.ScatterPlotItem(pxMode=True)
        self._caption = wrapped_label(weight="muted", name="About the plot")
        self._make_tools()
        self._make_plot()
        self._lay_out()
        self._take_colours()
        self.show_result(None)

    def show_result(self, result: AnalysisResult | None) -> None:
        """Show the patches of a finished analysis; None, or a result without patches, empties the plot."""
        for _ in self.showing(result):
            pass

    def showing(self, result: AnalysisResult | None) -> Iterator[None]:
        """The same in pieces of some milliseconds, a group of points at a time."""
        self._take_points(result)
        self._remove_groups()
        self._chosen.setData([], [])
        self._lit.setData([], [])
        for side in ("left", "bottom"):  # without points there is nothing that they could measure
            self._plot.getPlotItem().showAxis(side, len(self._points) > 0)
        for control in (self._rectangle, self._lasso, self._clear, self._reset, self._copy):
            control.setEnabled(len(self._points) > 0)
        self._tell()
        self.reset_view()
        for label in self._groups:
            yield
            self._draw_group(label)

    def highlight_patches(self, mask: BoolArray | None) -> None:
        """Light up the points of patches that are pointed at in the picture.

        Args:
            mask: (rows, columns) bool over the patch grid; None = none.

        Raises:
            ValueError: if the mask is not over the grid that is shown.
        """
        if mask is None or not len(self._points):
            self._lit.setData([], [])
            return
        if mask.shape != self._shape:
            raise ValueError(f"a mask of {mask.shape} patches over a grid of {self._shape}")
        lit = _thinned(np.flatnonzero(mask.ravel()[self._where]))
        few, many = len(lit) <= 4, len(lit) > MANY_LIT
        self._lit.setSize(20 if few else 9 if many else 12)
        text = QColor(current_theme(QGuiApplication.palette()).text)
        self._lit.setPen(pg.mkPen(text, width=1 if many else 3))
        text.setAlpha(0 if many else 70)  # hundreds of washes over each other would hide the groups
        self._lit.setBrush(text)
        self._lit.setData(self._points[lit, 0], self._points[lit, 1])

    def select_patches(self, mask: BoolArray | None) -> None:
        """Select patches as if they had been brushed, and say so.

        Args:
            mask: (rows, columns) bool over the patch grid; None = none.
        """
        self._select(np.zeros(len(self._where), bool) if mask is None else mask.ravel()[self._where])

    def clear_selection(self) -> None:
        """Select nothing."""
        self._select(np.zeros(len(self._where), bool))

    def reset_view(self) -> None:
        """Show all points again."""
        if len(self._points):
            low, high = self._points.min(0).tolist(), self._points.max(0).tolist()
            self._view.setRange(xRange=(low[0], high[0]), yRange=(low[1], high[1]), padding=MARGIN)

    @property
    def words(self) -> str:
        """What stands above the plot."""
        return self._caption.text()

    def copy_picture(self) -> None:
        """Copy the plot as an image."""
        copy_image(self._plot)

    def copy_points(self) -> None:
        """Copy row, column, components, group and selection of every patch as TSV."""
        columns = max(1, self._shape[1])
        rows = [
            [
                str(where // columns),
                str(where % columns),
                f"{x:.6g}",
                f"{y:.6g}",
                group_letter(label) if label >= 0 else "",
                "selected" if chosen else "",
            ]
            for where, (x, y), label, chosen in zip(
                self._where.tolist(), self._points.tolist(), self._labels.tolist(), self._selected.tolist(), strict=True
            )
        ]
        copy_text(to_tsv([["Row", "Column", "Component 1", "Component 2", "Group", "Selection"], *rows]))

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "_plot"):
            self._take_colours()
            self._remove_groups()
            for label in self._groups:
                self._draw_group(label)

    def _take_points(self, result: AnalysisResult | None) -> None:
        scatter = result.scatter if result is not None else None
        if result is None or scatter is None:
            self._shape = (0, 0)
            self._where = np.empty(0, np.intp)
            self._points, self._labels = np.empty((0, 2), np.float32), np.empty(0, np.int16)
        else:
            self._shape = (scatter.shape[0], scatter.shape[1])
            flat = scatter.reshape(-1, 2)
            self._where = np.flatnonzero(np.isfinite(flat).all(1))
            self._points = flat[self._where]
            self._labels = _patch_labels(result)[self._where]
        self._selected = np.zeros(len(self._where), bool)

    @property
    def _groups(self) -> list[int]:
        """The labels that occur."""
        return [int(label) for label in np.unique(self._labels)]

    def _remove_groups(self) -> None:
        for item in self._group_items:
            self._plot.removeItem(item)
        self._group_items = []

    def _draw_group(self, label: int) -> None:
        theme = current_theme(QGuiApplication.palette())
        drawn = _thinned(np.arange(len(self._points)))
        mine = drawn[self._labels[drawn] == label]
        colour = QColor(theme.muted) if label == NOT_ASSESSABLE else group_colour(label)
        colour.setAlpha(190)
        item = pg.ScatterPlotItem(
            self._points[mine, 0],
            self._points[mine, 1],
            symbol="x" if label == NOT_ASSESSABLE else SYMBOLS[label % len(SYMBOLS)],
            size=6 if label <= 0 else 8,
            pen=pg.mkPen(QColor(theme.base), width=0.5),
            brush=colour,
            pxMode=True,
        )
        item.setZValue(label)
        self._plot.addItem(item, ignoreBounds=True)
        self._group_items.append(item)

    def _brushed(self, polygon: NDArray[np.float64], adds: bool) -> None:
        chosen = inside(polygon, self._points)
        self._select(chosen | self._selected if adds else chosen)

    def _clicked(self, position: tuple[float, float], reach: tuple[float, float], adds: bool) -> None:
        chosen = np.zeros(len(self._points), bool)
        if len(self._points):
            far = (((self._points - np.array(position)) / np.array(reach)) ** 2).sum(1)
            nearest = int(np.argmin(far))
            chosen[nearest] = far[nearest] <= 1
        self._select(chosen | self._selected if adds else chosen)

    def _select(self, chosen: NDArray[np.bool_]) -> None:
        had = bool(self._selected.any())
        self._selected = chosen
        shown = _thinned(np.flatnonzero(chosen))
        many = len(shown) > MANY_LIT
        self._chosen.setSize(7 if many else 10)
        self._chosen.setPen(pg.mkPen(QColor(current_theme(QGuiApplication.palette()).text), width=0.7 if many else 1.5))
        self._chosen.setData(self._points[shown, 0], self._points[shown, 1])
        self._tell()
        if not chosen.any():
            if had:
                self.patches_selected.emit(None)
            return
        mask = np.zeros(self._shape[0] * self._shape[1], bool)
        mask[self._where[chosen]] = True
        self.patches_selected.emit(mask.reshape(self._shape))

    def _tell(self) -> None:
        total = len(self._points)
        if not total:
            self._caption.setText(_NO_POINTS)
            return
        groups = [label for label in self._groups if label >= 0]
        text = f"{grouped(total)} patches"
        if len(groups) > 1:
            names = "●▲■◆★"
            text += " (" + ", ".join(f"{names[label % 5]} {group_letter(label)}" for label in groups) + ")"
        text += "; near each other = alike."
        if total > DRAWN_AT_MOST:
            text += f" {grouped(DRAWN_AT_MOST)} of them are drawn (a seeded sample); brushing covers all."
        if self._selected.any():
            text += f" Selected: {grouped(int(self._selected.sum()))}."
        self._caption.setText(text)

    def _take_colours(self) -> None:
        theme = current_theme(QGuiApplication.palette())
        self._plot.setBackground(QColor(theme.base))
        for side in ("left", "bottom"):
            axis = self._plot.getAxis(side)
            axis.setPen(pg.mkPen(QColor(theme.border)))
            axis.setTextPen(pg.mkPen(QColor(theme.muted)))
        self._view.set_outline_colour(QColor(theme.accent))

    def _make_tools(self) -> None:
        self._rectangle = tool_button(
            "rectangle", "Brush with a rectangle", "Drag a rectangle around points (Shift adds)", checkable=True
        )
        self._lasso = tool_button(
            "lasso", "Brush with a lasso", "Draw a line around points (Shift adds)", checkable=True
        )
        self._clear = tool_button("clear", "Clear selection", "Select no points (Esc in the plot)")
        self._reset = tool_button("fit", "Show all points", "Show all points again")
        self._copy = tool_button("copy", "Copy plot", "Copy the plot as an image")
        shapes = QButtonGroup(self)
        shapes.addButton(self._rectangle)
        shapes.addButton(self._lasso)
        self._rectangle.setChecked(True)
        shapes.buttonToggled.connect(self._choose_brush)
        self._clear.clicked.connect(self.clear_selection)
        self._reset.clicked.connect(self.reset_view)
        self._copy.clicked.connect(self.copy_picture)

    def _choose_brush(self) -> None:
        self._view.shape_of_brush = "rectangle" if self._rectangle.isChecked() else "lasso"

    def _make_plot(self) -> None:
        plot = self._plot
        plot.setAccessibleName("Patches by likeness")
        plot.setAccessibleDescription("Scatter plot of the first two principal components of the patch embeddings")
        plot.setToolTip("Drag to select patches, wheel to zoom, middle button to move")
        plot.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        plot.hideButtons()
        self._view.disableAutoRange()
        plot.setMinimumHeight(PLOT_HEIGHT)
        for side, title in (("bottom", "component 1"), ("left", "component 2")):
            plot.setLabel(side, title)
            plot.getAxis(side).enableAutoSIPrefix(False)
        self._chosen.setSymbol("o")
        self._chosen.setBrush(None)
        self._chosen.setZValue(100)
        self._lit.setSymbol("o")
        self._lit.setZValue(101)
        plot.addItem(self._chosen, ignoreBounds=True)
        plot.addItem(self._lit, ignoreBounds=True)
        self._view.brushed.connect(self._brushed)
        self._view.clicked_at.connect(self._clicked)
        plot.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        add_action(plot, "Show all points", "Show all points again", self.reset_view, icon_name="fit")
        add_action(plot, "Clear selection", "Select no points", self.clear_selection, icon_name="clear", keys="Esc")
        add_action(plot, "Copy plot as image", "Copy the plot as an image", self.copy_picture, keys="Ctrl+C")
        add_action(plot, "Copy points as table", "Copy all points as tab-separated text", self.copy_points)

    def _lay_out(self) -> None:
        tools = QHBoxLayout()
        tools.setSpacing(GRID)
        for control in (self._rectangle, self._lasso, self._clear, self._reset, self._copy):
            tools.addWidget(control)
        tools.addWidget(self._caption, 1)
        # Docks reckon with two lines as soon as the text is long: room for them now, or the picture jumps then.
        self._caption.setMinimumHeight(2 * self._caption.fontMetrics().lineSpacing())
        layout = QVBoxLayout(self)
        layout.setContentsMargins(GRID, GRID, GRID, GRID)
        layout.setSpacing(GRID)
        layout.addLayout(tools)
        layout.addWidget(self._plot, 1)
        chain_focus(self._rectangle, self._lasso, self._clear, self._reset, self._copy, self._plot)
        self.setAccessibleName("Scatter plot panel")


def _patch_labels(result: AnalysisResult) -> NDArray[np.int16]:
    """The group of each patch: that of the map cell under its centre. (rows * columns,) int16."""
    grid, maps = result.grid, result.maps
    if grid is None or maps is None:
        shape = result.scatter.shape if result.scatter is not None else (0, 0)
        return np.full(shape[0] * shape[1], NOT_ASSESSABLE, np.int16)
    geometry = maps.geometry
    middle = grid.offset + grid.patch / 2
    rows = np.clip((middle + grid.stride * np.arange(grid.rows)) // geometry.cell, 0, geometry.rows - 1).astype(np.intp)
    columns = (middle + grid.stride * np.arange(grid.columns)) // geometry.cell
    columns = np.clip(columns, 0, geometry.columns - 1).astype(np.intp)
    return maps.groups[np.ix_(rows, columns)].ravel()


def _thinned(indices: NDArray[np.intp]) -> NDArray[np.intp]:
    """At most `DRAWN_AT_MOST` of the indices, the same ones every time."""
    if len(indices) <= DRAWN_AT_MOST:
        return indices
    sample = np.random.default_rng(_SAMPLE_SEED).choice(len(indices), DRAWN_AT_MOST, replace=False)
    return indices[np.sort(sample)]
