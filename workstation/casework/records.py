"""What a case holds, as frozen values: views of rows, never the rows themselves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from workstation.analysis.regions import Region
from workstation.casework.canonical import Json
from workstation.casework.log import Entry, Head
from workstation.evidence.record import FileIdentity

BlindState: TypeAlias = Literal["off", "hidden", "locked", "revealed"]
NoteKind: TypeAlias = Literal["pixels", "general"]
Verdict: TypeAlias = Literal["ok", "to be checked", "warning"]
Support: TypeAlias = Literal[
    "no support", "weak", "moderate", "moderately strong", "strong", "very strong", "extremely strong"
]
SUPPORT: tuple[Support, ...] = (
    "no support",
    "weak",
    "moderate",
    "moderately strong",
    "strong",
    "very strong",
    "extremely strong",
)
"""Levels of support for one proposition rather than the other, rising (ENFSI guideline for evaluative reports 2015)."""


@dataclass(frozen=True, slots=True)
class CaseDetails:
    """What the case is about. None = not stated; the program never fills such a field in.

    Attributes:
        identifier: 32 hexadecimal digits, made at random with the case.
        title: of the case.
        number: the laboratory's or the court's.
        laboratory: that works on it.
        client: who asked for the examination; received: when the order came, as the analyst states it.
        legal_authority: on which the examination rests.
        question: that was asked.
        blind: whether new exhibits start with their metadata hidden.
        created: UTC, ISO 8601.
    """

    identifier: str
    title: str
    number: str | None
    laboratory: str | None
    client: str | None
    received: str | None
    legal_authority: str | None
    question: str | None
    blind: bool
    created: str


@dataclass(frozen=True, slots=True)
class ExhibitRecord:
    """One exhibit as the case knows it.

    Attributes:
        id: number within the case; that of the log entry that added it.
        label: the analyst's ("1", "2", ... or "KT-7/2"), unique in the case.
        path: where the original was when it was added or last found.
        stored: name of the copy in the folder `originals/`, None where the original is only referenced.
        size, sha256, sha1, md5: at intake.
        modified, opened: UTC, ISO 8601: the file's own time, and when it was hashed.
        format: told by content, None where it was not looked at; height, width: of the stored image, likewise.
        received, received_by, received_from: when, by whom, from whom the exhibit came; None = not stated.
        description: the analyst's words, None = not stated.
        blind: "off"; "hidden" (pixel-only notes are being written), "locked" (they stand), "revealed".
        withdrawn: why the exhibit is no longer part of the examination, None if it is.
    """

    id: int
    label: str
    name: str
    path: Path
    stored: str | None
    size: int
    sha256: str
    sha1: str
    md5: str
    modified: str | None
    opened: str | None
    format: str | None
    height: int | None
    width: int | None
    received: str | None
    received_by: str | None
    received_from: str | None
    description: str | None
    blind: BlindState
    withdrawn: str | None

    @property
    def metadata_hidden(self) -> bool:
        """Whether nothing may show what the file says about itself."""
        return self.blind in ("hidden", "locked")

    @property
    def identity(self) -> FileIdentity:
        """Hashes and times at intake, at the path where the original is now looked for."""
        return FileIdentity(
            path=self.path,
            name=self.name,
            size=self.size,
            sha256=self.sha256,
            sha1=self.sha1,
            md5=self.md5,
            modified=self.modified or "",
            opened=self.opened or "",
        )


@dataclass(frozen=True, slots=True)
class AnalysisRecord:
    """One analysis, without its arrays.

    Attributes:
        id, exhibit: numbers in the case.
        status: "complete", "not assessable" or "failed".
        reason: why it is not complete, "" if it is.
        weights, started: of its provenance; None where it failed.
        content: the whole `AnalysisResult` as JSON, arrays as their names (see `packing`); if failed, the request.
        arrays: place in the result → SHA-256 of the array's file.
    """

    id: int
    exhibit: int
    status: Literal["complete", "not assessable", "failed"]
    reason: str
    weights: str | None
    started: str | None
    content: Mapping[str, Json]
    arrays: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class RegionRecord:
    """A region of an exhibit; `region` is what analysis and report work with."""

    id: int
    exhibit: int
    region: Region


@dataclass(frozen=True, slots=True)
class NoteRecord:
    """A note.

    Attributes:
        exhibit, region: that it speaks of; None = of the case, or of the whole exhibit.
        kind: "pixels" = written while the metadata were hidden; "general" = all others.
        author, written: who and when (UTC, ISO 8601).
        locked: whether it can no longer be changed.
    """

    id: int
    exhibit: int | None
    region: int | None
    kind: NoteKind
    text: str
    author: str
    written: str
    locked: bool


@dataclass(frozen=True, slots=True)
class BookmarkRecord:
    """A view to come back to.

    Attributes:
        verdict: "ok", "to be checked" or "warning".
        note: the analyst's words.
        view: what restores it: at least x, y, zoom, layer, opacity, and whatever else the window keeps.
    """

    id: int
    exhibit: int
    name: str
    verdict: Verdict
    note: str
    view: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class TagRecord:
    """A word on an exhibit."""

    id: int
    exhibit: int
    word: str


@dataclass(frozen=True, slots=True)
class Opinion:
    """What the examiner holds the findings to mean.

    Attributes:
        issue: the question that it answers.
        propositions: at least two that exclude each other.
        favoured: position in `propositions` of the one that the findings support more; None = neither.
        support: how much more.
        reasons: in words.
        exhibits, analyses: numbers of those that it rests on.
        author, formed: who and when (UTC, ISO 8601).
        withdrawn: why it no longer stands, None if it does.
    """

    id: int
    issue: str
    propositions: tuple[str, ...]
    favoured: int | None
    support: Support
    reasons: str
    exhibits: tuple[int, ...]
    analyses: tuple[int, ...]
    author: str
    formed: str
    withdrawn: str | None


@dataclass(frozen=True, slots=True)
class Review:
    """A second examiner's word.

    Attributes:
        kind: "technical" or "administrative".
        outcome: "agreed", "agreed with remarks" or "not agreed".
        reviewed: UTC, ISO 8601.
    """

    id: int
    reviewer: str
    kind: Literal["technical", "administrative"]
    outcome: Literal["agreed", "agreed with remarks", "not agreed"]
    text: str
    reviewed: str


@dataclass(frozen=True, slots=True, eq=False)
class Coverage:
    """Which parts of an exhibit were on the screen at 100 % or more.

    Attributes:
        exhibit: number.
        cell: side of a cell in stored pixels.
        height, width: of the stored image.
        seen: (rows, columns) bool; a cell counts once the whole of it was shown at a time.
    """

    exhibit: int
    cell: int
    height: int
    width: int
    seen: NDArray[np.bool_]

    @property
    def share(self) -> float:
        """Share of the image's area that was seen, 0..1."""
        return float((self.seen * self._areas()).sum() / (self.height * self.width))

    def unseen(self) -> tuple[tuple[int, int, int, int], ...]:
        """(x, y, width, height) of boxes that hold all that was not seen and nothing else, the largest first."""
        waiting: dict[tuple[int, int], int] = {}  # columns of a box that may go on → its first row
        found: list[tuple[int, int, int, int]] = []
        for row in range(self.seen.shape[0] + 1):
            runs = set(_runs(~self.seen[row])) if row < self.seen.shape[0] else set()
            ended = [run for run in waiting if run not in runs]
            found.extend(self._box(waiting.pop(run), row, *run) for run in ended)
            for run in runs:
                waiting.setdefault(run, row)
        return tuple(sorted(found, key=lambda box: (-box[2] * box[3], box[1], box[0])))

    def _box(self, top: int, bottom: int, left: int, right: int) -> tuple[int, int, int, int]:
        """Rows and columns of cells as a box of pixels, cut at the image's border."""
        x, y = left * self.cell, top * self.cell
        return x, y, min(right * self.cell, self.width) - x, min(bottom * self.cell, self.height) - y

    def _areas(self) -> NDArray[np.float64]:
        """(rows, columns) pixels of each cell; the last ones are cut by the border."""
        rows, columns = self.seen.shape
        down = np.minimum(np.arange(1, rows + 1) * self.cell, self.height) - np.arange(rows) * self.cell
        across = np.minimum(np.arange(1, columns + 1) * self.cell, self.width) - np.arange(columns) * self.cell
        return np.outer(down, across).astype(np.float64)


def _runs(row: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """(first, after the last) index of each run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], row, [False]))))
    return [(int(start), int(stop)) for start, stop in edges.reshape(-1, 2)]


@dataclass(frozen=True, slots=True)
class IssuedReport:
    """A report that left the program.

    Attributes:
        number, issued: as printed in it.
        name, sha256: of the file.
        head, entries: where the log ended when it was made, as printed in it.
    """

    id: int
    number: str
    issued: str
    name: str
    sha256: str
    head: str
    entries: int


@dataclass(frozen=True, slots=True, eq=False)
class CaseRecord:
    """All that a report prints of a case beside its findings, at one moment.

    Attributes:
        details: title, number, laboratory, legal authority, question.
        operator: who has the case open.
        exhibits: all of them, those withdrawn included.
        regions, notes, opinions, reviews, tags: all of them.
        coverage: of the exhibits that were looked at.
        reports: issued before.
        head: where the audit log ends.
        entries: the whole audit log, oldest first.
        warnings: about the place where the case lies.
    """

    details: CaseDetails
    operator: str
    exhibits: tuple[ExhibitRecord, ...]
    regions: tuple[RegionRecord, ...]
    notes: tuple[NoteRecord, ...]
    opinions: tuple[Opinion, ...]
    reviews: tuple[Review, ...]
    tags: tuple[TagRecord, ...]
    coverage: tuple[Coverage, ...]
    reports: tuple[IssuedReport, ...]
    head: Head
    entries: tuple[Entry, ...]
    warnings: tuple[str, ...] = ()

    def custody_of(self, exhibit: int) -> tuple[Entry, ...]:
        """Entries that speak of an exhibit: its chain of custody in this case."""
        return tuple(entry for entry in self.entries if exhibit in entry.exhibits)
