"""A matrix of exhibits and regions: how alike each two look to the encoder, and a test for two of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QSize,
    Qt,
    Slot,
)
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from workstation.analysis.colours import colour_map
from workstation.analysis.likeness import Likeness, PermutationTest
from workstation.errors import WorkstationError
from workstation.progress import Progress
from workstation.ui.alike import WHAT_IT_IS_NOT, Compared, SetSteps, comparing, outcome_in_words, permuting
from workstation.ui.controls import plain_tip, push_button, wrapped_label
from workstation.ui.copying import FULL_TEXT_ROLE, copy_text, to_tsv
from workstation.ui.jobs import Job, JobQueue
from workstation.ui.theme import GRID
from workstation.ui.wording import decimal

_Index = QModelIndex | QPersistentModelIndex

WIDEST = 26
"""Letters of a set's name over its column."""

SIMILARITY, DISTANCE = "similarity", "distance"
_SCALES = {SIMILARITY: ("viridis", -1.0, 1.0), DISTANCE: ("cividis", 0.0, 1.0)}
_MEASURES = (
    (SIMILARITY, "Similarity, −1 to 1", "Mean cosine similarity between a patch of the one and a patch of the other."),
    (DISTANCE, "Distance, 0 = no difference", "How much less alike patches of two sets are than patches of one."),
)


class LikenessModel(QAbstractTableModel):
    """One cell for each two sets, coloured on an absolute scale, with its number."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._likeness: Likeness | None = None
        self._measure = SIMILARITY

    def show_likeness(self, likeness: Likeness, measure: str) -> None:
        """Show one of the two measures."""
        self.beginResetModel()
        self._likeness, self._measure = likeness, measure
        self.endResetModel()

    @property
    def names(self) -> tuple[str, ...]:
        """Of the sets."""
        return () if self._likeness is None else tuple(self._likeness.names)

    @property
    def values(self) -> NDArray[np.float64]:
        """(n, n) of the measure that is shown."""
        if self._likeness is None:
            return np.zeros((0, 0))
        return self._likeness.similarity if self._measure == SIMILARITY else self._likeness.distance

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        """Qt: sets."""
        return 0 if parent.isValid() else len(self.values)

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        """Qt: sets."""
        return self.rowCount(parent)

    def headerData(self, section: int, _orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Qt: names of the sets; the tooltip gives the number of patches."""
        if self._likeness is None or not 0 <= section < len(self._likeness.names):
            return None
        name, patches = self._likeness.names[section], self._likeness.patches[section]
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tip(f"{name}: {patches} patches")
        return name if role == Qt.ItemDataRole.DisplayRole else None

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Qt: number, colour, and a sentence as tooltip."""
        if not index.isValid() or self._likeness is None:
            return None
        value = float(self.values[index.row(), index.column()])
        if role in {Qt.ItemDataRole.DisplayRole, FULL_TEXT_ROLE}:
            return decimal(value) if np.isfinite(value) else "–"
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignCenter
        if role == Qt.ItemDataRole.ToolTipRole:
            one, other = (self._likeness.names[place] for place in (index.row(), index.column()))
            figure = decimal(value) if np.isfinite(value) else "not known"
            return plain_tip(f"{one} and {other}: {self._measure} {figure}")
        if role in {Qt.ItemDataRole.BackgroundRole, Qt.ItemDataRole.ForegroundRole} and np.isfinite(value):
            ground = self._colour(value)
            dark = ground.lightnessF() < 0.45
            ink = QColor("#ffffff" if dark else "#101010")
            return ground if role == Qt.ItemDataRole.BackgroundRole else ink
        return None

    def _colour(self, value: float) -> QColor:
        name, low, high = _SCALES[self._measure]
        place = round(255 * min(max((value - low) / (high - low), 0.0), 1.0))
        return QColor(*(int(part) for part in colour_map(name)[place]))


class LikenessDialog(QDialog):
    """Compares the sets when it opens; two of them can be tested."""

    def __init__(
        self, jobs: JobQueue, sets: Callable[[], SetSteps], source: str, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(f"Which look alike: {source}")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._jobs = jobs
        self._compared: Compared | None = None
        self._wanted = ""
        self.model = LikenessModel(self)
        self._make_parts()
        self._lay_out()
        self._job: Job | None = jobs.submit(
            "comparing exhibits and regions", lambda: comparing(sets), quiet=True, own_words=True
        )
        self._job.progressed.connect(self.progress)
        self._job.finished.connect(self.take)
        self._job.failed.connect(self.fail)

    def choose_first(self, name: str) -> None:
        """Let this set be the first of a test, once the sets are there."""
        self._wanted = name

    @property
    def words(self) -> str:
        """What is said below the matrix."""
        return self._said.text()

    @Slot(object)
    def progress(self, progress: Progress) -> None:
        """The embeddings are read."""
        self._said.setText(f"{progress.stage} …")

    @Slot(object)
    def take(self, compared: Compared) -> None:
        """The matrix is there."""
        self._job, self._compared = None, compared
        for box in (self.first, self.second):
            box.clear()
            box.addItems(list(compared.likeness.names))
        wanted = max(0, self.first.findText(self._wanted))
        self.first.setCurrentIndex(wanted)
        self.second.setCurrentIndex(_other_than(wanted, [one.exhibit for one in compared.sets]))
        self._test.setEnabled(len(compared.sets) > 1)
        self._said.setText("Choose two, in the matrix or below, and test whether they differ more than by chance.")
        self._show()
        self._fit()

    def _fit(self) -> None:
        """Show as many sets, and as much of their names, as the screen has room for."""
        names, table, screen = self.model.names, self._table, self.screen().availableGeometry()
        header, room = table.horizontalHeader(), screen.size() * 0.9
        around = table.verticalHeader().sizeHint().width() + 12 * GRID
        longest = max(table.fontMetrics().horizontalAdvance(name) for name in names) + 6 * GRID
        widest = WIDEST * table.fontMetrics().averageCharWidth()
        section = max(header.defaultSectionSize(), min(longest, widest, (room.width() - around) // len(names)))
        header.setDefaultSectionSize(section)
        width = min(room.width(), around + section * len(names))
        height = self.height() + table.verticalHeader().length() + header.height() - table.viewport().height()
        place = QRect(QPoint(), QSize(max(self.width(), width), max(self.height(), min(room.height(), height))))
        place.moveCenter(self.geometry().center())
        place.moveLeft(max(screen.left(), min(place.left(), screen.right() - place.width())))
        place.moveTop(max(screen.top(), min(place.top(), screen.bottom() - place.height())))
        self.setGeometry(place)

    @Slot(object)
    def fail(self, error: WorkstationError) -> None:
        """It cannot be compared, or tested; the reason is its own sentence."""
        self._job = None
        words = error.summary
        self._said.setText(words[:1].upper() + words[1:])  # it stands alone here, not behind a file's name

    @Slot(object)
    def tell(self, test: PermutationTest) -> None:
        """The outcome of a test."""
        self._job = None
        self._said.setText(outcome_in_words(test))

    def done(self, outcome: int) -> None:
        """Qt: stop what runs."""
        if self._job is not None:
            self._jobs.cancel(self._job)
        super().done(outcome)

    @Slot()
    def test(self) -> None:
        """Test the two that are chosen."""
        if self._compared is None or self._job is not None:
            return
        one, other = (self._compared.sets[box.currentIndex()] for box in (self.first, self.second))
        self._said.setText("testing …")
        self._job = self._jobs.submit(
            f"testing “{one.name}” against “{other.name}”",
            lambda: permuting(one, other),
            quiet=True,
            own_words=True,
        )
        self._job.finished.connect(self.tell)
        self._job.failed.connect(self.fail)

    @Slot()
    def _show(self) -> None:
        if self._compared is not None:
            self.model.show_likeness(self._compared.likeness, str(self._measure.currentData()))

    @Slot(QModelIndex)
    def _choose(self, index: QModelIndex) -> None:
        self.first.setCurrentIndex(index.row())
        self.second.setCurrentIndex(index.column())

    @Slot()
    def _copy(self) -> None:
        if self._compared is None:
            return
        names = self._compared.likeness.names
        cells = [[f"{value:.4f}" for value in row] for row in self.model.values]
        table = to_tsv([["", *names], *([name, *row] for name, row in zip(names, cells, strict=True))])
        copy_text(f"{self._measure.currentText()}\n{table}\n{self.words}")

    def _make_parts(self) -> None:
        self._measure = QComboBox()
        self._measure.setAccessibleName("Measure")
        for value, title, meaning in _MEASURES:
            self._measure.addItem(title, value)
            self._measure.setItemData(self._measure.count() - 1, meaning, Qt.ItemDataRole.ToolTipRole)
        self._measure.setToolTip("What the numbers are")
        self._measure.currentIndexChanged.connect(self._show)
        table = self._table = QTableView()
        table.setModel(self.model)
        table.setAccessibleName("Which look alike")
        table.setTabKeyNavigation(False)
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.horizontalHeader().setDefaultSectionSize(16 * table.fontMetrics().averageCharWidth())
        table.horizontalHeader().setTextElideMode(Qt.TextElideMode.ElideMiddle)
        table.verticalHeader().setMaximumWidth(40 * table.fontMetrics().averageCharWidth())
        table.verticalHeader().setTextElideMode(Qt.TextElideMode.ElideMiddle)  # names of one camera differ at their end
        table.clicked.connect(self._choose)
        self.first, self.second = QComboBox(), QComboBox()
        self.first.setAccessibleName("First set")
        self.second.setAccessibleName("Second set")
        self._test = push_button("compare", "Test these two", "A permutation test of their patches that do not overlap")
        self._test.setEnabled(False)
        self._test.clicked.connect(self.test)
        self._said = wrapped_label("Reading the embeddings …", name="Outcome")

    def _lay_out(self) -> None:
        chosen = QHBoxLayout()
        chosen.setSpacing(GRID)
        chosen.addWidget(self.first, 1)
        chosen.addWidget(self.second, 1)
        chosen.addWidget(self._test)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, parent=self)
        copy = push_button("copy", "Copy", "Copy matrix and outcome as text")
        copy.clicked.connect(self._copy)
        buttons.addButton(copy, QDialogButtonBox.ButtonRole.ActionRole)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setSpacing(2 * GRID)
        layout.addWidget(self._measure)
        layout.addWidget(self._table, 1)
        layout.addLayout(chosen)
        layout.addWidget(self._said)
        layout.addWidget(wrapped_label(WHAT_IT_IS_NOT, weight="muted"))
        layout.addWidget(buttons)
        self.resize(760, 620)


def _other_than(chosen: int, exhibits: Sequence[int]) -> int:
    """What is tested against `chosen` at first: for a region another one of its exhibit, the whole is no other set."""
    whole = exhibits.index(exhibits[chosen])
    regions = [place for place, exhibit in enumerate(exhibits) if exhibit == exhibits[chosen] and place != whole]
    others = [place for place in regions if place != chosen]
    if chosen != whole and others:
        return others[0]
    return 0 if chosen else min(1, len(exhibits) - 1)
