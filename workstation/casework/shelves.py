"""What analysts put into a case: one shelf per kind, each change one entry of the audit log."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, Generic, TypeVar

from sqlalchemy import Table

from workstation.analysis.regions import Region
from workstation.casework import schema
from workstation.casework.canonical import Json
from workstation.casework.log import now
from workstation.casework.problems import CaseDamaged, CaseRefusal
from workstation.casework.records import (
    SUPPORT,
    BookmarkRecord,
    IssuedReport,
    NoteRecord,
    Opinion,
    RegionRecord,
    Review,
    Support,
    TagRecord,
    Verdict,
)
from workstation.casework.store import Store

R = TypeVar("R")

VIEW = ("x", "y", "zoom", "layer", "opacity")
"""What a bookmark's view holds at least."""
VERDICTS = ("ok", "to be checked", "warning")


class Shelf(Generic[R]):
    """One kind of thing in a case."""

    table: ClassVar[Table]

    def __init__(self, store: Store) -> None:
        self._store = store

    def get(self, number: int) -> R:
        """One of them.

        Raises:
            Unknown: if there is none of this number.
            CaseDamaged: if its row holds what no case writes.
        """
        return self._read(self._store.row(self.table, number))

    def all(self, exhibit: int | None = None) -> tuple[R, ...]:
        """All of them, or those of one exhibit, oldest first."""
        equal = {} if exhibit is None else {"exhibit": exhibit}
        return tuple(self._read(row) for row in self._store.rows(self.table, **equal))

    def _read(self, row: Mapping[str, Any]) -> R:
        """A row as a record; another program may have written into it what a case never holds."""
        try:
            return self._view(row)
        except (TypeError, ValueError, ZeroDivisionError, zlib.error) as problem:
            what = f"{self.table.name} {row['id']} cannot be read ({problem})"
            raise CaseDamaged(self._store.folder, what) from problem

    def _view(self, row: Mapping[str, Any]) -> R:
        raise NotImplementedError


class Regions(Shelf[RegionRecord]):
    """Regions of exhibits."""

    table = schema.regions

    def add(self, exhibit: int, region: Region) -> RegionRecord:
        """Mark a region ("region.add")."""
        with self._store.change("region.add") as draft:
            number = draft.insert(self.table, {"exhibit": exhibit, **_of_region(region)})
        return self.get(number)

    def change(self, number: int, region: Region) -> RegionRecord:
        """Replace a region's name, geometry and note ("region.change")."""
        with self._store.change("region.change") as draft:
            draft.update(self.table, number, _of_region(region))
        return self.get(number)

    def remove(self, number: int) -> None:
        """Remove a region; the log keeps it ("region.remove")."""
        with self._store.change("region.remove") as draft:
            draft.delete(self.table, number)

    def _view(self, row: Mapping[str, Any]) -> RegionRecord:
        points = tuple((float(x), float(y)) for x, y in row["points"])
        return RegionRecord(row["id"], row["exhibit"], Region(row["name"], row["kind"], points, row["note"]))


class Notes(Shelf[NoteRecord]):
    """Notes on the case, on exhibits, on regions."""

    table = schema.notes

    def add(self, text: str, *, exhibit: int | None = None, region: int | None = None) -> NoteRecord:
        """Write a note ("note.add"); on an exhibit whose metadata are hidden it is a pixel-only note.

        Raises:
            CaseRefusal: if the exhibit's pixel-only notes are locked and its metadata not revealed yet.
        """
        if region is not None:
            exhibit = int(self._store.row(schema.regions, region)["exhibit"])
        state = "off" if exhibit is None else self._store.row(schema.exhibits, exhibit)["blind"]
        if state == "locked":
            raise CaseRefusal("the pixel-only notes on this exhibit are locked; reveal its metadata to go on")
        values = {
            "exhibit": exhibit,
            "region": region,
            "kind": "pixels" if state == "hidden" else "general",
            "text": text,
            "author": self._store.operator,
            "written": now(),
            "locked": 0,
        }
        with self._store.change("note.add") as draft:
            number = draft.insert(self.table, values)
        return self.get(number)

    def change(self, number: int, text: str) -> NoteRecord:
        """Write a note anew; the log keeps the words before ("note.change").

        Raises:
            CaseRefusal: if it is locked.
        """
        self._refuse_locked(number)
        with self._store.change("note.change") as draft:
            draft.update(self.table, number, {"text": text})
        return self.get(number)

    def remove(self, number: int) -> None:
        """Remove a note; the log keeps it ("note.remove").

        Raises:
            CaseRefusal: if it is locked.
        """
        self._refuse_locked(number)
        with self._store.change("note.remove") as draft:
            draft.delete(self.table, number)

    def _refuse_locked(self, number: int) -> None:
        if self.get(number).locked:
            raise CaseRefusal("this pixel-only note is locked; write another note that corrects it")

    def _view(self, row: Mapping[str, Any]) -> NoteRecord:
        return NoteRecord(**{**row, "locked": bool(row["locked"])})


class Bookmarks(Shelf[BookmarkRecord]):
    """Views to come back to."""

    table = schema.bookmarks

    def add(
        self, exhibit: int, name: str, view: Mapping[str, Json], *, verdict: Verdict = "to be checked", note: str = ""
    ) -> BookmarkRecord:
        """Keep a view ("bookmark.add").

        Raises:
            CaseRefusal: if the view lacks one of `VIEW`, or the verdict is none.
        """
        missing = [key for key in VIEW if key not in view]
        if missing:
            raise CaseRefusal(f"a bookmark's view needs {', '.join(missing)}")
        values = {"exhibit": exhibit, "name": name, "verdict": _verdict(verdict), "note": note, "view": dict(view)}
        with self._store.change("bookmark.add") as draft:
            number = draft.insert(self.table, values)
        return self.get(number)

    def change(
        self, number: int, *, name: str | None = None, verdict: Verdict | None = None, note: str | None = None
    ) -> BookmarkRecord:
        """Change what is said about a view ("bookmark.change")."""
        values = {"name": name, "verdict": None if verdict is None else _verdict(verdict), "note": note}
        with self._store.change("bookmark.change") as draft:
            draft.update(self.table, number, {key: value for key, value in values.items() if value is not None})
        return self.get(number)

    def remove(self, number: int) -> None:
        """Remove a bookmark; the log keeps it ("bookmark.remove")."""
        with self._store.change("bookmark.remove") as draft:
            draft.delete(self.table, number)

    def _view(self, row: Mapping[str, Any]) -> BookmarkRecord:
        return BookmarkRecord(**row)


class Tags(Shelf[TagRecord]):
    """Words on exhibits."""

    table = schema.tags

    def add(self, exhibit: int, word: str) -> TagRecord:
        """Tag an exhibit ("tag.add"); one that it has already stays as it is, blanks around a word do not count.

        Raises:
            CaseRefusal: if the word is empty.
        """
        word = word.strip()
        if not word:
            raise CaseRefusal("a word to find an exhibit by cannot be empty")
        present = self._store.rows(self.table, exhibit=exhibit, word=word)
        if present:
            return self._read(present[0])
        with self._store.change("tag.add") as draft:
            number = draft.insert(self.table, {"exhibit": exhibit, "word": word})
        return self.get(number)

    def remove(self, exhibit: int, word: str) -> None:
        """Take a tag off ("tag.remove")."""
        for row in self._store.rows(self.table, exhibit=exhibit, word=word):
            with self._store.change("tag.remove") as draft:
                draft.delete(self.table, row["id"])

    def of(self, exhibit: int) -> tuple[str, ...]:
        """The words on an exhibit, oldest first."""
        return tuple(record.word for record in self.all(exhibit))

    def replace(self, exhibit: int, words: Iterable[str]) -> None:
        """Let an exhibit have these words and no others; each difference is an entry."""
        wanted = list(dict.fromkeys(stripped for word in words if (stripped := word.strip())))
        for word in self.of(exhibit):
            if word not in wanted:
                self.remove(exhibit, word)
        for word in wanted:
            self.add(exhibit, word)

    def _view(self, row: Mapping[str, Any]) -> TagRecord:
        return TagRecord(**row)


class Opinions(Shelf[Opinion]):
    """What examiners hold the findings to mean."""

    table = schema.opinions

    def add(
        self,
        issue: str,
        propositions: Sequence[str],
        *,
        support: Support,
        favoured: int | None,
        reasons: str,
        exhibits: Sequence[int] = (),
        analyses: Sequence[int] = (),
    ) -> Opinion:
        """State an opinion ("opinion.add").

        Raises:
            CaseRefusal: without a question that it answers, with fewer than two propositions, an unknown level, or a
                favoured one without any support.
        """
        if not issue.strip():
            raise CaseRefusal("an opinion answers a question")
        _check_opinion(propositions, support, favoured)
        values = {
            "issue": issue,
            "propositions": list(propositions),
            "favoured": favoured,
            "support": support,
            "reasons": reasons,
            "exhibits": list(exhibits),
            "analyses": list(analyses),
            "author": self._store.operator,
            "formed": now(),
        }
        with self._store.change("opinion.add") as draft:
            for exhibit in exhibits:
                self._store.row(schema.exhibits, exhibit)
            number = draft.insert(self.table, values)
        return self.get(number)

    def withdraw(self, number: int, reason: str) -> Opinion:
        """Say that an opinion no longer stands ("opinion.withdraw"); it stays in the case."""
        with self._store.change("opinion.withdraw") as draft:
            draft.update(self.table, number, {"withdrawn": reason})
        return self.get(number)

    def _view(self, row: Mapping[str, Any]) -> Opinion:
        lists = {name: tuple(row[name]) for name in ("propositions", "exhibits", "analyses")}
        return Opinion(**{**row, **lists})


class Reviews(Shelf[Review]):
    """Second examiners' words."""

    table = schema.reviews

    def add(self, reviewer: str, *, kind: str, outcome: str, text: str = "") -> Review:
        """Record a review ("review.add"); it cannot be undone, only followed by another.

        Raises:
            CaseRefusal: for an unknown kind or outcome, or without a reviewer.
        """
        if not reviewer.strip():
            raise CaseRefusal("a review needs the reviewer's name")
        if kind not in ("technical", "administrative"):
            raise CaseRefusal("a review is technical or administrative")
        if outcome not in ("agreed", "agreed with remarks", "not agreed"):
            raise CaseRefusal("a review ends with agreed, agreed with remarks, or not agreed")
        values = {"reviewer": reviewer, "kind": kind, "outcome": outcome, "text": text, "reviewed": now()}
        with self._store.change("review.add") as draft:
            number = draft.insert(self.table, values)
        return self.get(number)

    def _view(self, row: Mapping[str, Any]) -> Review:
        return Review(**row)


class Reports(Shelf[IssuedReport]):
    """Reports that left the program."""

    table = schema.reports

    def issued(self, number: str, *, issued: str, name: str, sha256: str, head: str, entries: int) -> IssuedReport:
        """Record that a report was written ("report.issue"), with the head that it prints."""
        values = {
            "number": number,
            "issued": issued,
            "name": name,
            "sha256": sha256,
            "head": head,
            "entries": entries,
        }
        with self._store.change("report.issue") as draft:
            row = draft.insert(self.table, values)
        return self.get(row)

    def _view(self, row: Mapping[str, Any]) -> IssuedReport:
        return IssuedReport(**row)


def _of_region(region: Region) -> dict[str, Any]:
    points = [[float(x), float(y)] for x, y in region.points]
    return {"name": region.name, "kind": region.kind, "points": points, "note": region.note}


def _verdict(verdict: str) -> str:
    if verdict not in VERDICTS:
        raise CaseRefusal(f"a bookmark says {', '.join(VERDICTS)}")
    return verdict


def _check_opinion(propositions: Sequence[str], support: str, favoured: int | None) -> None:
    if len({text.strip() for text in propositions} - {""}) < 2:
        raise CaseRefusal("an opinion weighs at least two different propositions")
    if support not in SUPPORT:
        raise CaseRefusal(f"the level of support is one of: {', '.join(SUPPORT)}")
    if favoured is not None and not 0 <= favoured < len(propositions):
        raise CaseRefusal("the favoured proposition is none of those that are weighed")
    if (support == SUPPORT[0]) != (favoured is None):
        raise CaseRefusal("an opinion favours a proposition exactly if there is support for it")
