"""What is asked before a report is written: where it goes, and what only people can say."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QWidget

from workstation.casework import CaseDetails
from workstation.casework.beside import BesideEvidence, refuse_beside_evidence
from workstation.errors import number_of
from workstation.ui.form_dialog import Field, FormDialog, Values
from workstation.ui.jobs import PathLook
from workstation.ui.report_order import Signing, Stated, would_replace
from workstation.ui.session import OpenExhibit
from workstation.ui.shown_text import visible

_LANGUAGES = {"en": "English", "de": "Deutsch"}
_EMPTY = "Empty = not stated, and printed so."

AGAIN = 500
"""Milliseconds after which a disk that did not answer is looked at again."""


class ReportDialog(FormDialog):
    """Asks for the order, the laboratory and a key; refuses a folder that holds evidence."""

    def __init__(
        self,
        target: Path,
        stated: Stated,
        evidence: tuple[Path, ...],
        languages: Sequence[str],
        parent: QWidget | None = None,
        *,
        looks: PathLook,
        words: str = "",
    ) -> None:
        away = looks.silent((str(path.parent) for path in evidence), os.path.isdir)
        self._evidence = tuple(path for path in evidence if str(path.parent) not in away)  # writing asks for all again
        self._looks = looks
        self._again = QTimer(singleShot=True, interval=AGAIN)
        fields = report_fields(target, stated, languages)
        super().__init__("Export report", fields, "Write the report", parent, words=words)
        self._again.setParent(self)
        self._again.timeout.connect(self.check)

    def complaints(self, values: Values) -> list[str]:
        """Why it cannot be written yet."""
        found = super().complaints(values)
        target, key = Path(str(values["target"])), str(values["key"])
        there = self._looks.told(str(target.parent), os.path.isdir)
        if there is None:
            self._again.start()
            found.append(f"{target.parent} does not answer. Wait for it, or choose another folder.")
        else:
            try:
                refuse_beside_evidence(target.parent, self._evidence)
            except BesideEvidence as problem:
                found.append(problem.summary)
        if values["target"] and there is False:
            found.append(f"There is no folder {target.parent}.")
        if values["target"] and target.suffix.lower() != ".pdf":
            found.append("The report is a PDF: its name ends with .pdf.")
        signs = self._looks.told(key, os.path.isfile) if key else True
        if signs is None:
            self._again.start()
        if not signs:
            found.append(f"There is no file {key}." if signs is False else f"{key} does not answer.")
        return found

    def remark(self, values: Values) -> str:
        """That an earlier report would be gone."""
        there = would_replace(Path(str(values["target"])), self._looks)
        if there is None:
            self._again.start()
            return "Whether an earlier report would be replaced is not known yet."
        if not there:
            return ""
        names = " and ".join(visible(path.name) for path in there)
        return f"{names} {'is' if len(there) == 1 else 'are'} there already and will be replaced."


def scope_words(exhibits: Sequence[OpenExhibit], in_case: int) -> str:
    """What a report that is written now would speak of.

    Args:
        exhibits: that are open.
        in_case: how many exhibits the open case holds, those that were withdrawn left out; 0 without a case.
    """
    readable = [one for one in exhibits if one.evidence is not None]
    without = sum(one.result is None for one in readable)
    said = f"The report speaks of {number_of(len(readable), 'open exhibit')}."
    if without:
        said += f" {without} {'has' if without == 1 else 'have'} no result of an analysis."
    if len(readable) < len(exhibits):
        unread = len(exhibits) - len(readable)
        said += f" {unread} cannot be read and {'is' if unread == 1 else 'are'} left out."
    closed = in_case - sum(one.record is not None for one in readable)
    if in_case and closed > 0:
        said += (
            f" The case holds {in_case}; {closed} {'is' if closed == 1 else 'are'} not open and would be missing "
            "(Open all in the case panel)."
        )
    return said


def report_fields(target: Path, stated: Stated, languages: Sequence[str]) -> list[Field]:
    """The rows of the dialog."""
    choices = tuple((code, _LANGUAGES.get(code, code)) for code in languages)
    return [
        Field("target", "File", "The PDF; the JSON goes beside it.", "new file", str(target), needed=True,
              pattern="PDF (*.pdf)"),
        Field("number", "Report number", "The laboratory's own; empty = one is made of date, time and the first hash.",
              value=stated.number),
        Field("operator", "Examiner", _EMPTY, value=stated.operator),
        Field("laboratory", "Laboratory", _EMPTY, value=stated.laboratory),
        Field("client", "Client", "Who asked for the examination.", value=stated.client),
        Field("case_number", "Case number", "The client's or the court's.", value=stated.case_number),
        Field("authority", "Legal authority", "Order, law or consent on which the examination rests.",
              value=stated.authority),
        Field("question", "Question asked", kind="text", value=stated.question),
        Field("received", "Order received", "When the order came, as the laboratory writes it.", value=stated.received),
        Field("language", "Language", kind="choice", value=stated.language, choices=choices),
        Field("key", "Signing key", "PKCS#12 (.p12, .pfx); empty = not signed.", "file",
              pattern="PKCS#12 (*.p12 *.pfx);;All files (*)"),
        Field("passphrase", "Passphrase", "Used once and kept nowhere.", "password"),
    ]  # fmt: skip


def stated_in(values: Values) -> Stated:
    """What the dialog's fields state."""
    return Stated(**{name: str(values[name]) for name in Stated.__dataclass_fields__})


def signing_in(values: Values) -> Signing | None:
    """The key that was chosen, or None."""
    return Signing(Path(str(values["key"])), str(values["passphrase"])) if values["key"] else None


def stated_of(details: CaseDetails, operator: str, language: str) -> Stated:
    """What was stated in the case already."""
    return Stated(
        operator=operator,
        laboratory=details.laboratory or "",
        client=details.client or "",
        case_number=details.number or "",
        authority=details.legal_authority or "",
        question=details.question or "",
        received=details.received or "",
        language=language,
    )


def changed_details(stated: Stated, details: CaseDetails) -> dict[str, str | bool | None]:
    """What was stated anew and belongs into the case."""
    said = {
        "laboratory": stated.laboratory,
        "client": stated.client,
        "number": stated.case_number,
        "legal_authority": stated.authority,
        "question": stated.question,
        "received": stated.received,
    }
    return {name: value or None for name, value in said.items() if (value or None) != getattr(details, name)}
