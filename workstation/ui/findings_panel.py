"""The panel that says in words what an analysis found, and what it cannot tell."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QGridLayout,
    QHBoxLayout,
    QHeaderView,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from workstation.analysis.result import AnalysisResult, Finding, Partition
from workstation.errors import WorkstationError
from workstation.progress import Progress
from workstation.ui.controls import (
    IconLabel,
    ShareBar,
    TextScroll,
    chain_focus,
    icon_size,
    push_button,
    tool_button,
    wrapped_label,
)
from workstation.ui.copying import copy_text
from workstation.ui.findings_parts import Figures, FindingsList, FoldOut
from workstation.ui.groups_table import GroupsModel
from workstation.ui.shown_text import in_short, visible
from workstation.ui.theme import GRID, shortened_hash, tabular
from workstation.ui.wording import (
    LIMITS,
    SAID_AND_SEEN,
    TELLINGS,
    Situation,
    claims_of,
    device_line,
    duration,
    error_rate_of,
    figures_of,
    group_in_words,
    headline_of,
    model_line,
    shortened,
    situation_of,
    without_device,
)

_SAID_ELSEWHERE = frozenset({"limits", "not-calibrated"})
"""Findings that have their own place in the panel: the fold-out, and the line "Error rate"."""

LONGEST_WORD = 30
"""Letters of a word in a sentence: the panel is narrow, and a label breaks lines at blanks only."""

_DETAILS = frozenset({"highest", "assessable", "error-rate"})
"""Findings that stand below the numbers."""


class FindingsPanel(QWidget):
    """What is odd about the photograph, where, and how sure one may be; one clear sentence in every state.

    Signals:
        analyze_requested: the analyst wants the analysis (again).
        cancel_requested: the analyst wants the running analysis stopped.
        group_activated: a group was chosen in the table; carries its letter.
    """

    analyze_requested = Signal()
    cancel_requested = Signal()
    group_activated = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._situation = Situation.EMPTY
        self._told = 0
        self._text: list[str] = []
        self._make_head()
        self._make_progress()
        self._findings, self._details = FindingsList(), FindingsList(weight="muted")
        self._make_groups()
        self._figures = Figures()
        self._claims = FoldOut(SAID_AND_SEEN, "Show or hide how the file's own statements fare against the pixels")
        self._limits = FoldOut("What this cannot tell", "Show or hide what the analysis has no answer to")
        self._model_line = wrapped_label(weight="muted", name="Model")
        self._device_line = wrapped_label(weight="muted", name="Device")
        self._lay_out()
        self.show_state(Situation.EMPTY)

    @property
    def situation(self) -> Situation:
        """The state that is shown."""
        return self._situation

    @property
    def text(self) -> str:
        """Everything that the panel says, as it is copied."""
        return "\n".join(self._text)

    def show_state(self, situation: Situation, detail: str = "") -> None:
        """Show a state without a result (empty, opening, ready, analysing, ...).

        Args:
            situation: which state.
            detail: replaces the state's own sentence, e.g. the name of the file that is opened.
        """
        telling = TELLINGS[situation]
        self._begin(situation, telling.headline, detail or telling.sentence, telling.next_step)
        running = situation in {Situation.OPENING, Situation.ANALYSING}
        self._progress.setVisible(running)
        self._progress_bar.show_share(None)
        self._stage.setText("")
        self._cancel.setVisible(situation == Situation.ANALYSING)

    def show_progress(self, progress: Progress) -> None:
        """Show how far the running analysis is; the state becomes "analysing" unless a file is being opened."""
        if self._situation not in {Situation.OPENING, Situation.ANALYSING}:
            self.show_state(Situation.ANALYSING)
        self._progress_bar.show_share(progress.fraction)
        self._stage.setText(" · ".join(part for part in (progress.stage, duration(progress.remaining)) if part))

    def show_cancelling(self) -> None:
        """Acknowledge that Cancel was pressed, until the job has stopped."""
        self._cancel.setEnabled(False)
        self._cancel.setText("Cancelling …")
        self._stage.setText("stops after the current batch")

    def show_result(self, result: AnalysisResult, *, hides_metadata: bool = False) -> None:
        """Show what an analysis found, in the state that it ended in.

        Args:
            result: of the analysis.
            hides_metadata: whether the exhibit is examined blind, so that nothing may be shown that its file says.
        """
        for _ in self.showing(result, hides_metadata=hides_metadata):
            pass

    def showing(self, result: AnalysisResult, *, hides_metadata: bool = False) -> Iterator[None]:
        """The same in pieces of some milliseconds: the sentences, then the numbers."""
        if hides_metadata:
            result = without_device(result)
        situation = situation_of(result)
        telling = TELLINGS[situation]
        spoken = [finding for finding in result.findings if finding.kind not in _SAID_ELSEWHERE]
        sentence = "" if spoken else (result.reason or telling.sentence)
        said_already = any(telling.next_step in finding.sentence for finding in spoken)
        self._begin(situation, headline_of(result), sentence, "" if said_already else telling.next_step)
        self._show_findings(spoken)
        self._text += [f"{finding.sentence}" for finding in spoken]
        told = self._told
        yield
        if self._told != told:
            return  # something else is said meanwhile
        if result.partition is not None:
            self._show_partition(result.partition, error_rate_of(result))
        if situation != Situation.NOT_ASSESSABLE:
            claims = claims_of(result, hides_metadata=hides_metadata)
            self._claims.show_lines(claims)
            self._text += [f"{SAID_AND_SEEN}:", *(f"- {line}" for line in claims)]
        limits = [finding.sentence for finding in result.findings if finding.kind == "limits"]
        self._limits.show_lines(limits or list(LIMITS))
        self._text += ["What this cannot tell:", *(f"- {line}" for line in limits or LIMITS)]
        provenance = result.provenance
        self._model_line.setText(model_line(provenance))
        self._device_line.setText(device_line(provenance))
        self._device_line.setToolTip(f"Weights SHA-256: {provenance.weights_sha256}\nseed {provenance.seed}")
        self._text += [
            f"Model {model_line(provenance)}; weights SHA-256 {shortened_hash(provenance.weights_sha256)}",
            f"Device {device_line(provenance)}; seed {provenance.seed}",
        ]

    def show_failure(self, error: WorkstationError) -> None:
        """Show why the analysis failed, what usually lies behind it and what to do."""
        remedy = error.remedy or TELLINGS[Situation.FAILED].next_step
        sentence = shortened(error.what.rstrip(".") + ".")
        if error.likely_causes:
            sentence += f" Often the cause is {_or(error.likely_causes)}."
        self._begin(Situation.FAILED, TELLINGS[Situation.FAILED].headline, sentence, remedy)

    def show_cancelled(self, kept: str) -> None:
        """Show that the analysis was stopped and what is kept of it."""
        telling = TELLINGS[Situation.CANCELLED]
        sentence = f"The analysis was stopped before its end; no map is painted. Kept: {kept or 'nothing'}."
        self._begin(Situation.CANCELLED, telling.headline, sentence, telling.next_step)

    def copy_all(self) -> None:
        """Copy everything that the panel says as text."""
        copy_text(self.text)

    def _begin(self, situation: Situation, headline: str, sentence: str, next_step: str) -> None:
        self._situation = situation
        self._told += 1
        telling = TELLINGS[situation]
        self._state_icon.show_icon(telling.icon)
        self._headline.setText(headline)
        self._sentence.setText(in_short(visible(sentence), LONGEST_WORD))
        self._sentence.setVisible(bool(sentence))
        self._next_step.setText(next_step)
        self._next_step.setVisible(bool(next_step))
        self._analyze.setText(telling.button or "Analyze")
        self._analyze.setVisible(bool(telling.button))
        self._cancel.setEnabled(True)
        self._cancel.setText("Cancel")
        self._progress.setVisible(False)
        self._show_findings([])
        self._groups.setVisible(False)
        self._figures.setVisible(False)
        self._claims.setVisible(False)
        self._limits.setVisible(False)
        self._model_line.setText("")
        self._device_line.setText("")
        self._text = [part for part in (headline, visible(sentence)) if part]
        self._scroll.verticalScrollBar().setValue(0)

    def _show_findings(self, findings: list[Finding]) -> None:
        first = [finding for finding in findings if finding.kind not in _DETAILS]
        last = self._findings.show_findings(first, self._copy)
        chain_focus(last, self._cancel, self._groups)
        last = self._details.show_findings([one for one in findings if one.kind in _DETAILS], self._groups)
        chain_focus(last, self._analyze, self._claims.button, self._limits.button)

    def _show_partition(self, partition: Partition, error_rate: tuple[tuple[str, str, str], ...]) -> None:
        self._groups_model.show_groups(partition.groups)
        self._groups.setVisible(True)
        self._fit_groups()
        figures = figures_of(partition) + error_rate
        self._figures.show_figures(figures)
        self._text += [group_in_words(group) for group in partition.groups]
        self._text += ["; ".join(f"{name.lower()}: {value}" for name, value, _ in figures)]

    def _fit_groups(self) -> None:
        table = self._groups
        rows = sum(table.rowHeight(row) for row in range(self._groups_model.rowCount()))
        table.setFixedHeight(rows + table.horizontalHeader().sizeHint().height() + 2 * table.frameWidth())

    def _make_head(self) -> None:
        self._state_icon = IconLabel(scale=1.4)
        self._headline = wrapped_label(weight="headline", name="State of the analysis")
        self._sentence = wrapped_label(name="What is the case")
        self._next_step = wrapped_label(weight="muted", name="Next step")
        self._copy = tool_button("copy", "Copy findings", "Copy all findings with their numbers and limits as text")
        self._copy.clicked.connect(self.copy_all)
        self._analyze = push_button("analyze", "Analyze", "Compare the patches of this photograph with each other")
        self._analyze.clicked.connect(self.analyze_requested)

    def _make_progress(self) -> None:
        self._progress = QWidget()
        self._progress_bar = ShareBar("Progress of the analysis")
        self._stage = wrapped_label(weight="muted", name="Stage and remaining time")
        self._cancel = push_button(
            "cancel", "Cancel", "Stop the analysis after the current batch; nothing is painted from it"
        )
        self._cancel.clicked.connect(self.show_cancelling)
        self._cancel.clicked.connect(self.cancel_requested)
        layout = QGridLayout(self._progress)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(GRID)
        layout.addWidget(self._progress_bar, 0, 0)
        layout.addWidget(self._cancel, 0, 1)
        layout.addWidget(self._stage, 1, 0, 1, 2)

    def _make_groups(self) -> None:
        self._groups_model = GroupsModel(self)
        self._groups = QTableView()
        self._groups.setModel(self._groups_model)
        self._groups.setAccessibleName("Groups of patches")
        self._groups.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self._groups.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self._groups.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self._groups.setShowGrid(False)
        self._groups.setTabKeyNavigation(False)
        self._groups.setFont(tabular(self._groups.font()))
        self._groups.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._groups.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._groups.verticalHeader().hide()
        self._groups.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self._groups.setIconSize(icon_size(self._groups))
        self._groups.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self._groups.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self._groups.horizontalHeader().setHighlightSections(False)
        self._groups.clicked.connect(self._group_chosen)
        self._groups.activated.connect(self._group_chosen)

    def _group_chosen(self, index: QModelIndex) -> None:
        self.group_activated.emit(self._groups_model.group_at(index.row()).name)

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(2 * GRID)
        head.addWidget(self._state_icon)
        head.addWidget(self._headline, 1)
        head.addWidget(self._copy)
        content = QWidget()
        layout = QVBoxLayout(content)
        layout.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, 2 * GRID)
        layout.setSpacing(2 * GRID)
        layout.addLayout(head)
        for widget in (self._sentence, self._findings, self._progress, self._groups, self._figures):
            layout.addWidget(widget)
        for widget in (self._details, self._next_step):
            layout.addWidget(widget)
        layout.addWidget(self._analyze, 0, Qt.AlignmentFlag.AlignLeft)
        for widget in (self._claims, self._limits, self._model_line, self._device_line):
            layout.addWidget(widget)
        layout.addStretch(1)
        self._scroll = TextScroll(content, "Findings")
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self._scroll)
        self.setAccessibleName("Findings panel")


def _or(causes: tuple[str, ...]) -> str:
    return causes[0] if len(causes) == 1 else f"{', '.join(causes[:-1])} or {causes[-1]}"
