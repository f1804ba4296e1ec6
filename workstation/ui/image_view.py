"""The picture with its layers: the one widget in which an analyst looks at a photograph."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
from PySide6.QtCore import QEvent, QPointF, Qt, Signal
from PySide6.QtGui import QFocusEvent, QImage, QResizeEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from workstation.analysis.colours import OPACITY, ByteArray, Limits
from workstation.analysis.geometry import PatchGrid
from workstation.analysis.regions import Region
from workstation.analysis.result import AnalysisResult, BoolArray, FloatArray, PartialMap
from workstation.evidence.display import oriented
from workstation.evidence.record import Pixels
from workstation.ui.canvas import Canvas
from workstation.ui.cells import CellLayout
from workstation.ui.display_colours import display_transform
from workstation.ui.display_frame import DisplayFrame
from workstation.ui.floating import Floating, picture_of
from workstation.ui.layers import Layer, LayerPicture, LayerSource
from workstation.ui.legend import Shine, shine_of
from workstation.ui.picture_item import Style
from workstation.ui.pointer import PointerReading
from workstation.ui.pointer_reader import PointerReader
from workstation.ui.pyramid import Pyramid
from workstation.ui.region_tools import Tool
from workstation.ui.theme import DARK, LIGHT
from workstation.ui.view_state import ViewState

__all__ = ["ImageView", "Layer", "PointerReading", "Tool", "ViewState"]


class ImageView(QWidget):
    """A photograph, a layer over it, the analyst's regions, and the pointer's answers. All positions are stored pixels.

    Space (held), arrow keys, Delete, Return and Backspace act while the picture has the focus; every other key is an
    action of the window. `canvas` is the widget that takes the focus; give shortcuts the context
    `WidgetWithChildrenShortcut` on the view.

    Signals:
        hovered(object): PointerReading of the pixel under the pointer, None outside the picture.
        pinned(object): PointerReading of a clicked pixel; None when the pin was taken away.
        region_drawn(object): Region that a tool finished; its name is "".
        region_selected(str): name of the region that was clicked, "" when the selection was given up.
        region_changed(object): Region that was moved or resized, under its old name.
        region_refused(str): what was drawn encloses nothing, or there is nothing to draw on; carries a sentence.
        region_delete_requested(str): Delete was pressed while the region with this name was selected.
        zoom_changed(float): device pixels per image pixel, in per cent.
        layer_changed(object): the Layer chosen.
        opacity_changed(float): of the map, 0..1.
        limits_changed(float, float): of the departure scale.
        tool_changed(object): the Tool in hand.
        patches_under_pointer(object): (rows, columns) bool over the patch grid, or None; only when it changed.
        message_action(str): the button of the message was pressed; carries its text.
        context_requested(object): right click; QPoint on the screen.
        view_moved(): position, zoom or size of the view changed.
    """

    hovered = Signal(object)
    pinned = Signal(object)
    region_drawn = Signal(object)
    region_selected = Signal(str)
    region_changed = Signal(object)
    region_refused = Signal(str)
    region_delete_requested = Signal(str)
    zoom_changed = Signal(float)
    layer_changed = Signal(object)
    opacity_changed = Signal(float)
    limits_changed = Signal(float, float)
    tool_changed = Signal(object)
    patches_under_pointer = Signal(object)
    message_action = Signal(str)
    context_requested = Signal(object)
    view_moved = Signal()

    def __init__(self, parent: QWidget | None = None, *, dark: bool = True) -> None:
        super().__init__(parent)
        self._pixels: Pixels | None = None
        self._source = LayerSource()
        self._layer = Layer.ORIGINAL
        self._opacity = OPACITY
        self._blinking = False
        self._contours = False
        self._legend_shown = True
        self._shine = Shine(opacity=OPACITY)
        self._limits: Limits | None = None
        self._last_zoom = 0.0
        theme = DARK if dark else LIGHT
        self.canvas = Canvas(self)
        self._reader = PointerReader(self.canvas, self)
        self._floating = Floating(theme, self)
        self.legend, self.message_bar = self._floating.legend, self._floating.message_bar
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.canvas)
        self.setAccessibleName("Picture view")
        self.set_theme(dark)
        self._connect()

    def _connect(self) -> None:
        canvas = self.canvas
        canvas.view_changed.connect(self._view_changed)
        self._reader.hovered.connect(self.hovered)
        self._reader.pinned.connect(self.pinned)
        self._reader.patches_under_pointer.connect(self.patches_under_pointer)
        canvas.region_drawn.connect(self.region_drawn)
        canvas.region_selected.connect(self._select_and_say)
        canvas.region_changed.connect(self.region_changed)
        canvas.region_refused.connect(self.region_refused)
        canvas.region_delete_requested.connect(self.region_delete_requested)
        canvas.blink_requested.connect(self.set_blink)
        canvas.context_requested.connect(self.context_requested)
        self.legend.limits_dragged.connect(self.set_limits)
        self.legend.limits_reset.connect(self.reset_limits)
        self.message_bar.action_triggered.connect(self.message_action)

    # What is shown

    @property
    def pixels(self) -> Pixels | None:
        """The picture shown."""
        return self._pixels

    @property
    def layer(self) -> Layer:
        """The layer chosen; while it has nothing to show, the original is seen."""
        return self._layer

    @property
    def opacity(self) -> float:
        """Of the map, 0..1."""
        return self._opacity

    @property
    def tool(self) -> Tool:
        """The tool in hand."""
        return self.canvas.tool

    @property
    def zoom(self) -> float:
        """Device pixels per image pixel, in per cent."""
        return self.canvas.camera.zoom * 100

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
    def shown_result(self) -> AnalysisResult | None:
        """The finished analysis whose maps are shown."""
        return self._source.result

    @property
    def seen_layer(self) -> Layer:
        """The layer that is really seen: the original while blinking, or where the chosen one has nothing to show."""
        return self._layer if not self._blinking and self.has_layer(self._layer) else Layer.ORIGINAL

    @property
    def is_settled(self) -> bool:
        """Whether what is painted of the picture is final."""
        return self.canvas.picture.settled

    def visible_area(self) -> tuple[float, float, float, float] | None:
        """(x, y, width, height) of what is in view, in stored pixels, cut at the picture's border; None for nothing."""
        if self._pixels is None:
            return None
        size = self.canvas.viewport().size()
        corners = [self.canvas.to_stored(QPointF(x, y)) for x in (0, size.width()) for y in (0, size.height())]
        left, right = (min(max(side, 0.0), self._pixels.width) for side in _ends(x for x, _ in corners))
        top, bottom = (min(max(side, 0.0), self._pixels.height) for side in _ends(y for _, y in corners))
        return (left, top, right - left, bottom - top) if right > left and bottom > top else None

    def look_at(self, x: float, y: float) -> None:
        """Show a stored position in the middle of the view, at 100 % or more."""
        camera = self.canvas.camera
        camera.look_at(*self.canvas.frame.to_display(x, y), max(1.0, camera.zoom))
        self.canvas.apply_camera()

    def reading_at(self, position: QPointF) -> PointerReading | None:
        """What the picture says at a position of the view; None outside the picture."""
        return self._reader.reading_at(position)

    def has_layer(self, layer: Layer) -> bool:
        """Whether a layer has anything to show now."""
        return self._pixels is not None and self._source.has(layer)

    def show_pixels(self, pixels: Pixels | None) -> None:
        """Show a picture, or none. Everything that belonged to the last one is dropped; the view stays if sizes agree.

        Nothing of the picture's size is computed here: what is in view is converted when it is painted.
        """
        if pixels is self._pixels and pixels is not None:
            return
        self._drop_picture(pixels)
        canvas = self.canvas
        if pixels is None:
            canvas.picture.set_picture(None)
            canvas.values.set_rgb(None)
            canvas.set_frame(DisplayFrame(0, 0))
        else:
            canvas.picture.set_picture(Pyramid.of(pixels), display_transform(pixels))
            canvas.values.set_rgb(oriented(pixels.rgb, pixels.orientation))
            canvas.set_frame(DisplayFrame(pixels.width, pixels.height, pixels.orientation))
            self._shine = shine_of(pixels, self._opacity)
        self._show_layer()

    def show_stand_in(self, thumbnail: ByteArray, frame: DisplayFrame) -> None:
        """Show a thumbnail where a picture will be that is being read; the view stays if sizes agree.

        Args:
            thumbnail: (h, w, 3) uint8, oriented for display.
            frame: of the picture.
        """
        self._drop_picture(None)
        self.canvas.values.set_rgb(None)
        self.canvas.picture.set_stand_in(thumbnail, frame.display_size)
        self.canvas.set_frame(frame, stand_in=True)
        self._show_layer()

    def _drop_picture(self, pixels: Pixels | None) -> None:
        """Let go of everything that belonged to the last picture; `pixels` are those of the next one."""
        self._pixels = pixels
        self._source = LayerSource()
        self._source.set_contours(self._contours)
        self._limits = None
        self._reader.set_pixels(pixels)
        regions = self.canvas.regions
        regions.regions, regions.selected, regions.reference = (), None, None
        self.canvas.highlight.set_area(np.zeros((0, 4)), np.zeros((0, 4)))

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

    # Regions and tools

    def set_tool(self, tool: Tool) -> None:
        """Take a tool into the hand; an unfinished region is dropped."""
        if tool is not self.canvas.tool:
            self.canvas.set_tool(tool)
            self.tool_changed.emit(tool)

    def set_regions(self, regions: tuple[Region, ...]) -> None:
        """Show these regions; the selection stays if its region does."""
        shown = self.canvas.regions
        shown.regions = tuple(regions)
        if shown.selected_region is None:
            shown.selected = None
        shown.update()

    def select_region(self, name: str | None) -> None:
        """Select a region by its name, or none. Says nothing: the caller knows."""
        shown = self.canvas.regions
        shown.selected = name if any(region.name == name for region in shown.regions) else None
        shown.update()

    def escape(self) -> bool:
        """Give up an unfinished region, else the tool, the selection, the pin; returns whether any was there."""
        if self.canvas.cancel_drawing():
            return True
        if self.tool is not Tool.HAND:
            self.set_tool(Tool.HAND)
            return True
        if self.canvas.regions.selected is not None:
            self._select_and_say("")
            return True
        if self._reader.has_pin:
            self._reader.unpin()
            return True
        return False

    # Moving around

    def fit(self) -> None:
        """Show the whole picture."""
        self.canvas.camera.fit()
        self.canvas.apply_camera()

    def actual_size(self) -> None:
        """One image pixel on one device pixel, around the middle of the view."""
        self._zoom_to(1.0)

    def zoom_in(self) -> None:
        """To the next larger step."""
        self._zoom_to(self.canvas.camera.next_step(+1))

    def zoom_out(self) -> None:
        """To the next smaller step."""
        self._zoom_to(self.canvas.camera.next_step(-1))

    def pan(self, dx: float, dy: float) -> None:
        """Move the picture by device-independent pixels, right and down."""
        self.canvas.pan(dx, dy)

    def view_state(self) -> ViewState:
        """What it takes to come back to this view."""
        camera = self.canvas.camera
        x, y = self.canvas.frame.to_stored(camera.centre_x, camera.centre_y)
        return ViewState(
            x, y, camera.zoom, camera.fitted, self._layer.value, self._opacity, self._limits, self._contours
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
        if state.limits is None:
            self.reset_limits()
        else:
            self.set_limits(*state.limits)
        self.set_layer(Layer(state.layer))

    # Around the picture

    def show_message(self, text: str, kind: str, action_text: str | None = None) -> None:
        """Show a sentence over the picture (see `MessageBar.show_message`)."""
        self.message_bar.show_message(text, kind, action_text)
        self._floating.place()

    def hide_message(self) -> None:
        """Take the message away."""
        self.message_bar.hide()

    def set_legend_visible(self, shown: bool) -> None:
        """Show the legend over the picture, or leave the picture free."""
        self._legend_shown = shown
        self._show_legend()

    def set_legend_corner(self, corner: Qt.Corner) -> None:
        """Put the legend into the upper left or the upper right corner."""
        self._floating.corner = corner
        self._floating.place()

    def grab_view(self) -> QImage:
        """The picture as it is seen now, legend included, messages and focus frame left out; in device pixels."""
        return picture_of(self.canvas, None if self.legend.isHidden() else self.legend)

    def set_theme(self, dark: bool) -> None:
        """Take the colours of the dark or the light theme."""
        theme = DARK if dark else LIGHT
        self.canvas.set_theme(theme)
        self._floating.set_theme(theme)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """The canvas takes the keys. A focus proxy would, too, but then Tab would never reach legend and message."""
        self.canvas.setFocus(event.reason())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep what floats at its corner."""
        super().resizeEvent(event)
        self._floating.place()

    def changeEvent(self, event: QEvent) -> None:
        """The text grew or shrank."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._floating.place()

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

    def _view_changed(self) -> None:
        if self.canvas.camera.zoom != self._last_zoom:
            self._last_zoom = self.canvas.camera.zoom
            if self.pixels is not None:
                self.zoom_changed.emit(self.zoom)
        self.view_moved.emit()

    def _zoom_to(self, zoom: float) -> None:
        camera = self.canvas.camera
        camera.zoom_at(camera.view_width / 2, camera.view_height / 2, zoom)
        self.canvas.apply_camera()

    def _move_limits(self, limits: Limits | None) -> None:
        self._limits = limits
        if self._source.partial is None:
            self._source.set_limits(limits)
        self._show_layer()
        low, high = limits or self._source.standard_limits
        self.limits_changed.emit(low, high)

    def _select_and_say(self, name: str) -> None:
        self.select_region(name or None)
        self.region_selected.emit(name)


def _ends(values: Iterable[float]) -> tuple[float, float]:
    found = list(values)
    return min(found), max(found)
