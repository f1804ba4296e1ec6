"""Files become exhibits of the session: opened, read again, checked against their hash."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes

from PySide6.QtCore import QObject, QUrl, Signal, Slot

from workstation.errors import FolderOpened, Unopenable, WorkstationError
from workstation.evidence import Rehash, laid_aside
from workstation.evidence.record import Evidence, Pixels
from workstation.progress import Progress
from workstation.settings import SettingsStore
from workstation.ui.jobs import Job, JobQueue
from workstation.ui.session import AnalysisState, HashState, OpenExhibit, Session
from workstation.ui.work import Thumbnail, Work

_OF_FILE = ("pixels", "thumbnail", "evidence", "result", "failure", "cancelled", "limits", "analysis", "hash_state")
"""What is known of an exhibit's file; what the case says of it is asked anew."""
HASH_STATES = {"match": HashState.MATCHES, "differs": HashState.DIFFERS, "vanished": HashState.GONE}


def path_of(url: QUrl) -> Path:
    """The file that the desktop hands over; on POSIX by its bytes, since Qt loses what is no UTF-8 in its name."""
    if os.name == "posix" and not url.host():
        return Path(os.fsdecode(unquote_to_bytes(url.path(QUrl.ComponentFormattingOption.FullyEncoded))))
    return Path(url.toLocalFile())


class OpeningDesk(QObject):
    """Opens files as jobs and puts what arrives into the session: the picture, the thumbnail, then the metadata.

    Signals:
        reopened: an `OpenExhibit` is read anew; nothing that was known of its file counts any more.
        picture_arrived: the pixels of an `OpenExhibit` are there.
        evidence_arrived: its metadata too.
        opening_failed: carries the `OpenExhibit`; its `problem` says why.
        hash_checked: carries the `OpenExhibit`.
        folder_found: what was to be opened is a folder; carries its `Path`.
    """

    reopened = Signal(object)
    picture_arrived = Signal(object)
    evidence_arrived = Signal(object)
    opening_failed = Signal(object)
    hash_checked = Signal(object)
    folder_found = Signal(object)

    def __init__(self, session: Session, jobs: JobQueue, work: Work, store: SettingsStore, parent: QObject) -> None:
        super().__init__(parent)
        self._session, self._jobs, self._work, self._store = session, jobs, work, store
        self._running: dict[int, Job] = {}
        session.removed.connect(self._forget)

    def open(self, paths: Iterable[Path]) -> None:
        """Open files; the first new one becomes the current exhibit, one that is open already is selected."""
        first: OpenExhibit | None = None
        for path in paths:
            exhibit = self.add(path)
            first = first or exhibit
        if first is not None:
            self._session.select(first)

    def add(self, path: Path) -> OpenExhibit:
        """Open a file that is not open yet, without looking at it."""
        absolute = path.absolute()
        exhibit = self._session.with_path(absolute)
        if exhibit is None:
            exhibit = self._session.add(absolute)
            self._start(exhibit)
        return exhibit

    def reopen(self, exhibit: OpenExhibit) -> None:
        """Read an exhibit's file again; marks stay, its result goes, because it belonged to other bytes.

        Where nothing can be read, or reading is cancelled, all stays as it was: there are no other bytes.
        """
        if exhibit.key in self._running or exhibit.is_busy:
            return
        before = None if exhibit.evidence is None else {name: getattr(exhibit, name) for name in _OF_FILE}
        self._session.update(
            exhibit,
            pixels=None,
            thumbnail=None,
            evidence=None,
            problem=None,
            result=None,
            failure=None,
            cancelled=None,
            limits=None,
            analysis=AnalysisState.NONE,
            hash_state=HashState.UNKNOWN,
            hash_words="",
            record=None,  # other bytes may stand there now: the case is asked anew
            was_entry=exhibit.was_entry if exhibit.record is None else exhibit.record.id,
        )
        self.reopened.emit(exhibit)
        self._start(exhibit, before)

    def check_hash(self, exhibit: OpenExhibit) -> Job | None:
        """Read the file again and compare its SHA-256 with the one taken on opening; None before it was taken."""
        evidence = exhibit.evidence
        if evidence is None:
            return None
        job = self._jobs.submit(
            f"checking the hash of “{exhibit.name}”",
            lambda: self._work.check_hash(evidence.identity),
            cancellable=False,
            passing=True,
        )
        _HashTask(self, self._session, exhibit, job)
        return job

    def _start(self, exhibit: OpenExhibit, before: Mapping[str, Any] | None = None) -> None:
        limit, path, work = self._store.current.max_pixels, exhibit.path, self._work
        job = self._jobs.submit(f"opening “{exhibit.name}”", lambda: work.open_file(path, limit), passing=True)
        self._running[exhibit.key] = job
        _OpeningTask(self, self._session, exhibit, job, before)

    @Slot(object)
    def _forget(self, exhibit: OpenExhibit) -> None:
        job = self._running.pop(exhibit.key, None)
        if job is not None:
            self._jobs.cancel(job)

    def _ended(self, exhibit: OpenExhibit) -> None:
        self._running.pop(exhibit.key, None)


class _OpeningTask(QObject):
    """Hears one opening job, in the GUI thread."""

    def __init__(
        self,
        desk: OpeningDesk,
        session: Session,
        exhibit: OpenExhibit,
        job: Job,
        before: Mapping[str, Any] | None,
    ) -> None:
        super().__init__(job)
        self._desk, self._session, self._exhibit, self._before = desk, session, exhibit, before
        job.progressed.connect(self.progress)
        job.finished.connect(self.finish)
        job.failed.connect(self.fail)
        job.cancelled.connect(self.cancel)

    @Slot(object)
    def progress(self, progress: Progress) -> None:
        """Take the picture or the thumbnail."""
        if isinstance(progress.partial, Pixels):
            self._session.update(self._exhibit, pixels=progress.partial, progress=progress)
            self._desk.picture_arrived.emit(self._exhibit)
        elif isinstance(progress.partial, Thumbnail):
            self._session.update(self._exhibit, thumbnail=progress.partial.rgb, progress=progress)
        else:
            self._session.update(self._exhibit, progress=progress)

    @Slot(object)
    def finish(self, evidence: Evidence) -> None:
        """Take the whole evidence."""
        self._desk._ended(self._exhibit)
        first_sight = self._exhibit.pixels is None
        self._session.update(
            self._exhibit,
            pixels=evidence.pixels,
            evidence=laid_aside(evidence),  # it outlives its pixels in queued analyses, and in the list of exhibits
            progress=None,
            hash_state=HashState.TAKEN,
        )
        if first_sight:
            self._desk.picture_arrived.emit(self._exhibit)
        self._desk.evidence_arrived.emit(self._exhibit)
        self._desk.check_hash(self._exhibit)

    @Slot(object)
    def fail(self, error: WorkstationError) -> None:
        """Keep the reason with the exhibit; a folder is none."""
        self._desk._ended(self._exhibit)
        if isinstance(error, FolderOpened) and self._session.find(self._exhibit.key) is not None:
            self._session.close(self._exhibit)
            self._desk.folder_found.emit(error.path)
            return
        if isinstance(error, Unopenable) and self._restore():
            return
        self._session.update(self._exhibit, problem=error, progress=None)
        self._desk.opening_failed.emit(self._exhibit)

    @Slot(object)
    def cancel(self, _cancelled: object) -> None:
        """An opening that was cancelled leaves no exhibit behind; one that was read before stays as it was."""
        self._desk._ended(self._exhibit)
        if not self._restore() and self._session.find(self._exhibit.key) is not None:
            self._session.close(self._exhibit)

    def _restore(self) -> bool:
        """Put back what was known before the file was to be read again; False where there is nothing to put back."""
        if self._before is None or self._session.find(self._exhibit.key) is None:
            return False
        self._session.update(self._exhibit, progress=None, **self._before)
        self._desk.picture_arrived.emit(self._exhibit)
        self._desk.evidence_arrived.emit(self._exhibit)
        self._desk.check_hash(self._exhibit)  # which says what is there now
        return True


class _HashTask(QObject):
    """Hears one check of a hash, in the GUI thread."""

    def __init__(self, desk: OpeningDesk, session: Session, exhibit: OpenExhibit, job: Job) -> None:
        super().__init__(job)
        self._desk, self._session, self._exhibit = desk, session, exhibit
        job.finished.connect(self.finish)
        job.failed.connect(self.fail)

    @Slot(object)
    def finish(self, answer: Rehash) -> None:
        """Note whether the file is still the same."""
        self._note(HASH_STATES[answer.state], answer.message)

    @Slot(object)
    def fail(self, error: WorkstationError) -> None:
        """Note why it cannot be told."""
        self._note(HashState.GONE, error.what)

    def _note(self, state: HashState, words: str) -> None:
        self._session.update(self._exhibit, hash_state=state, hash_words=words)
        self._desk.hash_checked.emit(self._exhibit)
