"""A case on disk: one folder with one SQLite file, the arrays of its analyses, and copies of originals on request."""

from __future__ import annotations

import secrets
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from workstation.analysis.likeness import NotComparable, PatchSet
from workstation.analysis.regions import Region
from workstation.casework import access, schema
from workstation.casework.analyses import Analyses, CoverageShelf, failure_of
from workstation.casework.anchors import Anchor
from workstation.casework.durable import sweep
from workstation.casework.exhibit import Exhibit
from workstation.casework.exhibits import Exhibits
from workstation.casework.lock import Holder
from workstation.casework.log import Entry, Head, now
from workstation.casework.migrations import upgrade
from workstation.casework.problems import CannotUndo, CaseDamaged, CaseRefusal, NoSuchEntry
from workstation.casework.records import CaseDetails, CaseRecord
from workstation.casework.replay import MIGRATE, NEW
from workstation.casework.searching import Hit, search
from workstation.casework.shelves import Bookmarks, Notes, Opinions, Regions, Reports, Reviews, Tags
from workstation.casework.store import ARTIFACTS, ORIGINALS, Store
from workstation.casework.verification import Verification, verify_steps
from workstation.evidence.record import Evidence
from workstation.progress import Progress, drain

MUST_STAND = frozenset({NEW, MIGRATE, "blind.lock", "blind.reveal", "report.issue", "review.add"})
"""Actions that cannot be undone: a later entry can only answer them."""
NO_TITLE = "a case needs a title"
DETAILS = ("title", "number", "laboratory", "client", "received", "legal_authority", "question", "blind")


class CaseFile:
    """An open case.

    Every method that changes something writes one entry of the audit log in the same transaction; when it returns, both
    are on the disk. Methods may be called from any thread; they wait for each other.

    Attributes:
        exhibits, analyses, regions, notes, bookmarks, tags, opinions, reviews, coverage, reports: what the case holds.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self.exhibits = Exhibits(store)
        self.analyses = Analyses(store)
        self.regions = Regions(store)
        self.notes = Notes(store)
        self.bookmarks = Bookmarks(store)
        self.tags = Tags(store)
        self.opinions = Opinions(store)
        self.reviews = Reviews(store)
        self.coverage = CoverageShelf(store)
        self.reports = Reports(store)

    @classmethod
    def create(
        cls,
        folder: Path,
        *,
        title: str,
        operator: str,
        number: str | None = None,
        laboratory: str | None = None,
        client: str | None = None,
        received: str | None = None,
        legal_authority: str | None = None,
        question: str | None = None,
        blind: bool = False,
    ) -> Self:
        """Make a case in a folder that holds none ("case.new").

        Raises:
            CaseRefusal: without a title.
            NotACase: if there is one already, or the folder cannot be written.
            CaseNotSaved: if there is no room; nothing is left behind.
        """
        if not title.strip():
            raise CaseRefusal(NO_TITLE)
        store = Store(folder, operator, access.make(folder, operator=operator))
        values = {
            "identifier": secrets.token_hex(16),
            "title": title,
            "number": number,
            "laboratory": laboratory,
            "client": client,
            "received": received,
            "legal_authority": legal_authority,
            "question": question,
            "blind": int(blind),
            "created": now(),
        }
        try:
            with store.together() as connection:
                schema.create(connection)
                with store.change(NEW, {"format": "exifact-case", "schema": schema.VERSION}) as draft:
                    draft.insert(schema.case, values)
            store.access.write_back()
        except BaseException:
            store.close()
            access.discard(folder)
            raise
        return cls(store)

    @classmethod
    def open(cls, folder: Path, *, operator: str, read_only: bool = False) -> Self:
        """Open a case; for reading only where another program writes it or the medium cannot be written.

        Args:
            folder: of the case.
            operator: whose name the entries shall bear; "" is kept and printed as missing.
            read_only: do not even try to write; leaves no trace in the folder.

        Raises:
            NotACase: if there is none.
            CaseTooNew: if a newer version wrote it.
            CaseDamaged: if the file is cut short or its tables are not those of a case.
        """
        store = Store(folder, operator, access.reach(folder, operator=operator, read_only=read_only))
        try:
            _check_pages(store)
            upgrade(store)
            _check_tables(store)
            if not store.read_only:
                for name in (ARTIFACTS, ORIGINALS):
                    sweep(folder / name)
        except BaseException:
            store.close()
            raise
        return cls(store)

    def close(self) -> None:
        """Close the file and give the lock back; the case is one file and its folders again."""
        self._store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def folder(self) -> Path:
        """Of the case."""
        return self._store.folder

    @property
    def operator(self) -> str:
        """Whose name the entries bear."""
        return self._store.operator

    @property
    def read_only(self) -> bool:
        """Whether changes are refused (`CaseReadOnly`)."""
        return self._store.read_only

    @property
    def holder(self) -> Holder | None:
        """Who has the case open for writing, where that is somebody else who left word."""
        return self._store.access.holder

    @property
    def warnings(self) -> tuple[str, ...]:
        """Sentences about how the case is open: read-only and why, on a network share, ..."""
        return self._store.access.warnings

    def details(self) -> CaseDetails:
        """What the case is about."""
        row = dict(self._store.row(schema.case, 1))
        del row["id"]
        return CaseDetails(**{**row, "blind": bool(row["blind"])})

    def set_details(self, **values: str | bool | None) -> CaseDetails:
        """Set title, number, laboratory, client, received, legal_authority, question or blind ("case.describe").

        Raises:
            CaseRefusal: for another field, or a case without a title.
        """
        unknown = set(values) - set(DETAILS)
        if unknown:
            raise CaseRefusal(f"{', '.join(sorted(unknown))} of a case cannot be changed")
        if "title" in values and not str(values["title"] or "").strip():
            raise CaseRefusal(NO_TITLE)
        stored = {name: int(value) if isinstance(value, bool) else value for name, value in values.items()}
        with self._store.change("case.describe") as draft:
            draft.update(schema.case, 1, stored)
        return self.details()

    @contextmanager
    def together(self) -> Iterator[None]:
        """Make several changes one transaction: all of them are kept, or none (each still has its own entry)."""
        with self._store.together():
            yield

    def head(self) -> Head:
        """Number of entries and hash of the last one: what a report prints and an anchor names."""
        return self._store.head()

    def history(self, *, exhibit: int | None = None, first: int = 1, last: int | None = None) -> tuple[Entry, ...]:
        """Entries of the audit log, oldest first.

        Args:
            exhibit: only those that speak of this exhibit; None = all.
            first: sequence of the first entry wanted.
            last: sequence of the last one; None = to the end.
        """
        entries = self._store.entries(first, last)
        return tuple(entry for entry in entries if exhibit is None or exhibit in entry.exhibits)

    def undoable(self) -> Entry | None:
        """The entry that `undo()` would take back: the last one with changes that was not undone; None for none."""
        last = self._last_change()
        return None if last is None or last.action in MUST_STAND else last

    def _last_change(self) -> Entry | None:
        """The last entry with changes that was not undone, also one that must stand."""
        gone: set[int] = set()
        for sequence in range(self.head().entries, 0, -1):
            (entry,) = self._store.entries(sequence, sequence)
            if sequence in gone:
                continue
            if entry.undoes is not None:
                gone.add(entry.undoes)
            elif entry.changes or entry.action == MIGRATE:
                return entry
        return None

    def undo(self, sequence: int | None = None) -> Entry:
        """Take an entry back with a new one ("undo"); an undo can itself be undone, which does the thing again.

        Args:
            sequence: of the entry; None = that of `undoable`.

        Raises:
            CannotUndo: if there is nothing to undo, a later entry built upon it, or it must stand (`MUST_STAND`).
        """
        named = () if sequence is None else self.history(first=sequence, last=sequence)
        chosen = self._last_change() if sequence is None else next(iter(named), None)
        if chosen is None:
            raise CannotUndo("there is nothing to undo") if sequence is None else NoSuchEntry(sequence)
        if sequence is None and chosen.action in MUST_STAND:
            raise CannotUndo(f"there is nothing to undo: entry {chosen.sequence} ({chosen.action}) must stand")
        if chosen.action in MUST_STAND or not chosen.changes:
            raise CannotUndo(f"entry {chosen.sequence} ({chosen.action}) must stand")
        if any(later.action == MIGRATE for later in self._store.entries(chosen.sequence + 1)):
            raise CannotUndo(f"entry {chosen.sequence} was made before the case was converted to this version's tables")
        if self._changes_locked_notes(chosen):
            raise CannotUndo(
                f"entry {chosen.sequence} ({chosen.action}) must stand: pixel-only notes were locked since"
            )
        try:
            return self._store.undo(chosen)
        except CannotUndo:
            raise
        except CaseRefusal as problem:
            raise CannotUndo(problem.what) from problem

    def _changes_locked_notes(self, entry: Entry) -> bool:
        """Whether taking an entry back would change a locked note, or bring one back that was gone at the lock."""
        for change in entry.changes:
            if change.table != schema.notes.name:
                continue
            present = self._store.rows(schema.notes, id=change.id)
            if present and present[0]["locked"]:
                return True
            gone = change.before if not present else None
            if gone is not None and gone["kind"] == "pixels" and isinstance(exhibit := gone["exhibit"], int):
                return self.exhibits.get(exhibit).blind in ("locked", "revealed")
        return False

    def search(self, words: str) -> tuple[Hit, ...]:
        """Where some words stand: labels, names, hashes, descriptions, notes, tags, regions, bookmarks, opinions.

        Args:
            words: looked for as they are; capitals do not count (of ASCII letters).
        """
        return search(self._store, words)

    def snapshot(self) -> CaseRecord:
        """All that a report prints of the case, read at one moment."""
        with self._store.reading():
            return CaseRecord(
                details=self.details(),
                operator=self.operator,
                exhibits=self.exhibits.all(),
                regions=self.regions.all(),
                notes=self.notes.all(),
                opinions=self.opinions.all(),
                reviews=self.reviews.all(),
                tags=self.tags.all(),
                coverage=self.coverage.all(),
                reports=self.reports.all(),
                head=self.head(),
                entries=self.history(),
                warnings=self.warnings,
            )

    def patch_sets(self, *, regions: bool = True) -> Generator[Progress, None, tuple[PatchSet, ...]]:
        """The patches of every exhibit's last complete analysis, and of its regions, for `analysis.likeness`.

        Exhibits without one, withdrawn ones, and regions without an assessable patch are left out.

        Args:
            regions: whether the regions come along, too.

        Yields:
            Progress.
        """
        present = [exhibit for exhibit in self.exhibits.all() if exhibit.withdrawn is None]
        found: list[PatchSet] = []
        for position, exhibit in enumerate(present):
            yield Progress(f"reading the embeddings of exhibit {exhibit.label}", position / len(present))
            done = [one for one in self.analyses.all(exhibit.id) if one.status == "complete"]
            if not done:
                continue
            marked: list[Region | None] = [one.region for one in self.regions.all(exhibit.id)] if regions else []
            for region in (None, *marked):
                name = exhibit.label if region is None else f"{exhibit.label}, region {region.name}"
                with suppress(NotComparable):
                    found.append(self.analyses.patches(done[-1].id, name, region))
        return tuple(found)

    def as_exhibit(self, number: int, evidence: Evidence) -> Exhibit:
        """An exhibit with its last analysis, regions and notes, as window and report take it.

        Raises:
            CaseRefusal: if `evidence` is another file.
            ArtifactProblem: if an array of the analysis is missing or altered.
        """
        record = self.exhibits.get(number)
        if evidence.identity.sha256 != record.sha256:
            raise CaseRefusal(f"{evidence.identity.name} is not the original of exhibit {record.label}")
        analysis = self.analyses.latest(number)
        notes = [note.text for note in self.notes.all(number) if note.region is None]
        return Exhibit(
            evidence=evidence,
            result=None if analysis is None else self.analyses.result(analysis.id),
            failure="" if analysis is None else failure_of(analysis),
            regions=tuple(found.region for found in self.regions.all(number)),
            note="\n\n".join(notes),
            record=record,
        )

    def verify(self, anchors: Sequence[Anchor] = (), *, originals: bool = True) -> Verification:
        """Check the log, the tables against it, arrays and originals against their hashes, the log against anchors.

        Args:
            anchors: from outside of the case.
            originals: whether the exhibits' files are hashed again.
        """
        return drain(self.verify_steps(anchors, originals=originals))

    def verify_steps(
        self, anchors: Sequence[Anchor] = (), *, originals: bool = True
    ) -> Generator[Progress, None, Verification]:
        """`verify` as a computation that says how far it is."""
        return verify_steps(self._store, anchors, originals=originals)


def _check_pages(store: Store) -> None:
    """Refuse a file that is cut short before anything builds upon it.

    Raises:
        CaseDamaged: if SQLite finds it damaged.
    """
    with store.reading() as connection:
        state = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar_one()
    if state != "ok":
        raise CaseDamaged(store.folder, f"the case file is damaged ({state})")


def _check_tables(store: Store) -> None:
    """Refuse a file that has not the tables of a case.

    Raises:
        CaseDamaged: if one is missing.
    """
    with store.reading() as connection:
        present = schema.objects(connection)
    missing = [table.name for table in (*schema.CONTENT, schema.log) if f"table {table.name}" not in present]
    if missing:
        raise CaseDamaged(store.folder, f"the case file lacks {', '.join(missing)}")
