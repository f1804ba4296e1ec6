"""Jobs, log and warnings: what runs, what happened, and what is odd about the files."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from datetime import UTC, datetime

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QAbstractItemView,
    QGridLayout,
    QHBoxLayout,
    QHeaderView,
    QPlainTextEdit,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from workstation.errors import RecordedWarning
from workstation.progress import Progress
from workstation.ui.controls import (
    IconLabel,
    ShareBar,
    TextScroll,
    add_action,
    icon_size,
    push_button,
    tool_button,
    wrapped_label,
)
from workstation.ui.copying import copy_text, full_text, table_as_tsv, to_tsv
from workstation.ui.icons import icon
from workstation.ui.shown_text import in_short
from workstation.ui.sorting import offer_sorting
from workstation.ui.theme import GRID, monospaced, tabular
from workstation.ui.warnings_table import HEADINGS, KEY_ROLE, WarningsModel, WarningsTable
from workstation.ui.wording import duration

LOG_LINES = 10_000
ENDED_SHOWN = 20
"""So many ended jobs stay in the list; older ones remain in the log."""


class JobsPanel(QWidget):
    """Three tabs: running and ended jobs, the log of the session, and the warnings of all exhibits.

    Signals:
        cancel_requested: Cancel was pressed on a job; carries its id.
        warning_activated: a warning was double-clicked; carries the key of its exhibit (two may have one name).
    """

    cancel_requested = Signal(object)
    warning_activated = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._jobs: dict[Hashable, _JobRow] = {}
        self._ended: list[_JobRow] = []
        self._warnings = WarningsModel(self)
        self._tabs = QTabWidget()
        self._tabs.setDocumentMode(True)
        self._tabs.setIconSize(icon_size(self._tabs, 1.0))
        self._tabs.setAccessibleName("Jobs, log and warnings")
        self._tabs.tabBar().setAccessibleName("Jobs, log and warnings")
        self._tabs.addTab(self._make_jobs(), icon("state-busy"), "Jobs")
        self._tabs.addTab(self._make_log(), icon("report"), "Log")
        self._tabs.addTab(self._make_warnings(), icon("warning"), "Warnings")
        for number, tip in enumerate(
            ("What runs now and what has ended", "What happened", "What is odd about the files")
        ):
            self._tabs.setTabToolTip(number, tip)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._tabs)
        self.setAccessibleName("Jobs panel")
        self._tell_jobs()
        self._tell_warnings()

    @property
    def warnings_model(self) -> WarningsModel:
        """All warnings."""
        return self._warnings

    @property
    def log_text(self) -> str:
        """The log as text."""
        return self._log.toPlainText()

    def job_started(self, job: Hashable, title: str, *, cancellable: bool = True) -> None:
        """Add a running job.

        Args:
            job: any id; it comes back with `cancel_requested`.
            title: exhibit and what is done to it.
            cancellable: whether Cancel is offered.
        """
        row = _JobRow(title)
        if not cancellable:
            row.cancel.hide()
        row.cancel.clicked.connect(self._cancel_pressed)
        self._jobs[job] = row
        self._list.insertWidget(0, row)
        self.log(f"{title}: started")
        self._tell_jobs()

    def job_progressed(self, job: Hashable, progress: Progress) -> None:
        """Show how far a job is; a job that has ended is left as it ended."""
        if job in self._jobs:
            self._jobs[job].show_progress(progress)

    def job_cancelling(self, job: Hashable) -> None:
        """Acknowledge that a job was asked to stop, whoever asked."""
        if job in self._jobs:
            self._jobs[job].show_cancelling()

    def job_ended(self, job: Hashable, outcome: str, *, stays: bool = True) -> None:
        """Show how a job ended.

        Args:
            job: as it was started.
            outcome: "complete", "cancelled; kept: nothing", "failed: …".
            stays: whether the list goes on showing it; the log does in any case.
        """
        row = self._jobs.pop(job, None)
        if row is None:
            return
        row.show_end(outcome)
        self._list.removeWidget(row)
        self._list.insertWidget(len(self._jobs), row)  # below those that still run
        self.log(f"{row.title}: {outcome}")
        self._ended.append(row)
        leaving = [self._ended.pop(0 if stays else -1)] if not stays or len(self._ended) > ENDED_SHOWN else []
        for gone in leaving:
            gone.hide()
            gone.deleteLater()
        self._tell_jobs()

    def log(self, text: str) -> None:
        """Add a line to the log, with the time in UTC."""
        self._log.appendPlainText(f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S}Z  {' '.join(text.split())}")

    def show_warnings(self, exhibit: str, warnings: Sequence[RecordedWarning], *, key: Hashable | None = None) -> None:
        """Replace the warnings of one exhibit; none forgets it.

        Args:
            exhibit: name as displayed.
            warnings: all that are known about it.
            key: tells exhibits of the same name apart; None = the name.
        """
        if self._warnings.set_warnings(exhibit if key is None else key, exhibit, warnings):
            self._tell_warnings()

    def show_tab(self, title: str) -> None:
        """Bring a tab to the front: "Jobs", "Log" or "Warnings"."""
        for number in range(self._tabs.count()):
            if self._tabs.tabText(number).split(" (")[0] == title:
                self._tabs.setCurrentIndex(number)

    def copy_warnings(self) -> None:
        """Copy all warnings as TSV with headings."""
        copy_text(table_as_tsv(self._warnings))

    def copy_log(self) -> None:
        """Copy the whole log."""
        copy_text(self.log_text)

    def _copy_chosen_warnings(self) -> None:
        chosen = sorted(index.row() for index in self._table.selectionModel().selectedRows())
        rows = [[full_text(self._warnings.index(row, column)) for column in range(len(HEADINGS))] for row in chosen]
        if rows:
            copy_text(to_tsv(rows))

    def _cancel_pressed(self) -> None:
        for job, row in self._jobs.items():
            if row.cancel is self.sender():
                row.show_cancelling()
                self.cancel_requested.emit(job)
                return

    def _warning_activated(self, index: QModelIndex) -> None:
        self.warning_activated.emit(index.data(KEY_ROLE))

    def _tell_jobs(self) -> None:
        running = len(self._jobs)
        self._tabs.setTabText(0, f"Jobs ({running})" if running else "Jobs")
        self._no_jobs.setVisible(not self._jobs and not self._ended)

    def _tell_warnings(self) -> None:
        count = self._warnings.rowCount()
        self._tabs.setTabText(2, f"Warnings ({count})" if count else "Warnings")
        self._no_warnings.setVisible(count == 0)
        self._table.setVisible(count > 0)
        self._copy_warnings.setEnabled(count > 0)
        self._table.fit_messages()
        self._table.resizeRowsToContents()

    def _make_jobs(self) -> QWidget:
        content = QWidget()
        self._no_jobs = wrapped_label("Nothing runs. Opening, analyses and exports appear here.", weight="muted")
        outer = QVBoxLayout(content)
        outer.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, 2 * GRID)
        outer.setSpacing(2 * GRID)
        outer.addWidget(self._no_jobs)
        self._list = QVBoxLayout()
        self._list.setSpacing(2 * GRID)
        outer.addLayout(self._list)
        outer.addStretch(1)
        return TextScroll(content, "Jobs")

    def _make_log(self) -> QWidget:
        self._log = QPlainTextEdit()
        self._log.setReadOnly(True)
        self._log.setMaximumBlockCount(LOG_LINES)
        self._log.setFont(monospaced(QGuiApplication.font()))
        self._log.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self._log.setAccessibleName("Log")
        self._log.setToolTip("What happened in this session; times are UTC")
        self._log.setTabChangesFocus(True)
        self._log.setPlaceholderText("What happens in this session is written here, with the time in UTC.")
        copy = tool_button("copy", "Copy log", "Copy the whole log as text")
        copy.clicked.connect(self.copy_log)
        return _beside(self._log, copy)

    def _make_warnings(self) -> QWidget:
        self._no_warnings = wrapped_label("No warnings.", weight="muted")
        self._table = WarningsTable()
        self._table.setModel(self._warnings)
        self._table.setAccessibleName("Warnings")
        self._table.setAlternatingRowColors(True)
        self._table.setShowGrid(False)
        self._table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self._table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self._table.setTabKeyNavigation(False)
        self._table.setWordWrap(True)
        self._table.verticalHeader().hide()
        header = self._table.horizontalHeader()
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(2, QHeaderView.ResizeMode.Interactive)
        header.sectionResized.connect(self._table.resizeRowsToContents)
        self._warnings.layoutChanged.connect(self._table.resizeRowsToContents)  # heights belong to places, not to rows
        self._table.doubleClicked.connect(self._warning_activated)
        self._table.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        add_action(
            self._table,
            "Copy row",
            "Copy the selected warnings as tab-separated text",
            self._copy_chosen_warnings,
            icon_name="copy",
            keys="Ctrl+C",
        )
        add_action(self._table, "Copy table", "Copy all warnings with headings", self.copy_warnings)
        offer_sorting(self._table)
        self._copy_warnings = tool_button("copy", "Copy warnings", "Copy all warnings as tab-separated text")
        self._copy_warnings.clicked.connect(self.copy_warnings)
        page = QWidget()
        layout = QVBoxLayout(page)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._no_warnings)
        layout.addWidget(self._table, 1)
        return _beside(page, self._copy_warnings)


class _JobRow(QWidget):
    """One job: title, stage, bar, remaining time, Cancel."""

    def __init__(self, title: str) -> None:
        super().__init__()
        self.title = title
        self._state = IconLabel("state-busy")
        self._title = wrapped_label(in_short(title))
        self._stage = wrapped_label("waiting", weight="muted")
        self._bar = ShareBar(f"Progress of {title}")
        self._bar.setFont(tabular(self._bar.font()))
        self.cancel = push_button("cancel", "Cancel", "Stop after the current batch")
        self.cancel.setAccessibleName(f"Cancel {title}")
        self._layout = layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setHorizontalSpacing(2 * GRID)
        layout.setVerticalSpacing(0)
        layout.addWidget(self._state, 0, 0, 2, 1, Qt.AlignmentFlag.AlignTop)
        layout.addWidget(self._title, 0, 1)
        layout.addWidget(self._stage, 1, 1)
        layout.addWidget(self._bar, 0, 2, 2, 1)
        layout.addWidget(self.cancel, 0, 3, 2, 1)
        layout.setColumnStretch(1, 3)
        layout.setColumnStretch(2, 2)

    def show_progress(self, progress: Progress) -> None:
        self._bar.show_share(progress.fraction)
        if self.cancel.isEnabled():
            self._stage.setText(" · ".join(part for part in (progress.stage, duration(progress.remaining)) if part))

    def show_cancelling(self) -> None:
        self.cancel.setEnabled(False)
        self.cancel.setText("Cancelling …")
        self._stage.setText("stops after the current batch")

    def show_end(self, outcome: str) -> None:
        self._bar.hide()
        self.cancel.hide()
        self._layout.setColumnStretch(2, 0)
        self._stage.setText(in_short(outcome))
        word = outcome.casefold()
        ending = "warning" if word.startswith("fail") else "cancel" if word.startswith("cancel") else "state-done"
        self._state.show_icon(ending)


def _beside(widget: QWidget, button: QWidget) -> QWidget:
    page = QWidget()
    layout = QHBoxLayout(page)
    layout.setContentsMargins(GRID, GRID, GRID, GRID)
    layout.setSpacing(GRID)
    layout.addWidget(widget, 1)
    layout.addWidget(button, 0, Qt.AlignmentFlag.AlignTop)
    return page
