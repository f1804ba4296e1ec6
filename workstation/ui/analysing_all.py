"""All exhibits are analysed: those that are read, and those that were still being read when it was asked for."""

from __future__ import annotations

from PySide6.QtCore import QObject, Slot

from workstation.ui.analysing import AnalysisDesk
from workstation.ui.casing import CaseDesk
from workstation.ui.folder_opening import FolderDesk
from workstation.ui.session import OpenExhibit, Session


class AnalyseAll(QObject):
    """Analyses every exhibit that has no result; a folder under way belongs to it to its last file."""

    def __init__(
        self, session: Session, analyses: AnalysisDesk, folders: FolderDesk, cases: CaseDesk, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._session, self._analyses, self._folders, self._cases = session, analyses, folders, cases
        self._wanted: set[int] = set()
        self._with_folder = False
        session.added.connect(self._take_added)
        session.removed.connect(self._forget)
        folders.told.connect(self._end_folder)

    def start(self) -> None:
        """Analyse what is read; what is still being read follows as soon as it is."""
        for exhibit in self._session.exhibits:
            if exhibit.result is not None or exhibit.problem is not None:
                continue
            if self._is_read(exhibit):
                self._analyses.analyse(exhibit)
            else:
                self._wanted.add(exhibit.key)
        self._with_folder = self._folders.is_busy

    def would_start(self) -> int:
        """How many exhibits it would analyse that are not under way yet."""
        return sum(
            one.problem is None and one.result is None and not one.is_busy and one.key not in self._wanted
            for one in self._session.exhibits
        )

    def stop(self) -> None:
        """Stop every analysis that runs or waits; the last ones first, so that none of them begins meanwhile."""
        self._wanted.clear()
        self._with_folder = False
        for exhibit in reversed(self._session.exhibits):
            self._analyses.stop(exhibit)

    @Slot(object)
    def take_read(self, exhibit: OpenExhibit) -> None:
        """A file was read, or taken into the case, which may know its result."""
        if exhibit.key in self._wanted and self._is_read(exhibit):
            self._forget(exhibit)
            if exhibit.result is None:
                self._analyses.analyse(exhibit)

    def _is_read(self, exhibit: OpenExhibit) -> bool:
        """Whether it can be analysed; in a case, once it is known whether that was done before."""
        return exhibit.evidence is not None and (exhibit.record is not None or not self._cases.takes_changes)

    @Slot(object)
    def _take_added(self, exhibit: OpenExhibit) -> None:
        if self._with_folder:
            self._wanted.add(exhibit.key)

    @Slot(object)
    def _forget(self, exhibit: OpenExhibit) -> None:
        self._wanted.discard(exhibit.key)

    @Slot()
    def _end_folder(self) -> None:
        self._with_folder = self._with_folder and self._folders.is_busy
