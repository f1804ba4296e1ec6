"""The settings dialog: the rows of the settings table that have a label, and every shortcut."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

from PySide6.QtCore import QLocale, Qt, Slot
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QHeaderView,
    QKeySequenceEdit,
    QLabel,
    QLineEdit,
    QSizePolicy,
    QSpacerItem,
    QSpinBox,
    QTableWidget,
    QTableWidgetItem,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from workstation.evidence import DEFAULT_MAX_PIXELS
from workstation.settings import Settings
from workstation.ui.actions import SPECS, built_in_keys, effective_keys
from workstation.ui.shortcuts import clashes, needs_picture, normalised
from workstation.ui.theme import GRID

_BUILT_IN_LIMIT = 0
_MEGA = 1_000_000


class SettingsDialog(QDialog):
    """Shows settings and gives back changed ones.

    Attributes:
        settings: what the fields say; read it after `accept`.
    """

    def __init__(self, settings: Settings, models: Sequence[str], parent: QWidget | None = None) -> None:
        """Build the dialog.

        Args:
            settings: as they stand.
            models: names of the registered weights.
            parent: the window.
        """
        super().__init__(parent)
        self.setWindowTitle("Settings")
        self._before = settings
        rows = {row.name: row.metadata for row in fields(Settings) if row.metadata["label"]}
        self.theme = _choice(("system", "light", "dark"), settings.theme)
        self.model = _choice(tuple(dict.fromkeys((*models, settings.model))), settings.model)
        self.device = _choice(("auto", "cpu", "cuda", "mps"), settings.device)
        self.precision = _choice(("auto", "float32"), settings.precision)
        self.threads = _number(0, 256, settings.threads or 0, "as PyTorch chooses")
        self.seed = _number(0, 2**31 - 1, settings.seed)
        limit = f"{DEFAULT_MAX_PIXELS // _MEGA:,} megapixels (built-in limit)"
        megapixels = (settings.max_pixels or _BUILT_IN_LIMIT) // _MEGA
        self.max_pixels = _number(_BUILT_IN_LIMIT, 100_000, megapixels, limit, " megapixels")
        self.operator = QLineEdit(settings.operator, self)
        widgets: dict[str, QWidget] = {name: getattr(self, name) for name in rows}
        general = _form(widgets, rows, ("theme", "operator", "max_pixels"))
        analysis = _form(widgets, rows, ("model", "device", "precision", "threads", "seed"))
        self.tabs = QTabWidget(self)
        self.tabs.setAccessibleName("Settings")
        self.tabs.tabBar().setAccessibleName("Pages of the settings")
        self.tabs.addTab(general, "General")
        self.tabs.addTab(analysis, "Analysis")
        self.tabs.addTab(self._shortcuts_page(settings.shortcuts), "Keys")
        self.buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel, parent=self
        )
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addWidget(self.tabs)
        layout.addWidget(self.buttons)
        self.resize(560, 480)
        self._check_keys()

    @property
    def settings(self) -> Settings:
        """The settings that the fields describe."""
        values: dict[str, Any] = {
            "theme": self.theme.currentText(),
            "model": self.model.currentText(),
            "device": self.device.currentText(),
            "precision": self.precision.currentText(),
            "threads": self.threads.value() or None,
            "seed": self.seed.value(),
            "max_pixels": self.max_pixels.value() * _MEGA or None,
            "operator": self.operator.text().strip(),
            "shortcuts": self._overrides(),
        }
        return replace(self._before, **values)

    def editor(self, action_id: str) -> QKeySequenceEdit:
        """The field in which the key of an action is typed."""
        return self._editors[action_id]

    def _shortcuts_page(self, overrides: Mapping[str, tuple[str, ...]]) -> QWidget:
        page = QWidget(self)
        self._editors: dict[str, QKeySequenceEdit] = {}
        self._table = QTableWidget(len(SPECS), 2, page)
        self._table.setAccessibleName("Keys of all commands")
        self._table.setHorizontalHeaderLabels(["Command", "Key"])
        self._table.verticalHeader().hide()
        self._table.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self._table.setColumnWidth(1, 200)
        for row, spec in enumerate(SPECS):
            item = QTableWidgetItem(f"{spec.menu} · {spec.plain}")
            item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable)
            item.setToolTip(spec.tip)
            self._table.setItem(row, 0, item)
            keys = effective_keys(spec, overrides)
            editor = QKeySequenceEdit(QKeySequence(keys[0] if keys else ""), self._table)
            editor.setMaximumSequenceLength(1)
            editor.setClearButtonEnabled(True)
            editor.setAccessibleName(f"Key of {spec.plain}")
            editor.keySequenceChanged.connect(self._check_keys)
            self._editors[spec.id] = editor
            self._table.setCellWidget(row, 1, editor)
        self._complaint = QLabel(page)
        self._complaint.setWordWrap(True)
        layout = QVBoxLayout(page)
        layout.addWidget(self._table)
        layout.addWidget(self._complaint)
        return page

    def _overrides(self) -> dict[str, tuple[str, ...]]:
        """Keys that differ from the built-in ones; a changed first key takes the place of all of the action's keys."""
        overrides: dict[str, tuple[str, ...]] = {}
        for spec in SPECS:
            before = effective_keys(spec, self._before.shortcuts)
            key = self._editors[spec.id].keySequence().toString(QKeySequence.SequenceFormat.PortableText)
            chosen = (key,) if key else ()
            keys = before if key == (normalised(before[0]) if before else "") else chosen
            if keys != built_in_keys(spec):
                overrides[spec.id] = keys
        return overrides

    @Slot()
    def _check_keys(self) -> None:
        """Say what clashes; OK only when nothing does."""
        overrides = self._overrides()
        names = {spec.id: spec for spec in SPECS}
        complaints = [
            f"{clash.key} is used by “{names[clash.first].plain}” and “{names[clash.second].plain}”."
            for clash in clashes(overrides)
        ]
        complaints += [
            f"“{names[action_id].plain}” answers everywhere in the window and needs a key with Ctrl or Alt."
            for action_id, keys in overrides.items()
            if action_id in names and names[action_id].scope == "window" and any(needs_picture(key) for key in keys)
        ]
        self._complaint.setText("\n".join(complaints[:3]))
        self.buttons.button(QDialogButtonBox.StandardButton.Ok).setEnabled(not complaints)


def _form(widgets: Mapping[str, QWidget], rows: Mapping[str, Mapping[str, Any]], names: Sequence[str]) -> QWidget:
    page = QWidget()
    form = QFormLayout(page)
    form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
    for name in names:
        explanation = QLabel(rows[name]["explanation"])
        explanation.setWordWrap(True)
        explanation.setAlignment(Qt.AlignmentFlag.AlignTop)
        explanation.setForegroundRole(explanation.palette().ColorRole.PlaceholderText)
        widgets[name].setAccessibleName(rows[name]["label"])
        widgets[name].setToolTip(rows[name]["explanation"])
        form.addRow(f"{rows[name]['label']}:", widgets[name])
        form.addRow("", explanation)
    form.addItem(QSpacerItem(0, 0, vData=QSizePolicy.Policy.Expanding))  # else the rows share the room that is left
    return page


def _choice(choices: Sequence[str], current: str) -> QComboBox:
    box = QComboBox()
    box.addItems(list(choices))
    box.setCurrentText(current)
    return box


def _number(low: int, high: int, current: int, none: str = "", suffix: str = "") -> QSpinBox:
    box = QSpinBox()
    box.lineEdit().setTextMargins(2 * GRID, 0, 0, 0)  # a style sheet's padding does not reach the text of a spin box
    box.setMinimumHeight(QLineEdit().sizeHint().height())
    box.setRange(low, high)
    box.setSpecialValueText(none)
    box.setSuffix(suffix)
    box.setGroupSeparatorShown(True)
    box.setLocale(
        QLocale(QLocale.Language.English)
    )  # a German system's "1.000" reads as one where decimals have points
    box.setValue(current)
    return box
