"""The docks around the picture: which there are, where they stand at first, how they come back."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QByteArray, QObject, Qt, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QDockWidget, QMainWindow, QTabBar, QWidget

LAYOUT_VERSION = 2
"""Raise when docks are added or renamed: older stored layouts are then ignored."""

COMPACT_HEIGHT = 900
"""Below this height of the window the bottom docks start collapsed."""

_Area = Qt.DockWidgetArea


@dataclass(frozen=True, slots=True)
class DockSpec:
    """One dock.

    Attributes:
        name: stable.
        title: above it.
        entry: the same in the menu; an ampersand marks the mnemonic.
        area: its home.
        size: its share of the column or row in pixels at 1920×1080.
        behind: name of the dock that it shares its place with, as a tab behind it; "" = a place of its own.
    """

    name: str
    title: str
    entry: str
    area: Qt.DockWidgetArea
    size: int
    behind: str = ""


SPECS: tuple[DockSpec, ...] = (
    DockSpec("exhibits", "Exhibits", "&Exhibits", _Area.LeftDockWidgetArea, 560),
    DockSpec("regions", "Regions", "Re&gions", _Area.LeftDockWidgetArea, 300),
    DockSpec("findings", "Findings", "&Findings", _Area.RightDockWidgetArea, 500),
    DockSpec("metadata", "Metadata", "&Metadata", _Area.RightDockWidgetArea, 360),
    DockSpec("patches", "Patches", "P&atches", _Area.BottomDockWidgetArea, 900),
    DockSpec("jobs", "Jobs · Log · Warnings", "&Jobs · Log · Warnings", _Area.BottomDockWidgetArea, 900),
    DockSpec("case", "Case", "&Case", _Area.BottomDockWidgetArea, 900, behind="jobs"),
)
_SIDE_WIDTHS = {_Area.LeftDockWidgetArea: 0.135, _Area.RightDockWidgetArea: 0.2}
"""Share of the window's width that the side columns take at first."""
_BOTTOM_SHARE = 0.22
LEAST_WIDTH = 236
"""Of a side column in pixels: the numbers of a region fit beside a scroll bar."""


class Docks(QObject):
    """The docks of one window."""

    def __init__(self, window: QMainWindow, panels: dict[str, QWidget]) -> None:
        super().__init__(window)
        self._window = window
        self._before: QByteArray | None = None
        self.docks: dict[str, QDockWidget] = {}
        window.setDockOptions(
            QMainWindow.DockOption.AllowTabbedDocks
            | QMainWindow.DockOption.AllowNestedDocks
            | QMainWindow.DockOption.GroupedDragging
        )
        window.setCorner(Qt.Corner.BottomLeftCorner, _Area.BottomDockWidgetArea)
        window.setCorner(Qt.Corner.BottomRightCorner, _Area.BottomDockWidgetArea)
        for spec in SPECS:
            dock = QDockWidget(spec.title, window)
            dock.setObjectName(spec.name)
            dock.setAccessibleName(spec.title)
            dock.setWidget(panels[spec.name])
            dock.visibilityChanged.connect(self._name_tabs)
            dock.toggleViewAction().triggered.connect(self._bring_forward)
            self.docks[spec.name] = dock
        self._place_all()

    @property
    def actions(self) -> list[QAction]:
        """Switches that show and hide each dock."""
        actions = []
        for spec in SPECS:
            action = self.docks[spec.name].toggleViewAction()
            action.setText(spec.entry)
            action.setStatusTip(f"Show or hide {spec.title}.")
            action.setToolTip(action.statusTip())
            actions.append(action)
        return actions

    def reset(self) -> None:
        """Everything back to where it was at first, fitted to the window's size."""
        self._before = None
        self._place_all()
        self.fit_to_window()

    def fit_to_window(self) -> None:
        """Give the docks their first sizes; on a low window the bottom ones are collapsed."""
        window = self._window
        self.collapse_if_low()
        for area, share in _SIDE_WIDTHS.items():
            column = [spec for spec in SPECS if spec.area == area]
            docks = [self.docks[spec.name] for spec in column]
            width = max(LEAST_WIDTH, round(window.width() * share))
            window.resizeDocks(docks, [width] * len(docks), Qt.Orientation.Horizontal)
            window.resizeDocks(docks, [spec.size for spec in column], Qt.Orientation.Vertical)
        bottom = [self.docks[one.name] for one in SPECS if one.area == _Area.BottomDockWidgetArea and not one.behind]
        window.resizeDocks(bottom, [round(window.height() * _BOTTOM_SHARE)] * len(bottom), Qt.Orientation.Vertical)
        window.resizeDocks(bottom, [window.width() // 2] * len(bottom), Qt.Orientation.Horizontal)

    def collapse_if_low(self) -> None:
        """Show all docks, on a low window none at its bottom; before it is shown, or it grows beyond a small screen."""
        is_low = self._window.height() < COMPACT_HEIGHT
        for spec in SPECS:
            self.docks[spec.name].setVisible(not (is_low and spec.area == _Area.BottomDockWidgetArea))

    def set_picture_only(self, alone: bool) -> None:
        """Hide all docks, or bring back those that were there, each in its place and size."""
        if alone and self._before is None:
            self._before = self._window.saveState(LAYOUT_VERSION)
            for dock in self.docks.values():
                dock.hide()
        elif not alone and self._before is not None:
            before, self._before = self._before, None
            self._window.restoreState(before, LAYOUT_VERSION)

    def show_dock(self, name: str) -> None:
        """Bring one dock to the front."""
        self.docks[name].show()
        self.docks[name].raise_()

    def save(self) -> str:
        """The layout as base64 text; docks hidden by "Picture only" count as shown."""
        state = self._before if self._before is not None else self._window.saveState(LAYOUT_VERSION)
        return bytes(state.toBase64().data()).decode("ascii")

    def restore(self, state: str) -> bool:
        """Bring a saved layout back; False if it does not fit this version."""
        return bool(state) and self._window.restoreState(QByteArray.fromBase64(state.encode("ascii")), LAYOUT_VERSION)

    def is_behind(self, widget: QWidget) -> bool:
        """Whether a widget belongs to a dock of which only the tab is seen."""
        return any(
            dock.isAncestorOf(widget) and dock.isVisible() and dock.visibleRegion().isEmpty()
            for dock in self.docks.values()
        )

    @Slot(bool)
    def _bring_forward(self, shown: bool) -> None:
        """A dock that was asked for is seen, not only its tab behind another one."""
        action = self.sender()
        for dock in self.docks.values():
            if shown and dock.toggleViewAction() is action:
                dock.raise_()

    @Slot()
    def _name_tabs(self) -> None:
        """Tell screen readers what Qt's own tabs are, which it makes when docks come to stand behind each other."""
        direct = Qt.FindChildOption.FindDirectChildrenOnly
        for bar in self._window.findChildren(QTabBar, options=direct):
            bar.setAccessibleName("Docks that share this place")

    def _place_all(self) -> None:
        previous: dict[Qt.DockWidgetArea, QDockWidget] = {}
        for spec in SPECS:
            dock = self.docks[spec.name]
            dock.setFloating(False)
            self._window.addDockWidget(spec.area, dock)
            if spec.behind:
                self._window.tabifyDockWidget(self.docks[spec.behind], dock)
                dock.show()
                self.docks[spec.behind].raise_()
                continue
            if spec.area == _Area.BottomDockWidgetArea and spec.area in previous:
                self._window.splitDockWidget(previous[spec.area], dock, Qt.Orientation.Horizontal)
            previous[spec.area] = dock
            dock.show()
