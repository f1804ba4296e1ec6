"""The menu bar, the menus whose entries come and go, the picture's own menu, and what the palette lists."""

from __future__ import annotations

import os
from pathlib import Path

from PySide6.QtCore import QObject, QPoint, Qt, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMainWindow, QMenu

from workstation.settings import SettingsStore
from workstation.ui.actions import SPECS, Actions
from workstation.ui.choices import ChoiceMenu, in_full, recent_choices
from workstation.ui.command_palette import CommandPalette
from workstation.ui.docks import Docks
from workstation.ui.exhibits_panel import ExhibitsPanel
from workstation.ui.jobs import PathLook
from workstation.ui.preferences import Preferences
from workstation.ui.session import OpenExhibit, Session

_PICTURE_MENU = (
    ("region-note", "region-reference", "region-test", "region-delete"),
    ("copy-view", "copy-point"),
    ("fit", "actual-size", "legend", "contours", "reset-limits", "bookmark"),
)


class Menus(QObject):
    """Builds the menus of the window and keeps recent files and bookmarks up to date.

    Attributes:
        recent, recent_cases, bookmarks: menus of paths and of view states.
        analyze: the menu behind the toolbar's Analyze button.
    """

    def __init__(
        self,
        window: QMainWindow,
        table: Actions,
        *,
        session: Session,
        store: SettingsStore,
        preferences: Preferences,
        docks: Docks,
        exhibits: ExhibitsPanel,
    ) -> None:
        super().__init__(window)
        self._window, self._table = window, table
        self._session, self._store = session, store
        self._preferences, self._docks, self._exhibits = preferences, docks, exhibits
        self._looks = PathLook()
        self.recent = ChoiceMenu("Open &recent", "Open this file again.", exclusive=False, parent=window)
        self.recent_cases = ChoiceMenu("Open recent cas&e", "Open this case again.", exclusive=False, parent=window)
        self.bookmarks = ChoiceMenu("Boo&kmarks", "Come back to this view.", exclusive=False, parent=window)
        self.analyze = QMenu(window)
        self._fill()
        self.recent.aboutToShow.connect(self.show_recent)
        self.recent_cases.aboutToShow.connect(self.show_recent)
        session.marks_changed.connect(self.show_bookmarks)
        session.current_changed.connect(self.show_bookmarks)

    def recent_files(self) -> list[Path]:
        """The recent files that still exist, newest first; nobody waits for a share that is gone."""
        return [Path(name) for name in self._looks.there(self._store.current.recent_files, os.path.isfile)]

    def recent_case_folders(self) -> list[Path]:
        """The recent cases that are still there, newest first."""
        return [Path(name) for name in self._looks.there(self._store.current.recent_cases, os.path.isdir)]

    @Slot()
    def show_recent(self) -> None:
        """Bring the menus of recent files and cases up to date."""
        self.recent.show_choices(recent_choices(self.recent_files()))
        self.recent_cases.show_choices(recent_choices(self.recent_case_folders()))

    @Slot(object)
    def show_bookmarks(self, exhibit: OpenExhibit | None) -> None:
        """Bring the menu of the current exhibit's bookmarks up to date."""
        if exhibit is self._session.current:
            marks = () if exhibit is None else exhibit.marks.bookmarks
            self.bookmarks.show_choices((in_full(mark.name), mark.view) for mark in marks)

    @Slot(object)
    def show_picture_menu(self, position: QPoint) -> None:
        """What can be done at this place of the picture."""
        menu = QMenu(self._window)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for group in _PICTURE_MENU:
            menu.addActions([self._table[action_id] for action_id in group])
            menu.addSeparator()
        menu.popup(position)

    @Slot()
    def show_palette(self) -> None:
        """Find a command by its name."""
        palette = CommandPalette(self.palette_commands(), self._window, self._table.shown_keys())
        palette.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        palette.open()

    def palette_commands(self) -> list[tuple[str, QAction]]:
        """Every command with the menu that it stands in."""
        self.show_recent()
        self._exhibits.show_menus()
        commands: list[tuple[str, QAction]] = []
        commands += [(spec.menu, self._table[spec.id]) for spec in SPECS if spec.id != "palette"]
        for place, menu in (
            ("File · Open recent", self.recent),
            ("File · Open recent case", self.recent_cases),
            ("View · Bookmarks", self.bookmarks),
            ("View · Theme", self._preferences.theme_menu),
            ("Analyze · Model", self._preferences.model_menu),
            ("Analyze · Device", self._preferences.device_menu),
            ("Window · Sort exhibits by", self._exhibits.orders),
            ("Window · List exhibits", self._exhibits.choices),
        ):
            commands += [(place, action) for action in menu.actions()]
        return commands + [("Window", action) for action in self._docks.actions]

    def _fill(self) -> None:
        table, preferences = self._table, self._preferences
        menus = table.fill_menus()
        menus["File"].insertMenu(table["open-example"], self.recent)
        menus["File"].insertMenu(table["case-details"], self.recent_cases)
        menus["File"].aboutToShow.connect(self.show_recent)
        menus["View"].insertMenu(table["compare"], self.bookmarks)
        menus["View"].addSeparator()
        menus["View"].addMenu(preferences.theme_menu)
        exhibits = self._exhibits
        menus["Window"].aboutToShow.connect(exhibits.show_menus)
        menus["Window"].insertMenu(table["turn-order"], exhibits.orders)
        entries = menus["Window"].actions()
        menus["Window"].insertMenu(entries[entries.index(table["turn-order"]) + 1], exhibits.choices)
        exhibits.set_turn_action(table["turn-order"])
        menus["Window"].addSeparator()
        menus["Window"].addActions(self._docks.actions)
        menus["Analyze"].addSeparator()
        self.analyze.addActions([table["analyze-all"], table["cancel-job"], table["cancel-all"]])
        self.analyze.addSeparator()
        for menu in (menus["Analyze"], self.analyze):
            menu.addMenu(preferences.model_menu)
            menu.addMenu(preferences.device_menu)
