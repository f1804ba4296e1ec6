"""What the analyst prefers: theme, model, device, keys; from menus and the settings dialog into the settings file."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QApplication, QDialog, QWidget

from workstation.analysis.model import available_weights
from workstation.settings import Settings, SettingsProblem, SettingsStore
from workstation.ui import theme
from workstation.ui.choices import ChoiceMenu
from workstation.ui.settings_dialog import SettingsDialog

_THEMES = (("As the &system", "system"), ("&Light", "light"), ("&Dark", "dark"))
_DEVICES = (("&auto", "auto"), ("&CPU", "cpu"), ("C&UDA", "cuda"), ("&MPS", "mps"))


class Preferences(QObject):
    """Keeps settings, and says what changed.

    Signals:
        themed: the theme was applied; carries whether it is dark.
        choice_changed: model or device changed; carries "model · device".
        commonness_changed: share of the model's training photos that carry each tag, name → 0..1, or None.
        shortcuts_changed: carries action id → keys.
        problem: the settings could not be saved; carries a `WorkstationError`.
    """

    themed = Signal(bool)
    choice_changed = Signal(str)
    commonness_changed = Signal(object)
    shortcuts_changed = Signal(object)
    problem = Signal(object)

    def __init__(self, store: SettingsStore, window: QWidget) -> None:
        super().__init__(window)
        self._store, self._window = store, window
        self.theme_menu = ChoiceMenu("&Theme", "How the window looks.", exclusive=True, parent=window)
        self.model_menu = ChoiceMenu("&Model", "The weights that Analyze uses.", exclusive=True, parent=window)
        self.device_menu = ChoiceMenu("&Device", "Where the model runs.", exclusive=True, parent=window)
        self.theme_menu.chosen.connect(self.set_theme)
        self.model_menu.chosen.connect(self.set_model)
        self.device_menu.chosen.connect(self.set_device)

    def apply(self) -> None:
        """Make everything look and act as the settings say."""
        settings = self._store.current
        self._apply_theme(settings)
        self._show_choice()
        self.shortcuts_changed.emit(settings.shortcuts)

    def save(self, **values: Any) -> None:
        """Keep some values; a full disk is told, not raised."""
        try:
            self._store.change(**values)
        except SettingsProblem as error:
            self.problem.emit(error)

    def keep(self, settings: Settings) -> None:
        """Keep all values."""
        try:
            self._store.keep(settings)
        except SettingsProblem as error:
            self.problem.emit(error)

    @Slot(object)
    def set_theme(self, choice: str) -> None:
        """Light, dark, or as the system."""
        self.save(theme=choice)
        self._apply_theme(self._store.current)

    @Slot(object)
    def set_model(self, name: str) -> None:
        """Analyse with these weights from now on."""
        self.save(model=name)
        self._show_choice()

    @Slot(object)
    def set_device(self, device: str) -> None:
        """Analyse there from now on."""
        self.save(device=device)
        self._show_choice()

    @Slot()
    def show_dialog(self) -> None:
        """Ask for all settings."""
        dialog = SettingsDialog(self._store.current, [one.name for one in available_weights()], self._window)
        dialog.finished.connect(_DialogReader(self, dialog).read)
        dialog.open()

    def _apply_theme(self, settings: Settings) -> None:
        application = QApplication.instance()
        if isinstance(application, QApplication):
            self.themed.emit(theme.apply_theme(application, settings.theme))
        self.theme_menu.show_choices(_THEMES, settings.theme)

    def _show_choice(self) -> None:
        settings, weights = self._store.current, available_weights()
        names = list(dict.fromkeys((*(one.name for one in weights), settings.model)))
        self.model_menu.show_choices([(name, name) for name in names], settings.model)
        self.device_menu.show_choices(_DEVICES, settings.device)
        chosen = next((one for one in weights if one.name == settings.model), None)
        self.commonness_changed.emit(dict(chosen.tag_shares) if chosen is not None and chosen.tag_shares else None)
        self.choice_changed.emit(f"{settings.model} · {settings.device}")


class _DialogReader(QObject):
    """Takes over what the settings dialog says when it is accepted."""

    def __init__(self, preferences: Preferences, dialog: SettingsDialog) -> None:
        super().__init__(dialog)
        self._preferences, self._dialog = preferences, dialog

    @Slot(int)
    def read(self, outcome: int) -> None:
        """Keep and apply."""
        if outcome == QDialog.DialogCode.Accepted:
            self._preferences.keep(self._dialog.settings)
            self._preferences.apply()
        self._dialog.deleteLater()
