"""One program writes a case at a time: a lock of the operating system, which ends with the process however it ends."""

from __future__ import annotations

import json
import os
import socket
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import filelock

from workstation.casework.log import now

LOCK, HOLDER = "case.lock", "case.holder.json"


@dataclass(frozen=True, slots=True)
class Holder:
    """Who has a case open for writing, as they said themselves.

    Attributes:
        operator: "" where nobody was named.
        host: name of the machine.
        process: number of the process there.
        since: UTC, ISO 8601.
    """

    operator: str
    host: str
    process: int
    since: str

    @property
    def described(self) -> str:
        """For people: "A. Meier on lab-3 (process 4711), since 2026-11-21T10:00:00.000Z"."""
        return f"{self.operator or 'somebody'} on {self.host} (process {self.process}), since {self.since}"


class CaseLock:
    """The right to write a case.

    Attributes:
        holder: who has it where it was not obtained; None where it was, or where they left no word.
        obtained: whether this process has it.
        possible: whether the medium can lock at all (a read-only one cannot).
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = filelock.FileLock(
            folder / LOCK, timeout=0, thread_local=False, fallback_to_soft=False, preserve_lock_file=True
        )
        self.holder: Holder | None = None
        self.obtained = False
        self.possible = True

    def obtain(self, operator: str, *, leave_word: bool = True) -> bool:
        """Try to get it, and leave word who has it; False where somebody else has it or the medium cannot lock."""
        try:
            self._lock.acquire()
        except filelock.Timeout:
            self.holder = _read(self._folder / HOLDER)
            return False
        except (OSError, NotImplementedError):
            self.possible = False
            return False
        self.obtained = True
        if leave_word:
            self._leave_word(Holder(operator, socket.gethostname(), os.getpid(), now()))
        return True

    def release(self) -> None:
        """Give it back; nothing happens where it was not obtained."""
        if not self.obtained:
            return
        with suppress(OSError):  # a medium that was taken out
            (self._folder / HOLDER).unlink(missing_ok=True)
        self._lock.release()
        self.obtained = False

    def _leave_word(self, holder: Holder) -> None:
        try:
            (self._folder / HOLDER).write_text(json.dumps(asdict(holder)), encoding="utf-8")
        except OSError:
            return  # a full disk: the lock counts, the word is a courtesy


def _read(path: Path) -> Holder | None:
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        return Holder(str(values["operator"]), str(values["host"]), int(values["process"]), str(values["since"]))
    except (OSError, KeyError, TypeError, ValueError, RecursionError):
        return None
