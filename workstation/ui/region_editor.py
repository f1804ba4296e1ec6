"""Drawing, moving and resizing regions: gestures at stored positions become finished regions."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QObject, QPointF, Signal

from workstation.analysis.regions import Region
from workstation.ui.region_items import RegionsItem, moved, region_path, resized
from workstation.ui.region_tools import REFUSED, Point, RegionSketch, Tool, encloses_area

VERTEX_REACH = 10.0
"""View pixels around the first vertex of a polygon in which a click closes it."""

NARROWEST = 2.0
"""View pixels; a polygon or lasso that is narrower on average was drawn as a line."""


@dataclass(frozen=True, slots=True)
class _Hold:
    """A region that is held: as it was, where it was taken, and by which handle (None = as a whole)."""

    region: Region
    start: Point
    handle: int | None


class RegionEditor(QObject):
    """Turns presses and moves at stored positions into regions, and shows them on the way.

    Signals:
        region_drawn(object): Region without a name.
        region_changed(object): Region that was moved or resized, under its own name.
        region_refused(str): what was drawn encloses nothing; carries a sentence.
    """

    region_drawn = Signal(object)
    region_changed = Signal(object)
    region_refused = Signal(str)

    def __init__(self, shown: RegionsItem, parent: QObject) -> None:
        super().__init__(parent)
        self._shown = shown
        self._sketch: RegionSketch | None = None
        self._hold: _Hold | None = None

    @property
    def drawing(self) -> bool:
        """Whether a region has been begun and not finished."""
        return self._sketch is not None

    def take_hold(self, x: float, y: float, view: QPointF) -> bool:
        """Take hold of the selected region, by a handle or as a whole; False if it does not lie at the position."""
        selected = self._shown.selected_region
        if selected is None:
            return False
        handle = self._shown.handle_at(view)
        if handle is None and not region_path(selected).contains(QPointF(x, y)):
            return False
        self._hold = _Hold(selected, (x, y), handle)
        return True

    def drag_held(self, x: float, y: float) -> None:
        """Move or resize what is held."""
        hold = self._hold
        if hold is None:
            return
        size = self._size
        if hold.handle is None:
            self._show_changed(moved(hold.region, x - hold.start[0], y - hold.start[1], *size))
        else:
            self._show_changed(resized(hold.region, hold.handle, (x, y), size))

    def let_go(self) -> None:
        """The region stays where it was dragged; one that was pulled to a line goes back to what it was."""
        hold, self._hold = self._hold, None
        changed = self._shown.selected_region
        if hold is None or changed is None or changed == hold.region:
            return
        if encloses_area(changed, *self._size):
            self.region_changed.emit(changed)
        else:
            self._show_changed(hold.region)
            self.region_refused.emit("The region stays as it was: pulled to a line it would enclose nothing.")

    def press(self, tool: Tool, x: float, y: float) -> bool:
        """Begin to draw, or set another vertex; returns whether the button has to be held."""
        kind = tool.kind
        if kind is None:
            return False
        if self._sketch is None:
            self._sketch = RegionSketch(kind, *self._size)
        if self._sketch.closes_at(x, y, VERTEX_REACH / self._shown.camera.scale):
            self.close()
            return False
        self._sketch.press(x, y)
        self._show_sketch()
        return kind != "polygon"

    def draw_to(self, x: float, y: float, *, square: bool = False) -> None:
        """Go on drawing; `square` keeps the sides of a rectangle or ellipse equal."""
        if self._sketch is not None:
            self._sketch.move(x, y, square=square)
            self._show_sketch()

    def release(self) -> None:
        """Finish a rectangle, an ellipse or a lasso; one that encloses nothing is refused."""
        if self._sketch is not None:
            self._finish(self._sketch, self._sketch.release())

    def close(self) -> None:
        """Finish a polygon; one that encloses nothing is refused."""
        if self._sketch is not None:
            self._finish(self._sketch, self._sketch.close())

    def step_back(self) -> None:
        """Take back the last vertex; the last of all drops the polygon."""
        if self._sketch is not None and not self._sketch.step_back():
            self._sketch = None
        self._show_sketch()

    def cancel(self) -> bool:
        """Drop what is being drawn, put back what is held; returns whether there was anything."""
        active = self._sketch is not None or self._hold is not None
        if self._hold is not None:
            self._show_changed(self._hold.region)
        self._sketch, self._hold = None, None
        self._show_sketch()
        return active

    def nudge(self, dx: int, dy: int) -> None:
        """Move the selected region by whole stored pixels."""
        region = self._shown.selected_region
        if region is None:
            return
        changed = moved(region, dx, dy, *self._size)
        if changed != region:
            self._show_changed(changed)
            self.region_changed.emit(changed)

    @property
    def _size(self) -> tuple[int, int]:
        return self._shown.frame.width, self._shown.frame.height

    def _finish(self, sketch: RegionSketch, region: Region | None) -> None:
        self._sketch = None
        self._show_sketch()
        if region is not None and encloses_area(region, *self._size, NARROWEST / self._shown.camera.scale):
            self.region_drawn.emit(region)
        else:
            self.region_refused.emit(REFUSED[sketch.kind])

    def _show_sketch(self) -> None:
        self._shown.sketch = None if self._sketch is None else self._sketch.outline
        self._shown.update()

    def _show_changed(self, region: Region) -> None:
        self._shown.regions = tuple(region if old.name == region.name else old for old in self._shown.regions)
        self._shown.update()
