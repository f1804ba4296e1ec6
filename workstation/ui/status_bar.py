"""The line below everything: where the pointer is, what is there, and on what ground the analyst stands."""

from __future__ import annotations

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QLabel, QStatusBar, QWidget

from workstation.ui.controls import plain_tip
from workstation.ui.layers import Layer
from workstation.ui.pointer import PointerReading
from workstation.ui.session import HashState, OpenExhibit
from workstation.ui.theme import shortened_hash, tabular
from workstation.ui.wording import decimal

_HASH_MARKS = {
    HashState.UNKNOWN: "",
    HashState.TAKEN: "",
    HashState.MATCHES: " ✔",
    HashState.DIFFERS: " ✘ file changed",
    HashState.GONE: " ✘ file gone",
}
_VALUE_WORDS = {Layer.GROUPS: "group", Layer.CUT: "cut:", Layer.SIMILARITY: "similarity", Layer.PCA: "component"}


def reading_in_words(reading: PointerReading) -> str:
    """Position, colour and values of one pixel as a line of text."""
    parts = [f"x {reading.x} y {reading.y}", "RGB " + " ".join(str(sample) for sample in reading.rgb)]
    if reading.departure is not None:
        parts.append(f"departure {decimal(reading.departure)}")
    elif not reading.assessable:
        parts.append("not assessable")
    if value := value_in_words(reading):
        parts.append(value)
    return ", ".join(parts)


def value_in_words(reading: PointerReading) -> str:
    """What the layer that is shown says there, beside the departure: "similarity 0.81", "group B"; "" for nothing."""
    value, word = reading.value, _VALUE_WORDS.get(reading.layer)
    if word is None or not isinstance(value, str | float):
        return ""
    return f"{word} {value if isinstance(value, str) else decimal(value)}"


class StatusBar(QStatusBar):
    """Position, RGB, departure, zoom, device and hash, each with its unit; texts can be selected and copied."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizeGripEnabled(False)
        self.place = self._field("Position in stored pixels", "x 00000 y 00000")
        self.colour = self._field("Stored RGB samples", "RGB 000 000 000")
        self.departure = self._field("Departure from the reference group", "departure −0.00")
        self.value = self._field("Value of the layer that is shown", "similarity −0.00")
        self.zoom = self._field("Device pixels per image pixel", "1000 %")
        self.device = self._field("Where the model runs", "")
        self.case = self._field("Case, and whether it is saved", "")
        self.hash = self._field("SHA-256 of the file", "")
        self._hovered: PointerReading | None = None
        self._pinned: PointerReading | None = None

    def _field(self, name: str, widest: str) -> QLabel:
        label = QLabel(self)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setFont(tabular(label.font()))
        label.setAccessibleName(name)
        label.setToolTip(name)
        label.setMinimumWidth(label.fontMetrics().horizontalAdvance(widest) + 8 if widest else 0)
        self.addPermanentWidget(label) if name.startswith(("SHA", "Case")) else self.addWidget(label)
        return label

    @Slot()
    def forget_reading(self) -> None:
        """Another view takes the pointer: what the one before said under it is no longer true."""
        self.show_reading(None)

    @Slot(object)
    def show_reading(self, reading: PointerReading | None) -> None:
        """What is under the pointer; away from the picture, what was pinned."""
        self._hovered = reading
        self._show()

    def _show(self) -> None:
        reading = self._hovered if self._hovered is not None else self._pinned
        if reading is None:
            for label in (self.place, self.colour, self.departure, self.value):
                label.clear()
            return
        self.place.setText(f"x {reading.x} y {reading.y}")
        self.colour.setText("RGB " + " ".join(str(sample) for sample in reading.rgb))
        if not reading.assessable:
            self.departure.setText("not assessable")
        elif reading.departure is None:
            self.departure.clear()
        else:
            self.departure.setText(f"departure {decimal(reading.departure)}")
        self.value.setText(value_in_words(reading) if reading.assessable else "")

    @Slot(object)
    def show_pin(self, reading: PointerReading | None) -> None:
        """A point was pinned; it is shown while the pointer is elsewhere. None = no more."""
        self._pinned = reading
        self._show()

    @Slot(float)
    def show_zoom(self, zoom: float | None) -> None:
        """Zoom as device pixels per image pixel, in per cent; None without a picture."""
        if zoom is None:
            self.zoom.clear()
            return
        self.zoom.setText(f"{zoom:.0f} %" if zoom >= 10 else f"{zoom:.1f} %")

    @Slot(str)
    def show_device(self, device: str) -> None:
        """Where the model runs or will run."""
        self.device.setText(device)

    def show_case(self, title: str, keeping: str) -> None:
        """Title of the open case, "" without one, and whether everything is saved."""
        shown = title if len(title) <= 30 else f"{title[:29]}…"
        self.case.setText(f"Case {shown}: {keeping}" if title else "")
        self.case.setToolTip(plain_tip(f"Case {title}: {keeping}") if title else "Case, and whether it is saved")

    @Slot(object)
    def show_exhibit(self, exhibit: OpenExhibit | None) -> None:
        """Hash and hash state of the current exhibit."""
        if exhibit is None or exhibit.evidence is None:
            self.hash.clear()
            self.hash.setToolTip("SHA-256 of the file")
            return
        sha256 = exhibit.evidence.identity.sha256
        self.hash.setText(f"SHA-256 {shortened_hash(sha256)}{_HASH_MARKS[exhibit.hash_state]}")
        self.hash.setToolTip(f"SHA-256 {sha256}\n{exhibit.hash_words or exhibit.hash_state.value}")
        self.hash.setAccessibleDescription(self.hash.toolTip())
