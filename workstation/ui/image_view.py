"""The layers over a photograph: with its picture and regions the one widget in which an analyst looks at it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QWidget

from workstation.analysis.colours import OPACITY, Limits
from workstation.analysis.geometry import PatchGrid
from workstation.analysis.regions import Region
from workstation.analysis.result import AnalysisResult, BoolArray, FloatArray, PartialMap
from workstation.evidence.record import Pixels
from workstation.ui.cells import CellLayout
from workstation.ui.layers import Layer, LayerPicture, LayerSource
from workstation.ui.legend import Shine, shine_of
from workstation.ui.picture_item import Style
from workstation.ui.pointer import PointerReading
from workstation.ui.region_tools import Tool
from workstation.ui.region_view import RegionView
from workstation.ui.view_state import ViewState

__all__ = ["ImageView", "Layer", "PointerReading", "Tool", "ViewState"]


class ImageView(RegionView):
    """A photograph with its regions and a layer over it.

    Signals:
        layer_changed(object): the Layer chosen.
        opacity_changed(float): of the map, 0..1.
        limits_changed(float, float): of the departure scale.
    """

    layer_changed = Signal(object)
    opacity_changed = Signal(float)
    limits_changed = Signal(float, float)

    def __init__(self, parent: QWidget | None = None, *, dark: bool = True) -> None:
        super().__init__(parent, dark=dark)
        self._source = LayerSource()
        self._layer = Layer.ORIGINAL
        self._opacity = OPACITY
        self._blinking = False
        self._contours = False
        self._component = 0
        self._legend_shown = True
        self._shine = Shine(opacity=OPACITY)
        self._limits: Limits | None = None
        self.canvas.blink_requested.connect(self.set_blink)
        self.legend.limits_dragged.connect(self.set_limits)
        self.legend.limits_reset.connect(self.reset_limits)

    @property
    def layer(self) -> Layer:
        """The layer chosen; while it has nothing to show, the original is seen."""
        return self._layer

    @property
    def opacity(self) -> float:
        """Of the map, 0..1."""
        return self._opacity

    @property
    def limits(self) -> Limits | None:
        """The departure scale in use; None without a map."""
        return (self._source.limits or self._source.standard_limits) if self._source.has(Layer.DEPARTURE) else None

    @property
    def limits_moved(self) -> bool:
        """Whether the analyst moved the departure scale."""
        return self._limits is not None

    @property
    def contours(self) -> bool:
        """Whether contours are drawn."""
        return self._contours

    @property
    def component(self) -> int:
        """Of the PCA map that is shown alone, 1 to 3; 0 = all three as colours."""
        return self._component

    @property
    def shown_result(self) -> AnalysisResult | None:
        """The finished analysis whose maps are shown."""
        return self._source.result

    @property
    def seen_layer(self) -> Layer:
        """The layer that is really seen: the original while blinking, or where the chosen one has nothing to show."""
        return self._layer if not self._blinking and self.has_layer(self._layer) else Layer.ORIGINAL

    def has_layer(self, layer: Layer) -> bool:
        """Whether a layer has anything to show now."""
        return self._pixels is not None and self._source.has(layer)

    def show_result(self, result: AnalysisResult | None) -> None:
        """Show the maps of a finished analysis; None takes every map away.

        Raises:
            ValueError: if they are those of an image of another size.
        """
        self._take_source(LayerSource(result))

    def show_partial(self, partial: PartialMap) -> None:
        """Show the departure map as far as it is computed.

        Raises:
            ValueError: if it is that of an image of another size.
        """
        self._take_source(LayerSource(partial=partial))

    def clear_map(self) -> None:
        """Take every map away: what a cancelled or failed analysis leaves is not shown."""
        self.show_result(None)

    def set_layer(self, layer: Layer) -> None:
        """Choose the layer; zoom and position stay."""
        if layer is self._layer:
            return
        self._layer = layer
        self._show_layer()
        self.layer_changed.emit(layer)

    def set_opacity(self, opacity: float) -> None:
        """Set how much of the picture is the map, 0..1."""
        opacity = min(max(float(opacity), 0.0), 1.0)
        if opacity == self._opacity:
            return
        self._opacity = opacity
        self._shine = replace(self._shine, opacity=opacity)
        self._show_layer()
        self.opacity_changed.emit(opacity)

    def set_blink(self, blinking: bool) -> None:
        """Show the original for as long as this is on; regions stay."""
        if blinking != self._blinking:
            self._blinking = blinking
            self._show_layer()

    def set_contours(self, shown: bool) -> None:
        """Draw contours at labelled values over departure and similarity."""
        self._contours = shown
        self._source.set_contours(shown)
        self._show_layer()

    def set_component(self, component: int) -> None:
        """Show one component of the PCA map alone, 1 to 3; 0 = all three as colours."""
        self._component = component
        self._source.set_component(component)
        self._show_layer()

    def set_limits(self, low: float, high: float) -> None:
        """Move the departure scale.

        Raises:
            ValueError: if `high` is not above `low`.
        """
        if not high > low:
            raise ValueError(f"the upper limit {high} is not above the lower limit {low}")
        if self.limits == (low, high):
            return
        self._move_limits(None if (low, high) == self._source.standard_limits else (low, high))

    def reset_limits(self) -> None:
        """Take the limits that are stored with the weights."""
        if self._limits is not None:
            self._move_limits(None)

    def show_similarity(self, array: FloatArray | None, seen_from: str = "", region: Region | None = None) -> None:
        """Take the similarity of every patch to a region or a group.

        Args:
            array: (rows, columns) -1..1 over the map's cells or over the patch grid, NaN where not assessable; None
                takes the layer away.
            seen_from: what it is seen from, in words ("group B").
            region: the region it is seen from; it is outlined with dashes.

        Raises:
            ValueError: if the shape is neither that of the maps nor that of the patches.
        """
        self._source.set_similarity(array, seen_from)
        self.canvas.regions.reference = region if array is not None else None
        self._show_layer()

    def highlight_patches(self, mask: BoolArray | None) -> None:
        """Light up patches, (rows, columns) bool over the patch grid; None or all False puts it out.

        Raises:
            ValueError: if the mask does not have the shape of the patch grid.
        """
        grid = self._grid
        if mask is None or not mask.any():
            self.canvas.highlight.set_area(np.zeros((0, 4)), np.zeros((0, 4)))
            return
        if grid is None or self._pixels is None or mask.shape != (grid.rows, grid.columns):
            raise ValueError(f"a mask of shape {mask.shape} does not fit the patches")
        layout = CellLayout.of_patches(grid, self._pixels.height, self._pixels.width)
        self.canvas.highlight.set_area(layout.boxes(mask), layout.outline(mask))

    def view_state(self) -> ViewState:
        """What it takes to come back to this view."""
        camera = self.canvas.camera
        x, y = self.canvas.frame.to_stored(camera.centre_x, camera.centre_y)
        return ViewState(
            x,
            y,
            camera.zoom,
            camera.fitted,
            self._layer.value,
            self._opacity,
            self._limits,
            self._contours,
            component=self._component,
        )

    def restore_view_state(self, state: ViewState) -> None:
        """Come back to a view."""
        camera = self.canvas.camera
        if state.fitted:
            camera.fit()
        else:
            camera.look_at(*self.canvas.frame.to_display(state.x, state.y), state.zoom)
        self.canvas.apply_camera()
        self.set_opacity(state.opacity)
        if state.contours != self._contours:
            self.set_contours(state.contours)
        if state.component != self._component:
            self.set_component(state.component)
        if state.limits is None:
            self.reset_limits()
        else:
            self.set_limits(*state.limits)
        self.set_layer(Layer(state.layer))

    def set_legend_visible(self, shown: bool) -> None:
        """Show the legend over the picture, or leave the picture free."""
        self._legend_shown = shown
        self._show_legend()

    def set_legend_corner(self, corner: Qt.Corner) -> None:
        """Put the legend into the upper left or the upper right corner."""
        self._floating.corner = corner
        self._floating.place()

    def _drop_picture(self, pixels: Pixels | None) -> None:
        super()._drop_picture(pixels)
        self._source = LayerSource()
        self._source.set_contours(self._contours)
        self._source.set_component(self._component)
        self._limits = None
        if pixels is not None:
            self._shine = shine_of(pixels, self._opacity)
        self.canvas.highlight.set_area(np.zeros((0, 4)), np.zeros((0, 4)))

    def _show_over_picture(self) -> None:
        self._show_layer()

    @property
    def _grid(self) -> PatchGrid | None:
        result = self._source.result
        return None if result is None else result.grid

    def _take_source(self, source: LayerSource) -> None:
        geometry, pixels = source.geometry, self._pixels
        if geometry and pixels and (geometry.height, geometry.width) != (pixels.height, pixels.width):
            raise ValueError(
                f"maps of {geometry.width}×{geometry.height} pixels do not lie over {pixels.width}×{pixels.height}"
            )
        source.set_contours(self._contours)
        source.set_component(self._component)
        if source.partial is None:  # a growing map has a scale of its own
            source.set_limits(self._limits)
        self._source = source
        self.canvas.regions.reference = None
        if source.result is None or source.result.grid is None:
            self.canvas.highlight.set_area(np.zeros((0, 4)), np.zeros((0, 4)))
        self._show_layer()

    def _show_layer(self) -> None:
        layer, canvas = self.seen_layer, self.canvas
        picture = LayerPicture() if layer is Layer.ORIGINAL else self._source.picture(layer)
        canvas.picture.set_style(Style.COLOUR if layer is Layer.ORIGINAL else Style.GROUND)
        canvas.map.set_picture(picture)
        canvas.map.setOpacity(self._opacity)
        canvas.marking.set_picture(picture)
        canvas.values.set_layer(picture, self._opacity)
        canvas.highlight.setVisible(not self._blinking)
        canvas.viewport().update()
        self._show_legend()
        self._reader.set_maps(self._source, self._layer)

    def _show_legend(self) -> None:
        layer = self.seen_layer
        legend = None
        if layer is not Layer.ORIGINAL and self._legend_shown:
            legend = self._source.legend(layer, self._shine.mean, self._opacity)
        movable = layer is Layer.DEPARTURE and self._source.partial is None
        self.legend.show_legend(legend, self._shine, movable=movable, moved=movable and self.limits_moved)
        self._floating.place()

    def _move_limits(self, limits: Limits | None) -> None:
        self._limits = limits
        if self._source.partial is None:
            self._source.set_limits(limits)
        self._show_layer()
        low, high = limits or self._source.standard_limits
        self.limits_changed.emit(low, high)
