"""Help: all keys, what the program can and cannot tell, and about it."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Mapping
from html import escape
from importlib.metadata import PackageMetadata

from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QTextBrowser, QVBoxLayout, QWidget

import workstation
from workstation.analysis.model import available_weights
from workstation.ui.actions import MENUS, SPECS
from workstation.ui.libraries import library_names
from workstation.ui.wording import LIMITS

_POINTER = (
    ("Wheel", "zoom to the pointer"),
    ("Click", "pin a point"),
    ("Double click", "between fit and 100 %; closes a polygon"),
    ("Middle button, or drag with the hand", "move the picture"),
)
_CAN_TELL = (
    "Which bytes were looked at: their hashes, taken before decoding and compared again at every report.",
    "What the file says about itself, entry by entry, with offsets and raw bytes; what is missing, empty or unreadable "
    "is kept apart.",
    "Where patches of the photograph look differently made from its largest coherent group, by how much, and how "
    "stable this division is.",
    "How similar everything is to a region that you mark.",
)
_LAYERS = (
    ("Departure", "How far each patch departs from group A, on an absolute scale: the same colour is the same value in "
                  "every photograph analysed with these weights. Hatched: not assessable."),
    ("PCA", "Three components as red, green and blue: alike and unlike, nothing else; 3 again shows each alone."),
    ("Groups", "Patches that are alike, named A, B, C by size."),
    ("Cut", "The two sides of the normalised cut; it divides every picture in two, also one with a single history."),
    ("As seen from here", "Similarity of every patch to the chosen region, from −1 to 1."),
)  # fmt: skip


class TextDialog(QDialog):
    """A page of text that can be selected, copied and scrolled."""

    def __init__(self, title: str, html: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.page = QTextBrowser(self)
        self.page.setAccessibleName(title)
        self.page.setOpenLinks(False)  # no network, ever
        self.page.setHtml(html)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, parent=self)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addWidget(self.page)
        layout.addWidget(buttons)
        self.resize(620, 560)


def keys_page(keys: Mapping[str, tuple[str, ...]]) -> str:
    """All keys as HTML, by menu; `keys` are those bound now."""
    parts = []
    for menu in MENUS:
        rows = "".join(
            f"<tr><td width=190><b>{escape(_native(keys[spec.id]))}</b></td><td>{escape(spec.plain)}</td></tr>"
            for spec in SPECS
            if spec.menu == menu and keys[spec.id]
        )
        if rows:
            parts.append(f"<h3>{menu}</h3><table cellspacing=0 cellpadding=3>{rows}</table>")
    pointer = "".join(
        f"<tr><td width=190><b>{escape(key)}</b></td><td>{escape(what)}</td></tr>" for key, what in _POINTER
    )
    parts.append(f"<h3>Pointer</h3><table cellspacing=0 cellpadding=3>{pointer}</table>")
    note = "<p>Single keys act only while the picture has the focus. Every key can be changed in File → Settings.</p>"
    return note + "".join(parts)


def limits_page() -> str:
    """What a result means and what it does not."""
    can, cannot = ("".join(f"<li>{escape(sentence)}</li>" for sentence in part) for part in (_CAN_TELL, LIMITS))
    layers = "".join(f"<p><b>{escape(name)}.</b> {escape(sentence)}</p>" for name, sentence in _LAYERS)
    return (
        f"<h3>What it can tell</h3><ul>{can}</ul><h3>What it cannot tell</h3><ul>{cannot}</ul>"
        f"<h3>What each layer shows</h3>{layers}"
    )


def about_page() -> str:
    """Version, weights, licences."""
    rows = []
    for name in library_names():
        try:
            metadata = importlib.metadata.metadata(name)
        except importlib.metadata.PackageNotFoundError:
            continue
        licence = _licence(metadata)
        rows.append((metadata["Name"], metadata["Version"], licence))
    libraries = _table(rows)
    weights = _table([(one.name, f"{one.architecture}, {one.patch} px", one.licence) for one in available_weights()])
    return (
        f"<h2>Exifact {escape(workstation.__version__)}</h2>"
        "<p>What a photograph's file says about itself, beside what its pixels say.</p>"
        "<p>Apache License 2.0. The method follows Zheng, Shrivastava and Owens, “EXIF as Language”, CVPR 2023.</p>"
        "<p>Exifact opens no network connection.</p>"
        f"<h3>Weights</h3>{weights or '<p>none registered</p>'}<h3>Libraries</h3>{libraries}"
    )


def _licence(metadata: PackageMetadata) -> str:
    """The licence as the package states it: expression, classifier, or the first line of its text."""
    if "License-Expression" in metadata:
        return str(metadata["License-Expression"])
    classifiers = [name for name in metadata.get_all("Classifier") or () if name.startswith("License :: ")]
    if classifiers:
        return str(classifiers[0]).rsplit(" :: ", 1)[-1]
    return str(metadata["License"]).split("\n")[0] if "License" in metadata else "see its package"


def _table(rows: list[tuple[str, str, str]]) -> str:
    cells = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table cellspacing=0 cellpadding=3>{cells}</table>" if rows else ""


def _native(keys: tuple[str, ...]) -> str:
    return "  or  ".join(QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText) for key in keys)
