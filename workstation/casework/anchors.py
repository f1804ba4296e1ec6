"""What a log is compared with from outside: the head that a report printed, or a signed checkpoint."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Anchor:
    """Where the log stood when something left the program.

    Attributes:
        source: for people: the file's name, or "the hash given".
        hash: of the last entry at that time.
        entries: number of entries at that time, None where only the hash is known.
        identifier: of the case, "" where it is not known.
    """

    source: str
    hash: str
    entries: int | None = None
    identifier: str = ""
