"""A dialog that asks for some values: one row per field, each with a label and what it is for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Literal, TypeAlias

from PySide6.QtCore import QDir, Qt, Signal, Slot
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QScrollArea,
    QSizePolicy,
    QSpacerItem,
    QVBoxLayout,
    QWidget,
)

from workstation.ui.controls import push_button, wrapped_label
from workstation.ui.jobs import PathLook
from workstation.ui.theme import GRID

Kind: TypeAlias = Literal["line", "text", "choice", "switch", "folder", "file", "new file", "password"]
Value: TypeAlias = str | bool
Values: TypeAlias = Mapping[str, Value]

TEXT_LINES = 3


@dataclass(frozen=True, slots=True)
class Field:
    """One thing that is asked for.

    Attributes:
        name: key in the answer.
        label: beside the field.
        tip: what it is for; stands in the field while it is empty, or under it.
        kind: what it is edited with.
        value: at first.
        choices: value and text of each, for "choice".
        needed: whether the dialog cannot be accepted while it is empty.
        pattern: of files, for "file" and "new file" ("PDF (*.pdf)").
    """

    name: str
    label: str
    tip: str = ""
    kind: Kind = "line"
    value: Value = ""
    choices: tuple[tuple[str, str], ...] = ()
    needed: bool = False
    pattern: str = ""


class FormDialog(QDialog):
    """Asks for values; says beside the button why it cannot be accepted yet.

    Signals:
        answered: it was accepted; carries the values by name.
    """

    answered = Signal(object)

    def __init__(
        self, title: str, fields: Sequence[Field], agree: str, parent: QWidget | None = None, *, words: str = ""
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._fields = tuple(fields)
        self._widgets = {field.name: self._editor(field) for field in fields}
        self._complaint = wrapped_label(weight="attention", name="What is missing")
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel, parent=self)
        self.agree = self.buttons.addButton(agree, QDialogButtonBox.ButtonRole.AcceptRole)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        self._lay_out(words)
        self.check()

    @property
    def values(self) -> dict[str, Value]:
        """What the fields hold; texts without blanks around them."""
        return {field.name: _value_of(self._widgets[field.name]) for field in self._fields}

    def editor(self, name: str) -> QWidget:
        """What a field is edited with."""
        return self._widgets[name]

    def complaints(self, values: Values) -> list[str]:
        """Why these values cannot be accepted; a subclass says more."""
        return [f"{field.label} is missing." for field in self._fields if field.needed and not values[field.name]]

    def remark(self, _values: Values) -> str:
        """What should be known before values are accepted that nothing speaks against; "" for nothing."""
        return ""

    @Slot()
    def check(self) -> None:
        """Look whether the values can be accepted."""
        values = self.values
        complaints = self.complaints(values)
        self.agree.setEnabled(not complaints)
        self._complaint.setText(complaints[0] if complaints else self.remark(values))

    def accept(self) -> None:
        """Say the answer."""
        values = self.values
        super().accept()
        self.answered.emit(values)

    def _editor(self, field: Field) -> QWidget:
        widget: QWidget
        if field.kind == "text":
            text = QPlainTextEdit(str(field.value))
            text.setTabChangesFocus(True)
            text.setPlaceholderText(field.tip)
            text.setFixedHeight(round(text.fontMetrics().lineSpacing() * TEXT_LINES + 4 * GRID))
            text.textChanged.connect(self.check)
            widget = text
        elif field.kind == "choice":
            box = QComboBox()
            for value, words in field.choices:
                box.addItem(words, value)
            box.setCurrentIndex(max(0, box.findData(field.value)))
            box.currentIndexChanged.connect(self.check)
            widget = box
        elif field.kind == "switch":
            switch = QCheckBox(field.label)
            switch.setChecked(bool(field.value))
            switch.toggled.connect(self.check)
            widget = switch
        elif field.kind in ("folder", "file", "new file"):
            widget = PathField(field)
            widget.line.textChanged.connect(self.check)
        else:
            line = QLineEdit(str(field.value))
            line.setPlaceholderText(field.tip)
            if field.kind == "password":
                line.setEchoMode(QLineEdit.EchoMode.Password)
            line.textChanged.connect(self.check)
            widget = line
        widget.setAccessibleName(field.label)
        widget.setToolTip(field.tip)
        return widget

    def _lay_out(self, words: str) -> None:
        content = QWidget()
        form = QFormLayout(content)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.setContentsMargins(0, 0, GRID, 0)
        form.setVerticalSpacing(GRID)
        if words:
            form.addRow(wrapped_label(words))
        for field in self._fields:
            form.addRow(self._label(field), self._widgets[field.name])
            if field.tip and field.kind in ("choice", "switch"):
                note = QLabel(field.tip)
                note.setWordWrap(True)
                note.setAlignment(Qt.AlignmentFlag.AlignTop)
                note.setProperty("weight", "muted")
                form.addRow("", note)
        form.addItem(QSpacerItem(0, 0, vData=QSizePolicy.Policy.Expanding))  # else the rows share the room that is left
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        scroll.setAccessibleName(self.windowTitle())
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidget(content)
        layout = QVBoxLayout(self)
        layout.addWidget(scroll, 1)
        layout.addWidget(self._complaint)
        layout.addWidget(self.buttons)
        self._order_focus()
        height = content.sizeHint().height() + self.buttons.sizeHint().height() + 20 * GRID
        screen = self.screen().availableGeometry().height()
        self.resize(600, min(max(height, 240), round(screen * 0.85)))

    def _label(self, field: Field) -> QLabel:
        """Beside the first line of its field, however high the field is."""
        label = QLabel("" if field.kind == "switch" else f"{field.label}:")
        editor = self._widgets[field.name]
        label.setBuddy(editor)
        if field.kind != "text":
            label.setMinimumHeight(editor.sizeHint().height())
        return label

    def _order_focus(self) -> None:
        """Tab goes from field to field and then to the buttons; the dialog begins at what is missing, or at its top."""
        stops = [stop for field in self._fields for stop in _stops(self._widgets[field.name])]
        stops += [self.agree, self.buttons.button(QDialogButtonBox.StandardButton.Cancel)]
        for before, after in pairwise(stops):
            self.setTabOrder(before, after)
        missing = (one for one in self._fields if one.needed and not one.value)
        first = next(missing, self._fields[0])
        _stops(self._widgets[first.name])[0].setFocus()


class PathField(QWidget):
    """A path: typed, or chosen in a dialog of the system.

    Attributes:
        line: where it is typed.
        choose: asks the system's dialog.
    """

    def __init__(self, field: Field) -> None:
        super().__init__()
        self._field, self._looks = field, PathLook()
        self.line = QLineEdit(str(field.value))
        self.line.setAccessibleName(field.label)
        self.line.setPlaceholderText(field.tip)
        self.choose = push_button("open", "Choose…", f"Choose {field.label.lower()} in a dialog")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(GRID)
        layout.addWidget(self.line, 1)
        layout.addWidget(self.choose)
        self.choose.clicked.connect(self._ask)
        self.setFocusProxy(self.line)

    @Slot()
    def _ask(self) -> None:
        typed = self.line.text()
        begin = self._looks.answering(typed, QDir.homePath()) if typed else ""
        dialog = QFileDialog(self, self._field.label, begin)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        if self._field.kind == "folder":
            dialog.setFileMode(QFileDialog.FileMode.Directory)
            dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        elif self._field.kind == "new file":
            dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
            dialog.setFileMode(QFileDialog.FileMode.AnyFile)
            dialog.selectFile(Path(self.line.text()).name)
        else:
            dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        if self._field.pattern:
            dialog.setNameFilter(self._field.pattern)
        dialog.fileSelected.connect(self.line.setText)
        dialog.open()


def _stops(widget: QWidget) -> list[QWidget]:
    """Where Tab stops in a field."""
    return [widget.line, widget.choose] if isinstance(widget, PathField) else [widget]


def _value_of(widget: QWidget) -> Value:
    if isinstance(widget, QPlainTextEdit):
        return widget.toPlainText().strip()
    if isinstance(widget, QComboBox):
        return str(widget.currentData())
    if isinstance(widget, QCheckBox):
        return widget.isChecked()
    if isinstance(widget, PathField):
        return widget.line.text().strip()
    assert isinstance(widget, QLineEdit)
    return widget.text() if widget.echoMode() is QLineEdit.EchoMode.Password else widget.text().strip()
