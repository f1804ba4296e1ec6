"""Neutral grey palettes, the one accent colour and the style sheet of the window; dark, light or as the system says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QColor, QFont, QFontDatabase, QPalette
from PySide6.QtWidgets import QApplication

from workstation import paths

ThemeChoice = Literal["system", "dark", "light"]

GRID = 4
"""Distances between controls are multiples of this many device-independent pixels."""


@dataclass(frozen=True, slots=True)
class Theme:
    """The colours of one theme as "#rrggbb"; greys have no tint, so that photographs are judged on neutral ground.

    Attributes:
        dark: whether text is light on dark.
        window: behind panels; `base`: behind lists and text; `raised`: buttons; `alternate`: every second row.
        border: lines between controls; `text`, `muted`, `disabled`: writing by weight.
        accent: focus, links and what is switched on; `selection`: behind selected rows, `on_selection`: writing on it;
        `progress`: the part of a bar that is done.
        attention, trouble, good: warnings, failures, hash matches; never the only sign of their meaning.
    """

    dark: bool
    window: str
    base: str
    raised: str
    alternate: str
    border: str
    text: str
    muted: str
    disabled: str
    accent: str
    selection: str
    on_selection: str
    progress: str
    attention: str
    trouble: str
    good: str


DARK = Theme(
    dark=True,
    window="#2b2b2b",
    base="#1e1e1e",
    raised="#363636",
    alternate="#232323",
    border="#474747",
    text="#e4e4e4",
    muted="#a8a8a8",
    disabled="#737373",
    accent="#5aa2e0",
    selection="#2d5f8e",
    on_selection="#ffffff",
    progress="#35618c",
    attention="#e3b04b",
    trouble="#ef8a7a",
    good="#7fc08a",
)
LIGHT = Theme(
    dark=False,
    window="#f3f3f3",
    base="#ffffff",
    raised="#e6e6e6",
    alternate="#f8f8f8",
    border="#bdbdbd",
    text="#1c1c1c",
    muted="#5a5a5a",
    disabled="#949494",
    accent="#1f66ad",
    selection="#1f66ad",
    on_selection="#ffffff",
    progress="#a9c9ea",
    attention="#8a5a00",
    trouble="#b3261e",
    good="#27702f",
)


def apply_theme(app: QApplication, choice: ThemeChoice) -> bool:
    """Give the whole program one theme; with "system" it goes on following the system's choice.

    Returns:
        Whether the theme is dark now.
    """
    follower = app.findChild(_SystemFollower)
    if follower is None:
        follower = _SystemFollower(app)
    return follower.follow(choice)


def current_theme(palette: QPalette) -> Theme:
    """The theme that a widget with this palette stands in."""
    return DARK if palette.color(QPalette.ColorRole.Window).lightness() < 128 else LIGHT


def palette_of(theme: Theme) -> QPalette:
    """Qt's palette for a theme."""
    role, group = QPalette.ColorRole, QPalette.ColorGroup
    colours = {
        role.Window: theme.window,
        role.WindowText: theme.text,
        role.Base: theme.base,
        role.AlternateBase: theme.alternate,
        role.Text: theme.text,
        role.Button: theme.raised,
        role.ButtonText: theme.text,
        role.BrightText: theme.trouble,
        role.ToolTipBase: theme.raised,
        role.ToolTipText: theme.text,
        role.PlaceholderText: theme.muted,
        role.Link: theme.accent,
        role.LinkVisited: theme.accent,
        role.Highlight: theme.selection,
        role.HighlightedText: theme.on_selection,
        role.Accent: theme.accent,
        role.Light: QColor(theme.raised).lighter(115).name(),
        role.Midlight: theme.raised,
        role.Mid: theme.border,
        role.Dark: QColor(theme.border).darker(130).name(),
        role.Shadow: "#000000" if theme.dark else "#8c8c8c",
    }
    palette = QPalette()
    for key, value in colours.items():
        palette.setColor(key, QColor(value))
    for key in (role.WindowText, role.Text, role.ButtonText, role.HighlightedText, role.PlaceholderText):
        palette.setColor(group.Disabled, key, QColor(theme.disabled))
    palette.setColor(group.Disabled, role.Highlight, QColor(theme.raised))
    return palette


def style_sheet(theme: Theme) -> str:
    """What Fusion does not do by itself: flat panels, hairlines, a visible focus. No fixed height cuts grown text."""
    return f"""
    QDialogButtonBox, QMessageBox {{ dialogbuttonbox-buttons-have-icons: 0; }}
    QMessageBox QLabel#qt_msgbox_informativelabel {{ min-width: 26em; }}
    QToolTip {{ color: {theme.text}; background: {theme.raised}; border: 1px solid {theme.border}; padding: 4px; }}
    QMainWindow::separator {{ background: {theme.border}; width: 1px; height: 1px; margin: 2px; }}
    QMainWindow::separator:hover {{ background: {theme.accent}; }}
    QDockWidget {{ color: {theme.text}; }}
    QDockWidget::title {{ background: {theme.window}; padding: 4px 8px; text-align: left; }}
    QToolBar {{ border: none; border-bottom: 1px solid {theme.border}; spacing: 4px; padding: 4px; }}
    QToolButton {{ border: 1px solid transparent; border-radius: 4px; padding: 4px; }}
    QToolButton#qt_toolbar_ext_button {{ padding: 0; border: none; background: {theme.raised}; }}
    QToolButton:hover {{ background: {theme.raised}; }}
    QToolButton:checked {{ background: {theme.raised}; border-color: {theme.accent}; }}
    QToolButton:pressed {{ background: {theme.border}; }}
    QToolButton:focus {{ border: 2px solid {theme.accent}; padding: 3px; }}
    QToolButton::menu-indicator {{ width: 0; }}
    QPushButton {{ background: {theme.raised}; border: 1px solid {theme.border}; border-radius: 4px;
        padding: 4px 12px; }}
    QPushButton:hover {{ border-color: {theme.muted}; }}
    QPushButton:pressed {{ background: {theme.border}; }}
    QPushButton:default {{ border-color: {theme.accent}; }}
    QPushButton:focus {{ border: 2px solid {theme.accent}; padding: 3px 11px; }}
    QPushButton:disabled {{ color: {theme.disabled}; background: {theme.window}; }}
    QComboBox, QSpinBox {{ background: {theme.raised}; border: 1px solid {theme.border}; border-radius: 4px;
        padding: 3px 8px; min-height: 1.4em; }}
    QComboBox:hover, QSpinBox:hover {{ border-color: {theme.muted}; }}
    QComboBox:focus, QSpinBox:focus {{ border-color: {theme.accent}; }}
    QComboBox:disabled, QSpinBox:disabled {{ color: {theme.disabled}; background: {theme.window}; }}
    QSpinBox:enabled {{ background: {theme.base}; }}
    QComboBox::drop-down {{ border: none; width: 20px; }}
    QComboBox::down-arrow, QSpinBox::down-arrow {{ image: url("{_arrow("down")}"); width: 10px; height: 10px; }}
    QSpinBox::up-arrow {{ image: url("{_arrow("up")}"); width: 10px; height: 10px; }}
    QSpinBox::up-button, QSpinBox::down-button {{ border: none; background: transparent; width: 18px; }}
    QSpinBox QLineEdit {{ background: transparent; border: none; padding: 0; }}
    QComboBox QAbstractItemView {{ border: 1px solid {theme.border}; }}
    QLineEdit, QPlainTextEdit, QTextEdit {{ background: {theme.base}; border: 1px solid {theme.border};
        border-radius: 4px; padding: 3px; selection-background-color: {theme.selection};
        selection-color: {theme.on_selection}; }}
    QLineEdit:focus, QPlainTextEdit:focus, QTextEdit:focus {{ border-color: {theme.accent}; }}
    QAbstractItemView {{ background: {theme.base}; alternate-background-color: {theme.alternate};
        border: 1px solid {theme.border}; outline: none; selection-background-color: {theme.selection};
        selection-color: {theme.on_selection}; }}
    QAbstractItemView:focus {{ border-color: {theme.accent}; }}
    QHeaderView::section {{ background: {theme.window}; color: {theme.muted}; border: none;
        border-right: 1px solid {theme.border}; border-bottom: 1px solid {theme.border}; padding: 3px 8px; }}
    QTabWidget::pane {{ border: none; border-top: 1px solid {theme.border}; }}
    QTabBar::tab {{ background: transparent; color: {theme.muted}; padding: 4px 12px;
        border: 1px solid transparent; border-bottom: 2px solid transparent; }}
    QTabBar::tab:selected {{ color: {theme.text}; border-bottom: 2px solid {theme.accent}; }}
    QTabBar::tab:hover {{ color: {theme.text}; }}
    QTabBar::tab:focus {{ border: 1px solid {theme.accent}; }}
    QProgressBar {{ background: {theme.base}; border: 1px solid {theme.border}; border-radius: 3px;
        text-align: center; color: {theme.text}; }}
    QProgressBar::chunk {{ background: {theme.progress}; }}
    QScrollArea {{ border: none; background: transparent; }}
    QScrollArea > QWidget > QWidget {{ background: transparent; }}
    PlotWidget {{ border: 1px solid transparent; }}
    PlotWidget:focus {{ border-color: {theme.accent}; }}
    QScrollArea:focus {{ border: 1px solid {theme.accent}; }}
    QScrollBar {{ background: transparent; border: none; margin: 0; }}
    QScrollBar:vertical {{ width: 12px; }}
    QScrollBar:horizontal {{ height: 12px; }}
    QScrollBar::handle {{ background: {theme.border}; border-radius: 3px; margin: 3px; }}
    QScrollBar::handle:vertical {{ min-height: 24px; }}
    QScrollBar::handle:horizontal {{ min-width: 24px; }}
    QScrollBar::handle:hover {{ background: {theme.disabled}; }}
    QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
    QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
    QAbstractScrollArea::corner {{ background: transparent; border: none; }}
    QTableCornerButton::section {{ background: {theme.window}; border: none; }}
    QStatusBar {{ border-top: 1px solid {theme.border}; }}
    QStatusBar::item {{ border: none; }}
    QStatusBar QLabel {{ padding: 0 4px; }}
    QMenu {{ background: {theme.window}; border: 1px solid {theme.border}; padding: 4px; }}
    QMenu::item {{ padding: 4px 24px 4px 8px; border-radius: 3px; }}
    QMenu::item:selected {{ background: {theme.selection}; color: {theme.on_selection}; }}
    QMenu::item:disabled {{ color: {theme.disabled}; }}
    QMenu::separator {{ height: 1px; background: {theme.border}; margin: 4px; }}
    QLabel[weight="muted"] {{ color: {theme.muted}; }}
    QLabel[weight="trouble"] {{ color: {theme.trouble}; }}
    QLabel[weight="attention"] {{ color: {theme.attention}; }}
    QLabel[weight="banner"] {{ background: {theme.raised}; color: {theme.text};
        border-bottom: 2px solid {theme.attention}; }}
    QLabel[weight="headline"] {{ font-weight: 600; }}
    QLabel:focus {{ border: 1px solid {theme.accent}; border-radius: 3px; }}
    """


def _arrow(way: str) -> str:
    """An arrow for the style sheet, which draws no icons of ours; its grey is seen on both themes."""
    return (paths.resources() / "style" / f"arrow-{way}.svg").as_posix()


def tabular(font: QFont) -> QFont:
    """The same font with figures of equal width, so that numbers stand under each other."""
    figures = QFont(font)
    figures.setFeature(QFont.Tag.fromString("tnum"), 1)
    return figures


def monospaced(font: QFont) -> QFont:
    """The system's fixed-width font at the size of `font`, for hashes, bytes and offsets."""
    fixed = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
    if font.pointSizeF() > 0:
        fixed.setPointSizeF(font.pointSizeF())
    return fixed


def shortened_hash(digest: str, ends: int = 8) -> str:
    """A hash shortened in the middle, for display beside its full value in a tooltip."""
    return digest if len(digest) <= 2 * ends + 1 else f"{digest[:ends]}…{digest[-ends:]}"


class _SystemFollower(QObject):
    """Applies the chosen theme to the application, and again whenever the system changes its own."""

    def __init__(self, app: QApplication) -> None:
        super().__init__(app)
        self._app = app
        self._choice: ThemeChoice = "system"
        self._has_fusion = False
        app.styleHints().colorSchemeChanged.connect(self._system_changed)

    def follow(self, choice: ThemeChoice) -> bool:
        self._choice = choice
        hints = self._app.styleHints()
        if choice == "system":
            hints.unsetColorScheme()
        else:  # window frames and native dialogs of the platform take the same side
            hints.setColorScheme(Qt.ColorScheme.Dark if choice == "dark" else Qt.ColorScheme.Light)
        dark = choice == "dark" or (choice == "system" and hints.colorScheme() == Qt.ColorScheme.Dark)
        self._paint(dark)
        return dark

    def _system_changed(self, scheme: Qt.ColorScheme) -> None:
        if self._choice == "system":
            self._paint(scheme == Qt.ColorScheme.Dark)

    def _paint(self, dark: bool) -> None:
        theme = DARK if dark else LIGHT
        sheet = style_sheet(theme)
        if self._app.styleSheet() == sheet:
            return
        if not self._has_fusion:
            self._app.setStyle("Fusion")
            self._has_fusion = True
        self._app.setPalette(palette_of(theme))
        self._app.setStyleSheet(sheet)
