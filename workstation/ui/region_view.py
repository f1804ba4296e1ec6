"""Regions of a photograph, and the tools that draw them."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from workstation.analysis.regions import Region
from workstation.evidence.record import Pixels
from workstation.ui.picture_view import PictureView
from workstation.ui.region_tools import Tool


class RegionView(PictureView):
    """A photograph on which the analyst marks regions.

    Signals:
        region_drawn(object): Region that a tool finished; its name is "".
        region_selected(str): name of the region that was clicked, "" when the selection was given up.
        region_changed(object): Region that was moved or resized, under its old name.
        region_refused(str): what was drawn encloses nothing, or there is nothing to draw on; carries a sentence.
        region_delete_requested(str): Delete was pressed while the region with this name was selected.
        tool_changed(object): the Tool in hand.
    """

    region_drawn = Signal(object)
    region_selected = Signal(str)
    region_changed = Signal(object)
    region_refused = Signal(str)
    region_delete_requested = Signal(str)
    tool_changed = Signal(object)

    def __init__(self, parent: QWidget | None = None, *, dark: bool = True) -> None:
        super().__init__(parent, dark=dark)
        canvas = self.canvas
        canvas.region_drawn.connect(self.region_drawn)
        canvas.region_selected.connect(self._select_and_say)
        canvas.region_changed.connect(self.region_changed)
        canvas.region_refused.connect(self.region_refused)
        canvas.region_delete_requested.connect(self.region_delete_requested)

    @property
    def tool(self) -> Tool:
        """The tool in hand."""
        return self.canvas.tool

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

    def _drop_picture(self, pixels: Pixels | None) -> None:
        super()._drop_picture(pixels)
        regions = self.canvas.regions
        regions.regions, regions.selected, regions.reference = (), None, None

    def _select_and_say(self, name: str) -> None:
        self.select_region(name or None)
        self.region_selected.emit(name)
