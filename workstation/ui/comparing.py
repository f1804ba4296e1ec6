"""Two exhibits beside each other, or two layers of one under a curtain."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal, Slot
from PySide6.QtWidgets import QApplication

from workstation.analysis.regions import Region
from workstation.evidence.record import Pixels
from workstation.ui.centre import Centre
from workstation.ui.compare import CompareMode, CompareView
from workstation.ui.exhibits_model import ExhibitListing
from workstation.ui.image_view import ImageView
from workstation.ui.layers import Layer
from workstation.ui.pixel_desk import PATIENCE_MS, PixelDesk
from workstation.ui.region_tools import Tool
from workstation.ui.session import OpenExhibit, Session

NOT_READ = "There is no picture to compare yet: it is still being read, or cannot be read any more."
NOT_CURRENT = (
    "No region: regions are drawn on the current exhibit, the left one. Choose the other in the list to mark it."
)


class CompareDesk(QObject):
    """Fills the comparison with exhibits and keeps it in step with the session.

    Attributes:
        mode: what is compared, None while the single picture is shown.

    Signals:
        changed: the comparison was begun, asked for, left, or changed its mode or lock.
        awaited: the picture that comes beside the current one takes a while; carries the name of its file, "" when it
            came or nobody waits for it any more.
        view_made: the comparison was built; carries its `CompareView`.
        region_drawn: a `Region` was drawn on the current exhibit.
        region_refused: what was drawn is no region, or not on the current exhibit; carries a sentence.
        refused: there is nothing to compare with; carries a sentence.
    """

    changed = Signal()
    awaited = Signal(str)
    view_made = Signal(object)
    region_drawn = Signal(object)
    region_refused = Signal(str)
    refused = Signal(str)

    def __init__(
        self, session: Session, listing: ExhibitListing, pixels: PixelDesk, centre: Centre, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._session, self._listing, self._pixels, self._centre = session, listing, pixels, centre
        self._compare: CompareView | None = None
        self._beside: OpenExhibit | None = None
        self._awaited: OpenExhibit | None = None
        self._patience = QTimer(self)
        self._patience.setSingleShot(True)
        self._patience.setInterval(PATIENCE_MS)
        self._patience.timeout.connect(self._say_awaited)
        self._dark = True
        self._filled: tuple[object, ...] = ()
        self._tool, self._legend_shown = Tool.HAND, True
        self.mode: CompareMode | None = None
        session.removed.connect(self._forget)
        session.current_changed.connect(self._await_nothing)
        session.marks_changed.connect(self._show_marks)
        pixels.arrived.connect(self.take_pixels)
        pixels.lost.connect(self.miss_pixels)
        pixels.failed.connect(self.miss_pixels)

    @property
    def is_side_by_side(self) -> bool:
        """Whether two pictures stand beside each other, or will as soon as the second one is read."""
        return self.mode is CompareMode.SIDE_BY_SIDE or self._awaited is not None

    @property
    def is_locked(self) -> bool:
        """Whether both views move together."""
        return self._compare is None or self._compare.locked

    @property
    def active_view(self) -> ImageView:
        """The view that keys and menus act on: the single one, or the one of the pair that has the focus."""
        if self.mode is None or self._compare is None:
            return self._centre.view
        focused = QApplication.focusWidget()
        right = self._compare.right
        return right if focused is not None and right.isAncestorOf(focused) else self._compare.left

    @Slot(bool)
    def show(self, shown: bool) -> None:
        """Put the next exhibit beside the current one, or leave the comparison."""
        if not shown:
            self._leave()
            return
        current = self._session.current
        if current is None or current.pixels is None:
            self.refused.emit(NOT_READ)
            self.changed.emit()
            return
        self._put_beside(self._beside or self._next_to(current))

    def _put_beside(self, exhibit: OpenExhibit) -> None:
        """Compare with an exhibit, at once or when its pixels are there; until then all stays as it is."""
        self._awaited = exhibit
        self._hold_pixels()
        if exhibit.pixels is not None:
            self._take_awaited()
        else:
            self._patience.start()
            self.changed.emit()

    def _take_awaited(self) -> None:
        self._beside, self._awaited = self._awaited, None
        self._hold_pixels()
        self._enter(CompareMode.SIDE_BY_SIDE)

    @Slot(object)
    def show_beside(self, exhibit: OpenExhibit) -> None:
        """Put this exhibit beside the current one, as soon as it is opened."""
        if exhibit.problem is not None:
            self.refused.emit(f"“{exhibit.name}” cannot be opened: there is nothing to put beside the current exhibit.")
            return
        current = self._session.current
        if current is None or current.pixels is None:
            self.refused.emit(NOT_READ)
        else:
            self._put_beside(exhibit)

    @Slot(bool)
    def set_curtain(self, shown: bool) -> None:
        """Draw a curtain between the original and the chosen layer, or leave the comparison."""
        current = self._session.current
        self._await_nothing()
        if not shown:
            self._leave()
        elif current is None or current.pixels is None:
            self.refused.emit(NOT_READ)
            self.changed.emit()
        else:
            self._enter(CompareMode.CURTAIN)

    @Slot(bool)
    def set_lock(self, locked: bool) -> None:
        """Move both views together, or each alone."""
        if self._compare is not None:
            self._compare.set_locked(locked)
        self.changed.emit()

    @Slot(object)
    def set_tool(self, tool: Tool) -> None:
        """Take the tool that is in hand on the single picture."""
        self._tool = tool
        if self._compare is not None:
            for view in (self._compare.left, self._compare.right):
                view.set_tool(tool)

    def set_legend(self, shown: bool) -> None:
        """Show the scale over both pictures, or leave them free."""
        self._legend_shown = shown
        if self._compare is not None:
            for view in (self._compare.left, self._compare.right):
                view.set_legend_visible(shown)

    def set_theme(self, dark: bool) -> None:
        """Follow the theme."""
        self._dark = dark
        if self._compare is not None:
            self._compare.set_theme(dark)

    def refresh(self) -> None:
        """The current exhibit or a result changed."""
        if self.mode is None or self._compare is None:
            return
        current = self._session.current
        if current is None or (current.evidence is None and current.pixels is None):
            self._leave()
        elif current.pixels is None:  # it is read again; nothing of another exhibit stands in its place meanwhile
            self._clear(self._compare, current)
        else:
            self._fill(self._compare, current, current.pixels)

    def _clear(self, compare: CompareView, current: OpenExhibit) -> None:
        self._filled = ()
        beside = self._exhibit_on_the_right(current)
        compare.left.show_pixels(None)
        if beside is current:
            compare.right.show_pixels(None)
        compare.set_titles(current.name, beside.name)

    @Slot(object)
    def take_pixels(self, exhibit: OpenExhibit) -> None:
        """The pixels of an exhibit are there, opened or read again."""
        if exhibit is self._awaited:
            self._take_awaited()
        else:
            self.refresh()

    @Slot(object)
    def miss_pixels(self, exhibit: OpenExhibit) -> None:
        """The pixels of an exhibit will not come: it cannot be opened, or not be read again."""
        if exhibit is self._awaited:
            self._await_nothing()

    @Slot()
    def _await_nothing(self) -> None:
        """What is shown stays: nobody waits for another picture to come beside it any more."""
        if self._awaited is not None:
            self._awaited = None
            self._hold_pixels()
            self.changed.emit()

    @Slot()
    def _say_awaited(self) -> None:
        if self._awaited is not None:
            self.awaited.emit(self._awaited.name)

    def _enter(self, mode: CompareMode) -> None:
        if self._compare is None:
            self._compare = CompareView(dark=self._dark)
            self._compare.lock_changed.connect(self.changed)
            self._compare.left.region_drawn.connect(self.region_drawn)
            self._compare.right.region_drawn.connect(self._take_right)
            for view in (self._compare.left, self._compare.right):
                view.region_refused.connect(self.region_refused)
            self.set_tool(self._tool)
            self.set_legend(self._legend_shown)
            self.view_made.emit(self._compare)
        self.mode = mode
        self._filled = ()
        self._centre.show_beside(self._compare)
        self.refresh()
        self._compare.setFocus()
        QTimer.singleShot(0, self, self._fit_again)
        self.changed.emit()

    @Slot()
    def _fit_again(self) -> None:
        """Only now do the views have their final sizes."""
        self._filled = ()
        self.refresh()

    def _leave(self) -> None:
        self._await_nothing()
        if self.mode is not None:
            self.mode = None
            self._let_go()
            if self._session.current is not None:
                self._centre.show_picture()
        self.changed.emit()

    def _let_go(self) -> None:
        self._beside = None
        self._hold_pixels()

    def _hold_pixels(self) -> None:
        """What is shown beside the current exhibit, or will be, stays in memory; nothing is awaited in vain."""
        self._pixels.put_beside(*(one for one in (self._beside, self._awaited) if one is not None))
        if self._awaited is None:
            self._patience.stop()
            self.awaited.emit("")

    def _fill(self, compare: CompareView, current: OpenExhibit, pixels: Pixels) -> None:
        layer = self._centre.view.layer
        layered = layer if layer not in {Layer.ORIGINAL, Layer.SIMILARITY} else Layer.DEPARTURE
        beside = self._exhibit_on_the_right(current)
        wanted = (self.mode, current.key, current.result, beside.key, beside.result)
        if wanted == self._filled:
            return
        self._filled = wanted
        if self.mode is CompareMode.CURTAIN:
            compare.show_layers(pixels, current.result, Layer.ORIGINAL, layered)
        elif beside is current or beside.pixels is None:
            compare.show_pair((pixels, current.result), (pixels, current.result))
            compare.set_titles(current.name, current.name)
            compare.left.set_layer(Layer.ORIGINAL)
            compare.right.set_layer(layered)
        else:
            compare.show_pair((pixels, current.result), (beside.pixels, beside.result))
            compare.set_titles(current.name, beside.name)
            for view in (compare.left, compare.right):  # neither has a region to be seen from
                view.set_layer(Layer.DEPARTURE if layer is Layer.SIMILARITY else layer)
        for view, exhibit in ((compare.left, current), (compare.right, beside)):
            view.set_regions(exhibit.marks.regions)
            view.set_opacity(self._centre.view.opacity)
            view.set_component(self._centre.view.component)

    @Slot(object)
    def _take_right(self, region: Region) -> None:
        """The right view may show another exhibit, whose marks are not those that can be undone now."""
        current = self._session.current
        if current is not None and self._exhibit_on_the_right(current) is current:
            self.region_drawn.emit(region)
        else:
            self.region_refused.emit(NOT_CURRENT)

    @Slot(object)
    def _show_marks(self, exhibit: OpenExhibit) -> None:
        current = self._session.current
        if self._compare is None or self.mode is None or current is None:
            return
        for view, shown in (
            (self._compare.left, current),
            (self._compare.right, self._exhibit_on_the_right(current)),
        ):
            if shown is exhibit:
                view.set_regions(exhibit.marks.regions)

    def _next_to(self, current: OpenExhibit) -> OpenExhibit:
        """The next one of the list that has a picture, in memory or laid aside."""
        shown = self._listing.exhibits
        below = shown.index(current) + 1 if current in shown else 0
        return next((one for one in shown[below:] + shown[:below] if one.size is not None), current)

    def _exhibit_on_the_right(self, current: OpenExhibit) -> OpenExhibit:
        beside = self._beside
        if self.mode is not CompareMode.SIDE_BY_SIDE or beside is None or beside.pixels is None:
            return current
        return beside

    @Slot(object)
    def _forget(self, exhibit: OpenExhibit) -> None:
        if exhibit is self._awaited:
            self._await_nothing()
        if exhibit is self._beside:
            self._let_go()
            if self.mode is CompareMode.SIDE_BY_SIDE:
                self._leave()
