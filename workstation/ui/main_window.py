"""The main window: puts panels, desks and actions together; what each of them does stands in its own module."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from PySide6.QtCore import QByteArray, QEvent, QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDragLeaveEvent, QDropEvent, QShowEvent
from PySide6.QtWidgets import QApplication, QMainWindow, QWidget

from workstation.settings import SettingsStore
from workstation.ui import icons
from workstation.ui.action_states import ActionStates
from workstation.ui.actions import Actions
from workstation.ui.analysing import AnalysisDesk
from workstation.ui.analysing_all import AnalyseAll
from workstation.ui.case_errands import CaseErrands, CaseParts
from workstation.ui.case_panel import CasePanel
from workstation.ui.casing import CaseDesk, Keeping
from workstation.ui.centre import Centre
from workstation.ui.commands import Commands
from workstation.ui.compare import CompareView
from workstation.ui.comparing import CompareDesk
from workstation.ui.connections import connect_parts
from workstation.ui.controls import chain_focus
from workstation.ui.docks import Docks
from workstation.ui.empty_page import EmptyPage
from workstation.ui.errands import Errands
from workstation.ui.exhibit_order import Order
from workstation.ui.exhibits_model import ExhibitListing, ExhibitsModel
from workstation.ui.exhibits_panel import ExhibitsPanel
from workstation.ui.exporting import ExportDesk
from workstation.ui.findings_panel import FindingsPanel
from workstation.ui.folder_opening import FolderDesk
from workstation.ui.following import Followers, Following
from workstation.ui.image_view import ImageView
from workstation.ui.jobs import JobQueue, LaneName
from workstation.ui.jobs_panel import JobsPanel
from workstation.ui.menus import Menus
from workstation.ui.metadata_panel import MetadataPanel
from workstation.ui.opening import OpeningDesk, path_of
from workstation.ui.picture_desk import PictureDesk, PictureParts
from workstation.ui.pixel_desk import PixelDesk
from workstation.ui.preferences import Preferences
from workstation.ui.regions_panel import RegionsPanel
from workstation.ui.scatter_panel import ScatterPanel
from workstation.ui.session import OpenExhibit, Session
from workstation.ui.shortcuts import HeldKey
from workstation.ui.status_bar import StatusBar
from workstation.ui.teller import Places, Teller
from workstation.ui.theme import current_theme
from workstation.ui.toolbar import MainToolBar
from workstation.ui.turns import Turns
from workstation.ui.viewing import ViewingWatch
from workstation.ui.wording import named
from workstation.ui.work import Work

FIRST_SIZE = QSize(1600, 960)
MOST_CONTROLS = 200
"""More than a dock has; Tab looks no further for one that can be seen."""
FRAME = QSize(16, 48)
"""What title bar and borders take on the common desktops; they are not known before the window is shown."""


class MainWindow(QMainWindow):
    """The window.

    Attributes:
        session, jobs, store: what is open, what runs, what is set.
        actions_table: every action by its id.
        ended_cleanly: whether all threads ended when the window was closed; None while it is open.

    Signals:
        first_painted: the window was painted for the first time; heavy imports may begin.
        closed: the window was closed and its threads have ended.
    """

    first_painted = Signal()
    closed = Signal()

    def __init__(self, store: SettingsStore, work: Work | None = None) -> None:
        super().__init__()
        self.setWindowTitle("Exifact")
        self.setWindowIcon(icons.icon(icons.PROGRAM))
        self.setAcceptDrops(True)
        self.setUnifiedTitleAndToolBarOnMac(True)
        self.store = store
        self.work = work if work is not None else Work()
        self.session = Session(self)
        self.jobs = JobQueue(self)
        self.turns = Turns(self)
        self._painted = self._case_came = False
        self.ended_cleanly: bool | None = None
        self._make_panels()
        self._make_desks()
        self._make_actions()
        self._make_menus()
        self._make_following()
        self.held_keys = [HeldKey(Qt.Key.Key_Space, self.view)]
        self._order_tab_stops()
        connect_parts(self)
        self._restore()

    # Building

    def _make_panels(self) -> None:
        self.view = ImageView()
        self.empty = EmptyPage()
        self.centre = Centre(self.view, self.empty)
        self.setCentralWidget(self.centre)
        self.listing = ExhibitListing(ExhibitsModel(self.session), self)
        self.exhibits = ExhibitsPanel(self.listing)
        self.regions = RegionsPanel()
        self.findings = FindingsPanel()
        self.metadata = MetadataPanel()
        self.scatter = ScatterPanel()
        self.jobs_panel = JobsPanel()
        self.case_panel = CasePanel()
        self.status = StatusBar(self)
        self.setStatusBar(self.status)
        self.docks = Docks(
            self,
            {
                "exhibits": self.exhibits,
                "regions": self.regions,
                "findings": self.findings,
                "metadata": self.metadata,
                "patches": self.scatter,
                "jobs": self.jobs_panel,
                "case": self.case_panel,
            },
        )

    def _make_desks(self) -> None:
        session, jobs, work, store = self.session, self.jobs, self.work, self.store
        self.opening = OpeningDesk(session, jobs, work, store, self)
        self.folders = FolderDesk(session, jobs, work, self.opening, self)
        self.analyses = AnalysisDesk(session, jobs, work, store, self)
        self.cases = CaseDesk(session, jobs, store, self.analyses.request, self)
        self.exports = ExportDesk(session, jobs, work, self)
        self.picture = PictureDesk(
            session, jobs, self.analyses, PictureParts(self.view, self.regions, self.scatter, self.turns), self
        )
        places = Places(self.centre, self.findings, self.jobs_panel, self.status)
        self.teller = Teller(session, jobs, places, self)
        self.preferences = Preferences(store, self)
        self.teller.open_settings = self.preferences.show_dialog
        self.pixels = PixelDesk(session, jobs, work, self.listing.following, self)
        self.comparing = CompareDesk(session, self.listing, self.pixels, self.centre, self)
        self.errands = Errands(
            self,
            session=session,
            store=store,
            opening=self.opening,
            exports=self.exports,
            cases=self.cases,
            jobs=jobs,
            chosen_region=lambda: self.picture.selected,
            teller=self.teller,
        )
        parts = CaseParts(
            session,
            store,
            self.opening,
            self.folders,
            self.cases,
            self.case_panel,
            self.picture,
            self.centre,
            self.preferences,
            self.teller,
        )
        self.case_errands = CaseErrands(self, parts, self.errands.ask)
        self.viewing = ViewingWatch(session, self.view, self)
        self.analyse_all = AnalyseAll(session, self.analyses, self.folders, self.cases, self)
        self.commands = Commands(
            self,
            session=session,
            listing=self.listing,
            store=store,
            opening=self.opening,
            analyses=self.analyses,
            analyse_all=self.analyse_all,
            picture=self.picture,
            comparing=self.comparing,
            findings=self.findings,
            errands=self.errands,
            teller=self.teller,
        )

    def _make_actions(self) -> None:
        self.actions_table = Actions(self, self.centre, self.store.current.shortcuts)
        self.actions_table.connect_all(
            self.commands.slots()
            | {
                "settings": self.preferences.show_dialog,
                "quit": self.close,
                "compare": self.comparing.show,
                "compare-lock": self.comparing.set_lock,
                "curtain": self.comparing.set_curtain,
                "hide-docks": self.docks.set_picture_only,
                "reset-layout": self.reset_layout,
                "keys": self.show_keys,
                "palette": self.show_palette,
                "new-case": self.case_errands.new,
                "open-case": self.case_errands.choose,
                "close-case": self.case_errands.close,
                "case-details": self.case_errands.describe_case,
                "bookmark-verdict": self.case_errands.bookmark,
                "next-unseen": self.case_errands.next_unseen,
                "opinion": self.case_errands.state_opinion,
                "blind-hide": self.case_errands.hide_metadata,
                "blind-lock": self.case_errands.lock_notes,
                "blind-reveal": self.case_errands.reveal_metadata,
                "filter-metadata": self.filter_metadata,
                "filter-exhibits": self.filter_exhibits,
                "turn-order": self.exhibits.turn,
            }
        )

    def _make_menus(self) -> None:
        self.states = ActionStates(
            self.actions_table,
            session=self.session,
            store=self.store,
            analyses=self.analyses,
            picture=self.picture,
            comparing=self.comparing,
            cases=self.cases,
        )
        self.menus = Menus(
            self,
            self.actions_table,
            session=self.session,
            store=self.store,
            preferences=self.preferences,
            docks=self.docks,
            exhibits=self.exhibits,
        )
        self.toolbar = MainToolBar(self.actions_table, self.menus.analyze, self)
        self.addToolBar(self.toolbar)

    def _make_following(self) -> None:
        self.following = Following(
            Followers(
                session=self.session,
                jobs=self.jobs,
                turns=self.turns,
                view=self.view,
                centre=self.centre,
                empty=self.empty,
                menus=self.menus,
                exhibits=self.exhibits,
                metadata=self.metadata,
                comparing=self.comparing,
                picture=self.picture,
                cases=self.cases,
                teller=self.teller,
                states=self.states,
                status=self.status,
                analyse_all=self.analyse_all,
                errands=self.errands,
            ),
            self,
        )
        self.following.titled.connect(self.setWindowTitle)

    def _order_tab_stops(self) -> None:
        """Tab goes through the window as one reads: toolbar, left docks, picture, right docks, bottom docks."""
        stops = [one for one in self.centre.findChildren(QWidget) if one.focusPolicy() & Qt.FocusPolicy.TabFocus]
        chain_focus(self.regions.table, *stops)

    def _restore(self) -> None:
        settings = self.store.current
        geometry = QByteArray.fromBase64(settings.window_geometry.encode("ascii"))
        if not (settings.window_geometry and self.restoreGeometry(geometry)):
            room = self.screen().availableGeometry().size() - FRAME
            self.resize(FIRST_SIZE.boundedTo(room))
        self._has_layout = self.docks.restore(settings.window_state)
        if not self._has_layout:
            self.docks.collapse_if_low()
        self.preferences.apply()
        self.view.set_opacity(settings.opacity)
        self.toolbar.show_opacity(self.view.opacity)
        self.listing.arrange(order=Order(settings.exhibits_order), turned=settings.exhibits_turned)
        self.actions_table["turn-order"].setChecked(settings.exhibits_turned)
        self.following.show_current(None)
        for problem in self.store.problems:
            self.teller.tell(problem, "warning")

    # What is kept

    @Slot()
    def show_case(self) -> None:
        """The case panel to the front."""
        self._case_came = self._case_came or not self.docks.docks["case"].isVisible()
        self.docks.show_dock("case")

    @Slot()
    def put_case_away(self) -> None:
        """The case panel came with the case and goes with it; one that the analyst had opened stays."""
        if self._case_came:
            self.docks.docks["case"].hide()
        self._case_came = False

    @Slot()
    def keep_order(self) -> None:
        """The order of the list of exhibits comes again with the next start."""
        self.preferences.save(exhibits_order=self.listing.order.value, exhibits_turned=self.listing.turned)

    @Slot(object)
    def remember_recent(self, exhibit: OpenExhibit) -> None:
        """The file stands among the recent ones."""
        self.preferences.keep(self.store.current.with_recent(exhibit.path))

    @Slot(object)
    def take_compare_view(self, compare: CompareView) -> None:
        """Two pictures side by side are heard as the single one is."""
        for view in (compare.left, compare.right):
            view.hovered.connect(self.status.show_reading)
            view.zoom_changed.connect(self.status.show_zoom)
            view.layer_changed.connect(self.states.mark_layer)
            view.canvas.focused.connect(self.states.mark_layer)
            view.opacity_changed.connect(self.toolbar.show_opacity)
            view.tool_changed.connect(self.commands.choose_tool)
            held = HeldKey(Qt.Key.Key_Space, view)
            held.changed.connect(view.set_blink)
            self.held_keys.append(held)
        self._order_tab_stops()
        self.take_shortcuts(self.store.current.shortcuts)

    @Slot(bool)
    def take_theme(self, dark: bool) -> None:
        """Pictures and messages take the colours of the theme."""
        self.view.set_theme(dark)
        self.centre.bar.set_theme(current_theme(self.palette()))
        self.comparing.set_theme(dark)

    @Slot(object)
    def take_shortcuts(self, overrides: Mapping[str, tuple[str, ...]]) -> None:
        """Actions get their keys, those that act while they are held among them."""
        self.actions_table.set_shortcuts(overrides)
        keys = self.actions_table.keys["blink"]
        for held in self.held_keys:
            held.set_key(keys[0] if keys else "")

    @Slot(str)
    def tell_choice(self, choice: str) -> None:
        """With what an analysis would run stands on its button and in the status bar."""
        self.actions_table["analyze"].setIconText(f"Analyze ▸ {choice}")
        settings = self.store.current
        threads = "" if settings.threads is None else f", {settings.threads} threads"
        self.status.show_device(f"device {settings.device}{threads}")

    # What only the window can do

    @Slot(object)
    def open_file(self, path: str | Path) -> None:
        """Open one file."""
        self.opening.open([Path(path)])

    def open_files(self, paths: Iterable[Path]) -> None:
        """Open files and folders, as from the command line."""
        self.opening.open(paths)

    @Slot(object)
    def select_by_key(self, key: int) -> None:
        """Look at the exhibit with this key."""
        found = self.session.find(key)
        if found is not None:
            self.session.select(found)

    @Slot()
    def show_keys(self) -> None:
        """All keys."""
        self.errands.show_keys(self.actions_table)

    @Slot()
    def show_palette(self) -> None:
        """Find a command by its name."""
        self.menus.show_palette()

    @Slot()
    def filter_metadata(self) -> None:
        """Type to find a tag."""
        self.docks.show_dock("metadata")
        self.metadata.focus_filter()

    @Slot()
    def filter_exhibits(self) -> None:
        """Type to find an exhibit."""
        self.docks.show_dock("exhibits")
        self.exhibits.focus_filter()

    @Slot()
    def reset_layout(self) -> None:
        """Everything back to where it was at first."""
        self.docks.reset()
        self.actions_table["hide-docks"].setChecked(False)

    # Qt's events

    def showEvent(self, event: QShowEvent) -> None:
        """The docks get their first sizes when the window has one."""
        super().showEvent(event)
        if not self._has_layout:
            self._has_layout = True
            self.docks.fit_to_window()
        self.centre.take_focus()

    def changeEvent(self, event: QEvent) -> None:
        """The system went from light to dark or back."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and self.isVisible():
            self.take_theme(current_theme(self.palette()).dark)

    def focusNextPrevChild(self, forwards: bool) -> bool:
        """Tab passes over what stands behind another dock: nobody would see where it is."""
        moved = super().focusNextPrevChild(forwards)
        for _ in range(MOST_CONTROLS):
            focused = QApplication.focusWidget()
            if not moved or focused is None or not self.docks.is_behind(focused):
                break
            moved = super().focusNextPrevChild(forwards)
        return moved

    def event(self, event: QEvent) -> bool:
        """Say when the window was painted for the first time."""
        if event.type() == QEvent.Type.UpdateRequest and not self._painted:
            self._painted = True
            QTimer.singleShot(0, self, self._say_painted)
        return super().event(event)

    @Slot()
    def _say_painted(self) -> None:
        self.first_painted.emit()
        if self.work.preload is not None:
            self.jobs.submit("loading the analysis", self.work.preload, lane=LaneName.ANALYSIS, quiet=True)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Files are welcome everywhere."""
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()
            self.empty.show_target(True)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        """The files went away again."""
        super().dragLeaveEvent(event)
        self.empty.show_target(False)

    def dropEvent(self, event: QDropEvent) -> None:
        """Open what was dropped, files and folders."""
        self.empty.show_target(False)
        paths = [path_of(url) for url in event.mimeData().urls() if url.isLocalFile()]
        if paths:
            event.acceptProposedAction()
            self.opening.open(paths)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Ask once if work would be lost, stop what runs, end the threads, keep the layout."""
        if self.ended_cleanly is None:
            self.cases.flush()
        question = self._closing_question()
        if question and not self.errands.ask("Close Exifact?", question, "Close"):
            event.ignore()
            return
        self.put_case_away()
        self.preferences.save(
            window_geometry=bytes(self.saveGeometry().toBase64().data()).decode("ascii"),
            window_state=self.docks.save(),
            opacity=self.view.opacity,
            last_session=tuple(str(exhibit.path) for exhibit in self.session.exhibits),
        )
        self.hide()
        self.ended_cleanly = self.jobs.shut_down()
        self.cases.end()
        event.accept()
        self.closed.emit()

    def _closing_question(self) -> str:
        """What would be lost, in one sentence; "" if nothing."""
        if self.ended_cleanly is not None:
            return ""
        parts = []
        busy = sum(exhibit.is_busy for exhibit in self.session.exhibits)
        if busy:
            said = "An analysis is running" if busy == 1 else f"{busy} analyses are running or waiting"
            parts.append(f"{said} and will be stopped.")
        if self.exports.under_way:
            parts.append(f"Not written to the end yet, and then not at all: {', '.join(self.exports.under_way)}.")
        if self.cases.keeping is Keeping.FAILED:
            parts.append("The last changes could not be written into the case.")
        kept = self.cases.takes_changes
        unsaved = [one for one in self.session.unsaved if not kept or one.record is None]
        if unsaved:
            parts.append(f"Regions or notes are in no report yet: {named([exhibit.name for exhibit in unsaved])}.")
        return " ".join(parts)
