"""What each action of the table does."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from workstation import paths
from workstation.analysis.colours import COLOURED
from workstation.analysis.regions import Region
from workstation.evidence import Rehash
from workstation.settings import SettingsStore
from workstation.ui.analysing import AnalysisDesk
from workstation.ui.analysing_all import AnalyseAll
from workstation.ui.comparing import CompareDesk
from workstation.ui.errands import Errands
from workstation.ui.exhibits_model import ExhibitListing
from workstation.ui.findings_panel import FindingsPanel
from workstation.ui.heard import Heard
from workstation.ui.image_view import ImageView
from workstation.ui.layers import Layer
from workstation.ui.opening import OpeningDesk
from workstation.ui.picture_desk import PictureDesk
from workstation.ui.region_tools import Tool
from workstation.ui.session import OpenExhibit, Session
from workstation.ui.status_bar import reading_in_words
from workstation.ui.teller import Teller

OPACITY_STEP = 0.1
MOVE_SHARE = 0.125
"""Share of the view that one press of an arrow key moves the picture."""

Slots = dict[str, Callable[..., object]]


class Commands(QObject):
    """Carries out actions on the current exhibit; what needs a dialog is done by `Errands`."""

    def __init__(
        self,
        window: QWidget,
        *,
        session: Session,
        listing: ExhibitListing,
        store: SettingsStore,
        opening: OpeningDesk,
        analyses: AnalysisDesk,
        analyse_all: AnalyseAll,
        picture: PictureDesk,
        comparing: CompareDesk,
        findings: FindingsPanel,
        errands: Errands,
        teller: Teller,
    ) -> None:
        super().__init__(window)
        self._window, self._session, self._store = window, session, store
        self._listing = listing
        self._opening, self._analyses, self._errands = opening, analyses, errands
        self._picture, self._findings, self._teller = picture, findings, teller
        self._comparing, self._all = comparing, analyse_all

    @property
    def _view(self) -> ImageView:
        return self._comparing.active_view

    def slots(self) -> Slots:
        """Action id → what it does, for everything but the window's own layout."""
        slots: Slots = {
            "open": self._errands.choose_files,
            "open-folder": self._errands.choose_folder,
            "open-example": self.open_example,
            "open-last": self.open_last,
            "reopen": self.reopen,
            "close-exhibit": self.close_exhibit,
            "copy-view": self.copy_view,
            "undo": self.undo,
            "redo": self.redo,
            "copy-findings": self.copy_findings,
            "copy-hash": self.copy_hash,
            "copy-point": self.copy_point,
            "opacity-up": self.more_opaque,
            "opacity-down": self.less_opaque,
            "blink": self.blink_once,
            "contours": self.set_contours,
            "pca-component": self.next_component,
            "legend": self.set_legend,
            "reset-limits": self.reset_limits,
            "fit": self.fit,
            "actual-size": self.actual_size,
            "zoom-in": self.zoom_in,
            "zoom-out": self.zoom_out,
            "move-left": self.move_left,
            "move-right": self.move_right,
            "move-up": self.move_up,
            "move-down": self.move_down,
            "bookmark": self.bookmark,
            "analyze": self.analyse,
            "analyze-all": self.analyse_all,
            "cancel-job": self.stop,
            "cancel-all": self.stop_all,
            "region-note": self.note_on_region,
            "region-reference": self.see_from_region,
            "region-of-view": self.mark_visible_part,
            "region-delete": self.delete_region,
            "escape": self.let_go,
            "export-report": self._errands.export_report,
            "export-maps": self._errands.export_maps,
            "exhibit-note": self._errands.note_on_exhibit,
            "check-hash": self.check_hash,
            "next-exhibit": self.next_exhibit,
            "previous-exhibit": self.previous_exhibit,
            "likeness": self._errands.show_likeness,
            "region-test": self._errands.test_region,
            "limits": self._errands.show_limits,
            "self-test": self._errands.show_self_test,
            "problem-report": self._errands.save_problem_report,
            "about": self._errands.show_about,
        }
        slots |= {f"layer-{layer.value}": _LayerSetter(self, layer).choose for layer in Layer}
        slots |= {f"tool-{tool.value}": _ToolSetter(self, tool).choose for tool in Tool}
        return slots

    # Files

    @Slot()
    def open_example(self) -> None:
        """Open the bundled example."""
        self._opening.open([paths.resources() / "examples" / "spliced.jpg"])

    @Slot()
    def open_last(self) -> None:
        """Open what was open when the window was last closed."""
        self._errands.open_names(list(self._store.current.last_session))

    @Slot()
    def reopen(self) -> None:
        """Read the current file again."""
        self._with_current(self._opening.reopen)

    @Slot()
    def close_exhibit(self) -> None:
        """Close the current exhibit; asks once if something on it is in no report yet."""
        exhibit = self._session.current
        if exhibit is not None:
            self.close(exhibit)

    @Slot(object)
    def close(self, exhibit: OpenExhibit) -> None:
        """Close an exhibit; asks once if something on it is in no report yet."""
        if exhibit.exported or self._errands.ask(
            f"Close “{exhibit.name}”?", "Its regions and notes are in no report yet and will be lost.", "Close"
        ):
            self._session.close(exhibit, self._listing.heir_of(exhibit))

    @Slot()
    def check_hash(self) -> None:
        """Compare the file with what was opened; that it is the same is said, for its sign stood there before."""
        exhibit = self._session.current
        job = None if exhibit is None else self._opening.check_hash(exhibit)
        if job is not None:
            Heard(job, self._tell_match, lambda _: None)

    def _tell_match(self, answer: Rehash) -> None:
        if answer:
            self._teller.tell_briefly(f"{answer.message[:1].upper()}{answer.message[1:]} (SHA-256).")

    @Slot()
    def next_exhibit(self) -> None:
        """Look at the next exhibit of the list."""
        self._step(1)

    @Slot()
    def previous_exhibit(self) -> None:
        """Look at the exhibit before it in the list."""
        self._step(-1)

    # Undo

    @Slot()
    def undo(self) -> None:
        """Take the last change back, and say which: it may be out of sight."""
        group = self._session.undo_group
        if group.canUndo():
            self._teller.tell_briefly(f"Undone: {group.undoText()}.")
        group.undo()

    @Slot()
    def redo(self) -> None:
        """Do it again."""
        group = self._session.undo_group
        if group.canRedo():
            self._teller.tell_briefly(f"Done again: {group.redoText()}.")
        group.redo()

    # Copying

    @Slot()
    def copy_view(self) -> None:
        """The view as an image."""
        if self._view.pixels is None:
            self._teller.tell("There is no picture to copy: it is still being read, or cannot be read any more.")
            return
        QGuiApplication.clipboard().setImage(self._view.grab_view())
        self._teller.tell_briefly("Copied: the view as an image.")

    @Slot()
    def copy_findings(self) -> None:
        """What was found, as text."""
        self._findings.copy_all()
        self._teller.tell_briefly("Copied: the findings as text.")

    @Slot()
    def copy_point(self) -> None:
        """What the picture says at the pinned point, as text."""
        reading = self._picture.pinned
        if reading is None:
            self._teller.tell("Click into the picture first: that pins the point to copy.")
        else:
            QGuiApplication.clipboard().setText(reading_in_words(reading))
            self._teller.tell_briefly("Copied: what the picture says at the pinned point.")

    @Slot()
    def copy_hash(self) -> None:
        """The full SHA-256."""
        exhibit = self._session.current
        if exhibit is not None and exhibit.evidence is not None:
            QGuiApplication.clipboard().setText(exhibit.evidence.identity.sha256)
            self._teller.tell_briefly("Copied: the SHA-256 of the file.")

    # View

    @Slot()
    def more_opaque(self) -> None:
        """Show more of the layer."""
        self._view.set_opacity(min(1.0, self._view.opacity + OPACITY_STEP))

    @Slot()
    def less_opaque(self) -> None:
        """Show more of the photograph."""
        self._view.set_opacity(max(0.0, self._view.opacity - OPACITY_STEP))

    @Slot(float)
    def set_opacity(self, opacity: float) -> None:
        """From the slider."""
        self._view.set_opacity(opacity)

    def choose_layer(self, layer: Layer) -> None:
        """Show a layer; "as seen from here" needs a region to see from, and PCA once more shows its next component."""
        view = self._view
        if layer is Layer.PCA and view.seen_layer is layer:
            self.next_component()
        if layer is Layer.SIMILARITY and not view.has_layer(layer):
            self.see_from_region()
        view.set_layer(layer)
        if layer is not Layer.SIMILARITY and view.pixels is not None and not view.has_layer(layer):
            self._teller.tell_no_map(self._session.current)

    @Slot()
    def next_component(self) -> None:
        """Each component of the PCA map alone in turn, then all three as colours."""
        view = self._view
        if view.seen_layer is Layer.PCA:
            view.set_component((view.component + 1) % (COLOURED + 1))
        else:
            view.set_component(1)
            view.set_layer(Layer.PCA)

    @Slot(object)
    def choose_tool(self, tool: Tool) -> None:
        """Take a tool; the views of a comparison follow."""
        self._picture.view.set_tool(tool)

    @Slot(bool)
    def set_contours(self, shown: bool) -> None:
        """Lines at labelled values, or none."""
        self._view.set_contours(shown)

    @Slot(bool)
    def set_legend(self, shown: bool) -> None:
        """Show the scale over every picture, or over none."""
        self._picture.view.set_legend_visible(shown)
        self._comparing.set_legend(shown)

    @Slot()
    def reset_limits(self) -> None:
        """The absolute scale."""
        self._view.reset_limits()

    @Slot()
    def fit(self) -> None:
        """The whole picture."""
        self._view.fit()

    @Slot()
    def actual_size(self) -> None:
        """One image pixel on one device pixel."""
        self._view.actual_size()

    @Slot()
    def zoom_in(self) -> None:
        """Larger."""
        self._view.zoom_in()

    @Slot()
    def zoom_out(self) -> None:
        """Smaller."""
        self._view.zoom_out()

    @Slot()
    def blink_once(self) -> None:
        """From menu or palette: show the original for a moment."""
        self._view.set_blink(True)
        QTimer.singleShot(700, self, self.end_blink)

    @Slot()
    def end_blink(self) -> None:
        """Show the layer again."""
        self._view.set_blink(False)

    @Slot()
    def move_left(self) -> None:
        """Look further left."""
        self._view.pan(self._view.width() * MOVE_SHARE, 0)

    @Slot()
    def move_right(self) -> None:
        """Look further right."""
        self._view.pan(-self._view.width() * MOVE_SHARE, 0)

    @Slot()
    def move_up(self) -> None:
        """Look further up."""
        self._view.pan(0, self._view.height() * MOVE_SHARE)

    @Slot()
    def move_down(self) -> None:
        """Look further down."""
        self._view.pan(0, -self._view.height() * MOVE_SHARE)

    @Slot()
    def bookmark(self) -> None:
        """Remember this view."""
        exhibit = self._session.current
        if exhibit is not None and exhibit.pixels is not None:
            alone = self._view is self._picture.view
            self._session.bookmark(exhibit, self._picture.view_state() if alone else self._view.view_state())
            self._teller.tell_briefly(f"Kept as “{exhibit.marks.bookmarks[-1].name}” (View → Bookmarks).")

    # Analysis

    @Slot()
    def analyse(self) -> None:
        """Analyse the current exhibit."""
        self._with_current(self._analyses.analyse)

    @Slot()
    def analyse_all(self) -> None:
        """Analyse every exhibit that has no result yet."""
        self._all.start()

    @Slot()
    def stop(self) -> None:
        """Stop the current exhibit's analysis, or the running one."""
        for exhibit in (self._session.current, *self._session.exhibits):
            if exhibit is not None and self._analyses.stop(exhibit):
                return

    @Slot()
    def stop_all(self) -> None:
        """Stop every analysis that runs or waits."""
        self._all.stop()

    @Slot()
    def let_go(self) -> None:
        """Esc: what is being drawn, the tool, the selection, then the job, which is asked once."""
        if self._view.escape():
            return
        exhibit = self._session.current
        if (
            exhibit is not None
            and exhibit.is_busy
            and self._errands.ask(
                f"Stop analysing “{exhibit.name}”?",
                "It stops after the current batch; no map is painted from it.",
                "Stop",
                "Go on",
            )
        ):
            self._analyses.stop(exhibit)

    # Regions and notes

    @Slot()
    def note_on_region(self) -> None:
        """Write on the chosen region."""
        if self._picture.selected:
            self._picture.regions.edit_note(self._picture.selected)

    @Slot()
    def see_from_region(self) -> None:
        """Everything as seen from the chosen region."""
        if self._picture.selected:
            self._picture.see_from(self._picture.selected)
        else:
            self._teller.tell("Choose a region first, or draw one with R, E, P or L.")

    @Slot()
    def mark_visible_part(self) -> None:
        """A region of what is seen, drawn without the mouse."""
        area = self._view.visible_area()
        if area is not None:
            left, top, width, height = area
            corners = ((left, top), (left + width, top + height))
            self._view.region_drawn.emit(Region("", "rectangle", corners))

    @Slot()
    def delete_region(self) -> None:
        """Delete the chosen region."""
        if self._picture.selected:
            self._picture.delete(self._picture.selected)

    def _step(self, by: int) -> None:
        current = self._session.current
        following = None if current is None else self._listing.following(current, by)
        if following is not None:
            self._session.select(following)

    def _with_current(self, work: Callable[[OpenExhibit], object]) -> None:
        if self._session.current is not None:
            work(self._session.current)


class _LayerSetter(QObject):
    """Chooses one layer."""

    def __init__(self, parent: Commands, layer: Layer) -> None:
        super().__init__(parent)
        self._commands, self._layer = parent, layer

    @Slot()
    def choose(self) -> None:
        """Show it."""
        self._commands.choose_layer(self._layer)


class _ToolSetter(QObject):
    """Takes one tool."""

    def __init__(self, parent: Commands, tool: Tool) -> None:
        super().__init__(parent)
        self._commands, self._tool = parent, tool

    @Slot()
    def choose(self) -> None:
        """Take it."""
        self._commands.choose_tool(self._tool)
