"""What the dialogs around a case ask for; nothing that the program cannot know is filled in."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from PySide6.QtCore import QStandardPaths, Slot
from PySide6.QtWidgets import QLineEdit, QWidget

from workstation.casework import CaseDetails, ExhibitRecord
from workstation.casework.records import SUPPORT
from workstation.settings import Settings
from workstation.ui.case_keeper import NewCase
from workstation.ui.form_dialog import Field, FormDialog, PathField, Values
from workstation.ui.marks import VERDICTS, Bookmark

_OPERATOR = "Stands in every entry of the audit log."
_BLIND = "New exhibits hide their metadata until the pixel-only notes are locked."


def new_case_fields(settings: Settings) -> list[Field]:
    """Of "New case"."""
    return [
        Field("title", "Title", "What the case is called; its folder is named after it.", needed=True),
        Field("folder", "Folder", "New or empty; the whole case lies in it.", "folder", needed=True),
        Field("operator", "Examiner", _OPERATOR, value=settings.operator, needed=True),
        Field("number", "Case number", "The client's or the court's; empty = not stated."),
        Field("laboratory", "Laboratory"),
        Field("client", "Client", "Who asked for the examination."),
        Field("received", "Order received", "When the order came, as the laboratory writes it."),
        Field("legal_authority", "Legal authority", "Order, law or consent on which the examination rests."),
        Field("question", "Question asked", kind="text"),
        Field("blind", "Examine blind", _BLIND, "switch", value=False),
    ]  # fmt: skip


class NewCaseDialog(FormDialog):
    """Asks what a new case is about, and proposes a folder: beside that of the last case, named like the title."""

    def __init__(self, settings: Settings, parent: QWidget) -> None:
        super().__init__("New case", new_case_fields(settings), "Make the case", parent)
        documents = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
        self._beside = Path(settings.recent_cases[0]).parent if settings.recent_cases else Path(documents)
        self._proposed = ""
        title = self.editor("title")
        assert isinstance(title, QLineEdit)
        title.textChanged.connect(self.propose)

    @Slot(str)
    def propose(self, title: str) -> None:
        """Name the folder like the title, unless it was chosen."""
        field = self.editor("folder")
        assert isinstance(field, PathField)
        if field.line.text() == self._proposed:
            name = folder_name(title)
            self._proposed = str(self._beside / name) if name else ""
            field.line.setText(self._proposed)


def folder_name(title: str) -> str:
    """A title as the name of a folder on every system; "" where nothing of it can stand there."""
    return " ".join(re.sub(r'[<>:"/\\|?*\x00-\x1f]', " ", title).split()).strip(" .")


def case_of(values: Values) -> NewCase:
    """The case that was asked for."""
    texts = {name: str(value) for name, value in values.items() if name not in ("folder", "blind")}
    return NewCase(folder=Path(str(values["folder"])), blind=bool(values["blind"]), **texts)


def folder_fields(folder: str, settings: Settings) -> list[Field]:
    """Of "Open case"."""
    return [
        Field("folder", "Folder", "The folder that holds case.sqlite.", "folder", folder, needed=True),
        Field("operator", "Examiner", _OPERATOR, value=settings.operator, needed=True),
    ]


def details_fields(details: CaseDetails) -> list[Field]:
    """Of "Case details"."""
    return [
        Field("title", "Title", value=details.title, needed=True),
        Field("number", "Case number", "Empty = not stated.", value=details.number or ""),
        Field("laboratory", "Laboratory", value=details.laboratory or ""),
        Field("client", "Client", value=details.client or ""),
        Field("received", "Order received", value=details.received or ""),
        Field("legal_authority", "Legal authority", value=details.legal_authority or ""),
        Field("question", "Question asked", kind="text", value=details.question or ""),
        Field("blind", "Examine blind", _BLIND, "switch", value=details.blind),
    ]


def intake_fields(record: ExhibitRecord, tags: Sequence[str] = ()) -> list[Field]:
    """Of "Intake"."""
    return [
        Field("label", "Label", "Unique in the case.", value=record.label, needed=True),
        Field("received", "Received", "When it came, as the laboratory writes it; empty = not stated.",
              value=record.received or ""),
        Field("received_by", "Received by", value=record.received_by or ""),
        Field("received_from", "Received from", value=record.received_from or ""),
        Field("description", "Description", kind="text", value=record.description or ""),
        Field("tags", "Tags", "Words to find it by, with commas between them.", value=", ".join(tags)),
    ]  # fmt: skip


def bookmark_fields(bookmark: Bookmark) -> list[Field]:
    """Of a bookmark."""
    verdicts = tuple((verdict, verdict.capitalize() if verdict != "ok" else "OK") for verdict in VERDICTS)
    return [
        Field("name", "Name", value=bookmark.name, needed=True),
        Field("verdict", "Verdict", kind="choice", value=bookmark.verdict, choices=verdicts),
        Field("note", "Note", kind="text", value=bookmark.note),
    ]


class OpinionDialog(FormDialog):
    """Asks for an opinion: at least two propositions, and a favoured one exactly if there is support for it."""

    def complaints(self, values: Values) -> list[str]:
        """Why it cannot be stated yet."""
        found = super().complaints(values)
        if values["first"] and values["first"] == values["second"]:
            found.append("The two propositions are the same.")
        if (values["support"] == SUPPORT[0]) != (values["favoured"] == ""):
            found.append("A proposition is favoured exactly if there is support for it.")
        return found


def opinion_fields() -> list[Field]:
    """Of "State an opinion"; the level of support is chosen, never proposed."""
    levels = tuple((level, level.capitalize()) for level in SUPPORT)
    sides = (("", "Neither"), ("0", "The first"), ("1", "The second"))
    return [
        Field("issue", "Question answered", "What the opinion is about.", needed=True),
        Field("first", "First proposition", "E.g. the sign was in the scene.", needed=True),
        Field("second", "Second proposition", "One that excludes the first.", needed=True),
        Field("favoured", "Supported", kind="choice", choices=sides),
        Field("support", "Level of support", "Of one rather than the other (ENFSI 2015).", "choice",
              SUPPORT[0], choices=levels),
        Field("reasons", "Reasons", kind="text", needed=True),
    ]  # fmt: skip


def stated(values: Values) -> Mapping[str, str | None]:
    """Texts as the case keeps them: None = not stated."""
    return {name: str(value) or None for name, value in values.items()}
