"""Help → Self-test: what `exifact self-test` prints, as a table that fills while the checks run."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QDialogButtonBox,
    QHeaderView,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from workstation.errors import WorkstationError
from workstation.progress import Progress
from workstation.ui.controls import IconLabel, ShareBar, icon_size, push_button, wrapped_label
from workstation.ui.copying import copy_text, table_as_tsv
from workstation.ui.jobs import Job, JobQueue, LaneName
from workstation.ui.rows_model import RowsModel, TextRow
from workstation.ui.theme import GRID

_HEADINGS = (
    ("Check", "What is looked at"),
    ("Outcome", "Passed, failed, or not applicable"),
    ("Found", "In one sentence"),
    ("Took", "Seconds"),
)
_ICONS = {"passed": "state-done", "failed": "warning", "not applicable": "state-not-applicable"}

Steps = Callable[[], Generator[Progress, None, Any]]


def self_test_steps() -> Generator[Progress, None, Any]:
    """The self-test, as a job; what it needs is imported in the lane."""
    from workstation import self_test  # noqa: PLC0415 - the report's libraries, torch

    yield Progress("looking at this installation", 0.0)
    return (yield from self_test.run())


class SelfTestDialog(QDialog):
    """Runs the self-test and shows its lines; closing it stops the test."""

    def __init__(self, jobs: JobQueue, steps: Steps = self_test_steps, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Self-test")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.model = RowsModel(_HEADINGS, self)
        self._checks: list[Any] = []
        self._jobs = jobs
        self._verdict_icon = IconLabel("state-busy")
        self._verdict = wrapped_label(
            "Does this installation hold what was shipped, and does it compute what it should? Takes about a minute.",
            name="Outcome of the self-test",
        )
        self._bar = ShareBar("Progress of the self-test")
        self._stage = wrapped_label(weight="muted", name="Check that runs")
        self._lay_out()
        self._job: Job | None = jobs.submit("testing this installation", steps, lane=LaneName.ANALYSIS)
        self._job.progressed.connect(self.progress)
        self._job.finished.connect(self.finish)
        self._job.failed.connect(self.fail)

    @property
    def verdict(self) -> str:
        """The outcome in words."""
        return self._verdict.text()

    @Slot(object)
    def progress(self, progress: Progress) -> None:
        """A check goes on, or was finished."""
        self._bar.show_share(progress.fraction)
        self._stage.setText(progress.stage)
        if progress.partial is not None:
            self._checks.append(progress.partial)
            self._show(self._checks)

    @Slot(object)
    def finish(self, outcome: Any) -> None:
        """All lines are there."""
        self._job = None
        self._show(list(outcome.checks))
        words = "All checks passed." if outcome.passed else "This installation is not sound; install Exifact again."
        self._end("state-done" if outcome.passed else "warning", f"Exifact {outcome.program}: {words}")

    @Slot(object)
    def fail(self, error: WorkstationError) -> None:
        """The test itself came to no end."""
        self._job = None
        self._end("warning", error.summary)

    def done(self, outcome: int) -> None:
        """Qt: stop what runs."""
        if self._job is not None:
            self._jobs.cancel(self._job)
        super().done(outcome)

    def _end(self, icon_name: str, words: str) -> None:
        self._verdict_icon.show_icon(icon_name)
        self._verdict.setText(words)
        self._bar.hide()
        self._stage.hide()

    def _show(self, checks: list[Any]) -> None:
        self.model.show_rows(
            [
                TextRow((one.name, one.outcome, one.detail, f"{one.seconds:.1f} s"), one, _ICONS.get(one.outcome, ""))
                for one in checks
            ]
        )
        self._table.resizeRowsToContents()

    def _lay_out(self) -> None:
        table = self._table = QTableView()
        table.setModel(self.model)
        table.setAccessibleName("Checks")
        table.setShowGrid(False)
        table.setAlternatingRowColors(True)
        table.setWordWrap(True)
        table.setIconSize(icon_size(table))
        table.setTabKeyNavigation(False)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.verticalHeader().hide()
        header = table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(2, QHeaderView.ResizeMode.Stretch)
        header.setHighlightSections(False)
        header.sectionResized.connect(table.resizeRowsToContents)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, parent=self)
        copy = push_button("copy", "Copy table", "Copy all lines as tab-separated text")
        copy.clicked.connect(self._copy)
        buttons.addButton(copy, QDialogButtonBox.ButtonRole.ActionRole)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setSpacing(2 * GRID)
        layout.addWidget(self._verdict_icon)
        layout.addWidget(self._verdict)
        layout.addWidget(table, 1)
        layout.addWidget(self._bar)
        layout.addWidget(self._stage)
        layout.addWidget(buttons)
        self.resize(860, 460)

    @Slot()
    def _copy(self) -> None:
        copy_text(f"{self.verdict}\n{table_as_tsv(self.model)}")
