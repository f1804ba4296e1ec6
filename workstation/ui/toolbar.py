"""The toolbar: open, analyse, layers, opacity, tools, report."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QLabel, QMenu, QSizePolicy, QSlider, QToolBar, QToolButton, QWidget

from workstation.ui.actions import Actions
from workstation.ui.icons import icon

_LAYERS = ("original", "departure", "pca", "groups", "cut", "similarity")
_TOOLS = ("hand", "rectangle", "ellipse", "polygon", "lasso")


class MainToolBar(QToolBar):
    """What is used all the time.

    Signals:
        opacity_chosen: the slider was moved; carries 0..1.
    """

    opacity_chosen = Signal(float)

    def __init__(self, actions: Actions, analyze_menu: QMenu, parent: QWidget | None = None) -> None:
        super().__init__("Toolbar", parent)
        self.setObjectName("toolbar")
        self.setMovable(False)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        self.setIconSize(QSize(20, 20))
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
        self._add(actions, "open", with_text=True)
        self.analyze = self._add(actions, "analyze", with_text=True)
        self.analyze.setMenu(analyze_menu)
        self.analyze.setPopupMode(QToolButton.ToolButtonPopupMode.MenuButtonPopup)
        self.addSeparator()
        for name in _LAYERS:
            button = self._add(actions, f"layer-{name}")
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        self.addSeparator()
        label = QLabel("opacity", self)
        label.setContentsMargins(8, 0, 4, 0)
        self.opacity = QSlider(Qt.Orientation.Horizontal, self)
        self.opacity.setRange(0, 100)
        self.opacity.setPageStep(10)
        self.opacity.setFixedWidth(6 * QFontMetrics(self.font()).averageCharWidth() + 60)
        self.opacity.setAccessibleName("Opacity of the layer")
        self.opacity.setToolTip("How much of the layer is shown over the photograph ([ and ])")
        self.opacity.valueChanged.connect(self._choose_opacity)
        label.setBuddy(self.opacity)
        self.addWidget(label)
        self.addWidget(self.opacity)
        self.addSeparator()
        for name in _TOOLS:
            self._add(actions, f"tool-{name}")
        self.addSeparator()
        self._add(actions, "compare")
        spring = QWidget(self)
        spring.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.addWidget(spring)
        self._add(actions, "export-report", with_text=True)
        self._show_more()

    def _show_more(self) -> None:
        """Qt's own button for what finds no room: its arrow is a dot, black on a dark ground, without a name."""
        more = self.findChild(QToolButton, "qt_toolbar_ext_button")
        if more is not None:
            more.setIcon(icon("chevron-right"))
            more.setAccessibleName("More of the toolbar")
            more.setToolTip("Show what has no room in the toolbar")

    @Slot(float)
    def show_opacity(self, opacity: float) -> None:
        """Follow an opacity that was set elsewhere."""
        blocked = self.opacity.blockSignals(True)
        self.opacity.setValue(round(100 * opacity))
        self.opacity.blockSignals(blocked)

    @Slot(int)
    def _choose_opacity(self, percent: int) -> None:
        self.opacity_chosen.emit(percent / 100)

    def _add(self, actions: Actions, action_id: str, *, with_text: bool = False) -> QToolButton:
        action = actions[action_id]
        self.addAction(action)
        button = self.widgetForAction(action)
        assert isinstance(button, QToolButton)
        button.setAccessibleName(action.text().replace("&", "").rstrip("…"))
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        if with_text:
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        return button
