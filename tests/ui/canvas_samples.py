"""Small photographs and results with values that are known by heart, and a mouse for the canvas."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication

from workstation.analysis.geometry import MapGeometry, PatchGrid
from workstation.analysis.result import (
    NOT_ASSESSABLE,
    AnalysisRequest,
    AnalysisResult,
    Group,
    Maps,
    PartialMap,
    Partition,
    Provenance,
    Suitability,
)
from workstation.evidence.record import Pixels
from workstation.ui.canvas import Canvas

CELL = 16
LEFT = Qt.MouseButton.LeftButton
NONE = Qt.MouseButton.NoButton


def sample_pixels(width: int = 160, height: int = 96, orientation: int = 1) -> Pixels:
    """Red grows with the column, green with the row; blue is 7."""
    y, x = np.mgrid[:height, :width]
    rgb = np.stack([x % 256, y % 256, np.full_like(x, 7)], axis=-1).astype(np.uint8)
    rgb.setflags(write=False)
    return Pixels(rgb, orientation, "RGB 8 bit", (), None, 1)


def sample_result(width: int = 160, height: int = 96) -> AnalysisResult:
    """Cells of 16 px: departure is 0.01 × cell number, the first cell is not assessable, group B is columns 5 to 7."""
    grid = PatchGrid.covering(height, width, patch=32, stride=CELL)
    shape = grid.rows, grid.columns
    departure = (np.arange(grid.rows * grid.columns, dtype=np.float32) * 0.01).reshape(shape)
    departure[0, 0] = np.nan
    groups = np.zeros(shape, np.int16)
    groups[:, 5:8] = 1
    groups[0, 0] = NOT_ASSESSABLE
    cut = np.where(groups == 1, 1, groups).astype(np.int16)
    pca = np.repeat(departure[..., None], 3, axis=2) / 2
    maps = Maps(MapGeometry(*shape, CELL, height, width), departure, pca, groups, cut, (0.0, 0.5))
    known = np.isfinite(departure)
    shares = [float((groups == label).sum() / known.sum()) for label in (0, 1)]
    named = tuple(
        Group("AB"[label], label, shares[label], 0.1 * label, int((groups == label).sum())) for label in (0, 1)
    )
    embeddings = np.zeros((*shape, 4), np.float32)
    return AnalysisResult(
        status="complete",
        reason="",
        request=AnalysisRequest(),
        image_size=(height, width),
        provenance=Provenance("0", "compact", "00", "compact", (), "cpu", "float32", 1, 0, (), "", ()),
        findings=(),
        grid=grid,
        suitability=Suitability(known, (~known).astype(np.uint8), known, np.full(known.shape, 120, np.float32)),
        embeddings=embeddings,
        scatter=embeddings[..., :2],
        maps=maps,
        partition=Partition(named, stable=True, stability=0.9, separation=0.4, margin=0.4, ambiguous=False, tried=()),
        score=0.2,
    )


def sample_partial(width: int = 160, height: int = 96) -> PartialMap:
    """The first two rows of cells are known."""
    maps = sample_result(width, height).maps
    assert maps is not None
    departure = maps.departure.copy()
    departure[2:] = np.nan
    return PartialMap(departure, maps.geometry)


def no_mask(result: AnalysisResult) -> NDArray[np.bool_]:
    """A mask over the patches without any."""
    assert result.grid is not None
    return np.zeros((result.grid.rows, result.grid.columns), np.bool_)


class Mouse:
    """Sends mouse events to the canvas at stored positions."""

    def __init__(self, canvas: Canvas) -> None:
        self._canvas = canvas

    def at(self, x: float, y: float) -> QPointF:
        return self._canvas.to_view(x, y)

    def send(
        self,
        kind: QEvent.Type,
        place: QPointF,
        button: Qt.MouseButton,
        held: Qt.MouseButton,
        keys: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier,
    ) -> None:
        viewport = self._canvas.viewport()
        where = QPointF(viewport.mapToGlobal(place.toPoint()))
        QApplication.sendEvent(viewport, QMouseEvent(kind, place, where, button, held, keys))

    def move(self, x: float, y: float) -> None:
        self.send(QEvent.Type.MouseMove, self.at(x, y), NONE, NONE)

    def click(self, x: float, y: float, button: Qt.MouseButton = LEFT) -> None:
        self.send(QEvent.Type.MouseButtonPress, self.at(x, y), button, button)
        self.send(QEvent.Type.MouseButtonRelease, self.at(x, y), button, NONE)

    def double_click(self, x: float, y: float) -> None:
        place = self.at(x, y)
        self.send(QEvent.Type.MouseButtonPress, place, LEFT, LEFT)
        self.send(QEvent.Type.MouseButtonRelease, place, LEFT, NONE)
        self.send(QEvent.Type.MouseButtonDblClick, place, LEFT, LEFT)
        self.send(QEvent.Type.MouseButtonRelease, place, LEFT, NONE)

    def drag(
        self,
        *path: tuple[float, float],
        button: Qt.MouseButton = LEFT,
        keys: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier,
    ) -> None:
        places = [self.at(x, y) for x, y in path]
        self.send(QEvent.Type.MouseButtonPress, places[0], button, button, keys)
        for place in places[1:]:
            self.send(QEvent.Type.MouseMove, place, NONE, button, keys)
        self.send(QEvent.Type.MouseButtonRelease, places[-1], button, NONE, keys)

    def wheel(self, place: QPointF, turn: int) -> None:
        viewport = self._canvas.viewport()
        where = QPointF(viewport.mapToGlobal(place.toPoint()))
        event = QWheelEvent(
            place,
            where,
            QPointF().toPoint(),
            QPointF(0, turn).toPoint(),
            NONE,
            Qt.KeyboardModifier.NoModifier,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(viewport, event)
