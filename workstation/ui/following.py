"""What is open, analysed and written, followed from part to part of the window: each is told what concerns it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from workstation.ui.action_states import ActionStates
from workstation.ui.analysing_all import AnalyseAll
from workstation.ui.casing import CaseDesk, Keeping
from workstation.ui.centre import Centre
from workstation.ui.comparing import CompareDesk
from workstation.ui.empty_page import EmptyPage
from workstation.ui.errands import Errands
from workstation.ui.exhibits_panel import ExhibitsPanel
from workstation.ui.image_view import ImageView
from workstation.ui.jobs import JobQueue
from workstation.ui.menus import Menus
from workstation.ui.metadata_panel import MetadataPanel
from workstation.ui.picture_desk import PictureDesk
from workstation.ui.session import OpenExhibit, Session
from workstation.ui.shown_text import visible
from workstation.ui.status_bar import StatusBar
from workstation.ui.teller import Teller
from workstation.ui.turns import Turns
from workstation.ui.wording import metadata_instead

PATIENCE_TURNS = 30
"""Turns of the event loop that metadata wait for the picture to be painted; a hidden picture never is."""


@dataclass(frozen=True, slots=True, eq=False)
class Followers:
    """Who is told what happens."""

    session: Session
    jobs: JobQueue
    turns: Turns
    view: ImageView
    centre: Centre
    empty: EmptyPage
    menus: Menus
    exhibits: ExhibitsPanel
    metadata: MetadataPanel
    comparing: CompareDesk
    picture: PictureDesk
    cases: CaseDesk
    teller: Teller
    states: ActionStates
    status: StatusBar
    analyse_all: AnalyseAll
    errands: Errands


class Following(QObject):
    """Keeps panels and desks in step with the session, each change in an order that shows nothing stale.

    Signals:
        titled: the window's title changed; carries it.
    """

    titled = Signal(str)

    def __init__(self, followers: Followers, parent: QObject) -> None:
        super().__init__(parent)
        self._parts = followers
        self._hidden: set[tuple[int, str]] = set()

    @Slot(object)
    def show_current(self, exhibit: OpenExhibit | None) -> None:
        """Another exhibit is looked at, or none."""
        if exhibit is None:
            self._parts.centre.show_empty()
            self._parts.empty.show_recent(self._parts.menus.recent_files(), self._parts.menus.recent_case_folders())
            self.titled.emit("Exifact")
        else:
            if self._parts.comparing.mode is None:
                self._parts.centre.show_picture()
            self.titled.emit(f"{exhibit.name} – Exifact")
        self._parts.exhibits.show_current(exhibit)
        self._show_metadata()
        self._parts.comparing.refresh()
        self.tell_zoom()
        self._parts.teller.show_exhibit(exhibit)
        self._parts.states.update_enabled()

    @Slot(object)
    def take_evidence(self, exhibit: OpenExhibit) -> None:
        """A file was read: what it says about itself."""
        self._parts.teller.tell_evidence(exhibit)
        if exhibit is self._parts.session.current:
            self._parts.turns.take("metadata", self._showing_metadata_after_the_picture())  # hundreds of rows
            self._parts.status.show_exhibit(exhibit)
        self.take_state(exhibit)

    def _show_metadata(self) -> None:
        self._parts.turns.drop("metadata")
        for _ in self._showing_metadata():
            pass

    def _showing_metadata_after_the_picture(self) -> Iterator[None]:
        for _ in range(PATIENCE_TURNS):
            if self._parts.view.is_settled:
                break
            yield
        yield from self._showing_metadata()

    def _showing_metadata(self) -> Iterator[None]:
        exhibit = self._parts.session.current
        hidden = exhibit is not None and exhibit.hides_metadata
        self._hidden = self._hiding()
        instead = metadata_instead(
            opening=exhibit is not None,
            failed=exhibit is not None and exhibit.problem is not None,
            hidden=hidden,
            locked=exhibit is not None and exhibit.record is not None and exhibit.record.blind == "locked",
        )
        yield from self._parts.metadata.showing(None if exhibit is None or hidden else exhibit.evidence, instead)

    def _hiding(self) -> set[tuple[int, str]]:
        """Which exhibits hide their metadata, and how far their blind examination is."""
        hiding = (one for one in self._parts.session.exhibits if one.hides_metadata)
        return {(one.key, "" if one.record is None else one.record.blind) for one in hiding}

    @Slot()
    def take_case(self) -> None:
        """The case says something else about the exhibits: what is hidden, what was found before."""
        hidden = self._hiding()
        changed = {key for key, _ in hidden ^ self._hidden}
        if changed:
            self._parts.teller.forget_blind()
        for exhibit in self._parts.session.exhibits:
            if exhibit.key in changed:
                self._parts.teller.tell_evidence(exhibit)
        current = self._parts.session.current
        if current is not None and current.key in changed:
            self._show_metadata()
            self._parts.teller.show_findings(current)  # what the file says stands there, too
        self._hidden = hidden
        if current is not None and current.result is not None and self._parts.view.shown_result is not current.result:
            self.take_state(current)  # its result came from the case

    @Slot(object)
    def tell_keeping(self, keeping: Keeping) -> None:
        """Whether the case is saved."""
        view = self._parts.cases.view
        self._parts.status.show_case("" if view is None else view.details.title, keeping.value)

    @Slot(object)
    def take_state(self, exhibit: OpenExhibit) -> None:
        """Opening or analysis of an exhibit changed its state."""
        if self._parts.jobs.is_shut_down:
            return
        self._parts.teller.tell_evidence(exhibit)
        self._parts.states.update_enabled()
        self._parts.comparing.refresh()
        if exhibit is self._parts.session.current:
            self._parts.picture.show_result(exhibit)
            self._parts.teller.show_findings(exhibit)
            if exhibit.problem is not None:
                self._show_metadata()
                self.tell_zoom()
                self._parts.status.show_exhibit(exhibit)
            if exhibit.is_busy:
                self._parts.centre.hush()
            self._parts.teller.tell_trouble(exhibit)

    @Slot(object)
    def take_result(self, exhibit: OpenExhibit) -> None:
        """An analysis ended with a result: the picture first, the words in the next turns of the event loop."""
        if self._parts.jobs.is_shut_down:
            return
        self._parts.picture.show_result(exhibit)
        self._parts.picture.show_found(exhibit)
        self._parts.turns.take(f"result {exhibit.key}", self._telling_result(exhibit))

    def _telling_result(self, exhibit: OpenExhibit) -> Iterator[None]:
        if exhibit is self._parts.session.current:
            yield from self._parts.teller.showing_findings(exhibit)
            yield
        if self._parts.session.find(exhibit.key) is not None:
            self._parts.teller.tell_evidence(exhibit)
        if exhibit.result is not None:
            self._parts.status.show_device(exhibit.result.provenance.device)
        self._parts.states.update_enabled()
        yield
        self._parts.comparing.refresh()
        if exhibit is self._parts.session.current:
            self._parts.teller.tell_trouble(exhibit)

    @Slot(str, str)
    def tell_folder(self, words: str, kind: str) -> None:
        """What became of a folder; what one does with so many photographs is one press away."""
        action = "Analyze all" if self._parts.analyse_all.would_start() > 1 else ""
        self._parts.teller.tell(words, kind, action, self._parts.analyse_all.start)

    @Slot(str, object)
    def tell_exported(self, what: str, written: tuple[Path, ...]) -> None:
        """Something was written: where, and how it is looked at."""
        folder = written[0].parent if written else Path()
        names = ", ".join(f"“{visible(path.name)}”" for path in written[:4]) + ("…" if len(written) > 4 else "")
        target = next((path for path in written if path.suffix == ".pdf"), folder)  # maps are looked through
        self._parts.teller.tell(
            f"Written: {what} ({names}) in “{folder}”.",
            "success",
            "Open" if target.suffix == ".pdf" else "Open folder",
            lambda: self._parts.errands.show_outside(target),
        )

    @Slot()
    def tell_zoom(self) -> None:
        """The zoom of the view that has the keys."""
        view = self._parts.comparing.active_view
        self._parts.status.show_zoom(None if view.pixels is None else view.zoom)
