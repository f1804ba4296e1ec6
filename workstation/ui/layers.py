"""What can be laid over the photograph, as shapes and colours in stored pixels, ready to be painted."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import Enum
from math import isfinite, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage

from workstation.analysis.colours import (
    ALONE_LIMITS,
    SIMILARITY_LIMITS,
    ByteArray,
    ColourMapName,
    Limits,
    bar_colours,
    cut_rgba,
    groups_rgba,
    scalar_rgba,
)
from workstation.analysis.geometry import MapGeometry
from workstation.analysis.legends import Legend, legend_of
from workstation.analysis.result import NOT_ASSESSABLE, AnalysisResult, FloatArray, LabelArray, PartialMap
from workstation.analysis.textures import deepest_cell, sample_cells, smooth_cells
from workstation.ui.cells import Boxes, CellLayout, Segments, nearest_patch
from workstation.ui.contours import contour, label_places

MAX_SMOOTH_CELLS = 1_000_000
"""Interpolated maps are not made finer than this many values."""

PROVISIONAL_LIMITS: Limits = (0.0, 1.0)
"""Scale of a growing map: cosine distance to the mean of the patches so far."""

CONTOUR_COUNT = 5
"""Contours lie at the ticks of the colour bar, of which there are as many, its lower end apart."""


class Layer(Enum):
    """What is laid over the photograph."""

    ORIGINAL = "original"
    DEPARTURE = "departure"
    PCA = "pca"
    GROUPS = "groups"
    CUT = "cut"
    SIMILARITY = "similarity"

    @property
    def title(self) -> str:
        """The layer's name in the window."""
        return {"pca": "PCA", "similarity": "As seen from here"}.get(self.value, self.value.capitalize())


@dataclass(frozen=True, slots=True, eq=False)
class Contour:
    """One line of equal value: its segments, its value as text, and where that is written (stored pixels)."""

    segments: Segments
    label: str
    places: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True, eq=False)
class LayerPicture:
    """One layer, ready to be painted.

    Attributes:
        image: colours, one pixel per cell or finer, transparent where not assessable or unknown; null for the original.
        rgba: the same as (rows, columns, 4) uint8.
        area: stored rectangle that `image` covers; it may reach beyond the photograph, where it is clipped.
        smooth: whether `image` was interpolated between the middles of cells.
        hatched: what is not assessable.
        dotted: (area, number of the dot pattern of `textures.dotted`) by group or side.
        outlines: borders between groups or sides.
        beyond: border of what lies above the limits of the scale.
        contours: lines of equal value.
        letters: (x, y, text) names of groups, in stored pixels.
    """

    image: QImage = field(default_factory=QImage)
    rgba: ByteArray = field(default_factory=lambda: np.zeros((0, 0, 4), np.uint8))
    area: QRectF = field(default_factory=QRectF)
    smooth: bool = False
    hatched: Boxes = field(default_factory=lambda: np.zeros((0, 4)))
    dotted: tuple[tuple[Boxes, int], ...] = ()
    outlines: Segments = field(default_factory=lambda: np.zeros((0, 4)))
    beyond: Segments = field(default_factory=lambda: np.zeros((0, 4)))
    contours: tuple[Contour, ...] = ()
    letters: tuple[tuple[float, float, str], ...] = ()

    @classmethod
    def painted(cls, rgba: ByteArray, area: QRectF, **marks: Any) -> LayerPicture:
        """Colours that cover an area, and further fields by name."""
        return cls(_image(rgba), rgba, area, **marks)


class LayerSource:
    """The maps of one photograph and how each is drawn. Made anew for another result or a step of a growing map.

    Attributes:
        result: of the analysis, or None.
        partial: the growing map, or None.
        similarity: (rows, columns) float32 over the map's cells, or None.
        seen_from: name of the region of `similarity`.
        limits: of the departure scale if the analyst moved them.
        component: of the PCA map that is shown alone, 1 to 3; 0 = all three as colours.
        with_contours: whether contours are drawn.
    """

    def __init__(self, result: AnalysisResult | None = None, partial: PartialMap | None = None) -> None:
        self.result, self.partial = result, partial
        self.similarity: FloatArray | None = None
        self.seen_from = ""
        self.limits: Limits | None = None
        self.with_contours = False
        self.component = 0
        self._alone: FloatArray | None = None
        self._pictures: dict[Layer, LayerPicture] = {}
        self._smoothed: dict[Layer, FloatArray] = {}

    @property
    def geometry(self) -> MapGeometry | None:
        """Of the maps, None without any."""
        if self.partial is not None:
            return self.partial.geometry
        return self.result.maps.geometry if self.result is not None and self.result.maps is not None else None

    @property
    def departure(self) -> FloatArray | None:
        """(rows, columns) float32 departure map, finished or growing."""
        if self.partial is not None:
            return self.partial.departure
        return self.result.maps.departure if self.result is not None and self.result.maps is not None else None

    @property
    def standard_limits(self) -> Limits:
        """The absolute scale of the departure map."""
        if self.partial is None and self.result is not None and self.result.maps is not None:
            return self.result.maps.departure_range
        return PROVISIONAL_LIMITS

    def has(self, layer: Layer) -> bool:
        """Whether this layer has anything to show."""
        if layer is Layer.DEPARTURE:
            return self.departure is not None
        if self.partial is not None or self.result is None or self.result.maps is None:
            return layer is Layer.ORIGINAL
        return layer is not Layer.SIMILARITY or self.similarity is not None

    def set_limits(self, limits: Limits | None) -> None:
        """Move the departure scale; None = back to the standard limits."""
        self.limits = limits
        self._pictures.pop(Layer.DEPARTURE, None)

    def set_contours(self, shown: bool) -> None:
        """Draw contours or not."""
        self.with_contours = shown
        self._pictures.pop(Layer.DEPARTURE, None)
        self._pictures.pop(Layer.SIMILARITY, None)

    def set_component(self, component: int) -> None:
        """Show one component of the PCA map alone; 0 = all three as colours."""
        self.component, self._alone = component, None
        self._pictures.pop(Layer.PCA, None)
        self._smoothed.pop(Layer.PCA, None)

    def set_similarity(self, values: NDArray[np.floating] | None, seen_from: str = "") -> None:
        """Take the similarity to a region, over the map's cells or over patches.

        Raises:
            ValueError: if the array has the shape of neither.
        """
        self._pictures.pop(Layer.SIMILARITY, None)
        self._smoothed.pop(Layer.SIMILARITY, None)
        self.similarity = None if values is None else self._over_cells(values.astype(np.float32, copy=False))
        self.seen_from = seen_from

    def picture(self, layer: Layer) -> LayerPicture:
        """What to paint for a layer that `has` something to show."""
        if layer not in self._pictures:
            self._pictures[layer] = self._drawn(layer)
        return self._pictures[layer]

    def legend(self, layer: Layer, ground: float, opacity: float) -> Legend | None:
        """The legend of a layer; None for the original.

        Args:
            layer: one that `has` something to show.
            ground: mean grey of the dimmed photograph, 0..255.
            opacity: of the map.
        """
        if layer is Layer.ORIGINAL:
            return None
        if self.partial is not None:
            limits = self.limits or self.standard_limits
            ticks = tuple((float(v), f"{v:.3g}") for v in np.linspace(*limits, CONTOUR_COUNT))
            return Legend(
                "departure",
                "Departure from the reference group, as far as computed",
                bar_colours("cividis", ground, opacity),
                limits,
                ticks,
                notes=("Provisional: the map is still growing.",),
            )
        assert self.result is not None
        return legend_of(
            layer.value,
            self.result,
            limits=self.limits,
            similarity=self.similarity,
            seen_from=self.seen_from or "the chosen region",
            alone=self.component,
            ground=ground,
            opacity=opacity,
        )

    def departure_at(self, x: float, y: float) -> float | None:
        """The departure map's value at a stored position; None where it has none."""
        return self._value_at(self.departure, x, y)

    def value_at(self, layer: Layer, x: float, y: float) -> float | str | tuple[float, float, float] | None:
        """What a layer says at a stored position (see `PointerReading.value`)."""
        if not self.has(layer) or layer is Layer.ORIGINAL:
            return None
        scalar = self._scalar_values(layer)
        if scalar is not None:
            return self._value_at(scalar, x, y)
        assert self.result is not None
        assert self.result.maps is not None
        maps = self.result.maps
        cell = maps.geometry.cell_at(x, y)
        if layer is Layer.PCA:
            red, green, blue = (float(v) for v in maps.pca[cell])
            return (red, green, blue) if isfinite(red + green + blue) else None
        label = int((maps.groups if layer is Layer.GROUPS else maps.cut)[cell])
        if label == NOT_ASSESSABLE:
            return None
        return self.group_name(label) if layer is Layer.GROUPS else ("larger side", "smaller side")[label]

    def group_name(self, label: int) -> str:
        """Name of a label of the group map: "A", "B", ..."""
        groups = self.result.partition.groups if self.result is not None and self.result.partition is not None else ()
        return next((group.name for group in groups if group.label == label), chr(ord("A") + label))

    def _value_at(self, values: FloatArray | None, x: float, y: float) -> float | None:
        geometry = self.geometry
        if values is None or geometry is None:
            return None
        value = float(values[geometry.cell_at(x, y)])
        return value if isfinite(value) else None

    def _over_cells(self, values: FloatArray) -> FloatArray:
        """Similarities as they lie over the map's cells: those of the patch nearest to each cell's middle."""
        geometry = self.geometry
        grid = self.result.grid if self.result is not None else None
        if geometry is not None and values.shape == (geometry.rows, geometry.columns):
            return values
        if geometry is None or grid is None or values.shape != (grid.rows, grid.columns):
            raise ValueError(f"a similarity of shape {values.shape} fits neither the maps nor the patches")
        layout = CellLayout.of_map(geometry)
        rows = [nearest_patch(grid, 0, layout.centre(row, 0)[1])[0] for row in range(geometry.rows)]
        columns = [nearest_patch(grid, layout.centre(0, column)[0], 0)[1] for column in range(geometry.columns)]
        return values[np.ix_(rows, columns)]

    def _drawn(self, layer: Layer) -> LayerPicture:
        if not self.has(layer) or layer is Layer.ORIGINAL:
            return LayerPicture()
        scalar = self._scalar_values(layer)
        if scalar is not None:
            return self._scalar(layer, scalar)
        assert self.result is not None
        assert self.result.maps is not None
        maps = self.result.maps
        if layer is Layer.PCA:
            smooth = self._smooth(layer, maps.pca)
            known = np.isfinite(smooth).all(axis=-1)
            rgba = np.zeros((*known.shape, 4), np.uint8)
            rgba[known, :3] = np.rint(np.clip(smooth[known], 0, 1) * 255)
            rgba[known, 3] = 255
            hatched = CellLayout.of_map(maps.geometry).boxes(np.isnan(maps.pca.sum(axis=-1)))
            return LayerPicture.painted(rgba, _area(maps.geometry), smooth=True, hatched=hatched)
        labels = maps.groups if layer is Layer.GROUPS else maps.cut
        return self._labelled(layer, labels, groups_rgba(maps) if layer is Layer.GROUPS else cut_rgba(maps))

    def _scalar_values(self, layer: Layer) -> FloatArray | None:
        """(rows, columns) float32 of a layer that is one number per cell."""
        if layer is Layer.DEPARTURE:
            return self.departure
        if layer is Layer.SIMILARITY:
            return self.similarity
        if layer is Layer.PCA and self.component and self.result is not None and self.result.maps is not None:
            from workstation.analysis.pca import one_alone  # noqa: PLC0415 - scipy loads when it is asked for

            if self._alone is None:  # kept, since the pointer asks for a value of it wherever it moves
                self._alone = one_alone(self.result.maps.pca, self.component)
            return self._alone
        return None

    def _scalar(self, layer: Layer, values: FloatArray) -> LayerPicture:
        geometry = self.geometry
        colours: ColourMapName = "cividis" if layer is Layer.DEPARTURE else "viridis"
        limits = {Layer.SIMILARITY: SIMILARITY_LIMITS, Layer.PCA: ALONE_LIMITS}.get(
            layer, self.limits or self.standard_limits
        )
        assert geometry is not None
        layout = CellLayout.of_map(geometry)
        if self.partial is not None:  # cells as they come, and no hatching: what is unknown yet may be assessable
            return LayerPicture.painted(_spread(scalar_rgba(values, colours, limits), geometry), _area(geometry))
        maps = self.result.maps if self.result is not None else None
        if layer is Layer.DEPARTURE and maps is not None and maps.edged is not None:
            finer, covered = maps.edged, QRectF(0, 0, geometry.width, geometry.height)
        else:
            finer, covered = self._smooth(layer, values), _area(geometry)
        with np.errstate(invalid="ignore"):
            above = values > limits[1]
        return LayerPicture.painted(
            scalar_rgba(finer, colours, limits),
            covered,
            smooth=True,
            hatched=layout.boxes(~np.isfinite(values)),
            beyond=layout.outline(above),
            contours=_contours(values, layout, limits) if self.with_contours and layer is not Layer.PCA else (),
        )

    def _labelled(self, layer: Layer, labels: LabelArray, rgba: ByteArray) -> LayerPicture:
        geometry = self.geometry
        assert geometry is not None
        layout = CellLayout.of_map(geometry)
        present = [int(label) for label in np.unique(labels) if label != NOT_ASSESSABLE]
        letters = []
        for label in present if layer is Layer.GROUPS else ():
            cell = deepest_cell(labels == label)
            if cell is not None:
                letters.append((*layout.centre(*cell), self.group_name(label)))
        return LayerPicture.painted(
            _spread(rgba, geometry),
            _area(geometry),
            hatched=layout.boxes(labels == NOT_ASSESSABLE),
            dotted=tuple((layout.boxes(labels == label), label) for label in present if label % 5),
            outlines=layout.borders(labels),
            letters=tuple(letters),
        )

    def _smooth(self, layer: Layer, values: FloatArray) -> FloatArray:
        """Values between the middles of cells, several per cell; a cell's middle keeps the cell's value."""
        if layer not in self._smoothed:
            geometry = self.geometry
            assert geometry is not None
            finer = max(1, min(4, int(sqrt(MAX_SMOOTH_CELLS / (values.shape[0] * values.shape[1])))))
            covered = _covering(geometry)
            rows, columns = covered.height // covered.cell, covered.width // covered.cell
            self._smoothed[layer] = smooth_cells(values, covered, rows * finer, columns * finer)
        return self._smoothed[layer]


def _area(geometry: MapGeometry) -> QRectF:
    """What the whole cells of a map cover, in stored pixels."""
    covered = _covering(geometry)
    return QRectF(0, 0, covered.width, covered.height)


def _covering(geometry: MapGeometry) -> MapGeometry:
    """The same cells over a whole number of cells that covers the image."""
    rows, columns = -(-geometry.height // geometry.cell), -(-geometry.width // geometry.cell)
    return replace(geometry, height=rows * geometry.cell, width=columns * geometry.cell)


def _spread(rgba: ByteArray, geometry: MapGeometry) -> ByteArray:
    """Colours per cell, with the last row and column repeated where the map ends before the image does."""
    covered = _covering(geometry)
    rows, columns = sample_cells(covered, covered.height // covered.cell, covered.width // covered.cell)
    return rgba[np.ix_(rows, columns)]


def _image(rgba: ByteArray) -> QImage:
    """A QImage with a copy of (rows, columns, 4) uint8; alpha is 255, or 0 with colour 0: premultiplied as it is."""
    contiguous = np.ascontiguousarray(rgba)
    height, width = contiguous.shape[:2]
    return QImage(contiguous.data, width, height, 4 * width, QImage.Format.Format_RGBA8888_Premultiplied).copy()


def _contours(values: FloatArray, layout: CellLayout, limits: Limits) -> tuple[Contour, ...]:
    levels = np.linspace(*limits, CONTOUR_COUNT)[1:]
    apart = (layout.x_edges[-1] + layout.y_edges[-1]) / 8
    drawn = []
    for level in levels:
        segments = contour(values, layout, float(level))
        if len(segments):
            drawn.append(Contour(segments, f"{level:.3g}", tuple(label_places(segments, apart))))
    return tuple(drawn)
