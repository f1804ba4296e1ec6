"""Folders are opened: their image files one after the other."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal, Slot

from workstation.errors import number_of
from workstation.evidence import FolderListing
from workstation.ui.heard import Heard
from workstation.ui.jobs import JobQueue
from workstation.ui.opening import OpeningDesk
from workstation.ui.session import OpenExhibit, Session
from workstation.ui.shown_text import visible
from workstation.ui.work import Work

MOST_OPEN = 1000
"""Exhibits after which no further file of a folder is opened: metadata, thumbnails and maps of all stay in memory."""


class FolderDesk(QObject):
    """Looks through a folder and opens what it finds; several folders wait for each other.

    Signals:
        told: a sentence and its kind ("information", "warning", "error"): what became of a folder.
        failed: carries the `WorkstationError` that kept a folder from being looked through.
        case_found: what was to be opened is a case; carries its folder.
    """

    told = Signal(str, str)
    failed = Signal(object)
    case_found = Signal(object)

    def __init__(self, session: Session, jobs: JobQueue, work: Work, opening: OpeningDesk, parent: QObject) -> None:
        super().__init__(parent)
        self._session, self._jobs, self._work, self._opening = session, jobs, work, opening
        self._waiting: deque[_Batch] = deque()
        self._current: OpenExhibit | None = None
        opening.folder_found.connect(self.open)
        opening.picture_arrived.connect(self._go_on)
        # Queued: why one file cannot be opened is said before what became of its folder.
        opening.opening_failed.connect(self._count_failed, Qt.ConnectionType.QueuedConnection)
        session.removed.connect(self._stop)

    @property
    def is_busy(self) -> bool:
        """Whether files of a folder are still to be opened."""
        return bool(self._waiting)

    @Slot(object)
    def open(self, folder: Path) -> None:
        """Open the image files in a folder and below it; a case is opened as one."""
        look = self._work.look_through
        job = self._jobs.submit(
            f"looking through “{visible(folder.name or str(folder))}”", lambda: look(folder), passing=True
        )
        Heard(job, lambda listing: self._take(folder, listing), self.failed.emit)

    def open_case(self, title: str, files: Sequence[Path], missing: int) -> None:
        """Open the exhibits of a case as the files of a folder are opened; what is looked at stays.

        Args:
            title: of the case.
            files: of the exhibits, in their order.
            missing: how many originals are not where they were.
        """
        self._begin(_CaseBatch(Path(title), FolderListing(tuple(files), missing, ())))

    def _take(self, folder: Path, listing: FolderListing | None) -> None:
        if listing is None:
            self.case_found.emit(folder)
        else:
            self._begin(_Batch(folder, listing))

    def _begin(self, batch: _Batch) -> None:
        if not batch.files:
            self.told.emit(batch.nothing_words, "warning")
            return
        self._waiting.append(batch)
        if len(self._waiting) == 1:
            self._open_next()

    def _open_next(self) -> None:
        """Open the next file that is not open yet, or say what became of the folder."""
        while self._waiting:
            batch = self._waiting[0]
            while batch.files:
                path = batch.files[0].absolute()
                known = self._session.with_path(path)
                if known is None and len(self._session.exhibits) >= MOST_OPEN:
                    break
                batch.files.popleft()
                batch.opened += 1
                exhibit = known or self._opening.add(path)
                if batch.opened == 1 and batch.comes_to_the_front:
                    self._session.select(exhibit)
                if known is None:
                    self._current = exhibit
                    return
            self._end(batch, f"{MOST_OPEN:,} exhibits at a time" if batch.files else "")

    @Slot(object)
    def _go_on(self, exhibit: OpenExhibit) -> None:
        """The file that was waited for is there."""
        if exhibit is self._current:
            self._current = None
            self._open_next()

    @Slot(object)
    def _count_failed(self, exhibit: OpenExhibit) -> None:
        """It cannot be opened, which the others need not wait for."""
        if exhibit is self._current:
            self._waiting[0].failed += 1
            self._go_on(exhibit)

    @Slot(object)
    def _stop(self, exhibit: OpenExhibit) -> None:
        """Whoever closes or cancels the file that is being opened wants no more of its folder."""
        if exhibit is self._current:
            self._current = None
            batch = self._waiting[0]
            batch.opened -= 1
            batch.files.appendleft(exhibit.path)
            self._end(batch, "stopped")
            self._open_next()

    def _end(self, batch: _Batch, why: str) -> None:
        self._waiting.popleft()
        kind = "warning" if batch.files or batch.failed or batch.listing.unreadable else "information"
        self.told.emit(batch.words(why), kind)


class _Batch:
    """The files of one folder that are still to be opened.

    Attributes:
        files: that wait.
        opened: how many are in the list of exhibits.
        failed: how many of these cannot be opened.
        comes_to_the_front: whether the first of them is looked at.
        what: one of the files, and several of them.
    """

    comes_to_the_front = True
    what = ("image file", "image files")

    def __init__(self, folder: Path, listing: FolderListing) -> None:
        self.folder, self.listing = folder, listing
        self.files, self.opened, self.failed = deque(listing.files), 0, 0

    @property
    def _name(self) -> str:
        return f"the folder “{visible(self.folder.name or str(self.folder))}”"

    @property
    def nothing_words(self) -> str:
        """There is nothing to open."""
        return f"There are no image files that Exifact opens in {self._name}.{self._aside}"

    def words(self, why: str) -> str:
        """What became of the folder; `why` it was not opened to its end."""
        count = len(self.listing.files)
        if self.opened - self.failed == count:
            number = number_of(count, *self.what)
            return f"{number} of {self._name} {'is' if count == 1 else 'are'} open.{self._aside}"
        said = f"{self.opened - self.failed} of {count} {self.what[1]} of {self._name} are open"
        if not self.files:
            return f"{said}.{self._aside}"
        return (
            f"{said}: {why}. For all of them there are `exifact analyze` and `exifact case add`, which take folders "
            f"and read one file at a time.{self._aside}"
        )

    @property
    def _aside(self) -> str:
        unreadable = len(self.listing.unreadable)
        said = f" {self.failed} cannot be opened: see Exhibits." if self.failed else ""
        said += self._left_out
        if unreadable:
            said += f" {number_of(unreadable, 'folder')} cannot be read."
        return said

    @property
    def _left_out(self) -> str:
        return f" {number_of(self.listing.others, 'other file')} left out." if self.listing.others else ""


class _CaseBatch(_Batch):
    """The exhibits of a case that are still to be opened; those whose original is gone are the listing's others."""

    comes_to_the_front = False
    what = ("exhibit", "exhibits")

    @property
    def _name(self) -> str:
        return f"the case “{self.folder}”"

    @property
    def nothing_words(self) -> str:
        """There is nothing to open."""
        return f"No exhibit of {self._name} is where it was.{self._left_out}"

    @property
    def _left_out(self) -> str:
        count = self.listing.others
        if not count:
            return ""
        if count == 1:
            return " 1 original is not where it was: find it in the case panel."
        return f" {count} originals are not where they were: find them in the case panel."
