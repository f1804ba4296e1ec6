"""What can go wrong with a case on disk."""

from __future__ import annotations

from pathlib import Path

from workstation.errors import WorkstationError


class CaseProblem(WorkstationError):
    """Something is wrong with a case; carries its folder."""

    def __init__(self, folder: Path, what: str) -> None:
        super().__init__(f"{folder.name or folder}: {what}")
        self.folder = folder


class NotACase(CaseProblem):
    """The folder holds no case, or there is something in the way of a new one."""

    remedy = "Choose the folder that holds case.sqlite, or make a case with `exifact case new`."


class CaseTooNew(CaseProblem):
    """A newer version of Exifact wrote this case."""

    remedy = "Open it with that version or a later one; nothing was changed."

    def __init__(self, folder: Path, version: int, known: int) -> None:
        super().__init__(folder, f"the case has schema version {version}, this program knows versions up to {known}")
        self.version, self.known = version, known


class CaseDamaged(CaseProblem):
    """The case file cannot be read, or its tables are not those of a case."""

    likely_causes = ("a copy that was cut short", "a damaged medium", "a change by another program")
    remedy = "Keep the file as it is and go back to a copy of the case."


class CaseReadOnly(CaseProblem):
    """A change was asked for in a case that is open for reading only."""

    remedy = "Close the case where it is open for writing, or copy it to a place where you may write."


class CaseNotSaved(CaseProblem):
    """A change could not be written; the case is as it was before."""

    likely_causes = ("a full disk", "a medium that was taken out", "a share that is no longer reachable")
    remedy = "Free some space or bring the medium back, then repeat the last step; everything before it is kept."


class CaseRefusal(WorkstationError):
    """A change that the rules of a case do not allow."""

    remedy = "See docs/casework.md."


class Unknown(CaseRefusal):
    """There is no such exhibit, region, note, ... in the case."""

    remedy = "Look at the list of the case's exhibits and their parts."

    def __init__(self, table: str, number: int) -> None:
        super().__init__(f"the case holds no entry {number} in {table}")
        self.table, self.number = table, number


class CannotUndo(CaseRefusal):
    """An entry cannot be taken back: nothing to undo, something was built upon it, or it must stand."""

    remedy = "Undo the later entries first, or write a correcting note."


class NoSuchEntry(CannotUndo):
    """The log is shorter than that."""

    remedy = "Look at the history of the case, where each entry has its number."

    def __init__(self, sequence: int) -> None:
        super().__init__(f"the log has no entry {sequence}")
        self.sequence = sequence


class ArtifactProblem(CaseProblem):
    """An array of the case is missing, or its bytes are not those that were stored."""

    likely_causes = ("a copy without the folder artifacts", "a damaged medium", "a file that was edited")
    remedy = "Bring the file back from a copy, or analyse the exhibit again."


class BadAnchor(WorkstationError):
    """An anchor that cannot be read, or that speaks of another case."""

    remedy = "Give a report (PDF or JSON), a checkpoint file, or the 64 hexadecimal digits that a report prints."
