"""Everything the analyst can do, in one table; menus, toolbar, shortcuts and the command palette are read from it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMainWindow, QMenu, QWidget

from workstation.ui import icons

Menu = Literal["File", "Edit", "View", "Analyze", "Region", "Report", "Window", "Help"]
Scope = Literal["window", "picture"]

MENUS: tuple[Menu, ...] = ("File", "Edit", "View", "Analyze", "Region", "Report", "Window", "Help")
MNEMONICS: dict[Menu, str] = {"Report": "Re&port"}
"""Menus that cannot have the first letter, which another one has: Alt and a letter must open one menu, not go round."""


@dataclass(frozen=True, slots=True)
class ActionSpec:
    """One thing the analyst can do.

    Attributes:
        id: stable name; settings store shortcuts under it.
        menu: where it stands.
        text: as in the menu; an ampersand marks the mnemonic.
        tip: tooltip and explanation in the palette, one sentence.
        keys: built-in shortcuts in Qt's portable text, but for a Mac's own (`MAC_KEYS`); the first one is shown.
        icon: name of its icon, "" = none.
        scope: "picture" = only while the picture has the focus (single keys always).
        checkable: whether it is a switch.
        group: actions of one group exclude each other.
        section: whether a separator stands above it.
        held: acts as long as its key is held; its key is watched, not bound.
        repeats: acts again and again while its key is held down; other single keys act once.
    """

    id: str
    menu: Menu
    text: str
    tip: str
    keys: tuple[str, ...] = ()
    icon: str = ""
    scope: Scope = "window"
    checkable: bool = False
    group: str = ""
    section: bool = False
    held: bool = False
    repeats: bool = False

    @property
    def plain(self) -> str:
        """The text without mnemonic and dots."""
        return self.text.replace("&", "").rstrip("…")


def _layer(key: str, name: str, text: str, tip: str, *, section: bool = False) -> ActionSpec:
    return ActionSpec(
        f"layer-{name}",
        "View",
        text,
        tip,
        (key,),
        f"layer-{name}",
        "picture",
        checkable=True,
        group="layer",
        section=section,
    )


def _tool(key: str, name: str, text: str, tip: str, *, section: bool = False) -> ActionSpec:
    return ActionSpec(
        f"tool-{name}", "Region", text, tip, (key,), name, "picture", checkable=True, group="tool", section=section
    )


def _move(way: str, tip: str) -> ActionSpec:
    return ActionSpec(f"move-{way}", "View", f"Move {way}", tip, (way.capitalize(),), scope="picture", repeats=True)


SPECS: tuple[ActionSpec, ...] = (
    ActionSpec("open", "File", "&Open…", "Open one or more image files.", ("Ctrl+O",), "open"),
    ActionSpec(
        "open-folder",
        "File",
        "Open &folder…",
        "Open the image files in a folder and below it.",
        ("Ctrl+Shift+O",),
    ),
    ActionSpec(
        "open-example", "File", "Open e&xample", "Open the bundled picture, spliced from two cameras.", icon="image"
    ),
    ActionSpec(
        "open-last", "File", "Open &last session", "Open the files that were open when Exifact was last closed."
    ),
    ActionSpec(
        "new-case",
        "File",
        "&New case…",
        "Make a case; what is open now is taken into it.",
        ("Ctrl+Shift+K",),
        "case",
        section=True,
    ),
    ActionSpec("open-case", "File", "Open &case…", "Open a case's folder.", ("Ctrl+K",), "case"),
    ActionSpec("case-details", "File", "Case &details…", "Title, number, laboratory, legal authority, question."),
    ActionSpec("close-case", "File", "Close c&ase", "Close the case; everything in it is saved already."),
    ActionSpec("reopen", "File", "Read file a&gain", "Read the current file again from disk.", ("F5",), section=True),
    ActionSpec("close-exhibit", "File", "Close exhibi&t", "Close the current exhibit.", ("Ctrl+W",)),
    ActionSpec(
        "settings", "File", "&Settings…", "Theme, device, threads, shortcuts.", ("Ctrl+,",), "settings", section=True
    ),
    ActionSpec("quit", "File", "&Quit", "Close Exifact; asks if there is unsaved work.", ("Ctrl+Q",), section=True),
    ActionSpec("undo", "Edit", "&Undo", "Undo the last change to regions, notes or bookmarks.", ("Ctrl+Z",), "undo"),
    ActionSpec("redo", "Edit", "&Redo", "Do again what was undone.", ("Ctrl+Shift+Z", "Ctrl+Y"), "redo"),
    ActionSpec(
        "copy-view",
        "Edit",
        "&Copy view as image",
        "Copy what the picture shows now, legend included.",
        ("Ctrl+C",),
        "copy",
        "picture",
        section=True,
    ),
    ActionSpec(
        "copy-findings",
        "Edit",
        "Copy &findings as text",
        "Copy the findings in words, with their numbers.",
        ("Ctrl+Shift+C",),
    ),
    ActionSpec(
        "copy-point",
        "Edit",
        "Copy &point",
        "Copy position, colour and values of the pinned point.",
        ("Ctrl+Shift+X",),
    ),
    ActionSpec("copy-hash", "Edit", "Copy SHA-&256", "Copy the full SHA-256 of the current file."),
    _layer("1", "original", "&Original", "The stored pixels, oriented and colour-managed for display."),
    _layer(
        "2", "departure", "&Departure", "How far each patch departs from the reference group, on an absolute scale."
    ),
    _layer("3", "pca", "&PCA", "Three components as colours: alike and unlike, nothing else. Once more: one alone."),
    _layer("4", "groups", "&Groups", "Clusters A, B, C by size."),
    _layer("5", "cut", "C&ut", "The two sides of the normalised cut."),
    _layer("6", "similarity", "As seen from &here", "Similarity of every patch to the chosen region, −1 to 1."),
    ActionSpec(
        "opacity-up", "View", "&More opaque", "Show more of the layer.", ("]", "Alt+Up"), scope="picture", section=True
    ),
    ActionSpec(
        "opacity-down", "View", "Less opa&que", "Show more of the photograph.", ("[", "Alt+Down"), scope="picture"
    ),
    ActionSpec(
        "blink", "View", "&Blink", "Show the original while the key is held.", ("Space",), scope="picture", held=True
    ),
    ActionSpec(
        "contours",
        "View",
        "Contour&s",
        "Lines at labelled values of the departure map.",
        ("C",),
        "contours",
        "picture",
        checkable=True,
    ),
    ActionSpec(
        "legend",
        "View",
        "L&egend",
        "The scale over the picture; hidden it leaves what lies below to be seen.",
        ("H",),
        scope="picture",
        checkable=True,
    ),
    ActionSpec(
        "pca-component",
        "View",
        "&Next PCA component alone",
        "Each of the three components by itself, then all as colours: a foreign part may stand out in one of them.",
        ("M",),
        scope="picture",
    ),
    ActionSpec("reset-limits", "View", "Reset colour &limits", "Back to the absolute scale stored with the weights."),
    ActionSpec("fit", "View", "&Fit", "Show the whole picture.", ("F",), "fit", "picture", section=True),
    ActionSpec("actual-size", "View", "&100 %", "One image pixel on one device pixel.", ("Ctrl+1",), "actual-size"),
    ActionSpec("zoom-in", "View", "Zoom &in", "Enlarge.", ("+", "="), "zoom-in", "picture"),
    ActionSpec("zoom-out", "View", "&Zoom out", "Reduce.", ("-",), "zoom-out", "picture"),
    _move("left", "Move the view to the left."),
    _move("right", "Move the view to the right."),
    _move("up", "Move the view up."),
    _move("down", "Move the view down."),
    ActionSpec(
        "bookmark", "View", "Bookmark this vie&w", "Remember zoom, position and layer.", ("Ctrl+D",), section=True
    ),
    ActionSpec(
        "bookmark-verdict",
        "View",
        "Bookmark with a &verdict…",
        "Remember this view as OK, to be checked, or a warning, with a note.",
        ("Ctrl+Shift+D",),
    ),
    ActionSpec(
        "next-unseen",
        "View",
        "Ne&xt part not viewed yet",
        "Go to the nearest part of the picture that was not on the screen at 100 % yet (in a case).",
        ("U",),
        scope="picture",
    ),
    ActionSpec(
        "filter-metadata",
        "View",
        "Filte&r metadata",
        "Type to find a tag by name, value or number.",
        ("Ctrl+F",),
        "filter",
    ),
    ActionSpec(
        "compare",
        "View",
        "Side b&y side",
        "Two exhibits, or two layers of one, beside each other.",
        ("Ctrl+2",),
        "compare",
        checkable=True,
        section=True,
    ),
    ActionSpec(
        "compare-lock",
        "View",
        "Lock zoom &and position",
        "Both views move together.",
        checkable=True,
    ),
    ActionSpec("curtain", "View", "&Curtain", "Draw a curtain between two layers.", icon="curtain", checkable=True),
    ActionSpec("analyze", "Analyze", "&Analyze", "Analyse the current exhibit.", ("A",), "analyze", "picture"),
    ActionSpec(
        "analyze-all",
        "Analyze",
        "Analyze a&ll exhibits",
        "Analyse every exhibit that has no result yet.",
        ("Ctrl+Shift+A",),
    ),
    ActionSpec(
        "likeness",
        "Analyze",
        "Which look ali&ke…",
        "A matrix of exhibits and regions by their embeddings, and a permutation test for two of them.",
        ("Ctrl+Shift+M",),
        "scatter",
    ),
    ActionSpec(
        "cancel-job", "Analyze", "&Stop", "Stop the running analysis after its current batch.", ("Ctrl+.",), "cancel"
    ),
    ActionSpec(
        "cancel-all",
        "Analyze",
        "Stop all a&nalyses",
        "Stop the running analysis after its current batch, and take back those that wait.",
        ("Ctrl+Shift+.",),
    ),
    _tool("V", "hand", "&Hand", "Move the picture, choose regions, pin a point.", section=False),
    _tool("R", "rectangle", "&Rectangle", "Mark a rectangle."),
    _tool("E", "ellipse", "&Ellipse", "Mark an ellipse."),
    _tool("P", "polygon", "&Polygon", "Mark a polygon; a double click closes it."),
    _tool("L", "lasso", "&Lasso", "Mark a region freehand."),
    ActionSpec(
        "region-of-view",
        "Region",
        "Mark the &visible part",
        "Mark what is seen of the picture: with zoom and arrows, a region without the mouse.",
        ("W",),
        scope="picture",
    ),
    ActionSpec(
        "region-note",
        "Region",
        "&Note on the region",
        "Write a note on the chosen region.",
        ("N",),
        "note",
        "picture",
        section=True,
    ),
    ActionSpec(
        "region-reference",
        "Region",
        "&As seen from here",
        "Show how similar every patch is to the chosen region.",
        ("S",),
        "layer-similarity",
        "picture",
    ),
    ActionSpec(
        "region-test",
        "Region",
        "&Test against another region…",
        "Whether this region and another one differ more than by chance, by a permutation test.",
        ("T",),
        "compare",
        "picture",
    ),
    ActionSpec(
        "region-delete",
        "Region",
        "&Delete region",
        "Delete the chosen region; can be undone.",
        ("Delete",),
        "delete",
        "picture",
    ),
    ActionSpec(
        "escape",
        "Region",
        "Let &go",
        "Leave the tool, then the selection, then stop the job (asked once).",
        ("Esc",),
        scope="picture",
    ),
    ActionSpec(
        "export-report",
        "Report",
        "&Export report…",
        "Write the PDF and the JSON of all open exhibits.",
        ("Ctrl+E",),
        "report",
    ),
    ActionSpec(
        "export-maps",
        "Report",
        "Export &maps…",
        "Write the maps of this exhibit as PNG, npy and CSV.",
        ("Ctrl+Shift+E",),
        "export",
    ),
    ActionSpec(
        "exhibit-note",
        "Report",
        "&Note on the exhibit…",
        "Write a note on the current exhibit; it is printed on the report.",
        ("Ctrl+Shift+N",),
        "note",
        section=True,
    ),
    ActionSpec(
        "opinion",
        "Report",
        "State an &opinion…",
        "Weigh two propositions against each other and name a level of support (in a case).",
    ),
    ActionSpec(
        "blind-hide",
        "Report",
        "&Hide metadata",
        "Begin a blind examination of this exhibit: notes on the pixels come first (in a case).",
        section=True,
    ),
    ActionSpec(
        "blind-lock",
        "Report",
        "&Lock the pixel-only notes…",
        "End the notes that were written without the metadata; they can no longer be changed.",
    ),
    ActionSpec(
        "blind-reveal", "Report", "&Reveal metadata", "Show the metadata after the pixel-only notes were locked."
    ),
    ActionSpec(
        "check-hash",
        "Report",
        "&Check the file's hash",
        "Read the file again and compare its SHA-256.",
        ("Ctrl+H",),
        "hash-ok",
        section=True,
    ),
    ActionSpec("next-exhibit", "Window", "&Next exhibit", "Look at the next exhibit.", ("Ctrl+Tab", "Ctrl+PgDown")),
    ActionSpec(
        "previous-exhibit",
        "Window",
        "&Previous exhibit",
        "Look at the exhibit before.",
        ("Ctrl+Shift+Tab", "Ctrl+PgUp"),
    ),
    ActionSpec(
        "filter-exhibits",
        "Window",
        "F&ind an exhibit",
        "Type to list only exhibits by name, outcome, camera, date or note.",
        ("Ctrl+Shift+F",),
        "filter",
        section=True,
    ),
    ActionSpec(
        "turn-order",
        "Window",
        "&Turn the order round",
        "The largest, latest or last exhibit first; what is not known stays at the end.",
        checkable=True,
    ),
    ActionSpec(
        "hide-docks",
        "Window",
        "Picture &only",
        "Hide all docks, or bring them back.",
        ("F11",),
        checkable=True,
        section=True,
    ),
    ActionSpec("reset-layout", "Window", "&Reset", "Put all docks back where they were at first."),
    ActionSpec("keys", "Help", "&Keys", "Show all keys.", ("F1",), "help"),
    ActionSpec("palette", "Help", "&Find a command…", "Find any command by its name.", ("Ctrl+Shift+P",), "search"),
    ActionSpec(
        "limits", "Help", "What it &can and cannot tell", "What a departure means, and what it does not.", section=True
    ),
    ActionSpec(
        "self-test",
        "Help",
        "&Self-test…",
        "Check that this installation holds what was shipped and computes what it should.",
        icon="state-done",
    ),
    ActionSpec(
        "problem-report", "Help", "Save problem re&port…", "Save what is known about the last unexpected problem."
    ),
    ActionSpec("about", "Help", "&About Exifact", "Version, weights and licences.", icon="exifact", section=True),
)


MAC_KEYS: Mapping[str, tuple[str, ...]] = {
    "check-hash": ("Ctrl+Shift+H",),  # ⌘H hides the program
    "next-exhibit": ("Meta+Tab", "Ctrl+PgDown"),  # ⌘⇥ goes to another program, ⌃⇥ to another page
    "previous-exhibit": ("Meta+Shift+Tab", "Ctrl+PgUp"),
    "hide-docks": ("Ctrl+B",),  # F11 shows the desktop
}
"""Built-in keys where a Mac keeps those of the table to itself; Qt writes ⌘ as Ctrl, and ⌃ as Meta."""

_ROLES = {
    "settings": QAction.MenuRole.PreferencesRole,
    "about": QAction.MenuRole.AboutRole,
    "quit": QAction.MenuRole.QuitRole,
}
"""What stands in a Mac's program menu; Qt would guess by the words, and take the layer "Cut" for Edit → Cut."""


def built_in_keys(spec: ActionSpec, system: str = sys.platform) -> tuple[str, ...]:
    """The shortcuts of an action before the analyst chose any."""
    return MAC_KEYS.get(spec.id, spec.keys) if system == "darwin" else spec.keys


def effective_keys(spec: ActionSpec, overrides: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """The shortcuts of an action after the analyst's own choices."""
    return tuple(overrides.get(spec.id, built_in_keys(spec)))


def _sequence(key: str) -> QKeySequence:
    return QKeySequence(key, QKeySequence.SequenceFormat.PortableText)


class Actions(QObject):
    """The actions of one window, built from `SPECS`.

    `window` scope actions answer everywhere in the window, `picture` scope ones only while the focus is in the picture.
    """

    def __init__(self, window: QMainWindow, picture: QWidget, overrides: Mapping[str, tuple[str, ...]]) -> None:
        super().__init__(window)
        self._window, self._picture = window, picture
        self._actions: dict[str, QAction] = {}
        self._groups: dict[str, QActionGroup] = {}
        self.keys: dict[str, tuple[str, ...]] = {}
        for spec in SPECS:
            self._actions[spec.id] = self._build(spec)
        self.set_shortcuts(overrides)

    def __getitem__(self, action_id: str) -> QAction:
        return self._actions[action_id]

    def __iter__(self) -> Iterator[QAction]:
        return iter(self._actions.values())

    def shown_keys(self) -> dict[str, str]:
        """The first key of each action, as the system writes it."""
        return {
            action_id: QKeySequence(keys[0]).toString(QKeySequence.SequenceFormat.NativeText)
            for action_id, keys in self.keys.items()
            if keys
        }

    def connect_all(self, slots: Mapping[str, Callable[..., object]]) -> None:
        """Give each action what it does.

        Raises:
            ValueError: if an action of the table is left without a slot.
        """
        without = [spec.id for spec in SPECS if spec.id not in slots]
        if without:
            raise ValueError(f"actions without a slot: {', '.join(without)}")
        for action_id, slot in slots.items():
            self._actions[action_id].triggered.connect(slot)

    def set_shortcuts(self, overrides: Mapping[str, tuple[str, ...]]) -> None:
        """Bind the built-in keys, or the analyst's own where there are any.

        A built-in key that the analyst gave to another action is free no longer: a later version may have come with it,
        and Qt would carry out neither.
        """
        taken = {_sequence(key).toString() for keys in overrides.values() for key in keys}
        for spec in SPECS:
            keys = effective_keys(spec, overrides)
            if spec.id not in overrides:
                keys = tuple(key for key in keys if _sequence(key).toString() not in taken)
            self.keys[spec.id] = keys
            action = self._actions[spec.id]
            if not spec.held:
                action.setShortcuts([_sequence(key) for key in keys])
            shown = QKeySequence(keys[0]).toString(QKeySequence.SequenceFormat.NativeText) if keys else ""
            action.setToolTip(f"{spec.tip} ({shown})" if shown else spec.tip)

    def fill_menus(self) -> dict[Menu, QMenu]:
        """Build the menu bar of the window."""
        menus: dict[Menu, QMenu] = {}
        for title in MENUS:
            menu = self._window.menuBar().addMenu(MNEMONICS.get(title, f"&{title}"))
            menu.setToolTipsVisible(True)
            menus[title] = menu
        for spec in SPECS:
            if spec.section:
                menus[spec.menu].addSeparator()
            menus[spec.menu].addAction(self._actions[spec.id])
        return menus

    def _build(self, spec: ActionSpec) -> QAction:
        action = QAction(spec.text, self._window)
        action.setObjectName(spec.id)
        action.setStatusTip(spec.tip)
        action.setCheckable(spec.checkable)
        action.setMenuRole(_ROLES.get(spec.id, QAction.MenuRole.NoRole))
        if spec.icon:
            action.setIcon(icons.icon(spec.icon))
        if spec.group:
            group = self._groups.setdefault(spec.group, QActionGroup(self._window))
            group.addAction(action)
        if spec.scope == "picture":
            action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            action.setAutoRepeat(spec.repeats)
            self._picture.addAction(action)
        else:
            self._window.addAction(action)
        return action
