"""Pixels leave memory while an exhibit is not looked at, and are read again when it is."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import count

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from workstation.evidence import PixelsLost, Rehash
from workstation.evidence.record import Evidence, Pixels
from workstation.ui.heard import Heard
from workstation.ui.jobs import Job, JobQueue, LaneName
from workstation.ui.opening import HASH_STATES
from workstation.ui.session import AnalysisState, HashState, OpenExhibit, Session
from workstation.ui.work import Work

ROOM = 1024**3
"""Bytes of decoded pixels that stay in memory beside those that are looked at: 29 photographs of 12 megapixels."""

PATIENCE_MS = 300
"""A picture that takes longer to come back is said to be on its way."""


class PixelDesk(QObject):
    """Decides whose pixels are in memory. Those that were looked at least recently leave it first.

    An exhibit that was only opened is not worth one that was looked at; among those the ones that were opened first
    stay, for whoever goes down the list meets them next. Pixels of a file that is known to have changed or to be gone
    stay in any case: nothing could bring them back.

    Signals:
        delayed: the pixels of the current `OpenExhibit` take a while to come back.
        arrived: those of the current `OpenExhibit`, or of the one beside it, are in memory again.
        lost: they cannot be read again; `hash_state` and `hash_words` of the `OpenExhibit` say why.
        failed: they cannot be read now, for want of memory say; the job says why.
    """

    delayed = Signal(object)
    arrived = Signal(object)
    lost = Signal(object)
    failed = Signal(object)

    def __init__(
        self,
        session: Session,
        jobs: JobQueue,
        work: Work,
        following: Callable[[OpenExhibit, int], OpenExhibit | None],
        parent: QObject,
    ) -> None:
        """`following` gives the exhibit so many rows below another one."""
        super().__init__(parent)
        self._session, self._jobs, self._work, self._following = session, jobs, work, following
        self._turns = count(1)
        self._looked_at: dict[int, int] = {}
        self._running: dict[int, Job] = {}
        self._beside: tuple[OpenExhibit, ...] = ()
        self._last: OpenExhibit | None = None
        self._ahead = 1
        self._patience = QTimer(self)
        self._patience.setSingleShot(True)
        self._patience.setInterval(PATIENCE_MS)
        self._patience.timeout.connect(self._say_delayed)
        session.current_changed.connect(self.look_at)
        session.removed.connect(self._forget)

    @Slot(object)
    def look_at(self, exhibit: OpenExhibit | None) -> None:
        """Another exhibit is looked at, or none."""
        self._patience.stop()
        if exhibit is not None and self._last is not None:
            self._ahead = -1 if self._following(self._last, -1) is exhibit else 1
        self._last = exhibit
        self._stop_others()
        if exhibit is None:
            return
        self._touch(exhibit)
        if exhibit.pixels is not None:
            self._look_ahead()
        elif self._ask(exhibit):
            self._patience.start()

    def put_beside(self, *exhibits: OpenExhibit) -> None:
        """These are shown beside the current exhibit, or will be; without any it stands alone."""
        self._beside = exhibits
        self._stop_others()
        for exhibit in exhibits:
            self._touch(exhibit)
            self._ask(exhibit)

    @Slot(object)
    def take_check(self, exhibit: OpenExhibit) -> None:
        """A hash was checked: a file that lies in its place again can be read again."""
        if exhibit.hash_state is HashState.MATCHES and self._is_shown(exhibit):
            self._ask(exhibit)

    @Slot()
    def make_room(self) -> None:
        """Let go of the pixels that were looked at least recently, as long as there are too many."""
        held = [(one, one.pixels.rgb.nbytes) for one in self._session.exhibits if one.pixels is not None]
        filled = sum(size for _, size in held)
        for exhibit, size in sorted(held, key=lambda pair: self._rank(pair[0])):
            if filled <= ROOM:
                return
            if self._can_come_back(exhibit) and not self._is_shown(exhibit):
                filled -= size
                self._session.update(exhibit, pixels=None)

    def _rank(self, exhibit: OpenExhibit) -> tuple[int, int]:
        """What leaves first is smallest."""
        return self._looked_at.get(exhibit.key, 0), -exhibit.key

    def _touch(self, exhibit: OpenExhibit) -> None:
        self._looked_at[exhibit.key] = next(self._turns)

    def _is_shown(self, exhibit: OpenExhibit) -> bool:
        return exhibit is self._session.current or exhibit in self._beside

    @staticmethod
    def _can_come_back(exhibit: OpenExhibit) -> bool:
        return exhibit.evidence is not None and exhibit.hash_state not in {HashState.DIFFERS, HashState.GONE}

    def _ask(self, exhibit: OpenExhibit) -> bool:
        """Read the pixels of an exhibit again; False if that is not wanted, or not possible."""
        evidence, work = exhibit.evidence, self._work
        if exhibit.pixels is not None or evidence is None:
            return False
        if exhibit.key not in self._running:
            job = self._jobs.submit(
                f"reading “{exhibit.name}” again", lambda: work.read_again(evidence), lane=LaneName.PICTURES, quiet=True
            )
            self._running[exhibit.key] = job
            Heard(job, partial(self._take, exhibit, evidence, job), lambda _: self._miss(exhibit, job))
        return True

    def _take(self, exhibit: OpenExhibit, evidence: Evidence, job: Job, outcome: Pixels | Rehash) -> None:
        self._ended(exhibit, job)
        if exhibit.evidence is not evidence:
            return  # it was closed, or its file was read anew
        if isinstance(outcome, Rehash):
            self._session.update(exhibit, hash_state=HASH_STATES[outcome.state], hash_words=outcome.message)
            if self._is_shown(exhibit):
                self.lost.emit(exhibit)
            return
        self._session.update(exhibit, pixels=outcome, hash_state=HashState.MATCHES, hash_words="")
        if isinstance(exhibit.failure, PixelsLost) and not exhibit.is_busy:  # only the pixels were wanting
            self._session.update(exhibit, failure=None, analysis=AnalysisState.NONE)
        if self._is_shown(exhibit):
            self.arrived.emit(exhibit)
        self.make_room()
        if exhibit is self._session.current:
            self._look_ahead()

    def _miss(self, exhibit: OpenExhibit, job: Job) -> None:
        self._ended(exhibit, job)
        self.failed.emit(exhibit)

    def _ended(self, exhibit: OpenExhibit, job: Job) -> None:
        if self._running.get(exhibit.key) is job:
            del self._running[exhibit.key]

    def _look_ahead(self) -> None:
        """Fetch the exhibit that comes next if the analyst goes on as before; only where both fit beside each other."""
        current = self._session.current
        if current is None or current.pixels is None:
            return
        coming = self._following(current, self._ahead)
        if (
            coming is None
            or coming.size is None
            or current.pixels.rgb.nbytes + 3 * coming.size[0] * coming.size[1] > ROOM
        ):
            return
        self._touch(coming)
        self._touch(current)
        self._ask(coming)

    def _stop_others(self) -> None:
        """Nobody waits any more for what is not shown; a decoder that is at work comes to its end for nothing."""
        for key, job in tuple(self._running.items()):
            exhibit = self._session.find(key)
            if exhibit is None or not self._is_shown(exhibit):
                del self._running[key]
                self._jobs.cancel(job)

    @Slot()
    def _say_delayed(self) -> None:
        current = self._session.current
        if current is not None and current.key in self._running:
            self.delayed.emit(current)

    @Slot(object)
    def _forget(self, exhibit: OpenExhibit) -> None:
        self._looked_at.pop(exhibit.key, None)
        self._beside = tuple(one for one in self._beside if one is not exhibit)
        if exhibit is self._last:
            self._last = None
        self._stop_others()
