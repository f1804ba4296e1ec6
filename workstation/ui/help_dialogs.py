"""Help: all keys, what the program can and cannot tell, and about it."""

from __future__ import annotations

import importlib.metadata
import tomllib
from collections.abc import Mapping
from html import escape

from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QTextBrowser, QVBoxLayout, QWidget

import workstation
from workstation import paths
from workstation.analysis.model import available_weights
from workstation.ui.actions import MENUS, SPECS

_POINTER = (
    ("Wheel", "zoom to the pointer"),
    ("Click", "pin a point"),
    ("Double click", "between fit and 100 %; closes a polygon"),
    ("Middle button, or drag with the hand", "move the picture"),
)
_LIBRARIES = (
    "PySide6-Essentials",
    "pyqtgraph",
    "numpy",
    "scipy",
    "scikit-learn",
    "pillow",
    "pi-heif",
    "piexif",
    "torch",
    "transformers",
    "safetensors",
    "reportlab",
)


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
            f"<tr><td><b>{escape(_native(keys[spec.id]))}</b></td><td>{escape(spec.plain)}</td></tr>"
            for spec in SPECS
            if spec.menu == menu and keys[spec.id]
        )
        if rows:
            parts.append(f"<h3>{menu}</h3><table cellspacing=0 cellpadding=3>{rows}</table>")
    pointer = "".join(f"<tr><td><b>{escape(key)}</b></td><td>{escape(what)}</td></tr>" for key, what in _POINTER)
    parts.append(f"<h3>Pointer</h3><table cellspacing=0 cellpadding=3>{pointer}</table>")
    note = "<p>Single keys act only while the picture has the focus. Every key can be changed in File → Settings.</p>"
    return note + "".join(parts)


def limits_page() -> str:
    """What a result means and what it does not, in the words of the report."""
    with (paths.resources() / "texts" / "report.en.toml").open("rb") as file:
        texts = tomllib.load(file)
    limits = "".join(f"<li>{escape(sentence)}</li>" for sentence in texts["limits"]["complete"])
    maps = "".join(
        f"<p><b>{escape(name.capitalize() if name != 'pca' else 'PCA')}.</b> {escape(sentence)}</p>"
        for name, sentence in texts["maps"].items()
    )
    return f"<h3>What the findings do not say</h3><ul>{limits}</ul><h3>What each layer shows</h3>{maps}"


def about_page() -> str:
    """Version, weights, licences."""
    rows = []
    for name in _LIBRARIES:
        try:
            metadata = importlib.metadata.metadata(name)
        except importlib.metadata.PackageNotFoundError:
            continue
        licence = next((metadata[field] for field in ("License-Expression", "License") if field in metadata), "")
        rows.append((metadata["Name"], metadata["Version"], licence.split("\n")[0][:60] or "see its package"))
    libraries = _table(rows)
    weights = _table([(one.name, f"{one.architecture}, {one.patch} px", one.licence) for one in available_weights()])
    return (
        f"<h2>Exifact {escape(workstation.__version__)}</h2>"
        "<p>What a photograph's file says about itself, beside what its pixels say.</p>"
        "<p>Apache License 2.0. The method follows Zheng, Shrivastava and Owens, “EXIF as Language”, CVPR 2023.</p>"
        "<p>Exifact opens no network connection.</p>"
        f"<h3>Weights</h3>{weights or '<p>none registered</p>'}<h3>Libraries</h3>{libraries}"
    )


def _table(rows: list[tuple[str, str, str]]) -> str:
    cells = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table cellspacing=0 cellpadding=3>{cells}</table>" if rows else ""


def _native(keys: tuple[str, ...]) -> str:
    return "  or  ".join(QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText) for key in keys)
