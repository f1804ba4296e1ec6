"""The exhibits of a case on disk: intake, copies, moved originals, blind examination."""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Generator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from sqlalchemy import select

from workstation.casework import schema
from workstation.casework.canonical import as_path
from workstation.casework.durable import finished
from workstation.casework.log import now
from workstation.casework.problems import CaseNotSaved, CaseReadOnly, CaseRefusal
from workstation.casework.records import ExhibitRecord
from workstation.casework.shelves import Shelf
from workstation.casework.store import ORIGINALS
from workstation.evidence import Rehash, identify, rehash
from workstation.evidence.record import Evidence, FileIdentity
from workstation.progress import Progress

_CHUNK: Final = 16 * 1024 * 1024
_SUFFIX: Final = re.compile(r"\.[a-z0-9]{1,16}", re.ASCII)
"""Of a copy's name; what else may follow a dot (blanks, a backslash, bytes that are no text) would not lead back."""


class Exhibits(Shelf[ExhibitRecord]):
    """The exhibits of a case."""

    table = schema.exhibits

    def add(
        self,
        source: Evidence | FileIdentity | Path,
        *,
        label: str | None = None,
        received: str | None = None,
        received_by: str | None = None,
        received_from: str | None = None,
        description: str | None = None,
        copy: bool = False,
    ) -> ExhibitRecord:
        """Take an exhibit in ("exhibit.add").

        Args:
            source: the opened file, its identity, or a path (then it is read and hashed here).
            label: unique in the case; None = the next number.
            received: when it came, as the analyst states it; None = not stated.
            received_by: who took it.
            received_from: who gave it.
            description: the analyst's words.
            copy: whether the original's bytes are copied into the case.

        Raises:
            Unopenable: if the file cannot be read.
            CaseRefusal: if the label is taken, or the file changed between reading and copying.
            CaseNotSaved: if there is no room.
        """
        evidence = source if isinstance(source, Evidence) else None
        identity = evidence.identity if evidence else identify(source) if isinstance(source, Path) else source
        assert isinstance(identity, FileIdentity)
        if copy and self._store.read_only:
            raise CaseReadOnly(self._store.folder, "nothing can be copied into it")
        stored = self._copied(identity) if copy else None
        with self._store.together():
            blind = self._store.row(schema.case, 1)["blind"]
            values = {
                **_of_identity(identity),
                "label": label or self._next_label(),
                "stored": stored,
                "format": evidence.format if evidence else None,
                "height": evidence.pixels.height if evidence else None,
                "width": evidence.pixels.width if evidence else None,
                "received": received,
                "received_by": received_by,
                "received_from": received_from,
                "description": description,
                "blind": "hidden" if blind else "off",
            }
            with self._store.change("exhibit.add") as draft:
                number = draft.insert(self.table, values)
        return self.get(number)

    def describe(self, number: int, **values: str | None) -> ExhibitRecord:
        """Set label, received, received_by, received_from or description ("exhibit.describe").

        Raises:
            CaseRefusal: for another field.
        """
        unknown = set(values) - {"label", "received", "received_by", "received_from", "description"}
        if unknown:
            raise CaseRefusal(f"{', '.join(sorted(unknown))} of an exhibit cannot be changed")
        with self._store.change("exhibit.describe") as draft:
            draft.update(self.table, number, values)
        return self.get(number)

    def withdraw(self, number: int, reason: str) -> ExhibitRecord:
        """Take an exhibit out of the examination ("exhibit.withdraw"); all that is known of it stays in the case."""
        with self._store.change("exhibit.withdraw") as draft:
            draft.update(self.table, number, {"withdrawn": reason})
        return self.get(number)

    def file_of(self, number: int) -> Path:
        """Where the exhibit's bytes are read: the copy in the case if there is one, else the original."""
        record = self.get(number)
        return record.path if record.stored is None else copy_of(self._store.folder, record.stored)

    def check(self, number: int) -> Rehash:
        """Hash the exhibit's bytes again, compare with intake, and log what came of it ("exhibit.check").

        In a case that is open for reading only nothing is logged.
        """
        result = rehash(replace(self.get(number).identity, path=self.file_of(number)))
        self._log_check(number, result.state, result.sha256)
        return result

    def opened(self, number: int, identity: FileIdentity) -> FileIdentity:
        """Say that an exhibit's file was opened, for an analysis or a report ("exhibit.check", as `check` does).

        Args:
            number: of the exhibit.
            identity: of the file that was opened.

        Returns:
            The identity with the name and date that the exhibit had at intake (a copy in the case has others).

        Raises:
            CaseRefusal: if its bytes are others than at intake.
        """
        record = self.get(number)
        same = identity.sha256 == record.sha256
        self._log_check(number, "match" if same else "differs", identity.sha256)
        if not same:
            raise CaseRefusal(
                f"{record.name} has changed since intake: SHA-256 was {record.sha256}, is {identity.sha256}"
            )
        return replace(identity, name=record.name, modified=record.modified or "")

    def _log_check(self, number: int, state: str, sha256: str) -> None:
        if not self._store.read_only:
            with self._store.change("exhibit.check", {"exhibit": number, "state": state, "sha256": sha256}):
                pass

    def find(self, number: int, folder: Path) -> Generator[Progress, None, Path | None]:
        """Look for a moved original below a folder: first files of the same size, told by their SHA-256.

        Yields:
            Progress.

        Returns:
            Where it is now (the case then says so: "exhibit.moved"), or None.
        """
        record = self.get(number)
        yield Progress(f"looking for {record.name}", None)
        alike = (path for path in sorted(folder.rglob("*")) if _has_size(path, record.size))
        for path in sorted(alike, key=lambda path: path.name != record.name):
            yield Progress(f"hashing {path.name}", None)
            if _sha256(path) == record.sha256:
                return self.moved(number, path).path
        return None

    def moved(self, number: int, path: Path) -> ExhibitRecord:
        """Say where an original is now ("exhibit.moved").

        Raises:
            CaseRefusal: if that file has other bytes.
        """
        record = self.get(number)
        if _sha256(path) != record.sha256:
            raise CaseRefusal(f"{path.name} is not the original of exhibit {record.label}: its SHA-256 differs")
        with self._store.change("exhibit.moved") as draft:
            draft.update(self.table, number, {"path": str(path.absolute())})
        return self.get(number)

    def hide_metadata(self, number: int) -> ExhibitRecord:
        """Start the blind examination of an exhibit ("blind.hide").

        Raises:
            CaseRefusal: if its metadata were hidden before.
        """
        return self._blind(number, "blind.hide", {"off"}, "hidden", "its blind examination has begun already")

    def lock_notes(self, number: int) -> ExhibitRecord:
        """End the pixel-only notes of an exhibit: they can no longer be changed ("blind.lock").

        What is written on its regions is kept as locked notes, too: a region itself may be changed later.

        Raises:
            CaseRefusal: if its metadata are not hidden.
        """
        return self._blind(number, "blind.lock", {"hidden"}, "locked", "its metadata are not hidden")

    def reveal_metadata(self, number: int) -> ExhibitRecord:
        """Allow the metadata of an exhibit to be shown ("blind.reveal").

        Raises:
            CaseRefusal: if its pixel-only notes are not locked yet.
        """
        return self._blind(number, "blind.reveal", {"locked"}, "revealed", "its pixel-only notes are not locked yet")

    def _blind(self, number: int, action: str, allowed: set[str], state: str, refusal: str) -> ExhibitRecord:
        with self._store.together():
            record = self.get(number)
            if record.blind not in allowed:
                raise CaseRefusal(f"exhibit {record.label}: {refusal}")
            if state == "locked":
                self._keep_notes_of_regions(number)
            with self._store.change(action) as draft:
                draft.update(self.table, number, {"blind": state})
                if state == "locked":
                    for note in self._store.rows(schema.notes, exhibit=number):
                        draft.update(schema.notes, note["id"], {"locked": 1})
        return self.get(number)

    def _keep_notes_of_regions(self, exhibit: int) -> None:
        """Regions' notes as pixel-only notes on their exhibit; they do not hang on regions, which may be deleted.

        Each has an entry of its own, as every new row has, and is locked with the others.
        """
        for region in self._store.rows(schema.regions, exhibit=exhibit):
            if region["note"].strip():
                values = {
                    "exhibit": exhibit,
                    "region": None,
                    "kind": "pixels",
                    "text": f"{region['name']}: {region['note']}",
                    "author": self._store.operator,
                    "written": now(),
                    "locked": 0,
                }
                with self._store.change("note.add") as draft:
                    draft.insert(schema.notes, values)

    def _next_label(self) -> str:
        with self._store.reading() as connection:
            taken = set(connection.execute(select(self.table.c.label)).scalars())
        return next(str(n) for n in range(len(taken) + 1, 2 * len(taken) + 2) if str(n) not in taken)

    def _copied(self, identity: FileIdentity) -> str:
        """Name of the copy of the original's bytes in the case; written once, flushed, compared by hash."""
        suffix = identity.path.suffix.lower()
        name = f"{identity.sha256}{suffix if _SUFFIX.fullmatch(suffix) else ''}"
        try:
            with finished(self._store.folder / ORIGINALS / name) as beside:
                shutil.copyfile(identity.path, beside)
                if _sha256(beside) != identity.sha256:
                    raise CaseRefusal(f"{identity.name} changed while it was copied into the case")
        except OSError as problem:
            what = f"{identity.name} could not be copied into the case ({problem.strerror or problem})"
            raise CaseNotSaved(self._store.folder, what) from problem
        return name

    def _view(self, row: Mapping[str, Any]) -> ExhibitRecord:
        return ExhibitRecord(**{**row, "path": as_path(row["path"])})


def copy_of(folder: Path, stored: str) -> Path:
    """Where a copied original lies; a name from a case of anybody leads nowhere else."""
    return folder / ORIGINALS / Path(stored.replace("\\", "/")).name


def _of_identity(identity: FileIdentity) -> dict[str, Any]:
    return {
        "name": identity.name,
        "path": str(identity.path),
        "size": identity.size,
        "sha256": identity.sha256,
        "sha1": identity.sha1,
        "md5": identity.md5,
        "modified": identity.modified or None,
        "opened": identity.opened or None,
    }


def _has_size(path: Path, size: int) -> bool:
    try:
        return path.is_file() and path.stat().st_size == size
    except OSError:
        return False


def _sha256(path: Path) -> str:
    """Of a file's bytes, "" if it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""
