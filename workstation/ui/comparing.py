"""Two pictures beside each other, or two layers of one."""

from __future__ import annotations

from PySide6.QtCore import QObject, Slot

from workstation.ui.analysing import AnalysisDesk
from workstation.ui.centre import Centre
from workstation.ui.session import OpenExhibit, Session


class CompareDesk(QObject):
    """Fills the comparison with exhibits and keeps it in step with the session."""

    def __init__(self, session: Session, analyses: AnalysisDesk, centre: Centre, parent: QObject) -> None:
        super().__init__(parent)
        self._session, self._analyses, self._centre = session, analyses, centre

    @Slot(bool)
    def show(self, shown: bool) -> None:
        pass

    @Slot(object)
    def show_beside(self, exhibit: OpenExhibit) -> None:
        pass

    @Slot(bool)
    def set_lock(self, locked: bool) -> None:
        pass

    @Slot(bool)
    def set_curtain(self, shown: bool) -> None:
        pass

    def set_theme(self, dark: bool) -> None:
        pass
