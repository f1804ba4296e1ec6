"""Which actions are possible now, and which are switched on."""

from __future__ import annotations

from PySide6.QtCore import QObject, Slot

from workstation.settings import SettingsStore
from workstation.ui.actions import Actions
from workstation.ui.analysing import AnalysisDesk
from workstation.ui.casing import CaseDesk
from workstation.ui.compare import CompareMode
from workstation.ui.comparing import CompareDesk
from workstation.ui.picture_desk import PictureDesk
from workstation.ui.region_tools import Tool
from workstation.ui.session import Session


class ActionStates(QObject):
    """Keeps the actions in step with what is open, chosen and running."""

    def __init__(
        self,
        table: Actions,
        *,
        session: Session,
        store: SettingsStore,
        analyses: AnalysisDesk,
        picture: PictureDesk,
        comparing: CompareDesk,
        cases: CaseDesk,
    ) -> None:
        super().__init__(table)
        self._table, self._session, self._store = table, session, store
        self._analyses, self._picture, self._comparing = analyses, picture, comparing
        self._cases = cases
        for signal in (cases.opened, cases.changed, cases.closed):
            signal.connect(self.update_enabled)
        picture.selection_changed.connect(self.update_enabled)
        comparing.changed.connect(self.mark_comparison)
        session.removed.connect(self.update_enabled)
        group = session.undo_group
        for signal in (group.canUndoChanged, group.canRedoChanged, group.undoTextChanged, group.redoTextChanged):
            signal.connect(self.update_undo)
        table["legend"].setChecked(True)
        self.mark_layer()
        self.mark_tool(picture.view.tool)
        self.mark_comparison()
        self.update_undo()

    @Slot()
    def update_enabled(self) -> None:
        """Actions that have nothing to act on are grey."""
        exhibit = self._session.current
        has_file = exhibit is not None and exhibit.evidence is not None
        has_maps = exhibit is not None and exhibit.result is not None and exhibit.result.maps is not None
        has_region = has_file and bool(self._picture.selected)
        table = self._table
        table["open-last"].setEnabled(bool(self._store.current.last_session) and not self._session.exhibits)
        for action_id in ("reopen", "close-exhibit"):
            table[action_id].setEnabled(exhibit is not None)
        for action_id in (
            "copy-hash",
            "check-hash",
            "exhibit-note",
            "export-report",
            "compare",
            "curtain",
            "bookmark",
            "bookmark-verdict",
            "copy-view",
            "region-of-view",
        ):
            table[action_id].setEnabled(has_file)
        for action_id in ("export-maps", "reset-limits", "contours", "pca-component"):
            table[action_id].setEnabled(has_maps)
        comparable = any(one.result is not None for one in self._session.exhibits) or self._cases.is_open
        table["likeness"].setEnabled(comparable)
        table["region-test"].setEnabled(has_region and comparable)
        for action_id in ("region-note", "region-reference", "region-delete"):
            table[action_id].setEnabled(has_region)
        table["analyze"].setEnabled(has_file and exhibit is not None and not exhibit.is_busy)
        table["analyze-all"].setEnabled(
            any(one.evidence is not None and one.result is None and not one.is_busy for one in self._session.exhibits)
        )
        table["cancel-job"].setEnabled(self._analyses.is_busy)
        table["cancel-all"].setEnabled(sum(one.is_busy for one in self._session.exhibits) > 1)
        self._update_case()
        several = len(self._session.exhibits) > 1
        table["next-exhibit"].setEnabled(several)
        table["previous-exhibit"].setEnabled(several)

    def _update_case(self) -> None:
        cases, table = self._cases, self._table
        exhibit = self._session.current
        record = None if exhibit is None else exhibit.record
        table["close-case"].setEnabled(cases.is_open)
        table["case-details"].setEnabled(cases.takes_changes)
        table["opinion"].setEnabled(cases.takes_changes)
        table["next-unseen"].setEnabled(record is not None)
        for action_id, state in (("blind-hide", "off"), ("blind-lock", "hidden"), ("blind-reveal", "locked")):
            table[action_id].setEnabled(cases.takes_changes and record is not None and record.blind == state)
        if record is not None and record.blind == "locked":
            table["exhibit-note"].setEnabled(False)  # the next note comes with the metadata

    @Slot()
    def update_undo(self) -> None:
        """Say what would be undone."""
        group = self._session.undo_group
        for action_id, able, text in (
            ("undo", group.canUndo(), group.undoText()),
            ("redo", group.canRedo(), group.redoText()),
        ):
            action = self._table[action_id]
            action.setEnabled(able)
            action.setText(f"&{action_id.capitalize()} {text}".rstrip())

    @Slot()
    def mark_layer(self) -> None:
        """A layer was chosen, or another view has the keys: the layer of that view is marked."""
        self._table[f"layer-{self._comparing.active_view.layer.value}"].setChecked(True)

    @Slot(object)
    def mark_tool(self, tool: Tool) -> None:
        """A tool was taken."""
        self._table[f"tool-{tool.value}"].setChecked(True)

    @Slot()
    def mark_comparison(self) -> None:
        """The comparison was begun, asked for, left or locked."""
        self.mark_layer()
        table, mode = self._table, self._comparing.mode
        table["compare"].setChecked(self._comparing.is_side_by_side)
        table["curtain"].setChecked(mode is CompareMode.CURTAIN)
        table["compare-lock"].setChecked(self._comparing.is_locked)
        table["compare-lock"].setEnabled(mode is CompareMode.SIDE_BY_SIDE)
