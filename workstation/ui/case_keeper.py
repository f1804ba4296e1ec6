"""What stands in the window is brought into the case: only what differs is written, so that a failed step is repeated.

No Qt here; what reads or writes runs in the lane of the case.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, Any, Protocol

from workstation.analysis.colours import COLOURED
from workstation.analysis.embeddings_aside import embeddings_aside
from workstation.analysis.regions import Region
from workstation.analysis.result import AnalysisRequest, AnalysisResult
from workstation.casework import CaseDetails, Entry, ExhibitRecord, NoteRecord
from workstation.casework.records import BookmarkRecord, Coverage, RegionRecord, TagRecord
from workstation.errors import WorkstationError
from workstation.evidence.record import Evidence
from workstation.progress import Progress
from workstation.ui.marks import Bookmark, Marks
from workstation.ui.shown_text import visible
from workstation.ui.view_state import ViewState

if TYPE_CHECKING:
    from workstation.casework import CaseFile

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class NewCase:
    """What a new case is asked for; "" = not stated."""

    folder: Path
    title: str
    operator: str
    number: str = ""
    laboratory: str = ""
    client: str = ""
    received: str = ""
    legal_authority: str = ""
    question: str = ""
    blind: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Wanted:
    """How an exhibit shall stand in the case.

    Attributes:
        marks: regions, note and bookmarks.
        result: of the last analysis, None for none.
        failure: request and reason of an analysis that failed, None if none did.
        boxes: parts (x, y, width, height in stored pixels) that were on the screen at 100 % or more.
        size: (height, width) of the stored image; None while it is read again.
    """

    marks: Marks
    result: AnalysisResult | None
    failure: tuple[AnalysisRequest, str] | None
    boxes: tuple[Box, ...]
    size: tuple[int, int] | None

    def after(self, earlier: Wanted | None) -> Wanted:
        """The same, with what was viewed before and is not written yet; all else of `earlier` is out of date."""
        if earlier is None:
            return self
        return replace(self, boxes=(*earlier.boxes, *self.boxes), size=self.size or earlier.size)


@dataclass(frozen=True, slots=True, eq=False)
class TakenIn:
    """An exhibit as the case gives it to the window.

    Attributes:
        record: what the case says of it.
        marks: what was added to it in earlier sessions.
        result: of its last analysis, or None.
        problem: why its analysis cannot be read, or None.
    """

    record: ExhibitRecord
    marks: Marks
    result: AnalysisResult | None
    problem: WorkstationError | None = None


@dataclass(frozen=True, slots=True, eq=False)
class CaseView:
    """The case as the window shows it, at one moment.

    Attributes:
        folder, details, operator: which case, and in whose name it is written.
        read_only, holder, warnings: how it is open; `holder` is "" or says who writes it.
        exhibits, notes, regions, bookmarks: all of them, oldest first.
        coverage, tags: by the exhibit's number.
        history: entries of the audit log, oldest first.
    """

    folder: Path
    details: CaseDetails
    operator: str
    read_only: bool
    holder: str
    warnings: tuple[str, ...]
    exhibits: tuple[ExhibitRecord, ...] = ()
    notes: tuple[NoteRecord, ...] = ()
    regions: tuple[RegionRecord, ...] = ()
    bookmarks: tuple[BookmarkRecord, ...] = ()
    coverage: Mapping[int, Coverage] = field(default_factory=dict)
    tags: Mapping[int, Sequence[str]] = field(default_factory=dict)
    history: tuple[Entry, ...] = ()

    @property
    def noted_regions(self) -> tuple[RegionRecord, ...]:
        """Regions that something is written on."""
        return tuple(record for record in self.regions if record.region.note.strip())

    def exhibit(self, number: int) -> ExhibitRecord | None:
        """The exhibit with this number."""
        return next((record for record in self.exhibits if record.id == number), None)

    def with_hash(self, sha256: str) -> ExhibitRecord | None:
        """The exhibit whose file has this hash, if it was not withdrawn."""
        present = (record for record in self.exhibits if record.withdrawn is None)
        return next((record for record in present if record.sha256 == sha256), None)


class ChangedOriginal(WorkstationError):
    """A file stands where the original of an exhibit was, but its bytes are others."""

    remedy = (
        "Look for the original: Case panel, Exhibits, right click, Find the original. To examine these bytes too, open "
        "them from a copy under another name."
    )

    def __init__(self, record: ExhibitRecord) -> None:
        super().__init__(
            f"“{visible(record.name)}” is not the original of exhibit {record.label} any more: its SHA-256 differs"
        )


class OpenTwice(WorkstationError):
    """Two files with the same bytes are open, and are one exhibit of the case."""

    remedy = "What was marked on both stands on the exhibit that stays open."

    def __init__(self, name: str, other: str, label: str) -> None:
        super().__init__(f"“{name}” has the bytes of “{other}”, which is open as exhibit {label}: it was closed again")


class _Shelf(Protocol):
    """A shelf of the case from which something can be removed."""

    def remove(self, number: int) -> None: ...


@dataclass(slots=True)
class _Known:
    """What the case has of one exhibit: name → (number, value)."""

    regions: dict[str, tuple[int, Region]] = field(default_factory=dict)
    bookmarks: dict[str, tuple[int, Bookmark]] = field(default_factory=dict)
    note: tuple[int, str] | None = None
    result: AnalysisResult | None = None
    failure: tuple[AnalysisRequest, str] | None = None


class CaseKeeper:
    """Writes into one open case what the window shows.

    Attributes:
        file: the case.
        turn: held by whoever writes several things: the lane, or the window that closes the case.
    """

    def __init__(self, file: CaseFile) -> None:
        self.file = file
        self.turn = RLock()
        self._known: dict[int, _Known] = {}
        self._history: list[Entry] = []

    @classmethod
    def create(cls, plan: NewCase) -> CaseKeeper:
        """Make a case.

        Raises:
            NotACase: if the folder holds one, or cannot be written.
        """
        from workstation.casework import CaseFile  # noqa: PLC0415 - SQLAlchemy loads when a case is asked for

        names = ("number", "laboratory", "client", "received", "legal_authority", "question")
        stated = {name: getattr(plan, name) or None for name in names}
        return cls(CaseFile.create(plan.folder, title=plan.title, operator=plan.operator, blind=plan.blind, **stated))

    @classmethod
    def open(cls, folder: Path, operator: str) -> CaseKeeper:
        """Open a case; for reading only where it cannot be written.

        Raises:
            CaseProblem: if it cannot be opened.
        """
        from workstation.casework import CaseFile  # noqa: PLC0415 - as above

        return cls(CaseFile.open(folder, operator=operator))

    def view(self) -> CaseView:
        """How the case stands now."""
        file = self.file
        self._history += file.history(first=len(self._history) + 1)
        return CaseView(
            folder=file.folder,
            details=file.details(),
            operator=file.operator,
            read_only=file.read_only,
            holder=file.holder.described if file.holder is not None else "",
            warnings=file.warnings,
            exhibits=file.exhibits.all(),
            notes=file.notes.all(),
            regions=file.regions.all(),
            bookmarks=file.bookmarks.all(),
            coverage={one.exhibit: one for one in file.coverage.all()},
            tags=_by_exhibit(file.tags.all()),
            history=tuple(self._history),
        )

    def take_in(self, evidence: Evidence) -> TakenIn | None:
        """The exhibit of a file, added if the case has none with this hash; None where it cannot be added.

        Raises:
            CaseProblem: if it cannot be written.
            ChangedOriginal: if another file stood at this path when the exhibit was taken in.
        """
        present = [record for record in self.file.exhibits.all() if record.withdrawn is None]
        record = next((one for one in present if one.sha256 == evidence.identity.sha256), None)
        if record is None:
            changed = [one for one in present if one.path == evidence.identity.path]
            if changed:
                raise ChangedOriginal(changed[0])
            if self.file.read_only:
                return None
            record = self.file.exhibits.add(evidence)
        known = self._known_of(record.id)
        marks = Marks(
            tuple(region for _, region in known.regions.values()),
            known.note[1] if known.note is not None else "",
            tuple(bookmark for _, bookmark in known.bookmarks.values()),
        )
        problem: WorkstationError | None = None
        if known.result is None and known.failure is None:
            latest = self.file.analyses.latest(record.id)
            try:
                stored = None if latest is None else self.file.analyses.result(latest.id)
                known.result = None if stored is None else embeddings_aside(stored)
            except WorkstationError as error:
                problem = error
        return TakenIn(record, marks, known.result, problem)

    def save(self, wanted: Mapping[int, Wanted]) -> None:
        """Bring exhibits to how they shall stand; what stands so already is left alone.

        Raises:
            CaseProblem: if it cannot be written; what was written before stays, and the call can be repeated.
            CaseRefusal: if the rules of the case do not allow it.
        """
        for number, one in wanted.items():
            known = self._known_of(number)
            self._save_regions(number, known, one.marks.regions)
            self._save_bookmarks(number, known, one.marks.bookmarks)
            self._save_note(number, known, one.marks.note)
            if one.result is not None and one.result is not known.result:
                self.file.analyses.add(number, one.result)
                known.result, known.failure = one.result, None
            if one.failure is not None and one.failure != known.failure:
                self.file.analyses.failed(number, *one.failure)
                known.failure = one.failure
            if one.boxes and one.size is not None:
                self.file.coverage.viewed(number, one.size, one.boxes)

    def forget_note(self, number: int) -> None:
        """Let the next note on an exhibit be another one: its notes were locked."""
        self._known_of(number).note = None

    def _known_of(self, number: int) -> _Known:
        if number not in self._known:
            file = self.file
            own = [note for note in file.notes.all(number) if note.region is None and not note.locked]
            self._known[number] = _Known(
                {one.region.name: (one.id, one.region) for one in file.regions.all(number)},
                {one.name: (one.id, bookmark_of(one)) for one in file.bookmarks.all(number)},
                (own[0].id, own[0].text) if own else None,
            )
        return self._known[number]

    def _save_regions(self, number: int, known: _Known, wanted: Iterable[Region]) -> None:
        shelf, there = self.file.regions, {region.name: region for region in wanted}
        _follow_renamed(known.regions, there, lambda region: replace(region, name=""))
        for name, region in there.items():
            if name not in known.regions:
                known.regions[name] = (shelf.add(number, region).id, region)
            elif known.regions[name][1] != region:
                row = known.regions[name][0]
                shelf.change(row, region)
                known.regions[name] = (row, region)
        _remove_others(shelf, known.regions, there)

    def _save_bookmarks(self, number: int, known: _Known, wanted: Iterable[Bookmark]) -> None:
        shelf, there = self.file.bookmarks, {bookmark.name: bookmark for bookmark in wanted}
        _follow_renamed(known.bookmarks, there, lambda bookmark: bookmark.view)
        for name, bookmark in there.items():
            if name not in known.bookmarks:
                made = shelf.add(number, name, asdict(bookmark.view), verdict=bookmark.verdict, note=bookmark.note)
                known.bookmarks[name] = (made.id, bookmark)
            elif known.bookmarks[name][1] != bookmark:
                row = known.bookmarks[name][0]
                shelf.change(row, name=name, verdict=bookmark.verdict, note=bookmark.note)
                known.bookmarks[name] = (row, bookmark)
        _remove_others(shelf, known.bookmarks, there)

    def _save_note(self, number: int, known: _Known, text: str) -> None:
        if known.note is None and text:
            known.note = (self.file.notes.add(text, exhibit=number).id, text)
        elif known.note is not None and not text:
            self.file.notes.remove(known.note[0])
            known.note = None
        elif known.note is not None and text != known.note[1]:
            self.file.notes.change(known.note[0], text)
            known.note = (known.note[0], text)


def bookmark_of(record: BookmarkRecord) -> Bookmark:
    """A bookmark of the case as the window keeps it; a view that another program wrote lacks what only we know."""
    view = dict(record.view)
    limits = view.get("limits")
    pair = (float(limits[0]), float(limits[1])) if isinstance(limits, list | tuple) and len(limits) == 2 else None  # type: ignore[arg-type]  # numbers by their own schema
    state = ViewState(
        x=_number(view.get("x")),
        y=_number(view.get("y")),
        zoom=_number(view.get("zoom"), 1.0),
        fitted=view.get("fitted") is True,
        layer=str(view.get("layer", "original")),
        opacity=_number(view.get("opacity"), 1.0),
        limits=pair,
        contours=view.get("contours") is True,
        seen_from=str(view.get("seen_from", "")),
        component=next((number for number in range(1, COLOURED + 1) if view.get("component") == number), 0),
    )
    return Bookmark(record.name, state, record.verdict, record.note)


def opening(
    folder: Path, operator: str, open_now: CaseKeeper | None = None
) -> Generator[Progress, None, tuple[CaseKeeper, CaseView] | None]:
    """Open a case, as a job; None where it is the one that is open for writing now, which nothing may open twice."""
    yield Progress("opening the case")
    if open_now is not None and not open_now.file.read_only and _same_place(folder, open_now.file.folder):
        return None
    return _with_view(CaseKeeper.open(folder, operator))


def creating(plan: NewCase) -> Generator[Progress, None, tuple[CaseKeeper, CaseView]]:
    """Make a case, as a job."""
    yield Progress("making the case")
    return _with_view(CaseKeeper.create(plan))


def saving(keeper: CaseKeeper, wanted: Mapping[int, Wanted]) -> Generator[Progress, None, CaseView]:
    """Save exhibits, as a job."""
    yield Progress("saving the case")
    with keeper.turn:
        keeper.save(wanted)
        return keeper.view()


def taking_in(keeper: CaseKeeper, evidence: Evidence) -> Generator[Progress, None, tuple[TakenIn | None, CaseView]]:
    """Take an exhibit in, as a job."""
    yield Progress("taking the exhibit in")
    with keeper.turn:
        return keeper.take_in(evidence), keeper.view()


def changing(keeper: CaseKeeper, step: Any) -> Generator[Progress, None, tuple[Any, CaseView]]:
    """Do one more thing with the case (`step` gets the keeper), as a job."""
    yield Progress("changing the case")
    outcome = step(keeper)
    return outcome, keeper.view()


def _with_view(keeper: CaseKeeper) -> tuple[CaseKeeper, CaseView]:
    try:
        return keeper, keeper.view()
    except BaseException:
        keeper.file.close()
        raise


def _same_place(folder: Path, other: Path) -> bool:
    with suppress(OSError):  # one that is not there is another one
        return folder.samefile(other)
    return False


def _follow_renamed(known: dict[str, tuple[int, Any]], there: Mapping[str, Any], essence: Any) -> None:
    """What has only another name keeps its number."""
    gone = [name for name in known if name not in there]
    for name, value in there.items():
        if name in known:
            continue
        for old in gone:
            if essence(known[old][1]) == essence(value):
                known[name] = known.pop(old)
                gone.remove(old)
                break


def _remove_others(shelf: _Shelf, known: dict[str, tuple[int, Any]], there: Mapping[str, Any]) -> None:
    for name in [name for name in known if name not in there]:
        shelf.remove(known[name][0])
        del known[name]


def _number(value: object, missing: float = 0.0) -> float:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else missing


def _by_exhibit(tags: Iterable[TagRecord]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for tag in tags:
        found.setdefault(tag.exhibit, []).append(tag.word)
    return found
